"""Maximal covering: p sites so that the weight covered is greatest.

It is a p-median problem in which a consumer gains his weight from a site that covers him, and nothing from a site that is always
open. See Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science Association 32, 101-118.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csr_array

from ..milp import OPTIMAL_GAP
from .covering import first_that_covers, table_of
from .lists import Matrix
from .median import p_median
from .model import Clock, Places, judged, masks

REST = 60_000  # numbers in a model of coverage that HiGHS still closes: its relaxation is nearly whole


def maximal_cover(
    covers: Matrix,
    weights: np.ndarray | None,
    p: int,
    must_open: np.ndarray | None = None,
    closed: np.ndarray | None = None,
    *,
    start: np.ndarray | None = None,
    gap: float = OPTIMAL_GAP,
    time_limit_s: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
    name: str = "maximal_cover",
    unit: str = "",
) -> Places | None:
    """Open p sites so that the weight covered is greatest; None where more than p sites must be open.

    Objective and bound are weights covered; the bound is the greatest possible. Parameters as for ``p_median``, ``covers`` (n, m)
    true where a site covers a consumer.

    Raises
    ------
    Cancelled
        The user asked to stop.
    ValueError
        Shapes that do not fit: the caller's mistake.
    """
    clock = Clock.start(time_limit_s, cancelled)
    table = table_of(covers)
    n, m = table.shape
    weight = np.ones(n) if weights is None else np.asarray(weights, float)
    if weight.shape != (n,) or not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError(f"maximal_cover: weights must be {n} finite numbers, none below zero")
    kept, shut = masks(table.shape, p, must_open, closed)
    row, column = table.nonzero()
    # the site m covers nobody and is always open: whoever no other site covers gains nothing
    row, column = np.r_[row, np.arange(n)], np.r_[column, np.full(n, m)]
    gain = np.r_[-weight[row[: len(row) - n]], np.zeros(n)]
    found = p_median(
        csr_array(coo_array((gain, (row, column)), shape=(n, m + 1))),
        None,
        p + 1,
        np.r_[kept, True],
        np.r_[shut, False],
        start=None if start is None else np.r_[np.asarray(start, int), m],
        gap=gap,
        time_limit_s=time_limit_s,
        cancelled=cancelled,
        rest=REST,
    )
    if found is None:
        return None
    answer = found.answer
    bound = None if answer.bound is None else -answer.bound
    made = judged(-answer.objective, bound, answer.status == "time_limit", clock, name, unit, maximise=True)
    sites = found.sites[found.sites < m]
    return Places(sites, first_that_covers(table, sites), made)
