"""Is the geometry sound: valid, not overlapping, of the size that the register says?"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from ...errors import Finding
from ...standards import Standards
from .. import schema
from ..model import Park
from .base import Cells, each


def drawn(park: Park) -> Iterator[tuple[str, gpd.GeoDataFrame, np.ndarray, np.ndarray]]:
    """(layer, its rows with geometry, their keys, their shapes) of every layer that has some."""
    for name, layer in schema.layers().items():
        frame = park[name]
        if layer.geometry and isinstance(frame, gpd.GeoDataFrame) and len(frame):
            frame = frame[frame.geometry.notna()]
            yield name, frame, frame[layer.key[0]].to_numpy(), np.asarray(frame.geometry.array, object)


def invalid(park: Park) -> Iterator[Finding]:
    """Polygons that cross themselves and lines without length, with the place in the user's own CRS."""
    back = pyproj.Transformer.from_crs(park.crs, park.source_crs, always_xy=True)
    for name, _, ids, shapes in drawn(park):
        bad = ~shapely.is_valid(shapes)
        if bad.any():
            said = [str(text).rstrip("]").partition("[") for text in shapely.is_valid_reason(shapes[bad])]
            xy = np.array([[float(part) for part in place.split()[:2]] or [np.nan] * 2 for *_, place in said])
            where = np.transpose(back.transform(xy[:, 0], xy[:, 1]))
            about: dict[str, Cells] = {
                "reason": [why.lower() for why, *_ in said],
                "x": [round(x, 6 if park.source_crs.is_geographic else 2) for x, _ in where],
                "y": [round(y, 6 if park.source_crs.is_geographic else 2) for _, y in where],
            }
            yield from each("check.geometry_invalid", "error", name, ids[bad], "geometry", about)


def sound(park: Park) -> Park:
    """The park without the rows whose geometry no computation can use (``invalid`` tells them), or that have none."""
    from .structure import PLACED_BY_OCCUPANCY

    frames = dict(park.frames)
    for name, frame, _, shapes in drawn(park):
        good = frame.index[shapely.is_valid(shapes)]
        keep = good.union(park[name].index.difference(frame.index)) if name in PLACED_BY_OCCUPANCY else good
        frames[name] = park[name].loc[keep].reset_index(drop=True)
    return Park(frames, park.crs, park.source_crs, park.terrain, park.path)


def multipart(park: Park) -> Iterator[Finding]:
    """Parcels of several separate parts: one row should be one piece of land."""
    for name, _, ids, shapes in drawn(park):
        if name in ("parcels", "buildings"):
            parts = shapely.get_num_geometries(shapes)
            yield from each(
                "check.multipart", "info", name, ids[parts > 1], "geometry", {"count": parts[parts > 1]}
            )


def overlaps(park: Park) -> list[Finding]:
    """Parcels that share ground."""
    _, _, ids, shapes = next(
        (d for d in drawn(park) if d[0] == "parcels"), (0, 0, np.empty(0), np.empty(0, object))
    )
    one, other = np.sort(_common_ground(shapes), axis=0)
    pair = np.unique(np.c_[one, other], axis=0)
    shared = shapely.area(shapely.intersection(shapes[pair[:, 0]], shapes[pair[:, 1]]))
    pair = pair[shared > Standards().value("check.overlap_min")]
    shared = shared[shared > Standards().value("check.overlap_min")]
    smaller = np.minimum(shapely.area(shapes[pair[:, 0]]), shapely.area(shapes[pair[:, 1]]))
    about: dict[str, Cells] = {
        "other": ids[pair[:, 1]],
        "area_m2": np.round(shared, 1),
        "share_pct": np.round(100 * shared / np.maximum(smaller, 1e-9), 1),
    }
    return each("check.overlap", "warning", "parcels", ids[pair[:, 0]], "geometry", about)


def _common_ground(shapes: np.ndarray) -> np.ndarray:
    """(2, k) pairs of polygons that overlap by more than the drawing tolerance.

    Shrunk by half the tolerance, neighbours no longer touch, so that the tree finds the few true pairs at once; to ask
    it for overlaps outright takes eight times as long.
    """
    inner = shapely.buffer(shapes, -Standards().value("check.overlap_width") / 2, join_style="mitre")
    pairs = shapely.STRtree(inner).query(inner, predicate="intersects")
    return pairs[:, pairs[0] != pairs[1]]


def twice(park: Park) -> Iterator[Finding]:
    """Rows of one layer drawn exactly alike."""
    for name, _, ids, shapes in drawn(park):
        if name == "enterprises":  # several firms may stand at one address
            continue
        body = np.array(shapely.to_wkb(shapely.normalize(shapes)), dtype=object)
        order = np.lexsort((ids.astype(str), body))
        again = np.r_[False, body[order][1:] == body[order][:-1]]
        first = np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))
        about: dict[str, Cells] = {"other": ids[order][first[again]]}
        yield from each("check.drawn_twice", "warning", name, ids[order][again], "geometry", about)


def slivers(park: Park) -> list[Finding]:
    """Parcels too thin to be land that anyone uses."""
    land = park["parcels"]
    width = 2 * land.area / land.length
    thin = (width < Standards().value("check.sliver_width")).to_numpy()
    about: dict[str, Cells] = {"width_m": width[thin].round(2).to_numpy()}
    return each("check.sliver", "warning", "parcels", land["parcel_id"][thin].to_numpy(), "geometry", about)


def recorded_area(park: Park) -> list[Finding]:
    """Parcels whose recorded area is not the drawn one."""
    land = park["parcels"]
    drawn_m2 = land.area
    off = (land["area_m2"] / drawn_m2 - 1).abs() > Standards().value("check.area_difference")
    about: dict[str, Cells] = {
        "recorded": land["area_m2"][off].round(1).to_numpy(),
        "drawn": drawn_m2[off].round(1).to_numpy(),
        "share_pct": (100 * (land["area_m2"] / drawn_m2 - 1))[off].round(1).to_numpy(),
    }
    return each("check.area_differs", "warning", "parcels", land["parcel_id"][off].to_numpy(), "area_m2", about)
