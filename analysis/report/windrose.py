"""Wind roses: how often and how fast the wind blows from where, a rose a season."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from markupsafe import Markup, escape

from .charts import WIDE, ticks
from .lettering import Key, legend
from .numbers import plain, significant

RADIUS, AROUND, HEAD, FOOT = 108.0, 30.0, 24.0, 46.0  # px of a rose, and the room around it
FULL = 0.84  # share of its angle that a petal fills
HOLE = 10.0  # px of the calm middle


@dataclass(frozen=True)
class Wind:
    """One season: where the wind comes from (n, degrees), how often (n, %), how fast (n, m/s, NaN unknown), calms (%).

    ``marked`` are the positions of the directions to be marked; ``foot`` are lines to stand below the rose.
    """

    title: str
    bearing_deg: np.ndarray
    frequency_pct: np.ndarray
    speed_m_s: np.ndarray
    calm_pct: float
    marked: Sequence[int]
    foot: Sequence[str]


def roses(
    winds: Sequence[Wind], speeds: Sequence[tuple[float, str, str]], compass: Sequence[str], words: dict[str, str]
) -> Markup:
    """Roses side by side at one scale.

    Parameters
    ----------
    speeds
        Classes of the mean speed, the slowest first: upper limit in m/s, label, colour. Only those that occur are told.
    compass
        Names of the 16 directions from north clockwise; the four main ones are written around each rose.
    words
        ``title`` of the drawing, ``unknown`` (speed not known), ``marked`` (what the mark means), ``petal`` (what a petal
        is, told on the rings), ``calm``.
    """
    if not winds or not any(len(w.bearing_deg) for w in winds):
        return Markup("")
    columns = 3 if len(winds) > 2 else 2
    cell = WIDE / columns
    tall = HEAD + 2 * (RADIUS + AROUND) + FOOT
    marks = ticks(0.0, float(max(w.frequency_pct.max() for w in winds)), 3)
    classes = [_class(v, speeds) for w in winds for v in w.speed_m_s]
    keys = [Key(label, shade) for k, (_, label, shade) in enumerate(speeds) if k in classes]
    keys += [Key(words["unknown"], UNKNOWN)] if -1 in classes else []
    keys += [Key(words["marked"], sign="least")] if any(w.marked for w in winds) else []
    signs, deep = legend(keys, WIDE)
    begin = deep + 8
    height = begin + -(-len(winds) // columns) * tall
    out = [
        f'<svg class="chart" viewBox="0 0 {WIDE} {height:g}" role="img" aria-label="{escape(words["title"])}">',
        signs,
    ]
    for number, wind in enumerate(winds):
        x, y = cell * (number % columns + 0.5), begin + tall * float(number // columns)
        out += _rose(wind, x, y + HEAD + AROUND + RADIUS, marks, speeds, compass, words)
        out.append(f'<text class="mark-label mid" x="{x:.1f}" y="{y + 12:.1f}">{escape(wind.title)}</text>')
        for line, text in enumerate(wind.foot[:2]):
            base = y + tall - FOOT + 12 + 16 * line
            out.append(f'<text class="axis mid" x="{x:.1f}" y="{base:.1f}">{escape(text)}</text>')
    return Markup("".join(out) + "</svg>")  # every text above went through escape


UNKNOWN = "#bdbdbd"


def _class(speed: float, speeds: Sequence[tuple[float, str, str]]) -> int:
    """Position of the class of a speed, -1 where the speed is not known."""
    return (
        -1 if np.isnan(speed) else next((k for k, (top, _, _) in enumerate(speeds) if speed < top), len(speeds) - 1)
    )


def _rose(
    wind: Wind,
    x: float,
    y: float,
    marks: Sequence[float],
    speeds: Sequence[tuple[float, str, str]],
    compass: Sequence[str],
    words: dict[str, str],
) -> Iterator[str]:
    def far(value: float) -> float:
        return HOLE + (RADIUS - HOLE) * value / marks[-1]

    def at(bearing: float, r: float) -> tuple[float, float]:
        return x + r * sin(radians(bearing)), y - r * cos(radians(bearing))

    for mark in marks[1:]:
        yield f'<circle class="grid" style="fill:none" cx="{x:.1f}" cy="{y:.1f}" r="{far(mark):.1f}"/>'
    for spoke in range(0, 360, 45):
        (ax, ay), (bx, by) = at(spoke, HOLE), at(spoke, RADIUS)
        yield f'<line class="grid" x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}"/>'
    order = np.argsort(wind.bearing_deg, kind="stable")
    gaps = (
        np.diff(np.r_[wind.bearing_deg[order], wind.bearing_deg[order[0]] + 360.0]) if len(order) else np.empty(0)
    )
    for place, k in enumerate(order.tolist()):
        half = FULL / 2 * min(float(min(gaps[place], gaps[place - 1])), 90.0)
        bearing, share, speed = (float(v[k]) for v in (wind.bearing_deg, wind.frequency_pct, wind.speed_m_s))
        shade = UNKNOWN if (group := _class(speed, speeds)) < 0 else speeds[group][2]
        corners = [
            at(bearing - half, HOLE),
            at(bearing - half, far(share)),
            at(bearing + half, far(share)),
            at(bearing + half, HOLE),
        ]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
        tip = f"{direction(bearing, compass)}: {significant(share)}%" + (
            "" if np.isnan(speed) else f", {significant(speed)} m/s"
        )
        edge = far(share)
        yield (
            f'<path class="key" d="M{ax:.1f},{ay:.1f}L{bx:.1f},{by:.1f}A{edge:.1f} {edge:.1f} 0 0 1 {cx:.1f},{cy:.1f}'
            f'L{dx:.1f},{dy:.1f}Z" fill="{shade}"><title>{escape(tip)}</title></path>'
        )
        if k in wind.marked:
            (ax, ay), (bx, by) = at(bearing, edge + 4), at(bearing, RADIUS + 4)
            if bearing % 90:  # the main directions are written there already
                px, py = at(bearing, RADIUS + 18)
                yield f'<text class="mark-label mid" x="{px:.1f}" y="{py + 4:.1f}">{escape(direction(bearing, compass))}</text>'
            yield f'<line class="least" x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}"><title>{escape(tip)}</title></line>'
    calm = f"{words['calm']}: {significant(wind.calm_pct)}%"
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{HOLE:g}" fill="#ffffff" stroke="#8c98a4" stroke-width=".6"><title>{escape(calm)}</title></circle>'
    # the rings are told where the wind seldom blows from, so that petals hide no number
    quiet = _quiet(wind)
    for mark in marks[1:]:
        px, py = at(quiet, far(mark))
        yield f'<text class="value mid" x="{px:.1f}" y="{py + 4:.1f}">{plain(mark)}%</text>'
    for k in (0, 4, 8, 12):
        px, py = at(22.5 * k, RADIUS + 16)
        yield f'<text class="axis mid" x="{px:.1f}" y="{py + 4:.1f}">{escape(compass[k])}</text>'


def _quiet(wind: Wind) -> float:
    """The bearing halfway between main directions around which the wind blows least."""
    choices = np.arange(22.5, 360.0, 45.0)
    apart = np.abs((wind.bearing_deg[None, :] - choices[:, None] + 180) % 360 - 180)
    return float(choices[np.argmin(np.where(apart < 30, wind.frequency_pct, 0.0).max(axis=1, initial=0.0))])


def direction(bearing_deg: float, compass: Sequence[str]) -> str:
    """The name of a direction where it is one of the 16, else its degrees."""
    place = bearing_deg / (360 / len(compass))
    whole = round(place)
    return compass[whole % len(compass)] if abs(place - whole) < 0.02 else f"{plain(round(bearing_deg, 1))}°"
