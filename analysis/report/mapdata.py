"""The map of the page as compact data: layers with their looks, shapes in whole decimetres, texts stored once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from . import symbology
from .describe import Field, Names, cell, fields, heading, records, sentence, title, value_with_unit
from .numbers import Style, empty
from .symbology import Look

STEP_M = 0.1
TOLERANCES_M = (0.3, 1.0, 2.0, 4.0, 8.0)
MAX_VERTICES = 250_000
# A page stays below 10 MB: beyond these numbers of features, the many small ones tell less, then are left out.
BRIEF_FROM, DROP_FROM = 12_000, 24_000
BRIEF = {"buildings", "roads", "site_candidates", "exclusion_zones", "cluster_members"}
MINOR = {"relevance", "network_nodes", "site_service", "protection_zones"}
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


class Shapes:
    """Each distinct shape once, simplified, as rings of differences in steps of ``STEP_M`` from an origin."""

    def __init__(self, origin: tuple[float, float], tolerance: float) -> None:
        self.origin = np.array(origin)
        self.tolerance = tolerance
        self._place: dict[bytes, int] = {}
        self.rings: list[list[list[int]]] = []

    def __call__(self, shape: shapely.Geometry) -> int:
        key = shapely.to_wkb(shape)
        if key not in self._place:
            self._place[key] = len(self.rings)
            simple = shape.simplify(self.tolerance) if self.tolerance else shape
            self.rings.append([self._ring(part) for part in _parts(shape if simple.is_empty else simple)])
        return self._place[key]

    def _ring(self, points: np.ndarray) -> list[int]:
        steps = np.rint((points - self.origin) / STEP_M).astype(int)
        moved = np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=int))
        keep = np.ones(len(moved), dtype=bool)
        keep[1:] = (moved[1:] != 0).any(axis=1)
        return [int(v) for v in moved[keep].ravel()]

    def point(self, shape: shapely.Geometry) -> list[int]:
        """Where the symbol or the label of a shape stands."""
        if "Line" in shape.geom_type:
            lines = max(shapely.get_parts(shape), key=lambda part: part.length)
            middle = lines.interpolate(0.5, normalized=True)
        else:
            middle = shape.representative_point()
        return [int(v) for v in np.rint((np.array([middle.x, middle.y]) - self.origin) / STEP_M)]


def _parts(shape: shapely.Geometry) -> list[np.ndarray]:
    found = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "GeometryCollection":
            found += _parts(part)
        elif part.geom_type == "Polygon":
            found += [shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors)]
        else:
            found.append(shapely.get_coordinates(part))
    return found


def map_data(
    park: Mapping[str, pd.DataFrame],
    tables: Mapping[str, pd.DataFrame],
    style: Style,
    names: Names,
    more: Mapping[str, Mapping[str, list[tuple[str, str]]]],
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
    """
    frames = _frames(park, tables)
    features = sum(len(frame) for _, frame in frames)
    left_out = [look for look, _ in frames if look.layer in MINOR] if features > DROP_FROM else []
    frames = [(look, frame) for look, frame in frames if look not in left_out]
    brief = BRIEF | MINOR if features > BRIEF_FROM else set()
    vertices = sum(int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()) for _, frame in frames)
    level = min(int(max(vertices - 1, 0) / MAX_VERTICES), len(TOLERANCES_M) - 1)
    bounds = np.array(
        [frame.total_bounds for look, frame in frames if look.table in {"park", "parcels"}] or [[0, 0, 1, 1]]
    )
    low, high = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
    shapes = Shapes((float(low[0]), float(low[1])), TOLERANCES_M[level])
    pool = Pool()
    layers = [
        _layer(look, frame, style, names, pool, shapes, more.get(look.layer, {}), look.layer in brief)
        for look, frame in frames
    ]
    return {
        "step": STEP_M,
        "extent": [0, 0, *(int(v) for v in np.rint((high - low) / STEP_M))],
        "themes": [[theme, style.t(f"theme.{theme}")] for theme in THEMES if _used(theme, layers)],
        "utilities": _utilities(layers, style),
        "layers": layers,
        "left_out": [title(look.layer, style.lang) for look in left_out],
        "texts": pool.texts(),
        "shapes": shapes.rings,
    }


