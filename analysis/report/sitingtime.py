"""The facilities over the years and in trouble: phases, the failure of a works, how far works reach."""

from __future__ import annotations

import pandas as pd

from .charts import WIDE
from .describe import Names, records
from .landparts import LONG, Tables, has
from .numbers import Style, empty, significant, whole
from .parts import Block, Chart, Section, bars, table
from .phasing import Stages, phasing
from .sitingparts import TOP, by_utility, labels, one_series, ordered, said, sentences
from .symbology import colour

ORDER = ("today", "near", "long")


def phases(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """What is built when, against the demand of its time."""
    block = Block(style.t("siting.phases"), method=style.t("siting.phases.method"))
    frame = tables.get("site_phases")
    if frame is None or not has(frame, "utility", "horizon", "capacity", "demand", "unit"):
        return block
    rank = {horizon: k for k, horizon in enumerate(ORDER)}
    known = frame.assign(stage=frame["horizon"].map(rank).fillna(len(ORDER)))
    if has(known, "investment_cur") and known["investment_cur"].sum() > 0:
        block.lead.append(_spent(known, style))
    shown = [_stages(u, known[known["utility"] == u], style) for u in ordered(known)]
    title = style.t("chart.phases")
    svg = phasing(
        shown, style.t("chart.phases.category"), style.t("chart.phases.value"), title,
        (style.t("chart.phases.capacity"), style.t("chart.phases.demand")),
    )  # fmt: skip
    block.charts += [Chart(title, svg, style.t("chart.phases.note"))] if svg else []
    columns = (
        "utility", "site_id", "horizon", "year", "demand", "capacity", "added", "unit", "investment_cur", "present_cur",
    )  # fmt: skip
    listed = by_utility(known, "site_id", "stage").assign(
        horizon=[_horizon(h, style) for h in by_utility(known, "site_id", "stage")["horizon"]]
    )
    block.tables += table("site_phases", listed, columns, style, names, folded=len(known) > LONG)
    return block


def _horizon(code: object, style: Style) -> str:
    return style.t("siting.phases.today") if code == "today" else style.code("horizon", str(code))


def _spent(known: pd.DataFrame, style: Style) -> str:
    """How much of the investment is needed at once, and how much waits."""
    first = known["stage"].min()
    total, now = (
        float(known["investment_cur"].sum()),
        float(known.loc[known["stage"] == first, "investment_cur"].sum()),
    )
    return style.t(
        "siting.phases.lead",
        total=style.quantity(total, "currency", big=True),
        now=style.quantity(now, "currency", big=True),
        share=significant(round(100 * now / total)),
        later=style.quantity(total - now, "currency", big=True),
    )


def _stages(utility: str, mine: pd.DataFrame, style: Style) -> Stages:
    """Capacity and demand of a utility, stage by stage; stages of unknown year stand at even steps."""
    sums = {name: "sum" for name in ("capacity", "demand", "added") if name in mine}
    steps = mine.groupby("stage").agg(
        sums | {"horizon": "first", "unit": "first"} | ({"year": "first"} if "year" in mine else {})
    )
    years = steps["year"] if "year" in steps else pd.Series([None] * len(steps))
    known = years.notna().all() and years.is_unique
    label = [
        _horizon(h, style) if not known else f"{int(y)} {_horizon(h, style)}"
        for h, y in zip(steps["horizon"], years, strict=True)
    ]
    unit = style.unit(str(steps["unit"].iloc[0]))
    values = {
        name: [float(v) * unit.factor for v in steps[name].fillna(0.0)] if name in steps else [0.0] * len(steps)
        for name in ("capacity", "added", "demand")
    }
    places = [float(y) for y in years] if known else [float(k) for k in range(len(steps))]
    return Stages(
        style.code("utility", utility), colour("utility", utility), unit.label, places, label, values["capacity"],
        values["added"], values["demand"],
    )  # fmt: skip


def outages(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """What the others can still serve where one works fails."""
    block = Block(style.t("siting.outages"), method=style.t("siting.outages.method"))
    frame = tables.get("site_outages")
    if frame is None or not has(frame, "site_id", "utility", "served_pct"):
        return block
    known = by_utility(frame[frame["served_pct"].notna()], "served_pct")
    short = known[known["served_pct"] < 100]
    block.lead.append(
        style.t(
            "siting.outages.lead" if len(short) else "siting.outages.none",
            short=whole(len(short)),
            all=whole(len(known)),
        )
    )
    values = [float(v) for v in known["served_pct"]]
    told = (
        [
            "" if empty(r.get("lost")) or not r["lost"] else style.quantity(r["lost"], str(r["unit"]))
            for r in records(known)
        ]
        if has(known, "lost", "unit")
        else []
    )
    beside = {"beside": (told, style.t("chart.outages.beside"))} if any(told) else {}
    one = one_series(known, values, style.t("chart.outages.value"))
    limit = (100.0, style.t("chart.outages.limit"))
    if len(known) <= 2 * TOP:
        block.charts += bars(
            style, "outages", labels(known, style, names), [one], "%", limit=limit, width=WIDE, **beside
        )
    columns = ("site_id", "utility", "served_pct", "lost", "unit", "firms", "reason")
    block.tables += table("site_outages", known, columns, style, names, folded=len(known) > LONG)
    return block


def reach(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """How many sites it takes to be near everyone."""
    block = Block(style.t("siting.reach"), method=style.t("siting.reach.method"))
    frame = tables.get("site_reach")
    if frame is None or not has(frame, "utility", "sites"):
        return block
    told = _for_all(frame, style)
    block.lead.append(sentences([*told, style.t("siting.reach.lead")], style))
    block.charts += _covered(frame, tables.get("sites"), style)
    columns = [c for c in frame.columns if c not in {"reach_id", "estimated"}]
    block.tables += table("site_reach", by_utility(frame, "sites"), columns, style, names, folded=len(frame) > LONG)
    return block


def _for_all(frame: pd.DataFrame, style: Style) -> list[str]:
    """How many sites it takes to have all demand within the radius, and where no number is enough."""
    if "sites_for_all" not in frame:
        return []
    each = by_utility(frame, "sites").drop_duplicates("utility")
    enough = each[each["sites_for_all"].notna()]
    parts = [f"{said(str(r['utility']), style)} {whole(float(r['sites_for_all']))}" for r in records(enough)]
    never = [said(str(u), style) for u in each.loc[each["sites_for_all"].isna(), "utility"]]
    found = [style.t("siting.reach.all", parts=style.t("comma").join(parts))] if parts else []
    return found + ([style.t("siting.reach.never", names=style.t("comma").join(never))] if never else [])


def _covered(frame: pd.DataFrame, sites: pd.DataFrame | None, style: Style) -> list[Chart]:
    """The share of demand within the radius with as many sites as were chosen."""
    if sites is None or not has(sites, "utility") or not has(frame, "covered_pct", "radius_m"):
        return []
    chosen = sites.groupby("utility").size()
    mine = by_utility(frame[frame["sites"] == frame["utility"].map(chosen)]).drop_duplicates("utility")
    mine = mine[mine["covered_pct"].notna()]
    label = [style.code("utility", str(u)) for u in mine["utility"]]
    one = one_series(mine, [float(v) for v in mine["covered_pct"]], style.t("chart.reach.value"))
    told = [
        style.t("chart.reach.told", sites=whole(n), radius=style.quantity(r, "m"))
        for n, r in zip(mine["sites"], mine["radius_m"], strict=True)
    ]
    return bars(style, "reach", label, [one], "%", width=WIDE, beside=(told, style.t("chart.reach.beside")))
