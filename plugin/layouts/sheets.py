"""Which sheets a run gives, in their order: what each shows, says and lists in its legend."""

from ...resources import codes, text
from ..texts import language, tr
from . import clusters, land, links, siting
from .land import NAME
from .quantities import NONE, quantity
from .sheet import Sheet, column_label

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


def theme_sheets(data, maps):
    """The overview and a sheet for each theme that the run has results of."""
    ground = [maps.park("roads", True), maps.park("buildings", True), maps.park("parcels", True)]
    park = maps.park("park")
    whole = maps.extent([park, maps.park("parcels"), maps.result("sites")])
    firms = maps.park("enterprises", labels=NAME)
    sheets = []

    def add(title, layers, figures, extent=whole):
        shown = [park, *(layer for layer in layers if layer is not None)]
        sheets.append(Sheet(title, shown, figures, extent))

    overview = [maps.park("facilities", labels=NAME), firms, maps.park("buildings"), maps.park("roads", True)]
    overview += [maps.park("sensitive_areas"), maps.park("parcels")]
    add(tr("layout.sheet.overview"), overview, _overview(data))
    if "intensity" in data.steps:
        sheets += land.land_sheets(data, maps, whole)
    if "links" in data.steps:
        sheets += links.link_sheets(data, maps, park, [firms, *ground], whole)
    if "clusters" in data.steps:
        sheets += clusters.cluster_sheets(data, maps, park, ground, whole)
    if "siting" in data.steps:
        sheets += siting.siting_sheets(data, maps, park, ground, whole)
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


def atlas_sheets(data, maps, parcels="key"):
    """A page a parcel (see ``land.parcel_sheets``), one a cluster, and one for every site."""
    sheets = land.parcel_sheets(data, maps, parcels) if "intensity" in data.steps else []
    sheets += clusters.profile_sheets(data, maps) if "clusters" in data.steps else []
    order = list(codes("utility"))
    rows = sorted(data.rows("sites"), key=lambda row: (order.index(row["utility"]), row["site_id"]))
    if not rows:
        return sheets
    park, ground = maps.park("park"), [maps.park("buildings"), maps.park("roads", True)]
    firms, shapes = maps.park("enterprises", labels=NAME), maps.shapes("sites", "site_id")
    titles = [
        tr("layout.sheet.site", utility=utility, name=row["name"] or row["land_id"] or row["site_id"])
        for row in rows
        for utility in [codes("utility")[row["utility"]]["label_" + language()]]
    ]
    places = [(row["site_id"], title, shapes[row["site_id"]]) for row, title in zip(rows, titles)]
    coverage = maps.places(places, maps.result("sites").crs())
    for row, title in zip(rows, titles):
        layers = [coverage, park, *_network(maps, row["utility"]), firms, *ground, maps.park("sensitive_areas")]
        layers = [layer for layer in [*layers, maps.park("parcels")] if layer is not None]
        box = maps.box(shapes[row["site_id"]], "sites")
        sheets.append(Sheet(title, layers, _site(data, row), box, "site", coverage=coverage))
    return sheets


def _network(maps, utility):
    where = f"\"utility\" = '{utility}'"
    has_pipes = maps.result("network_pipes", where=where) is not None
    layers = [maps.result("sites", where=where), maps.result("network_nodes", where=where)]
    return [layer for layer in [*layers, maps.pipes(utility) if has_pipes else None] if layer is not None]


def _overview(data):
    counts = [(name, len(data.rows(name))) for name in ("parcels", "buildings", "enterprises", "facilities")]
    rows = [(tr("layout.figure." + name), f"{count:,}") for name, count in counts]
    area = data.steps.get("intensity", {}).get("figures", {}).get("area")
    if area:
        rows.insert(0, (area["label"][language()], quantity(area["value"], area["unit"], data.currency)))
    return rows + [(text(step + ".title", language()), data.headline(step)) for step in data.steps]


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


def _site(data, row):
    known = [name for name in SITE_COLUMNS if row.get(name) is not None and row.get(name) != ""]
    land = [(column_label("sites", "land_id"), str(row["land_id"]))] if row["land_id"] else []
    figures = [(column_label("sites", name), data.shown("sites", row, name)) for name in known]
    return figures[:2] + land + figures[2:]
