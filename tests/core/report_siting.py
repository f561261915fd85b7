"""Plausible tables of the siting studies for tests of the report: made up around the sites of a run, nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

FACTORS = ("demand", "works_price", "way_price", "energy_price")
HORIZONS = (("today", 2025, 0.62), ("near", 2030, 0.86), ("long", 2040, 1.0))
POLLUTANTS = {
    "heat": ("nox", "so2"),
    "wastewater": ("h2s", "nh3"),
    "solid_waste": ("nh3",),
    "hazardous_waste": ("hcl",),
    "waste_gas": ("voc",),
}
SHARES = (1.0, 5.0, 10.0, 25.0, 50.0, 100.0)
SPLIT = ("works", "land", "operation", "way", "losses")


def siting_tables(tables: Mapping[str, pd.DataFrame], seed: int = 5) -> dict[str, pd.DataFrame]:
    """Tables of siting as a run gives them: ``tables`` has sites, site_candidates and site_service, the rest is made up."""
    draw = np.random.default_rng(seed)
    sites = _split(tables["sites"], draw)
    candidates = _judged(tables["site_candidates"], draw)
    return {
        "sites": sites,
        "site_candidates": candidates,
        "site_service": tables["site_service"],
        "site_front": _front(sites, candidates, draw),
        "site_alternatives": _alternatives(sites, candidates, draw),
        "site_sensitivity": _sensitivity(sites, candidates, draw),
        "site_phases": _phases(sites),
        "site_outages": _outages(sites),
        "site_reach": _reach(sites),
        "wind_rose": wind_rose(),
        "site_exposure": _exposure(sites, draw),
        "site_protection": _protection(sites, draw),
        "plume_contours": _plumes(sites),
    }


def _split(sites: gpd.GeoDataFrame, draw: np.random.Generator) -> gpd.GeoDataFrame:
    parts = np.array([0.35, 0.03, 0.4, 0.2, 0.02]) * draw.uniform(0.4, 1.6, (len(sites), 5))
    parts[:, 4] *= sites["utility"].isin(["heat", "water"])
    parts /= parts.sum(axis=1, keepdims=True)
    found = sites.copy()
    for k, name in enumerate(SPLIT):
        found[f"{name}_cur_a"] = (parts[:, k] * found["cost_cur_a"]).round(0)
    found["co2_t_a"] = (found["cost_cur_a"] / 8_000.0).round(1)
    if "land_id" not in found:
        found["land_id"] = [f"P{i:03d}" for i in range(len(found))]
    if "exposed" not in found:
        found["exposed"] = draw.uniform(50, 900, len(found)).round(1)
    return found


def _judged(candidates: gpd.GeoDataFrame, draw: np.random.Generator) -> gpd.GeoDataFrame:
    found = candidates.copy()
    if "land_id" not in found:
        found["land_id"] = [f"P{i:03d}" for i in range(len(found))]
        found["name"] = [f"Plot {i}" for i in range(len(found))]
    free = found["status"] == "eligible"
    found["regret_cur_a"] = np.where(free, draw.gamma(2.0, 90_000.0, len(found)).round(0), np.nan)
    found["also_failed"] = np.where(found["status"] == "rejected", "too_steep;low_ground", "")
    for part in ("near", "gentle", "road", "exposure"):
        found[f"score_{part}"] = np.where(found["status"] == "rejected", np.nan, draw.uniform(0.2, 1, len(found)))
    return found


def _plan(mine: gpd.GeoDataFrame, free: list[str], swap: int) -> dict[str, object]:
    """A plan with one site of the chosen set moved to the piece of land ``swap``."""
    lands = [str(v) for v in mine["land_id"]]
    size = [f"{q:,.10g} {u}" for q, u in zip(mine["capacity"], mine["unit"], strict=True)]
    without = instead = ""
    if swap and free:
        without, instead = lands[-1], free[swap % len(free)]
        lands[-1] = instead
    return {
        "sites": "; ".join(f"{land} {q}" for land, q in zip(lands, size, strict=True)),
        "pins": ";".join(f"{mine['utility'].iloc[0]}:{land}" for land in lands),
        "count": len(lands),
        "without": without,
        "instead": instead,
    }


def _each(sites: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame):
    for utility, mine in sites.groupby("utility", sort=True):
        free = candidates[(candidates["utility"] == utility) & (candidates["status"] == "eligible")]
        total = {name: float(mine[name].sum()) for name in ("cost_cur_a", "exposed", "co2_t_a")}
        yield str(utility), mine, [str(v) for v in free["land_id"]], total


def _front(sites: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, draw: np.random.Generator) -> pd.DataFrame:
    rows = []
    for utility, mine, free, total in _each(sites, candidates):
        points = 1 if utility == "gas" else 6
        dearer = np.sort(np.r_[0.0, draw.gamma(1.5, 0.02, points - 1)])
        for k in range(points):
            plan = _plan(mine, free, k)
            rows.append(
                {
                    "point_id": f"{utility}-{k + 1:02d}",
                    "utility": utility,
                    "number": k + 1,
                    "sites": plan["sites"],
                    "pins": plan["pins"],
                    "count": plan["count"],
                    "cost_cur_a": total["cost_cur_a"] * (1 + dearer[k]),
                    "exposed": round(total["exposed"] * np.exp(-0.3 * k), 1),
                    "co2_t_a": total["co2_t_a"] * (1 + 0.1 * np.sin(2.0 * k)),
                    "goal": "cost" if k == 0 else "exposure" if k == points - 1 else "mixed",
                    "exposure_cur_person_a": 100.0 * k,
                    "co2_cur_t": 100.0,
                    "gap_pct": 0.02 * k,
                    "chosen": k == min(1, points - 1),
                    "estimated": "cost_cur_a;co2_t_a" if utility == "water" else "",
                }
            )
    return pd.DataFrame(rows)


def _alternatives(sites: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, draw: np.random.Generator) -> pd.DataFrame:
    rows = []
    for utility, mine, free, total in _each(sites, candidates):
        more = np.r_[0.0, np.sort(draw.gamma(1.2, 0.01, 5))]
        for rank in range(6 if free else 1):
            rows.append(
                {
                    "alternative_id": f"{utility}-{rank}",
                    "utility": utility,
                    "rank": rank,
                    **_plan(mine, free, rank),
                    "cost_cur_a": total["cost_cur_a"] * (1 + more[rank]),
                    "exposed": total["exposed"] * (1 + 0.05 * rank),
                    "co2_t_a": total["co2_t_a"],
                    "regret_cur_a": total["cost_cur_a"] * more[rank],
                    "regret_pct": 100 * more[rank],
                    "gap_pct": 0.05 if rank else 0.01,
                    "estimated": "",
                }
            )
    return pd.DataFrame(rows)


def _sensitivity(sites: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, draw: np.random.Generator) -> pd.DataFrame:
    rows = []
    for utility, mine, free, total in _each(sites, candidates):
        for f, factor in enumerate(FACTORS):
            for change in (-20.0, 20.0):
                moved = f == 0 and change > 0 and bool(free)
                effect = float(np.sign(change) * (15.0, 6.0, 3.0, 2.0)[f] * draw.uniform(0.6, 1.2))
                rows.append(
                    {
                        "change_id": f"{utility}-{factor}{'+' if change > 0 else '-'}",
                        "utility": utility,
                        "factor": factor,
                        "change_pct": change,
                        "cost_cur_a": total["cost_cur_a"] * (1 + effect / 100),
                        "cost_change_pct": round(effect, 3),
                        "same_sites": not moved,
                        "keep_regret_cur_a": 52_000.0 if moved else 0.0,
                        "gap_pct": 0.01,
                        "estimated": "",
                        **{k: v for k, v in _plan(mine, free, int(moved)).items() if k not in {"pins", "count"}},
                    }
                )
    return pd.DataFrame(rows)


def _phases(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = []
    for site in sites.itertuples():
        stands = 0.0
        for horizon, year, share in HORIZONS:
            goal = site.capacity * (share if horizon != "today" else 0.7) if site.status == "new" else site.capacity
            added = max(goal - stands, 0.0) if site.status == "new" else 0.0
            stands = goal
            rows.append(
                {
                    "phase_id": f"{site.site_id}:{horizon}",
                    "utility": site.utility,
                    "site_id": site.site_id,
                    "horizon": horizon,
                    "year": year,
                    "demand": site.demand * share,
                    "capacity": goal,
                    "added": added,
                    "unit": site.unit,
                    "investment_cur": site.investment_cur * added / site.capacity,
                    "present_cur": site.investment_cur * added / site.capacity * 1.06 ** (2025 - year),
                    "estimated": "",
                }
            )
    return pd.DataFrame(rows)


def _outages(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = []
    for _, mine in sites.groupby("utility", sort=True):
        for site in mine.itertuples():
            rest = float(mine["capacity"].sum() - site.capacity)
            need = float(mine["demand"].sum())
            served = min(100.0, 100 * rest / need)
            rows.append(
                {
                    "outage_id": site.site_id,
                    "utility": site.utility,
                    "site_id": site.site_id,
                    "served_pct": round(served, 2),
                    "lost": need * (1 - served / 100),
                    "unit": site.unit,
                    "firms": int(site.served) if served < 100 else 0,
                    "reason": "capacity" if served < 100 else "none",
                    "estimated": "",
                }
            )
    return pd.DataFrame(rows)


def _reach(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = [
        {
            "reach_id": f"{utility}-{p}",
            "utility": utility,
            "sites": p,
            "covered_pct": 100 * (1 - np.exp(-1.1 * p)),
            "radius_m": 1_500.0,
            "smallest_radius_m": 4_200.0 / p**0.5,
            "sites_for_all": np.nan if utility == "gas" else 5.0,
            "status": "optimal",
            "gap_pct": 0.0,
        }
        for utility in sorted(set(sites["utility"]))
        for p in range(1, 5)
    ]
    return pd.DataFrame(rows)


def wind_rose(directions: int = 16) -> pd.DataFrame:
    """Winds from the north-west in winter, from the south-east in summer."""
    bearing = np.arange(directions) * 360.0 / directions
    rows = []
    for season, main, calm in (("year", 135, 9.0), ("spring", 120, 7.0), ("summer", 140, 6.0), ("autumn", 160, 10.0), ("winter", 325, 12.0)):  # fmt: skip
        weight = np.exp(1.4 * np.cos(np.radians(bearing - main))) + 0.3
        frequency = (100 - calm) * weight / weight.sum()
        for b, f in zip(bearing, frequency, strict=True):
            rows.append(
                {
                    "rose_id": f"{season}:{b:05.1f}",
                    "season": season,
                    "direction_deg": b,
                    "frequency_pct": round(float(f), 2),
                    "speed_m_s": round(float(1.4 + 0.12 * f), 2),
                    "calm_pct": calm,
                    "used": True,
                    "source": "station 58457",
                    "estimated": "",
                }
            )
    return pd.DataFrame(rows)


def _exposure(sites: gpd.GeoDataFrame, draw: np.random.Generator) -> pd.DataFrame:
    rows = []
    for site in sites.itertuples():
        share = draw.dirichlet(np.ones(6)) * 100
        for k in range(6):
            rows.append(
                {
                    "exposure_id": f"{site.site_id}:S{k}",
                    "utility": site.utility,
                    "site_id": site.site_id,
                    "area_id": f"S{k}" if k else "raster:SW:1000",
                    "name": f"Village {k}" if k else "",
                    "kind": ("residential", "school", "hospital")[k % 3],
                    "people": float(400 * (k + 1)),
                    "distance_m": 300.0 + 210.0 * k,
                    "comes_from_deg": float((40 * k + 7) % 360),
                    "frequency_pct": 3.0 + k,
                    "frequency_year_pct": 4.0 + k,
                    "share_pct": float(share[k]),
                    "concentration_ug_m3": 0.4 / (k + 1) if site.utility in POLLUTANTS else np.nan,
                    "pollutant": POLLUTANTS.get(site.utility, ("",))[0],
                    "scheme": "isc3_rural",
                    "estimated": "",
                }
            )
    return pd.DataFrame(rows)


def _protection(sites: gpd.GeoDataFrame, draw: np.random.Generator) -> pd.DataFrame:
    rows = []
    for site in sites.itertuples():
        for pollutant in POLLUTANTS.get(site.utility, ()):
            distance = float(draw.uniform(20, 260))
            grade = 50.0 * np.ceil(distance / 50) if distance < 100 else 100.0 * np.ceil(distance / 100)
            people = float(draw.uniform(90, 900))
            rows.append(
                {
                    "protection_id": f"{site.site_id}:{pollutant}",
                    "utility": site.utility,
                    "site_id": site.site_id,
                    "pollutant": pollutant,
                    "qc_kg_h": 0.03,
                    "cm_mg_m3": 0.2,
                    "area_m2": 6_000.0,
                    "wind_m_s": 2.3,
                    "class": "1",
                    "distance_m": round(distance, 1),
                    "rounded_m": grade,
                    "site_m": grade,
                    "people_m": round(people, 1),
                    "kept": bool(people >= grade),
                    "source": "GB/T 39499",
                    "edition": "2020",
                    "confidence": "m",
                    "estimated": "",
                }
            )
    return pd.DataFrame(rows)


def _plumes(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = []
    for site in sites.itertuples():
        middle = site.geometry.centroid
        for pollutant in POLLUTANTS.get(site.utility, ()):
            for period, reach, top in (
                ("worst_hour", 900.0, 40.0),
                ("annual", 500.0, 12.0),
                ("summer", 450.0, 11.0),
            ):
                for share in [s for s in SHARES if s <= top]:
                    shape = shapely.affinity.scale(middle.buffer(reach / share**0.5), 1.0, 0.6)
                    rows.append(
                        {
                            "contour_id": f"{site.site_id}:{pollutant}:{period}:{share:05.1f}",
                            "utility": site.utility,
                            "site_id": site.site_id,
                            "pollutant": pollutant,
                            "scheme": "isc3_rural",
                            "stability": "screening" if period == "worst_hour" else "neutral",
                            "period": period,
                            "level_ug_m3": 2.0 * share,
                            "limit_ug_m3": 200.0,
                            "share_pct": share,
                            "highest_ug_m3": 2.0 * top,
                            "stack_height_m": 45.0 if site.utility in {"heat", "waste_gas"} else 5.0,
                            "emission_g_s": 0.4,
                            "rise_m": 22.0 if site.utility in {"heat", "waste_gas"} else 0.0,
                            "source": "GB 3095",
                            "edition": "2012",
                            "confidence": "m",
                            "estimated": "",
                            "geometry": shape,
                        }
                    )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=sites.crs)
