"""The built zip, unpacked into an empty QGIS profile, and the small park as a file."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("PARKLOOP_ENGINE") or ROOT / ".venv" / "bin" / "python")
MAKE_PARK = """
import sys
sys.path.insert(0, {core!r})
from small_park import small_park
from parkloop.analysis.park.write import write_park
write_park(small_park(), {target!r})
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Path of the zip."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, str(ROOT / "tools" / "build_plugin.py"), "-o", str(folder)], check=True)
    return next(folder.glob("parkloop-*.zip"))


@pytest.fixture(scope="session")
def unpacked(built, tmp_path_factory):
    """The plugin's folder, as it comes out of the zip."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder / "parkloop"


@pytest.fixture(scope="session")
def qgis_process(built, tmp_path_factory):
    """Calls ``qgis_process.bin`` in an empty profile with the plugin installed and enabled."""
    profile = tmp_path_factory.mktemp("profile")
    plugins = profile / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    with zipfile.ZipFile(built) as archive:
        archive.extractall(plugins)

    def call(*words, engine=ENGINE, before=()):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("QGIS", "PYTHON", "PARKLOOP", "VIRTUAL_ENV"))
        }
        place = {"QGIS_CUSTOM_CONFIG_PATH": str(profile), "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}
        chosen = {"PARKLOOP_ENGINE": str(engine)} if engine else {}
        command = [*before, "qgis_process.bin", *map(str, words)]
        return subprocess.run(
            command, env={**kept, **place, **chosen}, capture_output=True, text=True, timeout=900, check=False
        )

    enabled = call("plugins", "enable", "parkloop")
    assert enabled.returncode == 0, enabled.stderr
    call.profile = profile
    return call


@pytest.fixture(scope="session")
def small_park_file(tmp_path_factory):
    """The small park of the core's tests as a GeoPackage, written by the engine."""
    target = tmp_path_factory.mktemp("park") / "small.gpkg"
    code = MAKE_PARK.format(core=str(ROOT / "tests" / "core"), target=str(target))
    subprocess.run([str(ENGINE), "-c", code], check=True, timeout=120)
    return target
