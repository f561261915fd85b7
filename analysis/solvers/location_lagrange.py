"""Lagrangian relaxation of capacitated location: a bound, a good plan, and which options can still matter.

The condition that a consumer is served once is priced with a multiplier; what is left falls apart into one continuous
knapsack a site, solved for all sites and sizes at once by sorting. Multipliers move along a deflected subgradient with
Polyak's step. After each improvement an option whose use would lift the bound above the best plan is dropped for good
(reduced-cost fixing), so that the arrays shrink as the gap closes. See Barcelo, Fernandez and Jornsten (1991),
Computational results from a new Lagrangean relaxation algorithm for the capacitated plant location problem.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import Cancelled
from .location_model import Plan, Problem
from .location_search import Search

ITERATIONS = 150
PATIENCE = 12  # iterations without a better bound before the step is halved
SMALLEST_STEP = 0.02
TRIALS = 10  # sets of open sites of the relaxation that are made into plans


@dataclass(frozen=True)
class Relaxed:
    """What the relaxation found.

    ``alive_options`` is an (o,) mask: options outside it are in no plan better than ``plan``.
    """

    plan: Plan
    bound: float
    alive_options: np.ndarray
    hit_clock: bool


def relax(
    problem: Problem,
    gap: float = 1e-4,
    time_limit_s: float = 30.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Relaxed | None:
    """Bound ``problem`` and find a good plan; None where no plan is found (someone cannot be served).

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    end = time.perf_counter() + time_limit_s
    search = Search(problem)
    prices = _first_prices(problem)
    alive = np.ones(len(problem.option_site), bool)
    best = search.improve(search.start(), alive, cancelled)
    if best is None:
        return None
    best = search.resize(best, cancelled)
    bound, step, wait = -np.inf, 1.0, 0
    best_prices, direction = prices, np.zeros_like(prices)
    knapsacks = _Knapsacks(problem, alive)
    tried: set[tuple[int, ...]] = set()
    hit_clock = False
    for _ in range(ITERATIONS):
        if cancelled():
            raise Cancelled()
        if time.perf_counter() > end:
            hit_clock = True
            break
        value, slack, opened, lift = knapsacks.solve(prices)
        if value > bound:
            wait = 0 if value > bound + 1e-4 * abs(bound) or not np.isfinite(bound) else wait + 1
            bound, best_prices = value, prices
        else:
            wait += 1
        sites = tuple(sorted(opened))
        if sites and sites not in tried and len(tried) < TRIALS:
            tried.add(sites)
            plan = search.plan(sites)
            if plan is not None and plan.answer.objective < best.answer.objective - 1e-9:
                best = search.resize(search.improve(plan, alive, cancelled) or plan, cancelled)
        upper = best.answer.objective
        if upper - bound <= gap * max(1.0, abs(upper)):
            break
        dead = lift > upper + 1e-9 * max(1.0, abs(upper))
        if dead.any():
            number = knapsacks.options[dead]
            number = number[~np.isin(number, best.option)]
            alive[number] = False
            if alive.sum() < 0.9 * len(knapsacks.options):
                knapsacks = _Knapsacks(problem, alive)
        if wait >= PATIENCE:
            step, wait, prices, direction = step / 2, 0, best_prices, np.zeros_like(prices)
            if step < SMALLEST_STEP:
                break
            continue
        direction = slack + 0.5 * direction
        norm = float(direction @ direction)
        if norm < 1e-12:
            break
        prices = np.minimum(prices + step * (upper - value) / norm * direction, problem.unserved_cost)
    return Relaxed(best, bound, alive, hit_clock)


def _first_prices(problem: Problem) -> np.ndarray:
    """(n,) prices to begin with: the cheapest way to serve each consumer with his share of the fixed cost."""
    per_unit = np.full(problem.cost.shape[1], np.inf)
    room = problem.option_capacity > 0
    rate = problem.option_cost[room] / problem.option_capacity[room]
    np.minimum.at(per_unit, problem.option_site[room], rate)
    with np.errstate(invalid="ignore"):
        way = (problem.cost + problem.demand[:, None] * per_unit).min(1)
    fallback = np.where(np.isfinite(problem.unserved_cost), problem.unserved_cost, 0.0)
    return np.minimum(np.where(np.isfinite(way), way, fallback), problem.unserved_cost)


