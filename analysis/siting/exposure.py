"""How much people around a site are exposed to what the wind carries from it.

The rule of GB 50318-2017 4.4.2: a works lies on the upwind side of the town for the wind direction of least summer
frequency. It is scored as a sum over receptors: people x frequency of the wind that blows from the site to them x
a weight that falls with distance. The wind that reaches a receptor from a site comes FROM the bearing receptor -> site.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..errors import Finding
from ..park.model import Park
from ..standards import Standards

NUISANCE = ("heat", "wastewater", "solid_waste", "hazardous_waste", "waste_gas")
REACH_M = 3_000.0  # receptors farther away are left out
HALF_M = 500.0  # distance at which the weight is a half
SUM_PCT = (75.0, 101.0)  # a season's frequencies add up to 100 with calms, whose share may be missing


def rose(park: Park) -> tuple[np.ndarray, np.ndarray, list[Finding]]:
    """Bearings in degrees, sorted, and frequencies relative to an even rose (mean 1), in summer or else the year.

    A season whose frequencies do not add up is not used, and named; without any usable season the rose is even.
    """
    wind, findings = park["wind"], []
    even = np.array([0.0]), np.array([1.0])
    if wind.empty:
        return *even, [Finding("siting.no_wind", "info", "wind")]
    usable: dict[str, pd.DataFrame] = {}
    for season, rows in wind.groupby("season"):
        direction = rows["direction_deg"] % 360
        total = float(rows["frequency_pct"].sum())
        bad = (
            rows["frequency_pct"].isna().any() or (rows["frequency_pct"] < 0).any() or direction.duplicated().any()
        )
        if bad or not SUM_PCT[0] <= total <= SUM_PCT[1]:
            values = {"season": str(season), "total": f"{total:.1f}"}
            findings.append(
                Finding("siting.wind_sum", "warning", "wind", str(rows["wind_id"].iloc[0]), "frequency_pct", values)
            )
            continue
        usable[str(season)] = rows.assign(direction=direction).sort_values("direction")
    for season in ("summer", "year"):
        if season in usable:
            rows = usable[season]
            frequency = rows["frequency_pct"].to_numpy(float)
            return rows["direction"].to_numpy(float), frequency / frequency.mean(), findings
    return *even, findings


def exposure(points: gpd.GeoSeries, park: Park, standards: Standards) -> tuple[np.ndarray, list[Finding]]:
    """(n,) persons exposed at each place: people x relative frequency / (1 + (distance / 500 m)^2).

    People of a sensitive area whose number is not given are taken from its area and kind.
    """
    bearing, frequency, findings = rose(park)
    areas = park["sensitive_areas"]
    areas = areas[areas.geometry.notna() & ~areas.geometry.is_empty]
    if areas.empty or points.empty:
        return np.zeros(len(points)), findings
    density = areas["kind"].map(lambda kind: standards.value(f"siting.people_ha.{kind}"))
    people = areas["population"].fillna(density * areas.area / 1e4).to_numpy(float)
    middle = areas.geometry.representative_point()
    shapes = np.asarray(areas.geometry)
    site, receptor = shapely.STRtree(shapes).query(np.asarray(points), predicate="dwithin", distance=REACH_M)
    away = shapely.distance(np.asarray(points)[site], shapes[receptor])
    dx = points.x.to_numpy()[site] - middle.x.to_numpy()[receptor]
    dy = points.y.to_numpy()[site] - middle.y.to_numpy()[receptor]
    comes_from = np.degrees(np.arctan2(dx, dy)) % 360
    # between the bearings of the rose frequencies are interpolated, around the circle
    around = np.r_[bearing[-1] - 360, bearing, bearing[0] + 360]
    share = np.interp(comes_from, around, np.r_[frequency[-1], frequency, frequency[0]])
    weight = people[receptor] * share / (1 + (away / HALF_M) ** 2)
    return np.bincount(site, weights=weight, minlength=len(points)), findings
