"""Land, money and protection distance of a works by utility and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..scenario import Siting
from ..standards import Standard, Standards

LADDER = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)  # preferred numbers R 10, ISO 3
SHARES = (0.07, 0.15, 0.3, 0.5, 1.0)  # of the total demand: the sizes offered
CLASSES_T_D = ((0.0, "c1"), (50_000.0, "c5"), (100_000.0, "c10"), (200_000.0, "c20"), (500_000.0, "c50"))
DAYS = 365.0


def sizes(total: float) -> np.ndarray:
    """Sizes offered for a total design demand: preferred numbers at or above shares of it.

    Examples
    --------
    >>> sizes(1000.0).tolist()
    [80.0, 160.0, 315.0, 500.0, 1000.0]
    """
    found = set()
    for share in SHARES:
        power = 10.0 ** np.floor(np.log10(share * total * (1 - 1e-9)))
        step = next((s for s in (*LADDER, 10.0) if s * power >= share * total * (1 - 1e-9)), 10.0)
        found.add(round(step * power, 6))
    return np.array(sorted(found))


def land_need_m2(utility: str, size: float, standards: Standards) -> float:
    """Land of a works of ``size`` (in the utility's unit), m2.

    For wastewater and reclaimed water the table of GB 50318-2017 by capacity; never less for the larger of two works.
    """
    least = standards.value(f"siting.{utility}.land_least_m2")
    if utility not in ("wastewater", "reclaimed"):
        return max(least, standards.value(f"siting.{utility}.land_per_unit") * size)
    need = 0.0
    for place, (start, name) in enumerate(CLASSES_T_D):
        end = CLASSES_T_D[place + 1][0] if place + 1 < len(CLASSES_T_D) else np.inf
        if size > start:
            # the land of a class's largest works is a floor for the next class, whose rate is lower
            need = max(need, min(size, end) * standards.value(f"siting.{utility}.land_{name}_m2_t_d"))
    return max(least, need)


def capacity_of_land(utility: str, area_m2: float, standards: Standards) -> float:
    """Largest works that fits ``area_m2``, or NaN where land says nothing of capacity."""
    if utility in ("wastewater", "reclaimed"):
        high = area_m2 / standards.value(f"siting.{utility}.land_c50_m2_t_d")
        low = 0.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if land_need_m2(utility, middle, standards) <= area_m2 else (low, middle)
        return float(np.floor(low / 100) * 100)
    return area_m2 / standards.value("siting.water.land_per_unit") if utility == "water" else float("nan")


def land_price(grade: Any, standards: Standards) -> float:
    """Price of industrial land of a grade (1 to 15, or missing), CNY/m2."""
    known = not pd.isna(grade)
    return standards.value(f"siting.land_price_grade_{int(grade):02d}" if known else "siting.land_price")


def protection(utility: str, size: float, choices: Siting, standards: Standards) -> Standard | None:
    """The distance a new works of this size keeps from people, with its source; None where there is none."""
    if utility == "wastewater":
        small = standards.value("siting.wastewater.protection_small_t_d")
        medium = standards.value("siting.wastewater.protection_medium_t_d")
        name = "small" if size <= small else "medium" if size < medium else "large"
        return standards[f"siting.wastewater.protection_{name}_m"]
    if utility == "gas":
        return standards[f"siting.gas.clearance_public_{choices.gas_pressure}_m"]
    if utility == "solid_waste":
        return standards[f"siting.solid_waste.protection_{choices.solid_waste_kind}_m"]
    if utility == "hazardous_waste" and not choices.hazardous_screening:
        return None
    found = standards[f"siting.{utility}.protection_m"]
    return found if found.value > 0 else None


@dataclass(frozen=True)
class Money:
    """Costs in the park's currency: ``rate`` is CNY for one unit of it; with the CO2 of electricity and of heat."""

    choices: Siting
    standards: Standards
    rate: float
    power_co2_t_gj: float
    heat_co2_t_gj: float

    @property
    def annuity(self) -> float:
        """Yearly share of an investment: i / (1 - (1 + i)^-n)."""
        i, n = self.choices.interest_pct / 100, self.choices.years
        return i / (1 - (1 + i) ** -n) if i else 1.0 / n

    def cny(self, amount: float) -> float:
        """An amount in CNY in the park's currency."""
        return amount / self.rate

    def investment(self, utility: str, size: float) -> float:
        """Investment of a works: reference x (size / reference size) ^ exponent."""
        s = self.standards
        reference = s.value(f"siting.{utility}.reference_size")
        exponent = s.value(f"siting.{utility}.exponent")
        return self.cny(s.value(f"siting.{utility}.reference_investment") * (size / reference) ** exponent)

    def works_a(self, utility: str, size: float) -> float:
        """Annual cost of a works whatever flows: annuity and upkeep."""
        upkeep = self.standards.value(f"siting.{utility}.upkeep_share")
        return self.investment(utility, size) * (self.annuity + upkeep)

    def land_a(self, land_cny: float) -> float:
        """Interest on the price of land."""
        return self.cny(land_cny) * self.choices.interest_pct / 100

    def operation_a(self, utility: str) -> float:
        """Annual cost of operation per unit of demand."""
        return self.cny(self.standards.value(f"siting.{utility}.operation_per_unit_a"))

    def connection_a(self, utility: str) -> float:
        """Annual cost of pipe or haulage per unit of demand and metre of road."""
        return self.cny(self.standards.value(f"siting.{utility}.connection_per_unit_m_a"))

    def trunk_a(self, utility: str) -> float:
        """Annual cost per metre of the smallest pipe, which any works needs to its nearest firm; 0 where it is hauled."""
        key = f"siting.{utility}.trunk_per_m_a"
        return self.cny(self.standards.value(key)) if key in set(self.standards) else 0.0
