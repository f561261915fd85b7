"""Quality of the clustering on graphs with planted groups, beside other methods."""

import numpy as np
import pytest

from benchmarks import clusters as benchmark
from parkloop.analysis.clusters import communities
from parkloop.analysis.clusters.agreement import adjusted_rand

pytestmark = pytest.mark.again  # plain numerics, the same on any version

networkx = pytest.importorskip("networkx", reason="networkx is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")


def test_planted_groups_of_an_lfr_graph_are_found():
    _, graph = next(benchmark.graphs(1000, 0.3, 1))
    n, edges, truth = benchmark.plain(graph)
    found = benchmark.ours(n, edges, np.ones(len(edges))).membership
    assert benchmark.likeness(truth, found) >= 0.97
    assert benchmark.likeness(truth, found) >= benchmark.likeness(truth, benchmark.louvain(graph, 0)) - 0.01


def test_planted_groups_stay_whatever_the_numbers_of_nodes():
    truth = np.arange(120) // 20
    rng = np.random.default_rng(3)
    a, b = np.triu_indices(120, 1)
    tie = rng.random(len(a)) < np.where(truth[a] == truth[b], 0.5, 0.02)
    number = rng.permutation(120)
    edges = np.sort(number[np.c_[a[tie], b[tie]]], axis=1)
    edges = edges[np.lexsort((edges[:, 1], edges[:, 0]))]
    found = communities.find(120, edges, np.ones(len(edges)), 0, 6, 0.3)
    assert adjusted_rand(found.membership[number], truth) == 1


def test_spectral_finds_the_number_by_its_gap():
    clique = np.array(np.triu_indices(10, 1)).T
    edges = np.concatenate([clique + 10 * k for k in range(4)] + [np.array([[0, 10], [10, 20], [20, 30]])])
    found = benchmark.spectral(40, edges, 0)
    assert adjusted_rand(found, np.arange(40) // 10) == 1


@pytest.mark.parametrize(
    ("mixing", "ours", "expected"),
    [(0.2, 0.96, True), (0.2, 0.94, False), (0.3, 0.96, False), (0.5, 0.81, True), (0.5, 0.79, False)],
)
def test_what_counts_as_met(mixing, ours, expected):
    nmi = {"ours": ours, "louvain": 0.9, "spectral": 0.965, "leiden": 0.8}
    assert benchmark.met(mixing, nmi) is expected


def test_hundreds_of_firms_are_timed():
    found = benchmark.timed(400)
    assert found["groups"] > 1 and 0 < found["agreement"] <= 1
    assert found["seconds"] < 10
