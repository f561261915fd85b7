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
from . import cells, columns, firms, refer, shift, units
from .mapping import Mapping, SourceMap
from .sources import Source, open_sources


def build(files: list[Path], mapping: Mapping) -> tuple[Park, list[Finding]]:
    """The park, and everything a planner should know of how it came about.

    Raises
    ------
    InputError
        With every error: a source that the mapping does not find, a CRS that is not known, cells that cannot be
        converted, codes without a meaning, or a park that is not whole.
    """
    sources = {(source.file.name, source.layer): source for source in open_sources(files)}
    findings = _not_mapped(sources, mapping)
    frames: dict[str, list[pd.DataFrame]] = {}
    joins: list[tuple[SourceMap, pd.DataFrame]] = []
    main = {(entry.file, entry.layer): entry.target for entry in mapping.source if not entry.only_filled}
    for entry in mapping.source:
        source = sources.get((entry.file, entry.layer))
        if source is None:
            findings.append(Finding("layers.source_gone", layer=entry.target, id=_where(entry)))
            continue
        if not entry.target:
            findings.append(Finding("layers.left_out", "info", id=_where(entry)))
            continue
        frame = _frame(source, entry, findings)
        if entry.only_filled:
            frame = _filled(frame, entry.target, main.get((entry.file, entry.layer), ""))
        if entry.join_on:
            joins.append((entry, frame))
        elif len(frame):
            frames.setdefault(entry.target, []).append(frame)
    findings += _unused(sources, mapping)
    raw = Raw(Path(files[0]) if files else Path(), Path(files[0]).parent if files else Path())
    raw.findings = findings
    for name, parts in frames.items():
        raw.frames[name] = _concat(parts)
    if not frames and not [f for f in findings if f.severity == "error"]:
        raise InputError.of("layers.nothing", layer=", ".join(Path(file).name for file in files))
    for entry, table in joins:
        refer.join(raw, entry, table)
    _complete_park(raw, mapping)
    refer.resolve(raw)
    refer.shares(raw)
    firms.sectors(raw)
    findings += shift.web_maps(raw.frames)
    for name in raw.frames:
        raw.frames[name] = raw.frames[name].drop(columns=list(refer.MARKS), errors="ignore")
    park, found = examine(raw)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors or park is None:
        raise InputError(*errors)
    return park, [*found, *missing(park)]


def _where(entry: SourceMap) -> str:
    return f"{entry.file}:{entry.layer}" if entry.layer else entry.file


def _not_mapped(sources: dict[tuple[str, str], Source], mapping: Mapping) -> list[Finding]:
    """Sources that the mapping does not speak of, and rows of tables that are no rows of data."""
    known = {(entry.file, entry.layer) for entry in mapping.source}
    found = []
    for key, source in sources.items():
        where = ":".join(filter(None, key))
        if key not in known:
            found.append(Finding("layers.not_in_mapping", "warning", id=where))
        elif source.dropped:
            values = {"count": len(source.dropped), "rows": "; ".join(source.dropped[:5])}
            found.append(Finding("layers.rows_dropped", "info", id=where, values=values))
    return found


def _unused(sources: dict[tuple[str, str], Source], mapping: Mapping) -> list[Finding]:
    """Columns that no entry of the mapping takes."""
    used: dict[tuple[str, str], set[str]] = {}
    for entry in mapping.source:
        if entry.target:
            names = {match.source for match in entry.columns.values()} | {entry.x, entry.y, "geometry"}
            used.setdefault((entry.file, entry.layer), set()).update(names)
    found = []
    for key, names in used.items():
        spare = [str(name) for name in sources[key].frame.columns if name not in names] if key in sources else []
        if spare:
            values = {"names": ", ".join(spare[:20]), "count": len(spare)}
            found.append(Finding("layers.columns_unused", "info", id=":".join(filter(None, key)), values=values))
    return found


def _filled(frame: pd.DataFrame, target: str, main: str) -> pd.DataFrame:
    """The rows that have all that is required, marked by the layer that their source is first of all."""
    required = [c.name for c in schema.layers()[target].columns.values() if c.required and c.name in frame]
    whole = frame[required].map(lambda cell: cell is not None and cell == cell and str(cell).strip() != "")
    return frame[whole.all(axis=1)].assign(**{refer.SIDE: main})


