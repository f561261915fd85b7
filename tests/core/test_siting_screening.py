"""Candidates and screening: rules with measured value and limit, free land, suitability, and what holds of any park."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import CRS, EAST, NORTH, box, frame, shuffled
from small_park import small_park as whole_park

from parkloop import resources
from parkloop.analysis.park.model import Park
from parkloop.analysis.scenario import Scenario, Siting
from parkloop.analysis.siting.candidates import lands as candidate_lands
from parkloop.analysis.siting.costs import land_need_m2, sizes
from parkloop.analysis.siting.exclusion import zones
from parkloop.analysis.siting.noland import no_site
from parkloop.analysis.siting.screening import RULES, Rules, Screening, Verdict, ground
from parkloop.analysis.siting.screening.clearances import LNG_M3, clearances
from parkloop.analysis.siting.screening.suitability import CRITERIA, scores, suitability, wind_index
from parkloop.analysis.siting.shapes import largest_m2, width_m
from parkloop.analysis.standards import Standards

pytestmark = pytest.mark.again  # plain numerics, the same on any version

STANDARDS = Standards()
BASE = whole_park()
DEMAND = {
    "heat": 6500.0,
    "gas": 2000.0,
    "water": 3000.0,
    "reclaimed": 2000.0,
    "wastewater": 3300.0,
    "solid_waste": 9000.0,
    "hazardous_waste": 800.0,
    "waste_gas": 40_000.0,
}


def small_park(**layers: Any) -> Park:
    """The small park with some layers given anew; the others are made once."""
    given = {
        k: v if isinstance(v, pd.DataFrame) else frame(k, v) for k, v in layers.items() if v is not None and len(v)
    }
    kept = {name: table for name, table in BASE.frames.items() if name not in layers}
    return Park({**kept, **given}, BASE.crs, BASE.source_crs)


def rules_of(park: Park, **choices: Any) -> Rules:
    wanted = Siting(**choices)
    lands, _ = candidate_lands(park, None, wanted, STANDARDS)
    return Rules(park, lands, ground(park, lands, zones(park, STANDARDS), wanted, STANDARDS), wanted, STANDARDS)


def screened(
    park: Park, utility: str, low_limit_m: float = float("nan"), **choices: Any
) -> tuple[Rules, Screening]:
    rules = rules_of(park, **choices)
    return rules, rules.screen(utility, sizes(DEMAND[utility]), low_limit_m)


def verdict(park: Park, utility: str, land: str = "P6", **choices: Any) -> Verdict | None:
    rules, found = screened(park, utility, **choices)
    return found.verdict.get(rules.lands.index.get_loc(land))


def exclusion(kind: str, shape: shapely.Geometry, **more: Any) -> dict[str, Any]:
    return {"exclusion_id": f"X-{kind}", "kind": kind, "basis": f"map of {kind}", "geometry": shape, **more}


def parcels(**changes: dict[str, Any]) -> gpd.GeoDataFrame:
    """The small park's parcels with the columns of some changed: ``P6={"planned_use": "green"}``."""
    frame = small_park()["parcels"].copy()
    for parcel, values in changes.items():
        for column, value in values.items():
            frame.loc[frame["parcel_id"] == parcel, column] = value
    return frame


def enterprises(**changes: dict[str, Any]) -> gpd.GeoDataFrame:
    frame = small_park()["enterprises"].copy()
    for firm, values in changes.items():
        for column, value in values.items():
            frame.loc[frame["enterprise_id"] == firm, column] = value
    return frame


def raised(park: Park, folder: Path, height: Callable[[np.ndarray], np.ndarray]) -> Park:
    """The park on terrain whose height is a function of the easting."""
    path = folder / "height.tif"
    column = np.arange(-400, 1100, 10.0)
    transform = rasterio.Affine(10, 0, EAST - 400, 0, -10, NORTH + 600)
    options = {"width": 150, "height": 90, "count": 1, "dtype": "float32", "crs": CRS, "transform": transform}
    with rasterio.open(path, "w", driver="GTiff", **options) as file:
        file.write(np.tile(height(column), (90, 1)).astype("float32"), 1)
    return Park(park.frames, park.crs, park.source_crs, path)


