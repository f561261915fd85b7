"""How well the candidates that are left suit a utility: scores of 0 to 1 and their weighted mean."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from ...park.model import Park
from ...scenario import Siting
from ...standards import Standards
from ..costs import land_need_m2
from ..exposure import NUISANCE, exposure
from .rules import Rules
from .verdict import Screening

CRITERIA = ("near", "gentle", "road", "exposure", "wind", "room", "shape", "price")


def wind_index(points: gpd.GeoSeries, persons: np.ndarray, park: Park, standards: Standards) -> np.ndarray:
    """(n,) how often the wind blows from each place towards the people around, relative to an even rose.

    1 where it is as in an even rose; NaN where nobody lives within reach or there is no rose. GB 50318-2017 4.4.2 asks
    for the upwind side of the town for the least frequent summer wind: the smaller the better.

    Parameters
    ----------
    persons
        (n,) exposure of each place with the park's rose.
    """
    if park["wind"].empty:
        return np.full(len(points), np.nan)
    still = Park(
        {k: v for k, v in park.frames.items() if k != "wind"}, park.crs, park.source_crs, park.terrain, park.path
    )
    even, _ = exposure(points, still, standards)
    return np.divide(persons, even, out=np.full(len(points), np.nan), where=even > 0)


def scores(
    screening: Screening, rules: Rules, way: np.ndarray, persons: np.ndarray, wind: np.ndarray
) -> dict[str, np.ndarray]:
    """Each criterion's score of the candidates of a utility, 0 to 1, the greater the better; NaN where unknown.

    Parameters
    ----------
    way
        (c,) sum of demand x way of each candidate of ``screening.lands``.
    persons, wind
        (lands,) people exposed, and ``wind_index``.

    Returns
    -------
    dict
        (c,) by criterion of ``CRITERIA``. Ways, people and prices are measured against the best or worst of the
        candidates that are not rejected; slope and road against the limit of their rule; shape and room against what
        the smallest works and the whole demand need. All is measured as it was before any site was chosen.
    """
    lands, ground, standards = screening.lands, rules.ground, rules.standards
    usable = np.array([int(land) not in screening.verdict for land in lands], bool)
    need = [land_need_m2(screening.utility, float(size), standards) for size in screening.sizes[[0, -1]]]
    nuisance = screening.utility in NUISANCE
    most = persons[lands][usable].max(initial=0.0)
    calm = 1 - persons[lands] / most if most > 0 else np.ones(len(lands))
    price = rules.lands["price"].to_numpy(float)[lands]
    road = 1 - ground.road_m[lands] / standards.value("siting.road_max_m")
    found = {
        "near": _least_over(way, usable),
        "gentle": 1 - ground.slope_pct[lands] / standards.value("siting.slope_max_pct"),
        "road": np.where(np.isfinite(road), road, 0.0),
        "exposure": calm if nuisance else np.full(len(lands), np.nan),
        "wind": 1 / (1 + wind[lands]) if nuisance else np.full(len(lands), np.nan),
        "room": ground.left_m2[lands, -1] / (standards.value("siting.room_factor") * need[1]),
        "shape": ground.widest_m[lands] / np.sqrt(need[0]),
        "price": _least_over(np.where(price > 0, price, np.nan), usable),
    }
    return {name: np.clip(found[name], 0.0, 1.0) for name in CRITERIA}


def suitability(score: dict[str, np.ndarray], choices: Siting) -> np.ndarray:
    """(c,) weighted mean of the scores; a criterion that is not known of a candidate is left out of its mean.

    0 where no criterion that counts is known.
    """
    parts = np.stack([score[name] for name in CRITERIA])
    weight = np.array([getattr(choices, f"weight_{name}") for name in CRITERIA])[:, None] * np.isfinite(parts)
    total = weight.sum(0)
    mean = (np.nan_to_num(parts) * weight).sum(0)
    return np.divide(mean, total, out=np.zeros(parts.shape[1]), where=total > 0)


def _least_over(value: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """The least of the usable values over each value; 1 for a value of 0, NaN where a value is not known."""
    known = value[usable & np.isfinite(value)]
    least = known.min() if len(known) else np.nan
    return np.divide(least, value, out=np.ones(len(value)), where=~(value == 0))
