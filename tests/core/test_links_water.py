"""Water of links: what demands get by hand, limits and balances kept whatever is drawn, reclaimed water, rain, sea, bad input."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import point, small_park

from parkloop.analysis import links, outcomes
from parkloop.analysis.links import existing, water
from parkloop.analysis.links.costs import Costs
from parkloop.analysis.links.places import locate
from parkloop.analysis.links.relief import relief
from parkloop.analysis.links.water import rain, sources
from parkloop.analysis.links.water.quality import CONTAMINANTS, admitted, works_recovery
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.siting.demand import demand
from parkloop.analysis.solvers import fixed_charge
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress, StepResult
from parkloop.analysis.tables import result_table

S = Standards()
DAYS = 365


def stream(name, firm, direction, flow, cod=None, **more):
    row = {"stream_id": name, "enterprise_id": firm, "direction": direction, "flow_t_d": flow, "cod_mg_l": cod}
    return row | more


def wet(streams, **layers):
    layers = {"exchanges": None, **layers}
    return small_park(water_streams=streams, material_flows=None, heat_streams=None, **layers)


def plan(park, standards=None, **choices):
    """What the step does for water alone: the part, and its table of supply by id."""
    scenario = Scenario(links=Links(**choices), standards=standards or {})
    costs = Costs.of(park, scenario)
    places, _ = locate(park, costs.standards)
    kept, released, _ = existing.kept(park, places, scenario.links)
    case = links.Case(park, scenario, places, costs, relief(park, places, costs), kept, released)
    part = links._water(case, Progress())
    columns = {name: [row[name] for row in part.supply] for name in links.resources.columns("water_supply")}
    return part, result_table("water_supply", columns).set_index("supply_id")


def test_a_firms_own_wastewater_needs_no_pipe_and_no_least_flow():
    park = wet([stream("A", "E1", "discharge", 5, 40), stream("B", "E1", "demand", 8, 50)])
    part, table = plan(park)
    assert not part.rows  # nothing between firms
    own = table.loc["B:own_firm"]
    assert (own["flow_t_d"], own["sources"], own["keeps"]) == (5, "A", "alone")
    price = S.value("links.water_price") + S.value("links.sewage_fee")
    assert own["saving_cur_a"] == pytest.approx(5 * DAYS * price) == part.answers[0].objective
    assert own["cost_cur_a"] == pytest.approx(0) and own["investment_cur"] == 0
    fresh = table.loc["B:fresh"]
    assert fresh["flow_t_d"] == pytest.approx(3)
    assert fresh["cost_cur_a"] == pytest.approx(3 * DAYS * S.value("links.water_price"))
    assert plan(park, own_water=False)[1].index.tolist() == ["B:fresh"]


def reclaimed_park(discharge=2000.0, need=5000.0, **layers):
    """Too strong to be reused by the demand's firm itself, and the pair is forbidden."""
    return wet(
        [stream("A", "E4", "discharge", discharge, 800), stream("B", "E1", "demand", need, 50)],
        **layers,
    )


def test_reclaimed_water_is_effluent_that_no_firm_reuses_at_the_cost_of_new_works():
    part, table = plan(reclaimed_park(), forbid=["E4>E1"])
    row = table.loc["B:reclaimed"]
    assert row["flow_t_d"] == pytest.approx(2000 * S.value("siting.reclaimed.recovery"))
    assert (row["status"], row["sources"], row["treatment"], row["keeps"]) == ("proposed", "", "bio", "alone")
    # the cheapest line for 1,400 t/d is that of works of 2,000 t/d
    size = 1.1 * 2000
    invest = 18e6 * (size / 10_000) ** 0.75
    yearly = invest * (0.08 / (1 - 1.08**-15) + S.value("siting.reclaimed.upkeep_share"))
    works = 0.25 * yearly + 0.75 * yearly / 2000 * 1400
    centre = point(320, 160)
    one = point(100, 75)  # E1 stands in the middle of P1
    pipe = 1.4 * centre.distance(one) * S.value("siting.reclaimed.connection_per_unit_m_a")
    cost = works + 1400 * (S.value("siting.reclaimed.operation_per_unit_a") + pipe)
    assert row["cost_cur_a"] == pytest.approx(cost)
    assert row["saving_cur_a"] == pytest.approx(1400 * DAYS * 4.5 - cost) == part.answers[0].objective
    assert part.answers[0].status == "optimal"
    # what a neighbour takes cannot be reclaimed as well
    both, table = plan(reclaimed_park())
    taken = both.rows[0]["flow_t_d"] / S.value("links.bio_recovery")
    made = table["flow_t_d"].get("B:reclaimed", 0.0) / S.value("siting.reclaimed.recovery")
    assert taken + made <= 2000 * (1 + 1e-9) and both.answers[0].objective > part.answers[0].objective
    assert "B:reclaimed" not in plan(reclaimed_park(), forbid=["E4>E1"], reclaimed=False)[1].index


