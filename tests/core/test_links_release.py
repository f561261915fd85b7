"""Exchanges of today that are released: they stay where the plan is best with them, else they end, with the reason."""

from __future__ import annotations

import numpy as np
import pytest
from small_park import shuffled, small_park

from parkloop.analysis import links, outcomes
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.siting.demand import demand
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress

COLUMNS = ["status", "quantity_t_a", "heat_kw", "flow_t_d", "ended_reason", "replaced_by", "investment_cur"]


def run(park, standards=None, **choices):
    chosen = Links(**({"gap": 1e-6} | choices))
    return links.run(park, Scenario(links=chosen, standards=standards or {}), {}, Progress())


def flow(name, firm, material, direction, quantity, **more):
    role = "waste" if direction == "out" else "raw_material"
    base = {"flow_id": name, "enterprise_id": firm, "material": material, "direction": direction, "role": role}
    return base | {"quantity_t_a": quantity} | more


def exchange(name, one, two, kind, **amount):
    return {
        "exchange_id": name,
        "from_enterprise_id": one,
        "to_enterprise_id": two,
        "kind": kind,
        "material": "fly_ash" if kind == "material" else "",
    } | amount


def ash(price_e3, **more):
    """E1 gives its ash to E2 today, who saves 90 a tonne by it; E3 would save ``price_e3``."""
    return small_park(
        material_flows=[
            flow("A", "E1", "fly_ash", "out", 10_000, disposal_cur_t=60.0),
            flow("B", "E2", "fly_ash", "in", 10_000, price_cur_t=90.0),
            flow("C", "E3", "fly_ash", "in", 10_000, price_cur_t=price_e3),
        ],
        exchanges=[exchange("X", "E1", "E2", "material", quantity_t_a=10_000)],
        heat_streams=None,
        water_streams=None,
        **more,
    )


def test_a_released_exchange_stays_as_its_investment_is_sunk():
    # E3 pays a little more, but not enough to pay for a link of its own
    result = run(ash(92.0), release=["X"])
    table = result.tables["links"].set_index("link_id")
    assert table.index.tolist() == ["E-X"] and not result.findings
    assert table.loc["E-X", ["status", "investment_cur", "ended_reason"]].tolist() == ["existing", 0, ""]
    assert result.tables["unmatched_flows"].empty


def test_it_ends_where_its_flow_brings_more_elsewhere_and_by_how_much_is_told():
    result = run(ash(300.0), release=["X"])
    table = result.tables["links"].set_index("link_id")
    assert table.loc["E-X", ["status", "ended_reason", "replaced_by"]].tolist() == [
        "ended",
        "better_use",
        "P-00001",
    ]
    new, old = table.loc["P-00001"], table.loc["E-X"]
    assert new["to_enterprise_id"] == "E3" and new["quantity_t_a"] == pytest.approx(10_000)
    assert old["ended_gain_cur_a"] == pytest.approx(new["benefit_cur_a"] - old["benefit_cur_a"])
    assert [(f.key, f.id) for f in result.findings] == [("links.ended_better_use", "X")]
    for lang in ("en", "zh"):
        assert "X" in result.findings[0].text(lang) and "links.release" in result.findings[0].remedy(lang)
    # without release it is kept whatever it brings, and the plan is worth less
    kept = run(ash(300.0))
    assert kept.tables["links"]["status"].tolist() == ["existing"]
    assert kept.answers[0].objective + old["benefit_cur_a"] < result.answers[0].objective
    # today's use rate counts it, the plan's does not count it twice
    assert result.figures["use_rate_today"].value == pytest.approx(100)
    assert result.figures["use_rate"].value == pytest.approx(100)
    again = run(shuffled(ash(300.0)), release=["X"]).tables["links"].set_index("link_id")
    assert again[COLUMNS].fillna(-1).to_dict() == table[COLUMNS].fillna(-1).to_dict()


def test_an_exchange_that_costs_more_than_it_saves_ends_for_that():
    result = run(
        small_park(
            material_flows=[
                flow("A", "E1", "fly_ash", "out", 10_000, price_cur_t=95.0),
                flow("B", "E2", "fly_ash", "in", 10_000, price_cur_t=90.0),
            ],
            exchanges=[exchange("X", "E1", "E2", "material", quantity_t_a=10_000)],
            heat_streams=None,
            water_streams=None,
        ),
        release=["X"],
    )
    row = result.tables["links"].iloc[0]
    assert (row["status"], row["ended_reason"], row["replaced_by"]) == ("ended", "not_worth", "")
    assert row["ended_gain_cur_a"] == pytest.approx(-row["benefit_cur_a"]) and row["benefit_cur_a"] < 0


def test_an_exchange_without_a_price_stays_with_a_finding():
    park = small_park(exchanges=[exchange("X", "E5", "E3", "material", quantity_t_a=100)], heat_streams=None)
    result = run(park, release=["X"], water=False)
    assert result.tables["links"].set_index("link_id").loc["E-X", "status"] == "existing"
    assert "links.release_unpriced" in [f.key for f in result.findings]


def hot(name, firm, supply, target, duty, kind="hot"):
    base = {"stream_id": name, "enterprise_id": firm, "kind": kind, "t_supply_c": supply, "t_target_c": target}
    return base | {"duty_kw": duty, "medium": "flue_gas", "hours_a": 8000}


