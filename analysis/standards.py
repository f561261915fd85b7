"""Thresholds and factors, each with its source, edition, clause and confidence.

The numbers stand in ``resources/standards/*.csv`` (columns key, value, unit, source, edition, clause, confidence,
note_en, note_zh). A planner overrides any of them in the scenario's ``[standards]`` table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from parkloop import resources


@dataclass(frozen=True)
class Standard:
    """One number of a standard.

    ``confidence`` is ``h``, ``m`` or ``l``; with m and l reports add "to be confirmed against the printed
    standard". An override of the planner has the source ``user``.
    """

    key: str
    value: float
    unit: str
    source: str
    edition: str
    clause: str
    confidence: str
    note_en: str = ""
    note_zh: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


# The keys that a step asks for; None while nobody listens.
_asked: ContextVar[set[str] | None] = ContextVar("asked", default=None)


@contextmanager
def listening() -> Iterator[set[str]]:
    """The set of keys that are read inside the block, so that a result can name the numbers it stands on."""
    keys: set[str] = set()
    token = _asked.set(keys)
    try:
        yield keys
    finally:
        _asked.reset(token)


@cache
def _all() -> dict[str, Standard]:
    found: dict[str, Standard] = {}
    for path in sorted((resources.ROOT / "standards").glob("*.csv")):
        for row in resources.table("standards", path.name):
            if row["key"] in found:
                raise ValueError(f"standards: {row['key']} stands in two files")
            found[row["key"]] = Standard(**{**row, "value": float(row["value"])})  # type: ignore[arg-type]
    return found


class Standards(Mapping[str, Standard]):
    """All standards with the planner's overrides laid over them.

    Examples
    --------
    >>> Standards({"water.velocity_max": 2.0})["water.velocity_max"].source
    'user'
    """

    def __init__(self, overrides: Mapping[str, float] | None = None) -> None:
        self._overrides = dict(overrides or {})
        unknown = sorted(set(self._overrides) - set(_all()))
        if unknown:
            from .errors import InputError

            raise InputError.of("scenario.unknown_standard", column=unknown[0])

    def __getitem__(self, key: str) -> Standard:
        base = _all()[key]
        asked = _asked.get()
        if asked is not None:
            asked.add(key)
        if key not in self._overrides:
            return base
        return Standard(key, float(self._overrides[key]), base.unit, "user", "", "", "h")

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(_all())

    def __len__(self) -> int:
        return len(_all())

    def value(self, key: str) -> float:
        """Just the number, for formulas."""
        return self[key].value
