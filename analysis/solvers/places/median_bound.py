"""Lagrangian relaxation of the p-median problem: a bound, and which sites can still matter.

The condition that a consumer is served once is priced; what is left opens the sites whose priced gain is greatest:

    L(price) = sum_i price_i + sum of the k least over j of  sum_i min(0, c_ij - price_i)

Prices climb along a deflected subgradient with Polyak's step. A site that would lift the bound above the best plan when opened is
closed for good, one that would do so when closed is opened for good (reduced-cost fixing); what a consumer pays at a site open
for good limits his price. So the arrays shrink as the gap closes. See Beasley (1985), A note on solving large p-median problems,
European Journal of Operational Research 21, 270-273, and Avella, Sassano and Vasil'ev (2007), Computational study of large-scale
p-median problems, Mathematical Programming 109, 89-114.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from .lists import Lists, by_site, spans

DEFLECTION = 0.5  # share of the last direction that the next one keeps
GAIN = 1e-5  # relative gain of the bound that counts as one
MEMORY = 0.95  # share of what the iterations before opened that the running mean keeps
SHRUNK = 0.9  # arrays are built again once so few of the sites are left,
FIXED = 0.1  # or so many of those to choose are open for good
FULL = 0.3  # share of pairs that are listed from which a full table is quicker


@dataclass(frozen=True)
class Columns:
    """The pairs in the order of their sites, only sites neither open nor closed for good.

    Parameters
    ----------
    sites
        (k,) numbers of the sites.
    start
        (k + 1,) where each site's pairs begin.
    consumer, cost
        (pairs,) of each pair; pairs whose cost is not below ``limit`` of the consumer are left out.
    limit
        (n,) greatest price of each consumer.
    table
        (k, n) the costs once more, infinite where there is no pair; None where most of it would be empty.
    scratch
        Room for as many numbers as the table or the pairs have.
    """

    sites: np.ndarray
    start: np.ndarray
    consumer: np.ndarray
    cost: np.ndarray
    limit: np.ndarray
    table: np.ndarray | None
    scratch: np.ndarray

    def only(self, kept: np.ndarray, limit: np.ndarray) -> Columns:
        """Sites of the mask (k,) alone, prices limited to ``limit``."""
        length = np.diff(self.start)
        mask = self.cost < limit[self.consumer]
        mask &= np.repeat(kept, length)
        ends = np.r_[0, np.cumsum(mask)][self.start]
        count = np.diff(ends)[kept]
        start = np.r_[0, np.cumsum(count)]
        consumer, cost, table = self.consumer[mask], self.cost[mask], None
        shape = (len(count), len(limit))
        if self.table is not None:
            table = self.table[kept]
        elif len(cost) > FULL * shape[0] * shape[1]:
            table = np.full(shape, np.inf)
            table[np.repeat(np.arange(len(count)), count), consumer] = cost
        room = len(cost) if table is None else table.size
        scratch = self.scratch if len(self.scratch) >= room else np.empty(room)
        return Columns(self.sites[kept], start, consumer, cost, limit, table, scratch)

    def worth(self, prices: np.ndarray) -> np.ndarray:
        """(k,) what opening each site spares at ``prices``, zero or less."""
        if self.table is not None:
            least = self.scratch[: self.table.size].reshape(self.table.shape)
            np.minimum(self.table, prices, out=least)
            return least.sum(1) - prices.sum()
        gains = self.scratch[: len(self.cost)]
        np.take(prices, self.consumer, out=gains, mode="clip")
        np.subtract(self.cost, gains, out=gains)
        np.minimum(gains, 0.0, out=gains)
        found = np.zeros(len(self.sites))
        some = np.flatnonzero(np.diff(self.start) > 0)
        if len(some):
            found[some] = np.add.reduceat(gains, self.start[some])
        return found

    def served(self, places: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """(n,) by how many of the sites at ``places`` each consumer would be served at ``prices``."""
        if self.table is not None:
            return np.count_nonzero(self.table[places] < prices, axis=0)
        at = self.pairs_of(places)
        who = self.consumer[at]
        return np.bincount(who[self.cost[at] < prices[who]], minlength=len(prices))

    def pairs_of(self, places: np.ndarray) -> np.ndarray:
        """Positions of the pairs of the sites at ``places``."""
        return spans(self.start[places], self.start[places + 1] - self.start[places])


def columns(pairs: Lists, usable: np.ndarray, limit: np.ndarray) -> Columns:
    """Columns of the sites of the mask ``usable`` (m,)."""
    start, consumer, position = by_site(pairs)
    sites = np.arange(pairs.sites)
    every = Columns(sites, start, consumer, pairs.cost[position], limit, None, np.empty(0))
    return every.only(usable, limit)


@dataclass(frozen=True)
class State:
    """A part of the problem: sites ``opened`` for good, ``count`` more to choose among ``columns``.

    Parameters
    ----------
    prices, value
        (n,) prices, and the relaxation at them.
    bound
        What every plan of this part costs at least.
    worth
        (k,) what opening each site spares at these prices, zero or less.
    likely
        Places in ``columns`` of the ``count`` sites that the relaxation opens.
    often
        (k,) running mean of how often the relaxation opened each site.
    """

    columns: Columns
    opened: np.ndarray
    count: int
    prices: np.ndarray
    bound: float = -np.inf
    value: float = -np.inf
    worth: np.ndarray = field(default_factory=lambda: np.empty(0))
    likely: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    often: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def decided(self) -> bool:
        """Whether only one plan is left."""
        return self.count == 0 or len(self.columns.sites) <= self.count

    def plan(self) -> np.ndarray:
        """Sites open for good and those that the relaxation opens."""
        sites = self.columns.sites
        return np.r_[self.opened, sites[: self.count] if self.decided else sites[self.likely]]

    def priced(self, prices: np.ndarray) -> State:
        """The relaxation at ``prices``."""
        worth = self.columns.worth(prices)
        likely = np.argpartition(worth, self.count - 1)[: self.count]
        value = float(prices.sum() + worth[likely].sum())
        return replace(self, prices=prices, bound=max(value, self.bound), value=value, worth=worth, likely=likely)

    def fixed(self, dead: np.ndarray, sure: np.ndarray) -> State:
        """The part in which the sites of the mask ``dead`` (k,) stay closed and those of the mask ``sure`` open."""
        made, limit, places = self.columns, self.columns.limit, np.flatnonzero(sure)
        if len(places):
            at, limit = made.pairs_of(places), limit.copy()
            np.minimum.at(limit, made.consumer[at], made.cost[at])
        left = ~dead & ~sure
        return State(
            made.only(left, limit),
            np.r_[self.opened, made.sites[places]],
            self.count - len(places),
            np.minimum(self.prices, limit),
            self.bound,
            often=self.often[left] if len(self.often) else self.often,
        )


def ascend(
    state: State,
    upper: Callable[[np.ndarray, int], tuple[float, float, bool]],
    iterations: int,
    *,
    step: float = 1.0,
    patience: int = 20,
    smallest: float = 0.005,
) -> State:
    """Raise the bound of ``state``.

    Parameters
    ----------
    upper
        Told the sites that the relaxation opens and the number of the iteration; gives the total of the best plan known, the bound above which a
        part is of no interest, and whether to stop. May raise Cancelled.
    iterations
        Most steps.
    step, patience, smallest
        First share of Polyak's step, iterations without gain after which it is halved, and least share.

    Returns
    -------
    state
        With bound, prices, and the sites that are left; bound infinite where nothing of interest is left.
    """
    if state.decided:
        return state
    best, bound = np.minimum(state.prices, state.columns.limit), -np.inf
    prices, direction, wait = best, np.zeros(len(best)), 0
    dead = sure = np.zeros(len(state.columns.sites), bool)
    state = replace(state, often=np.zeros(len(dead)))
    for number in range(iterations):
        made, count = state.columns, state.count
        worth = made.worth(prices)
        order = np.argpartition(worth, (count - 1, count))
        likely = order[:count]
        value = float(prices.sum() + worth[likely].sum())
        wait = wait + 1 if value <= bound + GAIN * abs(bound) else 0
        total, goal, stop = upper(np.r_[state.opened, made.sites[likely]], number)
        if max(value, state.bound) > goal:
            return replace(state, bound=np.inf)
        often = state.often
        often *= MEMORY
        often[likely] += 1 - MEMORY
        rebuild = False
        if value > bound:
            bound, best = value, prices
            # what opening a site that is not open, or closing one that is, would at least cost
            taken = np.zeros(len(worth), bool)
            taken[likely] = True
            dead = dead | (~taken & (value + worth - worth[order[count - 1]] > goal))
            sure = sure | (taken & (value - worth + worth[order[count]] > goal))
            gone, held = np.count_nonzero(dead), np.count_nonzero(sure)
            left = len(worth) - gone - held
            few = left < SHRUNK * len(worth) or left + held <= count
            rebuild = bool(few or held >= max(1, FIXED * count))
        if stop:
            break
        if wait >= patience:
            step, wait, prices, direction = step / 2, 0, best, np.zeros(len(prices))
            if step < smallest:
                break
        else:
            direction = 1.0 - made.served(likely, prices) + DEFLECTION * direction
            norm = float(direction @ direction)
            if norm < 1e-12:
                break
            prices = prices + step * (total - value) / norm * direction
        if rebuild:
            state = replace(state, bound=max(bound, state.bound)).fixed(dead, sure)
            if state.decided:
                return state
            best = np.minimum(best, state.columns.limit)
            dead = sure = np.zeros(len(state.columns.sites), bool)
        prices = np.minimum(prices, state.columns.limit)
    state = replace(state, bound=max(bound, state.bound))
    if dead.any() or sure.any():
        state = state.fixed(dead, sure)
    return state if state.decided else state.priced(np.minimum(best, state.columns.limit))
