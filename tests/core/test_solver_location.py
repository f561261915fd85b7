"""Capacitated facility location: worked by hand, against enumeration, and by its properties."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import cflp
from parkloop.analysis.errors import Cancelled
from parkloop.analysis.solvers.location import Plan, Problem, locate, milp, solve
from parkloop.analysis.solvers.location.core import lay_out
from parkloop.analysis.solvers.location.plans import Draft, Drafts
from parkloop.analysis.solvers.location.relaxation import Ascent, Relaxation, first_prices

pytestmark = pytest.mark.again  # plain numerics, the same on any version

BIG = 1e4


def problem(seed: int, n: int = 6, m: int = 4, single: bool = True, **more: object) -> Problem:
    """A random problem with two sizes a site, the larger cheaper by unit."""
    draw = np.random.default_rng(seed)
    demand = draw.uniform(1, 10, n).round(2)
    cost = draw.uniform(1, 100, (n, m)).round(1)
    cost[draw.random((n, m)) < 0.2] = np.inf
    site = np.repeat(np.arange(m), 2)
    capacity = np.tile([0.4, 0.8], m) * demand.sum()
    fixed = np.tile([60.0, 90.0], m) * np.repeat(draw.uniform(0.8, 1.2, m), 2)
    return Problem(demand, cost, site, capacity, fixed, np.full(n, BIG), single, **more)  # type: ignore[arg-type]


def enumerate_single(p: Problem) -> float:
    """Least cost of a single-source problem, by trying every set of options and every assignment."""
    n, m = p.cost.shape
    best = np.inf
    choices = [[-1, *np.flatnonzero(p.option_site == j)] for j in range(m)]
    for options in product(*choices):
        opened = [j for j in range(m) if options[j] >= 0]
        if p.most_sites is not None and len(opened) > p.most_sites:
            continue
        fixed = sum(p.option_cost[options[j]] for j in opened)
        for where in product([*opened, -1], repeat=n):
            load = dict.fromkeys(opened, 0.0)
            total = fixed
            for i, j in enumerate(where):
                total += p.unserved_cost[i] if j < 0 else p.cost[i, j]
                if j >= 0:
                    load[j] += p.demand[i]
            if total < best and all(load[j] <= p.option_capacity[options[j]] + 1e-9 for j in opened):
                best = total
    return float(best)


def check(p: Problem, plan: Plan, bounded: bool = True) -> None:
    """The plan is feasible and costs what it says; its bound is no higher."""
    share = plan.share.toarray()
    np.testing.assert_allclose(share.sum(1) + plan.unserved, 1.0, atol=1e-6)
    room = np.where(plan.option >= 0, p.option_capacity[np.maximum(plan.option, 0)], 0.0)
    assert (p.demand @ share <= room * (1 + 1e-6) + 1e-6).all()
    for site in np.flatnonzero(plan.option >= 0):
        assert p.option_site[plan.option[site]] == site
    if p.single_source:
        assert np.isin(share.round(6), [0.0, 1.0]).all()
    if p.most_sites is not None:
        assert (plan.option >= 0).sum() <= p.most_sites
    lost = plan.unserved > 0
    cost = p.option_cost[plan.option[plan.option >= 0]].sum() + p.unserved_cost[lost] @ plan.unserved[lost]
    cost += (np.where(share > 0, p.cost, 0.0) * share).sum()
    assert cost == pytest.approx(plan.answer.objective, rel=1e-6)
    if plan.answer.bound is None:  # no time for one
        assert not bounded and plan.answer.status == "time_limit"
    else:
        assert plan.answer.bound <= plan.answer.objective * (1 + 1e-9) + 1e-9


def test_worked_by_hand() -> None:
    """Two firms of 4 and 6; A is near the first, B near the second; one large works at A beats two small ones."""
    p = Problem(
        demand=np.array([4.0, 6.0]),
        cost=np.array([[1.0, 9.0], [8.0, 2.0]]),
        option_site=np.array([0, 0, 1, 1]),
        option_capacity=np.array([6.0, 10.0, 6.0, 10.0]),
        option_cost=np.array([10.0, 14.0, 10.0, 15.0]),
        unserved_cost=np.full(2, 100.0),
    )
    plan = locate(p)
    # small A and B: 10 + 10 + 1 + 2 = 23; large A: 14 + 1 + 8 = 23; large B: 15 + 9 + 2 = 26
    assert plan is not None
    assert plan.answer.objective == pytest.approx(23.0)
    assert plan.answer.status == "optimal"
    dearer = Problem(
        p.demand,
        p.cost,
        p.option_site,
        p.option_capacity,
        p.option_cost + np.array([1.0, 0.0, 1.0, 0.0]),
        p.unserved_cost,
    )
    plan = locate(dearer)
    assert plan is not None
    assert plan.option.tolist() == [1, -1]  # now the large works at A is best alone: 23 against 25


def test_split_uses_what_is_left() -> None:
    """A single source must leave the second firm unserved or pay a second works; a split one shares the first."""
    p = Problem(
        demand=np.array([6.0, 6.0]),
        cost=np.array([[1.0, 5.0], [1.0, 5.0]]),
        option_site=np.array([0, 1]),
        option_capacity=np.array([9.0, 9.0]),
        option_cost=np.array([1.0, 1.0]),
        unserved_cost=np.full(2, 50.0),
        single_source=False,
    )
    plan = locate(p)
    assert plan is not None
    # 9 of 12 at the near works, 3 at the far one: 1 + 1 + 1.5 * 1 + 0.5 * 5
    assert plan.answer.objective == pytest.approx(6.0)


@pytest.mark.parametrize("seed", range(6))
def test_single_source_against_enumeration(seed: int) -> None:
    p = problem(seed, n=5, m=3)
    plan = locate(p, gap=1e-9)
    assert plan is not None
    check(p, plan)
    assert plan.answer.objective == pytest.approx(enumerate_single(p), rel=1e-6)


def exact(p: Problem) -> Draft:
    """HiGHS on the whole model, to the end."""
    core = lay_out(p)
    assert core is not None
    found, answer = milp.solve(core, Drafts(p), None, 0.0, 60.0, lambda: False, None)
    assert found is not None and answer.status == "optimal"
    return found


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_every_bound_of_the_relaxation_holds(seed: int, single: bool) -> None:
    """At any prices: the bound, and the bounds once an option or a pair is used or a site is closed, each for the optimum."""
    p = problem(seed, n=10, m=6, single=single, most_sites=3)
    best = exact(p)
    core = lay_out(p)
    assert core is not None
    relaxation = Relaxation(core)
    share = np.eye(7)[best.served] if best.share is None else best.share
    used, whole = np.isin(core.option, best.option), share[core.pair_consumer, core.pair_site] > 1 - 1e-9
    limit = best.total * (1 + 1e-6)
    seen = []

    def visit(point: object, better: bool) -> bool:
        assert point.value <= limit  # type: ignore[attr-defined]
        option, pair, shut = relaxation.lifts(point, best.total * 1.02)  # type: ignore[arg-type]
        assert option[used].max() <= limit
        assert pair[whole].max(initial=-np.inf) <= limit
        assert shut[best.option < 0].max() <= limit
        seen.append(point.value)  # type: ignore[attr-defined]
        return False

    ascent = Ascent(relaxation, first_prices(core))
    ascent.run(30, lambda: best.total, False, 0.01, visit)
    ascent.run(20, lambda: best.total, True, 0.01, visit)
    assert max(seen) > 0.8 * best.total


def test_large_problem_is_certified() -> None:
    """Beyond what goes to HiGHS at once: 120 firms, 30 sites."""
    draw = np.random.default_rng(3)
    firm, site = draw.uniform(0, 5000, (120, 2)), draw.uniform(0, 5000, (30, 2))
    demand = draw.lognormal(2, 1, 120)
    cost = np.abs(firm[:, None] - site).sum(2) * demand[:, None] * 0.01
    sizes = np.array([0.3, 0.6, 1.0]) * demand.sum()
    p = Problem(
        demand,
        cost,
        np.repeat(np.arange(30), 3),
        np.tile(sizes, 30),
        np.tile(2000 * sizes**0.6, 30),
        np.full(120, 1e6),
    )
    plan = locate(p, gap=5e-3)
    assert plan is not None
    check(p, plan)
    assert plan.answer.status in ("optimal", "certified")
    assert plan.answer.gap is not None and plan.answer.gap < 0.02


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), single=st.booleans())
def test_more_sites_allowed_never_costs_more(seed: int, single: bool) -> None:
    costs = []
    for most in (1, 2, 3, 4):
        p = problem(seed, single=single, most_sites=most)
        plan = locate(p, gap=1e-9)
        assert plan is not None
        check(p, plan)
        costs.append(plan.answer.objective)
    assert all(b <= a * (1 + 1e-6) for a, b in pairwise(costs))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), single=st.booleans(), gone=st.integers(0, 3))
def test_a_site_excluded_never_lowers_cost(seed: int, single: bool, gone: int) -> None:
    p = problem(seed, single=single)
    keep = p.option_site != gone
    less = Problem(
        p.demand, p.cost, p.option_site[keep], p.option_capacity[keep], p.option_cost[keep], p.unserved_cost, single
    )
    all_sites, fewer = locate(p, gap=1e-9), locate(less, gap=1e-9)
    assert all_sites is not None and fewer is not None
    assert fewer.answer.objective >= all_sites.answer.objective * (1 - 1e-6)


def test_demand_above_all_capacity_leaves_someone_unserved() -> None:
    p = problem(1)
    small = Problem(p.demand, p.cost, p.option_site, p.option_capacity * 0.1, p.option_cost, p.unserved_cost)
    plan = locate(small)
    assert plan is not None
    check(small, plan)
    assert plan.unserved.sum() > 0


def test_whoever_must_be_served_and_cannot_has_no_plan() -> None:
    p = problem(1)
    cost = p.cost.copy()
    cost[0] = np.inf
    never = Problem(p.demand, cost, p.option_site, p.option_capacity, p.option_cost, np.full(6, np.inf))
    assert locate(never) is None


def test_a_pinned_site_is_opened_and_empty_problems_answer() -> None:
    p = problem(2)
    dear = p.option_cost.copy()
    dear[p.option_site == 3] += 500
    pinned = np.array([False, False, False, True])
    plan = locate(
        Problem(p.demand, p.cost, p.option_site, p.option_capacity, dear, p.unserved_cost, must_open=pinned)
    )
    assert plan is not None and plan.option[3] >= 0
    nothing = Problem(p.demand, p.cost, np.empty(0, int), np.empty(0), np.empty(0), p.unserved_cost)
    plan = locate(nothing)
    assert plan is not None and plan.answer.objective == pytest.approx(6 * BIG)


@pytest.mark.parametrize("n", [8, 150])
def test_cancelled(n: int) -> None:
    p = problem(0, n=n, m=30)
    with pytest.raises(Cancelled):
        locate(p, cancelled=lambda: True)


def test_wrong_shapes_are_caught() -> None:
    p = problem(0)
    with pytest.raises(ValueError, match="consumers, sites"):
        Problem(p.demand, p.cost.T, p.option_site, p.option_capacity, p.option_cost, p.unserved_cost)
    with pytest.raises(ValueError, match="above 0"):
        Problem(p.demand * 0, p.cost, p.option_site, p.option_capacity, p.option_cost, p.unserved_cost)


def drawn(seed: int, n: int = 30, m: int = 12, **more: object) -> Problem:
    """Consumers and sites in a square, demands log-normal, two sizes, some pairs too far; large enough for the relaxation."""
    draw = np.random.default_rng(seed)
    firm, site = draw.uniform(0, 10, (n, 2)), draw.uniform(0, 10, (m, 2))
    demand = draw.lognormal(1, 0.7, n)
    distance = np.abs(firm[:, None] - site).sum(2)
    cost = np.where((distance < 12) | (np.arange(m) == 0), distance * demand[:, None], np.inf)
    sizes = np.array([0.35, 0.7]) * demand.sum()
    fixed = (np.outer(draw.uniform(0.8, 1.2, m), sizes**0.65) * 30).ravel()
    keys: dict[str, object] = {"unserved_cost": np.full(n, 1e3), "single_source": True} | more
    return Problem(demand, cost, np.repeat(np.arange(m), 2), np.tile(sizes, m), fixed, **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "more",
    [
        {"single_source": False},
        {"most_sites": 2},
        {"least_sites": 4},
        {"must_open": np.arange(12) == 3, "closed": np.isin(np.arange(12), [1, 5])},
        {"unserved_cost": np.full(30, 40.0)},
        {"least_capacity": 400.0},
    ],
    ids=["split", "most", "least", "sites", "soft", "capacity"],
)
def test_search_against_highs(seed: int, more: dict[str, object]) -> None:
    """Beyond what goes to HiGHS at once (nothing does here), the relaxation bounds and the search finds the optimum."""
    p = drawn(seed, n=30, **more)
    best = exact(p)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve, "DIRECT_PAIRS", 0)
        plan = locate(p, gap=1e-3, effort="usual")
    assert plan is not None
    check(p, plan)
    opened = plan.option >= 0
    assert opened[p.forced].all() and not opened[p.barred].any()
    assert opened.sum() >= (p.least_sites or 0)
    assert p.option_capacity[plan.option[opened]].sum() >= p.least_capacity * (1 - 1e-9)
    assert plan.answer.bound is not None and plan.answer.bound <= best.total * (1 + 1e-6)
    assert best.total * (1 - 1e-6) <= plan.answer.objective <= best.total * 1.002


@pytest.mark.parametrize("single", [True, False])
def test_rows_and_columns_in_any_order(single: bool) -> None:
    p = drawn(4, n=40, m=14, single_source=single)
    draw = np.random.default_rng(0)
    rows, columns, options = (draw.permutation(k) for k in (40, 14, 28))
    place = np.argsort(columns)
    shuffled = Problem(
        p.demand[rows],
        p.cost[np.ix_(rows, columns)],
        place[p.option_site][options],
        p.option_capacity[options],
        p.option_cost[options],
        p.unserved_cost[rows],
        single,
    )
    one, other = locate(p), locate(shuffled)
    assert one is not None and other is not None
    assert one.answer.objective == pytest.approx(other.answer.objective, rel=1e-9)
    assert one.answer.status == other.answer.status
    np.testing.assert_array_equal(one.option[columns] >= 0, other.option >= 0)


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), single=st.booleans())
def test_a_start_is_never_made_worse(seed: int, single: bool) -> None:
    p = drawn(seed, single_source=single)
    poor = locate(p, time_limit_s=0.0)
    good = locate(p, gap=1e-2)
    assert good is not None
    again = locate(p, start=good, time_limit_s=0.0)
    assert again is not None
    check(p, again, bounded=False)
    assert again.answer.objective <= good.answer.objective * (1 + 1e-6)
    if poor is not None:
        check(p, poor, bounded=False)
        better = locate(p, gap=1e-2, start=poor)
        assert better is not None and better.answer.objective <= poor.answer.objective * (1 + 1e-6)
    sites = np.flatnonzero(good.option >= 0)
    from_sites = locate(p, gap=1e-2, start=sites)
    assert from_sites is not None
    check(p, from_sites)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_closed_site_never_lowers_cost(seed: int) -> None:
    p = drawn(seed, n=25)
    free = exact(p)
    gone = int(np.flatnonzero(free.option >= 0)[0])
    closed = drawn(seed, n=25, closed=np.arange(12) == gone)
    plan = locate(closed, gap=1e-4)
    assert plan is not None and plan.option[gone] < 0
    assert plan.answer.bound is not None and plan.answer.bound <= plan.answer.objective
    assert plan.answer.objective >= free.total * (1 - 1e-6)


def test_degenerate_inputs() -> None:
    one = Problem(
        np.array([2.0, 3.0]),
        np.array([[1.0], [1.0]]),
        np.array([0]),
        np.array([5.0]),
        np.array([7.0]),
        np.full(2, np.inf),
    )
    plan = locate(one)
    assert plan is not None and plan.answer.objective == pytest.approx(9.0)
    # no option holds anything
    nothing = Problem(one.demand, one.cost, one.option_site, np.zeros(1), one.option_cost, np.full(2, 4.0))
    plan = locate(nothing)
    assert plan is not None and plan.answer.objective == pytest.approx(8.0) and plan.option.tolist() == [-1]
    # demand above all capacity, and everyone must be served
    assert (
        locate(
            Problem(
                one.demand * 2, one.cost, one.option_site, one.option_capacity, one.option_cost, one.unserved_cost
            )
        )
        is None
    )
    # more sites asked for than there are, or than are allowed
    for limits in ({"least_sites": 2}, {"least_sites": 1, "most_sites": 0}):
        p = Problem(
            one.demand, one.cost, one.option_site, one.option_capacity, one.option_cost, np.full(2, 99.0), **limits
        )  # type: ignore[arg-type]
        assert locate(p) is None


def test_sites_at_one_place_and_of_one_cost() -> None:
    draw = np.random.default_rng(1)
    demand = draw.integers(1, 9, 60).astype(float)
    cost = np.repeat(draw.uniform(1, 9, (60, 1)), 10, axis=1)
    room = np.full(10, np.ceil(demand.sum() / 3))
    p = Problem(demand, cost, np.arange(10), room, np.full(10, 50.0), np.full(60, np.inf))
    plan = locate(p, effort="usual")
    assert plan is not None
    check(p, plan)
    # a third of all demand each: three hold it only where they fill up to the last unit
    assert (plan.option >= 0).sum() in (3, 4)
    assert plan.answer.bound >= cost[:, 0].sum() + 150 - 1e-6


def test_published_instances_of_capacitated_location() -> None:
    """A few of the quick ones of the benchmark, beside their published optima."""
    folder = Path(__file__).resolve().parents[3] / "shared/bench/cflp"
    if not folder.exists():
        pytest.skip("the published instances are not here")
    for name in ("holmberg/p1", "orlib/p1", "delmaire/p19"):
        path = folder / f"{name}.txt"
        p, known = cflp.read(path), cflp.best_known(path)
        plan = locate(p, gap=1e-2, effort="usual")
        assert plan is not None and known is not None
        assert cflp.check(p, plan) == []
        assert plan.answer.bound is not None and plan.answer.bound <= known * (1 + 1e-6)
        assert known * (1 - 1e-6) <= plan.answer.objective <= known * 1.02
