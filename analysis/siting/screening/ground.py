"""What is left of each candidate's land after every cut, and what it is like there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ...park import terrain
from ...park.model import Park
from ...scenario import Siting
from ...standards import Standards
from ..shapes import CLEAR_M, largest_m2, nearest, polygons, sampled, shapes_of, width_m

SMOOTH_M = 30.0  # public height models are coarse: heights are smoothed over this radius
STEP_M = 15.0  # over which the slope at a point is taken
SILENT = ("", "vacant", "other")  # planned uses that say nothing of what may be built


@dataclass(frozen=True)
class Rows:
    """Pieces of land that rules are applied to: the pieces left of the candidates, or all of their land.

    Parameters
    ----------
    land
        (r,) candidate each belongs to.
    area_m2, width_m, road_m
        (r,) area, diameter of the largest circle inside, distance to the nearest road.
    cell_m2
        (r,) area that a point stands for.
    point
        Points inside, as rows of ``Ground.point``, sorted by row.
    start
        (r + 1,) where the points of each row begin in ``point``.
    """

    land: np.ndarray
    area_m2: np.ndarray
    width_m: np.ndarray
    road_m: np.ndarray
    cell_m2: np.ndarray
    point: np.ndarray
    start: np.ndarray

    def ordered(self, value: np.ndarray) -> np.ndarray:
        """The values of each row's points, the greatest first; ``value`` is given for every point of ``Ground``."""
        row = np.repeat(np.arange(len(self.land)), np.diff(self.start))
        mine = value[self.point]
        return mine[np.lexsort((-mine, row))]

    def reached(self, ordered: np.ndarray, need_m2: float | np.ndarray) -> np.ndarray:
        """(r,) the value that ``need_m2`` of each row reach or exceed; -inf for a row without points."""
        # points are no survey: a thousandth less will do
        count = np.ceil(need_m2 / np.where(self.cell_m2 > 0, self.cell_m2, 1.0) * 0.999).astype(int)
        held = np.diff(self.start)
        some = held > 0
        found = np.full(len(self.land), -np.inf)
        found[some] = ordered[(self.start[:-1] + np.clip(count, 1, np.maximum(held, 1)) - 1)[some]]
        return found

    def free(self, good: np.ndarray) -> np.ndarray:
        """(r,) share of each row's points that are ``good``; 1 for a row without points."""
        held = np.diff(self.start)
        total = np.r_[0, np.cumsum(good[self.point])]
        return np.divide(np.diff(total[self.start]), held, out=np.ones(len(held)), where=held > 0)

    def lowest(self, height_m: np.ndarray) -> np.ndarray:
        """(r,) height of the lowest point of each row; NaN where none is known."""
        row = np.repeat(np.arange(len(self.land)), np.diff(self.start))
        height = height_m[self.point]
        known = np.isfinite(height)
        found = np.full(len(self.land), np.inf)
        np.minimum.at(found, row[known], height[known])
        return np.where(np.isfinite(found), found, np.nan)


