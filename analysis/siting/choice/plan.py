"""From a solver's plan to sites on the ground, with the last checks that only a plan allows, and what it all comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.sparse import csr_array

from ...solvers.location import Plan
from ..costs import Money, land_need_m2, protection
from ..footprint import carve
from ..screening import LOW_GROUND, Rules, Screening, Verdict, judged
from .model import Model, Prices

SMALLEST_SHARE = 0.98  # share of the land needed that the ground plan must reach


@dataclass(frozen=True)
class Site:
    """A chosen site: candidate row, status, capacity, yearly cost by part in the park's currency, ground plan."""

    land: int
    status: str
    capacity: float
    extra: float
    demand: float
    peak: float
    served: int
    investment: float
    works_a: float
    land_a: float
    operation_a: float
    carriage_a: float
    losses_a: float
    co2_t: float
    exposure: float
    shape: shapely.Geometry
    elevation_m: float

    @property
    def cost_a(self) -> float:
        """All of its annual cost."""
        return self.works_a + self.land_a + self.operation_a + self.carriage_a + self.losses_a


@dataclass(frozen=True)
class Measures:
    """What a plan comes to a year: money in the park's currency, persons exposed, CO2 in t."""

    cost_a: float
    exposed: float
    co2_t: float


@dataclass(frozen=True)
class Failure:
    """A site that fails its last check; without a verdict only this size of it does."""

    land: int
    size: float
    verdict: Verdict | None


@dataclass
class Ground:
    """Turns plans of one utility into sites; ground plans are drawn once for each land and size."""

    screening: Screening
    rules: Rules
    money: Money
    persons: np.ndarray
    _drawn: dict[tuple[int, float, str], shapely.Geometry | None] = field(default_factory=dict)

    def sites(self, model: Model, plan: Plan, options: np.ndarray) -> tuple[list[Site], csr_array, list[Failure]]:
        """Sites of a plan, the share of each consumer that each serves, and what fails.

        Parameters
        ----------
        options
            Numbers in ``model`` of the options that the plan's problem offered.
        """
        share = plan.share.tocsc()
        sites: list[Site] = []
        order: list[int] = []
        failures: list[Failure] = []
        for place in np.flatnonzero(plan.option >= 0):
            option = int(options[plan.option[place]])
            part = share[:, [place]].toarray()[:, 0]
            part[part <= 1e-9] = 0.0
            land, extra = int(self.screening.lands[place]), float(model.extra[option])
            status = self._status(land, extra, float(model.kept[option]))
            if status == "existing" and not part.any():
                continue
            shape = self._shape(model.task.utility, land, extra, status)
            failed = self._failure(model, land, extra, part, shape)
            if failed is not None:
                failures.append(failed)
                continue
            sites.append(self._site(model, int(place), option, part, shape, status))
            order.append(int(place))
        served = share[:, order].tocsr() if order else csr_array((len(model.need), 0))
        return sites, served, failures

    def _status(self, land: int, extra: float, kept: float) -> str:
        planned = self.rules.lands["origin"].iloc[land] == "planned"
        return "new" if planned or kept == 0 else "extended" if extra else "existing"

    def _site(
        self, model: Model, place: int, option: int, part: np.ndarray, shape: shapely.Geometry, status: str
    ) -> Site:
        task, money, standards = model.task, self.money, self.rules.standards
        land, extra = int(self.screening.lands[place]), float(model.extra[option])
        row = self.rules.lands.iloc[land]
        load = float((part * task.demand).sum())
        who = part > 0
        ground = row["price"] * land_need_m2(task.utility, extra, standards) if extra else 0.0
        held = float(row["capacity"]) if row["use_for"] == task.utility else 0.0
        return Site(
            land=land,
            status=status,
            capacity=held + extra,
            extra=extra,
            demand=load,
            peak=load * task.coincidence,
            served=int(who.sum()),
            investment=(money.investment(task.utility, extra) + money.cny(ground)) if extra else 0.0,
            works_a=float(model.works[option]),
            land_a=float(model.land[option]),
            operation_a=load * money.operation_a(task.utility),
            carriage_a=float(part @ model.carriage[:, place] + model.trunk[place]),
            losses_a=float(part @ model.energy[:, place]),
            co2_t=float(part @ model.co2_t[:, place]),
            exposure=float(self.persons[land]),
            shape=shape,
            elevation_m=self.rules.height_of(shape),
        )

    def _failure(
        self, model: Model, land: int, extra: float, part: np.ndarray, shape: shapely.Geometry | None
    ) -> Failure | None:
        task, standards = model.task, self.rules.standards
        if shape is None:
            if (self.screening.sizes < extra).any():
                return Failure(land, extra, None)
            standard = protection(task.utility, extra, self.rules.choices, standards)
            if standard is not None:
                return Failure(land, extra, judged("protection_distance", 0.0, standard))
            return Failure(land, extra, Verdict("taken", 0.0, land_need_m2(task.utility, extra, standards), "m2"))
        who = np.flatnonzero(part)
        if task.utility != "wastewater" or not len(who) or self.rules.choices.low_ground_pct >= 100:
            return None
        height, known = self.rules.height_of(shape), task.consumer_m[who]
        known = known[np.isfinite(known)]
        if not len(known) or not np.isfinite(height):
            return None
        limit = float(np.percentile(known, self.rules.choices.low_ground_pct))
        if height <= limit:
            return None
        return Failure(land, extra, Verdict("low_ground", round(height, 2), round(limit, 2), "m", *LOW_GROUND))

    def _shape(self, utility: str, land: int, extra: float, status: str) -> shapely.Geometry | None:
        key = (land, extra, status)
        if key not in self._drawn:
            self._drawn[key] = _draw(utility, self.rules, land, extra, status)
        return self._drawn[key]


