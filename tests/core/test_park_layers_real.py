"""What park offices really hand over: cut names, merged heads, typed numbers, drawings, other spellings of a key."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parkloop.analysis.errors import Finding, InputError
from parkloop.analysis.park import layers, schema, shapefile
from parkloop.analysis.park.layers import cells, place, refer, units
from parkloop.analysis.park.layers.match import match_columns
from parkloop.analysis.park.layers.tables import workbook
from parkloop.analysis.park.model import Park

WEST, SOUTH = 39_500_000.0, 3_485_000.0  # zone 39: meridian 117 E, EPSG:4527
SIZE, GAP = 200.0, 20.0


def boxes(count: int = 8, west: float = WEST, south: float = SOUTH) -> list[shapely.Polygon]:
    """Square parcels of 40 000 m2 in rows of four, streets of 20 m between them."""
    step = SIZE + GAP
    return [
        shapely.box(
            west + i % 4 * step, south + i // 4 * step, west + i % 4 * step + SIZE, south + i // 4 * step + SIZE
        )
        for i in range(count)
    ]


def write(frame: gpd.GeoDataFrame, file: Path, encoding: str = "GBK", parts: str = "") -> Path:
    """A shapefile; ``parts`` are the suffixes that are taken away afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the missing CRS and the cut names, which are the point here
        frame.to_file(file, encoding=encoding)
    for suffix in parts.split():
        file.with_suffix(suffix).unlink(missing_ok=True)
    return file


def land(folder: Path, **columns: Any) -> Path:
    table = {"宗地号": [f"{i + 1:03d}" for i in range(8)], "用地性质": ["M2"] * 8} | columns
    return write(gpd.GeoDataFrame(table, geometry=boxes()), folder / "宗地.shp", parts=".prj .cpg")


def streets(folder: Path) -> Path:
    lines = [
        shapely.LineString([(WEST - 20, SOUTH + 210), (WEST + 900, SOUTH + 210)]),
        shapely.LineString([(WEST - 20, SOUTH - 10), (WEST + 900, SOUTH - 10)]),
        shapely.LineString([(WEST + 210, SOUTH - 20), (WEST + 210, SOUTH + 450)]),
    ]
    table = {"路名": ["纬一路", "纬二路", "经一路"], "红线宽度": [24.0, 24.0, 30.0]}
    return write(gpd.GeoDataFrame(table, geometry=lines), folder / "道路.shp", parts=".prj .cpg")


def book(file: Path, rows: list[list[Any]], merged: tuple[str, ...] = ()) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    made.save(file)
    return file


def firms(folder: Path, heads: list[str], *rows: list[Any]) -> Path:
    return book(folder / "企业.xlsx", [["企业名称", "行业代码", *heads], *rows])


def built(*files: Path) -> tuple[Park, dict[str, list[Finding]]]:
    park, found = layers.build(list(files), layers.propose(list(files)))
    by_key: dict[str, list[Finding]] = {}
    for finding in found:
        by_key.setdefault(finding.key, []).append(finding)
        assert finding.text("en") and finding.text("zh") and finding.remedy("en") and finding.remedy("zh")
    return park, by_key


# ---- shapefiles


@pytest.mark.parametrize("stated", ["", "right", "ISO-8859-1", "UTF-8", "no such"])
@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_names_cut_in_a_character_are_read(tmp_path: Path, encoding: str, stated: str) -> None:
    table = {"地块编号码": ["D1"], "地用面积": [1.0], "企业名称": ["华通化工有限公司" * 20]}
    file = write(gpd.GeoDataFrame(table, geometry=boxes(1)), tmp_path / "a.shp", encoding, ".cpg")
    if stated:
        file.with_suffix(".cpg").write_text(encoding if stated == "right" else stated)
    frame, found = shapefile.read(file)
    assert found == {"UTF-8": "utf-8", "GBK": "gb18030"}[encoding]
    for whole, name in zip(table, frame.columns, strict=False):
        assert whole.startswith(name) and len(name) >= 3
    text = frame.iloc[0, 2]
    assert len(text) > 70 and ("华通化工有限公司" * 20).startswith(text)


def test_western_tables_are_not_taken_for_chinese(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"größe": ["Zürich Gräßlin", "Öl"]}, geometry=boxes(2))
    file = write(table, tmp_path / "a.shp", "ISO-8859-1", ".cpg")
    frame, encoding = shapefile.read(file)
    assert encoding == "cp1252" and frame["größe"].tolist() == ["Zürich Gräßlin", "Öl"]


