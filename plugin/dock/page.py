"""The page of one step: key figures, one chart, a table joined to the map, and its settings."""

from collections import defaultdict

from qgis.core import NULL
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ...resources import codes, columns, text
from ...resources import table as read_table
from .. import results
from ..texts import language, tr
from .answers import sentence
from .cells import record
from .chart import Bars
from .form import Form
from .front_tab import FrontTab
from .numbers import figure, scale
from .places_tab import PlacesTab
from .records import Records
from .session import STALE

# what the one chart of a step shows: table, column of the categories, column that is added up (none: rows are counted),
# and the column and code of the rows that count (none: all); the table has the greatest of the column first
CHARTS = {
    "intensity": ("intensity_parcels", "score_class", None, None),
    "links": ("links", "kind", "benefit_cur_a", ("status", "proposed")),
    "clusters": ("cluster_areas", "name", "firms", None),
    "siting": ("sites", "utility", "investment_cur", None),
    "networks": ("network_pipes", "utility", "length_m", None),
    "outcomes": ("projects", "name", "investment_cur", None),
}
PLAIN = "#4f6d8a"
SITING = "siting"
FIRST = 8  # figures above the chart


class Page(QWidget):
    """Shows a step of the session's run; ``back`` and ``run_step`` are pressed by the planner.

    Parameters
    ----------
    layer_of
        Gives the layer on the map that shows a table of the run, or None; asked anew each time, as layers come and go.
    choices
        Every choice as the engine tells it.
    names
        Gives the names of the rows of a layer of the park by their key.
    place
        Gives the layer on the map that shows a table of the run or a layer of the park, or None.
    places, overlay
        What is pinned and forbidden, and its marks on the map; asked for by the page of the facilities alone.
    """

    back = pyqtSignal()
    run_step = pyqtSignal(str)
    park_changed = pyqtSignal()

    def __init__(
        self,
        step,
        session,
        layer_of,
        choices,
        canvas,
        names=lambda layer: {},
        place=lambda name: None,
        places=None,
        overlay=None,
        parent=None,
    ):
        super().__init__(parent)
        self._names, self._place_of = names, place
        self._step, self._session, self._layer_of = step, session, layer_of
        outer = QVBoxLayout(self)
        outer.setContentsMargins(6, 6, 6, 6)
        self._run = QPushButton(tr("dock.run_again" if session.headline(step) else "dock.run"))
        self._run.clicked.connect(lambda: self.run_step.emit(step))
        outer.addLayout(head(tr_step(step), self.back, self._run))
        line = QLabel(session.headline(step) or tr("dock.not_run"))
        line.setWordWrap(True)
        outer.addWidget(line)
        self._stale = QLabel(f"<span style='color:#b35806'>◌ {tr('dock.state.stale')}</span>")
        self._stale.setObjectName("stale")
        self._stale.setWordWrap(True)
        outer.addWidget(self._stale)
        tabs = self._tabs = QTabWidget()
        if step == SITING:
            tabs.setStyleSheet("QTabBar::tab { padding: 4px 6px; }")  # six of them side by side in 380 pixels
        outer.addWidget(tabs, 1)
        tabs.addTab(_scroll(self._result()), tr("dock.result"))
        tabs.addTab(self._table(canvas), tr("dock.table"))
        self._siting = []
        if step == SITING and places is not None:
            self._siting = self._places_tabs(tabs, places, overlay, canvas)
        tabs.addTab(_scroll(self._notes()), tr("dock.notes"))
        entries, self._form = [entry for entry in choices if entry["step"] == step], None
        if entries:
            form = self._form = Form(entries, session.choices.get(step, {}))
            form.chosen.connect(lambda name, value, default: session.choose(step, name, value, default))
            tabs.addTab(_scroll(form), tr("dock.settings"))
        self._say()
        session.changed.connect(self._say)

    def _places_tabs(self, tabs, places, overlay, canvas):
        """What only the page of the facilities has: places to pin and forbid, and plans to choose from."""
        currency = self._session.document["park"]["currency"] if self._session.document else "CNY"
        pinned = PlacesTab(places, self._session, canvas, self._place_of, overlay.find)
        pinned.park_changed.connect(self.park_changed)
        plans = FrontTab(places, self._layer_of, overlay.point_out, currency)
        tabs.addTab(pinned, tr("dock.places"))
        tabs.addTab(_scroll(plans), tr("dock.front"))
        places.undone.connect(pinned.say)
        return [pinned, plans]

    def _say(self):
        """What changes with the scenario: whether the result still holds, and what the planner has chosen."""
        self._stale.setVisible(self._session.state(self._step) == STALE)
        for part in self._siting:
            part.say()
        if self._form is not None:
            self._form.show_values(self._session.choices.get(self._step, {}))

    def _content(self):
        document = self._session.document
        return document["steps"].get(self._step) if document else None

    def _result(self):
        holder = QWidget()
        layout = QVBoxLayout(holder)
        content = self._content()
        if content is None:
            layout.addWidget(QLabel(tr("dock.not_run")))
            layout.addStretch(1)
            return holder
        bars, figures = Bars(), list(content["figures"].values())
        layout.addLayout(self._figures(figures[:FIRST]))
        layout.addWidget(bars)
        layout.addLayout(self._figures(figures[FIRST:]))
        self._draw(bars)
        currency = self._session.document["park"]["currency"]
        for answer in content["answers"]:
            line = QLabel(f"<small>{sentence(answer, currency)}</small>")
            line.setWordWrap(True)
            layout.addWidget(line)
        layout.addStretch(1)
        return holder

    def _figures(self, entries):
        """Key figures in two columns."""
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        currency = self._session.document["park"]["currency"]
        for row, entry in enumerate(entries):
            label = QLabel(entry["label"][language()])
            label.setWordWrap(True)
            mark = " ≈" if entry["estimated_share"] else ""
            value = QLabel(figure(entry["value"], entry["unit"], currency) + mark)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            if mark:
                value.setToolTip(tr("dock.estimated", share=round(100 * entry["estimated_share"])))
            grid.addWidget(label, row, 0)
            grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignRight)
        return grid

    def _draw(self, bars):
        if self._step not in CHARTS:
            return
        name, category, value, only = CHARTS[self._step]
        layer = self._layer_of(name)
        if layer is None:
            return
        known = columns(name)
        if category not in known:
            category = f"{category}_{language()}"
        words = codes(known[category]["codes"]) if known[category]["codes"] else {}
        sums = defaultdict(float)
        for feature in layer.getFeatures():
            if only and feature[only[0]] != only[1]:
                continue
            key, amount = feature[category], feature[value] if value else 1.0
            if key == NULL or amount == NULL:
                continue
            sums[key] += amount
        group = known[category]["codes"]
        colours = {
            row["code"]: row["colour"] for row in read_table("styles", "colours.csv") if row["group"] == group
        }
        label, unit = "label_" + language(), known[value]["unit"] if value else ""
        title = known[value][label] if value else tr("dock.count", by=known[category][label])
        if only:
            title += " · " + codes(known[only[0]]["codes"])[only[1]][label].lower()
        factor, unit = scale(unit, self._session.document["park"]["currency"])
        rows = [
            (words[key][label] if key in words else str(key), factor * total, colours.get(key, PLAIN))
            for key, total in sorted(sums.items(), key=lambda item: (value is not None) * -item[1])
        ]
        if value is None:
            order = [row[label] for row in words.values()]
            rows.sort(key=lambda row: order.index(row[0]) if row[0] in order else len(order))
        bars.set_bars(f"{title} ({unit})" if unit else title, rows[:12])

    def _table(self, canvas):
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        choice, records = QComboBox(), Records(canvas)
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setObjectName("tables")
        choice.setMinimumContentsLength(16)  # the longest name must not make the dock wide
        content = self._content()
        tables = content["tables"] if content else ()
        for name in tables:
            if self._layer_of(name) is not None:
                choice.addItem(results.title(name), name)
        table, _, value, _ = CHARTS.get(self._step, (None,) * 4)
        currency = self._session.document["park"]["currency"] if content else "CNY"
        card = QTextBrowser()
        card.setFrameShape(QTextBrowser.Shape.NoFrame)

        def show():
            name = choice.currentData()
            best = value if name == table else None
            place = self._place_of
            records.show_layer(self._layer_of(name) if name else None, name, currency, self._names, place, best)
            card.hide()

        def tell():
            name, feature = choice.currentData(), records.feature()
            if name and feature is not None:
                told = [(name, self._layer_of(name), feature)]
                for other in tables:  # what has a row for each row of this table tells of it too
                    if columns(other) and next(iter(columns(other).values()))["refers"] == name:
                        told += _same(self._layer_of(other), other, feature[next(iter(columns(name)))])
                card.setHtml(record(told, currency, self._names))
            card.setVisible(feature is not None)

        choice.currentIndexChanged.connect(lambda i: show())
        records.itemSelectionChanged.connect(tell)
        show()
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(records)
        halves.addWidget(card)
        halves.setSizes([300, 240])
        layout.addWidget(choice)
        layout.addWidget(halves, 1)
        self.records = records
        return holder

    def _notes(self):
        holder = QWidget()
        layout = QVBoxLayout(holder)
        content = self._content()
        found = content["findings"] if content else []
        for finding in found[:50]:
            sign, said, remedy = SIGNS[finding["severity"]], finding["text"], finding["remedy"]
            line = QLabel(f"{sign} {said[language()]} <i>{remedy[language()]}</i>")
            line.setWordWrap(True)
            layout.addWidget(line)
        if not found:
            layout.addWidget(QLabel(tr("dock.no_notes")))
        method = QLabel(f"<small>{text(self._step + '.method', language())}</small>")
        method.setWordWrap(True)
        layout.addWidget(method)
        layout.addStretch(1)
        return holder

    def set_busy(self, busy):
        """Whether something is running."""
        self._run.setEnabled(not busy)

    def tab(self):
        """Which tab is open."""
        return self._tabs.currentIndex()

    def set_tab(self, tab):
        """Open a tab."""
        self._tabs.setCurrentIndex(tab)

    def forget(self):
        """Let go of the layers, the map and the session before the page is thrown away."""
        self._session.changed.disconnect(self._say)
        self.records.forget()
        for part in self._siting:
            part.forget()


def _same(layer, name, key):
    """The row of a table that has this key, as a list of what ``cells.record`` wants."""
    if layer is None:
        return []
    field = next(iter(columns(name)))
    return [(name, layer, feature) for feature in layer.getFeatures() if feature[field] == key][:1]


SIGNS = {"error": "✕", "warning": "⚠", "info": "ⓘ"}


def tr_step(step):
    """The title of a step."""
    return text(step + ".title", language())


def head(title, back, button):
    """The first line of a page: the way back, its title, and what can be done."""
    line, way = QHBoxLayout(), QPushButton("‹")
    way.setFixedWidth(28)
    way.setToolTip(tr("dock.back"))
    way.clicked.connect(back)
    line.addWidget(way)
    line.addWidget(QLabel(f"<b>{title}</b>"), 1)
    line.addWidget(button)
    return line


def _scroll(widget):
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(widget)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
