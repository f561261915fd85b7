"""Where nothing may be built, and what of each candidate's land is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ..park import terrain
from ..park.model import Park
from ..scenario import Siting
from ..standards import Standards
from .frames import frame_of

CLEAR_M = 0.5  # sites keep this far off a zone, so that they lie outside it in any CRS and rounding
SMOOTH_M = 30.0  # public height models are coarse: heights are smoothed over this radius
SAMPLES = 80  # points that describe a piece of land
PEOPLE = ("residential", "school", "hospital", "care", "office", "other")  # sensitive areas with people in them


def zones(park: Park, standards: Standards) -> gpd.GeoDataFrame:
    """The result table ``exclusion_zones``: the park's exclusions with the distance kept around them."""
    rows = park["exclusions"]
    rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    buffer_m = np.array([standards.value(f"siting.exclusion.{kind}_m") for kind in rows["kind"]], float)
    shapes = np.asarray(rows.geometry)
    shapes = np.where(buffer_m > 0, shapely.buffer(shapes, buffer_m, quad_segs=8), shapes)
    source = rows["basis"].where(rows["basis"] != "", rows["source"])
    columns = {"zone_id": rows["exclusion_id"], "rule": rows["kind"], "buffer_m": buffer_m, "name": rows["name"]}
    table = pd.DataFrame(columns).assign(source=source.where(source != "", rows["name"]), geometry=shapes)
    return frame_of(table.to_dict("records"), "exclusion_zones", park.crs)


@dataclass
class Ground:
    """What is left of each candidate's land, and what it is like there; rows as in ``lands``.

    Parameters
    ----------
    rules
        Rules that took land, in the order they are applied.
    left_m2
        (n, len(rules)) area of the largest piece left after each rule.
    taken_by
        (n, len(rules)) source of the zone that took most by each rule, empty where none did.
    free
        (n,) polygons: the largest piece left after all rules.
    sample, owner
        Points inside the free pieces, sorted by owner, and the candidate each belongs to.
    cell_m2
        (n,) area that a point of a candidate stands for.
    people_m, building_m, height_m
        Of each point: distance to people, to a building, height (NaN without terrain).
    way_m
        Of each point: distance to the nearest road.
    slope_pct, lowest_m, road_m
        (n,) slope of the plane through the heights, height of the lowest point, distance to the nearest road.
    taken
        Rows of ``lands`` on which a site has been chosen.
    """

    rules: list[str]
    left_m2: np.ndarray
    taken_by: np.ndarray
    free: np.ndarray
    sample: np.ndarray
    owner: np.ndarray
    cell_m2: np.ndarray
    people_m: np.ndarray
    building_m: np.ndarray
    height_m: np.ndarray
    way_m: np.ndarray
    slope_pct: np.ndarray
    lowest_m: np.ndarray
    road_m: np.ndarray
    taken: set[int] = field(default_factory=set)

    def take(self, land: int, site: shapely.Geometry) -> None:
        """Take the ground of a site, chosen on ``land``, out of every candidate."""
        self.taken.add(land)
        around = shapely.buffer(site, CLEAR_M, quad_segs=2)
        for other in np.flatnonzero(shapely.intersects(self.free, around)):
            self.free[other] = largest(shapely.difference(self.free[other], around))
        keep = ~shapely.intersects(self.sample, around)
        for name in ("sample", "owner", "people_m", "building_m", "height_m", "way_m"):
            setattr(self, name, getattr(self, name)[keep])