@pytest.mark.parametrize("estimated", ["", "quantity_t_a"])
def test_water_of_a_link_of_today_is_an_estimate_where_its_quantity_is(estimated):
    ends = {"from_enterprise_id": "E4", "to_enterprise_id": "E1", "kind": "water", "material": ""}
    old = {"exchange_id": "X", **ends, "quantity_t_a": 200 * 365, "estimated": estimated}
    streams = [stream("A", "E4", "discharge", 500, 40), stream("B", "E1", "demand", 200, 50)]
    part, _ = plan(wet(streams, exchanges=[old]))
    row = next(row for row in part.supply if row["supply_id"] == "B:other_firm:existing")
    assert row["flow_t_d"] == pytest.approx(200) and (row["estimated"] != "") == (estimated != "")


def test_existing_works_come_first_and_what_they_spare_is_new():
    works = {"facility_id": "RW", "utility": "reclaimed", "capacity": 600.0, "spare_capacity": 100.0}
    park = reclaimed_park(facilities=[works | {"geometry": point(100, 75)}])
    _, table = plan(park, forbid=["E4>E1"])
    got = table["flow_t_d"]
    assert got["B:reclaimed:RW:existing"] == pytest.approx(500)
    assert got["B:reclaimed:RW"] == pytest.approx(100)
    assert got["B:reclaimed"] == pytest.approx(800)
    assert table.loc["B:reclaimed:RW", "sources"] == "RW"
    closed = reclaimed_park(facilities=[works | {"geometry": point(100, 75), "status": "closed"}])
    assert "B:reclaimed:RW" not in plan(closed, forbid=["E4>E1"])[1].index


def test_salt_passes_the_works():
    streams = [
        stream("A", "E4", "discharge", 2000, 800, tds_mg_l=3000),
        stream("B", "E1", "demand", 5000, 50, tds_mg_l=1000),
    ]
    assert "B:reclaimed" not in plan(wet(streams), forbid=["E4>E1"])[1].index
    streams[0]["tds_mg_l"] = 900
    assert "B:reclaimed" in plan(wet(streams), forbid=["E4>E1"])[1].index
    # behind the works' membrane salty water serves purer demands, where fresh water is dear
    streams[0]["tds_mg_l"], streams[1]["tds_mg_l"] = 8000, 400
    row = plan(wet(streams), {"links.water_price": 15.0}, forbid=["E4>E1"])[1].loc["B:reclaimed"]
    share = S.value("siting.reclaimed.recovery") * S.value("links.membrane_recovery")
    assert row["treatment"] == "membrane" and row["flow_t_d"] == pytest.approx(2000 * share)
    assert row["tds_mg_l"] == pytest.approx(8000 * S.value("links.membrane_tds_passed"))
    streams[0]["tds_mg_l"] = 8001
    assert "B:reclaimed" not in plan(wet(streams), {"links.water_price": 15.0}, forbid=["E4>E1"])[1].index


def test_lines_of_cost_touch_the_curve_and_lie_above_it():
    costs = Costs.of(small_park(), Scenario())
    yearly = costs.capital_1_a + S.value("siting.reclaimed.upkeep_share")
    size = np.geomspace(100, 1e6, 200)
    true = 18e6 * (1.1 * size / 10_000) ** 0.75 * yearly
    lines = [sources.works_line(at, costs) for at in sources.SIZES_T_D]
    best = np.min([charge + slope * size for charge, slope in lines], axis=0)
    inside = (size >= 500) & (size <= sources.SIZES_T_D[-1])
    assert (best >= true * (1 - 1e-12)).all() and (best[inside] <= 1.06 * true[inside]).all()
    for at, (charge, slope) in zip(sources.SIZES_T_D, lines, strict=True):
        assert charge + slope * at == pytest.approx(18e6 * (1.1 * at / 10_000) ** 0.75 * yearly)


