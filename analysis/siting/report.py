"""What siting tells the planner: why no site is left, what is kept although too near, who stays unserved."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from parkloop import resources

from ..errors import Finding
from ..scenario import Siting
from .costs import protection
from .demand import UNIT
from .frames import name_of
from .screening import RULES, Rules, Verdict
from .tables import Outcome, people_m

OPEN_TO_CHANGE = ("forbidden", "same_place", "capacity_unknown", "height_unknown")  # no measure to compare


def words(kind: str, code: str) -> dict[str, str]:
    """Labels of a code in every language, as values of a text: ``{utility_en}``, ``{utility_zh}``."""
    name = "rule" if kind == "siting_rule" else kind
    row = resources.codes(kind)[code]
    return {f"{name}_{lang}": row[f"label_{lang}"] for lang in resources.LANGUAGES}


def source_of(source: str) -> dict[str, str]:
    """The name of a source in every language, as values of a text: ``{source_en}``, ``{source_zh}``."""
    known = {lang: resources.texts(lang) for lang in resources.LANGUAGES}
    return {
        f"source_{lang}": "; ".join(texts.get(f"sources.{part}", part) for part in source.split("; "))
        for lang, texts in known.items()
    }


def of_names(choices: Siting, lands: gpd.GeoDataFrame) -> list[Finding]:
    """Places that the scenario names and that do not exist."""
    known = set(lands.index) | set(lands["facility_id"]) if len(lands) else set()
    return [
        Finding("siting.unknown_place", "warning", "scenario", name, f"siting.{kind}")
        for kind in ("pin", "forbid", "accept")
        for name in getattr(choices, kind)
        if name not in known and name.split(":", 1)[-1] not in known
    ]


def of_choice(outcome: Outcome, rules: Rules) -> list[Finding]:
    """Findings of one utility."""
    found = _kept(outcome, rules) + _pinned(outcome, rules)
    utility, choice = outcome.utility, outcome.choice
    values: dict[str, Any] = words("utility", utility)
    lost = float((choice.unserved * outcome.task.demand).sum())
    if choice.sites and lost > 1e-6 * float(outcome.task.demand.sum()):
        count = int((choice.unserved > 1e-6).sum())
        amount = {"count": count, "amount": f"{lost:,.0f}", "unit": UNIT[utility]}
        # waste gas may be treated where it arises; nothing else of the utilities can
        own = utility == "waste_gas"
        key, severity = ("siting.own_treatment", "info") if own else ("siting.unserved", "warning")
        found.append(Finding(key, severity, "sites", utility, values={**values, **amount}))  # type: ignore[arg-type]
    elif not choice.sites:
        found.append(_no_site(outcome, rules, values))
    if choice.answer.status == "time_limit":
        found.append(Finding("siting.time_limit", "info", "sites", utility, values=values))
    return found


def _no_site(outcome: Outcome, rules: Rules, values: dict[str, Any]) -> Finding:
    """Which rule took the last candidates, and which of them is nearest to free."""
    verdicts = outcome.screening.verdict
    if not verdicts:
        key = "siting.no_land" if not len(outcome.screening.lands) else "siting.no_reach"
        return Finding(key, "warning", "sites", outcome.utility, values=values)
    last = max((v.rule for v in verdicts.values()), key=RULES.index)
    # the steps of screening are tried in order: those that got farthest were taken by the last rule
    mine = {land: v for land, v in verdicts.items() if v.rule == last}
    values |= words("siting_rule", last) | {"count": len(mine), "all": len(verdicts)}
    if last in OPEN_TO_CHANGE:
        return Finding("siting.no_site_plain", "warning", "sites", outcome.utility, values=values)
    land = min(mine, key=lambda k: (round(_lacking(mine[k]), 9), k))
    values |= {
        "nearest": rules.lands["name"].iloc[land] or rules.lands.index[land],
        "land": rules.lands.index[land],
        "short": _shown(mine[land].short),
        "unit": mine[land].unit.replace("m2", "m²"),
        "limit": _shown(mine[land].limit),
        **source_of(mine[land].source),
    }
    return Finding("siting.no_site", "warning", "sites", outcome.utility, values=values)


def _lacking(verdict: Verdict) -> float:
    return verdict.short / max(1.0, abs(verdict.limit))


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _kept(outcome: Outcome, rules: Rules) -> list[Finding]:
    """Existing works that stay although a new one could not stand there."""
    found = []
    for site in outcome.choice.sites:
        if site.status == "new":
            continue
        facility = str(rules.lands["facility_id"].iloc[site.land])
        distance = protection(outcome.utility, max(site.capacity, 1.0), rules.choices, rules.standards)
        away = people_m(site, rules)
        if distance is not None and away < distance.value:
            values = {
                **words("utility", outcome.utility),
                "name": name_of(rules.lands["name"].iloc[site.land], facility),
                "measured": _shown(away),
                "limit": _shown(distance.value),
                **source_of(distance.source),
            }
            found.append(Finding("siting.kept_near_people", "warning", "facilities", facility, values=values))
        place = rules.ground.rules
        cuts = [k for k, rule in enumerate(place) if rule in resources.codes("exclusion_kind")]
        left = rules.ground.left_m2[site.land]
        worst = max(cuts, key=lambda k: left[k - 1] - left[k], default=None)
        if worst is not None and left[worst - 1] - left[worst] > 1.0:
            values = {
                **words("siting_rule", place[worst]),
                "name": name_of(rules.lands["name"].iloc[site.land], facility),
                "area": _shown(float(left[worst - 1] - left[worst])),
                "source": str(rules.ground.taken_by[site.land, worst]),
            }
            found.append(Finding("siting.kept_partly_excluded", "warning", "facilities", facility, values=values))
    return found


def _pinned(outcome: Outcome, rules: Rules) -> list[Finding]:
    """Places that the planner pinned and that no rule lets stand."""
    chosen = {site.land for site in outcome.choice.sites}
    found = []
    for land in outcome.screening.lands:
        if not rules.named(rules.choices.pin, outcome.utility, int(land)) or land in chosen:
            continue
        verdict = outcome.screening.verdict.get(int(land))
        values: dict[str, Any] = words("utility", outcome.utility)
        values |= words("siting_rule", verdict.rule if verdict else "taken")
        found.append(
            Finding(
                "siting.pin_rejected", "warning", "scenario", str(rules.lands.index[land]), "siting.pin", values
            )
        )
    return found


def headline(outcomes: list[Outcome]) -> tuple[str, dict[str, Any]]:
    """The dock's few words: which utilities are sited, and how many of those asked for."""
    sited = [outcome.utility for outcome in outcomes if outcome.choice.sites]
    if not outcomes:
        return "siting.headline_none", {}
    if not sited:
        return "siting.headline_nothing", {"asked": len(outcomes)}
    labels = {lang: [resources.codes("utility")[u][f"label_{lang}"] for u in sited] for lang in resources.LANGUAGES}
    more = {"en": ", ..." if len(sited) > 3 else "", "zh": "等" if len(sited) > 3 else ""}
    first = [label if k == 0 else label[0].lower() + label[1:] for k, label in enumerate(labels["en"][:3])]
    return "siting.headline", {
        "names_en": ", ".join(first) + more["en"],
        "names_zh": "、".join(labels["zh"][:3]) + more["zh"],
        "sited": len(sited),
        "asked": len(outcomes),
        "sites": int(np.sum([len(outcome.choice.sites) for outcome in outcomes])),
    }
