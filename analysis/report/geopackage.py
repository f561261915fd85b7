"""The results as one GeoPackage that opens styled anywhere: every table, and QGIS styles stored inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj

from parkloop import resources

from ..park.model import Park
from ..steps import StepResult
from . import qml
from .describe import fields, labels_of, title
from .numbers import Style
from .symbology import Look, default_look, looks

# A fixed date: the same results give the same file.
DATE = "2020-01-01T00:00:00Z"
# Version 1.2 is what QGIS 3.22 reads without a warning.
FILE = {"VERSION": "1.2"}
MULTI = {"Polygon": "MultiPolygon", "LineString": "MultiLineString", "Point": "Point"}


@contextmanager
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_results_gpkg(
    path: Path,
    step_results: Mapping[str, StepResult],
    crs: pyproj.CRS,
    source_crs: pyproj.CRS,
    lang: str,
    park: Park | None = None,
) -> None:
    """Write every result table, in the user's CRS, with a QGIS style in each language.

    Parameters
    ----------
    path
        A file that does not exist yet.
    step_results
        Results by step; a table's name is its layer's name.
    crs
        CRS of the frames (the working CRS), for frames that carry none.
    source_crs
        CRS of the file.
    lang
        Language whose styles QGIS takes by default.
    park
        Gives the names of firms that QGIS's forms and tables show instead of ids, and the currency.
    """
    tables = {table: frame for result in step_results.values() for table, frame in result.tables.items()}
    names = {each: labels_of(park or {}, tables, each) for each in resources.LANGUAGES}
    speech = {each: Style(each, park.currency if park else "CNY") for each in (lang, *resources.LANGUAGES)}
    styles: list[dict[str, object]] = []
    with _fixed_date():
        for table, frame in tables.items():
            shape = _write_table(path, table, frame, crs, source_crs)
            present = qml.values_of(table, frame)
            for look, style_name in _looks_of(table, shape, frame):
                for each, style in speech.items():
                    styles.append(
                        {
                            "f_table_catalog": "",
                            "f_table_schema": "",
                            "f_table_name": table,
                            "f_geometry_column": "geom" if shape else "",
                            "styleName": f"{style_name}{each}",
                            "styleQML": qml.document(look, frame, style, names[each], present),
                            "styleSLD": "",
                            "useAsDefault": each == lang and not style_name,
                            "description": _described(look, frame, each),
                            "owner": "",
                            "ui": "",
                        }
                    )
        if styles:
            _write_styles(path, styles)


def _write_table(
    path: Path, table: str, frame: pd.DataFrame, crs: pyproj.CRS, source_crs: pyproj.CRS
) -> str | None:
    """Write one table and return its geometry type (None without geometry)."""
    spatial = isinstance(frame, gpd.GeoDataFrame)
    described = {lang: title(table, lang) for lang in resources.LANGUAGES}
    options = {"IDENTIFIER": table, "DESCRIPTION": f"{described['en']} / {described['zh']}"}
    out = _plain(frame)
    if not spatial:
        pyogrio.write_dataframe(out, path, layer=table, driver="GPKG", layer_options=options, dataset_options=FILE)
        return None
    kind = _geometry_type(frame, table)
    placed = gpd.GeoDataFrame(out, geometry=frame.geometry.to_numpy(), crs=frame.crs or crs).to_crs(source_crs)
    pyogrio.write_dataframe(
        placed,
        path,
        layer=table,
        driver="GPKG",
        dataset_options=FILE,
        geometry_type=MULTI[kind],
        promote_to_multi=kind != "Point",
        layer_options={**options, "GEOMETRY_NAME": "geom"},
    )
    return kind


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in types that a GeoPackage has; missing text is NULL, so that QGIS can tell it."""
    out = {}
    for name in frame.columns:
        if name == "geometry":
            continue
        values = frame[name]
        if values.dtype == object:
            cells = values.to_numpy(dtype=object, copy=True)
            cells[values.isna().to_numpy() | (cells == "")] = None
            values = pd.Series(cells, values.index)
            if values.isna().all():
                values = values.astype("string")
        out[name] = values
    return pd.DataFrame(out, index=frame.index)


def _geometry_type(frame: gpd.GeoDataFrame, table: str) -> str:
    kinds = frame.geom_type.dropna().unique()
    if len(kinds):
        return str(sorted(kinds)[0]).replace("Multi", "")
    drawn = looks().get(table)
    return {"line": "LineString", "point": "Point"}.get(drawn.geometry if drawn else "", "Polygon")


def _looks_of(table: str, shape: str | None, frame: pd.DataFrame) -> list[tuple[Look, str]]:
    """The looks of a table and the prefix of their style names: its own first, then further views of it."""
    drawn = [look for look in looks().values() if look.table == table and look.source != "park"]
    drawn = [look for look in drawn if look.source != "view" or _has_values(frame, look.classify[0])]
    own = next((look for look in drawn if look.layer == table), None) or default_look(table, shape or "Polygon")
    return [(own, "")] + [(look, f"{look.layer} ") for look in drawn if look.layer != table]


def _has_values(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and bool(frame[column].notna().any())


def _described(look: Look, frame: pd.DataFrame, lang: str) -> str:
    """What a style shows: the title of its layer, for a view the name of its column."""
    return (
        fields(look.table, frame, lang)[look.classify[0]].label
        if look.source == "view"
        else title(look.layer, lang)
    )


def _write_styles(path: Path, styles: list[dict[str, object]]) -> None:
    frame = pd.DataFrame(styles)
    frame["useAsDefault"] = frame["useAsDefault"].astype(bool)
    frame["update_time"] = np.datetime64(DATE.rstrip("Z"), "ms")
    pyogrio.write_dataframe(
        frame, path, layer="layer_styles", driver="GPKG", layer_options={"FID": "id"}, dataset_options=FILE
    )
