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
    parcels = parcels[parcels.geometry.notna() & ~parcels.geometry.is_empty]
    facilities, findings = _facilities(park, parcels, standards)
    own = _own(park, standards)
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


def _own(park: Park, standards: Standards) -> gpd.GeoDataFrame:
    sites = park["candidate_sites"]
    sites = sites[sites.geometry.notna() & ~sites.geometry.is_empty]
    return gpd.GeoDataFrame(
        {
            "land_id": sites["site_id"],
            "origin": "own",
            "use_for": sites["utility"],
            "facility_id": "",
            "name": sites["name"],
            "capacity": 0.0,
            "available": 0.0,
            "price": land_price(park.info["land_grade"], standards),
            "guessed": False,
        },
        geometry=sites.geometry,
        crs=park.crs,
    )


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
    """For candidates of one utility that cover the same place, the name of the one that counts; else empty."""
    shapes = np.asarray(frame.geometry)
    twin = pd.Series("", index=frame.index)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    kind, use = frame["origin"].to_numpy(), frame["use_for"].to_numpy()
    mine = np.isin(kind, ["existing", "planned", "own"])
    first = mine[a] & mine[b] & (a < b) & (use[a] == use[b])
    a, b = a[first], b[first]
    common = shapely.area(shapely.intersection(shapes[a], shapes[b]))
    same = common > SAME_PLACE * np.maximum(shapely.area(shapes[a]), shapely.area(shapes[b]))
    for one, other in sorted(zip(a[same].tolist(), b[same].tolist(), strict=True)):
        if not twin.iloc[other] and not twin.iloc[one]:
            twin.iloc[other] = str(frame.index[one])
    return twin
