"""The guide and the README say what is true: their commands, options, layers, links and scenario exist."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
import typer
from click import Command, Group

from parkloop import resources
from parkloop.analysis.cli import app
from parkloop.analysis.scenario import read_scenario

ROOT = resources.ROOT.parent
GUIDES = [ROOT / "docs" / "guide" / name for name in ("guide.en.md", "guide.zh.md")]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *GUIDES]


def blocks(page: Path) -> list[str]:
    """The indented lines of a page, as printed."""
    return [line[4:] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("    ")]


def commands(page: Path) -> list[list[str]]:
    text = page.read_text(encoding="utf-8")
    lines = [line for line in blocks(page) if line.startswith("parkloop ")]
    lines += re.findall(r"`(parkloop [^`]+)`", text)
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_printed_is_one(page: Path) -> None:
    assert commands(page)
    for words in commands(page):
        command: Command = typer.main.get_command(app)
        while isinstance(command, Group):
            assert words[0] in command.commands, words
            command = command.commands[words.pop(0)]
        # the words are parsed, nothing is run
        command.make_context(command.name, words).close()


def test_the_guides_print_the_same_commands() -> None:
    kinds = [
        [[word for word in words if not word.startswith("zh")][:2] for words in commands(page)] for page in GUIDES
    ]
    assert kinds[0] == kinds[1]
    heads = [re.findall(r"(?m)^(#+) ", page.read_text(encoding="utf-8")) for page in GUIDES]
    rows = [len(re.findall(r"(?m)^\|", page.read_text(encoding="utf-8"))) for page in GUIDES]
    assert heads[0] == heads[1] and rows[0] == rows[1]


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("docs/guide/*.md")], ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    titles = {
        re.sub(r"[^\w\- ]", "", t).strip().lower().replace(" ", "-") for t in re.findall(r"(?m)^#+ (.*)$", text)
    }
    for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        if target.startswith("#"):
            assert target[1:] in titles, target
        elif "benchmarks.md" not in target:  # written by `make bench`
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", GUIDES, ids=lambda path: path.name)
def test_every_layer_named_exists_and_every_result_is_named(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    results = {path.stem for path in (resources.ROOT / "schema" / "results").glob("*.csv")}
    named = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"(?m)^\| `.*$", text))))
    assert results <= named
    required = {name for name, row in resources.layers().items() if row["required"] == "yes"}
    assert required <= named


@pytest.mark.parametrize("page", GUIDES, ids=lambda path: path.name)
def test_the_scenario_printed_is_one(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    (content,) = re.findall(r"(?ms)^    (name = .*?^    \"networks[^\n]*)", text)
    path = tmp_path / "s.toml"
    path.write_text(re.sub(r"(?m)^    ", "", content), encoding="utf-8")
    scenario = read_scenario(path)
    assert scenario.siting.pin and scenario.standards


def test_the_tables_of_choices_are_those_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.delitem(sys.modules, "choices_page", raising=False)
    import choices_page

    for lang, name in (("en", "choices.md"), ("zh", "choices.zh.md")):
        assert (ROOT / "docs" / "guide" / name).read_text(encoding="utf-8") == choices_page.page(lang), (
            "run make docs"
        )
