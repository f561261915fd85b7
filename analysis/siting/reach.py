"""How many sites it takes to be near everyone: demand within a radius, sites for all of it, and the smallest radius.

These are questions of distance alone, before any size, cost or capacity: what a planner asks of fire and emergency
stations, collection points and other services that must be near. Maximal covering answers the first, set covering the second,
the p-center the third (``analysis/solvers/places``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..solvers.places import Places, maximal_cover, p_center, set_cover, within
from .frames import table_of

WORST_FIRST = ("time_limit", "heuristic", "certified", "optimal")


def curve(
    utility: str,
    demand: np.ndarray,
    distance_m: np.ndarray,
    radius_m: float,
    most_sites: int,
    cancelled: Callable[[], bool] = lambda: False,
    time_limit_s: float = 60.0,
) -> list[dict[str, Any]]:
    """Rows of the table ``site_reach`` for 1 to ``most_sites`` sites of a utility, no more than there are candidates.

    Parameters
    ----------
    demand
        (n,) demand of each consumer, zero or more; those without demand do not count.
    distance_m
        (n, m) way along roads from each consumer to each candidate; infinite or NaN where there is none.
    radius_m
        The radius asked about.
    most_sites
        Greatest number of sites.
    cancelled
        Asked while solving.
    time_limit_s
        Safety net for each of the questions.

    Returns
    -------
    rows
        ``covered_pct`` of the demand is the most that so many sites can have within the radius. ``smallest_radius_m`` is
        that of the consumers whom roads connect with a candidate at all. ``sites_for_all`` is the least number of sites with
        all demand within the radius, None where no number is enough. ``status`` and ``gap_pct`` are the worst of a row.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    asked = demand > 0
    demand, distance_m = demand[asked], distance_m[asked]
    count = min(most_sites, distance_m.shape[1])
    if not len(demand) or count < 1:
        return []
    limits: dict[str, Any] = {"time_limit_s": time_limit_s, "cancelled": cancelled}
    near = distance_m <= radius_m
    connected = within(distance_m[np.isfinite(distance_m).any(1)], np.inf)
    every = set_cover(near, **limits)
    needed = len(every.sites) if every is not None else None
    rows, covering, center = [], None, None
    for sites in range(1, count + 1):
        covering = maximal_cover(near, demand, sites, start=_sites(covering), **limits)
        center = p_center(connected, sites, start=_sites(center), **limits) if connected.shape[0] else None
        found = [answer for answer in (covering, center, every) if answer is not None]
        reached = covering.answer.objective / demand.sum() if covering is not None else 0.0
        rows.append(
            {
                "reach_id": f"{utility}-{sites:03d}",
                "utility": utility,
                "sites": sites,
                "covered_pct": 100.0 * min(1.0, float(reached)),
                "radius_m": float(radius_m),
                "smallest_radius_m": center.answer.objective if center is not None and len(center.sites) else None,
                "sites_for_all": needed,
                "status": min((p.answer.status for p in found), key=WORST_FIRST.index),
                "gap_pct": 100.0 * max((p.answer.gap for p in found if p.answer.gap is not None), default=0.0),
            }
        )
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The table ``site_reach`` of such rows of any number of utilities."""
    return table_of(rows, "site_reach")


def _sites(plan: Places | None) -> np.ndarray | None:
    return None if plan is None or not len(plan.sites) else plan.sites
