"""One column of a planner's table in the schema's unit and codes; each cell that cannot be read is told by file and row."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from ...errors import Finding
from .. import convert, schema
from ..checks.base import LIMIT, plain
from . import cells, units
from .mapping import ColumnMap, SourceMap
from .match import code_of, schema_number

ASSUMED = ("currency", "currency/a")  # columns in which a factor of ten thousand is common and rarely said


def converted(
    given: pd.Series, column: schema.Column, match: ColumnMap, entry: SourceMap, findings: list[Finding]
) -> pd.Series:
    """The cells of ``given`` as the schema's column holds them, and what a planner should know of it in ``findings``."""
    where = f"{entry.file}:{entry.layer}" if entry.layer else entry.file
    if column.codes and column.codes != "materials":
        words = convert.strings(given)
        return words.map(
            lambda word: None if word is None else match.codes.get(word) or code_of(word, column.codes) or word
        ).astype("object")
    if column.type == "date":
        return given.map(lambda v: unicodedata.normalize("NFKC", v) if isinstance(v, str) else v)
    if column.type not in ("int", "float"):
        return given
    place = (entry.target, where, match.source)
    scale = units.factor(column.unit, match.unit)
    if scale is None and "carrier" in entry.constants:
        scale = units.carrier_factor(entry.constants["carrier"], match.unit)
    if scale is None:
        values = {"unit": match.unit, "wanted": column.unit}
        findings.append(Finding("layers.unknown_unit", "error", *place, values))
        return pd.Series(np.nan, given.index)
    found = cells.numbers(given, schema_number(column))
    _tell(given, found, place, findings)
    if scale != 1.0:
        values = {"unit": match.unit, "wanted": column.unit, "factor": f"{scale:.10g}", "name": column.name}
        findings.append(Finding("layers.converted", "info", *place, values))
    elif column.unit in ASSUMED and not match.unit and found.values.notna().any() and match.source != column.name:
        median = plain(float(found.values.median()))
        values = {"wanted": column.unit, "median": median}
        findings.append(Finding("layers.unit_assumed", "warning", *place, values))
    return found.values * found.factor.fillna(scale)


def _tell(given: pd.Series, found: cells.Numbers, place: tuple[str, str, str], findings: list[Finding]) -> None:
    """One error a cell that is no number, and a note of how many were read in spite of what stood around them."""
    bad = given.index[found.bad].tolist()
    for row in bad[:LIMIT]:
        values = {"row": row, "value": str(given[row])[:60]}
        findings.append(Finding("layers.not_number", "error", *place, values))
    if len(bad) > LIMIT:
        values = {"count": len(bad) - LIMIT}
        findings.append(Finding("layers.not_number_more", "error", *place, values))
    if found.cleaned.any():
        first = given.index[found.cleaned][0]
        values = {"count": int(found.cleaned.sum()), "row": first, "value": str(given[first])[:60]}
        findings.append(Finding("layers.numbers_cleaned", "info", *place, values))
