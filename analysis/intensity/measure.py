"""Measuring land and buildings: areas, floor area with the 8 m rule, buildings shared among parcels by area."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from ..errors import Finding, InputError
from ..park import schema
from ..park.model import Park, estimated
from ..standards import Standards

OFFICE_USES = ("office", "living")
REPORT_M2 = 1.0  # overlaps and overhangs below this are drawing tolerance: shared exactly, but not worth a finding
NOISE = 1e-12  # relative area below which an intersection is rounding
SLIVER_M = 1.0  # a parcel whose mean width (2 x area / boundary) is less is left over from drawing


@dataclass(frozen=True)
class Shares:
    """How buildings lie on parcels: row numbers ``building`` and ``parcel`` (n,) and the shared ``area_m2`` (n,)."""

    building: np.ndarray
    parcel: np.ndarray
    area_m2: np.ndarray


def finding(
    key: str, layer: str, ids: Iterable[str], column: str = "", severity: str = "warning", **values: object
) -> Finding:
    """One finding on all rows that share a problem: ``{count}`` of them, ``{ids}`` the first five."""
    names = sorted(map(str, ids))
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    where = {"count": len(names), "ids": shown, **values}
    return Finding(f"intensity.{key}", severity, layer, names[0] if names else "", column, where)  # type: ignore[arg-type]


def usable(frame: pd.DataFrame, layer: str, column: str, findings: list[Finding]) -> np.ndarray:
    """The numbers of a column (n,), NaN where missing or outside the schema's range (with a finding)."""
    described = schema.layers()[layer].columns[column]
    number = frame[column].astype("float64").to_numpy(na_value=np.nan).copy()
    low = -np.inf if described.minimum is None else described.minimum
    high = np.inf if described.maximum is None else described.maximum
    with np.errstate(invalid="ignore"):
        bad = (number < low) | (number > high) | np.isinf(number)
    if bad.any():
        key = frame[schema.layers()[layer].key[0]]
        limits = f"{low:g}…" if np.isinf(high) else f"{low:g}…{high:g}"
        findings.append(
            finding("out_of_range", layer, key[bad], column, limits=limits, example=f"{number[bad][0]:g}")
        )
        number[bad] = np.nan
    return number


def parcel_shapes(parcels: pd.DataFrame, findings: list[Finding]) -> np.ndarray:
    """Shapes of the parcels (n,), flat and free of overlap, so that their areas add up to the land they cover.

    Where parcels overlap, the land is counted for the one that comes first by id, and a finding says so. Rows
    without any area stay as empty shapes.

    Raises
    ------
    InputError
        There is no parcel, or the boundary of one crosses itself.
    """
    if not len(parcels):
        raise InputError.of("intensity.no_parcels", layer="parcels")
    shapes = _flat(parcels)
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        raise InputError(
            *(
                Finding("intensity.broken_shape", "error", "parcels", str(name))
                for name in parcels["parcel_id"][broken]
            )
        )
    name = parcels["parcel_id"].to_numpy()
    empty = shapely.area(shapes) <= 0
    if empty.any():
        findings.append(finding("no_area", "parcels", name[empty]))
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    shapely.prepare(shapes)
    inner = shapely.relate_pattern(shapes[a], shapes[b], "T********")  # most only touch: cheaper to ask than to cut
    a, b = a[inner], b[inner]
    common = shapely.area(shapely.intersection(shapes[a], shapes[b]))
    area = shapely.area(shapes)
    real = common > NOISE * np.minimum(area[a], area[b])
    told = common > REPORT_M2
    if told.any():
        findings.append(finding("overlap", "parcels", name[b[told]], area_m2=f"{common[told].sum():,.0f}"))
    for first, second in zip(a[real], b[real], strict=True):
        shapes[second] = shapely.difference(shapes[second], shapes[first])
    parts = shapely.get_num_geometries(shapes) > 1
    if parts.any():
        findings.append(finding("multipart", "parcels", name[parts], severity="info"))
    area, edge = shapely.area(shapes), shapely.length(shapes)
    thin = (area > 0) & (2 * area < SLIVER_M * edge)
    if thin.any():
        findings.append(finding("sliver", "parcels", name[thin], width_m=f"{SLIVER_M:g}"))
    return shapes


