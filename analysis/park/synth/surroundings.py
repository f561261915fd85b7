"""What lies around and across a park: villages, a school, railway, power line, protected land, wind."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from .ground import River

SOURCE = "synthetic"


def railway(
    bounds: tuple[float, float, float, float], river: River, rng: np.random.Generator
) -> shapely.LineString:
    """A railway past the side of the park away from the river, bent once."""
    west, south, east, north = bounds
    away = north if river.middle.centroid.y < (south + north) / 2 else south
    y = away + (150.0 if away == north else -150.0)
    lean = rng.uniform(-0.05, 0.05) * (east - west)
    points = [
        (west - 900, y - lean),
        ((west + east) / 2, y + abs(lean) * (1 if away == north else -1)),
        (east + 900, y + lean),
    ]
    return shapely.LineString(np.round(points, 1))


def power_line(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> shapely.LineString:
    """A high-voltage line that crosses one end of the park."""
    west, south, east, north = bounds
    x = west + (east - west) * rng.choice([0.06, 0.92])
    lean = rng.uniform(-0.1, 0.1) * (east - west)
    return shapely.LineString(
        np.round([(x - lean, south - 900), (x, (south + north) / 2), (x + lean * 0.4, north + 900)], 1)
    )


def hill_place(bounds: tuple[float, float, float, float], river: River) -> tuple[float, float]:
    """Where the wooded hill stands: beyond the corner farthest from the river."""
    west, south, east, north = bounds
    corners = [
        (west - 350, south - 350),
        (west - 350, north + 350),
        (east + 350, south - 350),
        (east + 350, north + 350),
    ]
    return max(corners, key=lambda corner: river.middle.distance(shapely.Point(corner)))


def exclusions(
    land: shapely.Geometry,
    river: River,
    rail: shapely.LineString,
    power: shapely.LineString,
    hill: tuple[float, float],
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """The ``exclusions`` layer; ``land`` is the park's ground, on which no farmland or redline lies."""
    area = shapely.box(*shapely.bounds(land)).buffer(900)
    rows: list[dict[str, Any]] = []

    def add(kind: str, name: str, basis: str, shape: shapely.Geometry) -> None:
        for part in shapely.get_parts(shapely.intersection(shape, area)):
            if part.geom_type == "Polygon" and part.area > 100:
                rows.append(
                    {"kind": kind, "name": name, "basis": basis, "geometry": shapely.set_precision(part, 0.01)}
                )

    add("surface_water", "澜河", "河道管理范围", river.water.buffer(15))
    add("flood", "澜河洪泛区", "五十年一遇洪水淹没范围", shapely.difference(river.flood, river.water.buffer(15)))
    add("railway", "货运铁路", "铁路线路安全保护区", rail.buffer(20, cap_style="flat"))
    add("power_line", "220 kV架空线路", "电力线路保护区", power.buffer(15, cap_style="flat"))
    outside = shapely.difference(area, land.buffer(40))
    wooded = _blob(np.array(hill), 620.0, rng)
    add("ecological_redline", "北山生态保护红线", "生态保护红线", shapely.intersection(wooded, outside))
    taken = shapely.union_all([river.flood, rail.buffer(40), wooded.buffer(60)])
    west, south, east, north = shapely.bounds(land)
    for _ in range(4):
        at = np.array([rng.uniform(west - 400, east + 400), rng.choice([south - 450, north + 450])])
        field = shapely.difference(
            shapely.intersection(_blob(at, float(rng.uniform(250, 420)), rng), outside), taken
        )
        add("farmland", "永久基本农田", "永久基本农田保护范围", field)
        taken = shapely.union_all([taken, field])
    table = gpd.GeoDataFrame(rows, geometry="geometry")
    table["exclusion_id"] = [f"X{number + 1:03d}" for number in range(len(table))]
    return table.assign(source=SOURCE)


