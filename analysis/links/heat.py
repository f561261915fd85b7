"""Matching of hot streams with cold streams of other firms.

A hot stream gives heat at falling, a cold stream takes it at rising temperature. A cold stream is cut into segments; a
segment may only be served by heat of the hot stream that lies above the segment's upper end plus the smallest
approach and the fall of temperature on the way. For each hot stream a cascade from the top down holds the heat
left above each of these levels, so no choice of matches lets heat flow uphill. Counting a segment at its upper end
is on the safe side by at most one segment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from ..energy import POWER_AND_HEAT
from ..errors import Finding
from ..park.model import Park
from ..scenario import Links
from ..solvers.fixed_charge import Problem
from . import seasons
from .costs import Costs
from .material import forbidden_pairs
from .places import Places

SEGMENTS = 6  # most segments of one cold stream
GJ_KWH = 0.0036
COOLED = ("water", "oil", "process")  # media that cooling water must bring to their target


def streams(park: Park, places: Places, choices: Links) -> tuple[pd.DataFrame, list[Finding]]:
    """Usable heat streams with the number of their firm, the ``share`` of each period and the reserved part.

    Streams without duty, temperatures or hours, or that run the wrong way, are left out with a finding.
    """
    table, findings = sound(park["heat_streams"])
    runs = table["hours_a"] > 0
    findings += [
        Finding("links.no_hours", "warning", "heat_streams", str(name), "hours_a")
        for name in table["stream_id"][~runs]
    ]
    table = table[runs].reset_index(drop=True)
    table["firm"] = places.number(table["enterprise_id"])
    table.loc[table["enterprise_id"].isin(choices.exclude_enterprises), "firm"] = -1
    table["reserved_kw"] = 0.0
    table["raised"] = raised(park, table)
    table["share"] = seasons.shares(park, table["profile_id"], "heat")
    return table, findings


def raised(park: Park, table: pd.DataFrame) -> np.ndarray:
    """(n,) True for steam that a plant of power and heat gives: raised from fuel to be sold, it is no waste heat.

    Whoever takes more of it makes the plant burn more, so its benefit is not the fuel spared; the central supply of heat is
    the siting's.
    """
    sector = park["enterprises"].set_index("enterprise_id")["sector"]
    plant = table["enterprise_id"].isin(sector.index[sector.astype(str).str.startswith(POWER_AND_HEAT)])
    return ((table["kind"] == "hot") & (table["medium"] == "steam") & plant).to_numpy(bool)


def sound(streams: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """A copy of the heat streams that run the right way and have a duty, and a finding for each of the others."""
    table = streams.copy()
    hot = table["kind"] == "hot"
    supply, target = table["t_supply_c"], table["t_target_c"]
    findings = []
    for column, key, bad in (
        ("t_supply_c", "links.no_temperature", supply.isna() | target.isna()),
        ("t_target_c", "links.temperatures_cross", (hot & (target > supply)) | (~hot & (target < supply))),
        ("duty_kw", "links.no_duty", table["duty_kw"].isna() | (table["duty_kw"] <= 0)),
    ):
        for row in table[bad].itertuples():
            values = {"supply": row.t_supply_c, "target": row.t_target_c}
            findings.append(Finding(key, "warning", "heat_streams", str(row.stream_id), column, values))
    runs = np.where(hot, supply >= target, supply <= target)
    return table[runs & (table["duty_kw"] > 0)].reset_index(drop=True), findings


def above(table: pd.DataFrame, stream: np.ndarray, level_c: np.ndarray) -> np.ndarray:
    """Heat in kW that hot streams hold above a level, without what existing links take from the top."""
    supply, target = table["t_supply_c"].to_numpy()[stream], table["t_target_c"].to_numpy()[stream]
    duty = table["duty_kw"].to_numpy()[stream]
    span = supply - target
    share = np.where(
        span > 0, (supply - level_c) / np.where(span > 0, span, 1.0), np.where(level_c <= supply, 1.0, 0.0)
    )
    return np.maximum(duty * np.clip(share, 0.0, 1.0) - table["reserved_kw"].to_numpy()[stream], 0.0)


@dataclass(frozen=True)
class Matches:
    """Candidates of heat links: ``pairs`` a row a pair of streams, ``arcs`` a row a segment of a pair's cold stream.

    ``arcs`` has pair, segment, level_c (the hot side's), most_kw; flows are kW at the cold side.
    """

    pairs: pd.DataFrame
    arcs: pd.DataFrame
    segments: pd.DataFrame


def candidates(table: pd.DataFrame, places: Places, costs: Costs, choices: Links, price: pd.Series) -> Matches:
    """Pairs of streams near enough and warm enough, with cost and gain.

    Parameters
    ----------
    price
        Price of useful heat (currency/GJ) of each firm, by its number.
    """
    hot, cold = np.flatnonzero(table["kind"] == "hot"), np.flatnonzero(table["kind"] == "cold")
    one, two = (side.ravel() for side in np.meshgrid(hot, cold, indexing="ij"))
    firm = table["firm"].to_numpy()
    supply = table["t_supply_c"].to_numpy()
    near = (firm[one] >= 0) & (firm[two] >= 0) & (firm[one] != firm[two])
    one, two = one[near], two[near]
    far = places.distance_m[firm[one], firm[two]]
    pipe = np.maximum(far, costs.value("heat_pipe_least"))
    shift = choices.approach_k + costs.value("heat_drop") * pipe / 1000
    runs = table["hours_a"].to_numpy(float)
    hours = seasons.common(seasons.Sides(seasons.matrix(table), one, two, runs[one], runs[two]))
    kept = 1 - costs.value("heat_loss") * pipe / 1000
    names = table["enterprise_id"].to_numpy()
    forbidden = forbidden_pairs(names[one], names[two], choices)
    warm = supply[one] > supply[two] + shift
    ok = (far <= choices.heat_distance_km * 1000) & (hours > 0) & (kept > 0) & ~forbidden & warm
    pairs = pd.DataFrame(
        {
            "hot": one,
            "cold": two,
            "distance_m": far,
            "pipe_m": pipe,
            "shift_k": shift,
            "hours_a": hours,
            "season_pct": seasons.overlap_pct(hours, runs[one], runs[two]),
            "kept": kept,
        }
    )
    pairs["raised"] = table["raised"].to_numpy(bool)[one]
    ok &= ~pairs["raised"].to_numpy()
    pairs["allowed"] = ok
    pairs["warm"] = warm
    fixed = costs.money("pipe_fixed") * pipe
    slope = costs.money("pipe_per_kw") * pipe + costs.money("exchanger")
    pairs["investment_cur"], pairs["investment_cur_kw"] = fixed, slope
    pairs["fixed_cur_a"] = fixed * costs.annuity
    # what the giver drops it need not cool; a gas or steam would be let off at no cost
    cooled = table["medium"].isin(COOLED).to_numpy()[one]
    pairs["giver_cur_kw"] = np.where(cooled, hours * GJ_KWH * costs.money("cooling"), 0.0) / np.where(
        kept > 0, kept, 1.0
    )
    pairs["taker_cur_kw"] = hours * GJ_KWH * price.to_numpy()[firm[two]]
    pairs["gain_cur_kw"] = pairs["taker_cur_kw"] + pairs["giver_cur_kw"] - slope * costs.annuity
    segments = _segments(table, cold, choices.heat_step_k)
    # a pair worth nothing at its largest is out before its segments are counted
    duty = table["duty_kw"].to_numpy()
    ok &= pairs["gain_cur_kw"].to_numpy() * np.minimum(duty[one], duty[two]) > pairs["fixed_cur_a"].to_numpy()
    useful = pairs[ok].reset_index(drop=True)
    arcs = useful[["cold", "hot", "shift_k", "kept"]].assign(pair=useful.index).merge(segments, on="cold")
    # levels rounded up to the step: safe, and a hot stream's cascade stays short
    grid = choices.heat_step_k
    level = np.ceil((arcs["top_c"] + arcs["shift_k"]) / grid - 1e-9) * grid
    level = np.maximum(level, arcs["shift_k"] + arcs["top_c"])
    # below its target a hot stream holds no more: such levels are one
    arcs["level_c"] = np.maximum(level, table["t_target_c"].to_numpy()[arcs["hot"]])
    held = above(table, arcs["hot"].to_numpy(), arcs["level_c"].to_numpy()) * arcs["kept"].to_numpy()
    arcs["most_kw"] = np.minimum(held, arcs["size_kw"])
    arcs = arcs[arcs["most_kw"] > 0].sort_values(["pair", "segment"]).reset_index(drop=True)
    most = arcs.groupby("pair")["most_kw"].sum().reindex(useful.index, fill_value=0.0).to_numpy()
    lowest = arcs.groupby("pair")["level_c"].min().reindex(useful.index, fill_value=np.inf).to_numpy()
    whole = above(table, useful["hot"].to_numpy(), lowest) * useful["kept"].to_numpy()
    most = np.minimum(most, whole)  # all segments together draw on the heat above the lowest of them
    most = np.minimum(most, costs.value("heat_pipe_largest"))
    best = useful["gain_cur_kw"].to_numpy() * most - useful["fixed_cur_a"].to_numpy()
    keep = (best > 0) & (most >= choices.min_heat_kw)
    arcs = arcs[keep[arcs["pair"].to_numpy()]].reset_index(drop=True)
    pairs["most_kw"] = 0.0
    pairs.loc[np.flatnonzero(ok), "most_kw"] = most
    pairs["worth"] = False
    pairs.loc[np.flatnonzero(ok), "worth"] = keep
    arcs["pair"] = np.flatnonzero(ok)[arcs["pair"].to_numpy()]
    return Matches(pairs, arcs, segments)


def _segments(table: pd.DataFrame, cold: np.ndarray, step_k: float) -> pd.DataFrame:
    """Segments of the cold streams: cold, segment, bottom_c, top_c, size_kw (what existing links leave, cold end first)."""
    supply, target = table["t_supply_c"].to_numpy()[cold], table["t_target_c"].to_numpy()[cold]
    duty, reserved = table["duty_kw"].to_numpy()[cold], table["reserved_kw"].to_numpy()[cold]
    count = np.clip(np.ceil((target - supply) / step_k), 1, SEGMENTS).astype(int)
    owner = np.repeat(np.arange(len(cold)), count)
    k = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    rise = (target - supply)[owner] / count[owner]
    bottom, top = supply[owner] + rise * k, supply[owner] + rise * (k + 1)
    size = duty[owner] / count[owner]
    done = np.clip(reserved[owner] - k * size, 0.0, size)
    left = size - done
    out = pd.DataFrame(
        {
            "cold": cold[owner],
            "segment": np.arange(len(owner)),
            "bottom_c": bottom,
            "top_c": top,
            "size_kw": left,
        }
    )
    return out[out["size_kw"] > 0].reset_index(drop=True)


def problem(table: pd.DataFrame, matches: Matches, choices: Links) -> Problem:
    """The optimisation: a column a segment of a pair, and one a level of a hot stream for the heat left above it."""
    arcs, pairs = matches.arcs, matches.pairs
    n = len(arcs)
    pair = arcs["pair"].to_numpy()
    hot, level = arcs["hot"].to_numpy(), arcs["level_c"].to_numpy()
    # levels of each hot stream from the top down; each has a row and a column of residual heat
    levels = pd.DataFrame({"hot": hot, "level_c": level}).drop_duplicates()
    levels = levels.sort_values(["hot", "level_c"], ascending=[True, False]).reset_index(drop=True)
    row_of = pd.MultiIndex.from_frame(levels).get_indexer(pd.MultiIndex.from_arrays([hot, level]))
    m = len(levels)
    held = above(table, levels["hot"].to_numpy(), levels["level_c"].to_numpy())
    first = levels["hot"].ne(levels["hot"].shift()).to_numpy()
    fresh = np.where(first, held, held - np.r_[0.0, held[:-1]])
    segments, place = np.unique(arcs["segment"].to_numpy(), return_inverse=True)
    fresh_size = _segments(table, np.flatnonzero(table["kind"] == "cold"), choices.heat_step_k)
    size = fresh_size.set_index("segment")["size_kw"].reindex(segments, fill_value=0.0).to_numpy()
    later = np.flatnonzero(~first)
    rows = csr_array(
        coo_array(
            (
                np.r_[1 / arcs["kept"].to_numpy(), np.ones(m), -np.ones(len(later)), np.ones(n)],
                (
                    np.r_[row_of, np.arange(m), later, m + place],
                    np.r_[np.arange(n), n + np.arange(m), n + later - 1, np.arange(n)],
                ),
            ),
            shape=(m + len(segments), n + m),
        )
    )
    links = np.unique(pair)
    return Problem(
        gain=np.r_[pairs["gain_cur_kw"].to_numpy()[pair], np.zeros(m)],
        upper=np.r_[arcs["most_kw"].to_numpy(), np.maximum(held, 1e-9)],
        link=np.r_[np.searchsorted(links, pair), np.full(m, -1)],
        fixed=pairs["fixed_cur_a"].to_numpy()[links],
        lot=np.full(len(links), choices.min_heat_kw),
        most=pairs["most_kw"].to_numpy()[links],
        rows=rows,
        limit=np.r_[np.maximum(fresh, 0.0), size],
    )


def tidy(table: pd.DataFrame, matches: Matches, x: np.ndarray) -> np.ndarray:
    """Flows of the arcs (n,) with each hot stream's cascade kept exactly, past the solver's tolerance."""
    arcs = matches.arcs.assign(x=x[: len(matches.arcs)])
    arcs["drawn"] = arcs["x"] / arcs["kept"]
    order = arcs.sort_values(["hot", "level_c"], ascending=[True, False], kind="stable")
    total = order.groupby("hot")["drawn"].cumsum()
    # all arcs of one level count before the level is judged
    total = total.groupby([order["hot"], order["level_c"]]).transform("max")
    held = above(table, order["hot"].to_numpy(), order["level_c"].to_numpy())
    ratio = pd.Series(np.where(total > held, held / np.maximum(total, 1e-300), 1.0), index=order.index)
    factor = ratio.groupby(order["hot"]).transform("min").reindex(arcs.index)
    return (arcs["x"] * factor).to_numpy()


def used(table: pd.DataFrame, matches: Matches, x: np.ndarray) -> pd.DataFrame:
    """By pair with a flow: hot_from_c, hot_to_c, cold_from_c, cold_to_c (C) and loss_kw.

    A hot stream serves the levels from its hot end down, after what existing links take; a cold stream is warmed by whole
    segments. ``x`` (arcs,) in kW at the cold side, as ``tidy`` gives it.
    """
    arcs = matches.arcs.assign(x=x, drawn=x / matches.arcs["kept"].to_numpy())
    arcs = arcs[arcs["x"] > 0].sort_values(
        ["hot", "level_c", "pair", "segment"], ascending=[True, False, True, True]
    )
    hot, drawn = arcs["hot"].to_numpy(dtype=int), arcs["drawn"].to_numpy()
    supply, target = table["t_supply_c"].to_numpy()[hot], table["t_target_c"].to_numpy()[hot]
    fall = (supply - target) / table["duty_kw"].to_numpy()[hot]
    end = arcs.groupby("hot")["drawn"].cumsum().to_numpy() + table["reserved_kw"].to_numpy()[hot]
    arcs["hot_from_c"] = supply - fall * (end - drawn)
    arcs["hot_to_c"] = supply - fall * end
    arcs["loss_kw"] = drawn - arcs["x"].to_numpy()
    arcs = arcs.rename(columns={"bottom_c": "cold_from_c", "top_c": "cold_to_c"})
    ends = {"hot_from_c": "max", "hot_to_c": "min", "cold_from_c": "min", "cold_to_c": "max", "loss_kw": "sum"}
    return arcs.groupby("pair").agg(ends)
