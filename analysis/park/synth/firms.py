"""The firms themselves: invented names, figures, and what goes in and out of them.

Flows come from the same sector profiles as the estimates, varied from firm to firm; a firm's balance still closes.
Nothing is flagged as an estimate: the whole park is synthetic and says so.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from parkloop import resources

from ...standards import Standards
from ..estimates import profiles, streams

SOURCE = "synthetic"
LICENCES = {"C42": "HW08;HW31", "N77": "HW06;HW11;HW12;HW08;HW49;HW02", "C32": "HW48"}
BIG_FIRMS = ("D44", "D46", "N77", "C25", "C31")
STATION_FUEL_PER_HEAT = 1.8  # GJ of coal a GJ of heat sold: the station makes power too


def names(kinds: list[str], rng: np.random.Generator) -> list[str]:
    """An invented Chinese name for each firm, no two alike."""
    table = resources.table("knowledge", "synth_names.csv")

    def words(kind: str, key: str = "") -> list[str]:
        return [row["value"] for row in table if row["kind"] == kind and row["key"] == key]

    trade = {code: words("trade", code) for code in set(kinds)}
    brands = [one + two for one in words("brand1") for two in words("brand2")]
    rng.shuffle(brands)
    place = str(rng.choice(words("place")))
    towns = [place, *[town for town in words("place") if town != place]]
    out = []
    for number, code in enumerate(kinds):
        brand = brands[number % len(brands)]
        town = towns[(number // len(brands)) % len(towns)]
        trades = trade[code]
        works = trades[int(rng.integers(0, len(trades)))]
        if code in ("D44", "D46") and number < 3:
            brand = ""
        out.append(f"{town}{brand}{works}有限公司")
    return out


def figures(kinds: list[str], floor_m2: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The ``enterprises`` layer without geometry; some firms use their floor poorly."""
    n = len(kinds)
    typical = profiles().reindex(kinds).reset_index(drop=True)
    floor_m2 = _serving(kinds, floor_m2, typical)
    poor = (rng.random(n) < 0.14) & ~np.isin(kinds, BIG_FIRMS)
    zeal = rng.lognormal(0, 0.3, n) * np.where(poor, rng.uniform(0.12, 0.4, n), 1.0)
    zeal[np.isin(kinds, ["D44", "D46"])] = 1.0  # what is asked of them is settled above
    table = pd.DataFrame({"enterprise_id": [f"E{number + 1:04d}" for number in range(n)]})
    table["name"] = names(kinds, rng)
    table["sector"] = kinds
    table["sector_confidence"] = 1.0
    table["staff"] = np.maximum(
        5, np.round(floor_m2 / 1000 * typical["staff_1000m2"] * np.sqrt(zeal) * rng.lognormal(0, 0.2, n))
    )
    table["investment_cur"] = _rounded(
        floor_m2 * typical["investment_cny_m2"] * rng.lognormal(0, 0.25, n) * np.where(poor, 0.6, 1.0)
    )
    table["output_cur_a"] = _rounded(floor_m2 * typical["output_cny_m2_a"] * zeal)
    table["value_added_cur_a"] = _rounded(
        table["output_cur_a"] * typical["value_added_share"] * rng.uniform(0.85, 1.15, n)
    )
    table["tax_cur_a"] = _rounded(table["output_cur_a"] * typical["tax_share"] * rng.uniform(0.7, 1.2, n))
    modern = table["sector"].isin(["C27", "C39", "C40", "C35", "C38", "M73"])
    table["high_tech"] = rng.random(n) < np.where(modern, 0.55, 0.1)
    table["movable"] = ~table["sector"].isin(BIG_FIRMS) & (rng.random(n) < 0.75)
    table["move_cost_cur"] = _rounded(table["investment_cur"] * 0.3).where(table["movable"])
    table["hazard"] = typical["hazard"].to_numpy()
    table["licences"] = table["sector"].map(LICENCES).fillna("")
    return table.assign(source=SOURCE)


