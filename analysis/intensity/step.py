"""The step: measure, form indicators, check, score, find land that is asleep."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..errors import Finding, InputError
from ..park.model import Park, estimated
from ..scenario import Intensity, Scenario
from ..standards import Standards
from ..steps import Progress, StepResult
from ..tables import result_table
from . import control, firms, indicators, measure, potential, score
from .outcome import figures_of, parcel_table, park_table
from .status import status

GOALS = ("A", "B", "C")


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Score the park's use of land; needs no earlier step.

    Raises
    ------
    InputError
        There is no parcel, one has a broken boundary, or the scenario's weights or ideal values cannot be used.
    """
    choices, standards = scenario.intensity, scenario.thresholds()
    goals = _goals(choices)
    _check_choices(choices)
    findings: list[Finding] = []
    progress(0.05, "intensity.progress.measure")
    land, doubt = describe(park, standards, findings)
    state = status(park["parcels"])
    progress(0.5, "intensity.progress.check")
    checks = control.check(park["parcels"], land, state, choices.edition, standards)
    asleep = potential.asleep(
        park["parcels"],
        land,
        state,
        checks,
        choices.under_used_share,
    )
    progress(0.7, "intensity.progress.score")
    values = indicators.parcel_indicators(land, state)
    ideals = indicators.ideal_values(
        park,
        values,
        land["area_m2"],
        state,
        _minima(land, state, choices, standards),
        {
            key.removeprefix("land.ideal."): standards.value(key)
            for key in standards
            if key.startswith("land.ideal.")
        },
        choices.ideal,
        choices.ideal_percentile,
    )
    scores = _parcel_scores(values, ideals, goals)
    whole = park_table(
        indicators.park_indicators(park, land, doubt, state), ideals, goals, standards, choices, findings
    )
    progress(0.85, "intensity.progress.tables")
    parcels = parcel_table(park, land, doubt, values, scores, checks, asleep, choices)
    table = checks.drop(columns="row")
    tables = {
        "intensity_parcels": parcels,
        "intensity_checks": result_table("intensity_checks", table),
        "intensity_park": result_table("intensity_park", whole),
    }
    total = float(np.nansum(whole["weight"] * whole["score"])) if whole["weight"].sum() > 0 else None
    figures = figures_of(land, state, asleep, checks, whole, total)
    hectares = f"{asleep['asleep_m2'].sum() / indicators.HA:.1f}"
    headline = ("intensity.headline", {"score": f"{total:.1f}", "asleep": hectares})
    if total is None:
        headline = ("intensity.headline.unscored", {"asleep": hectares})
    return StepResult(tables, figures, headline, findings=findings)


def describe(park: Park, standards: Standards, findings: list[Finding]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Everything measured of each parcel, and for each figure the part (0..1) that rests on estimates.

    Row by row with ``park["parcels"]``: the columns of ``measure.measure`` and ``firms.on_parcels``, with ``cover_m2``
    (footprints, structures, open yards) and office land completed by floor area where it is not recorded.
    """
    parcels = park["parcels"]
    land = measure.measure(park, standards, findings)
    table = firms.occupants(park, land["area_m2"].to_numpy(), findings)
    values, doubt = firms.on_parcels(park, table, findings)
    land = land.join(values)
    counted = land["counted_floor_m2"]
    doubt["counted_floor_m2"] = (land["estimated_floor_m2"] / counted.where(counted > 0)).fillna(0.0)
    doubt["footprint_m2"] = doubt["high_tech_m2"] = 0.0

    outdoor = land["structure_m2"].fillna(0.0) + land["open_yard_m2"].fillna(0.0)
    land["cover_m2"] = land["footprint_m2"] + outdoor
    unknown = land["structure_m2"].isna() & land["open_yard_m2"].isna()
    loose = estimated(parcels, "structure_m2") | estimated(parcels, "open_yard_m2")
    # structures and yards of which nothing is recorded count as none: the coefficient is then a lower bound
    doubt["cover_m2"] = np.where(
        unknown, 1.0, np.where(loose, outdoor / land["cover_m2"].where(land["cover_m2"] > 0), 0.0)
    )
    doubt["cover_m2"] = doubt["cover_m2"].fillna(0.0)

    # office and living land that is not recorded is apportioned by floor area, as the control indicators allow
    floor = land["floor_area_m2"]
    by_floor = land["area_m2"] * land["office_floor_m2"] / floor.where(floor > 0)
    land["guess_office"] = land["office_land_m2"].isna() | estimated(parcels, "office_living_land_m2")
    land["office_land_m2"] = land["office_land_m2"].fillna(by_floor)
    land["guess_green"] = estimated(parcels, "green_m2")
    land["guess_floor"] = doubt["counted_floor_m2"] > 0
    land["guess_cover"] = doubt["cover_m2"] > 0
    crowded = land["cover_m2"] > land["area_m2"] * (1 + 1e-6)
    if (crowded & (land["area_m2"] > 0)).any():
        findings.append(
            measure.finding("cover_over_100", "parcels", parcels["parcel_id"][crowded & (land["area_m2"] > 0)])
        )
    return land, doubt


def _goals(choices: Intensity) -> dict[str, float]:
    goals = {"A": choices.weight_status, "B": choices.weight_benefit, "C": choices.weight_management}
    if not sum(goals.values()) > 0:
        raise InputError.of("intensity.no_weight", layer="scenario", column="intensity.weight_*")
    return goals


def _check_choices(choices: Intensity) -> None:
    for code, value in choices.ideal.items():
        if code not in indicators.CODES:
            raise InputError.of("intensity.unknown_indicator", layer="scenario", id=code, column="intensity.ideal")
        usable = 0 <= value < 100 if code in score.FALLING else 0 < value < np.inf
        if not usable:
            raise InputError.of("intensity.bad_ideal", "scenario", code, "intensity.ideal", value=value)
    high, good, medium = choices.class_limits
    if not 100 >= high > good > medium >= 0:
        raise InputError.of("intensity.bad_classes", layer="scenario", column="intensity.class_limits")


def _minima(land: pd.DataFrame, state: pd.DataFrame, choices: Intensity, standards: Standards) -> dict[str, float]:
    """Minima of the control standards by indicator: A33 as the mean of the sectors' plot ratios, by area."""
    least = control.plot_ratio_minimum(land["sector"], choices.edition, standards)
    some = (state["built"] & state["industrial"]).to_numpy() & ~np.isnan(least)
    area = land["area_m2"].to_numpy()[some]
    found = {"A33": float((least[some] * area).sum() / area.sum())} if area.sum() > 0 else {}
    coefficient, _ = control.limit_of("building_coefficient_min", choices.edition, "", standards)
    return {**found, "A34": coefficient.value} if coefficient else found


def _parcel_scores(
    values: pd.DataFrame, ideals: Mapping[str, tuple[float, str]], goals: Mapping[str, float]
) -> np.ndarray:
    """Score (n,) of each parcel, 0..100 or NaN."""
    codes = list(indicators.PARCEL)
    # C11 of a parcel is its share in use: more is better, 100 % the natural limit
    single = [
        score.ratio_score(values[c].to_numpy(), 100.0 if c == "C11" else ideals.get(c, (0.0, ""))[0]) for c in codes
    ]
    matrix = np.column_stack(single)
    return score.total_score(matrix, score.effective_weights(~np.isnan(matrix), codes, goals))
