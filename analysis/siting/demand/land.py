"""Vacant land by its planned sector: what its firms would ask, by the figures that fill gaps of firms that stand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from ...errors import Finding
from ...park.estimates import profiles, streams
from ...park.model import Park, complete
from ...scenario import Siting
from ...standards import Standards
from .firms import Asked, of_firms
from .growth import COLUMNS
from .records import UTILITIES

HECTARE_M2 = 1e4


def vacant(parcels: pd.DataFrame) -> pd.Series:
    """True for land that is not built on."""
    return (parcels["land_use"] == "vacant") | (parcels["building_status"] == "unbuilt")


def waiting(park: Park) -> gpd.GeoDataFrame:
    """Parcels that are vacant, planned for industry, used by no firm, and whose demand no growth row tells."""
    land = park["parcels"]
    land = land[land.geometry.notna() & ~land.geometry.is_empty]
    told = park["growth"][list(COLUMNS.values())].notna().any(axis=1)
    busy = {*park["occupancy"]["parcel_id"], *park["growth"].loc[told, "parcel_id"]}
    return land[vacant(land) & (land["planned_use"] == "industrial") & ~land["parcel_id"].isin(busy)]


def of_land(
    park: Park, choices: Siting, pattern: pd.DataFrame, standards: Standards
) -> tuple[gpd.GeoDataFrame, Asked, list[Finding]]:
    """Vacant land as ``Demand.places`` with its horizon, what it asks, and what to know of it.

    Output follows from the floor area at the sector's plot ratio, all flows from the output as those of a firm of which
    nothing else is known (``park.estimates``); heat comes from the centre, so gas is that of furnaces. Waste gas is left to the
    firms. Everything is estimated.
    """
    land = waiting(park) if choices.settle != "none" else park["parcels"].iloc[:0]
    sector = land["planned_sector"]
    known = sector.isin(profiles().index)
    reached = choices.horizon == "long" or choices.horizon == choices.settle
    findings = _findings(land, known, choices) if reached else []
    land, sector = land[known], sector[known]
    index = pd.Index(["land " + name for name in land["parcel_id"]], dtype=object)
    area_m2 = land.area.to_numpy()
    typical = profiles().reindex(sector)
    floor_m2 = area_m2 * choices.settle_pct / 100 * typical["plot_ratio"].to_numpy()
    base = pd.DataFrame({"sector": sector.to_numpy(), "licences": ""}, index=index)
    base["output_cny"] = floor_m2 * typical["output_cny_m2_a"].to_numpy()
    base = base[base["output_cny"] > 0]
    amount = pd.DataFrame(0.0, index=index, columns=list(UTILITIES))
    if len(base):
        asked = of_firms(_firms(base, park, standards), None, pattern, standards)
        amount = asked.amount.reindex(index).fillna(0.0)
    places = gpd.GeoDataFrame(
        {
            "enterprise_id": "",
            "growth_id": "",
            "parcel_id": land["parcel_id"].to_numpy(),
            "area_m2": area_m2,
            "horizon": choices.settle,
        },
        geometry=gpd.GeoSeries(land.geometry.representative_point().to_numpy(), index=index, crs=park.crs),
        index=index,
    )
    return places, Asked(amount, amount, {}), findings


def _firms(base: pd.DataFrame, park: Park, standards: Standards) -> Park:
    """A park of firms of which only sector and output are known, with the flows estimated for them."""
    made = {
        "enterprises": base[["sector"]].rename_axis("enterprise_id").reset_index(),
        "heat_streams": streams.heat(base, standards).assign(estimated="duty_kw"),
        "energy_use": streams.energy(base, standards, boilers=False),
        "water_streams": streams.water(base),
        "material_flows": streams.materials(base, 1.0),
    }
    return Park({name: complete(rows, name) for name, rows in made.items()}, park.crs, park.source_crs)


def _findings(land: gpd.GeoDataFrame, known: pd.Series, choices: Siting) -> list[Finding]:
    blank = land["planned_sector"] == ""
    found = [
        Finding("siting.land_sector", "warning", "parcels", str(name), "planned_sector", {"value": str(sector)})
        for name, sector in land.loc[~known & ~blank, ["parcel_id", "planned_sector"]].itertuples(index=False)
    ]
    for key, mask in (("siting.land_settled", known), ("siting.land_no_sector", blank)):
        if mask.any():
            hectares = float(np.round(land[mask].area.sum() / HECTARE_M2, 1))
            values = {"count": int(mask.sum()), "area": hectares, "percent": choices.settle_pct}
            found.append(Finding(key, "info", "parcels", column="planned_sector", values=values))
    return found
