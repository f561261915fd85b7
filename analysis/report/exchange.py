"""The section on links: the best ones, their kinds, who earns, loops, whom to invite, what a loss costs, what is left.

What heat and water could reach at best stands in ``potential``. Every part is left out where its table is missing or empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from parkloop import resources

from ..steps import Figure
from . import potential
from .benefits import TOP, benefits, link_name
from .charts import WIDE, Series
from .describe import Names, records
from .landparts import LONG, Tables, has
from .numbers import MILLION, Style, empty, significant, whole
from .parts import Block, Section, bars, plain_table, table
from .symbology import colour

KINDS = ("material", "heat", "water")
TODAY = "_today"
# Figures at the head of the section.
HEAD = {
    "links", "existing", "benefit_cur_a", "investment_cur", "tonnes_t_a", "heat_gj_a", "water_m3_a", "energy_gj_a", "co2_t_a",
}  # fmt: skip


def links(section: Section, tables: Tables, style: Style, names: Names) -> None:
    """Fill the section of the step ``links``."""
    frame = tables.get("links")
    _best(section, frame, style, names)
    columns = (
        "kind", "status", "chain_kind", "from_enterprise_id", "to_enterprise_id", "material", "quantity_t_a", "heat_kw",
        "flow_t_d", "benefit_cur_a", "payback_a",
    )  # fmt: skip
    section.tables += table("links", frame, columns, style, names, "benefit_cur_a", bad=("benefit_cur_a",))
    parts: list[Callable[[Section, Tables, Style, Names], Block]] = [
        _chains, _indicators, benefits, _proposals, _losses, potential.heat, potential.water, _left,
    ]  # fmt: skip
    section.blocks = [block for block in (part(section, tables, style, names) for part in parts) if block]


def told_below(figures: Mapping[str, object]) -> set[str]:
    """Key figures that the table of indicators tells: all but the few that everybody asks for."""
    return set(figures) - HEAD


def _pairs(figures: Mapping[str, object]) -> list[tuple[str, str]]:
    """Keys of figures of today with those of the plan."""
    found = []
    for key in figures:
        if TODAY in key:
            plan = [other for other in (key.replace(TODAY, ""), key.replace(TODAY, "_planned")) if other in figures]
            found += [(key, plan[0])] if plan else []
    return found


def _best(section: Section, frame: pd.DataFrame | None, style: Style, names: Names) -> None:
    """The new links that bring most, by kind."""
    if frame is None or not has(frame, "status", "benefit_cur_a"):
        return
    best = frame[(frame["status"] == "proposed") & (frame["benefit_cur_a"] > 0)]
    best = best.sort_values("benefit_cur_a", ascending=False, kind="stable").head(TOP)
    money = style.unit("currency/a")
    label = [link_name(row, style, names) for row in records(best)]
    series = [
        Series(
            style.code("exchange_kind", kind),
            colour("exchange_kind", kind),
            [
                v * money.factor if k == kind else None
                for k, v in zip(best["kind"], best["benefit_cur_a"], strict=True)
            ],
        )
        for kind in KINDS
        if kind in set(best["kind"])
    ]
    section.charts += bars(style, "benefit", label, series, money.label, stacked=True, width=WIDE)


def _chains(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Links by the way they couple industries, and the closed loops they make."""
    block = Block(style.t("chains.title"), method=style.t("chains.method"))
    frame = tables.get("links")
    if frame is not None and has(frame, "chain_kind", "status"):
        kept = frame[frame["chain_kind"] != ""]
        order = [k for k in resources.codes("chain_kind") if k in set(kept["chain_kind"])]
        count = kept.groupby(["chain_kind", "status"]).size()
        series = [
            Series(
                style.code("link_status", status),
                colour("chart", "today" if status == "existing" else "planned"),
                [float(count.get((kind, status), 0)) for kind in order],
            )
            for status in ("existing", "proposed")
            if status in set(kept["status"])
        ]
        labels = [style.code("chain_kind", kind) for kind in order]
        block.charts += bars(style, "chains", labels, series, stacked=True, width=WIDE)
        parts = [
            style.t("chains.part", kind=name, count=whole(sum(kept["chain_kind"] == kind)))
            for kind, name in zip(order, labels, strict=True)
        ]
        block.lead.append(style.t("chains.lead", parts=style.t("comma").join(parts)))
    loops = tables.get("chain_loops")
    if loops is not None and len(loops):
        block.lead.append(
            style.t("chains.loops", count=whole(len(loops)), longest=whole(int(loops["firms"].max())))
        )
        columns = (
            "status", "firms", "enterprise_ids", "kinds", "smallest_t_a", "smallest_heat_kw", "benefit_cur_a", "investment_cur",
        )  # fmt: skip
        told = loops.assign(
            enterprise_ids=[_round(ids, names) for ids in loops["enterprise_ids"]],
            kinds=[
                style.t("comma").join(style.code("exchange_kind", kind) for kind in str(kinds).split(";"))
                for kinds in loops["kinds"]
            ],
        )
        folded = len(loops) > LONG
        block.tables += table("chain_loops", told, columns, style, names, folded=folded, bad=("benefit_cur_a",))
    return block


def _round(firms: object, names: Names) -> str:
    """A loop as people read it: from each firm to the next and back to the first."""
    known = names.get("enterprises", {})
    called = [known.get(one, one) for one in str(firms).split(";")]
    return " → ".join([*called, called[0]])


