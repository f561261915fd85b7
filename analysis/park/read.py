"""From files to a park: read, checked, typed, and in one metric CRS.

``read_park`` gives a park that the steps can rely on, or says everything that stands in the way at once. Nothing is
repaired on the way. Three things are changed because no figure depends on them: heights are dropped, arcs are drawn as
chords, and a collection of one part becomes that part; the first two are told by ``check_park``.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from ..errors import Finding, InputError
from . import checks, schema
from .checks import keys, rows, structure
from .checks.base import each
from .model import Park, complete, working_crs
from .raw import Raw, load


def read_park(path: str | Path) -> Park:
    """Read a park.

    Parameters
    ----------
    path
        A GeoPackage whose layers are named as in the schema, or a folder with one file a layer (``parcels.geojson``,
        ``roads.shp``, ``occupancy.csv``). Each layer may be in a CRS of its own. A height raster is named in column
        ``terrain`` of layer ``park``, relative to the file or folder.

    Returns
    -------
    Park
        In ``working_crs`` of the park's centre; ``source_crs`` is the CRS of the parcels.

    Raises
    ------
    InputError
        With every error found, each with layer, id and column.
    """
    park, findings = examine(load(path))
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors or park is None:
        raise InputError(*errors)
    return park


def check_park(path: str | Path) -> list[Finding]:
    """Everything that is wrong or doubtful in a park's files: errors first, then warnings, then notes.

    Where errors stand in the way, the checks that need more than the rows in question are still made on what is left.
    """
    try:
        raw = load(path)
    except InputError as fault:
        return list(fault.findings)
    park, findings = examine(raw)
    findings += structure.ignored_columns(raw)
    if park is not None:
        findings += checks.advise(park)
    return ordered(findings)


def ordered(findings: list[Finding]) -> list[Finding]:
    """Findings by severity, then in the order of the schema's layers, each once."""
    severity = {"error": 0, "warning": 1, "info": 2}
    place = {name: i for i, name in enumerate(schema.layers())}
    return sorted(findings, key=lambda f: (severity[f.severity], place.get(f.layer, -1)))


def examine(raw: Raw) -> tuple[Park | None, list[Finding]]:
    """The park of what was read, without the rows that cannot be used, and all that a step could not live with.

    The park is None where not even its place is known.
    """
    findings = list(raw.findings)
    for check in (structure.missing_layers, structure.missing_columns, structure.crs, structure.geometry):
        findings += check(raw)
    usable: dict[str, pd.DataFrame] = {}
    for name, frame in raw.frames.items():
        cells, wrong = rows.typed(frame, name)
        named = [column for column in cells if column != "geometry"]
        unread = pd.DataFrame(
            {column: cells[column].isna() & frame[column].notna() for column in named}, frame.index
        )
        findings += wrong + rows.fits(cells, name, unread) + keys.duplicates(cells, name)
        usable[name] = _with_key(cells, name)
    park, terrain = _assemble(usable, raw)
    findings += terrain
    if park is not None:
        findings += checks.require(park)
    return park, ordered(findings)


def _with_key(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows that can be told apart."""
    key = list(schema.layers()[name].key)
    if any(part not in frame for part in key):
        return frame.iloc[:0]
    return frame[frame[key].notna().all(axis=1) & ~frame.duplicated(key)]


def _assemble(frames: dict[str, pd.DataFrame], raw: Raw) -> tuple[Park | None, list[Finding]]:
    for name in list(frames):
        frames[name] = _plain(frames[name], name)
    placed = {n: f for n, f in frames.items() if isinstance(f, gpd.GeoDataFrame) and f.geometry.notna().any()}
    if "parcels" not in placed:
        return None, []
    centre = "park" if "park" in placed else "parcels"
    crs = _crs_at(placed[centre])
    if crs is None:
        west, south, _, _ = placed[centre].total_bounds
        values = {"crs": placed[centre].crs.name, "x": round(float(west), 3), "y": round(float(south), 3)}
        return None, [Finding("check.crs_doubtful", layer=centre, values=values)]
    findings: list[Finding] = []
    done: dict[str, pd.DataFrame] = {}
    for name, frame in frames.items():
        if schema.layers()[name].geometry:
            if not isinstance(frame, gpd.GeoDataFrame):
                frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame), frame.index), crs=crs)
            frame = frame.set_crs(crs) if frame.crs is None else frame.to_crs(crs)
            lost = frame.geometry.notna() & ~np.isfinite(frame.bounds).all(axis=1)
            findings += each("check.place_impossible", "error", name, structure.ids_of(frame, name, lost))
            frame = frame.set_geometry(frame.geometry.where(~lost, None))
        done[name] = complete(frame, name, typed=True)
    terrain, missing = _terrain(done, raw.folder)
    findings += missing
    source = pyproj.CRS.from_user_input(placed["parcels"].crs)
    return Park(done, crs, source, terrain, str(raw.path)), findings


def _plain(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Geometry the steps can use: of the layer's type, flat, and single where it has one part; else none."""
    wanted = schema.layers()[name].geometry
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    if not wanted or structure.unknown(frame.crs):
        table = pd.DataFrame(frame.drop(columns="geometry"))
        return table
    shapes = structure.unwrapped(frame)
    tall = shapely.has_z(shapes)
    shapes[tall] = shapely.force_2d(shapes[tall])
    good = structure.fitting(shapes, wanted)
    good &= ~shapely.is_empty(shapes) & np.isfinite(shapely.bounds(shapes)).all(axis=1)
    shapes[~good] = None
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))


def _crs_at(frame: gpd.GeoDataFrame) -> pyproj.CRS | None:
    """Working CRS of a layer's centre, or None where the layer's CRS does not reach there."""
    west, south, east, north = frame.to_crs(4326).total_bounds
    longitude, latitude = (west + east) / 2, (south + north) / 2
    if not (-180 <= longitude <= 180 and -80 <= latitude <= 84):  # the reach of UTM
        return None
    return working_crs(longitude, latitude)


def _terrain(frames: dict[str, pd.DataFrame], folder: Path) -> tuple[Path | None, list[Finding]]:
    name = str(frames["park"]["terrain"].iloc[0]) if len(frames.get("park", ())) else ""
    if not name:
        return None, []
    raster = folder / name
    if not raster.is_file():
        return None, [Finding("check.terrain_missing", layer="park", column="terrain", values={"value": name})]
    return raster, []
