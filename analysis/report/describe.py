"""Tables as people read them: labels, units, codes and names in place of column names, codes and ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from parkloop import resources

from .numbers import Style, empty, significant, whole

Names = Mapping[str, Mapping[str, str]]
PLACE = re.compile(r"\{(\w+)\}")
# Columns that name a row of another table of results, wherever they stand.
NAMED = {"enterprise_id": "enterprises", "cluster_id": "cluster_areas", "site_id": "sites"}
LISTED = {"enterprises": "enterprises"}
CODED = {"sectors": "sectors", "also_failed": "siting_rule"}
CONFIDENCE = ("h", "m", "l")
# What the import from OpenStreetMap writes of a feature: its tag, and where it was widened, on whose word and by how much.
OSM = re.compile(r"(\w+=[\w*]+)(?: \((.+); ([\d.]+) m\))?")
OPTIONAL = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True)
class Field:
    """One column of a table as its schema describes it."""

    name: str
    label: str
    type: str = "text"
    unit: str = ""
    codes: str = ""
    refers: str = ""
    meaning: str = ""

    @property
    def numeric(self) -> bool:
        return self.type in {"int", "float"}


@cache
def _schema(table: str, lang: str) -> dict[str, Field]:
    try:
        rows = resources.columns(table)
    except FileNotFoundError:
        return {}
    return {
        name: Field(
            name,
            row[f"label_{lang}"],
            row["type"],
            row["unit"],
            row["codes"],
            row["refers"],
            row[f"meaning_{lang}"],
        )
        for name, row in rows.items()
    }


def fields(table: str, frame: pd.DataFrame, lang: str) -> dict[str, Field]:
    """The fields of ``frame`` by name, in its order, without geometry.

    A column (or a table) that no schema describes is shown under its own name, so that a table of a later step
    is never dropped from a report.
    """
    known = _schema(table, lang)
    found: dict[str, Field] = {}
    for name in frame.columns:
        if name == "geometry":
            continue
        kind = "float" if pd.api.types.is_numeric_dtype(frame[name]) else "text"
        field = known.get(name, Field(name, resources.texts(lang).get(f"report.column.{name}", name), kind))
        if name in NAMED and (found or field.refers):
            # A reference is shown as a name, so its label must not say "id".
            label = resources.text(f"report.refer.{NAMED[name]}", lang)
            field = replace(field, refers=field.refers or NAMED[name], label=label)
        elif name in LISTED and not field.refers:
            field = replace(field, refers=LISTED[name])
        elif name in CODED and not field.codes:
            field = replace(field, codes=CODED[name])
        elif name == f"name_{lang}" and table in NAMED.values():
            field = replace(field, label=resources.text(f"report.refer.{table}", lang))
        elif name.endswith("_share") and field.unit == "1":
            field = replace(field, unit="share")
        found[name] = field
    return found


def title(table: str, lang: str) -> str:
    """The name of a table of results or of a layer of the park."""
    words = resources.texts(lang)
    if f"report.table.{table}" in words:
        return words[f"report.table.{table}"]
    row = resources.layers().get(table)
    return row[f"label_{lang}"] if row else table


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of ``frame`` by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def cell(field: Field, value: Any, style: Style, names: Names | None = None, unit: str | None = None) -> str:
    """One value without its unit (which the heading gives); ``unit`` overrides the field's own."""
    if empty(value):
        return ""
    if field.type == "bool" or isinstance(value, bool):
        return style.t("yes") if value else style.t("no")
    if field.type == "date":
        return str(value)[:10]
    if field.numeric and not isinstance(value, str):
        unit = field.unit if unit is None else unit
        factor = style.unit(unit).factor
        if field.type == "int" and factor == 1:
            return str(int(value)) if unit == "a" else whole(float(value))
        return significant(float(value) * factor)
    text = str(value)
    if field.refers and names and field.refers in names:
        return style.t("comma").join(names[field.refers].get(part, part) for part in text.split(";"))
    if field.name in {"source", "clause", "basis"} and not field.codes:
        return origin(text, style)
    if field.name == "confidence" and text in CONFIDENCE:
        return style.t(f"confidence.short.{text}")
    if field.codes:
        return style.t("comma").join(style.code(field.codes, part) for part in text.split(";"))
    return text


def origin(text: str, style: Style) -> str:
    """The name of a source or a clause in the language of the report; as it stands where no name is known for it."""
    known = resources.texts(style.lang)
    if tag := OSM.fullmatch(text):
        what = known.get(f"sources.{tag[1]}", tag[1])
        if not tag[2]:
            return style.t("osm", what=what)
        return style.t("osm.buffer", what=what, source=known.get(f"sources.{tag[2]}", tag[2]), buffer=tag[3])
    return style.t("semicolon").join(known.get(f"sources.{part}", part) for part in text.split("; "))


def heading(field: Field, style: Style) -> str:
    """Label with unit, for the head of a column."""
    unit = style.unit(field.unit).label if field.numeric and not field.unit.startswith("by ") else ""
    return f"{field.label} ({unit})" if unit else field.label


