"""What could be wrong: estimates in the data, findings of the steps, and the sources of every number used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parkloop import resources

from ..park.model import Park
from ..steps import StepResult
from .describe import fields, origin, title
from .numbers import ASSUMPTION, Style, plain, significant, symbols
from .parts import Table, plain_table

ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Doubt:
    """A finding, told once for all rows that it is true of."""

    severity: str
    severity_label: str
    step: str
    text: str
    remedy: str
    times: int


@dataclass(frozen=True)
class Doubts:
    """Findings by weight, and the table of what was estimated."""

    findings: list[Doubt]
    estimates: list[Table]


def doubts(park: Park, results: Mapping[str, StepResult], document: Mapping[str, Any], style: Style) -> Doubts:
    """Findings (the same kind once, with a count) and the share of estimates by layer and column."""
    words = resources.texts(style.lang)
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for step in results:
        for finding in document["steps"].get(step, {}).get("findings", []):
            grouped.setdefault((step, finding.get("key", finding["text"][style.lang])), []).append(finding)
    findings = []
    for (step, _), same in grouped.items():
        first = min(same, key=lambda f: ORDER.get(f["severity"], 3))
        findings.append(
            Doubt(
                first["severity"],
                style.t(f"severity.{first['severity']}"),
                words.get(f"{step}.title", step),
                _worded(first, "text", style),
                _worded(first, "remedy", style),
                len(same),
            )
        )
    findings.sort(key=lambda d: ORDER.get(d.severity, 3))
    return Doubts(findings, _estimates(park, style))


def _worded(finding: Mapping[str, Any], part: str, style: Style) -> str:
    """The sentence or remedy of a finding, its source named in the language of the page."""
    text, source = str(finding[part][style.lang]), (finding.get("values") or {}).get("source")
    return text.replace(source, origin(source, style)) if isinstance(source, str) and source else text


def _estimates(park: Park, style: Style) -> list[Table]:
    lines: list[list[Any]] = []
    for layer in park:
        frame = park[layer]
        if "estimated" not in frame or frame.empty:
            continue
        counts: Counter[str] = Counter()
        for text, rows in frame["estimated"].value_counts().items():  # few texts, on many rows
            counts.update({name: rows for name in str(text).split(";") if name})
        described = fields(layer, frame, style.lang)
        for column in sorted(counts, key=lambda c: (-counts[c], c)):
            label = described[column].label if column in described else _shape(column, style)
            filled = int(frame[column].notna().sum()) if column in frame else len(frame)
            n = counts[column]
            share = 100 * n / max(filled, n)
            lines.append([title(layer, style.lang), label, (f"{n:,}", n), (significant(round(share, 1)), share)])
    if not lines:
        return []
    heads = [("layer", False), ("column", False), ("count", True), ("share", True)]
    named = [(style.t(f"estimates.head.{key}"), numeric) for key, numeric in heads]
    return [plain_table("estimates", style.t("estimates.table"), named, lines)]


def _shape(column: str, style: Style) -> str:
    return style.t("geometry") if column == "geometry" else column


def sources(document: Mapping[str, Any], results: Mapping[str, StepResult], style: Style) -> list[Table]:
    """Every threshold and factor with its source, edition, clause and how sure it is."""
    lines: list[list[Any]] = []
    for entry in sorted(document.get("sources", []), key=lambda e: str(e["key"])):
        assumed = entry["source"] == ASSUMPTION
        sure = "assumption" if assumed else entry["confidence"]
        confidence = style.t(f"confidence.{sure}") if sure in {"h", "m", "l", "assumption"} else ""
        place = " ".join(p for p in (origin(str(entry["source"]), style), str(entry["edition"])) if p)
        value = entry["value"]
        lines.append(
            [
                entry["key"],
                (plain(float(value)), value),
                symbols(str(entry["unit"])),
                place,
                origin(str(entry["clause"]), style),
                confidence,
                entry.get(f"note_{style.lang}", ""),
            ]
        )
    if not lines:
        return []
    heads = [
        ("key", False),
        ("value", True),
        ("unit", False),
        ("source", False),
        ("clause", False),
        ("confidence", False),
        ("note", False),
    ]
    named = [(style.t(f"sources.head.{key}"), numeric) for key, numeric in heads]
    return [plain_table("sources", style.t("sources.table"), named, lines)]
