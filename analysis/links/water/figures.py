"""Key figures of the water that demands get."""

from __future__ import annotations

import pandas as pd

from ...steps import Figure
from ..costs import Costs

REUSED = ("own_firm", "other_firm", "reclaimed")
UNCONVENTIONAL = ("reclaimed", "rain", "sea")


def figures(supply: pd.DataFrame, links: pd.DataFrame, least_t_d: float | None, costs: Costs) -> dict[str, Figure]:
    """Fresh water today and planned, what meets the demands, and how much of the target that is; empty without demands.

    Today: demand less what links of today (those that end, too) and existing works for reclaimed water supply. Reached is the share of the way from no reuse
    at all to the target.

    Parameters
    ----------
    supply
        Table ``water_supply``.
    links
        Table ``links``.
    least_t_d
        The target: least fresh water that reuse with treatment could leave; None where there is none.
    """
    flow = supply["flow_t_d"]
    whole = float(flow.sum())
    if whole <= 0:
        return {}
    guess = float(flow[supply["estimated"] != ""].sum()) / whole
    yearly = costs.value("days")

    def of(*kinds: str, status: str = "") -> float:
        mine = supply["source_kind"].isin(kinds) & ((supply["status"] == status) | (status == ""))
        return float(flow[mine].sum())

    def share(*kinds: str) -> Figure:
        return Figure(100 * of(*kinds) / whole, "%", guess)

    ended = links.loc[(links["kind"] == "water") & (links["status"] == "ended"), "flow_t_d"].sum()
    today = max(whole - of("other_firm", "reclaimed", status="existing") - float(ended), 0.0)
    possible = None if least_t_d is None else whole - least_t_d
    least = None if least_t_d is None else least_t_d * yearly
    reached = 100 * min(of(*REUSED) / possible, 1.0) if possible and possible > 1e-9 * whole else None
    return {
        "fresh_today_m3_a": Figure(today * yearly, "m3/a", guess),
        "fresh_planned_m3_a": Figure(of("fresh", "unmet") * yearly, "m3/a", guess),
        "reuse_pct": share(*REUSED),
        "reclaimed_pct": share("reclaimed"),
        "unconventional_pct": share(*UNCONVENTIONAL),
        "fresh_target_m3_a": Figure(least, "m3/a", guess),
        "target_reached_pct": Figure(reached, "%", guess),
    }
