"""The table ``plume_contours``: where a works adds more than a share of the limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ...errors import Finding
from ...park.model import Park
from ...standards import Standards
from ...tables import result_table
from . import contours, means
from .protection import worst
from .sources import Source
from .works import PERIODS, Plume, Site, Weather, digits, joined, limit_of, load

GRID = 61  # points a side of the grid on which contours are drawn


def table(sites: list[Site], park: Park, weather: Weather, standards: Standards) -> pd.DataFrame:
    shares = _shares(standards)
    rows, shapes = [], []
    for site in sites:
        for plume in site.plumes:
            for source in plume.sources:
                for period in PERIODS:
                    for row, shape in _drawn(site, plume, source, period, shares, weather, standards):
                        rows.append(row)
                        shapes.append(shape)
    columns = {name: [row[name] for row in rows] for name in resources.columns("plume_contours")}
    return result_table("plume_contours", columns, shapes, park.crs)


def findings(sites: list[Site], table: pd.DataFrame, standards: Standards) -> list[Finding]:
    """Sites that add too little to be drawn, in one sentence."""
    faint = sorted({site.site_id for site in sites if site.plumes} - set(table["site_id"]))
    if not faint:
        return []
    least = f"{min(_shares(standards), default=0):g}"
    return [Finding("siting.plume_faint", "info", "sites", values={"names": ", ".join(faint), "share": least})]


def _shares(standards: Standards) -> list[float]:
    """Shares of a limit, in percent, at which contours are drawn, rising."""
    every = {standards.value(f"siting.plume.share_{k}_pct") for k in range(1, 5)}
    return sorted(share for share in every if share > 0)


def _drawn(
    site: Site,
    plume: Plume,
    source: Source,
    period: str,
    shares: list[float],
    weather: Weather,
    standards: Standards,
) -> list[tuple[dict[str, object], shapely.Geometry]]:
    """Rows and shapes of one pollutant and period, where any level is reached."""
    limit, emission = limit_of(standards, source.pollutant, period), load(source, period)
    levels = [share / 100 * limit.value for share in shares]
    areas = _areas(plume, period, [level / emission for level in levels], standards.value("siting.plume.reach_m"))
    highest = plume.highest(period) * emission
    found = []
    for share, level, area in zip(shares, levels, areas, strict=True):
        if area.is_empty:
            continue
        row: dict[str, object] = {
            "contour_id": f"{site.site_id}:{source.pollutant}:{period}:{share:g}",
            "utility": site.utility,
            "site_id": site.site_id,
            "pollutant": source.pollutant,
            "scheme": weather.scheme,
            "stability": "screening" if period == "worst_hour" else weather.stability,
            "period": period,
            "level_ug_m3": level,
            "limit_ug_m3": limit.value,
            "share_pct": share,
            "highest_ug_m3": float(digits(np.array([highest]))[0]),
            "stack_height_m": source.height_m,
            "emission_g_s": float(digits(np.array([emission]))[0]),
            "rise_m": round(plume.rise_m, 1),
            "source": joined(limit.source, source.source),
            "edition": joined(limit.edition, source.edition),
            "confidence": worst([limit.confidence, source.confidence]),
            "estimated": "emission_g_s;highest_ug_m3;stack_height_m;rise_m",
        }
        found.append((row, area))
    return found


def _areas(plume: Plume, period: str, levels: list[float], reach_m: float) -> list[shapely.Geometry]:
    """Where the field for 1 g/s is at least each level."""
    radii = means.RADII_M[reach_m >= means.RADII_M]
    if period == "worst_hour":
        field = plume.worst[: len(radii)]
        return [contours.rings(plume.ground, plume.inset_m, radii, field, level) for level in levels]
    profile = plume.polars[period].value[: len(radii)].max(1)
    return [_mean_area(plume, period, radii, profile, level) for level in levels]


def _mean_area(
    plume: Plume, period: str, radii_m: np.ndarray, profile: np.ndarray, level: float
) -> shapely.Geometry:
    """Where a mean is at least ``level``, on a grid as wide as the point of most wind alone could reach it."""
    over = np.flatnonzero(profile >= level)
    if not len(over):
        return shapely.Polygon()
    far = float(radii_m[min(over[-1] + 1, len(radii_m) - 1)])
    west, south, east, north = plume.ground.bounds
    x, y = np.linspace(west - far, east + far, GRID), np.linspace(south - far, north + far, GRID)
    gx, gy = (v.ravel() for v in np.meshgrid(x, y))
    return contours.above(x, y, plume.mean_at(period, gx, gy).reshape(GRID, GRID), level)
