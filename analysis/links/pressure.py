"""Power from pressure that is throttled away today: steam, top gas of blast furnaces, natural gas, process gases.

    power = mass flow x fall of enthalpy without loss x efficiency of the expander x generator

Steam by IAPWS-IF97 (``steam``), gases as ideal gases: fall = cp T (1 - (p2 / p1)^((kappa - 1) / kappa)), with
cp = kappa / (kappa - 1) R / M. Work is taken from the heat of the stream: what its user lacks then, or what keeps a gas
from freezing, is raised anew and counted against the power. Heat and gas that go another way in the plan are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkloop import resources

from ..energy import MWH_GJ, POWER_AND_HEAT, carbon_t_gj
from ..errors import Finding
from ..park.model import estimated, estimated_share
from ..steps import Figure
from ..tables import result_table
from . import heat, steam

if TYPE_CHECKING:
    from . import Case

AIR_MPA = 0.101325  # gauge pressures lie above it
GAS_CONSTANT = 8.314462618  # kJ/(kmol K)
ZERO_C = 273.15
TOP_GAS = "blast_furnace_gas"


@dataclass(frozen=True)
class Flow:
    """A flow that loses pressure: gauge pressures (MPa, NaN unknown), kg/s, h/a, C, and how it is called.

    ``made_up`` is true where the heat that the work takes must be raised anew; ``reason`` why it is left out before any
    sum is done.
    """

    kind: str
    name: str
    firm: str
    layer: str
    flow: str
    medium: str
    from_mpa: float
    to_mpa: float
    flow_kg_s: float
    hours_a: float
    inlet_c: float
    made_up: bool = False
    reason: str = ""
    estimated: bool = False


@cache
def gases() -> pd.DataFrame:
    """Gases by material: molar_mass_kg_kmol, kappa, source, confidence."""
    table = pd.DataFrame(resources.table("knowledge", "gases.csv")).set_index("material")
    return table.astype({"molar_mass_kg_kmol": float, "kappa": float})


def gas_work(
    medium: str, from_mpa: float, to_mpa: float, inlet_c: float, efficiency: float, least_c: float
) -> tuple[float, float]:
    """Work and preheating (kJ/kg) of a gas that expands between absolute pressures and leaves no colder than ``least_c``.

    Examples
    --------
    Nitrogen from 0.5 to 0.1 MPa, 300 K, without loss: 311.6 kJ/kg (1 - 0.2^(0.2857)) and no preheating.

    >>> [round(x, 1) for x in gas_work("nitrogen", 0.5, 0.1, 26.85, 1.0, -273.0)]
    [114.7, 0.0]
    """
    kappa, mass = (float(gases()[name].to_dict()[medium]) for name in ("kappa", "molar_mass_kg_kmol"))
    cp = kappa / (kappa - 1) * GAS_CONSTANT / mass
    fall = efficiency * (1 - (to_mpa / from_mpa) ** ((kappa - 1) / kappa))
    inlet = max(inlet_c + ZERO_C, (least_c + ZERO_C) / (1 - fall))
    return cp * inlet * fall, cp * (inlet - inlet_c - ZERO_C)


def pressure_recovery(case: Case, links: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Table ``pressure_recovery``: a row for each flow that loses pressure, worth recovering or not.

    Parameters
    ----------
    links
        The table of links: heat that they bring or take is no longer throttled, gas goes to where they lead.
    """
    plan = links[links["status"] != "ended"]
    flows = [*_steam(case, plan), *_gases(case, plan), *_station(case)]
    rows = [_row(flow, case) for flow in sorted(flows, key=lambda flow: flow.name)]
    findings = [
        Finding("links.no_pressure", "info", flow.layer, flow.flow, "pressure_mpa")
        for flow in flows
        if flow.reason == "no_pressure"
    ]
    columns = {name: [row[name] for row in rows] for name in resources.columns("pressure_recovery")}
    return result_table("pressure_recovery", columns), findings


