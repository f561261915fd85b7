"""Fresh water for operations that pick up fixed loads of several contaminants, with a bound.

An operation's outlet depends on its inlet, so mixing is bilinear. From above: with outlets taken as given the rest is
linear (flows are free); starting at the highest allowed outlets, each round's real outlets are the next round's, and no
round is worse. For one contaminant the first round is the optimum, as outlets are at their limits in some optimum (Savelski
and Bagajewicz 2000). From below: each contaminant alone, exactly (``cascade``), and a relaxation of all together in
which products of flow and concentration only obey their convex hull (McCormick 1976). Both speak of plans in which no operation passes
more water than all the fresh water together, as in any plan where none goes in circles.

Sources: Savelski, M. J. and Bagajewicz, M. J. (2000), On the optimality conditions of water utilization systems in process
plants with single contaminants, Chemical Engineering Science 55(21), 5035-5048, and (2003), On the necessary conditions of optimality
of water utilization systems in process plants with multiple contaminants, ibid. 58(23-24), 5349-5362; McCormick, G. P. (1976),
Mathematical Programming 10, 147-175.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..solvers.milp import solve_milp
from .cascade import cascade

ROUNDS = 50
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


def least_fresh(operations: Operations, fresh_quality: np.ndarray) -> Bounded | None:
    """Least fresh water of the operations; None where fresh water is too dirty for one of them."""
    if (operations.inlet < fresh_quality).any():
        return None
    alone, pinch = _alone(operations, fresh_quality)
    fresh = _from_above(operations, fresh_quality)
    bound = alone if operations.load.shape[1] == 1 else max(alone, _from_below(operations, fresh_quality, fresh))
    bound = min(bound, fresh)
    return Bounded(fresh, bound, (fresh - bound) / max(fresh, 1e-12), pinch)


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


def _from_above(operations: Operations, fresh_quality: np.ndarray) -> float:
    """Fresh water of a plan that keeps every limit."""
    n, _ = operations.load.shape
    assumed, best = operations.outlet, np.inf
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
        rows.append(np.r_[into.ravel(), fresh - 1.0])  # no more than all fresh water goes through one operation
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


def _from_below(operations: Operations, fresh_quality: np.ndarray, most: float) -> float:
    """The McCormick relaxation: flows x, outlets C and their products, each product within its hull.

    Parameters
    ----------
    most
        Fresh water of a known plan, thus the most that need go through one operation.
    """
    n, c = operations.load.shape
    loads, outlet = operations.load, operations.outlet
    low = np.broadcast_to(fresh_quality, outlet.shape) + loads / max(most, 1e-12)
    low = np.minimum(low, outlet)
    # columns: x_ij (from i to j), fresh, waste, then product p_ijk and waste's product q_ik, outlet C_ik
    flows, fresh_at, waste_at = n * n, n * n, n * n + n
    product = n * n + 2 * n
    spill, conc = product + n * n * c, product + n * n * c + n * c
    size = conc + n * c
    data: list[tuple[int, int, float]] = []
    lower: list[float] = []
    upper: list[float] = []

    def row(terms: list[tuple[int, float]], least: float, highest: float) -> None:
        weight = max((abs(v) for _, v in terms), default=0.0) or 1.0
        data.extend((len(lower), col, v / weight) for col, v in terms)
        lower.append(least / weight)
        upper.append(highest / weight)

    others = [[j for j in range(n) if j != i] for i in range(n)]
    for i in range(n):
        into = [(j * n + i, 1.0) for j in others[i]] + [(fresh_at + i, 1.0)]
        out = [(i * n + j, -1.0) for j in others[i]] + [(waste_at + i, -1.0)]
        row(into + out, 0.0, 0.0)
        row(into[:-1] + [(fresh_at + j, -1.0) for j in others[i]], -np.inf, 0.0)  # at most all fresh water
        row(into, -np.inf, most)
        for k in range(c):
            brought = [(product + (j * n + i) * c + k, 1.0) for j in others[i]] + [(fresh_at + i, fresh_quality[k])]
            leaving = [(product + (i * n + j) * c + k, -1.0) for j in others[i]] + [(spill + i * c + k, -1.0)]
            row(brought + leaving, -loads[i, k], -loads[i, k])
            row(brought + [(col, -operations.inlet[i, k] * v) for col, v in into], -np.inf, 0.0)
            for col, prod in [(i * n + j, product + (i * n + j) * c + k) for j in others[i]] + [
                (waste_at + i, spill + i * c + k)
            ]:
                a, b, at = low[i, k], outlet[i, k], conc + i * c + k
                row([(prod, 1.0), (col, -a)], 0.0, np.inf)  # p >= a x
                row([(prod, 1.0), (col, -b)], -np.inf, 0.0)  # p <= b x
                row([(prod, 1.0), (col, -b), (at, -most)], -most * b, np.inf)  # p >= X C + b x - X b
                row([(prod, 1.0), (col, -a), (at, -most)], -np.inf, -most * a)  # p <= X C + a x - X a
    cost = np.zeros(size)
    cost[fresh_at : fresh_at + n] = 1.0
    box_low, box_high = np.zeros(size), np.full(size, np.inf)
    box_high[:flows] = most
    box_low[conc:], box_high[conc:] = low.ravel(), outlet.ravel()
    r, col, v = (np.array(part) for part in zip(*data, strict=True))
    matrix = csr_array((v, (r.astype(int), col.astype(int))), shape=(len(lower), size))
    x, answer = solve_milp(cost, matrix, np.array(lower), np.array(upper), (box_low, box_high), None, _TIME_S)
    return 0.0 if x is None or answer.bound is None else float(answer.bound)
