"""The lie of the land: a bent frame for the roads, a river, and heights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio import Affine
from scipy.spatial import cKDTree

EAST, NORTH = 503_000.0, 3_487_000.0  # CGCS2000 3-degree zone 120 E, about 31.5 N: nowhere in particular
CELL_M = 30.0


@dataclass(frozen=True)
class Frame:
    """A gentle bend and turn of the plane: straight lines in the plan become the bent roads of the map."""

    turn: float
    sway: np.ndarray  # (2, 2) amplitudes in m
    wave: np.ndarray  # (2, 2) wave lengths in m
    phase: np.ndarray  # (2, 2)

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Frame:
        sway = np.c_[rng.uniform(70, 150, 2), rng.uniform(15, 40, 2)]
        wave = np.c_[rng.uniform(2400, 3600, 2), rng.uniform(900, 1400, 2)]
        return cls(float(rng.uniform(-0.35, 0.35)), sway, wave, rng.uniform(0, 2 * np.pi, (2, 2)))

    def __call__(self, xy: np.ndarray) -> np.ndarray:
        """Plan coordinates (n, 2) in m to map coordinates."""
        x, y = xy[:, 0], xy[:, 1]
        x1 = x + (self.sway[0] * np.sin(2 * np.pi * y[:, None] / self.wave[0] + self.phase[0])).sum(1)
        y1 = y + (self.sway[1] * np.sin(2 * np.pi * x[:, None] / self.wave[1] + self.phase[1])).sum(1)
        c, s = np.cos(self.turn), np.sin(self.turn)
        return np.c_[EAST + c * x1 - s * y1, NORTH + s * x1 + c * y1]

    def line(self, *corners: tuple[float, float], step_m: float = 60.0) -> shapely.LineString:
        """The bent line through plan points."""
        straight = shapely.segmentize(shapely.LineString(corners), step_m)
        return shapely.LineString(np.round(self(shapely.get_coordinates(straight)), 2))


@dataclass(frozen=True)
class River:
    """A river: its middle line in flow direction, its water and its flood land."""

    middle: shapely.LineString
    water: shapely.Polygon
    flood: shapely.Polygon


def river(frame: Frame, rng: np.random.Generator, low_y: float, high_y: float, reach_m: float) -> River:
    """A river that stays between two plan lines ``low_y`` and ``high_y`` and crosses the plan from west to east."""
    x = np.arange(-reach_m, reach_m + 1, 40.0)
    middle_y, room = (low_y + high_y) / 2, (high_y - low_y) / 2
    swing = np.sin(2 * np.pi * x / rng.uniform(900, 1500) + rng.uniform(0, 6.3))
    swing += 0.5 * np.sin(2 * np.pi * x / rng.uniform(400, 700) + rng.uniform(0, 6.3))
    middle = shapely.LineString(np.round(frame(np.c_[x, middle_y + 0.24 * room * swing]), 2))
    width = float(rng.uniform(44, 66))
    # flood land reaches far on the flat (left) bank and little on the other
    side = shapely.union_all(
        [middle.buffer(width / 2 + 45), shapely.buffer(middle, width / 2 + 120, single_sided=True)]
    )
    return River(middle, middle.buffer(width / 2), shapely.simplify(side.buffer(20).buffer(-20), 2.0))


@dataclass(frozen=True)
class Heights:
    """Heights in m over a raster of ``CELL_M`` cells; the first row is the northernmost."""

    cells: np.ndarray
    west: float
    north: float

    def at(self, xy: np.ndarray) -> np.ndarray:
        """Height of the cell that holds each point (n, 2)."""
        row = np.clip(((self.north - xy[:, 1]) / CELL_M).astype(int), 0, self.cells.shape[0] - 1)
        column = np.clip(((xy[:, 0] - self.west) / CELL_M).astype(int), 0, self.cells.shape[1] - 1)
        return self.cells[row, column]

    def write(self, path: Path, crs: str) -> None:
        """Write a GeoTIFF (32-bit floats, deflated)."""
        height, width = self.cells.shape
        with rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=1, dtype="float32", crs=crs, nodata=-9999.0,
            transform=Affine(CELL_M, 0, self.west, 0, -CELL_M, self.north), compress="deflate", predictor=2,
        ) as raster:  # fmt: skip
            raster.write(self.cells.astype("float32"), 1)


def heights(
    middle: shapely.LineString,
    bounds: tuple[float, float, float, float],
    hill: tuple[float, float],
    rng: np.random.Generator,
) -> Heights:
    """Land that falls to the river and along it, with soft waves and one hill.

    Parameters
    ----------
    middle
        Middle line of the river, downstream.
    bounds
        West, south, east, north of the raster in m.
    hill
        Where the hill stands.
    """
    west, south, east, north = bounds
    columns, rows = int(np.ceil((east - west) / CELL_M)), int(np.ceil((north - south) / CELL_M))
    x = west + CELL_M * (np.arange(columns) + 0.5)
    y = north - CELL_M * (np.arange(rows) + 0.5)
    grid = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    line = shapely.segmentize(middle, 20.0)
    points = shapely.get_coordinates(line)
    away, nearest = cKDTree(points).query(grid)
    along = nearest / len(points) * line.length
    steep = np.where(_left_of(points, nearest, grid), rng.uniform(0.004, 0.007), rng.uniform(0.008, 0.013))
    land = 4.0 + (line.length - along) * 0.0012 + steep * away + 3.0 * (1 - np.exp(-((away / 90) ** 2)))
    for _ in range(4):
        direction, length = rng.uniform(0, np.pi), rng.uniform(700, 1900)
        phase = grid @ np.array([np.cos(direction), np.sin(direction)]) * 2 * np.pi / length + rng.uniform(0, 6.3)
        land += rng.uniform(0.3, 0.9) * np.sin(phase) * (1 - np.exp(-away / 400))
    far = np.hypot(*(grid - np.array(hill)).T)
    land += 70 * np.exp(-((far / 420) ** 2))
    return Heights(np.round(land, 1).reshape(rows, columns), west, north)


def _left_of(points: np.ndarray, nearest: np.ndarray, grid: np.ndarray) -> np.ndarray:
    ahead = np.minimum(nearest + 1, len(points) - 1)
    way = points[ahead] - points[ahead - 1]
    off = grid - points[nearest]
    return way[:, 0] * off[:, 1] - way[:, 1] * off[:, 0] > 0
