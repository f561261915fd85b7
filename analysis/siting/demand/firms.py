"""What firms ask of each utility: their own flows less what links already cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...energy import MWH_GJ
from ...park.estimates import profiles
from ...park.estimates.byproducts import filled
from ...park.estimates.streams import DAYS
from ...park.model import Park, estimated
from ...standards import Standards
from ...steps import StepResult
from .records import UTILITIES


@dataclass(frozen=True)
class Asked:
    """What some consumers ask.

    Parameters
    ----------
    amount
        A row a consumer, a column a utility, in ``UNIT``.
    guessed
        Same shape, how much of each amount rests on estimates.
    share
        Of each utility in ``PEAKS``, a row a consumer: ``Loads.share``; loads of the unknown stand under the empty profile.
    """

    amount: pd.DataFrame
    guessed: pd.DataFrame
    share: dict[str, pd.DataFrame]


def of_firms(park: Park, links: StepResult | None, pattern: pd.DataFrame, standards: Standards) -> Asked:
    """What each firm asks, by enterprise_id.

    Parameters
    ----------
    links
        Result of the links step; without it the park's present exchanges count.
    pattern
        Typical days by profile_id, as ``hours.patterns`` gives them.

    Notes
    -----
    Heat: cold streams as far as steam can bring them, at their peaks, less heat received through links. Gas: peak, else mean
    times a peak factor. A firm's peak is that of its loads together. Water: what the links step leaves to fresh and gives to
    reclaimed water; where it matched no water, it is divided into what reclaimed water may serve by its quality and the
    rest. Waste gas: the greatest flow among a firm's rows of each source type, for the rows of several pollutants
    describe one gas.
    """
    taken = _links(park, links)
    supply = _supply(links)
    inside = supply[supply["source_kind"] == "own_firm"].groupby("enterprise_id")["flow_t_d"].sum()
    heat, heat_share = _heat(park, taken, pattern, standards)
    gas, gas_share = _together(_gas(park, standards), pattern)
    parts = {
        "heat": heat,
        "gas": gas,
        "wastewater": _less(_water(park, "discharge", taken, standards)[0], inside),
        "solid_waste": _waste(park, False, taken),
        "hazardous_waste": _waste(park, True, taken),
        "waste_gas": _waste_gas(park),
    }
    if supply.empty:
        parts["water"], parts["reclaimed"] = _water(park, "demand", taken, standards)
    else:
        parts["water"], parts["reclaimed"] = (
            _asked(supply, *kinds) for kinds in (("fresh", "unmet"), ("reclaimed",))
        )
    amount = pd.DataFrame({u: parts[u]["amount"] for u in UTILITIES}).fillna(0.0)
    guessed = pd.DataFrame({u: parts[u]["guessed"] for u in UTILITIES}).fillna(0.0)
    return Asked(amount, amount * guessed, {"heat": heat_share, "gas": gas_share})


def _by_firm(frame: pd.DataFrame, amount: pd.Series, guess: pd.Series) -> pd.DataFrame:
    """Sum of ``amount`` a firm and the share of it that rests on estimates."""
    size = amount.fillna(0.0).clip(lower=0.0)
    table = pd.DataFrame({"firm": frame["enterprise_id"], "amount": size, "guessed": size * guess.astype(float)})
    total = table.groupby("firm")[["amount", "guessed"]].sum()
    total["guessed"] = (total["guessed"] / total["amount"]).where(total["amount"] > 0, 0.0)
    return total


def _less(total: pd.DataFrame, covered: pd.Series) -> pd.DataFrame:
    rest = total["amount"] - covered.reindex(total.index).fillna(0.0).clip(lower=0.0)
    return total.assign(amount=rest.clip(lower=0.0))


def _together(loads: pd.DataFrame, pattern: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Peak of each firm's loads together with its guessed share, and the shares of the loads in it by profile.

    ``loads`` has the firm (``enterprise_id``), profile_id, peak and guess of each load. Those without a profile are taken
    to peak whenever the firm's others do.
    """
    peak = loads["peak"].fillna(0.0).clip(lower=0.0)
    profile = loads["profile_id"].where(loads["profile_id"].isin(pattern.index), "")
    each = peak.groupby([loads["enterprise_id"], profile]).sum().unstack()
    each = each.reindex(columns=[*pattern.index, ""]).fillna(0.0)
    known = each.to_numpy()[:, :-1] @ pattern.to_numpy()
    total = _by_firm(loads, peak, loads["guess"])
    total["amount"] = known.max(axis=1, initial=0.0) + each[""]
    return total, each.div(total["amount"].where(total["amount"] > 0), axis=0).dropna()