ALL = box(440, 170, 640, 320)  # P6


@pytest.mark.parametrize("kind", [k for k in resources.codes("exclusion_kind") if k != "urban_boundary"])
def test_every_kind_of_exclusion_rejects_with_value_limit_and_source(kind: str) -> None:
    rules, screening = screened(small_park(exclusions=[exclusion(kind, ALL)]), "heat")
    found = screening.verdict[0]
    assert rules.piece("heat", 0, float(screening.sizes[0])).is_empty
    assert (found.rule, found.measured, found.unit, found.source) == (kind, 0.0, "m2", f"map of {kind}")
    assert found.limit == land_need_m2("heat", float(sizes(DEMAND["heat"])[0]), STANDARDS)
    assert found.confidence in ("h", "m")


def test_urban_boundary_holds_works_inside() -> None:
    inside = exclusion("urban_boundary", box(-20, -20, 660, 340))
    assert verdict(small_park(exclusions=[inside]), "heat") is None
    west = exclusion("urban_boundary", box(-20, -20, 430, 340))
    found = verdict(small_park(exclusions=[west]), "heat")
    assert found is not None and (found.rule, found.measured) == ("urban_boundary", 0.0)
    # two parts of one boundary are one boundary
    east = {**exclusion("urban_boundary", box(430, -20, 660, 340)), "exclusion_id": "X2"}
    assert verdict(small_park(exclusions=[west, east]), "heat") is None


def test_a_zone_that_bars_one_utility_leaves_the_others() -> None:
    park = small_park(exclusions=[exclusion("access_list", ALL, utility="hazardous_waste")])
    found = verdict(park, "hazardous_waste")
    assert found is not None
    assert (found.rule, found.measured, found.unit, found.source) == (
        "access_list",
        0.0,
        "m2",
        "map of access_list",
    )
    assert verdict(park, "heat") is None
    rules = rules_of(park)
    land = rules.lands.index.get_loc("P6")
    assert rules.piece("hazardous_waste", land, 800.0).is_empty and not rules.piece("heat", land, 6500.0).is_empty


def test_zoning_plan_refuses_other_uses_and_can_be_lifted() -> None:
    for use in ("residential", "green", "public", "commercial"):
        found = verdict(small_park(parcels=parcels(P6={"planned_use": use})), "heat")
        assert found is not None and (found.rule, found.source, found.confidence) == ("zoning", "plan", "h")
    for use in ("utility", "industrial", "warehouse", ""):
        assert verdict(small_park(parcels=parcels(P6={"planned_use": use})), "heat") is None
    green = small_park(parcels=parcels(P6={"planned_use": "green"}))
    assert verdict(green, "heat", zoned_for=[]) is None
    assert verdict(green, "heat", zoned_for=["green"]) is None


def test_a_drawn_site_on_land_zoned_for_another_use_is_cut() -> None:
    """All but a strip of 10 m lies on a parcel planned as green space."""
    site = [{"site_id": "OWN", "geometry": box(560, 20, 640, 160)}]
    found = verdict(small_park(parcels=parcels(P3={"planned_use": "green"}), candidate_sites=site), "heat", "OWN")
    assert found is not None and found.rule == "zoning"
    assert found.measured == pytest.approx(80 * 10)


def test_safety_distance_of_a_firm_and_its_basis() -> None:
    firms = enterprises(E3={"safety_distance_m": 168.0, "safety_basis": "Safety assessment 2023"})
    park = small_park(enterprises=firms)
    zone = zones(park, STANDARDS).set_index("rule").loc["safety_distance"]
    assert (zone["buffer_m"], zone["source"]) == (168.0, "Safety assessment 2023")
    # E3 lies on P3, 20 m south of P6, which is 150 m deep
    found = verdict(park, "heat")
    assert found is not None
    assert (found.rule, found.source, found.unit) == ("safety_distance", "Safety assessment 2023", "m2")
    assert found.measured == pytest.approx(200 * 1.5, abs=1)
    assert verdict(small_park(enterprises=enterprises(E3={"safety_distance_m": 20.0})), "heat") is None


