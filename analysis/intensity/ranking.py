"""How safe a rank is: ranks under many random weightings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .score import total_score
from .weights import Weights, levels, spread

BLOCK = 100  # weightings at a time: bounds the memory for large parks
SAME = 0.01  # scores that differ by less are equal
INSIDE = (0.05, 0.95)


class Ranks(NamedTuple):
    """Ranks (n,), 1 the best; 0 where a row has no score. ``low`` to ``high`` holds 90 % of the random weightings."""

    rank: np.ndarray
    low: np.ndarray
    high: np.ndarray


def rank(score: np.ndarray) -> np.ndarray:
    """Rank (n,) of scores (n,), 1 the highest; equal scores share the better rank; 0 for NaN.

    Examples
    --------
    >>> rank(np.array([50.0, 80.0, np.nan, 50.0])).tolist()
    [2, 1, 0, 2]
    """
    found = np.zeros(len(score), int)
    known = ~np.isnan(score)
    found[known] = _order(score[known])
    return found


def _order(value: np.ndarray) -> np.ndarray:
    """Rank of each score (n,) of 0..100, 1 the highest; equal ones share the better rank.

    By counting, not sorting: it is done for every parcel in every weighting.
    """
    step = np.rint(value / SAME).astype(np.int64)
    count = np.bincount(step, minlength=round(100 / SAME) + 1)
    return len(value) - np.cumsum(count)[step] + 1


def draw(
    weights: Weights, codes: Sequence[str], count: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random weights of indicators (d, k), sub-goals (d, s) and goals (d, g), spread about those given.

    At each level every weight is multiplied by an exponential random number of mean 1: siblings of equal weight are then
    drawn evenly from all ways to share 1 among them (the uniform Dirichlet distribution).
    """
    random = np.random.default_rng(seed)
    subs, goals, *_ = levels(codes)
    size = len(codes) + len(subs) + len(goals)
    factor = random.exponential(size=(count, size))
    one, two, three = weights.of(codes)
    return (
        one * factor[:, : len(codes)],
        two * factor[:, len(codes) : len(codes) + len(subs)],
        three * factor[:, len(codes) + len(subs) :],
    )


def ranks(
    scores: np.ndarray, missing: np.ndarray, codes: Sequence[str], weights: Weights, count: int, seed: int
) -> Ranks:
    """Rank of each row and the interval that holds its rank in 90 % of ``count`` random weightings.

    What a row ought to have and has not may be anything: in each weighting it takes a random score of 0..100, so that
    a rank that rests on little has a wide interval. The rank itself rests on what is there.

    Parameters
    ----------
    scores
        (n, k) scores by indicator, NaN where it has none; that one hands its weight to its siblings.
    missing
        (n, k) bool: which of those it ought to have.
    codes
        (k,) indicators.
    """
    present = ~np.isnan(scores)
    best = rank(total_score(scores, spread(present, codes, *weights.of(codes))))
    rows = np.flatnonzero(best)
    if not len(rows) or count < 1:
        return Ranks(best, best.copy(), best.copy())
    # rows with the same indicators side by side
    kinds, kind = np.unique(np.hstack([present, missing])[rows], axis=0, return_inverse=True)
    order = np.argsort(kind.reshape(-1), kind="stable")
    rows, ends = rows[order], np.cumsum(np.bincount(kind.reshape(-1), minlength=len(kinds)))
    drawn, random = draw(weights, codes, count, seed), np.random.default_rng([seed, 1])
    found = np.empty((count, len(rows)), np.min_scalar_type(len(rows)))
    for start in range(0, count, BLOCK):
        one, two, three = (w[start : start + BLOCK] for w in drawn)
        totals = np.zeros((len(one), len(rows)))
        for there, begin, end in zip(kinds, [0, *ends[:-1]], ends, strict=True):
            held, lost = there[: len(codes)], there[len(codes) :]
            share = spread(np.broadcast_to(held | lost, one.shape), codes, one, two, three)
            # added up one by one, which gives the same on every machine; a matrix product need not
            for k in np.flatnonzero(held):
                totals[:, begin:end] += share[:, k, None] * scores[rows[begin:end], k]
            if lost.any():
                guess = random.uniform(0, 100, (len(one), end - begin))
                totals[:, begin:end] += share[:, lost].sum(axis=1)[:, None] * guess
        np.clip(totals, 0.0, 100.0, out=totals)
        for row, total in enumerate(totals, start):
            found[row] = _order(total)
    by_row = np.sort(np.ascontiguousarray(found.T), axis=1)
    inner = by_row[:, [int(np.floor(INSIDE[0] * (count - 1))), int(np.ceil(INSIDE[1] * (count - 1)))]]
    low, high = best.copy(), best.copy()
    low[rows] = np.minimum(inner[:, 0], best[rows])
    high[rows] = np.maximum(inner[:, 1], best[rows])
    return Ranks(best, low, high)
