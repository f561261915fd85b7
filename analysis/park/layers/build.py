"""Make the park that a mapping describes, and tell what was converted, guessed, left out and is still missing."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from parkloop import resources

from ...errors import Finding, InputError, Severity
from .. import convert, schema
from ..model import Park
from ..raw import Raw
from ..read import examine
from . import place, units
from .mapping import ColumnMap, Mapping, SourceMap
from .propose import code_of, schema_number
from .sources import Source, open_sources

MU_M2 = 2000 / 3


def build(files: list[Path], mapping: Mapping) -> tuple[Park, list[Finding]]:
    """The park, and everything a planner should know of how it came about.

    Raises
    ------
    InputError
        With every error: a source that the mapping does not find, a CRS that is not known, cells that cannot be
        converted, codes without a meaning, or a park that is not whole.
    """
    sources = {(source.file.name, source.layer): source for source in open_sources(files)}
    findings: list[Finding] = []
    frames: dict[str, list[pd.DataFrame]] = {}
    joins: list[tuple[SourceMap, pd.DataFrame]] = []
    for entry in mapping.source:
        source = sources.get((entry.file, entry.layer))
        if source is None:
            findings.append(Finding("layers.source_gone", layer=entry.target, id=f"{entry.file}:{entry.layer}"))
            continue
        if not entry.target:
            findings.append(Finding("layers.left_out", "info", id=f"{entry.file}:{entry.layer}"))
            continue
        frame = _frame(source, entry, findings)
        if entry.join_on:
            joins.append((entry, frame))
        else:
            frames.setdefault(entry.target, []).append(frame)
    raw = Raw(Path(files[0]) if files else Path(), Path(files[0]).parent if files else Path())
    raw.findings = findings
    for name, parts in frames.items():
        raw.frames[name] = _concat(parts)
    for entry, table in joins:
        _join(raw, entry, table)
    _complete_park(raw, mapping)
    findings += _web_map_shift(raw.frames)
    park, found = examine(raw)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors or park is None:
        raise InputError(*errors)
    return park, [*found, *missing(park)]


def _frame(source: Source, entry: SourceMap, findings: list[Finding]) -> pd.DataFrame:
    layer = schema.layers()[entry.target]
    where = f"{entry.file}:{entry.layer}" if entry.layer else entry.file
    out: dict[str, pd.Series] = {}
    for name, match in entry.columns.items():
        if match.source not in source.frame:
            findings.append(Finding("layers.column_gone", layer=entry.target, id=where, column=match.source))
            continue
        out[name] = _column(source.frame[match.source], layer.columns[name], match, entry.target, where, findings)
    frame = pd.DataFrame(out, index=source.frame.index)
    for name, value in entry.constants.items():
        frame[name] = value
    for key in layer.key:
        if key not in frame and len(layer.key) == 1:
            # rows of a drawing have no names; theirs is made from the file and the row, and that is told
            frame[key] = [f"{Path(entry.file).stem}-{i}" for i in source.frame.index]
            findings.append(Finding("layers.key_made", "info", layer=entry.target, id=where, column=key))
    if "source" not in frame:
        frame["source"] = where
    if not layer.geometry or not isinstance(source.frame, gpd.GeoDataFrame):
        return frame
    shapes = source.frame.geometry
    if entry.swap_axes:
        shapes = gpd.GeoSeries(shapely.transform(np.asarray(shapes), lambda xy: xy[:, ::-1]), shapes.index)
        findings.append(Finding("layers.axes_swapped", "warning", layer=entry.target, id=where))
    if layer.geometry == "Point" and source.geometry_kind == "Polygon":
        shapes = shapes.representative_point()
    crs = _known_crs(entry, source, where, findings)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(np.asarray(shapes), frame.index), crs=crs)


def _known_crs(entry: SourceMap, source: Source, where: str, findings: list[Finding]) -> pyproj.CRS | None:
    stated = getattr(source.frame, "crs", None)
    if not entry.crs:
        if stated is None:
            x, y = (round(float(v), 3) for v in source.frame.total_bounds[:2])
            findings.append(Finding("layers.no_crs", layer=entry.target, id=where, values={"x": x, "y": y}))
        return stated
    try:
        crs = pyproj.CRS.from_user_input(entry.crs)
    except pyproj.exceptions.CRSError:
        findings.append(Finding("layers.bad_crs", layer=entry.target, id=where, values={"crs": entry.crs}))
        return None
    if entry.crs_from == "guess":
        findings.append(
            Finding(
                "layers.crs_guessed",
                "warning",
                layer=entry.target,
                id=where,
                values={"crs": f"{entry.crs} {crs.name}"},
            )
        )
    return crs


def _column(
    given: pd.Series, column: schema.Column, match: ColumnMap, layer: str, where: str, findings: list[Finding]
) -> pd.Series:
    if column.codes and column.codes != "materials":
        words = convert.strings(given)
        codes = words.map(
            lambda word: None if word is None else match.codes.get(word) or code_of(word, column.codes) or word
        )
        return codes.astype("object")
    if column.type not in ("int", "float"):
        return given
    scale = units.factor(column.unit, match.unit)
    if scale is None:
        findings.append(
            Finding("layers.unknown_unit", layer=layer, id=where, column=match.source,
                    values={"unit": match.unit, "wanted": column.unit})
        )  # fmt: skip
        return given
    if scale == 1.0:
        return given
    values, bad = convert.convert(given, schema_number(column))
    findings.append(
        Finding("layers.converted", "info", layer=layer, id=where, column=column.name,
                values={"unit": match.unit, "wanted": column.unit, "factor": f"{scale:g}"})
    )  # fmt: skip
    # cells that are no numbers stay as they are, so that the check names them
    return (values * scale).astype("object").where(~bad, given)


def _concat(parts: list[pd.DataFrame]) -> pd.DataFrame:
    shaped = [part for part in parts if isinstance(part, gpd.GeoDataFrame)]
    if shaped and shaped[0].crs is not None:
        parts = [
            p.to_crs(shaped[0].crs) if isinstance(p, gpd.GeoDataFrame) and p.crs is not None else p for p in parts
        ]
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _join(raw: Raw, entry: SourceMap, table: pd.DataFrame) -> None:
    """Add a table's columns to the layer's shapes by a key; rows that find no shape are told."""
    base = raw.frames.get(entry.target)
    if base is None or entry.join_on not in table:
        raw.findings.append(Finding("layers.join_nothing", layer=entry.target, id=entry.file, column=entry.join_on))
        return
    table = table.drop(columns=["source"], errors="ignore")
    table = table.assign(**{entry.join_on: convert.strings(table[entry.join_on])}).drop_duplicates(entry.join_on)
    keys = convert.strings(base[entry.join_on]) if entry.join_on in base else pd.Series(dtype=object)
    lost = sorted(set(table[entry.join_on].dropna()) - set(keys))
    if lost:
        raw.findings.append(
            Finding("layers.join_lost", "warning", layer=entry.target, id=entry.file, column=entry.join_on,
                    values={"count": len(lost), "first": lost[0]})
        )  # fmt: skip
    side = table.set_index(entry.join_on)
    extra = side.reindex(keys.to_numpy())
    for name in extra.columns:
        base[name] = np.where(
            extra[name].notna(), extra[name], base[name] if name in base else np.full(len(base), None)
        )


def _complete_park(raw: Raw, mapping: Mapping) -> None:
    """The layer ``park`` from the mapping's own facts, drawn around the parcels where no boundary is given."""
    given = raw.frames.get("park")
    if given is None:
        land = raw.frames.get("parcels")
        if not isinstance(land, gpd.GeoDataFrame) or land.crs is None or not land.geometry.notna().any():
            return
        hull = shapely.convex_hull(shapely.union_all(shapely.make_valid(np.asarray(land.geometry.dropna()))))
        given = gpd.GeoDataFrame({"park_id": ["park"], "estimated": ["geometry"]}, geometry=[hull], crs=land.crs)
        raw.findings.append(Finding("layers.boundary_drawn", "warning", layer="park"))
    given = given.head(1).copy()
    for name, value in mapping.park.items():
        given[name] = value
    for name in ("park_id", "name"):
        if name not in given:
            given[name] = "park"
    raw.frames["park"] = given