@settings(max_examples=25, deadline=None)
@given(
    names=st.lists(st.text("地块编号用途面积企业", min_size=1, max_size=8), min_size=1, max_size=4, unique=True),
    text=st.text("园区宗地工业仓储用房ABC012", min_size=2, max_size=60).filter(lambda t: not t.isascii()),
    encoding=st.sampled_from(["UTF-8", "GBK"]),
)
def test_any_chinese_table_is_read(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], text: str, encoding: str
) -> None:
    folder = tmp_path_factory.mktemp("shp")
    frame = gpd.GeoDataFrame({name: [text] for name in names}, geometry=boxes(1))
    found, _ = shapefile.read(write(frame, folder / "a.shp", encoding, ".cpg .prj"))
    assert len(set(found.columns)) == len(names) + 1
    assert all(found.iloc[0, i] == text for i in range(len(names)))


def test_a_prj_without_the_zone_is_contradicted(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame(
        {"宗地号": [f"D{i}" for i in range(8)], "用地性质": ["M2"] * 8}, geometry=boxes(), crs=4548
    )
    _, found = built(write(table, tmp_path / "宗地.shp"), streets(tmp_path), firms(tmp_path, [], ["甲", "C26"]))
    assert [f.values["crs"][:9] for f in found["layers.crs_contradicts"]] == ["EPSG:4527"]


def test_geojson_of_metres_is_not_taken_for_degrees(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"地块编号": ["D1"], "用地性质": ["M2"]}, geometry=boxes(1), crs=4527)
    table.to_file(tmp_path / "地块.geojson")
    text = (tmp_path / "地块.geojson").read_text(encoding="utf-8")
    start = text.index('"crs"')
    (tmp_path / "地块.geojson").write_text(text[:start] + text[text.index("\n", start) :], encoding="utf-8")
    assert [e.crs for e in layers.propose([tmp_path / "地块.geojson"]).source] == ["EPSG:4527"]


# ---- tables


def office_book(folder: Path) -> Path:
    rows = [
        ["某某经济开发区企业基本情况表（2023年度）"],
        ["填报单位：管委会"],
        ["序号", "企业名称", "信用代码", "行业", "地块编号", "面积(亩)", "经济指标", None, "用水量(吨/日)", "用电量（万千瓦时）"],
        [None, None, None, None, None, None, "投资(万元)", "产值/亿元", None, None],
        [1, "华通化工有限公司", "X1", "C2614", 1, "30", "１２，０００", 1.2, "1,200", 120],
        [2, "永兴机械有限公司", "X2", "34", "002", "６０", "—", 2, 50, "350万度"],
        [3, "宏达纺织有限公司", "X3", "纺织业", "3、4", 60, 800, "3", 50, None],
        [None] * 10,
        ["合计", None, None, None, None, 150, 12800, 6.2, 1300, 470],
        ["注：数据来源于园区统计年报。"],
    ]  # fmt: skip
    merged = ("A1:J1", "G3:H3", *(f"{c}3:{c}4" for c in "ABCDEFIJ"))
    return book(folder / "企业基本情况.xlsx", rows, merged)


def test_an_office_book_ties_firms_to_land_power_and_water(tmp_path: Path) -> None:
    park, found = built(land(tmp_path), streets(tmp_path), office_book(tmp_path))
    firm = park["enterprises"].set_index("enterprise_id")
    assert firm["sector"].to_dict() == {"X1": "C26", "X2": "C34", "X3": "C17"}
    assert firm["investment_cur"].fillna(-1).tolist() == [1.2e8, -1, 8e6]  # ten thousand yuan; a dash is nothing
    assert firm["output_cur_a"].tolist() == [1.2e8, 2e8, 3e8]
    use = park["occupancy"].set_index(["enterprise_id", "parcel_id"])["share"]
    # 30 mu are 20 000 m2 of 40 000; 60 mu are 40 000 m2, on two parcels half of each
    assert use.to_dict() == pytest.approx(
        {("X1", "001"): 0.5, ("X2", "002"): 1, ("X3", "003"): 0.5, ("X3", "004"): 0.5}
    )
    assert park["energy_use"].set_index("enterprise_id")["energy_gj_a"].to_dict() == {"X1": 4320.0, "X2": 12_600.0}
    assert park["water_streams"].set_index("enterprise_id")["flow_t_d"].to_dict() == {
        "X1": 1200,
        "X2": 50,
        "X3": 50,
    }
    assert found["layers.rows_dropped"][0].values["count"] == 2
    assert found["layers.reference_loose"][0].values == {
        "count": 3,
        "first": "1",
        "ours": "001",
        "target": "parcels",
    }


