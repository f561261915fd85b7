"""Months and shifts: when a flow runs, what two flows have in common, and rows that keep every period's capacity.

The year has 36 periods: each month in thirds of the day. A profile shares a flow out to months; its shifts fill the
first thirds of the day evenly, so that shifts of two firms lie within each other. What keeps is balanced over the year, what spoils by
month, gas and heat by month and shift (``resources/knowledge/storage.csv``).

A link has one pattern over the periods, that of its greatest flow: in each period the smaller of both sides. So a link
alone can move all that both sides have in common, and several links never draw more than a flow holds in any period. That
links do not change their pattern beside others understates what they can do together, and never overstates it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from parkloop import resources

from ..park.checks.amounts import MONTHS
from ..park.model import Park

THIRDS = 3  # of a day, 8 h each
PERIODS = len(MONTHS) * THIRDS
DIGITS = 12  # to which two periods are told apart
LEAST = 1e-6  # share of a period below which it counts as this, which keeps rows finite


def shares(park: Park, profile_ids: pd.Series, kind: str) -> pd.Series:
    """Share of a year's total in each period for each profile id: (36,) month by month; of a kind balanced by month (12,).

    Even where no profile is named, where the park does not have it (``check.dangling``) or where its months are all nothing
    (``check.months_sum``).
    """
    profiles = park["profiles"]
    months = np.maximum(np.nan_to_num(profiles[MONTHS].to_numpy(float)), 0.0)
    total = months.sum(axis=1, keepdims=True)
    months = np.where(total > 0, months / np.where(total > 0, total, 1.0), 1 / len(MONTHS))
    # three shifts fill the day; a fourth crew adds no hours
    filled = np.clip(profiles["shifts"].fillna(THIRDS).to_numpy(int), 1, THIRDS)
    day = (np.arange(THIRDS) < filled[:, None]) / filled[:, None]
    each = (months[:, :, None] * day[:, None, :]).reshape(-1, PERIODS)
    rule = "shift" if kind == "material" else _storage()[kind, ""]  # materials each have their own
    each = {"year": np.ones((len(months), 1)), "month": months, "shift": each}[rule]
    even = np.full(each.shape[1], 1 / each.shape[1])
    known = dict(zip(profiles["profile_id"], each, strict=True))
    return pd.Series([known.get(name, even) for name in profile_ids], index=profile_ids.index, dtype=object)


def matrix(table: pd.DataFrame) -> np.ndarray:
    """(n, periods) of a table's column ``share``."""
    if table.empty:
        return np.zeros((0, PERIODS))
    return np.array(list(table["share"]), dtype=float)


@cache
def _storage() -> dict[tuple[str, str], str]:
    rows = resources.table("knowledge", "storage.csv")
    return {(row["kind"], row["name"]): row["balanced"] for row in rows}


def balanced(names: pd.Series, families: pd.Series) -> np.ndarray:
    """Over what a material is balanced: ``year``, ``month`` or ``shift``; by its name, else by its family."""
    rule = _storage()
    found = [
        rule.get(("material", name), rule.get(("material", family), rule["material", ""]))
        for name, family in zip(names, families, strict=True)
    ]
    return np.array(found, dtype=object)


@dataclass(frozen=True)
class Sides:
    """Two flows of each pair and what they have a year.

    Parameters
    ----------
    share
        (flows, periods) of each flow.
    one, two
        (n,) giver and taker of each pair.
    first, second
        (n,) what they have a year, in one unit.
    rule
        (n,) ``year``, ``month`` or ``shift`` of each pair, where ``share`` has 36 periods; without it every period must match.
    """

    share: np.ndarray
    one: np.ndarray
    two: np.ndarray
    first: np.ndarray
    second: np.ndarray
    rule: np.ndarray | None = None


def _uneven(sides: Sides) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs whose sides run at different times and cannot wait, with the shares by the periods that must match."""
    kinds = np.unique(sides.share, axis=0, return_inverse=True)[1].ravel()
    differ = kinds[sides.one] != kinds[sides.two]
    if sides.rule is None:
        return [(np.flatnonzero(differ), sides.share)]
    by_month = sides.share.reshape(-1, len(MONTHS), THIRDS).sum(axis=2)
    return [
        (np.flatnonzero(differ & (sides.rule == name)), table)
        for name, table in (("month", by_month), ("shift", sides.share))
    ]


def common(sides: Sides) -> np.ndarray:
    """(n,) what both sides of each pair have in common a year: over the periods the sum of the smaller side."""
    most = np.minimum(sides.first, sides.second)
    for pairs, table in _uneven(sides):
        one, two = sides.one[pairs], sides.two[pairs]
        a, b = sides.first[pairs], np.nan_to_num(sides.second[pairs])  # finite: no share of infinity is nothing
        most[pairs] = sum(
            (np.minimum(a * table[one, p], b * table[two, p]) for p in range(table.shape[1])), np.zeros(len(pairs))
        )
    return most


def overlap_pct(most: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(n,) share of the smaller side that falls in common periods; 100 of nothing."""
    smaller = np.minimum(first, second)
    return 100 * np.minimum(np.divide(most, smaller, out=np.ones(len(most)), where=smaller > 0), 1.0)


