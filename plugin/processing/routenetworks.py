"""Algorithm ``parkloop:routenetworks``."""

from .step import StepAlgorithm


class RouteNetworks(StepAlgorithm):
    """Where the networks of the facilities run."""

    ID = "routenetworks"
    STEPS = ("networks",)
    TABLES = ("network_pipes", "network_nodes", "sites")
    SHOWN = ("network_pipes", "sites")
