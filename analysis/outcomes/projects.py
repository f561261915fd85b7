"""The list of projects: what is built, how big, for how much, when, and what it saves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from parkloop import resources

from ..park.model import estimated
from ..scenario import Outcomes
from .balance import Inputs

LINK_SIZE = {"material": ("quantity_t_a", "t/a"), "heat": ("heat_kw", "kW"), "water": ("flow_t_d", "t/d")}


def projects(data: Inputs, choices: Outcomes, capital_1_a: float) -> list[dict[str, Any]]:
    """One project for each kind of link, water within firms, waste pressure, each utility's works, each utility's network, and the land to wake.

    Parameters
    ----------
    capital_1_a
        Yearly share of an investment in links that their net benefit has already paid.
    """
    start = choices.start_year or _next_year(data)
    found = [
        *_links(data, capital_1_a),
        *_inside(data, capital_1_a),
        *_pressure(data, capital_1_a),
        *_works(data),
        *_networks(data),
        *_land(data),
    ]
    for project in found:
        years = choices.build_years_links if project["step"] == "links" else choices.build_years_works
        project["years"] = "" if start is None else f"{start}-{start + years - 1}" if years > 1 else f"{start}"
        saving, cost = project["saving_cur_a"], project["investment_cur"]
        project["payback_a"] = cost / saving if saving is not None and cost and saving > 0 else None
    return found


def _next_year(data: Inputs) -> int | None:
    year = data.park.info["base_year"] if len(data.park["park"]) else pd.NA
    return None if pd.isna(year) else int(year) + 1


def _project(
    name: str, step: str, utility: str, size: float, unit: str, cost: float | None, **values: Any
) -> dict[str, Any]:
    """A project with its name and content in every language; ``{utility}`` becomes the utility's label."""
    key = f"outcomes.project.{name}"
    texts: dict[str, str] = {}
    for lang in resources.LANGUAGES:
        label = resources.codes("utility")[utility][f"label_{lang}"] if utility else ""
        texts[f"name_{lang}"] = resources.text(key, lang, utility=label)
        texts[f"content_{lang}"] = resources.text(
            f"{key}.content", lang, size=size, unit=resources.unit(unit, lang), **values
        )
    return {
        "project_id": f"{step}-{utility or name.split('_')[-1]}",
        "step": step,
        "utility": utility,
        **texts,
        "size": size,
        "unit": unit,
        "investment_cur": cost,
        "saving_cur_a": None,
        "estimated": "",
    }


def _flags(table: pd.DataFrame, **columns: str) -> str:
    """Columns of a project that rest on estimates in any of its rows."""
    if "estimated" not in table:
        return ""
    return ";".join(mine for mine, theirs in columns.items() if bool(estimated(table, theirs).any()))


def _links(data: Inputs, capital_1_a: float) -> Iterator[dict[str, Any]]:
    for kind, (column, unit) in LINK_SIZE.items():
        new = data.of("proposed", kind)
        if new.empty:
            continue
        cost = float(new["investment_cur"].sum())
        project = _project(f"links_{kind}", "links", "", float(new[column].sum()), unit, cost, count=len(new))
        project["saving_cur_a"] = float(new["benefit_cur_a"].sum()) + cost * capital_1_a
        project["estimated"] = _flags(new, size=column, investment_cur=column, saving_cur_a="benefit_cur_a")
        yield project


def _inside(data: Inputs, capital_1_a: float) -> Iterator[dict[str, Any]]:
    """What firms do for water on their own land: reuse of their own discharge, and rain."""
    mine = data.at_home()
    if mine.empty:
        return
    cost, firms = float(mine["investment_cur"].sum()), mine["enterprise_id"].nunique()
    project = _project("water_inside", "links", "", float(mine["flow_t_d"].sum()), "t/d", cost, count=firms)
    project["saving_cur_a"] = float(mine["saving_cur_a"].sum()) + cost * capital_1_a
    project["estimated"] = _flags(mine, size="flow_t_d", investment_cur="flow_t_d", saving_cur_a="saving_cur_a")
    yield project


def _pressure(data: Inputs, capital_1_a: float) -> Iterator[dict[str, Any]]:
    best = data.recovered()
    if best.empty:
        return
    cost = float(best["investment_cur"].sum())
    project = _project("pressure", "links", "", float(best["power_kw"].sum()), "kW", cost, count=len(best))
    project["saving_cur_a"] = float(best["benefit_cur_a"].sum()) + cost * capital_1_a
    project["estimated"] = _flags(best, size="power_kw", investment_cur="power_kw", saving_cur_a="benefit_cur_a")
    yield project


def _works(data: Inputs) -> Iterator[dict[str, Any]]:
    if data.sites.empty:
        return
    new = data.sites[(data.sites["added"].fillna(0.0) > 0) | (data.sites["status"] == "new")]
    for utility, works in new.groupby("utility", sort=True):
        size = float(works["added"].fillna(works["capacity"]).sum())
        unit, cost = str(works["unit"].iloc[0]), float(works["investment_cur"].fillna(0.0).sum())
        project = _project("siting", "siting", str(utility), size, unit, cost, count=len(works))
        project["estimated"] = _flags(works, size="demand", investment_cur="investment_cur")
        yield project


def _networks(data: Inputs) -> Iterator[dict[str, Any]]:
    if data.pipes.empty:
        return
    for utility, pipes in data.pipes.groupby("utility", sort=True):
        cost = float(pipes["investment_cur"].fillna(0.0).sum())
        km = float(pipes["length_m"].sum()) / 1000
        project = _project("networks", "networks", str(utility), km, "km", cost)
        project["estimated"] = _flags(pipes, investment_cur="investment_cur")
        yield project


def _land(data: Inputs) -> Iterator[dict[str, Any]]:
    if data.parcels.empty:
        return
    idle = data.parcels[data.parcels["asleep_m2"].fillna(0.0) > 0]
    if idle.empty:
        return
    hectares = float(np.sum(idle["asleep_m2"])) / 1e4
    yield _project("land", "intensity", "", hectares, "ha", None, count=len(idle))
