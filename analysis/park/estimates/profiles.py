"""The typical figures of each sector, as numbers.

They stand in ``resources/knowledge/sector_profiles.csv`` (a row a division of GB/T 4754) and ``sector_flows.csv``
(materials in tonnes per million yuan of output). Prices, waste codes and hazard of a material are those of the
catalogue ``materials.csv`` unless a flow gives its own price.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from parkloop import resources

TEXTS = {"code", "boiler_fuel", "furnace_fuel", "hazard", "source", "confidence"}


@cache
def profiles() -> pd.DataFrame:
    """Typical figures of each sector; by division code.

    Money is in CNY, areas are floor areas in m2, energy in GJ (lower heating value) or kWh a year, water in m3 a year,
    process emissions in g a year. The frame is shared: work on a copy.
    """
    table = pd.DataFrame(resources.table("knowledge", "sector_profiles.csv"))
    for name in table.columns.difference(list(TEXTS)):
        table[name] = table[name].astype("float64")
    return table.set_index("code").sort_index()


@cache
def flows() -> pd.DataFrame:
    """Typical materials of each sector: sector, material, direction, role, t_per_mcny, price and disposal in CNY/t.

    ``price_cny_t`` of a waste is empty: it has no market. The frame is shared: work on a copy.
    """
    table = pd.DataFrame(resources.table("knowledge", "sector_flows.csv"))
    catalogue = pd.DataFrame.from_dict(resources.codes("materials"), orient="index")
    known = catalogue.reindex(table["material"])
    for name in ("t_per_mcny", "price_cny_t", "disposal_cny_t", "purity_pct"):
        table[name] = pd.to_numeric(table[name], errors="raise")
    typical = pd.to_numeric(known["typical_price_cny_t"], errors="raise").to_numpy()
    market = table["role"] != "waste"
    table["price_cny_t"] = table["price_cny_t"].where(table["price_cny_t"].notna() | ~market, typical)
    table["hazardous"] = (known["hazardous"] == "true").to_numpy()
    table["waste_code"] = known["waste_codes"].str.split(";").str[0].fillna("").to_numpy()
    table.loc[table["role"] == "product", "waste_code"] = ""
    return table.sort_values(["sector", "direction", "material"], kind="stable").reset_index(drop=True)
