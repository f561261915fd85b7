"""Where the packages of the engine come from."""

import os
from collections import namedtuple
from pathlib import Path

from .errors import EngineError

PYPI, MIRROR, FOLDER = KINDS = ("pypi", "mirror", "folder")

Source = namedtuple("Source", "kind place")
Source.__doc__ = """``pypi`` (whatever index pip is configured for), ``mirror`` (``place`` is the URL of a simple index) or
``folder`` (``place`` is a folder of wheels; the network is not touched)."""


def check(source):
    """EngineError where the source cannot be one."""
    if source.kind == FOLDER and not Path(source.place).is_dir():
        raise EngineError.of("setup.no_folder", path=source.place)
    if source.kind == MIRROR and not source.place.startswith(("https://", "http://", "file://")):
        raise EngineError.of("setup.no_mirror", path=source.place)


def pip_options(source):
    """Words for pip's command line, options of ``install``, and variables that make it use this source alone."""
    if source.kind == MIRROR:
        return [], ["--index-url", source.place], {}
    if source.kind == FOLDER:
        # --isolated and an empty configuration: no index of the user's may bring the network back
        options = ["--no-index", "--find-links", str(Path(source.place).absolute())]
        return ["--isolated"], options, {"PIP_CONFIG_FILE": os.devnull}
    return [], [], {}
