"""Of the section on land use: limits that are missed, land that could be won, land asleep, firms per hectare."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from . import symbology
from .charts import WIDE, Series, bar_chart
from .describe import Field, Names, cell, fields, origin, records
from .landparts import HA, LONG, Tables, coded, confirm, has, interval
from .numbers import Style, empty, significant, whole
from .parts import Block, Chart, Section, Table, table
from .symbology import colour

KINDS = ("expansion", "structural", "intensity", "managerial")
SHOWN = 200


def checks(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Which limits were checked and missed, and what would mend each miss."""
    block = Block(style.t("land.checks"))
    checks = tables.get("intensity_checks")
    if checks is None or not has(checks, "indicator", "met", "value", "limit_value"):
        return block
    described = fields("intensity_checks", checks, style.lang)
    met = checks["met"].astype(bool)
    count = checks.assign(met=met).groupby(["indicator", "met"]).size().unstack(fill_value=0)
    order = sorted(count.index, key=lambda name: (-count.loc[name].get(False, 0), str(name)))
    label = [cell(described["indicator"], name, style) for name in order]
    series = [
        Series(
            style.t(f"land.{key}"), colour("standard_met", key), [float(count.loc[n].get(yes, 0)) for n in order]
        )
        for key, yes in (("not_met", False), ("met", True))
    ]
    title = style.t("chart.checks")
    svg = bar_chart(
        label,
        series,
        style.t("chart.checks.value"),
        style.t("chart.checks.category"),
        title,
        stacked=True,
        width=WIDE,
    )
    block.lead.append(style.t("land.checks.lead", missed=whole((~met).sum()), all=whole(len(met))))
    block.charts += [Chart(title, svg)] if svg else []
    missed = checks[~met]
    far = (missed["shortfall"] / missed["limit_value"].abs().where(missed["limit_value"] != 0)).fillna(np.inf)
    missed = missed.iloc[np.argsort(-far.to_numpy(float), kind="stable")]
    first = missed.head(SHOWN)
    first = first.assign(
        mend=[_mend(described, row, style) for row in records(first)],
        limit_source=[_limit_source(row, style) for row in records(first)],
    )
    columns = (
        "parcel_id",
        "indicator",
        "value",
        "limit_value",
        "unit",
        "shortfall",
        "mend",
        "limit_source",
        "confidence",
    )
    shown = table(
        "intensity_checks", first, columns, style, names, caption=style.t("table.missed_checks"),
        note=confirm(missed, style), folded=len(missed) > LONG,
    )  # fmt: skip
    block.tables += [_of(one, len(missed)) for one in shown]
    return block


def _of(one: Table, total: int) -> Table:
    return Table(one.name, one.title, one.heads, one.rows, total, one.note, one.guessed, one.folded)


def _mend(described: Mapping[str, Field], row: Mapping[str, object], style: Style) -> str:
    """What would mend a missed limit, with how much: the one or the other."""
    remedy = cell(described["remedy"], row.get("remedy"), style) if "remedy" in described else ""
    parts = []
    for name in ("add_m2", "add_cur", "reduce_m2", "release_m2"):
        amount = row.get(name)
        if name in described and isinstance(amount, float) and amount > 0:
            unit = "currency" if name == "add_cur" else "m2"
            parts.append(style.t(f"land.mend.{name}", amount=style.quantity(amount, unit, big=True)))
    if not parts:
        return remedy
    return style.t("land.mend", remedy=remedy, amounts=style.t("land.mend.or").join(parts))


def _limit_source(row: Mapping[str, object], style: Style) -> str:
    source = (
        ""
        if empty(row.get("source"))
        else style.t("land.plan")
        if row["source"] == "plan"
        else origin(str(row["source"]), style)
    )
    parts = [
        source,
        *("" if empty(row.get(name)) else origin(str(row[name]), style) for name in ("edition", "clause")),
    ]
    text = style.t("comma").join(part for part in parts if part)
    return text + (style.t("land.superseded") if row.get("superseded") is True else "")


