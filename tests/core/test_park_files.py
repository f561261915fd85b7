"""Reading and writing parks: round trips, and one clear sentence for every fault of a file."""

from __future__ import annotations

import os
import sqlite3
import struct
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from small_park import CRS, EAST, NORTH, shuffled, small_park

from parkloop.analysis.errors import Finding, InputError
from parkloop.analysis.park import schema
from parkloop.analysis.park.model import Park
from parkloop.analysis.park.read import check_park, read_park
from parkloop.analysis.park.write import write_frames, write_park


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The small park as a GeoPackage."""
    path = tmp_path / "small.gpkg"
    write_park(small_park(), path)
    return path


def errors(path: Path) -> list[Finding]:
    """The errors of a park that must not be readable; ``check_park`` must tell the same."""
    with pytest.raises(InputError) as caught:
        read_park(path)
    told = list(caught.value.findings)
    assert all(f.severity == "error" for f in told)
    for finding in told:
        for lang in ("en", "zh"):
            assert finding.text(lang) and finding.remedy(lang)
    return told


def keys(findings: list[Finding]) -> set[str]:
    return {f.key for f in findings}


def rewrite(path: Path, **layers: gpd.GeoDataFrame | pd.DataFrame | None) -> Path:
    """A copy of the small park with raw frames in place of some layers (None leaves one out)."""
    frames = {**small_park().frames, **layers}
    out = path.with_name("other.gpkg")
    out.unlink(missing_ok=True)
    for name, frame in frames.items():
        if frame is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a layer without CRS is written on purpose
                pyogrio.write_dataframe(frame, out, layer=name, append=out.exists())
    return out


def same(a: Park, b: Park, tolerance_m: float = 1e-3) -> None:
    for name, layer in schema.layers().items():
        left, right = a[name], b[name]
        drop = ["geometry", "terrain"]
        assert_frame_equal(
            pd.DataFrame(left.drop(columns=drop, errors="ignore")),
            pd.DataFrame(right.drop(columns=drop, errors="ignore")),
        )
        if layer.geometry:
            one, other = np.asarray(left.geometry.array), np.asarray(right.geometry.array)
            assert shapely.equals_exact(one, other, tolerance_m)[~shapely.is_missing(one)].all(), name
            assert (shapely.is_missing(one) == shapely.is_missing(other)).all()


# ---- good files


def test_round_trip_keeps_every_value(book: Path) -> None:
    park = read_park(book)
    same(small_park(), park)
    assert park.crs == CRS and park.source_crs == CRS
    assert check_park(book) == [f for f in check_park(book) if f.severity != "error"]


def test_the_same_park_gives_the_same_bytes(book: Path, tmp_path: Path) -> None:
    write_park(shuffled(small_park()), tmp_path / "again.gpkg")
    assert (tmp_path / "again.gpkg").read_bytes() == book.read_bytes()


@pytest.mark.parametrize("epsg", [4490, 3857])
def test_any_crs_gives_the_same_park(book: Path, tmp_path: Path, epsg: int) -> None:
    there = tmp_path / "there.gpkg"
    write_frames(small_park().frames, there, epsg)
    park = read_park(there)
    same(small_park(), park, 2e-3)
    assert park.crs == CRS, "the working CRS depends on the place alone"
    assert park.source_crs.to_epsg() == epsg
    write_park(park, tmp_path / "back.gpkg")
    assert pyogrio.read_info(tmp_path / "back.gpkg", layer="parcels")["crs"] == f"EPSG:{epsg}"


def test_layers_may_differ_in_crs(book: Path) -> None:
    path = rewrite(book, roads=small_park()["roads"].to_crs(4326), parcels=small_park()["parcels"].to_crs(3857))
    park = read_park(path)
    same(small_park(), park, 2e-3)
    assert park.source_crs.to_epsg() == 3857


def test_folder_of_files(tmp_path: Path) -> None:
    park = small_park()
    park["park"].to_crs(4326).to_file(tmp_path / "park.geojson")
    park["parcels"].to_file(tmp_path / "parcels.geojson")
    park["buildings"].to_file(tmp_path / "buildings.geojson")
    park["roads"].drop(columns="estimated").to_file(tmp_path / "roads.shp", encoding="UTF-8")
    pd.DataFrame(park["enterprises"].drop(columns="geometry")).to_csv(tmp_path / "enterprises.csv", index=False)
    for name in ("occupancy", "material_flows", "exchanges", "heat_streams", "water_streams"):
        park[name].to_csv(tmp_path / f"{name}.csv", index=False, encoding="utf-8-sig")
    got = read_park(tmp_path)
    want = park.replace(enterprises=park["enterprises"].set_geometry(gpd.GeoSeries([None] * 5, crs=CRS)))
    same(want, got, 2e-3)


def test_csv_in_gb18030_is_read_and_told(tmp_path: Path, book: Path) -> None:
    for name in ("park", "parcels", "roads"):
        gpd.read_file(book, layer=name).to_file(tmp_path / f"{name}.geojson")
    (tmp_path / "enterprises.csv").write_bytes("enterprise_id,name,sector\nE1,热电厂,D44\n".encode("gb18030"))
    book.unlink()
    assert read_park(tmp_path)["enterprises"]["name"].tolist() == ["热电厂"]
    assert "park.encoding" in keys(check_park(tmp_path))


def test_shapefile_in_gbk_without_cpg(tmp_path: Path, book: Path) -> None:
    for name in ("park", "parcels", "enterprises"):
        gpd.read_file(book, layer=name).to_file(tmp_path / f"{name}.geojson")
    roads = small_park()["roads"][["road_id", "name", "road_class", "geometry"]].assign(name="迎宾路")
    roads.to_file(tmp_path / "roads.shp", encoding="GB18030")
    (tmp_path / "roads.cpg").unlink()
    dbf = bytearray((tmp_path / "roads.dbf").read_bytes())
    dbf[29] = 0
    (tmp_path / "roads.dbf").write_bytes(dbf)
    assert set(read_park(tmp_path)["roads"]["name"]) == {"迎宾路"}


def test_shortened_shapefile_columns(tmp_path: Path, book: Path) -> None:
    for name in ("park", "enterprises", "roads"):
        gpd.read_file(book, layer=name).to_file(tmp_path / f"{name}.geojson")
    land = small_park()["parcels"][["parcel_id", "land_use", "planned_sector", "plot_ratio_max", "geometry"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL says that it shortens
        land.to_file(tmp_path / "parcels.shp", encoding="UTF-8")
    park = read_park(tmp_path)
    assert park["parcels"]["planned_sector"].tolist() == small_park()["parcels"]["planned_sector"].tolist()
    told = [f for f in check_park(tmp_path) if f.key == "park.column_shortened"]
    assert [f.column for f in told] == ["plot_ratio"], "two columns begin so: said, not guessed"


def test_terrain_travels_with_the_park(tmp_path: Path) -> None:
    raster = tmp_path / "a" / "heights.tif"
    raster.parent.mkdir()
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": CRS.to_wkt(), "width": 40, "height": 40}
    transform = rasterio.Affine(25, 0, EAST - 100, 0, -25, NORTH + 800)
    with rasterio.open(raster, "w", transform=transform, **profile) as file:
        file.write(np.full((1, 40, 40), 12.0, "float32"))
    park = small_park()
    write_park(Park(park.frames, park.crs, park.source_crs, raster), tmp_path / "b.gpkg")
    got = read_park(tmp_path / "b.gpkg")
    assert got.terrain == tmp_path / "b_terrain.tif"
    assert got.terrain.read_bytes() == raster.read_bytes()
    got.terrain.unlink()
    assert keys(errors(tmp_path / "b.gpkg")) == {"check.terrain_missing"}


def test_single_parts_are_unwrapped_and_heights_dropped(book: Path) -> None:
    land = small_park()["parcels"]
    land = land.set_geometry([shapely.MultiPolygon([shapely.force_3d(g, 7.0)]) for g in land.geometry], crs=CRS)
    path = rewrite(book, parcels=land)
    park = read_park(path)
    same(small_park(), park)
    told = {f.key: f for f in check_park(path)}
    assert told["check.heights_dropped"].values["count"] == 6 and told["check.heights_dropped"].severity == "info"


def test_curves_become_chords_and_that_is_told(book: Path) -> None:
    with sqlite3.connect(book) as base:
        base.execute(
            "update gpkg_geometry_columns set geometry_type_name='CURVEPOLYGON' where table_name='parcels'"
        )
        base.execute("pragma writable_schema = on")
        base.execute(
            "update sqlite_master set sql = replace(sql, 'POLYGON', 'CURVEPOLYGON') where name = 'parcels'"
        )
        base.execute(
            "insert into gpkg_extensions values ('parcels','geom','gpkg_geom_CURVEPOLYGON',"
            "'http://www.geopackage.org/spec120/#extension_geometry_types','read-write')"
        )
        x, y = EAST + 300.0, NORTH + 600.0
        ring = struct.pack("<BII", 1, 8, 5) + struct.pack(
            "<10d", x, y, x + 50, y + 50, x + 100, y, x + 50, y - 50, x, y
        )
        wkb = struct.pack("<BII", 1, 10, 1) + ring
        srs = base.execute("select srs_id from gpkg_geometry_columns where table_name='parcels'").fetchone()[0]
        blob = b"GP\x00\x01" + struct.pack("<i", srs) + wkb
        drop_triggers(base, "parcels")
        base.execute("update parcels set geom=? where parcel_id='P6'", (blob,))
    base.close()
    told = {f.key: f for f in check_park(book)}
    assert told["park.curves"].layer == "parcels"
    area = read_park(book)["parcels"].set_index("parcel_id").geometry["P6"].area
    assert area == pytest.approx(np.pi * 50**2, rel=0.01), "a circle of radius 50 m"


def drop_triggers(base: sqlite3.Connection, table: str) -> None:
    """Let SQLite write a geometry without GDAL's functions."""
    for (name,) in base.execute(
        "select name from sqlite_master where type='trigger' and tbl_name=?", (table,)
    ).fetchall():
        base.execute(f'drop trigger "{name}"')


