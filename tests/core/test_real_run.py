"""The whole chain on real places: what a planner would check first."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from real_places import PARKS, PLACES, imported

from parkloop.analysis import pipeline
from parkloop.analysis.park import terrain
from parkloop.analysis.scenario import Scenario

pytestmark = [
    pytest.mark.skipif(not PARKS.is_dir(), reason=f"no map extracts in {PARKS}"),
    pytest.mark.again,
]


@cache
def ran(place: str) -> pipeline.Run:
    return pipeline.run(imported(place)[0], Scenario())


@pytest.mark.parametrize("place", PLACES)
def test_every_step_gives_its_result(place):
    run = ran(place)
    assert list(run.results) == list(pipeline.STEPS)
    assert len(run.results["intensity"].tables["intensity_parcels"]) == len(run.park["parcels"])
    assert run.results["networks"].tables["network_pipes"]["length_m"].sum() > 0
    for result in run.results.values():
        for answer in result.answers:
            assert answer.bound is None or answer.bound <= answer.objective * (1 + 1e-6)


@pytest.mark.parametrize("place", PLACES)
def test_every_site_lies_outside_every_exclusion(place):
    tables = ran(place).results["siting"].tables
    zones, sites = tables["exclusion_zones"], tables["sites"]
    assert len(zones) and len(sites)
    drawn = sites[sites.geometry.notna()]
    assert len(drawn) == len(sites)
    inside = drawn.geometry.intersection(zones.union_all()).area
    assert (inside < 1e-3).all(), drawn.loc[inside >= 1e-3, "site_id"].tolist()


@pytest.mark.parametrize("place", [name for name in PLACES if name != "krems"])
def test_the_wastewater_works_lies_low(place):
    """Below the 20th percentile of the heights it serves (Krems has no terrain)."""
    run = ran(place)
    tables = run.results["siting"].tables
    works = tables["sites"].query("utility == 'wastewater'")
    assert len(works)
    at = run.park.enterprise_points()
    for site in works.itertuples():
        served = tables["site_service"].query("utility == 'wastewater' and site_id == @site.site_id")
        firms = [name for name in served["enterprise_id"] if name in at.index]
        heights = terrain.heights(run.park, at[firms])
        assert site.elevation_m < np.nanpercentile(heights, 20)


@pytest.mark.parametrize("place", PLACES)
def test_everything_estimated_is_marked_to_the_end(place):
    """Nothing in these places was surveyed, so every figure of money and flow rests on estimates."""
    outcomes = ran(place).results["outcomes"].tables["outcomes"]
    known = outcomes[outcomes["today"].fillna(0) > 0]
    assert len(known)
    assert (known["estimated_share"] > 0.9).all(), known.loc[known["estimated_share"] <= 0.9, "outcome_id"].tolist()
