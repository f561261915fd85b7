"""Which sheets a run gives, in their order: what each shows, says and lists in its legend."""

from dataclasses import dataclass, field

from ...resources import codes, columns, text
from ..texts import language, tr
from .quantities import NONE, quantity

PARCELS = 12  # parcels that get a sheet of their own, the largest asleep area first
PARCEL_COLUMNS = (
    "asleep_rank",
    "asleep",
    "asleep_m2",
    "reason",
    "area_m2",
    "land_use",
    "sector",
    "used_pct",
    "plot_ratio",
    "building_coefficient_pct",
    "building_density_pct",
    "investment_cur_ha",
    "output_cur_ha",
    "score",
    "score_class",
    "standard_met",
)
SITE_COLUMNS = (
    "utility",
    "status",
    "origin",
    "area_m2",
    "capacity",
    "added",
    "demand",
    "served",
    "investment_cur",
    "cost_cur_a",
    "elevation_m",
    "people_m",
)
ASLEEP = "\"asleep\" <> 'none'"
NAME = "coalesce(\"name\",'')"


@dataclass
class Sheet:
    """One sheet: its layers are drawn the first on top; ``kind`` is theme, parcel or site.

    ``legend`` gives layers another title there (by layer id), or None to leave them out.
    """

    title: str
    layers: list
    figures: list
    extent: object
    kind: str = "theme"
    legend: dict = field(default_factory=dict)


def theme_sheets(data, maps):
    """The overview and a sheet for each theme that the run has results of."""
    ground = [maps.park("roads", True), maps.park("buildings", True), maps.park("parcels", True)]
    park = maps.park("park")
    whole = maps.extent([park, maps.park("parcels"), maps.result("sites")])
    firms = maps.park("enterprises", labels=NAME)
    sheets = []

    def add(title, layers, figures, extent=whole, legend=None):
        shown = [park, *(layer for layer in layers if layer is not None)]
        sheets.append(Sheet(title, shown, figures, extent, legend=legend or {}))

    overview = [maps.park("facilities", labels=NAME), firms, maps.park("buildings"), maps.park("roads", True)]
    overview += [maps.park("sensitive_areas"), maps.park("parcels")]
    add(tr("layout.sheet.overview"), overview, _overview(data))
    if "intensity" in data.steps:
        figures = data.figures("intensity")
        add(tr("layout.sheet.intensity"), [ground[0], maps.result("intensity_parcels"), *ground[1:]], figures)
        asleep = maps.result("intensity_parcels", "asleep", ASLEEP, labels=False)
        if asleep is not None:
            add(
                tr("layout.sheet.asleep"),
                [ground[0], ground[1], asleep, ground[2]],
                _asleep(data),
                legend={asleep.id(): tr("layout.sheet.asleep")},
            )
    if "links" in data.steps and maps.result("links") is not None:
        add(tr("layout.sheet.links"), [maps.result("links"), firms, *ground], data.figures("links"))
    if "clusters" in data.steps and maps.result("cluster_areas") is not None:
        members, areas = maps.result("cluster_members"), maps.result("cluster_areas")
        legend = {members.id(): None, areas.id(): tr("layout.clusters_and_members")} if members else {}
        add(tr("layout.sheet.clusters"), [members, areas, *ground], _clusters(data), legend=legend)
    if "siting" in data.steps:
        zones = [
            maps.result("exclusion_zones"),
            maps.result("protection_zones", outline=True),
            maps.park("sensitive_areas"),
        ]
        candidates = maps.result("site_candidates")
        add(
            tr("layout.sheet.siting"),
            [maps.result("sites"), *zones[:2], candidates, ground[0], ground[1], zones[2], ground[2]],
            _sites(data),
        )
    for utility, row in codes("utility").items():
        pipes = [pipe for pipe in data.rows("network_pipes") if pipe["utility"] == utility]
        if pipes:
            title = tr("layout.sheet.network", utility=row["label_" + language()])
            layers = _network(maps, utility)
            add(title, [*layers, *ground], _pipes(data, pipes, utility), maps.extent([park, *layers]))
    return sheets


def cover_layers(maps):
    """The small map on the cover: the park without names."""
    layers = [maps.park("park"), maps.park("buildings"), maps.park("roads", True), maps.park("parcels")]
    return [layer for layer in layers if layer is not None]


def atlas_sheets(data, maps):
    """Sheets of the key parcels and of every site, and the layer the atlas visits; (none, None) where there are none."""
    places, sheets = [], []
    ranked = sorted(
        (row for row in data.rows("intensity_parcels") if row["asleep_rank"]), key=lambda row: row["asleep_rank"]
    )
    park = maps.park("park")
    ground = [maps.park("buildings"), maps.park("roads", True)]
    firms = maps.park("enterprises", labels=NAME)
    shapes = maps.shapes("intensity_parcels", "parcel_id")
    asleep = maps.result("intensity_parcels", "asleep", ASLEEP, labels=False)
    legend = {asleep.id(): tr("layout.sheet.asleep")} if asleep else {}
    for row in ranked[:PARCELS]:
        title = tr("layout.sheet.parcel", name=_named(row))
        places.append((row["parcel_id"], title, shapes[row["parcel_id"]]))
        layers = [park, firms, *ground, asleep, maps.park("parcels", labels=NAME)]
        box = maps.box(shapes[row["parcel_id"]])
        sheets.append(Sheet(title, layers, _parcel(data, row), box, "parcel", legend))
    order = list(codes("utility"))
    shapes = maps.shapes("sites", "site_id")
    for row in sorted(data.rows("sites"), key=lambda row: (order.index(row["utility"]), row["site_id"])):
        utility = codes("utility")[row["utility"]]["label_" + language()]
        title = tr("layout.sheet.site", utility=utility, name=row["name"] or row["land_id"] or row["site_id"])
        places.append((row["site_id"], title, shapes[row["site_id"]]))
        layers = [park, *_network(maps, row["utility"]), firms, *ground, maps.park("sensitive_areas")]
        layers += [maps.park("parcels")]
        sheets.append(Sheet(title, layers, _site(data, row), maps.box(shapes[row["site_id"]]), "site"))
    if not places:
        return [], None
    coverage = maps.places(places, (maps.result("sites") or maps.result("intensity_parcels")).crs())
    for sheet in sheets:
        sheet.layers = [coverage, *(layer for layer in sheet.layers if layer is not None)]
    return sheets, coverage


