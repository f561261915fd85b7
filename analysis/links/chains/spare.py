"""What the plan leaves over: by-products without use, inputs still bought outside, products sold outside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...park.model import Park
from ..catalogue import materials
from .kinds import divisions
from .network import replaced_t_a


def unused(unmatched: pd.DataFrame, park: Park, excluded: list[str]) -> pd.DataFrame:
    """By-products and wastes without use: columns of ``material_flows`` with ``left`` (t/a), ``bad``, ``division``."""
    rest = unmatched[(unmatched["kind"] == "material") & (unmatched["reason"] != "no_place")]
    rest = rest[~rest["enterprise_id"].isin(excluded)]
    own = park["material_flows"].drop_duplicates("flow_id").set_index("flow_id").reindex(rest["flow_id"])
    table = own.reset_index().assign(left=rest["left"].to_numpy(), bad=rest["hazardous"].to_numpy(dtype=bool))
    return table.assign(division=divisions(park, table["enterprise_id"]))


def bought(links: pd.DataFrame, park: Park) -> pd.DataFrame:
    """Inputs still bought outside: columns of ``material_flows`` with ``left`` (t/a) where there is any."""
    layer = park["material_flows"]
    table = layer[(layer["direction"] == "in") & (layer["quantity_t_a"] > 0)].reset_index(drop=True)
    return _less(table, links["to_flow_id"], replaced_t_a(links, park))


def sold(links: pd.DataFrame, park: Park) -> pd.DataFrame:
    """Products sold outside: columns of ``material_flows`` with ``left`` (t/a) where there is any, and ``division``."""
    layer = park["material_flows"]
    mine = (layer["direction"] == "out") & (layer["role"] == "product") & (layer["quantity_t_a"] > 0)
    given = links["quantity_t_a"].fillna(0.0).to_numpy()
    table = _less(layer[mine].reset_index(drop=True), links["from_flow_id"], given)
    return table.assign(division=divisions(park, table["enterprise_id"]))


def _less(table: pd.DataFrame, flow_ids: pd.Series, tonnes: np.ndarray) -> pd.DataFrame:
    """What links leave of flows; a link of several flows takes from them in the order it names them."""
    left = dict(zip(table["flow_id"], table["quantity_t_a"], strict=True))
    for ids, amount in zip(flow_ids, tonnes, strict=True):
        rest = float(amount)
        for flow in ids.split(";"):
            taken = min(left.get(flow, 0.0), rest)
            if taken > 0:
                left[flow] -= taken
                rest -= taken
    table = table.assign(left=table["flow_id"].map(left).astype(float))
    known = table["material"].isin(materials().index)
    return table[known & (table["left"] > 1e-6 * table["quantity_t_a"])].reset_index(drop=True)
