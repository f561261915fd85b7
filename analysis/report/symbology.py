"""What a layer looks like: one description for QGIS styles, the page's map and its charts.

``resources/styles/layers.csv`` lists the layers from the top of the drawing down, ``colours.csv`` the colours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd

from parkloop import resources

from .describe import Names, fields
from .numbers import SPACE, Style, Unit, significant

SEPARATOR = " "
QUANTILES, LEVELS = "quantiles", "levels"
ENDLESS = 1e12  # upper limit of a class that has none


@dataclass(frozen=True)
class Look:
    """One row of ``layers.csv``. Sizes are in millimetres on paper or screen.

    ``source`` is park, result, or view: another look of a table of results, which only QGIS offers.
    ``quantiles`` asks for breaks that put as many rows into each class, ``levels`` for a class from each value that occurs up
    to the next (areas one within the other); ``where`` is the (column, code) of the rows that are drawn; ``note`` is the column whose text stands behind the
    name of a class, say its limits.

    ``geometry`` is polygon, line, point or mark (a polygon shown by a symbol at its middle).
    ``spread_mm`` sets lines of different classes side by side, so that pipes in one street are all seen.
    ``size_by`` names the columns that size a row (the first that it has counts), ``size_range`` the values of the least and
    the greatest size, ``size_classes`` those that a legend of sizes tells, for each of the columns.
    ``markers`` are the (column, code, marker) that QGIS draws in place of ``marker``.
    """

    layer: str
    table: str
    source: str
    geometry: str
    classify: tuple[str, ...]
    colours: str
    breaks: tuple[float, ...]
    opacity: float
    outline: str
    outline_mm: float
    dash: str
    hatch: bool
    marker: str
    size_mm: float
    size_by: tuple[str, ...]
    size_range: tuple[tuple[float, float], ...]
    size_max_mm: float
    spread_mm: float
    label: tuple[str, ...]
    label_scale: float
    on: tuple[str, ...]
    quantiles: bool = False
    note: str = ""
    size_classes: tuple[tuple[float, ...], ...] = ()
    markers: tuple[tuple[str, str, str], ...] = ()
    levels: bool = False
    where: tuple[str, str] | None = None

    @property
    def graduated(self) -> bool:
        """Whether classes are ranges of numbers."""
        return bool(self.breaks) or self.quantiles or self.levels


@dataclass(frozen=True)
class Class:
    """One entry of a legend: the value it stands for (or the range), its label and its symbol."""

    value: str
    label: str
    colour: str
    second: str = ""
    dashed: bool = False
    low: float = 0.0
    high: float = 0.0


def _number(text: str) -> float:
    return float(text) if text else 0.0


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split())


def _special(text: str) -> tuple[str, str, str]:
    """Column, code and marker of ``column:code=marker``."""
    column, _, rest = text.partition(":")
    code, _, marker = rest.partition("=")
    return column, code, marker


def _where(text: str) -> tuple[str, str] | None:
    """Column and code of ``column=code``."""
    column, _, code = text.partition("=")
    return (column, code) if code else None


@cache
def looks() -> dict[str, Look]:
    """Every layer by name, the topmost first."""
    found = {}
    for row in resources.table("styles", "layers.csv"):
        marker, *special = row["marker"].split() or [""]
        found[row["layer"]] = Look(
            row["layer"],
            row["table"],
            row["source"],
            row["geometry"],
            tuple(row["classify"].split()),
            row["colours"],
            () if row["breaks"] in {QUANTILES, LEVELS} else tuple(float(b) for b in row["breaks"].split()),
            _number(row["opacity"]),
            row["outline"],
            _number(row["outline_mm"]),
            row["dash"],
            row["hatch"] == "yes",
            marker,
            _number(row["size_mm"]),
            tuple(row["size_by"].split()),
            tuple(zip(_numbers(row["size_low"]), _numbers(row["size_high"]), strict=True)),
            _number(row["size_max_mm"]),
            _number(row["spread_mm"]),
            tuple(part for part in row["label"].split("|") if part),
            _number(row["label_scale"]),
            tuple(row["on"].split()),
            row["breaks"] == QUANTILES,
            row["note"],
            tuple(_numbers(part) for part in row["size_classes"].split("|") if part),
            tuple(_special(part) for part in special),
            row["breaks"] == LEVELS,
            _where(row["where"]),
        )
    return found


@cache
def palette(group: str) -> dict[str, tuple[str, str]]:
    """Colours of a group by code: (colour, second colour or empty)."""
    rows = resources.table("styles", "colours.csv")
    return {row["code"]: (row["colour"], row["second"]) for row in rows if row["group"] == group}


def colour(group: str, code: str) -> str:
    """The colour of a code; grey where the group does not know it."""
    return palette(group).get(code, ("#969696", ""))[0]


def default_look(table: str, geometry_type: str) -> Look:
    """A plain look for a table that ``layers.csv`` does not list."""
    kind = "line" if "Line" in geometry_type else "point" if "Point" in geometry_type else "polygon"
    base = looks()["enterprises" if kind == "point" else "relevance" if kind == "line" else "cluster_areas"]
    return replace(
        base,
        layer=table,
        table=table,
        source="result",
        classify=(),
        colours="plain.result",
        size_by=(),
        size_range=(),
        size_classes=(),
        size_mm=1.8 if kind == "point" else 0.5,
        label=(),
        on=(),
        note="",
    )


def key_of(look: Look, frame: pd.DataFrame) -> pd.Series:
    """The text by which rows of ``frame`` are classed."""
    parts = [
        frame[name].astype(object).where(frame[name].notna(), "").astype(str).astype(object)
        for name in look.classify
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + SEPARATOR + part
    return joined


def classes(look: Look, frame: pd.DataFrame, style: Style, names: Names | None = None) -> list[Class]:
    """The legend of a layer: only what occurs in ``frame``, in the order of the colours or of the values."""
    if not look.classify:
        return [Class("", "", colour(*look.colours.split(".")), dashed=look.dash == "yes")]
    if not set(look.classify) <= set(frame.columns):
        return [Class("", "", colour("plain", "result"))]
    if look.breaks:
        shades = list(palette(look.colours).values())
        pairs = list(zip(look.breaks[:-1], look.breaks[1:], strict=True))
        return [
            Class("", f"{low:g}–{high:g}", shades[i][0], low=low, high=high) for i, (low, high) in enumerate(pairs)
        ]
    described = fields(look.table, frame, style.lang)
    if look.quantiles or look.levels:
        return (_levels if look.levels else _quantiles)(look, frame, style.unit(described[look.classify[0]].unit))
    group_name, _, fixed = look.colours.partition(".")
    group = {} if fixed else palette(look.colours)
    wanted = [value for value in sorted(set(key_of(look, frame))) if value.strip()]
    if look.layer == "asleep":
        wanted = [value for value in wanted if value != "none"]
    order = list(group)

    def place(value: str) -> tuple[int, bool]:
        """Of what is first classed by, what has a colour of its own (links that end) comes last."""
        first, *rest = value.split(SEPARATOR)
        return order.index(first) if first in group else len(order), any(part in group for part in rest)

    wanted.sort(key=place)
    found = []
    for position, value in enumerate(wanted):
        parts = value.split(SEPARATOR)
        if fixed:
            shade = (colour(group_name, fixed), "")
        elif look.colours == "cluster":
            # Clusters have no fixed codes: colours go round in the order of the ids.
            shade = list(group.values())[position % len(group)]
        else:
            # a link that ends is grey, whatever it carries: the last part that has a colour counts
            shade = next((group[part] for part in reversed(parts) if part in group), ("#969696", ""))
        called = (names or {}).get("cluster_areas", {}) if look.colours == "cluster" else {}
        label = " · ".join(
            style.code(described[name].codes, part) if described[name].codes else called.get(part, part)
            for name, part in zip(look.classify, parts, strict=False)
        )
        label += _note(look, frame, value)
        condition = look.dash.partition("=")
        dashed = look.dash == "yes" or bool(set(condition[2].split(",")) & set(parts))
        found.append(Class(value, label, shade[0], shade[1], dashed))
    return found


def _quantiles(look: Look, frame: pd.DataFrame, unit: Unit) -> list[Class]:
    """Classes of about as many rows each; their limits have three digits, so that a legend says what was meant."""
    shades = [shade for shade, _ in palette(look.colours).values()]
    values = pd.to_numeric(frame[look.classify[0]], errors="coerce").dropna().to_numpy(dtype=float) * unit.factor
    if not len(values):
        return []
    edges = [float(f"{edge:.3g}") for edge in np.quantile(values, np.linspace(0, 1, len(shades) + 1))]
    # the outer limits are moved outwards, so that rounding leaves no row without a class
    edges[0], edges[-1] = min(edges[0], values.min()), max(edges[-1], values.max())
    edges = sorted(set(edges))
    if len(edges) == 1:
        edges *= 2
    label = f"{SPACE}{unit.label}" if unit.label else ""
    return [
        Class(
            "",
            f"{significant(low)}–{significant(high)}{label}",
            # fewer classes than shades: the ends of the scale stay
            shades[round(i * (len(shades) - 1) / max(len(edges) - 2, 1))],
            low=low / unit.factor,
            high=high / unit.factor,
        )
        for i, (low, high) in enumerate(pairwise(edges))
    ]


def _levels(look: Look, frame: pd.DataFrame, unit: Unit) -> list[Class]:
    """Classes from each value up to the next one, the last without an end; the darkest stands for the greatest."""
    shades = [shade for shade, _ in palette(look.colours).values()]
    values = pd.to_numeric(drawn(look, frame)[look.classify[0]], errors="coerce").dropna()
    levels = sorted({float(v) for v in values})[-len(shades) :]
    found = []
    for i, (low, high) in enumerate(pairwise([*levels, ENDLESS])):
        span = f"≥ {low * unit.factor:g}" if high == ENDLESS else f"{low * unit.factor:g}–{high * unit.factor:g}"
        # what has just the next value belongs to the next class
        shade = shades[len(shades) - len(levels) + i]
        found.append(Class("", f"{span}{unit.label}", shade, low=low, high=high * (1 - 1e-9)))
    return found


def drawn(look: Look, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that a look draws."""
    if look.where is None or look.where[0] not in frame:
        return frame
    return frame[frame[look.where[0]] == look.where[1]]


