"""Dispersion coefficients by named scheme and Pasquill class, and the wind profile that belongs to each scheme.

The coefficients stand in ``resources/knowledge/dispersion.csv``:

- ``isc3_rural``: sigma_y = 465.11628 x tan(0.017453293 (c - d ln x)), sigma_z = a x^b, x in km (EPA-454/B-95-003b, tables
  1-1 and 1-2);
- ``isc3_urban``, ``briggs_rural``, ``briggs_urban``: sigma = a x (1 + b x)^c, x in m (EPA-454/B-95-003b, tables 1-3 and
  1-4; Briggs 1973);
- ``gbt3840``: sigma = gamma x^alpha, x in m (GB/T 3840-91 and GB/T 13201-91, samples of 30 minutes).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from parkloop import resources

SCHEMES = ("isc3_rural", "isc3_urban", "briggs_rural", "briggs_urban", "gbt3840")
CLASSES = "ABCDEF"
NEAREST_M = 1.0  # nearer to the source the curves say nothing

Band = tuple[str, float, float, float, float]  # form, upper end in m, three coefficients


@cache
def _bands() -> dict[tuple[str, str, str], list[Band]]:
    """Bands of each (scheme, class, quantity), by distance."""
    found: dict[tuple[str, str, str], list[Band]] = {}
    for row in resources.table("knowledge", "dispersion.csv"):
        band = (row["form"], *(float(row[name] or fallback) for name, fallback in _CELLS))
        found.setdefault((row["scheme"], row["class"], row["quantity"]), []).append(band)  # type: ignore[arg-type]
    return {key: sorted(bands, key=lambda band: band[1]) for key, bands in found.items()}


_CELLS = (("to_m", "inf"), ("a", "0"), ("b", "0"), ("c", "0"))
_FORMS: dict[str, Callable[[np.ndarray, float, float, float], np.ndarray]] = {
    "tangent": lambda x, c, d, _: 465.11628 * x / 1e3 * np.tan(0.017453293 * (c - d * np.log(x / 1e3))),
    "power_km": lambda x, a, b, _: a * (x / 1e3) ** b,
    "power_m": lambda x, a, b, _: a * x**b,
    "briggs": lambda x, a, b, c: a * x * (1 + b * x) ** c if b else a * x,
}


def sigma(scheme: str, stability: str, quantity: str, distance_m: np.ndarray) -> np.ndarray:
    """Standard deviation in m of a plume across the wind (``sigma_y``) or upright (``sigma_z``).

    Parameters
    ----------
    scheme, stability
        One of ``SCHEMES`` and of ``CLASSES``.
    distance_m
        Distances along the wind, any shape; below 1 m that of 1 m.
    """
    x = np.maximum(np.asarray(distance_m, float), NEAREST_M)
    bands = _bands()[scheme, stability, quantity]
    which = np.searchsorted([band[1] for band in bands[:-1]], x)  # a band holds its upper end
    value = np.empty_like(x)
    for k, (form, _, a, b, c) in enumerate(bands):
        mine = which == k
        value[mine] = _FORMS[form](x[mine], a, b, c)
    return value


def wind_at(scheme: str, stability: str, speed_m_s: np.ndarray, height_m: float) -> np.ndarray:
    """Wind speed at a height from that at 10 m, by the power law of the scheme; not less than at 10 m."""
    exponent = _bands()[scheme, stability, "wind_exponent"][0][2]
    return np.asarray(speed_m_s, float) * (max(height_m, 10.0) / 10.0) ** exponent


@cache
def screening_speeds(stability: str) -> np.ndarray:
    """Wind speeds at 10 m in m/s at which a class occurs (SCREEN3, EPA-454/B-95-004, table 2)."""
    speeds = np.r_[np.arange(1.0, 5.01, 0.5), 8.0, 10.0, 15.0, 20.0]
    return speeds[speeds <= _bands()["", stability, "highest_speed_m_s"][0][2]]


def potential_k_m(stability: str) -> float:
    """Gradient of potential temperature in K/m of a stable class, 0 of the others (EPA-454/B-95-003b 1.1.4.4)."""
    bands = _bands().get(("", stability, "potential_k_m"))
    return bands[0][2] if bands else 0.0


def area_spread(height_m: float, side_m: float) -> tuple[float, float]:
    """Spread in m, across and upright, with which a plume leaves an area (EPA-454/B-95-003b table 1-6)."""
    across, upright = (_bands()["", "", f"area_{name}"][0][2] for name in ("side_by_sigma_y", "height_by_sigma_z"))
    return side_m / across, height_m / upright


def urban(scheme: str) -> bool:
    """True where the scheme is made for built-up land."""
    return scheme.endswith("urban")
