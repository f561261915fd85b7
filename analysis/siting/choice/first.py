"""The plan of one utility at least annual cost, with people and carbon weighed in money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from ...solvers.location import Plan, locate
from ...steps import Answer
from ..costs import Money
from ..exposure import NUISANCE
from ..screening import Rules, Screening
from . import redundancy
from .model import Model, Prices, Task, build, problem
from .plan import Failure, Ground, Site

GAP = 1e-3  # relative gap at which the search may stop
WITHIN = 0.01  # overload of a site, as a share, that the design factor bears
ROUNDS = 8  # how often a site that fails its last check is taken out and the choice made again


@dataclass(frozen=True)
class Choice:
    """The sites of a utility, who is served by which, and how far from the best possible it can be.

    Parameters
    ----------
    share
        (n, sites) sparse, share of each consumer served by each site.
    unserved
        (n,) share of each consumer left out.
    lift_m
        (n, sites).
    plan, options
        The solver's plan and the model's options that it chose from.
    existing_only
        Nothing new was offered, for what stands can serve everyone.
    spare_short
        The planner asked that any one site may fail, and no plan allows it.
    """

    sites: list[Site]
    share: csr_array
    unserved: np.ndarray
    lift_m: np.ndarray
    answer: Answer
    model: Model
    plan: Plan | None
    options: np.ndarray
    prices: Prices
    ground: Ground
    existing_only: bool = False
    spare_short: bool = False


def weights(utility: str, rules: Rules, money: Money) -> Prices:
    """What a person exposed and a tonne of CO2 count for this utility, in the park's currency."""
    person = rules.choices.exposure_cny_person_a if utility in NUISANCE else 0.0
    return Prices(person=money.cny(person), co2=money.cny(rules.choices.co2_cny_t))


def choose(
    task: Task,
    screening: Screening,
    rules: Rules,
    money: Money,
    persons: np.ndarray,
    together: Callable[[np.ndarray, np.ndarray], float],
    time_limit_s: float,
    cancelled: Callable[[], bool],
    unit: str,
) -> Choice:
    """Choose sites and sizes at least annual cost.

    Cost = annuity of the investment, upkeep, interest on land, connection or haulage by road, lifting of wastewater,
    losses on the way; exposure and CO2 weighed in money. Operation is the same wherever a works stands and is left out
    of the choice. A site that fails its last check (ground plan, low ground for those it really serves, loads that
    coincide more than those of the whole park) is taken out or given a larger load, and the choice made again.

    Parameters
    ----------
    together
        Share of some demands of some consumers (row numbers in ``task``) that falls due at once.
    """
    prices = weights(task.utility, rules, money)
    pinned = np.array([rules.named(rules.choices.pin, task.utility, int(land)) for land in screening.lands], bool)
    ground = Ground(screening, rules, money, persons)
    barred: set[tuple[int, float]] = set()
    uphill = np.zeros(task.distance_m.shape, bool)
    choice: Choice | None = None
    for _ in range(ROUNDS):
        model = build(task, screening, rules, money, persons, barred, uphill)
        start = choice.plan if choice is not None else None
        found = _plan(model, prices, pinned, rules, time_limit_s, cancelled, unit, start)
        if found is None:  # more pinned than allowed, or pinned and rejected: the pins that can stand alone count
            pinned = pinned & False
            continue
        plan, options, existing_only, spare_short = found
        sites, share, failures = ground.sites(model, plan, options)
        places = {int(land): k for k, land in enumerate(screening.lands)}
        order = [places[site.land] for site in sites]
        choice = Choice(
            sites=sites,
            share=share,
            unserved=np.clip(1.0 - np.asarray(share.sum(1)).ravel(), 0.0, 1.0),
            lift_m=model.lift_m[:, order],
            answer=_of_the_served(plan.answer, model, plan),
            model=model,
            plan=plan,
            options=options,
            prices=prices,
            ground=ground,
            existing_only=existing_only,
            spare_short=spare_short,
        )
        higher = _coincide_more(choice, together)
        if not failures and higher is None:
            return choice
        for failure in failures:
            _heed(failure, task, screening, rules, barred, uphill)
        if higher is not None and not failures:
            task = replace(task, coincidence=higher)
    assert choice is not None, "a choice without pins always has a plan: whoever cannot be served is left out"
    return choice


