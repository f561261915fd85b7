"""What the map tells of a firm, a parcel or a site beyond its own row: what is connected with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import pandas as pd

from .describe import Names, blank, cell, fields, records, title, value_with_unit
from .numbers import Style, empty

Facts = dict[str, dict[str, list[tuple[str, str]]]]
MOST = 8
# What results tell of a firm: table and column, under the text ``report.fact.<column>``.
OF_FIRMS = (("cluster_members", "cluster_id"), ("firm_benefits", "benefit_cur_a"), ("firm_loss", "loss_cur_a"))
OF_LAND = ("parcels", "intensity_parcels", "asleep")


def more(
    park: Mapping[str, pd.DataFrame],
    tables: Mapping[str, pd.DataFrame],
    style: Style,
    names: Names,
    told: Mapping[str, Collection[str]],
) -> Facts:
    """Facts (label, text) by layer and key of the row: a firm's land, flows and links; a parcel's firms.

    ``told`` are the keys of the rows, by layer, of which the map tells; of others nothing is looked up.
    """
    found: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    firm = names.get("enterprises", {})
    firms = told.get("enterprises", ())
    land = set().union(*(told.get(layer, ()) for layer in OF_LAND))
    users = park["occupancy"]
    users = users[users["enterprise_id"].isin(firms) | users["parcel_id"].isin(land)]
    for row in records(users):
        share = "" if row["share"] >= 1 else f" ({round(100 * row['share'])} %)"
        found["enterprises"][row["enterprise_id"]].append((title("parcels", style.lang), row["parcel_id"] + share))
        known = firm.get(row["enterprise_id"], row["enterprise_id"])
        for layer in OF_LAND:
            found[layer][row["parcel_id"]].append((title("enterprises", style.lang), known + share))
    for layer, columns in (
        ("material_flows", ("direction", "material", "quantity_t_a")),
        ("heat_streams", ("kind", "t_supply_c", "t_target_c", "duty_kw")),
        ("water_streams", ("direction", "flow_t_d")),
        ("energy_use", ("carrier", "energy_gj_a")),
    ):
        of_firms = park[layer][park[layer]["enterprise_id"].isin(firms)]
        _rows(found["enterprises"], of_firms, layer, columns, style, names)
    for table, column in OF_FIRMS:
        own = tables.get(table)
        if own is not None and {"enterprise_id", column} <= set(own.columns):
            known = own[own["enterprise_id"].isin(firms) & ~blank(own[column])]
            described = fields(table, known, style.lang)[column]
            for row in records(known):
                said = (style.t(f"fact.{column}"), value_with_unit(described, row, style, names))
                found["enterprises"][row["enterprise_id"]].append(said)
    links = tables.get("links")
    if links is not None and len(links):
        links = links[links["from_enterprise_id"].isin(firms) | links["to_enterprise_id"].isin(firms)]
        for row in records(links):
            text = " · ".join(p for p in (_what(row, links, style, names), _status(row, links, style)) if p)
            giver, taker = row["from_enterprise_id"], row["to_enterprise_id"]
            found["enterprises"][giver].append((style.t("fact.gives"), f"{firm.get(taker, taker)} · {text}"))
            found["enterprises"][taker].append((style.t("fact.takes"), f"{firm.get(giver, giver)} · {text}"))
    return {layer: {key: _few(facts, style) for key, facts in rows.items()} for layer, rows in found.items()}


def _few(facts: list[tuple[str, str]], style: Style) -> list[tuple[str, str]]:
    """At most ``MOST`` facts of one label, the rest counted."""
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for label, text in facts:
        seen[label] += 1
        if seen[label] <= MOST:
            kept.append((label, text))
    return kept + [(label, style.t("fact.more", count=n - MOST)) for label, n in seen.items() if n > MOST]


def _rows(
    found: dict[str, list[tuple[str, str]]],
    frame: pd.DataFrame,
    layer: str,
    columns: tuple[str, ...],
    style: Style,
    names: Names,
) -> None:
    described = fields(layer, frame, style.lang)
    for row in records(frame):
        guessed = set(str(row.get("estimated") or "").split(";"))
        parts = []
        for name in columns:
            text = cell(described[name], row[name], style, names)
            unit = style.unit(described[name].unit).label if described[name].numeric and text else ""
            mark = "≈ " if text and name in guessed else ""
            parts.append(f"{mark}{text} {unit}".strip())
        found[row["enterprise_id"]].append((title(layer, style.lang), " · ".join(p for p in parts if p)))


def _what(row: Mapping[str, object], links: pd.DataFrame, style: Style, names: Names) -> str:
    described = fields("links", links, style.lang)
    parts = [cell(described["material"], row.get("material"), style, names)] if "material" in described else []
    for name in ("quantity_t_a", "heat_kw", "flow_t_d"):
        if name in described and not empty(row.get(name)) and row[name]:
            unit = described[name].unit or {"quantity_t_a": "t/a", "heat_kw": "kW", "flow_t_d": "t/d"}[name]
            parts.append(f"{cell(described[name], row[name], style)} {style.unit(unit).label}")
    return " ".join(p for p in parts if p)


def _status(row: Mapping[str, object], links: pd.DataFrame, style: Style) -> str:
    return cell(fields("links", links, style.lang)["status"], row["status"], style)
