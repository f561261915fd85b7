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
    with tempfile.TemporaryDirectory(prefix="parkloop-") as folder:
        answer, last_words = _ask(python, folder, timeout_s)
    try:
        found = json.loads(answer)
        said = found["version"]
    except (ValueError, TypeError, KeyError):
        raise EngineError.of("engine.no_answer", details=answer + last_words, path=python) from None
    if said != version():
        raise EngineError.of("engine.other_version", version=said, wanted=version())
    return found


def _ask(python, folder, timeout_s):
    process = start([python, *child.ISOLATED, "-m", "parkloop", "version", "--json"], folder)
    try:
        return process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return "", ""
    finally:
        child.end(process)
        process.stdout.close()
        process.stderr.close()
