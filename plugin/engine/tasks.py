"""The engine's work as tasks of QGIS, for screens: nothing blocks, the task manager shows and cancels them."""

from qgis.core import QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from . import environment, process
from .errors import EngineError, RunCancelled
from .verify import ask


class _Task(QgsTask):
    """After ``taskCompleted`` the answer stands in ``answer``; after ``taskTerminated`` the reason in ``error``.

    ``error`` is None where the user cancelled.
    """

    def __init__(self, title):
        super().__init__(title, QgsTask.Flag.CanCancel)
        self.answer, self.error = None, None

    def run(self):
        """Called by QGIS in a thread of its own."""
        try:
            self.answer = self.work()
        except EngineError as error:
            self.error = error
        except RunCancelled:
            return False
        return self.error is None


class RunTask(_Task):
    """Runs steps of the analysis; ``answer`` is the folder of the run. Parameters as for ``process.analyse``."""

    happened = pyqtSignal(dict)  # each event of the engine's protocol

    def __init__(self, title, python, park, steps, chosen, scenario=None, reuse=None):
        super().__init__(title)
        self._arguments, self._reuse = (python, park, steps, chosen, scenario), reuse

    def work(self):
        return process.analyse(*self._arguments, self._hear, self.isCanceled, self._reuse)

    def _hear(self, event):
        if event["event"] == "progress":
            self.setProgress(100.0 * event["overall"])
        self.happened.emit(event)


class CommandTask(_Task):
    """Runs one command of the engine; ``answer`` is its event ``done``, ``events`` all it said."""

    happened = pyqtSignal(dict)

    def __init__(self, title, python, arguments, target):
        super().__init__(title)
        self._python, self._arguments, self._target = python, arguments, target
        self.events = []

    def work(self):
        with process.work_folder(self._target) as work:
            return process.run(self._python, self._arguments, work, self._hear, self.isCanceled)

    def _hear(self, event):
        self.events.append(event)
        if event["event"] == "progress":
            self.setProgress(100.0 * event["overall"])
        self.happened.emit(event)


class AskTask(_Task):
    """Asks the engine something it answers at once, as JSON; ``answer`` is that."""

    def __init__(self, title, python, *words):
        super().__init__(title)
        self._python, self._words = python, words

    def work(self):
        return ask(self._python, *self._words, cancelled=self.isCanceled)


class SetUpTask(_Task):
    """Sets the engine up; ``answer`` is its interpreter."""

    said = pyqtSignal(str)

    def __init__(self, title, source):
        super().__init__(title)
        self._source = source

    def work(self):
        return environment.set_up(self._source, self._hear, self.isCanceled)

    def _hear(self, fraction, text):
        self.setProgress(100.0 * fraction)
        self.said.emit(text)
