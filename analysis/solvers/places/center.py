"""The p-center problem: p sites so that the farthest consumer is as near as can be.

Whether a radius will do is a question of set covering; the radii are the distances themselves, searched by halving from what a
greedy plan reaches. See Minieka (1970), The m-center problem, SIAM Review 12, 138-139, and Elloumi, Labbe and Pochet (2004),
A new formulation and resolution method for the p-center problem, INFORMS Journal on Computing 16, 84-94.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .covering import coverable
from .lists import Lists, Matrix, lists
from .model import Clock, Places, judged, masks, opened_mask


def p_center(
    distance: Matrix,
    p: int,
    must_open: np.ndarray | None = None,
    closed: np.ndarray | None = None,
    *,
    start: np.ndarray | None = None,
    time_limit_s: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
    name: str = "p_center",
    unit: str = "",
) -> Places | None:
    """Open at most p sites so that the greatest distance to the nearest one is least; None where p sites cannot reach everyone.

    Parameters
    ----------
    distance
        (n, m), dense with infinite where not allowed, or sparse with only what is allowed.
    must_open, closed, start, time_limit_s, cancelled
        As for ``p_median``.

    Raises
    ------
    Cancelled
        The user asked to stop.
    ValueError
        Shapes that do not fit, NaN among the distances: the caller's mistake.
    """
    clock = Clock.start(time_limit_s, cancelled)
    kept, shut = masks(distance.shape, p, must_open, closed)
    pairs = lists(distance, None, shut)
    if (kept & shut).any() or kept.sum() > p or (pairs.length == 0).any():
        return None
    if pairs.consumers == 0:
        return Places(np.flatnonzero(kept), np.empty(0, int), judged(0.0, 0.0, False, clock, name, unit))
    radii = np.unique(pairs.cost)
    # nobody is nearer than his nearest site; the first plan is the start, or what a few sites can do at all
    low = int(np.searchsorted(radii, pairs.cost[pairs.start[:-1]].max()))
    plans = [opened_mask(pairs.sites, start, shut) | kept] if start is not None else []
    plans = [plan for plan in plans if plan.sum() <= p and np.isfinite(pairs.served(plan)[1]).all()]
    first = plans[0] if plans else coverable(pairs, p, kept, clock)
    if first is None:
        return None
    opened, late = first, not first.any()
    high = len(radii) - 1 if late else _reached(pairs, opened, radii)
    while low < high and not late:
        late = clock.check()
        if late:
            break
        middle = (low + high) // 2
        found = coverable(pairs.only(pairs.cost <= radii[middle]), p, kept, clock)
        if found is None:
            low = middle + 1
        elif found.any():
            opened, high = found, _reached(pairs, found, radii)
        else:
            late = True
    served, _ = pairs.served(opened)
    if not opened.any():
        return Places(np.empty(0, int), served, judged(np.inf, None, True, clock, name, unit))
    answer = judged(float(radii[high]), float(radii[low]), late, clock, name, unit)
    return Places(np.flatnonzero(opened), served, answer)


def _reached(pairs: Lists, opened: np.ndarray, radii: np.ndarray) -> int:
    """Place among ``radii`` of the distance to the farthest consumer."""
    return int(np.searchsorted(radii, pairs.served(opened)[1].max()))