def _serving(kinds: list[str], floor_m2: np.ndarray, typical: pd.DataFrame) -> np.ndarray:
    """Floor area of each firm, that of the power station and the wastewater works by what the others ask of them.

    The works earns 3 CNY a m3 of wastewater.
    """
    sector = np.array(kinds)
    served = ~np.isin(sector, ["D44", "D46"])
    bought = (floor_m2 * typical["heat_gj_m2_a"])[served & (typical["boiler_fuel"] == "heat")].sum()
    drained = (floor_m2 * typical["water_m3_m2_a"] * typical["return_share"])[served].sum()
    out = floor_m2.copy()
    for code, needed in (
        ("D44", STATION_FUEL_PER_HEAT * bought / profiles().at["D44", "furnace_gj_m2_a"]),
        ("D46", 3.0 * drained / profiles().at["D46", "output_cny_m2_a"]),
    ):
        out[sector == code] = max(needed, 400.0)
    return out


def _rounded(money: pd.Series) -> pd.Series:
    return (money / 10_000).round() * 10_000


def flows(enterprises: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """``material_flows``, ``heat_streams``, ``water_streams``, ``energy_use``, ``emissions`` and ``profiles``."""
    rules = Standards()
    base = enterprises.set_index("enterprise_id")[["sector", "licences"]].assign(
        output_cny=enterprises["output_cur_a"].to_numpy()
    )
    n = len(base)

    def varied(spread: float) -> pd.DataFrame:
        return base.assign(output_cny=base["output_cny"] * rng.lognormal(0, spread, n))

    thermal = varied(0.2)  # heat, energy and the emissions of fuels must tell the same story
    use = streams.energy(thermal, rules)
    burnt = use.loc[use["carrier"] == "raw_coal", "energy_gj_a"].sum()
    bought = use.loc[use["carrier"] == "heat", "energy_gj_a"].sum()
    if bought and burnt:
        thermal.loc[thermal["sector"] == "D44", "output_cny"] *= STATION_FUEL_PER_HEAT * bought / burnt
    out = {
        "material_flows": _materials(streams.materials(varied(0.12), 1.0), rng),
        "heat_streams": _heat(streams.heat(thermal, rules), rng),
        "water_streams": _water(streams.water(varied(0.25)), rng),
        "energy_use": streams.energy(thermal, rules),
        "emissions": _emissions(streams.emissions(thermal, rules), rng),
        "profiles": load_profiles(),
    }
    hours = profiles()["hours_a"].reindex(enterprises["sector"]).to_numpy()
    pattern = pd.Series(np.select([hours < 4000, hours < 6000, hours < 7500], ["P1", "P2", "P3"], "P4"), base.index)
    pattern[base["sector"].isin(["C13", "C15"])] = "P5"
    for name in ("material_flows", "heat_streams", "water_streams", "energy_use"):
        out[name]["profile_id"] = out[name]["enterprise_id"].map(pattern)
    for name in ("energy_gj_a", "peak_kw"):
        out["energy_use"][name] = out["energy_use"][name].round(0)
    return {name: table.assign(source=SOURCE) for name, table in out.items()}


def _materials(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Firms of one sector do not do quite the same: minor flows fall away, others vary; outputs never outweigh inputs."""
    table = table.copy()
    group = table.groupby(["enterprise_id", "direction"])["quantity_t_a"]
    minor = table["quantity_t_a"] < 0.06 * group.transform("sum")
    dropped = minor & ~table["hazardous"] & (rng.random(len(table)) < 0.22)
    table = table[~dropped].copy()
    table["quantity_t_a"] *= rng.lognormal(0, 0.08, len(table))
    total = table.pivot_table(index="enterprise_id", columns="direction", values="quantity_t_a", aggfunc="sum")
    over = (total["out"] / total["in"] / 0.99).clip(lower=1.0).fillna(1.0)
    shrink = np.where(table["direction"] == "out", 1 / table["enterprise_id"].map(over), 1.0)
    table["quantity_t_a"] = (table["quantity_t_a"] * shrink).map(lambda tonnes: float(f"{tonnes:.3g}"))
    noise = rng.lognormal(0, 0.06, len(table))
    table["price_cur_t"] = (table["price_cur_t"] * noise).map(lambda price: float(f"{price:.3g}"))
    table["purity_pct"] = (table["purity_pct"] + rng.uniform(-6, 2, len(table))).clip(40, 99.5).round(0)
    return table[table["quantity_t_a"] > 0]


def _heat(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    table = table.copy()
    shift = np.round(rng.uniform(-8, 8, len(table)) / 5) * 5
    gap = table["t_supply_c"] - table["t_target_c"]
    table["t_supply_c"] = np.where(
        table["kind"] == "hot", table["t_supply_c"] + np.where(gap.abs() > 25, shift, 0), table["t_supply_c"]
    )
    steady = (table["kind"] == "cold") & (table["medium"] != "steam")
    table["t_target_c"] = np.where(steady & (gap.abs() > 25), table["t_target_c"] + shift, table["t_target_c"])
    return table.assign(
        duty_kw=table["duty_kw"].round(0), steam_pressure_mpa=table["steam_pressure_mpa"].round(2)
    ).query("duty_kw > 0")


def _water(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    table = table.copy()
    dirt = rng.lognormal(0, 0.2, len(table))
    for name in ("cod_mg_l", "ss_mg_l", "tds_mg_l", "nh3n_mg_l"):
        table[name] = np.where(table["direction"] == "discharge", (table[name] * dirt).round(0), table[name])
    return table.assign(flow_t_d=table["flow_t_d"].round(1), peak_t_h=table["peak_t_h"].round(2)).query(
        "flow_t_d > 0"
    )


def _emissions(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Stacks to the emissions: height by the amount of gas, a diameter for about 12 m/s."""
    table = table.copy()
    stack = table["source_type"] == "stack"
    gas = table["gas_m3_h"].fillna(0.0)
    burnt = table["emission_id"].str.endswith("-fuel")
    warm = np.where(burnt, 1 + 120 / 273, 1 + 30 / 273)
    table["stack_height_m"] = np.select([~stack, gas > 100_000, gas > 20_000], [np.nan, 80.0, 35.0], 15.0)
    table["stack_diameter_m"] = np.where(
        stack, np.maximum(0.2, np.round(np.sqrt(4 * gas * warm / 3600 / 12 / np.pi), 1)), np.nan
    )
    table["exit_t_c"] = np.where(
        stack, np.where(burnt, 120.0, 30.0) + np.round(rng.uniform(-5, 5, len(table))), np.nan
    )
    table["gas_m3_h"] = table["gas_m3_h"].round(0)
    return table.assign(amount_t_a=table["amount_t_a"].map(lambda tonnes: float(f"{tonnes:.3g}")))


def load_profiles() -> pd.DataFrame:
    """Five patterns: one to four shifts, and a season of harvest."""
    spring = [7.6, 5.4, 8.4, 8.6, 8.8, 8.6, 8.5, 8.5, 8.8, 8.6, 9.1, 9.1]  # a dip at the Spring Festival
    even = [8.5, 7.7, 8.5, 8.2, 8.5, 8.2, 8.5, 8.5, 8.2, 8.5, 8.2, 8.5]
    autumn = [8.0, 5.5, 6.5, 6.5, 7.0, 7.0, 7.5, 8.5, 11.0, 12.0, 11.0, 9.5]
    rows = []
    for key, hours, shifts, peak, hour, months in (
        ("P1", 3000, 1, 1.7, 10, spring),
        ("P2", 4800, 2, 1.5, 14, spring),
        ("P3", 6800, 3, 1.3, 14, spring),
        ("P4", 8000, 3, 1.15, 19, even),
        ("P5", 5500, 2, 1.5, 9, autumn),
    ):
        row = {"profile_id": key, "hours_a": hours, "shifts": shifts, "peak_to_mean": peak, "peak_hour": hour}
        rows.append(row | {f"m{month + 1:02d}_pct": share for month, share in enumerate(months)})
    return pd.DataFrame(rows)
