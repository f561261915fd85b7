"""Solid and hazardous waste: generated, used, left for disposal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import Finding
from ..links.catalogue import materials
from ..park.estimates.byproducts import filled
from ..park.model import estimated
from .balance import Change, Inputs


def balances(data: Inputs) -> dict[str, Change]:
    """``solid_waste`` and ``hazardous_waste`` left in t/a, and ``solid_waste_utilisation`` in %.

    Gases are no solid waste. A by-product that is sold counts as used, as far as its price is known.
    """
    flows = _generated(data)
    if flows.empty:
        data.findings.append(Finding("outcomes.no_layer", "warning", "material_flows"))
        return {
            name: Change(None, None, 1.0) for name in ("solid_waste", "solid_waste_utilisation", "hazardous_waste")
        }
    made, bad = flows["quantity_t_a"].to_numpy(), flows["bad"].to_numpy()
    old, stays, new = (_used(data, flows, status) for status in ("today", "existing", "proposed"))
    sold = np.where(flows["price_cur_t"].to_numpy() > 0, made, 0.0)
    today = np.maximum(np.minimum(old, made), sold)
    planned = np.maximum(np.minimum(stays + new, made), sold)
    guess = estimated(flows, "quantity_t_a").to_numpy()
    out: dict[str, Change] = {}
    for name, mask in (("solid_waste", ~bad), ("hazardous_waste", bad)):
        rest = (made - today)[mask]
        total = float(rest.sum())
        share = float(rest[guess[mask]].sum() / total) if total else 0.0
        out[name] = Change(total, float((made - planned)[mask].sum()), share)
    size = float(made[~bad].sum())
    if size:
        part = float(made[~bad & guess].sum() / size)
        before, after = (100 * float(used[~bad].sum()) / size for used in (today, planned))
        out["solid_waste_utilisation"] = Change(before, after, part)
    else:
        out["solid_waste_utilisation"] = Change(None, None, 0.0)
    return out


def _generated(data: Inputs) -> pd.DataFrame:
    """By-products and wastes that are no gas, with ``bad`` where hazardous, by flow_id."""
    flows, _ = filled(data.park["material_flows"])
    known = materials().reindex(flows["material"])
    gas = (known["family"] == "gas").to_numpy()
    mask = (
        (flows["direction"] == "out")
        & flows["role"].isin(["by_product", "waste"])
        & ~gas
        & (flows["quantity_t_a"] > 0)
    )
    bad = flows["hazardous"].to_numpy() | known["hazardous"].eq(True).to_numpy()
    return flows.assign(bad=bad)[mask].reset_index(drop=True)


def _used(data: Inputs, flows: pd.DataFrame, status: str) -> np.ndarray:
    """Tonnes of each flow that links of a status use; a link that draws on several flows fills them in order."""
    used = pd.Series(0.0, index=flows["flow_id"])
    size = pd.Series(flows["quantity_t_a"].to_numpy(), index=flows["flow_id"])
    for names, amount in (
        data.of(status, "material")[["from_flow_id", "quantity_t_a"]].to_numpy() if len(data.links) else ()
    ):
        rest = float(amount)
        for name in str(names).split(";"):
            if name in used.index:
                part = min(rest, max(float(size[name] - used[name]), 0.0))
                used[name] += part
                rest -= part
    return used.to_numpy()
