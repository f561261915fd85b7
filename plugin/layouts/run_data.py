"""What the sheets say: a run's figures and rows, read once."""

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from ...resources import codes, columns, layers, text
from .. import results
from ..engine.errors import EngineError
from ..texts import language
from .quantities import NONE, number, quantity, unit

DOCUMENT, LOG = "results.json", "run.json"
OSM = ("osm", "openstreetmap")
OSM_IDS = re.compile(r"( [nwr]\d+)+$")


class RunData:
    """A run and its park.

    Parameters
    ----------
    run
        Folder of the run.
    park
        The park GeoPackage it was made from.

    Raises
    ------
    EngineError
        Where one of them is missing or cannot be read.
    """

    def __init__(self, run, park):
        self.run, self.park = Path(run).resolve(), Path(park).resolve()
        self.file = self.run / results.FILE
        if not self.file.is_file() or not (self.run / DOCUMENT).is_file():
            raise EngineError.of("layout.no_run", path=self.run)
        if not self.park.is_file():
            raise EngineError.of("layout.no_park", path=self.park)
        try:
            self.document = json.loads((self.run / DOCUMENT).read_text(encoding="utf-8"))
            self.tables = set(results.tables(self.file))
            self.steps, self.about = self.document["steps"], self.document["park"]
        except (ValueError, KeyError, OSError, sqlite3.Error) as error:
            raise EngineError.of("layout.bad_run", path=self.run, reason=error) from None
        try:
            self.layers = set(results.tables(self.park))
        except sqlite3.Error as error:
            raise EngineError.of("park.unreadable", path=self.park, reason=error) from None
        self.currency = self.about["currency"]
        self._rows = {}

    def date(self):
        """The day of the run, as ``2026-11-22``."""
        log = self.run / LOG
        if log.is_file():
            try:
                return (
                    datetime.fromisoformat(json.loads(log.read_text(encoding="utf-8"))["date"]).date().isoformat()
                )
            except (ValueError, KeyError):
                pass  # an older run; the file's own time tells
        changed = (self.run / DOCUMENT).stat().st_mtime
        return datetime.fromtimestamp(changed, timezone.utc).date().isoformat()

    def rows(self, table):
        """Rows of a result table or of a layer of the park, as dicts without geometry; none where it is absent."""
        if table not in self._rows:
            file = self.file if table in self.tables else self.park
            self._rows[table] = _read(file, table) if table in self.tables | self.layers else []
        return self._rows[table]

    def styles(self):
        """The QML of each style in the results' file, by table and name."""
        return results.styles(self.file)

    def names(self, layer):
        """Names of the rows of a layer of the park by key, for those that have one."""
        key = layers()[layer]["key"].split("+")[0]
        return {row[key]: row["name"] for row in self.rows(layer) if row.get("name")}

    def firms(self, keys):
        """The names of firms whose keys stand in a text, separated by semicolons."""
        names = self.names("enterprises")
        return _listed([names.get(key, key) for key in (keys or "").split(";") if key])

    def shown(self, table, row, column):
        """A value in words: codes as labels, firms by their names, numbers with units, estimates marked by an asterisk."""
        about, value = columns(table)[column], row.get(column)
        if value is None or value == "":
            return NONE
        mark = " *" if column in (row.get("estimated") or "").split(";") else ""
        if about["codes"]:
            known, label = codes(about["codes"]), "label_" + language()
            return _listed([known[one][label] if one in known else one for one in str(value).split(";")]) + mark
        if about["refers"] == "enterprises":
            return self.firms(value) + mark
        if about["type"] == "bool":
            return text("plugin.dock.yes" if value else "plugin.dock.no", language()) + mark
        if isinstance(value, (int, float)):
            name = (row.get("unit") or "") if about["unit"].startswith("by ") else about["unit"]
            return quantity(value, name, self.currency) + mark
        return str(value) + mark

    def heading(self, table, column):
        """What a column is called, with the unit of its numbers."""
        about = columns(table)[column]
        plain = about["type"] in ("float", "int") and not about["unit"].startswith("by ")
        told = unit(about["unit"], self.currency)[1] if plain else ""
        return about["label_" + language()] + (f" ({told})" if told else "")

    def cell(self, table, row, column):
        """A value as ``shown``, but a number without its unit, which the heading tells."""
        about, value = columns(table)[column], row.get(column)
        if not isinstance(value, (int, float)) or about["type"] == "bool" or about["unit"].startswith("by "):
            return self.shown(table, row, column)
        mark = " *" if column in (row.get("estimated") or "").split(";") else ""
        return number(value * unit(about["unit"], self.currency)[0]) + mark

    def figures(self, step):
        """Label and value of each key figure of a step."""
        found = []
        for figure in self.steps.get(step, {}).get("figures", {}).values():
            mark = " *" if (figure.get("estimated_share") or 0) > 0 else ""
            found.append(
                (figure["label"][language()], quantity(figure["value"], figure["unit"], self.currency) + mark)
            )
        return found

    def headline(self, step):
        """The few words a step says of its result."""
        return self.steps[step]["headline"][language()]

    def outcomes(self):
        """Label, today, planned, difference and unit of each outcome that was computed, the important ones first."""
        found = []
        labels = codes("outcome")
        for row in self.rows("outcomes"):
            if row["planned"] is None:
                continue
            factor, label = unit(row["unit"], self.currency)
            values = [
                None if row[name] is None else row[name] * factor for name in ("today", "planned", "difference")
            ]
            name = labels[row["outcome_id"]]["label_" + language()]
            found.append((name + (" *" if row["estimated_share"] else ""), *values, label))
        return found

    def origins(self):
        """(layer, origin, rows) of the park's data; ids of OpenStreetMap features left out."""
        found = []
        for layer in layers():
            if layer not in self.layers:
                continue
            count = Counter(OSM_IDS.sub("", row.get("source") or "") for row in self.rows(layer))
            found += [(layer, origin, rows) for origin, rows in sorted(count.items())]
        return found

    def from_openstreetmap(self):
        """Whether any row of the park was taken from OpenStreetMap."""
        return any(origin.lower().startswith(OSM) for _, origin, _ in self.origins())


def _listed(words):
    # a table breaks lines at spaces only
    return ("、 " if language() == "zh" else ", ").join(words)


def copy(source, target):
    """Copy a GeoPackage as it stands, with what a program that has it open has not yet written through."""
    with closing(_open(source)) as base, closing(sqlite3.connect(str(target))) as other:
        base.backup(other)


def _open(file):
    base = sqlite3.connect(Path(file).resolve().as_uri() + "?mode=ro", uri=True)
    base.row_factory = sqlite3.Row
    return base


def _read(file, table):
    with closing(_open(file)) as base:
        shapes = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
        name = table.replace('"', '""')
        rows = base.execute(f'SELECT * FROM "{name}" ORDER BY fid').fetchall()
    return [{key: row[key] for key in row.keys() if key != shapes.get(table)} for row in rows]  # noqa: SIM118
