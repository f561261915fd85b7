"""How much land the park could win: expansion, structural, intensity and managerial potential, and years of supply.

TD/T 1029 names the four and the years of supply; how each is calculated here is our reading of it, said in the method
note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import Finding
from ..park.model import Park
from .indicators import HA, Groups

KINDS = ("expansion", "structural", "intensity", "managerial")
INTENSITY = ("A33", "A34", "B11", "B12")


class Supply(NamedTuple):
    """Years that land lasts at the pace of the last years; None where no dates of supply are recorded.

    ``pace_ha_a`` is what was supplied a year; ``expansion_a`` counts land not yet supplied, ``all_a`` all potentials.
    """

    pace_ha_a: float | None
    expansion_a: float | None
    all_a: float | None


def potentials(
    land: pd.DataFrame, state: pd.DataFrame, park: Groups, ideals: Mapping[str, tuple[float, str]]
) -> pd.DataFrame:
    """Land that each potential could win, a row for each thing it rests on.

    expansion     land ready for supply, not supplied
    structural    (ideal - present industrial share) x built land that the managerial potential does not count
    intensity     (1 - present / ideal) x built industrial land of that kind, for A33, A34, B11, B12; the smallest counts: so much at
                  least could be won whichever of them is asked
    managerial    idle land above the ideal idle rate, and land whose right of use has run out, not dealt with yet

    Parameters
    ----------
    land
        ``area_m2`` of each parcel.
    park
        The park's indicators, one row.
    ideals
        Ideal value and its basis, by code.

    Returns
    -------
    DataFrame
        ``potential_id``, ``potential`` (one of ``KINDS``), ``indicator``, ``value``, ``ideal``, ``ideal_basis``,
        ``area_ha`` (NaN where it cannot be said), ``counted`` (bool: part of the total), ``note``, ``estimated_share``.
    """
    area = land["area_m2"] / HA
    waiting = (state["idle"] | state["expired"]) & ~state["settled"]
    # land that the managerial potential counts is left out of the others, so that no hectare is won twice
    built = state["built"] & ~waiting
    works = built & state["industrial"]
    rows: list[dict[str, Any]] = []

    def add(kind: str, code: str, hectares: float, note: str = "", detail: str = "", doubt: float = 0.0) -> None:
        value = float(park.value[code].iloc[0])
        ideal, basis = ideals.get(code, (np.nan, ""))
        rows.append(
            {
                "potential_id": f"{kind}/{detail or code}",
                "potential": kind,
                "indicator": code,
                "value": value,
                "ideal": ideal if np.isfinite(hectares) else np.nan,
                "ideal_basis": basis if np.isfinite(hectares) else "",
                "area_ha": hectares,
                "counted": bool(np.isfinite(hectares)),
                "note": note,
                "estimated_share": doubt,
            }
        )

    def short(code: str) -> tuple[float, str]:
        """How far the park is below an ideal, as a share of it, or why that cannot be said."""
        value, ideal = float(park.value[code].iloc[0]), ideals.get(code, (np.nan, ""))[0]
        if np.isnan(value):
            return np.nan, str(park.note[code].iloc[0])
        return (np.nan, "no_ideal") if np.isnan(ideal) else (max(1 - value / ideal, 0.0), "")

    add("expansion", "A11", float(area[state["available"] & ~state["supplied"]].sum()))
    below, note = short("A21")
    ideal = ideals.get("A21", (np.nan, ""))[0]
    add("structural", "A21", below * ideal / 100 * float(area[built].sum()), note)
    for code in INTENSITY:
        below, note = short(code)
        add("intensity", code, below * float(area[works].sum()), note, doubt=float(park.doubt[code].iloc[0]))
    found = [row for row in rows if row["potential"] == "intensity" and row["counted"]]
    for row in found:  # the first of the smallest
        row["counted"] = row is min(found, key=lambda r: r["area_ha"])
    least = ideals.get("C11", (0.0, ""))[0] / 100
    idle = float(area[state["idle"] & waiting].sum()) - least * float(area[state["supplied"]].sum())
    add("managerial", "C11", max(idle, 0.0), detail="idle")
    expired = state["expired"] & ~state["idle"] & waiting
    add("managerial", "C12", float(area[expired].sum()), detail="expired")
    return pd.DataFrame(rows)


def told(park: Park, state: pd.DataFrame, found: Supply) -> list[Finding]:
    """What the years of supply rest on where dates of supply are missing."""
    supplied = state["supplied"].to_numpy(bool)
    dated = supplied & park["parcels"]["supply_date"].notna().to_numpy()
    if found.pace_ha_a is None:
        return [Finding("intensity.no_supply_dates", "info", "parcels", column="supply_date")]
    if dated.sum() < supplied.sum():
        values = {"count": int(supplied.sum() - dated.sum()), "all": int(supplied.sum())}
        return [Finding("intensity.few_supply_dates", "warning", "parcels", column="supply_date", values=values)]
    return []


def supply(park: Park, land: pd.DataFrame, state: pd.DataFrame, table: pd.DataFrame, years: int) -> Supply:
    """How long the land lasts at the mean pace of supply of the last ``years`` years up to the base year.

    Parameters
    ----------
    table
        What ``potentials`` gives.
    """
    dates = pd.to_datetime(park["parcels"]["supply_date"]).where(state["supplied"])
    base = park.info["base_year"] if pd.notna(park.info["base_year"]) else dates.dt.year.max()
    if pd.isna(base) or dates.isna().all():
        return Supply(None, None, None)
    recent = dates.dt.year.between(int(base) - years + 1, int(base))
    pace = float(land["area_m2"][recent].sum()) / HA / years
    if not pace > 0:
        return Supply(0.0, None, None)
    counted = table[table["counted"]]
    first = float(counted.loc[counted["potential"] == "expansion", "area_ha"].sum())
    return Supply(pace, first / pace, float(counted["area_ha"].sum()) / pace)
