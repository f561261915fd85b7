"""Trees that join terminals in a weighted graph.

Plain arrays: nodes are numbers 0..n-1, edges an (m, 2) array with (m,) non-negative costs. Construction is the
path heuristic of Takahashi and Matsuyama (Math. Japonica 24, 1980), with a preference for short ways to the root where
wanted; the lower bound is dual ascent on the directed cut formulation (Wong, Math. Programming 28, 1984).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

FREE = 1e-9  # an arc of no more reduced cost is open


def adjacency(n: int, edges: np.ndarray, cost: np.ndarray) -> tuple[csr_array, csr_array]:
    """Symmetric sparse matrices (n, n) of the cost and of the edge number plus one; the cheapest of parallel edges.

    Costs of zero are raised to 1e-12, because a sparse matrix cannot tell them from no edge.
    """
    low, high = edges.min(1), edges.max(1)
    order = np.lexsort((np.arange(len(edges)), cost, high, low))
    low, high = low[order], high[order]
    keep = low != high
    keep[1:] &= (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high, number = low[keep], high[keep], order[keep]
    rows, columns = np.r_[low, high], np.r_[high, low]
    weight = np.maximum(cost[number], 1e-12)
    return (
        csr_array((np.r_[weight, weight], (rows, columns)), shape=(n, n)),
        csr_array((np.r_[number, number] + 1, (rows, columns)), shape=(n, n)),
    )


def path_heuristic(
    n: int,
    edges: np.ndarray,
    cost: np.ndarray,
    root: int,
    terminals: np.ndarray,
    root_preference: float = 0.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Numbers of the edges of a tree that joins ``terminals`` to ``root``.

    Terminals are added one by one by the cheapest path to the tree. With ``root_preference`` above 0 the place where a
    path joins also counts by its distance to the root: 0 gives a short tree, 1 nearly the tree of shortest paths.

    Raises
    ------
    ValueError
        A terminal cannot be reached from the root.
    """
    matrix, number = adjacency(n, edges, cost)
    terminals = np.setdiff1d(terminals, [root])
    if not len(terminals):
        return np.empty(0, int)
    away, before = dijkstra(matrix, directed=False, indices=terminals, return_predecessors=True)
    if np.isinf(away[:, root]).any():
        raise ValueError("a terminal cannot be reached from the root")
    in_tree = np.zeros(n, bool)
    in_tree[root] = True
    to_root = np.full(n, np.inf)
    to_root[root] = 0.0
    best = away[:, root].copy()
    joint = np.full(len(terminals), root)
    open_ = np.ones(len(terminals), bool)
    chosen: list[int] = []
    for _ in range(len(terminals)):
        if cancelled():
            break
        t = int(np.argmin(np.where(open_, best, np.inf)))
        open_[t] = False
        # from the joint back to the terminal; predecessors lead towards the terminal
        path = [int(joint[t])]
        while path[-1] != terminals[t]:
            path.append(int(before[t, path[-1]]))
        new = []
        for a, b in itertools.pairwise(path):
            if in_tree[b]:
                continue
            chosen.append(int(number[a, b]) - 1)
            in_tree[b] = True
            to_root[b] = to_root[a] + matrix[a, b]
            new.append(b)
        if new and open_.any():
            score = away[:, new] + root_preference * to_root[new]
            nearest = np.argmin(score, axis=1)
            value = score[np.arange(len(terminals)), nearest]
            better = value < best
            best = np.where(better, value, best)
            joint = np.where(better, np.array(new)[nearest], joint)
        in_now = in_tree[terminals] & open_
        open_ &= ~in_now
        if not open_.any():
            break
    return prune(n, edges, cost, np.array(sorted(set(chosen)), int), root, terminals)


def prune(
    n: int, edges: np.ndarray, cost: np.ndarray, chosen: np.ndarray, root: int, terminals: np.ndarray
) -> np.ndarray:
    """The minimum spanning tree on the chosen edges without branches that lead to no terminal."""
    parent = np.arange(n)

    def find(v: int) -> int:
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = int(parent[v])
        return v

    kept: list[int] = []
    for e in chosen[np.lexsort((chosen, cost[chosen]))]:
        a, b = find(int(edges[e, 0])), find(int(edges[e, 1]))
        if a != b:
            parent[a] = b
            kept.append(int(e))
    needed = np.zeros(n, bool)
    needed[terminals] = True
    needed[root] = True
    degree = np.bincount(edges[kept].ravel(), minlength=n)
    at: dict[int, set[int]] = {}
    for e in kept:
        for v in edges[e]:
            at.setdefault(int(v), set()).add(e)
    leaves = [v for v in at if degree[v] == 1 and not needed[v]]
    alive = set(kept)
    while leaves:
        v = leaves.pop()
        for e in at[v] & alive:
            alive.discard(e)
            other = int(edges[e].sum() - v)
            degree[other] -= 1
            if degree[other] == 1 and not needed[other]:
                leaves.append(other)
    return np.array(sorted(alive), int)


