"""Starting programs, and running one command of the set-up to its end."""

import re

from ..texts import tr
from . import child
from .errors import EngineError, RunCancelled


def start(command, folder, variables=None):
    """``child.start``; EngineError where the program itself cannot be started."""
    try:
        return child.start(command, folder, variables)
    except OSError as error:
        raise EngineError.of("engine.cannot_start", path=command[0], reason=error.strerror or error) from None


def execute(command, folder, cancelled, heard=lambda line: None, variables=None):
    """Run one command in a clean child, tell each line it prints, and return the last.

    Raises
    ------
    RunCancelled, EngineError
        With the command's last words.
    """
    process = start(command, folder, variables)
    lines = child.Lines(process, cancelled)
    said = []
    try:
        for line in lines:
            said.append(line)
            heard(line)
        if lines.stopped:
            raise RunCancelled()
        exit_code = process.wait()
    finally:
        child.end(process, patience_s=0.1)
    lines.settle()
    if exit_code:
        words = [line for line in [*said[-20:], *lines.last_words] if line.strip()]
        raise EngineError.of("setup.failed", details="\n".join(words), reason=_reason(words) or exit_code)
    return said[-1] if said else ""


def _reason(words):
    """The line of a failed command that tells most: pip hides a missing package behind a conflict of versions."""
    missing = re.search(r"\(constraint\) (\S+)|No matching distribution found for (\S+)", "\n".join(words))
    if missing:
        return tr("setup.missing_package", package=missing.group(1) or missing.group(2))
    errors = [line for line in words if line.upper().startswith("ERROR")]
    return (errors or words[-1:] or [""])[0]
