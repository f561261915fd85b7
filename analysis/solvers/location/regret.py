"""What it costs at least to open a site that a plan does without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import Cancelled
from .core import lay_out
from .model import Plan, Problem
from .relaxation import Ascent, Point, Relaxation, first_prices

ITERATIONS = 8
LEAST_STEP = 0.05


def site_bounds(
    problem: Problem, plan: Plan, cutoff: float, cancelled: Callable[[], bool] = lambda: False
) -> np.ndarray:
    """(m,) lower bound of the cost of every plan in which each site is open; at most ``cutoff`` is told apart.

    Infinite for a site that can be in no plan. Taken from the Lagrangian relaxation at the prices of ``plan`` (or ones found
    anew): the value of the relaxation once an option of the site is opened.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    found = np.full(problem.cost.shape[1], np.inf)
    core = lay_out(problem)
    if core is None or not len(core.site):
        return found
    known = plan.prices is not None
    ascent = Ascent(
        Relaxation(core),
        np.where(np.isfinite(plan.prices), plan.prices, 0.0) if plan.prices is not None else first_prices(core),
        step=0.3 if known else 1.0,
    )

    def visit(point: Point, better: bool) -> bool:
        if cancelled():
            raise Cancelled()
        return False

    ascent.run(ITERATIONS, lambda: plan.answer.objective, False, LEAST_STEP, visit)
    if ascent.best is None:
        return found
    lift, _, _ = ascent.relaxation.lifts(ascent.best, cutoff)
    np.minimum.at(found, core.site, np.minimum(lift, cutoff))
    return found
