"""The indicators of TD/T 1029 for the park as a whole, and those of them that a parcel can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..park.model import Park
from .status import INDUSTRIAL, NOT_URBAN

HA = 10_000.0
PAID = ("granted", "leased")
CITY_ONLY = ("B14", "B15")
INDUSTRY_ONLY = ("A21",)
# what a parcel is scored by; C11 stands for the share of the parcel that firms use
PARCEL = ("A31", "A32", "A33", "A34", "B11", "B12", "B13", "C11")
CODES = (
    "A11",
    "A12",
    "A21",
    "A22",
    "A31",
    "A32",
    "A33",
    "A34",
    "B11",
    "B12",
    "B13",
    "B14",
    "B15",
    "C11",
    "C12",
    "C21",
    "C22",
)


class Indicator(NamedTuple):
    """One indicator of the park: value, unit, the part of it (0..1) resting on estimates, a note's code."""

    value: float
    unit: str
    doubt: float = 0.0
    note: str = ""


def parcel_indicators(land: pd.DataFrame, state: pd.DataFrame) -> pd.DataFrame:
    """Indicators of each parcel (rows) by code; NaN where one does not apply or nothing is known.

    Industrial land has A33 and A34 (plot ratio, building coefficient) in place of A31, and the benefits B11-B13 per
    hectare. C11 is the share of the parcel in use, in %: 0 for idle and vacant land.

    Parameters
    ----------
    land
        Measures and firms' figures of each parcel.
    state
        ``status.status``.
    """
    area = land["area_m2"].where(land["area_m2"] > 0)
    ratio = land["counted_floor_m2"] / area
    industrial = state["industrial"]
    asleep = state["idle"] | state["vacant"]
    works = industrial & state["built"]
    table = pd.DataFrame(
        {
            "A31": ratio.where(~industrial),
            "A32": 100 * land["footprint_m2"] / area,
            "A33": ratio.where(industrial),
            "A34": (100 * land["cover_m2"] / area).where(industrial),
            "B11": (HA * land["investment_cur"] / area).where(works),
            "B12": (HA * land["output_cur_a"] / area).where(works),
            "B13": (HA * land["tax_cur_a"] / area).where(works),
            "C11": (100 * land["used_share"]).mask(asleep, 0.0),
        }
    )
    return table.where(state["scored"] & (area > 0))


def park_indicators(
    park: Park, land: pd.DataFrame, doubt: pd.DataFrame, state: pd.DataFrame
) -> dict[str, Indicator]:
    """Every indicator of the code for the park; those that cannot be formed have NaN and a note that says why.

    Parameters
    ----------
    land, state
        As in ``parcel_indicators``.
    doubt
        Part of each figure of a parcel that rests on estimates, by column of ``land``.
    """
    area = land["area_m2"]
    built, industrial = state["built"], state["built"] & state["industrial"]
    supplied = state["supplied"]
    city = str(park.info["park_type"]) == "city_industry"

    def ratio(column: str, where: pd.Series, scale: float, unit: str) -> Indicator:
        """Sum of a column over land of a class, per area of that class."""
        part = land[column][where]
        base = float(area[where].sum())
        if not base:
            return Indicator(np.nan, unit, note="no_land")
        if part.notna().sum() == 0:
            return Indicator(np.nan, unit, note="no_data")
        total = float(part.sum())
        soft = float((part * doubt[column][where]).sum()) / total if total else 0.0
        return Indicator(scale * total / base, unit, soft, "partial" if part.isna().any() else "")

    def land_share(part: pd.Series, whole: pd.Series, note: str = "") -> Indicator:
        base = float(area[whole].sum())
        if not base:
            return Indicator(np.nan, "%", note="no_land")
        return Indicator(100 * float(area[part & whole].sum()) / base, "%", note=note)

    tenure, way = park["parcels"]["tenure"], park["parcels"]["obtained_by"]
    state_land = supplied & tenure.isin((*PAID, "allocated"))
    sold = supplied & tenure.isin(PAID) & way.isin(("bid", "agreement"))
    money = "currency/ha"
    high_tech = ratio("high_tech_m2", built, 100.0, "%")
    people = float(park.info["population"]) if pd.notna(park.info["population"]) else np.nan
    density = HA * people / float(area[built].sum()) if built.any() and area[built].sum() > 0 else np.nan
    found = {
        "A11": land_share(supplied, state["available"]),
        "A12": land_share(built & supplied, supplied),
        "A21": land_share(industrial, built),
        "A22": high_tech if high_tech.value > 0 else Indicator(np.nan, "%", note="no_data"),
        "A31": ratio("counted_floor_m2", built, 1.0, "1"),
        "A32": ratio("footprint_m2", built, 100.0, "%"),
        "A33": ratio("counted_floor_m2", industrial, 1.0, "1"),
        "A34": ratio("cover_m2", industrial, 100.0, "%"),
        "B11": ratio("investment_cur", industrial, HA, money),
        "B12": ratio("output_cur_a", industrial, HA, money + "/a"),
        "B13": ratio("tax_cur_a", industrial, HA, money + "/a"),
        "B14": ratio("tax_cur_a", built, HA, money + "/a"),
        "B15": Indicator(density, "persons/ha", note="" if density >= 0 else "no_data"),
        "C11": land_share(state["idle"], supplied),
        "C12": Indicator(np.nan, "%", note="no_data"),
        "C21": land_share(tenure.isin(PAID), state_land)
        if state_land.any()
        else Indicator(np.nan, "%", note="no_data"),
        "C22": land_share(way == "bid", sold) if sold.any() else Indicator(np.nan, "%", note="no_data"),
    }
    for code in INDUSTRY_ONLY if city else CITY_ONLY:
        found[code] = found[code]._replace(value=np.nan, note="other_type", doubt=0.0)
    return found


def ideal_values(
    park: Park,
    parcels: pd.DataFrame,
    area_m2: pd.Series,
    state: pd.DataFrame,
    minimum: Mapping[str, float],
    natural: Mapping[str, float],
    chosen: Mapping[str, float],
    percentile: float,
) -> dict[str, tuple[float, str]]:
    """Ideal value of each indicator and what it rests on: ``user``, ``natural``, ``plan``, ``standard``, ``percentile``.

    Where neither planner, nature nor plan gives one, it is the larger of the standard's minimum and the given
    percentile of the park's built parcels: a default of this program, flagged as such.

    Parameters
    ----------
    parcels
        ``parcel_indicators``.
    minimum, natural, chosen
        Minima of the standards, natural limits and the planner's own values, by code.
    """
    found = {code: (value, "user") for code, value in chosen.items()}
    for code, value in natural.items():
        found.setdefault(code, (value, "natural"))
    planned = park["parcels"]["planned_use"]
    known = ~planned.isin(("", "vacant", *NOT_URBAN))
    if area_m2[known].sum() > 0:
        share = area_m2[planned.isin(INDUSTRIAL)].sum() / area_m2[known].sum()
        found.setdefault("A21", (100 * float(share), "plan"))
    built = parcels[state["built"]]
    samples = {code: built[code] for code in PARCEL if code[0] != "C"}
    samples |= {"A31": built["A33"].where(built["A33"].notna(), built["A31"]), "B14": built["B13"]}
    for code, values in samples.items():
        sample = values.dropna().to_numpy()
        usual = float(np.percentile(sample, percentile)) if len(sample) else 0.0
        least = minimum.get(code, 0.0)
        if max(usual, least) > 0:
            found.setdefault(code, (max(usual, least), "standard" if least >= usual else "percentile"))
    return found
