"""Screening: which candidates a utility may use, and which rule rejected the others."""

from .clearances import Clearance, clearances
from .ground import SMOOTH_M, Ground, ground
from .rules import Rules, distances
from .verdict import LOW_GROUND, RULES, Screening, Verdict, judged

__all__ = [
    "LOW_GROUND",
    "RULES",
    "SMOOTH_M",
    "Clearance",
    "Ground",
    "Rules",
    "Screening",
    "Verdict",
    "clearances",
    "distances",
    "ground",
    "judged",
]
