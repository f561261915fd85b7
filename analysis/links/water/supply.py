"""Rows of the table ``water_supply``: what each demand gets, from where, how clean against its limits, at what cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...park.model import estimated
from ..costs import Costs
from .plan import qualities
from .quality import CONTAMINANTS, fresh_quality, meets
from .sources import Offers

SMALL = 1e-9  # share of a demand that counts as nothing


def rows(
    table: pd.DataFrame,
    joined: list[dict[str, Any]],
    chosen: pd.DataFrame,
    offers: Offers,
    x: np.ndarray,
    costs: Costs,
) -> list[dict[str, Any]]:
    """Rows by demand and kind of source (each existing works on its own); those of one demand add up to its flow.

    Parameters
    ----------
    joined
        Links of today that are kept, with the rows of their streams.
    x
        (n,) flows of ``chosen``, then of ``offers``.
    """
    parts = [
        _existing(table, joined, costs),
        _pairs(table, chosen, x[: len(chosen)], costs),
        _offered(offers, x[len(chosen) :], costs),
    ]
    parts = [part for part in [*parts, _rest(table, parts, costs)] if len(part)]
    if not parts:
        return []
    used = pd.concat(parts, ignore_index=True)
    used["works"] = used["source"].where(used["kind"] == "reclaimed", "")
    limits = table[list(CONTAMINANTS)].to_numpy(float)
    flow_of, names, firms = (table[name].to_numpy() for name in ("flow_t_d", "stream_id", "enterprise_id"))
    guess = estimated(table, "flow_t_d").to_numpy()
    doubt: np.ndarray = np.logical_or.reduce([estimated(table, name).to_numpy() for name in CONTAMINANTS])
    strict = np.asarray((limits < fresh_quality(costs)).any(axis=1))
    found = []
    for _, mine in used.groupby(["take", "kind", "status", "works"], sort=True):
        take = int(mine["take"].to_numpy(dtype=int)[0])
        kind, status, works = (str(mine[name].iat[0]) for name in ("kind", "status", "works"))
        flow = float(mine["flow_t_d"].sum())
        demand = float(flow_of[take])
        if flow <= SMALL * demand:
            continue
        if kind == "fresh" and strict[take]:
            kind = "unmet"
        clean = (mine[list(CONTAMINANTS)].to_numpy(float) * mine[["flow_t_d"]].to_numpy()).sum(axis=0) / flow
        givers = sorted(set(mine["source"]) - {""})
        unsure = bool(guess[take] or doubt[take] or mine["guess"].any())
        found.append(
            {
                "supply_id": ":".join(filter(None, (str(names[take]), kind, works, _word(kind, status)))),
                "stream_id": names[take],
                "enterprise_id": firms[take],
                "source_kind": kind,
                "status": status,
                "sources": ";".join(givers),
                "treatment": ";".join(sorted(set(mine["level"]) - {""})),
                "flow_t_d": flow,
                "share_pct": 100 * flow / demand,
                "keeps": _keeps(mine[list(CONTAMINANTS)].to_numpy(float), limits[take], kind),
                "cost_cur_a": float(mine["cost_cur_a"].sum(skipna=False)) if kind != "unmet" else np.nan,
                "saving_cur_a": float(mine["saving_cur_a"].sum()) if kind != "unmet" else np.nan,
                "investment_cur": float(mine["investment_cur"].sum()),
                "estimated": "flow_t_d;cost_cur_a;saving_cur_a;investment_cur" if unsure else "",
            }
            | dict(zip(CONTAMINANTS, clean if kind != "unmet" else np.full(4, np.nan), strict=True))
            | {name.replace("_mg_l", "_limit_mg_l"): limits[take, k] for k, name in enumerate(CONTAMINANTS)}
        )
    return found


def _word(kind: str, status: str) -> str:
    return "existing" if status == "existing" and kind in ("other_firm", "reclaimed") else ""


def _keeps(clean: np.ndarray, limit: np.ndarray, kind: str) -> str:
    """Whether each water keeps the demand's limits alone, only mixed with others, or nobody knows."""
    if kind == "unmet":
        return "none"
    if np.isnan(limit).all():
        return "alone" if kind == "fresh" else "unknown"
    if (np.isnan(clean) & ~np.isnan(limit)).any():
        return "unknown"
    return "alone" if meets(clean, np.broadcast_to(limit, clean.shape)).all() else "mixed"


def _frame(take: np.ndarray, flow: np.ndarray, clean: np.ndarray, **columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"take": take, "flow_t_d": flow} | columns)
    frame[list(CONTAMINANTS)] = clean
    return frame


def _existing(table: pd.DataFrame, joined: list[dict[str, Any]], costs: Costs) -> pd.DataFrame:
    """What links of today bring; nobody surveyed how clean it is or what it costs."""
    gone = (table["flow_t_d"] - table["left_t_d"]).to_numpy()
    take = np.flatnonzero((table["direction"] == "demand").to_numpy() & (gone > 0))
    givers: dict[int, set[str]] = {}
    rough: set[int] = set()
    for entry in joined:
        if entry["exchange"].guess:
            rough.update(entry["take"])
        for row in entry["take"]:
            givers.setdefault(row, set()).update(table["stream_id"].iloc[entry["give"]])
    price = costs.value("days") * (costs.money("water_price") + costs.money("sewage_fee"))
    return _frame(
        take,
        gone[take],
        np.full((len(take), 4), np.nan),
        kind="other_firm",
        status="existing",
        source=[";".join(sorted(givers.get(row, set()))) for row in take.tolist()],
        level="",
        cost_cur_a=np.nan,
        saving_cur_a=gone[take] * price,
        investment_cur=0.0,
        guess=np.isin(take, list(rough)),
    )


