"""Siting on the map: pins, forbidden places, new sites, plans to choose from; with clicks on a real canvas."""

import os
import sqlite3
from contextlib import closing

import pytest
from qgis.core import QgsApplication, QgsPointXY, QgsProject, QgsRectangle, QgsSettings
from qgis.PyQt.QtCore import QEvent, QPointF, Qt
from qgis.PyQt.QtGui import QKeyEvent, QMouseEvent
from qgis.PyQt.QtWidgets import QComboBox, QDialog, QLabel, QListWidget, QPushButton, QTableWidget, QToolButton
from siting_run import X, Y, make_park, make_run
from waiting import settle, wait


@pytest.fixture()
def sited(fake, open_dock, layer_of, geopackage, tmp_path, qgis_iface):
    """Makes a dock that shows the park made by hand and its run, open at the page of the facilities."""

    def make(tables=True, with_sites=True, run=True):
        fake()
        park = make_park(layer_of, geopackage, with_sites=with_sites)
        dock, canvas = open_dock(), qgis_iface.mapCanvas()
        qgis_iface.mainWindow().show()  # else the canvas has no size that counts
        canvas.setRenderFlag(False)  # nothing here is about the picture
        canvas.resize(800, 600)
        canvas.show()
        dock.open_park(str(park))
        settle(dock)
        if run:
            from parkloop.plugin import results

            folder = make_run(layer_of, geopackage, tmp_path / "park-runs" / "run-1", tables)
            dock.session.take(folder, dock.session.digest())
            results.add(QgsProject.instance(), folder, ("sites",))
        canvas.setDestinationCrs(dock.on_map.base()["parcels"].crs())
        canvas.setExtent(QgsRectangle(X - 200, Y - 200, X + 1000, Y + 700))
        dock.show_page("siting")
        wait(lambda: canvas.mapUnitsPerPixel() < 3.0, 5.0)
        return dock

    yield make
    qgis_iface.mainWindow().hide()
    QgsSettings().remove("parkloop/language")


def click(dock, x, y, button=Qt.MouseButton.LeftButton):
    """Press and release a button of the mouse on the canvas at a place of the park."""
    canvas = dock.iface.mapCanvas()
    at = canvas.getCoordinateTransform().transform(QgsPointXY(X + x, Y + y))
    spot = QPointF(at.x(), at.y())
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(kind, spot, button, button, Qt.KeyboardModifier.NoModifier)
        QgsApplication.sendEvent(canvas.viewport(), event)


def key(dock, code):
    QgsApplication.sendEvent(
        dock.iface.mapCanvas(), QKeyEvent(QEvent.Type.KeyPress, code, Qt.KeyboardModifier.NoModifier)
    )


def tool(dock, name):
    """Press the button of a tool."""
    dock.stack.currentWidget().findChild(QToolButton, "tool_" + name).click()


def siting(dock):
    return dock.session.choices.get("siting", {})


def choose(dock, utility, box="utility"):
    found = dock.stack.currentWidget().findChild(QComboBox, box)
    found.setCurrentIndex(found.findData(utility))


def hint(dock):
    return dock.stack.currentWidget().findChild(QLabel, "hint").text()


def marks(dock):
    """The marks on the map as (kind, utility, id), as the scenario has them, and how many are drawn."""
    QgsApplication.processEvents()
    return dock._marks(), len(dock.overlay.items())


def test_a_click_pins_for_the_utility_and_a_second_one_unpins(sited):
    dock = sited()
    assert dock.session.state("siting") == "fresh"
    tool(dock, "pin")
    choose(dock, "heat")
    click(dock, 500, 150)
    assert siting(dock) == {"pin": ["heat:P3"]} and dock.session.state("siting") == "stale"
    assert not dock.stack.currentWidget().findChild(QLabel, "stale").isHidden()
    assert 'pin = ["heat:P3"]' in dock.session.scenario_toml()
    assert marks(dock) == ([("pin", "heat", "P3")], 1)
    # the last run has something against it
    assert "Pinned: P3 Plot 3 (Heat)." in hint(dock) and "12.5" in hint(dock) and "8" in hint(dock)
    click(dock, 500, 150)
    assert siting(dock) == {} and dock.session.state("siting") == "fresh"
    assert marks(dock) == ([], 0) and "No longer pinned" in hint(dock)


