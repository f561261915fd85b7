"""Does everything lie where it should: in one place, in the park, on the road network?"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely

from ...errors import Finding, InputError
from ...standards import Standards
from .. import roadgraph, terrain
from ..model import Park
from .base import each
from .shapes import drawn


def elsewhere(park: Park) -> list[Finding]:
    """Layers, or single rows, far from the parcels; where most lie far from these, it is they that lie elsewhere."""
    from_parcels, from_boundary = _far(park, "parcels"), _far(park, "park")
    return from_boundary if len(park["park"]) and len(from_boundary) < len(from_parcels) else from_parcels


def _far(park: Park, home: str) -> list[Finding]:
    drawn_here = park[home].geometry.dropna()
    if drawn_here.empty:
        return []
    # the median: one row in another place does not move it
    middle = np.median(shapely.get_coordinates(shapely.centroid(np.asarray(drawn_here.array, object))), axis=0)
    here = shapely.Point(*middle)
    far_m = Standards().value("check.far")
    found: list[Finding] = []
    for name, _, ids, shapes in drawn(park):
        away = shapely.distance(here, shapes)
        far = away > far_m
        if len(far) and far.all():
            found.append(
                Finding("check.layer_elsewhere", layer=name, values={"km": round(float(away.min()) / 1000)})
            )
        else:
            found += each(
                "check.row_elsewhere", "error", name, ids[far], "geometry", {"km": np.round(away[far] / 1000)}
            )
    return found


def outside(park: Park) -> Iterator[Finding]:
    """Parcels and firms outside the boundary of the park."""
    boundary = park["park"].geometry
    if boundary.empty:
        return
    area = boundary.union_all()
    shapely.prepare(area)
    for name, _, ids, shapes in drawn(park):
        if name in ("parcels", "enterprises"):
            lost = ~shapely.intersects(area, shapes)
            yield from each("check.outside_park", "warning", name, ids[lost], "geometry")


def placeless(park: Park) -> Iterator[Finding]:
    """Firms that no map can show: they have neither a point nor a parcel; and firms with a point only."""
    firms = park["enterprises"]
    housed = firms["enterprise_id"].isin(park["occupancy"]["enterprise_id"])
    lost = ~housed & firms.geometry.isna()
    yield from each(
        "check.firm_without_place", "warning", "enterprises", firms["enterprise_id"][lost].to_numpy(), "geometry"
    )
    landless = ~housed & ~lost
    if landless.any():
        values = {"count": int(landless.sum()), "total": len(firms)}
        yield Finding("check.firms_without_parcel", "info", "enterprises", values=values)


def buildings_on_no_parcel(park: Park) -> Iterator[Finding]:
    """Buildings that count for no parcel, because their middle lies on none."""
    land = np.asarray(park["parcels"].geometry.array, object)
    middle = shapely.point_on_surface(np.asarray(park["buildings"].geometry.array, object))
    if len(middle):
        on = np.unique(shapely.STRtree(land).query(middle, predicate="within")[0])
        if len(on) < len(middle):
            values = {"count": len(middle) - len(on), "total": len(middle)}
            yield Finding("check.buildings_on_no_parcel", "info", "buildings", values=values)


def heights(park: Park) -> list[Finding]:
    """A terrain raster that cannot be read, lies elsewhere, is void or coarse."""
    if park.terrain is None:
        return []
    try:
        return terrain.findings(park, gpd.GeoSeries(park["parcels"].geometry).representative_point(), "parcels")
    except InputError as fault:
        return list(fault.findings)


def loose_roads(park: Park) -> Iterator[Finding]:
    """Roads that do not join the main network: nothing can be brought along them."""
    try:
        graph = roadgraph.build(park)
    except InputError:
        return  # no road at all is told by the layer
    roads = park["roads"]["road_id"].to_numpy()
    part = graph.component[graph.edges[:, 0]]
    joined = np.zeros(len(roads), bool)
    joined[graph.road[part == 0]] = True
    known = np.isin(np.arange(len(roads)), graph.road)
    length = np.round(shapely.length(np.asarray(park["roads"]["geometry"].array, object)))
    loose = known & ~joined
    yield from each("check.road_loose", "warning", "roads", roads[loose], "geometry", {"length_m": length[loose]})
