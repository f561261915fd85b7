"""What every step of the analysis takes and gives.

A step is a function ``run(park, scenario, results, progress) -> StepResult``. It reads the park, the
scenario and the results of earlier steps, and changes none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from .errors import Cancelled, Finding


@dataclass(frozen=True)
class Figure:
    """A number with its unit and the share of it (0 to 1) that rests on estimates."""

    value: float | None
    unit: str = ""
    estimated_share: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What an optimisation found and how far from the best possible it can be.

    ``gap`` is relative: (objective - bound) / max(1, abs(objective)) for a minimum. ``status`` is a word: ``optimal``
    (closed to 1e-6), ``certified`` (a bound is known), ``heuristic`` (none is), ``infeasible``,
    ``time_limit`` (the safety net of the clock was hit; the answer may differ elsewhere).
    """

    name: str
    objective: float
    bound: float | None
    gap: float | None
    status: str
    seconds: float
    unit: str = ""


@dataclass
class StepResult:
    """Everything a step found.

    Parameters
    ----------
    tables
        Result layers by name, each described in ``resources/schema/results/<name>.csv``; frames with geometry
        are in the park's working CRS. First column is the key, rows sorted by it.
    figures
        Key figures by name; labels are the texts ``<step>.figure.<name>``.
    headline
        Text key and values of the few words the dock shows for the step.
    answers
        One per optimised answer.
    findings
        What a planner should know of this step's input or result.
    standards
        Keys of the standards that the step read, sorted; the pipeline fills them in.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    headline: tuple[str, dict[str, Any]] = ("", {})
    answers: list[Answer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    standards: list[str] = field(default_factory=list)


class Progress:
    """Where a step reports how far it is and learns that the user cancelled.

    Parameters
    ----------
    listener
        Called with (fraction of the step 0..1, text key, values of the text).
    cancelled
        Asked by ``check`` and by solvers' callbacks.
    """

    def __init__(
        self,
        listener: Callable[[float, str, Mapping[str, Any]], None] = lambda fraction, key, values: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._listener = listener
        self.cancelled = cancelled

    def __call__(self, fraction: float, key: str = "", **values: Any) -> None:
        """Report ``fraction`` (0..1) of this step; raises Cancelled where the user asked to stop."""
        self.check()
        self._listener(min(max(fraction, 0.0), 1.0), key, values)

    def check(self) -> None:
        """Raise ``Cancelled`` where the user asked to stop."""
        if self.cancelled():
            raise Cancelled()

    def part(self, start: float, end: float) -> Progress:
        """A progress whose 0..1 is ``start``..``end`` of this one."""
        return Progress(lambda f, k, v: self._listener(start + (end - start) * f, k, v), self.cancelled)
