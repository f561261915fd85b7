"""Floor areas, storeys and the figures of the firms themselves."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...standards import Standards
from ..model import Park
from .profiles import profiles

HOUSES = ("office", "living", "residential", "public")
PER_FLOOR = {
    "staff": ("staff_1000m2", 0.001),
    "investment_cur": ("investment_cny_m2", 1.0),
    "output_cur_a": ("output_cny_m2_a", 1.0),
}
PER_OUTPUT = {"value_added_cur_a": "value_added_share", "tax_cur_a": "tax_share"}


def mark(frame: pd.DataFrame, column: str, rows: pd.Series) -> None:
    """Add ``column`` to the ``estimated`` names of ``rows`` of a frame that is ours to change."""
    old = frame.loc[rows, "estimated"]
    frame.loc[rows, "estimated"] = np.where(old == "", column, old + ";" + column)


def building_parcels(park: Park) -> pd.Series:
    """The parcel on which each building stands (the one that holds its inner point); by row of the layer."""
    buildings, parcels = park["buildings"], park["parcels"]
    spots = gpd.GeoDataFrame(geometry=shapely.point_on_surface(np.asarray(buildings.geometry.array)), crs=park.crs)
    met = gpd.sjoin(spots, parcels[["parcel_id", "geometry"]], predicate="within", how="left")
    return met.loc[~met.index.duplicated(), "parcel_id"].reindex(buildings.index)


def storeys(park: Park, rules: Standards) -> pd.DataFrame:
    """The ``buildings`` layer with missing storeys filled.

    From the floor area where given, else from the height, else what is usual: a production hall has the storeys of
    its firm's sector, other buildings those of their use.
    """
    out = park["buildings"].copy()
    missing = out["storeys"].isna()
    if not missing.any():
        return out

    def rule(name: str) -> float:
        return rules.value("estimates." + name)

    high = np.where(out["use"].isin(HOUSES), rule("storey_height_house_m"), rule("storey_height_hall_m"))
    by_use = {name: rule(f"storeys_{name}") for name in (*HOUSES, "warehouse", "utility", "other")}
    usual = out["use"].map(by_use).fillna(by_use["other"])
    use = park["occupancy"].sort_values(["parcel_id", "share", "enterprise_id"])
    largest = use.drop_duplicates("parcel_id", keep="last").set_index("parcel_id")["enterprise_id"]
    sector = largest.map(park["enterprises"].set_index("enterprise_id")["sector"])
    of_firm = building_parcels(park).map(sector).map(profiles()["storeys"])
    usual = usual.where(~out["use"].isin(("production", "")) | of_firm.isna(), of_firm)
    by_floor = (out["floor_area_m2"] / out.area).round()
    by_height = np.floor(out["height_m"] / high)
    value = by_floor.where(np.isfinite(by_floor), by_height).clip(lower=1.0)
    out.loc[missing, "storeys"] = value.where(value.notna(), usual)[missing].clip(upper=150.0)
    mark(out, "storeys", missing)
    return out


def floor_areas(park: Park, buildings: pd.DataFrame) -> pd.Series:
    """Floor area in m2 of each firm, by enterprise_id; firms without land are left out.

    A parcel's floor area is that of the buildings on it, and a firm has its share. A firm on whose parcels no
    building is known gets the plot ratio typical of its sector.
    """
    firms = park["enterprises"].set_index("enterprise_id")
    use = park["occupancy"]
    use = use[use["enterprise_id"].isin(firms.index) & use["parcel_id"].isin(park["parcels"]["parcel_id"])]
    area = buildings["floor_area_m2"].where(
        buildings["floor_area_m2"].notna(), buildings.area * buildings["storeys"]
    )
    built = area.groupby(building_parcels(park)).sum()
    land = park["parcels"].set_index("parcel_id").area
    share, firm = use["share"].to_numpy(), use["enterprise_id"]
    on_land = pd.Series(share * land.reindex(use["parcel_id"]).to_numpy(), use.index).groupby(firm).sum()
    on_floor = (
        pd.Series(share * built.reindex(use["parcel_id"]).fillna(0.0).to_numpy(), use.index).groupby(firm).sum()
    )
    ratio = firms["sector"].map(profiles()["plot_ratio"]).reindex(on_floor.index)
    floor = on_floor.where(on_floor > 0, on_land * ratio)
    return floor[floor > 0].sort_index()


def figures(park: Park, floor_m2: pd.Series, rate: float) -> pd.DataFrame:
    """The ``enterprises`` layer with missing staff, investment, output, value added, tax and hazard filled.

    Parameters
    ----------
    floor_m2
        Floor area by enterprise_id.
    rate
        CNY for one unit of the park's currency.

    Notes
    -----
    Staff, investment and output follow the floor area. A firm that gives its output but has no land takes the floor
    area that goes with such an output. Value added and tax are shares of output.
    """
    out = park["enterprises"].copy()
    typical = profiles().reindex(out["sector"]).set_index(out.index)
    floor = out["enterprise_id"].map(floor_m2)
    floor = floor.where(floor.notna(), out["output_cur_a"] * rate / typical["output_cny_m2_a"])
    for name, (per, factor) in PER_FLOOR.items():
        value = floor * typical[per] * factor / (1.0 if name == "staff" else rate)
        _fill(out, name, value.round() if name == "staff" else value)
    for name, per in PER_OUTPUT.items():
        _fill(out, name, out["output_cur_a"] * typical[per])
    blank = (out["hazard"] == "") & typical["hazard"].notna()
    out.loc[blank, "hazard"] = typical.loc[blank, "hazard"]
    mark(out, "hazard", blank)
    return out


def _fill(out: pd.DataFrame, name: str, value: pd.Series) -> None:
    rows = out[name].isna() & value.notna()
    out.loc[rows, name] = value[rows]
    mark(out, name, rows)
