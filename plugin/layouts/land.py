"""The land-use part of the report: maps of scores, standards and asleep land, the tables behind them, a page a parcel."""

from collections import Counter, defaultdict

from ...resources import codes
from ..results import title
from ..texts import language, tr
from .quantities import NONE, quantity
from .references import cited
from .sheet import Sheet, Table, column_label, table_sheet

PARCELS = "intensity_parcels"
KEY_PARCELS = 20  # the largest asleep areas, each with a page of its own unless more are asked for
CHOICES = ("key", "asleep", "all", "none")  # which parcels get a page
ASLEEP = "\"asleep\" <> 'none'"
NAME = "coalesce(\"name\",'')"
STOREYS = "if(\"storeys\" > 0, \"storeys\" || 'F', '')"
# of the indicators of zones and sectors, those that part them
GROUP_INDICATORS = ("A33", "A34", "B11", "B12", "B13", "C11")
WHY, WHAT = ("asleep", "asleep_m2", "reason"), ("area_m2", "zone", "land_use", "sector", "used_pct", "buildings")
MEASURES = (
    *("plot_ratio", "building_coefficient_pct", "building_density_pct", "green_pct", "office_land_pct"),
    *("investment_cur_ha", "output_cur_ha", "tax_cur_ha", "staff_ha", "energy_tce_ha", "water_t_ha", "co2_t_ha"),
)
OF_PLAN = ("planned_use", "supply_status", "building_status")
LISTED = (
    *("asleep", "asleep_m2", "area_m2", "reason", "zone", "land_use", "sector"),
    *("plot_ratio", "building_coefficient_pct", "score", "standard_met"),
)


def land_sheets(data, maps, whole):
    """The maps and tables of the step; ``whole`` is the extent of the park."""
    ground = [maps.park("buildings", True), maps.park("parcels", True)]
    over = [maps.park("park"), maps.park("roads", True)]
    sheets = []

    def add(name, layer, figures, buildings_above=False):
        between = [ground[0], layer, ground[1]] if buildings_above else [layer, *ground]
        shown = [one for one in [*over, *between] if one is not None]
        legend = {layer.id(): tr(name)} if layer is not None else {}
        sheets.append(Sheet(tr(name), shown, figures, whole, legend=legend))

    scores = data.figures("intensity")[:3] + _classes(data)
    add("layout.sheet.intensity", maps.result(PARCELS), scores)
    sheets += table_sheet(tr("layout.sheet.indicators"), [_indicators(data), _potential(data)])
    sheets += table_sheet(tr("layout.sheet.groups"), [_groups(data)])
    checks = data.rows("intensity_checks")
    standards = maps.result(PARCELS, "standard_met", labels=False) if checks else None
    if standards is not None:
        add("layout.sheet.standards", standards, _missed(data, checks), True)
    asleep = maps.result(PARCELS, "asleep", ASLEEP, labels='"asleep_rank"')
    if asleep is not None:
        add("layout.sheet.asleep", asleep, _asleep(data), True)
        sheets += table_sheet(tr("layout.sheet.ranked"), [_ranked_table(data)])
    return sheets


