"""Algorithm ``parkloop:circularlinks``."""

from .step import StepAlgorithm


class CircularLinks(StepAlgorithm):
    """Who could use whose by-products, heat and water."""

    ID = "circularlinks"
    STEPS = ("links",)
    TABLES = (
        "links",
        "unmatched_flows",
        "water_supply",
        "firm_benefits",
        "pressure_recovery",
        "chain_loops",
        "chain_proposals",
        "firm_loss",
        "heat_targets",
        "heat_curves",
        "water_targets",
        "water_curves",
    )
    SHOWN = ("links",)
