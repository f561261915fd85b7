"""Weights of the three levels: goals, sub-goals, indicators; given, judged in pairs, or by entropy.

Siblings are what has the same parent: the goals; the sub-goals of a goal; the indicators of a sub-goal. Weights are
relative among siblings. What is missing hands its weight to its siblings, so that what is there always adds up to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import Finding, InputError
from ..scenario import Intensity
from ..standards import Standards
from . import ahp
from .indicators import CODES

GOALS = ("A", "B", "C")
ROOT = "goals"


@dataclass(frozen=True)
class Weights:
    """Weight of every code among its siblings (they add up to 1), what it rests on, and the judgements' consistency.

    ``basis`` is ``default``, ``user``, ``ahp`` or ``entropy`` by code; ``ratio`` the consistency ratio by parent.
    """

    value: Mapping[str, float]
    basis: Mapping[str, str]
    ratio: Mapping[str, float]

    def of(self, codes: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights of indicators (k,), of their sub-goals (s,) and of the goals (g,), in the order of ``levels``."""
        subs, goals, *_ = levels(codes)
        return tuple(np.array([self.value[c] for c in names]) for names in (codes, subs, goals))  # type: ignore[return-value]


def siblings() -> dict[str, tuple[str, ...]]:
    """The children of every parent, in the order of the code: ``goals``, ``A`` ..., ``A1`` ..."""
    subs = sorted({code[:2] for code in CODES})
    found: dict[str, tuple[str, ...]] = {ROOT: GOALS}
    found |= {goal: tuple(s for s in subs if s[0] == goal) for goal in GOALS}
    found |= {sub: tuple(c for c in CODES if c[:2] == sub) for sub in subs}
    return found


def levels(codes: Sequence[str]) -> tuple[list[str], list[str], np.ndarray, np.ndarray]:
    """Sub-goals and goals of some indicators, the sub-goal (k,) of each indicator and the goal (s,) of each sub-goal."""
    subs = sorted({code[:2] for code in codes})
    goals = sorted({sub[0] for sub in subs})
    return (
        subs,
        goals,
        np.array([subs.index(c[:2]) for c in codes], int),
        np.array([goals.index(s[0]) for s in subs], int),
    )


