"""Does this interpreter hold an engine that fits the plugin?"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

from ... import version
from . import child
from .command import start
from .errors import EngineError, RunCancelled

PATIENCE_S = 120.0  # the first start after set-up compiles every module, slowly on a laptop with a virus scanner


def verify(python, timeout_s=PATIENCE_S):
    """What ``parkloop version --json`` of this interpreter says.

    Returns
    -------
    dict
        ``version`` (equal to the plugin's), ``python``, ``packages`` (name -> version).

    Raises
    ------
    EngineError
        It does not start, answers nonsense, or is of another version than the plugin.
    """
    if not Path(python).is_file():
        raise EngineError.of("engine.chosen_missing", path=python)
    found = ask(python, "version", "--json", timeout_s=timeout_s)
    said = found.get("version") if isinstance(found, dict) else None
    if said is None:
        raise EngineError.of("engine.no_answer", path=python)
    if said != version():
        raise EngineError.of("engine.other_version", version=said, wanted=version())
    return found


def ask(python, *words, timeout_s=PATIENCE_S, cancelled=lambda: False):
    """The JSON that a quick command of the engine prints.

    Parameters
    ----------
    cancelled
        Asked ten times a second.

    Raises
    ------
    EngineError
        It does not start or answers nonsense.
    RunCancelled
        ``cancelled`` said so; the engine is gone.
    """
    with tempfile.TemporaryDirectory(prefix="parkloop-") as folder:
        answer, last_words = _communicate(python, words, folder, timeout_s, cancelled)
    try:
        return json.loads(answer)
    except ValueError:
        raise EngineError.of("engine.no_answer", details=answer + last_words, path=python) from None


def _communicate(python, words, folder, timeout_s, cancelled):
    process = start([python, *child.ISOLATED, "-m", "parkloop", *words], folder)
    end = time.monotonic() + timeout_s
    try:
        while True:
            try:
                return process.communicate(timeout=child.POLL_S)
            except subprocess.TimeoutExpired:
                if cancelled():
                    raise RunCancelled() from None
                if time.monotonic() > end:
                    return "", ""
    finally:
        child.end(process, patience_s=0.1)
        process.stdout.close()
        process.stderr.close()