def dual_ascent(
    n: int,
    edges: np.ndarray,
    cost: np.ndarray,
    root: int,
    terminals: np.ndarray,
    cancelled: Callable[[], bool] = lambda: False,
    max_rounds: int = 100_000,
) -> float:
    """A lower bound on the cost of any tree that joins ``terminals`` to ``root`` (Wong 1984).

    Stopping early (``cancelled`` or ``max_rounds``) leaves a valid, weaker bound.
    """
    m = len(edges)
    into: list[list[tuple[int, int]]] = [[] for _ in range(n)]  # arcs into a node: (from, arc number)
    for e, (a, b) in enumerate(edges.tolist()):
        if a != b:
            into[b].append((a, e))
            into[a].append((b, e + m))
    reduced = np.r_[cost, cost].astype(float).tolist()
    # of each terminal: the nodes from which it is reached over arcs of no reduced cost, and the arcs into them
    inside: dict[int, set[int]] = {int(t): {int(t)} for t in np.setdiff1d(terminals, [root])}
    border = {t: list(into[t]) for t in inside}
    queue = [(1, t) for t in inside]
    heapq.heapify(queue)
    bound, rounds = 0.0, 0
    while queue and rounds < max_rounds and not cancelled():
        _, terminal = heapq.heappop(queue)
        mine = inside[terminal]
        # reduced costs only fall, so the set only grows: go on from its border
        stack = [u for u, arc in border[terminal] if reduced[arc] <= FREE and u not in mine]
        reached = set(stack)
        while stack:
            v = stack.pop()
            mine.add(v)
            for u, arc in into[v]:
                if u in mine or u in reached:
                    continue
                if reduced[arc] <= FREE:
                    reached.add(u)
                    stack.append(u)
                else:
                    border[terminal].append((u, arc))
        if root in mine:
            continue
        edge_of_set = [(u, arc) for u, arc in border[terminal] if u not in mine]
        border[terminal] = edge_of_set
        if reached and queue and queue[0][0] < len(mine):
            # the smallest set first keeps the bound strong; this one has just grown
            heapq.heappush(queue, (len(mine), terminal))
            continue
        if not edge_of_set:
            return float("inf")  # the terminal cannot be reached
        step = min(reduced[arc] for _, arc in edge_of_set)
        for _, arc in edge_of_set:
            reduced[arc] -= step
        bound += step
        rounds += 1
        heapq.heappush(queue, (len(mine), terminal))
    return bound


def root_tree(
    n: int, edges: np.ndarray, chosen: np.ndarray, root: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Direct a tree away from its root.

    Returns
    -------
    order
        Nodes of the tree, each behind its parent.
    parent
        (n,) parent of each node, -1 for the root and for nodes outside.
    edge_to_parent
        (n,) number of the edge to the parent, -1 likewise.

    Raises
    ------
    ValueError
        The edges hold a cycle or are not joined to the root.
    """
    at: dict[int, list[tuple[int, int]]] = {}
    for e in chosen.tolist():
        a, b = int(edges[e, 0]), int(edges[e, 1])
        at.setdefault(a, []).append((b, e))
        at.setdefault(b, []).append((a, e))
    parent, up = np.full(n, -1), np.full(n, -1)
    order = [root]
    seen = {root}
    for v in order:
        for u, e in sorted(at.get(v, ())):
            if e == up[v]:
                continue
            if u in seen:
                raise ValueError("the edges hold a cycle")
            seen.add(u)
            parent[u], up[u] = v, e
            order.append(u)
    if len(order) != len(chosen) + 1:
        raise ValueError("the edges are not joined to the root")
    return np.array(order), parent, up


def accumulate(order: np.ndarray, parent: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """(n,) what flows over the edge to each node's parent, where every node takes ``demand``."""
    total = demand.astype(float).copy()
    for v in order[::-1]:
        if parent[v] >= 0:
            total[parent[v]] += total[v]
    return total
