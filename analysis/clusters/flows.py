"""Exchanges between firms, those that exist and those that could be, as pairs with a strength.

Strength of a quantity q of a kind (material, heat, water): q / (q + m), with m the median of its kind in the park: a half at
the median, never above 1, and one giant flow does not dwarf the rest. Several exchanges of a pair join as
1 - product of (1 - strength).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..errors import Finding
from ..links.catalogue import patterns
from ..park.estimates.profiles import CONTAMINANTS
from ..park.model import Park, estimated

DAYS_A = 365.0
FAR_M = 1e9  # stands for the distance of a firm whose place is not known
COLUMNS = ["one", "two", "kind", "material", "quantity", "existing", "benefit_cur_a", "guess"]
AMOUNT = {  # the column that holds the quantity of a row, by its kind
    "exchanges": {"material": "quantity_t_a", "heat": "heat_kw", "water": "quantity_t_a"},
    "links": {"material": "quantity_t_a", "heat": "heat_kw", "water": "flow_t_d"},
}


def finding(key: str, layer: str, ids: pd.Series, column: str = "", **values: object) -> Finding:
    """A warning on all rows that share a problem: ``{count}`` of them, ``{ids}`` the first five."""
    names = sorted(map(str, ids))
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    where = {"count": len(names), "ids": shown, **values}
    return Finding(f"clusters.{key}", "warning", layer, names[0] if names else "", column, where)


def existing(park: Park, findings: list[Finding]) -> pd.DataFrame:
    """Exchanges of today.

    Returns
    -------
    DataFrame
        Firm numbers ``one`` (who gives) and ``two``, ``kind``, ``material``, ``quantity`` (t/a, heat kW), ``existing``,
        ``benefit_cur_a`` (NaN: not known before links are worked out), ``guess`` (the quantity is an estimate).
    """
    table = park["exchanges"]
    heat = table["kind"] == "heat"
    quantity = table["heat_kw"].where(heat, table["quantity_t_a"])
    guess = estimated(table, "heat_kw").where(heat, estimated(table, "quantity_t_a"))
    table = table.assign(status="existing", benefit_cur_a=np.nan)
    return _usable(park, table, "exchanges", "exchange_id", quantity, guess, findings)


def linked(park: Park, links: pd.DataFrame, status: str, findings: list[Finding]) -> pd.DataFrame:
    """Links of the step ``links`` that exist or that it proposes; columns as in ``existing``."""
    table = links[links["status"] == status].reset_index(drop=True)
    water = DAYS_A * table["flow_t_d"]
    quantity = table["quantity_t_a"].where(
        table["kind"] == "material", table["heat_kw"].where(table["kind"] == "heat", water)
    )
    return _usable(park, table, "links", "link_id", quantity, table["estimated"] != "", findings)


def ledger(park: Park, links: pd.DataFrame) -> pd.DataFrame:
    """All links of the step ``links``, those of today with their benefit; columns as in ``existing``."""
    told: list[Finding] = []  # of the same rows as in ``existing`` and ``linked``, and so told already
    parts = [linked(park, links, status, told) for status in ("existing", "proposed")]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _usable(
    park: Park,
    table: pd.DataFrame,
    layer: str,
    key: str,
    quantity: pd.Series,
    guess: pd.Series,
    findings: list[Finding],
) -> pd.DataFrame:
    index = pd.Index(park["enterprises"]["enterprise_id"])
    one = index.get_indexer(table["from_enterprise_id"])
    two = index.get_indexer(table["to_enterprise_id"])
    unknown = (one < 0) | (two < 0)
    if unknown.any():
        findings.append(finding("unknown_firm", layer, table[key][unknown]))
    empty = ~(quantity > 0) & ~unknown
    column = table["kind"].map(AMOUNT[layer])
    for name in sorted(set(column[empty])):
        findings.append(finding("bad_quantity", layer, table[key][empty & (column == name)], name))
    pairs = pd.DataFrame(
        {
            "one": one,
            "two": two,
            "kind": table["kind"],
            "material": table["material"].fillna(""),
            "quantity": quantity,
            "existing": table["status"] == "existing",
            "benefit_cur_a": table["benefit_cur_a"],
            "guess": guess,
        }
    )
    return pairs[~unknown & ~empty & (one != two)].reset_index(drop=True)


def possible(park: Park, xy: np.ndarray, neighbours: int, approach_k: float) -> pd.DataFrame:
    """Exchanges that the park's flows would allow, where no matching has been done; columns as in ``existing``.

    A material out of one firm that another takes in, or can take instead of what it takes in; a hot stream that ends a cold
    one's need; a discharge within the limits of a demand. Each giver is paired with its nearest takers only.
    Hazardous materials are left to the step that knows the licences.

    Parameters
    ----------
    xy
        (n, 2) places of the firms in m, NaN where unknown.
    """
    found = [
        *_materials(park, xy, neighbours),
        *_heat(park, xy, neighbours, approach_k),
        *_water(park, xy, neighbours),
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=COLUMNS)


def _numbered(park: Park, layer: str, quantity: str) -> pd.DataFrame:
    """Rows of a layer with the firm's number, without those of unknown firms or no quantity."""
    table = park[layer]
    firm = pd.Index(park["enterprises"]["enterprise_id"]).get_indexer(table["enterprise_id"])
    table = table.assign(firm=firm, guess=estimated(table, quantity))
    return table[(firm >= 0) & (table[quantity] > 0)].reset_index(drop=True)


