"""A park on a grid and results of every step for it, made up for tests of the report: nothing in them is computed.

Names carry markup and long words on purpose.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from parkloop.analysis.errors import Finding
from parkloop.analysis.park.model import Park, complete
from parkloop.analysis.steps import Answer, Figure, StepResult

CRS = pyproj.CRS.from_epsg(4549)
EAST, NORTH = 500_000.0, 3_500_000.0
SECTORS = ["C26", "D44", "C30", "C22", "C14", "C31", "C33", "C29"]
EVIL = "<script>document.title='broken'</script> & Söhne \"AG\""
USE = ["industrial"] * 7 + ["warehouse", "green", "vacant"]
UTILITIES = {
    "heat": ("kW", 42_000.0),
    "gas": ("m3/h", 5_200.0),
    "water": ("t/d", 18_000.0),
    "reclaimed": ("t/d", 4_000.0),
    "wastewater": ("t/d", 12_000.0),
    "solid_waste": ("t/a", 52_000.0),
    "hazardous_waste": ("t/a", 2_300.0),
    "waste_gas": ("m3/h", 90_000.0),
}


def _layer(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    if "geometry" in table:
        table = gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)
    return complete(table, name)


def _spatial(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    return table.sort_values(table.columns[0], kind="stable").reset_index(drop=True)


def fake_park(firms: int = 40, seed: int = 3) -> Park:
    """A synthetic park of ``firms`` parcels of 200 m x 140 m along streets."""
    draw = np.random.default_rng(seed)
    across = int(np.ceil(np.sqrt(firms)))
    parcels, buildings, people, use, roads = [], [], [], [], []
    for i in range(firms):
        x, y = EAST + 220 * (i % across), NORTH + 160 * (i // across)
        parcels.append(
            {
                "parcel_id": f"P{i:03d}",
                "land_use": USE[i % len(USE)],
                "geometry": shapely.box(x, y, x + 200, y + 140),
                "estimated": "area_m2",
            }
        )
        buildings.append({"building_id": f"B{i:03d}", "geometry": shapely.box(x + 20, y + 20, x + 120, y + 90)})
        people.append(
            {
                "enterprise_id": f"E{i:03d}",
                "name": EVIL if i == 0 else f"Works {i}" if i % 2 else f"江南第{i}化工材料有限公司",
                "sector": SECTORS[i % len(SECTORS)],
                "output_cur_a": float(draw.integers(2, 90)) * 1e6,
                "estimated": "output_cur_a;staff",
                "staff": float(draw.integers(20, 900)),
                "geometry": shapely.Point(x + 100, y + 70),
            }
        )
        use.append({"enterprise_id": f"E{i:03d}", "parcel_id": f"P{i:03d}"})
    width, height = 220 * across, 160 * (firms // across + 1)
    for i in range(across + 1):
        x = EAST + 220 * i - 10
        roads.append(
            {"road_id": f"V{i}", "width_m": 12.0, "geometry": shapely.LineString([(x, NORTH), (x, NORTH + height)])}
        )
    for i in range(firms // across + 2):
        y = NORTH + 160 * i - 10
        roads.append(
            {"road_id": f"H{i}", "width_m": 24.0, "geometry": shapely.LineString([(EAST, y), (EAST + width, y)])}
        )
    frames = {
        "park": _layer(
            "park",
            [
                {
                    "park_id": "K",
                    "name": "Grid Park & Söhne",
                    "base_year": 2024,
                    "synthetic": True,
                    "geometry": shapely.box(EAST - 20, NORTH - 20, EAST + width, NORTH + height),
                }
            ],
        ),
        "parcels": _layer("parcels", parcels),
        "buildings": _layer("buildings", buildings),
        "enterprises": _layer("enterprises", people),
        "occupancy": _layer("occupancy", use),
        "roads": _layer("roads", roads),
        "exclusions": _layer(
            "exclusions",
            [
                {
                    "exclusion_id": "X1",
                    "kind": "surface_water",
                    "geometry": shapely.box(EAST, NORTH - 90, EAST + width, NORTH - 30),
                }
            ],
        ),
        "sensitive_areas": _layer(
            "sensitive_areas",
            [
                {
                    "area_id": "S1",
                    "kind": "residential",
                    "name": "Village",
                    "geometry": shapely.box(EAST - 250, NORTH, EAST - 60, NORTH + 300),
                }
            ],
        ),
    }
    return Park(frames, CRS, pyproj.CRS.from_epsg(4326))


def fake_results(park: Park, seed: int = 3) -> dict[str, StepResult]:
    """Results of every step, shaped as docs/developers/contracts.md says."""
    draw = np.random.default_rng(seed)
    land = park["parcels"]
    middles = land.geometry.centroid
    firms = list(park["enterprises"]["enterprise_id"])
    points = dict(zip(firms, park["enterprises"].geometry, strict=True))
    return {
        "intensity": _intensity(land, draw),
        "links": _links(firms, points, draw),
        "clusters": _clusters(firms, points, draw),
        "siting": _siting(land, firms, points, draw),
        "networks": _networks(land, draw),
        "outcomes": _outcomes(middles),
    }


def _intensity(land: gpd.GeoDataFrame, draw: np.random.Generator) -> StepResult:
    states = ["none"] * 6 + ["vacant", "idle", "under_used", "wrong_use"]
    rows = []
    for i, row in enumerate(land.itertuples()):
        state = states[int(draw.integers(len(states)))]
        score = np.nan if state == "vacant" else round(float(draw.uniform(5, 100)), 1)
        high = bool(score >= 60)
        rows.append(
            {
                "parcel_id": row.parcel_id,
                "area_m2": 28_000.0,
                "floor_area_m2": 9_000.0 + 100 * i,
                "plot_ratio": round(float(draw.uniform(0.2, 1.8)), 2),
                "score": score,
                "score_class": "" if np.isnan(score) else "good" if high else "low",
                "class_limits": "" if np.isnan(score) else "60–100" if high else "0–60",
                "standard_met": "met" if i % 3 else "not_met",
                "asleep": state,
                "asleep_m2": 0.0 if state == "none" else 14_000.0,
                "reason": "" if state == "none" else "no building",
                "enterprises": f"E{i:03d}",
                "geometry": row.geometry,
            }
        )
    checks = pd.DataFrame(
        [
            {
                "check_id": f"{p}.plot_ratio",
                "parcel_id": p,
                "indicator": "plot_ratio",
                "value": 0.42,
                "limit_value": 0.7,
                "unit": "1",
                "met": False,
                "shortfall": 0.28,
                "remedy": "Add 7,800 m² of floor.",
                "source": "TD/T 1029",
                "edition": "2010",
                "clause": "5.2",
                "confidence": "m",
            }
            for p in land["parcel_id"][:9]
        ]
    )
    park = pd.DataFrame(
        [
            {"indicator": "plot_ratio", "value": 0.84, "unit": "1", "ideal": 1.2, "score": 70.0, "weight": 0.3, "source": "TD/T 1029", "confidence": "m", "note": ""},
            {"indicator": "output_per_ha", "value": 12e6, "unit": "currency/ha", "ideal": 30e6, "score": 40.0, "weight": 0.7, "source": "TD/T 1029", "confidence": "l", "note": ""},
        ]
    )  # fmt: skip
    return StepResult(
        {"intensity_parcels": _spatial(rows), "intensity_checks": checks, "intensity_park": park},
        {"score": Figure(62.4, "1", 0.6)},
        findings=[Finding("roads.none", "warning", "roads")],
    )


def _links(firms: list[str], points: dict[str, shapely.Point], draw: np.random.Generator) -> StepResult:
    rows = []
    for i in range(24):
        kind = ["material", "material", "heat", "water"][i % 4]
        a, b = (firms[int(k)] for k in draw.choice(len(firms), 2, replace=False))
        rows.append(
            {
                "link_id": f"L{i:03d}",
                "kind": kind,
                "status": "existing" if i % 5 == 0 else "proposed",
                "from_enterprise_id": a,
                "to_enterprise_id": b,
                "material": ["fly_ash", "waste_paper", "desulphurisation_gypsum"][i % 3]
                if kind == "material"
                else "",
                "quantity_t_a": float(draw.integers(500, 20_000)) if kind == "material" else np.nan,
                "heat_kw": float(draw.integers(200, 4_000)) if kind == "heat" else np.nan,
                "flow_t_d": float(draw.integers(50, 900)) if kind == "water" else np.nan,
                "distance_m": float(draw.integers(300, 2_500)),
                "benefit_cur_a": float(draw.integers(50, 900)) * 1e3,
                "investment_cur": float(draw.integers(50, 900)) * 4e3,
                "payback_a": 3.6,
                "energy_gj_a": 1200.0,
                "hazardous": i == 7,
                "pattern": "",
                "source": "catalogue",
                "confidence": "m",
                "estimated": "quantity_t_a;benefit_cur_a",
                "geometry": shapely.LineString([points[a], points[b]]),
            }
        )
    answer = Answer("matching", -3.1e6, -3.1e6, 0.0, "optimal", 0.2, "currency/a")
    return StepResult({"links": _spatial(rows)}, {"benefit": Figure(3.1e6, "currency/a", 0.8)}, answers=[answer])


def _clusters(firms: list[str], points: dict[str, shapely.Point], draw: np.random.Generator) -> StepResult:
    groups = {f: f"C{int(draw.integers(1, 6))}" for f in firms}
    areas, members = [], []
    for group in sorted(set(groups.values())):
        own = [f for f in firms if groups[f] == group]
        areas.append(
            {
                "cluster_id": group,
                "name_en": f"Chemistry and ash {group}",
                "name_zh": f"化工建材组团{group}",
                "firms": len(own),
                "sectors": "C26;C30",
                "internal_weight_share": 0.7,
                "stability": 0.93,
                "geometry": shapely.MultiPoint([points[f] for f in own[:4]]).buffer(90),
            }
        )
    for f in firms:
        members.append(
            {
                "enterprise_id": f,
                "cluster_id": groups[f],
                "strength": float(draw.uniform()),
                "role": "core",
                "geometry": points[f],
            }
        )
    return StepResult(
        {"cluster_areas": _spatial(areas), "cluster_members": _spatial(members)}, {"clusters": Figure(5, "")}
    )


def _siting(
    land: gpd.GeoDataFrame, firms: list[str], points: dict[str, shapely.Point], draw: np.random.Generator
) -> StepResult:
    sites, candidates, service = [], [], []
    for i, (utility, (unit, size)) in enumerate(UTILITIES.items()):
        home = land.geometry.iloc[3 * i + 1]
        sites.append(
            {
                "site_id": f"S-{utility}",
                "utility": utility,
                "status": "new" if i % 3 else "extended",
                "facility_id": "",
                "capacity": size,
                "unit": unit,
                "demand": 0.86 * size,
                "investment_cur": 1e6 * (i + 1) * 7,
                "cost_cur_a": 1e5 * (i + 3),
                "elevation_m": 12.0,
                "served": len(firms) - i,
                "name": f"{utility} works",
                "geometry": home,
            }
        )
        for k in range(0, len(land), 5):
            verdict = "rejected" if k % 3 else "eligible"
            candidates.append(
                {
                    "candidate_id": f"{utility}-{k}",
                    "utility": utility,
                    "status": verdict,
                    "rule": "residential_distance" if verdict == "rejected" else "",
                    "measured": 130.0 if verdict == "rejected" else np.nan,
                    "limit_value": 200.0,
                    "unit": "m",
                    "area_m2": 28_000.0,
                    "suitability": 0.6,
                    "source": "GB 50014",
                    "edition": "2021",
                    "confidence": "m",
                    "geometry": land.geometry.iloc[k],
                }
            )
        for f in firms[::6]:
            service.append(
                {
                    "service_id": f"{utility}-{f}",
                    "utility": utility,
                    "site_id": f"S-{utility}",
                    "enterprise_id": f,
                    "demand": 12.0,
                    "unit": unit,
                    "distance_m": 700.0,
                    "geometry": shapely.LineString([home.centroid, points[f]]),
                }
            )
    zone = [
        {
            "zone_id": "Z1",
            "rule": "residential_distance",
            "utility": "wastewater",
            "buffer_m": 200.0,
            "source": "GB 50014",
            "geometry": shapely.box(EAST - 450, NORTH - 100, EAST + 140, NORTH + 400),
        }
    ]
    answer = Answer("siting wastewater", 2.1e6, 2.0e6, 0.0476, "certified", 1.2, "currency/a")
    return StepResult(
        {
            "sites": _spatial(sites),
            "site_candidates": _spatial(candidates),
            "site_service": _spatial(service),
            "exclusion_zones": _spatial(zone),
        },
        {"sites": Figure(8, "")},
        answers=[answer],
    )


def _networks(land: gpd.GeoDataFrame, draw: np.random.Generator) -> StepResult:
    pipes, nodes = [], []
    x0, y0, x1, _ = land.total_bounds
    for i, utility in enumerate(["heat", "gas", "water", "wastewater", "hazardous_waste"]):
        for k in range(6):
            y = y0 + 160 * (k % 5) - 10 + 2 * i
            a = x0 + (x1 - x0) * k / 6
            pipes.append(
                {
                    "pipe_id": f"{utility}-{k}",
                    "utility": utility,
                    "site_id": f"S-{utility}",
                    "dn_mm": float([100, 150, 200, 300, 400, 600][k]),
                    "length_m": 400.0 + k,
                    "flow": 120.0,
                    "unit": "t/d",
                    "velocity_m_s": 1.1,
                    "loss_pa_m": 80.0,
                    "investment_cur": 250_000.0,
                    "road_id": f"H{k}",
                    "geometry": shapely.LineString([(a, y), (a + 300, y)]),
                }
            )
            nodes.append(
                {
                    "node_id": f"{utility}-{k}",
                    "utility": utility,
                    "kind": "consumer" if k else "source",
                    "enterprise_id": "E001",
                    "elevation_m": 12.0,
                    "head_m": 28.0,
                    "geometry": shapely.Point(a, y),
                }
            )
    return StepResult(
        {"network_pipes": _spatial(pipes), "network_nodes": _spatial(nodes)}, {"length": Figure(12.3, "km", 0.2)}
    )


def _outcomes(middles: gpd.GeoSeries) -> StepResult:
    rows = [
        ("energy", "tce/a", 120_000.0, 105_600.0, 0.8, ""),
        ("co2", "t/a", 310_000.0, 282_100.0, 0.8, ""),
        ("fresh_water", "t/d", 22_000.0, 17_400.0, 0.4, ""),
        ("wastewater", "t/d", 14_000.0, 11_000.0, 0.4, ""),
        ("solid_waste", "t/a", 64_000.0, 31_000.0, 0.9, ""),
        ("investment", "currency", 0.0, 84e6, 0.5, ""),
        ("saving", "currency/a", 0.0, 9.3e6, 0.5, ""),
    ]
    outcomes = pd.DataFrame(rows, columns=["outcome_id", "unit", "today", "planned", "estimated_share", "note"])
    outcomes.insert(4, "difference", outcomes["planned"] - outcomes["today"])
    outcomes["source"] = "balance"
    projects = pd.DataFrame(
        [
            {
                "project_id": f"J{i}",
                "step": "siting",
                "utility": u,
                "name_en": f"{u} works",
                "name_zh": f"{u}中心",
                "content_en": "Build a central works with its pipes along the streets",
                "content_zh": "沿道路建设集中设施及配套管网",
                "size": s[1],
                "unit": s[0],
                "investment_cur": 7e6 * (i + 1),
                "years": "2026-2028",
                "saving_cur_a": 4e5 * (i + 1),
                "payback_a": 17.5,
            }
            for i, (u, s) in enumerate(UTILITIES.items())
        ]
    )
    return StepResult({"outcomes": outcomes, "projects": projects}, {"energy": Figure(-12.0, "%", 0.8)})


def fake_document(park: Park, results: dict[str, StepResult]) -> dict[str, Any]:
    """What ``results.json`` would hold of them."""
    steps = {
        name: {
            "headline": {"en": f"{name} in a few words", "zh": f"{name}概要"},
            "figures": {
                k: {
                    "value": f.value,
                    "unit": f.unit,
                    "estimated_share": f.estimated_share,
                    "label": {"en": k, "zh": k},
                }
                for k, f in result.figures.items()
            },
            "findings": [
                {
                    "severity": f.severity,
                    "layer": f.layer,
                    "id": f.id,
                    "column": f.column,
                    "text": {"en": f.text("en"), "zh": f.text("zh")},
                    "remedy": {"en": f.remedy("en"), "zh": f.remedy("zh")},
                }
                for f in result.findings
            ],
        }
        for name, result in results.items()
    }
    source = {
        "key": "water.velocity_max",
        "value": 1.5,
        "unit": "m/s",
        "source": "GB 50282",
        "edition": "2016",
        "clause": "5.1.2",
        "confidence": "m",
        "note_en": "Upper bound",
        "note_zh": "上限",
    }
    return {
        "parkloop": "0.1.0",
        "park": {
            "id": "K",
            "name": park.info["name"],
            "crs": "EPSG:4326",
            "currency": "CNY",
            "synthetic": True,
            "rows": {},
        },
        "scenario": {"name": "base"},
        "steps": steps,
        "sources": [source],
    }
