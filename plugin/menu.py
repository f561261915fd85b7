"""The menu *ParkLoop* of QGIS's window."""

from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from .processing.provider import ICON
from .texts import tr

MENU = "ParkLoop"
ALGORITHMS = ("importosm", "checkdata", "fullanalysis", "checkengine")


class Menu:
    """One entry for each algorithm that a planner starts with.

    Parameters
    ----------
    iface
        QgisInterface.
    """

    def __init__(self, iface):
        self._iface = iface
        self.actions = [self._entry(name) for name in ALGORITHMS]
        for action in self.actions:
            iface.addPluginToMenu(MENU, action)

    def _entry(self, name):
        action = QAction(QIcon(str(ICON)), tr(f"algorithm.{name}") + "…", self._iface.mainWindow())
        action.setObjectName("parkloop_" + name)
        action.triggered.connect(lambda: open_dialog(name))
        return action

    def remove(self):
        """Take every entry away."""
        for action in self.actions:
            self._iface.removePluginMenu(MENU, action)
            action.deleteLater()
        self.actions = []


def open_dialog(name):
    """Open the dialog of one of our algorithms."""
    import processing

    processing.execAlgorithmDialog("parkloop:" + name, {})
