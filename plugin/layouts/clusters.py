"""The part of the report on clusters: a map of all, and a page for each with its profile and its firms."""

import re

from ...resources import codes
from ..texts import language, tr
from .links import amount
from .sheet import Sheet, Table, column_label

AREAS, MEMBERS, PROFILES = "cluster_areas", "cluster_members", "cluster_profiles"

PROFILE = (
    *(
        "chain_en",
        "chain_zh",
        "firms",
        "sectors",
        "staff",
        "output_cur_a",
        "land_m2",
        "material_today_t_a",
        "material_proposed_t_a",
    ),
    *("heat_today_kw", "heat_proposed_kw", "water_today_t_d", "water_proposed_t_d", "benefit_cur_a"),
    *("internal_weight_share", "stability", "p_value", "z_score", "core_firms", "bridges"),
)
OF_MEMBER = ("sector", "role", "strength", "inside_share", "participation", "second_cluster_id", "stability")
IN_BRACKETS = re.compile(r"\s*[(（].*?[)）]")
FIRM = 'represent_value("enterprise_id")'
OTHER = {"en": "chain_zh", "zh": "chain_en"}  # the column that the user does not read
LISTED = 10  # links inside a cluster told among its figures, the best first


def cluster_sheets(data, maps, park, ground, whole):
    """The map of the clusters; ``whole`` is the extent of the park."""
    areas, members = maps.result(AREAS), maps.result(MEMBERS)
    if areas is None:
        return []
    legend = {members.id(): None, areas.id(): tr("layout.clusters_and_members")} if members else {}
    shown = [one for one in (park, members, areas, *ground) if one is not None]
    counts = [(_short(row), tr("layout.firms", count=row["firms"])) for row in data.rows(AREAS)]
    return [Sheet(tr("layout.sheet.clusters"), shown, data.figures("clusters") + counts, whole, legend=legend)]


def profile_sheets(data, maps):
    """A page a cluster: its firms and the links between them on the map, its profile, its firms as a table."""
    if maps.result(AREAS) is None:
        return []
    rows = data.rows(AREAS)
    profiles = {row["cluster_id"]: row for row in data.rows(PROFILES)}
    shapes = maps.shapes(AREAS, "cluster_id")
    titles = [tr("layout.sheet.cluster", name=_short(row)) for row in rows]
    places = [(row["cluster_id"], name, shapes[row["cluster_id"]]) for row, name in zip(rows, titles)]
    coverage = maps.places(places, maps.result(AREAS).crs())
    park = maps.park("park")
    ground = [maps.park(name, True) for name in ("roads", "buildings", "parcels")]
    sheets = []
    for row, name in zip(rows, titles):
        key = row["cluster_id"]
        members = [one for one in data.rows(MEMBERS) if one["cluster_id"] == key]
        mine = f"\"cluster_id\" = '{_quoted(key)}'"
        inside = _inside(data, {one["enterprise_id"] for one in members})
        wanted = ",".join(f"'{_quoted(link['link_id'])}'" for link in inside)
        links = maps.result("links", where=f'"link_id" IN ({wanted})', labels=False) if inside else None
        layers = [coverage, park, maps.result(MEMBERS, where=mine, labels=FIRM), links]
        layers += [maps.result(AREAS, where=mine, labels=False), *ground]
        shown = [one for one in layers if one is not None]
        box = maps.box(shapes[key], AREAS)
        figures = _profile(data, profiles.get(key, row), inside)
        legend = {
            one.id(): told for one, told in ((layers[2], tr("layout.roles")), (layers[4], None)) if one is not None
        }
        sheets.append(Sheet(name, shown, figures, box, "cluster", legend, [_members(data, members)], coverage))
    return sheets


def _called(row):
    return row["name_" + language()] or row["cluster_id"]


def _short(row):
    """The name without what is carried, for heads and titles."""
    return IN_BRACKETS.sub("", _called(row))


def _quoted(key):
    return key.replace("'", "''")


def _inside(data, firms):
    """Links between firms of a cluster that the plan keeps or makes, the best first."""
    rows = [
        row
        for row in data.rows("links")
        if row["status"] != "ended" and {row["from_enterprise_id"], row["to_enterprise_id"]} <= firms
    ]
    return sorted(rows, key=lambda row: (-(row["benefit_cur_a"] or 0.0), row["link_id"]))


def _profile(data, row, inside):
    """What is known of a cluster, and the best links inside it."""
    name = PROFILES if "staff" in row else AREAS
    known = [column for column in PROFILE if row.get(column) not in (None, "") and column != OTHER[language()]]
    figures = [(column_label(name, column), _told(data, name, row, column)) for column in known]
    for link in inside[:LISTED]:
        ends = (data.firms(link[end]) for end in ("from_enterprise_id", "to_enterprise_id"))
        what = data.shown("links", link, "material" if link["material"] else "kind")
        figures.append((" → ".join(ends), f"{what} {amount(data, link)}"))
    return figures


def _told(data, name, row, column):
    """A value of a profile in words."""
    if column.startswith("chain_"):  # a table breaks lines at spaces only
        return row[column].replace("—", "— ").replace("、", "、 ").replace("（", " （")
    return data.shown(name, row, column)


def _members(data, members):
    """The firms of a cluster, the strongest tied first."""
    called = {row["cluster_id"]: _short(row) for row in data.rows(AREAS)}
    order = list(codes("cluster_role"))
    rows = []
    for row in sorted(members, key=lambda one: (order.index(one["role"]), -(one["strength"] or 0.0))):
        cells = {column: data.shown(MEMBERS, row, column) for column in OF_MEMBER}
        cells["second_cluster_id"] = called.get(row["second_cluster_id"], cells["second_cluster_id"])
        rows.append((data.firms(row["enterprise_id"]), *cells.values()))
    heads = [tr("layout.figure.firm"), *(column_label(MEMBERS, column) for column in OF_MEMBER)]
    return Table(heads, rows, (3.4, 3, 1.3, 1.1, 1.1, 1.2, 4, 1.1), (3, 4, 5, 7), tr("layout.cluster_firms"))