def _links(park: Park, links: StepResult | None) -> pd.DataFrame:
    """Links that count as used: existing and proposed ones, else the exchanges of today."""
    table = links.tables.get("links") if links is not None else None
    if table is None:
        return pd.DataFrame(park["exchanges"].assign(flow_t_d=park["exchanges"]["quantity_t_a"] / DAYS))
    return pd.DataFrame(table[table["status"] != "ended"])


def _supply(links: StepResult | None) -> pd.DataFrame:
    """What the links step gives each demand for water; empty where it matched no water."""
    table = links.tables.get("water_supply") if links is not None else None
    none = pd.DataFrame({"enterprise_id": [], "source_kind": [], "flow_t_d": [], "estimated": []})
    return none.astype({"flow_t_d": float}) if table is None else pd.DataFrame(table)


def _asked(supply: pd.DataFrame, *kinds: str) -> pd.DataFrame:
    """Water of some kinds of source that the plan of links gives each firm, t/d."""
    mine = supply[supply["source_kind"].isin(kinds)]
    return _by_firm(mine, mine["flow_t_d"], mine["estimated"] != "")


def _covered(links: pd.DataFrame, kind: str, side: str, column: str) -> pd.Series:
    part = links[links["kind"] == kind]
    return part[column].astype(float).groupby(part[f"{side}_enterprise_id"]).sum()


