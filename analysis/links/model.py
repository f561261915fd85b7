"""The optimisation behind all three kinds of link, and how many candidates of a flow it looks at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..solvers.fixed_charge import Problem, closed, relaxed, solve, value

__all__ = ["Problem", "best_partners", "closed", "relaxed", "solve", "value"]


def best_partners(one: np.ndarray, two: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """True for candidates among the ``count`` most valuable of their giver ``one`` or of their taker ``two``; 0: all."""
    keep = np.full(len(value), count == 0)
    if count:
        order = np.lexsort((two, one, -value))
        for side in (one, two):
            rank = pd.Series(side[order]).groupby(side[order]).cumcount().to_numpy()
            keep[order] |= rank < count
    return keep
