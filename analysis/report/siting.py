"""The section on facilities: what is built and kept, what it costs, how sure that is, and what it does to people.

A part is left out where its table is missing or empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from .charts import WIDE, Series
from .describe import Names, records
from .landparts import Tables, has
from .numbers import Style, empty, significant, whole
from .parts import Block, Chart, Profile, Section, bars, table
from .sitingair import exposure, plumes, protection, wind
from .sitingland import candidates
from .sitingparts import (
    by_utility,
    labels,
    listed,
    number,
    one_series,
    ordered,
    percent,
    said,
    sentences,
    site_label,
    yes,
)
from .sitingplans import PARTS, alternatives, costs, front, sensitivity
from .sitingtime import outages, phases, reach
from .symbology import colour

NAMED = 4  # sites named on a card


def siting(section: Section, tables: Tables, style: Style, names: Names) -> None:
    """Fill the section of the step ``siting``."""
    sites = tables.get("sites")
    if sites is not None and has(sites, "site_id", "utility"):
        section.lead = sentences(_found(sites, tables, style, names), style)
        section.profiles = [_card(u, sites, tables, style, names) for u in ordered(sites)]
        section.charts += _use(sites, style, names)
        columns = (
            "name", "utility", "status", "capacity", "added", "demand", "unit", "served", "investment_cur", "cost_cur_a",
            "co2_t_a", "exposed", "people_m",
        )  # fmt: skip
        named = by_utility(sites, "site_id")
        if "name" in named:
            named = named.assign(name=[site_label(row, names) for row in records(named)])
        section.tables += table("sites", named, columns, style, names)
    parts: list[Callable[[Section, Tables, Style, Names], Block]] = [
        costs, front, alternatives, sensitivity, phases, outages, reach, wind, exposure, protection, plumes, candidates,
    ]  # fmt: skip
    section.blocks = [block for block in (part(section, tables, style, names) for part in parts) if block]


def _use(sites: pd.DataFrame, style: Style, names: Names) -> list[Chart]:
    """How far each works is used."""
    if not has(sites, "capacity", "demand"):
        return []
    known = by_utility(sites[(sites["capacity"] > 0) & sites["demand"].notna()], "site_id")
    load = known["peak"].fillna(known["demand"]) if has(known, "peak") else known["demand"]
    use = [float(100 * d / c) for d, c in zip(load, known["capacity"], strict=True)]
    one: Series = one_series(known, use, style.t("chart.use.value"))
    return bars(
        style, "use", labels(known, style, names), [one], "%", limit=(100.0, style.t("chart.use.limit")), width=WIDE
    )


def _found(sites: pd.DataFrame, tables: Tables, style: Style, names: Names) -> Iterator[str]:
    """What was found, in sentences."""
    if "status" in sites:
        count = sites["status"].value_counts()
        told = {s: whole(int(count.get(s, 0))) for s in ("new", "extended", "existing")}
        yield style.t("siting.found.built", **told)
    if "cost_cur_a" in sites and sites["cost_cur_a"].sum() > 0:
        cost = style.quantity(sites["cost_cur_a"].sum(), "currency/a", big=True)
        split = _split(sites, style)
        yield style.t("siting.found.split" if split else "siting.found.cost", cost=cost, split=split)
    plans = tables.get("site_alternatives")
    if plans is not None and has(plans, "rank", "utility"):
        chosen = plans[plans["rank"] == 0]
        gaps = chosen["gap_pct"].dropna().tolist() if "gap_pct" in chosen else []
        if gaps:
            worst = float(max(gaps))
            yield style.t("siting.found.gap" if worst else "siting.found.best", gap=percent(worst))
        others = plans[plans["rank"] == 1]
        if has(others, "regret_cur_a", "regret_pct"):
            near, far = (records(others.sort_values("regret_pct", kind="stable"))[k] for k in (0, -1))
            yield style.t(
                "siting.found.next" if len(others) > 1 else "siting.found.next_one", **_more(near, far, style)
            )
    changes = tables.get("site_sensitivity")
    if changes is not None and has(changes, "same_sites", "change_pct"):
        same = int(yes(changes["same_sites"]).sum())
        step = significant(float(changes["change_pct"].abs().max()))
        yield style.t("siting.found.stands", same=whole(same), all=whole(len(changes)), step=step)
    failing = tables.get("site_outages")
    if failing is not None and has(failing, "site_id", "utility", "served_pct"):
        yield from _failing(failing[failing["served_pct"].notna()], style, names)


def _more(near: Mapping[str, object], far: Mapping[str, object], style: Style) -> dict[str, str]:
    """What the next best plans of two utilities come to more."""
    found = {}
    for key, row in (("low", near), ("high", far)):
        found[key] = style.quantity(row["regret_cur_a"], "currency/a", big=True)
        found[f"{key}_pct"] = percent(float(row["regret_pct"]))  # type: ignore[arg-type]
        found[f"{key}_utility"] = said(str(row["utility"]), style)
    return found


def _failing(frame: pd.DataFrame, style: Style, names: Names) -> Iterator[str]:
    """Utilities that hang on one works, and the outage that hurts most where there are several."""
    several = frame[frame.groupby("utility")["site_id"].transform("size") > 1]
    alone = [said(u, style) for u in ordered(frame) if u not in set(several["utility"])]
    if len(several):
        worst = records(several.sort_values("served_pct", kind="stable"))[0]
        told = {"site": site_label(worst, names), "utility": said(str(worst["utility"]), style)}
        full = float(worst["served_pct"]) >= 100
        yield style.t(
            "siting.found.spare" if full else "siting.found.outage",
            served=significant(float(worst["served_pct"])),
            **told,
        )
    if alone:
        yield style.t("siting.found.alone", names=style.t("comma").join(alone))


def _split(sites: pd.DataFrame, style: Style) -> str:
    """Shares of the annual cost in words; empty where they are not known."""
    known = [name for name in PARTS if name in sites and sites[name].notna().any()]
    total = float(sum(sites[name].sum() for name in known))
    if not total:
        return ""
    shares = [(name, 100 * float(sites[name].sum()) / total) for name in known]
    return style.t("comma").join(
        style.t(f"siting.part.{name}", share=percent(share)) for name, share in shares if share >= 0.5
    )


def _card(utility: str, sites: pd.DataFrame, tables: Tables, style: Style, names: Names) -> Profile:
    """What is to be said of one utility."""
    mine = sites[sites["utility"] == utility]
    lines: list[tuple[str, str]] = []

    def add(key: str, text: str) -> None:
        if text:
            lines.append((style.t(f"siting.card.{key}"), text))

    add("sites", _sites(mine, style, names))
    if has(mine, "capacity", "demand", "unit") and mine["capacity"].sum() > 0:
        need, size, unit = float(mine["demand"].sum()), float(mine["capacity"].sum()), str(mine["unit"].iloc[0])
        load = float(mine["peak"].sum()) if has(mine, "peak") and mine["peak"].notna().all() else need
        use = significant(round(100 * load / size))
        add("demand", style.t("siting.card.use", demand=style.quantity(need, unit), use=use))
    for key, name, unit in (("investment", "investment_cur", "currency"), ("cost", "cost_cur_a", "currency/a")):
        if name in mine and mine[name].sum() > 0:
            add(key, style.quantity(mine[name].sum(), unit, big=True))
    add("split", _split(mine, style))
    plans = _of(tables, "site_alternatives", utility)
    if has(plans, "rank", "gap_pct"):
        gap = number(plans.loc[plans["rank"] == 0, "gap_pct"].max())
        add(
            "gap",
            ""
            if gap is None
            else style.t("siting.card.within", gap=percent(gap))
            if gap
            else style.t("siting.card.best"),
        )
    if has(plans, "rank", "regret_cur_a", "regret_pct"):
        other = records(plans[plans["rank"] == 1])
        told = _more(other[0], other[0], style) if other and not empty(other[0]["regret_cur_a"]) else {}
        add("next", style.t("siting.card.more", more=told["low"], pct=told["low_pct"]) if told else "")
    changes = _of(tables, "site_sensitivity", utility)
    if has(changes, "same_sites"):
        same = int(yes(changes["same_sites"]).sum())
        add("stands", style.t("siting.card.same", same=whole(same), all=whole(len(changes))))
    failing = _of(tables, "site_outages", utility)
    failing = failing[failing["served_pct"].notna()] if has(failing, "served_pct", "site_id") else None
    if has(failing):
        worst = records(failing.sort_values("served_pct", kind="stable"))[0]
        served = significant(round(float(worst["served_pct"])))
        key = (
            "siting.card.single"
            if len(failing) == 1
            else "siting.card.all"
            if served == "100"
            else "siting.card.served"
        )
        add("outage", style.t(key, served=served, site=site_label(worst, names)))
    return Profile(style.code("utility", utility), colour("utility", utility), lines)


def _of(tables: Tables, name: str, utility: str) -> pd.DataFrame | None:
    """The rows of one utility."""
    frame = tables.get(name)
    return frame[frame["utility"] == utility] if frame is not None and has(frame, "utility") else None


def _sites(mine: pd.DataFrame, style: Style, names: Names) -> str:
    """The sites of a utility, the largest first, with status and size."""
    if not has(mine, "capacity", "unit", "status"):
        return ""
    told = [
        style.t(
            "siting.card.site",
            name=site_label(row, names),
            status=style.code("site_status", str(row["status"])).lower(),
            size=style.quantity(row["capacity"], str(row["unit"])),
        )
        for row in records(mine.sort_values("capacity", ascending=False, kind="stable"))
    ]
    return listed(told, NAMED, style, lambda rest: style.t("siting.card.others", count=rest))
