"""Heat targets beside published ones: ``python -m benchmarks pinch FILES --json``.

A file is a table of streams (zone, stream, t_supply_c, t_target_c, heat_kw, dt_cont_k; ``kind`` hot or cold where a stream
keeps its temperature). Expected figures come from ``targets.csv`` beside it (case, hot_utility_kw, cold_utility_kw).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import pandas as pd

from parkloop.analysis.errors import Finding, InputError
from parkloop.analysis.targets.pinch import Streams, target

NUMBERS = ("t_supply_c", "t_target_c", "heat_kw", "dt_cont_k")
EXPECTED = "targets.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("files", type=Path, nargs="+", help="tables of streams, or folders of them")
    parser.add_argument("--json", action="store_true", help="one object an instance")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Solve and print; a fault of a file ends with its sentence."""
    try:
        rows = [case(path) for path in files(arguments.files, "*.csv") if path.name != EXPECTED]
    except InputError as error:
        raise SystemExit(str(error)) from None
    if arguments.json:
        for row in rows:
            print(json.dumps(row))
        return
    print(
        "| case | streams | hot kW | expected | cold kW | expected | pinch (shifted) C | met |\n|---|---|---|---|---|---|---|---|"
    )
    for row in rows:
        cells = (row["hot_utility_kw"], row["expected_hot_kw"], row["cold_utility_kw"], row["expected_cold_kw"])
        shown = " | ".join("" if v is None else f"{v:,.2f}" for v in cells)
        pinch = ", ".join(f"{t:.2f}" for t in row["pinch_shifted_c"]) or "none"
        print(f"| {Path(row['instance']).stem} | {row['streams']} | {shown} | {pinch} | {told(row['met'])} |")


def told(met: bool | None) -> str:
    """Whether the answer is the expected one, in a word."""
    return "not known" if met is None else "yes" if met else "no"


def files(given: list[Path], pattern: str) -> list[Path]:
    """The files themselves, folders opened."""
    return [one for path in given for one in (sorted(path.glob(pattern)) if path.is_dir() else [path])]


def case(path: Path) -> dict[str, Any]:
    """Targets of one file beside the expected ones, which are within 0.01 % or 0.05 kW where ``met``."""
    begun = time.perf_counter()
    table = read(path)
    found = target(streams(table, path.name))
    row: dict[str, Any] = {
        "instance": str(path),
        "streams": len(table),
        "hot_utility_kw": found.hot_kw,
        "cold_utility_kw": found.cold_kw,
        "pinch_shifted_c": found.pinch_c.tolist(),
        "seconds": time.perf_counter() - begun,
        **dict.fromkeys(("expected_hot_kw", "expected_cold_kw", "met")),
    }
    beside = path.with_name(EXPECTED)
    known = pd.read_csv(beside).set_index("case") if beside.exists() else pd.DataFrame()
    if path.stem in known.index:
        hot, cold = known.loc[[path.stem], ["hot_utility_kw", "cold_utility_kw"]].to_numpy(float)[0]
        pairs = ((found.hot_kw, hot), (found.cold_kw, cold))
        met = all(abs(got - wanted) <= max(0.05, 1e-4 * abs(wanted)) for got, wanted in pairs)
        row |= {"expected_hot_kw": float(hot), "expected_cold_kw": float(cold), "met": bool(met)}
    return row


def read(path: Path) -> pd.DataFrame:
    """The table of a file, every number in its place.

    Raises
    ------
    InputError
    """
    try:
        table = pd.read_csv(path)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError.of("targets.unreadable", str(path), reason=str(error)) from None
    missing = [name for name in ("stream", *NUMBERS) if name not in table]
    if missing:
        raise InputError.of("targets.no_column", path.name, column=missing[0])
    for name in NUMBERS:
        table[name] = pd.to_numeric(table[name], errors="coerce")
    return table


def streams(table: pd.DataFrame, name: str) -> Streams:
    """The streams of a table; each that cannot be used is named.

    Raises
    ------
    InputError
    """
    supply, end = table["t_supply_c"], table["t_target_c"]
    said = table["kind"] if "kind" in table else pd.Series("", index=table.index)
    hot = (supply > end) | ((supply == end) & (said == "hot"))
    wrong = ((said == "hot") & (supply < end)) | ((said == "cold") & (supply > end))
    findings = []
    for key, column, bad in (
        ("links.no_temperature", "t_supply_c", supply.isna() | end.isna()),
        ("links.no_duty", "heat_kw", ~(table["heat_kw"] > 0) | table["heat_kw"].map(math.isinf)),
        ("targets.bad_approach", "dt_cont_k", ~(table["dt_cont_k"] >= 0)),
        ("links.temperatures_cross", "t_supply_c", wrong),
        ("targets.level_without_kind", "kind", (supply == end) & ~said.isin(["hot", "cold"])),
    ):
        for row in table[bad].itertuples():
            values = {"supply": row.t_supply_c, "target": row.t_target_c}
            findings.append(Finding(key, "error", name, str(row.stream), column, values))
    if findings:
        raise InputError(*findings)
    ends, duty, share = (table[column].to_numpy(float) for column in ("t_target_c", "heat_kw", "dt_cont_k"))
    return Streams(supply.to_numpy(float), ends, duty, hot.to_numpy(), share)