def _plan(
    model: Model,
    prices: Prices,
    pinned: np.ndarray,
    rules: Rules,
    time_limit_s: float,
    cancelled: Callable[[], bool],
    unit: str,
    start: Plan | None,
) -> tuple[Plan, np.ndarray, bool, bool] | None:
    """A plan, the options it chose from, whether only what stands was offered, whether n-1 could not be kept.

    ``start`` is the plan of the round before.
    """
    utility = model.task.utility

    def solve(**more: object) -> tuple[Plan | None, np.ndarray]:
        made, options = problem(model, prices, must=pinned, **more)  # type: ignore[arg-type]
        name = f"siting.{utility}"
        plan = locate(
            made, gap=GAP, time_limit_s=time_limit_s, cancelled=cancelled, name=name, unit=unit, start=start
        )
        return plan, options

    if utility in rules.choices.redundant:
        plan, options = redundancy.plan(model, solve)
        if plan is not None:
            return plan, options, False, False
    elif rules.choices.existing_first and not pinned.any():
        standing = model.regular & (model.extra == 0)
        if standing.any() and _may_serve_all(model, standing) and not model.own_treatment:
            plan, options = solve(options=standing, everyone=True)
            if plan is not None:
                return plan, options, True, False
    plan = None
    if _may_serve_all(model, model.regular):
        plan, options = solve(everyone=True)
    if plan is None:
        plan, options = solve()
    return None if plan is None else (plan, options, False, utility in rules.choices.redundant)


def _may_serve_all(model: Model, options: np.ndarray) -> bool:
    """Whether capacity and reach of some options could be enough for everyone who can be served at all."""
    room = float((model.kept + model.extra)[options].sum())
    reached = np.asarray(model.allowed[:, model.place[options]].any(axis=1))
    wanted = model.unserved > 0
    return bool(reached[wanted].all()) and room >= float(model.need[wanted].sum()) * (1 - 1e-9)


def _of_the_served(answer: Answer, model: Model, plan: Plan) -> Answer:
    """The answer without the charge for those left out, which is no money and would make any gap look small.

    The bound is then that of plans that leave out as much.
    """
    charge = 0.0 if model.own_treatment else float(plan.unserved @ model.unserved)
    if charge <= 0:
        return answer
    objective = answer.objective - charge
    bound = None if answer.bound is None else min(answer.bound - charge, objective)
    gap = None if bound is None else (objective - bound) / max(1.0, abs(objective))
    return replace(answer, objective=objective, bound=bound, gap=gap)


def held(choice: Choice, k: int) -> float:
    """Capacity that site ``k`` of a choice offers to the park."""
    site, model = choice.sites[k], choice.model
    mine = (model.place == place_of(choice, k)) & (model.extra == site.extra)
    return float((model.kept + model.extra)[mine].max())


def place_of(choice: Choice, k: int) -> int:
    """Row of ``screening.lands`` of site ``k``."""
    return int(np.flatnonzero(choice.ground.screening.lands == choice.sites[k].land)[0])


def loads(choice: Choice, demand: np.ndarray, together: Callable[[np.ndarray, np.ndarray], float]) -> np.ndarray:
    """(sites,) capacity that (n,) demands take up at each site: what of them falls due at once, x design factor."""
    model = choice.model
    factor = float(model.need[0] / model.task.demand[0] / model.task.coincidence)
    found = np.zeros(len(choice.sites))
    for k in range(len(choice.sites)):
        part = choice.share[:, [k]].toarray()[:, 0] * demand
        who = np.flatnonzero(part > 0)
        found[k] = part.sum() * factor * (together(who, part[who]) if len(who) else 1.0)
    return found


def _coincide_more(choice: Choice, together: Callable[[np.ndarray, np.ndarray], float]) -> float | None:
    """A coincidence at which every site can hold its own group's peak, where one cannot; None where all can."""
    task = choice.model.task
    load = loads(choice, task.demand, together)
    plain = loads(choice, task.demand, lambda who, part: 1.0)
    room = np.array([held(choice, k) for k in range(len(choice.sites))])
    over = load > room * (1 + WITHIN)
    worst = float((load[over] / plain[over]).max(initial=0.0))
    return worst if worst > task.coincidence * (1 + 1e-6) else None


def _heed(
    failure: Failure,
    task: Task,
    screening: Screening,
    rules: Rules,
    barred: set[tuple[int, float]],
    uphill: np.ndarray,
) -> None:
    """Take out of the choice what failed."""
    if failure.verdict is None:
        barred.add((failure.land, failure.size))
    elif failure.verdict.rule == "low_ground" and not uphill[:, failure.land].any():
        _bar_uphill(task, screening, rules, uphill, failure.land)
    else:
        screening.reject(failure.land, failure.verdict)


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
