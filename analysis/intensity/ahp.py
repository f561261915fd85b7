"""Weights from pairwise judgements: the analytic hierarchy process, with the check of their consistency.

Saaty, The Analytic Hierarchy Process (1980): weights are the principal eigenvector of the matrix of judgements
a_ij = w_i / w_j; the consistency ratio is CI / RI with CI = (lambda_max - m) / (m - 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..standards import Standards

RECIPROCAL = 0.02  # judgements are written with two or three digits: 3 and 0.33 count as reciprocal
COLUMN = "intensity.judgements"


class Judged(NamedTuple):
    """Weights (m,) of one set of siblings that add up to 1, and how consistent the judgements are.

    ``ratio`` is the consistency ratio (0 is perfect); ``worst`` names the two siblings whose judgement departs most
    from the weights, ``judged`` is what was said and ``fitting`` what the others imply.
    """

    weights: np.ndarray
    ratio: float
    worst: tuple[str, str]
    judged: float
    fitting: float


def matrices(
    pairs: Mapping[str, float], tree: Mapping[str, Sequence[str]]
) -> dict[str, tuple[list[str], np.ndarray]]:
    """Siblings judged and matrix of judgements (m, m) by parent, from pairs such as ``{"A/B": 3}``: A counts three times as
    much as B.

    A pair may be given either way round, or both ways; siblings that stand in no pair are left out.

    Parameters
    ----------
    tree
        Children by parent; a pair must join two children of one parent.

    Raises
    ------
    InputError
        A pair joins no siblings, a judgement is not positive, or siblings are judged in part only.
    """
    parent_of = {child: parent for parent, children in tree.items() for child in children}
    said: dict[str, dict[tuple[str, str], float]] = {}
    for pair, value in pairs.items():
        one, _, other = (part.strip() for part in pair.partition("/"))
        parent = parent_of.get(one)
        if parent is None or parent != parent_of.get(other):
            raise InputError.of("intensity.ahp_pair", "scenario", pair, COLUMN)
        if not value > 0:  # before its reciprocal is formed, so that the pair is named as it was given
            raise InputError.of("intensity.ahp_positive", "scenario", pair, COLUMN, value=f"{value:g}")
        said.setdefault(parent, {})[one, other] = value
    found = {}
    for parent, judged in said.items():
        names = [child for child in tree[parent] if any(child in pair for pair in judged)]
        matrix = np.where(np.eye(len(names)), 1.0, np.nan)
        for (one, other), value in judged.items():
            matrix[names.index(one), names.index(other)] = value
        found[parent] = (names, matrix)
        for i, j in combinations(range(len(matrix)), 2):
            if np.isnan(matrix[i, j]) and np.isnan(matrix[j, i]):
                missing = f"{names[i]}/{names[j]}"
                raise InputError.of("intensity.ahp_missing", "scenario", missing, COLUMN)
            for a, b in ((i, j), (j, i)):
                if np.isnan(matrix[a, b]):
                    matrix[a, b] = 1 / matrix[b, a]
    return found


def judge(matrix: np.ndarray | Sequence[Sequence[float]], names: Sequence[str], standards: Standards) -> Judged:
    """Weights from a matrix of judgements; row over column, 1 to 9 and their reciprocals as a rule.

    Parameters
    ----------
    matrix
        (m, m) judgements.
    names
        (m,) codes of the siblings, in the order of the matrix.

    Raises
    ------
    InputError
        The matrix holds a number that is not positive, or is not reciprocal (its diagonal not 1).

    Examples
    --------
    >>> judge([[1, 3], [1 / 3, 1]], ("A", "B"), Standards()).weights.round(2).tolist()
    [0.75, 0.25]
    """
    m = len(names)
    a = np.array(matrix, dtype=float)
    for i, j in np.argwhere(~((a > 0) & np.isfinite(a))):
        raise InputError.of(
            "intensity.ahp_positive", "scenario", f"{names[i]}/{names[j]}", COLUMN, value=f"{a[i, j]:g}"
        )
    off = np.abs(a * a.T - 1)
    if off.max() > RECIPROCAL:
        i, j = sorted(map(int, np.unravel_index(int(off.argmax()), off.shape)))
        said = {"value": f"{a[i, j]:g}", "back": f"{a[j, i]:g}", "other": f"{names[j]}/{names[i]}"}
        raise InputError.of("intensity.ahp_reciprocal", "scenario", f"{names[i]}/{names[j]}", COLUMN, **said)
    # rounding of the reciprocals is spread evenly, so that it counts as no inconsistency
    a = np.sqrt(a / a.T)
    values, vectors = np.linalg.eig(a)
    first = int(values.real.argmax())
    weights = np.abs(vectors[:, first].real)
    weights /= weights.sum()
    if m < 3:
        return Judged(weights, 0.0, (names[0], names[-1]), float(a[0, -1]), float(a[0, -1]))
    index = max((float(values[first].real) - m) / (m - 1), 0.0)
    ratio = index / standards.value(f"land.ahp_random_index.{m}")
    apart = np.triu(np.abs(np.log(a * weights[None, :] / weights[:, None])), 1)
    i, j = map(int, np.unravel_index(int(apart.round(12).argmax()), apart.shape))
    return Judged(weights, ratio, (names[i], names[j]), float(a[i, j]), float(weights[i] / weights[j]))