# ---- files that are not there, or not what they should be


@pytest.mark.parametrize("name", ["nowhere.gpkg", "no/where.gpkg", "null\0byte.gpkg", "x" * 5000, ""])
def test_no_file(tmp_path: Path, name: str) -> None:
    (finding,) = errors(tmp_path / (name or "empty") / "deeper.gpkg")
    assert finding.key == "park.not_found"


def test_database_is_said_to_come_later() -> None:
    (finding,) = errors("pg:parks/tianjin")  # type: ignore[arg-type]
    assert finding.key == "park.database"


def test_not_a_geopackage(tmp_path: Path) -> None:
    for name, body in (("a.gpkg", b"hello"), ("b.gpkg", b""), ("c.geojson", b"{}"), ("d.gpkg", b"PK\x03\x04" * 99)):
        (tmp_path / name).write_bytes(body)
        (finding,) = errors(tmp_path / name)
        assert finding.key == "park.not_geopackage" and name in finding.text()


def test_empty_folder_names_all_that_is_missing(tmp_path: Path) -> None:
    assert [f.layer for f in errors(tmp_path)] == ["park", "parcels", "enterprises", "roads"]


def test_two_files_for_one_layer(tmp_path: Path, book: Path) -> None:
    for name in ("park", "parcels", "enterprises", "roads"):
        gpd.read_file(book, layer=name).to_file(tmp_path / f"{name}.geojson")
    (tmp_path / "enterprises.csv").write_text("enterprise_id,name,sector\n")
    book.unlink()
    assert ("park.layer_twice", "enterprises") in {(f.key, f.layer) for f in errors(tmp_path)}


