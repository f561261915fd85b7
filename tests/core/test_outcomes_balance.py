"""Outcomes by hand: coal equivalent, carbon, water and waste counted once, money, missing data said."""

from __future__ import annotations

import pandas as pd
import pytest
from small_park import shuffled, small_park

from parkloop import resources
from parkloop.analysis import links, outcomes
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.steps import Progress, StepResult

ENERGY = [
    {"energy_id": "U1", "enterprise_id": "E1", "carrier": "raw_coal", "energy_gj_a": 1_000_000},
    {"energy_id": "U2", "enterprise_id": "E4", "carrier": "heat", "energy_gj_a": 300_000},
    {
        "energy_id": "U3",
        "enterprise_id": "E5",
        "carrier": "electricity",
        "energy_gj_a": 36_000,
        "estimated": "energy_gj_a",
    },
    {"energy_id": "U4", "enterprise_id": "E5", "carrier": "natural_gas", "energy_gj_a": 60_000},
]
EMISSIONS = [
    {"emission_id": "A1", "enterprise_id": "E5", "pollutant": "nox", "amount_t_a": 10.0},
    {"emission_id": "A2", "enterprise_id": "E1", "pollutant": "so2", "amount_t_a": 50.0},
    {"emission_id": "A3", "enterprise_id": "E3", "pollutant": "voc", "amount_t_a": 20.0},
]


def run(park, results=None, scenario=None):
    return outcomes.run(park, scenario or Scenario(), results or {}, Progress())


def rows(result):
    return result.tables["outcomes"].set_index("outcome_id")


def full_park(**layers):
    park = small_park()["park"].assign(value_added_cur_a=2e8)
    return small_park(**({"energy_use": ENERGY, "emissions": EMISSIONS, "park": park} | layers))


def with_links(park):
    return {"links": links.run(park, Scenario(), {}, Progress())}


def test_energy_is_counted_in_coal_equivalent_and_heat_from_inside_only_once():
    table = rows(run(full_park()))
    counted = 1_000_000 + 36_000 + 60_000  # the 300,000 GJ of heat come out of E1's coal
    assert table.at["energy", "today"] == pytest.approx(counted / 29.307)
    carbon = 1_000_000 * 0.09089 + 36_000 / 3.6 * 0.5306 + 60_000 * 0.05554
    assert table.at["co2", "today"] == pytest.approx(carbon)
    assert table.at["energy", "estimated_share"] == pytest.approx(36_000 / counted)
    assert table.at["energy_per_value_added", "today"] == pytest.approx(counted / 29.307 / 20_000)
    # GB/T 2589: a kilowatt-hour is 0.1229 kgce at its equivalent value
    assert pytest.approx(0.1229, abs=1e-4) == 3.6 / 29.307


def test_heat_from_outside_and_the_parks_own_grid_factor_count():
    use = [row | {"energy_gj_a": 100_000} if row["energy_id"] == "U1" else row for row in ENERGY]
    park = small_park()["park"].assign(grid_co2_t_mwh=0.4)
    table = rows(run(full_park(energy_use=use, park=park)))
    outside = 300_000 - 0.85 * 100_000
    assert table.at["energy", "today"] == pytest.approx((100_000 + outside + 96_000) / 29.307)
    carbon = 100_000 * 0.09089 + outside * 0.11 + 36_000 / 3.6 * 0.4 + 60_000 * 0.05554
    assert table.at["co2", "today"] == pytest.approx(carbon)


def test_water_and_waste_today_leave_out_what_existing_links_use_and_the_plan_what_new_ones_do():
    park = full_park()
    found = with_links(park)
    table, new = rows(run(park, found)), found["links"].figures
    assert table.at["fresh_water", "today"] == pytest.approx((3000 + 2000) * 365)
    assert table.at["wastewater", "today"] == pytest.approx((800 + 2500) * 365)
    spared = new["fresh_today_m3_a"].value - new["fresh_planned_m3_a"].value
    assert spared > new["water_m3_a"].value > 0  # firms reuse their own wastewater, too
    for name in ("fresh_water", "wastewater"):
        assert table.at[name, "difference"] == pytest.approx(-spared)
    assert table.at["solid_waste", "today"] == pytest.approx(63_000 - 20_000)
    assert table.at["solid_waste", "difference"] == pytest.approx(-new["tonnes_t_a"].value)
    assert table.at["solid_waste_utilisation", "today"] == pytest.approx(100 * 20_000 / 63_000)
    assert table.at["cod", "today"] == pytest.approx((800 * 300 + 2500 * 800) * 365 / 1e6)


