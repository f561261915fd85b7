"""Heat by temperature and water by quality: limits by hand, no heat uphill, no sink above its limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import small_park

from parkloop.analysis import links
from parkloop.analysis.links import heat, water
from parkloop.analysis.links.costs import Costs
from parkloop.analysis.links.places import locate
from parkloop.analysis.links.relief import relief
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.solvers import fixed_charge
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress

S = Standards()


def run(park, standards=None, **choices):
    chosen = Links(**({"gap": 1e-6} | choices))
    return links.run(park, Scenario(links=chosen, standards=standards or {}), {}, Progress())


DEAR_WATER = {"links.water_price": 15.0}  # so that even a membrane pays


def proposed(result, kind):
    table = result.tables["links"]
    return table[(table["kind"] == kind) & (table["status"] == "proposed")]


def hot(name, firm, supply, target, duty, kind="hot", **more):
    base = {"stream_id": name, "enterprise_id": firm, "kind": kind, "t_supply_c": supply, "t_target_c": target}
    return base | {"duty_kw": duty} | more


def cold(name, firm, supply, target, duty, **more):
    return hot(name, firm, supply, target, duty, "cold", **more)


def warm(streams, **layers):
    return small_park(heat_streams=streams, exchanges=None, material_flows=None, water_streams=None, **layers)


def test_heat_saves_the_takers_fuel_for_the_hours_both_run():
    use = [{"energy_id": "U", "enterprise_id": "E4", "carrier": "raw_coal", "energy_gj_a": 200_000}]
    streams = [hot("H", "E1", 200, 150, 9000, hours_a=7000), cold("C", "E4", 40, 60, 2000, hours_a=5000)]
    link = proposed(run(warm(streams, energy_use=use)), "heat").iloc[0]
    useful = 2000 * 5000 * 0.0036  # GJ/a
    assert link["heat_kw"] == pytest.approx(2000) and link["hours_a"] == 5000 and link["carrier"] == "raw_coal"
    assert link["energy_gj_a"] == pytest.approx(useful / 0.9)
    assert link["co2_t_a"] == pytest.approx(useful / 0.9 * S.value("energy.co2_raw_coal"))
    pipe = link["distance_m"] * (S.value("links.pipe_fixed") + 2000 * S.value("links.pipe_per_kw"))
    invest = pipe * S.value("currency.EUR") + 2000 * S.value("links.exchanger")
    annuity = 0.08 / (1 - 1.08**-15) + S.value("links.maintenance")
    assert link["investment_cur"] == pytest.approx(invest)
    price = S.value("energy.price_raw_coal") / 0.9
    km = link["pipe_length_m"] / 1000
    assert link["pipe_length_m"] == pytest.approx(link["distance_m"])
    drawn = useful / (1 - S.value("links.heat_loss") * km)
    spared = drawn * S.value("links.cooling")  # water of the giver, the default medium, needs no cooling tower
    assert link["benefit_cur_a"] == pytest.approx(useful * price + spared - invest * annuity)
    assert link["loss_kw"] == pytest.approx((drawn / useful - 1) * 2000)


def test_only_heat_above_the_cold_stream_and_the_approach_counts():
    # hot 100 to 40 C holds 50 kW/K; all the cold stream wants is above 75 C + 20 K approach, so at most 5 K x 50 kW/K fit
    streams = [hot("H", "E1", 100, 40, 3000), cold("C", "E4", 75, 85, 3000)]
    result = run(warm(streams), min_heat_kw=0)
    assert proposed(result, "heat")["heat_kw"].sum() <= 5 * 50
    assert run(warm([streams[0], cold("C", "E4", 81, 90, 3000)])).tables["links"].empty
    left = run(warm([streams[0], cold("C", "E4", 81, 90, 3000)])).tables["unmatched_flows"].iloc[0]
    assert (left["reason"], left["left"]) == ("temperature", 3000)
    assert proposed(run(warm([streams[0], cold("C", "E4", 20, 30, 3000)])), "heat")["heat_kw"].sum() > 2000


def test_condensing_and_boiling_streams_take_part_at_their_one_temperature():
    streams = [hot("H", "E1", 150, 150, 4000), cold("C", "E4", 120, 120, 3000)]
    assert proposed(run(warm(streams)), "heat")["heat_kw"].tolist() == pytest.approx([3000])
    streams[1] = cold("C", "E4", 140, 140, 3000)
    assert proposed(run(warm(streams)), "heat").empty


def test_an_existing_heat_link_leaves_what_is_left():
    old = {
        "exchange_id": "X",
        "from_enterprise_id": "E1",
        "to_enterprise_id": "E4",
        "kind": "heat",
        "heat_kw": 1500,
    }
    park = small_park(
        heat_streams=[hot("H", "E1", 200, 150, 2000), cold("C", "E4", 40, 60, 2000)],
        exchanges=[old],
        material_flows=None,
        water_streams=None,
    )
    table = run(park).tables["links"].set_index("link_id")
    assert table.loc["E-X", "heat_kw"] == 1500
    assert table[table["status"] == "proposed"]["heat_kw"].sum() == pytest.approx(500, rel=0.02)


def test_streams_that_cannot_be_are_named():
    streams = [
        hot("A", "E1", 60, 90, 100),
        cold("B", "E4", 90, 60, 100),
        hot("C", "E1", 90, 60, 0),
        hot("D", "E1", None, 60, 10),
        cold("E", "E4", 20, 60, None),
    ]
    found = [(f.key, f.id) for f in run(warm(streams)).findings]
    assert sorted(found) == [
        ("links.no_duty", "C"),
        ("links.no_duty", "E"),
        ("links.no_temperature", "D"),
        ("links.temperatures_cross", "A"),
        ("links.temperatures_cross", "B"),
    ]


@st.composite
def networks(draw):
    streams = []
    for k in range(draw(st.integers(2, 9))):
        low = draw(st.integers(10, 200))
        high = low + draw(st.integers(0, 150))
        firm = f"E{draw(st.integers(1, 5))}"
        duty = draw(st.integers(300, 20_000))
        streams.append(
            hot(f"S{k}", firm, high, low, duty) if draw(st.booleans()) else cold(f"S{k}", firm, low, high, duty)
        )
    return streams


def solved(park, choices):
    """The table of streams, the candidates, the flows and the answer of heat alone."""
    costs = Costs.of(park, Scenario(links=choices))
    places, _ = locate(park, costs.standards)
    table, _ = heat.streams(park, places, choices)
    matches = heat.candidates(table, places, costs, choices, relief(park, places, costs)["price_cur_gj"])
    x, answer = fixed_charge.solve(heat.problem(table, matches, choices), "", "", 1e-6, 30, lambda: False)
    return table, matches, x, answer


@settings(max_examples=25, deadline=None)
@given(networks())
def test_no_heat_flows_uphill_and_adding_a_stream_never_lowers_the_optimum(streams):
    """Whatever is matched, a cascade of hot and cold heat of the linked streams, split finely, never turns negative."""
    choices = Links(gap=1e-6, min_heat_kw=0)
    table, matches, x, answer = solved(warm(streams), choices)
    flows = heat.tidy(table, matches, x)
    arcs = matches.arcs.assign(x=flows)
    for one, mine in arcs.groupby("hot"):
        supply, target, duty = table.loc[one, ["t_supply_c", "t_target_c", "duty_kw"]]
        for level in mine["level_c"]:
            above = (
                duty if level <= target else duty * (supply - level) / (supply - target) if level <= supply else 0
            )
            drawn = (mine["x"] / mine["kept"])[mine["level_c"] >= level].sum()
            assert drawn <= above * (1 + 1e-9) + 1e-9
    served = arcs.groupby("cold")["x"].sum()
    assert (served <= table["duty_kw"].reindex(served.index) * (1 + 1e-6)).all()
    # each segment's heat comes from above its own upper end by the approach and the fall on the way
    assert (arcs["level_c"] >= arcs["top_c"] + choices.approach_k).all()
    fewer = solved(warm(streams[:-1]), choices)[3]
    assert answer.objective >= fewer.objective * (1 - 2e-6) - 1e-6


def stream(name, firm, direction, flow, cod=None, **more):
    return {
        "stream_id": name,
        "enterprise_id": firm,
        "direction": direction,
        "flow_t_d": flow,
        "cod_mg_l": cod,
    } | more


def wet(streams):
    return small_park(water_streams=streams, exchanges=None, material_flows=None, heat_streams=None)


@pytest.mark.parametrize(
    ("given_mg_l", "limit_mg_l", "level"),
    [(50, 50, "none"), (51, 50, "bio"), (800, 50, "bio"), (800, 49, "membrane"), (800, 9, None), (5000, 50, None)],
)
def test_the_cheapest_treatment_that_reaches_the_limit_is_used(given_mg_l, limit_mg_l, level):
    result = run(
        wet([stream("A", "E4", "discharge", 5000, given_mg_l), stream("B", "E1", "demand", 5000, limit_mg_l)]),
        DEAR_WATER,
    )
    found = proposed(result, "water")["treatment"].tolist()
    assert found == ([level] if level else [])
    if not level:
        assert result.tables["unmatched_flows"]["reason"].tolist() == ["quality"]


def test_every_contaminant_counts_and_salts_need_a_membrane():
    salty = stream("A", "E4", "discharge", 5000, 40, tds_mg_l=3000)
    result = run(wet([salty, stream("B", "E1", "demand", 5000, 50, tds_mg_l=1000)]), DEAR_WATER)
    link = proposed(result, "water").iloc[0]
    assert link["treatment"] == "membrane"
    recovery = S.value("links.bio_recovery") * S.value("links.membrane_recovery")
    assert link["flow_t_d"] == pytest.approx(5000 * recovery)


def test_unknown_quality_and_missing_limits_are_not_guessed():
    unknown = run(
        wet([stream("A", "E4", "discharge", 5000, 40), stream("B", "E1", "demand", 5000, 50, tds_mg_l=1000)])
    )
    assert unknown.tables["unmatched_flows"]["reason"].tolist() == ["quality_unknown"]
    free = run(wet([stream("A", "E4", "discharge", 5000, 40), stream("B", "E1", "demand", 5000)]))
    assert free.tables["unmatched_flows"]["reason"].tolist() == ["no_limits"]
    assert [(f.key, f.id) for f in free.findings] == [("links.no_limits", "B")]
    bad = run(wet([stream("A", "E4", "discharge", None, 40), stream("B", "E1", "demand", -3, 50)]))
    assert [(f.key, f.id) for f in bad.findings] == [("links.no_flow", "A"), ("links.negative_flow", "B")]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.booleans(), st.integers(50, 5000), st.integers(5, 1500)),
        min_size=2,
        max_size=9,
    ),
    st.booleans(),
)
def test_no_sink_gets_water_above_its_limit_nor_more_than_it_needs(rows, mixing):
    streams = [
        stream(f"S{k}", f"E{firm}", "discharge" if out else "demand", flow, cod if out else cod / 10)
        for k, (firm, out, flow, cod) in enumerate(rows)
    ]
    park, choices = wet(streams), Links(gap=1e-6, mixing=mixing)
    result = links.run(park, Scenario(links=choices), {}, Progress())
    costs = Costs.of(park, Scenario(links=choices))
    table = proposed(result, "water")
    known = park["water_streams"].set_index("stream_id")
    recovery = {name: row[2] for name, row in water.level_costs(costs).items()}
    for taker, mine in table.groupby("to_flow_id"):
        assert mine["flow_t_d"].sum() <= known.at[taker, "flow_t_d"] * (1 + 1e-6)
        cods = known.loc[mine["from_flow_id"], list(water.CONTAMINANTS)].to_numpy()
        clean = np.array(
            [water.treated(q[None], lv, costs)[0, 0] for q, lv in zip(cods, mine["treatment"], strict=True)]
        )
        limit = known.at[taker, "cod_mg_l"]
        if mixing:
            assert (clean * mine["flow_t_d"]).sum() <= limit * known.at[taker, "flow_t_d"] * (1 + 1e-6)
        else:
            assert (clean <= limit).all()
    for giver, mine in table.groupby("from_flow_id"):
        drawn = (mine["flow_t_d"] / mine["treatment"].map(recovery)).sum()
        assert drawn <= known.at[giver, "flow_t_d"] * (1 + 1e-6)