@dataclass(frozen=True)
class Loads:
    """How heavily a unit of each link weighs on its giver and its taker in each period.

    A link with the pattern p over the periods weighs p over the flow's own share: 1 where it runs as the flow does, and in
    every period where stock lies between.

    Parameters
    ----------
    weight
        (k, periods) weights that occur; the last row is 1.
    giver, taker
        (n,) row of each link on either side, -1 for the last.
    """

    weight: np.ndarray
    giver: np.ndarray
    taker: np.ndarray

    def most(self, give: np.ndarray, take: np.ndarray) -> np.ndarray:
        """(n,) greatest flow of each link alone between sides that hold ``give`` and ``take`` (n,)."""
        peak = self.weight.max(axis=1)
        return np.minimum(give / peak[self.giver], take / peak[self.taker])


def loads(sides: Sides) -> Loads:
    """The loads of each pair's link, which has the pattern of its greatest flow."""
    periods = sides.share.shape[1]
    weights: list[np.ndarray] = []
    numbers = np.full((2, len(sides.one)), -1)
    for pairs, table in _uneven(sides):
        left, right = table[sides.one[pairs]], table[sides.two[pairs]]
        both = np.minimum(sides.first[pairs, None] * left, np.nan_to_num(sides.second[pairs, None]) * right)
        total = both.sum(axis=1)
        pattern = np.divide(both, total[:, None], out=np.zeros_like(both), where=total[:, None] > 0)
        for number, own in zip(numbers, (left, right), strict=True):
            number[pairs] = np.where(total > 0, sum(map(len, weights)) + np.arange(len(pairs)), -1)
            weight = np.divide(pattern, own, out=np.zeros_like(pattern), where=own > 0)
            weights.append(np.repeat(weight, periods // table.shape[1], axis=1))
    return Loads(np.concatenate([*weights, np.ones((1, periods))]), numbers[0], numbers[1])


def capacity(
    place: np.ndarray,
    column: np.ndarray,
    size: np.ndarray,
    weight: np.ndarray,
    number: np.ndarray,
    shape: tuple[int, int],
) -> tuple[csr_array, np.ndarray]:
    """Rows ``sum of size x weight x flow <= limit`` for each place, and the place (m,) of each row.

    One row where every link runs as the place does, else one for each period that could bind: of equal periods
    one, and none in which every link weighs at most as much as in another.

    Parameters
    ----------
    place, column, size
        (e,) place (a flow, say), column and entry of each link.
    weight, number
        (k, periods) weights as in ``Loads``, and (e,) which of them each entry has.
    shape
        Places and columns.
    """
    odd = (np.abs(weight - 1) > 10.0**-DIGITS).any(axis=1)
    uneven = np.zeros(shape[0], bool)
    uneven[place[odd[number]]] = True
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(shape[0] + 1))
    count = np.ones(shape[0], int)
    binding = {}
    for one in np.flatnonzero(uneven).tolist():
        inside = order[starts[one] : starts[one + 1]]
        binding[one] = inside, _binding((size[inside, None] * weight[number[inside]]).T)
        count[one] = len(binding[one][1])
    first = np.cumsum(count) - count
    plain = ~uneven[place]
    data, row, where = [size[plain]], [first[place[plain]]], [column[plain]]
    for one, (inside, entries) in binding.items():
        data.append(entries.ravel())
        row.append(np.repeat(first[one] + np.arange(len(entries)), len(inside)))
        where.append(np.tile(column[inside], len(entries)))
    every = (np.concatenate(data), (np.concatenate(row), np.concatenate(where)))
    rows = csr_array(coo_array(every, shape=(int(count.sum()), shape[1])))
    rows.eliminate_zeros()
    return rows, np.repeat(np.arange(shape[0]), count)


def _binding(periods: np.ndarray) -> np.ndarray:
    """The rows (periods, k) that no other one makes needless."""
    each = np.unique(np.round(periods, DIGITS), axis=0)
    below = np.asarray((each[:, None, :] <= each[None, :, :]).all(axis=2))
    np.fill_diagonal(below, False)
    return np.asarray(each[~below.any(axis=1)])


def common_hours(streams: pd.DataFrame) -> float:
    """Hours a year that all of one or more streams run."""
    return float((streams[["hours_a"]].to_numpy(float) * matrix(streams)).min(axis=0).sum())