@pytest.mark.parametrize("layer", [name for name, layer in schema.layers().items() if layer.required])
def test_missing_and_empty_layers(book: Path, layer: str) -> None:
    assert ("check.layer_missing", layer) in {(f.key, f.layer) for f in errors(rewrite(book, **{layer: None}))}
    path = rewrite(book, **{layer: small_park()[layer].iloc[:0]})
    assert ("check.layer_empty", layer) in {(f.key, f.layer) for f in errors(path)}


def test_misnamed_layer_is_told(book: Path) -> None:
    path = rewrite(book, heat_stream=small_park()["heat_streams"], heat_streams=None)
    (finding,) = [f for f in check_park(path) if f.key == "park.layer_ignored"]
    assert finding.values["near"] == "heat_streams"


def test_missing_column_names_the_one_that_may_be_meant(book: Path) -> None:
    path = rewrite(book, parcels=small_park()["parcels"].rename(columns={"land_use": "用地性质"}))
    (finding,) = errors(path)
    assert (finding.key, finding.layer, finding.column) == ("check.column_missing", "parcels", "land_use")
    assert finding.values["near"] == "用地性质"


def test_misspelt_optional_column_is_told(book: Path) -> None:
    path = rewrite(book, buildings=small_park()["buildings"].rename(columns={"storeys": "storey"}))
    assert read_park(path)["buildings"]["storeys"].isna().all()
    (finding,) = [f for f in check_park(path) if f.key == "check.column_ignored"]
    assert finding.column == "storey" and finding.values["near"] == "storeys"


