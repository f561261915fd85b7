"""From a problem to its plan: order, start, search, last word."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csr_array

from ...errors import Cancelled
from ...steps import Answer
from ..answers import judged
from ..milp import OPTIMAL_GAP
from . import milp
from .core import Core, lay_out
from .model import Plan, Problem
from .plans import Draft, Drafts
from .search import Clock, Effort, Search, begin, run

DIRECT_PAIRS, QUICK_PAIRS = 400, 700  # models of this many pairs go to HiGHS without a relaxation
DIRECT_NODES, QUICK_NODES = 2_000, 20
FINAL_PAIRS = 4_000  # what is left after the search goes to HiGHS up to this size
FINAL_NODES, THOROUGH_NODES = 300, 100_000  # the latter more than any time allows
CLOSE = 0.015  # relative gap at which the last word on a large problem is left out, unless asked for
LARGE, LARGE_NODES = 500, 10  # consumers beyond which it is short
THREADS = 2
SHARE = 0.35  # of the time limit that is left to HiGHS
SETS = 4  # sets of sites whose consumers HiGHS assigns
PAIRS_EACH = 4  # pairs a consumer that go to HiGHS where all are too many
GUARD_S = 0.15  # of the time limit kept for what cannot be interrupted


def locate(
    problem: Problem,
    *,
    gap: float = 1e-4,
    time_limit_s: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
    name: str = "",
    unit: str = "",
    start: Plan | np.ndarray | None = None,
    effort: Effort = "usual",
) -> Plan | None:
    """Solve ``problem``; None where it has no solution (someone must be served whom nobody can serve).

    Parameters
    ----------
    gap
        Relative gap at which to stop.
    time_limit_s
        Safety net.
    cancelled
        Asked while solving.
    start
        A plan to begin with, of this problem or one like it, or the numbers of sites to open. The answer is never worse than it,
        where it fits.
    effort
        ``quick`` for one of many questions about a plan: fewer sets of sites and no last word of HiGHS; ``thorough`` looks at
        more sets, where a better plan is worth some seconds.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    begun = time.perf_counter()
    if cancelled():
        raise Cancelled()
    end = begun + max(0.0, time_limit_s - min(GUARD_S, 0.1 * time_limit_s))
    consumers, sites = _order(problem)
    inner = _reordered(problem, consumers, sites)
    core = lay_out(inner)
    if core is None or not _countable(core):
        return None
    drafts = Drafts(inner)
    prices = start.prices[consumers] if isinstance(start, Plan) and start.prices is not None else None
    best = _started(drafts, start, consumers, sites)
    if not len(core.site):  # nothing to open
        best = drafts.finish(np.full(len(consumers), len(sites)), None, np.empty(0, int))
        bound, hit = (np.inf, False)
    elif len(core.pair_site) <= (QUICK_PAIRS if effort == "quick" else DIRECT_PAIRS):
        best, bound, hit = _directly(core, drafts, best, gap, Clock(end, cancelled), effort)
    else:
        search = begin(core, drafts, prices, best, gap, Clock(end, cancelled))
        # the last word of HiGHS has its own part of the time
        search.clock.end = end - (SHARE if effort == "thorough" else SHARE / 3) * (end - begun)
        run(search, effort)
        search.clock.end = end
        nodes = _last_nodes(search, effort)
        if nodes or search.best is None:
            _close(search, max(nodes, 1))
        best, bound, hit, prices = search.best, search.bound, search.clock.hit, search.ascent.prices
    if best is None:  # no time for any: whoever can be left out is
        best = _started(drafts, np.flatnonzero(problem.forced), consumers, sites)
    if best is None:
        return None
    known = None if bound == -np.inf else bound
    answer = judged(best.total, known, hit, time.perf_counter() - begun, name, unit)
    return _plan(problem, best, prices, consumers, sites, answer)


def _last_nodes(search: Search, effort: Effort) -> int:
    """Branch-and-bound nodes of the last word of HiGHS on what the search left."""
    if effort == "thorough":
        return THOROUGH_NODES
    near = search.upper - search.bound <= CLOSE * abs(search.upper)
    if effort == "quick" or (near and len(search.core.pair_site) > FINAL_PAIRS):
        return 0
    return LARGE_NODES if search.core.shape[0] > LARGE else FINAL_NODES


