"""The parts that a page is put together from: tables, figures, sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ..steps import Figure
from .charts import Series, bar_chart
from .describe import Field, Names, blank, cell, column, fields, guessed_rows, heading, row_unit, title
from .numbers import Style

ROWS = 200


@dataclass(frozen=True)
class Cell:
    """One cell: its text, what it is sorted by, whether it is an estimate, whether it is bad news."""

    text: str
    sort: str = ""
    guessed: bool = False
    bad: bool = False


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


@dataclass(frozen=True)
class Profile:
    """A card of a group: its name, its colour on the map, what is to be said of it by label, and a sentence."""

    name: str
    colour: str
    lines: list[tuple[str, str]]
    note: str = ""


@dataclass
class Block:
    """A part of a section under a heading of its own: what it shows in words, charts, charts to choose from, tables.

    ``warn`` are sentences that must not be overlooked; ``method`` says in a line how it was found, with the source.
    """

    title: str
    lead: list[str] = field(default_factory=list)
    warn: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    choices: list[tuple[str, list[tuple[str, Chart]]]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    method: str = ""

    def __bool__(self) -> bool:
        return bool(self.charts or self.choices or self.tables)


@dataclass
class Section:
    """One section: the finding first, then figures, cards, charts, tables, parts, the method in a line.

    ``numbers`` are the key figures of the step, for sentences of its parts.
    """

    id: str
    title: str
    headline: str
    lead: str = ""
    figures: list[KeyFigure] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    profile_note: str = ""
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    gap_note: str = ""
    method: str = ""
    theme: str = ""
    blocks: list[Block] = field(default_factory=list)
    numbers: Mapping[str, Figure] = field(default_factory=dict)


def bars(
    style: Style, key: str, categories: list[str], series: list[Series], unit: str = "", **more: object
) -> list[Chart]:
    """A bar chart whose titles are the texts ``report.chart.<key>`` and its ``.value``, ``.category``."""
    value = style.t(f"chart.{key}.value")
    shown = f"{value} ({unit})" if unit else value
    name = style.t(f"chart.{key}")
    svg = bar_chart(categories, series, shown, style.t(f"chart.{key}.category"), name, **more)  # type: ignore[arg-type]
    return [Chart(name, svg)] if svg else []


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
    bad: Sequence[str] = (),
) -> list[Table]:
    """A table of ``columns`` (those that exist and hold something), the largest ``by`` first; none for an empty frame.

    In the columns ``bad`` a number below zero is bad news.
    """
    if frame is None or frame.empty:
        return []
    described = fields(name, frame, style.lang)
    chosen = [described[c] for c in columns if c in described and not blank(frame[c]).all()]
    if not chosen:
        return []
    if by in frame:
        frame = frame.sort_values(by, ascending=False, kind="stable", na_position="last")
    first = frame.head(ROWS)
    guesses = guessed_rows(first)
    lines = [_cells(one, first, style, names, guesses, one.name in bad) for one in chosen]
    rows = [list(row) for row in zip(*lines, strict=True)]
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


def _cells(
    one: Field,
    frame: pd.DataFrame,
    style: Style,
    names: Names,
    guesses: Mapping[str, np.ndarray],
    marked: bool = False,
) -> list[Cell]:
    """The cells of one column (n,); ``marked`` numbers below zero are bad news."""
    values = frame[one.name]
    known, numbers = (~blank(values)).tolist(), values.tolist()
    if one.name == "unit":
        texts = [style.unit(str(v)).label if k else "" for v, k in zip(numbers, known, strict=True)]
    elif one.numeric and one.unit.startswith("by ") and "unit" in frame:
        rows = zip(numbers, frame["unit"].tolist(), strict=True)
        texts = [cell(one, v, style, names, row_unit(one, {"unit": u})) for v, u in rows]
    else:
        texts = column(one, values, style, names)
    if one.name == "difference":
        units = frame["unit"].tolist() if "unit" in frame else [""] * len(frame)
        texts = [
            ("+" if v > 0 else "") + text + (style.t("unit.points") if unit == "%" else "") if k else ""
            for v, text, unit, k in zip(numbers, texts, units, known, strict=True)
        ]
    number = one.numeric
    sorts = [
        _sortable(v) if number and k and not isinstance(v, str) else "" for v, k in zip(numbers, known, strict=True)
    ]
    marks = guesses.get(one.name, np.zeros(len(frame), dtype=bool)).tolist()
    return [
        Cell(text, sort, bool(mark and k and v), bool(marked and k and v < 0))
        for text, sort, mark, k, v in zip(texts, sorts, marks, known, numbers, strict=True)
    ]


def _sortable(value: Any) -> str:
    """A number to sort by, with no more digits than that takes."""
    return repr(float(f"{float(value):.7g}"))


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
            c if isinstance(c, Cell) else Cell(c[0], _sortable(c[1])) if isinstance(c, tuple) else Cell(str(c))
            for c in line
        ]
        for line in lines
    ]
    guessed = any(c.guessed for row in rows for c in row)
    return Table(name, caption, heads, rows[:ROWS] if folded else rows, len(rows), note, guessed, folded)
