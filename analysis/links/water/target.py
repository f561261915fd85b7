"""The least fresh water that reuse could leave: any distance, any cost, discharges mixing in the demands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...targets.reuse import Reuse, Supply, reuse
from ..costs import Costs
from .quality import (
    CONTAMINANTS,
    LEVELS,
    WORKS,
    admitted,
    fresh_quality,
    level_costs,
    reclaimed_quality,
    treated,
    works_recovery,
)


def least_fresh(
    table: pd.DataFrame, costs: Costs, treat: bool, cancelled: Callable[[], bool] = lambda: False
) -> Reuse:
    """The target of sound streams; streams of one quality count as one.

    With ``treat`` each discharge may be treated on its own (``LEVELS``) or reach central works (``WORKS``). A demand that asks
    for cleaner water than fresh water counts with fresh water's own quality, so that there is always a plan.

    Raises
    ------
    Cancelled
    """
    demand = table["direction"] == "demand"
    (flow, quality), (sink, limit) = _merged(table[~demand]), _merged(table[demand])
    each, fresh = level_costs(costs), fresh_quality(costs)
    clean, recovery = [quality], [1.0]
    if treat:
        clean += [treated(quality, name, costs) for name in LEVELS[1:]]
        clean += [
            np.where(admitted(quality, name, costs)[:, None], reclaimed_quality(name, costs), np.inf)
            for name in WORKS
        ]
        recovery += [each[name][2] for name in LEVELS[1:]] + [works_recovery(name, costs) for name in WORKS]
    supply = Supply(flow, np.stack(clean), np.array(recovery))
    return reuse(supply, sink, np.fmax(limit, np.where(np.isnan(limit), np.nan, fresh)), fresh, cancelled)


def pairs(table: pd.DataFrame) -> int:
    """How many different qualities of discharges meet different limits of demands: what a target's time grows with."""
    demand = table["direction"] == "demand"
    return len(_merged(table[~demand])[0]) * len(_merged(table[demand])[0])


def _merged(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Flow (n,) and quality (n, 4) of each quality that occurs."""
    quality = table[list(CONTAMINANTS)].to_numpy(float)
    _, first, place = np.unique(np.nan_to_num(quality, nan=-1.0), axis=0, return_index=True, return_inverse=True)
    return np.bincount(place.ravel(), table["flow_t_d"].to_numpy(float), len(first)), quality[first]
