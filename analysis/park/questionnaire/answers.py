"""Reading a filled-in questionnaire: the typed cells of each sheet, and each cell that cannot be taken, by its place."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from parkloop import resources

from ...errors import Finding, InputError
from .. import schema
from ..checks.base import plain
from ..checks.rows import WRONG_TYPE, failures
from ..convert import convert, strings
from ..raw import reason
from . import sheets

# what openpyxl raises on a workbook that is damaged, encrypted or none at all
UNREADABLE = (
    InvalidFileException,
    BadZipFile,
    zlib.error,
    struct.error,
    SyntaxError,  # of which the errors of XML are a kind
    OSError,
    EOFError,
    LookupError,
    ArithmeticError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,  # an encrypted part, or a compression that is not known
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how a workbook with a password, or of Excel 97, begins
HEAD_ROWS = 8  # headings are looked for in the first rows

Record = dict[str, Any]


@dataclass
class Answers:
    """What one sheet says.

    Parameters
    ----------
    rows
        By row number of the sheet: the values given, by column; cells that are empty or rejected are not there.
    letters
        The sheet's column of each column of the schema.
    """

    layer: str
    title: str
    letters: dict[str, str] = field(default_factory=dict)
    rows: dict[int, Record] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def reject(self, key: str, row: int, column: str, id: str = "", **values: Any) -> None:
        """Note a cell that is not taken; its place in the sheet stands in the text."""
        cell = f"{self.title}!{self.letters.get(column, '')}{row}"
        told = {name: plain(value) for name, value in values.items()}
        self.findings.append(
            Finding(f"questionnaire.{key}", "warning", self.layer, id, column, {"cell": cell, **told})
        )


def read_answers(path: Path) -> tuple[list[Answers], list[Finding]]:
    """The known sheets of a workbook, in the order of ``sheets.SHEETS``, and the sheets that nothing is taken from.

    Raises
    ------
    InputError
        The workbook cannot be read, or has no sheet that is known.
    """
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            if file.read(len(OLE)) == OLE:
                raise InputError.of("questionnaire.locked", path=str(path))
            warnings.simplefilter("ignore")  # of styles and extensions that do not matter here
            file.seek(0)
            values = openpyxl.load_workbook(file, data_only=True)
            file.seek(0)
            formulas = openpyxl.load_workbook(file)
    except UNREADABLE as fault:
        raise InputError.of("questionnaire.unreadable", path=str(path), reason=reason(fault)) from fault
    titles = {
        name.lower(): layer for layer in sheets.SHEETS for name in (layer, *schema.layers()[layer].label.values())
    }
    found: dict[str, Worksheet] = {}
    findings = []
    for sheet in values.worksheets:
        layer = titles.get(sheet.title.strip().lower(), "")
        if layer and layer not in found:
            found[layer] = sheet
        elif layer:
            about = {"sheet": sheet.title, "other": found[layer].title}
            findings.append(Finding("questionnaire.sheet_twice", "warning", layer, values=about))
    findings += [_foreign(sheet, found) for sheet in values.worksheets if _is_foreign(sheet, titles)]
    known = [layer for layer in sheets.SHEETS if layer in found]
    if not known:
        raise InputError.of("questionnaire.no_sheet", path=str(path))
    return [_read_sheet(found[layer], formulas[found[layer].title], layer) for layer in known], findings


def _is_foreign(sheet: Worksheet, titles: dict[str, str]) -> bool:
    """True for a sheet with content that is not one of the questionnaire's own."""
    own = {sheets.LISTS, *(resources.text("questionnaire.guide", lang) for lang in resources.LANGUAGES)}
    if sheet.title.strip().lower() in titles or sheet.title in own:
        return False
    return any(cell is not None for row in sheet.iter_rows(values_only=True) for cell in row)


def _foreign(sheet: Worksheet, found: dict[str, Worksheet]) -> Finding:
    """What is said of a sheet that nothing is taken from: the table that its headings look like, where they do."""
    heads = [{_key(v) for v in row} for row in sheet.iter_rows(max_row=HEAD_ROWS, values_only=True)]
    likeness = {
        layer: max(len(names & row) for row in heads) / len(sheets.columns(layer))
        for layer in sheets.SHEETS
        if layer not in found
        for names in [set(_names(layer))]
    }
    near = max(likeness, key=lambda layer: likeness[layer], default="")
    if near and likeness[near] > 0.5:
        about = {"sheet": sheet.title, "near_en": sheets.title(near, "en"), "near_zh": sheets.title(near, "zh")}
        return Finding("questionnaire.sheet_renamed", "warning", near, values=about)
    return Finding("questionnaire.sheet_unknown", "info", values={"sheet": sheet.title})