def _note(look: Look, frame: pd.DataFrame, value: str) -> str:
    """What stands behind the name of a class, in brackets."""
    if look.note not in frame:
        return ""
    said = sorted(set(frame.loc[key_of(look, frame) == value, look.note].dropna().astype(str)) - {""})
    return f" ({said[0]})" if len(said) == 1 else ""


def class_index(look: Look, frame: pd.DataFrame, found: list[Class]) -> np.ndarray:
    """For every row the position of its class in ``found``, -1 where it has none (it is not drawn)."""
    if not look.classify or not set(look.classify) <= set(frame.columns):
        return np.zeros(len(frame), dtype=int)
    if look.graduated:
        values = pd.to_numeric(frame[look.classify[0]], errors="coerce").to_numpy(dtype=float)
        position = np.searchsorted([c.low for c in found[1:]], np.nan_to_num(values), side="right")
        return np.where(np.isnan(values), -1, position)
    order = {c.value: i for i, c in enumerate(found)}
    return np.array([order.get(key, -1) for key in key_of(look, frame).tolist()], dtype=int)


def weights(look: Look, frame: pd.DataFrame) -> np.ndarray | None:
    """How large each row (n,) is within the look's range of sizes, 0 the least and 1 the greatest; None where nothing sizes it."""
    part = None
    for name, (low, high) in zip(look.size_by, look.size_range, strict=True):
        if name in frame:
            values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
            one = (np.nan_to_num(values, nan=low) - low) / (high - low)
            part = one if part is None else np.maximum(part, one)
    return part


