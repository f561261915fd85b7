"""Months and shifts: shares by hand, what has no common time, every period kept, even profiles as none, row order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from small_park import point, shuffled, small_park

from parkloop import resources
from parkloop.analysis import links
from parkloop.analysis.links import catalogue, seasons, water
from parkloop.analysis.links.costs import Costs
from parkloop.analysis.links.places import locate
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.solvers import fixed_charge
from parkloop.analysis.steps import Progress

pytestmark = pytest.mark.again  # plain numerics, the same on any version

EVEN = np.full(seasons.PERIODS, 1 / seasons.PERIODS)


def profile(name, months, shifts=3):
    return {"profile_id": name, "shifts": shifts} | dict(zip(seasons.MONTHS, months, strict=True))


WINTER = profile("winter", [25, 25, 0, 0, 0, 0, 0, 0, 0, 0, 25, 25])
SUMMER = profile("summer", [0, 0, 0, 0, 25, 25, 25, 25, 0, 0, 0, 0])
SPRING = profile("spring", [0, 25, 25, 25, 25, 0, 0, 0, 0, 0, 0, 0])
FLAT = profile("flat", [100 / 12] * 12)
DAYTIME = profile("daytime", [100 / 12] * 12, shifts=1)
PROFILES = [WINTER, SUMMER, SPRING, FLAT, DAYTIME, profile("nothing", [0] * 12)]


def run(park, **choices):
    return links.run(park, Scenario(links=Links(**({"gap": 1e-6} | choices))), {}, Progress())


def new(result):
    table = result.tables["links"]
    return table[table["status"] == "proposed"].reset_index(drop=True)


def park_of(**layers):
    empty = dict.fromkeys(("exchanges", "material_flows", "heat_streams", "water_streams"))
    return small_park(profiles=PROFILES, **(empty | layers))


def flow(name, firm, material, direction, quantity, when="", **more):
    role = "waste" if direction == "out" else "raw_material"
    base = {"flow_id": name, "enterprise_id": firm, "material": material, "direction": direction, "role": role}
    return base | {"quantity_t_a": quantity, "profile_id": when} | more


def given_and_taken(material, when, where, give=4000.0, take=4000.0):
    """A park where E1 gives and E2 buys one material, with their profiles."""
    given = flow("A", "E1", material, "out", give, when, disposal_cur_t=300.0)
    taken = flow("B", "E2", material, "in", take, where, price_cur_t=500.0)
    return park_of(material_flows=[given, taken])


def heat(when, where, **hours):
    base = {"medium": "water", "duty_kw": 4000.0}
    warm = {"stream_id": "H", "enterprise_id": "E1", "kind": "hot", "t_supply_c": 200, "t_target_c": 100}
    cool = {"stream_id": "C", "enterprise_id": "E4", "kind": "cold", "t_supply_c": 30, "t_target_c": 60}
    one = base | warm | {"profile_id": when, "hours_a": hours.get("hot", 2400.0)}
    return park_of(heat_streams=[one, base | cool | {"profile_id": where, "hours_a": hours.get("cold", 2400.0)}])


def water_of(when, where):
    base = {"flow_t_d": 1000.0}
    one = base | {"stream_id": "W", "enterprise_id": "E1", "direction": "discharge", "cod_mg_l": 20.0}
    two = base | {"stream_id": "D", "enterprise_id": "E2", "direction": "demand", "cod_mg_l": 50.0}
    return park_of(water_streams=[one | {"profile_id": when}, two | {"profile_id": where}])


def test_shares_are_months_by_thirds_of_the_day_and_even_without_a_usable_profile():
    park = park_of()
    names = pd.Series(["winter", "daytime", "", "unknown", "nothing"])
    winter, daytime, *rest = seasons.shares(park, names, "material")
    assert winter[:6] == pytest.approx([0.25 / 3] * 6) and winter[6:30].sum() == 0
    assert daytime[:4] == pytest.approx([1 / 12, 0, 0, 1 / 12])
    for share in rest:
        assert share == pytest.approx(EVEN)
    by_month = seasons.shares(park, names, "water").iloc[0]
    assert by_month == pytest.approx([0.25, 0.25] + [0] * 8 + [0.25, 0.25])


@pytest.mark.parametrize(("shifts", "thirds"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_shifts_fill_the_first_thirds_of_the_day(shifts, thirds):
    park = small_park(profiles=[profile("P", [1.0] * 12, shifts)])  # months that do not add to 100 are shared out
    share = seasons.shares(park, pd.Series(["P"]), "heat").iloc[0].reshape(12, 3)
    assert share.sum() == pytest.approx(1) and ((share > 0).sum(axis=1) == thirds).all()


def test_storage_names_families_and_materials_of_the_catalogue_and_known_rules():
    rows = resources.table("knowledge", "storage.csv")
    known = set(catalogue.materials().index) | set(catalogue.materials()["family"]) | {""}
    assert {row["name"] for row in rows} <= known
    assert {row["balanced"] for row in rows} == {"year", "month", "shift"}
    assert all(row["source"] and row["confidence"] in "hml" and row["note_zh"] for row in rows)
    table = catalogue.materials().loc[["bagasse", "whey", "hydrogen", "fly_ash"]]
    assert list(seasons.balanced(table.index, table["family"])) == ["year", "month", "shift", "year"]


@pytest.mark.parametrize(
    ("park", "kind"),
    [
        (given_and_taken("spent_grain", "winter", "summer"), "material"),
        (given_and_taken("hydrogen", "winter", "summer"), "material"),
        (heat("winter", "summer"), "heat"),
        (water_of("winter", "summer"), "water"),
    ],
)
def test_winter_serves_no_summer_where_nothing_can_be_stored(park, kind):
    result = run(park)
    assert new(result).empty
    left = result.tables["unmatched_flows"].iloc[0]
    assert (left["kind"], left["reason"]) == (kind, "season")


def test_what_keeps_lies_in_stock_from_winter_to_summer():
    result = run(given_and_taken("fly_ash", "winter", "summer", 4000.0, 5000.0))
    link = new(result).iloc[0]
    assert result.tables["unmatched_flows"].empty
    assert (link["quantity_t_a"], link["season_pct"]) == (pytest.approx(4000), 100)


def test_the_link_moves_what_falls_in_common_months():
    # winter 1000 a month in four, spring 500 in four: February alone is common, the smaller side gives 500 of 2000
    result = run(given_and_taken("spent_grain", "winter", "spring", 4000.0, 2000.0))
    link, left = new(result).iloc[0], result.tables["unmatched_flows"].iloc[0]
    assert link["quantity_t_a"] == pytest.approx(500) and link["season_pct"] == pytest.approx(25)
    assert (left["left"], left["reason"]) == (pytest.approx(3500), "season")
    part = new(run(water_of("winter", "spring"))).iloc[0]
    assert part["flow_t_d"] == pytest.approx(250) and part["season_pct"] == pytest.approx(25)


def test_gas_is_used_in_the_same_shift_and_what_spoils_by_the_day_only_in_the_same_month():
    gas = new(run(given_and_taken("hydrogen", "flat", "daytime"))).iloc[0]
    assert gas["quantity_t_a"] == pytest.approx(4000 / 3) and gas["season_pct"] == pytest.approx(100 / 3)
    grain = new(run(given_and_taken("spent_grain", "flat", "daytime"))).iloc[0]
    assert (grain["quantity_t_a"], grain["season_pct"]) == (pytest.approx(4000), pytest.approx(100))


@pytest.mark.parametrize(("material", "total"), [("spent_grain", 4000), ("fly_ash", 8000)])
def test_two_takers_of_one_season_share_what_arises_in_it(material, total):
    # 1000 a month all year; each of two takers could use them all in the same four months
    flows = [
        flow("A", "E1", material, "out", 12000.0, "flat", disposal_cur_t=300.0),
        flow("B", "E2", material, "in", 4000.0, "winter", price_cur_t=500.0),
        flow("C", "E3", material, "in", 4000.0, "winter", price_cur_t=500.0),
    ]
    assert new(run(park_of(material_flows=flows)))["quantity_t_a"].sum() == pytest.approx(total)


def test_two_demands_of_one_season_share_what_is_discharged_in_it():
    base = {"cod_mg_l": 20.0, "flow_t_d": 1200.0, "direction": "discharge", "profile_id": "flat"}
    need = {"cod_mg_l": 50.0, "flow_t_d": 400.0, "direction": "demand", "profile_id": "winter"}
    streams = [base | {"stream_id": "W", "enterprise_id": "E1"}]
    streams += [need | {"stream_id": f"D{k}", "enterprise_id": f"E{k}"} for k in (2, 3)]
    assert new(run(park_of(water_streams=streams)))["flow_t_d"].sum() == pytest.approx(400)


def test_heat_counts_the_hours_that_both_sides_run():
    # 600 h a month in four months, 500 h in twelve: 500 h in each of the four
    link = new(run(heat("winter", "", hot=2400.0, cold=6000.0))).iloc[0]
    assert link["hours_a"] == pytest.approx(2000) and link["season_pct"] == pytest.approx(100 * 2000 / 2400)
    assert link["useful_gj_a"] == pytest.approx(link["heat_kw"] * 2000 * 0.0036)
    same = new(run(heat("winter", "winter", hot=2400.0, cold=2000.0))).iloc[0]
    assert same["hours_a"] == pytest.approx(2000)
    # by day 2400 h in the first third, round the clock 6000 h / 3 there
    day = new(run(heat("daytime", "flat", hot=2400.0, cold=6000.0))).iloc[0]
    assert day["hours_a"] == pytest.approx(2000)


def test_a_heat_exchange_of_today_counts_common_hours():
    park = heat("winter", "", hot=2400.0, cold=6000.0)
    exchange = {"exchange_id": "X", "from_enterprise_id": "E1", "to_enterprise_id": "E4", "kind": "heat"}
    streams = park["heat_streams"]
    table = run(park_of(heat_streams=streams, exchanges=[exchange | {"heat_kw": 1000.0}])).tables["links"]
    today = table[table["status"] == "existing"].iloc[0]
    assert today["hours_a"] == pytest.approx(2000) and np.isnan(today["season_pct"])


def test_a_heat_exchange_of_today_without_common_time_is_named():
    streams = heat("winter", "summer")["heat_streams"]
    exchange = {"exchange_id": "X", "from_enterprise_id": "E1", "to_enterprise_id": "E4", "kind": "heat"}
    result = run(park_of(heat_streams=streams, exchanges=[exchange | {"heat_kw": 1000.0}]))
    assert [(f.key, f.id) for f in result.findings] == [("links.exchange_no_common_time", "X")]
    assert result.tables["links"]["hours_a"].tolist() == [0]


def test_a_released_exchange_competes_in_each_period():
    # E1 gives gas all day; E2, who works by day, takes a third today; E3 pays more and takes all of it
    flows = [
        flow("A", "E1", "hydrogen", "out", 3000.0, "flat", disposal_cur_t=0.0),
        flow("B", "E2", "hydrogen", "in", 1000.0, "daytime", price_cur_t=500.0),
        flow("C", "E3", "hydrogen", "in", 3000.0, "flat", price_cur_t=5000.0),
    ]
    exchange = {"exchange_id": "X", "from_enterprise_id": "E1", "to_enterprise_id": "E2", "kind": "material"}
    today = exchange | {"material": "hydrogen", "quantity_t_a": 1000.0}
    park = park_of(material_flows=flows, exchanges=[today])
    kept = run(park).tables["links"].set_index("status")["quantity_t_a"]
    assert kept.to_dict() == {"existing": 1000, "proposed": pytest.approx(2000)}
    freed = run(park, release=["X"]).tables["links"].set_index("status")
    assert freed.loc["ended", "ended_reason"] == "better_use"
    assert freed.loc["proposed", "quantity_t_a"] == pytest.approx(3000)


def test_reclaimed_water_draws_on_the_effluent_of_the_same_month():
    streams = [
        {
            "stream_id": "W",
            "enterprise_id": "E1",
            "direction": "discharge",
            "cod_mg_l": 300.0,
            "profile_id": "winter",
        },
        {"stream_id": "D", "enterprise_id": "E2", "direction": "demand", "cod_mg_l": 60.0, "profile_id": "flat"},
    ]
    park = park_of(water_streams=[stream | {"flow_t_d": 3000.0, "tds_mg_l": 800.0} for stream in streams])
    supply = run(park, treat_water=False, reclaimed=True).tables["water_supply"]
    # months without effluent leave nothing for a demand that runs all year
    assert set(supply["source_kind"]) == {"fresh"}


def test_even_profiles_give_the_plan_of_none():
    park = small_park(profiles=PROFILES)
    layers = ("material_flows", "heat_streams", "water_streams")
    plain, flat = (
        small_park(profiles=PROFILES, **{name: park[name].assign(profile_id=when) for name in layers})
        for when in ("", "flat")
    )
    one, two = run(plain).tables["links"], run(flat).tables["links"]
    assert len(new(run(plain)))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two), rtol=1e-9)


def test_an_even_year_makes_one_row_a_flow():
    n, place = 6, np.array([0, 0, 0, 1, 1, 2])
    weight = np.r_[np.full((1, 36), 1 + 1e-15), np.ones((1, 36))]
    number = np.array([0, -1, 0, -1, 0, -1])
    rows, owner = seasons.capacity(place, np.arange(n), np.arange(1.0, n + 1), weight, number, (3, n))
    assert list(owner) == [0, 1, 2]
    assert rows.toarray().tolist() == [[1, 2, 3, 0, 0, 0], [0, 0, 0, 4, 5, 0], [0, 0, 0, 0, 0, 6]]


def test_a_period_in_which_every_link_weighs_less_than_in_another_has_no_row():
    weight = np.array([[2, 0, 0.5], [0, 2, 0.5], [1, 1, 1]])

    def rows(*number):
        places = np.zeros(len(number), int)
        return (
            seasons.capacity(places, np.arange(2), np.ones(2), weight, np.array(number), (1, 2))[0]
            .toarray()
            .tolist()
        )

    assert sorted(rows(0, 1)) == [[0, 2], [0.5, 0.5], [2, 0]]
    assert rows(0, 2) == [[2, 1]]


def test_mixed_water_keeps_its_limit_in_each_month():
    streams = [
        {
            "stream_id": "W",
            "enterprise_id": "E1",
            "direction": "discharge",
            "cod_mg_l": 100.0,
            "profile_id": "winter",
        },
        {"stream_id": "D", "enterprise_id": "E2", "direction": "demand", "cod_mg_l": 50.0, "profile_id": "flat"},
    ]
    park = park_of(water_streams=[stream | {"flow_t_d": 1000.0} for stream in streams])
    link = new(run(park, mixing=True, treat_water=False)).iloc[0]
    # half of the inlet, beside clean fresh water, in four months of twelve
    assert link["flow_t_d"] == pytest.approx(1000 / 2 * 4 / 12)


@st.composite
def drawn_sides(draw):
    flows, pairs = draw(st.integers(2, 6)), draw(st.integers(1, 8))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    share = rng.gamma(0.5, size=(flows, 36)) * (rng.random((flows, 36)) < 0.6)
    share[rng.random(flows) < 0.3] = 1.0
    share = np.where(share.sum(axis=1, keepdims=True) > 0, share, 1.0)
    share /= share.sum(axis=1, keepdims=True)
    have = rng.uniform(1, 100, flows)
    one, two = rng.integers(0, flows, pairs), rng.integers(0, flows, pairs)
    one, two = one[one != two], two[one != two]
    rule = np.array(["year", "month", "shift"], object)[rng.integers(0, 3, len(one))]
    return seasons.Sides(share, one, two, have[one], have[two], rule), have


@settings(max_examples=60, deadline=None)
@given(drawn_sides())
def test_no_flow_is_exceeded_in_any_period_and_a_link_alone_moves_all_that_is_common(drawn):
    sides, have = drawn
    n = len(sides.one)
    found, most = seasons.loads(sides), seasons.common(sides)
    upper = found.most(sides.first, sides.second)
    assert upper[most > 0] == pytest.approx(most[most > 0])
    place, column = np.r_[sides.one, sides.two], np.r_[:n, :n]
    number = np.r_[found.giver, found.taker]
    rows, owner = seasons.capacity(place, column, np.ones(2 * n), found.weight, number, (len(have), n))
    upper = np.where(most > 0, upper, 0.0)
    x = linprog(-np.arange(1.0, n + 1), rows, have[owner], bounds=np.c_[np.zeros(n), upper]).x if n else np.zeros(0)
    for flow_number, share in enumerate(sides.share):
        used = np.zeros(36)
        for side, numbers in ((sides.one, found.giver), (sides.two, found.taker)):
            mine = side == flow_number
            used += x[mine] @ (found.weight[numbers[mine]] * share)
        assert (used <= have[flow_number] * share + 1e-6 * have[flow_number]).all()
    # giver and taker of what cannot wait run at the same time
    for k in np.flatnonzero((sides.rule == "shift") & (most > 0)):
        left = found.weight[found.giver[k]] * sides.share[sides.one[k]]
        assert left == pytest.approx(found.weight[found.taker[k]] * sides.share[sides.two[k]], abs=1e-12)
        assert left.sum() == pytest.approx(1)


@st.composite
def drawn_streams(draw):
    streams = []
    for k in range(draw(st.integers(2, 9))):
        row = {"stream_id": f"S{k}", "enterprise_id": f"E{draw(st.integers(1, 5))}"}
        row |= {"direction": draw(st.sampled_from(["discharge", "demand"])), "cod_mg_l": draw(st.floats(5, 300))}
        when = draw(st.sampled_from(["", "winter", "spring", "daytime"]))
        streams.append(row | {"flow_t_d": float(draw(st.integers(1, 5000))), "profile_id": when})
    return streams


@settings(max_examples=25, deadline=None)
@given(drawn_streams())
def test_every_month_keeps_flows_and_the_mean_inlet_of_mixed_water(streams):
    park, scenario = park_of(water_streams=streams), Scenario(links=Links(mixing=True, treat_water=False))
    costs = Costs.of(park, scenario)
    places, _ = locate(park, costs.standards)
    table, _ = water.streams(park, places, scenario.links)
    chosen = water.select(water.candidates(table, places, costs, scenario.links))
    problem = water.problem(table, chosen, costs, scenario.links)
    x, _ = fixed_charge.solve(problem, "water", "CNY/a", 1e-6, 60.0, lambda: False)
    have = table["flow_t_d"].to_numpy()[:, None] * seasons.matrix(table)
    one, two = chosen["give"].to_numpy(dtype=int), chosen["take"].to_numpy(dtype=int)
    both = np.minimum(have[one], have[two])  # untreated water: what is given is what arrives
    moved = x[:, None] * np.divide(both, both.sum(axis=1, keepdims=True))
    quality = table["cod_mg_l"].to_numpy()
    fresh = water.fresh_quality(costs)[0]
    for k in range(len(table)):
        out, into = moved[one == k].sum(axis=0), moved[two == k].sum(axis=0)
        assert (np.maximum(out, into) <= have[k] + 1e-6 * have[k].sum()).all()
        load = (moved[two == k] * quality[one[two == k], None]).sum(axis=0) + fresh * (have[k] - into)
        if quality[k] >= fresh and (two == k).any():
            assert (load <= quality[k] * have[k] + 1e-6 * 300 * have[k].sum()).all()


MATERIALS = ("spent_grain", "hydrogen", "fly_ash")


@st.composite
def drawn_parks(draw):
    count = draw(st.integers(2, 5))
    firms = [
        {"enterprise_id": f"F{k}", "name": "f", "sector": "C26", "geometry": point(100 * k, 160)}
        for k in range(count)
    ]
    flows = []
    for k in range(draw(st.integers(2, 8))):
        direction = draw(st.sampled_from(["in", "out"]))
        flows.append(
            flow(
                f"M{k}",
                f"F{draw(st.integers(0, count - 1))}",
                draw(st.sampled_from(MATERIALS)),
                direction,
                float(draw(st.integers(1, 5000))),
                draw(st.sampled_from(["", "winter", "spring", "daytime"])),
                **({"price_cur_t": 600.0} if direction == "in" else {"disposal_cur_t": 100.0}),
            )
        )
    return firms, flows


def built(firms, flows):
    return park_of(enterprises=firms, material_flows=flows, parcels=None, occupancy=None, buildings=None)


@settings(max_examples=8, deadline=None)
@given(drawn_parks())
def test_every_months_balance_closes_and_one_more_firm_never_lowers_the_optimum(drawn):
    firms, flows = drawn
    result = run(built(firms, flows))
    table = new(result)
    # what spoils: each month's links of a flow are at most what it has, with patterns worked out anew
    park = built(firms, flows)
    when = pd.Series([f["profile_id"] for f in flows], index=[f["flow_id"] for f in flows])
    month = seasons.shares(park, when, "water")
    have = {f["flow_id"]: f["quantity_t_a"] * month[f["flow_id"]] for f in flows}
    used = {name: np.zeros(12) for name in have}
    for row in table[table["material"] == "spent_grain"].itertuples():
        if row.replaces != "spent_grain":
            continue
        both = np.minimum(have[row.from_flow_id], have[row.to_flow_id])
        for name in (row.from_flow_id, row.to_flow_id):
            used[name] += row.quantity_t_a * both / both.sum()
    for name, amount in used.items():
        assert (amount <= have[name] + 1e-6 * have[name].sum()).all()
    last = firms[-1]["enterprise_id"]
    fewer = run(built(firms[:-1], [f for f in flows if f["enterprise_id"] != last])).answers[0]
    assert result.answers[0].objective >= fewer.objective * (1 - 2e-6) - 1e-6


def test_row_order_does_not_matter():
    rng = np.random.default_rng(3)
    names = np.array(["", "winter", "spring", "flat", "daytime"])
    park = small_park()
    layers = {
        name: park[name].assign(profile_id=rng.choice(names, len(park[name])))
        for name in ("material_flows", "heat_streams", "water_streams")
    }
    park = small_park(profiles=PROFILES, **layers)
    one, two = run(park).tables, run(shuffled(park)).tables
    for name in ("links", "unmatched_flows", "water_supply"):
        pd.testing.assert_frame_equal(pd.DataFrame(one[name]), pd.DataFrame(two[name]))
