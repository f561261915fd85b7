"""The commands as a person and a program meet them: exit codes, the protocol, cancelling, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyogrio
import pytest

from parkloop.analysis.cli import demo_park
from parkloop.analysis.pipeline import STEPS
from parkloop.analysis.runfolder import DOCUMENT, RECORD, RESULTS

ENGINE = [sys.executable, "-m", "parkloop"]
DATED = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}  # pages bear the date of the run


def parkloop(*words: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ENGINE, *map(str, words)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=200,
        **options,
    )


def events(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, list[dict]]:
    """One run of the demo park, by the protocol."""
    out = tmp_path_factory.mktemp("demo") / "run"
    done = parkloop("run", demo_park(), "-o", out, "--progress", "ndjson", env=DATED)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return out, events(done.stdout)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Path, Path]:
    """A small park and a run of it, for what does not need the demo's size."""
    folder = tmp_path_factory.mktemp("small")
    park, out = folder / "park.gpkg", folder / "run"
    for words in (("synth", "--enterprises", 12, "--seed", 3, "-o", park, "-q"), ("run", park, "-o", out, "-q")):
        done = parkloop(*words)
        assert done.returncode == 0, done.stderr
    return park, out


def test_a_run_writes_everything(demo):
    out, _ = demo
    names = {path.name for path in out.iterdir()}
    assert {RESULTS, DOCUMENT, RECORD, "scenario.toml", "report.en.html", "report.zh.html"} <= names
    document = json.loads((out / DOCUMENT).read_text(encoding="utf-8"))
    assert list(document["steps"]) == list(STEPS)
    tables = {table for step in document["steps"].values() for table in step["tables"]}
    assert tables <= {str(name) for name, _ in pyogrio.list_layers(out / RESULTS)}
    for step in document["steps"].values():
        assert step["headline"]["en"] and step["headline"]["zh"]
        for answer in step["answers"]:
            assert answer["status"] and set(answer) >= {"objective", "bound", "gap", "status"}


def test_the_protocol_is_whole_and_monotone(demo):
    out, found = demo
    assert found[0]["event"] == "start" and found[0]["steps"] == list(STEPS)
    assert found[-1]["event"] == "done" and Path(found[-1]["out"]) == out
    assert [e["step"] for e in found if e["event"] == "step"] == list(STEPS)
    overall = [e["overall"] for e in found if e["event"] == "progress"]
    assert overall == sorted(overall) and overall[-1] == 1.0
    assert not Path(found[0]["temporary"]).exists()


def test_unchanged_steps_are_taken_over(small, tmp_path: Path):
    park, out = small
    done = parkloop("run", park, "-o", tmp_path / "again", "--reuse", out, "--progress", "ndjson")
    assert done.returncode == 0, done.stderr
    assert all(e["reused"] for e in events(done.stdout) if e["event"] == "step")
    first, second = ((folder / DOCUMENT).read_bytes() for folder in (out, tmp_path / "again"))
    assert first == second
    scenario = tmp_path / "s.toml"
    scenario.write_text("[networks]\nbridge_factor = 2.0\n")
    done = parkloop(
        "run", park, "-o", tmp_path / "third", "--reuse", out, "--scenario", scenario, "--progress", "ndjson"
    )
    assert done.returncode == 0, done.stdout[-2000:]
    reused = {e["step"]: e["reused"] for e in events(done.stdout) if e["event"] == "step"}
    assert [step for step, taken in reused.items() if not taken] == ["networks", "outcomes"]


def test_a_step_brings_what_it_needs(small, tmp_path: Path):
    park, _ = small
    done = parkloop("run", park, "-o", tmp_path / "run", "--steps", "clusters", "--progress", "ndjson")
    assert [e["step"] for e in events(done.stdout) if e["event"] == "step"] == ["links", "clusters"]