def test_mixing_lets_stronger_water_in_as_far_as_the_mean_allows():
    """100 t/d at most 50 mg/L from waste of 200 and fresh water of 10: x (200 - 10) = (50 - 10) 100."""
    park = wet([stream("A", "E1", "discharge", 90, 200), stream("B", "E1", "demand", 100, 50)])
    fresh = {"links.fresh_cod": 10.0}
    alone = plan(park, fresh, treat_water=False, reclaimed=False)[1]
    assert alone.index.tolist() == ["B:fresh"]
    table = plan(park, fresh, treat_water=False, reclaimed=False, mixing=True)[1]
    assert table.loc["B:own_firm", "flow_t_d"] == pytest.approx(100 * 40 / 190)
    assert table.loc["B:own_firm", "keeps"] == "mixed" and table.loc["B:fresh", "cod_mg_l"] == 10


def test_mixing_may_treat_a_part_only():
    # 100 t/d at most 60 mg/L, waste of 800: fresh water costs more than treating (to 50), so some comes raw
    park = wet([stream("A", "E1", "discharge", 300, 800), stream("B", "E1", "demand", 100, 60)])
    row = plan(park, mixing=True, reclaimed=False)[1].loc["B:own_firm"]
    assert row["treatment"] == "bio;none" and row["flow_t_d"] == pytest.approx(100)
    assert row["cod_mg_l"] == pytest.approx(60)


limit = st.one_of(st.none(), st.integers(0, 300))
row = st.tuples(st.integers(1, 5), st.booleans(), st.integers(50, 5000), limit, limit)


@st.composite
def parks(draw):
    rows = draw(st.lists(row, min_size=2, max_size=9))
    return [
        stream(
            f"S{k}",
            f"E{firm}",
            "discharge" if out else "demand",
            flow,
            cod if not out or cod is None else 5 * cod,
            tds_mg_l=None if tds is None else 8 * tds,
        )
        for k, (firm, out, flow, cod, tds) in enumerate(rows)
    ]


options = st.fixed_dictionaries(
    {
        "mixing": st.booleans(),
        "treat_water": st.booleans(),
        "own_water": st.booleans(),
        "reclaimed": st.booleans(),
        "rain_mm_a": st.sampled_from([None, 1200.0]),
        "sea_tds_mg_l": st.sampled_from([None, 1500.0]),
    }
)
FRESH = {"links.fresh_cod": 8.0, "links.fresh_tds": 150.0}


@settings(max_examples=20, deadline=None)
@given(parks(), options, st.sampled_from([{}, FRESH]))
def test_balances_close_and_no_demand_gets_water_above_its_limits(streams, choices, fresh):
    park = wet(streams, roads=None)
    part, table = plan(park, fresh, gap=1e-6, **choices)
    known = park["water_streams"].set_index("stream_id")
    clean = np.array([fresh.get(f"links.fresh_{name}", 0.0) for name in ("cod", "ss", "tds", "nh3n")])
    assert set(table["stream_id"]) == set(known.index[(known["direction"] == "demand") & (known["flow_t_d"] > 0)])
    for name, mine in table.groupby("stream_id"):
        flow = mine["flow_t_d"].to_numpy()
        assert flow.sum() == pytest.approx(known.at[name, "flow_t_d"], rel=1e-6)
        limits = known.loc[name, list(CONTAMINANTS)].to_numpy(float)
        had = mine["source_kind"] != "unmet"
        quality = mine.loc[had, list(CONTAMINANTS)].to_numpy(float)
        for k in np.flatnonzero(~np.isnan(limits)):
            mean = quality[:, k] @ flow[had] if had.any() else 0.0
            most = limits[k] * (flow[had].sum() if (limits < clean).any() else flow.sum())
            assert mean <= most * (1 + 1e-6) + 1e-6 * flow.sum()
            if not choices["mixing"]:
                assert (quality[:, k] <= limits[k] * (1 + 1e-9)).all()
        if np.isnan(limits).all():
            assert mine["source_kind"].tolist() == ["fresh"]
    # every discharge gives no more than it holds, the works no more than the effluent that is left
    costs = Costs.of(park, Scenario(standards=fresh))
    recovery = {name: share for name, (_, _, share) in water.level_costs(costs).items()}
    problem, x = part.problem, part.x
    assert (problem.rows @ x <= problem.limit + 1e-6 * np.maximum(problem.limit, 1)).all()
    made = table[table["source_kind"] == "reclaimed"]
    for levels in (("bio",), ("bio", "membrane")):
        fit = admitted(known[list(CONTAMINANTS)].to_numpy(float), levels[-1], costs)
        fit = pd.Series(fit & (known["direction"] == "discharge").to_numpy(), known.index)
        drawn = sum(
            flow / works_recovery(min(ways), costs)  # at least: the membrane draws more
            for flow, ways in zip(made["flow_t_d"], made["treatment"].str.split(";"), strict=True)
            if min(ways) in levels
        )
        reused = sum(
            entry["flow_t_d"] / recovery[entry["treatment"]] for entry in part.rows if fit[entry["from_flow_id"]]
        )
        own = table[table["source_kind"] == "own_firm"]
        reused += sum(
            flow
            for flow, givers in zip(own["flow_t_d"], own["sources"].str.split(";"), strict=True)
            if fit[givers].all()
        )
        assert drawn + reused <= known.loc[fit, "flow_t_d"].sum() * (1 + 1e-6)
    # what the rows save is what the optimisation found
    assert table["saving_cur_a"].sum() == pytest.approx(part.answers[0].objective, rel=1e-6, abs=1e-3)
    if choices["rain_mm_a"]:
        harvest = rain.harvests(park, Links(**choices), costs).groupby("enterprise_id")["most_t_d"].sum()
        used = table[table["source_kind"] == "rain"].groupby("enterprise_id")["flow_t_d"].sum()
        assert (used <= harvest.reindex(used.index) * (1 + 1e-6)).all()


