"""Set covering: the cheapest sites so that everyone is covered.

Sites that cover no more than a cheaper one, and consumers covered whenever another one is, are taken out first (Beasley, 1987,
An algorithm for set covering problem, European Journal of Operational Research 31, 85-93); HiGHS solves the rest from a greedy
cover (Chvatal, 1979, A greedy heuristic for the set-covering problem, Mathematics of Operations Research 4, 233-235).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csr_array, issparse, vstack

from ..milp import OPTIMAL_GAP, solve_milp
from .lists import Lists, Matrix
from .model import TINY, Clock, Places, judged, masks, opened_mask

ROUNDS = 10  # of taking out what cannot matter
MOST_PRODUCTS = 50_000_000  # products of pairs beyond which a comparison of all with all is left to HiGHS
NODES = 20_000  # branch-and-bound nodes: a limit that is the same on every machine


def set_cover(
    covers: Matrix,
    cost: np.ndarray | None = None,
    must_open: np.ndarray | None = None,
    closed: np.ndarray | None = None,
    *,
    start: np.ndarray | None = None,
    gap: float = OPTIMAL_GAP,
    time_limit_s: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
    name: str = "set_cover",
    unit: str = "",
) -> Places | None:
    """Cover everyone at least cost; None where somebody is covered by no site.

    Parameters
    ----------
    covers
        (n, m) true where a site covers a consumer, sparse or dense.
    cost
        (m,) cost of each site, zero or more; None for ones, so that the number of sites is least.
    must_open, closed, start, gap, time_limit_s, cancelled
        As for ``p_median``.

    Raises
    ------
    Cancelled
        The user asked to stop.
    ValueError
        Shapes that do not fit, a cost below zero: the caller's mistake.
    """
    clock = Clock.start(time_limit_s, cancelled)
    table = table_of(covers)
    m = table.shape[1]
    price = np.ones(m) if cost is None else np.asarray(cost, float)
    if price.shape != (m,) or not (np.isfinite(price).all() and (price >= 0).all()):
        raise ValueError(f"set_cover: cost must be {m} finite numbers, none below zero")
    kept, shut = masks(table.shape, 0, must_open, closed)
    if (kept & shut).any():
        return None
    table = _without(table, shut)
    if (np.diff(table.indptr) == 0).any():
        return None
    given = None if start is None else opened_mask(m, start, shut) | kept
    opened, bound, late = _cover(table, price, kept, given, gap, clock)
    sites = np.flatnonzero(opened)
    served = first_that_covers(table, sites)
    return Places(sites, served, judged(float(price[sites].sum()), bound, late, clock, name, unit))


def coverable(pairs: Lists, count: int, kept: np.ndarray, clock: Clock) -> np.ndarray | None:
    """The mask (m,) of at most ``count`` sites, those ``kept`` among them, that reach everyone.

    None where no such sites exist; a mask of nothing where the clock ran out before that was known.
    """
    ones = np.ones(len(pairs.site), bool)
    table = csr_array((ones, pairs.site, pairs.start), shape=(pairs.consumers, pairs.sites))
    # sites that are open anyway cost nothing, but count
    price = np.where(kept, 0.0, 1.0)
    opened, bound, _ = _cover(table, price, kept, None, OPTIMAL_GAP, clock, count - int(kept.sum()))
    if opened.sum() <= count:
        return opened
    return None if bound > count - kept.sum() + TINY else np.zeros(pairs.sites, bool)


def table_of(covers: Matrix) -> csr_array:
    """Who covers whom (n, m), only what is true stored, sites of each row in order."""
    table = csr_array(covers if issparse(covers) else np.asarray(covers), dtype=bool)
    table.sum_duplicates()
    table.eliminate_zeros()
    return table


def first_that_covers(table: csr_array, sites: np.ndarray) -> np.ndarray:
    """(n,) the first of the sites that covers each consumer, -1 where none does."""
    served = np.full(table.shape[0], -1)
    row, column = csr_array(table[:, sites]).nonzero()
    served[row[::-1]] = sites[column[::-1]]
    return served


def _without(table: csr_array, shut: np.ndarray) -> csr_array:
    """The table with the columns of the mask empty."""
    row, column = table.nonzero()
    keep = ~shut[column]
    return csr_array(coo_array((np.ones(keep.sum(), bool), (row[keep], column[keep])), shape=table.shape))


def _cover(
    table: csr_array,
    price: np.ndarray,
    kept: np.ndarray,
    start: np.ndarray | None,
    gap: float,
    clock: Clock,
    enough: float = -np.inf,
) -> tuple[np.ndarray, float, bool]:
    """Mask of the sites opened, bound of the cost, and whether the clock ran out; done once the cost is ``enough``.

    Every consumer is covered by some site; sites ``kept`` are open.
    """
    opened, rows, columns = kept.copy(), np.ones(table.shape[0], bool), ~kept
    rows[first_that_covers(table, np.flatnonzero(kept)) >= 0] = False
    opened, rows, columns = _reduced(table, price, opened, rows, columns, clock)
    spent = float(price[opened].sum())
    if not rows.any():
        return opened, spent, False
    sites = np.flatnonzero(columns)
    rest = csr_array(table[np.flatnonzero(rows)][:, sites])
    first = _greedy(rest, price[sites], clock)
    plan = opened.copy()
    plan[sites[first]] = True
    if spent + price[sites[first]].sum() <= enough:
        return plan, -np.inf, False
    # where only "enough" is asked for, what costs more is cut off
    most = csr_array(price[sites][None, :])
    found, answer = solve_milp(
        price[sites],
        vstack([rest.astype(float), most]),
        np.r_[np.ones(rest.shape[0]), -np.inf],
        np.r_[np.full(rest.shape[0], np.inf), enough - spent if np.isfinite(enough) else np.inf],
        (np.zeros(len(sites)), np.ones(len(sites))),
        np.ones(len(sites), bool),
        clock.left_s,
        clock.cancelled,
        gap,
        start=None if np.isfinite(enough) else first.astype(float),
        node_limit=NODES,
    )
    if found is not None and answer.objective < price[sites[first]].sum():
        plan = opened.copy()
        plan[sites[found > 0.5]] = True
    if start is not None:
        full = (first_that_covers(table, np.flatnonzero(start)) >= 0).all()
        plan = start if full and price[start].sum() < price[plan].sum() else plan
    if answer.status == "infeasible":
        return plan, np.inf, False
    bound = spent + answer.bound if answer.bound is not None else 0.0
    return plan, bound, answer.status == "time_limit"


def _greedy(table: csr_array, price: np.ndarray, clock: Clock) -> np.ndarray:
    """(m,) mask of a cover: again and again the site that covers most by its price; then those not needed closed."""
    by_site, opened = table.tocsc(), np.zeros(table.shape[1], bool)
    covered = np.zeros(table.shape[0], np.int64)
    worth = np.diff(by_site.indptr).astype(float)
    while (covered == 0).any():
        clock.check()
        rate = np.where(worth > 0, worth / np.maximum(price, TINY), -1.0)
        site = int(rate.argmax())
        mine = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
        fresh = np.zeros(table.shape[0], bool)
        fresh[mine[covered[mine] == 0]] = True
        covered[mine] += 1
        opened[site] = True
        worth -= np.asarray(fresh.astype(float) @ table).ravel()
    for site in sorted(np.flatnonzero(opened).tolist(), key=lambda j: (-price[j], j)):
        mine = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
        if (covered[mine] > 1).all():
            covered[mine] -= 1
            opened[site] = False
    return opened


def _reduced(
    table: csr_array, price: np.ndarray, opened: np.ndarray, rows: np.ndarray, columns: np.ndarray, clock: Clock
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sites that must be open, consumers and sites (masks) that can still matter."""
    opened, rows, columns = opened.copy(), rows.copy(), columns.copy()
    for _ in range(ROUNDS):
        clock.check()
        who, where = np.flatnonzero(rows), np.flatnonzero(columns)
        part = csr_array(table[who][:, where]).astype(np.int32)
        before = (len(who), len(where))
        alone = np.unique(part.indices[part.indptr[:-1][np.diff(part.indptr) == 1]])
        if len(alone):  # somebody is covered by no other site
            opened[where[alone]] = True
            columns[where[alone]] = False
            rows[who[np.asarray(part[:, alone].sum(1)).ravel() > 0]] = False
            continue
        columns[where[_dominated(csr_array(part.T), price[where])]] = False
        part = csr_array(table[who][:, np.flatnonzero(columns)]).astype(np.int32)
        # whoever is covered by all that cover another one need not be looked at
        rows[who[_dominating(part)]] = False
        if before == (int(rows.sum()), int(columns.sum())):
            break
    return opened, rows, columns


