"""Location without capacities: against enumeration and published values, and by its properties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array

from parkloop.analysis.errors import Cancelled
from parkloop.analysis.solvers import places
from parkloop.analysis.solvers.places import maximal_cover, median, p_center, p_median, set_cover, within

pytestmark = pytest.mark.again  # plain numerics, the same on any version

SEEDS = st.integers(0, 10_000)


def drawn(seed: int, n: int = 8, m: int = 7, whole: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Costs, some pairs not allowed, and weights, some of them zero."""
    draw = np.random.default_rng(seed)
    cost = draw.integers(0, 30, (n, m)).astype(float) if whole else draw.uniform(0, 30, (n, m))
    cost[draw.random((n, m)) < 0.2] = np.inf
    return cost, draw.integers(0, 5, n).astype(float) if whole else draw.uniform(0, 5, n)


def town(seed: int, n: int = 60) -> np.ndarray:
    """Distances of points in a square, of themselves as sites."""
    at = np.random.default_rng(seed).uniform(0, 1000, (n, 2))
    return np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))


def sparse(cost: np.ndarray) -> csr_array:
    row, column = np.nonzero(np.isfinite(cost))
    return csr_array(coo_array((cost[row, column], (row, column)), shape=cost.shape))


def total(cost: np.ndarray, weights: np.ndarray, plan: list[int]) -> float:
    nearest = cost[:, plan].min(1)
    if np.isinf(nearest).any():
        return np.inf
    return float((weights * nearest).sum())


def check(answer: places.Places, best: float, *, maximise: bool = False) -> None:
    """Optimal, and with a bound that is one."""
    assert answer.answer.status == "optimal"
    assert answer.answer.objective == pytest.approx(best, rel=2e-6, abs=2e-6)
    assert answer.answer.bound is not None and answer.answer.gap is not None and answer.answer.gap <= 1e-6
    low, high = (best, answer.answer.bound) if maximise else (answer.answer.bound, best)
    assert low <= high + 1e-9 * max(1.0, abs(best))


@given(seed=SEEDS, p=st.integers(1, 7), whole=st.booleans())
@settings(max_examples=40, deadline=None)
def test_p_median_against_enumeration(seed: int, p: int, whole: bool) -> None:
    cost, weights = drawn(seed, whole=whole)
    draw = np.random.default_rng(seed)
    kept, shut = draw.random(7) < 0.15, draw.random(7) < 0.15
    fit = [
        list(plan)
        for plan in combinations(np.flatnonzero(~shut), min(p, int((~shut).sum())))
        if kept[list(plan)].sum() == kept.sum()
    ]
    best = min((total(cost, weights, plan) for plan in fit), default=np.inf)
    for matrix in (cost, sparse(cost)):
        found = p_median(matrix, weights, p, kept, shut)
        if not np.isfinite(best):
            assert found is None
            continue
        assert found is not None
        check(found, best)
        assert total(cost, weights, found.sites.tolist()) == pytest.approx(found.answer.objective)
        assert set(np.flatnonzero(kept)) <= set(found.sites) and not shut[found.sites].any()
        assert len(found.sites) == min(p, int((~shut).sum()))
        served = cost[np.arange(8), found.served_by]
        assert (weights * served).sum() == pytest.approx(found.answer.objective)


@given(seed=SEEDS, p=st.integers(1, 7))
@settings(max_examples=25, deadline=None)
def test_p_center_against_enumeration(seed: int, p: int) -> None:
    cost, _ = drawn(seed)
    best = min(cost[:, list(plan)].min(1).max() for plan in combinations(range(7), p))
    found = p_center(cost, p)
    assert (found is None) == np.isinf(best)
    if found is not None:
        check(found, float(best))
        assert len(found.sites) <= p and cost[:, found.sites].min(1).max() == best
        again = p_center(sparse(cost), p, start=found.sites)
        assert again is not None and again.answer.objective == best


