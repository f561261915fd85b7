"""Plans for one part: slope scaling, a search among few links (kernel), branch and bound on all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from ..linear import Linear
from ..milp import solve_milp
from .part import SMALL, Part, State, cut
from .relaxation import Relaxed, flows_alone, narrowed, relax

if TYPE_CHECKING:
    from . import Problem

SIMPLE = 80  # links up to which a part is searched whole at once
EASY = 250  # links up to which it is searched long
MIDDLE, THOROUGH = 2500, 25_000  # flows up to which it is searched whole at all, and where time does not count
NODES, FEW_NODES, ONE_NODE = 300, 5, 1  # deterministic limits of a search: small part, larger part, kernel
ROUNDS = 12  # of slope scaling
ROUGH, FINE = 0.005, 0.002  # gaps at which the search of a kernel and of a whole part stop


def begin(
    problem: Problem, columns: np.ndarray, gap: float, left_s: Callable[[], float], cancelled: Callable[[], bool]
) -> State:
    """Small parts whole; of the others bound, slope scaling, and a search among the links that either of them uses.

    Raises
    ------
    Cancelled
    """
    part = cut(problem, columns)
    if part.k <= SIMPLE:
        return _search(State(part), np.ones(part.k, bool), gap, NODES, left_s(), cancelled, holds=True)
    part, relaxed, bound = narrowed(problem, part, cancelled)
    state = _slope_scaling(State(part, bound=bound), relaxed, cancelled)
    kernel = relaxed.used if state.x is None else relaxed.used | (state.x[part.n :] > 0.5)
    return _search(state, kernel, max(gap, ROUGH), ONE_NODE, left_s(), cancelled)


def whole(
    problem: Problem,
    columns: np.ndarray,
    state: State,
    gap: float,
    thorough: bool,
    left_s: Callable[[], float],
    cancelled: Callable[[], bool],
) -> State:
    """A part that is not too large with all its links, from the plan at hand.

    Raises
    ------
    Cancelled
    """
    if not state.part.k > SIMPLE or len(columns) > (THOROUGH if thorough else MIDDLE):
        return state
    if len(columns) > state.part.n:
        state = _widened(cut(problem, columns), state)
    k = state.part.k
    nodes = NODES if k <= EASY or thorough else FEW_NODES
    return _search(state, np.ones(k, bool), max(gap, FINE), nodes, left_s(), cancelled, holds=True)


def _widened(part: Part, state: State) -> State:
    """The same plan and bound in a part that has all its links."""
    few, factor = state.part, state.part.unit / part.unit
    x = None
    if state.x is not None:
        x = np.zeros(part.n + part.k)
        x[np.searchsorted(part.columns, few.columns)] = state.x[: few.n]
        x[part.n + np.searchsorted(part.links, few.links)] = state.x[few.n :]
    return replace(state, part=part, x=x, value=state.value * factor, bound=state.bound * factor)


def _search(
    state: State,
    links: np.ndarray,
    gap: float,
    nodes: int,
    time_limit_s: float,
    cancelled: Callable[[], bool],
    holds: bool = False,
) -> State:
    """Branch and bound among ``links`` (k,) from the plan at hand; ``holds``: they are all, so its bound is the part's."""
    part, n = state.part, state.part.n
    if time_limit_s <= 0:
        bound = relax(part, cancelled).value if np.isinf(state.bound) else state.bound
        return replace(state, bound=bound, late=True)
    wide = csr_array((part.body.data, part.body.indices, part.body.indptr), shape=(part.body.shape[0], n + part.k))
    rows = vstack([wide, part.ties]).tocsc()
    low = np.r_[np.full(len(part.limit), -np.inf), part.ties_low]
    high = np.r_[part.limit, np.where(np.isinf(part.ties_low), 0.0, np.inf)]
    allowed = np.ones(n)
    allowed[part.bounded] = links[part.owner]
    # what is not allowed is left out, which the solver's presolve would do slower
    on = np.flatnonzero(np.r_[allowed, links])
    rows = rows[:, on].tocsr()
    kept = np.flatnonzero(np.diff(rows.indptr))
    found, answer = solve_milp(
        part.gain[on],
        rows[kept],
        low[kept],
        high[kept],
        (np.zeros(len(on)), np.ones(len(on))),
        (on >= n) if part.k else None,
        time_limit_s,
        cancelled,
        gap,
        maximise=True,
        node_limit=nodes if part.k else None,
        start=None if state.x is None else state.x[on],
    )
    late = state.late or answer.status == "time_limit"
    bound = state.bound
    if holds and answer.bound is not None:
        bound = min(bound, answer.bound)
    if np.isinf(bound):
        bound = relax(part, cancelled).value
    if found is not None and answer.objective > state.value:
        x = np.zeros(n + part.k)
        x[on] = found
        state = replace(state, x=x, value=answer.objective)
    return replace(state, bound=max(bound, state.value), late=late)


def _slope_scaling(state: State, relaxed: Relaxed, cancelled: Callable[[], bool]) -> State:
    """A good plan.

    Linear programmes in which each link's fixed cost is spread over the flow it had in the round before (Kim and
    Pardalos 1999, Operations Research Letters 24); after each the links that pay are open, and the best flows on them
    are found anew.
    """
    part, n = state.part, state.part.n
    gain, fixed = part.gain[:n], -part.gain[n:]
    flow_of = np.where(relaxed.used, part.weight @ relaxed.flows, part.most)
    model = flows_alone(part, gain, cancelled)
    for turn in range(ROUNDS):
        slope = part.weight.T @ (fixed / np.maximum(flow_of, 1e-6 * part.most))
        model.charge(gain - slope)
        model.run()
        flow = part.weight @ model.x
        is_open = (part.member @ (gain * model.x) > fixed) & (flow >= part.least * (1 + 1e-9)) & (flow > 0)
        # half of the way keeps rounds from jumping between two plans
        flow_of = np.where(flow > 0, flow if turn % 2 else (flow + flow_of) / 2, flow_of)
        plan = _settled(model, part, is_open)
        if plan is not None and (value := float(part.gain @ plan)) > state.value:
            state = replace(state, x=plan, value=value)
    return state


def _settled(model: Linear, part: Part, is_open: np.ndarray) -> np.ndarray | None:
    """The best flows on the open links, without those that then pay less than they cost or fall below their least flow."""
    n = part.n
    gain, fixed = part.gain[:n], -part.gain[n:]
    allowed = np.ones(n)
    model.charge(gain)
    for _ in range(3):
        allowed[part.bounded] = is_open[part.owner]
        model.allow(allowed)
        model.run()
        x = np.where(model.x > SMALL, model.x, 0.0)
        flow = part.weight @ x
        good = is_open & (part.member @ (gain * x) > fixed) & (flow >= part.least) & (flow > 0)
        if (good == is_open).all():
            break
        is_open = good
    model.allow(np.ones(n))
    return np.r_[x, is_open] if (good == is_open).all() else None
