"""The generator: sound geometry, firms on land, flows that close, the same park for the same seed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from parkloop import resources
from parkloop.analysis.errors import Cancelled
from parkloop.analysis.park import roadgraph, schema
from parkloop.analysis.park.checks import advise, require
from parkloop.analysis.park.model import Park
from parkloop.analysis.park.read import read_park
from parkloop.analysis.park.synth import synthesise
from parkloop.analysis.park.write import write_park
from parkloop.analysis.steps import Progress

DEMO = Path(resources.ROOT).parent / "test_data" / "demo.gpkg"
DEMO_FIRMS, DEMO_SEED = 60, 2  # the command of test_data/PROVENANCE.md


@pytest.fixture(scope="module", params=[(5, 0), (23, 3), (60, 2)], ids=lambda p: f"{p[0]}-firms-seed-{p[1]}")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Park]:
    count, seed = request.param
    return count, synthesise(count, seed, tmp_path_factory.mktemp("park"))


def test_every_layer_is_there_and_labelled_synthetic(made: tuple[int, Park]) -> None:
    count, park = made
    assert len(park["enterprises"]) == count
    assert bool(park.info["synthetic"])
    for name in set(schema.layers()) - {"exchanges"}:
        assert len(park[name]), name
    for name, frame in park.frames.items():
        assert (frame["source"] == "synthetic").all(), name
        assert (frame["estimated"] == "").all(), name


def test_no_check_finds_an_error_or_warning(made: tuple[int, Park]) -> None:
    _, park = made
    found = [f for f in require(park) + advise(park) if f.severity != "info"]
    assert [f.text() for f in found] == []


def test_a_written_park_reads_back_and_is_checked_clean(made: tuple[int, Park], tmp_path: Path) -> None:
    _, park = made
    write_park(park, tmp_path / "park.gpkg")
    back = read_park(tmp_path / "park.gpkg")
    assert back.crs == park.crs
    assert set(back.frames) == set(park.frames)
    for name in park.frames:
        _same(back[name], park[name])


def test_geometry_is_valid_and_parcels_share_no_ground(made: tuple[int, Park]) -> None:
    _, park = made
    for frame in park.frames.values():
        if isinstance(frame, gpd.GeoDataFrame):
            assert frame.is_valid.all()
            assert not frame.geometry.is_empty.any()
    land = np.asarray(park["parcels"].geometry)
    a, b = shapely.STRtree(land).query(land, predicate="intersects")
    shared = shapely.intersection(land[a[a < b]], land[b[a < b]])
    assert shapely.area(shared).sum() == 0.0
    assert not (shapely.relate_pattern(land[a[a < b]], land[b[a < b]], "T********")).any()
    assert shapely.area(land).min() > 1500


def test_parcels_buildings_and_roads_keep_clear_of_each_other(made: tuple[int, Park]) -> None:
    _, park = made
    land, built = park["parcels"], park["buildings"]
    on = gpd.sjoin(built[["building_id", "geometry"]], land[["parcel_id", "geometry"]], predicate="within")
    assert on["building_id"].is_unique and len(on) == len(built)
    shapes = np.asarray(built.geometry)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (a == b).all()
    roads = shapely.STRtree(np.asarray(park["roads"].geometry))
    assert roads.query(np.asarray(land.geometry), predicate="crosses").size == 0
    away = roads.query_nearest(np.asarray(land.geometry), return_distance=True)[1]
    assert np.quantile(away, 0.9) < 60  # nearly every parcel fronts a road


def test_roads_are_one_network_with_bridges_and_no_grid(made: tuple[int, Park]) -> None:
    _, park = made
    graph = roadgraph.build(park)
    assert (graph.component == 0).all()
    roads = park["roads"]
    assert {"primary", "secondary"} <= set(roads["road_class"])
    ends = np.array([[line.coords[0], line.coords[-1]] for line in graph.lines])
    way = ends[:, 1] - ends[:, 0]
    heading = np.degrees(np.arctan2(way[:, 1], way[:, 0])) % 90
    assert heading.std() > 5  # a plain grid has two headings
    water = park["exclusions"].query("kind == 'surface_water'").union_all()
    wet = roads[roads.intersects(water.buffer(-16))]
    assert wet["bridge"].all()


def test_every_firm_has_land_and_no_parcel_is_used_twice(made: tuple[int, Park]) -> None:
    _, park = made
    use, firms = park["occupancy"], park["enterprises"]
    assert set(use["enterprise_id"]) == set(firms["enterprise_id"])
    assert (use.groupby("parcel_id")["share"].sum() <= 1 + 1e-9).all()
    assert set(use["parcel_id"]) <= set(park["parcels"].query("building_status == 'built'")["parcel_id"])
    homes = use.merge(park["parcels"][["parcel_id", "geometry"]], on="parcel_id").set_index("enterprise_id")
    points = firms.set_index("enterprise_id").geometry
    inside = [points[firm].within(shape) for firm, shape in homes["geometry"].items()]
    assert pd.Series(inside, homes.index).groupby(level=0).any().all()
    assert firms["name"].is_unique
    assert (firms["output_cur_a"] > 0).all()
    assert (firms["tax_cur_a"] < firms["value_added_cur_a"] * 1.01).all()


def test_balances_close(made: tuple[int, Park]) -> None:
    _, park = made
    tonnes = park["material_flows"].pivot_table(
        index="enterprise_id", columns="direction", values="quantity_t_a", aggfunc="sum"
    )
    both = tonnes.dropna()
    assert (both["out"] <= both["in"] * 1.005).all()
    water = park["water_streams"].pivot_table(
        index="enterprise_id", columns="direction", values="flow_t_d", aggfunc="sum", fill_value=0.0
    )  # a flow that rounds to nothing has no row
    assert (water["discharge"] <= water["demand"] + 0.2).all()
    streams = park["heat_streams"]
    taken = streams.assign(gj=streams["duty_kw"] * streams["hours_a"] * 0.0036).query("kind == 'cold'")
    use = park["energy_use"]
    fuel = use[use["carrier"] != "electricity"].groupby("enterprise_id")["energy_gj_a"].sum()
    need = taken.groupby("enterprise_id")["gj"].sum()
    assert (need <= fuel.reindex(need.index).fillna(0.0) + 40).all()  # rounded to whole kW
    bought = use.loc[use["carrier"] == "heat", "energy_gj_a"].sum()
    assert bought < use.loc[use["carrier"] == "raw_coal", "energy_gj_a"].sum() or bought == 0
    wind = park["wind"].groupby("season")["frequency_pct"].sum()
    assert wind.to_numpy() == pytest.approx(np.full(len(wind), 100.0), abs=0.2)


def test_terrain_falls_to_the_river_and_covers_the_park(made: tuple[int, Park]) -> None:
    _, park = made
    assert park.terrain is not None
    with rasterio.open(park.terrain) as raster:
        assert raster.crs == park.crs.to_wkt() or raster.crs.to_epsg() == 4549
        assert shapely.box(*raster.bounds).contains(park["park"].geometry.iloc[0])
        cells = raster.read(1)
        assert abs(raster.res[0] - 30) < 1e-6
        spots = park["parcels"].representative_point()
        height = np.array([value[0] for value in raster.sample(list(zip(spots.x, spots.y, strict=True)))])
        river = park["exclusions"].query("kind == 'surface_water'").union_all()
        away = spots.distance(river).to_numpy()
        works = park["facilities"].query("utility == 'wastewater'")
        low = [value[0] for value in raster.sample([(p.x, p.y) for p in works.geometry])]
    assert np.isfinite(cells).all() and cells.min() > 0
    near, far = away <= np.quantile(away, 0.25), away >= np.quantile(away, 0.75)
    assert np.median(height[near]) < np.median(height[far])
    assert all(value <= np.quantile(height, 0.2) for value in low)


def test_vacant_idle_and_expired_land_and_villages_exist(tmp_path: Path) -> None:
    park = synthesise(DEMO_FIRMS, DEMO_SEED, tmp_path)
    land = park["parcels"]
    assert {"vacant", "industrial", "green", "utility"} <= set(land["land_use"])
    assert {"built", "unbuilt", "idle"} <= set(land["building_status"])
    assert (land["expiry_date"] < pd.Timestamp(2025, 12, 31)).any()
    assert park["enterprises"]["sector"].nunique() >= 15
    assert {"residential", "school"} <= set(park["sensitive_areas"]["kind"])
    kinds = {"surface_water", "flood", "railway", "power_line", "ecological_redline", "farmland"}
    assert kinds <= set(park["exclusions"]["kind"])
    assert {"heat", "wastewater", "gas"} <= set(park["facilities"]["utility"])
    assert 4.0 <= park["park"].area.iloc[0] / 1e6 <= 6.0
    villages = park["sensitive_areas"].query("kind == 'school'")
    assert not villages.intersects(park["parcels"].union_all()).any()


def test_the_same_seed_gives_the_same_park_and_another_seed_another(tmp_path: Path) -> None:
    one, two, other = (tmp_path / name for name in ("one", "two", "other"))
    for folder in (one, two, other):
        folder.mkdir()
    a, b, c = synthesise(20, 7, one), synthesise(20, 7, two), synthesise(20, 8, other)
    assert set(a.frames) == set(b.frames)
    for name in a.frames:
        pd.testing.assert_frame_equal(a[name], b[name], check_exact=True)
    assert (one / "terrain.tif").read_bytes() == (two / "terrain.tif").read_bytes()
    assert a["park"].geometry.iloc[0] != c["park"].geometry.iloc[0]


@pytest.mark.newest  # other versions of GEOS may order the corners of a polygon differently
def test_the_committed_demo_park_is_what_the_generator_gives_today(tmp_path: Path) -> None:
    today = synthesise(DEMO_FIRMS, DEMO_SEED, tmp_path)
    committed = read_park(DEMO)
    assert set(committed.frames) == set(today.frames)
    for name in today.frames:
        _same(committed[name], today[name])
    assert committed.terrain is not None and today.terrain is not None
    with rasterio.open(committed.terrain) as one, rasterio.open(today.terrain) as other:
        assert one.transform == other.transform
        np.testing.assert_allclose(one.read(1), other.read(1), atol=0.051)
    assert DEMO.stat().st_size < 1.5e6
    assert committed.terrain.stat().st_size < 1.5e6


def test_too_small_a_park_or_a_bad_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 5"):
        synthesise(4, 1, tmp_path)
    with pytest.raises(ValueError, match="seed"):
        synthesise(10, -1, tmp_path)


def test_cancelling_stops_it(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        synthesise(10, 1, tmp_path, Progress(cancelled=lambda: True))
    assert list(tmp_path.iterdir()) == []


def _same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal frames: figures to rounding of the last digits, so that another processor or library may differ there."""
    columns = [name for name in other.columns if name not in ("geometry", "terrain")]
    pd.testing.assert_frame_equal(pd.DataFrame(one[columns]), pd.DataFrame(other[columns]), rtol=1e-6)
    if isinstance(other, gpd.GeoDataFrame):
        assert shapely.equals_exact(np.asarray(one.geometry), np.asarray(other.geometry), 0.02).all()