def test_parcel_numbers_that_are_not_on_the_map_are_one_finding(tmp_path: Path) -> None:
    table = firms(tmp_path, ["所在地块"], ["甲厂", "C26", "001"], ["乙厂", "C13", "X9"], ["丙厂", "C13", "X8"])
    with pytest.raises(InputError) as caught:
        built(land(tmp_path), streets(tmp_path), table)
    (finding,) = caught.value.findings
    assert (finding.key, finding.layer, finding.column) == ("layers.dangling", "occupancy", "parcel_id")
    assert "乙厂" in finding.id and "X8, X9" in finding.text("zh") and "企业.xlsx" in finding.text("zh")


def test_a_cell_that_is_no_number_is_named_by_file_row_and_heading(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        built(land(tmp_path), streets(tmp_path), firms(tmp_path, ["产值(万元)"], *([f"{i}厂", "C26", 5] for i in range(9)),
              ["甲厂", "C26", "约1200"]))  # fmt: skip
    (finding,) = caught.value.findings
    assert finding.key == "layers.not_number" and finding.values == {"row": 11, "value": "约1200"}
    assert finding.column == "产值(万元)"


def test_owners_of_parcels_are_firms_where_they_are_listed(tmp_path: Path) -> None:
    owners = ["甲化工有限公司", "甲化工", "某镇人民政府", *[None] * 5]
    park, found = built(
        land(tmp_path, 权利人=owners), streets(tmp_path), firms(tmp_path, [], ["甲化工有限公司", "C26"])
    )
    assert park["occupancy"]["parcel_id"].tolist() == ["001", "002"]
    assert found["layers.owner_unknown"][0].values["first"] == "某镇人民政府"


def test_tables_join_by_name_and_by_keys_written_otherwise(tmp_path: Path) -> None:
    drawn = land(tmp_path, 名称=[f"地块{c}" for c in "甲乙丙丁戊己庚辛"])
    by_name = book(tmp_path / "地块属性.xlsx", [["地块名称", "绿地面积(亩)"], ["地块甲", 3], ["地块癸", 1]])
    by_key = book(tmp_path / "宗地属性.xlsx", [["宗地号", "容积率"], [1, 1.2], [2, 0.8], [2, 0.9]])
    park, found = built(drawn, streets(tmp_path), firms(tmp_path, [], ["甲", "C26"]), by_name, by_key)
    assert park["parcels"]["green_m2"].iloc[0] == pytest.approx(2000)
    assert park["parcels"]["plot_ratio_max"].tolist()[:2] == [1.2, 0.8]
    assert found["layers.join_lost"][0].values["first"] == "地块癸"
    assert {"layers.joined_loosely", "layers.join_twice"} <= set(found)


def test_money_without_unit_is_told_and_the_title_may_name_it(tmp_path: Path) -> None:
    fixed = (land(tmp_path), streets(tmp_path))
    park, found = built(*fixed, firms(tmp_path, ["产值"], ["甲", "C26", 1200]))
    assert found["layers.unit_assumed"][0].values["median"] == 1200
    titled = book(
        tmp_path / "企业.xlsx", [["单位：万元", None, None], ["企业名称", "行业代码", "产值"], ["甲", "C26", 1200]]
    )
    park, found = built(*fixed, titled)
    assert park["enterprises"]["output_cur_a"].tolist() == [1.2e7] and "layers.unit_assumed" not in found


@pytest.mark.parametrize(
    ("heading", "column"),
    [("投资强度(万元/亩)", None), ("亩均税收(万元)", None), ("产值增速", None), ("投资(万美元)", None), ("总投资（万元）", "investment_cur")],
)  # fmt: skip
def test_ratios_and_other_currencies_are_not_the_figure(heading: str, column: str | None) -> None:
    frame = pd.DataFrame({heading: [1.0, 2.0]})
    assert list(match_columns(frame, schema.layers()["enterprises"])) == ([column] if column else [])


def test_headings_twice_and_remarks(tmp_path: Path) -> None:
    rows = [["编号", "名称", "面积", "面积"], [1, 2, 3, 4], ["D1", "甲", 5, 6], [None] * 4, ["总计", None, 5, 6]]
    (table,) = workbook(book(tmp_path / "a.xlsx", rows))
    assert list(table.frame.columns) == ["编号", "名称", "面积", "面积 (2)"]
    assert table.frame.index.tolist() == [3] and len(table.dropped) == 2


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e9, 1e9).map(lambda v: round(v, 2)), st.booleans(), st.sampled_from(["", "亩", " 亩", "（亩）"]))
def test_typed_numbers_keep_their_value(number: float, wide: bool, unit: str) -> None:
    text = f"{number:,.2f}"
    if wide:
        text = "".join(chr(ord(c) + 0xFEE0) if c in "0123456789,.-" else c for c in text)
    found = cells.numbers(pd.Series([text + unit], dtype=object), schema.layers()["parcels"].columns["area_m2"])
    assert not found.bad.any() and found.values[0] == number
    assert np.isnan(found.factor[0]) if not unit else found.factor[0] == units.factor("m2", "亩")


