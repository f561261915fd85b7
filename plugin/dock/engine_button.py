"""The state of the engine, and the ways to set one up."""

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QInputDialog, QMenu, QToolButton

from ..engine import discover, source
from ..engine.errors import EngineError
from ..engine.tasks import SetUpTask
from ..engine.verify import verify
from ..texts import tr


class EngineButton(QToolButton):
    """Says whether the engine is ready; its menu verifies, sets up, or chooses one. ``ready`` when that changed.

    ``path`` is its interpreter, None where there is none; ``problem`` says why.
    """

    ready = pyqtSignal()

    def __init__(self, dock):
        super().__init__(dock)
        self._dock = dock
        self.setObjectName("engine")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for key, act in (
            ("verify", self.verify),
            ("set_up", lambda: self.set_up(source.Source(source.PYPI, ""))),
            ("set_up_mirror", self._from_mirror),
            ("set_up_folder", self._from_folder),
            ("choose", self._choose),
        ):
            menu.addAction(tr("dock.engine." + key), act)
        self.setMenu(menu)
        self.say()

    def say(self):
        """Only looks for the file, so it may be asked at any time."""
        try:
            self.path, self.problem = discover.find(), ""
        except EngineError as error:
            self.path, self.problem = None, str(error)
        self.setText(tr("dock.engine.ready" if self.path else "dock.engine.missing"))
        self.setToolTip(self.problem or str(self.path))

    def verify(self):
        """Ask the engine who it is."""
        try:
            found = verify(discover.find())
        except EngineError as error:
            self._dock.complain(error)
        else:
            words = {"version": found["version"], "python": found["python"], "path": discover.find()}
            self._dock.say(tr("engine.ready", **words))
        self.say()

    def set_up(self, chosen):
        """Set the engine up in the background."""
        if self._dock.task is not None:
            return
        try:
            source.check(chosen)
        except EngineError as error:
            self._dock.complain(error)
            return
        self._dock.work.start(
            SetUpTask(tr("dock.engine.setting_up"), chosen), lambda task: self._dock.engine.is_set_up()
        )

    def is_set_up(self):
        """Say that the engine is there now."""
        self.say()
        self.ready.emit()
        self._dock.say(tr("dock.engine.set_up_done"))

    def _from_mirror(self):
        place, good = QInputDialog.getText(self, tr("dock.engine.set_up_mirror"), tr("dock.engine.mirror_hint"))
        if good and place:
            self.set_up(source.Source(source.MIRROR, place.strip()))

    def _from_folder(self):
        place = QFileDialog.getExistingDirectory(self, tr("dock.engine.set_up_folder"))
        if place:
            self.set_up(source.Source(source.FOLDER, place))

    def _choose(self):
        path, _ = QFileDialog.getOpenFileName(self, tr("dock.engine.choose"))
        if path:
            discover.remember(path)
            self.verify()
            self.ready.emit()
