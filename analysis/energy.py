"""Energy carriers: what a unit of them weighs in carbon dioxide."""

from __future__ import annotations

import numpy as np

from .park.model import Park
from .standards import Standards

MWH_GJ = 3.6
POWER_AND_HEAT = "D44"  # division of firms that make power and heat to sell


def carbon_t_gj(park: Park, standards: Standards, carrier: str) -> float:
    """CO2 of a carrier in t/GJ; electricity by the park's grid factor, else the national one."""
    if carrier != "electricity":
        return standards.value(f"energy.co2_{carrier}")
    own = park.info["grid_co2_t_mwh"] if len(park["park"]) else np.nan
    return float(own if not np.isnan(own) else standards.value("energy.grid_co2")) / MWH_GJ
