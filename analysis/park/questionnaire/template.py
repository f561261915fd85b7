"""Writing the questionnaire: a sheet a table, with headings, units, notes, drop-down lists and limits."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from parkloop import resources

from ...errors import language
from .. import model, schema
from ..model import Park
from ..write import beside, unwritable
from . import sheets

SPARE_ROWS = 500  # rows below the last filled one that have drop-down lists and limits
REQUIRED, OPTIONAL, ESTIMATE = (PatternFill("solid", fgColor=c) for c in ("F4B183", "DDEBF7", "FFF2CC"))
GREY = Font(color="808080", size=9)
DATE_FORMAT = "yyyy-mm-dd"


def write_template(path: str | Path, lang: str | None = None, park: Park | None = None) -> None:
    """Write the questionnaire.

    Parameters
    ----------
    path
        A name that ends in ``.xlsx``.
    lang
        ``zh`` or ``en``: language of sheets, first headings, notes and lists; the second heading is in the other.
    park
        Where given, its rows are filled in, estimates coloured, so that firms correct instead of retype.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    lang = language(lang)
    book = openpyxl.Workbook()
    guide = book.active
    assert guide is not None
    _write_guide(guide, lang)
    lists = book.create_sheet(sheets.LISTS)
    ranges = _write_lists(lists, lang)
    for layer in sheets.SHEETS:
        sheet = book.create_sheet(sheets.title(layer, lang), len(book.sheetnames) - 1)
        _write_head(sheet, layer, lang)
        count = _write_rows(sheet, layer, lang, park) if park is not None else 0
        _write_limits(sheet, layer, lang, ranges, sheets.FIRST_ROW + count + SPARE_ROWS)
    lists.sheet_state = "hidden"
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    target = Path(path)
    with unwritable(target, ".xlsx"), beside(target) as part:
        book.save(part)


def _write_guide(sheet: Worksheet, lang: str) -> None:
    sheet.title = resources.text("questionnaire.guide", lang)
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 96
    sheet.append([resources.text("questionnaire.title", lang)])
    sheet["A1"].font = Font(bold=True, size=14)
    for line in resources.text("questionnaire.steps", lang).split("|"):
        sheet.append(["", line.strip()])
    sheet.append([])
    for layer in sheets.SHEETS:
        sheet.append([sheets.title(layer, lang), schema.layers()[layer].meaning[lang]])
        sheet.cell(sheet.max_row, 1).hyperlink = f"#'{sheets.title(layer, lang)}'!A{sheets.FIRST_ROW}"
    for (cell,) in sheet.iter_rows(min_col=2, max_col=2):
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _write_lists(sheet: Worksheet, lang: str) -> dict[str, str]:
    """Every code list in a column of its own; gives the range of each by its name."""
    ranges: dict[str, str] = {}
    coded = {c.codes: c for layer in sheets.SHEETS for c in sheets.columns(layer).values() if c.codes}
    for number, (name, column) in enumerate(sorted(coded.items()), start=1):
        for row, code in enumerate((name, *schema.codes(column)), start=1):
            _put(sheet.cell(row, number), code if row == 1 else sheets.shown(column, code, lang))
        letter = get_column_letter(number)
        ranges[name] = f"'{sheets.LISTS}'!${letter}$2:${letter}${1 + len(schema.codes(column))}"
    return ranges


def _write_head(sheet: Worksheet, layer: str, lang: str) -> None:
    other = "en" if lang == "zh" else "zh"
    for number, column in enumerate(sheets.columns(layer).values(), start=1):
        sheet.cell(sheets.NAMES_ROW, number, column.name)
        head = sheet.cell(sheets.HEAD_ROW, number, column.label[lang])
        head.font = Font(bold=True)
        head.comment = Comment(_note(column, lang), "ParkLoop", height=120, width=260)
        sheet.cell(sheets.OTHER_ROW, number, column.label[other]).font = GREY
        sheet.cell(sheets.UNIT_ROW, number, resources.unit(column.unit, lang)).font = GREY
        for row in (sheets.HEAD_ROW, sheets.OTHER_ROW, sheets.UNIT_ROW):
            sheet.cell(row, number).fill = REQUIRED if column.required else OPTIONAL
            sheet.cell(row, number).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = 30 if column.codes == "sectors" else 16
    sheet.row_dimensions[sheets.NAMES_ROW].hidden = True
    sheet.freeze_panes = sheet.cell(sheets.FIRST_ROW, 2)


