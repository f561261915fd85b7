"""How the benefit of links is shared out: shares by hand, Shapley values, prices that settle them, firms' accounts."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from small_park import shuffled, small_park

from parkloop.analysis import links
from parkloop.analysis.links import loops
from parkloop.analysis.links.split import giver_share
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.solvers import fixed_charge, shapley
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress

amounts = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))


def run(park, **choices):
    chosen = Links(**({"gap": 1e-6} | choices))
    return links.run(park, Scenario(links=chosen), {}, Progress())


def flow(name, firm, material, direction, quantity, **more):
    role = "waste" if direction == "out" else "raw_material"
    base = {"flow_id": name, "enterprise_id": firm, "material": material, "direction": direction, "role": role}
    return base | {"quantity_t_a": quantity} | more


def only(flows):
    return small_park(material_flows=flows, exchanges=None, heat_streams=None, water_streams=None)


def new(result):
    table = result.tables["links"]
    return table[table["status"] == "proposed"]


ASH = [
    flow("A", "E1", "bottom_ash", "out", 1000, disposal_cur_t=80.0),
    flow("B", "E2", "sand", "in", 5000, price_cur_t=100.0),
]


def test_each_side_keeps_the_same_share_of_what_it_pays_today():
    link = new(run(only(ASH))).iloc[0]
    ratio = link["taker_today_cur_a"] / (1000 * 100.0)  # t of sand spared by a t of ash
    assert link["giver_today_cur_a"] == pytest.approx(80_000) and 0.5 < ratio <= 1
    assert link["benefit_cur_a"] == pytest.approx(80_000 + link["taker_today_cur_a"] - link["cost_cur_a"])
    kept = link["benefit_cur_a"] / (80_000 + link["taker_today_cur_a"])
    assert link["giver_benefit_cur_a"] == pytest.approx(80_000 * kept)
    assert link["taker_benefit_cur_a"] == pytest.approx(link["taker_today_cur_a"] * kept)
    # the giver pays for being rid of it, but less than the landfill asks
    assert link["price_cur_unit"] == pytest.approx((link["giver_benefit_cur_a"] - 80_000) / 1000)
    assert -80 < link["price_cur_unit"] < 0
    assert (link["price_unit"], link["split_rule"]) == ("CNY/t", "standalone")


def test_a_giver_that_sells_today_gets_half_and_more_than_its_price():
    sold = [ASH[0] | {"disposal_cur_t": None, "price_cur_t": 20.0}, ASH[1]]
    link = new(run(only(sold))).iloc[0]
    assert link["giver_today_cur_a"] == pytest.approx(-20_000) and link["split_rule"] == "halves"
    assert link["giver_benefit_cur_a"] == pytest.approx(link["benefit_cur_a"] / 2)
    assert link["price_cur_unit"] == pytest.approx(20 + link["benefit_cur_a"] / 2 / 1000)
    halves = new(run(only(ASH), split="halves")).iloc[0]
    assert halves["split_rule"] == "halves"
    assert halves["giver_benefit_cur_a"] == pytest.approx(halves["taker_benefit_cur_a"])


@given(amounts, amounts, st.floats(0, 1e6), st.sampled_from(["standalone", "halves"]))
def test_a_split_adds_up_and_nobody_loses(giver, taker, benefit, rule):
    share = float(giver_share(np.array([giver]), np.array([taker]), rule)[0])
    assert 0 <= share <= 1 and 0 <= share * benefit <= benefit
    swapped = float(giver_share(np.array([taker]), np.array([giver]), rule)[0])
    assert share + swapped == pytest.approx(1)  # symmetry: only what they pay today tells the two apart


@st.composite
def games(draw, most=5):
    n = draw(st.integers(1, most))
    return n, draw(st.lists(st.integers(0, 100), min_size=1 << n, max_size=1 << n))


def worth_of(values):
    return lambda firms: float(values[sum(1 << i for i in firms)]) if firms else 0.0


@settings(max_examples=60)
@given(games(4))
def test_the_value_is_the_mean_over_all_orders(game):
    n, values = game
    worth = worth_of(values)
    mean = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        for k, player in enumerate(order):
            mean[player] += worth(frozenset(order[: k + 1])) - worth(frozenset(order[:k]))
    value = shapley.exact(n, worth)
    assert value == pytest.approx(mean / len(orders))
    assert value.sum() == pytest.approx(worth(frozenset(range(n))))  # efficiency


@settings(max_examples=40)
@given(games(5), st.integers(0, 9))
def test_players_that_add_nothing_get_nothing_and_equal_ones_get_the_same(game, seed):
    n, values = game
    # a player who adds nothing joins, and a twin of player 0: only the first of both to come adds anything
    dummy, twin = n, n + 1

    def worth(firms):
        inside = {0 if i == twin else i for i in firms} - {dummy}
        return worth_of(values)(inside)

    value = shapley.exact(n + 2, worth)
    assert value[dummy] == pytest.approx(0, abs=1e-9)
    assert value[0] == pytest.approx(value[twin])
    guess, error = shapley.sampled(n + 2, worth, 20, seed)
    assert guess.sum() == pytest.approx(worth(frozenset(range(n + 2))))
    assert guess[dummy] == pytest.approx(0, abs=1e-9) and error >= 0


def test_sampling_comes_near_the_exact_value_and_repeats_itself():
    weight = np.arange(1, 13) ** 2

    def worth(firms):
        return float(min(weight[list(firms)].sum(), 300))

    value = shapley.exact(12, worth)
    guess, error = shapley.sampled(12, worth, 400, 3)
    assert abs(guess - value).max() < 5 * error < 0.05 * value.max()
    assert (guess == shapley.sampled(12, worth, 400, 3)[0]).all()


def one_flow(gains, needs, stock):
    """A giver (firm 0) with ``stock``, takers 1, 2, ...; the last link leads back, so that all are in one loop."""
    n = len(gains)
    return fixed_charge.Problem(
        gain=np.array([*gains, 1.0]),
        upper=np.array([*(min(need, stock) for need in needs), 1.0]),
        link=np.arange(n + 1),
        fixed=np.zeros(n + 1),
        lot=np.zeros(n + 1),
        most=np.array([*(min(need, stock) for need in needs), 1.0]),
        rows=csr_array(np.array([[1.0] * n + [0.0]])),
        limit=np.array([float(stock)]),
    )


def shared(problem, ends):
    x, _ = fixed_charge.solve(problem, "", "", 1e-9, 30, lambda: False)
    one = loops.kind(problem, x, np.array(ends))
    share, findings = loops.shares([one], 1, "CNY", lambda: False)
    return share[0], one, findings


def test_takers_that_compete_leave_more_to_the_giver():
    """100 t; A pays 5 for up to 60 t, B pays 4 for up to 100 t. v(G,A) = 300, v(G,B) = 400, all 460; by hand over six orders."""
    problem = one_flow([5.0, 4.0], [60, 100], 100)
    share, one, findings = shared(problem, [[0, 1], [0, 2], [2, 0]])
    giver, a, b = (460 * 2 + 300 + 400) / 6, (300 + 60 * 2) / 6, (400 + 160 * 2) / 6
    assert giver + a + b == pytest.approx(460) and not findings
    benefit = problem.gain * one.x
    assert benefit == pytest.approx([300, 160, 1])
    assert share[2] == pytest.approx(0.5)  # shares no flow: halves
    assert (1 - share[0]) * 300 == pytest.approx(a) and (1 - share[1]) * 160 == pytest.approx(b)
    assert share[0] * 300 + share[1] * 160 == pytest.approx(giver)
    # firm 1 gets more than half of what competition leaves it nowhere to go without: A alone is not in the loop
    alone, _, _ = shared(one_flow([5.0], [60], 100), [[0, 1], [1, 0]])
    assert alone == pytest.approx({0: 0.5, 1: 0.5})


def test_links_outside_of_loops_are_left_to_the_other_rule():
    share, _, _ = shared(one_flow([5.0], [60], 100), [[0, 1], [2, 3]])
    assert share == {}
    assert loops.in_loops(np.array([[0, 1], [1, 2], [2, 0], [2, 3], [4, 4]])).tolist() == [True] * 3 + [False] * 2


def test_a_group_of_many_firms_is_sampled_and_said_so():
    n = 12
    problem = one_flow([5.0 + k / 10 for k in range(n)], [20] * n, 239)
    share, one, findings = shared(problem, [*([0, k + 1] for k in range(n)), [1, 0]])
    assert [f.key for f in findings] == ["links.split_sampled"] and findings[0].values["firms"] == 13
    assert "13" in findings[0].text("zh") and len(share) == n + 1
    benefit = problem.gain * one.x
    takers = np.array([(1 - share[k]) * benefit[k] for k in range(n)])
    assert (takers >= -1e-6).all() and takers.sum() <= benefit[:n].sum()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2), st.integers(1, 9), st.integers(0, 40)),
        min_size=1,
        max_size=7,
    ),
    st.lists(st.integers(20, 100), min_size=3, max_size=3),
)
def test_no_firm_loses_by_its_loop_and_shares_add_up(rows, stock):
    """Links between five firms that draw on three capacities, with fixed costs: every firm is at least as well off."""
    rows = [(one, two, at, gain, fixed) for one, two, at, gain, fixed in rows if one != two]
    if not rows:
        return
    n = len(rows)
    most = np.array([min(stock[at], 50.0) for _, _, at, _, _ in rows])
    body = np.zeros((3, n))
    body[[at for _, _, at, _, _ in rows], np.arange(n)] = 1.0
    problem = fixed_charge.Problem(
        gain=np.array([float(gain) for *_, gain, _ in rows]),
        upper=most,
        link=np.arange(n),
        fixed=np.array([float(fixed) for *_, fixed in rows]),
        lot=np.zeros(n),
        most=most,
        rows=csr_array(body),
        limit=np.array(stock, float),
    )
    share, one, _ = shared(problem, [[a, b] for a, b, *_ in rows])
    earned = np.zeros(5)
    benefit = problem.gain * one.x - np.where(one.x > 0, problem.fixed, 0.0)
    for k, part in share.items():
        earned[rows[k][0]] += part * benefit[k]
        earned[rows[k][1]] += (1 - part) * benefit[k]
    assert (earned >= -1e-6).all()
    assert earned.sum() == pytest.approx(sum(benefit[k] for k in share))


def ring():
    """E1 gives ash to E2, E2 gives scrap back: a loop of two; E5's sludge goes nowhere back."""
    return [
        *ASH,
        flow("C", "E2", "scrap_steel", "out", 900, price_cur_t=2000.0),
        flow("D", "E1", "scrap_steel", "in", 900, price_cur_t=2600.0),
        flow("S", "E5", "sewage_sludge", "out", 5000, disposal_cur_t=300.0),
        flow("T", "E1", "coal", "in", 90_000, price_cur_t=800.0),
    ]


