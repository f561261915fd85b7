"""The one door to HiGHS: small programmes solved by hand, its named ends, and cancelling."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from parkloop.analysis.errors import Cancelled
from parkloop.analysis.solvers.milp import solve_milp

KNAPSACK = np.array([[5.0, 7.0, 4.0, 3.0]])  # weights; capacity 14; values 8, 11, 6, 4: best is 2 + 3 + 4 = 21
VALUES = np.array([8.0, 11.0, 6.0, 4.0])
UNIT = (np.zeros(4), np.ones(4))


def test_knapsack_is_solved_to_optimality_and_says_so():
    x, answer = solve_milp(
        VALUES,
        csr_array(KNAPSACK),
        np.array([-np.inf]),
        np.array([14.0]),
        UNIT,
        np.ones(4),
        maximise=True,
        name="sack",
    )
    assert x is not None and x.tolist() == [0, 1, 1, 1]
    assert (answer.name, answer.objective, answer.status) == ("sack", 21.0, "optimal")
    assert answer.bound == pytest.approx(21.0) and answer.gap == pytest.approx(0.0, abs=1e-6)


def test_linear_relaxation_fills_the_best_ratio_first():
    x, answer = solve_milp(-VALUES, csr_array(KNAPSACK), np.array([-np.inf]), np.array([14.0]), UNIT)
    assert x is not None and x == pytest.approx([1, 1, 0.5, 0])
    assert (
        answer.objective == pytest.approx(-22.0) and answer.status == "optimal" and answer.bound == answer.objective
    )


def test_infeasible_has_no_solution_and_no_bound():
    x, answer = solve_milp(VALUES, csr_array(KNAPSACK), np.array([20.0]), np.array([np.inf]), UNIT, np.ones(4))
    assert x is None and answer.status == "infeasible" and answer.bound is None and answer.gap is None


def test_no_columns_and_wrong_shapes():
    empty = csr_array((1, 0))
    none = (np.empty(0), np.empty(0))
    x, answer = solve_milp(np.empty(0), empty, np.array([0.0]), np.array([1.0]), none)
    assert x is not None and len(x) == 0 and answer.status == "optimal"
    x, answer = solve_milp(np.empty(0), empty, np.array([1.0]), np.array([1.0]), none)
    assert x is None and answer.status == "infeasible"
    with pytest.raises(ValueError, match="columns"):
        solve_milp(VALUES, csr_array(KNAPSACK), np.zeros(2), np.ones(2), UNIT)


def test_unbounded_is_the_callers_mistake():
    free = (np.zeros(1), np.full(1, np.inf))
    with pytest.raises(ValueError, match="name of it"):
        solve_milp(np.array([-1.0]), csr_array((0, 1)), np.empty(0), np.empty(0), free, name="name of it")


def test_start_is_taken_and_does_not_change_the_answer():
    rows = csr_array(KNAPSACK)
    x, answer = solve_milp(
        -VALUES, rows, np.array([-np.inf]), np.array([14.0]), UNIT, np.ones(4), start=np.array([1.0, 0, 0, 1])
    )
    assert x is not None and x.tolist() == [0, 1, 1, 1] and answer.objective == -21


def _hard(seed: int = 3) -> tuple:
    """A market-split programme: tiny, and out of reach of branch and bound in seconds."""
    draw = np.random.default_rng(seed)
    matrix = draw.integers(1, 100, (6, 50)).astype(float)
    target = np.floor(matrix.sum(1) / 2)
    slack = np.eye(6)
    rows = np.c_[matrix, slack, -slack]
    cost = np.r_[np.zeros(50), np.ones(12)]
    bounds = (np.zeros(62), np.r_[np.ones(50), np.full(12, 1e4)])
    return cost, csr_array(rows), target, target, bounds, np.r_[np.ones(50), np.zeros(12)]


def test_cancelling_stops_a_running_solver():
    begun = time.perf_counter()
    with pytest.raises(Cancelled):
        solve_milp(*_hard(), cancelled=lambda: time.perf_counter() - begun > 0.5)
    assert time.perf_counter() - begun < 2.5


def test_limits_are_admitted_and_the_gap_is_honest():
    _, answer = solve_milp(*_hard(), time_limit_s=0.5)
    assert answer.status == "time_limit" and answer.gap is not None and answer.gap > 0.1
    x, limited = solve_milp(*_hard(), node_limit=20)
    assert limited.status == "certified" and limited.bound is not None and x is not None
    assert limited.gap == pytest.approx((limited.objective - limited.bound) / max(1, abs(limited.objective)))
    again, twice = solve_milp(*_hard(), node_limit=20)
    assert twice.objective == limited.objective and np.array_equal(x, again)


def test_a_large_sparse_programme_passes_quickly():
    n = 20_000
    matrix = csr_array(random_array((4000, n), density=5e-4, rng=np.random.default_rng(0)))
    begun = time.perf_counter()
    x, answer = solve_milp(
        -np.ones(n), matrix, np.full(4000, -np.inf), np.ones(4000), (np.zeros(n), np.full(n, 10.0))
    )
    assert answer.status == "optimal" and time.perf_counter() - begun < 10
    assert x is not None and (matrix @ x).max() <= 1 + 1e-6
