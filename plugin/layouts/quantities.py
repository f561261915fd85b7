"""Numbers, units and money on a sheet, written as the report page writes them."""

import math
import re

from ...resources import codes, texts
from ..texts import language

MINUS, SPACE, NONE = "\u2212", "\u00a0", "–"
MONEY = re.compile(r"^(currency|[A-Z]{3})(?:/(a|ha|ha/a))?$")
SYMBOLS = {"1": "", "C": "°C", "pct": "%"}


def number(value):
    """Three significant digits, thousands separated; whole numbers below a thousand as they are.

    Examples
    --------
    >>> number(1234567.0), number(-3.14159), number(12.0), number(None)
    ('1,230,000', '−3.14', '12', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    sign, size = (MINUS if value < 0 else ""), abs(value)
    if size < 1000 and size == int(size):
        return f"{sign}{int(size)}"
    rounded = float(f"{size:.3g}")
    return f"{sign}{rounded:,.{max(2 - math.floor(math.log10(rounded)), 0)}f}"


def unit(name, currency):
    """Factor and label of a unit; money in millions, in ten thousands in Chinese."""
    words, lang = texts(language()), language()
    found = MONEY.match(name or "")
    if found and (found[1] == "currency" or found[1] in codes("currency")):
        code = currency if found[1] == "currency" else found[1]
        per = f"/{found[2]}" if found[2] else ""
        per = per.replace("ha", "hm²").replace("/a", "/年") if lang == "zh" else per
        shown = words["report.money.million"].format(currency=words.get("report.currency." + code, code))
        return (1e-4 if lang == "zh" else 1e-6), shown + per
    head, _, per = (name or "").partition("/")
    if per and (head == "currency" or head in codes("currency")):  # a price
        code = currency if head == "currency" else head
        return 1.0, f"{words.get('report.currency.' + code, code)}/{_symbols(per)}"
    if name == "a":
        return 1.0, words["report.unit.years"]
    return 1.0, "/".join(words.get("report.unit." + part, _symbols(part)) for part in (name or "").split("/"))


def quantity(value, name, currency):
    """Number and unit, for example ``12.3 ha``; a dash where there is no number."""
    if value is None:
        return NONE
    factor, label = unit(name, currency)
    space = "" if not label or label == "%" or label[0] > "\u2e7f" else SPACE
    return number(value * factor) + space + label


def _symbols(part):
    if part in SYMBOLS:
        return SYMBOLS[part]
    return re.sub(r"(?<=[a-z])([23])(?![0-9])", lambda found: "²³"[int(found[1]) - 2], part)
