"""Groups in a weighted graph, how firm they stand, and what the planner asks of them.

Leiden method at the resolution whose groups stand firmest when weights are shaken; the shaken partitions then vote. How
firm each membership stands is told by a Bayesian bootstrap of the ties.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import igraph
import numpy as np

from . import methods, pieces
from .agreement import adjusted_rand, likest, ordered, overlap

RESOLUTIONS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
TRIES = 3  # seeds of which the best partition is taken
SCREEN = 6  # shakes to compare resolutions
VOTES = 20  # shaken partitions that vote at the chosen one
UNSURE = 0.05  # what a tie keeps of its weight where no partition joins its ends (Poulin and Theberge 2019)
ITERATIONS, ROUNDS = 2, 20  # of the Leiden method: in one go, and goes at most
RISE = 1e-4  # least rise of modularity for another go
FINEST = 64.0  # resolution up to which a given number of groups is looked for

Draw = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Rule:
    """What is asked of the groups.

    Parameters
    ----------
    method
        ``leiden``, ``spectral`` or ``agglomerative``.
    count
        Number of groups of at least two nodes; free where None.
    touching
        (p, 2) pairs of nodes that lie beside each other; where given, groups hang together by such pairs.
    """

    method: str = "leiden"
    count: int | None = None
    touching: np.ndarray | None = None


@dataclass(frozen=True)
class Found:
    """Groups, and how to make others by the same rule.

    Parameters
    ----------
    membership
        (n,) group of each node: 0 is the largest; of equals the one that holds the lowest node.
    free
        (n,) groups before they were split or merged to keep the rule.
    resolution
        The resolution used.
    draw
        Groups of other ties: edges, weights, seed -> (n,).
    """

    membership: np.ndarray
    free: np.ndarray
    resolution: float
    draw: Draw = field(repr=False, compare=False)


@dataclass(frozen=True)
class Groups:
    """A partition of n nodes into k groups.

    Parameters
    ----------
    membership
        (n,) group of each node: 0 is the largest; of equals the one that holds the lowest node.
    stability
        (n,) mean Jaccard overlap of a node's company here and in groups of bootstrapped ties, 0..1.
    firmness
        (k,) mean Jaccard overlap of each group with the likest group of bootstrapped ties, 0..1.
    agreement
        Mean adjusted Rand index of the groups and those of bootstrapped ties, up to 1.
    modularity
        Modularity, at resolution 1.
    found
        What made them.
    """

    membership: np.ndarray
    stability: np.ndarray
    firmness: np.ndarray
    agreement: float
    modularity: float
    found: Found

    @property
    def resolution(self) -> float:
        """The resolution used."""
        return self.found.resolution


def find(
    n: int,
    edges: np.ndarray,
    weight: np.ndarray,
    seed: int,
    repeats: int,
    shake: float,
    resolution: float | None = None,
    rule: Rule | None = None,
) -> Groups:
    """Groups of a graph.

    Each resolution's best partition is compared with those of shaken weights (times a gamma variate of mean 1 and
    relative standard deviation ``shake``). The resolution with the largest product of agreement and modularity is
    taken: groups that both stand firm and tell much. There the partitions of shaken weights vote: each tie keeps the share
    of its weight in which they join its ends, and the groups are those of the ties so weighed (Traag, Waltman and van Eck
    2019, doi:10.1038/s41598-019-41695-z; Poulin and Theberge 2019, doi:10.1007/s41109-019-0162-z).

    Stability: ``repeats`` times the ties are bootstrapped in the Bayesian way (weights times exponential variates, Rubin 1981,
    doi:10.1214/aos/1176345338; modularity does not depend on their sum) and grouped by the same rule.

    Parameters
    ----------
    n
        Number of nodes.
    edges, weight
        (m, 2) node numbers and (m,) positive weights, in an order that does not depend on the input's.
    resolution
        Taken as given where not None.
    """
    rule = rule or Rule()
    found = group(n, edges, weight, seed, shake, resolution, rule)
    base = found.membership
    if not len(edges):
        return Groups(base, np.ones(n), np.ones(n), 1.0, 0.0, found)
    strapped = [
        found.draw(edges, weight * exponential(len(weight), seed, turn), seed + turn) for turn in range(repeats)
    ]
    return Groups(
        base,
        np.mean([overlap(base, other) for other in strapped], axis=0),
        np.mean([likest(base, other) for other in strapped], axis=0),
        float(np.mean([adjusted_rand(base, other) for other in strapped])),
        pieces.modularity(edges, weight, base),
        found,
    )


def group(
    n: int, edges: np.ndarray, weight: np.ndarray, seed: int, shake: float, resolution: float | None, rule: Rule
) -> Found:
    """Groups as ``find`` makes them, without telling how firm they stand."""
    if not len(edges):
        alone = np.arange(n)
        return Found(alone, alone, resolution or 1.0, lambda *_: alone)
    if rule.method != "leiden":
        resolution = resolution or 1.0
        draw = _drawing(n, rule, resolution)
        free = found = draw(edges, weight, seed)
    else:
        try:
            graph = _graph(n, edges, weight)
            if resolution is None and rule.count is not None:
                resolution = _fine_enough(graph, weight, rule.count, seed)
            resolution = resolution or _choose(graph, weight, seed, shake)
            free = vote(n, edges, weight, resolution, seed, shake)
        finally:
            igraph.set_random_number_generator(random)
        draw = _drawing(n, rule, resolution)
        found = kept(n, edges, weight, free, rule, resolution)
    return Found(ordered(found), free, resolution, draw)


def exponential(m: int, seed: int, turn: int) -> np.ndarray:
    """Weights (m,) of one Bayesian bootstrap, of mean 1."""
    return np.maximum(np.random.default_rng([seed, turn, 1]).standard_exponential(m), 1e-9)


def _graph(n: int, edges: np.ndarray, weight: np.ndarray) -> igraph.Graph:
    graph = igraph.Graph(n=n, edges=edges.tolist())
    graph.es["weight"] = weight.tolist()
    return graph


def _drawing(n: int, rule: Rule, resolution: float) -> Draw:
    def draw(edges: np.ndarray, weight: np.ndarray, seed: int) -> np.ndarray:
        if rule.method == "leiden":
            try:
                found = _leiden(_graph(n, edges, weight), weight, resolution, seed)
            finally:
                igraph.set_random_number_generator(random)
        elif rule.method == "spectral":
            found = methods.spectral(n, edges, weight, rule.count, seed)
        else:
            return methods.agglomerative(n, edges, weight, rule.count, rule.touching)
        return kept(n, edges, weight, found, rule, resolution)

    return draw


def kept(
    n: int, edges: np.ndarray, weight: np.ndarray, found: np.ndarray, rule: Rule, resolution: float
) -> np.ndarray:
    """Groups made to keep the rule: split where they do not hang together, then merged."""
    if rule.touching is not None:
        found = pieces.split(n, found, rule.touching)
    if rule.touching is None and rule.count is None:
        return found
    return pieces.merged(edges, weight, found, resolution, rule.count, rule.touching)


def _choose(graph: igraph.Graph, weight: np.ndarray, seed: int, shake: float) -> float:
    best, choice = 0.0, 1.0
    # from 1 outwards: of equals the one nearest to 1
    for value in sorted(RESOLUTIONS, key=lambda value: (round(abs(np.log(value)), 9), value)):
        base = _best(graph, weight, value, seed)
        quality = graph.modularity(base.tolist(), "weight")
        merit = quality  # with full agreement; less with each shake that differs
        for turn in range(SCREEN):
            if merit <= best + 1e-9:
                break
            same = adjusted_rand(base, _shaken(graph, weight, value, seed, turn, shake))
            merit -= quality * (1 - same) / SCREEN
        else:
            if merit > best + 1e-9:
                best, choice = merit, value
    return choice


def _fine_enough(graph: igraph.Graph, weight: np.ndarray, count: int, seed: int) -> float:
    """The lowest resolution, in steps of a quarter, with at least ``count`` groups of two; else the one with most."""
    most, value, at = -1, RESOLUTIONS[0], RESOLUTIONS[0]
    while value <= FINEST:
        size = np.bincount(_leiden(graph, weight, value, seed))
        if (size > 1).sum() > most:
            most, at = int((size > 1).sum()), value
        if most >= count:
            break
        value *= 1.25
    return at


def vote(n: int, edges: np.ndarray, weight: np.ndarray, resolution: float, seed: int, shake: float) -> np.ndarray:
    """Groups (n,) on which partitions of shaken weights agree (ensemble clustering of Poulin and Theberge 2019)."""
    graph = _graph(n, edges, weight)
    runs = [_shaken(graph, weight, resolution, seed, turn, shake) for turn in range(VOTES)]
    joined = np.mean([run[edges[:, 0]] == run[edges[:, 1]] for run in runs], axis=0)
    agreed = weight * (UNSURE + (1 - UNSURE) * joined)
    return _best(_graph(n, edges, agreed), agreed, resolution, seed)


def _leiden(graph: igraph.Graph, weight: np.ndarray, resolution: float, seed: int) -> np.ndarray:
    igraph.set_random_number_generator(random.Random(seed))
    weights, membership, quality = weight.tolist(), None, -np.inf
    # until nothing changes igraph would run without end where moves gain no more than the last digit
    for _ in range(ROUNDS):
        membership = graph.community_leiden(
            objective_function="modularity",
            weights=weights,
            resolution=resolution,
            n_iterations=ITERATIONS,
            initial_membership=membership,
        ).membership
        reached = graph.modularity(membership, weights, resolution)
        if reached <= quality + RISE:
            break
        quality = reached
    return np.array(membership, dtype=int)


def _best(graph: igraph.Graph, weight: np.ndarray, resolution: float, seed: int) -> np.ndarray:
    runs = [_leiden(graph, weight, resolution, seed * 1000 + turn) for turn in range(TRIES)]
    quality = [graph.modularity(run.tolist(), "weight", resolution) for run in runs]
    return runs[int(np.argmax(np.round(quality, 12)))]


def _shaken(
    graph: igraph.Graph, weight: np.ndarray, resolution: float, seed: int, turn: int, shake: float
) -> np.ndarray:
    factor = np.random.default_rng([seed, turn]).gamma(1 / shake**2, shake**2, len(weight))
    return _leiden(graph, np.maximum(weight * factor, 1e-12), resolution, seed * 1000 + TRIES + turn)
