"""Land on which a central facility could stand, and the facilities that stand already."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..errors import Finding
from ..park.model import Park
from ..scenario import Siting
from ..standards import Standards
from ..steps import StepResult
from .costs import capacity_of_land, land_need_m2, land_price
from .demand import UNIT
from .frames import name_of

SAME_PLACE = 0.95  # share of both areas from which two candidates are one place
OVERLAP_M2 = 1.0  # what two drawn sites may share before it is told
FAR_M = 100_000.0  # a site farther from the park than this was drawn in another CRS
ORIGINS = ("existing", "planned", "own", "utility_land", "vacant", "idle", "under_used")
COLUMNS = [
    "land_id",
    "origin",
    "use_for",
    "facility_id",
    "name",
    "capacity",
    "available",
    "price",
    "guessed",
    "twin",
]


def lands(
    park: Park, intensity: StepResult | None, choices: Siting, standards: Standards
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Candidates of all utilities, indexed by ``land_id``, sorted.

    Columns: origin (see ``ORIGINS``), use_for (the only utility it serves, or empty), facility_id, name, capacity (of
    an existing facility, all of it), available (what the park may use of it), price (land, CNY/m2), guessed (capacity
    rests on an estimate), twin (land_id of the candidate that lies at the same place and comes first), geometry.

    Notes
    -----
    The land of an existing facility is the utility parcel it stands on, else a square of the area its capacity needs.
    Of a facility outside the park only its spare capacity counts, or a share of its capacity where none is given.
    Idle land comes from the intensity step where it has run, else from the parcels' own status.
    """
    parcels = park["parcels"]
    parcels = parcels[parcels.geometry.notna() & ~parcels.geometry.is_empty & parcels.geometry.is_valid]
    facilities, findings = _facilities(park, parcels, standards)
    own, of_sites = _own(park, standards)
    findings += of_sites
    used = set(facilities["parcel_id"])
    free = _free_parcels(parcels[~parcels["parcel_id"].isin(used)], intensity, standards)
    parts = [part.drop(columns="parcel_id", errors="ignore") for part in (facilities, own, free) if len(part)]
    if not parts:
        return gpd.GeoDataFrame(columns=[*COLUMNS[1:], "geometry"], geometry="geometry", crs=park.crs), findings
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=park.crs)
    frame["area"] = frame.area
    fixed = frame["origin"].isin(["existing", "planned", "own"])
    rank = frame.assign(fixed=~fixed).sort_values(["fixed", "area", "land_id"], ascending=[True, False, True])
    left_out = max(0, len(rank) - max(choices.most_candidates, int(fixed.sum())))
    frame = rank.iloc[: len(rank) - left_out].drop(columns=["fixed", "area"])
    if left_out:
        findings.append(Finding("siting.candidates_left_out", "info", "parcels", values={"count": left_out}))
    clash = frame["land_id"].duplicated(keep=False)
    kind = frame["origin"].map({"existing": "facility", "planned": "facility", "own": "site"}).fillna("parcel")
    frame.loc[clash, "land_id"] = kind[clash] + " " + frame.loc[clash, "land_id"]
    frame = frame.sort_values("land_id").set_index("land_id")
    frame["twin"] = _twins(frame)
    for land, twin in frame.loc[frame["twin"] != "", "twin"].items():
        layer = "facilities" if frame.loc[land, "facility_id"] else "candidate_sites"
        findings.append(Finding("siting.same_place", "warning", layer, str(land), values={"other": twin}))
    return frame, findings


def _row_frame(rows: pd.DataFrame, park: Park) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=park.crs)


