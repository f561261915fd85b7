"""Units in which planners' tables stand, and the factor to the schema's own."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from parkloop import resources

from ...standards import Standards

BRACKETS = re.compile(r"[(（\[【](.+?)[)）\]】]")
# what looks like a unit, though it may not be one of the column's
UNITLIKE = re.compile(
    r".{0,4}(元|美金|吨|米|亩|顷|时|度|焦|煤|方|瓦|卡|%|％)|.{0,6}/.{1,4}|(k|m|g)?(wh|w|j|t|pa)|m[23²³]|ha|eur|usd|cny|rmb|chf|gbp|jpy|tce",
    re.IGNORECASE,
)
VOLUME = re.compile(r"(万)?(?:标准)?(?:m3|nm3|立方米?|方|标方)(?:/a|/年)?")


@cache
def _factors() -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for row in resources.table("knowledge", "units.csv"):
        for alias in row["alias"].split("|"):
            found[row["column_unit"], _plain(alias)] = float(row["factor"])
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\s·.]", "", unicodedata.normalize("NFKC", text)).lower()


def factor(column_unit: str, unit: str) -> float | None:
    """What a number in ``unit`` is multiplied with to be in ``column_unit``; None where that is not known."""
    if not unit or _plain(unit) == _plain(column_unit):
        return 1.0
    return _factors().get((column_unit, _plain(unit)))


def carrier_factor(carrier: str, unit: str) -> float | None:
    """GJ in one ``unit`` (mass, or volume of natural gas) of a carrier, by its lower heating value; None where not known."""
    standards = Standards()
    volume = VOLUME.fullmatch(_plain(unit))
    if volume and carrier == "natural_gas":
        return (1e4 if volume[1] else 1.0) * standards.value("siting.gas.heat_value_mj_m3") / 1000
    tonnes = factor("t/a", unit) if unit else None
    key = f"energy.ncv_{carrier}"
    return tonnes * standards.value(key) if tonnes is not None and key in standards else None


def split(heading: str, column_unit: str) -> tuple[str, str]:
    """A heading without its unit, and the unit: ``用地面积(亩)`` gives ``用地面积`` and ``亩``.

    A unit stands in brackets, behind an underscore, slash, colon or comma, or, in Chinese, right behind the name. What
    stands in brackets and looks like a unit is given though it cannot be converted, so that it is not overlooked.
    """
    bare = BRACKETS.sub("", heading).strip()
    if not column_unit:
        return bare, ""
    doubtful = ""
    for inner in BRACKETS.findall(heading):
        for part in re.split(r"[,，;；、:：\s]+", inner):
            if part and factor(column_unit, part) is not None:
                return bare, part.strip()
            if UNITLIKE.fullmatch(unicodedata.normalize("NFKC", part)):
                doubtful = part.strip()
    if doubtful:
        return bare, doubtful
    for mark in re.finditer(r"[_/\s:：,，\-]+", heading):
        name, unit = heading[: mark.start()], heading[mark.end() :]
        if name and unit and factor(column_unit, unit) is not None:
            return name, unit
    for size in range(min(5, len(heading) - 2), 1, -1):
        unit = heading[-size:]
        if not unit.isascii() and factor(column_unit, unit) is not None:
            return heading[:-size].strip(), unit
    return bare, ""