def _heat(
    park: Park, links: pd.DataFrame, pattern: pd.DataFrame, standards: Standards
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Heat of each firm, kW, and when it is asked (``_together``)."""
    streams = park["heat_streams"]
    streams = streams[streams["kind"] == "cold"]
    low, high = streams["t_supply_c"], streams["t_target_c"]
    reach = (np.minimum(high, standards.value("siting.heat.highest_c")) - low) / (high - low).where(high > low)
    # a stream that boils or condenses takes its heat at one temperature
    reach = reach.where(high > low, (high <= standards.value("siting.heat.highest_c")).astype(float)).clip(0.0, 1.0)
    reach = reach.where(high >= standards.value("siting.heat.lowest_c"), 0.0)
    guess = estimated(streams, "duty_kw")
    # a duty that somebody gave without a profile is one to design for, an estimated one is a mean
    sector = streams["enterprise_id"].map(park["enterprises"].set_index("enterprise_id")["sector"])
    factor = sector.map(profiles()["peak_to_mean"]).where(guess).fillna(1.0)
    factor = _profile(park, streams, "peak_to_mean").fillna(factor)
    rows = streams[["enterprise_id", "profile_id"]]
    total, share = _together(rows.assign(peak=streams["duty_kw"] * reach * factor, guess=guess), pattern)
    total = _less(total, _covered(links, "heat", "to", "heat_kw"))
    bought = park["energy_use"]
    bought = bought[(bought["carrier"] == "heat") & ~bought["enterprise_id"].isin(total.index)]
    hours = _profile(park, bought, "hours_a").fillna(standards.value("siting.heat.bought_hours_a"))
    factor = _profile(park, bought, "peak_to_mean").fillna(standards.value("siting.heat.peak_factor"))
    peak = bought["peak_kw"].fillna(bought["energy_gj_a"] / MWH_GJ * 1000 / hours * factor)
    guess = estimated(bought, "energy_gj_a").where(bought["peak_kw"].isna(), estimated(bought, "peak_kw"))
    more, its = _together(bought[["enterprise_id", "profile_id"]].assign(peak=peak, guess=guess), pattern)
    return pd.concat([total, more]), pd.concat([share, its])


def _gas(park: Park, standards: Standards) -> pd.DataFrame:
    """Loads of natural gas at their peaks, m3/h."""
    use = park["energy_use"]
    use = use[use["carrier"] == "natural_gas"]
    hours = _profile(park, use, "hours_a").fillna(standards.value("siting.gas.hours_a"))
    factor = _profile(park, use, "peak_to_mean").fillna(standards.value("siting.gas.peak_factor"))
    mean_m3_h = use["energy_gj_a"] * 1000 / standards.value("siting.gas.heat_value_mj_m3") / hours
    peak_m3_h = use["peak_kw"] * MWH_GJ / standards.value("siting.gas.heat_value_mj_m3")
    guess = estimated(use, "energy_gj_a").where(use["peak_kw"].isna(), estimated(use, "peak_kw"))
    rows = use[["enterprise_id", "profile_id"]]
    return rows.assign(peak=peak_m3_h.fillna(mean_m3_h * factor), guess=guess)


def _profile(park: Park, rows: pd.DataFrame, column: str) -> pd.Series:
    """A figure of each row's profile; missing where it names none, or where the figure is nothing."""
    known = park["profiles"].set_index("profile_id")[column].astype(float)
    return rows["profile_id"].map(known.where(known > 0)).astype(float)


def _water(
    park: Park, direction: str, links: pd.DataFrame, standards: Standards
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Water that must be fresh (or all discharge) and water that reclaimed water may serve, t/d a firm."""
    streams = park["water_streams"]
    streams = streams[streams["direction"] == direction]
    loose = (
        (streams["cod_mg_l"] >= standards.value("siting.reclaimed.cod_mg_l"))
        & ~(streams["tds_mg_l"] < standards.value("siting.reclaimed.tds_mg_l"))
        & (direction == "demand")
    )
    guess = estimated(streams, "flow_t_d")
    side = "to" if direction == "demand" else "from"
    covered = _covered(links, "water", side, "flow_t_d")
    plain, easy = (_by_firm(streams[mask], streams.loc[mask, "flow_t_d"], guess[mask]) for mask in (~loose, loose))
    # a link that hands on used water serves the demand that is not particular first
    rest = (covered - easy["amount"].reindex(covered.index).fillna(0.0)).clip(lower=0.0)
    return _less(plain, rest), _less(easy, covered)


def _waste(park: Park, hazardous: bool, links: pd.DataFrame) -> pd.DataFrame:
    flows, _ = filled(park["material_flows"])
    out = flows["direction"] == "out"
    flows = flows[out & ((flows["role"] == "waste") | flows["hazardous"]) & (flows["hazardous"] == hazardous)]
    size = flows["quantity_t_a"].fillna(0.0)
    used = links[links["kind"] == "material"].groupby(["from_enterprise_id", "material"])["quantity_t_a"].sum()
    # several waste flows of one material of one firm share what its links take
    key = pd.MultiIndex.from_frame(flows[["enterprise_id", "material"]])
    total = size.groupby([flows["enterprise_id"], flows["material"]]).transform("sum")
    gone = pd.Series(used.reindex(key).fillna(0.0).to_numpy(), index=flows.index)
    left = (1 - (gone / total.where(total > 0)).clip(upper=1.0)).fillna(0.0)
    return _by_firm(flows, size * left, estimated(flows, "quantity_t_a"))


def _waste_gas(park: Park) -> pd.DataFrame:
    rows = park["emissions"]
    rows = rows[rows["gas_m3_h"].fillna(0.0) > 0]
    rows = rows.sort_values(["enterprise_id", "source_type", "gas_m3_h", "emission_id"])
    rows = rows.drop_duplicates(["enterprise_id", "source_type"], keep="last")
    return _by_firm(rows, rows["gas_m3_h"], estimated(rows, "gas_m3_h"))
