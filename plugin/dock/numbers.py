"""Numbers as a planner reads them."""

import math


def shown(value):
    """Three significant digits, thousands separated; a dash where there is none; texts as they are."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if value == 0 or (isinstance(value, int) and abs(value) < 10000):
        return f"{value:,}"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(0, digits)}f}"


def money(value, currency, language):
    """An amount in millions, in ten thousands in Chinese."""
    if value is None:
        return "–"
    if language == "zh":
        return shown(value / 1e4) + " 万" + ("元" if currency == "CNY" else currency)
    return f"{shown(value / 1e6)} M {currency}"


def figure(value, unit, currency, language):
    """A key figure with its unit; money as money."""
    if unit in (currency, currency + "/a", "currency", "currency/a"):
        return money(value, currency, language) + ("/a" if unit.endswith("/a") else "")
    return f"{shown(value)} {unit}".strip()
