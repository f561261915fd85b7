"""The front of cost against what it spares: numbered points to look at and to choose from, drawn with Qt alone."""

import math

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..layouts.curves import ticks

RADIUS, REACH = 8.5, 14.0  # pixels: a point, and how near the pointer must come
LEFT, RIGHT, TOP, FOOT = 58, 16, 24, 40
GRID = QColor("#d9dde1")


class FrontChart(QWidget):
    """Points of a front; ``picked`` gives the number of the place in the list that a click or an arrow key chose.

    ``set_points`` takes the titles of the axes, the colour and a list of (name, x, y, chosen, tip).
    """

    picked = pyqtSignal(int)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._points, self._heads, self._colour, self._at = [], ("", ""), "#4f6d8a", None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_points(self, heads, colour, points):
        self._heads, self._colour, self._points, self._at = heads, colour, list(points), None
        self.setVisible(bool(self._points))
        self.update()

    def select(self, at):
        """Mark a point as the one that is looked at; None for none."""
        self._at = at
        self.update()

    def selected(self):
        """The point that is looked at, or None."""
        return self._at

    def place(self, at):
        """Where a point stands on the widget."""
        return self._places()[at]

    def sizeHint(self):
        return QSize(340, 210)

    def minimumSizeHint(self):
        return QSize(200, 210)

    def mouseMoveEvent(self, event):
        at = self._near(_position(event))
        self.setCursor(Qt.CursorShape.PointingHandCursor if at is not None else Qt.CursorShape.ArrowCursor)
        if at is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(self.mapToGlobal(_position(event).toPoint()), self._points[at][4], self)

    def mousePressEvent(self, event):
        at = self._near(_position(event))
        if at is not None:
            self.picked.emit(at)

    def keyPressEvent(self, event):
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
        if step is None or not self._points:
            super().keyPressEvent(event)
        else:
            now = -1 if self._at is None else self._at
            self.picked.emit(min(max(now + step, 0), len(self._points) - 1))

    def paintEvent(self, event):
        if not self._points:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(self.foregroundRole())
        self._axes(painter, ink)
        places = self._places()
        painter.setPen(QPen(QColor(self._colour), 1.5, Qt.PenStyle.DotLine))
        painter.drawPolyline(QPolygonF([places[at] for at in self._in_order()]))
        bold = QFont(painter.font())
        bold.setBold(True)
        for at, (name, _, _, chosen, _) in enumerate(self._points):
            painter.setBrush(QColor(self._colour) if chosen else self.palette().color(self.backgroundRole()))
            painter.setPen(QPen(QColor(self._colour), 1.8))
            painter.drawEllipse(places[at], RADIUS, RADIUS)
            if at == self._at:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(ink, 1.8))
                painter.drawEllipse(places[at], RADIUS + 3.5, RADIUS + 3.5)
            painter.setFont(bold)
            painter.setPen(QColor("white") if chosen else ink)
            box = QRectF(places[at].x() - RADIUS, places[at].y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    def _axes(self, painter, ink):
        """Grid, figures and titles."""
        across, up = self._ticks()
        plot, middle = self._plot(), Qt.AlignmentFlag.AlignVCenter
        small = QFont(painter.font())
        small.setPointSizeF(max(small.pointSizeF() - 1.5, 6.5))
        painter.setFont(small)
        metrics = painter.fontMetrics()
        few = across[:: math.ceil((len(across) - 1) / 5)], up[:: math.ceil((len(up) - 1) / 6)]
        for value, x in zip(few[0], self._spread(few[0], across, plot.left(), plot.right())):
            painter.setPen(GRID)
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            painter.setPen(ink)
            painter.drawText(
                QRectF(x - 40, plot.bottom() + 3, 80, 14), Qt.AlignmentFlag.AlignHCenter, _told(value, few[0])
            )
        for value, y in zip(few[1], self._spread(few[1], up, plot.bottom(), plot.top())):
            painter.setPen(GRID)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(ink)
            right = middle | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(0, y - 8, plot.left() - 5, 16), right, _told(value, few[1]))
        wide = self.width()
        x_title, y_title = (metrics.elidedText(one, Qt.TextElideMode.ElideRight, wide - 4) for one in self._heads)
        painter.drawText(QRectF(0, 0, wide, 16), middle, "↑ " + y_title)
        painter.drawText(
            QRectF(0, self.height() - 17, wide - 2, 16), middle | Qt.AlignmentFlag.AlignRight, x_title + " →"
        )

    def _ticks(self):
        """Round values along both axes, with room around the points."""
        found = []
        for axis in (1, 2):
            values = [point[axis] for point in self._points]
            low, high = min(values), max(values)
            room = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
            found.append(ticks(max(low - room, 0.0) if low >= 0 else low - room, high + room))
        return found

    def _plot(self):
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 40), max(self.height() - TOP - FOOT, 40))

    def _places(self):
        across, up = self._ticks()
        plot = self._plot()
        xs = self._spread([point[1] for point in self._points], across, plot.left(), plot.right())
        ys = self._spread([point[2] for point in self._points], up, plot.bottom(), plot.top())
        return [QPointF(x, y) for x, y in zip(xs, ys)]

    def _in_order(self):
        return sorted(range(len(self._points)), key=lambda at: (self._points[at][1], -self._points[at][2]))

    def _near(self, position):
        """The point nearest to a position, if it is near."""
        places = self._places() if self._points else []
        away = [(math.hypot(one.x() - position.x(), one.y() - position.y()), at) for at, one in enumerate(places)]
        return min(away)[1] if away and min(away)[0] <= REACH else None

    @staticmethod
    def _spread(values, marks, first, last):
        span = (marks[-1] - marks[0]) or 1.0
        return [first + (value - marks[0]) / span * (last - first) for value in values]


def _told(value, marks):
    """A figure of an axis, with the decimals that tell it from the next."""
    step = min((b - a for a, b in zip(marks, marks[1:])), default=1.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


def _position(event):
    """Where the pointer is, in Qt 5 and 6."""
    return event.position() if hasattr(event, "position") else QPointF(event.pos())
