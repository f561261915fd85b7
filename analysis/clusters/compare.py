"""Other ways to group the same firms, beside the one that is taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from . import communities, pieces
from .agreement import adjusted_rand, ordered

METHODS = ("leiden", "spectral", "agglomerative")
COLUMNS = ("method", "chosen", "groups", "modularity", "internal_weight_share", "agreement", "distance_m")
MOST_FIRMS = 4000  # of other methods: agglomerative clustering holds all pairs, spectral clustering takes long
CHUNK = 512  # firms whose distances are held at once


def table(
    xy: np.ndarray,
    edges: np.ndarray,
    weight: np.ndarray,
    groups: communities.Groups,
    rule: communities.Rule,
    touching: np.ndarray,
    seed: int,
    shake: float,
    resolution: float | None,
) -> pd.DataFrame:
    """Each method's groups, measured the same way.

    Parameters
    ----------
    xy
        (n, 2) places of the firms in m, NaN where unknown.
    groups, rule
        What is taken, and by which rule.
    touching
        (p, 2) pairs of firms that lie beside each other.

    Returns
    -------
    DataFrame
        ``method`` (``leiden``, ``spectral`` and ``agglomerative``, of ``MOST_FIRMS`` at most, and ``contiguous``: the rule's
        method with groups that hang together on the ground), ``chosen``, ``groups`` (of two or more firms), ``modularity``,
        ``internal_weight_share``, ``agreement`` (adjusted Rand index with what is taken), ``distance_m`` (mean of the
        straight distances between firms of one group, NaN where none is known). No row without any tie.
    """
    n, taken = len(xy), groups.membership
    if not len(edges):
        return pd.DataFrame(columns=list(COLUMNS))
    found = {}
    for method in METHODS:
        plain = communities.Rule(method, rule.count)
        if method == rule.method and rule.touching is None:
            found[method] = taken
        elif method == rule.method == "leiden":
            found[method] = communities.kept(n, edges, weight, groups.found.free, plain, groups.resolution)
        elif n <= MOST_FIRMS:
            found[method] = communities.group(n, edges, weight, seed, shake, resolution, plain).membership
    beside = communities.Rule(rule.method, rule.count, touching)
    if rule.touching is not None:
        found["contiguous"] = taken
    elif rule.method == "agglomerative":
        found["contiguous"] = communities.group(n, edges, weight, seed, shake, resolution, beside).membership
    else:
        found["contiguous"] = communities.kept(n, edges, weight, groups.found.free, beside, groups.resolution)
    chosen = rule.method if rule.touching is None else "contiguous"
    rows = [
        {"method": method, "chosen": method == chosen, **_measured(xy, edges, weight, taken, group)}
        for method, group in found.items()
    ]
    return pd.DataFrame(rows)


def _measured(
    xy: np.ndarray, edges: np.ndarray, weight: np.ndarray, taken: np.ndarray, group: np.ndarray
) -> dict[str, float]:
    group = ordered(group)
    size = np.bincount(group)
    same = group[edges[:, 0]] == group[edges[:, 1]]
    placed = ~np.isnan(xy[:, 0])
    parts = [xy[(group == k) & placed] for k in np.flatnonzero(size > 1)]
    away = sum(cdist(part[at : at + CHUNK], part).sum() for part in parts for at in range(0, len(part), CHUNK)) / 2
    pairs = sum(len(part) * (len(part) - 1) / 2 for part in parts)
    return {
        "groups": int((size > 1).sum()),
        "modularity": pieces.modularity(edges, weight, group),
        "internal_weight_share": float(weight[same].sum() / weight.sum()),
        "agreement": adjusted_rand(taken, group),
        "distance_m": float(away / pairs) if pairs else np.nan,
    }
