"""The page of the scenario: the choices of the whole run, and every choice that differs from its default."""

from pathlib import Path

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..texts import language, tr
from .form import Form, as_words
from .page import head, tr_step


class ScenarioPage(QWidget):
    """Shows and changes what holds for the whole run; leads to nothing else.

    Parameters
    ----------
    session
        The session whose choices these are.
    choices
        Every choice as the engine tells it; empty where there is no engine.
    """

    back = pyqtSignal()

    def __init__(self, session, choices, parent=None):
        super().__init__(parent)
        self._session, self._choices = session, choices
        outer = QVBoxLayout(self)
        outer.setContentsMargins(6, 6, 6, 6)
        save = QPushButton(tr("dock.save_scenario"))
        save.clicked.connect(lambda: self.save())
        outer.addLayout(head(tr("dock.scenario"), self.back, save))
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 4, 0)
        entries = [entry for entry in choices if not entry["step"]]
        if entries:
            self.form = Form(entries, session.choices.get("", {}))
            self.form.chosen.connect(lambda name, value, default: session.choose("", name, value, default))
            layout.addWidget(self.form)
        else:
            layout.addWidget(_wrapped(tr("dock.no_choices")))
        line = QHBoxLayout()
        line.addWidget(QLabel(f"<b>{tr('dock.changed_choices')}</b>"), 1)
        self._reset = QPushButton(tr("dock.all_defaults"))
        self._reset.clicked.connect(lambda: session.forget_choices())
        line.addWidget(self._reset)
        layout.addLayout(line)
        self.changed = _wrapped("")
        layout.addWidget(self.changed)
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        area.setFrameShape(QFrame.Shape.NoFrame)
        outer.addWidget(area, 1)
        self._list()
        session.changed.connect(self._list)

    def _list(self):
        """Every choice that is the planner's own, by step, with the default beside it."""
        known = {(entry["step"], entry["name"]): entry for entry in self._choices}
        lines = []
        for step, values in self._session.choices.items():
            for name, value in values.items():
                entry = known.get((step, name))
                if entry is None:
                    continue  # of another version of the engine, which says so when it is run
                title = tr_step(step) if step else tr("dock.whole_run")
                change = tr(
                    "dock.choice_line", value=as_words(value, entry), default=as_words(entry["default"], entry)
                )
                lines.append(f"<b>{title}</b> · {entry['label'][language()]}: {change}")
        self.changed.setText("<br>".join(lines) or tr("dock.none_changed"))
        self._reset.setEnabled(bool(lines))

    def save(self):
        """Write the choices as a scenario file, for the command line or another park."""
        path, _ = QFileDialog.getSaveFileName(self, tr("dock.save_scenario"), "scenario.toml", "TOML (*.toml)")
        if path:
            Path(path).write_text(self._session.scenario_toml(), encoding="utf-8")

    def set_busy(self, busy):
        """Choices may change while something runs; they count for the next run."""

    def tab(self):
        """There is one only."""
        return 0

    def set_tab(self, tab):
        """There is one only."""

    def forget(self):
        """Hear no more of the session."""
        self._session.changed.disconnect(self._list)


def _wrapped(text):
    label = QLabel(text)
    label.setWordWrap(True)
    return label
