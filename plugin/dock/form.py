"""A form for the choices of one step, made from what the engine says of them."""

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...resources import codes, texts
from ..texts import language, tr
from .typed import of_kind, parts_of, table_of

FEW = 4  # choices shown at once; the rest stands under "more"
# choices whose options, or the keys of whose table, are codes of a list
CODED = {"redundant": "utility", "most_sites_of": "utility", "radius_m": "utility"}
CODE = Qt.ItemDataRole.UserRole


class Form(QWidget):
    """Fields for the choices of a step; ``chosen`` says (name, value, default) when one is changed."""

    chosen = pyqtSignal(str, object, object)

    def __init__(self, entries, values, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 6, 8, 4)
        few, more = QVBoxLayout(), QVBoxLayout()
        self._fields = {}
        for i, entry in enumerate(entries):
            self._add(few if i < FEW else more, entry, values.get(entry["name"], entry["default"]))
        layout.addLayout(few)
        if len(entries) > FEW:
            inner, switch = QWidget(), QToolButton()
            more.setContentsMargins(0, 0, 0, 0)
            inner.setLayout(more)
            inner.hide()
            switch.setText(tr("dock.more"))
            switch.setObjectName("more")
            switch.setCheckable(True)
            switch.setAutoRaise(True)
            switch.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            switch.setArrowType(Qt.ArrowType.RightArrow)

            def unfold(on):
                inner.setVisible(on)
                switch.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)

            switch.toggled.connect(unfold)
            layout.addWidget(switch)
            layout.addWidget(inner)
        layout.addStretch(1)

    def _add(self, column, entry, value):
        def tell(new):
            self.chosen.emit(entry["name"], new, entry["default"])

        make = _by_code if entry["type"] == "table" and entry["name"] in CODED else FIELDS.get(entry["type"], _text)
        field = make(entry, value, tell)
        field.setObjectName(entry["name"])
        self._fields[entry["name"]] = entry, field
        if entry["type"] == "bool":
            field.setText(entry["label"][language()])
            column.addWidget(field)
            return
        label = QLabel(entry["label"][language()])
        label.setWordWrap(True)
        label.setBuddy(field)
        column.addWidget(label)
        column.addWidget(field)

    def show_values(self, values):
        """Show lists and tables as they are now; they can be changed on the map too."""
        for name, (entry, field) in self._fields.items():
            value = values.get(name, entry["default"])
            if isinstance(field, _ByCode):
                field.show_values(value)
            elif entry["type"] in ("list", "table") and not field.hasFocus():
                field.setText(_as_text(value))


class _Tick(QWidget):
    """A box to tick whose words are broken into lines, which Qt's own cannot do."""

    def __init__(self):
        super().__init__()
        self._box, self._words = QCheckBox(), QLabel()
        self._words.setWordWrap(True)
        self._words.setBuddy(self._box)
        self.toggled, self.setChecked, self.isChecked = self._box.toggled, self._box.setChecked, self._box.isChecked
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)

    def setText(self, text):
        """The words beside the box."""
        self._words.setText(text)


class _Number(QDoubleSpinBox):
    """Shows no more decimals than the number has."""

    def textFromValue(self, value):
        return self.locale().toString(value, "g", 10)


class _ByCode(QWidget):
    """A number for each code of a list; those without one are left out of the table."""

    changed = pyqtSignal(dict)

    def __init__(self, words, whole):
        super().__init__()
        self._boxes = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(0, 1)
        for row, (code, word) in enumerate(words.items()):
            box = QSpinBox() if whole else _Number()
            box.setObjectName(code)
            box.setRange(0, 1_000_000)
            box.setSpecialValueText("–")  # none given
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.setKeyboardTracking(False)
            box.valueChanged.connect(lambda value: self.changed.emit(self.values()))
            grid.addWidget(QLabel(word), row, 0)
            grid.addWidget(box, row, 1)
            self._boxes[code] = box

    def values(self):
        """The table: number by code."""
        return {code: box.value() for code, box in self._boxes.items() if box.value()}

    def show_values(self, values):
        """Show a table without saying that it was changed."""
        for code, box in self._boxes.items():
            box.blockSignals(True)
            box.setValue(values.get(code, 0))
            box.blockSignals(False)


