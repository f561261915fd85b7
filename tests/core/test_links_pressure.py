"""Power from waste pressure: steam against IF97's own check values and tables, gases by hand, no double counting."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import small_park

from parkloop.analysis import links, outcomes
from parkloop.analysis.links import existing, steam
from parkloop.analysis.links.costs import Costs
from parkloop.analysis.links.places import locate
from parkloop.analysis.links.pressure import gas_work, gases, pressure_recovery
from parkloop.analysis.links.relief import relief
from parkloop.analysis.scenario import Links, Scenario, Siting
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress

S = Standards()
AIR = 0.101325


def run(park, standards=None, pressure="mp_a", **choices):
    chosen = Links(**({"gap": 1e-6} | choices))
    scenario = Scenario(links=chosen, siting=Siting(gas_pressure=pressure), standards=standards or {})
    return links.run(park, scenario, {}, Progress())


def rows(result):
    return result.tables["pressure_recovery"].set_index("recovery_id")


def bare(**layers):
    empty = {"heat_streams": None, "material_flows": None, "water_streams": None, "exchanges": None}
    return small_park(**(empty | layers))


def test_steam_agrees_with_the_check_values_of_if97():
    # IAPWS R7-97(2012), tables 15, 35 and 36
    for mpa, kelvin, volume, enthalpy, entropy in (
        (0.0035, 300, 0.394913866e2, 0.254991145e4, 0.852238967e1),
        (0.0035, 700, 0.923015898e2, 0.333568375e4, 0.101749996e2),
        (30.0, 700, 0.542946619e-2, 0.263149474e4, 0.517540298e1),
    ):
        assert steam.steam(mpa, kelvin - 273.15) == pytest.approx((volume, enthalpy, entropy), rel=1e-8)
    for kelvin, mpa in ((300, 0.353658941e-2), (500, 0.263889776e1), (600, 0.123443146e2)):
        assert steam.saturation_mpa(kelvin - 273.15) == pytest.approx(mpa, rel=1e-8)
    for mpa, kelvin in ((0.1, 0.372755919e3), (1.0, 0.453035632e3), (10.0, 0.584149488e3)):
        assert steam.saturation_c(mpa) + 273.15 == pytest.approx(kelvin, rel=1e-8)


def test_the_fall_of_enthalpy_agrees_with_steam_tables():
    # 4 MPa, 400 C: h = 3214.37, s = 6.77119; at 0.5 MPa s' = 1.86060, s'' = 6.82058, h' = 640.19, h'' = 2748.11 kJ/kg
    wet = (6.77119 - 1.86060) / (6.82058 - 1.86060)
    assert steam.drop(4.0, 400.0, 0.5) == pytest.approx(3214.37 - (640.19 + wet * (2748.11 - 640.19)), abs=0.1)
    # 4 MPa, 500 C: h = 3445.84, s = 7.09190; at 1 MPa steam of that entropy has 291.30 C and h = 3033.04
    assert steam.drop(4.0, 500.0, 1.0) == pytest.approx(3445.84 - 3033.04, abs=0.02)
    assert steam.water_enthalpy(0.5) == pytest.approx(640.19, abs=0.5)
    assert steam.water_enthalpy(1.0) == pytest.approx(762.68, abs=0.5)


@settings(max_examples=40)
@given(st.floats(0.15, 15.0), st.floats(0, 200), st.floats(0.05, 0.95))
def test_steam_gives_more_the_further_it_falls_and_never_more_than_it_holds(mpa, superheat, share):
    begin = steam.saturation_c(mpa) + superheat
    low, lower = AIR + (mpa - AIR) * share, AIR + (mpa - AIR) * share / 2
    assert 0 <= steam.drop(mpa, begin, low) <= steam.drop(mpa, begin, lower) < steam.steam(mpa, begin)[1]


def test_work_of_an_ideal_gas_and_its_preheating_by_hand():
    # nitrogen, cp = 1.4 / 0.4 x 8.3145 / 28.014 = 1.0388 kJ/(kg K); 0.5 to 0.1 MPa from 300 K: 1 - 0.2^(2/7) = 0.36861
    work, heat = gas_work("nitrogen", 0.5, 0.1, 26.85, 0.75, -273.0)
    assert (work, heat) == (pytest.approx(0.75 * 0.36861 * 1.0388 * 300, rel=1e-4), 0.0)
    # outlet at 5 C or warmer: inlet 278.15 / (1 - 0.75 x 0.36861) = 384.4 K
    work, heat = gas_work("nitrogen", 0.5, 0.1, 26.85, 0.75, 5.0)
    assert heat == pytest.approx(1.0388 * (278.15 / (1 - 0.27646) - 300), rel=1e-4)
    assert work == pytest.approx(1.0388 * 278.15 / (1 - 0.27646) * 0.27646, rel=1e-4)


@given(st.sampled_from(sorted(gases().index)), st.floats(1.3, 40), st.floats(0, 200))
def test_a_gas_leaves_no_colder_than_allowed_and_energy_is_kept(medium, ratio, inlet):
    work, heat = gas_work(medium, ratio * 0.1, 0.1, inlet, 0.75, 5.0)
    gas = gases().loc[medium]
    cp = gas["kappa"] / (gas["kappa"] - 1) * 8.314462618 / gas["molar_mass_kg_kmol"]
    outlet = inlet + (heat - work) / cp  # enthalpy out = in + preheat - work
    assert outlet >= 5 - 1e-9 and heat >= 0
    assert heat == 0 or outlet == pytest.approx(5)


def user(**more):
    return {
        "stream_id": "C",
        "enterprise_id": "E4",
        "kind": "cold",
        "t_supply_c": 20,
        "t_target_c": 130,
        "duty_kw": 8000,
        "medium": "steam",
        "steam_pressure_mpa": 1.5,
        "hours_a": 8000,
    } | more


def test_throttled_steam_keeps_its_users_heat_and_pays_for_what_the_work_takes():
    coal = [{"energy_id": "U", "enterprise_id": "E4", "carrier": "raw_coal", "energy_gj_a": 400_000}]
    park = bare(heat_streams=[user()], energy_use=coal)
    result = run(park)
    row = rows(result).loc["steam_user:C"]
    low = steam.saturation_mpa(140.0)
    work = S.value("pressure.efficiency_steam") * steam.drop(1.5 + AIR, steam.saturation_c(1.5 + AIR), low)
    held = steam.steam(1.5 + AIR, steam.saturation_c(1.5 + AIR))[1] - steam.water_enthalpy(low)
    flow = 8000 / (held - work)
    assert row["to_mpa"] == pytest.approx(low - AIR) and row["flow_t_h"] == pytest.approx(3.6 * flow)
    assert row["power_kw"] == pytest.approx(flow * work * S.value("pressure.generator")) and row["power_kw"] > 300
    raised = flow * work * 8000 * 0.0036
    assert row["heat_gj_a"] == pytest.approx(raised)
    assert row["electricity_mwh_a"] == pytest.approx(8 * row["power_kw"])
    price = S.value("energy.price_raw_coal") / 0.9
    value = row["electricity_mwh_a"] * 3.6 * S.value("energy.price_electricity") - raised * price
    assert row["value_cur_a"] == pytest.approx(value)
    invested = row["power_kw"] * S.value("pressure.investment_steam")
    annuity = 0.08 / (1 - 1.08**-15) + S.value("links.maintenance")
    assert row["benefit_cur_a"] == pytest.approx(value - invested * annuity)
    assert row["payback_a"] == pytest.approx(invested / (value - invested * S.value("links.maintenance")))
    grid, coal_co2 = S.value("energy.grid_co2"), S.value("energy.co2_raw_coal") / 0.9
    assert row["co2_t_a"] == pytest.approx(row["electricity_mwh_a"] * grid - raised * coal_co2)
    assert row["reason"] == ""
    # the outcomes count it once: power less the fuel that makes up for it
    told = outcomes.run(park, Scenario(), {"links": result}, Progress())
    table = told.tables["outcomes"].set_index("outcome_id")["difference"]
    energy = row["electricity_mwh_a"] * 3.6 - raised / 0.9
    assert table["energy"] == pytest.approx(-energy / S.value("energy.coal_equivalent"))
    assert table["co2"] == pytest.approx(-row["co2_t_a"])
    assert (table["investment"], table["annual_benefit"]) == pytest.approx((invested, row["benefit_cur_a"]))
    assert told.tables["projects"]["project_id"].tolist()[0] == "links-pressure"


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.01, 30),
    st.floats(-50, 900),
    st.floats(0, 300),
    st.floats(1, 1e5),
    st.sampled_from(["hot", "cold"]),
)
def test_any_steam_balances(mpa, low, span, duty, kind):
    """The work comes out of heat raised anew; no stream breaks the sum."""
    ends = (low, low + span) if kind == "cold" else (low + span, low)
    stream = user(kind=kind, t_supply_c=ends[0], t_target_c=ends[1], duty_kw=duty, steam_pressure_mpa=mpa)
    park = bare(heat_streams=[stream])
    scenario = Scenario()
    costs = Costs.of(park, scenario)
    places, _ = locate(park, costs.standards)
    kept, released, _ = existing.kept(park, places, scenario.links)
    case = links.Case(park, scenario, places, costs, relief(park, places, costs), kept, released)
    none = pd.DataFrame(columns=["status", "kind", "heat_kw", "loss_kw", "from_flow_id", "to_flow_id", "link_id"])
    row = pressure_recovery(case, none)[0].iloc[0]
    if row["reason"] in ("no_drop", "own_turbine"):
        assert np.isnan(row["power_kw"])
        return
    work_gj = row["electricity_mwh_a"] * 3.6 / S.value("pressure.generator")
    assert row["power_kw"] > 0 and row["to_mpa"] < row["from_mpa"]
    assert row["heat_gj_a"] == pytest.approx(work_gj if kind == "cold" else 0.0)
    assert work_gj < 0.6 * duty * 8000 * 0.0036  # no steam turns more than a part of its heat into work


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"steam_pressure_mpa": 0.28}, "no_drop"),
        ({"duty_kw": 500}, "small"),
        ({"hours_a": 300}, "not_worth"),
    ],
)
def test_what_is_left_out_says_why(change, reason):
    table = rows(run(bare(heat_streams=[user(**change)])))
    assert table.loc["steam_user:C", "reason"] == reason
    assert run(bare(heat_streams=[user(**change)])).figures["pressure_kw"].value == 0


def test_steam_of_a_link_counts_once_and_an_estimated_pressure_is_no_evidence():
    supply = user(stream_id="H", enterprise_id="E1", kind="hot", t_supply_c=250, t_target_c=100, duty_kw=20_000)
    old = {
        "exchange_id": "X",
        "from_enterprise_id": "E1",
        "to_enterprise_id": "E4",
        "kind": "heat",
        "heat_kw": 8000,
    }
    table = rows(run(bare(heat_streams=[supply, user()], exchanges=[old]), heat=False))
    assert table["reason"].to_dict() == {
        "steam_link:E-X": "",
        "steam_unused:H": "own_turbine",
        "steam_user:C": "linked",
    }
    half = rows(run(bare(heat_streams=[supply, user()], exchanges=[old | {"heat_kw": 4000}]), heat=False))
    both = half.loc[["steam_link:E-X", "steam_user:C"], "flow_t_h"]
    assert both.iloc[0] < both.iloc[1] < table.loc["steam_link:E-X", "flow_t_h"]  # hotter steam holds more
    guess = rows(run(bare(heat_streams=[user(estimated="steam_pressure_mpa")])))
    assert guess.empty


def gas(name, firm, material, direction, tonnes, mpa=None):
    role = "by_product" if direction == "out" else "raw_material"
    base = {"flow_id": name, "enterprise_id": firm, "material": material, "direction": direction, "role": role}
    return base | {"quantity_t_a": tonnes, "pressure_mpa": mpa}


def test_top_gas_expands_to_the_network_and_an_unknown_pressure_is_named():
    flows = [
        gas("T", "E2", "blast_furnace_gas", "out", 800_000, 0.2),
        gas("U", "E3", "blast_furnace_gas", "out", 9000),
    ]
    result = run(bare(material_flows=flows))
    row = rows(result).loc["top_gas:T"]
    cp = 1.37 / 0.37 * 8.314462618 / 30.4
    fall = 0.8 * (1 - ((0.01 + AIR) / (0.2 + AIR)) ** (0.37 / 1.37))
    power = 800_000 / 8000 / 3.6 * cp * 423.15 * fall * 0.93
    assert row["power_kw"] == pytest.approx(power, rel=1e-6) and 2000 < power < 3500
    assert row["heat_gj_a"] == 0 and row["reason"] == "" and row["material"] == "blast_furnace_gas"
    left = rows(result).loc["top_gas:U"]
    assert left["reason"] == "no_pressure" and np.isnan(left["power_kw"])
    assert [(f.key, f.id) for f in result.findings if f.key == "links.no_pressure"] == [("links.no_pressure", "U")]
    assert result.figures["pressure_kw"].value == pytest.approx(power, rel=1e-6)


def test_gas_that_a_link_leads_on_falls_only_to_what_its_user_needs():
    flows = [
        gas("T", "E2", "hydrogen", "out", 9000, 2.0),
        gas("V", "E3", "hydrogen", "in", 5000, 1.0) | {"price_cur_t": 20_000.0},
    ]
    result = run(bare(material_flows=[flows[0] | {"price_cur_t": 500.0}, flows[1]]))
    link = result.tables["links"].iloc[0]
    table = rows(result)
    assert link["quantity_t_a"] == pytest.approx(5000)
    assert table["to_mpa"].to_dict() == {f"process_gas:T:{link['link_id']}": 1.0, "process_gas:T": 0.01}
    assert table["flow_t_h"].sum() == pytest.approx(9000 / 8000)
    assert (table["heat_gj_a"] > 0).all()  # hydrogen is preheated


def test_the_gas_station_lets_down_from_its_class():
    use = [{"energy_id": "U", "enterprise_id": "E4", "carrier": "natural_gas", "energy_gj_a": 4e6}]
    station = [{"facility_id": "G", "utility": "gas", "capacity": 20_000, "geometry": None}]
    table = rows(run(bare(energy_use=use, facilities=station), pressure="hp_a"))
    row = table.loc["natural_gas:G"]
    assert (row["from_mpa"], row["to_mpa"], row["layer"]) == (2.5, 0.4, "facilities")
    assert row["flow_t_h"] == pytest.approx(4e6 / 50 / 8000) and row["heat_gj_a"] > 0
    assert rows(run(bare(energy_use=use, facilities=station))).loc["natural_gas:G", "reason"] == "no_drop"
