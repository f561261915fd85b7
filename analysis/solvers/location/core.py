"""The problem laid out for the relaxation: pairs by site, options by site and size, nothing that cannot be of use."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .model import Problem

SLACK = 1e-9  # relative room beyond a capacity that counts as within it


@dataclass(frozen=True)
class Core:
    """Pairs (a consumer and a site that may serve him) and options (a size at a site), both in order of site.

    Parameters
    ----------
    problem
        What it was made from.
    pair_site, pair_consumer, pair_cost
        (p,).
    option
        (o,) number of each option in the problem; of one site by capacity, dearer the larger.
    site, capacity, fixed
        (o,) of each option.
    first
        (m + 1,) where the options of each site begin.
    forced
        (m,) bool, sites that must be chosen.
    least, most
        Number of sites.
    """

    problem: Problem
    pair_site: np.ndarray
    pair_consumer: np.ndarray
    pair_cost: np.ndarray
    option: np.ndarray
    site: np.ndarray
    capacity: np.ndarray
    fixed: np.ndarray
    first: np.ndarray
    forced: np.ndarray
    least: int
    most: int

    @property
    def shape(self) -> tuple[int, int]:
        """Consumers, sites."""
        n, m = self.problem.cost.shape
        return n, m

    def only(self, options: np.ndarray) -> Core:
        """It with these options (sorted numbers, one a site) opened and no others, whatever the number of sites."""
        site = self.site[options]
        first = np.searchsorted(self.pair_site, np.r_[site, site + 1]).reshape(2, -1)
        pairs = np.concatenate([np.arange(a, b) for a, b in first.T]) if len(site) else np.empty(0, int)
        forced = np.zeros(self.shape[1], bool)
        forced[site] = True
        part = self._part(options, pairs)
        return replace(part, forced=forced, least=0, most=self.shape[1])

    def cheaper(self, ceiling: np.ndarray) -> Core:
        """It with the pairs that cost less than (n,) ``ceiling`` of the consumer."""
        pairs = np.flatnonzero(self.pair_cost < ceiling[self.pair_consumer])
        return replace(
            self,
            pair_site=self.pair_site[pairs],
            pair_consumer=self.pair_consumer[pairs],
            pair_cost=self.pair_cost[pairs],
        )

    def keep(self, options: np.ndarray, pairs: np.ndarray) -> Core:
        """What is left of it under an (o,) and a (p,) mask."""
        site = self.site[options]
        alive = np.zeros(self.shape[1], bool)
        alive[site] = True
        return self._part(options, pairs & alive[self.pair_site])

    def _part(self, options: np.ndarray, pairs: np.ndarray) -> Core:
        """It with some options and pairs (masks or sorted numbers)."""
        site = self.site[options]
        return replace(
            self,
            pair_site=self.pair_site[pairs],
            pair_consumer=self.pair_consumer[pairs],
            pair_cost=self.pair_cost[pairs],
            option=self.option[options],
            site=site,
            capacity=self.capacity[options],
            fixed=self.fixed[options],
            first=np.searchsorted(site, np.arange(self.shape[1] + 1)),
        )


def lay_out(problem: Problem) -> Core | None:
    """The core of a problem; None where a consumer who must be served has no site or a forced site no option."""
    n, m = problem.cost.shape
    usable = ~problem.barred[problem.option_site] & (
        (problem.option_capacity > 0) | problem.forced[problem.option_site]
    )
    number = np.flatnonzero(usable)
    number = number[
        np.lexsort((-problem.option_capacity[number], problem.option_cost[number], problem.option_site[number]))
    ]
    site, capacity = problem.option_site[number], problem.option_capacity[number]
    # an option that is no larger than a cheaper one of its site is of no use
    useful = np.ones(len(number), bool)
    largest = np.full(m, -1.0)
    for k, (j, q) in enumerate(zip(site.tolist(), capacity.tolist(), strict=True)):
        useful[k] = q > largest[j]
        largest[j] = max(largest[j], q)
    number = number[useful]
    if np.isin(np.flatnonzero(problem.forced), problem.option_site[number]).sum() < problem.forced.sum():
        return None
    cost = problem.cost.T
    allowed = (cost < problem.unserved_cost) & (largest > 0)[:, None]
    if problem.single_source:
        allowed &= problem.demand <= largest[:, None] * (1 + SLACK)
    pair_site, pair_consumer = np.nonzero(allowed)
    served = np.zeros(n, bool)
    served[pair_consumer] = True
    if not (served | np.isfinite(problem.unserved_cost)).all():
        return None
    site = problem.option_site[number]
    return Core(
        problem,
        pair_site,
        pair_consumer,
        cost[pair_site, pair_consumer],
        number,
        site,
        problem.option_capacity[number],
        problem.option_cost[number],
        np.searchsorted(site, np.arange(m + 1)),
        problem.forced,
        max(problem.least_sites or 0, 0),
        m if problem.most_sites is None else min(problem.most_sites, m),
    )
