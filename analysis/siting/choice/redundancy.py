"""Works that can do without any one of their sites: chosen so, and tried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from ...solvers.location import Plan
from ...solvers.milp import solve_milp
from .model import Model


@dataclass(frozen=True)
class Outage:
    """What happens while a site (its place in the plan's list) is out.

    ``served`` is the share of all demand that the others can serve, ``lost`` the rest in the utility's unit, ``firms``
    how many consumers go short; ``reason`` capacity, reach or none.
    """

    site: int
    served: float
    lost: float
    firms: int
    reason: str


def plan(model: Model, solve: Callable[..., tuple[Plan | None, np.ndarray]]) -> tuple[Plan | None, np.ndarray]:
    """The cheapest plan whose sites together hold the demand and the largest of them once more; None where there is none.

    Such a plan has a largest site. For each capacity that it could have, sites no larger are offered and so much is
    asked beyond the demand; the cheapest of these plans is the best, and the least of their bounds holds for all.
    Whether everyone is within reach of a second site shows when sites are taken out (``outages``).
    """
    capacity = model.kept + model.extra
    found: list[tuple[Plan, np.ndarray]] = []
    bounds: list[float] = []
    for largest in np.unique(np.round(capacity[model.regular], 6)):
        offered = model.regular & (capacity <= largest * (1 + 1e-9))
        each = np.zeros(model.sites)
        np.maximum.at(each, model.place[offered], capacity[offered])
        most = np.sort(each)[::-1][: model.most_sites].sum()
        if most < float(model.need.sum()) + largest * (1 - 1e-9):
            continue
        made, options = solve(options=offered, reserve=float(largest), least_sites=2, everyone=True)
        if made is None:
            continue
        bounds.append(made.answer.objective if made.answer.bound is None else made.answer.bound)
        if model.whole(made):
            found.append((made, options))
    if not found:
        return None, np.empty(0, int)
    best, options = min(found, key=lambda pair: pair[0].answer.objective)
    objective, bound = best.answer.objective, min(bounds)
    gap = max(0.0, objective - bound) / max(1.0, abs(objective))
    status = best.answer.status if gap <= (best.answer.gap or 0.0) else "certified"
    return replace(best, answer=replace(best.answer, bound=bound, gap=gap, status=status)), options


def outages(model: Model, capacity: np.ndarray, places: np.ndarray, share: csr_array) -> list[Outage]:
    """Take each site out in turn and let the others serve as much as they can; a firm may then be served by several.

    Parameters
    ----------
    capacity, places
        (k,) capacity and site of each works of the plan.
    share
        (n, k) who is served by which today.
    """
    wanted = np.asarray(share.sum(1)).ravel() > 1e-9
    need = np.where(wanted, model.need, 0.0)
    demand = model.task.demand
    total = float(demand[wanted].sum())
    found = []
    for out in range(len(places)):
        others = np.flatnonzero(np.arange(len(places)) != out)
        reach = model.allowed[:, places[others]] & wanted[:, None]
        held = _most(need, capacity[others], reach)
        lost = np.where(wanted, demand * (1 - held), 0.0)
        short = lost > 1e-6 * np.maximum(demand, 1e-12)
        alone = wanted & ~reach.any(1)
        reason = "none" if not short.any() else "reach" if alone.any() else "capacity"
        served = 1.0 - float(lost.sum()) / total if total else 1.0
        found.append(Outage(out, max(0.0, served), float(lost[short].sum()), int(short.sum()), reason))
    return found


def _most(need: np.ndarray, capacity: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """(n,) share of each need served where as much as possible is, in all; the linear programme of a transport."""
    i, k = np.nonzero(reach)
    if not len(i):
        return np.where(need > 0, 0.0, 1.0)
    pairs = np.arange(len(i))
    once = csr_array(coo_array((np.ones(len(i)), (i, pairs)), shape=(len(need), len(i))))
    room = csr_array(coo_array((need[i], (k, pairs)), shape=(len(capacity), len(i))))
    rows: Any = vstack([once, room]).tocsc()
    low = np.full(len(need) + len(capacity), -np.inf)
    x, _ = solve_milp(
        need[i], rows, low, np.r_[np.ones(len(need)), capacity], (np.zeros(len(i)), np.ones(len(i))), maximise=True
    )
    assert x is not None, "serving nobody is always possible"
    return np.where(need > 0, np.clip(np.bincount(i, weights=x, minlength=len(need)), 0.0, 1.0), 1.0)
