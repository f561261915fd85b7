"""What each firm is in its group: core, bridge or member."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix, csr_matrix

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
        least ``bridge_share`` of its ties lead outside; else ``member``; ``participation`` (1 - sum over groups of the squared
        share of its ties that lead there: 0 where all stay in one, near 1 where they spread evenly; NaN without any tie;
        Guimera and Amaral 2005, doi:10.1038/nature03288); ``second`` (the other group, of two firms or more, to which most of
        its ties lead; -1 where none does).
    """
    n = len(group)
    low, high = pairs["low"].to_numpy(int), pairs["high"].to_numpy(int)
    weight = pairs["weight"].to_numpy()
    ends = np.r_[low, high]
    same = np.tile(group[low] == group[high], 2)
    both = np.r_[weight, weight]
    total = np.bincount(ends, weights=both, minlength=n)
    inside = np.bincount(ends[same], weights=both[same], minlength=n)
    k = int(group.max(initial=-1)) + 1
    towards = coo_matrix((both, (ends, group[np.r_[high, low]])), (n, k)).tocsr()  # ties of each firm to each group
    squares = np.asarray(towards.multiply(towards).sum(axis=1)).ravel()
    spread = 1 - np.divide(squares, total**2, out=np.full(n, np.nan), where=total > 0)
    most = np.zeros(k)
    np.maximum.at(most, group, inside)
    top = most[group]
    size = np.bincount(group, minlength=1)[group] if n else np.empty(0, int)
    strength = np.divide(inside, top, out=np.zeros(n), where=top > 0)
    share = np.divide(inside, total, out=np.full(n, np.nan), where=total > 0)
    with np.errstate(invalid="ignore"):
        bridge = 1 - share >= choices.bridge_share
    role = np.select([size == 1, strength >= choices.core_strength, bridge], ["single", "core", "bridge"], "member")
    return pd.DataFrame(
        {
            "inside": inside,
            "total": total,
            "inside_share": share,
            "strength": strength,
            "size": size,
            "role": role,
            "participation": spread,
            "second": _second(towards, group),
        }
    )


def _second(towards: csr_matrix, group: np.ndarray) -> np.ndarray:
    """The other group of two firms or more to which most ties of each firm (n,) lead; of equals the lower number."""
    ties = coo_matrix(towards)
    size = np.bincount(group, minlength=ties.shape[1])
    other = (ties.col != group[ties.row]) & (size[ties.col] > 1)
    row, column, weight = ties.row[other], ties.col[other], np.round(ties.data[other], 12)
    order = np.lexsort((column, -weight, row))
    firm, first = np.unique(row[order], return_index=True)
    found = np.full(len(group), -1)
    found[firm] = column[order][first]
    return found


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
