"""Which fuel a firm burns less when it is given heat, and what that spares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..park.model import Park, estimated
from .costs import Costs
from .places import Places

BURNT = ("raw_coal", "coke", "fuel_oil", "diesel", "lpg", "natural_gas", "heat", "biomass")
USUAL = "natural_gas"  # where a firm reports no fuel


def relief(park: Park, places: Places, costs: Costs) -> pd.DataFrame:
    """For each firm of ``places``: carrier, fuel_gj (a GJ of useful heat), price_cur_gj, co2_t_gj, guess.

    The fuel a firm uses most gives way; purchased heat without a boiler's loss. Where no fuel is reported, natural gas is
    assumed and marked as a guess.
    """
    use = park["energy_use"]
    burnt = use[use["carrier"].isin(BURNT) & (use["energy_gj_a"] > 0)]
    burnt = burnt.assign(guess=estimated(burnt, "energy_gj_a"))
    most = (
        burnt.groupby(["enterprise_id", "carrier"], sort=True)
        .agg(energy_gj_a=("energy_gj_a", "sum"), guess=("guess", "any"))
        .reset_index()
        .sort_values(["enterprise_id", "energy_gj_a", "carrier"], ascending=[True, False, True])
        .drop_duplicates("enterprise_id")
        .set_index("enterprise_id")
        .reindex(places.points.index)
    )
    carrier = most["carrier"].fillna(USUAL)
    number = costs.standards.value
    per_useful = np.where(carrier == "heat", 1.0, 1 / number("energy.boiler_efficiency"))
    price = {c: costs.money(f"energy.price_{c}") for c in BURNT}
    factor = {c: number(f"energy.co2_{c}") for c in BURNT}
    return pd.DataFrame(
        {
            "carrier": carrier.to_numpy(),
            "fuel_gj": per_useful,
            "price_cur_gj": carrier.map(price).to_numpy() * per_useful,
            "co2_t_gj": carrier.map(factor).to_numpy() * per_useful,
            "guess": most["carrier"].isna().to_numpy() | most["guess"].eq(True).to_numpy(),
        },
        index=range(len(places.points)),
    )
