"""Wastewater with demands for water: which discharge could serve which demand, after which treatment, at what gain.

Water is taken over as it is where every contaminant is at or below the demand's limit, else after biological
treatment and filtration, else after a double membrane behind it; the cheapest step that reaches every limit is
used. Where the scenario allows mixing, every step is offered and the demand's mean inlet quality counts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import Finding
from ...park.model import Park
from ...scenario import Links
from .. import seasons
from ..costs import Costs
from ..material import forbidden_pairs
from ..places import Places
from .quality import CONTAMINANTS, LEVELS, known, level_costs, meets, sound, treated

STAGES = (
    "no_demand",
    "no_limits",
    "quality_unknown",
    "quality",
    "firm",
    "distance",
    "season",
    "not_worth",
    "taken",
)


def streams(park: Park, places: Places, choices: Links) -> tuple[pd.DataFrame, list[Finding]]:
    """Usable water streams with the number of their firm, ``left_t_d`` and the ``share`` of each month."""
    table, findings = sound(park["water_streams"])
    table["firm"] = places.number(table["enterprise_id"])
    table.loc[table["enterprise_id"].isin(choices.exclude_enterprises), "firm"] = -1
    table["left_t_d"] = table["flow_t_d"]
    table["share"] = seasons.shares(park, table["profile_id"], "water")
    return table, findings


def candidates(table: pd.DataFrame, places: Places, costs: Costs, choices: Links) -> pd.DataFrame:
    """Every discharge with every demand, the treatment it needs, and the first rule it fails.

    Columns: give, take (row numbers), level, recovery, distance_m, gain_cur_t_d (a year for each t/d of inlet), what both
    sides pay today for it (giver_cur_t_d, taker_cur_t_d), fixed_cur_a, investment_cur, investment_cur_t_d, give_t_d and take_t_d (what either side has, in
    inlet on a mean day), season_pct (share of the smaller side that falls in common months), stage; with mixing several rows a pair, one a level. A firm's own
    wastewater needs no pipe.
    """
    give = np.flatnonzero((table["direction"] == "discharge") & (table["flow_t_d"] > 0))
    take = np.flatnonzero((table["direction"] == "demand") & (table["flow_t_d"] > 0))
    one, two = (side.ravel() for side in np.meshgrid(give, take, indexing="ij"))
    quality = table[list(CONTAMINANTS)].to_numpy()
    limits = quality[two]
    tried = LEVELS if choices.treat_water else LEVELS[:1]
    place = np.searchsorted(give, one)
    clean = [treated(quality[give], name, costs)[place] for name in tried]
    level = np.full(len(one), -1)
    for k in reversed(range(len(tried))):  # the cheaper overwrite the dearer
        level[meets(clean[k], limits)] = k
    pairs = [np.c_[one, two, level]]
    if choices.mixing:
        for k in range(len(tried)):
            more = known(clean[k], limits) & (level != k)
            pairs.append(np.c_[one[more], two[more], np.full(int(more.sum()), k)])
    rows = np.concatenate(pairs)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    return _valued(rows[:, 0], rows[:, 1], rows[:, 2], table, places, costs, choices)


def _valued(
    one: np.ndarray,
    two: np.ndarray,
    level: np.ndarray,
    table: pd.DataFrame,
    places: Places,
    costs: Costs,
    choices: Links,
) -> pd.DataFrame:
    """Candidates of discharges ``one``, demands ``two`` and treatments ``level`` (-1: none reaches the limits)."""
    firm = table["firm"].to_numpy()
    quality = table[list(CONTAMINANTS)].to_numpy()
    limits = quality[two]
    placed = (firm[one] >= 0) & (firm[two] >= 0)
    own = placed & (firm[one] == firm[two])
    far = np.full(len(one), np.inf)
    far[placed] = places.distance_m[firm[one[placed]], firm[two[placed]]]
    far[own] = 0.0
    unknown = (np.isnan(quality[one]) & ~np.isnan(limits)).any(axis=1)
    each = level_costs(costs)
    # the last row is for level -1
    cost, invest, recovery = np.array([*(each[name] for name in LEVELS), each["none"]])[level].T
    km = np.where(placed, far, 0.0) / 1000
    sewage, fresh = (recovery * costs.money(name) for name in ("sewage_fee", "water_price"))
    slope = invest + recovery * costs.money("water_pipe_per_flow") * km * 1000
    running = cost + recovery * costs.money("water_pumping") * km
    investment = costs.money("water_pipe_fixed") * km * 1000
    flow = table["left_t_d"].to_numpy()
    days = costs.value("days")
    gain = days * (sewage + fresh - running) - slope * costs.annuity
    sides = seasons.Sides(seasons.matrix(table), one, two, flow[one], flow[two] / recovery)
    most = seasons.common(sides)
    overlap = seasons.overlap_pct(most, sides.first, sides.second)
    names = table["enterprise_id"].to_numpy()
    forbidden = forbidden_pairs(names[one], names[two], choices)
    fixed = investment * costs.annuity
    worth = (gain * most > fixed) & (own | (most >= choices.min_water_t_d))
    near = far <= choices.water_distance_km * 1000
    stage = np.full(len(one), "taken", dtype=object)
    for rule, passed in reversed(
        (
            ("no_limits", ~np.isnan(limits).all(axis=1)),
            ("quality_unknown", (level >= 0) | ~unknown),
            ("quality", level >= 0),
            ("firm", placed & (choices.own_water | ~own) & ~forbidden),
            ("distance", near),
            ("season", overlap > 0),
            ("not_worth", worth),
        )
    ):
        stage = np.where(passed, stage, rule)
    return pd.DataFrame(
        {
            "give": one,
            "take": two,
            "level": np.array([*LEVELS, ""], dtype=object)[level],
            "recovery": recovery,
            "distance_m": far,
            "gain_cur_t_d": gain,
            "giver_cur_t_d": days * sewage,
            "taker_cur_t_d": days * fresh,
            "fixed_cur_a": fixed,
            "investment_cur": investment,
            "investment_cur_t_d": slope,
            "give_t_d": sides.first,
            "take_t_d": sides.second,
            "season_pct": overlap,
            "stage": stage,
        }
    )


def pair_of(chosen: pd.DataFrame) -> np.ndarray:
    """(n,) number of the pair of streams of each row; treatments of one pair share its pipe."""
    keys = chosen[["give", "take"]].to_numpy(dtype=int)
    if not len(keys):
        return np.zeros(0, dtype=int)
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel()


def select(pairs: pd.DataFrame) -> pd.DataFrame:
    """The candidates that pass every rule."""
    return pairs[pairs["stage"] == "taken"].reset_index(drop=True)
