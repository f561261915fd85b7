"""Does each cell fit the schema? Types first, then what pandera checks on the typed cells: presence, bounds, codes."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ...errors import Finding
from .. import schema
from ..convert import convert, strings
from .base import Cells, each
from .structure import ids_of, row_ids

WRONG_TYPE = {
    "int": "check.not_whole",
    "float": "check.not_number",
    "bool": "check.not_boolean",
    "date": "check.not_date",
}


def typed(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    """The frame with every schema column that it has in its type, and a finding for each cell that has no such value.

    Cells that cannot be turned are missing in the result.
    """
    findings: list[Finding] = []
    turned: dict[str, pd.Series] = {}
    for column in schema.layers()[name].columns.values():
        if column.name not in frame:
            continue
        values, bad = convert(frame[column.name], column)
        turned[column.name] = values
        if bad.any():
            cells = strings(frame[column.name][bad]).to_numpy()
            told: dict[str, Cells] = {"value": cells, "unit": [column.unit] * len(cells)}
            ids = ids_of(frame, name, bad)
            findings += each(WRONG_TYPE[column.type], "error", name, ids, column.name, told)
    return frame.assign(**turned), findings


def fits(frame: pd.DataFrame, name: str, unread: pd.DataFrame | None = None) -> list[Finding]:
    """Findings on typed cells: required ones missing, not finite, out of bounds, unknown codes.

    ``unread`` (same shape of index) marks cells already told to be of the wrong type, which are not missing.
    """
    columns = schema.layers()[name].columns
    findings: list[Finding] = []
    for column_name, key, rows in failures(frame, name):
        column = columns[column_name]
        if key == "check.value_missing" and unread is not None and column_name in unread:
            rows = rows[~unread.loc[rows, column_name].to_numpy(bool)]
        if not len(rows):
            continue
        cells = frame.loc[rows, column_name].to_numpy()
        n = len(rows)
        about: dict[str, Cells] = {"value": cells, "unit": [column.unit] * n}
        if key in ("check.too_small", "check.too_large"):
            about["limit"] = [column.minimum if key == "check.too_small" else column.maximum] * n
        if key == "check.unknown_code":
            near = {cell: ", ".join(nearest(column, cell)) for cell in set(cells)}
            about["near"] = [near[cell] for cell in cells]
        findings += each(key, "error", name, row_ids(frame, name).loc[rows].to_numpy(), column_name, about)
    return findings


def failures(frame: pd.DataFrame, name: str) -> list[tuple[str, str, np.ndarray]]:
    """(column, key of the finding, index of the rows) of everything in typed cells that the schema does not allow."""
    try:
        with warnings.catch_warnings():  # pandera joins its tables of failures in a way that pandas 2 warns of
            warnings.simplefilter("ignore", FutureWarning)
            _checks(name).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as failed:
        groups = failed.failure_cases.groupby(["column", "check"], sort=True)
        return [(column, key, group["index"].to_numpy()) for (column, key), group in groups]
    return []


@cache
def _checks(name: str) -> pa.DataFrameSchema:
    """The pandera schema of a layer; each check's error is the key of its finding's text."""

    def check(test: Callable[[pd.Series], pd.Series], key: str) -> pa.Check:
        return pa.Check(test, error=key, name=key, ignore_na=key != "check.value_missing")

    wanted: dict[str, pa.Column] = {}
    for column in schema.layers()[name].columns.values():
        checks = []
        if column.required:
            checks.append(check(lambda s: s.notna(), "check.value_missing"))
        if column.type in ("int", "float"):
            checks.append(check(lambda s: ~np.isinf(s), "check.not_finite"))
            if column.minimum is not None:
                checks.append(check(partial(_at_least, column.minimum), "check.too_small"))
            if column.maximum is not None:
                checks.append(check(partial(_at_most, column.maximum), "check.too_large"))
        if column.codes:
            checks.append(check(partial(_among, schema.codes(column)), "check.unknown_code"))
        wanted[column.name] = pa.Column(checks=checks, nullable=True, required=False)
    return pa.DataFrameSchema(wanted)


def _at_least(low: float, cells: pd.Series) -> pd.Series:
    return (cells >= low) | np.isinf(cells)


def _at_most(high: float, cells: pd.Series) -> pd.Series:
    return (cells <= high) | np.isinf(cells)


def _among(codes: tuple[str, ...], cells: pd.Series) -> pd.Series:
    return cells.isin(codes)


def nearest(column: schema.Column, cell: str) -> list[str]:
    """Up to three codes that ``cell`` may mean: by label or alias first, then by likeness."""
    exact = meant(column, cell)
    if exact:
        return [exact]
    names = names_of_codes(column)
    near = difflib.get_close_matches(cell.lower(), names, 6, 0.5)
    return list(dict.fromkeys(names[n] for n in near))[:3] or list(schema.codes(column))[:3]


def meant(column: schema.Column, cell: str) -> str | None:
    """The code that a code, label or alias stands for, in any language; None where it is none of them."""
    return names_of_codes(column).get(cell.strip().lower())


def names_of_codes(column: schema.Column) -> dict[str, str]:
    """Every name of every code of a column, in lower case -> the code."""
    return _names(column.codes)


@cache
def _names(codes: str) -> dict[str, str]:
    from parkloop import resources

    out: dict[str, str] = {}
    rows = resources.codes(codes)
    for field in ("code", "label_en", "label_zh", "aliases"):  # a code wins over a label, a label over an alias
        for code, row in rows.items():
            text = code if field == "code" else row.get(field) or ""
            for name in text.split("|") if field == "aliases" else [text]:
                if name:
                    out.setdefault(name.lower(), code)
    return out
