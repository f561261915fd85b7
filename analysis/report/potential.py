"""What heat and water could reach at best, beside what the links reach: composites, targets, pressure, supply.

Every part is left out where its table is missing or empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from parkloop import resources

from .charts import WIDE, Series
from .describe import Names, fields, records
from .landparts import LONG, Tables, has
from .lines import Line, Mark, Span, line_chart
from .numbers import Style, empty, significant
from .parts import Block, Cell, Chart, Section, Table, bars, plain_table, table
from .symbology import colour

HOT, COLD, DARK = colour("utility", "heat"), colour("utility", "water"), colour("plain", "boundary")
RECOVERED = colour("chart", "planned")
HEAT_WAYS, WATER_WAYS = ("", "own_", "levels_", "direct_"), ("own", "reuse", "treat")
SOURCES = {
    "own_firm": ("series", "5"), "other_firm": ("series", "1"), "reclaimed": ("utility", "reclaimed"), "rain": ("series", "8"),
    "sea": ("series", "10"), "fresh": ("utility", "water"), "unmet": ("chart", "limit"),
}  # fmt: skip


def heat(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Heat targets with composites; power from pressure."""
    block = Block(style.t("heat.title"), method=style.t("heat.method"))
    frame, points = tables.get("heat_targets"), tables.get("heat_curves")
    if frame is not None and has(frame, "scope", "heating_kw"):
        park = _park(frame)
        if park:
            block.lead.append(_heat_lead(park, tables.get("links"), style))
            if points is not None and has(points, "curve"):
                block.charts += _composites(park, _curves(points, "heat_kw", "temperature_c"), style)
            block.charts += _ways(park, style)
            ways = [(style.t(f"heat.way.{w or 'today'}"), f"{w}heating_kw", f"{w}cooling_kw") for w in HEAT_WAYS]
            heads = (style.t("heat.heating"), style.t("heat.cooling"))
            extra = _as_links(section, style)
            block.tables += _ways_table(park, "heat_targets", ways, "kW", heads, style, extra)
        block.tables += _firms("heat_targets", frame, "saving_kw", style, names)
    power = tables.get("pressure_recovery")
    if power is not None and len(power):
        columns = (
            "kind", "enterprise_id", "material", "from_mpa", "to_mpa", "flow_t_h", "power_kw", "electricity_mwh_a",
            "investment_cur", "benefit_cur_a", "payback_a", "reason",
        )  # fmt: skip
        folded = len(power) > LONG
        block.tables += table("pressure_recovery", power, columns, style, names, "benefit_cur_a", folded=folded)
    return block