def test_narrow_land_is_rejected_by_its_width() -> None:
    site = [{"site_id": "STRIP", "geometry": box(-15, 30, -5, 330)}]
    found = verdict(small_park(candidate_sites=site), "heat", "STRIP")
    assert found is not None and (found.rule, found.unit) == ("too_narrow", "m")
    assert found.measured == pytest.approx(10, abs=0.1)
    need = land_need_m2("heat", float(sizes(DEMAND["heat"])[0]), STANDARDS)
    assert found.limit == pytest.approx(np.sqrt(need / STANDARDS.value("siting.side_ratio")), abs=0.1)


def test_food_works_and_waste_keep_apart() -> None:
    """E5 (food) holds P5, 20 m west of P6: with 205 m too little of P6 is far enough."""
    rules, found = screened(small_park(), "hazardous_waste")
    assert found.verdict == {}
    wide = Scenario(standards={"siting.incompatible_m": 205.0}).thresholds()
    far = Rules(rules.park, rules.lands, rules.ground, rules.choices, wide)
    land = rules.lands.index.get_loc("P6")
    said = far.screen("hazardous_waste", sizes(800.0), float("nan")).verdict[land]
    assert (said.rule, said.limit, said.unit) == ("incompatible", 205.0, "m")
    assert 190 < said.measured < 205
    assert far.screen("heat", sizes(6500.0), float("nan")).verdict == {}


def test_waterworks_keep_away_from_a_wastewater_works_just_chosen() -> None:
    rules, before = screened(small_park(), "water")
    land = rules.lands.index.get_loc("P6")
    assert land not in before.verdict
    rules.ground.take(land, box(490, 200, 590, 290), "wastewater")
    after = rules.screen("water", sizes(DEMAND["water"]), float("nan")).verdict[land]
    assert (after.rule, after.limit) == ("incompatible", 50.0)
    assert rules.screen("heat", sizes(DEMAND["heat"]), float("nan")).verdict == {}


def test_waste_keeps_away_from_an_intake() -> None:
    intake = exclusion("water_intake", box(1200, 100, 1210, 110))
    found = verdict(small_park(exclusions=[intake]), "wastewater")
    assert found is not None
    assert (found.rule, found.limit, found.source) == ("intake_distance", 1000.0, "HJ 338-2018")
    assert 700 < found.measured < 770
    assert verdict(small_park(exclusions=[intake]), "heat") is None


@pytest.mark.parametrize(
    ("layer", "target", "limit"),
    [
        ("railway", "railways", 25.0),
        ("power_line", "power", 6.0),
    ],
)
def test_gas_station_keeps_clear_of_corridors(layer: str, target: str, limit: float) -> None:
    corridor = exclusion(layer, box(-15, 0, -5, 340))
    site = [{"site_id": "OWN", "geometry": box(-4, 20, 0, 320).union(box(-3, 20, 40, 140))}]
    rules = rules_of(small_park(exclusions=[corridor], candidate_sites=site, buildings=None), gas_pressure="hp_a")
    kept = {c.target: c.limit_m for c in clearances("gas", 100.0, rules.choices, STANDARDS)}
    assert kept[target] == limit
    piece = rules.piece("gas", rules.lands.index.get_loc("OWN"), 100.0)
    assert piece.distance(corridor["geometry"]) >= limit
    assert piece.distance(small_park()["roads"].geometry.iloc[1]) >= kept["roads"] + 10.0


def test_lng_station_keeps_more_the_larger_its_tanks() -> None:
    volumes = sorted(LNG_M3.values())
    kept = [
        {c.target: c.limit_m for c in clearances("gas", 1.0, Siting(gas_station="lng", gas_tank_m3=v), STANDARDS)}
        for v in volumes
    ]
    assert kept[0] == {"people": 30.0, "public": 30.0, "buildings": 22.0, "flames": 30.0}
    assert kept[-1] == {"people": 110.0, "public": 110.0, "buildings": 50.0, "flames": 70.0}
    for one, other in pairwise(kept):
        assert all(other[target] >= one[target] for target in one)
    # E1 is a power station on P1; the site beside it has not 70 m
    site = [{"site_id": "OWN", "geometry": box(60, 175, 130, 235)}]
    near = verdict(
        small_park(candidate_sites=site, buildings=None), "gas", "OWN", gas_station="lng", gas_tank_m3=2000
    )
    assert near is not None and (near.rule, near.limit) == ("gas_clearance", 70.0)


