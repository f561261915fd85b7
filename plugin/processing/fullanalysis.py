"""Algorithm ``parkloop:fullanalysis``."""

from .circularlinks import CircularLinks
from .clusters import Clusters
from .landintensity import LandIntensity
from .routenetworks import RouteNetworks
from .sitefacilities import SiteFacilities
from .step import StepAlgorithm

PARTS = (LandIntensity, CircularLinks, Clusters, SiteFacilities, RouteNetworks)


class FullAnalysis(StepAlgorithm):
    """All steps in one run, with the outcomes and the report."""

    ID = "fullanalysis"
    GROUP = "whole"
    TABLES = (*dict.fromkeys(table for part in PARTS for table in part.TABLES), "outcomes", "projects")
    SHOWN = RouteNetworks.SHOWN
