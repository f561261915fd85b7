"""Capacity that stands and demand that is to be met over the years, a panel a utility."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup, escape

from .lettering import Key, text_width
from .numbers import plain, significant
from .panels import Panel, Plot, axis, panels, room

TALL = 210.0  # px of a panel
AFTER = 0.22  # share of the years shown that the last stage is drawn on
FAINT = 0.28  # opacity of the capacity


@dataclass(frozen=True)
class Stages:
    """The stages of one utility (n): year, label of the year, capacity, what of it is new, and demand, all in one unit."""

    title: str
    colour: str
    unit: str
    years: Sequence[float]
    labels: Sequence[str]
    capacity: Sequence[float]
    added: Sequence[float]
    demand: Sequence[float]


def phasing(shown: Sequence[Stages], x_title: str, y_title: str, title: str, labels: tuple[str, str]) -> Markup:
    """Steps of capacity under the line of demand; ``labels`` are those of capacity and demand."""
    keys = [Key(labels[0], "#b9c2ca"), Key(labels[1], DEMAND, "dot")]
    drawn = [Panel(one.title, one.colour, partial(_draw, one, x_title, y_title)) for one in shown if len(one.years)]
    return panels(drawn, TALL, title, keys)


DEMAND = "#1d2733"


def _draw(one: Stages, x_title: str, y_title: str, left: float, top: float, right: float) -> Iterator[str]:
    span = one.years[-1] - one.years[0]
    last = one.years[-1] + (AFTER * span if span else 1.0)
    ys = axis([0.0, *one.capacity, *one.demand, 1.08 * max(one.capacity)], 4)
    inner = left + room([plain(y) for y in ys])
    # the label of the first year stands under the upright axis, half of it to the left
    inner = max(inner, left + text_width(one.labels[0]) / 2)
    plot = Plot(inner, top + 20, right - 14, top + TALL - 48, [one.years[0], last], ys)
    yield from plot.upright(f"{y_title} ({one.unit})")
    yield from plot.lower(x_title, list(zip(one.years, one.labels, strict=True)))
    for k, (year, high) in enumerate(zip(one.years, one.capacity, strict=True)):
        until = one.years[k + 1] if k + 1 < len(one.years) else last
        a, b = plot.at(year), plot.at(until)
        tip = f"{one.title} · {one.labels[k]}: {significant(high)} {one.unit}"
        yield (
            f'<rect x="{a:.1f}" y="{plot.up(high):.1f}" width="{b - a:.1f}" height="{plot.bottom - plot.up(high):.1f}" '
            f'fill="{one.colour}" fill-opacity="{FAINT}"><title>{escape(tip)}</title></rect>'
        )
        yield f'<line x1="{a:.1f}" x2="{b:.1f}" y1="{plot.up(high):.1f}" y2="{plot.up(high):.1f}" stroke="{one.colour}" stroke-width="2"/>'
        if one.added[k] > 0:
            text = f"+{significant(one.added[k])}"
            yield f'<text class="value" x="{a + 4:.1f}" y="{plot.up(high) - 5:.1f}">{text}</text>'
    path = "L".join(f"{plot.at(x):.1f},{plot.up(y):.1f}" for x, y in zip(one.years, one.demand, strict=True))
    if len(one.years) > 1:
        yield f'<path class="curve" style="stroke-width:1.6" stroke-dasharray="4 3" d="M{path}" stroke="{DEMAND}"/>'
    for x, y, label in zip(one.years, one.demand, one.labels, strict=True):
        tip = f"{one.title} · {label}: {significant(y)} {one.unit}"
        yield f'<circle cx="{plot.at(x):.1f}" cy="{plot.up(y):.1f}" r="3.5" fill="{DEMAND}"><title>{escape(tip)}</title></circle>'