def row_unit(field: Field, row: Mapping[str, Any]) -> str | None:
    """The unit that the row itself gives a field (its column ``unit``), or None where the field has its own."""
    by_row = field.numeric and field.unit.startswith("by ") and not empty(row.get("unit"))
    return str(row["unit"]) if by_row else None


def value_with_unit(field: Field, row: Mapping[str, Any], style: Style, names: Names | None = None) -> str:
    """One value with its unit, which a column ``unit`` of the row may give."""
    unit = row_unit(field, row)
    shown = cell(field, row.get(field.name), style, names, unit)
    label = style.unit(field.unit if unit is None else unit).label if field.numeric and shown else ""
    if (unit or field.unit).startswith("by "):
        label = ""
    return f"{shown} {label}" if label else shown


def blank(values: pd.Series) -> np.ndarray:
    """Where a column (n,) holds nothing: None, NaN, NaT, NA or empty text."""
    missing = values.isna().to_numpy(dtype=bool)
    return missing if values.dtype != object else missing | (values == "").to_numpy(dtype=bool)


def column(field: Field, values: pd.Series, style: Style, names: Names | None = None) -> list[str]:
    """``cell`` of every value of a column (n,), each distinct value written once."""
    codes, distinct = pd.factorize(values)
    known: list[Any] = distinct.tolist()
    if field.type == "float":  # as ``cell`` does, without asking for the unit each time
        factor = style.unit(field.unit).factor
        written = [significant(v * factor) if isinstance(v, float) else cell(field, v, style, names) for v in known]
    else:
        written = [cell(field, value, style, names) for value in known]
    written.append("")  # the code of a missing value is -1
    return [written[code] for code in codes.tolist()]


def guessed_rows(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """For each column that is estimated somewhere, in which rows (n,) of ``frame`` it is."""
    if "estimated" not in frame:
        return {}
    codes, distinct = pd.factorize(frame["estimated"].fillna("").astype(str))
    sets = [set(text.split(";")) for text in distinct]
    every = sorted(set().union(*sets) - {""})
    return {name: np.array([name in one for one in sets])[codes] for name in every}


def column_with_unit(field: Field, frame: pd.DataFrame, style: Style, names: Names | None = None) -> list[str]:
    """``value_with_unit`` of a column for every row (n) of ``frame``."""
    if field.unit.startswith("by ") and "unit" in frame:
        pairs = zip(frame[field.name].tolist(), frame["unit"].tolist(), strict=True)
        return [value_with_unit(field, {field.name: v, "unit": u}, style, names) for v, u in pairs]
    label = "" if not field.numeric or field.unit.startswith("by ") else style.unit(field.unit).label
    found = column(field, frame[field.name], style, names)
    return [f"{text} {label}" if text else "" for text in found] if label else found


def sentences(
    template: str, table: Mapping[str, Field], frame: pd.DataFrame, style: Style, names: Names
) -> list[str]:
    """Fill the ``{column}`` places of a tip for every row (n) of ``frame``.

    A part in [brackets] vanishes where one of its places is empty.
    """
    filled: dict[str, list[str]] = {}
    for name in PLACE.findall(template):
        if name not in filled:
            filled[name] = (
                column_with_unit(table[name], frame, style, names) if name in table else [""] * len(frame)
            )
    found = [""] * len(frame)
    for i, part in enumerate(OPTIONAL.split(template)):  # every second part stood in brackets
        pieces = PLACE.split(part)  # every second piece is the name of a place
        words, places = pieces[::2], [filled[name] for name in pieces[1::2]]
        for row, texts in enumerate(zip(*places, strict=True) if places else [()] * len(frame)):
            if i % 2 == 0 or all(texts):
                found[row] += words[0] + "".join(a + b for a, b in zip(texts, words[1:], strict=True))
    return found


def _unnamed(key: str, lang: str) -> str:
    """What to call a site without a name: ``heat-2`` is the second one for heat."""
    code, _, number = key.rpartition("-")
    row = resources.codes("utility").get(code)
    return f"{row[f'label_{lang}']} {number}" if row else key


def labels_of(
    park: Mapping[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame], lang: str
) -> dict[str, dict[str, str]]:
    """Names to show instead of ids: of firms, facilities, sites and clusters."""
    found: dict[str, dict[str, str]] = {}
    for layer, key in (("enterprises", "enterprise_id"), ("facilities", "facility_id")):
        frame = park[layer] if layer in park else pd.DataFrame(columns=[key, "name"])
        found[layer] = {k: n or k for k, n in zip(frame[key], frame["name"], strict=True)}
    for table, key, name in (("sites", "site_id", "name"), ("cluster_areas", "cluster_id", f"name_{lang}")):
        own = tables.get(table)
        if own is not None and {key, name} <= set(own.columns):
            found[table] = {
                k: _unnamed(k, lang) if empty(n) else str(n)
                for k, n in zip(own[key].astype(str), own[name], strict=True)
            }
    return found
