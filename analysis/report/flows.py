"""Who gives what to whom, today and as planned, as flows for the Sankey diagrams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd
from markupsafe import Markup

from .chord import between, chord, parties
from .describe import Names, fields, records
from .lettering import text_width
from .numbers import Style, empty
from .sankey import NARROW, Flow, merge_small, room_for, sankey, total_of
from .symbology import colour, palette

QUANTITY = {"material": ("quantity_t_a", "t/a"), "heat": ("heat_kw", "kW"), "water": ("flow_t_d", "t/d")}
ENDED = "ended"  # status of a link of today that the plan gives up
KEEP = 8
LEAST_LINKS = 3  # fewer need no chord diagram beside the Sankey
FEW_FIRMS = 12
SHORT = 100.0  # px that a name may take where two drawings stand side by side


@dataclass(frozen=True)
class FlowFigure:
    """Today's and the planned flows of one kind, drawn to one scale; ``circles`` are chord diagrams with when they hold."""

    kind: str
    label: str
    today: Markup
    planned: Markup
    today_total: str
    planned_total: str
    wide: bool = False
    unit: str = ""
    circles: list[tuple[str, Markup]] = field(default_factory=list)


def flow_figures(
    park: Mapping[str, pd.DataFrame], links: pd.DataFrame | None, style: Style, names: Names
) -> list[FlowFigure]:
    """One figure a kind of flow that occurs; today's links are those that exist, also where they end; the plan's are those that stay, and the proposed."""
    if links is None or links.empty:
        return []
    found = []
    for kind, (column, unit) in QUANTITY.items():
        own = links[(links["kind"] == kind) & (links[column] > 0)] if column in links else links.iloc[:0]
        if own.empty:
            continue
        # Firms where few take part, else their sectors: the same in both pictures.
        by_firm = len({*own["from_enterprise_id"], *own["to_enterprise_id"]}) <= FEW_FIRMS
        flows = _flows(park, own, kind, column, by_firm, style, names)
        planned = [flow for flow, status in flows if status != ENDED]
        today = [flow for flow, status in flows if status != "proposed"]
        full, shown = max(total_of(planned), total_of(today)), style.unit(unit).label
        titles = [style.t(f"sankey.{k}") for k in ("giver", "what", "taker")]
        label = style.code("exchange_kind", kind)
        # Long names need the width of the page.
        wide = not by_firm or any(text_width(f.giver) > SHORT or text_width(f.taker) > SHORT for f in planned)
        merged = [merge_small(part, KEEP, style.t("sankey.rest")) for part in (today, planned)]
        room = room_for([*merged[0], *merged[1]]) if wide else NARROW
        drawn = [
            sankey(
                part,
                shown,
                titles,
                f"{label}: {style.t(when)}",
                full,
                room,
            )
            for when, part in zip(("today", "planned"), merged, strict=True)
        ]
        totals = [style.quantity(total_of(part), unit) for part in (today, planned)]
        circles = _circles([flow for flow, _ in flows], today, planned, shown, label, style)
        found.append(FlowFigure(kind, label, drawn[0], drawn[1], totals[0], totals[1], wide, shown, circles))
    return found


def _circles(
    every: list[Flow], today: list[Flow], planned: list[Flow], unit: str, label: str, style: Style
) -> list[tuple[str, Markup]]:
    """Chord diagrams of today's and the planned flows, where there are any, around one circle; none for a few links."""
    if len(every) < LEAST_LINKS:
        return []
    rest = style.t("sankey.rest")
    circle = parties(between(every, KEEP + 1, rest), [shade for shade, _ in palette("series").values()], rest)
    names = {party.name for party in circle}
    found = []
    for when, part in ((style.t("today"), today), (style.t("planned"), planned)):
        known = [
            replace(f, giver=f.giver if f.giver in names else rest, taker=f.taker if f.taker in names else rest)
            for f in part
        ]
        merged = between(known, len(circle), rest)
        svg = chord(merged, circle, f"{label}: {when}", unit, lambda gives, takes: _amounts(gives, takes, style))
        if svg:
            found.append((when, svg))
    return found


def _amounts(gives: str, takes: str, style: Style) -> str:
    if gives == takes == "0":
        return ""
    key = "takes" if gives == "0" else "gives" if takes == "0" else "both"
    return style.t(f"chord.{key}", gives=gives, takes=takes)


def _flows(
    park: Mapping[str, pd.DataFrame],
    links: pd.DataFrame,
    kind: str,
    column: str,
    by_firm: bool,
    style: Style,
    names: Names,
) -> list[tuple[Flow, str]]:
    """Every flow with the status of its link."""
    firms = park["enterprises"]
    sector = dict(zip(firms["enterprise_id"], firms["sector"], strict=True))

    def party(firm: str) -> str:
        if by_firm:
            return names.get("enterprises", {}).get(firm, firm)
        return style.code("sectors", sector.get(firm, "")) or style.t("sankey.unknown")

    described = fields("links", links, style.lang)
    sizes = links.groupby("material")[column].sum() if kind == "material" else pd.Series(dtype="float64")
    order = sizes.sort_values(ascending=False, kind="stable").index
    # Materials have no colours of their own; the largest take the first.
    shades = [one for one, _ in palette("series").values()]
    shade = {str(what): shades[i % len(shades)] for i, what in enumerate(order)}
    general = style.code("exchange_kind", kind)
    flows = []
    for row in records(links):
        what = row.get("material")
        name = (
            general
            if empty(what) or kind != "material"
            else style.code(described["material"].codes or "materials", str(what))
        )
        hue = (
            shade.get(str(what), colour("exchange_kind", kind))
            if kind == "material"
            else colour("exchange_kind", kind)
        )
        giver, taker = party(row["from_enterprise_id"]), party(row["to_enterprise_id"])
        flows.append((Flow(giver, name, taker, float(row[column]), hue), str(row["status"])))
    return flows
