"""One connected part of a fixed-charge problem: relaxation, slope scaling, kernel search, branch and bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from .linear import Linear
from .milp import solve_milp

if TYPE_CHECKING:
    from .fixed_charge import Problem

SIMPLE = 80  # links up to which a part is searched whole at once
EASY = 250  # links up to which it is searched long
MIDDLE = 2500  # links up to which it is searched whole at all
NODES, FEW_NODES = 300, 5  # deterministic limits of a search
ROUNDS = 12  # of slope scaling
TIES = 3  # rounds in which violated ties of flows to links are added
SMALL = 1e-7  # share of a flow's most that counts as nothing
ROUGH, FINE = 0.005, 0.002  # gaps at which the search of a kernel and of a whole part stop


@dataclass(frozen=True)
class Part:
    """One connected part in shares of each flow's most, which keeps all numbers near one.

    The first n columns are flows, the other k are links with a fixed cost or a least quantity; ``columns`` are the flows' numbers
    in the whole problem. ``owner`` (m,) and ``bounded`` (m,) tell the link and the flow of each tie.
    """

    columns: np.ndarray
    gain: np.ndarray
    body: csr_array
    limit: np.ndarray
    ties: csr_array
    ties_low: np.ndarray
    owner: np.ndarray
    bounded: np.ndarray
    member: csr_array
    weight: csr_array
    least: np.ndarray
    most: np.ndarray
    size: np.ndarray
    unit: float

    @property
    def n(self) -> int:
        return self.body.shape[1]

    @property
    def k(self) -> int:
        return len(self.gain) - self.n


@dataclass(frozen=True)
class State:
    """What is known of a part: the best plan ``x`` (n + k,), its value and the bound, in the part's unit."""

    part: Part
    x: np.ndarray | None = None
    value: float = 0.0
    bound: float = np.inf
    late: bool = False

    @property
    def open(self) -> float:
        """What the bound leaves open, in the problem's own unit."""
        return max(self.bound - self.value, 0.0) * self.part.unit

    @property
    def flows(self) -> np.ndarray:
        """Flows (n,) in the problem's own unit."""
        if self.x is None:
            return np.zeros(self.part.n)
        n = self.part.n
        share = np.where(self.x[:n] > SMALL, self.x[:n], 0.0)
        share[self.part.bounded[self.x[n:][self.part.owner] < 0.5]] = 0.0
        return share * self.part.size


def cut(problem: Problem, columns: np.ndarray) -> Part:
    """The arrays of one part."""
    upper, link = problem.upper[columns], problem.link[columns]
    n = len(columns)
    rows = csr_array(problem.rows[:, columns])
    touched = np.flatnonzero(np.diff(rows.indptr))
    shares_of = csr_array(rows[touched].multiply(upper[None, :]))
    scale = np.maximum(abs(shares_of).max(axis=1).toarray().ravel(), 1e-12)
    body = csr_array(shares_of.multiply(1 / scale[:, None]))
    links, place = np.unique(link[link >= 0], return_inverse=True)
    fixed, lot, most = problem.fixed[links], problem.lot[links], problem.most[links]
    ruled = (fixed > 0) | (lot > 0)
    number, k = np.cumsum(ruled) - 1, int(ruled.sum())
    bounded = np.flatnonzero(link >= 0)[ruled[place]]
    owner = number[place[ruled[place]]]
    m, size = len(bounded), upper[bounded]
    least, most = lot[ruled], most[ruled]
    total = np.bincount(owner, weights=size, minlength=k)
    most = np.minimum(most, total)
    # x <= y flow by flow is tighter than one row a link; where the flows together may not reach their sum a row more is
    each = coo_array(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[np.arange(m), np.arange(m)], np.r_[bounded, n + owner])),
        shape=(m, n + k),
    )
    tight, some = np.flatnonzero(total > most * (1 + 1e-9)), np.flatnonzero(least > 0)
    sums = [
        _sums(chosen, level, owner, bounded, size, n, k) for chosen, level in ((tight, most), (some, least))
    ]
    gain = np.r_[problem.gain[columns] * upper, -fixed[ruled]]
    unit = max(float(np.abs(gain).max(initial=0.0)), 1e-9)
    return Part(
        columns=columns,
        gain=gain / unit,
        body=body,
        limit=problem.limit[touched] / scale,
        ties=csr_array(vstack([each, *sums])),
        ties_low=np.r_[np.full(m + len(tight), -np.inf), np.zeros(len(some))],
        owner=owner,
        bounded=bounded,
        member=csr_array(coo_array((np.ones(m), (owner, bounded)), shape=(k, n))),
        weight=csr_array(coo_array((size, (owner, bounded)), shape=(k, n))),
        least=least,
        most=most,
        size=upper,
        unit=unit,
    )


