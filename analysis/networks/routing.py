"""The tree that is cheapest once its pipes are sized.

The price of a metre grows with the flow, but less than in proportion, so the shortest tree is not the cheapest: it pays to
bundle flows, and it pays to go straight with large ones. Several trees between the shortest tree and the tree
of shortest paths are built, and the best is improved by rerouting one consumer at a time at the price it adds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import dijkstra

from ..solvers import steiner

PREFERENCES = (0.0, 0.1, 0.25, 0.5, 1.0)
ROUNDS = 2

PriceOfFlow = Callable[[np.ndarray], np.ndarray]
CostOfTree = Callable[[np.ndarray], float]


def candidate_trees(
    n: int, edges: np.ndarray, weight: np.ndarray, root: int, terminals: np.ndarray, cancelled: Callable[[], bool]
) -> list[np.ndarray]:
    """Trees from the shortest one to nearly the shortest paths, as arrays of edge numbers, without repeats."""
    trees = [steiner.path_heuristic(n, edges, weight, root, terminals, p, cancelled) for p in PREFERENCES]
    return list({tree.tobytes(): tree for tree in trees}.values())


def sized_cost(
    n: int,
    edges: np.ndarray,
    weight: np.ndarray,
    tree: np.ndarray,
    root: int,
    demand: np.ndarray,
    price: PriceOfFlow,
) -> float:
    """Cost of a tree whose pipes carry what lies behind them; ``weight`` is metres times the corridor's factor."""
    order, parent, up = steiner.root_tree(n, edges, tree, root)
    flow = steiner.accumulate(order, parent, demand)
    nodes = order[1:]
    return float((weight[up[nodes]] * price(flow[nodes])).sum())


def reroute(
    n: int,
    edges: np.ndarray,
    weight: np.ndarray,
    tree: np.ndarray,
    root: int,
    terminals: np.ndarray,
    demand: np.ndarray,
    price: PriceOfFlow,
    cancelled: Callable[[], bool],
) -> np.ndarray:
    """Improve a tree by giving one consumer after another the way that adds least to the sized cost.

    The result is never dearer than the tree given.
    """
    laid = _laid(n, edges, tree, root, terminals, demand)
    best, best_cost = tree, sized_cost(n, edges, weight, tree, root, demand, price)
    matrix, number = steiner.adjacency(n, edges, weight)
    place = number.data - 1  # the edge of each entry of the matrix; its rows and columns never change
    edge_of = {(int(a), int(b)): e for e, pair in enumerate(edges) for a, b in (pair, pair[::-1])}
    for _ in range(ROUNDS):
        before = best_cost
        for terminal in terminals[np.lexsort((terminals, -demand[terminals]))].tolist():
            if cancelled():
                return best
            own = laid.way(terminal)
            flow, users = laid.flow.copy(), laid.users.copy()
            flow[own] -= demand[terminal]
            users[own] -= 1
            # whether a pipe is still needed is counted: a difference of flows may leave a rounding error
            flow[users == 0] = 0.0
            added = weight * (price(flow + demand[terminal]) - price(flow))
            # a pipe with room to spare adds nothing; its metres still decide between equal ways
            matrix.data = np.maximum(added + weight * 1e-6, 1e-12)[place]
            _, back = dijkstra(matrix, directed=False, indices=root, return_predecessors=True)
            way, v = [], terminal
            while v != root:
                way.append(edge_of[int(back[v]), v])
                v = int(back[v])
            if sorted(way) == sorted(own):
                continue
            used = np.union1d(np.flatnonzero(users), way)
            trial = steiner.prune(n, edges, weight, used, root, terminals)
            cost = sized_cost(n, edges, weight, trial, root, demand, price)
            if cost < best_cost * (1 - 1e-9):
                best, best_cost = trial, cost
                laid = _laid(n, edges, trial, root, terminals, demand)
        if best_cost > before * (1 - 1e-4):
            break
    return best


@dataclass(frozen=True)
class _Laid:
    """A tree with what flows over each edge (m,), how many consumers need it (m,), and the way up from each node."""

    flow: np.ndarray
    users: np.ndarray
    parent: list[int]
    up: list[int]

    def way(self, node: int) -> list[int]:
        """The edges from a node to the root."""
        found = []
        while self.parent[node] >= 0:
            found.append(self.up[node])
            node = self.parent[node]
        return found


def _laid(
    n: int, edges: np.ndarray, tree: np.ndarray, root: int, terminals: np.ndarray, demand: np.ndarray
) -> _Laid:
    order, parent, up = steiner.root_tree(n, edges, tree, root)
    nodes = order[1:]
    served = np.zeros(n)
    served[terminals] = 1.0
    flow, users = np.zeros(len(edges)), np.zeros(len(edges), int)
    flow[up[nodes]] = steiner.accumulate(order, parent, demand)[nodes]
    users[up[nodes]] = steiner.accumulate(order, parent, served)[nodes].astype(int)
    return _Laid(flow, users, parent.tolist(), up.tolist())


def bound(
    n: int,
    edges: np.ndarray,
    weight: np.ndarray,
    root: int,
    terminals: np.ndarray,
    demand: np.ndarray,
    price: PriceOfFlow,
    steps: np.ndarray,
    cancelled: Callable[[], bool],
) -> float:
    """A lower bound on the sized cost of any tree.

    Where a + b f lies below the price of every flow f that can occur, any tree costs at least ``a`` times the shortest
    tree plus ``b`` times the flow-weighted shortest paths; the former is bounded by dual ascent. The best such line is
    taken from the lower hull of the price. ``steps`` are the flows at which the price jumps.
    """
    if not len(terminals):
        return 0.0
    need = demand[terminals]
    total, least = float(need.sum()), float(need.min())
    # the price is flat up to each jump, so a rising line is below it if it is below at the right end of every step
    corners = np.unique(np.r_[steps[(steps >= least) & (steps < total)], total])
    cost = price(corners)
    matrix, _ = steiner.adjacency(n, edges, weight)
    paths = float((need * dijkstra(matrix, directed=False, indices=root)[terminals]).sum())
    shortest = steiner.dual_ascent(n, edges, weight, root, terminals, cancelled)
    best = max(float(cost[0]) * shortest, float((cost / corners).min()) * paths)
    for i in range(len(corners)):
        for j in range(i + 1, len(corners)):
            b = (cost[j] - cost[i]) / (corners[j] - corners[i])
            a = cost[i] - b * corners[i]
            if a >= 0 and b >= 0 and (a + b * corners <= cost * (1 + 1e-12)).all():
                best = max(best, a * shortest + b * paths)
    return best
