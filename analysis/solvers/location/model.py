"""A capacitated location problem and its answer, on plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ...steps import Answer


@dataclass(frozen=True)
class Problem:
    """A location problem of n consumers, m sites and o options (a size at a site).

    Parameters
    ----------
    demand
        (n,) demand, above 0, in the unit of the capacities.
    cost
        (n, m) cost of serving all of a consumer from a site; ``inf`` where it cannot be.
    option_site, option_capacity, option_cost
        (o,) site, capacity and fixed cost of each option.
    unserved_cost
        (n,) cost of leaving a consumer unserved; ``inf`` where he must be served.
    single_source
        Each consumer is served by one site (or none) as a whole.
    most_sites, least_sites
        At most and at least so many sites.
    must_open
        (m,) bool, sites that must be among the chosen.
    closed
        (m,) bool, sites that must not be among the chosen.
    least_capacity
        Capacity that the sites opened must have together, whatever is served.
    """

    demand: np.ndarray
    cost: np.ndarray
    option_site: np.ndarray
    option_capacity: np.ndarray
    option_cost: np.ndarray
    unserved_cost: np.ndarray
    single_source: bool = True
    most_sites: int | None = None
    must_open: np.ndarray | None = None
    least_sites: int | None = None
    closed: np.ndarray | None = None
    least_capacity: float = 0.0

    def __post_init__(self) -> None:
        n, m = self.cost.shape
        if len(self.demand) != n or len(self.unserved_cost) != n:
            raise ValueError(f"location: cost is {self.cost.shape} (consumers, sites), demand {len(self.demand)}")
        if not len(self.option_site) == len(self.option_capacity) == len(self.option_cost):
            raise ValueError("location: options of unequal length")
        if len(self.option_site) and not 0 <= self.option_site.min() <= self.option_site.max() < m:
            raise ValueError("location: an option names a site that does not exist")
        for name in ("must_open", "closed"):
            mask = getattr(self, name)
            if mask is not None and len(mask) != m:
                raise ValueError(f"location: {name} has {len(mask)} entries, not one for each of {m} sites")
        for name in ("demand", "option_capacity", "option_cost"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"location: {name} is not finite")
        if (self.demand <= 0).any() or (self.option_capacity < 0).any() or np.isnan(self.cost).any():
            raise ValueError("location: demands must be above 0, capacities at least 0, costs numbers")
        if np.isnan(self.unserved_cost).any() or (self.cost == -np.inf).any():
            raise ValueError("location: costs must be numbers above minus infinity")

    @property
    def forced(self) -> np.ndarray:
        """(m,) bool, sites that must be chosen."""
        return np.zeros(self.cost.shape[1], bool) if self.must_open is None else np.asarray(self.must_open, bool)

    @property
    def barred(self) -> np.ndarray:
        """(m,) bool, sites that must not be chosen."""
        return np.zeros(self.cost.shape[1], bool) if self.closed is None else np.asarray(self.closed, bool)


@dataclass(frozen=True)
class Plan:
    """What was chosen.

    Parameters
    ----------
    option
        (m,) option opened at each site, -1 for none.
    share
        (n, m) sparse, share of each consumer served by each site.
    unserved
        (n,) share of each consumer left unserved.
    answer
        Objective, bound, gap, status, seconds.
    prices
        (n,) price of serving each consumer at which the bound was found; a start for a problem that differs little.
    """

    option: np.ndarray
    share: csr_array
    unserved: np.ndarray
    answer: Answer
    prices: np.ndarray | None = None
