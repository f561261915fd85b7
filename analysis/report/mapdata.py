"""The map of the page as compact data: layers with their looks, shapes in whole decimetres, texts stored once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from parkloop import resources

from . import symbology
from .describe import Field, Names, blank, column, column_with_unit, fields, guessed_rows, heading, sentences, title
from .drawing import Drawing, Drawn, drawing
from .numbers import Style, whole
from .shapes import STEP_M
from .symbology import Look

THEMES = ("overview", "land", "links", "clusters", "sites", "networks")
HIDDEN = {"geometry", "estimated"}
TOLD_WITH_VALUES = {"unit"}


class Pool:
    """Each distinct text once; features refer to it by position."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self._place.setdefault(text, len(self._place))

    def texts(self) -> list[str]:
        return list(self._place)


def map_data(
    park: Mapping[str, pd.DataFrame],
    tables: Mapping[str, pd.DataFrame],
    style: Style,
    names: Names,
    more: Mapping[str, Mapping[str, list[tuple[str, str]]]],
    drawn: Drawing | None = None,
) -> dict[str, Any]:
    """Everything that the page's map draws and tells.

    Parameters
    ----------
    park, tables
        Layers of the park and result tables by name, all in one metric CRS.
    style, names
        Language, currency, and names to show instead of ids.
    more
        Further facts (label, text) by layer and key of the row.
    drawn
        ``drawing.drawing`` of the same park, where a page in another language has it already.
    """
    drawn = drawn or drawing(park, tables)
    pool = Pool()
    layers = [_layer(one, style, names, pool, more.get(one.look.layer, {})) for one in drawn.layers]
    return {
        "step": STEP_M,
        "extent": drawn.extent,
        "themes": [[theme, style.t(f"theme.{theme}")] for theme in THEMES if _used(theme, layers)],
        "utilities": _utilities(layers, style),
        "layers": layers,
        "left_out": [title(look.layer, style.lang) for look in drawn.left_out],
        "texts": pool.texts(),
        "shapes": drawn.rings,
    }


def notes(drawn: Drawing, style: Style) -> list[str]:
    """What the map leaves out, in sentences: whole layers, the small ones of a layer, facts of the small ones."""
    found = []
    if drawn.left_out:
        layers = style.t("comma").join(title(look.layer, style.lang) for look in drawn.left_out)
        found.append(style.t("map.left_out", layers=layers))
    thinned = [(one, len(one.frame), one.total) for one in drawn.layers]
    untold = [(one, int(one.told.sum()), len(one.frame)) for one in drawn.layers]
    for key, counts in (("map.thinned", thinned), ("map.untold", untold)):
        parts = [
            style.t("map.part", layer=title(one.look.layer, style.lang), shown=whole(shown), all=whole(every))
            for one, shown, every in counts
            if 0 < shown < every
        ]
        if parts:
            found.append(style.t(key, layers=style.t("comma").join(parts)))
    silent = [title(one.look.layer, style.lang) for one in drawn.layers if not one.told.any()]
    if silent:
        found.append(style.t("map.silent", layers=style.t("comma").join(silent)))
    return found


def _used(theme: str, layers: list[dict[str, Any]]) -> bool:
    """Whether a theme shows anything of its own beside the background."""
    return theme == "overview" or any(theme in layer["on"] and layer["result"] for layer in layers)


def _utilities(layers: list[dict[str, Any]], style: Style) -> list[list[str]]:
    present = {row[5] for layer in layers for row in layer["rows"] if row[5]}
    known = resources.codes("utility")
    return [
        [code, style.code("utility", code), symbology.colour("utility", code)] for code in known if code in present
    ]


