"""Plans from sets of open sites, and local search over such sets: open, close, swap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_array

from ..errors import Cancelled
from ..steps import Answer
from .location_model import Plan, Problem

MOVES = 600  # neighbours looked at in one search; a limit that is the same on every machine


class Search:
    """Builds and improves plans of one problem; consumers and sites are taken in a fixed order."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        m = problem.cost.shape[1]
        self.options = [np.flatnonzero(problem.option_site == site) for site in range(m)]
        # sizes of a site in order of cost: the first that is large enough is the cheapest
        self.options = [o[np.lexsort((o, problem.option_cost[o]))] for o in self.options]
        self.largest = np.array([problem.option_capacity[o].max() if len(o) else -1.0 for o in self.options])
        self.usable = self.largest > 0

    def start(self) -> Plan | None:
        """A first plan: the forced sites, and sites added while each lowers the cost most."""
        problem = self.problem
        opened = [int(s) for s in np.flatnonzero(problem.forced)]
        best = self.plan(opened)
        most = problem.most_sites if problem.most_sites is not None else len(self.options)
        while len(opened) < most:
            # a quick measure: what the best price now paid by each consumer would fall by, less the fixed cost
            pay = self._pay(opened)
            cost = np.where(np.isfinite(problem.cost), problem.cost, np.inf)
            saved = np.maximum(np.where(np.isfinite(pay), pay, 1e12)[:, None] - cost, 0.0)
            load = np.where(saved > 0, problem.demand[:, None], 0.0).sum(0)
            fill = np.minimum(1.0, np.divide(self.largest, load, out=np.ones_like(load), where=load > 0))
            rate = saved.sum(0) * fill - np.array([self._fixed(s, load[s]) for s in range(len(self.options))])
            rate[opened] = -np.inf
            rate[~self.usable] = -np.inf
            found = None
            for site in np.argsort(-rate, kind="stable")[:5]:
                if not np.isfinite(rate[site]):
                    continue
                plan = self.plan([*opened, int(site)])
                if plan is not None and (best is None or plan.answer.objective < best.answer.objective - 1e-9):
                    best, found = plan, int(site)
            if found is None:
                if best is None and np.isfinite(rate.max()):
                    found = int(np.argmax(rate))
                else:
                    break
            opened.append(found)
        return best

    def improve(self, plan: Plan | None, alive: np.ndarray, cancelled: Callable[[], bool]) -> Plan | None:
        """The best plan found from ``plan`` by opening, closing and swapping sites that have an option alive."""
        if plan is None:
            return None
        problem = self.problem
        able = np.zeros(len(self.options), bool)
        able[problem.option_site[alive]] = True
        able &= self.usable
        moves, better = 0, True
        while better and moves < MOVES:
            better = False
            now = [int(s) for s in np.flatnonzero(plan.option >= 0)]
            closed = [int(s) for s in np.flatnonzero(able & (plan.option < 0))]
            loose = [s for s in now if not problem.forced[s]]
            kept = {s: [t for t in now if t != s] for s in loose}
            trials: list[list[int]] = [kept[s] for s in loose]
            if problem.most_sites is None or len(now) < problem.most_sites:
                trials += [[*now, s] for s in closed]
            trials += [[*kept[s], t] for s in loose for t in closed]
            best = plan
            for trial in trials:
                moves += 1
                if moves % 64 == 0 and cancelled():
                    raise Cancelled()
                if moves >= MOVES:
                    break
                if self._floor(trial) >= best.answer.objective - 1e-9:
                    continue
                other = self.plan(trial)
                if other is not None and other.answer.objective < best.answer.objective - 1e-9 * max(
                    1.0, abs(best.answer.objective)
                ):
                    best = other
            if best is not plan:
                plan, better = best, True
        return plan

    def resize(self, plan: Plan, cancelled: Callable[[], bool]) -> Plan:
        """``plan`` with sites held to smaller sizes, one at a time, as long as that lowers the cost."""
        problem = self.problem
        better = True
        while better:
            better = False
            now = np.flatnonzero(plan.option >= 0)
            best = plan
            for site in now:
                if cancelled():
                    raise Cancelled()
                mine = self.options[site]
                size = problem.option_capacity[plan.option[site]]
                smaller = problem.option_capacity[mine][problem.option_capacity[mine] < size * (1 - 1e-9)]
                if not len(smaller):
                    continue
                room = {int(s): float(problem.option_capacity[plan.option[s]]) for s in now}
                held = {**room, int(site): float(smaller.max())}
                for limits in ({int(site): held[int(site)]}, held):
                    other = self.plan(now.tolist(), limits)
                    if other is not None and other.answer.objective < best.answer.objective * (1 - 1e-9) - 1e-9:
                        best = other
            if best is not plan:
                plan, better = best, True
        return plan

    def plan(self, opened: Sequence[int], limits: dict[int, float] | None = None) -> Plan | None:
        """The plan with these sites open, each as small as its load allows; None where someone stays unserved who may not.

        ``limits`` holds sites to less than their largest size.
        """
        problem = self.problem
        n, m = problem.cost.shape
        sites = np.array(sorted({int(s) for s in opened if len(self.options[s])}), int)
        if not set(np.flatnonzero(problem.forced)) <= set(sites.tolist()):
            return None
        share, unserved = self._assign(sites, limits or {})
        if share is None:
            return None
        load = problem.demand @ share
        option = np.full(m, -1)
        for k, site in enumerate(sites):
            if load[k] <= 1e-9 and not problem.forced[site]:
                continue
            fits = self.options[site][problem.option_capacity[self.options[site]] >= load[k] * (1 - 1e-9)]
            option[site] = fits[0]
        total = float(problem.option_cost[option[option >= 0]].sum())
        i, place = np.nonzero(share > 1e-12)
        total += float((problem.cost[i, sites[place]] * share[i, place]).sum())
        lost = unserved > 1e-12
        total += float((problem.unserved_cost[lost] * unserved[lost]).sum())
        matrix = csr_array((share[i, place], (i, sites[place])), shape=(n, m))
        return Plan(option, matrix, unserved, Answer("", total, None, None, "heuristic", 0.0))

    def _assign(self, sites: np.ndarray, limits: dict[int, float]) -> tuple[np.ndarray | None, np.ndarray]:
        """Shares (n, len(sites)) by cost: everyone to his cheapest, then by regret where sites are full."""
        problem = self.problem
        n = len(problem.demand)
        cost = np.c_[problem.cost[:, sites], problem.unserved_cost]
        room = np.r_[[limits.get(int(s), self.largest[s]) for s in sites], np.inf]
        if problem.single_source:
            cost = np.where(problem.demand[:, None] <= room * (1 + 1e-9), cost, np.inf)
        first = cost.argmin(1)
        if not np.isfinite(cost[np.arange(n), first]).all():
            return None, np.empty(0)
        share = np.zeros(cost.shape)
        share[np.arange(n), first] = 1.0
        if (problem.demand @ share > room * (1 + 1e-9)).any():
            filled = self._by_regret(cost, room)
            if filled is None:
                return None, np.empty(0)
            share = filled
        return share[:, :-1], share[:, -1].copy()

    def _by_regret(self, cost: np.ndarray, room: np.ndarray) -> np.ndarray | None:
        """Shares where sites are full: those who would lose most by their second choice choose first."""
        demand, left = self.problem.demand, room.tolist()
        two = np.partition(cost, 1, axis=1)[:, :2] if cost.shape[1] > 1 else np.c_[cost, np.full(len(cost), np.inf)]
        regret = (np.where(np.isfinite(two[:, 1]), two[:, 1], 1e15) - two[:, 0]) / demand
        wishes = np.argsort(cost, axis=1, kind="stable").tolist()
        share = np.zeros(cost.shape)
        for i in np.argsort(-regret, kind="stable").tolist():
            size, need = float(demand[i]), 1.0
            for site in wishes[i]:
                if not np.isfinite(cost[i, site]):
                    break
                if size * need <= left[site] * (1 + 1e-12):
                    share[i, site] += need
                    left[site] -= size * need
                    need = 0.0
                    break
                if not self.problem.single_source and left[site] > 0:
                    share[i, site] += left[site] / size
                    need -= left[site] / size
                    left[site] = 0.0
            if need > 1e-12:
                return None
        return share

    def _pay(self, opened: Sequence[int]) -> np.ndarray:
        cost = np.c_[self.problem.cost[:, list(opened)], self.problem.unserved_cost]
        return cost.min(1)

    def _fixed(self, site: int, load: float) -> float:
        options = self.options[site]
        if not len(options):
            return np.inf
        fits = options[self.problem.option_capacity[options] >= load]
        return float(self.problem.option_cost[fits[0] if len(fits) else options[-1]])

    def _floor(self, opened: Sequence[int]) -> float:
        """A lower bound of ``plan(opened)`` that is quick: everyone at his cheapest, no capacities."""
        least = sum(float(self.problem.option_cost[self.options[s][0]]) for s in opened if self.problem.forced[s])
        return float(self._pay(opened).sum()) + least
