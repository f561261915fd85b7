"""The Excel questionnaire: what stands in it, and what comes back from it."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from pandas.testing import assert_frame_equal
from small_park import small_park

from parkloop import resources
from parkloop.analysis.errors import Finding, InputError
from parkloop.analysis.park import schema
from parkloop.analysis.park.model import Park
from parkloop.analysis.park.questionnaire import read_book, write_template
from parkloop.analysis.park.questionnaire.sheets import (
    FIRST_ROW,
    HEAD_ROW,
    NAMES_ROW,
    SHEETS,
    UNIT_ROW,
    columns,
    title,
)


def guessed() -> Park:
    """The small park with estimated staff and tax of the first firm."""
    park = small_park()
    flags = ["staff;tax_cur_a", "staff", "", "", ""]
    return park.replace(enterprises=park["enterprises"].assign(estimated=flags))


@cache
def template(lang: str, filled: bool) -> bytes:
    """The template as a file, made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        write_template(path, lang, guessed() if filled else None)
        return path.read_bytes()


class Book:
    """A questionnaire that is filled in by layer, column and row number of the table."""

    def __init__(self, path: Path, lang: str = "en", park: Park | None = None) -> None:
        self.path, self.lang = path, lang
        self.book = openpyxl.load_workbook(BytesIO(template(lang, park is not None)))

    def cell(self, layer: str, column: str, row: int) -> Any:
        number = list(columns(layer)).index(column) + 1
        return self.book[title(layer, self.lang)].cell(FIRST_ROW + row, number)

    def fill(self, layer: str, row: int, **cells: Any) -> Book:
        for column, value in cells.items():
            self.cell(layer, column, row).value = value
        return self

    def read(self, park: Park) -> tuple[Park, list[Finding]]:
        self.book.save(self.path)
        new, findings = read_book(self.path, park)
        for finding in findings:
            for lang in ("en", "zh"):
                assert finding.text(lang) and finding.remedy(lang)
        return new, findings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def firm(park: Park, id: str) -> pd.Series:
    return park["enterprises"].set_index("enterprise_id").loc[id]


# ---- the template


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_column_stands_in_the_template(path: Path, lang: str) -> None:
    write_template(path, lang)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == {"en": "guide", "zh": "填写说明"}[lang]
    assert book["_lists"].sheet_state == "hidden"
    for layer in SHEETS:
        sheet = book[title(layer, lang)]
        for number, column in enumerate(columns(layer).values(), start=1):
            assert sheet.cell(NAMES_ROW, number).value == column.name
            head = sheet.cell(HEAD_ROW, number)
            assert head.value == column.label[lang] and head.comment.text.startswith(column.meaning[lang])
            assert sheet.cell(HEAD_ROW + 1, number).value == column.label["en" if lang == "zh" else "zh"]
            assert (sheet.cell(UNIT_ROW, number).value or "") == resources.unit(column.unit, lang)
            assert (head.fill.fgColor.rgb == "00F4B183") == column.required
        assert sheet.row_dimensions[NAMES_ROW].hidden


def rules(sheet: Worksheet) -> dict[str, Any]:
    """Validation by column letter."""
    return {
        str(rule.sqref).split(":")[0].rstrip("0123456789"): rule for rule in sheet.data_validations.dataValidation
    }


def test_lists_and_limits(path: Path) -> None:
    book = Book(path, "zh").book
    letters = {name: openpyxl.utils.get_column_letter(i) for i, name in enumerate(columns("parcels"), start=1)}
    rule = rules(book["地块"])
    land = rule[letters["land_use"]]
    sheet, area = land.formula1.split("!")
    shown = [cell.value for (cell,) in book[sheet.strip("'")][area.replace("$", "")]]
    assert land.type == "list" and shown[:2] == ["工业用地", "仓储用地"] and len(shown) == 12
    density = rule[letters["building_density_max_pct"]]
    assert (density.type, density.operator, density.formula1, density.formula2) == (
        "decimal",
        "between",
        "0",
        "100",
    )
    assert rule[letters["land_grade"]].type == "whole" and rule[letters["supply_date"]].type == "date"
    letter = openpyxl.utils.get_column_letter(list(columns("occupancy")).index("parcel_id") + 1)
    assert "地块" in rules(book["企业占地"])[letter].formula1


