"""Sectors of firms that a planner's list leaves open or words its own way, read from the word or from the firm's name."""

from __future__ import annotations

import pandas as pd

from parkloop import resources

from ...errors import Finding
from .. import convert
from ..osm import names
from ..raw import Raw


def sectors(raw: Raw) -> None:
    """Fill sectors that are no code with what the word or the firm's name speaks of; they are estimates and told.

    The words are those by which firms of a map extract get their sector, each with its confidence.
    """
    firms = raw.frames.get("enterprises")
    if firms is None or "name" not in firms:
        return
    known = set(resources.codes("sectors"))
    given = convert.strings(firms["sector"] if "sector" in firms else pd.Series("", firms.index))
    open_ = given.index[~given.isin(known)]
    title = convert.strings(firms["name"])
    found = {row: _guess(given[row], title[row]) for row in open_}
    rows = [row for row, sector in found.items() if sector is not None]
    if not rows:
        return
    for name in ("sector", "sector_confidence", "estimated"):
        firms[name] = firms[name].astype(object) if name in firms else None
    firms["sector"] = given
    for row in rows:
        sector = found[row]
        assert sector is not None
        firms.at[row, "sector"], firms.at[row, "sector_confidence"] = sector.code, sector.confidence
        marks = [
            mark for mark in str(firms.at[row, "estimated"] or "").split(";") if mark not in ("", "nan", "sector")
        ]
        firms.at[row, "estimated"] = ";".join([*marks, "sector"])
    first = found[rows[0]]
    assert first is not None
    values = {"count": len(rows), "first": str(given[rows[0]] or title[rows[0]]), "sector": first.code}
    raw.findings.append(Finding("layers.sector_guessed", "warning", "enterprises", column="sector", values=values))


def _guess(word: str | None, name: str | None) -> names.Sector | None:
    return (names.sector(word) if word else None) or (names.sector(name) if name else None)
