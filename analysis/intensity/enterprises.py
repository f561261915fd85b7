"""Land-use intensity of each enterprise: what stands on its land, and what it makes of a hectare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..park.model import Park
from ..scenario import Intensity
from ..tables import result_table
from .groups import Ideal, scores_of
from .indicators import HA
from .ranking import ranks
from .score import total_score
from .weights import Weights, spread

CODES = ("A33", "A34", "B11", "B12", "B13")
PER_HECTARE = {
    "investment_cur_ha": "investment_cur",
    "output_cur_ha": "output_cur_a",
    "tax_cur_ha": "tax_cur_a",
    "staff_ha": "staff",
    "energy_tce_ha": "energy_tce_a",
    "water_t_ha": "water_t_a",
    "co2_t_ha": "co2_t_a",
    "air_t_ha": "air_t_a",
}


def enterprise_table(
    park: Park,
    land: pd.DataFrame,
    land_doubt: pd.DataFrame,
    state: pd.DataFrame,
    piece: pd.DataFrame,
    piece_doubt: pd.DataFrame,
    ideal: Mapping[str, Ideal],
    weights: Weights,
    choices: Intensity,
    seed: int,
) -> pd.DataFrame:
    """The table ``intensity_enterprises``: land held (its share of each parcel), ratios on it, figures per hectare.

    Plot ratio and building coefficient are those of the built land it holds, money and the like are per hectare of all it
    holds. It is scored where most of its built land is industrial. Firms without land have no ratios and no score.
    """
    firms = park["enterprises"]
    n = len(firms)
    here = piece["firm"].to_numpy() >= 0
    firm, parcel = piece["firm"].to_numpy()[here], piece["parcel"].to_numpy()[here]
    held = piece["share"].to_numpy()[here] * land["area_m2"].to_numpy()[parcel]
    built = state["built"].to_numpy(bool)[parcel]
    industrial = built & state["industrial"].to_numpy(bool)[parcel]

    def add(value: np.ndarray) -> np.ndarray:
        return np.bincount(firm, weights=value, minlength=n)

    def of_land(column: str) -> np.ndarray:
        return add(np.where(built, piece["share"].to_numpy()[here] * land[column].to_numpy(float)[parcel], 0.0))

    area, stood = add(held), add(np.where(built, held, 0.0))
    blank = np.full(n, np.nan)

    def over(part: np.ndarray, base: np.ndarray, scale: float) -> np.ndarray:
        return np.divide(scale * part, base, out=blank.copy(), where=(base > 0) & ~np.isnan(part))

    counted, cover = of_land("counted_floor_m2"), of_land("cover_m2")
    hectare, soft = {}, {}
    for name, column in PER_HECTARE.items():
        amount = piece[column].to_numpy(float)[here]
        known = np.bincount(firm[~np.isnan(amount)], minlength=n) > 0
        hectare[name] = over(np.where(known, add(np.nan_to_num(amount)), np.nan), area, HA)
        soft[name] = add(np.nan_to_num(amount) * piece_doubt[column].to_numpy()[here]) > 0
    ratio, coefficient = over(counted, stood, 1.0), over(cover, stood, 100.0)
    works = add(np.where(industrial, held, 0.0)) > 0.5 * stood
    scored = works & (stood > 0)
    values = pd.DataFrame(
        {
            "A33": np.where(scored, ratio, np.nan),
            "A34": np.where(scored, coefficient, np.nan),
            "B11": np.where(scored, hectare["investment_cur_ha"], np.nan),
            "B12": np.where(scored, hectare["output_cur_ha"], np.nan),
            "B13": np.where(scored, hectare["tax_cur_ha"], np.nan),
        }
    )
    points = scores_of(values, ideal).to_numpy()
    missing = np.isnan(points) & scored[:, None]
    found = ranks(points, missing, CODES, weights, choices.random_weightings, seed)
    total = total_score(points, spread(~np.isnan(points), CODES, *weights.of(CODES)))
    loose_floor = add(np.where(built, land_doubt["counted_floor_m2"].to_numpy()[parcel] * held, 0.0)) > 0
    loose_cover = add(np.where(built, land_doubt["cover_m2"].to_numpy()[parcel] * held, 0.0)) > 0
    guess = pd.DataFrame(
        {
            "counted_floor_m2": loose_floor,
            "plot_ratio": loose_floor,
            "building_coefficient_pct": loose_cover,
            **soft,
        }
    )
    used = ["plot_ratio", "building_coefficient_pct", "investment_cur_ha", "output_cur_ha", "tax_cur_ha"]
    guess["score"] = guess[used].any(axis=1) & ~np.isnan(total)
    names = np.array(guess.columns)
    columns = {
        "enterprise_id": firms["enterprise_id"],
        "name": firms["name"],
        "sector": firms["sector"],
        "land_m2": area,
        "built_land_m2": stood,
        "counted_floor_m2": counted,
        "plot_ratio": ratio,
        "building_coefficient_pct": coefficient,
        **hectare,
        "score": total,
        "rank": found.rank,
        "rank_from": found.low,
        "rank_to": found.high,
        "left_out": left_out(missing, CODES),
        "estimated": [";".join(names[row]) for row in guess.to_numpy(bool)],
    }
    points_of = park.enterprise_points().reindex(firms["enterprise_id"])
    return result_table("intensity_enterprises", columns, points_of.to_numpy(), park.crs)


def left_out(missing: np.ndarray, codes: Sequence[str]) -> list[str]:
    """The indicators (n,) that a row ought to have and has not, joined by ``;``."""
    names = np.array(codes)
    return [";".join(names[row]) for row in missing]
