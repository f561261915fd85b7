"""Least fresh water for one contaminant, in closed form.

Up to any concentration c, the water available must be able to carry what the demands carry when each is just at its
limit: F (c - c0) + sum of S (c - c_s)+ >= sum of D (c - c_d)+, and there must be enough water. As the composites of
sources and demands are convex, these conditions at the given concentrations are necessary and sufficient.

Sources: Wang, Y. P. and Smith, R. (1994), Wastewater minimisation, Chemical Engineering Science 49(7), 981-1006;
El-Halwagi, M. M. et al. (2003), Industrial and Engineering Chemistry Research 42(19), 4319-4328; Prakash, R. and
Shenoy, U. V. (2005), Chemical Engineering Science 60(1), 255-268.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WaterTarget:
    """Least fresh water and the wastewater that goes with it, in the unit of the flows.

    ``pinch`` is the concentration that holds the fresh water up; infinite where the amount of water alone does, None
    where no fresh water is needed. ``fresh`` is None where no amount of it can meet the demands.
    """

    fresh: float | None
    waste: float | None
    pinch: float | None


def deficit(
    source: np.ndarray, quality: np.ndarray, sink: np.ndarray, limit: np.ndarray, at: np.ndarray
) -> np.ndarray:
    """(m,) contaminant that demands at their limits may carry up to each concentration, less what sources bring.

    Parameters
    ----------
    source, quality
        (s,) flow and concentration of the sources.
    sink, limit
        (d,) flow and highest concentration of the demands.
    at
        (m,) concentrations.
    """
    knots, weight = np.r_[limit, quality], np.r_[sink, -source]
    order = np.argsort(knots, kind="stable")
    knots, weight = knots[order], weight[order]
    flow, load = np.r_[0.0, np.cumsum(weight)], np.r_[0.0, np.cumsum(weight * knots)]
    below = np.searchsorted(knots, at)
    return flow[below] * at - load[below]


def cascade(
    source: np.ndarray, quality: np.ndarray, sink: np.ndarray, limit: np.ndarray, fresh_quality: float = 0.0
) -> WaterTarget:
    """Least fresh water of sources and demands of one contaminant.

    Examples
    --------
    Two demands of 10 t/h, at most 0 and 50 ppm; one discharge of 10 t/h with 100 ppm: half of the second demand can be
    reused water.

    >>> import numpy as np
    >>> cascade(np.array([10.0]), np.array([100.0]), np.array([10.0, 10.0]), np.array([0.0, 50.0]))
    WaterTarget(fresh=15.0, waste=5.0, pinch=100.0)
    """
    levels = np.unique(np.r_[quality, limit, fresh_quality])
    short = deficit(source, quality, sink, limit, levels)
    scale = max(float(np.abs(sink * limit).sum() + np.abs(source * quality).sum()), 1e-300)
    if (short[levels <= fresh_quality] > 1e-12 * scale).any():
        return WaterTarget(None, None, None)
    # a demand cleaner than fresh water fails above; one exactly as clean is held by the next level
    over = levels > fresh_quality
    balance = float(sink.sum() - source.sum())
    asked = np.r_[short[over] / (levels[over] - fresh_quality), balance]
    worst = int(asked.argmax())
    fresh = max(0.0, float(asked[worst]))
    if fresh <= 1e-12 * max(float(sink.sum()), 1e-300):
        return WaterTarget(0.0, -balance, None)
    return WaterTarget(fresh, max(0.0, fresh - balance), float(np.r_[levels[over], np.inf][worst]))
