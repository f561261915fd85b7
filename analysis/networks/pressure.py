"""Pipes under pressure: what each size can carry, and what it loses on the way.

All flows are the design flow in the unit of the utility: heat kW, gas m3/h at standard conditions, water and
reclaimed water m3/h in the peak hour, waste gas m3/h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..standards import Standards
from .catalogue import Pipes, pipes

HEAT_CAPACITY_KJ_KG_K = 4.19
HOT_WATER_KG_M3 = 965.0  # at 85 C, the mean of supply and return
STANDARD_T_K, GAS_T_K = 273.15, 288.15
ATMOSPHERE_MPA = 0.101325


@dataclass(frozen=True)
class Family:
    """How one utility flows in its pipes.

    Parameters
    ----------
    sizes
        The catalogue.
    capacity
        (k,) largest design flow of each size within the limits of velocity and friction.
    velocity
        Function of (flow, size number) giving m/s.
    loss
        Function of (flow, size number) giving Pa/m; for gas at the pressure of the source.
    """

    sizes: Pipes
    capacity: np.ndarray
    velocity: Callable[[np.ndarray, np.ndarray], np.ndarray]
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def size_for(self, flow: np.ndarray) -> np.ndarray:
        """(n,) number of the smallest size that carries each flow; the largest where none does."""
        return np.minimum(np.searchsorted(self.capacity, flow * (1 - 1e-12)), len(self.capacity) - 1)

    def lanes_for(self, flow: np.ndarray) -> np.ndarray:
        """(n,) how many parallel pipes of the largest size a flow needs; 1 where one pipe does."""
        return np.maximum(1, np.ceil(flow / self.capacity[-1] * (1 - 1e-12))).astype(int)

    def price_cny_m(self, flow: np.ndarray) -> np.ndarray:
        """(n,) price of a metre for each flow; nothing where nothing flows."""
        flow = np.asarray(flow, float)
        price = self.sizes.price_cny_m[self.size_for(flow)] * self.lanes_for(flow)
        return np.where(flow > 0, price, 0.0)


def _area(sizes: Pipes) -> np.ndarray:
    return np.pi / 4 * sizes.inner_m**2


def heat(standards: Standards) -> Family:
    """Hot water, supply and return: limits of specific friction and velocity (CJJ/T 34).

    Friction after Shifrinson: R = 6.88e-3 K^0.25 G^2 / (rho d^5.25), R in Pa/m, G in t/h, d and K in m.
    """
    sizes = pipes("heat_water")
    rough = standards.value("networks.heat_roughness") / 1000
    spread_k = standards.value("networks.heat_t_supply") - standards.value("networks.heat_t_return")
    extra = 1 + standards.value("networks.heat_loss_share") / 100
    t_h_per_kw = extra * 3.6 / (HEAT_CAPACITY_KJ_KG_K * spread_k)
    factor = 6.88e-3 * rough**0.25 / (HOT_WATER_KG_M3 * sizes.inner_m**5.25)
    by_friction = np.sqrt(standards.value("networks.heat_main_loss_max") / factor)
    by_velocity = standards.value("networks.heat_velocity_max") * _area(sizes) * HOT_WATER_KG_M3 * 3.6

    def velocity(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        return flow * t_h_per_kw / 3.6 / HOT_WATER_KG_M3 / _area(sizes)[size]

    def loss(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        return factor[size] * (flow * t_h_per_kw) ** 2

    return Family(sizes, np.minimum(by_friction, by_velocity) / t_h_per_kw, velocity, loss)


def water(standards: Standards) -> Family:
    """Water and reclaimed water: economic velocity by size; friction after Hazen and Williams."""
    sizes = pipes("water")
    limit = np.where(
        sizes.dn_mm < 400,
        standards.value("networks.water_velocity_small"),
        standards.value("networks.water_velocity_large"),
    )
    c = standards.value("networks.water_hazen_williams")

    def velocity(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        return flow / 3600 / _area(sizes)[size]

    def loss(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        return 9806.65 * 10.67 * (flow / 3600) ** 1.852 / (c**1.852 * sizes.inner_m[size] ** 4.87)

    return Family(sizes, limit * _area(sizes) * 3600, velocity, loss)


def gas(standards: Standards) -> Family:
    """Natural gas at medium pressure A: velocity at the lowest pressure allowed; friction after GB 50028, 6.2.6.

    (P1^2 - P2^2) / L = 1.27e10 lambda Q^2 rho T / (d^5 T0), P in kPa absolute, L in km, Q in m3/h, d in mm,
    lambda = 0.11 (K/d + 68/Re)^0.25.
    """
    sizes = pipes("gas")
    lowest = standards.value("networks.gas_pressure_min") + ATMOSPHERE_MPA
    source = standards.value("networks.gas_source_pressure") + ATMOSPHERE_MPA
    shrink = ATMOSPHERE_MPA / lowest * GAS_T_K / STANDARD_T_K

    def velocity(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        return flow * shrink / 3600 / _area(sizes)[size]

    def loss(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        # near the source dP = d(P^2) / (2 P)
        return gas_square_drop_kpa2_m(flow, sizes.inner_m[size], standards) / (2 * source * 1000) * 1000

    return Family(
        sizes, standards.value("networks.gas_velocity_max") * _area(sizes) * 3600 / shrink, velocity, loss
    )


def gas_square_drop_kpa2_m(flow_m3_h: np.ndarray, inner_m: np.ndarray, standards: Standards) -> np.ndarray:
    """Fall of the squared absolute pressure in kPa2 per m (GB 50028-2006, formula 6.2.6-1)."""
    d_mm = inner_m * 1000
    rho = standards.value("networks.gas_density")
    viscosity = 14.3e-6  # kinematic, m2/s, natural gas at standard conditions
    reynolds = np.maximum(flow_m3_h / 3600 / (np.pi / 4 * inner_m**2) * inner_m / viscosity, 1.0)
    friction = 0.11 * (standards.value("networks.gas_roughness") / d_mm + 68 / reynolds) ** 0.25
    return 1.27e10 * friction * flow_m3_h**2 * rho / d_mm**5 * GAS_T_K / STANDARD_T_K / 1000


def duct(standards: Standards) -> Family:
    """Ducts of waste gas: limit of velocity; friction with a factor of 0.02."""
    sizes = pipes("duct")

    def velocity(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        return flow / 3600 / _area(sizes)[size]

    def loss(flow: np.ndarray, size: np.ndarray) -> np.ndarray:
        return 0.02 / sizes.inner_m[size] * 1.2 * velocity(flow, size) ** 2 / 2

    return Family(sizes, standards.value("networks.duct_velocity_max") * _area(sizes) * 3600, velocity, loss)
