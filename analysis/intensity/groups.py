"""Indicators and scores of the park, its zones and its sectors as tables, and the ideal values they are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from parkloop import resources

from ..errors import Finding
from ..park.model import Park
from ..scenario import Intensity
from ..standards import Standards
from . import control, indicators, score
from .indicators import CODES, PARCEL, UNITS, Groups
from .status import INDUSTRIAL, NOT_URBAN
from .weights import Weights, spread

TOTAL = "F"  # the code of the total score among the indicators of a group
OF_STANDARD = {
    "A33": "plot_ratio_min",
    "A34": "building_coefficient_min",
    "B11": "investment_min",
    "B12": "output_min",
    "B13": "tax_min",
}


class Ideal(NamedTuple):
    """The value that scores 100, what it rests on (a code of ``ideal_basis``), its source and confidence."""

    value: float
    basis: str
    source: str
    confidence: str


def ideals(
    park: Park,
    parcels: pd.DataFrame,
    land: pd.DataFrame,
    state: pd.DataFrame,
    choices: Intensity,
    standards: Standards,
) -> dict[str, Ideal]:
    """Ideal value of each indicator that has one.

    The first there is: the planner's; the natural limit; the plan's; else the larger of the standard's minimum and the given
    percentile of the park's built parcels: a default of this program, flagged as such.

    Parameters
    ----------
    parcels
        ``indicators.parcel_indicators``.
    land
        Measures of each parcel with ``sector``.
    """
    found = {code: Ideal(value, "user", "user", "h") for code, value in choices.ideal.items()}
    for key in standards:
        if key.startswith("land.ideal."):
            entry = standards[key]
            found.setdefault(
                key.removeprefix("land.ideal."), Ideal(entry.value, "natural", entry.source, entry.confidence)
            )
    planned, area = park["parcels"]["planned_use"], land["area_m2"]
    known = ~planned.isin(("", "vacant", *NOT_URBAN))
    if area[known].sum() > 0:
        part = 100 * float(area[planned.isin(INDUSTRIAL)].sum() / area[known].sum())
        if part > 0:
            found.setdefault("A21", Ideal(part, "plan", "plan", "h"))
    least = _minima(park, land, state, choices, standards)
    built = parcels[state["built"]]
    samples = {code: built[code] for code in PARCEL if code[0] != "C"}
    samples |= {"A31": built["A33"].where(built["A33"].notna(), built["A31"]), "B14": built["B13"]}
    for code, values in samples.items():
        sample = values.dropna().to_numpy()
        usual = float(np.percentile(sample, choices.ideal_percentile)) if len(sample) else 0.0
        limit = least.get(code, Ideal(0.0, "", "", ""))
        best = limit if limit.value >= usual else Ideal(usual, "percentile", "ParkLoop assumption", "l")
        if best.value > 0:
            found.setdefault(code, best)
    return found


def _minima(
    park: Park, land: pd.DataFrame, state: pd.DataFrame, choices: Intensity, standards: Standards
) -> dict[str, Ideal]:
    """Minima of the standards by indicator: the mean over built industrial land by area, the source of most of it."""
    works = (state["built"] & (park["parcels"]["land_use"] == "industrial")).to_numpy()  # those that are checked
    sector, grade = land["sector"].to_numpy(object), control.land_grade(park)
    area, found = land["area_m2"].to_numpy(), {}
    for code, name in OF_STANDARD.items():
        limit = control.limits(name, sector, grade, choices.edition, park["land_limits"], standards)
        some = works & ~np.isnan(limit.value) & (area > 0)
        if some.any():
            mean = float((limit.value[some] * area[some]).sum() / area[some].sum())
            most = limit.origin[int(np.bincount(limit.row[some], weights=area[some]).argmax())]
            found[code] = Ideal(mean, "standard", most["source"], most["confidence"])
    return found


def scores_of(values: pd.DataFrame, ideal: Mapping[str, Ideal]) -> pd.DataFrame:
    """Score of each value of a table of indicators, 0..100; NaN where value or ideal is missing."""
    return pd.DataFrame(
        {
            code: score.ratio_score(
                values[code].to_numpy(float), ideal[code].value if code in ideal else 0.0, code in score.FALLING
            )
            if code in ideal
            else np.full(len(values), np.nan)
            for code in map(str, values)
        },
        index=values.index,
    )


def table(found: Groups, ideal: Mapping[str, Ideal], weights: Weights) -> tuple[pd.DataFrame, np.ndarray]:
    """Every indicator of every group, a row each, and the total score (g,) of each group, NaN where it has none.

    Returns
    -------
    (DataFrame, ndarray)
        ``group`` (row number in ``found``) and the columns that the tables ``intensity_park`` and
        ``intensity_groups`` share.
    """
    points = scores_of(found.value, ideal)
    share = spread(points.notna().to_numpy(), CODES, *weights.of(CODES))
    total = score.total_score(points.to_numpy(), share)
    rows = []
    for k, code in enumerate(CODES):
        value, note = found.value[code], found.note[code]
        known = value.notna()
        aim = ideal.get(code, Ideal(np.nan, "", "", ""))
        doubt = found.doubt[code]
        rows.append(
            pd.DataFrame(
                {
                    "group": range(len(value)),
                    "indicator": code,
                    "value": value,
                    "unit": UNITS[code],
                    "ideal": np.where(known, aim.value, np.nan),
                    "ideal_basis": np.where(known, aim.basis, ""),
                    "score": points[code],
                    "weight": share[:, k],
                    "estimated_share": doubt,
                    "source": np.where(known, aim.source, ""),
                    "confidence": np.where(known, aim.confidence, ""),
                    "note": np.where(~known | points[code].notna(), note, "no_ideal"),
                    "estimated": np.where(doubt > 0, "value", ""),
                }
            )
        )
    return pd.concat(rows, ignore_index=True), total


def left_out(rows: pd.DataFrame) -> list[Finding]:
    """A finding that names the indicators without a part in the park's score."""
    missing = rows[(rows["weight"] == 0) & (rows["note"] != "other_type")]
    if not len(missing):
        return []
    known = resources.codes("intensity_indicator")
    values = {
        f"indicators_{lang}": comma.join(str(known[code][f"label_{lang}"]) for code in missing["indicator"])
        for lang, comma in (("en", ", "), ("zh", "、"))
    }
    return [Finding("intensity.left_out", "info", values=values)]


