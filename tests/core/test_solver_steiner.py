"""Steiner trees: small graphs by hand, and properties on random ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkloop.analysis.solvers import steiner

pytestmark = pytest.mark.again  # plain numerics, the same on any version


def random_graph(seed: int, n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    chain = np.c_[np.arange(n - 1), np.arange(1, n)]
    extra = rng.integers(0, n, (2 * n, 2))
    edges = np.r_[chain, extra[extra[:, 0] != extra[:, 1]]]
    return edges, rng.integers(1, 20, len(edges)).astype(float)


def optimum(n: int, edges: np.ndarray, cost: np.ndarray, terminals: list[int]) -> float:
    """By brute force: the least spanning tree over every set of nodes that holds the terminals."""
    best = np.inf
    others = [v for v in range(n) if v not in terminals]
    for size in range(len(others) + 1):
        for extra in itertools.combinations(others, size):
            nodes = set(terminals) | set(extra)
            inside = [e for e in range(len(edges)) if edges[e, 0] in nodes and edges[e, 1] in nodes]
            parent = {v: v for v in nodes}

            def find(v: int, parent: dict[int, int] = parent) -> int:
                while parent[v] != v:
                    v = parent[v]
                return v

            total, joined = 0.0, 1
            for e in sorted(inside, key=lambda e: cost[e]):
                a, b = find(int(edges[e, 0])), find(int(edges[e, 1]))
                if a != b:
                    parent[a] = b
                    total, joined = total + cost[e], joined + 1
            if joined == len(nodes):
                best = min(best, total)
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_bound_optimum_and_tree_stand_in_order(seed):
    n, terminals = 9, [0, 3, 5, 8]
    edges, cost = random_graph(seed, n)
    tree = steiner.path_heuristic(n, edges, cost, 0, np.array(terminals))
    bound = steiner.dual_ascent(n, edges, cost, 0, np.array(terminals))
    best = optimum(n, edges, cost, terminals)
    assert bound <= best + 1e-6
    assert best <= cost[tree].sum() + 1e-6
    assert cost[tree].sum() <= 2 * best + 1e-6
    order, _, _ = steiner.root_tree(n, edges, tree, 0)
    assert set(terminals) <= set(order.tolist())


def test_star_needs_its_centre():
    """Three terminals around a hub: the tree takes the three spokes, not two rim edges of cost 1.9 each."""
    edges = np.array([[0, 3], [1, 3], [2, 3], [0, 1], [1, 2]])
    cost = np.array([1.0, 1.0, 1.0, 1.9, 1.9])
    tree = steiner.path_heuristic(4, edges, cost, 0, np.array([0, 1, 2]))
    assert sorted(tree) in ([0, 1, 2], [3, 4])
    assert steiner.dual_ascent(4, edges, cost, 0, np.array([0, 1, 2])) <= 3.0


def test_preference_for_the_root_gives_shortest_paths():
    edges = np.array([[0, 1], [1, 2], [0, 2]])
    cost = np.array([1.0, 1.0, 1.5])
    terminals = np.array([1, 2])
    assert sorted(steiner.path_heuristic(3, edges, cost, 0, terminals)) == [0, 1]
    assert sorted(steiner.path_heuristic(3, edges, cost, 0, terminals, root_preference=1.0)) == [0, 2]


def test_unreachable_terminal_is_an_error_and_an_infinite_bound():
    edges, cost = np.array([[0, 1], [2, 3]]), np.array([1.0, 1.0])
    with pytest.raises(ValueError, match="cannot be reached"):
        steiner.path_heuristic(4, edges, cost, 0, np.array([3]))
    assert steiner.dual_ascent(4, edges, cost, 0, np.array([3])) == np.inf


def test_flow_accumulates_towards_the_root():
    edges = np.array([[0, 1], [1, 2], [1, 3]])
    order, parent, _ = steiner.root_tree(4, edges, np.array([0, 1, 2]), 0)
    assert steiner.accumulate(order, parent, np.array([0.0, 1.0, 2.0, 4.0])).tolist() == [7.0, 7.0, 2.0, 4.0]


def test_cycle_is_refused():
    edges = np.array([[0, 1], [1, 2], [2, 0]])
    with pytest.raises(ValueError, match="cycle"):
        steiner.root_tree(3, edges, np.array([0, 1, 2]), 0)
