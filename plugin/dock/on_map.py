"""What of the park and its run lies on the map: their layers, the names in them, and the way to a feature."""

from qgis.core import NULL, QgsCoordinateTransform, QgsProject

from ...resources import columns, layers
from .. import results
from ..maptools import places
from ..texts import language


class OnMap:
    """The layers of a session's park and run on the map of QGIS."""

    def __init__(self, session, iface):
        self._session, self._iface = session, iface

    def base(self):
        """Layers of the park on the map, by name."""
        return results.on_map(QgsProject.instance(), self._session.park) if self._session.park else {}

    def layer_of(self, table):
        """The layer on the map that shows a table of the run, or None."""
        run = self._session.run
        return results.on_map(QgsProject.instance(), run / results.FILE).get(table) if run else None

    def place_of(self, name):
        """The layer on the map of a layer of the park or of a table of the run, or None."""
        return self.base().get(name) if name in layers() else self.layer_of(name)

    def names_of(self, name):
        """Names of the rows of a layer of the park, or of a result, by their key; none where it is not on the map."""
        layer = self.place_of(name)
        key = layers()[name]["key"] if name in layers() else next(iter(columns(name)))
        if layer is None or layer.fields().indexOf(key) < 0:
            return {}
        called = next((one for one in ("name", "name_" + language()) if layer.fields().indexOf(one) >= 0), None)
        return (
            {row[key]: row[called] for row in layer.getFeatures() if row[called] not in (NULL, "")}
            if called
            else {}
        )

    def counts(self):
        """Features by layer of the park, for what is on the map."""
        found = self.base()
        return {name: found[name].featureCount() for name in layers() if name in found}

    def park_words(self):
        """What the park calls itself, else its file's name; and its CRS."""
        layer = self.base().get("park")
        feature = None if layer is None else next(layer.getFeatures(), None)
        named = feature is not None and layer.fields().indexOf("name") >= 0 and feature["name"] != NULL
        crs = "" if layer is None else f" <small>{layer.crs().authid()}</small>"
        return f"<b>{feature['name'] if named else self._session.park.stem}</b>{crs}"

    def find(self, key):
        """The place on the map with an id, or None."""
        layers_there = {name: self.place_of(name) for name in places.SOURCES}
        crs = self._iface.mapCanvas().mapSettings().destinationCrs()
        return places.place_of(key, crs, {name: layer for name, layer in layers_there.items() if layer is not None})

    def zoom_to(self, layer_name, key):
        """Select and show the feature a finding speaks of."""
        layer = self.base().get(layer_name)
        if layer is None or not key:
            return
        column = layers()[layer_name]["key"].split("+")[0]
        layer.selectByExpression(f"\"{column}\" = '{key.replace(chr(39), chr(39) * 2)}'")
        self._iface.setActiveLayer(layer)
        self._iface.mapCanvas().zoomToSelected(layer)

    def zoom_to_park(self):
        """Show the whole park."""
        base = self.base()
        layer = base.get("park") or base.get("parcels")
        if layer is None:
            return
        project, canvas = QgsProject.instance(), self._iface.mapCanvas()
        if len(project.mapLayers()) == len(base):
            project.setCrs(layer.crs())
        turn = QgsCoordinateTransform(layer.crs(), project.crs(), project)
        extent = turn.transformBoundingBox(layer.extent())
        extent.scale(1.1)
        canvas.setExtent(extent)
        canvas.refresh()
