"""What the park loses where one firm leaves: its links are closed and the rest is planned anew.

The loss is the net benefit of the plan less that of the best plan without the firm. Dropping the firm's links is
always possible, so it is never more than what they bring, and never less than nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...solvers.fixed_charge import Problem, solve, value
from ..loops import restrict

GAP = 1e-3  # of a plan without a firm: its loss is told to a thousandth of what its partners' links bring
WHOLE = (
    100  # columns up to which all that hangs together is planned anew; of more only what comes free by the leaving
)


@dataclass(frozen=True)
class Plan:
    """A problem, its solution (n,) and the firms (n, 2) of each column, -1 for auxiliary columns, twice the same for its own.

    ``part`` (n,) numbers what hangs together by capacities and links, ``cascade`` (n,) what auxiliary columns tie together
    (-1 for columns that none does): the heat of a hot stream is planned anew as a whole or not at all.
    """

    problem: Problem
    x: np.ndarray
    ends: np.ndarray
    part: np.ndarray
    cascade: np.ndarray


def plan(problem: Problem, x: np.ndarray, ends: np.ndarray) -> Plan:
    """A plan with its parts and cascades."""
    n, m = len(problem.gain), len(problem.limit)
    row, column = problem.rows.tocoo().coords
    tied = np.flatnonzero(problem.link >= 0)
    part = _connected(n, np.r_[column, tied], np.r_[row, m + problem.link[tied]])
    helped = np.zeros(m, bool)
    helped[row[(problem.link < 0)[column]]] = True
    inside = helped[row]
    cascade = _connected(n, column[inside], row[inside])
    lone = np.ones(n, bool)
    lone[column[inside]] = False
    return Plan(problem, x, ends, part, np.where(lone, -1, cascade))


def loss_without(
    plan: Plan, firm: int, gap: float, time_limit_s: float, cancelled: Callable[[], bool]
) -> tuple[float, bool]:
    """Net benefit a year lost without a firm, and whether everything that hangs together was planned anew.

    Where it was not, only what the capacities that come free can serve was, and the loss is an upper bound.

    Raises
    ------
    Cancelled
    """
    problem, x = plan.problem, plan.x
    closed = (plan.ends == firm).any(axis=1)
    own = closed & (plan.ends[:, 0] == plan.ends[:, 1])  # rain, reclaimed water, its own water used again: no links
    x = np.where(own, 0.0, x)
    used = closed & (x > 0)
    if not used.any():
        return 0.0, True
    kept = np.where(closed, 0.0, x)
    most = max(value(problem, x) - value(problem, kept), 0.0)
    free = ~closed & (problem.link >= 0) & np.isin(plan.part, plan.part[used])
    whole = int(free.sum()) <= WHOLE
    if not whole:
        relieved = np.asarray(abs(problem.rows) @ used.astype(float)).ravel() > 0
        near = np.asarray(abs(problem.rows).T @ relieved.astype(float)).ravel() > 0
        near |= (plan.cascade >= 0) & np.isin(plan.cascade, plan.cascade[used])
        near &= free
        free = near | (free & (x > 0) & (plan.cascade >= 0) & np.isin(plan.cascade, plan.cascade[near]))
    links = np.unique(problem.link[free])
    if not len(links):
        return most, whole
    fixed = np.where(np.isin(problem.link, links) | (problem.link < 0), 0.0, kept)
    # what the others use is gone; rows with auxiliary columns are planned anew as a whole or not at all
    left = replace(problem, limit=np.maximum(problem.limit - problem.rows @ fixed, 0.0))
    part, columns = restrict(left, links)
    if not whole:  # links that stand stay: only for new ones is it decided whether they are built
        new = np.bincount(part.link[part.link >= 0], x[columns][part.link >= 0], len(part.fixed)) <= 0
        part = replace(part, fixed=np.where(new, part.fixed, 0.0), lot=np.where(new, part.lot, 0.0))
    found, _ = solve(part, "links.loss", "", max(gap, GAP), time_limit_s, cancelled)
    better = value(part, found) - value(part, x[columns])
    return float(np.clip(most - better, 0.0, most)), whole


def _connected(n: int, column: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) connected part of each column by what it shares with others."""
    size = n + int(other.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(column)), (column, n + other)), shape=(size, size))
    return connected_components(graph, directed=False)[1][:n]


def firm_losses(
    links: pd.DataFrame,
    plans: list[Plan],
    index: pd.Index,
    resolved: int,
    gap: float,
    time_limit_s: float,
    cancelled: Callable[[], bool],
) -> list[dict[str, Any]]:
    """Rows of ``firm_loss``: a firm in at least one link each.

    Parameters
    ----------
    index
        enterprise_id by number of the firm, as in the plans.
    resolved
        Firms whose loss is planned anew, those with the greatest benefit; of the others it is bounded by the benefit.

    A link of today counts as lost whole, as what its partner could do instead is not in the plan; one that brings less than
    nothing counts as nothing.

    Raises
    ------
    Cancelled
    """
    if links.empty:
        return []
    sides = _sides(links)
    total = float(links["benefit_cur_a"].clip(lower=0).sum())
    groups = {str(name): rows for name, rows in sides.groupby("enterprise_id", sort=True)}
    benefit = {name: float(rows["benefit"].sum()) for name, rows in groups.items()}
    order = sorted(groups, key=lambda name: (-round(benefit[name], 6), name))
    out = []
    for place, name in enumerate(order):
        rows = groups[name]
        old = float(rows["benefit"][rows["status"] == "existing"].sum())
        lost, basis = benefit[name], "sum"
        if place < resolved:
            firm = int(index.get_indexer(pd.Index([name]))[0])
            answers = [loss_without(plan, firm, gap, time_limit_s, cancelled) for plan in plans]
            lost = min(old + sum(answer[0] for answer in answers), benefit[name])
            basis = "whole" if all(answer[1] for answer in answers) else "partners"
        by_partner = rows.groupby("partner", sort=True)["benefit"].sum()
        hit = str(by_partner.index[int(np.argmax(by_partner.to_numpy()))])
        out.append(
            {
                "enterprise_id": name,
                "links": len(rows),
                "partners": len(by_partner),
                "benefit_cur_a": benefit[name],
                "loss_cur_a": lost,
                "loss_share_pct": 100.0 * lost / total if total > 0 else np.nan,
                "basis": basis,
                "quantity_t_a": float(rows["quantity_t_a"].sum()),
                "heat_kw": float(rows["heat_kw"].sum()),
                "flow_t_d": float(rows["flow_t_d"].sum()),
                "hit_enterprise_id": hit,
                "hit_benefit_cur_a": float(by_partner.max()),
                "estimated": "benefit_cur_a;loss_cur_a" if rows["guess"].any() else "",
            }
        )
    return out


def _sides(links: pd.DataFrame) -> pd.DataFrame:
    """Each link twice, once seen from either firm; benefit not below nothing."""
    base = pd.DataFrame(links[["status", "quantity_t_a", "heat_kw", "flow_t_d"]]).assign(
        benefit=links["benefit_cur_a"].clip(lower=0).fillna(0.0), guess=links["estimated"] != ""
    )
    one, two = links["from_enterprise_id"], links["to_enterprise_id"]
    return pd.concat(
        [base.assign(enterprise_id=one, partner=two), base.assign(enterprise_id=two, partner=one)],
        ignore_index=True,
    )
