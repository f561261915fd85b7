"""What the dock is about: a park, a scenario, the last run, and the state of each step. No widgets."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QFileSystemWatcher, QObject, pyqtSignal

from ...resources import table, toml
from ..texts import language

SCOPE = "parkloop"
NOT_RUN, RUNNING, FRESH, STALE = "not_run", "running", "fresh", "stale"
WHOLE = ("seed", "time_limit_s", "standards")  # choices without a step that change what a step finds
SQLITE_HEADER = 100  # bytes that QGIS changes when it merely opens a GeoPackage


def steps():
    """Each step and the steps it stands on, in order."""
    rows = table("schema", "lists", "steps.csv")
    return {row["step"]: [name for name in row["after"].split("|") if name] for row in rows}


class Session(QObject):
    """The park in hand; kept in the QGIS project, so that it is there again when the project is opened.

    ``park`` and ``run`` are paths or None; ``choices`` are the planner's own (step -> name -> value, the step ``""`` for those
    of the whole run); ``findings`` are the last check's, None before there was one; ``document`` is the run's ``results.json``.
    """

    changed = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self.running = set()
        self._seen = None, ""  # size and time of the park's file, and the digest it had then
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._file_changed)
        self._begin(None)

    def _begin(self, park):
        self.park, self.run, self.document = park, None, None
        self._known = ""  # digest of the park that the run was made from
        self.choices, self.findings = {}, None
        if self._watcher.files():
            self._watcher.removePaths(self._watcher.files())
        if park is not None:
            self._watcher.addPath(str(park))

    def _file_changed(self, path):
        if self.park is not None and self.park.exists() and path not in self._watcher.files():
            self._watcher.addPath(path)  # a file that was replaced is no longer watched
        self.changed.emit()

    def open(self, park):
        """Begin with another park."""
        self._begin(Path(park))
        self.save()
        self.changed.emit()

    def clear(self):
        """Have no park in hand; what the project holds stays."""
        self._begin(None)
        self.changed.emit()

    def close(self):
        """Watch nothing and tell nobody any more: the dock is going."""
        self.blockSignals(True)
        self._begin(None)

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

    def take(self, run, digest):
        """Show a run made from the park as it was when ``digest`` was taken.

        Raises
        ------
        OSError, ValueError
            Its ``results.json`` cannot be read.
        """
        self.document = json.loads((Path(run) / "results.json").read_text(encoding="utf-8"))
        self.run, self._known = Path(run), digest
        self.save()
        self.changed.emit()

    def state(self, step):
        """Whether a step was not run, is running, is fresh, or is out of date because something before it changed."""
        if step in self.running:
            return RUNNING
        if not self.document or step not in self.document["steps"]:
            return NOT_RUN
        return STALE if self._known != self.digest() or self._touched(step) else FRESH

    def _touched(self, step):
        """Whether a choice that the step or one before it depends on differs from the run's."""
        if self._differs("") or self._differs(step):
            return True
        return any(self._touched(before) for before in steps()[step])

    def _differs(self, step):
        used, defaults = self.document["scenario"], self.document["defaults"]
        if step:
            used, defaults = used.get(step, {}), defaults.get(step, {})
        wanted = self.choices.get(step, {})
        return any(wanted.get(name, defaults.get(name)) != used.get(name) for name in (used if step else WHOLE))

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

    def forget_choices(self):
        """Go back to the default of every choice."""
        self.choices = {}
        self.save()
        self.changed.emit()

    def choose(self, step, name, value, default):
        """Set a choice; one that equals its default is forgotten."""
        self._set(step, name, None if value == default else value)
        self.save()
        self.changed.emit()

    def choose_all(self, step, values):
        """Set lists and tables at once, which are empty by default; what is empty or None is forgotten."""
        for name, value in values.items():
            self._set(step, name, value or None)
        self.save()
        self.changed.emit()

    def _set(self, step, name, value):
        own = self.choices.setdefault(step, {})
        if value is None:
            own.pop(name, None)
        else:
            own[name] = value

    def save(self):
        """Keep what is needed to come back to in the project."""
        project = QgsProject.instance()
        project.writeEntry(SCOPE, "park", str(self.park or ""))
        project.writeEntry(SCOPE, "run", str(self.run or ""))
        project.writeEntry(SCOPE, "digest", self._known)
        project.writeEntry(SCOPE, "choices", json.dumps(self.choices, ensure_ascii=False))

    def restore(self):
        """Come back to what the project holds, as far as the files are still there."""
        project = QgsProject.instance()
        park, run, digest, choices = (
            project.readEntry(SCOPE, name, "")[0] for name in ("park", "run", "digest", "choices")
        )
        if not park or not Path(park).is_file():
            self.clear()
            return
        self._begin(Path(park))
        self.choices = json.loads(choices or "{}")
        try:
            if run:
                self.take(run, digest)
        except (OSError, ValueError):
            self.run, self.document = None, None  # the run's folder is gone; it can be run again
        self.save()
        self.changed.emit()

    def digest(self):
        """A digest of the park's file that merely opening it in QGIS does not change; empty where it is gone."""
        files = [path for path in (self.park, self.park.with_name(self.park.name + "-wal")) if path.exists()]
        if self.park not in files:
            return ""
        state = [(path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        if (self.park, state) != self._seen[0]:
            found = hashlib.sha256()
            for path in files:
                with path.open("rb") as file:
                    file.seek(SQLITE_HEADER if path == self.park else 0)
                    for part in iter(lambda: file.read(1 << 20), b""):
                        found.update(part)
            self._seen = (self.park, state), found.hexdigest()
        return self._seen[1]
