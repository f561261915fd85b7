"""Costs and prices of links in the park's currency."""

from __future__ import annotations

from dataclasses import dataclass

from ..park.model import Park
from ..scenario import Scenario
from ..standards import Standards


@dataclass(frozen=True)
class Costs:
    """Unit costs in the park's currency, from the standards' CNY or EUR.

    ``annuity`` is the yearly share of an investment: capital recovery plus maintenance.
    """

    standards: Standards
    currency: str
    capital_1_a: float

    @classmethod
    def of(cls, park: Park, scenario: Scenario) -> Costs:
        rate, years = scenario.links.discount_rate, scenario.links.life_a
        # capital recovery factor i / (1 - (1 + i)^-n); its limit for i = 0 is 1 / n
        capital = 1 / years if rate == 0 else rate / (1 - (1 + rate) ** -years)
        return cls(scenario.thresholds(), park.currency, capital)

    def money(self, key: str) -> float:
        """The cost ``links.<key>`` or ``energy.price_...`` in the park's currency."""
        name = key if "." in key else f"links.{key}"
        standard = self.standards[name]
        given = standard.unit.split("/")[0]
        return (
            standard.value
            * self.standards.value(f"currency.{given}")
            / self.standards.value(f"currency.{self.currency}")
        )

    def from_cny(self, amount: float) -> float:
        """An amount in CNY in the park's currency."""
        return amount / self.standards.value(f"currency.{self.currency}")

    def value(self, key: str) -> float:
        """A number of ``links.<key>`` that is no money."""
        return self.standards.value(f"links.{key}")

    @property
    def annuity(self) -> float:
        return self.capital_1_a + self.value("maintenance")
