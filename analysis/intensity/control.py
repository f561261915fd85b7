"""Check of each parcel against the control indicators for industrial land, local limits and its plan.

National indicators: 2008 edition (land and resources document [2008] 24) and 2023 edition (natural resources document
[2023] 72), for manufacturing. Where a value of the 2023 edition is not known, that of 2008 is used and marked
superseded. They bind new, converted and enlarged projects; for what stands already they show the distance. A row of the
layer ``land_limits`` takes the place of the national value for the sectors and land grades it names.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import Finding
from ..park.model import Park
from ..standards import Standard, Standards
from .indicators import HA, MONEY
from .measure import finding, usable

FAMILY = {
    "plot_ratio_min": "land.plot_ratio_min_{edition}.{sector}",
    "building_coefficient_min": "land.building_coefficient_min_{edition}",
    "office_land_max": "land.office_land_max_{edition}",
    "office_floor_max": "land.office_floor_max_{edition}",
    "green_max": "land.green_max_{edition}",
}
EDITIONS = {"2023": ("2023", "2008"), "2008": ("2008",), "none": ()}
DROPPED = {
    ("2023", "green_max")
}  # no longer among the normative indicators; a value of 2008 must not stand in for it
TOLERANCE = 1e-9
MONEY_FACTOR = 1000  # a limit this many times below the median of the park is doubted
PLAN: dict[str, Any] = {"source": "plan", "edition": "", "clause": "", "confidence": "h", "superseded": False}


class Rule(NamedTuple):
    """One indicator to check: ``scale * part / base`` against a limit.

    ``least``: the limit is a minimum. ``unit`` of value and limit; in ``currency/ha`` and the like the part is money. ``soft``:
    where (n,) the value rests on estimates. ``land``: the base is the parcel's area, so that releasing some of it helps.
    """

    indicator: str
    least: bool
    part: np.ndarray
    base: np.ndarray
    scale: float
    unit: str
    remedy: str
    soft: np.ndarray
    land: bool = True


class Limits(NamedTuple):
    """Limit (n,) of each parcel, NaN without any, and where it comes from: row number (n,) into ``origin``, or -1."""

    value: np.ndarray
    row: np.ndarray
    origin: list[dict[str, Any]]


def limit_of(indicator: str, edition: str, sector: str, standards: Standards) -> tuple[Standard | None, bool]:
    """The standard that limits an indicator for a sector, and whether it stands in for a newer edition's."""
    for rank, year in enumerate(() if (edition, indicator) in DROPPED else EDITIONS[edition]):
        key = FAMILY[indicator].format(edition=year, sector=sector)
        if key in standards:
            return standards[key], rank > 0
    return None, False


def rules(land: pd.DataFrame, doubt: pd.DataFrame) -> dict[str, Rule]:
    """Everything that a standard or a local table may limit, by indicator."""
    area = land["area_m2"].to_numpy()

    def flag(name: str) -> np.ndarray:
        return land[name].to_numpy(bool)

    def of(
        name: str, least: bool, column: str, remedy: str, soft: str, scale: float = 100.0, unit: str = "%"
    ) -> Rule:
        return Rule(name, least, land[column].to_numpy(float), area, scale, unit, remedy, flag(soft))

    def money(name: str, column: str, unit: str, remedy: str) -> Rule:
        soft = (doubt[column] > 0).to_numpy()
        return Rule(name, True, land[column].to_numpy(float), area, HA, unit, remedy, soft)

    floor = land["floor_area_m2"].to_numpy()
    sure = np.zeros(len(area), bool)
    found = [
        of("plot_ratio_min", True, "counted_floor_m2", "add_floor", "guess_floor", 1.0, "1"),
        of("plot_ratio_max", False, "counted_floor_m2", "reduce_floor", "guess_floor", 1.0, "1"),
        of("building_coefficient_min", True, "cover_m2", "add_cover", "guess_cover"),
        Rule("density_max", False, land["footprint_m2"].to_numpy(), area, 100.0, "%", "reduce_cover", sure),
        of("office_land_max", False, "office_land_m2", "reduce_office", "guess_office"),
        Rule(
            "office_floor_max",
            False,
            land["office_floor_m2"].to_numpy(),
            floor,
            100.0,
            "%",
            "reduce_office",
            flag("guess_floor"),
            False,
        ),
        of("green_max", False, "green_m2", "reduce_green", "guess_green"),
        money("investment_min", "investment_cur", MONEY, "raise_investment"),
        money("output_min", "output_cur_a", MONEY + "/a", "raise_output"),
        money("tax_min", "tax_cur_a", MONEY + "/a", "raise_tax"),
    ]
    return {rule.indicator: rule for rule in found}