def test_an_unknown_step_is_named(tmp_path: Path):
    done = parkloop("run", demo_park(), "-o", tmp_path / "run", "--steps", "sitting")
    assert done.returncode == 2
    assert "sitting" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_missing_park_is_one_sentence_in_the_language_asked_for(tmp_path: Path, language):
    done = parkloop(
        "run", tmp_path / "none.gpkg", "-o", tmp_path / "run", "--lang", language, "--progress", "ndjson"
    )
    assert done.returncode == 2
    error = events(done.stdout)[-1]
    assert error["event"] == "error" and error["exit_code"] == 2
    assert error["findings"][0]["text"] and error["findings"][0]["remedy"]
    assert any("\u4e00" <= c <= "\u9fff" for c in error["findings"][0]["text"]) == (language == "zh")
    assert not list(tmp_path.iterdir())


def test_a_corrupt_park_leaves_nothing(tmp_path: Path):
    park = tmp_path / "park.gpkg"
    park.write_bytes(demo_park().read_bytes()[:5000])
    done = parkloop("run", park, "-o", tmp_path / "run")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr + done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["park.gpkg"]


@pytest.mark.skipif(
    os.geteuid() == 0 and not Path("/proc/version").exists(), reason="needs a place root cannot write"
)
def test_an_unwritable_place_is_said(tmp_path: Path):
    done = parkloop("run", demo_park(), "-o", "/proc/parkloop/run")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def started(out: Path) -> tuple[subprocess.Popen[str], dict]:
    child = subprocess.Popen(
        [*ENGINE, "run", str(demo_park()), "-o", str(out), "--progress", "ndjson"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    return child, json.loads(child.stdout.readline())


@pytest.mark.again
@pytest.mark.parametrize("way", ["line", "signal", "interrupt"])
@pytest.mark.parametrize("wait_s", [0.0, 1.5, 4.0])
def test_cancelling_ends_within_two_seconds_and_leaves_nothing(tmp_path: Path, way, wait_s):
    child, start = started(tmp_path / "run")
    time.sleep(wait_s)
    begun = time.perf_counter()
    if way == "line":
        assert child.stdin is not None
        child.stdin.write("cancel\n")
        child.stdin.flush()
    else:
        child.send_signal(signal.SIGTERM if way == "signal" else signal.SIGINT)
    output, errors = child.communicate(timeout=20)
    assert time.perf_counter() - begun < 2.0
    assert child.returncode == 130, errors
    assert json.loads(output.splitlines()[-1])["event"] == "cancelled"
    assert not Path(start["temporary"]).exists()
    assert not list(tmp_path.iterdir())


def test_compare_two_runs(small, tmp_path: Path):
    _, out = small
    done = parkloop("compare", out, out, "--progress", "ndjson")
    rows = events(done.stdout)
    assert done.returncode == 0 and rows
    assert all(row["change"] in (0, None) for row in rows)
    assert parkloop("compare", out, tmp_path).returncode == 2


def test_version_is_machine_readable():
    found = json.loads(parkloop("version", "--json").stdout)
    assert found["version"] and found["packages"]["geopandas"]


def test_check_finds_nothing_wrong_with_the_demo():
    done = parkloop("check", demo_park(), "--progress", "ndjson")
    assert done.returncode == 0
    assert not [e for e in events(done.stdout) if e["event"] == "finding" and e["severity"] == "error"]


@pytest.mark.again
def test_the_whole_run_does_not_depend_on_the_order_of_rows(demo, tmp_path: Path):
    from shuffle import shuffled_file

    out, _ = demo
    mixed = shuffled_file(demo_park(), tmp_path / demo_park().name)
    done = parkloop("run", mixed, "-o", tmp_path / "run", "-q", env=DATED)
    assert done.returncode == 0, done.stderr
    for name in (DOCUMENT, RESULTS):
        assert (tmp_path / "run" / name).read_bytes() == (out / name).read_bytes(), name
    for lang in ("en", "zh"):
        first, second = ((folder / f"report.{lang}.html").read_bytes() for folder in (out, tmp_path / "run"))
        assert first == second and b"2026-01-01" in first
    assert json.loads((out / RECORD).read_text(encoding="utf-8"))["date"].startswith("2026-01-01")
