"""Two map tools: pointing at a place, and drawing the outline of a new one."""

from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QCursor

from .places import place_at

REACH_PX = 8  # how near to a point one must click
HOVER, DRAWING = QColor(255, 255, 255, 150), QColor("#d01c8b")


class PointTool(QgsMapTool):
    """Says which place is clicked; the one below the pointer lights up.

    Parameters
    ----------
    layers
        Gives the layers with places by name (see ``places.SOURCES``), asked anew each time.
    cursor
        A Qt.CursorShape.
    """

    picked = pyqtSignal(object)
    missed = pyqtSignal()

    def __init__(self, canvas, layers, cursor):
        super().__init__(canvas)
        self._layers = layers
        self.setCursor(QCursor(cursor))
        self._light = _band(canvas, QColor("#1d2733"), HOVER)

    def canvasMoveEvent(self, event):
        found = self._at(event.mapPoint())
        if found is None:
            self._light.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        else:
            self._light.setToGeometry(found.shape, None)

    def canvasReleaseEvent(self, event):
        if event.button() != Qt.MouseButton.LeftButton:
            return
        found = self._at(event.mapPoint())
        if found is None:
            self.missed.emit()
        else:
            self.picked.emit(found)

    def deactivate(self):
        self._light.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        super().deactivate()

    def clear(self):
        """Leave nothing on the canvas; the tool is used no more."""
        _away(self.canvas(), self._light)

    def _at(self, point):
        crs = self.canvas().mapSettings().destinationCrs()
        return place_at(point, crs, self._layers(), REACH_PX * self.canvas().mapUnitsPerPixel())


class DrawTool(QgsMapTool):
    """Draws an outline: a click a corner, the right button ends it, Backspace takes a corner back, Escape all.

    ``drawn`` gives the corners as a list of QgsPointXY in the map's reference system, ``left`` says that Escape was pressed
    where there was nothing to take back.
    """

    drawn = pyqtSignal(list)
    cancelled = pyqtSignal()
    left = pyqtSignal()

    def __init__(self, canvas):
        super().__init__(canvas)
        self.setCursor(QCursor(Qt.CursorShape.CrossCursor))
        self._corners = []
        fill = QColor(DRAWING)
        fill.setAlpha(40)
        self._band = _band(canvas, DRAWING, fill)

    def canvasReleaseEvent(self, event):
        if event.button() == Qt.MouseButton.LeftButton:
            self._corners.append(QgsPointXY(event.mapPoint()))
            self._show()
        elif event.button() == Qt.MouseButton.RightButton and self._corners:
            corners, self._corners = self._corners, []
            self._show()
            self.drawn.emit(corners)

    def canvasMoveEvent(self, event):
        self._show(event.mapPoint())

    def keyPressEvent(self, event):
        if event.key() == Qt.Key.Key_Escape:
            had, self._corners = bool(self._corners), []
            (self.cancelled if had else self.left).emit()
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and self._corners:
            self._corners.pop()
        else:
            return
        event.ignore()  # else the canvas takes the key for its own
        self._show()

    def deactivate(self):
        self._corners = []
        self._show()
        super().deactivate()

    def clear(self):
        """Leave nothing on the canvas; the tool is used no more."""
        _away(self.canvas(), self._band)

    def _show(self, pointer=None):
        corners = [*self._corners, *([pointer] if pointer is not None and self._corners else [])]
        if len(corners) > 2:
            self._band.setToGeometry(QgsGeometry.fromPolygonXY([corners]), None)
        elif corners:
            self._band.setToGeometry(QgsGeometry.fromPolylineXY([*corners, corners[-1]]), None)
        else:
            self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)


def _band(canvas, line, fill):
    band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
    band.setStrokeColor(line)
    band.setFillColor(fill)
    band.setWidth(2)
    return band


def _away(canvas, item):
    scene = canvas.scene()
    if scene is not None:
        scene.removeItem(item)