def _note(column: schema.Column, lang: str) -> str:
    """What stands behind a heading: the meaning, whether it is needed, the limits and the default."""
    parts = [column.meaning[lang]]
    if column.required:
        parts.append(resources.text("questionnaire.note_required", lang))
    if column.minimum is not None or column.maximum is not None:
        low = "-" if column.minimum is None else f"{column.minimum:g}"
        high = "-" if column.maximum is None else f"{column.maximum:g}"
        unit = resources.unit(column.unit, lang)
        limits = resources.text("questionnaire.note_limits", lang, low=low, high=high, unit=unit)
        parts.append(limits.replace(" .", ".").replace(" 。", "。"))  # of what has no unit
    if column.default:
        value = sheets.shown(column, column.default, lang) if column.codes else column.default
        parts.append(resources.text("questionnaire.note_default", lang, value=value))
    return "\n".join(parts)


def _write_limits(sheet: Worksheet, layer: str, lang: str, ranges: dict[str, str], last: int) -> None:
    """Drop-down lists and limits on the cells to fill in."""
    for number, column in enumerate(sheets.columns(layer).values(), start=1):
        rule = _rule(column, lang, ranges)
        if rule is None:
            continue
        rule.errorTitle = column.label[lang][:30]
        rule.error = _note(column, lang)[:220]
        rule.allow_blank = True
        letter = get_column_letter(number)
        rule.add(f"{letter}{sheets.FIRST_ROW}:{letter}{last}")
        sheet.add_data_validation(rule)


def _rule(column: schema.Column, lang: str, ranges: dict[str, str]) -> DataValidation | None:
    if column.codes:
        # a warning only: a code or a label of the other language is good too
        return DataValidation("list", formula1=ranges[column.codes], errorStyle="warning", showErrorMessage=True)
    if column.refers in sheets.SHEETS:
        area = f"'{sheets.title(column.refers, lang)}'!$A${sheets.FIRST_ROW}:$A$5000"
        return DataValidation("list", formula1=area, showErrorMessage=False)
    if column.type == "bool":
        return DataValidation(
            "list", formula1=f'"{_yes_no(True, lang)},{_yes_no(False, lang)}"', showErrorMessage=True
        )
    if column.type == "date":
        return DataValidation("date", operator="greaterThan", formula1="1", showErrorMessage=True)
    if column.type == "text":
        return None
    kind = "whole" if column.type == "int" else "decimal"
    low, high = (f"{v:.15g}" if v is not None else None for v in (column.minimum, column.maximum))
    if low and high:
        return DataValidation(kind, operator="between", formula1=low, formula2=high, showErrorMessage=True)
    if low:
        return DataValidation(kind, operator="greaterThanOrEqual", formula1=low, showErrorMessage=True)
    return DataValidation(kind, operator="lessThanOrEqual", formula1=high or "1e15", showErrorMessage=True)


def _yes_no(value: bool, lang: str) -> str:
    return resources.text("questionnaire.yes" if value else "questionnaire.no", lang)


def _write_rows(sheet: Worksheet, layer: str, lang: str, park: Park) -> int:
    frame = with_place(park[layer], layer)
    for number, column in enumerate(sheets.columns(layer).values(), start=1):
        guessed = model.estimated(frame, column.name).to_numpy(bool)
        for row, value in enumerate(frame[column.name].array):
            cell = sheet.cell(sheets.FIRST_ROW + row, number)
            _put(cell, as_cell(value, column, lang))
            if column.type == "date":
                cell.number_format = DATE_FORMAT
            if guessed[row]:
                cell.fill = ESTIMATE
    return len(frame)


def with_place(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    """A layer of points with their longitude and latitude (degrees, six digits: a tenth of a metre); others unchanged."""
    if schema.layers()[layer].geometry != "Point":
        return frame
    points = gpd.GeoSeries(frame.geometry).to_crs(4326)
    return frame.assign(longitude=np.round(points.x.to_numpy(), 6), latitude=np.round(points.y.to_numpy(), 6))


def as_cell(value: Any, column: schema.Column, lang: str) -> Any:
    """A value of a park as a cell shows it; empty where there is none."""
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and np.isnan(value))
        or value == ""
    ):
        return None
    if column.codes:
        return sheets.shown(column, str(value), lang)
    if column.type == "bool":
        return _yes_no(bool(value), lang)
    if column.type == "date":
        return pd.Timestamp(value).to_pydatetime()
    if column.type == "text":
        return ILLEGAL_CHARACTERS_RE.sub("", str(value))
    return int(value) if float(value).is_integer() else float(value)


def _put(cell: Cell, value: Any) -> None:
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # a name that begins with "=" is not a formula
