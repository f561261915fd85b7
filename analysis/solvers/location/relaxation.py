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
MATTERS = 0.1  # share of the gap that fractions of consumers must be worth
FEW = 900  # options among which the choice is always made in whole options
REFINED = 60  # knapsacks solved in whole consumers at one point


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
        # a site that must be open and has no option, or a consumer to be served without a site: no such plan
        self.void = bool(
            np.isin(np.flatnonzero(core.forced), core.site, invert=True).any() or not np.isfinite(self.lost)
        )
        self.cap = problem.unserved_cost
        # whoever cannot be reached costs what leaving him unserved costs
        self.floor = np.where(self.reached | ~np.isfinite(self.cap), -np.inf, self.cap)
        self.near, self.ceiling = core, np.full(core.shape[0], -np.inf)

    def at(self, prices: np.ndarray, margin: float | None, whole: bool = True) -> Point | None:
        """The relaxation at (n,) prices; None where it has no solution.

        Knapsacks of options within ``margin`` of being chosen are solved in whole consumers, None for no margin. Options are
        chosen as wholes where ``whole`` says so or they are few.
        """
        core, reached = self.core, self.reached
        if self.void:
            return None
        prices = np.minimum(np.maximum(prices, self.floor), self.cap)
        if (prices > self.ceiling).any():
            # pairs dearer than the price bring nothing; those looked at last until some price has risen a good deal
            room = np.maximum(0.5 * np.abs(prices), 0.1 * np.abs(prices).mean())
            self.ceiling = np.where(prices > self.ceiling, prices + room, self.ceiling)
            self.near = core.cheaper(self.ceiling)
        found = loads(self.near, prices)
        room = (self.cap - prices)[reached] / core.problem.demand[reached]
        spill = float(room.min(initial=np.inf))
        whole = whole or len(core.site) <= FEW
        opened = self.opening.solve(found.worth, spill, whole=whole)
        if opened is None:
            return None
        if margin is not None and core.problem.single_source:
            near = np.flatnonzero(opened.lift <= opened.value + margin)
            near = near[np.argsort(opened.lift[near], kind="stable")[:REFINED]]
            refine(core, found, near)
            opened = self.opening.solve(found.worth, spill, whole=whole)
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
    # one without any option left means that there is no such plan, which the relaxation finds
    return Relaxation(replace(left, forced=core.forced | must))


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

    def matters(self, goal: float) -> bool:
        """Whether the fractions of consumers in the best loads could be worth a good part of what is open."""
        if self.best is None:
            return False
        found, options = self.best.loads, self.best.opened.options
        part = found.part[options]
        at = np.minimum(found.whole[options], max(len(found.gain) - 1, 0))
        return len(found.gain) > 0 and float((part * found.gain[at]).sum()) > MATTERS * (goal - self.bound)

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
            point = self.relaxation.at(prices, margin if self.matters(goal) else None, exact)
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
