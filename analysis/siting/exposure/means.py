"""Long-term means over a wind rose, and the worst hour, on the ground around a source.

Mean: within the width of a direction the plume is spread evenly across the wind (sector average), so that

    C(r, theta) = (2/pi)^0.5 Q sum_k w_k p(theta) / (u sigma_z r) exp(-H^2 / (2 sigma_z^2))

p the frequency of the wind that blows from the source to the place, a radian, interpolated around the rose; w_k the share of stability
class k; H and u of each direction by its own speed. Calms blow with the lowest speed, spread like the other winds.

Worst hour: the greatest ground concentration straight downwind over all classes and the wind speeds at which they occur
(the screening of EPA-454/B-95-004). Every direction counts, however rare.

An area source is integrated over points of its ground, each with an upright spread of a height / 2.15 to begin with
(EPA-454/B-95-003b table 1-6); its worst hour over a disc of the same area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from .dispersion import CLASSES, area_spread, screening_speeds, sigma, wind_at
from .plume import MICRO, Air, Stack, concentration, rise
from .rose import Rose

RADII_M = np.geomspace(5.0, 20_000.0, 160)
PIECES = 25  # about as many points stand for an area source


@dataclass(frozen=True)
class Release:
    """How a source releases: a stack, or (None) an area at ``height_m``."""

    height_m: float
    stack: Stack | None


@dataclass(frozen=True)
class Polar:
    """Concentration in ug/m3 for 1 g/s, (RADII_M, directions of the rose) by where the wind comes from."""

    bearing_deg: np.ndarray
    value: np.ndarray

    def at(self, dx_m: np.ndarray, dy_m: np.ndarray, near_m: float = 0.0) -> np.ndarray:
        """At places ``dx_m`` east and ``dy_m`` north of the source; ``near_m`` is half the radius of an area piece."""
        away = np.sqrt(dx_m**2 + dy_m**2 + near_m**2)
        step = np.log(RADII_M[1] / RADII_M[0])
        radius = np.clip(np.log(np.maximum(away, 1e-9) / RADII_M[0]) / step, 0, len(RADII_M) - 1.000001)
        n = len(self.bearing_deg)
        ends = np.r_[self.bearing_deg[-1] - 360, self.bearing_deg, self.bearing_deg[0] + 360]
        comes_from = np.degrees(np.arctan2(-dx_m, -dy_m)) % 360
        turn = np.interp(comes_from, ends, np.arange(-1.0, n + 1))
        i, j = radius.astype(int), np.floor(turn).astype(int)
        a, b = radius - i, turn - j
        left, right = j % n, (j + 1) % n
        inner = (1 - b) * self.value[i, left] + b * self.value[i, right]
        outer = (1 - b) * self.value[i + 1, left] + b * self.value[i + 1, right]
        return (1 - a) * inner + a * outer


def mean(
    rose: Rose, release: Release, scheme: str, shares: Mapping[str, float], least_m_s: float, air: Air
) -> Polar:
    """Mean concentration around a source of 1 g/s at all hours.

    Parameters
    ----------
    shares
        Share of the hours with each stability class; they add up to 1.
    least_m_s
        Lowest wind speed in a plume, at 10 m.
    """
    speed = np.r_[np.maximum(rose.speed_m_s, least_m_s), least_m_s]
    density = rose.density / 100 * 180 / np.pi  # a radian
    still = rose.calm_pct / rose.frequency_pct.sum()
    value = np.zeros((len(RADII_M), len(rose.bearing_deg)))
    for stability, share in shares.items():
        if share > 0:
            spread, height, wind = _spread(release, scheme, stability, RADII_M, speed, air)
            profile = np.exp(-0.5 * (height[None, :] / spread[:, None]) ** 2)
            profile *= np.sqrt(2 / np.pi) * MICRO / (wind[None, :] * spread[:, None] * RADII_M[:, None])
            value += share * density * (profile[:, :-1] + still * profile[:, -1:])
    return Polar(rose.bearing_deg, value)


def _spread(
    release: Release, scheme: str, stability: str, distance_m: np.ndarray, speed_m_s: np.ndarray, air: Air
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Upright spread by distance, effective height and wind at the mouth by speed."""
    spread = sigma(scheme, stability, "sigma_z", distance_m)
    height = np.full(len(speed_m_s), release.height_m)
    if release.stack is None:
        spread = np.hypot(spread, area_spread(release.height_m, 0.0)[1])
    else:
        height = height + rise(scheme, stability, release.stack, speed_m_s, air)
    return spread, height, wind_at(scheme, stability, speed_m_s, release.height_m)


