"""Propose which source becomes which layer, and which of its columns which column of the schema.

Names are compared with the names, labels and aliases of the schema in both languages; values then speak for or against: a
number column must hold numbers, a coded column codes that are known. Columns are assigned together, so that no source
column serves twice.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from parkloop import resources

from .. import convert, schema
from . import place, units
from .mapping import ColumnMap, Mapping, SourceMap
from .sources import Source, open_sources

LEAST = 0.6  # below this a match is not proposed
SAMPLE = 200  # rows whose values are looked at


def propose(files: list[Path]) -> Mapping:
    """A mapping for the files, each match with its confidence (0 to 1).

    Raises
    ------
    InputError
        A file cannot be read.
    """
    sources = open_sources(files)
    maps = [_source(source) for source in sources]
    # of several sources with shapes for one layer the surest counts; the others are left for the planner to decide
    for target in schema.layers():
        rivals = [i for i, entry in enumerate(maps) if entry.target == target and sources[i].geometry_kind]
        for i in sorted(rivals, key=lambda i: (-maps[i].confidence, i))[1:]:
            if schema.layers()[target].geometry:
                maps[i] = maps[i].model_copy(update={"target": "", "columns": {}, "confidence": 0.0})
    return Mapping(source=maps)


def complete(files: list[Path], mapping: Mapping) -> Mapping:
    """The mapping with columns proposed for each source that has a layer but no column yet.

    Raises
    ------
    InputError
        A file cannot be read.
    """
    sources = {(source.file.name, source.layer): source for source in open_sources(files)}
    return mapping.model_copy(
        update={"source": [_completed(entry, sources.get((entry.file, entry.layer))) for entry in mapping.source]}
    )


def _completed(entry: SourceMap, source: Source | None) -> SourceMap:
    if source is None or not entry.target or entry.columns:
        return entry
    layer = schema.layers()[entry.target]
    return entry.model_copy(
        update={
            "columns": match_columns(source.frame, layer),
            "join_on": _join_on(entry.target, source.geometry_kind),
        }
    )


def _join_on(target: str, kind: str) -> str:
    """The key by which a table without shapes joins the shapes of its layer; empty where it needs none."""
    layer = schema.layers().get(target)
    return layer.key[0] if layer and layer.geometry and not kind and target != "enterprises" else ""


def _source(source: Source) -> SourceMap:
    kind = source.geometry_kind
    best: tuple[float, str, dict[str, ColumnMap]] = (0.0, "", {})
    for name, layer in schema.layers().items():
        if (
            kind
            and layer.geometry
            and layer.geometry != kind
            and not (name in _AREA_OR_POINT and kind in ("Polygon", "Point"))
        ):
            continue
        columns = match_columns(source.frame, layer)
        named = _name_score(source.name, _layer_names(name))
        required = [c for c in layer.columns.values() if c.required]
        held = sum(columns[c.name].confidence for c in required if c.name in columns) / max(1, len(required))
        weight = sum(match.confidence for match in columns.values()) / max(3, len(source.frame.columns))
        shape = 0.15 if kind and layer.geometry == kind else 0.0
        score = min(1.0, 0.55 * named + 0.2 * held + 0.25 * min(1.0, weight) + shape)
        if score > best[0] + 1e-9:
            best = (score, name, columns)
    score, target, columns = best
    if score < 0.4:
        score, target, columns = 0.0, "", {}
    crs, crs_from, swap = _crs(source)
    return SourceMap(
        file=source.file.name,
        layer=source.layer,
        target=target,
        confidence=round(score, 2),
        encoding=source.encoding,
        crs=crs,
        crs_from=crs_from,
        swap_axes=swap,
        join_on=_join_on(target, kind),
        columns=columns,
    )


_AREA_OR_POINT = {"enterprises", "facilities"}  # a point in the schema, often drawn as an area


def _crs(source: Source) -> tuple[str, str, bool]:
    if not source.geometry_kind or not isinstance(source.frame, gpd.GeoDataFrame):
        return "", "", False
    if source.frame.crs is not None:
        return source.frame.crs.to_string(), "file", False
    guess = place.guess_crs(source.frame.total_bounds)
    return guess.crs, "guess" if guess.crs else "", guess.swap_axes


@cache
def _layer_names(name: str) -> tuple[str, ...]:
    row = resources.layers()[name]
    return (name, row["label_en"], row["label_zh"], *row["aliases"].split("|"))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _name_score(given: str, names: tuple[str, ...]) -> float:
    """1 for the same name, less for a part of it or a likeness; 0 below one half."""
    word = _plain(given)
    best = 0.0
    for name in map(_plain, names):
        if not name or not word:
            continue
        if word == name:
            return 1.0
        if name in word and (len(name) > 2 or not name.isascii()):
            best = max(best, 0.75 + 0.2 * len(name) / len(word))
        elif word in name and (len(word) > 2 or not word.isascii()):
            best = max(best, 0.6 + 0.2 * len(word) / len(name))
        else:
            ratio = difflib.SequenceMatcher(None, word, name).ratio()
            best = max(best, 0.9 * ratio if ratio > 0.7 else 0.0)
    return best


def match_columns(frame: pd.DataFrame, layer: schema.Layer) -> dict[str, ColumnMap]:
    """The best assignment of a frame's columns to a layer's, each with unit, codes and confidence."""
    given = [str(name) for name in frame.columns if name != "geometry"]
    wanted = list(layer.columns.values())
    score = np.zeros((len(given), len(wanted)))
    unit = np.full((len(given), len(wanted)), "", object)
    for i, heading in enumerate(given):
        values = frame[heading].dropna().head(SAMPLE)
        for j, column in enumerate(wanted):
            bare, unit[i, j] = units.split(heading, column.unit)
            names = (column.name, *column.label.values(), *column.aliases)
            named = max(_name_score(bare, names), _name_score(heading, names))
            if named:
                score[i, j] = named * _value_score(values, column)
    rows, columns = linear_sum_assignment(-score)
    found = {}
    for i, j in zip(rows, columns, strict=True):
        if score[i, j] >= LEAST:
            column = wanted[j]
            found[column.name] = ColumnMap(
                source=given[i],
                unit=str(unit[i, j]),
                confidence=round(float(score[i, j]), 2),
                codes=_code_map(frame[given[i]], column),
            )
    return {name: found[name] for name in layer.columns if name in found}


def _value_score(values: pd.Series, column: schema.Column) -> float:
    """1 where the values can be the column's, less where many cannot."""
    if not len(values):
        return 0.8
    if column.codes:
        known = convert.strings(values).map(lambda word: code_of(word, column.codes) != "")
        return 0.5 + 0.5 * float(known.mean())
    if column.type in ("int", "float"):
        _, bad = convert.convert(values, schema_number(column))
        return float(1 - bad.mean()) ** 2
    if column.type == "date":
        _, bad = convert.convert(values, column)
        return float(1 - bad.mean()) ** 2
    return 1.0


