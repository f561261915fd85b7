"""The state of the engine, and the ways to set one up."""

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QInputDialog, QMenu, QToolButton

from ..engine import discover, source
from ..engine.errors import EngineError
from ..engine.tasks import SetUpTask
from ..engine.verify import verify
from ..texts import tr


class EngineButton(QToolButton):
    """Says whether the engine is ready; its menu verifies, sets up, or chooses one. ``ready`` when that changed."""

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
            path = discover.find()
        except EngineError as error:
            self.setText(tr("dock.engine.missing"))
            self.setToolTip(str(error))
        else:
            self.setText(tr("dock.engine.ready"))
            self.setToolTip(str(path))

    def verify(self):
        """Ask the engine who it is."""
        try:
            found = verify(discover.find())
        except EngineError as error:
            self._dock.complain(error)
        else:
            self._dock.said.setText(
                tr("engine.ready", version=found["version"], python=found["python"], path=discover.find())
            )
        self.say()

    def set_up(self, chosen):
        """Set the engine up in the background."""
        try:
            source.check(chosen)
        except EngineError as error:
            self._dock.complain(error)
            return
        task = SetUpTask(tr("dock.engine.setting_up"), chosen)
        task.said.connect(self._dock.said.setText)
        task.progressChanged.connect(lambda percent: self._dock.bar.setValue(int(percent)))
        task.taskCompleted.connect(self._set_up)
        task.taskTerminated.connect(lambda: self._failed(task))
        self._dock.task = task
        self._dock.refresh()
        QgsApplication.taskManager().addTask(task)

    def _set_up(self):
        self._dock.task = None
        self._dock.bar.setValue(0)
        self._dock.said.setText(tr("dock.engine.set_up_done"))
        self.say()
        self.ready.emit()

    def _failed(self, task):
        self._dock.task = None
        self._dock.bar.setValue(0)
        if task.error is not None:
            self._dock.complain(task.error)
        else:
            self._dock.said.setText(tr("run.cancelled"))
        self._dock.refresh()

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
