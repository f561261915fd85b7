"""Steam by the industrial formulation IAPWS-IF97: saturation line (region 4) and steam (region 2).

Source: IAPWS R7-97(2012), Revised Release on the IAPWS Industrial Formulation 1997 for the Thermodynamic Properties of
Water and Steam, equations 15 to 17 and 29 to 31; the coefficients stand in ``resources/knowledge/steam.csv``. Pressures
are absolute, up to 16.5 MPa (350 C); temperatures up to 800 C.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq

from parkloop import resources

R = 0.461526  # kJ/(kg K)
ZERO_C = 273.15
MOST_MPA = 16.5
MOST_C = 800.0
WATER_M3_KG = 0.0011  # hot water, small beside the steam's volume


@cache
def _terms(part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [row for row in resources.table("knowledge", "steam.csv") if row["part"] == part]
    i, j, n = (np.array([float(row[name]) for row in rows]) for name in ("i", "j", "n"))
    return i, j, n


def saturation_mpa(temperature_c: float) -> float:
    """Pressure at which water boils at a temperature.

    Examples
    --------
    >>> round(saturation_mpa(100.0), 5)
    0.10142
    """
    n = _terms("saturation")[2]
    t = temperature_c + ZERO_C
    theta = t + n[8] / (t - n[9])
    a, b, c = theta**2 + n[0] * theta + n[1], n[2] * theta**2 + n[3] * theta + n[4], n[5] * theta**2
    c += n[6] * theta + n[7]
    return float((2 * c / (-b + np.sqrt(b * b - 4 * a * c))) ** 4)


def saturation_c(pressure_mpa: float) -> float:
    """Temperature at which water boils at a pressure.

    Examples
    --------
    >>> round(saturation_c(1.0), 3)
    179.886
    """
    n = _terms("saturation")[2]
    beta = pressure_mpa**0.25
    e, f = beta**2 + n[2] * beta + n[5], n[0] * beta**2 + n[3] * beta + n[6]
    g = n[1] * beta**2 + n[4] * beta + n[7]
    d = 2 * g / (-f - np.sqrt(f * f - 4 * e * g))
    return float((n[9] + d - np.sqrt((n[9] + d) ** 2 - 4 * (n[8] + n[9] * d))) / 2 - ZERO_C)


def steam(pressure_mpa: float, temperature_c: float) -> tuple[float, float, float]:
    """Volume (m3/kg), enthalpy (kJ/kg) and entropy (kJ/(kg K)) of steam that is not wet.

    Examples
    --------
    >>> [round(x, 4) for x in steam(4.0, 400.0)]
    [0.0734, 3214.3735, 6.7712]
    """
    t, tau = temperature_c + ZERO_C, 540.0 / (temperature_c + ZERO_C)
    _, j0, n0 = _terms("ideal")
    i, j, n = _terms("residual")
    free = np.log(pressure_mpa) + (n0 * tau**j0).sum()
    free_tau = (n0 * j0 * tau ** (j0 - 1)).sum()
    rest = (n * pressure_mpa**i * (tau - 0.5) ** j).sum()
    rest_tau = (n * pressure_mpa**i * j * (tau - 0.5) ** (j - 1)).sum()
    rest_pi = (n * i * pressure_mpa ** (i - 1) * (tau - 0.5) ** j).sum()
    volume = R * t / pressure_mpa / 1000 * (1 + pressure_mpa * rest_pi)
    slope = tau * (free_tau + rest_tau)
    return float(volume), float(R * t * slope), float(R * (slope - free - rest))


def water_enthalpy(pressure_mpa: float) -> float:
    """Enthalpy (kJ/kg) of boiling water, from the steam's by the equation of Clapeyron."""
    at = saturation_c(pressure_mpa)
    volume, enthalpy, _ = steam(pressure_mpa, at)
    slope = (saturation_mpa(at + 0.01) - saturation_mpa(at - 0.01)) / 0.02 * 1000  # kPa/K
    return enthalpy - (at + ZERO_C) * slope * (volume - WATER_M3_KG)


def drop(from_mpa: float, from_c: float, to_mpa: float) -> float:
    """Fall of enthalpy (kJ/kg) of steam that expands without loss, into the wet region where it leads there.

    Examples
    --------
    >>> round(drop(4.0, 400.0, 0.5), 1)
    487.3
    """
    _, enthalpy, entropy = steam(from_mpa, from_c)
    at = saturation_c(to_mpa)
    _, dry_enthalpy, dry_entropy = steam(to_mpa, at)
    if entropy <= dry_entropy:  # wet: pressure and temperature stay, dh = T ds
        return enthalpy - (dry_enthalpy - (at + ZERO_C) * (dry_entropy - entropy))
    found = brentq(lambda t: steam(to_mpa, t)[2] - entropy, at, max(from_c, at) + 1.0)
    return enthalpy - steam(to_mpa, found)[1]