def test_wrong_geometry_type(book: Path) -> None:
    land = small_park()["parcels"]
    points = land.set_geometry([g if i else g.centroid for i, g in enumerate(land.geometry)], crs=CRS)
    (finding,) = errors(rewrite(book, parcels=points, occupancy=None))
    assert finding.key == "check.geometry_type" and finding.id == "P1" and finding.values["type"] == "Point"


def test_rows_without_geometry(book: Path) -> None:
    land = small_park()["buildings"].copy()
    land.loc[2, "geometry"] = None
    (finding,) = errors(rewrite(book, buildings=land))
    assert finding.key == "check.geometry_missing" and finding.id == "B3"


def test_missing_crs_is_never_guessed(book: Path) -> None:
    (finding,) = errors(rewrite(book, roads=small_park()["roads"].set_crs(None, allow_override=True)))
    assert finding.key == "check.crs_missing" and finding.layer == "roads"


def test_degrees_under_a_metric_crs_and_metres_under_degrees(book: Path) -> None:
    degrees = small_park()["parcels"].to_crs(4490).set_crs(CRS, allow_override=True)
    assert ("check.crs_doubtful", "parcels") in {(f.key, f.layer) for f in errors(rewrite(book, parcels=degrees))}
    metres = small_park()["parcels"].set_crs(4490, allow_override=True)
    assert ("check.crs_doubtful", "parcels") in {(f.key, f.layer) for f in errors(rewrite(book, parcels=metres))}


def test_layer_in_another_place(book: Path) -> None:
    roads = small_park()["roads"]
    (finding,) = errors(rewrite(book, roads=roads.set_geometry(roads.translate(90_000, 0))))
    assert finding.key == "check.layer_elsewhere" and finding.layer == "roads" and finding.values["km"] in (89, 90)


def test_invalid_geometry_is_told_with_its_place_in_the_users_crs(book: Path) -> None:
    land = small_park()["parcels"].copy()
    x, y = EAST + 1000, NORTH
    land.loc[0, "geometry"] = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    (finding,) = errors(rewrite(book, parcels=land))
    assert finding.key == "check.geometry_invalid" and finding.id == "P1"
    assert (finding.values["x"], finding.values["y"]) == (x + 50, y + 50)


def test_all_errors_come_at_once(book: Path) -> None:
    park = small_park()
    land = park["parcels"].copy()
    land.loc[0, "land_use"] = "工业"
    land.loc[1, "area_m2"] = -5.0
    land.loc[2, "parcel_id"] = None
    firms = park["enterprises"].copy()
    firms.loc[0, "sector"] = None
    firms.loc[1, "staff"] = np.inf
    firms.loc[2, "enterprise_id"] = "E1"
    flows = park["material_flows"].astype({"quantity_t_a": object})
    flows.loc[0, "quantity_t_a"] = "ca. 40 000"
    path = rewrite(book, parcels=land, enterprises=firms, material_flows=flows)
    assert errors(path) == [f for f in check_park(path) if f.severity == "error"], "both commands tell the same"
    told = {(f.key, f.layer, f.id, f.column) for f in errors(path)}
    assert told >= {
        ("check.unknown_code", "parcels", "P1", "land_use"),
        ("check.too_small", "parcels", "P2", "area_m2"),
        ("check.value_missing", "parcels", "#3", "parcel_id"),
        ("check.value_missing", "enterprises", "E1 (#1)", "sector"),
        ("check.not_finite", "enterprises", "E2", "staff"),
        ("check.key_twice", "enterprises", "E1", "enterprise_id"),
        ("check.not_number", "material_flows", "M1", "quantity_t_a"),
        ("check.dangling", "occupancy", "E3 / P3", "enterprise_id"),
    }
    (code,) = [f for f in errors(path) if f.key == "check.unknown_code"]
    assert code.values["near"] == "industrial"


