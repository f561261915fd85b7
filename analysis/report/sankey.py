"""A Sankey diagram in three columns: who gives, what flows, who takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from .lettering import text_width, wrapped
from .numbers import significant

BAR, GAP, LABEL, FONT = 12, 7, 13, 11.5
# Widths of the drawing and of the names beside it, px: two drawings side by side, or one across the page for long
# names, which leave the ribbons at least a third of it.
NARROW, WIDE, SIDES = (640, 150), 1120, (200, 355)
REST = "#aab2ba"


@dataclass(frozen=True)
class Flow:
    """``value`` of ``what`` from ``giver`` to ``taker``; ``colour`` is that of what flows."""

    giver: str
    what: str
    taker: str
    value: float
    colour: str


def merge_small(flows: Sequence[Flow], keep: int, rest: str) -> list[Flow]:
    """Flows in which all but the ``keep`` largest names of each column are called ``rest``."""

    def largest(pick: int) -> set[str]:
        size: dict[str, float] = defaultdict(float)
        for flow in flows:
            size[(flow.giver, flow.what, flow.taker)[pick]] += flow.value
        order = sorted(size, key=lambda name: (-size[name], name))
        return set(order if len(order) <= keep + 1 else order[:keep])

    kept = [largest(pick) for pick in range(3)]
    total: dict[tuple[str, str, str], float] = defaultdict(float)
    colours: dict[str, str] = {}
    for flow in flows:
        names = (flow.giver, flow.what, flow.taker)
        key = tuple(name if name in kept[k] else rest for k, name in enumerate(names))
        total[key] += flow.value  # type: ignore[index]
        colours.setdefault(key[1], REST if key[1] == rest else flow.colour)
    return [Flow(a, b, c, value, colours[b]) for (a, b, c), value in sorted(total.items())]


def total_of(flows: Sequence[Flow]) -> float:
    """Sum of the values."""
    return sum(flow.value for flow in flows)


def room_for(flows: Sequence[Flow]) -> tuple[int, int]:
    """Width of a drawing across the page, and the part of it that the names beside it need."""
    names = {name for flow in flows for name in (flow.giver, flow.taker)}
    widest = max((text_width(f"{name}  {significant(total_of(flows))}", FONT) for name in names), default=0.0)
    return WIDE, round(min(max(widest + 14, SIDES[0]), SIDES[1]))


def sankey(
    flows: Sequence[Flow], unit: str, titles: Sequence[str], title: str, full: float, room: tuple[int, int] = NARROW
) -> Markup:
    """Draw ``flows``; ``full`` is the total that fills the height, so that two diagrams can share a scale.

    Parameters
    ----------
    flows
        Flows of one unit.
    unit
        Label of the unit, for the tips.
    titles
        Titles of the three columns.
    title
        What the diagram shows, for screen readers.
    room
        ``NARROW``, or ``room_for`` long names.
    """
    if not flows:
        return Markup("")
    scale = 230.0 / full
    columns = [_column(flows, k, scale) for k in range(3)]
    height = 34 + max(sum(slot for _, _, slot in column) for column in columns)
    width, side = room
    xs = (side, (width - BAR) / 2, width - side - BAR)
    tops = [_place(column, height) for column in columns]
    colours = {flow.what: flow.colour for flow in flows}
    out = [f'<svg class="sankey" viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(title)}">']
    for k, anchor in enumerate(("end", "middle", "start")):
        x = (xs[0] + BAR, xs[1] + BAR / 2, xs[2])[k]
        out.append(f'<text class="axis" x="{x:.0f}" y="12" text-anchor="{anchor}">{escape(titles[k])}</text>')
    out += _ribbons(flows, tops, xs, scale, unit)
    for k, column in enumerate(columns):
        for name, size, _ in column:
            y = tops[k][name]
            colour = colours.get(name, "#6b7785") if k == 1 else "#4a5561"
            amount = f"{significant(size)} {unit}"
            out.append(
                f'<rect class="node" x="{xs[k]:.1f}" y="{y:.1f}" width="{BAR}" height="{max(size * scale, 1):.1f}" '
                f'fill="{colour}"><title>{escape(name)}: {escape(amount)}</title></rect>'
            )
            wide = xs[2] - xs[1] - 2 * BAR if k == 1 else side - 8
            out.append(_label(name, size, k, xs[k], y + size * scale / 2 + 4, wide, size * scale))
    out.append("</svg>")
    return Markup("".join(out))  # every text above went through escape


def _column(flows: Sequence[Flow], pick: int, scale: float) -> list[tuple[str, float, float]]:
    """Nodes of one column, the largest first: name, value, and the px that it takes with its label."""
    size: dict[str, float] = defaultdict(float)
    for flow in flows:
        size[(flow.giver, flow.what, flow.taker)[pick]] += flow.value
    order = sorted(size, key=lambda name: (-size[name], name))
    return [(name, size[name], max(size[name] * scale, LABEL) + GAP) for name in order]


def _place(column: list[tuple[str, float, float]], height: float) -> dict[str, float]:
    """Top of each node; the column stands in the middle of the height."""
    y = 26 + (height - 34 - sum(slot for _, _, slot in column)) / 2
    tops = {}
    for name, _, slot in column:
        tops[name] = y
        y += slot
    return tops


def _ribbons(
    flows: Sequence[Flow], tops: Sequence[dict[str, float]], xs: Sequence[float], scale: float, unit: str
) -> Iterator[str]:
    """Ribbons giver - what and what - taker, stacked on each node in the order of the other end."""
    used: list[dict[str, float]] = [dict(t) for t in tops]
    entered = dict(tops[1])
    for first in (True, False):
        pairs: dict[tuple[str, str], float] = defaultdict(float)
        colour = {}
        for flow in flows:
            pair = (flow.giver, flow.what) if first else (flow.what, flow.taker)
            pairs[pair] += flow.value
            colour[pair] = flow.colour
        left, right = (0, 1) if first else (1, 2)
        order = sorted(pairs, key=lambda p: (tops[left][p[0]], tops[right][p[1]]))
        into = entered if first else used[2]
        for pair in order:
            thick = pairs[pair] * scale
            y0 = used[left][pair[0]] + thick / 2
            used[left][pair[0]] += thick
            y1 = into[pair[1]] + thick / 2
            into[pair[1]] += thick
            a, b = xs[left] + BAR, xs[right]
            bend = (a + b) / 2
            tip = f"{pair[0]} → {pair[1]}: {significant(pairs[pair])} {unit}"
            yield (
                f'<path class="flow" d="M{a:.1f},{y0:.1f}C{bend:.1f},{y0:.1f} {bend:.1f},{y1:.1f} {b:.1f},{y1:.1f}" '
                f'stroke="{colour[pair]}" stroke-width="{max(thick, 0.8):.1f}"><title>{escape(tip)}</title></path>'
            )


def _label(name: str, size: float, column: int, x: float, y: float, room: float, tall: float) -> str:
    """The name of a node with its amount: cut to ``room`` px, or in two lines where the node is ``tall`` enough."""
    amount = significant(size)
    left = room - text_width("  " + amount, FONT)
    lines = wrapped(name, left, FONT, 2 if tall >= 2 * LABEL else 1)
    x, anchor = (x - 5, ' text-anchor="end"') if column == 0 else (x + BAR + 5, "")
    top = y - LABEL * (len(lines) - 1) / 2
    spans = [f'<tspan x="{x:.1f}" y="{top + LABEL * k:.1f}">{escape(line)}</tspan>' for k, line in enumerate(lines)]
    return (
        f'<text class="node-label"{anchor}>{"".join(spans)} <tspan class="amount">{amount}</tspan>'
        f"<title>{escape(name)}</title></text>"
    )