def test_unwritable(tmp_path: Path) -> None:
    for name in ("nowhere/book.xlsx", "book.xls"):
        with pytest.raises(InputError):
            write_template(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


# ---- round trips


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_prefilled_and_read_back_is_the_same_park(path: Path, lang: str) -> None:
    park = guessed()
    odd = park["enterprises"].assign(
        name=["=1+1", "#5 plant", "Ä 厂", "  ", "x;y"], high_tech=[True, False] * 2 + [True]
    )
    park = park.replace(enterprises=odd.assign(name=odd["name"].where(odd["name"] != "#5 plant", "No. 5 plant")))
    write_template(path, lang, park)
    new, findings = read_book(path, park)
    assert findings == []
    for name in park:
        assert_frame_equal(pd.DataFrame(park[name]), pd.DataFrame(new[name]))
    assert new.crs == park.crs and new["parcels"].crs == park.crs


def test_empty_template_changes_nothing(path: Path) -> None:
    park = guessed()
    write_template(path, "zh")
    new, findings = read_book(path, park)
    assert findings == [] and new["enterprises"].equals(park["enterprises"])


# ---- what is given replaces what was estimated


def test_a_changed_value_is_no_longer_an_estimate(path: Path) -> None:
    new, findings = Book(path, "en", guessed()).fill("enterprises", 0, staff=131).read(guessed())
    assert findings == []
    assert firm(new, "E1")["staff"] == 131 and firm(new, "E1")["estimated"] == "tax_cur_a"
    assert firm(new, "E2")["estimated"] == "staff"


def test_a_confirmed_value_is_no_longer_an_estimate(path: Path) -> None:
    new, _ = Book(path, "en", guessed()).fill("enterprises", 0, estimated=None).read(guessed())
    assert firm(new, "E1")["estimated"] == "" and firm(new, "E1")["staff"] == firm(guessed(), "E1")["staff"]


def test_rows_typed_by_hand_match_by_id_or_by_name(path: Path) -> None:
    book = (
        Book(path)
        .fill("enterprises", 0, enterprise_id="E1", tax_cur_a=2e7)
        .fill("enterprises", 1, name="Cement", staff=7)
    )
    new, findings = book.read(guessed())
    assert findings == []
    assert firm(new, "E1")["tax_cur_a"] == 2e7 and firm(new, "E1")["estimated"] == "staff"
    assert firm(new, "E2")["staff"] == 7 and firm(new, "E2")["estimated"] == ""
    assert len(new["enterprises"]) == 5


def test_labels_and_codes_of_either_language(path: Path) -> None:
    book = Book(path, "zh")
    for row, cell in enumerate(["C26", "化学原料和化学制品制造业", "C26 化学原料和化学制品制造业", "c26"]):
        book.fill("enterprises", row, enterprise_id=f"E{row + 1}", sector=cell)
    for row, cell in enumerate(["有毒", "Toxic", "toxic"]):
        book.fill("enterprises", row, hazard=cell, high_tech=["是", "yes", True][row])
    new, findings = book.read(guessed())
    assert findings == []
    assert new["enterprises"]["sector"].tolist() == ["C26"] * 4 + ["C14"]
    assert new["enterprises"]["hazard"].tolist() == ["toxic"] * 3 + ["none"] * 2
    assert new["enterprises"]["high_tech"].tolist() == [True] * 3 + [False] * 2


def test_new_rows(path: Path) -> None:
    book = Book(path)
    book.fill("enterprises", 0, enterprise_id="N1", name="New", sector="C30", longitude=120.001, latitude=31.62)
    book.fill("energy_use", 0, enterprise_id="New", carrier="Natural gas", energy_gj_a=500)
    book.fill("occupancy", 0, enterprise_id="N1", parcel_id="P6", share=0.5)
    book.fill("facilities", 0, facility_id="F1", utility="heat", capacity=9000, longitude=120.002, latitude=31.62)
    book.fill("profiles", 0, profile_id="day", shifts=1)
    new, findings = book.read(guessed())
    assert findings == []
    place = gpd.GeoSeries([firm(new, "N1")["geometry"]], crs=new.crs).to_crs(4326).iloc[0]
    assert (place.x, place.y) == pytest.approx((120.001, 31.62), abs=1e-9)
    (use,) = new["energy_use"].to_dict("records")
    assert (use["enterprise_id"], use["carrier"], use["energy_gj_a"], use["estimated"]) == (
        "N1",
        "natural_gas",
        500,
        "",
    )
    assert new["occupancy"].query("parcel_id == 'P6'")["share"].tolist() == [0.5]
    assert new["facilities"].geometry.notna().all() and new["profiles"]["shifts"].tolist() == [1]
    again, findings = read_book(path, new)
    assert findings == [] and len(again["energy_use"]) == 1, "a second reading adds nothing"


def test_a_firm_is_moved_by_its_degrees(path: Path) -> None:
    park = guessed()
    new, _ = Book(path, "en", park).fill("enterprises", 1, longitude=120.01).read(park)
    moved = new["enterprises"].geometry.distance(park["enterprises"].geometry)
    assert moved.drop(1).max() == 0 and moved[1] > 500


# ---- what is rejected is named by its cell


BAD = [
    ("enterprises", "staff", 0, "about 50", "not_number"),
    ("enterprises", "staff", 1, -5, "too_small"),
    ("enterprises", "staff", 2, "1,200", "not_number"),
    ("enterprises", "sector", 0, "shipyard of the moon", "unknown_code"),
    ("enterprises", "high_tech", 0, "perhaps", "not_boolean"),
    ("enterprises", "name", 0, "#REF!", "formula_error"),
    ("enterprises", "tax_cur_a", 0, "=SUM(A1:A2)", "formula_empty"),
    ("enterprises", "longitude", 0, 13_358_338.9, "not_degrees"),
    ("parcels", "supply_date", 0, "soon", "not_date"),
    ("parcels", "land_grade", 0, 3.5, "not_whole"),
    ("parcels", "building_density_max_pct", 0, 140, "too_large"),
    ("heat_streams", "enterprise_id", 0, "E99", "dangling"),
]


def test_each_rejected_cell_is_named_and_does_not_enter(path: Path) -> None:
    park = guessed()
    book = Book(path, "en", park)
    for layer, column, row, cell, _ in BAD:
        book.fill(layer, row, **{column: cell})
    expected = {
        (f"questionnaire.{key}", f"{layer}!{book.cell(layer, column, row).coordinate}")
        for layer, column, row, _, key in BAD
    }
    new, findings = book.read(park)
    assert {(f.key, f.values["cell"]) for f in findings} == expected and len(findings) == len(BAD)
    assert all(f.values["cell"] in f.text("zh") and f.severity == "warning" for f in findings)
    for name in park:
        assert_frame_equal(pd.DataFrame(park[name]), pd.DataFrame(new[name]))


def test_rejected_rows(path: Path) -> None:
    park = guessed()
    book = Book(path, "zh")
    book.fill("parcels", 0, parcel_id="P99", land_use="工业用地")  # nobody can draw it in Excel
    book.fill("occupancy", 0, enterprise_id="E1")  # no parcel
    book.fill("emissions", 0, enterprise_id="E1", pollutant="so2")  # no amount
    book.fill("facilities", 0, facility_id="F1", utility="供热")  # no place
    book.fill("enterprises", 0, enterprise_id="E1", staff=1).fill("enterprises", 1, enterprise_id="E1", staff=2)
    new, findings = book.read(park)
    assert {(f.key.split(".")[1], f.values["cell"].split("!")[0]) for f in findings} == {
        ("row_not_drawn", "地块"),
        ("key_missing", "企业占地"),
        ("row_incomplete", "污染物排放"),
        ("place_missing", "现有设施"),
        ("key_twice", "企业"),
    }
    assert len(new["parcels"]) == 6 and new["emissions"].empty and new["facilities"].empty
    assert firm(new, "E1")["staff"] == 1


def test_answers_that_no_step_could_use_are_errors(path: Path) -> None:
    park = guessed()
    _, findings = Book(path, "en", park).fill("heat_streams", 0, t_target_c=400).read(park)
    assert [(f.key, f.severity) for f in findings] == [("check.temperatures_crossed", "error")]


def test_headings_may_move_and_names_may_go(path: Path) -> None:
    park = guessed()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "企业"
    sheet.append(["某某园区企业表"])
    sheet.append(["产值", "企业编号", "备注"])
    sheet.append(["currency/a", None, None])
    sheet.append([5e8, "E3", "电话核实"])
    book.save(path)
    new, findings = read_book(path, park)
    assert findings == [] and firm(new, "E3")["output_cur_a"] == 5e8


def test_no_heading(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "wind"
    book.active.append(["?", 1])
    book.save(path)
    _, (finding,) = read_book(path, guessed())
    assert finding.key == "questionnaire.no_heading"


@pytest.mark.parametrize("body", [None, b"", b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 64])
def test_unreadable_books(path: Path, body: bytes | None) -> None:
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(InputError) as caught:
        read_book(path, guessed())
    locked = body is not None and body.startswith(b"\xd0\xcf")
    assert caught.value.findings[0].key == f"questionnaire.{'locked' if locked else 'unreadable'}"


def test_a_foreign_book(path: Path) -> None:
    openpyxl.Workbook().save(path)
    with pytest.raises(InputError) as caught:
        read_book(path, guessed())
    assert caught.value.findings[0].key == "questionnaire.no_sheet"


fuzz = settings(
    max_examples=int(os.environ.get("PARKLOOP_FUZZ", "10")),
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates().map(lambda d: d),
    st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)), max_size=6),
    st.sampled_from(["E1", "P1", "工业用地", "=A1", "#DIV/0!", "9999-12-31", "是"]),
)


