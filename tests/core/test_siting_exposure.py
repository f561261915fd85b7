"""Exposure: wind roses, plumes, protection distances, people of a raster, contours; bad input as hard as good."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import CRS, EAST, NORTH, box, frame, point, shuffled, small_park

from parkloop import resources
from parkloop.analysis.errors import InputError
from parkloop.analysis.park.model import Park
from parkloop.analysis.park.read import read_park
from parkloop.analysis.park.write import write_park
from parkloop.analysis.pipeline import hash_of_park
from parkloop.analysis.scenario import Siting
from parkloop.analysis.siting.exposure import (
    NUISANCE,
    assess,
    contours,
    dispersion,
    exposure,
    means,
    persons,
    plume,
    population,
    protection,
    rose,
    sources_of,
)
from parkloop.analysis.siting.exposure.receptors import receptors
from parkloop.analysis.standards import Standards, listening

RULES = Standards()
TABLES = ("wind_rose", "site_exposure", "plume_contours", "site_protection")
AIR = plume.Air()


def wind(frequency: Any, season: str = "summer", speed: float | None = 3.0, direction: Any = None) -> list[dict]:
    bearing = np.arange(len(frequency)) * 360 / len(frequency) if direction is None else direction
    return [
        {
            "wind_id": f"{season}-{k:02d}",
            "season": season,
            "direction_deg": float(d),
            "frequency_pct": f,
            "speed_m_s": speed,
        }
        for k, (d, f) in enumerate(zip(bearing, frequency, strict=True))
    ]


def village(name: str, x: float, y: float, size: float = 100.0, **more: Any) -> dict[str, Any]:
    shape = box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)
    return {"area_id": name, "kind": "residential", "population": 1000.0, "geometry": shape, **more}


BASE = small_park()


def windy(rows: list[dict]) -> Park:
    return BASE.replace(wind=frame("wind", rows))


def rosy(rows: list[dict]) -> rose.Roses:
    return rose.read(windy(rows), RULES)


# ---------------------------------------------------------------- wind rose


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 359), min_size=1, max_size=36, unique=True),
    st.floats(75.0, 101.0),
    st.randoms(use_true_random=False),
)
def test_frequencies_between_directions_add_up_to_those_of_the_rose(
    directions: list[int], total: float, random: Any
) -> None:
    share = np.array([random.random() + 1e-3 for _ in directions])
    one = rosy(wind(share / share.sum() * total, direction=directions)).of("summer")
    assert one.width_deg.sum() == pytest.approx(360)
    fine = (np.arange(36000) + 0.5) / 100
    assert one.around(one.density, fine).sum() / 100 == pytest.approx(total, rel=2e-3)
    assert one.relative_at(fine).mean() == pytest.approx(1.0, rel=2e-3)
    assert one.calm_pct == pytest.approx(max(100 - total, 0), abs=1e-9)
    assert (one.frequency_at(fine) >= 0).all()


@pytest.mark.parametrize("count", [8, 16, 36])
def test_a_regular_rose_gives_its_own_frequencies_back(count: int) -> None:
    frequency = np.linspace(1, 3, count) / np.linspace(1, 3, count).sum() * 92
    one = rosy(wind(frequency)).of("summer")
    np.testing.assert_allclose(one.frequency_at(one.bearing_deg), frequency)
    np.testing.assert_allclose(one.frequency_at(one.bearing_deg - 720), frequency)
    assert one.mean_m_s == pytest.approx(3.0 * 0.92)


def test_one_direction_blows_from_everywhere() -> None:
    one = rosy(wind([100.0], direction=[40.0])).of("summer")
    np.testing.assert_allclose(one.relative_at(np.arange(0.0, 360, 7)), 1.0)


good = st.lists(st.floats(0.1, 10), min_size=8, max_size=8).map(lambda f: np.array(f) / sum(f) * 95)


@settings(max_examples=60, deadline=None)
@given(
    good,
    st.integers(0, 7),
    st.sampled_from(["negative", "nan", "inf", "twice", "turned", "low", "high", "zero"]),
)
def test_a_season_that_does_not_add_up_is_named_with_its_total_and_not_used(
    frequency: np.ndarray, k: int, fault: str
) -> None:
    direction, bad = np.arange(8) * 45.0, frequency.copy()
    if fault == "negative":
        bad[k] = -0.01
    elif fault in ("nan", "inf"):
        bad[k] = {"nan": np.nan, "inf": np.inf}[fault]
    elif fault == "twice":
        direction[k] = direction[(k + 1) % 8]
    elif fault == "turned":
        direction[0], direction[k] = 0.0, 360.0  # north, said in two ways
        direction[1 if k != 1 else 2] = 0.0
    else:
        bad = bad / bad.sum() * {"low": 74.9, "high": 101.1, "zero": 0.0}[fault]
    park = windy([*wind(bad, "summer", direction=direction), *wind(frequency, "winter")])
    roses = rose.read(park, RULES)
    assert set(roses.by_season) == {"winter"}
    assert [(f.key, f.severity, f.values["season"]) for f in roses.findings] == [
        ("siting.wind_sum", "warning", "summer")
    ]
    if fault in ("low", "high", "zero"):
        assert roses.findings[0].values["total"] == {"low": "74.9", "high": "101.1", "zero": "0.0"}[fault]
    for lang, word in (("en", "summer"), ("zh", "夏季")):
        assert word in roses.findings[0].text(lang) and roses.findings[0].remedy(lang)
    table = rose.table(park, roses)
    assert table.groupby("season")["used"].agg(["all", "any"]).to_dict("index") == {
        "summer": {"all": False, "any": False},
        "winter": {"all": True, "any": True},
    }
    assert table.loc[~table["used"], "calm_pct"].isna().all()


def test_speeds_that_are_not_known_are_marked() -> None:
    rows = wind([50.0, 50.0], "summer", 4.0)
    rows[1]["speed_m_s"] = None
    table = rose.table(windy(rows), rosy(rows)).set_index("direction_deg")
    assert table["speed_m_s"].tolist() == [4.0, 4.0]
    assert table["estimated"].tolist() == ["", "speed_m_s"]
    assert rosy(wind([100.0], speed=None)).of("summer").guessed


def test_the_year_is_the_mean_of_four_seasons() -> None:
    rows = [
        row
        for k, season in enumerate(rose.SEASONS)
        for row in wind(np.roll([70.0, 10, 10, 10], k), season, speed=float(k + 1))
    ]
    year = rosy(rows).of("year")
    np.testing.assert_allclose(year.frequency_pct, 25.0)
    assert year.mean_m_s == pytest.approx(2.5)
    assert not rosy(rows[:12]).known("year")


# ---------------------------------------------------------------- the rule of the least summer wind


def test_the_upwind_side_of_the_least_summer_wind_is_the_better_place() -> None:
    """Wind from north is rare: a works north of the village brings it least."""
    frequency = [2.0, 10, 14, 14, 20, 14, 14, 12]
    park = small_park(sensitive_areas=[village("V", 0, 0)], wind=wind(frequency))
    north, south, east = point(0, 1000), point(0, -1000), point(1000, 0)
    found = persons(gpd.GeoSeries([north, south, east], crs=CRS), park, RULES)
    assert found[0] == found.min() and found[1] == found.max()
    # 1,000 persons x 2 % of 12.5 % (an even rose of 8) / (1 + (950 / 500)^2)
    assert found[0] == pytest.approx(1000 * 0.02 * 8 / (1 + 1.9**2))
    table = assess([("heat", "N", north.buffer(1e-3), 1000.0)], park, Siting(), RULES)[0]["site_exposure"]
    row = table.iloc[0]
    assert row["comes_from_deg"] in (0.0, 360.0) and row["frequency_pct"] == pytest.approx(2.0)
    assert np.isnan(row["frequency_year_pct"]) and row["share_pct"] == 100.0


def test_exposure_keeps_its_old_meaning() -> None:
    """People from area and kind, weight a half at 500 m, nobody beyond 3 km, an even rose without wind."""
    park = small_park(sensitive_areas=[village("A", 0, 0, 200, population=None), village("B", 9000, 0)])
    found, told = exposure(gpd.GeoSeries([point(600, 0), point(4000, 0)], crs=CRS), park, RULES)
    np.testing.assert_allclose(found, [4 * 60 / 2, 0.0])  # 4 ha of 60 persons, 500 m off its edge
    assert [f.key for f in told] == ["siting.no_wind"]
    assert set(NUISANCE) <= set(resources.codes("utility"))


# ---------------------------------------------------------------- dispersion and plume


def test_plume_of_the_handbook() -> None:
    """Q 5 g/s, u 2 m/s, H 30 m, sigma 50 and 30 m: about 320 ug/m3 on the ground, straight downwind."""
    assert plume.concentration(5, 2, 30, 50, 30) == pytest.approx(321.8, abs=0.1)


def test_greatest_concentration_of_isc3_rural() -> None:
    """Class D, effective height 100 m, Q 110 g/s, u 5 m/s: 179 ug/m3 at 3.0 km."""
    x = np.arange(100.0, 20_000, 10)
    found = plume.centreline("isc3_rural", "D", 110, 5, 100, x)
    assert found.max() == pytest.approx(179, abs=2)
    assert x[found.argmax()] == pytest.approx(3000, abs=100)
    assert found[x == 3000][0] == pytest.approx(179, abs=2)


@pytest.mark.parametrize(
    ("scheme", "stability", "across", "upright", "within"),
    [
        # Martin 1976, his fit to the Pasquill-Gifford curves at 1 km; class D as in Turner's Workbook
        ("isc3_rural", "A", 213, 450, 0.03),
        ("isc3_rural", "B", 156, 110, 0.03),
        ("isc3_rural", "C", 104, 61, 0.03),
        ("isc3_rural", "D", 68, 32, 0.02),
        ("isc3_rural", "E", 50, 21.5, 0.03),
        ("isc3_rural", "F", 34, 14, 0.03),
        # the power laws of GB/T 3840 are made to fit the same curves
        ("gbt3840", "B", 156, 110, 0.03),
        ("gbt3840", "D", 68, 32, 0.03),
        ("gbt3840", "F", 34, 14, 0.03),
        # by hand: 0.08 x 1000 / 1.1^0.5, 0.06 x 1000 / 2.5^0.5; 0.16 x 1000 / 1.4^0.5, 0.14 x 1000 / 1.3^0.5
        ("briggs_rural", "D", 76.28, 37.95, 1e-3),
        ("briggs_urban", "D", 135.2, 122.8, 1e-3),
        ("isc3_urban", "D", 135.2, 122.8, 1e-3),
    ],
)
def test_spread_at_a_kilometre(scheme: str, stability: str, across: float, upright: float, within: float) -> None:
    x = np.array([1000.0])
    assert dispersion.sigma(scheme, stability, "sigma_y", x)[0] == pytest.approx(across, rel=within)
    assert dispersion.sigma(scheme, stability, "sigma_z", x)[0] == pytest.approx(upright, rel=within)


@pytest.mark.parametrize("scheme", dispersion.SCHEMES)
def test_plumes_widen_with_distance_and_with_unstable_air(scheme: str) -> None:
    x = np.geomspace(1, 50_000, 3000)
    for quantity in ("sigma_y", "sigma_z"):
        every = np.array([dispersion.sigma(scheme, c, quantity, x) for c in dispersion.CLASSES])
        assert np.isfinite(every).all() and (every > 0).all()
        assert (every[:, 1:] >= every[:, :-1] * 0.985).all()  # the seams of the tables
        assert (every[:-1, 2000] >= every[1:, 2000]).all()  # at about 1.3 km
    assert set(resources.codes("dispersion_scheme")) == set(dispersion.SCHEMES)


def test_the_ends_of_a_band_belong_to_it() -> None:
    x = np.array([300.0, 300.1, 5.0, 1e9])
    found = dispersion.sigma("isc3_rural", "D", "sigma_z", x)
    np.testing.assert_allclose(found[:2], [34.459 * 0.3**0.86974, 32.093 * 0.3001**0.81066])
    assert dispersion.sigma("isc3_rural", "A", "sigma_z", x)[3] == 5000
    assert dispersion.sigma("gbt3840", "D", "sigma_z", np.array([0.0]))[0] == pytest.approx(0.104634)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 120), st.floats(5, 80), st.floats(5, 80), st.floats(0.5, 20))
def test_all_that_is_emitted_passes_a_plane_across_the_wind(
    height: float, across: float, upright: float, wind_m_s: float
) -> None:
    y, z = np.linspace(-6 * across, 6 * across, 301), np.linspace(0, height + 8 * upright, 1201)
    value = plume.concentration(3.0, wind_m_s, height, across, upright, y[:, None], z[None, :])
    flow = wind_m_s * np.trapezoid(np.trapezoid(value, z, axis=1), y)
    assert flow / 1e6 == pytest.approx(3.0, rel=1e-4)


def test_plume_rise_by_hand() -> None:
    """Briggs 1971-75 as in ISC3: 1.5 m at 12 m/s, 393.15 K in air of 288.15 K."""
    stack, one = plume.Stack(45.0, 1.5, 120.0, 12.0), np.array([4.0])
    buoyancy = 9.80665 * 12 * 1.5**2 * 105 / (4 * 393.15)
    assert buoyancy == pytest.approx(17.679, abs=1e-3)
    assert plume.rise_briggs("D", stack, one, AIR)[0] == pytest.approx(21.425 * buoyancy**0.75 / 4)
    s = 9.80665 * 0.035 / 288.15
    assert plume.rise_briggs("F", stack, one, AIR)[0] == pytest.approx(2.6 * (buoyancy / (4 * s)) ** (1 / 3))
    cold = plume.Stack(45.0, 1.5, 15.0, 12.0)
    assert plume.rise_briggs("D", cold, one, AIR)[0] == pytest.approx(3 * 1.5 * 12 / 4)  # a jet
    large = plume.Stack(100.0, 5.0, 140.0, 15.0)
    heavy = 9.80665 * 15 * 25 * 125 / (4 * 413.15)
    assert heavy > 55
    assert plume.rise_briggs("C", large, one, AIR)[0] == pytest.approx(38.71 * heavy**0.6 / 4)
    # GB/T 3840: Qh = 0.35 x 1013.25 x 294.5 x 125 / 413.15 = 31.6 MW
    heat = 0.35 * 1013.25 * np.pi / 4 * 25 * 15 * 125 / 413.15
    assert heat == pytest.approx(31_600, rel=1e-3)
    assert plume.rise_gbt3840("D", large, one, one, AIR, False)[0] == pytest.approx(
        1.427 * heat ** (1 / 3) * 100 ** (2 / 3) / 4
    )


@pytest.mark.parametrize("scheme", dispersion.SCHEMES)
@pytest.mark.parametrize("stability", list(dispersion.CLASSES))
def test_plumes_rise_less_in_more_wind_and_more_with_more_heat(scheme: str, stability: str) -> None:
    speed = np.array([1.5, 2.0, 4.0, 8.0])
    found = [plume.rise(scheme, stability, plume.Stack(40.0, d, 130.0, 12.0), speed, AIR) for d in (1.0, 2.0, 4.0)]
    for one in found:
        assert (np.diff(one) < 0).all() and (one > 0).all()
    assert (found[0] < found[1]).all() and (found[1] < found[2]).all()


def test_gbt3840_rise_has_no_jump_where_its_formulae_meet() -> None:
    def at(heat_kw: float) -> float:
        # the diameter that gives this heat release
        flow = heat_kw * 423.15 / (0.35 * 1013.25 * 135)
        stack = plume.Stack(40.0, float(np.sqrt(4 * flow / (np.pi * 12))), 150.0, 12.0)
        one = np.array([3.0])
        return float(plume.rise_gbt3840("D", stack, one, one, AIR, False)[0])

    for seam in (1700, 2100):
        assert at(seam * 1.0001) == pytest.approx(at(seam * 0.9999), rel=1e-3)


def test_wind_grows_with_height_by_the_law_of_the_scheme() -> None:
    assert dispersion.wind_at("isc3_rural", "D", np.array([4.0]), 100.0)[0] == pytest.approx(4 * 10**0.15)
    assert dispersion.wind_at("isc3_urban", "F", np.array([4.0]), 100.0)[0] == pytest.approx(4 * 10**0.30)
    assert dispersion.wind_at("gbt3840", "E", np.array([4.0]), 100.0)[0] == pytest.approx(4 * 10**0.25)
    assert dispersion.wind_at("isc3_rural", "D", np.array([4.0]), 2.0)[0] == 4.0


# ---------------------------------------------------------------- means, worst hour, area sources


def even(count: int = 16, speed: float = 3.0, calm: float = 0.0) -> rose.Rose:
    return rose.Rose(
        np.arange(count) * 360 / count, np.full(count, (100 - calm) / count), np.full(count, speed), calm
    )


@pytest.mark.parametrize("scheme", dispersion.SCHEMES)
def test_the_mean_is_that_of_many_hours_from_all_directions(scheme: str) -> None:
    stack = plume.Stack(45.0, 1.25, 120.0, 12.0)
    polar = means.mean(even(), means.Release(45.0, stack), scheme, {"C": 0.4, "D": 0.6}, 1.0, AIR)
    turn = np.radians(np.linspace(-80, 80, 8001))
    for away in (800.0, 3000.0):
        hours = 0.0
        for stability, share in (("C", 0.4), ("D", 0.6)):
            x, y = away * np.cos(turn), away * np.sin(turn)
            wind_m_s = dispersion.wind_at(scheme, stability, np.array([3.0]), 45.0)[0]
            height = 45 + plume.rise(scheme, stability, stack, np.array([3.0]), AIR)[0]
            spread = [dispersion.sigma(scheme, stability, name, x) for name in ("sigma_y", "sigma_z")]
            value = plume.concentration(1.0, wind_m_s, height, *spread, y)
            hours += share * np.trapezoid(value, turn) / (2 * np.pi)
        found = polar.at(np.array([0.0, away]), np.array([away, 0.0]))
        assert found[0] == pytest.approx(found[1])
        assert found[0] == pytest.approx(hours, rel=0.08)


def test_a_wind_from_the_north_carries_to_the_south_and_calms_everywhere_alike() -> None:
    frequency = np.array([60.0, 10, 10, 10])
    blown = rose.Rose(np.arange(4) * 90.0, frequency, np.full(4, 3.0), 10.0)
    polar = means.mean(blown, means.Release(2.0, None), "isc3_rural", {"D": 1.0}, 1.0, AIR)
    south, north = polar.at(np.array([0.0, 0.0]), np.array([-500.0, 500.0]))
    assert south == pytest.approx(6 * north)
    still = means.mean(even(4, 3.0, 10.0), means.Release(2.0, None), "isc3_rural", {"D": 1.0}, 1.0, AIR)
    # 90 % of the hours at 3 m/s and 10 % at 1 m/s: 0.9 + 0.1 x 3
    gone = means.mean(even(4, 3.0, 0.0), means.Release(2.0, None), "isc3_rural", {"D": 1.0}, 1.0, AIR)
    np.testing.assert_allclose(still.value, 1.2 * gone.value)


def test_the_worst_hour_is_never_less_than_an_hour_of_its_own() -> None:
    stack = plume.Stack(60.0, 2.0, 140.0, 12.0)
    worst = means.worst_hour(means.Release(60.0, stack), "isc3_rural", AIR)
    for stability, speed in (("A", 2.0), ("D", 5.0), ("F", 3.0)):
        wind_m_s = dispersion.wind_at("isc3_rural", stability, np.array([speed]), 60.0)
        height = 60 + plume.rise("isc3_rural", stability, stack, np.array([speed]), AIR)
        hour = plume.centreline("isc3_rural", stability, 1.0, wind_m_s, height, means.RADII_M)
        assert (worst >= hour * (1 - 1e-12)).all()
    assert 0 < means.RADII_M[worst.argmax()] < 5000


@pytest.mark.parametrize("stability", ["A", "D", "F"])
def test_an_area_in_pieces_is_as_its_integral_and_far_away_as_a_point(stability: str) -> None:
    release, area = means.Release(2.0, None), 22_500.0
    some = means._disc(release, "isc3_rural", stability, 1.0, area, AIR)
    many = means._disc(release, "isc3_rural", stability, 1.0, area, AIR, 6400)
    outside = 1.5 * np.sqrt(area / np.pi) < means.RADII_M
    np.testing.assert_allclose(some[outside], many[outside], rtol=0.06)
    far = (means.RADII_M > 15 * 150) & (many > 0)
    point_like = means.virtual_point(release, "isc3_rural", stability, area, means.RADII_M)
    np.testing.assert_allclose(point_like[far], many[far], rtol=0.15)


def test_the_mean_of_an_area_in_pieces_is_as_its_integral() -> None:
    shape = shapely.box(0, 0, 200, 120)
    polar = means.mean(even(), means.Release(2.0, None), "isc3_rural", {"D": 1.0}, 1.0, AIR)
    x, y = np.array([230.0, 100, 300, 900]), np.array([60.0, 160, 200, 60])
    some, near = means.pieces_of(shape)
    many, nearer = means.pieces_of(shape, 6400)
    assert 20 <= len(some) <= 36 and len(many) > 6000
    np.testing.assert_allclose(
        means.field(polar, some, near, x, y), means.field(polar, many, nearer, x, y), rtol=0.05
    )
    # a line so thin that no point falls inside still has one
    assert len(means.pieces_of(shapely.LineString([(0, 0), (50, 50)]).buffer(1e-6))[0]) >= 1


# ---------------------------------------------------------------- contours


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.95))
def test_a_contour_holds_what_lies_above_and_nothing_else(seed: int, level: float) -> None:
    value = np.random.default_rng(seed).random((7, 9))
    value[2, 3] = level  # a corner just at the level
    x, y = np.arange(9) * 10.0, np.arange(7) * 5.0
    area = contours.above(x, y, value, level)
    assert area.is_valid
    gx, gy = np.meshgrid(x, y)
    over = value > level + 1e-6
    assert shapely.intersects_xy(area, gx[over], gy[over]).all()
    under = value < level - 1e-6
    assert not shapely.intersects_xy(area, gx[under], gy[under]).any()
    higher = contours.above(x, y, value, level + 0.03)
    assert higher.difference(area).area < 1e-6


def test_a_round_hill_has_round_contours() -> None:
    x = np.linspace(-100, 100, 201)
    gx, gy = np.meshgrid(x, x)
    away = np.hypot(gx, gy)
    assert contours.above(x, x, 100 - away, 50).area == pytest.approx(np.pi * 50**2, rel=2e-3)
    wall = contours.above(x, x, -np.abs(away - 60), -10)
    assert len(wall.interiors) == 1 and wall.area == pytest.approx(np.pi * (70**2 - 50**2), rel=2e-3)
    assert contours.above(x, x, away, 1e9).is_empty
    assert contours.above(x, x, 0 * away + 1, 1).area == pytest.approx(200**2, rel=1e-9)


def test_rings_of_a_field_of_distance() -> None:
    radius = np.linspace(0, 100, 101)
    hump = np.where(radius < 50, radius, 100 - radius)
    ring = contours.rings(shapely.Point(3, 4), 0.0, radius, hump, 25)
    assert ring.area == pytest.approx(np.pi * (75**2 - 25**2), rel=2e-3)
    assert contours.rings(shapely.Point(3, 4), 0.0, radius, hump, 51).is_empty
    ground = shapely.Point(0, 0).buffer(30)
    around = contours.rings(ground, 30.0, radius, 100 - radius, 40)
    assert around.area == pytest.approx(np.pi * 60**2, rel=5e-3)
    assert contours.rings(ground, 30.0, radius, 100 - radius, 80).is_empty  # inside the ground


# ---------------------------------------------------------------- protection distance


def test_protection_distance_by_hand() -> None:
    """Class II, 2 to 4 m/s, S = 10,000 m2: 0.25 r^2 = 795.77; (105.25 + 795.77)^0.5 x 47.863 / 470 = 3.0568."""
    right = (0.021 * 100**1.85 + 10_000 / np.pi * 0.25) ** 0.5 * 100**0.84 / 470
    assert right == pytest.approx(3.0568, abs=2e-4)
    assert protection.distance(right * 0.2, 0.2, 10_000, 3.0, "II") == pytest.approx(100, rel=1e-9)
    # without an area, below 2 m/s: (0.01^0.5 / 400) L^(0.925 + 0.78)
    alone = 0.1 * 500**1.705 / 400
    assert alone == pytest.approx(9.99, abs=0.01)
    assert protection.distance(alone, 1.0, 0.0, 1.0, "III") == pytest.approx(500, rel=1e-9)
    # above 2 km: A 140, B 0.036, C 1.77, D 0.76
    far = (0.036 * 3000**1.77 + 400 / np.pi * 0.25) ** 0.5 * 3000**0.76 / 140
    assert protection.distance(far, 1.0, 400.0, 5.0, "III") == pytest.approx(3000, rel=1e-9)


inputs = (
    st.floats(1e-6, 1e5),
    st.floats(1e-3, 10),
    st.floats(0, 1e6),
    st.floats(0, 12),
    st.sampled_from(protection.CLASSES),
)


@settings(max_examples=200, deadline=None)
@given(*inputs)
def test_the_distance_put_back_gives_the_emission(
    qc: float, cm: float, area: float, wind_m_s: float, kind: str
) -> None:
    length = protection.distance(qc, cm, area, wind_m_s, kind)
    assert length > 0
    part = next(p for p in protection.ranges(wind_m_s, kind) if p.from_m < length <= p.to_m)
    right = protection.right_side(part, length, area)
    if length in (1000.0, 2000.0):  # the value lies in the jump between two ranges
        after = next(p for p in protection.ranges(wind_m_s, kind) if p.from_m == length)
        assert right <= qc / cm <= protection.right_side(after, length, area)
    else:
        assert right == pytest.approx(qc / cm, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(*inputs, st.floats(1, 3))
def test_more_emission_never_shortens_the_distance(
    qc: float, cm: float, area: float, wind_m_s: float, kind: str, more: float
) -> None:
    length = protection.distance(qc, cm, area, wind_m_s, kind)
    assert protection.distance(qc * more, cm, area, wind_m_s, kind) >= length
    assert protection.distance(qc, cm * more, area, wind_m_s, kind) <= length
    assert protection.rounded(length) >= length
    assert protection.rounded(length * more) >= protection.rounded(length)


def test_the_distance_passes_the_seams_without_going_back() -> None:
    for kind in protection.CLASSES:
        for wind_m_s in (1.0, 3.0, 6.0):
            found = [protection.distance(q, 1.0, 1e4, wind_m_s, kind) for q in np.linspace(1, 400, 2000)]
            assert (np.diff(found) >= 0).all() and found[-1] > 2000 > found[0]


@pytest.mark.parametrize(
    ("qc", "cm", "area", "wind_m_s", "kind"),
    [(-1, 1, 1, 1, "I"), (1, 0, 1, 1, "I"), (np.nan, 1, 1, 1, "I"), (1, 1, -1, 1, "I"), (1, 1, 1, -1, "I"),
     (1, 1, 1, np.nan, "I"), (1, 1, 1, 1, "IV"), (np.inf, 1, 1, 1, "I")],
)  # fmt: skip
def test_nonsense_has_no_protection_distance(qc: float, cm: float, area: float, wind_m_s: float, kind: str) -> None:
    with pytest.raises(ValueError, match="no "):
        protection.distance(qc, cm, area, wind_m_s, kind)


def test_rounding_and_several_gases() -> None:
    steps = {
        0.0: 0,
        0.2: 50,
        50: 50,
        50.1: 100,
        99: 100,
        100: 100,
        101: 200,
        208: 300,
        1000: 1000,
        1001: 1200,
        2400: 2400,
    }
    assert {d: protection.rounded(d) for d in steps} == steps
    assert protection.combined([50, 50]) == 100  # the same grade: one more
    assert protection.combined([100, 100, 50]) == 200
    assert protection.combined([1000, 1000]) == 1200
    assert protection.combined([300, 100]) == 300
    assert protection.combined([100]) == 100 and protection.combined([]) == 0 == protection.combined([0, 0])
    found = protection.protection(0.05, 0.2, 6000, 2.5, "II")
    assert (found.qc_kg_h, found.cm_mg_m3, found.area_m2, found.wind_m_s, found.source_class) == (
        0.05,
        0.2,
        6000,
        2.5,
        "II",
    )
    assert (
        found.rounded_m == protection.rounded(found.distance_m)
        and found.edition == "2020"
        and found.confidence == "m"
    )


# ---------------------------------------------------------------- what works emit


def test_every_nuisance_emits_and_nothing_else_does() -> None:
    for utility in resources.codes("utility"):
        found = sources_of(utility, 20_000.0, RULES)
        assert bool(found) == (utility in NUISANCE)
        for one in found:
            assert one.emission_g_s > 0 and one.source and one.confidence in "hml" and one.height_m > 0
            assert one.pollutant in resources.codes("air_pollutant")
        for size in (0.0, -1.0, np.nan, np.inf):
            assert sources_of(utility, size, RULES) == []


def test_emissions_by_hand() -> None:
    coal = {one.pollutant: one for one in sources_of("heat", 20_000.0, RULES, fuel="coal")}
    # 20 MW x 1.85 m3/kWh x 300 mg/m3
    assert coal["nox"].emission_g_s == pytest.approx(20_000 * 1.85 * 0.3 / 3600)
    heights = {700: 25, 699: 20, 1400: 30, 2800: 35, 6999: 35, 7000: 40, 13_999: 40, 14_000: 45, 1e6: 45}
    assert {kw: sources_of("heat", kw, RULES, fuel="coal")[0].height_m for kw in heights} == heights
    water = {one.pollutant: one.emission_g_s for one in sources_of("wastewater", 20_000.0, RULES)}
    # 3 t/d of BOD5 removed
    assert water["nh3"] == pytest.approx(3e6 * 0.0031 / 86400) and water["h2s"] == pytest.approx(
        3e6 * 0.00012 / 86400
    )
    burnt = sources_of("hazardous_waste", 7200 * 0.3, RULES)[0]
    assert burnt.height_m == 35 and sources_of("hazardous_waste", 7200 * 0.29, RULES)[0].height_m == 25
    kinds = {kind: {one.pollutant for one in sources_of("solid_waste", 1e5, RULES, solid_waste_kind=kind)}
             for kind in ("sorting", "incinerator", "landfill")}  # fmt: skip
    assert kinds["sorting"] == {"pm", "nh3"} and kinds["landfill"] == {"pm", "nh3", "h2s"}
    assert kinds["incinerator"] == {"so2", "nox", "pm", "hcl", "nh3", "h2s"}


def test_waste_gas_carries_what_the_firms_of_the_park_emit() -> None:
    rows = [
        ("E1", "voc", 72.0, 100_000.0),
        ("E1", "pm", 7.2, 100_000.0),
        ("E2", "voc", 0.0, 100_000.0),
        ("E3", "cod", 9.0, None),
    ]
    park = small_park(
        emissions=[
            {"emission_id": f"X{k}", "enterprise_id": firm, "pollutant": what, "amount_t_a": t, "gas_m3_h": gas}
            for k, (firm, what, t, gas) in enumerate(rows)
        ]
    )
    found = {one.pollutant: one for one in sources_of("waste_gas", 50_000.0, RULES, emissions=park["emissions"])}
    # 72 t in 7,200 h of 200,000 m3/h: 50 mg/m3, of which a tenth is left
    assert set(found) == {"voc", "pm"}
    assert found["voc"].emission_g_s == pytest.approx(50_000 * 50 * 0.1 / 1e3 / 3600)
    assert {one.pollutant for one in sources_of("waste_gas", 50_000.0, RULES)} == {"voc"}


# ---------------------------------------------------------------- people of a raster


def raster(
    folder: Path,
    persons_: np.ndarray,
    cell: float,
    nodata: float | None = None,
    crs: Any = CRS,
    name: str = "people.tif",
) -> Path:
    """A raster whose lower left corner is the origin of the small park."""
    path = folder / name
    transform = rasterio.Affine(cell, 0, EAST, 0, -cell, NORTH + cell * persons_.shape[0])
    with rasterio.open(
        path, "w", driver="GTiff", width=persons_.shape[1], height=persons_.shape[0], count=1, dtype="float64",
        crs=None if crs is None else rasterio.CRS.from_wkt(crs.to_wkt()), transform=transform, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(persons_, 1)
    return path


def peopled(path: Path | str, **layers: Any) -> Park:
    base = small_park(**layers)
    return base.replace(park=base["park"].assign(population_raster=str(path)))


@pytest.mark.parametrize("cell", [20.0, 50.0, 100.0, 250.0])
def test_nobody_is_lost_and_cells_are_100_m_at_most(tmp_path: Path, cell: float) -> None:
    rng = np.random.default_rng(3)
    size = int(1000 / cell)
    given_ = np.where(rng.random((size, size)) < 0.5, rng.random((size, size)) * 30, 0.0)
    crowd = population.read(raster(tmp_path, given_, cell), gpd.GeoSeries([box(0, 0, 1000, 1000)], crs=CRS), 100.0)
    assert crowd.persons.sum() == pytest.approx(given_.sum())
    assert (crowd.persons > 0).all()
    grid = np.floor(np.c_[crowd.x, crowd.y] / 100).astype(int)
    assert len(np.unique(grid, axis=0)) == len(grid)
    # the middle of all people stays where it was
    columns = EAST + (np.arange(size) + 0.5) * cell
    assert crowd.persons @ crowd.x == pytest.approx(given_.sum(0) @ columns, rel=1e-9)


def test_a_raster_in_degrees_has_its_people_in_the_right_place(tmp_path: Path) -> None:
    import pyproj

    middle = gpd.GeoSeries([point(300, 150)], crs=CRS).to_crs(4326).iloc[0]
    path, step = tmp_path / "degrees.tif", 0.001
    grid = np.zeros((41, 41))
    grid[20, 20] = 500.0
    transform = rasterio.Affine(step, 0, middle.x - 20.5 * step, 0, -step, middle.y + 20.5 * step)
    with rasterio.open(
        path, "w", driver="GTiff", width=41, height=41, count=1, dtype="float64",
        crs=rasterio.CRS.from_wkt(pyproj.CRS.from_epsg(4326).to_wkt()), transform=transform,
    ) as file:  # fmt: skip
        file.write(grid, 1)
    crowd = population.read(path, gpd.GeoSeries([box(0, 0, 600, 300)], crs=CRS), 500.0)
    assert crowd.persons.sum() == pytest.approx(500)
    assert np.hypot(crowd.x - EAST - 300, crowd.y - NORTH - 150).max() < 80


def test_housing_takes_its_people_from_the_raster_and_nobody_counts_twice(tmp_path: Path) -> None:
    grid = np.full((10, 10), 7.0)
    areas = [
        village("H", 500, 500, 200, population=99_999.0),
        village("H2", 500, 500, 400, population=5.0),
        village("S", 200, 200, 100, kind="school", population=300.0),
    ]
    park = peopled(raster(tmp_path, grid, 100.0), sensitive_areas=areas)
    who = receptors(park, [box(0, 0, 50, 50)], RULES)
    people = dict(zip(who.area_id[~who.cell], who.people[~who.cell], strict=True))
    assert people == {"H": 28.0, "H2": 84.0, "S": 300.0}  # 4 cells; the 12 others of its 16; as given
    assert who.people[who.cell].sum() == pytest.approx(700 - 28 - 84)
    assert set(who.kind[who.cell]) == {"residential"}
    table = assess([("wastewater", "W", box(0, 0, 50, 50), 5000.0)], park, Siting(), RULES)[0]["site_exposure"]
    assert table["people"].sum() == pytest.approx(700 + 300)
    assert table.loc[table["area_id"].str.startswith("raster:"), "area_id"].is_unique
    assert table["share_pct"].sum() == pytest.approx(100, abs=0.1)
    assert len(table) < 3 + 8 * 4 + 1
    direct = persons(gpd.GeoSeries([point(25, 25)], crs=CRS), park, RULES)[0]
    assert direct > 0


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("missing", "siting.population_missing"),
        ("text", "siting.population_unreadable"),
        ("no_crs", "siting.population_no_crs"),
        ("negative", "siting.population_negative"),
        ("undeclared", "siting.population_negative"),
        ("void", "siting.population_void"),
        ("nan", "siting.population_void"),
        ("elsewhere", "siting.population_elsewhere"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_bad_raster_is_told_in_a_sentence(tmp_path: Path, fault: str, key: str) -> None:
    grid, options = np.ones((10, 10)), {}
    if fault == "negative":
        grid[4, 4] = -3
    elif fault == "undeclared":
        grid[0] = -99999
    elif fault == "void":
        grid[:], options = -1.0, {"nodata": -1.0}
    elif fault == "nan":
        grid[:] = np.nan
    elif fault == "no_crs":
        options = {"crs": None}
    path = raster(tmp_path, grid, 100.0, **options)  # type: ignore[arg-type]
    if fault == "missing":
        path = Path("not_there.tif")
    elif fault == "text":
        path.write_text("no raster")
    place = point(500_000, 500_000) if fault == "elsewhere" else point(100, 100)
    with pytest.raises(InputError) as caught:
        exposure(gpd.GeoSeries([place], crs=CRS), peopled(path), RULES)
    finding = caught.value.findings[0]
    assert (finding.key, finding.layer, finding.column) == (key, "park", "population_raster")
    for lang in resources.LANGUAGES:
        assert path.name in finding.text(lang) and finding.remedy(lang) and "{" not in finding.text(lang)


def test_the_raster_travels_with_the_park_and_counts_in_its_hash(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    path = raster(tmp_path / "a", np.full((4, 4), 2.0), 100.0)
    write_park(peopled(path), tmp_path / "b.gpkg")
    got = read_park(tmp_path / "b.gpkg")
    assert got.population == tmp_path / "b_population.tif"
    assert got.population.read_bytes() == path.read_bytes()
    before = hash_of_park(got)
    raster(tmp_path, np.full((4, 4), 3.0), 100.0, name="b_population.tif")
    assert hash_of_park(got) != before
    got.population.unlink()
    with pytest.raises(InputError, match="b_population"):
        persons(gpd.GeoSeries([point(0, 0)], crs=CRS), got, RULES)
    write_park(got, tmp_path / "c.gpkg")  # what cannot be copied keeps its name, and the fault is still told
    assert read_park(tmp_path / "c.gpkg").info["population_raster"] == "b_population.tif"
    assert read_park(book_of(tmp_path, small_park())).population is None


def book_of(folder: Path, park: Park) -> Path:
    write_park(park, folder / "plain.gpkg")
    return folder / "plain.gpkg"


def test_cells_without_data_hold_nobody(tmp_path: Path) -> None:
    grid = np.array([[5.0, -1.0], [np.nan, 3.0]])
    crowd = population.read(
        raster(tmp_path, grid, 100.0, nodata=-1.0), gpd.GeoSeries([box(0, 0, 200, 200)], crs=CRS), 0.0
    )
    assert sorted(crowd.persons) == [3.0, 5.0]
    nobody = raster(tmp_path, np.zeros((3, 3)), 100.0, name="nobody.tif")
    assert not len(population.read(nobody, gpd.GeoSeries([box(0, 0, 200, 200)], crs=CRS), 0.0).persons)
    who = receptors(peopled(nobody, sensitive_areas=[village("H", 50, 50)]), [box(0, 0, 50, 50)], RULES)
    assert who.people.tolist() == [0.0]


# ---------------------------------------------------------------- the whole


CAPACITY = {"heat": 60_000.0, "wastewater": 30_000.0, "hazardous_waste": 30_000.0, "solid_waste": 80_000.0,
            "waste_gas": 80_000.0, "gas": 5000.0, "water": 20_000.0, "reclaimed": 10_000.0}  # fmt: skip


def full_park() -> Park:
    frequency = np.array([3.0, 5, 8, 14, 20, 18, 12, 8]) / 88 * 93
    areas = [village(f"V{k}", x, y) for k, (x, y) in enumerate([(900, 100), (-700, 400), (300, 1500), (8000, 0)])]
    rows = [*wind(frequency, "summer", 2.0), *wind(frequency[::-1], "year", 3.0), *wind([1.0] * 8, "winter")]
    return small_park(sensitive_areas=areas, wind=rows)


def works() -> list[tuple[str, str, shapely.Geometry, float]]:
    return [
        (utility, f"{utility}-1", box(150 * k, 0, 150 * k + 120, 120), size)
        for k, (utility, size) in enumerate(CAPACITY.items())
    ]


@pytest.fixture(scope="module")
def whole() -> tuple[dict[str, pd.DataFrame], list]:
    return assess(works(), full_park(), Siting(), RULES)


def test_every_table_is_as_its_schema_says(whole: tuple) -> None:
    tables, findings = whole
    assert tuple(tables) == TABLES
    for name, table in tables.items():
        assert len(table), name
        assert list(table.columns) == [
            *resources.columns(name),
            *(["geometry"] if name == "plume_contours" else []),
        ]
        assert table.iloc[:, 0].is_unique and table.iloc[:, 0].tolist() == sorted(table.iloc[:, 0])
        for column, row in resources.columns(name).items():
            if row["codes"]:
                assert set(table[column]) <= {"", *resources.codes(row["codes"])}, (name, column)
            if row["type"] == "float" and row["min"]:
                assert (table[column].dropna() >= float(row["min"])).all(), (name, column)
            if row["type"] == "float" and row["max"]:
                assert (table[column].dropna() <= float(row["max"])).all(), (name, column)
            if row["required"] == "yes":
                assert (table[column].notna() & (table[column].astype(str) != "")).all(), (name, column)
        if "estimated" in table:
            told = {mark for cell in table["estimated"] for mark in str(cell).split(";") if mark}
            assert told <= set(table.columns)
    assert {f.key for f in findings} == {"siting.wind_sum", "siting.within_protection"} - (
        set() if not tables["site_protection"]["kept"].all() else {"siting.within_protection"}
    )
    for finding in findings:
        for lang in resources.LANGUAGES:
            assert finding.text(lang) and finding.remedy(lang)


def test_exposure_names_direction_frequency_and_what_is_added(whole: tuple) -> None:
    table = whole[0]["site_exposure"]
    assert set(table["area_id"]) == {"V0", "V1", "V2"}  # V3 is out of reach
    np.testing.assert_allclose(table.groupby("site_id")["share_pct"].sum(), 100, atol=0.01)
    emits = table["utility"].isin(NUISANCE)
    assert (table.loc[emits, "concentration_ug_m3"] > 0).all() and (
        table.loc[emits, "scheme"] == "isc3_rural"
    ).all()
    assert table.loc[~emits, "concentration_ug_m3"].isna().all() and (table.loc[~emits, "pollutant"] == "").all()
    row = table[(table["site_id"] == "heat-1") & (table["area_id"] == "V0")].iloc[0]
    # from (900, 100) to the middle (60, 60) of the site: west by a little south
    assert row["comes_from_deg"] == pytest.approx(np.degrees(np.arctan2(-840, -40)) % 360, abs=0.1)
    assert row["distance_m"] == pytest.approx(730)


def test_contours_are_valid_nested_and_around_their_site(whole: tuple) -> None:
    table = whole[0]["plume_contours"]
    assert table.geometry.is_valid.all() and not table.geometry.is_empty.any()
    assert set(table.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert set(table["period"]) == {"worst_hour", "annual", "summer"}
    np.testing.assert_allclose(table["level_ug_m3"], table["limit_ug_m3"] * table["share_pct"] / 100)
    assert (table["highest_ug_m3"] > 0).all()
    for _, group in table.groupby(["site_id", "pollutant", "period"]):
        shapes = group.sort_values("share_pct").geometry.to_list()
        for wide, narrow in itertools.pairwise(shapes):
            assert narrow.difference(wide).area < 1e-3 * narrow.area + 1.0
    ground = {site_id: shape for _, site_id, shape, _ in works()}
    for row in table.itertuples():
        if row.stack_height_m < 10:
            assert row.geometry.intersects(ground[row.site_id]) or row.period == "worst_hour"
            assert row.rise_m == 0
        else:
            assert row.rise_m > 0


def test_protection_rows_follow_the_formula_and_the_rule_of_several_gases(whole: tuple) -> None:
    table = whole[0]["site_protection"]
    assert set(table["utility"]) == {"wastewater", "hazardous_waste", "solid_waste"}
    for row in table.itertuples():
        again = protection.distance(
            row.qc_kg_h, row.cm_mg_m3, row.area_m2, row.wind_m_s, row[table.columns.get_loc("class") + 1]
        )
        assert row.distance_m == pytest.approx(again, abs=0.2)
        assert row.kept == (row.people_m >= row.site_m)
    for _, group in table.groupby("site_id"):
        assert group["site_m"].nunique() == 1
        assert group["site_m"].iloc[0] == protection.combined(group["rounded_m"])
    water = table[table["utility"] == "wastewater"]
    assert water["site_m"].iloc[0] > water["rounded_m"].max()  # ammonia and hydrogen sulphide of one grade


def test_row_order_changes_nothing(whole: tuple) -> None:
    again, _ = assess(works()[::-1], shuffled(full_park()), Siting(), RULES)
    for name in TABLES:
        pd.testing.assert_frame_equal(pd.DataFrame(whole[0][name]), pd.DataFrame(again[name]))


@pytest.mark.parametrize("scheme", dispersion.SCHEMES)
def test_every_scheme_is_named_in_its_results(scheme: str) -> None:
    tables, _ = assess(works()[:2], full_park(), Siting(dispersion=scheme, stability="mixed"), RULES)
    assert set(tables["plume_contours"]["scheme"]) == {scheme}
    assert set(tables["site_exposure"]["scheme"]) == {scheme}
    mean = tables["plume_contours"]["period"] != "worst_hour"
    assert set(tables["plume_contours"].loc[mean, "stability"]) <= {"mixed"}
    assert set(tables["plume_contours"].loc[~mean, "stability"]) == {"screening"}


def test_twice_the_size_gives_twice_the_concentration_and_no_smaller_contours() -> None:
    park, shape = full_park(), box(0, 0, 120, 120)
    one, two = (assess([("wastewater", "W", shape, q)], park, Siting(), RULES)[0] for q in (20_000.0, 40_000.0))
    np.testing.assert_allclose(
        two["site_exposure"]["concentration_ug_m3"], 2 * one["site_exposure"]["concentration_ug_m3"], rtol=1e-4
    )
    area = [t["plume_contours"].set_index("contour_id").geometry.area for t in (one, two)]
    assert (area[1].reindex(area[0].index) >= area[0]).all()
    assert (two["site_protection"]["distance_m"] > one["site_protection"]["distance_m"]).all()


def test_no_sites_no_wind_no_people_is_no_error() -> None:
    tables, findings = assess([], small_park(), Siting(), RULES)
    assert all(table.empty for table in tables.values()) and tuple(tables) == TABLES
    assert [f.key for f in findings] == ["siting.no_wind"]
    tables, _ = assess(works(), small_park(sensitive_areas=None), Siting(), RULES)
    assert tables["site_exposure"].empty and len(tables["plume_contours"])
    assert tables["site_protection"]["people_m"].isna().all() and tables["site_protection"]["kept"].all()
    assert (tables["site_protection"]["estimated"].str.contains("wind_m_s")).all()
    blank = [("heat", "none", shapely.Polygon(), 100.0), ("heat", "gone", None, 100.0)]
    assert assess(blank, full_park(), Siting(), RULES)[0]["plume_contours"].empty


def test_a_missing_rose_of_year_or_summer_is_told() -> None:
    rows = wind([12.5] * 8, "summer")
    _, findings = assess(works()[:1], small_park(wind=rows), Siting(), RULES)
    assert [f.key for f in findings] == ["siting.rose_borrowed"]
    assert "summer" in findings[0].text("en") and "夏季" in findings[0].text("zh")


def test_every_number_of_exposure_is_used() -> None:
    sizes = [("heat", kw) for kw in (500.0, 1e3, 2e3, 5e3, 1e4, 2e4)]
    sizes += [("hazardous_waste", t * 7200) for t in (0.1, 1.0, 2.2, 5.0)]
    sizes += [("solid_waste", 3e4), ("solid_waste", 3e5), *CAPACITY.items()]
    emitted = frame(
        "emissions",
        [
            {"emission_id": p, "enterprise_id": "E1", "pollutant": p, "amount_t_a": 9.0, "gas_m3_h": 1e4}
            for p in ("so2", "nox", "pm", "voc")
        ],
    )
    with listening() as keys:
        for kind in ("sorting", "incinerator", "landfill"):
            for fuel in ("gas", "coal"):
                for utility, size in sizes:
                    sources_of(utility, size, RULES, fuel, kind, emitted)
        assess(works(), full_park(), Siting(stability="mixed", solid_waste_kind="incinerator"), RULES)
        exposure(gpd.GeoSeries([point(0, 0)], crs=CRS), full_park(), RULES)
    mine = re.compile(
        r"siting\.(air|plume|stack|wind|exposure)\.|_mg_m3$|_kg_t$|_g_g$|stack_|_removed$|exit_c$|release_m$|flue_m3"
    )
    unused = {key for key in RULES if mine.search(key) and key.startswith("siting.")} - keys
    assert not unused


def test_coefficients_have_source_and_confidence() -> None:
    for name in ("dispersion", "protection"):
        for row in resources.table("knowledge", f"{name}.csv"):
            assert None not in row and row["source"] and row["edition"] and row["confidence"] in "hml", row
