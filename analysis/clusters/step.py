"""The step: relate firms, find groups, draw them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ..errors import Finding
from ..park.model import Park
from ..scenario import Scenario
from ..steps import Figure, Progress, StepResult
from ..tables import result_table
from . import areas, communities, graph
from .members import leading, members

STABLE, FAIR = 0.8, 0.6  # agreement from which groups are called stable, fairly stable


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Group the park's firms; reads ``links`` where it has run, else the flows themselves.

    Raises
    ------
    InputError
        All weights of relevance are zero.
    """
    choices = scenario.clusters
    findings: list[Finding] = []
    links = results["links"].tables.get("links") if "links" in results else None
    progress(0.05, "clusters.progress.graph")
    pairs, points = graph.relevance(park, choices, links, findings)
    progress(0.3, "clusters.progress.communities")
    firms = park["enterprises"]
    if len(firms) < 2:
        findings.append(Finding("clusters.few_firms", "warning", "enterprises", values={"count": len(firms)}))
    groups = communities.find(
        len(firms),
        pairs[["low", "high"]].to_numpy(int),
        pairs["weight"].to_numpy(float),
        scenario.seed,
        choices.repeats,
        choices.shake,
        choices.resolution,
    )
    ties = members(pairs, groups.membership, choices)
    grouped = (ties["size"] > 1).to_numpy()
    number = np.where(grouped, groups.membership, -1)  # groups are numbered by falling size: singles come last
    progress(0.8, "clusters.progress.areas")
    drawn = areas.draw(park, pd.Series(number, index=firms["enterprise_id"]), points, choices.gap_m)
    tables = {
        "cluster_areas": _areas(park, number, ties, groups, drawn),
        "cluster_members": _members(park, number, ties, groups, points),
        "relevance": _relevance(park, pairs, points),
    }
    return _result(park, pairs, number, groups, tables, findings)


def _result(
    park: Park,
    pairs: pd.DataFrame,
    number: np.ndarray,
    groups: communities.Groups,
    tables: dict[str, pd.DataFrame],
    findings: list[Finding],
) -> StepResult:
    count = int(number.max(initial=-1)) + 1
    weight = pairs["weight"].to_numpy()
    same = (number[pairs["low"]] == number[pairs["high"]]) & (number[pairs["low"]] >= 0)
    total = float(weight.sum())
    soft = float(weight[pairs["guess"].to_numpy(bool)].sum()) / total if total else 0.0
    figures = {
        "clusters": Figure(float(count), "1", soft),
        "grouped": Figure(float((number >= 0).sum()), "firms", soft),
        "stability": Figure(groups.agreement if count else None, "1", soft),
        "inside": Figure(100 * float(weight[same].sum()) / total if total else None, "%", soft),
        "modularity": Figure(groups.modularity if count else None, "1", soft),
        "resolution": Figure(groups.resolution if count else None, "1"),
    }
    if not count:
        return StepResult(tables, figures, ("clusters.headline.none", {}), findings=findings)
    word = "" if groups.agreement >= STABLE else ".fair" if groups.agreement >= FAIR else ".unstable"
    if word == ".unstable":
        values = {"stability": f"{groups.agreement:.2f}"}
        findings.append(Finding("clusters.unstable", "info", values=values))
    return StepResult(tables, figures, (f"clusters.headline{word}", {"count": count}), findings=findings)


def names(sectors: Sequence[Mapping[str, int]], lang: str) -> list[str]:
    """Name of each group by its leading sector, and the second where it has at least half as many firms.

    Groups of the same name are numbered.

    Parameters
    ----------
    sectors
        For each group the number of firms of each sector, the leading one first (``members.leading``).
    """
    labels = resources.codes("sectors")
    found = []
    for count in sectors:
        known = [code for code in count if code in labels]
        called = [labels[code][f"label_{lang}"] for code in known[:2]]
        if not called:
            found.append(resources.text("clusters.name.mixed", lang))
        elif len(called) == 1 or 2 * count[known[1]] < count[known[0]]:
            found.append(resources.text("clusters.name.one", lang, first=called[0]))
        else:
            found.append(resources.text("clusters.name.two", lang, first=called[0], second=called[1]))
    total, seen = Counter(found), Counter[str]()
    for place, name in enumerate(found):
        if total[name] > 1:
            seen[name] += 1
            found[place] = resources.text("clusters.name.numbered", lang, name=name, number=seen[name])
    return found


def _codes(number: np.ndarray) -> np.ndarray:
    """Ids of groups (C01, C02, ...), empty for firms without one."""
    width = max(2, len(str(number.max(initial=0) + 1)))
    return np.array([f"C{k + 1:0{width}d}" if k >= 0 else "" for k in number], dtype=object)


def _areas(
    park: Park,
    number: np.ndarray,
    ties: pd.DataFrame,
    groups: communities.Groups,
    drawn: Mapping[int, shapely.Geometry],
) -> pd.DataFrame:
    sector, ties_inside = park["enterprises"]["sector"].to_numpy(), ties["inside"].to_numpy()
    inside = [np.flatnonzero(number == k) for k in range(number.max(initial=-1) + 1)]
    sectors = [leading(sector[rows], ties_inside[rows]) for rows in inside]
    total = [float(ties["total"].iloc[rows].sum()) for rows in inside]
    shapes = [drawn.get(k) for k in range(len(inside))]
    columns = {
        "cluster_id": _codes(np.arange(len(inside))),
        "name_en": names(sectors, "en"),
        "name_zh": names(sectors, "zh"),
        "firms": [len(rows) for rows in inside],
        "sectors": [";".join(count) for count in sectors],
        "internal_weight_share": [
            float(ties["inside"].iloc[rows].sum()) / whole for rows, whole in zip(inside, total, strict=True)
        ],
        "stability": [float(groups.stability[rows].mean()) for rows in inside],
        "area_m2": [shape.area if shape is not None else np.nan for shape in shapes],
        "estimated": [""] * len(inside),
    }
    return result_table("cluster_areas", columns, shapes, park.crs)


def _members(
    park: Park, number: np.ndarray, ties: pd.DataFrame, groups: communities.Groups, points: gpd.GeoSeries
) -> pd.DataFrame:
    firms = park["enterprises"]
    columns = {
        "enterprise_id": firms["enterprise_id"],
        "cluster_id": _codes(number),
        "sector": firms["sector"],
        "role": ties["role"],
        "strength": ties["strength"],
        "inside_share": ties["inside_share"],
        "stability": groups.stability,
        "estimated": [""] * len(firms),
    }
    return result_table("cluster_members", columns, points, park.crs)


def _relevance(park: Park, pairs: pd.DataFrame, points: gpd.GeoSeries) -> pd.DataFrame:
    firm = park["enterprises"]["enterprise_id"].to_numpy()
    one, two = firm[pairs["low"].to_numpy(int)], firm[pairs["high"].to_numpy(int)]
    place = points.to_numpy()
    shapes = [
        shapely.LineString([place[a], place[b]]) if place[a] is not None and place[b] is not None else None
        for a, b in zip(pairs["low"], pairs["high"], strict=True)
    ]
    columns = {
        "relevance_id": [f"{a}--{b}" for a, b in zip(one, two, strict=True)],
        "from_enterprise_id": one,
        "to_enterprise_id": two,
        **{name: pairs[name] for name in ("weight", *graph.PARTS, "distance_m")},
        "estimated": np.where(pairs["guess"], "weight", ""),
    }
    return result_table("relevance", columns, shapes, park.crs)
