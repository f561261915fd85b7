"""What the plan brings: energy, carbon, water, waste, pollutants and money, today, planned and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from parkloop import resources

from ..errors import Finding
from ..links.costs import Costs
from ..park.model import Park, estimated_share
from ..scenario import Scenario
from ..steps import Figure, Progress, StepResult
from ..tables import result_table
from . import air, energy, waste, water
from .balance import Change, Inputs
from .projects import projects

READS = (  # step and table, in the order of ``Inputs``
    ("links", "links"),
    ("siting", "sites"),
    ("siting", "site_service"),
    ("networks", "network_pipes"),
    ("intensity", "intensity_parcels"),
    ("links", "water_supply"),
    ("links", "pressure_recovery"),
)
WAN = 1e4  # value added is counted in ten thousand yuan


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Balance the park today and with everything that the earlier steps propose.

    Results of earlier steps are used where they are; a finding names the missing ones.

    Returns
    -------
    StepResult
        Tables ``outcomes`` (in the order of ``resources/knowledge/outcomes.csv``, the most important first) and ``projects``.
    """
    progress(0.1, "outcomes.progress.balance")
    links, sites, service, pipes, parcels, supply, pressure = (
        _table(results, step, table) for step, table in READS
    )
    data = Inputs(park, scenario.thresholds(), links, sites, service, pipes, parcels, supply, pressure)
    data.findings += [
        Finding("outcomes.missing_step", "warning", values={"step": step})
        for step in sorted({step for step, _ in READS} - set(results))
    ]
    saved = energy.spared(data)
    changes = {
        **energy.balances(data, saved),
        **water.balances(data),
        **waste.balances(data),
        **air.balances(data, saved["share"]),
    }
    changes |= _per_value_added(data, changes)
    progress(0.6, "outcomes.progress.projects")
    plans = projects(data, scenario.outcomes, Costs.of(park, scenario).capital_1_a)
    changes |= _money(data, plans)
    figures = {
        name: Figure(change.difference, _unit(name, park), change.estimated_share)
        for name, change in changes.items()
    }
    return StepResult(
        {"outcomes": _outcomes(changes, park), "projects": _projects(plans)},
        figures,
        _headline(changes, park),
        findings=data.findings,
    )


def _table(results: Mapping[str, StepResult], step: str, table: str) -> pd.DataFrame:
    return results[step].tables.get(table, pd.DataFrame()) if step in results else pd.DataFrame()


def _value_added_wan(data: Inputs) -> tuple[float | None, float]:
    """Value added in 10^4 CNY and the share of it that rests on estimates; the park's own figure before its firms' sum."""
    park = data.park
    wan = data.standards.value(f"currency.{park.currency}") / WAN
    own = park.info["value_added_cur_a"]
    if own > 0:
        return float(own) * wan, estimated_share(park["park"], "value_added_cur_a")
    firms = park["enterprises"]
    known = firms[firms["value_added_cur_a"] > 0]
    if known.empty:
        data.findings.append(Finding("outcomes.no_value_added", "warning", "park", column="value_added_cur_a"))
        return None, 0.0
    if len(known) < len(firms):
        values = {"known": len(known), "firms": len(firms)}
        data.findings.append(
            Finding("outcomes.partial_value_added", "warning", "park", "", "value_added_cur_a", values)
        )
    return float(known["value_added_cur_a"].sum()) * wan, estimated_share(known, "value_added_cur_a")


def _per_value_added(data: Inputs, changes: Mapping[str, Change]) -> dict[str, Change]:
    """Energy and fresh water over value added, which is held constant."""
    value, guess = _value_added_wan(data)
    out = {}
    for name, whole in (("energy_per_value_added", "energy"), ("water_per_value_added", "fresh_water")):
        change = changes[whole]
        if value is None or change.today is None or change.planned is None:
            out[name] = Change(None, None, 1.0)
        else:
            share = 1 - (1 - change.estimated_share) * (1 - guess)
            out[name] = Change(change.today / value, change.planned / value, share)
    return out


def _money(data: Inputs, plans: list[dict[str, Any]]) -> dict[str, Change]:
    """Investment of all projects and the net benefit of the links, of waste pressure and of firms' own reuse of water.

    What links of today that end bring is lost, or no longer paid.
    """
    parts = [
        (sign, table, column)
        for sign, table, column in (
            (1, data.of("proposed"), "benefit_cur_a"),
            (-1, data.of("ended"), "benefit_cur_a"),
            (1, data.at_home(), "saving_cur_a"),
            (1, data.recovered(), "benefit_cur_a"),
        )
        if len(table)
    ]
    benefit = sum(sign * float(table[column].sum()) for sign, table, column in parts)
    size = [float(table[column].abs().sum()) for _, table, column in parts]
    doubtful = sum(
        whole * estimated_share(table, column) for whole, (_, table, column) in zip(size, parts, strict=True)
    )
    share = doubtful / sum(size) if sum(size) else 0.0
    investment = sum(plan["investment_cur"] or 0.0 for plan in plans)
    guessed = sum(plan["investment_cur"] or 0.0 for plan in plans if "investment_cur" in plan["estimated"])
    doubt = guessed / investment if investment else 0.0
    return {"investment": Change(0.0, investment, doubt), "annual_benefit": Change(0.0, benefit, share)}


def _unit(name: str, park: Park) -> str:
    unit = next(row["unit"] for row in resources.table("knowledge", "outcomes.csv") if row["outcome_id"] == name)
    return str(unit).replace("currency", park.currency)


def _outcomes(changes: Mapping[str, Change], park: Park) -> pd.DataFrame:
    described = resources.table("knowledge", "outcomes.csv")
    order = [row["outcome_id"] for row in described]
    kept = [changes[name] for name in order]
    table = result_table(
        "outcomes",
        {
            "outcome_id": order,
            "unit": [_unit(name, park) for name in order],
            "today": [change.today for change in kept],
            "planned": [change.planned for change in kept],
            "difference": [change.difference for change in kept],
            "estimated_share": [None if change.difference is None else change.estimated_share for change in kept],
            "better": [row["better"] for row in described],
            "indicator": [row["notice_2021"] for row in described],
            "source": [row["source"] for row in described],
            "note_en": [row["note_en"] for row in described],
            "note_zh": [row["note_zh"] for row in described],
        },
    )
    # the first six are what dock, terminal and report show as the figures that matter
    return table.set_index("outcome_id").loc[order].reset_index()


def _projects(plans: list[dict[str, Any]]) -> pd.DataFrame:
    wanted = resources.columns("projects")
    return result_table("projects", {name: [plan[name] for plan in plans] for name in wanted})


def _headline(changes: Mapping[str, Change], park: Park) -> tuple[str, dict[str, Any]]:
    def percent(change: Change) -> str:
        if change.today is None or change.difference is None or change.today <= 0:
            return "–"
        return f"{100 * change.difference / change.today:+.1f}%".replace("-", "\u2212")

    investment = changes["investment"].planned or 0.0
    return "outcomes.headline", {
        "energy": percent(changes["energy"]),
        "co2": percent(changes["co2"]),
        "million": f"{investment / 1e6:,.1f}",
        "wan": f"{investment / 1e4:,.0f}",
        "currency_en": park.currency,
        "currency_zh": resources.texts("zh").get(f"report.currency.{park.currency}", park.currency),
    }
