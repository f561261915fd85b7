"""Readers of the tables that the engine and the QGIS plugin share.

Standard library only and Python 3.9, because QGIS's own interpreter reads them too.
"""

import csv
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LANGUAGES = ("en", "zh")


def table(*parts: str) -> "list[dict[str, str]]":
    """Rows of one CSV file under ``resources`` as a list of dicts of strings."""
    with ROOT.joinpath(*parts).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def texts(language: str) -> "dict[str, str]":
    """All texts of one language (``en`` or ``zh``): key -> text.

    Keys are ``<room>.<name>``; each room keeps its own ``i18n/<room>.csv`` (columns key, en, zh).
    """
    found = {}
    for path in sorted(ROOT.joinpath("i18n").glob("*.csv")):
        for row in table("i18n", path.name):
            found[row["key"]] = row[language]
    return found


def text(key: str, language: str = "en", **values: object) -> str:
    """The text of ``key`` with ``values`` filled in; a missing key is our fault and raises KeyError."""
    return texts(language)[key].format(**values)


def unit(code: str, language: str = "en") -> str:
    """A unit of the schema as people read it; empty for shares and what has none. Denominators of time stay as they are."""
    if code in ("", "1"):
        return ""
    known = texts(language)
    head, *rest = code.split("/")
    return "/".join(
        [
            known.get("unit." + head, head),
            *(known.get("unit." + part, part) if part != "a" else part for part in rest),
        ]
    )


@cache
def layers() -> "dict[str, dict[str, str]]":
    """Rows of ``schema/lists/layers.csv`` by layer name, in the order of the file."""
    return {row["layer"]: row for row in table("schema", "lists", "layers.csv")}


@cache
def columns(layer: str) -> "dict[str, dict[str, str]]":
    """Rows of ``schema/<layer>.csv`` (or ``schema/results/<layer>.csv``) by column name."""
    of_park = ROOT.joinpath("schema", layer + ".csv").exists()
    rows = table("schema", layer + ".csv") if of_park else table("schema", "results", layer + ".csv")
    return {row["name"]: row for row in rows}


@cache
def codes(name: str) -> "dict[str, dict[str, str]]":
    """Rows of one code list by code: label_en, label_zh, aliases.

    ``sectors`` and ``materials`` are lists with columns of their own.
    """
    if name == "sectors":
        return {row["code"]: row for row in table("schema", "lists", "sectors.csv")}
    if name == "materials":
        return {row["code"]: row for row in table("knowledge", "materials.csv")}
    rows = table("schema", "lists", "codes.csv")
    return {row["code"]: row for row in rows if row["list"] == name}
