"""Numbers as people type them: thousands parted, digits of full width, a dash for nothing, the unit in the cell."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import numpy as np
import pandas as pd

from .. import convert, schema
from . import units

GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
NOTHING = frozenset({"-", "--", "---", "/", "\\", "—", "——", "–", "无", "暂无", "未知", "不详", "空", "n/a", "na", "null", "<null>", "none", "nan"})  # fmt: skip


class Numbers(NamedTuple):
    """Cells read as numbers.

    ``values`` float (n,), ``factor`` (n,) of cells that hold their own unit (NaN elsewhere), ``bad`` cells that are no number,
    ``cleaned`` cells that are one only without what was typed around it.
    """

    values: pd.Series
    factor: pd.Series
    bad: pd.Series
    cleaned: pd.Series


def numbers(given: pd.Series, column: schema.Column) -> Numbers:
    """The numbers of a column's cells.

    Commas count only where they part groups of three digits; a unit behind the number only where it converts to the
    column's. Nothing else is guessed: a decimal comma, a range or ``about 200`` is no number.
    """
    plain, bad = convert.convert(given, column)
    read = {row: _number(str(given[row]), column.unit) for row in given.index[bad]}
    good = {row: pair for row, pair in read.items() if pair is not None}
    values = plain.astype("float64").copy()
    factor = pd.Series(np.nan, given.index)
    cleaned = pd.Series(given.index.isin(list(good)), given.index)
    for row, (number, scale) in good.items():
        values[row], factor[row] = number, scale
    return Numbers(values, factor, bad & ~cleaned, cleaned)


def _number(cell: str, unit: str) -> tuple[float, float] | None:
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell)).replace("−", "-")
    if text.lower() in NOTHING:
        return float("nan"), float("nan")
    match = re.fullmatch(r"([+-]?[\d,.]+)([^\d,.].*)", text)
    number, behind = (match[1], match[2]) if match else (text, "")
    if GROUPED.fullmatch(number):
        number = number.replace(",", "")
    if re.fullmatch(convert.NUMBER, text):
        return float(text), float("nan")
    if not re.fullmatch(convert.NUMBER, number):
        return None
    if not behind:
        return float(number), float("nan")
    factor = units.factor(unit, behind.strip("()"))
    return None if factor is None else (float(number), factor)


def degrees(given: pd.Series) -> pd.Series:
    """Coordinates as floats; ``117°12′36″`` in degrees, what is no coordinate NaN."""
    return given.map(_coordinate).astype("float64")


def _coordinate(cell: object) -> float:
    text = unicodedata.normalize("NFKC", str(cell)).strip() if cell is not None else ""
    parts = re.fullmatch(r"(\d{1,3})[°度]\s*(\d{1,2})[′'分]\s*(?:(\d{1,2}(?:\.\d+)?)[″\"秒]*|'')?\s*[EN]?", text)
    if parts:
        return float(parts[1]) + float(parts[2]) / 60 + float(parts[3] or 0) / 3600
    return float(text) if re.fullmatch(convert.NUMBER, text) else float("nan")