def test_the_smallest_place_below_the_pointer_counts_and_a_click_on_nothing_gives_a_hint(sited):
    dock = sited()
    tool(dock, "pin")
    choose(dock, "")
    click(dock, 280, 80)  # K01 lies inside P2
    click(dock, 220, 20)
    click(dock, 100, 100)  # the facility inside P1
    assert siting(dock)["pin"] == ["K01", "P2", "F1"]
    click(dock, 700, 300)
    assert siting(dock)["pin"] == ["K01", "P2", "F1"] and hint(dock).startswith("There is no parcel")


def test_what_is_forbidden_is_not_pinned_and_the_other_way_round(sited):
    dock = sited()
    choose(dock, "heat")
    tool(dock, "pin")
    click(dock, 500, 150)
    choose(dock, "wastewater")
    click(dock, 500, 150)
    choose(dock, "heat")
    tool(dock, "forbid")
    click(dock, 500, 150)
    assert siting(dock) == {"pin": ["wastewater:P3"], "forbid": ["heat:P3"]}
    assert marks(dock) == ([("pin", "wastewater", "P3"), ("forbid", "heat", "P3")], 2)
    choose(dock, "")
    click(dock, 500, 150)
    assert siting(dock) == {"forbid": ["P3"]}  # for every utility, which holds for heat too
    tool(dock, "pin")
    choose(dock, "heat")
    click(dock, 500, 150)
    assert siting(dock) == {"pin": ["heat:P3"]}


def test_the_tools_show_their_state_and_let_go_with_the_page(sited):
    dock = sited()
    canvas = dock.iface.mapCanvas()
    before = canvas.mapTool()
    buttons = {
        name: dock.stack.currentWidget().findChild(QToolButton, "tool_" + name)
        for name in ("pin", "forbid", "add_site")
    }
    assert all(not button.icon().isNull() and button.isCheckable() for button in buttons.values())
    tool(dock, "pin")
    first = hint(dock)
    assert [button.isChecked() for button in buttons.values()] == [True, False, False]
    tool(dock, "add_site")
    assert [button.isChecked() for button in buttons.values()] == [False, False, True]
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor and hint(dock) != first
    tool(dock, "add_site")
    assert not any(button.isChecked() for button in buttons.values()) and canvas.mapTool() is before
    tool(dock, "forbid")
    dock.show_chain()
    assert canvas.mapTool() is before


def test_the_list_takes_places_off_and_the_last_change_is_taken_back(sited):
    dock = sited()
    tool(dock, "pin")
    choose(dock, "heat")
    click(dock, 500, 150)
    click(dock, 220, 20)
    shown = dock.stack.currentWidget().findChild(QListWidget, "named_places")
    undo = dock.stack.currentWidget().findChild(QToolButton, "tool_undo")
    assert shown.count() == 2 and undo.isEnabled()
    undo.click()
    assert siting(dock) == {"pin": ["heat:P3"]} and shown.count() == 1
    shown.findChild(QToolButton, "remove_place").click()
    assert siting(dock) == {} and shown.count() == 0 and shown.isHidden()
    undo.click()
    assert siting(dock) == {"pin": ["heat:P3"]}
    # what was changed elsewhere is not lost by taking back
    dock.session.choose("siting", "pin", ["P1"], [])
    undo.click()
    assert siting(dock) == {"pin": ["P1"]} and not undo.isEnabled() and "nothing to take back" in hint(dock)


def test_marks_stay_on_the_map_without_the_page_and_follow_project_and_reference_system(sited, tmp_path):
    dock = sited()
    tool(dock, "pin")
    choose(dock, "heat")
    click(dock, 500, 150)
    dock.show_chain()
    canvas = dock.iface.mapCanvas()
    canvas.refresh()
    assert marks(dock)[1] == 1
    place = dock.on_map.find("P3").shape.boundingBox()
    canvas.setDestinationCrs(dock.on_map.base()["parcels"].crs().fromEpsgId(4326))
    assert marks(dock)[1] == 1 and dock.on_map.find("P3").shape.boundingBox().xMaximum() < 180 < place.xMaximum()
    assert QgsProject.instance().write(str(tmp_path / "plan.qgz"))
    QgsProject.instance().clear()
    assert marks(dock) == ([], 0)
    assert QgsProject.instance().read(str(tmp_path / "plan.qgz"))
    settle(dock)
    assert marks(dock) == ([("pin", "heat", "P3")], 1)
    QgsProject.instance().removeMapLayer(dock.on_map.base()["parcels"].id())
    assert marks(dock)[1] == 1  # the candidates of the run know it too
    dock.session.forget_choices()
    assert marks(dock) == ([], 0)


