"""Which divisions could take a by-product of which only the giver, a few words or a waste code are known.

Four kinds of knowledge each give a share to every division, and the shares are added with their weights:

- the kind of by-product that the words name, or the waste code, and who uses that kind (``residue_uses.csv``);
- what divisions the giving division usually hands its by-products to, and the chapter of the waste code
  (``residue_priors.csv``);
- who takes materials, energy or water at all.

It is a ranking for a first talk: it neither weighs quantity, quality and price nor grants a licence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from parkloop import resources

from ..errors import InputError
from ..standards import Standards
from .residues import Family, coded, named

_MATERIAL = "material"
_SEVERAL, _UNKNOWN = re.compile("[/;,]"), "ND"
_EWC = {6: "suggest.ewc_code", 4: "suggest.ewc_group", 2: "suggest.ewc_chapter"}


@dataclass(frozen=True)
class Reason:
    """Why a division is suggested.

    ``basis`` is words, ewc, giver, ewc_chapter, any or any_fluid; ``family`` and ``use`` are empty for the last four,
    ``matched`` is the phrase or code found or the key of the prior; ``score`` is what this reason adds (1).
    """

    basis: str
    score: float
    family: str = ""
    matched: str = ""
    use: str = ""
    source: str = ""
    confidence: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A division (NACE Rev. 2) with its score (1, all together 1), its GB/T 4754 divisions and the reasons, strongest first."""

    division: str
    score: float
    gbt: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class _Use:
    givers: frozenset[str]
    division: str
    weight: float
    use: str
    source: str
    confidence: str


def divisions(code: str) -> tuple[str, ...]:
    """NACE divisions of a sector code: NACE or ISIC of two digits or more, GB/T 4754 with its letter, several by ``/``, ``;`` or ``,``.

    Empty text and ``ND`` (not documented) give none.

    Examples
    --------
    >>> divisions("3511"), divisions("0110 / 0120"), divisions("D46"), divisions("ND")
    (('35',), ('01',), ('36', '37'), ())

    Raises
    ------
    InputError
        If a part is no such code.
    """
    found: list[str] = []
    for part in (piece.strip().upper() for piece in _SEVERAL.split(code)):
        if part in ("", _UNKNOWN):
            continue
        if re.fullmatch(r"\d{2}(\.?\d{1,2})?", part):
            found.append(part[:2])
        elif re.fullmatch(r"[A-Z]\d{2,4}", part) and part[:3] in _from_gbt():
            found += _from_gbt()[part[:3]]
        else:
            raise InputError.of("suggest.unknown_division", value=part)
    return tuple(dict.fromkeys(found))


def suggest(giver: str, words: str = "", ewc: str = "", standards: Standards | None = None) -> list[Suggestion]:
    """Divisions that could take a by-product, the likeliest first.

    Parameters
    ----------
    giver
        Sector that gives it, as :func:`divisions` reads it; empty if unknown.
    words
        What it is, in a few words (English or Chinese, some words of other languages).
    ewc
        Codes of the European List of Waste, several as there; blanks and the star of hazardous entries do not count.
    standards
        Weights ``suggest.*``.

    Returns
    -------
    Suggestions whose scores add up to 1; of equal score the smaller division first. The place behind the likeliest
    (``suggest.likeliest`` of them) is that of the division to which this by-product is most special; others follow by score.

    Raises
    ------
    InputError
        If the sector or a waste code cannot be read.
    """
    number = (standards or Standards()).value
    givers, codes = divisions(giver), waste_codes(ewc)
    reasons: dict[str, list[Reason]] = defaultdict(list)
    hits, weak = named(words, number("suggest.modifier"), givers)
    for hit in hits:
        strength = number("suggest.weak_words" if weak else "suggest.words") * hit.share
        _add(reasons, "words", hit.family, hit.phrase, strength, givers)
    discount = number("suggest.ewc_beside_words") if hits and not weak else 1.0
    for code in codes:
        found, digits = coded(code)
        for family in found:
            strength = discount * number(_EWC[digits]) / len(found) / len(codes)
            _add(reasons, "ewc", family, code[:digits], strength, givers)
    kinds = {hit.family.kind for hit in hits} or {_MATERIAL}
    bases: dict[str, tuple[str, ...]] = {"any_fluid": tuple(sorted(kinds - {_MATERIAL}))}
    if _MATERIAL in kinds:  # what a sector and a chapter usually hand on are materials
        bases |= {"giver": givers, "ewc_chapter": tuple(code[:2] for code in codes), "any": ("",)}
    for basis, keys in bases.items():
        for key in keys:
            rows = _priors().get((basis, key), [])
            total = sum(row.weight for row in rows)
            for row in rows:
                share = number(f"suggest.{basis}") * row.weight / total / len(keys)
                reasons[row.division].append(
                    Reason(basis, share, matched=key, source=row.source, confidence=row.confidence)
                )
    whole = sum(reason.score for some in reasons.values() for reason in some)
    ranked = [
        Suggestion(
            division,
            sum(reason.score for reason in some) / whole,
            _to_gbt()[division],
            tuple(sorted(some, key=lambda r: (-r.score, r.basis, r.family, r.matched, r.use))),
        )
        for division, some in reasons.items()
    ]
    ranked.sort(key=lambda s: (-round(s.score, 12), s.division))
    return _with_special(ranked, number)


