"""Groups split into pieces that hang together, and merged to a number or while modularity rises."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def modularity(edges: np.ndarray, weight: np.ndarray, group: np.ndarray, resolution: float = 1.0) -> float:
    """Modularity of a partition (n,) of a graph with ties (m, 2) of weights (m,) (Newman and Girvan 2004)."""
    total = float(weight.sum())
    if not total:
        return 0.0
    low, high = group[edges[:, 0]], group[edges[:, 1]]
    strength = np.bincount(np.r_[low, high], weights=np.r_[weight, weight])
    return float(weight[low == high].sum() / total - resolution * ((strength / (2 * total)) ** 2).sum())


def split(n: int, group: np.ndarray, touching: np.ndarray) -> np.ndarray:
    """Pieces (n,) of groups (n,) that hang together by the pairs ``touching`` (p, 2)."""
    same = touching[group[touching[:, 0]] == group[touching[:, 1]]]
    beside = coo_matrix((np.ones(len(same)), (same[:, 0], same[:, 1])), (n, n))
    found: np.ndarray = connected_components(beside, directed=False)[1].astype(int)
    return found


def merged(
    edges: np.ndarray,
    weight: np.ndarray,
    group: np.ndarray,
    resolution: float = 1.0,
    count: int | None = None,
    touching: np.ndarray | None = None,
) -> np.ndarray:
    """Groups (n,) after merging pairs, the best for modularity at ``resolution`` first.

    Only groups that share a tie, or a pair of ``touching`` where given, are merged: without ``count`` while modularity
    rises; with it nodes on their own are taken in first, then pairs are merged until ``count`` groups of two or more are
    left. Where that cannot be reached the number stays different; without any tie nothing is merged.

    Parameters
    ----------
    edges, weight
        (m, 2) and (m,) ties and their weights.
    group
        (n,) groups to start from.
    touching
        (p, 2) pairs of nodes that lie beside each other.
    """
    if not len(edges):
        return group
    _, group = np.unique(group, return_inverse=True)
    k, total = int(group.max()) + 1, float(weight.sum())
    size = np.bincount(group, minlength=k)
    ends = group[edges]
    strength = np.bincount(ends.ravel(), weights=np.repeat(weight, 2), minlength=k) / (2 * total)
    low, high, tie = _pairs(k, ends, weight / total, touching if touching is None else group[touching])
    into = np.arange(k)
    while len(low):
        gain = tie - 2 * resolution * strength[low] * strength[high]
        may = np.ones(len(low), bool)
        if count is not None:
            lone = (size[low] == 1) | (size[high] == 1)
            if lone.any():
                may = lone
            elif (size > 1).sum() <= count:
                break
        gain = np.where(may, np.round(gain, 15), -np.inf)
        pick = int(np.argmax(gain))
        if count is None and gain[pick] <= 1e-12:
            break
        a, b = int(low[pick]), int(high[pick])
        into[into == b] = a
        size[a], size[b] = size[a] + size[b], 0
        strength[a], strength[b] = strength[a] + strength[b], 0.0
        low, high = np.where(low == b, a, low), np.where(high == b, a, high)
        low, high, tie = _joined(k, low, high, tie)
    return into[group]


def _pairs(
    k: int, ends: np.ndarray, weight: np.ndarray, beside: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of groups that may be merged, and the weight between them."""
    low, high, tie = _joined(k, ends[:, 0], ends[:, 1], weight)
    if beside is None:
        return low, high, tie
    one, two, _ = _joined(k, beside[:, 0], beside[:, 1], np.zeros(len(beside)))
    known = low * k + high
    place = np.searchsorted(known, one * k + two)
    has = place < len(known)
    has[has] = known[place[has]] == (one * k + two)[has]
    found = np.zeros(len(one))
    found[has] = tie[place[has]]
    return one, two, found


def _joined(k: int, one: np.ndarray, two: np.ndarray, tie: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each pair of different groups once, the lower first, sorted, with the sum of its weights."""
    keep = one != two
    code = np.minimum(one, two)[keep] * k + np.maximum(one, two)[keep]
    different, place = np.unique(code, return_inverse=True)
    return different // k, different % k, np.bincount(place, weights=tie[keep], minlength=len(different))