@settings(max_examples=12, deadline=None)
@given(parks(), options)
def test_adding_a_firm_never_lowers_the_optimum(streams, choices):
    last = streams[-1]["enterprise_id"]
    fewer = [entry for entry in streams if entry["enterprise_id"] != last]
    more = plan(wet(streams, roads=None), gap=1e-6, **choices)[0].answers[0]
    less = plan(wet(fewer, roads=None), gap=1e-6, **choices)[0].answers[0] if fewer else None
    if less is not None:
        assert more.objective >= less.objective * (1 - 2e-6) - 1e-6
    assert more.bound >= more.objective * (1 - 1e-9) - 1e-9


def test_rain_of_a_roof_by_hand():
    """E1's roof of 8,000 m2 under 1,000 mm: 8,000 t fall a year, 0.85 run off and 0.8 of that are kept."""
    park = small_park()
    assert rain.surfaces_m2(park, False)["E1"] == pytest.approx(8000)
    assert rain.surfaces_m2(park, True)["E1"] == pytest.approx(8900)  # and 900 m2 of open yard
    found = rain.harvests(park, Links(rain_mm_a=1000.0), Costs.of(park, Scenario()))
    mine = found[found["enterprise_id"] == "E1"]
    assert mine["most_t_d"].tolist() == pytest.approx([8000 * 0.85 * 0.8 / 365])
    tank = S.value("links.rain_tank_days") * S.value("links.rain_tank")
    assert mine["investment_cur_t_d"].tolist() == pytest.approx([tank])
    assert rain.harvests(park, Links(), Costs.of(park, Scenario())).empty


def test_tanks_follow_the_mass_curve():
    # six wet months and six dry ones: a steady draft of the whole takes half a year's draft in store
    half = np.r_[np.full(6, 1 / 6), np.zeros(6)]
    assert rain.tank_months(half, np.array([1.0]))[0] == pytest.approx(0.5)
    assert rain.steps(half) == [pytest.approx((1.0, 6.0))]
    assert rain.steps(np.full(12, 1 / 12)) == [pytest.approx((1.0, 0.0))]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=12, max_size=12).filter(any), st.floats(0.05, 1))
def test_a_tank_of_that_size_never_runs_dry(months, draft):
    shares = np.array(months) / sum(months)
    tank = rain.tank_months(shares, np.array([draft]))[0]
    pieces = rain.steps(shares)
    assert sum(share for share, _ in pieces) == pytest.approx(1)
    assert all(low <= high + 1e-9 for (_, low), (_, high) in pairwise(pieces))
    built, left = 0.0, draft
    for share, slope in pieces:
        built += min(share, left) * slope / 12
        left = max(left - share, 0.0)
    assert built == pytest.approx(tank, abs=1e-9)
    store = tank
    for inflow in np.tile(shares, 3):
        store = min(store + inflow - draft / 12, tank)
        assert store >= -1e-9


