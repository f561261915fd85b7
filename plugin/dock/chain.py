"""The chain of steps: one line a step with its result in a few words, its state, and what can be done."""

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ..texts import tr
from .page import tr_step

SIGNS = {
    "not_run": ("○", "#8c8c8c"),
    "running": ("◐", "#2171b5"),
    "fresh": ("●", "#1a9850"),
    "stale": ("◌", "#e08214"),
}


class Chain(QWidget):
    """Emits ``run`` and ``see`` with the row's name (``data`` or a step)."""

    run = pyqtSignal(str)
    see = pyqtSignal(str)

    def __init__(self, names, parent=None):
        super().__init__(parent)
        self._rows = {}
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for number, name in enumerate(names, 1):
            column.addWidget(self._row(number, name))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(holder)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _row(self, number, name):
        frame = QFrame()
        frame.setFrameShape(QFrame.Shape.StyledPanel)
        grid = QGridLayout(frame)
        grid.setContentsMargins(6, 2, 6, 2)
        grid.setVerticalSpacing(0)
        sign = QLabel()
        title = QLabel(f"<b>{number} {tr('dock.data') if name == 'data' else tr_step(name)}</b>")
        line = QLabel()
        line.setWordWrap(True)
        line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        run, see = QToolButton(), QToolButton()
        run.setText(tr("dock.check") if name == "data" else tr("dock.run"))
        see.setText(tr("dock.see"))
        run.setObjectName("run_" + name)
        see.setObjectName("see_" + name)
        run.clicked.connect(lambda: self.run.emit(name))
        see.clicked.connect(lambda: self.see.emit(name))
        grid.addWidget(sign, 0, 0)
        grid.addWidget(title, 0, 1)
        grid.addWidget(run, 0, 2)
        grid.addWidget(see, 0, 3)
        grid.addWidget(line, 1, 1, 1, 3)
        grid.setColumnStretch(1, 1)
        self._rows[name] = sign, line, run, see
        return frame

    def say(self, name, text, state, can_run, can_see):
        """Show a row's result, its state (see ``session``), and what can be done."""
        sign, line, run, see = self._rows[name]
        mark, colour = SIGNS[state]
        if state == "stale":
            text = f"{text} <i>({tr('dock.stale')})</i>"
        sign.setText(f"<span style='color:{colour}'>{mark}</span>")
        sign.setToolTip(tr("dock.state." + state))
        line.setText(text)
        line.setVisible(bool(text))
        run.setEnabled(bool(can_run))
        see.setEnabled(bool(can_see))
