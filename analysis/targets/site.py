"""Targets of several groups that exchange heat only through shared levels of steam and hot water.

Each group keeps its own cascade. It may take heat from a level, as from a hot stream, and raise heat into it, as into a
cold one; what is raised anywhere is used anywhere, or let down to a colder level. A linear programme finds the
least heat from outside exactly, pockets of the curves included; a second one takes it from the coldest levels.

Sources: Dhole, V. R. and Linnhoff, B. (1993), Total site targets for fuel, co-generation, emissions, and cooling,
Computers and Chemical Engineering 17(S1), S101-S109; Klemes, J. et al. (1997), Targeting and design methodology for
reduction of fuel, power and CO2 on total sites, Applied Thermal Engineering 17(8-10), 993-1003.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, vstack

from ..solvers.milp import solve_milp
from .pinch import ZERO, Streams, above

_TIME_S = 600.0  # safety net only


@dataclass(frozen=True)
class Level:
    """A utility level: steam condenses at one temperature, hot water goes out at ``supply_c`` and returns colder."""

    supply_c: float
    return_c: float

    @property
    def latent(self) -> bool:
        return self.supply_c == self.return_c


@dataclass(frozen=True)
class Site:
    """Total-site targets of g groups and k levels, all in kW.

    Parameters
    ----------
    hot_kw, cold_kw
        Least heat from outside, and what is left over for cooling.
    direct_kw
        (g,) heat from outside that a group needs above every level (a furnace of its own).
    used_kw, raised_kw
        (g, k) heat that a group takes from, and raises into, each level.
    boiler_kw
        (k,) heat from outside into each level.
    """

    hot_kw: float
    cold_kw: float
    direct_kw: np.ndarray
    used_kw: np.ndarray
    raised_kw: np.ndarray
    boiler_kw: np.ndarray


def site(
    groups: Sequence[Streams],
    levels: Sequence[Level],
    share_k: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> Site:
    """Least heat from outside where groups share levels and nothing else.

    Parameters
    ----------
    groups
        The streams of each group, at least one; inside a group they exchange heat directly.
    levels
        At least one, from the hottest down.
    share_k
        The levels' own share of the smallest approach, in K: a level is used as a hot stream at that much less, and
        raised as a cold stream at that much more.
    cancelled
        Asked while the solver runs.

    Raises
    ------
    Cancelled
    """
    g, k = len(groups), len(levels)
    moved = max(sum(group.moved_kw for group in groups), 1e-12)
    falls = [(i, j) for i in range(k) for j in range(i + 1, k) if _falls(levels[i], levels[j], share_k)]
    # columns: direct, used and raised of each group; boilers; what is let down
    boiler = g * (1 + 2 * k) + np.arange(k)
    columns = g * (1 + 2 * k) + k + len(falls)
    down = np.arange(columns - len(falls), columns)
    parts: list[tuple[np.ndarray, ...]] = []
    least: list[np.ndarray] = []
    size = 0
    for n, group in enumerate(groups):
        net, used, raised = _shares(group, levels, share_k)
        block = np.c_[np.ones(len(net)), used, -raised]
        at, of = np.nonzero(block)
        parts.append((block[at, of], at + size, of + n * (1 + 2 * k)))
        least.append(-net / moved)
        size += len(net)
    first = np.arange(g) * (1 + 2 * k)
    for i in range(k):  # raised + boiler + let down from others = used + let down to others
        into = np.r_[first + 1 + k + i, boiler[i], down[[j == i for _, j in falls]]]
        out = np.r_[first + 1 + i, down[[j == i for j, _ in falls]]]
        parts.append(
            (
                np.r_[np.ones(len(into)), -np.ones(len(out))],
                np.full(len(into) + len(out), size + i),
                np.r_[into, out],
            )
        )
    data, row, column = (np.concatenate(part) for part in zip(*parts, strict=True))
    matrix = coo_array((data, (row, column)), shape=(size + k, columns)).tocsr()
    low = np.r_[np.concatenate(least), np.zeros(k)]
    high = np.r_[np.full(size, np.inf), np.zeros(k)]
    outside = np.zeros(columns)
    outside[np.r_[first, boiler]] = 1.0
    bounds = (np.zeros(columns), np.full(columns, np.inf))
    x, answer = solve_milp(outside, matrix, low, high, bounds, None, _TIME_S, cancelled)
    # the same heat from the coldest levels, and nothing raised that need not be
    grade = np.zeros(columns)
    grade[first], grade[boiler] = k + 1.0, np.arange(k, 0, -1)
    raised_of = (first[:, None] + 1 + k + np.arange(k)).ravel()
    grade[raised_of] = 1e-3
    tied = coo_array(np.atleast_2d(outside)).tocsr()
    better, _ = solve_milp(
        grade,
        vstack([matrix, tied]),
        np.r_[low, -np.inf],
        np.r_[high, answer.objective + 1e-9],
        bounds,
        None,
        _TIME_S,
        cancelled,
    )
    x = x if better is None else better
    if x is None:  # heat from outside is free of limits: there is always a plan
        raise RuntimeError("site: the linear programme has no answer")
    x = np.where(abs(x) <= ZERO, 0.0, x) * moved
    hot = answer.objective * moved
    signed = sum(float(group.signed_kw.sum()) for group in groups)
    own = x[: g * (1 + 2 * k)].reshape(g, 1 + 2 * k)
    nothing = ZERO * moved
    hot, cold = (0.0 if abs(value) <= nothing else value for value in (hot, hot + signed))
    return Site(hot, cold, own[:, 0], own[:, 1 : 1 + k], own[:, 1 + k :], x[boiler])


def _falls(hotter: Level, colder: Level, share_k: float) -> bool:
    """Whether heat of one level can be let down to another: steam by a valve, else through an exchanger."""
    return hotter.return_c >= colder.supply_c + (0.0 if hotter.latent and colder.latent else 2 * share_k)


def _shares(group: Streams, levels: Sequence[Level], share_k: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At every corner of a group's cascade (m,): net heat above, and the share of each level (m, k) used, raised above it.

    Levels count as streams, so their own ends are corners too.
    """
    supply = np.array([level.supply_c for level in levels])
    back = np.array([level.return_c for level in levels])
    ends = np.unique(np.r_[supply - share_k, back - share_k, supply + share_k, back + share_k])
    marks = len(ends)
    with_ends = Streams(
        np.r_[group.supply_c, ends],
        np.r_[group.target_c, ends],
        np.r_[group.duty_kw, np.zeros(marks)],
        np.r_[group.hot, np.ones(marks, bool)],
        np.r_[group.share_k, np.zeros(marks)],
    )
    shifted, net = above(with_ends)
    after = np.r_[False, shifted[1:] == shifted[:-1]]

    def share(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
        span = top - bottom
        part = np.clip((top - shifted[:, None]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
        whole = (shifted[:, None] < top) | ((shifted[:, None] == top) & after[:, None])
        return np.where(span > 0, part, whole.astype(float))

    return net, share(supply - share_k, back - share_k), share(supply + share_k, back + share_k)
