"""Where nothing may be built, as it is drawn: exclusions, land outside a boundary, safety and protection distances."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..park.model import Park
from ..standards import Standards
from .frames import frame_of
from .shapes import land_of_firms, people_of

INSIDE_ONLY = "urban_boundary"  # the one kind whose area is where building is allowed
BEYOND_M = 2_000.0  # how far around the park the land outside the boundary is drawn
SAFETY_SOURCE = "GB/T 37243-2019"


def zones(park: Park, standards: Standards) -> gpd.GeoDataFrame:
    """The result table ``exclusion_zones``: where nothing may be built, with the distance kept around it.

    The park's exclusions, the land outside of the urban development boundary where one is drawn, and the external safety
    distance around firms that have one. ``utility`` is empty, or the only utility that a zone bars.
    """
    rows = park["exclusions"]
    rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    buffer_m = np.array([standards.value(f"siting.exclusion.{kind}_m") for kind in rows["kind"]], float)
    shapes = np.asarray(rows.geometry)
    outward = np.where(rows["kind"] == INSIDE_ONLY, -buffer_m, buffer_m)
    shapes = np.where(outward != 0, shapely.buffer(shapes, outward, quad_segs=8), shapes)
    basis = rows["basis"].where(rows["basis"] != "", rows["source"])
    table = pd.DataFrame(
        {
            "zone_id": rows["exclusion_id"],
            "rule": rows["kind"],
            "utility": rows["utility"],
            "buffer_m": buffer_m,
            "name": rows["name"],
            "source": basis.where(basis != "", rows["name"]),
            "geometry": shapes,
        }
    )
    bound = table["rule"] == INSIDE_ONLY
    found = table[~bound].to_dict("records") + _outside(park, table[bound]) + _safety(park)
    return frame_of(found, "exclusion_zones", park.crs)


def _outside(park: Park, boundary: pd.DataFrame) -> list[dict[Any, Any]]:
    """What lies outside of the boundary, one row for each utility it holds for."""
    if boundary.empty:
        return []
    drawn = [park[layer].total_bounds for layer in ("park", "parcels", "candidate_sites", "facilities")]
    corners = np.array([bounds for bounds in drawn if np.isfinite(bounds).all()])
    west, south = corners[:, :2].min(0) - BEYOND_M
    east, north = corners[:, 2:].max(0) + BEYOND_M
    rows = []
    for _, mine in boundary.sort_values("zone_id").groupby("utility"):
        shape = shapely.difference(shapely.box(west, south, east, north), shapely.union_all(mine["geometry"]))
        rows.append({**mine.iloc[0].to_dict(), "geometry": shape})
    return [row for row in rows if not row["geometry"].is_empty]


def _safety(park: Park) -> list[dict[Any, Any]]:
    """External safety distances that an assessment gives a firm, around all the land it occupies."""
    firms = park["enterprises"]
    firms = firms[firms["safety_distance_m"].notna() & (firms["safety_distance_m"] > 0)]
    if firms.empty:
        return []
    land = land_of_firms(park)
    return [
        {
            "zone_id": f"safety {firm['enterprise_id']}",
            "rule": "safety_distance",
            "buffer_m": float(firm["safety_distance_m"]),
            "name": firm["name"],
            "source": firm["safety_basis"] or SAFETY_SOURCE,
            "geometry": shapely.buffer(land[firm["enterprise_id"]], firm["safety_distance_m"], quad_segs=16),
        }
        for _, firm in firms.iterrows()
        if firm["enterprise_id"] in land
    ]


def protection_zones(
    park: Park, distances: pd.DataFrame, keep_within_m: float, lands: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """The result table ``protection_zones``: land too close to people for a utility.

    Parameters
    ----------
    distances
        Columns utility, buffer_m, source, edition, confidence.
    keep_within_m
        Sensitive areas farther from every candidate than their distance and this are left out of the drawing.
    """
    rows: list[dict[Any, Any]] = []
    shapes = people_of(park)
    for _, row in distances.iterrows():
        near = shapes
        if len(lands) and len(shapes):
            reach = row["buffer_m"] + keep_within_m
            hit = shapely.STRtree(np.asarray(lands.geometry)).query(shapes, predicate="dwithin", distance=reach)[0]
            near = shapes[np.unique(hit)]
        if not len(near):
            continue
        whole = shapely.union_all(shapely.buffer(near, row["buffer_m"], quad_segs=8))
        rows.append({**row.to_dict(), "rule": "protection_distance", "geometry": shapely.simplify(whole, 0.5)})
    for found in rows:
        found["zone_id"] = f"{found['utility']} protection"
    return frame_of(rows, "protection_zones", park.crs)
