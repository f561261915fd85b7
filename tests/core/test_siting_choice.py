"""What is asked about a choice of sites, on drawn models small enough to try everything."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from parkloop.analysis.siting.choice.alternatives import alternatives, built_of, sites_of
from parkloop.analysis.siting.choice.front import Point, front
from parkloop.analysis.siting.choice.model import Model, Prices, Task, problem
from parkloop.analysis.siting.choice.phases import phases
from parkloop.analysis.siting.choice.plan import Measures
from parkloop.analysis.siting.choice.redundancy import outages
from parkloop.analysis.siting.choice.redundancy import plan as redundant_plan
from parkloop.analysis.siting.choice.sensitivity import changes
from parkloop.analysis.solvers.location import Plan, locate
from parkloop.analysis.solvers.location.regret import site_bounds

pytestmark = pytest.mark.again  # plain numerics, the same on any version

PRICES = Prices(person=2.0, co2=1.0)
SEEDS = st.integers(0, 10_000)


def drawn(seed: int, n: int = 5, c: int = 4) -> Model:
    """Two sizes at each of ``c`` sites, the larger one for all demand; site 0 stands already, with room for a third."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(1, 9, n).astype(float)
    total = float(demand.sum())
    place = np.r_[0, np.repeat(np.arange(c), 2)]
    extra = np.r_[0.0, np.tile([np.ceil(0.6 * total), total], c)]
    kept = np.where(place == 0, np.ceil(total / 3), 0.0)
    works = np.where(extra > 0, 30.0 + 1.5 * extra + rng.uniform(0, 20, len(extra)), 0.0)
    exposed = np.where(extra > 0, rng.integers(0, 40, c).astype(float)[place], 0.0)
    carriage = rng.uniform(1, 25, (n, c)) * demand[:, None]
    return Model(
        task=Task("heat", np.arange(n), demand, np.ones((n, c)), np.full(n, np.nan), np.zeros(c)),
        place=place,
        extra=extra,
        kept=kept,
        works=works,
        land=np.where(extra > 0, 3.0, 0.0),
        exposed=exposed,
        trunk=np.where(np.arange(c) > 0, rng.uniform(0, 5, c), 0.0),
        carriage=carriage,
        energy=0.1 * carriage,
        co2_t=rng.uniform(0, 2, (n, c)) * demand[:, None],
        allowed=np.ones((n, c), bool),
        lift_m=np.zeros((n, c)),
        need=demand,
        regular=np.ones(len(place), bool),
        unserved=np.full(n, 1e5),
        own_treatment=False,
        single_source=True,
        most_sites=c,
    )


def solve(model: Model, prices: Prices = PRICES, **more: object) -> tuple[Plan | None, np.ndarray]:
    made, options = problem(model, prices, **more)  # type: ignore[arg-type]
    return locate(made, gap=0.0), options


def weighed(model: Model, prices: Prices, options: tuple[int, ...], to: tuple[int, ...]) -> float:
    """Cost of a plan written out: options opened, and the site of each consumer."""
    o, j, i = list(options), list(to), np.arange(len(to))
    fixed = model.works[o] * prices.works + model.land[o] + prices.carriage * model.trunk[model.place[o]]
    ways = (
        prices.carriage * model.carriage[i, j] + prices.energy * model.energy[i, j] + prices.co2 * model.co2_t[i, j]
    )
    return float(fixed.sum() + prices.person * model.exposed[o].sum() + ways.sum())