def test_high_and_public_buildings_count_as_public_for_gas() -> None:
    tower = [{"building_id": "T", "use": "production", "height_m": 40.0, "geometry": box(660, 200, 680, 260)}]
    low = [{**tower[0], "height_m": 10.0}]
    site = [{"site_id": "OWN", "geometry": box(602, 200, 648, 260)}]
    need = Scenario(standards={"siting.gas.land_least_m2": 2200.0}).thresholds()
    found = {}
    for name, built in (("tower", tower), ("low", low)):
        rules = rules_of(small_park(buildings=built, candidate_sites=site, roads=None), gas_pressure="hp_a")
        rules = Rules(rules.park, rules.lands, rules.ground, rules.choices, need)
        found[name] = rules.piece("gas", rules.lands.index.get_loc("OWN"), 100.0).area
    assert found["tower"] < found["low"]


def test_all_rules_that_a_land_fails_are_told() -> None:
    homes = [{"area_id": "S1", "kind": "residential", "population": 500, "geometry": box(430, 325, 650, 400)}]
    park = small_park(
        exclusions=[exclusion("flood", ALL), exclusion("ecological_redline", ALL)],
        sensitive_areas=homes,
        parcels=parcels(P6={"planned_use": "green"}),
    )
    rules, found = screened(park, "wastewater")
    land = rules.lands.index.get_loc("P6")
    assert found.verdict[land].rule == "flood"
    assert found.also[land] == ("ecological_redline", "zoning", "protection_distance")


def test_what_fails_beside_being_forbidden_or_the_same_place_is_told() -> None:
    rules, found = screened(small_park(exclusions=[exclusion("flood", ALL)]), "heat", forbid=["P6"])
    land = rules.lands.index.get_loc("P6")
    assert found.verdict[land].rule == "forbidden" and found.also[land] == ("flood",)


def test_the_other_piece_counts_where_the_larger_one_fails() -> None:
    """A river parts P6; the larger part lies beside housing, the smaller one is far enough."""
    river = exclusion("surface_water", box(430, 250, 650, 255))
    homes = [{"area_id": "S1", "kind": "residential", "geometry": box(430, 140, 650, 165)}]
    park = small_park(exclusions=[river], sensitive_areas=homes)
    rules, found = screened(park, "heat")
    assert found.verdict == {}
    piece = rules.piece("heat", rules.lands.index.get_loc("P6"), 1000.0)
    assert piece.bounds[1] > box(0, 255, 1, 256).bounds[1]


def test_a_drawn_site_takes_its_ground_from_the_parcel() -> None:
    own = [{"site_id": "OWN", "geometry": box(440, 170, 540, 320)}]
    rules = rules_of(small_park(candidate_sites=own))
    parcel, drawn = (rules.ground.free[rules.lands.index.get_loc(name)] for name in ("P6", "OWN"))
    assert not parcel.intersects(drawn)
    only = [{**own[0], "utility": "heat"}]
    rules = rules_of(small_park(candidate_sites=only))
    place = rules.lands.index.get_loc("P6")
    assert not rules.piece("heat", place, 1000.0).intersects(only[0]["geometry"])
    assert rules.piece("water", place, 1000.0).intersects(only[0]["geometry"])