class Planner:
    """Answers the question for name and utility, as a planner would."""

    def __init__(self, monkeypatch, name="New corner", utility="heat", fine=True):
        from parkloop.plugin.dock.new_site import SiteDialog

        self.asked = 0

        def exec_(dialog):
            self.asked += 1
            dialog.name.setText(name)
            dialog.utility.setCurrentIndex(dialog.utility.findData(utility))
            return QDialog.DialogCode.Accepted if fine else 0

        monkeypatch.setattr(SiteDialog, "exec", exec_)


def draw(dock, *corners):
    for x, y in corners:
        click(dock, x, y)
    click(dock, *corners[-1], button=Qt.MouseButton.RightButton)


SQUARE = ((620, 10), (620, 90), (700, 90), (700, 10))


def sites_of(dock):
    with closing(sqlite3.connect(str(dock.session.park))) as base:
        return base.execute("SELECT site_id, name, utility FROM candidate_sites ORDER BY 1").fetchall()


def test_a_drawn_site_is_a_row_of_the_park_at_once_on_the_map_and_can_be_taken_back(sited, monkeypatch):
    dock = sited()
    planner = Planner(monkeypatch)
    tool(dock, "add_site")
    draw(dock, *SQUARE)
    assert planner.asked == 1 and sites_of(dock) == [("K01", "Corner", "heat"), ("K02", "New corner", "heat")]
    layer = dock.on_map.base()["candidate_sites"]
    made = next(row for row in layer.getFeatures() if row["site_id"] == "K02")
    assert made.geometry().isGeosValid() and made.geometry().area() == pytest.approx(6400, rel=0.05)
    assert made["source"] == "drawn by the planner" and "K02 New corner" in hint(dock)
    assert dock.session.state("siting") == "stale"
    tool(dock, "pin")
    click(dock, 660, 50)
    assert siting(dock) == {"pin": ["heat:K02"]}
    undo = dock.stack.currentWidget().findChild(QToolButton, "tool_undo")
    undo.click()
    undo.click()
    assert sites_of(dock) == [("K01", "Corner", "heat")] and layer.featureCount() == 1 and siting(dock) == {}


def test_the_first_site_makes_the_layer_and_puts_it_into_the_legend(sited, monkeypatch):
    dock = sited(with_sites=False)
    Planner(monkeypatch, "", "")
    assert "candidate_sites" not in dock.on_map.base()
    tool(dock, "add_site")
    draw(dock, *SQUARE)
    assert sites_of(dock) == [("S01", "S01", None)]
    layer = dock.on_map.base()["candidate_sites"]
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
    assert node.isVisible() and node.parent().name() == "ParkLoop / park"
    names = [other.layer().source().split("layername=")[-1] for other in node.parent().findLayers()]
    assert names.index("facilities") < names.index("candidate_sites") < names.index("parcels")
    assert layer.crs() == dock.on_map.base()["parcels"].crs()


@pytest.mark.parametrize(
    "corners, words",
    [
        (((620, 10), (700, 90), (620, 90), (700, 10)), "The outline crosses itself."),
        (((620, 10), (620, 22), (632, 22)), "the smallest works needs 400 m²"),
        (((620, 10), (700, 90)), "fewer than three corners"),
    ],
)
def test_a_bad_outline_is_refused_in_a_sentence_and_nothing_is_written(sited, monkeypatch, corners, words):
    dock = sited()
    planner = Planner(monkeypatch)
    tool(dock, "add_site")
    draw(dock, *corners)
    assert words in hint(dock) and planner.asked == 0 and len(sites_of(dock)) == 1
    assert dock.session.state("siting") == "fresh"


