"""Turning cells into the types of the schema, and saying which of them cannot be turned.

The one place that knows what counts as a number, a date or a yes. Nothing is guessed: a decimal comma, a
thousands separator or a unit behind the number is a cell that cannot be read, not a number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from . import schema

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
LARGEST_WHOLE = 2.0**53  # beyond this a float no longer holds every whole number
YES = frozenset({"true", "yes", "y", "1", "1.0", "t", "是", "√", "✓"})
NO = frozenset({"false", "no", "n", "0", "0.0", "f", "否", "×", "✗"})
# year, year and month, or a full day; the separators of ISO 8601 and of Chinese dates
DATE = r"^(?P<y>\d{4})(?:[-/.年]?(?P<m>\d{1,2})(?:[-/.月]?(?P<d>\d{1,2})日?)?)?[年月]?(?:[ T]\d{1,2}:\d{2}.*)?$"


def convert(given: pd.Series, column: schema.Column) -> tuple[pd.Series, pd.Series]:
    """Cells as the column's type, and where that fails.

    Parameters
    ----------
    given
        Cells of any type, shape (n,).
    column
        The schema's column.

    Returns
    -------
    values, bad
        Both (n,) on the index of ``given``. ``values`` are text (object; missing is None), float64 (``int``
        columns too; missing is NaN), boolean (nullable) or datetime64[ns]. ``bad`` is True for cells that hold something
        which is not of the type; their value is missing. Empty and blank cells are missing, not bad.
    """
    turn = {"text": _texts, "bool": _bools, "date": _dates, "int": _wholes, "float": _numbers}[column.type]
    values, bad = turn(given)
    return values.rename(column.name), bad.astype("bool")


def strings(given: pd.Series) -> pd.Series:
    """Cells as stripped strings (object), None where empty; whole floats without their ``.0``."""
    cells = np.asarray(given, dtype=object)
    if types.infer_dtype(cells, skipna=True) not in (
        "string",
        "empty",
    ):  # 1, 1.0 and True are equal, but not the same text
        return pd.Series([_string(value) for value in cells], index=given.index, dtype="object")
    code, different = pd.factorize(cells)  # texts repeat: each is looked at once
    found = np.array([*(_string(value) for value in different), None], dtype=object)
    return pd.Series(found[code], index=given.index, dtype="object")


def _string(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else str(int(value)) if float(value).is_integer() else str(value)
    return str(value).strip() or None


def _texts(given: pd.Series) -> tuple[pd.Series, pd.Series]:
    return strings(given), pd.Series(False, index=given.index)


def _numbers(given: pd.Series) -> tuple[pd.Series, pd.Series]:
    if types.is_numeric_dtype(given.dtype) and not types.is_bool_dtype(given.dtype):
        return given.astype("float64"), pd.Series(False, index=given.index)
    text = strings(given)
    real = given.map(lambda v: isinstance(v, int | float | np.number) and not isinstance(v, bool | np.bool_))
    fits = (text.astype("string").str.fullmatch(NUMBER) | real.astype("boolean")).fillna(False).astype("bool")
    values = pd.Series(np.nan, index=given.index, dtype="float64")
    values[fits] = text[fits].astype("float64")
    return values, text.notna() & ~fits


def _wholes(given: pd.Series) -> tuple[pd.Series, pd.Series]:
    values, bad = _numbers(given)
    broken = values.notna() & ~((values == values.round()) & (values.abs() < LARGEST_WHOLE))
    return values.where(~broken), bad | broken


def _bools(given: pd.Series) -> tuple[pd.Series, pd.Series]:
    word = strings(given).astype("string").str.lower()
    yes, no = word.isin(YES), word.isin(NO)
    values = pd.Series(pd.NA, index=given.index, dtype="boolean").mask(yes, True).mask(no, False)
    return values, word.notna() & ~yes & ~no


def _dates(given: pd.Series) -> tuple[pd.Series, pd.Series]:
    if types.is_datetime64_any_dtype(given.dtype):
        plain = given.dt.tz_localize(None) if given.dt.tz is not None else given
        # land registers write 9999 for "for ever", beyond what nanoseconds can hold
        fits = plain.dt.year.between(1678, 2261)
        return plain.where(fits).astype("datetime64[ns]"), plain.notna() & ~fits
    text = strings(given)
    part = text.astype("string").str.extract(DATE)
    day = part["y"] + "-" + part["m"].fillna("1").str.zfill(2) + "-" + part["d"].fillna("1").str.zfill(2)
    values = pd.to_datetime(day.astype("object"), format="%Y-%m-%d", errors="coerce").astype("datetime64[ns]")
    return values, text.notna() & values.isna()
