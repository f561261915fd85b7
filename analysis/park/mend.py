"""What can be mended without knowing the place, done on request only, into a copy, and listed one by one.

Mended are: names and labels in place of codes, exact copies of a row, crossing outlines, heights, and parcels and
buildings of several parts. Everything else needs the planner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..errors import Finding, InputError
from . import schema
from .checks.base import Cells, each
from .checks.rows import meant
from .checks.structure import row_ids
from .convert import strings
from .raw import load
from .write import write_layers

Frames = dict[str, pd.DataFrame]
SPLIT = {"parcels": "parcel_id", "buildings": "building_id"}


def mend_park(path: str | Path, out: str | Path) -> list[Finding]:
    """Write a mended copy of a park and say what was mended.

    Parameters
    ----------
    path
        As for ``read_park``.
    out
        The GeoPackage to write; layers keep their CRS.

    Returns
    -------
    list of Finding
        One ``info`` finding for each thing mended. What is left to the planner is what ``check_park(out)`` finds.

    Raises
    ------
    InputError
        A file or layer cannot be read, or the copy cannot be written.
    """
    raw = load(path)
    lost = [finding for finding in raw.findings if finding.severity == "error"]
    if lost:
        raise InputError(*lost)  # a copy without these layers would hide the loss
    frames = dict(raw.frames)
    steps: tuple[Callable[[Frames], Iterator[Finding]], ...] = (_codes, _copies, _flat, _valid, _parts)
    done = [finding for step in steps for finding in step(frames)]
    rasters = {column: _raster(frames, raw.folder, column) for column in ("terrain", "population_raster")}
    write_layers(frames, out, None, rasters)
    return done


def _raster(frames: Frames, folder: Path, column: str) -> Path | None:
    park = frames.get("park")
    name = strings(park[column]).iloc[0] if park is not None and column in park and len(park) else None
    return folder / name if name and (folder / name).is_file() else None


def _codes(frames: Frames) -> Iterator[Finding]:
    """Labels and aliases become the codes they stand for."""
    for name, frame in frames.items():
        for column in schema.layers()[name].columns.values():
            if not column.codes or column.name not in frame:
                continue
            given = strings(frame[column.name])
            code = given.map(lambda cell, column=column: meant(column, cell) if cell else None)
            turn = code.notna() & (code != given)
            if turn.any():
                about: dict[str, Cells] = {"value": given[turn].to_numpy(), "code": code[turn].to_numpy()}
                yield from each(
                    "check.mended_code", "info", name, row_ids(frame, name)[turn].to_numpy(), column.name, about
                )
                frames[name] = frame = frame.assign(**{column.name: given.where(~turn, code)})


def _copies(frames: Frames) -> Iterator[Finding]:
    """Rows that repeat another in every cell and in their geometry go."""
    for name, frame in frames.items():
        cells = pd.DataFrame({c: strings(frame[c]) for c in frame.columns if c != "geometry"}, index=frame.index)
        if isinstance(frame, gpd.GeoDataFrame):
            cells["geometry"] = shapely.to_wkb(np.asarray(frame.geometry.array, object))
        again = cells.duplicated().to_numpy(bool)
        if again.any():
            key = schema.layers()[name].key[0]
            ids = strings(frame[key])[again] if key in frame else row_ids(frame, name)[again]
            yield from each("check.mended_copy", "info", name, ids.fillna("-").to_numpy())
            frames[name] = frame[~again]


def _drawn(frames: Frames) -> Iterator[tuple[str, gpd.GeoDataFrame, np.ndarray]]:
    for name, frame in list(frames.items()):
        if schema.layers()[name].geometry and isinstance(frame, gpd.GeoDataFrame):
            yield name, frame, np.asarray(frame.geometry.array, object)


def _flat(frames: Frames) -> Iterator[Finding]:
    """Heights go."""
    for name, frame, shapes in _drawn(frames):
        tall = shapely.has_z(shapes)
        if tall.any():
            yield Finding("check.mended_heights", "info", name, values={"count": int(tall.sum())})
            frames[name] = frame.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), frame.index, crs=frame.crs))


def _valid(frames: Frames) -> Iterator[Finding]:
    """Outlines that cross themselves become the polygons they enclose; lines and points are left alone."""
    for name, frame, shapes in _drawn(frames):
        bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes) & (shapely.get_dimensions(shapes) == 2)
        bad &= np.isfinite(shapely.bounds(shapes)).all(axis=1)
        if not bad.any():
            continue
        before = shapely.area(shapes[bad])
        shapes = shapes.copy()
        shapes[bad] = [_areas(shape) for shape in shapely.make_valid(shapes[bad])]
        about: dict[str, Cells] = {
            "share_pct": np.round(100 * shapely.area(shapes[bad]) / np.maximum(before, 1e-12), 1)
        }
        yield from each(
            "check.mended_outline", "info", name, row_ids(frame, name)[bad].to_numpy(), "geometry", about
        )
        frames[name] = frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of what ``make_valid`` gives; stray lines and points fall away."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _parts(frames: Frames) -> Iterator[Finding]:
    """Parcels and buildings of several parts become a row a part; areas are shared out, users follow.

    The largest part keeps the key, the others get ``<key>-2``, ``<key>-3`` by falling area.
    """
    for name, frame, shapes in _drawn(frames):
        count = shapely.get_num_geometries(shapes)
        if name not in SPLIT or SPLIT[name] not in frame or not (count > 1).any():
            continue
        key = SPLIT[name]
        yield from each(
            "check.mended_parts",
            "info",
            name,
            row_ids(frame, name)[count > 1].to_numpy(),
            "geometry",
            {"count": count[count > 1]},
        )
        parts, row = shapely.get_parts(shapes, return_index=True)
        empty = np.flatnonzero(count == 0)
        parts, row = np.r_[parts, shapes[empty]], np.r_[row, empty]
        area = shapely.area(parts)
        order = np.lexsort((-area, row))
        parts, row, area = parts[order], row[order], area[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
        share = area / np.maximum(np.bincount(row, weights=area)[row], 1e-12)
        old = strings(frame[key]).to_numpy()[row]
        new = [k if k is None or n == 1 else f"{k}-{n}" for k, n in zip(old, rank, strict=True)]
        many = count[row] > 1
        split = frame.iloc[row].reset_index(drop=True)
        for column in schema.layers()[name].columns.values():
            if column.unit == "m2" and column.name in split:
                number = pd.to_numeric(split[column.name], errors="coerce")
                split[column.name] = split[column.name].where(~many | number.isna(), number * share)
        split[key] = new
        frames[name] = split.set_geometry(gpd.GeoSeries(parts, split.index, crs=frame.crs))
        use = frames.get("occupancy")
        if name == "parcels" and use is not None and key in use:
            parts_of = pd.DataFrame({"old": old, "new": new}).dropna()
            moved = use.assign(old=strings(use[key])).merge(parts_of, on="old", how="left")
            frames["occupancy"] = moved.assign(**{key: moved["new"].fillna(moved["old"])}).drop(
                columns=["old", "new"]
            )
