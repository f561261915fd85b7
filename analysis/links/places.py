"""Where the firms are and how far apart along the roads."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from ..errors import Finding
from ..park import roadgraph
from ..park.model import Park
from ..scenario import Links
from ..standards import Standards

LAYERS = ("material_flows", "heat_streams", "water_streams")


@dataclass(frozen=True)
class Places:
    """Firms that have a place.

    Parameters
    ----------
    points
        By enterprise_id, sorted.
    distance_m
        (n, n) road distance.
    sector, licences
        By enterprise_id.
    """

    points: gpd.GeoSeries
    distance_m: np.ndarray
    sector: pd.Series
    licences: pd.Series

    def number(self, firms: pd.Series) -> np.ndarray:
        """(len(firms),) position of each firm in ``points``, -1 where it has no place."""
        return self.points.index.get_indexer(firms)


def misnamed(park: Park, choices: Links) -> list[Finding]:
    """A finding for each firm that the scenario leaves out or forbids and the park does not hold, or pair without >."""
    firms = set(park["enterprises"]["enterprise_id"])
    named = [(name, "exclude_enterprises") for name in choices.exclude_enterprises]
    findings = []
    for pair in choices.forbid:
        giver, arrow, taker = (part.strip() for part in pair.partition(">"))
        if not arrow:
            findings.append(Finding("links.bad_pair", "warning", "", pair))
        else:
            named += [(giver, "forbid"), (taker, "forbid")]
    return findings + [
        Finding("links.unknown_choice", "warning", "enterprises", name, values={"choice": choice})
        for name, choice in sorted(set(named))
        if name not in firms
    ]


def locate(park: Park, standards: Standards) -> tuple[Places, list[Finding]]:
    """Places of the firms, with a finding for each firm that has flows and no place, and where roads are missing."""
    points = park.enterprise_points()
    firms = park["enterprises"].set_index("enterprise_id")
    named: set[str] = set()
    for layer in LAYERS:
        named |= set(park[layer]["enterprise_id"])
    findings = [] if named else [Finding("links.no_flows", "warning")]
    findings += [
        Finding(
            "links.unknown_firm" if name not in firms.index else "links.no_place", "warning", "enterprises", name
        )
        for name in sorted(named - set(points.index))
    ]
    roads = park["roads"]
    if len(points) == 0:
        distance = np.zeros((0, 0))
    elif len(roads) and (roads.geometry.notna() & ~roads.geometry.is_empty).any():
        distance = roadgraph.build(park).distances(points)
    else:
        findings.append(
            Finding("links.no_roads", "warning", "roads", values={"detour": standards.value("links.detour")})
        )
        xy = np.c_[points.x, points.y]
        distance = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) * standards.value("links.detour")
    # the way there is as long as the way back: rounding of the search must not decide between equal partners
    distance = np.maximum(distance, distance.T) if len(points) else distance
    sector = firms["sector"].reindex(points.index).fillna("")
    licences = firms["licences"].reindex(points.index).fillna("")
    return Places(points, distance, sector, licences), findings
