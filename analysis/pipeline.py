"""The order of the steps, their progress and cancellation, and the reuse of steps whose input has not changed."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import parkloop
from parkloop import resources

from . import standards
from .errors import InputError
from .park.model import Park
from .scenario import Scenario
from .steps import Progress, StepResult


@dataclass(frozen=True)
class Step:
    """A step: the room that holds it, the steps whose results it reads, and its usual share of the time."""

    name: str
    after: tuple[str, ...]
    weight: float


STEPS = {
    row["step"]: Step(row["step"], tuple(name for name in row["after"].split("|") if name), float(row["weight"]))
    for row in resources.table("schema", "lists", "steps.csv")
}


@dataclass
class Run:
    """What a run found: the result of each step, in order, with its input hash, seconds and peak memory.

    ``reused`` names the steps taken over from an earlier run.
    """

    park: Park
    scenario: Scenario
    results: dict[str, StepResult] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)
    reused: set[str] = field(default_factory=set)
    park_hash: str = ""


def with_needed(names: Sequence[str] | None) -> list[str]:
    """The steps asked for and all that they stand on, in order; all steps where none is named.

    Raises
    ------
    InputError
        A name is not a step.
    """
    if not names:
        return list(STEPS)
    for name in names:
        if name not in STEPS:
            raise InputError.of("run.unknown_step", column=name, steps=", ".join(STEPS))
    wanted = set(names)
    for step in reversed(STEPS.values()):
        if step.name in wanted:
            wanted |= set(step.after)
    return [name for name in STEPS if name in wanted]


def run(
    park: Park,
    scenario: Scenario,
    names: Sequence[str] | None = None,
    listener: Callable[[str, float, float, str, Mapping[str, Any]], None] = lambda *a: None,
    cancelled: Callable[[], bool] = lambda: False,
    finished: Callable[[str, Run], None] = lambda name, run: None,
    earlier: Callable[[str, str], StepResult | None] = lambda name, digest: None,
) -> Run:
    """Run the steps ``names`` (and those they need) on a park.

    Parameters
    ----------
    listener
        Called with (step, fraction of the step, fraction of the whole, text key, values of the text).
    cancelled
        Asked whenever a step reports progress, and by the solvers.
    finished
        Called after each step.
    earlier
        Gives the result that an earlier run holds of a step with the same input hash, or None.

    Raises
    ------
    Cancelled, InputError
    """
    chosen = with_needed(names)
    total = sum(STEPS[name].weight for name in chosen)
    state = Run(park, scenario, park_hash=hash_of_park(park))
    done = 0.0
    for name in chosen:
        step = STEPS[name]
        start, share = done / total, step.weight / total

        def report(
            fraction: float,
            key: str,
            values: Mapping[str, Any],
            name: str = name,
            start: float = start,
            share: float = share,
        ) -> None:
            listener(name, fraction, start + share * fraction, key, values)

        progress = Progress(report, cancelled)
        progress(0.0, f"{name}.title")
        begun = time.perf_counter()
        digest = _hash_of_step(step, state)
        result = earlier(name, digest)
        if result is None:
            given = {other: state.results[other] for other in state.results}
            with standards.listening() as asked:
                result = import_module(f"parkloop.analysis.{name}").run(park, scenario, given, progress)
            result.standards = sorted(asked)
        else:
            state.reused.add(name)
        progress(1.0, f"{name}.title")
        state.results[name] = result
        state.hashes[name] = digest
        state.seconds[name] = time.perf_counter() - begun
        state.peak_mb[name] = peak_memory_mb()
        done += step.weight
        finished(name, state)
    return state


def peak_memory_mb() -> float:
    """Peak resident memory of this process so far, in MB; NaN on Windows."""
    if sys.platform == "win32":
        return float("nan")  # the standard library has no reading of it there
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0**2 if sys.platform == "darwin" else 1024.0)


def hash_of_park(park: Park) -> str:
    """A hash of every value of the park, whatever the order of its rows."""
    digest = hashlib.sha256()
    for name in park:
        if name not in park.frames:
            continue
        digest.update(name.encode())
        digest.update(hash_of_frame(park.frames[name]).encode())
    digest.update(str(park.source_crs.to_wkt()).encode())
    if park.terrain is not None:
        digest.update(park.terrain.read_bytes())
    if park.population is not None and park.population.is_file():
        digest.update(park.population.read_bytes())
    return digest.hexdigest()


def hash_of_frame(frame: pd.DataFrame) -> str:
    """A hash of the frame's values in their order."""
    digest = hashlib.sha256()
    for column in frame.columns:
        values = frame[column]
        digest.update(str(column).encode())
        if isinstance(values, gpd.GeoSeries):
            # to_wkb of a missing geometry is None; its length alone must not collide with an empty one
            for shape in values.to_wkb():
                digest.update(b"\0" if shape is None else shape)
        elif values.dtype.kind == "f":
            digest.update(np.ascontiguousarray(values).tobytes())
        else:
            texts = values if values.dtype == object else values.astype(str)
            digest.update(pd.util.hash_array(np.asarray(texts, dtype=object)).tobytes())
    return digest.hexdigest()


def _hash_of_step(step: Step, state: Run) -> str:
    choices = state.scenario.model_dump(mode="json")
    parts = {
        "version": parkloop.version(),
        "park": state.park_hash,
        "choices": {key: choices[key] for key in ("seed", "time_limit_s", "standards", step.name)},
        "after": {name: state.hashes[name] for name in STEPS if name in state.hashes and name in step.after},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
