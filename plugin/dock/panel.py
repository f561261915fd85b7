"""The dock itself: the park, the chain of steps, the run, and the way into each step's page."""

import sqlite3
import tempfile
from pathlib import Path

from qgis.core import Qgis, QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import results
from ..engine import discover
from ..engine.errors import EngineError
from ..engine.tasks import AskTask, CommandTask, RunTask
from ..maptools.overlay import Overlay
from ..texts import SETTING as LANGUAGE
from ..texts import language, tr
from . import base_map
from .chain import Chain
from .data_page import DataPage
from .engine_button import EngineButton
from .foot import Foot, button
from .on_map import OnMap
from .page import Page, tr_step
from .places import FORBID, PIN, Places, split
from .scenario_page import ScenarioPage
from .session import RUNNING, Session, steps
from .sources import SourceButtons
from .work import Work, drop

FILTER = "GeoPackage (*.gpkg)"
# tables that are switched on when their step alone has just run; after a run of everything, ALL_SEEN
SEEN = ("intensity_parcels", "links", "cluster_areas", "cluster_members", "sites", "network_pipes")
ALL_SEEN = ("sites", "network_pipes")


class Dock(QDockWidget):
    """ParkLoop at the right side of QGIS; usable at 380 pixels.

    Parameters
    ----------
    iface
        QgisInterface.
    """

    def __init__(self, iface):
        super().__init__("ParkLoop", iface.mainWindow())
        self.setObjectName("ParkLoopDock")
        self.iface = iface
        self.session, self.work = Session(self), Work(self)
        self._choices, self._asking, self._row = None, None, None
        self._temporary = tempfile.TemporaryDirectory(prefix="parkloop-")
        self.places = Places(self.session, self)
        self.on_map = OnMap(self.session, iface)
        self.overlay = Overlay(iface.mapCanvas(), self._marks, self.on_map.find, self)
        self._build()
        self.session.changed.connect(self.refresh)
        self.session.changed.connect(self.overlay.refresh)
        self.work.said.connect(self.say)
        self.work.percent.connect(lambda percent: self.bar.setValue(percent))
        self.work.heard.connect(self._heard)
        self.work.failed.connect(self._failed)
        self.work.changed.connect(self.refresh)
        QgsProject.instance().readProject.connect(self._project_opened)
        QgsProject.instance().cleared.connect(self._project_cleared)
        self._project_opened()
        self._ask_choices()

    # what is on it

    def _build(self):
        """Make every widget; called again when the language changes."""
        old, body = self.widget(), QWidget()
        body.setMinimumWidth(330)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(6, 4, 6, 4)
        head = QHBoxLayout()
        self.park_line = QLabel()
        self.park_line.setWordWrap(True)
        self.park_line.setTextFormat(Qt.TextFormat.RichText)
        head.addWidget(self.park_line, 1)
        switch = QToolButton()
        switch.setText("中文" if language() == "en" else "English")
        switch.setObjectName("language")
        switch.clicked.connect(self.switch_language)
        head.addWidget(switch)
        self.engine = EngineButton(self)
        self.engine.ready.connect(self._ask_choices)
        head.addWidget(self.engine)
        layout.addLayout(head)
        self.sources = SourceButtons(self)
        layout.addWidget(self.sources)
        self.stack = QStackedWidget()
        self.chain = Chain(["data", *steps()])
        self.chain.run.connect(lambda row: self.check() if row == "data" else self.run([row]))
        self.chain.see.connect(self.show_page)
        self.stack.addWidget(self.chain)
        layout.addWidget(self.stack, 1)
        row = QHBoxLayout()
        self.run_button = button("run_all", lambda: self.run([]))
        self.cancel_button = button("cancel", self.cancel)
        row.addWidget(self.run_button, 1)
        row.addWidget(self.cancel_button)
        layout.addLayout(row)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        layout.addWidget(self.bar)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        layout.addWidget(self.said)
        self.foot = Foot(self)
        layout.addWidget(self.foot)
        self.setWidget(body)
        if old is not None:
            old.deleteLater()
        self.say(self.engine.problem)
        self.refresh()

    def refresh(self):
        """Say everything anew from the session."""
        session, busy = self.session, self.task is not None
        self.park_line.setText(self.on_map.park_words() if session.park else tr("dock.no_park"))
        self.park_line.setToolTip(str(session.park or ""))
        checked = "not_run" if session.findings is None else "fresh"
        self.chain.say("data", self._data_line(), checked, session.park and not busy, session.park)
        for step in steps():
            state = session.state(step)
            self.chain.say(step, session.headline(step), state, session.park and not busy, session.park)
        self.run_button.setEnabled(bool(session.park) and not busy)
        self.cancel_button.setEnabled(busy)
        self.foot.refresh(busy)
        self.sources.setEnabled(not busy)
        if self._row is not None:
            self.stack.currentWidget().set_busy(busy)

    def say(self, text):
        """Show a sentence under the progress bar."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    @property
    def task(self):
        """What is running, or None."""
        return self.work.task

    def _data_line(self):
        if self.session.park is None:
            return ""
        counts = self.on_map.counts()
        values = {"parcels": counts.get("parcels", 0), "firms": counts.get("enterprises", 0)}
        if self.session.findings is None:
            return tr("dock.data_unchecked", **values)
        errors = sum(finding["severity"] == "error" for finding in self.session.findings)
        return tr("dock.data_line", errors=errors, **values)

    def show_page(self, row):
        """Open the page of a step, or of the data."""
        self.show_chain()
        if row == "data":
            page = DataPage(self.session, self.on_map.counts())
            page.check.connect(self.check)
            page.wanted.connect(self.on_map.zoom_to)
        elif row == "scenario":
            page = ScenarioPage(self.session, self._choices or [])
        else:
            page = Page(
                row,
                self.session,
                self.on_map.layer_of,
                self._choices or [],
                self.iface.mapCanvas(),
                self.on_map.names_of,
                self.on_map.place_of,
                self.places,
                self.overlay,
            )
            page.park_changed.connect(self._park_edited)
            page.run_step.connect(lambda step: self.run([step]))
        page.back.connect(self.show_chain)
        page.set_busy(self.task is not None)
        self.stack.addWidget(page)
        self.stack.setCurrentWidget(page)
        self._row = row

    def show_chain(self):
        """Back to the chain of steps."""
        self._row = None
        while self.stack.count() > 1:
            page = self.stack.widget(1)
            page.forget()
            self.stack.removeWidget(page)
            page.deleteLater()

    def _page_anew(self):
        """Fill the page that is open from the session as it is now."""
        if self._row is not None:
            tab = self.stack.currentWidget().tab()
            self.show_page(self._row)
            self.stack.currentWidget().set_tab(tab)

    def _park_edited(self):
        """We have changed the park's file ourselves: what stands on it is out of date, its check too."""
        self.session.findings = None
        self.session.changed.emit()

    def _marks(self):
        """Kind, utility and id of each place that is pinned or forbidden."""
        if self.session.park is None:
            return []
        return [(kind, *split(name)) for kind in (PIN, FORBID) for name in self.places.named(kind)]

    # what it does

    def open_park(self, path=None):
        """Take a park in hand and put it on the map."""
        if path is None:
            path, _ = QFileDialog.getOpenFileName(self, tr("dock.open"), "", FILTER)
        if not path or self.task is not None:
            return
        try:
            results.tables(path)
        except sqlite3.Error:
            self.say(tr("dock.not_a_park", path=path) + " " + tr("dock.not_a_park.remedy"))
            return
        self.show_chain()
        results.put_away(QgsProject.instance())
        self.session.open(path)
        base_map.add(path)
        self.on_map.zoom_to_park()
        self.check()

    def check(self):
        """Check the park's data in the background."""
        park = self.session.park
        if park is not None:
            self.start_command(
                tr("dock.checking"), ["check", str(park)], park, lambda task: self._checked(task, park)
            )

    def _checked(self, task, park):
        if park == self.session.park:
            self.session.findings = [event for event in task.events if event["event"] == "finding"]
            if self._row == "data":
                self._page_anew()

    def run(self, wanted):
        """Run steps (all where none is named) in the background; nothing blocks the map."""
        python = self._python()
        session = self.session
        if python is None or session.park is None or self.task is not None:
            return
        scenario = Path(self._temporary.name) / "scenario.toml"
        scenario.write_text(session.scenario_toml(), encoding="utf-8")
        # steps of the last run that nothing has touched are taken over, so their results stay in the new run's folder
        names = [step for step in steps() if step in wanted or session.headline(step)] if wanted else []
        park, digest, before = session.park, session.digest(), session.run
        if before is not None and not (before / "results.json").is_file():
            before = None  # removed since
        task = RunTask(tr("dock.task"), python, str(park), names, session.new_folder(), str(scenario), before)
        self.work.start(task, lambda done: self._ran(done, park, digest, wanted))

    def _ran(self, task, park, digest, wanted):
        self.session.running = set()
        if park != self.session.park:
            self.say(str(task.answer))  # another project was opened meanwhile
            return
        self.session.take(task.answer, digest)
        project = QgsProject.instance()
        results.put_away(project, [base_map.group_name(park)])
        made = [name for step in wanted for name in self.session.document["steps"][step]["tables"]]
        results.add(project, task.answer, [name for name in made if name in SEEN] if wanted else ALL_SEEN)
        self._page_anew()
        self.say(tr("dock.done"))

    def _heard(self, event):
        if event["event"] == "progress":
            step, text = event["step"], event.get("text", "")
            title = tr_step(step) if step in steps() else ""
            self.say(f"{title}: {text}" if title and text not in ("", title) else text or title)
            if title and self.session.running != {step}:
                self.session.running = {step}
                self.chain.say(step, "", RUNNING, False, True)
        elif event["event"] == "step":
            self.session.running.discard(event["step"])
            self.chain.say(event["step"], event.get("headline", ""), "fresh", False, True)

    def cancel(self):
        """Stop what is running; its folder vanishes."""
        if self.task is not None:
            self.say(tr("dock.cancelling"))
            self.work.cancel()

    def start_command(self, title, arguments, target, finished):
        """Run a command of the engine in the background; ``finished`` gets the task when it went well."""
        python = self._python()
        if python is not None and self.task is None:
            self.work.start(CommandTask(title, python, arguments, target), finished)

    def _failed(self, error):
        self.session.running = set()
        if error is None:
            self.say(tr("run.cancelled"))
        else:
            self.complain(error)

    def complain(self, error):
        """Say what went wrong, in the dock and above the map."""
        self.say(str(error))
        first, *_ = str(error).splitlines() or [""]
        self.iface.messageBar().pushMessage("ParkLoop", first, Qgis.MessageLevel.Warning, 12)

    def _python(self):
        try:
            return discover.find()
        except EngineError as error:
            self.complain(error)
            return None

    def _ask_choices(self):
        """Ask the engine for every choice a planner has, in the background; again when the engine changes."""
        if self.engine.path is not None:
            drop(self._asking)
            task = self._asking = AskTask(tr("dock.engine.asking"), self.engine.path, "choices")
            task.taskCompleted.connect(lambda: self._told_choices(task))
            task.taskTerminated.connect(lambda: self._told_choices(task))
            QgsApplication.taskManager().addTask(task)
        self.refresh()

    def _told_choices(self, task):
        if task is self._asking:
            self._choices, self._asking = task.answer, None
            if task.error is not None:
                self.complain(task.error)
            self._page_anew()

    def switch_language(self):
        """From Chinese to English and back; the page that is open stays open."""
        QgsSettings().setValue(LANGUAGE, "zh" if language() == "en" else "en")
        row, tab = self._row, self.stack.currentWidget().tab() if self._row else 0
        self.show_chain()
        self._build()
        project, run = QgsProject.instance(), self.session.run
        found = {**self.on_map.base(), **(results.on_map(project, run / results.FILE) if run else {})}
        for table, layer in found.items():
            layer.setName(results.title(table))
        self._dress(project)
        if row is not None:
            self.show_page(row)
            self.stack.currentWidget().set_tab(tab)
        if self.session.findings is not None and self.task is None:
            self.check()  # findings come in the language they were asked in

    def _dress(self, project):
        """Legends, names of fields and tips of our layers in the language of now."""
        for name, layer in self.on_map.base().items():
            base_map.style(layer, name)
        run = self.session.run
        if run is not None:
            known = results.styles(run / results.FILE)
            for table, layer in results.on_map(project, run / results.FILE).items():
                results.dress(layer, known, table)

    def _project_opened(self):
        self.show_chain()
        self.session.restore()
        if self.session.park is not None and self.task is None and self.engine.path is not None:
            self.check()

    def _project_cleared(self):
        self.show_chain()
        self.session.clear()

    def remove(self):
        """Take the dock away; what runs is stopped."""
        self.work.stop()
        asking, self._asking = self._asking, None
        drop(asking)
        QgsProject.instance().readProject.disconnect(self._project_opened)
        QgsProject.instance().cleared.disconnect(self._project_cleared)
        self.show_chain()
        self.overlay.clear()
        self.session.close()
        self._temporary.cleanup()
        self.iface.removeDockWidget(self)
        self.deleteLater()
