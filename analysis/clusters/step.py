"""The step: relate firms, find groups, test them, draw them, tell what they exchange."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..errors import Finding, InputError
from ..park.model import Park
from ..scenario import Clusters, Scenario
from ..standards import Standards
from ..steps import Figure, Progress, StepResult
from . import areas, beside, communities, compare, flows, graph, significance, tables
from .members import members


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Group the park's firms; reads ``links`` where it has run, else the flows themselves.

    Raises
    ------
    InputError
        All weights of relevance are zero; more groups are asked for than the firms can make; the method asked for cannot
        hold so many firms.
    """
    choices = scenario.clusters
    findings: list[Finding] = []
    _possible(len(park["enterprises"]), choices)
    links = results["links"].tables.get("links") if "links" in results else None
    progress(0.05, "clusters.progress.graph")
    relevance = graph.relevance(park, choices, links, findings)
    firms, pairs = park["enterprises"], relevance.pairs
    n, edges, weight = len(firms), pairs[["low", "high"]].to_numpy(int), pairs["weight"].to_numpy(float)
    if n < 2:
        findings.append(Finding("clusters.few_firms", "warning", "enterprises", values={"count": n}))
    elif not len(edges):
        findings.append(Finding("clusters.no_ties", "warning", "enterprises", values={"count": n}))

    progress(0.3, "clusters.progress.communities")
    shapes = beside.land(park, relevance.points)
    touching = beside.touching(shapes, choices.gap_m)
    if choices.contiguous:
        _alone(firms["enterprise_id"], shapes, touching, choices, findings)
    rule = communities.Rule(choices.method, choices.count, touching if choices.contiguous else None)
    groups = communities.find(
        n, edges, weight, scenario.seed, choices.repeats, choices.shake, choices.resolution, rule
    )
    ties = members(pairs, groups.membership, choices)
    grouped = (ties["size"] > 1).to_numpy()
    number = np.where(grouped, groups.membership, -1)  # groups are numbered by falling size: singles come last
    count = int(number.max(initial=-1)) + 1
    if choices.count is not None and len(edges) and count != choices.count:
        values = {"count": choices.count, "found": count}
        findings.append(Finding("clusters.count_unmet", "warning", column="clusters.count", values=values))

    progress(0.55, "clusters.progress.significance")
    test = significance.compare(
        n,
        edges,
        weight,
        groups.membership,
        groups.resolution,
        groups.found.draw,
        scenario.seed,
        choices.random_graphs,
    )
    progress(0.7, "clusters.progress.methods")
    if n > compare.MOST_FIRMS:
        values = {"firms": n, "most": compare.MOST_FIRMS}
        findings.append(Finding("clusters.not_compared", "info", "enterprises", values=values))
    xy = np.array([(p.x, p.y) if p is not None and not p.is_empty else (np.nan, np.nan) for p in relevance.points])
    methods = compare.table(
        xy.reshape(-1, 2), edges, weight, groups, rule, touching, scenario.seed, choices.shake, choices.resolution
    )
    progress(0.8, "clusters.progress.areas")
    drawn = areas.draw(park, pd.Series(number, index=firms["enterprise_id"]), relevance.points, choices.gap_m)
    exchanges = relevance.exchanges if links is None else flows.ledger(park, links)
    made = tables.make(park, relevance, exchanges, links is not None, number, ties, groups, test, methods, drawn)
    return _result(pairs, number, groups, test, made, scenario.thresholds(), findings)


def _possible(firms: int, choices: Clusters) -> None:
    """Raise where the scenario asks for what no park of so many firms can give."""
    if choices.count is not None and 2 * choices.count > firms >= 2:
        values = {"count": choices.count, "firms": firms, "most": firms // 2}
        raise InputError(
            Finding("clusters.count_too_large", layer="scenario", column="clusters.count", values=values)
        )
    if choices.method == "agglomerative" and firms > compare.MOST_FIRMS:
        values = {"firms": firms, "most": compare.MOST_FIRMS}
        raise InputError(Finding("clusters.too_many", layer="scenario", column="clusters.method", values=values))


def _alone(
    ids: pd.Series, shapes: np.ndarray, touching: np.ndarray, choices: Clusters, findings: list[Finding]
) -> None:
    """Tell which firms can belong to no group that hangs together, and why."""
    placed = np.array([shape is not None for shape in shapes], bool)
    if not placed.all():
        findings.append(flows.finding("contiguous_no_place", "enterprises", ids[~placed]))
    near = np.isin(np.arange(len(ids)), touching)
    if (placed & ~near).any():
        findings.append(
            flows.finding("contiguous_alone", "enterprises", ids[placed & ~near], gap=f"{choices.gap_m:g}")
        )


def _result(
    pairs: pd.DataFrame,
    number: np.ndarray,
    groups: communities.Groups,
    test: significance.Significance,
    made: dict[str, pd.DataFrame],
    standards: Standards,
    findings: list[Finding],
) -> StepResult:
    count = int(number.max(initial=-1)) + 1
    weight = pairs["weight"].to_numpy()
    same = (number[pairs["low"]] == number[pairs["high"]]) & (number[pairs["low"]] >= 0)
    total = float(weight.sum())
    soft = float(weight[pairs["guess"].to_numpy(bool)].sum()) / total if total else 0.0
    # mean over firms of how firm their group stands
    firm = float(groups.firmness[number[number >= 0]].mean()) if count else None
    tested = count and not np.isnan(test.expected)
    figures = {
        "clusters": Figure(float(count), "1", soft),
        "grouped": Figure(float((number >= 0).sum()), "firms", soft),
        "stability": Figure(firm, "1", soft),
        "inside": Figure(100 * float(weight[same].sum()) / total if total else None, "%", soft),
        "modularity": Figure(groups.modularity if count else None, "1", soft),
        "z": Figure(None if not tested or np.isnan(test.z) else test.z, "1", soft),
        "p_value": Figure(test.p_value if tested else None, "1", soft),
        "resolution": Figure(groups.resolution if count else None, "1"),
    }
    if firm is None:
        return StepResult(made, figures, ("clusters.headline.none", {}), findings=findings)
    stable, fair = standards.value("clusters.stable"), standards.value("clusters.fair")
    word = "" if firm >= stable else ".fair" if firm >= fair else ".unstable"
    if word == ".unstable":
        findings.append(Finding("clusters.unstable", "info", values={"stability": f"{firm:.2f}"}))
    if tested and test.p_value > standards.value("clusters.significance"):
        word = ".chance"
        values = {
            "resolution": f"{groups.resolution:g}",
            "modularity": f"{test.quality:.3f}",
            "expected": f"{test.expected:.3f}",
            "spread": f"{test.spread:.3f}",
            "p_value": f"{test.p_value:.2f}",
        }
        findings.append(Finding("clusters.chance", "warning", values=values))
    return StepResult(made, figures, (f"clusters.headline{word}", {"count": count}), findings=findings)
