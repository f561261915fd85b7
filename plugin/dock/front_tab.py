"""Plans to choose from: the front of cost and exposure to walk along, and the next best sets of sites with their regret."""

from qgis.core import NULL
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...resources import codes, columns
from ..maptools.overlay import colour_of
from ..texts import language, tr
from .alternatives import TABLE, Alternatives
from .front_chart import FrontChart
from .numbers import figure, scale
from .places import names_of, split

FRONT, OTHERS, CANDIDATES = "site_front", TABLE, "site_candidates"
TOLD = ("cost_cur_a", "exposed", "co2_t_a")


class FrontTab(QWidget):
    """Shows the plans that a run found for a utility; ``taken`` says that one was written into the scenario.

    Parameters
    ----------
    places
        places.Places.
    layer_of
        Gives the layer on the map that shows a table of the run, or None.
    point_out
        Lights up places with these ids on the map.
    currency
        The park's.
    """

    taken = pyqtSignal()

    def __init__(self, places, layer_of, point_out, currency, parent=None):
        super().__init__(parent)
        self._places, self._layer_of, self._point_out, self._currency = places, layer_of, point_out, currency
        self._front, self._others, self._plan = {}, {}, None
        for table, rows in ((FRONT, self._front), (OTHERS, self._others)):
            for row in _rows(layer_of(table), table):
                rows.setdefault(row["utility"], []).append(row)
        self._build()
        self.say()

    def _build(self):
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 6, 4, 4)
        self.empty = _wrapped(tr("dock.front.none"))
        layout.addWidget(self.empty)
        self._all = QWidget()
        layout.addWidget(self._all)
        column = QVBoxLayout(self._all)
        column.setContentsMargins(0, 0, 0, 0)
        self.utility = QComboBox()
        self.utility.setObjectName("front_utility")
        self.utility.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.utility.setMinimumContentsLength(14)
        for code, row in codes("utility").items():
            if code in self._front or code in self._others:
                self.utility.addItem(row["label_" + language()], code)
        column.addWidget(self.utility)
        self.chart = FrontChart()
        self.chart.picked.connect(self.look_at)
        column.addWidget(self.chart)
        self._walk = QWidget()
        walk = QHBoxLayout(self._walk)
        walk.setContentsMargins(0, 0, 0, 0)
        self.before, self.after = (
            _narrow(sign, name) for sign, name in (("‹", "front_before"), ("›", "front_after"))
        )
        self.before.setToolTip(tr("dock.front.before"))
        self.after.setToolTip(tr("dock.front.after"))
        self.before.clicked.connect(lambda: self._step(-1))
        self.after.clicked.connect(lambda: self._step(1))
        self.title = _wrapped("")
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        walk.addWidget(self.before)
        walk.addWidget(self.title, 1)
        walk.addWidget(self.after)
        column.addWidget(self._walk)
        self.told = _wrapped("")
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.told)
        row = QHBoxLayout()
        self.take_button, self.free_button = QPushButton(tr("dock.front.take")), QPushButton(tr("dock.front.free"))
        self.take_button.setObjectName("front_take")
        self.free_button.setObjectName("front_free")
        self.take_button.setToolTip(tr("dock.front.take.tip"))
        self.free_button.setToolTip(tr("dock.front.free.tip"))
        self.take_button.clicked.connect(lambda: self.take())
        self.free_button.clicked.connect(lambda: self._places.free(self.of()))
        row.addWidget(self.take_button)
        row.addWidget(self.free_button)
        column.addLayout(row)
        self.others_head = QLabel(f"<b>{tr('dock.front.others')}</b>")
        column.addWidget(self.others_head)
        self.table = Alternatives()
        self.table.chosen.connect(self._row_chosen)
        column.addWidget(self.table)
        layout.addStretch(1)
        has = self.utility.count() > 0
        self._all.setVisible(has)
        self.empty.setVisible(not has)
        self.utility.currentIndexChanged.connect(lambda i: self.show_utility(self.of()))
        if has:
            at = self.utility.findData(self._places.utility or "")
            self.utility.setCurrentIndex(max(at, 0))
            self.show_utility(self.of())

    def of(self):
        """The utility that is looked at."""
        return self.utility.currentData()

    def show_utility(self, utility):
        """Show the plans of a utility, the chosen one first."""
        points = self._front.get(utility, [])
        axis = _spared(points)
        heads, factors = [], []
        for name in ("cost_cur_a", axis):
            about = columns(FRONT)[name]
            factor, unit = scale(about["unit"], self._currency)
            heads.append(about["label_" + language()] + (f" ({unit})" if unit else ""))
            factors.append(factor)
        drawn = [
            (
                str(row["number"]),
                (row["cost_cur_a"] or 0.0) * factors[0],
                (row[axis] or 0.0) * factors[1],
                bool(row["chosen"]),
                self._tip(row),
            )
            for row in points
        ]
        self.chart.set_points(heads, colour_of(utility), drawn)
        self._walk.setVisible(bool(points))
        others = self._others.get(utility, [])
        self.others_head.setVisible(bool(others))
        self.table.show_rows(self._layer_of(OTHERS), others, self._currency)
        chosen = next((at for at, row in enumerate(points) if row["chosen"]), 0 if points else None)
        if chosen is not None:
            self.look_at(chosen, False)
        else:
            self._look(others[0] if others else None, False)

    def look_at(self, at, on_map=True):
        """Look at a point of the front."""
        points = self._front[self.of()]
        self.chart.select(at)
        self.table.release()
        words = tr("dock.front.point", number=points[at]["number"], count=len(points))
        self.title.setText(f"{words} · {tr('dock.front.chosen')}" if points[at]["chosen"] else words)
        self.before.setEnabled(at > 0)
        self.after.setEnabled(at < len(points) - 1)
        self._look(points[at], on_map)

    def plan(self):
        """The row of the plan that is looked at, or None."""
        return self._plan

    def take(self):
        """Write the plan that is looked at into the scenario."""
        if self._plan is not None:
            self._places.take(self.of(), self._pins(self._plan), self._count(self._plan))
            self.taken.emit()

    def say(self):
        """Say anew what can be done, as the scenario has changed."""
        if self._plan is not None:
            utility, pins = self.of(), self._pins(self._plan)
            taken = self._places.taken(utility, pins, self._count(self._plan))
            self.take_button.setText(tr("dock.front.is_taken" if taken else "dock.front.take"))
            self.take_button.setEnabled(bool(pins) and not taken)
            self.free_button.setEnabled(self._places.bound(utility))

    def forget(self):
        """Put the light on the map out."""
        self._point_out([])

    def _look(self, row, on_map):
        self._plan = row
        self.told.setText("" if row is None else "<br>".join(self._figures(row)))
        if row is not None and on_map:
            keys = [split(pin)[1] for pin in self._pins(row)]
            self._select(self.of(), keys)
            self._point_out(keys)
        self.take_button.setEnabled(row is not None)
        self.say()

    def _select(self, utility, keys):
        layer = self._layer_of(CANDIDATES)
        if layer is not None:
            wanted = set(keys)
            layer.selectByIds(
                [row.id() for row in layer.getFeatures() if row["utility"] == utility and row["land_id"] in wanted]
            )

    def _step(self, way):
        at = self.chart.selected()
        count = len(self._front.get(self.of(), []))
        if count:
            # from an alternative back to the front: its first or last point
            self.look_at((0 if way > 0 else count - 1) if at is None else min(max(at + way, 0), count - 1))

    def _row_chosen(self, at):
        self.chart.select(None)
        row = self._others[self.of()][at]
        self.title.setText(tr("dock.front.rank", rank=row["rank"]) if row["rank"] else tr("dock.front.chosen"))
        self.before.setEnabled(True)
        self.after.setEnabled(True)
        self._look(row, True)

    def _pins(self, row):
        return names_of(row["pins"], row["utility"])

    def _count(self, row):
        return row["count"] or len(self._pins(row))

    def _tip(self, row):
        return "\n".join(self._figures(row))

    def _figures(self, row):
        """A plan in lines: sites, then its figures with their units."""
        name = FRONT if "number" in row else OTHERS
        known, found = columns(name), []
        if row["sites"] or row["pins"]:
            found.append(
                tr("dock.front.sites", sites=(row["sites"] or row["pins"]).replace(";", "; ").replace("  ", " "))
            )
        for column in (*TOLD, "regret_cur_a"):
            if row.get(column) is not None:
                value = figure(row[column], known[column]["unit"], self._currency)
                found.append(f"{known[column]['label_' + language()]}: {value}")
        if row.get("goal"):
            goal = codes("front_goal").get(row["goal"], {}).get("label_" + language(), row["goal"])
            found.append(f"{known['goal']['label_' + language()]}: {goal}")
        return found


def _rows(layer, name):
    """Rows of a table as dicts, in order; none where the run has no such table."""
    if layer is None:
        return []
    present = [column for column in columns(name) if layer.fields().indexOf(column) >= 0]
    needed = {"utility", "pins"} <= set(present)
    rows = []
    for feature in layer.getFeatures() if needed else ():
        row = dict.fromkeys(columns(name))
        row.update({column: None if feature[column] == NULL else feature[column] for column in present})
        rows.append({**row, "feature": feature})
    order = "number" if name == FRONT else "rank"
    return sorted(rows, key=lambda row: (row["utility"], row[order] or 0))


def _spared(points):
    """What the front spares: people exposed, but CO2 where all plans expose as many."""
    spread = {name: {row[name] for row in points if row[name] is not None} for name in ("exposed", "co2_t_a")}
    return "co2_t_a" if len(spread["exposed"]) < 2 <= len(spread["co2_t_a"]) else "exposed"


def _narrow(text, name):
    button = QPushButton(text)
    button.setObjectName(name)
    button.setFixedWidth(32)
    return button


def _wrapped(text):
    label = QLabel(text)
    label.setWordWrap(True)
    return label
