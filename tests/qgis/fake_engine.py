#!/usr/bin/python3
"""Stands in the place of the engine's Python: speaks the protocol, and misbehaves as FAKE_ENGINE says.

Called as ``fake_engine.py -I -X utf8 -m parkloop <command> ...``.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve()
VERSION = next(
    line.split("=", 1)[1].strip()
    for line in (HERE.parents[2] / "metadata.txt").read_text(encoding="utf-8").splitlines()
    if line.startswith("version=")
)


def say(event, **content):
    print(json.dumps({"event": event, **content}), flush=True)


def progress(fraction):
    say("progress", step="intensity", fraction=fraction, overall=fraction, text=f"part {fraction}")


def note(name, text):
    """Leave a note for the test in the folder FAKE_NOTES."""
    folder = os.environ.get("FAKE_NOTES")
    if folder:
        Path(folder, name).write_text(text, encoding="utf-8")


def main():
    mode = os.environ.get("FAKE_ENGINE", "good")
    words = sys.argv[sys.argv.index("parkloop") + 1 :]
    if words[0] == "choices":  # asked beside a run, whose notes it must not touch
        print("[]")
        return 0
    note("words.json", json.dumps(words))
    note("environment.json", json.dumps({**os.environ, "cwd": str(Path.cwd())}))
    note("pid", str(os.getpid()))
    if "--scenario" in words:
        note("scenario.toml", Path(words[words.index("--scenario") + 1]).read_text(encoding="utf-8"))
    if words[0] == "version":
        print("hello" if mode == "garbage" else json.dumps({"version": "0.0.1" if mode == "old" else VERSION}))
        return 0
    if words[0] == "check":
        say(
            "finding",
            key="check.x",
            severity="error",
            layer="parcels",
            id="P1",
            column="land_use",
            text="T1.",
            remedy="R1.",
        )
        say(
            "finding",
            key="check.y",
            severity="warning",
            layer="roads",
            id="R7",
            column="",
            text="T2.",
            remedy="R2.",
        )
        say("done", error=1, warning=1, info=0)
        return 2
    out = Path(words[words.index("-o") + 1])
    if words[0] == "import":
        shutil.copy(os.environ["FAKE_RESULT"], out)
        out.with_name(out.stem + "_terrain.tif").write_bytes(b"heights")
        say("done", out=str(out), files={})
        return 0
    say("start", steps=["intensity"], version="0.0.1" if mode == "old" else VERSION)
    part = out.with_name(out.name + ".part")
    part.mkdir(parents=True)
    (part / "half.txt").write_text("half")
    if mode == "slow":
        return slow(part)
    if mode == "deaf":
        return deaf()
    return act(mode, words, out, part)


def slow(part):
    for step in range(600):
        progress(step / 600)
        if step == 0:

            def listen():
                if sys.stdin.readline().strip() == "cancel":
                    shutil.rmtree(part)
                    note("heard", "cancel")
                    say("cancelled")
                    os._exit(130)

            threading.Thread(target=listen, daemon=True).start()
        time.sleep(0.1)
    return 1


def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import signal,time; signal.signal(15, 1); time.sleep(600)"])
    note("child", str(child.pid))
    progress(0.5)
    while True:
        time.sleep(1)


def act(mode, words, out, part):
    if mode == "dies":
        print("Segmentation fault of a solver", file=sys.stderr)
        os._exit(139)
    if mode == "input":
        finding = {
            "text": "The layer parcels is empty.",
            "remedy": "Draw one.",
            "layer": "parcels",
            "id": "",
            "column": "",
        }
        say("error", exit_code=2, findings=[finding] * 20)
        return 2
    if mode == "crash":
        report = Path(os.environ["TMPDIR"], "parkloop-report.txt")
        report.write_text("a report")
        text = f"It failed, see {report}."
        say("error", exit_code=1, report=str(report), findings=[{"text": text, "remedy": f"Send {report}."}])
        return 1
    if mode == "silent":
        return 0
    if mode == "garbage":
        print('{not json\n[1, 2]\n{"no": 1}\n\x00\xff a library talks', flush=True)
    progress(0.5)
    say("step", step="intensity", headline="62.4 of 100", seconds=0.1, figures={})
    say("finding", key="x.y", severity="warning", text="Doubtful.", remedy="Look.")
    fill(words, part)
    part.rename(out)
    progress(1.0)
    say("done", out=str(out), files={})
    return 0


def fill(words, part):
    """The result of a run: the layers of FAKE_RESULT, and the park that was given, for the test to look at."""
    (part / "half.txt").unlink()
    shutil.copy(os.environ["FAKE_RESULT"], part / "results.gpkg")
    shutil.copy(words[1], part / "park_seen.gpkg")
    for language in ("en", "zh"):
        (part / f"report.{language}.html").write_text("<html></html>", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