@given(seed=SEEDS, p=st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_maximal_cover_against_enumeration(seed: int, p: int) -> None:
    cost, weights = drawn(seed)
    covers = cost <= 8
    best = max((covers[:, list(plan)].any(1) * weights).sum() for plan in combinations(range(7), p))
    for table in (covers, csr_array(covers)):
        found = maximal_cover(table, weights, p)
        assert found is not None
        check(found, float(best), maximise=True)
        assert len(found.sites) == p
        reached = found.served_by >= 0
        assert (reached == covers[:, found.sites].any(1)).all()
        assert covers[np.flatnonzero(reached), found.served_by[reached]].all()
        assert weights[reached].sum() == pytest.approx(best)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_set_cover_against_enumeration(seed: int) -> None:
    cost, _ = drawn(seed)
    draw = np.random.default_rng(seed)
    covers, price, kept = cost <= 10, draw.integers(0, 6, 7).astype(float), draw.random(7) < 0.2
    every = [list(plan) for count in range(8) for plan in combinations(range(7), count)]
    fit = [plan for plan in every if covers[:, plan].any(1).all() and kept[plan].sum() == kept.sum()]
    best = min((price[plan].sum() for plan in fit), default=np.inf)
    found = set_cover(csr_array(covers), price, kept)
    assert (found is None) == np.isinf(best)
    if found is not None:
        check(found, float(best))
        assert covers[np.arange(8), found.served_by].all() and kept[found.sites].sum() == kept.sum()


def test_worked_by_hand() -> None:
    """Seven villages on a road, 1 km apart.

    Two medians serve three and four of them: 2 + 4 km. The two-center has radius 2: two sites with 1 km reach only six. Three
    sites cover all within 1 km, two of them six.
    """
    way = np.abs(np.arange(7.0)[:, None] - np.arange(7.0))
    median_of_two, center = p_median(way, None, 2), p_center(way, 2)
    assert median_of_two is not None and center is not None
    assert median_of_two.answer.objective == 6.0  # three villages and four: 2 and 4
    assert center.answer.objective == 2.0
    cover, most = set_cover(way <= 1), maximal_cover(way <= 1, None, 2)
    assert cover is not None and most is not None
    assert len(cover.sites) == 3 and most.answer.objective == 6.0


@pytest.mark.parametrize("p", [2, 5, 12, 20])
def test_a_town_is_closed_by_the_relaxation_and_splitting(p: int) -> None:
    """Sizes that take the whole way: bounds hold against HiGHS, and no smaller p is better."""
    way = np.rint(town(p))
    found, fewer = p_median(way, None, p), p_median(way, None, p - 1)
    assert found is not None and fewer is not None
    assert found.answer.status == fewer.answer.status == "optimal"
    assert found.answer.objective <= fewer.answer.objective
    assert found.answer.objective == highs(way, p)


def highs(way: np.ndarray, p: int) -> float:
    """The optimum by the plain strong formulation."""
    from parkloop.analysis.solvers.milp import solve_milp

    n, m = way.shape
    row, column, value, lower, upper = [], [], [], [], []
    for i in range(n):
        row += [len(lower)] * m
        column += [m + i * m + j for j in range(m)]
        value += [1.0] * m
        lower.append(1.0)
        upper.append(1.0)
    for i in range(n):
        for j in range(m):
            row += [len(lower)] * 2
            column += [j, m + i * m + j]
            value += [1.0, -1.0]
            lower.append(0.0)
            upper.append(np.inf)
    row += [len(lower)] * m
    column += list(range(m))
    value += [1.0] * m
    lower.append(float(p))
    upper.append(float(p))
    matrix = coo_array((value, (row, column)), shape=(len(lower), m + n * m))
    cost, ends = np.r_[np.zeros(m), way.ravel()], (np.zeros(m + n * m), np.ones(m + n * m))
    _, answer = solve_milp(cost, matrix, np.array(lower), np.array(upper), ends, np.arange(m + n * m) < m)
    assert answer.status == "optimal"
    return round(answer.objective)


def test_splitting_alone_ends_where_highs_may_not_help() -> None:
    way = np.rint(town(3))
    usual, alone = p_median(way, None, 6), p_median(way, None, 6, rest=-1_000_000)
    assert usual is not None and alone is not None
    assert alone.answer.status == "optimal" and alone.answer.objective == usual.answer.objective


def test_short_lists_grow_until_the_bound_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    way = np.rint(town(4))
    usual = p_median(way, None, 5)
    monkeypatch.setattr(median, "LISTED", 0.1)
    short = p_median(way, None, 5)
    assert usual is not None and short is not None
    assert short.answer.status == "optimal" and short.answer.objective == usual.answer.objective


@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_order_does_not_matter(seed: int) -> None:
    draw = np.random.default_rng(seed)
    way, weights = town(seed, 25), draw.uniform(1, 9, 25)
    rows, columns = draw.permutation(25), draw.permutation(25)
    mixed = way[rows][:, columns]
    for one, other in (
        (p_median(way, weights, 4), p_median(mixed, weights[rows], 4)),
        (p_center(way, 4), p_center(mixed, 4)),
        (set_cover(way < 250), set_cover(mixed < 250)),
        (maximal_cover(way < 250, weights, 3), maximal_cover(mixed < 250, weights[rows], 3)),
    ):
        assert one is not None and other is not None
        assert one.answer.objective == pytest.approx(other.answer.objective, rel=2e-6)


def test_two_sites_at_one_place_and_two_consumers_at_one_place() -> None:
    way = town(5, 20)
    twice = np.repeat(np.repeat(way, 2, 0), 2, 1)
    one, two = p_median(way, np.full(20, 2.0), 4), p_median(twice, None, 4)
    assert one is not None and two is not None
    assert two.answer.objective == pytest.approx(one.answer.objective)
    center, doubled = p_center(way, 4), p_center(twice, 4)
    assert center is not None and doubled is not None
    assert doubled.answer.objective == center.answer.objective


def test_a_start_is_never_made_worse_even_without_time() -> None:
    way = town(6, 50)
    best = p_median(way, None, 6)
    assert best is not None
    at_once = p_median(way, None, 6, start=best.sites, time_limit_s=0.0)
    assert at_once is not None
    assert at_once.answer.objective <= best.answer.objective * (1 + 1e-9)
    assert at_once.answer.bound is not None and at_once.answer.bound <= best.answer.objective * (1 + 1e-9)
    assert at_once.answer.status in ("time_limit", "optimal")


def test_cut_off_keeps_the_matrix_sparse_and_the_answer() -> None:
    way = town(7, 40)
    near = within(way, 400.0)
    assert near.nnz == (way <= 400).sum() and near.nnz < way.size  # zeros are stored too
    far, close = p_median(way, None, 12), p_median(near, None, 12)
    assert far is not None and close is not None
    if way[np.arange(40), far.served_by].max() <= 400:
        assert close.answer.objective == pytest.approx(far.answer.objective)
    assert p_median(within(way, 1.0), None, 39) is None  # nobody but himself within a metre
    alone = p_median(within(way, 1.0), None, 40)
    assert alone is not None and alone.answer.objective == 0.0


def test_only_a_cover_of_the_right_size_serves_everyone() -> None:
    """Greedy addition takes the middle first and then cannot serve everyone; the two outer sites can."""
    cost = np.full((6, 3), np.inf)
    cost[[0, 1, 2], 0] = cost[[3, 4, 5], 1] = 50.0
    cost[[1, 2, 3, 4], 2] = 1.0
    found = p_median(cost, None, 2)
    assert found is not None
    assert found.sites.tolist() == [0, 1] and found.answer.objective == 300.0
    assert p_median(cost, None, 1) is None


def test_what_has_no_solution_is_none() -> None:
    way, none, one = town(8, 6), np.zeros(6, bool), np.arange(6) == 2
    assert p_median(way, None, 0) is None and p_center(way, 0) is None
    assert p_median(way, None, 1, np.arange(6) < 2) is None  # two must be open, one may
    assert p_median(way, None, 3, one, one) is None and p_center(way, 3, one, one) is None
    assert set_cover(way < 0) is None and set_cover(way <= 0, None, none, one) is None
    assert maximal_cover(way < 5, None, 1, np.arange(6) < 2) is None
    way[3] = np.inf
    assert p_median(way, None, 6) is None and p_center(way, 6) is None


def test_corners_of_a_cube() -> None:
    """On the corners of a cube with edges of 1, two medians at opposite corners serve 1 + 3 corners each: 6 edges; two opposite corners
    reach everyone within 1, and no single corner does within 2.
    """
    corner = np.arange(8)
    way = np.array([[bin(a ^ b).count("1") for b in corner] for a in corner], float)
    medians, center, single = p_median(way, None, 2), p_center(way, 2), p_center(way, 1)
    assert medians is not None and center is not None and single is not None
    assert medians.answer.objective == 6.0 and center.answer.objective == 1.0 and single.answer.objective == 3.0
    cover = set_cover(way <= 1)
    assert cover is not None and cover.answer.objective == 2.0  # the covering code of 3 bits


def test_without_consumers() -> None:
    for found in (
        p_median(np.ones((0, 4)), None, 2),
        p_center(np.ones((0, 4)), 2),
        set_cover(np.ones((0, 4), bool)),
    ):
        assert found is not None and found.answer.objective == 0.0 and found.answer.status == "optimal"
    most = maximal_cover(np.ones((0, 4), bool), None, 2)
    assert most is not None and most.answer.objective == 0.0


def test_callers_mistakes_are_named() -> None:
    way = town(9, 5)
    broken = way.copy()
    broken[1, 2] = np.nan
    for call in (
        lambda: p_median(broken, None, 2),
        lambda: p_median(way, -np.ones(5), 2),
        lambda: p_median(way, np.ones(4), 2),
        lambda: p_median(way, None, -1),
        lambda: p_median(way, None, 2, np.zeros(4, bool)),
        lambda: p_median(np.ones(4), None, 2),
        lambda: set_cover(way < 9, -np.ones(5)),
        lambda: maximal_cover(way < 9, np.full(5, np.nan), 2),
    ):
        with pytest.raises(ValueError):
            call()


def test_cancel_stops_every_solver() -> None:
    way = town(10, 30)
    for call in (
        lambda: p_median(way, None, 5, cancelled=lambda: True),
        lambda: p_center(way, 5, cancelled=lambda: True),
        lambda: set_cover(way < 200, cancelled=lambda: True),
        lambda: maximal_cover(way < 200, None, 3, cancelled=lambda: True),
    ):
        with pytest.raises(Cancelled):
            call()
