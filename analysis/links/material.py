"""Matching of by-products and wastes with what other firms buy.

A candidate is one outgoing flow, one incoming flow and the pattern by which the one replaces the other. Its gain a
tonne given is

    ratio * price paid by the taker - worth of the flow to the giver today - treatment - transport

where the worth today is the price received, or minus the cost of disposal.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from parkloop import resources

from ..errors import Finding
from ..park.estimates import byproducts
from ..park.model import Park, estimated
from ..scenario import Links
from ..solvers.fixed_charge import Problem
from . import seasons
from .catalogue import exemptions, materials, near_materials, patterns, permit
from .costs import Costs
from .places import Places

FUELS = {  # materials that are energy carriers
    "coal": "raw_coal",
    "coke": "coke",
    "fuel_oil": "fuel_oil",
    "diesel": "diesel",
    "lpg": "lpg",
    "natural_gas": "natural_gas",
    "biomass_fuel": "biomass",
}
STAGES = ("no_taker", "sector", "firm", "distance", "licence", "purity", "season", "not_worth", "taken")


def flows(park: Park, places: Places, choices: Links) -> tuple[pd.DataFrame, list[Finding]]:
    """Usable material flows with the number of their firm (``firm``, -1 without a place), ``left_t_a``, the ``share`` of
    each period and over what they are ``balanced`` (year, month, shift).

    A by-product without a quantity takes that of the documented ratio to its firm's product, where there is one. Other
    flows without a quantity, and those of a material that the catalogue does not know, are left out with a finding.
    """
    table, ratios = byproducts.filled(park["material_flows"])
    findings = [
        Finding("links.quantity_estimated", "info", "material_flows", row.flow_id, "quantity_t_a", row.values)
        for row in ratios
    ]
    for column, key, bad in (
        ("material", "links.unknown_material", ~table["material"].isin(materials().index)),
        ("quantity_t_a", "links.no_quantity", table["quantity_t_a"].isna()),
        ("quantity_t_a", "links.negative_quantity", table["quantity_t_a"] < 0),
    ):
        for row in table[bad].itertuples():
            values = {"material": row.material}
            if key == "links.unknown_material":
                values |= {f"near_{lang}": near_materials(str(row.material), lang) for lang in resources.LANGUAGES}
            findings.append(Finding(key, "warning", "material_flows", str(row.flow_id), column, values))
    table = table[table["material"].isin(materials().index) & (table["quantity_t_a"] >= 0)].reset_index(drop=True)
    known = materials().reindex(table["material"])
    table["bad"] = table["hazardous"].to_numpy() | known["hazardous"].to_numpy()
    table["gas"] = (known["family"] == "gas").to_numpy()
    table["firm"] = places.number(table["enterprise_id"])
    table.loc[table["enterprise_id"].isin(choices.exclude_enterprises), "firm"] = -1
    table["left_t_a"] = table["quantity_t_a"]
    table["share"] = seasons.shares(park, table["profile_id"], "material")
    table["balanced"] = seasons.balanced(table["material"], known["family"])
    return table, findings


def worth(table: pd.DataFrame, costs: Costs) -> tuple[np.ndarray, np.ndarray]:
    """What a flow is worth a tonne to its firm today, and whether that is a guess rather than a survey figure.

    Bought flows: the price paid, else the catalogue's price with haulage from the market. Given flows: the price
    received, else minus the disposal cost, else the better of market and disposal for by-products and for
    residues that always find a buyer, else minus the usual disposal cost.
    """
    known = materials().reindex(table["material"])
    market = np.array([costs.from_cny(p) for p in known["price_cny_t"]])
    haul = costs.value("market_distance") * costs.money("transport")
    groups = {group: costs.money(f"disposal_{group}") for group in sorted(set(materials()["disposal"]))}
    dump = -known["disposal"].map(groups).to_numpy()
    sold = (table["role"] == "by_product").to_numpy() | (market >= costs.money("sold_anyway"))
    guess_out = np.where(sold, np.maximum(market - haul, dump), dump)
    given = table["price_cur_t"].to_numpy()
    disposal = -table["disposal_cur_t"].to_numpy()
    incoming = (table["direction"] == "in").to_numpy()
    surveyed = np.where(incoming | ~np.isnan(given), given, disposal)
    value = np.where(np.isnan(surveyed), np.where(incoming, market + haul, guess_out), surveyed)
    flagged = estimated(table, "price_cur_t").to_numpy() | estimated(table, "disposal_cur_t").to_numpy()
    return value, np.isnan(surveyed) | flagged


def candidates(table: pd.DataFrame, places: Places, costs: Costs, choices: Links) -> pd.DataFrame:
    """Every pair of flows that a pattern joins, with ``stage`` the first rule it fails (or ``taken`` for none).

    Columns: give, take (row numbers of ``table``), pattern columns, ratio (t replaced a t given, purity counted),
    distance_m, giver_cur_t and taker_cur_t (what each side pays today), gain_cur_t, fixed_cur_a, investment_cur,
    guess (prices estimated), give_t_a and take_t_a (what either side has, in tonnes given), most_t_a (what both have in
    common over months and shifts), season_pct (its share of the smaller side), stage.
    """
    value, guess = worth(table, costs)
    give = table[(table["direction"] == "out") & (table["role"] != "product")]
    take = table[table["direction"] == "in"]
    pairs = (
        give[["material"]]
        .assign(give=give.index)
        .merge(patterns().assign(row=np.arange(len(patterns()))), left_on="material", right_on="from_material")
        .merge(take[["material"]].assign(take=take.index), left_on="to_material", right_on="material")
    )
    pairs = pairs.drop(columns=["material_x", "material_y"]).reset_index(drop=True)
    one, two = pairs["give"].to_numpy(), pairs["take"].to_numpy()
    firm_one, firm_two = table["firm"].to_numpy()[one], table["firm"].to_numpy()[two]
    placed = (firm_one >= 0) & (firm_two >= 0)
    far = np.full(len(pairs), np.inf)
    far[placed] = places.distance_m[firm_one[placed], firm_two[placed]]
    purity, needed = table["purity_pct"].to_numpy()[one], table["purity_pct"].to_numpy()[two]
    direct = (pairs["pattern"] == "direct").to_numpy()
    bad, gas = table["bad"].to_numpy()[one], table["gas"].to_numpy()[one]
    pairs["ratio"] = pairs["ratio"] * np.where(direct, 1.0, purity / 100)
    km = far / 1000
    haul = costs.money("handling") + costs.money("transport") * km
    haul = np.where(gas, 0.0, haul * np.where(bad, costs.value("transport_hazardous_factor"), 1.0))
    pairs["treatment_cur_t"] = costs.from_cny(1.0) * pairs["cost_cny_t"]
    pairs["giver_cur_t"], pairs["taker_cur_t"] = -value[one], pairs["ratio"] * value[two]
    pairs["gain_cur_t"] = (
        pairs["taker_cur_t"] + pairs["giver_cur_t"] - pairs["treatment_cur_t"] - np.where(placed, haul, 0.0)
    )
    pipe = costs.money("gas_pipe") * np.where(placed, far, 0.0)
    pairs["investment_cur"] = np.where(gas, pipe, 0.0) + costs.money("material_investment")
    pairs["fixed_cur_a"] = pairs["investment_cur"] * costs.annuity
    pairs["distance_m"], pairs["guess"] = far, guess[one] | guess[two]
    left = table["left_t_a"].to_numpy()
    pairs["give_t_a"], pairs["take_t_a"] = left[one], left[two] / pairs["ratio"]
    sides = _sides(table, pairs)
    most = seasons.common(sides)
    pairs["most_t_a"], pairs["season_pct"] = most, seasons.overlap_pct(most, sides.first, sides.second)
    names = table["enterprise_id"].to_numpy()
    forbidden = forbidden_pairs(names[one], names[two], choices)
    pairs["permit"] = _permits(table, places, pairs, bad)
    pairs["stage"] = _stage(
        {
            "sector": _sector_fits(pairs, places, firm_one, firm_two),
            "firm": placed & (firm_one != firm_two) & ~forbidden,
            "distance": far <= choices.material_distance_km * 1000,
            "licence": ~bad | (pairs["permit"] != "").to_numpy(),
            "purity": np.where(direct, purity >= needed - 1e-9, purity >= pairs["min_purity_pct"]),
            "season": pairs["season_pct"].to_numpy() > 0,
            "not_worth": pairs["gain_cur_t"].to_numpy() * most > pairs["fixed_cur_a"].to_numpy(),
        }
    )
    return pairs


def _sides(table: pd.DataFrame, pairs: pd.DataFrame) -> seasons.Sides:
    """Both flows of each pair; how long the material given keeps says over what they are balanced."""
    one, two = pairs["give"].to_numpy(dtype=int), pairs["take"].to_numpy(dtype=int)
    first, second = pairs["give_t_a"].to_numpy(float), pairs["take_t_a"].to_numpy(float)
    return seasons.Sides(seasons.matrix(table), one, two, first, second, table["balanced"].to_numpy()[one])


def forbidden_pairs(givers: np.ndarray, takers: np.ndarray, choices: Links) -> np.ndarray:
    """Pairs the planner forbids (GIVER>TAKER)."""
    out = np.zeros(len(givers), bool)
    for pair in choices.forbid:
        giver, _, taker = pair.partition(">")
        out |= (givers == giver.strip()) & (takers == taker.strip())
    return out


def _stage(passed: dict[str, np.ndarray]) -> np.ndarray:
    """The first rule each candidate fails, in the order of ``passed``; ``taken`` where none does."""
    stage: np.ndarray | None = None
    for name in reversed(passed):
        rest = np.full(len(passed[name]), "taken", dtype=object) if stage is None else stage
        stage = np.where(passed[name], rest, name)
    return stage if stage is not None else np.empty(0, object)


def _sector_fits(pairs: pd.DataFrame, places: Places, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Whether the firms' divisions are among those of the pattern; a pattern without divisions fits all."""
    sectors, number = np.unique(np.append(places.sector.to_numpy(dtype=str), ""), return_inverse=True)
    fits = np.ones(len(pairs), bool)
    for firms, column in ((one, "from_sectors"), (two, "to_sectors")):
        allowed = np.array([[not a or not s or s in a for s in sectors] for a in patterns()[column]], dtype=bool)
        fits &= allowed[pairs["row"].to_numpy(), number[firms]]  # firm -1 (no place) reads the last: no sector
    return fits