def test_a_site_too_small_for_its_utility_or_not_wanted_after_all_is_not_written(sited, monkeypatch):
    dock = sited()
    tool(dock, "add_site")
    small = ((620, 10), (620, 40), (650, 40), (650, 10))
    Planner(monkeypatch, utility="hazardous_waste")
    draw(dock, *small)
    assert "hazardous" in hint(dock).lower() and "3,000" in hint(dock)
    Planner(monkeypatch, fine=False)
    draw(dock, *SQUARE)
    assert len(sites_of(dock)) == 1


def test_escape_begins_anew_and_then_puts_the_tool_away(sited, monkeypatch):
    dock = sited()
    planner = Planner(monkeypatch)
    tool(dock, "add_site")
    click(dock, 620, 10)
    click(dock, 620, 90)
    key(dock, Qt.Key.Key_Escape)
    click(dock, 900, 90, Qt.MouseButton.RightButton)  # ends nothing: there is no corner
    assert planner.asked == 0 and hint(dock).startswith("Click the corners")
    click(dock, 300, 300)
    key(dock, Qt.Key.Key_Backspace)
    draw(dock, *SQUARE)
    assert planner.asked == 1
    made = next(row for row in dock.on_map.base()["candidate_sites"].getFeatures() if row["site_id"] == "K02")
    assert made.geometry().boundingBox().yMaximum() < Y + 95
    key(dock, Qt.Key.Key_Escape)
    assert not dock.stack.currentWidget().findChild(QToolButton, "tool_add_site").isChecked()


def test_a_site_outside_the_park_is_said_to_be(sited, monkeypatch):
    dock = sited()
    Planner(monkeypatch)
    tool(dock, "add_site")
    draw(dock, (-190, -190), (-190, -120), (-120, -120), (-120, -190))
    assert "lies outside the park" in hint(dock) and len(sites_of(dock)) == 2


def test_a_park_that_cannot_be_written_says_so(sited, monkeypatch):
    dock = sited()
    Planner(monkeypatch)
    park = dock.session.park
    # a layer that is a view cannot take rows
    with closing(sqlite3.connect(str(park))) as base:
        base.execute("ALTER TABLE candidate_sites RENAME TO kept")
        base.execute("CREATE VIEW candidate_sites AS SELECT * FROM kept")
        base.commit()
    tool(dock, "add_site")
    draw(dock, *SQUARE)
    assert hint(dock).startswith("Nothing could be added") and "because it is a view. Close" in hint(dock)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_read_only_file_says_so(sited, monkeypatch):
    dock = sited()
    Planner(monkeypatch)
    dock.session.park.chmod(0o444)
    tool(dock, "add_site")
    draw(dock, *SQUARE)
    assert "is read-only" in hint(dock)


def test_a_park_that_is_being_edited_is_left_alone(sited, monkeypatch):
    dock = sited()
    planner = Planner(monkeypatch)
    layer = dock.on_map.base()["parcels"]
    assert layer.startEditing()
    tool(dock, "add_site")
    draw(dock, *SQUARE)
    assert planner.asked == 0 and "being edited" in hint(dock) and len(sites_of(dock)) == 1
    layer.rollBack()


def plans(dock):
    return dock.stack.currentWidget()._siting[1]


def selected(dock):
    return sorted(row["candidate_id"] for row in dock.on_map.layer_of("site_candidates").selectedFeatures())


def test_walking_along_the_front_shows_the_sites_of_each_point(sited):
    dock = sited()
    tab = plans(dock)
    assert tab.utility.count() == 2 and tab.chart.selected() == 0  # the chosen plan
    assert selected(dock) == []
    tab.after.click()
    assert tab.chart.selected() == 1 and selected(dock) == ["heat:P2"] and tab.before.isEnabled()
    tab.after.click()
    assert selected(dock) == ["heat:P2", "heat:P3"] and not tab.after.isEnabled()
    for words in ("P2 500 kW; P3 400 kW", "1.90", "10", "99"):
        assert words in tab.told.text()
    tab.chart.resize(tab.chart.sizeHint())
    spot = tab.chart.place(1)
    press = QMouseEvent(
        QEvent.Type.MouseButtonPress,
        spot,
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QgsApplication.sendEvent(tab.chart, press)
    assert tab.chart.selected() == 1
    QgsApplication.sendEvent(
        tab.chart, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier)
    )
    assert tab.chart.selected() == 0


