"""Result frames as the schema describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from parkloop import resources

from ..park.schema import DTYPES


def frame_of(rows: Sequence[Mapping[Any, Any]], table: str, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Rows as the table's schema describes it, sorted by its key."""
    columns = resources.columns(table)
    key = next(iter(columns))
    rows = sorted(rows, key=lambda row: str(row[key]))
    data = {}
    for name, column in columns.items():
        values = [row.get(name) for row in rows]
        if column["type"] == "text":
            data[name] = pd.Series(["" if v is None else str(v) for v in values], dtype="object")
        elif column["type"] == "int":
            data[name] = pd.Series(values, dtype="Int64")
        else:
            data[name] = pd.Series([np.nan if v is None else v for v in values], dtype=DTYPES[column["type"]])
    shapes = gpd.GeoSeries([row["geometry"] for row in rows], crs=crs)
    return gpd.GeoDataFrame(data, geometry=shapes, crs=crs)


def name_of(name: Any, key: str) -> str:
    """How a sentence calls a place: by its name with its id, or by its id alone."""
    return f"{name} ({key})" if isinstance(name, str) and name and name != key else key
