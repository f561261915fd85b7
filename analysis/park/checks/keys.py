"""Keys that name two rows, and references to rows that are not there."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...errors import Finding
from .. import schema
from ..model import Park
from .base import Cells, each
from .structure import ids_of


def duplicates(frame: pd.DataFrame, name: str) -> list[Finding]:
    """Rows of a typed frame that share their key with an earlier one; rows without key are told by ``rows.fits``."""
    key = list(schema.layers()[name].key)
    if any(part not in frame for part in key):
        return []
    given = frame[key].notna().all(axis=1)
    again = frame.duplicated(key, keep="first") & given
    if not again.any():
        return []
    count = frame[given].groupby(key).size()
    count = count[count > 1]
    ids = [" / ".join(map(str, part if isinstance(part, tuple) else (part,))) for part in count.index]
    return each("check.key_twice", "error", name, ids, key[-1], {"count": count.to_numpy()})


def dangling(park: Park) -> Iterator[Finding]:
    """Cells that refer to a firm, parcel or profile that the park does not have."""
    for name, layer in schema.layers().items():
        frame = park[name]
        for column in layer.columns.values():
            if not column.refers or frame.empty:
                continue
            known = park[column.refers][schema.layers()[column.refers].key[0]]
            cells = frame[column.name]
            lost = (cells != "") & ~cells.isin(known)
            about: dict[str, Cells] = {"value": cells[lost].to_numpy(), "target": [column.refers] * int(lost.sum())}
            yield from each("check.dangling", "error", name, ids_of(frame, name, lost), column.name, about)
