"""What a firm of a sector typically takes in and gives off: materials, energy, heat, water, emissions.

Everything follows from the firm's output. ``base`` is a frame by enterprise_id with ``sector``, ``output_cny`` (a
year) and ``licences``; ``floor`` below is the floor area that goes with that output.

Heat agrees with energy: a heat demand is either bought heat or the fuel of a boiler, furnaces burn the rest, and
waste heat is a share of what is burnt and used. Discharge is a share of demand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...standards import Standards
from .profiles import flows, profiles

KW_PER_GJ_H = 1e6 / 3600  # 1 GJ/h = 277.8 kW
DAYS = 365.0
FUELS = ("natural_gas", "raw_coal", "fuel_oil", "biomass")
POLLUTANTS = ("so2", "nox", "pm")


def _typical(base: pd.DataFrame) -> pd.DataFrame:
    """Typical figures of each firm of ``base``, with its ``floor`` (m2)."""
    typical = profiles().reindex(base["sector"]).set_index(base.index)
    return typical.assign(floor=base["output_cny"] / typical["output_cny_m2_a"])


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


def energy(base: pd.DataFrame, rules: Standards) -> pd.DataFrame:
    """Rows of ``energy_use``: electricity, bought heat, fuel of boilers and furnaces (GJ/a) with peaks (kW)."""
    typical = _typical(base)
    heat = typical["floor"] * typical["heat_gj_m2_a"]
    furnace = typical["floor"] * typical["furnace_gj_m2_a"]
    boiler = heat / rules.value("estimates.boiler_efficiency")
    use = {"electricity": typical["floor"] * typical["electricity_kwh_m2_a"] * 0.0036}
    use["heat"] = heat.where(typical["boiler_fuel"] == "heat", 0.0)
    for fuel in FUELS:
        use[fuel] = boiler.where(typical["boiler_fuel"] == fuel, 0.0) + furnace.where(
            typical["furnace_fuel"] == fuel, 0.0
        )
    peak = KW_PER_GJ_H / typical["hours_a"] * typical["peak_to_mean"]
    parts = [
        pd.DataFrame({"tag": carrier, "carrier": carrier, "energy_gj_a": amount, "peak_kw": amount * peak})
        for carrier, amount in use.items()
    ]
    return _stack(parts, "energy_id", "energy_gj_a")


def heat(base: pd.DataFrame, rules: Standards) -> pd.DataFrame:
    """Rows of ``heat_streams``: the process heat (cold), the furnace's flue gas and the cooling water (hot)."""
    typical = _typical(base)
    mean = KW_PER_GJ_H / typical["hours_a"] * typical["floor"]
    electricity = typical["electricity_kwh_m2_a"] * 0.0036
    out_c = typical["heat_out_c"]
    hot = np.where(out_c >= rules.value("estimates.oil_medium_min_c"), "oil", "steam")
    medium = np.where(out_c > rules.value("estimates.water_medium_max_c"), hot, "water")

    def stream(
        tag: str, kind: str, start: pd.Series, end: pd.Series | float, duty: pd.Series, carrier: str | np.ndarray
    ) -> pd.DataFrame:
        table = pd.DataFrame(
            {"tag": tag, "kind": kind, "t_supply_c": start, "t_target_c": end, "duty_kw": duty}, index=base.index
        )
        table = table.assign(medium=carrier, hours_a=typical["hours_a"])
        return table[table["t_supply_c"] > table["t_target_c"]] if kind == "hot" else table

    exhaust_c = typical["exhaust_c"]
    # cool flue gas (boilers with economisers) is taken half-way down, not to the usual end of cooling
    cooled_c = (exhaust_c / 2).clip(upper=rules.value("estimates.exhaust_target_c"))
    parts = [
        stream("process", "cold", typical["heat_in_c"], out_c, mean * typical["heat_gj_m2_a"], medium),
        stream(
            "flue",
            "hot",
            exhaust_c,
            cooled_c,
            mean * typical["furnace_gj_m2_a"] * typical["exhaust_share"],
            "flue_gas",
        ),
        stream(
            "cooling",
            "hot",
            typical["cooling_c"],
            rules.value("estimates.cooling_target_c"),
            mean * (electricity + typical["heat_gj_m2_a"]) * typical["cooling_share"],
            "water",
        ),
    ]
    table = _stack(parts, "stream_id", "duty_kw")
    steam_c = table["t_target_c"] + rules.value("estimates.steam_approach_k")
    return table.assign(steam_pressure_mpa=_steam_mpa(steam_c).where(table["medium"] == "steam"))


def _steam_mpa(saturation_c: pd.Series) -> pd.Series:
    """Gauge pressure of saturated steam, MPa: Antoine's equation for water (bar, C), good to 1 % from 100 to 220 C."""
    return 0.1 * (10 ** (5.11564 - 1687.537 / (saturation_c + 230.17)) - 1.01325)


def water(base: pd.DataFrame, rules: Standards) -> pd.DataFrame:
    """Rows of ``water_streams``: process water, cooling and washing water, and the discharge, on a mean day of the year."""
    typical = _typical(base)
    total = typical["floor"] * typical["water_m3_m2_a"] / DAYS
    peak = DAYS / typical["hours_a"] * typical["peak_to_mean"]
    columns = ("cod_mg_l", "ss_mg_l", "tds_mg_l", "nh3n_mg_l")

    def limits(kind: str) -> dict[str, float]:
        return {name: rules.value(f"estimates.{kind}_water_{name}") for name in columns}

    def stream(tag: str, direction: str, flow: pd.Series, quality: dict[str, object]) -> pd.DataFrame:
        return pd.DataFrame(
            {"tag": tag, "direction": direction, "flow_t_d": flow, "peak_t_h": flow * peak, **quality},
            index=base.index,
        )

    cooling = typical["cooling_water_share"]
    parts = [
        stream("process", "demand", total * (1 - cooling), dict(limits("process"))),
        stream("cooling", "demand", total * cooling, dict(limits("cooling"))),
        stream(
            "discharge", "discharge", total * typical["return_share"], {name: typical[name] for name in columns}
        ),
    ]
    return _stack(parts, "stream_id", "flow_t_d")


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
