"""Siting: where the central facilities go, how big they are, and whom they serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np

from ..energy import carbon_t_gj
from ..errors import Finding
from ..park import roadgraph, terrain
from ..park.model import Park
from ..scenario import Scenario
from ..steps import Figure, Progress, StepResult
from . import reach, service_areas, study_tables, tables
from .candidates import lands as candidate_lands
from .choice import Choice, Task, choose
from .choice.first import held, loads
from .choice.model import radius_m
from .choice.phases import Phase, phases
from .choice.study import ALL_PAIRS, study
from .costs import Money, land_need_m2, sizes
from .demand import UTILITIES, Demand, demand
from .exclusion import protection_zones, zones
from .exposure import assess, persons
from .report import headline, of_choice, of_names
from .screening import SMOOTH_M, Rules, distances, ground
from .study_report import of_roads, of_study
from .tables import Outcome

# those whom the rules leave least room choose first; reclaimed water follows the wastewater works it draws on
ORDER = ("wastewater", "hazardous_waste", "solid_waste", "heat", "water", "reclaimed", "gas", "waste_gas")
REACH_SITES = 8  # sites up to which it is told how much is within the radius
DRAWN_WITHIN_M = 300.0  # protection zones are drawn around people this near to where they could matter


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Choose sites and sizes for each utility.

    Reads idle land from ``intensity`` and what firms already exchange from ``links`` where they have run. Gives the
    tables ``sites``, ``site_candidates``, ``site_service``, ``exclusion_zones`` and ``protection_zones``, what is asked
    about each choice (``site_front``, ``site_alternatives``, ``site_sensitivity``, ``site_phases``, ``site_outages``),
    and an answer with bound and gap a utility.

    Raises
    ------
    InputError
        The park has no roads, or its terrain cannot be read.
    Cancelled
        The user asked to stop.
    """
    choices, standards = scenario.siting, scenario.thresholds()
    money = Money(
        choices,
        standards,
        standards.value(f"currency.{park.currency}"),
        carbon_t_gj(park, standards, "electricity"),
        carbon_t_gj(park, standards, "heat"),
    )
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
    exposed = persons(access, park, standards)
    consumer_m = terrain.heights(park, places, SMOOTH_M)
    findings += of_roads(roads, places, access)
    wanted: list[str] = [u for u in ORDER if u in choices.utilities and float(need.amount[u].sum()) > 0]
    if "wastewater" in wanted and park.terrain is None:
        findings.append(Finding("siting.no_terrain", "info", "terrain"))
    offered = {u: _offered(u, need, money) for u in wanted}
    outcomes: list[Outcome] = []
    source_m = np.zeros(len(lands))
    settled: dict[str, float] = {}  # land that sites take from what is to be settled
    for number, utility in enumerate(wanted):
        part = progress.part(0.3 + 0.6 * number / len(wanted), 0.3 + 0.6 * (number + 1) / len(wanted))
        part(0.0, "siting.progress.choosing", utility=utility)
        asked = need.without(settled)
        who = np.flatnonzero(asked.amount[utility].to_numpy() > 0)
        task = Task(
            utility,
            who,
            asked.amount[utility].to_numpy()[who],
            way[who],
            consumer_m[who],
            source_m if utility == "reclaimed" else np.zeros(len(lands)),
            asked.coincidence_of(utility),
        )
        screening = rules.screen(utility, offered[utility], _low_limit_m(task, choices.low_ground_pct))
        together = _together(asked, utility, who)
        choice = choose(
            task,
            screening,
            rules,
            money,
            exposed,
            together,
            scenario.time_limit_s,
            progress.cancelled,
            f"{park.currency}/a",
        )
        part(0.4, "siting.progress.asking", utility=utility)
        outcome = Outcome(
            utility,
            task,
            screening,
            choice,
            study(choice, money, scenario.time_limit_s, progress.cancelled),
            _phases(choice, asked, money, together),
            [f"{utility}-{k + 1}" for k in range(len(choice.sites))],
            [str(lands.index[land]) for land in screening.lands],
            _guessed(asked, utility),
        )
        outcomes.append(outcome)
        for site in choice.sites:
            rules.ground.take(site.land, site.shape, utility)
            name = str(lands.index[site.land])
            settled[name] = settled.get(name, 0.0) + site.shape.area
        if utility == "wastewater" and choice.sites:
            source_m = roads.distances(access.iloc[[site.land for site in choice.sites]], access).min(0)
        findings += of_choice(outcome, rules) + of_study(outcome, money, park.currency)
    progress(0.92, "siting.progress.tables")
    outcomes.sort(key=lambda outcome: UTILITIES.index(outcome.utility))
    works = [
        (outcome.utility, site_id, site.shape, site.capacity)
        for outcome in outcomes
        for site_id, site in zip(outcome.site_ids, outcome.choice.sites, strict=True)
    ]
    around_works, of_exposure = assess(works, park, choices, standards)
    findings += of_exposure if wanted else []
    around = distances(wanted, offered, choices, standards)
    sites, service = tables.sites(outcomes, rules, park.crs), tables.service(outcomes, need, park.crs)
    found = {
        "sites": sites,
        "site_candidates": tables.candidates(outcomes, rules, exposed, park.crs),
        "site_service": service,
        "service_areas": service_areas.areas(sites, service, park),
        "site_reach": reach.table(
            [row for outcome in outcomes for row in _reach(outcome, rules, scenario.time_limit_s, progress)]
        ),
        **around_works,
        "site_front": study_tables.front(outcomes),
        "site_alternatives": study_tables.alternatives(outcomes, money),
        "site_sensitivity": study_tables.sensitivity(outcomes, money),
        "site_phases": study_tables.phases(outcomes),
        "site_outages": study_tables.outages(outcomes),
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


def _offered(utility: str, need: Demand, money: Money) -> np.ndarray:
    """Sizes offered: for the whole demand and parts of it, and one for the demand moved up in the sensitivity."""
    most = float(need.amount[utility].sum()) * money.standards.value(f"siting.{utility}.design_factor")
    more = sizes(most * (1 + money.choices.sensitivity_pct / 100))[-1]
    return np.unique(np.r_[sizes(most), more])


def _together(need: Demand, utility: str, who: np.ndarray) -> Callable[[np.ndarray, np.ndarray], float]:
    """What of some demands of some of ``who`` falls due at once."""
    return lambda rows, amount: need.coincidence_of(utility, who[rows], amount)


def _reach(outcome: Outcome, rules: Rules, time_limit_s: float, progress: Progress) -> list[dict[str, Any]]:
    """How much so many sites could have within the radius; nothing where there is no radius, or too much to look at."""
    task, radius = outcome.task, radius_m(outcome.utility, rules)
    eligible = [int(land) for land in outcome.screening.lands if int(land) not in outcome.screening.verdict]
    if not np.isfinite(radius) or not eligible or len(task.demand) * len(eligible) > ALL_PAIRS:
        return []
    most = min(outcome.choice.model.most_sites, REACH_SITES)
    way = task.distance_m[:, eligible]
    return reach.curve(outcome.utility, task.demand, way, radius, most, progress.cancelled, time_limit_s)


def _phases(
    choice: Choice, need: Demand, money: Money, together: Callable[[np.ndarray, np.ndarray], float]
) -> list[Phase]:
    """What of a choice is built when, up to the horizon it is made for."""
    task, sites = choice.model.task, choice.sites
    amount = {h: table[task.utility].to_numpy()[task.consumers] for h, table in need.amount_of.items()}
    upto = list(amount)[: list(amount).index(need.horizon) + 1]
    extra = [site.extra for site in sites]
    ground = [
        money.cny(float(choice.ground.rules.lands["price"].iloc[site.land]))
        * (land_need_m2(task.utility, site.extra, money.standards) if site.extra else 0.0)
        for site in sites
    ]
    return phases(
        extra=extra,
        standing=[held(choice, k) - site.extra for k, site in enumerate(sites)],
        load={h: loads(choice, amount[h], together) for h in upto},
        demand={h: choice.share.T @ amount[h] for h in upto},
        year={h: need.year_of[h] for h in upto},
        investment=lambda size: money.investment(task.utility, size),
        land=ground,
        interest=money.choices.interest_pct / 100,
        trains=round(money.standards.value("siting.trains")),
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
        "worst_gap": Figure(round(100 * max(gaps, default=0.0), 6), "%"),  # less is the noise of sums
    }
