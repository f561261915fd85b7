"""Which firm uses which parcel, and what share of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .buildings import parcel_of

_LEAST_SHARE = 0.02  # below this a share would vanish in rounding
_BESIDE_M = 20.0  # a mark this close to a building stands for it


def occupancy(
    found: gpd.GeoDataFrame, firms: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, footprint: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Which firm uses which parcel, and what share of it, by the footprint of the buildings that name it.

    A firm that gives a piece of land its name has what others leave of it.
    """
    house = np.asarray(footprint.geometry)
    size = footprint["area_m2"].to_numpy()
    on = parcel_of(footprint.geometry.representative_point(), parcels)
    built = np.bincount(on[on >= 0], weights=size[on >= 0], minlength=len(parcels))
    inner = np.asarray(parcels.geometry.representative_point())
    claims: list[tuple[int, int, float]] = []  # firm, parcel, m2 of buildings (NaN: the rest of the parcel)
    mark: dict[int, list[int]] = {}
    points = np.asarray(found.geometry.representative_point())
    nearest: dict[int, int] = {}
    if len(house):
        pairs = shapely.STRtree(house).query_nearest(points, max_distance=_BESIDE_M, all_matches=False)
        nearest = dict(pairs.T.tolist())
    for i, (firm, parcel, land) in enumerate(zip(found["firm"], found["parcel"], found["land"], strict=True)):
        if land:
            own = np.flatnonzero(
                (parcels["land_osm"] == found["osm"].iloc[i]).to_numpy()
                | shapely.intersects(found.geometry.iloc[i], inner)
            )
            claims += [(firm, int(p), np.nan) for p in (own if len(own) else [parcel])]
        elif i in nearest:
            mark.setdefault(nearest[i], []).append(i)
        else:
            claims.append((firm, parcel, 0.0))
    for building, rows in sorted(mark.items()):
        owners = sorted({found["firm"].iloc[i] for i in rows})
        where = int(on[building]) if on[building] >= 0 else int(found["parcel"].iloc[rows[0]])
        claims += [(firm, where, size[building] / len(owners)) for firm in owners]
    table = pd.DataFrame(claims, columns=["firm", "parcel", "m2"])
    table["land"] = table["m2"].isna()
    table = table.groupby(["firm", "parcel"], as_index=False).agg(m2=("m2", "sum"), land=("land", "max"))
    table["share"] = _shares(table, built, parcels["single"].to_numpy())
    table["enterprise_id"] = table["firm"].map(firms.set_index("firm")["enterprise_id"])
    table["parcel_id"] = parcels["parcel_id"].to_numpy()[table["parcel"]]
    return table[["enterprise_id", "parcel_id", "share"]].assign(source="OpenStreetMap", estimated="share")


def _shares(table: pd.DataFrame, built: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Share of each claim in its parcel, at most 1 in all; all of it for the one firm of land drawn as one works."""
    parcel = table["parcel"].to_numpy()
    count = table.groupby("parcel")["firm"].transform("size").to_numpy()
    claimed = table.groupby("parcel")["m2"].transform("sum").to_numpy()
    whole = np.maximum(np.maximum(built[parcel], claimed), 1.0)
    share = np.where(table["m2"] > 0, table["m2"] / whole, np.where(count == 1, 1.0, 0.5 / count))
    share = np.where((count == 1) & single[parcel], 1.0, share)
    share = np.clip(share, _LEAST_SHARE, 1.0)
    land = table["land"].to_numpy()
    others = pd.Series(np.where(land, 0.0, share)).groupby(parcel).transform("sum").to_numpy()
    owners = pd.Series(land.astype(float)).groupby(parcel).transform("sum").to_numpy()
    share = np.where(land, np.maximum(1.0 - others, _LEAST_SHARE) / np.maximum(owners, 1.0), share)
    total = pd.Series(share).groupby(parcel).transform("sum").to_numpy()
    return np.floor(share / np.maximum(total, 1.0) * 1e4) / 1e4
