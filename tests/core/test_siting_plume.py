"""Plumes, their means and contours, protection distances and what works emit, against values by hand and published."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import small_park

from parkloop import resources
from parkloop.analysis.siting.exposure import (
    NUISANCE,
    contours,
    dispersion,
    means,
    plume,
    protection,
    rose,
    sources_of,
)
from parkloop.analysis.standards import Standards

pytestmark = pytest.mark.again  # plain numerics, the same on any version

RULES = Standards()
AIR = plume.Air()


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
