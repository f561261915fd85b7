"""Where a park comes from: a file, a map, a planner's own layers, a questionnaire."""

from pathlib import Path

from qgis.PyQt.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QToolButton, QWidget

from ..texts import tr

FILES = "*.shp *.dxf *.geojson *.gpkg *.xlsx *.csv *.kml"


class SourceButtons(QWidget):
    """Four buttons under the name of the park."""

    def __init__(self, dock):
        super().__init__(dock)
        self._dock = dock
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for key, act in (
            ("open", lambda: dock.open_park()),
            ("import_map", self.import_map),
            ("import_layers", self.import_layers),
        ):
            row.addWidget(self._button(key, act))
        questions = self._button("questionnaire", None)
        menu = QMenu(questions)
        menu.addAction(tr("dock.write_questionnaire"), self.write_questionnaire)
        menu.addAction(tr("dock.read_questionnaire"), self.read_questionnaire)
        questions.setMenu(menu)
        questions.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(questions)
        row.addStretch(1)

    def _button(self, key, act):
        button = QToolButton()
        button.setText(tr("dock." + key))
        button.setToolTip(tr(f"dock.{key}.tip"))
        button.setObjectName(key)
        if act is not None:
            button.clicked.connect(lambda: act())
        return button

    def import_map(self):
        """Make a park from an OpenStreetMap extract, with terrain if there is one."""
        extract, _ = QFileDialog.getOpenFileName(self, tr("dock.import_map"), "", "OpenStreetMap (*.pbf)")
        if not extract:
            return
        terrain, _ = QFileDialog.getOpenFileName(
            self, tr("dock.choose_terrain"), str(Path(extract).parent), "GeoTIFF (*.tif *.tiff)"
        )
        out = self._target(Path(extract).name.split(".")[0] + ".gpkg", Path(extract).parent)
        if out:
            words = ["import", "osm", extract, "-o", out, "--overwrite"] + (["--dem", terrain] if terrain else [])
            self._make(tr("dock.import_map"), words, out)

    def import_layers(self):
        """Make a park from the planner's own layers, by a mapping that is looked through first."""
        files, _ = QFileDialog.getOpenFileNames(self, tr("dock.import_layers"), "", FILES)
        if not files:
            return
        out = self._target("park.gpkg", Path(files[0]).parent)
        if not out:
            return
        mapping = Path(out).with_suffix(".mapping.toml")
        words = ["import", "layers", *files, "--mapping", str(mapping), "--propose", "-o", out, "--overwrite"]
        self._propose(words, files, out, mapping)  # a mapping that was kept beside the park is taken up again

    def _propose(self, words, files, out, mapping):
        self._dock.start_command(
            tr("dock.import_layers"), words, out, lambda task: self._look_through(task, words, files, out, mapping)
        )

    def _look_through(self, task, words, files, out, mapping):
        """Let the planner mend the proposal; where a source becomes another layer, the engine matches its columns anew."""
        from .mapping_dialog import AGAIN, MappingDialog

        proposed = next(event for event in task.events if event["event"] == "mapping")
        dialog = MappingDialog(proposed["mapping"], proposed["headings"], self._dock)
        answer = dialog.exec()
        dialog.deleteLater()
        if not answer:
            return
        if dialog.anew:
            mapping.unlink()
        else:
            wanted = dialog.loaded.read_bytes() if dialog.loaded else dialog.toml().encode("utf-8")
            mapping.write_bytes(wanted)
        if answer == AGAIN or dialog.retargeted:
            self._propose(words, files, out, mapping)
        else:
            words = ["import", "layers", *files, "--mapping", str(mapping), "-o", out, "--overwrite"]
            self._make(tr("dock.import_layers"), words, out)

    def write_questionnaire(self):
        """Write the workbook the firms fill in, with what the park holds already."""
        path, _ = QFileDialog.getSaveFileName(
            self, tr("dock.write_questionnaire"), "questionnaire.xlsx", "Excel (*.xlsx)"
        )
        if path:
            park = ["--park", str(self._dock.session.park)] if self._dock.session.park else []
            words = ["template", "-o", path, "--overwrite", *park]
            self._dock.start_command(tr("dock.write_questionnaire"), words, path, lambda task: self._dock.say(path))

    def read_questionnaire(self):
        """Take the firms' answers into the park."""
        if self._dock.session.park is None:
            self._dock.say(tr("dock.no_park"))
            return
        book, _ = QFileDialog.getOpenFileName(self, tr("dock.read_questionnaire"), "", "Excel (*.xlsx)")
        park = self._dock.session.park
        out = book and self._target(park.stem + "-answers.gpkg", park.parent)
        if out:
            self._make(tr("dock.read_questionnaire"), ["import", "xlsx", book, "--into", str(park), "-o", out], out)

    def _target(self, name, folder):
        path, _ = QFileDialog.getSaveFileName(
            self, tr("dock.save_park"), str(Path(folder) / name), "GeoPackage (*.gpkg)"
        )
        return path

    def _make(self, title, words, out):
        self._dock.start_command(title, words, out, lambda task: self._dock.open_park(out))
