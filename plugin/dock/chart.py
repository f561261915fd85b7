"""A small bar chart, drawn with Qt alone."""

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from .numbers import shown

ROW, GAP = 20, 4
BESIDE = 130  # a longer label stands above its bar


class Bars(QWidget):
    """Horizontal bars, one a category, with the axis' title above.

    ``set_bars`` takes the title and rows of (label, value, colour).
    """

    def __init__(self, parent=None):
        super().__init__(parent)
        self._title, self._rows, self._above = "", [], False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def set_bars(self, title, rows):
        self._title, self._rows = title, list(rows)
        self._above = any(self.fontMetrics().horizontalAdvance(row[0]) > BESIDE for row in self._rows)
        self.setVisible(bool(self._rows))
        self.setToolTip("\n".join(f"{label}: {shown(value)}" for label, value, _ in self._rows))
        self.updateGeometry()
        self.update()

    def _step(self):
        return (2 * ROW - 4 if self._above else ROW) + GAP

    def sizeHint(self):
        return QSize(300, ROW + 6 + len(self._rows) * self._step())

    def minimumSizeHint(self):
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event):
        if not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, middle = self.palette().color(self.foregroundRole()), Qt.AlignmentFlag.AlignVCenter
        painter.setPen(ink)
        metrics, font = painter.fontMetrics(), painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(0, 0, self.width(), ROW), middle, self._title)
        font.setBold(False)
        painter.setFont(font)
        beside = max(metrics.horizontalAdvance(row[0]) for row in self._rows) + 8
        left = 0 if self._above else beside
        values = max(metrics.horizontalAdvance(shown(row[1])) for row in self._rows) + 10
        space = max(20, self.width() - left - values)
        top = max(abs(row[1]) for row in self._rows) or 1.0
        for i, (label, value, colour) in enumerate(self._rows):
            y = ROW + 6 + i * self._step()
            width = self.width() if self._above else beside
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, width)
            painter.drawText(QRectF(0, y, width, ROW), middle, text)
            if self._above:
                y += ROW - 4
            length = space * abs(value) / top
            painter.fillRect(QRectF(left, y + 3, max(length, 1), ROW - 6), QColor(colour))
            painter.drawText(QRectF(left + length + 5, y, values, ROW), middle, shown(value))
