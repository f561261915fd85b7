"""Lagrangian relaxation of capacitated location: a bound, and what can still matter.

That a consumer is served once is priced with a multiplier. What is left falls apart into a knapsack for each option
(``knapsack``) and the choice of options (``opening``). Multipliers move along a deflected subgradient with Polyak's step. An
option or a pair whose use would lift the bound above the best plan is dropped for good, a site without which it would be is
held open (reduced-cost fixing). See Barcelo, Fernandez and Jornsten (1991), Computational results from a new Lagrangean relaxation algorithm
for the capacitated plant location problem; Klose and Goertz (2007), A branch-and-price algorithm for the capacitated facility location
problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .core import SLACK, Core
from .knapsack import Loads, loads, refine
from .opening import Opened, Opening

PATIENCE = 10  # iterations without a better bound before the step is halved
DEFLECTION = 0.6


@dataclass(frozen=True)
class Point:
    """The relaxation at some prices.

    ``value`` is a lower bound of the problem, ``slack`` (n,) 1 less the share served (the subgradient), ``base`` what the bound has
    beside the choice of options.
    """

    prices: np.ndarray
    value: float
    slack: np.ndarray
    base: float
    loads: Loads
    opened: Opened
    spill: float


class Relaxation:
    """The relaxation of one core."""

    def __init__(self, core: Core) -> None:
        self.core = core
        problem = core.problem
        self.opening = Opening(core)
        self.reached = self.opening.reached
        self.lost = float(
            problem.unserved_cost[~self.reached].sum()
        )  # infinite: nobody serves one who must be served
        self.cap = problem.unserved_cost

    def at(self, prices: np.ndarray, margin: float | None) -> Point | None:
        """The relaxation at (n,) prices; None where it has no solution.

        Knapsacks of options within ``margin`` of being chosen are solved in whole consumers, None for no margin.
        """
        core, reached = self.core, self.reached
        prices = np.minimum(prices, self.cap)
        found = loads(core, prices)
        room = (self.cap - prices)[reached] / core.problem.demand[reached]
        spill = float(room.min(initial=np.inf))
        opened = self.opening.solve(found.worth, spill)
        if opened is None or not np.isfinite(self.lost):
            return None
        if margin is not None and core.problem.single_source:
            refine(core, found, np.flatnonzero(opened.lift <= opened.value + margin))
            opened = self.opening.solve(found.worth, spill)
            if opened is None:
                return None
        served = np.zeros(core.shape[0])
        for option in opened.options.tolist():
            who, share = found.inside(option)
            served[who] += share
        slack = np.where(reached, 1.0 - served, 0.0)
        slack = np.where(prices >= self.cap, np.minimum(slack, 0.0), slack)
        base = float(prices[reached].sum()) + self.lost
        return Point(prices, base + opened.value, slack, base, found, opened, spill)

    def lifts(self, point: Point, cutoff: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bounds once an option (o,) or a pair (p,) is used, or a site (m,) is not; good up to ``cutoff``."""
        core, found = self.core, point.loads
        opened = self.opening.solve(found.worth, point.spill, cutoff - point.base) or point.opened
        pair = np.full(len(core.pair_site), np.inf)
        demand = core.problem.demand[core.pair_consumer]
        gain = point.prices[core.pair_consumer] - core.pair_cost
        rest = opened.lift - found.worth
        last = core.first[core.pair_site + 1] - 1
        for column in range(int((core.first[1:] - core.first[:-1]).max(initial=0))):
            option = np.minimum(core.first[core.pair_site] + column, last)
            loss = np.maximum(demand * found.rate[option] - gain, np.maximum(-gain, 0.0))
            with_it = rest[option] + np.maximum(found.worth[option], found.linear[option] + loss)
            if core.problem.single_source:
                with_it = np.where(demand <= core.capacity[option] * (1 + SLACK), with_it, np.inf)
            pair = np.minimum(pair, with_it)
        return point.base + opened.lift, point.base + pair, point.base + opened.shut


def narrow(relaxation: Relaxation, point: Point, cutoff: float) -> Relaxation:
    """What is left where only plans cheaper than ``cutoff`` count."""
    core = relaxation.core
    option, pair, shut = relaxation.lifts(point, cutoff)
    tolerance = 1e-9 * max(1.0, abs(cutoff))
    options, pairs, must = option <= cutoff + tolerance, pair <= cutoff + tolerance, shut > cutoff + tolerance
    left = core.keep(options, pairs)
    forced = core.problem.forced | (must & np.isin(np.arange(core.shape[1]), left.site))
    return Relaxation(replace(left, problem=replace(core.problem, must_open=forced)))


def first_prices(core: Core) -> np.ndarray:
    """(n,) prices to begin with: the cheapest way to serve each consumer with his share of the fixed cost."""
    problem = core.problem
    n, m = core.shape
    room = core.capacity > 0
    rate = np.full(m, np.inf)
    np.minimum.at(rate, core.site[room], core.fixed[room] / core.capacity[room])
    way = np.full(n, np.inf)
    np.minimum.at(
        way, core.pair_consumer, core.pair_cost + problem.demand[core.pair_consumer] * rate[core.pair_site]
    )
    way = np.minimum(way, problem.unserved_cost)
    return np.where(np.isfinite(way), way, 0.0)


@dataclass
class Ascent:
    """Where the multipliers stand; ``run`` goes on from there."""

    relaxation: Relaxation
    prices: np.ndarray
    bound: float = -np.inf
    best: Point | None = None
    step: float = 1.0

    def run(
        self,
        iterations: int,
        target: Callable[[], float],
        exact: bool,
        least_step: float,
        visit: Callable[[Point, bool], bool],
    ) -> None:
        """Move the multipliers.

        ``target`` is the cost of the best plan, ``visit`` is told each point and whether it is the best so far; it returns true to stop.
        """
        prices, wait = self.prices, 0
        direction = np.zeros_like(prices)
        for _ in range(iterations):
            goal = target()
            margin = 0.5 * max(goal - self.bound, 0.0) if exact and np.isfinite(goal - self.bound) else None
            point = self.relaxation.at(prices, margin)
            if point is None:
                self.bound = np.inf
                return
            rise = point.value - self.bound
            better = rise > 0
            if better:
                wait = 0 if not rise < 1e-6 * abs(point.value) else wait + 1
                self.bound, self.prices, self.best = point.value, point.prices, point
            else:
                wait += 1
            if visit(point, better):
                return
            if wait >= PATIENCE:
                self.step, wait, prices, direction = self.step / 2, 0, self.prices, np.zeros_like(prices)
                if self.step < least_step:
                    return
                continue
            direction = point.slack + DEFLECTION * direction
            norm = float(direction @ direction)
            if norm < 1e-12:
                return
            goal = target()
            if not np.isfinite(goal):
                goal = point.value + 0.1 * abs(point.value)
            aim = max(goal - point.value, 1e-6 * abs(goal))
            prices = np.minimum(point.prices + self.step * aim / norm * direction, self.relaxation.cap)