def parts(
    park: Park,
    land: pd.DataFrame,
    land_doubt: pd.DataFrame,
    state: pd.DataFrame,
    piece: pd.DataFrame,
    piece_doubt: pd.DataFrame,
    ideal: Mapping[str, Ideal],
    weights: Weights,
) -> pd.DataFrame:
    """The table ``intensity_groups``: zones and sectors, each with every indicator and its total score.

    Ideal values are the park's, so that zones and sectors can be compared.
    """
    zone = park["parcels"]["zone"].to_numpy(object)[piece["parcel"]]
    found = []
    for kind, label in (("zone", zone), ("sector", piece["sector"].to_numpy(object))):
        names = sorted(set(label) - {""})
        if not names:
            continue
        group = pd.Index(names).get_indexer(label)
        values = indicators.group_indicators(park, land, land_doubt, state, piece, piece_doubt, group, len(names))
        rows, total = table(values, ideal, weights)
        area = np.bincount(
            group[group >= 0],
            weights=(piece["share"].to_numpy() * land["area_m2"].to_numpy()[piece["parcel"]])[group >= 0],
            minlength=len(names),
        )
        found.append(_named(_with_total(rows, total), kind, names, area))
    return (
        pd.concat(found, ignore_index=True)
        if found
        else pd.DataFrame(columns=list(resources.columns("intensity_groups")))
    )


def _with_total(rows: pd.DataFrame, total: np.ndarray) -> pd.DataFrame:
    """The rows and one for the total score of each group."""
    soft = np.bincount(rows["group"], weights=rows["weight"] * rows["estimated_share"], minlength=len(total))
    more = pd.DataFrame(
        {
            "group": range(len(total)),
            "indicator": TOTAL,
            "value": total,
            "unit": "1",
            "ideal": 100.0,
            "ideal_basis": "natural",
            "score": total,
            "weight": 0.0,
            "estimated_share": soft,
            "source": "TD/T 1029",
            "confidence": "m",
            "note": np.where(np.isnan(total), "no_data", ""),
            "estimated": np.where(soft > 0, "value", ""),
        }
    )
    return pd.concat([rows, more], ignore_index=True)


def _named(rows: pd.DataFrame, kind: str, names: Sequence[str], area_m2: np.ndarray) -> pd.DataFrame:
    which = rows.pop("group").to_numpy(int)
    name = np.array(names, dtype=object)[which]
    rows.insert(0, "group_kind", kind)
    rows.insert(1, "group_name", name)
    rows.insert(2, "area_ha", area_m2[which] / indicators.HA)
    key = [f"{kind}/{n}/{code}" for n, code in zip(name, rows["indicator"], strict=True)]
    rows.insert(0, "group_id", key)
    return rows
