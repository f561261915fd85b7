"""What there is to choose from for one utility: sizes at sites and ways to consumers, each with money, exposure and CO2.

One model serves every question: the plan, its front, its alternatives and how it moves. A question sets prices and
what may or must be open, and gets a location problem on plain arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.location import Plan, Problem
from ..costs import Money, land_need_m2, sizes
from ..exposure import NUISANCE
from ..screening import Rules, Screening
from ..ways import Lift, lift, way

OWN = (
    "waste_gas",
)  # what firms treat themselves where no shared works pays; of all else nobody is left out to save money
UNSERVED = 10.0  # a firm left out counts as this many works of its own


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
    coincidence
        Share of the sum of demands that falls due at once, for which works are sized.
    """

    utility: str
    consumers: np.ndarray
    demand: np.ndarray
    distance_m: np.ndarray
    consumer_m: np.ndarray
    source_m: np.ndarray
    coincidence: float = 1.0


@dataclass(frozen=True)
class Prices:
    """What counts in a choice, in the park's currency, and how far prices and demand are moved from today's.

    ``person`` a person exposed a year; ``co2`` a tonne; the others are factors.
    """

    person: float
    co2: float
    works: float = 1.0
    carriage: float = 1.0
    energy: float = 1.0
    demand: float = 1.0


@dataclass(frozen=True)
class Model:
    """Options (a size at a site) and pairs (a consumer and a site); sites are the rows of ``screening.lands``.

    Parameters
    ----------
    place, extra, kept
        (o,) site of each option, size to be built, capacity that stands.
    works, land, exposed
        (o,) annual cost of the works, interest on its land, persons exposed by what is built.
    trunk
        (c,) annual cost of the least pipe that new works at the site need.
    carriage, energy, co2_t
        (n, c) a year for all of a consumer: pipe or haulage with lifting stations, losses and electricity, CO2.
    allowed
        (n, c) bool, within the radius and not uphill where that is barred.
    lift_m
        (n, c) height by which wastewater must be lifted.
    need
        (n,) capacity that each consumer takes up: demand x coincidence x design factor.
    regular
        (o,) bool; sizes beyond today's whole demand are offered only where demand is moved up.
    unserved
        (n,) cost of leaving a consumer out, 0 where nobody can reach him.
    own_treatment
        Whoever is left out has works of his own at that cost; else it is a charge that no plan pays gladly.
    """

    task: Task
    place: np.ndarray
    extra: np.ndarray
    kept: np.ndarray
    works: np.ndarray
    land: np.ndarray
    exposed: np.ndarray
    trunk: np.ndarray
    carriage: np.ndarray
    energy: np.ndarray
    co2_t: np.ndarray
    allowed: np.ndarray
    lift_m: np.ndarray
    need: np.ndarray
    regular: np.ndarray
    unserved: np.ndarray
    own_treatment: bool
    single_source: bool
    most_sites: int

    @property
    def sites(self) -> int:
        return int(self.allowed.shape[1])

    def whole(self, plan: Plan) -> bool:
        """Whether a plan leaves out nobody who can be reached, or whoever it leaves out has works of his own."""
        return self.own_treatment or bool(plan.unserved[self.unserved > 0].max(initial=0.0) <= 1e-9)


def lifts(task: Task, screening: Screening, rules: Rules) -> np.ndarray:
    """(n, candidates) metres by which wastewater must be lifted: what the fall lacks for the least slope of a sewer."""
    found = np.zeros((len(task.demand), len(screening.lands)))
    if task.utility != "wastewater":
        return found
    height = np.array([rules.lowest_m(int(land)) for land in screening.lands])
    slope = rules.standards.value("siting.wastewater.slope")
    need = slope * task.distance_m[:, screening.lands] - (task.consumer_m[:, None] - height[None, :])
    return np.where(np.isfinite(need), np.maximum(need, 0.0), 0.0)


