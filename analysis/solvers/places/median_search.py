"""Plans for the p-median problem: greedy addition, then interchange of an open site for a closed one.

All pairs of sites are tried at once. With d1 and d2 what the nearest and the second nearest open site cost a consumer,
opening j in place of f changes the total by

    loss_f - gain_j + extra_fj
    loss_f   = sum over the consumers of f      d2 - d1
    gain_j   = sum over all consumers           max(0, d1 - c_j)
    extra_fj = sum over the consumers of f      min(0, max(d1, c_j) - d2)

where only pairs cheaper than d2 count, so that far pairs cost no time. See Resende and Werneck (2007), A fast swap-based local
search procedure for location problems, Annals of Operations Research 150, 205-230.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import Cancelled
from .lists import Lists, by_site, nearest_two, spans


class Search:
    """Searches plans of ``count`` sites of the mask ``allowed`` (m,); those of the mask ``kept`` are always among them.

    A consumer whom nobody serves costs ``missing``, more than any plan that serves him.
    """

    def __init__(
        self, pairs: Lists, count: int, kept: np.ndarray, allowed: np.ndarray, cancelled: Callable[[], bool]
    ) -> None:
        self.pairs, self.count, self.kept, self.allowed, self.cancelled = pairs, count, kept, allowed, cancelled
        some = pairs.length > 0
        best, worst = pairs.cost[pairs.start[:-1][some]], pairs.cost[pairs.start[1:][some] - 1]
        self.missing = 1.0 + float((worst - best).sum()) + float(np.abs(worst).max(initial=0.0))
        self.columns = by_site(pairs)

    def greedy(self, begin: np.ndarray) -> np.ndarray:
        """(m,) mask of open sites: those of the mask ``begin`` and, one by one, the site that spares most."""
        pairs, opened = self.pairs, begin | self.kept
        first, _ = nearest_two(pairs, opened)
        gain = self._spared(np.arange(pairs.consumers), first)
        for _ in range(self.count - int(opened.sum())):
            if self.cancelled():
                raise Cancelled()
            site = int(np.where(opened | ~self.allowed, -np.inf, gain).argmax())
            opened[site] = True
            start, consumer, position = self.columns
            mine = slice(start[site], start[site + 1])
            near = position[mine] < first[consumer[mine]]
            who, at = consumer[mine][near], position[mine][near]
            gain -= self._spared(who, first[who])
            first[who] = at
            gain += self._spared(who, at)
        return opened

    def _spared(self, who: np.ndarray, first: np.ndarray) -> np.ndarray:
        """(m,) what each site would spare the consumers ``who`` whose nearest open sites stand at ``first``."""
        pairs, length = self.pairs, first - self.pairs.start[who]
        at = spans(pairs.start[who], length)
        spared = np.repeat(self._cost(who, first), length) - pairs.cost[at]
        return np.bincount(pairs.site[at], spared, pairs.sites)

    def _cost(self, who: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Cost of the pairs at ``position``; ``missing`` where a list has come to its end."""
        found = position < self.pairs.start[who + 1]
        if not len(self.pairs.cost):
            return np.full(len(who), self.missing)
        return np.where(found, self.pairs.cost[np.where(found, position, 0)], self.missing)

    def interchange(self, opened: np.ndarray, swaps: int = 1_000) -> tuple[np.ndarray, float]:
        """The mask of open sites after swapping as long as the total falls, and the total."""
        pairs, opened = self.pairs, opened.copy()
        everyone = np.arange(pairs.consumers)
        first, second = nearest_two(pairs, opened)
        for _ in range(swaps):
            if self.cancelled():
                raise Cancelled()
            d1, d2 = self._cost(everyone, first), self._cost(everyone, second)
            leave, enter = self._best_swap(opened, first, second, d1, d2)
            if enter < 0:
                break
            touched = np.zeros(pairs.consumers, bool)
            for site in (leave, enter):
                start, consumer, position = self.columns
                mine = slice(start[site], start[site + 1])
                touched[consumer[mine][position[mine] <= second[consumer[mine]]]] = True
            opened[leave], opened[enter] = False, True
            who = np.flatnonzero(touched)
            first[who], second[who] = nearest_two(pairs, opened, who)
        return opened, float(self._cost(everyone, first).sum())

    def _best_swap(
        self, opened: np.ndarray, first: np.ndarray, second: np.ndarray, d1: np.ndarray, d2: np.ndarray
    ) -> tuple[int, int]:
        """The site to close and the one to open; -1 and -1 where no swap spares anything."""
        pairs, length = self.pairs, second - self.pairs.start[:-1]
        sites = np.flatnonzero(opened)
        slot = np.zeros(pairs.sites, np.int64)
        slot[sites] = np.arange(len(sites))
        served = first < pairs.start[1:]
        mine = np.where(served, slot[pairs.site[np.where(served, first, 0)]], 0)
        at = spans(pairs.start[:-1], length)
        site, cost = pairs.site[at], pairs.cost[at]
        near = np.repeat(d1, length)
        gain = np.bincount(site, np.maximum(near - cost, 0.0), pairs.sites)
        # whoever is not served has d1 = d2, so that he adds nothing to the rest
        extra = np.maximum(near, cost) - np.repeat(d2, length)
        table = np.bincount(np.repeat(mine, length) * pairs.sites + site, extra, len(sites) * pairs.sites)
        change = table.reshape(len(sites), pairs.sites)
        change += np.bincount(mine, d2 - d1, len(sites))[:, None]
        change -= gain[None, :]
        change[:, opened | ~self.allowed] = np.inf
        change[self.kept[sites]] = np.inf
        best = int(change.argmin())
        if not change.flat[best] < -1e-9 * max(1.0, float(np.abs(d1).max(initial=0.0))):
            return -1, -1
        return int(sites[best // pairs.sites]), best % pairs.sites
