"""What siting tells the planner: what is kept although too near, who stays unserved, what was pinned in vain."""

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
from .noland import no_site
from .screening import Rules
from .tables import Outcome, people_m
from .wording import shown, source_of, words


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
        found.append(no_site(outcome, rules))
    if choice.answer.status == "time_limit":
        found.append(Finding("siting.time_limit", "info", "sites", utility, values=values))
    return found


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
                "measured": shown(away),
                "limit": shown(distance.value),
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
                "area": shown(float(left[worst - 1] - left[worst])),
                "source": str(rules.ground.taken_by[site.land, worst]),
            }
            found.append(Finding("siting.kept_partly_excluded", "warning", "facilities", facility, values=values))
        alone = rules.ground.alone_m2[site.land]
        for k in (place.index(rule) for rule in ("zoning", "safety_distance")):
            if alone[0] - alone[k] > 1.0:
                values = {
                    **words("siting_rule", place[k]),
                    **source_of(str(rules.ground.taken_by[site.land, k])),
                    "name": name_of(rules.lands["name"].iloc[site.land], facility),
                    "area": shown(float(alone[0] - alone[k])),
                }
                found.append(Finding("siting.kept_against", "warning", "facilities", facility, values=values))
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
