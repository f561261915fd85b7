"""The knowledge of who can use what: materials and substitution patterns as arrays.

Besides the written patterns each material replaces itself, one for one and without treatment.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import Any

import pandas as pd

from parkloop import resources

_GROUPS = ("mineral", "organic", "sludge", "gas")


def _read(name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = resources.table("knowledge", name)
    return rows


@cache
def materials() -> pd.DataFrame:
    """Materials by code: family, typical price (CNY/t), hazardous, waste_codes, disposal group."""
    table = pd.DataFrame(_read("materials.csv")).set_index("code")
    table["price_cny_t"] = pd.to_numeric(table["typical_price_cny_t"])
    table["hazardous"] = table["hazardous"] == "true"
    table["disposal"] = [
        _disposal(family, bad) for family, bad in zip(table["family"], table["hazardous"], strict=True)
    ]
    return table


def _disposal(family: str, hazardous: bool) -> str:
    """Which disposal cost of ``resources/standards/links.csv`` applies to a family."""
    if hazardous:
        return "hazardous"
    if family == "food_residue":
        return "organic"
    return next((group for group in _GROUPS if family.startswith(group)), "general")


@cache
def patterns() -> pd.DataFrame:
    """Substitutions, the written ones and each material for itself.

    Columns: pattern, from_material, to_material, ratio (t replaced a t given; by mass, heating value or content, as the
    column basis of the table says), treatment, cost_cny_t, min_purity_pct, saves_co2, from_sectors and to_sectors (frozensets, empty for any), source, confidence.
    """
    rows = pd.DataFrame(_read("patterns.csv"))
    written = pd.DataFrame(
        {
            "pattern": rows["pattern_id"],
            "from_material": rows["from_material"],
            "to_material": rows["to_material"],
            "ratio": pd.to_numeric(rows["ratio"]),
            "treatment": rows["treatment"],
            "cost_cny_t": pd.to_numeric(rows["treatment_cost_cny_t"]),
            "min_purity_pct": pd.to_numeric(rows["min_purity_pct"]),
            "saves_co2": rows["saves_co2"] == "true",
            "from_sectors": rows["from_sectors"].map(_split),
            "to_sectors": rows["to_sectors"].map(_split),
            "source": rows["source"],
            "confidence": rows["confidence"],
        }
    )
    codes = list(materials().index)
    same = pd.DataFrame(
        {
            "pattern": "direct",
            "from_material": codes,
            "to_material": codes,
            "ratio": 1.0,
            "treatment": "none",
            "cost_cny_t": 0.0,
            "min_purity_pct": 0.0,
            "saves_co2": False,
            "from_sectors": [frozenset()] * len(codes),
            "to_sectors": [frozenset()] * len(codes),
            "source": "same material",
            "confidence": "m",
        }
    )
    return pd.concat([written, same], ignore_index=True).sort_values(
        ["from_material", "to_material", "pattern"], ignore_index=True
    )


def near_materials(name: str, lang: str) -> str:
    """Up to three materials whose code, label or alias is spelt most like ``name``, as ``code (label)``; else a word for none.

    >>> near_materials("flyash", "en")
    'fly_ash (Coal fly ash)'
    """
    labels = resources.codes("materials")
    told = [f"{code} ({labels[code][f'label_{lang}']})" for code in _near(name.strip().lower())]
    return (", " if lang == "en" else "、").join(told) or resources.text("links.none_near", lang)


@cache
def _near(wanted: str) -> tuple[str, ...]:
    """Codes of materials with a name close to ``wanted`` (lower case), the closest first."""
    names = _names()
    close = [
        near
        for word in dict.fromkeys((_words(wanted), wanted))
        for near in difflib.get_close_matches(word, names, n=6, cutoff=0.75)
    ]
    within = [word for word in names if len(wanted) > 1 and wanted in word]
    within.sort(key=lambda word: (len(word), word))
    return tuple(dict.fromkeys(names[word] for word in (*close, *within)))[:3]


@cache
def _names() -> dict[str, str]:
    """Every code, label and alias, as written and with its words sorted, in lower case -> the code."""
    found: dict[str, str] = {}
    for code, row in resources.codes("materials").items():
        for word in (code, row["label_en"], row["label_zh"], *row["aliases"].split("|")):
            found.setdefault(word.lower(), code)
            found.setdefault(_words(word), code)
    found.pop("", None)
    return found


def _words(name: str) -> str:
    """The words of a name in lower case and in the order of the alphabet: steel scrap is scrap_steel."""
    return " ".join(sorted(re.findall(r"[^\W_]+", name.lower())))


def _split(cell: str) -> frozenset[str]:
    return frozenset(part for part in re.split(r"[;\s]+", cell) if part)


def waste_codes(text: str) -> frozenset[str]:
    """The codes of a list, without blanks.

    >>> sorted(waste_codes("900-300-34; 11 01 05*"))
    ['110105*', '900-300-34']
    """
    return frozenset(re.sub(r"\s", "", part) for part in re.split(r"[;,，；、]", text.upper()) if part.strip())


def hazard_class(code: str) -> str:
    """The class of a Chinese hazardous-waste code: its last two digits; other codes are their own class.

    >>> hazard_class("900-300-34"), hazard_class("110105*")
    ('HW34', '110105*')
    """
    match = re.fullmatch(r"\d{3}-\d{3}-(\d{2})", code)
    return "HW" + match[1] if match else code


@cache
def exemptions() -> dict[str, dict[str, Any]]:
    """Entries of the exemption list of hazardous waste by which a receiver needs no licence; by entry.

    Each holds materials, waste_codes, patterns, to_sectors (frozensets), proof, conditions_en and _zh. ``proof`` is
    ``pattern`` where pattern and receiver fix the conditions, ``stated`` where they rest on a test or a scheme of the
    province, so that the entry must stand among the receiver's licences. Entries for transport or landfill alone
    (``none``) let nobody receive, and are left out.
    """
    lists = ("materials", "waste_codes", "patterns", "to_sectors")
    return {
        row["entry"]: row | {name: _split(row[name]) for name in lists}
        for row in sorted(_read("hazard_exemptions.csv"), key=lambda row: row["entry"])
        if row["proof"] != "none"
    }


@cache
def permit(licences: str, waste_code: str, material: str, pattern: str, sector: str) -> str:
    """By what right a firm may receive a hazardous waste: the licence that covers it, else an entry of the exemption list.

    Empty where it has none. A licence for a class (HW34) covers its codes (900-300-34); a licence for a code covers that
    code alone. The material's own classes count only where the flow names no code. An entry covers its patterns and
    receiving divisions only, and only its own codes where the flow names one of eight digits
    (国家危险废物名录, annex).
    """
    held = waste_codes(licences)
    wanted = waste_codes(waste_code)
    if not wanted and material in materials().index:
        wanted = waste_codes(str(materials().at[material, "waste_codes"]))
    covering = {code for code in wanted if code in held} | {hazard_class(code) for code in wanted} & held
    if covering:
        return min(covering)
    exact = {code for code in waste_codes(waste_code) if hazard_class(code) != code}
    for name, entry in exemptions().items():
        codes_fit = not entry["waste_codes"] or exact <= entry["waste_codes"]
        use_fits = bool({pattern, "*"} & entry["patterns"]) and (
            not entry["to_sectors"] or sector in entry["to_sectors"]
        )
        known = entry["proof"] == "pattern" or name.upper() in held
        if codes_fit and use_fits and known and {material, "*"} & entry["materials"]:
            return name
    return ""
