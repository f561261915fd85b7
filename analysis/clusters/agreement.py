"""How alike two groupings of the same firms are."""

from __future__ import annotations

import numpy as np


def ordered(membership: np.ndarray) -> np.ndarray:
    """The same groups (n,), numbered by falling size, then by their lowest node."""
    if not len(membership):
        return np.empty(0, int)
    _, first, group, size = np.unique(membership, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), int)
    rank[np.lexsort((first, -size))] = np.arange(len(size))
    return rank[group]


def _table(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    return table


def adjusted_rand(a: np.ndarray, b: np.ndarray) -> float:
    """Adjusted Rand index of two partitions (n,): 1 the same, about 0 for chance (Hubert and Arabie 1985).

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """

    def couples(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    table = _table(a, b)
    both, one, two = couples(table), couples(table.sum(1)), couples(table.sum(0))
    chance = one * two / max(couples(np.array([float(len(a))])), 1.0)
    most = (one + two) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def overlap(base: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jaccard overlap (n,) of each node's company (its group without itself) in two partitions; 1 where alone in both."""
    table = _table(base, other)
    common = table[base, other] - 1
    either = table.sum(1)[base] + table.sum(0)[other] - table[base, other] - 1
    return np.divide(common, either, out=np.ones(len(base)), where=either > 0)


def likest(base: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jaccard overlap (k,) of each group of ``base`` with the group of ``other`` that is most like it (Hennig 2007)."""
    table = _table(base, other)
    return (table / (table.sum(1)[:, None] + table.sum(0) - table)).max(axis=1)
