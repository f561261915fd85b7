"""Chains to fill and to lengthen: which sectors to invite, for what, and what it would be worth.

For each sector a newcomer of typical make-up and given output is thought of. It takes what the plan leaves without use, in
place of what it would buy (``take``); it makes what several firms still buy outside (``supply``); it works on products that
now leave the park (``extend``). Worth is the net benefit a year of both sides before the newcomer's own cost: an upper
estimate, and not additive, as two newcomers would want the same flows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from parkloop import resources

from ...park.model import Park, estimated
from ...scenario import Links
from ..catalogue import materials
from ..costs import Costs
from ..places import Places
from . import sectors, spare, utilities
from .allot import allot
from .uses import uses

ROOTED = ("A", "B", "E")  # farming, mining and building go to their land, ore and sites: no park can invite them
EMPTY: dict[str, Any] = {
    "kind": "material", "material": "", "replaces": "", "treatment": "none", "quantity_t_a": np.nan, "heat_kw": np.nan,
    "flow_t_d": np.nan, "output_cur_a": np.nan, "hazardous": False, "pattern": "", "source": "", "confidence": "l",
}  # fmt: skip
AMOUNT = {"material": "quantity_t_a", "heat": "heat_kw", "water": "flow_t_d"}


def usual_distance_m(places: Places) -> float:
    """Median distance between two firms of the park along the roads, m; 0 with fewer than two."""
    n = len(places.points)
    between = places.distance_m[np.triu_indices(n, 1)]
    between = between[np.isfinite(between)]
    return float(np.median(between)) if len(between) else 0.0


def proposals(
    links: pd.DataFrame, unmatched: pd.DataFrame, park: Park, places: Places, costs: Costs, choices: Links
) -> list[dict[str, Any]]:
    """Rows of ``chain_proposals``: the ``choices.newcomers`` sectors worth most, each use, supply and extension a row."""
    if choices.newcomers == 0:
        return []
    distance_m = usual_distance_m(places)
    found = [
        _taken(unmatched, park, costs, choices, distance_m),
        _utilities(unmatched, park, costs, choices, distance_m),
        _supplied(spare.bought(links, park), costs, choices, distance_m),
        _extended(spare.sold(links, park), costs, choices, distance_m),
    ]
    table = pd.DataFrame([row for rows in found for row in rows if row["sector"][0] not in ROOTED])
    if table.empty:
        return []
    table["worth_cur_a"] = table["worth_cur_a"].round(2)  # equal proposals stay equal whatever the order of summing
    whole = table.groupby("sector")["worth_cur_a"].sum()
    order = sorted(whole.index, key=lambda sector: (-round(whole[sector], 2), sector))[: choices.newcomers]
    here = pd.Series(park["enterprises"]["sector"].str.slice(0, 3)).value_counts()
    rows = []
    for rank, sector in enumerate(order, 1):
        mine = table[table["sector"] == sector].sort_values(
            ["worth_cur_a", "way", "kind", "material", "replaces", "treatment"],
            ascending=[False, True, True, True, True, True],
        )
        firms = set().union(*mine["ids"])
        for place, row in enumerate(mine.to_dict("records"), 1):
            common = {
                "proposal_id": f"N-{rank:02d}-{place:03d}",
                "rank": rank,
                "sector_worth_cur_a": float(whole[sector]),
                "sector_firms": len(firms),
                "firms_here": int(here.get(sector, 0)),
                "firms": len(row["ids"]),
            }
            rows.append(row | common | _reasons(row))
    return rows


def _taken(
    unmatched: pd.DataFrame, park: Park, costs: Costs, choices: Links, distance_m: float
) -> list[dict[str, Any]]:
    """By-products and wastes without use."""
    candidates = uses(spare.unused(unmatched, park, choices.exclude_enterprises), costs, distance_m)
    candidates = candidates.rename(columns={"gain_cur_t": "gain_cur"})
    guess = candidates["flow_id"].isin(_guessed(park, "material_flows", "flow_id", "quantity_t_a"))
    return _of_sectors(candidates.assign(rough=guess), "material", choices.min_quantity_t_a, costs, choices)


def _utilities(
    unmatched: pd.DataFrame, park: Park, costs: Costs, choices: Links, distance_m: float
) -> list[dict[str, Any]]:
    """Waste heat and waste water without use."""
    rows = []
    for kind, table, least in (
        ("heat", utilities.heat_uses(unmatched, park, costs, choices, distance_m), choices.min_heat_kw),
        ("water", utilities.water_uses(unmatched, park, costs, choices, distance_m), choices.min_water_t_d),
    ):
        table = table.assign(
            rough=table["guess"],
            material="",
            replaces="",
            pattern="heat_cascade" if kind == "heat" else "water_reuse",
            source="temperatures and distance" if kind == "heat" else "flows and quality",
            confidence="l",
            bad=False,
        )
        rows += _of_sectors(table.assign(load=table.get("load", 1.0)), kind, least, costs, choices)
    return rows


def _of_sectors(
    candidates: pd.DataFrame, kind: str, least: float, costs: Costs, choices: Links
) -> list[dict[str, Any]]:
    """What the newcomer of each sector takes, a row for each material, what it replaces, and treatment."""
    rows = []
    for sector, mine in candidates.groupby("sector", sort=True):
        taken = allot(mine, choices.newcomer_output_mcny, least)
        for key, part in taken.groupby(["material", "replaces", "treatment"], sort=True):
            filled = float((part["x"] * part["load"]).sum())
            amount = float(part["x"].sum()) if kind != "water" else filled
            rough = bool(part["rough"].any() or part["bound"].any())
            first = part.sort_values(["worth_cur_a", "flow_id"], ascending=[False, True]).iloc[0]
            rows.append(
                EMPTY
                | {
                    "way": "take",
                    "sector": sector,
                    "kind": kind,
                    "material": key[0],
                    "replaces": key[1],
                    "treatment": key[2],
                    AMOUNT[kind]: amount,
                    "worth_cur_a": float(part["worth_cur_a"].sum()),
                    "output_cur_a": max(_output(*need, costs) for need in _needs(part)),
                    "ids": frozenset(part["enterprise_id"]),
                    "hazardous": bool(part["bad"].any()),
                    "pattern": first["pattern"],
                    "source": first["source"],
                    "confidence": first["confidence"],
                    "estimated": _flags(AMOUNT[kind], rough, rough or bool(part["guess"].any())),
                }
            )
    return rows


def _needs(part: pd.DataFrame) -> list[tuple[float, float]]:
    """What is filled of each need, and the need a million yuan of output."""
    filled = (part["x"] * part["load"]).groupby(part["group"]).sum()
    need = part.groupby("group")["per_mcny"].first()
    return list(zip(filled.tolist(), need.tolist(), strict=True))


def _supplied(table: pd.DataFrame, costs: Costs, choices: Links, distance_m: float) -> list[dict[str, Any]]:
    """What several firms still buy outside and a newcomer would make: worth is the haulage that is spared."""
    spared = _haul_spared(costs, distance_m)
    made = sectors.makes()
    rows = []
    for material, mine in table.groupby("material", sort=True):
        buyers = frozenset(mine["enterprise_id"])
        if len(buyers) < 2 or spared <= 0 or _gas(str(material)):
            continue
        wanted = float(mine["left"].sum())
        makers = made[made["material"] == material]
        for sector, per_mcny in zip(makers["sector"], makers["t_per_mcny"], strict=True):
            rows.append(_moved("supply", sector, str(material), wanted, float(per_mcny), mine, buyers))
    return _priced(rows, spared, costs, choices)


def _extended(table: pd.DataFrame, costs: Costs, choices: Links, distance_m: float) -> list[dict[str, Any]]:
    """Products that leave the park and a newcomer of another division would work on: worth is the haulage that is spared."""
    spared = _haul_spared(costs, distance_m)
    taken = sectors.takes()
    rows = []
    for material, every in table.groupby("material", sort=True):
        if spared <= 0 or _gas(str(material)):
            continue
        takers = taken[taken["material"] == material]
        for sector, per_mcny in zip(takers["sector"], takers["t_per_mcny"], strict=True):
            mine = every[every["division"] != sector]
            if len(mine):
                makers = frozenset(mine["enterprise_id"])
                offered = float(mine["left"].sum())
                rows.append(_moved("extend", sector, str(material), offered, float(per_mcny), mine, makers))
    return _priced(rows, spared, costs, choices)


def _moved(
    way: str, sector: str, material: str, tonnes: float, per_mcny: float, flows: pd.DataFrame, firms: frozenset[str]
) -> dict[str, Any]:
    return {
        "way": way,
        "sector": sector,
        "material": material,
        "quantity_t_a": tonnes,
        "per_mcny": per_mcny,
        "ids": firms,
        "rough": bool(estimated(flows, "quantity_t_a").any()),
    }


def _priced(rows: list[dict[str, Any]], spared: float, costs: Costs, choices: Links) -> list[dict[str, Any]]:
    """The rows with their tonnes held to what the newcomer makes or takes, worth and output; lots too small left out."""
    out = []
    for row in rows:
        most = row["per_mcny"] * choices.newcomer_output_mcny
        tonnes = min(row["quantity_t_a"], most)
        if tonnes < choices.min_quantity_t_a:
            continue
        rough = row.pop("rough") or tonnes == most
        per_mcny = row.pop("per_mcny")
        out.append(
            EMPTY
            | row
            | {
                "quantity_t_a": tonnes,
                "worth_cur_a": tonnes * spared,
                "output_cur_a": _output(tonnes, per_mcny, costs),
                "source": "sector profiles",
                "estimated": _flags("quantity_t_a", rough, True),
            }
        )
    return out


def _haul_spared(costs: Costs, distance_m: float) -> float:
    """Haulage from the outside market less that inside the park, currency/t."""
    return (costs.value("market_distance") - distance_m / 1000) * costs.money("transport")


def _gas(material: str) -> bool:
    return bool(materials().at[material, "family"] == "gas")


def _output(filled: float, per_mcny: float, costs: Costs) -> float:
    """Output a year at which a newcomer needs just what it takes; NaN where its need is not known."""
    return costs.from_cny(1e6) * filled / per_mcny if np.isfinite(per_mcny) else np.nan


def _flags(amount: str, rough: bool, priced: bool) -> str:
    return ";".join(name for name, guess in ((amount, rough), ("worth_cur_a", priced)) if guess)


def _guessed(park: Park, layer: str, key: str, column: str) -> set[str]:
    table = park[layer]
    return set(table[key][estimated(table, column)])


def _reasons(row: dict[str, Any]) -> dict[str, str]:
    """The sentence that says why, in each language."""
    name = row["way"] if row["kind"] == "material" else row["kind"]
    if name == "take" and not row["replaces"]:
        name = "ask"
    elif name == "take" and row["replaces"] == row["material"]:
        name = "direct"
    out = {}
    for lang in resources.LANGUAGES:
        known = resources.codes("materials")
        values = {
            "firms": len(row["ids"]),
            "amount": row[AMOUNT[row["kind"]]],
            "sector": sectors.label(row["sector"], lang),
            "material": known[row["material"]][f"label_{lang}"] if row["material"] else "",
            "replaces": known[row["replaces"]][f"label_{lang}"] if row["replaces"] else "",
        }
        out[f"reason_{lang}"] = resources.text(f"chains.reason.{name}", lang, **values)
    return out
