"""What a group is called: its leading chain, from the strongest exchanges inside; else its leading sectors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from parkloop import resources

REMARK = re.compile(r"\s*[(（].*?[)）]")


class Link(NamedTuple):
    """What one sector gives another: sectors, kind of exchange, material (empty for heat and water)."""

    giver: str
    taker: str
    kind: str
    material: str


def sector(code: str, lang: str) -> str:
    """Short name of a division; its full name where none is kept, else the code."""
    known = resources.texts(lang).get(f"clusters.sector.{code}")
    return known or resources.codes("sectors").get(code, {}).get(f"label_{lang}", code)


def carried(kind: str, material: str, lang: str) -> str:
    """What an exchange carries: the material without remarks, else the kind (heat, water)."""
    known = resources.codes("materials").get(material) if kind == "material" else None
    label = (
        known[f"label_{lang}"]
        if known
        else resources.codes("exchange_kind").get(kind, {}).get(f"label_{lang}", kind)
    )
    return _inside(REMARK.sub("", label))


def chain(exchanges: pd.DataFrame) -> list[Link]:
    """The leading chain: the strongest link between two sectors, and the strongest that leads on from its taker or to its giver.

    Parameters
    ----------
    exchanges
        Of one group: ``from_sector``, ``to_sector``, ``kind``, ``material``, ``strength``.

    Returns
    -------
    list
        At most two links, of three different sectors, in the order of the chain.
    """
    columns = (exchanges[name] for name in ("from_sector", "to_sector", "kind", "material", "strength"))
    total: dict[tuple[str, str], float] = {}
    parts: dict[tuple[str, str], dict[tuple[str, str], float]] = {}
    for giver, taker, kind, material, strength in zip(*columns, strict=True):
        if giver and taker and giver != taker:
            total[giver, taker] = total.get((giver, taker), 0.0) + strength
            part = parts.setdefault((giver, taker), {})
            part[kind, material] = part.get((kind, material), 0.0) + strength
    best = sorted(total, key=lambda pair: (-round(total[pair], 9), pair))
    links = [Link(*pair, *min(parts[pair], key=lambda what: (-round(parts[pair][what], 9), what))) for pair in best]
    if not links:
        return []
    first = links[0]
    for link in links[1:]:
        if link.giver == first.taker and link.taker != first.giver:
            return [first, link]
        if link.taker == first.giver and link.giver != first.taker:
            return [link, first]
    return [first]


def spelled(links: Sequence[Link], lang: str) -> str:
    """A chain in words: its sectors, and what is carried; empty without any link."""
    if not links:
        return ""
    first, *rest = (sector(code, lang) for code in (links[0].giver, *(link.taker for link in links)))
    sectors = resources.text("clusters.chain.between", lang).join([first, *map(_inside, rest)])
    what = dict.fromkeys(carried(link.kind, link.material, lang) for link in links)
    return resources.text(
        "clusters.chain", lang, sectors=sectors, carried=resources.text("clusters.chain.comma", lang).join(what)
    )


def names(chains: Sequence[str], sectors: Sequence[Mapping[str, int]], lang: str) -> list[str]:
    """Name of each group: its chain, else its leading sector and the second where it has at least half as many firms.

    Groups of the same name are numbered.

    Parameters
    ----------
    chains
        ``spelled`` of each group.
    sectors
        For each group the number of firms of each sector, the leading one first (``members.leading``).
    """
    found = []
    for words, count in zip(chains, sectors, strict=True):
        known = [code for code in count if code in resources.codes("sectors")]
        called = [sector(code, lang) for code in known[:2]]
        if words:
            found.append(resources.text("clusters.name.one", lang, first=words))
        elif not called:
            found.append(resources.text("clusters.name.mixed", lang))
        elif len(called) == 1 or 2 * count[known[1]] < count[known[0]]:
            found.append(resources.text("clusters.name.one", lang, first=called[0]))
        else:
            found.append(resources.text("clusters.name.two", lang, first=called[0], second=_inside(called[1])))
    total, seen = Counter(found), Counter[str]()
    for place, name in enumerate(found):
        if total[name] > 1:
            seen[name] += 1
            found[place] = resources.text("clusters.name.numbered", lang, name=name, number=seen[name])
    return found


def _inside(label: str) -> str:
    """A label inside a sentence: its first letter small, unless it is an abbreviation."""
    return label if len(label) > 1 and label[1].isupper() else label[:1].lower() + label[1:]
