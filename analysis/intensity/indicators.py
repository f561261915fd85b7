"""The indicators of TD/T 1029 for groups of land (the park, zones, sectors), and those that a parcel or firm can have."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..park.model import Park

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


MONEY = "currency/ha"
UNITS = {
    **dict.fromkeys(CODES, "%"),
    "A31": "1",
    "A33": "1",
    "B11": MONEY,
    **dict.fromkeys(("B12", "B13", "B14"), MONEY + "/a"),
    "B15": "persons/ha",
}


def applicable(state: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    """Which of ``PARCEL`` each parcel ought to have (n, k), whether or not the data hold it."""
    scored = state["scored"] & (land["area_m2"] > 0)
    industrial, works = state["industrial"], state["industrial"] & state["built"]
    return pd.DataFrame(
        {
            **dict.fromkeys(("A32", "C11"), scored),
            "A31": scored & ~industrial,
            **dict.fromkeys(("A33", "A34"), scored & industrial),
            **dict.fromkeys(("B11", "B12", "B13"), scored & works),
        }
    )[list(PARCEL)]


class Groups(NamedTuple):
    """Indicators of groups of land, a row each, a column for each code of ``CODES``.

    ``value`` (NaN where it cannot be formed), ``doubt`` (the part of it, 0..1, that rests on estimates), ``note`` (a code that
    says why it is missing or partial).
    """

    value: pd.DataFrame
    doubt: pd.DataFrame
    note: pd.DataFrame


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


def group_indicators(
    park: Park,
    land: pd.DataFrame,
    land_doubt: pd.DataFrame,
    state: pd.DataFrame,
    piece: pd.DataFrame,
    piece_doubt: pd.DataFrame,
    group: np.ndarray,
    count: int,
    whole: bool = False,
) -> Groups:
    """Every indicator of the code for groups of land; those that cannot be formed have NaN and a note that says why.

    Sums over the group's land, each parcel shared among its firms by their share of it.

    Parameters
    ----------
    land, state
        As in ``parcel_indicators``.
    land_doubt, piece_doubt
        Part of each figure that rests on estimates, by column.
    piece
        ``firms.pieces``.
    group
        Group of each piece, 0 .. ``count`` - 1; -1 in none.
    whole
        The one group is the park: residents, known for the park only, count for it.
    """
    inside = group >= 0
    label, parcel, held = group[inside], piece["parcel"].to_numpy()[inside], piece["share"].to_numpy()[inside]
    area = held * land["area_m2"].to_numpy()[parcel]
    tenure, way = park["parcels"]["tenure"], park["parcels"]["obtained_by"]
    built, supplied, idle = state["built"], state["supplied"], state["idle"]
    classes = {
        "available": state["available"],
        "supplied": supplied,
        "supplied_built": built & supplied,
        "built": built,
        "industrial": built & state["industrial"],
        "idle": idle,
        "paid": supplied & tenure.isin(PAID),
        "state_land": supplied & tenure.isin((*PAID, "allocated")),
        "sold": supplied & tenure.isin(PAID) & way.isin(("bid", "agreement")),
        "listed": supplied & tenure.isin(PAID) & (way == "bid"),
        "to_settle": idle | state["expired"],
        "settled": state["settled"],
    }
    member = {name: mask.to_numpy(bool)[parcel] for name, mask in classes.items()}
    size = {name: np.bincount(label, weights=area * mask, minlength=count) for name, mask in member.items()}
    blank = np.full(count, np.nan)
    found = Groups(
        pd.DataFrame(index=range(count)), pd.DataFrame(index=range(count)), pd.DataFrame(index=range(count))
    )

    def put(
        code: str,
        part: np.ndarray,
        base: np.ndarray,
        scale: float,
        doubt: Any = 0.0,
        note: Any = "",
        none: str = "no_land",
    ) -> None:
        usable = (base > 0) & ~np.isnan(part)
        found.value[code] = np.divide(scale * part, base, out=blank.copy(), where=usable)
        found.doubt[code] = np.where(usable, doubt, 0.0)
        found.note[code] = np.where(base > 0, note, none)

    def share(code: str, part: str, base: str, none: str = "no_land") -> None:
        put(code, size[part], size[base], 100.0, none=none)

    def ratio(code: str, column: str, base: str, scale: float) -> None:
        """Sum of a column over land of a class, per area of that class."""
        if column in piece:  # a firm's own figure; what stands on a parcel is shared among its firms
            amount = piece[column].to_numpy(float)[inside]
            soft = piece_doubt[column].to_numpy()[inside]
        else:
            amount = held * land[column].to_numpy(float)[parcel]
            soft = land_doubt[column].to_numpy()[parcel]
        there = member[base] & (area > 0)
        known = there & ~np.isnan(amount)
        amount = np.where(known, amount, 0.0)
        total = np.bincount(label, weights=amount, minlength=count)
        loose = np.bincount(label, weights=amount * soft, minlength=count)
        some = np.bincount(label[known], minlength=count)
        gaps = np.bincount(label[there & ~known], minlength=count) > 0
        doubt = np.divide(loose, total, out=np.zeros(count), where=total > 0)
        note = np.where(some == 0, "no_data", np.where(gaps, "partial", ""))
        put(code, np.where(some > 0, total, np.nan), size[base], scale, doubt, note)

    share("A11", "supplied", "available")
    share("A12", "supplied_built", "supplied")
    share("A21", "industrial", "built")
    ratio("A22", "high_tech_m2", "built", 100.0)
    # no firm marked high-tech anywhere is taken as not recorded
    if not (piece["high_tech_m2"] > 0).any():
        found.value["A22"], found.note["A22"] = np.nan, "no_data"
    ratio("A31", "counted_floor_m2", "built", 1.0)
    ratio("A32", "footprint_m2", "built", 100.0)
    ratio("A33", "counted_floor_m2", "industrial", 1.0)
    ratio("A34", "cover_m2", "industrial", 100.0)
    ratio("B11", "investment_cur", "industrial", HA)
    ratio("B12", "output_cur_a", "industrial", HA)
    ratio("B13", "tax_cur_a", "industrial", HA)
    ratio("B14", "tax_cur_a", "built", HA)
    population = park.info["population"]
    people = float(population) if whole and pd.notna(population) and population >= 0 else np.nan
    unknown = "no_data" if whole else "park_only"
    put("B15", np.full(count, people), size["built"], HA, note="" if people >= 0 else unknown)
    share("C11", "idle", "supplied")
    if (park["parcels"]["disposal"] != "").any():
        share("C12", "settled", "to_settle")
    else:  # nothing recorded is no share of 0
        put("C12", blank, size["to_settle"], 100.0, note="no_data", none="no_data")
    share("C21", "paid", "state_land", "no_data")
    share("C22", "listed", "sold", "no_data")
    city = str(park.info["park_type"]) == "city_industry"
    for code in INDUSTRY_ONLY if city else CITY_ONLY:
        found.value[code], found.doubt[code], found.note[code] = np.nan, 0.0, "other_type"
    return Groups(*(frame[list(CODES)] for frame in found))
