"""Flows with a fixed cost and a least quantity for each link: against every choice of links, bounds, limits, large parts."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, vstack

from parkloop.analysis.errors import Cancelled
from parkloop.analysis.solvers import fixed_charge
from parkloop.analysis.solvers.fixed_charge import Problem, relaxation, search

pytestmark = pytest.mark.again  # plain numerics, the same on any version


def solve(problem, gap=1e-9, seconds=60.0, **more):
    return fixed_charge.solve(problem, "links", "CNY/a", gap, seconds, lambda: False, **more)


def drawn(rng, givers, takers, fixed=1.0, lot=0.0, split=1, held=1.0):
    """Every giver with every taker; ``split`` flows a link, the first the dearest, each at most a share of it.

    ``held`` is the most that a link carries in all, as a share of what its ends allow.
    """
    supply, demand = rng.uniform(1, 10, givers), rng.uniform(1, 10, takers)
    one, two = (side.ravel() for side in np.meshgrid(np.arange(givers), np.arange(takers), indexing="ij"))
    most = np.minimum(supply[one], demand[two])
    n = len(one) * split
    link = np.repeat(np.arange(len(one)), split)
    gain = np.repeat(rng.uniform(0.2, 2, len(one)), split) * np.tile(np.linspace(1, 0.6, split), len(one))
    column = np.arange(n)
    rows = csr_array(
        coo_array(
            (np.ones(2 * n), (np.r_[one[link], givers + two[link]], np.r_[column, column])),
            shape=(givers + takers, n),
        )
    )
    return Problem(
        gain=gain,
        upper=most[link] / split * (1.2 if split > 1 else 1.0),
        link=link,
        fixed=np.full(len(one), fixed),
        lot=np.full(len(one), lot),
        most=most * held,
        rows=rows,
        limit=np.r_[supply, demand],
    )


def exhaustive(problem):
    """The optimum over every set of links, each by a linear programme of its own."""
    links, n = len(problem.fixed), len(problem.gain)
    each = coo_array((np.ones(n), (problem.link, np.arange(n))), shape=(links, n))
    best = 0.0
    for chosen in itertools.product((0.0, 1.0), repeat=links):
        on = np.array(chosen)
        rows = vstack([problem.rows, each, -each])
        limit = np.r_[problem.limit, problem.most * on, -problem.lot * on]
        found = linprog(-problem.gain, rows, limit, bounds=np.c_[np.zeros(n), problem.upper * on[problem.link]])
        if found.status == 0:
            best = max(best, -found.fun - problem.fixed @ on)
    return best


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    fixed=st.sampled_from([0.0, 0.5, 3.0]),
    lot=st.sampled_from([0.0, 1.5]),
    split=st.sampled_from([1, 2]),
    held=st.sampled_from([1.0, 0.5]),
)
def test_small_problems_are_as_good_as_every_choice_of_links(seed, fixed, lot, split, held):
    problem = drawn(np.random.default_rng(seed), 2, 3, fixed, lot, split, held)
    x, answer = solve(problem)
    best = exhaustive(problem)
    assert answer.objective == pytest.approx(best, abs=1e-5)
    assert answer.bound >= best - 1e-6 and answer.status == "optimal"
    kept(problem, x)


def kept(problem, x):
    """Rows, bounds, least and greatest quantities of links hold."""
    total = np.bincount(problem.link, x, len(problem.fixed))
    assert (problem.rows @ x <= problem.limit * (1 + 1e-6) + 1e-9).all()
    assert (x >= 0).all() and (x <= problem.upper * (1 + 1e-9)).all()
    assert ((total <= 0) | (total >= problem.lot * (1 - 1e-6))).all()
    assert (total <= problem.most * (1 + 1e-6)).all()


@pytest.mark.parametrize(("split", "held"), [(1, 1.0), (3, 1.0), (3, 0.5)])
def test_large_parts_hold_between_their_plan_and_the_whole_search(monkeypatch, split, held):
    """Narrowed, searched in a kernel, searched whole: bounds of one are never below plans of another."""
    problem = drawn(np.random.default_rng(5), 12, 14, fixed=2.0, lot=0.5, split=split, held=held)
    exact, proof = solve(problem, thorough=True)
    assert proof.gap < 0.005
    for large in (10**9, 50):
        monkeypatch.setattr(relaxation, "LARGE", large)
        monkeypatch.setattr(search, "MIDDLE", 0)
        x, answer = solve(problem)
        kept(problem, x)
        assert answer.objective == pytest.approx(fixed_charge.value(problem, x))
        assert answer.objective <= proof.bound * (1 + 1e-9)
        assert answer.bound >= proof.objective * (1 - 1e-9)
        assert 0 < answer.gap < 0.1
    kept(problem, exact)


def test_a_narrowed_part_is_widened_before_it_is_searched_whole(monkeypatch):
    problem = drawn(np.random.default_rng(8), 12, 12, fixed=2.0, split=2)
    _, proof = solve(problem, thorough=True)
    monkeypatch.setattr(relaxation, "LARGE", 50)
    monkeypatch.setattr(relaxation, "NEAR", 0.0)
    x, answer = solve(problem, thorough=True)
    kept(problem, x)
    assert answer.bound >= proof.objective * (1 - 1e-9) and proof.bound >= answer.objective * (1 - 1e-9)


def test_relaxation_bounds_the_plan():
    problem = drawn(np.random.default_rng(2), 9, 11, fixed=1.0, split=2)
    assert fixed_charge.relaxed(problem, lambda: False) >= solve(problem)[1].objective


def test_one_part_more_adds_its_own_optimum():
    rng = np.random.default_rng(3)
    one, two = drawn(rng, 2, 3), drawn(rng, 3, 2)
    both = Problem(
        gain=np.r_[one.gain, two.gain],
        upper=np.r_[one.upper, two.upper],
        link=np.r_[one.link, two.link + len(one.fixed)],
        fixed=np.r_[one.fixed, two.fixed],
        lot=np.r_[one.lot, two.lot],
        most=np.r_[one.most, two.most],
        rows=csr_array(
            vstack(
                [
                    csr_array((one.rows.data, one.rows.indices, one.rows.indptr), shape=(5, 12)),
                    csr_array((two.rows.data, two.rows.indices + 6, two.rows.indptr), shape=(5, 12)),
                ]
            )
        ),
        limit=np.r_[one.limit, two.limit],
    )
    assert solve(both)[1].objective == pytest.approx(solve(one)[1].objective + solve(two)[1].objective, abs=1e-6)


def test_columns_in_another_order_give_the_same_plan():
    problem = drawn(np.random.default_rng(4), 4, 5, fixed=2.0)
    order = np.random.default_rng(0).permutation(len(problem.gain))
    mixed = replace(
        problem,
        gain=problem.gain[order],
        upper=problem.upper[order],
        link=problem.link[order],
        rows=csr_array(problem.rows[:, order]),
    )
    assert solve(mixed)[0] == pytest.approx(solve(problem)[0][order], abs=1e-6)


def test_nothing_to_gain_nothing_to_do():
    problem = drawn(np.random.default_rng(1), 2, 2)
    x, answer = solve(replace(problem, gain=-problem.gain))
    assert (x == 0).all() and (answer.objective, answer.bound, answer.status) == (0.0, 0.0, "optimal")
    empty = replace(problem, upper=np.zeros(len(problem.gain)))
    assert solve(empty)[1].objective == 0.0


def test_a_least_quantity_out_of_reach_closes_the_link():
    problem = drawn(np.random.default_rng(1), 2, 2)
    x, answer = solve(replace(problem, lot=np.full(len(problem.fixed), 1e3)))
    assert (x == 0).all() and answer.objective == 0.0


def test_no_time_is_admitted_and_the_bound_still_holds():
    problem = drawn(np.random.default_rng(6), 12, 14, fixed=2.0)
    x, answer = solve(problem, seconds=0.0)
    kept(problem, x)
    assert answer.status == "time_limit" and answer.bound >= solve(problem)[1].objective


def test_cancelling_ends_the_search():
    problem = drawn(np.random.default_rng(6), 12, 14, fixed=2.0)
    with pytest.raises(Cancelled):
        fixed_charge.solve(problem, "", "", 0.0, 60.0, lambda: True)
