"""Links that exist today: they use up what the firms have before anything new is proposed, unless they are released."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import Finding
from ..park.model import Park, estimated
from ..scenario import Links
from . import seasons
from .catalogue import materials, patterns
from .places import Places

AMOUNT = {"material": "quantity_t_a", "water": "quantity_t_a", "heat": "heat_kw"}


def kept(park: Park, places: Places, choices: Links) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """The exchanges to keep and those released, with firm numbers ``one`` and ``two``, ``amount`` and ``guess``.

    Exchanges without a quantity, between firms without a place, or of an unknown material are left out with a
    finding.
    """
    table = park["exchanges"]
    unknown = sorted(set(choices.release) - set(table["exchange_id"]))
    findings = [Finding("links.unknown_release", "warning", "exchanges", name) for name in unknown]
    table = table.reset_index(drop=True)
    column = table["kind"].map(AMOUNT)
    amount = np.where(table["kind"] == "heat", table["heat_kw"], table["quantity_t_a"])
    flagged = [estimated(table, name) for name in ("quantity_t_a", "heat_kw")]
    table = table.assign(
        one=places.number(table["from_enterprise_id"]),
        two=places.number(table["to_enterprise_id"]),
        amount=amount,
        guess=np.where(table["kind"] == "heat", flagged[1], flagged[0]).astype(bool),
    )
    known = table["material"].isin(materials().index) | (table["kind"] != "material")
    usable = known & ~np.isnan(amount) & (table["one"] >= 0) & (table["two"] >= 0)
    for row, name in zip(_rows(table), column, strict=True):
        if not known[row.Index]:
            values = {"material": row.material}
            findings.append(
                Finding("links.unknown_material", "warning", "exchanges", row.exchange_id, "material", values)
            )
        elif np.isnan(row.amount):
            findings.append(Finding("links.exchange_no_quantity", "warning", "exchanges", row.exchange_id, name))
        elif row.one < 0 or row.two < 0:
            findings.append(Finding("links.exchange_no_place", "warning", "exchanges", row.exchange_id))
    free = table["exchange_id"].isin(choices.release)
    stays, released = (table[usable & side].reset_index(drop=True) for side in (~free, free))
    return stays, released, findings


def _rows(table: pd.DataFrame, kind: str = "") -> list[Any]:
    """Rows as named tuples, of one kind where given."""
    part = table[table["kind"] == kind] if kind else table
    return list(part.itertuples())


def draw(left: pd.Series, order: np.ndarray, amount: float) -> tuple[np.ndarray, float]:
    """Take ``amount`` from ``left`` in the order given; gives what each row loses and what could not be had."""
    loss = np.zeros(len(left))
    stock = left.to_numpy()[order]
    before = np.r_[0.0, np.cumsum(stock)[:-1]]
    loss[order] = np.clip(amount - before, 0.0, stock)
    return loss, max(amount - float(stock.sum()), 0.0)


def _exceeds(row: Any, side: str, rest: float, unit: str) -> Finding:
    values = {"rest": rest, "unit": unit, "side": side}
    return Finding(f"links.existing_exceeds_{side}", "warning", "exchanges", row.exchange_id, "", values)


def reserve_materials(
    exchanges: pd.DataFrame, table: pd.DataFrame
) -> tuple[pd.DataFrame, list[dict], list[Finding]]:
    """Flows with what the kept material exchanges use taken off, and the flows each exchange joins.

    The taker's flows of the same material are served first, then those a pattern lets it replace.
    """
    table = table.copy()
    joined, findings = [], []
    for row in _rows(exchanges, "material"):
        mine = (table["enterprise_id"] == row.from_enterprise_id) & (table["direction"] == "out")
        give = np.flatnonzero(mine & (table["material"] == row.material))
        loss, rest = draw(table["left_t_a"], give, row.amount)
        if rest > 1e-6 * max(row.amount, 1.0):
            findings.append(_exceeds(row, "giver", rest, "t/a"))
        table["left_t_a"] -= loss
        theirs = (table["enterprise_id"] == row.to_enterprise_id) & (table["direction"] == "in")
        known = patterns()[patterns()["from_material"] == row.material]
        ratio = known.groupby("to_material")["ratio"].max()
        ratio[row.material] = 1.0
        demand = row.amount
        first = [row.material, *sorted(set(ratio.index) - {row.material})]
        taken: list[int] = []
        for material in first:
            take = np.flatnonzero(theirs & (table["material"] == material))
            if not len(take) or demand <= 0:
                continue
            gained, rest = draw(table["left_t_a"], take, demand * ratio[material])
            table["left_t_a"] -= gained
            demand = rest / ratio[material]
            taken += take[gained[take] > 0].tolist()
        if demand > 1e-6 * max(row.amount, 1.0):
            findings.append(_exceeds(row, "taker", demand, "t/a"))
        joined.append({"exchange": row, "give": give.tolist(), "take": taken})
    return table, joined, findings


def reserve_heat(exchanges: pd.DataFrame, table: pd.DataFrame) -> tuple[pd.DataFrame, list[dict], list[Finding]]:
    """Streams with what the kept heat exchanges use reserved, from the top of hot and the bottom of cold streams.

    Both choices leave the harder part, so nothing new is promised that the old link might need.
    """
    table = table.copy()
    joined, findings = [], []
    for row in _rows(exchanges, "heat"):
        sides: dict[str, list[int]] = {}
        for kind, firm, side, rising in (
            ("hot", row.from_enterprise_id, "giver", False),
            ("cold", row.to_enterprise_id, "taker", True),
        ):
            mine = table[(table["kind"] == kind) & (table["enterprise_id"] == firm)]
            order = mine.sort_values(["t_supply_c", "stream_id"], ascending=[rising, True]).index.to_numpy(
                dtype=int
            )
            loss, rest = draw(table["duty_kw"] - table["reserved_kw"], order, row.amount)
            if rest > 1e-6 * max(row.amount, 1.0):
                findings.append(_exceeds(row, side, rest, "kW"))
            table["reserved_kw"] += loss
            sides[kind] = order[loss[order] > 0].tolist()
        if all(sides.values()) and not seasons.common_hours(table.iloc[sides["hot"] + sides["cold"]]):
            findings.append(Finding("links.exchange_no_common_time", "warning", "exchanges", row.exchange_id))
        joined.append({"exchange": row, "give": sides["hot"], "take": sides["cold"]})
    return table, joined, findings


def reserve_water(
    exchanges: pd.DataFrame, table: pd.DataFrame, days_a: float
) -> tuple[pd.DataFrame, list[dict], list[Finding]]:
    """Streams with what the kept water exchanges use taken off, in the order of their ids."""
    table = table.copy()
    joined, findings = [], []
    for row in _rows(exchanges, "water"):
        sides: dict[str, list[int]] = {}
        for direction, firm, side in (
            ("discharge", row.from_enterprise_id, "giver"),
            ("demand", row.to_enterprise_id, "taker"),
        ):
            order = np.flatnonzero((table["direction"] == direction) & (table["enterprise_id"] == firm))
            loss, rest = draw(table["left_t_d"], order, row.amount / days_a)
            if rest > 1e-6 * max(row.amount / days_a, 1.0):
                findings.append(_exceeds(row, side, rest, "t/d"))
            table["left_t_d"] -= loss
            sides[direction] = order[loss[order] > 0].tolist()
        joined.append({"exchange": row, "give": sides["discharge"], "take": sides["demand"]})
    return table, joined, findings
