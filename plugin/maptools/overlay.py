"""Pinned, forbidden and pointed-out places on the map: drawn above it, never part of the project."""

from qgis.core import QgsGeometry, QgsProject, QgsWkbTypes
from qgis.gui import QgsMapCanvasItem, QgsRubberBand
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QPointF, QRectF, Qt, QTimer
from qgis.PyQt.QtGui import QColor, QPainter, QPainterPath, QPen

from ...resources import table

EVERY, FORBIDDEN, SHOWN = "#1d2733", "#c81e1e", QColor("#ffb000")
HIGH, BESIDE = 22, 15  # pixels: a mark, and the way to the next one at the same place


def colour_of(utility):
    """The colour of a utility; dark for every one."""
    found = (row for row in table("styles", "colours.csv") if (row["group"], row["code"]) == ("utility", utility))
    return next(found, {"colour": EVERY})["colour"]


class Mark(QgsMapCanvasItem):
    """A pin, or a crossed circle for what is forbidden, at a point of the map.

    Parameters
    ----------
    point
        QgsPointXY in the map's reference system.
    beside
        How many marks stand at the point already.
    """

    def __init__(self, canvas, point, colour, crossed, beside=0):
        super().__init__(canvas)
        self._point, self._colour, self._crossed, self._beside = point, QColor(colour), crossed, beside
        self.setZValue(120)
        self.updatePosition()

    def updatePosition(self):
        self.setPos(self.toCanvasCoordinates(self._point) + QPointF(self._beside * BESIDE, 0.0))

    def boundingRect(self):
        return QRectF(-HIGH, -HIGH - 4, 2 * HIGH, 2 * HIGH + 4)

    def paint(self, painter, option=None, widget=None):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_mark(painter, self._colour, self._crossed, HIGH)


def draw_mark(painter, colour, crossed, high):
    """Draw a pin whose tip is at the origin, or a crossed circle around it."""
    painter.setBrush(QColor(colour))
    painter.setPen(QPen(QColor("white"), 2.0))
    if crossed:
        radius = high * 0.38
        painter.setBrush(QColor(255, 255, 255, 210))
        painter.setPen(QPen(QColor("white"), 6.0))
        painter.drawEllipse(QPointF(0, 0), radius, radius)
        painter.setPen(QPen(QColor(FORBIDDEN), 3.0))
        painter.drawEllipse(QPointF(0, 0), radius, radius)
        across = radius * 0.7
        painter.drawLine(QPointF(-across, -across), QPointF(across, across))
        painter.setPen(QPen(QColor(colour), 1.0))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(radius, -radius), 3.0, 3.0)  # of which utility
        return
    radius = high * 0.32
    head = QPainterPath()
    head.moveTo(0, 0)
    head.cubicTo(-radius * 0.4, -radius * 1.1, -radius, -high + radius * 1.6, -radius, -high + radius)
    head.arcTo(QRectF(-radius, -high, 2 * radius, 2 * radius), 180, -180)
    head.cubicTo(radius, -high + radius * 1.6, radius * 0.4, -radius * 1.1, 0, 0)
    painter.drawPath(head)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("white"))
    painter.drawEllipse(QPointF(0, -high + radius), radius * 0.4, radius * 0.4)


class Overlay(QObject):
    """Keeps the marks on a canvas as the scenario has them; redrawn when layers or the reference system change.

    Parameters
    ----------
    marks
        Gives (kind, utility, id) of each place to mark, in the order of the scenario; kind is pin or forbid.
    find
        Gives the ``places.Place`` of an id, or None.
    """

    def __init__(self, canvas, marks, find, parent=None):
        super().__init__(parent)
        self._canvas, self._marks, self.find = canvas, marks, find
        self._items, self._shown = [], []
        self._drawn = None
        # many layers come and go at once; one drawing is enough
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.draw)
        canvas.destinationCrsChanged.connect(self.anew)
        QgsProject.instance().layersAdded.connect(self.anew)
        QgsProject.instance().layersRemoved.connect(self.anew)

    def anew(self, *ignored):
        """Draw again soon, whatever was drawn."""
        self._drawn = None
        self._soon.start()

    def refresh(self):
        """Draw again where the scenario has changed."""
        if self._drawn != list(self._marks()):
            self.draw()

    def draw(self):
        """Draw every mark of the scenario."""
        self._take(self._items)
        self._drawn, beside = list(self._marks()), {}
        for kind, utility, key in self._drawn:
            place = self.find(key)
            if place is None:
                continue
            crossed = kind == "forbid"
            colour = colour_of(utility)
            if key not in beside:
                self._items.append(self._outline(place.shape, QColor(FORBIDDEN if crossed else colour), crossed))
            at = place.shape.pointOnSurface().asPoint()
            self._items.append(Mark(self._canvas, at, colour, crossed, beside.get(key, 0)))
            beside[key] = beside.get(key, 0) + 1

    def point_out(self, keys):
        """Light up the places with these ids; none to put the light out."""
        self._take(self._shown)
        for place in filter(None, map(self.find, keys)):
            band = self._outline(place.shape, SHOWN, False)
            band.setWidth(4)
            self._shown.append(band)

    def clear(self):
        """Leave nothing on the canvas and hear of nothing any more."""
        self._soon.stop()
        self._canvas.destinationCrsChanged.disconnect(self.anew)
        QgsProject.instance().layersAdded.disconnect(self.anew)
        QgsProject.instance().layersRemoved.disconnect(self.anew)
        self._take(self._items)
        self._take(self._shown)

    def items(self):
        """The marks on the map now."""
        return [item for item in self._items if isinstance(item, Mark)]

    def _outline(self, shape, colour, hatched):
        band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        fill = QColor(colour)
        fill.setAlpha(150 if hatched else 45)
        band.setStrokeColor(colour)
        band.setFillColor(fill)
        band.setWidth(2)
        if hatched:
            band.setBrushStyle(Qt.BrushStyle.BDiagPattern)
        # a facility is a point: its mark says enough
        band.setToGeometry(shape if shape.area() else QgsGeometry(), None)
        return band

    def _take(self, items):
        scene = None if sip.isdeleted(self._canvas) else self._canvas.scene()
        for item in items:
            if scene is not None and not sip.isdeleted(item):
                scene.removeItem(item)
        items.clear()
