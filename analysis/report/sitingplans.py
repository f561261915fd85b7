"""What the facilities cost, and the plans that were weighed: cost against exposure, next best sets, changed demand and prices."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .charts import WIDE, Series
from .describe import Names, fields, records
from .front import Front, Point, fronts
from .landparts import LONG, Tables, has
from .lettering import Key
from .numbers import Style, empty, significant, whole
from .parts import Block, Chart, Section, bars, table
from .sitingparts import (
    by_utility,
    labels,
    number,
    one_series,
    ordered,
    percent,
    said,
    sentences,
    with_places,
    yes,
)
from .symbology import colour
from .tornado import Effect, Torn, tornado

# Parts of the annual cost with their colours; those that only some utilities have come last.
PARTS = {
    "works_cur_a": "3",
    "land_cur_a": "5",
    "operation_cur_a": "6",
    "way_cur_a": "1",
    "losses_cur_a": "2",
}
NEAR = 1.0  # %: plans this near cannot be told apart by their cost, for costs are not known better
GREY = "#5b6875"


def costs(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """The annual cost of each site by its parts."""
    block = Block(style.t("siting.costs"), method=style.t("siting.costs.method"))
    sites = tables.get("sites")
    if sites is None or not has(sites, "site_id", "utility", *PARTS):
        return block
    known = by_utility(sites[sites[list(PARTS)].sum(axis=1) > 0], "site_id")
    if known.empty:
        return block
    whole_a = known[list(PARTS)].sum(axis=1)
    described = fields("sites", known, style.lang)
    series = [
        Series(described[name].label, colour("series", hue), (100 * known[name].fillna(0.0) / whole_a).tolist())
        for name, hue in PARTS.items()
        if known[name].sum() > 0
    ]
    told = [style.quantity(v, "currency/a", big=True) for v in whole_a]
    block.charts += bars(
        style, "site_costs", labels(known, style, names), series, "%", stacked=True, width=WIDE, totals_told=False,
        beside=(told, style.t("chart.site_costs.beside")),
    )  # fmt: skip
    sums = {name: float(known[name].sum()) for name in PARTS}
    dearest = max(sums, key=lambda name: sums[name])
    share = significant(round(100 * sums[dearest] / sum(sums.values())))
    block.lead.append(style.t("siting.costs.lead", part=described[dearest].label, share=share))
    columns = ("site_id", "utility", *PARTS, "cost_cur_a", "co2_t_a")
    block.tables += table("sites", known, columns, style, names, caption=style.t("siting.costs.table"), folded=True)
    return block


def front(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Cost against exposure, CO2 beside; what to pin to get a point."""
    block = Block(style.t("siting.front"), method=style.t("siting.front.method"))
    frame = tables.get("site_front")
    if frame is None or not has(frame, "utility", "number", "cost_cur_a"):
        return block
    shown, single = [], []
    told: list[str] = []
    for utility in ordered(frame):
        mine = frame[(frame["utility"] == utility) & frame["cost_cur_a"].notna()].sort_values(
            "number", kind="stable"
        )
        one = _front(utility, mine, style)
        if one is None:
            single.append(said(utility, style))
        else:
            shown.append(one)
            told += [text] if (text := _trade(utility, mine, style)) else []
    if single:
        told.append(style.t("siting.front.single", names=style.t("comma").join(single)))
    block.lead += [sentences(told, style)] if told else []
    title = style.t("chart.front")
    keys = [Key(style.t("chart.front.chosen"), GREY, "dot"), Key(style.t("chart.front.other"), GREY, "ring")]
    if any(p.size is not None for one in shown for p in one.points):
        keys.append(Key(style.t("chart.front.size"), GREY, "grow"))
    svg = fronts(shown, title, keys)
    block.charts += [Chart(title, svg, style.t("chart.front.note"))] if svg else []
    columns = (
        "utility", "number", "chosen", "goal", "cost_cur_a", "exposed", "co2_t_a", "gap_pct", "sites", "pins",
    )  # fmt: skip
    listed = with_places(by_utility(frame, "number"), ["sites"], tables, style)
    block.tables += table(
        "site_front", listed, columns, style, names, note=style.t("siting.front.pins") if "pins" in frame else "",
        folded=len(frame) > LONG,
    )  # fmt: skip
    return block


