"""The self-contained page: everything that a run found, for whoever decides about it. It asks no host for anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from parkloop import resources

from ..park.model import Park
from ..scenario import Scenario
from ..steps import Answer, StepResult
from . import doubts, facts, summary
from .describe import labels_of
from .drawing import Drawing, drawing
from .exchange import told_below
from .flows import flow_figures
from .land import TOLD_BELOW
from .mapdata import map_data, notes
from .numbers import Style, significant
from .parts import KeyFigure, Section
from .sections import BY_STEP, THEME, other

TEMPLATES = resources.ROOT / "templates" / "page"
SCRIPTS = ("errors.js", "page.js", "shapes.js", "map.js")
FONTS = (
    '"Noto Sans", "Segoe UI", "Helvetica Neue", Arial, "Noto Sans CJK SC", "Noto Sans SC", '
    '"Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif'
)


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_page(
    out_path: Path,
    park: Park,
    scenario: Scenario,
    results: Mapping[str, StepResult],
    document: Mapping[str, Any],
    lang: str,
    day: date,
    drawn: Drawing | None = None,
) -> None:
    """Write the report page of a run in one language.

    Parameters
    ----------
    out_path
        The HTML file.
    park, scenario, results
        What was run and what each step found.
    document
        The content of ``results.json``.
    lang
        ``en`` or ``zh``.
    day
        The date that the page bears.
    drawn
        ``drawing_of`` the same run, where another page of it was written already.
    """
    style = Style(lang, park.currency)
    tables = {table: frame for result in results.values() for table, frame in result.tables.items()}
    names = labels_of(park, tables, lang)
    drawn = drawn or drawing(park, tables)
    content = map_data(park, tables, style, names, facts.more(park, tables, style, names, drawn.told()), drawn)
    scripts = [(TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS]
    sections = [_section(name, result, document, style, names, tables) for name, result in results.items()]
    page = (
        _templates()
        .get_template("page.html")
        .render(
            t=style.t,
            lang=lang,
            html_lang={"zh": "zh-CN"}.get(lang, lang),
            fonts=Markup(FONTS),
            css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
            scripts=[Markup(script) for script in scripts],
            policy=_policy(scripts),
            park=document["park"],
            info=summary.head(park, scenario, document, style, day),
            sentences=summary.sentences(park, results, tables, style),
            estimates=summary.estimates(tables, document, style),
            desk_study=summary.desk_study(tables, style),
            cards=summary.cards(tables, style),
            map_json=_json(content),
            map_notes=notes(drawn, style),
            map_words=_json(
                {
                    "click": style.t("map.click"),
                    "all": style.t("map.all"),
                    "crowd": style.t("map.crowd", shown="\u0001", all="\u0002"),
                    "font": FONTS,
                }
            ),
            sections=sections,
            flows=flow_figures(park, tables.get("links"), style, names),
            money=summary.money(tables, style, names, scenario.thresholds()),
            doubts=doubts.doubts(park, results, document, style),
            sources=doubts.sources(document, results, style),
            synthetic=bool(document["park"].get("synthetic")),
        )
    )
    Path(out_path).write_text(page, encoding="utf-8")


def drawing_of(park: Park, results: Mapping[str, StepResult]) -> Drawing:
    """What the map of a run draws: the same on the page of every language, so that it is made once."""
    return drawing(park, {table: frame for result in results.values() for table, frame in result.tables.items()})


def _json(content: Any) -> Markup:
    """JSON that cannot end the script element it stands in, whatever the names in it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(
        text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028")
    )


def _policy(scripts: list[str]) -> str:
    """A content policy: only these scripts run, and nothing is fetched from anywhere."""
    digests = (base64.b64encode(hashlib.sha256(s.encode("utf-8")).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"


def _section(
    name: str,
    result: StepResult,
    document: Mapping[str, Any],
    style: Style,
    names: Mapping[str, Mapping[str, str]],
    tables: Mapping[str, pd.DataFrame],
) -> Section:
    words = resources.texts(style.lang)
    step = document["steps"].get(name, {})
    section = Section(
        f"step-{name}",
        words.get(f"{name}.title", name),
        step.get("headline", {}).get(style.lang, ""),
        method=words.get(f"{name}.method", ""),
        theme=THEME.get(name, ""),
    )
    section.numbers = result.figures
    # what the outcomes come to stands on the cards and in their table, with today and the plan beside it
    below = TOLD_BELOW if name == "intensity" else told_below(result.figures) if name == "links" else set()
    for key, figure in {} if name == "outcomes" else result.figures.items():
        if key in below:
            continue
        label = step.get("figures", {}).get(key, {}).get("label", {}).get(style.lang, key)
        shown = style.quantity(figure.value, figure.unit, big=True) or "–"
        share = significant(100 * figure.estimated_share, 2) if figure.estimated_share else ""
        section.figures.append(KeyFigure(label, shown, share))
    section.gaps = [
        _gap(answer, "exchange_kind" if name == "links" else "utility", style) for answer in result.answers
    ]
    section.gap_note = words.get(f"report.gaps.{name}", "") if section.gaps else ""
    if name in BY_STEP:
        BY_STEP[name](section, tables, style, names)
    else:
        other(section, tables, style, names, list(result.tables))
    return section


def _gap(answer: Answer, listing: str, style: Style) -> str:
    """How far an optimised answer can be from the best possible, in words."""
    last, number = re.fullmatch(r"(.*?)[-_ ]?(\d*)", answer.name.split(".")[-1]).groups()  # type: ignore[union-attr]
    known = style.code(listing, last)
    label = " ".join(p for p in (last.replace("_", " ") if known == last else known, number) if p)
    value = style.quantity(answer.objective, answer.unit, big=True)
    percent = 0.0 if answer.status == "optimal" else 100 * (answer.gap or 0.0)
    gap = significant(percent) if percent == 0 or percent >= 0.01 else "0.01"
    return style.t(f"status.{answer.status}", name=label, value=value, gap=gap)