@dataclass
class Ground:
    """What is left of each candidate's land; candidates are the rows of ``lands``.

    Parameters
    ----------
    rules
        Rules that took land, in the order they are applied.
    left_m2, alone_m2
        (n, len(rules)) area of the largest piece left after each rule and those before it; after this rule alone.
    taken_by
        (n, len(rules)) source of the zone that took most by each rule, empty where none did.
    lands
        All land of each candidate.
    pieces, piece_land
        (p,) polygons left after all rules, and the candidate each belongs to.
    point, point_land, point_piece
        (m,) points on the candidates' land, sorted by candidate, and the piece each lies in; -1 where it was taken.
    point_m, point_slope_pct, point_way_m
        (m,) height and slope (NaN where unknown), distance to the nearest road.
    cell_m2
        (n,) area that a point of a candidate stands for.
    piece_width_m, piece_road_m
        (p,) diameter of the largest circle inside each piece and its distance to a road; NaN until measured.
    slope_pct, lowest_m, road_m, widest_m
        (n,) median slope, height of the lowest free point, distance to the nearest road and diameter of the largest circle
        inside the free land, before any site is chosen.
    roads
        Shapes of the roads.
    barred
        Zones that bar a single utility: utility, rule, source, geometry.
    taken
        Candidates on which a site has been chosen.
    sites
        (utility, shape) of the sites chosen.
    """

    rules: list[str]
    left_m2: np.ndarray
    alone_m2: np.ndarray
    taken_by: np.ndarray
    lands: np.ndarray
    pieces: np.ndarray
    piece_land: np.ndarray
    point: np.ndarray
    point_land: np.ndarray
    point_piece: np.ndarray
    point_m: np.ndarray
    point_slope_pct: np.ndarray
    point_way_m: np.ndarray
    cell_m2: np.ndarray
    roads: np.ndarray
    barred: gpd.GeoDataFrame
    slope_pct: np.ndarray = field(init=False)
    lowest_m: np.ndarray = field(init=False)
    road_m: np.ndarray = field(init=False)
    widest_m: np.ndarray = field(init=False)
    piece_width_m: np.ndarray = field(init=False)
    piece_road_m: np.ndarray = field(init=False)
    taken: set[int] = field(default_factory=set)
    sites: list[tuple[str, shapely.Geometry]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.piece_width_m, self.piece_road_m = np.full((2, len(self.pieces)), np.nan)
        self.lowest_m = self.heights
        known = np.flatnonzero(np.isfinite(self.point_slope_pct) & (self.point_piece >= 0))
        middle = pd.Series(self.point_slope_pct[known]).groupby(self.point_land[known]).median()
        self.slope_pct = middle.reindex(range(len(self.lands))).to_numpy(float)
        self.road_m = np.full(len(self.lands), np.inf)
        np.minimum.at(self.road_m, self.left.land, self.left.road_m)
        self.widest_m = np.zeros(len(self.lands))
        np.maximum.at(self.widest_m, self.left.land, self.left.width_m)

    @cached_property
    def left(self) -> Rows:
        """The pieces that are left."""
        free = np.flatnonzero(self.point_piece >= 0)
        point = free[np.argsort(self.point_piece[free], kind="stable")]
        start = np.searchsorted(self.point_piece[point], np.arange(len(self.pieces) + 1))
        # measured once, and again where a site has taken a part
        new = np.flatnonzero(np.isnan(self.piece_width_m))
        self.piece_width_m[new] = width_m(self.pieces[new])
        self.piece_road_m[new] = nearest(self.pieces[new], self.roads)
        return Rows(
            self.piece_land,
            shapely.area(self.pieces),
            self.piece_width_m.copy(),
            self.piece_road_m.copy(),
            self.cell_m2[self.piece_land],
            point,
            start,
        )

    @cached_property
    def whole(self) -> Rows:
        """All land of each candidate, as if nothing had been taken from it."""
        count = len(self.lands)
        return Rows(
            np.arange(count),
            largest_m2(self.lands),
            width_m(self.lands),
            nearest(self.lands, self.roads),
            self.cell_m2,
            np.arange(len(self.point)),
            np.searchsorted(self.point_land, np.arange(count + 1)),
        )

    @cached_property
    def free(self) -> np.ndarray:
        """(n,) the largest piece left of each candidate, or an empty polygon."""
        found = np.full(len(self.lands), shapely.Polygon(), dtype=object)
        size = np.round(shapely.area(self.pieces), 3)
        order = np.lexsort((np.arange(len(size)), -size, self.piece_land))
        land, first = np.unique(self.piece_land[order], return_index=True)
        found[land] = self.pieces[order[first]]
        return found

    @cached_property
    def heights(self) -> np.ndarray:
        """(n,) height of the lowest free point of each candidate; NaN where none is known."""
        known = np.isfinite(self.point_m) & (self.point_piece >= 0)
        lowest = np.full(len(self.lands), np.inf)
        np.minimum.at(lowest, self.point_land[known], self.point_m[known])
        return np.where(np.isfinite(lowest), lowest, np.nan)

    @cached_property
    def _kept(self) -> np.ndarray:
        return np.flatnonzero(self.point_piece >= 0)

    @cached_property
    def sample(self) -> np.ndarray:
        """Points on free land, sorted by candidate."""
        return self.point[self._kept]

    @cached_property
    def owner(self) -> np.ndarray:
        """The candidate of each of ``sample``."""
        return self.point_land[self._kept]

    @cached_property
    def height_m(self) -> np.ndarray:
        """Height of each of ``sample``; NaN where unknown."""
        return self.point_m[self._kept]

    @cached_property
    def way_m(self) -> np.ndarray:
        """Distance of each of ``sample`` to the nearest road."""
        return self.point_way_m[self._kept]

    def take(self, land: int, site: shapely.Geometry, utility: str = "") -> None:
        """Take the ground of a site, chosen on ``land``, out of every candidate."""
        self.taken.add(land)
        self.sites.append((utility, site))
        around = shapely.buffer(site, CLEAR_M, quad_segs=2)
        hit = np.flatnonzero(shapely.intersects(self.pieces, around))
        for piece in hit:
            rest = polygons(shapely.difference(self.pieces[piece], around))
            mine = np.flatnonzero(self.point_piece == piece)
            self.point_piece[mine] = -1
            self.pieces[piece] = rest[0] if len(rest) else shapely.Polygon()
            names = np.r_[piece, len(self.pieces) + np.arange(max(len(rest) - 1, 0))]
            for name, part in zip(names, rest, strict=False):
                self.point_piece[mine[shapely.intersects(self.point[mine], part)]] = name
            self.pieces = np.r_[self.pieces, rest[1:]]
            self.piece_width_m[piece] = np.nan
            self.piece_width_m, self.piece_road_m = (
                np.r_[known, np.full(max(len(rest) - 1, 0), np.nan)]
                for known in (self.piece_width_m, self.piece_road_m)
            )
            self.piece_land = np.r_[self.piece_land, np.full(max(len(rest) - 1, 0), self.piece_land[piece])]
        if len(hit):
            for name in ("left", "free", "heights", "_kept", "sample", "owner", "height_m", "way_m"):
                self.__dict__.pop(name, None)


def ground(
    park: Park, lands: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, choices: Siting, standards: Standards
) -> Ground:
    """Take boundary, exclusions and buildings out of the candidates' land and describe what is left.

    An existing facility may lie outside the park and on land that the plan gives another use, and holds buildings of its
    own: how far it lies in such land is told, but not taken. Nothing else is built on its land. No other candidate lies outside, unless the scenario allows it. Where a
    planner draws a site on a parcel, the site counts and the parcel's land is what is left of it. Zones and drawn sites
    of a single utility are left to the rules of that utility.
    """
    shapes = np.asarray(shapely.force_2d(np.asarray(lands.geometry)))
    origin = lands["origin"].to_numpy()
    existing = np.isin(origin, ["existing", "planned"])
    every, new = np.arange(len(lands)), np.flatnonzero(~existing)
    barred = zones.loc[zones["utility"] != "", ["utility", "rule", "source", "geometry"]]
    zones = zones[zones["utility"] == ""]
    kinds = [code for code in resources.codes("exclusion_kind") if (zones["rule"] == code).any()]
    cuts = _Cuts(shapes, ["too_small", "outside_park", *kinds, "zoning", "safety_distance", "occupied", "taken"])
    if not choices.outside_park:
        cuts.keep(new, park["park"].geometry.union_all())
    for kind in kinds:
        cuts.take(every, zones[zones["rule"] == kind], kind)
    for rule, barring, clear_m in (
        ("zoning", _zoned(park, choices), 0.0),
        ("safety_distance", zones[zones["rule"] == "safety_distance"], CLEAR_M),
    ):
        cuts.take(new, barring, rule, clear_m)
        cuts.take(np.flatnonzero(existing), barring, rule, clear_m, told=True)
    built = shapes_of(park, "buildings")
    cuts.take(new, _plain(built), "occupied", standards.value("siting.building_gap_m"))
    cuts.take(new, _plain(shapes[existing]), "taken")
    own = lands[origin == "own"]
    cuts.take(new[origin[new] != "own"], _plain(np.asarray(own.geometry[own["use_for"] == ""])), "taken")
    own = own[own["use_for"] != ""]
    mine = {"utility": own["use_for"], "rule": "taken", "source": ""}
    drawn = gpd.GeoDataFrame(mine, geometry=own.geometry, crs=lands.crs)
    barred = pd.concat([barred, drawn], ignore_index=True) if len(drawn) else barred
    return cuts.ground(park, shapes_of(park, "roads"), barred)


def _plain(shapes: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"source": np.full(len(shapes), "", dtype=object)}, geometry=list(shapes))


