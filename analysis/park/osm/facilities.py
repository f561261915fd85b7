"""Central facilities that exist: wastewater works, heating plants, water works, waste sites, gas stations.

The map seldom gives a capacity. Without one it is taken from the area of the site times a factor of
``osm_facilities.csv`` and marked as estimated.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...standards import Standards
from . import names, read
from .read import Extract

_HEAT_TAGS = (
    "plant:output:hot_water",
    "plant:output:steam",
    "generator:output:hot_water",
    "generator:output:steam",
)
_KW = {"kw": 1.0, "mw": 1e3, "gw": 1e6, "w": 1e-3}
_WORDS = ("heat", "gas", "water", "wastewater", "solid_waste", "hazardous_waste")
_POINT_M2 = {"heat": 3000.0, "gas": 500.0, "water": 2000.0, "wastewater": 5000.0, "solid_waste": 4000.0}
_MERGE_M = 60.0


def facilities(extract: Extract, study: shapely.Geometry, standards: Standards) -> gpd.GeoDataFrame:
    """The layer ``facilities`` within ``study``; parts of one works (inside or beside a larger one) are merged."""
    frames = [_found(extract.areas), _found(extract.points)]
    frame = pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
    frame = frame[frame.intersects(study)].reset_index(drop=True)
    if not len(frame):
        return gpd.GeoDataFrame({"facility_id": []}, geometry=[], crs=extract.areas.crs)
    frame = frame[~_parts(frame)].reset_index(drop=True)
    factor = {row["utility"]: float(row["capacity_m2"]) for row in reversed(read.rules_of("osm_facilities"))}
    size = frame.area.where(frame.area > 0, frame["utility"].map(_POINT_M2).fillna(1000.0))
    by_area = _rounded((size * frame["utility"].map(factor)).to_numpy())
    said = frame["capacity"].notna()
    capacity = frame["capacity"].where(said, pd.Series(by_area, index=frame.index))
    return gpd.GeoDataFrame(
        {
            "facility_id": frame["osm"],
            "name": frame["name"],
            "utility": frame["utility"],
            "capacity": capacity,
            "spare_capacity": _rounded((capacity * standards.value("osm.spare_share")).to_numpy()),
            "status": "working",
            "keep": True,
            "source": "OpenStreetMap " + frame["osm"],
            "estimated": np.where(said, "spare_capacity", "capacity;spare_capacity"),
        },
        geometry=frame.geometry.representative_point().to_numpy(),
        crs=frame.crs,
    )


def _found(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Features that are a facility by their tags, their heat output or their name."""
    rule = read.match(features, "osm_facilities")
    output = pd.Series([_heat_kw(tags) for tags in features["tags"]], index=features.index, dtype=float)
    utility = rule["utility"].mask(output.notna(), "heat")
    # names count only for what is no shop, stop or street of that name
    plain = pd.Series([names.may_be_works(tags) for tags in features["tags"]], index=features.index, dtype=bool)
    name = read.value(features, "name")
    by_name = [
        next((w for w in _WORDS if names.speaks_of(n, w)), "") if p and n else ""
        for n, p in zip(name, plain, strict=True)
    ]
    utility = utility.where(utility != "", pd.Series(by_name, index=features.index, dtype=object))
    # a recycling firm is a firm, not a public works
    private = (read.value(features, "amenity") == "recycling") & name.map(
        lambda n: names.speaks_of(n, "legal")
    ).astype(bool)
    utility = utility.mask(private, "")
    keep = utility != ""
    frame = features[keep].assign(utility=utility[keep], name=name[keep], capacity=output[keep])
    return gpd.GeoDataFrame(frame.drop(columns=["tags"]))


def _heat_kw(tags: dict[str, str]) -> float:
    """Heat output in kW as tagged, NaN where there is none or no number."""
    for key in _HEAT_TAGS:
        text = tags.get(key, "").strip().lower()
        if text and np.isfinite(read.number(text)):
            unit = "".join(c for c in text if c.isalpha())[:2]
            return read.number(text) * _KW.get(unit, np.nan)
    return np.nan


def _parts(frame: gpd.GeoDataFrame) -> np.ndarray:
    """True for what is part of a larger facility of the same utility: inside it, or nameless and beside it."""
    shapes, utility = np.asarray(frame.geometry), frame["utility"].to_numpy()
    size, name = shapely.area(shapes), frame["name"].to_numpy()
    small, large = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_MERGE_M)
    pair = (utility[small] == utility[large]) & (
        (size[small] < size[large]) | ((size[small] == size[large]) & (small > large))
    )
    small, large = small[pair], large[pair]
    inside = shapely.intersects(shapes[small], shapes[large])
    part = np.zeros(len(frame), bool)
    part[small[inside | (name[small] == "")]] = True
    return part


def _rounded(value: np.ndarray) -> np.ndarray:
    """Two significant digits: an assumption shows no more."""
    power = 10.0 ** (np.floor(np.log10(np.maximum(value, 1e-9))) - 1)
    return np.round(value / power) * power
