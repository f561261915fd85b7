"""Child processes that know nothing of QGIS, whose words come line by line and who can be ended.

QGIS sets variables for its own Python, GDAL and PROJ (on Windows also its folders of libraries on PATH). A child that
inherits them mixes two builds of the same library and dies; so none is passed on, and ``plugins/`` is never on the
child's path.
"""

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

POLL_S = 0.1
FOREIGN = (
    "PYTHON",
    "PROJ",
    "GDAL",
    "OGR",
    "CPL_",
    "GEOTIFF",
    "OSGEO",
    "QT_",
    "QGIS",
    "CONDA",
    "VIRTUAL_ENV",
    "DYLD_",
    "LD_",
    "__PYVENV",
)
# -I: no PYTHON* variables, no user site, no current folder on the path; utf8: Chinese texts on any Windows code page
ISOLATED = ("-I", "-X", "utf8")


def environment(temporary=None):
    """The variables of a child; ``temporary`` becomes its folder for temporary files."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(FOREIGN)}
    if sys.platform == "win32" and "PATH" in kept:
        kept["PATH"] = os.pathsep.join(p for p in kept["PATH"].split(os.pathsep) if not of_qgis(p))
        kept.pop("SSL_CERT_FILE", None)  # OSGeo4W points it at a file for its own curl
    if temporary is not None:
        kept.update({name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")})
    return kept


def of_qgis(path):
    """True where ``path`` lies in the tree that QGIS brings on Windows and macOS, its own Python included."""
    roots = [os.environ.get("OSGEO4W_ROOT", ""), sys.base_prefix]
    inside = os.path.normcase(Path(path).absolute())
    return any(inside.startswith(os.path.normcase(Path(root).absolute()) + os.sep) for root in roots if root)


def start(command, folder, variables=None):
    """Start ``command`` in ``folder`` with a clean environment, its streams piped as UTF-8 text.

    On Windows no console window appears; elsewhere the child leads a process group of its own, so that it can be
    ended with all its children.
    """
    group = (
        {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=str(folder),
        env={**environment(folder), **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        bufsize=1,
        **group,
    )


class Lines:
    """The lines of a child's standard output; iterating ends when the child does.

    Parameters
    ----------
    process
        From ``start``.
    cancelled
        Asked ten times a second; iterating ends when it says so, and ``stopped`` becomes true.

    ``last_words`` holds the end of standard error, one line an entry.
    """

    def __init__(self, process, cancelled):
        self.last_words = deque(maxlen=200)
        self.stopped = False
        self._process, self._cancelled = process, cancelled
        self._queue = queue.Queue()
        self._readers = [
            threading.Thread(target=reader, daemon=True) for reader in (self._read_out, self._read_err)
        ]
        for reader in self._readers:
            reader.start()

    def _read_out(self):
        with self._process.stdout as stream:
            for line in stream:
                self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _read_err(self):
        with self._process.stderr as stream:
            for line in stream:
                self.last_words.append(line.rstrip())

    def __iter__(self):
        while True:
            if self._cancelled():
                self.stopped = True
                return
            try:
                line = self._queue.get(timeout=POLL_S)
            except queue.Empty:
                # a grandchild may keep the pipe open after the child has died
                if self._process.poll() is None or not self._queue.empty():
                    continue
                return
            if line is None:
                return
            yield line

    def settle(self):
        """Wait until the last words are in."""
        for reader in self._readers:
            reader.join(1.0)


def end(process, ask=lambda: None, patience_s=1.0):
    """See a child out within two seconds: ask it, then terminate it, then kill it, with all its children."""
    if process.poll() is None:
        ask()
        for act, wait_s in ((None, patience_s), (_terminate, 0.6), (_kill, None)):
            if act is not None:
                act(process)
            try:
                process.wait(wait_s)
                break
            except subprocess.TimeoutExpired:
                continue
    if sys.platform != "win32":
        _kill(process)  # the child has ended, what it started may not have
    try:
        process.stdin.close()
    except OSError:
        return  # a word that nobody read


def _terminate(process):
    if sys.platform == "win32":
        process.terminate()
    else:
        _signal_group(process, 15)


def _kill(process):
    if sys.platform == "win32":
        # kill() would leave grandchildren; taskkill ends the tree
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)],
            capture_output=True,
            check=False,
            creationflags=subprocess.CREATE_NO_WINDOW,
        )
    else:
        _signal_group(process, 9)


def _signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