def parcel_sheets(data, maps, which="key"):
    """A page a parcel: ``key`` the largest asleep areas, ``asleep`` all asleep, ``all`` every parcel, ``none``."""
    rows = data.rows(PARCELS)
    ranked = _ranked(data)
    picked = {"key": ranked[:KEY_PARCELS], "asleep": ranked, "all": rows, "none": []}[which]
    if not picked:
        return []
    asleep = maps.result(PARCELS, "asleep", ASLEEP, labels=False)
    legend = {asleep.id(): tr("layout.sheet.asleep")} if asleep else {}
    layers = [maps.park("park"), maps.park("enterprises", labels=NAME), maps.park("buildings", labels=STOREYS)]
    layers += [maps.park("roads", True), asleep, maps.park("parcels", labels=NAME)]
    checks = defaultdict(list)
    for check in data.rows("intensity_checks"):
        checks[check["parcel_id"]].append(check)
    shapes = maps.shapes(PARCELS, "parcel_id")
    drawn = {row["parcel_id"]: row for row in data.rows("parcels")}
    titles = [tr("layout.sheet.parcel", name=_named(row)) for row in picked]
    places = [(row["parcel_id"], name, shapes[row["parcel_id"]]) for row, name in zip(picked, titles)]
    coverage = maps.places(places, maps.result(PARCELS).crs())
    shown = [coverage, *(layer for layer in layers if layer is not None)]
    return [
        Sheet(
            name,
            shown,
            _parcel(data, row, drawn.get(row["parcel_id"], {}), len(ranked), checks[row["parcel_id"]]),
            maps.box(shapes[row["parcel_id"]], PARCELS),
            "parcel",
            legend,
            [_checks(data, checks[row["parcel_id"]])],
            coverage,
        )
        for row, name in zip(picked, titles)
    ]


def _ranked(data):
    """The asleep parcels, the largest area first."""
    return sorted((row for row in data.rows(PARCELS) if row["asleep_rank"]), key=lambda row: row["asleep_rank"])


def _named(row):
    """Name and id of a parcel; the name alone where it holds the id."""
    name, key = row["name"] or "", row["parcel_id"]
    return name if key in name else f"{name} {key}".strip()


def _hectares(data, square_metres):
    return quantity(square_metres / 1e4, "ha", data.currency)


def _classes(data):
    """How many parcels and hectares lie in each class."""
    count, area, limits = Counter(), Counter(), {}
    for row in data.rows(PARCELS):
        if row.get("score_class"):
            count[row["score_class"]] += 1
            area[row["score_class"]] += row["area_m2"] or 0
            limits[row["score_class"]] = row.get("class_limits")
    found = []
    for code, about in codes("score_class").items():
        if count[code]:
            name = about["label_" + language()] + (f" ({limits[code]})" if limits[code] else "")
            found.append(
                (name, tr("layout.parcels_area", count=f"{count[code]:,}", area=_hectares(data, area[code])))
            )
    return found


def _missed(data, checks):
    """For each control indicator, how many of the parcels checked miss it."""
    checked, missed = Counter(), Counter()
    for check in checks:
        checked[check["indicator"]] += 1
        missed[check["indicator"]] += check["met"] == 0
    names = codes("control_indicator")
    return [
        (
            names[code]["label_" + language()] if code in names else code,
            tr("layout.missed", missed=missed[code], all=all_),
        )
        for code, all_ in sorted(checked.items(), key=lambda item: (-missed[item[0]], item[0]))
    ]


def _asleep(data):
    """Hectares of each kind, and the head of the ranked list."""
    count, area, ranked = Counter(), Counter(), _ranked(data)
    for row in ranked:
        count[row["asleep"]] += 1
        area[row["asleep"]] += row["asleep_m2"] or 0
    rows = []
    for code, about in codes("asleep").items():
        if count[code]:
            told = tr("layout.parcels_area", count=f"{count[code]:,}", area=_hectares(data, area[code]))
            rows.append((about["label_" + language()], told))
    return rows + [
        (
            f"{row['asleep_rank']}  {row['name'] or row['parcel_id']}",
            f"{_hectares(data, row['asleep_m2'] or 0)} {data.shown(PARCELS, row, 'asleep')}",
        )
        for row in ranked
    ]


def _indicators(data):
    """The indicators of the park against their ideals."""
    name = "intensity_park"
    shown = ("value", "ideal", "ideal_basis", "score", "weight")
    rows = [
        (
            _indicator(row["indicator"]),
            *(_estimated(data.shown(name, row, column), row, column) for column in shown),
            cited(row.get("source")),
            _sure(row.get("confidence")),
            data.shown(name, row, "note").replace(NONE, ""),
        )
        for row in data.rows(name)
    ]
    total = data.steps["intensity"]["figures"].get("score", {}).get("value")
    if rows and total is not None:
        rows.append((_indicator("F"), "", "", "", quantity(total, "1", data.currency), "1", "", "", ""))
    heads = [column_label(name, column) for column in ("indicator", *shown, "source", "confidence", "note")]
    return Table(heads, rows, (3.4, 1.8, 1.8, 2.2, 0.9, 0.9, 4, 1, 2.4), (1, 2, 4, 5))


