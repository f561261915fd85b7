"""Running the engine: events in as they come, a cancel that works, nothing left behind."""

import json
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ... import version
from ..texts import language, tr
from . import child, discover
from .command import start
from .errors import EngineError, RunCancelled

SHOWN = 12  # problems of the input that a message names; the rest is counted


def run(python, arguments, work, on_event=lambda event: None, cancelled=lambda: False):
    """Run ``python -m parkloop <arguments>`` in the folder ``work`` until it ends.

    Parameters
    ----------
    python
        The engine's interpreter.
    arguments
        Command and options; ``--progress ndjson`` and ``--lang`` are added here.
    work
        Folder of this run alone, also its folder for temporary files; the caller removes it.
    on_event
        Called in this thread with each event (a dict with the key ``event``).
    cancelled
        Asked ten times a second.

    Returns
    -------
    dict
        The event ``done``.

    Raises
    ------
    RunCancelled
        ``cancelled`` said so; the engine is gone (within two seconds).
    EngineError
        The input's fault (exit code 2, the findings in the message) or the engine's (exit code 1).
    """
    command = [python, *child.ISOLATED, "-m", "parkloop", *arguments, "--progress", "ndjson", "--lang", language()]
    process = start(command, work)
    lines = child.Lines(process, cancelled)
    found, noise = {}, []
    try:
        for line in lines:
            event = _event(line)
            if event is None:
                noise.append(line)  # a library that prints must not spoil a run
                continue
            found[event["event"]] = event
            if event["event"] == "start" and event.get("version") != version():
                raise EngineError.of("engine.other_version", version=event.get("version"), wanted=version())
            on_event(event)
        if lines.stopped:
            raise RunCancelled()
        exit_code = _exit_code(process)
    finally:
        child.end(process, lambda: _say_cancel(process))
    lines.settle()
    return _verdict(exit_code, found, "\n".join([*noise[-50:], *lines.last_words]))


def _exit_code(process):
    try:
        return process.wait(5.0)
    except subprocess.TimeoutExpired:
        return None  # it closed its output and hangs


def _event(line):
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _say_cancel(process):
    try:
        process.stdin.write("cancel\n")
        process.stdin.flush()
    except (OSError, ValueError):
        return  # it has ended already


def _verdict(exit_code, found, last_words):
    if exit_code in (0, 2) and "done" in found and "error" not in found:
        return found["done"]  # `check` ends with 2 where the data have errors: its answer, not a failure
    if "error" in found:
        error = found["error"]
        message = problems(error.get("findings", []))
        if error.get("report"):
            message = message.replace(error["report"], _keep(error["report"]))
        raise EngineError(message, error.get("exit_code", exit_code), last_words)
    if exit_code == 130 or "cancelled" in found:
        raise RunCancelled()
    raise EngineError.of("engine.died", details=last_words, code=exit_code)


def _keep(report):
    """Move the engine's report of its own fault out of the folder that is about to be removed."""
    kept = discover.home() / "reports" / Path(report).name
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(report, str(kept))
    except OSError:
        return report
    return str(kept)


def problems(findings):
    """The sentences and remedies of findings, one a line."""
    lines = [f"{finding.get('text', '')} {finding.get('remedy', '')}".strip() for finding in findings[:SHOWN]]
    if len(findings) > SHOWN:
        lines.append(tr("engine.more_problems", count=len(findings) - SHOWN))
    return "\n".join(lines) or tr("engine.unexplained")


@contextmanager
def work_folder(target):
    """A private folder beside ``target`` (a file or folder to be made), removed at the end whatever happens.

    Beside it, so that the result can be moved into place in one step.
    """
    parent = Path(target).parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".parkloop-", dir=str(parent)))
    except OSError as error:
        raise EngineError.of("output.unwritable", path=parent, reason=error.strerror or error) from None
    try:
        yield work
    finally:
        shutil.rmtree(str(work), ignore_errors=True)


def place(result, target):
    """Move a finished file or folder to ``target``; a file there is replaced, a folder must be empty."""
    target = Path(target)
    try:
        if target.is_dir():
            target.rmdir()
        result.replace(target)
    except OSError as error:
        raise EngineError.of("output.unwritable", path=target, reason=error.strerror or error) from None


def run_folder(chosen):
    """The folder for a new run: ``chosen`` itself where it is absent or empty, else a new folder inside it.

    A run never replaces another: QGIS may have its files open.
    """
    chosen = Path(chosen)
    if chosen.is_file():
        raise EngineError.of("output.is_file", path=chosen)
    # a run is made beside its folder and then moved; where only the folder itself may be written, it goes inside
    if not chosen.exists() or (os.access(str(chosen.parent), os.W_OK) and not any(chosen.iterdir())):
        return chosen
    base = chosen / datetime.now().strftime("run-%Y%m%d-%H%M%S")
    number, folder = 1, base
    while folder.exists():
        number += 1
        folder = base.with_name(f"{base.name}-{number}")
    return folder


def analyse(
    python, park, steps, chosen, scenario=None, on_event=lambda event: None, cancelled=lambda: False, reuse=None
):
    """Run steps of the analysis on a park.

    Parameters
    ----------
    park
        A park GeoPackage, or ``pg:SERVICE/SCHEMA``.
    steps
        Names of steps; none means all.
    chosen
        Where the user wants the run, see ``run_folder``.
    scenario
        A scenario file, or None.
    reuse
        Folder of an earlier run whose unchanged steps are taken over, or None.

    Returns
    -------
    pathlib.Path
        The folder of the run; it appears when it is complete.

    Raises
    ------
    RunCancelled, EngineError
        See ``run``; nothing was written.
    """
    folder = run_folder(chosen)
    with work_folder(folder) as work:
        out = work / "run"
        arguments = ["run", park, "-o", out]
        if steps:
            arguments += ["--steps", ",".join(steps)]
        if scenario:
            arguments += ["--scenario", scenario]
        if reuse:
            arguments += ["--reuse", reuse]
        run(python, arguments, work, on_event, cancelled)
        place(out, folder)
    return folder
