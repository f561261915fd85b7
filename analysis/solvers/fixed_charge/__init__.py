"""Flows with a fixed cost and a least quantity for each link that is built.

    maximise   sum_k gain_k x_k - sum_l fixed_l y_l
    subject to rows @ x <= limit,  0 <= x_k <= upper_k y_link(k),  sum of link l's x >= lot_l y_l,  y binary

Links that share no row are independent: each connected part is solved on its own and the objectives and bounds add up. Of
a small part all is searched by branch and bound. Of others the linear relaxation gives a bound that holds for every plan, slope
scaling a plan, and a search among the links that either of them uses (a kernel) a better one. While all parts together leave
too much open, those that leave most are searched whole from their plan, if they are not too large.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from ...steps import Answer
from ..milp import OPTIMAL_GAP
from .part import State, cut
from .relaxation import narrowed
from .search import begin, whole

GOAL = 0.005  # gap of all parts together at which large parts are left as they are


@dataclass(frozen=True)
class Problem:
    """Arrays of the optimisation.

    Parameters
    ----------
    gain
        (n,) benefit a unit of flow.
    upper
        (n,) most of each flow; 0 closes it.
    link
        (n,) number of the link a flow belongs to, -1 for auxiliary columns without one.
    fixed, lot, most
        (links,) yearly fixed cost, least and greatest total flow of a link.
    rows, limit
        (m, n) sparse matrix and (m,) capacities, non-negative.
    """

    gain: np.ndarray
    upper: np.ndarray
    link: np.ndarray
    fixed: np.ndarray
    lot: np.ndarray
    most: np.ndarray
    rows: csr_array
    limit: np.ndarray


def solve(
    problem: Problem,
    name: str,
    unit: str,
    gap: float,
    time_limit_s: float,
    cancelled: Callable[[], bool],
    thorough: bool = False,
) -> tuple[np.ndarray, Answer]:
    """The best flows (n,) and how far from the best possible they can be.

    Parameters
    ----------
    gap
        Relative gap at which the search may stop. Parts of more than some links stop at ``GOAL`` where that is more.
    time_limit_s
        Safety net: no search begins after it, and the answer says so.
    thorough
        Large parts too are searched until ``gap``, or until the time is up.

    Raises
    ------
    Cancelled
    """
    begun = time.perf_counter()
    late = [False]

    def left() -> float:
        rest = time_limit_s - (time.perf_counter() - begun)
        late[0] |= rest <= 0
        return max(rest, 0.0)

    columns = _parts(problem)
    found = _each(lambda k: begin(problem, columns[k], gap, left, cancelled), range(len(columns)))
    goal = max(gap, 0.0 if thorough else GOAL)
    if _gap(found) > goal:
        todo = sorted(
            (k for k in range(len(found)) if found[k].open > goal * found[k].worth), key=lambda k: -found[k].open
        )
        better = _each(lambda k: whole(problem, columns[k], found[k], goal, thorough, left, cancelled), todo)
        for k, state in zip(todo, better, strict=True):
            found[k] = state
    x = np.zeros(len(problem.gain))
    for state in found:
        x[state.part.columns] = state.flows
    x = _repair(problem, x)
    objective = value(problem, x)
    bound = max(sum(state.bound * state.part.unit for state in found), objective)
    distance = (bound - objective) / max(1.0, abs(objective))
    if late[0] or any(state.late for state in found):
        status = "time_limit"
    else:
        status = "optimal" if distance <= OPTIMAL_GAP else "certified"
    return x, Answer(name, objective, bound, distance, status, time.perf_counter() - begun, unit)


def _gap(found: list[State]) -> float:
    """Relative gap of all parts together."""
    return sum(state.open for state in found) / max(sum(state.worth for state in found), 1e-9)


def _each(work: Callable[[int], State], parts: Sequence[int]) -> list[State]:
    """``work`` on every part, as many at once as there are processors; each part's result depends on it alone."""
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        return list(pool.map(work, parts))


def value(problem: Problem, x: np.ndarray) -> float:
    """Net benefit a year of flows ``x``."""
    used = np.unique(problem.link[(x > 0) & (problem.link >= 0)])
    return float(problem.gain @ x - problem.fixed[used].sum())


def _parts(problem: Problem) -> list[np.ndarray]:
    """Columns of each connected part, the largest first; columns of one link or one row belong together.

    Closed columns belong to none, nor do those of parts in which nothing brings a benefit.
    """
    reach = np.bincount(problem.link[problem.link >= 0], problem.upper[problem.link >= 0], len(problem.fixed))
    shut = (reach < problem.lot) | (reach <= 0)
    alive = np.flatnonzero((problem.upper > 0) & ~((problem.link >= 0) & shut[problem.link]))
    n, links = len(alive), len(problem.fixed)
    entries = problem.rows[:, alive].tocoo()
    tied = np.flatnonzero(problem.link[alive] >= 0)
    first = np.r_[entries.coords[1], tied]
    second = np.r_[n + links + entries.coords[0], n + problem.link[alive][tied]]
    size = n + links + len(problem.limit)
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(size, size))
    part = connected_components(graph, directed=False)[1][:n]
    order = np.argsort(part, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(part[order]) > 0, True]) if n else np.zeros(1, int)
    every = [alive[order[low:high]] for low, high in pairwise(starts)]
    worth = [columns for columns in every if (problem.gain[columns] > 0).any()]
    return sorted(worth, key=lambda columns: (-len(columns), columns[0]))


def relaxed(problem: Problem, cancelled: Callable[[], bool]) -> float:
    """The linear relaxation's optimum: no plan is worth more.

    Raises
    ------
    Cancelled
    """
    total = 0.0
    for columns in _parts(problem):
        part, _, bound = narrowed(problem, cut(problem, columns), cancelled)
        total += bound * part.unit
    return total


def _repair(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Take back what the solver's tolerance lets a row exceed its limit.

    Only flows that stand in rows of positive entries without auxiliary columns are cut: less of any other could break a row.
    """
    auxiliary = csr_array(problem.rows[:, problem.link < 0])
    negative = np.asarray((problem.rows < 0).sum(axis=1)).ravel() > 0
    plain = (np.diff(auxiliary.indptr) == 0) & ~negative
    rest = csr_array(problem.rows[~plain])
    tied = np.zeros(len(x), bool)
    tied[np.unique(rest.indices[rest.data < 0])] = True
    rows, limit = csr_array(problem.rows[plain]), problem.limit[plain]
    used = rows @ x
    over = np.divide(limit, used, out=np.ones(len(used)), where=used > limit)
    entries = rows.tocoo()
    factor = np.ones(len(x))
    np.minimum.at(factor, entries.coords[1], over[entries.coords[0]])
    return x * np.where(tied, 1.0, factor)
