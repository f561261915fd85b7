"""The strong formulation of capacitated location, solved by HiGHS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from ..errors import Cancelled
from .location_model import Plan, Problem
from .milp import solve_milp


def solve(
    problem: Problem,
    gap: float,
    time_limit_s: float,
    cancelled: Callable[[], bool],
    name: str,
    unit: str,
    start: Plan | None = None,
    nodes: int | None = None,
) -> Plan | None:
    """Solve ``problem`` as one model; None where it has no solution.

    Columns are the options, the pairs of a consumer and a site that may serve him, and the unserved shares.

    Parameters
    ----------
    start
        A plan of this problem to begin with.
    nodes
        Most branch-and-bound nodes.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    if cancelled():
        raise Cancelled()
    n, m = problem.cost.shape
    o = len(problem.option_site)
    largest = np.zeros(m)
    np.maximum.at(largest, problem.option_site, problem.option_capacity)
    allowed = np.isfinite(problem.cost) & (largest > 0)
    if problem.single_source:
        allowed &= problem.demand[:, None] <= largest * (1 + 1e-9)
    i, j = np.nonzero(allowed)
    p = len(i)
    pair, option = o + np.arange(p), np.arange(o)
    loose = np.isfinite(problem.unserved_cost)
    free = np.flatnonzero(loose)
    lost = o + p + np.arange(len(free))
    columns = o + p + len(free)

    def rows(count: int, *blocks: tuple[np.ndarray, np.ndarray, np.ndarray]) -> csr_array:
        row, column, value = (np.concatenate(part) for part in zip(*blocks, strict=True))
        return csr_array(coo_array((value, (row, column)), shape=(count, columns)))

    serve = rows(n, (i, pair, np.ones(p)), (free, lost, np.ones(len(free))))
    capacity = rows(m, (j, pair, problem.demand[i]), (problem.option_site, option, -problem.option_capacity))
    # options of each pair's site, by a sorted join
    order = np.argsort(problem.option_site, kind="stable")
    first = np.searchsorted(problem.option_site[order], np.arange(m + 1))
    count = (first[1:] - first[:-1])[j]
    of_pair = np.repeat(np.arange(p), count)
    at = order[np.repeat(first[j], count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)]
    reach = problem.option_capacity[at] / problem.demand[i[of_pair]]
    fits = (reach >= 1 - 1e-9).astype(float) if problem.single_source else np.minimum(1.0, reach)
    strong = rows(p, (np.arange(p), pair, np.ones(p)), (of_pair, at, -fits))
    one = rows(m, (problem.option_site, option, np.ones(o)))
    matrix = [serve, capacity, strong, one]
    lower = [np.ones(n), np.full(m + p, -np.inf), problem.forced.astype(float)]
    upper = [np.ones(n), np.zeros(m + p), np.ones(m)]
    # implied by the rest, yet only said outright does it give the solver its cover cuts
    total = float(problem.demand.sum())
    matrix.append(
        rows(
            1,
            (np.zeros(o, int), option, problem.option_capacity / total),
            (np.zeros(len(free), int), lost, problem.demand[free] / total),
        )
    )
    lower.append(np.array([1.0 - 1e-9]))
    upper.append(np.array([np.inf]))
    if problem.most_sites is not None:
        matrix.append(rows(1, (np.zeros(o, int), option, np.ones(o))))
        lower.append(np.array([-np.inf]))
        upper.append(np.array([float(problem.most_sites)]))
    if problem.least_sites:
        matrix.append(rows(1, (np.zeros(o, int), option, np.ones(o))))
        lower.append(np.array([float(problem.least_sites)]))
        upper.append(np.array([np.inf]))
    if problem.least_capacity > 0:
        matrix.append(rows(1, (np.zeros(o, int), option, problem.option_capacity / problem.least_capacity)))
        lower.append(np.array([1.0]))
        upper.append(np.array([np.inf]))
    whole = np.zeros(columns, bool)
    whole[:o] = True
    if problem.single_source:
        whole[o:] = True
    guess = _guess(problem, start, i, j, free, columns)
    x, answer = solve_milp(
        np.r_[problem.option_cost, problem.cost[i, j], problem.unserved_cost[free]],
        vstack(matrix).tocsc(),
        np.concatenate(lower),
        np.concatenate(upper),
        (np.zeros(columns), np.ones(columns)),
        whole,
        time_limit_s,
        cancelled,
        gap,
        name=name,
        unit=unit,
        node_limit=nodes,
        start=guess,
    )
    if x is None:
        return None
    chosen = np.full(m, -1)
    opened = np.flatnonzero(x[:o] > 0.5)
    chosen[problem.option_site[opened]] = opened
    share = np.clip(x[o : o + p], 0.0, 1.0)
    used = share > 1e-9
    unserved = np.zeros(n)
    unserved[free] = np.clip(x[lost], 0.0, 1.0)
    return Plan(chosen, csr_array((share[used], (i[used], j[used])), shape=(n, m)), unserved, answer)


def _guess(
    problem: Problem, start: Plan | None, i: np.ndarray, j: np.ndarray, free: np.ndarray, columns: int
) -> np.ndarray | None:
    """A feasible point: ``start``, else all unserved with the forced sites open, else none."""
    n = len(problem.demand)
    o = len(problem.option_site)
    guess = np.zeros(columns)
    if start is not None:
        guess[start.option[start.option >= 0]] = 1.0
        guess[o : o + len(i)] = start.share.toarray()[i, j]
        guess[o + len(i) :] = start.unserved[free]
        return guess
    if len(free) < n:
        return None
    forced = np.flatnonzero(problem.forced)
    if not np.isin(forced, problem.option_site).all():
        return None
    guess[[int(np.flatnonzero(problem.option_site == site)[0]) for site in forced]] = 1.0
    guess[o + len(i) :] = 1.0
    return guess
