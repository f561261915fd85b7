"""Where the engine is: which Python interpreter runs ``parkloop``."""

import os
import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings

from ... import version
from .errors import EngineError

SETTING = "parkloop/engine"
VARIABLE = "PARKLOOP_ENGINE"
PLUGIN_FOLDER = Path(__file__).resolve().parents[2]


def home():
    """The private folder of ParkLoop in the user's QGIS profile."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "parkloop"


def own_environment():
    """The folder of the environment that set-up makes for this version of the plugin."""
    return home() / ("engine-" + version())


def python_in(environment):
    """The interpreter of a virtual environment."""
    if sys.platform == "win32":
        return Path(environment) / "Scripts" / "python.exe"
    return Path(environment) / "bin" / "python"


def choices():
    """Places where an engine may be, in the order of preference, as (origin, interpreter).

    What a person chose by name comes first (the environment variable for this session, then the setting); then the
    environment of our own making; then the ``.venv`` of a development checkout.
    """
    chosen = [
        ("variable", os.environ.get(VARIABLE, "")),
        ("setting", QgsSettings().value(SETTING, "", type=str)),
    ]
    found = [(origin, Path(path)) for origin, path in chosen if path]
    found.append(("own", python_in(own_environment())))
    found.append(("checkout", python_in(PLUGIN_FOLDER / ".venv")))
    return found


def find():
    """The interpreter of the engine. Only looks for the file, so it is quick enough to ask at any time.

    Raises
    ------
    EngineError
        There is none yet, or the one chosen by name does not exist (another is not taken in its place silently).
    """
    for origin, path in choices():
        if path.is_file():
            return path
        if origin in ("variable", "setting"):
            raise EngineError.of("engine.chosen_missing", path=path)
    raise EngineError.of("engine.none")


def remember(python):
    """Make ``python`` the engine of this profile; an empty value returns to the automatic choice."""
    QgsSettings().setValue(SETTING, str(python))
