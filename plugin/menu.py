"""The menu *ParkLoop* of QGIS's window."""

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from .processing.provider import ICON
from .texts import tr

MENU = "ParkLoop"
ALGORITHMS = ("importosm", "checkdata", "fullanalysis", "checkengine")


class Menu:
    """The dock, and one entry for each algorithm that a planner starts with.

    Parameters
    ----------
    iface
        QgisInterface.
    """

    def __init__(self, iface):
        self._iface = iface
        self.dock = None
        self.toggle = QAction(QIcon(str(ICON)), tr("dock.open_dock"), iface.mainWindow())
        self.toggle.setObjectName("parkloop_dock")
        self.toggle.setCheckable(True)
        self.toggle.triggered.connect(self.show_dock)
        iface.addToolBarIcon(self.toggle)
        self.actions = [self.toggle, *(self._entry(name) for name in ALGORITHMS)]
        for action in self.actions:
            iface.addPluginToMenu(MENU, action)

    def show_dock(self, wanted=True):
        """Show or hide the dock; it is made when it is first asked for."""
        if self.dock is None:
            from .dock.panel import Dock

            self.dock = Dock(self._iface)
            self.dock.visibilityChanged.connect(self.toggle.setChecked)
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.setVisible(wanted)

    def _entry(self, name):
        action = QAction(QIcon(str(ICON)), tr(f"algorithm.{name}") + "…", self._iface.mainWindow())
        action.setObjectName("parkloop_" + name)
        action.triggered.connect(lambda: open_dialog(name))
        return action

    def remove(self):
        """Take the dock and every entry away."""
        if self.dock is not None:
            self.dock.visibilityChanged.disconnect(self.toggle.setChecked)
            self.dock.remove()
            self.dock = None
        self._iface.removeToolBarIcon(self.toggle)
        for action in self.actions:
            self._iface.removePluginMenu(MENU, action)
            action.deleteLater()
        self.actions = []


def open_dialog(name):
    """Open the dialog of one of our algorithms."""
    import processing

    processing.execAlgorithmDialog("parkloop:" + name, {})
