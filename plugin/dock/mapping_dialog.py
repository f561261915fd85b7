"""Look through a mapping: which file becomes which layer, and which of its columns which of ours, by hand where need be."""

from pathlib import Path

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from ...resources import columns, layers, table, toml
from ..texts import language, tr
from .mapping_needs import lacking
from .numbers import shown

SURE = 0.75  # a match below this is marked for a second look
OURS, THEIRS, EXAMPLE, UNIT, CONFIDENCE = range(5)
WIDTHS = (250, 200, 150, 110, 70)
FILTER = "TOML (*.toml)"
AGAIN = 2  # what ``exec`` gives where the engine shall look at the mapping once more


class MappingDialog(QDialog):
    """Shows the mapping the engine proposed; after ``exec`` the mended one is in ``toml()``.

    ``retargeted`` is true where a source became another layer, whose columns the engine has yet to match; ``loaded`` is
    the path of another mapping that the planner wants instead, and ``anew`` is true where a new proposal is wanted.

    Parameters
    ----------
    mapping
        The content of a mapping file.
    headings
        What can be assigned: ``file``, ``layer``, and ``columns`` (``name``, ``examples``) of each source.
    """

    def __init__(self, mapping, headings, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("dock.import_layers"))
        self.resize(860, 640)
        self._headings = {(row["file"], row["layer"]): row["columns"] for row in headings}
        present = [entry for entry in mapping["source"] if (entry["file"], entry["layer"]) in self._headings]
        self._mapping = {**mapping, "source": present}
        self.retargeted, self.loaded, self.anew = False, None, False
        outer = QVBoxLayout(self)
        hint = QLabel(tr("dock.mapping_hint"))
        hint.setWordWrap(True)
        outer.addWidget(hint)
        self.tree = QTreeWidget()
        heads = ("target", "source", "example", "unit", "sure")
        self.tree.setHeaderLabels([tr("dock.mapping_" + name) for name in heads])
        for column, width in enumerate(WIDTHS):
            self.tree.setColumnWidth(column, width)
        outer.addWidget(self.tree, 3)
        self.missing = QLabel()
        self.missing.setWordWrap(True)
        self.missing.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.missing)
        outer.addWidget(area, 1)
        for entry in present:
            self._add(entry)
        outer.addWidget(self._buttons())
        self._say_missing()

    def _buttons(self):
        kinds, roles = QDialogButtonBox.StandardButton, QDialogButtonBox.ButtonRole
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        buttons.button(kinds.Ok).setText(tr("dock.mapping_ok"))
        buttons.button(kinds.Cancel).setText(tr("dock.cancel"))
        for key, act in (("load", self._load), ("save", self._save), ("anew", self._propose_anew)):
            made = buttons.addButton(tr("dock.mapping_button." + key), roles.ActionRole)
            made.setObjectName("mapping_" + key)
            made.clicked.connect(lambda checked=False, act=act: act())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    # the tree

    def _add(self, entry):
        name = f"{entry['file']} · {entry['layer']}" if entry["layer"] else entry["file"]
        item = QTreeWidgetItem(["", name, "", "", ""])
        item.setToolTip(THEIRS, name)
        self.tree.addTopLevelItem(item)
        target = _box()
        target.addItem(tr("dock.mapping_none"), "")
        for code, row in layers().items():
            target.addItem(row["label_" + language()], code)
        target.setCurrentIndex(max(0, target.findData(entry["target"])))
        target.currentIndexChanged.connect(lambda i: self._retarget(entry, item, target.currentData()))
        self.tree.setItemWidget(item, OURS, target)
        crs = QLineEdit(entry["crs"])
        crs.setPlaceholderText("EPSG:…")
        crs.setToolTip(tr("dock.mapping_crs"))
        crs.textChanged.connect(lambda text: entry.update(crs=text.strip(), crs_from="user"))
        self.tree.setItemWidget(item, UNIT, crs)
        _mark(item, entry["confidence"] if entry["target"] else None)
        self._columns(entry, item)

    def _columns(self, entry, item):
        """A line for each column that our layer can have; those that are neither matched nor required under *more*."""
        more = QTreeWidgetItem([tr("dock.mapping_more"), "", "", "", ""])
        for name, row in (columns(entry["target"]) if entry["target"] else {}).items():
            if name in ("estimated", "geometry"):
                continue
            first = name in entry["columns"] or row["required"] == "yes"
            self._column(entry, name, row, item if first else more)
        if more.childCount():
            item.addChild(more)
        item.setExpanded(True)

    def _column(self, entry, name, row, parent):
        star = " *" if row["required"] == "yes" else ""
        line = QTreeWidgetItem([row["label_" + language()] + star, "", "", "", ""])
        line.setToolTip(OURS, f"{name}: {row['meaning_' + language()]}")
        line.setData(OURS, Qt.ItemDataRole.UserRole, name)
        parent.addChild(line)
        box = _box()
        box.setObjectName(f"{entry['file']}:{name}")
        box.addItem("–", "")
        for heading in self._headings[entry["file"], entry["layer"]]:
            box.addItem(heading["name"], heading["name"])
        match = entry["columns"].get(name)
        box.setCurrentIndex(max(0, box.findData(match["from"]) if match else 0))
        box.currentIndexChanged.connect(lambda i: self._assign(entry, name, line, box.itemData(i)))
        self.tree.setItemWidget(line, THEIRS, box)
        self._show_match(entry, name, line)

    def _assign(self, entry, name, line, heading):
        """The planner says which column it is: that is sure, and in our unit until told otherwise."""
        if heading:
            entry["columns"][name] = {"from": heading, "unit": "", "confidence": 1.0, "codes": {}}
        else:
            entry["columns"].pop(name, None)
        self._show_match(entry, name, line)
        self._say_missing()

    def _show_match(self, entry, name, line):
        match, unit = entry["columns"].get(name), columns(entry["target"])[name]["unit"]
        own = self._headings[entry["file"], entry["layer"]]
        found = next((heading for heading in own if match and heading["name"] == match["from"]), None)
        line.setText(EXAMPLE, "; ".join(shown(value) for value in found["examples"]) if found else "")
        line.setToolTip(EXAMPLE, line.text(EXAMPLE))
        _mark(line, match["confidence"] if match else None)
        with_unit = match is not None and unit not in ("", "1")
        self.tree.setItemWidget(line, UNIT, _units(match, unit) if with_unit else None)

    def _retarget(self, entry, item, target):
        """Another layer: the columns proposed belong to the old one, so the engine matches them anew."""
        entry.update(target=target, confidence=1.0, columns={}, constants={}, join_on="")
        self.retargeted = True
        item.takeChildren()
        _mark(item, 1.0 if target else None)
        if target:
            item.addChild(QTreeWidgetItem([tr("dock.mapping_anew"), "", "", "", ""]))
            item.setFirstColumnSpanned(False)
            item.child(0).setFirstColumnSpanned(True)
            item.setExpanded(True)
        self._say_missing()

    def line(self, source, name):
        """The line of the tree for a column of the source with that number."""
        stack = [self.tree.topLevelItem(source)]
        while stack:
            item = stack.pop()
            if item.data(OURS, Qt.ItemDataRole.UserRole) == name:
                return item
            stack += [item.child(i) for i in range(item.childCount())]
        return None

    def _say_missing(self):
        self.missing.setText(lacking(self._mapping))

    # the file

    def toml(self):
        """The mapping as it stands."""
        return toml.dump(self._mapping)

    def _save(self):
        path, _ = QFileDialog.getSaveFileName(self, tr("dock.mapping_button.save"), "layers.mapping.toml", FILTER)
        if path:
            Path(path).write_text(self.toml(), encoding="utf-8")

    def _load(self):
        path, _ = QFileDialog.getOpenFileName(self, tr("dock.mapping_button.load"), "", FILTER)
        if path:
            self.loaded = Path(path)
            self.done(AGAIN)

    def _propose_anew(self):
        self.anew = True
        self.done(AGAIN)


class _Box(QComboBox):
    """A box that leaves the wheel to the list it stands in."""

    def wheelEvent(self, event):
        event.ignore()


def _box():
    box = _Box()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    return box


def _mark(item, confidence):
    """How sure the match is; nothing where there is none."""
    text = "" if confidence is None else f"{round(100 * confidence)} %"
    item.setText(CONFIDENCE, text + "  ⚠" if text and confidence < SURE else text)


def _units(match, unit):
    """A box with the units that can stand in the planner's column; what is chosen goes into the mapping."""
    box = _box()
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
