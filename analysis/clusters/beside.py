"""Which firms lie beside each other: the land of one no further from that of the other than a group's area closes over."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..park.model import Park
from .areas import POINT_M, QUADRANT


def land(park: Park, points: gpd.GeoSeries) -> np.ndarray:
    """Land of each firm (n,): the parcels it uses, else a circle of ``POINT_M`` around its place, else None."""
    firms = park["enterprises"]["enterprise_id"]
    shapes = park["parcels"].set_index("parcel_id").geometry
    shapes = shapes[shapes.notna() & ~shapes.is_empty & shapes.is_valid]
    use = park["occupancy"]
    use = use[(use["share"] > 0) & use["parcel_id"].isin(shapes.index) & use["enterprise_id"].isin(firms)]
    own = pd.Series(shapely.force_2d(shapes.reindex(use["parcel_id"]).to_numpy()), dtype=object)
    housed = own.groupby(use["enterprise_id"].to_numpy()).agg(lambda parts: shapely.union_all(list(parts)))
    found = housed.reindex(firms).to_numpy(object)
    for row, place in enumerate(points.to_numpy()):
        if pd.isna(found[row]):
            known = place is not None and not place.is_empty
            found[row] = place.buffer(POINT_M, quad_segs=QUADRANT) if known else None
    return found


def touching(shapes: np.ndarray, gap_m: float) -> np.ndarray:
    """Pairs of firms (p, 2), low < high, sorted, whose land (n,) is at most ``gap_m`` apart; None lies beside nobody."""
    known = np.flatnonzero([shape is not None for shape in shapes])
    some = shapes[known]
    low, high = (
        known[shapely.STRtree(some).query(some, predicate="dwithin", distance=gap_m)] if len(known) else ([], [])
    )
    pairs = np.c_[low, high].astype(int)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