def schema_number(column: schema.Column) -> schema.Column:
    """The column as plain numbers, because a whole number may stand in another unit in the planner's table."""
    import dataclasses

    return dataclasses.replace(column, type="float")


@cache
def _codes(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, row in resources.codes(name).items():
        for word in (code, row["label_en"], row["label_zh"], *(row.get("aliases") or "").split("|")):
            if word:
                found.setdefault(_plain(word), code)
    return found


def code_of(word: str | None, name: str) -> str:
    """The code of the list ``name`` that a word in the planner's table means; empty where none does."""
    if not word:
        return ""
    known = _codes(name)
    plain = _plain(word)
    if plain in known:
        return known[plain]
    if name == "sectors":
        # 2611, C2611 and C26 are all division C26
        match = re.fullmatch(r"([a-z]?)(\d{2})\d{0,2}", plain)
        if match:
            for code in resources.codes("sectors"):
                if code[1:] == match[2] and match[1] in ("", code[0].lower()):
                    return code
    inside = [code for label, code in known.items() if len(label) > 1 and label in plain]
    return inside[0] if len(set(inside)) == 1 else ""


def _code_map(values: pd.Series, column: schema.Column) -> dict[str, str]:
    """The words of a coded column that are not codes themselves, with the code each means (empty: not known)."""
    if not column.codes:
        return {}
    words = sorted(set(convert.strings(values).dropna()) - set(resources.codes(column.codes)))
    return {word: code_of(word, column.codes) for word in words[:200]}
