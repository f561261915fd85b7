"""Plans of a utility as points of a plane: what they cost against whom they expose, with CO2 as the size of the point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import cos, hypot, pi, sin, sqrt

from markupsafe import Markup, escape

from .lettering import Key, text_width
from .numbers import plain
from .panels import Panel, Plot, axis, panels, room

TALL = 250.0  # px of a panel
LEAST, MOST, PLAIN = 4.0, 10.0, 6.0  # radii in px: of least and most CO2, and where CO2 does not differ
LABEL = 11.0  # px letters of numbers


@dataclass(frozen=True)
class Point:
    """A plan: its number, its place, its size (None: all alike), whether it was chosen, and what is said of it."""

    number: int
    x: float
    y: float
    size: float | None
    chosen: bool
    tip: str


@dataclass(frozen=True)
class Front:
    """The plans of one utility, with the titles of both axes."""

    title: str
    colour: str
    x_title: str
    y_title: str
    points: Sequence[Point]


def fronts(shown: Sequence[Front], title: str, keys: Sequence[Key]) -> Markup:
    """A panel a utility; axes begin near the least value, for plans differ by little."""
    return panels([Panel(one.title, one.colour, partial(_draw, one)) for one in shown], TALL, title, keys)


def radii(points: Sequence[Point]) -> list[float]:
    """Radius in px of each point (n): areas grow with the size, the least still to be seen."""
    known = [p.size for p in points if p.size is not None]
    if not known or max(known) - min(known) <= 1e-6 * max(abs(max(known)), 1e-9):
        return [PLAIN] * len(points)
    low, span = min(known), max(known) - min(known)
    grow = MOST**2 - LEAST**2
    return [sqrt(LEAST**2 + grow * ((p.size or low) - low) / span) for p in points]


def _draw(front: Front, left: float, top: float, right: float) -> Iterator[str]:
    xs = axis([p.x for p in front.points], 4, 0.06)
    ys = axis([p.y for p in front.points], 4, 0.08)
    ends = [text_width(plain(x)) / 2 for x in (xs[0], xs[-1])]
    inner = left + max(room([plain(y) for y in ys]), ends[0])
    edge = right - max(ends[1], 14.0)
    plot = Plot(inner, top + 20, edge, top + TALL - 52, xs, ys)
    yield from plot.upright(front.y_title)
    yield from plot.lower(front.x_title)
    places = [(plot.at(p.x), plot.up(p.y), r) for p, r in zip(front.points, radii(front.points), strict=True)]
    # large ones first, so that they hide nothing
    for k in sorted(range(len(places)), key=lambda k: (front.points[k].chosen, -places[k][2])):
        point, (x, y, r) = front.points[k], places[k]
        fill = front.colour if point.chosen else "#ffffff"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" stroke="{front.colour}" stroke-width="2">'
            f"<title>{escape(point.tip)}</title></circle>"
        )
    box = (plot.left, plot.top - 4, plot.right + 12, plot.bottom)
    taken: list[tuple[float, float, float, float]] = []
    for k, (x, y, r) in enumerate(places):
        label = str(front.points[k].number)
        wide = text_width(label, LABEL)
        spot = _free(x, y, r, wide, [p for i, p in enumerate(places) if i != k], taken, box)
        taken.append((*spot, wide, LABEL))
        yield f'<text class="mark-label" style="font-size:{LABEL:g}px" x="{spot[0]:.1f}" y="{spot[1]:.1f}">{label}</text>'


def _free(
    x: float,
    y: float,
    r: float,
    wide: float,
    others: Sequence[tuple[float, float, float]],
    taken: Sequence[tuple[float, float, float, float]],
    box: tuple[float, float, float, float],
) -> tuple[float, float]:
    """Left end and base line of a label beside a point, where it hides least of other points and labels."""
    best, found = float("inf"), (x + r + 3, y + 4)
    for ring in range(3):
        for turn in range(8):
            away = r + 4 + 9 * ring
            cx, cy = x + (away + wide / 2) * cos(turn * pi / 4), y - (away + 4) * sin(turn * pi / 4)
            start, base = cx - wide / 2, cy + 4
            cost = 2.0 * ring + 0.1 * turn
            cost += 50.0 * (start < box[0] or start + wide > box[2] or base - LABEL < box[1] or base > box[3])
            cost += 20.0 * sum(hypot(cx - a, cy - b) < c + wide / 2 + 2 for a, b, c in others)
            cost += 40.0 * sum(
                start < a + w + 2 and a < start + wide + 2 and base - h < b and b - h < base for a, b, w, h in taken
            )
            if cost < best:
                best, found = cost, (start, base)
    return found
