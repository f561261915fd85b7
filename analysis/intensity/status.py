"""What state each parcel's land is in: the classes of land that the indicators of TD/T 1029 speak of."""

from __future__ import annotations

import pandas as pd

INDUSTRIAL = ("industrial", "warehouse")  # industrial, mining and storage land
NOT_URBAN = ("water", "agricultural")  # no construction land
SCORED = ("industrial", "warehouse", "commercial", "residential", "public", "utility", "other", "vacant")


def status(parcels: pd.DataFrame, year: int | None = None) -> pd.DataFrame:
    """Classes of land, row by row, as bool columns.

    Parameters
    ----------
    year
        Base year of the park's data; rights that end with it or before have run out. None: none has.

    Returns
    -------
    DataFrame
        ``available`` (ready for supply or supplied), ``supplied``, ``built`` (built-up construction land),
        ``industrial``, ``idle`` (supplied and found idle by the authority), ``vacant`` (available, neither built on
        nor under construction nor idle), ``expired`` (supplied, its right of use has run out), ``settled`` (idle or expired, and
        dealt with), ``scored`` (a parcel whose own intensity means something).
    """
    use, state, supply = parcels["land_use"], parcels["building_status"], parcels["supply_status"]
    urban = ~use.isin(NOT_URBAN)
    available = urban & supply.isin(("ready", "supplied"))
    supplied = urban & (supply == "supplied")
    idle = supplied & (state == "idle")
    # land recorded as empty is not built-up, whatever its building status says (the default there is `built`)
    # land found idle that was never supplied is no idle land in law, but nothing stands on it either
    bare = state.isin(("unbuilt", "idle")) | ((use == "vacant") & (state != "under_construction"))
    vacant = available & ~idle & bare
    built = urban & (use != "vacant") & (state == "built")
    expired = pd.Series(False, index=parcels.index)
    if year is not None:
        expired = supplied & (pd.to_datetime(parcels["expiry_date"]).dt.year <= year)
    return pd.DataFrame(
        {
            "available": available,
            "supplied": supplied,
            "built": built,
            "industrial": use.isin(INDUSTRIAL),
            "idle": idle,
            "vacant": vacant,
            "expired": expired.astype(bool),
            "settled": (idle | expired) & (parcels["disposal"] == "done"),
            "scored": use.isin(SCORED) & (built | idle | vacant),
        },
        index=parcels.index,
    )
