"""Bound and plan together: multipliers, sets of options, assignments, and what their gap leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ...errors import Cancelled
from .core import Core
from .knapsack import loads
from .plans import Draft, Drafts
from .relaxation import Ascent, Point, Relaxation, first_prices, narrow
from .sets import Rated, improve, neighbours, rate

FIRST_ITERATIONS = 30
REACH = 0.1  # farthest above the bound that the multipliers aim at
ITERATIONS = 60
EXACT_ITERATIONS = 150
STARTS = 5  # first plans tried
LOOSER = 4  # options added where no plan of a set is found
SCANNED, NEIGHBOURS = 4, 80  # sets all of whose neighbours are looked at, and how many of them
ROUNDS = 8
EXACT_ROUNDS = 3
LARGE_PAIRS, CLOSE = 100_000, 0.0075  # a large problem is left at this relative gap, unless more is asked for
FACTORS = (0.0, 1.0, 1.5, 2.0, 4.0)  # times the least cost of serving a consumer, among the prices to begin with
FAR = 0.04  # relative gap that is more than the relaxation leaves
STILL = 5e-4  # change of bound and plan, relative, below which they stand still


Effort = Literal["quick", "usual", "thorough"]


@dataclass(frozen=True)
class Exploration:
    """Of one exploration: sets to start from, sets looked at, prices of the best of them at which an assignment is made."""

    starts: int
    ratings: int
    prices: int


SHORT = Exploration(3, 80, 10)  # while the multipliers are far from settled
MIDDLE = Exploration(5, 300, 10)  # the same while the best plan is far off
LONG = Exploration(5, 300, 40)
QUICK, QUICK_ROUNDS = Exploration(2, 40, 4), 2  # for one of many questions
BRIEF = Exploration(4, 120, 4)  # of a large problem, where each takes long
WIDE = Exploration(20, 3_000, 40)  # where time matters less than the plan


@dataclass
class Clock:
    """When to end: asked often, it raises where the user cancelled and remembers that time ran out."""

    end: float
    cancelled: Callable[[], bool]
    hit: bool = False

    def over(self) -> bool:
        """Whether time is up."""
        if self.cancelled():
            raise Cancelled()
        late = time.perf_counter() > self.end
        self.hit |= late
        return late

    def left(self) -> float:
        """Seconds that remain."""
        return max(0.0, self.end - time.perf_counter())


@dataclass
class Search:
    """All that is known of a problem: the best plan, the bound, and what can still be in a better plan."""

    drafts: Drafts
    relaxation: Relaxation
    ascent: Ascent
    clock: Clock
    gap: float
    grain: float  # plans' costs are multiples of it; 0 where they are any number
    best: Draft | None = None
    bound: float = -np.inf
    # sets that the relaxation opened, in the numbers of the problem
    pool: dict[bytes, Rated] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    # sets that were made into plans, and at how many prices
    rated: dict[bytes, Rated] = field(default_factory=dict)
    polished: dict[bytes, int] = field(default_factory=dict)

    @property
    def core(self) -> Core:
        """What is left of the problem."""
        return self.relaxation.core

    @property
    def upper(self) -> float:
        """Cost of the best plan."""
        return np.inf if self.best is None else self.best.total

    @property
    def cutoff(self) -> float:
        """Most that a better plan can cost."""
        return self.upper - self.grain * (1 - 1e-6)

    def offer(self, draft: Draft | None) -> bool:
        """Take a plan if it is better."""
        if draft is None or draft.total >= self.upper - 1e-9 * max(1.0, abs(self.upper)):
            return False
        self.best = draft
        return True

    def raise_bound(self, value: float) -> None:
        """Take a bound of what is left, which with the best plan holds for all."""
        if self.grain:
            value = np.ceil(value / self.grain - 1e-6) * self.grain if np.isfinite(value) else value
        self.bound = max(self.bound, min(value, self.upper))

    def done(self) -> bool:
        """Whether gap or time says to stop."""
        if np.isfinite(self.upper) and self.upper - self.bound <= self.gap * max(1.0, abs(self.upper)):
            return True
        return self.clock.over()

    def climb(self, iterations: int, exact: bool, least_step: float) -> None:
        """Move the multipliers, remembering the sets that the relaxation opens."""
        core = self.core
        self.pool.clear()

        def visit(point: Point, better: bool) -> bool:
            options = core.option[point.opened.options]
            key = options.tobytes()
            if better or key not in self.pool:
                self.pool[key] = Rated(options, -point.value, point.prices)
            if better:
                self.raise_bound(point.value)
            return self.done()

        def goal() -> float:  # far plans would make for steps too long
            bound = self.ascent.bound
            return min(self.upper, bound + REACH * abs(bound)) if np.isfinite(bound) else self.upper

        self.ascent.run(iterations, goal, exact, least_step, visit)
        self.raise_bound(self.ascent.bound)

    def first(self) -> None:
        """Plans of the sets that the relaxation opens, as they are."""
        for rated in sorted(self.pool.values(), key=lambda rated: rated.value)[:STARTS]:
            if self.done():
                return
            self.offer(self.drafts.draft(rated.options))
        if self.best is None and self.pool:
            self.loosen(min(self.pool.values(), key=lambda rated: rated.value))

    def loosen(self, rated: Rated) -> None:
        """Plans of a set too tight for whole consumers, with the options added that are worth most at its prices."""
        core = self.core
        options = np.flatnonzero(np.isin(core.option, rated.options))
        worth = loads(core, rated.prices).worth
        for _ in range(LOOSER):
            worth[np.isin(core.site, core.site[options])] = np.inf
            if (
                self.best is not None
                or self.clock.over()
                or len(options) >= core.most
                or not np.isfinite(worth).any()
            ):
                return
            options = np.append(options, int(np.argmin(worth)))
            self.offer(self.drafts.draft(core.option[options]))

    def explore(self, effort: Exploration) -> None:
        """Better sets near those of the relaxation, and the assignments of the best of them."""
        core = self.core
        starts = sorted(self.pool.values(), key=lambda rated: rated.value)[: effort.starts]
        if self.best is not None:
            starts.append(Rated(self.best.option[self.best.option >= 0], self.upper, self.ascent.prices))
        left = effort.ratings
        for start in starts:
            if self.done() or left <= 0:
                return
            options = np.flatnonzero(np.isin(core.option, start.options))
            if len(options) < len(start.options):  # it has what no better plan has
                continue
            first = rate(core, options, start.prices, np.inf, FIRST_ITERATIONS, 0.5)
            before = len(self.seen)
            found = improve(core, self.relaxation.near, first, self.seen, self.clock.over, left)
            left -= len(self.seen) - before + 1
            self.polish(found, effort.prices)

    def polish(self, rated: Rated, prices: int) -> None:
        """Assignments of a set at the prices of its own relaxation."""
        key = self.core.option[rated.options].tobytes()
        if self.polished.get(key, 0) >= prices or not rated.value < self.cutoff:
            return
        self.polished[key] = prices
        part, core_options = self.core.only(rated.options), self.core.option[rated.options]
        guide = np.zeros(self.core.shape[1])

        def visit(point: Point, better: bool) -> bool:
            guide[part.site] = point.loads.rate
            self.offer(self.drafts.draft(part.option, guide))
            # shares are found by a transport problem, the same at all prices
            return self.done() or ascent.bound >= self.cutoff or not self.core.problem.single_source

        ascent = Ascent(Relaxation(part), rated.prices, step=0.3)
        ascent.run(prices, lambda: self.upper, True, 0.01, visit)
        self.rated[key] = Rated(core_options, ascent.bound, ascent.prices)
        if self.best is None:
            self.loosen(self.rated[key])

    def scan(self) -> None:
        """All neighbours of the best sets that could hold a better plan: the set of the least bound may be too tight for any."""
        for base in sorted(self.rated.values(), key=lambda rated: rated.value)[:SCANNED]:
            core = self.core
            options = np.flatnonzero(np.isin(core.option, base.options))
            if len(options) < len(base.options):
                continue
            found = []
            for near in neighbours(self.relaxation.near, Rated(options, self.cutoff, base.prices), NEIGHBOURS):
                if self.done():
                    return
                if core.option[near].tobytes() not in self.polished:
                    found.append(rate(core, near, base.prices, self.cutoff, exact=True))
            for rated in sorted(found, key=lambda rated: rated.value):
                if self.done():
                    return
                self.polish(rated, LONG.prices // 2)

    def shrink(self) -> None:
        """Drop what no better plan uses."""
        if self.best is None or self.ascent.best is None:
            return
        before = len(self.core.pair_site)
        self.relaxation = narrow(self.relaxation, self.ascent.best, self.cutoff)
        if len(self.core.pair_site) < before:
            self.seen.clear()
        self.ascent = Ascent(self.relaxation, self.ascent.prices, step=0.3)
        self.ascent.best = self.relaxation.at(self.ascent.prices, None)


def begin(
    core: Core, drafts: Drafts, prices: np.ndarray | None, best: Draft | None, gap: float, clock: Clock
) -> Search:
    """A search that knows of nothing but a start."""
    problem = core.problem
    relaxation = Relaxation(core)
    start, known = _start(relaxation, prices)
    money = (core.fixed, core.pair_cost, problem.unserved_cost[np.isfinite(problem.unserved_cost)])
    whole = problem.single_source and all((part == np.round(part)).all() for part in money)
    ascent = Ascent(relaxation, start, step=1.0 if prices is None else 0.3)
    search = Search(drafts, relaxation, ascent, clock, gap, 1.0 if whole else 0.0, best)
    search.raise_bound(known)
    return search


def _start(relaxation: Relaxation, given: np.ndarray | None) -> tuple[np.ndarray, float]:
    """Prices to begin with, those of the best bound among some, and that bound.

    Where fixed costs dominate and sites are few, prices near the costs of serving bound better than such as pay for the sites too.
    """
    core = relaxation.core
    least = np.full(core.shape[0], np.inf)
    np.minimum.at(least, core.pair_consumer, core.pair_cost)
    least = np.where(np.isfinite(least), least, 0.0)
    trials = [first_prices(core), *(factor * least for factor in FACTORS)]
    if given is not None:
        trials.append(np.where(np.isfinite(given), given, 0.0))
    values = []
    for prices in trials:
        point = relaxation.at(prices, None)
        values.append(-np.inf if point is None else point.value)
    k = int(np.argmax(values))
    return trials[k], values[k]


def run(search: Search, effort: Effort) -> None:
    """Rounds of climbing, exploring and shrinking: with fractions until the bound stands still, then in whole consumers."""
    if search.best is None:  # a first plan to aim at
        search.climb(FIRST_ITERATIONS, False, 0.05)
        search.first()
    large = effort != "thorough" and len(search.core.pair_site) > LARGE_PAIRS
    soon = large or effort == "quick"

    def enough() -> bool:
        return search.done() or (soon and search.upper - search.bound <= CLOSE * abs(search.upper))

    quick = effort == "quick"
    for _ in range(QUICK_ROUNDS if quick else ROUNDS):
        bound, upper = search.bound, search.upper
        search.climb(ITERATIONS, False, 0.05)
        far = search.upper - search.bound > FAR * abs(search.upper)
        search.explore(QUICK if quick else BRIEF if large else MIDDLE if far and np.isfinite(upper) else SHORT)
        search.shrink()
        if enough():
            return
        gained = max(search.bound - bound, 0.0) + (upper - search.upper if np.isfinite(upper) else np.inf)
        if gained < STILL * abs(search.upper):
            break
    if quick:
        return
    search.explore(BRIEF if large else LONG)
    search.shrink()
    if enough() or large:  # the last word of HiGHS on the best sets does more for a large one
        return
    for _ in range(EXACT_ROUNDS):
        upper = search.upper
        search.climb(EXACT_ITERATIONS, True, 0.02)
        search.explore(LONG)
        if effort == "thorough" and search.upper >= upper:
            search.seen.clear()
            search.explore(WIDE)
            search.scan()
        search.shrink()
        if enough() or search.upper >= upper:
            return
