"""Least fresh water for several contaminants where the quality of every source is known: one linear programme.

Sources of known quality mix in the demands, so every limit is linear and the optimum proven. Treated water is a
further source: each discharge treated on its own, which mixing treatments cannot beat where a treatment's removal is the
same for every water.

Source: El-Halwagi, M. M. et al. (2003), Industrial and Engineering Chemistry Research 42(19), 4319-4328.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from ..solvers.milp import solve_milp

_TIME_S = 600.0  # safety net only


@dataclass(frozen=True)
class Supply:
    """Discharges, and what becomes of them by treatment.

    Parameters
    ----------
    flow
        (s,) flow of each discharge.
    quality
        (t, s, c) concentrations after each way of treatment, the first being none; NaN is unknown and meets no limit,
        infinite cannot be treated that way.
    recovery
        (t,) share of the inlet that leaves as usable water.
    """

    flow: np.ndarray
    quality: np.ndarray
    recovery: np.ndarray


@dataclass(frozen=True)
class Reuse:
    """Least fresh water with its wastewater (concentrates of treatment among it) and the least flow treated for it.

    ``fresh`` is None where no amount of fresh water can meet the demands. ``taken`` (t, s, d) is the usable water of each
    discharge, way of treatment and demand; ``clean`` (d,) fresh water to each demand.
    """

    fresh: float | None
    waste: float | None
    treated: float | None
    taken: np.ndarray
    clean: np.ndarray


def reuse(
    supply: Supply,
    sink: np.ndarray,
    limit: np.ndarray,
    fresh_quality: np.ndarray,
    cancelled: Callable[[], bool] = lambda: False,
) -> Reuse:
    """Least fresh water; among all plans with as little, one with the least treatment.

    Parameters
    ----------
    supply
        s discharges under t ways of treatment and c contaminants.
    sink
        (d,) flow of each demand.
    limit
        (d, c) highest mean concentration at its inlet; NaN is no limit. A demand without any limit takes fresh water only.
    fresh_quality
        (c,) concentrations of fresh water.

    Raises
    ------
    Cancelled
    """
    ways, s, d = len(supply.recovery), len(supply.flow), len(sink)
    ruled = ~np.isnan(limit)
    known = np.isfinite(supply.quality)
    # a source may serve a demand where every contaminant that the demand limits is known in it
    fits = ~((~known[:, :, None, :]) & ruled[None, None]).any(axis=3) & ruled.any(axis=1)
    way, give, take = np.nonzero(fits)
    n = len(way)
    unit = max(float(sink.sum()), 1e-300)
    flow_rows = coo_array((1 / supply.recovery[way], (give, np.arange(n))), shape=(s, n + d))
    full = coo_array((np.ones(n + d), (np.r_[take, np.arange(d)], np.arange(n + d))), shape=(d, n + d))
    blocks, high = [flow_rows, full], [supply.flow / unit, sink / unit]
    low = [np.full(s, -np.inf), sink / unit]
    for c in range(limit.shape[1]):
        mine = np.flatnonzero(ruled[:, c])
        row = np.full(d, -1)
        row[mine] = np.arange(len(mine))
        inside = np.flatnonzero(row[take] >= 0)
        # each row over its limit, or over the strongest source where the limit is none at all
        scale = np.where(
            limit[mine, c] > 0,
            limit[mine, c],
            max(float(np.nanmax(np.where(known[..., c], supply.quality[..., c], 0.0), initial=0.0)), 1.0),
        )
        load = supply.quality[way[inside], give[inside], c]
        data = np.r_[load / scale[row[take[inside]]], fresh_quality[c] / scale]
        where = (np.r_[row[take[inside]], np.arange(len(mine))], np.r_[inside, n + mine])
        blocks.append(coo_array((data, where), shape=(len(mine), n + d)))
        high.append(limit[mine, c] * sink[mine] / scale / unit)
        low.append(np.full(len(mine), -np.inf))
    matrix, lower, upper = csr_array(vstack(blocks)), np.concatenate(low), np.concatenate(high)
    bounds = (np.zeros(n + d), np.full(n + d, np.inf))
    cost = np.r_[np.zeros(n), np.ones(d)]
    x, answer = solve_milp(cost, matrix, lower, upper, bounds, None, _TIME_S, cancelled)
    taken, treated = np.zeros((ways, s, d)), 1 / supply.recovery[way] * (way > 0)
    if x is None:
        return Reuse(None, None, None, taken, np.zeros(d))
    if treated.any():
        tied = csr_array(vstack([matrix, csr_array(cost[None])]))
        top = np.r_[upper, answer.objective * (1 + 1e-9) + 1e-12]
        less, _ = solve_milp(
            np.r_[treated, np.zeros(d)], tied, np.r_[lower, -np.inf], top, bounds, None, _TIME_S, cancelled
        )
        x = x if less is None else less
    x = np.where(x > 1e-11, x, 0.0) * unit
    taken[way, give, take] = x[:n]
    fresh = answer.objective * unit
    waste = fresh + float(supply.flow.sum()) - float(sink.sum())
    return Reuse(fresh, max(0.0, waste), float(treated @ x[:n]), taken, x[n:])
