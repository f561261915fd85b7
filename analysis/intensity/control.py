"""Check of each parcel against the control indicators for industrial land and against its plan.

National indicators: 2008 edition (land and resources document [2008] 24) and 2023 edition (natural resources document
[2023] 72), for manufacturing. Where a value of the 2023 edition is not known, that of 2008 is used and marked
superseded. They bind new, converted and enlarged projects; for what stands already they show the distance.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..standards import Standard, Standards

FAMILY = {
    "plot_ratio_min": "land.plot_ratio_min_{edition}.{sector}",
    "building_coefficient_min": "land.building_coefficient_min_{edition}",
    "office_land_max": "land.office_land_max_{edition}",
    "office_floor_max": "land.office_floor_max_{edition}",
    "green_max": "land.green_max_{edition}",
}
EDITIONS = {"2023": ("2023", "2008"), "2008": ("2008",), "none": ()}
TOLERANCE = 1e-9


class Rule(NamedTuple):
    """One indicator to check: the part ``quantity_m2`` of the base ``base_m2`` against a limit."""

    indicator: str
    least: bool  # True: the limit is a minimum
    quantity_m2: np.ndarray
    base_m2: np.ndarray
    percent: bool
    remedy: str


def limit_of(indicator: str, edition: str, sector: str, standards: Standards) -> tuple[Standard | None, bool]:
    """The standard that limits an indicator for a sector, and whether it stands in for a newer edition's."""
    for rank, year in enumerate(EDITIONS[edition]):
        key = FAMILY[indicator].format(edition=year, sector=sector)
        if key in standards:
            return standards[key], rank > 0
    return None, False


def plot_ratio_minimum(sector: pd.Series, edition: str, standards: Standards) -> np.ndarray:
    """Least plot ratio of each sector in a series (n,); NaN where no standard gives one."""
    known = {code: limit_of("plot_ratio_min", edition, code, standards)[0] for code in sector.unique()}
    return sector.map({code: s.value if s else np.nan for code, s in known.items()}).to_numpy(float)


def check(
    parcels: pd.DataFrame, land: pd.DataFrame, state: pd.DataFrame, edition: str, standards: Standards
) -> pd.DataFrame:
    """Every check of every parcel, a row each.

    Parameters
    ----------
    parcels
        The layer.
    land
        Measures of each parcel (``measure.measure``) with ``sector`` and the flags ``guess_floor``, ``guess_cover``,
        ``guess_office``, ``guess_green``.
    state
        ``status.status``.
    edition
        ``2023``, ``2008`` or ``none`` (the plan's limits only).

    Returns
    -------
    DataFrame
        Columns of the result table ``intensity_checks``; ``row`` is the parcel's row number.
    """
    area, floor = land["area_m2"].to_numpy(), land["counted_floor_m2"].to_numpy()
    cover = land["cover_m2"].to_numpy()
    plot_ratio = Rule("plot_ratio_min", True, floor, area, False, "add_floor")
    factory = (
        state["built"] & (parcels["land_use"] == "industrial") & land["sector"].str.startswith("C")
    ).to_numpy()
    built = state["built"].to_numpy()
    national = [
        (plot_ratio, "guess_floor"),
        (Rule("building_coefficient_min", True, cover, area, True, "add_cover"), "guess_cover"),
        (
            Rule("office_land_max", False, land["office_land_m2"].to_numpy(), area, True, "reduce_office"),
            "guess_office",
        ),
        (
            Rule(
                "office_floor_max",
                False,
                land["office_floor_m2"].to_numpy(),
                land["floor_area_m2"].to_numpy(),
                True,
                "reduce_office",
            ),
            "guess_floor",
        ),
        (Rule("green_max", False, land["green_m2"].to_numpy(), area, True, "reduce_green"), "guess_green"),
    ]
    found = []
    for rule, flag in national:
        sectors = land["sector"].where(factory, "")
        for sector in sorted(set(sectors) - {""}) if rule is plot_ratio else [""]:
            standard, superseded = limit_of(rule.indicator, edition, sector, standards)
            if standard:
                rows = factory & (sectors == sector).to_numpy() if sector else factory
                limit = np.full(len(area), standard.value)
                found.append(
                    _rows(rule, rows, limit, land[flag]).assign(**_source(standard), superseded=superseded)
                )
    planned = [
        (plot_ratio._replace(indicator="plot_ratio_plan_min"), "plot_ratio_min", "guess_floor"),
        (Rule("plot_ratio_plan_max", False, floor, area, False, "reduce_floor"), "plot_ratio_max", "guess_floor"),
        (
            Rule("density_plan_max", False, land["footprint_m2"].to_numpy(), area, True, "reduce_cover"),
            "building_density_max_pct",
            "",
        ),
    ]
    plan: dict[str, Any] = {"source": "plan", "edition": "", "clause": "", "confidence": "h", "superseded": False}
    for rule, column, flag in planned:
        guess = land[flag] if flag else pd.Series(False, index=land.index)
        found.append(_rows(rule, built, parcels[column].to_numpy(float), guess).assign(**plan))
    found.append(_heights(parcels, land, built).assign(**plan))
    table = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    table["parcel_id"] = parcels["parcel_id"].to_numpy()[table["row"].to_numpy(int)]
    table["check_id"] = table["parcel_id"] + "/" + table["indicator"]
    return table


def _rows(rule: Rule, rows: np.ndarray, limit: np.ndarray, guess: pd.Series) -> pd.DataFrame:
    """Check one rule on the parcels ``rows``; those without value or limit give no row."""
    scale = 100.0 if rule.percent else 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        value = scale * rule.quantity_m2 / rule.base_m2
    which = np.flatnonzero(rows & np.isfinite(value) & (limit > 0))
    value, limit = value[which], limit[which]
    base, quantity = rule.base_m2[which], rule.quantity_m2[which]
    short = limit - value if rule.least else value - limit
    met = short <= TOLERANCE * np.maximum(limit, 1.0)
    short = np.where(met, 0.0, short)
    change = short / scale * base
    need = rule.least & ~met
    return pd.DataFrame(
        {
            "row": which,
            "indicator": rule.indicator,
            "value": value,
            "limit_value": limit,
            "unit": "%" if rule.percent else "1",
            "met": met,
            "shortfall": short,
            "remedy": np.where(met, "none", rule.remedy),
            "add_m2": np.where(need, change, 0.0),
            "reduce_m2": np.where(rule.least, 0.0, change),
            "release_m2": np.where(need, base - quantity / (limit / scale), 0.0),
            "estimated": np.where(guess.to_numpy(bool)[which], "value", ""),
        }
    )


def _heights(parcels: pd.DataFrame, land: pd.DataFrame, built: np.ndarray) -> pd.DataFrame:
    limit, value = parcels["height_max_m"].to_numpy(float), land["height_m"].to_numpy()
    which = np.flatnonzero(built & (limit > 0) & np.isfinite(value))
    short = np.maximum(value[which] - limit[which], 0.0)
    return pd.DataFrame(
        {
            "row": which,
            "indicator": "height_plan_max",
            "value": value[which],
            "limit_value": limit[which],
            "unit": "m",
            "met": short <= TOLERANCE,
            "shortfall": short,
            "remedy": np.where(short > TOLERANCE, "reduce_height", "none"),
            "add_m2": 0.0,
            "reduce_m2": 0.0,
            "release_m2": 0.0,
            "estimated": "",
        }
    )


def _source(standard: Standard) -> dict[str, str]:
    return {
        "source": standard.source,
        "edition": standard.edition,
        "clause": standard.clause,
        "confidence": standard.confidence,
    }
