"""The one piece of work that the dock has under way, from its start to its end."""

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

PATIENCE_MS = 3000  # an engine that is told to stop is gone within two seconds


def drop(task):
    """Cancel a task, if there is one, and wait until its thread has left it: QGIS must not end or unload us before."""
    if task is not None:
        task.cancel()
        task.waitForFinished(PATIENCE_MS)


class Work(QObject):
    """Starts a task, passes on what it says, and forgets it when it ends. Outlives the dock's widgets."""

    said = pyqtSignal(str)
    percent = pyqtSignal(int)
    heard = pyqtSignal(dict)  # an event of the engine's protocol
    failed = pyqtSignal(object)  # an EngineError; None where the user cancelled
    changed = pyqtSignal()  # begun or ended

    def __init__(self, parent=None):
        super().__init__(parent)
        self.task = None

    def start(self, task, finished):
        """Begin ``task``; ``finished`` is called with it when it went well."""
        self.task = task
        if hasattr(task, "happened"):
            task.happened.connect(lambda event: self._mine(task) and self.heard.emit(event))
        if hasattr(task, "said"):
            task.said.connect(lambda text: self._mine(task) and self.said.emit(text))
        task.progressChanged.connect(lambda percent: self._mine(task) and self.percent.emit(int(percent)))
        task.taskCompleted.connect(lambda: self._ended(task, lambda: finished(task)))
        task.taskTerminated.connect(lambda: self._ended(task, lambda: self.failed.emit(task.error)))
        self.percent.emit(0)
        self.said.emit(task.description())
        self.changed.emit()
        QgsApplication.taskManager().addTask(task)

    def cancel(self):
        """Ask the task to stop; it says when it has."""
        if self.task is not None:
            self.task.cancel()

    def stop(self):
        """Stop the task and hear no more of it: whoever heard is about to go."""
        task, self.task = self.task, None
        self.blockSignals(True)
        drop(task)

    def _mine(self, task):
        return task is self.task

    def _ended(self, task, then):
        if not self._mine(task):
            return
        self.task = None
        self.percent.emit(0)
        self.said.emit("")
        then()
        self.changed.emit()
