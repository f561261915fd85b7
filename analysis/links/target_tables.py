"""Targets as tables of the step: what any design could reach at best, and the curves that show it.

The figures are those of ``parkloop targets`` (``analysis/targets``): the park as a whole, and each firm on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkloop import resources

from ..errors import Finding
from ..park.model import Park, estimated
from ..scenario import Scenario
from ..tables import result_table
from .heat import sound as sound_heat
from .water import CONTAMINANTS
from .water import sound as sound_water
from .water.target import pairs as water_pairs

if TYPE_CHECKING:
    from ..targets import heat, water

PARK = "park"
MOST_PAIRS = 40_000  # qualities of discharges times limits of demands up to which a run works out the water target
TABLES = ("heat_targets", "heat_curves", "water_targets", "water_curves")


def target_tables(
    park: Park, scenario: Scenario, cancelled: Callable[[], bool]
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Tables ``heat_targets``, ``heat_curves``, ``water_targets``, ``water_curves``; empty where no stream can be used.

    Those of water are left out, with a finding, where more than ``MOST_PAIRS`` qualities meet.

    Of streams that cannot be used the matching tells already, so their findings are not repeated here.

    Raises
    ------
    Cancelled
    """
    from ..targets import heat, water  # they read streams as links do, so that they load after this package

    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    streams, _ = sound_heat(park["heat_streams"])
    if len(streams):
        approach = scenario.links.approach_k / 2  # of one exchanger; links pass two
        levels = heat.levels_of(None, scenario)
        _heat(found, heat.targets(park, None, approach, levels, cancelled), _guesses(streams, HEAT_STREAM))
    streams, _ = sound_water(park["water_streams"])
    streams = streams[streams["flow_t_d"] > 0]
    findings = []
    count = water_pairs(streams)
    if count > MOST_PAIRS:
        findings.append(Finding("links.no_water_target", "info", "water_streams", values={"count": count}))
    elif (streams["direction"] == "demand").any():
        _water(found, water.targets(park, scenario, None, cancelled), _guesses(streams, WATER_STREAM))
    tables = {
        name: result_table(name, {c: [row.get(c) for row in rows] for c in resources.columns(name)})
        for name, rows in found.items()
    }
    return tables, findings


HEAT_STREAM = ("t_supply_c", "t_target_c", "duty_kw")
WATER_STREAM = ("flow_t_d", *CONTAMINANTS)
HEAT = (
    "heating_kw", "cooling_kw", "own_heating_kw", "own_cooling_kw", "levels_heating_kw", "levels_cooling_kw",
    "direct_heating_kw", "direct_cooling_kw", "saving_kw", "pinch_hot_c", "pinch_cold_c",
)  # fmt: skip
WATER = (
    "demand_t_d", "discharge_t_d", "own_fresh_t_d", "own_waste_t_d", "reuse_fresh_t_d", "reuse_waste_t_d",
    "treat_fresh_t_d", "treat_waste_t_d", "treated_t_d", "saving_t_d", "pinch_mg_l",
)  # fmt: skip


def _guesses(streams: pd.DataFrame, columns: Sequence[str]) -> set[str]:
    """Firms some of whose streams are estimates."""
    guessed = np.logical_or.reduce([estimated(streams, column).to_numpy() for column in columns])
    return set(streams["enterprise_id"][guessed])


def _heat(found: dict[str, list[dict[str, Any]]], targets: heat.HeatTargets, guesses: set[str]) -> None:
    whole = targets.table.iloc[-1].to_dict()
    park = {
        "target_id": PARK,
        "scope": PARK,
        "streams": whole["streams"],
        "heating_kw": whole["today_hot_kw"],
        "cooling_kw": whole["today_cold_kw"],
        "own_heating_kw": whole["firms_hot_kw"],
        "own_cooling_kw": whole["firms_cold_kw"],
        "levels_heating_kw": whole["levels_hot_kw"],
        "levels_cooling_kw": whole["levels_cold_kw"],
        "direct_heating_kw": whole["direct_hot_kw"],
        "direct_cooling_kw": whole["direct_cold_kw"],
        "saving_kw": whole["today_hot_kw"] - whole["direct_hot_kw"],
        "pinch_hot_c": whole["pinch_hot_c"],
        "pinch_cold_c": whole["pinch_cold_c"],
    }
    firms = [
        {
            "target_id": row["enterprise_id"],
            "scope": "firm",
            "enterprise_id": row["enterprise_id"],
            "streams": row["streams"],
            "heating_kw": row["today_hot_kw"],
            "cooling_kw": row["today_cold_kw"],
            "own_heating_kw": row["hot_kw"],
            "own_cooling_kw": row["cold_kw"],
            "saving_kw": row["today_hot_kw"] - row["hot_kw"],
            "pinch_hot_c": row["pinch_hot_c"],
            "pinch_cold_c": row["pinch_cold_c"],
        }
        for row in targets.firms.to_dict("records")
    ]
    found["heat_targets"] = _marked([park, *firms], guesses, HEAT)
    found["heat_curves"] = [
        {"point_id": f"{curve}-{n:05d}", "curve": curve, "heat_kw": kw, "temperature_c": temperature}
        for curve, points in targets.curves[""].items()
        for n, (kw, temperature) in enumerate(points, 1)
    ]


def _water(found: dict[str, list[dict[str, Any]]], targets: water.WaterTargets, guesses: set[str]) -> None:
    whole, curves = targets.table.iloc[-1].to_dict(), targets.curves
    pinch = curves.target.pinch if curves is not None else None
    park = {
        "target_id": PARK,
        "scope": PARK,
        "own_fresh_t_d": whole["firms_fresh_t_d"],
        "own_waste_t_d": whole["firms_waste_t_d"],
        "saving_t_d": _less(whole["demand_t_d"], whole["treat_fresh_t_d"]),
        "contaminant": curves.contaminant if curves is not None else "",
        "pinch_mg_l": None if pinch is None or np.isinf(pinch) else pinch,
        **{name: whole[name] for name in WATER if name in whole},
    }
    firms = [
        {
            "target_id": row["enterprise_id"],
            "scope": "firm",
            "enterprise_id": row["enterprise_id"],
            "demand_t_d": row["demand_t_d"],
            "discharge_t_d": row["discharge_t_d"],
            "own_fresh_t_d": row["fresh_t_d"],
            "own_waste_t_d": row["waste_t_d"],
            "saving_t_d": _less(row["demand_t_d"], row["fresh_t_d"]),
        }
        for row in targets.firms.to_dict("records")
    ]
    found["water_targets"] = _marked([park, *firms], guesses, WATER)
    if curves is not None:
        found["water_curves"] = [
            {
                "point_id": f"{curve}-{n:05d}",
                "curve": curve,
                "contaminant": curves.contaminant,
                "flow_t_d": flow,
                "load_kg_d": load,
            }
            for curve, points in (("demand", curves.demand), ("source", curves.source))
            for n, (flow, load) in enumerate(points.tolist(), 1)
        ]


def _less(need: float, least: float | None) -> float | None:
    """What is spared; nothing is known where no amount of fresh water is clean enough."""
    return None if least is None or np.isnan(least) else need - least


def _marked(rows: list[dict[str, Any]], guesses: set[str], columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows with the names of their values that rest on estimates; the park's do where those of any firm do."""
    for row in rows:
        if row.get("enterprise_id", "") in guesses or (row["scope"] == PARK and guesses):
            row["estimated"] = ";".join(name for name in columns if row.get(name) == row.get(name) is not None)
    return rows