def test_steep_land_is_measured_where_it_is_gentlest(tmp_path: Any) -> None:
    import rasterio
    from small_park import EAST, NORTH

    def park(climb: float) -> Park:
        path = tmp_path / f"h{climb}.tif"
        column = np.arange(-400, 1100, 10.0)
        # level in the west of P6, steep in its east
        height = np.tile(100 + climb * np.maximum(column - 560, 0), (90, 1)).astype("float32")
        transform = rasterio.Affine(10, 0, EAST - 400, 0, -10, NORTH + 600)
        with rasterio.open(
            path, "w", driver="GTiff", width=150, height=90, count=1, dtype="float32", crs=CRS, transform=transform
        ) as file:
            file.write(height, 1)
        base = small_park()
        return Park(base.frames, base.crs, base.source_crs, path)

    rules, small = screened(park(0.5), "heat")
    assert small.verdict == {}
    wide = rules.screen("heat", np.array([90_000.0]), float("nan")).verdict[rules.lands.index.get_loc("P6")]
    assert wide.rule == "too_steep" and wide.limit == 8.0 and 8.0 < wide.measured < 60.0


# candidates


def drawn(*sites: dict[str, Any]) -> tuple[gpd.GeoDataFrame, dict[str, set[str]]]:
    """Candidates of a park with these sites, and by key the rows its findings name."""
    lands, findings = candidate_lands(small_park(candidate_sites=list(sites)), None, Siting(), STANDARDS)
    found: dict[str, set[str]] = {}
    for finding in findings:
        assert finding.text("en") and finding.text("zh") and finding.remedy("en") and finding.remedy("zh")
        found.setdefault(finding.key, set()).add(finding.id)
    return lands, found


def site(name: str, shape: shapely.Geometry, **more: Any) -> dict[str, Any]:
    return {"site_id": name, "geometry": shape, **more}


def test_sites_that_are_no_land_are_named_and_left_out() -> None:
    bow = shapely.Polygon([(p.x, p.y) for p in map(shapely.Point, box(0, 20, 100, 120).exterior.coords[:3])])
    crossed = shapely.Polygon([box(0, 20, 100, 120).exterior.coords[k] for k in (0, 2, 1, 3)])
    flat = shapely.Polygon([bow.exterior.coords[k] for k in (0, 1, 0)])
    lands, found = drawn(
        site("A", crossed),
        site("B", flat),
        site("C", shapely.Point(500_010, 3_500_010)),
        site("D", shapely.box(120, 31, 121, 32)),
    )
    assert found["siting.site_mended"] == {"A"}
    assert found["siting.site_no_area"] == {"B", "C"}
    assert found["siting.site_elsewhere"] == {"D"}
    assert "A" in lands.index and not {"B", "C", "D"} & set(lands.index)
    assert lands.geometry["A"].is_valid and lands.geometry["A"].area == pytest.approx(5000)


def test_three_sites_at_one_place_count_once_for_each_utility() -> None:
    shape = box(-200, 20, -30, 330)
    lands, found = drawn(site("A", shape), site("B", shape), site("C", shape))
    assert lands["twin"].to_dict() == {"A": "", "B": "A", "C": "A", "P6": ""}
    assert found["siting.same_place"] == {"B", "C"}
    # for two utilities both stand; one for any utility takes the place of one for heat
    lands, found = drawn(site("A", shape, utility="heat"), site("B", shape, utility="gas"))
    assert (lands["twin"] == "").all() and "siting.same_place" not in found
    lands, _ = drawn(site("A", shape, utility="heat"), site("B", shape))
    assert lands["twin"].to_dict() == {"A": "B", "B": "", "P6": ""}


def test_of_two_sites_that_overlap_the_first_keeps_the_ground() -> None:
    lands, found = drawn(site("A", box(-200, 20, -100, 330)), site("B", box(-150, 20, -30, 330)))
    assert found["siting.site_overlap"] == {"B"}
    assert lands.geometry["B"].area == pytest.approx(70 * 310)
    assert lands.geometry["A"].area == pytest.approx(100 * 310)
    apart, found = drawn(
        site("A", box(-200, 20, -100, 330), utility="heat"), site("B", box(-150, 20, -30, 330), utility="gas")
    )
    assert "siting.site_overlap" not in found and apart.geometry["B"].area == pytest.approx(120 * 310)


# why there is no site


def lost(
    park: Park, utility: str, low_limit_m: float = float("nan"), heights: tuple[float, ...] = (), **choices: Any
) -> Any:
    rules, screening = screened(park, utility, low_limit_m, **choices)
    task = SimpleNamespace(consumer_m=np.array(heights))
    return no_site(SimpleNamespace(utility=utility, screening=screening, task=task), rules)  # type: ignore[arg-type]


