"""Land-use intensity: how well is the land used, which of it is asleep (TD/T 1029, control indicators)."""

from .step import run

__all__ = ["run"]
