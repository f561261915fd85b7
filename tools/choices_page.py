"""Write docs/guide/choices.md and choices.zh.md: one table of every choice of a scenario, from the choices themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parkloop import resources
from parkloop.analysis.choices import describe
from parkloop.resources import toml

WORDS = {
    "en": {
        "title": "Choices of a scenario",
        "intro": "Made from `parkloop choices`. A scenario is a TOML file; a choice that is left out has its default. "
        "The [guide](guide.en.md) says how to use it.",
        "whole": "The whole run",
        "heads": ("Choice", "Default", "Allowed", "Meaning"),
        "kinds": {"bool": "true, false", "list": "list", "table": "name = number", "text": "text", "int": "whole number", "float": "number"},
        "none": "none",
        "several": "any of ",
    },
    "zh": {
        "title": "方案选项",
        "intro": "本页由`parkloop choices`生成。方案为TOML文件，未填写的选项取默认值，用法见[用户指南](guide.zh.md)。",
        "whole": "整体运行",
        "heads": ("选项", "默认值", "可选范围", "含义"),
        "kinds": {"bool": "true、false", "list": "列表", "table": "名称 = 数值", "text": "文本", "int": "整数", "float": "数值"},
        "none": "无",
        "several": "以下任意几项：",
    },
}  # fmt: skip


def page(lang: str) -> str:
    """The page of one language."""
    words = WORDS[lang]
    lines = [f"# {words['title']}", "", words["intro"], ""]
    step = None
    for choice in describe():
        if choice["step"] != step:
            step = choice["step"]
            name = f"`[{step}]` · {resources.text(f'{step}.title', lang)}" if step else words["whole"]
            lines += ["", f"## {name}", "", "| " + " | ".join(words["heads"]) + " |", "|---" * 4 + "|"]
        cells = (f"`{choice['name']}`", _default(choice, words), _allowed(choice, words), choice["label"][lang])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _default(choice: dict[str, Any], words: dict[str, Any]) -> str:
    value = choice["default"]
    if value in (None, [], {}, ""):
        return str(words["none"])
    return "`" + toml.dump({"x": value}).strip().removeprefix("x = ") + "`"


def _allowed(choice: dict[str, Any], words: dict[str, Any]) -> str:
    if choice["options"]:
        several = words["several"] if choice["type"] == "choices" else ""
        return several + ", ".join(f"`{option}`" for option in choice["options"])
    low, high = choice["minimum"], choice["maximum"]
    kind = str(words["kinds"][choice["type"]])
    bounds = [] if low is None else [f"{'>' if choice['minimum_excluded'] else '≥'} {low:g}"]
    bounds += [] if high is None else [f"≤ {high:g}"]
    return f"{kind} {', '.join(bounds)}".strip()


if __name__ == "__main__":
    guide = Path(__file__).resolve().parent.parent / "docs" / "guide"
    guide.mkdir(exist_ok=True)
    (guide / "choices.md").write_text(page("en"), encoding="utf-8")
    (guide / "choices.zh.md").write_text(page("zh"), encoding="utf-8")