def tried(model: Model, prices: Prices = PRICES) -> dict[frozenset[int], float]:
    """The least cost for each set of sites that is built at, by trying everything; what stands may always be used."""
    n, c = model.allowed.shape
    best: dict[frozenset[int], float] = {}
    for count in range(c + 1):
        for built in combinations(range(c), count):
            for options in product(*[np.flatnonzero((model.place == s) & (model.extra > 0)) for s in built]):
                room = np.bincount(model.place[model.extra == 0], weights=model.kept[model.extra == 0], minlength=c)
                room[list(built)] = (model.kept + model.extra)[list(options)]
                for to in product(np.flatnonzero(room > 0), repeat=n):
                    load = np.bincount(to, weights=model.need, minlength=c)
                    if (load <= room + 1e-9).all():
                        cost = weighed(model, prices, options, to)
                        key = frozenset(built)
                        best[key] = min(best.get(key, np.inf), cost)
    return best


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_alternatives_are_the_next_best_sets(seed: int) -> None:
    model = drawn(seed, n=4, c=4)
    ranked = sorted(tried(model).items(), key=lambda item: item[1])
    plan, options = solve(model)
    assert plan is not None
    chosen = built_of(model, plan, options)
    assert plan.answer.objective == pytest.approx(ranked[0][1])
    found = alternatives(
        model,
        chosen,
        4,
        lambda **more: solve(model, **more),
        lambda plan, options: True,
        np.ones(model.sites, bool),
        most_problems=60,
    )
    costs = [other.plan.answer.objective for other in found]
    assert costs == sorted(costs)
    sets = [built_of(model, other.plan, other.options) for other in found]
    assert len({*sets, chosen}) == len(found) + 1 == 5
    for other, (_, cost) in zip(found, ranked[1:5], strict=True):
        assert other.plan.answer.objective == pytest.approx(cost, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_no_plan_lies_below_the_front(seed: int) -> None:
    model = drawn(seed)

    def measure(plan: Plan, options: np.ndarray) -> Measures:
        used = options[plan.option[plan.option >= 0]]
        share = plan.share.toarray()
        ways = float((share * (model.carriage + model.energy)).sum())
        fixed = float((model.works + model.land)[used].sum() + model.trunk[model.place[used]].sum())
        return Measures(fixed + ways, float(model.exposed[used].sum()), float((share * model.co2_t).sum()))

    plan, options = solve(model)
    assert plan is not None
    base = Point(plan, options, PRICES, measure(plan, options), "mixed")
    points = front(base, 9, lambda prices: solve(model, prices), measure)
    assert any(point is base for point in points)
    values = np.array([[p.measures.cost_a, p.measures.exposed, p.measures.co2_t] for p in points])
    assert (np.diff(values[:, 0]) >= -1e-9).all()
    rest = [k for k, point in enumerate(points) if point is not base]
    for one in rest:
        for other in rest:
            assert one == other or not (
                (values[other] <= values[one]).all() and (values[other] < values[one]).any()
            )
    # each point is the best for its prices, the others included
    for point, value in zip(points, values, strict=True):
        price = np.array([1.0, point.prices.person, point.prices.co2])
        assert (values @ price >= value @ price * (1 - 1e-6) - 1e-6).all()
    cheapest, _ = solve(model, Prices(0.0, 0.0))
    assert cheapest is not None and values[0, 0] == pytest.approx(cheapest.answer.objective)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_redundant_plan_holds_the_demand_without_its_largest_site(seed: int) -> None:
    model = drawn(seed)
    plain, _ = solve(model)
    plan, options = redundant_plan(model, lambda **more: solve(model, **more))
    assert plan is not None and plain is not None
    used = options[plan.option[plan.option >= 0]]
    capacity = (model.kept + model.extra)[used]
    assert capacity.sum() - capacity.max() >= model.need.sum() - 1e-6
    assert plan.answer.objective >= plain.answer.objective - 1e-6
    assert plan.answer.bound is not None and plan.answer.bound <= plan.answer.objective + 1e-9
    places = np.flatnonzero(plan.option >= 0)
    for outage in outages(model, capacity, places, csr_array(plan.share.tocsc()[:, places])):
        assert outage.served == pytest.approx(1.0)
        assert (outage.reason, outage.firms) == ("none", 0)


def test_an_outage_says_who_goes_short_and_why() -> None:
    model = drawn(1, n=2, c=2)
    share = csr_array(np.eye(2))
    need = model.need
    full = outages(model, need.copy(), np.array([0, 1]), share)
    assert [o.reason for o in full] == ["capacity", "capacity"]
    room = outages(model, np.full(2, need.sum()), np.array([0, 1]), share)
    assert all(o.served == pytest.approx(1.0) and o.lost == 0 for o in room)
    alone = outages(model, np.array([need.sum()]), np.array([0]), csr_array(np.ones((2, 1))))
    assert (alone[0].served, alone[0].firms, alone[0].reason) == (0.0, 2, "reach")
    assert alone[0].lost == pytest.approx(model.task.demand.sum())


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_changes_move_cost_the_way_of_the_price(seed: int) -> None:
    model = drawn(seed)
    plan, options = solve(model)
    assert plan is not None
    places = sites_of(model, plan, options)
    found = changes(
        model, PRICES, places, 20.0, lambda prices, **more: solve(model, prices, **more), np.ones(model.sites, bool)
    )
    now = plan.answer.objective
    assert {(c.factor, np.sign(c.change_pct)) for c in found} == set(
        product(("demand", "works", "carriage"), (-1.0, 1.0))
    )
    for change in found:
        assert change.keep_regret is None or change.keep_regret >= -1e-9
        if change.factor == "demand":
            continue
        moved = change.plan.answer.objective
        assert moved <= now + 1e-6 if change.change_pct < 0 else moved >= now - 1e-6
        # staying costs no more than the old plan at the new prices
        share = np.array(plan.share.argmax(1)).ravel()
        stay = weighed(model, change.prices, tuple(options[plan.option[plan.option >= 0]]), tuple(share))
        assert change.keep_regret is not None and moved + change.keep_regret <= stay + 1e-6


def test_more_sites_never_cost_more_and_a_site_less_never_less() -> None:
    for seed in range(8):
        model = drawn(seed)
        costs = []
        for most in (1, 2, 3, 4):
            made, _ = problem(model, PRICES)
            found = locate(type(made)(**{**made.__dict__, "most_sites": most}), gap=0.0)
            assert found is not None
            costs.append(found.answer.objective)
        assert costs == sorted(costs, reverse=True) or np.all(np.diff(costs) <= 1e-6)
        for gone in range(model.sites):
            less, _ = solve(model, options=model.place != gone)
            assert less is not None and less.answer.objective >= costs[-1] - 1e-6


def invest(size: float) -> float:
    return float(100 * size**0.65)


def test_a_works_is_built_in_trains_where_waiting_pays() -> None:
    grows = {"today": np.array([40.0]), "near": np.array([45.0]), "long": np.array([100.0])}
    years = {"today": 2024, "near": 2029, "long": 2039}
    found = phases([100.0], [0.0], grows, grows, years, invest, [50.0], 0.08, 2)
    assert [(p.horizon, p.year, p.added, p.capacity) for p in found] == [
        ("today", 2024, 50.0, 50.0),
        ("near", 2029, 0.0, 50.0),
        ("long", 2039, 50.0, 100.0),
    ]
    assert found[0].investment == pytest.approx(invest(50) + 50)
    assert found[2].present == pytest.approx(invest(50) * 1.08**-15)
    # without interest waiting brings nothing, and the whole works is cheaper than two halves
    at_once = phases([100.0], [0.0], grows, grows, years, invest, [50.0], 0.0, 2)
    assert [p.added for p in at_once] == [100.0, 0.0, 0.0]


def test_what_stands_already_is_used_before_anything_is_added() -> None:
    grows = {"today": np.array([40.0]), "near": np.array([60.0])}
    years = {"today": 2024, "near": 2029}
    found = phases([30.0], [45.0], grows, grows, years, invest, [0.0], 0.06, 2)
    assert [(p.capacity, p.added) for p in found] == [(45.0, 0.0), (75.0, 30.0)]
    kept = phases([0.0], [70.0], grows, grows, years, invest, [0.0], 0.06, 2)
    assert all(p.added == 0 and p.investment == 0 and p.capacity == 70 for p in kept)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=3).map(sorted),
    st.floats(0, 50),
    st.integers(1, 5),
    st.floats(0, 0.2),
)
def test_phases_hold_the_load_and_add_up(load: list[float], standing: float, trains: int, interest: float) -> None:
    extra = max(0.0, load[-1] - standing)
    horizons = ("today", "near", "long")[: len(load)]
    loads = {h: np.array([at]) for h, at in zip(horizons, load, strict=True)}
    years = {h: 2020 + 5 * k for k, h in enumerate(horizons)}
    found = phases([extra], [standing], loads, loads, years, invest, [10.0], interest, trains)
    assert sum(p.added for p in found) == pytest.approx(extra)
    for phase in found:
        assert phase.capacity >= phase.demand - 1e-6
        assert phase.present <= phase.investment + 1e-9


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans())
def test_no_plan_with_a_site_costs_less_than_its_bound(seed: int, single: bool) -> None:
    model = replace(drawn(seed), single_source=single)
    made, _ = problem(model, PRICES)
    plan = locate(made, gap=0.0)
    assert plan is not None
    bounds = site_bounds(made, plan, 2 * plan.answer.objective)
    for site in range(model.sites):
        must = np.zeros(model.sites, bool)
        must[site] = True
        forced, _ = solve(model, must=must)
        assert forced is not None and bounds[site] <= forced.answer.objective + 1e-6
