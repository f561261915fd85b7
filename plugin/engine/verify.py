"""Does this interpreter hold an engine that fits the plugin?"""

import json
import subprocess
import tempfile
from pathlib import Path

from ... import version
from . import child
from .command import start
from .errors import EngineError

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


def ask(python, *words, timeout_s=PATIENCE_S):
    """The JSON that a quick command of the engine prints.

    Raises
    ------
    EngineError
        It does not start or answers nonsense.
    """
    with tempfile.TemporaryDirectory(prefix="parkloop-") as folder:
        answer, last_words = _communicate(python, words, folder, timeout_s)
    try:
        return json.loads(answer)
    except ValueError:
        raise EngineError.of("engine.no_answer", details=answer + last_words, path=python) from None


def _communicate(python, words, folder, timeout_s):
    process = start([python, *child.ISOLATED, "-m", "parkloop", *words], folder)
    try:
        return process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return "", ""
    finally:
        child.end(process)
        process.stdout.close()
        process.stderr.close()
