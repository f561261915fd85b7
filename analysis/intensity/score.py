"""Scoring by the ratio to an ideal value, over three levels: indicators, sub-goals, goals (TD/T 1029).

S = min(100, 100 X / T)              where more is better
S = 100 (100 - X) / (100 - T)        for the idle rate, in %
F = sum over indicators of w S       0..100
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def effective_weights(present: np.ndarray, codes: Sequence[str], goals: Mapping[str, float]) -> np.ndarray:
    """Weight of each indicator in the total, rescaled over what is present.

    Inside a goal its sub-goals share equally, inside a sub-goal its indicators. What is absent hands its weight to
    its neighbours at the same level, so each row adds up to 1 (or to 0 where nothing with a weight is present).

    Parameters
    ----------
    present
        (n, k) bool: which indicator is there.
    codes
        (k,) codes: the first letter is the goal, the first two characters the sub-goal.
    goals
        Weight of each goal; any positive scale.

    Returns
    -------
    (n, k) array
    """
    weight = np.zeros(present.shape)
    goal = np.array([code[0] for code in codes])
    sub = np.array([code[:2] for code in codes])
    for g in np.unique(goal):
        subs = np.unique(sub[goal == g])
        alive = np.stack([present[:, sub == s].any(axis=1) for s in subs], axis=1)
        count = np.maximum(alive.sum(axis=1), 1)
        for s in subs:
            inside = present[:, sub == s]
            share = inside / np.maximum(inside.sum(axis=1), 1)[:, None]
            weight[:, sub == s] = goals.get(g, 0.0) * share / count[:, None]
    total = weight.sum(axis=1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def total_score(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted total (n,) of scores (n, k), 0..100; NaN where no weight is left."""
    total = np.nansum(scores * weights, axis=1)
    return np.where(weights.sum(axis=1) > 0, np.clip(total, 0, 100), np.nan)


def score_class(score: np.ndarray, limits: Sequence[float]) -> np.ndarray:
    """Class of each score: ``high``, ``good``, ``medium`` or ``low`` by three falling limits; empty without a score."""
    high, good, medium = limits
    named = np.select(
        [score >= high, score >= good, score >= medium, score < medium], ["high", "good", "medium", "low"], ""
    )
    return named.astype(object)
