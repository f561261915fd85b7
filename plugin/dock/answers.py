"""How far an optimised answer can be from the best possible, in the report's words."""

import re

from ...resources import codes, text, texts
from ..texts import language
from .numbers import figure, shown

LISTS = ("exchange_kind", "utility")


def sentence(answer, currency):
    """One sentence on an entry of ``answers`` in ``results.json``."""
    percent = 0.0 if answer["status"] == "optimal" else 100.0 * (answer["gap"] or 0.0)
    return text(
        "report.status." + answer["status"],
        language(),
        name=name(answer["name"]),
        value=figure(answer["objective"], answer["unit"], currency),
        gap=shown(percent) if percent == 0 or percent >= 0.01 else "0.01",
    )


def name(code):
    """``siting.heat`` as the report calls it; ``heat.heat-1`` as the utility and its number."""
    said = texts(language()).get("report.answer." + code)
    if said:
        return said
    last, number = re.fullmatch(r"(.*?)[-_ ]?(\d*)", code.split(".")[-1]).groups()
    rows = [codes(listing)[last] for listing in LISTS if last in codes(listing)]
    label = rows[0]["label_" + language()] if rows else last.replace("_", " ")
    return f"{label} {number}".strip()
