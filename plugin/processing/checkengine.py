"""Algorithm ``parkloop:checkengine``."""

from qgis.core import (
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..engine import discover
from ..engine.environment import set_up
from ..engine.source import KINDS, Source
from ..engine.verify import verify
from ..texts import problem, tr
from .base import ParkLoopAlgorithm

ACTION, SOURCE, PLACE, PYTHON = "ACTION", "SOURCE", "PLACE", "PYTHON"
ENGINE, VERSION, PYTHON_VERSION = "ENGINE", "VERSION", "PYTHON_VERSION"
VERIFY, SET_UP, CHOOSE = "verify", "setup", "choose"
ACTIONS = (VERIFY, SET_UP, CHOOSE)


class CheckEngine(ParkLoopAlgorithm):
    """Verifies the engine, sets it up on request, or takes one that the user has made."""

    ID = "checkengine"
    GROUP = "engine"
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration=None):
        self.add(self._enumeration(ACTION, "action", ACTIONS), "action")
        self.add(self._enumeration(SOURCE, "source", KINDS), "source")
        self.add(QgsProcessingParameterString(PLACE, tr("parameter.place"), optional=True), "place")
        # the filter says "any": without one QGIS refuses a file without an extension
        every = tr("parameter.python.filter")
        self.add(
            QgsProcessingParameterFile(PYTHON, tr("parameter.python"), fileFilter=every, optional=True), "python"
        )
        for name, key in ((ENGINE, "engine"), (VERSION, "version"), (PYTHON_VERSION, "python_version")):
            self.addOutput(QgsProcessingOutputString(name, tr("output." + key)))

    @staticmethod
    def _enumeration(name, key, words):
        options = [tr(f"parameter.{key}.{word}") for word in words]
        return QgsProcessingParameterEnum(name, tr("parameter." + key), options, defaultValue=0)

    def checkParameterValues(self, parameters, context):
        action = ACTIONS[self.parameterAsEnum(parameters, ACTION, context)]
        kind = KINDS[self.parameterAsEnum(parameters, SOURCE, context)]
        if action == SET_UP and kind != "pypi" and not self.parameterAsString(parameters, PLACE, context):
            return False, problem("setup.no_place")
        if action == CHOOSE and not self.parameterAsString(parameters, PYTHON, context):
            return False, problem("setup.no_choice")
        return super().checkParameterValues(parameters, context)

    def work(self, parameters, context, feedback):
        action = ACTIONS[self.parameterAsEnum(parameters, ACTION, context)]
        if action == SET_UP:
            kind = KINDS[self.parameterAsEnum(parameters, SOURCE, context)]
            source = Source(kind, self.parameterAsString(parameters, PLACE, context).strip())

            def say(fraction, text):
                feedback.setProgress(100.0 * fraction)
                feedback.pushConsoleInfo(text)

            python = set_up(source, say, feedback.isCanceled)
            discover.remember("")
        elif action == CHOOSE:
            python = self.parameterAsFile(parameters, PYTHON, context)
        else:
            python = discover.find()
        found = verify(python)
        if action == CHOOSE:
            discover.remember(python)
        feedback.pushInfo(tr("engine.ready", version=found["version"], python=found.get("python", ""), path=python))
        for name, number in sorted(found.get("packages", {}).items()):
            feedback.pushConsoleInfo(f"{name} {number or '-'}")
        return {ENGINE: str(python), VERSION: found["version"], PYTHON_VERSION: str(found.get("python", ""))}