def _web_map_shift(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    land = frames.get("parcels")
    if not isinstance(land, gpd.GeoDataFrame) or land.crs is None:
        return []
    areas = land.geometry.dropna().to_crs(4326)
    if not len(areas) or not (73 < areas.total_bounds[0] < 136 and 17 < areas.total_bounds[1] < 54):
        return []
    found = []
    for name in ("buildings", "enterprises"):
        other = frames.get(name)
        if isinstance(other, gpd.GeoDataFrame) and other.crs is not None and other.geometry.notna().any():
            metres = place.shifted_metres(areas, other.geometry.dropna().to_crs(4326).representative_point())
            if metres is not None:
                found.append(Finding("layers.gcj02", "warning", layer=name, values={"metres": round(metres)}))
    return found


def missing(park: Park) -> list[Finding]:
    """What each step still lacks: layers without rows and columns without values."""
    found = []
    for row in resources.table("schema", "lists", "needs.csv"):
        frame = park[row["layer"]]
        columns = [name for name in row["columns"].split("|") if name]
        empty = not len(frame) or (columns and all(_blank(frame[name]) for name in columns))
        if empty:
            severity: Severity = "warning" if row["weight"] == "must" else "info"
            key = "layers.missing" if columns else "layers.missing_layer"
            found.append(
                Finding(key, severity, layer=row["layer"], column=" / ".join(columns), values={"step": row["step"]})
            )
    return found


def _blank(values: pd.Series) -> bool:
    return bool((values.isna() | (values.astype(str) == "")).all())
