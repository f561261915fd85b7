"""The folder of one run: written in a temporary place, moved when complete, read again for reuse."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

import parkloop
from parkloop import resources
from parkloop.resources import toml

from . import pipeline, report
from .errors import Finding, InputError
from .park import schema
from .park.write import room, write_frames
from .scenario import Scenario
from .steps import Answer, Figure, StepResult

# Standards of the import's estimates: what they filled in, a run reads as data.
ESTIMATES = ("estimates.", "osm.")
RESULTS, STEPS, DOCUMENT, RECORD = "results.gpkg", "steps.gpkg", "results.json", "run.json"


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A temporary folder beside ``out`` that becomes ``out`` when the block ends well, and vanishes when not.

    Raises
    ------
    InputError
        ``out`` exists already, or nothing can be written there.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError.of("run.out_exists", layer=str(out))
    part = temporary(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _clear(out)
        part.mkdir()
    except OSError as error:
        raise InputError.of("run.out_unwritable", layer=str(out), reason=error.strerror or str(error)) from None
    try:
        yield part
        if out.exists():
            out.rmdir()
        part.rename(out)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # another run was there first
            raise InputError.of("run.out_exists", layer=str(out)) from None
        raise InputError.of("run.out_unwritable", layer=str(out), reason=error.strerror or str(error)) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def temporary(out: Path) -> Path:
    """The temporary folder of this process for ``out``; whoever kills the process removes it."""
    return out.with_name(f"{out.name}.part-{platform.node()}-{os.getpid()}")


def _clear(out: Path) -> None:
    """Remove what runs into ``out`` that were killed on this machine have left."""
    if sys.platform == "win32":
        return  # no harmless way there to ask whether a process lives
    start = f"{out.name}.part-{platform.node()}-"
    for left in out.parent.iterdir():
        number = left.name.removeprefix(start)
        if left.name.startswith(start) and number.isdecimal() and not _alive(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # signal 0 asks only
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # alive, and not ours
    return True


def document(run: pipeline.Run) -> dict[str, Any]:
    """Everything about a run that depends on its input alone: the content of ``results.json``.

    Dates, seconds and memory stand in ``record``, so that the same input gives the same bytes.
    """
    info = run.park.info
    return {
        "parkloop": parkloop.version(),
        "park": {
            "id": info["park_id"],
            "name": info["name"],
            "crs": run.park.source_crs.to_string(),
            "working_crs": run.park.crs.to_string(),
            "currency": run.park.currency,
            "synthetic": bool(info["synthetic"]),
            "hash": run.park_hash,
            "rows": {name: len(frame) for name, frame in sorted(run.park.frames.items())},
        },
        "scenario": run.scenario.model_dump(mode="json"),
        "defaults": Scenario().model_dump(mode="json"),
        "steps": {name: _step(name, result, run.hashes[name]) for name, result in run.results.items()},
        "sources": _sources(run),
    }


def _step(name: str, result: StepResult, digest: str) -> dict[str, Any]:
    key, values = result.headline
    return {
        "hash": digest,
        "headline": both(key, **values) if key else dict.fromkeys(resources.LANGUAGES, ""),
        "headline_key": [key, _plain(values)],
        "figures": {
            figure: {**_plain(asdict(number)), "label": both(f"{name}.figure.{figure}")}
            for figure, number in result.figures.items()
        },
        "answers": [
            {key: value for key, value in _plain(asdict(answer)).items() if key != "seconds"}
            for answer in result.answers
        ],
        "findings": [finding_dict(finding) for finding in result.findings],
        "tables": {table: len(frame) for table, frame in result.tables.items()},
        "standards": result.standards,
    }


def _sources(run: pipeline.Run) -> list[dict[str, Any]]:
    """The thresholds and factors that the steps read, and those that filled gaps of the park, by key."""
    used = {key for result in run.results.values() for key in result.standards}
    filled = any(
        "estimated" in frame and (frame["estimated"].fillna("") != "").any() for frame in run.park.values()
    )
    standards = run.scenario.thresholds()
    return [
        standards[key].as_dict()
        for key in sorted(standards)
        if key in used or (filled and key.startswith(ESTIMATES))
    ]


def both(key: str, **values: Any) -> dict[str, str]:
    """A text in each language."""
    return {lang: resources.text(key, lang, **values) for lang in resources.LANGUAGES}


def finding_dict(finding: Finding) -> dict[str, Any]:
    """A finding as plain data with its sentence and remedy in each language."""
    return {
        **_plain(asdict(finding)),
        "text": {lang: finding.text(lang) for lang in resources.LANGUAGES},
        "remedy": {lang: finding.remedy(lang) for lang in resources.LANGUAGES},
    }


def _plain(value: Any) -> Any:
    """``value`` without NumPy types, for JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    return value


