"""Where coordinates without a stated CRS may lie, and whether a layer is shifted as Chinese web maps shift theirs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely

GAUSS_ZONE_3 = 4513 - 25  # EPSG code of CGCS2000 3-degree zone n with the zone before the easting, less n
GAUSS_ZONE_6 = 4491 - 13
BESIDE_DEG = 0.0004  # about 40 m
FEWEST = 5  # points from which a shift may be told
KRASOVSKY_A_M, KRASOVSKY_E2 = 6378245.0, 0.00669342162296594323


@dataclass(frozen=True)
class Guess:
    """A CRS read from the size of the numbers; ``crs`` is empty where they fit none or more than one."""

    crs: str
    swap_axes: bool
    confidence: float


def guess_crs(bounds: np.ndarray) -> Guess:
    """What coordinates of a layer without a CRS may be.

    Parameters
    ----------
    bounds
        (4,) least x, least y, largest x, largest y.

    Notes
    -----
    Degrees are CGCS2000 in China and WGS 84 elsewhere. Eastings of eight digits begin with the zone of a CGCS2000
    Gauss-Kruger projection: 25 to 45 for 3-degree zones, 13 to 23 for 6-degree zones. Eastings without a zone fit every
    zone, so nothing is guessed. A northing where the easting should be is told as swapped axes.
    """
    x0, y0, x1, y1 = (float(v) for v in bounds)
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        return Guess("", False, 0.0)
    if -180 <= x0 <= x1 <= 180 and -90 <= y0 <= y1 <= 90:
        return Guess(_degrees(x0, y0, x1, y1), False, 0.8)
    if -90 <= x0 <= x1 <= 90 and -180 <= y0 <= y1 <= 180:
        return Guess(_degrees(y0, x0, y1, x1), True, 0.6)
    for swap, (east, north) in ((False, ((x0, x1), (y0, y1))), (True, ((y0, y1), (x0, x1)))):
        zone = int(east[0] // 1_000_000)
        if zone == int(east[1] // 1_000_000) and 1_800_000 < north[0] <= north[1] < 6_000_000:
            if 25 <= zone <= 45:
                return Guess(f"EPSG:{GAUSS_ZONE_3 + zone}", swap, 0.7)
            if 13 <= zone <= 23:
                return Guess(f"EPSG:{GAUSS_ZONE_6 + zone}", swap, 0.7)
    return Guess("", False, 0.0)


def impossible(crs: pyproj.CRS, bounds: np.ndarray) -> bool:
    """True where coordinates cannot be in the CRS that a file states.

    GDAL takes GeoJSON without a CRS for degrees, and the ``.prj`` of Gauss-Kruger shapefiles often leaves out that the zone
    stands before the easting.
    """
    x0, y0, x1, y1 = (float(v) for v in bounds)
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        return False
    degrees = max(abs(x0), abs(x1)) <= 180 and max(abs(y0), abs(y1)) <= 90
    if crs.is_geographic or degrees:
        return bool(crs.is_geographic) != degrees
    return max(abs(x0), abs(x1)) > 10_000_000 and _false_easting(crs) < 1_000_000


def _false_easting(crs: pyproj.CRS) -> float:
    """Metres added to the eastings of a transverse Mercator projection; infinite for other projections."""
    operation = crs.coordinate_operation
    if operation is None or "transverse mercator" not in operation.method_name.lower():
        return math.inf
    return float(next((p.value for p in operation.params if p.name == "False easting"), math.inf))


def _degrees(west: float, south: float, east: float, north: float) -> str:
    return "EPSG:4490" if west > 73 and east < 136 and south > 17 and north < 54 else "EPSG:4326"


def gcj02_shift(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees that GCJ-02 adds to WGS 84 at a place (the published approximation of the obfuscation)."""
    x, y = np.asarray(longitude) - 105.0, np.asarray(latitude) - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root
    north = north + (waves + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y)) * 2 / 3
    north = north + (160 * np.sin(np.pi / 12 * y) + 320 * np.sin(np.pi / 30 * y)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root
    east = east + (waves + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x)) * 2 / 3
    east = east + (150 * np.sin(np.pi / 12 * x) + 300 * np.sin(np.pi / 30 * x)) * 2 / 3
    radians = np.radians(latitude)
    w = 1 - KRASOVSKY_E2 * np.sin(radians) ** 2
    along_meridian = KRASOVSKY_A_M * (1 - KRASOVSKY_E2) / (w * np.sqrt(w))
    along_parallel = KRASOVSKY_A_M / np.sqrt(w) * np.cos(radians)
    return np.degrees(east / along_parallel), np.degrees(north / along_meridian)


def shifted(areas: gpd.GeoSeries, points: gpd.GeoSeries, beside: bool = False) -> tuple[float | None, bool]:
    """Metres by which ``points`` look shifted against ``areas`` as between GCJ-02 and WGS 84, and whether that can be told.

    Parameters
    ----------
    areas, points
        Parcels, and the centres of buildings or firms, both in degrees and in China.
    beside
        True where the points belong close to the areas but not on them, as those of roads do.

    Returns
    -------
    metres, known
        None where they do not look shifted; known is False where there are too few points, or too few of them lie right
        with and without a shift to tell.
    """
    few = 10
    if not len(areas) or len(points) < FEWEST:
        return None, False
    tree = shapely.STRtree(np.asarray(areas))

    def right(dx: float, dy: float) -> float:
        moved = shapely.points(points.x.to_numpy() + dx, points.y.to_numpy() + dy)
        inside = np.unique(tree.query(moved, predicate="within")[0])
        if not beside:
            return len(inside) / len(points)
        near = np.unique(tree.query(moved, predicate="dwithin", distance=BESIDE_DEG)[0])
        return (len(near) - len(inside)) / len(points)

    east, north = gcj02_shift(np.array([points.x.median()]), np.array([points.y.median()]))
    now = right(0.0, 0.0)
    best = max(right(float(s * east[0]), float(s * north[0])) for s in (-1, 1))
    least, gain = (0.8, 0.5) if len(points) < few else (0.5, 0.3)
    if best < least or best - now < gain:
        return None, now >= least and now - best >= gain / 3
    geod = pyproj.Geod(ellps="WGS84")
    x, y = float(points.x.median()), float(points.y.median())
    return float(geod.inv(x, y, x + float(east[0]), y + float(north[0]))[2]), True
