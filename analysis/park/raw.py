"""A park's files as they are: which file or layer holds what, read without judging the content."""

from __future__ import annotations

import difflib
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from ..errors import Finding, InputError
from . import schema, shapefile

SUFFIXES = (".geojson", ".json", ".shp", ".csv")
GEOPACKAGE = ".gpkg"
SHAPEFILE_NAME = 10  # a dBASE field name holds no more characters
# what pyogrio, GDAL and shapely raise on a damaged file
UNREADABLE = (
    RuntimeError,  # all of pyogrio's errors
    shapely.errors.ShapelyError,
    pd.errors.ParserError,
    pd.errors.EmptyDataError,
    UnicodeError,
    ValueError,  # pyogrio and shapely on counts and types that do not fit
    OSError,
)


@dataclass
class Raw:
    """Frames as the files hold them.

    Parameters
    ----------
    frames
        By layer name; the index is the row's number in its file (feature id, or line of a CSV file).
    path, folder
        The park's file or folder, and the folder from which relative paths start.
    findings
        What reading itself met.
    """

    path: Path
    folder: Path
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def load(path: str | Path) -> Raw:
    """Read every layer of the schema that a GeoPackage, or a folder with one file a layer, holds.

    Raises
    ------
    InputError
        There is no such file, it is not a GeoPackage, or it is a database (not supported yet). A layer that cannot be
        read is a finding of the result.
    """
    if str(path).startswith("pg:"):
        raise InputError.of("park.database", path=str(path))
    place = Path(path)
    try:
        if place.is_dir():
            return _folder(place)
        if not place.exists():
            raise InputError.of("park.not_found", path=str(place))
    except (OSError, ValueError) as fault:  # a name the system refuses
        raise InputError.of("park.not_found", path=str(place)) from fault
    return _geopackage(place)


def _geopackage(place: Path) -> Raw:
    raw = Raw(place, place.parent)
    if place.suffix.lower() != GEOPACKAGE:
        raise InputError.of("park.not_geopackage", path=str(place))
    try:
        with place.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                raise InputError.of("park.not_geopackage", path=str(place))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # oddities of a layer are told when it is read
            names = [str(name) for name, _ in pyogrio.list_layers(place)]
    except UNREADABLE as fault:
        raise InputError.of("park.corrupt", path=str(place), reason=reason(fault)) from fault
    _read_all(raw, {name: (place, name) for name in names})
    raw.findings.extend(_curved(place))
    return raw


def _curved(place: Path) -> Iterator[Finding]:
    """Layers with arcs: reading turns them into chords, so only the GeoPackage's list of extensions tells."""
    ask = "select table_name, extension_name from gpkg_extensions where extension_name like 'gpkg_geom_%' order by 1, 2"
    try:
        with closing(sqlite3.connect(f"{place.resolve().as_uri()}?mode=ro", uri=True)) as base:
            found = base.execute(ask).fetchall()
    except sqlite3.Error:
        return  # a file without this list has none; damage is told by the layers
    for table, kind in found:
        if table in schema.layers():
            yield Finding("park.curves", "info", table, values={"type": kind.removeprefix("gpkg_geom_")})


def _folder(place: Path) -> Raw:
    raw = Raw(place, place)
    found: dict[str, tuple[Path, str | None]] = {}
    for file in sorted(place.iterdir()):
        if file.suffix.lower() not in SUFFIXES or not file.is_file():
            continue
        if file.stem in found and file.stem in schema.layers():
            other = found[file.stem][0].name
            raw.findings.append(
                Finding("park.layer_twice", layer=file.stem, values={"file": file.name, "other": other})
            )
            continue
        found[file.stem] = (file, None)
    _read_all(raw, found)
    return raw


def _read_all(raw: Raw, sources: dict[str, tuple[Path, str | None]]) -> None:
    for layer in schema.layers():
        if layer in sources:
            file, name = sources[layer]
            try:
                raw.frames[layer] = _read(file, name, layer, raw.findings)
            except UNREADABLE as fault:
                values = {"file": file.name, "reason": reason(fault)}
                raw.findings.append(Finding("park.layer_unreadable", layer=layer, values=values))
    raw.findings.extend(_misnamed(sources))


def _misnamed(sources: dict[str, tuple[Path, str | None]]) -> Iterator[Finding]:
    """Layers whose name is nearly one of the schema: a planner would wonder why they are not used."""
    for name in sorted(set(sources) - set(schema.layers())):
        near = difflib.get_close_matches(name.lower(), schema.layers(), 1, 0.8)
        if near and near[0] not in sources:
            yield Finding("park.layer_ignored", "warning", name, values={"near": near[0]})


def _read(file: Path, name: str | None, layer: str, findings: list[Finding]) -> pd.DataFrame:
    if file.suffix.lower() == ".csv":
        return _csv(file, layer, findings)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        if file.suffix.lower() == ".shp":
            frame = _shapefile(file, layer, findings)
        else:
            frame = pyogrio.read_dataframe(file, layer=name, fid_as_index=True)
    for text in sorted({str(note.message) for note in notes if "Measured" not in str(note.message)}):
        findings.append(Finding("park.driver_note", "warning", layer, values={"note": text}))
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    return frame


def _csv(file: Path, layer: str, findings: list[Finding]) -> pd.DataFrame:
    """A table with every cell as text; UTF-8, else GB 18030 (what Excel writes in China), and that is told."""
    body = file.read_bytes()
    encoding = "utf-8-sig"
    if not _is_utf8(body):
        encoding = "gb18030"
        findings.append(Finding("park.encoding", "info", layer, values={"file": file.name, "encoding": "GB 18030"}))
    frame = pd.read_csv(
        file, dtype=str, keep_default_na=False, encoding=encoding, skipinitialspace=True, index_col=False
    )
    frame.columns = [str(name).strip() for name in frame.columns]
    frame.index = pd.RangeIndex(2, len(frame) + 2)  # the line in the file
    return frame


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shapefile(file: Path, layer: str, findings: list[Finding]) -> pd.DataFrame:
    """A shapefile with the schema's long names; an encoding that it does not state is told."""
    frame, encoding = shapefile.read(file)
    foreign = any(not text.isascii() for text in _words(frame))
    if foreign and shapefile.beside(file, ".cpg") is None:
        values = {"file": file.with_suffix(".dbf").name, "encoding": encoding.upper()}
        findings.append(Finding("park.encoding", "info", layer, values=values))
    return _long_names(frame, layer, findings)


def _words(frame: pd.DataFrame) -> Iterator[str]:
    """Names and texts of a table."""
    yield from map(str, frame.columns)
    for name in frame.columns.drop("geometry", errors="ignore"):
        yield from (cell for cell in frame[name] if isinstance(cell, str))


def _long_names(frame: pd.DataFrame, layer: str, findings: list[Finding]) -> pd.DataFrame:
    """Give a shapefile's shortened columns the schema's names where only one begins so; tell where two do."""
    names = schema.layers()[layer].columns
    turn: dict[str, str] = {}
    for short in frame.columns:
        if short in names or len(short) != SHAPEFILE_NAME:
            continue
        full = [name for name in names if name[:SHAPEFILE_NAME] == short and name not in frame]
        if len(full) == 1:
            turn[short] = full[0]
        elif full:
            values = {"names": ", ".join(full)}
            findings.append(Finding("park.column_shortened", "warning", layer, column=short, values=values))
    return frame.rename(columns=turn)


def reason(fault: BaseException) -> str:
    """What a library said, in one line."""
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return " ".join(str(fault).split())[:200] or type(fault).__name__
