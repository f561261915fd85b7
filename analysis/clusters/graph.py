"""The relevance graph: how much any two firms have to do with each other.

Relevance is the weighted mean of five parts, each 0..1: exchanges that exist, exchanges that could be, related
sectors, closeness along roads, utilities both need. Only pairs that exchange something or are among each other's
nearest firms (in all, and of the same division) are looked at, and beside the exchanges of today only the strongest
of those are kept: the graph stays sparse for thousands of firms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from parkloop import resources

from ..errors import Finding, InputError
from ..park import roadgraph
from ..park.model import Park
from ..scenario import Clusters
from . import flows

PARTS = ("actual", "possible", "sector", "closeness", "utilities")
CHUNK = 128  # origins whose distances are computed at once


@dataclass(frozen=True)
class Relevance:
    """What ties the firms of a park, n of them.

    Parameters
    ----------
    pairs
        Sorted by firm numbers ``low`` < ``high``, with ``weight``, its parts, ``distance_m`` (NaN without a place) and
        ``guess`` (an exchange rests on estimates).
    points
        (n,) place of each firm, None where unknown.
    exchanges
        ``flows.existing`` and ``flows.linked`` or ``flows.possible``.
    """

    pairs: pd.DataFrame
    points: gpd.GeoSeries
    exchanges: pd.DataFrame


def relevance(park: Park, choices: Clusters, links: pd.DataFrame | None, findings: list[Finding]) -> Relevance:
    """Relevant pairs of firms.

    Parameters
    ----------
    links
        The table of the step ``links``; without it, possible exchanges are read off the park's flows.

    Raises
    ------
    InputError
        All weights of the scenario are zero.
    """
    share = _weights(choices)
    firms = park["enterprises"]
    points = park.enterprise_points().reindex(firms["enterprise_id"])
    placed = ~(points.isna() | points.is_empty).to_numpy()
    if not placed.all():
        findings.append(flows.finding("no_place", "enterprises", firms["enterprise_id"][~placed]))
    xy = np.full((len(firms), 2), np.nan)
    xy[placed] = np.c_[points[placed].x, points[placed].y]

    today = flows.existing(park, findings)
    if links is None:
        could = flows.possible(park, xy, choices.neighbours, choices.approach_k)
    else:
        could = flows.linked(park, links, "proposed", findings)
    exchanges = pd.concat([part for part in (today, could) if len(part)] or [today], ignore_index=True)
    strength = flows.strengths(exchanges)
    sector = firms["sector"].to_numpy()
    looked_at = _pairs(xy, sector, strength.index, choices.neighbours)
    low, high = looked_at.T
    table = strength.reindex(pd.MultiIndex.from_arrays([low, high], names=["low", "high"]))
    table[["actual", "possible"]] = table[["actual", "possible"]].fillna(0.0)
    table["guess"] = table["guess"].eq(True)
    table["distance_m"] = _distances(park, points, placed, looked_at, findings)
    table["sector"] = _related(park, sector, low, high)
    table["closeness"] = np.exp(-table["distance_m"] / choices.distance_scale_m).fillna(0.0)
    table["utilities"] = _common_needs(park, low, high) * table["closeness"]
    table["weight"] = sum(share[part] * table[part] for part in PARTS)
    table = table.reset_index()
    pairs = _strongest(table[table["weight"] > 0], len(firms), choices.neighbours)
    return Relevance(pairs, points, exchanges)


def _weights(choices: Clusters) -> dict[str, float]:
    given = (
        choices.weight_actual,
        choices.weight_possible,
        choices.weight_sector,
        choices.weight_distance,
        choices.weight_utilities,
    )
    if not sum(given) > 0:
        raise InputError.of("clusters.no_weight", layer="scenario", column="clusters.weight_*")
    return dict(zip(PARTS, (value / sum(given) for value in given), strict=True))


def _pairs(xy: np.ndarray, sector: np.ndarray, exchanging: pd.Index, k: int) -> np.ndarray:
    """Pairs to look at (m, 2), low < high, sorted: who exchanges, the nearest in all and of the same division."""
    found = [np.array(exchanging.to_list(), dtype=int).reshape(-1, 2)]
    placed = np.flatnonzero(~np.isnan(xy[:, 0]))
    for group in (placed, *(placed[sector[placed] == code] for code in np.unique(sector[placed]))):
        if len(group) > 1:
            _, near = cKDTree(xy[group]).query(xy[group], k=min(k + 1, len(group)))
            near = near.reshape(len(group), -1)
            found.append(np.c_[np.repeat(group, near.shape[1]), group[near.ravel()]])
    # without a place the division still relates: a firm is joined to the first of its own that has one
    for firm in np.setdiff1d(np.arange(len(xy)), placed):
        same = np.flatnonzero((sector == sector[firm]) & (np.arange(len(xy)) != firm))[:k]
        found.append(np.c_[np.full(len(same), firm), same])
    pairs = np.concatenate(found)
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)


def _distances(
    park: Park, points: gpd.GeoSeries, placed: np.ndarray, pairs: np.ndarray, findings: list[Finding]
) -> np.ndarray:
    """Distance in m of each pair (m,) along roads, straight where no road joins them, NaN without a place."""
    away = np.full(len(pairs), np.nan)
    both = np.flatnonzero(placed[pairs].all(axis=1)) if len(pairs) else np.empty(0, int)
    if not len(both):
        return away
    low, high = pairs[both].T
    shapes = gpd.GeoSeries(points.to_numpy(), crs=park.crs)
    straight = shapes.iloc[low].distance(shapes.iloc[high], align=False).to_numpy()
    away[both] = straight
    if not park["roads"].geometry.notna().any():
        findings.append(Finding("clusters.no_roads", "warning", "roads"))
        return away
    roads = roadgraph.build(park)
    origins = np.unique(low)
    for start in range(0, len(origins), CHUNK):
        some = origins[start : start + CHUNK]
        rows = np.flatnonzero(np.isin(low, some))
        ends, column = np.unique(high[rows], return_inverse=True)
        along = roads.distances(shapes.iloc[some], shapes.iloc[ends])[np.searchsorted(some, low[rows]), column]
        away[both[rows]] = np.where(np.isfinite(along), along, straight[rows])
    return away


def _related(park: Park, sector: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How related the divisions of each pair are (m,): 1 the same; c / (c + 1) where c materials of one feed the other."""
    gives, takes = (
        {code: set(x) for code, x in _typical("out").items()},
        {code: set(x) for code, x in _typical("in").items()},
    )
    firm_sector = dict(zip(park["enterprises"]["enterprise_id"], sector, strict=True))
    rows = park["material_flows"]
    for firm, material, direction in zip(rows["enterprise_id"], rows["material"], rows["direction"], strict=True):
        if firm in firm_sector:
            (gives if direction == "out" else takes).setdefault(firm_sector[firm], set()).add(material)

    @cache
    def related(a: str, b: str) -> float:
        if a == b:
            return 1.0 if a else 0.0
        common = len(gives.get(a, set()) & takes.get(b, set())) + len(gives.get(b, set()) & takes.get(a, set()))
        return common / (common + 1)

    return np.array([related(*sorted(pair)) for pair in zip(sector[low], sector[high], strict=True)], dtype=float)


