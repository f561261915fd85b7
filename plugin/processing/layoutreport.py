"""Algorithm ``parkloop:layoutreport``."""

from pathlib import Path

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..layouts.land import CHOICES
from ..layouts.report import write_report
from ..texts import tr
from .base import ParkLoopAlgorithm

RUN, PARK, PARCELS, TEMPLATE, OUTPUT = "RUN", "PARK", "PARCELS", "TEMPLATE", "OUTPUT"


class LayoutReport(ParkLoopAlgorithm):
    """The sheets of a run as PDF; made by QGIS alone."""

    ID = "layoutreport"
    GROUP = "whole"
    NEEDS_ENGINE = False

    def flags(self):
        # print layouts belong to the main thread
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, configuration=None):
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.add(QgsProcessingParameterFile(RUN, tr("parameter.layout_run"), folder), "layout_run")
        self.add(
            QgsProcessingParameterFile(
                PARK, tr("parameter.layout_park"), fileFilter=tr("parameter.park_file.filter")
            ),
            "layout_park",
        )
        options = [tr("parameter.layout_parcels." + choice) for choice in CHOICES]
        self.add(
            QgsProcessingParameterEnum(PARCELS, tr("parameter.layout_parcels"), options, defaultValue=0),
            "layout_parcels",
        )
        self.add(
            QgsProcessingParameterFile(TEMPLATE, tr("parameter.layout_templates"), folder, optional=True),
            "layout_templates",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFileDestination(OUTPUT, tr("output.layout_pdf"), "PDF (*.pdf)"), "layout_pdf"
        )

    def work(self, parameters, context, feedback):
        target = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        written = write_report(
            self.parameterAsString(parameters, RUN, context),
            self.parameterAsString(parameters, PARK, context),
            target if target.suffix.lower() == ".pdf" else target.with_suffix(".pdf"),
            self.parameterAsString(parameters, TEMPLATE, context) or None,
            feedback,
            CHOICES[self.parameterAsEnum(parameters, PARCELS, context)],
        )
        feedback.pushInfo(tr("run.written", path=written))
        return {OUTPUT: str(written)}
