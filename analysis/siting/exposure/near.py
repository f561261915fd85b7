"""The table ``site_exposure``: who lies around each works, how often the wind blows there, what it brings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...standards import Standards
from ...tables import result_table
from .receptors import Receptors
from .rule import Pairs
from .sources import Source
from .works import Plume, Site, Weather, digits, limit_of, load

BANDS_M = (500.0, 1000.0, 2000.0, 3000.0)  # people of a raster are told by direction and distance
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def table(sites: list[Site], who: Receptors, near: Pairs, weather: Weather, standards: Standards) -> pd.DataFrame:
    summer, roses = weather.roses.of("summer", "year"), weather.roses
    total = np.bincount(near.site, weights=near.exposed, minlength=len(sites))
    added = np.full(len(near.site), np.nan)
    pollutant = np.full(len(sites), "", object)
    for k, site in enumerate(sites):
        mine = near.site == k
        if mine.any() and (first := _governing(site, standards)) is not None:
            plume, source = first
            place = near.receptor[mine]
            added[mine] = plume.mean_at("annual", who.x[place], who.y[place]) * load(source, "annual")
            pollutant[k] = source.pollutant
    pair = pd.DataFrame(
        {
            "site": near.site,
            "area_id": _names(who, near),
            "name": who.name[near.receptor],
            "kind": who.kind[near.receptor],
            "people": who.people[near.receptor],
            "distance_m": near.distance_m,
            "east": np.sin(np.radians(near.comes_from_deg)),
            "north": np.cos(np.radians(near.comes_from_deg)),
            "frequency_pct": summer.frequency_at(near.comes_from_deg),
            "frequency_year_pct": roses.of("year").frequency_at(near.comes_from_deg),
            "exposed": near.exposed,
            "added": added,
            "guessed": who.guessed[near.receptor],
        }
    )
    rows = _gathered(pair)
    number = rows["site"].to_numpy(int)
    whole = total[number]
    emits = pollutant[number] != ""
    return result_table(
        "site_exposure",
        {
            "exposure_id": [f"{sites[k].site_id}:{a}" for k, a in zip(number, rows["area_id"], strict=True)],
            "utility": [sites[k].utility for k in number],
            "site_id": [sites[k].site_id for k in number],
            "area_id": rows["area_id"],
            "name": rows["name"],
            "kind": rows["kind"],
            "people": rows["people"].round(1),
            "distance_m": rows["distance_m"].round(1),
            "comes_from_deg": (np.degrees(np.arctan2(rows["east"], rows["north"])) % 360).round(1) % 360,
            "frequency_pct": rows["frequency_pct"].round(2),
            "frequency_year_pct": rows["frequency_year_pct"].round(2)
            if roses.known("year")
            else np.full(len(rows), np.nan),
            "share_pct": np.divide(100 * rows["exposed"], whole, out=np.zeros(len(rows)), where=whole > 0).round(3),
            "concentration_ug_m3": digits(np.where(emits, rows["added"], np.nan)),
            "pollutant": pollutant[number],
            "scheme": np.where(emits, weather.scheme, ""),
            "estimated": [
                ";".join(
                    (["people", "share_pct"] if guessed else []) + (["concentration_ug_m3"] if emitted else [])
                )
                for guessed, emitted in zip(rows["guessed"], emits, strict=True)
            ],
        },
    )


def _names(who: Receptors, near: Pairs) -> np.ndarray:
    """(n,) how a receptor is called: its id, or direction from the site and distance for people of the raster."""
    sector = np.rint(((near.comes_from_deg + 180) % 360) / 45).astype(int) % len(COMPASS)
    band = np.minimum(np.searchsorted(BANDS_M, near.distance_m), len(BANDS_M) - 1)
    told = np.array([f"raster:{way}:{far:.0f}" for way in COMPASS for far in BANDS_M], object)
    return np.where(who.cell[near.receptor], told[sector * len(BANDS_M) + band], who.area_id[near.receptor])


def _gathered(pair: pd.DataFrame) -> pd.DataFrame:
    """People of the raster added up by direction and distance; frequencies and concentrations their means by people."""
    weight = pair["people"].where(pair["people"] > 0, 1e-9)
    means_of = ["east", "north", "frequency_pct", "frequency_year_pct", "added"]
    table = pair.assign(weight=weight, **{name: pair[name] * weight for name in means_of})
    how = {
        "name": "first",
        "kind": "first",
        "people": "sum",
        "distance_m": "min",
        "exposed": "sum",
        "guessed": "max",
    }
    how |= dict.fromkeys(["weight", *means_of], "sum")
    rows = table.groupby(["site", "area_id"], as_index=False).agg(how)
    for name in means_of:
        rows[name] = rows[name] / rows["weight"]
    return rows


def _governing(site: Site, standards: Standards) -> tuple[Plume, Source] | None:
    """The pollutant of a site whose annual mean comes nearest to its limit."""
    every = [(plume, source) for plume in site.plumes for source in plume.sources]

    def share(pair: tuple[Plume, Source]) -> float:
        plume, source = pair
        return (
            plume.highest("annual") * load(source, "annual") / limit_of(standards, source.pollutant, "annual").value
        )

    return max(every, key=share) if every else None
