"""Who asks how much of each utility: firms today, growth and vacant land of the design years, and how far their peaks coincide."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from ...errors import Finding
from ...park.model import Park
from ...scenario import Siting
from ...standards import Standards
from ...steps import StepResult
from .doubtful import doubtful
from .firms import Asked, of_firms
from .growth import of_growth, years
from .hours import patterns
from .land import of_land, vacant
from .records import HORIZONS, PEAKS, UNIT, UTILITIES, Demand, Horizon, Loads

__all__ = ["HORIZONS", "PEAKS", "UNIT", "UTILITIES", "Demand", "Horizon", "Loads", "demand", "vacant"]


def demand(park: Park, links: StepResult | None, choices: Siting, standards: Standards) -> Demand:
    """Demand of every firm, of growth and of vacant land, for each utility and each horizon.

    Parameters
    ----------
    links
        Result of the links step; without it the park's present exchanges count.

    Notes
    -----
    Firms ask the same in every year; growth rows are added from their term on, vacant land from ``choices.settle``.
    Reclaimed water is held to what the effluent yields, by one share for all horizons.
    """
    findings = doubtful(park)
    pattern = patterns(park)
    firms = of_firms(park, links, pattern, standards)
    points = park.enterprise_points()
    findings += [
        Finding("siting.no_place", "warning", "enterprises", str(firm))
        for firm in firms.amount.index.difference(points.index)
    ]
    there = gpd.GeoDataFrame(
        {"enterprise_id": points.index, "growth_id": "", "parcel_id": "", "area_m2": 0.0, "horizon": "today"},
        geometry=gpd.GeoSeries(points.to_numpy(), index=points.index, crs=park.crs),
        index=points.index,
    )
    later, grown = of_growth(park)
    land, settled, of_settling = of_land(park, choices, pattern, standards)
    findings += of_settling
    parts = [part for part in (there, later, land) if len(part)]
    places = gpd.GeoDataFrame(pd.concat(parts) if parts else there, geometry="geometry", crs=park.crs)
    places.index.name = "consumer_id"
    every = (firms, grown, settled)
    amount, guessed = (_stacked([frame(part) for part in every], places.index) for frame in (_amounts, _guesses))
    since = places.pop("horizon").map({horizon: number for number, horizon in enumerate(HORIZONS)}).to_numpy(int)
    _hold_reclaimed(amount, guessed, since, standards)
    amount_of = {h: amount.mul((since <= number).astype(float), axis=0) for number, h in enumerate(HORIZONS)}
    mine = amount_of[choices.horizon]
    return Demand(
        places,
        mine,
        (guessed / amount.where(amount > 0)).where(mine > 0, 0.0),
        findings,
        choices.horizon,
        amount_of,
        years(park, standards),
        {u: _loads(firms.share[u], places.index, pattern, standards.value(f"siting.{u}.diversity")) for u in PEAKS},
    )


def _amounts(asked: Asked) -> pd.DataFrame:
    return asked.amount


def _guesses(asked: Asked) -> pd.DataFrame:
    return asked.guessed


def _stacked(frames: list[pd.DataFrame], index: pd.Index) -> pd.DataFrame:
    """Frames of several kinds of consumer under one index; consumers without a row ask nothing."""
    return pd.concat(frames).reindex(index).fillna(0.0)


def _hold_reclaimed(amount: pd.DataFrame, guessed: pd.DataFrame, since: np.ndarray, standards: Standards) -> None:
    """Reclaimed water cannot exceed what the effluent yields; what is beyond it is fresh water again.

    The share that holds in every horizon is taken for all, so that nobody's demand shrinks from one to the next.
    """
    share = 1.0
    for number in range(len(HORIZONS)):
        now = amount[since <= number]
        wish = float(now["reclaimed"].sum())
        most = float(now["wastewater"].sum()) * standards.value("siting.reclaimed.recovery")
        share = min(share, most / wish) if wish > 0 else share
    for frame in (amount, guessed):
        frame["water"] += frame["reclaimed"] * (1 - share)
        frame["reclaimed"] *= share


def _loads(share: pd.DataFrame, index: pd.Index, pattern: pd.DataFrame, diversity: float) -> Loads:
    """Loads of one utility; consumers of whom nothing is known have no pattern."""
    table = share.reindex(index)
    table[""] = table[""].fillna(1.0)
    return Loads(table.fillna(0.0).to_numpy(float), pattern.to_numpy(float), diversity)
