"""Whether a link couples industries side by side, lengthens a chain, or closes a circle.

The notice of 2021 on circular transformation of parks (NDRC office document 2021 no. 1004, task 2) names the three:
horizontal coupling, vertical extension, circular linking. It does not define them; the rule here is ParkLoop's. The
first that applies:

1. circular: waste heat, or water used again; a material link on a closed loop of few firms (``chains.loop_firms``) over
   material links; a recovered material that returns to its own production (``resources/knowledge/recovered.csv``);
2. vertical: a product, or a material that is no residue, that the taker works on and does not burn; or both firms are of
   one division;
3. horizontal: all else, a residue or surplus of one division that another one uses.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from parkloop import resources

from ...energy import POWER_AND_HEAT
from ...park.model import Park
from ..catalogue import materials
from ..material import FUELS

RESIDUES = ("residue", "waste", "sludge", "hazardous", "gas")  # ends of the families that are no products


@cache
def recovered() -> dict[str, frozenset[str]]:
    """What each recovered material returns to, itself among it."""
    rows = resources.table("knowledge", "recovered.csv")
    return {row["material"]: frozenset(row["returns_to"].split()) | {row["material"]} for row in rows}


def division(sector: str) -> str:
    """The division (C30) of a code of GB/T 4754, which may be longer."""
    return sector[:3]


def divisions(park: Park, firms: pd.Series) -> np.ndarray:
    """(len(firms),) division of each firm; empty where it is not known."""
    sector = park["enterprises"].set_index("enterprise_id")["sector"]
    return sector.reindex(firms).fillna("").str.slice(0, 3).to_numpy(dtype=object)


def chain_kinds(links: pd.DataFrame, park: Park, loop_firms: int) -> np.ndarray:
    """(len(links),) ``horizontal``, ``vertical`` or ``circular`` for each row of the table ``links``.

    ``loop_firms`` is the greatest number of firms of a loop that makes its links circular.
    """
    giver, taker = divisions(park, links["from_enterprise_id"]), divisions(park, links["to_enterprise_id"])
    material = (links["kind"] == "material").to_numpy()
    given, replaced = links["material"].to_numpy(dtype=object), links["replaces"].to_numpy(dtype=object)
    replaced = np.where(replaced == "", given, replaced)
    pairs = list(zip(given, replaced, strict=True))
    returned = np.array([two in recovered().get(one, ()) for one, two in pairs], dtype=bool)
    reused = ~material & ~_supplied(links, park, giver)
    circular = reused | (material & (returned | on_loop(links[material], loop_firms, material)))
    burnt = np.array([two in FUELS and one != two for one, two in pairs], dtype=bool)
    made = _products(links, park) | np.array([not is_residue(name) for name in given], dtype=bool)
    same = (giver == taker) & (giver != "")
    vertical = material & ((made & ~burnt) | same)
    return np.select([circular, vertical], ["circular", "vertical"], default="horizontal").astype(object)


def is_residue(material: str) -> bool:
    """Whether the family of a material is one of residues, wastes and off-gases.

    >>> is_residue("fly_ash"), is_residue("coke_oven_gas"), is_residue("sulphur")
    (True, True, False)
    """
    known = materials()["family"]
    return str(known.get(material, "other")).endswith(RESIDUES)


def on_loop(links: pd.DataFrame, loop_firms: int, where: np.ndarray | None = None) -> np.ndarray:
    """Whether a way of the links leads back from the taker to the giver, passing at most ``loop_firms`` firms in all.

    ``where`` (n,) puts the answers for ``links`` at its true places among n.
    """
    found = np.zeros(len(links), bool)
    if len(links):
        firms, ends = np.unique(
            np.r_[links["from_enterprise_id"].to_numpy(dtype=str), links["to_enterprise_id"].to_numpy(dtype=str)],
            return_inverse=True,
        )
        one, two = ends[: len(links)], ends[len(links) :]
        graph = coo_array((np.ones(len(links)), (one, two)), shape=(len(firms), len(firms))).tocsr()
        takers, row = np.unique(two, return_inverse=True)
        steps = dijkstra(graph, indices=takers, unweighted=True, limit=loop_firms - 1)
        found = np.isfinite(steps[row, one])
    if where is None:
        return found
    out = np.zeros(len(where), bool)
    out[where] = found
    return out


def _products(links: pd.DataFrame, park: Park) -> np.ndarray:
    """Whether any of the flows a link is given from is a product of the giver."""
    flows = park["material_flows"]
    products = set(flows["flow_id"][(flows["direction"] == "out") & (flows["role"] == "product")])
    return np.array([not products.isdisjoint(ids.split(";")) for ids in links["from_flow_id"]], dtype=bool)


def _supplied(links: pd.DataFrame, park: Park, giver: np.ndarray) -> np.ndarray:
    """Heat that a heat and power plant makes to sell: its steam, or what it gives without naming a stream."""
    streams = park["heat_streams"]
    steam = set(streams["stream_id"][streams["medium"] == "steam"])
    sold = [ids == "" or not steam.isdisjoint(ids.split(";")) for ids in links["from_flow_id"]]
    return (links["kind"] == "heat").to_numpy() & (giver == POWER_AND_HEAT) & np.array(sold, dtype=bool)
