"""The dock in a real QGIS: with the fake engine where only its behaviour counts, once with the real one on the demo park."""

import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from qgis.core import NULL, QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QFileDialog, QTextBrowser, QToolButton
from waiting import ENGINE, needs_engine, settle, wait

FAKE = Path(__file__).with_name("fake_engine.py")


def states(dock):
    from parkloop.plugin.dock.session import steps

    return {step: dock.session.state(step) for step in steps()}


def test_without_an_engine_the_dock_says_so_and_its_buttons_explain(open_dock, park, monkeypatch):
    monkeypatch.setenv("PARKLOOP_ENGINE", str(park.with_name("no-python")))
    dock = open_dock()
    assert "no-python" in dock.said.text() and dock.engine.text() == "engine: not set up"
    dock.open_park(str(park))
    assert dock.task is None and dock.on_map.counts()["parcels"] == 97
    assert dock.findChild(QToolButton, "run_siting").isEnabled()
    dock.say("")
    dock.findChild(QToolButton, "run_siting").click()
    assert dock.task is None and "no-python" in dock.said.text()
    dock.show_page("siting")
    assert dock.stack.count() == 2


def test_the_set_up_menu_makes_an_engine_even_if_the_language_changes_meanwhile(
    fake, open_dock, monkeypatch, tmp_path
):
    from parkloop.plugin.engine import environment, source

    fake()
    monkeypatch.setenv("PARKLOOP_ENGINE", str(tmp_path / "later"))
    dock = open_dock()

    def set_up(chosen, say, cancelled):
        say(0.5, "half")
        time.sleep(0.3)
        (tmp_path / "later").symlink_to(FAKE)
        return tmp_path / "later"

    monkeypatch.setattr(environment, "set_up", set_up)
    dock.engine.set_up(source.Source(source.PYPI, ""))
    wait(lambda: dock.said.text() == "half")
    dock.switch_language()
    settle(dock)
    assert dock.engine.path == tmp_path / "later" and dock.said.text() == "引擎已就绪。"
    QgsSettings().setValue("parkloop/language", "en")


def test_a_file_that_is_no_park_is_refused_in_a_sentence(fake, open_dock, tmp_path):
    fake()
    dock = open_dock()
    (tmp_path / "bad.gpkg").write_bytes(b"not a database at all, but long enough to look like one" * 10)
    dock.open_park(str(tmp_path / "bad.gpkg"))
    assert dock.session.park is None and "bad.gpkg is not a park" in dock.said.text()


def test_findings_are_listed_whole_and_lead_to_their_place(fake, open_dock, park):
    fake()
    dock = open_dock()
    dock.open_park(str(park))
    settle(dock)
    assert dock._data_line() == "97 parcels, 60 firms, 1 to mend"
    dock.show_page("data")
    page = dock.stack.currentWidget()
    assert [page.list.item(i).text() for i in range(2)] == ["✕ T1.\n→ R1.", "⚠ T2.\n→ R2."]
    parcels = dock.on_map.base()["parcels"]
    first = next(parcels.getFeatures())
    page.wanted.emit("parcels", first["parcel_id"])
    assert parcels.selectedFeatureIds() == [first.id()]


@pytest.mark.parametrize("mode", ["slow", "deaf"])
def test_cancelling_ends_the_engine_within_two_seconds_and_leaves_nothing(fake, open_dock, park, mode):
    notes = fake()
    dock = open_dock()
    dock.open_park(str(park))
    settle(dock)
    fake_before = set(park.parent.rglob("*"))
    os.environ["FAKE_ENGINE"] = mode
    dock.run([])
    wait(lambda: dock.bar.value() > 0 or "part" in dock.said.text())
    pid = int((notes / "pid").read_text())
    assert Path(f"/proc/{pid}").exists() and not dock.run_button.isEnabled()
    begun = time.monotonic()
    dock.cancel_button.click()
    settle(dock)
    assert time.monotonic() - begun < 2.0
    assert not Path(f"/proc/{pid}").exists()
    left = {path for path in park.parent.rglob("*") if path.suffix not in (".gpkg-wal", ".gpkg-shm")}
    assert {path for path in left - fake_before if path.is_file() or path.name.startswith(".")} == set()
    assert dock.said.text() == "Cancelled; nothing was written." and dock.run_button.isEnabled()
    assert set(states(dock).values()) == {"not_run"}


