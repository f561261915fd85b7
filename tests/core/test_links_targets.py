"""Targets as tables of a run: the figures of ``parkloop targets``, the park and each firm, marked where they are estimates."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from small_park import small_park

from parkloop import resources
from parkloop.analysis.links.target_tables import TABLES, target_tables
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.targets import heat, water
from parkloop.analysis.targets.composites import composites

HEAT = [
    {"stream_id": "H1", "enterprise_id": "E1", "kind": "hot", "t_supply_c": 150, "t_target_c": 50, "duty_kw": 1000},
    {"stream_id": "C1", "enterprise_id": "E1", "kind": "cold", "t_supply_c": 20, "t_target_c": 40, "duty_kw": 100, "estimated": "duty_kw"},
    {"stream_id": "C2", "enterprise_id": "E2", "kind": "cold", "t_supply_c": 60, "t_target_c": 120, "duty_kw": 600},
]  # fmt: skip
WATER = [
    {"stream_id": "D1", "enterprise_id": "E1", "direction": "demand", "flow_t_d": 100, "cod_mg_l": 50},
    {"stream_id": "W1", "enterprise_id": "E2", "direction": "discharge", "flow_t_d": 80, "cod_mg_l": 100},
]


def found(**layers) -> dict[str, pd.DataFrame]:
    return target_tables(
        small_park(**{"heat_streams": HEAT, "water_streams": WATER, **layers}), Scenario(), lambda: False
    )[0]


def test_a_water_target_that_would_take_minutes_is_left_out_and_said(monkeypatch):
    monkeypatch.setattr(sys.modules[target_tables.__module__], "MOST_PAIRS", 0)
    park = small_park(heat_streams=HEAT, water_streams=WATER)
    tables, findings = target_tables(park, Scenario(), lambda: False)
    assert tables["water_targets"].empty and len(tables["heat_targets"])
    assert [(one.key, one.values["count"]) for one in findings] == [("links.no_water_target", 1)]


def test_tables_hold_the_figures_of_the_command():
    tables = found()
    park = small_park(heat_streams=HEAT, water_streams=WATER)
    scenario = Scenario()
    told = heat.targets(park, None, scenario.links.approach_k / 2, heat.levels_of(None, scenario)).table.iloc[-1]
    row = tables["heat_targets"].set_index("target_id").loc["park"]
    for mine, theirs in (
        ("heating_kw", "today_hot_kw"), ("cooling_kw", "today_cold_kw"), ("own_heating_kw", "firms_hot_kw"),
        ("levels_heating_kw", "levels_hot_kw"), ("direct_heating_kw", "direct_hot_kw"), ("direct_cooling_kw", "direct_cold_kw"),
    ):  # fmt: skip
        assert row[mine] == pytest.approx(told[theirs])
    told = water.targets(park, scenario, None).table.iloc[-1]
    row = tables["water_targets"].set_index("target_id").loc["park"]
    for name in ("demand_t_d", "discharge_t_d", "reuse_fresh_t_d", "treat_fresh_t_d", "treated_t_d"):
        assert row[name] == pytest.approx(told[name])


def test_a_case_worked_out_by_hand():
    """H1 holds 1000 kW from 150 to 50 C, 10 kW for each kelvin: above 70 C 800 kW for the 600 kW of C2, and 100 kW for C1 below."""
    tables = found()
    rows = tables["heat_targets"].set_index("target_id")
    assert rows.loc["park", ["heating_kw", "cooling_kw", "saving_kw"]].tolist() == pytest.approx([700, 1000, 700])
    assert rows.loc["park", ["direct_heating_kw", "direct_cooling_kw"]].tolist() == pytest.approx([0, 300])
    assert rows.loc[
        "E1", ["heating_kw", "own_heating_kw", "own_cooling_kw", "saving_kw"]
    ].tolist() == pytest.approx([100, 0, 900, 100])
    assert rows.loc["E2", ["heating_kw", "own_heating_kw", "saving_kw"]].tolist() == pytest.approx([600, 600, 0])
    assert np.isnan(rows.loc["E2", "direct_heating_kw"]) and rows.loc["E2", "streams"] == 1
    # 100 t/d at 50 mg/L: half of it may be water of 100 mg/L
    row = tables["water_targets"].set_index("target_id").loc["park"]
    assert row[["reuse_fresh_t_d", "reuse_waste_t_d", "pinch_mg_l"]].tolist() == pytest.approx([50, 30, 100])
    assert row["contaminant"] == "cod_mg_l" and row["treat_fresh_t_d"] <= 50
    curve = tables["heat_curves"]
    hot = curve[curve["curve"] == "hot"]
    assert hot[["heat_kw", "temperature_c"]].to_numpy().tolist() == [[0.0, 50.0], [1000.0, 150.0]]
    assert curve.loc[curve["curve"] == "cold", "heat_kw"].min() == pytest.approx(300)  # the cooling that is left


def test_estimates_are_marked_for_the_firm_and_the_park_alone():
    rows = found()["heat_targets"].set_index("target_id")["estimated"]
    assert "own_heating_kw" in rows["E1"].split(";") and "direct_heating_kw" in rows["park"].split(";")
    assert rows["E2"] == "" and "direct_heating_kw" not in rows["E1"]
    assert set(found()["water_targets"]["estimated"]) == {""}


def test_a_park_without_streams_has_empty_tables_and_faulty_ones_are_left_out():
    empty = found(heat_streams=None, water_streams=None)
    assert set(empty) == set(TABLES) and all(len(table) == 0 for table in empty.values())
    assert all(list(table.columns) == list(resources.columns(name)) for name, table in empty.items())
    faulty = [HEAT[0], {**HEAT[2], "t_supply_c": 130}]
    rows = found(heat_streams=faulty)["heat_targets"]
    assert rows["streams"].tolist() == [1, 1] and rows["target_id"].tolist() == ["E1", "park"]
    only = [{**WATER[1]}]
    assert len(found(water_streams=only)["water_targets"]) == 0


def test_tables_do_not_depend_on_the_order_of_rows():
    one, other = found(), found(heat_streams=HEAT[::-1], water_streams=WATER[::-1])
    for name in TABLES:
        pd.testing.assert_frame_equal(one[name], other[name])


def test_composites_of_water_touch_where_the_pinch_is():
    rng = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "direction": ["demand"] * 8 + ["discharge"] * 8,
            "flow_t_d": rng.uniform(5, 100, 16),
            **{name: rng.uniform(0, 300, 16) for name in ("cod_mg_l", "ss_mg_l", "tds_mg_l", "nh3n_mg_l")},
        }
    )
    curves = composites(table)
    assert curves is not None and curves.target.fresh is not None
    at = np.linspace(0, curves.demand[-1, 0], 500)
    apart = np.interp(at, *curves.demand.T) - np.interp(at, *curves.source.T)
    assert apart.min() >= -1e-9  # the sources nowhere lie above the demands
    if curves.touch is not None:
        assert np.interp(curves.touch[0], *curves.source.T) == pytest.approx(curves.touch[1])
    assert curves.source[-1, 0] - curves.demand[-1, 0] == pytest.approx(curves.target.waste)
    assert composites(table[table["direction"] == "discharge"]) is None


def test_dirty_fresh_water_takes_more_of_it():
    table = pd.DataFrame(
        {"direction": ["demand", "discharge"], "flow_t_d": [100.0, 80.0], "cod_mg_l": [50.0, 100.0]}
    )
    table[["ss_mg_l", "tds_mg_l", "nh3n_mg_l"]] = np.nan
    clean, dirty = composites(table), composites(table, (20.0, 0.0, 0.0, 0.0))
    assert clean is not None and clean.target.fresh == pytest.approx(50.0)
    # 20 f + 100 (100 - f) = 50 x 100
    assert dirty is not None and dirty.target.fresh == pytest.approx(62.5)
    assert dirty.source[1].tolist() == pytest.approx([62.5, 62.5 * 20e-3])
