"""Which options to open, given what each is worth: at least cost, enough capacity in all, so many sites.

    min  sum_o w_o y_o   s.t.  sum_o q_o y_o + unserved >= total demand,  one size a site,  least <= sum_o y_o <= most

That the capacities opened must add up to the demand follows from the rest of the model only as long as consumers are
whole; said outright it lifts the bound a good deal. It is a multiple-choice knapsack, solved by dynamic programming over capacity
in whole units (capacities rounded up, demand down) among the options that its linear relaxation leaves in question. The number of sites
enters with a multiplier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .core import Core

UNITS = 2_000  # steps of capacity where capacities share no coarser unit
MANY = 250  # options
HALVINGS = 40
CHARGE_HALVINGS = 12


@dataclass(frozen=True)
class Opened:
    """The cheapest choice: its options, its cost (a lower bound), and lower bounds once one thing is settled otherwise.

    ``lift`` (o,) where the option is opened, ``shut`` (m,) where the site is not.
    """

    options: np.ndarray
    value: float
    lift: np.ndarray
    shut: np.ndarray


class Opening:
    """The choice for one core, made again and again with other worths."""

    def __init__(self, core: Core) -> None:
        self.core = core
        problem = core.problem
        self.sites = np.unique(core.site)
        self.start = core.first[self.sites]
        self.place = np.searchsorted(self.sites, core.site)
        self.column = np.arange(len(core.site)) - self.start[self.place]
        self.grid = np.full((len(self.sites), int(self.column.max(initial=0)) + 1), -1)
        self.grid[self.place, self.column] = np.arange(len(core.site))
        self.size = np.where(self.grid >= 0, core.capacity[self.grid], 0.0)
        self.forced = core.forced[self.sites]
        self.reached = np.zeros(core.shape[0], bool)
        self.reached[core.pair_consumer] = True
        self.total = float(problem.demand[self.reached].sum())
        # capacity asked for beyond the demand is asked for whoever is served
        self.strict = problem.least_capacity >= self.total > 0
        self.total = max(self.total, problem.least_capacity)
        self.most, self.least = core.most, core.least
        self.largest = float(self.size.max(1, initial=0.0).sum()) if len(self.sites) else 0.0
        rate = np.abs(core.fixed) / np.maximum(core.capacity, 1e-300)
        self.last_price, self.last_charge = max(float(rate.min(initial=1.0)), 1e-12), np.inf
        self.unit, self.need, self.room = _units(core.capacity, self.total)

    def solve(self, worth: np.ndarray, spill: float, ceiling: float = -np.inf, whole: bool = True) -> Opened | None:
        """The choice at worths (o,) where a unit of demand can be left unserved at ``spill``; None where there is none.

        Without ``whole`` its value is that of the relaxation, quicker.
        ``lift`` and ``shut`` are as good as they can be up to ``ceiling``, beyond it (and without one) those of the relaxation.
        """
        spill = np.inf if self.strict else spill
        charge, limit = self._charge(worth, spill)
        price = self._price(worth + charge, spill)
        if price is None:
            return None
        w = worth + charge
        base = -charge * limit
        reduced, cheapest, value = self._relaxed(w, price)
        value += base
        lift = value + reduced - np.where(self.forced, cheapest, np.minimum(cheapest, 0.0))[self.place]
        m = self.core.shape[1]
        shut = np.full(m, value)
        shut[self.sites] = np.where(self.forced, np.inf, value - np.minimum(cheapest, 0.0))
        if price <= 0.0 or not whole:
            return Opened(self._taken(w, price), value, lift, shut)
        return self._knapsack(w, base, price, spill, value, lift, shut, ceiling)

    def _relaxed(self, w: np.ndarray, price: float) -> tuple[np.ndarray, np.ndarray, float]:
        reduced = w - price * self.core.capacity
        cheapest = np.minimum.reduceat(reduced, self.start) if len(self.start) else np.empty(0)
        taken = np.where(self.forced, cheapest, np.minimum(cheapest, 0.0))
        return reduced, cheapest, float(taken.sum()) + price * self.total

    def _taken(self, w: np.ndarray, price: float, rows: np.ndarray | None = None) -> np.ndarray:
        """Options of the relaxed choice: the cheapest of each site (of ``rows`` alone) that is worth it."""
        grid, size, forced = self.grid, self.size, self.forced
        if rows is not None:
            grid, size, forced = grid[rows], size[rows], forced[rows]
        reduced = np.where(grid >= 0, w[grid] - price * size, np.inf)
        best = reduced.argmin(1)
        at = np.arange(len(best))
        return grid[at, best][(reduced[at, best] < 0) | forced]

    def _price(self, w: np.ndarray, spill: float) -> float | None:
        """Price of a unit of capacity at which what is opened just holds the demand; None where nothing does."""
        capacity, enough = self.core.capacity, self.total * (1 - 1e-9)
        if capacity[self._taken(w, 0.0)].sum() >= enough:
            return 0.0
        if np.isfinite(spill) and capacity[self._taken(w, max(spill, 0.0))].sum() < self.total:
            return max(spill, 0.0)
        if self.largest < enough:
            return None
        high = self.last_price
        for _ in range(400):
            taken = self._taken(w, high)
            if capacity[taken].sum() >= enough:
                break
            high *= 1.5
        # at a lower price no other site is taken
        rows, low = self.place[taken], 0.0
        for k in range(HALVINGS):
            # near the last price first
            middle = (low + high) / 2 if k else high * 0.8
            if capacity[self._taken(w, middle, rows)].sum() >= enough:
                high = middle
            else:
                low = middle
            if high - low <= 1e-7 * high:
                break
        self.last_price = max(high, 1e-300)
        return high

    def _charge(self, worth: np.ndarray, spill: float) -> tuple[float, float]:
        """Charge on each site opened (negative: reward) at which their number keeps its limits, and the limit that binds.

        Any charge gives a bound, so that a few halvings about the last one do.
        """
        most = self.most

        def count(charge: float) -> int:
            price = self._price(worth + charge, spill)
            return 0 if price is None else len(self._taken(worth + charge, price))

        if most >= len(self.sites) and self.least <= 0:
            return 0.0, 0.0
        now = count(0.0)
        if self.least <= now <= most:
            return 0.0, 0.0
        sign, limit = (1.0, most) if now > most else (-1.0, self.least)
        top = float(np.abs(worth).max(initial=1.0)) + 1.0
        low, high = 0.0, min(self.last_charge * 1.25, top)
        for k in range(CHARGE_HALVINGS):
            number = count(sign * high) if k == 0 else count(sign * (low + high) / 2)
            beyond = (number > most) if sign > 0 else (number < self.least)
            if k == 0:
                if beyond:
                    low, high = high, top
                else:
                    low = 0.0
            elif beyond:
                low = (low + high) / 2
            else:
                high = (low + high) / 2
        self.last_charge = high
        return sign * high, float(limit)

    def _knapsack(
        self,
        w: np.ndarray,
        base: float,
        price: float,
        spill: float,
        value: float,
        lift: np.ndarray,
        shut: np.ndarray,
        ceiling: float,
    ) -> Opened:
        """Whole options: dynamic programming over those that the relaxation at ``price`` leaves in question."""
        some = self._taken(w, price)
        missing = max(0.0, self.total - float(self.core.capacity[some].sum()))
        plain = base + float(w[some].sum()) + (spill * missing if missing > 1e-9 * self.total else 0.0)
        plain = min(plain, base + self._completed(w, price))
        tolerance = 1e-9 * max(1.0, abs(plain))
        level = max(plain, ceiling) + tolerance
        asked = lift <= level
        surely = shut[self.sites] > level
        per_site = np.add.reduceat(asked.astype(int), self.start)
        settled = surely & (per_site == 1)
        fixed = np.flatnonzero(asked & settled[self.place])
        need = max(0, self.need - int(self.room[fixed].sum()))
        ground = base + float(w[fixed].sum())
        left = np.flatnonzero((per_site > 0) & ~settled)
        rows = [np.flatnonzero(asked[a:b]) + a for a, b in self._span(left)]
        rest = np.arange(need + 1) * self.unit * spill if np.isfinite(spill) else np.full(need + 1, np.inf)
        rest[0] = 0.0
        costs, picks = [rest], []
        for site, options in zip(left, rows, strict=True):
            now = costs[-1]
            new = np.full(need + 1, np.inf) if surely[site] else now.copy()
            pick = np.full(need + 1, -1)
            for option in options:
                other = _shift(now, int(self.room[option])) + w[option]
                better = other < new
                new[better] = other[better]
                pick[better] = option
            costs.append(new)
            picks.append(pick)
        best = ground + float(costs[-1][need])
        if not np.isfinite(best):  # rounding only; the relaxation still bounds
            return Opened(some, value, lift, shut)
        chosen, at = fixed.tolist(), need
        for pick in reversed(picks):
            taken = int(pick[at])
            if taken >= 0:
                chosen.append(taken)
                at = max(0, at - int(self.room[taken]))
        best = max(best, value)
        # a choice that uses what was left out costs more than this
        apart = min(float(lift[~asked].min(initial=np.inf)), float(shut[self.sites[surely]].min(initial=np.inf)))
        lift, shut = np.maximum(lift, best), np.maximum(shut, best)
        if np.isfinite(ceiling):
            # costs before a site and after it, joined at every division of the need
            after = np.full(need + 1, np.inf)
            after[0] = 0.0
            for k in range(len(left) - 1, -1, -1):
                site, before = left[k], costs[k]
                joined = float((before + after[::-1]).min())
                if not self.forced[site]:
                    shut[self.sites[site]] = max(shut[self.sites[site]], min(apart, ground + joined))
                new = np.full(need + 1, np.inf) if surely[site] else after.copy()
                for option in rows[k]:
                    room = min(int(self.room[option]), need)
                    part = float((before[: need - room + 1] + after[: need - room + 1][::-1]).min())
                    lift[option] = max(lift[option], min(apart, ground + w[option] + part))
                    new = np.minimum(new, _shift(after, room) + w[option])
                after = new
        return Opened(np.sort(np.array(chosen, int)), best, lift, shut)

    def _completed(self, w: np.ndarray, price: float) -> float:
        """Cost of what is opened at a little less than ``price`` with one option changed so that capacity is enough."""
        core = self.core
        some = self._taken(w, price * (1 - 1e-6))
        now_w, now_q = np.zeros(len(self.sites)), np.zeros(len(self.sites))
        now_w[self.place[some]], now_q[self.place[some]] = w[some], core.capacity[some]
        room = float(now_q.sum()) - now_q[self.place] + core.capacity
        cost = float(now_w.sum()) - now_w[self.place] + w
        return float(cost[room >= self.total * (1 - 1e-9)].min(initial=np.inf))

    def _span(self, left: np.ndarray) -> list[tuple[int, int]]:
        ends = np.r_[self.start[1:], len(self.core.site)]
        return list(zip(self.start[left].tolist(), ends[left].tolist(), strict=True))


def _shift(costs: np.ndarray, room: int) -> np.ndarray:
    """Costs by need once ``room`` units are covered."""
    if room <= 0:
        return costs
    return np.concatenate([np.full(min(room, len(costs)), costs[0]), costs[:-room]])


def _units(capacity: np.ndarray, total: float) -> tuple[float, int, np.ndarray]:
    """Unit of capacity, demand in such units (not too many) and capacities (not too few)."""
    whole = np.round(capacity)
    if len(capacity) and (whole == capacity).all() and capacity.max() < 2**40:
        unit = float(np.gcd.reduce(whole.astype(np.int64)))
        if unit > 0 and total / unit <= 2 * UNITS:
            return unit, int(np.ceil(total / unit - 1e-6)), (whole / unit).astype(int)
    if total <= 0:
        return 1.0, 0, np.ceil(capacity).astype(int)
    unit = total / (UNITS if len(capacity) <= MANY else UNITS // 4)
    return unit, int(np.floor(total / unit * (1 - 1e-9))), np.ceil(capacity / unit * (1 - 1e-9)).astype(int)
