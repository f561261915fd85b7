"""Two runs side by side."""

import json
from pathlib import Path

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox, QDialog, QHBoxLayout, QTableWidget, QTableWidgetItem, QVBoxLayout

from ..texts import language, tr
from .numbers import figure
from .page import tr_step
from .session import steps


class CompareDialog(QDialog):
    """Every figure of two runs of the park, and the difference."""

    def __init__(self, session, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("dock.compare"))
        self.resize(680, 560)
        outer, row = QVBoxLayout(self), QHBoxLayout()
        self._choices = [QComboBox(), QComboBox()]
        for i, choice in enumerate(self._choices):
            for run in session.runs():
                choice.addItem(run.name, str(run))
            choice.setCurrentIndex(min(1 - i, choice.count() - 1))
            choice.currentIndexChanged.connect(lambda k: self._fill())
            row.addWidget(choice, 1)
        outer.addLayout(row)
        self.table = QTableWidget()
        self.table.verticalHeader().hide()
        outer.addWidget(self.table, 1)
        self._fill()

    def _fill(self):
        first, second = (_document(choice.currentData()) for choice in self._choices)
        rows = []
        for step in [name for name in steps() if name in first["steps"] or name in second["steps"]]:
            ours, theirs = (run["steps"].get(step, {"figures": {}})["figures"] for run in (first, second))
            rows += [(step, ours.get(name), theirs.get(name)) for name in {**ours, **theirs}]
        self.table.setColumnCount(4)
        self.table.setHorizontalHeaderLabels(
            [tr("dock.figure"), tr("dock.first"), tr("dock.second"), tr("dock.difference")]
        )
        self.table.setRowCount(len(rows))
        currency = first["park"]["currency"]
        for i, (step, entry, other) in enumerate(rows):
            a, b = (side["value"] if side else None for side in (entry, other))
            entry = entry or other
            change = None if a is None or b is None else b - a
            texts = [f"{tr_step(step)}: {entry['label'][language()]}"]
            texts += [figure(value, entry["unit"], currency) for value in (a, b, change)]
            for k, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                if k:
                    item.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                font = item.font()
                font.setBold(bool(change))
                item.setFont(font)
                self.table.setItem(i, k, item)
        self.table.resizeColumnsToContents()


def _document(folder):
    with (Path(folder) / "results.json").open(encoding="utf-8") as file:
        return json.load(file)
