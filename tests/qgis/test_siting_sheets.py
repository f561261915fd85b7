"""The sheets of the facilities in the layout report: wind rose, whom the sites serve, plumes, and the plans beside."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from qgis.core import QgsLayoutItemPicture, QgsSettings
from siting_run import make_park, make_run
from test_layouts import cells, legend, sheet

ON_MAPS = ["Sites, exclusion and protection zones", "Areas that the sites serve"]
PLUMES = ["What the sites add to the air: Worst hour", "What the sites add to the air: Mean of the year"]
TABLES = [
    "Front of cost, exposure and CO2", "Next best sets of sites and their regret",
    "How the sites change with demand and prices", "What is built when",
]  # fmt: skip


@pytest.fixture()
def make_book(layer_of, geopackage, tmp_path):
    from parkloop.plugin.layouts.book import Book
    from parkloop.plugin.layouts.run_data import RunData

    made = []

    def make(tables=True):
        store = tmp_path / "store"
        store.mkdir()
        run = make_run(layer_of, geopackage, tmp_path / "run-1", tables)
        made.append(Book(RunData(run, make_park(layer_of, geopackage)), store))
        return made[-1]

    yield make
    for book in made:
        book.close()


def test_each_table_of_the_run_has_its_sheet_and_none_is_empty(make_book):
    book = make_book()
    titles = [one.title for one in book.themes]
    assert titles == ["Overview of the park", *ON_MAPS, *PLUMES, *TABLES]


def test_an_older_run_has_the_sheet_of_the_sites_alone(make_book):
    book = make_book(tables=False)
    assert [one.title for one in book.themes] == ["Overview of the park", ON_MAPS[0]]
    assert sheet(book, ON_MAPS[0]).itemById("inset") is None


def test_the_wind_rose_stands_in_the_corner_of_the_map(make_book):
    book = make_book()
    layout = sheet(book, ON_MAPS[0])
    picture, shown = layout.itemById("inset"), layout.itemById("map")
    assert isinstance(picture, QgsLayoutItemPicture)
    assert shown.sceneBoundingRect().contains(picture.sceneBoundingRect())
    root = ElementTree.parse(picture.picturePath()).getroot()
    shapes = [one for one in root.iter() if one.tag.endswith("polygon")]
    words = [one.text for one in root.iter() if one.tag.endswith("text")]
    assert [len(one.get("points").split()) for one in shapes] == [8, 8]
    assert shapes[0].get("stroke-dasharray") is None and shapes[1].get("stroke-dasharray")
    assert {"Wind rose", "N", "Whole year, calms 32 %", "Summer, calms 30 %"} <= set(words)
    # the wind from the north (5 %) is the rarest, that from the north-west (12 %) the commonest
    spots = [tuple(map(float, spot.split(","))) for spot in shapes[0].get("points").split()]
    away = [((x - 300) ** 2 + (y - 280) ** 2) ** 0.5 for x, y in spots]
    assert away == sorted(away) and spots[0][0] == pytest.approx(300) and spots[0][1] < 280


def test_areas_and_plumes_are_told_and_listed_in_the_legend(make_book):
    book = make_book()
    layout = sheet(book, ON_MAPS[1])
    assert ["Heat: P1", "1 served, 900\u00a0kW"] in cells(layout, "figures")
    assert "Service areas" in legend(layout) and "Plumes: worst hour" not in legend(layout)
    figures = cells(sheet(book, PLUMES[0]), "figures")
    assert figures == [["heat-1: Nitrogen oxides", "50\u00a0µg/m³, 20 % of the limit"]]
    assert sheet(book, PLUMES[1]).itemById("inset") is not None


def test_tables_tell_rank_sites_and_regret_and_outages_stand_below_the_phases(make_book):
    book = make_book()
    rows = cells(sheet(book, TABLES[1]), "figures")
    assert rows[0][:3] == ["Utility", "Rank", "Sites"]
    second = next(row for row in rows if row[:2] == ["Heat", "1"])
    assert second[2] == "K01 900 kW" and "4.70" in second
    layout = sheet(book, TABLES[3])
    assert cells(layout, "figures")[1][:3] == ["Heat", "heat-1", "Near term"]
    assert (
        cells(layout, "data")[1][0] == "Heat" and layout.itemById("caption_data").text() == "Failure of one works"
    )


def test_the_sheets_are_in_chinese(make_book):
    QgsSettings().setValue("parkloop/language", "zh")
    book = make_book()
    titles = [one.title for one in book.themes]
    assert titles[2] == "集中设施服务范围图" and "次优场址组合及后悔值表" in titles
    picture = sheet(book, "集中设施选址与禁建、防护范围图").itemById("inset").picturePath()
    assert "风玫瑰图" in Path(picture).read_text(encoding="utf-8")
