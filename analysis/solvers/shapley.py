"""Shapley value of a cooperative game: what each player adds, averaged over all orders in which they may come.

Source: Shapley, L. S. (1953), A value for n-person games, Contributions to the Theory of Games II, 307-317. Sampling:
Castro, J., Gomez, D. and Tejada, J. (2009), Computers and Operations Research 36(5), 1726-1730.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np

Worth = Callable[[frozenset[int]], float]


def exact(players: int, worth: Worth) -> np.ndarray:
    """(players,) Shapley value from the worth of every coalition, 2^players of them.

    Examples
    --------
    A pair of gloves is worth 1; player 0 has the left one, 1 and 2 a right one each.

    >>> exact(3, lambda s: float(0 in s and len(s) > 1)).round(4).tolist()
    [0.6667, 0.1667, 0.1667]
    """
    size = 1 << players
    members = (np.arange(size)[:, None] >> np.arange(players)) & 1
    value = np.array([worth(frozenset(np.flatnonzero(row).tolist())) for row in members])
    count = members.sum(axis=1)
    weight = np.array([factorial(k) * factorial(players - k - 1) for k in range(players)], float)
    weight /= factorial(players)
    share = np.empty(players)
    for i in range(players):
        without = np.flatnonzero(members[:, i] == 0)
        share[i] = (weight[count[without]] * (value[without | (1 << i)] - value[without])).sum()
    return share


def sampled(players: int, worth: Worth, rounds: int, seed: int) -> tuple[np.ndarray, float]:
    """Shapley value estimated from ``rounds`` random orders, each also taken backwards.

    Returns
    -------
    share
        (players,); adds up to the worth of all players exactly.
    error
        Largest standard error of a share.
    """
    draw = np.random.default_rng(seed)
    found = np.empty((rounds, players))
    for k in range(rounds):
        order = draw.permutation(players)
        found[k] = (_added(order, worth) + _added(order[::-1], worth)) / 2
    error = found.std(axis=0, ddof=1) / np.sqrt(rounds) if rounds > 1 else np.full(players, np.inf)
    return found.mean(axis=0), float(error.max())


def _added(order: np.ndarray, worth: Worth) -> np.ndarray:
    """(players,) what each player adds when they come in this order."""
    value = [worth(frozenset(order[:k].tolist())) for k in range(len(order) + 1)]
    added = np.empty(len(order))
    added[order] = np.diff(value)
    return added
