"""The one optimisation behind all three kinds of link: flows with a fixed cost for each link that is built.

    maximise   sum_k gain_k x_k - sum_l fixed_l y_l
    subject to rows @ x <= limit,  0 <= x_k <= upper_k y_link(k),  sum of link l's x >= lot_l y_l,  y binary

Links that share no row are independent: each connected part is solved on its own and the objectives and bounds add up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import connected_components

from ..solvers.milp import OPTIMAL_GAP, solve_milp
from ..steps import Answer

NODE_LIMIT = 20_000  # deterministic limit of one part's search
SMALL = 1e-7  # share of a flow's most that counts as nothing


@dataclass(frozen=True)
class Problem:
    """Arrays of the optimisation.

    Parameters
    ----------
    gain
        (n,) benefit a unit of flow.
    upper
        (n,) most of each flow, positive.
    link
        (n,) number of the link a flow belongs to, -1 for auxiliary columns without one.
    fixed, lot
        (links,) yearly fixed cost and least total flow of a link.
    rows, limit
        (m, n) sparse matrix and (m,) capacities, non-negative.
    """

    gain: np.ndarray
    upper: np.ndarray
    link: np.ndarray
    fixed: np.ndarray
    lot: np.ndarray
    rows: csr_array
    limit: np.ndarray


def solve(
    problem: Problem, name: str, unit: str, gap: float, time_limit_s: float, cancelled: Callable[[], bool]
) -> tuple[np.ndarray, Answer]:
    """The best flows (n,) and how far from the best possible they can be.

    Raises
    ------
    Cancelled
    """
    begun = time.perf_counter()
    n = len(problem.gain)
    x = np.zeros(n)
    objective = bound = 0.0
    timed_out, known = False, True
    part = _parts(problem)
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], np.arange(part.max() + 2)) if n else np.zeros(1, int)
    for low, high in zip(starts[:-1], starts[1:], strict=True):
        left = max(time_limit_s - (time.perf_counter() - begun), 0.1)
        columns = np.sort(order[low:high])
        if not _worth(problem, columns):
            continue
        values, answer = _solve_part(problem, columns, gap, left, cancelled)
        timed_out |= answer.status == "time_limit"
        if values is not None:
            x[columns] = values
        known &= answer.bound is not None
        bound += answer.bound or 0.0
    x = _repair(problem, x)
    objective = value(problem, x)
    best = max(bound, objective) if known else None
    distance = None if best is None else (best - objective) / max(1.0, abs(objective))
    if timed_out:
        status = "time_limit"
    elif distance is None:
        status = "heuristic"
    else:
        status = "optimal" if distance <= OPTIMAL_GAP else "certified"
    return x, Answer(name, objective, best, distance, status, time.perf_counter() - begun, unit)


def value(problem: Problem, x: np.ndarray) -> float:
    """Net benefit a year of flows ``x``."""
    used = np.unique(problem.link[(x > 0) & (problem.link >= 0)])
    return float(problem.gain @ x - problem.fixed[used].sum())


def _parts(problem: Problem) -> np.ndarray:
    """Number of the connected part of each column; columns of one link or one row belong together."""
    n, links = len(problem.gain), len(problem.fixed)
    entries = problem.rows.tocoo()
    tied = np.flatnonzero(problem.link >= 0)
    first = np.r_[entries.coords[1], tied]
    second = np.r_[n + links + entries.coords[0], n + problem.link[tied]]
    size = n + links + len(problem.limit)
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(size, size))
    return connected_components(graph, directed=False)[1][:n]


def _worth(problem: Problem, columns: np.ndarray) -> bool:
    """Whether any link of a part could ever pay its fixed cost."""
    real = columns[problem.link[columns] >= 0]
    gain = np.zeros(len(problem.fixed))
    np.add.at(gain, problem.link[real], np.maximum(problem.gain[real], 0) * problem.upper[real])
    return bool(np.any(gain[problem.link[real]] > problem.fixed[problem.link[real]]))


def _solve_part(
    problem: Problem, columns: np.ndarray, gap: float, time_limit_s: float, cancelled: Callable[[], bool]
) -> tuple[np.ndarray | None, Answer]:
    """One part in shares of each flow's most, which keeps all numbers near one."""
    n = len(columns)
    upper, link = problem.upper[columns], problem.link[columns]
    rows = problem.rows[:, columns]
    touched = np.flatnonzero(np.diff(rows.indptr))
    shares_of = csr_array(rows[touched].multiply(upper[None, :]))
    scale = np.maximum(abs(shares_of).max(axis=1).toarray().ravel(), 1e-12)
    body = csr_array(shares_of.multiply(1 / scale[:, None]))
    links, place = np.unique(link[link >= 0], return_inverse=True)
    fixed, lot = problem.fixed[links], problem.lot[links]
    ruled = (fixed > 0) | (lot > 0)
    number = np.cumsum(ruled) - 1
    k = int(ruled.sum())
    arcs = np.flatnonzero(link >= 0)
    bounded = arcs[ruled[place]]
    owner = number[place[ruled[place]]]
    m = len(bounded)
    # x_k <= y of its link, flow by flow: tighter than one row a link
    cap = coo_array(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[np.arange(m), np.arange(m)], np.r_[bounded, n + owner])),
        shape=(m, n + k),
    )
    least = np.flatnonzero(lot[ruled] > 0)
    size = lot[ruled]
    inside = np.isin(owner, least)
    rank = np.searchsorted(least, owner[inside])
    floor = coo_array(
        (
            np.r_[upper[bounded[inside]] / size[owner[inside]], -np.ones(len(least))],
            (np.r_[rank, np.arange(len(least))], np.r_[bounded[inside], n + least]),
        ),
        shape=(len(least), n + k),
    )
    wide = csr_array((body.data, body.indices, body.indptr), shape=(len(touched), n + k))
    matrix = vstack([wide, cap, floor]).tocsc()
    low = np.r_[np.full(len(touched) + m, -np.inf), np.zeros(len(least))]
    high = np.r_[problem.limit[touched] / scale, np.zeros(m), np.full(len(least), np.inf)]
    gain = np.r_[problem.gain[columns] * upper, -fixed[ruled]]
    unit = max(float(np.abs(gain).max()), 1e-9)
    x, answer = solve_milp(
        gain / unit,
        matrix,
        low,
        high,
        (np.zeros(n + k), np.ones(n + k)),
        np.r_[np.zeros(n), np.ones(k)] if k else None,
        time_limit_s,
        cancelled,
        gap,
        maximise=True,
        node_limit=NODE_LIMIT,
    )
    limit = None if answer.bound is None else answer.bound * unit
    answer = Answer("", answer.objective * unit, limit, answer.gap, answer.status, answer.seconds)
    if x is None:
        return None, answer
    shares = np.where(x[:n] > SMALL, x[:n], 0.0)
    if k:
        shares[bounded[x[n:][owner] < 0.5]] = 0.0
    return shares * upper, answer


def _repair(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Take back what the solver's tolerance (1e-6) lets a row exceed its limit.

    Rows with auxiliary columns are left alone: who adds those knows what they mean.
    """
    free = csr_array(problem.rows[:, problem.link < 0])
    plain = np.diff(free.indptr) == 0
    rows, limit = csr_array(problem.rows[plain]), problem.limit[plain]
    used = rows @ x
    over = np.where(used > limit, limit / np.maximum(used, 1e-300), 1.0)
    entries = rows.tocoo()
    factor = np.ones(len(x))
    np.minimum.at(factor, entries.coords[1], over[entries.coords[0]])
    return x * factor