# ---- writing


def test_unwritable_places_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.gpkg").mkdir()
    (tmp_path / "folder.gpkg" / "inside").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    for name in ("file/park.gpkg", "nowhere/park.gpkg", "folder.gpkg", "park.txt", "park"):
        with pytest.raises(InputError) as caught:
            write_park(small_park(), tmp_path / name)
        assert caught.value.findings[0].key in ("park.unwritable", "park.wrong_suffix")
        assert name.split("/")[-1] in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failed_write_keeps_what_was_there(book: Path) -> None:
    before = book.read_bytes()
    odd = pd.DataFrame({"a": [object()]})
    with pytest.raises(Exception):  # noqa: B017 - any fault of ours on the way
        write_frames({"parcels": small_park()["parcels"], "odd": odd.assign(b=[{1, 2}])}, book, "EPSG:99999999")
    assert book.read_bytes() == before and list(book.parent.iterdir()) == [book]


# ---- whatever the bytes

# a failing example is short already; to shrink it would cost minutes of reading
fuzz = settings(
    max_examples=int(os.environ.get("PARKLOOP_FUZZ", "8")),
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@fuzz
@given(st.data())
def test_damaged_files_give_a_park_or_an_input_error(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.gpkg"
    if not good.exists():
        write_park(small_park(), good)
    body = bytearray(good.read_bytes())
    if data.draw(st.booleans(), "cut"):
        body = body[: data.draw(st.integers(0, len(body)), "length")]
    for _ in range(data.draw(st.integers(0, 30), "bytes")):
        if body:
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    bad = tmp_path / "bad.gpkg"
    bad.write_bytes(bytes(body))
    _park_or_input_error(bad)


@fuzz
@given(st.binary(max_size=300), st.sampled_from(["parcels.geojson", "parcels.shp", "parcels.csv", "park.json"]))
def test_random_bytes_in_a_folder(tmp_path: Path, body: bytes, name: str) -> None:
    folder = tmp_path / "park"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    (folder / name).write_bytes(body)
    _park_or_input_error(folder)


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=8),
    st.sampled_from(["industrial", "工业", "1e999", "nan", "-inf", "2020-13-45", "9999-12-31", "是", "E1", "P1"]),
)


@fuzz
@given(st.data())
def test_any_cells_give_a_park_or_an_input_error(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "park"
    if not folder.exists():
        folder.mkdir()
        for name in ("park", "parcels", "enterprises", "roads"):
            small_park()[name].to_file(folder / f"{name}.geojson")
    name = data.draw(st.sampled_from([n for n, layer in schema.layers().items() if not layer.geometry]))
    columns = data.draw(st.lists(st.sampled_from(list(schema.layers()[name].columns)), min_size=1, unique=True))
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(columns)), max_size=4))
    for old in folder.glob("*.csv"):
        old.unlink()
    pd.DataFrame(rows, columns=columns).to_csv(folder / f"{name}.csv", index=False)
    _park_or_input_error(folder)


def _park_or_input_error(path: Path) -> None:
    told = check_park(path)
    for finding in told:
        assert finding.text("zh") and finding.remedy("en")
    try:
        read_park(path)
    except InputError as fault:
        assert fault.findings and all(f.severity == "error" for f in fault.findings)
    else:
        assert all(f.severity != "error" or f.key.startswith("terrain.") for f in told)
