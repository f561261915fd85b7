"""What kind of by-product a few words or a waste code speak of.

Words are compared by their stems in any order; a longer phrase outweighs the shorter ones inside it ("steel slag" is
neither steel nor slag of any kind). Chinese is compared as it stands.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from parkloop import resources

_SPELLINGS = (  # British to one spelling, so that both are found
    ("sulph", "sulf"),
    ("fibre", "fiber"),
    ("tyre", "tire"),
    ("aluminium", "aluminum"),
    ("mould", "mold"),
    ("isation", "ization"),
    ("ised", "ized"),
    ("ising", "izing"),
    ("colour", "color"),
    ("sewerage", "sewage"),
    ("ł", "l"),  # letters that have no accent to take off
    ("ø", "o"),
    ("æ", "ae"),
)
_SLIP_LENGTH, _SLIP_LIKENESS = 6, 0.85  # words shorter than this are never taken for misspelt
_PART_LENGTH, _END_LENGTH = 3, 5  # least part of a compound; least end that is known without its beginning


@dataclass(frozen=True)
class Family:
    """A kind of by-product: ``phrases`` and ``weak`` are sets of stems, ``zh`` texts, ``ewc`` prefixes without blanks.

    ``givers`` are the divisions that usually give it.
    """

    code: str
    material: str
    kind: str
    phrases: frozenset[frozenset[str]]
    weak: frozenset[frozenset[str]]
    zh: tuple[str, ...]
    ewc: tuple[str, ...]
    givers: frozenset[str]
    source: str
    confidence: str


@cache
def families() -> tuple[Family, ...]:
    """All families in the order of ``resources/knowledge/residue_families.csv``."""
    return tuple(
        Family(
            code=row["family"],
            material=row["material"],
            kind=row["kind"],
            phrases=_phrases(row["words"]),
            weak=_phrases(row["weak_words"]),
            zh=tuple(part for part in row["words_zh"].split("|") if part),
            ewc=tuple(row["ewc"].split()),
            givers=frozenset(row["givers"].split()),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in resources.table("knowledge", "residue_families.csv")
    )


def _phrases(cell: str) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(stems(part)) for part in cell.split("|") if part)


def stems(text: str) -> list[str]:
    """The words of a text without accents, case, plural and national spelling.

    >>> stems("Fibre sludges, Ashes & désulphurised gases")
    ['fiber', 'sludge', 'ash', 'desulfurized', 'gas']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for old, new in _SPELLINGS:
        plain = plain.replace(old, new)
    return [_singular(word) for word in re.findall(r"[a-z0-9]+", plain)]


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(stem for family in families() for phrase in family.phrases | family.weak for stem in phrase)


@cache
def _known(word: str) -> tuple[str, ...]:
    """The known words that an unknown one stands for: a slip of the pen, else the parts of a compound, else itself.

    Of a compound both parts are known, or at least its end: there stands what it is, in English as in German.

    >>> _known("vinesse"), _known("bottomash"), _known("kiefernrinde"), _known("zzz")
    (('vinasse',), ('bottom', 'ash'), ('rinde',), ('zzz',))
    """
    if word in _vocabulary():
        return (word,)
    if len(word) >= _SLIP_LENGTH:
        near = sorted(
            w
            for w in _vocabulary()
            if w[:2] == word[:2] and len(w) >= _SLIP_LENGTH and abs(len(w) - len(word)) <= 1
        )
        if close := difflib.get_close_matches(word, near, 1, _SLIP_LIKENESS):
            return (close[0],)
    cuts = [(word[:k], word[k:]) for k in range(_PART_LENGTH, len(word) - _PART_LENGTH + 1)]
    both = [cut for cut in cuts if _vocabulary().issuperset(cut)]
    ends = [(end,) for _, end in cuts if len(end) >= _END_LENGTH and end in _vocabulary()]
    return next(iter([*both, *ends]), (word,))


@dataclass(frozen=True)
class Hit:
    """A family that words name: ``phrase`` found, and its ``share`` (1) among all families found."""

    family: Family
    phrase: str
    share: float