def _zoned(park: Park, choices: Siting) -> gpd.GeoDataFrame:
    """Parcels that the zoning plan gives a use on which no works may stand."""
    parcels = park["parcels"]
    barred = ~parcels["planned_use"].isin([*SILENT, *choices.zoned_for]) & bool(choices.zoned_for)
    shapes = parcels.geometry[barred & parcels.geometry.notna() & ~parcels.geometry.is_empty]
    return gpd.GeoDataFrame({"source": np.full(len(shapes), "plan", dtype=object)}, geometry=list(shapes))


class _Cuts:
    """Land of the candidates while rule after rule takes its part."""

    def __init__(self, shapes: np.ndarray, rules: list[str]) -> None:
        self.shapes, self.rules = shapes, rules
        self.free = shapes.copy()
        self.tree = shapely.STRtree(shapes)
        whole = largest_m2(shapes)
        self.left = np.tile(whole[:, None], len(rules))
        self.alone = self.left.copy()
        self.taken_by = np.full(self.left.shape, "", dtype=object)

    def keep(self, rows: np.ndarray, inside: shapely.Geometry) -> None:
        """Keep what lies inside the park, of the candidates ``rows``."""
        place = self.rules.index("outside_park")
        shapely.prepare(inside)
        rows = rows[~shapely.covers(inside, self.shapes[rows])]
        self.free[rows] = shapely.intersection(self.free[rows], inside)
        self._note(place, rows, self.free[rows])

    def take(
        self,
        rows: np.ndarray,
        zones: gpd.GeoDataFrame,
        rule: str,
        clear_m: float = CLEAR_M,
        told: bool = False,
    ) -> None:
        """Take ``zones`` and ``clear_m`` around them out of the candidates ``rows``; name the zone that took most.

        What is ``told`` only is counted under ``alone``, but leaves the land as it is.
        """
        place = self.rules.index(rule)
        shapes, source = np.asarray(zones.geometry), zones["source"].to_numpy()
        zone, land = self.tree.query(shapes, predicate="dwithin", distance=clear_m) if len(shapes) else ([], [])
        mine = np.isin(land, rows)
        zone, land = np.asarray(zone, int)[mine], np.asarray(land, int)[mine]
        order = np.lexsort((zone, land))
        zone, land = zone[order], land[order]
        hit, start = np.unique(land, return_index=True)
        alone = self.shapes[hit]
        for k, number in enumerate(hit):
            near = zone[start[k] : start[k + 1] if k + 1 < len(start) else len(zone)]
            around = shapely.intersection(shapes[near], shapely.box(*_around(self.shapes[number], clear_m)))
            around = shapely.buffer(around, clear_m, quad_segs=4) if clear_m else around
            touched = self.free[number] if not self.free[number].is_empty else self.shapes[number]
            lost = shapely.area(shapely.intersection(touched, around))
            if lost.max() > 0:
                self.taken_by[number, place] = source[near[int(np.argmax(lost))]]
            whole = shapely.union_all(around)
            alone[k] = shapely.difference(self.shapes[number], whole)
            if told:
                continue
            untouched = self.free[number] is self.shapes[number]
            self.free[number] = alone[k] if untouched else shapely.difference(self.free[number], whole)
        self._note(place, hit, alone)

    def _note(self, place: int, rows: np.ndarray, alone: np.ndarray) -> None:
        self.left[rows, place:] = largest_m2(self.free[rows])[:, None]
        self.alone[rows, place] = np.minimum(self.alone[rows, place], largest_m2(alone))

    def ground(self, park: Park, roads: np.ndarray, barred: gpd.GeoDataFrame) -> Ground:
        """The pieces left, and points on all the land with height, slope and way to a road."""
        count = len(self.shapes)
        parts = [polygons(shape) for shape in self.free]
        pieces = np.concatenate([np.empty(0, object), *parts])
        piece_land = np.repeat(np.arange(count), [len(part) for part in parts]).astype(int)
        point, owner, cell = sampled(self.shapes)
        piece = _within(pieces, piece_land, point, owner)
        # a narrow piece may lie between the points of the grid
        bare = np.setdiff1d(np.flatnonzero(shapely.area(pieces) >= cell[piece_land]), piece)
        more = shapely.point_on_surface(pieces[bare])
        owner = np.r_[owner, piece_land[bare]]
        order = np.argsort(owner, kind="stable")
        point, owner, piece = np.r_[point, more][order], owner[order], np.r_[piece, bare][order]
        height, slope = _relief(park, point)
        return Ground(
            rules=self.rules,
            left_m2=self.left,
            alone_m2=self.alone,
            taken_by=self.taken_by,
            lands=self.shapes,
            pieces=pieces,
            piece_land=piece_land,
            point=point,
            point_land=owner,
            point_piece=piece,
            point_m=height,
            point_slope_pct=slope,
            point_way_m=nearest(point, roads),
            cell_m2=cell,
            roads=roads,
            barred=barred,
        )


def _within(pieces: np.ndarray, piece_land: np.ndarray, point: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(m,) the piece of its own candidate that each point lies in; -1 where none."""
    found = np.full(len(point), -1)
    if len(pieces) and len(point):
        piece, where = shapely.STRtree(point).query(pieces, predicate="covers")
        own = piece_land[piece] == owner[where]
        found[where[own]] = piece[own]
    return found


def _around(shape: shapely.Geometry, margin_m: float) -> tuple[float, float, float, float]:
    west, south, east, north = shape.bounds
    return west - 2 * margin_m, south - 2 * margin_m, east + 2 * margin_m, north + 2 * margin_m


def _relief(park: Park, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m,) height in m and slope in percent at each point, over ``STEP_M`` to the east and the north; NaN if unknown."""
    if park.terrain is None or not len(point):
        return np.full(len(point), np.nan), np.full(len(point), np.nan)
    x, y = shapely.get_x(point), shapely.get_y(point)
    places = shapely.points(np.r_[x, x + STEP_M, x], np.r_[y, y, y + STEP_M])
    here, east, north = terrain.heights(park, gpd.GeoSeries(places, crs=park.crs), SMOOTH_M).reshape(3, -1)
    return here, 100 * np.hypot(east - here, north - here) / STEP_M