def spread(
    present: np.ndarray, codes: Sequence[str], indicator: np.ndarray, sub: np.ndarray, goal: np.ndarray
) -> np.ndarray:
    """Weight of each indicator in the total, rescaled over what is present.

    Inside a sub-goal the weights of the indicators that are there are rescaled to 1, inside a goal those of the
    sub-goals that still hold any, and at the top those of the goals.

    Parameters
    ----------
    present
        (n, k) bool: which indicator is there.
    codes
        (k,) codes: the first letter is the goal, the first two characters the sub-goal.
    indicator, sub, goal
        Weights (k,), (s,), (g,), or one row for each row of ``present``.

    Returns
    -------
    (n, k) array; rows add up to 1, or to 0 where nothing with a weight is present.
    """
    subs, goals, sub_of, goal_of = levels(codes)
    in_sub = (sub_of[:, None] == np.arange(len(subs))).astype(float)
    in_goal = (goal_of[:, None] == np.arange(len(goals))).astype(float)

    def part(weight: np.ndarray, alive: np.ndarray, parent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shares among siblings of those alive, and which parents have any."""
        held = weight * alive
        whole = held @ parent
        below = whole @ parent.T
        return np.divide(held, below, out=np.zeros(below.shape), where=below > 0), whole > 0

    one, alive = part(indicator, present, in_sub)
    two, alive = part(sub, alive, in_goal)
    three, _ = part(goal, alive, np.ones((len(goals), 1)))
    return one * two[:, sub_of] * three[:, goal_of[sub_of]]


def weigh(
    choices: Intensity, samples: pd.DataFrame | None, standards: Standards, findings: list[Finding]
) -> Weights:
    """The weights that the planner chose.

    Parameters
    ----------
    choices
        ``weighting`` says where they come from. ``given``: the goals' fields and ``weights``; siblings that name none
        weigh as the mean of those that do. ``ahp``: by ``judgements`` in pairs, parents without any as given. ``entropy``: inside
        each goal by the scatter of ``samples``, the goals as given, because what matters is no question of scatter.
    samples
        (n, k) scores of the parcels by indicator, for ``entropy``.

    Raises
    ------
    InputError
        A code is unknown, all weights of some siblings are zero, or judgements cannot be used.
    """
    tree = siblings()
    given = {"A": choices.weight_status, "B": choices.weight_benefit, "C": choices.weight_management}
    known = {code for parent in tree if parent != ROOT for code in tree[parent]}
    for code, weight in choices.weights.items():
        if code not in known:
            raise InputError.of("intensity.unknown_weight", "scenario", code, "intensity.weights")
        if not weight >= 0:
            raise InputError.of("intensity.bad_weight", "scenario", code, "intensity.weights", value=f"{weight:g}")
    judgements = ahp.matrices(choices.judgements, tree) if choices.weighting == "ahp" else {}
    if bool(choices.judgements) != (choices.weighting == "ahp"):
        key = "judgements_unused" if choices.judgements else "judgements_none"
        findings.append(Finding(f"intensity.{key}", "warning", "scenario", column="intensity.judgements"))
    usual_goals = type(choices)()
    same = list(given.values()) == [
        usual_goals.weight_status,
        usual_goals.weight_benefit,
        usual_goals.weight_management,
    ]
    value: dict[str, float] = {}
    basis: dict[str, str] = {}
    ratio: dict[str, float] = {}
    scatter = _entropy(samples) if choices.weighting == "entropy" and samples is not None else {}
    for parent, children in tree.items():
        named = given if parent == ROOT else {c: choices.weights[c] for c in children if c in choices.weights}
        origin = "default" if (same if parent == ROOT else not named) else "user"
        if parent in judgements:
            names, matrix = judgements[parent]
            judged = ahp.judge(matrix, names, standards)
            _tell(judged, parent, standards, findings)
            of = dict(zip(names, judged.weights, strict=True))
            # who stands in no pair weighs as the mean of those that do
            weights, origin = np.array([of.get(c, 1 / len(names)) for c in children]), "ahp"
            ratio[parent] = judged.ratio
        else:
            usual = float(np.mean(list(named.values()))) if named else 1.0
            weights = np.array([named.get(c, usual) for c in children])
            measured = np.array([scatter.get(c, np.nan) for c in children])
            if parent != ROOT and not np.isnan(measured).all():
                # what parcels do not have weighs as the mean of its siblings
                weights, origin = np.where(np.isnan(measured), np.nanmean(measured), measured), "entropy"
        if not weights.sum() > 0:
            if origin != "entropy":
                key = "intensity.no_weight" if parent == ROOT else "intensity.no_weight_below"
                column = "intensity.weight_*" if parent == ROOT else "intensity.weights"
                raise InputError.of(key, "scenario", "" if parent == ROOT else parent, column)
            weights = np.ones(len(children))  # nothing scatters: all are alike
        value |= dict(zip(children, (weights / weights.sum()).tolist(), strict=True))
        basis |= dict.fromkeys(children, origin)
    return Weights(value, basis, ratio)


def _tell(judged: ahp.Judged, parent: str, standards: Standards, findings: list[Finding]) -> None:
    """A finding where judgements contradict one another more than is usual to accept."""
    limit = standards.value("land.ahp_consistency_max")
    if judged.ratio > limit:
        values = {
            "ratio": f"{judged.ratio:.2f}",
            "limit": f"{limit:g}",
            "one": judged.worst[0],
            "other": judged.worst[1],
            "judged": f"{judged.judged:.2g}",
            "fitting": f"{judged.fitting:.2g}",
        }
        findings.append(
            Finding("intensity.ahp_inconsistent", "warning", "scenario", parent, "intensity.judgements", values)
        )


def _entropy(samples: pd.DataFrame) -> dict[str, float]:
    """How much each indicator tells the samples apart (1 - entropy), and each sub-goal as the sum of its indicators.

    Shannon's entropy of the shares p of a column, over ln n; a column that is equal everywhere tells nothing: 0.
    """
    found: dict[str, float] = {}
    for code in samples:
        column = samples[code].dropna().to_numpy(float)
        total = column.sum()
        if len(column) < 2 or not total > 0:
            continue
        p = column[column > 0] / total
        found[str(code)] = max(1.0 + float((p * np.log(p)).sum()) / np.log(len(column)), 0.0)
    below: dict[str, float] = {}
    for code, scatter in found.items():
        below[code[:2]] = below.get(code[:2], 0.0) + scatter
    return found | below
