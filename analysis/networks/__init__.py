"""Networks: pipes of each utility laid along roads and sized from a catalogue."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..errors import Finding
from ..park import roadgraph, terrain
from ..park.model import Park
from ..scenario import Scenario
from ..steps import Figure, Progress, StepResult
from . import corridors, lay
from .tables import answers, nodes_table, pipes_table

UTILITIES = ("heat", "gas", "water", "reclaimed", "wastewater", "waste_gas")


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Lay a network from each site to the firms it serves.

    Reads the tables ``sites`` and ``site_service`` of siting; without them the step has nothing to lay and says so. Solid
    and hazardous waste are hauled, so they have no network.
    """
    siting = results.get("siting")
    sites = siting.tables.get("sites") if siting else None
    service = siting.tables.get("site_service") if siting else None
    findings: list[Finding] = []
    if sites is None or service is None or not len(service):
        findings.append(Finding("networks.nothing_served", "warning", layer="site_service"))
        return _result([], park, findings)
    service = _named(service)
    roads = roadgraph.build(park)
    places, findings_of_places = _places(park, sites, service)
    findings += findings_of_places
    graph = corridors.build(park, roads, places, scenario.networks.corridor_factors())
    ground, findings_of_ground = _ground(park, graph)
    findings += findings_of_ground
    for name, metres in graph.lead_m.items():
        if metres > scenario.networks.lead_warning_m:
            findings.append(Finding("networks.far_from_road", "warning", id=name, values={"metres": round(metres)}))
    standards = scenario.thresholds()
    rate = standards.value(f"currency.{park.currency}")
    jobs = [
        (utility, str(site))
        for utility in UTILITIES
        for site in sorted(service.loc[service["utility"] == utility, "site_id"].unique())
    ]
    laid = []
    for number, (utility, site) in enumerate(jobs):
        part = progress.part(number / len(jobs), (number + 1) / len(jobs))
        part(0.0, "networks.progress.laying", utility=utility, site=site)
        served = service[(service["utility"] == utility) & (service["site_id"] == site)]
        served = served[served["consumer"].isin(graph.node_of) & (served["demand"] > 0)]
        if site in graph.node_of and len(served):
            laid.append(lay.network(utility, site, served, graph, ground, standards, rate, part))
            progress.check()
    for network in laid:
        findings += network.findings
    return _result(laid, park, findings)


def _named(service: pd.DataFrame) -> pd.DataFrame:
    """The service with a column ``consumer``: the firm, the growth where no firm is there yet, else the parcel."""
    none = pd.Series("", index=service.index)
    firm, growth = service["enterprise_id"], service.get("growth_id", none)
    parcel = "land " + service.get("parcel_id", none)
    return service.assign(consumer=firm.where(firm != "", growth.where(growth != "", parcel)))


def _places(park: Park, sites: pd.DataFrame, service: pd.DataFrame) -> tuple[gpd.GeoSeries, list[Finding]]:
    """Points of the sites and of what they serve, by id; firms without a place are named."""
    piped = service[service["utility"].isin(UTILITIES)]
    # where growth is expected stands only in the line that siting drew from there
    growth = piped[(piped["enterprise_id"] == "") & gpd.GeoSeries(piped.geometry).notna()].drop_duplicates(
        "consumer"
    )
    starts = gpd.GeoSeries(
        shapely.get_point(np.asarray(growth.geometry), 0), index=growth["consumer"], crs=park.crs
    )
    firms = pd.concat([park.enterprise_points(), starts])
    wanted = sorted(set(piped["consumer"]))
    missing = [name for name in wanted if name not in firms.index]
    used = sites[sites["site_id"].isin(set(piped["site_id"]))]
    at = gpd.GeoSeries(used.geometry.representative_point().to_numpy(), index=used["site_id"], crs=park.crs)
    both = pd.concat([firms[firms.index.isin(wanted)], at])
    return gpd.GeoSeries(both[~both.index.duplicated()], crs=park.crs), [
        Finding("networks.no_place", "warning", "enterprises", name) for name in missing
    ]


def _ground(park: Park, graph: corridors.Corridors) -> tuple[np.ndarray, list[Finding]]:
    """(n,) height of the ground at the nodes in m; flat where there is no terrain, which is said."""
    points = gpd.GeoSeries(gpd.points_from_xy(graph.points[:, 0], graph.points[:, 1]), crs=park.crs)
    if park.terrain is None:
        return np.zeros(len(points)), [Finding("networks.no_terrain", "warning", layer="terrain")]
    height = terrain.heights(park, points, smooth_m=terrain.COARSE_CELL_M * 3)
    known = np.isfinite(height)
    if not known.any():
        return np.zeros(len(points)), [Finding("networks.no_terrain", "warning", layer="terrain")]
    found = []
    if not known.all():
        from scipy.spatial import cKDTree

        _, nearest = cKDTree(graph.points[known]).query(graph.points[~known])
        height[~known] = height[known][nearest]
        found.append(Finding("networks.voids", "warning", layer="terrain", values={"count": int((~known).sum())}))
    return height, found


def _result(laid: list[lay.Network], park: Park, findings: list[Finding]) -> StepResult:
    table = pipes_table(laid, park.crs)
    total_m = float(table["length_m"].sum())
    invested = float(table["investment_cur"].sum())
    share = 1.0 if len(table) and table["estimated"].str.contains("flow").all() else _share(table)
    lifts = sum(int((network.lift_m > 0).sum()) for network in laid)
    return StepResult(
        tables={"network_pipes": table, "network_nodes": nodes_table(laid, park.crs)},
        figures={
            "length": Figure(total_m / 1000, "km", share),
            "investment": Figure(invested, park.currency, share),
            "networks": Figure(float(len(laid)), "", 0.0),
            "lift_stations": Figure(float(lifts), "", share),
        },
        headline=("networks.headline", {"length": f"{total_m / 1000:.1f}", "networks": len(laid)}),
        answers=answers(laid, park.currency),
        findings=findings,
    )


def _share(table: pd.DataFrame) -> float:
    """Share of the investment in pipes whose flow rests on estimates."""
    total = float(table["investment_cur"].sum())
    marked = table["estimated"].str.contains("flow")
    return float(table.loc[marked, "investment_cur"].sum() / total) if total else 0.0
