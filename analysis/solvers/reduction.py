"""Make a graph smaller without losing any cheapest tree between the nodes that matter.

Roads are full of dead ends and bends: nodes of degree one that lead nowhere and nodes of degree two that only pass on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Contracted:
    """A smaller graph with the node numbers of the original.

    ``edges`` is (k, 2), ``cost`` (k,); ``parts[i]`` are the original edges that edge i stands for.
    """

    edges: np.ndarray
    cost: np.ndarray
    parts: list[list[int]]

    def expand(self, chosen: np.ndarray) -> np.ndarray:
        """Original edges of the chosen ones, sorted."""
        return np.array(sorted(e for i in chosen for e in self.parts[int(i)]), int)


def contract(n: int, edges: np.ndarray, cost: np.ndarray, keep: np.ndarray) -> Contracted:
    """Remove dead ends, join chains, and of parallel edges keep the cheapest.

    Parameters
    ----------
    keep
        Nodes that stay whatever their degree: terminals and root.
    """
    at: list[dict[int, tuple[float, list[int]]]] = [{} for _ in range(n)]

    def put(a: int, b: int, price: float, parts: list[int]) -> None:
        if a != b and (b not in at[a] or price < at[a][b][0]):
            at[a][b] = at[b][a] = (price, parts)

    for e in np.lexsort((np.arange(len(edges)), cost)):
        put(int(edges[e, 0]), int(edges[e, 1]), float(cost[e]), [int(e)])
    fixed = np.zeros(n, bool)
    fixed[keep] = True
    stack = [v for v in range(n) if not fixed[v] and len(at[v]) in (1, 2)]
    while stack:
        v = stack.pop()
        if fixed[v] or len(at[v]) not in (1, 2):
            continue
        sides = list(at[v].items())
        for u, _ in sides:
            del at[u][v]
        at[v].clear()
        if len(sides) == 2:
            (a, (price_a, parts_a)), (b, (price_b, parts_b)) = sides
            put(a, b, price_a + price_b, parts_a + parts_b)
        stack.extend(u for u, _ in sides if not fixed[u] and len(at[u]) in (1, 2))
    rows = [(a, b, *at[a][b]) for a in range(n) for b in sorted(at[a]) if a < b]
    return Contracted(
        np.array([row[:2] for row in rows], int).reshape(-1, 2),
        np.array([row[2] for row in rows], float),
        [row[3] for row in rows],
    )