def test_firms_accounts_add_up_to_the_links_and_prices_settle_them():
    result = run(only(ring()))
    table, firms = new(result), result.tables["firm_benefits"].set_index("enterprise_id")
    rules = table.set_index("from_flow_id")["split_rule"].to_dict()
    assert rules == {"A": "shapley", "C": "shapley", "S": "standalone"}
    assert firms["benefit_cur_a"].sum() == pytest.approx(table["benefit_cur_a"].sum())
    assert firms["investment_cur"].sum() == pytest.approx(table["investment_cur"].sum())
    assert firms["pays_cur_a"].sum() == pytest.approx(firms["receives_cur_a"].sum())
    assert firms["links"].tolist() == [3, 2, 1] and firms.index.tolist() == ["E1", "E2", "E5"]
    paid = table["price_cur_unit"] * table["quantity_t_a"]
    giver = table["giver_today_cur_a"] + paid
    taker = table["taker_today_cur_a"] - table["cost_cur_a"] - paid
    assert giver.to_numpy() == pytest.approx(table["giver_benefit_cur_a"].to_numpy())
    assert taker.to_numpy() == pytest.approx(table["taker_benefit_cur_a"].to_numpy())
    e5 = firms.loc["E5"]
    assert (e5["investment_cur"], e5["material_cur_a"]) == (0, e5["benefit_cur_a"]) and np.isnan(e5["payback_a"])
    e2 = firms.loc["E2"]
    saving = e2["benefit_cur_a"] + e2["investment_cur"] * 0.08 / (1 - 1.08**-15)
    assert e2["payback_a"] == pytest.approx(e2["investment_cur"] / saving)
    again = run(shuffled(only(ring()))).tables["firm_benefits"]
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(result.tables["firm_benefits"]))


def test_links_of_today_have_no_split():
    old = run(small_park()).tables["links"]
    old = old[old["status"] == "existing"]
    assert len(old) and old[["giver_benefit_cur_a", "taker_benefit_cur_a", "price_cur_unit"]].isna().all(axis=None)
    assert Standards().value("links.days") == 365
