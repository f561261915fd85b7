"""Propose which source becomes which layer, and which of its columns which column of the schema.

Names are compared with the names, labels and aliases of the schema in both languages; values then speak for or against: a
number column must hold numbers, a coded column codes that are known. Columns are assigned together, so that no source
column serves twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from .. import convert, schema
from . import cells, place, side
from .mapping import ColumnMap, Mapping, SourceMap
from .match import code_of, layer_names, match_columns, name_score, plain
from .sources import Source, open_sources

SURE_ENOUGH = 0.4  # a source less like its best layer is left out
NEAR_M = 10_000.0
_AREA_OR_POINT = {"enterprises", "facilities"}  # a point in the schema, often drawn as an area
X_NAMES = (
    "经度",
    "lon",
    "lng",
    "long",
    "longitude",
    "x",
    "x坐标",
    "东坐标",
    "横坐标",
    "gps经度",
    "中心经度",
    "easting",
)
Y_NAMES = ("纬度", "lat", "latitude", "y", "y坐标", "北坐标", "纵坐标", "gps纬度", "中心纬度", "northing")


def propose(files: list[Path]) -> Mapping:
    """A mapping for the files, each match with its confidence (0 to 1).

    Raises
    ------
    InputError
        A file cannot be read.
    """
    return Mapping(source=_entries(open_sources(files)))


def _entries(sources: list[Source]) -> list[SourceMap]:
    maps = _rivals([_source(source) for source in sources], sources)
    maps = _neighbours(maps, sources)
    taken = {entry.target for entry in maps}
    out: list[SourceMap] = []
    extras: list[SourceMap] = []
    for entry, source in zip(maps, sources, strict=True):
        out.append(entry)
        extras += side.entries(source, entry)
    # a table of its own for land, energy or water says more than a column of the firms' list, which says more than owners
    lists = {(entry.file, entry.layer) for entry in maps if entry.target == "enterprises"}
    extras.sort(key=lambda extra: (extra.file, extra.layer) not in lists)
    for extra in extras:
        if extra.target in taken:
            continue
        if extra.target == "occupancy":
            taken.add("occupancy")
        out.append(extra)
    return out


def _rivals(maps: list[SourceMap], sources: list[Source]) -> list[SourceMap]:
    """Of several sources with shapes for one layer the surest; the others are left for the planner to decide.

    The CAD layers of one drawing that each name a use of land are parcels together.
    """
    for target in schema.layers():
        rivals = [i for i, entry in enumerate(maps) if entry.target == target and sources[i].geometry_kind]
        order = sorted(rivals, key=lambda i: (-maps[i].confidence, i))
        for i in order[1:]:
            together = maps[i].constants and maps[order[0]].constants and maps[i].file == maps[order[0]].file
            if schema.layers()[target].geometry and not together:
                maps[i] = maps[i].model_copy(
                    update={"target": "", "columns": {}, "constants": {}, "confidence": 0.0}
                )
    return maps


def complete(files: list[Path], mapping: Mapping) -> Mapping:
    """The mapping with columns for each source that has a layer but none yet, and with entries for sources not in it.

    Raises
    ------
    InputError
        A file cannot be read.
    """
    sources = open_sources(files)
    named = {(source.file.name, source.layer): source for source in sources}
    known = {(entry.file, entry.layer) for entry in mapping.source}
    new = _entries([source for key, source in named.items() if key not in known])
    entries = [_completed(entry, named.get((entry.file, entry.layer))) for entry in mapping.source]
    return mapping.model_copy(update={"source": entries + new})


def _completed(entry: SourceMap, source: Source | None) -> SourceMap:
    if source is None or not entry.target or entry.columns:
        return entry
    layer = schema.layers()[entry.target]
    columns = match_columns(source.frame, layer, source.unit, leave=entry.constants)
    x, y = _coordinates(source, entry.target)
    update: dict[str, Any] = {
        "columns": columns,
        "join_on": _join_on(entry.target, source, columns, x),
        "x": x,
        "y": y,
    }
    if x and not entry.crs:
        update["crs"], update["crs_from"], update["swap_axes"] = _crs(source, x, y)
    return entry.model_copy(update=update)


def _join_on(target: str, source: Source, columns: dict[str, ColumnMap], x: str) -> str:
    """The column by which a table without shapes joins the shapes of its layer; empty where it needs none."""
    layer = schema.layers().get(target)
    if not layer or not layer.geometry or source.geometry_kind or x or target in ("enterprises", "park"):
        return ""
    return "name" if layer.key[0] not in columns and "name" in columns else layer.key[0]


def _source(source: Source) -> SourceMap:
    kind = source.geometry_kind
    best: tuple[float, str, dict[str, ColumnMap]] = (0.0, "", {})
    use = _land_use(source)
    for name, layer in schema.layers().items():
        either = name in _AREA_OR_POINT and kind in ("Polygon", "Point")
        if kind and layer.geometry and layer.geometry != kind and not either:
            continue
        columns = match_columns(source.frame, layer, source.unit)
        named = name_score(source.name.rsplit(":", 1)[0], layer_names(name))
        if name == "parcels" and use:
            named = max(named, 0.9)
        required = [c for c in layer.columns.values() if c.required]
        held = sum(columns[c.name].confidence for c in required if c.name in columns) / max(1, len(required))
        weight = sum(match.confidence for match in columns.values()) / max(3, len(source.frame.columns))
        shape = 0.15 if kind and layer.geometry == kind else 0.0
        score = min(1.0, 0.5 * named + 0.25 * held + 0.25 * min(1.0, weight) + shape)
        if score > best[0] + 1e-9:
            best = (score, name, columns)
    score, target, columns = best
    if score < SURE_ENOUGH:
        score, target, columns = 0.0, "", {}
    constants = {"land_use": use} if target == "parcels" and use and "land_use" not in columns else {}
    x, y = _coordinates(source, target)
    crs, crs_from, swap = _crs(source, x, y)
    return SourceMap(
        file=source.file.name,
        layer=source.layer,
        target=target,
        confidence=round(score, 2),
        encoding=source.encoding,
        crs=crs,
        crs_from=crs_from,
        swap_axes=swap,
        join_on=_join_on(target, source, columns, x),
        x=x,
        y=y,
        constants=constants,
        columns=columns,
    )


def _land_use(source: Source) -> str:
    """The use of land that a CAD layer of areas is named by (``M1一类工业用地``); empty where it names none."""
    if source.geometry_kind != "Polygon" or ":" not in source.layer:
        return ""
    name = source.layer.rsplit(":", 1)[0]
    code = re.search(r"(?<![A-Za-z])[ABEGMRSUW]\d{0,3}(?![A-Za-z0-9])", name)
    return code_of(name, "land_use") if "用地" in name or code else ""


def _coordinates(source: Source, target: str) -> tuple[str, str]:
    """The columns of a table that hold the coordinates of points; empty where there are none."""
    layer = schema.layers().get(target)
    if source.geometry_kind or not layer or layer.geometry != "Point":
        return "", ""
    found = []
    for names in (X_NAMES, Y_NAMES):
        wanted = {plain(name) for name in names}
        heads = [str(c) for c in source.frame.columns if plain(re.sub(r"[(（].*", "", str(c))) in wanted]
        found.append(heads[0] if heads else "")
    return (found[0], found[1]) if all(found) else ("", "")


def _crs(source: Source, x: str, y: str) -> tuple[str, str, bool]:
    """CRS, where it is from, and whether the axes are swapped."""
    frame = source.frame
    if x:
        numbers = [cells.degrees(frame[name]).dropna() for name in (x, y)]
        if not all(len(values) for values in numbers):
            return "", "", False
        bounds = np.array([v.min() for v in numbers] + [v.max() for v in numbers])
        guess = place.guess_crs(bounds)
        return guess.crs, "guess" if guess.crs else "", guess.swap_axes
    if not source.geometry_kind or not isinstance(frame, gpd.GeoDataFrame):
        return "", "", False
    guess = place.guess_crs(frame.total_bounds)
    if frame.crs is not None:
        if place.impossible(frame.crs, frame.total_bounds) and guess.crs:
            return guess.crs, "guess", guess.swap_axes
        return frame.crs.to_string(), "file", False
    return guess.crs, "guess" if guess.crs else "", guess.swap_axes


def _neighbours(maps: list[SourceMap], sources: list[Source]) -> list[SourceMap]:
    """Sources that do not tell their CRS, as no drawing does, in that of one whose coordinates lie close by."""
    known = [
        (entry.crs, source.frame.total_bounds)
        for entry, source in zip(maps, sources, strict=True)
        if entry.crs and not entry.swap_axes and isinstance(source.frame, gpd.GeoDataFrame)
    ]
    out = []
    for entry, source in zip(maps, sources, strict=True):
        if not entry.crs and source.geometry_kind and isinstance(source.frame, gpd.GeoDataFrame):
            near = next((crs for crs, bounds in known if _close(source.frame.total_bounds, bounds)), "")
            entry = entry.model_copy(update={"crs": near, "crs_from": "guess"}) if near else entry
        out.append(entry)
    return out


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    """True where two extents in metres are no further apart than parts of one park."""
    if max(abs(one).max(), abs(other).max()) < NEAR_M:
        return False
    apart = np.maximum(np.maximum(one[:2] - other[2:], other[:2] - one[2:]), 0.0)
    return bool((apart < NEAR_M).all())


def headings(files: list[Path]) -> list[dict[str, Any]]:
    """What can be assigned: each source with its columns and up to three examples of what stands in them.

    Raises
    ------
    InputError
        A file cannot be read.
    """
    return [
        {
            "file": source.file.name,
            "layer": source.layer,
            "columns": [
                {
                    "name": str(name),
                    "examples": list(dict.fromkeys(convert.strings(source.frame[name]).dropna()))[:3],
                }
                for name in source.frame.columns
                if name != "geometry"
            ],
        }
        for source in open_sources(files)
    ]
