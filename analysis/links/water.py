"""Matching of wastewater with other firms' demand for water, by quality.

Water is taken over as it is where every contaminant is at or below the demand's limit, else after biological
treatment and filtration, else after a double membrane behind it; the cheapest step that reaches every limit is
used. Where the scenario allows mixing, a demand's mean inlet quality counts instead, topped up with fresh water.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack

from ..errors import Finding
from ..park.model import Park
from ..scenario import Links
from .costs import Costs
from .material import forbidden_pairs
from .model import Problem, best_partners
from .places import Places

CONTAMINANTS = ("cod_mg_l", "ss_mg_l", "tds_mg_l", "nh3n_mg_l")
LEVELS = ("none", "bio", "membrane")
STAGES = ("no_demand", "no_limits", "quality_unknown", "quality", "firm", "distance", "not_worth", "taken")


def streams(park: Park, places: Places, choices: Links) -> tuple[pd.DataFrame, list[Finding]]:
    """Usable water streams with the number of their firm and ``left_t_d``."""
    table, findings = sound(park["water_streams"])
    table["firm"] = places.number(table["enterprise_id"])
    table.loc[table["enterprise_id"].isin(choices.exclude_enterprises), "firm"] = -1
    table["left_t_d"] = table["flow_t_d"]
    return table, findings


def sound(streams: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """A copy of the water streams that have a flow; findings for the others, and for demands without any limit."""
    table = streams.copy()
    findings = []
    flow = table["flow_t_d"]
    for key, bad in (("links.no_flow", flow.isna()), ("links.negative_flow", flow < 0)):
        for name in table["stream_id"][bad]:
            findings.append(Finding(key, "warning", "water_streams", str(name), "flow_t_d"))
    quality = table[list(CONTAMINANTS)]
    demand = table["direction"] == "demand"
    for name in table["stream_id"][demand & quality.isna().all(axis=1) & (flow > 0)]:
        findings.append(Finding("links.no_limits", "info", "water_streams", str(name), "cod_mg_l"))
    return table[flow >= 0].reset_index(drop=True), findings


def treated(quality: np.ndarray, level: str, costs: Costs) -> np.ndarray:
    """Quality (n, 4) in mg/L after a treatment level; unknown stays unknown where the level does not govern it.

    Biological treatment and filtration bring COD, SS and NH3-N to class 1A of GB 18918-2002 and leave dissolved solids; it
    takes wastewater up to its inlet limit of COD only (unknown or stronger: not treatable, infinite).
    """
    if level == "none":
        return quality
    number = costs.value
    cod, ss, tds, nh3n = quality.T
    treatable = cod <= number("bio_cod_inlet")

    def at_most(values: np.ndarray, limit: float) -> np.ndarray:
        return np.fmin(values, limit)

    if level == "bio":
        out = np.c_[
            at_most(cod, number("bio_cod")), at_most(ss, number("bio_ss")), tds, at_most(nh3n, number("bio_nh3n"))
        ]
    else:
        salts = tds * number("membrane_tds_passed")
        out = np.c_[
            at_most(cod, number("membrane_cod")),
            at_most(ss, number("membrane_ss")),
            salts,
            at_most(nh3n, number("membrane_nh3n")),
        ]
    return np.where(treatable[:, None], out, np.inf)


def level_costs(costs: Costs) -> dict[str, tuple[float, float, float]]:
    """By level: cost a tonne of inlet, investment a (t/d) of inlet, share that leaves as usable water."""
    bio = (costs.money("bio_cost"), costs.money("bio_investment"), costs.value("bio_recovery"))
    share = costs.value("membrane_recovery")
    return {
        "none": (0.0, 0.0, 1.0),
        "bio": bio,
        "membrane": (
            bio[0] + bio[2] * costs.money("membrane_cost"),
            bio[1] + bio[2] * costs.money("membrane_investment"),
            bio[2] * share,
        ),
    }


def candidates(table: pd.DataFrame, places: Places, costs: Costs, choices: Links) -> pd.DataFrame:
    """Every discharge with every demand of another firm, the treatment it needs, and the first rule it fails.

    Columns: give, take (row numbers), level, recovery, distance_m, gain_cur_t_d (a year for each t/d of inlet),
    fixed_cur_a, investment_cur, investment_cur_t_d, stage.
    """
    give = np.flatnonzero((table["direction"] == "discharge") & (table["flow_t_d"] > 0))
    take = np.flatnonzero((table["direction"] == "demand") & (table["flow_t_d"] > 0))
    one, two = (side.ravel() for side in np.meshgrid(give, take, indexing="ij"))
    firm = table["firm"].to_numpy()
    quality = table[list(CONTAMINANTS)].to_numpy()
    limits = quality[two]
    placed = (firm[one] >= 0) & (firm[two] >= 0)
    far = np.full(len(one), np.inf)
    far[placed] = places.distance_m[firm[one[placed]], firm[two[placed]]]
    level = np.full(len(one), "", dtype=object)
    tried = LEVELS if choices.treat_water else LEVELS[:1]
    for name in reversed(tried):  # the cheaper overwrite the dearer
        clean = treated(quality[give], name, costs)[np.searchsorted(give, one)]
        level[(np.isnan(limits) | (clean <= limits)).all(axis=1)] = name
    if choices.mixing:
        known = (np.isnan(limits) | ~np.isnan(quality[one])).all(axis=1)
        level[known & (level == "")] = "none"
    unknown = (np.isnan(quality[one]) & ~np.isnan(limits)).any(axis=1)
    table_of = level_costs(costs)
    cost, invest, recovery = (
        np.array([table_of.get(name, (0.0, 0.0, 1.0))[k] for name in level]) for k in range(3)
    )
    km = np.where(placed, far, 0.0) / 1000
    saved = recovery * (costs.money("water_price") + costs.money("sewage_fee"))
    slope = invest + recovery * costs.money("water_pipe_per_flow") * km * 1000
    running = cost + recovery * costs.money("water_pumping") * km
    investment = costs.money("water_pipe_fixed") * km * 1000
    flow = table["left_t_d"].to_numpy()
    gain = costs.value("days") * (saved - running) - slope * costs.annuity
    most = np.minimum(flow[one], flow[two] / recovery)
    names = table["enterprise_id"].to_numpy()
    forbidden = forbidden_pairs(names[one], names[two], choices)
    fixed = investment * costs.annuity
    worth = (gain * most > fixed) & (most >= choices.min_water_t_d)
    near = far <= choices.water_distance_km * 1000
    stage = np.full(len(one), "taken", dtype=object)
    for rule, passed in reversed(
        (
            ("no_limits", ~np.isnan(limits).all(axis=1)),
            ("quality_unknown", (level != "") | ~unknown),
            ("quality", level != ""),
            ("firm", placed & (firm[one] != firm[two]) & ~forbidden),
            ("distance", near),
            ("not_worth", worth),
        )
    ):
        stage = np.where(passed, stage, rule)
    return pd.DataFrame(
        {
            "give": one,
            "take": two,
            "level": level,
            "recovery": recovery,
            "distance_m": far,
            "gain_cur_t_d": gain,
            "fixed_cur_a": fixed,
            "investment_cur": investment,
            "investment_cur_t_d": slope,
            "stage": stage,
        }
    )


def select(pairs: pd.DataFrame, table: pd.DataFrame, choices: Links) -> pd.DataFrame:
    """The candidates that pass every rule, of each stream the ``choices.partners`` most valuable."""
    chosen = pairs[pairs["stage"] == "taken"].reset_index(drop=True)
    one, two = chosen["give"].to_numpy(), chosen["take"].to_numpy()
    left = table["left_t_d"].to_numpy()
    most = np.minimum(left[one], left[two] / chosen["recovery"].to_numpy())
    worth = chosen["gain_cur_t_d"].to_numpy() * most - chosen["fixed_cur_a"].to_numpy()
    return chosen[best_partners(one, two, worth, choices.partners)].reset_index(drop=True)


def problem(table: pd.DataFrame, chosen: pd.DataFrame, costs: Costs, choices: Links) -> Problem:
    """The optimisation; flows are t/d of inlet. With mixing, a row each demand and contaminant holds the mean quality."""
    n = len(chosen)
    one, two = chosen["give"].to_numpy(), chosen["take"].to_numpy()
    left, recovery = table["left_t_d"].to_numpy(), chosen["recovery"].to_numpy()
    used, place = np.unique(np.r_[one, two], return_inverse=True)
    rows = csr_array(
        coo_array((np.r_[np.ones(n), recovery], (place, np.r_[np.arange(n), np.arange(n)])), shape=(len(used), n))
    )
    limit = left[used]
    if choices.mixing:
        extra, most = _mixing_rows(table, chosen, costs)
        rows, limit = csr_array(vstack([rows, extra])), np.r_[limit, most]
    return Problem(
        gain=chosen["gain_cur_t_d"].to_numpy(),
        upper=np.minimum(left[one], left[two] / recovery),
        link=np.arange(n),
        fixed=chosen["fixed_cur_a"].to_numpy(),
        lot=np.full(n, choices.min_water_t_d),
        most=np.minimum(left[one], left[two] / recovery),
        rows=rows,
        limit=limit,
    )


def _mixing_rows(table: pd.DataFrame, chosen: pd.DataFrame, costs: Costs) -> tuple[csr_array, np.ndarray]:
    """Load of each contaminant a demand receives, at most its limit times its flow; fresh water counts as clean."""
    quality = table[list(CONTAMINANTS)].to_numpy()
    one, two, recovery = chosen["give"].to_numpy(), chosen["take"].to_numpy(), chosen["recovery"].to_numpy()
    clean = np.empty((len(chosen), len(CONTAMINANTS)))
    for name in LEVELS:
        mine = (chosen["level"] == name).to_numpy()
        clean[mine] = treated(quality[one[mine]], name, costs)
    takers, place = np.unique(two, return_inverse=True)
    blocks, limits = [], []
    for k in range(len(CONTAMINANTS)):
        asked = quality[takers, k]
        ruled = np.flatnonzero(~np.isnan(asked))
        inside = np.isin(place, ruled)
        row = np.searchsorted(ruled, place[inside])
        load = clean[inside, k] * recovery[inside]
        shape = (len(ruled), len(chosen))
        blocks.append(csr_array(coo_array((load, (row, np.flatnonzero(inside))), shape=shape)))
        limits.append(asked[ruled] * table["left_t_d"].to_numpy()[takers[ruled]])
    return csr_array(vstack(blocks)), np.concatenate(limits)
