"""Gravity sewers over the terrain: slopes, cover, fill, and lift stations where the ground demands them.

Pipes are designed from the leaves to the works. A pipe is never smaller than one that flows into it and starts no higher
than the lowest pipe that ends at its manhole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..standards import Standards
from .catalogue import Pipes, pipes

RISING_VELOCITY_M_S = 1.0  # pressure mains 0.7-2.0 m/s, GB 50014-2021 5.2.9
PUMP_EFFICIENCY = 0.65


@dataclass(frozen=True)
class SewerRules:
    """The catalogue with what each size may do; arrays along ``sizes.dn_mm``, slopes in m/m, flows in m3/s."""

    sizes: Pipes
    rising: Pipes
    fill: np.ndarray
    slope_min: np.ndarray
    slope_max: np.ndarray
    manning_n: float
    cover_min_m: float
    cover_max_m: float
    trench_cny_m3: float
    lift_cny: float
    lift_cny_kw: float


def rules(standards: Standards) -> SewerRules:
    """The rules of GB 50014-2021 for each size of the catalogue.

    The least slope is the one that gives the self-cleansing velocity at the design fill (5.2.7), and for small pipes no
    flatter than table 5.2.10.
    """
    sizes = pipes("sewer")
    limits = ((1000, "sewer_fill_1000"), (500, "sewer_fill_500"), (350, "sewer_fill_350"), (0, "sewer_fill_200"))
    fill = np.array([standards.value("networks." + next(k for dn, k in limits if d >= dn)) for d in sizes.dn_mm])
    n = standards.value("networks.sewer_manning")
    _, radius = wetted(sizes.inner_m, fill)

    def slope_of(velocity: float) -> np.ndarray:
        return (velocity * n / radius ** (2 / 3)) ** 2

    least = slope_of(standards.value("networks.sewer_velocity_min"))
    least = np.where(sizes.dn_mm <= 300, np.maximum(least, standards.value("networks.sewer_slope_min_300")), least)
    return SewerRules(
        sizes=sizes,
        rising=pipes("rising"),
        fill=fill,
        slope_min=least,
        slope_max=slope_of(standards.value("networks.sewer_velocity_max")),
        manning_n=n,
        cover_min_m=standards.value("networks.sewer_cover_min"),
        cover_max_m=standards.value("networks.sewer_cover_max"),
        trench_cny_m3=standards.value("networks.sewer_trench_cny_m3"),
        lift_cny=standards.value("networks.lift_station_cny"),
        lift_cny_kw=standards.value("networks.lift_station_cny_kw"),
    )


def wetted(inner_m: np.ndarray | float, fill: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Wetted area (m2) and hydraulic radius (m) of a circular pipe filled to ``fill`` of its height."""
    angle = 2 * np.arccos(1 - 2 * np.asarray(fill))
    area = np.asarray(inner_m) ** 2 / 8 * (angle - np.sin(angle))
    return area, area / (np.asarray(inner_m) * angle / 2)


def manning_flow(
    inner_m: np.ndarray | float, fill: np.ndarray | float, slope: np.ndarray | float, n: float
) -> np.ndarray:
    """Flow in m3/s: Q = A R^(2/3) I^(1/2) / n."""
    area, radius = wetted(inner_m, fill)
    return area * radius ** (2 / 3) * np.sqrt(slope) / n


def velocity_at(flow_m3_s: float, inner_m: float, slope: float, n: float) -> float:
    """Velocity in m/s at the fill at which the pipe carries ``flow_m3_s``, found by bisection below 0.938 fill."""
    low, high = 1e-6, 0.938  # a circular pipe carries most at 0.938
    for _ in range(60):
        middle = (low + high) / 2
        if manning_flow(inner_m, middle, slope, n) < flow_m3_s:
            low = middle
        else:
            high = middle
    area, _ = wetted(inner_m, high)
    return float(flow_m3_s / area)


@dataclass(frozen=True)
class SewerDesign:
    """A designed tree; arrays have one entry a node, for the pipe from the node to its parent (nothing at the root).

    ``size`` numbers the catalogue (of rising mains where ``pumped``); inverts in m; ``lift_m`` is the height a lift station at
    the node raises to, 0 where there is none; ``cost_cny`` the pipe with its trench and lift station; ``drop_m`` the drop in the
    manhole at the node.
    """

    size: np.ndarray
    slope: np.ndarray
    invert_start_m: np.ndarray
    invert_end_m: np.ndarray
    cover_start_m: np.ndarray
    cover_end_m: np.ndarray
    pumped: np.ndarray
    lift_m: np.ndarray
    cost_cny: np.ndarray
    carries: np.ndarray


