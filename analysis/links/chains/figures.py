"""Figures of the park as a network, each today and with the proposed links."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ...park.model import Park, estimated, estimated_share
from ...steps import Figure
from .network import cycling_index, flow_matrix, linkage, replaced_t_a


def chain_figures(links: pd.DataFrame, park: Park) -> dict[str, Figure]:
    """Figures by name; those that end in ``_today`` are of the links of today alone, empty where the park has no data."""
    today = links[links["status"] != "proposed"].reset_index(drop=True)
    new = links[links["status"] == "proposed"]
    planned = links[links["status"] != "ended"].reset_index(drop=True)
    kinds: dict[str, Callable[[pd.DataFrame, Park], Figure]] = {
        "inside_share": _inside_share,
        "cycling": _cycling,
        "productivity": _productivity,
        "relatedness": _relatedness,
        "linkage": lambda table, whole: Figure(linkage(table, whole)[0], "1"),
        "connectance": _connectance,
    }
    pairs = new[["from_enterprise_id", "to_enterprise_id"]].drop_duplicates()
    out = {"chain_projects": Figure(float(len(pairs)))}
    for name, figure in kinds.items():
        out |= {f"{name}_today": figure(today, park), name: figure(planned, park)}
    return out


def _inputs(park: Park) -> pd.DataFrame:
    layer = park["material_flows"]
    return layer[(layer["direction"] == "in") & (layer["quantity_t_a"] > 0)]


def _inside_share(links: pd.DataFrame, park: Park) -> Figure:
    """Material inputs that links replace over all material inputs surveyed, % by mass."""
    inputs = _inputs(park)
    total = float(inputs["quantity_t_a"].sum())
    if total <= 0:
        return Figure(None, "%")
    return Figure(
        min(100.0 * float(replaced_t_a(links, park).sum()) / total, 100.0),
        "%",
        estimated_share(inputs, "quantity_t_a"),
    )


def _cycling(links: pd.DataFrame, park: Park) -> Figure:
    """Finn's cycling index of the material links, %."""
    flow, through = flow_matrix(links, park)
    if through.sum() <= 0:
        return Figure(None, "%")
    return Figure(
        100.0 * cycling_index(flow, through), "%", estimated_share(park["material_flows"], "quantity_t_a")
    )


def _productivity(links: pd.DataFrame, park: Park) -> Figure:
    """Value added over material inputs from outside the park (currency/t)."""
    unit = f"{park.currency}/t"
    value, share = _value_added(park)
    inputs = _inputs(park)
    outside = float(inputs["quantity_t_a"].sum()) - float(replaced_t_a(links, park).sum())
    if value is None or outside <= 0:
        return Figure(None, unit)
    return Figure(value / outside, unit, max(share, estimated_share(inputs, "quantity_t_a")))


def _value_added(park: Park) -> tuple[float | None, float]:
    """Value added a year and the share of it that rests on estimates; the park's own figure before its firms' sum."""
    own = park.info["value_added_cur_a"]
    if own > 0:
        return float(own), estimated_share(park["park"], "value_added_cur_a")
    firms = park["enterprises"]
    known = firms[firms["value_added_cur_a"] > 0]
    if known.empty:
        return None, 0.0
    return float(known["value_added_cur_a"].sum()), estimated_share(known, "value_added_cur_a")


def _relatedness(links: pd.DataFrame, park: Park) -> Figure:
    """Output of firms with at least one link over that of all firms, %; by number where no output is known."""
    firms = park["enterprises"]
    if firms.empty:
        return Figure(None, "%")
    linked = firms["enterprise_id"].isin({*links["from_enterprise_id"], *links["to_enterprise_id"]})
    output = firms["output_cur_a"].clip(lower=0).fillna(0.0)
    if output.sum() <= 0:
        return Figure(100.0 * float(linked.mean()), "%")
    guess = estimated(firms, "output_cur_a")
    return Figure(
        100.0 * float(output[linked].sum() / output.sum()), "%", float(output[guess].sum() / output.sum())
    )


def _connectance(links: pd.DataFrame, park: Park) -> Figure:
    share = linkage(links, park)[1]
    return Figure(None if share is None else 100.0 * share, "%")
