"""The one optimisation behind all three kinds of link: flows with a fixed cost for each link that is built.

    maximise   sum_k gain_k x_k - sum_l fixed_l y_l
    subject to rows @ x <= limit,  0 <= x_k <= upper_k y_link(k),  sum of link l's x >= lot_l y_l,  y binary

Links that share no row are independent: each connected part is solved on its own and the objectives and bounds add up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import connected_components

from ..solvers.milp import OPTIMAL_GAP, solve_milp
from ..steps import Answer

NODE_LIMIT = 300  # deterministic limit of one part's search
SIMPLE = 80  # links up to which a part is searched without a start
EASY = 250  # links up to which a part is searched whole
FEW_NODES = 5  # nodes of a search among the kernel of a large part
ROUNDS = 6  # of slope scaling
KERNEL = 2  # best rounds whose links form the kernel
CLOSE = 5000  # flows up to which a large part's bound is sharpened
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
    for low, high in pairwise(starts):
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


def best_partners(one: np.ndarray, two: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """True for candidates among the ``count`` most valuable of their giver ``one`` or of their taker ``two``; 0: all."""
    keep = np.full(len(value), count == 0)
    if count:
        order = np.lexsort((two, one, -value))
        for side in (one, two):
            rank = pd.Series(side[order]).groupby(side[order]).cumcount().to_numpy()
            keep[order] |= rank < count
    return keep


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


@dataclass(frozen=True)
class _Part:
    """One connected part in shares of each flow's most, which keeps all numbers near one.

    The first n columns are flows, the other k are links with a fixed cost or a least quantity. ``ties`` are the rows
    that bind flows to links.
    """

    gain: np.ndarray
    body: csr_array
    limit: np.ndarray
    ties: csr_array
    ties_low: np.ndarray
    member: csr_array
    weight: csr_array
    least: np.ndarray
    most: np.ndarray
    unit: float

    @property
    def flows(self) -> int:
        return self.body.shape[1]

    def keep(self, links: np.ndarray, **options: Any) -> tuple[np.ndarray | None, Answer]:
        """Best flows and links with only ``links`` (k,) allowed; all of them binary."""
        k = len(links)
        n = self.flows
        wide = csr_array((self.body.data, self.body.indices, self.body.indptr), shape=(self.body.shape[0], n + k))
        rows = vstack([wide, self.ties]).tocsc()
        low = np.r_[np.full(len(self.limit), -np.inf), self.ties_low]
        high = np.r_[self.limit, np.where(np.isinf(self.ties_low), 0.0, np.inf)]
        ruled = np.asarray(self.member.sum(axis=0)).ravel() > 0
        box = (np.zeros(n + k), np.r_[np.where(ruled, self.member.T @ links, 1.0), links.astype(float)])
        whole = np.r_[np.zeros(n), np.ones(k)] if options.pop("binary", True) and k else None
        on = np.flatnonzero(
            box[1] > 0
        )  # what is not allowed is left out, which the solver's presolve would do slower
        if "start" in options:
            options["start"] = options["start"][on]
        rows = rows[:, on].tocsr()
        kept = np.flatnonzero(np.diff(rows.indptr))
        found, answer = solve_milp(
            self.gain[on],
            rows[kept],
            low[kept],
            high[kept],
            (box[0][on], box[1][on]),
            None if whole is None else whole[on],
            maximise=True,
            **options,
        )
        if found is None:
            return None, answer
        x = np.zeros(n + k)
        x[on] = found
        return x, answer


def _solve_part(
    problem: Problem, columns: np.ndarray, gap: float, time_limit_s: float, cancelled: Callable[[], bool]
) -> tuple[np.ndarray | None, Answer]:
    """Small parts by branch and bound; large ones by slope scaling, then branch and bound among the links it used.

    The bound of a large part is that of its linear relaxation.
    """
    part, owner, bounded = _part(problem, columns)
    n, k = part.flows, len(part.gain) - part.flows
    everything = np.ones(k)
    if k <= EASY:
        options: dict[str, Any] = {"gap": gap, "time_limit_s": time_limit_s, "node_limit": NODE_LIMIT}
        if k > SIMPLE:
            start, _, _ = _slope_scaling(part, cancelled)
            options |= {"start": start, "gap": max(gap, 0.01)}
        x, answer = part.keep(everything, cancelled=cancelled, **options)
    else:
        start, bound, kernel = _slope_scaling(part, cancelled)
        if n <= CLOSE:  # the relaxation with a binary for each flow is tighter, and dear for more flows
            _, relaxed = part.keep(everything, cancelled=cancelled, time_limit_s=time_limit_s, binary=False)
            bound = min(bound, relaxed.objective if relaxed.status == "optimal" else np.inf)
        options = {"gap": max(gap, 0.02), "time_limit_s": time_limit_s, "node_limit": FEW_NODES, "start": start}
        x, answer = part.keep(kernel, cancelled=cancelled, **options)
        if x is None or part.gain @ x < part.gain @ start:
            x = start
        status = "time_limit" if answer.status == "time_limit" else "certified"
        answer = Answer("", float(part.gain @ x), bound, None, status, 0.0)
    limit = None if answer.bound is None else answer.bound * part.unit
    answer = Answer("", answer.objective * part.unit, limit, answer.gap, answer.status, answer.seconds)
    if x is None:
        return None, answer
    shares = np.where(x[:n] > SMALL, x[:n], 0.0)
    shares[bounded[x[n:][owner] < 0.5]] = 0.0
    return shares * problem.upper[columns], answer


def _part(problem: Problem, columns: np.ndarray) -> tuple[_Part, np.ndarray, np.ndarray]:
    """A part's arrays, and the link (number among the k) of each flow that has one, with that flow's column."""
    upper, link = problem.upper[columns], problem.link[columns]
    n = len(columns)
    rows = problem.rows[:, columns]
    touched = np.flatnonzero(np.diff(rows.indptr))
    shares_of = csr_array(rows[touched].multiply(upper[None, :]))
    scale = np.maximum(abs(shares_of).max(axis=1).toarray().ravel(), 1e-12)
    body = csr_array(shares_of.multiply(1 / scale[:, None]))
    links, place = np.unique(link[link >= 0], return_inverse=True)
    fixed, lot, most = problem.fixed[links], problem.lot[links], problem.most[links]
    ruled = (fixed > 0) | (lot > 0)
    number, k = np.cumsum(ruled) - 1, int(ruled.sum())
    bounded = np.flatnonzero(link >= 0)[ruled[place]]
    owner = number[place[ruled[place]]]
    m, size = len(bounded), upper[bounded]
    least, most = lot[ruled], most[ruled]
    some = np.flatnonzero(least > 0)
    total = np.bincount(owner, weights=size, minlength=k)
    tight = np.flatnonzero(total > most * (1 + 1e-9))  # the flows together may not reach the sum of their mosts

    def sums(chosen: np.ndarray, level: np.ndarray) -> coo_array:
        """Rows: total flow of each chosen link over its level, minus its binary."""
        inside = np.isin(owner, chosen)
        rank = np.searchsorted(chosen, owner[inside])
        data = np.r_[size[inside] / level[owner[inside]], -np.ones(len(chosen))]
        where = (np.r_[rank, np.arange(len(chosen))], np.r_[bounded[inside], n + chosen])
        return coo_array((data, where), shape=(len(chosen), n + k))

    # x <= y flow by flow is tighter than one row a link
    each = coo_array(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[np.arange(m), np.arange(m)], np.r_[bounded, n + owner])),
        shape=(m, n + k),
    )
    ties = csr_array(vstack([each, sums(tight, most), sums(some, least)]))
    ties_low = np.r_[np.full(m + len(tight), -np.inf), np.zeros(len(some))]
    gain = np.r_[problem.gain[columns] * upper, -fixed[ruled]]
    unit = max(float(np.abs(gain).max()), 1e-9)
    member = csr_array(coo_array((np.ones(m), (owner, bounded)), shape=(k, n)))
    weight = csr_array(coo_array((size, (owner, bounded)), shape=(k, n)))
    flows_of = _Part(
        gain / unit,
        body,
        problem.limit[touched] / scale,
        ties,
        ties_low,
        member,
        weight,
        least,
        np.minimum(most, total),
        unit,
    )
    return flows_of, owner, bounded


def _slope_scaling(part: _Part, cancelled: Callable[[], bool]) -> tuple[np.ndarray, float, np.ndarray]:
    """A good feasible point, a bound, and a kernel of links among which to search on.

    Linear programmes in which each link's fixed cost is spread over the flow it had in the round before (Kim and
    Pardalos 1999, Operations Research Letters 24). In the first it is spread over the link's greatest flow: no
    plan pays less, so that programme's optimum is a bound. The kernel are the links of the best rounds.
    """
    n = part.flows
    gain, fixed = part.gain[:n], -part.gain[n:]
    ruled = np.asarray(part.member.sum(axis=0)).ravel() > 0
    low, box = np.full(len(part.limit), -np.inf), (np.zeros(n), np.ones(n))
    flow_of = part.most.copy()
    bound, plans = np.inf, [(0.0, np.zeros(len(part.gain)))]
    for turn in range(ROUNDS):
        slope = part.weight.T @ (fixed / np.maximum(flow_of, 1e-6 * part.most))
        x, answer = solve_milp(gain - slope, part.body, low, part.limit, box, None, 600.0, cancelled, maximise=True)
        if x is None:
            break
        if turn == 0:
            bound = answer.objective
        x = np.where(x > SMALL, x, 0.0)
        flow = part.weight @ x
        y = (part.member @ (gain * x) > fixed) & (flow >= part.least * (1 + 1e-9)) & (flow > 0)
        point = np.r_[x * np.where(ruled, part.member.T @ y.astype(float), 1.0), y]
        plans.append((float(part.gain @ point), point))
        flow_of = np.where(flow > 0, flow, flow_of)
    plans.sort(key=lambda plan: -plan[0])
    kernel = np.max([point[n:] for _, point in plans[:KERNEL]], axis=0)
    return plans[0][1], bound, kernel


def _repair(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Take back what the solver's tolerance (1e-6) lets a row exceed its limit.

    Rows with auxiliary columns are left alone: who adds those knows what they mean.
    """
    free = csr_array(problem.rows[:, problem.link < 0])
    plain = np.diff(free.indptr) == 0
    rows, limit = csr_array(problem.rows[plain]), problem.limit[plain]
    used = rows @ x
    over = np.divide(limit, used, out=np.ones(len(used)), where=used > limit)
    entries = rows.tocoo()
    factor = np.ones(len(x))
    np.minimum.at(factor, entries.coords[1], over[entries.coords[0]])
    return x * factor
