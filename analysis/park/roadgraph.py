"""The roads as a graph: noded, with the distance along roads between any two places."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from .model import Park

SNAP_M = 0.5  # ends closer than this are one junction: drawing tolerance of road layers


@dataclass(frozen=True)
class RoadGraph:
    """Roads cut at every junction.

    Parameters
    ----------
    nodes
        (n, 2) coordinates in m, sorted by x then y.
    edges
        (m, 2) node numbers.
    length_m
        (m,) length of each edge along its line.
    lines
        (m,) shapely LineStrings, in the direction from ``edges[:, 0]`` to ``edges[:, 1]``.
    road
        (m,) row number of the edge's road in ``park["roads"]``.
    component
        (n,) number of the connected component; 0 is the longest one.
    """

    nodes: np.ndarray
    edges: np.ndarray
    length_m: np.ndarray
    lines: np.ndarray
    road: np.ndarray
    component: np.ndarray

    @property
    def matrix(self) -> csr_array:
        """Symmetric sparse (n, n) matrix of edge lengths in m; of parallel edges the shortest."""
        n = len(self.nodes)
        order = np.lexsort((self.length_m, self.edges.max(1), self.edges.min(1)))
        low, high = self.edges.min(1)[order], self.edges.max(1)[order]
        keep = np.ones(len(order), bool)
        keep[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        keep &= low != high
        low, high, length = low[keep], high[keep], np.maximum(self.length_m[order][keep], 1e-6)
        return csr_array(coo_array((np.r_[length, length], (np.r_[low, high], np.r_[high, low])), shape=(n, n)))

    def nearest(self, points: gpd.GeoSeries, main_only: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Nearest node of each point and its distance in m; by default of the longest component only."""
        usable = np.flatnonzero(self.component == 0) if main_only else np.arange(len(self.nodes))
        away, place = cKDTree(self.nodes[usable]).query(np.c_[points.x, points.y])
        return usable[place], away

    def distances(
        self, origins: gpd.GeoSeries, targets: gpd.GeoSeries | None = None, limit_m: float = np.inf
    ) -> np.ndarray:
        """(len(origins), len(targets)) distance in m along roads, with the way to and from the road at each end.

        Places beyond ``limit_m`` are ``inf``. Without ``targets`` the origins are the targets too.
        """
        targets = origins if targets is None else targets
        start, access = self.nearest(origins)
        end, egress = self.nearest(targets)
        unique, where = np.unique(start, return_inverse=True)
        along = dijkstra(self.matrix, directed=False, indices=unique, limit=limit_m)[:, end][where]
        total = along + access[:, None] + egress[None, :]
        straight = np.hypot(
            origins.x.to_numpy()[:, None] - targets.x.to_numpy(),
            origins.y.to_numpy()[:, None] - targets.y.to_numpy(),
        )
        same = start[:, None] == end[None, :]
        return np.where(same, straight, np.maximum(total, straight))


def build(park: Park) -> RoadGraph:
    """Node the park's roads and give their graph.

    Lines are cut where they cross or touch on the same level (bridges and tunnels only join at their ends).
    Rows are taken in the order of ``road_id``, so the graph does not depend on the order of the layer.

    Raises
    ------
    InputError
        The park has no roads.
    """
    from ..errors import InputError

    roads = park["roads"]
    shapes = roads.geometry
    usable = shapes.notna() & ~shapes.is_empty
    if not usable.any():
        raise InputError.of("roads.none", layer="roads")
    parts = shapely.get_parts(np.asarray(shapes[usable]), return_index=True)
    row = np.flatnonzero(usable)[parts[1]]
    lines = shapely.force_2d(parts[0])
    raised = (roads["bridge"] | roads["tunnel"]).to_numpy()[row]
    pieces, owner = _cut(lines, row, raised)
    ends = np.r_[
        shapely.get_coordinates(shapely.get_point(pieces, 0)),
        shapely.get_coordinates(shapely.get_point(pieces, -1)),
    ]
    nodes, number = _merge(ends)
    edges = np.c_[number[: len(pieces)], number[len(pieces) :]]
    length = shapely.length(pieces)
    keep = (length > 0) & ((edges[:, 0] != edges[:, 1]) | (length > 2 * SNAP_M))
    edges, length, pieces, owner = edges[keep], length[keep], pieces[keep], owner[keep]
    links = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(nodes), len(nodes)))
    _, label = connected_components(links, directed=False)
    weight = np.bincount(label[edges[:, 0]], weights=length, minlength=label.max() + 1)
    rank = np.empty(len(weight), int)
    rank[np.argsort(-weight, kind="stable")] = np.arange(len(weight))
    return RoadGraph(nodes, edges, length, pieces, owner, rank[label])


