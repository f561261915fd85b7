"""Buildings with use and storeys; both are assumed, and marked, where the map does not say."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...standards import Standards
from . import read
from .read import Extract

_NO_BUILDING = ("", "no", "roof", "ruins", "collapsed", "construction", "proposed", "demolished")
_HALLS = ("production", "warehouse")
_BY_LAND = {"industrial": "production", "warehouse": "warehouse", "commercial": "office", "utility": "utility"}


def footprints(extract: Extract) -> gpd.GeoDataFrame:
    """Buildings of an extract: ``osm``, ``tags``, ``area_m2`` and polygons; outlines drawn twice count once."""
    areas = extract.areas
    tag = read.value(areas, "building")
    solid = ~tag.isin(_NO_BUILDING) | read.value(areas, "man_made").isin(["storage_tank", "silo"])
    solid &= read.value(areas, "location") != "underground"
    frame = areas[solid].assign(area_m2=areas.area[solid])
    shapes = np.asarray(frame.geometry)
    inner, outer = shapely.STRtree(shapes).query(
        np.asarray(frame.geometry.representative_point()), predicate="within"
    )
    other = inner != outer
    inner, outer = inner[other], outer[other]
    # a part drawn inside its building, or the same outline twice: the larger one (the first of equals) stays
    size = frame["area_m2"].to_numpy()
    smaller = (size[inner] < size[outer]) | ((size[inner] == size[outer]) & (inner > outer))
    inner, outer = inner[smaller], outer[smaller]
    shared = shapely.area(shapely.intersection(shapes[inner], shapes[outer]))
    double = np.zeros(len(frame), bool)
    double[inner[shared > 0.9 * size[inner]]] = True
    return frame[~double].reset_index(drop=True)


def parcel_of(places: gpd.GeoSeries, parcels: gpd.GeoDataFrame, reach_m: float = 0.0) -> np.ndarray:
    """(n,) row of the parcel in which each point lies, else the nearest within ``reach_m``; -1 where there is none."""
    found = np.full(len(places), -1)
    if not len(parcels) or not len(places):
        return found
    tree = shapely.STRtree(np.asarray(parcels.geometry))
    points = np.asarray(places)
    if reach_m > 0:
        (point, parcel), away = tree.query_nearest(
            points, max_distance=reach_m, return_distance=True, all_matches=True
        )
        order = np.lexsort((parcel, away, point))[::-1]
        point, parcel = point[order], parcel[order]
    else:
        point, parcel = tree.query(points, predicate="intersects")
        order = np.lexsort((parcel, point))[::-1]
        point, parcel = point[order], parcel[order]
    found[point] = parcel  # of several the lowest row is written last
    return found


def buildings(
    footprint: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, park: shapely.Geometry, standards: Standards
) -> gpd.GeoDataFrame:
    """The layer ``buildings``: those on parcels and the others within ``park``.

    Storeys are ``building:levels``, else the height over the height of a storey, else those of ``osm_buildings.csv``
    by use and footprint.
    """
    inside = footprint.geometry.representative_point()
    on = parcel_of(inside, parcels)
    keep = (on >= 0) | shapely.contains(park, np.asarray(inside))
    frame, on = footprint[keep], on[keep]
    rule = read.match(frame, "osm_buildings")
    land = parcels["land_use"].to_numpy()[on] if len(parcels) else np.full(len(on), "")
    by_land = pd.Series(np.where(on >= 0, land, "")).map(_BY_LAND).fillna("other").to_numpy()
    unsaid = (rule["use"] == "").to_numpy()
    use = np.where(unsaid, by_land, rule["use"])
    storeys, height, guessed = _storeys(frame, rule, use, standards)
    estimated = [
        ";".join(name for name, flag in (("storeys", s), ("use", u)) if flag)
        for s, u in zip(guessed, unsaid, strict=True)
    ]
    return gpd.GeoDataFrame(
        {
            "building_id": frame["osm"],
            "name": read.value(frame, "name"),
            "use": use,
            "storeys": storeys,
            "height_m": height,
            "tall_storeys": np.where(np.isin(use, _HALLS) & (height / storeys > 8.0), storeys, 0).astype(int),
            "source": "OpenStreetMap " + frame["osm"],
            "estimated": estimated,
        },
        geometry=np.asarray(frame.geometry),
        crs=frame.crs,
        index=frame.index,
    ).reset_index(drop=True)


def _storeys(
    frame: gpd.GeoDataFrame, rule: pd.DataFrame, use: np.ndarray, standards: Standards
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Storeys, height in m (NaN where not tagged) and whether the storeys are assumed."""
    levels = read.value(frame, "building:levels").map(read.number).astype(float)
    height = read.value(frame, "height").map(read.number).astype(float)
    levels, height = levels.where(levels.between(0.5, 150)), height.where(height.between(1, 800))
    hall = np.isin(use, _HALLS)
    storey = np.where(hall, standards.value("osm.hall_height_m"), standards.value("osm.storey_height_m"))
    by_height = np.maximum(1.0, np.floor(height / storey + 0.25))
    large = frame["area_m2"] >= standards.value("osm.large_footprint_m2")
    by_use = pd.to_numeric(rule["storeys_large"].where(large, rule["storeys_small"]), errors="coerce").fillna(1.0)
    by_use = by_use.where(~(hall & (rule["use"] == "")), 1.0)
    storeys = levels.fillna(by_height).fillna(by_use)
    return storeys.to_numpy(), height.to_numpy(), levels.isna().to_numpy()
