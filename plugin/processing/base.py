"""What the algorithms share: names and help from the texts, an engine, and its events as Processing's feedback."""

from qgis.core import QgsProcessingAlgorithm, QgsProcessingException
from qgis.PyQt.QtGui import QIcon

from ...resources import ROOT, texts
from ..engine import discover
from ..engine.errors import EngineError, RunCancelled
from ..texts import tr


class ParkLoopAlgorithm(QgsProcessingAlgorithm):
    """Base of all algorithms.

    A subclass gives ``ID``, ``GROUP``, the methods of QGIS it needs, and ``work(parameters, context, feedback)``: the
    algorithm itself, which may raise EngineError and RunCancelled.
    """

    ID = ""
    GROUP = "steps"
    NEEDS_ENGINE = True

    def createInstance(self):
        return type(self)()

    def name(self):
        return self.ID

    def displayName(self):
        return tr(f"algorithm.{self.ID}")

    def shortHelpString(self):
        return tr(f"algorithm.{self.ID}.help")

    def group(self):
        return tr(f"group.{self.GROUP}")

    def groupId(self):
        return self.GROUP

    def tags(self):
        """Both languages, so that a search finds the algorithm in either."""
        names = {texts(lang)[f"plugin.algorithm.{self.ID}"] for lang in ("en", "zh")}
        return sorted(names | {"parkloop"})

    def icon(self):
        return QIcon(self.svgIconPath())

    def svgIconPath(self):
        return str(ROOT / "icons" / "parkloop.svg")

    def canExecute(self):
        message = self.missing_engine()
        return not message, message

    def checkParameterValues(self, parameters, context):
        # QGIS 3.22 never asks canExecute
        message = self.missing_engine()
        if message:
            return False, message
        return super().checkParameterValues(parameters, context)

    def missing_engine(self):
        """Why the algorithm cannot run for want of an engine; empty where it can. Only looks for a file."""
        if not self.NEEDS_ENGINE:
            return ""
        try:
            discover.find()
        except EngineError as error:
            return str(error)
        return ""

    def add(self, parameter, key, advanced=False):
        """Add a parameter with the help ``plugin.parameter.<key>.help``."""
        parameter.setHelp(tr(f"parameter.{key}.help"))
        if advanced:
            parameter.setFlags(parameter.flags() | type(parameter).Flag.FlagAdvanced)
        self.addParameter(parameter)

    def processAlgorithm(self, parameters, context, feedback):
        try:
            return self.work(parameters, context, feedback)
        except EngineError as error:
            if error.details:
                feedback.pushDebugInfo(error.details)
            raise QgsProcessingException(str(error)) from None
        except RunCancelled:
            feedback.pushInfo(tr("run.cancelled"))
            return {}


class Listener:
    """Turns the engine's events into progress and messages, and keeps the findings.

    Parameters
    ----------
    feedback
        QgsProcessingFeedback.
    """

    def __init__(self, feedback):
        self.findings = []
        self._feedback = feedback
        self._last = ""

    def __call__(self, event):
        act = getattr(self, "_on_" + event["event"], None)
        if act is not None:
            act(event)

    def _on_progress(self, event):
        self._feedback.setProgress(100.0 * event["overall"])
        text = event.get("text", "")
        if text and text != self._last:
            self._last = text
            self._feedback.setProgressText(text)

    def _on_step(self, event):
        if event.get("headline"):
            self._feedback.pushInfo(event["headline"])

    def _on_finding(self, event):
        self.findings.append(event)
        words = f"{event.get('text', '')} {event.get('remedy', '')}".strip()
        if event.get("severity") == "info":
            self._feedback.pushInfo(words)
        else:
            self._feedback.pushWarning(words)
