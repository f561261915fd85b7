"""What each firm is in its group: core, bridge or member."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..scenario import Clusters


def members(pairs: pd.DataFrame, group: np.ndarray, choices: Clusters) -> pd.DataFrame:
    """Ties and role of each firm, row by row with ``group``.

    Parameters
    ----------
    pairs
        ``graph.relevance``.
    group
        (n,) number of each firm's group.

    Returns
    -------
    DataFrame
        ``inside`` and ``total`` (sum of the weights of its ties inside its group, and of all), ``inside_share`` (NaN
        without any tie), ``strength`` (``inside`` over that of the group's most tied firm), ``size`` (of its group),
        ``role``: ``single`` where the group is the firm alone; ``core`` from ``core_strength``; ``bridge`` where at
        least ``bridge_share`` of its ties lead outside; else ``member``.
    """
    n = len(group)
    low, high = pairs["low"].to_numpy(int), pairs["high"].to_numpy(int)
    weight = pairs["weight"].to_numpy()
    ends = np.r_[low, high]
    same = np.tile(group[low] == group[high], 2)
    both = np.r_[weight, weight]
    total = np.bincount(ends, weights=both, minlength=n)
    inside = np.bincount(ends[same], weights=both[same], minlength=n)
    most = np.zeros(group.max(initial=-1) + 1)
    np.maximum.at(most, group, inside)
    top = most[group]
    size = np.bincount(group, minlength=1)[group] if n else np.empty(0, int)
    strength = np.divide(inside, top, out=np.zeros(n), where=top > 0)
    share = np.divide(inside, total, out=np.full(n, np.nan), where=total > 0)
    with np.errstate(invalid="ignore"):
        bridge = 1 - share >= choices.bridge_share
    role = np.select([size == 1, strength >= choices.core_strength, bridge], ["single", "core", "bridge"], "member")
    return pd.DataFrame(
        {"inside": inside, "total": total, "inside_share": share, "strength": strength, "size": size, "role": role}
    )


def leading(sector: np.ndarray, inside: np.ndarray) -> dict[str, int]:
    """Sectors of a group's firms and how many have each: the most frequent first, of equals the more tied.

    Parameters
    ----------
    sector, inside
        (k,) sector of each firm and the sum of its ties inside the group.
    """
    codes = sorted(set(sector) - {""})
    count = {code: int((sector == code).sum()) for code in codes}
    ties = {code: round(float(inside[sector == code].sum()), 9) for code in codes}
    return {code: count[code] for code in sorted(codes, key=lambda code: (-count[code], -ties[code], code))}