def _permits(table: pd.DataFrame, places: Places, pairs: pd.DataFrame, bad: np.ndarray) -> np.ndarray:
    """The licence or the entry of the exemption list by which each taker may receive a hazardous waste; else empty."""
    one, two = pairs["give"].to_numpy(), pairs["take"].to_numpy()
    held, sector = np.append(places.licences.to_numpy(), ""), np.append(places.sector.to_numpy(), "")
    firm, pattern = table["firm"].to_numpy(), pairs["pattern"].to_numpy()
    codes, materials_of = table["waste_code"].to_numpy(), table["material"].to_numpy()
    right = np.full(len(pairs), "", dtype=object)
    for k in np.flatnonzero(bad):
        taker = firm[two[k]]
        right[k] = permit(held[taker], codes[one[k]], materials_of[one[k]], pattern[k], sector[taker])
    return right


def exempt(table: pd.DataFrame, chosen: pd.DataFrame, tonnes: np.ndarray) -> list[Finding]:
    """A finding for each entry of the exemption list on which links rest, with the conditions to be met."""
    entries = exemptions()
    used = chosen[(tonnes > 0) & chosen["permit"].isin(list(entries)).to_numpy()]
    found = []
    for name, links in used.groupby("permit", sort=True):
        values = {f"conditions_{lang}": entries[str(name)][f"conditions_{lang}"] for lang in resources.LANGUAGES}
        takers = sorted(set(table["enterprise_id"].to_numpy()[links["take"]]))
        values |= {"entry": name, "count": len(links), "takers": ", ".join(takers)}
        flow = min(table["flow_id"].to_numpy()[links["give"]])
        found.append(Finding("links.exempt", "info", "material_flows", str(flow), "waste_code", values))
    return found


