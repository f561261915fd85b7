"""A park small enough to check by hand: 6 parcels, 5 firms, roads, flows.

``small_park()`` is complete; ``small_park(buildings=frame, exchanges=None)`` exchanges or removes layers. A layer is
given as a frame or as a list of dicts (missing columns take the schema's default).

All parcels are 200 m x 150 m (3 ha), in two rows of three with 20 m roads between and around them::

    P4 | P5 | P6      northing 170..320
    ---+----+---      road at 160
    P1 | P2 | P3      northing 0..150
    0    220  440     easting (offset by EAST, NORTH)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from parkloop.analysis.park import schema
from parkloop.analysis.park.model import Park, complete

CRS = pyproj.CRS.from_epsg(4549)  # CGCS2000 / 3-degree Gauss-Kruger, meridian 120 E
EAST, NORTH = 500_000.0, 3_500_000.0

Rows = Iterable[Mapping[str, Any]]


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in the small park's own metres."""
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


def line(*places: tuple[float, float]) -> shapely.LineString:
    """A line in the small park's own metres."""
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in places])


def point(x: float, y: float) -> shapely.Point:
    """A point in the small park's own metres."""
    return shapely.Point(EAST + x, NORTH + y)


def frame(layer: str, rows: Rows) -> pd.DataFrame:
    """A completed layer from dicts (``geometry`` among them where the layer has one)."""
    table = pd.DataFrame(list(rows))
    if schema.layers()[layer].geometry:
        shapes = table["geometry"] if "geometry" in table else [None] * len(table)
        table = gpd.GeoDataFrame(table.drop(columns="geometry", errors="ignore"), geometry=list(shapes), crs=CRS)
    return complete(table, layer)


def small_park(**layers: pd.DataFrame | Rows | None) -> Park:
    """The small park, with the layers given in place of its own; None removes a layer."""
    rows: dict[str, Any] = {**_rows(), **layers}
    frames = {
        name: complete(value, name) if isinstance(value, pd.DataFrame) else frame(name, value)
        for name, value in rows.items()
        if value is not None and len(value)
    }
    return Park(frames, CRS, CRS)


def shuffled(park: Park, seed: int = 7) -> Park:
    """The same park with the rows of every layer in another order, as a file may hold them."""
    mixed = {
        name: table.sample(frac=1, random_state=seed).reset_index(drop=True) for name, table in park.frames.items()
    }
    return Park({name: complete(table, name) for name, table in mixed.items()}, park.crs, park.source_crs)


