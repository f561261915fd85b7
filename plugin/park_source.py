"""Turns layers of a QGIS project into a park GeoPackage that the engine reads.

Features are read through Processing's sources, so that a selection, a filter and a memory layer mean what they mean
everywhere in QGIS.
"""

import os
import sqlite3
from pathlib import Path

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProject,
    QgsVectorDataProvider,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from .. import resources
from .engine.errors import EngineError
from .results import source as address_of
from .results import tables
from .texts import language, problem, tr

RASTERS = ("terrain", "population_raster")  # columns of the layer `park`: paths of rasters, relative to the park


def write_park(park, sources, folder, context, feedback):
    """A park GeoPackage made of the park ``park`` (may be empty) with the layers of ``sources`` in place of its own.

    Parameters
    ----------
    park
        Path of a park GeoPackage, or nothing.
    sources
        QgsProcessingFeatureSource by layer name of the schema.
    folder
        Folder to write into.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    QgsProcessingException
        A park or layer cannot be read, or nothing can be written.
    """
    target = Path(folder) / "park.gpkg"
    if park:
        _copy_others(Path(park), set(sources), target, context, feedback)
    for layer, source in sources.items():
        _write(layer, source, target, context, feedback)
    return target


def _copy_others(park, replaced, target, context, feedback):
    """Copy the layers of a park that are not replaced, with QGIS's own reader and writer.

    Overwriting layers in a copy of the file would be shorter, but the GDAL of an older QGIS stumbles over the triggers of a
    newer GeoPackage.
    """
    try:
        present = set(tables(park))
    except (sqlite3.Error, OSError) as error:
        raise QgsProcessingException(problem("park.unreadable", path=park, reason=error)) from None
    folder = park.resolve().parent
    # the copy lies elsewhere: relative paths of rasters become absolute ones
    changes = dict.fromkeys(RASTERS, lambda path: str(folder / path) if path else path)
    for layer in resources.layers():
        if layer not in present or layer in replaced:
            continue
        own = QgsVectorLayer(address_of(park, layer), layer, "ogr")
        if not own.isValid():
            raise QgsProcessingException(problem("park.unreadable", path=park, reason=layer))
        columns = {field.name(): index for index, field in enumerate(own.fields()) if field.name() != "fid"}
        source = QgsProcessingFeatureSource(own, context)
        write_layer(source, target, layer, columns, context, feedback, changes if layer == "park" else None)


def matches(layer, fields):
    """Which field of a QGIS layer is which column of the schema: column name -> index of the field.

    A field is taken by its own name, else by its alias or a known other name (``dkbh`` for ``parcel_id``); the first field
    that fits wins, and no field serves two columns.
    """
    names = [field.name().strip().lower() for field in fields]
    aliases = [field.alias().strip().lower() for field in fields]
    columns = resources.columns(layer)
    found = {column: names.index(column) for column in columns if column in names}
    for column, row in columns.items():
        if column in found:
            continue
        known = {alias.lower() for alias in row["aliases"].split("|") if alias}
        known |= {column} | {row["label_" + lang].lower() for lang in resources.LANGUAGES}
        for index in range(len(names)):
            if index not in found.values() and (names[index] in known or aliases[index] in known):
                found[column] = index
                break
    return found


def _write(layer, source, target, context, feedback):
    found = matches(layer, source.fields())
    if not found:
        raise QgsProcessingException(problem("park.no_columns", layer=_label(layer), name=source.sourceName()))
    _tell(layer, source, found, feedback)
    write_layer(source, target, layer, found, context, feedback)


def write_layer(source, target, layer, columns, context, feedback, changes=None):
    """Write the features of a source as one layer of a GeoPackage (made where absent).

    Parameters
    ----------
    columns
        Column name -> index of the source's field; other fields are left out.
    changes
        Column name -> function of its value, or None.

    Raises
    ------
    QgsProcessingException
        The file cannot be written.
    """
    fields = QgsFields()
    for column, index in columns.items():
        field = QgsField(source.fields()[index])
        field.setName(column)
        fields.append(field)
    options = _options(layer, target)
    writer = QgsVectorFileWriter.create(
        str(target), fields, source.wkbType(), source.sourceCrs(), context.transformContext(), options
    )
    fine = writer.hasError() == QgsVectorFileWriter.WriterError.NoError
    # bad geometry is the engine's to report, with id and remedy; Processing's own check would stop at the first
    unchecked = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), unchecked) if fine else ():
        row = QgsFeature(fields)
        row.setAttributes([feature.attribute(index) for index in columns.values()])
        for column, change in (changes or {}).items():
            if column in columns:
                row.setAttribute(column, change(row.attribute(column)))
        row.setGeometry(feature.geometry())
        fine = writer.addFeature(row, QgsFeatureSink.Flag.FastInsert)
        if feedback.isCanceled() or not fine:
            break
    if not fine or not writer.flushBuffer():
        reason = writer.errorMessage()
        raise QgsProcessingException(problem("output.unwritable", path=target.parent, reason=reason))
    del writer  # closes the file


