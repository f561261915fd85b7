"""How the answer moves when demand or a price is higher or lower."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...solvers.location import Plan
from .model import Model, Prices

FACTORS = ("demand", "works", "carriage")


@dataclass(frozen=True)
class Change:
    """The best plan after a change, and what staying with the chosen sites would weigh more a year then.

    ``keep_regret`` is None where the chosen sites cannot serve everyone then, whatever their size.
    """

    factor: str
    change_pct: float
    prices: Prices
    plan: Plan
    options: np.ndarray
    keep_regret: float | None


def changes(
    model: Model,
    prices: Prices,
    places: tuple[int, ...],
    change_pct: float,
    solve: Callable[..., tuple[Plan | None, np.ndarray]],
    shortlist: np.ndarray,
) -> list[Change]:
    """Solve again with each factor moved down and up by ``change_pct``.

    Demand moved up may be met by larger works than any offered for today's. Staying keeps the sites and lets their
    sizes follow.
    """
    stay = np.zeros(model.sites, bool)
    stay[list(places)] = True
    found = []
    for factor in FACTORS:
        for change in (-change_pct, change_pct):
            by = 1 + change / 100
            moved = replace(prices, **{factor: getattr(prices, factor) * by})
            if factor == "carriage":  # energy on the way is part of its price
                moved = replace(moved, energy=prices.energy * by)
            larger = np.ones(len(model.place), bool) if factor == "demand" and change > 0 else model.regular
            free, options = solve(moved, options=larger & (shortlist | stay)[model.place])
            kept, kept_options = solve(moved, options=larger & stay[model.place], must=stay)
            if free is None:
                continue
            keep_regret = None
            if kept is not None:
                if kept.answer.objective < free.answer.objective:  # within the gap staying was found better
                    free, options = kept, kept_options
                if model.whole(kept):
                    keep_regret = kept.answer.objective - free.answer.objective
            found.append(Change(factor, change, moved, free, options, keep_regret))
    return found