def building_shapes(buildings: pd.DataFrame, findings: list[Finding]) -> np.ndarray:
    """Footprints (n,), flat; those that cross themselves or have no area become empty, with a finding."""
    shapes = _flat(buildings)
    name = buildings["building_id"].to_numpy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.Polygon()
    empty = (shapely.area(shapes) <= 0) & ~broken
    if broken.any():
        findings.append(finding("broken_building", "buildings", name[broken]))
    if empty.any():
        findings.append(finding("building_no_area", "buildings", name[empty]))
    return shapes


def _flat(frame: pd.DataFrame) -> np.ndarray:
    shapes = np.array(frame.geometry, dtype=object)
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    # points, lines and rings fallen flat hold no land; a ring that crosses itself does, but its area is unknown
    west, south, east, north = shapely.bounds(shapes).T
    shapes[~((east > west) & (north > south))] = shapely.Polygon()
    tall = shapely.has_z(shapes)
    shapes[tall] = shapely.force_2d(shapes[tall])
    return shapes


def share(buildings: np.ndarray, parcels: np.ndarray) -> Shares:
    """Share footprints among the parcels they lie on, by area.

    A building that one parcel covers wholly (most do) takes its own area; only those that cross a line are
    intersected. Parcels must not overlap.

    Parameters
    ----------
    buildings, parcels
        Shapely polygons (b,) and (p,).
    """
    tree = shapely.STRtree(parcels)
    b, p = tree.query(buildings)
    shapely.prepare(parcels)
    inside = shapely.covers(parcels[p], buildings[b]) & (shapely.area(buildings)[b] > 0)
    settled = np.zeros(len(buildings), bool)
    settled[b[inside]] = True
    crossing = ~settled[b]
    cut = shapely.area(shapely.intersection(buildings[b[crossing]], parcels[p[crossing]]))
    building = np.r_[b[inside], b[crossing]]
    parcel = np.r_[p[inside], p[crossing]]
    area = np.r_[shapely.area(buildings[b[inside]]), cut]
    keep = area > 0
    order = np.lexsort((parcel[keep], building[keep]))
    return Shares(building[keep][order], parcel[keep][order], area[keep][order])


def floor_area(
    buildings: pd.DataFrame, footprint_m2: np.ndarray, standards: Standards, findings: list[Finding]
) -> pd.DataFrame:
    """Floor area of each building, before and after the rule of the tall storey.

    The first of these that is known: recorded floor area; storeys times footprint; height over a typical storey
    height times footprint; a typical number of storeys times footprint. The last two are estimates. A storey higher than 8 m counts
    double in the plot ratio (control indicators for industrial land, definition of the plot ratio): as many as
    ``tall_storeys`` says, else all where the mean storey height exceeds 8 m. Where floor area is recorded and storeys are
    not, storeys are what that floor area needs on the footprint.

    Returns
    -------
    DataFrame
        ``floor_m2`` (as built), ``counted_m2`` (tall storeys twice), ``storeys``, ``height_m`` (NaN unknown), ``estimated``
        (bool), row by row.
    """
    use = buildings["use"].where(buildings["use"].isin(_uses(standards)), "other")
    recorded = usable(buildings, "buildings", "floor_area_m2", findings)
    storeys = usable(buildings, "buildings", "storeys", findings)
    height = usable(buildings, "buildings", "height_m", findings)
    tall = usable(buildings, "buildings", "tall_storeys", findings)
    given = ~np.isnan(storeys)
    typical_m = use.map({u: standards.value(f"land.storey_height_m.{u}") for u in _uses(standards)}).to_numpy(float)
    default = use.map({u: standards.value(f"land.storeys.{u}") for u in _uses(standards)}).to_numpy(float)
    from_height = np.maximum(np.floor(height / typical_m), 1.0)
    from_floor = np.divide(recorded, footprint_m2, out=np.full(len(recorded), np.nan), where=footprint_m2 > 0)
    inferred = np.where(np.isnan(from_floor), from_height, np.maximum(np.round(from_floor), 1.0))
    storeys = np.where(given, storeys, np.where(np.isnan(inferred), default, inferred))
    floor = np.where(np.isnan(recorded), storeys * footprint_m2, recorded)

    too_many = tall > np.maximum(np.ceil(storeys), 1)
    if (too_many & given).any():
        findings.append(
            finding("too_many_tall", "buildings", buildings["building_id"][too_many & given], "tall_storeys")
        )
    limit_m = standards.value("land.tall_storey_m")
    with np.errstate(invalid="ignore"):
        all_tall = np.isnan(tall) & (height / storeys > limit_m)
    tall = np.where(all_tall, storeys, np.minimum(np.nan_to_num(tall), storeys))
    guessed = np.isnan(recorded) & ~given
    flagged = np.where(np.isnan(recorded), estimated(buildings, "storeys"), estimated(buildings, "floor_area_m2"))
    return pd.DataFrame(
        {
            "floor_m2": floor,
            "counted_m2": floor * (1 + tall / storeys),
            "storeys": storeys,
            "height_m": height,
            "estimated": guessed | flagged | (all_tall & (~given | estimated(buildings, "height_m").to_numpy())),
        },
        index=buildings.index,
    )


