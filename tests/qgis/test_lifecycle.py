"""Coming and going: the plugin, the dock, the project and QGIS itself may go at any moment, also while the engine works."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QEvent
from waiting import settle, wait

HERE = Path(__file__).resolve().parent


def let_go():
    """What an event loop does between two events: also what is to be deleted later is deleted."""
    for _ in range(5):
        QgsApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture()
def plugin(qgis_app, qgis_iface):
    """Makes the plugin as QGIS does; unloads what a test leaves loaded."""
    from parkloop.plugin.main import ParkLoopPlugin

    QgsProject.instance().clear()
    loaded = []

    def load():
        loaded.append(ParkLoopPlugin(qgis_iface))
        loaded[-1].initGui()
        loaded[-1].menu.show_dock(True)
        return loaded[-1]

    yield load
    for each in loaded:
        each.unload()
    QgsProject.instance().clear()
    let_go()


def begun(dock, notes):
    """The process of the engine when it has said its first word."""
    wait(lambda: dock.bar.value() > 0 or "part" in dock.said.text())
    return Path("/proc", (notes / "pid").read_text())


def test_ten_times_loaded_and_unloaded_with_work_under_way_nothing_is_left(fake, plugin, park, monkeypatch):
    from parkloop.plugin.dock.panel import Dock

    notes = fake()
    registry, manager = QgsApplication.processingRegistry(), QgsApplication.taskManager()
    for turn in range(10):
        monkeypatch.setenv("FAKE_ENGINE", "good")
        made = plugin()
        dock = made.menu.dock
        dock.open_park(str(park))
        assert dock.task is not None and registry.providerById("parkloop") is not None
        if turn % 3:  # else it goes while the check and the question for the settings are still under way
            settle(dock)
            dock.show_page("siting")
            (notes / "pid").unlink()
            monkeypatch.setenv("FAKE_ENGINE", "slow")
            dock.run([])
            wait(lambda: (notes / "pid").exists())
        begin = time.monotonic()
        made.unload()
        assert time.monotonic() - begin < 3.0
        assert registry.providerById("parkloop") is None
        let_go()
    assert manager.countActiveTasks() == 0
    assert not Path("/proc", (notes / "pid").read_text()).exists()
    from qgis.PyQt import sip
    from qgis.PyQt.QtWidgets import QApplication

    assert [widget for widget in QApplication.allWidgets() if isinstance(widget, Dock)] == []
    assert sip.isdeleted(dock)
    assert list(park.parent.glob("**/.parkloop-*")) == []


def test_a_dock_that_is_gone_hears_of_nothing(fake, plugin, park, monkeypatch):
    fake()
    made = plugin()
    dock = made.menu.dock
    dock.open_park(str(park))
    settle(dock)
    heard = []
    monkeypatch.setattr(type(dock), "refresh", lambda self: heard.append(self))
    made.unload()
    heard.clear()
    park.touch()
    os.utime(park, (1, 1))
    park.unlink()
    QgsProject.instance().clear()
    let_go()
    assert heard == []


def test_the_project_closed_during_a_run_leaves_the_run_and_a_dock_that_works(fake, open_dock, park, monkeypatch):
    notes = fake()
    dock = open_dock()
    dock.open_park(str(park))
    settle(dock)
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    dock.run([])
    engine = begun(dock, notes)
    dock.show_page("siting")
    QgsProject.instance().clear()
    let_go()
    assert dock.session.park is None and dock._row is None and engine.exists()
    assert dock.cancel_button.isEnabled() and not dock.run_button.isEnabled()
    dock.cancel_button.click()
    settle(dock)
    assert not engine.exists() and "Cancelled" in dock.said.text()
    fake()
    monkeypatch.setenv("FAKE_ENGINE", "good")
    dock.open_park(str(park))
    settle(dock)
    assert dock._data_line() == "97 parcels, 60 firms, 1 to mend"


def test_layers_that_go_while_the_map_is_drawn_do_no_harm(fake, open_dock, park, qgis_iface):
    fake()
    dock, canvas = open_dock(), qgis_iface.mapCanvas()
    for _ in range(5):
        dock.open_park(str(park))
        canvas.setLayers(list(QgsProject.instance().mapLayers().values()))
        canvas.zoomToFullExtent()
        canvas.refresh()
        QgsApplication.processEvents()
        assert canvas.isDrawing()
        dock.show_page("data")
        QgsProject.instance().clear()
        settle(dock)
        let_go()
    assert dock.session.park is None


CLOSE = """
import os, traceback
from pathlib import Path
from qgis.PyQt.QtCore import QTimer
from qgis.core import QgsApplication, QgsProject
from qgis.utils import iface, plugins

NOTES = Path(os.environ["FAKE_NOTES"])
turn = {"left": 300}

def guarded(work):
    def act():
        try:
            work()
        except Exception:
            (NOTES / "failed").write_text(traceback.format_exc())
            os._exit(3)
    return act

def begin():
    plugins["parkloop"].menu.show_dock(True)
    plugins["parkloop"].menu.dock.open_park(os.environ["PARK"])
    poll(lambda dock: dock.task is None, run)

def poll(ready, then):
    def look():
        dock = plugins["parkloop"].menu.dock
        turn["left"] -= 1
        if turn["left"] < 0:
            raise RuntimeError(dock.said.text())
        if ready(dock):
            then(dock)
        else:
            QTimer.singleShot(100, guarded(look))
    guarded(look)()

def run(dock):
    os.environ["FAKE_ENGINE"] = "slow"
    (NOTES / "pid").unlink()
    dock.run([])
    poll(lambda dock: (NOTES / "pid").exists() and dock.bar.value() > 0, leave)

def leave(dock):
    (NOTES / "left").write_text("with a run under way")
    QgsProject.instance().setDirty(False)
    QgsApplication.instance().exit(0)  # as when the session of the desktop ends: QGIS asks nobody

QTimer.singleShot(1000, guarded(begin))
"""


@pytest.fixture()
def screen():
    """A display of its own: QGIS's main window does not open offscreen."""
    if shutil.which("qgis.bin") is None or shutil.which("Xvfb") is None:
        pytest.skip("needs qgis.bin and Xvfb")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1200x800x24"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as said:
        yield ":" + said.readline().strip()
    server.terminate()
    server.wait()


def test_qgis_closed_during_a_run_ends_cleanly_and_ends_the_engine(fake, park, screen, tmp_path):
    notes = fake()
    profile = tmp_path / "home" / "profiles" / "default" / "QGIS"
    profile.mkdir(parents=True)
    (profile / "QGIS3.ini").write_text(
        "[PythonPlugins]\nparkloop=true\n[locale]\nuserLocale=en_US\noverrideFlag=true\n"
    )
    (tmp_path / "close.py").write_text(CLOSE, encoding="utf-8")
    variables = {
        **{name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"},
        "QGIS_PLUGINPATH": next(p for p in sys.path if "parkloop-tests-" in p),
        "PARK": str(park),
        "DISPLAY": screen,
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    command = ["qgis.bin", "--profiles-path", str(tmp_path / "home"), "--noversioncheck", "--nologo"]
    done = subprocess.run(
        [*command, "--code", str(tmp_path / "close.py")],
        env=variables,
        timeout=90,
        capture_output=True,
        check=False,
    )
    failed = (notes / "failed").read_text() if (notes / "failed").exists() else ""
    assert not failed and (notes / "left").exists(), done.stderr[-2000:]
    assert done.returncode == 0, done.stderr[-2000:]
    assert not Path("/proc", (notes / "pid").read_text()).exists()
    assert list(park.parent.glob("**/.parkloop-*")) == []
