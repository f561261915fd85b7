"""Composite curves of heat and water as a picture (SVG), tenths of a millimetre to a unit."""

import math
from html import escape

from ...resources import codes, table
from ..texts import language, tr
from .fonts import chosen_family
from .quantities import number

WIDE, HIGH = 4000, 1500
LEFT, RIGHT, TOP, FOOT = 240, 60, 110, 190  # around the plot of each half
INK, GRID = "#1d2733", "#d9dde1"


def curves(data):
    """The SVG of the curves that a run has; empty where it has none."""
    halves = []
    for name, x, y, kinds in (
        ("heat_curves", "heat_kw", "temperature_c", ("hot", "cold")),
        ("water_curves", "flow_t_d", "load_kg_d", ("demand", "source")),
    ):
        rows = sorted(data.rows(name), key=lambda row: row["point_id"])
        lines = [(kind, [(row[x], row[y]) for row in rows if row["curve"] == kind]) for kind in kinds]
        if any(points for _, points in lines):
            heads = [data.heading(name, x), data.heading(name, y)]
            if name == "water_curves":
                heads[1] = f"{data.shown(name, rows[0], 'contaminant')}: {heads[1]}"
            halves.append((name, heads, [line for line in lines if line[1]]))
    if not halves:
        return ""
    wide = WIDE // len(halves)
    drawn = "".join(
        f'<g transform="translate({at * wide},0)">{_half(*half, wide)}</g>' for at, half in enumerate(halves)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE / 10}mm" height="{HIGH / 10}mm" '
        f'font-family="{escape(chosen_family())}" font-size="34" fill="{INK}">{drawn}</svg>'
    )


def _half(name, heads, lines, wide):
    """One chart: title, axes with their names, curves with a key."""
    colours = {(row["group"], row["code"]): row["colour"] for row in table("styles", "colours.csv")}
    listing = name[:-1]
    xs, ys = ([point[axis] for _, points in lines for point in points] for axis in (0, 1))
    x_ticks, y_ticks = ticks(min(0.0, *xs), max(xs)), ticks(min(0.0, *ys), max(ys))
    right, foot = wide - RIGHT, HIGH - FOOT

    def across(value):
        return LEFT + (value - x_ticks[0]) / (x_ticks[-1] - x_ticks[0]) * (right - LEFT)

    def up(value):
        return foot - (value - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (foot - TOP)

    parts = [_text(LEFT, 40, tr("layout.curves." + listing), "start", 'font-weight="bold"')]
    for tick in x_ticks:
        parts.append(_line(across(tick), TOP, across(tick), foot) + _text(across(tick), foot + 50, number(tick)))
    for tick in y_ticks:
        parts.append(_line(LEFT, up(tick), right, up(tick)) + _text(LEFT - 16, up(tick) + 12, number(tick), "end"))
    parts.append(_text((LEFT + right) / 2, foot + 120, heads[0]))
    middle = (TOP + foot) / 2
    parts.append(_text(50, middle, heads[1], "middle", f'transform="rotate(-90 50 {middle:.0f})"'))
    for at, (kind, points) in enumerate(lines):
        colour = colours.get((listing, kind), INK)
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="9"/>')
        key = LEFT + 40 + at * 520
        parts.append(f'<line x1="{key}" y1="82" x2="{key + 90}" y2="82" stroke="{colour}" stroke-width="9"/>')
        parts.append(_text(key + 110, 94, codes(listing)[kind]["label_" + language()], "start"))
    return "".join(parts)


def ticks(low, high):
    """Round values from at most ``low`` to at least ``high``, at most nine of them."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 5))
    step = next(lead * power for lead in (1, 2, 5, 10) if lead * power >= span / 7.5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * at for at in range(first, max(last, first + 1) + 1)]


def _line(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GRID}" stroke-width="3"/>'


def _text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'
