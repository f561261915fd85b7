"""Roads: bent arterials, staggered secondary roads, local roads that open large blocks; bridges over the river."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .ground import Frame, River

WIDTH_M = {"primary": 40.0, "secondary": 26.0, "local": 16.0}
GRID_M = 0.01
LARGE_BLOCK_M2 = 240_000.0


@dataclass(frozen=True)
class Plan:
    """Positions of the road lines in plan coordinates; ``primary`` says which are arterials."""

    x: np.ndarray
    y: np.ndarray
    primary_x: np.ndarray
    primary_y: np.ndarray
    river_row: int


def plan(blocks: int, rng: np.random.Generator) -> Plan:
    """Road lines for about ``blocks`` blocks, at uneven distances, around the origin."""
    columns = max(3, round(np.sqrt(blocks * 1.25)))
    rows = max(3, int(np.ceil(blocks / columns)) + 1)
    width, height = rng.uniform(330, 560, columns), rng.uniform(310, 520, rows)
    river_row = int(rng.integers(0, 2)) if rows < 5 else int(rng.integers(0, rows // 2))
    height[river_row] = rng.uniform(380, 460)
    x, y = np.r_[0, np.cumsum(width)], np.r_[0, np.cumsum(height)]
    first = int(rng.integers(0, 2)) + 1
    return Plan(
        x - x[-1] / 2,
        y - y[-1] / 2,
        (np.arange(columns + 1) - first) % 3 == 0,
        (np.arange(rows + 1) - river_row - 1) % 3 == 0,
        river_row,
    )


def lines(grid: Plan, frame: Frame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """The road lines before they are cut at junctions: name, road_class, geometry."""
    rows: list[tuple[str, str, shapely.LineString]] = []
    west, east = grid.x[0] - 320, grid.x[-1] + 320
    for j, y in enumerate(grid.y):
        if grid.primary_y[j]:
            rows.append((f"纬{_number(j + 1)}大道", "primary", frame.line((west, y), (east, y))))
            continue
        for i in range(len(grid.x) - 1):  # a missing stretch joins two blocks
            if rng.random() > 0.12 or i in (0, len(grid.x) - 2):
                rows.append((f"纬{_number(j + 1)}路", "secondary", frame.line((grid.x[i], y), (grid.x[i + 1], y))))
    for i, x in enumerate(grid.x):
        if grid.primary_x[i]:
            ends = (x, grid.y[0] - 320), (x, grid.y[-1] + 320)
            rows.append((f"经{_number(i + 1)}大道", "primary", frame.line(*ends)))
            continue
        for j in range(len(grid.y) - 1):
            edge = i in (0, len(grid.x) - 1)
            if rng.random() < 0.14 and not edge:
                continue
            shift = 0.0 if edge or rng.random() < 0.4 else float(rng.choice([-1, 1]) * rng.uniform(45, 95))
            bend = float(rng.uniform(-30, 30))
            middle = (x + shift + bend, (grid.y[j] + grid.y[j + 1]) / 2)
            places = (x + shift, grid.y[j]), middle, (x + shift, grid.y[j + 1])
            rows.append((f"经{_number(i + 1)}路", "secondary", frame.line(*places)))
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["name", "road_class", "geometry"]), geometry="geometry")


def open_blocks(roads: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """``roads`` with a local road through each block that is too large."""
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(_noded(roads))))
    rows: list[tuple[str, str, shapely.LineString]] = []
    for face in sorted(faces[shapely.area(faces) > LARGE_BLOCK_M2], key=lambda f: (f.centroid.x, f.centroid.y)):
        (x0, y0), (x1, y1), (x2, y2) = shapely.get_coordinates(shapely.oriented_envelope(face))[:3]
        long, short = (np.array([x1 - x0, y1 - y0]), np.array([x2 - x1, y2 - y1]))
        if np.hypot(*short) > np.hypot(*long):
            long, short = short, long
        start = np.array(face.centroid.coords[0]) + long * rng.uniform(-0.08, 0.08)
        chord = shapely.LineString([start - short, start + short * 1.0])
        inner = shapely.intersection(chord, face)
        if inner.geom_type == "LineString":
            # a little beyond the block, so that it surely meets the roads around it
            rows.append((f"园区{_number(len(rows) + 1)}支路", "local", _longer(inner, 0.5)))
    more = gpd.GeoDataFrame(pd.DataFrame(rows, columns=["name", "road_class", "geometry"]), geometry="geometry")
    return pd.concat([roads, more], ignore_index=True) if len(more) else roads


def stretches(roads: gpd.GeoDataFrame, river: River, area: shapely.Polygon) -> gpd.GeoDataFrame:
    """Roads as stretches between junctions, within ``area``, in one connected network.

    Arterials cross the river on bridges (and always one road does); other roads end at its bank.
    """
    pieces = shapely.get_parts(_noded(roads))
    pieces = pieces[shapely.length(pieces) > 2.0]
    owner = _owners(pieces, roads)
    inside = shapely.intersects(area, pieces)
    pieces, owner = pieces[inside], owner[inside]
    kind = roads["road_class"].to_numpy()[owner]
    wet = shapely.intersects(pieces, river.water)
    bridged = wet & (kind == "primary")
    if wet.any() and not bridged.any():
        best = np.flatnonzero(wet)[np.argmin(shapely.distance(pieces[wet], area.centroid))]
        bridged[best] = True
    bank = river.water.buffer(18)
    parts = [
        (pieces[~wet], owner[~wet], False),
        (shapely.difference(pieces[bridged], river.water), owner[bridged], False),
        (shapely.intersection(pieces[bridged], river.water), owner[bridged], True),
        (shapely.difference(pieces[wet & ~bridged], bank), owner[wet & ~bridged], False),
    ]
    frames = []
    for shapes, source, bridge in parts:
        single, index = shapely.get_parts(shapes, return_index=True)
        frames.append(gpd.GeoDataFrame({"row": source[index], "bridge": bridge}, geometry=single))
    table = pd.concat(frames, ignore_index=True)
    table = table[table.length > 2.0]
    table = table[connected(np.asarray(table.geometry))].reset_index(drop=True)
    table["name"] = roads["name"].to_numpy()[table["row"]]
    table["road_class"] = roads["road_class"].to_numpy()[table["row"]]
    table["width_m"] = table["road_class"].map(WIDTH_M)
    table["surface"] = "asphalt"
    ends = shapely.get_coordinates(table.geometry.centroid)
    table = table.iloc[np.lexsort((ends[:, 1].round(1), ends[:, 0].round(1)))].reset_index(drop=True)
    table["road_id"] = [f"R{number + 1:04d}" for number in range(len(table))]
    return table.drop(columns="row")


def _noded(roads: gpd.GeoDataFrame) -> shapely.Geometry:
    return shapely.union_all(np.asarray(roads.geometry), grid_size=GRID_M)


def _owners(pieces: np.ndarray, roads: gpd.GeoDataFrame) -> np.ndarray:
    """The road of which each piece is a part: the nearest to its middle."""
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    found, row = shapely.STRtree(np.asarray(roads.geometry)).query_nearest(middle, all_matches=False)
    owner = np.zeros(len(pieces), int)
    owner[found] = row
    return owner


def connected(lines: np.ndarray) -> np.ndarray:
    """Which lines belong to the longest connected network; ends within half a metre are joined."""
    ends = np.r_[shapely.get_point(lines, 0), shapely.get_point(lines, -1)]
    spot = np.unique(np.round(shapely.get_coordinates(ends) * 2), axis=0, return_inverse=True)[1].ravel()
    n = len(lines)
    links = coo_array((np.ones(n), (spot[:n], spot[n:])), shape=(spot.max() + 1, spot.max() + 1))
    label = connected_components(links, directed=False)[1][spot[:n]]
    return label == np.argmax(np.bincount(label, weights=shapely.length(lines)))


def _longer(line: shapely.LineString, by_m: float) -> shapely.LineString:
    a, b = np.array(line.coords[0]), np.array(line.coords[-1])
    way = (b - a) / np.hypot(*(b - a)) * by_m
    return shapely.LineString([a - way, b + way])


def _number(n: int) -> str:
    """A number in Chinese, up to 99; larger ones in digits."""
    if n > 99:
        return str(n)
    digits = "零一二三四五六七八九"
    if n < 10:
        return digits[n]
    tens, ones = divmod(n, 10)
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")
