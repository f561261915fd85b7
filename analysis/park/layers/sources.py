"""Open whatever a planner brings: shapefiles with GBK tables, DXF, GeoJSON, GeoPackage, Excel, CSV."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from openpyxl.utils.exceptions import InvalidFileException

from ...errors import InputError
from .. import shapefile
from ..raw import UNREADABLE, reason
from . import drawing, tables

TABLES = (".xlsx", ".xlsm", ".csv")
FOLDER = ".gdb"
NOT_READ = (".dwg", ".xls", ".et", ".mdb")  # each has a remedy of its own
# what openpyxl raises on a damaged workbook, beside UNREADABLE
BAD_BOOK = (
    KeyError, IndexError, TypeError, AttributeError, SyntaxError, EOFError, ArithmeticError, zlib.error,
    zipfile.BadZipFile, struct.error, InvalidFileException,
)  # fmt: skip
VECTORS = (".shp", ".geojson", ".json", ".gpkg", ".dxf", ".kml", ".gml", ".tab", ".fgb")


@dataclass(frozen=True)
class Source:
    """One layer of a file, one CAD layer of a drawing, or one sheet of a workbook.

    ``frame`` has a ``geometry`` column where the source has shapes; its index is the row number a person would count.
    ``unit`` is what a table's title says of its numbers (单位：万元); ``dropped`` are its totals and remarks, by row.
    """

    file: Path
    layer: str
    frame: pd.DataFrame
    encoding: str
    unit: str = ""
    dropped: tuple[str, ...] = ()

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
        suffix = file.suffix.lower()
        if not (file.is_dir() if suffix == FOLDER else file.is_file()):
            raise InputError.of("layers.no_file", layer=str(file))
        if suffix not in (*TABLES, *VECTORS, FOLDER):
            key = f"layers.kind{suffix}" if suffix in NOT_READ else "layers.unknown_kind"
            raise InputError.of(key, layer=str(file), kinds=", ".join((*VECTORS, FOLDER, *TABLES)))
        if suffix == ".shp" and not shapefile.beside(file, ".shx"):
            raise InputError.of("layers.no_shx", layer=str(file))
        try:
            found += _tables(file) if suffix in TABLES else _vector(file)
        except (*UNREADABLE, *BAD_BOOK) as error:
            raise InputError.of("layers.unreadable", layer=str(file), reason=reason(error)) from None
    twice = sorted(
        name for name, count in Counter(f.name for f in dict.fromkeys(map(Path, files))).items() if count > 1
    )
    if twice:
        raise InputError.of("layers.same_name", layer=twice[0])
    return found


def _tables(file: Path) -> Iterator[Source]:
    found = tables.csv(file) if file.suffix.lower() == ".csv" else tables.workbook(file)
    for table in found:
        yield Source(file, table.name, table.frame, table.encoding, table.unit, tuple(table.dropped))


def _vector(file: Path) -> Iterator[Source]:
    with warnings.catch_warnings(), drawing.options(file):
        # a missing .prj or an odd ring is told by the checks, in the planner's words
        warnings.simplefilter("ignore")
        if file.suffix.lower() == ".shp":
            frame, encoding = shapefile.read(file)
            yield Source(file, "", _shaped(frame), encoding)
            return
        names = [str(name) for name, _ in pyogrio.list_layers(file)]
        for name in names:
            frame = _shaped(pyogrio.read_dataframe(file, layer=name))
            if file.suffix.lower() == ".dxf":
                for part, shapes in drawing.parts(frame):
                    yield Source(file, part, _numbered(shapes), "")
            else:
                yield Source(file, name if len(names) > 1 else "", frame, "")


def _shaped(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    return _numbered(frame)


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1))