def test_a_fault_of_the_input_is_told_and_the_dock_stays_usable(fake, open_dock, park, monkeypatch):
    fake()
    dock = open_dock()
    dock.open_park(str(park))
    settle(dock)
    monkeypatch.setenv("FAKE_ENGINE", "input")
    dock.run(["siting"])
    settle(dock)
    assert dock.said.text().startswith("The layer parcels is empty. Draw one.")
    assert dock.run_button.isEnabled()


def test_unloading_the_plugin_while_the_engine_works_ends_it(fake, qgis_app, qgis_iface, park, monkeypatch):
    from parkloop.plugin.main import ParkLoopPlugin

    notes = fake()
    QgsProject.instance().clear()
    plugin = ParkLoopPlugin(qgis_iface)
    plugin.initGui()
    plugin.menu.show_dock(True)
    dock = plugin.menu.dock
    dock.open_park(str(park))
    settle(dock)
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    dock.run([])
    wait(lambda: dock.bar.value() > 0 or "part" in dock.said.text())
    pid = int((notes / "pid").read_text())
    plugin.unload()
    assert not Path(f"/proc/{pid}").exists()
    for _ in range(20):
        QgsApplication.processEvents()  # what was queued must not reach what is gone
    QgsProject.instance().clear()


@needs_engine
def test_a_step_run_from_the_dock_keeps_what_was_found_before(real_engine):
    dock, before = real_engine, real_engine.session.run
    assert states(dock)["siting"] == "fresh" and states(dock)["networks"] == "not_run"
    dock.show_page("links")
    dock.stack.currentWidget().set_tab(1)
    dock.run(["networks"])
    settle(dock)
    assert dock.said.text() == "Done; the results are on the map."
    assert dock.session.run != before and states(dock)["networks"] == states(dock)["siting"] == "fresh"
    reused = json.loads((dock.session.run / "run.json").read_text())["reused"]
    assert reused == ["clusters", "intensity", "links", "siting"]
    # the page stayed open, on its tab, and shows the new run
    page = dock.stack.currentWidget()
    assert page.tab() == 1 and page.records.rowCount() == dock.on_map.layer_of("links").featureCount()
    root = QgsProject.instance().layerTreeRoot()
    node = root.findLayer(dock.on_map.layer_of("network_pipes").id())
    assert node.isVisible() and not root.findLayer(dock.on_map.layer_of("sites").id()).isVisible()
    assert not root.findGroup("ParkLoop / run-1").itemVisibilityChecked()
    assert list(dock.session.park.parent.glob("**/.parkloop-*")) == []


@needs_engine
def test_a_changed_choice_puts_its_step_and_those_after_it_out_of_date(real_engine):
    dock = real_engine
    dock.show_page("links")
    page = dock.stack.currentWidget()
    page.set_tab(3)
    field = page.findChild(QDoubleSpinBox, "heat_distance_km")
    field.setValue(1.5)
    assert states(dock)["links"] == states(dock)["siting"] == "stale" and states(dock)["intensity"] == "fresh"
    assert dock.session.scenario_toml() == "\n[links]\nheat_distance_km = 1.5\n"
    field.setValue(3.0)
    assert states(dock)["links"] == states(dock)["siting"] == "fresh"
    dock.session.choose("", "name", "other", "base")
    assert states(dock)["links"] == "fresh"  # a name changes nothing
    dock.session.choose("", "seed", 2, 1)
    assert set(states(dock).values()) == {"stale", "not_run"}


@needs_engine
def test_a_changed_park_puts_all_out_of_date_but_opening_it_does_not(with_run):
    dock = with_run
    assert states(dock)["intensity"] == "fresh"
    layer = dock.on_map.base()["enterprises"]
    assert layer.startEditing()
    feature = next(layer.getFeatures())
    layer.changeAttributeValue(feature.id(), layer.fields().indexOf("name"), "Another name")
    assert layer.commitChanges(), layer.commitErrors()
    assert states(dock)["intensity"] == states(dock)["siting"] == "stale"


