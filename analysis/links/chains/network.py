"""The park as a network of firms: how much is passed on, how much comes back, how densely it is linked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from ...park.model import Park
from ..catalogue import patterns


def replaced_t_a(links: pd.DataFrame, park: Park) -> np.ndarray:
    """(len(links),) tonnes a year that the taker buys less, by the ratio of the pattern and the purity of what is given.

    0 for heat and water; a link of today without a known pattern replaces as much as it brings.
    """
    ratio = patterns().set_index("pattern")["ratio"].drop("direct").reindex(links["pattern"]).to_numpy()
    purity = park["material_flows"].set_index("flow_id")["purity_pct"]
    first = links["from_flow_id"].str.split(";").str[0]
    share = purity[~purity.index.duplicated()].reindex(first).fillna(100.0).to_numpy() / 100
    each = np.where(np.isnan(ratio), 1.0, ratio * share)
    return np.where(links["kind"] == "material", links["quantity_t_a"].fillna(0.0) * each, 0.0)


def flow_matrix(links: pd.DataFrame, park: Park) -> tuple[csr_array, np.ndarray]:
    """Tonnes a year from firm to firm (n, n) over the material links, and the through-flow (n,) of each firm.

    Firms are those of the layer ``enterprises``, in its order. The through-flow is the greatest of all material that the
    survey has going in, all going out, what links bring and what they take: the rest is exchanged with the outside.
    """
    firms = pd.Index(park["enterprises"]["enterprise_id"])
    n = len(firms)
    table = links[links["kind"] == "material"]
    one, two = firms.get_indexer(table["from_enterprise_id"]), firms.get_indexer(table["to_enterprise_id"])
    known = (one >= 0) & (two >= 0)
    tonnes = table["quantity_t_a"].fillna(0.0).to_numpy()
    flow = coo_array((tonnes[known], (one[known], two[known])), shape=(n, n)).tocsr()
    layer = park["material_flows"]
    through = np.maximum(np.ravel(flow.sum(axis=0)), np.ravel(flow.sum(axis=1)))
    for way in ("in", "out"):
        mine = layer[layer["direction"] == way]
        total = mine.groupby("enterprise_id")["quantity_t_a"].sum().clip(lower=0).reindex(firms, fill_value=0.0)
        through = np.maximum(through, total.to_numpy())
    return flow, through


def cycling_index(flow: csr_array | np.ndarray, through: np.ndarray) -> float:
    """Share (0..1) of all through-flow that is there because it has been there before.

    Parameters
    ----------
    flow
        (n, n) flow from row to column.
    through
        (n,) through-flow, at least what comes in and what goes out by ``flow``.

    Finn 1976, Journal of Theoretical Biology 56, 363-380: with q_ij = f_ij / T_i and N = (I - Q)^-1, what passes firm j
    comes back with (n_jj - 1) / n_jj. The diagonal of N needs only the firms that lie on loops with each other.
    """
    total = float(through.sum())
    if total <= 0:
        return 0.0
    share = csr_array(flow, dtype=float, copy=True)
    share.eliminate_zeros()
    share.data /= np.repeat(through, np.diff(share.indptr))  # a firm that passes something on has a through-flow
    _, group = connected_components(share, directed=True, connection="strong")
    back = np.zeros(len(through))
    for one in np.flatnonzero(np.bincount(group) > 1):
        firms = np.flatnonzero(group == one)
        block = share[firms][:, firms].toarray()
        if np.all(block.sum(axis=1) >= 1 - 1e-12):  # nothing ever leaves
            back[firms] = 1.0
            continue
        visits = np.diag(np.linalg.inv(np.eye(len(firms)) - block))
        back[firms] = (visits - 1) / visits
    own = np.bincount(group)[group] == 1
    back[own] = share.diagonal()[own]  # what a firm passes to itself
    return float(through @ back / total)


def linkage(links: pd.DataFrame, park: Park) -> tuple[float | None, float | None]:
    """Links a firm (L / S), and connectance 2 L / (S (S - 1)): pairs of firms linked over pairs possible (1).

    L counts pairs of firms with at least one link, either way; S all firms. Hardy and Graedel 2002, Journal of Industrial
    Ecology 6 (1), 29-38. None where there are too few firms.
    """
    firms = len(park["enterprises"])
    one, two = links["from_enterprise_id"].to_numpy(dtype=str), links["to_enterprise_id"].to_numpy(dtype=str)
    pairs = len({(min(a, b), max(a, b)) for a, b in zip(one, two, strict=True) if a != b})
    return (
        pairs / firms if firms else None,
        2 * pairs / (firms * (firms - 1)) if firms > 1 else None,
    )
