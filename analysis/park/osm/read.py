"""An OpenStreetMap extract as three frames: points, lines and areas, each with all its tags."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from parkloop import resources

from ...errors import Finding, InputError

# A closed way is an area or a loop; GDAL decides by its tags. Keys alone mean any value.
_AREA_KEYS = [
    "aeroway",
    "amenity",
    "boundary",
    "building",
    "building:part",
    "craft",
    "geological",
    "heritage",
    "historic",
    "industrial",
    "landuse",
    "leisure",
    "military",
    "natural",
    "office",
    "place",
    "product",
    "shop",
    "sport",
    "tourism",
    "water",
    "landfill:waste",
    "highway=platform",
    "highway=rest_area",
    "highway=services",
    "public_transport=platform",
    "railway=station",
    "railway=yard",
]
_AREA_VALUES = {
    "man_made": "works wastewater_plant water_works storage_tank silo gasometer tank reservoir_covered chimney tower "
    "pumping_station water_tower kiln heating_station heat_exchanger_station",
    "power": "plant generator substation sub_station station",
    "waterway": "riverbank dock boatyard fuel",
    "pipeline": "substation",
}
_FIRST_YEAR = 2004  # OpenStreetMap began
_SECTION = {"points": "n", "lines": "w", "multipolygons": "r"}


@dataclass(frozen=True)
class Extract:
    """What a map extract holds.

    Parameters
    ----------
    points, lines, areas
        Frames with ``osm`` (``n``, ``w`` or ``r`` for node, way, relation, and the number), ``tags`` (a dict a row)
        and geometry, sorted by ``osm``.
    year
        Year of the newest edit, or None where the extract keeps no dates.
    findings
        What had to be left out.
    """

    points: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    year: int | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest and largest x and y of all that the extract holds."""
        frames = [frame.total_bounds for frame in (self.points, self.lines, self.areas) if len(frame)]
        west, south = np.min(frames, axis=0)[:2]
        east, north = np.max(frames, axis=0)[2:]
        return float(west), float(south), float(east), float(north)

    def to_crs(self, crs: pyproj.CRS) -> Extract:
        """The same extract in another CRS."""
        return replace(
            self, points=self.points.to_crs(crs), lines=self.lines.to_crs(crs), areas=self.areas.to_crs(crs)
        )

    def near(self, place: Any) -> Extract:
        """What meets ``place`` (a shapely geometry in the extract's CRS), whole."""
        shapely.prepare(place)

        def part(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
            return frame[shapely.intersects(place, np.asarray(frame.geometry))].reset_index(drop=True)

        return replace(self, points=part(self.points), lines=part(self.lines), areas=part(self.areas))


def read(
    path: Path, bbox: tuple[float, float, float, float] | None = None, outside: str = "osm.bbox_outside"
) -> Extract:
    """Read an ``.osm.pbf`` (or ``.osm``) file, in degrees (WGS 84).

    Parameters
    ----------
    path
        The extract.
    bbox
        West, south, east, north in degrees: read only what meets this box.
    outside
        Text key of the error where nothing meets it.

    Raises
    ------
    InputError
        The file does not exist, is no OpenStreetMap file, is cut short, or holds nothing (in the box).
    """
    if not path.is_file():
        raise InputError.of("osm.missing", file=str(path))
    if not _is_osm(path):
        raise InputError.of("osm.not_osm", file=str(path))
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "osm.ini"
        settings.write_text(_settings(), encoding="utf-8")
        try:
            frames, broken, years = zip(
                *(_layer(path, name, prefix, settings, bbox) for name, prefix in _SECTION.items()), strict=True
            )
        except (DataSourceError, DataLayerError) as error:
            raise InputError.of("osm.broken", file=str(path)) from error
    if not any(len(frame) for frame in frames):
        raise InputError.of(outside if bbox else "osm.empty", file=path.name)
    found = []
    if sum(broken):
        found.append(Finding("osm.broken_shapes", "info", values={"count": sum(broken)}))
    points, lines, areas = frames
    return Extract(points, lines, areas, max((y for y in years if y), default=None), found)


def _is_osm(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(512)
    return b"OSMHeader" in head[:32] or b"<osm" in head


def _settings() -> str:
    """GDAL's settings for the OSM driver: every tag kept, closed ways sorted into areas and lines."""
    areas = [*_AREA_KEYS, *(f"{key}={value}" for key, values in _AREA_VALUES.items() for value in values.split())]
    part = "osm_id=yes\nosm_timestamp=yes\nattributes=\nall_tags=yes\n"
    layers = ("points", "lines", "multipolygons", "multilinestrings", "other_relations")
    return (
        f"closed_ways_are_polygons={','.join(areas)}\nattribute_name_laundering=no\ntags_format=json\n"
        "report_all_nodes=no\nreport_all_ways=no\n" + "".join(f"[{layer}]\n{part}" for layer in layers)
    )


def _layer(
    path: Path, name: str, prefix: str, settings: Path, bbox: tuple[float, float, float, float] | None
) -> tuple[gpd.GeoDataFrame, int, int | None]:
    """One layer, the number of shapes left out because they are broken, and the year of the newest edit."""
    meta, _, wkb, columns = pyogrio.raw.read(path, layer=name, bbox=bbox, CONFIG_FILE=str(settings))
    data = dict(zip(meta["fields"], columns, strict=True))
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), object)
    if name == "multipolygons":
        wrong = np.array([s is not None and not shapely.is_valid(s) for s in shapes], bool)
        if wrong.any():
            shapes[wrong] = [_polygons(s) for s in shapely.make_valid(shapes[wrong])]
    good = np.array([s is not None and not s.is_empty for s in shapes], bool)
    tags = [_tags(cell) for cell in data["all_tags"]]
    ways = data.get("osm_way_id", np.full(len(shapes), None))
    osm = [f"w{way}" if way else f"{prefix}{own}" for own, way in zip(data["osm_id"], ways, strict=True)]
    # of type object even where there is no row
    columns_read = {"osm": pd.Series(osm, dtype=object), "tags": pd.Series(tags, dtype=object)}
    frame = gpd.GeoDataFrame(columns_read, geometry=gpd.GeoSeries(shapes, crs=4326))[good]
    order = np.argsort([sort_key(o) for o in frame["osm"]], kind="stable")
    stamps = pd.to_datetime(pd.Series(data["osm_timestamp"]), errors="coerce", utc=True)
    newest = int(stamps.max().year) if stamps.notna().any() else 0
    year = newest if newest >= _FIRST_YEAR else None  # an extract without dates is read as of 1970
    return frame.iloc[order].reset_index(drop=True), int((~good).sum()), year


