"""The parameters that give a park: a file, or layers of the project, or a file with some layers replaced."""

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
)

from ... import resources
from ..park_source import write_park
from ..texts import language, problem, tr

PARK = "PARK"
MAIN = ("park", "parcels", "buildings", "enterprises", "roads")


def parameter_of(layer):
    """The name of the parameter that takes a layer; ``park`` is the file, so the layer of that name is the boundary."""
    return "BOUNDARY" if layer == "park" else layer.upper()


def add_park(algorithm):
    """Add the park file and one optional source a layer of the schema, the less common ones as advanced."""
    algorithm.add(
        QgsProcessingParameterFile(
            PARK, tr("parameter.park"), fileFilter=tr("parameter.park.filter"), optional=True
        ),
        "park",
    )
    types = QgsProcessing.SourceType
    # points and tables take anything: a table of firms has no geometry, a works may be drawn as an area
    kinds = {"Polygon": types.TypeVectorPolygon, "LineString": types.TypeVectorLine}
    for layer, row in resources.layers().items():
        parameter = QgsProcessingParameterFeatureSource(
            parameter_of(layer),
            tr("parameter.layer", layer=row["label_" + language()]),
            [kinds.get(row["geometry"], types.TypeVector)],
            optional=True,
        )
        parameter.setHelp(tr("parameter.layer.help", meaning=row["meaning_" + language()]))
        if layer not in MAIN:
            parameter.setFlags(parameter.flags() | type(parameter).Flag.FlagAdvanced)
        algorithm.addParameter(parameter)


def check_park(algorithm, parameters, context):
    """One sentence where no park was given; empty otherwise."""
    if algorithm.parameterAsString(parameters, PARK, context):
        return ""
    if any(parameters.get(parameter_of(layer)) for layer in resources.layers()):
        return ""
    return problem("park.none")


def park_of(algorithm, parameters, context, feedback, folder):
    """The park to give to the engine: the file itself, or one written into ``folder`` from the layers."""
    park = algorithm.parameterAsString(parameters, PARK, context)
    sources = {}
    for layer in resources.layers():
        name = parameter_of(layer)
        if not parameters.get(name):
            continue
        source = algorithm.parameterAsSource(parameters, name, context)
        if source is None:
            raise QgsProcessingException(algorithm.invalidSourceError(parameters, name))
        sources[layer] = source
    if not sources:
        return park
    return write_park(park, sources, folder, context, feedback)