class _Knapsacks:
    """The priced problem, one continuous knapsack a site, over the options that are alive."""

    def __init__(self, problem: Problem, alive: np.ndarray) -> None:
        self.problem = problem
        self.options = np.flatnonzero(alive)
        self.sites, self.place = np.unique(problem.option_site[self.options], return_inverse=True)
        self.cost = problem.cost[:, self.sites]
        self.capacity = problem.option_capacity[self.options]
        self.fixed = problem.option_cost[self.options]
        self.forced = problem.forced[self.sites]

    def solve(self, prices: np.ndarray) -> tuple[float, np.ndarray, list[int], np.ndarray]:
        """Value of the relaxation at ``prices``.

        Returns
        -------
        value
            A lower bound of the problem.
        slack
            (n,) 1 less the share served: the subgradient.
        opened
            Sites that the priced problem opens.
        lift
            (options alive,) bound of every plan that uses the option.
        """
        problem, demand = self.problem, self.problem.demand
        reduced = self.cost - prices[:, None]
        gain = np.where(reduced < 0, reduced, 0.0)
        order = np.argsort(gain / demand[:, None], axis=0, kind="stable")
        longest = int((reduced < 0).sum(0).max(initial=0))
        order = order[:longest]
        gain_of = np.take_along_axis(gain, order, 0)
        size_of = np.where(gain_of < 0, demand[order], 0.0)
        gain_sum = np.vstack([np.zeros(len(self.sites)), np.cumsum(gain_of, 0)])
        size_sum = np.vstack([np.zeros(len(self.sites)), np.cumsum(size_of, 0)])
        # how many of the best consumers fit wholly into each option, and the fraction of the next
        whole = np.array(
            [
                np.searchsorted(size_sum[:, s], q, side="right") - 1
                for s, q in zip(self.place, self.capacity, strict=True)
            ],
            dtype=int,
        ).reshape(-1)
        rest = self.capacity - size_sum[whole, self.place]
        next_row = np.minimum(whole, max(longest - 1, 0))
        if longest:
            next_size = np.where(whole < longest, size_of[next_row, self.place], 0.0)
            part = np.divide(rest, next_size, out=np.zeros_like(rest), where=next_size > 0)
            part = np.clip(part, 0.0, 1.0)
            worth = self.fixed + gain_sum[whole, self.place] + part * gain_of[next_row, self.place]
        else:
            part = np.zeros_like(rest)
            worth = self.fixed.copy()
        # the best option of each site
        rank = np.lexsort((worth, self.place))
        head = rank[np.searchsorted(self.place[rank], np.arange(len(self.sites)))]
        site_worth = worth[head]
        wish = np.where(self.forced, -np.inf, site_worth)
        chosen = np.flatnonzero((site_worth < 0) | self.forced)
        most = problem.most_sites
        full = most is not None and len(chosen) >= most
        if most is not None and len(chosen) > most:
            chosen = np.sort(chosen[np.argsort(wish[chosen], kind="stable")[:most]])
        lost = np.where(prices > problem.unserved_cost, 1.0, 0.0)
        loss = np.where(lost > 0, problem.unserved_cost - prices, 0.0) if lost.any() else 0.0
        value = float(prices.sum() + np.sum(loss) + site_worth[chosen].sum())
        slack = 1.0 - lost
        for site in chosen:
            option = head[site]
            inside = order[: whole[option], site]
            inside = inside[gain[inside, site] < 0]
            slack[inside] -= 1.0
            if whole[option] < longest and part[option] > 0:
                slack[order[whole[option], site]] -= part[option]
        inside_now = np.zeros(len(self.sites), bool)
        inside_now[chosen] = True
        loose = [float(site_worth[s]) for s in chosen if not self.forced[s]]
        replaced = max(loose) if full and loose else 0.0
        lift = value + worth - np.where(inside_now, site_worth, replaced)[self.place]
        return value, slack, [int(self.sites[s]) for s in chosen], lift
