"""Key figures of the links and the few words that the dock shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from parkloop import resources

from ..park.model import Park, estimated, estimated_share
from ..steps import Answer, Figure
from .costs import Costs
from .heat import GJ_KWH
from .release import PART


def figures(park: Park, tables: Mapping[str, pd.DataFrame], costs: Costs) -> dict[str, Figure]:
    """Figures by name; all but ``existing`` and the use rates are of the proposed links."""
    links = tables["links"]
    new = links[links["status"] == "proposed"]
    old = links[links["status"] != "proposed"]
    planned = links[links["status"] != "ended"]

    def total(column: str, unit: str) -> Figure:
        return Figure(float(new[column].sum()), unit, estimated_share(new, column))

    arriving = new["heat_kw"] * new["hours_a"] * GJ_KWH
    warm = float(arriving.sum())
    heat_share = float(arriving[estimated(new, "heat_kw")].sum() / warm) if warm else 0.0
    invested = float(new["investment_cur"].sum())
    sized = estimated(new, "quantity_t_a") | estimated(new, "heat_kw") | estimated(new, "flow_t_d")
    guessed = float(new.loc[sized, "investment_cur"].sum())
    reused = new["flow_t_d"] * costs.value("days")
    return {
        "links": Figure(float(len(new))),
        "existing": Figure(float(old["link_id"].str.removesuffix(PART).nunique())),
        "benefit_cur_a": total("benefit_cur_a", f"{park.currency}/a"),
        # a link is sized for its flow: a guessed flow makes its cost a guess
        "investment_cur": Figure(invested, park.currency, guessed / invested if invested else 0.0),
        "tonnes_t_a": total("quantity_t_a", "t/a"),
        "heat_gj_a": Figure(warm, "GJ/a", heat_share),
        "water_m3_a": Figure(float(reused.sum()), "m3/a", estimated_share(new, "flow_t_d")),
        "energy_gj_a": total("energy_gj_a", "GJ/a"),
        "co2_t_a": total("co2_t_a", "t/a"),
        "use_rate_today": _use_rate(park, old),
        "use_rate": _use_rate(park, planned),
    }


def _use_rate(park: Park, links: pd.DataFrame) -> Figure:
    """Share of by-products and wastes that other firms of the park use, in %; empty where no flow is recorded."""
    flows = park["material_flows"]
    made = flows[(flows["direction"] == "out") & (flows["role"] != "product")]
    quantity = float(made["quantity_t_a"].clip(lower=0).sum())
    if quantity <= 0:
        return Figure(None, "%")
    used = float(links["quantity_t_a"].where(links["kind"] == "material").sum())
    return Figure(min(100.0 * used / quantity, 100.0), "%", estimated_share(made, "quantity_t_a"))


def headline(links: pd.DataFrame, answers: list[Answer], currency: str) -> tuple[str, dict[str, Any]]:
    """Number of new links, their benefit and the widest possible distance from the best."""
    new = links[links["status"] == "proposed"]
    if new.empty:
        return "links.headline_none", {}
    benefit = float(new["benefit_cur_a"].sum())
    values: dict[str, Any] = {
        "links": len(new),
        "million": benefit / 1e6,
        "small_en": benefit / 1e3,  # thousands
        "small_zh": benefit / 1e4,
        "wan": benefit / 1e4,
        "currency_en": currency,
        "currency_zh": resources.texts("zh").get(f"report.currency.{currency}", currency),
    }
    size = "_small" if abs(benefit) < 1e6 else ""
    if any(answer.bound is None for answer in answers):
        return f"links.headline_open{size}", values
    best = sum(answer.bound or 0.0 for answer in answers)
    found = sum(answer.objective for answer in answers)
    values["gap_pct"] = 100.0 * (best - found) / max(1.0, abs(found))
    return f"links.headline{size}", values
