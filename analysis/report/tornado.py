"""What a change of demand or of a price does to the cost of the plan: bars to both sides of the plan as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup, escape

from .lettering import Key, shorten, text_width
from .numbers import plain
from .panels import Panel, Plot, axis, panels

ROW, BAR = 26.0, 9.0  # px of a row of two bars, and of a bar
FOOT = 44.0  # px below the rows: numbers and title of the axis
NAMES = 185.0  # most px of the names at the left
MARK = 4.5  # px, half a diamond
MOVED = "#1d2733"


@dataclass(frozen=True)
class Effect:
    """What one change does: change of the cost in percent, whether other sites are best then, what is said of it."""

    percent: float
    moved: bool
    tip: str


@dataclass(frozen=True)
class Torn:
    """The changes of one utility: names of the factors (n), and for each the effects of less and of more (None: unknown)."""

    title: str
    colour: str
    factors: Sequence[str]
    effects: Sequence[tuple[Effect | None, Effect | None]]


def tornado(
    shown: Sequence[Torn], x_title: str, title: str, labels: tuple[str, str, str], colours: tuple[str, str]
) -> Markup:
    """A panel a utility on one scale; ``labels`` are those of less, of more, and of the mark for other sites."""
    values = [e.percent for one in shown for pair in one.effects for e in pair if e is not None]
    if not values:
        return Markup("")
    scale = axis([0.0, *values], 4)
    rows = max(len(one.factors) for one in shown)
    keys = [Key(labels[0], colours[0]), Key(labels[1], colours[1])]
    if any(e.moved for one in shown for pair in one.effects for e in pair if e is not None):
        keys.append(Key(labels[2], MOVED, "diamond"))
    drawn = [Panel(one.title, one.colour, partial(_draw, one, scale, x_title, colours)) for one in shown]
    return panels(drawn, ROW * rows + FOOT + 12, title, keys)


def _draw(
    one: Torn, scale: Sequence[float], x_title: str, colours: tuple[str, str], left: float, top: float, right: float
) -> Iterator[str]:
    names = min(max(text_width(name) for name in one.factors) + 10, NAMES)
    told = max(text_width(_percent(e.percent), 11) for pair in one.effects for e in pair if e is not None) + 18
    bottom = top + ROW * len(one.factors)
    plot = Plot(left + names + told, top, right - told, bottom, scale, [0.0, 1.0])
    yield from plot.lower(x_title)
    yield f'<line class="end" style="stroke-dasharray:none" x1="{plot.at(0):.1f}" x2="{plot.at(0):.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
    for row, (name, pair) in enumerate(zip(one.factors, one.effects, strict=True)):
        middle = top + ROW * (row + 0.5)
        shown = escape(shorten(name, names - 8))
        yield f'<text class="cat" x="{left + names - 8:.1f}" y="{middle + 4:.1f}">{shown}<title>{escape(name)}</title></text>'
        for half, (effect, colour) in enumerate(zip(pair, colours, strict=True)):
            if effect is not None:
                yield from _bar(effect, plot, middle + (half - 1) * (BAR + 1) + 0.5, colour)


def _bar(effect: Effect, plot: Plot, y: float, colour: str) -> Iterator[str]:
    zero, end = plot.at(0.0), plot.at(effect.percent)
    yield (
        f'<rect x="{min(zero, end):.1f}" y="{y:.1f}" width="{max(abs(end - zero), 0.6):.1f}" height="{BAR:g}" fill="{colour}">'
        f"<title>{escape(effect.tip)}</title></rect>"
    )
    side = -1 if effect.percent < 0 else 1
    away = end + side * 4
    if effect.moved:
        centre, middle = end + side * (MARK + 2), y + BAR / 2
        yield (
            f'<path d="M{centre - MARK:.1f},{middle:.1f}L{centre:.1f},{middle - MARK:.1f}L{centre + MARK:.1f},{middle:.1f}'
            f'L{centre:.1f},{middle + MARK:.1f}Z" fill="{MOVED}"><title>{escape(effect.tip)}</title></path>'
        )
        away += side * (2 * MARK + 2)
    anchor = ' text-anchor="end"' if side < 0 else ""
    yield f'<text class="value" style="font-size:10px" x="{away:.1f}"{anchor} y="{y + BAR - 0.5:.1f}">{_percent(effect.percent)}</text>'


def _percent(value: float) -> str:
    text = plain(float(f"{value:.2g}"))
    return f"+{text}%" if value > 0 else f"{text}%"
