"""Groups in a weighted graph: the Leiden method at the resolution whose groups stand firmest when weights are shaken."""

from __future__ import annotations

import random
from dataclasses import dataclass

import igraph
import numpy as np

RESOLUTIONS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)
TRIES = 5  # seeds of which the best partition is taken
SCREEN = 6  # shakes to compare resolutions; the chosen one gets all


@dataclass(frozen=True)
class Groups:
    """A partition of n nodes.

    Parameters
    ----------
    membership
        (n,) group of each node: 0 is the largest; of equals the one that holds the lowest node.
    stability
        (n,) mean Jaccard overlap of a node's company before and after weights are shaken, 0..1.
    agreement
        Mean adjusted Rand index of the groups before and after, up to 1.
    modularity, resolution
        Modularity (at resolution 1), and the resolution used.
    """

    membership: np.ndarray
    stability: np.ndarray
    agreement: float
    modularity: float
    resolution: float


def find(
    n: int,
    edges: np.ndarray,
    weight: np.ndarray,
    seed: int,
    repeats: int,
    shake: float,
    resolution: float | None = None,
) -> Groups:
    """Groups of a graph.

    Each resolution's best partition is compared with the partitions of shaken weights (times a gamma variate of mean 1 and
    relative standard deviation ``shake``). The resolution with the largest product of agreement and modularity is
    taken: groups that both stand firm and tell much. Traag, Waltman and van Eck (2019), doi:10.1038/s41598-019-41695-z.

    Parameters
    ----------
    n
        Number of nodes.
    edges, weight
        (m, 2) node numbers and (m,) positive weights, in an order that does not depend on the input's.
    resolution
        Taken as given where not None.
    """
    graph = igraph.Graph(n=n, edges=edges.tolist())
    graph.es["weight"] = weight.tolist()
    if not len(edges):
        alone = np.arange(n)
        return Groups(alone, np.ones(n), 1.0, 0.0, resolution or 1.0)
    try:
        choice = resolution or _choose(graph, weight, seed, min(SCREEN, repeats), shake)
        base = _best(graph, weight, choice, seed)
        shaken = [_shaken(graph, weight, choice, seed, turn, shake) for turn in range(repeats)]
    finally:
        igraph.set_random_number_generator(random)
    base = _ordered(base)
    agreement = float(np.mean([adjusted_rand(base, other) for other in shaken]))
    stability = np.mean([overlap(base, other) for other in shaken], axis=0)
    return Groups(base, stability, agreement, float(graph.modularity(base.tolist(), "weight")), float(choice))


def _choose(graph: igraph.Graph, weight: np.ndarray, seed: int, turns: int, shake: float) -> float:
    merit = []
    for value in RESOLUTIONS:
        base = _best(graph, weight, value, seed)
        same = [adjusted_rand(base, _shaken(graph, weight, value, seed, turn, shake)) for turn in range(turns)]
        merit.append(max(float(np.mean(same)), 0.0) * graph.modularity(base.tolist(), "weight"))
    top = max(merit)
    # of equals the resolution nearest to 1
    equal = [value for value, found in zip(RESOLUTIONS, merit, strict=True) if found >= top - 1e-9]
    return min(equal, key=lambda value: (abs(np.log(value)), value))


def _leiden(graph: igraph.Graph, weight: np.ndarray, resolution: float, seed: int) -> np.ndarray:
    igraph.set_random_number_generator(random.Random(seed))
    found = graph.community_leiden(
        objective_function="modularity", weights=weight.tolist(), resolution=resolution, n_iterations=-1
    )
    return np.array(found.membership, dtype=int)


def _best(graph: igraph.Graph, weight: np.ndarray, resolution: float, seed: int) -> np.ndarray:
    runs = [_leiden(graph, weight, resolution, seed * 1000 + turn) for turn in range(TRIES)]
    quality = [graph.modularity(run.tolist(), "weight", resolution) for run in runs]
    return runs[int(np.argmax(np.round(quality, 12)))]


def _shaken(
    graph: igraph.Graph, weight: np.ndarray, resolution: float, seed: int, turn: int, shake: float
) -> np.ndarray:
    factor = np.random.default_rng([seed, turn]).gamma(1 / shake**2, shake**2, len(weight))
    return _leiden(graph, np.maximum(weight * factor, 1e-12), resolution, seed * 1000 + TRIES + turn)


def _ordered(membership: np.ndarray) -> np.ndarray:
    """The same groups, numbered by falling size, then by their lowest node."""
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
