"""The dock itself: the park, the chain of steps, the run, and the way into each step's page."""

import json
import tempfile
from pathlib import Path

from qgis.core import Qgis, QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import results
from ..engine import discover
from ..engine.errors import EngineError
from ..engine.tasks import CommandTask, RunTask
from ..texts import SETTING as LANGUAGE
from ..texts import language, tr
from . import base_map
from .chain import Chain
from .data_page import DataPage
from .engine_button import EngineButton
from .page import Page, tr_step
from .session import Session, steps
from .sources import SourceButtons

FILTER = "GeoPackage (*.gpkg)"


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
        self.session = Session(self)
        self.task, self._choices, self._shown = None, [], {}
        self._temporary = tempfile.TemporaryDirectory(prefix="parkloop-")
        self._build()
        self.session.changed.connect(self.refresh)
        QgsProject.instance().readProject.connect(self._project_opened)

    # what is on it

    def _build(self):
        """Make every widget; called again when the language changes."""
        body = QWidget()
        body.setMinimumWidth(330)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(6, 4, 6, 4)
        head = QHBoxLayout()
        head.addWidget(QLabel("<b>ParkLoop</b>"), 1)
        switch = QToolButton()
        switch.setText("中文" if language() == "en" else "English")
        switch.setObjectName("language")
        switch.clicked.connect(self._switch_language)
        head.addWidget(switch)
        self.engine = EngineButton(self)
        self.engine.ready.connect(self._engine_ready)
        head.addWidget(self.engine)
        layout.addLayout(head)
        self.park_line = QLabel()
        self.park_line.setWordWrap(True)
        layout.addWidget(self.park_line)
        self.sources = SourceButtons(self)
        layout.addWidget(self.sources)
        self.stack = QStackedWidget()
        self.chain = Chain(["data", *steps()])
        self.chain.run.connect(self._run_row)
        self.chain.see.connect(self.show_page)
        self.stack.addWidget(self.chain)
        layout.addWidget(self.stack, 1)
        run = QHBoxLayout()
        self.run_button = QPushButton(tr("dock.run_all"))
        self.run_button.setObjectName("run_all")
        self.run_button.clicked.connect(lambda: self.run([]))
        self.cancel_button = QPushButton(tr("dock.cancel"))
        self.cancel_button.setObjectName("cancel")
        self.cancel_button.clicked.connect(self.cancel)
        run.addWidget(self.run_button, 1)
        run.addWidget(self.cancel_button)
        layout.addLayout(run)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        layout.addWidget(self.bar)
        self.said = QLabel()
        self.said.setWordWrap(True)
        layout.addWidget(self.said)
        foot = QHBoxLayout()
        self.page_button = QPushButton(tr("dock.open_page"))
        self.page_button.clicked.connect(self.open_page)
        self.layout_button = QPushButton(tr("dock.layout_report"))
        self.layout_button.clicked.connect(self.layout_report)
        self.compare_button = QPushButton(tr("dock.compare"))
        self.compare_button.clicked.connect(self.compare)
        for button in (self.compare_button, self.layout_button, self.page_button):
            foot.addWidget(button)
        layout.addLayout(foot)
        self.setWidget(body)
        self.refresh()

    def refresh(self):
        """Say everything anew from the session."""
        session = self.session
        busy = self.task is not None
        if session.park is None:
            self.park_line.setText(tr("dock.no_park"))
        else:
            crs = f" ({session.document['park']['crs']})" if session.document else ""
            self.park_line.setText(f"<b>{session.name()}</b>{crs}")
            self.park_line.setToolTip(str(session.park))
        self.chain.say(
            "data", self._data_line(), "fresh" if session.counts else "not_run", session.park and not busy
        )
        for step in steps():
            self.chain.say(step, session.headline(step), session.state(step), session.park and not busy)
        self.run_button.setEnabled(bool(session.park) and not busy)
        self.cancel_button.setEnabled(busy)
        for button in (self.page_button, self.layout_button):
            button.setEnabled(bool(session.run))
        self.compare_button.setEnabled(len(session.runs()) > 1)
        self.sources.setEnabled(not busy)

    def _data_line(self):
        session = self.session
        if not session.counts:
            return ""
        errors = sum(finding["severity"] == "error" for finding in session.findings)
        return tr(
            "dock.data_line",
            parcels=session.counts.get("parcels", 0),
            firms=session.counts.get("enterprises", 0),
            errors=errors,
        )

    def show_page(self, row):
        """Open the page of a step, or of the data."""
        self.show_chain()
        if row == "data":
            page = DataPage(self.session)
            page.check.connect(self.check)
            page.wanted.connect(self.zoom_to)
        else:
            page = Page(row, self.session, self._shown, self._known_choices(), self.iface.mapCanvas())
            page.run_step.connect(lambda step: self.run([step]))
        page.back.connect(self.show_chain)
        self.stack.addWidget(page)
        self.stack.setCurrentWidget(page)

    def show_chain(self):
        """Back to the chain of steps."""
        while self.stack.count() > 1:
            page = self.stack.widget(1)
            page.forget()
            self.stack.removeWidget(page)
            page.deleteLater()

    def zoom_to(self, layer_name, key):
        """Select and show the feature a finding speaks of."""
        from ...resources import layers

        layer = self._base().get(layer_name)
        if layer is None or not key:
            return
        column = layers()[layer_name]["key"].split("+")[0]
        layer.selectByExpression(f"\"{column}\" = '{key.replace(chr(39), chr(39) * 2)}'")
        self.iface.setActiveLayer(layer)
        self.iface.mapCanvas().zoomToSelected(layer)

    def _base(self):
        layers = QgsProject.instance().mapLayers().values()
        return {
            layer.customProperty(base_map.PROPERTY): layer
            for layer in layers
            if layer.customProperty(base_map.PROPERTY)
        }

    # what it does

    def open_park(self, path=None):
        """Take a park in hand and put it on the map."""
        if path is None:
            path, _ = QFileDialog.getOpenFileName(self, tr("dock.open"), "", FILTER)
        if not path:
            return
        self.session.open(path)
        self._shown = {}
        base_map.add(path)
        self._zoom_to_park()
        self.check()

    def _zoom_to_park(self):
        base = self._base()
        layer = base.get("park") or base.get("parcels")
        if layer is None:
            return
        project, canvas = QgsProject.instance(), self.iface.mapCanvas()
        others = [found for found in project.mapLayers().values() if not found.customProperty(base_map.PROPERTY)]
        if not others:
            project.setCrs(layer.crs())
        from qgis.core import QgsCoordinateTransform

        turn = QgsCoordinateTransform(layer.crs(), project.crs(), project)
        extent = turn.transformBoundingBox(layer.extent())
        extent.scale(1.1)
        canvas.setExtent(extent)
        canvas.refresh()

    def check(self):
        """Check the park's data in the background."""
        if self.session.park is None:
            return
        park = str(self.session.park)
        self._start_command(tr("dock.checking"), ["check", park], park, self._checked)

    def _checked(self, task):
        self.session.findings = [event for event in task.events if event["event"] == "finding"]
        self.session.counts = {name: layer.featureCount() for name, layer in self._base().items()}
        self.refresh()

    def _run_row(self, row):
        if row == "data":
            self.check()
        else:
            self.run([row])

    def run(self, wanted):
        """Run steps (all where none is named) in the background; nothing blocks the map."""
        python = self._python()
        if python is None or self.session.park is None or self.task is not None:
            return
        scenario = Path(self._temporary.name) / "scenario.toml"
        scenario.write_text(self.session.scenario_toml(), encoding="utf-8")
        # steps of the last run that nothing has touched are taken over, so their results stay in the new run's folder
        names = [step for step in steps() if step in wanted or self.session.headline(step)] if wanted else []
        task = RunTask(
            tr("dock.task"),
            python,
            str(self.session.park),
            names,
            self.session.new_folder(),
            str(scenario),
            self.session.run,
        )
        task.happened.connect(self._heard)
        self.session.running = set(names or steps())
        self._start(task, self._ran)

    def _ran(self, task):
        self._put_on_map(task.answer, self.session.run)
        self.session.take(task.answer)
        self.said.setText(tr("dock.done"))

    def _put_on_map(self, run, before):
        project = QgsProject.instance()
        if before is not None:
            old = project.layerTreeRoot().findGroup(results.group_name(before))
            if old is not None:
                old.setItemVisibilityChecked(False)
                old.setExpanded(False)
        document = json.loads((Path(run) / "results.json").read_text(encoding="utf-8"))
        done = list(document["steps"])
        last = next(
            (step for step in reversed(done) if any(name in SEEN for name in document["steps"][step]["tables"])),
            None,
        )
        on = [name for name in document["steps"][last]["tables"] if name in SEEN] if last else []
        self._shown = results.add(project, run, on)

    def _heard(self, event):
        if event["event"] == "progress":
            text = event.get("text", "")
            title = tr_step(event["step"]) if event["step"] in steps() else ""
            self.bar.setValue(int(100 * event["overall"]))
            self.said.setText(f"{title}: {text}" if title and text not in ("", title) else text or title)
        elif event["event"] == "step":
            self.session.running.discard(event["step"])
            self.chain.say(event["step"], event.get("headline", ""), "fresh", False)

    def cancel(self):
        """Stop what is running; its folder vanishes."""
        if self.task is not None:
            self.said.setText(tr("dock.cancelling"))
            self.task.cancel()

    def start_command(self, title, arguments, target, finished):
        """Run a command of the engine in the background; ``finished`` gets the task when it went well."""
        self._start_command(title, arguments, target, finished)

    def _start_command(self, title, arguments, target, finished):
        python = self._python()
        if python is None or self.task is not None:
            return
        task = CommandTask(title, python, arguments, target)
        task.happened.connect(self._heard)
        self._start(task, finished)

    def _start(self, task, finished):
        self.task = task
        self.bar.setValue(0)
        self.said.setText(task.description())
        task.taskCompleted.connect(lambda: self._ended(task, finished))
        task.taskTerminated.connect(lambda: self._ended(task, None))
        self.refresh()
        QgsApplication.taskManager().addTask(task)

    def _ended(self, task, finished):
        self.task = None
        self.session.running = set()
        self.bar.setValue(0)
        if finished is not None:
            self.said.setText("")
            finished(task)
        elif task.error is not None:
            self.complain(task.error)
        else:
            self.said.setText(tr("run.cancelled"))
        self.refresh()

    def complain(self, error):
        """Say what went wrong, in the dock and above the map."""
        self.said.setText(str(error))
        first, *_ = str(error).splitlines() or [""]
        self.iface.messageBar().pushMessage("ParkLoop", first, Qgis.MessageLevel.Warning, 12)

    def _python(self):
        try:
            return discover.find()
        except EngineError as error:
            self.complain(error)
            return None

    def _known_choices(self):
        """Every choice as the engine tells it; asked once, and again when the engine changes."""
        if not self._choices:
            from ..engine.verify import ask

            try:
                self._choices = ask(discover.find(), "choices")
            except EngineError as error:
                self.complain(error)
        return self._choices

    def _engine_ready(self):
        self._choices = []
        self.refresh()

    # what it leads to

    def open_page(self):
        """Open the report page of the run in the browser."""
        page = self.session.run / f"report.{language()}.html"
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def layout_report(self):
        """Write the layout report of the run as PDF and open it."""
        from ..layouts.report import write_report

        try:
            path = write_report(self.session.run, self.session.park, self.session.run / f"layout.{language()}.pdf")
        except EngineError as error:
            self.complain(error)
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def compare(self):
        """Compare the run with an earlier one."""
        from .compare_dialog import CompareDialog

        CompareDialog(self.session, self).exec()

    def _switch_language(self):
        QgsSettings().setValue(LANGUAGE, "zh" if language() == "en" else "en")
        said = self.said.text()
        self._build()
        self.said.setText(said)

    def _project_opened(self):
        self.session.restore()
        if self.session.run is not None:
            group = results.group_name(self.session.run)
            holder = QgsProject.instance().layerTreeRoot().findGroup(group)
            self._shown = results.by_table(holder) if holder is not None else {}
        self.refresh()

    def remove(self):
        """Take the dock away; what runs is stopped."""
        self.cancel()
        self.show_chain()
        QgsProject.instance().readProject.disconnect(self._project_opened)
        self._temporary.cleanup()
        self.iface.removeDockWidget(self)
        self.deleteLater()


# tables that are switched on when their step has just run
SEEN = ("intensity_parcels", "links", "cluster_areas", "cluster_members", "sites", "network_pipes")
