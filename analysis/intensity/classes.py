"""Classes of scores: by fixed limits, or by natural breaks in the scores themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NAMES = ("high", "good", "medium", "low")
STEP = 0.1  # scores are told apart to a tenth of a point


def classify(score: np.ndarray, limits: Sequence[float]) -> np.ndarray:
    """Class (n,) of each score by three falling limits; empty without a score.

    Examples
    --------
    >>> classify(np.array([90.0, 50.0, np.nan]), (80, 60, 40)).tolist()
    ['high', 'medium', '']
    """
    high, good, medium = limits
    named = np.select([score >= high, score >= good, score >= medium, score < medium], NAMES, "")
    return named.astype(object)


def spans(limits: Sequence[float]) -> dict[str, str]:
    """The scores between which each class lies, for a legend; empty for no class.

    Examples
    --------
    >>> spans((80, 60, 40))["good"], spans((71.3, 55, 40))["high"]
    ('60–80', '71.3–100')
    """
    edges = [100.0, *limits, 0.0]
    found = {name: f"{low:.4g}–{high:.4g}" for name, high, low in zip(NAMES, edges[:-1], edges[1:], strict=True)}
    return {**found, "": ""}


def natural_limits(score: np.ndarray) -> tuple[float, float, float] | None:
    """Three falling limits that part scores into four classes with the least squared deviation inside them.

    Jenks' natural breaks, exact by dynamic programming (Fisher 1958) on the scores rounded to a tenth. None with
    fewer than four different scores. A limit is the lowest score of its class.
    """
    known = np.sort(score[~np.isnan(score)])
    places, first, count = np.unique(np.round(known / STEP), return_index=True, return_counts=True)
    classes, n = len(NAMES), len(places)
    if n < classes:
        return None
    one, two, three = (np.r_[0.0, np.cumsum(count * places**k)] for k in (0, 1, 2))
    i, j = np.arange(n)[:, None], np.arange(1, n + 1)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (three[j] - three[i]) - (two[j] - two[i]) ** 2 / (one[j] - one[i])
    inside = np.where(j > i, np.maximum(inside, 0.0), np.inf)  # places i .. j-1 in one class
    best = np.r_[0.0, inside[0]]
    start = np.zeros((classes, n + 1), int)
    for level in range(1, classes):
        options = best[:n, None] + np.where(i >= level, inside, np.inf)
        start[level, 1:] = options.argmin(axis=0)
        best = np.r_[np.inf, options.min(axis=0)]
    limits, end = [], n
    for level in range(classes - 1, 0, -1):
        end = int(start[level, end])
        limits.append(float(known[first[end]]))
    return limits[0], limits[1], limits[2]
