"""What the page's map draws and tells, the same in every language: layers, how much of each, their shapes.

A page stays below 10 MB whatever the park: beyond the numbers here it draws the largest of a layer and tells of
the largest, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from . import symbology
from .numbers import Style
from .shapes import STEP_M, Shapes
from .symbology import Look

TOLERANCES_M = (0.3, 1.0, 2.0, 4.0, 8.0)
MAX_VERTICES = 250_000
# Beyond these numbers of features, the many small ones tell less, then are left out.
BRIEF_FROM, DROP_FROM = 12_000, 24_000
BRIEF = {"buildings", "roads", "site_candidates", "exclusion_zones", "cluster_members"}
MINOR = {
    "relevance", "network_nodes", "site_service", "protection_zones", "chain_loops", "firm_benefits", "firm_loss",
}  # fmt: skip
# Of a park with more than ``DROP_FROM`` features: so many of a layer of the background, of all layers, with their facts.
CONTEXT_MOST, DRAWN_MOST, TOLD_MOST = 4_000, 100_000, 1_000
ALWAYS = {"parcels", "enterprises", "facilities"}  # layers of the park that are no background
MOST_BYTES, ROW_BYTES, NUMBER_BYTES = 6_500_000, 36, 4  # of rows and shapes on the page
IMPORTANT = {"enterprises": "output_cur_a"}  # what ranks points that all look alike


@dataclass(frozen=True)
class Drawn:
    """One layer: the rows that are drawn, and those of them of which the map tells.

    ``full`` holds every row that the layer has, ``total`` of which belong to a class; ``frame`` (n) those drawn; ``told`` (n,) is true where the page has
    facts, ``places`` and ``widths`` (n,) are the shape and the size in mm of each row, ``points`` (n) where its label
    stands (empty: nowhere).
    """

    look: Look
    full: gpd.GeoDataFrame
    total: int
    frame: gpd.GeoDataFrame
    told: np.ndarray
    brief: bool
    places: list[int]
    widths: list[float]
    points: list[list[int]]


@dataclass(frozen=True)
class Drawing:
    """All layers from the top down; ``extent`` in steps; ``left_out`` are layers of which nothing is drawn."""

    layers: list[Drawn]
    left_out: list[Look]
    extent: list[int]
    rings: list[list[list[int]]]

    def told(self) -> dict[str, set[str]]:
        """Keys of the rows of which the map tells, by layer."""
        return {one.look.layer: set(one.frame.iloc[:, 0][one.told].astype(str)) for one in self.layers}


def drawing(park: Mapping[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame]) -> Drawing:
    """Choose what the map of a park (layers and result tables by name, in one metric CRS) draws and tells."""
    frames = _frames(park, tables)
    features = sum(len(frame) for _, frame in frames)
    large = features > DROP_FROM
    left_out = [look for look, _ in frames if look.layer in MINOR] if large else []
    frames = [(look, frame) for look, frame in frames if look not in left_out]
    brief = BRIEF | MINOR if features > BRIEF_FROM else set()

    full = [(look, frame, _classed(look, frame)) for look, frame in frames]
    bounds = np.array(
        [frame.total_bounds for look, frame in frames if look.table in {"park", "parcels"}] or [[0, 0, 1, 1]]
    )
    low, high = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
    origin, extent = (float(low[0]), float(low[1])), np.rint((high - low) / STEP_M).astype(int).tolist()
    drawn = DRAWN_MOST
    while True:
        kept = _kept(full, drawn) if large else [frame for _, _, frame in full]
        told = _told(full, kept) if large else [np.ones(len(frame), dtype=bool) for frame in kept]
        layers, rings = _layers(full, kept, told, brief, origin)
        numbers = sum(len(ring) for shape in rings for ring in shape)
        size = NUMBER_BYTES * numbers + ROW_BYTES * sum(len(one.frame) for one in layers)
        if not large or size <= MOST_BYTES:
            return Drawing(layers, left_out, [0, 0, *extent], rings)
        drawn = min(drawn, sum(len(frame) for frame in kept)) * 2 // 3


Full = Sequence[tuple[Look, gpd.GeoDataFrame, gpd.GeoDataFrame]]


def _background(look: Look) -> bool:
    return look.layer in BRIEF or (look.source == "park" and look.layer not in ALWAYS)


def _kept(full: Full, total: int) -> list[gpd.GeoDataFrame]:
    """Rows of each layer that are drawn, ``total`` at most, the largest of each."""
    most = [CONTEXT_MOST if _background(look) else len(frame) for look, _, frame in full]
    level = _level([min(len(frame), m) for (_, _, frame), m in zip(full, most, strict=True)], total)
    return [_largest(look, frame, min(m, level)) for (look, _, frame), m in zip(full, most, strict=True)]


def _told(full: Full, kept: list[gpd.GeoDataFrame]) -> list[np.ndarray]:
    """Rows of each layer of which the map tells: the largest, none of the small things in the background."""
    silent = [
        look.layer in BRIEF and len(frame) >= CONTEXT_MOST for (look, _, _), frame in zip(full, kept, strict=True)
    ]
    level = _level([0 if s else len(frame) for frame, s in zip(kept, silent, strict=True)], TOLD_MOST)
    return [
        np.zeros(len(frame), dtype=bool) if s else _rank(look, frame) < level
        for (look, _, _), frame, s in zip(full, kept, silent, strict=True)
    ]


def _layers(
    full: Full, kept: list[gpd.GeoDataFrame], told: list[np.ndarray], brief: set[str], origin: tuple[float, float]
) -> tuple[list[Drawn], list[list[list[int]]]]:
    """The layers with their shapes, simplified the more, the more vertices there are."""
    vertices = sum(int(shapely.get_num_coordinates(np.asarray(frame.geometry)).sum()) for frame in kept)
    shapes = Shapes(origin, TOLERANCES_M[min(int(max(vertices - 1, 0) / MAX_VERTICES), len(TOLERANCES_M) - 1)])
    layers = []
    for (look, every, classed), frame, known in zip(full, kept, told, strict=True):
        geometry = np.asarray(frame.geometry)
        points: list[list[int]] = [[]] * len(frame)
        if look.geometry != "point" and (look.label or look.geometry == "mark"):
            some = np.arange(len(frame)) if look.geometry == "mark" else np.flatnonzero(known)
            for i, point in zip(some.tolist(), shapes.points(geometry[some]), strict=True):
                points[i] = point
        widths = [round(w, 2) for w in symbology.sizes(look, frame).tolist()]
        places = shapes.add(geometry)
        layers.append(Drawn(look, every, len(classed), frame, known, look.layer in brief, places, widths, points))
    return layers, shapes.rings


def _frames(
    park: Mapping[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame]
) -> list[tuple[Look, gpd.GeoDataFrame]]:
    found = []
    looks = [look for look in symbology.looks().values() if look.source != "view"]  # views are for QGIS
    drawn = {look.table for look in looks if look.source == "result"}
    for table, extra in tables.items():
        if table not in drawn and isinstance(extra, gpd.GeoDataFrame) and len(extra):
            looks.insert(0, symbology.default_look(table, str(extra.geom_type.dropna().iloc[0])))
    for look in looks:
        source = park if look.source == "park" else tables
        frame = source.get(look.table)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
            continue
        if look.layer == "asleep" and "asleep" in frame:
            frame = frame[frame["asleep"] != "none"]
        frame = symbology.drawn(look, frame)
        if look.levels and look.classify[0] in frame:  # the highest on top
            frame = frame.sort_values(look.classify[0], kind="stable")
        frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
        if len(frame):
            found.append((look, frame))
    return found


def _classed(look: Look, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows that belong to a class; the others are not drawn. Classes are the same in every language."""
    legend = symbology.classes(look, frame, Style("en"))
    return frame[symbology.class_index(look, frame, legend) >= 0]


def _level(sizes: Iterable[int], total: int) -> int:
    """The largest cap for each of ``sizes`` under which they add up to at most ``total``.

    Examples
    --------
    >>> _level([10, 100, 1000], 150)
    70
    """
    rest, ordered = total, sorted(sizes)
    for i, size in enumerate(ordered):
        share = rest // (len(ordered) - i)
        if size > share:
            return share
        rest -= size
    return max(ordered, default=0)


def _rank(look: Look, frame: gpd.GeoDataFrame) -> np.ndarray:
    """Rank (n,) of each row by importance, 0 the first: by what its size on the map shows, else by how large it is."""
    geometry = np.asarray(frame.geometry)
    column, size = IMPORTANT.get(look.layer, ""), symbology.weights(look, frame)
    if size is None and column in frame:
        size = pd.to_numeric(frame[column], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    if size is None:
        flat = shapely.get_dimensions(geometry) == 2
        size = np.where(flat, shapely.area(geometry), shapely.length(geometry))
    rank = np.empty(len(frame), dtype=int)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(frame))
    return rank


def _largest(look: Look, frame: gpd.GeoDataFrame, most: int) -> gpd.GeoDataFrame:
    return frame if len(frame) <= most else frame[_rank(look, frame) < most]
