"""Sanitary protection distance of fugitive emissions (GB/T 39499-2020, clause 5; the formula of GB/T 3840-91).

    Qc / Cm = (1 / A) (B L^C + 0.25 r^2)^0.5 L^D,    r = (S / pi)^0.5

Qc in kg/h, Cm in mg/m3, L in m, S in m2. The coefficients (``resources/knowledge/protection.csv``) depend on wind, class of the source
and L itself, in three ranges. Within a range the right side grows with L; between ranges it may jump. L is the least
distance at which it reaches the left side, so that L never falls when more is emitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from parkloop import resources

CLASSES = ("I", "II", "III")
HALVINGS = 200  # bisection stops long before, when the interval holds no other number
ROUNDING = ((100.0, 50.0), (1000.0, 100.0), (np.inf, 200.0))  # up to this distance, by this step; clause 6.1


@dataclass(frozen=True)
class Range:
    """Coefficients that hold for L from ``from_m`` (left out) to ``to_m``."""

    from_m: float
    to_m: float
    a: float
    b: float
    c: float
    d: float


@dataclass(frozen=True)
class Protection:
    """A protection distance with all that went into it."""

    qc_kg_h: float
    cm_mg_m3: float
    area_m2: float
    wind_m_s: float
    source_class: str
    distance_m: float
    rounded_m: float
    source: str
    edition: str
    confidence: str


@cache
def _table() -> list[dict[str, str]]:
    return resources.table("knowledge", "protection.csv")


@cache
def ranges(wind_m_s: float, source_class: str) -> tuple[Range, ...]:
    """The ranges of L for a mean wind (below 2, 2 to 4, above 4 m/s) and a class of source, by distance.

    Raises
    ------
    ValueError
        The class is none of ``CLASSES``, or the wind is negative or no number.
    """
    if source_class not in CLASSES or not wind_m_s >= 0:
        raise ValueError(f"no coefficients for class {source_class!r} and wind {wind_m_s!r}")
    band = 0.0 if wind_m_s < 2 else 2.0 if wind_m_s <= 4 else 4.0
    rows = [row for row in _table() if row["class"] == source_class and float(row["wind_from_m_s"]) == band]
    found = [
        Range(float(row["from_m"]), float(row["to_m"] or "inf"), *(float(row[name]) for name in "abcd"))
        for row in rows
    ]
    return tuple(sorted(found, key=lambda part: part.from_m))


def right_side(part: Range, distance_m: float, area_m2: float) -> float:
    """(1 / A) (B L^C + 0.25 r^2)^0.5 L^D of one range."""
    r2 = area_m2 / np.pi
    return float((part.b * distance_m**part.c + 0.25 * r2) ** 0.5 * distance_m**part.d / part.a)


def distance(qc_kg_h: float, cm_mg_m3: float, area_m2: float, wind_m_s: float, source_class: str) -> float:
    """The least L in m at which the right side of the formula reaches Qc / Cm; 0 where nothing escapes.

    Raises
    ------
    ValueError
        An input is negative, no number, or the limit is 0.
    """
    if not (np.isfinite(qc_kg_h) and qc_kg_h >= 0 and cm_mg_m3 > 0 and np.isfinite(area_m2) and area_m2 >= 0):
        raise ValueError(f"no protection distance for Qc {qc_kg_h}, Cm {cm_mg_m3}, S {area_m2}")
    wanted = qc_kg_h / cm_mg_m3
    if wanted == 0:
        return 0.0
    for part in ranges(wind_m_s, source_class):
        low, high = part.from_m, part.to_m
        if not np.isfinite(high):
            high = 2 * low
            while right_side(part, high, area_m2) < wanted:
                high *= 2
        elif right_side(part, high, area_m2) < wanted:
            continue
        if low > 0 and right_side(part, low, area_m2) >= wanted:
            return low  # the jump at the seam passes over the value
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            low, high = (middle, high) if right_side(part, middle, area_m2) < wanted else (low, middle)
        return high
    raise AssertionError("the last range is open")


def rounded(distance_m: float) -> float:
    """The distance rounded up: by 50 m to 100 m, by 100 m to 1,000 m, by 200 m above; 0 stays 0.

    Examples
    --------
    >>> [rounded(d) for d in (0, 12, 50, 51, 100, 208, 1000, 1001)]
    [0.0, 50.0, 50.0, 100.0, 100.0, 300.0, 1000.0, 1200.0]
    """
    if distance_m <= 0:
        return 0.0
    step = next(step for top, step in ROUNDING if distance_m <= top)
    return float(max(np.ceil(round(distance_m / step, 9)), 1) * step)


def combined(rounded_m: Iterable[float]) -> float:
    """The distance of several gases of one source: the largest, one grade more where two or more share it (6.2)."""
    ordered = sorted(rounded_m, reverse=True)
    if not ordered or ordered[0] <= 0:
        return 0.0
    return rounded(ordered[0] + 1e-6) if ordered.count(ordered[0]) > 1 else ordered[0]


def protection(
    qc_kg_h: float, cm_mg_m3: float, area_m2: float, wind_m_s: float, source_class: str = "II"
) -> Protection:
    """The distance of one gas, with its inputs, edition and confidence."""
    length = distance(qc_kg_h, cm_mg_m3, area_m2, wind_m_s, source_class)
    row = _table()[0]
    return Protection(
        qc_kg_h,
        cm_mg_m3,
        area_m2,
        wind_m_s,
        source_class,
        length,
        rounded(length),
        row["source"],
        row["edition"],
        row["confidence"],
    )


def worst(marks: Sequence[str]) -> str:
    """The lowest of several confidences.

    Examples
    --------
    >>> worst(["h", "l", "m"])
    'l'
    """
    return max(marks, key="hml".index)
