"""The charts and tables of each step: which finding is shown how. A missing table leaves its part out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import symbology
from .charts import WIDE, Series
from .describe import Names, title
from .exchange import links
from .grouping import clusters
from .land import intensity
from .landparts import Tables, has
from .numbers import Style
from .parts import Section, bars, table
from .siting import siting
from .symbology import colour


def networks(section: Section, tables: Tables, style: Style, names: Names) -> None:
    pipes = tables.get("network_pipes")
    if not has(pipes, "utility", "length_m"):
        return
    order = [u for u in symbology.palette("utility") if u in set(pipes["utility"])]
    label = [style.code("utility", u) for u in order]
    shades = [colour("utility", u) for u in order]
    km = pipes.groupby("utility")["length_m"].sum() / 1000
    one = Series(style.t("chart.length.value"), shades[0], [float(km[u]) for u in order], shades)
    section.charts += bars(style, "length", label, [one], "km")
    groups = pipes.groupby(["utility", "dn_mm"], dropna=False)
    money = style.unit("currency")
    if "investment_cur" in pipes:
        cost = pipes.groupby("utility")["investment_cur"].sum() * money.factor
        one = Series(style.t("chart.pipe_cost.value"), shades[0], [float(cost[u]) for u in order], shades)
        section.charts += bars(style, "pipe_cost", label, [one], money.label)
    spread = {
        c: ("sum" if c in {"length_m", "investment_cur"} else "max")
        for c in ("length_m", "velocity_m_s", "loss_pa_m", "investment_cur")
        if c in pipes
    }
    by_dn = groups.agg(spread).reset_index()
    section.tables += table(
        "network_pipes", by_dn, ("utility", "dn_mm", *spread), style, names, caption=style.t("table.by_diameter"),
        note=style.t("table.by_diameter.note"),
    )  # fmt: skip


def outcomes(section: Section, tables: Tables, style: Style, names: Names) -> None:
    frame = tables.get("outcomes")
    if not has(frame, "outcome_id", "today", "planned"):
        return
    rows = frame[frame["today"].notna() & (frame["today"] > 0) & frame["planned"].notna()]
    label = [outcome_label(str(k), style) for k in rows["outcome_id"]]
    share = [100.0 * float(p) / float(t) for t, p in zip(rows["today"], rows["planned"], strict=True)]
    series = [
        Series(style.t("today"), colour("chart", "today"), [100.0] * len(rows)),
        Series(style.t("planned"), colour("chart", "planned"), share),
    ]
    section.charts += bars(style, "outcomes", label, series, "%", width=WIDE)
    columns = (
        "outcome_id", "today", "planned", "difference", "unit", "estimated_share", f"note_{style.lang}", "source",
    )  # fmt: skip
    if "estimated_share" in frame:
        marks = np.where(frame["estimated_share"].fillna(0.0) > 0, "today;planned;difference", "")
        frame = frame.assign(estimated=marks)
    section.tables += table("outcomes", frame, columns, style, names)


def outcome_label(outcome: str, style: Style) -> str:
    """The name of an outcome, from the outcomes' own texts."""
    from parkloop import resources

    return resources.texts(style.lang).get(f"outcomes.figure.{outcome}", outcome)


def other(section: Section, tables: Tables, style: Style, names: Names, own: list[str]) -> None:
    """A step that has no page of its own yet: its tables as they are."""
    for name in own:
        wanted = [c for c in tables[name].columns if c not in {"geometry", "estimated"}][:9]
        section.tables += table(name, tables[name], wanted, style, names, caption=title(name, style.lang))


BY_STEP: dict[str, Callable[[Section, Tables, Style, Names], None]] = {
    "intensity": intensity,
    "links": links,
    "clusters": clusters,
    "siting": siting,
    "networks": networks,
    "outcomes": outcomes,
}
THEME = {"intensity": "land", "links": "links", "clusters": "clusters", "siting": "sites", "networks": "networks"}
