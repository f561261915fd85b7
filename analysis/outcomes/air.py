"""Air pollutants: what firms report, less what spared fuel and new central treatment take away."""

from __future__ import annotations

import pandas as pd

from ..errors import Finding
from ..park.model import estimated
from .balance import Change, Inputs

BURNT = ("so2", "nox", "pm")  # fall with the fuel a firm burns
AIR = (*BURNT, "voc")


def balances(data: Inputs, fuel_share: pd.Series) -> dict[str, Change]:
    """``so2``, ``nox``, ``pm``, ``voc`` and their sum ``air_pollutants`` in t/a.

    Parameters
    ----------
    fuel_share
        By firm, the share of its fuel that new links spare.
    """
    emitted = data.park["emissions"]
    emitted = emitted[emitted["pollutant"].isin(AIR)]
    if emitted.empty:
        data.findings.append(Finding("outcomes.no_layer", "warning", "emissions"))
        return {name: Change(None, None, 1.0) for name in ("air_pollutants", *AIR)}
    amount = emitted["amount_t_a"].fillna(0.0)
    cut = emitted["enterprise_id"].map(fuel_share).fillna(0.0).where(emitted["pollutant"].isin(BURNT), 0.0)
    cleaned = emitted["enterprise_id"].isin(_treated(data)) & (emitted["pollutant"] == "voc")
    cut = cut.mask(cleaned, data.standards.value("outcomes.voc_removal"))
    cut = cut.where(emitted["source_type"] == "stack", 0.0)
    planned, guess = amount * (1 - cut), estimated(emitted, "amount_t_a")
    out = {}
    for name in AIR:
        mask = emitted["pollutant"] == name
        out[name] = _change(amount[mask], planned[mask], guess[mask]) if mask.any() else Change(None, None, 1.0)
    return {"air_pollutants": _change(amount, planned, guess), **out}


def _change(today: pd.Series, planned: pd.Series, guess: pd.Series) -> Change:
    total = float(today.sum())
    return Change(total, float(planned.sum()), float(today[guess].sum() / total) if total else 0.0)


def _treated(data: Inputs) -> set[str]:
    """Firms served by new or extended central waste-gas treatment."""
    if data.sites.empty or data.service.empty:
        return set()
    works = data.sites[(data.sites["utility"] == "waste_gas") & (data.sites["added"].fillna(0.0) > 0)]
    return set(data.service[data.service["site_id"].isin(works["site_id"])]["enterprise_id"])
