"""What a firm of a sector typically takes in and gives off: materials, energy, heat, water, emissions.

Everything follows from the firm's output. ``base`` is a frame by enterprise_id with ``sector``, ``output_cny`` (a
year) and ``licences``; ``floor`` below is the floor area that goes with that output.

Heat agrees with energy: the heat demands add up to the bought heat or what a boiler gives, furnaces burn the rest, and
waste heat is a share of what is burnt and used. Discharge is a share of demand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...standards import Standards
from .profiles import CONTAMINANTS, flows, heat_uses, profiles, water_uses

KW_PER_GJ_H = 1e6 / 3600  # 1 GJ/h = 277.8 kW
DAYS = 365.0
FUELS = ("natural_gas", "raw_coal", "fuel_oil", "biomass")
POLLUTANTS = ("so2", "nox", "pm")


def _typical(base: pd.DataFrame) -> pd.DataFrame:
    """Typical figures of each firm of ``base``, with its ``floor`` (m2)."""
    typical = profiles().reindex(base["sector"]).set_index(base.index)
    return typical.assign(sector=base["sector"], floor=base["output_cny"] / typical["output_cny_m2_a"])


def _stack(parts: list[pd.DataFrame], key: str, amount: str) -> pd.DataFrame:
    """Parts (by enterprise_id, with a ``tag``) as one table with the key ``<firm>-<tag>``; rows of nothing left out."""
    table = pd.concat([part[part[amount] > 0] for part in parts])
    table.insert(0, key, table.index + "-" + table["tag"])
    table.insert(1, "enterprise_id", table.index)
    return table.drop(columns="tag").sort_values(key, kind="stable").reset_index(drop=True)


def materials(base: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Rows of ``material_flows``; money in units of ``rate`` CNY. Hazardous inputs need a licence for their code."""
    firms = base.rename_axis("enterprise_id").reset_index()
    table = firms.merge(flows().drop(columns=["source", "confidence"]), on="sector")
    licensed = [code in held.split(";") for code, held in zip(table["waste_code"], table["licences"], strict=True)]
    table = table[~table["hazardous"] | (table["direction"] == "out") | np.array(licensed, bool)]
    out = table[["enterprise_id", "material", "direction", "role", "purity_pct", "hazardous", "waste_code"]].copy()
    out.insert(0, "flow_id", table["enterprise_id"] + "-" + table["direction"] + "-" + table["material"])
    out["quantity_t_a"] = table["output_cny"] * 1e-6 * table["t_per_mcny"]
    out["price_cur_t"] = table["price_cny_t"] / rate
    out["disposal_cur_t"] = table["disposal_cny_t"] / rate
    return out[out["quantity_t_a"] > 0].sort_values("flow_id", kind="stable").reset_index(drop=True)


def energy(base: pd.DataFrame, rules: Standards, boilers: bool = True) -> pd.DataFrame:
    """Rows of ``energy_use``: electricity, bought heat, fuel of boilers and furnaces (GJ/a) with peaks (kW).

    Without ``boilers`` of furnaces alone: the fuel of firms whose heat comes from elsewhere.
    """
    typical = _typical(base)
    heat = typical["floor"] * typical["heat_gj_m2_a"]
    furnace = typical["floor"] * typical["furnace_gj_m2_a"]
    boiler = heat / rules.value("estimates.boiler_efficiency")
    use = {"electricity": typical["floor"] * typical["electricity_kwh_m2_a"] * 0.0036}
    use["heat"] = heat.where(typical["boiler_fuel"] == "heat", 0.0)
    for fuel in FUELS:
        use[fuel] = furnace.where(typical["furnace_fuel"] == fuel, 0.0)
        if boilers:
            use[fuel] += boiler.where(typical["boiler_fuel"] == fuel, 0.0)
    peak = KW_PER_GJ_H / typical["hours_a"] * typical["peak_to_mean"]
    parts = [
        pd.DataFrame({"tag": carrier, "carrier": carrier, "energy_gj_a": amount, "peak_kw": amount * peak})
        for carrier, amount in use.items()
    ]
    return _stack(parts, "energy_id", "energy_gj_a")


