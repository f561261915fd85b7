"""Other methods to group firms: scikit-learn's spectral and agglomerative clustering.

scikit-learn is imported where it is asked for only: it costs the start of every run otherwise.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

from .agreement import ordered
from .pieces import merged, modularity

MOST_GROUPS = 60  # the eigengap is looked for below this number
THREAD = 1e-6  # of the mean weight: a tie between parts that no tie joins
DENSE = 400  # nodes up to which all eigenvalues are computed


def spectral(n: int, edges: np.ndarray, weight: np.ndarray, count: int | None, seed: int) -> np.ndarray:
    """scikit-learn's spectral clustering (n,) (Ng, Jordan and Weiss 2002; von Luxburg 2007, doi:10.1007/s11222-007-9033-z).

    Parameters
    ----------
    count
        Number of groups; where None, as many as lie before the widest gap of the normalised Laplacian's spectrum.
    """
    from sklearn.cluster import SpectralClustering

    tied = np.unique(edges)
    group = np.full(n, -1)
    ties = _threaded(_matrix(n, edges, weight)[tied][:, tied])
    count = min(count or _eigengap(ties), len(tied) - 1)
    if count < 2:
        group[tied] = 0
    else:
        method = SpectralClustering(
            count, affinity="precomputed", random_state=seed % 2**32, assign_labels="kmeans"
        )
        group[tied] = method.fit_predict(ties)
    return _alone(group)


def agglomerative(
    n: int, edges: np.ndarray, weight: np.ndarray, count: int | None, touching: np.ndarray | None
) -> np.ndarray:
    """scikit-learn's agglomerative clustering (n,), average linkage of 1 - weight over the largest weight.

    The tree is cut where modularity is largest; with ``count`` among the cuts with that many groups of two or more (the
    nearest number where none has), and what is left alone joins as in ``pieces.merged``. Nodes without any tie stay alone.

    Parameters
    ----------
    touching
        (p, 2) pairs of nodes that lie beside each other; where given, only groups that touch are joined.
    """
    tied = np.unique(edges)
    ties = _matrix(n, edges, weight)
    part = np.full(n, -1)
    part[tied] = 0
    if touching is not None:
        beside = coo_matrix((np.ones(len(touching)), (touching[:, 0], touching[:, 1])), (n, n)).tocsr()
        beside = (beside + beside.T)[tied][:, tied]
        part[tied] = connected_components(beside, directed=False)[1]
    merges: list[tuple[float, int, int]] = []
    for number in range(part.max(initial=-1) + 1):
        own = np.flatnonzero(part == number)
        if len(own) > 1:
            inside = np.isin(tied, own)
            merges += _tree(own, ties, None if touching is None else beside[inside][:, inside])
    merges.sort(key=lambda merge: merge[0])
    found = _cut(n, edges, weight, merges, count)
    return found if count is None else ordered(merged(edges, weight, found, 1.0, count, touching))


def _matrix(n: int, edges: np.ndarray, weight: np.ndarray) -> csr_matrix:
    low, high = edges.T
    return coo_matrix((np.r_[weight, weight], (np.r_[low, high], np.r_[high, low])), (n, n)).tocsr()


def _threaded(ties: csr_matrix) -> csr_matrix:
    """The graph in one part: the most tied nodes of its parts are joined by threads."""
    parts, part = connected_components(ties, directed=False)
    if parts == 1:
        return ties
    strength = np.asarray(ties.sum(axis=1)).ravel()
    order = np.lexsort((np.arange(len(part)), -strength, part))
    head = order[np.searchsorted(part[order], np.arange(parts))]
    thread = np.full(parts - 1, THREAD * ties.data.mean())
    extra = coo_matrix((thread, (head[:-1], head[1:])), ties.shape).tocsr()
    return ties + extra + extra.T


def _eigengap(ties: csr_matrix) -> int:
    n = ties.shape[0]
    if n < 4:
        return 1
    scale = 1 / np.sqrt(np.asarray(ties.sum(axis=1)).ravel())
    step = coo_matrix(ties)
    step = csr_matrix((step.data * scale[step.row] * scale[step.col], (step.row, step.col)), ties.shape)
    most = min(MOST_GROUPS, n // 2) + 1
    if n <= DENSE:
        values = np.linalg.eigvalsh(step.toarray())[::-1][:most]
    else:
        values = np.sort(eigsh(step, k=most, which="LA", v0=np.ones(n), return_eigenvectors=False))[::-1]
    return int(np.argmax(-np.diff(values)[1:])) + 2


def _tree(own: np.ndarray, ties: csr_matrix, beside: csr_matrix | None) -> list[tuple[float, int, int]]:
    """Merges of some nodes: height, and a node of each of the two groups; lower ones first."""
    from sklearn.cluster import AgglomerativeClustering

    far = 1 - ties[own][:, own].toarray() / ties.data.max()
    np.fill_diagonal(far, 0)
    method = AgglomerativeClustering(
        n_clusters=1,
        metric="precomputed",
        linkage="average",
        connectivity=beside,
        compute_full_tree=True,
        compute_distances=True,
    ).fit(far)
    first = list(own)  # a node of each group of the tree
    found, height = [], 0.0
    for (one, two), away in zip(method.children_, method.distances_, strict=True):
        height = max(height, float(away))  # with neighbours given a merge may lie below an earlier one
        found.append((height, int(first[one]), int(first[two])))
        first.append(first[one])
    return found


def _cut(
    n: int, edges: np.ndarray, weight: np.ndarray, merges: list[tuple[float, int, int]], count: int | None
) -> np.ndarray:
    """Groups (n,) after the number of merges that is best."""
    total = float(weight.sum())
    between: list[dict[int, float]] = [{} for _ in range(n)]
    for (a, b), value in zip(edges.tolist(), (weight / total).tolist(), strict=True):
        between[a][b] = between[b][a] = value
    strength = np.bincount(edges.ravel(), weights=np.repeat(weight, 2), minlength=n) / (2 * total)
    home, size = np.arange(n), np.ones(n, int)
    quality, real = modularity(edges, weight, home), 0
    tried = [(0 if count is None else -count, quality)]
    for _, one, two in merges:
        a, b = sorted((_root(home, one), _root(home, two)))
        quality += between[a].get(b, 0.0) - 2 * strength[a] * strength[b]
        real += 1 - int(size[a] > 1) - int(size[b] > 1)
        home[b] = a
        size[a] += size[b]
        strength[a] += strength[b]
        for other, value in between[b].items():
            del between[other][b]
            if other != a:
                between[a][other] = between[other][a] = between[a].get(other, 0.0) + value
        tried.append((0 if count is None else -abs(real - count), round(quality, 12)))
    best = max(range(len(tried)), key=lambda step: (tried[step], -step))
    home = np.arange(n)
    for _, one, two in merges[:best]:
        a, b = sorted((_root(home, one), _root(home, two)))
        home[b] = a
    return ordered(np.array([_root(home, node) for node in range(n)], int))


def _root(home: np.ndarray, node: int) -> int:
    while home[node] != node:
        home[node] = home[home[node]]
        node = int(home[node])
    return int(node)


def _alone(group: np.ndarray) -> np.ndarray:
    """Groups with each node of group -1 in one of its own."""
    lone = group < 0
    group = group.copy()
    group[lone] = group.max(initial=-1) + 1 + np.arange(lone.sum())
    return ordered(group)