def sensitive_areas(
    land: shapely.Geometry, barred: shapely.Geometry, homes: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Villages with their people at the edge, a school and a clinic in the largest, and the homes inside the park.

    Parameters
    ----------
    land
        The park's ground.
    barred
        Where no village stands (water, flood land, railway, fields).
    homes
        Parcels with dwellings or public services: ``land_use``, geometry.
    """
    names = [row["value"] for row in resources.table("knowledge", "synth_names.csv") if row["kind"] == "village"]
    west, south, east, north = shapely.bounds(land)
    middle, reach = (
        np.array([(west + east) / 2, (south + north) / 2]),
        np.array([(east - west) / 2, (north - south) / 2]),
    )
    count = int(np.clip(round(2 + (east - west + north - south) / 1800), 4, len(names)))
    around = (
        np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(0, 6.3) + rng.uniform(-0.15, 0.15, count)
    )
    rows: list[dict[str, Any]] = []
    gone = shapely.union_all([barred, land.buffer(60)])
    for number, angle in enumerate(around):
        way = np.array([np.cos(angle), np.sin(angle)])
        for step in range(12):  # outwards until there is room
            at = middle + way * (reach * 0.95 + 160 + 130 * step)
            village = shapely.difference(_blob(at, float(rng.uniform(90, 190)), rng), gone)
            village = max(shapely.get_parts(village), key=lambda part: part.area, default=shapely.Polygon())
            if village.area > 12_000:
                break
        else:
            continue
        village = shapely.set_precision(village, 0.01)
        gone = shapely.union_all([gone, village])
        people = int(round(village.area / 10_000 * rng.uniform(60, 110), -1))
        rows.append({"kind": "residential", "name": names[number], "population": people, "geometry": village})
    largest = sorted(rows, key=lambda row: -row["population"])[:2]
    for row, (kind, suffix, people) in zip(
        list(largest), (("school", "中心小学", 620), ("hospital", "卫生院", 90)), strict=False
    ):
        spot = row["geometry"].representative_point()
        yard = shapely.box(spot.x - 38, spot.y - 30, spot.x + 38, spot.y + 30)
        rows.append({"kind": kind, "name": row["name"] + suffix, "population": people, "geometry": yard})
    for use, shape in zip(homes["land_use"], homes.geometry, strict=True):
        kind, name, density = (
            ("residential", "员工公寓", 180) if use == "residential" else ("office", "园区服务中心", 60)
        )
        rows.append(
            {"kind": kind, "name": name, "population": round(shape.area / 10_000 * density), "geometry": shape}
        )
    table = gpd.GeoDataFrame(rows, geometry="geometry")
    table["area_id"] = [f"A{number + 1:03d}" for number in range(len(table))]
    return table.assign(source=SOURCE)


def wind(rng: np.random.Generator) -> pd.DataFrame:
    """A wind rose of a monsoon climate by season: 16 directions, hours that add to 100 %."""
    direction = np.arange(16) * 22.5
    rows = []
    for season, main, tight, speed in (
        ("spring", 135, 1.0, 3.0), ("summer", 146, 1.5, 2.8), ("autumn", 40, 0.9, 2.5), ("winter", 325, 1.4, 2.9),
    ):  # fmt: skip
        turn = np.radians(direction - main - rng.uniform(-12, 12))
        weight = np.exp(tight * np.cos(turn)) * rng.uniform(0.85, 1.15, 16)
        share = np.round(100 * weight / weight.sum(), 1)
        share[np.argmax(share)] += round(100 - share.sum(), 1)
        mean = np.round(speed * (0.75 + 0.5 * weight / weight.max()), 1)
        rows.append(
            pd.DataFrame(
                {"season": season, "direction_deg": direction, "frequency_pct": share.round(1), "speed_m_s": mean}
            )
        )
    table = pd.concat(rows, ignore_index=True)
    year = table.groupby("direction_deg").agg({"frequency_pct": "mean", "speed_m_s": "mean"}).round(2).reset_index()
    table = pd.concat([table, year.assign(season="year")], ignore_index=True)
    table["wind_id"] = table["season"] + "-" + table["direction_deg"].map(lambda degrees: f"{degrees:05.1f}")
    return table.assign(source=SOURCE)


def _blob(at: np.ndarray, radius_m: float, rng: np.random.Generator) -> shapely.Polygon:
    """An uneven round shape."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    waves = np.zeros(24)
    for k in (2, 3, 5):
        waves += rng.uniform(0.04, 0.14) * np.sin(k * angle + rng.uniform(0, 6.3))
    radius = radius_m * (1 + waves)
    return shapely.Polygon(np.round(at + radius[:, None] * np.c_[np.cos(angle), np.sin(angle)], 1))
