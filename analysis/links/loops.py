"""Shapley value of links in closed loops.

Firms that proposed links tie into a loop (a strongly connected part of who gives to whom) depend on each other. Their
game: a coalition of firms is worth the best that the links between its members bring, their flows chosen anew at the
fixed cost a unit that they bear in the plan (a linear programme). Links that share no capacity are games of their own,
as the Shapley value of a sum of games is the sum of their values; so a link that competes with no other is split in
halves (Deng and Papadimitriou 1994, Mathematics of Operations Research 19(2)), and the others together with those they
compete with.

Only links of the plan count, not partners that the plan left out: a lower bound of what a coalition could reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from ..errors import Finding
from ..solvers import shapley
from ..solvers.fixed_charge import Problem
from ..solvers.milp import solve_milp

MOST = 10  # firms up to which all coalitions are looked at
ORDERS = 600  # firms times sampled orders of a larger group
LEAST = 4  # sampled orders of any group
TIME_S = 10.0  # safety net of one coalition


@dataclass(frozen=True)
class Kind:
    """Links of one kind: the problem, its solution, the numbers of both firms of each link (links, 2), equal inside one."""

    problem: Problem
    x: np.ndarray
    firms: np.ndarray

    @property
    def built(self) -> np.ndarray:
        """Numbers of the links with a flow, sorted."""
        used = (self.x > 0) & (self.problem.link >= 0)
        return np.unique(self.problem.link[used])


def kind(problem: Problem, x: np.ndarray, ends: np.ndarray) -> Kind:
    """``ends`` (n, 2) are the firms of each column of the problem."""
    firms = np.full((len(problem.fixed), 2), -1)
    real = problem.link >= 0
    firms[problem.link[real]] = ends[real]
    return Kind(problem, x, firms)


def in_loops(pairs: np.ndarray) -> np.ndarray:
    """True for each link (giver, taker) whose two firms can reach each other along links, (n,) of (n, 2).

    Examples
    --------
    >>> in_loops(np.array([[0, 1], [1, 2], [2, 0], [2, 3]])).tolist()
    [True, True, True, False]
    """
    if not len(pairs):
        return np.zeros(0, bool)
    size = int(pairs.max()) + 1
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    part = connected_components(graph, directed=True, connection="strong")[1]
    return (part[pairs[:, 0]] == part[pairs[:, 1]]) & (pairs[:, 0] != pairs[:, 1])


def shares(
    kinds: Sequence[Kind], seed: int, currency: str, cancelled: Callable[[], bool]
) -> tuple[list[dict[int, float]], list[Finding]]:
    """For each kind the giver's share by number of link, of the links of closed loops and those that compete with them.

    Raises
    ------
    Cancelled
    """
    ends = [one.firms[one.built] for one in kinds]
    looped = in_loops(np.concatenate(ends)) if ends else np.zeros(0, bool)
    found: list[dict[int, float]] = []
    rough: list[tuple[int, float]] = []
    begin = 0
    for one, pairs in zip(kinds, ends, strict=True):
        mine = set(one.built[looped[begin : begin + len(pairs)]].tolist())
        begin += len(pairs)
        share: dict[int, float] = {}
        for group in competing(one.problem, one.built):
            if mine.isdisjoint(group.tolist()):
                continue
            part, sampled = _split(one, group, seed, cancelled)
            share |= dict(zip(group.tolist(), part.tolist(), strict=True))
            rough += sampled
        found.append(share)
    if not rough:
        return found, []
    firms, error = (max(column) for column in zip(*rough, strict=True))
    values = {"groups": len(rough), "firms": firms, "error": error, "currency": currency}
    return found, [Finding("links.split_sampled", "info", "links", values=values)]


def competing(problem: Problem, built: np.ndarray) -> list[np.ndarray]:
    """Groups of built links that share a capacity which could bind, each sorted; a link alone is a group.

    A row that holds even where every built link flows at its most binds nobody.
    """
    columns = np.flatnonzero(np.isin(problem.link, built) | (problem.link < 0))
    body = csr_array(problem.rows[:, columns])
    auxiliary = problem.link[columns] < 0
    helped = np.asarray(abs(body) @ auxiliary.astype(float)).ravel() > 0
    binding = helped | (body.maximum(0.0) @ problem.upper[columns] > problem.limit * (1 + 1e-9))
    entries = csr_array(body[binding]).tocoo()
    rows, links = int(binding.sum()), len(problem.fixed)
    real = np.flatnonzero(~auxiliary)
    # nodes: columns, rows, links
    n = len(columns)
    first = np.r_[entries.coords[1], real]
    second = np.r_[n + entries.coords[0], n + rows + problem.link[columns[real]]]
    size = n + rows + links
    part = connected_components(coo_array((np.ones(len(first)), (first, second)), shape=(size, size)), False)[1]
    of = part[n + rows + built]
    return [built[of == name] for name in np.unique(of)]


def restrict(problem: Problem, links: np.ndarray) -> tuple[Problem, np.ndarray]:
    """The problem with some of its links (sorted) alone, and which of its columns (n,) those are."""
    inside = np.isin(problem.link, links)
    touched = np.asarray(abs(problem.rows[:, inside]) @ np.ones(int(inside.sum()))).ravel() > 0
    loose = problem.link < 0
    # auxiliary columns pass capacity from row to row: all rows they reach belong to it
    while loose.any():
        near = loose & (np.asarray(abs(problem.rows.T) @ touched.astype(float)).ravel() > 0) & ~inside
        if not near.any():
            break
        inside = inside | near
        touched = touched | (np.asarray(abs(problem.rows) @ near.astype(float)).ravel() > 0)
    columns = np.flatnonzero(inside)
    number = problem.link[columns]
    return replace(
        problem,
        gain=problem.gain[columns],
        upper=problem.upper[columns],
        link=np.where(number >= 0, np.searchsorted(links, number), -1),
        fixed=problem.fixed[links],
        lot=problem.lot[links],
        most=problem.most[links],
        rows=csr_array(csr_array(problem.rows[touched])[:, columns]),
        limit=problem.limit[touched],
    ), columns


def _split(
    one: Kind, group: np.ndarray, seed: int, cancelled: Callable[[], bool]
) -> tuple[np.ndarray, list[tuple[int, float]]]:
    """(links,) giver's share in each link of a group that competes; its firms and the standard error where it was sampled."""
    pairs = one.firms[group]
    if len(group) == 1:
        return np.full(1, 0.5), []
    game, columns = restrict(one.problem, group)
    x = one.x[columns]
    benefit = np.array([_benefit(game, x, k) for k in range(len(group))])
    total = float(benefit.sum())
    players = np.unique(pairs)
    place = np.searchsorted(players, pairs)
    best = _best(game, x, cancelled)

    def worth(firms: frozenset[int]) -> float:
        inside = frozenset(
            k for k, (giver, taker) in enumerate(place.tolist()) if giver in firms and taker in firms
        )
        # the plan itself is best to its gap only: no coalition may be worth more than all
        return total if len(inside) == len(group) else min(best(inside), total)

    rough = []
    if len(players) <= MOST:
        value = shapley.exact(len(players), worth)
    else:
        orders = max(ORDERS // len(players), LEAST)
        value, error = shapley.sampled(len(players), worth, orders, seed)
        rough.append((len(players), error))
    # shares of links that give each firm its value, as near to halves as can be; a firm's own link moves nothing
    n = len(group)
    gives, takes = (np.zeros((len(players), n)) for _ in range(2))
    gives[place[:, 0], np.arange(n)] = takes[place[:, 1], np.arange(n)] = 1.0
    halves = (gives + takes) @ (benefit / 2)
    moved = np.linalg.lstsq(gives - takes, value - halves, rcond=None)[0]
    return np.divide(benefit / 2 + moved, benefit, out=np.full(n, 0.5), where=benefit > 0), rough


def _best(problem: Problem, x: np.ndarray, cancelled: Callable[[], bool]) -> Callable[[frozenset[int]], float]:
    """What some of the links (by number) bring at best, as a function that keeps what it found: a linear programme each."""
    linked = problem.link >= 0
    flow = np.bincount(problem.link[linked], weights=x[linked], minlength=len(problem.fixed))
    each = np.divide(problem.fixed, flow, out=np.zeros_like(problem.fixed), where=flow > 0)
    gain = (problem.gain - np.where(linked, each[problem.link], 0.0)) * problem.upper
    # in shares of each flow's most and of each row's greatest entry, which keeps numbers near one
    body = csr_array(problem.rows.multiply(problem.upper[None, :]))
    scale = np.maximum(abs(body).max(axis=1).toarray().ravel(), 1e-12)
    body, limit = csr_array(body.multiply(1 / scale[:, None])), problem.limit / scale
    unit = max(float(np.abs(gain).max()), 1e-9)
    low = np.full(len(limit), -np.inf)

    @cache
    def best(inside: frozenset[int]) -> float:
        if not inside:
            return 0.0
        on = ~linked | np.isin(problem.link, np.array(sorted(inside)))
        box = (np.zeros(len(gain)), on.astype(float))
        answer = solve_milp(gain / unit, body, low, limit, box, None, TIME_S, cancelled, maximise=True)[1]
        return answer.objective * unit

    return best


def _benefit(problem: Problem, x: np.ndarray, link: int) -> float:
    """What a link brings in a plan, its fixed cost taken off."""
    mine = problem.link == link
    return float(problem.gain[mine] @ x[mine] - problem.fixed[link])
