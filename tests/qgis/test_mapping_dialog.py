"""The dialog that assigns a planner's files and columns by hand."""

import pytest
from qgis.PyQt.QtWidgets import QFileDialog, QPushButton


def match(heading, confidence=0.9, unit=""):
    return {"from": heading, "unit": unit, "confidence": confidence, "codes": {}}


def source(file, target, columns):
    return {
        **{
            "file": file,
            "layer": "",
            "target": target,
            "confidence": 0.7,
            "encoding": "",
            "crs": "",
            "crs_from": "",
        },
        **{"swap_axes": False, "join_on": "", "constants": {}, "columns": columns},
    }


HEADINGS = [
    {
        "file": "land.shp",
        "layer": "",
        "columns": [
            {"name": "DKBH", "examples": ["D0", "D1"]},
            {"name": "YT", "examples": ["工业用地"]},
            {"name": "MJ", "examples": ["15.2"]},
        ],
    },
    {
        "file": "firms.csv",
        "layer": "",
        "columns": [{"name": "name", "examples": ["Works"]}, {"name": "code", "examples": []}],
    },
]


@pytest.fixture()
def dialog(qgis_app, qgis_iface):
    from parkloop.plugin.dock.mapping_dialog import MappingDialog

    mapping = {
        "park": {},
        "source": [
            source("land.shp", "parcels", {"parcel_id": match("DKBH"), "area_m2": match("MJ", 0.65, "亩")}),
            source("firms.csv", "enterprises", {"name": match("name")}),
            source("gone.shp", "roads", {}),
        ],
    }
    made = MappingDialog(mapping, HEADINGS, qgis_iface.mainWindow())
    yield made
    made.deleteLater()


def box(dialog, number, name, column=None):
    from parkloop.plugin.dock.mapping_dialog import THEIRS

    return dialog.tree.itemWidget(dialog.line(number, name), THEIRS if column is None else column)


def test_each_column_shows_where_it_comes_from_an_example_its_unit_and_how_sure_it_is(dialog):
    from parkloop.plugin.dock.mapping_dialog import CONFIDENCE, EXAMPLE, UNIT

    line = dialog.line(0, "area_m2")
    assert box(dialog, 0, "area_m2").currentText() == "MJ" and line.text(EXAMPLE) == "15.2"
    assert line.text(CONFIDENCE) == "65 %  ⚠" and dialog.line(0, "parcel_id").text(CONFIDENCE) == "90 %"
    assert box(dialog, 0, "area_m2", UNIT).currentData() == "亩" and box(dialog, 0, "parcel_id", UNIT) is None
    # a required column stands among the matched ones though nothing gives it, the others under "more"
    assert dialog.line(0, "land_use").parent() is dialog.tree.topLevelItem(0)
    assert dialog.line(0, "tenure").parent().text(0) == "More columns"
    assert dialog.tree.topLevelItemCount() == 2  # of gone.shp there is no file


def test_a_column_is_assigned_by_hand_and_taken_away(dialog):
    from parkloop.plugin.dock.mapping_dialog import CONFIDENCE, EXAMPLE, UNIT

    given = dialog._mapping["source"][0]["columns"]
    use = box(dialog, 0, "land_use")
    use.setCurrentIndex(use.findData("YT"))
    assert given["land_use"] == match("YT", 1.0) and dialog.line(0, "land_use").text(EXAMPLE) == "工业用地"
    green = box(dialog, 0, "green_m2")
    green.setCurrentIndex(green.findData("MJ"))
    unit = box(dialog, 0, "green_m2", UNIT)
    unit.setCurrentIndex(unit.findData("公顷"))
    assert given["green_m2"] == match("MJ", 1.0, "公顷")
    area = box(dialog, 0, "area_m2")
    area.setCurrentIndex(0)
    assert "area_m2" not in given and dialog.line(0, "area_m2").text(CONFIDENCE) == ""
    assert box(dialog, 0, "area_m2", UNIT) is None
    assert 'from = "YT"' in dialog.toml() and "gone.shp" not in dialog.toml()


def test_what_is_missing_is_said_for_each_step_and_goes_when_it_is_given(dialog):
    assert "✕\u00a0Parcels (Land use)" in dialog.missing.text()
    assert "✕\u00a0Roads" in dialog.missing.text() and "✕\u00a0Enterprises (Sector)" in dialog.missing.text()
    use, sector = box(dialog, 0, "land_use"), box(dialog, 1, "sector")
    use.setCurrentIndex(use.findData("YT"))
    sector.setCurrentIndex(sector.findData("code"))
    assert "Land use" not in dialog.missing.text() and "(Sector)" not in dialog.missing.text()
    sector.setCurrentIndex(0)
    assert "(Sector)" in dialog.missing.text()


def test_a_mapping_is_saved_and_another_one_asked_for(dialog, tmp_path, monkeypatch):
    from parkloop.plugin.dock.mapping_dialog import AGAIN

    path = tmp_path / "kept.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (str(path), ""))
    dialog.findChild(QPushButton, "mapping_save").click()
    assert path.read_text(encoding="utf-8") == dialog.toml()
    dialog.findChild(QPushButton, "mapping_load").click()
    assert dialog.loaded == path and dialog.result() == AGAIN
    dialog.findChild(QPushButton, "mapping_anew").click()
    assert dialog.anew and dialog.result() == AGAIN
