"""The choice of sites and sizes for one utility: from screened candidates to a location problem and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array

from ..solvers.location import Plan, Problem, locate
from ..standards import Standards
from ..steps import Answer
from .costs import Money, land_need_m2, protection
from .exposure import NUISANCE
from .footprint import carve
from .screening import LOW_GROUND, Rules, Screening, Verdict, _judged

GAP = 1e-3  # relative gap at which the search may stop
SMALLEST_SHARE = 0.98  # share of the land needed that the ground plan must reach
ROUNDS = 6  # how often a site that fails its last check is taken out and the choice made again
UNSERVED = 10.0  # a firm left out counts as this many works of its own, so that nobody is left out to save money


@dataclass(frozen=True)
class Task:
    """One utility's demand and where it arises.

    Parameters
    ----------
    consumers
        (n,) row numbers of the consumers in ``Demand``.
    demand
        (n,) demand in the utility's unit.
    distance_m
        (n, lands) way along roads.
    consumer_m
        (n,) heights, NaN where unknown.
    source_m
        (lands,) way from each candidate to where its raw water comes from (reclaimed water: the wastewater works).
    """

    utility: str
    consumers: np.ndarray
    demand: np.ndarray
    distance_m: np.ndarray
    consumer_m: np.ndarray
    source_m: np.ndarray


@dataclass(frozen=True)
class Site:
    """A chosen site: candidate row, status, capacity and money in the park's currency, ground plan."""

    land: int
    status: str
    capacity: float
    extra: float
    demand: float
    served: int
    investment: float
    cost_a: float
    exposure: float
    shape: shapely.Geometry
    elevation_m: float


@dataclass(frozen=True)
class Choice:
    """The sites of a utility, who is served by which, and how far from the best possible it can be."""

    sites: list[Site]
    share: csr_array
    unserved: np.ndarray
    lift_m: np.ndarray
    answer: Answer


def choose(
    task: Task,
    screening: Screening,
    rules: Rules,
    money: Money,
    persons: np.ndarray,
    time_limit_s: float,
    cancelled: Callable[[], bool],
    unit: str,
) -> Choice:
    """Choose sites and sizes at least annual cost.

    Cost = annuity of the investment, upkeep, interest on land, exposure (weighed in money), connection or haulage by
    road, lifting of wastewater. Operation is the same wherever a works stands and is left out of the choice. A site
    that fails its last check (ground plan, low ground for those it really serves) is taken out and the choice made
    again.
    """
    pinned = np.array([rules.named(rules.choices.pin, task.utility, int(land)) for land in screening.lands], bool)
    barred: set[tuple[int, float]] = set()
    uphill = np.zeros(task.distance_m.shape, bool)
    for _ in range(ROUNDS):
        problem, offers = _problem(task, screening, rules, money, persons, pinned, barred, uphill)
        plan = locate(
            problem,
            gap=GAP,
            time_limit_s=time_limit_s,
            cancelled=cancelled,
            name=f"siting.{task.utility}",
            unit=unit,
        )
        if plan is None:  # more pinned than allowed, or pinned and rejected: the pins that can stand alone count
            pinned = pinned & False
            continue
        choice, failed = _sites(task, screening, rules, money, persons, plan, offers)
        if not failed:
            break
        for land, size, verdict in failed:
            if verdict is None:
                barred.add((land, size))
            elif verdict.rule == "low_ground" and not uphill[:, land].any():
                _bar_uphill(task, screening, rules, uphill, land)
            else:
                screening.reject(land, verdict)
    return choice


def _bar_uphill(task: Task, screening: Screening, rules: Rules, uphill: np.ndarray, failed: int) -> None:
    """Stop pumping up to a works that lay too high for those it served, and to any other where there is a choice.

    A works that is reached by gravity alone lies below all that it serves. Firms that lie below every candidate may
    still be pumped, but not to the works that failed.
    """
    usable = np.array([int(land) for land in screening.lands if int(land) not in screening.verdict], int)
    height = np.array([rules.lowest_m(int(land)) for land in usable])
    below = task.consumer_m[:, None] < height[None, :]
    free = ~below & np.isfinite(height)[None, :]
    uphill[:, usable] |= below & free.any(1)[:, None]
    uphill[:, failed] |= below[:, int(np.flatnonzero(usable == failed)[0])]


@dataclass(frozen=True)
class _Offers:
    """What each option of the problem stands for: row of ``screening.lands``, added size, kept capacity."""

    place: np.ndarray
    extra: np.ndarray
    kept: np.ndarray
    lift_m: np.ndarray