def add_feature(park, layer, values, geometry):
    """Add one row to a layer of a park GeoPackage, which is made where it is absent.

    Parameters
    ----------
    values
        Value by column.
    geometry
        QgsGeometry in the reference system of the layer (see ``crs_of``).

    Raises
    ------
    EngineError
        The file or the layer cannot be written; nothing has changed then.
    """
    if not os.access(park, os.W_OK):
        raise EngineError.of("park.read_only", path=park)
    if layer not in tables(park):
        _make_layer(park, layer, crs_of(park, layer))
    own = QgsVectorLayer(address_of(park, layer), layer, "ogr")
    if not own.isValid() or not own.dataProvider().capabilities() & QgsVectorDataProvider.Capability.AddFeatures:
        raise EngineError.of("park.read_only", path=park)
    feature = QgsFeature(own.fields())
    for column, value in values.items():
        if own.fields().indexOf(column) >= 0:
            feature.setAttribute(column, value)
    feature.setGeometry(geometry)
    own.dataProvider().clearErrors()
    if not own.dataProvider().addFeatures([feature])[0]:
        raise EngineError.of("park.unwritable", path=park, reason=_reason(own))


def remove_feature(park, layer, key):
    """Take the row with a key out of a layer of a park GeoPackage again; gives whether there was one."""
    column = resources.layers()[layer]["key"]
    own = QgsVectorLayer(address_of(park, layer), layer, "ogr")
    rows = [row.id() for row in own.getFeatures() if row[column] == key] if own.isValid() else []
    return bool(rows) and own.dataProvider().deleteFeatures(rows)


def crs_of(park, layer):
    """The reference system of a layer of a park GeoPackage: that of its parcels where the layer is absent."""
    present = tables(park)
    name = next((one for one in (layer, "park", "parcels") if one in present), layer)
    return QgsVectorLayer(address_of(park, name), name, "ogr").crs()


def _make_layer(park, layer, crs):
    """An empty layer with the columns of the schema."""
    types = {"float": QVariant.Double, "int": QVariant.Int, "bool": QVariant.Bool}
    fields = QgsFields()
    for name, about in resources.columns(layer).items():
        fields.append(QgsField(name, types.get(about["type"], QVariant.String)))
    kind = QgsWkbTypes.parseType(resources.layers()[layer]["geometry"])
    context = QgsProject.instance().transformContext()
    writer = QgsVectorFileWriter.create(str(park), fields, kind, crs, context, _options(layer, Path(park)))
    fine, reason = writer.hasError() == QgsVectorFileWriter.WriterError.NoError, writer.errorMessage()
    del writer  # closes the file
    if not fine:
        raise EngineError.of("park.unwritable", path=park, reason=reason)


def _reason(layer):
    """What a provider says went wrong: the last part of it, as the rest is SQL."""
    said = [*layer.dataProvider().errors(), layer.dataProvider().lastError()]
    words = next((" ".join(one.split()) for one in said if one), layer.name()).rstrip(".")
    return words.split(" - ")[-1].split(": ")[-1]


def _options(layer, target):
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = layer
    options.fileEncoding = "UTF-8"
    actions = QgsVectorFileWriter.ActionOnExistingFile
    options.actionOnExistingFile = (
        actions.CreateOrOverwriteLayer if target.exists() else actions.CreateOrOverwriteFile
    )
    return options


def _tell(layer, source, found, feedback):
    feedback.pushInfo(tr("park.layer", layer=_label(layer), name=source.sourceName(), count=source.featureCount()))
    for column, index in found.items():
        field = source.fields()[index]
        if field.name().lower() != column:
            label = resources.columns(layer)[column]["label_" + language()]
            feedback.pushInfo(tr("park.column", field=field.name(), column=column, label=label))


def _label(layer):
    return resources.layers()[layer]["label_" + language()]