def _steam(case: Case, links: pd.DataFrame) -> Iterator[Flow]:
    """Steam that users throttle to what they need, what links bring of it included, and steam that finds no use.

    A user whose pressure is only an estimate is left out: the estimate is what it needs.
    """
    table, _ = heat.sound(case.park["heat_streams"])
    whole = table.set_index("stream_id")
    table = table[(table["medium"] == "steam") & (table["steam_pressure_mpa"] > 0) & (table["hours_a"] > 0)]
    guessed = estimated(table, "steam_pressure_mpa")
    table = table[~(guessed & (table["kind"] == "cold"))]
    sector = case.park["enterprises"].set_index("enterprise_id")["sector"]
    moved = {"cold": _by_flow(links, "to_flow_id", 0.0), "hot": _by_flow(links, "from_flow_id", 1.0)}
    flagged = estimated(table, "duty_kw") | estimated(table, "steam_pressure_mpa")
    for row, guess in zip(_rows(table), flagged, strict=True):
        cold = row.kind == "cold"
        kw = max(float(row.duty_kw) - moved[row.kind].get(row.stream_id, 0.0), 0.0)
        if kw <= 1e-6 * float(row.duty_kw):
            reason = "linked"
        elif not cold and sector.get(row.enterprise_id, "") == POWER_AND_HEAT:
            reason = "own_turbine"
        else:
            reason = ""
        # a user needs steam above its target; unused steam condenses at its own
        needed_c = float(row.t_target_c) + (case.choices.approach_k / 2 if cold else 0.0)
        inlet = None if cold else float(row.t_supply_c)
        kind = "steam_user" if cold else "steam_unused"
        names = (kind, f"{kind}:{row.stream_id}", str(row.enterprise_id), "heat_streams", str(row.stream_id))
        yield _steam_flow(
            case, names, float(row.steam_pressure_mpa), inlet, needed_c, kw, float(row.hours_a), reason, bool(guess)
        )
    supply = table[table["kind"] == "hot"].set_index("stream_id")
    for link in _rows(links[links["kind"] == "heat"].sort_values("link_id")):
        givers, takers = str(link.from_flow_id).split(";"), str(link.to_flow_id).split(";")
        if not (set(givers) <= set(supply.index) and set(takers) <= set(whole.index) and link.hours_a > 0):
            continue
        given = supply.loc[givers]
        needed_c = float(whole.loc[takers, "t_target_c"].max()) + case.choices.approach_k / 2
        names = ("steam_link", f"steam_link:{link.link_id}", str(link.to_enterprise_id), "links", str(link.link_id))
        guess = bool(link.estimated) or bool(estimated(given, "steam_pressure_mpa").any())
        pressure, inlet = float(given["steam_pressure_mpa"].min()), float(given["t_supply_c"].min())
        yield _steam_flow(
            case, names, pressure, inlet, needed_c, float(link.heat_kw), float(link.hours_a), "", guess
        )


def _steam_flow(
    case: Case,
    names: tuple[str, str, str, str, str],
    from_mpa: float,
    inlet_c: float | None,
    needed_c: float,
    kw: float,
    hours_a: float,
    reason: str,
    guess: bool,
) -> Flow:
    """Steam of a gauge pressure that brings ``kw`` where it is needed at a temperature; saturated without ``inlet_c``.

    Steam with a use brings the same heat as before: more of it flows, and what the work takes is raised anew.
    """
    number = case.costs.standards.value
    used = names[0] != "steam_unused"
    lowest = steam.saturation_mpa(min(max(needed_c, 1.0), 350.0)) - AIR_MPA
    to_mpa = max(lowest, number("pressure.steam_exhaust"))
    full = min(from_mpa + AIR_MPA, steam.MOST_MPA)
    boiling = steam.saturation_c(full)
    inlet = boiling if inlet_c is None else min(max(inlet_c, boiling), steam.MOST_C)
    flow = 0.0
    if to_mpa < from_mpa:
        work = number("pressure.efficiency_steam") * steam.drop(full, inlet, to_mpa + AIR_MPA)
        held = steam.steam(full, inlet)[1] - steam.water_enthalpy(to_mpa + AIR_MPA)
        flow = kw / (held - work if used else held)
    return Flow(*names, "steam", from_mpa, to_mpa, flow, hours_a, inlet, used, reason, guess)