def test_taking_a_point_pins_its_sites_in_place_of_the_utilitys_other_pins(sited):
    dock = sited()
    dock.session.choose("siting", "pin", ["heat:P1", "wastewater:P1"], [])
    dock.session.choose("siting", "forbid", ["heat:P3", "wastewater:P3"], [])
    tab = plans(dock)
    tab.look_at(2)
    take, free = (tab.findChild(QPushButton, name) for name in ("front_take", "front_free"))
    take.click()
    assert siting(dock) == {
        "pin": ["wastewater:P1", "heat:P2", "heat:P3"],
        "forbid": ["wastewater:P3"],
        "most_sites_of": {"heat": 2},
    }
    assert "[siting.most_sites_of]\nheat = 2" in dock.session.scenario_toml()
    assert not take.isEnabled() and free.isEnabled() and dock.session.state("siting") == "stale"
    assert marks(dock)[1] == 4
    free.click()
    assert siting(dock) == {"pin": ["wastewater:P1"], "forbid": ["wastewater:P3"]}
    assert take.isEnabled() and not free.isEnabled()


def test_an_alternative_is_taken_from_its_table(sited):
    dock = sited()
    tab = plans(dock)
    table = tab.findChild(QTableWidget, "alternatives")
    heads = [table.horizontalHeaderItem(i).text().splitlines()[0] for i in range(table.columnCount())]
    assert heads[:2] == ["Rank", "Regret"] and table.rowCount() == 2
    table.selectRow(1)
    assert tab.chart.selected() is None and selected(dock) == ["heat:K01"] and "Regret" in tab.told.text()
    tab.take()
    assert siting(dock) == {"pin": ["heat:K01"], "most_sites_of": {"heat": 1}}
    # names without a utility are meant for the row's own
    table.selectRow(0)
    tab.take()
    assert siting(dock)["pin"] == ["heat:P1"]
    choose(dock, "wastewater", "front_utility")
    assert tab.chart.isHidden() and table.rowCount() == 1


def test_the_next_run_is_given_what_was_taken(sited, tmp_path):
    dock = sited()
    plans(dock).look_at(1)
    plans(dock).take()
    dock.stack.currentWidget()._run.click()
    settle(dock)
    said = (tmp_path / "notes" / "scenario.toml").read_text(encoding="utf-8")
    assert 'pin = ["heat:P2"]' in said and "heat = 1" in said


def test_the_settings_and_the_map_do_not_undo_each_other(sited):
    from parkloop.plugin.dock.form import Form

    dock = sited()
    label = {"en": "Pin", "zh": "固定"}
    base = {"step": "siting", "options": {}, "minimum": None, "maximum": None, "label": label}
    entries = [
        {**base, "name": "pin", "type": "list", "item": "text", "default": []},
        {**base, "name": "most_sites_of", "type": "table", "item": "int", "default": {}},
        {**base, "name": "radius_m", "type": "table", "item": "float", "default": {}},
        {
            **base,
            "name": "redundant",
            "type": "choices",
            "item": "text",
            "default": [],
            "options": {"heat": {"en": "heat", "zh": "heat"}},
        },
    ]
    dock._choices = entries
    dock.show_page("siting")
    form = dock.stack.currentWidget().findChild(Form)
    plans(dock).look_at(2)
    plans(dock).take()
    field = form._fields["pin"][1]
    assert field.text() == "heat:P2; heat:P3"
    field.editingFinished.emit()
    assert siting(dock)["pin"] == ["heat:P2", "heat:P3"]
    most, radius = form._fields["most_sites_of"][1], form._fields["radius_m"][1]
    assert most.values() == {"heat": 2}
    most._boxes["water"].setValue(3)
    radius._boxes["wastewater"].setValue(5000.0)
    assert siting(dock)["most_sites_of"] == {"heat": 2, "water": 3} and siting(dock)["radius_m"] == {
        "wastewater": 5000.0
    }
    most._boxes["water"].setValue(0)
    assert siting(dock)["most_sites_of"] == {"heat": 2}
    assert form._fields["redundant"][1].item(0).text() == "Heat"


