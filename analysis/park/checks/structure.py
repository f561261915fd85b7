"""Are the layers there, with the columns, the geometry and the CRS they need?"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from ...errors import Finding
from .. import schema
from ..convert import strings
from ..raw import Raw
from .base import each

PLACED_BY_OCCUPANCY = frozenset({"enterprises"})  # a firm without a point stands on the parcels it uses
KINDS = {
    "Polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
    "LineString": (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
    "Point": (shapely.GeometryType.POINT,),
}


def missing_layers(raw: Raw) -> Iterator[Finding]:
    """Required layers that are absent or hold no row, and a park layer of more than one row."""
    unread = {f.layer for f in raw.findings if f.severity == "error"}
    for name, layer in schema.layers().items():
        if layer.required and name not in raw.frames and name not in unread:
            yield Finding("check.layer_missing", layer=name)
        elif layer.required and name in raw.frames and raw.frames[name].empty:
            yield Finding("check.layer_empty", layer=name)
    if len(raw.frames.get("park", ())) > 1:
        yield Finding("check.park_rows", layer="park", values={"count": len(raw.frames["park"])})


def missing_columns(raw: Raw) -> Iterator[Finding]:
    """Required columns that a layer lacks, with the column at hand that may be meant."""
    for name, frame in raw.frames.items():
        columns = schema.layers()[name].columns
        spare = {str(c).lower(): str(c) for c in frame.columns if c not in columns and c != "geometry"}
        for column in columns.values():
            if not column.required or column.name in frame:
                continue
            known = [a.lower() for a in (column.name, *column.aliases, *column.label.values())]
            near = [spare[k] for k in spare if k in known or difflib.get_close_matches(k, known, 1, 0.8)]
            values = {"near": near[0] if near else "-"}
            yield Finding("check.column_missing", layer=name, column=column.name, values=values)


def ignored_columns(raw: Raw) -> Iterator[Finding]:
    """Columns that no step reads, but whose name is nearly one of the schema that the layer lacks."""
    for name, frame in raw.frames.items():
        columns = schema.layers()[name].columns
        known = {
            alias.lower(): c.name for c in columns.values() for alias in (c.name, *c.aliases, *c.label.values())
        }
        lacking = {alias: column for alias, column in known.items() if column not in frame}
        for given in frame.columns:
            if given in columns or given == "geometry":
                continue
            near = difflib.get_close_matches(str(given).lower(), lacking, 1, 0.8)
            if near and not columns[lacking[near[0]]].required:
                yield Finding("check.column_ignored", "warning", name, "", str(given), {"near": lacking[near[0]]})


def crs(raw: Raw) -> Iterator[Finding]:
    """A geometry layer without a CRS (never guessed), or with one that its coordinates cannot be in."""
    for name, frame in raw.frames.items():
        if not schema.layers()[name].geometry:
            continue
        if not isinstance(frame, gpd.GeoDataFrame):
            if name not in PLACED_BY_OCCUPANCY and not frame.empty:
                yield Finding("check.no_geometry_column", layer=name)
            continue
        if frame.empty or frame.geometry.isna().all():
            continue
        if unknown(frame.crs):
            yield Finding("check.crs_missing", layer=name)
            continue
        west, south, east, north = frame.total_bounds
        degrees = max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90
        if not np.isfinite([west, south, east, north]).all():
            continue  # told by row
        if frame.crs.is_geographic != degrees:
            values = {"crs": frame.crs.name, "x": round(float(west), 3), "y": round(float(south), 3)}
            yield Finding("check.crs_doubtful", layer=name, values=values)
        elif frame.crs.is_geographic:
            yield Finding("check.crs_degrees", "info", name, values={"crs": frame.crs.name})


def unknown(given: pyproj.CRS | None) -> bool:
    """True where there is no CRS or only GeoPackage's stand-in for an undefined one."""
    return given is None or "undefined" in given.name.lower() or "unknown" in given.name.lower()


def geometry(raw: Raw) -> Iterator[Finding]:
    """Rows without geometry, of the wrong type, or with coordinates that are not numbers; heights that are dropped."""
    for name, frame in raw.frames.items():
        wanted = schema.layers()[name].geometry
        if not wanted or not isinstance(frame, gpd.GeoDataFrame):
            continue
        shapes = unwrapped(frame)
        broken = ~finite(np.asarray(frame.geometry.array, object))
        none = ~broken & (shapely.is_missing(shapes) | shapely.is_empty(shapes))
        if name not in PLACED_BY_OCCUPANCY:
            yield from each("check.geometry_missing", "error", name, ids_of(frame, name, none))
        wrong = ~none & ~broken & ~fitting(shapes, wanted)
        kind = gpd.GeoSeries(shapes[wrong]).geom_type.to_numpy(object)
        about = {"type": kind, "wanted": [wanted] * int(wrong.sum())}
        yield from each("check.geometry_type", "error", name, ids_of(frame, name, wrong), values=about)
        yield from each("check.geometry_not_finite", "error", name, ids_of(frame, name, broken))
        tall = int((shapely.has_z(shapes) & ~none).sum())
        if tall:
            yield Finding("check.heights_dropped", "info", name, values={"count": tall})


def fitting(shapes: np.ndarray, wanted: str) -> np.ndarray:
    """(n,) True where a shape is of the kind that a layer wants."""
    return np.isin(shapely.get_type_id(shapes), [int(kind) for kind in KINDS[wanted]])


def finite(shapes: np.ndarray) -> np.ndarray:
    """(n,) True where every coordinate is a number; the bounds of a shape do not tell, they leave NaN out."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = owner[~np.isfinite(coordinates).all(axis=1)]
    return np.bincount(broken, minlength=len(shapes)) == 0


def unwrapped(frame: gpd.GeoDataFrame) -> np.ndarray:
    """(n,) shapes of a layer; a collection of one part is that part (many programs write no other).

    None where a shape has coordinates that are not numbers.
    """
    shapes = np.array(frame.geometry.array, object)
    several = shapely.get_type_id(shapes) >= shapely.GeometryType.MULTIPOINT
    single = several & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    shapes[~finite(shapes)] = None
    return shapes


def ids_of(frame: pd.DataFrame, name: str, rows: np.ndarray | pd.Series) -> np.ndarray:
    """``row_ids`` of the rows where a mask (n,) is True; nothing is worked out where there are none, the usual case."""
    mask = np.asarray(rows, bool)
    return row_ids(frame, name).to_numpy()[mask] if mask.any() else np.empty(0, object)


def row_ids(frame: pd.DataFrame, name: str) -> pd.Series:
    """What to call each row in a finding: its key, else ``row`` and its number in the file."""
    number = pd.Series([f"#{i}" for i in frame.index], index=frame.index, dtype="object")
    label = None
    for key in schema.layers()[name].key:
        part = strings(frame[key]) if key in frame else pd.Series(None, index=frame.index, dtype="object")
        label = part if label is None else label.where(label.notna() & part.notna(), None) + " / " + part
    if label is None:
        return number
    named = label.where(~label.duplicated(keep=False), label + " (" + number + ")")
    return named.where(label.notna(), number)
