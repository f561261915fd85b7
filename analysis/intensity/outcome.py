"""The tables and key figures that the step hands on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..park.model import Park
from ..steps import Figure
from ..tables import result_table
from . import classes, indicators, potential
from .enterprises import PER_HECTARE, left_out
from .ranking import Ranks
from .reserves import KINDS, Supply
from .weights import ROOT, Weights, siblings


def parcel_table(
    park: Park,
    land: pd.DataFrame,
    doubt: pd.DataFrame,
    points: np.ndarray,
    limits: tuple[float, float, float],
    ranks: Ranks,
    missing: np.ndarray,
    checks: pd.DataFrame,
    asleep: pd.DataFrame,
) -> pd.DataFrame:
    """The table ``intensity_parcels``; classes begin at the falling ``limits``."""
    parcels = park["parcels"]
    n = len(parcels)
    area = land["area_m2"].where(land["area_m2"] > 0)
    hectares = area / indicators.HA
    floor = land["floor_area_m2"]
    named, spans = classes.classify(points, limits), classes.spans(limits)
    columns = {
        "parcel_id": parcels["parcel_id"],
        "name": parcels["name"],
        "zone": parcels["zone"],
        "land_use": parcels["land_use"],
        "sector": land["sector"],
        "area_m2": land["area_m2"],
        "floor_area_m2": floor,
        "counted_floor_m2": land["counted_floor_m2"],
        "plot_ratio": land["counted_floor_m2"] / area,
        "building_density_pct": 100 * land["footprint_m2"] / area,
        "building_coefficient_pct": 100 * land["cover_m2"] / area,
        "green_pct": 100 * land["green_m2"] / area,
        "office_land_pct": 100 * land["office_land_m2"] / area,
        "office_floor_pct": 100 * land["office_floor_m2"] / floor.where(floor > 0),
        **{name: land[column] / hectares for name, column in PER_HECTARE.items()},
        "used_pct": 100 * land["used_share"],
        "score": points,
        "score_class": named,
        "class_limits": [spans[name] for name in named],
        "rank": ranks.rank,
        "rank_from": ranks.low,
        "rank_to": ranks.high,
        "left_out": left_out(missing, indicators.PARCEL),
        "standard_met": _standing(checks, n),
        "asleep": asleep["asleep"],
        "asleep_m2": asleep["asleep_m2"],
        "reason": asleep["reason"],
        "asleep_rank": asleep["rank"],
        "enterprises": land["enterprises"],
        "buildings": land["buildings"],
    }
    guess = pd.DataFrame(
        {
            "floor_area_m2": land["guess_floor"],
            "counted_floor_m2": land["guess_floor"],
            "plot_ratio": land["guess_floor"],
            "building_coefficient_pct": land["guess_cover"],
            "green_pct": land["guess_green"] & land["green_m2"].notna(),
            "office_land_pct": land["guess_office"] & land["office_land_m2"].notna(),
            "office_floor_pct": land["guess_floor"],
            **{name: doubt[column] > 0 for name, column in PER_HECTARE.items()},
        }
    )
    uses = ["plot_ratio", "building_coefficient_pct", "investment_cur_ha", "output_cur_ha", "tax_cur_ha"]
    guess["score"] = guess["score_class"] = guess[uses].any(axis=1) & ~np.isnan(points)
    guess["asleep_m2"] = asleep["by_check"] & (land["guess_floor"] | land["guess_cover"])
    guess &= (land["area_m2"] > 0).to_numpy()[:, None]
    names = np.array(guess.columns)
    columns["estimated"] = [";".join(names[row]) for row in guess.to_numpy(bool)]
    return result_table("intensity_parcels", columns, parcels.geometry, park.crs)


def weight_table(weights: Weights) -> pd.DataFrame:
    """The table ``intensity_weights``: every weight of the three levels and what it rests on."""
    rows = [
        {
            "code": code,
            "parent": parent,
            "weight": weights.value[code],
            "basis": weights.basis[code],
            "consistency_ratio": weights.ratio.get(parent, np.nan),
        }
        for parent, children in siblings().items()
        for code in children
    ]
    table = pd.DataFrame(rows)
    table["parent"] = table["parent"].where(table["parent"] != ROOT, "")
    return result_table("intensity_weights", table)


def _standing(checks: pd.DataFrame, n: int) -> np.ndarray:
    """``met``, ``not_met`` or ``unchecked`` for each parcel (n,)."""
    row = checks["row"].to_numpy(int)
    failed = np.bincount(row, weights=~checks["met"].to_numpy(bool), minlength=n) > 0
    checked = np.bincount(row, minlength=n) > 0
    return np.select([failed, checked], ["not_met", "met"], "unchecked").astype(object)


def figures_of(
    land: pd.DataFrame,
    state: pd.DataFrame,
    asleep: pd.DataFrame,
    checks: pd.DataFrame,
    whole: pd.DataFrame,
    total: float | None,
    reserves: pd.DataFrame,
    supply: Supply,
) -> dict[str, Figure]:
    """Key figures by name.

    Parameters
    ----------
    whole
        The table ``intensity_park``; ``total`` is the score of it.
    reserves, supply
        What ``reserves.potentials`` and ``reserves.supply`` give.
    """
    rows = {str(row["indicator"]): row for row in whole.to_dict("records")}

    def figure(code: str) -> Figure:
        row = rows[code]
        value = float(row["value"])
        return Figure(value if np.isfinite(value) else None, str(row["unit"]), float(row["estimated_share"]))

    size = asleep["asleep_m2"] / indicators.HA
    soft = asleep["by_check"] & (land["guess_floor"] | land["guess_cover"])
    found = {
        "score": Figure(total, "1", float((whole["weight"] * whole["estimated_share"]).sum())),
        "area": Figure(float(land["area_m2"].sum()) / indicators.HA, "ha"),
        "asleep": Figure(float(size.sum()), "ha", float(size[soft].sum() / size.sum()) if size.sum() else 0.0),
    }
    for kind in potential.TYPES:
        found[kind] = Figure(
            float(size[asleep["asleep"] == kind].sum()), "ha", _soft(size, asleep["asleep"] == kind, soft)
        )
    for name, code in {
        "plot_ratio": "A31",
        "building_coefficient": "A34",
        "investment": "B11",
        "output": "B12",
        "tax": "B13",
    }.items():
        found[name] = figure(code)
    failed = checks[~checks["met"].astype(bool)]
    found["not_met"] = Figure(float(failed["row"].nunique()), "parcels")
    counted = reserves[reserves["counted"]]
    for kind in KINDS:
        rows_of = counted[counted["potential"] == kind]
        doubt = float((rows_of["area_ha"] * rows_of["estimated_share"]).sum())
        size_ha = float(rows_of["area_ha"].sum()) if len(rows_of) else None  # nothing known is not nothing to win
        found[f"potential_{kind}"] = Figure(size_ha, "ha", doubt / size_ha if size_ha else 0.0)
    found["supply_pace"] = Figure(supply.pace_ha_a, "ha/a")
    found["supply_years"] = Figure(supply.expansion_a, "a")
    found["supply_years_all"] = Figure(supply.all_a, "a")
    return found


def _soft(size: pd.Series, where: pd.Series, soft: pd.Series) -> float:
    total = float(size[where].sum())
    return float(size[where & soft].sum()) / total if total else 0.0
