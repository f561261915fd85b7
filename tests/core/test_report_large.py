"""Pages of large parks: written by column, capped and saying so; texts and shapes as one by one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import report_results
import shapely
from hypothesis import given
from hypothesis import strategies as st

from parkloop import resources
from parkloop.analysis.report import drawing, drawing_of, write_page
from parkloop.analysis.report.describe import (
    Field,
    blank,
    cell,
    column,
    column_with_unit,
    origin,
    sentences,
    value_with_unit,
)
from parkloop.analysis.report.mapdata import map_data, notes
from parkloop.analysis.report.numbers import Style, empty
from parkloop.analysis.report.shapes import Shapes
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.steps import StepResult

COLUMNS: list[tuple[Field, Any, Any]] = [
    (Field("x", "x", "float", "m2"), [1.0, np.nan, 123456.0, 0.0456, -2.5], "float64"),
    (Field("x", "x", "float", "currency/ha"), [1.5e6, np.nan, 0.0, 3.25e7, 1.5e6], "float64"),
    (Field("x", "x", "int"), [3, None, 12345, 0, -1], "Int64"),
    (Field("x", "x", "int", "a"), [2021, 2021, None, 1999, 2000], "Int64"),
    (Field("x", "x", "bool"), [True, False, None, True, False], object),
    (Field("x", "x", "bool"), [True, False, True, True, False], bool),
    (Field("x", "x", "date"), [pd.Timestamp("2020-03-04"), pd.NaT, None, pd.Timestamp("2021-01-01"), pd.NaT], None),
    (Field("x", "x", codes="asleep"), ["idle", "", None, "vacant", "no such code"], object),
    (Field("x", "x", refers="enterprises"), ["E1", "E2;E1", "", None, "E9"], object),
    (Field("source", "x"), ["TD/T 1029; plan", "", None, "natural=wood", "x"], object),
    (Field("confidence", "x"), ["h", "m", "l", "", None], object),
]


@pytest.mark.parametrize("lang", resources.LANGUAGES)
@pytest.mark.parametrize(("field", "values", "kind"), COLUMNS)
def test_a_column_is_written_as_its_cells(field: Field, values: list[Any], kind: Any, lang: str) -> None:
    style, names = Style(lang, "CHF"), {"enterprises": {"E1": "First", "E2": "Second"}}
    series = pd.Series(values, dtype=kind, name="x")
    assert column(field, series, style, names) == [cell(field, v, style, names) for v in series.tolist()]
    assert blank(series).tolist() == [empty(v) for v in series.tolist()]
    frame = pd.DataFrame({field.name: series, "unit": ["m2", "CHF", "", None, "%"]})
    for own in (field, Field(field.name, "x", field.type, "by row", field.codes, field.refers)):
        rows = [{field.name: v, "unit": u} for v, u in zip(series.tolist(), frame["unit"], strict=True)]
        assert column_with_unit(own, frame, style, names) == [value_with_unit(own, r, style, names) for r in rows]


def test_a_part_of_a_tip_in_brackets_vanishes_where_a_value_is_missing() -> None:
    frame = pd.DataFrame({"a": ["one", "", "{a}"], "b": [1.0, 2.0, np.nan]})
    table = {"a": Field("a", "a"), "b": Field("b", "b", "float", "kW")}
    told = sentences("<{a}>[: {b}][ of {none}].", table, frame, Style("en"), {})
    assert told == ["<one>: 1 kW.", "<>: 2 kW.", "<{a}>."]  # what a value holds is never filled again


SHAPES = [
    shapely.box(0, 0, 10, 20),
    shapely.Polygon([(0, 0), (30, 0), (30, 30), (0, 30)], [[(5, 5), (6, 6), (6, 5)], [(9, 9), (9, 12), (12, 12)]]),
    shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(4, 4, 6, 6)]),
    shapely.LineString([(0, 0), (5.04, 5.06), (9, 0)]),
    shapely.MultiLineString([[(0, 0), (1, 0)], [(0, 5), (9, 5)]]),
    shapely.Point(7.3, 8.4),
    shapely.GeometryCollection([shapely.Point(1, 2), shapely.MultiPolygon([shapely.box(2, 2, 3, 3)])]),
]


def test_shapes_come_back_as_they_were_drawn_to_a_decimetre() -> None:
    shapes = Shapes((-3.0, 2.0), 0.0)
    places = shapes.add(np.array([*SHAPES, SHAPES[0]], dtype=object))
    assert places == [*range(len(SHAPES)), 0]  # each distinct shape once
    for place, shape in zip(places, SHAPES, strict=False):
        back = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) * 0.1 + (-3.0, 2.0) for ring in shapes.rings[place]]
        there = shapely.get_coordinates(shape)
        assert np.abs(np.concatenate(back) - there).max() <= 0.05 + 1e-9
    assert [len(shapes.rings[p]) for p in places[:6]] == [1, 3, 2, 1, 2, 1]


def test_labels_stand_inside_areas_and_half_way_along_the_longest_line() -> None:
    shapes = Shapes((0.0, 0.0), 0.0)
    points = shapes.points(np.array(SHAPES[:6], dtype=object))
    assert points[4] == [45, 50] and points[5] == [73, 84]
    assert shapely.covers(SHAPES[1], shapely.Point(points[1][0] / 10, points[1][1] / 10))


@given(st.lists(st.integers(0, 500), max_size=12), st.integers(0, 3000))
def test_a_cap_leaves_no_more_than_the_total_and_spares_the_small(sizes: list[int], total: int) -> None:
    level = drawing._level(sizes, total)
    kept = [min(size, level) for size in sizes]
    assert sum(kept) <= total or sum(sizes) == 0
    if sum(sizes) > total:  # nothing more fits
        assert sum(min(size, level + 1) for size in sizes) > total
    else:
        assert kept == sizes


@pytest.fixture
def small_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (
        ("BRIEF_FROM", 10), ("DROP_FROM", 10), ("CONTEXT_MOST", 7), ("DRAWN_MOST", 150), ("TOLD_MOST", 60),
    ):  # fmt: skip
        monkeypatch.setattr(drawing, name, number)


@pytest.mark.usefixtures("small_caps")
@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_the_map_of_a_large_park_is_capped_and_says_so(tmp_path: Path, lang: str) -> None:
    park = report_results.fake_park(40)
    results = report_results.fake_results(park)
    tables = {name: frame for result in results.values() for name, frame in result.tables.items()}
    drawn = drawing_of(park, results)
    assert sum(len(one.frame) for one in drawn.layers) <= 150
    assert sum(int(one.told.sum()) for one in drawn.layers) <= 60
    layers = {one.look.layer: one for one in drawn.layers}
    assert len(layers["buildings"].frame) == 7
    shown = layers["buildings"].frame.area
    left = park["buildings"].drop(index=shown.index).area
    assert shown.min() >= left.max()  # the largest are drawn
    style = Style(lang)
    data = map_data(park, tables, style, {}, {}, drawn)
    for layer in data["layers"]:
        told = layers[layer["id"]].told
        for row, known in zip(layer["rows"], told, strict=True):
            assert bool(row[6]) == (known and bool(layer["fields"]))
            if not known:
                assert data["texts"][row[3]] == layer["title"] and row[7] == []
    document = report_results.fake_document(park, results)
    write_page(tmp_path / "p.html", park, Scenario(), results, document, lang, date(2026, 1, 5), drawn)
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    said = notes(drawn, style)
    assert len(said) == 4 and all(sentence in page.replace("&#39;", "'") for sentence in said)
    assert re.search(r"7\D+40|40\D+7", said[1])  # 7 of 40 buildings


@pytest.mark.usefixtures("small_caps")
def test_shapes_with_many_vertices_are_fewer_until_the_page_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    park = report_results.fake_park(40)
    results = report_results.fake_results(park)
    before = sum(len(one.frame) for one in drawing_of(park, results).layers)
    monkeypatch.setattr(drawing, "MOST_BYTES", 4_000)
    drawn = drawing_of(park, results)
    rows = sum(len(one.frame) for one in drawn.layers)
    assert 0 < rows < before
    assert 4 * sum(len(ring) for shape in drawn.rings for ring in shape) + 36 * rows <= 4_000


def test_a_small_park_is_drawn_whole_and_says_nothing() -> None:
    park = report_results.fake_park(24)
    drawn = drawing_of(park, report_results.fake_results(park))
    assert notes(drawn, Style("en")) == [] and all(one.told.all() for one in drawn.layers)


@pytest.mark.usefixtures("small_caps")
def test_what_is_drawn_does_not_depend_on_the_order_of_rows() -> None:
    park = report_results.fake_park(30)
    tables = {k: v for r in report_results.fake_results(park).values() for k, v in r.tables.items()}
    turned = {name: park[name].iloc[::-1] for name in park}
    for one, other in zip(
        drawing.drawing(park, tables).layers, drawing.drawing(turned, tables).layers, strict=True
    ):
        assert one.look == other.look and len(one.frame) == len(other.frame)
        assert np.allclose(np.sort(one.frame.area), np.sort(other.frame.area))


def test_every_tag_that_closes_land_has_a_name_in_both_languages() -> None:
    for row in resources.table("knowledge", "osm_exclusions.csv"):
        for lang in resources.LANGUAGES:
            words, tag = resources.texts(lang), f"{row['key']}={row['value']}"
            assert tag not in origin(tag, Style(lang)) and words[f"sources.{tag}"] in origin(tag, Style(lang))
            widened = origin(f"{tag} ({row['source']}; 10 m)", Style(lang))
            assert words[f"sources.{row['source']}"] in widened and "10 m" in widened and "=" not in widened


def test_a_finding_names_its_source_in_the_language_of_the_page(tmp_path: Path) -> None:
    park = report_results.fake_park(3)
    results = {"intensity": StepResult()}
    document = report_results.fake_document(park, results)
    raw = "waterway=canal (ParkLoop assumption; 10 m)"
    sentence = dict.fromkeys(resources.LANGUAGES, f"Kept: {raw}.")
    document["steps"]["intensity"]["findings"] = [
        {"key": "x", "severity": "info", "values": {"source": raw}, "text": sentence, "remedy": sentence}
    ]
    write_page(tmp_path / "p.html", park, Scenario(), results, document, "zh", date(2026, 1, 5))
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "运河" in page and raw not in page
