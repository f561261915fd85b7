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


def of_materials(table: pd.DataFrame, pairs: pd.DataFrame, given: np.ndarray) -> list[dict[str, Any]]:
    """By-products and wastes with something left."""
    why = _furthest(list(pairs["stage"]), pairs["give"].to_numpy(dtype=int), material.STAGES, len(table))
    rest = table["left_t_a"].to_numpy() - given
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
    stages = ("no_cold", "distance", "temperature", "not_worth", "taken")
    stage = np.select(
        [~near, ~pairs["warm"], ~pairs["worth"]], ["distance", "temperature", "not_worth"], default="taken"
    )
    why = _furthest(list(stage), pairs["hot"].to_numpy(dtype=int), stages, len(table))
    rest = (table["duty_kw"] - table["reserved_kw"]).to_numpy() - given
    guess = estimated(table, "duty_kw")
    return [
        _entry("heat", str(table["stream_id"].iat[k]), table.iloc[k], rest[k], "kW", why[k], bool(guess.iat[k]))
        for k in np.flatnonzero((table["kind"] == "hot") & (rest > SMALL * table["duty_kw"])).tolist()
    ]


def of_water(table: pd.DataFrame, pairs: pd.DataFrame, given: np.ndarray) -> list[dict[str, Any]]:
    """Discharges with water left."""
    why = _furthest(list(pairs["stage"]), pairs["give"].to_numpy(dtype=int), water.STAGES, len(table))
    rest = table["left_t_d"].to_numpy() - given
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
