"""The section on clusters: a card for each, how sure they are, and what other methods find.

A part is left out where its table is missing or empty.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from . import symbology
from .charts import WIDE, Series
from .describe import Field, Names, fields, records, value_with_unit
from .landparts import HA, LONG, Tables, has
from .numbers import Style, empty, significant
from .parts import Block, Chart, Profile, Section, bars, table

CARDS = 12  # most cards; of the others the table tells
NAMED = 4  # firms named on a card
CHANCE = 0.05  # from this share of random graphs on, a group is not called more than chance
KINDS = (
    ("material", "material_today_t_a", "material_proposed_t_a"),
    ("heat", "heat_today_kw", "heat_proposed_kw"),
    ("water", "water_today_t_d", "water_proposed_t_d"),
)


def clusters(section: Section, tables: Tables, style: Style, names: Names) -> None:
    """Fill the section of the step ``clusters``."""
    areas, profiles, members = (tables.get(f"cluster_{name}") for name in ("areas", "profiles", "members"))
    frame = profiles if profiles is not None and len(profiles) else areas
    if frame is not None and has(frame, "cluster_id", "firms"):
        shades = _colours(areas, style, names)
        ordered = frame.sort_values("firms", ascending=False, kind="stable")
        section.profiles = [
            _profile(row, frame, shades.get(str(row["cluster_id"]), "#969696"), members, style, names)
            for row in records(ordered.head(CARDS))
        ]
        if len(frame) > CARDS:
            section.profile_note = style.t("clusters.more", shown=CARDS, all=len(frame))
        section.charts += _inside(ordered, shades, style, names)
        columns = (
            f"name_{style.lang}", "firms", "sectors", "staff", "output_cur_a", "land_m2", "benefit_cur_a",
            "internal_weight_share", "stability", "p_value",
        )  # fmt: skip
        name = "cluster_profiles" if frame is profiles else "cluster_areas"
        section.tables += table(name, frame, columns, style, names, "firms", folded=frame is profiles)
    listed = ("enterprise_id", "cluster_id", "role", "strength", "inside_share", "second_cluster_id", "stability")
    folded = members is not None and len(members) > LONG
    section.tables += table("cluster_members", members, listed, style, names, "strength", folded=folded)
    block = _methods(tables.get("cluster_methods"), style, names)
    section.blocks += [block] if block else []


def _colours(areas: pd.DataFrame | None, style: Style, names: Names) -> dict[str, str]:
    """The colour of each cluster, as on the map."""
    if areas is None or not has(areas, "cluster_id"):
        return {}
    return {c.value: c.colour for c in symbology.classes(symbology.looks()["cluster_areas"], areas, style, names)}


def _inside(frame: pd.DataFrame, shades: Mapping[str, str], style: Style, names: Names) -> list[Chart]:
    """How much of the ties of each cluster stays inside."""
    if not has(frame, "internal_weight_share"):
        return []
    known = frame[frame["internal_weight_share"].notna()].head(2 * CARDS)
    colours = [shades.get(str(key), "#969696") for key in known["cluster_id"]]
    shares = [100.0 * float(v) for v in known["internal_weight_share"]]
    called = names.get("cluster_areas", {})
    label = [called.get(str(key), str(key)) for key in known["cluster_id"]]
    one = Series(style.t("chart.cluster.value"), colours[0] if colours else "", shares, colours)
    return bars(style, "cluster", label, [one], "%", width=WIDE)


def _profile(
    row: Mapping[str, object],
    frame: pd.DataFrame,
    colour: str,
    members: pd.DataFrame | None,
    style: Style,
    names: Names,
) -> Profile:
    described = fields("cluster_profiles", frame, style.lang)
    lines = []

    def add(key: str, text: str) -> None:
        if text:
            lines.append((style.t(f"clusters.card.{key}"), text))

    add("firms", value_with_unit(described["firms"], row, style, names))
    name, chain = (row.get(f"{part}_{style.lang}") for part in ("name", "chain"))
    add("chain", "" if empty(chain) or str(chain) in str(name) else str(chain))
    core, bridges = (
        _firms(row, column, role, members, style, names)
        for column, role in (("core_firms", "core"), ("bridges", "bridge"))
    )
    add("core", core)
    add("bridges", bridges)
    guessed = set(str(row.get("estimated") or "").split(";"))
    for kind, today, proposed in KINDS:
        add(kind, _amounts(row, described, today, proposed, guessed, style))
    for key, column in (("benefit", "benefit_cur_a"), ("output", "output_cur_a")):
        if column in described and not empty(row.get(column)):
            value = style.quantity(row[column], described[column].unit, big=True)
            add(key, ("≈ " if column in guessed else "") + value)
    if not empty(row.get("land_m2")):
        add("land", style.quantity(float(row["land_m2"]) / HA, "ha"))  # type: ignore[arg-type]
    if not empty(row.get("internal_weight_share")):
        add("inside", style.quantity(row["internal_weight_share"], "share"))
    if not empty(row.get("stability")):
        add("stability", significant(float(row["stability"])))  # type: ignore[arg-type]
    if not empty(row.get("p_value")):
        p = float(row["p_value"])  # type: ignore[arg-type]
        add(
            "significance",
            style.t(
                "clusters.more_than_chance" if p < CHANCE else "clusters.chance", p=significant(p, 2) if p else "0"
            ),
        )
    flows = row.get(f"flows_{style.lang}")
    return Profile(
        str(row["cluster_id"] if empty(name) else name), colour, lines, "" if empty(flows) else str(flows)
    )


def _firms(
    row: Mapping[str, object], column: str, role: str, members: pd.DataFrame | None, style: Style, names: Names
) -> str:
    """The names of a cluster's firms of one role, the strongest first, the rest counted."""
    if column in row:
        firms = [] if empty(row[column]) else str(row[column]).split(";")
    elif members is not None and has(members, "cluster_id", "role"):
        mine = members[(members["cluster_id"] == row["cluster_id"]) & (members["role"] == role)]
        firms = mine.sort_values("strength", ascending=False, kind="stable")["enterprise_id"].tolist()
    else:
        firms = []
    called = names.get("enterprises", {})
    text = style.t("comma").join(called.get(firm, firm) for firm in firms[:NAMED])
    return style.t("clusters.others", names=text, count=len(firms) - NAMED) if len(firms) > NAMED else text


