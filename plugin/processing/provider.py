"""The provider ``parkloop`` of the Processing toolbox."""

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..engine.discover import PLUGIN_FOLDER
from .checkdata import CheckData
from .checkengine import CheckEngine
from .circularlinks import CircularLinks
from .clusters import Clusters
from .fullanalysis import FullAnalysis
from .importosm import ImportOsm
from .landintensity import LandIntensity
from .layoutreport import LayoutReport
from .routenetworks import RouteNetworks
from .sitefacilities import SiteFacilities

ALGORITHMS = (
    ImportOsm,
    CheckData,
    LandIntensity,
    CircularLinks,
    Clusters,
    SiteFacilities,
    RouteNetworks,
    FullAnalysis,
    LayoutReport,
    CheckEngine,
)
ICON = PLUGIN_FOLDER / "resources" / "icons" / "parkloop.svg"


class ParkLoopProvider(QgsProcessingProvider):
    """All algorithms of ParkLoop; there with and without an engine."""

    def id(self):
        return "parkloop"

    def name(self):
        return "ParkLoop"

    def icon(self):
        return QIcon(str(ICON))

    def svgIconPath(self):
        return str(ICON)

    def loadAlgorithms(self):
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
