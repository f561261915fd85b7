"""A table of a layer's rows whose selection and the map's are one."""

from qgis.core import NULL
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QItemSelectionModel, Qt
from qgis.PyQt.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from ...resources import codes, columns
from ..texts import language
from .numbers import shown

MOST_ROWS = 2000
KEY = Qt.ItemDataRole.UserRole
SORT = Qt.ItemDataRole.UserRole + 1


class Cell(QTableWidgetItem):
    """A cell that sorts by its value, not by its text."""

    def __lt__(self, other):
        mine, theirs = self.data(SORT), other.data(SORT)
        if isinstance(mine, (int, float)) and isinstance(theirs, (int, float)):
            return mine < theirs
        return self.text() < other.text()


class Records(QTableWidget):
    """Shows the rows of a QgsVectorLayer; selecting here selects there, and the other way round."""

    def __init__(self, canvas=None, parent=None):
        super().__init__(parent)
        self._layer, self._canvas, self._busy = None, canvas, False
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.itemSelectionChanged.connect(self._to_map)
        self.itemDoubleClicked.connect(lambda item: self._zoom())

    def show_layer(self, layer, name):
        """Show a layer whose columns the schema of ``name`` describes; nothing where the layer is None."""
        self.forget()
        self._busy = True
        self.setSortingEnabled(False)
        self.clear()
        self.setRowCount(0)
        self.setColumnCount(0)
        if layer is not None:
            self._fill(layer, name)
            self._layer = layer
            layer.selectionChanged.connect(self._from_map)
            layer.willBeDeleted.connect(self._gone)
        self._busy = False

    def forget(self):
        """Let go of the layer."""
        if self._layer is not None and not sip.isdeleted(self._layer):
            self._layer.selectionChanged.disconnect(self._from_map)
            self._layer.willBeDeleted.disconnect(self._gone)
        self._layer = None

    def _gone(self):
        """The layer is being deleted: its rows lead nowhere now."""
        self._layer = None  # too late to ask it anything
        self.setRowCount(0)

    def _fill(self, layer, name):
        known = columns(name)
        fields = [field.name() for field in layer.fields() if field.name() in known]
        label = "label_" + language()
        self.setColumnCount(len(fields))
        for i, field in enumerate(fields):
            unit = known[field]["unit"]
            head = QTableWidgetItem(known[field][label] + (f"\n{unit}" if unit not in ("", "1") else ""))
            head.setToolTip(known[field]["meaning_" + language()])
            self.setHorizontalHeaderItem(i, head)
        lists = [codes(known[field]["codes"]) if known[field]["codes"] else {} for field in fields]
        features = []
        for feature in layer.getFeatures():
            features.append(feature)
            if len(features) == MOST_ROWS:
                break
        self.setRowCount(len(features))
        for row, feature in enumerate(features):
            for column, field in enumerate(fields):
                value = feature[field]
                value = None if value == NULL else value
                text = lists[column][value][label] if value in lists[column] else shown(value)
                cell = Cell("" if value is None else text)
                cell.setData(KEY, feature.id())
                cell.setData(SORT, value)
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    cell.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                self.setItem(row, column, cell)
        self.setSortingEnabled(True)
        self.resizeColumnsToContents()
        for column in range(self.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column), 220))

    def _to_map(self):
        if self._busy or self._layer is None:
            return
        self._busy = True
        rows = {index.row() for index in self.selectionModel().selectedRows()}
        self._layer.selectByIds([self.item(row, 0).data(KEY) for row in rows])
        self._busy = False

    def _from_map(self, *ignored):
        if self._busy or self._layer is None:
            return
        self._busy = True
        wanted = set(self._layer.selectedFeatureIds())
        model, flags = self.selectionModel(), QItemSelectionModel.SelectionFlag
        model.clearSelection()
        first = None
        for row in range(self.rowCount()):
            if self.item(row, 0).data(KEY) in wanted:
                model.select(self.model().index(row, 0), flags.Select | flags.Rows)
                first = row if first is None else first
        if first is not None:
            self.scrollToItem(self.item(first, 0))
        self._busy = False

    def _zoom(self):
        if self._layer is not None and self._canvas is not None and self._layer.isSpatial():
            self._canvas.zoomToSelected(self._layer)
