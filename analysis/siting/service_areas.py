"""Service areas: the land of those that a site serves, closed over the roads between them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from ..clusters.areas import draw
from ..park.model import Park
from .frames import frame_of

GAP_M = 40.0  # roads this wide between two parcels are drawn with them
GROWTH = "growth:"  # before the id of growth, so that it cannot be taken for a firm
LAND = "land:"  # the same for vacant land by its parcel


def areas(sites: pd.DataFrame, service: pd.DataFrame, park: Park) -> gpd.GeoDataFrame:
    """The table ``service_areas``: a polygon for each site that serves anyone.

    A consumer belongs to the site that serves most of its demand, so that areas of one utility do not overlap. A firm
    counts with the parcels it uses, growth and vacant land with the parcel to be settled, and either with a small circle where no parcel
    is known. Parcels of firms of several sites go to the one whose firms use most.

    Parameters
    ----------
    sites, service
        The tables ``sites`` and ``site_service``.

    Returns
    -------
    GeoDataFrame
        Sorted by site; sites of whose consumers no place is known are left out.
    """
    if sites.empty or service.empty:
        return frame_of([], "service_areas", park.crs)
    served = service.assign(consumer=_consumer(service))
    ground, firms = _ground(park, served), park.enterprise_points()
    rows = []
    for utility, mine in served.groupby("utility", sort=True):
        ids = sorted(set(mine["site_id"]) & set(sites["site_id"]))
        number = {site: k for k, site in enumerate(ids)}
        known = mine[mine["site_id"].isin(ids)]
        most = known.sort_values(["demand", "site_id"], ascending=[False, True], kind="stable")
        most = most.drop_duplicates("consumer").sort_values("consumer", kind="stable")
        group = pd.Series(most["site_id"].map(number).to_numpy(), index=most["consumer"].to_numpy(), dtype=int)
        drawn = draw(ground, group, _points(most, firms), GAP_M)
        for site in ids:
            if number[site] not in drawn:
                continue
            own, shape = known[known["site_id"] == site], drawn[number[site]]
            rows.append(
                {
                    "area_id": site,
                    "utility": utility,
                    "site_id": site,
                    "served": own["consumer"].nunique(),
                    "demand": float(f"{own['demand'].sum():.9g}"),
                    "unit": own["unit"].iloc[0],
                    "area_m2": round(shape.area, 1),
                    "estimated": "demand" if _guessed(own) else "",
                    "geometry": shape,
                }
            )
    return frame_of(rows, "service_areas", park.crs)


def _consumer(service: pd.DataFrame) -> pd.Series:
    """Who is served (n,): a firm by its id, growth by its id and vacant land by its parcel with a mark before."""
    firm, growth, land = (
        service[column].fillna("").astype(str) if column in service else pd.Series("", service.index)
        for column in ("enterprise_id", "growth_id", "parcel_id")
    )
    return firm.where(firm != "", (GROWTH + growth).where(growth != "", LAND + land))


def _ground(park: Park, served: pd.DataFrame) -> Park:
    """The park with growth and vacant land as users of the parcels that will be settled."""
    growth = park["growth"]
    placed = growth[growth["parcel_id"].notna() & (growth["parcel_id"] != "")]
    land = served.loc[served["consumer"].str.startswith(LAND), "consumer"].drop_duplicates()
    settled = pd.DataFrame(
        {
            "enterprise_id": [*(GROWTH + placed["growth_id"].astype(str)), *land],
            "parcel_id": [*placed["parcel_id"], *land.str.removeprefix(LAND)],
            "share": 1.0,
        }
    )
    use = park["occupancy"][["enterprise_id", "parcel_id", "share"]]
    frames = {"parcels": park["parcels"], "occupancy": pd.concat([use, settled], ignore_index=True)}
    return Park(frames, park.crs, park.source_crs)


def _points(most: pd.DataFrame, firms: gpd.GeoSeries) -> gpd.GeoSeries:
    """Place of each consumer: that of the firm, else where its line of service begins."""
    lines = gpd.GeoSeries(most.geometry)
    start = dict(zip(most["consumer"], lines.interpolate(0.0), strict=True))
    known = firms[firms.index.isin(list(start))]
    return gpd.GeoSeries(start | known.to_dict(), crs=lines.crs)


def _guessed(own: pd.DataFrame) -> bool:
    """Whether any demand served rests on estimates."""
    return "estimated" in own and bool(
        own["estimated"].fillna("").str.split(";").map(lambda m: "demand" in m).any()
    )
