"""The demand of a park as plain data: who asks how much of each utility in each design year, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from ...errors import Finding

Horizon = Literal["today", "near", "long"]
HORIZONS: tuple[Horizon, ...] = ("today", "near", "long")
UTILITIES = ("heat", "gas", "water", "reclaimed", "wastewater", "solid_waste", "hazardous_waste", "waste_gas")
UNIT = {
    "heat": "kW",
    "gas": "m3/h",
    "water": "t/d",
    "reclaimed": "t/d",
    "wastewater": "t/d",
    "solid_waste": "t/a",
    "hazardous_waste": "t/a",
    "waste_gas": "m3/h",
}
PEAKS = ("heat", "gas")  # demands that are peaks of an hour; all others are means or totals, which add up


@dataclass(frozen=True)
class Loads:
    """When the peaks of one utility arise.

    Parameters
    ----------
    share
        (consumers, k + 1) for one unit of each consumer's own peak: the peaks of his loads of each pattern, last of those
        without one.
    pattern
        (k, 288) load in each hour of a typical day of each month for one unit of peak.
    diversity
        Share of their peaks to which many loads without a pattern come together.
    """

    share: np.ndarray
    pattern: np.ndarray
    diversity: float

    def together(self, amount: np.ndarray) -> float:
        """Greatest load of consumers together who ask ``amount`` (consumers,) each at his own peak.

        Loads with a pattern are added hour by hour. Those without one come to ``d + (1 - d) / n`` of their peaks, n the
        number of equal loads that vary as much, (sum a)^2 / sum a^2; they are taken to peak with all others.
        """
        mine = amount @ self.share
        loose = amount * self.share[:, -1]
        total = float(loose.sum())
        alone = float(loose @ loose) / total if total > 0 else 0.0
        known = float((mine[:-1] @ self.pattern).max(initial=0.0))
        return known + self.diversity * total + (1 - self.diversity) * alone


@dataclass(frozen=True)
class Demand:
    """Who needs how much.

    Parameters
    ----------
    places
        One row a consumer, sorted by kind and id: consumer_id (index), enterprise_id, growth_id, parcel_id (of growth and
        of vacant land), area_m2 (of vacant land, else 0), geometry. All consumers of all horizons.
    amount
        Same index, a column a utility, in ``UNIT``: the demand of the chosen horizon, nothing of who comes later.
    guessed
        Same shape, share (0..1) of each amount that rests on estimates.
    findings
        What is doubtful: firms without a place, growth without a parcel, figures that cannot be.
    horizon
        The chosen one.
    amount_of
        As ``amount``, of each horizon; never less in a later one.
    year_of
        Design year of each horizon.
    loads
        When the peaks arise, of the utilities in ``PEAKS``.
    """

    places: gpd.GeoDataFrame
    amount: pd.DataFrame
    guessed: pd.DataFrame
    findings: list[Finding]
    horizon: Horizon
    amount_of: dict[Horizon, pd.DataFrame]
    year_of: dict[Horizon, int]
    loads: dict[str, Loads]

    @property
    def coincidence(self) -> dict[str, float]:
        """Greatest load of all consumers together over the sum of their peaks, a utility, in the chosen horizon."""
        return {utility: self.coincidence_of(utility) for utility in UTILITIES}

    def coincidence_of(
        self, utility: str, who: np.ndarray | None = None, amount: np.ndarray | None = None
    ) -> float:
        """Greatest load of a group together over the sum of its peaks, in (0, 1]; 1 of one consumer or of nothing.

        Parameters
        ----------
        who
            Positions in ``places``, or a mask of them; everybody where not given.
        amount
            (n,) demand of each of them (a share of it, say, or that of another horizon); ``amount`` where not given.
        """
        chosen, size = self._asked(utility, who, amount)
        total = float(size.sum())
        if utility not in self.loads or total <= 0:
            return 1.0
        loads = self.loads[utility]
        return min(1.0, replace(loads, share=loads.share[chosen]).together(size) / total)

    def peak(self, utility: str, who: np.ndarray | None = None, amount: np.ndarray | None = None) -> float:
        """Greatest load of a group together, in ``UNIT``; of means and totals their sum. As ``coincidence_of``."""
        _, size = self._asked(utility, who, amount)
        return float(size.sum()) * self.coincidence_of(utility, who, amount)

    def _asked(
        self, utility: str, who: np.ndarray | None, amount: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions of a group in ``places`` and what each asks."""
        chosen = np.arange(len(self.places)) if who is None else np.asarray(who)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(int)
        size = self.amount[utility].to_numpy()[chosen] if amount is None else np.asarray(amount, dtype=float)
        return chosen, size

    def without(self, taken_m2: Mapping[str, float]) -> Demand:
        """The demand where works take some of the land that was to be settled.

        Parameters
        ----------
        taken_m2
            Area of the sites on each parcel, by parcel_id. Vacant land asks in proportion to what is left; growth that the
            planner gave in figures and firms ask what they asked.
        """
        lost = self.places["parcel_id"].map(dict(taken_m2)).fillna(0.0).to_numpy(float)
        area = self.places["area_m2"].to_numpy(float)
        left = np.where(area > 0, np.clip(1 - lost / np.where(area > 0, area, 1.0), 0.0, 1.0), 1.0)
        less = {horizon: table.mul(left, axis=0) for horizon, table in self.amount_of.items()}
        return replace(self, amount=less[self.horizon], amount_of=less)
