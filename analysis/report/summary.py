"""The top of the page: what was run, three sentences, the six figures that matter, the money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from parkloop import resources

from ..park.model import Park
from ..scenario import Scenario
from ..standards import Standards
from ..steps import StepResult
from .describe import Names, records
from .numbers import MILLION, Style, empty, plain, significant, whole
from .parts import Table, table
from .sections import outcome_label

Tables = Mapping[str, pd.DataFrame]
MOSTLY = 0.5  # from this mean share on, the page opens with a warning
KEY = ("energy", "co2", "fresh_water", "solid_waste", "investment", "annual_benefit")


def key_outcomes(outcomes: pd.DataFrame) -> pd.DataFrame:
    """The six outcomes that matter, in their order: those of ``KEY``, filled up with the first others."""
    known = [name for name in KEY if name in set(outcomes["outcome_id"])]
    others = [name for name in outcomes["outcome_id"] if name not in known]
    return outcomes.set_index("outcome_id", drop=False).loc[(known + others)[: len(KEY)]]


def head(
    park: Park, scenario: Scenario, document: Mapping[str, Any], style: Style, today: date
) -> list[tuple[str, str]]:
    """Label and text of each line of the title block."""
    rows = {name: len(park[name]) for name in ("parcels", "enterprises", "buildings")}
    info = park.info
    found = [
        (style.t("head.level"), style.code("level", str(info["level"]))),
        (style.t("head.base_year"), "" if empty(info["base_year"]) else str(int(info["base_year"]))),
        (style.t("head.holds"), style.t("head.counts", **{name: whole(n) for name, n in rows.items()})),
        (
            style.t("head.scenario"),
            resources.texts(style.lang).get(f"report.scenario.{scenario.name}", scenario.name),
        ),
        (style.t("head.crs"), str(document["park"].get("crs", ""))),
        (style.t("head.version"), f"ParkLoop {document['parkloop']}"),
        (style.t("head.date"), today.isoformat()),
    ]
    return [(label, text) for label, text in found if text]


def sentences(park: Park, results: Mapping[str, StepResult], tables: Tables, style: Style) -> list[str]:
    """What was found: land, links, facilities with what they bring. A step that was not run is left out."""
    found = [_land(results, tables, style), _links(tables, style), _works(tables, style)]
    return [text for text in found if text]


def _land(results: Mapping[str, StepResult], tables: Tables, style: Style) -> str:
    land = tables.get("intensity_parcels")
    if land is None or land.empty:
        return ""
    total, asleep = float(land["area_m2"].sum()) / 1e4, float(land["asleep_m2"].sum()) / 1e4
    text = style.t(
        "found.land",
        parcels=whole(len(land)),
        total=significant(total),
        asleep=significant(asleep),
        share=significant(100 * asleep / total) if total else "0",
    )
    score = results["intensity"].figures.get("score")
    if score and score.value is not None:
        text += style.t("found.score", score=significant(score.value))
    return text + style.t("stop")


def _links(tables: Tables, style: Style) -> str:
    links = tables.get("links")
    if links is None:
        return ""
    new = links[links["status"] == "proposed"] if len(links) else links
    if new.empty:
        return style.t("found.no_links")
    parts = [
        style.t(f"found.{kind}", amount=style.quantity(new[column].sum(), unit))
        for kind, column, unit in (
            ("material", "quantity_t_a", "t/a"),
            ("heat", "heat_kw", "kW"),
            ("water", "flow_t_d", "t/d"),
        )
        if column in new and new.loc[new["kind"] == kind, column].sum() > 0
    ]
    benefit = style.quantity(new["benefit_cur_a"].sum(), "currency/a", big=True)
    text = style.t("found.links", count=whole(len(new)), what=style.t("comma").join(parts), benefit=benefit)
    firms = tables.get("firm_benefits")
    lose = 0 if firms is None or "benefit_cur_a" not in firms else int((firms["benefit_cur_a"] < 0).sum())
    return text + (style.t("found.lose", count=whole(lose)) if lose else "") + style.t("stop")


def _works(tables: Tables, style: Style) -> str:
    sites, pipes, outcomes = tables.get("sites"), tables.get("network_pipes"), tables.get("outcomes")
    if sites is None or sites.empty:
        return style.t("found.no_sites") if sites is not None else ""
    kept = int((sites["status"] == "existing").sum()) if "status" in sites else 0
    counts = {"count": whole(len(sites) - kept), "kept": whole(kept)}
    parts = [style.t("found.sites_kept" if kept else "found.sites", **counts)]
    cost = float(sites["investment_cur"].sum()) if "investment_cur" in sites else 0.0
    if pipes is not None and len(pipes):
        parts.append(style.t("found.pipes", km=significant(float(pipes["length_m"].sum()) / 1000)))
        cost += float(pipes["investment_cur"].sum()) if "investment_cur" in pipes else 0.0
    text = style.t("found.works", what=style.t("and").join(parts), cost=style.quantity(cost, "currency", big=True))
    total = _planned(outcomes, "investment")
    if total is not None and total > cost * 1.0005:
        text += style.t("found.with_links", total=style.quantity(total, "currency", big=True))
    changes = _changes(outcomes, style)
    return text + (style.t("found.change", changes=changes) if changes else "") + style.t("stop")


def _planned(outcomes: pd.DataFrame | None, name: str) -> float | None:
    """The planned value of one outcome; None where it is not known."""
    if outcomes is None or outcomes.empty:
        return None
    value = outcomes.loc[outcomes["outcome_id"] == name, "planned"]
    return None if value.empty or empty(value.iloc[0]) else float(value.iloc[0])


def _changes(outcomes: pd.DataFrame | None, style: Style) -> str:
    """The changes of the figures on the cards that have a value today, in percent."""
    if outcomes is None:
        return ""
    parts = []
    for row in records(key_outcomes(outcomes)):
        if not empty(row["today"]) and row["today"] > 0 and not empty(row["planned"]):
            label = outcome_label(row["outcome_id"], style)
            inside = (
                label[:1].lower() + label[1:] if label[1:2].islower() else label
            )  # within a sentence; CO2 stays
            parts.append(f"{inside} {_percent(row)}")
    return style.t("comma").join(parts[:3])


def _percent(row: Mapping[str, Any]) -> str:
    change = 100 * (row["planned"] - row["today"]) / row["today"]
    return ("+" if change > 0 else "") + plain(round(change, 1)) + "%" if abs(change) < 1000 else ""


def signed(value: float) -> str:
    """A difference with its sign."""
    return f"+{significant(value)}" if value > 0 else significant(value)


def estimates(tables: Tables, document: Mapping[str, Any], style: Style) -> str:
    """How much of the outcomes rests on estimates, and of the factors on assumptions."""
    sources = document.get("sources", [])
    low = sum(entry["confidence"] == "l" for entry in sources)
    factors = style.t("estimates.factors", low=whole(low), all=whole(len(sources))) if low else ""
    return _estimated(tables, style) + factors


def desk_study(tables: Tables, style: Style) -> str:
    """A plain warning where most of what is reported rests on estimates; empty elsewhere."""
    outcomes = tables.get("outcomes")
    share = 0.0 if outcomes is None or "estimated_share" not in outcomes else outcomes["estimated_share"].mean()
    return style.t("desk_study", share=significant(round(100 * share))) if share >= MOSTLY else ""


def _estimated(tables: Tables, style: Style) -> str:
    outcomes = tables.get("outcomes")
    if outcomes is None or "estimated_share" not in outcomes or outcomes["estimated_share"].dropna().empty:
        return style.t("estimates.unknown")
    share = outcomes["estimated_share"].dropna() * 100
    low, high, middle = (significant(round(float(v))) for v in (share.min(), share.max(), share.mean()))
    if high == "0":
        return style.t("estimates.none")
    if low == high:
        return style.t("estimates.same", share=high)
    return style.t("estimates.range", low=low, high=high, middle=middle)


@dataclass(frozen=True)
class Card:
    """One figure that matters, with bars of today and planned in percent of the larger one."""

    label: str
    unit: str
    today: str
    planned: str
    difference: str
    percent: str
    share: str
    note: str
    today_bar: float
    planned_bar: float
    tone: str


def cards(tables: Tables, style: Style) -> list[Card]:
    """The first six outcomes: today, planned, difference, and the share that rests on estimates."""
    outcomes = tables.get("outcomes")
    if outcomes is None:
        return []
    found = []
    for row in records(key_outcomes(outcomes)):
        values = [None if empty(row[k]) else float(row[k]) for k in ("today", "planned", "difference")]
        today, planned, difference = values
        top = max(abs(today or 0.0), abs(planned or 0.0)) or 1.0
        unit = style.unit(str(row["unit"]), big=top >= MILLION)
        share = row.get("estimated_share")
        found.append(
            Card(
                outcome_label(str(row["outcome_id"]), style),
                unit.label,
                "–" if today is None else significant(today * unit.factor),
                "–" if planned is None else significant(planned * unit.factor),
                "–" if difference is None else signed(difference * unit.factor),
                _percent(row) if today and planned is not None else "",
                "" if empty(share) or not share else significant(round(100 * float(share))),
                str(row.get(f"note_{style.lang}") or row.get("note") or ""),
                round(100 * abs(today or 0.0) / top, 1),
                round(100 * abs(planned or 0.0) / top, 1),
                _tone(row.get("better"), difference),
            )
        )
    return found


def _tone(better: Any, difference: float | None) -> str:
    """``good`` or ``bad`` where the outcome has a direction and changes."""
    if not difference or better not in {"less", "more"}:
        return ""
    return "good" if (difference < 0) == (better == "less") else "bad"


@dataclass(frozen=True)
class Money:
    """The projects, with their sum in a sentence."""

    sentence: str
    notes: list[str]
    tables: list[Table]


def money(tables: Tables, style: Style, names: Names, standards: Standards) -> Money | None:
    """The projects table: content, size, investment, years, saving, payback; and what its sums leave out."""
    projects = tables.get("projects")
    if projects is None or projects.empty:
        return None
    columns = (
        f"name_{style.lang}", f"content_{style.lang}", "size", "unit", "investment_cur", "years", "saving_cur_a", "payback_a",
    )  # fmt: skip
    total = style.t(
        "money.total",
        count=whole(len(projects)),
        investment=style.quantity(projects["investment_cur"].sum(), "currency", big=True),
        saving=style.quantity(projects["saving_cur_a"].sum(), "currency/a", big=True),
    )
    notes = [style.t("money.saving")]
    sites = tables.get("sites")
    if sites is not None and "cost_cur_a" in sites and sites["cost_cur_a"].sum() > 0:
        cost = style.quantity(sites["cost_cur_a"].sum(), "currency/a", big=True)
        notes.append(style.t("money.running", cost=cost))
    if style.currency != "CNY":
        rate = standards.value(f"currency.{style.currency}")
        notes.append(style.t("money.price_level", currency=style.currency, rate=significant(rate)))
    caption = resources.texts(style.lang)["report.table.projects"]
    return Money(total, notes, table("projects", projects, columns, style, names, "investment_cur", caption))
