"""Results of a run on the map: styled (the styles lie in the file), grouped, in the order of ``styles/layers.csv``."""

import sqlite3
from collections import deque
from contextlib import closing
from pathlib import Path

from qgis.core import (
    QgsLayerTreeLayer,
    QgsMapLayerStyle,
    QgsProcessingContext,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingUtils,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtXml import QDomDocument

from .. import resources
from .texts import language

FILE = "results.gpkg"
RANK, LAST = "parkloop/rank", 10**6
GROUP = "ParkLoop / "
# QGIS keeps only a pointer to a post-processor; these outlive the algorithm that made them
_kept = deque(maxlen=500)


def tables(file):
    """Names of the layers and tables of a GeoPackage, top of the map first."""
    uri = Path(file).resolve().as_uri() + "?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as base:
        rows = base.execute("SELECT table_name FROM gpkg_contents WHERE table_name<>'layer_styles'").fetchall()
    return sorted((name for (name,) in rows), key=lambda name: (rank(name), name))


def rank(table):
    """Place of a layer in the order of the map, 0 on top; tables without a place come last."""
    order = [row["table"] for row in resources.table("styles", "layers.csv")]
    return order.index(table) if table in order else len(order)


def title(table):
    """What a layer is called on the map."""
    words, layers = resources.texts(language()), resources.layers()
    if table in layers:
        return layers[table]["label_" + language()]
    return words.get("report.table." + table, table)


def source(file, table):
    """The data source of one table of a GeoPackage."""
    return f"{file}|layername={table}"


def styles(file):
    """The QML of each style that a GeoPackage holds, by table and name."""
    uri = Path(file).resolve().as_uri() + "?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as base:
        if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchone():
            return {}
        rows = base.execute("SELECT f_table_name, styleName, styleQML FROM layer_styles").fetchall()
    return {(table, name): qml for table, name, qml in rows}


def dress(layer, known, table, name=None):
    """Give a layer one of the styles ``known`` (see ``styles``): that in the user's language where no name is given.

    QGIS itself takes the default, which is in the language that the run was made in.
    """
    qml = known.get((table, name or language()))
    if qml:
        document = QDomDocument()
        document.setContent(qml)
        layer.importNamedStyle(document)


def offer_views(layer, known, table):
    """Put the further looks of a table that its file holds into the layer's menu of styles, its own first."""
    manager, found = layer.styleManager(), {}
    for row in resources.table("styles", "layers.csv"):
        qml = known.get((table, f"{row['layer']} {language()}"))
        if qml and row["table"] == table:
            column = resources.columns(table).get(row["layer"])
            # a view is of a column, or of some of the rows with a name of its own
            called = column["label_" + language()] if column else title(row["layer"])
            found[title(row["layer"]) if row["source"] == "result" else called] = qml
    if found:
        manager.renameStyle(manager.currentStyle(), title(table))
    for name, qml in found.items():
        manager.addStyle(name, QgsMapLayerStyle(qml))


def group_name(run):
    """The group that holds the layers of a run."""
    return GROUP + Path(run).name


def add(project, run, switched_on=(), names=None):
    """Add the tables of a run to a project.

    Parameters
    ----------
    run
        Folder of the run.
    switched_on
        Names of the tables that are visible; tables without geometry have nothing to see.
    names
        Tables to add; all where None.

    Returns
    -------
    dict
        QgsVectorLayer by table.
    """
    file, added = Path(run) / FILE, {}
    known = styles(file)
    for table in tables(file):
        if names is not None and table not in names:
            continue
        layer = QgsVectorLayer(source(file, table), title(table), "ogr")
        if not layer.isValid():
            continue
        dress(layer, known, table)
        offer_views(layer, known, table)
        project.addMapLayer(layer, False)
        node = _insert(project, group_name(run), layer, rank(table))
        node.setItemVisibilityChecked(table in switched_on)
        if table in switched_on:
            node.setExpanded(True)  # its legend
        added[table] = layer
    group = project.layerTreeRoot().findGroup(group_name(run))
    if group is not None:
        group.setExpanded(False)  # the legend opens it only where it was closed
        group.setExpanded(True)
    return added


def on_map(project, file):
    """The layers of a project that show tables of a GeoPackage, by table; what cannot be read is left out."""
    found = {}
    for layer in project.mapLayers().values():
        path, _, rest = layer.source().partition("|layername=")
        if rest and layer.isValid() and Path(path) == Path(file):
            found.setdefault(rest.split("|")[0], layer)
    return found


def put_away(project, keep=()):
    """Switch off every group of ours but those named in ``keep``."""
    for group in project.layerTreeRoot().children():
        if group.name().startswith(GROUP) and group.name() not in keep:
            group.setItemVisibilityChecked(False)
            group.setExpanded(False)


def load_on_completion(context, file, table, output, group, on):
    """Ask Processing to add one table to the project when the algorithm has ended."""
    if context.project() is None:
        return
    address = source(file, table)
    layer = QgsProcessingUtils.mapLayerFromString(address, context)
    if layer is None:
        return
    details = QgsProcessingContext.LayerDetails(title(table), context.project(), output)
    arrange = Arrange(group, rank(table), on)
    known = styles(file)
    dress(layer, known, table)
    offer_views(layer, known, table)
    _kept.append(arrange)
    details.setPostProcessor(arrange)
    if hasattr(details, "groupName"):  # QGIS 3.32 and newer
        details.groupName = group
    context.addLayerToLoadOnCompletion(layer.id(), details)


class Arrange(QgsProcessingLayerPostProcessorInterface):
    """Puts a loaded layer into the group of its run, in its place, on or off."""

    def __init__(self, group, place, on):
        super().__init__()
        self._group, self._place, self._on = group, place, on

    def postProcessLayer(self, layer, context, feedback):
        project = context.project()
        identity = layer.id()

        def arrange():
            found = project.mapLayer(identity)
            if found is not None:
                _insert(project, self._group, found, self._place).setItemVisibilityChecked(self._on)

        if project.layerTreeRoot().findLayer(identity):
            arrange()
        else:
            QTimer.singleShot(0, arrange)  # newer QGIS makes the entry of the legend only after this call


def _insert(project, group, layer, place):
    """The node of the layer, moved or made in its place of the group; the group itself is put on top if new."""
    root = project.layerTreeRoot()
    holder = root.findGroup(group) or root.insertGroup(0, group)
    present = root.findLayer(layer.id())
    node = QgsLayerTreeLayer(layer)
    # layers of a park may share the group, where a run bears its name; they lie below
    ranks = [int(other.customProperty(RANK, LAST)) for other in holder.children()]
    holder.insertChildNode(next((at for at, other in enumerate(ranks) if other > place), len(ranks)), node)
    if present is not None:
        # only now: QGIS takes a layer that has left the legend out of the project
        present.parent().removeChildNode(present)
    node.setCustomProperty(RANK, place)
    node.setExpanded(False)
    return node
