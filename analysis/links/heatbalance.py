"""What heat the park still needs and must still cool away: today, with the links, and at best (the target)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..park.model import Park, estimated, estimated_share
from ..steps import Figure
from ..targets.pinch import Streams, target
from .costs import Costs
from .heat import raised, sound


def heat_figures(park: Park, links: pd.DataFrame, approach_k: float, costs: Costs) -> dict[str, Figure]:
    """Hot and cold utility in kW, how much of the target the links reach in %, payback of the new heat links.

    Steam that a plant raises to sell is no waste heat and left out. Today and planned: all duties while running, less what heat links bring, or draw with their losses. The target joins all
    streams, also those of one firm, at the approach of the links and without any way or cost (``targets.pinch``), so it
    bounds every plan. Empty where the park has no heat streams.

    Parameters
    ----------
    links
        The table of links.
    approach_k
        Smallest temperature difference from hot to cold.
    """
    table, _ = sound(park["heat_streams"])
    fired = raised(park, table)
    plant = set(table["stream_id"][fired])
    table = table[~fired].reset_index(drop=True)
    names = [f"heat_{side}_{when}_kw" for side in ("hot", "cold") for when in ("today", "planned", "target")]
    new = links[(links["status"] == "proposed") & (links["kind"] == "heat")]
    invested = float(new["investment_cur"].sum())
    saving = float(new["benefit_cur_a"].sum()) + invested * costs.capital_1_a
    payback = Figure(invested / saving if saving > 0 else None, "a", estimated_share(new, "benefit_cur_a"))
    if table.empty:
        return dict.fromkeys(names, Figure(None, "kW")) | {
            "heat_target_share_pct": Figure(None, "%"),
            "heat_payback_a": payback,
        }
    hot = (table["kind"] == "hot").to_numpy()
    duty = table["duty_kw"].to_numpy(float)
    guess = estimated(table, "duty_kw").to_numpy()
    bought = [not plant.isdisjoint(str(names).split(";")) for names in links["from_flow_id"]]
    heat = links[(links["kind"] == "heat") & ~np.array(bought, bool)]
    brought = {status: float(part["heat_kw"].sum()) for status, part in heat.groupby("status")}
    lost = float(new["loss_kw"].sum())
    streams = Streams(
        table["t_supply_c"].to_numpy(float),
        table["t_target_c"].to_numpy(float),
        duty,
        hot,
        np.full(len(table), approach_k / 2),
    )
    best = target(streams)
    found: dict[str, Figure] = {}
    reached = 0.0
    for side, mine, least, extra in (("hot", ~hot, best.hot_kw, 0.0), ("cold", hot, best.cold_kw, lost)):
        whole = float(duty[mine].sum())
        share = float(duty[mine & guess].sum()) / whole if whole else 0.0
        stays, ends, comes = (brought.get(status, 0.0) for status in ("existing", "ended", "proposed"))
        today = max(whole - stays - ends, 0.0)
        planned = max(whole - stays - comes - extra, 0.0)
        for when, value in (("today", today), ("planned", planned), ("target", least)):
            found[f"heat_{side}_{when}_kw"] = Figure(value, "kW", share)
        if side == "hot" and whole > least:
            reached = 100 * (whole - planned) / (whole - least)
    share = found["heat_hot_today_kw"].estimated_share
    return found | {"heat_target_share_pct": Figure(reached, "%", share), "heat_payback_a": payback}