def sizes(look: Look, frame: pd.DataFrame) -> np.ndarray:
    """Width or diameter (n,) of every row in mm: between the look's two sizes by the root of ``weights``."""
    part = weights(look, frame)
    if part is None:
        return np.full(len(frame), look.size_mm)
    return look.size_mm + np.sqrt(np.clip(part, 0.0, 1.0)) * (look.size_max_mm - look.size_mm)


def size_legend(look: Look, frame: pd.DataFrame, style: Style) -> list[tuple[str, float]]:
    """Entries of a legend of sizes, the least first: the values in words, of each column that holds any, and the size in mm."""
    described = fields(look.table, frame, style.lang)
    present = [
        (k, name)
        for k, name in enumerate(look.size_by)
        if name in described and pd.to_numeric(frame[name], errors="coerce").notna().any()
    ]
    if not look.size_classes or not present:
        return []
    found = []
    for i, values in enumerate(zip(*(look.size_classes[k] for k, _ in present), strict=True)):
        pairs = zip((described[name].unit for _, name in present), values, strict=True)
        label = " · ".join(style.quantity(value, unit, big=True) for unit, value in pairs)
        if look.size_by == ("dn_mm",):
            label = f"DN{values[0]:g}"
        k, name = present[0]
        found.append((label, round(float(sizes(look, pd.DataFrame({name: [look.size_classes[k][i]]}))[0]), 2)))
    return found


def spread(look: Look, found: list[Class]) -> list[float]:
    """Sideways offset in mm of each class, symmetric about the line."""
    return [round(look.spread_mm * (i - (len(found) - 1) / 2), 3) for i in range(len(found))]