@pytest.mark.parametrize("text", ["12,5", "1,20", "约12", "10-20", "12kg", "1.2.3", "１２，５", "五百"])
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    found = cells.numbers(pd.Series([text], dtype=object), schema.layers()["parcels"].columns["area_m2"])
    assert found.bad.all()


@pytest.mark.parametrize(
    ("heading", "unit", "found"),
    [
        ("投资(2023年，万元)", "currency", "万元"),
        ("产值/亿元", "currency/a", "亿元"),
        ("用水量/吨/日", "t/d", "吨/日"),
        ("产值：万元", "currency/a", "万元"),
        ("年产值万元", "currency/a", "万元"),
        ("投资(万美元)", "currency", "万美元"),
        ("用电量（万千瓦时）", "GJ/a", "万千瓦时"),
        ("Area [ha]", "m2", "ha"),
        ("产值(2023年)", "currency/a", ""),
    ],
)
def test_units_of_headings(heading: str, unit: str, found: str) -> None:
    assert units.split(heading, unit)[1] == found


def test_fuels_have_the_heating_value_of_the_standard() -> None:
    assert units.carrier_factor("raw_coal", "吨") == pytest.approx(20.908)  # GB/T 2589, annex A
    assert units.carrier_factor("natural_gas", "万立方米") == pytest.approx(389.31)
    assert units.carrier_factor("electricity", "吨") is None


# ---- drawings and points