@fuzz
@given(st.data())
def test_whatever_is_typed_the_park_stays_sound(tmp_path: Path, data: st.DataObject) -> None:
    """Cells of any kind give a park in the schema's types; nothing enters that the schema does not allow."""
    layer = data.draw(st.sampled_from(SHEETS))
    names = data.draw(st.lists(st.sampled_from(list(columns(layer))), min_size=1, unique=True))
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = layer
    sheet.append(names)
    for row in data.draw(st.lists(st.tuples(*[CELLS] * len(names)), max_size=5)):
        sheet.append(row)
    path = tmp_path / "fuzz.xlsx"
    book.save(path)
    new, findings = read_book(path, guessed())
    for finding in findings:
        assert finding.text("en") and finding.remedy("zh")
    for column in schema.layers()[layer].columns.values():
        cells = new[layer][column.name]
        if column.minimum is not None:
            assert (cells.dropna() >= column.minimum).all()
        if column.maximum is not None:
            assert (cells.dropna() <= column.maximum).all()
        if column.codes:
            assert set(cells) <= {*schema.codes(column), ""}


@fuzz
@given(st.data())
def test_damaged_books(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.xlsx"
    if not good.exists():
        book = openpyxl.Workbook()
        book.active.title = "wind"
        book.active.append(["wind_id", "direction_deg", "frequency_pct"])
        book.active.append(["W1", 90, 12.5])
        book.save(good)
    body = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(bytes(body))
    try:
        new, _ = read_book(bad, guessed())
    except InputError as fault:
        assert fault.findings
    else:
        assert len(new["enterprises"]) == 5


# ---- sheets and columns that are not as the template has them


def test_sheets_that_are_not_the_questionnaires_are_told(path: Path) -> None:
    park = guessed()
    book = Book(path, "zh", park).fill("enterprises", 0, staff=77)
    book.book["企业"].title = "企业名录"
    book.book.create_sheet("备注").append(["由管委会填写"])
    book.book.create_sheet("parcels").append(["parcel_id"])
    new, findings = book.read(park)
    assert [(f.key.split(".")[1], f.severity) for f in findings] == [
        ("sheet_twice", "warning"),
        ("sheet_renamed", "warning"),
        ("sheet_unknown", "info"),
    ]
    assert "企业名录" in findings[1].text("zh") and "enterprises" in findings[1].remedy("en")
    assert_frame_equal(pd.DataFrame(new["enterprises"]), pd.DataFrame(park["enterprises"]))


@pytest.mark.parametrize(("layer", "column"), [("heat_streams", "stream_id"), ("parcels", "parcel_id")])
def test_rows_do_not_come_in_twice_where_the_key_column_is_gone(path: Path, layer: str, column: str) -> None:
    park = guessed()
    book = Book(path, "en", park)
    book.book[layer].delete_cols(list(columns(layer)).index(column) + 1)
    new, findings = book.read(park)
    assert [(f.key, f.layer, f.column) for f in findings] == [("questionnaire.key_column", layer, column)]
    assert len(new[layer]) == len(park[layer])


def test_classes_of_gb_t_4754_are_their_division(path: Path) -> None:
    park = guessed()
    book = Book(path, "zh", park)
    for row, cell in enumerate(("C2614", "2614 有机化学原料制造", "34")):
        book.fill("enterprises", row, sector=cell)
    new, findings = book.fill("enterprises", 3, sector="化工").read(park)
    assert new["enterprises"]["sector"].tolist()[:3] == ["C26", "C26", "C34"]
    assert [f.values["near"] for f in findings] == ["C26"]