def _facilities(
    park: Park, parcels: gpd.GeoDataFrame, standards: Standards
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    rows, findings = [], []
    inside_park = park["park"].geometry.union_all()
    tree = shapely.STRtree(np.asarray(parcels.geometry))
    for _, row in park["facilities"].iterrows():
        shape = row.geometry
        if row["status"] == "closed" or not row["keep"] or shape is None or shape.is_empty:
            continue
        point, utility = shape.representative_point(), row["utility"]
        hit = np.sort(tree.query(point, predicate="intersects"))
        parcel = parcels.iloc[int(hit[0])] if len(hit) else None
        if parcel is not None and parcel["land_use"] != "utility":
            parcel = None
        capacity, guessed = float(row["capacity"]), "capacity" in str(row["estimated"]).split(";")
        if not np.isfinite(capacity) and parcel is not None:
            capacity, guessed = capacity_of_land(utility, float(parcel.geometry.area), standards), True
        called = {"name": name_of(row["name"], row["facility_id"])}
        if not np.isfinite(capacity):
            findings.append(
                Finding("siting.capacity_unknown", "warning", "facilities", row["facility_id"], "capacity", called)
            )
            capacity = 0.0
        elif guessed:
            values = {**called, "capacity": f"{capacity:,.0f} {UNIT[utility]}"}
            findings.append(
                Finding("siting.capacity_guessed", "info", "facilities", row["facility_id"], "capacity", values)
            )
        spare = float(row["spare_capacity"])
        if inside_park.intersects(point):
            available = capacity
        elif np.isfinite(spare):
            available = min(spare, capacity)
        else:
            available, guessed = capacity * standards.value("siting.capacity_share_outside"), True
        if row["status"] == "planned":
            available, capacity = 0.0, 0.0
        if shape.geom_type.endswith("Polygon"):
            land = shape
        elif parcel is not None:
            land = parcel.geometry
        else:
            half = np.sqrt(max(land_need_m2(utility, capacity, standards), 100.0)) / 2
            land = shapely.box(point.x - half, point.y - half, point.x + half, point.y + half)
        rows.append(
            {
                "land_id": str(row["facility_id"]),
                "origin": "planned" if row["status"] == "planned" else "existing",
                "use_for": utility,
                "facility_id": str(row["facility_id"]),
                "name": row["name"],
                "capacity": capacity,
                "available": available,
                "price": 0.0,
                "guessed": guessed,
                "parcel_id": str(parcel["parcel_id"]) if parcel is not None else "",
                "geometry": land,
            }
        )
    blank = {name: pd.Series(dtype="object") for name in ("land_id", "origin", "parcel_id", "geometry")}
    return _row_frame(pd.DataFrame(rows) if rows else pd.DataFrame(blank), park), findings


def _own(park: Park, standards: Standards) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The planner's sites, without what is no land; of two that overlap for one utility the first by id keeps the rest.

    Sites that cross themselves are taken as the polygons they make; those without area or far from the park are left out.
    """
    sites = park["candidate_sites"].sort_values("site_id")
    shapes, findings = [], []
    here = shapely.box(*park["park"].total_bounds)
    for name, shape in zip(sites["site_id"], sites.geometry, strict=True):
        good = shapely.Polygon() if shape is None or shape.is_empty else _areas(shape)
        key = ""
        if good.area < OVERLAP_M2:
            key = "siting.site_no_area"
        elif not np.isfinite(good.bounds).all() or good.distance(here) > FAR_M:
            key = "siting.site_elsewhere"
        elif not shape.is_valid:
            findings.append(Finding("siting.site_mended", "warning", "candidate_sites", str(name), "geometry"))
        if key:
            findings.append(Finding(key, "warning", "candidate_sites", str(name), "geometry"))
            good = shapely.Polygon()
        shapes.append(good)
    drawn, use = np.array(shapes or [], dtype=object), sites["utility"].to_numpy()
    findings += _overlaps(drawn, use, sites["site_id"].to_numpy())
    keep = ~shapely.is_empty(drawn)
    found = gpd.GeoDataFrame(
        {
            "land_id": sites["site_id"][keep],
            "origin": "own",
            "use_for": sites["utility"][keep],
            "facility_id": "",
            "name": sites["name"][keep],
            "capacity": 0.0,
            "available": 0.0,
            "price": land_price(park.info["land_grade"], standards),
            "guessed": False,
        },
        geometry=drawn[keep],
        crs=park.crs,
    )
    return found, findings


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry, mended where it crosses itself."""
    valid = shape if shape.is_valid else shapely.make_valid(shape)
    parts = shapely.get_parts(shapely.get_parts(valid))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _overlaps(drawn: np.ndarray, use: np.ndarray, names: np.ndarray) -> list[Finding]:
    """Take from each site, in place, what another one for the same utility covers; sites at one place are left to ``_twins``.

    A site for any utility counts before one for a single utility; of two alike the first counts.
    """
    findings = []
    one, other = shapely.STRtree(drawn).query(drawn, predicate="intersects")
    rank = np.lexsort((np.arange(len(drawn)), use != ""))
    place = np.argsort(rank)
    pairs = [(i, k) for i, k in zip(one.tolist(), other.tolist(), strict=True) if place[i] < place[k]]
    before = drawn.copy()
    for i, k in sorted(pairs, key=lambda pair: (place[pair[1]], place[pair[0]])):
        if use[i] not in ("", use[k]):
            continue
        common = before[i].intersection(before[k]).area
        if common <= OVERLAP_M2 or common > SAME_PLACE * max(before[i].area, before[k].area):
            continue
        drawn[k] = _areas(shapely.difference(drawn[k], before[i]))
        values = {"other": str(names[i]), "area": f"{common:,.0f}"}
        findings.append(Finding("siting.site_overlap", "warning", "candidate_sites", str(names[k]), values=values))
    return findings


def _free_parcels(
    parcels: gpd.GeoDataFrame, intensity: StepResult | None, standards: Standards
) -> gpd.GeoDataFrame:
    origin = pd.Series("", index=parcels.index)
    origin[parcels["building_status"] == "idle"] = "idle"
    origin[(parcels["land_use"] == "vacant") | (parcels["building_status"] == "unbuilt")] = "vacant"
    table = intensity.tables.get("intensity_parcels") if intensity is not None else None
    if table is not None:
        asleep = parcels["parcel_id"].map(table.set_index("parcel_id")["asleep"]).fillna("none")
        wanted = asleep.isin(["vacant", "idle", "under_used"])
        origin = origin.mask(wanted, asleep)
    # land that no plan would turn into a works, whatever its state
    origin[parcels["land_use"].isin(["residential", "public", "green", "water", "agricultural", "transport"])] = ""
    origin[parcels["land_use"] == "utility"] = "utility_land"
    keep = origin != ""
    found = parcels[keep]
    return gpd.GeoDataFrame(
        {
            "land_id": found["parcel_id"],
            "origin": origin[keep],
            "use_for": "",
            "facility_id": "",
            "name": found["name"],
            "capacity": 0.0,
            "available": 0.0,
            "price": [land_price(grade, standards) for grade in found["land_grade"]],
            "guessed": False,
        },
        geometry=found.geometry,
        crs=parcels.crs,
    )


def _twins(frame: gpd.GeoDataFrame) -> pd.Series:
    """For candidates that cover the same place for a utility, the name of the one that counts; else empty.

    A drawn site for any utility counts before one for a single utility; of two alike the first counts.
    """
    shapes = np.asarray(frame.geometry)
    twin = pd.Series("", index=frame.index)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    kind, use = frame["origin"].to_numpy(), frame["use_for"].to_numpy()
    mine, own = np.isin(kind, ["existing", "planned", "own"]), kind == "own"
    alike = mine[a] & mine[b] & (use[a] == use[b]) & (a < b)
    first = alike | (own[a] & own[b] & (use[a] == "") & (use[b] != ""))
    a, b = a[first], b[first]
    common = shapely.area(shapely.intersection(shapes[a], shapes[b]))
    same = common > SAME_PLACE * np.maximum(shapely.area(shapes[a]), shapely.area(shapes[b]))
    for one, other in sorted(zip(a[same].tolist(), b[same].tolist(), strict=True)):
        if not twin.iloc[other] and not twin.iloc[one]:
            twin.iloc[other] = str(frame.index[one])
    return twin
