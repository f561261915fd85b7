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
from ..steps import Answer, Progress, StepResult
from ..tables import result_table
from . import existing, heat, material, model, rows, unmatched, water
from .costs import Costs
from .figures import figures, headline
from .places import Places, locate
from .relief import relief


@dataclass(frozen=True)
class Case:
    """What matching of each kind reads: nothing in it is changed.

    ``relief`` is by number of the firm in ``places``; ``exchanges`` are the ones to keep.
    """

    park: Park
    scenario: Scenario
    places: Places
    costs: Costs
    relief: pd.DataFrame
    exchanges: pd.DataFrame

    @property
    def choices(self) -> Links:
        return self.scenario.links

    def solve(self, problem: model.Problem, name: str, progress: Progress) -> tuple[np.ndarray, Answer]:
        """The best flows of one kind."""
        unit, limit = f"{self.park.currency}/a", self.scenario.time_limit_s
        return model.solve(problem, name, unit, self.choices.gap, limit, progress.cancelled)


@dataclass
class Part:
    """What one kind gives: rows of ``links`` and of ``unmatched_flows``, the answer, findings.

    ``problem`` with its solution ``x`` (n,) and ``ends`` (n, 2), the numbers of each column's giver and taker in
    ``places`` (-1 for auxiliary columns), where the kind was matched.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problem: model.Problem | None = None
    x: np.ndarray = field(default_factory=lambda: np.zeros(0))
    ends: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), int))

    def solve(
        self, case: Case, problem: model.Problem, ends: np.ndarray, name: str, progress: Progress
    ) -> np.ndarray:
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
        Tables ``links`` (lines, existing and proposed) and ``unmatched_flows``; an answer for each kind matched.

    Raises
    ------
    Cancelled
    """
    costs = Costs.of(park, scenario)
    progress(0.02, "links.progress.distances")
    places, findings = locate(park, costs.standards)
    exchanges, more = existing.kept(park, places, scenario.links)
    case = Case(park, scenario, places, costs, relief(park, places, costs), exchanges)
    parts = []
    for kind, step, start, end in (
        ("material", _materials, 0.1, 0.6),
        ("heat", _heat, 0.6, 0.9),
        ("water", _water, 0.9, 1.0),
    ):
        progress(start, f"links.progress.{kind}")
        parts.append(step(case, progress.part(start, end)))
    found = [row for part in parts for row in part.rows]
    left = [row for part in parts for row in part.left]
    answers = [answer for part in parts for answer in part.answers]
    links = _table(found, case)
    tables = {"links": links, "unmatched_flows": result_table("unmatched_flows", _columns(left, "unmatched_flows"))}
    findings += more + [finding for part in parts for finding in part.findings]
    return StepResult(
        tables, figures(park, tables, costs), headline(links, answers, park.currency), answers, findings
    )


def _materials(case: Case, progress: Progress) -> Part:
    table, findings = material.flows(case.park, case.places, case.choices)
    table, joined, more = existing.reserve_materials(case.exchanges, table)
    pairs = material.candidates(table, case.places, case.costs, case.choices)
    part = Part(rows.of_existing(joined, table, "flow_id", pairs, case), findings=findings + more)
    given = np.zeros(len(table))
    if case.choices.material:
        chosen = material.select(pairs, table, case.choices)
        progress(0.3, "links.progress.material")
        ends = table["firm"].to_numpy()[chosen[["give", "take"]].to_numpy(dtype=int)]
        x = part.solve(case, material.problem(table, chosen, case.choices), ends, "links.material", progress)
        part.rows += rows.of_materials(table, chosen, x, case.costs)
        np.add.at(given, chosen["give"].to_numpy(), x)
    part.left = unmatched.of_materials(table, pairs, given)
    return part


def _heat(case: Case, progress: Progress) -> Part:
    table, findings = heat.streams(case.park, case.places, case.choices)
    table, joined, more = existing.reserve_heat(case.exchanges, table)
    part = Part(rows.of_existing(joined, table, "stream_id", None, case), findings=findings + more)
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
    table, findings = water.streams(case.park, case.places, case.choices)
    table, joined, more = existing.reserve_water(case.exchanges, table, case.costs.value("days"))
    part = Part(rows.of_existing(joined, table, "stream_id", None, case), findings=findings + more)
    pairs = water.candidates(table, case.places, case.costs, case.choices)
    given = np.zeros(len(table))
    if case.choices.water:
        chosen = water.select(pairs, table, case.choices)
        progress(0.3, "links.progress.water")
        ends = table["firm"].to_numpy()[chosen[["give", "take"]].to_numpy(dtype=int)]
        x = part.solve(case, water.problem(table, chosen, case.costs, case.choices), ends, "links.water", progress)
        part.rows += rows.of_water(table, chosen, x)
        np.add.at(given, chosen["give"].to_numpy(), x)
    part.left = unmatched.of_water(table, pairs, given)
    return part


def _table(found: list[dict[str, Any]], case: Case) -> gpd.GeoDataFrame:
    """The links with their ids, payback and lines; proposals are numbered in the order of what they join."""
    order = ("kind", "from_enterprise_id", "to_enterprise_id", "from_flow_id", "to_flow_id", "pattern")
    new = sorted((row for row in found if "link_id" not in row), key=lambda row: tuple(row[name] for name in order))
    proposed = [row | {"link_id": f"P-{n:05d}", "status": "proposed"} for n, row in enumerate(new, 1)]
    every = [row for row in found if "link_id" in row] + proposed
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
