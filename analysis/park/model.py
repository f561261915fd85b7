"""A park in memory: one frame a layer, all geometry in one metric CRS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from . import schema
from .convert import convert


def working_crs(longitude: float, latitude: float) -> pyproj.CRS:
    """The metric CRS in which a park at this place is worked on.

    CGCS2000 3-degree Gauss-Kruger in China, CH1903+ / LV95 in Switzerland and Liechtenstein, ETRS89 UTM in the
    rest of Europe, WGS 84 UTM elsewhere. It depends on the place alone, so that a park delivered in another CRS
    gives the same results.
    """
    if 73 < longitude < 136 and 17 < latitude < 54:
        meridian = min(max(round(longitude / 3) * 3, 75), 135)
        return pyproj.CRS.from_epsg(4534 + (meridian - 75) // 3)
    if 5.9 < longitude < 10.6 and 45.8 < latitude < 47.85 and not (longitude > 9.7 and latitude > 47.06):
        return pyproj.CRS.from_epsg(2056)
    zone = int((longitude + 180) // 6) + 1
    if -16 < longitude < 40 and 34 < latitude < 72 and 28 <= zone <= 38:
        return pyproj.CRS.from_epsg(25800 + zone)
    return pyproj.CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def complete(frame: pd.DataFrame, layer: str, typed: bool = False) -> pd.DataFrame:
    """``frame`` with every column of the schema, in its order and types, rows sorted by key.

    Columns that the schema does not know are kept behind the others. Values are not checked here; what cannot
    be turned into the column's type raises ValueError (``park.read`` reports it by layer, id and column). ``typed``: the
    columns are what ``convert`` gave, and need not be turned again.
    """
    wanted = schema.layers()[layer]
    out: dict[str, pd.Series] = {}
    for name, column in wanted.columns.items():
        blank = schema.empty_series(column, frame.index)
        if name not in frame:
            out[name] = blank
            continue
        values = frame[name]
        if not typed:
            values, bad = convert(frame[name], column)
            if bad.any():
                raise ValueError(f"{layer}.{name}: {frame[name][bad].iloc[0]!r} is not of type {column.type}")
        out[name] = values.where(values.notna(), blank.astype(values.dtype)).astype(blank.dtype)
    result = pd.DataFrame(out, index=frame.index)
    for name in frame.columns:
        if name not in result and name != "geometry":
            result[name] = frame[name]
    if wanted.geometry:
        geometry = (
            frame.geometry
            if isinstance(frame, gpd.GeoDataFrame)
            else gpd.GeoSeries([None] * len(frame), frame.index)
        )
        result = gpd.GeoDataFrame(result, geometry=geometry, crs=getattr(frame, "crs", None))
    return result.sort_values(list(wanted.key), kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class Park(Mapping[str, pd.DataFrame]):
    """A park: ``park["parcels"]`` is the frame of a layer with every column of its schema.

    Layers that are absent are empty frames. Frames must not be changed; a step that needs other values works on
    a copy.

    Parameters
    ----------
    frames
        Layers that exist, completed by ``complete`` and in ``crs``.
    crs
        The metric working CRS.
    source_crs
        The CRS of the user's data, in which results are written.
    terrain
        Path of a height raster, or None.
    """

    frames: dict[str, pd.DataFrame]
    crs: pyproj.CRS
    source_crs: pyproj.CRS
    terrain: Path | None = None
    path: str = ""
    _blank: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def __getitem__(self, layer: str) -> pd.DataFrame:
        if layer in self.frames:
            return self.frames[layer]
        if layer not in self._blank:
            base = pd.DataFrame(index=pd.RangeIndex(0))
            if schema.layers()[layer].geometry:
                base = gpd.GeoDataFrame(base, geometry=gpd.GeoSeries([], crs=self.crs), crs=self.crs)
            self._blank[layer] = complete(base, layer)
        return self._blank[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(schema.layers())

    def __len__(self) -> int:
        return len(schema.layers())

    @property
    def info(self) -> pd.Series:
        """The one row of the ``park`` layer."""
        return self["park"].iloc[0]

    @property
    def population(self) -> Path | None:
        """Path of the raster of persons a cell that the park names, whether or not it exists; None where it names none."""
        name = str(self.info["population_raster"]) if len(self["park"]) else ""
        home = Path(self.path)
        return (home if home.is_dir() else home.parent) / name if name else None

    @property
    def currency(self) -> str:
        return str(self.info["currency"])

    def replace(self, **frames: pd.DataFrame) -> Park:
        """A park with some layers exchanged (each is completed to its schema)."""
        done = {name: complete(frame, name) for name, frame in frames.items()}
        return Park({**self.frames, **done}, self.crs, self.source_crs, self.terrain, self.path)

    def enterprise_points(self) -> gpd.GeoSeries:
        """Where each firm is: its point, else the centre of the largest parcel it uses; by enterprise_id.

        Firms with neither are left out.
        """
        firms = self["enterprises"].set_index("enterprise_id")
        points = firms.geometry.copy()
        points = points[points.notna() & ~points.is_empty]
        missing = firms.index.difference(points.index)
        if len(missing):
            land = self["parcels"].set_index("parcel_id").geometry
            use = self["occupancy"]
            use = use[use["enterprise_id"].isin(missing) & use["parcel_id"].isin(land.index)]
            area = use["share"].to_numpy() * land.area.reindex(use["parcel_id"]).to_numpy()
            use = use.assign(area=area).sort_values(["enterprise_id", "area", "parcel_id"])
            best = use.drop_duplicates("enterprise_id", keep="last").set_index("enterprise_id")["parcel_id"]
            extra = gpd.GeoSeries(
                land.reindex(best).representative_point().to_numpy(), index=best.index, crs=self.crs
            )
            points = pd.concat([points, extra]) if len(points) else extra
        return gpd.GeoSeries(points, crs=self.crs).sort_index()


def estimated(frame: pd.DataFrame, column: str) -> pd.Series:
    """True for the rows whose ``column`` holds an estimate."""
    code, different = pd.factorize(frame["estimated"])
    named = np.array([column in str(names).split(";") for names in different], bool)
    return pd.Series(named[code] if len(named) else False, index=frame.index, dtype=bool)


def estimated_share(frame: pd.DataFrame, column: str, weight: pd.Series | None = None) -> float:
    """Share (0..1) of the total of ``column`` that rests on estimates; 0 where the total is nothing."""
    size = (frame[column] if weight is None else weight).abs().fillna(0.0)
    total = float(size.sum())
    return float(size[estimated(frame, column)].sum() / total) if total else 0.0
