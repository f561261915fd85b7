"""A table of a layer's rows whose selection and the map's are one."""

from qgis.core import NULL, QgsFeatureRequest
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QItemSelectionModel, Qt
from qgis.PyQt.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from ...resources import codes, columns
from ..texts import language
from .numbers import scale, shown

MOST_ROWS = 2000
ROW_HEIGHT = 24
ESTIMATED = " ≈"  # as behind the figures
KEY = Qt.ItemDataRole.UserRole
SORT = Qt.ItemDataRole.UserRole + 1


def shown_fields(layer, known):
    """The columns a planner reads, in the schema's order: those in the other language are left out, as are marks for machines."""
    other = "_zh" if language() == "en" else "_en"
    twin = other[:-2] + language()
    present = [field.name() for field in layer.fields() if field.name() in known and field.name() != "estimated"]
    read = [name for name in present if not (name.endswith(other) and name[: -len(other)] + twin in known)]
    # ids that lead to rows of the questionnaire are there to trace a number, not to be read first
    return sorted(read, key=lambda name: name != read[0] and name.endswith("_id") and not known[name]["refers"])


def _estimated(feature, layer):
    """The columns of a row that rest on estimates."""
    if layer.fields().indexOf("estimated") < 0 or feature["estimated"] == NULL:
        return ()
    return str(feature["estimated"]).split(";")


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
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.itemSelectionChanged.connect(self._to_map)
        self.itemDoubleClicked.connect(lambda item: self._zoom())

    def show_layer(self, layer, name, currency="CNY", names=lambda layer: {}):
        """Show a layer whose columns the schema of ``name`` describes; nothing where the layer is None.

        Parameters
        ----------
        currency
            The park's, in which money is shown.
        names
            Gives the names of the rows of a layer of the park by their key, shown in place of the key.
        """
        self.forget()
        self._busy = True
        self.setSortingEnabled(False)
        self.clear()
        self.setRowCount(0)
        self.setColumnCount(0)
        if layer is not None:
            self._fill(layer, name, currency, names)
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

    def _fill(self, layer, name, currency, names):
        known, label = columns(name), "label_" + language()
        features = list(layer.getFeatures(QgsFeatureRequest().setLimit(MOST_ROWS)))
        fields = [field for field in shown_fields(layer, known) if any(row[field] != NULL for row in features)]
        self.setColumnCount(len(fields))
        self.setRowCount(len(features))
        guessed = [_estimated(row, layer) for row in features]
        own_unit = layer.fields().indexOf("unit") >= 0
        for i, field in enumerate(fields):
            about = known[field]
            by_row = about["unit"].startswith("by ") and own_unit  # the unit stands in a column of its own
            factor, unit = (1.0, "") if about["unit"].startswith("by ") else scale(about["unit"], currency)
            head = QTableWidgetItem(about[label] + (f"\n{unit}" if unit else ""))
            head.setToolTip(about["meaning_" + language()])
            self.setHorizontalHeaderItem(i, head)
            words = {code: row[label] for code, row in codes(about["codes"]).items()} if about["codes"] else {}
            if about["refers"]:
                words = names(about["refers"])
            units = field == "unit"
            for row, feature in enumerate(features):
                value = None if feature[field] == NULL else feature[field]
                number = isinstance(value, (int, float)) and not isinstance(value, bool)
                if number:
                    times = scale(feature["unit"] or "", currency)[0] if by_row else factor
                    value = value * times if times != 1.0 else value
                text = (
                    ""
                    if value is None
                    else scale(value, currency)[1]
                    if units
                    else words.get(value) or shown(value)
                )
                cell = Cell(text + ESTIMATED if text and field in guessed[row] else text)
                cell.setData(KEY, feature.id())
                cell.setData(SORT, value if number else text)
                if value in words:
                    cell.setToolTip(str(value))  # the code or key behind the words
                if number:
                    cell.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                self.setItem(row, i, cell)
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
