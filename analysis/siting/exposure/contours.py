"""Polygons in which a field lies at or above a level.

Fields on a grid: each cell is cut in two triangles on which the field is taken as flat, so that no case is ambiguous; the lines
where it passes the level are joined to faces. Fields that depend on the distance alone: rings around the source.
"""

from __future__ import annotations

import numpy as np
import shapely

ARC = 24  # segments of a quarter circle


def above(x: np.ndarray, y: np.ndarray, value: np.ndarray, level: float) -> shapely.Geometry:
    """The area where a field is at least ``level``; empty where it is nowhere.

    Parameters
    ----------
    x, y
        (columns,), (rows,) coordinates of the grid, rising, evenly spaced.
    value
        (rows, columns), finite. Beyond its edge the field counts as lower than any level.
    """
    if not (value >= level).any():
        return shapely.Polygon()
    dx, dy = x[1] - x[0], y[1] - y[0]
    low = min(float(value.min()), level) - abs(level) - 1.0
    field = np.pad(value, 1, constant_values=low) - level
    # the level is passed between two corners, never at one
    field = np.where(field == 0, max(abs(level), 1.0) * 1e-12, field)
    xs, ys = np.r_[x[0] - dx, x, x[-1] + dx], np.r_[y[0] - dy, y, y[-1] + dy]
    lines = _segments(xs, ys, field)
    faces = np.array(shapely.get_parts(shapely.polygonize(shapely.linestrings(lines))), dtype=object)
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    return shapely.make_valid(shapely.union_all(faces[_flat(xs, ys, field, inner) > 0]))


def _segments(x: np.ndarray, y: np.ndarray, field: np.ndarray) -> np.ndarray:
    """(n, 2, 2) lines on which a field crosses 0, one a triangle."""
    rows, columns = field.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    corner = np.r_[np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    value = field.ravel()
    sign = value[corner] > 0
    odd = sign.sum(1)
    crossed = (odd > 0) & (odd < 3)
    corner, sign, odd = corner[crossed], sign[crossed], odd[crossed]
    # the corner that stands alone, and the two others
    alone = np.where(odd == 1, sign.argmax(1), (~sign).argmax(1))
    row = np.arange(len(corner))
    top, left, right = corner[row, alone], corner[row, (alone + 1) % 3], corner[row, (alone + 2) % 3]
    gx, gy = np.tile(x, rows), np.repeat(y, columns)
    return np.stack([_cross(gx, gy, value, top, left), _cross(gx, gy, value, top, right)], 1)


def _cross(x: np.ndarray, y: np.ndarray, value: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n, 2) where edges pass 0; the same from either side, to the last digit, as both go from the lower number."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    t = value[low] / (value[low] - value[high])
    return np.c_[x[low] + t * (x[high] - x[low]), y[low] + t * (y[high] - y[low])]


def _flat(x: np.ndarray, y: np.ndarray, field: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n,) the field of the triangles at places (n, 2)."""
    u, v = (at[:, 0] - x[0]) / (x[1] - x[0]), (at[:, 1] - y[0]) / (y[1] - y[0])
    i = np.clip(v.astype(int), 0, len(y) - 2)
    j = np.clip(u.astype(int), 0, len(x) - 2)
    u, v = u - j, v - i
    a, b, c, d = field[i, j], field[i, j + 1], field[i + 1, j + 1], field[i + 1, j]
    return np.where(u >= v, a + u * (b - a) + v * (c - b), a + v * (d - a) + u * (c - d))


def rings(
    source: shapely.Geometry, inset_m: float, radius_m: np.ndarray, value: np.ndarray, level: float
) -> shapely.Geometry:
    """The area where a field of the distance alone is at least ``level``.

    Parameters
    ----------
    source
        A point, or the ground of an area source, around which distances are measured.
    inset_m
        Radius of the disc that stands for that ground: at distance r from its middle one is r less this from its edge.
    radius_m, value
        (n,) distances, rising, and the field there. Beyond the last the field counts as lower.
    """
    over = np.r_[False, value >= level, False]
    if not over.any():
        return shapely.Polygon()
    starts, ends = np.flatnonzero(~over[:-1] & over[1:]), np.flatnonzero(over[:-1] & ~over[1:]) - 1
    shape: shapely.Geometry = shapely.Polygon()
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        inner = _between(radius_m, value, start - 1, level) if start else 0.0
        outer = _between(radius_m, value, end, level) if end + 1 < len(value) else float(radius_m[end])
        disc = _disc(source, outer - inset_m)
        shape = shape.union(disc.difference(_disc(source, inner - inset_m)) if inner > inset_m else disc)
    return shapely.make_valid(shape)


def _disc(source: shapely.Geometry, radius_m: float) -> shapely.Geometry:
    return source.buffer(radius_m, quad_segs=ARC) if radius_m > 0 else shapely.Polygon()


def _between(radius_m: np.ndarray, value: np.ndarray, k: int, level: float) -> float:
    """The distance between k and k + 1 where the field passes the level."""
    t = (level - value[k]) / (value[k + 1] - value[k])
    return float(radius_m[k] + t * (radius_m[k + 1] - radius_m[k]))
