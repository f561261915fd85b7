"""Setting up an engine of our own, on request: an environment in the QGIS profile, never QGIS's Python.

A system Python is used where one fits, else a private one is fetched; the locked versions and a copy of ``parkloop`` of
the plugin's version are installed from PyPI, from a mirror, or from a folder of wheels without any network. The environment
appears under its name only when it has been verified; a set-up that fails or is cancelled leaves nothing.
"""

import shutil
import time
from contextlib import contextmanager

from ..texts import tr
from . import child, discover, python
from .command import execute
from .errors import EngineError, RunCancelled
from .network import proxy_variables
from .process import work_folder
from .source import FOLDER, check, pip_options
from .verify import verify

BUILD_TOOL = "setuptools>=77"  # builds the copy; the same bound as [build-system] in pyproject.toml
NOT_COPIED = ".git .venv* .dev __pycache__ *.egg-info build dist out tests docs .*_cache"
INSTALL = "install --disable-pip-version-check --no-input --progress-bar off --only-binary :all:"


def set_up(source, say=lambda fraction, text: None, cancelled=lambda: False):
    """Make the engine's environment and return its interpreter.

    Parameters
    ----------
    source
        A ``source.Source``.
    say
        Called with the fraction done (0..1) and a line on what happens.
    cancelled
        Asked ten times a second.

    Raises
    ------
    RunCancelled, EngineError
        Nothing was left behind; an environment that existed before still works.
    """
    check(source)
    target = discover.own_environment()
    with work_folder(target) as work:
        say(0.0, tr("setup.python"))
        base = python.base(source, work, say, cancelled)
        # not in `work`: its path differs in length from the final one, and Windows limits paths to 260 characters
        with _unfinished(target.with_name(target.name + ".new")) as new:
            say(0.1, tr("setup.environment", path=base))
            execute([base, *child.ISOLATED, "-m", "venv", new], work, cancelled)
            _install(discover.python_in(new), source, work, say, cancelled)
            say(0.95, tr("setup.verify"))
            verify(discover.python_in(new))
            if cancelled():
                raise RunCancelled()
            _exchange(new, target)
    say(1.0, tr("setup.ready", path=target))
    return discover.python_in(target)


def _install(interpreter, source, work, say, cancelled):
    copy = work / "parkloop"
    shutil.copytree(str(discover.PLUGIN_FOLDER), str(copy), ignore=shutil.ignore_patterns(*NOT_COPIED.split()))
    words, options, variables = pip_options(source)
    install = [interpreter, *child.ISOLATED, "-m", "pip", *words, *INSTALL.split(), *options]
    if source.kind != FOLDER:
        variables.update(proxy_variables())
    lock = discover.PLUGIN_FOLDER / "requirements.lock"
    install += ["--constraint", lock]
    expected = len(lock.read_text(encoding="utf-8").splitlines())
    seen = 0

    def heard(line):
        nonlocal seen
        seen += line.startswith(("Collecting", "Processing"))
        say(0.15 + 0.75 * min(seen / expected, 1.0), line)

    execute([*install, BUILD_TOOL], work, cancelled, heard, variables)
    execute([*install, "--no-build-isolation", copy], work, cancelled, heard, variables)


@contextmanager
def _unfinished(folder):
    """``folder``, free of an earlier attempt before and removed after, unless it was moved away."""
    _remove(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)


def _exchange(new, target):
    """Put ``new`` in the place of ``target``. Only ``python -m`` is ever called there, so that it may move."""
    old = target.with_name(target.name + ".old")
    _remove(old)
    if target.exists():
        _rename(target, old)
    try:
        _rename(new, target)
    except EngineError:
        if old.exists():
            _rename(old, target)
        raise
    shutil.rmtree(str(old), ignore_errors=True)


def _remove(folder):
    try:
        if folder.exists():
            shutil.rmtree(str(folder))
    except OSError as error:
        raise EngineError.of("setup.in_use", path=folder, reason=error.strerror or error) from None


def _rename(folder, target, attempts=5):
    # a virus scanner on Windows may hold a fresh file for a moment
    for attempt in range(attempts):
        try:
            folder.rename(target)
            return
        except OSError as error:
            if attempt == attempts - 1:
                raise EngineError.of("setup.in_use", path=folder, reason=error.strerror or error) from None
            time.sleep(1.0)
