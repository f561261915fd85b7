"""The layers of a sheet: results in the style that lies in their file, the park below them, set up for paper."""

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsGraduatedSymbolRenderer,
    QgsLineSymbol,
    QgsPalLayerSettings,
    QgsRectangle,
    QgsRenderContext,
    QgsRendererRange,
    QgsRuleBasedRenderer,
    QgsSingleSymbolRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ...resources import table
from .. import results
from ..dock import base_map
from ..texts import language, tr
from .fonts import chosen_font
from .run_data import copy

# upper limits of the classes of diameter that a legend shows, and the width of their lines in mm
DIAMETERS = ((100, 0.35), (200, 0.6), (300, 0.85), (400, 1.1), (600, 1.4), (1000, 1.8), (100000, 2.3))
# where the theme is the subject, the park is only its ground
GROUND = {
    "parcels": {"color": "#f5f4f0", "outline_color": "#c9cdd2", "outline_width": "0.15"},
    "buildings": {"color": "#e0e2e5", "outline_style": "no"},
    # eight metres wide, but never so wide or so thin that the map becomes a web
    "roads": {
        **{"line_color": "#c3c9cf", "capstyle": "round", "line_width": "8", "line_width_unit": "MapUnit"},
        "line_width_map_unit_scale": "3x:0,0,1,0.15,1,0.6",
    },
}


class Maps:
    """Makes the layers of the sheets and keeps those that several sheets share.

    Parameters
    ----------
    project
        QgsProject that owns them; never the user's.
    data
        RunData.
    store
        Folder for copies of the files: QGIS changes the journal of a GeoPackage that it opens, and a run stays as it is.
    """

    def __init__(self, project, data, store):
        self._project, self._data, self._made = project, data, {}
        self.store = Path(store)
        self._run, self._park = Path(store) / "results.gpkg", Path(store) / "park.gpkg"
        copy(data.file, self._run)
        copy(data.park, self._park)
        self._styles = data.styles()

    def park(self, name, ground=False, labels=None):
        """A layer of the park in its own colours, or pale as the ground of a theme; None where it has no rows.

        ``labels`` is an expression whose text is written beside each feature.
        """
        if name not in self._data.layers:
            return None
        key = (name, ground, labels)
        if key not in self._made:
            layer = QgsVectorLayer(results.source(self._park, name), results.title(name), "ogr")
            if ground and name in GROUND:
                symbol = QgsLineSymbol if name == "roads" else QgsFillSymbol
                layer.setRenderer(QgsSingleSymbolRenderer(symbol.createSimple(GROUND[name])))
            else:
                base_map.style(layer, name)
            if labels:
                _label(layer, labels)
            self._made[key] = self._keep(layer)
        return self._made[key]

    def result(self, name, style="", where="", labels=True, outline=False):
        """A table of the results in its style (``style`` is the first word of another one); None where it has no rows.

        ``where`` is an SQL condition on its rows; ``outline`` leaves the areas unfilled; ``labels`` are those of the style,
        none, or the text of an expression.
        """
        if name not in self._data.tables:
            return None
        key = (name, style, where, labels, outline)
        if key not in self._made:
            layer = self._layer(name, where)
            results.dress(layer, self._styles, name, f"{style} {language()}".strip())
            if outline:
                for symbol in layer.renderer().symbols(QgsRenderContext()):
                    symbol.symbolLayer(0).setBrushStyle(Qt.BrushStyle.NoBrush)
            if isinstance(labels, str):
                _label(layer, labels, 7.5)
            elif labels:
                _for_paper(layer)
            else:
                layer.setLabelsEnabled(False)
            self._made[key] = self._keep(layer)
        return self._made[key]

    def pipes(self, utility):
        """The pipes of one utility, their width by classes of diameter so that a legend can say them."""
        key = ("pipes", utility)
        if key not in self._made:
            layer = self._layer("network_pipes", f"\"utility\" = '{utility}'")
            colours = {
                row["code"]: row["colour"] for row in table("styles", "colours.csv") if row["group"] == "utility"
            }
            ranges, low = [], 0
            for high, width in DIAMETERS:
                symbol = QgsLineSymbol.createSimple(
                    {"line_color": colours[utility], "line_width": str(width), "capstyle": "round"}
                )
                text = tr("layout.dn_above", low=low) if high > 10000 else tr("layout.dn", low=low, high=high)
                ranges.append(
                    QgsRendererRange(low + 0.001, high, symbol, text if low else tr("layout.dn_up_to", high=high))
                )
                low = high
            layer.setRenderer(QgsGraduatedSymbolRenderer("dn_mm", ranges))
            _label(layer, "'DN' || round(\"dn_mm\")", size=6.5)
            settings = layer.labeling().settings()
            line = settings.lineSettings()
            line.setMergeLines(True)
            settings.setLineSettings(line)
            thinning = settings.thinningSettings()
            thinning.setMinimumFeatureSize(12.0)  # no label on a stub
            settings.setThinningSettings(thinning)
            layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
            self._made[key] = self._keep(layer)
        return self._made[key]

    def places(self, rows, crs):
        """The places an atlas visits, in their order, as a layer that draws only the one it is at.

        Parameters
        ----------
        rows
            (key, title, geometry) of each place.
        crs
            The reference system of the geometries.
        """
        address = "Polygon?field=place:integer&field=id:string&field=title:string"
        layer = QgsVectorLayer(address, tr("layout.this_place"), "memory")
        layer.setCrs(crs)
        features = []
        for number, (key, title, geometry) in enumerate(rows):
            feature = QgsFeature(layer.fields())
            feature.setGeometry(geometry)
            feature.setAttributes([number, key, title])
            features.append(feature)
        layer.dataProvider().addFeatures(features)
        layer.updateExtents()
        symbol = QgsFillSymbol.createSimple({"style": "no", "outline_color": "#d01c8b", "outline_width": "1.1"})
        rules = QgsRuleBasedRenderer(QgsRuleBasedRenderer.Rule(None))
        rule = QgsRuleBasedRenderer.Rule(symbol, filterExp="$id = @atlas_featureid", label=tr("layout.this_place"))
        rules.rootRule().appendChild(rule)
        layer.setRenderer(rules)
        return self._keep(layer)

    def shapes(self, name, column):
        """The geometry of each row of a result by the key in ``column``."""
        layer = self.result(name)
        return (
            {feature[column]: QgsGeometry(feature.geometry()) for feature in layer.getFeatures()} if layer else {}
        )

    def box(self, shape, name):
        """The box of a geometry of a result, in the reference system of the maps."""
        layer = self.result(name)
        return QgsCoordinateTransform(layer.crs(), self.crs(), self._project).transformBoundingBox(
            shape.boundingBox()
        )

    def crs(self):
        """The metric reference system that the run worked in; every map is drawn in it."""
        working = QgsCoordinateReferenceSystem(self._data.about["working_crs"])
        return working if working.isValid() else self.park("park").crs()

    def extent(self, layers):
        """What holds all of the layers."""
        whole = None
        for layer in layers:
            if layer is None:
                continue
            change = QgsCoordinateTransform(layer.crs(), self.crs(), self._project)
            box = change.transformBoundingBox(layer.extent())
            if whole is None:
                whole = QgsRectangle(box)
            else:
                whole.combineExtentWith(box)
        return whole

    def _layer(self, name, where):
        # the condition stands in the address: a layer that gets it later opens the file a second time, which can fail
        address = results.source(self._run, name) + (f"|subset={where}" if where else "")
        return QgsVectorLayer(address, results.title(name), "ogr")

    def _keep(self, layer):
        if not layer.isValid() or not layer.featureCount():
            return None
        self._project.addMapLayer(layer, False)
        return layer