def _by_flow(links: pd.DataFrame, side: str, loss: float) -> dict[str, float]:
    """kW that heat links bring to or take from each stream; a link of several streams counts for each of them in full."""
    part = links[links["kind"] == "heat"]
    kw = part["heat_kw"].fillna(0.0) + loss * part["loss_kw"].fillna(0.0)
    found: dict[str, float] = {}
    for names, amount in zip(part[side], kw, strict=True):
        for name in str(names).split(";"):
            found[name] = found.get(name, 0.0) + float(amount)
    return found


def _rows(table: pd.DataFrame) -> list[Any]:
    """Rows as named tuples."""
    return list(table.itertuples())


def _gases(case: Case, links: pd.DataFrame) -> Iterator[Flow]:
    """Gases that firms give off, to the firms that links lead them to, the rest to the network or holder."""
    number = case.costs.standards.value
    table = case.park["material_flows"]
    table = table[(table["quantity_t_a"] > 0) & table["material"].isin(gases().index)]
    needs = table[table["direction"] == "in"].set_index("flow_id")["pressure_mpa"].to_dict()
    gives = table[table["direction"] == "out"]
    hours = number("pressure.hours")
    flagged = estimated(gives, "quantity_t_a") | estimated(gives, "pressure_mpa")
    led = links[links["kind"] == "material"]
    for row, guess in zip(_rows(gives), flagged, strict=True):
        top = row.material == TOP_GAS
        unknown = bool(np.isnan(row.pressure_mpa))
        if unknown and not top:
            continue  # gases are seldom under pressure; top gas nearly always is
        inlet = number("pressure.top_gas_inlet" if top else "pressure.gas_inlet")
        rest = float(row.quantity_t_a)
        parts: list[tuple[str, float, float]] = []
        for link in _rows(led[led["from_flow_id"] == row.flow_id]):
            wanted = needs.get(str(link.to_flow_id).split(";")[0], np.nan)
            if not np.isnan(wanted) and wanted > number("pressure.gas_outlet"):
                parts.append((f":{link.link_id}", min(float(link.quantity_t_a), rest), float(wanted)))
                rest -= parts[-1][1]
        if rest > 1e-6 * float(row.quantity_t_a):
            parts.append(("", rest, number("pressure.gas_outlet")))
        for suffix, tonnes, to_mpa in parts:
            kind = "top_gas" if top else "process_gas"
            yield Flow(
                kind,
                f"{kind}:{row.flow_id}{suffix}",
                str(row.enterprise_id),
                "material_flows",
                str(row.flow_id),
                str(row.material),
                float(row.pressure_mpa),
                to_mpa,
                tonnes / hours / 3.6,
                hours,
                inlet,
                False,
                "no_pressure" if unknown else "",
                bool(guess),
            )


def _station(case: Case) -> Iterator[Flow]:
    """Natural gas that the park's regulator stations let down, shared by their capacity (evenly where it is unknown)."""
    number = case.costs.standards.value
    use = case.park["energy_use"]
    burnt = use[(use["carrier"] == "natural_gas") & (use["energy_gj_a"] > 0)]
    table = case.park["facilities"]
    table = table[(table["utility"] == "gas") & (table["status"] != "planned")]
    tonnes = float(burnt["energy_gj_a"].sum()) / number("energy.ncv_natural_gas")
    if table.empty or tonnes <= 0:
        return
    size = table["capacity"].fillna(0.0).to_numpy(float)
    share = size / size.sum() if size.sum() > 0 else np.full(len(table), 1 / len(table))
    pressure = number(f"pressure.class_{case.scenario.siting.gas_pressure}")
    hours = number("pressure.hours")
    for name, part in zip(table["facility_id"], share, strict=True):
        yield Flow(
            "natural_gas",
            f"natural_gas:{name}",
            "",
            "facilities",
            str(name),
            "natural_gas",
            pressure,
            number("networks.gas_source_pressure"),
            tonnes * float(part) / hours / 3.6,
            hours,
            number("pressure.natural_gas_inlet"),
            estimated=bool(estimated(burnt, "energy_gj_a").any()),
        )


