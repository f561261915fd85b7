"""Small drawn extracts for tests: an .osm file from rectangles, lines and points in metres around a place."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

Point = tuple[float, float]


class Drawing:
    """Collects features; ``origin`` is longitude, latitude of x = y = 0."""

    def __init__(self, origin: Point = (120.60, 31.30)) -> None:
        self.origin = origin
        self._nodes: list[str] = []
        self._ways: list[str] = []
        self._relations: list[str] = []

    def _tags(self, tags: dict[str, str]) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())

    def point(self, at: Point, **tags: str) -> int:
        number = len(self._nodes) + 1
        lat = self.origin[1] + at[1] / 110_900
        lon = self.origin[0] + at[0] / (111_320 * np.cos(np.radians(self.origin[1])))
        head = f'<node id="{number}" lat="{lat:.8f}" lon="{lon:.8f}" version="1" timestamp="2022-05-01T00:00:00Z">'
        self._nodes.append(f"{head}{self._tags(tags)}</node>")
        return number

    def line(self, *points: Point, closed: bool = False, **tags: str) -> int:
        numbers = [self.point(p) for p in points]
        numbers += numbers[:1] if closed else []
        way = 1000 + len(self._ways)
        refs = "".join(f'<nd ref="{n}"/>' for n in numbers)
        self._ways.append(f'<way id="{way}" version="1">{refs}{self._tags(tags)}</way>')
        return way

    def box(self, west: float, south: float, east: float, north: float, **tags: str) -> int:
        return self.line((west, south), (east, south), (east, north), (west, north), closed=True, **tags)

    def relation(self, members: list[tuple[int, str]], **tags: str) -> int:
        number = 5000 + len(self._relations)
        refs = "".join(f'<member type="way" ref="{way}" role="{role}"/>' for way, role in members)
        self._relations.append(f'<relation id="{number}" version="1">{refs}{self._tags(tags)}</relation>')
        return number

    def save(self, path: Path) -> Path:
        body = "\n".join([*self._nodes, *self._ways, *self._relations])
        path.write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n{body}\n</osm>\n', encoding="utf-8"
        )
        return path