def _named(row):
    """Name and id of a parcel; the name alone where it holds the id."""
    name, key = row["name"] or "", row["parcel_id"]
    return name if key in name else f"{name} {key}".strip()


def _network(maps, utility):
    where = f"\"utility\" = '{utility}'"
    has_pipes = maps.result("network_pipes", where=where) is not None
    layers = [maps.result("sites", where=where), maps.result("network_nodes", where=where)]
    return [layer for layer in [*layers, maps.pipes(utility) if has_pipes else None] if layer is not None]


def _label(table, column):
    return columns(table)[column]["label_" + language()]


def _overview(data):
    counts = [(name, len(data.rows(name))) for name in ("parcels", "buildings", "enterprises", "facilities")]
    rows = [(tr("layout.figure." + name), f"{count:,}") for name, count in counts]
    area = data.steps.get("intensity", {}).get("figures", {}).get("area")
    if area:
        rows.insert(0, (area["label"][language()], quantity(area["value"], area["unit"], data.currency)))
    return rows + [(text(step + ".title", language()), data.headline(step)) for step in data.steps]


def _asleep(data):
    figures = data.figures("intensity")[1:7]
    ranked = sorted(
        (row for row in data.rows("intensity_parcels") if row["asleep_rank"]), key=lambda row: row["asleep_rank"]
    )
    return figures + [
        (f"{row['asleep_rank']}  {row['name'] or row['parcel_id']}", _hectares(data, row))
        for row in ranked[:PARCELS]
    ]


def _hectares(data, row):
    kind = data.shown("intensity_parcels", row, "asleep")
    return f"{quantity((row['asleep_m2'] or 0) / 1e4, 'ha', data.currency)} {kind}"


def _clusters(data):
    rows = data.rows("cluster_areas")
    named = [
        (row["name_" + language()] or row["cluster_id"], tr("layout.firms", count=row["firms"])) for row in rows
    ]
    return data.figures("clusters") + named


def _sites(data):
    figures = data.figures("siting")
    order = list(codes("utility"))
    rows = sorted(data.rows("sites"), key=lambda row: (order.index(row["utility"]), row["site_id"]))
    return figures + [
        (
            f"{data.shown('sites', row, 'utility')}: {row['name'] or row['land_id'] or ''}",
            data.shown("sites", row, "capacity"),
        )
        for row in rows
    ]


def _pipes(data, pipes, utility):
    sizes = [pipe["dn_mm"] for pipe in pipes if pipe["dn_mm"]]
    sites = [row for row in data.rows("sites") if row["utility"] == utility]
    consumers = [
        row for row in data.rows("network_nodes") if row["utility"] == utility and row["kind"] == "consumer"
    ]
    mark = " *" if any(pipe["estimated"] for pipe in pipes) else ""
    money = sum(pipe["investment_cur"] or 0 for pipe in pipes)
    rows = [
        (tr("layout.figure.length"), quantity(sum(pipe["length_m"] for pipe in pipes) / 1000, "km", data.currency)),
        (tr("layout.figure.diameters"), f"DN{min(sizes):.0f}–DN{max(sizes):.0f}{mark}" if sizes else NONE),
        (tr("layout.figure.consumers"), f"{len(consumers):,}"),
        (tr("layout.figure.investment"), quantity(money, "currency", data.currency) + mark),
    ]
    lifts = [row for row in data.rows("network_nodes") if row["utility"] == utility and row["kind"] == "lift"]
    if lifts:
        rows.append((tr("layout.figure.lifts"), str(len(lifts))))
    return rows + [
        (row["name"] or row["land_id"] or row["site_id"], data.shown("sites", row, "capacity")) for row in sites
    ]


def _parcel(data, row):
    figures = [
        (_label("intensity_parcels", name), data.shown("intensity_parcels", row, name)) for name in PARCEL_COLUMNS
    ]
    names = data.names("enterprises")
    for firm in (row["enterprises"] or "").split(";"):
        if firm:
            figures.append((tr("layout.figure.firm"), names.get(firm, firm)))
    for check in data.rows("intensity_checks"):
        if check["parcel_id"] == row["parcel_id"] and check["met"] == 0:
            value = quantity(check["value"], check["unit"], data.currency)
            limit = quantity(check["limit_value"], check["unit"], data.currency)
            label = data.shown("intensity_checks", check, "indicator")
            figures.append((label, tr("layout.not_met", value=value, limit=limit)))
    return figures


def _site(data, row):
    known = [name for name in SITE_COLUMNS if row.get(name) is not None and row.get(name) != ""]
    land = [(_label("sites", "land_id"), str(row["land_id"]))] if row["land_id"] else []
    figures = [(_label("sites", name), data.shown("sites", row, name)) for name in known]
    return figures[:2] + land + figures[2:]