def test_each_rule_says_in_both_languages_what_would_free_the_land() -> None:
    values = {"land": "L", "short": "1", "hint": "2", "kind": "flood", "utility_en": "heat", "utility_zh": "供热"}
    for rule in RULES:
        for lang in resources.LANGUAGES:
            assert "L" in resources.text(f"siting.free.{rule}", lang, **values) or rule in (
                "ecological_redline",
                "quality_line",
            )


def test_no_site_names_the_nearest_land_what_else_it_fails_and_what_frees_it() -> None:
    """Both P6 and OWN are flooded; P6 is zoned green beside that, so OWN is nearer to free."""
    park = small_park(
        exclusions=[exclusion("flood", box(-400, -20, 660, 340))],
        parcels=parcels(P6={"planned_use": "green"}),
        candidate_sites=[{"site_id": "OWN", "geometry": box(560, 10, 640, 145)}],
    )
    found = lost(park, "heat")
    assert found.key == "siting.no_site" and found.values["land"] == "OWN"
    assert "Flood area" in found.text("en") and "It also fails" not in found.text("en")
    assert "OWN" in found.remedy("en") and "OWN" in found.remedy("zh")
    only = lost(
        small_park(exclusions=[exclusion("flood", ALL)], parcels=parcels(P6={"planned_use": "green"})), "heat"
    )
    assert "It also fails: Zoned for another use." in only.text("en") and "规划用途不符" in only.text("zh")


def test_hint_gives_the_number_that_frees_the_land() -> None:
    strip = [{"site_id": "STRIP", "geometry": box(-15, 30, -5, 330)}]
    narrow = lost(small_park(candidate_sites=strip), "heat", forbid=["P6"])
    ratio = float(re.search(r"siting.side_ratio to ([\d.]+)", narrow.remedy("en")).group(1))  # type: ignore[union-attr]
    rules, _ = screened(small_park(candidate_sites=strip), "heat")
    wider = Scenario(standards={"siting.side_ratio": ratio}).thresholds()
    freed = Rules(rules.park, rules.lands, rules.ground, rules.choices, wider)
    assert freed.screen("heat", sizes(DEMAND["heat"]), float("nan")).verdict == {}


def test_low_ground_says_which_percentile_would_do(tmp_path: Any) -> None:
    park = raised(small_park(), tmp_path, lambda x: 100 + 0.0 * x)
    found = lost(park, "wastewater", low_limit_m=99.0, heights=(98.0, 99.0, 101.0, 102.0))
    assert found.key == "siting.no_site" and found.values["rule_en"] == "Not on low ground"
    pct = int(re.search(r"low_ground_pct to (\d+)", found.remedy("en")).group(1))  # type: ignore[union-attr]
    known = [98.0, 99.0, 101.0, 102.0]
    assert np.percentile(known, pct) >= 100.0 > np.percentile(known, pct - 1)


# what holds of any park

KINDS = [k for k in resources.codes("exclusion_kind") if k not in ("urban_boundary", "water_intake")]
spot = st.tuples(st.integers(400, 680), st.integers(140, 340), st.integers(5, 120), st.integers(5, 90))


@st.composite
def park_rows(draw: st.DrawFn) -> dict[str, Any]:
    """Exclusions, homes and a planner's site around P6 in the small park."""
    barred = [
        {"exclusion_id": f"X{k}", "kind": draw(st.sampled_from(KINDS)), "geometry": box(x, y, x + w, y + h)}
        for k, (x, y, w, h) in enumerate(draw(st.lists(spot, max_size=4)))
    ]
    homes = [
        {"area_id": f"S{k}", "kind": "residential", "geometry": box(x, y, x + w, y + h)}
        for k, (x, y, w, h) in enumerate(draw(st.lists(spot, max_size=2)))
    ]
    x, y, w, h = draw(spot)
    own = [{"site_id": "OWN", "geometry": box(x, y, x + w + 60, y + h + 60)}] if draw(st.booleans()) else []
    return {"exclusions": barred, "sensitive_areas": homes, "candidate_sites": own}


