"""Codes, sources and figures as the findings of siting put them into words."""

from __future__ import annotations

from parkloop import resources


def words(kind: str, code: str) -> dict[str, str]:
    """Labels of a code in every language, as values of a text: ``{utility_en}``, ``{utility_zh}``."""
    name = "rule" if kind == "siting_rule" else kind
    row = resources.codes(kind)[code]
    return {f"{name}_{lang}": row[f"label_{lang}"] for lang in resources.LANGUAGES}


def source_of(source: str) -> dict[str, str]:
    """The name of a source in every language, as values of a text: ``{source_en}``, ``{source_zh}``."""
    known = {lang: resources.texts(lang) for lang in resources.LANGUAGES}
    return {
        f"source_{lang}": "; ".join(texts.get(f"sources.{part}", part) for part in source.split("; "))
        for lang, texts in known.items()
    }


def shown(value: float) -> str:
    """A number as a sentence shows it."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
