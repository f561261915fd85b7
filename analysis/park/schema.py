"""The layers of a park as ``resources/schema`` describes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from parkloop import resources

DTYPES = {"text": "str", "int": "Int64", "float": "float64", "bool": "bool", "date": "datetime64[ns]"}


@dataclass(frozen=True)
class Column:
    """One column of a layer; ``minimum`` and ``maximum`` are in ``unit``."""

    name: str
    type: str
    unit: str
    required: bool
    default: str
    minimum: float | None
    maximum: float | None
    codes: str
    refers: str
    aliases: tuple[str, ...]
    label: dict[str, str]
    meaning: dict[str, str]


@dataclass(frozen=True)
class Layer:
    """One layer: its columns by name, its key columns and its geometry type (empty for a table)."""

    name: str
    key: tuple[str, ...]
    geometry: str
    required: bool
    label: dict[str, str]
    meaning: dict[str, str]
    columns: dict[str, Column]


def _column(row: dict[str, str]) -> Column:
    def number(cell: str) -> float | None:
        return float(cell) if cell else None

    return Column(
        name=row["name"],
        type=row["type"],
        unit=row["unit"],
        required=row["required"] == "yes",
        default=row["default"],
        minimum=number(row["min"]),
        maximum=number(row["max"]),
        codes=row["codes"],
        refers=row["refers"],
        aliases=tuple(a for a in row["aliases"].split("|") if a),
        label={lang: row[f"label_{lang}"] for lang in resources.LANGUAGES},
        meaning={lang: row[f"meaning_{lang}"] for lang in resources.LANGUAGES},
    )


@cache
def layers() -> dict[str, Layer]:
    """Every layer of a park by name, in the order of the schema."""
    return {
        name: Layer(
            name=name,
            key=tuple(row["key"].split("+")),
            geometry=row["geometry"],
            required=row["required"] == "yes",
            label={lang: row[f"label_{lang}"] for lang in resources.LANGUAGES},
            meaning={lang: row[f"meaning_{lang}"] for lang in resources.LANGUAGES},
            columns={key: _column(col) for key, col in resources.columns(name).items()},
        )
        for name, row in resources.layers().items()
    }


def codes(column: Column) -> tuple[str, ...]:
    """The allowed codes of a coded column."""
    return tuple(resources.codes(column.codes))


def empty_series(column: Column, index: pd.Index) -> pd.Series:
    """A series of the column's type that holds its default (or nothing) for every row of ``index``."""
    if column.type == "bool":
        return pd.Series(column.default == "true", index=index, dtype="bool", name=column.name)
    if column.type == "text":
        return pd.Series(column.default, index=index, dtype="object", name=column.name)
    if column.type == "date":
        return pd.Series(pd.NaT, index=index, dtype=DTYPES["date"], name=column.name)
    value = float(column.default) if column.default else np.nan
    return pd.Series(value, index=index, name=column.name).astype(DTYPES[column.type])  # type: ignore[call-overload]
