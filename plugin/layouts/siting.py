"""The part of the report on facilities: sites with the wind, whom they serve, what they emit, and the plans beside."""

from ...resources import codes
from ..results import title
from ..texts import language, tr
from .sheet import Sheet, Table, table_sheet
from .wind import rose

SITES, AREAS, PLUMES = "sites", "service_areas", "plume_contours"
PERIODS = {"worst_hour": "", "annual": "plume_annual", "summer": "plume_summer"}  # and the style that shows each
ALTERNATIVE = (
    "utility",
    "rank",
    "sites",
    "cost_cur_a",
    "exposed",
    "co2_t_a",
    "regret_cur_a",
    "regret_pct",
    "gap_pct",
)
POINT = ("utility", "number", "sites", "cost_cur_a", "exposed", "co2_t_a", "goal", "gap_pct")
CHANGE = (
    "utility",
    "factor",
    "change_pct",
    "cost_change_pct",
    "same_sites",
    "without",
    "instead",
    "keep_regret_cur_a",
)
PHASE = ("utility", "site_id", "horizon", "year", "demand", "capacity", "added", "investment_cur", "present_cur")
PROTECTION = (
    "utility",
    "site_id",
    "pollutant",
    "qc_kg_h",
    "cm_mg_m3",
    "distance_m",
    "rounded_m",
    "site_m",
    "people_m",
    "kept",
)
OUTAGE = ("utility", "site_id", "served_pct", "lost", "firms", "reason")
WIDE = {
    "sites": 4.5,
    "without": 2.2,
    "instead": 2.2,
    "utility": 1.8,
    "factor": 1.8,
    "goal": 1.8,
    "reason": 3.0,
    "site_id": 1.8,
}
TEXTS = (
    "utility",
    "sites",
    "factor",
    "same_sites",
    "without",
    "instead",
    "site_id",
    "horizon",
    "reason",
    "goal",
    "pollutant",
    "kept",
)


def siting_sheets(data, maps, park, ground, whole):
    """The maps and tables of the step; ``ground`` are roads, buildings and parcels, ``whole`` is the extent of the park."""
    zones = [
        maps.result("exclusion_zones"),
        maps.result("protection_zones", outline=True),
        maps.park("sensitive_areas"),
    ]
    candidates, wind = maps.result("site_candidates"), _wind(data, maps.store)
    sites = maps.result(SITES)

    def sheet(name, layers, figures, inset=None):
        shown = [layer for layer in (park, *layers) if layer is not None]
        return Sheet(name, shown, figures, whole, inset=inset)

    first = [sites, *zones[:2], candidates, ground[0], ground[1], zones[2], ground[2]]
    found = [sheet(tr("layout.sheet.siting"), first, _sites(data), wind)]
    areas = maps.result(AREAS)
    if areas is not None:
        found.append(sheet(tr("layout.sheet.service_areas"), [sites, areas, *ground], _areas(data)))
    for period, style in PERIODS.items():
        plumes = maps.result(PLUMES, style, f"\"period\" = '{period}'")
        if plumes is not None:
            name = tr("layout.sheet.plumes", period=codes("plume_period")[period]["label_" + language()])
            found.append(sheet(name, [sites, plumes, zones[2], *ground], _plumes(data, period), wind))
    found += table_sheet(tr("layout.sheet.front"), [_table(data, "site_front", POINT)])
    found += table_sheet(tr("layout.sheet.alternatives"), [_table(data, "site_alternatives", ALTERNATIVE)])
    found += table_sheet(tr("layout.sheet.sensitivity"), [_table(data, "site_sensitivity", CHANGE)])
    phases, outages = _table(data, "site_phases", PHASE), _table(data, "site_outages", OUTAGE)
    if phases.rows and outages.rows:
        outages.caption = title("site_outages")
        found += table_sheet(tr("layout.sheet.phases"), [phases, outages])
    else:
        found += table_sheet(tr("layout.sheet.phases"), [phases])
        found += table_sheet(tr("layout.sheet.outages"), [outages])
    return found + table_sheet(tr("layout.sheet.protection"), [_table(data, "site_protection", PROTECTION)])


def _wind(data, store):
    """The file of the wind rose, or None."""
    drawn = rose(data)
    if not drawn:
        return None
    path = store / "wind.svg"
    path.write_text(drawn, encoding="utf-8")
    return path


def _in_order(rows, *columns):
    """Rows by utility, as the list of utilities has them, then by the columns."""
    order = list(codes("utility"))
    return sorted(rows, key=lambda row: (order.index(row["utility"]), *(row[column] for column in columns)))


def _sites(data):
    rows = _in_order(data.rows(SITES), "site_id")
    return data.figures("siting") + [
        (
            f"{data.shown(SITES, row, 'utility')}: {row['name'] or row['land_id'] or ''}",
            data.shown(SITES, row, "capacity"),
        )
        for row in rows
    ]


def _areas(data):
    """What each site serves: firms and demand."""
    called = {row["site_id"]: row["name"] or row["land_id"] or row["site_id"] for row in data.rows(SITES)}
    return [
        (
            f"{data.shown(AREAS, row, 'utility')}: {called.get(row['site_id'], row['site_id'])}",
            tr("layout.served", count=data.shown(AREAS, row, "served"), demand=data.shown(AREAS, row, "demand")),
        )
        for row in _in_order(data.rows(AREAS), "site_id")
    ]


def _plumes(data, period):
    """The highest that each site adds, and its share of the limit."""
    highest = {}
    for row in data.rows(PLUMES):
        if row["period"] == period and row["highest_ug_m3"] is not None:
            highest[row["site_id"], row["pollutant"]] = row
    figures = []
    for row in _in_order(highest.values(), "site_id", "pollutant"):
        share = 100.0 * row["highest_ug_m3"] / row["limit_ug_m3"]
        told = tr("layout.plume_share", highest=data.shown(PLUMES, row, "highest_ug_m3"), share=f"{share:,.3g}")
        figures.append((f"{row['site_id']}: {data.shown(PLUMES, row, 'pollutant')}", told))
    return figures


def _table(data, name, wanted):
    """Some columns of a table as it is, those in the wording of the report."""
    rows = data.rows(name)
    wanted = [column for column in wanted if not rows or column in rows[0]]
    cells = [tuple(_spaced(data.cell(name, row, column)) for column in wanted) for row in _by_utility(rows)]
    heads = tuple(data.heading(name, column) for column in wanted)
    right = tuple(at for at, column in enumerate(wanted) if column not in TEXTS)
    return Table(heads, cells, tuple(WIDE.get(column, 1.3) for column in wanted), right)


def _by_utility(rows):
    order = list(codes("utility"))
    return sorted(rows, key=lambda row: order.index(row["utility"]))  # the table's own order within


def _spaced(words):
    return words.replace(";", "; ").replace(";  ", "; ")  # a table breaks lines at spaces only
