"""The list of pinned and forbidden places, each with its mark, its utility, and a button to take it off."""

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QPainter, QPixmap
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QToolButton, QWidget

from ...resources import codes
from ..maptools.overlay import colour_of, draw_mark
from ..texts import language, tr
from .places import FORBID, split

NAME = Qt.ItemDataRole.UserRole
SIZE = 20


class PlaceList(QListWidget):
    """Shows (kind, name) of places; ``removed`` is said with both, ``shown`` with the id of a line that was clicked.

    Parameters
    ----------
    find
        Gives the place on the map with an id, or None.
    """

    removed = pyqtSignal(str, str)
    shown = pyqtSignal(str)

    def __init__(self, find, parent=None):
        super().__init__(parent)
        self._find = find
        self.setObjectName("named_places")
        self.itemClicked.connect(lambda item: self.shown.emit(split(item.data(NAME)[1])[1]))

    def show_places(self, named):
        """Show these places in place of those before."""
        self.clear()
        for kind, name in named:
            self._add(kind, name)
        self.setVisible(bool(named))

    def _add(self, kind, name):
        utility, key = split(name)
        place = self._find(key)
        words = f"{utility_name(utility)} · {called(place) if place else key}"
        if place is None:
            words += " " + tr("dock.places.unknown")
        item, holder = QListWidgetItem(), QWidget()
        item.setData(NAME, (kind, name))
        row = QHBoxLayout(holder)
        row.setContentsMargins(4, 0, 2, 0)
        mark, label, away = QLabel(), QLabel(words), QToolButton()
        mark.setPixmap(_mark(kind, utility))
        label.setMinimumWidth(20)
        holder.setToolTip(tr(f"dock.places.{kind}.line", place=words))
        for one in (mark, label):
            one.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        away.setObjectName("remove_place")
        away.setText("✕")
        away.setAutoRaise(True)
        away.setToolTip(tr("dock.places.remove"))
        away.clicked.connect(lambda: self.removed.emit(kind, name))
        row.addWidget(mark)
        row.addWidget(label, 1)
        row.addWidget(away)
        item.setSizeHint(QSize(60, SIZE + 6))
        self.addItem(item)
        self.setItemWidget(item, holder)


def utility_name(utility):
    """What a utility is called, or that every one is meant."""
    return codes("utility")[utility]["label_" + language()] if utility else tr("dock.every_utility")


def called(place):
    """Id and name of a place."""
    return f"{place.key} {place.name}".strip() if place.name != place.key else place.key


def _mark(kind, utility):
    """The mark of a place as it stands on the map."""
    drawn = QPixmap(SIZE, SIZE)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    crossed = kind == FORBID
    painter.translate(SIZE / 2 - 1, SIZE / 2 + 1 if crossed else SIZE - 1)
    draw_mark(painter, colour_of(utility), crossed, SIZE - 3)
    painter.end()
    return drawn
