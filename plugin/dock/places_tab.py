"""Pinning, forbidding and adding places on the map, and the list of what is pinned and forbidden."""

from qgis.core import NULL
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ...resources import ROOT, codes
from ..engine.errors import EngineError
from ..maptools.places import SOURCES
from ..maptools.tools import DrawTool, PointTool
from ..park_source import remove_feature
from ..texts import language, tr
from . import base_map, new_site
from .new_site import SiteDialog, utility_box
from .numbers import figure
from .place_list import PlaceList, called, utility_name
from .places import FORBID, PIN

ADD = "add_site"
CURSORS = {PIN: Qt.CursorShape.PointingHandCursor, FORBID: Qt.CursorShape.ForbiddenCursor}
ICON = 20


class PlacesTab(QWidget):
    """Three map tools whose buttons stay down while they are in hand, and the places of the scenario.

    Parameters
    ----------
    places
        places.Places, whose changes it shows when ``say`` is called.
    session
        The session.
    canvas
        The map; None where there is none.
    place_of
        Gives the layer on the map that shows a table of the run or a layer of the park, or None.
    find
        Gives the place on the map with an id (see ``maptools.places``), or None.
    """

    park_changed = pyqtSignal()  # a site was added or taken away again

    def __init__(self, places, session, canvas, place_of, find, parent=None):
        super().__init__(parent)
        self._places, self._session, self._canvas = places, session, canvas
        self._place_of, self._find = place_of, find
        self._tools, self._buttons = {}, {}
        self._build()
        if canvas is not None:
            self._make_tools()
            canvas.mapToolSet.connect(self._tool_changed)
        self.say()

    def _build(self):
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 6, 4, 4)
        row = QHBoxLayout()
        row.setSpacing(3)
        for name in (PIN, FORBID, ADD):
            button = _button(name, tr("dock." + name), tr(f"dock.{name}.tip"))
            button.setCheckable(True)
            button.setEnabled(self._canvas is not None)
            button.clicked.connect(lambda on, name=name: self.use(name if on else None))
            self._buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        self.undo_button = _button("undo", "", tr("dock.undo.tip"))
        self.undo_button.clicked.connect(self.undo)
        row.addWidget(self.undo_button)
        layout.addLayout(row)
        line = QHBoxLayout()
        line.addWidget(QLabel(tr("dock.for_utility")))
        if self._places.utility is None:
            self._places.utility = self._first_utility()
        self.utility = utility_box(self._places.utility)
        self.utility.currentIndexChanged.connect(self._utility_chosen)
        line.addWidget(self.utility, 1)
        layout.addLayout(line)
        self.hint = QLabel()
        self.hint.setObjectName("hint")
        self.hint.setWordWrap(True)
        self.hint.setMinimumHeight(2 * self.hint.fontMetrics().lineSpacing() + 4)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.hint)
        self.count = QLabel()
        self.count.setWordWrap(True)
        layout.addWidget(self.count)
        self.list = PlaceList(self._find)
        self.list.removed.connect(self._places.remove)
        self.list.shown.connect(self._flash)
        layout.addWidget(self.list, 1)
        layout.addStretch(0)

    def _make_tools(self):
        for kind in (PIN, FORBID):
            tool = PointTool(self._canvas, self._layers, CURSORS[kind])
            tool.picked.connect(lambda place, kind=kind: self.point_at(kind, place))
            tool.missed.connect(lambda: self.tell(tr("dock.places.nothing")))
            self._tools[kind] = tool
        draw = self._tools[ADD] = DrawTool(self._canvas)
        draw.drawn.connect(self.add_site)
        draw.cancelled.connect(lambda: self.tell(tr("dock.add_site.hint")))
        draw.left.connect(lambda: self.use(None))

    def use(self, name):
        """Take a tool in hand, or none."""
        for other, button in self._buttons.items():
            button.setChecked(other == name)
        if name is not None:
            self._canvas.setMapTool(self._tools[name])
        elif self._canvas.mapTool() in self._tools.values():
            self._canvas.unsetMapTool(self._canvas.mapTool())
        self._say_hint()

    def tool(self):
        """The name of the tool in hand, or None."""
        mine = self._canvas.mapTool() if self._canvas is not None else None
        return next((name for name, tool in self._tools.items() if tool is mine), None)

    def tell(self, words):
        """Say something below the buttons."""
        self.hint.setText(words)

    def point_at(self, kind, place):
        """Pin or forbid a place that was clicked, or no longer."""
        utility = self.utility.currentData()
        on = self._places.toggle(kind, utility, place.key)
        words = tr(
            f"dock.places.{kind}.{'on' if on else 'off'}", place=called(place), utility=utility_name(utility)
        )
        self.tell(f"{words} {self._doubt(utility, place.key)}".strip() if on and kind == PIN else words)

    def add_site(self, corners):
        """Add the site that was drawn to the park."""
        crs = self._canvas.mapSettings().destinationCrs()
        layers, park = self._layers(), self._session.park
        if park is None:
            return
        if any(layer.isEditable() for layer in layers.values() if base_map.park_of(layer) == park):
            self.tell(tr("dock.site.editing"))
            return
        try:
            shape = new_site.outline_of(corners, crs)
            area = new_site.area_m2(shape, crs)
            dialog = SiteDialog(self.utility.currentData(), area, self)
            fine, (name, utility) = dialog.exec(), dialog.answers()
            dialog.deleteLater()
            if not fine:
                self.tell(tr("dock.add_site.hint"))
                return
            new_site.check_room(area, utility)
            key = new_site.write(park, shape, crs, name, utility, layers)
        except EngineError as error:
            self.tell(str(error))
            return
        self._places.remember(lambda: self._without(park, key))
        self._park_changed()
        words = tr("dock.site.added", site=f"{key} {name}".strip())
        boundary = self._place_of("park")
        outside = not self._session.choices.get("siting", {}).get("outside_park", False)
        if outside and not new_site.lies_inside(shape, crs, boundary):
            words += " " + tr("dock.site.outside")
        self.tell(words)

    def undo(self):
        """Take the last change back."""
        self.tell(tr("dock.undo.done" if self._places.undo() else "dock.undo.none"))

    def say(self):
        """Show the places of the scenario anew."""
        named = [(kind, name) for kind in (PIN, FORBID) for name in self._places.named(kind)]
        self.list.show_places(named)
        pins = len(self._places.named(PIN))
        self.count.setText(
            tr("dock.places.count", pins=pins, forbidden=len(named) - pins) if named else tr("dock.places.none")
        )
        self.undo_button.setEnabled(self._places.can_undo())
        if not self.hint.text():
            self._say_hint()

    def forget(self):
        """Put the tools away before the widget goes."""
        if self._canvas is None or sip.isdeleted(self._canvas):
            return
        self._canvas.mapToolSet.disconnect(self._tool_changed)
        for tool in self._tools.values():
            if self._canvas.mapTool() is tool:
                self._canvas.unsetMapTool(tool)
            tool.clear()
            tool.deleteLater()
        self._tools = {}

    # its parts

    def _flash(self, key):
        place = self._find(key)
        if place is not None and self._canvas is not None:
            crs = self._canvas.mapSettings().destinationCrs()
            box = place.shape.boundingBox()
            if not self._canvas.extent().contains(box):
                self._canvas.setCenter(box.center())
                self._canvas.refresh()
            self._canvas.flashGeometries([place.shape], crs)

    def _doubt(self, utility, key):
        """What the last run says against a pin; empty where it has nothing against it."""
        layer = self._place_of("site_candidates")
        if layer is None or not utility:
            return ""
        quoted = key.replace("'", "''")
        rows = list(layer.getFeatures(f"\"utility\" = '{utility}' AND \"land_id\" = '{quoted}'"))
        if not rows:
            return tr("dock.places.no_candidate")
        row = rows[0]
        if row["status"] != "rejected" or row["rule"] in (NULL, "", "forbidden"):
            return ""
        rule = codes("siting_rule").get(row["rule"], {}).get("label_" + language(), row["rule"])
        measured, limit = (
            figure(None if row[name] == NULL else row[name], "" if row["unit"] == NULL else row["unit"], "CNY")
            for name in ("measured", "limit_value")
        )
        return tr("dock.places.rejected", rule=rule, measured=measured, limit=limit)

    def _first_utility(self):
        """The first utility that the last run has candidates of."""
        layer = self._place_of("site_candidates")
        used = layer.uniqueValues(layer.fields().indexOf("utility")) if layer is not None else ()
        return next((code for code in codes("utility") if code in used), next(iter(codes("utility"))))

    def _layers(self):
        found = {name: self._place_of(name) for name in SOURCES}
        return {name: layer for name, layer in found.items() if layer is not None}

    def _utility_chosen(self):
        self._places.utility = self.utility.currentData()
        self._say_hint()

    def _say_hint(self):
        name = self.tool()
        if name is None:
            self.tell(tr("dock.places.hint") if self._canvas is not None else "")
        else:
            self.tell(tr(f"dock.{name}.hint", utility=utility_name(self.utility.currentData())))

    def _tool_changed(self, *ignored):
        mine = self.tool()
        for name, button in self._buttons.items():
            button.setChecked(name == mine)
        self._say_hint()

    def _without(self, park, key):
        """Take an added site out of the park again."""
        layer = self._place_of(new_site.LAYER)
        if self._session.park != park or (layer is not None and layer.isEditable()):
            return False
        if not remove_feature(park, new_site.LAYER, key):
            return False
        self._park_changed()
        return True

    def _park_changed(self):
        """Let the map and the steps know that the park's file is another one now."""
        layer = base_map.bring(self._session.park, new_site.LAYER)
        if layer is not None:
            layer.reload()
            layer.updateExtents()
            base_map.style(layer, new_site.LAYER)
            layer.triggerRepaint()
        self.park_changed.emit()


def _button(name, words, tip):
    button = QToolButton()
    button.setObjectName("tool_" + name)
    button.setIcon(QIcon(str(ROOT / "icons" / (name + ".svg"))))
    button.setIconSize(QSize(ICON, ICON))
    button.setText(words)
    button.setToolTip(tip)
    button.setToolButtonStyle(
        Qt.ToolButtonStyle.ToolButtonTextBesideIcon if words else Qt.ToolButtonStyle.ToolButtonIconOnly
    )
    return button
