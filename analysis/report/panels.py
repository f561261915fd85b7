"""Small multiples: panels of one drawing side by side, each with a heading and axes of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from .charts import WIDE, ticks
from .lettering import Key, legend, shorten, text_width
from .numbers import plain

GAP, HEAD = 40.0, 22.0  # px between panels, and for the heading of one
ALONE = 640.0  # px a panel is wide that stands alone


@dataclass(frozen=True)
class Plot:
    """The inner rectangle of a panel in px, with round numbers ``xs`` and ``ys`` along its sides."""

    left: float
    top: float
    right: float
    bottom: float
    xs: Sequence[float]
    ys: Sequence[float]

    def at(self, x: float) -> float:
        """Where a value of the lower axis lies."""
        return self.left + (self.right - self.left) * (x - self.xs[0]) / (self.xs[-1] - self.xs[0])

    def up(self, y: float) -> float:
        """Where a value of the upright axis lies."""
        return self.bottom - (self.bottom - self.top) * (y - self.ys[0]) / (self.ys[-1] - self.ys[0])

    def upright(self, title: str) -> Iterator[str]:
        """Lines and numbers of the upright axis, its title on top."""
        for y in self.ys:
            place = f'y1="{self.up(y):.1f}" y2="{self.up(y):.1f}"'
            yield f'<line class="grid" x1="{self.left:.1f}" x2="{self.right:.1f}" {place}/>'
            yield f'<text class="tick" style="text-anchor:end" x="{self.left - 6:.1f}" y="{self.up(y) + 4:.1f}">{plain(y)}</text>'
        start = self.left - room([plain(y) for y in self.ys])
        yield f'<text class="axis" x="{start:.1f}" y="{self.top - 9:.1f}">{escape(title)}</text>'

    def lower(self, title: str, marks: Sequence[tuple[float, str]] | None = None) -> Iterator[str]:
        """Lines and numbers of the lower axis (or the ``marks`` given, value and label), its title below."""
        for x, label in marks if marks is not None else [(x, plain(x)) for x in self.xs]:
            place = f'x1="{self.at(x):.1f}" x2="{self.at(x):.1f}"'
            yield f'<line class="grid" {place} y1="{self.top:.1f}" y2="{self.bottom:.1f}"/>'
            yield f'<text class="tick" x="{self.at(x):.1f}" y="{self.bottom + 15:.1f}">{escape(label)}</text>'
        middle = (self.left + self.right) / 2
        yield f'<text class="axis mid" x="{middle:.1f}" y="{self.bottom + 33:.1f}">{escape(title)}</text>'


def room(labels: Sequence[str]) -> float:
    """px that the numbers of an upright axis need."""
    return max(text_width(label, 11) for label in labels) + 8


def axis(values: Sequence[float], wanted: int = 4, spare: float = 0.0) -> list[float]:
    """Round numbers around the values, two at least, with the share ``spare`` of their span to either side."""
    low, high = min(values), max(values)
    if high <= low:
        spread = max(abs(low), 1.0) * 0.1
        low, high = low - spread, high + spread
    more = spare * (high - low)
    return ticks(low - more if low - more >= 0 or low < 0 else 0.0, high + more, wanted)


@dataclass(frozen=True)
class Panel:
    """One panel: its heading, the colour beside it, and what draws it into left, top and right (px)."""

    title: str
    colour: str
    draw: Callable[[float, float, float], Iterator[str]]


def panels(shown: Sequence[Panel], tall: float, title: str, keys: Sequence[Key] = ()) -> Markup:
    """A drawing of panels of one height ``tall`` (px, without heading), two a row, under a common legend."""
    if not shown:
        return Markup("")
    columns = min(len(shown), 2)
    wide = (WIDE - GAP) / 2 if columns == 2 else ALONE
    signs, deep = legend(keys, WIDE)
    begin = deep + 6 if keys else 0.0
    height = begin + -(-len(shown) // columns) * (tall + HEAD)
    out = [f'<svg class="chart" viewBox="0 0 {WIDE} {height:g}" role="img" aria-label="{escape(title)}">', signs]
    for number, panel in enumerate(shown):
        left = number % columns * (wide + GAP)
        top = begin + number // columns * (tall + HEAD)
        name = escape(shorten(panel.title, wide - 24))
        out.append(
            f'<rect class="key" x="{left:.1f}" y="{top + 2:.1f}" width="12" height="12" fill="{panel.colour}"/>'
        )
        out.append(f'<text class="mark-label" x="{left + 18:.1f}" y="{top + 12:.1f}">{name}</text>')
        out += panel.draw(left, top + HEAD, left + wide)
    return Markup("".join(out) + "</svg>")  # every text above went through escape
