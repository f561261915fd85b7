"""Least fresh water for several contaminants where the quality of every source is known: one linear programme.

Sources of known quality mix in the demands, so every limit is linear and the optimum proven. Treated water is a
further source: each discharge treated on its own, which mixing treatments cannot beat where a treatment's removal is the
same for every water.

Source: El-Halwagi, M. M. et al. (2003), Industrial and Engineering Chemistry Research 42(19), 4319-4328.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, vstack

from ..solvers.columns import Columns, solve_by_columns

ALL = 5000  # flows up to which all are there from the start, and the optimum is a vertex
EACH = 8  # flows added a round for each demand, and for each discharge
TOLERANCE = 1e-7  # of a price, for a total demand of one: the least fresh water is known to as much
ROUGH = 1e-6  # the same where there are more flows


@dataclass(frozen=True)
class Supply:
    """Discharges, and what becomes of them by treatment.

    Parameters
    ----------
    flow
        (s,) flow of each discharge.
    quality
        (t, s, c) concentrations after each way of treatment, the first being none; NaN is unknown and meets no limit,
        infinite cannot be treated that way.
    recovery
        (t,) share of the inlet that leaves as usable water.
    """

    flow: np.ndarray
    quality: np.ndarray
    recovery: np.ndarray


@dataclass(frozen=True)
class Reuse:
    """Least fresh water with its wastewater (concentrates of treatment among it) and the least flow treated for it.

    ``fresh`` is None where no amount of fresh water can meet the demands. ``taken`` (t, s, d) is the usable water of each
    discharge, way of treatment and demand; ``clean`` (d,) fresh water to each demand.
    """

    fresh: float | None
    waste: float | None
    treated: float | None
    taken: np.ndarray
    clean: np.ndarray


@dataclass(frozen=True)
class _Flows:
    """Every flow that may be: by way of treatment, discharge and demand, with total demand one.

    ``fits`` (t, s, d) says which are allowed, ``load`` (t, s, c) their concentrations with nothing unknown, ``scale`` (d, c)
    what rows of limits are divided by, ``row`` (d, c) the numbers of those rows, -1 without a limit.
    """

    fits: np.ndarray
    load: np.ndarray
    scale: np.ndarray
    row: np.ndarray
    recovery: np.ndarray
    rows: int

    def columns(self, name: np.ndarray, cost: np.ndarray) -> Columns:
        """Columns of the flows ``name`` (k,), numbered as in ``fits``, at the cost of their way (t,)."""
        s = self.fits.shape[1]
        way, give, take = np.unravel_index(name, self.fits.shape)
        k = np.arange(len(name))
        limited = self.row[take]  # (k, c)
        at, kind = np.nonzero(limited >= 0)
        data = np.r_[
            1 / self.recovery[way],
            np.ones(len(name)),
            self.load[way[at], give[at], kind] / self.scale[take[at], kind],
        ]
        where = (np.r_[give, s + take, limited[at, kind]], np.r_[k, k, at])
        return Columns(cost[way], csc_array(coo_array((data, where), shape=(self.rows, len(name)))), name)

    def cheaper(self, price: np.ndarray, cost: np.ndarray, tolerance: float) -> np.ndarray:
        """Numbers of the flows that rows' prices (m,) call for: of each demand and each discharge the best few."""
        ways, s, d = self.fits.shape
        mine = np.where(self.row >= 0, price[self.row], 0.0) / self.scale  # (d, c)
        reduced = (
            cost[:, None, None]
            - (price[:s] / self.recovery[:, None])[:, :, None]
            - price[s : s + d]
            - self.load @ mine.T
        )
        reduced = np.where(self.fits, reduced, np.inf)
        number = np.arange(ways * s * d).reshape(ways, s, d)
        found = [np.zeros(0, int)]
        for value, index in (
            (reduced.reshape(ways * s, d).T, number.reshape(ways * s, d).T),
            (reduced.transpose(1, 0, 2).reshape(s, ways * d), number.transpose(1, 0, 2).reshape(s, ways * d)),
        ):
            few = min(EACH, value.shape[1])
            best = np.argpartition(value, few - 1, axis=1)[:, :few]
            good = np.take_along_axis(value, best, axis=1) < -tolerance
            found.append(np.take_along_axis(index, best, axis=1)[good])
        return np.unique(np.concatenate(found))


