"""A planner's own layers: what Chinese parks bring, matched, converted, and what is told of it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from parkloop import resources
from parkloop.analysis.errors import InputError
from parkloop.analysis.park import layers, schema
from parkloop.analysis.park.layers import place, sources, units
from parkloop.analysis.park.layers.propose import code_of

WEST, SOUTH = 40_500_000.0, 3_485_000.0  # zone 40: meridian 120 E, EPSG:4528


pytestmark = pytest.mark.filterwarnings("ignore:'crs' was not provided")  # files without a .prj are the point here


def squares(count: int, size: float = 100.0) -> list[shapely.Polygon]:
    return [shapely.box(WEST + i * 120, SOUTH, WEST + i * 120 + size, SOUTH + size) for i in range(count)]


def chinese_park(folder: Path) -> list[Path]:
    """What a park office hands over: shapefiles with GBK tables and no .prj, and an Excel list of its firms."""
    land = gpd.GeoDataFrame(
        {"宗地号": ["D1", "D2", "D3"], "用地性质": ["工业用地", "M2", "居住用地"], "面积(亩)": [15.0, 15.0, 15.0]},
        geometry=squares(3),
    )
    land.to_file(folder / "宗地.shp", encoding="GBK")
    houses = gpd.GeoDataFrame(
        {"JZBH": ["b1", "b2"], "层数": [2, 3]},
        geometry=[
            shapely.box(WEST + 10, SOUTH + 10, WEST + 50, SOUTH + 50),
            shapely.box(WEST + 130, SOUTH + 10, WEST + 180, SOUTH + 60),
        ],
    )
    houses.to_file(folder / "建筑物.shp", encoding="GBK")
    roads = gpd.GeoDataFrame(
        {"路名": ["园区路"], "道路等级": ["次干道"], "红线宽度": [24.0]},
        geometry=[shapely.LineString([(WEST - 50, SOUTH - 20), (WEST + 500, SOUTH - 20)])],
    )
    roads.to_file(folder / "道路.shp", encoding="GBK")
    for file in [*folder.glob("*.prj"), *folder.glob("*.cpg")]:
        file.unlink()
    firms = pd.DataFrame(
        {
            "企业编号": ["E1", "E2"],
            "企业名称": ["华通化工", "永兴机械"],
            "行业代码": ["C2611", "34"],
            "产值(万元)": [12000, 8500],
            "从业人员": [120, 80],
        }
    )
    with pd.ExcelWriter(folder / "企业名录.xlsx") as book:
        pd.DataFrame([["某园区企业名录"]]).to_excel(book, header=False, index=False)
        firms.to_excel(book, startrow=2, index=False)
    use = pd.DataFrame({"企业编号": ["E1", "E2"], "地块编号": ["D1", "D2"]})
    use.to_csv(folder / "企业占地.csv", index=False, encoding="gbk")
    return sorted(path for path in folder.iterdir() if path.suffix in {".shp", ".xlsx", ".csv"})


def test_a_chinese_park_comes_in_whole(tmp_path: Path):
    files = chinese_park(tmp_path)
    mapping = layers.propose(files)
    targets = {entry.file: entry.target for entry in mapping.source}
    assert targets == {
        "宗地.shp": "parcels",
        "建筑物.shp": "buildings",
        "道路.shp": "roads",
        "企业名录.xlsx": "enterprises",
        "企业占地.csv": "occupancy",
    }
    assert {entry.crs for entry in mapping.source if entry.crs} == {"EPSG:4528"}
    park, found = layers.build(files, mapping)
    assert park["parcels"]["land_use"].tolist() == ["industrial", "industrial", "residential"]
    assert park["parcels"]["area_m2"].to_numpy() == pytest.approx(10_000.0)
    assert park["parcels"].area.to_numpy() == pytest.approx(10_000.0, rel=1e-3)
    assert park["enterprises"]["sector"].tolist() == ["C26", "C34"]
    assert park["enterprises"]["output_cur_a"].tolist() == [1.2e8, 8.5e7]
    assert park["enterprises"]["name"].tolist() == ["华通化工", "永兴机械"]
    assert park["roads"]["road_class"].tolist() == ["secondary"]
    keys = {finding.key for finding in found}
    assert {"layers.crs_guessed", "layers.converted", "layers.boundary_drawn", "layers.missing"} <= keys
    assert park["park"]["estimated"].iloc[0] == "geometry"


def test_the_mapping_is_remembered_and_can_be_mended(tmp_path: Path):
    files = chinese_park(tmp_path)
    mapping = layers.propose(files)
    kept = tmp_path / "map.toml"
    layers.write_mapping(mapping, kept)
    again = layers.read_mapping(kept)
    assert again == mapping
    kept.write_text(kept.read_text(encoding="utf-8").replace('"亩"', '"ha"'), encoding="utf-8")
    park, _ = layers.build(files, layers.read_mapping(kept))
    assert park["parcels"]["area_m2"].to_numpy() == pytest.approx(150_000.0)


def test_attributes_in_a_book_join_the_shapes(tmp_path: Path):
    files = chinese_park(tmp_path)
    extra = tmp_path / "宗地属性.xlsx"
    pd.DataFrame({"宗地号": ["D1", "D2", "D9"], "容积率": [1.2, 0.8, 2.0], "绿地面积": [500, 300, 1]}).to_excel(
        extra, index=False
    )
    mapping = layers.propose([*files, extra])
    entry = mapping.source[-1]
    assert (entry.target, entry.join_on) == ("parcels", "parcel_id")
    park, found = layers.build([*files, extra], mapping)
    assert park["parcels"]["green_m2"].tolist()[:2] == [500.0, 300.0]
    assert [f.values["first"] for f in found if f.key == "layers.join_lost"] == ["D9"]


def test_a_drawing_becomes_parcels_with_their_labels(tmp_path: Path):
    drawing = gpd.GeoDataFrame(
        {"Layer": ["地块", "地块", "道路"]},
        geometry=[*squares(2), shapely.LineString([(WEST, SOUTH - 20), (WEST + 300, SOUTH - 20)])],
    )
    file = tmp_path / "plan.dxf"
    drawing.to_file(file, driver="DXF", engine="pyogrio")
    found = sources.open_sources([file])
    assert {source.name for source in found} == {"地块:Polygon", "道路:LineString"}
    assert {(e.layer, e.target) for e in layers.propose([file]).source} == {
        ("地块:Polygon", "parcels"),
        ("道路:LineString", "roads"),
    }


@pytest.mark.parametrize(
    ("heading", "unit", "bare", "found"),
    [
        ("用地面积(亩)", "m2", "用地面积", "亩"),
        ("产值（万元）", "currency/a", "产值", "万元"),
        ("area_ha", "m2", "area", "ha"),
        ("name", "", "name", ""),
        ("层数(层)", "1", "层数", ""),
    ],
)
def test_units_stand_in_headings(heading, unit, bare, found):
    assert units.split(heading, unit) == (bare, found)


def test_unit_factors():
    assert units.factor("m2", "亩") == pytest.approx(666.6667, rel=1e-6)
    assert units.factor("m2", "公顷") == 1e4
    assert units.factor("currency", "万元") == 1e4
    assert units.factor("GJ/a", "万千瓦时") == 36
    assert units.factor("GJ/a", "tce") == pytest.approx(29.307)
    assert units.factor("t/d", "m3/a") == pytest.approx(1 / 365)
    assert units.factor("m2", "kg") is None


def test_every_unit_belongs_to_a_column():
    known = {column.unit for layer in schema.layers().values() for column in layer.columns.values()}
    assert {row["column_unit"] for row in resources.table("knowledge", "units.csv")} <= known


@pytest.mark.parametrize(
    ("word", "codes", "code"),
    [
        ("M1", "land_use", "industrial"),
        ("工业", "land_use", "industrial"),
        ("二类工业用地", "land_use", "industrial"),
        ("2611", "sectors", "C26"),
        ("C34", "sectors", "C34"),
        ("化学原料和化学制品制造业", "sectors", "C26"),
        ("zzz", "land_use", ""),
    ],
)
def test_words_become_codes(word, codes, code):
    assert code_of(word, codes) == code


@pytest.mark.parametrize(
    ("bounds", "crs", "swap"),
    [
        ((119.9, 31.4, 120.1, 31.6), "EPSG:4490", False),
        ((31.4, 119.9, 31.6, 120.1), "EPSG:4490", True),
        ((9.4, 47.1, 9.6, 47.3), "EPSG:4326", False),
        ((40_500_000, 3.4e6, 40_510_000, 3.5e6), "EPSG:4528", False),
        ((3.4e6, 40_500_000, 3.5e6, 40_510_000), "EPSG:4528", True),
        ((20_500_000, 3.4e6, 20_510_000, 3.5e6), "EPSG:4498", False),
        ((500_000, 3.4e6, 510_000, 3.5e6), "", False),
    ],
)
def test_coordinates_tell_their_system(bounds, crs, swap):
    guess = place.guess_crs(np.array(bounds, float))
    assert (guess.crs, guess.swap_axes) == (crs, swap)


def test_guessed_zones_are_the_zones():
    import pyproj

    assert "zone 40" in pyproj.CRS.from_epsg(4528).name
    assert "zone 20" in pyproj.CRS.from_epsg(4498).name


def test_an_easting_without_zone_asks_for_the_crs(tmp_path: Path):
    gpd.GeoDataFrame({"宗地号": ["D1"]}, geometry=[shapely.box(500_000, 3_485_000, 500_100, 3_485_100)]).to_file(
        tmp_path / "宗地.shp"
    )
    (tmp_path / "宗地.prj").unlink(missing_ok=True)
    files = [tmp_path / "宗地.shp"]
    with pytest.raises(InputError, match="fit no single system"):
        layers.build(files, layers.propose(files))


def test_a_web_map_shift_is_noticed():
    rng = np.random.default_rng(1)
    west, south = 120.0, 31.5
    areas = gpd.GeoSeries(
        [
            shapely.box(west + 0.004 * i, south + 0.004 * j, west + 0.004 * i + 0.002, south + 0.004 * j + 0.002)
            for i in range(6)
            for j in range(6)
        ],
        crs=4490,
    )
    at = gpd.GeoSeries(areas.representative_point().sample(30, random_state=1).reset_index(drop=True), crs=4490)
    assert place.shifted(areas, at) == (None, True)
    east, north = place.gcj02_shift(at.x.to_numpy(), at.y.to_numpy())
    moved = gpd.GeoSeries(gpd.points_from_xy(at.x + east, at.y + north), crs=4490)
    assert place.shifted(areas, moved)[0] == pytest.approx(500, abs=250)
    noise = gpd.GeoSeries(gpd.points_from_xy(at.x + rng.normal(0, 0.0002, 30), at.y), crs=4490)
    assert place.shifted(areas, noise)[0] is None


@pytest.mark.parametrize("name", ["plan.dwg", "none.shp"])
def test_files_that_cannot_be_used_are_named(tmp_path: Path, name):
    if name.endswith("dwg"):
        (tmp_path / name).write_bytes(b"AC1032")
    with pytest.raises(InputError, match=name):
        layers.propose([tmp_path / name])


@pytest.mark.parametrize("suffix", [".shp", ".xlsx", ".dxf", ".geojson", ".gpkg", ".csv"])
def test_damaged_files_are_the_inputs_fault(tmp_path: Path, suffix):
    file = tmp_path / f"broken{suffix}"
    file.write_bytes(b"\x00\xff\x13 nothing of the kind" * 20)
    try:
        found = layers.propose([file])
    except InputError as error:
        assert file.name in str(error)
    else:
        assert all(entry.target == "" for entry in found.source)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[[source]]\nfile='a'\ntarget='plots'", "plots"),
        ("[[source]]\nfile='a'\ntarget='parcels'\n[source.columns.nothing]\nfrom='x'", "nothing"),
        ("[[source]]\nfile=", "TOML"),
        ("[[source]]\nfiles='a'", "files"),
    ],
)
def test_a_bad_mapping_is_one_clear_sentence(tmp_path: Path, text, word):
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=word):
        layers.read_mapping(path)
