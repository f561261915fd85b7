"""Algorithm ``parkloop:clusters``."""

from .step import StepAlgorithm


class Clusters(StepAlgorithm):
    """Which enterprises belong together."""

    ID = "clusters"
    STEPS = ("clusters",)
    TABLES = ("cluster_areas", "cluster_members", "relevance", "cluster_profiles", "cluster_methods")
    SHOWN = ("cluster_areas", "cluster_members")
