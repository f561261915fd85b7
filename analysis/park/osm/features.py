"""Where nothing may be built, who must not be exposed, and pipes that exist."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...errors import Finding
from ...standards import Standards
from . import read, roads
from .read import Extract

# Classes of protected_area under which building is ruled out; landscape areas (5 and above) are wide and allow it.
_STRICT = {"1", "1a", "1b", "2", "3", "4", "97", "98"}
_HIGH_VOLTAGE_M = (
    (500_000, 20.0),
    (154_000, 15.0),
    (0, 10.0),
)  # from V on: m each side (rules on power facilities)
_PIPES = {"gas": "gas", "natural_gas": "gas", "cng": "gas", "water": "water", "drinking_water": "water"}
_PIPES |= {"sewage": "wastewater", "waste_water": "wastewater", "wastewater": "wastewater"}
_PIPES |= {"heat": "heat", "hot_water": "heat", "steam": "heat", "reclaimed_water": "reclaimed"}
_BASIS = "{text} ({source}; {buffer:g} m)"


def exclusions(extract: Extract, study: shapely.Geometry) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The layer ``exclusions`` within ``study``, with the corridors and banks of ``osm_exclusions.csv``."""
    frames = [_excluded(extract.areas, "area"), _excluded(extract.lines, "line")]
    frame = pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
    shapes = shapely.intersection(np.asarray(frame.geometry), study)
    frame = gpd.GeoDataFrame(
        frame.drop(columns=["geometry"]), geometry=[_areas(s) for s in shapes], crs=extract.areas.crs
    )
    frame = frame[frame.geometry.notna()].reset_index(drop=True)
    wide = (read.value(extract.areas, "boundary") == "protected_area") & ~_strict(extract.areas)
    left = int((wide & extract.areas.intersects(study)).sum())
    findings = [Finding("osm.landscape", "info", "exclusions", values={"count": left})] if left else []
    return frame, findings


def _strict(areas: pd.DataFrame) -> pd.Series:
    return (read.value(areas, "leisure") == "nature_reserve") | read.value(areas, "protect_class").isin(_STRICT)


def _excluded(features: gpd.GeoDataFrame, shape: str) -> gpd.GeoDataFrame:
    """Exclusions of one kind of shape, each with its buffer; what runs under ground is none (but a pipe is)."""
    rule = read.match(features, "osm_exclusions")
    kind, basis = rule["kind"].where(rule["shape"] == shape, ""), rule["source"]
    buffer = pd.to_numeric(rule["buffer_m"], errors="coerce").fillna(0.0)
    if shape == "area":
        protected = read.value(features, "boundary") == "protected_area"
        water = protected & (read.value(features, "protect_class") == "12")
        kind = kind.mask(protected & _strict(features), "forest").mask(water, "water_source")
    under = ~read.value(features, "tunnel").isin(["", "no"]) | (read.value(features, "location") == "underground")
    keep = (kind != "") & ~(under & (kind != "pipeline"))
    features, kind, buffer, basis, rule = features[keep], kind[keep], buffer[keep], basis[keep], rule[keep]
    if shape == "line":
        width = read.value(features, "width").map(read.number).astype(float).where(kind == "surface_water")
        buffer = buffer + width.fillna(0.0) / 2
        volt = read.value(features, "voltage").map(read.number).astype(float).fillna(110_000.0)
        high = np.select([volt >= v for v, _ in _HIGH_VOLTAGE_M], [m for _, m in _HIGH_VOLTAGE_M])
        buffer = buffer.mask(
            (rule["value"] == "line") & (kind == "power_line"), pd.Series(high, index=buffer.index)
        )
        branch = read.value(features, "service").isin(["spur", "siding", "yard", "crossover"])
        buffer = buffer.mask((kind == "railway") & branch, buffer / 2)
    tag = rule["key"] + "=" + rule["value"]
    text = [
        _BASIS.format(text=t, source=s or "OpenStreetMap", buffer=b) if b else t
        for t, s, b in zip(tag, basis, buffer, strict=True)
    ]
    return gpd.GeoDataFrame(
        {
            "exclusion_id": features["osm"],
            "name": read.value(features, "name"),
            "kind": kind,
            "basis": text,
            "source": "OpenStreetMap " + features["osm"],
            "estimated": np.where(buffer > 0, "geometry", ""),
        },
        geometry=shapely.buffer(np.asarray(features.geometry), buffer.to_numpy(), quad_segs=4),
        crs=features.crs,
        index=features.index,
    )


def _areas(shape: shapely.Geometry) -> shapely.Geometry | None:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    if not len(parts):
        return None
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def pipes(extract: Extract, study: shapely.Geometry) -> gpd.GeoDataFrame:
    """The layer ``pipes``: pipelines that carry what one of the utilities supplies or takes."""
    lines = extract.lines
    utility = read.value(lines, "substance").map(_PIPES).fillna("")
    utility = utility.where(utility != "", read.value(lines, "type").map(_PIPES).fillna(""))
    keep = (read.value(lines, "man_made") == "pipeline") & (utility != "")
    lines, utility = lines[keep], utility[keep]
    diameter = read.value(lines, "diameter").map(read.number).astype(float)
    frame = gpd.GeoDataFrame(
        {
            "pipe_id": lines["osm"],
            "utility": utility,
            "dn_mm": diameter.where(diameter.between(10, 4000)),
            "material": read.value(lines, "material"),
            "source": "OpenStreetMap " + lines["osm"],
        },
        geometry=np.asarray(lines.geometry),
        crs=lines.crs,
        index=lines.index,
    )
    return roads.clip(frame, "pipe_id", study)