def _problem(
    task: Task,
    screening: Screening,
    rules: Rules,
    money: Money,
    persons: np.ndarray,
    pinned: np.ndarray,
    barred: set[tuple[int, float]],
    uphill: np.ndarray,
) -> tuple[Problem, _Offers]:
    utility, standards, lands = task.utility, rules.standards, rules.lands
    factor = standards.value(f"siting.{utility}.design_factor")
    price, available = lands["price"].to_numpy(float), lands["available"].to_numpy(float)
    use = lands["use_for"].to_numpy()
    person_a = money.cny(rules.choices.exposure_cny_person_a) if utility in NUISANCE else 0.0
    distance = task.distance_m[:, screening.lands]
    lift = _lifts(task, screening, rules)
    per_m = money.connection_a(utility)
    cost = task.demand[:, None] * (per_m * (distance + task.source_m[screening.lands]) + money.lift_a(lift))
    radius = _radius(utility, standards)
    cost = np.where((distance <= radius) & np.isfinite(distance) & ~uphill[:, screening.lands], cost, np.inf)
    # any works needs a pipe to its nearest firm, however little flows in it
    nearest = np.where(np.isfinite(cost), distance, np.inf).min(0, initial=np.inf)
    trunk = money.trunk_a(utility) * np.where(np.isfinite(nearest), nearest, 0.0)
    places, extras, kepts, capacities, fixed = [], [], [], [], []
    for place, land in enumerate(screening.lands):
        if int(land) in screening.verdict:
            continue
        kept = float(available[land]) if use[land] == utility else 0.0
        if kept > 0:
            places.append(place)
            extras.append(0.0)
            kepts.append(kept)
            capacities.append(kept)
            fixed.append(float(trunk[place]))  # its own money is spent, whoever it serves
        for k in np.flatnonzero(screening.fits[place]):
            size = float(screening.sizes[k])
            if (int(land), size) in barred:
                continue
            places.append(place)
            extras.append(size)
            kepts.append(kept)
            capacities.append(kept + size)
            ground = price[land] * land_need_m2(utility, size, standards)
            nuisance = person_a * float(persons[land])
            fixed.append(money.fixed_a(utility, size, ground) + nuisance + float(trunk[place]))
    small = float(screening.sizes[0])
    small_a = money.fixed_a(
        utility, small, land_need_m2(utility, small, standards) * standards.value("siting.land_price")
    )
    own = np.array([money.fixed_a(utility, d, 0.0) for d in task.demand])
    far = float(cost[np.isfinite(cost)].max(initial=0.0))
    offered = np.isin(np.arange(len(screening.lands)), places)
    problem = Problem(
        demand=task.demand * factor,
        cost=cost,
        option_site=np.array(places, int),
        option_capacity=np.array(capacities, float),
        option_cost=np.array(fixed, float),
        # whom no site can reach costs nothing: no choice would serve them
        unserved_cost=np.where(np.isfinite(cost[:, offered]).any(1), small_a + UNSERVED * own + 2 * far, 0.0),
        single_source=rules.choices.single_source,
        most_sites=max(rules.choices.most_sites, int((pinned & offered).sum())),
        must_open=pinned & offered,
    )
    return problem, _Offers(np.array(places, int), np.array(extras, float), np.array(kepts, float), lift)


def _radius(utility: str, standards: Standards) -> float:
    key = f"siting.{utility}.radius_m"
    return standards.value(key) if key in set(standards) else np.inf


def _lifts(task: Task, screening: Screening, rules: Rules) -> np.ndarray:
    """(n, candidates) metres by which wastewater must be lifted: what the fall lacks for the least slope of a sewer."""
    lift = np.zeros((len(task.demand), len(screening.lands)))
    if task.utility != "wastewater":
        return lift
    height = np.array([rules.lowest_m(int(land)) for land in screening.lands])
    slope = rules.standards.value("siting.wastewater.slope")
    need = slope * task.distance_m[:, screening.lands] - (task.consumer_m[:, None] - height[None, :])
    return np.where(np.isfinite(need), np.maximum(need, 0.0), 0.0)


