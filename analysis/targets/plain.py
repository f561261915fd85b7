"""Rows of targets as plain data."""

from __future__ import annotations

from typing import Any


def plain(row: dict[Any, Any]) -> dict[str, Any]:
    """A row for JSON: nothing in place of NaN."""
    return {str(key): None if value != value else value for key, value in row.items()}