def _amounts(
    row: Mapping[str, object],
    described: Mapping[str, Field],
    today: str,
    proposed: str,
    guessed: set[str],
    style: Style,
) -> str:
    """What is exchanged inside today and with the plan."""
    if today not in described:
        return ""
    unit = described[today].unit
    now = 0.0 if empty(row.get(today)) else float(row[today])  # type: ignore[arg-type]
    more = 0.0 if empty(row.get(proposed)) else float(row[proposed])  # type: ignore[arg-type]
    if not now and not more:
        return ""
    mark = "≈ " if guessed & {today, proposed} else ""
    return mark + style.t("clusters.amounts", today=significant(now), planned=style.quantity(now + more, unit))


def _methods(frame: pd.DataFrame | None, style: Style, names: Names) -> Block:
    """What other methods make of the same ties."""
    block = Block(style.t("methods.title"), method=style.t("methods.method"))
    if frame is None or not has(frame, "method", "agreement"):
        return block
    others = frame[~frame["chosen"].astype(bool)] if "chosen" in frame else frame
    if len(others):
        parts = [
            style.t("methods.part", method=style.code("cluster_method", str(m)), agreement=significant(float(a)))
            for m, a in zip(others["method"], others["agreement"], strict=True)
            if not empty(a)
        ]
        block.lead.append(style.t("methods.lead", parts=style.t("comma").join(parts)))
    columns = ("method", "chosen", "groups", "modularity", "internal_weight_share", "agreement", "distance_m")
    block.tables += table("cluster_methods", frame, columns, style, names)
    return block
