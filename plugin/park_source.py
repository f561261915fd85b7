"""Turns layers of a QGIS project into a park GeoPackage that the engine reads.

Features are read through Processing's sources, so that a selection, a filter and a memory layer mean what they mean
everywhere in QGIS.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsVectorFileWriter,
)

from .. import resources
from .texts import language, problem, tr

TERRAIN = "terrain"  # column of the layer `park`: a raster's path, relative to the park


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
        _copy(Path(park), target)
    for layer, source in sources.items():
        _write(layer, source, target, context, feedback)
        if feedback.isCanceled():
            break
    return target


def _copy(park, target):
    """Copy with SQLite's own backup, which also takes what an open QGIS has not yet written to the main file."""
    try:
        with closing(_open(park)) as source, closing(sqlite3.connect(str(target))) as copy:
            source.backup(copy)
            _anchor_terrain(copy, park.resolve().parent)
    except sqlite3.Error as error:
        raise QgsProcessingException(problem("park.unreadable", path=park, reason=error)) from None


def _open(path):
    return sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)


def _anchor_terrain(copy, folder):
    """The copy lies elsewhere: a relative path of the terrain raster becomes an absolute one."""
    columns = [row[1] for row in copy.execute('PRAGMA table_info("park")')]
    if TERRAIN not in columns:
        return
    # an update fires the GeoPackage's triggers, which call functions that only GDAL has
    triggers = copy.execute(
        "SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name='park'"
    ).fetchall()
    for name, _ in triggers:
        copy.execute(f'DROP TRIGGER "{name}"')
    rows = copy.execute(f'SELECT rowid, "{TERRAIN}" FROM "park"').fetchall()
    for rowid, path in rows:
        if path:
            copy.execute(f'UPDATE "park" SET "{TERRAIN}"=? WHERE rowid=?', (str(folder / path), rowid))
    for _, sql in triggers:
        copy.execute(sql)
    copy.commit()


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


def write_layer(source, target, layer, columns, context, feedback):
    """Write the features of a source as one layer of a GeoPackage (made where absent).

    Parameters
    ----------
    columns
        Column name -> index of the source's field; other fields are left out.

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
        row.setGeometry(feature.geometry())
        fine = writer.addFeature(row, QgsFeatureSink.Flag.FastInsert)
        if feedback.isCanceled() or not fine:
            break
    if not fine or not writer.flushBuffer():
        reason = writer.errorMessage()
        raise QgsProcessingException(problem("output.unwritable", path=target.parent, reason=reason))
    del writer  # closes the file


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
