"""A town for the measurements of land use: touching irregular parcels, buildings of which a share crosses a line."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from parkloop.analysis.park.model import Park, complete

CRS = pyproj.CRS.from_epsg(4549)
SIDE_M = 80.0
ORIGIN = np.array([500_000.0, 3_500_000.0])


def parcels(count: int, seed: int) -> np.ndarray:
    """Four-cornered parcels that touch along whole sides, ``count`` of them, on a bent grid."""
    random = np.random.default_rng([seed, 0])
    wide = int(np.ceil(np.sqrt(count)))
    corners = np.stack(np.meshgrid(np.arange(wide + 1.0), np.arange(wide + 1.0), indexing="ij"), axis=-1) * SIDE_M
    corners += ORIGIN + random.uniform(-0.15 * SIDE_M, 0.15 * SIDE_M, corners.shape)
    rings = np.stack([corners[:-1, :-1], corners[1:, :-1], corners[1:, 1:], corners[:-1, 1:]], axis=2).reshape(
        -1, 4, 2
    )
    return shapely.polygons(rings[:count])


def buildings(land: np.ndarray, count: int, crossing: float, seed: int) -> np.ndarray:
    """Turned rectangles: a share ``crossing`` of them across a line between two parcels, the others inside one."""
    random = np.random.default_rng([seed, 1])
    home = random.integers(0, len(land), count)
    ring = shapely.get_coordinates(land).reshape(len(land), 5, 2)[:, :4]
    middle = ring.mean(axis=1)[home]
    across = np.arange(count) < round(crossing * count)
    edge = 0.5 * (ring[home, 0] + ring[home, 1])
    centre = np.where(across[:, None], edge, middle + random.uniform(-12, 12, (count, 2)))
    half = np.where(across[:, None], random.uniform(4, 9, (count, 2)), random.uniform(3, 7, (count, 2)))
    turn = random.uniform(0, np.pi, count)
    axis = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    normal = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    one, two = half[:, :1] * axis, half[:, 1:] * normal
    return shapely.polygons(
        np.stack([centre + one + two, centre - one + two, centre - one - two, centre + one - two], axis=1)
    )


def town(parcel_count: int, building_count: int, crossing: float, seed: int) -> Park:
    """A park of such land: a firm for every second parcel, ten zones, twenty sectors."""
    random = np.random.default_rng([seed, 2])
    land = parcels(parcel_count, seed)
    houses = buildings(land, building_count, crossing, seed)
    name = np.array([f"P{i:06d}" for i in range(parcel_count)])
    firm = np.arange(0, parcel_count, 2)
    size = random.lognormal(3, 1, len(firm))
    frames = {
        "park": gpd.GeoDataFrame(
            {"park_id": ["town"], "name": ["Town"], "base_year": [2024], "currency": ["CNY"], "synthetic": [True]},
            geometry=[shapely.box(*shapely.total_bounds(land))],
            crs=CRS,
        ),
        "parcels": gpd.GeoDataFrame(
            {
                "parcel_id": name,
                "zone": [f"Z{i % 10}" for i in range(parcel_count)],
                "land_use": random.choice(
                    ["industrial", "industrial", "warehouse", "commercial", "vacant"], parcel_count
                ),
                "planned_use": "industrial",
                "open_yard_m2": np.round(random.uniform(0, 800, parcel_count)),
                "supply_date": pd.to_datetime("2020-01-01")
                + pd.to_timedelta(random.integers(0, 1800, parcel_count), "D"),
            },
            geometry=land,
            crs=CRS,
        ),
        "buildings": gpd.GeoDataFrame(
            {
                "building_id": [f"B{i:07d}" for i in range(building_count)],
                "use": random.choice(["production", "warehouse", "office"], building_count),
                "storeys": random.integers(1, 5, building_count).astype(float),
                "height_m": np.round(random.uniform(4, 20, building_count), 1),
            },
            geometry=houses,
            crs=CRS,
        ),
        "enterprises": gpd.GeoDataFrame(
            {
                "enterprise_id": [f"E{i:06d}" for i in range(len(firm))],
                "name": [f"Firm {i}" for i in range(len(firm))],
                "sector": random.choice([f"C{i}" for i in range(13, 33)], len(firm)),
                "staff": np.round(5 * size),
                "investment_cur": np.round(2e6 * size),
                "output_cur_a": np.round(3e6 * size),
                "tax_cur_a": np.round(1e5 * size),
            },
            geometry=shapely.point_on_surface(land[firm]),
            crs=CRS,
        ),
        "roads": gpd.GeoDataFrame(
            {"road_id": ["R1"], "road_class": ["primary"]},
            geometry=[shapely.linestrings(shapely.get_coordinates(shapely.box(*shapely.total_bounds(land)))[:2])],
            crs=CRS,
        ),
        "occupancy": pd.DataFrame(
            {"enterprise_id": [f"E{i:06d}" for i in range(len(firm))], "parcel_id": name[firm], "share": 1.0}
        ),
    }
    return Park({layer: complete(frame, layer) for layer, frame in frames.items()}, CRS, CRS)