def _cut(lines: np.ndarray, row: np.ndarray, raised: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut each line at the points where another line of its level meets it."""
    tree = shapely.STRtree(lines)
    a, b = tree.query(lines, predicate="intersects")
    pair = (a < b) & ~(raised[a] | raised[b])
    ends = shapely.multipoints(
        np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], 1).ravel(),
        indices=np.repeat(np.arange(len(lines)), 2),
    )
    # ends of one line on the inside of another: level does not matter, a ramp joins where it ends
    cutters: list[np.ndarray] = []
    owners: list[np.ndarray] = []
    meet = shapely.intersection(lines[a[pair]], lines[b[pair]])
    for side in (a[pair], b[pair]):
        points, index = _points_of(meet)
        cutters.append(points)
        owners.append(side[index])
    joint = a != b
    touch = shapely.intersection(lines[a[joint]], ends[b[joint]])
    points, index = _points_of(touch)
    cutters.append(points)
    owners.append(a[joint][index])
    place = np.concatenate(cutters) if cutters else np.empty(0, object)
    owner = np.concatenate(owners) if owners else np.empty(0, int)
    along = shapely.line_locate_point(lines[owner], place)
    out: list[shapely.LineString] = []
    source: list[int] = []
    order = np.lexsort((along, owner))
    owner, along = owner[order], along[order]
    starts = np.searchsorted(owner, np.arange(len(lines) + 1))
    for i, line in enumerate(lines):
        marks = along[starts[i] : starts[i + 1]]
        marks = marks[(marks > SNAP_M / 10) & (marks < line.length - SNAP_M / 10)]
        marks = marks[np.r_[True, np.diff(marks) > SNAP_M / 10]] if len(marks) else marks
        pieces = _split(line, marks)
        out.extend(pieces)
        source.extend([row[i]] * len(pieces))
    return np.array(out, object), np.array(source, int)


def _points_of(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of a mixed array of intersections (ends of shared stretches) and the row of each."""
    parts, index = shapely.get_parts(shapes, return_index=True)
    kind = shapely.get_type_id(parts)
    is_line = kind == 1
    points = np.r_[parts[kind == 0], shapely.get_point(parts[is_line], 0), shapely.get_point(parts[is_line], -1)]
    return points, np.r_[index[kind == 0], index[is_line], index[is_line]]


def _split(line: shapely.LineString, marks: np.ndarray) -> list[shapely.LineString]:
    """Cut a line at the distances ``marks`` (sorted, inside the line)."""
    if not len(marks):
        return [line]
    xy = shapely.get_coordinates(line)
    at = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
    new = np.c_[np.interp(marks, at, xy[:, 0]), np.interp(marks, at, xy[:, 1])]
    pieces = []
    low, start = 0.0, xy[:1]
    for mark, point in zip(np.r_[marks, at[-1]], np.r_[new, xy[-1:]], strict=True):
        inner = xy[(at > low + 1e-9) & (at < mark - 1e-9)]
        pieces.append(shapely.LineString(np.r_[start, inner, point[None]]))
        low, start = mark, point[None]
    return pieces


def _merge(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge points closer than ``SNAP_M``; gives the nodes sorted by x, y and the node of each point."""
    pairs = cKDTree(ends).query_pairs(SNAP_M, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(ends), len(ends)))
    count, label = connected_components(links, directed=False)
    # of each group the point lowest in x, then y: a mean would depend on how many lines meet
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    first = np.full(count, -1)
    first[label[order][::-1]] = order[::-1]
    nodes = ends[first]
    place = np.lexsort((nodes[:, 1], nodes[:, 0]))
    rank = np.empty(count, int)
    rank[place] = np.arange(count)
    return nodes[place], rank[label]
