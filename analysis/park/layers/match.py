"""How well a name or value of a planner's table fits a layer, column or code of the schema."""

from __future__ import annotations

import dataclasses
import difflib
import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from parkloop import resources

from .. import convert, schema
from ..osm import names as firm_names
from . import cells, units
from .drawing import LABEL
from .mapping import ColumnMap

LEAST = 0.6  # below this a match is not proposed
SAMPLE = 200  # rows whose values are looked at
# a figure for each mu, firm or head, a rate or a rank is not the figure itself
RATIO = re.compile(
    r"^(单位|亩均|人均|地均|每|万元)|(率|强度|占比|增速|增长|比重|同比|排名|per |rate$|rank$)", re.IGNORECASE
)
# names that many columns end in: they count only where the heading is no more than that
GENERIC = frozenset(
    [
        "编号",
        "名称",
        "类型",
        "类别",
        "单位",
        "企业",
        "公司",
        "面积",
        "用途",
        "等级",
        "地块",
        "宗地",
        "投资",
        "数量",
        "规模",
        "能力",
        "状态",
        "方向",
        "人口",
        "来源",
        "id",
        "name",
        "company",
        "firm",
        "area",
        "plot",
        "parcel",
        "use",
        "type",
        "width",
        "height",
        "owner",
        "source",
    ]
)


@cache
def layer_names(name: str) -> tuple[str, ...]:
    """What a layer is called: its name, labels and aliases."""
    row = resources.layers()[name]
    return (name, row["label_en"], row["label_zh"], *filter(None, row["aliases"].split("|")))


@cache
def plain(text: str) -> str:
    """Letters and digits of a name alone, small and of ordinary width."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def name_score(given: str, names: Iterable[str], whole: frozenset[str] = frozenset()) -> float:
    """1 for the same name, less for a part of it or a likeness; 0 below one half. Names in ``whole`` must be the same."""
    word = plain(given)
    best = 0.0
    for name in map(plain, names):
        if not name or not word:
            continue
        if word == name:
            return 1.0
        if name in whole:
            continue
        if name in word and (len(name) > 2 or not name.isascii()):
            best = max(best, 0.75 + 0.2 * len(name) / len(word))
        elif word in name and (len(word) > 2 or not word.isascii()) and len(word) > 1:
            best = max(best, 0.6 + 0.2 * len(word) / len(name))
        else:
            ratio = difflib.SequenceMatcher(None, word, name).ratio()
            best = max(best, 0.9 * ratio if ratio > 0.7 else 0.0)
    return best


def match_columns(
    frame: pd.DataFrame, layer: schema.Layer, unit: str = "", leave: Iterable[str] = ()
) -> dict[str, ColumnMap]:
    """The best assignment of a frame's columns to a layer's, each with unit, codes and confidence.

    Parameters
    ----------
    frame
        The planner's rows.
    layer
        The layer of the schema.
    unit
        What the table's title says of its numbers, for money whose heading names no unit.
    leave
        Columns of the schema that are not looked for.
    """
    given = [str(name) for name in frame.columns if name != "geometry"]
    wanted = [column for column in layer.columns.values() if column.name not in leave]
    score = np.zeros((len(given), len(wanted)))
    found_unit = np.full((len(given), len(wanted)), "", object)
    for i, heading in enumerate(given):
        values = frame[heading].dropna().head(SAMPLE)
        for j, column in enumerate(wanted):
            score[i, j], found_unit[i, j] = column_score(heading, values, column, unit, layer)
    rows, columns = linear_sum_assignment(-score)
    found = {}
    for i, j in zip(rows, columns, strict=True):
        if score[i, j] >= LEAST:
            column = wanted[j]
            found[column.name] = ColumnMap(
                source=given[i],
                unit=str(found_unit[i, j]),
                confidence=round(float(score[i, j]), 2),
                codes=_code_map(frame[given[i]], column),
            )
    return {name: found[name] for name in layer.columns if name in found}


def column_score(
    heading: str, values: pd.Series, column: schema.Column, unit: str, layer: schema.Layer
) -> tuple[float, str]:
    """How well a heading and its values fit a column (0 to 1), and the unit that the values stand in."""
    if plain(heading) == LABEL:
        return _label_score(values, column, layer), ""
    bare, said = units.split(heading, column.unit)
    names = (column.name, *column.label.values(), *column.aliases)
    named = max(name_score(bare, names, GENERIC), name_score(heading, names, GENERIC))
    if not named:
        return 0.0, ""
    if RATIO.search(bare) and not any(RATIO.search(name) for name in names):
        named *= 0.5
    if said and units.factor(column.unit, said) is None:
        named *= 0.5  # 万元/亩 is no money, 万美元 is not the park's
    if not said and column.unit.startswith("currency") and units.factor(column.unit, unit) is not None:
        said = unit
    return named * _value_score(values, column), said


def _label_score(values: pd.Series, column: schema.Column, layer: schema.Layer) -> float:
    """What the texts of a drawing are: codes where they are known, else the name of each area."""
    words = convert.strings(values)
    if not len(words):
        return 0.0
    if column.codes:
        known = float(words.map(lambda word: code_of(word, column.codes) != "").mean())
        return 0.8 * known if known > 0.5 else 0.0
    if column.name in layer.key:
        return 0.7 * float(words.nunique() / len(words))
    return 0.61 if column.name == "name" else 0.0


def _value_score(values: pd.Series, column: schema.Column) -> float:
    """1 where the values can be the column's, less where many cannot."""
    if not len(values):
        return 0.8
    if column.codes:
        known = convert.strings(values).map(lambda word: _means(word, column.codes))
        return 0.5 + 0.5 * float(known.mean())
    if column.type in ("int", "float"):
        return float(1 - cells.numbers(values, schema_number(column)).bad.mean()) ** 2
    if column.type in ("date", "bool"):
        _, bad = convert.convert(values, column)
        return float(1 - bad.mean()) ** 2
    return 1.0