@needs_engine
def test_the_table_and_the_map_select_each_other_and_a_removed_layer_is_let_go(with_run):
    dock = with_run
    dock.show_page("siting")
    table, layer = dock.stack.currentWidget().records, dock.on_map.layer_of("sites")
    assert table.rowCount() == layer.featureCount() > 0
    table.selectRow(1)
    assert len(layer.selectedFeatureIds()) == 1
    wanted = sorted(feature.id() for feature in layer.getFeatures())[:2]
    layer.selectByIds(wanted)
    assert len(table.selectionModel().selectedRows()) == 2
    QgsProject.instance().removeMapLayer(layer.id())
    del layer
    assert table.rowCount() == 0
    table.selectAll()
    dock.show_page("siting")
    dock.switch_language()
    assert dock.stack.currentWidget().records.columnCount() > 0
    dock.switch_language()


@needs_engine
def test_every_page_can_be_read_in_both_languages_at_380_pixels(with_run):
    from qgis.PyQt.QtWidgets import QLabel

    dock = with_run
    for _ in ("en", "zh"):
        for row in ("data", "intensity", "links", "siting", "networks"):
            dock.show_page(row)
            page = dock.stack.currentWidget()
            page.resize(368, 700)
            QgsApplication.processEvents()
            words = [label.text() for label in page.findChildren(QLabel)]
            assert not [text for text in words if "siting.heat" in text or text.endswith((" 1", ".00"))]
            assert page.minimumSizeHint().width() <= 368, row
        dock.show_chain()
        assert dock.widget().minimumSizeHint().width() <= 380
        dock.switch_language()


@needs_engine
def test_a_project_brings_the_park_its_run_and_its_choices_back(with_run, open_dock, tmp_path):
    dock, run = with_run, with_run.session.run
    dock.session.choose("siting", "most_sites", 3, 8)
    assert QgsProject.instance().write(str(tmp_path / "plan.qgz"))
    QgsProject.instance().clear()
    assert dock.session.park is None and dock._row is None
    assert QgsProject.instance().read(str(tmp_path / "plan.qgz"))
    settle(dock)
    assert dock.session.run == run and dock.session.choices == {"siting": {"most_sites": 3}}
    assert states(dock)["links"] == "fresh" and states(dock)["siting"] == "stale"
    assert dock.on_map.layer_of("sites").featureCount() > 0
    shutil.rmtree(str(run))
    assert QgsProject.instance().read(str(tmp_path / "plan.qgz"))
    settle(dock)
    assert dock.session.park is not None and dock.session.run is None
    dock.show_page("siting")
    assert set(states(dock).values()) == {"not_run"} and not dock.foot.page.isEnabled()


@needs_engine
def test_another_park_takes_the_place_of_the_one_that_was_open(with_run, park):
    dock = with_run
    dock.show_page("siting")
    dock.open_park(str(park))
    settle(dock)
    assert dock._row is None and dock.on_map.layer_of("sites") is None
    assert Path(dock.on_map.base()["parcels"].source().split("|")[0]) == park
    root = QgsProject.instance().layerTreeRoot()
    seen = {group.name() for group in root.children() if group.itemVisibilityChecked()}
    assert seen == {"ParkLoop / here"}
    assert set(states(dock).values()) == {"not_run"}


@needs_engine
def test_two_runs_stand_side_by_side(with_run):
    from parkloop.plugin.dock.compare_dialog import CompareDialog

    dock, run = with_run, with_run.session.run
    other = Path(shutil.copytree(str(run), str(run.with_name("run-2"))))
    content = json.loads((other / "results.json").read_text(encoding="utf-8"))
    content["steps"]["siting"]["figures"]["sites"]["value"] += 2
    del content["steps"]["intensity"]
    (other / "results.json").write_text(json.dumps(content), encoding="utf-8")
    dock.refresh()
    assert dock.foot.compare.isEnabled()
    dialog = CompareDialog(dock.session, dock)
    rows = [[dialog.table.item(i, k).text() for k in range(4)] for i in range(dialog.table.rowCount())]
    changed = [row for row in rows if row[0] == "Facilities: Sites"]
    assert changed[0][3] == "2" and any(row[0].startswith("Land-use intensity") for row in rows)
    dialog.deleteLater()


