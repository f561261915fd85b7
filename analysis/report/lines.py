"""Charts of curves as SVG: composites of heat and water, with the spans, marks and areas that explain them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from markupsafe import Markup, escape

from .charts import WIDE, ticks
from .lettering import Key, legend, text_width
from .numbers import plain, significant

PLOT, SPAN, THIN = 300.0, 9.0, 0.3  # px: height of the plot and of the strip of spans; what a point may be moved by


@dataclass(frozen=True)
class Line:
    """A curve through ``points`` (n, 2) in the units of the axes."""

    label: str
    colour: str
    points: np.ndarray
    dashed: bool = False


@dataclass(frozen=True)
class Span:
    """A stretch of the lower axis, told by a strip above the plot: what it means and how long it is."""

    label: str
    colour: str
    low: float
    high: float


@dataclass(frozen=True)
class Mark:
    """A point of the plot with its label."""

    label: str
    x: float
    y: float


def line_chart(
    lines: Sequence[Line],
    x_title: str,
    y_title: str,
    title: str,
    spans: Sequence[Span] = (),
    marks: Sequence[Mark] = (),
    area: tuple[np.ndarray, str] | None = None,
    levels: Sequence[tuple[float, str]] = (),
) -> Markup:
    """Curves over a common lower axis.

    Parameters
    ----------
    spans
        Stretches of the lower axis; the legend tells their lengths, so that short ones need no room.
    marks
        Points with labels, say a pinch.
    area
        Corners (n, 2) of an area to tint, and its colour.
    levels
        Values of the upright axis to draw across, with their labels.

    Returns
    -------
    Markup
        An SVG figure, or nothing where no curve has two points.
    """
    lines = [line for line in lines if len(line.points) > 1]
    if not lines:
        return Markup("")
    every = np.concatenate([line.points for line in lines])
    ends = [end for span in spans for end in (span.low, span.high)]
    xs = _axis([0.0, *every[:, 0].tolist(), *ends], 7)
    ys = _axis(every[:, 1].tolist(), 5)
    spans = [span for span in spans if span.high - span.low > 1e-6 * (xs[-1] - xs[0])]
    keys = [Key(line.label, line.colour, "dash" if line.dashed else "line") for line in lines]
    keys += [Key(f"{span.label}: {significant(span.high - span.low)}", span.colour) for span in spans]
    signs, deep = legend(keys, WIDE)
    left = max(text_width(plain(y), 11) for y in ys) + 14
    right = WIDE - max(16.0, text_width(plain(xs[-1]), 11) / 2 + 2)
    above = deep + 22 + (SPAN + 8 if spans else 0)
    bottom = above + PLOT

    def at(x: float) -> float:
        return left + (right - left) * (x - xs[0]) / (xs[-1] - xs[0])

    def up(y: float) -> float:
        return bottom - PLOT * (y - ys[0]) / (ys[-1] - ys[0])

    def path(points: np.ndarray) -> str:
        px = np.c_[
            left + (right - left) * (points[:, 0] - xs[0]) / (xs[-1] - xs[0]),
            bottom - PLOT * (points[:, 1] - ys[0]) / (ys[-1] - ys[0]),
        ]
        kept = shapely.get_coordinates(shapely.simplify(shapely.LineString(px), THIN))
        return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in kept)

    out = [
        f'<svg class="chart" viewBox="0 0 {WIDE} {bottom + 44:g}" role="img" aria-label="{escape(title)}">',
        signs,
    ]
    out.append(f'<text class="axis" x="0" y="{deep + 12:g}">{escape(y_title)}</text>')
    for y in ys:
        out.append(f'<line class="grid" x1="{left:.1f}" x2="{right:.1f}" y1="{up(y):.1f}" y2="{up(y):.1f}"/>')
        out.append(
            f'<text class="tick" style="text-anchor:end" x="{left - 6:.1f}" y="{up(y) + 4:.1f}">{plain(y)}</text>'
        )
    for x in xs:
        out.append(f'<line class="grid" x1="{at(x):.1f}" x2="{at(x):.1f}" y1="{above:g}" y2="{bottom:g}"/>')
        out.append(f'<text class="tick" x="{at(x):.1f}" y="{bottom + 15:g}">{plain(x)}</text>')
    if area is not None and len(area[0]) > 2:
        out.append(f'<path class="area" d="{path(area[0])}Z" fill="{area[1]}"/>')
    for value, label in levels:
        out.append(
            f'<line class="limit" x1="{left:.1f}" x2="{right:.1f}" y1="{up(value):.1f}" y2="{up(value):.1f}"/>'
        )
        out.append(
            f'<text class="limit-label" x="{right - 4:.1f}" y="{up(value) - 4:.1f}" text-anchor="end">{escape(label)}</text>'
        )
    for span in spans:
        tip = f"{span.label}: {significant(span.high - span.low)}"
        wide = max(at(span.high) - at(span.low), 1.0)
        out.append(
            f'<rect x="{at(span.low):.1f}" y="{above - SPAN - 5:g}" width="{wide:.1f}" height="{SPAN:g}" fill="{span.colour}">'
            f"<title>{escape(tip)}</title></rect>"
        )
        for end in (span.low, span.high):
            out.append(
                f'<line class="end" x1="{at(end):.1f}" x2="{at(end):.1f}" y1="{above - SPAN - 5:g}" y2="{bottom:g}"/>'
            )
    for line in lines:
        dash = ' stroke-dasharray="6 4"' if line.dashed else ""
        out.append(
            f'<path class="curve" d="{path(line.points)}" stroke="{line.colour}"{dash}><title>{escape(line.label)}</title></path>'
        )
    drawn = [shapely.LineString([(at(x), up(y)) for x, y in line.points]) for line in lines]
    room = (left, above, right, bottom + 7)
    for mark in marks:
        out += _mark(mark, at(mark.x), up(mark.y), drawn, room)
    middle = (left + right) / 2
    out.append(f'<text class="axis mid" x="{middle:.1f}" y="{bottom + 36:g}">{escape(x_title)}</text></svg>')
    return Markup("".join(out))  # every text above went through escape


def _axis(values: Sequence[float], wanted: int) -> list[float]:
    """Round numbers around the values, two at least."""
    low, high = min(values), max(values)
    return ticks(low, high if high > low else low + max(abs(low), 1.0), wanted)


def _mark(
    mark: Mark, x: float, y: float, drawn: Sequence[shapely.LineString], room: tuple[float, ...]
) -> Iterator[str]:
    """A ring with its label, at the place beside it that covers least of the curves."""
    yield f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{escape(mark.label)}</title></circle>'
    wide, (left, top, right, bottom) = text_width(mark.label), room
    best, place = np.inf, (x + 9, y + 16)
    for down in (16, -8, 30, -22, 4):
        for start in (x + 9, x - 9 - wide, x - wide / 2):
            box = shapely.box(start - 2, y + down - 11, start + wide + 2, y + down + 3)
            outside = start < left or start + wide > right or y + down - 11 < top or y + down + 3 > bottom
            hidden = 1e3 * (outside or box.contains(shapely.Point(x, y)))
            covers = sum(box.intersection(line).length for line in drawn) + abs(down - 4) / 100 + hidden
            if covers < best:
                best, place = covers, (start, y + down)
    yield f'<text class="mark-label" x="{place[0]:.1f}" y="{place[1]:.1f}">{escape(mark.label)}</text>'