def _close(search: Search, nodes: int) -> None:
    """The last word of HiGHS: on what serves the sites of the best plan, then on what the search left, or the most likely part."""
    if search.best is not None and search.done():
        return
    if search.best is not None and search.core.problem.single_source:
        _assign(search, nodes)
        search.shrink()
        if search.done():
            return
    if search.best is None or len(search.core.pair_site) <= FINAL_PAIRS:
        # whatever is better than the best plan uses only what is left, so the bound of what is left holds for all
        answer = _closed(search, search.core, 1.0, nodes)
        if answer.status == "infeasible":
            search.raise_bound(search.upper)
        elif answer.bound is not None:
            search.raise_bound(answer.bound)
    elif search.core.problem.single_source:
        _closed(search, likely(search, None, PAIRS_EACH), 1.0, nodes)


def _assign(search: Search, nodes: int) -> None:
    """Let HiGHS assign the consumers of the most promising sets, side by side."""
    parts = []
    for options in _promising(search):
        opened = np.isin(search.core.option, options)
        if opened.sum() == len(options):
            parts.append(likely(search, opened, PAIRS_EACH))
    clock, start = search.clock, search.best
    seconds = 0.5 * clock.left() / max(1, -(-len(parts) // THREADS))

    def one(part: Core) -> tuple[Draft | None, Answer]:
        return milp.solve(part, search.drafts, start, search.gap, seconds, clock.cancelled, nodes)

    with ThreadPoolExecutor(THREADS) as pool:
        for found, answer in pool.map(one, parts):
            clock.hit |= answer.status == "time_limit"
            search.offer(found)


def _promising(search: Search) -> list[np.ndarray]:
    """Options of the best plan, and of the sets whose bound leaves most room below it."""
    assert search.best is not None
    own = search.best.option[search.best.option >= 0]
    sets = sorted(search.rated.values(), key=lambda rated: rated.value)
    others = [rated.options for rated in sets if rated.value < search.cutoff and set(rated.options) != set(own)]
    return [own, *others[: SETS - 1]]


def _closed(search: Search, core: Core, share: float, nodes: int) -> Answer:
    """Let HiGHS look at a part, for a share of the time left."""
    clock = search.clock
    found, answer = milp.solve(
        core, search.drafts, search.best, search.gap, share * clock.left(), clock.cancelled, nodes
    )
    clock.hit |= answer.status == "time_limit"
    search.offer(found)
    return answer


def likely(search: Search, options: np.ndarray | None, each: int) -> Core:
    """The core with the options (the likeliest where none are given) and pairs by which the bound rises least.

    ``each`` pairs a consumer on average, and those of the best plan.
    """
    core, best, point = search.core, search.best, search.ascent.best
    assert best is not None
    everything = np.ones(len(core.pair_site), bool)
    if point is None:
        return core if options is None else core.keep(options, everything)
    option, pair, _ = search.relaxation.lifts(point, search.cutoff)
    own = np.isin(core.option, best.option)
    if options is None:
        count = min(len(option), 2 * int(own.sum()))
        options = own | (option <= np.sort(option)[count - 1])
    inside = np.isin(core.pair_site, core.site[options])
    rank = np.where(inside, pair, np.inf)
    count = min(len(rank), each * core.shape[0])
    chosen = inside & (rank <= np.sort(rank)[count - 1])
    own_pair = inside & (best.served[core.pair_consumer] == core.pair_site)
    return core.keep(options, chosen | own_pair)


def _directly(
    core: Core, drafts: Drafts, start: Draft | None, gap: float, clock: Clock, effort: Effort
) -> tuple[Draft | None, float, bool]:
    left = max(0.05, clock.left())
    quick = effort == "quick"
    goal, nodes = (gap, QUICK_NODES) if quick else (min(gap, OPTIMAL_GAP), DIRECT_NODES)
    found, answer = milp.solve(core, drafts, start, goal, left, clock.cancelled, nodes)
    if start is not None and (found is None or start.total < found.total):
        found = start
    bound = -np.inf if answer.bound is None else answer.bound
    return found, bound, answer.status == "time_limit"


def _countable(core: Core) -> bool:
    """Whether the number of sites can be within its limits, and their capacity enough."""
    problem = core.problem
    sites = np.unique(core.site)
    most = len(sites) if problem.most_sites is None else problem.most_sites
    largest = core.capacity[core.first[sites + 1] - 1]
    room = np.sort(largest)[::-1][: max(most, 0)].sum()
    must = float(problem.demand[~np.isfinite(problem.unserved_cost)].sum())
    needed = max(must, problem.least_capacity) * (1 - 1e-9)
    return problem.forced.sum() <= most and (problem.least_sites or 0) <= min(len(sites), most) and room >= needed


def _order(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Consumers and sites in an order that is a matter of what they are, not of their numbers."""
    n, m = problem.cost.shape
    finite = np.where(np.isfinite(problem.cost), problem.cost, -1.0)
    by_site, by_consumer = np.sort(finite, axis=0).sum(0), np.sort(finite, axis=1).sum(1)
    order = np.lexsort((problem.option_cost, problem.option_capacity))
    fixed, room = np.zeros(m), np.zeros(m)
    np.add.at(fixed, problem.option_site[order], problem.option_cost[order])
    np.add.at(room, problem.option_site[order], problem.option_capacity[order])
    consumers = np.lexsort((np.arange(n), problem.unserved_cost, by_consumer, problem.demand))
    sites = np.lexsort((np.arange(m), room, fixed, by_site))
    return consumers, sites


def _reordered(problem: Problem, consumers: np.ndarray, sites: np.ndarray) -> Problem:
    place = np.empty(len(sites), int)
    place[sites] = np.arange(len(sites))
    return replace(
        problem,
        demand=problem.demand[consumers],
        cost=np.ascontiguousarray(problem.cost[np.ix_(consumers, sites)]),
        option_site=place[problem.option_site] if len(problem.option_site) else problem.option_site,
        unserved_cost=problem.unserved_cost[consumers],
        must_open=problem.forced[sites],
        closed=problem.barred[sites],
    )


def _started(
    drafts: Drafts, start: Plan | np.ndarray | None, consumers: np.ndarray, sites: np.ndarray
) -> Draft | None:
    """The plan that a start stands for, where it fits."""
    if start is None:
        return None
    problem = drafts.problem
    m = len(sites)
    if not isinstance(start, Plan):
        opened = np.isin(sites, np.asarray(start, int))
        options = [
            drafts.sizes[j][problem.option_capacity[drafts.sizes[j]].argmax()]
            for j in np.flatnonzero(opened)
            if len(drafts.sizes[j])
        ]
        return drafts.draft(np.array(options, int))
    n = len(consumers)
    if start.share.shape != (n, m) or len(start.option) != m:
        return None
    share = np.zeros((n, m + 1))
    share[:, :m] = start.share.toarray()[np.ix_(consumers, sites)]
    share[:, m] = start.unserved[consumers]
    served = share.argmax(1)
    if problem.single_source:
        share = np.eye(m + 1)[served] if (share.max(1) < 1 - 1e-6).any() else np.round(share)
    if not np.isfinite(drafts.cost[share > 0]).all():
        return None
    return drafts.finish(served, None if problem.single_source else share, np.flatnonzero(start.option[sites] >= 0))


def _plan(
    problem: Problem,
    draft: Draft,
    prices: np.ndarray | None,
    consumers: np.ndarray,
    sites: np.ndarray,
    answer: Answer,
) -> Plan:
    """The plan in the numbers of the problem."""
    n, m = problem.cost.shape
    option = np.full(m, -1)
    option[sites] = draft.option
    unserved = np.zeros(n)
    if draft.share is None:
        i = np.flatnonzero(draft.served < m)
        row, column, value = consumers[i], sites[draft.served[i]], np.ones(len(i))
        unserved[consumers[draft.served == m]] = 1.0
    else:
        part = coo_array(draft.share[:, :m])
        row, column, value = consumers[part.row], sites[part.col], part.data
        unserved[consumers] = draft.share[:, m]
    back = None
    if prices is not None:
        back = np.empty(n)
        back[consumers] = prices
    return Plan(option, csr_array((value, (row, column)), shape=(n, m)), unserved, answer, back)
