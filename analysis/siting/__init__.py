"""Siting: where the central facilities go, how big they are, and whom they serve."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np

from ..errors import Finding
from ..park import roadgraph, terrain
from ..park.model import Park
from ..scenario import Scenario
from ..steps import Figure, Progress, StepResult
from . import tables
from .candidates import lands as candidate_lands
from .choose import Task, choose
from .costs import Money, sizes
from .demand import UTILITIES, Demand, demand
from .exclusion import SMOOTH_M, ground, protection_zones, zones
from .exposure import exposure
from .report import headline, of_choice, of_names
from .screening import Rules, distances
from .tables import Outcome

# those whom the rules leave least room choose first; reclaimed water follows the wastewater works it draws on
ORDER = ("wastewater", "hazardous_waste", "solid_waste", "heat", "water", "reclaimed", "gas", "waste_gas")
DRAWN_WITHIN_M = 300.0  # protection zones are drawn around people this near to where they could matter


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Choose sites and sizes for each utility.

    Reads idle land from ``intensity`` and what firms already exchange from ``links`` where they have run. Gives the
    tables ``sites``, ``site_candidates``, ``site_service``, ``exclusion_zones`` and ``protection_zones``, and an answer
    with bound and gap a utility.

    Raises
    ------
    InputError
        The park has no roads, or its terrain cannot be read.
    Cancelled
        The user asked to stop.
    """
    choices, standards = scenario.siting, scenario.thresholds()
    money = Money(choices, standards, standards.value(f"currency.{park.currency}"))
    progress(0.0, "siting.progress.demand")
    need = demand(park, results.get("links"), choices, standards)
    lands, findings = candidate_lands(park, results.get("intensity"), choices, standards)
    findings = need.findings + findings + of_names(choices, lands)
    progress(0.05, "siting.progress.exclusions")
    forbidden = zones(park, standards)
    rules = Rules(park, lands, ground(park, lands, forbidden, choices, standards), choices, standards)
    progress(0.2, "siting.progress.distances")
    access = rules.access()
    roads = roadgraph.build(park)
    places = gpd.GeoSeries(need.places.geometry)
    way = roads.distances(access, places).T if len(places) and len(access) else np.zeros((len(places), len(access)))
    persons, of_wind = exposure(access, park, standards)
    consumer_m = terrain.heights(park, places, SMOOTH_M)
    wanted: list[str] = [u for u in ORDER if u in choices.utilities and float(need.amount[u].sum()) > 0]
    if wanted:
        findings += of_wind
    if "wastewater" in wanted and park.terrain is None:
        findings.append(Finding("siting.no_terrain", "info", "terrain"))
    offered = {u: sizes(float(need.amount[u].sum()) * standards.value(f"siting.{u}.design_factor")) for u in wanted}
    outcomes: list[Outcome] = []
    source_m = np.zeros(len(lands))
    for number, utility in enumerate(wanted):
        part = progress.part(0.3 + 0.6 * number / len(wanted), 0.3 + 0.6 * (number + 1) / len(wanted))
        part(0.0, "siting.progress.choosing", utility=utility)
        who = np.flatnonzero(need.amount[utility].to_numpy() > 0)
        task = Task(
            utility,
            who,
            need.amount[utility].to_numpy()[who],
            way[who],
            consumer_m[who],
            source_m if utility == "reclaimed" else np.zeros(len(lands)),
        )
        screening = rules.screen(utility, offered[utility], _low_limit_m(task, choices.low_ground_pct))
        choice = choose(
            task, screening, rules, money, persons, scenario.time_limit_s, progress.cancelled, f"{park.currency}/a"
        )
        for site in choice.sites:
            rules.ground.take(site.land, site.shape)
        if utility == "wastewater" and choice.sites:
            source_m = roads.distances(access.iloc[[site.land for site in choice.sites]], access).min(0)
        names = [f"{utility}-{k + 1}" for k in range(len(choice.sites))]
        outcomes.append(Outcome(utility, task, screening, choice, names, _guessed(need, utility)))
        findings += of_choice(outcomes[-1], rules)
    progress(0.92, "siting.progress.tables")
    outcomes.sort(key=lambda outcome: UTILITIES.index(outcome.utility))
    around = distances(wanted, offered, choices, standards)
    found = {
        "sites": tables.sites(outcomes, rules, park.crs),
        "site_candidates": tables.candidates(outcomes, rules, persons, park.crs),
        "site_service": tables.service(outcomes, need, park.crs),
        "exclusion_zones": forbidden,
        "protection_zones": protection_zones(park, around, DRAWN_WITHIN_M, lands),
    }
    return StepResult(
        tables=found,
        figures=_figures(outcomes, park.currency),
        headline=headline(outcomes),
        # what nobody can be served by is no plan: its cost would be that of leaving all out
        answers=[outcome.choice.answer for outcome in outcomes if outcome.choice.sites],
        findings=findings,
    )


def _low_limit_m(task: Task, percentile: float) -> float:
    """Height below which a wastewater works must lie; NaN where the rule does not apply."""
    known = task.consumer_m[np.isfinite(task.consumer_m)]
    if task.utility != "wastewater" or percentile >= 100 or not len(known):
        return float("nan")
    return float(np.percentile(known, percentile))


def _guessed(need: Demand, utility: str) -> float:
    """Share of a utility's demand that rests on estimates."""
    amount = need.amount[utility]
    return float((amount * need.guessed[utility]).sum() / amount.sum())


def _figures(outcomes: list[Outcome], currency: str) -> dict[str, Figure]:
    every = [(outcome, site) for outcome in outcomes for site in outcome.choice.sites]
    spent = sum(site.investment for _, site in every)
    yearly = sum(site.cost_a for _, site in every)
    spent_guessed = sum(site.investment * outcome.guessed for outcome, site in every)
    yearly_guessed = sum(site.cost_a * outcome.guessed for outcome, site in every)
    land = sum(site.shape.area for _, site in every if site.status == "new")
    answers = [outcome.choice.answer for outcome in outcomes if outcome.choice.sites]
    gaps = [answer.gap for answer in answers if answer.gap is not None]
    return {
        "utilities": Figure(float(sum(bool(outcome.choice.sites) for outcome in outcomes)), ""),
        "asked": Figure(float(len(outcomes)), ""),
        "sites": Figure(float(len(every)), ""),
        "kept": Figure(float(sum(site.status != "new" for _, site in every)), ""),
        "investment": Figure(float(spent), currency, float(spent_guessed / spent) if spent else 0.0),
        "cost": Figure(float(yearly), f"{currency}/a", float(yearly_guessed / yearly) if yearly else 0.0),
        "land": Figure(float(land) / 1e4, "ha", float(spent_guessed / spent) if spent else 0.0),
        "worst_gap": Figure(100 * max(gaps, default=0.0), "%"),
    }
