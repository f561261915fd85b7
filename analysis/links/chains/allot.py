"""How much of what is left over a newcomer would take, the best first, within what it needs."""

from __future__ import annotations

import numpy as np
import pandas as pd


def allot(candidates: pd.DataFrame, output_mcny: float, least: float) -> pd.DataFrame:
    """The candidates of one sector with the amount ``x`` taken (greater than nothing) and ``worth_cur_a``.

    Parameters
    ----------
    candidates
        flow_id, left (of heat what is hot enough for this use), gain_cur (a unit given), fixed_cur_a, load (need filled
        by a unit), group, per_mcny.
    output_mcny
        Output of the newcomer, millions of yuan a year, which with ``per_mcny`` gives its need of each group.
    least
        Least amount worth a link.

    The candidate with the greatest net worth goes first; what it takes of its flow and of the need is gone for those
    behind it. So the sum is a plan that can be carried out, and at most a little below the best.
    """
    need = (candidates["per_mcny"] * output_mcny).to_numpy(dtype=float)
    left, load = candidates["left"].to_numpy(dtype=float), candidates["load"].to_numpy(dtype=float)
    gain, fixed = candidates["gain_cur"].to_numpy(dtype=float), candidates["fixed_cur_a"].to_numpy(dtype=float)
    net = gain * np.minimum(left, need / load) - fixed
    flow, group = candidates["flow_id"].to_numpy(dtype=str), candidates["group"].to_numpy(dtype=str)
    order = np.lexsort((group, flow, -np.round(net, 6)))
    stock = pd.Series(left, index=flow).groupby(level=0).max().to_dict()
    room: dict[str, float] = {}
    x = np.zeros(len(candidates))
    for k in order[net[order] > 0].tolist():
        held, open_ = stock[flow[k]], room.get(group[k], need[k])
        amount = min(held, left[k], open_ / load[k])
        if amount < least or gain[k] * amount <= fixed[k]:
            continue
        x[k] = amount
        stock[flow[k]], room[group[k]] = held - amount, open_ - amount * load[k]
    table = candidates.assign(x=x, worth_cur_a=gain * x - fixed, bound=x < left * (1 - 1e-9))
    return table[table["x"] > 0].reset_index(drop=True)