def test_rain_serves_its_own_firm_and_is_told_as_unconventional():
    park = wet([stream("B", "E1", "demand", 100, 50), stream("C", "E4", "demand", 100, 20)])
    part, table = plan(park, rain_mm_a=1000.0)
    assert table.index.tolist() == ["B:fresh", "B:rain", "C:fresh"]  # C asks for cleaner water than rain is
    assert table.loc["B:rain", "flow_t_d"] == pytest.approx(8000 * 0.85 * 0.8 / 365)
    told = water.figures(
        table, pd.DataFrame(columns=["kind", "status", "flow_t_d"]), None, Costs.of(park, Scenario())
    )
    assert told["unconventional_pct"].value == pytest.approx(100 * 14.904 / 200, rel=1e-3)
    assert told["reuse_pct"].value == 0 and told["target_reached_pct"].value is None
    assert not part.findings


def test_sea_water_cools_and_is_desalted_only_where_fresh_water_is_dear():
    streams = [
        stream("B", "E1", "demand", 100, 50, tds_mg_l=40_000),
        stream("C", "E2", "demand", 100, 50, tds_mg_l=400),
    ]
    _, table = plan(wet(streams), sea_tds_mg_l=35_000)
    assert table.index.tolist() == ["B:sea", "C:fresh"]
    assert table.loc["B:sea", "cost_cur_a"] == pytest.approx(100 * DAYS * S.value("links.sea_cost"))
    _, table = plan(wet(streams), {"links.water_price": 8.0}, sea_tds_mg_l=35_000, sea_price_cur_t=0.2)
    pure = table.loc["C:sea"]
    assert (pure["treatment"], pure["tds_mg_l"]) == ("desalination", pytest.approx(350))
    assert pure["cost_cur_a"] == pytest.approx(100 * DAYS * (5.0 + 0.2 / 0.45))


def test_a_demand_for_cleaner_water_than_fresh_is_named_and_stays_unmet():
    park = wet([stream("B", "E1", "demand", 100, 50, tds_mg_l=100), stream("C", "E2", "demand", 10, 50)])
    part, table = plan(park, {"links.fresh_tds": 250.0})
    told = [(f.key, f.id, f.column) for f in part.findings]
    assert told == [("links.cleaner_than_fresh", "B", "tds_mg_l")]
    assert "250" in part.findings[0].text("en") and "250" in part.findings[0].text("zh")
    assert table.index.tolist() == ["B:unmet", "C:fresh"] and table.loc["B:unmet", "keeps"] == "none"
    # what is pure enough still serves it
    salty = wet(
        [stream("B", "E1", "demand", 100, 50, tds_mg_l=100), stream("A", "E1", "discharge", 50, 40, tds_mg_l=90)]
    )
    got = plan(salty, {"links.fresh_tds": 250.0})[1]["flow_t_d"]
    assert (got["B:own_firm"], got["B:unmet"]) == (50, 50)


def test_streams_that_cannot_be_are_named():
    streams = [
        stream("A", "E1", "discharge", 100, -5),
        stream("B", "E1", "demand", 100, 50, ss_mg_l=float("inf")),
        stream("C", "E1", "demand", float("inf"), 50),
        stream("D", "E1", "demand", None, 50),
        stream("E", "E1", "demand", -1, 50),
        stream("F", "E2", "demand", 100),
        stream("G", "E2", "demand", 100, 0),
        stream("H", "E2", "discharge", 100, 0),
    ]
    part, table = plan(wet(streams), rain_mm_a=500.0, rain_months=[1, 2, 3])
    assert sorted((f.key, f.id) for f in part.findings) == [
        ("links.negative_flow", "E"),
        ("links.negative_quality", "A"),
        ("links.negative_quality", "B"),
        ("links.no_flow", "C"),
        ("links.no_flow", "D"),
        ("links.no_limits", "F"),
        ("links.rain_months", ""),
    ]
    assert table.index.tolist() == ["F:fresh", "G:own_firm"]  # a limit of zero is kept by water without any
    for finding in part.findings:
        assert finding.text("en") and finding.text("zh")
    bare = wet([stream("G", "E2", "demand", 100, 5)], buildings=None, parcels=None, occupancy=None)
    assert [f.key for f in plan(bare, rain_mm_a=500.0)[0].findings] == ["links.no_rain_surface"]
    idle = plan(bare, rain_paved=True, sea_price_cur_t=1.0)[0].findings
    assert [(f.key, f.column) for f in idle] == [
        ("links.idle_choice", "links.rain_paved"),
        ("links.idle_choice", "links.sea_price_cur_t"),
    ]
    assert "links.rain_mm_a" in idle[0].text("zh") and "links.sea_price_cur_t" in idle[1].text("en")


