"""The next best sets of sites: what it costs to do without a site, or to take another instead.

The sets of sites other than those already listed are split into disjoint parts (Lawler 1972, A procedure for computing
the k best solutions to discrete optimization problems, Management Science 18): for a best set s1..sp of a part, those
without s1; those with s1 and without s2; ...; those with all of them and one more. Each part is a location problem with
some sites closed and some open; the best of all parts comes next, and the least of their bounds says how far it can be
from the truly next best.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...solvers.location import Plan
from .model import Model

MOST_PROBLEMS = 60  # location problems solved for one utility's alternatives


@dataclass(frozen=True)
class Alternative:
    """A set of sites (sorted places): its plan, the options it chose from, how far from the next best it can be."""

    places: tuple[int, ...]
    plan: Plan
    options: np.ndarray
    gap: float


@dataclass(frozen=True)
class _Part:
    """Sets with all of ``inside``, none of ``outside`` and at least ``least`` sites."""

    inside: frozenset[int]
    outside: frozenset[int]
    least: int


def alternatives(
    model: Model,
    chosen: tuple[int, ...],
    count: int,
    solve: Callable[..., tuple[Plan | None, np.ndarray]],
    stands: Callable[[Plan, np.ndarray], bool],
    shortlist: np.ndarray,
    most_problems: int = MOST_PROBLEMS,
) -> list[Alternative]:
    """The ``count`` best sets of sites other than ``chosen`` (places with a works that is built or serves).

    Parameters
    ----------
    solve
        ``solve(must=(c,) bool, options=(o,) bool, least_sites=k)`` gives a plan and its options.
    stands
        Whether a plan's sites pass their last check; a set that does not is passed over.
    shortlist
        (c,) bool, sites that are looked at.
    """
    found: list[Alternative] = []
    queue: list[tuple[float, float, int, _Part, tuple[int, ...], Plan, np.ndarray]] = []
    solved = 0

    def split(part: _Part, places: tuple[int, ...]) -> None:
        """Queue what is left of ``part`` without the set ``places``."""
        nonlocal solved
        inside = set(part.inside)
        pieces = []
        for place in places:
            if place not in part.inside:
                pieces.append(_Part(frozenset(inside), part.outside | {place}, part.least))
                inside.add(place)
        pieces.append(_Part(frozenset(places) | part.inside, part.outside, max(part.least, len(places) + 1)))
        for piece in pieces:
            if solved >= most_problems or len(piece.inside) > model.most_sites or piece.least > model.most_sites:
                continue
            solved += 1
            plan, options = _solve(model, piece, solve, shortlist)
            if plan is None:
                continue
            set_of = sites_of(model, plan, options)
            if not piece.inside <= set(set_of) or len(set_of) < piece.least:
                continue  # the solver opened a site to fulfil the rule and left it unused
            bound = plan.answer.objective if plan.answer.bound is None else plan.answer.bound
            heapq.heappush(queue, (round(plan.answer.objective, 6), bound, solved, piece, set_of, plan, options))

    split(_Part(frozenset(), frozenset(), 1), chosen)
    while queue and len(found) < count:
        least = min(entry[1] for entry in queue)
        _, _, _, part, places, plan, options = heapq.heappop(queue)
        if model.whole(plan) and stands(plan, options):
            gap = max(0.0, plan.answer.objective - least) / max(1.0, abs(plan.answer.objective))
            found.append(Alternative(places, plan, options, gap))
        if len(found) < count:
            split(part, places)
    return found


def _solve(
    model: Model, part: _Part, solve: Callable[..., tuple[Plan | None, np.ndarray]], shortlist: np.ndarray
) -> tuple[Plan | None, np.ndarray]:
    must = np.zeros(model.sites, bool)
    must[list(part.inside)] = True
    barred = np.zeros(model.sites, bool)
    barred[list(part.outside)] = True
    offered = model.regular & (shortlist | must)[model.place] & ~barred[model.place]
    if not offered.any():
        return None, np.empty(0, int)
    return solve(must=must, options=offered, least_sites=part.least)


def sites_of(model: Model, plan: Plan, options: np.ndarray) -> tuple[int, ...]:
    """Places of a plan at which something is built or someone is served, sorted."""
    opened = np.flatnonzero(plan.option >= 0)
    built = model.extra[options[plan.option[opened]]] > 0
    served = np.asarray(plan.share.sum(0)).ravel()[opened] > 1e-9
    return tuple(int(place) for place in opened[built | served])
