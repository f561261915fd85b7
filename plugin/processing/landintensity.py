"""Algorithm ``parkloop:landintensity``."""

from .step import StepAlgorithm


class LandIntensity(StepAlgorithm):
    """How intensively the land is used, and which land is asleep."""

    ID = "landintensity"
    STEPS = ("intensity",)
    TABLES = (
        "intensity_parcels",
        "intensity_checks",
        "intensity_park",
        "intensity_groups",
        "intensity_enterprises",
        "intensity_potential",
        "intensity_weights",
    )
    SHOWN = ("intensity_parcels",)
