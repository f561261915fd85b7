"""Material links: economics by hand, licences, purity, existing links, bad input, properties of the optimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import point, shuffled, small_park

from parkloop.analysis import links
from parkloop.analysis.links import catalogue
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress


def run(park, **choices):
    exact = {"gap": 1e-6} | choices
    return links.run(park, Scenario(links=Links(**exact)), {}, Progress())


def new(result, kind="material"):
    table = result.tables["links"]
    return table[(table["kind"] == kind) & (table["status"] == "proposed")]


def flow(name, firm, material, direction, quantity, **more):
    role = "waste" if direction == "out" else "raw_material"
    base = {"flow_id": name, "enterprise_id": firm, "material": material, "direction": direction, "role": role}
    return base | {"quantity_t_a": quantity} | more


def value(key):
    return Standards().value(f"links.{key}")


def annuity(rate=0.08, years=15):
    return rate / (1 - (1 + rate) ** -years) + value("maintenance")


def only(flows, **layers):
    return small_park(material_flows=flows, exchanges=None, heat_streams=None, water_streams=None, **layers)


def test_benefit_is_purchase_and_disposal_spared_less_treatment_haul_and_fixed_cost():
    park = only(
        [
            flow("A", "E1", "bottom_ash", "out", 1000, disposal_cur_t=80.0),
            flow("B", "E2", "sand", "in", 5000, price_cur_t=100.0),
        ]
    )
    link = new(run(park)).iloc[0]
    pattern = catalogue.patterns().set_index("pattern").loc["bottom_ash>sand"]
    # E1 (100, 75) to E2 (320, 75): along the road at northing 160 that is 85 + 220 + 85 m
    haul = value("handling") + value("transport") * link["distance_m"] / 1000
    gain = pattern["ratio"] * 100.0 + 80.0 - pattern["cost_cny_t"] - haul
    fixed = value("material_investment") * annuity()
    assert link["quantity_t_a"] == pytest.approx(1000)
    assert link["pattern"] == "bottom_ash>sand" and link["treatment"] == "crushing"
    assert link["benefit_cur_a"] == pytest.approx(1000 * gain - fixed)
    assert link["investment_cur"] == value("material_investment")
    saving = 1000 * gain - link["investment_cur"] * value("maintenance")
    assert link["payback_a"] == pytest.approx(link["investment_cur"] / saving)
    assert link["estimated"] == ""


def test_a_link_that_costs_more_than_it_saves_is_not_made():
    tiny = [
        flow("A", "E1", "bottom_ash", "out", 100, disposal_cur_t=80.0),
        flow("B", "E2", "sand", "in", 5000, price_cur_t=100.0),
    ]
    result = run(only(tiny))
    assert new(result).empty
    left = result.tables["unmatched_flows"].set_index("flow_id").loc["A"]
    assert (left["reason"], left["left"], left["unit"]) == ("not_worth", 100, "t/a")


def test_existing_exchange_is_kept_and_uses_up_both_sides_first():
    result = run(small_park(heat_streams=None, water_streams=None))
    table = result.tables["links"].set_index("link_id")
    ash = table[table["material"] == "fly_ash"]
    assert ash.loc["E-X1", "quantity_t_a"] == 20_000 and ash.loc["E-X1", "investment_cur"] == 0
    assert ash[ash["status"] == "proposed"]["quantity_t_a"].tolist() == pytest.approx([10_000])  # of 30,000 needed
    gypsum = table[table["material"] == "desulphurisation_gypsum"]
    assert gypsum["quantity_t_a"].tolist() == pytest.approx([8_000])
    assert result.figures["use_rate_today"].value == pytest.approx(100 * 20_000 / 63_000)
    assert result.figures["use_rate"].value == pytest.approx(100 * 38_000 / 63_000)


def test_a_released_exchange_that_must_not_be_named_is_told():
    unknown = run(small_park(), release=["X9"]).findings
    assert [f.key for f in unknown] == ["links.unknown_release"] and "X9" in unknown[0].text("zh")


def test_a_park_without_flows_says_so():
    result = run(small_park(material_flows=None, heat_streams=None, water_streams=None, exchanges=None))
    assert [f.key for f in result.findings] == ["links.no_flows"] and result.headline == ("links.headline_none", {})


def test_firms_that_a_choice_misnames_are_told():
    found = run(small_park(), exclude_enterprises=["E88"], forbid=["E1>E99", "E1-E2"]).findings
    assert [(f.key, f.id) for f in found] == [
        ("links.bad_pair", "E1-E2"),
        ("links.unknown_choice", "E88"),
        ("links.unknown_choice", "E99"),
    ]
    assert "links.forbid" in found[2].text("en") and "E1-E2" in found[0].text("zh")


def test_hazardous_waste_goes_to_a_licensed_receiver_only():
    acid = [
        flow("A", "E3", "spent_acid", "out", 5000, waste_code="900-300-34"),
        flow("B", "E3", "caustic_soda", "in", 10),
        flow("C", "E2", "coagulant", "in", 5000),
    ]
    firms = small_park()["enterprises"].copy()
    firms.loc[firms["enterprise_id"] == "E2", "sector"] = "C26"
    firms.loc[firms["enterprise_id"] == "E3", "sector"] = "C31"
    without = run(only(acid, enterprises=firms))
    assert new(without).empty
    assert without.tables["unmatched_flows"].set_index("flow_id").loc["A", "reason"] == "licence"
    for held, served in (
        ("HW34", True),
        ("HW08;HW34", True),
        ("900-300-34", True),
        ("HW08", False),
        ("900-349-34", False),
    ):
        firms.loc[firms["enterprise_id"] == "E2", "licences"] = held
        assert (len(new(run(only(acid, enterprises=firms)))) == 1) is served, held
    firms["licences"] = "HW34"
    assert bool(new(run(only(acid, enterprises=firms)))["hazardous"].all())


def test_purity_distance_and_forbidden_pairs():
    flows = [
        flow("A", "E1", "fly_ash", "out", 50_000, purity_pct=70.0),
        flow("B", "E2", "fly_ash", "in", 50_000, purity_pct=90.0),
    ]
    assert run(only(flows)).tables["unmatched_flows"]["reason"].tolist() == ["purity"]
    flows[1]["purity_pct"] = 60.0
    assert len(new(run(only(flows)))) == 1
    assert run(only(flows), forbid=["E1>E2"]).tables["unmatched_flows"]["reason"].tolist() == ["firm"]
    assert run(only(flows), material_distance_km=0.1).tables["unmatched_flows"]["reason"].tolist() == ["distance"]
    assert new(run(only(flows), exclude_enterprises=["E2"])).empty


def test_bad_rows_are_named_with_their_remedy_and_left_out():
    flows = [
        flow("A", "E1", "unobtainium", "out", 10),
        flow("B", "E1", "fly_ash", "out", None),
        flow("C", "E1", "fly_ash", "out", -5),
        flow("D", "E9", "fly_ash", "out", 5000),
        flow("E", "E2", "fly_ash", "in", 5000),
    ]
    result = run(only(flows))
    found = {(f.key, f.id) for f in result.findings}
    assert found == {
        ("links.unknown_material", "A"),
        ("links.no_quantity", "B"),
        ("links.negative_quantity", "C"),
        ("links.unknown_firm", "E9"),
    }
    for finding in result.findings:
        for lang in ("en", "zh"):
            assert finding.id in finding.text(lang) and finding.remedy(lang)
    assert result.tables["unmatched_flows"].set_index("flow_id").loc["D", "reason"] == "no_place"


def test_without_roads_the_straight_line_counts_with_a_detour():
    flows = [flow("A", "E1", "fly_ash", "out", 50_000), flow("B", "E2", "fly_ash", "in", 50_000)]
    result = run(only(flows, roads=None))
    assert [f.key for f in result.findings] == ["links.no_roads"]
    assert new(result)["distance_m"].tolist() == pytest.approx([220 * value("detour")])


def test_an_empty_park_and_an_exchange_beyond_its_flows():
    empty = run(only(None))
    assert empty.tables["links"].empty and empty.figures["use_rate"].value is None
    assert all(answer.status == "optimal" and answer.objective == 0 for answer in empty.answers)
    over = [{"exchange_id": "X1", "from_enterprise_id": "E1", "to_enterprise_id": "E2", "kind": "material"}]
    over[0] |= {"material": "fly_ash", "quantity_t_a": 50_000}
    keys = [f.key for f in run(small_park(exchanges=over)).findings]
    assert keys == ["links.existing_exceeds_giver", "links.existing_exceeds_taker"]
    over[0]["quantity_t_a"] = None
    assert [f.key for f in run(small_park(exchanges=over)).findings] == ["links.exchange_no_quantity"]


GIVEN = ["fly_ash", "bottom_ash", "waste_paper", "wood_waste", "scrap_steel"]
TAKEN = ["sand", "clay", "cement", "pulp", "wood_chips", "pig_iron", "coal", "fly_ash"]


@st.composite
def parks(draw):
    n = draw(st.integers(2, 7))
    sectors = [draw(st.sampled_from(["D44", "C30", "C22", "C20", "C31", "C33"])) for _ in range(n)]
    firms = [
        {"enterprise_id": f"F{i}", "name": "f", "sector": s, "geometry": point(draw(st.integers(0, 640)), 150)}
        for i, s in enumerate(sectors)
    ]
    flows = []
    for k in range(draw(st.integers(2, 14))):
        out = draw(st.booleans())
        material = draw(st.sampled_from(GIVEN if out else TAKEN))
        quantity = draw(st.floats(0, 50_000))
        flows.append(flow(f"M{k}", f"F{draw(st.integers(0, n - 1))}", material, "out" if out else "in", quantity))
    return firms, flows


def build(firms, flows):
    return only(flows, enterprises=firms, occupancy=None)


@settings(max_examples=12, deadline=None)
@given(parks())
def test_balances_close_and_one_more_firm_never_lowers_the_optimum(drawn):
    firms, flows = drawn
    result = run(build(firms, flows))
    table = new(result)
    quantity = {f["flow_id"]: f["quantity_t_a"] for f in flows}
    given_out = table.groupby("from_flow_id")["quantity_t_a"].sum()
    for name, amount in given_out.items():
        assert amount <= quantity[name] * (1 + 1e-9)
    ratio = catalogue.patterns().groupby(["pattern", "from_material", "to_material"])["ratio"].first()
    replaced = [row.quantity_t_a * ratio[(row.pattern, row.material, row.replaces)] for row in table.itertuples()]
    taken = pd.Series(replaced, index=table["to_flow_id"], dtype=float).groupby(level=0).sum()
    for name, amount in taken.items():
        assert amount <= quantity[name] * (1 + 1e-9)
    left = result.tables["unmatched_flows"].set_index("flow_id")["left"]
    for f in flows:
        if f["direction"] == "out":
            rest = f["quantity_t_a"] - given_out.get(f["flow_id"], 0.0)
            assert rest == pytest.approx(left.get(f["flow_id"], 0.0), abs=1e-6 * max(f["quantity_t_a"], 1))
    assert (table["benefit_cur_a"] > 0).all()
    answer = result.answers[0]
    assert answer.objective == pytest.approx(table["benefit_cur_a"].sum(), rel=1e-6, abs=1e-3)
    assert answer.bound >= answer.objective * (1 - 1e-9)
    last = firms[-1]["enterprise_id"]
    fewer = run(build(firms[:-1], [f for f in flows if f["enterprise_id"] != last])).answers[0]
    assert answer.objective >= fewer.objective * (1 - 2e-6) - 1e-6


def test_row_order_does_not_matter():
    park = small_park()
    one, two = run(park).tables, run(shuffled(park)).tables
    for name in one:
        pd.testing.assert_frame_equal(pd.DataFrame(one[name]), pd.DataFrame(two[name]))


def test_a_large_park_is_searched_by_its_kernel_with_an_honest_gap():
    draw = np.random.default_rng(4)
    firms = [
        {
            "enterprise_id": f"F{i:03d}",
            "name": "f",
            "sector": "C30" if i % 2 else "D44",
            "geometry": point(*draw.uniform(0, 640, 2)),
        }
        for i in range(60)
    ]
    flows = [
        flow(
            f"M{i:03d}",
            f"F{i:03d}",
            "sand" if i % 2 else "bottom_ash",
            "in" if i % 2 else "out",
            float(draw.uniform(200, 4000)),
        )
        for i in range(60)
    ]
    answer = run(build(firms, flows)).answers[0]
    assert answer.status == "certified" and 0 < answer.gap < 0.05
    assert answer.bound >= answer.objective