def _uses(standards: Standards) -> list[str]:
    stem = "land.storeys."
    return [key.removeprefix(stem) for key in standards if key.startswith(stem)]


def measure(park: Park, standards: Standards, findings: list[Finding]) -> pd.DataFrame:
    """Land and buildings of each parcel, row by row with ``park["parcels"]``.

    Returns
    -------
    DataFrame
        ``area_m2`` (drawn), ``footprint_m2``, ``floor_area_m2`` (as built), ``counted_floor_m2`` (tall storeys twice),
        ``office_floor_m2`` (offices and staff living), ``height_m`` (of the highest building; NaN unknown),
        ``structure_m2``, ``open_yard_m2``, ``green_m2``, ``office_land_m2`` (NaN unknown), ``buildings`` (how many),
        ``estimated_floor_m2`` (the part of the counted floor that is estimated). Footprints and floors are NaN where the park has
        no layer of buildings.
    """
    parcels, buildings = park["parcels"], park["buildings"]
    if not len(buildings):
        findings.append(Finding("intensity.no_buildings", "warning", "buildings"))
    land = parcel_shapes(parcels, findings)
    shapes = building_shapes(buildings, findings)
    footprint = shapely.area(shapes)
    floor = floor_area(buildings, footprint, standards, findings)
    on = share(shapes, land)
    _outside(buildings, footprint, on, findings)
    n = len(parcels)
    part = on.area_m2 / footprint[on.building]

    def add(value: np.ndarray) -> np.ndarray:
        return np.bincount(on.parcel, weights=part * value[on.building], minlength=n)

    office = buildings["use"].isin(OFFICE_USES).to_numpy()
    highest = np.full(n, -np.inf)
    height = floor["height_m"].to_numpy()
    known = ~np.isnan(height[on.building]) & (on.area_m2 > REPORT_M2)
    np.maximum.at(highest, on.parcel[known], height[on.building[known]])
    counted = floor["counted_m2"].to_numpy()
    unknown = np.nan if not len(buildings) else 1.0  # no layer of buildings is no land without buildings
    return pd.DataFrame(
        {
            "area_m2": shapely.area(land),
            "footprint_m2": unknown * np.bincount(on.parcel, weights=on.area_m2, minlength=n),
            "floor_area_m2": unknown * add(floor["floor_m2"].to_numpy()),
            "counted_floor_m2": unknown * add(counted),
            "office_floor_m2": unknown * add(np.where(office, floor["floor_m2"], 0.0)),
            "height_m": np.where(np.isinf(highest), np.nan, highest),
            "structure_m2": usable(parcels, "parcels", "structure_m2", findings),
            "open_yard_m2": usable(parcels, "parcels", "open_yard_m2", findings),
            "green_m2": usable(parcels, "parcels", "green_m2", findings),
            "office_land_m2": usable(parcels, "parcels", "office_living_land_m2", findings),
            "buildings": np.bincount(on.parcel[on.area_m2 > REPORT_M2], minlength=n),
            "estimated_floor_m2": add(np.where(floor["estimated"], counted, 0.0)),
        },
        index=parcels.index,
    )


def _outside(buildings: pd.DataFrame, footprint: np.ndarray, on: Shares, findings: list[Finding]) -> None:
    """Say which footprints lie wholly or partly outside all parcels; that part counts for none."""
    covered = np.bincount(on.building, weights=on.area_m2, minlength=len(buildings))
    rest = footprint - covered
    out = rest > np.maximum(REPORT_M2, 1e-6 * footprint)
    if out.any():
        findings.append(
            finding(
                "building_outside",
                "buildings",
                buildings["building_id"][out],
                severity="info",
                area_m2=f"{rest[out].sum():,.0f}",
            )
        )
