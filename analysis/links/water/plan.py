"""Reuse, regeneration and other supply as one optimisation, and the best among the sizes of new works."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack

from ...scenario import Links
from ...solvers.fixed_charge import Problem, relaxed
from ...solvers.milp import OPTIMAL_GAP
from ...steps import Answer
from .. import seasons
from ..costs import Costs
from .pairs import pair_of
from .quality import CONTAMINANTS, LEVELS, WORKS, admitted, fresh_quality, treated
from .sources import Offers


def problem(
    table: pd.DataFrame, chosen: pd.DataFrame, costs: Costs, choices: Links, offers: Offers | None = None
) -> Problem:
    """The optimisation: flows of the pairs ``chosen`` (t/d of inlet), then of ``offers`` (t/d delivered).

    Rows: what each discharge holds and each demand needs; the effluent that no firm reuses, which limits reclaimed water; the
    most of works and tanks; with mixing the mean quality of each demand and contaminant. Treatments of one pair share a
    link, for they share its pipe; offers are links without a fixed cost. Benefits do not contain ``charge_cur_a``.
    """
    rows = _no_offers() if offers is None else offers.rows
    n, m = len(chosen), len(rows)
    one, two = chosen["give"].to_numpy(dtype=int), chosen["take"].to_numpy(dtype=int)
    take = rows["take"].to_numpy(dtype=int)
    left, recovery = table["left_t_d"].to_numpy(), chosen["recovery"].to_numpy(float)
    first, second = chosen["give_t_d"].to_numpy(float), chosen["take_t_d"].to_numpy(float)
    loads = seasons.loads(seasons.Sides(seasons.matrix(table), one, two, first, second))
    # what no firm gives is supplied as it is needed
    number = np.r_[loads.giver, loads.taker, np.full(m, -1)]
    used, place = np.unique(np.r_[one, two, take], return_inverse=True)
    column, size = np.r_[:n, : n + m], np.r_[np.ones(n), recovery, np.ones(m)]
    block, flow = seasons.capacity(place.ravel(), column, size, loads.weight, number, (len(used), n + m))
    blocks, limits = [block], [left[used][flow]]
    if offers is not None:
        for block, limit in (_effluent(table, one, loads, rows, costs), _nodes(offers, n)):
            blocks.append(block)
            limits.append(limit)
    if choices.mixing:
        block, limit = _mixing(table, chosen, rows, loads, costs)
        blocks.append(block)
        limits.append(limit)
    pair = pair_of(chosen)
    count = int(pair.max(initial=-1)) + 1
    upper = loads.most(left[one], left[two] / recovery)
    start = np.unique(pair, return_index=True)[1]
    most, fixed = np.zeros(count), chosen["fixed_cur_a"].to_numpy(float)[start]
    np.maximum.at(most, pair, upper)
    firm = table["firm"].to_numpy()
    own = (firm[one] == firm[two])[start]
    return Problem(
        gain=np.r_[chosen["gain_cur_t_d"].to_numpy(float), rows["gain_cur_t_d"].to_numpy(float)],
        upper=np.r_[upper, rows["upper_t_d"].to_numpy(float)],
        link=np.r_[pair, count + np.arange(m)],
        fixed=np.r_[fixed, np.zeros(m)],
        lot=np.r_[np.where(own, 0.0, choices.min_water_t_d), np.zeros(m)],
        most=np.r_[most, rows["upper_t_d"].to_numpy(float)],
        rows=csr_array(vstack(blocks)),
        limit=np.concatenate(limits),
    )


def ends(table: pd.DataFrame, chosen: pd.DataFrame, offers: Offers | None = None) -> np.ndarray:
    """(columns, 2) number of the firm that gives and takes; a supply that no firm gives is its taker's alone."""
    firm = table["firm"].to_numpy()
    takers = firm[[] if offers is None else offers.rows["take"].to_numpy(dtype=int)]
    return np.r_[firm[chosen[["give", "take"]].to_numpy(dtype=int)], np.c_[takers, takers]].astype(int)


