"""The word for an answer, from its objective and its bound."""

from __future__ import annotations

import numpy as np

from ..steps import Answer
from .milp import OPTIMAL_GAP


def judged(
    objective: float,
    bound: float | None,
    late: bool,
    seconds: float,
    name: str,
    unit: str,
    *,
    maximise: bool = False,
) -> Answer:
    """The answer for an objective and its bound, None where there is none; a bound is never beyond the objective.

    ``late`` says that the clock ran out.
    """
    if bound is None or not np.isfinite(objective):
        return Answer(name, objective, bound, None, "time_limit" if late else "heuristic", seconds, unit)
    bound = max(bound, objective) if maximise else min(bound, objective)
    gap = abs(objective - bound) / max(1.0, abs(objective))
    word = "optimal" if gap <= OPTIMAL_GAP else "time_limit" if late else "certified"
    return Answer(name, float(objective), float(bound), float(gap), word, seconds, unit)
