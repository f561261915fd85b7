"""Buildings on parcels: halls in rows along the parcel's axes, an office in front, and what lies between."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..estimates import profiles

SETBACK_M = 9.0
HEAVY = ("C25", "C26", "C30", "C31", "C32", "C34", "C37", "D44", "C20", "C35")  # tall halls
FLATS = {"commercial": 5.0, "residential": 8.0, "public": 4.0}
YARD = {"C30": 0.14, "C31": 0.1, "C42": 0.16, "C20": 0.12, "G59": 0.08, "D44": 0.1, "C25": 0.02}
PLANT = {"C25": 0.3, "C26": 0.16, "C28": 0.06, "D44": 0.12, "D46": 0.3, "C32": 0.04, "N77": 0.06}


def place(
    shapes: np.ndarray, parcels: pd.DataFrame, leader: np.ndarray, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Buildings of the built parcels: parcel number, use, storeys, height, tall storeys, floor area, footprint."""
    built = np.flatnonzero((parcels["building_status"] == "built") & ~parcels["land_use"].isin(["green", "vacant"]))
    inner = shapely.buffer(shapes[built], -SETBACK_M, join_style="mitre", mitre_limit=2.0)
    roomy = shapely.area(inner) > 300  # a narrow corner of land has no room for a hall
    built, inner = built[roomy], inner[roomy]
    corner = shapely.get_coordinates(shapely.oriented_envelope(inner)).reshape(-1, 5, 2)
    u, v = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 1]
    swap = np.hypot(*u.T) < np.hypot(*v.T)
    origin = np.where(swap[:, None], corner[:, 1], corner[:, 0])
    u, v = np.where(swap[:, None], v, u), np.where(swap[:, None], -u, v)
    long, short = np.hypot(*u.T), np.hypot(*v.T)
    nx = np.clip(np.round(long / rng.uniform(85, 150, len(built))), 1, 5).astype(int)
    ny = np.clip(np.round(short / rng.uniform(65, 115, len(built))), 1, 4).astype(int)
    thick = rng.uniform(0.7, 0.95, len(built))  # how much of its cell a hall takes: dense and loose plots
    thick = np.where(np.isin(leader[built], ["C25", "C26", "D44", "D46", "N77"]), 0.6, thick)

    number = np.repeat(np.arange(len(built)), nx * ny)
    cell = np.arange(len(number)) - np.repeat(np.cumsum(nx * ny) - nx * ny, nx * ny)
    i, j = cell % nx[number], cell // nx[number]
    office = (cell == 0) & (nx * ny > 1)[number]
    jitter = rng.uniform(0.9, 1.1, (2, len(number)))
    wide = np.clip(thick[number] * jitter[0], 0.3, 0.95) * np.where(
        office, rng.uniform(0.35, 0.6, len(number)), 1.0
    )
    deep = np.clip(thick[number] * jitter[1], 0.3, 0.93) * np.where(office, 0.35, 1.0)
    at_u = (i + 0.5) / nx[number]
    at_v = np.where(office, (0.04 + deep / 2) / ny[number], (j + 0.5) / ny[number])
    half_u, half_v = wide / nx[number] / 2, deep / ny[number] / 2

    shape = np.empty(len(number), object)
    todo = np.ones(len(number), bool)
    for scale in (1.0, 0.85, 0.7, 0.5, 0.3):  # a hall that sticks out of an oddly cut parcel is built smaller
        trial = _boxes(origin[number], u[number], v[number], at_u, at_v, half_u * scale, half_v * scale)
        fits = todo & shapely.within(trial, inner[number])
        shape[fits] = trial[fits]
        todo &= ~fits
    keep = (
        ~todo & (np.where(todo, 0.0, shapely.area(shape)) > 120) & ((rng.random(len(number)) > 0.1) | (cell == 0))
    )
    table = gpd.GeoDataFrame({"parcel": built[number], "office": office}, geometry=shape)[keep].reset_index(
        drop=True
    )
    return _storeys(table, parcels, leader, rng)


def _boxes(
    origin: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    at_u: np.ndarray,
    at_v: np.ndarray,
    half_u: np.ndarray,
    half_v: np.ndarray,
) -> np.ndarray:
    ring = []
    for su, sv in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        ring.append(origin + (at_u + su * half_u)[:, None] * u + (at_v + sv * half_v)[:, None] * v)
    return shapely.polygons(np.round(np.stack(ring, 1), 2))


def _storeys(
    table: gpd.GeoDataFrame, parcels: pd.DataFrame, leader: np.ndarray, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    n = len(table)
    parcel = table["parcel"].to_numpy()
    use, firm = parcels["land_use"].to_numpy()[parcel], leader[parcel]
    flats = pd.Series(use).map(FLATS).to_numpy()
    typical = profiles()["storeys"].reindex(firm).fillna(1.2).to_numpy()
    halls = np.clip(np.round(rng.normal(typical + 0.2, 0.5)), 1, 6)
    dormitory = np.isin(firm, ["C39", "C18", "C19", "C24"]) & ~table["office"] & (rng.random(n) < 0.15)
    storeys = np.where(table["office"], rng.integers(3, 6, n), halls)
    storeys = np.where(dormitory, 6, storeys)
    storeys = np.where(np.isnan(flats), storeys, flats)
    tall = np.isin(firm, HEAVY) & (storeys == 1) & ~table["office"]
    rise = np.where(
        tall, rng.uniform(9, 14, n), np.where(storeys == 1, rng.uniform(6, 8, n), rng.uniform(4.2, 5.2, n))
    )
    rise = np.where(table["office"] | dormitory | ~np.isnan(flats), 3.6, rise)
    kind = np.where(
        table["office"],
        "office",
        np.where(dormitory, "living", np.where(use == "warehouse", "warehouse", "production")),
    )
    named = {"commercial": "other", "residential": "residential", "public": "public", "utility": "utility"}
    kind = np.where(
        pd.Series(use).isin(list(named)) & ~table["office"], pd.Series(use).map(named).fillna("other"), kind
    )
    table["use"] = kind
    table["storeys"] = storeys.astype(float)
    table["height_m"] = np.round(storeys * rise + 0.6, 1)
    table["tall_storeys"] = np.where(tall, 1, 0)
    table["floor_area_m2"] = np.round(table.area * storeys, 0)
    return table.drop(columns="office")


def ground_cover(
    shapes: np.ndarray, buildings: gpd.GeoDataFrame, leader: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Structures, open yards, green and office land of each parcel, never more than buildings leave (m2)."""
    n = len(shapes)
    area = shapely.area(shapes)
    under = np.bincount(buildings["parcel"], weights=buildings.area, minlength=n)
    desks = buildings["use"].isin(["office", "living"])
    office = np.bincount(buildings["parcel"][desks], weights=buildings.area[desks], minlength=n)
    worked = leader != ""
    sector = pd.Series(leader)
    plant = area * sector.map(PLANT).fillna(0.01).to_numpy() * rng.uniform(0.8, 1.2, n) * worked
    yard = area * sector.map(YARD).fillna(0.03).to_numpy() * rng.uniform(0.7, 1.3, n) * worked
    green = area * rng.uniform(0.05, 0.19, n) * (under > 0)
    room = np.clip((area * 0.92 - under) / np.maximum(plant + yard + green, 1.0), 0.0, 1.0)
    table = pd.DataFrame({"structure_m2": plant * room, "open_yard_m2": yard * room, "green_m2": green * room})
    table["office_living_land_m2"] = np.minimum(
        office * 1.6, np.maximum(area - under - table.sum(axis=1), 0) * 0.5 + office
    )
    return table.round(0)
