"""Heat links as a planner reads them: temperatures, losses, pipes, balances; the park's residual heat beside the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import point, small_park

from parkloop.analysis import links
from parkloop.analysis.links import heat, rows
from parkloop.analysis.links.costs import Costs
from parkloop.analysis.links.heatbalance import heat_figures
from parkloop.analysis.links.places import locate
from parkloop.analysis.links.relief import relief
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.solvers.fixed_charge import solve
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress

S = Standards()


def stream(name, firm, kind, supply, target, duty, **more):
    base = {"stream_id": name, "enterprise_id": firm, "kind": kind, "t_supply_c": supply, "t_target_c": target}
    return base | {"duty_kw": duty} | more


def warm(streams, **layers):
    return small_park(
        **({"heat_streams": streams, "exchanges": None, "material_flows": None, "water_streams": None} | layers)
    )


def run(park, standards=None, **choices):
    chosen = Links(**({"gap": 1e-6} | choices))
    return links.run(park, Scenario(links=chosen, standards=standards or {}), {}, Progress())


def matched(park, **choices):
    """The table of streams, the candidates, the flows of the arcs and the rows of ``links``, without the other kinds."""
    chosen = Links(**({"gap": 1e-6, "min_heat_kw": 0} | choices))
    costs = Costs.of(park, Scenario(links=chosen))
    places, _ = locate(park, costs.standards)
    spared = relief(park, places, costs)
    table, _ = heat.streams(park, places, chosen)
    matches = heat.candidates(table, places, costs, chosen, spared["price_cur_gj"])
    x = solve(heat.problem(table, matches, chosen), "", "", 1e-6, 30, lambda: False)[0]
    x = heat.tidy(table, matches, x)
    return table, matches, x, pd.DataFrame(rows.of_heat(table, matches, x, spared)), costs


def test_a_link_tells_the_temperatures_it_uses_and_what_it_loses():
    # 200 to 100 C, 5,000 kW: 50 kW/K. The cold stream of 1,000 kW draws from the top
    park = warm([stream("H", "E1", "hot", 200, 100, 5000), stream("C", "E4", "cold", 40, 60, 1000)])
    link = run(park).tables["links"].iloc[0]
    drawn = 1000 / (1 - S.value("links.heat_loss") * link["pipe_length_m"] / 1000)
    assert link["hot_from_c"] == pytest.approx(200) and link["hot_to_c"] == pytest.approx(200 - drawn / 50)
    assert (link["cold_from_c"], link["cold_to_c"]) == (40, 60)
    assert link["loss_kw"] == pytest.approx(drawn - 1000)
    assert link["useful_gj_a"] == pytest.approx(1000 * 6000 * 0.0036)


def test_an_existing_link_takes_the_top_and_leaves_the_rest_to_the_new_one():
    old = {
        "exchange_id": "X",
        "from_enterprise_id": "E1",
        "to_enterprise_id": "E4",
        "kind": "heat",
        "heat_kw": 2000,
    }
    streams = [
        stream("H", "E1", "hot", 200, 100, 5000),
        stream("C", "E4", "cold", 40, 60, 2000),
        stream("D", "E5", "cold", 40, 60, 1000),
    ]
    table = run(warm(streams, exchanges=[old])).tables["links"].set_index("status")
    assert table.loc["proposed", "hot_from_c"] == pytest.approx(160)  # 2,000 kW of 50 kW/K are taken
    assert np.isnan(table.loc["existing", "hot_from_c"])
    assert table.loc["existing", "useful_gj_a"] == pytest.approx(2000 * 6000 * 0.0036)


@st.composite
def networks(draw):
    streams = []
    for k in range(draw(st.integers(2, 10))):
        low = draw(st.floats(-20, 300))
        high = low + draw(st.sampled_from([0.0, 0.5, 7.3, 60.0, 250.0]))
        hot = draw(st.booleans())
        supply, target = (high, low) if hot else (low, high)
        firm = f"E{draw(st.integers(1, 5))}"
        duty = draw(st.floats(50, 30_000))
        medium = draw(st.sampled_from(["water", "flue_gas", "oil"]))
        streams.append(
            stream(f"S{k:02}", firm, "hot" if hot else "cold", supply, target, duty, medium=medium, hours_a=7000)
        )
    return streams


@settings(max_examples=25, deadline=None)
@given(networks(), st.sampled_from([0.0, 5.0, 20.0]), st.sampled_from([2.0, 5.0, 20.0]))
def test_no_heat_flows_uphill_and_energy_balances(streams, approach, step):
    """Segment by segment: the slice of the hot stream that serves it lies above its upper end plus all that is lost on the way."""
    table, matches, x, told, costs = matched(warm(streams), approach_k=approach, heat_step_k=step)
    arcs = matches.arcs.assign(x=x)
    arcs = arcs[arcs["x"] > 0].assign(drawn=lambda a: a["x"] / a["kept"])
    for hot, mine in arcs.sort_values(["level_c", "pair", "segment"], ascending=[False, True, True]).groupby("hot"):
        supply, target, duty = table.loc[hot, ["t_supply_c", "t_target_c", "duty_kw"]]
        below = supply - (supply - target) / duty * mine["drawn"].cumsum()
        # the fall along the pipe is part of shift_k
        assert (below >= mine["top_c"] + approach - 1e-6).all()
        assert (mine["shift_k"] >= approach).all() and (below >= target - 1e-6).all()
        assert mine["drawn"].sum() <= duty * (1 + 1e-6)
    size = matches.segments.set_index("segment")["size_kw"]
    filled = arcs.groupby("segment")["x"].sum()
    assert (filled <= size.reindex(filled.index) * (1 + 1e-6) + 1e-9).all()
    if told.empty:
        return
    # what leaves the hot streams is what arrives and what is lost, to 1e-6
    gone = arcs["drawn"].sum()
    assert gone == pytest.approx(told["heat_kw"].sum() + told["loss_kw"].sum(), rel=1e-6)
    assert (told["loss_kw"] >= 0).all() and (told["pipe_length_m"] >= costs.value("heat_pipe_least")).all()
    # in the table: a link's coldest heat is warmer than the coldest end it serves, its hottest warmer than the hottest
    assert (told["hot_from_c"] >= told["cold_to_c"] + approach - 1e-6).all()
    assert (told["hot_to_c"] >= told["cold_from_c"] + approach - 1e-6).all()
    assert (told["hot_from_c"] >= told["hot_to_c"]).all() and (told["cold_to_c"] >= told["cold_from_c"]).all()
    assert (told["cost_cur_a"].notna().all()) if "cost_cur_a" in told else True
    today = told["giver_today_cur_a"] + told["taker_today_cur_a"]
    assert (today > told["benefit_cur_a"]).all()


def test_firms_on_one_spot_still_need_a_pipe_and_no_pipe_carries_more_than_the_largest():
    firms = small_park()["enterprises"].copy()
    here = point(100, 75)
    firms["geometry"] = [here] * len(firms)
    streams = [stream("H", "E1", "hot", 300, 100, 900_000), stream("C", "E4", "cold", 40, 60, 900_000)]
    link = run(warm(streams, enterprises=firms)).tables["links"].iloc[0]
    least, most = S.value("links.heat_pipe_least"), S.value("links.heat_pipe_largest")
    assert (link["distance_m"], link["pipe_length_m"]) == (0, least)
    assert link["heat_kw"] == pytest.approx(most) and link["loss_kw"] > 0
    pipe = least * (S.value("links.pipe_fixed") + most * S.value("links.pipe_per_kw")) * S.value("currency.EUR")
    assert link["investment_cur"] == pytest.approx(pipe + most * S.value("links.exchanger"))


def test_streams_that_never_run_are_named_and_left_out():
    streams = [
        stream("H", "E1", "hot", 200, 100, 5000, hours_a=0),
        stream("C", "E4", "cold", 40, 60, 1000),
    ]
    result = run(warm(streams))
    assert result.tables["links"].empty
    assert [(f.key, f.id, f.column) for f in result.findings] == [("links.no_hours", "H", "hours_a")]
    for lang in ("en", "zh"):
        assert "H" in result.findings[0].text(lang) and result.findings[0].remedy(lang)


def test_gas_that_is_let_off_spares_no_cooling():
    streams = [stream("H", "E1", "hot", 200, 100, 5000), stream("C", "E4", "cold", 40, 60, 1000)]
    water = run(warm(streams)).tables["links"].iloc[0]
    streams[0]["medium"] = "flue_gas"
    flue = run(warm(streams)).tables["links"].iloc[0]
    drawn = water["useful_gj_a"] * (1 + water["loss_kw"] / 1000)
    assert flue["giver_today_cur_a"] == 0 and flue["split_rule"] == "halves"
    assert water["giver_today_cur_a"] == pytest.approx(drawn * S.value("links.cooling"))
    assert water["benefit_cur_a"] - flue["benefit_cur_a"] == pytest.approx(water["giver_today_cur_a"])


def test_residual_heat_and_the_share_of_the_target_by_hand():
    """One hot stream of 5,000 kW, cold ones of 2,000 (old link 500) and 1,000 kW that is too hot for it: target 1,000 kW."""
    old = {"exchange_id": "X", "from_enterprise_id": "E1", "to_enterprise_id": "E4", "kind": "heat", "heat_kw": 500}
    streams = [
        stream("H", "E1", "hot", 200, 100, 5000),
        stream("C", "E4", "cold", 40, 60, 2000),
        stream("D", "E5", "cold", 300, 320, 1000),
    ]
    result = run(warm(streams, exchanges=[old]))
    told = {name: figure.value for name, figure in result.figures.items()}
    assert (told["heat_hot_today_kw"], told["heat_cold_today_kw"]) == (2500, 4500)
    assert told["heat_hot_planned_kw"] == pytest.approx(1000)
    lost = result.tables["links"]["loss_kw"].sum()
    assert told["heat_cold_planned_kw"] == pytest.approx(3000 - lost)
    assert (told["heat_hot_target_kw"], told["heat_cold_target_kw"]) == pytest.approx((1000, 3000))
    assert told["heat_target_share_pct"] == pytest.approx(100)
    new = result.tables["links"].query("status == 'proposed'").iloc[0]
    assert told["heat_payback_a"] == pytest.approx(new["payback_a"])


def test_without_heat_streams_the_figures_are_empty():
    park = warm(None)
    empty = run(park)
    assert empty.figures["heat_hot_today_kw"].value is None and empty.figures["heat_payback_a"].value is None
    again = heat_figures(park, empty.tables["links"], 20.0, Costs.of(park, Scenario()))
    assert again["heat_target_share_pct"].value is None


def test_steam_of_a_heat_plant_is_no_waste_heat():
    steam = stream("H", "E1", "hot", 200, 100, 5000, medium="steam")
    cold = stream("C", "E4", "cold", 40, 60, 1000)
    old = {
        "exchange_id": "X",
        "from_enterprise_id": "E1",
        "to_enterprise_id": "E4",
        "kind": "heat",
        "heat_kw": 400,
    }
    firms = small_park()["enterprises"]
    for sector, new in (("D44", 0), ("C26", 1)):
        park = warm([steam, cold], enterprises=firms.assign(sector=sector), exchanges=[old])
        result = run(park)
        table = result.tables["links"].set_index("status")
        assert (table.index == "proposed").sum() == new
        today = table.loc["existing"]
        assert np.isnan(today["benefit_cur_a"]) == (not new) and (today["co2_t_a"] > 0) == bool(new)
    left = run(warm([steam, cold], enterprises=firms.assign(sector="D44"))).tables["unmatched_flows"]
    assert left.set_index("flow_id").loc["H", "reason"] == "raised"
