"""Setting up the engine from a folder of wheels, in the installed plugin, with the network cut off."""

import shutil
import subprocess

import pytest

from .conftest import ENGINE, ROOT

pytestmark = pytest.mark.timeout(1200)  # a whole environment is installed, on any machine
CUT_OFF = ("unshare", "--map-root-user", "--net")


@pytest.fixture(scope="session")
def wheels(unpacked):
    """The folder that the guide tells to fill; kept in the checkout, so that it is downloaded once."""
    folder = ROOT / ".dev" / "wheels"
    words = ["download", "--quiet", "--only-binary", ":all:", "-d", str(folder), "--find-links", str(folder)]
    lock = ["-c", str(unpacked / "requirements.lock"), "setuptools>=77", str(unpacked)]
    for reach in (["--no-index"], []):  # where the folder is whole no index need be asked
        command = [str(ENGINE), "-m", "pip", *words, *reach, *lock]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.returncode:
            return folder
    pytest.skip("the wheels cannot be downloaded: " + done.stderr.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def cut_off():
    if shutil.which("unshare") is None or subprocess.run([*CUT_OFF, "true"], check=False).returncode:
        pytest.skip("this system does not let a test run without a network")
    return CUT_OFF


def test_an_engine_is_set_up_without_any_network(qgis_process, wheels, cut_off):
    home = qgis_process.profile / "profiles" / "default" / "parkloop"
    before = {path.name for path in home.iterdir()} if home.exists() else set()
    words = ["run", "parkloop:checkengine", "--ACTION=1", "--SOURCE=2", f"--PLACE={wheels}"]
    answer = qgis_process(*words, engine=None, before=cut_off)
    assert answer.returncode == 0, answer.stderr + answer.stdout[-2000:]
    made = {path.name for path in home.iterdir()} - before
    assert len(made) == 1 and made.pop().startswith("engine-")
    found = qgis_process("run", "parkloop:checkengine", "--ACTION=0", engine=None)
    assert found.returncode == 0 and str(home) in found.stdout
    shutil.rmtree(home)


def test_a_folder_that_lacks_a_wheel_is_named_and_nothing_stays(qgis_process, wheels, cut_off, tmp_path):
    for wheel in wheels.iterdir():
        if not wheel.name.startswith("typer"):
            (tmp_path / wheel.name).symlink_to(wheel)
    words = ["run", "parkloop:checkengine", "--ACTION=1", "--SOURCE=2", f"--PLACE={tmp_path}"]
    answer = qgis_process(*words, engine=None, before=cut_off)
    assert answer.returncode != 0
    assert "typer" in answer.stderr and "is not offered for this computer" in answer.stderr
    home = qgis_process.profile / "profiles" / "default" / "parkloop"
    assert not home.exists() or not list(home.glob("*engine*"))