def _means(word: str, codes: str) -> bool:
    """True where a word is a code, or speaks of a sector as firms' names do."""
    return code_of(word, codes) != "" or (codes == "sectors" and firm_names.sector(word) is not None)


def schema_number(column: schema.Column) -> schema.Column:
    """The column as plain numbers, because a whole number may stand in another unit in the planner's table."""
    return dataclasses.replace(column, type="float")


@cache
def _codes(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, row in resources.codes(name).items():
        for word in (code, row["label_en"], row["label_zh"], *(row.get("aliases") or "").split("|")):
            if word:
                found.setdefault(plain(word), code)
    return found


def code_of(word: str | None, name: str) -> str:
    """The code of the list ``name`` that a word in the planner's table means; empty where none does."""
    if not word:
        return ""
    known = _codes(name)
    text = plain(word)
    if text in known:
        return known[text]
    if name == "sectors":
        # 2611, C2611, C26 and "C26 化学原料和化学制品制造业" are all division C26
        match = re.match(r"([a-z]?)(\d{2})\d{0,2}(?!\d)", text)
        if match:
            for code in resources.codes("sectors"):
                if code[1:] == match[2] and match[1] in ("", code[0].lower()):
                    return code
    if name == "land_use":
        # 100102 M2 and "M2 二类工业用地": the letter of GB 50137
        match = re.search(r"(?<![A-Za-z0-9-])([A-Z])\d{0,3}(?=$|[\s()一-鿿])", unicodedata.normalize("NFKC", word))
        if match and match[1].lower() in known:
            return known[match[1].lower()]
    inside = {label: code for label, code in known.items() if len(label) > 1 and label in text}
    if len(set(inside.values())) == 1:
        return next(iter(inside.values()))
    whole = {code for label, code in inside.items() if not any(label != o and label in o for o in inside)}
    return whole.pop() if len(whole) == 1 else ""


def _code_map(values: pd.Series, column: schema.Column) -> dict[str, str]:
    """The words of a coded column that are not codes themselves, with the code each means (empty: not known)."""
    if not column.codes:
        return {}
    words = sorted(set(convert.strings(values).dropna()) - set(resources.codes(column.codes)))
    return {word: code_of(word, column.codes) for word in words[:200]}
