"""The section on land use: indicators against their ideals, parcels, sectors, zones, limits, potential, sleeping land.

Every part is left out where its table is missing or says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from markupsafe import Markup

from . import landlimits, symbology
from .charts import WIDE, Series, bar_chart, histogram
from .describe import Field, Names, cell, fields, records, row_unit, value_with_unit
from .landgroups import compared
from .landparts import HA, Tables, coded, confirm, has, interval
from .numbers import Style, whole
from .parts import Block, Chart, Section, table
from .symbology import colour

BIN = 5.0  # points of score to a bar
GOALS = {"A": "1", "B": "2", "C": "3"}  # colours of the goals
# Key figures that the parts below tell with what they rest on.
TOLD_BELOW = {
    "vacant",
    "idle",
    "under_used",
    "wrong_use",
    "unsupplied",
    "supply_pace",
    "supply_years",
    "supply_years_all",
}
TOLD_BELOW |= {f"potential_{kind}" for kind in ("expansion", "structural", "intensity", "managerial")}


def intensity(section: Section, tables: Tables, style: Style, names: Names) -> None:
    """Fill the section of the step ``intensity``."""
    land = tables.get("intensity_parcels")
    if has(land, "score", "asleep"):
        section.lead = style.t("intensity.two_questions")
    parts: list[Callable[[Section, Tables, Style, Names], Block]] = [
        _indicators, _parcels, _groups, landlimits.checks, landlimits.potential, landlimits.asleep, landlimits.enterprises,
    ]  # fmt: skip
    section.blocks = [block for block in (part(section, tables, style, names) for part in parts) if block]


def _indicators(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Each indicator against its ideal value, those left out with the reason, and the weights."""
    block = Block(style.t("land.indicators"))
    frame = tables.get("intensity_park")
    if frame is not None and has(frame, "indicator", "score", "weight"):
        block.lead.append(style.t("land.indicators.lead"))
        counted = frame[frame["weight"] > 0]
        described = fields("intensity_park", frame, style.lang)
        label = [coded(described["indicator"], row, style) for row in records(counted)]
        told = [_of_ideal(described, row, style) for row in records(counted)]
        shades = [colour("series", GOALS.get(str(code)[:1], "8")) for code in counted["indicator"]]
        one = Series(described["score"].label, shades[0] if shades else "", list(counted["score"]), shades)
        title = style.t("chart.profile")
        limit = (100.0, style.t("chart.profile.limit"))
        svg = bar_chart(
            label, [one], style.t("chart.profile.value"), style.t("chart.profile.category"), title,
            limit=limit, width=WIDE, beside=(told, style.t("chart.profile.beside")),
        )  # fmt: skip
        block.charts += [Chart(title, svg)] if svg else []
        columns = ["indicator", "value", "unit", "ideal", "score", "weight", "ideal_basis", "source", "confidence"]
        columns += ["estimated_share"] if (counted.get("estimated_share", pd.Series(0.0)) > 0).any() else []
        every = frame.assign(indicator=[coded(described["indicator"], row, style) for row in records(frame)])
        block.tables += table(
            "intensity_park",
            every[frame["weight"] > 0],
            (*columns, "note"),
            style,
            names,
            note=confirm(counted, style),
        )
        out = every[~(frame["weight"] > 0)]
        if "note" in out:
            caption = style.t("land.left_out")
            block.tables += table(
                "intensity_park", out, ("indicator", "value", "unit", "note"), style, names, caption=caption
            )
    weights = tables.get("intensity_weights")
    if weights is not None and has(weights, "code", "parent", "weight"):
        own = dict(zip(weights["code"], weights["weight"], strict=True))
        above = dict(zip(weights["code"], weights["parent"].fillna(""), strict=True))
        code = Field("code", "", codes="intensity_level")
        shown = weights.assign(
            code=[coded(code, row, style) for row in records(weights)],
            total_weight=[_product(name, own, above) for name in weights["code"]],
        )
        judged = "consistency_ratio" in weights and weights["consistency_ratio"].notna().any()
        block.tables += table(
            "intensity_weights", shown, ("code", "weight", "total_weight", "basis", "consistency_ratio"), style, names,
            note=style.t("land.weights.judged" if judged else "land.weights.not_judged"), folded=True,
        )  # fmt: skip
    return block


