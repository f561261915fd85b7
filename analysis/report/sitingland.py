"""The land that was examined: what was rejected by which rule, what is nearest to free, what else could be used."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import symbology
from .charts import WIDE, Series
from .describe import Names
from .landparts import LONG, Tables, has
from .numbers import Style
from .parts import Block, Section, Table, bars, table
from .sitingparts import by_utility, land_names, percent, said
from .symbology import colour

FIRST = 3  # pieces of land told of each utility


def candidates(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """How many pieces of land were examined, and what became of them."""
    block = Block(style.t("siting.land"), method=style.t("siting.land.method"))
    frame = tables.get("site_candidates")
    if frame is None or not has(frame, "utility", "status"):
        return block
    present = set(frame["utility"])
    order = [u for u in symbology.palette("utility") if u in present]
    count = frame.groupby(["utility", "status"]).size()
    series = [
        Series(_status(style, s), colour("candidate", s), [float(count.get((u, s), 0)) for u in order])
        for s in ("chosen", "eligible", "rejected")
        if s in set(frame["status"])
    ]
    block.charts += bars(
        style, "candidates", [style.code("utility", u) for u in order], series, stacked=True, width=WIDE
    )
    rejected = pd.DataFrame(frame[frame["status"] == "rejected"].drop(columns="geometry", errors="ignore"))
    keys = [c for c in ("utility", "rule", "source", "confidence") if c in rejected]
    if len(rejected) and "rule" in keys:
        by_rule = rejected.groupby(keys, dropna=False).size().reset_index(name="sites")
        head = style.t("table.rejections.count")
        by_rule = by_utility(by_rule.sort_values("sites", ascending=False, kind="stable")).rename(
            columns={"sites": head}
        )
        most = by_rule.sort_values(head, ascending=False, kind="stable").iloc[0]
        block.lead.append(
            style.t(
                "siting.land.lead",
                rejected=len(rejected),
                all=len(frame),
                rule=style.code("siting_rule", str(most["rule"])),
                count=int(most[head]),
                utility=said(str(most["utility"]), style),
            )
        )
        block.tables += table(
            "site_candidates", by_rule, list(by_rule.columns), style, names, caption=style.t("table.rejections")
        )
        block.tables += _nearest(rejected, tables, style, names)
    block.tables += _others(frame, tables, style, names)
    return block


def _status(style: Style, status: str) -> str:
    label = style.code("candidate_status", status)
    return label if label != status else style.t(f"candidate.{status}")


def _nearest(rejected: pd.DataFrame, tables: Tables, style: Style, names: Names) -> list[Table]:
    """The rejected pieces of land of each utility that lack least of what their rule asks."""
    if not has(rejected, "measured", "limit_value", "unit"):
        return []
    known = rejected[rejected["measured"].notna() & (rejected["limit_value"] > 0)]
    if known.empty:
        return []
    away = (known["measured"] - known["limit_value"]).abs()
    known = known.assign(away=away / known["limit_value"])
    known = by_utility(known, "away").groupby("utility", sort=False).head(FIRST)
    head = style.t("siting.land.short")
    short = (known["measured"] - known["limit_value"]).abs()
    told = [f"{percent(float(v))} {style.unit(str(u)).label}" for v, u in zip(short, known["unit"], strict=True)]
    known = known.assign(land_id=_called(known, tables), **{head: told})
    columns = ("utility", "land_id", "rule", "measured", "limit_value", "unit", head, "also_failed", "source")
    caption = style.t("siting.land.nearest", first=FIRST)
    return table("site_candidates", known, columns, style, names, caption=caption, folded=len(known) > LONG)


def _called(frame: pd.DataFrame, tables: Tables) -> list[str]:
    lands = land_names(tables)
    keys = frame["land_id"] if "land_id" in frame else frame.iloc[:, 0]
    return [lands.get(str(key), str(key)) for key in keys]


def _others(frame: pd.DataFrame, tables: Tables, style: Style, names: Names) -> list[Table]:
    """Land that could be used as well, by what a plan with it would come to more."""
    free = pd.DataFrame(frame[frame["status"] == "eligible"].drop(columns="geometry", errors="ignore"))
    if free.empty or not ({"regret_cur_a", "suitability"} & set(free.columns)):
        return []
    by, falling = (
        ("regret_cur_a", False)
        if has(free, "regret_cur_a") and free["regret_cur_a"].notna().any()
        else ("suitability", True)
    )
    value = pd.to_numeric(free[by], errors="coerce").to_numpy(dtype=float)
    free = free.assign(order=np.where(np.isnan(value), np.inf, -value if falling else value))
    free = by_utility(free, "order").groupby("utility", sort=False).head(2 * FIRST)
    free = free.assign(land_id=_called(free, tables))
    scores = [c for c in free.columns if str(c).startswith("score_")]
    columns = (
        "utility",
        "land_id",
        "origin",
        "regret_cur_a",
        "suitability",
        *scores,
        "largest",
        "free_m2",
        "slope_pct",
        "road_m",
    )
    caption = style.t("siting.land.others", first=2 * FIRST)
    return table("site_candidates", free, columns, style, names, caption=caption, folded=True)