def design(
    order: np.ndarray,
    parent: np.ndarray,
    up: np.ndarray,
    length_m: np.ndarray,
    factor: np.ndarray,
    ground_m: np.ndarray,
    flow_m3_s: np.ndarray,
    rule: SewerRules,
) -> SewerDesign:
    """Design every pipe of a tree that drains to its root.

    Parameters
    ----------
    order, parent, up
        The tree as ``solvers.steiner.root_tree`` gives it.
    length_m, factor
        (m,) by edge.
    ground_m
        (n,) height of the ground.
    flow_m3_s
        (n,) peak flow in the pipe to the parent.
    """
    n = len(parent)
    size = np.full(n, -1)
    slope, start, end, cover_a, cover_b, lift, cost = (np.zeros(n) for _ in range(7))
    pumped, carries = np.zeros(n, bool), np.ones(n, bool)
    arriving_invert = np.full(n, np.inf)
    arriving_size = np.zeros(n, int)
    for v in order[:0:-1]:
        p, e = int(parent[v]), int(up[v])
        long, q, ground_a, ground_b = (
            float(length_m[e]),
            float(flow_m3_s[v]),
            float(ground_m[v]),
            float(ground_m[p]),
        )
        best = _pipe(rule, long, q, ground_a, ground_b, float(arriving_invert[v]), int(arriving_size[v]))
        if best is None:
            top = ground_a - rule.cover_min_m
            best = _pipe(rule, long, q, ground_a, ground_b, top, int(arriving_size[v]), fixed_top=True)
            raise_m = max(0.0, top - rule.sizes.inner_m[arriving_size[v]] - min(float(arriving_invert[v]), top))
            if best is None:
                pumped[v] = True
                raise_m = max(raise_m, 0.5) + max(0.0, ground_b - ground_a)
                need = q / RISING_VELOCITY_M_S
                k = min(int(np.searchsorted(np.pi / 4 * rule.rising.inner_m**2, need)), len(rule.rising.dn_mm) - 1)
                d = rule.rising.inner_m[k]
                best = (k, 0.0, ground_a - rule.cover_min_m - d, ground_b - rule.cover_min_m - d, True)
            lift[v] = max(raise_m, 0.5)
            power_kw = 9.81 * q * lift[v] / PUMP_EFFICIENCY
            cost[v] += rule.lift_cny + rule.lift_cny_kw * power_kw
        k, s, a, b, fits = best
        catalogue = rule.rising if pumped[v] else rule.sizes
        d = float(catalogue.inner_m[k])
        size[v], slope[v], start[v], end[v], carries[v] = k, s, a, b, fits
        cover_a[v], cover_b[v] = ground_a - d - a, ground_b - d - b
        deep = max(0.0, (cover_a[v] + cover_b[v]) / 2 - 2.0)
        cost[v] += (
            long * float(factor[e]) * (float(catalogue.price_cny_m[k]) + deep * (d + 0.8) * rule.trench_cny_m3)
        )
        arriving_invert[p] = min(arriving_invert[p], b)
        arriving_size[p] = max(arriving_size[p], 0 if pumped[v] else k)
    return SewerDesign(size, slope, start, end, cover_a, cover_b, pumped, lift, cost, carries)


def _pipe(
    rule: SewerRules, long: float, q: float, ground_a: float, ground_b: float, arriving: float, least: int,
    fixed_top: bool = False,
) -> tuple[int, float, float, float, bool] | None:  # fmt: skip
    """Smallest size that carries ``q`` with its slope and inverts; None where it would lie too deep.

    With ``fixed_top`` the pipe starts at the least cover (behind a lift station).
    """
    for k in range(least, len(rule.sizes.dn_mm)):
        d = float(rule.sizes.inner_m[k])
        highest = ground_a - rule.cover_min_m - d
        a = highest if fixed_top else min(highest, arriving)
        low_end = ground_b - rule.cover_min_m - d
        s = max(float(rule.slope_min[k]), (a - low_end) / long)
        s_max = float(rule.slope_max[k])
        if s > s_max:
            # ground steeper than the pipe may be: start deeper, with a drop in the manhole
            s = s_max
            a = low_end + s * long
        fits = manning_flow(d, float(rule.fill[k]), s, rule.manning_n) >= q * (1 - 1e-12)
        last = k == len(rule.sizes.dn_mm) - 1
        if not fits and not last:
            continue
        b = a - s * long
        if max(ground_a - d - a, ground_b - d - b) > rule.cover_max_m:
            return None
        return k, s, a, b, bool(fits)
    return None
