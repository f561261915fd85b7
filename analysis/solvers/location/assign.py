"""Whom each open site serves: local search in whole consumers, a transport problem in shares.

The local search moves one consumer or swaps two. Load beyond a capacity is allowed at a price, so that it also mends plans
that do not fit.
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy.sparse import coo_array

from ..milp import begin_solver, linear_model

PASSES = 200
EPS = 1e-9


def descend(cost: np.ndarray, demand: np.ndarray, room: np.ndarray, served: np.ndarray) -> tuple[np.ndarray, float]:
    """Improve an assignment by moves and swaps.

    Parameters
    ----------
    cost
        (n, s), ``inf`` where it cannot be.
    room
        (s,) capacities.
    served
        (n,) site of each consumer to begin with, at finite cost.

    Returns
    -------
    served
        (n,).
    excess
        Load beyond the capacities, 0 where the assignment is feasible.
    """
    n, s = cost.shape
    served = served.copy()
    everyone = np.arange(n)
    finite = np.isfinite(cost)
    span = float(np.where(finite, cost, 0.0).max(initial=0.0) - np.where(finite, cost, 0.0).min(initial=0.0))
    penalty = 2.0 * max(span, 1.0) / float(demand.min())
    scale = EPS * max(1.0, span)
    limit = room * (1 + 1e-9)
    cheapest = cost.min(1)
    for _ in range(PASSES):
        load = np.bincount(served, weights=demand, minlength=s)
        over = np.maximum(load - limit, 0.0)
        own = cost[everyone, served]
        out = penalty * (np.maximum(load[served] - demand - limit[served], 0.0) - over[served]) - own
        gain = cost + penalty * (np.maximum(load + demand[:, None] - limit, 0.0) - over) + out[:, None]
        gain[everyone, served] = 0.0
        where = gain.argmin(1)  # load beyond capacity makes several rush to one place; each is asked again below
        best = gain[everyone, where]
        movers = np.flatnonzero(best < -scale)
        if len(movers):
            order = movers[np.argsort(best[movers], kind="stable")]
            if _move(cost, demand, limit, served, load, order, where[order], penalty, scale):
                continue
        if not _swap(cost, demand, limit, served, load, over, own, cheapest, penalty, scale):
            break
    load = np.bincount(served, weights=demand, minlength=s)
    return served, float(np.maximum(load - limit, 0.0).sum())


def _swap(
    cost: np.ndarray,
    demand: np.ndarray,
    limit: np.ndarray,
    served: np.ndarray,
    load: np.ndarray,
    over: np.ndarray,
    own: np.ndarray,
    cheapest: np.ndarray,
    penalty: float,
    scale: float,
) -> bool:
    """Swap pairs of consumers where that lowers cost and penalty; whether any were."""
    site = served.copy()
    # one of the two must come to a cheaper site, or leave one that is too full
    rows = np.flatnonzero((own > cheapest + scale) | (over[served] > 0))
    if not len(rows):
        return False
    change = cost[np.ix_(rows, served)] - own[rows, None] + cost[:, served[rows]].T - own
    worth = change < -scale
    if over.any():
        worth |= ((over[served[rows]] > 0)[:, None] | (over[served] > 0)) & np.isfinite(change)
    worth &= served[rows, None] != served
    r, k = np.nonzero(worth)
    if not len(r):
        return False
    i = rows[r]
    a, b = served[i], served[k]
    more = demand[k] - demand[i]
    delta = change[r, k] + penalty * (
        np.maximum(load[a] + more - limit[a], 0.0) - over[a] + np.maximum(load[b] - more - limit[b], 0.0) - over[b]
    )
    good = np.flatnonzero(delta < -scale)
    if not len(good):
        return False
    good = good[np.argsort(delta[good], kind="stable")[: 8 * len(rows)]]
    done, left, most = False, load.tolist(), limit.tolist()
    who, whom = i[good].tolist(), k[good].tolist()
    for one, two, kept in zip(who, whom, change[r, k][good].tolist(), strict=True):
        # each pair holds as long as neither has moved meanwhile; the loads are looked at again
        x, y = int(served[one]), int(served[two])
        if x != site[one] or y != site[two]:
            continue
        d = float(demand[two] - demand[one])
        turn = kept + penalty * (
            max(left[x] + d - most[x], 0.0)
            - max(left[x] - most[x], 0.0)
            + max(left[y] - d - most[y], 0.0)
            - max(left[y] - most[y], 0.0)
        )
        if turn < -scale:
            served[one], served[two] = y, x
            left[x] += d
            left[y] -= d
            done = True
    return done


def _move(
    cost: np.ndarray,
    demand: np.ndarray,
    limit: np.ndarray,
    served: np.ndarray,
    load: np.ndarray,
    who: np.ndarray,
    where: np.ndarray,
    penalty: float,
    scale: float,
) -> bool:
    """Move consumers where they wish, as long as that still lowers cost and penalty; whether any moved."""
    left, most, done = load.tolist(), limit.tolist(), False
    kept = cost[who, where] - cost[who, served[who]]
    from_ = served[who].tolist()
    for i, a, b, c, d in zip(who.tolist(), from_, where.tolist(), kept.tolist(), demand[who].tolist(), strict=True):
        turn = c + penalty * (
            max(left[a] - d - most[a], 0.0)
            - max(left[a] - most[a], 0.0)
            + max(left[b] + d - most[b], 0.0)
            - max(left[b] - most[b], 0.0)
        )
        if turn < -scale:
            served[i] = b
            left[a] -= d
            left[b] += d
            done = True
    return done


def transport(cost: np.ndarray, demand: np.ndarray, room: np.ndarray) -> np.ndarray | None:
    """(n, s) shares at least cost within the capacities; None where they do not hold everyone."""
    n, s = cost.shape
    i, j = np.nonzero(np.isfinite(cost))
    k = np.arange(len(i))
    rows = coo_array((np.r_[np.ones(len(i)), demand[i]], (np.r_[i, n + j], np.r_[k, k])), shape=(n + s, len(i)))
    solver = begin_solver()
    lower, upper = np.r_[np.ones(n), np.full(s, -np.inf)], np.r_[np.ones(n), room]
    solver.passModel(linear_model(cost[i, j], rows, lower, upper, (np.zeros(len(i)), np.ones(len(i)))))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    share = np.zeros((n, s))
    share[i, j] = np.clip(np.array(solver.getSolution().col_value), 0.0, 1.0)
    share[share < 1e-9] = 0.0
    return share / share.sum(1, keepdims=True)
