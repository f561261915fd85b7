"""The table of the next best sets of sites of a utility, with their regret."""

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from ..texts import tr
from .cells import readable
from .records import ROW_HEIGHT

TABLE = "site_alternatives"
COLUMNS = ("rank", "regret_cur_a", "regret_pct", "cost_cur_a", "exposed", "co2_t_a", "count", "sites")
WIDEST = 220


class Alternatives(QTableWidget):
    """Shows rows of the table; ``chosen`` says which one was selected by hand."""

    chosen = pyqtSignal(int)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._busy = False
        self.setObjectName("alternatives")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.itemSelectionChanged.connect(self._tell)

    def show_rows(self, layer, rows, currency):
        """Show rows (with their ``feature``) of a layer that the schema describes, as high as they are."""
        self._busy = True
        self.clear()
        self.setVisible(bool(rows))
        known = {one.field: one for one in readable(layer, TABLE, currency, lambda name: {})} if layer else {}
        columns = [known[name] for name in COLUMNS if name in known]
        self.setColumnCount(len(columns))
        self.setRowCount(len(rows))
        for at, column in enumerate(columns):
            head = QTableWidgetItem(column.label + (f"\n{column.unit}" if column.unit else ""))
            head.setToolTip(column.meaning)
            self.setHorizontalHeaderItem(at, head)
            for line, row in enumerate(rows):
                said, value, _ = column.tell(row["feature"])
                cell = QTableWidgetItem(tr("dock.front.chosen") if (column.field, value) == ("rank", 0) else said)
                cell.setToolTip(row["sites"] or "")
                if isinstance(value, (int, float)):
                    cell.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                self.setItem(line, at, cell)
        self.resizeColumnsToContents()
        for at in range(len(columns)):
            self.setColumnWidth(at, min(self.columnWidth(at), WIDEST))
        bars = self.horizontalHeader().sizeHint().height() + self.horizontalScrollBar().sizeHint().height() + 4
        self.setFixedHeight(ROW_HEIGHT * len(rows) + bars)
        self._busy = False

    def release(self):
        """Select nothing, and tell nobody."""
        self._busy = True
        self.clearSelection()
        self._busy = False

    def _tell(self):
        rows = {index.row() for index in self.selectionModel().selectedRows()}
        if rows and not self._busy:
            self.chosen.emit(rows.pop())
