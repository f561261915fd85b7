"""Water targets beside published ones: ``python -m benchmarks water FILES --json``.

A file is an object with ``sources`` (flow_t_h, c_ppm) and ``sinks`` (flow_t_h, c_max_ppm), or with ``operations``
(load_kg_h, c_in_max_ppm, c_out_max_ppm), with ``fresh_water_ppm`` and, where known, ``min_fresh_water_t_h``. A figure
for several contaminants is a list, or an object by contaminant. ``regeneration`` ({c_out_ppm, recovery}) adds the target with
treated water, recycling allowed (operations: one contaminant only).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pinch import files, told
from parkloop.analysis.errors import InputError
from parkloop.analysis.targets.cascade import cascade
from parkloop.analysis.targets.operations import Operations, least_fresh
from parkloop.analysis.targets.reuse import Supply, reuse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("files", type=Path, nargs="+", help="water problems, or folders of them")
    parser.add_argument("--json", action="store_true", help="one object an instance")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Solve and print; a fault of a file ends with its sentence."""
    try:
        rows = [case(path) for path in files(arguments.files, "*.json")]
    except InputError as error:
        raise SystemExit(str(error)) from None
    if arguments.json:
        for row in rows:
            print(json.dumps(row))
        return
    print(
        "| case | fresh t/h | expected | bound | gap | wastewater t/h | method | met |\n|---|---|---|---|---|---|---|---|"
    )
    for row in rows:
        numbers = (row["fresh_water_t_h"], row["expected_fresh_water_t_h"], row["bound_t_h"])
        shown = " | ".join("" if v is None else f"{v:,.4f}" for v in numbers)
        print(
            f"| {Path(row['instance']).stem} | {shown} | {row['gap']:.2%} | {row['waste_water_t_h']:,.4f} | {row['method']} | {told(row['met'])} |"
        )