def _inclusions(table: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of rows (a, b), a's columns all among b's, and the number of columns of each row."""
    size = np.diff(table.indptr)
    by_column = np.bincount(table.indices, minlength=table.shape[1]).astype(float)
    if float((by_column**2).sum()) > MOST_PRODUCTS:
        return np.empty(0, np.int64), np.empty(0, np.int64), size
    common = coo_array(table @ table.T)
    inside = (common.data == size[common.row]) & (common.row != common.col)
    return common.row[inside].astype(np.int64), common.col[inside].astype(np.int64), size


def _dominated(table: csr_array, price: np.ndarray) -> np.ndarray:
    """Mask of the rows (sites) whose consumers another one covers at no more cost; of twins the first stays."""
    a, b, size = _inclusions(table)
    worse = (price[b] < price[a]) | ((price[b] == price[a]) & ((size[b] > size[a]) | (b < a)))
    mask = size == 0
    mask[a[worse]] = True
    return mask


def _dominating(table: csr_array) -> np.ndarray:
    """Mask of the rows (consumers) whose sites include all sites of another one; of twins the first stays."""
    a, b, size = _inclusions(table)
    mask = np.zeros(table.shape[0], bool)
    mask[b[(size[b] > size[a]) | (a < b)]] = True
    return mask