def _indicators(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Figures of today and of the plan side by side."""
    block = Block(style.t("indicators.title"), method=style.t("indicators.method"))
    pairs = _pairs(section.numbers)
    paired = {key for pair in pairs for key in pair}
    alone = [("", key) for key in section.numbers if key not in paired | HEAD]
    lines = [
        line
        for today, planned in [*pairs, *alone]
        if (line := _indicator(planned, section.numbers.get(today), section.numbers[planned], style))
    ]
    if lines:
        heads = [
            ("indicator", False),
            ("today", True),
            ("planned", True),
            ("difference", True),
            ("unit", False),
            ("guessed", True),
        ]
        block.tables.append(
            plain_table(
                "indicators",
                style.t("indicators.caption"),
                [(style.t(f"indicators.head.{k}"), n) for k, n in heads],
                lines,
            )
        )
    return block


def _indicator(key: str, today: Figure | None, planned: Figure, style: Style) -> list[object]:
    """A line of the table of indicators; none where nothing is known or there is nothing to tell."""
    before, after = (None if f is None else f.value for f in (today, planned))
    if before is None and not after:
        return []
    words = resources.texts(style.lang)
    label = words.get(f"report.indicators.{key}", words.get(f"links.figure.{key}", key))
    unit = style.unit(planned.unit, big=max(abs(before or 0.0), abs(after or 0.0)) >= MILLION)
    change = None if before is None or after is None else after - before
    sign = "+" if change is not None and change > 0 else ""
    cells = [
        ("" if v is None else mark + significant(v * unit.factor), v or 0.0)
        for v, mark in ((before, ""), (after, ""), (change, sign))
    ]
    share = max(f.estimated_share for f in (today, planned) if f is not None)
    return [label, *cells, unit.label, (significant(100 * share, 2) if share else "", share)]


def _proposals(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Whom to invite, for which unused flow or bought input, worth how much."""
    block = Block(style.t("proposals.title"), method=style.t("proposals.method"))
    frame = tables.get("chain_proposals")
    if frame is None or not has(frame, "sector", "worth_cur_a"):
        return block
    money = style.unit("currency/a")
    by = "sector_worth_cur_a" if "sector_worth_cur_a" in frame else "worth_cur_a"
    sectors = frame.groupby("sector", sort=True).agg({by: "max" if by != "worth_cur_a" else "sum", "rank": "min"})
    sectors = sectors.sort_values(["rank", by], ascending=[True, False], kind="stable").head(TOP)
    label = [style.code("sectors", str(code)) for code in sectors.index]
    one = Series(
        style.t("chart.proposals.value"), colour("chart", "accent"), [v * money.factor for v in sectors[by]]
    )
    block.charts += bars(style, "proposals", label, [one], money.label, width=WIDE)
    if label:
        worth = style.quantity(float(sectors[by].iloc[0]), "currency/a", big=True)
        block.lead.append(
            style.t("proposals.lead", sector=label[0], worth=worth, count=whole(frame["sector"].nunique()))
        )
    reason = style.t("proposals.reason")
    columns = (
        "rank", "sector", reason, "quantity_t_a", "heat_kw", "flow_t_d", "firms", "worth_cur_a", "confidence",
    )  # fmt: skip
    ordered = frame.sort_values("rank", kind="stable").rename(columns={f"reason_{style.lang}": reason})
    block.tables += table("chain_proposals", ordered, columns, style, names)
    return block


def _losses(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """What the park loses where one firm leaves."""
    block = Block(style.t("losses.title"), method=style.t("losses.method"))
    frame = tables.get("firm_loss")
    if frame is None or not has(frame, "enterprise_id", "loss_cur_a"):
        return block
    known, money = names.get("enterprises", {}), style.unit("currency/a")
    worst = frame[frame["loss_cur_a"] > 0].sort_values("loss_cur_a", ascending=False, kind="stable").head(TOP)
    label = [known.get(firm, firm) for firm in worst["enterprise_id"]]
    one = Series(
        style.t("chart.losses.value"), colour("chart", "limit"), [v * money.factor for v in worst["loss_cur_a"]]
    )
    block.charts += bars(style, "losses", label, [one], money.label, width=WIDE)
    if label:
        first = worst.iloc[0]
        share = "" if empty(first.get("loss_share_pct")) else significant(float(first["loss_share_pct"]))
        loss = style.quantity(float(first["loss_cur_a"]), "currency/a", big=True)
        block.lead.append(style.t("losses.lead", firm=label[0], loss=loss, share=share))
    columns = (
        "enterprise_id", "links", "partners", "benefit_cur_a", "loss_cur_a", "loss_share_pct", "hit_enterprise_id",
        "hit_benefit_cur_a", "basis",
    )  # fmt: skip
    block.tables += table("firm_loss", frame, columns, style, names, "loss_cur_a", folded=len(frame) > LONG)
    return block


def _left(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Flows that find no taker or giver, with the reason."""
    block = Block(style.t("left.title"))
    rest = tables.get("unmatched_flows")
    if rest is None or not has(rest, "reason"):
        return block
    order = [code for code in resources.codes("unmatched_reason") if code in set(rest["reason"])]
    count = rest.groupby(["reason", "kind"]).size()
    series = [
        Series(
            style.code("exchange_kind", kind),
            colour("exchange_kind", kind),
            [float(count.get((reason, kind), 0)) for reason in order],
        )
        for kind in KINDS
        if kind in set(rest["kind"])
    ]
    labels: Sequence[str] = [style.code("unmatched_reason", reason) for reason in order]
    block.charts += bars(style, "left", list(labels), series, stacked=True, width=WIDE)
    wanted = [c for c in rest.columns if c not in {"geometry", "estimated", "source", "confidence"}][1:9]
    block.tables += table("unmatched_flows", rest, wanted, style, names, folded=len(rest) > LONG)
    return block
