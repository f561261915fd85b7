"""How much people around a place are exposed to what the wind carries from it.

The rule of GB 50318-2017 4.4.2: a works lies on the upwind side of the town for the wind direction of least summer
frequency. It is scored as a sum over receptors: people x frequency of the wind that blows from the site to them x
a weight that falls with distance. The wind that reaches a receptor from a site comes FROM the bearing receptor -> site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from ...errors import Finding
from ...park.model import Park
from ...standards import Standards
from . import rose
from .receptors import Receptors, receptors

NUISANCE = ("heat", "wastewater", "solid_waste", "hazardous_waste", "waste_gas")


@dataclass(frozen=True)
class Pairs:
    """Sites and the receptors they reach, sorted by site and receptor.

    Parameters
    ----------
    site, receptor
        (n,) row numbers.
    distance_m
        (n,) from edge to edge.
    comes_from_deg
        (n,) bearing from the middle of the receptor to that of the site.
    exposed
        (n,) persons x relative frequency in summer / (1 + (distance / half)^2).
    """

    site: np.ndarray
    receptor: np.ndarray
    distance_m: np.ndarray
    comes_from_deg: np.ndarray
    exposed: np.ndarray


def pairs(
    shapes: Sequence[shapely.Geometry] | np.ndarray, who: Receptors, summer: rose.Rose, standards: Standards
) -> Pairs:
    """All receptors within reach of each site."""
    places = np.asarray(shapes, dtype=object)
    reach, half = standards.value("siting.exposure.reach_m"), standards.value("siting.exposure.half_m")
    if not len(places) or not len(who):
        none = np.zeros(0, int)
        return Pairs(none, none, np.zeros(0), np.zeros(0), np.zeros(0))
    site, receptor = shapely.STRtree(who.shape).query(places, predicate="dwithin", distance=reach)
    order = np.lexsort((receptor, site))
    site, receptor = site[order], receptor[order]
    away = shapely.distance(places[site], who.shape[receptor])
    middle = shapely.point_on_surface(places)
    dx = shapely.get_x(middle)[site] - who.x[receptor]
    dy = shapely.get_y(middle)[site] - who.y[receptor]
    comes_from = np.degrees(np.arctan2(dx, dy)) % 360
    exposed = who.people[receptor] * summer.relative_at(comes_from) / (1 + (away / half) ** 2)
    return Pairs(site, receptor, away, comes_from, exposed)


def exposure(points: gpd.GeoSeries, park: Park, standards: Standards) -> tuple[np.ndarray, list[Finding]]:
    """(n,) persons exposed at each place, and what is wrong with the wind rose.

    Raises
    ------
    InputError
        The population raster cannot be used.
    """
    roses = rose.read(park, standards)
    shapes = np.asarray(points, dtype=object)
    who = receptors(park, shapes, standards)
    near = pairs(shapes, who, roses.of("summer", "year"), standards)
    return np.bincount(near.site, weights=near.exposed, minlength=len(shapes)), roses.findings


def persons(points: gpd.GeoSeries, park: Park, standards: Standards) -> np.ndarray:
    """(n,) persons exposed at each place: people x relative summer frequency / (1 + (distance / half)^2)."""
    return exposure(points, park, standards)[0]
