"""The tables and key figures that the step hands on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from parkloop import resources

from ..errors import Finding
from ..park.model import Park
from ..scenario import Intensity
from ..standards import Standards
from ..steps import Figure
from ..tables import result_table
from . import control, indicators, potential, score


def park_table(
    found: Mapping[str, indicators.Indicator],
    ideals: Mapping[str, tuple[float, str]],
    goals: Mapping[str, float],
    standards: Standards,
    choices: Intensity,
    findings: list[Finding],
) -> pd.DataFrame:
    """The rows of ``intensity_park``; a finding names the indicators left out."""
    codes = list(found)
    points = np.array(
        [
            float(score.ratio_score(np.array(found[c].value), ideals.get(c, (0.0, ""))[0], c in score.FALLING))
            if c in ideals
            else np.nan
            for c in codes
        ]
    )
    weight = score.effective_weights(~np.isnan(points)[None], codes, goals)[0]
    rows = []
    for code, point, share in zip(codes, points, weight, strict=True):
        item = found[code]
        ideal, basis = ideals.get(code, (np.nan, ""))
        known = np.isfinite(item.value)
        note = item.note if not known or np.isfinite(point) else "no_ideal"
        rows.append(
            {
                "indicator": code,
                "value": item.value,
                "unit": item.unit,
                "ideal": ideal if known else np.nan,
                "ideal_basis": basis if known else "",
                "score": point,
                "weight": share,
                "estimated_share": item.doubt,
                **_ideal_source(code, basis if known else "", choices, standards),
                "note": note,
                "estimated": "value" if item.doubt > 0 else "",
            }
        )
    table = pd.DataFrame(rows)
    missing = table[(table["weight"] == 0) & (table["note"] != "other_type")]
    if len(missing):
        known = resources.codes("intensity_indicator")
        values = {
            f"indicators_{lang}": comma.join(str(known[code][f"label_{lang}"]) for code in missing["indicator"])
            for lang, comma in (("en", ", "), ("zh", "、"))
        }
        findings.append(Finding("intensity.left_out", "info", values=values))
    return table


def _ideal_source(code: str, basis: str, choices: Intensity, standards: Standards) -> dict[str, str]:
    if basis == "natural":
        entry = standards[f"land.ideal.{code}"]
        return {"source": entry.source, "confidence": entry.confidence}
    if basis == "standard":
        indicator = "plot_ratio_min" if code == "A33" else "building_coefficient_min"
        entry2, _ = control.limit_of(indicator, choices.edition, "C13", standards)
        return {"source": entry2.source if entry2 else "", "confidence": "m"}
    return {
        "percentile": {"source": "ParkLoop assumption", "confidence": "l"},
        "plan": {"source": "plan", "confidence": "h"},
        "user": {"source": "user", "confidence": "h"},
    }.get(basis, {"source": "", "confidence": ""})


def parcel_table(
    park: Park,
    land: pd.DataFrame,
    doubt: pd.DataFrame,
    values: pd.DataFrame,
    points: np.ndarray,
    checks: pd.DataFrame,
    asleep: pd.DataFrame,
    choices: Intensity,
) -> pd.DataFrame:
    """The table ``intensity_parcels``."""
    parcels = park["parcels"]
    n = len(parcels)
    area = land["area_m2"].where(land["area_m2"] > 0)
    hectares = area / indicators.HA
    floor = land["floor_area_m2"]
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
        "investment_cur_ha": land["investment_cur"] / hectares,
        "output_cur_ha": land["output_cur_a"] / hectares,
        "tax_cur_ha": land["tax_cur_a"] / hectares,
        "staff_ha": land["staff"] / hectares,
        "used_pct": 100 * land["used_share"],
        "score": points,
        "score_class": score.score_class(points, choices.class_limits),
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
            "investment_cur_ha": doubt["investment_cur"] > 0,
            "output_cur_ha": doubt["output_cur_a"] > 0,
            "tax_cur_ha": doubt["tax_cur_a"] > 0,
            "staff_ha": doubt["staff"] > 0,
        }
    )
    uses = ["plot_ratio", "building_coefficient_pct", "investment_cur_ha", "output_cur_ha", "tax_cur_ha"]
    guess["score"] = guess["score_class"] = guess[uses].any(axis=1) & ~np.isnan(points)
    guess["asleep_m2"] = asleep["by_check"] & (land["guess_floor"] | land["guess_cover"])
    guess &= (land["area_m2"] > 0).to_numpy()[:, None]
    names = np.array(guess.columns)
    columns["estimated"] = [";".join(names[row]) for row in guess.to_numpy(bool)]
    return result_table("intensity_parcels", columns, parcels.geometry, park.crs)


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
) -> dict[str, Figure]:
    """Key figures by name."""
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
    found["unsupplied"] = Figure(
        float(land["area_m2"][state["available"] & ~state["supplied"]].sum()) / indicators.HA, "ha"
    )
    return found


def _soft(size: pd.Series, where: pd.Series, soft: pd.Series) -> float:
    total = float(size[where].sum())
    return float(size[where & soft].sum()) / total if total else 0.0