def limits(
    indicator: str,
    sector: np.ndarray,
    grade: np.ndarray,
    edition: str,
    local: pd.DataFrame,
    standards: Standards,
    findings: list[Finding] | None = None,
) -> Limits:
    """The limit of an indicator for each of some parcels.

    The national value of the edition for manufacturing, unless a local row names the parcel's sector or land grade, or
    names neither. Of several local rows the one that says more counts (sector before grade); of two that say as much
    the stricter, with a finding. A least value of 0 lifts the national one; a most value of 0 forbids.

    Parameters
    ----------
    sector, grade
        Division of GB/T 4754 and land grade (n,); grade 0 where unknown.
    local
        The layer ``land_limits``.
    """
    findings = [] if findings is None else findings
    n, least = len(sector), indicator.endswith("_min")
    value, row = np.full(n, np.nan), np.full(n, -1)
    origin: list[dict[str, Any]] = []
    if indicator in FAMILY:
        for code in sorted({s for s in sector if s.startswith("C")}):
            standard, superseded = limit_of(indicator, edition, code, standards)
            if standard:
                here = sector == code
                value[here], row[here] = standard.value, len(origin)
                origin.append({**_source(standard), "superseded": superseded})
    mine = local[local["indicator"] == indicator]
    mine = mine[~np.isnan(usable(mine, "land_limits", "value", findings))]
    low = mine["grade_from"].astype("float64").fillna(-np.inf).to_numpy()
    high = mine["grade_to"].astype("float64").fillna(np.inf).to_numpy()
    if (low > high).any():
        findings.append(finding("limits_grades", "land_limits", mine["limit_id"][low > high], "grade_from"))
    by_grade = np.isfinite(low) | np.isfinite(high)
    said = 2 * (mine["sector"] != "").to_numpy(int) + by_grade
    strict = mine["value"].to_numpy(float) * (1 if least else -1)
    known = np.full(n, -1)
    clash: set[str] = set()
    for k in np.lexsort((mine["limit_id"].to_numpy().astype(str), strict, said)):
        entry = mine.iloc[k]
        here = np.ones(n, bool) if entry["sector"] == "" else sector == entry["sector"]
        if by_grade[k]:
            here &= (grade >= max(low[k], 1)) & (grade <= high[k])
        if (here & (known == said[k]) & (value != entry["value"])).any():
            clash.add(str(entry["limit_id"]))
        known[here], value[here], row[here] = said[k], entry["value"], len(origin)
        origin.append(
            {
                "source": str(entry["document"]) or "local",
                "edition": str(entry["edition"]),
                "clause": str(entry["clause"]),
                "confidence": str(entry["confidence"]) or "m",
                "superseded": False,
            }
        )
    if clash:
        findings.append(finding("limits_clash", "land_limits", clash, "value", indicator=indicator))
    if least:
        value[value == 0] = np.nan
    return Limits(value, row, origin)


