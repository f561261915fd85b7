"""The park itself on the map, below the results: parcels by use, buildings, roads, what must be kept away from."""

from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsProject,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)

from ...resources import codes, columns, table
from .. import results
from ..texts import language

LAYERS = (
    "enterprises",
    "facilities",
    "candidate_sites",
    "pipes",
    "buildings",
    "roads",
    "sensitive_areas",
    "exclusions",
    "parcels",
    "park",
)
OFF = ("pipes", "sensitive_areas", "exclusions")
PLAIN = {"candidate_sites": "#d01c8b"}
CODED = {
    "parcels": "land_use",
    "exclusions": "exclusion_kind",
    "sensitive_areas": "sensitive_kind",
    "pipes": "utility",
    "facilities": "utility",
}


def group_name(park):
    """The group that holds the layers of a park."""
    return results.GROUP + Path(park).stem


def add(park):
    """Add the layers of a park GeoPackage in a group of their own; gives them by name."""
    project, added = QgsProject.instance(), {}
    title = group_name(park)
    old = project.layerTreeRoot().findGroup(title)
    if old is not None:
        project.removeMapLayers([node.layerId() for node in old.findLayers()])
        project.layerTreeRoot().removeChildNode(old)
    group = project.layerTreeRoot().addGroup(title)
    present = set(results.tables(park))
    for name in (name for name in LAYERS if name in present):
        layer = _layer(park, name)
        if layer is not None:
            project.addMapLayer(layer, False)
            group.addLayer(layer).setItemVisibilityChecked(name not in OFF)
            added[name] = layer
    for node in group.findLayers():
        node.setExpanded(False)
    return added


def bring(park, name):
    """The layer of a park that is on the map, put there where it is not yet; None where the park has no rows of it."""
    project = QgsProject.instance()
    layer = results.on_map(project, park).get(name) or _layer(park, name)
    if layer is None or layer.id() in project.mapLayers():
        return layer
    group = project.layerTreeRoot().findGroup(group_name(park)) or project.layerTreeRoot().addGroup(
        group_name(park)
    )
    above = LAYERS[: LAYERS.index(name)]
    names = [park_layer(node.layer()) for node in group.findLayers()]
    at = next((place for place, other in enumerate(names) if other in LAYERS and other not in above), len(names))
    project.addMapLayer(layer, False)
    group.insertLayer(at, layer).setExpanded(False)
    return layer


def park_of(layer):
    """The path of the file that a layer is read from."""
    return Path(layer.source().partition("|")[0])


def park_layer(layer):
    """The name of the layer of a park, or table, that a layer of the project shows."""
    return layer.source().partition("|layername=")[2].partition("|")[0]


def _layer(park, name):
    """A styled layer of a park, or None where it has no rows."""
    layer = QgsVectorLayer(results.source(park, name), results.title(name), "ogr")
    if not layer.isValid() or not layer.featureCount():
        return None
    style(layer, name)
    return layer


def style(layer, name):
    """Give a layer of the park its look and the names of its fields, in the user's language."""
    for i, field in enumerate(layer.fields()):
        known = columns(name).get(field.name())
        if known:
            layer.setFieldAlias(i, known["label_" + language()])
    if name in CODED:
        column = {"parcels": "land_use", "pipes": "utility", "facilities": "utility"}.get(name, "kind")
        colours = {(row["group"], row["code"]): row["colour"] for row in table("styles", "colours.csv")}
        used = layer.uniqueValues(layer.fields().indexOf(column))
        categories = [
            QgsRendererCategory(
                code, _symbol(name, colours.get((CODED[name], code), "#cccccc")), row["label_" + language()]
            )
            for code, row in codes(CODED[name]).items()
            if code in used
        ]
        layer.setRenderer(QgsCategorizedSymbolRenderer(column, categories))
        return
    layer.setRenderer(QgsSingleSymbolRenderer(_symbol(name, PLAIN.get(name, "#8a8f98"))))


def _symbol(name, colour):
    if name == "park":
        return QgsFillSymbol.createSimple(
            {"style": "no", "outline_color": "#1d2733", "outline_width": "0.6", "outline_style": "dash"}
        )
    if name == "buildings":
        return QgsFillSymbol.createSimple({"color": "#9aa3ad", "outline_style": "no"})
    if name == "candidate_sites":
        return QgsFillSymbol.createSimple(
            {"color": "208,28,139,12", "outline_color": colour, "outline_width": "0.5", "outline_style": "dash"}
        )
    if name in ("exclusions", "sensitive_areas"):
        return QgsFillSymbol.createSimple(
            {"color": colour, "style": "b_diagonal", "outline_color": colour, "outline_width": "0.3"}
        )
    if name == "parcels":
        return QgsFillSymbol.createSimple({"color": colour, "outline_color": "#ffffff", "outline_width": "0.2"})
    if name == "roads":
        # eight metres wide, but never so wide that many roads hide the park, nor too thin to be seen
        width = {"line_width": "8", "line_width_unit": "MapUnit", "line_width_map_unit_scale": "3x:0,0,1,0.2,1,0.8"}
        return QgsLineSymbol.createSimple({"line_color": "#b9bec5", "capstyle": "round", **width})
    if name == "pipes":
        return QgsLineSymbol.createSimple({"line_color": colour, "line_width": "0.4", "line_style": "dash"})
    if name == "facilities":
        return QgsMarkerSymbol.createSimple({"name": "diamond", "color": colour, "size": "3.2"})
    return QgsMarkerSymbol.createSimple({"color": "#3d4a5c", "outline_color": "#ffffff", "size": "1.8"})
