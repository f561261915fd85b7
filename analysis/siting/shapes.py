"""Plain geometry that siting's rooms share: layers as arrays, pieces of land, distances, points that describe land."""

from __future__ import annotations

import numpy as np
import shapely

from ..park.model import Park

CLEAR_M = 0.5  # sites keep this far off a zone, so that they lie outside it in any CRS and rounding
PEOPLE = ("residential", "school", "hospital", "care", "office", "other")  # sensitive areas with people in them
SAMPLES, LEAST_STEP_M, MOST_STEP_M = 150, 1.0, 15.0  # points that describe a piece of land, and how far apart
HALVINGS = 16  # of the bisection for the width of a piece: right to 1 in 65,000


def shapes_of(park: Park, layer: str) -> np.ndarray:
    """Geometries of a layer, those that are missing or empty left out."""
    shapes = park[layer].geometry
    return np.asarray(shapes[shapes.notna() & ~shapes.is_empty])


def people_of(park: Park) -> np.ndarray:
    """Sensitive areas with people in them, and housing."""
    areas, land = park["sensitive_areas"], park["parcels"]
    inhabited = areas.geometry[areas["kind"].isin(PEOPLE) & areas.geometry.notna()]
    homes = land.geometry[(land["land_use"] == "residential") & land.geometry.notna()]
    return np.r_[np.asarray(inhabited), np.asarray(homes)]


def land_of_firms(park: Park) -> dict[str, shapely.Geometry]:
    """By enterprise_id, the parcels that a firm occupies as one shape, else its point; firms without a place left out."""
    firms, held, parcels = park["enterprises"], park["occupancy"], park["parcels"]
    shape = parcels.geometry.set_axis(parcels["parcel_id"])
    shape = shape[shape.notna() & ~shape.is_empty]
    rows = held[held["parcel_id"].isin(shape.index)]
    found = {
        str(firm): shapely.union_all(np.asarray(shape[sorted(mine["parcel_id"])]))
        for firm, mine in rows.groupby("enterprise_id")
    }
    for firm, point in zip(firms["enterprise_id"], firms.geometry, strict=True):
        if point is not None and not point.is_empty:
            found.setdefault(str(firm), point)
    return found


def polygons(shape: shapely.Geometry) -> np.ndarray:
    """The polygons of a geometry, the largest first (of equal ones the first by coordinates)."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == 3]
    size, corner = np.round(shapely.area(parts), 3), shapely.bounds(parts)
    return parts[np.lexsort((corner[:, 1], corner[:, 0], -size))] if len(parts) > 1 else parts


def largest(shape: shapely.Geometry) -> shapely.Geometry:
    """The largest polygon of a geometry (of equal ones the first by coordinates), or an empty polygon."""
    parts = polygons(shape)
    return parts[0] if len(parts) else shapely.Polygon()


def largest_m2(shapes: np.ndarray) -> np.ndarray:
    """(n,) area of the largest polygon of each geometry."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    found = np.zeros(len(shapes))
    np.maximum.at(found, row, shapely.area(parts))
    return found


def width_m(shapes: np.ndarray) -> np.ndarray:
    """(n,) diameter in m of the largest circle inside each polygon, by bisection on inward buffers."""
    low = np.zeros(len(shapes))
    # no circle inside is larger than one of the same area
    high = np.sqrt(shapely.area(shapes) / np.pi)
    for _ in range(HALVINGS if len(shapes) else 0):
        middle = (low + high) / 2
        holds = ~shapely.is_empty(shapely.buffer(shapes, -middle, quad_segs=4))
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    return 2 * low


def nearest(shapes: np.ndarray, others: np.ndarray, within_m: float = np.inf) -> np.ndarray:
    """(n,) distance in m to the nearest of ``others``; inf where none lies ``within_m`` or the shape is empty."""
    away = np.full(len(shapes), np.inf)
    usable = np.flatnonzero(~shapely.is_empty(shapes)) if len(shapes) else np.empty(0, int)
    if len(others) and len(usable):
        index, found = shapely.STRtree(others).query_nearest(
            shapes[usable],
            max_distance=within_m if np.isfinite(within_m) else None,
            return_distance=True,
            all_matches=False,
        )
        away[usable[index[0]]] = found
    return away


def sampled(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points on a grid inside each shape, at least one; the shape each belongs to; the area one stands for.

    Returns
    -------
    points, owner
        (m,) points sorted by owner, and the row of ``shapes`` each lies in.
    cell_m2
        (n,) area of a cell of the grid.
    """
    points, owners = [], []
    cell = np.zeros(len(shapes))
    for number, shape in enumerate(shapes):
        if shape.is_empty:
            continue
        step = float(np.clip(np.sqrt(shape.area / SAMPLES), LEAST_STEP_M, MOST_STEP_M))
        west, south, east, north = shape.bounds
        x, y = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
        inside = shapely.contains_xy(shape, x.ravel(), y.ravel())
        found = shapely.points(x.ravel()[inside], y.ravel()[inside])
        if not len(found):
            found = np.array([shape.representative_point()])
        cell[number] = shape.area / len(found)
        points.append(found)
        owners.append(np.full(len(found), number))
    if not points:
        return np.empty(0, object), np.empty(0, int), cell
    return np.concatenate(points), np.concatenate(owners), cell