def named(words: str, modifier: float = 1.0, givers: tuple[str, ...] = ()) -> tuple[list[Hit], bool]:
    """Families that the words name, and whether only general words were found.

    Of two phrases where one holds the other only the longer counts. A family named by what describes the thing
    (copper in "copper etchant", steel in "sand from steel works") counts ``modifier`` times one named by the thing itself.
    A general word (dust) that several families share names those that the ``givers`` usually give, if any.
    """
    told = frozenset(known for stem in stems(words) for known in _known(stem))
    text = re.sub(r"\s", "", words)
    heads = _heads(words)
    for weak in (False, True):
        held = _held(told, weak)
        found = [
            (family, hit)
            for family in families()
            if (hit := _longest(held.get(family.code, [])) or _chinese(family, text, weak))
        ]
        kept = [(f, hit) for f, hit in found if not any(hit < other for _, other in found)]
        kept = [(f, hit) for f, hit in kept if not _inside(hit, [other for _, other in kept])]
        if kept:
            if weak:
                kept = [(f, hit) for f, hit in kept if f.givers.intersection(givers)] or kept
            counts = [1.0 if _leads(hit, heads) else modifier for _, hit in kept]
            return [
                Hit(family, " ".join(sorted(hit)), count / sum(counts))
                for (family, hit), count in zip(kept, counts, strict=True)
            ], weak
    return [], False


def _heads(words: str) -> frozenset[str]:
    """What each part of a list ends with before its first preposition: the thing itself, as in English and Chinese.

    >>> sorted(_heads("Copper etchant and sand from steel works"))
    ['etchant', 'sand']
    """
    parts = re.split(r"[,;/&+()，；、（）]|\b(?:and|or|und|et|y)\b", words.casefold())
    things = [
        re.split(r"\b(?:from|of|for|in|with|by|to|containing|aus|von|de|des|du|di|del)\s", part)[0].strip()
        for part in parts
    ]
    ends = [stems(thing)[-1:] or [re.sub(r"\s", "", thing)] for thing in things]
    return frozenset(_known(end[0])[-1] for end in ends if end[0])


def _leads(hit: frozenset[str], heads: frozenset[str]) -> bool:
    return any(head in hit or (not head.isascii() and head.endswith(tuple(hit))) for head in heads)


@cache
def _phrasebook(weak: bool) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Families and their phrases by the longest stem of each phrase."""
    book: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for family in families():
        for phrase in family.weak if weak else family.phrases:
            book[max(sorted(phrase), key=len)].append((family.code, phrase))
    return book


def _held(told: frozenset[str], weak: bool) -> dict[str, list[frozenset[str]]]:
    """The phrases that the words hold, by family."""
    found: dict[str, list[frozenset[str]]] = defaultdict(list)
    for stem in told:
        for code, phrase in _phrasebook(weak).get(stem, []):
            if phrase <= told:
                found[code].append(phrase)
    return found


def _longest(phrases: list[frozenset[str]]) -> frozenset[str]:
    """The phrase of most words; of equally long ones the first in the alphabet."""
    return min(phrases, key=lambda p: (-len(p), -sum(map(len, p)), sorted(p)), default=frozenset())


def _chinese(family: Family, text: str, weak: bool) -> frozenset[str]:
    """The longest Chinese term that the text holds; a single character (灰, 油) is a general word."""
    held = [part for part in family.zh if part in text and weak is (len(part) == 1)]
    return frozenset(sorted(held, key=lambda part: (-len(part), part))[:1])


def _inside(hit: frozenset[str], others: list[frozenset[str]]) -> bool:
    """Whether a Chinese term is only a part of a longer one that another family was found by."""
    term = next(iter(hit))
    return len(hit) == 1 and any(
        len(o) == 1 and term != (t := next(iter(o))) and term in t and not t.isascii() for o in others
    )


def _holds(family: Family, part: str) -> bool:
    """Whether a family has this code, or for a group (four digits) any code of it."""
    return any(code == part or (len(part) == 4 and code.startswith(part)) for code in family.ewc)


def coded(ewc: str) -> tuple[list[Family], int]:
    """Families of a waste code and how many of its digits they share (6, 4, 2; 0 for none).

    >>> [family.code for family in coded("100102")[0]], coded("100102")[1]
    (['fly_ash'], 6)
    """
    for digits in (6, 4, 2):
        found = [f for f in families() if len(ewc) >= digits and _holds(f, ewc[:digits])]
        if found:
            return found, digits
    return [], 0