def _materials(park: Park, xy: np.ndarray, k: int) -> Iterator[pd.DataFrame]:
    flows = _numbered(park, "material_flows", "quantity_t_a")
    flows = flows[~flows["hazardous"]]
    gives = {str(name): rows for name, rows in flows[flows["direction"] == "out"].groupby("material")}
    takes = {str(name): rows for name, rows in flows[flows["direction"] == "in"].groupby("material")}
    known = patterns()
    known = known[known["from_material"].isin(gives) & known["to_material"].isin(takes)]
    for source, target, ratio in zip(known["from_material"], known["to_material"], known["ratio"], strict=True):
        a, b = gives[source], takes[target]
        amount = np.minimum(a["quantity_t_a"].to_numpy()[:, None], b["quantity_t_a"].to_numpy() / ratio)
        yield _nearest(a, b, amount, xy, k, "material", source)


def _heat(park: Park, xy: np.ndarray, k: int, approach_k: float) -> Iterator[pd.DataFrame]:
    streams = _numbered(park, "heat_streams", "duty_kw")
    hot, cold = streams[streams["kind"] == "hot"], streams[streams["kind"] == "cold"]
    if len(hot) and len(cold):
        warm = hot["t_supply_c"].to_numpy()[:, None] - approach_k >= cold["t_target_c"].to_numpy()
        amount = np.minimum(hot["duty_kw"].to_numpy()[:, None], cold["duty_kw"].to_numpy())
        yield _nearest(hot, cold, np.where(warm, amount, 0.0), xy, k, "heat")


def _water(park: Park, xy: np.ndarray, k: int) -> Iterator[pd.DataFrame]:
    streams = _numbered(park, "water_streams", "flow_t_d")
    out, need = streams[streams["direction"] == "discharge"], streams[streams["direction"] == "demand"]
    if not (len(out) and len(need)):
        return
    clean = np.ones((len(out), len(need)), bool)
    stated = np.zeros_like(clean)
    for column in CONTAMINANTS:
        has, limit = out[column].to_numpy()[:, None], need[column].to_numpy()
        # a limit that is stated must be shown to be kept; without any stated limit nothing is known
        clean &= np.isnan(limit) | (has <= limit)
        stated |= ~np.isnan(limit)
    amount = DAYS_A * np.minimum(out["flow_t_d"].to_numpy()[:, None], need["flow_t_d"].to_numpy())
    yield _nearest(out, need, np.where(clean & stated, amount, 0.0), xy, k, "water")


def _nearest(
    a: pd.DataFrame, b: pd.DataFrame, amount: np.ndarray, xy: np.ndarray, k: int, kind: str, material: str = ""
) -> pd.DataFrame:
    """Pair each row of ``a`` with its ``k`` nearest rows of ``b`` to which ``amount`` (a, b) is positive."""
    one, two = a["firm"].to_numpy(), b["firm"].to_numpy()
    away = np.hypot(*np.moveaxis(xy[one][:, None] - xy[two], -1, 0))
    away = np.where(np.isnan(away), FAR_M, away)
    away[(amount <= 0) | (one[:, None] == two)] = np.inf
    best = np.argsort(away, axis=1, kind="stable")[:, :k]
    row = np.repeat(np.arange(len(a)), best.shape[1])
    best = best.ravel()
    keep = np.isfinite(away[row, best])
    row, best = row[keep], best[keep]
    guess = a["guess"].to_numpy()[row] | b["guess"].to_numpy()[best]
    values = (one[row], two[best], kind, material, amount[row, best], False, np.nan, guess)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def strength_of(pairs: pd.DataFrame) -> pd.Series:
    """Strength of each exchange, q / (q + m), m the median of its kind."""
    return pairs["quantity"] / (pairs["quantity"] + pairs.groupby("kind")["quantity"].transform("median"))


def strengths(pairs: pd.DataFrame) -> pd.DataFrame:
    """Strength of each pair of firms, whoever gives: index (low, high), columns ``actual``, ``possible``, ``guess``."""
    pairs = pairs.assign(low=pairs[["one", "two"]].min(axis=1), high=pairs[["one", "two"]].max(axis=1))
    pairs["rest"] = 1 - strength_of(pairs)
    # sorted first: a product of floats depends on its order in the last digit
    pairs = pairs.sort_values(["low", "high", "kind", "quantity"], kind="stable")
    grouped = pairs.groupby(["low", "high"])
    found = pd.DataFrame({"guess": grouped["guess"].any()})
    for name, real in (("actual", True), ("possible", False)):
        part = pairs[pairs["existing"] == real].groupby(["low", "high"])["rest"].prod()
        found[name] = (1 - part).reindex(found.index).fillna(0.0)
    return found[["actual", "possible", "guess"]]
