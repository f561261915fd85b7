"""Excel sheets and CSV files as tables: heading found, merged heads joined, totals and remarks taken out and counted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.worksheet.worksheet import Worksheet

from ...errors import InputError
from ..shapefile import guess, unique

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how a workbook with a password, and one of the old .xls format, begins
TOTALS = frozenset(
    [
        "合计",
        "总计",
        "小计",
        "共计",
        "累计",
        "total",
        "totals",
        "subtotal",
        "grandtotal",
        "sum",
        "summe",
        "insgesamt",
    ]
)
REMARK = re.compile(
    r"^(注|备注|说明|填表|制表|审核|单位负责人|数据来源|资料来源|note|remark|source)", re.IGNORECASE
)
UNIT_TOLD = re.compile(r"(?:计量)?单位\s*[:：]\s*([^\s,，;；)）]+)|\bunits?\s*:\s*([^\s,;)]+)", re.IGNORECASE)
HEAD_ROWS = 12  # the heading stands in the first rows that hold anything


@dataclass
class Table:
    """One table: its frame (index: the row a person counts), the unit its title names, and rows that were taken out."""

    name: str
    frame: pd.DataFrame
    encoding: str = ""
    unit: str = ""
    dropped: list[str] = field(default_factory=list)


def workbook(file: Path) -> Iterator[Table]:
    """The sheets of a workbook that hold a table; hidden sheets are passed over."""
    with file.open("rb") as body:
        if body.read(8) == OLE:
            raise InputError.of("layers.locked_book", layer=str(file))
    book = openpyxl.load_workbook(file, data_only=True)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        cells = pd.DataFrame(_cells(sheet), dtype=object)
        cells.index = pd.RangeIndex(1, len(cells) + 1)
        tall = sheet.merged_cells.ranges
        table = _table(sheet.title if len(sheets) > 1 else "", cells, {(r.min_row, r.max_row) for r in tall})
        if table is not None:
            yield table


def _cells(sheet: Worksheet) -> list[list[Any]]:
    """The sheet's values; each cell of a merged range holds the value of the whole."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    for area in sheet.merged_cells.ranges:
        wide = area.max_col - area.min_col + 1 >= max(3, len(rows[0]) - 1) if rows else False
        for r in range(area.min_row - 1, min(area.max_row, len(rows))):
            for c in range(area.min_col - 1, min(area.max_col, len(rows[r]))):
                # a title across the sheet is no heading
                if not wide or c == area.min_col - 1:
                    rows[r][c] = rows[area.min_row - 1][area.min_col - 1]
    return [[_blank(cell) for cell in row] for row in rows]


def _blank(cell: Any) -> Any:
    return None if isinstance(cell, str) and not cell.strip() else cell


def _table(name: str, cells: pd.DataFrame, merged: set[tuple[int, int]]) -> Table | None:
    """What stands below a heading; None where no row looks like one, or none follows it."""
    filled = cells.dropna(how="all").dropna(how="all", axis=1)
    if filled.shape[1] == 0:
        return None
    top = filled.head(HEAD_ROWS)
    at = next((i for i, row in enumerate(top.to_numpy(object)) if _is_head(row)), None)
    if at is None:
        return None
    heads = [[_label(cell) for cell in filled.iloc[at]]]
    first = at + 1
    while first < min(len(filled), at + 4) and _continues(filled, at, first, merged):
        heads.append([_label(cell) for cell in filled.iloc[first]])
        first += 1
    below = filled.iloc[first:].copy()
    below.columns = pd.Index(unique(_joined(heads)))
    title = " ".join(_label(cell) for cell in filled.iloc[:at].to_numpy(object).ravel())
    told = UNIT_TOLD.search(title)
    frame, dropped = _firm_rows(below)
    if not len(frame):
        return None
    return Table(name, frame, unit=next(filter(None, told.groups()), "") if told else "", dropped=dropped)


def _is_head(row: Any) -> bool:
    """True for a row of which most cells are texts, and different ones."""
    texts = {cell.strip() for cell in row if isinstance(cell, str)}
    return len(texts) >= max(2, 0.6 * len(row)) or (len(texts) >= 2 and all(isinstance(c, str) for c in row))


def _continues(cells: pd.DataFrame, at: int, row: int, merged: set[tuple[int, int]]) -> bool:
    """True for a second row of a heading: a merged cell reaches down to it, or it holds units in brackets alone."""
    top, here = cells.index[at], cells.index[row]
    if any(low <= top and high >= here for low, high in merged):
        return True
    across = any(low == high == top for low, high in merged) and row == at + 1
    texts = [cell for cell in cells.iloc[row] if cell is not None]
    if not texts or not all(isinstance(cell, str) for cell in texts):
        return False
    if all(re.fullmatch(r"[(（\[].{1,12}[)）\]]|-|—|/", cell.strip()) for cell in texts):
        return True
    above = [_label(cell) for cell in cells.iloc[at]]
    # a group's name stands above several columns
    return across and len(set(above)) < len(above)


def _joined(heads: list[list[str]]) -> list[str]:
    """One name a column: the lowest heading; with the group above it where that alone is not told apart, units behind."""
    out = []
    for i, parts in enumerate(zip(*heads, strict=True)):
        names = [part for k, part in enumerate(parts) if part and part not in parts[:k]]
        unit = [name for name in names[1:] if re.fullmatch(r"[(（\[].+[)）\]]", name)]
        plain = [name for name in names if name not in unit]
        out.append((plain[-1] if plain else f"column_{i + 1}") + "".join(unit))
    groups = [next((p for p in parts if p), "") for parts in zip(*heads, strict=True)]
    return [
        f"{group}{name}" if out.count(name) > 1 and not name.startswith(group) else name
        for name, group in zip(out, groups, strict=True)
    ]


def _label(cell: Any) -> str:
    return "".join(str(cell).split("\n")).strip() if cell is not None else ""


def _firm_rows(below: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows of a table without totals, remarks at its foot and numbers of the columns below the heading."""
    below = below.dropna(how="all")
    out, dropped = [], []
    for place, (number, row) in enumerate(zip(below.index, below.to_numpy(object), strict=True)):
        cells = [cell for cell in row if cell is not None and cell == cell]
        first = next((cell for cell in cells if isinstance(cell, str)), "")
        alone = len(cells) == 1 and len(row) > 2
        numbered = place == 0 and len(cells) > 2 and [_whole(c) for c in cells] == list(range(1, len(cells) + 1))
        if _plain(first) in TOTALS or numbered or (alone and (REMARK.match(first.strip()) or _is_long(first))):
            dropped.append(f"{number}: {str(first or cells[0])[:30]}")
        else:
            out.append(number)
    return below.loc[out], dropped


def _is_long(text: str) -> bool:
    return len(text) > 20


def _whole(cell: Any) -> int | None:
    text = _plain(str(cell))
    return int(text) if text.isdecimal() else None


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def csv(file: Path) -> Iterator[Table]:
    """A CSV file, its columns parted by comma, semicolon or tab."""
    body = file.read_bytes()
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else guess(body)
    first = body.decode(encoding, errors="replace").split("\n", 1)[0]
    mark = max((",", ";", "\t"), key=first.count)
    frame = pd.read_csv(
        file, dtype=str, encoding=encoding, keep_default_na=False, skipinitialspace=True, index_col=False,
        header=None, sep=mark, skip_blank_lines=False, names=range(first.count(mark) + 1),
    )  # fmt: skip
    cells = frame.map(lambda cell: cell.strip() or None if isinstance(cell, str) else None).astype(object)
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    table = _table("", cells, set())
    if table is not None:
        table.encoding = encoding
        yield table
