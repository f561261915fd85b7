"""Bound and plan together: multipliers, sets of options, assignments, and what their gap leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...errors import Cancelled
from .core import Core
from .plans import Draft, Drafts
from .relaxation import Ascent, Point, Relaxation, first_prices, narrow
from .sets import Rated, improve, rate, restricted

LINEAR_ITERATIONS = 250
EXACT_ITERATIONS = 150
STARTS = 5  # sets of the relaxation from which better ones are looked for, each time
POLISH = 40  # prices of a set at which an assignment is made
ROUNDS = 3


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
        self.hit |= time.perf_counter() > self.end
        return self.hit

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
    pool: dict[bytes, Rated] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    polished: set[bytes] = field(default_factory=set)

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
            key = point.opened.options.tobytes()
            if better or key not in self.pool:
                self.pool[key] = Rated(point.opened.options, -point.value, point.prices)
            if better:
                self.raise_bound(point.value)
            return self.done()

        self.ascent.run(iterations, lambda: self.upper, exact, least_step, visit)
        self.raise_bound(self.ascent.bound)
        assert core is self.core

    def explore(self) -> None:
        """Better sets near those of the relaxation, and the assignments of the best of them."""
        core = self.core
        starts = sorted(self.pool.values(), key=lambda rated: rated.value)[:STARTS]
        for start in starts:
            if self.done():
                return
            ceiling = self.upper * (1 + 0.02 * np.sign(self.upper)) if np.isfinite(self.upper) else np.inf
            first = rate(core, start.options, start.prices, ceiling)
            found = improve(core, first, self.seen, self.clock.over, self.clock.cancelled)
            self.polish(found)

    def polish(self, rated: Rated) -> None:
        """Assignments of a set at the prices of its own relaxation."""
        key = self.core.option[rated.options].tobytes()
        if key in self.polished or not rated.value < self.cutoff:
            return
        self.polished.add(key)
        part = restricted(self.core, rated.options)
        guide = np.zeros(self.core.shape[1])

        def visit(point: Point, better: bool) -> bool:
            guide[part.site] = point.loads.rate
            self.offer(self.drafts.draft(part.option, guide))
            # shares are found by a transport problem, the same at all prices
            return self.done() or ascent.bound >= self.cutoff or not self.core.problem.single_source

        ascent = Ascent(Relaxation(part), rated.prices, step=0.3)
        ascent.run(POLISH, lambda: self.upper, True, 0.01, visit)

    def shrink(self) -> None:
        """Drop what no better plan uses."""
        if self.best is None or self.ascent.best is None:
            return
        before = len(self.core.pair_site)
        self.relaxation = narrow(self.relaxation, self.ascent.best, self.cutoff)
        if len(self.core.pair_site) < before:
            self.seen.clear()
        self.ascent = Ascent(self.relaxation, self.ascent.prices, step=0.3)


def begin(
    core: Core, drafts: Drafts, prices: np.ndarray | None, best: Draft | None, gap: float, clock: Clock
) -> Search:
    """A search that knows of nothing but a start."""
    problem = core.problem
    relaxation = Relaxation(core)
    start = first_prices(core) if prices is None else np.where(np.isfinite(prices), prices, 0.0)
    money = (core.fixed, core.pair_cost, problem.unserved_cost[np.isfinite(problem.unserved_cost)])
    whole = problem.single_source and all((part == np.round(part)).all() for part in money)
    ascent = Ascent(relaxation, start, step=1.0 if prices is None else 0.3)
    return Search(drafts, relaxation, ascent, clock, gap, 1.0 if whole else 0.0, best)


def run(search: Search) -> None:
    """Rounds of climbing and exploring until nothing changes."""
    search.climb(LINEAR_ITERATIONS, False, 0.05)
    search.explore()
    for _ in range(ROUNDS):
        if search.done():
            return
        before = search.upper
        search.shrink()
        search.climb(EXACT_ITERATIONS, True, 0.02)
        if search.done():
            return
        search.explore()
        if search.upper >= before:
            break
    search.shrink()
