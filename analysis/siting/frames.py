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
    """Rows with a geometry as the table's schema describes it, sorted by its key."""
    rows = _sorted(rows, table)
    shapes = gpd.GeoSeries([row["geometry"] for row in rows], crs=crs)
    return gpd.GeoDataFrame(_columns(rows, table), geometry=shapes, crs=crs)


def table_of(rows: Sequence[Mapping[Any, Any]], table: str) -> pd.DataFrame:
    """Rows without a geometry as the table's schema describes it, sorted by its key."""
    return pd.DataFrame(_columns(_sorted(rows, table), table))


def _sorted(rows: Sequence[Mapping[Any, Any]], table: str) -> list[Mapping[Any, Any]]:
    key = next(iter(resources.columns(table)))
    return sorted(rows, key=lambda row: str(row[key]))


def _columns(rows: Sequence[Mapping[Any, Any]], table: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, column in resources.columns(table).items():
        values = [row.get(name) for row in rows]
        if column["type"] == "text":
            data[name] = pd.Series(["" if v is None else str(v) for v in values], dtype="object")
        elif column["type"] == "int":
            data[name] = pd.Series(values, dtype="Int64")
        elif column["type"] == "bool":
            data[name] = pd.Series([bool(v) for v in values], dtype="bool")
        else:
            data[name] = pd.Series([np.nan if v is None else v for v in values], dtype=DTYPES[column["type"]])
    return data


def name_of(name: Any, key: str) -> str:
    """How a sentence calls a place: by its name with its id, or by its id alone."""
    return f"{name} ({key})" if isinstance(name, str) and name and name != key else key
