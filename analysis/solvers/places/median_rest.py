"""What the relaxation leaves of a p-median problem as a mixed-integer programme in radius form.

z_S = 1 where none of the sites of the set S is open; S runs through the sets of the nearest, the two nearest ... sites of a
consumer, and a set that several consumers share is one column:

    min  sum_i nearest_i + sum_S (how much farther the next site is, over the consumers of S) z_S
    s.t. z_S >= z_T - sum of y over S without T     T the next smaller set of a consumer; z of the empty set is 1
         sum y = count

What a consumer cannot pay in a plan better than the best one known (his price and the gap) is left out. See Garcia, Labbe and
Marin (2011), Solving large p-median problems with a radius formulation, INFORMS Journal on Computing 23, 546-556; Church (2008),
BEAMR: an exact and approximate model for the p-median problem, Computers & Operations Research 35, 417-426.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csc_array

from ...steps import Answer
from ..milp import solve_milp
from .median_bound import State

NODES = 1_000  # branch-and-bound nodes: a limit that is the same on every machine


def close(
    state: State, goal: float, size: int, time_limit_s: float, cancelled: Callable[[], bool]
) -> tuple[np.ndarray | None, State] | None:
    """Solve what ``state`` leaves for a plan below ``goal``, where its pairs and its model are no larger than ``size``.

    Returns
    -------
    sites
        Of the best plan found; None where nothing below ``goal`` was found.
    state
        With the new bound, infinite where no plan below ``goal`` is left.

    None where the rest is too large.
    """
    made = state.columns
    site = np.repeat(np.arange(len(made.sites)), np.diff(made.start))
    reach = state.prices + (goal - state.value) + 1e-6 * max(1.0, abs(goal))
    near = np.flatnonzero(made.cost <= reach[made.consumer])
    if len(near) > size:
        return None
    near = near[np.lexsort((site[near], made.cost[near], made.consumer[near]))]
    # what comes after the listed sites: one that is open for good, or nothing within reach
    after = np.where(made.limit <= reach, made.limit, np.inf)
    if (np.isinf(after) & (np.bincount(made.consumer[near], minlength=len(after)) == 0)).any():
        return None, replace(state, bound=np.inf)
    fixed_cost, cost, matrix, lower, most = _model(site[near], made.consumer[near], made.cost[near], after, state)
    if matrix.nnz > size:
        return None
    k = len(made.sites)
    upper = np.full(len(lower), np.inf)
    upper[-1] = state.count
    whole = np.arange(len(cost)) < k
    ends = (np.zeros(len(cost)), most)
    found, answer = solve_milp(cost, matrix, lower, upper, ends, whole, time_limit_s, cancelled, node_limit=NODES)
    return _read(found, answer, fixed_cost, state)


def _read(
    found: np.ndarray | None, answer: Answer, fixed_cost: float, state: State
) -> tuple[np.ndarray | None, State]:
    if answer.status == "infeasible":
        return None, replace(state, bound=np.inf)
    bound = state.bound if answer.bound is None else max(state.bound, fixed_cost + answer.bound)
    if found is None:
        return None, replace(state, bound=bound)
    sites = np.r_[state.opened, state.columns.sites[found[: len(state.columns.sites)] > 0.5]]
    # a plan closed to the end leaves nothing better
    return sites, replace(state, bound=np.inf if answer.status == "optimal" else bound)


def _model(
    site: np.ndarray, consumer: np.ndarray, cost: np.ndarray, after: np.ndarray, state: State
) -> tuple[float, np.ndarray, csc_array, np.ndarray, np.ndarray]:
    """Constant, costs, rows with their lower ends (the last is the number of sites), and greatest values of the columns.

    Pairs are sorted by consumer, cost, site; ``after`` (n,) is what a consumer pays after the last of his pairs.
    """
    k, pairs = len(state.columns.sites), len(site)
    new = np.ones(pairs, bool)
    new[1:] = consumer[1:] != consumer[:-1]
    last = np.ones(pairs, bool)  # of a consumer's pairs of one cost: there a set is complete
    last[:-1] = new[1:] | (cost[1:] > cost[:-1])
    # a set is known by the sum of its sites' random numbers; 64 bits make two sets of one sum a matter of 1e-10 or less
    mark = np.random.default_rng(0).integers(1, 2**63, k, dtype=np.uint64)
    summed = np.cumsum(mark[site], dtype=np.uint64)
    head = np.maximum.accumulate(np.where(new, np.arange(pairs), 0))
    own = summed - (summed[head] - mark[site[head]])
    level = np.r_[0, np.cumsum(last)[:-1]] if pairs else np.empty(0, np.int64)
    who, paid = consumer[last], cost[last]
    sets, z = np.unique(own[last], return_inverse=True)
    first = np.ones(len(who), bool)
    first[1:] = who[1:] != who[:-1]
    following = after[who]
    following[:-1] = np.where(first[1:], following[:-1], paid[1:])
    farther = np.where(np.isfinite(following), following - paid, 0.0)
    most = np.ones(k + len(sets))
    most[k + z[~np.isfinite(following)]] = 0.0
    before = np.where(first, -1, np.r_[-1, z[:-1]])[: len(z)]
    chains, row_level = np.unique(np.stack([before, z], 1), axis=0, return_index=True)
    row_of = np.full(len(z), -1)
    row_of[row_level] = np.arange(len(chains))
    used = row_of[level] >= 0
    linked = np.flatnonzero(chains[:, 0] >= 0)
    rows = len(chains)
    row = np.r_[row_of[level[used]], np.arange(rows), linked, np.full(k, rows)]
    column = np.r_[site[used], k + chains[:, 1], k + chains[linked, 0], np.arange(k)]
    value = np.ones(len(row))
    value[int(used.sum()) + rows : len(row) - k] = -1.0
    matrix = csc_array(coo_array((value, (row, column)), shape=(rows + 1, k + len(sets))))
    lower = np.r_[np.where(chains[:, 0] >= 0, 0.0, 1.0), float(state.count)]
    listed = np.zeros(len(after), bool)
    listed[consumer] = True
    fixed_cost = float(paid[first].sum() + after[~listed].sum())
    return fixed_cost, np.r_[np.zeros(k), np.bincount(z, farther, len(sets))], matrix, lower, most