def test_a_firm_cannot_save_more_fuel_than_it_records_and_its_emissions_fall_with_it():
    park = full_park()
    found = with_links(park)
    result = run(park, found)
    table = rows(result)
    heat = found["links"].tables["links"].query("kind == 'heat'").set_index("to_enterprise_id")["energy_gj_a"]
    saved = min(heat["E4"], 300_000) + min(heat["E5"], 60_000)
    assert table.at["energy", "difference"] == pytest.approx(-saved / 29.307)
    assert table.at["nox", "planned"] == pytest.approx(10 * (1 - min(heat["E5"] / 60_000, 1)))
    assert table.at["so2", "difference"] == 0 and table.at["voc", "difference"] == 0
    assert table.at["air_pollutants", "today"] == pytest.approx(80)
    sparse = [row for row in ENERGY if row["enterprise_id"] != "E5"]
    keys = {(f.key, f.id) for f in run(full_park(energy_use=sparse), found).findings}
    assert ("outcomes.unrecorded_fuel", "E5") in keys


def test_works_and_networks_add_projects_and_reclaimed_water_counts_once():
    park = full_park()
    sites = pd.DataFrame(
        {
            "site_id": ["S1", "S2", "S3"],
            "utility": ["reclaimed", "waste_gas", "wastewater"],
            "status": ["new", "new", "existing"],
            "added": [500.0, 1000.0, 0.0],
            "capacity": [500.0, 1000.0, 5000.0],
            "demand": [400.0, 900.0, 3000.0],
            "unit": ["t/d", "m3/h", "t/d"],
            "investment_cur": [2e6, 1e6, 0.0],
            "estimated": ["", "", ""],
        }
    )
    service = pd.DataFrame({"site_id": ["S2"], "enterprise_id": ["E3"]})
    pipes = pd.DataFrame(
        {"utility": ["reclaimed"], "length_m": [1500.0], "investment_cur": [3e6], "estimated": [""]}
    )
    given = {
        "siting": StepResult({"sites": sites, "site_service": service}),
        "networks": StepResult({"network_pipes": pipes}),
        "intensity": StepResult({"intensity_parcels": pd.DataFrame({"asleep_m2": [30_000.0, 0.0]})}),
    }
    result = run(park, given)
    table, plans = rows(result), result.tables["projects"].set_index("project_id")
    assert table.at["fresh_water", "difference"] == pytest.approx(-400 * 365)
    assert table.at["wastewater", "difference"] == pytest.approx(-400 * 365)
    assert table.at["voc", "planned"] == pytest.approx(20 * 0.2)
    assert list(plans.index) == ["intensity-land", "networks-reclaimed", "siting-reclaimed", "siting-waste_gas"]
    assert table.at["investment", "planned"] == pytest.approx(6e6)
    assert plans.at["networks-reclaimed", "size"] == 1.5 and plans.at["intensity-land", "size"] == 3.0
    assert plans.at["siting-reclaimed", "years"] == "2025-2026" and pd.isna(
        plans.at["intensity-land", "investment_cur"]
    )
    assert [f.key for f in result.findings if f.key == "outcomes.missing_step"] == ["outcomes.missing_step"]


def test_what_is_not_known_is_left_empty_and_said():
    result = run(small_park(water_streams=None, material_flows=None))
    table = rows(result)
    for name in ("energy", "fresh_water", "solid_waste", "nox", "energy_per_value_added"):
        assert table.loc[name, ["today", "planned"]].isna().all()
    keys = {f.key for f in result.findings}
    assert {"outcomes.no_layer", "outcomes.no_demand", "outcomes.no_discharge", "outcomes.no_value_added"} <= keys
    for finding in result.findings:
        assert finding.text("en") and finding.text("zh") and finding.remedy("zh")


def test_every_result_that_the_2021_notice_asks_for_is_there():
    asked = {
        "energy_saving",
        "water_saving",
        "co2_reduction",
        "solid_waste_reduction",
        "wastewater_reduction",
        "air_reduction",
        "energy_per_gdp",
        "water_per_gdp",
        "solid_waste_utilisation",
    }
    table = rows(run(full_park()))
    assert asked <= set(table["indicator"])
    assert (table["source"] != "").all() and (table["note_zh"] != "").all()
    assert list(table.index[:2]) == ["energy", "co2"]
    for lang in resources.LANGUAGES:
        assert all(f"outcomes.figure.{name}" in resources.texts(lang) for name in table.index)


def test_money_is_carried_into_the_parks_currency_and_rows_may_be_shuffled():
    park = full_park()
    one, two = run(park, with_links(park)), run(shuffled(park), with_links(shuffled(park)))
    for name in one.tables:
        pd.testing.assert_frame_equal(one.tables[name], two.tables[name])
    euro = small_park(park=small_park()["park"].assign(currency="EUR", value_added_cur_a=2e8), energy_use=ENERGY)
    table = rows(run(euro))
    assert table.at["energy_per_value_added", "today"] == pytest.approx(1_096_000 / 29.307 / (2e4 * 7.8))
    assert table.at["investment", "unit"] == "EUR"
