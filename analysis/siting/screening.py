"""Which candidates a utility may use, and which rule rejected the others: value, limit, source.

Rules are applied in one order (``RULES``); the first that a candidate fails is the one it is rejected by, and is
measured on the smallest size offered. A candidate that can hold a small works but no large one is eligible for the
small one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ..park import terrain
from ..park.model import Park
from ..scenario import Siting
from ..standards import Standard, Standards
from .costs import land_need_m2, protection
from .exclusion import CLEAR_M, SMOOTH_M, Ground, largest, people_of, shapes_of

KEPT_M2 = 25.0  # an existing facility of which less lies outside an exclusion lies wholly inside it
RULES = (
    "forbidden",
    "same_place",
    "capacity_unknown",
    "too_small",
    "outside_park",
    *resources.codes("exclusion_kind"),
    "occupied",
    "taken",
    "gas_clearance",
    "protection_distance",
    "too_steep",
    "no_road_access",
    "height_unknown",
    "low_ground",
)
LAW = ("flood", "ecological_redline", "water_source", "farmland")  # exclusions by law rather than by distance


@dataclass(frozen=True)
class Verdict:
    """Why a candidate is rejected: rule, what was measured, its limit, and where the limit comes from."""

    rule: str
    measured: float
    limit: float
    unit: str
    source: str = ""
    edition: str = ""
    confidence: str = ""

    @property
    def short(self) -> float:
        """How much is missing, in ``unit``."""
        return abs(self.limit - self.measured)


@dataclass
class Screening:
    """What a utility may use.

    Parameters
    ----------
    utility
        Its code.
    lands
        (c,) row numbers of the candidates considered, sorted.
    sizes
        (s,) sizes offered.
    fits
        (c, s) bool, whether a new works or an extension of that size fits.
    verdict
        By row number, why a candidate is rejected.
    """

    utility: str
    lands: np.ndarray
    sizes: np.ndarray
    fits: np.ndarray
    verdict: dict[int, Verdict] = field(default_factory=dict)

    def reject(self, land: int, verdict: Verdict) -> None:
        """Reject a candidate for good."""
        self.verdict[land] = verdict
        self.fits[self.lands == land] = False


@dataclass(frozen=True)
class Rules:
    """Everything the rules need, made once a run; ``elevation_m`` is the lowest sample of each land."""

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
        use = self.lands["use_for"].to_numpy()
        mine = (use == "") | (use == utility)
        if utility == "reclaimed":
            # reclaimed water is made where the effluent is: on what a chosen works leaves of its land
            mine |= (use == "wastewater") & np.isin(np.arange(len(use)), list(self.ground.taken))
        result = Screening(utility, np.flatnonzero(mine), sizes, np.zeros((int(mine.sum()), len(sizes)), bool))
        for place, land in enumerate(result.lands):
            own = self._existing[land] and use[land] == utility
            verdict = self._first_failed(utility, int(land), own, sizes[0], low_limit_m)
            if verdict is not None:
                result.verdict[int(land)] = verdict
                continue
            for k, size in enumerate(sizes):
                result.fits[place, k] = self._room_verdict(utility, int(land), own, size) is None
        return result

    def held_m2(self, land: int) -> float:
        """Land that an existing facility covers by its capacity; 0 for any other candidate."""
        row = self.lands.iloc[land]
        return land_need_m2(row["use_for"], row["capacity"], self.standards) if row["capacity"] > 0 else 0.0

    def height_of(self, shape: shapely.Geometry) -> float:
        """Height in m of a site, NaN where none is known."""
        point = gpd.GeoSeries([shape.representative_point()], crs=self.park.crs)
        return float(terrain.heights(self.park, point, SMOOTH_M)[0])

    @cached_property
    def _existing(self) -> np.ndarray:
        return self.lands["origin"].isin(["existing", "planned"]).to_numpy()

    def named(self, names: list[str], utility: str, land: int) -> bool:
        """Whether the planner named this place, for this utility or for any."""
        known = {str(self.lands.index[land]), str(self.lands["facility_id"].iloc[land])} - {""}
        return any(name in known or name in {f"{utility}:{k}" for k in known} for name in names)

    def _first_failed(self, utility: str, land: int, own: bool, size: float, low_limit_m: float) -> Verdict | None:
        row = self.lands.iloc[land]
        if self.named(self.choices.forbid, utility, land):
            return Verdict("forbidden", 1.0, 0.0, "1", "user", "", "h")
        if row["twin"]:
            return Verdict("same_place", 0.0, 0.0, "m", "ParkLoop assumption", "", "h")
        if own and row["available"] > 0:
            # it stands; only what no rule can heal rejects it
            inside = self._area_verdict(land, KEPT_M2)
            if inside is not None and not self.named(self.choices.accept, utility, land):
                return inside
            return self._low_verdict(land, low_limit_m, keep=True)
        if own and row["origin"] == "existing" and row["capacity"] <= 0:
            return Verdict("capacity_unknown", 0.0, 0.0, "", "ParkLoop assumption", "", "l")
        found = self._room_verdict(utility, land, own, size)
        if found is not None:
            return found
        slope, road = self.ground.slope_pct[land], self.ground.road_m[land]
        steep, far = self.standards["siting.slope_max_pct"], self.standards["siting.road_max_m"]
        if slope > steep.value:
            return judged("too_steep", float(slope), steep)
        if road > far.value:
            return judged("no_road_access", float(road), far)
        return self._low_verdict(land, low_limit_m, keep=False)

    def _room_verdict(self, utility: str, land: int, own: bool, size: float) -> Verdict | None:
        """Room for a works of ``size``: area after every cut, then distances to people and buildings."""
        need = land_need_m2(utility, size, self.standards)
        if own:
            # an extension needs its land beside what the works covers already
            return self._area_verdict(land, need + self.held_m2(land))
        found = self._area_verdict(land, need)
        if found is not None:
            return found
        mine = self.ground.owner == land
        free = mine.sum() * self.ground.cell_m2[land]
        if free < need * 0.999 or self.ground.free[land].area < need:
            return Verdict(
                "taken", round(float(self.ground.free[land].area), 1), need, "m2", "ParkLoop assumption", "", "h"
            )
        count = int(np.ceil(need / self.ground.cell_m2[land] * 0.999))
        for rule, standard, away in self._clearances(utility, size, mine):
            reached = np.sort(away)[::-1][min(count, len(away)) - 1]
            if reached < standard.value + CLEAR_M:
                return judged(rule, float(reached), standard)
        return None

    def _clearances(self, utility: str, size: float, mine: np.ndarray) -> list[tuple[str, Standard, np.ndarray]]:
        found = []
        distance = protection(utility, size, self.choices, self.standards)
        if distance is not None:
            rule = "gas_clearance" if utility == "gas" else "protection_distance"
            found.append((rule, distance, self.ground.people_m[mine]))
        if utility == "gas":
            gap = self.standards[f"siting.gas.clearance_building_{self.choices.gas_pressure}_m"]
            found.append(("gas_clearance", gap, self.ground.building_m[mine]))
        return found

    def _area_verdict(self, land: int, need: float) -> Verdict | None:
        left = self.ground.left_m2[land]
        short = np.flatnonzero(left < need)
        if not len(short):
            return None
        rule, source = self.ground.rules[short[0]], str(self.ground.taken_by[land, short[0]])
        if rule in resources.codes("exclusion_kind"):
            confidence = "h" if rule in LAW else "m"
        else:
            confidence = "h" if rule == "outside_park" else "l"
        return Verdict(
            rule,
            round(float(left[short[0]]), 1),
            round(need, 1),
            "m2",
            source or "ParkLoop assumption",
            "",
            confidence,
        )

    def _low_verdict(self, land: int, limit_m: float, keep: bool) -> Verdict | None:
        """Low ground for gravity inflow; a new works on land of unknown height is rejected, an old one kept."""
        if not np.isfinite(limit_m):
            return None
        height = self.lowest_m(land)
        if not np.isfinite(height):
            return None if keep else Verdict("height_unknown", 0.0, 0.0, "m", "ParkLoop assumption", "", "l")
        if height <= limit_m:
            return None
        return Verdict("low_ground", round(height, 2), round(limit_m, 2), "m", *LOW_GROUND)

    def lowest_m(self, land: int) -> float:
        """Height of the lowest point of a candidate's free land; NaN where no height is known."""
        height = self.ground.height_m[self.ground.owner == land]
        height = height[np.isfinite(height)]
        return float(height.min()) if len(height) else float("nan")

    def piece(self, utility: str, land: int, size: float) -> shapely.Polygon:
        """The free land of a candidate on which a new works of ``size`` keeps every distance."""
        free = self.ground.free[land]
        mine = np.zeros(len(self.ground.owner), bool)
        for _, standard, _ in self._clearances(utility, size, mine):
            others = self._buildings if "building" in standard.key else self.people
            reach = standard.value + CLEAR_M
            near = others[np.sort(shapely.STRtree(others).query(free, predicate="dwithin", distance=reach))]
            if len(near):
                free = shapely.difference(free, shapely.union_all(shapely.buffer(near, reach, quad_segs=16)))
        return largest(free)

    def access(self) -> gpd.GeoSeries:
        """Where each land meets the road: its free point nearest to one, else its inner point."""
        points = np.asarray(self.lands.geometry.representative_point())
        order = np.lexsort((np.round(self.ground.way_m, 2), self.ground.owner))
        owner, first = np.unique(self.ground.owner[order], return_index=True)
        points[owner] = self.ground.sample[order[first]]
        return gpd.GeoSeries(points, index=self.lands.index, crs=self.park.crs)

    @cached_property
    def people(self) -> np.ndarray:
        """Sensitive areas with people in them, and housing."""
        return people_of(self.park)

    @cached_property
    def _buildings(self) -> np.ndarray:
        return shapes_of(self.park, "buildings")


LOW_GROUND = ("GB 50318-2017; handbook practice", "2017", "m")


def judged(rule: str, measured: float, standard: Standard) -> Verdict:
    return Verdict(
        rule,
        round(measured, 2),
        standard.value,
        standard.unit,
        standard.source,
        standard.edition,
        standard.confidence,
    )


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
