"""Rain that firms could harvest from their own roofs and yards, and the tank that a steady supply takes."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd

from ...errors import Finding
from ...park.model import Park
from ...scenario import Links
from ..costs import Costs

MONTHS = 12
MONTH_D = 365.0 / MONTHS


def surfaces_m2(park: Park, paved: bool) -> pd.Series:
    """Roofs, and with ``paved`` open yards, of each firm by enterprise_id.

    A building belongs to the parcel it stands on; firms of one parcel share it as they share its land.
    """
    land, use = park["parcels"], park["occupancy"]
    area = pd.Series(0.0, index=land["parcel_id"])
    houses = park["buildings"]
    if len(houses) and len(land):
        shapes = houses.geometry[houses.geometry.notna() & ~houses.geometry.is_empty]
        inside = gpd.GeoDataFrame({"area": shapes.area}, geometry=shapes.representative_point(), crs=park.crs)
        joined = inside.sjoin(land[["parcel_id", "geometry"]], predicate="within")
        joined = joined.sort_values("parcel_id").groupby(level=0).first()  # on a border: one parcel
        area = area.add(joined.groupby("parcel_id")["area"].sum(), fill_value=0.0)
    if paved:
        area = area.add(land.set_index("parcel_id")["open_yard_m2"].fillna(0.0), fill_value=0.0)
    mine = use["share"].to_numpy() * area.reindex(use["parcel_id"]).fillna(0.0).to_numpy()
    return pd.Series(mine, index=use["enterprise_id"]).groupby(level=0).sum().sort_index()


def tank_months(shares: np.ndarray, draft: np.ndarray) -> np.ndarray:
    """(m,) tank that a steady draft needs, as a share of the year's inflow.

    Rippl's mass curve: the most by which any run of months brings less than is drawn. Convex in the draft.

    Parameters
    ----------
    shares
        (12,) share of the year's inflow by month, sum 1; the year repeats.
    draft
        (m,) share of the year's inflow drawn evenly in a year, 0 to 1.

    Source: Rippl, W. (1883), Minutes of the Proceedings of the Institution of Civil Engineers 71, 270-278.

    Examples
    --------
    All rain in one month: drawing all of it evenly needs a tank for the eleven others.

    >>> import numpy as np
    >>> tank_months(np.eye(12)[0], np.array([0.5, 1.0])) * 12
    array([ 5.5, 11. ])
    """
    need = np.zeros(len(draft))
    for length, least in _driest(shares):
        need = np.maximum(need, draft * length / MONTHS - least)
    return need


def _driest(shares: np.ndarray) -> list[tuple[int, float]]:
    """Length and inflow of the driest run of 1 to 11 months."""
    twice = np.r_[0.0, np.cumsum(np.r_[shares, shares])]
    return [
        (length, float(min(twice[start + length] - twice[start] for start in range(MONTHS))))
        for length in range(1, MONTHS)
    ]


def steps(shares: np.ndarray) -> list[tuple[float, float]]:
    """Linear pieces of ``tank_months``: share of the year's inflow drawn on a piece, tank in months of that draft.

    An even year is one piece without a tank.
    """
    lines = [(0, 0.0), *_driest(shares)]
    corners = {0.0, 1.0}
    for k, (one, low) in enumerate(lines):
        for two, high in lines[k + 1 :]:
            corner = (high - low) * MONTHS / (two - one)
            if 0 < corner < 1:
                corners.add(corner)
    at = np.array(sorted(corners))
    need = tank_months(shares, at)
    pieces: list[tuple[float, float]] = []
    for k, (low, high) in enumerate(pairwise(at.tolist())):
        if high - low < 1e-12:
            continue
        slope = float((need[k + 1] - need[k]) / (high - low)) * MONTHS
        if pieces and abs(pieces[-1][1] - slope) < 1e-6:
            pieces[-1] = (pieces[-1][0] + high - low, slope)
        else:
            pieces.append((high - low, slope))
    return pieces


def month_shares(choices: Links) -> np.ndarray:
    """(12,) share of the year's rain by month, even where the scenario gives no twelve months with rain."""
    given = np.array(choices.rain_months, float)
    return given / given.sum() if len(given) == MONTHS and given.sum() > 0 else np.full(MONTHS, 1 / MONTHS)


def findings(park: Park, choices: Links) -> list[Finding]:
    """What is wrong with rain that the scenario asks for."""
    found = []
    given = choices.rain_months
    if given and (len(given) != MONTHS or sum(given) <= 0):
        values = {"count": len(given), "total": float(sum(given))}
        found.append(Finding("links.rain_months", "warning", "scenario", "", "links.rain_months", values))
    if choices.rain_mm_a is not None and not (surfaces_m2(park, choices.rain_paved) > 0).any():
        found.append(Finding("links.no_rain_surface", "warning", "buildings"))
    return found


def harvests(park: Park, choices: Links, costs: Costs) -> pd.DataFrame:
    """What each firm could draw: enterprise_id, piece, most_t_d, cost_cur_t_d (a year for each t/d), investment_cur_t_d.

    Empty where the scenario names no rainfall. Tanks hold some days beside what the months ask for.
    """
    names = ["enterprise_id", "piece", "most_t_d", "cost_cur_t_d", "investment_cur_t_d"]
    if choices.rain_mm_a is None:
        return pd.DataFrame(columns=names)
    shares = month_shares(choices)
    collected = costs.value("rain_runoff") * costs.value("rain_collected")
    days = costs.value("days")
    rows = []
    for firm, area in surfaces_m2(park, choices.rain_paved).items():
        mean_t_d = float(area) * choices.rain_mm_a / 1000 * collected / days
        for piece, (share, months) in enumerate(steps(shares)):
            held_m3 = months * MONTH_D + costs.value("rain_tank_days")
            tank = held_m3 * costs.money("rain_tank")
            cost = days * costs.money("rain_cost") + tank * costs.annuity
            if mean_t_d > 0:
                rows.append((firm, piece, share * mean_t_d, cost, tank))
    return pd.DataFrame(rows, columns=names)
