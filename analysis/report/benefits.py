"""Who earns what by the links: each firm, and both sides of each link with the price that settles it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .charts import WIDE, Series
from .describe import Names, fields, records
from .landparts import LONG, Tables, has
from .numbers import Style, empty, significant, whole
from .parts import Block, Chart, Section, bars, table
from .symbology import colour

TOP = 12  # bars of a chart


def link_name(row: Mapping[str, object], style: Style, names: Names) -> str:
    """Giver and taker of a link."""
    firms = names.get("enterprises", {})
    giver, taker = (firms.get(str(row[k]), str(row[k])) for k in ("from_enterprise_id", "to_enterprise_id"))
    return f"{giver} → {taker}"


def benefits(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """How the benefit splits between the firms; who loses is said first."""
    block = Block(style.t("benefits.title"), method=style.t("benefits.method"))
    frame, rows = tables.get("firm_benefits"), tables.get("links")
    if frame is not None and has(frame, "enterprise_id", "benefit_cur_a"):
        known = names.get("enterprises", {})
        lose = frame[frame["benefit_cur_a"] < 0].sort_values("benefit_cur_a", kind="stable")
        gain = frame[frame["benefit_cur_a"] > 0].sort_values("benefit_cur_a", ascending=False, kind="stable")
        key = "benefits.all" if len(gain) == len(frame) else "benefits.lead"
        block.lead.append(style.t(key, firms=whole(len(frame)), gain=whole(len(gain))))
        if len(lose):
            most = style.t("comma").join(known.get(one, one) for one in lose["enterprise_id"].head(5))
            block.warn.append(style.t("benefits.lose", count=whole(len(lose)), firms=most))
        money = style.unit("currency/a")
        shown = pd.concat([gain.head(TOP), lose.head(TOP // 2)])
        values = [float(v) * money.factor for v in shown["benefit_cur_a"]]
        shades = [colour("chart", "planned" if v >= 0 else "limit") for v in values]
        one = Series(style.t("chart.earnings.value"), shades[0] if shades else "", values, shades)
        label = [known.get(firm, firm) for firm in shown["enterprise_id"]]
        block.charts += bars(style, "earnings", label, [one], money.label, width=WIDE)
        columns = (
            "enterprise_id", "links", "benefit_cur_a", "material_cur_a", "heat_cur_a", "water_cur_a", "pays_cur_a",
            "receives_cur_a", "investment_cur", "payback_a",
        )  # fmt: skip
        bad = ("benefit_cur_a", "material_cur_a", "heat_cur_a", "water_cur_a")
        folded = len(frame) > LONG
        block.tables += table(
            "firm_benefits", frame, columns, style, names, "benefit_cur_a", folded=folded, bad=bad
        )
    if rows is not None and has(rows, "giver_benefit_cur_a", "taker_benefit_cur_a"):
        split = rows[rows["giver_benefit_cur_a"].notna()]
        described = fields("links", split, style.lang)
        if has(split, "price_cur_unit", "price_unit"):
            told = [
                "" if empty(v) else f"{significant(float(v))} {style.unit(str(u)).label}"
                for v, u in zip(split["price_cur_unit"], split["price_unit"], strict=True)
            ]
            split = split.assign(**{described["price_cur_unit"].label: told})
            block.charts += _shares(split, described["price_cur_unit"].label, style, names)
        shown_columns = (
            "kind", "from_enterprise_id", "to_enterprise_id", "material", "benefit_cur_a", "giver_benefit_cur_a",
            "taker_benefit_cur_a", described["price_cur_unit"].label if "price_cur_unit" in described else "", "split_rule",
        )  # fmt: skip
        block.tables += table(
            "links", split, shown_columns, style, names, "benefit_cur_a", style.t("benefits.split"), folded=True,
            bad=("giver_benefit_cur_a", "taker_benefit_cur_a"),
        )  # fmt: skip
    return block


def _shares(split: pd.DataFrame, price: str, style: Style, names: Names) -> list[Chart]:
    """What giver and taker earn by the best links, with the price that settles it (column ``price``)."""
    sides = ("giver_benefit_cur_a", "taker_benefit_cur_a")
    best = split[(split[sides[0]] >= 0) & (split[sides[1]] >= 0)]
    best = best.sort_values("benefit_cur_a", ascending=False, kind="stable").head(TOP)
    money = style.unit("currency/a")
    series = [
        Series(
            fields("links", best, style.lang)[side].label,
            colour("chart", hue),
            [v * money.factor for v in best[side]],
        )
        for side, hue in zip(sides, ("accent", "planned"), strict=True)
    ]
    label = [link_name(row, style, names) for row in records(best)]
    beside = (list(best[price]), price)
    return bars(style, "shares", label, series, money.label, stacked=True, width=WIDE, beside=beside)
