"""Who comes later: the planner's growth rows, and the years they stand for."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd

from ...park.model import Park, estimated
from ...standards import Standards
from .firms import Asked
from .records import HORIZONS, UTILITIES, Horizon

COLUMNS = {
    "heat": "heat_kw",
    "gas": "gas_m3_h",
    "water": "water_t_d",
    "wastewater": "wastewater_t_d",
    "solid_waste": "solid_waste_t_a",
    "hazardous_waste": "hazardous_waste_t_a",
}


def counted(park: Park) -> pd.DataFrame:
    """Growth rows with a term that is one (``doubtful`` names the others)."""
    rows = park["growth"]
    return rows[rows["horizon"].isin(HORIZONS[1:])]


def of_growth(park: Park) -> tuple[gpd.GeoDataFrame, Asked]:
    """Consumers to come as ``Demand.places`` with their horizon, on their parcels, and what they ask.

    Those without a parcel stand at the middle of the park.
    """
    rows = counted(park)
    land = park["parcels"].set_index("parcel_id").geometry.reindex(rows["parcel_id"])
    known = (land.notna() & ~land.is_empty).to_numpy()
    middle = park["park"].geometry.iloc[0].representative_point() if not known.all() else None
    points = [shape.representative_point() if ok else middle for shape, ok in zip(land, known, strict=True)]
    index = pd.Index(["growth " + str(name) for name in rows["growth_id"]], dtype=object)
    places = gpd.GeoDataFrame(
        {
            "enterprise_id": "",
            "growth_id": rows["growth_id"].to_numpy(),
            "parcel_id": rows["parcel_id"].where(known, "").to_numpy(),
            "area_m2": 0.0,
            "horizon": rows["horizon"].to_numpy(),
        },
        geometry=gpd.GeoSeries(points, index=index, crs=park.crs),
        index=index,
    )
    amount = pd.DataFrame(0.0, index=index, columns=list(UTILITIES))
    guessed = amount.copy()
    for utility, column in COLUMNS.items():
        amount[utility] = rows[column].fillna(0.0).clip(lower=0.0).to_numpy()
        guessed[utility] = amount[utility] * estimated(rows, column).to_numpy()
    return places, Asked(amount, guessed, {})


def years(park: Park, standards: Standards) -> dict[Horizon, int]:
    """Design year of each horizon: the latest of its growth rows, else some years after the base year; never an earlier one.

    Years before the base year are not used. A park without a base year counts from its first design year.
    """
    rows = counted(park)
    given = rows["design_year"].astype(float)
    base = park.info["base_year"] if len(park["park"]) else pd.NA
    first = int(base) if pd.notna(base) else int(given.min()) if given.notna().any() else 0
    year_of: dict[Horizon, int] = {"today": first}
    for before, horizon in itertools.pairwise(HORIZONS):
        latest = given[(rows["horizon"] == horizon) & (given >= first)].max()
        usual = first + standards.value(f"siting.design_years_{horizon}")
        year_of[horizon] = max(int(latest if np.isfinite(latest) else usual), year_of[before])
    return year_of
