"""How the rows of a table are told: which columns, in which order, each value in words."""

from dataclasses import dataclass
from html import escape
from typing import Callable

from qgis.core import NULL

from ...resources import codes, columns
from ..texts import language
from .numbers import scale, shown

ESTIMATED = " ≈"  # as behind the figures


@dataclass(frozen=True)
class Column:
    """A column of a table; ``tell`` gives the text of a feature's value, what it sorts by, and the key behind the words."""

    field: str
    label: str
    unit: str
    meaning: str
    tell: Callable


def readable(layer, name, currency, names):
    """The columns of a layer that a planner reads (see ``Records.show_layer``), those without any value too."""
    known, label = columns(name), "label_" + language()
    by_row = layer.fields().indexOf("unit") >= 0
    guessed = layer.fields().indexOf("estimated") >= 0
    found = []
    for field in shown_fields(layer, known):
        about = known[field]
        other = about["unit"].startswith("by ")  # the unit stands in a column of its own
        factor, unit = (1.0, "") if other else scale(about["unit"], currency)
        words = {code: row[label] for code, row in codes(about["codes"]).items()} if about["codes"] else {}
        words = names(about["refers"]) if about["refers"] else words
        told = _teller(field, words, factor, currency, other and by_row, guessed)
        called = about[label].replace(" (English)", "") if field.endswith("_en") else about[label]
        found.append(Column(field, called, unit, about["meaning_" + language()], told))
    return found


def shown_fields(layer, known):
    """The columns a planner reads, in the schema's order: those in the other language are left out, as are marks for machines."""
    other = "_zh" if language() == "en" else "_en"
    twin = other[:-2] + language()
    present = [field.name() for field in layer.fields() if field.name() in known and field.name() != "estimated"]
    read = [name for name in present if not (name.endswith(other) and name[: -len(other)] + twin in known)]
    # ids that lead to rows of the questionnaire are there to trace a number, not to be read first
    return sorted(read, key=lambda name: name != read[0] and name.endswith("_id") and not known[name]["refers"])


def record(told, currency, names):
    """The values of a row as a table in HTML: one a line, with its unit.

    Parameters
    ----------
    told
        (name of the table, its layer, the feature) of each row that tells of the same thing; what an earlier one has told
        is not told again.
    """
    lines, said = [], set()
    for name, layer, feature in told:
        for column in readable(layer, name, currency, names):
            text = column.tell(feature)[0]
            if text and column.field not in said:
                said.add(column.field)
                unit = f" {column.unit}" if column.unit else ""
                lines.append(
                    f"<tr><td style='color:#5b6470;padding-right:8px'>{escape(column.label)}</td>"
                    f"<td>{escape(text + unit)}</td></tr>"
                )
    return "<table>" + "".join(lines) + "</table>"


def _teller(field, words, factor, currency, by_row, guessed):
    comma = "、" if language() == "zh" else ", "

    def tell(feature):
        value = None if feature[field] == NULL else feature[field]
        if value is None:
            return "", "", ""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        key = ""
        if number:
            times = scale(feature["unit"] or "", currency)[0] if by_row else factor
            value = value * times if times != 1.0 else value
            text = words.get(value) or shown(value)
        elif field == "unit":
            text = scale(value, currency)[1]
        elif words:
            parts = str(value).split(";")  # a list, or a single key
            text = comma.join(words.get(part, part) for part in parts)
            key = str(value) if text != str(value) else ""
        else:
            text = shown(value)
        mark = guessed and feature["estimated"] != NULL and field in str(feature["estimated"]).split(";")
        return text + ESTIMATED if text and mark else text, value if number else text, key

    return tell
