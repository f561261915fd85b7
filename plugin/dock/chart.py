"""A small bar chart, drawn with Qt alone."""

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from .numbers import shown

ROW, GAP = 20, 4


class Bars(QWidget):
    """Horizontal bars, one a category, with the axis' title above.

    ``set_bars`` takes the title and rows of (label, value, colour).
    """

    def __init__(self, parent=None):
        super().__init__(parent)
        self._title, self._rows = "", []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_bars(self, title, rows):
        self._title, self._rows = title, list(rows)
        self.setVisible(bool(self._rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self):
        return QSize(300, ROW + 6 + len(self._rows) * (ROW + GAP))

    def minimumSizeHint(self):
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event):
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(self.foregroundRole())
        painter.setPen(ink)
        metrics = painter.fontMetrics()
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(0, 0, self.width(), ROW), Qt.AlignmentFlag.AlignVCenter, self._title)
        font.setBold(False)
        painter.setFont(font)
        if not self._rows:
            return
        labels = min(max(metrics.horizontalAdvance(row[0]) for row in self._rows) + 8, int(self.width() * 0.42))
        values = max(metrics.horizontalAdvance(shown(row[1])) for row in self._rows) + 10
        space = max(20, self.width() - labels - values)
        top = max(abs(row[1]) for row in self._rows) or 1.0
        for i, (label, value, colour) in enumerate(self._rows):
            y = ROW + 6 + i * (ROW + GAP)
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, labels - 6)
            painter.setPen(ink)
            painter.drawText(QRectF(0, y, labels, ROW), Qt.AlignmentFlag.AlignVCenter, text)
            length = space * abs(value) / top
            painter.fillRect(QRectF(labels, y + 3, max(length, 1), ROW - 6), QColor(colour))
            painter.drawText(
                QRectF(labels + length + 5, y, values, ROW), Qt.AlignmentFlag.AlignVCenter, shown(value)
            )
