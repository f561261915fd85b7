"""Parcels: works land cut by road corridors, main railways and water.

OpenStreetMap has no cadastre. The pieces of works land between public roads are the best guess of one; roads inside
a works (service roads) do not cut. Land drawn inside other land is taken out of the larger piece, so that parcels
never overlap.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...errors import Finding
from ...standards import Standards
from . import read, roads
from .read import Extract

GRID_M = 0.01  # drawing tolerance: land and what cuts it are laid on this grid first
_ROLES = ("core", "support", "vacant")
_WORKS = {("building", v) for v in ("industrial", "manufacture", "factory", "works", "warehouse")} | {
    ("man_made", "works")
}


def works_land(extract: Extract, standards: Standards) -> gpd.GeoDataFrame:
    """Land of works in a metric extract: ``osm``, ``tags``, the columns of ``osm_land.csv``, ``lone``.

    Industrial buildings outside mapped land get a yard of their own (``lone``). Land may still overlap.
    """
    areas = extract.areas
    rule = read.match(areas, "osm_land")
    building = read.value(areas, "building")
    is_building = ~building.isin(["", "no"]) & (rule["key"] != "landuse")
    land = areas[rule["role"].isin(_ROLES) & ~is_building].join(rule)
    lone = np.array([any((k, v) in _WORKS for k, v in tags.items()) for tags in areas["tags"]], bool)
    lone &= (is_building & (areas.area >= standards.value("osm.lone_works_m2"))).to_numpy()
    if lone.any() and len(land):
        hit = shapely.STRtree(np.asarray(land.geometry)).query(
            np.asarray(areas.geometry[lone].representative_point()), predicate="intersects"
        )[0]
        lone[np.flatnonzero(lone)[hit]] = False
    yards = areas[lone].copy()
    yards["geometry"] = yards.buffer(standards.value("osm.lone_works_yard_m"), join_style="mitre")
    use = np.where(building[lone] == "warehouse", "warehouse", "industrial")
    yards = yards.assign(role="core", land_use=use, supply_status="supplied", building_status="built", lone=True)
    land = pd.concat([land.assign(lone=False), yards])
    return gpd.GeoDataFrame(
        land[["osm", "tags", *["role", "land_use", "supply_status", "building_status", "lone"], "geometry"]]
    )


def choose(land: gpd.GeoDataFrame, standards: Standards) -> gpd.GeoDataFrame:
    """The land of a park without a boundary: all industrial land and what supports it close by."""
    core = land["role"] == "core"
    reach = shapely.union_all(np.asarray(land.geometry[core])).buffer(standards.value("osm.support_distance_m"))
    return land[core | land.intersects(reach)]


def parcels(
    land: gpd.GeoDataFrame, limit: shapely.Geometry | None, extract: Extract, standards: Standards
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Cut works land into parcels.

    Parameters
    ----------
    land
        Rows of ``works_land``.
    limit
        Boundary or box that cuts the land, or None.
    extract
        Roads, railways and water in the same CRS.

    Returns
    -------
    frame
        ``parcel_id`` (``<osm>-<n>``), ``land_osm``, ``name``, ``single`` (drawn as one works), the codes of the schema, polygons without overlaps.
    findings
        How many slivers were left out.
    """
    land = land.iloc[np.argsort([read.sort_key(o) for o in land["osm"]], kind="stable")].reset_index(drop=True)
    shapes = _on_grid(np.asarray(land.geometry))
    if limit is not None:
        shapes = shapely.intersection(shapes, limit)
    shapes = _apart(shapes, land["lone"].to_numpy())
    shapes = _minus(shapes, _corridors(extract, standards))
    parts, row = shapely.get_parts(shapes, return_index=True)
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, row = parts[polygon], row[polygon]
    area = shapely.area(parts)
    narrow = shapely.is_empty(shapely.buffer(parts, -standards.value("osm.sliver_width_m") / 2))
    sliver = (area < standards.value("osm.sliver_m2")) | narrow
    findings = []
    if sliver.any():
        values = {"count": int(sliver.sum()), "area_m2": f"{area[sliver].sum():,.0f}"}
        findings.append(Finding("osm.slivers", "info", "parcels", values=values))
    parts, row = shapely.normalize(parts[~sliver]), row[~sliver]
    centre = shapely.get_coordinates(shapely.centroid(parts)).round(1)
    order = np.lexsort((centre[:, 1], centre[:, 0], row))
    parts, row = parts[order], row[order]
    number = np.arange(len(row)) - np.searchsorted(row, row) + 1
    frame = land.iloc[row].reset_index(drop=True)
    frame = gpd.GeoDataFrame(frame.drop(columns=["geometry"]), geometry=parts, crs=land.crs)
    frame["land_osm"] = frame["osm"]
    frame["parcel_id"] = [f"{osm}-{n}" for osm, n in zip(frame["osm"], number, strict=True)]
    frame["name"] = read.value(frame, "name")
    frame["single"] = (read.value(frame, "man_made") == "works") | frame["lone"]
    frame["source"] = "OpenStreetMap " + frame["osm"]
    return frame.drop(columns=["osm", "tags"]), findings


