"""What all checks share: making findings of many rows without drowning the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import Finding, Severity

Cells = Sequence[Any] | np.ndarray
LIMIT = 50  # findings of one kind on one column that are told one by one; the rest is counted


def each(
    key: str,
    severity: Severity,
    layer: str,
    ids: Cells,
    column: str = "",
    values: Mapping[str, Cells] | None = None,
) -> list[Finding]:
    """One finding a row, sorted by id; beyond ``LIMIT`` rows a last one says how many more there are.

    Parameters
    ----------
    ids
        Keys of the rows, shape (n,).
    values
        Placeholders of the text by name, each of shape (n,).
    """
    names = [str(name) for name in ids]
    order = np.argsort(np.array(names, dtype=object), kind="stable")
    given = values or {}
    out = [
        Finding(key, severity, layer, names[i], column, {name: plain(cells[i]) for name, cells in given.items()})
        for i in order[:LIMIT]
    ]
    if len(names) > LIMIT:
        about = out[0].values | {"count": len(names) - LIMIT, "total": len(names)}
        out.append(Finding("check.more", severity, layer, "", column, {**about, "same": key}))
    return out


def plain(value: Any) -> Any:
    """A value for a sentence or JSON: no NumPy types, no noise in the last digits, whole numbers without a point."""
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, float) or not np.isfinite(value):
        return value
    short = float(f"{value:.12g}")
    return int(short) if short.is_integer() else short
