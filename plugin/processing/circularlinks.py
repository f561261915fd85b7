"""Algorithm ``parkloop:circularlinks``."""

from .step import StepAlgorithm


class CircularLinks(StepAlgorithm):
    """Who could use whose by-products, heat and water."""

    ID = "circularlinks"
    STEPS = ("links",)
    TABLES = ("links", "unmatched_flows", "water_supply")
    SHOWN = ("links",)
