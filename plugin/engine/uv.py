"""uv, the program that fetches a Python: the one of the system, else the one inside its wheel on the index."""

import hashlib
import html
import platform
import re
import shutil
import sys
import zipfile
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from ..texts import tr
from . import child
from .errors import EngineError
from .network import fetch
from .source import MIRROR

PYPI = "https://pypi.org/simple/"
MACHINES = {
    # (system, processor) -> name in wheels, name in archives of Python
    ("win32", "x86_64"): (r"win_amd64", r"x86_64-pc-windows-msvc"),
    ("win32", "aarch64"): (r"win_arm64", r"aarch64-pc-windows-msvc"),
    ("darwin", "x86_64"): (r"macosx_\w+_x86_64", r"x86_64-apple-darwin"),
    ("darwin", "aarch64"): (r"macosx_\w+_arm64", r"aarch64-apple-darwin"),
    ("linux", "x86_64"): (r"manylinux[\w.]*_x86_64", r"x86_64-unknown-linux-gnu"),
    ("linux", "aarch64"): (r"manylinux[\w.]*_aarch64", r"aarch64-unknown-linux-gnu"),
}


def machine(kind):
    """A pattern of this machine's name in ``wheel`` or ``python`` files."""
    processor = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    names = MACHINES.get((sys.platform, processor))
    if names is None:
        raise EngineError.of("setup.machine", machine=f"{sys.platform} {processor}")
    return names[0 if kind == "wheel" else 1]


def find(source, work, say):
    """Path of uv; fetched into ``work`` where the system has none."""
    path = child.environment()["PATH"]
    known = shutil.which("uv", path=path) or shutil.which("uv", path=str(Path.home() / ".local" / "bin"))
    if known:
        return known
    index = source.place if source.kind == MIRROR else PYPI
    index = index.rstrip("/") + "/uv/"
    say(0.02, tr("setup.fetch_uv", url=index))
    url, checksum = newest_wheel(fetch(index).decode("utf-8", "replace"), index)
    wheel = work / "uv.whl"
    wheel.write_bytes(fetch(url))
    if checksum and hashlib.sha256(wheel.read_bytes()).hexdigest() != checksum:
        raise EngineError.of("setup.damaged", path=url)
    return unpack(wheel, work)


def newest_wheel(page, base):
    """URL and sha256 (or an empty text) of the newest uv wheel for this machine on a page of a simple index."""
    found = []
    for link in re.findall(r"<a\s[^>]*href=[\"']([^\"']+)", page, re.IGNORECASE):
        url, fragment = urldefrag(urljoin(base, html.unescape(link)))
        match = re.search(r"/uv-(\d+)\.(\d+)\.(\d+)-py3-none-" + machine("wheel") + r"[\w.]*\.whl$", url)
        if match:
            found.append((tuple(map(int, match.groups())), url, fragment))
    if not found:
        raise EngineError.of("setup.no_uv", path=base)
    _, url, fragment = max(found)
    return url, fragment[len("sha256=") :] if fragment.startswith("sha256=") else ""


def unpack(wheel, folder):
    """Take the program out of its wheel."""
    program = "uv.exe" if sys.platform == "win32" else "uv"
    with zipfile.ZipFile(str(wheel)) as archive:
        inside = next(name for name in archive.namelist() if name.endswith("/scripts/" + program))
        target = folder / program
        target.write_bytes(archive.read(inside))
    target.chmod(0o755)
    return target
