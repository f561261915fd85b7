"""The whole run on synthetic parks of growing size: seconds and peak memory by step, and how they grow.

Each size runs in a process of its own, because the peak memory of a process never falls.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (50, 200, 800)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of enterprises")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one object a park instead of a table")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Measure every size and print the table."""
    rows = [_one(size, arguments.seed) for size in arguments.sizes]
    if arguments.json:
        for row in rows:
            print(json.dumps(row))
        return
    steps = list(rows[0]["seconds"])
    print(f"Whole run, seed {arguments.seed}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| enterprises | parcels | buildings | " + " | ".join(steps) + " | peak MB |")
    print("|---" * (4 + len(steps)) + "|")
    for row in rows:
        cells = [f"{row['seconds'][step]:.1f} s" for step in steps]
        print(
            f"| {row['enterprises']} | {row['parcels']} | {row['buildings']} | {' | '.join(cells)} | {row['peak_mb']:.0f} |"
        )
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        span = math.log(last["enterprises"] / first["enterprises"])
        growth = [
            f"{math.log(max(last['seconds'][s], 1e-3) / max(first['seconds'][s], 1e-3)) / span:.2f}" for s in steps
        ]
        print(
            f"| growth exponent | | | {' | '.join(growth)} | {math.log(last['peak_mb'] / first['peak_mb']) / span:.2f} |"
        )
    print("\nPeak memory by step, MB (of the process so far)\n")
    names = list(rows[0]["peak_by_step_mb"])
    print("| enterprises | " + " | ".join(names) + " |")
    print("|---" * (1 + len(names)) + "|")
    for row in rows:
        print(f"| {row['enterprises']} | " + " | ".join(f"{row['peak_by_step_mb'][n]:.0f}" for n in names) + " |")


def _one(enterprises: int, seed: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        park, out = Path(folder, "park.gpkg"), Path(folder, "run")
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "parkloop", "synth", "--enterprises", str(enterprises), "--seed", str(seed), "-o", str(park), "-q"],
            check=True,
        )  # fmt: skip
        made = time.perf_counter()
        subprocess.run([sys.executable, "-m", "parkloop", "run", str(park), "-o", str(out), "-q"], check=True)
        done = time.perf_counter()
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))
        document = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return {
        "enterprises": enterprises,
        "parcels": document["park"]["rows"]["parcels"],
        "buildings": document["park"]["rows"]["buildings"],
        "seconds": {"synth": made - start, **record["seconds"], "whole run": done - made},
        "peak_by_step_mb": record["peak_mb"],
        "peak_mb": record["peak_mb"]["writing"],
    }
