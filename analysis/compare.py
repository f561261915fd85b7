"""Two runs side by side: each step's figures, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .runfolder import read_document


@dataclass(frozen=True)
class Difference:
    """One figure of two runs; ``None`` where a run does not have it."""

    step: str
    figure: str
    label: dict[str, str]
    unit: str
    first: float | None
    second: float | None

    @property
    def change(self) -> float | None:
        """Second less first."""
        return None if self.first is None or self.second is None else self.second - self.first


def compare(first: Path, second: Path) -> list[Difference]:
    """Every figure that either run has, in the order of the steps.

    Raises
    ------
    InputError
        A folder is not a run.
    """
    a, b = (_figures(read_document(folder)) for folder in (first, second))
    rows = []
    for key in [*a, *(key for key in b if key not in a)]:
        known = a.get(key) or b[key]
        rows.append(
            Difference(
                *key,
                label=known["label"],
                unit=known["unit"],
                first=a[key]["value"] if key in a else None,
                second=b[key]["value"] if key in b else None,
            )
        )
    return rows


def _figures(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (step, name): figure
        for step, content in document["steps"].items()
        for name, figure in content["figures"].items()
    }
