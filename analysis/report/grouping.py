"""The section on clusters: a card for each, how sure they are, and what other methods find.

A part is left out where its table is missing or empty.
"""

from __future__ import annotations

from . import symbology
from .charts import WIDE, Series
from .describe import Names, fields
from .landparts import Tables, has
from .numbers import Style, empty
from .parts import Section, bars, table


def clusters(section: Section, tables: Tables, style: Style, names: Names) -> None:
    """Fill the section of the step ``clusters``."""
    frame = tables.get("cluster_areas")
    if has(frame, "internal_weight_share"):
        look = symbology.looks()["cluster_areas"]
        legend = symbology.classes(look, frame, style, names)
        value = dict(zip(frame["cluster_id"].astype(str), frame["internal_weight_share"], strict=True))
        unit = fields("cluster_areas", frame, style.lang)["internal_weight_share"].unit
        factor = 1.0 if unit == "%" else 100.0
        shares = [None if empty(value[c.value]) else factor * float(value[c.value]) for c in legend]
        one = Series(
            style.t("chart.cluster.value"),
            legend[0].colour if legend else "#000000",
            shares,
            [c.colour for c in legend],
        )
        section.charts += bars(style, "cluster", [c.label for c in legend], [one], "%", width=WIDE)
    columns = (f"name_{style.lang}", "firms", "sectors", "internal_weight_share", "stability")
    section.tables += table("cluster_areas", frame, columns, style, names, "firms")
    members = tables.get("cluster_members")
    section.tables += table(
        "cluster_members", members, ("enterprise_id", "cluster_id", "role", "strength"), style, names, "strength"
    )