def _frame(source: Source, entry: SourceMap, findings: list[Finding]) -> pd.DataFrame:
    layer = schema.layers()[entry.target]
    where = _where(entry)
    out: dict[str, pd.Series] = {}
    for name, match in entry.columns.items():
        if match.source not in source.frame:
            findings.append(Finding("layers.column_gone", layer=entry.target, id=where, column=match.source))
            continue
        given = source.frame[match.source]
        if entry.target == "occupancy" and name == "share" and match.unit and units.factor("1", match.unit) is None:
            land = schema.layers()["parcels"].columns["area_m2"]
            areas = columns.converted(given, land, match, entry, findings)
            out[refer.AREA] = pd.to_numeric(areas, errors="coerce")
            continue
        out[name] = columns.converted(given, layer.columns[name], match, entry, findings)
    frame = pd.DataFrame(out, index=source.frame.index)
    for name, value in entry.constants.items():
        frame[name] = value
    key = layer.key[0]
    if len(layer.key) == 1 and not entry.join_on:
        made = convert.strings(frame[key]).isna() if key in frame else pd.Series(True, index=frame.index)
        if made.all():
            # rows of a drawing have no names; theirs is made from the file and the row, and that is told
            stem = "-".join([Path(entry.file).stem, *filter(None, [entry.layer.rsplit(":", 1)[0]])])
            ends = "".join(f"-{value}" for value in entry.constants.values()) if entry.only_filled else ""
            frame[key] = [f"{stem}-{i}{ends}" for i in source.frame.index]
            if not entry.only_filled:
                findings.append(Finding("layers.key_made", "info", layer=entry.target, id=where, column=key))
    if "source" not in frame:
        frame["source"] = where
    if not layer.geometry:
        return frame
    if entry.x and entry.y:
        return _points(frame, source, entry, findings)
    if not isinstance(source.frame, gpd.GeoDataFrame):
        return frame
    shapes = _turned(source.frame.geometry, entry, where, findings)
    if layer.geometry == "Point" and source.geometry_kind == "Polygon":
        shapes = shapes.representative_point()
    crs = _known_crs(entry, source, where, findings)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(np.asarray(shapes), frame.index), crs=crs)


def _turned(shapes: gpd.GeoSeries, entry: SourceMap, where: str, findings: list[Finding]) -> gpd.GeoSeries:
    if not entry.swap_axes:
        return shapes
    findings.append(Finding("layers.axes_swapped", "warning", layer=entry.target, id=where))
    return gpd.GeoSeries(shapely.transform(np.asarray(shapes), lambda xy: xy[:, ::-1]), shapes.index)


def _points(frame: pd.DataFrame, source: Source, entry: SourceMap, findings: list[Finding]) -> pd.DataFrame:
    """A table's rows at the coordinates in its columns."""
    gone = [name for name in (entry.x, entry.y) if name not in source.frame]
    if gone:
        findings.append(Finding("layers.column_gone", layer=entry.target, id=_where(entry), column=gone[0]))
        return frame
    x, y = (cells.degrees(source.frame[name]) for name in (entry.x, entry.y))
    given = convert.strings(source.frame[entry.x]).notna() | convert.strings(source.frame[entry.y]).notna()
    lost = given & (x.isna() | y.isna())
    for row in lost.index[lost][:5]:
        values = {"x": str(source.frame.at[row, entry.x]), "y": str(source.frame.at[row, entry.y]), "row": row}
        findings.append(Finding("layers.no_place", "warning", entry.target, _where(entry), entry.x, values))
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), frame.index).where(x.notna() & y.notna(), None)
    shapes = _turned(points, entry, _where(entry), findings)
    crs = _known_crs(entry, source, _where(entry), findings)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(np.asarray(shapes), frame.index), crs=crs)


def _known_crs(entry: SourceMap, source: Source, where: str, findings: list[Finding]) -> pyproj.CRS | None:
    stated = getattr(source.frame, "crs", None)
    if not entry.crs:
        if stated is None:
            bounds = source.frame.total_bounds if isinstance(source.frame, gpd.GeoDataFrame) else (np.nan, np.nan)
            x, y = (round(float(v), 3) for v in bounds[:2])
            findings.append(Finding("layers.no_crs", layer=entry.target, id=where, values={"x": x, "y": y}))
        return stated
    try:
        crs = pyproj.CRS.from_user_input(entry.crs)
    except pyproj.exceptions.CRSError:
        findings.append(Finding("layers.bad_crs", layer=entry.target, id=where, values={"crs": entry.crs}))
        return None
    if entry.crs_from == "guess":
        values = {"crs": f"{entry.crs} {crs.name}", "stated": stated.name if stated is not None else ""}
        key = "layers.crs_guessed" if stated is None else "layers.crs_contradicts"
        findings.append(Finding(key, "warning", layer=entry.target, id=where, values=values))
    return crs


def _concat(parts: list[pd.DataFrame]) -> pd.DataFrame:
    shaped = [part for part in parts if isinstance(part, gpd.GeoDataFrame)]
    if shaped and shaped[0].crs is not None:
        parts = [
            p.to_crs(shaped[0].crs) if isinstance(p, gpd.GeoDataFrame) and p.crs is not None else p for p in parts
        ]
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


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


def missing(park: Park) -> list[Finding]:
    """What each step still lacks: layers without rows and columns without values."""
    found = []
    for row in resources.table("schema", "lists", "needs.csv"):
        layer, frame = schema.layers()[row["layer"]], park[row["layer"]]
        names = [name for name in row["columns"].split("|") if name]
        if len(frame) and not (names and all(_blank(frame[name]) for name in names)):
            continue
        severity: Severity = "warning" if row["weight"] == "must" else "info"
        values: dict[str, str] = {"step": row["step"]}
        for lang in resources.LANGUAGES:
            values[f"step_{lang}"] = resources.text(f"{row['step']}.title", lang)
            values[f"layer_{lang}"] = layer.label[lang]
            values[f"what_{lang}"] = " / ".join(layer.columns[name].label[lang] for name in names)
        key = "layers.missing" if names else "layers.missing_layer"
        found.append(Finding(key, severity, layer=row["layer"], column=" / ".join(names), values=values))
    return found


def _blank(values: pd.Series) -> bool:
    return bool((values.isna() | (values.astype(str) == "")).all())
