"""Scoring by the ratio to an ideal value, over three levels: indicators, sub-goals, goals (TD/T 1029).

S = min(100, 100 X / T)              where more is better
S = 100 (100 - X) / (100 - T)        for the idle rate, in %
F = sum over indicators of w S       0..100
"""

from __future__ import annotations

import numpy as np

FALLING = ("C11",)


def ratio_score(value: np.ndarray, ideal: float, falling: bool = False) -> np.ndarray:
    """Score (n,) of values (n,) against their ideal, 0..100; NaN stays NaN, as does all without a usable ideal.

    Examples
    --------
    >>> ratio_score(np.array([0.6, 1.5]), 1.2).tolist()
    [50.0, 100.0]
    """
    value = np.asarray(value, dtype=float)
    if falling:
        if not ideal < 100:
            return np.full(value.shape, np.nan)
        return np.clip(100 * (100 - value) / (100 - ideal), 0, 100)
    if not ideal > 0:
        return np.full(value.shape, np.nan)
    return np.clip(100 * value / ideal, 0, 100)


def total_score(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted total (n,) of scores (n, k), 0..100; NaN where no weight is left."""
    total = np.nansum(scores * weights, axis=1)
    return np.where(weights.sum(axis=1) > 0, np.clip(total, 0, 100), np.nan)