def water(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Water targets with composites; where the plan's water comes from."""
    block = Block(style.t("water.title"), method=style.t("water.method"))
    frame, points = tables.get("water_targets"), tables.get("water_curves")
    if frame is not None and has(frame, "scope", "demand_t_d"):
        park = _park(frame)
        if park:
            block.lead.append(_water_lead(park, style))
            if points is not None and has(points, "curve", "contaminant"):
                block.charts += _water_composites(park, points, style)
            ways = [
                (style.t("water.way.today"), "demand_t_d", "discharge_t_d"),
                *((style.t(f"water.way.{w}"), f"{w}_fresh_t_d", f"{w}_waste_t_d") for w in WATER_WAYS),
            ]
            heads = (style.t("water.fresh"), style.t("water.waste"))
            block.tables += _ways_table(park, "water_targets", ways, "t/d", heads, style)
        block.tables += _firms("water_targets", frame, "saving_t_d", style, names)
    supply = tables.get("water_supply")
    if supply is not None and has(supply, "source_kind", "flow_t_d", "enterprise_id"):
        block.charts += _supply(supply, style, names)
        columns = (
            "enterprise_id", "stream_id", "source_kind", "status", "treatment", "flow_t_d", "share_pct", "keeps", "cost_cur_a",
            "saving_cur_a",
        )  # fmt: skip
        block.tables += table("water_supply", supply, columns, style, names, "flow_t_d", folded=len(supply) > LONG)
    return block


def _park(frame: pd.DataFrame) -> dict[str, object]:
    """The row of the whole park."""
    rows = records(frame[frame["scope"] == "park"])
    return rows[0] if rows else {}


def _curves(points: pd.DataFrame, x: str, y: str) -> dict[str, np.ndarray]:
    """Points (n, 2) of each curve in the order of their ids."""
    ordered = points.sort_values("point_id", kind="stable")
    return {str(name): part[[x, y]].to_numpy(dtype=float) for name, part in ordered.groupby("curve", sort=True)}


def _number(row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    return 0.0 if empty(value) else float(value)  # type: ignore[arg-type]


def _heat_lead(park: Mapping[str, object], links: pd.DataFrame | None, style: Style) -> str:
    need, saving = _number(park, "heating_kw"), _number(park, "saving_kw")
    levels = need - _number(park, "levels_heating_kw")
    planned = 0.0
    if links is not None and has(links, "kind", "status", "heat_kw"):
        planned = float(links.loc[(links["kind"] == "heat") & (links["status"] != "ended"), "heat_kw"].sum())
    return style.t(
        "heat.lead",
        need=style.quantity(need, "kW"),
        direct=style.quantity(saving, "kW"),
        share=significant(100 * saving / need) if need else "0",
        levels=style.quantity(levels, "kW"),
        own=style.quantity(need - _number(park, "own_heating_kw"), "kW"),
        planned=style.quantity(planned, "kW"),
    )


def _composites(park: Mapping[str, object], curves: Mapping[str, np.ndarray], style: Style) -> list[Chart]:
    """Hot and cold composite with what can be recovered; the grand composite."""
    found = []
    heating, cooling = _number(park, "direct_heating_kw"), _number(park, "direct_cooling_kw")
    hot, cold, grand = (curves.get(name, np.empty((0, 2))) for name in ("hot", "cold", "grand"))
    if len(hot) > 1 and len(cold) > 1:
        shared = float(hot[-1, 0])
        spans = [
            Span(style.t("heat.cooling"), COLD, 0.0, cooling),
            Span(style.t("heat.recovered"), RECOVERED, cooling, shared),
            Span(style.t("heat.heating"), HOT, float(cold[-1, 0]) - heating, float(cold[-1, 0])),
        ]
        title = style.t("heat.composites")
        lines = [Line(style.t("heat.hot"), HOT, hot), Line(style.t("heat.cold"), COLD, cold)]
        svg = line_chart(
            lines, style.t("heat.kw"), style.t("heat.celsius"), title, spans, _heat_pinch(park, hot, style),
            area=(_between(hot, cold), RECOVERED),
        )  # fmt: skip
        found.append(Chart(title, svg, style.t("heat.composites.note")))
    if len(grand) > 1:
        title = style.t("heat.grand")
        top, bottom = grand[np.argmax(grand[:, 1])], grand[np.argmin(grand[:, 1])]
        marks = [
            Mark(style.t(f"heat.{key}", amount=style.quantity(amount, "kW")), float(end[0]), float(end[1]))
            for key, amount, end in (("top", heating, top), ("bottom", cooling, bottom))
            if amount
        ]
        if not empty(park.get("pinch_hot_c")):
            pinch = (_number(park, "pinch_hot_c") + _number(park, "pinch_cold_c")) / 2
            marks.append(Mark(style.t("heat.pinch.shifted", at=significant(pinch)), 0.0, pinch))
        svg = line_chart(
            [Line(style.t("heat.grand.line"), DARK, grand)],
            style.t("heat.passed"),
            style.t("heat.shifted"),
            title,
            marks=marks,
        )
        found.append(Chart(title, svg, style.t("heat.grand.note")))
    return found


def _heat_pinch(park: Mapping[str, object], hot: np.ndarray, style: Style) -> list[Mark]:
    if empty(park.get("pinch_hot_c")):
        return []
    high, low = _number(park, "pinch_hot_c"), _number(park, "pinch_cold_c")
    label = style.t("heat.pinch", hot=significant(high), cold=significant(low))
    return [Mark(label, float(np.interp(high, hot[:, 1], hot[:, 0])), (high + low) / 2)]


def _between(hot: np.ndarray, cold: np.ndarray) -> np.ndarray:
    """Corners of the area where both composites lie above one another: there heat passes from the one to the other."""
    low, high = max(hot[0, 0], cold[0, 0]), min(hot[-1, 0], cold[-1, 0])
    if high <= low:
        return np.empty((0, 2))

    def part(curve: np.ndarray) -> np.ndarray:
        inner = curve[(curve[:, 0] > low) & (curve[:, 0] < high)]
        ends = np.interp([low, high], curve[:, 0], curve[:, 1])
        return np.vstack([[low, ends[0]], inner, [high, ends[1]]])

    return np.vstack([part(hot), part(cold)[::-1]])


def _ways(park: Mapping[str, object], style: Style) -> list[Chart]:
    """Heat from outside today and in the three ways of recovering it."""
    ways = [w for w in HEAT_WAYS if not empty(park.get(f"{w}heating_kw"))]
    if len(ways) < 2:
        return []
    series = [
        Series(style.t("heat.heating"), HOT, [_number(park, f"{w}heating_kw") for w in ways]),
        Series(style.t("heat.cooling"), COLD, [_number(park, f"{w}cooling_kw") for w in ways]),
    ]
    return bars(style, "heat_ways", [style.t(f"heat.way.{w or 'today'}") for w in ways], series, "kW", width=WIDE)


def _ways_table(
    park: Mapping[str, object],
    name: str,
    ways: Sequence[tuple[str, str, str]],
    unit: str,
    heads: Sequence[str],
    style: Style,
    extra: Sequence[tuple[str, float, float, bool]] = (),
) -> list[Table]:
    """Targets of the whole park, a row a way: its name, the two figures (columns of the park's row), what is saved of the first.

    ``extra`` are further ways with their figures, and whether they rest on estimates.
    """
    guessed = set(str(park.get("estimated") or "").split(";"))
    need, lines = _number(park, ways[0][1]), []
    rows = [
        (label, _number(park, one), _number(park, two), one in guessed)
        for label, one, two in ways
        if not empty(park.get(one))
    ]
    for label, one, two, guess in [*rows, *extra]:
        values = (one, two, need - one, 100 * (need - one) / need if need else 0.0)
        lines.append([label, *(Cell(significant(v), repr(v), guess and v != 0) for v in values)])
    head = [
        style.t("targets.way"),
        *(f"{h} ({style.unit(unit).label})" for h in (*heads, style.t("targets.saved"))),
    ]
    titles = [(head[0], False), *((h, True) for h in head[1:]), (style.t("targets.share"), True)]
    return [plain_table(name, style.t("targets.park", title=style.t(f"table.{name}")), titles, lines)]


def _as_links(section: Section, style: Style) -> list[tuple[str, float, float, bool]]:
    """The target at the approach of links, which the step's figures measure the links against."""
    found = [section.numbers.get(f"heat_{side}_target_kw") for side in ("hot", "cold")]
    hot, cold = (None if f is None else f.value for f in found)
    guessed = any(f is not None and f.estimated_share > 0 for f in found)
    return [] if hot is None or cold is None else [(style.t("heat.way.links"), hot, cold, guessed)]


def _firms(name: str, frame: pd.DataFrame, by: str, style: Style, names: Names) -> list[Table]:
    """Targets of each firm on its own, in a folded table."""
    columns = [c for c in fields(name, frame, style.lang) if c not in {"target_id", "scope", "estimated"}]
    caption = style.t("targets.firms", title=style.t(f"table.{name}"))
    return table(name, frame[frame["scope"] != "park"], columns, style, names, by, caption, folded=True)


def _water_lead(park: Mapping[str, object], style: Style) -> str:
    need = _number(park, "demand_t_d")

    def less(column: str) -> str:
        return style.quantity(need - _number(park, column), "t/d")

    saving = _number(park, "saving_t_d")
    return style.t(
        "water.lead",
        need=style.quantity(need, "t/d"),
        own=less("own_fresh_t_d"),
        reuse=less("reuse_fresh_t_d"),
        treat=less("treat_fresh_t_d"),
        share=significant(100 * saving / need) if need else "0",
    )


def _water_composites(park: Mapping[str, object], points: pd.DataFrame, style: Style) -> list[Chart]:
    """Source and demand composite of the governing contaminant."""
    curves = _curves(points, "flow_t_d", "load_kg_d")
    demand, source = curves.get("demand", np.empty((0, 2))), curves.get("source", np.empty((0, 2)))
    if len(demand) < 2 or len(source) < 2:
        return []
    what = style.code("contaminant", str(points["contaminant"].iloc[0]))
    fresh = float(source[1, 0]) if source[1, 1] == 0 else 0.0
    need, given = float(demand[-1, 0]), float(source[-1, 0])
    spans = [
        Span(style.t("water.fresh"), COLD, 0.0, fresh),
        Span(style.t("water.reused"), RECOVERED, fresh, need),
        Span(style.t("water.waste"), colour("utility", "wastewater"), need, given),
    ]
    marks = []
    touch = _touch(demand, source, fresh)
    if touch is not None and not empty(park.get("pinch_mg_l")):
        label = style.t("water.pinch", what=what, at=style.quantity(_number(park, "pinch_mg_l"), "mg/L"))
        marks.append(Mark(label, *touch))
    title = style.t("water.composites", what=what)
    # what lies beyond the demands only has to be known by its amount: a steep tail would flatten the part that matters
    shown = source[source[:, 0] <= need]
    tail = [need, float(np.interp(need, source[:, 0], source[:, 1]))]
    lines = [
        Line(style.t("water.demand"), DARK, demand),
        Line(style.t("water.source"), COLD, np.vstack([shown, tail])),
    ]
    svg = line_chart(lines, style.t("water.flow"), style.t("water.load", what=what), title, spans, marks)
    return [Chart(title, svg, style.t("water.composites.note", what=what))]


def _touch(demand: np.ndarray, source: np.ndarray, fresh: float) -> tuple[float, float] | None:
    """Where the composites meet behind the fresh water."""
    at = np.unique(np.r_[demand[:, 0], source[:, 0]])
    at = at[(at >= fresh) & (at > 0) & (at <= demand[-1, 0])]
    apart = np.interp(at, *demand.T) - np.interp(at, *source.T)
    near = np.flatnonzero(apart <= 1e-6 * max(float(demand[-1, 1]), 1e-9))
    return (float(at[near[-1]]), float(np.interp(at[near[-1]], *demand.T))) if len(near) else None


def _supply(supply: pd.DataFrame, style: Style, names: Names) -> list[Chart]:
    """Water of each source, today and planned."""
    order = [code for code in resources.codes("water_source") if code in set(supply["source_kind"])]
    total = supply.groupby("source_kind")["flow_t_d"].sum()
    shades = [colour(*SOURCES.get(code, ("series", "12"))) for code in order]
    one = Series(style.t("chart.water_supply.value"), shades[0], [float(total[code]) for code in order], shades)
    label = [style.code("water_source", code) for code in order]
    return bars(style, "water_supply", label, [one], "t/d", width=WIDE)