def _sums(
    chosen: np.ndarray, level: np.ndarray, owner: np.ndarray, bounded: np.ndarray, size: np.ndarray, n: int, k: int
) -> coo_array:
    """Rows: total flow of each chosen link over its level, minus its binary."""
    inside = np.isin(owner, chosen)
    rank = np.searchsorted(chosen, owner[inside])
    data = np.r_[size[inside] / level[owner[inside]], -np.ones(len(chosen))]
    where = (np.r_[rank, np.arange(len(chosen))], np.r_[bounded[inside], n + chosen])
    return coo_array((data, where), shape=(len(chosen), n + k))


@dataclass(frozen=True)
class Relaxed:
    """The linear relaxation: its value, flows (n,), and which links (k,) they use."""

    value: float
    flows: np.ndarray
    used: np.ndarray


def relax(part: Part, cancelled: Callable[[], bool]) -> Relaxed:
    """The linear relaxation of a part.

    Where each link has one flow its binary is that flow's share, and the relaxation has flows alone. Else ties of flows
    to links are added as they are violated.

    Raises
    ------
    Cancelled
    """
    n, k = part.n, part.k
    alone = len(part.owner) == k
    if alone:
        gain = part.gain[:n].copy()
        gain[part.bounded] += part.gain[n:][part.owner] * part.size[part.bounded] / part.most[part.owner]
        model = Linear(gain, part.body, part.limit, np.ones(n), cancelled)
        model.run()
    else:
        m = len(part.owner)
        # one row a link to begin with: its total flow is at most its binary's share of its most
        total = _sums(np.arange(k), part.most, part.owner, part.bounded, part.size[part.bounded], n, k)
        body = csr_array((part.body.data, part.body.indices, part.body.indptr), shape=(part.body.shape[0], n + k))
        model = Linear(
            part.gain, csr_array(vstack([body, total])), np.r_[part.limit, np.zeros(k)], np.ones(n + k), cancelled
        )
        model.run()
        each, known = csr_array(part.ties[:m]), np.zeros(m, bool)
        for _ in range(TIES):
            before = model.value
            broken = (each @ model.x > 1e-6) & ~known
            if not broken.any():
                break
            known |= broken
            model.add(csr_array(each[np.flatnonzero(broken)]), np.zeros(int(broken.sum())))
            model.run()
            if before - model.value < 1e-4 * abs(before):
                break
    return Relaxed(model.value, model.x[:n], part.weight @ model.x[:n] > SMALL * part.most)


def begin(state: State, gap: float, time_limit_s: float, cancelled: Callable[[], bool]) -> State:
    """Small parts whole; of the others bound, slope scaling, and a search among the links that either of them uses.

    Raises
    ------
    Cancelled
    """
    part = state.part
    if part.k <= SIMPLE:
        return _search(state, np.ones(part.k, bool), gap, NODES, time_limit_s, cancelled, holds=True)
    relaxed = relax(part, cancelled)
    state = replace(state, bound=relaxed.value)
    state = _slope_scaling(state, relaxed, cancelled)
    kernel = relaxed.used if state.x is None else relaxed.used | (state.x[part.n :] > 0.5)
    return _search(state, kernel, max(gap, ROUGH), FEW_NODES, time_limit_s, cancelled)


def whole(state: State, gap: float, time_limit_s: float, cancelled: Callable[[], bool]) -> State:
    """A part of not too many links as a whole, from the plan at hand.

    Raises
    ------
    Cancelled
    """
    k = state.part.k
    if k <= SIMPLE or k > MIDDLE:
        return state
    nodes = NODES if k <= EASY else FEW_NODES
    return _search(state, np.ones(k, bool), max(gap, FINE), nodes, time_limit_s, cancelled, holds=True)


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
    model = Linear(gain, part.body, part.limit, np.ones(n), cancelled)
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