def _sites(
    task: Task,
    screening: Screening,
    rules: Rules,
    money: Money,
    persons: np.ndarray,
    plan: Plan,
    offers: _Offers,
) -> tuple[Choice, list[tuple[int, float, Verdict | None]]]:
    """The sites of a plan, and those that fail their last check: (land, size, verdict or None for this size only)."""
    utility, lands, standards = task.utility, rules.lands, rules.standards
    share = plan.share.tocsc()
    sites: list[Site] = []
    failed: list[tuple[int, float, Verdict | None]] = []
    for place in np.flatnonzero(plan.option >= 0):
        option = int(plan.option[place])
        land, extra, kept = int(screening.lands[place]), float(offers.extra[option]), float(offers.kept[option])
        part = share[:, [place]].toarray()[:, 0]
        who = np.flatnonzero(part > 1e-9)
        row = lands.iloc[land]
        planned = row["origin"] == "planned"
        status = "new" if planned or kept == 0 else "extended" if extra else "existing"
        if status == "existing" and not len(who):
            continue
        shape = _shape(task, rules, land, extra, status)
        if shape is None:
            standard = protection(utility, extra, rules.choices, standards)
            again = len([s for s in screening.sizes if s < extra])
            verdict = None
            if not again:
                verdict = (
                    _judged("protection_distance", 0.0, standard)
                    if standard is not None
                    else Verdict("taken", 0.0, land_need_m2(utility, extra, standards), "m2")
                )
            failed.append((land, extra, verdict))
            continue
        height = rules.height_of(shape)
        if utility == "wastewater" and len(who) and rules.choices.low_ground_pct < 100:
            known = task.consumer_m[who]
            known = known[np.isfinite(known)]
            if len(known) and np.isfinite(height):
                limit = float(np.percentile(known, rules.choices.low_ground_pct))
                if height > limit:
                    failed.append(
                        (land, extra, Verdict("low_ground", round(height, 2), round(limit, 2), "m", *LOW_GROUND))
                    )
                    continue
        load = float((part * task.demand).sum())
        ground = row["price"] * land_need_m2(utility, extra, standards) if extra else 0.0
        way = task.distance_m[:, land] + task.source_m[land]
        flow = money.connection_a(utility) * way + money.lift_a(offers.lift_m[:, place])
        running = load * money.operation_a(utility) + float(
            (part * task.demand * np.where(part > 0, flow, 0.0)).sum()
        )
        running += money.trunk_a(utility) * float(task.distance_m[who, land].min(initial=0.0) if len(who) else 0.0)
        held = float(row["capacity"]) if row["use_for"] == utility else 0.0
        sites.append(
            Site(
                land=land,
                status=status,
                capacity=held + extra,
                extra=extra,
                demand=load,
                served=len(who),
                investment=(money.investment(utility, extra) + money.cny(ground)) if extra else 0.0,
                cost_a=(money.fixed_a(utility, extra, ground) if extra else 0.0) + running,
                exposure=float(persons[land]),
                shape=shape,
                elevation_m=height,
            )
        )
    places = {int(screening.lands[p]): p for p in range(len(screening.lands))}
    order = [places[site.land] for site in sites]
    lift = offers.lift_m[:, order] if order else np.zeros((len(task.demand), 0))
    served = share[:, order].tocsr()
    unserved = np.clip(1.0 - np.asarray(served.sum(1)).ravel(), 0.0, 1.0)
    return Choice(sites, served, unserved, lift, plan.answer), failed


def _shape(task: Task, rules: Rules, land: int, extra: float, status: str) -> shapely.Geometry | None:
    """Ground plan: as much free land as the works needs, outside of every exclusion; None if a new one finds too little.

    An existing works that lies wholly inside an exclusion and is kept all the same keeps its own land.
    """
    ground, row = rules.ground, rules.lands.iloc[land]
    need = land_need_m2(task.utility, extra, rules.standards) if extra else 0.0
    if status != "new":
        free = ground.free[land]
        if free.is_empty:
            return row.geometry
        return carve(free, free.representative_point(), need + rules.held_m2(land))
    piece = rules.piece(task.utility, land, extra)
    if piece.area < SMALLEST_SHARE * need:
        return None
    mine = np.flatnonzero(ground.owner == land)
    inside = mine[shapely.intersects(ground.sample[mine], piece)]
    if not len(inside):
        anchor = piece.representative_point()
    elif task.utility == "wastewater" and np.isfinite(ground.height_m[inside]).any():
        anchor = ground.sample[inside[int(np.nanargmin(ground.height_m[inside]))]]
    else:
        anchor = ground.sample[inside[int(np.argmin(np.round(ground.way_m[inside], 2)))]]
    return carve(piece, anchor, need)