def _draw(utility: str, rules: Rules, land: int, extra: float, status: str) -> shapely.Geometry | None:
    """Ground plan: as much free land as the works needs, outside of every exclusion; None if a new one finds too little.

    An existing works that lies wholly inside an exclusion and is kept all the same keeps its own land.
    """
    ground, row = rules.ground, rules.lands.iloc[land]
    need = land_need_m2(utility, extra, rules.standards) if extra else 0.0
    if status != "new":
        free = ground.free[land]
        if free.is_empty:
            return row.geometry
        return carve(free, free.representative_point(), need + rules.held_m2(land))
    piece = rules.piece(utility, land, extra)
    if piece.area < SMALLEST_SHARE * need:
        return None
    mine = np.flatnonzero(ground.owner == land)
    inside = mine[shapely.intersects(ground.sample[mine], piece)]
    if not len(inside):
        anchor = piece.representative_point()
    elif utility == "wastewater" and np.isfinite(ground.height_m[inside]).any():
        anchor = ground.sample[inside[int(np.nanargmin(ground.height_m[inside]))]]
    else:
        anchor = ground.sample[inside[int(np.argmin(np.round(ground.way_m[inside], 2)))]]
    return carve(piece, anchor, need)


def measures(model: Model, plan: Plan, options: np.ndarray, money: Money, prices: Prices) -> Measures:
    """What a plan comes to at ``prices``; exposure and CO2 are counted, not priced.

    Works of their own of those left out count where that is the custom (waste gas).
    """
    used = options[plan.option[plan.option >= 0]]
    served = plan.share.tocoo()
    i, j, part = served.row, served.col, served.data * prices.demand
    works = prices.works * model.works[used] + model.land[used] + prices.carriage * model.trunk[model.place[used]]
    ways = prices.carriage * model.carriage[i, j] + prices.energy * model.energy[i, j]
    run = part * model.task.demand[i]
    own = 0.0
    if model.own_treatment:
        alone = plan.unserved * prices.demand * (model.unserved > 0)
        own = float((alone * (prices.works * model.unserved)).sum())
        run = np.r_[run, alone * model.task.demand]
    operation = float(run.sum()) * money.operation_a(model.task.utility)
    return Measures(
        cost_a=float(works.sum() + (part * ways).sum()) + operation + own,
        exposed=float(model.exposed[used].sum()),
        co2_t=float((part * model.co2_t[i, j]).sum()),
    )