@pytest.mark.newest  # older GDAL writes no texts into a drawing, which the test needs to make one
def test_a_drawing_without_crs_takes_its_neighbours_and_its_layers_tell_the_use(tmp_path: Path) -> None:
    parcels = boxes(west=500_000.0)
    texts = [f"A-{i + 1:02d}" for i in range(8)]
    road = shapely.LineString([(499_980, SOUTH + 210), (500_900, SOUTH + 210)])
    drawing = gpd.GeoDataFrame(
        {
            "Layer": [*["M2二类工业用地"] * 6, *["W1仓储用地"] * 2, *["地块编号"] * 8, "道路中心线"],
            "Text": [*[None] * 8, *texts, None],
            "OGR_STYLE": [*[None] * 8, *[f'LABEL(f:"Arial",t:"{t}",s:5g)' for t in texts], None],
        },
        geometry=[*(p.exterior for p in parcels), *(p.centroid for p in parcels), road],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(drawing, tmp_path / "总图.dxf", driver="DXF")
    edge = gpd.GeoDataFrame(
        {"name": ["园区"]}, geometry=[shapely.box(499_900, SOUTH - 50, 501_000, SOUTH + 500)], crs=4548
    )
    edge.to_file(tmp_path / "园区边界.geojson")
    table = firms(tmp_path, ["地块编号"], ["甲厂", "C26", "A-1"])
    park, _ = built(tmp_path / "总图.dxf", tmp_path / "园区边界.geojson", table)
    assert park["parcels"]["parcel_id"].tolist() == texts
    assert park["parcels"]["land_use"].tolist() == ["industrial"] * 6 + ["warehouse"] * 2
    assert park["parcels"].area.to_numpy() == pytest.approx(40_000, rel=1e-3)
    assert park["occupancy"]["parcel_id"].tolist() == ["A-01"]


def moved(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Shapes in degrees as a Chinese web map shows them."""
    east, north = place.gcj02_shift(shapes.centroid.x.to_numpy()[:1], shapes.centroid.y.to_numpy()[:1])
    return shapes.translate(east[0], north[0])


@pytest.mark.parametrize("shifted", ["firms", "parcels", "none"])
def test_layers_of_web_maps_are_warned_of(tmp_path: Path, shifted: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # centroids in degrees
        shapes = gpd.GeoSeries(boxes(), crs=4527).to_crs(4326)
        points = (moved(shapes) if shifted == "firms" else shapes).centroid
        if shifted == "parcels":
            shapes = moved(shapes)
    plan = gpd.GeoDataFrame({"地块编号": [f"D{i}" for i in range(8)], "用地性质": ["M2"] * 8}, geometry=shapes)
    plan.to_file(tmp_path / "地块.geojson")
    rows = [[f"{i}厂", "C26", p.x, p.y] for i, p in enumerate(points)]
    table = firms(tmp_path, ["经度", "纬度"] if shifted != "parcels" else ["甲", "乙"], *rows)
    park, found = built(tmp_path / "地块.geojson", streets(tmp_path), table)
    told = [f.layer for f in found.get("layers.gcj02", [])]
    assert told == {"firms": ["enterprises"], "parcels": ["roads"], "none": []}[shifted]
    assert "layers.gcj02_unknown" not in found
    assert park["enterprises"].geometry.notna().all() or shifted == "parcels"


# ---- the mapping


def test_a_file_that_the_mapping_does_not_know_is_told_and_can_be_added(tmp_path: Path) -> None:
    first = [land(tmp_path), streets(tmp_path), firms(tmp_path, ["地块编号"], ["甲厂", "C26", "1"])]
    mapping = layers.propose(first)
    more = book(tmp_path / "宗地属性.xlsx", [["宗地号", "容积率"], ["001", 1.2]])
    _, found = layers.build([*first, more], mapping)
    assert [f.id for f in found if f.key == "layers.not_in_mapping"] == ["宗地属性.xlsx"]
    added = layers.complete([*first, more], mapping)
    assert added.source[: len(mapping.source)] == mapping.source and added.source[-1].file == "宗地属性.xlsx"
    path = tmp_path / "map.toml"
    layers.write_mapping(added, path)
    assert layers.read_mapping(path) == added
    assert {row["file"] for row in layers.headings(first)} == {file.name for file in first}


@pytest.mark.parametrize(
    ("name", "body", "key"),
    [
        ("a.dwg", b"AC1032", "layers.kind.dwg"),
        ("a.xls", b"x", "layers.kind.xls"),
        ("a.et", b"x", "layers.kind.et"),
        ("a.mdb", b"x", "layers.kind.mdb"),
        ("a.doc", b"x", "layers.unknown_kind"),
        ("a.shp", b"x" * 200, "layers.no_shx"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "layers.locked_book"),
        ("a.xlsx", b"PK\x03\x04 cut", "layers.unreadable"),
        ("a.gpkg", b"SQLite format 3\0" + b"\0" * 99, "layers.unreadable"),
    ],
)
def test_wrong_files_have_a_remedy_of_their_own(tmp_path: Path, name: str, body: bytes, key: str) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(InputError) as caught:
        layers.propose([tmp_path / name])
    (finding,) = caught.value.findings
    assert finding.key == key and name in finding.text("zh") and finding.remedy("zh")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    files = [land(tmp_path), land(tmp_path / "other")]
    with pytest.raises(InputError, match="are called"):
        layers.propose(files)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.from_regex(r"[A-Ca-c]?-?0{0,2}[1-9]{1,2}", fullmatch=True), min_size=1, max_size=8, unique=True))
def test_a_key_is_found_as_itself_and_never_as_another(keys: list[str]) -> None:
    names = refer.Names(pd.DataFrame({"parcel_id": keys}), "parcel_id")
    for key in keys:
        assert names.find(key) == key
        other = names.find("0" + key)
        assert other is None or refer.loose(other) == refer.loose("0" + key)


@pytest.mark.parametrize("name", ["e.csv", "h.csv", "e.geojson"])
def test_files_without_rows_are_one_sentence(tmp_path: Path, name: str) -> None:
    empty = {"e.csv": "", "h.csv": "a,b\n", "e.geojson": '{"type": "FeatureCollection", "features": []}'}[name]
    (tmp_path / name).write_text(empty, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        built(tmp_path / name)
    (finding,) = caught.value.findings
    assert finding.key == "layers.nothing" and name in finding.text("zh")
