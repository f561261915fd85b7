"""Names of firms: folded for comparison, stripped of what tells no firms apart, and read for their sector.

The words stand in ``resources/knowledge/osm_names.csv`` (legal forms, plant and building words, names of areas, what
is no firm, kinds of facility) and ``osm_sectors.csv`` (GB/T 4754 divisions), in many languages. How a word is matched:
``word`` as a whole, ``start`` or ``end`` of a word, ``part`` anywhere, ``first`` at the start of the name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from . import read


@dataclass(frozen=True)
class Sector:
    """A guess: GB/T 4754 division and how sure it is (0 to 1)."""

    code: str
    confidence: float


_CJK = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
# a building named after its address is no firm
_ADDRESS = re.compile(
    r"(strasse|straat|str|gasse|gass|weg|allee|platz|ring|street|road|avenue|lane|ulica|utca|路|街|道|巷) ?\d+|^(rue|via|calle|ul) .*\d|^\d"
)

# numbers of halls and gates, as in "C213" or "12b"
_NUMBER = re.compile(r"\d+|[a-z]{1,2}\d{1,5}[a-z]?|\d{2,}[a-z]{1,2}")
_GONE = ("abandoned:", "disused:", "demolished:", "was:", "removed:", "razed:")

UNKNOWN = Sector("C41", 0.1)  # other manufacturing, where nothing says more


@cache
def fold(name: str) -> str:
    """Small letters without accents, words parted by one blank: ``"Müller & Söhne"`` gives ``"muller sohne"``."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    # composed again, for what is not Latin (Korean syllables)
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", plain).replace("_", " ")))


def _pattern(words: list[tuple[str, str]]) -> re.Pattern[str]:
    shapes = {
        "word": r"(?<!\w){}(?!\w)",
        "start": r"(?<!\w){}\w*",
        "end": r"\w*{}(?!\w)",
        "part": "{}",
        "first": r"^{}(?!\w)",
    }
    # the longest word first: "gmbh co kg" before "gmbh"
    ordered = sorted(set(words), key=lambda pair: (-len(pair[0]), pair))
    return re.compile("|".join(shapes[match].format(re.escape(fold(word))) for word, match in ordered))


@cache
def _words(kind: str) -> re.Pattern[str]:
    return _pattern([(r["word"], r["match"]) for r in read.rules_of("osm_names") if r["kind"] == kind])


@cache
def _sectors() -> tuple[tuple[re.Pattern[str], Sector], ...]:
    groups: dict[Sector, list[tuple[str, str]]] = {}
    for row in read.rules_of("osm_sectors"):
        groups.setdefault(Sector(row["sector"], float(row["confidence"])), []).append((row["word"], row["match"]))
    ordered = sorted(groups.items(), key=lambda item: -item[0].confidence)
    return tuple((_pattern(words), sector) for sector, words in ordered)


def address(name: str) -> bool:
    """Whether a name is only an address, as in ``"Poststrasse 48"``, or begins with a number."""
    return bool(_ADDRESS.search(fold(name)))


def speaks_of(name: str, kind: str) -> bool:
    """Whether a name holds a word of this kind (``no``, ``area``, ``legal``, ``heat``, ``wastewater``, ...)."""
    return bool(_words(kind).search(fold(name)))


@cache
def sector(name: str) -> Sector | None:
    """The sector that a name speaks of, the surest first; None where it says nothing."""
    folded = fold(name)
    return next((sector for pattern, sector in _sectors() if pattern.search(folded)), None)


@cache
def core(name: str, places: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The words of a name that tell the firm: without legal form, plant words, areas, places and numbers.

    ``places`` are folded names of places around; they are kept where nothing else is left that is a name. Empty
    where a name only says what a thing is, as in ``"Werk 3"`` or ``"Industrial estate north"``.
    """
    left = fold(name)
    for kind in ("legal", "area", "suffix"):
        left = " ".join(_words(kind).sub(" ", left).split())
    words = tuple(w for w in left.split() if not _NUMBER.fullmatch(w) and (len(w) > 1 or not w.isascii()))
    without = _without_places(words, places)
    if without and any(not _words("common").fullmatch(word) for word in without):
        return without
    return words if not speaks_of(name, "area") and any(w not in places for w in words) else without


def _without_places(words: tuple[str, ...], places: frozenset[str]) -> tuple[str, ...]:
    text = " ".join(words)
    for place in sorted(places, key=lambda p: (-len(p), p)):
        # Chinese and Japanese write the place before the name without a blank
        shape = rf"^{re.escape(place)}市?" if _CJK.match(place) else rf"(?<!\w){re.escape(place)}(?!\w)"
        text = re.sub(shape, " ", text)
    return tuple(text.split())


@cache
def proper(words: tuple[str, ...]) -> tuple[str, ...]:
    """Of the words of a core those that are neither common nor speak of a sector."""
    return tuple(w for w in words if not _words("common").fullmatch(w) and sector(w) is None)


@cache
def _verdicts() -> tuple[dict[tuple[str, str], int], frozenset[str]]:
    rules = read.rules_of("osm_firms")
    return {(r["key"], r["value"]): i for i, r in reversed(list(enumerate(rules)))}, frozenset(
        r["key"] for r in rules
    )


def rule(tags: dict[str, str]) -> dict[str, str]:
    """The first rule of ``osm_firms.csv`` that the tags meet; its verdict is ``bare`` where they meet none."""
    if any(key.startswith(_GONE) for key in tags) and "building" not in tags:
        return {"key": "", "value": "", "verdict": "no", "sector": "", "confidence": ""}
    rank, keys = _verdicts()
    hits = [
        rank[pair]
        for key in keys & tags.keys()
        for value in tags[key].split(";")
        for pair in ((key, value.strip()), (key, "*"))
        if pair in rank
    ]
    if not hits:
        return {"key": "", "value": "", "verdict": "bare", "sector": "", "confidence": ""}
    return read.rules_of("osm_firms")[min(hits)]


def may_be_works(tags: dict[str, str]) -> bool:
    """False for what is a shop, a stop, a road or another thing that only bears the name of a works."""
    return rule(tags)["verdict"] != "no"
