"""Sectors or zones beside each other: charts to choose from, and a table of what matters of each."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .charts import WIDE, Series, bar_chart
from .numbers import Style, empty, significant
from .parts import Cell, Chart, Table, plain_table
from .symbology import colour

# The total score and what a planner compares of parts of a park; A31 tells of zones, whose land is not all industrial.
CHOSEN = {
    "sector": ("F", "A33", "A34", "B11", "B12", "B13"),
    "zone": ("F", "A31", "A33", "A34", "B11", "B12", "B13"),
}
# The limit of the control indicators that an indicator is held against.
MINIMUM = {
    "A33": "plot_ratio_min",
    "A34": "building_coefficient_min",
    "B11": "investment_min",
    "B12": "output_min",
    "B13": "tax_min",
}
MOST_BARS = 25


def compared(
    kind: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame], style: Style
) -> tuple[list[tuple[str, Chart]], list[Table]]:
    """Charts by indicator, with the name of each, and one table of all.

    Parameters
    ----------
    kind
        ``sector`` or ``zone``.
    frame
        Rows of ``intensity_groups`` of that kind.
    """
    area = frame.groupby("group_name")["area_ha"].first()
    total = frame[frame["indicator"] == "F"].set_index("group_name")["score"].reindex(area.index)
    order = (
        pd.DataFrame({"score": -total.fillna(-1.0), "area": -area})
        .sort_values(["score", "area"], kind="stable")
        .index
    )
    named = {name: _named(kind, str(name), style) for name in order}
    least = _minima(tables) if kind == "sector" else {}
    charts, columns = [], []
    for code in CHOSEN[kind]:
        rows = frame[frame["indicator"] == code].set_index("group_name")
        if rows.empty or rows["value"].isna().all():
            continue
        rows = rows.reindex(order)
        columns.append((code, rows))
        chart = _chart(kind, code, rows, area, named, tables, least.get(code, {}), style)
        if chart:
            charts.append((_title(code, style), chart))
    return charts, [_table(kind, list(order), area, named, columns, style)] if columns else []


def _title(code: str, style: Style) -> str:
    name = style.code("intensity_indicator", code)
    return name if code == "F" else f"{code} {name}"


def _named(kind: str, name: str, style: Style) -> str:
    called = style.code("sectors", name) if kind == "sector" else name
    return f"{name} {called}" if called != name else name


def _chart(
    kind: str,
    code: str,
    rows: pd.DataFrame,
    area: pd.Series,
    named: Mapping[str, str],
    tables: Mapping[str, pd.DataFrame],
    least: Mapping[str, float],
    style: Style,
) -> Chart | None:
    """Bars of one indicator, the largest first, with the ideal or the park's score, and the minimum of each sector."""
    shown = rows[rows["value"].notna()].sort_values("value", ascending=False, kind="stable")
    more = len(shown) - MOST_BARS
    shown = shown.head(MOST_BARS)
    unit = style.unit(next((u for u in shown["unit"] if not empty(u)), ""))
    values = [float(v) * unit.factor for v in shown["value"]]
    hectares = style.unit("ha")
    label = [named[name] for name in shown.index]
    sizes = [hectares.text(float(area[name])) for name in shown.index]
    if code == "F":
        park = tables.get("intensity_park")
        whole = float((park["score"] * park["weight"]).sum()) if park is not None and len(park) else None
        limit = (whole, style.t("chart.groups.park", score=significant(whole))) if whole else None
    else:
        ideal = shown["ideal"].dropna()
        limit = (float(ideal.iloc[0]) * unit.factor, style.t("chart.groups.ideal")) if len(ideal) else None
    marks = [v * unit.factor if (v := least.get(str(name))) is not None else None for name in shown.index]
    title = style.t(f"chart.groups.{kind}", indicator=_title(code, style))
    value = (
        f"{style.code('intensity_indicator', code)} ({unit.label})"
        if unit.label
        else style.code("intensity_indicator", code)
    )
    svg = bar_chart(
        label, [Series(title, colour("chart", "accent"), values)], value, style.t(f"land.groups.{kind}"), title,
        limit=limit, width=WIDE, beside=(sizes, style.t("chart.groups.area")), marks=(marks, style.t("chart.groups.minimum")),
    )  # fmt: skip
    return Chart(title, svg, style.t("chart.groups.more", count=more) if more > 0 else "") if svg else None


def _minima(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, float]]:
    """By indicator, the middle limit of the standard over the parcels of each sector, where there is one."""
    checks, land = tables.get("intensity_checks"), tables.get("intensity_parcels")
    if checks is None or land is None or "sector" not in land or checks.empty:
        return {}
    some = checks[checks["indicator"].isin(MINIMUM.values())]
    sector = some["parcel_id"].map(dict(zip(land["parcel_id"], land["sector"], strict=True)))
    middle = some["limit_value"].groupby([some["indicator"], sector]).median()
    found: dict[str, dict[str, float]] = {}
    for code, limit in MINIMUM.items():
        if limit in middle.index.get_level_values(0):
            found[code] = {str(name): float(v) for name, v in middle[limit].items()}
    return found


def _table(
    kind: str,
    order: list[str],
    area: pd.Series,
    named: Mapping[str, str],
    columns: list[tuple[str, pd.DataFrame]],
    style: Style,
) -> Table:
    """A row for each group, a column for each indicator."""
    hectares = style.unit("ha")
    heads = [(style.t(f"land.groups.{kind}"), False), (f"{style.t('chart.groups.area')} ({hectares.label})", True)]
    lines: list[list[object]] = [
        [named[name], (significant(float(area[name])), float(area[name]))] for name in order
    ]
    for code, rows in columns:
        unit = style.unit(next((u for u in rows["unit"] if not empty(u)), ""))
        heads.append((f"{_title(code, style)} ({unit.label})" if unit.label else _title(code, style), True))
        guessed = (
            rows["estimated"].fillna("").astype(str) if "estimated" in rows else pd.Series("", index=rows.index)
        )
        for line, value, marks in zip(lines, rows["value"], guessed, strict=True):
            if empty(value):
                line.append(Cell(""))
                continue
            shown = float(value) * unit.factor
            line.append(Cell(significant(shown), repr(shown), "value" in marks.split(";")))
    caption = style.t(f"land.groups.{kind}.table")
    return plain_table(
        "intensity_groups", caption, heads, lines, style.t("land.groups.note"), folded=len(lines) > 8
    )
