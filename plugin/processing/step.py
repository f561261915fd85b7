"""The algorithms that run steps of the analysis: park and scenario in, a run folder with its layers out."""

from qgis.core import (
    QgsProcessingOutputHtml,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ...resources import toml
from .. import results
from ..engine import discover, process
from ..texts import language, problem, tr
from .base import Listener, ParkLoopAlgorithm
from .park_parameters import add_park, check_park, park_of

SCENARIO, OUTPUT, LOAD, REPORT = "SCENARIO", "OUTPUT", "LOAD", "REPORT"


class StepAlgorithm(ParkLoopAlgorithm):
    """A subclass names its steps (none means all) and the tables it gives as outputs, its main ones first.

    ``SHOWN`` are the tables switched on when the results are loaded. One that has choices of a step as parameters gives them by
    ``chosen``, and names in ``CHOICES`` the step that they belong to.
    """

    STEPS = ()
    CHOICES = ""
    TABLES = ()
    SHOWN = ()

    def initAlgorithm(self, configuration=None):
        add_park(self)
        self.add(
            QgsProcessingParameterFile(
                SCENARIO, tr("parameter.scenario"), fileFilter=tr("parameter.scenario.filter"), optional=True
            ),
            "scenario",
        )
        self.add(
            QgsProcessingParameterBoolean(LOAD, tr("parameter.load"), defaultValue=True), "load", advanced=True
        )
        self.add(QgsProcessingParameterFolderDestination(OUTPUT, tr("parameter.run_folder")), "run_folder")
        self.addOutput(QgsProcessingOutputHtml(REPORT, tr("output.report")))
        for table in self.TABLES:
            self.addOutput(QgsProcessingOutputVectorLayer(table.upper(), results.title(table)))

    def checkParameterValues(self, parameters, context):
        fine, message = super().checkParameterValues(parameters, context)
        if fine:
            message = check_park(self, parameters, context)
        if (
            not message
            and self.parameterAsString(parameters, SCENARIO, context)
            and self.chosen(parameters, context)
        ):
            message = problem(self.CHOICES + ".both")
        return not message, message

    def work(self, parameters, context, feedback):
        python = discover.find()
        chosen = self.parameterAsString(parameters, OUTPUT, context)
        listener = Listener(feedback)
        with process.work_folder(process.run_folder(chosen)) as work:
            park = park_of(self, parameters, context, feedback, work)
            scenario = self.scenario_of(parameters, context, work)
            folder = process.analyse(python, park, self.STEPS, chosen, scenario, listener, feedback.isCanceled)
        feedback.pushInfo(tr("run.written", path=folder))
        return self._outputs(folder, parameters, context)

    def scenario_of(self, parameters, context, folder):
        """The scenario file to run with, or None; what is chosen here is written into ``folder`` as one."""
        chosen = self.chosen(parameters, context)
        if not chosen:
            return self.parameterAsString(parameters, SCENARIO, context) or None
        path = folder / "scenario.toml"
        path.write_text(toml.dump({self.CHOICES: chosen}), encoding="utf-8")
        return path

    def chosen(self, parameters, context):
        """The choices made in parameters of the algorithm's own, as a scenario has them."""
        return {}

    def _outputs(self, folder, parameters, context):
        file = folder / results.FILE
        load = self.parameterAsBool(parameters, LOAD, context)
        found = {OUTPUT: str(folder), REPORT: str(folder / f"report.{language()}.html")}
        present = results.tables(file)
        for table in self.TABLES:
            if table not in present:
                continue
            found[table.upper()] = results.source(file, table)
            if load:
                results.load_on_completion(
                    context, file, table, table.upper(), results.group_name(folder), table in self.SHOWN
                )
        return found