def _row(flow: Flow, case: Case) -> dict[str, Any]:
    """What a flow could give, what that is worth, and why it is left out where it is."""
    costs, number = case.costs, case.costs.standards.value
    row: dict[str, Any] = {
        "recovery_id": flow.name,
        "kind": flow.kind,
        "enterprise_id": flow.firm,
        "layer": flow.layer,
        "flow_id": flow.flow,
        "material": "" if flow.medium == "steam" else flow.medium,
        "from_mpa": flow.from_mpa,
        "to_mpa": flow.to_mpa,
        "flow_t_h": flow.flow_kg_s * 3.6,
        "hours_a": flow.hours_a,
        "source": "IAPWS-IF97" if flow.medium == "steam" else "ideal gas",
        "confidence": "l",
    }
    empty = ("power_kw", "electricity_mwh_a", "heat_gj_a", "value_cur_a", "benefit_cur_a", "payback_a", "co2_t_a")
    row |= dict.fromkeys((*empty, "investment_cur"), np.nan) | {"reason": flow.reason, "estimated": ""}
    high, low = flow.from_mpa + AIR_MPA, flow.to_mpa + AIR_MPA
    if flow.medium == "steam":
        high = min(high, steam.MOST_MPA)
    if not flow.reason and high < number("pressure.least_ratio") * low:
        row["reason"] = "no_drop"
    if row["reason"]:
        return row
    group = "steam" if flow.medium == "steam" else "top_gas" if flow.kind == "top_gas" else "gas"
    efficiency = number(f"pressure.efficiency_{group}")
    if group == "steam":
        work = efficiency * steam.drop(high, flow.inlet_c, low)
        made_up = work if flow.made_up else 0.0
    else:
        work, made_up = gas_work(flow.medium, high, low, flow.inlet_c, efficiency, number("pressure.gas_least"))
    power = flow.flow_kg_s * work * number("pressure.generator")
    electricity = power * flow.hours_a / 1000
    raised = flow.flow_kg_s * made_up * flow.hours_a * 3600 / 1e6
    price, carbon = _heat(flow, case)
    value = electricity * MWH_GJ * costs.money("energy.price_electricity") - raised * price
    invested = power * costs.money(f"pressure.investment_{group}")
    benefit = value - invested * costs.annuity
    saving = benefit + invested * costs.capital_1_a
    grid = carbon_t_gj(case.park, costs.standards, "electricity")
    row |= {
        "power_kw": power,
        "electricity_mwh_a": electricity,
        "heat_gj_a": raised,
        "value_cur_a": value,
        "investment_cur": invested,
        "benefit_cur_a": benefit,
        "payback_a": invested / saving if saving > 0 else np.nan,
        "co2_t_a": electricity * MWH_GJ * grid - raised * carbon,
    }
    if power < number("pressure.least_power"):
        row["reason"] = "small"
    elif benefit <= 0:
        row["reason"] = "not_worth"
    numbers = ("flow_t_h", "power_kw", "electricity_mwh_a", "value_cur_a", "benefit_cur_a", "co2_t_a")
    row["estimated"] = ";".join(numbers) if flow.estimated else ""
    return row


def _heat(flow: Flow, case: Case) -> tuple[float, float]:
    """Price (currency/GJ) and CO2 (t/GJ) of heat that the firm raises anew; natural gas where no firm is known."""
    place = case.places.number(pd.Series([flow.firm]))[0]
    if place >= 0:
        own = case.relief.iloc[place]
        return float(own["price_cur_gj"]), float(own["co2_t_gj"])
    costs = case.costs
    efficiency = costs.standards.value("energy.boiler_efficiency")
    gas = costs.money("energy.price_natural_gas"), costs.standards.value("energy.co2_natural_gas")
    return gas[0] / efficiency, gas[1] / efficiency


def worth(table: pd.DataFrame) -> pd.DataFrame:
    """The rows worth recovering."""
    return table[table["reason"] == ""]


def pressure_figures(table: pd.DataFrame, currency: str) -> dict[str, Figure]:
    """Power, electricity, net benefit and CO2 of the rows worth recovering."""
    best = worth(table)

    def total(column: str, unit: str) -> Figure:
        return Figure(float(best[column].sum()), unit, estimated_share(best, column))

    return {
        "pressure_kw": total("power_kw", "kW"),
        "pressure_mwh_a": total("electricity_mwh_a", "MWh/a"),
        "pressure_benefit_cur_a": total("benefit_cur_a", f"{currency}/a"),
        "pressure_co2_t_a": total("co2_t_a", "t/a"),
    }
