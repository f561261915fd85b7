"""What each firm asks of each utility: its own flows less what links already cover, and the growth of the design year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from ..energy import MWH_GJ
from ..errors import Finding
from ..park.estimates.byproducts import filled
from ..park.model import Park, estimated
from ..scenario import Siting
from ..standards import Standards
from ..steps import StepResult

UTILITIES = ("heat", "gas", "water", "reclaimed", "wastewater", "solid_waste", "hazardous_waste", "waste_gas")
UNIT = {
    "heat": "kW",
    "gas": "m3/h",
    "water": "t/d",
    "reclaimed": "t/d",
    "wastewater": "t/d",
    "solid_waste": "t/a",
    "hazardous_waste": "t/a",
    "waste_gas": "m3/h",
}
GROWTH = {
    "heat": "heat_kw",
    "gas": "gas_m3_h",
    "water": "water_t_d",
    "wastewater": "wastewater_t_d",
    "solid_waste": "solid_waste_t_a",
    "hazardous_waste": "hazardous_waste_t_a",
}


@dataclass(frozen=True)
class Demand:
    """Who needs how much.

    Parameters
    ----------
    places
        One row a consumer, sorted: consumer_id (index), enterprise_id, growth_id, geometry.
    amount
        Same index, a column a utility, in ``UNIT``.
    guessed
        Same shape, share (0..1) of each amount that rests on estimates.
    findings
        Firms without a place, growth without a parcel.
    """

    places: gpd.GeoDataFrame
    amount: pd.DataFrame
    guessed: pd.DataFrame
    findings: list[Finding]


def demand(park: Park, links: StepResult | None, choices: Siting, standards: Standards) -> Demand:
    """Demand of every firm and of the growth up to the chosen horizon, for each utility.

    Parameters
    ----------
    links
        Result of the links step; without it the park's present exchanges count.

    Notes
    -----
    Heat: cold streams as far as steam can bring them, less heat received through links. Gas: peak, else mean times a
    peak factor. Water: what the links step leaves to fresh and gives to reclaimed water; where it matched no water, it is
    divided into what reclaimed water may serve by its quality and the rest. Reclaimed water is held to what the effluent yields. Waste gas: the greatest flow among a firm's rows of each source type, for the rows
    of several pollutants describe one gas.
    """
    taken = _links(park, links)
    supply = _supply(links)
    inside = supply[supply["source_kind"] == "own_firm"].groupby("enterprise_id")["flow_t_d"].sum()
    parts = {
        "heat": _heat(park, taken, standards),
        "gas": _gas(park, standards),
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
    points = park.enterprise_points()
    findings = [
        Finding("siting.no_place", "warning", "enterprises", str(firm))
        for firm in sorted(set().union(*(part.index for part in parts.values())) - set(points.index))
    ]
    places = gpd.GeoDataFrame(
        {"enterprise_id": points.index, "growth_id": ""},
        geometry=points.to_numpy(),
        index=points.index,
        crs=park.crs,
    )
    amount = pd.DataFrame({u: parts[u]["amount"] for u in UTILITIES}).reindex(places.index).fillna(0.0)
    guessed = pd.DataFrame({u: parts[u]["guessed"] for u in UTILITIES}).reindex(places.index).fillna(0.0)
    grown = _growth(park, choices, findings)
    if grown is not None:
        places = pd.concat([places, grown[0]])
        amount, guessed = pd.concat([amount, grown[1]]), pd.concat([guessed, grown[2]])
    _hold_reclaimed(amount, standards)
    return Demand(gpd.GeoDataFrame(places, geometry="geometry", crs=park.crs), amount, guessed, findings)


def _by_firm(frame: pd.DataFrame, amount: pd.Series, guess: pd.Series) -> pd.DataFrame:
    """Sum of ``amount`` a firm and the share of it that rests on estimates."""
    size = amount.fillna(0.0).clip(lower=0.0)
    table = pd.DataFrame({"firm": frame["enterprise_id"], "amount": size, "guessed": size * guess.astype(float)})
    total = table.groupby("firm")[["amount", "guessed"]].sum()
    total["guessed"] = (total["guessed"] / total["amount"]).where(total["amount"] > 0, 0.0)
    return total


def _less(total: pd.DataFrame, covered: pd.Series) -> pd.DataFrame:
    rest = total["amount"] - covered.reindex(total.index).fillna(0.0)
    return total.assign(amount=rest.clip(lower=0.0))


def _links(park: Park, links: StepResult | None) -> pd.DataFrame:
    """Links that count as used: existing and proposed ones, else the exchanges of today."""
    table = links.tables.get("links") if links is not None else None
    if table is None:
        return pd.DataFrame(park["exchanges"].assign(flow_t_d=park["exchanges"]["quantity_t_a"] / 365.0))
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
    return part.groupby(f"{side}_enterprise_id")[column].sum()


def _heat(park: Park, links: pd.DataFrame, standards: Standards) -> pd.DataFrame:
    streams = park["heat_streams"]
    streams = streams[streams["kind"] == "cold"]
    low, high = streams["t_supply_c"], streams["t_target_c"]
    reach = (np.minimum(high, standards.value("siting.heat.highest_c")) - low) / (high - low).where(high > low)
    # a stream that boils or condenses takes its heat at one temperature
    reach = reach.where(high > low, (high <= standards.value("siting.heat.highest_c")).astype(float)).clip(0.0, 1.0)
    reach = reach.where(high >= standards.value("siting.heat.lowest_c"), 0.0)
    peak = streams["profile_id"].map(park["profiles"].set_index("profile_id")["peak_to_mean"]).fillna(1.0)
    total = _by_firm(streams, streams["duty_kw"] * reach * peak.astype(float), estimated(streams, "duty_kw"))
    bought = park["energy_use"]
    bought = bought[(bought["carrier"] == "heat") & ~bought["enterprise_id"].isin(total.index)]
    hours = bought["profile_id"].map(park["profiles"].set_index("profile_id")["hours_a"]).fillna(6000.0)
    mean = bought["energy_gj_a"] / MWH_GJ * 1000 / hours.astype(float)
    extra = _by_firm(bought, bought["peak_kw"].fillna(mean), estimated(bought, "energy_gj_a"))
    return pd.concat([_less(total, _covered(links, "heat", "to", "heat_kw")), extra])


def _gas(park: Park, standards: Standards) -> pd.DataFrame:
    use = park["energy_use"]
    use = use[use["carrier"] == "natural_gas"]
    profile = park["profiles"].set_index("profile_id")
    hours = use["profile_id"].map(profile["hours_a"]).fillna(standards.value("siting.gas.hours_a")).astype(float)
    factor = use["profile_id"].map(profile["peak_to_mean"]).fillna(standards.value("siting.gas.peak_factor"))
    mean_m3_h = use["energy_gj_a"] * 1000 / standards.value("siting.gas.heat_value_mj_m3") / hours
    peak_m3_h = use["peak_kw"] * MWH_GJ / standards.value("siting.gas.heat_value_mj_m3")
    guess = estimated(use, "energy_gj_a").where(use["peak_kw"].isna(), estimated(use, "peak_kw"))
    return _by_firm(use, peak_m3_h.fillna(mean_m3_h * factor.astype(float)), guess)


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


def _hold_reclaimed(amount: pd.DataFrame, standards: Standards) -> None:
    """Reclaimed water cannot exceed what the effluent yields; what is beyond it is fresh water again."""
    wish = float(amount["reclaimed"].sum())
    most = float(amount["wastewater"].sum()) * standards.value("siting.reclaimed.recovery")
    share = min(1.0, most / wish) if wish > 0 else 1.0
    amount["water"] += amount["reclaimed"] * (1 - share)
    amount["reclaimed"] *= share


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


def _growth(
    park: Park, choices: Siting, findings: list[Finding]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame] | None:
    """Consumers to come, on their parcels; those without a parcel stand at the middle of the park."""
    wanted: Mapping[str, set[str]] = {"today": set(), "near": {"near"}, "long": {"near", "long"}}
    rows = park["growth"]
    rows = rows[rows["horizon"].isin(wanted[choices.horizon])]
    if rows.empty:
        return None
    land = park["parcels"].set_index("parcel_id").geometry.reindex(rows["parcel_id"])
    known = land.notna().to_numpy()
    middle = park["park"].geometry.iloc[0].representative_point()
    points = [shape.representative_point() if ok else middle for shape, ok in zip(land, known, strict=True)]
    for growth in rows["growth_id"][~known]:
        findings.append(Finding("siting.growth_unplaced", "info", "growth", str(growth), "parcel_id"))
    index = pd.Index(["growth " + str(g) for g in rows["growth_id"]])
    places = gpd.GeoDataFrame(
        {"enterprise_id": "", "growth_id": rows["growth_id"].to_numpy()}, geometry=points, index=index, crs=park.crs
    )
    amount = pd.DataFrame(0.0, index=index, columns=list(UTILITIES))
    guessed = amount.copy()
    for utility, column in GROWTH.items():
        amount[utility] = rows[column].fillna(0.0).clip(lower=0.0).to_numpy()
        guessed[utility] = estimated(rows, column).to_numpy().astype(float)
    return places, amount, guessed
