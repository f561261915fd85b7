"""Capacitated facility location, single source, beside HiGHS alone: ``python -m benchmarks cflp FILES --seconds 10 --json``.

A file holds ``m n``, m capacities, m opening costs, n demands and n rows of m costs of serving the whole of a customer
(``.gz`` is opened). Published best values come from a ``best_known.csv`` in the file's folder or one of the two above it,
by ``family/name``. Every plan is checked here, apart from the solver: whole customers, capacities, cost.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_array

from parkloop.analysis.solvers.location import Plan, Problem, locate

EXPECTED = "best_known.csv"
HEAD = (
    "instance",
    "customers x sites",
    "best known",
    "cost",
    "excess",
    "gap",
    "s",
    "status",
    "HiGHS alone: excess",
    "its gap",
    "s",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("files", type=Path, nargs="+", help="instances, or folders of them")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each instance, reading apart")
    parser.add_argument(
        "--alone", action=argparse.BooleanOptionalAction, default=True, help="HiGHS alone beside it"
    )
    parser.add_argument("--json", action="store_true", help="one object an instance")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Solve and print, each instance as it is done."""
    if not arguments.json:
        print("| " + " | ".join(HEAD) + " |")
        print("|---" * len(HEAD) + "|", flush=True)
    rows = []
    for path in files(arguments.files):
        try:
            problem = read(path)
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise SystemExit(f"{path}: not an instance of capacitated location: {error}") from None
        rows.append(case(path, problem, arguments.seconds, arguments.alone))
        print(json.dumps(rows[-1]) if arguments.json else _told(rows[-1]), flush=True)
    if not arguments.json:
        for line in summary(rows):
            print(line)


def files(given: Iterable[Path]) -> list[Path]:
    """The files themselves, folders opened, in the order of their numbers."""

    def inside(folder: Path) -> list[Path]:
        found = [p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".csv", ".md")]
        return sorted(found, key=lambda p: [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", str(p))])

    return [one for path in given for one in (inside(path) if path.is_dir() else [path])]


def read(path: Path) -> Problem:
    """The problem of a file.

    Raises
    ------
    OSError, ValueError
    """
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    numbers = np.array(text.split(), float)
    if len(numbers) < 2:
        raise ValueError("no numbers in it")
    m, n = int(numbers[0]), int(numbers[1])
    if len(numbers) != 2 + 2 * m + n + m * n:
        raise ValueError(f"{m} sites and {n} customers need {2 + 2 * m + n + m * n} numbers, not {len(numbers)}")
    capacity, fixed, demand, cost = np.split(numbers[2:], np.cumsum([m, m, n]))
    return Problem(demand, cost.reshape(n, m), np.arange(m), capacity, fixed, np.full(n, np.inf))


def label(path: Path) -> str:
    """``family/name`` of an instance: its folder and its file without endings."""
    return f"{path.resolve().parent.name}/{path.name.removesuffix('.gz').removesuffix('.txt')}"


def best_known(path: Path) -> float | None:
    """The published best value of an instance."""
    name = label(path)
    for folder in path.resolve().parents[:3]:
        if (folder / EXPECTED).exists():
            with (folder / EXPECTED).open(newline="") as file:
                for row in csv.DictReader(file):
                    if row["instance"] in (name, name.split("/")[-1]):
                        return float(row["best_known_single_source"])
    return None


def case(path: Path, problem: Problem, seconds: float, alone: bool) -> dict[str, Any]:
    """Our answer to one instance, checked, and that of HiGHS alone."""
    known = best_known(path)
    begun = time.perf_counter()
    plan = locate(problem, gap=0.0, time_limit_s=seconds, effort="thorough")
    spent = time.perf_counter() - begun
    row: dict[str, Any] = {
        "instance": str(path),
        "customers": problem.cost.shape[0],
        "sites": problem.cost.shape[1],
        **dict.fromkeys(("objective", "bound", "gap")),
        "seconds": spent,
        "status": "none found",
        "best_known": known,
        "excess": None,
        "checked": None,
    }
    if plan is not None:
        answer = plan.answer
        faults = check(problem, plan)
        row |= {"objective": answer.objective, "bound": answer.bound, "gap": answer.gap, "status": answer.status}
        row |= {"excess": _excess(answer.objective, known), "checked": not faults}
        if faults:
            row["faults"] = faults
    if alone:
        row["highs"] = highs(problem, seconds)
        row["highs"]["excess"] = _excess(row["highs"]["objective"], known)
    return row


def _excess(objective: float | None, known: float | None) -> float | None:
    return None if objective is None or known is None else (objective - known) / max(1.0, abs(known))


def check(problem: Problem, plan: Plan) -> list[str]:
    """What is wrong with a plan: customers not served whole and once, capacities, cost, bound; empty where all is right."""
    share = plan.share.toarray()
    faults = []
    whole = np.isin(share, (0.0, 1.0)).all() and (share.sum(1) == 1).all() and not plan.unserved.any()
    if not whole:
        faults.append("a customer is not served by one site as a whole")
    served = share.argmax(1)
    load = np.bincount(served, weights=problem.demand, minlength=share.shape[1])
    opened = np.flatnonzero(plan.option >= 0)
    if (problem.option_site[plan.option[opened]] != opened).any():
        faults.append("an option of another site is opened")
    room = np.zeros(share.shape[1])
    room[opened] = problem.option_capacity[plan.option[opened]]
    if (load > room * (1 + 1e-9)).any():
        faults.append("a capacity is exceeded")
    cost = problem.option_cost[plan.option[opened]].sum() + problem.cost[np.arange(len(served)), served].sum()
    if not abs(cost - plan.answer.objective) <= 1e-6 * max(1.0, abs(cost)):
        faults.append(f"the plan costs {cost}, not {plan.answer.objective}")
    if plan.answer.bound is not None and plan.answer.bound > cost * (1 + 1e-9) + 1e-6:
        faults.append("the bound is above the cost")
    return faults


def highs(problem: Problem, seconds: float) -> dict[str, Any]:
    """HiGHS on the strong formulation (x_ij <= y_j), with as many threads as it likes."""
    begun = time.perf_counter()
    n, m = problem.cost.shape
    p = n * m
    i, j = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    pair = m + np.arange(p)
    site = np.arange(m)
    row = np.r_[i, n + j, n + site, n + m + np.arange(p), n + m + np.arange(p)]
    column = np.r_[pair, pair, site, pair, j]
    value = np.r_[np.ones(p), problem.demand[i], -problem.option_capacity, np.ones(p), -np.ones(p)]
    matrix = coo_array((value, (row, column)), shape=(n + m + p, m + p)).tocsc()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = np.r_[problem.option_cost, problem.cost.ravel()]
    model.col_lower_, model.col_upper_ = np.zeros(m + p), np.ones(m + p)
    model.row_lower_ = np.r_[np.ones(n), np.full(m + p, -highspy.kHighsInf)]
    model.row_upper_ = np.r_[np.ones(n), np.zeros(m + p)]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
        matrix.indptr,
        matrix.indices,
        matrix.data,
    )
    model.integrality_ = [highspy.HighsVarType.kInteger] * (m + p)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(model)
    solver.setOptionValue("time_limit", max(0.0, seconds - (time.perf_counter() - begun)))
    solver.run()
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    objective = info.objective_function_value if found else None
    bound = info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None
    gap = None if objective is None or bound is None else max(0.0, objective - bound) / max(1.0, abs(objective))
    return {
        "objective": objective,
        "bound": bound,
        "gap": gap,
        "seconds": time.perf_counter() - begun,
        "status": solver.modelStatusToString(solver.getModelStatus()),
    }


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.3%}"


