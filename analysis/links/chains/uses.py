"""Which sectors could use what a park leaves over, and what each tonne would be worth.

Worth is reckoned as for links between firms (``links/material.py``), at the median distance between firms of the park.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from parkloop import resources

from ...standards import Standards
from ..catalogue import materials, patterns
from ..costs import Costs
from ..material import FUELS, worth
from ..suggest import suggest
from . import sectors

SUGGESTED = 3  # sectors named for a by-product that no pattern knows
COLUMNS = [
    "flow_id", "enterprise_id", "material", "replaces", "sector", "pattern", "treatment", "source", "confidence", "left",
    "bad", "gain_cur_t", "fixed_cur_a", "load", "group", "per_mcny", "guess",
]  # fmt: skip


def uses(unused: pd.DataFrame, costs: Costs, distance_m: float) -> pd.DataFrame:
    """A row for each by-product and each sector that could use it in place of something.

    Columns: flow, its ``left`` (t/a) and what replaces what; gain_cur_t, fixed_cur_a; ``group``, the need it serves, of
    which a tonne given fills ``load`` and a newcomer has ``per_mcny`` a million yuan of output (infinite where unknown).
    """
    if unused.empty:
        return pd.DataFrame(columns=COLUMNS)
    value, guess = worth(unused, costs)
    gas = (materials()["family"].reindex(unused["material"]) == "gas").to_numpy()
    factor = np.where(unused["bad"], costs.value("transport_hazardous_factor"), 1.0)
    haul = (costs.money("handling") + costs.money("transport") * distance_m / 1000) * factor
    pipe = np.where(gas, costs.money("gas_pipe") * distance_m, 0.0)
    table = unused.assign(
        own=value,
        guess=guess,
        haul=np.where(gas, 0.0, haul),
        fixed_cur_a=(pipe + costs.money("material_investment")) * costs.annuity,
    )
    known = _by_pattern(table, costs)
    parts = [part[COLUMNS] for part in (known, _suggested(table, known, costs.standards)) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _by_pattern(table: pd.DataFrame, costs: Costs) -> pd.DataFrame:
    rows = patterns()[
        ["pattern", "from_material", "to_material", "ratio", "treatment", "cost_cny_t", "min_purity_pct",
         "from_sectors", "to_sectors", "source", "confidence"]
    ]  # fmt: skip
    pairs = table.drop(columns=["source", "confidence"], errors="ignore").merge(
        rows, left_on="material", right_on="from_material"
    )
    direct = (pairs["pattern"] == "direct").to_numpy()
    fits = [
        not allowed or not own or own in allowed
        for allowed, own in zip(pairs["from_sectors"], pairs["division"], strict=True)
    ]
    pure = np.where(direct, True, pairs["purity_pct"] >= pairs["min_purity_pct"])
    pairs = pairs[np.array(fits, dtype=bool) & pure].reset_index(drop=True)
    takers = sectors.takes().groupby("material")["sector"].agg(frozenset)
    pairs["sector"] = [
        sorted(allowed or takers.get(name, ()))
        for allowed, name in zip(pairs["to_sectors"], pairs["to_material"], strict=True)
    ]
    pairs = pairs.explode("sector").dropna(subset=["sector"]).reset_index(drop=True)
    pairs["replaces"] = pairs["to_material"]
    ratio = pairs["ratio"].to_numpy() * np.where(pairs["pattern"] == "direct", 1.0, pairs["purity_pct"] / 100)
    market = costs.from_cny(1.0) * materials()["price_cny_t"].reindex(pairs["replaces"]).to_numpy()
    price = market + costs.value("market_distance") * costs.money("transport")
    pairs["gain_cur_t"] = ratio * price - pairs["own"] - costs.from_cny(1.0) * pairs["cost_cny_t"] - pairs["haul"]
    pairs["guess"] = True  # the price that a newcomer would pay is the catalogue's
    return _needs(pairs.assign(load=ratio), costs.standards)


def _needs(pairs: pd.DataFrame, standards: Standards) -> pd.DataFrame:
    """How much a newcomer needs of what is replaced: as input, as fuel, else as a minor input."""
    keys = ["sector", "material"]
    asked = pairs[["sector", "replaces"]].rename(columns={"replaces": "material"})
    taken = asked.merge(sectors.takes(), on=keys, how="left")["t_per_mcny"].to_numpy()
    price = materials()["price_cny_t"].reindex(pairs["replaces"]).to_numpy()
    minor = standards.value("chains.minor_input_share") * 1e6 / np.maximum(price, 1.0)
    burnt = sectors.fuel_gj_per_mcny(standards).reindex(pairs["sector"]).fillna(0.0).to_numpy()
    fuel = pairs["replaces"].isin(FUELS).to_numpy() & (burnt > 0)
    heat = np.array([sectors.fuel_gj_t(name, standards) if name in FUELS else 1.0 for name in pairs["replaces"]])
    return pairs.assign(
        per_mcny=np.where(fuel, burnt, np.where(taken > 0, taken, minor)),
        load=pairs["load"] * np.where(fuel, heat, 1.0),
        group=np.where(fuel, "fuel", pairs["replaces"]),
    )


def _suggested(table: pd.DataFrame, known: pd.DataFrame, standards: Standards) -> pd.DataFrame:
    """Uses of by-products without any pattern, by what their name or code says; worth is the disposal that is spared."""
    rest = table[~table["material"].isin(set(known["material"]))]
    english = materials()["label_en"]
    out = []
    for flow in rest.to_dict("records"):
        code = re.sub(r"\s", "", str(flow["waste_code"])).rstrip("*")
        code = code if re.fullmatch(r"(0[1-9]|1\d|20)(\d\d){1,2}", code) else ""
        giver = str(flow["division"]) if flow["division"] in resources.codes("sectors") else ""
        found = suggest(giver, str(english[flow["material"]]), code, standards)
        named = [one for one in found if one.reasons[0].basis in ("words", "ewc")][:SUGGESTED]
        for one in named:
            for sector in one.gbt:
                out.append(
                    flow
                    | {
                        "sector": sector,
                        "replaces": "",
                        "pattern": "",
                        "treatment": "none",
                        "source": one.reasons[0].source,
                        "confidence": "l",
                        "gain_cur_t": -flow["own"] - flow["haul"],
                        "load": 1.0,
                        "group": "",
                        "per_mcny": np.inf,
                    }
                )
    return pd.DataFrame(out, columns=list(dict.fromkeys([*table.columns, *COLUMNS])))
