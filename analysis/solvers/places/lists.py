"""Whom each consumer could be served by, nearest first: what all solvers of this package work on.

Pairs that are not allowed (beyond a cut-off, or missing from a sparse matrix) are simply not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.sparse import coo_array, csr_array, issparse, sparray, spmatrix

Matrix: TypeAlias = np.ndarray | sparray | spmatrix


@dataclass(frozen=True)
class Lists:
    """The allowed pairs of n consumers and m sites.

    Parameters
    ----------
    sites
        Number of sites m.
    start
        (n + 1,) where each consumer's pairs begin.
    site
        (pairs,) site of each pair; of a consumer's pairs the least cost comes first, ties by number of the site.
    cost
        (pairs,) what serving the consumer from the site costs.
    """

    sites: int
    start: np.ndarray
    site: np.ndarray
    cost: np.ndarray

    @property
    def consumers(self) -> int:
        """Number of consumers n."""
        return len(self.start) - 1

    @property
    def length(self) -> np.ndarray:
        """(n,) number of pairs of each consumer."""
        return np.diff(self.start)

    def consumer(self) -> np.ndarray:
        """(pairs,) consumer of each pair."""
        return np.repeat(np.arange(self.consumers), self.length)

    def only(self, kept: np.ndarray) -> Lists:
        """The pairs of the mask (pairs,) alone."""
        count = np.bincount(self.consumer()[kept], minlength=self.consumers)
        return Lists(self.sites, np.r_[0, np.cumsum(count)], self.site[kept], self.cost[kept])

    def served(self, opened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Who serves whom where the sites of the mask (m,) are open.

        Returns
        -------
        site
            (n,) nearest open site of each consumer, -1 where there is none.
        cost
            (n,) its cost, infinite where there is none.
        """
        first, _ = nearest_two(self, opened)
        found = first < self.start[1:]
        at = np.where(found, first, 0)
        if not len(self.site):
            return np.full(self.consumers, -1), np.full(self.consumers, np.inf)
        return np.where(found, self.site[at], -1), np.where(found, self.cost[at], np.inf)


def lists(cost: Matrix, weights: np.ndarray | None = None, closed: np.ndarray | None = None) -> Lists:
    """Lists of a cost matrix (n, m), times ``weights`` (n,), without the sites of the mask ``closed`` (m,).

    A dense matrix allows the pairs whose cost is finite; a sparse one those that it stores, zeros too.

    Raises
    ------
    ValueError
        NaN or minus infinity among the costs, weights below zero or not finite: the caller's mistake.
    """
    if issparse(cost):
        pairs = coo_array(cost)
        n, m = pairs.shape
        row, column, value = pairs.row.astype(np.int64), pairs.col.astype(np.int64), pairs.data.astype(float)
        if len(np.unique(row * m + column)) < len(row):
            raise ValueError("places: a pair is stored twice")
        order = np.lexsort((column, value, row))
        row, column, value = row[order], column[order], value[order]
    else:
        dense = np.asarray(cost, float)
        n, m = dense.shape
        column = np.argsort(dense, 1, kind="stable").ravel()
        row = np.repeat(np.arange(n), m)
        value = dense[row, column]
    if np.isnan(value).any() or (value == -np.inf).any():
        raise ValueError("places: a cost is NaN or minus infinity")
    keep = value < np.inf
    if closed is not None:
        keep &= ~closed[column]
    row, column, value = row[keep], column[keep], value[keep]
    if weights is not None:
        weights = np.asarray(weights, float)
        if weights.shape != (n,) or not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError(f"places: weights must be {n} finite numbers, none below zero")
        value = value * weights[row]  # keeps the order, but for weights of zero, where it does not matter
    count = np.bincount(row, minlength=n)
    return Lists(m, np.r_[0, np.cumsum(count)], column, value)


def within(distance_m: np.ndarray, cut_off_m: float) -> csr_array:
    """The pairs of a dense matrix (n, m) at most ``cut_off_m`` apart, zeros stored too; infinite and NaN are left out."""
    row, column = np.nonzero(distance_m <= min(cut_off_m, np.finfo(float).max))
    return csr_array(coo_array((distance_m[row, column].astype(float), (row, column)), shape=distance_m.shape))


def spans(start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The numbers start[0] .. start[0] + length[0] - 1, then those of the next, and so on."""
    total = int(length.sum())
    if total == 0:
        return np.empty(0, np.int64)
    ends = np.cumsum(length)
    return np.arange(total) + np.repeat(start - ends + length, length)


def by_site(pairs: Lists) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs in the order of their sites: where each site's begin (m + 1,), consumer and position of each pair."""
    shape = (pairs.consumers, pairs.sites)
    turned = csr_array((np.arange(len(pairs.site)), pairs.site, pairs.start), shape=shape).tocsc()
    return turned.indptr, turned.indices, turned.data


def nearest_two(
    pairs: Lists, opened: np.ndarray, consumers: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Where the nearest and the second nearest open site stand in each list.

    Parameters
    ----------
    opened
        (m,) mask of the open sites.
    consumers
        Numbers of the consumers asked for; all where None.

    Returns
    -------
    first, second
        Position among the pairs for each consumer; the end of his list where there is none.
    """
    if consumers is None:
        consumers = np.arange(pairs.consumers)
        every, site = np.arange(len(pairs.site)), pairs.site
    else:
        every = spans(pairs.start[consumers], pairs.start[consumers + 1] - pairs.start[consumers])
        site = pairs.site[every]
    end = pairs.start[consumers + 1]
    hits = np.flatnonzero(opened[site])
    edges = np.asarray(np.searchsorted(hits, np.r_[0, np.cumsum(end - pairs.start[consumers])]))
    at, count = edges[:-1], np.diff(edges)
    padded = np.r_[every[hits], 0, 0]
    return np.where(count > 0, padded[at], end), np.where(count > 1, padded[at + 1], end)
