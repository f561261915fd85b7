"""The ground plan of a chosen site: of the land that is free, as much as the works needs, in one piece."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import affinity

from .shapes import largest


def carve(piece: shapely.Polygon, anchor: shapely.Point, need_m2: float) -> shapely.Polygon:
    """A part of ``piece`` of at least ``need_m2`` around ``anchor``, squared to the parcel's longest side.

    The whole piece where it is not larger. The side is found by bisection, so the area is right to a thousandth.
    """
    if piece.area <= need_m2:
        return piece
    angle = _bearing(piece)

    def part(half: float) -> shapely.Polygon:
        square = shapely.box(anchor.x - half, anchor.y - half, anchor.x + half, anchor.y + half)
        return largest(shapely.intersection(piece, affinity.rotate(square, angle, origin=anchor)))

    west, south, east, north = piece.bounds
    low, high = 0.0, float(np.hypot(east - west, north - south)) * 1.5
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if part(middle).area >= need_m2 else (middle, high)
        if high - low < 1e-3 * high:
            break
    return part(high)


def _bearing(piece: shapely.Polygon) -> float:
    """Angle in degrees of the longest side of the smallest rectangle around ``piece``."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(piece))
    if len(corners) < 4:
        return 0.0
    side = np.diff(corners, axis=0)
    dx, dy = side[int(np.argmax(np.round(np.hypot(side[:, 0], side[:, 1]), 3)))]
    return float(np.degrees(np.arctan2(dy, dx)) % 90)