def _by_code(entry, value, tell):
    words = {code: row["label_" + language()] for code, row in codes(CODED[entry["name"]]).items()}
    field = _ByCode(words, entry["item"] == "int")
    field.show_values(value)
    field.changed.connect(tell)
    return field


def _named(entry, option, label):
    """What an option is called: as its code list has it where the engine gives the bare code."""
    row = codes(CODED.get(entry["name"], "")).get(option)
    return row["label_" + language()] if row else label[language()]


def _tick(entry, value, tell):
    field = _Tick()
    field.setChecked(bool(value))
    field.toggled.connect(tell)
    return field


def _one_of(entry, value, tell):
    field = QComboBox()
    for option, label in entry["options"].items():
        field.addItem(label[language()], option)
    field.setCurrentIndex(field.findData(value))
    field.currentIndexChanged.connect(lambda i: tell(field.itemData(i)))
    return field


def _some_of(entry, value, tell):
    field = QListWidget()
    for option, label in entry["options"].items():
        item = QListWidgetItem(_named(entry, option, label))
        item.setData(CODE, option)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if option in value else Qt.CheckState.Unchecked)
        field.addItem(item)
    field.setFixedHeight(field.sizeHintForRow(0) * field.count() + 6)
    items = [field.item(i) for i in range(field.count())]
    field.itemChanged.connect(
        lambda changed: tell([item.data(CODE) for item in items if item.checkState() == Qt.CheckState.Checked])
    )
    return field


def _number(entry, value, tell):
    if value is None:
        return _text(entry, value, tell)  # a box cannot be empty
    whole = entry["type"] == "int"
    field, cast = (QSpinBox(), int) if whole else (_Number(), float)
    if not whole:
        field.setDecimals(4)
    low, high = entry["minimum"], entry["maximum"]
    field.setRange(cast(-1e9 if low is None else low), cast(1e9 if high is None else high))
    field.setValue(cast(value))
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.setKeyboardTracking(False)
    field.valueChanged.connect(tell)
    return field


def _text(entry, value, tell):
    field = QLineEdit(_as_text(value))
    if entry["type"] in ("list", "table"):
        example = texts(language()).get(f"choice.{entry['step']}.{entry['name']}.example")
        field.setPlaceholderText(example or tr("dock.list_hint"))
        field.setToolTip(tr("dock.table_hint" if entry["type"] == "table" else "dock.list_hint"))
    field.editingFinished.connect(lambda: tell(_from_text(field.text(), entry)))
    return field


FIELDS = {"bool": _tick, "choice": _one_of, "choices": _some_of, "int": _number, "float": _number}


def as_words(value, entry):
    """A choice's value as a person reads it: options by their names, yes or no for a switch."""
    if isinstance(value, bool):
        return tr("dock.yes" if value else "dock.no")
    named = {option: _named(entry, option, label) for option, label in entry["options"].items()}
    if isinstance(value, dict) and entry["name"] in CODED:
        known = codes(CODED[entry["name"]])
        value = {known[key]["label_" + language()] if key in known else key: item for key, item in value.items()}
    if isinstance(value, (list, tuple)) and named:
        value = [named.get(item, item) for item in value]
    return _as_text(named.get(value, value) if isinstance(value, str) else value) or "–"


def _as_text(value):
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(str(item) for item in value)
    return str(value)


def _from_text(text, entry):
    """What was typed, as the engine wants it; what cannot be one is left to the engine, which says why."""
    kind, item = entry["type"], entry["item"]
    parts = parts_of(text)
    if kind == "table":
        return table_of(text, item)
    if kind == "list":
        return [of_kind(part, item) for part in parts]
    return of_kind(text.strip(), kind) if text.strip() else entry["default"]