def sort_key(osm: str) -> str:
    """A key that sorts ids by kind, then by number."""
    return osm[0] + osm[1:].zfill(14)


def _tags(cell: Any) -> dict[str, str]:
    if isinstance(cell, str):
        cell = json.loads(cell, strict=False)  # a line break within a tag's value
    return dict(cell) if cell else {}


def _polygons(shape: Any) -> Any:
    """The polygons of a mended shape (lines and points that mending leaves over are dropped)."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.union_all(parts) if len(parts) else None


def value(frame: pd.DataFrame, key: str) -> pd.Series:
    """The value of a tag, row by row; empty where a row has none."""
    return pd.Series([tags.get(key, "") for tags in frame["tags"]], index=frame.index, dtype=object)


def number(text: str) -> float:
    """The first number of a tag such as ``12.5 m`` or ``3,5``; NaN where there is none."""
    digits = ""
    for sign in text.strip().replace(",", "."):
        if not (sign.isdigit() or (sign == "." and "." not in digits)):
            break
        digits += sign
    return float(digits) if digits.strip(".") else np.nan


@cache
def rules_of(table: str) -> list[dict[str, str]]:
    """Rows of a knowledge table (``resources/knowledge/<table>.csv``); the first that fits a feature counts."""
    return resources.table("knowledge", table + ".csv")


def match(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """The first rule of a knowledge table that each row's tags meet, column by column.

    ``table`` is a file in ``resources/knowledge`` whose columns ``key`` and ``value`` name a tag (``*`` for any
    value). Rows without a rule hold empty text. The result has the frame's index and the table's columns.
    """
    rules = rules_of(table)
    rank = {(rule["key"], rule["value"]): i for i, rule in reversed(list(enumerate(rules)))}
    keys = {rule["key"] for rule in rules}

    def first(tags: dict[str, str]) -> int:
        hits = [
            rank[pair]
            for key in keys & tags.keys()
            for single in tags[key].split(";")
            for pair in ((key, single.strip()), (key, "*"))
            if pair in rank
        ]
        return min(hits, default=-1)

    place = [first(tags) for tags in frame["tags"]]
    blank = dict.fromkeys(rules[0], "")
    return pd.DataFrame([rules[i] if i >= 0 else blank for i in place], index=frame.index, columns=list(rules[0]))
