"""One connected part of a fixed-charge problem as arrays, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

if TYPE_CHECKING:
    from . import Problem

SMALL = 1e-7  # share of a flow's most that counts as nothing


@dataclass(frozen=True)
class Part:
    """One connected part in shares of each flow's most, which keeps all numbers near one.

    The first n columns are flows, the other k are links with a fixed cost or a least quantity; ``columns`` are the flows' numbers
    in the whole problem, ``links`` (k,) the links', ``rows`` the rows' that they touch, each divided by ``scale``. ``owner`` (m,) and
    ``bounded`` (m,) tell the link and the flow of each tie. ``caps`` (c, n) are the total flows of links whose flows together could
    exceed the link's most, in shares of it.
    """

    columns: np.ndarray
    links: np.ndarray
    rows: np.ndarray
    scale: np.ndarray
    gain: np.ndarray
    body: csr_array
    limit: np.ndarray
    ties: csr_array
    ties_low: np.ndarray
    owner: np.ndarray
    bounded: np.ndarray
    member: csr_array
    weight: csr_array
    caps: csr_array
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
    def worth(self) -> float:
        """The plan's value in the problem's own unit."""
        return self.value * self.part.unit

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
    reach = np.bincount(place, weights=upper[link >= 0], minlength=len(links))
    ruled = (fixed > 0) | (lot > 0) | (reach > most * (1 + 1e-9))
    number, k = np.cumsum(ruled) - 1, int(ruled.sum())
    bounded = np.flatnonzero(link >= 0)[ruled[place]]
    owner = number[place[ruled[place]]]
    m, size = len(bounded), upper[bounded]
    least, total = lot[ruled], reach[ruled]
    most = np.minimum(most[ruled], total)
    # x <= y flow by flow is tighter than one row a link; where the flows together may not reach their sum a row more is
    each = coo_array(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[np.arange(m), np.arange(m)], np.r_[bounded, n + owner])),
        shape=(m, n + k),
    )
    tight, some = np.flatnonzero(total > most * (1 + 1e-9)), np.flatnonzero(least > 0)
    totals = [sums(chosen, level, owner, bounded, size, n, k) for chosen, level in ((tight, most), (some, least))]
    weight = csr_array(coo_array((size, (owner, bounded)), shape=(k, n)))
    gain = np.r_[problem.gain[columns] * upper, -fixed[ruled]]
    unit = max(float(np.abs(gain).max(initial=0.0)), 1e-9)
    return Part(
        columns=columns,
        links=links[ruled],
        rows=touched,
        scale=scale,
        gain=gain / unit,
        body=body,
        limit=problem.limit[touched] / scale,
        ties=csr_array(vstack([each, *totals])),
        ties_low=np.r_[np.full(m + len(tight), -np.inf), np.zeros(len(some))],
        owner=owner,
        bounded=bounded,
        member=csr_array(coo_array((np.ones(m), (owner, bounded)), shape=(k, n))),
        weight=weight,
        caps=csr_array(weight[tight].multiply(1 / most[tight][:, None])),
        least=least,
        most=most,
        size=upper,
        unit=unit,
    )


def sums(
    chosen: np.ndarray, level: np.ndarray, owner: np.ndarray, bounded: np.ndarray, size: np.ndarray, n: int, k: int
) -> coo_array:
    """Rows: total flow of each chosen link over its level, minus its binary."""
    inside = np.isin(owner, chosen)
    rank = np.searchsorted(chosen, owner[inside])
    data = np.r_[size[inside] / level[owner[inside]], -np.ones(len(chosen))]
    where = (np.r_[rank, np.arange(len(chosen))], np.r_[bounded[inside], n + chosen])
    return coo_array((data, where), shape=(len(chosen), n + k))
