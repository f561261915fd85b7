"""What the dock is about: a park, a scenario, the last run, and the state of each step. No widgets."""

import json
from datetime import datetime
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...resources import table, toml
from ..texts import language

SCOPE = "parkloop"
NOT_RUN, RUNNING, FRESH, STALE = "not_run", "running", "fresh", "stale"


def steps():
    """Each step and the steps it stands on, in order."""
    rows = table("schema", "lists", "steps.csv")
    return {row["step"]: [name for name in row["after"].split("|") if name] for row in rows}


class Session(QObject):
    """The park in hand; kept in the QGIS project, so that it is there again when the project is opened.

    ``park`` and ``run`` are paths or None; ``choices`` are the planner's own (step -> name -> value, the step ``""`` for those
    of the whole run); ``findings`` and ``counts`` are the last check's.
    """

    changed = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self.park, self.run, self.document = None, None, None
        self.choices, self.findings, self.counts = {}, [], {}
        self.running = set()
        self._known = None  # the park's file as it was when the last run began

    def open(self, park):
        """Begin with another park."""
        self.park, self.run, self.document, self._known = Path(park), None, None, None
        self.choices, self.findings, self.counts = {}, [], {}
        self.save()
        self.changed.emit()

    def name(self):
        """What the park calls itself, else its file's name."""
        if self.document:
            return self.document["park"]["name"]
        return self.park.stem if self.park else ""

    def new_folder(self):
        """Where the next run goes: beside the park, named by the time."""
        stamp = datetime.now().strftime("run-%Y%m%d-%H%M%S")
        return self.park.parent / (self.park.stem + "-runs") / stamp

    def runs(self):
        """Folders of the park's runs, newest first."""
        if self.park is None:
            return []
        folder = self.park.parent / (self.park.stem + "-runs")
        return sorted((path.parent for path in folder.glob("*/results.json")), reverse=True)

    def take(self, run):
        """Show a run: a new one, or one made earlier."""
        self.run = Path(run)
        self.document = json.loads((self.run / "results.json").read_text(encoding="utf-8"))
        self._known = self._stamp()
        self.save()
        self.changed.emit()

    def state(self, step):
        """Whether a step was not run, is running, is fresh, or is out of date because something before it changed."""
        if step in self.running:
            return RUNNING
        if not self.document or step not in self.document["steps"]:
            return NOT_RUN
        if self._known != self._stamp():
            return STALE
        return STALE if self._touched(step) else FRESH

    def _touched(self, step):
        """Whether a choice that the step or one before it depends on differs from the run's."""
        if self._differs("") or self._differs(step):
            return True
        return any(self._touched(before) for before in steps()[step])

    def _differs(self, step):
        used = self.document["scenario"]
        used = used.get(step, {}) if step else used
        defaults = self.document["defaults"]
        defaults = defaults.get(step, {}) if step else defaults
        wanted = self.choices.get(step, {})
        names = set(wanted) | {name for name in used if not isinstance(used[name], dict) or name in defaults}
        names = {name for name in names if name not in steps()} if not step else names
        return any(wanted.get(name, defaults.get(name)) != used.get(name) for name in names)

    def headline(self, step):
        """The few words a step says of its result; empty where it has none."""
        if not self.document or step not in self.document["steps"]:
            return ""
        return self.document["steps"][step]["headline"][language()]

    def scenario_toml(self):
        """The planner's choices as a scenario file's text."""
        content = dict(self.choices.get("", {}))
        content.update({step: values for step, values in self.choices.items() if step and values})
        return toml.dump(content)

    def choose(self, step, name, value, default):
        """Set a choice; one that equals its default is forgotten."""
        own = self.choices.setdefault(step, {})
        if value == default:
            own.pop(name, None)
        else:
            own[name] = value
        self.save()
        self.changed.emit()

    def save(self):
        """Keep what is needed to come back to in the project."""
        project = QgsProject.instance()
        project.writeEntry(SCOPE, "park", str(self.park or ""))
        project.writeEntry(SCOPE, "run", str(self.run or ""))
        project.writeEntry(SCOPE, "choices", json.dumps(self.choices, ensure_ascii=False))

    def restore(self):
        """Come back to what the project holds, as far as the files are still there."""
        project = QgsProject.instance()
        park, _ = project.readEntry(SCOPE, "park", "")
        run, _ = project.readEntry(SCOPE, "run", "")
        choices, _ = project.readEntry(SCOPE, "choices", "{}")
        if not park or not Path(park).is_file():
            return
        self.open(park)
        self.choices = json.loads(choices)
        if run and (Path(run) / "results.json").is_file():
            self.take(run)
        self.save()
        self.changed.emit()

    def _stamp(self):
        if self.park is None or not self.park.exists():
            return None
        info = self.park.stat()
        return info.st_mtime_ns, info.st_size
