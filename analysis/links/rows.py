"""Rows of the table ``links``: what each proposed or existing link moves, saves and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..park.model import estimated
from . import heat, material, seasons, water
from .costs import Costs

if TYPE_CHECKING:
    from . import Case

EMPTY: dict[str, Any] = {
    "from_flow_id": "",
    "to_flow_id": "",
    "material": "",
    "replaces": "",
    "pattern": "",
    "treatment": "none",
    "quantity_t_a": np.nan,
    "heat_kw": np.nan,
    "flow_t_d": np.nan,
    "hours_a": np.nan,
    "season_pct": np.nan,
    "useful_gj_a": np.nan,
    "benefit_cur_a": np.nan,
    "investment_cur": 0.0,
    "energy_gj_a": 0.0,
    "carrier": "",
    "co2_t_a": 0.0,
    "hazardous": False,
    "permit": "",
    "source": "",
    "confidence": "m",
}


def _flags(**columns: bool) -> str:
    return ";".join(name for name, guess in columns.items() if guess)


def _ends(table: pd.DataFrame, key: str, one: int, two: int) -> dict[str, Any]:
    return {
        "from_enterprise_id": table["enterprise_id"].iat[one],
        "to_enterprise_id": table["enterprise_id"].iat[two],
        "from_flow_id": table[key].iat[one],
        "to_flow_id": table[key].iat[two],
    }


def of_materials(
    table: pd.DataFrame, chosen: pd.DataFrame, tonnes: np.ndarray, costs: Costs
) -> list[dict[str, Any]]:
    """A row for each candidate with a flow (t/a)."""
    saved = material.fuel(chosen, tonnes, costs)
    guess = estimated(table, "quantity_t_a").to_numpy()
    rows = []
    for k in np.flatnonzero(tonnes > 0).tolist():
        pair = chosen.iloc[k]
        one, two = int(pair["give"]), int(pair["take"])
        amount = bool(guess[one] or guess[two])
        rows.append(
            EMPTY
            | _ends(table, "flow_id", one, two)
            | {
                "number": k,
                "kind": "material",
                "material": pair["from_material"],
                "replaces": pair["to_material"],
                "pattern": pair["pattern"],
                "treatment": pair["treatment"],
                "quantity_t_a": tonnes[k],
                "season_pct": pair["season_pct"],
                "distance_m": pair["distance_m"],
                "giver_today_cur_a": tonnes[k] * pair["giver_cur_t"],
                "taker_today_cur_a": tonnes[k] * pair["taker_cur_t"],
                "benefit_cur_a": tonnes[k] * pair["gain_cur_t"] - pair["fixed_cur_a"],
                "investment_cur": pair["investment_cur"],
                "energy_gj_a": saved["energy_gj_a"].iat[k],
                "carrier": saved["carrier"].iat[k],
                "co2_t_a": saved["co2_t_a"].iat[k],
                "hazardous": bool(table["bad"].iat[one]),
                "permit": pair["permit"],
                "source": pair["source"],
                "confidence": pair["confidence"],
                "estimated": _flags(
                    quantity_t_a=amount,
                    benefit_cur_a=amount or bool(pair["guess"]),
                    energy_gj_a=amount,
                    co2_t_a=amount,
                ),
            }
        )
    return rows


def of_heat(
    table: pd.DataFrame, matches: heat.Matches, x: np.ndarray, relief: pd.DataFrame
) -> list[dict[str, Any]]:
    """A row for each pair of streams with a flow; ``x`` is kW at the cold side of each arc."""
    total = np.zeros(len(matches.pairs))
    np.add.at(total, matches.arcs["pair"].to_numpy(), x)
    guess = estimated(table, "duty_kw").to_numpy()
    ends = heat.used(table, matches, x).to_dict("index")
    links = np.unique(matches.arcs["pair"])  # numbers of the problem's links
    rows = []
    for k in np.flatnonzero(total > 0).tolist():
        pair = matches.pairs.iloc[k]
        one, two = int(pair["hot"]), int(pair["cold"])
        invest = pair["investment_cur"] + pair["investment_cur_kw"] * total[k]
        spared = relief.iloc[int(table["firm"].to_numpy()[two])]
        useful = total[k] * pair["hours_a"] * heat.GJ_KWH
        amount = bool(guess[one] or guess[two])
        fuel = amount or bool(spared["guess"])
        rows.append(
            EMPTY
            | _ends(table, "stream_id", one, two)
            | {
                "number": int(np.searchsorted(links, k)),
                "kind": "heat",
                "pattern": "heat_cascade",
                "heat_kw": total[k],
                "hours_a": pair["hours_a"],
                "season_pct": pair["season_pct"],
                "useful_gj_a": useful,
                "distance_m": pair["distance_m"],
                "pipe_length_m": pair["pipe_m"],
                **{str(name): float(value) for name, value in ends[k].items()},
                "giver_today_cur_a": total[k] * pair["giver_cur_kw"],
                "taker_today_cur_a": total[k] * pair["taker_cur_kw"],
                "benefit_cur_a": total[k] * pair["gain_cur_kw"] - pair["fixed_cur_a"],
                "investment_cur": invest,
                "energy_gj_a": useful * spared["fuel_gj"],
                "carrier": spared["carrier"],
                "co2_t_a": useful * spared["co2_t_gj"],
                "source": "temperatures and distance",
                "estimated": _flags(heat_kw=amount, benefit_cur_a=fuel, energy_gj_a=amount, co2_t_a=fuel),
            }
        )
    return rows


def of_water(table: pd.DataFrame, chosen: pd.DataFrame, flow: np.ndarray) -> list[dict[str, Any]]:
    """A row for each candidate with a flow (t/d of inlet) from one firm to another; rows of a pair share its pipe."""
    guess = estimated(table, "flow_t_d").to_numpy()
    quality: np.ndarray = np.logical_or.reduce([estimated(table, name).to_numpy() for name in water.CONTAMINANTS])
    share, link = water.shares(chosen, flow), water.pair_of(chosen)
    firm = table["enterprise_id"].to_numpy()
    own = firm[chosen["give"].to_numpy(dtype=int)] == firm[chosen["take"].to_numpy(dtype=int)]
    rows = []
    for k in np.flatnonzero((flow > 0) & ~own).tolist():
        pair = chosen.iloc[k]
        one, two = int(pair["give"]), int(pair["take"])
        amount = bool(guess[one] or guess[two] or quality[one] or quality[two])
        rows.append(
            EMPTY
            | _ends(table, "stream_id", one, two)
            | {
                "number": int(link[k]),
                "kind": "water",
                "pattern": "water_reuse",
                "treatment": pair["level"],
                "flow_t_d": flow[k] * pair["recovery"],
                "season_pct": pair["season_pct"],
                "distance_m": pair["distance_m"],
                "giver_today_cur_a": flow[k] * pair["giver_cur_t_d"],
                "taker_today_cur_a": flow[k] * pair["taker_cur_t_d"],
                "benefit_cur_a": flow[k] * pair["gain_cur_t_d"] - share[k] * pair["fixed_cur_a"],
                "investment_cur": share[k] * pair["investment_cur"] + pair["investment_cur_t_d"] * flow[k],
                "source": "flows and quality",
                "estimated": _flags(flow_t_d=amount, benefit_cur_a=amount),
            }
        )
    return rows


def of_existing(
    joined: list[dict[str, Any]], table: pd.DataFrame, key: str, gains: pd.DataFrame | None, case: Case
) -> list[dict[str, Any]]:
    """A row for each kept exchange. Its investment is sunk; its benefit is left empty where no price is known.

    ``gains`` are the candidates of its kind, from which the gain a unit of the same pair of flows is taken.
    """
    rows = []
    for entry in joined:
        exchange, give, take = entry["exchange"], entry["give"], entry["take"]
        row = EMPTY | {
            "link_id": f"E-{exchange.exchange_id}",
            "status": "existing",
            "kind": exchange.kind,
            "from_enterprise_id": exchange.from_enterprise_id,
            "to_enterprise_id": exchange.to_enterprise_id,
            "from_flow_id": ";".join(table[key].iloc[give]),
            "to_flow_id": ";".join(table[key].iloc[take]),
            "distance_m": float(case.places.distance_m[exchange.one, exchange.two]),
            "source": exchange.source or "survey",
            "confidence": "h",
        }
        if exchange.kind == "material":
            row |= _existing_material(exchange, give, take, table, gains)
        elif exchange.kind == "heat":
            hours = seasons.common_hours(table.iloc[give + take]) if give and take else np.nan
            spared = case.relief.iloc[exchange.two]
            useful = exchange.amount * hours * heat.GJ_KWH
            # steam of a plant is fired for its taker: what that saves the park is not known
            fired = bool(give) and bool(table["raised"].iloc[give].any())
            cooled = bool(give) and bool(table["medium"].iloc[give].isin(heat.COOLED).all())
            row |= {
                "heat_kw": exchange.amount,
                "hours_a": hours,
                "useful_gj_a": useful,
                "benefit_cur_a": np.nan
                if fired
                else useful * (spared["price_cur_gj"] + cooled * case.costs.money("cooling")),
                "energy_gj_a": 0.0 if fired else useful * spared["fuel_gj"],
                "carrier": "" if fired else spared["carrier"],
                "co2_t_a": 0.0 if fired else useful * spared["co2_t_gj"],
                "estimated": _flags(heat_kw=exchange.guess, benefit_cur_a=bool(exchange.guess or spared["guess"])),
            }
        else:
            price = case.costs.money("water_price") + case.costs.money("sewage_fee")
            row |= {
                "flow_t_d": exchange.amount / case.costs.value("days"),
                "benefit_cur_a": exchange.amount * price,
                "estimated": _flags(flow_t_d=exchange.guess, benefit_cur_a=exchange.guess),
            }
        rows.append(row)
    return rows


def _existing_material(
    exchange: Any, give: list[int], take: list[int], table: pd.DataFrame, gains: pd.DataFrame | None
) -> dict[str, Any]:
    found = gains[gains["give"].isin(give) & gains["take"].isin(take)] if gains is not None else None
    row: dict[str, Any] = {"material": exchange.material, "quantity_t_a": exchange.amount, "replaces": ""}
    guess = bool(exchange.guess)
    if found is not None and len(found):
        best = found.sort_values(["gain_cur_t", "pattern"], ascending=[False, True]).iloc[0]
        row |= {
            "replaces": best["to_material"],
            "pattern": best["pattern"],
            "treatment": best["treatment"],
            "benefit_cur_a": exchange.amount * best["gain_cur_t"],
        }
        guess |= bool(best["guess"])
    row["hazardous"] = bool(table["bad"].iloc[give].any())
    row["estimated"] = _flags(quantity_t_a=bool(exchange.guess), benefit_cur_a=guess)
    return row