def _front(utility: str, mine: pd.DataFrame, style: Style) -> Front | None:
    """The panel of one utility; None where its plans do not differ."""
    y = next((c for c in ("exposed", "co2_t_a") if c in mine and _differs(mine[c])), "")
    if not y or len(mine) < 2:
        return None
    described, money = fields("site_front", mine, style.lang), style.unit("currency/a")
    sized = y == "exposed" and "co2_t_a" in mine and _differs(mine["co2_t_a"])
    points = []
    for row in records(mine[mine[y].notna()]):
        told = [f"{style.t('siting.front.point')} {row['number']}"]
        told += [
            f"{described[c].label} {style.quantity(row[c], described[c].unit, big=True)}"
            for c in ("cost_cur_a", "exposed", "co2_t_a")
            if c in described and not empty(row[c])
        ]
        points.append(
            Point(
                int(row["number"]),
                float(row["cost_cur_a"]) * money.factor,
                float(row[y]),
                number(row["co2_t_a"]) if sized else None,
                not empty(row.get("chosen")) and bool(row.get("chosen")),
                style.t("comma").join(told),
            )
        )
    unit = style.unit(described[y].unit).label
    x_title = f"{described['cost_cur_a'].label} ({money.label})"
    return Front(
        style.code("utility", utility),
        colour("utility", utility),
        x_title,
        f"{described[y].label} ({unit})",
        points,
    )


def _differs(values: pd.Series) -> bool:
    known = values.dropna().astype(float)
    return len(known) > 1 and float(known.max() - known.min()) > 1e-6 * max(abs(float(known.max())), 1e-9)


def _trade(utility: str, mine: pd.DataFrame, style: Style) -> str:
    """What the least exposed plan costs more than the cheapest; empty where there is nothing to trade."""
    if "exposed" not in mine or not _differs(mine["exposed"]):
        return ""
    mine = mine[mine["exposed"].notna()]
    cheap = records(mine.sort_values(["cost_cur_a", "exposed"], kind="stable"))[0]
    calm = records(mine.sort_values(["exposed", "cost_cur_a"], kind="stable"))[0]
    if calm["number"] == cheap["number"]:
        return ""
    more = float(calm["cost_cur_a"]) - float(cheap["cost_cur_a"])
    return style.t(
        "siting.front.trade",
        utility=style.code("utility", utility),
        number=calm["number"],
        cheap=cheap["number"],
        fewer=significant(round(100 * (1 - float(calm["exposed"]) / float(cheap["exposed"])))),
        more=style.quantity(more, "currency/a", big=True),
        pct=percent(100 * more / float(cheap["cost_cur_a"])),
    )


