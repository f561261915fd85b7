"""Who can use whose by-products, heat and water: one optimisation for each, together the best set of links.

The three kinds share no capacity, so their optima add up to the optimum of all three together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ..errors import Finding
from ..park.model import Park
from ..scenario import Links, Scenario
from ..solvers.fixed_charge import Problem, solve
from ..steps import Answer, Progress, StepResult
from ..tables import result_table
from . import existing, heat, material, release, rows, split, unmatched, water
from .chains import chains, plan
from .costs import Costs
from .figures import figures, headline
from .heatbalance import heat_figures
from .places import Places, locate, misnamed
from .pressure import pressure_figures, pressure_recovery
from .relief import relief
from .target_tables import target_tables


@dataclass(frozen=True)
class Case:
    """What matching of each kind reads: nothing in it is changed.

    ``relief`` is by number of the firm in ``places``; ``exchanges`` are the ones to keep, ``released`` the others.
    """

    park: Park
    scenario: Scenario
    places: Places
    costs: Costs
    relief: pd.DataFrame
    exchanges: pd.DataFrame
    released: pd.DataFrame

    @property
    def choices(self) -> Links:
        return self.scenario.links

    def solve(self, problem: Problem, name: str, progress: Progress) -> tuple[np.ndarray, Answer]:
        """The best flows of one kind."""
        unit, limit = f"{self.park.currency}/a", self.scenario.time_limit_s
        choices = self.choices
        return solve(problem, name, unit, choices.gap, limit, progress.cancelled, choices.thorough)


@dataclass
class Part:
    """What one kind gives: rows of ``links``, ``unmatched_flows`` and ``water_supply``, the answer, findings.

    ``problem`` with its solution ``x`` (n,) and ``ends`` (n, 2), the numbers of each column's giver and taker in
    ``places`` (-1 for auxiliary columns), where the kind was matched.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    supply: list[dict[str, Any]] = field(default_factory=list)
    problem: Problem | None = None
    x: np.ndarray = field(default_factory=lambda: np.zeros(0))
    ends: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), int))

    def solve(self, case: Case, problem: Problem, ends: np.ndarray, name: str, progress: Progress) -> np.ndarray:
        """The best flows (n,); keeps the problem, its solution and its answer. ``ends`` (m, 2) of the first m columns."""
        x, answer = case.solve(problem, name, progress)
        self.answers.append(answer)
        rest = np.full((len(x) - len(ends), 2), -1)
        self.problem, self.x, self.ends = problem, x, np.r_[ends, rest]
        return x


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Match by-products, heat and water between the firms of a park.

    Returns
    -------
    StepResult
        Tables ``links`` (lines, existing and proposed), ``unmatched_flows``, ``firm_benefits``, ``chain_loops``,
        ``chain_proposals`` and ``firm_loss``; an answer for each kind matched.

    Raises
    ------
    Cancelled
    """
    costs = Costs.of(park, scenario)
    progress(0.02, "links.progress.distances")
    places, findings = locate(park, costs.standards)
    findings += misnamed(park, scenario.links)
    exchanges, released, more = existing.kept(park, places, scenario.links)
    case = Case(park, scenario, places, costs, relief(park, places, costs), exchanges, released)
    parts = []
    for kind, step, start, end in (
        ("material", _materials, 0.1, 0.6),
        ("heat", _heat, 0.6, 0.9),
        ("water", _water, 0.9, 0.95),
    ):
        progress(start, f"links.progress.{kind}")
        parts.append(step(case, progress.part(start, end)))
    more += split.of_parts(parts, case, progress.cancelled)
    found = [row for part in parts for row in part.rows]
    left = [row for part in parts for row in part.left]
    answers = [answer for part in parts for answer in part.answers]
    left_over = result_table("unmatched_flows", _columns(left, "unmatched_flows"))
    plans = [plan(part.problem, part.x, part.ends) for part in parts if part.problem is not None]
    chained = chains(park, scenario, places, costs, _table(found, case), left_over, plans, progress.part(0.95, 1.0))
    links = chained.links
    tables = {"links": links, "unmatched_flows": left_over, **chained.tables}
    tables["firm_benefits"] = split.firm_benefits(links, places, costs)
    tables["pressure_recovery"], doubts = pressure_recovery(case, links)
    supply = [row for part in parts for row in part.supply]
    tables["water_supply"] = result_table("water_supply", _columns(supply, "water_supply"))
    targets, told_of_targets = target_tables(park, scenario, progress.cancelled)
    tables |= targets
    findings += told_of_targets
    findings += more + doubts + [finding for part in parts for finding in part.findings] + chained.findings
    told = figures(park, tables, costs) | pressure_figures(tables["pressure_recovery"], park.currency)
    told |= heat_figures(park, links, scenario.links.approach_k, costs) | chained.figures
    whole = tables["water_targets"].query("scope == 'park'")["treat_fresh_t_d"]
    told |= water.figures(tables["water_supply"], links, float(whole.iloc[0]) if len(whole) else None, costs)
    return StepResult(tables, told, headline(links, answers, park.currency), answers, findings)


def _materials(case: Case, progress: Progress) -> Part:
    table, findings = material.flows(case.park, case.places, case.choices)
    table, joined, more = existing.reserve_materials(case.exchanges, table)
    table, stay, ended, told = release.settle(case, table, "material", progress)
    joined, more = joined + stay, more + told
    pairs = material.candidates(table, case.places, case.costs, case.choices)
    part = Part(rows.of_existing(joined, table, "flow_id", pairs, case) + ended, findings=findings + more)
    built = pairs.iloc[:0].assign(flow=0.0)
    if case.choices.material:
        chosen = material.select(pairs)
        progress(0.3, "links.progress.material")
        ends = table["firm"].to_numpy()[chosen[["give", "take"]].to_numpy(dtype=int)]
        x = part.solve(case, material.problem(table, chosen, case.choices), ends, "links.material", progress)
        part.rows += rows.of_materials(table, chosen, x, case.costs)
        part.findings += material.exempt(table, chosen, x)
        built = chosen.assign(flow=x)
    part.left = unmatched.of_materials(table, pairs, built)
    return part


def _heat(case: Case, progress: Progress) -> Part:
    table, findings = heat.streams(case.park, case.places, case.choices)
    table, joined, more = existing.reserve_heat(case.exchanges, table)
    table, stay, ended, told = release.settle(case, table, "heat", progress)
    joined, more = joined + stay, more + told
    part = Part(rows.of_existing(joined, table, "stream_id", None, case) + ended, findings=findings + more)
    matches = heat.candidates(table, case.places, case.costs, case.choices, case.relief["price_cur_gj"])
    given = np.zeros(len(table))
    if case.choices.heat:
        progress(0.3, "links.progress.heat")
        ends = table["firm"].to_numpy()[matches.arcs[["hot", "cold"]].to_numpy(dtype=int)]
        x = part.solve(case, heat.problem(table, matches, case.choices), ends, "links.heat", progress)
        x = heat.tidy(table, matches, x)
        part.rows += rows.of_heat(table, matches, x, case.relief)
        np.add.at(given, matches.arcs["hot"].to_numpy(dtype=int), x / matches.arcs["kept"].to_numpy())
    part.left = unmatched.of_heat(table, matches, given, case.choices)
    return part


def _water(case: Case, progress: Progress) -> Part:
    choices, costs = case.choices, case.costs
    table, findings = water.streams(case.park, case.places, choices)
    findings += water.too_strict(table, water.fresh_quality(costs))
    table, joined, more = existing.reserve_water(case.exchanges, table, costs.value("days"))
    table, stay, ended, told = release.settle(case, table, "water", progress)
    joined, more = joined + stay, more + told
    part = Part(rows.of_existing(joined, table, "stream_id", None, case) + ended, findings=findings + more)
    pairs = water.candidates(table, case.places, costs, choices)
    built = pairs.iloc[:0].assign(flow=0.0)
    if choices.water:
        part.findings += water.rain_findings(case.park, choices) + water.idle_choices(choices)
        chosen = water.select(pairs)
        offered = water.variants(table, case.park, case.places, costs, choices)
        progress(0.3, "links.progress.water")
        problems = [water.problem(table, chosen, costs, choices, offers) for offers in offered]
        place, x, answer = water.best(
            [(problem, offers.charge_cur_a) for problem, offers in zip(problems, offered, strict=True)],
            choices.gap,
            lambda problem: case.solve(problem, "links.water", progress),
            progress.cancelled,
        )
        part.answers.append(answer)
        part.problem, part.x, part.ends = problems[place], x, water.ends(table, chosen, offered[place])
        part.rows += rows.of_water(table, chosen, x[: len(chosen)])
        built = chosen.assign(flow=x[: len(chosen)])
        part.supply = water.supply_rows(table, joined, chosen, offered[place], x, costs)
    part.left = unmatched.of_water(table, pairs, built)
    return part


def _table(found: list[dict[str, Any]], case: Case) -> gpd.GeoDataFrame:
    """The links with their ids, payback and lines; proposals are numbered in the order of what they join."""
    order = ("kind", "from_enterprise_id", "to_enterprise_id", "from_flow_id", "to_flow_id", "pattern")
    new = sorted((row for row in found if "link_id" not in row), key=lambda row: tuple(row[name] for name in order))
    proposed = [row | {"link_id": f"P-{n:05d}", "status": "proposed"} for n, row in enumerate(new, 1)]
    every = [row for row in found if "link_id" in row] + proposed
    release.replacements(every)
    for row in every:
        # simple payback: the saving before the yearly cost of capital, which the net benefit has paid already
        saving = row["benefit_cur_a"] + row["investment_cur"] * case.costs.capital_1_a
        row["payback_a"] = row["investment_cur"] / saving if row["investment_cur"] > 0 and saving > 0 else np.nan
    one = case.places.points.reindex([row["from_enterprise_id"] for row in every])
    two = case.places.points.reindex([row["to_enterprise_id"] for row in every])
    lines = [_line(a, b) for a, b in zip(one, two, strict=True)]
    return result_table("links", _columns(every, "links"), lines, case.park.crs)


def _line(one: shapely.Point, two: shapely.Point) -> shapely.LineString:
    """The straight line between two firms; firms on one spot get a line of a metre, so that it can be seen."""
    if one.equals(two):
        two = shapely.Point(one.x + 1.0, one.y)
    return shapely.LineString([one, two])


def _columns(entries: list[dict[str, Any]], name: str) -> dict[str, list[Any]]:
    return {column: [entry.get(column) for entry in entries] for column in resources.columns(name)}