def reuse(
    supply: Supply,
    sink: np.ndarray,
    limit: np.ndarray,
    fresh_quality: np.ndarray,
    cancelled: Callable[[], bool] = lambda: False,
) -> Reuse:
    """Least fresh water; among all plans with as little, one with the least treatment.

    Parameters
    ----------
    supply
        s discharges under t ways of treatment and c contaminants.
    sink
        (d,) flow of each demand.
    limit
        (d, c) highest mean concentration at its inlet; NaN is no limit. A demand without any limit takes fresh water only.
    fresh_quality
        (c,) concentrations of fresh water.

    Raises
    ------
    Cancelled
    """
    ways, s, d = len(supply.recovery), len(supply.flow), len(sink)
    if d == 0:
        return Reuse(0.0, float(supply.flow.sum()), 0.0, np.zeros((ways, s, 0)), np.zeros(0))
    unit = max(float(sink.sum()), 1e-300)
    flows, high = _flows(supply, sink / unit, limit)
    low = np.r_[np.full(s, -np.inf), sink / unit, np.full(flows.rows - s - d, -np.inf)]
    high = np.r_[supply.flow / unit, sink / unit, high]
    taken, none = np.zeros((ways, s, d)), np.zeros(ways)
    every = np.flatnonzero(flows.fits)
    fresh = _fresh(flows, fresh_quality)
    large = len(every) > ALL
    start = fresh.with_more(flows.columns(every[:0] if large else every, none))
    x, least, used = solve_by_columns(start, low, high, _asking(flows, none, large), large, cancelled)
    if x is None and large:
        # fresh water alone is too dirty for some demand: only cleaner discharges can tell whether there is a plan
        start = fresh.with_more(flows.columns(every, none))
        x, least, used = solve_by_columns(start, low, high, _asking(flows, none, large), large, cancelled)
    if x is None:
        return Reuse(None, None, None, taken, np.zeros(d))
    work = np.where(np.arange(ways) > 0, 1 / supply.recovery, 0.0)
    if work.any() and len(every):
        # as little fresh water, and the least treatment: fresh water costs nothing now, but is held by a row
        way = np.where(used.name >= 0, np.unravel_index(np.maximum(used.name, 0), (ways, s, d))[0], 0)
        held = csc_array((used.name < 0).astype(float)[None])
        tied = Columns(np.where(used.name >= 0, work[way], 0.0), csc_array(vstack([used.body, held])), used.name)
        roof = least * (1 + 1e-9) + (ROUGH if large else 1e-12)
        less, _, more = solve_by_columns(
            tied, np.r_[low, -np.inf], np.r_[high, roof], _asking(flows, work, large, extra=1), large, cancelled
        )
        x, used = (x, used) if less is None else (less, more)
    x = np.where(x > 1e-11, x, 0.0) * unit
    reused = used.name >= 0
    place = np.unravel_index(used.name[reused], (ways, s, d))
    np.add.at(taken, place, x[reused])
    total = least * unit
    waste = total + float(supply.flow.sum()) - float(sink.sum())
    return Reuse(total, max(0.0, waste), float(work[place[0]] @ x[reused]), taken, x[~reused])


def _flows(supply: Supply, sink: np.ndarray, limit: np.ndarray) -> tuple[_Flows, np.ndarray]:
    """What may flow where, and the right sides of the rows of limits."""
    s, d = len(supply.flow), len(sink)
    ruled = ~np.isnan(limit)
    known = np.isfinite(supply.quality)
    # a source may serve a demand where every contaminant that the demand limits is known in it
    missing = (~known).astype(float) @ ruled.T.astype(float)
    fits = (missing == 0) & ruled.any(axis=1)
    load = np.where(known, supply.quality, 0.0)
    # each row over its limit, or over the strongest source where the limit is none at all
    strongest = np.maximum(load.max(axis=(0, 1), initial=0.0), 1.0)
    scale = np.where(ruled & (limit > 0), limit, strongest)
    row = np.full(limit.shape, -1)
    row[ruled] = s + d + np.arange(int(ruled.sum()))
    high = (np.where(ruled, limit, 0.0) * sink[:, None] / scale)[ruled]
    return _Flows(fits, load, scale, row, supply.recovery, s + d + int(ruled.sum())), high


def _fresh(flows: _Flows, quality: np.ndarray) -> Columns:
    """Fresh water to each demand; their names are -1."""
    _, s, d = flows.fits.shape
    take, kind = np.nonzero(flows.row >= 0)
    data = np.r_[np.ones(d), quality[kind] / flows.scale[take, kind]]
    where = (np.r_[s + np.arange(d), flows.row[take, kind]], np.r_[np.arange(d), take])
    return Columns(np.ones(d), csc_array(coo_array((data, where), shape=(flows.rows, d))), np.full(d, -1))


def _asking(flows: _Flows, cost: np.ndarray, large: bool, extra: int = 0) -> Callable[[np.ndarray], Columns | None]:
    """What ``solve_by_columns`` asks for more flows; ``extra`` rows behind the others hold none of them."""

    def more(price: np.ndarray) -> Columns | None:
        name = flows.cheaper(price, cost, ROUGH if large else TOLERANCE)
        if not len(name):
            return None
        found = flows.columns(name, cost)
        blank = csc_array((extra, len(name)))
        return Columns(found.cost, csc_array(vstack([found.body, blank])), found.name)

    return more
