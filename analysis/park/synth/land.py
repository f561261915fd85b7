"""Land between the roads: blocks with cut corners, divided into parcels that front a road."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import split

from .roads import GRID_M

MEAN_PARCEL_M2 = 36_000.0
LEAST_PARCEL_M2 = 7_000.0
CORNER_M = 9.0
DEEP_M = 250.0  # blocks deeper than this are divided back to back


@dataclass(frozen=True)
class Land:
    """Parcels and the block of each."""

    shapes: np.ndarray
    block: np.ndarray


def blocks(roads: gpd.GeoDataFrame, taken: shapely.Geometry) -> np.ndarray:
    """What roads (at their width) and ``taken`` leave between the roads, with corners cut for sight lines."""
    lines = np.asarray(roads.geometry)
    faces = shapely.get_parts(shapely.polygonize(lines))
    ground = shapely.union_all(shapely.buffer(lines, roads["width_m"] / 2, cap_style="flat", quad_segs=2))
    joints = shapely.union_all(np.r_[shapely.get_point(lines, 0), shapely.get_point(lines, -1)]).buffer(12)
    left = shapely.get_parts(shapely.difference(faces, shapely.union_all([ground, joints, taken])))
    left = shapely.buffer(left, -CORNER_M, join_style="mitre", mitre_limit=3.0)
    left = shapely.get_parts(shapely.buffer(left, CORNER_M, join_style="bevel"))
    left = shapely.get_parts(shapely.remove_repeated_points(shapely.simplify(left, 0.8)))
    left = left[(shapely.area(left) > 2 * LEAST_PARCEL_M2) & (_depth(left) > 60)]
    place = shapely.get_coordinates(shapely.centroid(left))
    return left[np.lexsort((place[:, 1].round(1), place[:, 0].round(1)))]


def divide(found: np.ndarray, wanted: int, centre: tuple[float, float], rng: np.random.Generator) -> Land | None:
    """Divide the blocks nearest to ``centre`` until there are ``wanted`` parcels; None where the blocks do not suffice."""
    away = shapely.distance(shapely.centroid(found), shapely.Point(centre)) * rng.uniform(0.85, 1.15, len(found))
    pieces: list[shapely.Polygon] = []
    chosen = []
    for number in np.argsort(away, kind="stable"):
        pieces += _parcels(found[number], rng)
        chosen.append(number)
        if len(pieces) >= wanted:
            return _covered(np.array(pieces, object), found[np.sort(chosen)])
    return None


def _covered(pieces: np.ndarray, kept: np.ndarray) -> Land:
    """The pieces as faces of one noded plan, so that neighbours share their edges exactly."""
    edges = shapely.union_all(shapely.boundary(pieces), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    inner = shapely.point_on_surface(faces)
    face, block = shapely.STRtree(kept).query(inner, predicate="within")
    faces = faces[face]
    sound = shapely.area(faces) > LEAST_PARCEL_M2 / 4
    faces, block = faces[sound], block[sound]
    place = shapely.get_coordinates(shapely.centroid(faces))
    order = np.lexsort((place[:, 0].round(1), -place[:, 1].round(1), block))
    return Land(faces[order], block[order])


def _parcels(block: shapely.Polygon, rng: np.random.Generator) -> list[shapely.Polygon]:
    """Back-to-back halves where the block is deep, each cut across into strips of uneven width."""
    origin, long, short = _axes(block)
    length, depth = np.hypot(*long), np.hypot(*short)
    halves = [block]
    if depth > DEEP_M:
        middle = origin + short * rng.uniform(0.42, 0.58)
        lean = short * rng.uniform(-0.04, 0.04)
        halves = _cut(block, middle - 0.1 * long - lean, middle + 1.1 * long + lean)
    out: list[shapely.Polygon] = []
    for half in halves:
        rest, at = half, 0.0
        while rest.area > 1.7 * LEAST_PARCEL_M2:
            want = MEAN_PARCEL_M2 * np.clip(rng.lognormal(-0.15, 0.6), 0.3, 4.0)
            at += want / (half.area / length)
            if at > length - 0.8 * LEAST_PARCEL_M2 / (half.area / length) or rest.area < want * 1.35:
                break
            mark, lean = origin + long * (at / length), long / length * rng.uniform(-7, 7)
            parts = _cut(rest, mark - 0.2 * short - lean, mark + 1.2 * short + lean)
            if len(parts) < 2:
                continue
            parts.sort(key=lambda part: float(np.dot(np.array(part.centroid.coords[0]) - origin, long)))
            out.append(parts[0])
            rest = shapely.union_all(parts[1:]) if len(parts) > 2 else parts[1]
            if rest.geom_type != "Polygon":
                out += list(shapely.get_parts(rest))
                break
        else:
            out.append(rest)
            continue
        if rest.geom_type == "Polygon":
            out.append(rest)
    return out


def _axes(block: shapely.Polygon) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corner, long side and short side of the block's smallest rectangle."""
    corner = shapely.get_coordinates(shapely.oriented_envelope(block))
    long, short = corner[1] - corner[0], corner[2] - corner[1]
    if np.hypot(*short) > np.hypot(*long):
        return corner[1], short, corner[0] - corner[1]
    return corner[0], long, short


def _cut(shape: shapely.Polygon, start: np.ndarray, end: np.ndarray) -> list[shapely.Polygon]:
    return [part for part in split(shape, shapely.LineString([start, end])).geoms if part.area > 1.0]


def _depth(shapes: np.ndarray) -> np.ndarray:
    """Mean width in m: the shorter side of a rectangle of the same area and length of outline."""
    half = shapely.length(shapes) / 2
    area = shapely.area(shapes)
    return (half - np.sqrt(np.maximum(half**2 - 4 * area, 0))) / 2
