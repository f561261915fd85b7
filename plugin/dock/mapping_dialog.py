"""Look through a proposed mapping: which file becomes which layer, which of its columns which of ours."""

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from ...resources import columns, layers, table, toml
from ..texts import language, tr

SURE = 0.75  # a match below this is marked for a second look


class MappingDialog(QDialog):
    """Shows the mapping the engine proposed; after ``exec`` the mended one is in ``toml()``.

    ``retargeted`` is true where a source became another layer, whose columns the engine has yet to match.
    """

    def __init__(self, mapping, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("dock.import_layers"))
        self.resize(760, 560)
        self._mapping = mapping
        self.retargeted = False
        outer = QVBoxLayout(self)
        hint = QLabel(tr("dock.mapping_hint"))
        hint.setWordWrap(True)
        outer.addWidget(hint)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(
            [tr("dock.mapping_source"), tr("dock.mapping_target"), tr("dock.mapping_unit"), tr("dock.mapping_sure")]
        )
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        outer.addWidget(self.tree, 1)
        for entry in mapping["source"]:
            self._add(entry)
        self.tree.expandAll()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        outer.addWidget(buttons)

    def _add(self, entry):
        name = f"{entry['file']} · {entry['layer']}" if entry["layer"] else entry["file"]
        item = QTreeWidgetItem([name, "", "", ""])
        self.tree.addTopLevelItem(item)
        target = QComboBox()
        target.addItem(tr("dock.mapping_none"), "")
        for code, row in layers().items():
            target.addItem(f"{row['label_' + language()]} ({code})", code)
        target.setCurrentIndex(max(0, target.findData(entry["target"])))
        target.currentIndexChanged.connect(lambda i: self._retarget(entry, item, target.currentData()))
        self.tree.setItemWidget(item, 1, target)
        crs = QLineEdit(entry["crs"])
        crs.setPlaceholderText("EPSG:…")
        crs.textChanged.connect(lambda text: entry.update(crs=text.strip(), crs_from="user"))
        self.tree.setItemWidget(item, 2, crs)
        self._mark(item, entry["confidence"] if entry["target"] else 1.0, entry["target"])
        self._columns(entry, item)

    def _columns(self, entry, item):
        for name, match in entry["columns"].items():
            row = columns(entry["target"])[name]
            child = QTreeWidgetItem([match["from"], f"{row['label_' + language()]} ({name})", "", ""])
            child.setToolTip(1, row["meaning_" + language()])
            child.setFlags(child.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            child.setCheckState(0, Qt.CheckState.Checked)
            child.setData(0, Qt.ItemDataRole.UserRole, name)
            self._mark(child, match["confidence"], True)
            item.addChild(child)
            if row["unit"] not in ("", "1"):
                self.tree.setItemWidget(child, 2, _units(match, row["unit"]))

    def _mark(self, item, confidence, meant):
        item.setText(3, f"{round(100 * confidence)} %" if meant else "")
        if meant and confidence < SURE:
            item.setText(3, item.text(3) + "  ⚠")

    def _retarget(self, entry, item, target):
        """Another layer: the columns proposed belong to the old one, so the engine matches them anew."""
        entry.update(target=target, confidence=1.0, columns={}, constants={}, join_on="")
        self.retargeted = True
        item.takeChildren()
        self._mark(item, 1.0, target)
        if target:
            item.addChild(QTreeWidgetItem([tr("dock.mapping_anew"), "", "", ""]))
            item.setExpanded(True)

    def toml(self):
        """The mapping as it stands, without the columns that were unticked."""
        for i, entry in enumerate(self._mapping["source"]):
            item = self.tree.topLevelItem(i)
            for k in range(item.childCount()):
                child = item.child(k)
                if child.checkState(0) != Qt.CheckState.Checked:
                    entry["columns"].pop(child.data(0, Qt.ItemDataRole.UserRole), None)
        return toml.dump(self._mapping)


def _units(match, unit):
    """A box with the units that can stand in the planner's column; what is chosen goes into the mapping."""
    box = QComboBox()
    box.addItem(unit, "")
    for row in table("knowledge", "units.csv"):
        if row["column_unit"] == unit and float(row["factor"]) != 1:
            alias = row["alias"].split("|")[0]
            box.addItem(alias, alias)
    if match["unit"] and box.findData(match["unit"]) < 0:
        box.addItem(match["unit"], match["unit"])
    box.setCurrentIndex(box.findData(match["unit"]))
    box.currentIndexChanged.connect(lambda i: match.update(unit=box.itemData(i)))
    return box
