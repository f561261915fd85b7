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
from . import classes, control, firms, groups, indicators, measure, potential, ranking, reserves, score, weights
from .enterprises import enterprise_table
from .indicators import PARCEL
from .outcome import figures_of, parcel_table, weight_table
from .status import status


def run(park: Park, scenario: Scenario, results: Mapping[str, StepResult], progress: Progress) -> StepResult:
    """Score the park's use of land; needs no earlier step.

    Raises
    ------
    InputError
        There is no parcel, one has a broken boundary, or the scenario's weights or ideal values cannot be used.
    """
    choices, standards = scenario.intensity, scenario.thresholds()
    _check_choices(choices)
    findings: list[Finding] = []
    progress(0.05, "intensity.progress.measure")
    land, doubt, piece, piece_doubt = describe(park, standards, findings)
    base_year = park.info["base_year"]
    state = status(park["parcels"], None if pd.isna(base_year) else int(base_year))
    progress(0.4, "intensity.progress.check")
    checks = control.check(park, land, doubt, state, choices.edition, standards, findings)
    asleep = potential.asleep(park["parcels"], land, state, checks, choices.under_used_share)

    progress(0.5, "intensity.progress.score")
    values = indicators.parcel_indicators(land, state)
    ideals = groups.ideals(park, values, land, state, choices, standards)
    # C11 of a parcel is its share in use: more is better, 100 % the natural limit
    points = groups.scores_of(values.drop(columns="C11"), ideals).assign(C11=values["C11"])[list(PARCEL)]
    weighed = weights.weigh(choices, points[state["built"]], standards, findings)
    scores = score.total_score(
        points.to_numpy(), weights.spread(points.notna().to_numpy(), PARCEL, *weighed.of(PARCEL))
    )
    progress(0.6, "intensity.progress.rank")
    count = choices.random_weightings
    missing = (points.isna() & indicators.applicable(state, land)).to_numpy()
    placed = ranking.ranks(points.to_numpy(), missing, PARCEL, weighed, count, scenario.seed)
    limits = _class_limits(scores, choices, findings)

    progress(0.8, "intensity.progress.groups")
    everything = np.zeros(len(piece), int)
    one = indicators.group_indicators(park, land, doubt, state, piece, piece_doubt, everything, 1, whole=True)
    whole, total = groups.table(one, ideals, weighed)
    findings += groups.left_out(whole)
    aims = {code: (ideal.value, ideal.basis) for code, ideal in ideals.items()}
    to_win = reserves.potentials(land, state, one, aims)
    supply = reserves.supply(park, land, state, to_win, choices.supply_years)
    findings += reserves.told(park, state, supply)

    progress(0.9, "intensity.progress.tables")
    park_rows = whole.drop(columns="group")
    divided = groups.parts(park, land, doubt, state, piece, piece_doubt, ideals, weighed)
    tables = {
        "intensity_parcels": parcel_table(park, land, doubt, scores, limits, placed, missing, checks, asleep),
        "intensity_enterprises": enterprise_table(
            park, land, doubt, state, piece, piece_doubt, ideals, weighed, choices, scenario.seed
        ),
        "intensity_checks": result_table("intensity_checks", checks.drop(columns="row")),
        "intensity_park": result_table("intensity_park", park_rows),
        "intensity_groups": result_table("intensity_groups", divided),
        "intensity_weights": weight_table(weighed),
        "intensity_potential": result_table("intensity_potential", to_win.drop(columns="estimated_share")),
    }
    score_of_park = None if np.isnan(total[0]) else float(total[0])
    figures = figures_of(land, state, asleep, checks, park_rows, score_of_park, to_win, supply)
    hectares = f"{asleep['asleep_m2'].sum() / indicators.HA:.1f}"
    headline = ("intensity.headline", {"score": f"{total[0]:.1f}", "asleep": hectares})
    if score_of_park is None:
        headline = ("intensity.headline.unscored", {"asleep": hectares})
    return StepResult(tables, figures, headline, findings=findings)


def describe(
    park: Park, standards: Standards, findings: list[Finding]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Everything measured of each parcel, and for each figure the part (0..1) that rests on estimates; the same by piece.

    The first two row by row with ``park["parcels"]``: the columns of ``measure.measure`` and ``firms.on_parcels``, with ``cover_m2``
    (footprints, structures, open yards) and office land completed by floor area where it is not recorded. The last two are
    ``firms.pieces``.
    """
    parcels = park["parcels"]
    land = measure.measure(park, standards, findings)
    table = firms.occupants(park, land["area_m2"].to_numpy(), findings)
    amounts, soft = firms.figures(park, standards, findings)
    piece, piece_doubt = firms.pieces(park, land, table, amounts, soft)
    values, doubt = firms.on_parcels(park, piece, piece_doubt)
    land = land.join(values)
    counted = land["counted_floor_m2"]
    doubt["counted_floor_m2"] = (land["estimated_floor_m2"] / counted.where(counted > 0)).fillna(0.0)
    doubt["footprint_m2"] = 0.0

    outdoor = land["structure_m2"].fillna(0.0) + land["open_yard_m2"].fillna(0.0)
    land["cover_m2"] = land["footprint_m2"] + outdoor
    unknown = land["structure_m2"].isna() | land["open_yard_m2"].isna()
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
    return land, doubt, piece, piece_doubt


def _check_choices(choices: Intensity) -> None:
    for code, value in choices.ideal.items():
        if code not in indicators.CODES:
            raise InputError.of("intensity.unknown_indicator", layer="scenario", id=code, column="intensity.ideal")
        most = 100.0 if indicators.UNITS[code] == "%" else np.inf
        usable = 0 <= value < 100 if code in score.FALLING else 0 < value <= most and value < np.inf
        if not usable:
            raise InputError.of("intensity.bad_ideal", "scenario", code, "intensity.ideal", value=value)
    high, good, medium = choices.class_limits
    if not 100 >= high > good > medium >= 0:
        raise InputError.of("intensity.bad_classes", layer="scenario", column="intensity.class_limits")


def _class_limits(scores: np.ndarray, choices: Intensity, findings: list[Finding]) -> tuple[float, float, float]:
    """Scores from which a class begins; the fixed ones where there are too few scores to find breaks in."""
    if choices.classes == "natural_breaks":
        found = classes.natural_limits(scores)
        if found:
            return found
        findings.append(Finding("intensity.too_few_for_breaks", "info", "parcels"))
    return choices.class_limits
