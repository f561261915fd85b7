"""The siting step on a large made park: ``python -m benchmarks siting``.

The park is drawn from a seed: firms with demand for every utility in a square with a grid of streets, vacant parcels to build
on, housing, exclusions and buildings. Printed are the seconds and the greatest memory of the whole step (candidates,
screening, ways, choices, alternatives, fronts, sensitivity), and bound, gap and sites of each utility.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from parkloop.analysis.park.model import Park, complete
from parkloop.analysis.scenario import Scenario, Siting
from parkloop.analysis.siting import run
from parkloop.analysis.steps import Progress, StepResult

CRS = pyproj.CRS.from_epsg(4549)
ORIGIN = np.array([500_000.0, 3_500_000.0])
BLOCK_M = 100.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("--firms", type=int, default=1000)
    parser.add_argument("--candidates", type=int, default=500)
    parser.add_argument("--edges", type=int, default=20_000, help="of the road graph, about")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--split", action="store_true", help="a firm may be served by several sites")
    parser.add_argument(
        "--plain", action="store_true", help="the plans alone: no fronts, alternatives, sensitivity"
    )
    parser.add_argument("--json", action="store_true", help="one object a seed")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    for seed in arguments.seed:
        park = drawn(arguments.firms, arguments.candidates, arguments.edges, seed)
        less = {"front_points": 0, "alternatives": 0, "sensitivity_pct": 0.0} if arguments.plain else {}
        choices = Siting(single_source=not arguments.split, most_candidates=arguments.candidates, **less)
        steps: list[tuple[str, float]] = []
        begun = time.perf_counter()

        def told(fraction: float, key: str, values: Any, since: float = begun, into: Any = steps) -> None:
            into.append((f"{key} {values.get('utility', '')}".strip(), time.perf_counter() - since))

        result = run(park, Scenario(siting=choices), {}, Progress(told))
        row = told_of(result, seed, time.perf_counter() - begun)
        row["steps"] = [(name, round(seconds, 2)) for name, seconds in steps]
        print(json.dumps(row) if arguments.json else _table(row))


def told_of(result: StepResult, seed: int, seconds: float) -> dict[str, Any]:
    """What the step came to."""
    sites = result.tables["sites"]
    gaps = {answer.name.removeprefix("siting."): answer.gap for answer in result.answers}
    known = [gap for gap in gaps.values() if gap is not None]
    return {
        "instance": f"seed {seed}",
        "utilities": {
            answer.name.removeprefix("siting."): {
                "objective": answer.objective,
                "bound": answer.bound,
                "gap": answer.gap,
                "status": answer.status,
                "seconds": answer.seconds,
                "sites": int((sites["utility"] == answer.name.removeprefix("siting.")).sum()),
            }
            for answer in result.answers
        },
        "mean_gap": float(np.mean(known)),
        "worst_gap": float(np.max(known)),
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _table(row: dict[str, Any]) -> str:
    lines = ["| utility | sites | cost | bound | gap | status | s |", "|---" * 7 + "|"]
    for utility, found in row["utilities"].items():
        lines.append(
            f"| {utility} | {found['sites']} | {found['objective'] / 1e6:,.3f} M | {found['bound'] / 1e6:,.3f} M "
            f"| {found['gap']:.3%} | {found['status']} | {found['seconds']:.1f} |"
        )
    lines.append(
        f"\n{row['instance']}: {row['seconds']:.1f} s, {row['peak_mb']:,.0f} MB, "
        f"gap {row['mean_gap']:.3%} on average, {row['worst_gap']:.3%} at worst\n"
    )
    return "\n".join(lines)


def drawn(firms: int, candidates: int, edges: int, seed: int) -> Park:
    """A park of so many firms, vacant parcels and road edges."""
    rng = np.random.default_rng([seed, firms, candidates])
    lines = max(2, round(np.sqrt(edges / 2)))
    side = lines * BLOCK_M
    names = np.array([f"F{k:05d}" for k in range(firms)])
    streets = np.arange(lines + 1) * BLOCK_M
    east, north = ORIGIN
    across = [shapely.LineString([(east, north + y), (east + side, north + y)]) for y in streets]
    along = [shapely.LineString([(east + x, north), (east + x, north + side)]) for x in streets]
    frames: dict[str, pd.DataFrame] = {
        "park": gpd.GeoDataFrame(
            {"park_id": ["made"], "name": ["made"], "base_year": [2024], "currency": ["CNY"]},
            geometry=[shapely.box(*ORIGIN, *(ORIGIN + side))],
            crs=CRS,
        ),
        "roads": _layer("road_id", "R", [*across, *along]),
        "enterprises": _layer("enterprise_id", "F", shapely.points(_spread(rng, firms, side, 0.0))).assign(
            enterprise_id=names, name=names, sector=rng.choice([f"C{k}" for k in range(13, 44)], firms)
        ),
        "parcels": _layer("parcel_id", "P", _boxes(rng, candidates, side, 120, 320)).assign(
            land_use="vacant", planned_use="industrial", land_grade=rng.integers(5, 12, candidates)
        ),
        "buildings": _layer("building_id", "B", _boxes(rng, 3 * firms, side, 15, 60)),
        "sensitive_areas": _layer("area_id", "S", _boxes(rng, 40, side, 150, 500)).assign(
            kind="residential", population=rng.integers(200, 3000, 40).astype(float)
        ),
        "exclusions": _layer("exclusion_id", "X", _boxes(rng, 60, side, 100, 400)).assign(
            kind=rng.choice(["flood", "farmland", "water_source", "power_line"], 60)
        ),
        **_streams(rng, names),
    }
    return Park({name: complete(frame, name) for name, frame in frames.items()}, CRS, CRS)


def _spread(rng: np.random.Generator, count: int, side: float, margin: float) -> np.ndarray:
    """Half of the places anywhere, half around ten centres."""
    centres = rng.uniform(0.1 * side, 0.9 * side, (10, 2))
    near = centres[rng.integers(0, 10, count)] + rng.normal(0, 0.06 * side, (count, 2))
    place = np.where(rng.random(count)[:, None] < 0.5, rng.uniform(0, side, (count, 2)), near)
    return np.round(ORIGIN + np.clip(place, margin, side - margin), 2)


def _boxes(rng: np.random.Generator, count: int, side: float, least_m: float, most_m: float) -> np.ndarray:
    corner = _spread(rng, count, side, most_m)
    size = rng.uniform(least_m, most_m, (count, 2))
    return shapely.box(corner[:, 0] - size[:, 0] / 2, corner[:, 1] - size[:, 1] / 2, *(corner + size / 2).T)


def _layer(key: str, letter: str, shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({key: [f"{letter}{k:06d}" for k in range(len(shapes))]}, geometry=list(shapes), crs=CRS)


def _streams(rng: np.random.Generator, names: np.ndarray) -> dict[str, pd.DataFrame]:
    """Demand of every firm for every utility, log-normal."""
    n = len(names)

    def size(median: float) -> np.ndarray:
        return rng.lognormal(np.log(median), 1.1, n)

    def table(key: str, letter: str, **columns: Any) -> pd.DataFrame:
        return pd.DataFrame({key: [f"{letter}{k:06d}" for k in range(n)], "enterprise_id": names, **columns})

    water = [
        table(
            "stream_id",
            "D",
            direction="demand",
            flow_t_d=size(150),
            cod_mg_l=rng.choice([10.0, 80.0], n),
            tds_mg_l=1200.0,
        ),
        table("stream_id", "W", direction="discharge", flow_t_d=size(120), cod_mg_l=300.0),
    ]
    flows = [
        table(
            "flow_id",
            "M",
            material="fly_ash",
            direction="out",
            role="waste",
            quantity_t_a=size(800),
            hazardous=False,
        ),
        table(
            "flow_id",
            "H",
            material="spent_solvent",
            direction="out",
            role="waste",
            quantity_t_a=size(60),
            hazardous=True,
        ),
    ]
    return {
        "heat_streams": table("stream_id", "T", kind="cold", t_supply_c=60.0, t_target_c=150.0, duty_kw=size(900)),
        "energy_use": table("energy_id", "G", carrier="natural_gas", energy_gj_a=size(15_000)),
        "water_streams": pd.concat(water, ignore_index=True),
        "material_flows": pd.concat(flows, ignore_index=True),
        "emissions": table("emission_id", "A", pollutant="voc", amount_t_a=size(4), gas_m3_h=size(8_000)),
    }
