"""The layout report: pages, legends, scales, templates of one's own, and a sentence for what is missing."""

import json
import re
import shutil

import pytest
from qgis.core import (
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsSettings,
)
from waiting import needs_engine

CRS = "crs=EPSG:4549"
TEXTS = "field=name:string&field=source:string&field=estimated:string"
A3, A4 = (1191, 842), (842, 595)


def square(x, y, side=200):
    return f"Polygon(({x} {y}, {x} {y + side}, {x + side} {y + side}, {x + side} {y}, {x} {y}))"


def pages(path):
    """Width and height of each page of a PDF in points."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", path.read_bytes())
    return [(round(float(width)), round(float(height))) for width, height in boxes]


@pytest.fixture()
def park(layer_of, geopackage):
    """Three industrial parcels, and a green one far away, all from a map."""
    made, x, y = "OpenStreetMap w1 w2", 500000, 3480000
    return geopackage(
        "park.gpkg",
        park=layer_of(f"Polygon?{CRS}&{TEXTS}", [(square(x, y, 4000), "Park", made, None)]),
        parcels=layer_of(
            f"Polygon?{CRS}&{TEXTS}&field=parcel_id:string&field=land_use:string",
            [
                (square(x, y), "A", made, None, "P1", "industrial"),
                (square(x + 200, y), None, made, None, "P2", "industrial"),
                (square(x, y + 200), None, made, None, "P3", "industrial"),
                (square(x + 3800, y + 3800), None, made, None, "P4", "green"),
            ],
        ),
        enterprises=layer_of(
            f"Point?{CRS}&{TEXTS}&field=enterprise_id:string",
            [(f"Point({x + 50} {y + 50})", "Works", made, None, "E1")],
        ),
        roads=layer_of(
            f"LineString?{CRS}&{TEXTS}&field=road_id:string",
            [(f"LineString({x} {y - 10}, {x + 4000} {y - 10})", None, made, None, "R1")],
        ),
    )


@pytest.fixture()
def run(layer_of, geopackage, tmp_path):
    """A run with two ranked parcels, a heat and a gas site, and a heat network."""
    x, y = 500000, 3480000
    parcels = (
        f"Polygon?{CRS}&field=parcel_id:string&field=name:string&field=asleep:string&field=asleep_m2:double"
        "&field=asleep_rank:integer&field=area_m2:double&field=land_use:string&field=enterprises:string&field=estimated:string"
        "&field=score:double&field=score_class:string&field=class_limits:string&field=rank:integer&field=rank_from:integer"
        "&field=rank_to:integer"
    )
    checks = (
        "NoGeometry?field=check_id:string&field=parcel_id:string&field=indicator:string&field=value:double"
        "&field=limit_value:double&field=unit:string&field=met:integer&field=shortfall:double&field=remedy:string"
        "&field=add_m2:double&field=release_m2:double&field=superseded:integer&field=source:string&field=edition:string"
        "&field=clause:string&field=confidence:string"
    )
    law = "Control indicators for industrial project land, land and resources document [2008] 24"
    sites = (
        f"Polygon?{CRS}&field=site_id:string&field=name:string&field=utility:string&field=land_id:string&field=status:string"
        "&field=capacity:double&field=unit:string&field=investment_cur:double&field=estimated:string"
    )
    pipes = (
        f"LineString?{CRS}&field=pipe_id:string&field=utility:string&field=dn_mm:double&field=length_m:double"
        "&field=investment_cur:double&field=estimated:string"
    )
    file = geopackage(
        "results.gpkg",
        intensity_parcels=layer_of(
            parcels,
            [
                (
                    square(x, y),
                    "P1",
                    "A",
                    "under_used",
                    40000.0,
                    1,
                    40000.0,
                    "industrial",
                    "E1",
                    "asleep_m2",
                    51.2,
                    "medium",
                    "40–60",
                    2,
                    1,
                    3,
                ),
                (
                    square(x + 200, y),
                    "P2",
                    None,
                    "idle",
                    30000.0,
                    2,
                    40000.0,
                    "industrial",
                    None,
                    None,
                    12.0,
                    "low",
                    "0–40",
                    3,
                    3,
                    3,
                ),
                (
                    square(x, y + 200),
                    "P3",
                    None,
                    "none",
                    0.0,
                    0,
                    40000.0,
                    "industrial",
                    None,
                    None,
                    99.0,
                    "high",
                    "80–100",
                    1,
                    1,
                    1,
                ),
            ],
        ),
        intensity_checks=layer_of(
            checks,
            [
                (
                    "",
                    "P1/a",
                    "P1",
                    "height_plan_max",
                    18.0,
                    30.0,
                    "m",
                    1,
                    0.0,
                    "none",
                    0.0,
                    0.0,
                    0,
                    "plan",
                    None,
                    None,
                    "h",
                ),
                (
                    "",
                    "P1/b",
                    "P1",
                    "plot_ratio_min",
                    0.5,
                    0.8,
                    "1",
                    0,
                    0.3,
                    "add_floor",
                    12000.0,
                    15000.0,
                    1,
                    law,
                    "2008",
                    "plot ratio table by sector",
                    "m",
                ),
            ],
        ),
        sites=layer_of(
            sites,
            [
                (
                    square(x + 20, y + 20, 50),
                    "heat-1",
                    None,
                    "heat",
                    "P1",
                    "new",
                    63000.0,
                    "kW",
                    39.3e6,
                    "capacity",
                ),
                (
                    square(x + 220, y + 20, 50),
                    "gas-1",
                    "Station",
                    "gas",
                    "P2",
                    "existing",
                    5000.0,
                    "m3/h",
                    0.0,
                    None,
                ),
            ],
        ),
        network_pipes=layer_of(
            pipes, [(f"LineString({x} {y - 10}, {x + 400} {y - 10})", "H1", "heat", 150.0, 400.0, 1.0e6, None)]
        ),
        network_nodes=layer_of(
            f"Point?{CRS}&field=node_id:string&field=utility:string&field=kind:string",
            [
                (f"Point({x} {y - 10})", "N1", "heat", "source"),
                (f"Point({x + 400} {y - 10})", "N2", "heat", "consumer"),
            ],
        ),
    )
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.move(str(file), str(folder / "results.gpkg"))
    figure = {
        "value": 12.0,
        "unit": "ha",
        "estimated_share": 0.0,
        "label": {"en": "Land evaluated", "zh": "评价土地面积"},
    }
    steps = ("intensity", "siting", "networks")
    standard = {"unit": "", "clause": "4", "confidence": "h", "edition": "2017"}
    document = {
        "park": {
            "name": "Park",
            "crs": "EPSG:4549",
            "working_crs": "EPSG:4549",
            "currency": "CNY",
            "synthetic": True,
        },
        "scenario": {"name": "base"},
        "steps": {step: {"headline": {"en": "fine", "zh": "良好"}, "figures": {"area": figure}} for step in steps},
        "sources": [
            {"key": "siting.a", "source": "GB 50318-2017", **standard},
            {"key": "currency.EUR", "source": "bank", **standard},
        ],
    }
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "run.json").write_text('{"date": "2026-03-04T05:06:07+00:00"}', encoding="utf-8")
    return folder


@pytest.fixture()
def book(run, park, tmp_path):
    """The sheets, to be looked at one by one."""
    from parkloop.plugin.layouts.book import Book
    from parkloop.plugin.layouts.run_data import RunData

    store = tmp_path / "store"
    store.mkdir()
    made = Book(RunData(run, park), store)
    yield made
    made.close()


def sheet(book, title):
    """The layout of the sheet with a title; all before it are drawn too, as in an export."""
    assert book.beginRender()
    while book.next():
        layout = book.layout()
        label = layout.itemById("sheet") or layout.itemById("title")
        if label.text() == title:
            return layout
    raise AssertionError(f"{title} is not among {book.titles}: {book.error}")


def legend(layout):
    """The entries of the legend by the title of their layer."""
    model = layout.itemById("legend").model()
    found = {}
    for node in model.rootGroup().findLayers():
        title = node.customProperty("legend/title-label")
        found[title] = [entry.data(0) for entry in model.layerLegendNodes(node)]
    return found


TITLES = [
    "Cover", "Overview of the park", "Intensity of land use", "Control standards", "Asleep land",
    "Ranked list of asleep land", "Sites, exclusion and protection zones", "Network: Heat", "Parcel A P1", "Parcel P2", "Heat: P1", "Gas: Station", "Index of sources",
]  # fmt: skip


def test_one_pdf_with_a_page_for_each_sheet(run, park, tmp_path, book):
    from parkloop.plugin.layouts.report import write_report

    before = sorted(path.name for path in run.iterdir())
    target = write_report(run, park, tmp_path / "new" / "report.pdf")
    assert book.titles == TITLES
    assert pages(target) == [A3] * len(TITLES)
    assert sorted(path.name for path in run.iterdir()) == before
    assert [path.name for path in target.parent.iterdir()] == ["report.pdf"]
    assert not QgsProject.instance().mapLayers()


def test_a_legend_lists_what_is_on_its_sheet_and_nothing_else(book):
    overview = legend(sheet(book, "Overview of the park"))
    assert overview["Parcels"] == ["Industrial", "Green space"]
    network = legend(sheet(book, "Network: Heat"))
    assert network["Networks"] == ["DN 100–200"]
    assert "Land-use intensity" not in network
    # the green parcel lies four kilometres off
    place = legend(sheet(book, "Heat: P1"))
    assert place["Parcels"] == ["Industrial"]
    assert legend(sheet(book, "Asleep land"))["Asleep land"]


def test_a_legend_keeps_to_its_box(book):
    layout = sheet(book, "Overview of the park")
    item = layout.itemById("legend")
    figures = layout.itemById("figures")
    assert item.pagePos().y() + item.rect().height() <= figures.pagePos().y()


def test_the_atlas_shows_each_place_at_a_round_scale(book):
    for title, x, y in (("Parcel A P1", 500100, 3480100), ("Gas: Station", 500245, 3480045)):
        layout = sheet(book, title)
        item = layout.itemById("map")
        assert item.scale() == pytest.approx(2500)
        assert layout.itemById("scale").text() == "1:2,500"
        assert item.extent().center().x() == pytest.approx(x, abs=1)
        assert item.extent().center().y() == pytest.approx(y, abs=1)


def test_figures_of_a_place_carry_units_and_the_mark_of_estimates(book):
    table = sheet(book, "Heat: P1").itemById("figures").multiFrame()
    rows = {row[0].content(): row[1].content() for row in table.tableContents()}
    assert rows["Capacity"] == "63,000\u00a0kW *"
    assert rows["Investment"] == "39.3\u00a0million CNY"
    parcel = sheet(book, "Parcel A P1").itemById("figures").multiFrame()
    rows = {row[0].content(): row[1].content() for row in parcel.tableContents()}
    assert rows["Asleep area"] == "40,000\u00a0m² *"
    assert rows["Enterprise"] == "Works"


def cells(layout, name):
    """The texts of a table of a sheet, without the narrow columns between."""
    rows = layout.itemById(name).multiFrame().tableContents()
    return [[cell.content() for cell in row if cell.content()] for row in rows]


def test_a_parcel_stands_against_its_limits_with_what_would_mend_it(book):
    layout = sheet(book, "Parcel A P1")
    head, missed, kept = cells(layout, "checks")
    assert head[:4] == ["Indicator", "Value", "Limit", "Met"]
    assert missed[:5] == ["Plot ratio, minimum of the standard", "0.500", "0.800", "Not met", "0.300"]
    assert missed[5] == "Add floor area, or release land: 12,000\u00a0m² or 15,000\u00a0m²"
    assert "[2008] 24" in missed[6] and missed[6].endswith("(superseded)") and missed[7] == "medium"
    assert kept == ["Height, maximum of the plan", "18\u00a0m", "30\u00a0m", "Met", "plan of the parcel", "high"]
    told = dict(row for row in cells(layout, "figures") if len(row) == 2)
    assert told["Place among asleep land"] == "1 of 2"
    assert told["Score"] == "51.2 (Medium 40–60)"
    assert told["Rank by score, interval"] == "2 (1–3)"
    assert told["Floor area that could be added"] == "12,000\u00a0m²"
    # the same print layout shows the next parcel: nothing of the last one may stay
    assert cells(sheet(book, "Parcel P2"), "checks")[1:] == [["No control standard applies to this parcel."]]


def test_tables_of_an_atlas_stay_as_wide_as_drawn(book):
    wide = sheet(book, "Parcel A P1").itemById("figures").multiFrame().totalSize().width()
    assert sheet(book, "Parcel P2").itemById("figures").multiFrame().totalSize().width() == pytest.approx(
        wide, abs=0.1
    )


def test_the_maps_of_land_count_what_they_show(book):
    told = dict(cells(sheet(book, "Intensity of land use"), "figures")[1:])
    assert told["Medium (40–60)"] == "1 parcels, 4\u00a0ha"
    standards = cells(sheet(book, "Control standards"), "figures")
    assert standards[0] == ["Plot ratio, minimum of the standard", "missed by 1 of 1"]
    ranked = cells(sheet(book, "Ranked list of asleep land"), "figures")
    assert [row[:3] for row in ranked[1:]] == [["1", "A P1", "Under-used"], ["2", "P2", "Idle"]]


def test_a_page_for_each_parcel_that_is_asked_for(run, park, tmp_path):
    from parkloop.plugin.layouts.book import Book
    from parkloop.plugin.layouts.run_data import RunData

    for which, count in (("key", 2), ("asleep", 2), ("all", 3), ("none", 0)):
        store = tmp_path / which
        store.mkdir()
        made = Book(RunData(run, park), store, parcels=which)
        assert sum(sheet.kind == "parcel" for sheet in made.places) == count
        made.close()


def test_long_tables_go_on_the_next_page(book):
    from parkloop.plugin.layouts.sheet import Sheet, Table

    rows = [(str(number), "a parcel") for number in range(100)]
    pages = book._pages(Sheet("Long", kind="table", tables=[Table(("Rank", "Name"), rows, (1, 4), (0,))]))
    assert len(pages) > 1 and [row for page in pages for row in page.tables[0].rows] == rows
    layout = book._table(pages[0])
    assert len(cells(layout, "figures")) == len(pages[0].tables[0].rows) + 1  # and the heads: nothing is cut


def test_every_sheet_says_what_must_be_said(book):
    assert book.beginRender()
    for number in range(book.count()):
        assert book.next(), book.error
        layout = book.layout()
        assert layout.itemById("synthetic").text() == "SYNTHETIC DATA: no real park"
        assert "© OpenStreetMap contributors, ODbL" in layout.itemById("source").text()
        assert layout.itemById("date").text() == "2026-03-04"
        if number:
            assert layout.itemById("sheet_number").text() == f"{number + 1} / {len(TITLES)}"
    assert not book.next() and book.error is None


def test_the_index_names_the_standards_that_were_used(book):
    layout = sheet(book, "Index of sources")
    rows = [[cell.content() for cell in row] for row in layout.itemById("figures").multiFrame().tableContents()]
    assert rows[1:] == [["GB 50318-2017, urban drainage planning", "2017", "4", "siting", "high", "1"]]
    origins = [[cell.content() for cell in row] for row in layout.itemById("data").multiFrame().tableContents()]
    assert origins[1][0] == "OpenStreetMap" and origins[1][2] == "7"


def test_the_sheets_speak_chinese(run, park, tmp_path):
    from parkloop.plugin.layouts.book import Book
    from parkloop.plugin.layouts.run_data import RunData

    QgsSettings().setValue("parkloop/language", "zh")
    store = tmp_path / "store"
    store.mkdir()
    made = Book(RunData(run, park), store)
    assert made.titles[1] == "园区现状总览图"
    layout = sheet(made, "供热管网规划图")
    assert layout.itemById("caption_scale").text() == "比例"
    assert legend(layout)["集中设施"] is not None
    made.close()


@pytest.fixture()
def real_book(made_run, tmp_path):
    """The sheets of a run of the real engine with links and clusters."""
    from parkloop.plugin.layouts.book import Book
    from parkloop.plugin.layouts.run_data import RunData

    store = tmp_path / "real"
    store.mkdir()
    made = Book(RunData(made_run / "small-runs" / "run-1", made_run / "small.gpkg"), store)
    yield made
    made.close()


@needs_engine
def test_links_have_a_map_of_each_kind_whose_legend_lists_that_kind_alone(real_book):
    kinds = {row["kind"] for row in real_book._data.rows("links")}
    for kind, label in (("material", "Material"), ("heat", "Heat"), ("water", "Water")):
        title = f"Circular links: {label}"
        assert (title in real_book.titles) == (kind in kinds)
        if kind in kinds:
            entries = legend(sheet(real_book, title))["Links between firms: the wider, the more"]
            assert entries and all(entry.startswith(label) for entry in entries)


@needs_engine
def test_the_best_links_tell_how_their_benefit_is_shared(real_book):
    data = real_book._data
    proposed = [row for row in data.rows("links") if row["status"] == "proposed"]
    best = max(proposed, key=lambda row: row["benefit_cur_a"])
    title = next(name for name in real_book.titles if name.startswith("Best new links"))
    rows = cells(sheet(real_book, title), "figures")
    first = {head: rows[1][at] for at, head in enumerate(rows[0])}
    assert first["From"] == data.names("enterprises")[best["from_enterprise_id"]]
    assert first["Net benefit (million CNY/a)"] == data.cell("links", best, "benefit_cur_a")
    shared = [float(first[f"{side} earns (million CNY/a)"].rstrip(" *")) for side in ("Giver", "Taker")]
    assert sum(shared) == pytest.approx(best["benefit_cur_a"] / 1e6, rel=0.01)
    assert first["Transfer price"].split("\u00a0")[1].startswith("CNY/")


@needs_engine
def test_a_cluster_has_a_page_with_its_profile_and_its_firms(real_book):
    data = real_book._data
    pages = [one for one in real_book.places if one.kind == "cluster"]
    assert len(pages) == len(data.rows("cluster_areas")) > 0
    area, page = data.rows("cluster_areas")[0], pages[0]
    layout = sheet(real_book, page.title)
    rows = cells(layout, "checks")
    members = [row for row in data.rows("cluster_members") if row["cluster_id"] == area["cluster_id"]]
    assert rows[0][0] == "Enterprise" and len(rows) - 1 == len(members) == area["firms"]
    assert {row[0] for row in rows[1:]} == {data.firms(row["enterprise_id"]) for row in members}
    assert layout.itemById("caption_checks").text() == "Firms of the cluster (core firms first)"
    assert dict(row for row in cells(layout, "figures") if len(row) == 2)["Firms"].startswith(str(area["firms"]))


@needs_engine
def test_the_targets_stand_above_their_curves(real_book):
    from qgis.core import QgsLayoutItemPicture

    data = real_book._data
    layout = sheet(real_book, "How little heat and fresh water would do")
    park = next(row for row in data.rows("heat_targets") if row["scope"] == "park")
    assert cells(layout, "figures")[1][:2] == ["Heat demand today", data.shown("heat_targets", park, "heating_kw")]
    picture = next(
        item
        for item in layout.items()
        if isinstance(item, QgsLayoutItemPicture) and item.picturePath().endswith("curves.svg")
    )
    frame = layout.itemById("figures")
    foot = frame.pagePos().y() + frame.rect().height()
    assert picture.pagePos().y() + picture.rect().height() == pytest.approx(foot)
    drawn = (real_book.maps.store / "curves.svg").read_text(encoding="utf-8")
    told = {row["curve"] for row in data.rows("heat_curves")} - {"grand"}
    told |= {row["curve"] for row in data.rows("water_curves")}
    assert drawn.count("<polyline") == len(told) and "Temperature (°C)" in drawn


def test_ticks_are_round_and_hold_the_values(qgis_app):
    from parkloop.plugin.layouts.curves import ticks

    assert ticks(0.0, 97630.0) == [0.0, 20000.0, 40000.0, 60000.0, 80000.0, 100000.0]
    assert ticks(-60.0, 140.0) == [-100.0, -50.0, 0.0, 50.0, 100.0, 150.0]
    assert ticks(0.0, 0.0)[0] == 0.0


def test_prices_bear_the_word_of_the_currency(qgis_app):
    from parkloop.plugin.layouts.quantities import quantity

    assert quantity(31.25, "CNY/GJ", "CNY") == "31.2\u00a0CNY/GJ"
    QgsSettings().setValue("parkloop/language", "zh")
    assert quantity(-2.5, "currency/t", "CNY") == "\u22122.50\u00a0元/t".replace("\u00a0", "")
    QgsSettings().setValue("parkloop/language", "en")


def small_template(path, with_map=True):
    """An A4 sheet with a map and its title, as a user might draw it."""
    project = QgsProject()
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(297, 210))
    label = QgsLayoutItemLabel(layout)
    label.setId("title")
    layout.addLayoutItem(label)
    if with_map:
        item = QgsLayoutItemMap(layout)
        item.setId("map")
        layout.addLayoutItem(item)
        item.attemptMove(QgsLayoutPoint(10, 20))
        item.attemptResize(QgsLayoutSize(250, 180))
    path.parent.mkdir(parents=True, exist_ok=True)
    assert layout.saveAsTemplate(str(path), QgsReadWriteContext())


def test_templates_of_ones_own_come_first(run, park, tmp_path, monkeypatch):
    from parkloop.plugin.engine import discover
    from parkloop.plugin.layouts.report import write_report

    home = tmp_path / "home"
    monkeypatch.setattr(discover, "home", lambda: home)
    small_template(home / "templates" / "layout" / "sheet.qpt")
    by_profile = write_report(run, park, tmp_path / "profile.pdf")
    assert pages(by_profile) == [A3] + [A4] * 4 + [A3] + [A4] * 2 + [A3] * 5
    small_template(tmp_path / "mine" / "atlas.qpt")
    by_folder = write_report(run, park, tmp_path / "folder.pdf", tmp_path / "mine")
    assert pages(by_folder) == [A3] + [A4] * 4 + [A3] + [A4] * 6 + [A3]


def fails(*arguments):
    from parkloop.plugin.engine.errors import EngineError
    from parkloop.plugin.layouts.report import write_report

    with pytest.raises(EngineError) as caught:
        write_report(*arguments)
    words = str(caught.value)
    assert "\n" not in words and words.count(". ") == 1
    return words


def test_what_is_missing_is_said_in_a_sentence(run, park, tmp_path):
    target = tmp_path / "report.pdf"
    assert str(tmp_path / "nowhere") in fails(tmp_path / "nowhere", park, target)
    assert "nowhere.gpkg" in fails(run, tmp_path / "nowhere.gpkg", target)
    assert "no template" in fails(run, park, target, tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sheet.qpt").write_text("<Layout", encoding="utf-8")
    assert "sheet.qpt cannot be read" in fails(run, park, target, tmp_path / "broken")
    small_template(tmp_path / "no_map" / "sheet.qpt", with_map=False)
    assert "no map" in fails(run, park, target, tmp_path / "no_map")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "Nothing can be written" in fails(run, park, tmp_path / "file" / "report.pdf")
    (run / "results.gpkg").write_bytes(b"torn")
    assert "cannot be read" in fails(run, park, target)
    assert not target.exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".parkloop")]


def test_the_algorithm_writes_it_and_explains_itself(provider, run, park, tmp_path, feedback):
    import processing
    from qgis.core import QgsProcessingException

    target = tmp_path / "made.pdf"
    given = {"RUN": str(run), "PARK": str(park), "PARCELS": 2, "OUTPUT": str(target)}
    answer = processing.run("parkloop:layoutreport", given, feedback=feedback)
    assert answer["OUTPUT"] == str(target)
    assert len(pages(target)) == len(TITLES) + 1  # and the parcel that is not asleep
    assert max(feedback.fractions) == 100
    with pytest.raises(QgsProcessingException, match="holds no results of a run"):
        processing.run("parkloop:layoutreport", {**given, "RUN": str(tmp_path)}, feedback=feedback)
