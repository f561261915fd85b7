"""A lower bound on the fresh water of operations with fixed loads: McCormick's relaxation over a box of outlets.

Variables are flows x from operation to operation, fresh water and wastewater of each, outlets C, and a product p for each
x C, which only has to lie in the convex hull of the product over the box. No operation needs more water than its
limiting flow, the greatest load / (outlet - inlet) at the limits: what is more could pass it by, in the same mixture,
and nobody downstream would notice (Savelski and Bagajewicz 2003).

Source: McCormick, G. P. (1976), Mathematical Programming 10, 147-175.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from ..solvers.milp import solve_milp

_TIME_S = 60.0  # safety net only


@dataclass(frozen=True)
class Box:
    """The relaxation where outlets lie between ``low`` and ``high`` (n, c).

    ``rows`` (with ``least``, ``most``) are the balances, which no box changes. An arc leads from an operation ``start`` and
    carries at most ``width``; arcs of operations come first, those of wastewater last. Columns: arcs, fresh water, products
    (arc by arc), outlets.
    """

    low: np.ndarray
    high: np.ndarray
    start: np.ndarray
    width: np.ndarray
    rows: csr_array
    least: np.ndarray
    most: np.ndarray


@dataclass(frozen=True)
class Relaxed:
    """Answer of a box: the bound, its outlets (n, c), and how far products are from what they stand for (n, c)."""

    bound: float
    outlet: np.ndarray
    error: np.ndarray


def root(load: np.ndarray, inlet: np.ndarray, outlet: np.ndarray, fresh_quality: np.ndarray) -> Box:
    """The whole box of operations (n, c)."""
    n, c = load.shape
    one, two = np.nonzero(~np.eye(n, dtype=bool))
    start, end = np.r_[one, np.arange(n)], np.r_[two, np.full(n, -1)]
    rise = np.where(load > 0, outlet - inlet, np.inf)
    through = np.where(load > 0, load / rise, 0.0).max(axis=1)
    width = np.minimum(through[start], np.where(end >= 0, through[end], np.inf))
    arcs, size = len(start), len(start) + n + len(start) * c + n * c
    into, out = ((side == np.arange(n)[:, None]).astype(float) for side in (end, start))
    blocks, least, most = [], [], []

    def add(
        arc: np.ndarray, fresh: np.ndarray, k: int | None, product: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> None:
        block = np.zeros((n, size))
        block[:, :arcs], block[:, arcs : arcs + n] = arc, np.diag(fresh)
        if k is not None:
            block[:, arcs + n + np.arange(arcs) * c + k] = product
        scale = np.maximum(np.abs(block).max(axis=1), 1e-12)
        blocks.append(csr_array(block / scale[:, None]))
        least.append(low / scale)
        most.append(high / scale)

    none, free = np.zeros(n), np.full(n, -np.inf)
    add(into - out, np.ones(n), None, into, none, none)  # water
    add(into, np.ones(n), None, into, none, through)
    for k in range(c):
        clean = np.full(n, fresh_quality[k])
        add(0 * into, clean, k, into - out, -load[:, k], -load[:, k])  # contaminant
        add(-into * inlet[:, [k]], clean - inlet[:, k], k, into, free, none)  # limit at the inlet
    low = fresh_quality + np.divide(load, through[:, None], out=np.zeros_like(load), where=through[:, None] > 0)
    rows = csr_array(vstack(blocks))
    return Box(np.minimum(low, outlet), outlet, start, width, rows, np.concatenate(least), np.concatenate(most))


def solve(box: Box) -> Relaxed | None:
    """Bound of a box; None where no plan has its outlets there."""
    n, c = box.low.shape
    arcs = len(box.start)
    flow, kind = np.repeat(np.arange(arcs), c), np.tile(np.arange(c), arcs)
    product, conc = arcs + n + np.arange(arcs * c), arcs + n + arcs * c + box.start[flow] * c + kind
    a, b, wide = box.low[box.start[flow], kind], box.high[box.start[flow], kind], box.width[flow]
    row, one, none = np.arange(arcs * c), np.ones(arcs * c), np.zeros(arcs * c)
    hull, right = [], []
    # p >= a x, p <= b x, p >= X C + b x - X b, p <= X C + a x - X a; each as a row at most its right side
    for sign, slope, lift in ((-1, a, none), (1, b, none), (-1, b, wide), (1, a, wide)):
        data = np.r_[sign * one, -sign * slope, -sign * lift]
        scale = np.maximum(np.maximum(1.0, slope), lift)
        shape = (arcs * c, box.rows.shape[1])
        hull.append(
            csr_array((data / np.tile(scale, 3), (np.tile(row, 3), np.r_[product, flow, conc])), shape=shape)
        )
        right.append(-sign * lift * slope / scale)
    size = box.rows.shape[1]
    cost, low, high = np.zeros(size), np.zeros(size), np.full(size, np.inf)
    cost[arcs : arcs + n] = 1.0
    high[:arcs] = box.width
    low[size - n * c :], high[size - n * c :] = box.low.ravel(), box.high.ravel()
    least = np.r_[box.least, np.full(4 * arcs * c, -np.inf)]
    most = np.r_[box.most, *right]
    x, answer = solve_milp(cost, vstack([box.rows, *hull]), least, most, (low, high), None, _TIME_S)
    if x is None:
        return None
    outlet = x[size - n * c :].reshape(n, c)
    apart = abs(x[product] - x[flow] * outlet[box.start[flow], kind])
    error = np.zeros((n, c))
    np.add.at(error, (box.start[flow], kind), apart / np.maximum(b, 1e-12))
    return Relaxed(answer.objective, outlet, error)


def split(box: Box, found: Relaxed) -> tuple[Box, Box]:
    """Two halves of a box, cut where products are furthest from what they stand for."""
    span = box.high - box.low
    worst = np.unravel_index(int((found.error * (span > 1e-9 * box.high)).argmax()), span.shape)
    low, high = box.low[worst], box.high[worst]
    at = np.clip(found.outlet[worst], low + 0.25 * (high - low), high - 0.25 * (high - low))
    below, over = box.high.copy(), box.low.copy()
    below[worst] = over[worst] = at
    return replace(box, high=below), replace(box, low=over)
