"""A form for the choices of one step, made from what the engine says of them."""

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..texts import language, tr

FEW = 4  # choices shown at once; the rest stands under "more"


class Form(QWidget):
    """Fields for the choices of a step; ``chosen`` says (name, value, default) when one is changed."""

    chosen = pyqtSignal(str, object, object)

    def __init__(self, entries, values, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        few, more = QFormLayout(), QFormLayout()
        for form in (few, more):
            form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        for i, entry in enumerate(entries):
            field = self._field(entry, values.get(entry["name"], entry["default"]))
            label = QLabel(entry["label"][language()])
            label.setWordWrap(True)
            (few if i < FEW else more).addRow(label, field)
        layout.addLayout(few)
        if len(entries) > FEW:
            box = QGroupBox(tr("dock.more"))
            box.setCheckable(True)
            inner = QWidget()
            inner.setLayout(more)
            holder = QVBoxLayout(box)
            holder.addWidget(inner)
            box.toggled.connect(inner.setVisible)
            box.setChecked(False)
            layout.addWidget(box)

    def _field(self, entry, value):
        name, default, kind = entry["name"], entry["default"], entry["type"]

        def tell(new):
            self.chosen.emit(name, new, default)

        if kind == "bool":
            field = QCheckBox()
            field.setChecked(bool(value))
            field.toggled.connect(tell)
        elif kind == "choice":
            field = QComboBox()
            field.addItems([str(option) for option in entry["options"]])
            field.setCurrentText(str(value))
            field.currentTextChanged.connect(tell)
        elif kind in ("int", "float") and value is not None:
            field = QSpinBox() if kind == "int" else QDoubleSpinBox()
            if kind == "float":
                field.setDecimals(4)
            low, high = entry["minimum"], entry["maximum"]
            cast = int if kind == "int" else float
            field.setRange(cast(-1e9 if low is None else low), cast(1e9 if high is None else high))
            field.setValue(cast(value))
            field.valueChanged.connect(tell)
        else:
            field = QLineEdit(_as_text(value))
            field.setPlaceholderText(tr("dock.list_hint") if kind in ("list", "choices") else "")
            field.editingFinished.connect(lambda: tell(_from_text(field.text(), kind, default)))
        field.setToolTip(entry["label"][language()])
        return field


def _as_text(value):
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(str(item) for item in value)
    return str(value)


def _from_text(text, kind, default):
    """What was typed, as the engine wants it; what cannot be one is left to the engine, which says why."""
    parts = [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
    if kind == "table":
        return {key.strip(): _number(item) for key, _, item in (part.partition("=") for part in parts)}
    if kind in ("list", "choices"):
        return [_number(part) for part in parts]
    return _number(text) if text.strip() else default


def _number(text):
    try:
        return float(text)
    except ValueError:
        return text.strip()