@cache
def _typical(direction: str) -> dict[str, frozenset[str]]:
    """Materials that typically leave or enter each division (``resources/knowledge/sector_flows.csv``)."""
    found: dict[str, set[str]] = {}
    for row in resources.table("knowledge", "sector_flows.csv"):
        if row["direction"] == direction:
            found.setdefault(row["sector"], set()).add(row["material"])
    return {code: frozenset(materials) for code, materials in found.items()}


def _common_needs(park: Park, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Utilities that both of a pair need over those that either needs (m,), 0..1."""
    energy, heat, water = park["energy_use"], park["heat_streams"], park["water_streams"]
    flow, air = park["material_flows"], park["emissions"]
    waste = (flow["direction"] == "out") & (flow["role"] == "waste")
    needs = (
        pd.concat(
            [energy["enterprise_id"][energy["carrier"] == "heat"], heat["enterprise_id"][heat["kind"] == "cold"]]
        ),
        energy["enterprise_id"][energy["carrier"] == "natural_gas"],
        water["enterprise_id"][water["direction"] == "demand"],
        water["enterprise_id"][water["direction"] == "discharge"],
        flow["enterprise_id"][waste & ~flow["hazardous"]],
        flow["enterprise_id"][waste & flow["hazardous"]],
        air["enterprise_id"][air["gas_m3_h"] > 0],
    )
    has = np.column_stack([park["enterprises"]["enterprise_id"].isin(set(who)) for who in needs])
    both = (has[low] & has[high]).sum(axis=1)
    either = (has[low] | has[high]).sum(axis=1)
    return np.divide(both, either, out=np.zeros(len(low)), where=either > 0)


def _strongest(table: pd.DataFrame, n: int, k: int) -> pd.DataFrame:
    """Keep pairs that exchange something today, and those among the ``k`` strongest of either firm."""
    table = table.reset_index(drop=True)
    m = len(table)
    firm = np.r_[table["low"], table["high"]].astype(int)
    weight = np.r_[table["weight"], table["weight"]]
    pair = np.r_[np.arange(m), np.arange(m)]
    order = np.lexsort((pair, -weight, firm))
    rank = np.arange(len(order)) - np.searchsorted(firm[order], np.arange(n))[firm[order]]
    keep = (table["actual"] > 0).to_numpy()
    keep[pair[order][rank < k]] = True
    return table[keep].sort_values(["low", "high"]).reset_index(drop=True)