def _format(points, like=None):
    text = QgsTextFormat(like) if like is not None else QgsTextFormat()
    text.setFont(chosen_font(points, text.font() if like is not None else None))
    text.setSize(points)
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    return text


def _label(layer, expression, size=6.5):
    """Write the text of an expression beside each feature, with a halo."""
    settings = QgsPalLayerSettings()
    settings.fieldName, settings.isExpression = expression, True
    text = _format(size)
    text.setColor(QColor("#1d2733"))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.7)
    halo.setColor(QColor(255, 255, 255, 220))
    text.setBuffer(halo)
    settings.setFormat(text)
    places = QgsPalLayerSettings.Placement
    if layer.geometryType() == QgsWkbTypes.GeometryType.PointGeometry:
        settings.placement, settings.dist = places.OrderedPositionsAroundPoint, 0.6
    elif layer.geometryType() == QgsWkbTypes.GeometryType.LineGeometry:
        settings.placement = places.Line
    else:
        settings.placement = places.Horizontal
        settings.fitInPolygonOnly = True
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _for_paper(layer):
    """Labels in our font and at every scale: paper is finer than a screen, and what collides is left out."""
    if layer.labeling() is None or not layer.labelsEnabled():
        return
    settings = layer.labeling().settings()
    settings.setFormat(_format(7, settings.format()))
    settings.scaleVisibility = False
    settings.fitInPolygonOnly = layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry and (
        settings.placement == QgsPalLayerSettings.Placement.Horizontal
    )
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
