"""What ``screenshots.sh`` has QGIS do: run the demo park from the dock, take pictures, write the layout report."""

import os
import traceback
from pathlib import Path

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface, plugins

SHOTS, PARK = Path(os.environ["SHOTS"]), Path(os.environ["SHOTS_PARK"])
SHOWN = ("sites", "network_pipes", "cluster_areas")


def language():
    from parkloop.plugin.texts import language as chosen

    return chosen()


def step(work):
    """Do a part; whatever goes wrong ends QGIS with the reason in a file."""

    def guarded():
        try:
            work()
        except Exception:  # noqa: BLE001 (nobody is there to read it otherwise)
            (SHOTS / f"error.{language()}").write_text(traceback.format_exc(), encoding="utf-8")
            leave()

    return guarded


def leave():
    QgsProject.instance().setDirty(False)
    QTimer.singleShot(200, lambda: QgsApplication.instance().exit(0))


def begin():
    window = iface.mainWindow()
    window.setGeometry(0, 0, 1500, 940)
    plugins["parkloop"].menu.show_dock(True)
    dock = plugins["parkloop"].menu.dock
    for other in window.findChildren(QDockWidget):
        if other is not dock and other.objectName() != "Layers":
            other.close()
    window.resizeDocks([dock], [420], Qt.Orientation.Horizontal)
    dock.open_park(str(PARK))
    wait(dock, run)


def wait(dock, then):
    """Go on when the dock has finished its task."""

    def poll():
        if dock.task is None:
            then(dock)
        else:
            QTimer.singleShot(300, step(poll))

    QTimer.singleShot(500, step(poll))


def run(dock):
    dock.run([])
    wait(dock, show)


def show(dock):
    if dock.session.run is None:
        raise RuntimeError("the run failed; see the log")
    root = QgsProject.instance().layerTreeRoot()
    for node in root.findLayers():
        table = node.layer().source().split("layername=")[-1]
        if str(dock.session.run) in node.layer().source():
            node.setItemVisibilityChecked(table in SHOWN)
            if table in SHOWN:
                node.setExpanded(True)
    iface.messageBar().clearWidgets()
    park = next(node.layer() for node in root.findLayers() if node.layer().source().endswith("layername=park"))
    iface.mapCanvas().setExtent(park.extent())
    iface.mapCanvas().zoomByFactor(1.12)
    QTimer.singleShot(1500, step(lambda: take(dock)))


def take(dock):
    from parkloop.plugin.layouts.report import write_report

    iface.mapCanvas().waitWhileRendering()
    iface.mainWindow().grab().save(str(SHOTS / f"map.{language()}.png"))
    dock.grab().save(str(SHOTS / f"dock.{language()}.png"))
    if language() == "en":
        write_report(dock.session.run, PARK, SHOTS / "layout.en.pdf")
    (SHOTS / f"done.{language()}").write_text(str(dock.session.run), encoding="utf-8")
    leave()


QTimer.singleShot(4000, step(begin))