@needs_engine
def test_the_questionnaire_is_written_and_read_back(real_engine, tmp_path, monkeypatch):
    dock = real_engine
    book, out = tmp_path / "book.xlsx", tmp_path / "answers.gpkg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(book if not book.exists() else out), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (str(book), ""))
    menu = dock.findChild(QToolButton, "questionnaire").menu()
    menu.actions()[0].trigger()
    settle(dock)
    assert book.stat().st_size > 1000 and dock.said.text() == str(book)
    menu.actions()[1].trigger()
    settle(dock)
    assert dock.session.park == out and dock.on_map.counts()["enterprises"] == 12


@needs_engine
def test_own_layers_are_looked_through_and_become_a_park(open_dock, layer_of, tmp_path, monkeypatch):
    from qgis.core import QgsVectorFileWriter

    from parkloop.plugin.dock import mapping_dialog
    from parkloop.plugin.dock.mapping_dialog import OURS, THEIRS, UNIT

    monkeypatch.setenv("PARKLOOP_ENGINE", str(ENGINE))

    def shapefile(name, uri, rows):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "ESRI Shapefile"
        layer = layer_of(uri, rows)
        context = QgsProject.instance().transformContext()
        code, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(tmp_path / name), context, options)
        assert code == 0, message
        return str(tmp_path / name)

    squares = [f"Polygon(({x} 0, {x} 100, {x + 100} 100, {x + 100} 0, {x} 0))" for x in (500000, 500100)]
    files = [
        shapefile(
            "strange.shp",
            "Polygon?crs=EPSG:4549&field=DKBH:string(10)&field=YDXZ:string(20)&field=area:double",
            [(square, f"D{i}", "工业用地", 15.0) for i, square in enumerate(squares)],
        ),
        shapefile(
            "roads.shp",
            "LineString?crs=EPSG:4549&field=road_id:string(10)&field=width:double",
            [("LineString(500000 0, 500200 0)", "R1", 1200.0)],
        ),
    ]
    (tmp_path / "firms.csv").write_text("enterprise_id,name,sector,parcel_id\nE1,Works,C26,D0\n", encoding="utf-8")
    files.append(str(tmp_path / "firms.csv"))
    out, seen = tmp_path / "mine.gpkg", []

    class Planner(mapping_dialog.MappingDialog):
        """Answers as a planner would: first another layer for the first source, then its unit."""

        def exec(self):
            entry = self._mapping["source"][0]
            seen.append((entry["target"], sorted(entry["columns"])))
            target = self.tree.itemWidget(self.tree.topLevelItem(0), OURS)
            if len(seen) == 1:
                target.setCurrentIndex(target.findData("buildings"))
                target.setCurrentIndex(target.findData("parcels"))
                return True
            for i in range(2):
                self.tree.itemWidget(self.tree.topLevelItem(i), UNIT).setText("EPSG:4548")
            box = self.tree.itemWidget(self.line(1, "width_m"), UNIT)
            box.setCurrentIndex(box.findData("cm"))
            # what was not matched is chosen by hand
            zone = self.tree.itemWidget(self.line(0, "zone"), THEIRS)
            zone.setCurrentIndex(zone.findData("YDXZ"))
            return True

    monkeypatch.setattr(mapping_dialog, "MappingDialog", Planner)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a: (files, ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(out), ""))
    dock = open_dock()
    dock.findChild(QToolButton, "import_layers").click()
    settle(dock)
    assert len(seen) == 2 and seen[1][0] == "parcels" and {"parcel_id", "land_use"} <= set(seen[1][1])
    mapping = out.with_suffix(".mapping.toml").read_text(encoding="utf-8")
    assert 'crs = "EPSG:4548"' in mapping and 'crs_from = "user"' in mapping
    assert 'unit = "cm"' in mapping and dock.session.park == out, dock.said.text()
    base = sqlite3.connect(str(out))
    assert base.execute("select parcel_id, zone from parcels order by 1").fetchall() == [
        ("D0", "工业用地"),
        ("D1", "工业用地"),
    ]
    assert base.execute("select width_m from roads").fetchone() == (12.0,)
    base.close()


