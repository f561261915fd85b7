"""Exchanges of today that the planner releases: each stays where the plan is best with it, else it ends.

Their investment is sunk, so they compete at what they bring without it. One optimisation decides what stays of them: to
the links that could be built comes a column for each released exchange, from nothing to all of it, which takes its share
of the capacities that ``existing`` would reserve. What ends is told with what the plan gains by that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from ..errors import Finding
from ..solvers.fixed_charge import Problem
from ..steps import Progress
from . import existing, heat, material, rows, water

if TYPE_CHECKING:
    from . import Case

Reserve = Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, list[dict], list[Finding]]]


SMALL = 1e-6  # share of an exchange that counts as nothing
PART = "-part"  # behind the id of the part of an exchange that ends where the rest of it stays


@dataclass(frozen=True)
class Way:
    """How a kind is reserved, told and planned.

    Parameters
    ----------
    kind
        ``material``, ``heat`` or ``water``.
    reserve
        Takes exchanges off a table of flows: the table left, what each joins, findings.
    told
        Rows of ``links`` for joined exchanges and a table.
    problem_of
        From a table: the problem over its candidates, as a function of what a table of the same flows has left.
    """

    kind: str
    reserve: Reserve
    told: Callable[[list[dict], pd.DataFrame], list[dict[str, Any]]]
    problem_of: Callable[[pd.DataFrame], Callable[[pd.DataFrame], Problem]]


def way(case: Case, kind: str) -> Way:
    """How one kind is reserved, told and planned."""
    choices, costs = case.choices, case.costs
    if kind == "material":
        return Way(
            kind,
            existing.reserve_materials,
            lambda joined, table: rows.of_existing(
                joined, table, "flow_id", material.candidates(table, case.places, costs, choices), case
            ),
            lambda table: partial(
                material.problem,
                chosen=material.select(material.candidates(table, case.places, costs, choices)),
                choices=choices,
            ),
        )

    def told(joined: list[dict], table: pd.DataFrame) -> list[dict[str, Any]]:
        return rows.of_existing(joined, table, "stream_id", None, case)

    if kind == "heat":
        price = case.relief["price_cur_gj"]
        return Way(
            kind,
            existing.reserve_heat,
            told,
            lambda table: partial(
                heat.problem, matches=heat.candidates(table, case.places, costs, choices, price), choices=choices
            ),
        )
    return Way(
        kind,
        partial(existing.reserve_water, days_a=costs.value("days")),
        told,
        lambda table: partial(
            water.problem,
            chosen=water.select(water.candidates(table, case.places, costs, choices)),
            costs=costs,
            choices=choices,
        ),
    )


def settle(
    case: Case, table: pd.DataFrame, kind: str, progress: Progress
) -> tuple[pd.DataFrame, list[dict], list[dict[str, Any]], list[Finding]]:
    """The flows left to new links, what kept exchanges join, a row of ``links`` for each one or part of one ended, findings.

    Parameters
    ----------
    table
        Flows with what exchanges that must stay use taken off. Where no new links of the kind are looked for, all released
        ones stay.

    Raises
    ------
    Cancelled
    """
    every = case.released[case.released["kind"] == kind].reset_index(drop=True)
    if every.empty:
        return table, [], [], []
    mine, matched = way(case, kind), bool(getattr(case.choices, kind))
    worth, findings = [], []
    names = [str(name) for name in every["exchange_id"]]
    for k, name in enumerate(names):
        joined = mine.reserve(every.iloc[[k]], table)[1]
        worth.append(mine.told(joined, table)[0]["benefit_cur_a"])
        if matched and np.isnan(worth[-1]):
            findings.append(Finding("links.release_unpriced", "warning", "exchanges", name))
    value = np.array(worth, float)
    fixed = np.isnan(value) | (not matched)
    base = mine.reserve(every[fixed], table)[0]
    share, gain = fixed.astype(float), np.full(len(every), np.nan)
    open_ = np.flatnonzero(~fixed)
    if len(open_):
        problem = mine.problem_of(base)
        share[open_] = _chosen(case, every.iloc[open_], value[open_], base, mine, problem, progress)
        share, gain = _gain(case, every, value, share, table, mine, progress)
    left, joined, more = mine.reserve(_kept(every, share), table)
    ended = []
    for k in [*np.flatnonzero((share > 0) & (share < 1)).tolist(), *np.flatnonzero(share == 0).tolist()]:
        gone = _kept(every.iloc[[k]], 1 - share[[k]])
        row = mine.told(mine.reserve(gone, table)[1], table)[0]
        reason = "not_worth" if value[k] <= 0 else "better_use"
        row |= {"status": "ended", "ended_reason": reason, "ended_gain_cur_a": float(gain[k])}
        key, values = f"links.ended_{reason}", {"gain": float(gain[k]), "currency": case.park.currency}
        if share[k] > 0:
            row["link_id"] += PART
            key, values = "links.released_in_part", {"share": 100 * float(share[k])}
        ended.append(row)
        findings.append(Finding(key, "info", "exchanges", names[k], "", values))
    return left, joined, ended, findings + more


def _chosen(
    case: Case,
    released: pd.DataFrame,
    worth: np.ndarray,
    table: pd.DataFrame,
    mine: Way,
    problem: Callable[[pd.DataFrame], Problem],
    progress: Progress,
) -> np.ndarray:
    """(k,) share of each exchange that the best plan keeps."""
    tables = [table]
    for k in range(len(released)):
        tables.append(mine.reserve(released.iloc[[k]], tables[-1])[0])
    plain = problem(table)
    limits = np.array([problem(one).limit for one in tables])
    taken = np.maximum(limits[:-1] - limits[1:], 0.0)
    n, links, k = len(plain.gain), len(plain.fixed), len(released)
    wider = replace(
        plain,
        gain=np.r_[plain.gain, worth],
        upper=np.r_[plain.upper, np.ones(k)],
        link=np.r_[plain.link, links + np.arange(k)],
        fixed=np.r_[plain.fixed, np.zeros(k)],
        lot=np.r_[plain.lot, np.zeros(k)],
        most=np.r_[plain.most, np.ones(k)],
        rows=csr_array(hstack([plain.rows, csr_array(taken.T)])),
    )
    share = case.solve(wider, f"links.{mine.kind}", progress)[0][n:]
    return np.where(share < SMALL, 0.0, np.where(share > 1 - SMALL, 1.0, share))


def _kept(released: pd.DataFrame, share: np.ndarray) -> pd.DataFrame:
    """Exchanges with the amount that stays, without those that end."""
    return released.assign(amount=released["amount"] * share)[share > 0].reset_index(drop=True)


def _gain(
    case: Case,
    released: pd.DataFrame,
    worth: np.ndarray,
    share: np.ndarray,
    table: pd.DataFrame,
    mine: Way,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray]:
    """The share of each exchange that stays, and how much more a year the plan brings than with all of it.

    One of which a part would end for no gain stays whole; NaN for those.
    """

    def objective(kept: np.ndarray) -> float:
        left = mine.reserve(_kept(released, kept), table)[0]
        found = case.solve(mine.problem_of(left)(left), f"links.{mine.kind}", progress)[1].objective
        return found + float((np.nan_to_num(worth) * kept).sum())

    share = share.copy()
    while True:
        gain = np.full(len(released), np.nan)
        if (share == 1).all():
            return share, gain
        best = objective(share)
        for k in np.flatnonzero(share < 1):
            whole = share.copy()
            whole[k] = 1.0
            gain[k] = best - objective(whole)
        # less than the gap of two searches is no gain
        least = int(np.nanargmin(gain))
        if gain[least] > 2 * case.choices.gap * max(abs(best), 1.0):
            return share, gain
        share[least] = 1.0


def replacements(entries: list[dict[str, Any]]) -> None:
    """Name in each ended row the proposed links that use its flows."""
    new = [row for row in entries if row.get("status") == "proposed"]
    for row in entries:
        if row.get("status") == "ended":
            flows = set(f"{row['from_flow_id']};{row['to_flow_id']}".split(";")) - {""}
            users = [
                one["link_id"]
                for one in new
                if one["kind"] == row["kind"] and not flows.isdisjoint((one["from_flow_id"], one["to_flow_id"]))
            ]
            row["replaced_by"] = ";".join(sorted(users))
