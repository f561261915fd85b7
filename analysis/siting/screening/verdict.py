"""The rules by name, and what the screening of a utility says of each candidate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from parkloop import resources

from ...standards import Standard

RULES = (
    "forbidden",
    "same_place",
    "capacity_unknown",
    "too_small",
    "outside_park",
    *resources.codes("exclusion_kind"),
    "zoning",
    "safety_distance",
    "occupied",
    "taken",
    "too_narrow",
    "gas_clearance",
    "protection_distance",
    "incompatible",
    "intake_distance",
    "too_steep",
    "no_road_access",
    "height_unknown",
    "low_ground",
)
# exclusions by law or by an approved plan; the others are corridors and distances that a planner may have estimated
LAW = (
    "flood",
    "ecological_redline",
    "water_source",
    "farmland",
    "priority_protection",
    "quality_line",
    "resource_line",
    "access_list",
    "urban_boundary",
    "zoning",
    "outside_park",
)
LOW_GROUND = ("GB 50318-2017; handbook practice", "2017", "m")
ASSUMED = "ParkLoop assumption"


@dataclass(frozen=True)
class Verdict:
    """Why a candidate is rejected: rule, what was measured, its limit, and where the limit comes from."""

    rule: str
    measured: float
    limit: float
    unit: str
    source: str = ""
    edition: str = ""
    confidence: str = ""

    @property
    def short(self) -> float:
        """How much is missing, in ``unit``."""
        return abs(self.limit - self.measured)


@dataclass
class Screening:
    """What a utility may use.

    Parameters
    ----------
    utility
        Its code.
    lands
        (c,) row numbers of the candidates considered, sorted.
    sizes
        (s,) sizes offered.
    fits
        (c, s) bool, whether a new works or an extension of that size fits.
    verdict
        By row number, why a candidate is rejected.
    also
        By row number of a rejected candidate, the other rules that its land fails, each taken by itself.
    """

    utility: str
    lands: np.ndarray
    sizes: np.ndarray
    fits: np.ndarray
    verdict: dict[int, Verdict] = field(default_factory=dict)
    also: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def reject(self, land: int, verdict: Verdict) -> None:
        """Reject a candidate for good."""
        self.verdict[land] = verdict
        self.also[land] = tuple(rule for rule in self.also.get(land, ()) if rule != verdict.rule)
        self.fits[self.lands == land] = False


def judged(rule: str, measured: float, standard: Standard) -> Verdict:
    """The verdict that ``measured`` misses the limit of a standard."""
    return Verdict(
        rule,
        round(measured, 2),
        standard.value,
        standard.unit,
        standard.source,
        standard.edition,
        standard.confidence,
    )
