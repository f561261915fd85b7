"""Plans from options to open: assignment, then every site as small as its load allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .assign import descend, transport
from .core import SLACK
from .model import Problem

HELD = 1e-6  # relative load beyond a capacity that HiGHS may leave


@dataclass(frozen=True)
class Draft:
    """A feasible plan on its way.

    ``option`` (m,) of the problem, -1 for none; ``share`` (n, m + 1), the last column unserved.
    """

    option: np.ndarray
    served: np.ndarray
    share: np.ndarray | None
    total: float


class Drafts:
    """Makes drafts of one problem."""

    def __init__(self, problem: Problem) -> None:
        n, m = problem.cost.shape
        self.problem = problem
        self.cost = np.c_[problem.cost, problem.unserved_cost]
        self.everyone = np.arange(n)
        number = np.lexsort((-problem.option_capacity, problem.option_cost, problem.option_site))
        self.sizes: list[np.ndarray] = [np.empty(0, int)] * m
        site = problem.option_site[number]
        first = np.searchsorted(site, np.arange(m + 1))
        for j in range(m):
            if not problem.barred[j]:
                self.sizes[j] = number[first[j] : first[j + 1]]

    def draft(
        self, options: np.ndarray, guide: np.ndarray | None = None, served: np.ndarray | None = None
    ) -> Draft | None:
        """The plan with these options open; None where none is found.

        Parameters
        ----------
        options
            Options of the problem, one a site.
        guide
            (m,) price of a unit of capacity of each site, by which a first assignment is made.
        served
            (n,) an assignment to begin with instead, by site; m for none.
        """
        problem = self.problem
        n, m = problem.cost.shape
        if not len(options) and not np.isfinite(problem.unserved_cost).all():
            return None
        sites = problem.option_site[options]
        columns = np.r_[sites, m]
        room = np.r_[problem.option_capacity[options], np.inf]
        cost = self.cost[:, columns]
        if not problem.single_source:
            share = transport(cost, problem.demand, room)
            if share is None:
                return None
            wide = np.zeros((n, m + 1))
            wide[:, columns] = share
            return self.finish(wide.argmax(1), wide, sites)
        cost = np.where(problem.demand[:, None] <= room * (1 + SLACK), cost, np.inf)
        if not np.isfinite(cost.min(1)).all():
            return None
        charged = cost if guide is None else cost + problem.demand[:, None] * np.r_[guide[sites], 0.0]
        start = charged.argmin(1)
        if served is not None:
            place = np.full(m + 1, -1)
            place[columns] = np.arange(len(columns))
            given = place[served]
            good = (given >= 0) & np.isfinite(cost[self.everyone, given])
            start = np.where(good, given, start)
        found, excess = descend(cost, problem.demand, room, start)
        if excess > 0:
            return None
        return self.finish(columns[found], None, sites)

    def finish(self, served: np.ndarray, share: np.ndarray | None, keep: np.ndarray) -> Draft | None:
        """The draft of an assignment: the cheapest size of each site that holds its load; ``keep`` are sites that may be kept empty."""
        problem = self.problem
        m = problem.cost.shape[1]
        load = (
            np.bincount(served, weights=problem.demand, minlength=m + 1)[:m]
            if share is None
            else problem.demand @ share[:, :m]
        )
        option = np.full(m, -1)
        used = (load > 1e-9) | problem.forced
        empty = [j for j in keep.tolist() if not used[j]]
        lacking = max(0, (problem.least_sites or 0) - int(used.sum()))
        # too few sites: the cheapest of the empty ones stay open
        empty.sort(key=lambda j: (problem.option_cost[self.sizes[j][0]], j))
        used[empty[:lacking]] = True
        dearer = [j for j in empty[lacking:] if problem.option_cost[self.sizes[j][0]] < 0]
        used[dearer] = True
        for j in np.flatnonzero(used).tolist():
            fits = self.sizes[j][problem.option_capacity[self.sizes[j]] >= load[j] * (1 - HELD)]
            if not len(fits):
                return None
            option[j] = fits[0]
        if problem.least_capacity > 0 and not self._enlarge(option, keep):
            return None
        used = option >= 0
        count = int(used.sum())
        if count < (problem.least_sites or 0) or (problem.most_sites is not None and count > problem.most_sites):
            return None
        total = float(problem.option_cost[option[used]].sum())
        if share is None:
            total += float(self.cost[self.everyone, served].sum())
        else:
            total += float(np.where(share > 0, self.cost, 0.0).ravel() @ share.ravel())
        return Draft(option, served, share, total)

    def _enlarge(self, option: np.ndarray, keep: np.ndarray) -> bool:
        """Larger sizes at the cheapest rate until all capacity together is what it must be; whether that is reached."""
        problem = self.problem
        room = np.r_[problem.option_capacity, 0.0]
        cost = np.r_[problem.option_cost, 0.0]
        sites = np.union1d(keep, np.flatnonzero(option >= 0))
        lacking = problem.least_capacity * (1 - SLACK) - float(room[option].sum())
        while lacking > 0:
            steps = [
                (int(j), int(o)) for j in sites for o in self.sizes[j] if room[o] > room[option[j]] * (1 + SLACK)
            ]
            if not steps:
                return False
            site = np.array([j for j, _ in steps])
            next_ = np.array([o for _, o in steps])
            more, dearer = room[next_] - room[option[site]], cost[next_] - cost[option[site]]
            enough = more >= lacking
            rate = dearer / np.minimum(more, lacking)
            k = int(np.argmin(np.where(enough, dearer, np.inf))) if enough.any() else int(np.argmin(rate))
            option[site[k]] = next_[k]
            lacking -= float(more[k])
        return True
