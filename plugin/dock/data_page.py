"""The page of the data: what the check found, each finding with its remedy; a click leads to the place."""

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ...resources import layers
from ..texts import language, tr
from .page import SIGNS

PLACE = Qt.ItemDataRole.UserRole


class DataPage(QWidget):
    """Shows the findings of the last check; ``wanted`` says (layer, id) of the row clicked."""

    back = pyqtSignal()
    check = pyqtSignal()
    wanted = pyqtSignal(str, str)

    def __init__(self, session, parent=None):
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(6, 6, 6, 6)
        head = QHBoxLayout()
        back = QPushButton("‹")
        back.setFixedWidth(28)
        back.setToolTip(tr("dock.back"))
        back.clicked.connect(self.back)
        again = QPushButton(tr("dock.check"))
        again.clicked.connect(self.check)
        head.addWidget(back)
        head.addWidget(QLabel(f"<b>{tr('dock.data')}</b>"), 1)
        head.addWidget(again)
        outer.addLayout(head)
        counts = QLabel(
            "   ".join(
                f"{layers()[name]['label_' + language()]}: {count}"
                for name, count in session.counts.items()
                if name in layers()
            )
        )
        counts.setWordWrap(True)
        outer.addWidget(counts)
        tree = QTreeWidget()
        tree.setHeaderLabels([tr("dock.what"), tr("dock.where")])
        tree.setWordWrap(True)
        tree.setColumnWidth(0, 250)
        for finding in session.findings[:1000]:
            where = " ".join(
                part for part in (finding.get("layer"), finding.get("id"), finding.get("column")) if part
            )
            item = QTreeWidgetItem([f"{SIGNS[finding['severity']]} {finding['text']}", where])
            item.setToolTip(0, f"{finding['text']}\n→ {finding['remedy']}")
            item.setData(0, PLACE, (finding.get("layer", ""), finding.get("id", "")))
            item.addChild(QTreeWidgetItem(["→ " + finding["remedy"], ""]))
            tree.addTopLevelItem(item)
        tree.itemClicked.connect(self._clicked)
        outer.addWidget(tree, 1)
        if not session.findings:
            outer.addWidget(QLabel(tr("dock.no_findings")))

    def _clicked(self, item):
        place = item.data(0, PLACE)
        if place and place[0]:
            self.wanted.emit(*place)

    def forget(self):
        """Nothing is held."""
