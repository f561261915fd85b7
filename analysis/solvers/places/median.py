"""The p-median problem: p sites so that serving everyone from his nearest one costs least.

Greedy addition and interchange (``median_search``) give plans, a Lagrangian relaxation (``median_bound``) the bound and the sites
that can still matter. What is left is closed by HiGHS where it is small (``median_rest``), else split: a site that the
relaxation opens is open in one part and closed in the other, and each part is bounded anew from its parent's prices.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ..milp import OPTIMAL_GAP
from .covering import coverable
from .lists import Lists, Matrix, lists
from .median_bound import State, ascend, columns
from .median_rest import close
from .median_search import Search
from .model import TINY, Clock, Places, judged, masks, opened_mask

ROOT_ITERATIONS = 600
TRY_EVERY = 10  # iterations of the first relaxation between two plans made from it
NODE_ITERATIONS, NODE_STEP, NODE_PATIENCE, NODE_SMALLEST = 100, 0.5, 10, 0.02
NODES = 20_000  # parts of the problem that are looked at: a limit that is the same on every machine
LISTED = 8  # sites of the average consumer's share of sites that the relaxation lists
SURE = 0.9  # what the relaxation opens more often than this is not split on
DIGITS = 1e-11  # relative error of a sum of floats, with room to spare
REST, REST_PER_SITE = (
    300,
    60,
)  # numbers in the model of a rest, and more for each site to choose, that HiGHS closes faster


def p_median(
    cost: Matrix,
    weights: np.ndarray | None,
    p: int,
    must_open: np.ndarray | None = None,
    closed: np.ndarray | None = None,
    *,
    start: np.ndarray | None = None,
    gap: float = OPTIMAL_GAP,
    time_limit_s: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
    name: str = "p_median",
    unit: str = "",
    rest: int = REST,
) -> Places | None:
    """Open p sites so that the weighted cost of serving everyone is least; None where p sites cannot serve everyone.

    Parameters
    ----------
    cost
        (n, m) cost of serving a consumer from a site. Dense: infinite where not allowed. Sparse: only what is stored is allowed.
    weights
        (n,) weight of each consumer, zero or more; None for ones.
    p
        Number of sites; all that may be open where there are fewer.
    must_open, closed
        (m,) masks of sites that are open, or closed, in every plan.
    start
        Numbers of the sites of a plan to begin with; the answer is never worse.
    gap
        Relative gap at which to stop.
    time_limit_s
        Safety net.
    cancelled
        Asked while solving.
    rest
        Size of what is left that HiGHS closes; more where its relaxation is nearly whole.

    Raises
    ------
    Cancelled
        The user asked to stop.
    ValueError
        Shapes that do not fit, NaN among the costs: the caller's mistake.
    """
    clock = Clock.start(time_limit_s, cancelled)
    kept, shut = masks(cost.shape, p, must_open, closed)
    pairs = lists(cost, weights, shut)
    if (kept & shut).any() or kept.sum() > p or (pairs.length == 0).any():
        return None
    usable = ~shut
    count = min(p, int(usable.sum()))
    if count == 0 or pairs.consumers == 0:
        if pairs.consumers:
            return None
        spare = usable & ~kept
        sites = np.flatnonzero(kept | (spare & (np.cumsum(spare) <= count - kept.sum())))
        return Places(sites, np.empty(0, int), judged(0.0, 0.0, False, clock, name, unit))
    best = _Best(pairs, count, kept, usable, gap, clock, rest)
    first = best.search.greedy(kept)
    best.offer(first)
    if start is not None and (given := opened_mask(pairs.sites, start, shut) | kept).sum() <= count:
        best.offer(best.search.greedy(given))
    if best.total >= best.search.missing:  # somebody is left out: can p sites reach everyone?
        cover = coverable(pairs, count, kept, clock)
        if cover is None:
            return None
        if not cover.any():
            return Places(
                np.empty(0, int), np.full(pairs.consumers, -1), judged(np.inf, None, True, clock, name, unit)
            )
        best.offer(best.search.greedy(cover))
    best, bound, late = _search(pairs, best)
    served_by, _ = pairs.served(best.opened)
    return Places(np.flatnonzero(best.opened), served_by, judged(best.total, bound, late, clock, name, unit))


@dataclass
class _Best:
    """The best plan so far."""

    pairs: Lists
    count: int
    kept: np.ndarray
    allowed: np.ndarray
    gap: float
    clock: Clock
    rest: int
    total: float = np.inf
    opened: np.ndarray = field(default_factory=lambda: np.empty(0, bool))
    tried: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.search = Search(self.pairs, self.count, self.kept, self.allowed, self.clock.cancelled)
        self.grain = _grain(self.pairs.cost)

    @property
    def goal(self) -> float:
        """Bound above which a part of the problem holds no plan that is better by more than ``gap`` or the grain."""
        least = self.grain * (1 - TINY) - DIGITS * abs(self.total)
        return self.total - max(least, 0.999 * self.gap * max(1.0, abs(self.total)))

    @property
    def closed(self) -> float:
        """The bound once no part is left that could hold a plan below ``goal``."""
        return self.total if self.total - self.goal <= self.grain else self.goal

    def upper(self, sites: np.ndarray, number: int) -> tuple[float, float, bool]:
        """What ``ascend`` asks for."""
        return self.total, self.goal, self.clock.check()

    def offer(self, opened: np.ndarray) -> None:
        """Improve a plan of ``count`` sites by interchange and keep it where it is better."""
        key = np.packbits(opened).tobytes()
        if key in self.tried:
            return
        self.tried.add(key)
        opened, total = self.search.interchange(opened)
        if total < self.total:
            self.opened, self.total = opened, total

    def offer_sites(self, sites: np.ndarray) -> None:
        """The same for numbers of sites, perhaps fewer than ``count``."""
        opened = opened_mask(self.pairs.sites, sites, np.zeros(self.pairs.sites, bool))
        self.offer(self.search.greedy(opened) if opened.sum() < self.count else opened)

    def among(self, alive: np.ndarray) -> _Best:
        """The same plan, searched further among the sites of the mask (m,) and its own alone."""
        return replace(self, pairs=self.pairs.only((alive | self.opened)[self.pairs.site]), tried=set())


def _grain(cost: np.ndarray) -> float:
    """Greatest number of which every cost is a whole multiple, zero where the costs are not whole."""
    if not len(cost) or np.abs(cost).max() > 2**40 or (cost != np.rint(cost)).any():
        return 0.0
    return float(max(1, np.gcd.reduce(cost.astype(np.int64))))


def _search(pairs: Lists, best: _Best) -> tuple[_Best, float, bool]:
    """The best plan, the bound, and whether the clock ran out."""
    root = _root(pairs, best)
    if np.isinf(root.bound):
        return best, best.closed, False
    alive = np.zeros(pairs.sites, bool)
    alive[root.opened] = alive[root.columns.sites] = True
    best = best.among(alive)
    heap: list[tuple[float, int, State]] = []
    number = 0
    fresh = [root]
    while True:
        for state in fresh:
            state = _finished(state, best)
            if state.bound <= best.goal and not state.decided:
                heapq.heappush(heap, (state.bound, number, state))
                number += 1
        if not heap or heap[0][0] > best.goal:
            return best, best.closed, False
        if best.clock.check() or number > NODES:
            return best, heap[0][0], best.clock.check()
        _, _, state = heapq.heappop(heap)
        pick = np.zeros(len(state.columns.sites), bool)
        # the site that the relaxation opens most often, but not always
        pick[int(np.where(state.often > SURE, -1.0, state.often).argmax())] = True
        parts = (state.fixed(pick, pick & False), state.fixed(pick & False, pick))
        fresh = [
            ascend(
                part, best.upper, NODE_ITERATIONS, step=NODE_STEP, patience=NODE_PATIENCE, smallest=NODE_SMALLEST
            )
            for part in parts
        ]


def _root(pairs: Lists, best: _Best) -> State:
    """The whole problem, bounded, with plans made from the relaxation on the way."""

    def upper(sites: np.ndarray, number: int) -> tuple[float, float, bool]:
        if number % TRY_EVERY == TRY_EVERY - 1:
            best.offer_sites(sites)
        return best.upper(sites, number)

    length, first = pairs.length, pairs.start[:-1]
    share = best.allowed.sum() / best.count
    prices = pairs.cost[first + np.minimum(length - 1, max(1, int(share / 2)))]
    none = np.zeros(pairs.sites, bool)
    listed = int(np.ceil(LISTED * share)) + 3
    while True:
        cut = listed < length
        limit = np.where(cut, pairs.cost[first + np.minimum(listed, length - 1)], np.inf)
        made = columns(pairs, best.allowed, limit)
        state = State(made, np.empty(0, np.int64), best.count, prices)
        state = ascend(state.fixed(none[made.sites], best.kept[made.sites]), upper, ROOT_ITERATIONS)
        if np.isinf(state.bound) or state.decided or not (cut & (state.prices >= limit)).any():
            return state
        listed, prices = 4 * listed, state.prices


def _finished(state: State, best: _Best) -> State:
    """The state after a plan was made from it and, where it is small, HiGHS has closed it."""
    if np.isinf(state.bound):
        return state
    best.offer_sites(state.plan())
    if state.decided or best.clock.check():
        return state
    rest = close(state, best.goal, best.rest + REST_PER_SITE * state.count, best.clock.left_s, best.clock.cancelled)
    if rest is None:
        return state
    sites, state = rest
    if sites is not None:
        best.offer_sites(sites)
    return state
