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
    "pipes",
    "buildings",
    "roads",
    "sensitive_areas",
    "exclusions",
    "parcels",
    "park",
)
OFF = ("pipes", "sensitive_areas", "exclusions")
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
        layer = QgsVectorLayer(results.source(park, name), results.title(name), "ogr")
        if not layer.isValid() or not layer.featureCount():
            continue
        style(layer, name)
        project.addMapLayer(layer, False)
        group.addLayer(layer).setItemVisibilityChecked(name not in OFF)
        added[name] = layer
    for node in group.findLayers():
        node.setExpanded(False)
    return added


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
    layer.setRenderer(QgsSingleSymbolRenderer(_symbol(name, "#8a8f98")))


def _symbol(name, colour):
    if name == "park":
        return QgsFillSymbol.createSimple(
            {"style": "no", "outline_color": "#1d2733", "outline_width": "0.6", "outline_style": "dash"}
        )
    if name == "buildings":
        return QgsFillSymbol.createSimple({"color": "#9aa3ad", "outline_style": "no"})
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
