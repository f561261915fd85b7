"""Running the engine: events, cancel, every way to fail, nothing left behind."""

import json
import time
from pathlib import Path

import pytest
from qgis.core import QgsApplication


@pytest.fixture()
def process(qgis_app):
    from parkloop.plugin.engine import process

    return process


@pytest.fixture()
def park(tmp_path):
    path = tmp_path / "park.gpkg"
    path.write_bytes(b"a park")
    return path


def gone(pid, deadline):
    """True once the process has ended; False at the deadline (of the monotonic clock)."""
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def run(process, park, out, **options):
    from parkloop.plugin.engine import discover

    return process.analyse(discover.find(), str(park), ("intensity",), out, **options)


def leftovers(tmp_path):
    return sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".parkloop") or "part" in p.name)


def test_a_run_appears_whole_and_tells_its_events(process, park, fake, tmp_path):
    notes = fake("good")
    events = []
    scenario = tmp_path / "s.toml"
    scenario.write_text("seed = 2\n", encoding="utf-8")
    folder = run(process, park, tmp_path / "out", scenario=str(scenario), on_event=events.append)
    assert folder == tmp_path / "out"
    assert (folder / "results.gpkg").exists()
    assert [e["event"] for e in events] == ["start", "progress", "step", "finding", "progress", "done"]
    words = json.loads((notes / "words.json").read_text())
    assert words[:2] == ["run", str(park)]
    assert words[words.index("--steps") + 1] == "intensity"
    assert words[words.index("--scenario") + 1] == str(scenario)
    assert words[-4:] == ["--progress", "ndjson", "--lang", "en"]
    assert leftovers(tmp_path) == []


def test_the_engine_knows_nothing_of_qgis(process, park, fake, tmp_path, monkeypatch):
    for name in (
        "PYTHONPATH",
        "PYTHONHOME",
        "PROJ_LIB",
        "GDAL_DATA",
        "LD_LIBRARY_PATH",
        "QGIS_PREFIX_PATH",
        "QT_PLUGIN_PATH",
    ):
        monkeypatch.setenv(name, "/somewhere/of/qgis")
    monkeypatch.setenv("PGSERVICEFILE", "/kept")
    notes = fake("good")
    run(process, park, tmp_path / "out")
    seen = json.loads((notes / "environment.json").read_text())
    foreign = [n for n in seen if n.startswith(("PYTHON", "PROJ", "GDAL", "LD_", "QGIS", "QT_"))]
    assert foreign == []
    assert seen["PGSERVICEFILE"] == "/kept"
    assert ".parkloop-" in seen["cwd"] and seen["TMPDIR"] == seen["cwd"]


def test_a_second_run_gets_a_folder_of_its_own(process, park, fake, tmp_path):
    fake("good")
    first = run(process, park, tmp_path / "out")
    second = run(process, park, tmp_path / "out")
    third = run(process, park, tmp_path / "out")
    assert first == tmp_path / "out" and second.parent == first and third.parent == first
    assert len({first, second, third}) == 3
    assert (first / "results.gpkg").exists() and (third / "results.gpkg").exists()


def test_a_folder_in_a_place_that_may_not_be_written_holds_the_run(process, tmp_path, monkeypatch):
    monkeypatch.setattr(process.os, "access", lambda path, mode: path != str(tmp_path))
    (tmp_path / "out").mkdir()
    assert process.run_folder(tmp_path / "out").parent == tmp_path / "out"
    monkeypatch.undo()
    assert process.run_folder(tmp_path / "out") == tmp_path / "out"


