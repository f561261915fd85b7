"""Every rule applied to every candidate of a utility.

Rules are applied in one order (``RULES``). A new works of some size fits where a piece of free land passes them all; a
candidate is rejected by the rule that its last piece fails, measured on the smallest size offered. A candidate that can
hold a small works but no large one is eligible for the small one. Beside that every rule is tried on all of the
candidate's land by itself, so that a planner sees what else stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ...park import terrain
from ...park.model import Park
from ...scenario import Siting
from ...standards import Standard, Standards
from ..costs import land_need_m2, protection
from ..shapes import CLEAR_M, largest, nearest
from .clearances import Clearance, Targets, clearances
from .ground import SMOOTH_M, Ground, Rows
from .verdict import ASSUMED, LAW, LOW_GROUND, RULES, Screening, Verdict, judged

KEPT_M2 = 25.0  # an existing facility of which less lies outside an exclusion lies wholly inside it
SAME = 1e-9  # relative: areas come out of floating-point geometry
NEARLY = 0.999  # share of what is needed that will do where it is measured on points or by bisection


@dataclass(frozen=True)
class _Check:
    """One rule on rows of land: which pass, their value (the greater the better), the verdict of one that does not."""

    rule: str
    passed: np.ndarray
    value: np.ndarray
    verdict: Callable[[float], Verdict]


@dataclass(frozen=True)
class Rules:
    """Everything the rules need, made once a run."""

    park: Park
    lands: gpd.GeoDataFrame
    ground: Ground
    choices: Siting
    standards: Standards

    def screen(self, utility: str, sizes: np.ndarray, low_limit_m: float) -> Screening:
        """Apply every rule to every candidate of ``utility``.

        Parameters
        ----------
        sizes
            Sizes offered, rising, in the utility's unit.
        low_limit_m
            Height below which a wastewater works must lie; NaN where the rule does not apply.
        """
        use = self._column("use_for")
        mine = (use == "") | (use == utility)
        if utility == "reclaimed":
            # reclaimed water is made where the effluent is: on what a chosen works leaves of its land
            mine |= (use == "wastewater") & np.isin(np.arange(len(use)), list(self.ground.taken))
        lands = np.flatnonzero(mine)
        result = Screening(utility, lands, sizes, np.zeros((len(lands), len(sizes)), bool))
        need = np.array([land_need_m2(utility, float(size), self.standards) for size in sizes])
        # of what stands already, only what no rule can heal rejects it; an extension needs its land beside it
        own = (self._column("origin") == "existing") & (use == utility)
        new = mine & ~own
        fits = self._new(utility, sizes, need, low_limit_m, new, result)
        for land in np.flatnonzero(mine & own):
            fits[land] = self._standing(utility, int(land), need, low_limit_m, result)
        for land in lands:
            plain = self._plain(utility, int(land), bool(own[land]))
            if plain is not None:
                first = result.verdict.get(int(land))
                result.also[int(land)] = self._with(result.also.get(int(land), ()), first)
                result.reject(int(land), plain)
                fits[land] = False
        result.fits[:] = fits[lands]
        return result

    def _with(self, rules: tuple[str, ...], verdict: Verdict | None) -> tuple[str, ...]:
        found = {*rules, verdict.rule} if verdict is not None else set(rules)
        return tuple(sorted(found, key=RULES.index))

    def _plain(self, utility: str, land: int, own: bool) -> Verdict | None:
        """What rejects a candidate whatever its ground is like."""
        if self.named(self.choices.forbid, utility, land):
            return Verdict("forbidden", 1.0, 0.0, "1", "user", "", "h")
        if self._column("twin")[land]:
            return Verdict("same_place", 0.0, 0.0, "m", ASSUMED, "", "h")
        if own and self._column("capacity")[land] <= 0:
            return Verdict("capacity_unknown", 0.0, 0.0, "", ASSUMED, "", "l")
        return None

    def _standing(
        self, utility: str, land: int, need: np.ndarray, low_limit_m: float, result: Screening
    ) -> np.ndarray:
        """An existing works: the sizes by which it can be extended; its verdict where it cannot be kept either."""
        keep = self._column("available")[land] > 0
        held = self.held_m2(land)
        verdict = self._area(land, KEPT_M2 if keep else float(need[0]) + held)
        if verdict is not None and keep and self.named(self.choices.accept, utility, land):
            verdict = None
        height = float(self.ground.heights[land])
        high = bool(height > low_limit_m)
        if verdict is None and high:
            verdict = _high(low_limit_m, -height)
        if verdict is None:
            return self.ground.left_m2[land, -1] >= need + held
        alone = self.ground.alone_m2[land] < (KEPT_M2 if keep else float(need[0]) + held)
        failed = {rule for rule, short in zip(self.ground.rules, alone, strict=True) if short}
        failed |= {"low_ground"} if high else set()
        result.verdict[land] = verdict
        result.also[land] = tuple(sorted(failed - {verdict.rule}, key=RULES.index))
        return np.zeros(len(need), bool)

    def _new(
        self,
        utility: str,
        sizes: np.ndarray,
        need: np.ndarray,
        low_limit_m: float,
        new: np.ndarray,
        result: Screening,
    ) -> np.ndarray:
        """(n, s) where a new works fits; verdicts and what else fails go to ``result``."""
        left, whole, count = self.ground.left, self.ground.whole, len(self.lands)
        fits = np.zeros((count, len(sizes)), bool)
        asked = [c for size in sizes for c in clearances(utility, float(size), self.choices, self.standards)]
        reach_m: dict[str, float] = {}
        for found in asked:
            reach_m[found.target] = max(found.reach_m, reach_m.get(found.target, 0.0))
        drawn = self._ordered(left, reach_m), self._ordered(whole, reach_m)
        for k, size in enumerate(sizes):
            alive = new[left.land] & (left.area_m2 >= need[k] * (1 - SAME))
            open_ = _any(left.land, alive, count)
            if k == 0:
                for land in np.flatnonzero(new & ~open_).tolist():
                    result.verdict[land] = self._area(land, float(need[0])) or self._taken(land, float(need[0]))
            for check in self._checks(utility, float(size), need[k], low_limit_m, left, drawn[0]):
                passed = alive & check.passed
                still = _any(left.land, passed, count)
                if k == 0:
                    best = np.full(count, -np.inf)
                    np.maximum.at(best, left.land[alive], check.value[alive])
                    for land in np.flatnonzero(open_ & ~still).tolist():
                        result.verdict[land] = check.verdict(float(best[land]))
                alive, open_ = passed, still
            fits[:, k] = open_
        failed: list[tuple[str, np.ndarray]] = [
            (rule, self.ground.alone_m2[:, k] < need[0] * (1 - SAME)) for k, rule in enumerate(self.ground.rules)
        ]
        for check in self._checks(utility, float(sizes[0]), need[0], low_limit_m, whole, drawn[1]):
            failed.append((check.rule, ~check.passed))
        for land, verdict in result.verdict.items():
            names = {rule for rule, bad in failed if bad[land]} - {verdict.rule}
            result.also[land] = tuple(sorted(names, key=RULES.index))
        return fits

    def _checks(
        self,
        utility: str,
        size: float,
        need: float,
        low_limit_m: float,
        rows: Rows,
        ordered: Callable[[str], np.ndarray],
    ) -> Iterator[_Check]:
        """The rules after the cuts, one by one, on rows of land for a works of ``size``."""
        drawn = self._column("origin")[rows.land] == "own"
        for zone in self.targets.barred(utility):
            # what is barred to this utility alone is measured as land, like every other exclusion
            area = rows.free(self._away(zone.target, zone.reach_m) >= zone.reach_m) * rows.area_m2
            passed = (area >= need * NEARLY) | (drawn & (zone.rule == "taken"))
            yield _Check(zone.rule, passed, area, partial(_barred, zone, need))
        ratio = self.standards["siting.side_ratio"]
        least = float(np.sqrt(need / ratio.value))
        yield _Check("too_narrow", rows.width_m >= least * NEARLY, rows.width_m, partial(_narrow, ratio, least))
        for found in clearances(utility, size, self.choices, self.standards):
            reached = rows.reached(ordered(found.target), need)
            yield _Check(found.rule, reached >= found.reach_m, reached, partial(_near, found))
        steep, far = self.standards["siting.slope_max_pct"], self.standards["siting.road_max_m"]
        calm = rows.reached(ordered("slope"), need)
        yield _Check("too_steep", ~(calm < -steep.value), calm, partial(_more, "too_steep", steep))
        way = -rows.road_m
        yield _Check("no_road_access", way >= -far.value, way, partial(_more, "no_road_access", far))
        if np.isfinite(low_limit_m):
            lowest = rows.lowest(self.ground.point_m)
            known = np.isfinite(lowest)
            unknown = Verdict("height_unknown", 0.0, 0.0, "m", ASSUMED, "", "l")
            yield _Check("height_unknown", known, known.astype(float), lambda _: unknown)
            yield _Check("low_ground", ~(lowest > low_limit_m), -lowest, partial(_high, low_limit_m))

    def _ordered(self, rows: Rows, reach_m: Mapping[str, float]) -> Callable[[str], np.ndarray]:
        """By name of a target or ``slope``: what each point has of it, sorted within the rows; remembered."""
        known: dict[str, np.ndarray] = {}

        def found(name: str) -> np.ndarray:
            if name not in known:
                known[name] = rows.ordered(self._calm if name == "slope" else self._away(name, reach_m[name]))
            return known[name]

        return found

    def _away(self, target: str, reach_m: float) -> np.ndarray:
        """(m,) distance of every point of the ground to a target; inf beyond ``reach_m`` at the earliest."""
        # works chosen meanwhile belong to what is kept away from
        key = f"{target} {len(self.ground.sites)}" if target == "dirty" else target
        known = self._distances.get(key)
        if known is None or known[0] < reach_m:
            known = reach_m, nearest(self.ground.point, self.targets.shapes(target), reach_m)
            self._distances[key] = known
        return known[1]

    def held_m2(self, land: int) -> float:
        """Land that an existing facility covers by its capacity; 0 for any other candidate."""
        capacity = float(self._column("capacity")[land])
        return land_need_m2(self._column("use_for")[land], capacity, self.standards) if capacity > 0 else 0.0

    def height_of(self, shape: shapely.Geometry) -> float:
        """Height in m of a site, NaN where none is known."""
        point = gpd.GeoSeries([shape.representative_point()], crs=self.park.crs)
        return float(terrain.heights(self.park, point, SMOOTH_M)[0])

    def named(self, names: list[str], utility: str, land: int) -> bool:
        """Whether the planner named this place, for this utility or for any."""
        if not names:
            return False
        known = {str(self.lands.index[land]), str(self._column("facility_id")[land])} - {""}
        return any(name in known or name in {f"{utility}:{k}" for k in known} for name in names)

    def _area(self, land: int, need: float) -> Verdict | None:
        """The first cut that left less than ``need``; None where enough is left."""
        left = self.ground.left_m2[land]
        short = np.flatnonzero(left < need * (1 - SAME))
        if not len(short):
            return None
        rule, source = self.ground.rules[short[0]], str(self.ground.taken_by[land, short[0]])
        measured = round(float(left[short[0]]), 1)
        return Verdict(rule, measured, round(need, 1), "m2", source or ASSUMED, "", _sure(rule))

    def _taken(self, land: int, need: float) -> Verdict:
        """Other sites, chosen before, have taken the land."""
        area = float(self.ground.free[land].area)
        return Verdict("taken", round(area, 1), round(need, 1), "m2", ASSUMED, "", "h")

    def lowest_m(self, land: int) -> float:
        """Height of the lowest point of a candidate's free land; NaN where no height is known."""
        return float(self.ground.heights[land])

    def piece(self, utility: str, land: int, size: float) -> shapely.Polygon:
        """The free land of a candidate on which a new works of ``size`` keeps every distance: its largest piece."""
        parts = self.ground.pieces[self.ground.piece_land == land]
        free: shapely.Geometry = shapely.MultiPolygon(list(parts[~shapely.is_empty(parts)]))
        for found in [*self.targets.barred(utility), *clearances(utility, size, self.choices, self.standards)]:
            if found.rule == "taken" and self._column("origin")[land] == "own":
                continue
            others = self.targets.shapes(found.target)
            hit = shapely.STRtree(others).query(free, predicate="dwithin", distance=found.reach_m)
            if len(hit):
                around = shapely.buffer(others[np.sort(hit)], found.reach_m, quad_segs=16)
                free = shapely.difference(free, shapely.union_all(around))
        return largest(free)

    def access(self) -> gpd.GeoSeries:
        """Where each land meets the road: its free point nearest to one before any site is chosen, else its inner point."""
        return self._access

    @cached_property
    def _access(self) -> gpd.GeoSeries:
        points = np.asarray(self.lands.geometry.representative_point())
        order = np.lexsort((np.round(self.ground.way_m, 2), self.ground.owner))
        owner, first = np.unique(self.ground.owner[order], return_index=True)
        points[owner] = self.ground.sample[order[first]]
        return gpd.GeoSeries(points, index=self.lands.index, crs=self.park.crs)

    @property
    def people(self) -> np.ndarray:
        """Sensitive areas with people in them, and housing."""
        return self.targets.people

    @cached_property
    def targets(self) -> Targets:
        """What distances are kept from."""
        return Targets(self.park, self.lands, self.ground, self.standards)

    @cached_property
    def _distances(self) -> dict[str, tuple[float, np.ndarray]]:
        return {}

    @cached_property
    def _calm(self) -> np.ndarray:
        """Of each point the negative of its slope, so that the greatest is the gentlest; unknown slopes are not judged."""
        return -np.nan_to_num(self.ground.point_slope_pct, nan=0.0)

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        return {name: self.lands[name].to_numpy() for name in self.lands.columns if name != "geometry"}

    def _column(self, name: str) -> np.ndarray:
        return self._columns[name]


