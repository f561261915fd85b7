"""What is built when: each works in trains, as demand grows, where waiting is cheaper than building all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

HORIZONS = ("today", "near", "long")


@dataclass(frozen=True)
class Phase:
    """A works at a horizon: demand it serves, capacity that stands, what is added, money then and discounted."""

    site: int
    horizon: str
    year: int
    demand: float
    capacity: float
    added: float
    investment: float
    present: float


def phases(
    extra: Sequence[float],
    standing: Sequence[float],
    load: Mapping[str, np.ndarray],
    demand: Mapping[str, np.ndarray],
    year: Mapping[str, int],
    investment: Callable[[float], float],
    land: Sequence[float],
    interest: float,
    trains: int,
) -> list[Phase]:
    """When each site's works are built.

    Parameters
    ----------
    extra, standing
        (k,) capacity to be built and capacity that stands already at each site.
    load, demand
        By horizon, (k,) capacity taken up and demand served at each site.
    year
        By horizon.
    investment
        Of a works of a size.
    land
        (k,) price of each site's land, paid with the first train.
    interest
        Rate a year at which money is discounted to the first year.
    trains
        Equal parts of a works.

    Notes
    -----
    A train less now costs less now and more in all, for a works is cheaper by the unit the larger it is. Each site is
    built in trains only where the present value of what is spent is lower so.
    """
    horizons = [h for h in HORIZONS if h in load]
    first = min(year[h] for h in horizons)
    found: list[Phase] = []
    for k in range(len(extra)):
        steps = _trains([float(load[h][k]) for h in horizons], float(extra[k]), float(standing[k]), trains)
        whole = _whole([float(load[h][k]) for h in horizons], float(extra[k]), float(standing[k]))
        money = [_spent(plan, float(land[k]), investment) for plan in (steps, whole)]
        worth = [
            [m * (1 + interest) ** -(year[h] - first) for m, h in zip(plan, horizons, strict=True)]
            for plan in money
        ]
        best = 0 if sum(worth[0]) < sum(worth[1]) * (1 - 1e-9) else 1
        plan, spent, present = (steps, whole)[best], money[best], worth[best]
        capacity = float(standing[k])
        for h, added, cost, now in zip(horizons, plan, spent, present, strict=True):
            capacity += added
            if capacity > 0 or demand[h][k] > 0:
                found.append(Phase(k, h, year[h], float(demand[h][k]), capacity, added, cost, now))
    return found


def _trains(load: list[float], extra: float, standing: float, trains: int) -> list[float]:
    """What is added at each horizon, in whole trains; the last takes what is left."""
    built, steps = 0, []
    for number, at in enumerate(load):
        wanted = int(np.ceil(max(0.0, at - standing) / (extra / trains) - 1e-9)) if extra else 0
        wanted = trains if number == len(load) - 1 and extra else min(wanted, trains)
        steps.append(extra * max(0, wanted - built) / trains)
        built = max(built, wanted)
    return steps


def _whole(load: list[float], extra: float, standing: float) -> list[float]:
    """All at the first horizon that asks for more than stands."""
    needed = [number for number, at in enumerate(load) if at > standing * (1 + 1e-9)]
    start = needed[0] if needed else len(load) - 1
    return [extra if number == start else 0.0 for number in range(len(load))]


def _spent(plan: list[float], land: float, investment: Callable[[float], float]) -> list[float]:
    """Money at each horizon; the land is bought with the first train."""
    first = next((n for n, added in enumerate(plan) if added), None)
    return [(investment(a) if a else 0.0) + (land if n == first else 0.0) for n, a in enumerate(plan)]