def potential(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """The four potentials with what each rests on, and how long the land lasts."""
    block = Block(style.t("land.potential"))
    frame = tables.get("intensity_potential")
    if frame is None or not has(frame, "potential_id", "potential", "area_ha", "counted"):
        return block
    described = fields("intensity_potential", frame, style.lang)
    counted = frame[frame["counted"].astype(bool)].groupby("potential")["area_ha"].sum()
    kinds = [kind for kind in KINDS if kind in counted.index]
    shades = [colour("series", str(i + 1)) for i in range(len(kinds))]
    one = Series(
        style.t("chart.potential.value"), shades[0] if shades else "", [float(counted[k]) for k in kinds], shades
    )
    label = [cell(described["potential"], kind, style) for kind in kinds]
    title = style.t("chart.potential")
    value = f"{style.t('chart.potential.value')} ({style.unit('ha').label})"
    svg = bar_chart(label, [one], value, style.t("chart.potential.category"), title, width=WIDE)
    block.charts += [Chart(title, svg)] if svg else []
    block.lead += [style.t("land.potential.lead"), _supply(section, style)]
    block.lead = [text for text in block.lead if text]
    park = tables.get("intensity_park")
    unit = dict(zip(park["indicator"], park["unit"], strict=True)) if has(park, "indicator", "unit") else {}
    order = {kind: i for i, kind in enumerate(KINDS)}
    # what has run out is no share of an indicator: only its hectares say something
    ended = frame["potential_id"].astype(str).str.endswith("/expired")
    frame = frame.assign(value=frame["value"].mask(ended), indicator=frame["indicator"].mask(ended, ""))
    rows = frame.assign(unit=[unit.get(code, "") for code in frame["indicator"]])
    rows = rows.iloc[np.argsort([order.get(kind, 9) for kind in rows["potential"]], kind="stable")]
    rows = rows.assign(rests_on=[_rests_on(described["indicator"], row, style) for row in records(rows)])
    columns = ("potential", "rests_on", "value", "ideal", "unit", "ideal_basis", "area_ha", "counted", "note")
    block.tables += table("intensity_potential", rows, columns, style, names)
    return block


def _rests_on(field: Field, row: Mapping[str, object], style: Style) -> str:
    detail = str(row["potential_id"]).partition("/")[2]
    return style.t(f"land.rests_on.{detail}") if detail in {"idle", "expired"} else coded(field, row, style)


def _supply(section: Section, style: Style) -> str:
    """Years of supply in a sentence; why not, where they cannot be said."""
    figures = section.numbers
    pace, years, every = (figures.get(name) for name in ("supply_pace", "supply_years", "supply_years_all"))
    if pace is None or pace.value is None:
        return style.t("land.supply.unknown") if pace is not None else ""
    if years is None or years.value is None or every is None or every.value is None:
        return style.t("land.supply.none")
    return style.t(
        "land.supply",
        pace=style.quantity(pace.value, "ha"),
        years=significant(years.value),
        all=significant(every.value),
    )


def asleep(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Land asleep by kind, and the list of it, the largest first."""
    block = Block(style.t("land.asleep"))
    land = tables.get("intensity_parcels")
    if land is None or not has(land, "asleep", "asleep_m2"):
        return block
    look = symbology.looks()["asleep"]
    legend = symbology.classes(look, land, style)
    areas = [float(land.loc[land["asleep"] == c.value, "asleep_m2"].sum()) / HA for c in legend]
    one = Series(style.t("chart.asleep.value"), "#fd8d3c", areas, [c.colour for c in legend])
    title, value = style.t("chart.asleep"), f"{style.t('chart.asleep.value')} ({style.unit('ha').label})"
    svg = bar_chart([c.label for c in legend], [one], value, style.t("chart.asleep.category"), title, width=WIDE)
    block.charts += [Chart(title, svg)] if svg else []
    asleep = land[land["asleep"] != "none"]
    columns = (
        "asleep_rank", "parcel_id", "zone", "enterprises", "land_use", "area_m2", "plot_ratio", "score", "asleep",
        "asleep_m2", "reason",
    )  # fmt: skip
    block.tables += table(
        "intensity_parcels", asleep, columns, style, names, "asleep_m2", style.t("table.asleep_parcels"),
        folded=len(asleep) > LONG,
    )  # fmt: skip
    return block


def enterprises(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Firms beside each other, per hectare of the land they use."""
    block = Block(style.t("land.enterprises"))
    frame = tables.get("intensity_enterprises")
    if frame is None or not has(frame, "enterprise_id", "land_m2"):
        return block
    if {"rank", "rank_from", "rank_to"} <= set(frame.columns):
        rank = frame["rank"].fillna(0).to_numpy(int)
        frame = frame.assign(
            rank=pd.Series(rank, frame.index, dtype="Int64").mask(rank == 0),
            rank_interval=np.where(rank > 0, interval(frame), ""),
        ).iloc[np.argsort(np.where(rank > 0, rank, len(rank) + 1), kind="stable")]
    columns = (
        "rank", "rank_interval", "enterprise_id", "sector", "land_m2", "plot_ratio", "investment_cur_ha", "output_cur_ha",
        "tax_cur_ha", "staff_ha", "energy_tce_ha", "water_t_ha", "co2_t_ha", "air_t_ha", "score",
    )  # fmt: skip
    block.tables += table(
        "intensity_enterprises",
        frame,
        columns,
        style,
        names,
        note=style.t("land.per_hectare"),
        folded=len(frame) > LONG,
    )
    return block