@needs_engine
def test_a_table_names_firms_scales_money_and_leaves_out_the_other_language(with_run):
    dock = with_run
    dock.show_page("links")
    table = dock.stack.currentWidget().records
    heads = [table.horizontalHeaderItem(i).text() for i in range(table.columnCount())]
    assert "Net benefit\nmillion CNY/a" in heads and heads[0] == "Link id" and "estimated" not in heads
    layer, names = dock.on_map.layer_of("links"), dock.on_map.names_of("enterprises")
    key = table.item(0, 0).text()
    row = next(each for each in layer.getFeatures() if each["link_id"] == key)
    assert table.item(0, heads.index("From")).text() == names[row["from_enterprise_id"]]
    assert table.item(0, heads.index("From")).toolTip() == row["from_enterprise_id"]
    dock.show_page("networks")


@needs_engine
def test_the_best_links_come_first(with_run):
    dock = with_run
    dock.show_page("links")
    table = dock.stack.currentWidget().records
    heads = [table.horizontalHeaderItem(i).text().splitlines()[0] for i in range(table.columnCount())]
    shown = [table.item(row, heads.index("Link id")).text() for row in range(table.rowCount())]
    worth = {row["link_id"]: row["benefit_cur_a"] for row in dock.on_map.layer_of("links").getFeatures()}
    known = [worth[key] for key in shown if worth[key] != NULL]
    assert len(known) > 2 and known == sorted(known, reverse=True)


@needs_engine
def test_the_chosen_row_is_told_whole_with_what_other_tables_say_of_it(with_run):
    dock = with_run
    dock.show_page("clusters")
    page = dock.stack.currentWidget()
    card = page.findChild(QTextBrowser)
    assert card.isHidden()
    page.records.selectRow(0)
    key = page.records.feature()["cluster_id"]
    profile = next(
        row for row in dock.on_map.layer_of("cluster_profiles").getFeatures() if row["cluster_id"] == key
    )
    firms, told = dock.on_map.names_of("enterprises"), card.toPlainText()
    # the area tells its name; staff and core firms stand in the profile
    assert not card.isHidden() and profile["name_en"] in told and "Staff" in told
    assert all(firms[firm] in told for firm in profile["core_firms"].split(";"))
    assert "(English)" not in told and told.count("Ties inside") == 1
    dock.on_map.layer_of("cluster_areas").removeSelection()
    assert card.isHidden()


@needs_engine
def test_rows_without_a_place_select_what_they_speak_of(with_run):
    dock = with_run
    dock.show_page("clusters")
    page, areas = dock.stack.currentWidget(), dock.on_map.layer_of("cluster_areas")
    choice = page.findChild(QComboBox, "tables")
    choice.setCurrentIndex(choice.findData("cluster_profiles"))
    page.records.selectRow(0)
    wanted = page.records.feature()["cluster_id"]
    assert [row["cluster_id"] for row in areas.selectedFeatures()] == [wanted]
    other = next(row for row in areas.getFeatures() if row["cluster_id"] != wanted)
    areas.selectByIds([other.id()])
    assert page.records.feature()["cluster_id"] == other["cluster_id"]
    # a firm of the park, too: targets have no place of their own
    dock.show_page("links")
    page, firms = dock.stack.currentWidget(), dock.on_map.base()["enterprises"]
    choice = page.findChild(QComboBox, "tables")
    choice.setCurrentIndex(choice.findData("heat_targets"))
    first = next(firms.getFeatures())
    firms.selectByIds([first.id()])
    assert page.records.feature()["enterprise_id"] == first["enterprise_id"]
    QgsProject.instance().removeMapLayer(firms.id())
    assert page.records.rowCount() == 0


@needs_engine
def test_legends_say_what_widths_sizes_and_forms_mean(with_run):
    dock = with_run

    def legend(table):
        return [item.label() for item in dock.on_map.layer_of(table).renderer().legendSymbolItems()]

    assert legend("links")[-1].replace("\u00a0", " ").startswith("10,000 t/a")
    assert legend("cluster_members")[-2:] == ["Core", "Bridge"]
    assert [entry.replace("\u00a0", " ") for entry in legend("firm_loss")] == [
        "Loss",
        "1 million CNY/a",
        "5 million CNY/a",
        "20 million CNY/a",
    ]
    loss = dock.on_map.layer_of("firm_loss").renderer().symbol()
    assert loss.color().name() == "#b2182b"