@given(park_rows(), spot, st.sampled_from(KINDS), st.sampled_from(sorted(DEMAND)))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_an_exclusion_more_frees_nothing(rows: dict[str, Any], where: Any, kind: str, utility: str) -> None:
    x, y, w, h = where
    more = {"exclusion_id": "MORE", "kind": kind, "geometry": box(x, y, x + w, y + h)}
    before, one = screened(small_park(**rows), utility)
    after, other = screened(small_park(**{**rows, "exclusions": [*rows["exclusions"], more]}), utility)
    assert (after.ground.left_m2[:, -1] <= before.ground.left_m2[:, -1] + 1e-6).all()
    assert set(one.verdict) <= set(other.verdict)
    assert (other.fits <= one.fits).all()
    for land in range(len(before.lands)):
        size = float(one.sizes[0])
        assert after.piece(utility, land, size).area <= before.piece(utility, land, size).area + 1e-6


@given(park_rows(), st.sampled_from(sorted(DEMAND)))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_larger_works_fit_nowhere_that_smaller_ones_do_not(rows: dict[str, Any], utility: str) -> None:
    _, found = screened(small_park(**rows), utility)
    assert (found.fits[:, 1:] <= found.fits[:, :-1]).all()
    for land in found.verdict:
        assert not found.fits[found.lands == land].any()


@given(park_rows(), st.sampled_from(sorted(DEMAND)))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_every_rejection_has_rule_value_limit_and_source(rows: dict[str, Any], utility: str) -> None:
    rules, found = screened(small_park(**rows), utility)
    for land, said in found.verdict.items():
        assert said.rule in RULES and said.source and said.confidence in ("h", "m", "l")
        assert np.isfinite(said.measured) and np.isfinite(said.limit)
        if said.unit == "m2":
            assert said.measured < said.limit
        assert said.rule not in found.also[land]
        assert list(found.also[land]) == sorted(set(found.also[land]), key=RULES.index)
    usable = [int(land) for land in found.lands if int(land) not in found.verdict]
    barred = zones(rules.park, STANDARDS)
    for land in usable:
        piece = rules.piece(utility, land, float(found.sizes[0]))
        assert barred.geometry.distance(piece).min() > 0.4 if len(barred) else True
        for kept in clearances(utility, float(found.sizes[0]), rules.choices, STANDARDS):
            shapes = rules.targets.shapes(kept.target)
            assert piece.is_empty or shapely.distance(shapes, piece).min(initial=np.inf) >= kept.limit_m


@given(park_rows(), st.sampled_from(sorted(DEMAND)))
@settings(max_examples=6, deadline=None, derandomize=True)
def test_order_of_rows_does_not_matter(rows: dict[str, Any], utility: str) -> None:
    park = small_park(**rows)
    (one_rules, one), (other_rules, other) = screened(park, utility), screened(shuffled(park), utility)
    assert list(one_rules.lands.index) == list(other_rules.lands.index)
    assert one.verdict == other.verdict and one.also == other.also
    assert (one.fits == other.fits).all()


@given(st.lists(spot, min_size=1, max_size=6))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_taking_ground_leaves_pieces_apart_from_it(spots: list[Any]) -> None:
    rules = rules_of(small_park())
    land = rules.lands.index.get_loc("P6")
    whole = rules.ground.free[land]
    taken = [box(x, y, x + w, y + h) for x, y, w, h in spots]
    for shape in taken:
        rules.ground.take(land, shape)
    left = shapely.union_all(rules.ground.pieces)
    assert left.distance(shapely.union_all(taken)) >= 0.4 or left.is_empty
    assert left.area == pytest.approx(
        whole.difference(shapely.union_all(taken).buffer(0.5, quad_segs=2)).area, rel=1e-6
    )
    for piece, shape in enumerate(rules.ground.pieces):
        mine = rules.ground.point[rules.ground.point_piece == piece]
        assert shapely.intersects(mine, shape).all()
    assert rules.ground.free[land].area == pytest.approx(largest_m2(np.array([left]))[0])


