"""What each option is worth at given prices: its fixed cost less the best load of consumers, a knapsack an option.

All knapsacks are first solved with fractions, at once, by sorting the pairs that gain by site and gain a unit of demand. Where the
last fraction matters (single source), the whole-number knapsack of one option is solved among the few items that bounds leave in
question (Martello and Toth 1990, Knapsack Problems, section 2.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .core import SLACK, Core

EXACT_UNITS = 20_000  # room in whole units up to which a knapsack is solved as it stands
SCALED_UNITS = 2_000  # units that any other room is cut into


@dataclass
class Loads:
    """Best loads of all options at some prices.

    ``worth`` (o,) is a lower bound of fixed cost less gain, ``linear`` (o,) the same with fractions, ``rate`` (o,) the gain a
    unit that the last unit of capacity brings. ``inside(option)`` says who is in.
    """

    worth: np.ndarray
    linear: np.ndarray
    rate: np.ndarray
    consumer: np.ndarray
    gain: np.ndarray
    size: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    whole: np.ndarray
    part: np.ndarray
    picked: dict[int, np.ndarray]

    def inside(self, option: int) -> tuple[np.ndarray, np.ndarray]:
        """Consumers in the load of an option and the share of each."""
        if option in self.picked:
            found = self.picked[option]
            return found, np.ones(len(found))
        a, k = self.begin[option], self.whole[option]
        if self.part[option] > 0:
            return self.consumer[a : k + 1], np.r_[np.ones(k - a), self.part[option]]
        return self.consumer[a:k], np.ones(k - a)


def loads(core: Core, prices: np.ndarray) -> Loads:
    """The best loads with fractions."""
    gain = prices[core.pair_consumer] - core.pair_cost
    some = np.flatnonzero(gain > 0)
    gain, consumer, site = gain[some], core.pair_consumer[some], core.pair_site[some]
    size = core.problem.demand[consumer]
    rate = gain / size
    # one sort by site and falling rate: the rate is scaled into less than one site's number
    order = np.argsort(site - rate / (rate.max(initial=0.0) * (1 + 1e-9) + 1e-300))
    gain, consumer, size, rate = gain[order], consumer[order], size[order], rate[order]
    first = np.searchsorted(site, np.arange(core.shape[1] + 1))
    size_sum, gain_sum = np.r_[0.0, np.cumsum(size)], np.r_[0.0, np.cumsum(gain)]
    begin, end = first[core.site], first[core.site + 1]
    reach = size_sum[begin] + core.capacity * (1 + SLACK)
    whole = np.clip(np.searchsorted(size_sum, reach, side="right") - 1, begin, end)
    at = np.minimum(whole, max(len(size) - 1, 0))
    if len(size):
        part = np.where(whole < end, np.clip((reach - size_sum[whole]) / size[at], 0.0, 1.0), 0.0)
        linear = core.fixed - (gain_sum[whole] - gain_sum[begin] + part * gain[at])
        last = np.where(whole < end, rate[at], 0.0)
    else:
        part, linear, last = np.zeros(len(core.site)), core.fixed.copy(), np.zeros(len(core.site))
    return Loads(linear.copy(), linear, last, consumer, gain, size, begin, end, whole, part, {})


def refine(core: Core, found: Loads, options: np.ndarray) -> None:
    """Solve the knapsacks of these options in whole consumers."""
    for option in options.tolist():
        if found.part[option] <= 0 or option in found.picked:
            continue
        a, b = found.begin[option], found.end[option]
        limit = core.fixed[option] - found.linear[option]
        value, inside = knapsack(
            found.gain[a:b],
            found.size[a:b],
            core.capacity[option] * (1 + SLACK),
            int(found.whole[option] - a),
            limit,
        )
        found.worth[option] = core.fixed[option] - min(value, limit)
        found.picked[option] = found.consumer[a:b][inside]


def knapsack(
    gain: np.ndarray, size: np.ndarray, room: float, broken: int, limit: float
) -> tuple[float, np.ndarray]:
    """Greatest gain that fits into ``room``, and which items.

    Items come by falling rate; those before ``broken`` fit, it does not; ``limit`` is the value with a fraction of it. Sizes that
    are no whole numbers are rounded down, so that the value is an upper bound and the items may exceed the room a little.
    """
    inside = np.zeros(len(gain), bool)
    inside[:broken] = True
    least, left = float(gain[:broken].sum()), room - float(size[:broken].sum())
    while True:  # the next that fits, again and again
        fits = np.flatnonzero((size <= left) & ~inside)
        fits = fits[fits > broken]
        if not len(fits):
            break
        k = fits[0]
        inside[k] = True
        left -= size[k]
        least += gain[k]
    # an item is in question as long as its being in or out against its rate leaves room above what is had
    loss = np.abs(gain - size * (gain[broken] / size[broken]))
    asked = limit - loss > least + 1e-9 * max(1.0, abs(least))
    kept = np.zeros(len(gain), bool)
    kept[:broken] = ~asked[:broken]
    items = np.flatnonzero(asked)
    left = room - float(size[kept].sum())
    items = items[size[items] <= left]
    if not len(items):
        return least, np.flatnonzero(inside)
    sizes = size[items]
    if left <= EXACT_UNITS and (sizes == np.floor(sizes)).all():
        units, weights = int(left), sizes.astype(int)
    else:
        units = SCALED_UNITS
        weights = np.floor(sizes * (units / left) * (1 - 1e-12)).astype(int)
    best = np.zeros(units + 1)
    picks = []
    for weight, worth in zip(weights.tolist(), gain[items].tolist(), strict=True):
        other = best[: units + 1 - weight] + worth
        pick = other > best[weight:]
        best[weight:] = np.maximum(best[weight:], other)
        picks.append(pick)
    value = float(gain[kept].sum() + best[units])
    if value <= least:
        return least, np.flatnonzero(inside)
    at = units
    for k in range(len(items) - 1, -1, -1):
        if at >= weights[k] and picks[k][at - weights[k]]:
            kept[items[k]] = True
            at -= weights[k]
    return value, np.flatnonzero(kept)
