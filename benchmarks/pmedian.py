"""p-median beside published optima and beside spopt: ``python -m benchmarks pmedian FILES --seconds 5 --json``.

A file is an ``.npz`` with ``dist`` (n, n) and ``p``, as OR-Library's pmed1-40 (Beasley, 1985) are kept; optima come from
``best_known.csv`` beside it. Without files, instances are drawn in the way of that family: a connected random graph of n nodes and
n^2 / 50 edges with lengths of 1 to 100, and the shortest paths in it. ``--spopt pmed6 pmed11`` solves these with spopt and HiGHS
through PuLP in the same run (all of them where none is named).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from parkloop.analysis.solvers.places import p_median

EXPECTED = "best_known.csv"
DRAWN = [(n, p) for n in (400, 900) for p in (5, 10, n // 10, n // 5, n // 3)]
LONGEST = 100  # length of an edge


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("files", type=Path, nargs="*", help="instances, or folders of them; drawn ones where none")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each instance")
    parser.add_argument("--seed", type=int, default=1, help="of drawn instances")
    parser.add_argument("--spopt", nargs="*", metavar="NAME", help="beside spopt with HiGHS: these, or all")
    parser.add_argument("--spopt-seconds", type=float, default=150.0, help="for each instance of spopt")
    parser.add_argument("--json", action="store_true", help="one object an instance")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Solve and print, line by line."""
    beside = arguments.spopt
    if beside is not None and importlib.util.find_spec("spopt") is None:
        raise SystemExit("spopt is not installed; it comes with pip install -e '.[dev]'.")
    if not arguments.json:
        print(
            "| instance | n | p | objective | optimum | bound | gap | status | s | spopt | its status | s | times faster |"
        )
        print("|---" * 13 + "|")
    for name, distance, p, optimum in instances(arguments.files, arguments.seed):
        row = case(name, distance, p, optimum, arguments.seconds)
        if beside is not None and (not beside or Path(name).stem in beside):
            row["spopt"] = spopt(distance, p, arguments.spopt_seconds)
            row["times_faster"] = row["spopt"]["seconds"] / row["seconds"]
        print(json.dumps(row) if arguments.json else told(row), flush=True)


def instances(files: list[Path], seed: int) -> Iterator[tuple[str, np.ndarray, int, float | None]]:
    """Name, distances, p, and the optimum where it is known."""
    if not files:
        yield from ((f"drawn n {n}, p {p}, seed {seed}", drawn(n, seed), p, None) for n, p in DRAWN)
        return
    for path in [one for given in files for one in (sorted(given.glob("*.npz")) if given.is_dir() else [given])]:
        try:
            with np.load(path) as held:
                distance, p = held["dist"].astype(float), int(held["p"])
        except (OSError, KeyError, ValueError) as error:
            raise SystemExit(f"{path}: no p-median instance with dist and p ({error}).") from None
        beside, number = path.with_name(EXPECTED), path.stem.removeprefix("pmed")
        known: dict[str, float] = {}
        if beside.exists():
            rows = pd.read_csv(beside, dtype={"pmed": str})
            known = dict(zip(rows["pmed"], rows["optimum"].astype(float), strict=True))
        yield str(path), distance, p, known.get(number)


def case(name: str, distance: np.ndarray, p: int, optimum: float | None, seconds: float) -> dict[str, Any]:
    """One instance; ``seconds`` of the row are those of the whole call."""
    begun = time.perf_counter()
    found = p_median(distance, None, p, time_limit_s=seconds, name=name)
    spent = time.perf_counter() - begun
    if found is None:
        raise SystemExit(f"{name}: no {p} sites serve everyone.")
    served = distance[:, found.sites].min(1).sum()  # the objective once more, from the sites alone
    answer = found.answer
    return {
        "instance": name,
        "n": len(distance),
        "p": p,
        "objective": float(served),
        "bound": answer.bound,
        "gap": answer.gap,
        "seconds": spent,
        "status": answer.status,
        "optimum": optimum,
        "excess": None if optimum is None else float(served) / optimum - 1,
    }


def told(row: dict[str, Any]) -> str:
    """A line of the table."""
    other = row.get("spopt", {})
    optimum = "" if row["optimum"] is None else f"{row['optimum']:,.0f}"
    theirs = " | | | " if not other else f" {other['objective']:,.0f} | {other['status']} | {other['seconds']:.1f} "
    faster = f"{row['times_faster']:.0f}" if other else ""
    return (
        f"| {Path(row['instance']).stem} | {row['n']} | {row['p']} | {row['objective']:,.0f} | {optimum} "
        f"| {row['bound']:,.1f} | {row['gap']:.4%} | {row['status']} | {row['seconds']:.2f} |{theirs}| {faster} |"
    )


def spopt(distance: np.ndarray, p: int, seconds: float) -> dict[str, Any]:
    """What spopt's PMedian finds with HiGHS through PuLP; the time includes making its model, as it does for ours."""
    import pulp
    from spopt.locate import PMedian

    begun = time.perf_counter()
    model = PMedian.from_cost_matrix(distance, np.ones(len(distance)), p_facilities=p)
    model.problem.solve(pulp.HiGHS(msg=False, timeLimit=seconds))
    spent = time.perf_counter() - begun
    status = pulp.LpSolution[model.problem.sol_status]
    value = pulp.value(model.problem.objective)
    return {"objective": float("nan") if value is None else float(value), "seconds": spent, "status": status}


def drawn(n: int, seed: int) -> np.ndarray:
    """(n, n) shortest paths in a connected random graph of n^2 / 50 edges."""
    rng = np.random.default_rng([seed, n])
    path, edges = rng.permutation(n), max(n * n // 50, n)
    a = np.r_[path[:-1], rng.integers(0, n, edges - n + 1)]
    b = np.r_[path[1:], rng.integers(0, n, edges - n + 1)]
    length = rng.integers(1, LONGEST + 1, edges).astype(float)
    # of edges drawn twice the last one stands, as in the published family; an edge to itself is none
    last = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "length": length})
    last = last[last["a"] != last["b"]].drop_duplicates(["a", "b"], keep="last")
    graph = coo_array((last["length"], (last["a"], last["b"])), shape=(n, n))
    return np.asarray(shortest_path(graph.tocsr(), directed=False))
