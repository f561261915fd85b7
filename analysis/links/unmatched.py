"""What finds no use, and why: of all rules a flow met, the one that its best candidate failed last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..park.model import estimated
from ..scenario import Links
from . import heat, material, water

SMALL = 1e-6  # share of a flow that counts as nothing left


def _furthest(stage: Sequence[str], flow: np.ndarray, stages: tuple[str, ...], count: int) -> np.ndarray:
    """For each of ``count`` flows the furthest stage any of its candidates reached; the first stage without any."""
    rank = np.zeros(count, int)
    position = {name: k for k, name in enumerate(stages)}
    np.maximum.at(rank, flow, np.array([position[name] for name in stage], dtype=int))
    return np.array(stages, dtype=object)[rank]


def _left(have: pd.Series, built: pd.DataFrame) -> np.ndarray:
    """What is left of each flow beside what the candidates ``built`` give (column ``flow``)."""
    given = np.zeros(len(have))
    np.add.at(given, built["give"].to_numpy(dtype=int), built["flow"].to_numpy(float))
    return have.to_numpy(float) - given


def _out_of_season(why: np.ndarray, built: pd.DataFrame, unit: str) -> np.ndarray:
    """The reasons, with ``season`` for flows with a link that carries all that its two sides have in common, and loses some."""
    smaller = np.minimum(built[f"give_{unit}"], built[f"take_{unit}"])
    lost = (built["season_pct"] < 100 * (1 - SMALL)) & (built["flow"] > 0)
    full = built["flow"] >= smaller * built["season_pct"] / 100 * (1 - SMALL)
    flows = np.zeros(len(why), bool)
    flows[built["give"].to_numpy(dtype=int)[(lost & full).to_numpy()]] = True
    return np.where(flows & (why == "taken"), "season", why)


def of_materials(table: pd.DataFrame, pairs: pd.DataFrame, built: pd.DataFrame) -> list[dict[str, Any]]:
    """By-products and wastes with something left; ``built`` are the candidates chosen, with their ``flow``."""
    why = _furthest(list(pairs["stage"]), pairs["give"].to_numpy(dtype=int), material.STAGES, len(table))
    why, rest = _out_of_season(why, built, "t_a"), _left(table["left_t_a"], built)
    ours = (table["direction"] == "out") & (table["role"] != "product")
    guess = estimated(table, "quantity_t_a")
    out = []
    for k in np.flatnonzero(ours & (rest > SMALL * table["quantity_t_a"])).tolist():
        flow = table.iloc[k]
        entry = _entry("material", flow["flow_id"], flow, rest[k], "t/a", why[k], bool(guess.iat[k]))
        out.append(entry | {"material": flow["material"], "hazardous": bool(flow["bad"])})
    return out


def of_heat(table: pd.DataFrame, matches: heat.Matches, given: np.ndarray, choices: Links) -> list[dict[str, Any]]:
    """Hot streams with heat left."""
    pairs = matches.pairs
    near = pairs["distance_m"] <= choices.heat_distance_km * 1000
    stages = ("no_cold", "distance", "temperature", "season", "raised", "not_worth", "taken")
    failed = [~near, ~pairs["warm"], pairs["hours_a"] <= 0, pairs["raised"], ~pairs["worth"]]
    stage = np.select(failed, list(stages[1:-1]), default="taken")
    why = _furthest(list(stage), pairs["hot"].to_numpy(dtype=int), stages, len(table))
    rest = (table["duty_kw"] - table["reserved_kw"]).to_numpy() - given
    guess = estimated(table, "duty_kw")
    return [
        _entry("heat", str(table["stream_id"].iat[k]), table.iloc[k], rest[k], "kW", why[k], bool(guess.iat[k]))
        for k in np.flatnonzero((table["kind"] == "hot") & (rest > SMALL * table["duty_kw"])).tolist()
    ]


def of_water(table: pd.DataFrame, pairs: pd.DataFrame, built: pd.DataFrame) -> list[dict[str, Any]]:
    """Discharges with water left; ``built`` as for materials."""
    why = _furthest(list(pairs["stage"]), pairs["give"].to_numpy(dtype=int), water.STAGES, len(table))
    why, rest = _out_of_season(why, built, "t_d"), _left(table["left_t_d"], built)
    guess = estimated(table, "flow_t_d")
    return [
        _entry("water", str(table["stream_id"].iat[k]), table.iloc[k], rest[k], "t/d", why[k], bool(guess.iat[k]))
        for k in np.flatnonzero((table["direction"] == "discharge") & (rest > SMALL * table["flow_t_d"])).tolist()
    ]


def _entry(
    kind: str, name: str, row: pd.Series, left: float, unit: str, reason: str, guess: bool
) -> dict[str, Any]:
    return {
        "unmatched_id": f"{kind}:{name}",
        "flow_id": name,
        "kind": kind,
        "enterprise_id": row["enterprise_id"],
        "material": "",
        "left": left,
        "unit": unit,
        "reason": "no_place" if row["firm"] < 0 else reason,
        "hazardous": False,
        "estimated": "left" if guess else "",
    }
