"""The plugin as QGIS sees it: what it adds when it loads, and that all of it goes when it unloads."""

from qgis.core import QgsApplication

from .processing.provider import ParkLoopProvider


class ParkLoopPlugin:
    """Adds the Processing provider, and a menu where there is a window.

    Parameters
    ----------
    iface
        QgisInterface; None in ``qgis_process``.
    """

    def __init__(self, iface):
        self.iface = iface
        self.provider = None
        self.menu = None

    def initProcessing(self):
        """Called by ``qgis_process`` alone, and by ``initGui``."""
        self.provider = ParkLoopProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Called where there is a window."""
        from .menu import Menu

        self.initProcessing()
        self.menu = Menu(self.iface)

    def unload(self):
        """Remove everything that was added."""
        if self.menu is not None:
            self.menu.remove()
            self.menu = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
