"""The next best plans: what it costs to build nothing at a site, or to build at another instead.

Two plans are different where they build at different sites; works that stand may be used in any of them. The sets of
sites other than those already listed are split into parts (Lawler 1972, A procedure for computing the k best solutions to
discrete optimization problems, Management Science 18): for a best set s1..sp of a part, those without s1; those with s1 and
without s2; ...; those with all of them and one more. Each part is a location problem with some sites closed and some
open; the best of all parts comes next, and the least of their bounds says how far it can be from the truly next best.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...solvers.location import Plan
from .model import Model

MOST_PROBLEMS = 12  # location problems solved for one utility's alternatives


@dataclass(frozen=True)
class Alternative:
    """A plan that builds at other sites, the options it chose from, how far from the next best it can be."""

    plan: Plan
    options: np.ndarray
    gap: float


@dataclass(frozen=True)
class _Part:
    """Plans that build at all of ``inside`` and nowhere of ``outside``; with ``more`` also where nothing stands yet."""

    inside: frozenset[int]
    outside: frozenset[int]
    more: bool = False


def alternatives(
    model: Model,
    chosen: frozenset[int],
    count: int,
    solve: Callable[..., tuple[Plan | None, np.ndarray]],
    stands: Callable[[Plan, np.ndarray], bool],
    shortlist: np.ndarray,
    most_problems: int = MOST_PROBLEMS,
) -> list[Alternative]:
    """The ``count`` best plans other than that which builds at the sites ``chosen``, the best first.

    Parameters
    ----------
    solve
        ``solve(must=(c,) bool, options=(o,) bool, least_sites=k, most_sites=k)`` gives a plan and its options.
    stands
        Whether a plan's sites pass their last check; one that does not is passed over.
    shortlist
        (c,) bool, sites that are looked at.
    """
    found: list[Alternative] = []
    seen = {chosen}
    queue: list[tuple[float, int, float, _Part, Plan, np.ndarray]] = []
    solved = 0

    def split(part: _Part, built: frozenset[int]) -> None:
        """Queue what is left of ``part`` without the plans that build at exactly ``built``."""
        nonlocal solved
        for piece in _pieces(model, part, built):
            if solved >= most_problems:
                return
            solved += 1
            plan, options = _solve(model, piece, solve, shortlist)
            if plan is None or int((plan.option >= 0).sum()) > model.most_sites + int(_standing(model).sum()):
                continue
            bound = plan.answer.objective if plan.answer.bound is None else plan.answer.bound
            heapq.heappush(queue, (round(plan.answer.objective, 6), solved, bound, piece, plan, options))

    split(_Part(frozenset(), frozenset()), chosen)
    while queue and len(found) < count:
        least = min(entry[2] for entry in queue)
        _, _, _, part, plan, options = heapq.heappop(queue)
        built = built_of(model, plan, options)
        if built not in seen and model.whole(plan) and stands(plan, options):
            gap = max(0.0, plan.answer.objective - least) / max(1.0, abs(plan.answer.objective))
            found.append(Alternative(plan, options, gap))
        seen.add(built)
        if len(found) < count:
            split(part, built)
    return found


def _pieces(model: Model, part: _Part, built: frozenset[int]) -> list[_Part]:
    inside = set(part.inside)
    pieces = []
    for place in sorted(built - part.inside):
        pieces.append(_Part(frozenset(inside), part.outside | {place}, part.more))
        inside.add(place)
    whole = built | part.inside
    pieces.append(_Part(whole, part.outside, more=True))
    able = np.bincount(model.place[model.extra > 0], minlength=model.sites) > 0
    extendable = set(np.flatnonzero(_standing(model) & able).tolist())
    pieces += [_Part(whole | {place}, part.outside) for place in sorted(extendable - whole - part.outside)]
    return pieces


def _standing(model: Model) -> np.ndarray:
    """(c,) bool, sites where works stand that may be used."""
    return np.bincount(model.place[model.kept > 0], minlength=model.sites) > 0


def _solve(
    model: Model, part: _Part, solve: Callable[..., tuple[Plan | None, np.ndarray]], shortlist: np.ndarray
) -> tuple[Plan | None, np.ndarray]:
    inside, outside, standing = np.zeros(model.sites, bool), np.zeros(model.sites, bool), _standing(model)
    inside[list(part.inside)] = True
    outside[list(part.outside)] = True
    builds = model.extra > 0
    offered = model.regular & (shortlist | inside | standing)[model.place]
    offered &= np.where(builds, ~outside[model.place], ~inside[model.place])
    if not offered.any():
        return None, np.empty(0, int)
    if not part.more:
        return solve(must=inside, options=offered)
    # works that stand are counted as open, which costs nothing, so that one more can only be a new one
    must = inside | standing
    return solve(
        must=must,
        options=offered,
        least_sites=int(must.sum()) + 1,
        most_sites=model.most_sites + int(standing.sum()),
    )


def built_of(model: Model, plan: Plan, options: np.ndarray) -> frozenset[int]:
    """Places at which a plan builds."""
    opened = np.flatnonzero(plan.option >= 0)
    return frozenset(int(place) for place in opened[model.extra[options[plan.option[opened]]] > 0])


def sites_of(model: Model, plan: Plan, options: np.ndarray) -> tuple[int, ...]:
    """Places of a plan at which something is built or someone is served, sorted."""
    opened = np.flatnonzero(plan.option >= 0)
    served = np.asarray(plan.share.sum(0)).ravel()[opened] > 1e-9
    return tuple(sorted(built_of(model, plan, options) | {int(place) for place in opened[served]}))
