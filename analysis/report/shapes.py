"""Shapes of the page's map in whole decimetres, each stored once: arrays of geometries in, lists of numbers out."""

from __future__ import annotations

import numpy as np
import shapely

STEP_M = 0.1
LINES = (1, 2, 5)  # shapely's ids of LineString, LinearRing and MultiLineString
POLYGON, MANY = 3, (4, 5, 6, 7)


class Shapes:
    """Each distinct shape once, simplified, as rings of differences in steps of ``STEP_M`` from an origin."""

    def __init__(self, origin: tuple[float, float], tolerance: float) -> None:
        self.origin = np.array(origin)
        self.tolerance = tolerance
        self._place: dict[bytes, int] = {}
        self.rings: list[list[list[int]]] = []

    def add(self, shapes: np.ndarray) -> list[int]:
        """Store geometries (n,) and return the place of each in ``rings``."""
        places, fresh = [], []
        for i, key in enumerate(shapely.to_wkb(shapes).tolist()):
            place = self._place.get(key)
            if place is None:
                place = self._place[key] = len(self._place)
                fresh.append(i)
            places.append(place)
        if fresh:
            self.rings += self._rings(shapes[fresh])
        return places

    def _rings(self, shapes: np.ndarray) -> list[list[list[int]]]:
        if self.tolerance:
            simple = shapely.simplify(shapes, self.tolerance)
            shapes = np.where(shapely.is_empty(simple), shapes, simple)
        lines, owner = _lines(shapes)
        points, line = shapely.get_coordinates(lines, return_index=True)
        steps = self.steps(points)
        first = np.diff(line, prepend=-1) != 0
        moved = np.where(first[:, None], steps, np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=int)))
        keep = first | (moved != 0).any(axis=1)
        ends = 2 * np.searchsorted(line[keep], np.arange(len(lines) + 1))
        flat, cut = moved[keep].ravel().tolist(), ends.tolist()
        found: list[list[list[int]]] = [[] for _ in shapes]
        for k, whose in enumerate(owner.tolist()):
            found[whose].append(flat[cut[k] : cut[k + 1]])
        return found

    def steps(self, points: np.ndarray) -> np.ndarray:
        """Coordinates (n, 2) in m as whole steps from the origin."""
        return np.rint((points - self.origin) / STEP_M).astype(int)

    def points(self, shapes: np.ndarray) -> list[list[int]]:
        """Where the symbol or the label of each shape stands: inside an area, half-way along the longest line."""
        middle = shapely.point_on_surface(shapes)
        of_line = np.flatnonzero(np.isin(shapely.get_type_id(shapes), LINES))
        parts, owner = shapely.get_parts(shapes[of_line], return_index=True)
        if len(parts):
            order = np.lexsort((-shapely.length(parts), owner))
            longest = order[np.diff(owner[order], prepend=-1) != 0]
            middle[of_line[owner[longest]]] = shapely.line_interpolate_point(parts[longest], 0.5, normalized=True)
        found: list[list[int]] = self.steps(shapely.get_coordinates(middle)).tolist()
        return found


def _lines(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rings of areas (the outer one first), lines and points of geometries (n,), and the position of whose each is."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while np.isin(shapely.get_type_id(parts), MANY).any():  # collections within collections
        parts, within = shapely.get_parts(parts, return_index=True)
        owner = owner[within]
    areas = np.flatnonzero(shapely.get_type_id(parts) == POLYGON)
    others = np.flatnonzero(shapely.get_type_id(parts) != POLYGON)
    rings, within = shapely.get_rings(parts[areas], return_index=True)
    # the outer one counterclockwise, holes clockwise: areas that lie over one another then fill as one
    turned = shapely.is_ccw(rings) != (np.diff(within, prepend=-1) != 0)
    rings = np.where(turned, shapely.reverse(rings), rings)
    place = np.concatenate([areas[within], others])
    order = np.argsort(place, kind="stable")
    return np.concatenate([rings, parts[others]])[order], owner[place[order]]