def _product(code: str, weight: Mapping[str, float], above: Mapping[str, str]) -> float:
    """The weight of an indicator in the whole: the product along its levels."""
    return weight[code] * (_product(above[code], weight, above) if above.get(code) in weight else 1.0)


def _of_ideal(described: Mapping[str, Field], row: Mapping[str, object], style: Style) -> str:
    """Value and ideal with the unit once."""
    ideal = value_with_unit(described["ideal"], row, style)
    value = cell(described["value"], row["value"], style, unit=row_unit(described["value"], row))
    mark = "≈ " if "value" in str(row.get("estimated") or "").split(";") else ""
    return mark + (f"{value} / {ideal}" if ideal else value_with_unit(described["value"], row, style))


def _parcels(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """How the scores of the parcels spread, and their ranks."""
    block = Block(style.t("land.parcels"))
    land = tables.get("intensity_parcels")
    if land is None or not has(land, "score", "area_m2", "score_class"):
        return block
    scored = land[land["score"].notna()]
    svg, title = _spread(scored, style), style.t("chart.score")
    silent = len(land) - len(scored)
    if svg:
        note = style.t("chart.score.unscored", count=whole(silent)) if silent else ""
        block.charts.append(Chart(title, svg, note))
    ranked = scored
    if {"rank", "rank_from", "rank_to"} <= set(scored.columns):
        ranked = scored[scored["rank"] > 0].sort_values(["rank", "parcel_id"], kind="stable")
        ranked = ranked.assign(rank_interval=interval(ranked))
    columns = (
        "rank", "rank_interval", "parcel_id", "enterprises", "land_use", "area_m2", "plot_ratio",
        "building_coefficient_pct", "investment_cur_ha", "output_cur_ha", "tax_cur_ha", "score",
        "score_class", "standard_met",
    )  # fmt: skip
    block.tables += table(
        "intensity_parcels", ranked, columns, style, names, caption=style.t("table.ranked_parcels"),
        note=style.t("land.ranks") if "rank_interval" in ranked else "", folded=True,
    )  # fmt: skip
    return block


def _spread(scored: pd.DataFrame, style: Style) -> Markup:
    """The area of parcels by score, in the colours of the classes, with the limits of the classes."""
    look = symbology.looks()["intensity_parcels"]
    legend = symbology.classes(look, scored, style)
    position = symbology.class_index(look, scored, legend)
    edges = np.arange(0.0, 100.0 + BIN, BIN)
    where = np.clip((scored["score"].to_numpy(float) / BIN).astype(int), 0, len(edges) - 2)
    hectares = scored["area_m2"].to_numpy(float) / HA
    series, limits = [], []
    for i, one in reversed(list(enumerate(legend))):  # the lowest class first, as on the axis
        mine = position == i
        area = np.bincount(where[mine], weights=hectares[mine], minlength=len(edges) - 1)
        label = style.t(
            "land.class", name=one.label, area=style.unit("ha").text(float(area.sum())), count=whole(mine.sum())
        )
        series.append(Series(label, one.colour, area.tolist()))
        span = scored["class_limits"][mine] if "class_limits" in scored else pd.Series(dtype=object)
        low = str(span.iloc[0]).split("–")[0] if len(span) else ""
        if low and float(low) > 0:
            limits.append((float(low), low))
    return histogram(
        edges.tolist(), series, f"{style.t('chart.score.value')} ({style.unit('ha').label})",
        style.t("chart.score.category"), style.t("chart.score"), limits,
    )  # fmt: skip


def _groups(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Sectors and zones beside each other and beside the park's ideal values and the minima of the standard."""
    block = Block(style.t("land.groups"))
    frame = tables.get("intensity_groups")
    if frame is None or not has(frame, "group_kind", "group_name", "indicator"):
        return block
    for kind in ("sector", "zone"):
        some = frame[frame["group_kind"] == kind]
        if some["group_name"].nunique() > 1:
            charts, rows = compared(kind, some, tables, style)
            if charts:
                block.choices.append((style.t(f"land.groups.{kind}"), charts))
            block.tables += rows
    return block