def test_rows_of_plans_phases_and_outages_and_the_map_select_each_other(sited):
    dock = sited()
    page = dock.stack.currentWidget()
    choice, candidates, built = (
        page.findChild(QComboBox, "tables"),
        dock.on_map.layer_of("site_candidates"),
        dock.on_map.layer_of("sites"),
    )

    def show(name):
        choice.setCurrentIndex(choice.findData(name))
        return page.records

    show("site_front").selectRow(2)
    assert selected(dock) == ["heat:P2", "heat:P3"]
    candidates.selectByExpression("candidate_id = 'heat:P1'")
    assert page.records.feature()["number"] == 1
    show("site_sensitivity").selectRow(0)
    assert selected(dock) == ["heat:P2"]
    for name in ("site_phases", "site_outages"):
        built.removeSelection()
        show(name).selectRow(0)
        assert [row["site_id"] for row in built.selectedFeatures()] == ["heat-1"]
    rows = show("site_candidates")
    candidates.selectByExpression("candidate_id = 'heat:P3'")
    assert rows.feature()["land_id"] == "P3"
    heads = [rows.horizontalHeaderItem(i).text().splitlines()[0] for i in range(rows.columnCount())]
    assert {"Rejected by", "Measured", "Limit"} <= set(heads)


@pytest.mark.parametrize("run", [True, False])
def test_an_older_run_without_the_tables_or_none_at_all_is_no_hindrance(sited, run):
    dock = sited(tables=False, run=run)
    tab = plans(dock)
    assert tab.plan() is None and not tab.empty.isHidden() and tab._all.isHidden()
    tool(dock, "pin")
    click(dock, 500, 150)
    assert [name.split(":")[1] for name in siting(dock)["pin"]] == ["P3"] and marks(dock)[1] == 1


def test_the_page_speaks_chinese_and_stays_narrow(sited):
    dock = sited()
    tool(dock, "pin")
    click(dock, 500, 150)
    for language in ("en", "zh"):
        page = dock.stack.currentWidget()
        page.resize(368, 700)
        QgsApplication.processEvents()
        assert page.minimumSizeHint().width() <= 368
        if language == "zh":
            words = [
                dock.stack.currentWidget().findChild(QToolButton, "tool_" + name).text()
                for name in ("pin", "forbid", "add_site")
            ]
            assert words == ["固定", "禁用", "新增场址"]
            lines = dock.stack.currentWidget().findChild(QListWidget, "named_places").findChildren(QLabel)
            assert "供热 · P3 Plot 3" in [line.text() for line in lines] and marks(dock)[1] == 1
            assert plans(dock).take_button.text() == "采用此方案"
        dock.switch_language()
        QgsApplication.processEvents()
    QgsSettings().remove("parkloop/language")


def test_areas_of_service_and_plumes_are_loaded_but_off_and_lie_below_the_sites(sited):
    sited()
    nodes = QgsProject.instance().layerTreeRoot().findGroup("ParkLoop / run-1").findLayers()
    on = {node.layer().source().split("layername=")[-1]: node.itemVisibilityChecked() for node in nodes}
    tables = list(on)
    assert [table for table in tables if on[table]] == ["sites"]
    assert tables.index("sites") < min(tables.index("service_areas"), tables.index("plume_contours"))


def test_marks_are_drawn_once_and_taken_away_with_the_overlay(sited):
    dock = sited()
    tool(dock, "pin")
    click(dock, 500, 150)
    scene = dock.iface.mapCanvas().scene()
    assert marks(dock)[1] == 1
    count = len(scene.items())
    dock.overlay.draw()
    assert len(scene.items()) == count
    dock.session.choose_all("siting", {"pin": None})
    assert len(scene.items()) == count - 2 and marks(dock) == ([], 0)  # mark and outline


def test_names_of_places(qgis_app):
    from parkloop.plugin.dock.new_site import free_id
    from parkloop.plugin.dock.places import meets, names_of, split

    assert [split(name) for name in ("heat:P1", "P1", "block:7")] == [("heat", "P1"), ("", "P1"), ("", "block:7")]
    assert names_of("heat:P1; P2;", "heat") == ["heat:P1", "heat:P2"] and names_of(None) == []
    assert meets("P1", "heat:P1") and not meets("gas:P1", "heat:P1") and not meets("P1", "P2")
    assert (free_id(["K01", "K06"]), free_id([]), free_id(["north"]), free_id(["9"])) == ("K07", "S01", "S01", "10")
