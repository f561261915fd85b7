"""Roads with class and width."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from . import read
from .read import Extract

LANE_M, SHOULDER_M = 3.25, 1.0  # a lane and what lies beside the lanes in all: drawing rule of thumb, flagged


def width_m(lines: pd.DataFrame, rule: pd.DataFrame) -> pd.Series:
    """Width of roads in m: as tagged, else by lanes, else by class (``osm_roads.csv``)."""
    tagged = read.value(lines, "width").map(read.number).astype(float)
    lanes = read.value(lines, "lanes").map(read.number).astype(float)
    by_lanes = (lanes * LANE_M + SHOULDER_M).where(lanes.between(1, 12))
    by_class = pd.to_numeric(rule["width_m"], errors="coerce")
    return tagged.where(tagged.between(1, 100)).fillna(by_lanes).fillna(by_class).astype(float)


def roads(extract: Extract, study: shapely.Geometry) -> gpd.GeoDataFrame:
    """The layer ``roads`` within ``study``: lines of ``osm_roads.csv``, cut at the edge of ``study``."""
    rule = read.match(extract.lines, "osm_roads")
    lines = extract.lines[rule["road_class"] != ""]
    rule = rule.loc[lines.index]
    tagged = read.value(lines, "width").map(read.number).astype(float).between(1, 100)
    frame = gpd.GeoDataFrame(
        {
            "road_id": lines["osm"],
            "name": read.value(lines, "name").where(lambda s: s != "", read.value(lines, "ref")),
            "road_class": rule["road_class"],
            "width_m": width_m(lines, rule).round(2),
            "surface": read.value(lines, "surface"),
            "bridge": ~read.value(lines, "bridge").isin(["", "no"]),
            "tunnel": ~read.value(lines, "tunnel").isin(["", "no"]),
            "source": "OpenStreetMap " + lines["osm"],
            "estimated": np.where(tagged, "", "width_m"),
        },
        geometry=np.asarray(lines.geometry),
        crs=lines.crs,
        index=lines.index,
    )
    return clip(frame, "road_id", study)


def clip(lines: gpd.GeoDataFrame, key: str, study: shapely.Geometry) -> gpd.GeoDataFrame:
    """Lines within ``study``; a line that leaves and comes back becomes ``<id>-1``, ``<id>-2``."""
    shapes = np.asarray(lines.geometry)
    crosses = ~shapely.contains(study, shapes)
    shapes[crosses] = shapely.intersection(shapes[crosses], study)
    parts, row = shapely.get_parts(shapes, return_index=True)
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, row = parts[is_line], row[is_line]
    number = np.arange(len(row)) - np.searchsorted(row, row) + 1
    several = np.bincount(row, minlength=len(lines))[row] > 1
    out = gpd.GeoDataFrame(
        lines.drop(columns=["geometry"]).iloc[row].reset_index(drop=True), geometry=parts, crs=lines.crs
    )
    out[key] = [f"{k}-{n}" if s else k for k, n, s in zip(out[key], number, several, strict=True)]
    return out
