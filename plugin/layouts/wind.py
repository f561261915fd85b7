"""The wind rose as a picture (SVG), tenths of a millimetre to a unit: the year as a full line, the summer dashed, as plans have it."""

import math
from html import escape

from ...resources import codes
from ..texts import language, tr
from .curves import ticks
from .fonts import chosen_family
from .quantities import number

SIZE, RADIUS, MIDDLE = 600, 180, (300, 280)
SHOWN = {"year": ("#2171b5", "0.18", ""), "summer": ("#d7301f", "0", ' stroke-dasharray="16 9"')}
INK, GRID = "#1d2733", "#b9c0c8"
COMPASS = (("north", 0), ("east", 90), ("south", 180), ("west", 270))


def rose(data):
    """The SVG of the winds that a run used; empty where it has none of the year or the summer."""
    winds = {}
    for row in data.rows("wind_rose"):
        if row["season"] in SHOWN and row["used"] and row["frequency_pct"] is not None:
            winds.setdefault(row["season"], []).append(row)
    if not winds:
        return ""
    rings = ticks(0.0, max(row["frequency_pct"] for rows in winds.values() for row in rows))
    rings = rings[:: max(1, (len(rings) - 1) // 3)][1:]
    parts = [_text(SIZE / 2, 36, tr("layout.wind.title"), 'font-weight="bold"')]
    for ring in rings:
        radius = RADIUS * ring / rings[-1]
        parts.append(
            f'<circle cx="{MIDDLE[0]}" cy="{MIDDLE[1]}" r="{radius:.1f}" fill="none" stroke="{GRID}" stroke-width="2"/>'
        )
        x, y = _at(radius, 22.5)
        parts.append(_text(x + 6, y + 8, number(ring) + "%", 'font-size="20" fill="#5b6470"', "start"))
    for name, bearing in COMPASS:
        x, y = _at(RADIUS, bearing)
        parts.append(
            f'<line x1="{MIDDLE[0]}" y1="{MIDDLE[1]}" x2="{x:.1f}" y2="{y:.1f}" stroke="{GRID}" stroke-width="2"/>'
        )
        x, y = _at(RADIUS + 24, bearing)
        parts.append(_text(x, y + 10, tr("layout.wind." + name), 'font-weight="bold"'))
    for season, rows in winds.items():
        parts.append(_line(season, rows, rings[-1]))
    for at, (season, rows) in enumerate((one, winds[one]) for one in SHOWN if one in winds):
        parts.append(_key(season, rows[0]["calm_pct"], 543 + 34 * at))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE / 10}mm" height="{SIZE / 10}mm" '
        f'font-family="{escape(chosen_family())}" font-size="27" fill="{INK}">{"".join(parts)}</svg>'
    )


def _line(season, rows, top):
    """The outline that joins the frequencies of a season."""
    colour, fill, dash = SHOWN[season]
    ordered = sorted(rows, key=lambda row: row["direction_deg"])
    spots = (_at(RADIUS * row["frequency_pct"] / top, row["direction_deg"]) for row in ordered)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    return (
        f'<polygon points="{points}" fill="{colour}" fill-opacity="{fill}" stroke="{colour}" stroke-width="5" '
        f'stroke-linejoin="round"{dash}/>'
    )


def _key(season, calm, y):
    """What a line means, and how often the season is calm."""
    colour, _, dash = SHOWN[season]
    words = codes("season")[season]["label_" + language()]
    if calm is not None:
        words = tr("layout.wind.calm", season=words, calm=number(round(calm, 1)))
    line = f'<line x1="70" y1="{y - 9}" x2="150" y2="{y - 9}" stroke="{colour}" stroke-width="5"{dash}/>'
    return line + _text(166, y, words, "", "start")


def _at(radius, bearing):
    angle = math.radians(bearing)
    return MIDDLE[0] + radius * math.sin(angle), MIDDLE[1] - radius * math.cos(angle)


def _text(x, y, words, more="", anchor="middle"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'
