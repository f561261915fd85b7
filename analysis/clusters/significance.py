"""Are groups more than chance? The same method on random graphs in which every firm keeps its number of ties.

Any graph has a partition of some modularity, so the figure alone proves nothing (Guimera, Sales-Pardo and Amaral 2004,
doi:10.1103/PhysRevE.70.025101). Random graphs: ends of ties exchanged at random (Maslov and Sneppen 2002,
doi:10.1126/science.1065103), weights dealt out anew.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import igraph
import numpy as np

from .communities import Draw
from .pieces import modularity

MIX = 10  # exchanges tried a tie before the first random graph
MORE = 2  # and between one random graph and the next


@dataclass(frozen=True)
class Significance:
    """How groups compare with those of random graphs.

    Parameters
    ----------
    quality
        Modularity of the groups, at their resolution.
    expected, spread
        Mean and standard deviation of the modularity found in random graphs (NaN without any).
    z
        (quality - expected) / spread; NaN where random graphs do not differ.
    p_value
        (1 + random graphs at least as good) / (1 + random graphs); NaN without any.
    group_z, group_p
        (k,) the same for each group's internal share, beside that of a group as heavy in the random graphs.
    """

    quality: float
    expected: float
    spread: float
    z: float
    p_value: float
    group_z: np.ndarray
    group_p: np.ndarray


def compare(
    n: int,
    edges: np.ndarray,
    weight: np.ndarray,
    group: np.ndarray,
    resolution: float,
    draw: Draw,
    seed: int,
    graphs: int,
) -> Significance:
    """Groups (n,) beside those that ``draw`` finds in ``graphs`` random graphs.

    The random counterpart of a group is read off the groups found there: their internal share (weight of ties inside over
    all weight at its nodes) as a function of their weight, straight between neighbours in weight and level below the lightest.
    So a group is held against what the method makes of chance, not against a set of nodes drawn blindly; that is done only
    where the method finds a single group, which leaves nothing else to compare with.
    """
    k = int(group.max(initial=-1)) + 1
    quality = modularity(edges, weight, group, resolution)
    if not graphs or not len(edges):
        return Significance(quality, np.nan, np.nan, np.nan, np.nan, np.full(k, np.nan), np.full(k, np.nan))
    share, heavy = internal(edges, weight, group)
    by_chance, shares = [], []
    graph = igraph.Graph(n=n, edges=edges.tolist())
    try:
        for turn in range(graphs):
            igraph.set_random_number_generator(random.Random(seed * 1000 + turn))
            graph.rewire(n=(MORE if turn else MIX) * len(edges), allowed_edge_types="simple")
            mixed = np.sort(np.array(graph.get_edgelist(), dtype=int), axis=1)
            dealt = np.random.default_rng([seed, turn, 2]).permutation(weight)
            found = draw(mixed, dealt, turn)
            by_chance.append(modularity(mixed, dealt, found, resolution))
            shares.append(_by_chance(heavy, *internal(mixed, dealt, np.unique(found, return_inverse=True)[1])))
    finally:
        igraph.set_random_number_generator(random)
    expected, spread, z, p_value = _beside(np.array([quality]), np.array(by_chance)[:, None])
    _, _, group_z, group_p = _beside(share, np.array(shares))
    return Significance(
        quality, float(expected[0]), float(spread[0]), float(z[0]), float(p_value[0]), group_z, group_p
    )


def _beside(found: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean and standard deviation of what chance makes (graphs, k), and z and p of what was found (k,)."""
    mean, spread = chance.mean(axis=0), chance.std(axis=0)
    z = np.divide(found - mean, spread, out=np.full(len(found), np.nan), where=spread > 1e-9)
    return mean, spread, z, (1 + (chance >= found - 1e-9).sum(axis=0)) / (1 + len(chance))


def _by_chance(heavy: np.ndarray, share: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Internal share that groups as heavy (k,) have in a random graph whose groups have ``share`` and ``weight``."""
    if weight.max() > 1 - 1e-9:
        return heavy
    order = np.lexsort((share, weight))
    return np.interp(heavy, weight[order], share[order])


def internal(edges: np.ndarray, weight: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Internal share of each group (k,), and its part of all weight (k,); groups without ties have both 0."""
    k = int(group.max()) + 1
    low, high = group[edges[:, 0]], group[edges[:, 1]]
    all_at = np.bincount(np.r_[low, high], weights=np.r_[weight, weight], minlength=k)
    inside = np.bincount(low[low == high], weights=2 * weight[low == high], minlength=k)
    return np.divide(inside, all_at, out=np.zeros(k), where=all_at > 0), all_at / all_at.sum()