def best(
    choices: list[tuple[Problem, float]],
    gap: float,
    solve: Callable[[Problem], tuple[np.ndarray, Answer]],
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[int, np.ndarray, Answer]:
    """The best of several problems, each less a charge a year: its place, its flows, the answer for all of them.

    The most promising by its relaxation comes first; one whose relaxation cannot beat the best plan by more than
    the gap is not searched, and the relaxation bounds it.

    Raises
    ------
    Cancelled
    """
    if len(choices) == 1:
        x, answer = solve(choices[0][0])
        return 0, x, answer
    roof = [relaxed(problem, cancelled) - charge for problem, charge in choices]
    order = sorted(range(len(choices)), key=lambda k: (-roof[k], k))
    place, found, seconds, late, bounds = -1, np.zeros(0), 0.0, False, []
    answer = Answer("", -np.inf, None, None, "", 0.0)
    for k in order:
        if place >= 0 and roof[k] <= answer.objective + gap * max(1.0, abs(answer.objective)):
            bounds.append(roof[k])
            continue
        x, told = solve(choices[k][0])
        seconds, late = seconds + told.seconds, late or told.status == "time_limit"
        bounds.append(np.inf if told.bound is None else min(told.bound - choices[k][1], roof[k]))
        if told.objective - choices[k][1] > answer.objective:
            place, found = k, x
            answer = Answer(told.name, told.objective - choices[k][1], None, None, told.status, 0.0, told.unit)
    top = max(*bounds, answer.objective)
    known = bool(np.isfinite(top))
    distance = (top - answer.objective) / max(1.0, abs(answer.objective)) if known else None
    status = "heuristic" if distance is None else "optimal" if distance <= OPTIMAL_GAP else "certified"
    status = "time_limit" if late else status
    whole = Answer(answer.name, answer.objective, top if known else None, distance, status, seconds, answer.unit)
    return place, found, whole


def _no_offers() -> pd.DataFrame:
    names = ("take", "gain_cur_t_d", "upper_t_d", "effluent", "size", *CONTAMINANTS)
    return pd.DataFrame({name: np.zeros(0) for name in names} | {"node": np.zeros(0, object)})


def _effluent(
    table: pd.DataFrame, one: np.ndarray, loads: seasons.Loads, rows: pd.DataFrame, costs: Costs
) -> tuple[csr_array, np.ndarray]:
    """Effluent drawn for reclaimed water and discharges that firms reuse, at most what is discharged.

    A row for the effluent fit for the works alone, and one for all that is fit for their membrane: the first is part of the
    second, so whatever keeps both can be shared out. Works run as their demands do, on what is discharged in the same month.
    """
    draw = rows["effluent"].to_numpy(float)
    quality = table[list(CONTAMINANTS)].to_numpy()
    discharge = (table["direction"] == "discharge").to_numpy()
    left, share = table["left_t_d"].to_numpy(), seasons.matrix(table)
    n, width = len(one), len(one) + len(rows)
    drawn = np.r_[loads.weight[loads.giver] * share[one], share[rows["take"].to_numpy(dtype=int)]]
    blocks, limits = [csr_array((0, width))], [np.zeros(0)]
    for place, level in enumerate(WORKS):
        mine = np.where(rows["level"].isin(WORKS[: place + 1]), draw, 0.0)
        if (mine > 0).any():
            fit = discharge & admitted(quality, level, costs)
            total = float(left[fit].sum())
            whole = left[fit] @ share[fit] / total if total > 0 else np.full(share.shape[1], 1 / share.shape[1])
            inside = np.flatnonzero(np.r_[fit[one], mine > 0])
            weight = drawn[inside] / np.maximum(whole, seasons.LEAST)
            amount, each = np.r_[np.ones(n), mine][inside], np.arange(len(inside))
            block, _ = seasons.capacity(np.zeros_like(each), inside, amount, weight, each, (1, width))
            blocks.append(block)
            limits.append(np.full(block.shape[0], total))
    return csr_array(vstack(blocks)), np.concatenate(limits)


def _nodes(offers: Offers, before: int) -> tuple[csr_array, np.ndarray]:
    """A row for each node with a limit."""
    names = sorted(offers.most)
    number = offers.rows["node"].map({name: k for k, name in enumerate(names)}).astype(float).to_numpy()
    inside = np.flatnonzero(~np.isnan(number))
    data = offers.rows["size"].to_numpy(float)[inside]
    where = (number[inside].astype(int), before + inside)
    shape = (len(names), before + len(offers.rows))
    return csr_array(coo_array((data, where), shape=shape)), np.array([offers.most[name] for name in names])


def qualities(table: pd.DataFrame, chosen: pd.DataFrame, costs: Costs) -> np.ndarray:
    """(n, 4) quality of each chosen pair's water behind its treatment, in mg/L."""
    quality = table[list(CONTAMINANTS)].to_numpy()[chosen["give"].to_numpy(dtype=int)]
    clean = np.empty((len(chosen), len(CONTAMINANTS)))
    for name in LEVELS:
        mine = (chosen["level"] == name).to_numpy()
        clean[mine] = treated(quality[mine], name, costs)
    return clean


def _mixing(
    table: pd.DataFrame, chosen: pd.DataFrame, rows: pd.DataFrame, loads: seasons.Loads, costs: Costs
) -> tuple[csr_array, np.ndarray]:
    """Mean quality of each demand at its inlet, a row for each limit; one for each month where sources run by season.

    Fresh water c0 fills up what flow S is left: sum of (c - c0) x at most (limit - c0) S. Where fresh water itself is beyond the
    limit it cannot help, and what is brought keeps the limit without it: sum of (c - limit) x at most 0.
    """
    limit_of = table[list(CONTAMINANTS)].to_numpy()
    fresh, left = fresh_quality(costs), table["left_t_d"].to_numpy()
    n, m = len(chosen), len(rows)
    clean = np.r_[qualities(table, chosen, costs), rows[list(CONTAMINANTS)].to_numpy(float)]
    share = np.r_[chosen["recovery"].to_numpy(float), np.ones(m)]
    takers, place = np.unique(
        np.r_[chosen["take"].to_numpy(dtype=int), rows["take"].to_numpy(dtype=int)], return_inverse=True
    )
    place, number = place.ravel(), np.r_[loads.taker, np.full(m, -1)]
    strict = (limit_of[takers] < fresh).any(axis=1)
    blocks, limits = [csr_array((0, n + m))], [np.zeros(0)]
    for k in range(len(CONTAMINANTS)):
        asked = limit_of[takers, k]
        ruled = np.flatnonzero(~np.isnan(asked))
        base = np.where(strict, asked, fresh[k])
        inside = np.flatnonzero(np.isin(place, ruled))
        row = np.searchsorted(ruled, place[inside])
        load = (clean[inside, k] - base[place[inside]]) * share[inside]
        block, ruler = seasons.capacity(row, inside, load, loads.weight, number[inside], (len(ruled), n + m))
        blocks.append(block)
        limits.append(((asked - base)[ruled] * left[takers[ruled]])[ruler])
    return csr_array(vstack(blocks)), np.concatenate(limits)