def _layer(
    one: Drawn, style: Style, names: Names, pool: Pool, more: Mapping[str, list[tuple[str, str]]]
) -> dict[str, Any]:
    look, frame = one.look, one.frame
    described = {name: field for name, field in fields(look.table, frame, style.lang).items() if name not in HIDDEN}
    shown = [
        field
        for field in described.values()
        if not one.brief and field.name not in TOLD_WITH_VALUES and not blank(one.full[field.name]).all()
    ]
    legend = symbology.classes(look, one.full, style, names)
    position = symbology.class_index(look, frame, legend).tolist()
    utilities = frame["utility"].fillna("").astype(str).tolist() if "utility" in frame else [""] * len(frame)
    told = _told(one, described, shown, style, names, pool, more)
    silent = [pool(title(look.layer, style.lang)), pool(""), [], []] if not one.told.all() else []
    rows = []
    for i, known in enumerate(one.told.tolist()):
        tip, label, values, facts = next(told) if known else silent
        rows.append(
            [one.places[i], position[i], one.widths[i], tip, label, utilities[i], values, facts, one.points[i]]
        )
    return {
        "id": look.layer,
        "title": title(look.layer, style.lang),
        "result": look.source == "result",
        "on": look.on,
        "geometry": look.geometry,
        "opacity": look.opacity,
        "outline": look.outline,
        "outlineMm": look.outline_mm,
        "hatch": look.hatch,
        "marker": look.marker,
        "sizeMm": look.size_mm,
        "sizes": symbology.size_legend(look, one.full, style),
        "spread": symbology.spread(look, legend) if look.spread_mm else [],
        "labelScale": look.label_scale,
        "classes": [[c.label, c.colour, c.second, c.dashed, c.value in {"rejected", "eligible"}] for c in legend],
        "fields": [[pool(heading(field, style)), field.numeric] for field in shown],
        "rows": rows,
    }


def _told(
    one: Drawn,
    described: Mapping[str, Field],
    shown: list[Field],
    style: Style,
    names: Names,
    pool: Pool,
    more: Mapping[str, list[tuple[str, str]]],
) -> Iterator[tuple[int, int, list[int], list[list[int]]]]:
    """Tip, label, values and facts of each row of which the map tells, as places in the pool."""
    frame = one.frame[one.told]
    keys = frame[next(iter(described))].astype(str).tolist()
    told = resources.texts(style.lang).get(f"report.tip.{one.look.table}", "")
    called = title(one.look.layer, style.lang)
    tips = sentences(told, described, frame, style, names) if told else [f"{called} {key}" for key in keys]
    labels = _labels(one.look, described, frame, style, names)
    guesses = guessed_rows(frame)
    values = [_values(field, frame, style, names, guesses) for field in shown]
    for i, key in enumerate(keys):
        own = [pool(texts[i]) for texts in values]
        said, label = pool(tips[i]), pool(labels[i])
        yield said, label, own, [[pool(name), pool(text)] for name, text in more.get(key, [])]


def _values(
    field: Field, frame: pd.DataFrame, style: Style, names: Names, guesses: Mapping[str, np.ndarray]
) -> list[str]:
    by_row = field.unit.startswith("by ")
    texts = (
        column_with_unit(field, frame, style, names) if by_row else column(field, frame[field.name], style, names)
    )
    if field.name not in guesses:
        return texts
    marked = zip(texts, guesses[field.name].tolist(), strict=True)
    return [f"≈ {text}" if text and guessed else text for text, guessed in marked]


def _labels(
    look: Look, described: Mapping[str, Field], frame: pd.DataFrame, style: Style, names: Names
) -> list[str]:
    """The label of every row (n) of ``frame``, a line for each of the columns that the look names."""
    parts = []
    for name in look.label:
        own = f"name_{style.lang}" if name == "name" and f"name_{style.lang}" in described else name
        if own == "dn_mm" and own in described:
            parts.append(["" if pd.isna(v) else f"DN{v:g}" for v in frame[own].tolist()])
        elif own in described:
            parts.append(column_with_unit(described[own], frame, style, names))
    if not parts:
        return [""] * len(frame)
    return ["\n".join(text for text in row if text) for row in zip(*parts, strict=True)]
