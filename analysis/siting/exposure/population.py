"""People from a raster of persons per cell, gathered on a grid of at most 100 m."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import rasterio
import rasterio.errors
import shapely

from ...errors import InputError
from ...park.model import Park
from ...park.terrain import _apply, _metre, _window

GRID_M = 100.0


@dataclass(frozen=True)
class Crowd:
    """Where people live: coordinates in m in the park's CRS, (n,) each, and persons (n,), all above 0."""

    x: np.ndarray
    y: np.ndarray
    persons: np.ndarray

    def points(self) -> np.ndarray:
        """(n,) points."""
        return np.asarray(shapely.points(np.c_[self.x, self.y]), dtype=object)


def path_of(park: Park) -> Path | None:
    """The raster that the park names, or None.

    Raises
    ------
    InputError
        There is no such file.
    """
    raster = park.population
    if raster is not None and not raster.is_file():
        raise InputError.of("siting.population_missing", layer="park", column="population_raster", file=raster.name)
    return raster


def read(raster: Path, area: gpd.GeoSeries, margin_m: float) -> Crowd:
    """People around ``area``, on a grid of 100 m in its CRS: small cells are added up, larger ones spread evenly.

    Parameters
    ----------
    area
        Geometry in the park's CRS.
    margin_m
        How far around it to look.

    Raises
    ------
    InputError
        The file cannot be read, names no CRS, lies elsewhere, holds negative numbers or nothing at all around ``area``.
    """
    name = raster.name
    try:
        with rasterio.open(raster) as source:
            if source.crs is None:
                raise InputError.of("siting.population_no_crs", layer="park", column="population_raster", file=name)
            crs = pyproj.CRS.from_wkt(source.crs.to_wkt())
            metre = _metre(crs, source.bounds)
            window = _window(source, crs, area, margin_m / metre)
            if window is None:
                raise InputError.of(
                    "siting.population_elsewhere", layer="park", column="population_raster", file=name
                )
            data = source.read(1, window=window, masked=True)
            persons = np.ma.filled(data.astype("float64"), np.nan) * source.scales[0] + source.offsets[0]
            x0, y0 = _apply(source.transform, window.col_off, window.row_off)
            full = source.transform
            transform = rasterio.Affine(full.a, full.b, x0, full.d, full.e, y0)
    except rasterio.errors.RasterioIOError as error:
        raise InputError.of(
            "siting.population_unreadable", layer="park", column="population_raster", file=name
        ) from error
    persons[~np.isfinite(persons)] = np.nan
    if not np.isfinite(persons).any():
        raise InputError.of("siting.population_void", layer="park", column="population_raster", file=name)
    lowest = float(np.nanmin(persons))
    if lowest < 0:
        raise InputError.of(
            "siting.population_negative", layer="park", column="population_raster", file=name, value=f"{lowest:g}"
        )
    return _gathered(persons, transform, crs, area)


def _gathered(persons: np.ndarray, transform: rasterio.Affine, crs: pyproj.CRS, area: gpd.GeoSeries) -> Crowd:
    row, column = np.nonzero(np.nan_to_num(persons) > 0)
    amount = persons[row, column]
    if not len(amount):
        return Crowd(*np.zeros((3, 0)))
    to_park = pyproj.Transformer.from_crs(crs, area.crs, always_xy=True)
    corner = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) + np.array([[column[0]], [row[0]]])
    cx, cy = (np.asarray(v) for v in to_park.transform(*(v.tolist() for v in _apply(transform, *corner))))
    side = float(np.hypot(cx[1:] - cx[0], cy[1:] - cy[0]).max())
    parts = max(int(np.ceil(side / GRID_M - 1e-6)), 1)
    inner = (np.arange(parts) + 0.5) / parts
    dx, dy = (v.ravel() for v in np.meshgrid(inner, inner))
    x, y = _apply(transform, (column[:, None] + dx).ravel(), (row[:, None] + dy).ravel())
    x, y = (np.asarray(v) for v in to_park.transform(x.tolist(), y.tolist()))
    amount = np.repeat(amount / parts**2, parts**2)
    cell = np.c_[np.floor(x / GRID_M), np.floor(y / GRID_M)].astype(np.int64)
    _, index = np.unique(cell, axis=0, return_inverse=True)
    index = index.ravel()
    total = np.bincount(index, weights=amount)
    return Crowd(
        np.bincount(index, weights=amount * x) / total, np.bincount(index, weights=amount * y) / total, total
    )
