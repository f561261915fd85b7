"""Algorithm ``parkloop:checkdata``."""

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingUtils,
)
from qgis.PyQt.QtCore import QVariant

from ..engine import discover, process
from ..texts import tr
from .base import Listener, ParkLoopAlgorithm
from .park_parameters import add_park, check_park, park_of

OUTPUT, ERRORS, WARNINGS = "OUTPUT", "ERRORS", "WARNINGS"
COLUMNS = ("severity", "layer", "id", "column", "text", "remedy", "key")


class CheckData(ParkLoopAlgorithm):
    """What is wrong or doubtful in the data of a park, as a table with the remedy of each finding."""

    ID = "checkdata"
    GROUP = "data"

    def initAlgorithm(self, configuration=None):
        add_park(self)
        self.add(
            QgsProcessingParameterFeatureSink(OUTPUT, tr("output.findings"), QgsProcessing.SourceType.TypeVector),
            "findings",
        )
        self.addOutput(QgsProcessingOutputNumber(ERRORS, tr("output.errors")))
        self.addOutput(QgsProcessingOutputNumber(WARNINGS, tr("output.warnings")))

    def checkParameterValues(self, parameters, context):
        fine, message = super().checkParameterValues(parameters, context)
        if fine:
            message = check_park(self, parameters, context)
        return not message, message

    def work(self, parameters, context, feedback):
        python = discover.find()
        listener = Listener(feedback)
        with process.work_folder(QgsProcessingUtils.generateTempFilename("check")) as work:
            park = park_of(self, parameters, context, feedback, work)
            process.run(python, ["check", park], work, listener, feedback.isCanceled)
        fields = QgsFields()
        for name in COLUMNS:
            field = QgsField(name, QVariant.String)
            field.setAlias(tr("column." + name))
            fields.append(field)
        sink, address = self.parameterAsSink(parameters, OUTPUT, context, fields)
        for finding in listener.findings:
            row = QgsFeature(fields)
            row.setAttributes([str(finding.get(name, "")) for name in COLUMNS])
            sink.addFeature(row, QgsFeatureSink.Flag.FastInsert)
        severities = [finding.get("severity") for finding in listener.findings]
        errors, warnings = severities.count("error"), severities.count("warning")
        feedback.pushInfo(tr("run.checked", errors=errors, warnings=warnings))
        return {OUTPUT: address, ERRORS: errors, WARNINGS: warnings}