def _estimated(text, row, column):
    return text + " *" if column == "value" and row.get("estimated_share") and text != NONE else text


def _potential(data):
    """The four potentials, and the years that they last."""
    name = "intensity_potential"
    columns = ("potential", "indicator", "value", "ideal", "area_ha", "counted", "note")
    rows = []
    for row in data.rows(name):
        unit = _unit_of(data, row["indicator"])
        number = {column: quantity(row[column], unit, data.currency) for column in ("value", "ideal")}
        rows.append(
            (
                data.shown(name, row, "potential"),
                _indicator(row["indicator"]),
                number["value"],
                number["ideal"],
                data.shown(name, row, "area_ha"),
                tr("dock.yes") if row["counted"] else tr("dock.no"),
                data.shown(name, row, "note").replace(NONE, ""),
            )
        )
    figures = data.steps["intensity"]["figures"]
    for key in ("supply_pace", "supply_years", "supply_years_all"):
        if key in figures and figures[key]["value"] is not None:
            told = quantity(figures[key]["value"], figures[key]["unit"], data.currency)
            rows.append((figures[key]["label"][language()], "", "", "", told, "", ""))
    heads = [column_label(name, column) for column in columns]
    return Table(heads, rows, (3.2, 3.2, 1.8, 1.8, 1.6, 1, 3), (2, 3, 4), title(name))


def _unit_of(data, indicator):
    return next((row["unit"] or "" for row in data.rows("intensity_park") if row["indicator"] == indicator), "")


def _groups(data):
    """Zones and sectors: land, score, and the indicators that part them."""
    found = {}
    for row in data.rows("intensity_groups"):
        group = found.setdefault((row["group_kind"], row["group_name"]), {"area_ha": row["area_ha"]})
        group[row["indicator"]] = row
    order = list(codes("intensity_group"))
    rows = []
    for (kind, name), group in sorted(
        found.items(), key=lambda item: (order.index(item[0][0]), -item[1]["area_ha"], item[0][1])
    ):
        called = f"{name} {_coded('sectors', name)}" if kind == "sector" else name
        cells = [_cell(data, group.get(code), "value") for code in GROUP_INDICATORS]
        area = quantity(group["area_ha"], "ha", data.currency)
        rows.append((_coded("intensity_group", kind), called, area, _cell(data, group.get("F"), "score"), *cells))
    heads = [column_label("intensity_groups", name) for name in ("group_kind", "group_name", "area_ha", "score")]
    heads += [_indicator(code) for code in GROUP_INDICATORS]
    return Table(heads, rows, (1, 4, 1.3, 1.1, 1.6, 1.6, 2, 2, 2, 1.4), tuple(range(2, 10)))


def _cell(data, row, column):
    return _estimated(data.shown("intensity_groups", row, column), row, "value") if row else NONE


def _ranked_table(data):
    """Every asleep parcel with what it is and why, the largest first."""
    rows = [
        (
            str(row["asleep_rank"]),
            _named(row),
            *(data.shown(PARCELS, row, name) for name in LISTED),
            _rank(row),
            data.firms(row["enterprises"]),
        )
        for row in _ranked(data)
    ]
    heads = [column_label(PARCELS, name) for name in ("asleep_rank", "parcel_id", *LISTED)]
    heads += [tr("layout.column.rank"), column_label(PARCELS, "enterprises")]
    shares = (0.8, 2.4, 1.4, 1.5, 1.5, 2.6, 1.4, 1.4, 2.4, 1, 1.1, 1, 1.2, 1.5, 3)
    return Table(heads, rows, shares, (0, 3, 4, 9, 10, 11, 13))


