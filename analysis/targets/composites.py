"""Source and demand composites of water: what a chart of the water target of a park draws.

One contaminant at a time: the one that asks for most fresh water when it is looked at alone (``cascade``). Demands and
sources are put in line from the cleanest to the dirtiest; load over flow then makes two convex curves. That of the
sources begins behind the fresh water, which moves it to the right until it nowhere lies above that of the demands: where
they touch is the pinch, what reaches beyond the demands is wastewater.

Source: Prakash, R. and Shenoy, U. V. (2005), Targeting and design of water networks for fixed flowrate and fixed
contaminant load operations, Chemical Engineering Science 60(1), 255-268.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..links.water import CONTAMINANTS
from .cascade import WaterTarget, cascade

G_KG = 1e-3  # t/d times mg/L (g/t) is g/d


@dataclass(frozen=True)
class Composites:
    """Corner points (n, 2) of both curves, flow in t/d and load in kg/d, for one contaminant.

    ``target`` speaks of this contaminant alone, and of the demands that limit it and the sources that state it only;
    ``touch`` is where the curves meet, None where the amount of water alone holds the fresh water up.
    """

    contaminant: str
    demand: np.ndarray
    source: np.ndarray
    target: WaterTarget
    touch: tuple[float, float] | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        pinch = self.target.pinch
        return {
            "contaminant": self.contaminant,
            "fresh_t_d": self.target.fresh,
            "waste_t_d": self.target.waste,
            "pinch_mg_l": None if pinch is None or np.isinf(pinch) else pinch,
            "demand": self.demand.round(6).tolist(),
            "source": self.source.round(6).tolist(),
        }


def composites(
    table: pd.DataFrame, fresh_quality: Sequence[float] = (0.0,) * len(CONTAMINANTS)
) -> Composites | None:
    """The composites of the contaminant that asks for most fresh water; None where no demand limits any.

    Parameters
    ----------
    table
        Water streams: direction, flow_t_d above zero, and the contaminants in mg/L (of a demand: the most it bears).
    fresh_quality
        (4,) concentrations of fresh water.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"direction": ["demand", "demand", "discharge"], "flow_t_d": [10.0, 10.0, 10.0]}
    >>> rows |= {"cod_mg_l": [0.0, 50.0, 100.0], "ss_mg_l": np.nan, "tds_mg_l": np.nan, "nh3n_mg_l": np.nan}
    >>> found = composites(pd.DataFrame(rows))
    >>> found.target.fresh, found.demand.tolist(), found.source.tolist(), found.touch
    (15.0, [[0.0, 0.0], [10.0, 0.0], [20.0, 0.5]], [[0.0, 0.0], [15.0, 0.0], [25.0, 1.0]], (20.0, 0.5))
    """
    taken = (table["direction"] == "demand").to_numpy()
    flow = table["flow_t_d"].to_numpy(float)
    best: Composites | None = None
    for name, clean in zip(CONTAMINANTS, fresh_quality, strict=True):
        quality = table[name].to_numpy(float)
        known = ~np.isnan(quality)
        sink, source = taken & known, ~taken & known
        if not sink.any():
            continue
        found = cascade(flow[source], quality[source], flow[sink], quality[sink], clean)
        if found.fresh is not None and (best is None or found.fresh > (best.target.fresh or 0.0)):
            demand = _curve(flow[sink], quality[sink])
            given = _curve(np.r_[found.fresh, flow[source]], np.r_[clean, quality[source]])
            best = Composites(name, demand, given, found, _touch(demand, given, found))
    return best


def _curve(flow: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Load over flow (n, 2) from the cleanest to the dirtiest; waters of one quality are one piece."""
    level, place = np.unique(quality, return_inverse=True)
    step = np.bincount(place, flow, len(level))
    kept = step > 0
    step, level = step[kept], level[kept]
    return np.c_[np.r_[0.0, np.cumsum(step)], np.r_[0.0, np.cumsum(step * level * G_KG)]]


def _touch(demand: np.ndarray, source: np.ndarray, found: WaterTarget) -> tuple[float, float] | None:
    """The last flow at which both curves carry as much, behind the fresh water."""
    if not found.fresh or found.pinch is None or np.isinf(found.pinch):
        return None
    at = np.unique(np.r_[demand[:, 0], source[:, 0]])
    at = at[(at >= found.fresh * (1 - 1e-9)) & (at <= min(demand[-1, 0], source[-1, 0]) * (1 + 1e-12))]
    load = np.interp(at, *demand.T)
    near = np.abs(load - np.interp(at, *source.T)) <= 1e-9 * max(demand[-1, 1], source[-1, 1], 1e-300)
    return (float(at[near][-1]), float(load[near][-1])) if near.any() else None
