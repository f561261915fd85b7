"""The linear relaxation of a part: a bound that holds for every plan, and the links worth looking at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from ..linear import Linear
from .part import SMALL, Part, cut, sums

if TYPE_CHECKING:
    from . import Problem

TIES = 3  # rounds in which violated ties of flows to links are added
LARGE = 5000  # flows from which a part is narrowed to the links that the prices of a simple relaxation make near
NEAR = 0.5  # a link is near where it would lose at most this share of its fixed cost
PRICINGS = 3  # rounds in which links left out may come back


@dataclass(frozen=True)
class Relaxed:
    """The linear relaxation: its value, the price of each row (m,), flows (n,), and which links (k,) they use."""

    value: float
    price: np.ndarray
    flows: np.ndarray
    used: np.ndarray


def simple(part: Part, cancelled: Callable[[], bool]) -> Relaxed:
    """The relaxation with each link's fixed cost spread over its greatest total flow: no plan pays less.

    Raises
    ------
    Cancelled
    """
    n = part.n
    spread = part.gain[n:] / part.most
    gain = part.gain[:n] + part.weight.T @ spread
    model = flows_alone(part, gain, cancelled)
    model.run()
    return _told(part, model)


def flows_alone(part: Part, gain: np.ndarray, cancelled: Callable[[], bool]) -> Linear:
    """The flows at a gain (n,) each, every link open; the rows' prices come first."""
    limit = np.r_[part.limit, np.ones(part.caps.shape[0])]
    return Linear(gain, csr_array(vstack([part.body, part.caps])), limit, np.ones(part.n), cancelled)


def relax(part: Part, cancelled: Callable[[], bool]) -> Relaxed:
    """The relaxation in which each flow is tied to its link's binary; ties are added as they are violated.

    Where each link has one flow its binary is that flow's share, and the simple relaxation is as tight.

    Raises
    ------
    Cancelled
    """
    n, k = part.n, part.k
    if len(part.owner) == k:
        return simple(part, cancelled)
    m = len(part.owner)
    # one row a link to begin with: its total flow is at most its binary's share of its most
    total = sums(np.arange(k), part.most, part.owner, part.bounded, part.size[part.bounded], n, k)
    body = csr_array((part.body.data, part.body.indices, part.body.indptr), shape=(part.body.shape[0], n + k))
    rows = csr_array(vstack([body, total]))
    model = Linear(part.gain, rows, np.r_[part.limit, np.zeros(k)], np.ones(n + k), cancelled)
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
    return _told(part, model)


def _told(part: Part, model: Linear) -> Relaxed:
    flows = model.x[: part.n]
    return Relaxed(model.value, model.price[: len(part.limit)], flows, part.weight @ flows > SMALL * part.most)


def narrowed(problem: Problem, part: Part, cancelled: Callable[[], bool]) -> tuple[Part, Relaxed, float]:
    """A part with the links worth looking at only, its relaxation, and a bound (in its unit) that holds for all links.

    At any prices of the rows no plan is worth more than what the prices charge for all limits plus what each link would
    bring at them (Lagrange). Links left out that would bring something come back, at most ``PRICINGS`` times.

    Raises
    ------
    Cancelled
    """
    if part.n <= LARGE:
        relaxed = relax(part, cancelled)
        return part, relaxed, relaxed.value
    first = simple(part, cancelled)
    worth = _worth(part, first.price)
    keep = first.used | (worth > NEAR * part.gain[part.n :])
    for _ in range(PRICINGS):
        stays = np.ones(part.n, bool)
        stays[part.bounded] = keep[part.owner]
        few = cut(problem, part.columns[stays])
        relaxed = relax(few, cancelled)
        price = np.zeros(len(problem.limit))
        price[few.rows] = relaxed.price * few.unit / few.scale
        worth = _worth(part, price[part.rows] * part.scale / part.unit)
        gone = ~keep & (worth > 0)
        bound = relaxed.value + float(worth[gone].sum()) * part.unit / few.unit
        if not gone.any() or bound - relaxed.value < 1e-4 * relaxed.value:
            break
        keep |= gone
    return few, relaxed, min(bound, first.value * part.unit / few.unit)


def _worth(part: Part, price: np.ndarray) -> np.ndarray:
    """What opening each link (k,) would bring at prices of the rows (m,), its fixed cost paid."""
    reduced = np.maximum(part.gain[: part.n] - part.body.T @ price, 0.0)
    return part.member @ reduced + part.gain[part.n :]