def moment() -> datetime:
    """Now, or the moment that SOURCE_DATE_EPOCH states (reproducible-builds.org), for the date on pages and in records."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now().astimezone()


def record(run: pipeline.Run) -> dict[str, Any]:
    """What differs from run to run: the date, and seconds and peak memory by step and answer."""
    return {
        "date": moment().astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": {name: round(value, 3) for name, value in run.seconds.items()},
        "peak_mb": {name: round(value, 1) for name, value in run.peak_mb.items()},
        "reused": sorted(run.reused),
        "answers": {
            f"{step}.{answer.name}": round(answer.seconds, 3)
            for step, result in run.results.items()
            for answer in result.answers
        },
    }


def write(
    run: pipeline.Run, folder: Path, lang: str, progress: Callable[[float, str], None] = lambda f, k: None
) -> None:
    """Write every file of a run into ``folder``."""
    begun = time.perf_counter()
    found, day = document(run), moment().date()
    progress(0.0, "run.writing_layers")
    with room(folder):
        report.write_results_gpkg(folder / RESULTS, run.results, run.park.crs, run.park.source_crs, lang, run.park)
    if run.park.crs != run.park.source_crs:
        # results in the user's CRS cannot be turned back exactly; reuse needs them exactly
        tables = {table: frame for result in run.results.values() for table, frame in result.tables.items()}
        write_frames(tables, folder / STEPS, run.park.crs)
    _dump(found, folder / DOCUMENT)
    choices = run.scenario.model_dump(mode="json", exclude_defaults=True)
    (folder / "scenario.toml").write_text(toml.dump(choices), encoding="utf-8")
    drawn = report.drawing_of(run.park, run.results)
    for i, language in enumerate(resources.LANGUAGES):
        progress(0.3 + 0.35 * i, "run.writing_page")
        page = folder / f"report.{language}.html"
        report.write_page(page, run.park, run.scenario, run.results, found, language, day, drawn)
    run.seconds["writing"] = time.perf_counter() - begun
    run.peak_mb["writing"] = pipeline.peak_memory_mb()
    _dump(record(run), folder / RECORD)
    progress(1.0, "run.writing_page")


def _dump(content: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=False) + "\n", encoding="utf-8")


def read_document(folder: Path) -> dict[str, Any]:
    """``results.json`` of a run folder.

    Raises
    ------
    InputError
        The folder is not a run of ParkLoop.
    """
    try:
        content = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError.of("run.not_a_run", layer=str(folder)) from None
    if not isinstance(content, dict) or "steps" not in content:
        raise InputError.of("run.not_a_run", layer=str(folder))
    return content


def earlier(folder: Path | None) -> Callable[[str, str], StepResult | None]:
    """A look-up of the steps of an earlier run by name and input hash, for ``pipeline.run``."""
    if folder is None:
        return lambda name, digest: None
    found = read_document(folder)

    def look_up(name: str, digest: str) -> StepResult | None:
        step = found["steps"].get(name)
        return _read_step(folder, step) if step is not None and step["hash"] == digest else None

    return look_up


def _read_step(folder: Path, step: dict[str, Any]) -> StepResult:
    source = folder / (STEPS if (folder / STEPS).exists() else RESULTS)
    key, values = step["headline_key"]
    return StepResult(
        tables={table: _read_table(source, table) for table in step["tables"]},
        figures={k: Figure(v["value"], v["unit"], v["estimated_share"]) for k, v in step["figures"].items()},
        headline=(key, values),
        answers=[Answer(**answer, seconds=0.0) for answer in step["answers"]],
        findings=[
            Finding(f["key"], f["severity"], f["layer"], f["id"], f["column"], f["values"])
            for f in step["findings"]
        ],
        standards=step["standards"],
    )


def _read_table(path: Path, table: str) -> pd.DataFrame:
    frame = pyogrio.read_dataframe(path, layer=table)
    if "geometry" not in frame:
        frame = pd.DataFrame(frame)
    for name, row in resources.columns(table).items():
        if name not in frame or row["type"] not in schema.DTYPES:
            continue
        if row["type"] == "text":
            frame[name] = frame[name].astype("object").where(frame[name].notna(), "")
        elif row["type"] != "date":
            frame[name] = frame[name].astype(schema.DTYPES[row["type"]])
    if "geometry" not in frame:
        return frame
    # a file holds one kind of shape a layer, so single shapes may have been written as collections of one
    shapes = np.asarray(frame.geometry)
    single = np.where(shapely.get_num_geometries(shapes) == 1, shapely.get_geometry(shapes, 0), shapes)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(single, frame.index, crs=frame.crs))
