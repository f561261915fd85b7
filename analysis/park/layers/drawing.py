"""A CAD drawing (DXF) as sources: one a CAD layer and kind of shape, with the texts that stand in its areas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from ..shapefile import CHINESE, guess

LABEL = "label"
FORMAT = re.compile(r"\\[ACFHQTW][^;]*;|\\[LlOoKk]|[{}]|\\P")  # marks of CAD's longer texts
CODE_PAGES = {"utf-8-sig": "UTF-8", CHINESE: "CP936"}


@contextmanager
def options(file: Path) -> Iterator[None]:
    """Read the closed lines of a drawing as areas, which is what a parcel in CAD is, and its texts in their encoding.

    Older drawings state a code page that is often wrong; the bytes themselves tell UTF-8 from GBK.
    """
    if file.suffix.lower() != ".dxf":
        yield
        return
    body = file.read_bytes()
    encoding = "" if body.isascii() else CODE_PAGES.get(guess(body), "CP1252")
    wanted = {"DXF_CLOSED_LINE_AS_POLYGON": "YES", "DXF_ENCODING": encoding or None}
    before = {key: pyogrio.get_gdal_config_option(key) for key in wanted}
    pyogrio.set_gdal_config_options(wanted)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def parts(frame: gpd.GeoDataFrame) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """The frames of a drawing, each named by CAD layer and kind of shape.

    Lines that end where they began are areas, as draughtsmen often forget to close them. The texts in an area become its columns, one a CAD layer
    of texts, called ``label`` where all stand on one layer.
    """
    texts = frame[frame["Text"].notna() & (frame.geom_type == "Point")] if "Text" in frame else frame.iloc[:0]
    shapes = frame.drop(index=texts.index)
    shapes = shapes[shapes.geometry.notna() & ~shapes.geometry.is_empty]
    shapes = shapes.set_geometry(_closed(np.asarray(shapes.geometry)), crs=frame.crs)
    kind = shapes.geom_type.str.replace("Multi", "")
    single = texts["Layer"].nunique() < 2 if len(texts) else True
    for (layer, sort), part in shapes.groupby([shapes["Layer"].fillna("0"), kind], sort=True):
        part = part[["geometry"]].copy()
        if sort == "Polygon" and len(texts):
            for name, words in texts.groupby(texts["Layer"].fillna("0"), sort=True):
                heads = _within(part, words)
                if heads.notna().any():
                    part[LABEL if single else str(name)] = heads
        yield f"{layer}:{sort}", part


def _closed(shapes: np.ndarray) -> np.ndarray:
    """(n,) shapes; simple lines of four and more points that end where they began as polygons."""
    line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    ring = line & shapely.is_closed(shapes) & (shapely.get_num_points(shapes) > 3) & shapely.is_simple(shapes)
    out = shapes.copy()
    out[ring] = [shapely.Polygon(shape) for shape in shapes[ring]]
    return out


def _within(areas: gpd.GeoDataFrame, texts: gpd.GeoDataFrame) -> pd.Series:
    """The texts in each area, from top to bottom and left to right; None where there is none."""
    points = shapely.force_2d(np.asarray(texts.geometry))
    area, text = shapely.STRtree(points).query(np.asarray(areas.geometry), predicate="intersects")
    order = np.lexsort((shapely.get_x(points)[text], -shapely.get_y(points)[text], area))
    words: dict[int, list[str]] = {}
    for a, t in zip(area[order].tolist(), text[order].tolist(), strict=True):
        words.setdefault(a, []).append(" ".join(FORMAT.sub(" ", str(texts["Text"].iloc[t])).split()))
    return pd.Series([" ".join(words[i]) if i in words else None for i in range(len(areas))], areas.index, object)
