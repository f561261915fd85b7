"""Fresh water, wastewater, and the COD and ammonia nitrogen that leave with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import Finding
from ..park.model import estimated, estimated_share
from .balance import Change, Inputs, by_firm

G_T = 1e6  # grams in a tonne; mg/L are g/t of water


def balances(data: Inputs) -> dict[str, Change]:
    """``fresh_water`` and ``wastewater`` in m3/a (a tonne of water is a cubic metre), ``cod`` and ``nh3n`` in t/a."""
    streams = data.park["water_streams"]
    reused = {status: _total(data, status) for status in ("today", "ended", "proposed")}
    reclaimed, own = data.reclaimed_t_d(), data.supplied_t_d("own_firm")
    # rain and sea water spare fresh water, not discharge; works of today supplied their water before the plan
    other = {"fresh_water": data.supplied_t_d("rain", "sea"), "wastewater": 0.0}
    before = data.supplied_t_d("reclaimed", status="existing")
    out: dict[str, Change] = {}
    shares: dict[str, float] = {}
    for name, direction in (("fresh_water", "demand"), ("wastewater", "discharge")):
        part = streams[streams["direction"] == direction]
        spared = reused["proposed"] - reused["ended"] + own + other[name]
        if part.empty:
            data.findings.append(Finding(f"outcomes.no_{direction}", "warning", "water_streams"))
            out[name] = Change(None, None, 1.0, -spared * data.days_a)
            continue
        flow = float(part["flow_t_d"].clip(lower=0).sum())
        # a link that exists is already inside both demand and discharge of its firms
        today = max(flow - reused["today"] - before, 0.0)
        planned = max(today - spared - reclaimed, 0.0)
        out[name] = Change(today * data.days_a, planned * data.days_a, estimated_share(part, "flow_t_d"))
        shares[name] = planned / today if today else 1.0
    left = _left_by_firm(data, reclaimed)
    for pollutant in ("cod", "nh3n"):
        out[pollutant] = _load(data, pollutant, left)
    return out


def _total(data: Inputs, status: str) -> float:
    links = data.of(status, "water")
    return float(links["flow_t_d"].sum()) if len(links) else 0.0


def _left_by_firm(data: Inputs, reclaimed_t_d: float) -> pd.Series:
    """Share of a firm's discharge of today that still leaves in the plan; reclaimed works take of all firms alike."""
    streams = data.park["water_streams"]
    flow = streams[streams["direction"] == "discharge"].groupby("enterprise_id")["flow_t_d"].sum()
    today = (flow - by_firm(data.of("today", "water"), "from", "flow_t_d").reindex(flow.index).fillna(0.0)).clip(
        lower=0
    )
    new = by_firm(data.of("proposed", "water"), "from", "flow_t_d").reindex(flow.index).fillna(0.0)
    if len(data.supply):
        own = data.supply[data.supply["source_kind"] == "own_firm"]
        new += own.groupby("enterprise_id")["flow_t_d"].sum().reindex(flow.index).fillna(0.0)
    gone = by_firm(data.of("ended", "water"), "from", "flow_t_d").reindex(flow.index).fillna(0.0)
    rest = (today + gone - new).clip(lower=0)
    total = float(rest.sum())
    rest = rest * (1 - min(reclaimed_t_d / total, 1.0)) if total else rest
    return (rest / today.where(today > 0)).fillna(1.0)


def _load(data: Inputs, pollutant: str, left: pd.Series) -> Change:
    """Tonnes a year: reported where a firm reports it, else discharge times concentration."""
    reported = data.park["emissions"]
    reported = reported[reported["pollutant"] == pollutant]
    streams = data.park["water_streams"]
    column = f"{pollutant}_mg_l"
    known = streams[
        (streams["direction"] == "discharge")
        & streams[column].notna()
        & ~streams["enterprise_id"].isin(reported["enterprise_id"])
    ]
    load = known["flow_t_d"] * data.days_a * known[column] / G_T
    firms = np.r_[reported["enterprise_id"].to_numpy(), known["enterprise_id"].to_numpy()]
    amount = np.r_[reported["amount_t_a"].fillna(0.0).to_numpy(), load.fillna(0.0).to_numpy()]
    guess = np.r_[
        estimated(reported, "amount_t_a").to_numpy(),
        (estimated(known, "flow_t_d") | estimated(known, column)).to_numpy(),
    ].astype(bool)
    if not len(amount):
        return Change(None, None, 1.0)
    kept = left.reindex(pd.Index(firms)).fillna(1.0).to_numpy()
    total = float(amount.sum())
    return Change(total, float((amount * kept).sum()), float(amount[guess].sum() / total) if total else 0.0)
