"""Do the layers fit each other, or is one shifted as Chinese web maps shift theirs (GCJ-02)?"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...errors import Finding
from . import place

INSIDE = ("buildings", "enterprises")  # stand on parcels


def web_maps(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """A warning for each layer that fits the parcels only after a shift by GCJ-02; one where nothing can be compared.

    Buildings and firms stand on parcels, roads run between them, and parcels lie in the park's boundary.
    """
    land = _degrees(frames.get("parcels"))
    if land is None or not _in_china(land.total_bounds):
        return []
    found, compared = [], False
    for name in (*INSIDE, "roads", "park"):
        other = _degrees(frames.get(name))
        if other is None or (name == "park" and _drawn(frames["park"])):
            continue
        if name == "park":
            metres, known = place.shifted(other, land.representative_point())
        elif name == "roads":
            metres, known = place.shifted(land, _along(other), beside=True)
        else:
            metres, known = place.shifted(land, other.representative_point())
        compared |= known
        if metres is not None:
            found.append(Finding("layers.gcj02", "warning", layer=name, values={"metres": round(metres)}))
    crs = getattr(frames["parcels"], "crs", None)
    if not found and not compared and crs is not None and crs.is_geographic:
        found.append(Finding("layers.gcj02_unknown", "warning", layer="parcels"))
    return found


def _degrees(frame: pd.DataFrame | None) -> gpd.GeoSeries | None:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return None
    shapes = frame.geometry[frame.geometry.notna() & ~frame.geometry.is_empty]
    return shapes.to_crs(4326) if len(shapes) else None


def _drawn(park: pd.DataFrame) -> bool:
    """True where the boundary was made from the parcels."""
    return "estimated" in park and "geometry" in str(park["estimated"].iloc[0])


def _in_china(bounds: np.ndarray) -> bool:
    return bool(bounds[0] > 73 and bounds[2] < 136 and bounds[1] > 17 and bounds[3] < 54)


def _along(roads: gpd.GeoSeries) -> gpd.GeoSeries:
    """Points on roads, about every 50 m, without their ends."""
    lines = shapely.force_2d(np.asarray(roads.explode()))
    cut = shapely.segmentize(lines, 0.0005)
    spots = shapely.get_coordinates(cut)
    return gpd.GeoSeries(gpd.points_from_xy(spots[:, 0], spots[:, 1]), crs=4326)
