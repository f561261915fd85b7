"""The corridors pipes may follow: the road graph with a connection point for each place to be joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..park.model import Park
from ..park.roadgraph import RoadGraph


@dataclass(frozen=True)
class Corridors:
    """A graph of corridors and the leads that join places to it.

    Parameters
    ----------
    points
        (n, 2) node coordinates in m.
    edges
        (m, 2) node numbers; leads come last.
    length_m
        (m,) lengths.
    factor
        (m,) what a metre costs here, relative to an ordinary street.
    lines
        (m,) LineStrings from ``edges[:, 0]`` to ``edges[:, 1]``.
    road_id
        (m,) road the edge runs in; empty for leads.
    node_of
        Node number of each place by its id.
    lead_m
        Length of each place's lead in m by its id.
    """

    points: np.ndarray
    edges: np.ndarray
    length_m: np.ndarray
    factor: np.ndarray
    lines: np.ndarray
    road_id: np.ndarray
    node_of: dict[str, int]
    lead_m: dict[str, float]


def build(park: Park, roads: RoadGraph, places: gpd.GeoSeries, factors: Mapping[str, float]) -> Corridors:
    """Join each place by a straight lead to the nearest point of the longest connected part of the roads.

    Parameters
    ----------
    places
        Points by id, in the park's CRS.
    factors
        Cost of a metre by road class, and ``bridge`` and ``tunnel``, relative to an ordinary street. Classes with a factor
        of 0 carry no pipes.
    """
    layer = park["roads"]
    kind = layer["road_class"].to_numpy()[roads.road]
    factor = np.array([factors.get(code, 1.0) for code in kind], float)
    factor *= np.where(layer["bridge"].to_numpy()[roads.road], factors.get("bridge", 1.0), 1.0)
    factor *= np.where(layer["tunnel"].to_numpy()[roads.road], factors.get("tunnel", 1.0), 1.0)
    usable = _longest_part(roads, factor > 0)
    name = layer["road_id"].to_numpy()[roads.road]
    places = places.sort_index()
    tree = shapely.STRtree(roads.lines[usable])
    number = np.flatnonzero(usable)[tree.nearest(np.asarray(places))]
    along = shapely.line_locate_point(roads.lines[number], np.asarray(places))

    order = np.lexsort((np.asarray(places.index, str), along, number))
    stops: dict[int, list[tuple[float, str]]] = {}
    for k in order:
        stops.setdefault(int(number[k]), []).append((float(along[k]), str(places.index[k])))
    kept = np.setdiff1d(np.flatnonzero(usable), number)
    points = [roads.nodes]
    edges = [roads.edges[kept]]
    lines = [roads.lines[kept]]
    owner = [kept]
    count = len(roads.nodes)
    joint: dict[str, int] = {}
    new_points: list[np.ndarray] = []
    new_edges: list[tuple[int, int]] = []
    new_lines: list[shapely.LineString] = []
    new_owner: list[int] = []
    for edge, marks in stops.items():
        line = roads.lines[edge]
        start, end = (int(v) for v in roads.edges[edge])
        last, here = 0.0, start
        for mark, place in marks:
            if mark <= 1e-6:
                joint[place] = start
            elif mark >= line.length - 1e-6:
                joint[place] = end
            elif mark - last <= 1e-6:
                joint[place] = here
            else:
                new_points.append(shapely.get_coordinates(line.interpolate(mark))[0])
                new_lines.append(shapely.ops.substring(line, last, mark))
                new_edges.append((here, count))
                new_owner.append(edge)
                last, here = mark, count
                joint[place] = count
                count += 1
        new_lines.append(shapely.ops.substring(line, last, line.length))
        new_edges.append((here, end))
        new_owner.append(edge)
    node_of: dict[str, int] = {}
    lead_m: dict[str, float] = {}
    lead_edges: list[tuple[int, int]] = []
    lead_lines: list[shapely.LineString] = []
    coordinates = np.concatenate([roads.nodes, np.array(new_points).reshape(-1, 2)])
    for place, shape in places.items():
        at = joint[place]
        lead = shapely.LineString([coordinates[at], (shape.x, shape.y)])
        lead_m[place] = lead.length
        if lead.length <= 1e-6:
            node_of[place] = at
            continue
        new_points.append(np.array([shape.x, shape.y]))
        lead_edges.append((at, count))
        lead_lines.append(lead)
        node_of[place] = count
        count += 1
    points.append(np.array(new_points).reshape(-1, 2))
    edges += [np.array(new_edges, int).reshape(-1, 2), np.array(lead_edges, int).reshape(-1, 2)]
    lines += [np.array(new_lines, object), np.array(lead_lines, object)]
    owner.append(np.array(new_owner, int))
    every = np.concatenate(owner)
    all_lines = np.concatenate(lines)
    leads = len(lead_edges)
    return Corridors(
        points=np.concatenate(points),
        edges=np.concatenate(edges).astype(int),
        length_m=shapely.length(all_lines),
        factor=np.r_[factor[every], np.ones(leads)],
        lines=all_lines,
        road_id=np.r_[name[every], np.full(leads, "", object)],
        node_of=node_of,
        lead_m=lead_m,
    )


def _longest_part(roads: RoadGraph, allowed: np.ndarray) -> np.ndarray:
    """(m,) which of the allowed edges belong to the longest part they connect; forbidding a class may cut the roads."""
    ends = roads.edges[allowed]
    n = len(roads.nodes)
    _, label = connected_components(
        coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n)), directed=False
    )
    metres = np.bincount(label[ends[:, 0]], weights=roads.length_m[allowed], minlength=label.max() + 1)
    usable = np.zeros(len(roads.edges), bool)
    usable[allowed] = label[ends[:, 0]] == np.argmax(metres)
    return usable