def whole(park, **choices):
    return links.run(park, Scenario(links=Links(**choices)), {}, Progress())


def test_links_siting_and_outcomes_count_each_tonne_once():
    works = {"facility_id": "RW", "utility": "reclaimed", "capacity": 600.0, "spare_capacity": 100.0}
    park = reclaimed_park(need=2500.0, facilities=[works | {"geometry": point(100, 75)}])
    result = whole(park, forbid=["E4>E1"], rain_mm_a=1000.0)
    supply = result.tables["water_supply"].set_index("supply_id")["flow_t_d"]
    asked = demand(park, result, Scenario().siting, S).amount.sum()
    assert asked["reclaimed"] == pytest.approx(1400) == supply.filter(like="reclaimed").sum()
    assert asked["water"] + asked["reclaimed"] + supply["B:rain"] == pytest.approx(2500)
    assert asked["wastewater"] == pytest.approx(2000)
    figures = result.figures
    assert figures["fresh_today_m3_a"].value == pytest.approx((2500 - 500) * 365)
    assert figures["fresh_planned_m3_a"].value == pytest.approx(supply["B:fresh"] * 365)
    assert figures["reclaimed_pct"].value == pytest.approx(56)
    assert 0 < figures["target_reached_pct"].value <= 100
    # outcomes: works are built as large as siting says; without any only what existing ones can spare counts
    told = outcomes.run(park, Scenario(), {"links": result}, Progress()).tables["outcomes"].set_index("outcome_id")
    assert told.at["fresh_water", "today"] == pytest.approx(2000 * 365)
    assert told.at["fresh_water", "difference"] == pytest.approx(-(100 + supply["B:rain"]) * 365)
    assert told.at["wastewater", "difference"] == pytest.approx(-100 * 365)
    sites = pd.DataFrame({"utility": ["reclaimed"], "added": [2000.0], "demand": [1400.0], "capacity": [2000.0], "unit": "t/d", "status": "new", "investment_cur": 1.0, "estimated": ""})  # fmt: skip
    built = {"links": result, "siting": StepResult({"sites": sites})}
    told = outcomes.run(park, Scenario(), built, Progress()).tables["outcomes"].set_index("outcome_id")
    assert told.at["fresh_water", "planned"] == pytest.approx(supply["B:fresh"] * 365)


def test_row_order_changes_nothing():
    streams = [
        stream("A", "E4", "discharge", 2000, 120),
        stream("B", "E1", "demand", 900, 50),
        stream("C", "E2", "demand", 900, 50),
        stream("D", "E5", "discharge", 700, 40),
    ]
    one = plan(wet(streams), mixing=True)[1]
    two = plan(wet(streams[::-1]), mixing=True)[1]
    pd.testing.assert_frame_equal(one, two)


def test_the_best_of_several_sizes_is_bounded_by_those_not_searched():
    park = reclaimed_park()
    scenario = Scenario(links=Links(forbid=["E4>E1"]))
    costs = Costs.of(park, scenario)
    places, _ = locate(park, costs.standards)
    table, _ = water.streams(park, places, scenario.links)
    chosen = water.select(water.candidates(table, places, costs, scenario.links))
    offered = water.variants(table, park, places, costs, scenario.links)
    problems = [(water.problem(table, chosen, costs, scenario.links, each), each.charge_cur_a) for each in offered]

    def solve(problem):
        return fixed_charge.solve(problem, "links.water", "CNY/a", 1e-6, 60.0, lambda: False)

    place, _, answer = water.best(problems, 1e-6, solve)
    every = [solve(problem)[1].objective - charge for problem, charge in problems]
    assert len(every) > 2 and answer.objective == pytest.approx(max(every)) and place == int(np.argmax(every))
    assert answer.bound >= max(every) - 1e-6
    # a dearer line of the same works is never better
    worse = [dataclasses.replace(each, charge_cur_a=each.charge_cur_a + 1e9) for each in offered[1:]]
    assert water.best([problems[0], *((p, w.charge_cur_a) for (p, _), w in zip(problems[1:], worse, strict=True))], 1e-6, solve)[0] == 0  # fmt: skip