def outline(parcels: gpd.GeoDataFrame, standards: Standards) -> shapely.Geometry:
    """The boundary of a park that has none: around its parcels, gaps closed."""
    gap, margin = standards.value("osm.park_gap_m") / 2, standards.value("osm.park_margin_m")
    around = shapely.buffer(shapely.union_all(np.asarray(parcels.geometry)), gap, quad_segs=4)
    closed = shapely.buffer(around, margin - gap, quad_segs=4)
    filled = [shapely.Polygon(part.exterior) for part in shapely.get_parts(closed)]
    return shapely.normalize(shapely.simplify(shapely.union_all(filled), 2.0))


def _on_grid(shapes: np.ndarray) -> np.ndarray:
    """Shapes on the drawing grid; cutting goes on in full precision, for rounding each cut would let neighbours overlap."""
    return shapely.set_precision(shapely.set_precision(shapes, GRID_M), 0.0)


def _apart(shapes: np.ndarray, lone: np.ndarray) -> np.ndarray:
    """Take smaller land out of larger land that it overlaps; yards that were only assumed give way to all."""
    order = np.lexsort((np.arange(len(shapes)), shapely.area(shapes), lone))
    shapes = shapes[order]
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for i in range(len(shapes)):
        before = other[(one == i) & (other < i)]
        if len(before):
            taken = shapely.union_all(shapes[before])
            shapes[i] = shapely.difference(shapes[i], taken)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return shapes[back]


def _corridors(extract: Extract, standards: Standards) -> np.ndarray:
    """What cuts land: public roads, main railway lines, open water."""
    lines, areas = extract.lines, extract.areas
    road = read.match(lines, "osm_roads")
    under = ~read.value(lines, "tunnel").isin(["", "no"]) | read.value(lines, "bridge").isin(["yes", "viaduct"])
    cuts = (road["cuts"] == "yes") & ~under
    width = roads.width_m(lines[cuts], road[cuts])
    rail = (read.value(lines, "railway") == "rail") & (read.value(lines, "service") == "") & ~under
    rail &= ~read.value(lines, "usage").isin(["industrial", "military", "tourism"])
    wet = (read.value(areas, "natural") == "water") | read.value(areas, "waterway").isin(["riverbank", "dock"])
    strips = shapely.buffer(np.asarray(lines.geometry[cuts]), width.to_numpy() / 2, quad_segs=4)
    tracks = shapely.buffer(np.asarray(lines.geometry[rail]), standards.value("osm.rail_half_width_m"), quad_segs=4)
    return _on_grid(np.r_[strips, tracks, np.asarray(areas.geometry[wet])])


def _minus(shapes: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Each shape without the holes that meet it."""
    if not len(holes):
        return shapes
    shape, hole = shapely.STRtree(holes).query(shapes, predicate="intersects")
    out = shapes.copy()
    for i in np.unique(shape):
        taken = shapely.union_all(holes[np.sort(hole[shape == i])])
        out[i] = shapely.difference(shapes[i], taken)
    return out
