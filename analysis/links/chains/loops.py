"""Closed loops: ways along links that come back to the firm they start from without passing any firm twice."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ...errors import Finding
from ..places import Places

LONGEST_LOOP = 6  # firms
STEPS = 300_000  # of the search; a limit that gives the same answer on every machine


def elementary_loops(
    arcs: Iterable[tuple[int, int]], longest: int = LONGEST_LOOP, most: int = 1000, steps: int = STEPS
) -> tuple[list[tuple[int, ...]], bool]:
    """Elementary loops of a directed graph, the shorter first, each from its smallest vertex, in lexical order.

    All loops of a length are listed before any of the next; the search ends after the length by which ``most`` are
    found. A way is only followed while it can still get back in time (Johnson 1975, SIAM Journal on Computing 4, 77-84, with the
    bound on length of Gupta and Suzumura 2021, arXiv 2105.10094). Loops of one vertex are left out.

    Returns
    -------
    The loops, and whether there may be others.

    >>> elementary_loops([(0, 1), (1, 0), (1, 2), (2, 0)])
    ([(0, 1), (0, 1, 2)], False)
    """
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    for one, two in sorted(set(arcs)):
        if one != two:
            after.setdefault(one, []).append(two)
            before.setdefault(two, []).append(one)
    roots = sorted(set(after) & set(before))
    home = {root: _steps_home(root, before, longest) for root in roots}
    roots = [root for root in roots if any(two in home[root] for two in after[root])]
    found: list[tuple[int, ...]] = []
    spent = [steps]
    for length in range(2, longest + 1):
        for root in roots:
            found += _loops_from(root, length, after, home[root], spent)
        if spent[0] <= 0:
            return found, True
        if len(found) >= most and length < longest:
            return found, True
    return found, False


def _steps_home(root: int, before: dict[int, list[int]], longest: int) -> dict[int, int]:
    """Least number of arcs from each vertex back to the root over vertices no smaller than it, up to ``longest`` - 1."""
    steps = {root: 0}
    queue = deque([root])
    while queue:
        at = queue.popleft()
        if steps[at] == longest - 1:
            continue
        for earlier in before.get(at, ()):
            if earlier > root and earlier not in steps:
                steps[earlier] = steps[at] + 1
                queue.append(earlier)
    return steps


def _loops_from(
    root: int, length: int, after: dict[int, list[int]], home: dict[int, int], spent: list[int]
) -> Iterator[tuple[int, ...]]:
    """Loops of exactly ``length`` vertices whose smallest is the root; ``spent`` holds the steps that are left."""
    path, inside = [root], {root}
    branches = [iter(after[root])]
    while branches and spent[0] > 0:
        for two in branches[-1]:
            spent[0] -= 1
            if two == root:
                if len(path) == length:
                    yield tuple(path)
            elif two > root and two not in inside and len(path) + home.get(two, length) <= length:
                path.append(two)
                inside.add(two)
                branches.append(iter(after.get(two, ())))
                break
        else:
            branches.pop()
            inside.discard(path.pop())


def closed_loops(
    links: pd.DataFrame, places: Places, days_a: float, most: int
) -> tuple[list[dict[str, Any]], list[shapely.LineString], list[Finding]]:
    """Rows of ``chain_loops``, their lines, and a finding where there are more than ``most``.

    All links between two firms make one step of a loop. A loop's smallest flow is the least of its steps, a step's flow
    the sum of its links: materials and water in t/a, or kW where every step brings heat.
    """
    if links.empty or most == 0:
        return [], [], []
    index = places.points.index
    one, two = index.get_indexer(links["from_enterprise_id"]), index.get_indexer(links["to_enterprise_id"])
    arcs = list(zip(one.tolist(), two.tolist(), strict=True))
    of_step: dict[tuple[int, int], list[int]] = {}
    for place, arc in enumerate(arcs):
        of_step.setdefault(arc, []).append(place)
    table = pd.DataFrame(links[["link_id", "kind", "status", "estimated"]]).assign(
        tonnes=links["quantity_t_a"].fillna(0.0) + days_a * links["flow_t_d"].fillna(0.0),
        heat=links["heat_kw"].fillna(0.0),
        benefit=links["benefit_cur_a"].fillna(0.0),
        invested=links["investment_cur"].fillna(0.0),
    )
    columns = {str(name): table[name].tolist() for name in table}
    found, others = elementary_loops(of_step, most=most)
    step_benefit = {arc: math.fsum(columns["benefit"][k] for k in every) for arc, every in of_step.items()}
    entries = [(len(loop), -math.fsum(step_benefit[arc] for arc in _arcs(loop)), loop) for loop in found]
    entries.sort(key=lambda entry: (entry[0], round(entry[1], 6), entry[2]))
    findings = []
    if others or len(entries) > most:
        shown = min(most, len(entries))
        findings.append(Finding("chains.loops_cut", "info", "chain_loops", values={"shown": shown}))
    rows = [
        _row(number, -benefit, [of_step[arc] for arc in _arcs(loop)], columns)
        | {"enterprise_ids": ";".join(str(index[k]) for k in loop)}
        for number, (_, benefit, loop) in enumerate(entries[:most], 1)
    ]
    lines = [_line([places.points.iloc[k] for k in (*loop, loop[0])]) for _, _, loop in entries[:most]]
    return rows, lines, findings


def _line(points: list[shapely.Point]) -> shapely.LineString:
    """The way round; firms on one spot get a line of a metre and back, so that it can be seen."""
    if all(point.equals(points[0]) for point in points):
        points = [points[0], shapely.Point(points[0].x + 1.0, points[0].y), points[0]]
    return shapely.LineString(points)


def _arcs(loop: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(loop[k], loop[(k + 1) % len(loop)]) for k in range(len(loop))]


def _row(number: int, benefit: float, steps: list[list[int]], columns: dict[str, list[Any]]) -> dict[str, Any]:
    """A loop of steps, each the places of its links in ``columns``."""
    every = [k for step in steps for k in step]
    tonnes = [math.fsum(columns["tonnes"][k] for k in step) for step in steps]
    heat = [math.fsum(columns["heat"][k] for k in step) for step in steps]
    today = all(any(columns["status"][k] == "existing" for k in step) for step in steps)
    guess = any(columns["estimated"][k] for k in every)
    return {
        "loop_id": f"L-{number:04d}",
        "status": "existing" if today else "proposed",
        "firms": len(steps),
        "link_ids": ";".join(columns["link_id"][k] for k in every),
        "kinds": ";".join(sorted({columns["kind"][k] for k in every})),
        "smallest_t_a": min(tonnes) if min(tonnes) > 0 else np.nan,
        "smallest_heat_kw": min(heat) if min(heat) > 0 else np.nan,
        "benefit_cur_a": benefit,
        "investment_cur": math.fsum(columns["invested"][k] for k in every),
        "estimated": "smallest_t_a;smallest_heat_kw;benefit_cur_a" if guess else "",
    }
