"""Flows with a fixed cost and a least quantity for each link that is built.

    maximise   sum_k gain_k x_k - sum_l fixed_l y_l
    subject to rows @ x <= limit,  0 <= x_k <= upper_k y_link(k),  sum of link l's x >= lot_l y_l,  y binary

Links that share no row are independent: each connected part is solved on its own and the objectives and bounds add up. More and
more work goes into the parts that leave most open, until the gap of all together is small enough:

1. small parts whole, by branch and bound; of others the linear relaxation, whose bound holds for every plan, slope scaling and
   a search among the promising links (kernel);
2. parts of some hundred links whole, from the plan found;
3. wider kernels of the large ones.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from ..steps import Answer
from . import fixed_charge_part as parts
from .milp import OPTIMAL_GAP

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
    problem: Problem, name: str, unit: str, gap: float, time_limit_s: float, cancelled: Callable[[], bool]
) -> tuple[np.ndarray, Answer]:
    """The best flows (n,) and how far from the best possible they can be.

    Parameters
    ----------
    gap
        Relative gap at which the search may stop. Parts of more than some links stop at ``GOAL`` where that is more.
    time_limit_s
        Safety net: no search begins after it, and the answer says so.

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

    found = [parts.State(parts.cut(problem, columns)) for columns in _parts(problem)]
    found = _each(lambda state: parts.begin(state, gap, left(), cancelled), found)
    goal = max(gap, GOAL)
    for improve in (parts.whole,):
        if _gap(found) <= goal:
            break
        order = np.argsort([-state.open for state in found], kind="stable")
        todo = [int(k) for k in order if found[k].open > goal * found[k].value]
        better = _each(lambda state, improve=improve: improve(state, goal, left(), cancelled), [found[k] for k in todo])
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


def _gap(found: list[parts.State]) -> float:
    """Relative gap of all parts together."""
    return sum(state.open for state in found) / max(sum(state.value * state.part.unit for state in found), 1e-9)


def _each(work: Callable[[parts.State], parts.State], states: Iterable[parts.State]) -> list[parts.State]:
    """``work`` on every part, as many at once as there are processors; each part's result depends on it alone."""
    states = list(states)
    if len(states) < 2:
        return [work(state) for state in states]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        return list(pool.map(work, states))


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
    cuts = [parts.cut(problem, columns) for columns in _parts(problem)]
    return sum(parts.relax(part, cancelled).value * part.unit for part in cuts)


def closed(problem: Problem, columns: np.ndarray) -> Problem:
    """The same problem with some columns (numbers or a mask) shut."""
    upper = problem.upper.copy()
    upper[columns] = 0.0
    return replace(problem, upper=upper)


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