def worst_hour(release: Release, scheme: str, air: Air, area_m2: float = 0.0) -> np.ndarray:
    """(RADII_M,) greatest hourly concentration in ug/m3 for 1 g/s, by distance from the middle of the source."""
    worst = np.zeros(len(RADII_M))
    for stability in CLASSES:
        speed = screening_speeds(stability)
        if release.stack is None:
            # with a height that does not change, the least wind is the worst
            worst = np.maximum(worst, _disc(release, scheme, stability, float(speed[0]), area_m2, air))
            continue
        upright, height, wind = _spread(release, scheme, stability, RADII_M, speed, air)
        across = sigma(scheme, stability, "sigma_y", RADII_M)
        worst = np.maximum(worst, concentration(1.0, wind[:, None], height[:, None], across, upright).max(0))
    return worst


def _disc(
    release: Release,
    scheme: str,
    stability: str,
    speed_m_s: float,
    area_m2: float,
    air: Air,
    pieces: int = 4 * PIECES,
) -> np.ndarray:
    """(RADII_M,) concentration downwind of a disc of ``area_m2``, summed over pieces of equal area."""
    radius = np.sqrt(area_m2 / np.pi)
    k = np.arange(pieces)
    # a sunflower spreads points evenly over a disc
    r, turn = radius * np.sqrt((k + 0.5) / pieces), k * np.pi * (3 - np.sqrt(5))
    x = RADII_M[None, :] - (r * np.sin(turn))[:, None]
    y = np.broadcast_to((r * np.cos(turn))[:, None], x.shape)
    piece = radius / np.sqrt(pieces)
    upright, _, wind = _spread(release, scheme, stability, x.ravel(), np.array([speed_m_s]), air)
    # a piece is as wide as a square of its area
    across = np.hypot(sigma(scheme, stability, "sigma_y", x), area_spread(0.0, piece * np.sqrt(np.pi))[0])
    value = concentration(1.0 / pieces, wind[0], release.height_m, across, upright.reshape(x.shape), y)
    return np.where(x > piece / 2, value, 0.0).sum(0)


def virtual_point(
    release: Release, scheme: str, stability: str, area_m2: float, distance_m: np.ndarray
) -> np.ndarray:
    """Centreline concentration for 1 g/s and 1 m/s of an area as a point with spread side / 4.3, to compare with.

    The spread is added in squares to that of a point, instead of moving the point upwind.
    """
    wide, tall = area_spread(release.height_m, float(np.sqrt(area_m2)))
    upright = np.hypot(sigma(scheme, stability, "sigma_z", distance_m), tall)
    across = np.hypot(sigma(scheme, stability, "sigma_y", distance_m), wide)
    return concentration(1.0, 1.0, release.height_m, across, upright)


def pieces_of(shape: shapely.Geometry, count: int = PIECES) -> tuple[np.ndarray, float]:
    """About ``count`` points (n, 2) spread evenly over a polygon, and half the radius of the ground each stands for."""
    if shape.area == 0:
        return shapely.get_coordinates(shape.representative_point()), 0.0
    side = float(np.sqrt(shape.area / count))
    west, south, east, north = shape.bounds
    # a thin shape would ask for a grid without end
    columns, rows = (int(np.clip(np.ceil(length / side), 1, count)) for length in (east - west, north - south))
    x = west + (east - west) * (np.arange(columns) + 0.5) / columns
    y = south + (north - south) * (np.arange(rows) + 0.5) / rows
    grid = np.array(np.meshgrid(x, y)).reshape(2, -1).T
    inside = grid[shapely.contains_xy(shape, grid[:, 0], grid[:, 1])]
    if not len(inside):
        middle = shape.representative_point()
        inside = np.array([[middle.x, middle.y]])
    return inside, float(np.sqrt(shape.area / len(inside) / np.pi) / 2)


def field(polar: Polar, origins: np.ndarray, near_m: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,) mean concentration for 1 g/s at places, shared evenly by the points (k, 2) of a source."""
    dx, dy = x[:, None] - origins[None, :, 0], y[:, None] - origins[None, :, 1]
    return polar.at(dx, dy, near_m).mean(1)
