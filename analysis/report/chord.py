"""A chord diagram: who exchanges with whom, each party an arc as long as what it gives and takes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from .lettering import wrapped
from .numbers import significant
from .sankey import REST, Flow

WIDTH, RADIUS, RING, APART = 600, 116.0, 12.0, 0.035  # px, px, px, radians between arcs
FONT, LINE, LABEL, LINES = 11.5, 13.0, 148.0, 3  # of labels: px, px between lines, px of room, most lines of a name
INSIDE = 7.0  # px that a ribbon ends short of who takes


@dataclass(frozen=True)
class Party:
    """One arc: what it gives and takes, and its colour."""

    name: str
    gives: float
    takes: float
    colour: str

    @property
    def size(self) -> float:
        return self.gives + self.takes


def between(flows: Sequence[Flow], keep: int, rest: str) -> list[Flow]:
    """The flows from party to party, whatever flows; all but the ``keep`` largest parties are called ``rest``."""
    size: dict[str, float] = defaultdict(float)
    for flow in flows:
        size[flow.giver] += flow.value
        size[flow.taker] += flow.value
    order = sorted(size, key=lambda name: (-size[name], name))
    kept = set(order if len(order) <= keep + 1 else order[:keep])
    total: dict[tuple[str, str], float] = defaultdict(float)
    for flow in flows:
        total[tuple(name if name in kept else rest for name in (flow.giver, flow.taker))] += flow.value  # type: ignore[index]
    return [Flow(a, "", b, value, "") for (a, b), value in sorted(total.items())]


def parties(flows: Sequence[Flow], shades: Sequence[str], rest: str) -> list[Party]:
    """The parties of flows, the largest first, each with a colour of its own; ``rest`` is grey and last."""
    gives: dict[str, float] = defaultdict(float)
    takes: dict[str, float] = defaultdict(float)
    for flow in flows:
        gives[flow.giver] += flow.value
        takes[flow.taker] += flow.value
    names = sorted({*gives, *takes}, key=lambda n: (n == rest, -gives[n] - takes[n], n))
    return [
        Party(name, gives[name], takes[name], REST if name == rest else shades[i % len(shades)])
        for i, name in enumerate(names)
    ]


def chord(
    flows: Sequence[Flow], circle: Sequence[Party], title: str, unit: str, amounts: Callable[[str, str], str]
) -> Markup:
    """Draw ``flows`` among the parties of a ``circle``.

    Ribbons have the colour of who gives, begin at the giver's arc and end a little short of the taker's. The circle may
    hold more than the flows (the plan's parties around today's flows), so that two drawings share places, colours and scale.

    Parameters
    ----------
    unit
        Label of the unit, for the tips.
    amounts
        The words for what a party gives and takes, from two numbers; empty where there is nothing to say.
    """
    total = sum(party.size for party in circle)
    if not flows or not total:
        return Markup("")
    turn = (2 * math.pi - APART * len(circle)) / total
    start, angle = {}, -math.pi / 2
    for party in circle:
        start[party.name] = angle
        angle += party.size * turn + APART
    labels = list(_labels(circle, flows, start, turn, amounts))
    tall = max([RADIUS + RING + 16, *(abs(y) + LINE * len(lines) / 2 + 6 for _, y, lines, _, _ in labels)])
    out = [
        f'<svg class="chord" viewBox="{-WIDTH / 2:g} {-tall:.0f} {WIDTH} {2 * tall:.0f}" role="img" aria-label="{escape(title)}">'
    ]
    out += _ribbons(flows, circle, start, turn, unit)
    gives, takes = _ends(flows)
    for party in circle:
        a, b = start[party.name], start[party.name] + max(party.size * turn, 0.004)
        told = amounts(significant(gives[party.name]), significant(takes[party.name]))
        tip = f"{party.name}: {told} ({unit})" if told else party.name
        out.append(f'<path d="{_ring(a, b)}" fill="{party.colour}" class="arc"><title>{escape(tip)}</title></path>')
    for x, y, lines, middle, name in labels:
        near, far = RADIUS + RING + 2, RADIUS + RING + 11
        side = 1 if x > 0 else -1
        bend = f"{near * math.cos(middle):.1f},{near * math.sin(middle):.1f} {far * math.cos(middle):.1f},{far * math.sin(middle):.1f}"
        out.append(f'<polyline class="leader" points="{bend} {x - side * 4:.1f},{y:.1f}"/>')
        anchor = "" if side > 0 else ' text-anchor="end"'
        top = y - LINE * (len(lines) - 1) / 2 + 4
        spans = "".join(
            f'<tspan x="{x:.1f}" y="{top + LINE * k:.1f}">{escape(line)}</tspan>' for k, line in enumerate(lines)
        )
        out.append(f'<text class="node-label"{anchor}>{spans}<title>{escape(name)}</title></text>')
    out.append("</svg>")
    return Markup("".join(out))  # every text above went through escape


def _ends(flows: Sequence[Flow]) -> tuple[dict[str, float], dict[str, float]]:
    gives: dict[str, float] = defaultdict(float)
    takes: dict[str, float] = defaultdict(float)
    for flow in flows:
        gives[flow.giver] += flow.value
        takes[flow.taker] += flow.value
    return gives, takes


def _at(radius: float, angle: float) -> str:
    return f"{radius * math.cos(angle):.1f},{radius * math.sin(angle):.1f}"


def _ring(a: float, b: float) -> str:
    large = int(b - a > math.pi)
    outer = RADIUS + RING
    return (
        f"M{_at(outer, a)}A{outer:g},{outer:g} 0 {large} 1 {_at(outer, b)}"
        f"L{_at(RADIUS, b)}A{RADIUS:g},{RADIUS:g} 0 {large} 0 {_at(RADIUS, a)}Z"
    )


def _ribbons(
    flows: Sequence[Flow], circle: Sequence[Party], start: dict[str, float], turn: float, unit: str
) -> Iterator[str]:
    """Ribbons; on each arc what is given comes first, then what is taken, in the order of the other ends."""
    place = {party.name: i for i, party in enumerate(circle)}
    n = len(circle)
    given = dict(start)
    taken = {party.name: start[party.name] + party.gives * turn for party in circle}
    ends: dict[tuple[str, str], list[float]] = {}
    for who, side in (("giver", 0), ("taker", 1)):
        used = (given, taken)[side]
        for flow in sorted(
            flows, key=lambda f: (place[getattr(f, who)], (place[f.giver] - place[f.taker]) * (1 - 2 * side) % n)
        ):
            a = used[getattr(flow, who)]
            used[getattr(flow, who)] = b = a + flow.value * turn
            ends.setdefault((flow.giver, flow.taker), []).extend((a, b))
    shade = {party.name: party.colour for party in circle}
    inner = RADIUS - INSIDE
    for flow in sorted(flows, key=lambda f: (-f.value, f.giver, f.taker)):
        a, b, c, d = ends[flow.giver, flow.taker]
        tip = f"{flow.giver} → {flow.taker}: {significant(flow.value)} {unit}"
        yield (
            f'<path class="ribbon" fill="{shade[flow.giver]}" d="M{_at(RADIUS, a)}A{RADIUS:g},{RADIUS:g} 0 {int(b - a > math.pi)} 1 {_at(RADIUS, b)}'
            f"Q0,0 {_at(inner, c)}A{inner:g},{inner:g} 0 {int(d - c > math.pi)} 1 {_at(inner, d)}Q0,0 {_at(RADIUS, a)}Z"
            f'"><title>{escape(tip)}</title></path>'
        )


def _labels(
    circle: Sequence[Party],
    flows: Sequence[Flow],
    start: dict[str, float],
    turn: float,
    amounts: Callable[[str, str], str],
) -> Iterator[tuple[float, float, list[str], float, str]]:
    """Place (x, y of the middle), lines, angle of the arc's middle and whole name of each label; none lies on another."""
    gives, takes = _ends(flows)
    for side in (1, -1):
        mine = []
        for party in circle:
            middle = start[party.name] + party.size * turn / 2
            if (math.cos(middle) >= 0) == (side > 0):
                told = amounts(significant(gives[party.name]), significant(takes[party.name]))
                lines = [*wrapped(party.name, LABEL, FONT, LINES), *wrapped(told, LABEL, FONT)]
                mine.append(((RADIUS + RING + 14) * math.sin(middle), lines, middle, party.name))
        mine.sort(key=lambda one: one[0])
        tall = [LINE * len(lines) + 5 for _, lines, _, _ in mine]
        for y, (_, lines, middle, name) in zip(spaced([one[0] for one in mine], tall), mine, strict=True):
            yield side * (RADIUS + RING + 20), y, lines, middle, name


def spaced(wanted: Sequence[float], tall: Sequence[float]) -> list[float]:
    """Middles of boxes of heights ``tall`` (n,), in the order of ``wanted`` (n,), as near to them as no overlap allows.

    Boxes that touch form a block, which stands where its own middles would on average; blocks that touch are joined.

    Examples
    --------
    >>> spaced([0.0, 1.0, 50.0], [10.0, 10.0, 10.0])
    [-4.5, 5.5, 50.0]
    """
    blocks: list[tuple[float, int, list[float]]] = []  # sum of wanted tops, number, heights
    for middle, height in zip(wanted, tall, strict=True):
        one = (middle - height / 2, 1, [height])
        while blocks and blocks[-1][0] / blocks[-1][1] + sum(blocks[-1][2]) > one[0] / one[1]:
            top, number, heights = blocks.pop()
            one = (top + one[0] - one[1] * sum(heights), number + one[1], heights + one[2])
        blocks.append(one)
    found = []
    for top, number, heights in blocks:
        y = top / number
        for height in heights:
            found.append(y + height / 2)
            y += height
    return found
