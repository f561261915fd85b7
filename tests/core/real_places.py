"""The three places of the shared map extracts, imported once a session."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from parkloop.analysis.errors import Finding
from parkloop.analysis.park.model import Park
from parkloop.analysis.park.osm import import_osm

PARKS = Path(__file__).resolve().parents[2].parent / "shared" / "parks"
PLACES = {"schaan": "schaan_2021", "krems": "krems_2013", "lauf": "lauf_2020"}


@cache
def imported(place: str) -> tuple[Park, list[Finding]]:
    """The park of a place and what its import found."""
    dem = PARKS / f"{place}_dem.tif"
    return import_osm(PARKS / f"{PLACES[place]}.osm.pbf", dem=dem if dem.exists() else None)