def check(
    park: Park,
    land: pd.DataFrame,
    doubt: pd.DataFrame,
    state: pd.DataFrame,
    edition: str,
    standards: Standards,
    findings: list[Finding],
) -> pd.DataFrame:
    """Every check of every parcel, a row each.

    Parameters
    ----------
    land
        Measures of each parcel (``measure.measure``) with the firms' figures, ``sector`` and the flags ``guess_floor``,
        ``guess_cover``, ``guess_office``, ``guess_green``.
    doubt
        Part of each figure that rests on estimates.
    state
        ``status.status``.
    edition
        ``2023``, ``2008`` or ``none`` (no national limit, only local ones and the plan's).

    Returns
    -------
    DataFrame
        Columns of the result table ``intensity_checks``; ``row`` is the parcel's row number.
    """
    parcels, local = park["parcels"], park["land_limits"]
    built = state["built"].to_numpy()
    works = built & (parcels["land_use"] == "industrial").to_numpy()
    grade = land_grade(park)
    every = rules(land, doubt)
    found = []
    for name, rule in every.items():
        limit = limits(name, land["sector"].to_numpy(object), grade, edition, local, standards, findings)
        rows = _rows(rule, works, limit.value)
        if rule.unit.startswith(MONEY):
            findings += _too_small(rule, works, local)
        if limit.origin:
            origin = pd.DataFrame(limit.origin).iloc[limit.row[rows["row"]]]
            rows = rows.join(origin.set_index(rows.index))
        else:
            rows = rows.assign(**PLAN)
        found.append(rows)
    ratio = every["plot_ratio_min"]
    planned = {
        "plot_ratio_min": ratio._replace(indicator="plot_ratio_plan_min"),
        "plot_ratio_max": every["plot_ratio_max"]._replace(indicator="plot_ratio_plan_max"),
        "building_density_max_pct": every["density_max"]._replace(indicator="density_plan_max"),
        "height_max_m": Rule(
            "height_plan_max",
            False,
            land["height_m"].to_numpy(),
            np.ones(len(land)),
            1.0,
            "m",
            "reduce_height",
            np.zeros(len(land), bool),
            False,
        ),
    }
    for column, rule in planned.items():
        said = parcels[column].to_numpy(float)  # plans write 0 where they say nothing
        rows = _rows(rule, built, np.where(said > 0, said, np.nan)).assign(**PLAN)
        if column == "height_max_m":
            rows["reduce_m2"] = 0.0  # metres of height, no area
        found.append(rows)
    table = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    table["parcel_id"] = parcels["parcel_id"].to_numpy()[table["row"].to_numpy(int)]
    table["check_id"] = table["parcel_id"] + "/" + table["indicator"]
    return table


def _too_small(rule: Rule, rows: np.ndarray, local: pd.DataFrame) -> list[Finding]:
    """Limits in money so far below the park's parcels that they are likely to be in ten thousands."""
    with np.errstate(invalid="ignore", divide="ignore"):
        value = rule.scale * rule.part[rows] / rule.base[rows]
    value = value[np.isfinite(value) & (value > 0)]
    mine = local[(local["indicator"] == rule.indicator) & (local["value"] > 0)]
    if not len(value) or not len(mine):
        return []
    low = mine["value"] < np.median(value) / MONEY_FACTOR
    about = {"indicator": rule.indicator, "usual": f"{np.median(value):,.0f}"}
    return [finding("limits_small", "land_limits", mine["limit_id"][low], "value", **about)] if low.any() else []


def land_grade(park: Park) -> np.ndarray:
    """Land grade (n,) of each parcel: its own, else the park's, else 0."""
    own = park["parcels"]["land_grade"].astype("float64")
    whole = park.info["land_grade"]
    return own.fillna(0.0 if pd.isna(whole) else float(whole)).to_numpy()


def _rows(rule: Rule, rows: np.ndarray, limit: np.ndarray) -> pd.DataFrame:
    """Check one rule on the parcels ``rows``; those without value or limit give no row."""
    with np.errstate(invalid="ignore", divide="ignore"):
        value = rule.scale * rule.part / rule.base
    which = np.flatnonzero(rows & np.isfinite(value) & ~np.isnan(limit))
    value, limit = value[which], limit[which]
    base, part = rule.base[which], rule.part[which]
    short = limit - value if rule.least else value - limit
    met = short <= TOLERANCE * np.maximum(limit, 1.0)
    short = np.where(met, 0.0, short)
    change = short / rule.scale * base
    money = rule.unit.startswith(MONEY)
    need = rule.least & ~met
    release = base - part / (limit / rule.scale) if rule.least else np.zeros(len(which))  # a most limit may be 0
    return pd.DataFrame(
        {
            "row": which,
            "indicator": rule.indicator,
            "value": value,
            "limit_value": limit,
            "unit": rule.unit,
            "met": met,
            "shortfall": short,
            "remedy": np.where(met, "none", rule.remedy),
            "add_m2": np.where(need & (not money), change, 0.0),
            "add_cur": np.where(need & money, change, 0.0),
            "reduce_m2": np.where(rule.least, 0.0, change),
            "release_m2": np.where(need & rule.land, release, 0.0),
            "estimated": np.where(rule.soft[which], "value", ""),
        }
    )


def _source(standard: Standard) -> dict[str, str]:
    return {
        "source": standard.source,
        "edition": standard.edition,
        "clause": standard.clause,
        "confidence": standard.confidence,
    }
