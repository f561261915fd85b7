"""What the planner should know of what was asked about a choice, and of roads that hang apart."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from ..errors import Finding
from ..park.roadgraph import RoadGraph
from .choice.study import regret
from .costs import Money
from .tables import Outcome
from .wording import words

DEARER = 0.01  # share of the cost from which keeping to what stands is called dear
APART_M = 50.0  # how much farther the main roads must be than a road of an island


def of_study(outcome: Outcome, money: Money, currency: str) -> list[Finding]:
    """Findings of one utility: redundancy that does not hold, keeping that costs, sites not looked at."""
    choice, study, utility = outcome.choice, outcome.study, outcome.utility
    named, found = words("utility", utility), []
    if choice.spare_short:
        found.append(Finding("siting.spare_short", "warning", "sites", utility, "siting.redundant", named))
    elif utility in money.choices.redundant:
        for outage in study.outages:
            if outage.firms:
                values = {**named, "site": outcome.site_ids[outage.site], "count": outage.firms}
                found.append(Finding("siting.spare_out_of_reach", "warning", "sites", utility, values=values))
    best = min((regret(choice, other.plan) for other in study.alternatives), default=0.0)
    if choice.existing_only and best < -DEARER * max(1.0, abs(choice.answer.objective)):
        values = {**named, "saved": f"{-best:,.0f} {currency}/a"}
        found.append(Finding("siting.existing_dearer", "info", "sites", utility, "siting.existing_first", values))
    if study.large and not money.choices.thorough:
        found.append(Finding("siting.large", "info", "sites", utility, values=named))
    return found


def of_roads(roads: RoadGraph, places: gpd.GeoSeries, lands: gpd.GeoSeries) -> list[Finding]:
    """Consumers and candidates that lie at roads without a connection to the others."""
    found = []
    for layer, points in (("enterprises", places), ("site_candidates", lands)):
        if not len(points):
            continue
        near, away = roads.nearest(points, main_only=False)
        _, main = roads.nearest(points)
        lost = (roads.component[near] > 0) & (main > away + APART_M)
        if lost.any():
            first = str(points.index[int(np.flatnonzero(lost)[0])])
            values = {"count": int(lost.sum()), "farthest": f"{main[lost].max():,.0f}"}
            found.append(Finding(f"siting.roads_apart_{layer}", "warning", "roads", first, values=values))
    return found