def alternatives(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """The next best sets of sites and what each comes to more."""
    block = Block(style.t("siting.alternatives"), method=style.t("siting.alternatives.method"))
    frame = tables.get("site_alternatives")
    if frame is None or not has(frame, "utility", "rank", "regret_cur_a") or not (frame["rank"] > 0).any():
        return block
    listed = with_places(by_utility(frame, "rank"), ["sites", "without", "instead"], tables, style)
    second = listed[(listed["rank"] == 1) & listed["regret_cur_a"].notna()]
    if has(second, "regret_pct"):
        near = second[second["regret_pct"] < NEAR]
        called = style.t("comma").join(said(str(u), style) for u in near["utility"])
        key = "siting.alternatives.near" if len(near) else "siting.alternatives.clear"
        block.lead.append(style.t(key, names=called, near=significant(NEAR)))
    money = style.unit("currency/a")
    label = [_change(row, style) for row in records(second)]
    values = [float(v) * money.factor for v in second["regret_cur_a"]]
    one = one_series(second, values, style.t("chart.regret.value"))
    share = (
        ["" if empty(v) else f"+{percent(float(v))}%" for v in second["regret_pct"]]
        if "regret_pct" in second
        else []
    )
    beside = {"beside": (share, style.t("chart.regret.beside"))} if share else {}
    block.charts += bars(style, "regret", label, [one], money.label, width=WIDE, **beside)
    columns = (
        "utility", "rank", "without", "instead", "count", "cost_cur_a", "exposed", "co2_t_a", "regret_cur_a", "regret_pct",
        "gap_pct",
    )  # fmt: skip
    note = style.t("siting.alternatives.note")
    block.tables += table("site_alternatives", listed, columns, style, names, note=note, folded=len(listed) > LONG)
    return block


def _change(row: Mapping[str, object], style: Style) -> str:
    """The utility, and what a plan has not and has instead."""
    utility, without, instead = style.code("utility", str(row["utility"])), row.get("without"), row.get("instead")
    if not empty(without) and not empty(instead):
        return style.t("siting.change.of", utility=utility, change=f"{without} → {instead}")
    if not empty(without) or not empty(instead):
        key, what = ("without", without) if empty(instead) else ("instead", instead)
        return style.t(
            "siting.change.of", utility=utility, change=style.t(f"siting.change.{key}", places=str(what))
        )
    return utility


def sensitivity(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """How the answer moves with demand and prices."""
    block = Block(style.t("siting.sensitivity"), method=style.t("siting.sensitivity.method"))
    frame = tables.get("site_sensitivity")
    if frame is None or not has(frame, "utility", "factor", "change_pct", "cost_change_pct"):
        return block
    known = by_utility(frame[frame["cost_change_pct"].notna()], "factor", "change_pct")
    if known.empty:
        return block
    if "same_sites" in known:
        block.lead.append(_stands(known, style))
    low, high = float(known["change_pct"].min()), float(known["change_pct"].max())
    labels_ = (
        style.t("chart.tornado.change", change=_signed(low)),
        style.t("chart.tornado.change", change=_signed(high)),
        style.t("chart.tornado.moved"),
    )
    colours = (colour("chart", "today"), colour("chart", "planned"))
    shown = [_torn(u, known[known["utility"] == u], style) for u in ordered(known)]
    title = style.t("chart.tornado")
    svg = tornado(shown, style.t("chart.tornado.value"), title, labels_, colours)
    block.charts += [Chart(title, svg)] if svg else []
    columns = (
        "utility", "factor", "change_pct", "cost_cur_a", "cost_change_pct", "same_sites", "without", "instead",
        "keep_regret_cur_a", "gap_pct",
    )  # fmt: skip
    listed = with_places(known, ["without", "instead"], tables, style)
    block.tables += table("site_sensitivity", listed, columns, style, names, folded=len(known) > LONG)
    return block


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{significant(value)}%"


def _stands(known: pd.DataFrame, style: Style) -> str:
    moved = known[~yes(known["same_sites"])]
    if moved.empty:
        return style.t("siting.sensitivity.all", all=whole(len(known)))
    cases = [
        style.t(
            "siting.sensitivity.case",
            utility=said(str(row["utility"]), style),
            factor=style.code("sensitivity_factor", str(row["factor"])).lower(),
            change=_signed(float(row["change_pct"])),
        )
        for row in records(moved.head(6))
    ]
    text = style.t(
        "siting.sensitivity.some",
        moved=whole(len(moved)),
        all=whole(len(known)),
        cases=style.t("semicolon").join(cases),
    )
    keep = moved["keep_regret_cur_a"].max() if "keep_regret_cur_a" in moved else None
    if not empty(keep):
        keep_told = style.t("siting.sensitivity.keep", keep=style.quantity(keep, "currency/a", big=True))
        text = sentences([text, keep_told], style)
    return text


def _torn(utility: str, mine: pd.DataFrame, style: Style) -> Torn:
    effects: dict[str, list[Effect | None]] = {}
    for row in records(mine):
        factor = style.code("sensitivity_factor", str(row["factor"]))
        change, moved = float(row["change_pct"]), float(row["cost_change_pct"])
        tip = f"{factor} {_signed(change)}: {_signed(moved)}"
        same = "same_sites" not in row or (not empty(row["same_sites"]) and bool(row["same_sites"]))
        pair = effects.setdefault(factor, [None, None])
        pair[int(change > 0)] = Effect(moved, not same, tip)
    # what matters most on top
    order = sorted(effects, key=lambda name: -max(abs(e.percent) for e in effects[name] if e is not None))
    pairs = [(effects[name][0], effects[name][1]) for name in order]
    return Torn(style.code("utility", utility), colour("utility", utility), order, pairs)
