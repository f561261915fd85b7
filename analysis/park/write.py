"""Writing a park, or any frames, to a GeoPackage: whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from ..errors import InputError
from . import schema
from .model import Park
from .raw import GEOPACKAGE, reason

FULL_BYTES = 2**26  # what a write that failed has given back may lie free on a full disk
# Version 1.2 is what QGIS 3.22 reads without a warning.
FILE = {"VERSION": "1.2"}
STAMP = "2000-01-01T00:00:00.000Z"  # a GeoPackage notes when it was changed; the same content gives the same bytes


def write_park(park: Park, path: str | Path) -> None:
    """Write every layer that the park has, in its own CRS, with its rasters beside it.

    They become ``<stem>_terrain<suffix>`` and ``<stem>_population<suffix>``, named in the columns ``terrain`` and
    ``population_raster`` of the layer ``park``.

    Raises
    ------
    InputError
        The file cannot be written. What stood there before is untouched.
    """
    frames = {name: park.frames[name] for name in schema.layers() if name in park.frames}
    write_layers(frames, path, park.source_crs, {"terrain": park.terrain, "population_raster": park.population})


def write_layers(
    frames: Mapping[str, pd.DataFrame], path: str | Path, crs: Any, rasters: Mapping[str, Path | None]
) -> None:
    """Write the layers of a park and copy its rasters; with ``crs`` None each layer stays in its own.

    Parameters
    ----------
    rasters
        By the column of the layer ``park`` that names them. One that does not exist keeps its name.

    Raises
    ------
    InputError
        As ``write_park``.
    """
    target = Path(path)
    copies = {
        column: (raster, target.with_name(f"{target.stem}_{column.removesuffix('_raster')}{raster.suffix}"))
        for column, raster in rasters.items()
        if raster is not None and raster.is_file()
    }
    layers = dict(frames)
    if "park" in layers:
        names = {column: copies[column][1].name for column in copies}
        gone = {column: "" for column, raster in rasters.items() if raster is None}
        layers["park"] = layers["park"].assign(**gone, **names)
    with unwritable(target, GEOPACKAGE), beside(target) as part:
        _write(layers, part, crs)
        for raster, copy in copies.values():
            if raster.resolve() != copy.resolve():
                with beside(copy) as picture:
                    shutil.copyfile(raster, picture)


def write_frames(frames: Mapping[str, pd.DataFrame], path: str | Path, crs: Any) -> None:
    """Write frames as the layers of one GeoPackage.

    Parameters
    ----------
    frames
        By layer name, written in this order; those with geometry may be in any CRS and are written in ``crs``.
    path
        A name that ends in ``.gpkg``; replaced as a whole where it exists.
    crs
        Anything pyproj takes as a CRS.

    Raises
    ------
    InputError
        The file cannot be written; nothing has changed then.
    """
    target = Path(path)
    with unwritable(target, GEOPACKAGE), beside(target) as part:
        _write(frames, part, crs)


@contextmanager
def unwritable(target: Path, suffix: str) -> Iterator[None]:
    """Turn what the system says against writing ``target`` into an InputError; its name must end in ``suffix``."""
    if target.suffix.lower() != suffix:
        raise InputError.of("park.wrong_suffix", path=str(target), suffix=suffix)
    try:
        yield
    except (OSError, pyogrio.errors.DataSourceError) as fault:
        raise InputError.of("park.unwritable", path=str(target), reason=reason(fault)) from fault


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A place beside ``target`` that is moved onto it at the end, or leaves nothing where something fails."""
    with tempfile.TemporaryDirectory(prefix=f".{target.stem}-", dir=target.parent) as folder:
        part = Path(folder) / target.name
        yield part
        part.replace(target)


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Say ``the disk is full`` where it is: GDAL speaks of tables and features that it cannot find then."""
    try:
        yield
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as fault:
        if shutil.disk_usage(folder).free < FULL_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from fault
        raise


@contextmanager
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write(frames: Mapping[str, pd.DataFrame], path: Path, crs: Any) -> None:
    with _fixed_date(), room(path.parent):
        for name, frame in frames.items():
            options: dict[str, Any] = {
                "layer": name,
                "driver": "GPKG",
                "append": path.exists(),
                "dataset_options": FILE,
            }
            if isinstance(frame, gpd.GeoDataFrame):
                kind = _geometry_type(frame, name)
                options |= {"geometry_type": kind, "promote_to_multi": kind.startswith("Multi")}
                frame = frame.to_crs(crs) if crs is not None else frame
            pyogrio.write_dataframe(_with_zone(frame), path, **options)


def _with_zone(frame: pd.DataFrame) -> pd.DataFrame:
    """Dates in UTC: a time without a zone is no time to a GeoPackage, and GDAL warns of it."""
    plain = [name for name, kind in frame.dtypes.items() if kind.kind == "M" and getattr(kind, "tz", None) is None]
    return frame.assign(**{str(name): frame[name].dt.tz_localize("UTC") for name in plain}) if plain else frame


def _geometry_type(frame: gpd.GeoDataFrame, name: str) -> str:
    """The type of a layer's column: the schema's where it is empty, Multi where one row has parts."""
    kinds = set(frame.geometry.dropna().geom_type)
    single = {kind.removeprefix("Multi") for kind in kinds}
    if not kinds:
        return schema.layers()[name].geometry if name in schema.layers() else "Unknown"
    if len(single) > 1:
        return "Unknown"
    return ("Multi" if len(kinds) > 1 or min(kinds).startswith("Multi") else "") + single.pop()
