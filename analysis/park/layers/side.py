"""What a list of firms, or a layer of parcels, tells besides: which land a firm uses, its power, fuels, water, emissions.

Such a table has one row a firm and one column a figure, where the schema has one row a figure. So the same source stands
in the mapping again, with another target, and each entry takes its own columns.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pandas as pd

from parkloop import resources

from .. import schema
from . import units
from .mapping import ColumnMap, SourceMap
from .match import LEAST, SAMPLE, column_score, plain
from .sources import Source


def entries(source: Source, entry: SourceMap) -> list[SourceMap]:
    """The further entries of a source whose own layer ``entry`` names."""
    if entry.target not in ("enterprises", "parcels"):
        return []
    found = [_occupancy(source, entry)]
    if entry.target == "enterprises":
        found += _figures(source, entry)
    return [extra for extra in found if extra is not None]


def _spare(source: Source, entry: SourceMap) -> list[str]:
    """Columns of the source that its own layer does not take."""
    used = {match.source for match in entry.columns.values()} | {entry.x, entry.y}
    return [str(name) for name in source.frame.columns if name != "geometry" and name not in used]


def _entry(source: Source, target: str, columns: dict[str, ColumnMap], constants: dict[str, str]) -> SourceMap:
    order = [name for name in schema.layers()[target].columns if name in columns]
    return SourceMap(
        file=source.file.name,
        layer=source.layer,
        target=target,
        confidence=min(match.confidence for match in columns.values()),
        encoding=source.encoding,
        only_filled=True,
        constants=constants,
        columns={name: columns[name] for name in order},
    )


def _firm(entry: SourceMap) -> ColumnMap | None:
    """The column that tells the firm of a row: its id, else its name, which is turned into the id later."""
    match = entry.columns.get("enterprise_id") or entry.columns.get("name")
    return match.model_copy() if match else None


def _occupancy(source: Source, entry: SourceMap) -> SourceMap | None:
    layer = schema.layers()["occupancy"]
    spare = _spare(source, entry)
    if entry.target == "enterprises":
        firm = _firm(entry)
        land = _best(source.frame, spare, layer.columns["parcel_id"], layer)
        if firm is None or land is None:
            return None
        columns = {"enterprise_id": firm, "parcel_id": land}
        left = [name for name in spare if name != land.source]
        share = _best(source.frame, left, layer.columns["share"], layer) or _area(source.frame, left)
        return _entry(source, "occupancy", columns | ({"share": share} if share else {}), {})
    owner = _best(source.frame, spare, _owner(), layer)
    if owner is None or "parcel_id" not in entry.columns:
        return None
    return _entry(
        source, "occupancy", {"enterprise_id": owner, "parcel_id": entry.columns["parcel_id"].model_copy()}, {}
    )


def _owner() -> schema.Column:
    """The firm of a parcel: by id, or as the land register names who holds it."""
    column = schema.layers()["occupancy"].columns["enterprise_id"]
    names = schema.layers()["enterprises"].columns["name"]
    words = [word for word in (*names.aliases, *names.label.values()) if plain(word) not in ("name", "名称")]
    return dataclasses.replace(column, aliases=(*column.aliases, *words))


def _area(frame: pd.DataFrame, spare: list[str]) -> ColumnMap | None:
    """A column with the area that a firm uses, as ``share`` in a unit of area."""
    layer = schema.layers()["parcels"]
    found = _best(frame, spare, layer.columns["area_m2"], layer)
    return found.model_copy(update={"unit": found.unit or "m2"}) if found else None


def _best(frame: pd.DataFrame, spare: list[str], column: schema.Column, layer: schema.Layer) -> ColumnMap | None:
    scored = [(*column_score(name, frame[name].dropna().head(SAMPLE), column, "", layer), name) for name in spare]
    score, unit, name = max(scored, key=lambda item: item[0], default=(0.0, "", ""))
    return ColumnMap(source=name, unit=unit, confidence=round(score, 2)) if score >= LEAST else None


def _figures(source: Source, entry: SourceMap) -> Iterator[SourceMap]:
    """Entries for figures that name their unit; without one nobody knows whether it is kWh or ten thousand kWh."""
    firm = _firm(entry)
    if firm is None:
        return
    spare = _spare(source, entry)
    for row in resources.table("knowledge", "firm_columns.csv"):
        layer = schema.layers()[row["layer"]]
        column = dataclasses.replace(layer.columns[row["column"]], label={}, aliases=tuple(row["names"].split("|")))
        best: tuple[float, str, str] = (0.0, "", "")
        for name in spare:
            score, unit = column_score(name, source.frame[name].dropna().head(SAMPLE), column, "", layer)
            if not unit or units.factor(column.unit, unit) is None:
                unit = _carrier_unit(name, row["code"]) if row["constant"] == "carrier" else ""
                bare = units.BRACKETS.sub("", name)
                score = column_score(bare, source.frame[name].dropna().head(SAMPLE), column, "", layer)[0]
            if unit and score > best[0]:
                best = (score, unit, name)
        score, unit, name = best
        if score < 0.8:  # 用水 and 用热 differ by one character
            continue
        spare.remove(name)
        figure = ColumnMap(source=name, unit=unit, confidence=round(score, 2))
        columns = {"enterprise_id": firm.model_copy(), row["column"]: figure}
        yield _entry(source, row["layer"], columns, {row["constant"]: row["code"]})


def _carrier_unit(heading: str, carrier: str) -> str:
    """The unit of mass or volume in a heading of fuel, where its heating value is known."""
    for inner in [*units.BRACKETS.findall(heading), *heading.replace("_", "/").split("/")[1:]]:
        if units.carrier_factor(carrier, inner) is not None:
            return str(inner)
    return ""