def build(
    task: Task,
    screening: Screening,
    rules: Rules,
    money: Money,
    persons: np.ndarray,
    barred: set[tuple[int, float]],
    uphill: np.ndarray,
) -> Model:
    """The model of ``task`` on the candidates that screening left.

    Parameters
    ----------
    persons
        (lands,) persons exposed by a works on each land.
    barred
        (land, size) that failed a last check.
    uphill
        (n, lands) bool, ways barred because they lead up.
    """
    utility, standards, choices = task.utility, rules.standards, rules.choices
    distance = task.distance_m[:, screening.lands]
    lift_m = lifts(task, screening, rules)
    up = lift(lift_m, money) if utility == "wastewater" else Lift(lift_m, lift_m, lift_m)
    along, each = way(utility, money), task.demand[:, None]
    finite = np.isfinite(distance)
    length = np.where(finite, distance, 0.0) + task.source_m[screening.lands]
    allowed = finite & (distance <= radius_m(utility, rules)) & ~uphill[:, screening.lands]
    # new works need a pipe to their nearest firm, however little flows in it; those that stand have theirs
    nearest = np.where(allowed, distance, np.inf).min(0, initial=np.inf)
    new = rules.lands["available"].to_numpy(float)[screening.lands] <= 0
    trunk = money.trunk_a(utility) * np.where(np.isfinite(nearest) & new, nearest, 0.0)
    need = task.demand * standards.value(f"siting.{utility}.design_factor") * task.coincidence
    options = _options(task, screening, rules, barred)
    place, extra, kept = options.T if len(options) else np.zeros((3, 0))
    place = place.astype(int)
    land = screening.lands[place]
    price = rules.lands["price"].to_numpy(float)
    ground = np.array([land_need_m2(utility, e, standards) if e else 0.0 for e in extra]) * price[land]
    carriage = each * (along.carriage * length + up.station)
    energy = each * (along.losses * length + up.power)
    small = float(screening.sizes[0])
    whole = money.works_a(utility, small) + money.land_a(
        land_need_m2(utility, small, standards) * standards.value("siting.land_price")
    )
    own = np.array([money.works_a(utility, d) for d in task.demand])
    far = float((carriage + energy)[allowed].max(initial=0.0))
    reached = allowed[:, np.unique(place)].any(1) if len(place) else np.zeros(len(task.demand), bool)
    return Model(
        task=task,
        place=place,
        extra=extra,
        kept=kept,
        works=np.array([money.works_a(utility, e) if e else 0.0 for e in extra]),
        land=np.array([money.land_a(g) for g in ground]),
        exposed=np.where(extra > 0, persons[land], 0.0) if utility in NUISANCE else np.zeros(len(extra)),
        trunk=trunk,
        carriage=carriage,
        energy=energy,
        co2_t=each * (along.co2_t * length + up.co2_t),
        allowed=allowed,
        lift_m=lift_m,
        need=need,
        regular=extra <= sizes(float(need.sum()))[-1],
        # whom no site can reach costs nothing: no choice would serve them
        unserved=np.where(reached, own if utility in OWN else whole + UNSERVED * own + 2 * far, 0.0),
        own_treatment=utility in OWN,
        single_source=choices.single_source,
        most_sites=choices.most_sites_of.get(utility, choices.most_sites),  # type: ignore[call-overload]
    )


def _options(task: Task, screening: Screening, rules: Rules, barred: set[tuple[int, float]]) -> np.ndarray:
    """(o, 3) site, size to be built, capacity that stands; what stands costs nothing, its money is spent."""
    available, use = rules.lands["available"].to_numpy(float), rules.lands["use_for"].to_numpy()
    rows: list[tuple[float, float, float]] = []
    for place, land in enumerate(screening.lands):
        if int(land) in screening.verdict:
            continue
        kept = float(available[land]) if use[land] == task.utility else 0.0
        if kept > 0:
            rows.append((place, 0.0, kept))
        fitting = screening.sizes[screening.fits[place]]
        rows += [(place, float(size), kept) for size in fitting if (int(land), float(size)) not in barred]
    return np.array(rows, float).reshape(-1, 3)


def radius_m(utility: str, rules: Rules) -> float:
    """Longest way from a site of ``utility`` to whom it serves: the planner's, else the standard's, else any."""
    key = f"siting.{utility}.radius_m"
    given = rules.choices.radius_m.get(utility)  # type: ignore[call-overload]
    if given is not None:
        return float(given)
    return rules.standards.value(key) if key in set(rules.standards) else np.inf


def problem(
    model: Model,
    prices: Prices,
    *,
    must: np.ndarray | None = None,
    options: np.ndarray | None = None,
    reserve: float = 0.0,
    least_sites: int | None = None,
    most_sites: int | None = None,
    everyone: bool = False,
) -> tuple[Problem, np.ndarray]:
    """The location problem of ``model`` at ``prices``, and the options (numbers in the model) that it offers.

    Parameters
    ----------
    must
        (c,) bool, sites that must be open.
    options
        (o,) bool, options that may be used; all regular ones where not given.
    reserve
        Capacity that must stand beyond the demand.
    least_sites, most_sites
        Fewest and most sites; the planner's most where not given.
    everyone
        Nobody who can be reached may be left out. A bound then need not reckon with the charge for it.
    """
    use = np.flatnonzero(model.regular if options is None else options)
    place = model.place[use]
    offered = np.bincount(place, minlength=model.sites) > 0
    must = np.zeros(model.sites, bool) if must is None else must
    fixed = prices.works * model.works[use] + model.land[use] + prices.carriage * model.trunk[place]
    pair = (prices.carriage * model.carriage + prices.energy * model.energy) + prices.co2 * model.co2_t
    most = float(model.exposed.max(initial=0.0)) * model.most_sites
    if model.own_treatment:
        lost = prices.works * prices.demand * model.unserved
    else:  # nobody is left out to spare money, people or carbon
        lost = model.unserved + prices.person * most + prices.co2 * 2 * model.co2_t.max(initial=0.0)
        lost = np.full(len(lost), np.inf) if everyone else lost * max(prices.demand, 1.0)
    return Problem(
        demand=model.need * prices.demand,
        cost=np.where(model.allowed & offered, pair * prices.demand, np.inf),
        option_site=place,
        option_capacity=model.kept[use] + model.extra[use],
        option_cost=fixed + prices.person * model.exposed[use],
        unserved_cost=np.where(model.unserved > 0, lost, 0.0),
        single_source=model.single_source,
        most_sites=max(most_sites or model.most_sites, int((must & offered).sum())),
        must_open=must & offered,
        least_sites=least_sites,
        least_capacity=float(model.need.sum()) * prices.demand + reserve if reserve else 0.0,
    ), use
