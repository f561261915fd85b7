"""Why a utility finds no site: the rule that took the last land, the land nearest to free, and what would free it."""

from __future__ import annotations

from typing import Any

import numpy as np

from parkloop import resources

from ..errors import Finding
from .costs import land_need_m2
from .screening import RULES, Rules, Verdict
from .tables import Outcome
from .wording import shown, source_of, words

PLAIN = ("forbidden", "same_place", "capacity_unknown", "height_unknown")  # no measure to compare


def no_site(outcome: Outcome, rules: Rules) -> Finding:
    """The finding on a utility without a site.

    Rules are applied in order, so the land that got farthest was taken by the last rule. Of that land the piece that
    fails the fewest other rules and lacks least is the one nearest to free.
    """
    utility, screening = outcome.utility, outcome.screening
    values: dict[str, Any] = words("utility", utility)
    if not len(screening.lands):
        return Finding("siting.no_land", "warning", "sites", utility, values=values)
    verdicts = screening.verdict
    if len(verdicts) < len(screening.lands):
        return Finding("siting.no_reach", "warning", "sites", utility, values=values)
    last = max((verdict.rule for verdict in verdicts.values()), key=RULES.index)
    mine = {land: verdict for land, verdict in verdicts.items() if verdict.rule == last}
    land = min(mine, key=lambda k: (len(screening.also.get(k, ())), round(_lacking(mine[k]), 9), k))
    verdict = mine[land]
    values |= words("siting_rule", last) | {
        "count": len(mine),
        "all": len(verdicts),
        "nearest": rules.lands["name"].iloc[land] or rules.lands.index[land],
        "land": rules.lands.index[land],
        "short": shown(verdict.short),
        "unit": verdict.unit.replace("m2", "m²"),
        "limit": shown(verdict.limit),
        **source_of(verdict.source),
        **_also(screening.also.get(land, ())),
    }
    values |= _freeing(verdict, values, hint(verdict, outcome, rules))
    key = "siting.no_site_plain" if last in PLAIN else "siting.no_site"
    return Finding(key, "warning", "sites", utility, values=values)


def hint(verdict: Verdict, outcome: Outcome, rules: Rules) -> str:
    """The value of the choice or standard at which the rule would let the land pass; empty where no number would.

    Percentile of low ground, longest to shortest side of narrow land, slope, way to a road, distance to neighbours and
    intakes.
    """
    if verdict.rule == "low_ground":
        known = outcome.task.consumer_m[np.isfinite(outcome.task.consumer_m)]
        enough = np.percentile(known, np.arange(101)) >= verdict.measured if len(known) else np.zeros(101, bool)
        return str(int(np.argmax(enough)) if enough.any() else 100)
    if verdict.rule == "too_narrow":
        need = land_need_m2(outcome.utility, float(outcome.screening.sizes[0]), rules.standards)
        return f"{np.ceil(10 * need / max(verdict.measured, 0.1) ** 2) / 10:.1f}"
    if verdict.rule in ("too_steep", "no_road_access"):
        return f"{np.ceil(verdict.measured):.0f}"
    return f"{np.floor(verdict.measured):.0f}"


def _freeing(verdict: Verdict, values: dict[str, Any], value: str) -> dict[str, str]:
    """What would free the land, in every language: ``{free_en}``, ``{free_zh}``."""
    known = {lang: resources.texts(lang) for lang in resources.LANGUAGES}
    return {
        f"free_{lang}": texts[f"siting.free.{verdict.rule}"].format(**values, hint=value, kind=verdict.rule)
        for lang, texts in known.items()
    }


def _also(rules: tuple[str, ...]) -> dict[str, str]:
    """The other rules that stand in the way, in every language: ``{also_en}``, ``{also_zh}``; empty where none."""
    codes = resources.codes("siting_rule")
    found = {}
    for lang in resources.LANGUAGES:
        text = resources.texts(lang)["siting.also"]
        mark = ", " if lang == "en" else "、"
        found[f"also_{lang}"] = (
            text.format(rules=mark.join(codes[r][f"label_{lang}"] for r in rules)) if rules else ""
        )
    return found


def _lacking(verdict: Verdict) -> float:
    return verdict.short / max(1.0, abs(verdict.limit))
