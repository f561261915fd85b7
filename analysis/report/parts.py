"""The parts that a page is put together from: tables, figures, sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..steps import Figure
from .describe import Names, blank, cell, fields, heading, records, row_unit, title
from .numbers import Style, empty

ROWS = 200


@dataclass(frozen=True)
class Cell:
    """One cell: its text, what it is sorted by, whether it is an estimate."""

    text: str
    sort: str = ""
    guessed: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the page; ``total`` rows exist, the first ``len(rows)`` are shown; a ``folded`` one opens on a click."""

    name: str
    title: str
    heads: list[tuple[str, bool]]
    rows: list[list[Cell]]
    total: int
    note: str = ""
    guessed: bool = False
    folded: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing with what it shows in a sentence."""

    title: str
    svg: Markup
    note: str = ""


@dataclass(frozen=True)
class KeyFigure:
    """A number of a section."""

    label: str
    value: str
    share: str = ""


@dataclass
class Block:
    """A part of a section under a heading of its own: what it shows in words, charts, charts to choose from, tables."""

    title: str
    lead: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    choices: list[tuple[str, list[tuple[str, Chart]]]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.charts or self.choices or self.tables)


@dataclass
class Section:
    """One section: the finding first, then figures, charts, tables, parts, the method in a line.

    ``numbers`` are the key figures of the step, for sentences of its parts.
    """

    id: str
    title: str
    headline: str
    lead: str = ""
    figures: list[KeyFigure] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    gap_note: str = ""
    method: str = ""
    theme: str = ""
    blocks: list[Block] = field(default_factory=list)
    numbers: Mapping[str, Figure] = field(default_factory=dict)


def table(
    name: str,
    frame: pd.DataFrame | None,
    columns: Sequence[str],
    style: Style,
    names: Names,
    by: str = "",
    caption: str = "",
    note: str = "",
    folded: bool = False,
) -> list[Table]:
    """A table of ``columns`` (those that exist and hold something), the largest ``by`` first; none for an empty frame."""
    if frame is None or frame.empty:
        return []
    described = fields(name, frame, style.lang)
    chosen = [described[c] for c in columns if c in described and not blank(frame[c]).all()]
    if not chosen:
        return []
    if by in frame:
        frame = frame.sort_values(by, ascending=False, kind="stable", na_position="last")
    rows = []
    for row in records(frame.head(ROWS)):
        guessed = set(str(row.get("estimated") or "").split(";"))
        line = []
        for one in chosen:
            value = row[one.name]
            sort = "" if empty(value) else repr(float(value)) if one.numeric and not isinstance(value, str) else ""
            if one.name == "unit" and not empty(value):
                text = style.unit(str(value)).label
            else:
                text = cell(one, value, style, names, row_unit(one, row))
            if one.name == "difference" and not empty(value):
                text = (
                    ("+" if value > 0 else "") + text + (style.t("unit.points") if row.get("unit") == "%" else "")
                )
            line.append(Cell(text, sort, one.name in guessed and bool(value) and not empty(value)))
        rows.append(line)
    return [
        Table(
            name,
            caption or title(name, style.lang),
            [(heading(one, style), one.numeric) for one in chosen],
            rows,
            len(frame),
            note,
            any(c.guessed for row in rows for c in row),
            folded,
        )
    ]


def plain_table(
    name: str,
    caption: str,
    heads: list[tuple[str, bool]],
    lines: list[list[Any]],
    note: str = "",
    folded: bool = False,
) -> Table:
    """A table from cells or texts; numbers are given as (text, value)."""
    rows = [
        [
            c if isinstance(c, Cell) else Cell(c[0], repr(float(c[1]))) if isinstance(c, tuple) else Cell(str(c))
            for c in line
        ]
        for line in lines
    ]
    guessed = any(c.guessed for row in rows for c in row)
    return Table(name, caption, heads, rows[:ROWS] if folded else rows, len(rows), note, guessed, folded)
