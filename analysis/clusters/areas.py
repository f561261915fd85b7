"""Areas of groups as a planner would draw them: the members' parcels, closed over the roads between them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..park.model import Park

POINT_M = 30.0  # radius drawn around a firm of which only the point is known
CORNER_M = 5.0  # radius to which outer corners are rounded
SLIVER_M = 2.0  # strips narrower than this are dropped
QUADRANT = 4  # segments of a quarter circle


def draw(park: Park, group: pd.Series, points: gpd.GeoSeries, gap_m: float) -> dict[int, shapely.Geometry]:
    """Area of each group, without overlap.

    A parcel belongs to the group whose firms use most of it. The union of a group's parcels is closed over gaps up to
    ``gap_m`` (dilated and eroded by half of it), holes no wider are filled with it, outer corners are rounded; land of
    other groups' parcels is then taken out, and where two closings meet the larger group keeps the strip.

    Parameters
    ----------
    group
        Group number by enterprise_id, -1 for firms without a group.
    points
        Place of each firm by enterprise_id, None where unknown.

    Returns
    -------
    dict
        Polygon or MultiPolygon in the working CRS by group; groups without any place are left out.
    """
    land = _land(park, group)
    own: dict[int, list[shapely.Geometry]] = {}
    for number, shape in zip(land["group"], land["shape"], strict=True):
        own.setdefault(int(number), []).append(shape)
    housed = set(land["firms"].explode())
    for firm, number in group.items():
        place = points.get(firm)
        if number >= 0 and firm not in housed and place is not None and not place.is_empty:
            own.setdefault(int(number), []).append(place.buffer(POINT_M, quad_segs=QUADRANT))
    core = {number: shapely.union_all(shapes, grid_size=0.001) for number, shapes in sorted(own.items())}
    land_of = np.repeat(list(own), [len(shapes) for shapes in own.values()])
    lands = np.array([shape for shapes in own.values() for shape in shapes], dtype=object)
    tree = shapely.STRtree(lands)
    found: dict[int, shapely.Geometry] = {}
    taken = np.empty(0, object)
    for number, shape in core.items():
        drawn = _closed(shape, gap_m)
        near = tree.query(drawn, predicate="intersects")
        others = shapely.difference(shapely.union_all(lands[near[land_of[near] != number]]), shape)
        drawn = shapely.difference(drawn, others)
        # what larger groups have taken; only the parts nearby, for whole groups are intricate
        close = shapely.STRtree(taken).query(drawn, predicate="intersects")
        drawn = _clean(shapely.difference(drawn, shapely.union_all(taken[close])))
        if not drawn.is_empty:
            found[number] = drawn
            taken = np.r_[taken, shapely.get_parts(drawn)]
    return found


def _land(park: Park, group: pd.Series) -> pd.DataFrame:
    """Parcels of groups: ``group``, ``shape`` and ``firms`` (the group's firms on it)."""
    use = park["occupancy"]
    use = use[use["enterprise_id"].isin(group.index[group >= 0]) & (use["share"] > 0)]
    use = use.assign(group=use["enterprise_id"].map(group).astype(int))
    shapes = park["parcels"].set_index("parcel_id").geometry
    shapes = shapes[shapes.notna() & ~shapes.is_empty & shapes.is_valid]
    use = use[use["parcel_id"].isin(shapes.index)]
    held = use.groupby(["parcel_id", "group"], as_index=False).agg(
        share=("share", "sum"), firms=("enterprise_id", list)
    )
    held = held.sort_values(["parcel_id", "share", "group"], ascending=[True, False, True]).drop_duplicates(
        "parcel_id"
    )
    return held.assign(shape=shapely.force_2d(shapes.reindex(held["parcel_id"]).to_numpy()))


def _closed(shape: shapely.Geometry, gap_m: float) -> shapely.Geometry:
    half = gap_m / 2
    closed = shape.buffer(half, quad_segs=QUADRANT).buffer(-half, quad_segs=QUADRANT) if gap_m else shape
    rounded = closed.buffer(-CORNER_M, join_style="mitre").buffer(CORNER_M, quad_segs=QUADRANT)
    # rounding must not lose what is narrow
    lost = shapely.difference(shape, rounded.buffer(CORNER_M))
    return shapely.union(rounded, lost).simplify(SLIVER_M / 4)


def _clean(shape: shapely.Geometry) -> shapely.Geometry:
    """Polygons without strips narrower than ``SLIVER_M``."""
    half = SLIVER_M / 2
    whole = shape.buffer(-half, join_style="mitre").buffer(half, join_style="mitre")
    kept = shapely.intersection(whole, shape)
    parts = shapely.get_parts(shapely.get_parts(kept))
    parts = parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > SLIVER_M**2)]
    order = np.argsort(-shapely.area(parts), kind="stable")
    return shapely.union_all(parts[order]) if len(parts) else shapely.Polygon()