def sensitive_areas(
    extract: Extract,
    footprint: gpd.GeoDataFrame,
    works: shapely.Geometry,
    study: shapely.Geometry,
    standards: Standards,
) -> gpd.GeoDataFrame:
    """The layer ``sensitive_areas``: housing, schools, hospitals, care homes, offices, nature reserves.

    People are taken from the floor area of houses, for housing land without any house from its area, for other
    places from ``osm_sensitive.csv``; all of it estimated. Houses outside housing land form groups of their own.
    ``works`` is the land of the park, which holds no housing.
    """
    house, people = _houses(footprint, standards)
    places = _places(extract, study)
    housing = places[places["kind"] == "residential"]
    inner = np.asarray(house.geometry.representative_point())
    shapely.prepare(works)
    away = ~shapely.intersects(works, inner)
    home, area = shapely.STRtree(np.asarray(housing.geometry)).query(inner, predicate="within")
    loose = np.ones(len(house), bool)
    loose[home] = False
    # a house in two pieces of housing land counts in the first
    home, first = np.unique(home, return_index=True)
    count = np.bincount(area[first], weights=people[home], minlength=len(housing))
    by_area = housing.area.to_numpy() / 1e4 * standards.value("osm.residents_ha")
    places.loc[housing.index, "population"] = np.where(count > 0, count, by_area).round()
    groups = _groups(house[loose & away], people[loose & away], study, standards)
    frame = pd.concat([places, groups], ignore_index=True) if len(groups) else places
    return frame.assign(estimated="population")


def _places(extract: Extract, study: shapely.Geometry) -> gpd.GeoDataFrame:
    """Areas and points of ``osm_sensitive.csv``, a point as a circle of 20 m; inner ones of the same kind left out."""
    frames = []
    for features, buffer in ((extract.areas, 0.0), (extract.points, 20.0)):
        rule = read.match(features, "osm_sensitive")
        keep = (rule["kind"] != "") & ((rule["kind"] != "residential") | (buffer == 0))
        part = features[keep]
        shapes = np.asarray(part.geometry)
        frames.append(
            gpd.GeoDataFrame(
                {
                    "area_id": part["osm"],
                    "name": read.value(part, "name"),
                    "kind": rule["kind"][keep],
                    "population": pd.to_numeric(rule["people"][keep], errors="coerce"),
                    "source": "OpenStreetMap " + part["osm"],
                },
                geometry=shapely.buffer(shapes, buffer) if buffer else shapes,
                crs=features.crs,
                index=part.index,
            )
        )
    frame = pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
    frame = frame[frame.intersects(study)].reset_index(drop=True)
    shapes, kind, size = np.asarray(frame.geometry), frame["kind"].to_numpy(), frame.area.to_numpy()
    inner, outer = shapely.STRtree(shapes).query(
        np.asarray(frame.geometry.representative_point()), predicate="within"
    )
    less = (size[inner] < size[outer]) | ((size[inner] == size[outer]) & (inner > outer))
    twice = inner[(kind[inner] == kind[outer]) & less]
    return frame.drop(index=np.unique(twice)).reset_index(drop=True)


def _houses(footprint: gpd.GeoDataFrame, standards: Standards) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Buildings that are or may be houses, and the people in each."""
    rule = read.match(footprint, "osm_buildings")
    size = footprint["area_m2"]
    tagged = rule["use"] == "residential"
    plain = read.value(footprint, "building").isin(["yes", "house", "residential"]) & (rule["use"] == "")
    fits = size.between(standards.value("osm.house_min_m2"), standards.value("osm.house_max_m2"))
    # a building of more than its outline and an address has another purpose
    bare = np.array(
        [all(key.startswith(("building", "addr:", "roof", "source")) for key in t) for t in footprint["tags"]], bool
    )
    keep = (tagged & (size >= standards.value("osm.house_min_m2"))) | (plain & fits & bare)
    house = footprint[keep].reset_index(drop=True)
    levels = read.value(house, "building:levels").map(read.number).astype(float)
    assumed = pd.to_numeric(rule["storeys_small"][keep], errors="coerce").fillna(1.0).reset_index(drop=True)
    floor = house["area_m2"] * levels.where(levels.between(0.5, 150)).fillna(assumed.clip(lower=1.5))
    dwellings = np.maximum(1.0, (floor / standards.value("osm.dwelling_m2")).round())
    return house, (dwellings * standards.value("osm.household_persons")).to_numpy()


def _groups(
    house: gpd.GeoDataFrame, people: np.ndarray, study: shapely.Geometry, standards: Standards
) -> gpd.GeoDataFrame:
    """Groups of houses outside housing land, named after their first house."""
    inside = shapely.intersects(study, np.asarray(house.geometry))
    house, people = house[inside], people[inside]
    if not len(house):
        return gpd.GeoDataFrame({"area_id": []}, geometry=[], crs=house.crs)
    reach = standards.value("osm.house_group_m")
    around = shapely.get_parts(shapely.union_all(shapely.buffer(np.asarray(house.geometry), reach, quad_segs=2)))
    row, group = shapely.STRtree(around).query(
        np.asarray(house.geometry.representative_point()), predicate="within"
    )
    group = group[np.argsort(row, kind="stable")]
    number, first = np.unique(group, return_index=True)
    frame = gpd.GeoDataFrame(
        {
            "area_id": house["osm"].to_numpy()[first] + "-houses",
            "kind": "residential",
            "population": np.bincount(group, weights=people)[number].round(),
            "source": "OpenStreetMap " + house["osm"].to_numpy()[first],
        },
        geometry=shapely.normalize(shapely.simplify(shapely.buffer(around[number], 10 - reach, quad_segs=2), 1.0)),
        crs=house.crs,
    )
    return frame[~frame.geometry.is_empty]
