"""Exposure: wind roses, the rule of the least summer wind, people of a raster, the tables; bad input as hard as good."""

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
    dispersion,
    exposure,
    persons,
    population,
    protection,
    rose,
    sources_of,
)
from parkloop.analysis.siting.exposure.receptors import receptors
from parkloop.analysis.standards import Standards, listening

pytestmark = pytest.mark.again  # plain numerics, the same on any version

RULES = Standards()
TABLES = ("wind_rose", "site_exposure", "plume_contours", "site_protection")


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


@settings(max_examples=30, deadline=None)
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


@settings(max_examples=30, deadline=None)
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


anything = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["year", *rose.SEASONS]),
            anything | st.floats(0, 360),
            anything | st.floats(0, 30),
            anything,
        ),
        max_size=24,
    ),
    st.booleans(),
)
def test_whatever_the_layer_holds_a_rose_comes_out(rows: list[tuple], whole_season: bool) -> None:
    table = [
        {"wind_id": f"W{k}", "season": season, "direction_deg": d, "frequency_pct": f, "speed_m_s": u}
        for k, (season, d, f, u) in enumerate(rows)
    ]
    if whole_season:  # one season is right, with whatever speeds
        speed = [u for *_, u in rows] + [3.0] * 8
        table = [row for row in table if row["season"] != "summer"]
        table += [{**row, "speed_m_s": u} for row, u in zip(wind([12.0] * 8), speed, strict=False)]
    roses = rosy(table)
    assert roses.known("summer") or not whole_season
    for season in ("summer", "year", "winter"):
        one = roses.of(season)
        assert (one.frequency_pct >= 0).all() and (one.speed_m_s > 0).all() and np.isfinite(one.speed_m_s).all()
        assert 74.9 < one.frequency_pct.sum() < 101.1 and 0 <= one.calm_pct <= 25.1
        assert np.isfinite(one.relative_at(np.arange(0.0, 360, 11))).all()
    told = rose.table(windy(table), roses)
    assert len(told) == sum(np.isfinite(row["direction_deg"]) for row in table)
    assert {f.values["season"] for f in roses.findings if f.key == "siting.wind_sum"} == {
        row["season"] for row in table if not roses.known(row["season"])
    }


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
    areas = [village(f"V{k}", x, y) for k, (x, y) in enumerate([(900, 100), (-700, 400), (210, -130), (8000, 0)])]
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
    faint = {one for _, one, *_ in works() if one.split("-")[0] in NUISANCE} - set(
        tables["plume_contours"]["site_id"]
    )
    near = set(tables["site_protection"].loc[~tables["site_protection"]["kept"], "site_id"])
    assert faint and near
    told = {f.key: f for f in findings}
    assert set(told) == {"siting.wind_sum", "siting.within_protection", "siting.plume_faint"}
    assert told["siting.plume_faint"].values["names"].split(", ") == sorted(faint)
    assert {f.id for f in findings if f.key == "siting.within_protection"} == near
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
    dot = [("wastewater", "dot", point(0, 0), 20_000.0), ("heat", "dot-2", point(0, 0), 20_000.0)]
    assert (assess(dot, full_park(), Siting(), RULES)[0]["plume_contours"].area > 0).all()
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
