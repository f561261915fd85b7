"""Checks of drawings: every number is one, and nothing lies outside the drawing."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

from parkloop.analysis.report.lettering import text_width

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
SIZE = 11.5  # px of most texts
SLACK = 2.0  # px


def parsed(svg: str) -> ElementTree.Element:
    """The drawing; raises where it is no XML."""
    return ElementTree.fromstring(svg)


def texts(svg: str) -> str:
    """All words of a drawing, one after the other."""
    return " ".join(" ".join(node.itertext()) for node in parsed(svg).iter("text"))


def check(svg: str) -> None:
    """No number that is none, and no point or text outside the view box."""
    assert not re.search(r"\bnan\b|\binf\b", re.sub(r"<title>.*?</title>|>[^<]*<", "><", svg), re.I), svg[:200]
    root = parsed(svg)
    x0, y0, width, height = (float(v) for v in root.get("viewBox", "").split())
    for x, y, what in _points(root):
        assert math.isfinite(x) and math.isfinite(y)
        assert x0 - SLACK <= x <= x0 + width + SLACK, (what, x, (x0, width))
        assert y0 - SLACK <= y <= y0 + height + SLACK, (what, y, (y0, height))


def _points(root: ElementTree.Element):
    for node in root.iter():
        get = lambda name, node=node: float(node.get(name, 0))  # noqa: E731
        if node.tag == "rect":
            yield get("x"), get("y"), "rect"
            yield get("x") + get("width"), get("y") + get("height"), "rect"
        elif node.tag == "line":
            yield get("x1"), get("y1"), "line"
            yield get("x2"), get("y2"), "line"
        elif node.tag == "circle":
            yield get("cx"), get("cy"), "circle"
        elif node.tag == "polyline":
            numbers = [float(v) for v in NUMBER.findall(node.get("points", ""))]
            yield from ((x, y, "polyline") for x, y in zip(numbers[::2], numbers[1::2], strict=True))
        elif node.tag == "path":
            yield from ((x, y, "path") for x, y in _path(node.get("d", "")))
        elif node.tag == "text":
            yield from _text(node)


def _path(shape: str):
    """End points of a path's parts: M, L and Q as they stand, C without its handles, A without its radii and flags."""
    for letter, rest in re.findall(r"([MLQCA])([^MLQCAZ]*)", shape):
        numbers = [float(v) for v in NUMBER.findall(rest)]
        step = {"M": 2, "L": 2, "Q": 4, "C": 6, "A": 7}[letter]
        assert len(numbers) % step == 0 and numbers, shape
        yield from ((numbers[i + step - 2], numbers[i + step - 1]) for i in range(0, len(numbers), step))


def _text(node: ElementTree.Element):
    """Both ends of each line of a text, by its anchor."""
    kind = node.get("class", "")
    style = node.get("text-anchor") or ("end" if "text-anchor:end" in node.get("style", "") else "")
    anchor = style or {"tick": "middle", "cat": "end"}.get(kind, "middle" if "mid" in kind.split() else "start")
    lines = [n for n in node.iter("tspan") if n.get("x")] or [node]
    for line in lines:
        content = line.text or ""
        wide = text_width(content, SIZE)
        x, y = float(line.get("x", 0)), float(line.get("y", 0))
        start = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        yield start, y, content
        yield start + wide, y, content