def _told(row: dict[str, Any]) -> str:
    other = row.get("highs", {})
    known, cost = ("none" if v is None else f"{v:,.2f}" for v in (row["best_known"], row["objective"]))
    cells = [
        label(Path(row["instance"])),
        f"{row['customers']} x {row['sites']}",
        known,
        cost,
        _share(row["excess"]),
        _share(row["gap"]),
        f"{row['seconds']:.1f}",
        row["status"] if row["checked"] in (True, None) else "; ".join(row["faults"]),
        *((_share(other["excess"]), _share(other["gap"]), f"{other['seconds']:.1f}") if other else ("", "", "")),
    ]
    return "| " + " | ".join(cells) + " |"


def summary(rows: list[dict[str, Any]]) -> list[str]:
    """A line for each family, and one for all."""
    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        families.setdefault(Path(row["instance"]).resolve().parent.name, []).append(row)
    if len(families) > 1:
        families["all"] = rows
    lines = []
    for family, members in families.items():
        parts = [f"{family}: {len(members)} instances"]
        for label, of in (("", members), ("HiGHS alone ", [row["highs"] for row in members if "highs" in row])):
            if not of:
                continue
            excess = [row["excess"] for row in of if row["excess"] is not None]
            gaps = [row["gap"] for row in of if row["gap"] is not None]
            none = sum(row["objective"] is None for row in of)
            if excess:
                parts.append(f"{label}excess mean {np.mean(excess):.3%}, worst {max(excess):.3%}")
            if gaps:
                parts.append(f"gap mean {np.mean(gaps):.3%}, worst {max(gaps):.3%}")
            if none:
                parts.append(f"no plan {none} times")
        lines.append("; ".join(parts))
    return lines