def largest(shape: shapely.Geometry) -> shapely.Geometry:
    """The largest polygon of a geometry (of equal ones the first by coordinates), or an empty polygon."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == 3]
    if not len(parts):
        return shapely.Polygon()
    size, corner = np.round(shapely.area(parts), 3), shapely.bounds(parts)
    return parts[np.lexsort((corner[:, 1], corner[:, 0], -size))[0]]


def ground(
    park: Park, lands: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, choices: Siting, standards: Standards
) -> Ground:
    """Take boundary, exclusions and buildings out of the candidates' land and describe what is left.

    An existing facility may lie outside the park and holds buildings of its own; nothing else is built on its land. No
    other candidate lies outside, unless the scenario allows it.
    """
    shapes = np.asarray(shapely.force_2d(np.asarray(lands.geometry)))
    existing = lands["origin"].isin(["existing", "planned"]).to_numpy()
    kinds = [code for code in resources.codes("exclusion_kind") if (zones["rule"] == code).any()]
    rules = ["too_small", "outside_park", *kinds, "occupied", "taken"]
    left = np.zeros((len(lands), len(rules)))
    taken_by = np.full((len(lands), len(rules)), "", dtype=object)
    free = np.array([largest(shape) for shape in shapes] or [], dtype=object)
    left[:, 0] = shapely.area(free)
    inside = park["park"].geometry.union_all()
    held = np.zeros(len(lands), bool) if choices.outside_park else ~existing
    free[held] = [largest(shape) for shape in shapely.intersection(free[held], inside)]
    left[:, 1] = shapely.area(free)
    for place, kind in enumerate(kinds, start=2):
        some = zones[zones["rule"] == kind]
        _cut(free, np.asarray(some.geometry), CLEAR_M, taken_by[:, place], some["source"].to_numpy())
        left[:, place] = shapely.area(free)
    built = shapes_of(park, "buildings")
    new = np.flatnonzero(~existing)
    gap = standards.value("siting.building_gap_m")
    for place, (others, clear_m) in enumerate(((built, gap), (shapes[existing], CLEAR_M)), start=len(rules) - 2):
        part = free[new]
        _cut(part, others, clear_m, taken_by[new, place], np.full(len(others), ""))
        free[new] = part
        left[:, place] = shapely.area(free)
    sample, owner, cell = _sample(free)
    points = gpd.GeoSeries(sample, crs=park.crs)
    height = terrain.heights(park, points, SMOOTH_M) if len(points) else np.empty(0)
    lowest = np.full(len(lands), np.inf)
    np.fmin.at(lowest, owner, height)
    roads = shapes_of(park, "roads")
    return Ground(
        rules=rules,
        left_m2=left,
        taken_by=taken_by,
        free=free,
        sample=sample,
        owner=owner,
        cell_m2=cell,
        people_m=_nearest(sample, people_of(park)),
        building_m=_nearest(sample, built),
        height_m=height,
        slope_pct=_slopes(sample, owner, height, len(lands)),
        lowest_m=np.where(np.isfinite(lowest), lowest, np.nan),
        way_m=_nearest(sample, roads),
        road_m=_nearest(free, roads),
    )


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


def _cut(free: np.ndarray, zones: np.ndarray, clear_m: float, taken_by: np.ndarray, source: np.ndarray) -> None:
    """Take ``zones`` and ``clear_m`` around them out of ``free``, in place; name the zone that took most."""
    if not len(zones) or not len(free):
        return
    land, zone = shapely.STRtree(zones).query(free, predicate="dwithin", distance=clear_m)
    order = np.lexsort((zone, land))
    land, zone = land[order], zone[order]
    for number in np.unique(land):
        mine = zone[land == number]
        near = shapely.intersection(zones[mine], shapely.box(*_around(free[number], clear_m)))
        around = shapely.buffer(near, clear_m, quad_segs=4)
        taken = shapely.area(shapely.intersection(free[number], around))
        if taken.max() > 0:
            taken_by[number] = source[mine[int(np.argmax(taken))]]
        free[number] = largest(shapely.difference(free[number], shapely.union_all(around)))


def _around(shape: shapely.Geometry, margin_m: float) -> tuple[float, float, float, float]:
    west, south, east, north = shape.bounds
    return west - 2 * margin_m, south - 2 * margin_m, east + 2 * margin_m, north + 2 * margin_m


def _sample(free: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid of about ``SAMPLES`` points in each polygon, at least one; the owner of each; area a point stands for."""
    points, owners = [], []
    cell = np.zeros(len(free))
    for number, shape in enumerate(free):
        if shape.is_empty:
            continue
        step = max(np.sqrt(shape.area / SAMPLES), 1.0)
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


def _nearest(shapes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) distance in m to the nearest of ``others``; inf where there is none or the shape is empty."""
    away = np.full(len(shapes), np.inf)
    usable = np.flatnonzero(~shapely.is_empty(shapes)) if len(shapes) else np.empty(0, int)
    if len(others) and len(usable):
        index, found = shapely.STRtree(others).query_nearest(
            shapes[usable], return_distance=True, all_matches=False
        )
        away[usable[index[0]]] = found
    return away


def _slopes(sample: np.ndarray, owner: np.ndarray, height: np.ndarray, count: int) -> np.ndarray:
    """(n,) slope in percent of the plane of least squares through each candidate's heights; NaN below three points."""
    slope = np.full(count, np.nan)
    known = np.isfinite(height)
    x, y = shapely.get_x(sample), shapely.get_y(sample)
    for number in np.unique(owner[known]):
        mine = known & (owner == number)
        if mine.sum() < 3:
            continue
        plane = np.c_[x[mine] - x[mine].mean(), y[mine] - y[mine].mean()]
        fit, *_ = np.linalg.lstsq(plane, height[mine] - height[mine].mean(), rcond=None)
        slope[number] = 100 * float(np.hypot(*fit))
    return slope


def protection_zones(
    park: Park, distances: pd.DataFrame, keep_within_m: float, lands: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """The result table ``protection_zones``: land too close to people for a utility.

    Parameters
    ----------
    distances
        Columns utility, buffer_m, source, edition, confidence.
    keep_within_m
        Sensitive areas farther from every candidate than their distance and this are left out of the drawing.
    """
    rows: list[dict[Any, Any]] = []
    shapes = people_of(park)
    for _, row in distances.iterrows():
        near = shapes
        if len(lands) and len(shapes):
            reach = row["buffer_m"] + keep_within_m
            hit = shapely.STRtree(np.asarray(lands.geometry)).query(shapes, predicate="dwithin", distance=reach)[0]
            near = shapes[np.unique(hit)]
        if not len(near):
            continue
        whole = shapely.union_all(shapely.buffer(near, row["buffer_m"], quad_segs=8))
        rows.append({**row.to_dict(), "rule": "protection_distance", "geometry": shapely.simplify(whole, 0.5)})
    for found in rows:
        found["zone_id"] = f"{found['utility']} protection"
    return frame_of(rows, "protection_zones", park.crs)
