"""Algorithm ``parkloop:sitefacilities``."""

from .step import StepAlgorithm


class SiteFacilities(StepAlgorithm):
    """Where the central facilities go, and how big they are."""

    ID = "sitefacilities"
    STEPS = ("siting",)
    TABLES = ("sites", "site_candidates", "site_service", "exclusion_zones", "protection_zones")
    SHOWN = ("sites", "site_candidates")
