"""Cost against exposure and CO2: plans none of which is better in everything.

Each point is the best plan for some price of a person exposed and of a tonne of CO2 (a supported point of the front).
First the ends: least cost, least exposure, least CO2. Between two neighbouring points of cost and another goal the
price at which both weigh the same is tried next (dichotomic search; Aneja and Nair 1979, Bicriteria transportation
problem, Management Science 25), the widest triangle first, until no plan lies below the line or enough points are found.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import Literal

import numpy as np

from ...solvers.location import Plan
from .model import Prices
from .plan import Measures

Goal = Literal["exposure", "co2"]
DOMINANT = 30.0  # at an end the goal counts so many times the whole cost of today's plan
SPARE = 1  # location problems beyond the points asked for, as some give a point twice
LEAST_GAIN = 1e-3  # share of today's cost below which two costs are one


@dataclass(frozen=True)
class Point:
    """A plan of the front with the prices for which it is best and what it comes to."""

    plan: Plan
    options: np.ndarray
    prices: Prices
    measures: Measures
    goal: str


def front(
    base: Point,
    most: int,
    solve: Callable[[Prices], tuple[Plan | None, np.ndarray]],
    measure: Callable[[Plan, np.ndarray], Measures | None],
) -> list[Point]:
    """At most ``most`` points, from the cheapest to the dearest, none worse than another in everything.

    Parameters
    ----------
    base
        The plan chosen.
    solve
        The best plan for some prices.
    measure
        What a plan comes to; None where its sites do not stand their last check.
    """
    if most < 1:
        return []
    found = [base]
    budget = most + SPARE

    def add(prices: Prices, goal: str) -> Point | None:
        nonlocal budget
        budget -= 1
        plan, options = solve(prices)
        measures = None if plan is None else measure(plan, options)
        if plan is None or measures is None:
            return None
        point = Point(plan, options, prices, measures, goal)
        found.append(point)
        return point

    cheapest = add(replace(base.prices, person=0.0, co2=0.0), "cost")
    scale = max(abs(base.measures.cost_a), 1.0)
    goals: list[Goal] = ["exposure", "co2"]
    queue: list[tuple[float, int, Goal, Point, Point]] = []
    number = count()  # of two triangles alike the one found first
    for goal in goals:
        most_of = max(_value(point.measures, goal) for point in found)
        if cheapest is None or most_of <= 0:
            continue
        price = DOMINANT * scale / most_of
        end = add(_priced(base.prices, goal, price), goal)
        if end is not None:
            _between(queue, number, goal, [cheapest, base, end])
    while queue and budget > 0 and len(_best(found)) < most:
        _, _, goal, low, high = heapq.heappop(queue)
        gain = _value(low.measures, goal) - _value(high.measures, goal)
        price = (high.measures.cost_a - low.measures.cost_a) / gain
        point = add(_priced(base.prices, goal, price), "mixed")
        if point is not None and _below(point, low, high, goal, price, scale):
            _between(queue, number, goal, [low, point, high])
    return _kept(_best(found), base, most)


def _priced(prices: Prices, goal: Goal, price: float) -> Prices:
    return replace(prices, person=price if goal == "exposure" else 0.0, co2=price if goal == "co2" else 0.0)


def _value(measures: Measures, goal: Goal) -> float:
    return measures.exposed if goal == "exposure" else measures.co2_t


def _between(
    queue: list[tuple[float, int, Goal, Point, Point]], number: Iterator[int], goal: Goal, points: list[Point]
) -> None:
    """Queue the pairs of neighbours between which a price can be tried, by the area of their triangle."""
    ordered = sorted(points, key=lambda p: (p.measures.cost_a, _value(p.measures, goal)))
    for low, high in pairwise(ordered):
        dearer = high.measures.cost_a - low.measures.cost_a
        gain = _value(low.measures, goal) - _value(high.measures, goal)
        if dearer > 0 and gain > 0:
            heapq.heappush(queue, (-dearer * gain, next(number), goal, low, high))


def _below(point: Point, low: Point, high: Point, goal: Goal, price: float, scale: float) -> bool:
    """Whether ``point`` lies below the line from ``low`` to ``high``."""
    line = low.measures.cost_a + price * _value(low.measures, goal)
    here = point.measures.cost_a + price * _value(point.measures, goal)
    return here < line - LEAST_GAIN * scale and point is not high


def _triple(point: Point) -> tuple[float, float, float]:
    m = point.measures
    return float(f"{m.cost_a:.9g}"), float(f"{m.exposed:.9g}"), float(f"{m.co2_t:.9g}")


def _best(points: list[Point]) -> list[Point]:
    """Points that no other beats in all three; the plan chosen stays, for it is what the others are compared with."""
    values = np.array([_triple(point) for point in points])
    kept: list[Point] = []
    seen: set[tuple[float, float, float]] = set()
    for k, point in enumerate(points):
        beaten = ((values <= values[k]).all(1) & (values < values[k]).any(1)).any()
        key = _triple(point)
        if (k == 0 or not beaten) and key not in seen:
            seen.add(key)
            kept.append(point)
    return sorted(kept, key=_triple)


def _kept(points: list[Point], base: Point, most: int) -> list[Point]:
    """No more than ``most`` points: the ends and the plan chosen first."""
    if len(points) <= most:
        return points
    ends = {id(points[0]), id(points[-1]), id(base)}
    middle = [point for point in points if id(point) not in ends]
    room = max(0, most - len(ends))
    step = np.linspace(0, len(middle) - 1, room).round().astype(int) if room else np.empty(0, int)
    wanted = ends | {id(middle[k]) for k in step}
    return [point for point in points if id(point) in wanted]
