"""Where a park is: its limit as the user gives it, its name and its currency."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from ...errors import InputError
from . import read
from .read import Extract

_NEAR_M = 3000.0  # a place further off does not name a park
_RANK = {"city": 3000.0, "town": 1500.0, "municipality": 500.0, "village": 500.0}
_EURO = frozenset(
    [
        "AT",
        "BE",
        "CY",
        "DE",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MC",
        "MT",
        "NL",
        "PT",
        "SI",
        "SK",
        "SM",
        "VA",
    ]
)


def box(bbox: tuple[float, float, float, float]) -> shapely.Polygon:
    """A box of west, south, east, north in degrees.

    Raises
    ------
    InputError
        The numbers are no degrees, or west and east or south and north are exchanged.
    """
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError.of("osm.bbox_wrong", bbox=", ".join(f"{v:g}" for v in bbox))
    return shapely.box(west, south, east, north)


def boundary(path: Path) -> shapely.Geometry:
    """The polygons of a file that GDAL reads, as one shape in degrees (WGS 84).

    Raises
    ------
    InputError
        The file cannot be read, holds no polygon, names no CRS, or its numbers do not fit the CRS it names.
    """
    if path.is_dir() and path.suffix.lower() != ".gdb":  # GDAL would take any layer of any file in it
        raise InputError.of("osm.boundary_unreadable", file=str(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a remark of GDAL on the file is not the user's matter
            frame = pyogrio.read_dataframe(path)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise InputError.of("osm.boundary_unreadable", file=str(path)) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError.of("osm.boundary_no_polygons", file=path.name)
    shapes = frame.geometry[frame.geometry.notna()]
    shapes = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"]) & ~shapes.is_empty]
    if not len(shapes):
        raise InputError.of("osm.boundary_no_polygons", file=path.name)
    if frame.crs is None:
        raise InputError.of("osm.boundary_no_crs", file=path.name)
    if frame.crs.is_geographic:
        west, south, east, north = shapes.total_bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise InputError.of("osm.boundary_not_degrees", file=path.name)
    degrees = np.asarray(shapes.to_crs(4326))
    if not np.isfinite(shapely.bounds(degrees)).all():
        raise InputError.of("osm.boundary_not_degrees", file=path.name)
    return shapely.union_all(shapely.make_valid(shapely.force_2d(degrees)))


def name(extract: Extract, parcels: gpd.GeoDataFrame, default: str) -> str:
    """What the park is called: the place or two places next to most of its land, else the usual town of addresses.

    ``default`` is used where the map names neither.
    """
    places = extract.points[
        read.value(extract.points, "place").isin(list(_RANK)) & (read.value(extract.points, "name") != "")
    ]
    if len(places):
        rank = read.value(places, "place").map(_RANK).to_numpy()
        middle = parcels.geometry.centroid
        away = np.hypot(
            middle.x.to_numpy()[:, None] - places.geometry.x.to_numpy(),
            middle.y.to_numpy()[:, None] - places.geometry.y.to_numpy(),
        )
        nearest = np.argmin(away - rank, axis=1)
        near = away[np.arange(len(parcels)), nearest] <= _NEAR_M
        area = np.bincount(nearest[near], weights=parcels.area.to_numpy()[near], minlength=len(places))
        order = np.lexsort((places["osm"].to_numpy(), -area))
        named = [read.value(places, "name").iloc[i] for i in order if area[i] > 0]
        if named:
            several = len(named) > 1 and area[order[1]] >= 0.4 * area[order[0]]
            return "–".join(named[:2] if several else named[:1])
    towns = Counter(
        t["addr:city"] for f in (extract.areas, extract.points) for t in f["tags"] if t.get("addr:city")
    )
    return min(towns, key=lambda town: (-towns[town], town)) if towns else default


def currency(extract: Extract, longitude: float, latitude: float) -> str:
    """The likely currency: by the country that addresses and borders name, else by position."""
    votes: Counter[str] = Counter()
    for frame in (extract.areas, extract.points):
        for tags in frame["tags"]:
            code = tags.get("addr:country") or tags.get("ISO3166-1") or tags.get("ISO3166-2", "")[:2]
            if code:
                votes[code.strip().upper()[:2]] += 1
    country = min(votes, key=lambda c: (-votes[c], c)) if votes else ""
    if country in ("CH", "LI"):
        return "CHF"
    if country in _EURO:
        return "EUR"
    if country:
        return "CNY" if country == "CN" else "USD"
    if 5.9 < longitude < 9.7 and 45.8 < latitude < 47.6:
        return "CHF"
    if -10 < longitude < 30 and 35 < latitude < 70:
        return "EUR"
    return "CNY" if 73 < longitude < 135 and 18 < latitude < 54 else "USD"


def park_row(
    extract: Extract,
    parcels: gpd.GeoDataFrame,
    shape: shapely.Geometry,
    drawn: bool,
    file: str,
    centre: tuple[float, float],
) -> gpd.GeoDataFrame:
    """The one row of the layer ``park``; ``drawn`` says that the boundary was given, not derived."""
    estimated = ["name", "currency", *([] if drawn else ["geometry"]), *(["base_year"] if extract.year else [])]
    return gpd.GeoDataFrame(
        {
            "park_id": ["park"],
            "name": [name(extract, parcels, file)],
            "base_year": [extract.year if extract.year else pd.NA],
            "currency": [currency(extract, *centre)],
            "source": ["OpenStreetMap (ODbL 1.0, © OpenStreetMap contributors)"],
            "estimated": [";".join(estimated)],
        },
        geometry=[shape],
        crs=parcels.crs,
    )
