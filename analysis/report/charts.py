"""Charts as SVG drawn here, so that the page needs no library, prints sharply and works offline."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from .lettering import Key, legend, shorten, text_width
from .numbers import plain, significant

# Widths of a drawing, px: one of two side by side, or one alone, whose names may be long.
WIDTH, WIDE = 640, 960
LEFT_SHARE, ROW = 0.46, 24
VALUE = '<text class="value"'


@dataclass(frozen=True)
class Series:
    """One series of bars: its name, its colour and a value for each category (None: no bar).

    ``colours`` gives each category its own colour instead.
    """

    label: str
    colour: str
    values: Sequence[float | None]
    colours: Sequence[str] = ()


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from below ``low`` to above ``high``."""
    span = high - low or 1.0
    rough = span / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if power * k >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [k * step for k in range(first, last + 1)]


def bar_chart(
    categories: Sequence[str],
    series: Sequence[Series],
    value_title: str,
    category_title: str,
    title: str,
    stacked: bool = False,
    limit: tuple[float, str] | None = None,
    width: int = WIDTH,
    beside: tuple[Sequence[str], str] | None = None,
    marks: tuple[Sequence[float | None], str] | None = None,
    totals_told: bool = True,
) -> Markup:
    """Horizontal bars: a row a category, one bar a series (side by side, or stacked).

    Parameters
    ----------
    categories
        Labels (n,) of the rows, long ones are cut and told in a tip.
    series
        Values (n,) of each series, in the unit that ``value_title`` names.
    limit
        A line to draw at a value, with its label.
    width
        ``WIDTH`` or ``WIDE``.
    beside
        Texts (n,) to write at the right end of each row, with what they are.
    marks
        A value (n,) to mark across each row (None: none), say its minimum, with what the mark means.
    totals_told
        Whether the sum of a stack stands behind it.

    Returns
    -------
    Markup
        An SVG figure, or nothing where there is no value to show.
    """
    numbers = [v for s in series for v in s.values if v is not None]
    if not categories or not any(numbers):
        return Markup("")
    totals = [sum(max(s.values[i] or 0.0, 0.0) for s in series) for i in range(len(categories))]
    top = max(totals) if stacked else max(*numbers, 0.0)
    crossed = [v for v in marks[0] if v is not None] if marks else []
    scales = ticks(min(*numbers, 0.0), max(top, limit[0] if limit else 0.0, *crossed))
    left = min(max(text_width(c) for c in categories) + 12, LEFT_SHARE * width)
    right = 64.0 if not stacked else 56.0
    edge = max(text_width(t, 11) for t in (*beside[0], beside[1])) + 20 if beside else 0.0
    right += edge
    each = ROW if stacked or len(series) == 1 else 15 * len(series) + 8
    keys = [Key(marks[1], sign="least")] if marks and crossed else []
    keys += [Key(one.label, one.colour) for one in series] if len(series) > 1 else []
    signs, deep = legend(keys, width)
    above = (deep + 4 if keys else 0) + 22
    height = above + each * len(categories) + 44
    scale = (width - left - right) / (scales[-1] - scales[0])

    def at(value: float) -> float:
        return left + (value - scales[0]) * scale

    out = [f'<svg class="chart" viewBox="0 0 {width} {height:g}" role="img" aria-label="{escape(title)}">']
    out.append(signs)
    out.append(f'<text class="axis" x="0" y="{above - 8}">{escape(category_title)}</text>')
    if beside:
        out.append(f'<text class="axis" x="{width - edge + 8:.1f}" y="{above - 8}">{escape(beside[1])}</text>')
    bottom = above + each * len(categories)
    for mark in scales:
        out.append(f'<line class="grid" x1="{at(mark):.1f}" x2="{at(mark):.1f}" y1="{above}" y2="{bottom}"/>')
        out.append(f'<text class="tick" x="{at(mark):.1f}" y="{bottom + 15}">{plain(mark)}</text>')
    for i, category in enumerate(categories):
        y = above + each * i
        label = escape(shorten(category, left - 10))
        out.append(
            f'<text class="cat" x="{left - 8:g}" y="{y + each / 2 + 4:g}">{label}<title>{escape(category)}</title></text>'
        )
        out += (
            _stack(series, i, y, each, at, category) if stacked else _side_by_side(series, i, y, each, at, category)
        )
        if beside:
            out.append(
                f'<text class="value" x="{width - edge + 8:.1f}" y="{y + each / 2 + 4:g}">{escape(beside[0][i])}</text>'
            )
        if marks and (crossing := marks[0][i]) is not None:
            x = at(crossing)
            tip = escape(f"{category} · {marks[1]}: {significant(crossing)}")
            out.append(
                f'<line class="least" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 2:g}" y2="{y + each - 2:g}"><title>{tip}</title></line>'
            )
        if stacked and totals[i] and totals_told:
            out.append(
                f'<text class="value" x="{at(totals[i]) + 5:.1f}" y="{y + each / 2 + 4:g}">{significant(totals[i])}</text>'
            )
    numbers_of = [part for part in out if part.startswith(VALUE)]  # in front of lines, or they could not be read
    out = [part for part in out if not part.startswith(VALUE)]
    if limit:
        x = at(limit[0])
        # a label that would leave the drawing stands on the other side of its line
        beyond = x + 4 + text_width(limit[1], 11) > width - edge
        side = f'x="{x - 4:.1f}" text-anchor="end"' if beyond else f'x="{x + 4:.1f}"'
        out.append(f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{above - 4}" y2="{bottom}"/>')
        out.append(f'<text class="limit-label" {side} y="{above - 6}">{escape(limit[1])}</text>')
    out += numbers_of
    middle = (left + width - right) / 2
    out.append(f'<text class="axis mid" x="{middle:.1f}" y="{bottom + 36}">{escape(value_title)}</text></svg>')
    return Markup("".join(out))  # every text above went through escape


def _bar(x0: float, x1: float, y: float, height: float, colour: str, tip: str) -> str:
    a, width = min(x0, x1), abs(x1 - x0)
    return f'<rect x="{a:.1f}" y="{y:.1f}" width="{max(width, 0.6):.1f}" height="{height:g}" fill="{colour}"><title>{escape(tip)}</title></rect>'


def _side_by_side(
    series: Sequence[Series],
    i: int,
    y: float,
    each: float,
    at: Callable[[float], float],
    category: str,
) -> Iterator[str]:
    thick = 15 if len(series) == 1 else 13
    start = y + (each - thick * len(series) - (len(series) - 1) * 2) / 2
    for k, one in enumerate(series):
        value = one.values[i]
        if value is None:
            continue
        row = start + k * (thick + 2)
        colour = one.colours[i] if one.colours else one.colour
        shown = significant(value)
        yield _bar(at(0.0), at(value), row, thick, colour, f"{category} · {one.label}: {shown}")
        anchor = f'x="{at(value) + 5:.1f}"' if value >= 0 else f'x="{at(value) - 5:.1f}" text-anchor="end"'
        yield f'<text class="value" {anchor} y="{row + thick - 3:.1f}">{shown}</text>'


def _stack(
    series: Sequence[Series], i: int, y: float, each: float, at: Callable[[float], float], category: str
) -> Iterator[str]:
    base = 0.0
    for one in series:
        value = one.values[i]
        if value:
            yield _bar(
                at(base),
                at(base + value),
                y + 4,
                each - 8,
                one.colour,
                f"{category} · {one.label}: {significant(value)}",
            )
            base += value


def histogram(
    edges: Sequence[float],
    series: Sequence[Series],
    value_title: str,
    edge_title: str,
    title: str,
    limits: Sequence[tuple[float, str]] = (),
) -> Markup:
    """Upright bars between ``edges`` (n + 1), a stack of the series' values (n,) each.

    Parameters
    ----------
    limits
        Lines to draw at values of the lower axis, with their labels.

    Returns
    -------
    Markup
        An SVG figure, or nothing where there is no value to show.
    """
    totals = [sum(one.values[i] or 0.0 for one in series) for i in range(len(edges) - 1)]
    if not any(totals):
        return Markup("")
    marks = ticks(0.0, max(totals))
    left = max(text_width(plain(m), 11) for m in marks) + 14
    signs, under = legend([Key(one.label, one.colour) for one in series], WIDE)
    above, deep = under + 42.0, 190.0
    bottom = above + deep
    wide = (WIDE - left - 16) / (edges[-1] - edges[0])

    def at(value: float) -> float:
        return left + (value - edges[0]) * wide

    def up(value: float) -> float:
        return bottom - deep * value / marks[-1]

    out = [f'<svg class="chart" viewBox="0 0 {WIDE} {bottom + 40:g}" role="img" aria-label="{escape(title)}">']
    out.append(signs)
    out.append(f'<text class="axis" x="0" y="{above - 26:g}">{escape(value_title)}</text>')
    for mark in marks:
        y = up(mark)
        out.append(f'<line class="grid" x1="{left:.1f}" x2="{WIDE - 16}" y1="{y:.1f}" y2="{y:.1f}"/>')
        out.append(
            f'<text class="tick" style="text-anchor:end" x="{left - 6:.1f}" y="{y + 4:.1f}">{plain(mark)}</text>'
        )
    for i, total in enumerate(totals):
        base = 0.0
        for one in series:
            value = one.values[i] or 0.0
            if value <= 0:
                continue
            tip = f"{plain(edges[i])}–{plain(edges[i + 1])} · {one.label}: {significant(value)}"
            out.append(
                f'<rect class="key" x="{at(edges[i]) + 1:.1f}" width="{at(edges[i + 1]) - at(edges[i]) - 2:.1f}" '
                f'y="{up(base + value):.1f}" height="{max(up(base) - up(base + value), 0.6):.1f}" fill="{one.colour}">'
                f"<title>{escape(tip)}</title></rect>"
            )
            base += value
        if total:
            middle = (at(edges[i]) + at(edges[i + 1])) / 2
            out.append(
                f'<text class="value mid" x="{middle:.1f}" y="{up(total) - 4:.1f}">{significant(total, 2)}</text>'
            )
    for edge in ticks(edges[0], edges[-1], 10):
        out.append(f'<text class="tick" x="{at(edge):.1f}" y="{bottom + 15:g}">{plain(edge)}</text>')
    for value, label in limits:
        x = at(value)
        out.append(
            f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{above - 18:g}" y2="{bottom:g}"/>'
            f'<text class="limit-label" x="{x + 4:.1f}" y="{above - 9:g}">{escape(label)}</text>'
        )
    out.append(
        f'<text class="axis mid" x="{(left + WIDE) / 2:.1f}" y="{bottom + 34:g}">{escape(edge_title)}</text></svg>'
    )
    return Markup("".join(out))  # every text above went through escape
