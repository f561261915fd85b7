"""A Python that the engine's environment can stand on: one of the system, else a private one."""

import os
import re
import shutil
import sys
import tarfile
from pathlib import Path

from ..texts import tr
from . import child, discover, uv
from .command import execute
from .errors import EngineError
from .network import proxy_variables
from .source import FOLDER

OLDEST, NEWEST = (3, 11), (3, 14)  # the engine's code needs 3.11; locked wheels exist up to 3.14
WANTED = "3.12"
NAMES = ("python3.12", "python3.13", "python3.11", "python3.14", "python3", "python")
# programs started from the macOS desktop have a short PATH
MORE_FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "/Library/Frameworks/Python.framework/Versions/Current/bin")
PROBE = (
    "import sys, venv, ensurepip\n"
    f"assert {OLDEST} <= sys.version_info[:2] <= {NEWEST} and sys.maxsize > 2**32\n"
    "print(sys.executable)"
)


def base(source, work, say, cancelled):
    """An interpreter for ``python -m venv``, by the source of the set-up.

    Raises
    ------
    EngineError
        The system has none that fits and none can be fetched.
    """
    found = of_system(work, cancelled)
    if found:
        return found
    if source.kind == FOLDER:
        return from_archive(Path(source.place), discover.home() / "python", say)
    return from_uv(source, work, say, cancelled)


def of_system(work, cancelled, candidates=None):
    """The first Python of the system that fits (3.11 to 3.14, 64 bit, with venv and pip), or None.

    QGIS's own Python on Windows and macOS is never taken: an update of QGIS would break the engine.
    """
    for command in _candidates() if candidates is None else candidates:
        try:
            answer = execute([*command, *child.ISOLATED, "-c", PROBE], work, cancelled)
        except EngineError:
            continue
        if answer and (sys.platform.startswith("linux") or not child.of_qgis(answer)):
            return answer
    return None


def _candidates():
    path = child.environment()["PATH"]
    if sys.platform == "darwin":
        path = os.pathsep.join([path, *MORE_FOLDERS])
    if sys.platform == "win32" and shutil.which("py", path=path):
        yield from (["py", "-3." + str(minor)] for minor in (12, 13, 11, 14))
    for name in NAMES:
        found = shutil.which(name, path=path)
        if found:
            yield [found]


def from_archive(folder, target, say):
    """Unpack the Python of a folder of wheels: an ``install_only`` archive of python-build-standalone."""
    here = re.compile(uv.machine("python"))
    archives = [path for path in sorted(folder.glob("cpython-3.*-install_only*.tar.gz")) if here.search(path.name)]
    archives = [path for path in archives if OLDEST <= _version(path.name) <= NEWEST]
    if not archives:
        raise EngineError.of("setup.no_python", path=folder)
    say(0.02, tr("setup.unpack", path=archives[-1].name))
    place = target / archives[-1].name.split("-install_only")[0]
    if not place.exists():
        half = place.with_name(place.name + ".new")
        shutil.rmtree(str(half), ignore_errors=True)
        try:
            with tarfile.open(str(archives[-1])) as archive:
                _unpack(archive, half)
            half.rename(place)
        except (OSError, tarfile.TarError) as error:
            raise EngineError.of("setup.bad_archive", path=archives[-1], reason=error) from None
        finally:
            shutil.rmtree(str(half), ignore_errors=True)
    return place / "python" / ("python.exe" if sys.platform == "win32" else "bin/python3")


def _unpack(archive, folder):
    names = [Path(member.name) for member in archive.getmembers()]
    if any(name.is_absolute() or ".." in name.parts for name in names):
        raise tarfile.TarError("it would write outside of its folder")
    if hasattr(tarfile, "data_filter"):  # not in Python before 3.9.17
        archive.extraction_filter = tarfile.data_filter
    for member in archive.getmembers():
        archive.extract(member, str(folder))


def _version(name):
    major, minor = re.match(r"cpython-(\d+)\.(\d+)", name).groups()
    return int(major), int(minor)


def from_uv(source, work, say, cancelled):
    """Let uv fetch a private Python into the profile."""
    program = uv.find(source, work, say)
    say(0.05, tr("setup.fetch_python", version=WANTED))
    variables = {
        "UV_PYTHON_INSTALL_DIR": str(discover.home() / "python"),
        "UV_CACHE_DIR": str(work / "uv-cache"),
        "UV_NO_CONFIG": "1",
        **proxy_variables(),
    }

    def heard(line):
        say(0.05, line)

    execute([program, "python", "install", "--no-bin", WANTED], work, cancelled, heard, variables)
    return execute([program, "python", "find", "--managed-python", WANTED], work, cancelled, heard, variables)
