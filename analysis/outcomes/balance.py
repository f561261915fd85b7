"""What every balance of the outcomes shares."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import Finding
from ..park.model import Park
from ..standards import Standards


@dataclass(frozen=True)
class Change:
    """A quantity today and planned; None where the park's data do not tell, with the difference alone if that is known.

    ``estimated_share`` is the share (0..1) of today's value that rests on estimates.
    """

    today: float | None
    planned: float | None
    estimated_share: float = 0.0
    alone: float | None = None

    @property
    def difference(self) -> float | None:
        if self.today is None or self.planned is None:
            return self.alone
        return self.planned - self.today


@dataclass
class Inputs:
    """What the balances read: the park, the standards, and the tables of earlier steps (empty where absent)."""

    park: Park
    standards: Standards
    links: pd.DataFrame
    sites: pd.DataFrame
    service: pd.DataFrame
    pipes: pd.DataFrame
    parcels: pd.DataFrame
    supply: pd.DataFrame
    pressure: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)

    def of(self, status: str, kind: str = "") -> pd.DataFrame:
        """Links of one status (existing, proposed, ended; today: existing or ended) and kind."""
        if self.links.empty:
            return self.links
        mask = self.links["status"].isin(("existing", "ended") if status == "today" else (status,))
        return self.links[mask & (self.links["kind"] == kind)] if kind else self.links[mask]

    def recovered(self) -> pd.DataFrame:
        """Rows of ``pressure_recovery`` that are worth recovering."""
        return self.pressure[self.pressure["reason"] == ""] if len(self.pressure) else self.pressure

    @property
    def days_a(self) -> float:
        return self.standards.value("outcomes.days")

    def supplied_t_d(self, *kinds: str, status: str = "proposed", works: bool = False) -> float:
        """Water of some kinds of source on a mean day by ``water_supply``; ``works``: of works that exist."""
        if self.supply.empty:
            return 0.0
        mine = self.supply["source_kind"].isin(kinds) & (self.supply["status"] == status)
        return float(self.supply.loc[mine & ((self.supply["sources"] != "") | (not works)), "flow_t_d"].sum())

    def at_home(self) -> pd.DataFrame:
        """Rows of ``water_supply`` that firms see to on their own land: their own discharge, and rain."""
        return (
            self.supply[self.supply["source_kind"].isin(("own_firm", "rain"))] if len(self.supply) else self.supply
        )

    def reclaimed_t_d(self) -> float:
        """Reclaimed water that new or extended works, and what existing ones have to spare, supply on a mean day.

        No more than the demands take of new works, where the links step tells.
        """
        spare = self.supplied_t_d("reclaimed", works=True)
        if self.sites.empty:
            return spare
        works = self.sites[self.sites["utility"] == "reclaimed"]
        added = float(np.minimum(works["added"].fillna(0.0), works["demand"].fillna(0.0)).sum())
        asked = np.inf if self.supply.empty else self.supplied_t_d("reclaimed") - spare
        return spare + min(added, asked)


def by_firm(table: pd.DataFrame, side: str, column: str) -> pd.Series:
    """Sum of a links column by the firm at one side (``from`` or ``to``)."""
    if table.empty:
        return pd.Series(dtype=float)
    return table.groupby(f"{side}_enterprise_id")[column].sum()
