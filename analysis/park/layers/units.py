"""Units in which planners' tables stand, and the factor to the schema's own."""

from __future__ import annotations

import re
from functools import cache

from parkloop import resources

BRACKETS = re.compile(r"[(（\[【](.+?)[)）\]】]")


@cache
def _factors() -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for row in resources.table("knowledge", "units.csv"):
        for alias in row["alias"].split("|"):
            found[row["column_unit"], _plain(alias)] = float(row["factor"])
    return found


def _plain(text: str) -> str:
    return text.replace(" ", "").replace("·", "").lower()


def factor(column_unit: str, unit: str) -> float | None:
    """What a number in ``unit`` is multiplied with to be in ``column_unit``; None where that is not known."""
    if not unit or _plain(unit) == _plain(column_unit):
        return 1.0
    return _factors().get((column_unit, _plain(unit)))


def split(heading: str, column_unit: str) -> tuple[str, str]:
    """A heading without its unit, and the unit: ``用地面积(亩)`` gives ``用地面积`` and ``亩``.

    A unit stands in brackets, or behind an underscore or slash; only units that convert to ``column_unit`` count.
    """
    for inner in BRACKETS.findall(heading):
        if factor(column_unit, inner) is not None:
            return BRACKETS.sub("", heading).strip(), inner.strip()
    match = re.fullmatch(r"(.+?)[_/\s]([^_/\s]+)", heading)
    if match and factor(column_unit, match[2]) is not None:
        return match[1], match[2]
    return BRACKETS.sub("", heading).strip(), ""