def _pairs(table: pd.DataFrame, chosen: pd.DataFrame, x: np.ndarray, costs: Costs) -> pd.DataFrame:
    """Discharges of firms; the cost of water is what it saves less what is gained."""
    on = np.flatnonzero(x > 0)
    mine, flow = chosen.iloc[on], x[on]
    one = mine["give"].to_numpy(dtype=int)
    firm = table["enterprise_id"].to_numpy()
    take = mine["take"].to_numpy(dtype=int)
    usable = flow * mine["recovery"].to_numpy(float)
    saving = (
        mine["gain_cur_t_d"].to_numpy(float) * flow - mine["fixed_cur_a"].to_numpy(float) * shares(chosen, x)[on]
    )
    worth = usable * costs.value("days") * (costs.money("water_price") + costs.money("sewage_fee"))
    doubt: np.ndarray = np.logical_or.reduce(
        [estimated(table, name).to_numpy() for name in ("flow_t_d", *CONTAMINANTS)]
    )
    return _frame(
        take,
        usable,
        qualities(table, mine, costs),
        kind=np.where(firm[one] == firm[take], "own_firm", "other_firm"),
        status="proposed",
        source=table["stream_id"].to_numpy()[one],
        level=mine["level"].to_numpy(),
        cost_cur_a=worth - saving,
        saving_cur_a=saving,
        investment_cur=mine["investment_cur_t_d"].to_numpy(float) * flow
        + mine["investment_cur"].to_numpy(float) * shares(chosen, x)[on],
        guess=doubt[one],
    )


def shares(chosen: pd.DataFrame, x: np.ndarray) -> np.ndarray:
    """(n,) share of each row in the flow of its pair of streams, by which it bears the pair's fixed cost."""
    total = pd.Series(x).groupby([chosen["give"].to_numpy(), chosen["take"].to_numpy()]).transform("sum").to_numpy()
    return np.divide(x, total, out=np.zeros(len(x)), where=total > 0)


def _offered(offers: Offers, x: np.ndarray, costs: Costs) -> pd.DataFrame:
    """Supply that no firm gives; the charge of new works is shared by what goes through them."""
    on = np.flatnonzero(x > 0)
    mine, flow = offers.rows.iloc[on], x[on]
    through = np.where(mine["node"] == "new", flow * mine["size"].to_numpy(float), 0.0)
    total = through.sum()
    charge = offers.charge_cur_a * (through / total if total > 0 else through)
    node = mine["node"].to_numpy()
    sized = pd.Series(flow * mine["size"].to_numpy(float)).groupby(node).transform("sum").to_numpy()
    before = pd.Series(node).map(offers.today).to_numpy(float)  # works of today serve first what they serve today
    old = np.nan_to_num(np.minimum(np.divide(before, sized, out=np.ones(len(on)), where=sized > 0), 1.0))
    frame = _frame(
        mine["take"].to_numpy(dtype=int),
        flow,
        mine[list(CONTAMINANTS)].to_numpy(float),
        kind=mine["kind"].to_numpy(),
        status="proposed",
        source=np.where(np.isnan(before), "", node),
        level=mine["level"].to_numpy(),
        cost_cur_a=mine["cost_cur_t_d"].to_numpy(float) * flow + charge,
        saving_cur_a=mine["gain_cur_t_d"].to_numpy(float) * flow - charge,
        investment_cur=mine["investment_cur_t_d"].to_numpy(float) * flow,
        guess=False,
    )
    amounts = ["flow_t_d", "cost_cur_a", "saving_cur_a", "investment_cur"]
    parts = [
        frame.assign(status=status, **{name: frame[name] * share for name in amounts})
        for status, share in (("existing", old), ("proposed", 1 - old))
    ]
    found = pd.concat(parts, ignore_index=True)
    return found[found["flow_t_d"] > 0]


def _rest(table: pd.DataFrame, parts: list[pd.DataFrame], costs: Costs) -> pd.DataFrame:
    """Fresh water for what nothing else brings."""
    need = np.where(table["direction"] == "demand", table["flow_t_d"], 0.0)
    for part in parts:
        np.subtract.at(need, part["take"].to_numpy(dtype=int), part["flow_t_d"].to_numpy(float))
    take = np.flatnonzero(need > 0)
    return _frame(
        take,
        need[take],
        np.broadcast_to(fresh_quality(costs), (len(take), 4)),
        kind="fresh",
        status="existing",
        source="",
        level="",
        cost_cur_a=need[take] * costs.value("days") * costs.money("water_price"),
        saving_cur_a=0.0,
        investment_cur=0.0,
        guess=False,
    )