@pytest.mark.parametrize(("mode", "heard"), [("slow", True), ("deaf", False)])
def test_cancel_ends_the_engine_within_two_seconds_and_leaves_nothing(process, park, fake, tmp_path, mode, heard):
    from parkloop.plugin.engine.errors import RunCancelled

    notes = fake(mode)
    asked = []

    def cancelled():
        if asked or ((notes / "pid").exists() and list(tmp_path.glob(".parkloop-*/run.part/half.txt"))):
            asked.append(time.monotonic())
        return bool(asked)

    with pytest.raises(RunCancelled):
        run(process, park, tmp_path / "out", cancelled=cancelled)
    assert time.monotonic() - asked[0] < 2.0
    for name in ("pid",) if heard else ("pid", "child"):
        assert gone(int((notes / name).read_text()), asked[0] + 2.0)
    assert (notes / "heard").exists() is heard
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("mode", "exit_code", "sentence"),
    [
        ("dies", 1, "exit code"),
        ("silent", 1, "without a result"),
        ("input", 2, "The layer parcels is empty. Draw one."),
        ("old", 1, "The engine is of version 0.0.1"),
    ],
)
def test_failures_are_sentences(process, park, fake, tmp_path, mode, exit_code, sentence):
    from parkloop.plugin.engine.errors import EngineError

    fake(mode)
    with pytest.raises(EngineError) as caught:
        run(process, park, tmp_path / "out")
    assert sentence in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert caught.value.exit_code == exit_code
    if mode == "dies":
        assert "Segmentation fault of a solver" in caught.value.details
    if mode == "input":
        assert "8 more" in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


def test_the_report_of_our_own_fault_survives_the_run(process, park, fake, tmp_path, monkeypatch):
    from parkloop.plugin.engine import discover
    from parkloop.plugin.engine.errors import EngineError

    fake("crash")
    monkeypatch.setattr(discover, "home", lambda: tmp_path / "home")
    with pytest.raises(EngineError) as caught:
        run(process, park, tmp_path / "out")
    kept = discover.home() / "reports" / "parkloop-report.txt"
    assert str(kept) in str(caught.value)
    assert kept.read_text() == "a report"
    assert leftovers(tmp_path) == []


def test_a_library_that_prints_does_no_harm(process, park, fake, tmp_path):
    fake("garbage")
    assert (run(process, park, tmp_path / "out") / "results.gpkg").exists()


def test_an_unwritable_place_is_a_sentence(process, park, fake, tmp_path):
    from parkloop.plugin.engine.errors import EngineError

    fake("good")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(EngineError, match="Nothing can be written"):
        run(process, park, tmp_path / "file" / "out")
    with pytest.raises(EngineError, match="is a file, not a folder"):
        run(process, park, tmp_path / "file")


def test_an_engine_that_cannot_start_is_a_sentence(process, park, tmp_path):
    from parkloop.plugin.engine.errors import EngineError

    broken = tmp_path / "python"
    broken.write_text("no program")
    with pytest.raises(EngineError, match="cannot be started"):
        process.analyse(broken, str(park), (), tmp_path / "out")
    assert leftovers(tmp_path) == []


def test_a_task_runs_and_cancels_without_blocking(qgis_app, qtbot, park, fake, tmp_path):
    from parkloop.plugin.engine import discover
    from parkloop.plugin.engine.tasks import RunTask

    fake("good")
    task = RunTask("run", discover.find(), str(park), (), tmp_path / "out")
    heard = []
    task.happened.connect(lambda event: heard.append(event["event"]))
    with qtbot.waitSignal(task.taskCompleted, timeout=20000):
        QgsApplication.taskManager().addTask(task)
    assert task.answer == tmp_path / "out" and task.error is None
    assert heard[0] == "start" and heard[-1] == "done"

    notes = fake("slow")
    (notes / "pid").unlink()
    task = RunTask("run", discover.find(), str(park), (), tmp_path / "out2")
    QgsApplication.taskManager().addTask(task)
    qtbot.waitUntil((notes / "pid").exists, timeout=10000)
    with qtbot.waitSignal(task.taskTerminated, timeout=3000):
        task.cancel()
    assert task.error is None and not (tmp_path / "out2").exists()
