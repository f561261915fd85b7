"""Circular links of a large made park beside HiGHS alone: ``python -m benchmarks links``.

The park is drawn from a seed: firms in a square, flows of materials of the catalogue, heat and water streams. The step's own
candidates make the problem, once with the fixed cost of each link and least quantities and once without. Beside our
answer stands HiGHS on the plain model (a binary a link, its flows at most its greatest quantity, all rows as they are)
with the same time and as many threads as it likes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import highspy
import numpy as np
import pandas as pd
import pyproj
import shapely
from scipy.sparse import coo_array, csr_array, hstack, vstack

from parkloop.analysis.links import catalogue, heat, material, water
from parkloop.analysis.links.costs import Costs
from parkloop.analysis.links.places import locate
from parkloop.analysis.links.relief import relief
from parkloop.analysis.park.model import Park, complete
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.solvers import fixed_charge

KINDS = ("water", "material", "heat")  # the quickest first
HECTARES = 10  # of the square a firm
CRS = pyproj.CRS.from_epsg(4549)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("--firms", type=int, default=500)
    parser.add_argument("--flows", type=int, default=5000, help="material flows")
    parser.add_argument("--materials", type=int, default=60)
    parser.add_argument("--streams", type=int, default=300, help="heat streams, and as many water streams")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--seconds", type=float, default=30.0, help="for all kinds of link together")
    parser.add_argument(
        "--alone", action=argparse.BooleanOptionalAction, default=True, help="HiGHS alone beside it"
    )
    parser.add_argument("--json", action="store_true", help="one object an instance")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    if not arguments.json:
        print("| instance | links to choose from | benefit | bound | gap | s | HiGHS alone | its gap | s |")
        print("|---" * 9 + "|")
    for seed in arguments.seed:
        park = drawn(arguments.firms, arguments.flows, arguments.materials, arguments.streams, seed)
        for charged in (True, False):
            # without fixed costs the problem is linear: a third of the time must do
            seconds = arguments.seconds if charged else arguments.seconds / 3
            row = case(park, seed, charged, seconds, arguments.alone)
            print(json.dumps(row) if arguments.json else _told(row))


def case(park: Park, seed: int, charged: bool, seconds: float, alone: bool) -> dict[str, Any]:
    """One park with or without fixed costs and least quantities: our answer, and that of HiGHS alone."""
    made = list(problems(park, charged))
    begun = time.perf_counter()
    answers = {}
    for kind, problem in made:
        left = seconds - (time.perf_counter() - begun)
        answers[kind] = fixed_charge.solve(problem, kind, "CNY/a", 0.0, left, lambda: False)
    spent = time.perf_counter() - begun
    found = _summed([(answer.objective, answer.bound) for _, answer in answers.values()])
    row: dict[str, Any] = {
        "instance": f"seed {seed}, {'fixed costs and lots' if charged else 'without fixed costs'}",
        "candidates": sum(len(problem.fixed) for _, problem in made),
        "feasible": all(feasible(problem, answers[kind][0]) for kind, problem in made),
        **found,
        "seconds": spent,
        "status": "/".join(answer.status for _, answer in answers.values()),
        "kinds": {
            kind: {"objective": a.objective, "gap": a.gap, "seconds": a.seconds} for kind, (_, a) in answers.items()
        },
    }
    if alone:
        begun = time.perf_counter()
        # each kind gets the share of the time that its columns have
        size = sum(len(problem.gain) for _, problem in made)
        plain = [highs(problem, seconds * len(problem.gain) / max(size, 1)) for _, problem in made]
        row["highs"] = _summed(plain) | {"seconds": time.perf_counter() - begun}
    return row


def _summed(answers: list[tuple[float, float | None]]) -> dict[str, float | None]:
    objective = sum(value for value, _ in answers)
    bounds = [bound for _, bound in answers if bound is not None]
    bound = sum(bounds) if len(bounds) == len(answers) else None
    gap = None if bound is None else (bound - objective) / max(1.0, abs(objective))
    return {"objective": objective, "bound": bound, "gap": gap}


def _told(row: dict[str, Any]) -> str:
    other = row.get("highs", {})
    gap, its = row["gap"], other.get("gap")
    return (
        f"| {row['instance']} | {row['candidates']:,} | {row['objective'] / 1e6:,.3f} M | {row['bound'] / 1e6:,.3f} M "
        f"| {gap:.4%} | {row['seconds']:.1f} | {other.get('objective', float('nan')) / 1e6:,.3f} M "
        f"| {'none' if its is None else f'{its:.2%}'} | {other.get('seconds', float('nan')):.1f} |"
    )


def problems(park: Park, charged: bool) -> Iterator[tuple[str, fixed_charge.Problem]]:
    """The optimisation of each kind of link, as the step makes it; ``charged`` with fixed costs and least quantities."""
    scenario = Scenario()
    costs = Costs.of(park, scenario)
    places, _ = locate(park, costs.standards)
    choices = scenario.links
    for kind in KINDS:
        if kind == "material":
            flows, _ = material.flows(park, places, choices)
            pairs = material.candidates(flows, places, costs, choices)
            problem = material.problem(flows, material.select(pairs), choices)
        elif kind == "heat":
            streams, _ = heat.streams(park, places, choices)
            price = relief(park, places, costs)["price_cur_gj"]
            problem = heat.problem(streams, heat.candidates(streams, places, costs, choices, price), choices)
        else:
            streams, _ = water.streams(park, places, choices)
            chosen = water.select(water.candidates(streams, places, costs, choices))
            problem = water.problem(streams, chosen, costs, choices)
        if not charged:
            problem = replace(problem, fixed=np.zeros_like(problem.fixed), lot=np.zeros_like(problem.lot))
        yield kind, problem


def feasible(problem: fixed_charge.Problem, x: np.ndarray) -> bool:
    """Whether flows keep every row, bound and least quantity to 1e-6 of their size."""
    linked = problem.link >= 0
    total = np.bincount(problem.link[linked], weights=x[linked], minlength=len(problem.fixed))
    rows = problem.rows @ x <= problem.limit + 1e-6 * np.maximum(problem.limit, 1.0)
    lots = (total <= 0) | (total >= problem.lot * (1 - 1e-6))
    return bool(rows.all() and lots.all() and (x >= 0).all() and (x <= problem.upper * (1 + 1e-9)).all())


def highs(problem: fixed_charge.Problem, seconds: float) -> tuple[float, float | None]:
    """Objective and bound of HiGHS on the plain model after so many seconds; without any point the empty plan."""
    n, k = len(problem.gain), len(problem.fixed)
    linked = np.flatnonzero(problem.link >= 0)
    binary = (problem.fixed > 0) | (problem.lot > 0)
    each = (np.ones(len(linked)), (problem.link[linked], linked))
    flows = csr_array(coo_array(each, shape=(k, n)))
    use = np.flatnonzero(binary)
    ones = csr_array(coo_array((np.ones(len(use)), (np.arange(len(use)), use)), shape=(len(use), k)))
    most = ones.multiply(problem.most[use][:, None])
    least = ones.multiply(problem.lot[use][:, None])
    rows = csr_array(
        vstack(
            [
                hstack([problem.rows, csr_array((len(problem.limit), k))]),
                hstack([flows[use], -most]),
                hstack([flows[use], -least]),
            ]
        )
    ).tocsc()
    inf = highspy.kHighsInf
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n + k, rows.shape[0]
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = np.r_[problem.gain, -problem.fixed]
    lp.col_lower_, lp.col_upper_ = np.zeros(n + k), np.r_[problem.upper, np.ones(k)]
    lp.row_lower_ = np.r_[np.full(len(problem.limit) + len(use), -inf), np.zeros(len(use))]
    lp.row_upper_ = np.r_[problem.limit, np.zeros(len(use)), np.full(len(use), inf)]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    if binary.any():
        lp.integrality_ = [kinds[0]] * n + [kinds[int(b)] for b in binary]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", float(seconds))
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(lp)
    solver.run()
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    objective = max(info.objective_function_value, 0.0) if found else 0.0
    if not binary.any():
        return objective, objective if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal else None
    return objective, info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None


def drawn(firms: int, flows: int, materials: int, streams: int, seed: int) -> Park:
    """A park of so many firms, material flows of so many materials, heat streams and water streams.

    Materials are drawn among the non-hazardous ones that a pattern names; half of the flows are given, half bought. Quantities
    are log-normal (median 1,000 t/a; 1,500 kW; 200 t/d), prices scatter about the catalogue's.
    """
    rng = np.random.default_rng([seed, firms, flows])
    names = np.array([f"F{k:05d}" for k in range(firms)])
    side = float(np.sqrt(firms * HECTARES * 10_000))
    places = [shapely.Point(500_000 + x, 3_500_000 + y) for x, y in rng.uniform(0, side, (firms, 2))]
    sectors = rng.choice([f"C{k}" for k in range(13, 44)], firms)
    frames: dict[str, pd.DataFrame] = {
        "park": gpd.GeoDataFrame(
            {"park_id": ["made"], "name": ["made"], "base_year": [2024], "currency": ["CNY"]},
            geometry=[shapely.box(500_000, 3_500_000, 500_000 + side, 3_500_000 + side)],
            crs=CRS,
        ),
        "enterprises": gpd.GeoDataFrame(
            {"enterprise_id": names, "name": names, "sector": sectors}, geometry=places, crs=CRS
        ),
        "material_flows": _flows(rng, names, flows, materials),
        "heat_streams": _heat(rng, names, streams),
        "water_streams": _water(rng, names, streams),
    }
    return Park({name: complete(frame, name) for name, frame in frames.items()}, CRS, CRS)


def _flows(rng: np.random.Generator, firms: np.ndarray, count: int, materials: int) -> pd.DataFrame:
    known = catalogue.materials()
    rows = catalogue.patterns()
    written = rows[rows["pattern"] != "direct"]
    usable = sorted(set(written["from_material"]) | set(written["to_material"]))
    usable = [code for code in usable if not known.at[code, "hazardous"]]
    chosen = rng.choice(usable, materials, replace=False)
    material = rng.choice(chosen, count)
    out = rng.random(count) < 0.5
    price = known["price_cny_t"].reindex(material).to_numpy() * rng.lognormal(0, 0.2, count)
    return pd.DataFrame(
        {
            "flow_id": [f"M{k:06d}" for k in range(count)],
            "enterprise_id": rng.choice(firms, count),
            "material": material,
            "direction": np.where(out, "out", "in"),
            "role": np.where(out, "waste", "raw_material"),
            "quantity_t_a": rng.lognormal(np.log(1000), 1.2, count),
            "price_cur_t": np.where(out, np.nan, price),
            "disposal_cur_t": np.where(out, rng.uniform(0, 400, count), np.nan),
            "purity_pct": np.where(out, rng.uniform(60, 100, count), rng.uniform(30, 90, count)),
        }
    )


def _heat(rng: np.random.Generator, firms: np.ndarray, count: int) -> pd.DataFrame:
    hot = rng.random(count) < 0.5
    low, span = rng.uniform(20, 150, count), rng.uniform(10, 120, count)
    supply, target = np.where(hot, low + span + 40, low), np.where(hot, low + 40, low + span)
    return pd.DataFrame(
        {
            "stream_id": [f"H{k:06d}" for k in range(count)],
            "enterprise_id": rng.choice(firms, count),
            "kind": np.where(hot, "hot", "cold"),
            "t_supply_c": supply,
            "t_target_c": target,
            "duty_kw": rng.lognormal(np.log(1500), 1.0, count),
            "hours_a": rng.uniform(3000, 8400, count),
        }
    )


def _water(rng: np.random.Generator, firms: np.ndarray, count: int) -> pd.DataFrame:
    demand = rng.random(count) < 0.5

    def level(low: float, high: float, spread: float) -> np.ndarray:
        return np.where(demand, rng.uniform(low, high, count), rng.lognormal(np.log(high), spread, count))

    return pd.DataFrame(
        {
            "stream_id": [f"W{k:06d}" for k in range(count)],
            "enterprise_id": rng.choice(firms, count),
            "direction": np.where(demand, "demand", "discharge"),
            "flow_t_d": rng.lognormal(np.log(200), 1.0, count),
            "cod_mg_l": level(10, 120, 0.8),
            "ss_mg_l": level(5, 80, 0.8),
            "tds_mg_l": level(200, 1500, 0.5),
            "nh3n_mg_l": level(1, 20, 0.8),
        }
    )
