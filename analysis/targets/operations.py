"""Fresh water for operations that pick up fixed loads of several contaminants, with a bound.

An operation's outlet depends on its inlet, so mixing is bilinear. From above: with outlets taken as given the rest is
linear (flows are free); starting at the highest allowed outlets, each round's real outlets are the next round's, and no
round is worse. For one contaminant the first round is the optimum, as outlets are at their limits in some optimum. From
below: each contaminant alone (``cascade``), and a branch and bound over the outlets (``relaxation``).

Sources: Savelski, M. J. and Bagajewicz, M. J. (2000), On the optimality conditions of water utilization systems in process
plants with single contaminants, Chemical Engineering Science 55(21), 5035-5048, and (2003), On the necessary conditions of
optimality of water utilization systems in process plants with multiple contaminants, ibid. 58(23-24), 5349-5362.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..solvers.milp import solve_milp
from .cascade import cascade
from .relaxation import Box, root, solve, split

ROUNDS = 50
NODES = 400  # most boxes of the branch and bound, a limit that does not depend on the machine
GAP = 1e-4  # where it may stop
_TIME_S = 60.0  # safety net only


@dataclass(frozen=True)
class Operations:
    """n operations and c contaminants; flow in t/h with loads in g/h and concentrations in ppm (g/t).

    Parameters
    ----------
    load
        (n, c) mass picked up.
    inlet, outlet
        (n, c) highest concentrations at inlet and outlet.
    """

    load: np.ndarray
    inlet: np.ndarray
    outlet: np.ndarray


@dataclass(frozen=True)
class Bounded:
    """A reachable amount of fresh water, a proven lower bound, and the relative gap between the two."""

    fresh: float
    bound: float
    gap: float
    pinch: float | None


def least_fresh(operations: Operations, fresh_quality: np.ndarray, nodes: int = NODES) -> Bounded | None:
    """Least fresh water of the operations; None where fresh water is too dirty for one of them.

    Parameters
    ----------
    fresh_quality
        (c,) concentrations of fresh water.
    nodes
        Most boxes of the branch and bound.
    """
    if (operations.inlet < fresh_quality).any():
        return None
    alone, pinch = _alone(operations, fresh_quality)
    fresh = _from_above(operations, fresh_quality, operations.outlet)
    if fresh - alone <= GAP * fresh:
        bound = min(alone, fresh)
    else:
        fresh, below = _branch(operations, fresh_quality, fresh, nodes)
        bound = min(max(alone, below), fresh)
    return Bounded(fresh, bound, (fresh - bound) / max(fresh, 1e-12), pinch)


def _branch(operations: Operations, fresh_quality: np.ndarray, fresh: float, nodes: int) -> tuple[float, float]:
    """Best-first search over boxes of outlets: the best plan known and the least bound of what is left."""
    open_boxes: list[tuple[float, int, tuple[Box, Box]]] = []
    box = root(operations.load, operations.inlet, operations.outlet, fresh_quality)
    least, count, waiting = fresh, 0, [box]
    while count < nodes:
        for box in waiting:
            count += 1
            found = solve(box)
            if found is None or found.bound >= fresh * (1 - GAP):
                # nothing better in it than what is known, up to the gap
                least = least if found is None else min(least, found.bound)
                continue
            fresh = min(fresh, _from_above(operations, fresh_quality, np.minimum(found.outlet, operations.outlet)))
            heapq.heappush(open_boxes, (found.bound, count, split(box, found)))
        if not open_boxes or open_boxes[0][0] >= fresh * (1 - GAP):
            break
        waiting = list(heapq.heappop(open_boxes)[2])
    return fresh, min([least, fresh, *(bound for bound, *_ in open_boxes)])


def _alone(operations: Operations, fresh_quality: np.ndarray) -> tuple[float, float | None]:
    """The most that any contaminant alone asks for: operations at their limiting flow are a demand and a source."""
    found: list[tuple[float, float | None]] = [(0.0, None)]
    for c in range(operations.load.shape[1]):
        real = operations.load[:, c] > 0
        inlet, outlet = operations.inlet[real, c], operations.outlet[real, c]
        flow = operations.load[real, c] / (outlet - inlet)
        single = cascade(flow, outlet, flow, inlet, float(fresh_quality[c]))
        if single.fresh is not None:
            found.append((single.fresh, single.pinch))
    # several contaminants have no pinch in common
    most = max(found, key=lambda one: one[0])
    return most if operations.load.shape[1] == 1 else (most[0], None)


def _from_above(operations: Operations, fresh_quality: np.ndarray, assumed: np.ndarray) -> float:
    """Fresh water of a plan that keeps every limit, sought from outlets (n, c); infinite where there is none near them."""
    n, _ = operations.load.shape
    best = np.inf
    for _ in range(ROUNDS):
        x, fresh = _flows(operations, fresh_quality, assumed)
        if x is None or fresh >= best * (1 - 1e-9):
            return min(best, fresh)
        best = fresh
        through = x[: n * n].reshape(n, n).sum(axis=0) + x[n * n :]
        # real outlets under these flows: T_i C_i - sum_j x_ji C_j = load + fresh
        running = through > 1e-12
        matrix = np.diag(np.where(running, through, 1.0)) - x[: n * n].reshape(n, n).T
        right = operations.load + x[n * n :, None] * fresh_quality
        assumed = np.where(running[:, None], np.minimum(np.linalg.solve(matrix, right), assumed), assumed)
    return best


def _flows(
    operations: Operations, fresh_quality: np.ndarray, assumed: np.ndarray
) -> tuple[np.ndarray | None, float]:
    """Flows from operation to operation and of fresh water (n n + n,) where outlets are at most ``assumed`` (n, c)."""
    n, c = operations.load.shape
    rows, high = [], []
    for i in range(n):
        into = np.zeros((n, n))
        into[:, i] = 1.0
        into[i, i] = 0.0
        fresh = np.zeros(n)
        fresh[i] = 1.0
        for k in range(c):
            brought = (into * assumed[:, k, None]).ravel()
            # what goes in with the load leaves at most at the assumed outlet; what goes in is below the inlet's limit
            for ceiling, extra in ((assumed[i, k], operations.load[i, k]), (operations.inlet[i, k], 0.0)):
                rows.append(np.r_[brought - ceiling * into.ravel(), fresh * (fresh_quality[k] - ceiling)])
                high.append(-extra)
        out = np.zeros((n, n))
        out[i] = 1.0
        out[i, i] = 0.0
        rows.append(np.r_[out.ravel() - into.ravel(), -fresh])
        high.append(0.0)
    matrix, limit = np.array(rows), np.array(high)
    scale = np.maximum(np.abs(matrix).max(axis=1), 1e-12)
    top = np.full(n * n + n, np.inf)
    top[np.arange(n) * (n + 1)] = 0.0
    x, answer = solve_milp(
        np.r_[np.zeros(n * n), np.ones(n)], csr_array(matrix / scale[:, None]), np.full(len(limit), -np.inf),
        limit / scale, (np.zeros(n * n + n), top), None, _TIME_S,
    )  # fmt: skip
    return x, np.inf if x is None else answer.objective
