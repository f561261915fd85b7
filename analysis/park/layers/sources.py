"""Open whatever a planner brings: shapefiles with GBK tables, DXF, GeoJSON, GeoPackage, Excel, CSV."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from ...errors import InputError
from ..raw import UNREADABLE, reason

TABLES = (".xlsx", ".xlsm", ".csv")
VECTORS = (".shp", ".geojson", ".json", ".gpkg", ".dxf", ".kml", ".gml", ".tab", ".fgb")


@dataclass(frozen=True)
class Source:
    """One layer of a file, one CAD layer of a drawing, or one sheet of a workbook.

    ``frame`` has a ``geometry`` column where the source has shapes; its index is the row number a person would count.
    """

    file: Path
    layer: str
    frame: pd.DataFrame
    encoding: str

    @property
    def name(self) -> str:
        """What the planner calls it: the layer or sheet where the file holds several, else the file."""
        return self.layer or self.file.stem

    @property
    def geometry_kind(self) -> str:
        """``Polygon``, ``LineString`` or ``Point``: what most shapes are; empty for a table."""
        if not isinstance(self.frame, gpd.GeoDataFrame) or not len(self.frame):
            return ""
        kinds = self.frame.geom_type.dropna().str.replace("Multi", "")
        return str(kinds.mode().iloc[0]) if len(kinds) else ""


def open_sources(files: list[Path]) -> list[Source]:
    """Every layer of every file, in the order given.

    Raises
    ------
    InputError
        A file does not exist, cannot be read, or is of a kind that is not known.
    """
    found: list[Source] = []
    for file in files:
        if not file.is_file():
            raise InputError.of("layers.no_file", layer=str(file))
        suffix = file.suffix.lower()
        if suffix not in TABLES + VECTORS:
            raise InputError.of("layers.unknown_kind", layer=str(file), kinds=", ".join(VECTORS + TABLES))
        try:
            found += (
                _workbook(file)
                if suffix in (".xlsx", ".xlsm")
                else _csv(file)
                if suffix == ".csv"
                else _vector(file)
            )
        except (*UNREADABLE, KeyError, zipfile.BadZipFile) as error:
            raise InputError.of("layers.unreadable", layer=str(file), reason=reason(error)) from None
    return found


def _workbook(file: Path) -> Iterator[Source]:
    sheets = pd.read_excel(file, sheet_name=None, header=None, dtype=object)
    for name, cells in sheets.items():
        frame = _with_heading(cells)
        if frame is not None:
            yield Source(file, str(name) if len(sheets) > 1 else "", frame, "")


def _with_heading(cells: pd.DataFrame) -> pd.DataFrame | None:
    """A sheet below its heading: the first row in which most cells are texts. Titles above it are passed over."""
    filled = cells.dropna(how="all").dropna(how="all", axis=1)
    for at, row in filled.iterrows():
        texts = row.map(lambda value: isinstance(value, str))
        if texts.sum() >= max(2, 0.6 * len(row)):
            below = filled.loc[at:].iloc[1:].copy()
            below.columns = [_label(value, i) for i, value in enumerate(row)]
            below.index = below.index + 1
            return below if len(below) else None
    return None


def _label(value: object, number: int) -> str:
    return " ".join(value.split()) if isinstance(value, str) else f"column_{number + 1}"


def _csv(file: Path) -> Iterator[Source]:
    body = file.read_bytes()
    encoding = guess_encoding(body)
    frame = pd.read_csv(
        file, dtype=str, encoding=encoding, keep_default_na=False, skipinitialspace=True, index_col=False
    )
    frame.columns = [str(name).strip() for name in frame.columns]
    frame = frame.mask(frame == "")
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    yield Source(file, "", frame, encoding)


def guess_encoding(body: bytes) -> str:
    """UTF-8 where the bytes are UTF-8, else GB 18030 (which holds GBK and GB 2312), else Western European."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "cp1252"


def _vector(file: Path) -> Iterator[Source]:
    encoding = ""
    if file.suffix.lower() == ".shp":
        encoding = shapefile_encoding(file)
    with warnings.catch_warnings(), _drawing_options(file):
        warnings.simplefilter(
            "ignore"
        )  # a missing .prj or an odd ring is told by the checks, in the planner's words
        names = [str(name) for name, _ in pyogrio.list_layers(file)]
        for name in names:
            frame = pyogrio.read_dataframe(file, layer=name, encoding=encoding or None)
            if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name != "geometry":
                frame = frame.rename_geometry("geometry")
            frame.index = pd.RangeIndex(1, len(frame) + 1)
            if file.suffix.lower() == ".dxf":
                yield from _drawing(file, frame)
            else:
                yield Source(file, name if len(names) > 1 else "", frame, encoding)


def shapefile_encoding(file: Path) -> str:
    """Encoding of a shapefile's table: what its .cpg says, else what its bytes look like."""
    stated = next((p for p in (file.with_suffix(".cpg"), file.with_suffix(".CPG")) if p.exists()), None)
    if stated is not None:
        word = stated.read_text(encoding="ascii", errors="replace").strip()
        number = re.fullmatch(r"(?:cp)?936", word, re.IGNORECASE)
        if word:
            return "gb18030" if number or word.upper() in {"GBK", "GB2312"} else word
    table = next((p for p in (file.with_suffix(".dbf"), file.with_suffix(".DBF")) if p.exists()), None)
    return guess_encoding(table.read_bytes()[32:]).replace("utf-8-sig", "utf-8") if table else ""


@contextmanager
def _drawing_options(file: Path) -> Iterator[None]:
    """Read the closed lines of a drawing as areas, which is what a parcel in CAD is, and its texts in their encoding.

    Older drawings state a code page that is often wrong; the bytes themselves tell UTF-8 from GBK.
    """
    if file.suffix.lower() != ".dxf":
        yield
        return
    body = file.read_bytes()
    encoding = (
        "" if body.isascii() else {"utf-8-sig": "UTF-8", "gb18030": "CP936"}.get(guess_encoding(body), "CP1252")
    )
    options = {"DXF_CLOSED_LINE_AS_POLYGON": "YES", "DXF_ENCODING": encoding or None}
    before = {key: pyogrio.get_gdal_config_option(key) for key in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _drawing(file: Path, frame: gpd.GeoDataFrame) -> Iterator[Source]:
    """One source a CAD layer and kind of shape; texts that stand in an area become its column ``label``."""
    texts = frame[frame["Text"].notna() & (frame.geom_type == "Point")] if "Text" in frame else frame.iloc[:0]
    shapes = frame.drop(index=texts.index)
    shapes = shapes[shapes.geometry.notna()]
    kind = shapes.geom_type.str.replace("Multi", "")
    for (layer, sort), part in shapes.groupby([shapes["Layer"].fillna("0"), kind], sort=True):
        part = part[["geometry"]].copy()
        part["label"] = None
        if sort == "Polygon" and len(texts):
            area, text = shapely.STRtree(texts.geometry.array).query(part.geometry.array, predicate="contains")
            for a in sorted(set(area.tolist())):
                part.iloc[a, part.columns.get_loc("label")] = " ".join(texts["Text"].iloc[sorted(text[area == a])])
        part.index = pd.RangeIndex(1, len(part) + 1)
        yield Source(file, f"{layer}:{sort}", part, "")