def heat(base: pd.DataFrame, rules: Standards) -> pd.DataFrame:
    """Rows of ``heat_streams``: where the division takes and gives off heat (``sector_heat.csv``), by its energy."""
    typical = _typical(base)
    mean = KW_PER_GJ_H / typical["hours_a"] * typical["floor"]
    yearly = pd.DataFrame(
        {
            "process_heat": mean * typical["heat_gj_m2_a"],
            "furnace_fuel": mean * typical["furnace_gj_m2_a"],
            "electricity_and_heat": mean * (typical["electricity_kwh_m2_a"] * 0.0036 + typical["heat_gj_m2_a"]),
        }
    )
    table = _each_use(typical, heat_uses())
    duty = yearly.stack().reindex(pd.MultiIndex.from_frame(table[["enterprise_id", "basis"]])).to_numpy()
    table = table.assign(tag=table["code"], duty_kw=table["share"] * duty).set_index("enterprise_id")
    out_c = table["t_target_c"]
    hot = np.where(out_c >= rules.value("estimates.oil_medium_min_c"), "oil", "steam")
    usual = np.where(out_c > rules.value("estimates.water_medium_max_c"), hot, "water")
    table["medium"] = table["medium"].where(table["medium"] != "", usual)
    columns = ["tag", "kind", "t_supply_c", "t_target_c", "duty_kw", "medium", "hours_a"]
    table = _stack([table[columns]], "stream_id", "duty_kw")
    # a steam that heats is hotter than what it heats; a vapour that gives off heat condenses where it starts
    needed = table["t_target_c"] + rules.value("estimates.steam_approach_k")
    steam_c = needed.where(table["kind"] == "cold", table["t_supply_c"])
    return table.assign(steam_pressure_mpa=_steam_mpa(steam_c).where(table["medium"] == "steam"))


def _each_use(typical: pd.DataFrame, uses: pd.DataFrame) -> pd.DataFrame:
    """A row for each firm and each heat or water use of its division, with the firm's hours and ``enterprise_id``."""
    firms = typical[["sector", "hours_a"]].rename_axis("enterprise_id").reset_index()
    return firms.merge(uses.drop(columns=["source", "confidence"]), left_on="sector", right_on="division")


def _steam_mpa(saturation_c: pd.Series) -> pd.Series:
    """Gauge pressure of saturated steam, MPa: Antoine's equation for water (bar, C), good to 1 % from 100 to 220 C."""
    return 0.1 * (10 ** (5.11564 - 1687.537 / (saturation_c + 230.17)) - 1.01325)


def water(base: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``water_streams``: what the division uses water for and discharges (``sector_water.csv``), on a mean day."""
    typical = _typical(base)
    total = typical["floor"] * typical["water_m3_m2_a"] / DAYS
    yearly = pd.DataFrame({"demand": total, "discharge": total * typical["return_share"]})
    table = _each_use(typical, water_uses())
    flow = yearly.stack().reindex(pd.MultiIndex.from_frame(table[["enterprise_id", "direction"]])).to_numpy()
    peak = DAYS / typical["hours_a"] * typical["peak_to_mean"]
    table = table.assign(tag=table["code"], flow_t_d=table["share"] * flow).set_index("enterprise_id")
    table["peak_t_h"] = table["flow_t_d"] * peak.reindex(table.index)
    return _stack([table[["tag", "direction", "flow_t_d", "peak_t_h", *CONTAMINANTS]]], "stream_id", "flow_t_d")


def emissions(base: pd.DataFrame, rules: Standards) -> pd.DataFrame:
    """Rows of ``emissions``: SO2, NOx and dust of fuels, dust and VOC of processes (t/a, gas in m3/h at 0 C, dry)."""
    typical = _typical(base)
    burnt = energy(base, rules)
    fuel = burnt[burnt["carrier"].isin(FUELS)].pivot_table(
        index="enterprise_id", columns="carrier", values="energy_gj_a", aggfunc="sum"
    )
    fuel = fuel.reindex(index=base.index, columns=list(FUELS)).fillna(0.0)
    flue = sum(
        (fuel[name] * rules.value(f"estimates.flue_{name}_m3_gj") for name in FUELS), pd.Series(0.0, base.index)
    )
    parts = []
    for pollutant in POLLUTANTS:
        kilos = sum(
            (fuel[name] * rules.value(f"estimates.{pollutant}_{name}_kg_gj") for name in FUELS),
            pd.Series(0.0, base.index),
        )
        parts.append(_emission(f"{pollutant}-fuel", pollutant, kilos / 1000, "stack", flue / typical["hours_a"]))
    loose = rules.value("estimates.fugitive_share")
    for pollutant in ("pm", "voc"):
        tonnes = typical["floor"] * typical[f"process_{pollutant}_g_m2_a"] * 1e-6
        gas = (
            tonnes
            * (1 - loose)
            * 1e9
            / rules.value(f"estimates.process_gas_{pollutant}_mg_m3")
            / typical["hours_a"]
        )
        parts.append(_emission(f"{pollutant}-process", pollutant, tonnes * (1 - loose), "stack", gas))
        parts.append(
            _emission(f"{pollutant}-fugitive", pollutant, tonnes * loose, "area", pd.Series(np.nan, base.index))
        )
    return _stack(parts, "emission_id", "amount_t_a")


def _emission(tag: str, pollutant: str, tonnes: pd.Series, source: str, gas: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {"tag": tag, "pollutant": pollutant, "amount_t_a": tonnes, "source_type": source, "gas_m3_h": gas}
    )