def _with_special(ranked: list[Suggestion], number: Callable[[str], float]) -> list[Suggestion]:
    """Behind the likeliest the division whose score stands out most from how often it takes by-products at all.

    By score alone the same few divisions that take much fill every list.
    """
    first = int(number("suggest.likeliest"))
    likeliest, rest = ranked[:first], ranked[first:]
    if not rest:
        return ranked
    prior = {row.division: row.weight for row in _priors()["any", ""]}
    total, least = sum(prior.values()), number("suggest.least_prior")

    def special(one: Suggestion) -> float:
        return one.score / max(prior.get(one.division, 0.0) / total, least) ** number("suggest.special")

    chosen = max(rest, key=special)
    return [*likeliest, chosen, *(one for one in rest if one is not chosen)]


def waste_codes(ewc: str) -> tuple[str, ...]:
    """Codes of the List of Waste as digits: chapter, group or entry (2, 4 or 6 digits); ``ND`` gives none.

    >>> waste_codes("10 01 02/16 01 03*")
    ('100102', '160103')
    """
    parts = [re.sub(r"[\s*.]", "", part) for part in _SEVERAL.split(ewc) if part.strip().upper() != _UNKNOWN]
    for part in parts:
        if part and not re.fullmatch(r"(0[1-9]|1\d|20)(\d\d){0,2}", part):
            raise InputError.of("suggest.bad_ewc", value=part)
    return tuple(dict.fromkeys(part for part in parts if part))


def _add(
    reasons: dict[str, list[Reason]],
    basis: str,
    family: Family,
    matched: str,
    strength: float,
    givers: tuple[str, ...],
) -> None:
    """Share ``strength`` among the users of a family; rows for certain givers count only for these."""
    rows = [row for row in _uses()[family.code] if not row.givers or row.givers.intersection(givers)]
    total = sum(row.weight for row in rows)
    for row in rows:
        share = strength * row.weight / total
        reasons[row.division].append(
            Reason(basis, share, family.code, matched, row.use, row.source, row.confidence)
        )


@cache
def _uses() -> dict[str, list[_Use]]:
    found: dict[str, list[_Use]] = defaultdict(list)
    for row in resources.table("knowledge", "residue_uses.csv"):
        givers = frozenset(row["givers"].split())
        use = _Use(givers, row["division"], float(row["weight"]), row["use"], row["source"], row["confidence"])
        found[row["family"]].append(use)
    return dict(found)


@cache
def _priors() -> dict[tuple[str, str], list[_Use]]:
    found: dict[tuple[str, str], list[_Use]] = defaultdict(list)
    for row in resources.table("knowledge", "residue_priors.csv"):
        prior = _Use(frozenset(), row["division"], float(row["weight"]), "", row["source"], row["confidence"])
        found[row["basis"], row["key"]].append(prior)
    return dict(found)


@cache
def _to_gbt() -> dict[str, tuple[str, ...]]:
    return {row["division"]: tuple(row["gbt"].split()) for row in resources.table("knowledge", "divisions.csv")}


@cache
def _from_gbt() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for division, codes in _to_gbt().items():
        for code in codes:
            found[code].append(division)
    return dict(found)