def case(path: Path) -> dict[str, Any]:
    """Targets of one file beside the expected one, which is within 0.01 % where ``met``.

    Raises
    ------
    InputError
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError.of("targets.unreadable", str(path), reason=str(error)) from None
    begun = time.perf_counter()
    kinds = _contaminants(given)
    clean = _values(given.get("fresh_water_ppm", 0.0), kinds, path.name, "fresh_water_ppm")
    if "operations" in given:
        row = _operations(given, kinds, clean, path.name)
    elif "sinks" in given:
        row = _sinks(given, kinds, clean, path.name)
    else:
        raise InputError.of("targets.no_column", path.name, column="operations / sinks")
    wanted = given.get("min_fresh_water_t_h")
    got = row["fresh_water_t_h"]
    met = None if wanted is None else abs(got - wanted) <= max(1e-4 * abs(wanted), 1e-6)
    return {
        "instance": str(path),
        **row,
        "expected_fresh_water_t_h": wanted,
        "met": met,
        "seconds": time.perf_counter() - begun,
    }


def _operations(given: dict[str, Any], kinds: list[str], clean: np.ndarray, name: str) -> dict[str, Any]:
    load = _column(given["operations"], "load_kg_h", kinds, name) * 1000.0
    inlet, outlet = (
        _column(given["operations"], column, kinds, name) for column in ("c_in_max_ppm", "c_out_max_ppm")
    )
    for n in np.flatnonzero(((outlet <= inlet) & (load > 0)).any(axis=1)):
        raise InputError.of("targets.concentrations_cross", name, str(n + 1), "c_out_max_ppm")
    found = least_fresh(Operations(load, inlet, outlet), clean)
    if found is None:
        raise InputError.of("targets.fresh_too_dirty", name, column="fresh_water_ppm")
    proof = (
        "limiting composite, exact" if len(kinds) == 1 else "linear programmes from above, relaxation from below"
    )
    more = {}
    if "regeneration" in given and len(kinds) == 1:
        # an operation of one contaminant is a demand and a source at its limiting flow
        busy = load[:, 0] > 0
        flow = load[busy, 0] / (outlet - inlet)[busy, 0]
        more = _regenerated(given["regeneration"], flow, outlet[busy], flow, inlet[busy], clean, kinds, name)
    return {
        "fresh_water_t_h": found.fresh,
        "waste_water_t_h": found.fresh,
        "bound_t_h": found.bound,
        "gap": found.gap,
        "pinch_ppm": found.pinch,
        "method": proof,
        **more,
    }


def _sinks(given: dict[str, Any], kinds: list[str], clean: np.ndarray, name: str) -> dict[str, Any]:
    one = ["flow"]
    source, sink = (_column(given.get(side, []), "flow_t_h", one, name)[:, 0] for side in ("sources", "sinks"))
    quality = _column(given.get("sources", []), "c_ppm", kinds, name)
    limit = _column(given["sinks"], "c_max_ppm", kinds, name)
    pinch: float | None = None
    if len(kinds) == 1:
        found = cascade(source, quality[:, 0], sink, limit[:, 0], float(clean[0]))
        fresh, waste, pinch = found.fresh, found.waste, found.pinch
        pinch = None if pinch is None or np.isinf(pinch) else pinch
    else:
        several = reuse(Supply(source, quality[None], np.ones(1)), sink, limit, clean)
        fresh, waste = several.fresh, several.waste
    if fresh is None or waste is None:
        raise InputError.of("targets.fresh_too_dirty", name, column="fresh_water_ppm")
    row: dict[str, Any] = {
        "fresh_water_t_h": fresh,
        "waste_water_t_h": waste,
        "bound_t_h": fresh,
        "gap": 0.0,
        "pinch_ppm": pinch,
        "method": "water cascade, exact" if len(kinds) == 1 else "linear programme, optimal",
    }
    if "regeneration" in given:
        row |= _regenerated(given["regeneration"], source, quality, sink, limit, clean, kinds, name)
    return row


def _regenerated(
    made: dict[str, Any],
    source: np.ndarray,
    quality: np.ndarray,
    sink: np.ndarray,
    limit: np.ndarray,
    clean: np.ndarray,
    kinds: list[str],
    name: str,
) -> dict[str, Any]:
    """Least fresh water where sources may be treated to ``c_out_ppm``, and the least flow treated for it."""
    out = np.minimum(quality, _values(made.get("c_out_ppm"), kinds, name, "c_out_ppm"))
    share = float(_values(made.get("recovery", 1.0), ["share"], name, "recovery")[0])
    if not 0 < share <= 1:
        raise InputError.of("targets.bad_number", name, column="recovery")
    better = reuse(Supply(source, np.stack([quality, out]), np.array([1.0, share])), sink, limit, clean)
    return {"regenerated_fresh_water_t_h": better.fresh, "regenerated_t_h": better.treated}


def _contaminants(given: dict[str, Any]) -> list[str]:
    """Names of the contaminants: those of the first figure that has several, else one."""
    for side, column in (("operations", "load_kg_h"), ("sinks", "c_max_ppm"), ("sources", "c_ppm")):
        for entry in given.get(side, []):
            value = entry.get(column)
            if isinstance(value, dict):
                return sorted(value)
            if isinstance(value, list):
                return [str(n) for n in range(len(value))]
    return ["contaminant"]


def _column(entries: list[dict[str, Any]], column: str, kinds: list[str], name: str) -> np.ndarray:
    rows = [_values(entry.get(column), kinds, name, column, str(n)) for n, entry in enumerate(entries, 1)]
    return np.array(rows).reshape(-1, len(kinds))


def _values(value: Any, kinds: list[str], name: str, column: str, row: str = "") -> np.ndarray:
    """One figure for each contaminant, none below zero."""
    if isinstance(value, dict):
        value = [value.get(kind) for kind in kinds]
    found = value if isinstance(value, list) else [value] * len(kinds)
    good = len(found) == len(kinds) and all(
        isinstance(v, (int, float)) and not isinstance(v, bool) and 0 <= v < float("inf") for v in found
    )
    if not good:
        raise InputError.of("targets.bad_number", name, row, column)
    return np.array(found, float)