@needs_engine
def test_a_run_that_bears_the_name_of_its_park_lies_above_it(with_run, tmp_path):
    from parkloop.plugin import results

    dock, project = with_run, QgsProject.instance()
    twin = Path(shutil.copytree(str(dock.session.run), str(tmp_path / dock.session.park.stem)))
    results.add(project, twin, ("links",))
    names = [node.name() for node in project.layerTreeRoot().findGroup("ParkLoop / small").findLayers()]
    assert names.index("Links between firms") < names.index("Parcels")


@needs_engine
def test_the_scenario_has_a_page_of_its_own(real_engine, tmp_path, monkeypatch):
    from qgis.PyQt.QtWidgets import QLineEdit, QSpinBox

    dock = real_engine
    dock.foot.scenario.click()
    page = dock.stack.currentWidget()
    name, seed = page.findChild(QLineEdit, "name"), page.findChild(QSpinBox, "seed")
    assert (name.text(), seed.value()) == ("base", 1) and "default" in page.changed.text()
    name.setText("tight")
    name.editingFinished.emit()
    seed.setValue(7)
    dock.session.choose("siting", "single_source", False, True)
    assert dock.session.choices == {"": {"name": "tight", "seed": 7}, "siting": {"single_source": False}}
    assert "7 (default 1)" in page.changed.text() and "no (default yes)" in page.changed.text()
    assert states(dock)["links"] == "stale"
    path = tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(path), ""))
    page.save()
    assert path.read_text(encoding="utf-8") == 'name = "tight"\nseed = 7\n\n[siting]\nsingle_source = false\n'
    dock.session.forget_choices()
    assert dock.session.choices == {} and states(dock)["links"] == "fresh"


@needs_engine
def test_layers_and_legends_are_in_the_language_of_the_dock(with_run):
    dock = with_run

    def words():
        layer, firms = dock.on_map.layer_of("sites"), dock.on_map.base()["enterprises"]
        legend = [category.label() for category in layer.renderer().categories()]
        return {layer.name(), firms.name(), *legend, layer.attributeDisplayName(0), firms.attributeDisplayName(1)}

    english = words()
    dock.switch_language()
    chinese = words()
    assert all(text.isascii() for text in english) and not any(text.isascii() for text in chinese - {"fid"})
    dock.switch_language()
    assert words() == english


@needs_engine
def test_the_layout_report_shows_its_progress_and_can_be_cancelled(with_run, tmp_path, monkeypatch):
    from qgis.PyQt.QtWidgets import QProgressDialog, QPushButton

    dock, seen = with_run, []
    set_value = QProgressDialog.setValue

    def watched(dialog, value):
        seen.append(value)
        set_value(dialog, value)

    monkeypatch.setattr(QProgressDialog, "setValue", watched)
    target = tmp_path / "sheets.pdf"
    assert dock.foot.export(target) and target.read_bytes().startswith(b"%PDF")
    assert len(seen) > 5 and seen == sorted(seen) and str(target) in dock.said.text()

    def cancelling(dialog, value):
        set_value(dialog, value)
        if value > 20:
            dialog.findChild(QPushButton).click()

    monkeypatch.setattr(QProgressDialog, "setValue", cancelling)
    assert not dock.foot.export(tmp_path / "none.pdf")
    assert dock.said.text() == "Cancelled; nothing was written."
    assert list(tmp_path.glob("*none*")) == [] and list(tmp_path.glob(".parkloop-*")) == []


def test_tables_of_choices_show_an_example_and_take_full_width_signs(qgis_app):
    from qgis.PyQt.QtWidgets import QLineEdit

    from parkloop.plugin.dock.form import Form

    entry = {
        **{
            "step": "intensity",
            "name": "judgements",
            "type": "table",
            "item": "float",
            "default": {},
            "options": {},
        },
        **{"minimum": None, "maximum": None, "label": {"en": "Judgements", "zh": "判断"}},
    }
    form, told = Form([entry], {}), []
    form.chosen.connect(lambda name, value, default: told.append((name, value)))
    field = form.findChild(QLineEdit, "judgements")
    assert field.placeholderText() == "e.g. A/B=3; A/C=5; B/C=2"
    field.setText("A/B＝3； A/C=5")
    field.editingFinished.emit()
    assert told == [("judgements", {"A/B": 3.0, "A/C": 5.0})]
