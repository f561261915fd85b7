"""Search over sets of options to open, each judged by the bound of its assignment problem.

For a set that is opened whatever it costs, the relaxation bounds the assignment from below and comes close to it, far quicker than an
assignment is found. The prices of one set also say what another is worth at least: its options' worths at those prices add up to a
bound. So neighbours (an option opened, closed, exchanged, or two such changes) are looked at in the order of that bound, those
that cannot be better not at all, and each is given up as soon as its own bound says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .core import Core
from .knapsack import loads
from .relaxation import Ascent, Point, Relaxation

TRIALS = 30  # neighbours settled before a set counts as the best of its neighbours
SINGLES = 60  # single changes that are paired
REACH = 0.03  # farthest above its bound that the multipliers of a set aim at
ITERATIONS = 25  # of the multipliers for a neighbour


@dataclass(frozen=True)
class Rated:
    """A set of options (numbers of the core, sorted), the bound of its assignment and the prices that give it."""

    options: np.ndarray
    value: float
    prices: np.ndarray


def rate(
    core: Core,
    options: np.ndarray,
    prices: np.ndarray,
    ceiling: float,
    iterations: int = ITERATIONS,
    step: float = 0.3,
    visit: Callable[[Point, bool], bool] = lambda point, better: False,
    exact: bool = False,
) -> Rated:
    """Bound a set; given up above ``ceiling``."""
    ascent = Ascent(Relaxation(core.only(options)), prices, step=step)

    def goal() -> float:
        bound = ascent.bound
        top = ceiling + 1e-3 * abs(ceiling) if np.isfinite(ceiling) else np.inf
        return min(top, bound + REACH * abs(bound)) if np.isfinite(bound) else top

    ascent.run(
        iterations,
        goal,
        exact,
        0.02,
        lambda point, better: visit(point, better) or ascent.bound > ceiling,
    )
    return Rated(options, ascent.bound, ascent.prices)


def improve(core: Core, near: Core, start: Rated, seen: set[bytes], stop: Callable[[], bool], most: int) -> Rated:
    """The best set found from ``start`` by going to better neighbours; ``near`` has the pairs that matter in judging them.

    At most ``most`` sets that are not in ``seen`` are looked at.
    """
    best, enough = start, len(seen) + most
    while True:
        found = None
        for options in neighbours(near, best):
            if stop() or len(seen) >= enough:
                return best
            key = options.tobytes()
            if key in seen:
                continue
            seen.add(key)
            other = rate(core, options, best.prices, best.value)
            if other.value < (best.value - 1e-7 * abs(best.value) if np.isfinite(best.value) else np.inf):
                found = other
                break
        if found is None:
            return best
        best = found


def neighbours(core: Core, rated: Rated, most_sets: int = TRIALS) -> list[np.ndarray]:
    """Sets one or two changes away whose bound at the prices of ``rated`` is below its value, lowest first."""
    problem = core.problem
    worth = loads(core, rated.prices).worth
    now = np.full(core.shape[1], -1)
    now[core.site[rated.options]] = rated.options
    here = now[core.site]
    # single changes: another option at a site, or none
    other = np.flatnonzero(here != np.arange(len(core.site)))
    close = rated.options[~core.forced[core.site[rated.options]]]
    site = np.r_[core.site[other], core.site[close]]
    after = np.r_[other, np.full(len(close), -1)]
    before = now[site]
    w, q = np.r_[worth, 0.0], np.r_[core.capacity, 0.0]
    gain = w[after] - w[before]
    room = q[after] - q[before]
    count = (after >= 0).astype(int) - (before >= 0)
    spare = float(core.capacity[rated.options].sum() - problem.demand.sum())
    hard = not np.isfinite(problem.unserved_cost).any()
    least_room = -spare - 1e-9 * abs(spare) if hard else -np.inf
    number = len(rated.options)
    most, least = core.most, core.least
    base = float(w[rated.options].sum())
    # bound of a set at these prices, relative to the value of the present one
    limit = rated.value - (float(rated.prices.sum()) + base)
    ok = (room >= least_room) & (number + count <= most) & (number + count >= least) & (gain < limit)
    singles: list[tuple[float, tuple[int, ...]]] = [(float(gain[k]), (int(k),)) for k in np.flatnonzero(ok)]
    # those to pair: the best for the money, and the best for the room
    chosen = np.unique(np.r_[np.argsort(gain, kind="stable")[:SINGLES], np.flatnonzero(after < 0)])
    g, r, c, s = gain[chosen], room[chosen], count[chosen], site[chosen]
    total = g[:, None] + g
    fits = (r[:, None] + r >= least_room) & (s[:, None] != s) & (total < limit)
    both = number + c[:, None] + c
    fits &= (both <= most) & (both >= least)
    a, b = np.nonzero(np.triu(fits, 1))
    pairs: list[tuple[float, tuple[int, ...]]] = [
        (float(total[x, y]), (int(chosen[x]), int(chosen[y]))) for x, y in zip(a, b, strict=True)
    ]
    found = sorted(singles + pairs, key=lambda one: one[0])[:most_sets]
    sets = []
    for _, changes in found:
        next_ = now.copy()
        for k in changes:
            next_[site[k]] = after[k]
        sets.append(np.sort(next_[next_ >= 0]))
    return sets
