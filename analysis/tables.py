"""Result tables made as ``resources/schema/results`` describes them: columns, order, types, rows by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from parkloop import resources

DTYPES = {"text": "object", "int": "Int64", "float": "float64", "bool": "bool", "date": "datetime64[ns]"}


def result_table(
    name: str, columns: Mapping[str, Any] | pd.DataFrame, geometry: Any = None, crs: pyproj.CRS | None = None
) -> pd.DataFrame:
    """A result table from its columns.

    Parameters
    ----------
    name
        Name of the table, described in ``resources/schema/results/<name>.csv``; its first column is the key.
    columns
        Values (n,) by column name: exactly those of the schema, in any order. Infinite numbers are refused.
    geometry, crs
        Shapes (n,), and their CRS, where the table has any; None is a row without a shape.

    Raises
    ------
    ValueError
        The columns are not those of the schema, or a number is infinite (our fault, never the input's).
    """
    wanted = resources.columns(name)
    if set(wanted) != set(columns):
        raise ValueError(f"{name}: columns differ from the schema: {sorted(set(wanted) ^ set(map(str, columns)))}")
    table = pd.DataFrame({column: np.asarray(columns[column], dtype=object) for column in wanted})
    for column, row in wanted.items():
        if row["type"] == "text":
            table[column] = table[column].fillna("").astype(str).astype("object")
        else:
            table[column] = pd.Series(table[column].to_list(), dtype=DTYPES[row["type"]])
        if row["type"] == "float" and np.isinf(table[column]).any():
            raise ValueError(f"{name}.{column}: infinite value")
    if geometry is not None:
        shapes = gpd.GeoSeries(list(geometry), crs=crs)
        table = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    return table.sort_values(next(iter(wanted)), kind="stable").reset_index(drop=True)
