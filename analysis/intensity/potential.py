"""Land that is asleep: vacant, idle, under-used or wrongly used, in m2 with the reason, ranked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .status import INDUSTRIAL

# the potential types of TD/T 1029 that each kind of sleeping land belongs to
TYPES = {"vacant": "expansion", "idle": "managerial", "under_used": "intensity", "wrong_use": "structural"}


def asleep(
    parcels: pd.DataFrame,
    land: pd.DataFrame,
    state: pd.DataFrame,
    checks: pd.DataFrame,
    least_share: float,
) -> pd.DataFrame:
    """Which land is asleep, and why; the first that holds: idle, vacant, wrong use, under-used.

    Parameters
    ----------
    land
        ``area_m2``, ``cover_m2`` (what stands on it cannot be released), and ``used_share`` (the share that firms use;
        NaN where none is recorded, which says nothing about use).
    state
        ``status.status``.
    checks
        ``control.check``: land a parcel could release and still keep the plot ratio and building coefficient.
    least_share
        A parcel is under-used where at least this share of it could be released or has no user.

    Returns
    -------
    DataFrame
        ``asleep`` (none, vacant, idle, under_used, wrong_use), ``asleep_m2``, ``reason`` (a code), ``rank`` (1 is the
        largest; 0 where nothing sleeps), ``by_check`` (bool: the size follows from what is built).
    """
    n = len(parcels)
    release = np.zeros((n, 2))
    for column, names in enumerate((("plot_ratio_min", "plot_ratio_plan_min"), ("building_coefficient_min",))):
        some = checks[checks["indicator"].isin(names)]
        np.maximum.at(release[:, column], some["row"].to_numpy(int), some["release_m2"].to_numpy(float))
    area_m2, used = land["area_m2"].to_numpy(), land["used_share"].to_numpy(float)
    cover_m2 = land["cover_m2"].to_numpy()
    release = np.minimum(release, np.maximum(area_m2 - cover_m2, 0.0)[:, None])
    works = (state["built"] & state["industrial"]).to_numpy()
    no_user = np.where(works, area_m2 * (1 - np.nan_to_num(used, nan=1.0)), 0.0)
    bare = works & np.isnan(used) & (cover_m2 <= 0) & (cover_m2 > 0).any()
    options = np.column_stack([np.where(bare, area_m2, 0.0), release, no_user])
    most = options.argmax(axis=1)
    spare = options[np.arange(n), most]
    under = state["built"].to_numpy() & (spare >= least_share * area_m2) & (spare > 0)

    use, plan = parcels["land_use"], parcels["planned_use"]
    same = (use == plan) | (use.isin(INDUSTRIAL) & plan.isin(INDUSTRIAL))
    wrong = (state["built"] & (plan != "") & ~same).to_numpy()
    idle, vacant = state["idle"].to_numpy(), state["vacant"].to_numpy()
    kind = np.select([idle, vacant, wrong, under], ["idle", "vacant", "wrong_use", "under_used"], "none")
    size = np.select([idle | vacant | wrong, under], [area_m2, spare], 0.0)
    supplied = state["supplied"].to_numpy()
    why = np.array(["no_building", "plot_ratio_low", "coefficient_low", "no_user"], dtype=object)[most]
    reason = np.select(
        [idle, vacant & supplied, vacant, wrong, under],
        ["declared_idle", "supplied_unbuilt", "not_supplied", "against_plan", why],
        "",
    )
    none = size <= 0  # parcels without area
    kind, reason = np.where(none, "none", kind), np.where(none, "", reason)
    rank = np.zeros(n, int)
    order = np.lexsort((parcels["parcel_id"].to_numpy().astype(str), -size))
    order = order[~none[order]]
    rank[order] = np.arange(1, len(order) + 1)
    return pd.DataFrame(
        {
            "asleep": kind,
            "asleep_m2": size,
            "reason": reason,
            "rank": rank,
            "by_check": (kind == "under_used") & (most < 3),
        },
        index=parcels.index,
    )
