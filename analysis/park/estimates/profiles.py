"""The typical figures of each sector, as numbers.

They stand in ``resources/knowledge``: ``sector_profiles.csv`` (a row a division of GB/T 4754), ``sector_flows.csv``
(materials in tonnes per million yuan of output), ``sector_heat.csv`` (where a division takes heat and where it gives it
off), ``sector_water.csv`` (what it uses water for and what it discharges) and ``water_grades.csv`` (what quality each
use needs). Prices, waste codes and hazard of a material are those of the catalogue ``materials.csv`` unless a flow
gives its own price.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from parkloop import resources

TEXTS = {"code", "boiler_fuel", "furnace_fuel", "hazard", "source", "confidence"}
CONTAMINANTS = ("cod_mg_l", "ss_mg_l", "tds_mg_l", "nh3n_mg_l")


@cache
def profiles() -> pd.DataFrame:
    """Typical figures of each sector; by division code.

    Money is in CNY, areas are floor areas in m2, energy in GJ (lower heating value) or kWh a year, water in m3 a year,
    process emissions in g a year. ``heat_out_c`` is the hottest process heat (C) and ``cooling_water_share`` what
    cooling takes of the water. The frame is shared: work on a copy.
    """
    table = pd.DataFrame(resources.table("knowledge", "sector_profiles.csv"))
    for name in table.columns.difference(list(TEXTS)):
        table[name] = table[name].astype("float64")
    table = table.set_index("code").sort_index()
    cold = heat_uses()[heat_uses()["basis"].eq("process_heat") & heat_uses()["kind"].eq("cold")]
    cooled = water_uses()[water_uses()["use"].isin(["recirculating_cooling", "once_through_cooling"])]
    return table.assign(
        heat_out_c=cold.groupby("division")["t_target_c"].max().reindex(table.index).fillna(0.0),
        cooling_water_share=cooled.groupby("division")["share"].sum().reindex(table.index).fillna(0.0),
    )


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


@cache
def heat_uses() -> pd.DataFrame:
    """Where each division takes heat (cold) and gives it off (hot): division, kind, code, temperatures, basis, share.

    ``share`` is that of the division's ``basis``: its process heat, the fuel of its furnaces, or its electricity and
    process heat together. The shares of the process heat taken add up to 1. ``medium`` is empty for cold streams:
    their temperature decides. The frame is shared: work on a copy.
    """
    table = pd.DataFrame(resources.table("knowledge", "sector_heat.csv"))
    for name in ("t_supply_c", "t_target_c", "share"):
        table[name] = table[name].astype("float64")
    return table


@cache
def water_uses() -> pd.DataFrame:
    """What each division uses water for (demand) and discharges: division, direction, code, use, share, four contaminants.

    ``share`` is that of the division's demand or of its discharge; each adds up to 1. Contaminants are in mg/L: the
    limits of the use (``water_grades.csv``, NaN for none), or the concentrations of a discharge. The frame is shared:
    work on a copy.
    """
    table = pd.DataFrame(resources.table("knowledge", "sector_water.csv"))
    limits = water_limits().reindex(table["use"]).set_index(table.index)
    for name in CONTAMINANTS:
        table[name] = pd.to_numeric(table[name], errors="raise").where(
            table["direction"] == "discharge", limits[name]
        )
    return table.assign(share=table["share"].astype("float64"))


@cache
def water_limits() -> pd.DataFrame:
    """The highest concentrations (mg/L) that each use of water bears, by use; NaN where there is no limit."""
    table = pd.DataFrame(resources.table("knowledge", "water_grades.csv"))
    table["limit_mg_l"] = table["limit_mg_l"].astype("float64")
    return table.pivot(index="use", columns="parameter", values="limit_mg_l")[list(CONTAMINANTS)]
