"""What it takes to bring a unit of demand a metre along the road, or to lift it: money, losses, CO2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..energy import MWH_GJ
from .costs import DAYS, Money

PUMPED = ("water", "reclaimed")
HAULED = ("solid_waste", "hazardous_waste")


@dataclass(frozen=True)
class Way:
    """A unit of demand, a metre, a year: pipe or haulage and losses in the park's currency, CO2 in t."""

    carriage: float
    losses: float
    co2_t: float


@dataclass(frozen=True)
class Lift:
    """1 t/d of wastewater lifted by given heights, a year: station and electricity in the park's currency, CO2 in t."""

    station: np.ndarray
    power: np.ndarray
    co2_t: np.ndarray


def way(utility: str, money: Money) -> Way:
    """What the way takes for a unit of demand of ``utility``.

    Notes
    -----
    Heat: a share lost by the kilometre, at the price and with the CO2 of heat. Water and reclaimed water: the head lost by
    the kilometre is pumped, g h / efficiency. Waste gas: the pressure lost in the duct is blown, V dp / efficiency. Waste: lorries.
    Gas flows by its own pressure, wastewater by gravity (see ``lift``).
    """
    s = money.standards
    carriage = money.connection_a(utility)
    if utility == "heat":
        kwh = s.value("siting.heat.hours_a") * s.value("siting.heat.loss_share_km") / 1000
        co2 = kwh * MWH_GJ / 1000 * money.heat_co2_t_gj
        return Way(carriage, money.cny(kwh * s.value("siting.heat.price_kwh")), co2)
    if utility in HAULED:
        return Way(carriage, 0.0, s.value("siting.haulage_co2_kg_t_km") / 1e6)
    kwh = 0.0
    if utility in PUMPED:
        head_m = s.value("siting.water.head_m_km") / 1000
        kwh = head_m * s.value("siting.wastewater.pump_kwh_t_m") * DAYS
    elif utility == "waste_gas":
        power_kw = s.value("siting.waste_gas.duct_pa_m") / 3600 / s.value("siting.waste_gas.fan_efficiency") / 1000
        kwh = power_kw * s.value("siting.waste_gas.hours_a")
    price = s.value("siting.wastewater.power_price") if kwh else 0.0
    return Way(carriage, money.cny(kwh * price), kwh * MWH_GJ / 1000 * money.power_co2_t_gj)


def lift(lift_m: np.ndarray, money: Money) -> Lift:
    """What it takes to lift 1 t/d of wastewater by ``lift_m``; nothing where it need not be lifted."""
    s = money.standards
    station = money.cny(s.value("siting.wastewater.lift_station"))
    station *= money.annuity + s.value("siting.wastewater.upkeep_share")
    kwh = s.value("siting.wastewater.pump_kwh_t_m") * DAYS * lift_m
    power = money.cny(s.value("siting.wastewater.power_price")) * kwh
    co2 = kwh * MWH_GJ / 1000 * money.power_co2_t_gj
    return Lift(np.where(lift_m > 0, station, 0.0), power, co2)