@given(st.integers(4, 200), st.integers(4, 200))
@settings(max_examples=30, deadline=None)
def test_width_of_a_rectangle_is_its_short_side(w: int, h: int) -> None:
    assert width_m(np.array([shapely.box(0, 0, w, h)]))[0] == pytest.approx(min(w, h), rel=1e-3)


# suitability


def suited(park: Park, utility: str, **choices: Any) -> tuple[Rules, dict[str, np.ndarray], np.ndarray]:
    from parkloop.analysis.siting.exposure import exposure

    rules, found = screened(park, utility, **choices)
    persons, _ = exposure(rules.access(), park, STANDARDS)
    wind = wind_index(rules.access(), persons, park, STANDARDS)
    way = np.arange(1.0, len(found.lands) + 1)
    score = scores(found, rules, way, persons, wind)
    return rules, score, suitability(score, rules.choices)


SITES = [
    {"site_id": "EAST", "geometry": box(560, 175, 640, 320)},
    {"site_id": "WEST", "geometry": box(-200, 20, -30, 330)},
]
HOMES = [{"area_id": "S1", "kind": "residential", "population": 500, "geometry": box(1200, 100, 1300, 300)}]


def rose(east_pct: float) -> list[dict[str, Any]]:
    """A summer rose of eight directions; the wind from the west blows ``100 - east_pct - 6`` percent of the time."""
    share = {90: east_pct, 270: 94 - east_pct}
    return [
        {"wind_id": f"W{d}", "season": "summer", "direction_deg": d, "frequency_pct": share.get(d, 1.0)}
        for d in range(0, 360, 45)
    ]


def test_wind_scores_the_side_of_the_least_frequent_summer_wind() -> None:
    """Homes in the east suffer from the wind from the west: where that is rare the score is high."""
    outside = {"outside_park": True}
    rules, rare, _ = suited(
        small_park(candidate_sites=SITES, sensitive_areas=HOMES, wind=rose(90.0)), "heat", **outside
    )
    _, often, _ = suited(
        small_park(candidate_sites=SITES, sensitive_areas=HOMES, wind=rose(4.0)), "heat", **outside
    )
    _, none, total = suited(small_park(candidate_sites=SITES, sensitive_areas=HOMES), "heat", **outside)
    assert (rare["wind"] > 0.5).all() and (often["wind"] < 0.3).all()
    assert np.isnan(none["wind"]).all() and np.isfinite(total).all()
    assert len(rules.lands) == 3


def test_scores_lie_between_0_and_1_and_unknown_ones_are_left_out() -> None:
    for utility in DEMAND:
        _, score, total = suited(
            small_park(candidate_sites=SITES, sensitive_areas=HOMES), utility, outside_park=True
        )
        assert tuple(score) == CRITERIA
        for name in CRITERIA:
            known = score[name][np.isfinite(score[name])]
            assert ((known >= 0) & (known <= 1)).all()
        assert np.isnan(score["gentle"]).all()  # no terrain
        assert ((total >= 0) & (total <= 1)).all()


def test_a_chosen_site_keeps_the_scores_of_its_land() -> None:
    park = small_park(candidate_sites=SITES)
    rules, found = screened(park, "heat", outside_park=True)
    count = len(rules.lands)

    def score() -> dict[str, np.ndarray]:
        return scores(found, rules, np.ones(len(found.lands)), np.zeros(count), np.ones(count))

    before = score()
    rules.ground.take(rules.lands.index.get_loc("WEST"), SITES[1]["geometry"], "heat")
    for name, value in score().items():
        np.testing.assert_array_equal(value, before[name])
    assert (before["room"] > 0).all() and (before["shape"] > 0).all()


def test_weights_move_the_mean() -> None:
    off = {f"weight_{name}": 0.0 for name in CRITERIA}
    park = small_park(candidate_sites=SITES, sensitive_areas=HOMES)
    for name in ("near", "road", "room", "shape"):
        _, score, total = suited(park, "heat", outside_park=True, **{**off, f"weight_{name}": 3.0})
        np.testing.assert_allclose(total, score[name])
    _, _, none = suited(park, "heat", outside_park=True, **off)
    assert (none == 0).all()
