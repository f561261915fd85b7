"""Waste heat and waste water that a newcomer could use, by the same rules as links between firms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...park.estimates.profiles import heat_uses as heat_demands
from ...park.estimates.profiles import profiles, water_limits
from ...park.estimates.profiles import water_uses as water_demands
from ...park.estimates.streams import KW_PER_GJ_H
from ...park.model import Park, estimated
from ...scenario import Links
from ..costs import Costs
from ..heat import GJ_KWH
from ..relief import USUAL
from ..water.quality import CONTAMINANTS, LEVELS, level_costs, treated


def _left(unmatched: pd.DataFrame, park: Park, kind: str, excluded: list[str]) -> pd.DataFrame:
    """Streams of a kind with something left, as the park's layer has them, with ``left``."""
    rest = unmatched[(unmatched["kind"] == kind) & (unmatched["reason"] != "no_place")]
    rest = rest[~rest["enterprise_id"].isin(excluded)]
    layer = park["heat_streams" if kind == "heat" else "water_streams"].drop_duplicates("stream_id")
    table = layer.set_index("stream_id").reindex(rest["flow_id"]).rename_axis("flow_id").reset_index()
    return table.assign(left=rest["left"].to_numpy())


def heat_uses(unmatched: pd.DataFrame, park: Park, costs: Costs, choices: Links, distance_m: float) -> pd.DataFrame:
    """A row for each hot stream and each use of heat (``sector_heat.csv``) of each sector that it is warm enough for.

    What is left of a stream is taken as its coldest part, and serves a use as far as it is hotter than the end of that use
    by the smallest approach and the fall on the way. Columns: flow_id, enterprise_id, sector, group (the use), left (kW at
    the newcomer), gain_cur (a kW), fixed_cur_a, per_mcny (kW a million yuan of output), guess.
    """
    streams = _left(unmatched, park, "heat", choices.exclude_enterprises)
    cold = heat_demands()[heat_demands()["kind"].eq("cold") & heat_demands()["basis"].eq("process_heat")]
    cold = cold.rename(columns={"division": "sector", "code": "group", "t_target_c": "heat_out_c"})
    typical = cold[["sector", "group", "heat_out_c", "share"]].merge(
        profiles()[["heat_gj_m2_a", "output_cny_m2_a", "hours_a"]], left_on="sector", right_index=True
    )
    far = min(distance_m, choices.heat_distance_km * 1000)
    kept = 1 - costs.value("heat_loss") * far / 1000
    pairs = streams.assign(guess=estimated(streams, "duty_kw")).merge(
        typical[typical["heat_gj_m2_a"] > 0], how="cross", suffixes=("", "_newcomer")
    )
    level = pairs["heat_out_c"] + choices.approach_k + costs.value("heat_drop") * far / 1000
    span = (pairs["t_supply_c"] - pairs["t_target_c"]).clip(lower=1e-9)
    hottest = pairs["t_target_c"] + span * (pairs["left"] / pairs["duty_kw"]).clip(upper=1.0)
    above = ((hottest - level) / (hottest - pairs["t_target_c"]).clip(lower=1e-9)).clip(0.0, 1.0)
    hours = np.minimum(pairs["hours_a"].fillna(0.0), pairs["hours_a_newcomer"])
    price = costs.money(f"energy.price_{USUAL}") / costs.standards.value("energy.boiler_efficiency")
    slope = costs.money("pipe_per_kw") * far + costs.money("exchanger")
    pairs["left"] = pairs["left"] * above * max(kept, 0.0)
    pairs["gain_cur"] = hours * GJ_KWH * price - slope * costs.annuity
    pairs["fixed_cur_a"] = costs.money("pipe_fixed") * far * costs.annuity
    heat_gj_m2_h = pairs["share"] * pairs["heat_gj_m2_a"] / pairs["hours_a_newcomer"]
    pairs["per_mcny"] = 1e6 / pairs["output_cny_m2_a"] * heat_gj_m2_h * KW_PER_GJ_H
    pairs = pairs[(pairs["left"] >= choices.min_heat_kw) & (hours > 0)]
    return pairs.assign(treatment="none").reset_index(drop=True)


def water_uses(
    unmatched: pd.DataFrame, park: Park, costs: Costs, choices: Links, distance_m: float
) -> pd.DataFrame:
    """A row for each discharge, each use of water (``water_grades.csv``) and each sector; columns as ``heat_uses``, in t/d.

    ``load`` is the share of the discharge that leaves the treatment as usable water.
    """
    streams = _left(unmatched, park, "water", choices.exclude_enterprises)
    guess = estimated(streams, "flow_t_d")
    for name in CONTAMINANTS:
        guess |= estimated(streams, name)
    streams = streams.assign(guess=guess)
    far = min(distance_m, choices.water_distance_km * 1000)
    typical = profiles().rename_axis("sector").reset_index()
    total = 1e6 / typical["output_cny_m2_a"] * typical["water_m3_m2_a"] / costs.value("days")
    demands = water_demands()[water_demands()["direction"] == "demand"]
    shares = demands.pivot(index="division", columns="use", values="share").reindex(typical["sector"]).fillna(0.0)
    parts = []
    for use, limits in water_limits()[list(CONTAMINANTS)].fillna(np.inf).iterrows():
        fit = _treated_for(streams, limits.to_numpy(dtype=float), costs, choices, far)
        need = pd.DataFrame({"sector": typical["sector"], "per_mcny": total * shares[use].to_numpy()})
        parts.append(fit.merge(need[need["per_mcny"] > 0], how="cross").assign(group=str(use)))
    return pd.concat(parts, ignore_index=True)


def _treated_for(
    streams: pd.DataFrame, limits: np.ndarray, costs: Costs, choices: Links, far_m: float
) -> pd.DataFrame:
    """Discharges that reach the limits (4,), by the least treatment, with gain (a t/d a year) and fixed cost."""
    quality = streams[list(CONTAMINANTS)].to_numpy(dtype=float)
    level = np.full(len(streams), "", dtype=object)
    for name in reversed(LEVELS if choices.treat_water else LEVELS[:1]):  # the cheaper overwrite the dearer
        level[(treated(quality, name, costs) <= limits).all(axis=1)] = name
    table_of = level_costs(costs)
    cost, invest, share = (np.array([table_of.get(name, (0.0, 0.0, 1.0))[k] for name in level]) for k in range(3))
    km = far_m / 1000
    saved = share * (costs.money("water_price") + costs.money("sewage_fee"))
    slope = invest + share * costs.money("water_pipe_per_flow") * far_m
    gain = costs.value("days") * (saved - cost - share * costs.money("water_pumping") * km) - slope * costs.annuity
    fixed = costs.money("water_pipe_fixed") * far_m * costs.annuity
    table = streams.assign(treatment=level, load=share, gain_cur=gain, fixed_cur_a=fixed)
    return table[(level != "") & (table["left"] >= choices.min_water_t_d)]
