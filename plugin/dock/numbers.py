"""Numbers as a planner reads them in a table; figures with their unit are those of the layout report."""

from ..layouts.quantities import NONE, number, quantity, unit

__all__ = ["figure", "scale", "shown"]


def shown(value):
    """Three significant digits, counts exact, a tick for yes; texts as they are.

    Examples
    --------
    >>> shown(8.0), shown(1223), shown(83.6586), shown(None), shown(True)
    ('8', '1,223', '83.7', '–', '✓')
    """
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "✓" if value else NONE
    if isinstance(value, int):
        return f"{value:,}".replace("-", "\u2212")
    return number(value) if isinstance(value, float) else str(value)


def figure(value, name, currency):
    """A key figure with its unit; money as money, nothing behind a plain number."""
    return quantity(value, name, currency)


def scale(name, currency):
    """What values of a unit are multiplied with to be shown, and the words behind them."""
    return unit(name, currency)
