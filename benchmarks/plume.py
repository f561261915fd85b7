"""Plumes and protection distances beside published values: ``python -m benchmarks plume``."""

from __future__ import annotations

import argparse
import json

import numpy as np

from parkloop.analysis.siting.exposure import dispersion, means, plume, protection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("--json", action="store_true", help="one object a value")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Print each value with what is published."""
    rows = values()
    if arguments.json:
        for row in rows:
            print(json.dumps(row))
        return
    print("| value | unit | computed | published | source |\n|---|---|---|---|---|")
    for row in rows:
        told = "" if row["published"] is None else f"{row['published']:g}"
        print(f"| {row['instance']} | {row['unit']} | {row['computed']:.4g} | {told} | {row['source']} |")


def values() -> list[dict[str, str | float | None]]:
    """The values: handbook plume, greatest concentration, spread at 1 km by scheme, seams of the protection distance."""
    rows: list[dict[str, str | float | None]] = []

    def row(instance: str, unit: str, computed: float, published: float | None, source: str) -> None:
        rows.append(
            {
                "instance": instance,
                "unit": unit,
                "computed": round(computed, 4),
                "published": published,
                "source": source,
            }
        )

    ground = float(plume.concentration(5, 2, 30, 50, 30))
    row("Q 5 g/s, u 2 m/s, H 30 m, sigma 50 and 30 m: ground centreline", "ug/m3", ground, 320, "handbook example")
    x = np.arange(100.0, 20_000.0, 10.0)
    line = plume.centreline("isc3_rural", "D", 110, 5, 100, x)
    case = "isc3_rural, class D, H 100 m, Q 110 g/s, u 5 m/s"
    row(f"{case}: greatest", "ug/m3", float(line.max()), 179, "ISC3 Pasquill-Gifford rural")
    row(f"{case}: at distance", "m", float(x[line.argmax()]), 3000, "ISC3 Pasquill-Gifford rural")
    martin = {"A": (213, 450), "B": (156, 110), "C": (104, 61), "D": (68, 32), "E": (50, 21.5), "F": (34, 14)}
    for scheme in dispersion.SCHEMES:
        for stability in dispersion.CLASSES:
            for quantity, published in zip(("sigma_y", "sigma_z"), martin[stability], strict=True):
                found = float(dispersion.sigma(scheme, stability, quantity, np.array([1000.0]))[0])
                curves = scheme in ("isc3_rural", "gbt3840")
                row(
                    f"{scheme}, class {stability}, {quantity} at 1 km",
                    "m",
                    found,
                    float(published) if curves else None,
                    "Martin 1976, fit to the curves" if curves else "",
                )
    stack = plume.Stack(45.0, 1.25, 120.0, 12.0)
    for scheme in dispersion.SCHEMES:
        worst = means.worst_hour(means.Release(45.0, stack), scheme, plume.Air())
        row(f"{scheme}, stack 45 m, 120 C: worst hour for 1 g/s", "ug/m3", float(worst.max()), None, "")
    right = (0.021 * 100**1.85 + 1e4 / np.pi / 4) ** 0.5 * 100**0.84 / 470
    length = protection.distance(right, 1.0, 1e4, 3.0, "II")
    row("GB/T 39499, class II, 3 m/s, S 1 ha, Qc/Cm 3.0568: L", "m", length, 100, "formula by hand")
    return rows
