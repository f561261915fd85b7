"""A table of a layer's rows whose selection and the map's are one."""

from qgis.core import NULL, QgsFeatureRequest
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QItemSelectionModel, Qt
from qgis.PyQt.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from ...resources import columns, layers
from .cells import readable
from .places import split

# tables whose rows name several places at once, and the column that does; each is a candidate for the row's utility
OF_PLACES = {"site_front": "pins", "site_alternatives": "pins", "site_sensitivity": "sites"}
MOST_ROWS = 2000
ROW_HEIGHT = 24
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
        self._layer, self._map, self._here, self._there = None, None, None, None
        self._canvas, self._busy = canvas, False
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.itemSelectionChanged.connect(self._to_map)
        self.itemDoubleClicked.connect(lambda item: self._zoom())

    def show_layer(self, layer, name, currency="CNY", names=lambda layer: {}, place=None, best=None):
        """Show a layer whose columns the schema of ``name`` describes; nothing where the layer is None.

        Parameters
        ----------
        currency
            The park's, in which money is shown.
        names
            Gives the names of the rows of a layer of the park by their key, shown in place of the key.
        place
            Gives the layer on the map that shows a table or a layer of the park, or None. The rows of a table without
            geometry select there what their first reference leads to.
        best
            The column whose greatest values come first; the order of the layer where None.
        """
        self.forget()
        self._busy = True
        self.setSortingEnabled(False)
        self.clear()
        self.setRowCount(0)
        self.setColumnCount(0)
        if layer is not None:
            self._fill(layer, name, currency, names, best)
            self._layer, self._map = layer, layer
            if not layer.isSpatial() and place is not None:
                self._map, self._here, self._there = _led_to(layer, name, place)
            self._link(True)
        self._busy = False

    def feature(self):
        """The feature of the first row that is selected, or None."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        if not rows or self._layer is None:
            return None
        return self._layer.getFeature(self.item(rows[0], 0).data(KEY))

    def forget(self):
        """Let go of the layer."""
        self._link(False)
        self._layer = self._map = None

    def _link(self, on):
        """Hear of (or no longer) what is selected on the map, and of a layer that goes."""
        for layer in {id(one): one for one in (self._layer, self._map) if one is not None}.values():
            if not sip.isdeleted(layer):
                for signal, slot in (
                    (layer.selectionChanged, self._from_map),
                    (layer.willBeDeleted, self._gone),
                ):
                    signal.connect(slot) if on else signal.disconnect(slot)

    def _gone(self):
        """A layer is being deleted: the rows lead nowhere now."""
        gone = self.sender()
        for layer in (self._layer, self._map):
            if layer is not None and layer is not gone and not sip.isdeleted(layer):
                layer.selectionChanged.disconnect(self._from_map)
                layer.willBeDeleted.disconnect(self._gone)
        self._layer = self._map = None  # too late to ask it anything
        self.setRowCount(0)

    def _fill(self, layer, name, currency, names, best):
        features = list(layer.getFeatures(QgsFeatureRequest().setLimit(MOST_ROWS)))
        told = readable(layer, name, currency, names)
        told = [column for column in told if any(row[column.field] != NULL for row in features)]
        self.setColumnCount(len(told))
        self.setRowCount(len(features))
        for i, column in enumerate(told):
            head = QTableWidgetItem(column.label + (f"\n{column.unit}" if column.unit else ""))
            head.setToolTip(column.meaning)
            self.setHorizontalHeaderItem(i, head)
            for row, feature in enumerate(features):
                text, value, key = column.tell(feature)
                cell = Cell(text)
                cell.setData(KEY, feature.id())
                cell.setData(SORT, value)
                if key:
                    cell.setToolTip(key)  # the code or key behind the words
                if isinstance(value, (int, float)):
                    cell.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                self.setItem(row, i, cell)
        self.setSortingEnabled(True)
        fields = [column.field for column in told]
        if best in fields:
            self.sortItems(fields.index(best), Qt.SortOrder.DescendingOrder)
        self.resizeColumnsToContents()
        for column in range(self.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column), 220))

    def _to_map(self):
        if self._busy or self._layer is None:
            return
        self._busy = True
        rows = {index.row() for index in self.selectionModel().selectedRows()}
        keys = [self.item(row, 0).data(KEY) for row in rows]
        self._layer.selectByIds(keys)
        if self._map is not None and self._map is not self._layer:
            wanted = {key for one in keys for key in self._here(self._layer.getFeature(one))}
            self._map.selectByIds([row.id() for row in self._map.getFeatures() if self._there(row) in wanted])
        self._busy = False

    def _from_map(self, *ignored):
        if self._busy or self._layer is None:
            return
        self._busy = True
        wanted = set(self._layer.selectedFeatureIds())
        if self._map is not None and self._map is not self._layer and self.sender() is self._map:
            there = {self._there(row) for row in self._map.selectedFeatures()}
            wanted = {row.id() for row in self._layer.getFeatures() if not there.isdisjoint(self._here(row))}
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
        if self._map is not None and self._canvas is not None and self._map.isSpatial():
            self._canvas.zoomToSelected(self._map)


def _led_to(layer, name, place):
    """The layer on the map that the rows of a table lead to, and what joins them: keys of a row here, key of one there."""
    if name in OF_PLACES:
        target = place("site_candidates")
        if target is not None and {"utility", OF_PLACES[name]} <= {field.name() for field in layer.fields()}:
            known = {(row["utility"], row["land_id"]) for row in target.getFeatures()}
            return (
                target,
                lambda row: _places(row, OF_PLACES[name], known),
                lambda row: (row["utility"], row["land_id"]),
            )
    for field, about in columns(name).items():
        target = place(about["refers"]) if about["refers"] and layer.fields().indexOf(field) >= 0 else None
        if target is not None and target.isSpatial():
            of_park = layers().get(about["refers"])
            key = of_park["key"].split("+")[0] if of_park else next(iter(columns(about["refers"])))
            return target, lambda row, here=field: {row[here]}, lambda row, there=key: row[there]
    return layer, None, None


def _places(row, column, known):
    """The candidates that a row names: ids, some with ``utility:`` before them or their capacity behind."""
    found, utility = set(), row["utility"]
    for part in ("" if row[column] == NULL else row[column]).split(";"):
        key = split(part.strip())[1]
        while key and (utility, key) not in known:
            key = key.rpartition(" ")[0]
        if key:
            found.add((utility, key))
    return found
