"""All that is asked about one utility's choice beside the plan itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...solvers.location import Plan, locate
from ...solvers.location.regret import site_bounds
from ..costs import Money
from . import alternatives as next_best
from . import front as fronts
from . import sensitivity
from .alternatives import Alternative, built_of, sites_of
from .first import Choice, held, place_of
from .front import Point
from .model import Prices, problem
from .plan import Measures, measures
from .redundancy import Outage, outages
from .sensitivity import Change

GAP = 1e-2  # relative gap at which the search for each of them may stop; what a plan comes to is exact
EACH_S = 3.0  # the clock of each of them, a safety net
ALL_PAIRS = 40_000  # with more pairs of consumer and site a park is large: see ``study``
TOLD = 0.5  # regrets are told apart up to this share of the cost
SHORTLIST, CALMEST = 4, 2  # sites looked at beside those chosen: with the least regret, exposing fewest people


@dataclass(frozen=True)
class Study:
    """What was found about a choice.

    ``regrets`` (c,): what any plan that opens a site weighs more a year than the plan chosen, at least. ``large``: front,
    alternatives and sensitivity were left out unless the planner wants them all the same.
    """

    measures: Measures | None = None
    front: list[Point] = field(default_factory=list)
    alternatives: list[Alternative] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    regrets: np.ndarray | None = None
    large: bool = False


def study(choice: Choice, money: Money, time_limit_s: float, cancelled: Callable[[], bool]) -> Study:
    """Front, alternatives, sensitivity and outages of ``choice``, as far as its scenario asks for them.

    In a large park each question takes seconds: only outages and regrets are answered, unless the scenario says ``thorough``.
    """
    model, choices = choice.model, money.choices
    if choice.plan is None or not choice.sites:
        return Study()
    chosen = sites_of(model, choice.plan, choice.options)
    everyone = model.whole(choice.plan)
    regrets = _regrets(choice, everyone, cancelled)
    shortlist = _shortlist(choice, chosen, regrets)
    large = int(model.allowed[:, np.unique(model.place)].sum()) > ALL_PAIRS
    ask = choices.thorough or not large

    def solve(prices: Prices, **more: object) -> tuple[Plan | None, np.ndarray]:
        more = {"options": model.regular & shortlist[model.place], "everyone": everyone, **more}
        made, options = problem(model, prices, **more)  # type: ignore[arg-type]
        seconds = min(time_limit_s, EACH_S)
        plan = locate(made, gap=GAP, time_limit_s=seconds, cancelled=cancelled, start=choice.plan, effort="quick")
        return plan, options

    def measure(plan: Plan, options: np.ndarray) -> Measures | None:
        if not model.whole(plan) or not stands(plan, options):
            return None
        return measures(model, plan, options, money, choice.prices)

    def stands(plan: Plan, options: np.ndarray) -> bool:
        return not choice.ground.sites(model, plan, options)[2]

    own = measures(model, choice.plan, choice.options, money, choice.prices)
    base = Point(choice.plan, choice.options, choice.prices, own, "mixed")
    places = np.array([place_of(choice, k) for k in range(len(choice.sites))])
    room = np.array([held(choice, k) for k in range(len(choice.sites))])
    return Study(
        measures=own,
        front=fronts.front(base, choices.front_points if ask else 0, solve, measure),
        alternatives=next_best.alternatives(
            model,
            built_of(model, choice.plan, choice.options),
            choices.alternatives,
            lambda **more: solve(choice.prices, **more),
            stands,
            shortlist,
        )
        if choices.alternatives and ask
        else [],
        changes=sensitivity.changes(model, choice.prices, chosen, choices.sensitivity_pct, solve, shortlist)
        if choices.sensitivity_pct and ask
        else [],
        outages=outages(model, room, places, choice.share),
        regrets=regrets,
        large=large,
    )


def _regrets(choice: Choice, everyone: bool, cancelled: Callable[[], bool]) -> np.ndarray:
    """(c,) what opening each site weighs more than the plan, at least; infinite where no plan opens it."""
    assert choice.plan is not None
    made, _ = problem(choice.model, choice.prices, everyone=everyone)
    now = choice.plan.answer.objective
    bounds = site_bounds(made, choice.plan, now + TOLD * abs(now), cancelled)
    return np.maximum(bounds - now, 0.0)


def _shortlist(choice: Choice, chosen: tuple[int, ...], regrets: np.ndarray) -> np.ndarray:
    """(c,) bool, sites looked at: those chosen, those with the least regret, those that expose fewest people."""
    model = choice.model
    offered = np.bincount(model.place[model.regular], minlength=model.sites) > 0
    people = np.full(model.sites, np.inf)
    built = model.regular & (model.extra > 0)
    np.minimum.at(people, model.place[built], model.exposed[built])
    found = np.zeros(model.sites, bool)
    found[np.lexsort((np.arange(model.sites), np.where(offered, regrets, np.inf)))[:SHORTLIST]] = True
    if (model.exposed > 0).any():
        found[np.lexsort((np.arange(model.sites), regrets, people))[:CALMEST]] = True
    found[list(chosen)] = True
    return found & offered


def regret(choice: Choice, plan: Plan) -> float:
    """What a plan weighs more a year than the one chosen, exposure and CO2 in money included."""
    return float(plan.answer.objective - choice.answer.objective)