def select(pairs: pd.DataFrame) -> pd.DataFrame:
    """The candidates that pass every rule."""
    chosen = pairs[pairs["stage"] == "taken"]
    return chosen.sort_values(["give", "take", "pattern"]).reset_index(drop=True)


def problem(table: pd.DataFrame, chosen: pd.DataFrame, choices: Links) -> Problem:
    """The optimisation over the candidates that pass every rule."""
    n = len(chosen)
    one, two = chosen["give"].to_numpy(), chosen["take"].to_numpy()
    left = table["left_t_a"].to_numpy()
    ratio = chosen["ratio"].to_numpy()
    loads = seasons.loads(_sides(table, chosen))
    most = loads.most(left[one], left[two] / ratio)
    used, place = np.unique(np.r_[one, two], return_inverse=True)
    column, size, number = np.r_[:n, :n], np.r_[np.ones(n), ratio], np.r_[loads.giver, loads.taker]
    rows, flow = seasons.capacity(place.ravel(), column, size, loads.weight, number, (len(used), n))
    return Problem(
        gain=chosen["gain_cur_t"].to_numpy(),
        upper=most,
        link=np.arange(n),
        fixed=chosen["fixed_cur_a"].to_numpy(),
        lot=np.full(n, choices.min_quantity_t_a),
        most=most,
        rows=rows,
        limit=left[used][flow],
    )


def fuel(chosen: pd.DataFrame, tonnes: np.ndarray, costs: Costs) -> pd.DataFrame:
    """Fuel that the links spare: carrier, energy_gj_a and co2_t_a (only where the pattern says it counts)."""
    carrier = chosen["to_material"].map(FUELS).where(chosen["from_material"] != chosen["to_material"])
    number = costs.standards.value
    ncv = carrier.map(lambda c: number(f"energy.ncv_{c}"), na_action="ignore").astype(float).fillna(0.0)
    factor = carrier.map(lambda c: number(f"energy.co2_{c}"), na_action="ignore").astype(float).fillna(0.0)
    energy = tonnes * chosen["ratio"].to_numpy() * ncv.to_numpy()
    saved = energy * factor.to_numpy() * chosen["saves_co2"].to_numpy()
    return pd.DataFrame({"carrier": carrier.fillna("").to_numpy(), "energy_gj_a": energy, "co2_t_a": saved})
