"""The Gaussian plume with reflection at the ground, and how far the gas of a stack rises.

    C = Q / (2 pi u sigma_y sigma_z) exp(-y^2 / (2 sigma_y^2)) [exp(-(z-H)^2 / (2 sigma_z^2)) + exp(-(z+H)^2 / (2 sigma_z^2))]

No mixing lid, no deposition, no decay, flat ground, final rise at every distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dispersion import potential_k_m, sigma, urban, wind_at

GRAVITY = 9.80665  # m/s2
KELVIN = 273.15
MICRO = 1e6  # ug in a g


@dataclass(frozen=True)
class Stack:
    """A stack: height and inner diameter in m, temperature in C and speed in m/s of the gas at its mouth."""

    height_m: float
    diameter_m: float
    exit_c: float
    exit_m_s: float


@dataclass(frozen=True)
class Air:
    """The air around a stack: temperature in C and pressure in hPa."""

    temperature_c: float = 15.0
    pressure_hpa: float = 1013.25


def concentration(
    emission_g_s: float,
    wind_m_s: np.ndarray | float,
    height_m: np.ndarray | float,
    sigma_y_m: np.ndarray | float,
    sigma_z_m: np.ndarray | float,
    y_m: np.ndarray | float = 0.0,
    z_m: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Concentration in ug/m3 of a plume of effective height ``height_m``; arguments broadcast.

    Examples
    --------
    >>> round(float(concentration(5, 2, 30, 50, 30)))
    322
    """
    across = np.exp(-0.5 * (np.asarray(y_m) / sigma_y_m) ** 2)
    upright = np.exp(-0.5 * ((z_m - np.asarray(height_m)) / sigma_z_m) ** 2)
    upright = upright + np.exp(-0.5 * ((z_m + np.asarray(height_m)) / sigma_z_m) ** 2)
    spread = 2 * np.pi * np.asarray(wind_m_s) * sigma_y_m * np.asarray(sigma_z_m)
    return np.asarray(MICRO * emission_g_s * across * upright / spread)


def centreline(
    scheme: str,
    stability: str,
    emission_g_s: float,
    wind_m_s: np.ndarray | float,
    height_m: np.ndarray | float,
    distance_m: np.ndarray,
) -> np.ndarray:
    """Ground concentration in ug/m3 straight downwind, from the effective height and the wind at the stack.

    Examples
    --------
    >>> x = np.array([3000.0])
    >>> round(float(centreline("isc3_rural", "D", 110, 5, 100, x)[0]))
    179
    """
    across = sigma(scheme, stability, "sigma_y", distance_m)
    upright = sigma(scheme, stability, "sigma_z", distance_m)
    return concentration(emission_g_s, wind_m_s, height_m, across, upright)


def rise(scheme: str, stability: str, stack: Stack, speed_m_s: np.ndarray, air: Air) -> np.ndarray:
    """Final plume rise in m at wind speeds ``speed_m_s`` (of 10 m): GB/T 3840-91 for ``gbt3840``, else Briggs."""
    wind = wind_at(scheme, stability, speed_m_s, stack.height_m)
    if scheme == "gbt3840":
        return rise_gbt3840(stability, stack, wind, np.asarray(speed_m_s, float), air, urban(scheme))
    return rise_briggs(stability, stack, wind, air)


def rise_briggs(stability: str, stack: Stack, wind_m_s: np.ndarray, air: Air) -> np.ndarray:
    """Final rise in m of buoyancy or momentum by Briggs, as in EPA-454/B-95-003b 1.1.4 (wind at the mouth)."""
    ambient, hot = air.temperature_c + KELVIN, stack.exit_c + KELVIN
    speed, diameter, excess = stack.exit_m_s, stack.diameter_m, stack.exit_c - air.temperature_c
    buoyancy = GRAVITY * speed * diameter**2 * max(excess, 0.0) / (4 * hot)
    momentum = speed**2 * diameter**2 * ambient / (4 * hot)
    jet = 3 * diameter * speed / wind_m_s
    gradient = potential_k_m(stability)
    if not gradient:
        strong = buoyancy >= 55
        least = (
            0.00575 * hot * speed ** (2 / 3) / diameter ** (1 / 3)
            if strong
            else 0.0297 * hot * speed ** (1 / 3) / diameter ** (2 / 3)
        )
        if excess < least:
            return jet
        return (38.71 * buoyancy**0.6 if strong else 21.425 * buoyancy**0.75) / wind_m_s
    lapse = GRAVITY * gradient / ambient
    if excess < 0.019582 * hot * speed * np.sqrt(lapse):
        return np.minimum(jet, 1.5 * (momentum / (wind_m_s * np.sqrt(lapse))) ** (1 / 3))
    return 2.6 * (buoyancy / (wind_m_s * lapse)) ** (1 / 3)


def rise_gbt3840(
    stability: str, stack: Stack, wind_m_s: np.ndarray, wind_10_m_s: np.ndarray, air: Air, built_up: bool
) -> np.ndarray:
    """Rise in m by GB/T 3840-91 5.6 (heat release Qh = 0.35 Pa Qv dT/Ts in kW; from memory, confidence m)."""
    hot = stack.exit_c + KELVIN
    flow = np.pi / 4 * stack.diameter_m**2 * stack.exit_m_s
    excess = max(stack.exit_c - air.temperature_c, 0.0)
    heat = 0.35 * air.pressure_hpa * flow * excess / hot
    lapse = potential_k_m(stability)  # dTa/dz + 0.0098 K/m
    if lapse:
        moving = heat ** (1 / 3) * lapse ** (-1 / 3) * wind_m_s ** (-1 / 3)
        return np.where(wind_10_m_s >= 1.5, moving, 5.5 * heat**0.25 * lapse ** (-3 / 8))
    weak = 2 * (1.5 * stack.exit_m_s * stack.diameter_m + 0.01 * heat) / wind_m_s
    if heat <= 1700 or excess < 35:
        return weak
    factor, power, height_power = (
        (1.303 if built_up else 1.427, 1 / 3, 2 / 3) if heat >= 21000 else (0.292 if built_up else 0.332, 0.6, 0.4)
    )
    strong = factor * heat**power * stack.height_m**height_power / wind_m_s
    if heat >= 2100:
        return strong
    low = weak - 0.048 * (heat - 1700) / wind_m_s
    return low + (strong - low) * (heat - 1700) / 400
