"""Words of drawings: how wide they are, how they are cut or wrapped, and legends."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import escape

FONT = 12


def text_width(text: str, size: float = FONT) -> float:
    """Approximate width in px of the page's sans-serif letters, rather too wide: full-width characters are one em."""
    return size * sum(map(_em, text))


@cache
def _em(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    for letters, em in ((" ,.:;|!'·’", 0.28), ("ijlItf()[]-/r", 0.42), ("mwMW%@—→", 0.94)):
        if letter in letters:
            return em
    return 0.7 if letter.isupper() else 0.6


def shorten(text: str, width: float, size: float = FONT) -> str:
    """``text`` cut to ``width`` px, with an ellipsis where something was cut."""
    if text_width(text, size) <= width:
        return text
    room, kept = width - text_width("…", size), 0
    while kept < len(text) and (room := room - text_width(text[kept], size)) >= 0:
        kept += 1
    return text[:kept].rstrip() + "…"


def wrapped(text: str, width: float, size: float = FONT, lines: int = 2) -> list[str]:
    """``text`` in at most ``lines`` lines of at most ``width`` px, the last one cut with an ellipsis where it must be."""
    gap = " " if " " in text else ""
    words = text.split() if gap else list(text)
    found: list[str] = []
    while words:
        line = words.pop(0)
        while words and text_width(line + gap + words[0], size) <= width:
            line += gap + words.pop(0)
        if len(found) == lines - 1:
            line, words = gap.join([line, *words]), []
        found.append(shorten(line, width, size))
    return found


@dataclass(frozen=True)
class Key:
    """An entry of a legend: its text, its colour, and its sign.

    Signs are box, line, dash, least (a mark across a bar), dot, ring, grow (dots of two sizes) and diamond.
    """

    label: str
    colour: str = ""
    sign: str = "box"


SIGNS = {
    "box": '<rect x="{x:.0f}" y="{y}" width="12" height="12" fill="{colour}" class="key"/>',
    "line": '<line x1="{x:.0f}" x2="{end:.0f}" y1="{middle}" y2="{middle}" stroke="{colour}" stroke-width="2.5"/>',
    "dash": '<line x1="{x:.0f}" x2="{end:.0f}" y1="{middle}" y2="{middle}" stroke="{colour}" stroke-width="2.5" stroke-dasharray="5 3"/>',
    "least": '<line class="least" x1="{middle_x:.0f}" x2="{middle_x:.0f}" y1="{above}" y2="{below}"/>',
    "dot": '<circle cx="{middle_x:.0f}" cy="{middle}" r="5.5" fill="{colour}"/>',
    "ring": '<circle cx="{middle_x:.0f}" cy="{middle}" r="5" fill="#ffffff" stroke="{colour}" stroke-width="2"/>',
    "grow": '<circle cx="{start:.0f}" cy="{middle}" r="3" fill="#ffffff" stroke="{colour}" stroke-width="1.5"/>'
    '<circle cx="{end:.0f}" cy="{middle}" r="6.5" fill="#ffffff" stroke="{colour}" stroke-width="1.5"/>',
    "diamond": '<path d="M{x:.0f},{middle}L{middle_x:.0f},{y}L{end:.0f},{middle}L{middle_x:.0f},{bottom}Z" fill="{colour}"/>',
}
WIDE_SIGNS = {"line", "dash", "grow"}
LEGEND = 18  # px a row of a legend takes


def legend(keys: Sequence[Key], width: float) -> tuple[str, float]:
    """A legend in as many rows as ``width`` asks for, and the height it takes."""
    x, y, out = 0.0, 2, []
    for key in keys:
        sign = 22 if key.sign in WIDE_SIGNS else 12
        label = shorten(key.label, width - sign - 6, 11.5)
        wide = sign + 5 + text_width(label, 11.5)
        if x and x + wide > width:
            x, y = 0.0, y + LEGEND
        place = {
            "x": x,
            "start": x + 3,
            "end": x + (sign if key.sign != "grow" else 15),
            "y": y,
            "middle": y + 6,
            "middle_x": x + 6,
            "above": y - 1,
            "below": y + 13,
            "bottom": y + 12,
        }
        out.append(SIGNS[key.sign].format(colour=key.colour, **place))
        out.append(f'<text class="axis" x="{x + sign + 5:.0f}" y="{y + 10}">{escape(label)}</text>')
        x += wide + 18
    return "".join(out), y + LEGEND if keys else 0.0