def _rows() -> dict[str, Any]:
    place = {f"P{i + 3 * j + 1}": (220 * i, 170 * j) for j in (0, 1) for i in (0, 1, 2)}
    land = {name: box(x, y, x + 200, y + 150) for name, (x, y) in place.items()}
    # use, planned sector, building status, green, office land
    parcel = {
        "P1": ("industrial", "D44", "built", 3000, 1500),
        "P2": ("industrial", "C30", "built", 1500, 600),
        "P3": ("industrial", "C26", "built", 7500, 3000),  # too green (25 %), too much office land (10 %)
        "P4": ("industrial", "C22", "built", 1500, 600),
        "P5": ("industrial", "C14", "built", 1500, 600),
        "P6": ("vacant", "", "unbuilt", 0, 0),
    }
    buildings = [
        ("B1", "production", 1, 10.0, 1, None, box(20, 20, 100, 120)),  # 8,000 m2, one tall storey: counts 16,000
        ("B2", "production", 2, None, 0, None, box(240, 20, 400, 120)),  # 16,000 m2, two storeys: 32,000
        ("B3", "production", 1, None, 0, 4500.0, box(460, 20, 510, 100)),  # 4,000 m2, recorded floor 4,500
        (
            "B4",
            "production",
            None,
            9.0,
            None,
            None,
            box(20, 190, 140, 290),
        ),  # 12,000 m2, 9 m high: one tall storey, 24,000
        ("B5", "production", 3, None, 0, None, box(240, 190, 320, 290)),  # 8,000 m2, three storeys: 24,000
        ("B6", "office", 4, None, 0, None, box(340, 190, 370, 230)),  # 1,200 m2, four storeys: 4,800
    ]
    # sector, staff, investment, output, tax (CNY)
    firms = {
        "E1": ("Power and heat", "D44", 120, 300e6, 240e6, 18e6),
        "E2": ("Cement", "C30", 200, 150e6, 180e6, 12e6),
        "E3": ("Chemicals", "C26", 90, 60e6, 45e6, 3e6),
        "E4": ("Paper", "C22", 260, 210e6, 300e6, 24e6),
        "E5": ("Food", "C14", 340, 120e6, 270e6, 21e6),
    }
    flows = [
        ("M1", "E1", "fly_ash", "out", "by_product", 40_000),
        ("M2", "E2", "fly_ash", "in", "raw_material", 30_000),
        ("M3", "E1", "desulphurisation_gypsum", "out", "by_product", 12_000),
        ("M4", "E2", "desulphurisation_gypsum", "in", "raw_material", 8_000),
        ("M5", "E5", "organic_residue", "out", "waste", 5_000),
        ("M6", "E4", "paper_sludge", "out", "waste", 6_000),
    ]
    heat = [
        ("H1", "E1", "hot", 180.0, 90.0, 9000.0),
        ("H2", "E4", "cold", 60.0, 130.0, 5000.0),
        ("H3", "E5", "cold", 20.0, 85.0, 1500.0),
    ]
    water = [
        ("W1", "E5", "discharge", 800.0, 300.0),
        ("W2", "E4", "demand", 3000.0, 100.0),
        ("W3", "E1", "demand", 2000.0, 60.0),
        ("W4", "E4", "discharge", 2500.0, 800.0),
    ]
    roads = [
        ("R1", "primary", 20.0, line((-10, 160), (650, 160))),
        ("R2", "secondary", 20.0, line((210, -10), (210, 330))),
        ("R3", "secondary", 20.0, line((430, -10), (430, 330))),
        ("R4", "local", 12.0, line((-10, -10), (650, -10))),
        ("R5", "local", 12.0, line((-10, 330), (650, 330))),
        ("R6", "local", 12.0, line((-10, -10), (-10, 330))),
        ("R7", "local", 12.0, line((650, -10), (650, 330))),
    ]
    return {
        "park": [
            {
                "park_id": "small",
                "name": "Small park",
                "base_year": 2024,
                "currency": "CNY",
                "population": 0,
                "synthetic": True,
                "geometry": box(-20, -20, 660, 340),
            }
        ],
        "parcels": [
            {
                "parcel_id": name,
                "zone": "south" if name < "P4" else "north",
                "land_use": use,
                "planned_use": "industrial",
                "planned_sector": sector,
                "supply_status": "supplied" if status == "built" else "ready",
                "building_status": status,
                "tenure": "granted",
                "obtained_by": "bid",
                "green_m2": green,
                "office_living_land_m2": office,
                "structure_m2": 600 if status == "built" else 0,
                "open_yard_m2": 900 if status == "built" else 0,
                "geometry": land[name],
            }
            for name, (use, sector, status, green, office) in parcel.items()
        ],
        "buildings": [
            {
                "building_id": name,
                "use": use,
                "storeys": storeys,
                "height_m": height,
                "tall_storeys": tall,
                "floor_area_m2": floor,
                "geometry": shape,
            }
            for name, use, storeys, height, tall, floor, shape in buildings
        ],
        "enterprises": [
            {
                "enterprise_id": name,
                "name": title,
                "sector": sector,
                "staff": staff,
                "investment_cur": investment,
                "output_cur_a": output,
                "tax_cur_a": tax,
                "geometry": land[f"P{name[1]}"].centroid,
            }
            for name, (title, sector, staff, investment, output, tax) in firms.items()
        ],
        "occupancy": [{"enterprise_id": f"E{i}", "parcel_id": f"P{i}", "share": 1.0} for i in range(1, 6)],
        "material_flows": [
            {
                "flow_id": name,
                "enterprise_id": firm,
                "material": material,
                "direction": direction,
                "role": role,
                "quantity_t_a": quantity,
            }
            for name, firm, material, direction, role, quantity in flows
        ],
        "exchanges": [
            {
                "exchange_id": "X1",
                "from_enterprise_id": "E1",
                "to_enterprise_id": "E2",
                "kind": "material",
                "material": "fly_ash",
                "quantity_t_a": 20_000,
            }
        ],
        "heat_streams": [
            {
                "stream_id": name,
                "enterprise_id": firm,
                "kind": kind,
                "t_supply_c": supply,
                "t_target_c": target,
                "duty_kw": duty,
            }
            for name, firm, kind, supply, target, duty in heat
        ],
        "water_streams": [
            {"stream_id": name, "enterprise_id": firm, "direction": direction, "flow_t_d": flow, "cod_mg_l": cod}
            for name, firm, direction, flow, cod in water
        ],
        "roads": [
            {"road_id": name, "road_class": rank, "width_m": width, "geometry": shape}
            for name, rank, width, shape in roads
        ],
    }
