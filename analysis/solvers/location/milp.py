"""The strong formulation of capacitated location, solved by HiGHS.

min  sum_o f_o y_o + sum_ij c_ij x_ij + sum_i p_i u_i
s.t. sum_j x_ij + u_i = 1                      every consumer is served, or counted as unserved at p_i
     sum_i d_i x_ij <= sum_o(j) q_o y_o        capacity
     x_ij <= sum_o(j) min(1, q_o / d_i) y_o    the strong form of "only from an open site"
     sum_o(j) y_o <= 1, least <= sum_o y_o <= most
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from ...steps import Answer
from ..milp import solve_milp
from .core import SLACK, Core
from .plans import Draft, Drafts

TINY = 1e-6  # shares that are no more than the solver's tolerance


def solve(
    core: Core,
    drafts: Drafts,
    start: Draft | None,
    gap: float,
    time_limit_s: float,
    cancelled: Callable[[], bool],
    nodes: int | None,
) -> tuple[Draft | None, Answer]:
    """The best plan within ``core`` and what HiGHS says of it.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    problem = core.problem
    n, m = core.shape
    o, p = len(core.site), len(core.pair_site)
    i, j = core.pair_consumer, core.pair_site
    free = np.flatnonzero(np.isfinite(problem.unserved_cost))
    pair, lost = o + np.arange(p), o + p + np.arange(len(free))
    columns = o + p + len(free)

    def rows(count: int, *blocks: tuple[np.ndarray, np.ndarray, np.ndarray]) -> csr_array:
        row, column, value = (np.concatenate(part) for part in zip(*blocks, strict=True))
        return csr_array(coo_array((value, (row, column)), shape=(count, columns)))

    option = np.arange(o)
    sites = np.unique(core.site)
    place = np.searchsorted(sites, np.arange(m))
    scale = float(problem.demand.mean())  # rows are kept to an absolute tolerance
    serve = rows(n, (i, pair, np.ones(p)), (free, lost, np.ones(len(free))))
    capacity = rows(
        len(sites), (place[j], pair, problem.demand[i] / scale), (place[core.site], option, -core.capacity / scale)
    )
    count = (core.first[1:] - core.first[:-1])[j]
    of_pair = np.repeat(np.arange(p), count)
    at = np.repeat(core.first[j], count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    reach = core.capacity[at] / problem.demand[i[of_pair]]
    fits = (reach >= 1 - SLACK).astype(float) if problem.single_source else np.minimum(1.0, reach)
    strong = rows(p, (np.arange(p), pair, np.ones(p)), (of_pair, at, -fits))
    one = rows(len(sites), (place[core.site], option, np.ones(o)))
    # implied by the rest, yet only said outright does it give the solver its cover cuts
    total = float(problem.demand.sum())
    cover = rows(
        1,
        (np.zeros(o, int), option, core.capacity / total),
        (np.zeros(len(free), int), lost, problem.demand[free] / total),
    )
    number = rows(1, (np.zeros(o, int), option, np.ones(o)))
    least_room = problem.least_capacity
    held = rows(
        1, (np.zeros(o, int), option, core.capacity / max(least_room, 1e-300) if least_room > 0 else np.ones(o))
    )
    lower = [np.ones(n), np.full(len(sites) + p, -np.inf), core.forced[sites].astype(float)]
    upper = [np.ones(n), np.zeros(len(sites) + p), np.ones(len(sites))]
    lower += [np.array([1.0 - 1e-9, float(core.least), 1.0 - 1e-9 if least_room > 0 else 0.0])]
    upper += [np.array([np.inf, float(core.most), np.inf])]
    whole = np.zeros(columns, bool)
    whole[:o] = True
    if problem.single_source:
        whole[o:] = True
    x, answer = solve_milp(
        np.r_[core.fixed, core.pair_cost, problem.unserved_cost[free]],
        vstack([serve, capacity, strong, one, cover, number, held]).tocsc(),
        np.concatenate(lower),
        np.concatenate(upper),
        (np.zeros(columns), np.ones(columns)),
        whole,
        max(time_limit_s, 0.0),
        cancelled,
        gap,
        node_limit=nodes,
        start=None if start is None else _columns(core, start, free),
    )
    if x is None:
        return None, answer
    opened = core.site[x[:o] > 0.5]
    share = np.zeros((n, m + 1))
    share[i, j] = np.clip(x[o : o + p], 0.0, 1.0)
    share[free, m] = np.clip(x[lost], 0.0, 1.0)
    if problem.single_source:
        return drafts.finish(share.argmax(1), None, opened), answer
    share[share < TINY] = 0.0
    return drafts.finish(share.argmax(1), share / share.sum(1, keepdims=True), opened), answer


def _columns(core: Core, start: Draft, free: np.ndarray) -> np.ndarray | None:
    """The columns of a plan; None where it uses what the core lacks."""
    n, m = core.shape
    used = start.option[start.option >= 0]
    if not np.isin(used, core.option).all():
        return None
    if start.share is None:
        share = np.zeros((n, m + 1))
        share[np.arange(n), start.served] = 1.0
    else:
        share = start.share
    pairs = share[core.pair_consumer, core.pair_site]
    if abs(pairs.sum() + share[free, m].sum() - n) > 1e-6 * n:
        return None
    return np.r_[np.isin(core.option, used).astype(float), pairs, share[free, m]]
