"""Fill what a park does not know with figures typical of the sectors.

A given value is never touched. Each filled value is named in the row's ``estimated`` column, and rows that are
estimates as a whole have the source ``estimate: sector profile``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...errors import Finding
from ...standards import Standards
from .. import schema
from ..model import Park, complete
from . import byproducts, firms, streams
from .profiles import flows, profiles

__all__ = ["SOURCE", "fill", "flows", "profiles", "uniform_wind"]

SOURCE = "estimate: sector profile"
FIGURES = ("staff", "investment_cur", "output_cur_a", "value_added_cur_a", "tax_cur_a", "hazard")


def fill(park: Park, rules: Standards | None = None) -> tuple[Park, list[Finding]]:
    """A park with its gaps filled by sector-typical estimates, and what was filled.

    Filled are: storeys of buildings; staff, investment, output, value added and tax of firms, by the floor area on
    their parcels (shared by occupancy); ``material_flows``, ``heat_streams``, ``water_streams``, ``energy_use`` and
    ``emissions`` of the firms that have no row in that layer, by output; an even wind rose where there is none. An
    empty ``hazard`` takes the sector's. By-products that a firm names without a quantity take that of the documented
    ratio to its product (``byproducts``).

    Parameters
    ----------
    park
        Stays as it is.
    rules
        Standards with the planner's overrides; ``currency.<code>`` turns CNY into the park's currency.

    Returns
    -------
    (park, findings)
        ``estimates.filled`` (info) once a layer, ``estimates.uniform_wind``, and ``estimates.no_sector`` or
        ``estimates.no_basis`` (warnings) for each firm about which nothing could be said.
    """
    rules = rules or Standards()
    rate = rules.value(f"currency.{park.currency}")
    findings: list[Finding] = []
    done: dict[str, pd.DataFrame] = {}
    told, _ = byproducts.filled(park["material_flows"])

    done["buildings"] = firms.storeys(park, rules)
    floor = firms.floor_areas(park, done["buildings"])
    done["enterprises"] = firms.figures(park, floor, rate)
    findings += _unknown(done["enterprises"])

    base = done["enterprises"].set_index("enterprise_id")[["sector", "output_cur_a", "licences"]]
    base = base[base["sector"].isin(profiles().index) & (base["output_cur_a"] > 0)]
    base = base.assign(output_cny=base["output_cur_a"] * rate)
    makers: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
        "material_flows": lambda some: streams.materials(some, rate),
        "heat_streams": lambda some: streams.heat(some, rules),
        "water_streams": streams.water,
        "energy_use": lambda some: streams.energy(some, rules),
        "emissions": lambda some: streams.emissions(some, rules),
    }
    for layer, make in makers.items():
        rows = make(base[~base.index.isin(park[layer]["enterprise_id"])])
        done[layer] = _append(told if layer == "material_flows" else park[layer], _flagged(rows, layer), layer)
    if park["wind"].empty:
        done["wind"] = uniform_wind(rules)
        findings.append(Finding("estimates.uniform_wind", "warning", "wind"))

    for layer, frame in done.items():
        count = _names(frame["estimated"]) - _names(park[layer]["estimated"])
        if count and layer != "wind":
            findings.append(Finding("estimates.filled", "info", layer, values={"count": count}))
    changed = {layer: frame for layer, frame in done.items() if layer in park.frames or len(frame)}
    return park.replace(**changed), findings


def uniform_wind(rules: Standards) -> pd.DataFrame:
    """A wind rose of 16 even directions for the whole year, flagged as an estimate."""
    rows = pd.DataFrame({"direction_deg": np.arange(16) * 22.5})
    rows["wind_id"] = [f"uniform-{number:02d}" for number in range(16)]
    rows = rows.assign(season="year", frequency_pct=100 / 16, speed_m_s=rules.value("estimates.wind_speed_m_s"))
    rows = rows.assign(source="estimate: no wind data", estimated="frequency_pct;speed_m_s")
    return complete(rows, "wind")


def _unknown(enterprises: pd.DataFrame) -> list[Finding]:
    """A finding for each firm that has no sector we know, or nothing to estimate from."""
    known = enterprises["sector"].isin(profiles().index)
    idle = known & ~(enterprises["output_cur_a"] >= 0)
    found = [
        Finding("estimates.no_sector", "warning", "enterprises", firm, "sector", {"sector": sector})
        for firm, sector in enterprises.loc[~known, ["enterprise_id", "sector"]].itertuples(index=False)
    ]
    return found + [
        Finding("estimates.no_basis", "warning", "enterprises", firm)
        for firm in enterprises.loc[idle, "enterprise_id"]
    ]


def _flagged(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    """``rows`` with their source and every number that they hold named as an estimate."""
    numbers = [
        name
        for name, column in schema.layers()[layer].columns.items()
        if name in rows and column.type in ("float", "int") and not column.refers
    ]
    held = [np.where(rows[name].notna(), name + ";", "") for name in numbers]
    names = pd.Series(held[0].astype(object) if held else "", rows.index)
    for more in held[1:]:
        names = names + more.astype(object)
    return rows.assign(source=SOURCE, estimated=names.str.rstrip(";").astype(object))


def _append(old: pd.DataFrame, new: pd.DataFrame, layer: str) -> pd.DataFrame:
    """``new`` behind ``old``; a new key that is taken already gets ``-est``."""
    key = schema.layers()[layer].key[0]
    taken = new[key].isin(old[key])
    new = new.assign(**{key: new[key].where(~taken, new[key] + "-est")})
    if old.empty:
        return complete(new, layer)
    return complete(pd.concat([old, complete(new, layer)], ignore_index=True), layer) if len(new) else old


def _names(estimated: pd.Series) -> int:
    """How many values a layer names as estimates."""
    return int((estimated.str.count(";") + (estimated != "")).sum())
