"""The page of the data: what the check found, each finding with its remedy; a click leads to the place."""

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QTextDocument
from qgis.PyQt.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from ...resources import columns, layers
from ..texts import language, tr
from .numbers import shown
from .page import SIGNS, head

PLACE = Qt.ItemDataRole.UserRole
MOST = 1000
ORDER = ("error", "warning", "info")


class Wrapped(QStyledItemDelegate):
    """Gives each text of a list the height it needs in the list's width."""

    def sizeHint(self, option, index):
        width = self.parent().viewport().width() - 16
        document = QTextDocument()  # unlike the font's metrics, it knows of taller glyphs from other fonts
        document.setDefaultFont(option.font)
        document.setDocumentMargin(0)
        document.setPlainText(index.data(Qt.ItemDataRole.DisplayRole))
        document.setTextWidth(width)
        return QSize(width, int(document.size().height()) + 10)


class DataPage(QWidget):
    """Shows the findings of the last check; ``wanted`` says (layer, id) of the row clicked."""

    back = pyqtSignal()
    check = pyqtSignal()
    wanted = pyqtSignal(str, str)

    def __init__(self, session, counts, parent=None):
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(6, 6, 6, 6)
        self._again = QPushButton(tr("dock.check"))
        self._again.clicked.connect(self.check)
        outer.addLayout(head(tr("dock.data"), self.back, self._again))
        label = "label_" + language()
        line = QLabel(" · ".join(f"{layers()[name][label]}\u00a0{shown(count)}" for name, count in counts.items()))
        line.setWordWrap(True)
        outer.addWidget(line)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setAlternatingRowColors(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(Wrapped(self.list))
        found = sorted(session.findings or [], key=lambda finding: ORDER.index(finding["severity"]))
        for finding in found[:MOST]:
            item = QListWidgetItem(f"{SIGNS[finding['severity']]} {finding['text']}\n→ {finding['remedy']}")
            item.setToolTip(_where(finding))
            item.setData(PLACE, (finding.get("layer") or "", finding.get("id") or ""))
            self.list.addItem(item)
        self.list.itemClicked.connect(lambda item: self.wanted.emit(*item.data(PLACE)))
        if found:
            outer.addWidget(self.list, 1)
            return
        text = QLabel(tr("dock.no_findings" if session.findings is not None else "dock.not_checked"))
        text.setWordWrap(True)
        outer.addWidget(text)
        outer.addStretch(1)

    def set_busy(self, busy):
        """Whether something is running."""
        self._again.setEnabled(not busy)

    def tab(self):
        """There is one only."""
        return 0

    def set_tab(self, tab):
        """There is one only."""

    def forget(self):
        """Nothing is held."""


def _where(finding):
    """Layer, id and column of a finding in words."""
    layer, column, label = finding.get("layer"), finding.get("column"), "label_" + language()
    known = columns(layer).get(column) if layer in layers() else None
    words = layers()[layer][label] if layer in layers() else layer
    return " · ".join(part for part in (words, finding.get("id"), known[label] if known else column) if part)