def test_heat_of_today_stays_or_gives_way_to_a_firm_that_burns_dearer_fuel():
    def park(carrier):
        fuel = [
            {"energy_id": "U1", "enterprise_id": "E4", "carrier": "raw_coal", "energy_gj_a": 200_000},
            {"energy_id": "U2", "enterprise_id": "E5", "carrier": carrier, "energy_gj_a": 200_000},
        ]
        return small_park(
            heat_streams=[
                hot("H", "E1", 200, 150, 2000),
                hot("C", "E4", 40, 60, 2000, "cold"),
                hot("D", "E5", 40, 60, 2000, "cold"),
            ],
            exchanges=[exchange("X", "E1", "E4", "heat", heat_kw=2000)],
            material_flows=None,
            water_streams=None,
            energy_use=fuel,
        )

    same = run(park("raw_coal"), release=["X"]).tables["links"]
    assert same["status"].tolist() == ["existing"]
    result = run(park("diesel"), release=["X"])
    table = result.tables["links"].set_index("link_id")
    assert table.loc["E-X", "status"] == "ended" and table.loc["P-00001", "to_enterprise_id"] == "E5"
    assert table.loc["P-00001", "loss_kw"] > 0 and not table.loc["E-X", "investment_cur"]
    price = Standards().value("energy.price_raw_coal") / 0.9
    assert table.loc["E-X", "benefit_cur_a"] == pytest.approx(2000 * 8000 * 0.0036 * price)
    # the firm that loses its heat burns coal again, the other one spares diesel
    told = outcomes.run(park("diesel"), Scenario(), {"links": result}, Progress()).tables["outcomes"]
    energy = told.set_index("outcome_id").loc["energy"]
    spared = table.loc["P-00001", "energy_gj_a"] - table.loc["E-X", "energy_gj_a"]
    assert energy["difference"] == pytest.approx(-spared / Standards().value("energy.coal_equivalent"))
    carbon = told.set_index("outcome_id").loc["co2", "difference"]
    assert carbon == pytest.approx(table.loc["E-X", "co2_t_a"] - table.loc["P-00001", "co2_t_a"])


def test_a_part_of_an_exchange_may_stay():
    flows = [
        flow("A", "E1", "fly_ash", "out", 10_000, disposal_cur_t=60.0),
        flow("B", "E2", "fly_ash", "in", 6000, price_cur_t=90.0),
        flow("C", "E3", "fly_ash", "in", 6000, price_cur_t=400.0),
        flow("D", "E4", "fly_ash", "in", 4000, price_cur_t=20.0),
    ]
    old = [
        exchange("X1", "E1", "E2", "material", quantity_t_a=6000),
        exchange("X2", "E1", "E4", "material", quantity_t_a=4000),
    ]
    park = small_park(material_flows=flows, exchanges=old, heat_streams=None, water_streams=None)
    result = run(park, release=["X1", "X2"])
    table = result.tables["links"].set_index("link_id")
    # E3 takes 6,000 of the 10,000 t; the rest is worth more to E2 than to E4, and that link is there already
    parts = {"E-X1": "existing", "E-X1-part": "ended", "E-X2": "ended", "P-00001": "proposed"}
    assert table["status"].to_dict() == parts and result.figures["existing"].value == 2
    assert table["quantity_t_a"].tolist() == pytest.approx([4000, 2000, 4000, 6000])
    # today all of it is used, as in the plan
    told = outcomes.run(park, Scenario(), {"links": result}, Progress()).tables["outcomes"]
    left = told.set_index("outcome_id").loc["solid_waste"]
    assert (left["today"], left["planned"]) == pytest.approx((0, 0))
    assert [f.key for f in result.findings] == ["links.released_in_part", "links.ended_better_use"]
    assert "67" in result.findings[0].text("zh") and np.isfinite(table.loc["E-X2", "ended_gain_cur_a"])


def test_water_of_today_competes_with_a_demand_that_needs_no_treatment():
    def water(name, firm, direction, flow_t_d, cod):
        return {
            "stream_id": name,
            "enterprise_id": firm,
            "direction": direction,
            "flow_t_d": flow_t_d,
            "cod_mg_l": cod,
        }

    park = small_park(
        water_streams=[water("W", "E4", "discharge", 1000, 40), water("D", "E1", "demand", 1000, 50)],
        exchanges=[exchange("X", "E4", "E1", "water", quantity_t_a=200 * 365)],
        material_flows=None,
        heat_streams=None,
    )
    table = run(park, release=["X"]).tables["links"].set_index("link_id")
    assert table.loc["E-X", "status"] == "existing" and table.loc["E-X", "flow_t_d"] == pytest.approx(200)


def test_waste_that_an_ended_link_took_is_left_over_in_the_plan():
    flows = [
        flow("A", "E1", "fly_ash", "out", 10_000, disposal_cur_t=5.0),
        flow("B", "E2", "fly_ash", "in", 10_000, price_cur_t=1.0),
    ]
    park = small_park(
        material_flows=flows,
        exchanges=[exchange("X", "E1", "E2", "material", quantity_t_a=10_000)],
        heat_streams=None,
        water_streams=None,
    )
    result = run(park, release=["X"])
    assert result.tables["links"]["status"].tolist() == ["ended"]
    told = outcomes.run(park, Scenario(), {"links": result}, Progress()).tables["outcomes"]
    left = told.set_index("outcome_id").loc["solid_waste"]
    assert (left["today"], left["planned"]) == (0, 10_000)
    # and works for solid waste must take it
    asked = demand(park, result, Scenario().siting, Standards()).amount
    assert asked.loc["E1", "solid_waste"] == pytest.approx(10_000)
    # what the link cost a year is no longer lost
    benefit = told.set_index("outcome_id").loc["annual_benefit", "planned"]
    assert benefit == pytest.approx(-result.tables["links"]["benefit_cur_a"].iloc[0]) and benefit > 0
