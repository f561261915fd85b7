"""Algorithm ``parkloop:importosm``."""

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
)

from .. import results
from ..engine import discover, process
from ..park_source import write_layer
from ..texts import tr
from .base import Listener, ParkLoopAlgorithm

EXTRACT, BOUNDARY, EXTENT, DEM, LOAD, OUTPUT = "EXTRACT", "BOUNDARY", "EXTENT", "DEM", "LOAD", "OUTPUT"
LAYERS = ("park", "parcels", "buildings", "enterprises", "roads")


class ImportOsm(ParkLoopAlgorithm):
    """A park made from an OpenStreetMap extract; its figures are estimates and stay marked as such."""

    ID = "importosm"
    GROUP = "data"

    def initAlgorithm(self, configuration=None):
        self.add(
            QgsProcessingParameterFile(EXTRACT, tr("parameter.extract"), fileFilter=tr("parameter.extract.filter")),
            "extract",
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                BOUNDARY, tr("parameter.boundary"), [QgsProcessing.SourceType.TypeVectorPolygon], optional=True
            ),
            "boundary",
        )
        self.add(QgsProcessingParameterExtent(EXTENT, tr("parameter.extent"), optional=True), "extent")
        self.add(QgsProcessingParameterRasterLayer(DEM, tr("parameter.dem"), optional=True), "dem")
        self.add(
            QgsProcessingParameterBoolean(LOAD, tr("parameter.load"), defaultValue=True), "load", advanced=True
        )
        self.add(
            QgsProcessingParameterFileDestination(OUTPUT, tr("output.park"), tr("parameter.park_file.filter")),
            "park_file",
        )
        for layer in LAYERS:
            self.addOutput(QgsProcessingOutputVectorLayer(layer.upper(), results.title(layer)))

    def work(self, parameters, context, feedback):
        python = discover.find()
        target = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        if target.suffix.lower() != ".gpkg":
            target = target.with_suffix(".gpkg")
        with process.work_folder(target) as work:
            made = work / "made"
            made.mkdir()
            arguments = [
                "import",
                "osm",
                self.parameterAsFile(parameters, EXTRACT, context),
                "-o",
                made / target.name,
            ]
            arguments += self._place(parameters, context, feedback, work)
            process.run(python, arguments, work, Listener(feedback), feedback.isCanceled)
            for file in sorted(made.iterdir()):
                process.place(file, target.with_name(file.name))  # the park, and its terrain beside it
        feedback.pushInfo(tr("run.written", path=target))
        return self._outputs(target, parameters, context)

    def _place(self, parameters, context, feedback, work):
        """Options that say where the park lies."""
        options = []
        if parameters.get(BOUNDARY):
            source = self.parameterAsSource(parameters, BOUNDARY, context)
            if source is None:
                raise QgsProcessingException(self.invalidSourceError(parameters, BOUNDARY))
            write_layer(source, work / "boundary.gpkg", "boundary", {}, context, feedback)
            options += ["--boundary", work / "boundary.gpkg"]
        box = self.parameterAsExtent(parameters, EXTENT, context, QgsCoordinateReferenceSystem("EPSG:4326"))
        if not box.isNull():
            corners = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
            options += ["--bbox", ",".join(f"{value:.7f}" for value in corners)]
        terrain = self.parameterAsRasterLayer(parameters, DEM, context)
        if terrain is not None:
            options += ["--dem", terrain.source()]
        return options

    def _outputs(self, target, parameters, context):
        found = {OUTPUT: str(target)}
        present = results.tables(target)
        for layer in LAYERS:
            if layer not in present:
                continue
            found[layer.upper()] = results.source(target, layer)
            if self.parameterAsBool(parameters, LOAD, context):
                group = results.group_name(target.with_suffix(""))
                results.load_on_completion(context, target, layer, layer.upper(), group, True)
        return found
