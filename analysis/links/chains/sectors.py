"""What a firm of a division typically takes in and makes, a million yuan of output: from the knowledge tables."""

from __future__ import annotations

from functools import cache

import pandas as pd

from parkloop import resources

from ...park.estimates.profiles import flows, profiles
from ...standards import Standards
from ..material import FUELS


@cache
def takes() -> pd.DataFrame:
    """Inputs by sector and material: ``t_per_mcny``."""
    return _typical("in", "raw_material")


@cache
def makes() -> pd.DataFrame:
    """Products by sector and material: ``t_per_mcny``."""
    return _typical("out", "product")


def _typical(direction: str, role: str) -> pd.DataFrame:
    table = flows()
    mine = table[(table["direction"] == direction) & (table["role"] == role) & (table["t_per_mcny"] > 0)]
    return mine.groupby(["sector", "material"], as_index=False, sort=True)[["t_per_mcny"]].sum()


def fuel_gj_per_mcny(standards: Standards) -> pd.Series:
    """Fuel burnt (GJ) by sector: that of boilers and furnaces, or the fuels among the inputs where those are more."""
    typical = profiles()
    boiler = typical["heat_gj_m2_a"] / standards.value("estimates.boiler_efficiency")
    boiler = boiler.where(typical["boiler_fuel"] != "heat", 0.0)
    fired = 1e6 / typical["output_cny_m2_a"] * (boiler + typical["furnace_gj_m2_a"])
    listed = takes()[takes()["material"].isin(FUELS)]
    heat = listed["t_per_mcny"] * listed["material"].map(lambda name: fuel_gj_t(name, standards))
    return fired.combine(heat.groupby(listed["sector"]).sum(), max, fill_value=0.0)


def fuel_gj_t(material: str, standards: Standards) -> float:
    """Lower heating value of a material that is a fuel, GJ/t."""
    return standards.value(f"energy.ncv_{FUELS[material]}")


def label(sector: str, lang: str) -> str:
    """The name of a division with its code."""
    row = resources.codes("sectors").get(sector)
    return f"{sector} {row[f'label_{lang}']}" if row else sector
