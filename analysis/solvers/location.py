"""Capacitated facility location with several sizes a site, split or single source.

Choose sites, a size for each, and who is served by which, at least cost:

    min  sum_o f_o y_o + sum_ij c_ij x_ij + sum_i p_i u_i
    s.t. sum_j x_ij + u_i = 1                      every consumer is served, or counted as unserved at p_i
         sum_i d_i x_ij <= sum_o(j) q_o y_o        capacity
         x_ij <= sum_o(j) min(1, q_o / d_i) y_o    the strong form of "only from an open site"
         sum_o(j) y_o <= 1,  sum_o y_o <= most     one size a site, so many sites

Pairs whose cost is infinite (beyond a cut-off distance) are no columns at all, so that the model stays sparse. Small
models go to HiGHS as they are. Large ones first meet a Lagrangian relaxation (``location_lagrange``), whose bound and
reduced costs take most sites out of question before HiGHS closes what is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from ..steps import Answer
from . import location_lagrange, location_milp
from .location_model import Plan, Problem
from .milp import OPTIMAL_GAP

__all__ = ["Plan", "Problem", "locate"]

DIRECT_PAIRS = 3_000  # models of this many consumer-site pairs go to HiGHS without a relaxation
FINAL_PAIRS = 6_000  # what is left after the relaxation goes to HiGHS up to this size
DIRECT_NODES = 1_000  # the same for small models
FINAL_NODES = 100  # branch-and-bound nodes of the last word: a limit that is the same on every machine


def locate(
    problem: Problem,
    *,
    gap: float = 1e-4,
    time_limit_s: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
    name: str = "",
    unit: str = "",
    start: np.ndarray | None = None,
) -> Plan | None:
    """Solve ``problem``; None where it has no solution (someone must be served whom nobody can serve).

    Parameters
    ----------
    gap
        Relative gap at which to stop.
    time_limit_s
        Safety net.
    cancelled
        Asked while solving.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    begun = time.perf_counter()
    if len(problem.demand) == 0 or len(problem.option_site) == 0:
        return _nothing(problem, name, unit)
    if np.isfinite(problem.cost).sum() <= DIRECT_PAIRS:
        return location_milp.solve(problem, gap, time_limit_s, cancelled, name, unit, nodes=DIRECT_NODES)
    found = location_lagrange.relax(problem, gap=gap, time_limit_s=time_limit_s / 2, cancelled=cancelled)
    if found is None:
        return location_milp.solve(problem, gap, time_limit_s, cancelled, name, unit)
    best, bound = found.plan, found.bound
    left = _restrict(problem, found.alive_options)
    pairs = int(np.isfinite(left.cost).sum())
    spare = time_limit_s - (time.perf_counter() - begun)
    hit_clock = found.hit_clock
    if (
        best.answer.objective - bound > gap * max(1.0, abs(best.answer.objective))
        and pairs <= FINAL_PAIRS
        and spare > 0
    ):
        # whatever is better than ``best`` uses only what is left, so the bound of what is left holds for all
        number = np.cumsum(found.alive_options) - 1
        start = replace(best, option=np.where(best.option >= 0, number[best.option], -1))
        last = location_milp.solve(left, gap, spare, cancelled, name, unit, start=start, nodes=FINAL_NODES)
        if last is not None:
            back = _unrestrict(last, problem, found.alive_options)
            inner = last.answer.bound if last.answer.bound is not None else -np.inf
            bound = max(bound, min(inner, best.answer.objective))
            hit_clock |= last.answer.status == "time_limit"
            if back.answer.objective < best.answer.objective:
                best = back
        else:
            bound = best.answer.objective
    return replace(
        best, answer=_judge(best.answer.objective, bound, hit_clock, time.perf_counter() - begun, name, unit)
    )


def _judge(objective: float, bound: float, hit_clock: bool, seconds: float, name: str, unit: str) -> Answer:
    bound = min(bound, objective)
    gap = (objective - bound) / max(1.0, abs(objective))
    word = "optimal" if gap <= OPTIMAL_GAP else "time_limit" if hit_clock else "certified"
    return Answer(name, objective, bound, gap, word, seconds, unit)


def _nothing(problem: Problem, name: str, unit: str) -> Plan | None:
    """The plan of a problem without consumers or without options."""
    n, m = problem.cost.shape
    if problem.forced.any() or not np.isfinite(problem.unserved_cost).all():
        return None
    total = float(problem.unserved_cost.sum())
    answer = Answer(name, total, total, 0.0, "optimal", 0.0, unit)
    return Plan(np.full(m, -1), csr_array((n, m)), np.ones(n), answer)


def _restrict(problem: Problem, options: np.ndarray) -> Problem:
    """The problem with the options of the mask alone; sites keep their numbers."""
    cost = problem.cost.copy()
    gone = np.ones(cost.shape[1], bool)
    gone[problem.option_site[options]] = False
    cost[:, gone] = np.inf
    return replace(
        problem,
        cost=cost,
        option_site=problem.option_site[options],
        option_capacity=problem.option_capacity[options],
        option_cost=problem.option_cost[options],
    )


def _unrestrict(plan: Plan, problem: Problem, options: np.ndarray) -> Plan:
    number = np.flatnonzero(options)
    return replace(plan, option=np.where(plan.option >= 0, number[np.maximum(plan.option, 0)], -1))
