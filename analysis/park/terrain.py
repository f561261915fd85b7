"""Heights of places from a raster in any CRS.

Between cell centres heights are interpolated linearly. A void cell never lends its number: where the cell a place
lies in is void, the height is NaN; where only neighbours are void, the others share their weight. Public
models such as SRTM give whole metres on cells of 60 to 90 m: good for the direction of fall, too coarse for the
slope of a pipe unless smoothed (``smooth_m``). ``findings`` says so for a given raster.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import rasterio
import rasterio.errors
import rasterio.windows
import shapely
from scipy.ndimage import gaussian_filter

from ..errors import Finding, InputError
from .model import Park

LOWEST_M, HIGHEST_M = -500.0, 9000.0  # land on earth; what lies outside is a void without its mark
COARSE_CELL_M = 30.0  # cells from this size on are too coarse for the slope of a pipe


@dataclass(frozen=True)
class Terrain:
    """A window of a height raster.

    Parameters
    ----------
    height_m
        (rows, columns) heights in m; voids are NaN.
    transform
        Affine transform from column, row to the raster's x, y.
    crs
        CRS of the raster.
    cell_m
        Size of a cell in m (root of its area).
    whole_metres
        True where the raster holds whole numbers only.
    """

    height_m: np.ndarray
    transform: rasterio.Affine
    crs: pyproj.CRS
    cell_m: float
    whole_metres: bool

    def at(self, points: gpd.GeoSeries) -> np.ndarray:
        """(n,) heights in m of points in any CRS; NaN in voids and outside of the raster."""
        x, y = _in_raster_crs(points, self.crs)
        column, row = _apply(~self.transform, x, y)
        return _bilinear(self.height_m, column - 0.5, row - 0.5)

    def smoothed(self, radius_m: float) -> Terrain:
        """The same window under a Gaussian of standard deviation ``radius_m``; voids stay voids."""
        if radius_m <= 0 or not self.height_m.size:
            return self
        known = np.isfinite(self.height_m)
        sigma = radius_m / self.cell_m
        weight = gaussian_filter(known.astype(float), sigma, mode="constant")
        total = gaussian_filter(np.where(known, self.height_m, 0.0), sigma, mode="constant")
        smooth = np.divide(total, weight, out=np.full_like(total, np.nan), where=known & (weight > 0))
        return Terrain(smooth, self.transform, self.crs, self.cell_m, self.whole_metres)


def read(source: Park | Path | str, area: gpd.GeoSeries, margin_m: float = 0.0) -> Terrain | None:
    """The part of a raster that covers ``area``, or None where a park has no terrain.

    Parameters
    ----------
    source
        A park with ``terrain``, or the path of a raster that GDAL reads.
    area
        Geometry in any CRS.
    margin_m
        How far around ``area`` to read, in m, beside two cells for interpolation.

    Raises
    ------
    InputError
        The file cannot be read, names no CRS, or does not overlap ``area``.
    """
    path = _path(source)
    if path is None:
        return None
    terrain = _part(path, area, margin_m)
    if terrain is None:
        raise InputError.of("terrain.elsewhere", file=path.name)
    return terrain


def _path(source: Park | Path | str) -> Path | None:
    return source.terrain if isinstance(source, Park) else Path(source)


def _around(source: Park | Path | str, area: gpd.GeoSeries, margin_m: float) -> Terrain | None:
    """As ``read``, but None too where this area alone, not all of a park, lies outside of the raster."""
    path = _path(source)
    terrain = None if path is None else _part(path, area, margin_m)
    if terrain is None and path is not None:
        read(source, source["parcels"].geometry if isinstance(source, Park) else area)
    return terrain


def _part(path: Path, area: gpd.GeoSeries, margin_m: float) -> Terrain | None:
    """The part of a raster around ``area``, or None where they do not meet."""
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise InputError.of("terrain.no_crs", file=path.name)
            crs = pyproj.CRS.from_wkt(raster.crs.to_wkt())
            metre = _metre(crs, raster.bounds)
            window = _window(raster, crs, area, margin_m / metre)
            if window is None:
                return None
            data = raster.read(1, window=window, masked=True)
            height = np.ma.filled(data.astype("float64"), np.nan) * raster.scales[0] + raster.offsets[0]
            full = raster.transform
            left, top = _apply(full, window.col_off, window.row_off)
            transform = rasterio.Affine(full.a, full.b, left, full.d, full.e, top)
            whole = np.issubdtype(data.dtype, np.integer) and raster.scales[0] == 1
            # degrees of latitude and longitude differ in metres: take the root of the cell's area
            shrink = (
                np.cos(np.radians((raster.bounds.top + raster.bounds.bottom) / 2)) if crs.is_geographic else 1.0
            )
            cell = float(np.sqrt(abs(transform.determinant) * shrink) * metre)
    except rasterio.errors.RasterioIOError as error:
        raise InputError.of("terrain.unreadable", file=str(path)) from error
    with np.errstate(invalid="ignore"):
        height[(height < LOWEST_M) | (height > HIGHEST_M)] = np.nan
    return Terrain(height, transform, crs, cell, bool(whole))


def heights(source: Park | Path | str, points: gpd.GeoSeries, smooth_m: float = 0.0) -> np.ndarray:
    """Heights of points.

    Parameters
    ----------
    source
        A park with ``terrain``, or the path of a raster.
    points
        n points in any CRS.
    smooth_m
        Standard deviation in m of a Gaussian laid over the raster first; 0 for none.

    Returns
    -------
    numpy.ndarray
        (n,) heights in m; NaN in voids, outside of the raster, and where a park has no terrain.

    Raises
    ------
    InputError
        See ``read``.
    """
    terrain = _around(source, points, 4 * smooth_m) if len(points) else None
    return np.full(len(points), np.nan) if terrain is None else terrain.smoothed(smooth_m).at(points)


def area_heights(source: Park | Path | str, areas: gpd.GeoSeries, smooth_m: float = 0.0) -> np.ndarray:
    """(n,) mean heights in m of polygons: of the cells inside, of an inner point where a polygon holds none.

    NaN where all of it is void. Raises as ``read`` does.
    """
    if not len(areas):
        return np.empty(0)
    terrain = _around(source, areas, 4 * smooth_m)
    if terrain is None:
        return np.full(len(areas), np.nan)
    terrain = terrain.smoothed(smooth_m)
    inner = terrain.at(areas.representative_point())
    shapes = np.asarray(areas.to_crs(terrain.crs))
    rows, columns = np.indices(terrain.height_m.shape).reshape(2, -1)
    x, y = _apply(terrain.transform, columns + 0.5, rows + 0.5)
    cells = shapely.points(np.c_[x, y])
    shape, cell = shapely.STRtree(cells).query(shapes, predicate="contains")
    value = terrain.height_m.ravel()[cell]
    good = np.isfinite(value)
    count = np.bincount(shape[good], minlength=len(areas))
    total = np.bincount(shape[good], weights=value[good], minlength=len(areas))
    return np.divide(total, count, out=inner, where=count > 0)


def findings(source: Park | Path | str, points: gpd.GeoSeries, layer: str = "") -> list[Finding]:
    """What a planner should know of the heights of ``points``: how many are void, how coarse the raster is."""
    if not len(points):
        return []
    terrain = read(source, points)
    if terrain is None:
        return [Finding("terrain.none", "warning")]
    found = []
    void = int(np.isnan(terrain.at(points)).sum())
    if void:
        found.append(Finding("terrain.voids", "warning", layer, values={"count": void, "total": len(points)}))
    if terrain.cell_m >= COARSE_CELL_M:
        found.append(Finding("terrain.coarse", "info", values={"cell_m": f"{terrain.cell_m:.0f}"}))
    return found


def _apply(transform: rasterio.Affine, x: Any, y: Any) -> tuple[Any, Any]:
    """The transform of x, y (its own operator has changed its sign between versions)."""
    t = transform
    return t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f


def _in_raster_crs(points: gpd.GeoSeries, crs: pyproj.CRS) -> tuple[np.ndarray, np.ndarray]:
    shapes = np.asarray(points)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    to_raster = pyproj.Transformer.from_crs(points.crs, crs, always_xy=True)
    # lists, because of arrays with a single number pyproj 3.6 warns
    x, y = to_raster.transform(x.tolist(), y.tolist())
    return np.asarray(x, float), np.asarray(y, float)


def _metre(crs: pyproj.CRS, bounds: rasterio.coords.BoundingBox) -> float:
    """Metres of one unit of the raster's CRS (along a meridian for degrees)."""
    return 111_195.0 if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)


