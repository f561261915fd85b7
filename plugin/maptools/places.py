"""Pieces of land on the map that the planner can point at."""

from dataclasses import dataclass

from qgis.core import (
    NULL,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
)

# where a place may come from, the surest first, and the column with its id
SOURCES = {
    "site_candidates": "land_id",
    "candidate_sites": "site_id",
    "facilities": "facility_id",
    "parcels": "parcel_id",
}


@dataclass(frozen=True)
class Place:
    """A piece of land: its id, name (may be empty), shape in the map's reference system."""

    key: str
    name: str
    shape: QgsGeometry


def place_at(point, crs, layers, reach):
    """The smallest place at a point of the map, or None.

    Parameters
    ----------
    point
        QgsPointXY in ``crs``.
    crs
        Reference system of the map.
    layers
        QgsVectorLayer by name, of those of ``SOURCES`` that are on the map.
    reach
        How far from the point a place without an area may lie, in units of ``crs``.
    """
    best = None
    box = QgsRectangle(point.x() - reach, point.y() - reach, point.x() + reach, point.y() + reach)
    spot = QgsGeometry.fromPointXY(point)
    for name, key in SOURCES.items():
        layer = layers.get(name)
        if layer is None or layer.fields().indexOf(key) < 0:
            continue
        for found in _places(layer, key, _request(layer, crs).setFilterRect(box)):
            area = found.shape.area()
            away = found.shape.distance(spot)
            if away > (0.0 if area else reach):
                continue
            order = (area, away, not found.name)
            if best is None or order < best[0]:
                best = order, found
    return best[1] if best else None


def place_of(key, crs, layers):
    """The place with an id, or None: the park's own shape where it is an area, else that of the candidate, else a point."""
    quoted, point = str(key).replace("'", "''"), None
    for name in reversed(SOURCES):
        layer, column = layers.get(name), SOURCES[name]
        if layer is None or layer.fields().indexOf(column) < 0:
            continue
        request = _request(layer, crs).setFilterExpression(f"\"{column}\" = '{quoted}'").setLimit(1)
        found = next(_places(layer, column, request), None)
        if found is not None and found.shape.area():
            return found
        point = point or found
    return point


def _request(layer, crs):
    request = QgsFeatureRequest()
    request.setDestinationCrs(crs, QgsProject.instance().transformContext())
    return request


def _places(layer, column, request):
    try:
        for feature in layer.getFeatures(request):
            if feature.hasGeometry() and feature[column] not in (NULL, ""):
                called = feature["name"] if layer.fields().indexOf("name") >= 0 else NULL
                yield Place(str(feature[column]), "" if called == NULL else called, feature.geometry())
    except QgsCsException:
        return  # the layer cannot be brought into the map's reference system


def transformed(shape, source, target):
    """A geometry in another reference system."""
    moved = QgsGeometry(shape)
    moved.transform(QgsCoordinateTransform(source, target, QgsProject.instance()))
    return moved
