"""The result tables of what is asked about a choice: front, alternatives, sensitivity, phases, outages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..solvers.location import Plan
from .choice.alternatives import sites_of
from .choice.plan import Measures, measures
from .choice.study import regret
from .costs import Money
from .demand import UNIT
from .frames import table_of
from .tables import Outcome, rounded

FACTOR = {"demand": "demand", "works": "works_price", "carriage": "way_price"}


def front(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """The table ``site_front``."""
    rows = []
    for outcome in outcomes:
        for number, point in enumerate(outcome.study.front, start=1):
            row = _described(outcome, point.plan, point.options) | _measured(point.measures)
            rows.append(
                {
                    "point_id": f"{outcome.utility}-{number:02d}",
                    "utility": outcome.utility,
                    "number": number,
                    "goal": point.goal,
                    "exposure_cur_person_a": rounded(point.prices.person),
                    "co2_cur_t": rounded(point.prices.co2),
                    "gap_pct": _pct(point.plan.answer.gap),
                    "chosen": point.plan is outcome.choice.plan,
                    "estimated": _marks(outcome, "cost_cur_a", "co2_t_a"),
                    **row,
                }
            )
    return table_of(rows, "site_front")


def alternatives(outcomes: Iterable[Outcome], money: Money) -> pd.DataFrame:
    """The table ``site_alternatives``; rank 0 is the plan chosen."""
    rows = []
    for outcome in outcomes:
        choice, study = outcome.choice, outcome.study
        if choice.plan is None or study.measures is None:
            continue
        whole = max(
            1.0, abs(study.measures.cost_a)
        )  # what is minimised leaves operation out, and is next to nothing where all stands
        listed = [(choice.plan, choice.options, choice.answer.gap)]
        listed += [(other.plan, other.options, other.gap) for other in study.alternatives]
        for rank, (plan, options, gap) in enumerate(listed):
            more = regret(choice, plan) if rank else 0.0
            rows.append(
                {
                    "alternative_id": f"{outcome.utility}-{rank}",
                    "utility": outcome.utility,
                    "rank": rank,
                    "regret_cur_a": rounded(more),
                    "regret_pct": round(100 * more / whole, 3),
                    "gap_pct": _pct(gap),
                    "estimated": _marks(outcome, "cost_cur_a", "co2_t_a", "regret_cur_a", "regret_pct"),
                    **_described(outcome, plan, options),
                    **_changed(outcome, plan, options),
                    **_measured(measures(choice.model, plan, options, money, choice.prices)),
                }
            )
    return table_of(rows, "site_alternatives")


def sensitivity(outcomes: Iterable[Outcome], money: Money) -> pd.DataFrame:
    """The table ``site_sensitivity``."""
    rows = []
    for outcome in outcomes:
        study = outcome.study
        for change in study.changes:
            assert study.measures is not None
            then = measures(outcome.choice.model, change.plan, change.options, money, change.prices)
            today = study.measures.cost_a
            moved = _changed(outcome, change.plan, change.options)
            sign = "+" if change.change_pct > 0 else "-"
            rows.append(
                {
                    "change_id": f"{outcome.utility}-{FACTOR[change.factor]}{sign}",
                    "utility": outcome.utility,
                    "factor": FACTOR[change.factor],
                    "change_pct": change.change_pct,
                    "cost_cur_a": rounded(then.cost_a),
                    "cost_change_pct": round(100 * (then.cost_a - today) / today, 3) if today else None,
                    "same_sites": not moved["without"] and not moved["instead"],
                    "sites": _described(outcome, change.plan, change.options)["sites"],
                    "keep_regret_cur_a": None if change.keep_regret is None else rounded(change.keep_regret),
                    "gap_pct": _pct(change.plan.answer.gap),
                    "estimated": _marks(outcome, "cost_cur_a", "cost_change_pct", "keep_regret_cur_a"),
                    **moved,
                }
            )
    return table_of(rows, "site_sensitivity")


def phases(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """The table ``site_phases``."""
    rows = [
        {
            "phase_id": f"{outcome.site_ids[phase.site]}:{phase.horizon}",
            "utility": outcome.utility,
            "site_id": outcome.site_ids[phase.site],
            "horizon": phase.horizon,
            "year": phase.year,
            "demand": rounded(phase.demand),
            "capacity": rounded(phase.capacity),
            "added": rounded(phase.added),
            "unit": UNIT[outcome.utility],
            "investment_cur": round(phase.investment),
            "present_cur": round(phase.present),
            "estimated": _marks(outcome, "demand", "investment_cur", "present_cur"),
        }
        for outcome in outcomes
        for phase in outcome.phases
    ]
    return table_of(rows, "site_phases")


def outages(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """The table ``site_outages``."""
    rows = [
        {
            "outage_id": outcome.site_ids[outage.site],
            "utility": outcome.utility,
            "site_id": outcome.site_ids[outage.site],
            "served_pct": round(100 * outage.served, 2),
            "lost": rounded(outage.lost),
            "unit": UNIT[outcome.utility],
            "firms": outage.firms,
            "reason": outage.reason,
            "estimated": _marks(outcome, "served_pct", "lost"),
        }
        for outcome in outcomes
        for outage in outcome.study.outages
    ]
    return table_of(rows, "site_outages")


def _described(outcome: Outcome, plan: Plan, options: np.ndarray) -> dict[str, Any]:
    model, lands = outcome.choice.model, outcome.lands
    places = sites_of(model, plan, options)
    option = options[plan.option[list(places)]]
    size = model.kept[option] + model.extra[option]
    unit = UNIT[outcome.utility]
    return {
        "sites": "; ".join(
            f"{lands[place]} {rounded(q):,.10g} {unit}" for place, q in zip(places, size, strict=True)
        ),
        "pins": ";".join(f"{outcome.utility}:{lands[place]}" for place in places),
        "count": len(places),
    }


def _changed(outcome: Outcome, plan: Plan, options: np.ndarray) -> dict[str, str]:
    """Sites that a plan lacks and has instead of those chosen."""
    choice, lands = outcome.choice, outcome.lands
    assert choice.plan is not None
    here = set(sites_of(choice.model, choice.plan, choice.options))
    there = set(sites_of(choice.model, plan, options))
    return {
        "without": "; ".join(str(lands[place]) for place in sorted(here - there)),
        "instead": "; ".join(str(lands[place]) for place in sorted(there - here)),
    }


def _measured(found: Measures) -> dict[str, float]:
    return {
        "cost_cur_a": rounded(found.cost_a),
        "exposed": round(found.exposed, 1),
        "co2_t_a": rounded(found.co2_t),
    }


def _pct(gap: float | None) -> float | None:
    return None if gap is None else round(100 * gap, 4)


def _marks(outcome: Outcome, *columns: str) -> str:
    return ";".join(columns) if outcome.guessed > 0 else ""