def _any(row: np.ndarray, good: np.ndarray, count: int) -> np.ndarray:
    """(count,) whether any of the entries of a row is good."""
    return np.bincount(row[good], minlength=count) > 0


def _sure(rule: str) -> str:
    """How sure an area rule is: law and plan, corridors as they are drawn, our own."""
    if rule in LAW:
        return "h"
    return "m" if rule in (*resources.codes("exclusion_kind"), "safety_distance") else "l"


def _barred(zone: Clearance, need: float, area: float) -> Verdict:
    measured, limit = round(min(area, need), 1), round(need, 1)
    return Verdict(zone.rule, measured, limit, "m2", zone.zone or ASSUMED, "", _sure(zone.rule))


def _narrow(ratio: Standard, least: float, width: float) -> Verdict:
    measured, limit = round(width, 1), round(least, 1)
    return Verdict("too_narrow", measured, limit, "m", ratio.source, ratio.edition, ratio.confidence)


def _near(found: Clearance, reached: float) -> Verdict:
    # the edge of a site keeps a margin from the points that describe its land
    assert found.standard is not None
    return judged(found.rule, max(reached - CLEAR_M, 0.0), found.standard)


def _more(rule: str, standard: Standard, value: float) -> Verdict:
    return judged(rule, -value, standard)


def _high(low_limit_m: float, value: float) -> Verdict:
    return Verdict("low_ground", round(-value, 2), round(low_limit_m, 2), "m", *LOW_GROUND)


def distances(
    utilities: Sequence[str], sizes: Mapping[str, np.ndarray], choices: Siting, standards: Standards
) -> pd.DataFrame:
    """The distance each utility keeps from people, for the smallest size offered: utility, buffer_m, source."""
    rows = []
    for utility in utilities:
        found = protection(utility, float(sizes[utility][0]), choices, standards)
        if found is not None:
            rows.append(
                {
                    "utility": utility,
                    "buffer_m": found.value,
                    "source": found.source,
                    "edition": found.edition,
                    "confidence": found.confidence,
                }
            )
    return pd.DataFrame(rows, columns=["utility", "buffer_m", "source", "edition", "confidence"])