def _parcel(data, row, drawn, ranked, checks):
    """The measures of a parcel, how it stands, and what could be made of it; ``drawn`` is its row of the park."""

    def told(names):
        return [(column_label(PARCELS, name), data.shown(PARCELS, row, name)) for name in names]

    place = tr("layout.of", place=row["asleep_rank"], all=ranked) if row["asleep_rank"] else NONE
    score = data.shown(PARCELS, row, "score")
    if row.get("score_class"):
        limits = f" {row['class_limits']}" if row.get("class_limits") else ""
        score += f" ({data.shown(PARCELS, row, 'score_class')}{limits})"
    figures = [(column_label(PARCELS, "asleep_rank"), place), *told(WHY)]
    for name in ("add_m2", "release_m2"):
        most = max((check.get(name) or 0 for check in checks if check.get("remedy") == "add_floor"), default=0)
        if most:
            figures.append((tr("layout.figure." + name), quantity(most, "m2", data.currency)))
    figures += [
        (column_label(PARCELS, "score"), score),
        (tr("layout.column.rank"), _rank(row)),
        *told(("standard_met", *WHAT)),
        *((column_label("parcels", name), data.shown("parcels", drawn, name)) for name in OF_PLAN if drawn),
        (tr("layout.figure.firm"), data.firms(row["enterprises"])),
        *told(MEASURES),
    ]
    return [(name, value) for name, value in figures if value not in ("", NONE)]


def _rank(row):
    """Rank by score and its interval."""
    if not row.get("rank"):
        return NONE
    return f"{row['rank']} ({row['rank_from']}–{row['rank_to']})"


def _checks(data, checks):
    """Each control indicator of a parcel: the missed ones first, with what would mend them and where the limit stands."""
    name = "intensity_checks"
    columns = ("indicator", "value", "limit_value", "met", "shortfall", "remedy", "source", "confidence")
    met = codes("standard_met")
    rows = []
    for check in sorted(checks, key=lambda check: (check["met"] != 0, check["indicator"])):
        source = [cited(check.get("source")), check.get("edition"), cited(check.get("clause"))]
        if source[1] and source[1] in source[0]:
            source[1] = ""
        told = ("，" if language() == "zh" else ", ").join(part for part in source if part)
        if check.get("superseded"):
            told += tr("layout.superseded")
        rows.append(
            (
                data.shown(name, check, "indicator"),
                data.shown(name, check, "value"),
                data.shown(name, check, "limit_value"),
                met["met" if check["met"] else "not_met"]["label_" + language()],
                "" if check["met"] else data.shown(name, check, "shortfall"),
                "" if check["met"] else _mend(data, check),
                told,
                _sure(check.get("confidence")),
            )
        )
    if not rows:
        rows = [(tr("layout.no_checks"), *[""] * (len(columns) - 1))]
    heads = [column_label(name, column) for column in columns]
    return Table(heads, rows, (3.1, 1.9, 1.9, 1.2, 1.8, 3.8, 4.6, 1.1), (1, 2, 4), tr("layout.caption.checks"))


def _mend(data, check):
    """What would mend a check, with the amounts in the order of its words."""
    amounts = [("add_m2", "m2"), ("add_cur", "currency"), ("reduce_m2", "m2"), ("release_m2", "m2")]
    told = [quantity(check[name], unit, data.currency) for name, unit in amounts if check.get(name)]
    words = data.shown("intensity_checks", check, "remedy")
    return tr("layout.mend", remedy=words, amounts=tr("layout.or").join(told)) if told else words


def _indicator(code):
    """Code and name of an indicator of TD/T 1029; the total score has no code."""
    name = _coded("intensity_indicator", code)
    return name if code == "F" else f"{code} {name}"


def _coded(listing, code):
    row = codes(listing).get(code)
    return row["label_" + language()] if row else str(code)


def _sure(confidence):
    return tr("layout.confidence." + confidence) if confidence else NONE