def _used(theme: str, layers: list[dict[str, Any]]) -> bool:
    """Whether a theme shows anything of its own beside the background."""
    return theme == "overview" or any(theme in layer["on"] and layer["result"] for layer in layers)


def _frames(
    park: Mapping[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame]
) -> list[tuple[Look, gpd.GeoDataFrame]]:
    found = []
    looks = list(symbology.looks().values())
    drawn = {look.table for look in looks if look.source == "result"}
    for table, extra in tables.items():
        if table not in drawn and isinstance(extra, gpd.GeoDataFrame) and len(extra):
            looks.insert(0, symbology.default_look(table, str(extra.geom_type.dropna().iloc[0])))
    for look in looks:
        source = park if look.source == "park" else tables
        frame = source.get(look.table)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
            continue
        if look.layer == "asleep" and "asleep" in frame:
            frame = frame[frame["asleep"] != "none"]
        frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
        if len(frame):
            found.append((look, frame))
    return found


def _utilities(layers: list[dict[str, Any]], style: Style) -> list[list[str]]:
    present = {row[5] for layer in layers for row in layer["rows"] if row[5]}
    known = resources.codes("utility")
    return [
        [code, style.code("utility", code), symbology.colour("utility", code)] for code in known if code in present
    ]


def _layer(
    look: Look,
    frame: gpd.GeoDataFrame,
    style: Style,
    names: Names,
    pool: Pool,
    shapes: Shapes,
    more: Mapping[str, list[tuple[str, str]]],
    brief: bool,
) -> dict[str, Any]:
    described = {name: field for name, field in fields(look.table, frame, style.lang).items() if name not in HIDDEN}
    shown = [
        field
        for field in described.values()
        if not brief and field.name not in TOLD_WITH_VALUES and not frame[field.name].map(empty).all()
    ]
    legend = symbology.classes(look, frame, style, names)
    position = symbology.class_index(look, frame, legend)
    width = symbology.sizes(look, frame)
    tip = resources.texts(style.lang).get(f"report.tip.{look.table}", "")
    rows = []
    told = records(frame.drop(columns="geometry"))
    for i, (row, shape) in enumerate(zip(told, frame.geometry, strict=True)):
        if position[i] < 0:
            continue
        guessed = set(str(row.get("estimated") or "").split(";"))
        values = [pool(_value(field, row, style, names, guessed)) for field in shown]
        key = str(row[next(iter(described))])
        said = sentence(tip, described, row, style, names) if tip else f"{title(look.layer, style.lang)} {key}"
        facts = [[pool(label), pool(text)] for label, text in more.get(key, [])]
        rows.append(
            [
                shapes(shape),
                int(position[i]),
                round(float(width[i]), 2),
                pool(said),
                pool(_label(look, described, row, style, names)),
                str(row.get("utility") or ""),
                values,
                facts,
                shapes.point(shape) if look.geometry != "point" and (look.label or look.geometry == "mark") else [],
            ]
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
        "spread": symbology.spread(look, legend) if look.spread_mm else [],
        "labelScale": look.label_scale,
        "classes": [[c.label, c.colour, c.second, c.dashed, c.value in {"rejected", "eligible"}] for c in legend],
        "fields": [[pool(heading(field, style)), field.numeric] for field in shown],
        "rows": rows,
    }


def _value(field: Field, row: Mapping[str, Any], style: Style, names: Names, guessed: set[str]) -> str:
    by_row = field.unit.startswith("by ")
    text = value_with_unit(field, row, style, names) if by_row else cell(field, row[field.name], style, names)
    return f"≈ {text}" if text and field.name in guessed else text


def _label(look: Look, described: Mapping[str, Field], row: Mapping[str, Any], style: Style, names: Names) -> str:
    parts = []
    for name in look.label:
        own = f"name_{style.lang}" if name == "name" and f"name_{style.lang}" in described else name
        if own in described:
            text = (
                value_with_unit(described[own], row, style, names)
                if own != "dn_mm"
                else f"DN{row[own]:g}"
                if not empty(row[own])
                else ""
            )
            if text:
                parts.append(text)
    return "\n".join(parts)