def _window(
    raster: rasterio.DatasetReader, crs: pyproj.CRS, area: gpd.GeoSeries, margin: float
) -> rasterio.windows.Window | None:
    """Whole cells of the raster around ``area``, or None where they do not meet."""
    west, south, east, north = area.total_bounds
    if not np.isfinite([west, south, east, north]).all():
        return None
    # a straight side is no straight side in the other CRS: transform_bounds looks along the sides
    to_raster = pyproj.Transformer.from_crs(area.crs, crs, always_xy=True)
    west, south, east, north = to_raster.transform_bounds(west, south, east, north)
    stretch = 1 / np.cos(np.radians((south + north) / 2)) if crs.is_geographic else 1.0
    x = np.array([west, east, west, east]) + margin * stretch * np.array([-1, 1, -1, 1])
    y = np.array([south, south, north, north]) + margin * np.array([-1, -1, 1, 1])
    column, row = _apply(~raster.transform, x, y)
    left, right = max(int(np.floor(column.min())) - 2, 0), min(int(np.ceil(column.max())) + 2, raster.width)
    top, bottom = max(int(np.floor(row.min())) - 2, 0), min(int(np.ceil(row.max())) + 2, raster.height)
    if right <= left or bottom <= top:
        return None
    return rasterio.windows.Window(left, top, right - left, bottom - top)


def _bilinear(grid: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Heights at fractional places (0, 0 is the centre of the first cell)."""
    rows, columns = grid.shape
    inside = (column >= -0.5) & (column <= columns - 0.5) & (row >= -0.5) & (row <= rows - 0.5)
    column = np.clip(np.where(inside, column, 0.0), 0, columns - 1)
    row = np.clip(np.where(inside, row, 0.0), 0, rows - 1)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    u, v = column - left, row - top
    corners = np.stack([grid[top, left], grid[top, right], grid[bottom, left], grid[bottom, right]])
    weight = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v])
    weight = np.where(np.isfinite(corners), weight, 0.0)
    total = weight.sum(0)
    value = np.divide(
        (weight * np.nan_to_num(corners)).sum(0), total, out=np.full(len(total), np.nan), where=total > 0
    )
    own = np.isfinite(grid[np.rint(row).astype(int), np.rint(column).astype(int)])
    return np.where(inside & own, value, np.nan)
