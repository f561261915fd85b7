"""What the parts of the section on land use have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

import pandas as pd

from .describe import Field, cell
from .numbers import Style

Tables = Mapping[str, pd.DataFrame]
HA = 1e4
LONG = 12  # tables with more rows are folded


def has(frame: pd.DataFrame | None, *columns: str) -> TypeGuard[pd.DataFrame]:
    """Whether a table is there, with rows and these columns."""
    return frame is not None and not frame.empty and set(columns) <= set(frame.columns)


def coded(field: Field, row: Mapping[str, object], style: Style) -> str:
    """A code and its name: reviewers know the indicators by their codes."""
    name, code = cell(field, row[field.name], style), str(row[field.name])
    return f"{code} {name}" if name != code else name


def confirm(frame: pd.DataFrame, style: Style) -> str:
    """The sentence to stand under values that nobody here has read in print; empty where there are none."""
    unsure = "confidence" in frame and frame["confidence"].isin(["m", "l"]).any()
    return style.t("land.confirm") if unsure else ""


def interval(frame: pd.DataFrame) -> list[str]:
    """The ranks between which each row (n) lies under random weightings."""
    low, high = (frame[name].fillna(0).astype(int) for name in ("rank_from", "rank_to"))
    return [f"{a}–{b}" for a, b in zip(low, high, strict=True)]