def _read_sheet(sheet: Worksheet, formulas: Worksheet, layer: str) -> Answers:
    answers = Answers(layer, sheet.title)
    rows = [tuple(cell.value for cell in row) for row in sheet.iter_rows()]
    names = _names(layer)
    heads = [
        {names[_key(v)]: i for i, v in reversed(list(enumerate(row))) if _key(v) in names}
        for row in rows[:HEAD_ROWS]
    ]
    place = max(heads, key=len, default={})
    first = heads.index(place) + 1 if place else 0
    while place and first < len(rows) and _is_head(rows[first], place, layer):
        first += 1
    body = {number: row for number, row in enumerate(rows[first:], start=first + 1) if any(_key(v) for v in row)}
    if not body:
        return answers
    if not place:
        answers.findings.append(
            Finding("questionnaire.no_heading", "warning", layer, values={"sheet": sheet.title})
        )
        return answers
    answers.letters = {name: get_column_letter(i + 1) for name, i in place.items()}
    given = {
        name: pd.Series([row[i] for row in body.values()], list(body), dtype="object") for name, i in place.items()
    }
    for row in formulas.iter_rows(min_row=first + 1):
        for name, i in place.items():
            if row[i].data_type == "f" and sheet.cell(row[i].row, i + 1).value is None:
                answers.reject("formula_empty", row[i].row, name)
    answers.rows = _typed(answers, pd.DataFrame(given, index=list(body)))
    return answers


def _key(value: Any) -> str:
    return str(value).strip().lower() if value is not None else ""


def _names(layer: str) -> dict[str, str]:
    """Every heading of a column, in lower case -> its name; a name wins over a label, a label over an alias."""
    wanted = sheets.columns(layer).values()
    out: dict[str, str] = {}
    for heads in (
        [(c.name,) for c in wanted],
        [tuple(c.label.values()) for c in wanted],
        [c.aliases for c in wanted],
    ):
        for column, texts in zip(wanted, heads, strict=True):
            for text in texts:
                out.setdefault(text.lower(), column.name)
    return out


def _is_head(row: tuple[Any, ...], place: dict[str, int], layer: str) -> bool:
    """True for a row of headings or units: all its cells are names, labels or units of their columns."""
    columns = sheets.columns(layer)
    cells = [(columns[name], _key(row[i])) for name, i in place.items() if _key(row[i])]
    return bool(cells) and all(
        text in {c.name, *_units(c), *(label.lower() for label in c.label.values())} for c, text in cells
    )


def _units(column: schema.Column) -> set[str]:
    return {column.unit.lower(), *(resources.unit(column.unit, lang).lower() for lang in resources.LANGUAGES)}


def _typed(answers: Answers, raw: pd.DataFrame) -> dict[int, Record]:
    columns = sheets.columns(answers.layer)
    typed = pd.DataFrame(index=raw.index)
    for name in raw.columns:
        column = columns[name]
        given = _coded(answers, raw[name], column) if column.codes else raw[name]
        values, bad = convert(given, column)
        error = strings(given).astype("string").str.startswith("#").fillna(False).astype("bool")
        for row in given.index[bad | error]:
            kind = "formula_error" if error[row] else WRONG_TYPE[column.type].removeprefix("check.")
            answers.reject(kind, row, name, value=str(given[row]))
        typed[name] = values.mask(bad | error)
    wrong = failures(typed, answers.layer)
    lost = {(row, name) for name, _, rows in wrong for row in rows}
    for name, key, rows in wrong:
        column = columns[name]
        limit = column.minimum if key == "check.too_small" else column.maximum
        for row in rows if key != "check.value_missing" else ():  # told by row, where the row is new
            answers.reject(
                key.removeprefix("check."), row, name, value=typed.at[row, name], limit=limit, unit=column.unit
            )
    for column in sheets.PLACE:
        cells = typed.get(column.name, pd.Series(dtype="float64")).dropna()
        for row, value in cells[cells.abs() > (column.maximum or 0)].items():
            lost.add((row, column.name))
            answers.reject("not_degrees", int(str(row)), column.name, value=value)
    return {
        row: {str(name): value for name, value in record.items() if pd.notna(value) and (row, name) not in lost}
        for row, record in zip(typed.index, typed.to_dict("records"), strict=True)
    }


def _coded(answers: Answers, given: pd.Series, column: schema.Column) -> pd.Series:
    """Labels turned into codes; what names none is rejected."""
    text = strings(given)
    codes = {cell: sheets.code_of(column, cell) for cell in text.dropna().unique()}
    for row, cell in text.dropna().items():
        if codes[cell] is None:
            answers.reject(
                "unknown_code", int(str(row)), column.name, value=cell, near=", ".join(sheets.likely(column, cell))
            )
    return text.map(lambda cell: codes.get(cell) if cell else None)
