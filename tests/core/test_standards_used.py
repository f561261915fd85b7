"""The sources that a run names: only what its steps read, and each in the reader's language."""

from __future__ import annotations

import re

import pytest

from parkloop import resources
from parkloop.analysis import pipeline, runfolder
from parkloop.analysis.cli import demo_park
from parkloop.analysis.park.read import read_park
from parkloop.analysis.report.describe import origin
from parkloop.analysis.report.numbers import Style
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.standards import Standards, listening

WORD = re.compile(r"(?<![A-Za-z])[a-z]{4,}")


def test_only_keys_read_inside_the_block_are_heard():
    standards = Standards()
    standards["land.ideal.A11"]
    with listening() as keys:
        standards.value("outcomes.days")
        list(standards)
    standards["land.ideal.A12"]
    assert keys == {"outcomes.days"}


def test_a_run_names_the_standards_of_its_steps_and_no_others():
    park = read_park(str(demo_park()))
    run = pipeline.run(park, Scenario(), ["intensity"])
    document = runfolder.document(run)
    named = [entry["key"] for entry in document["sources"]]
    assert named == sorted(named) == document["steps"]["intensity"]["standards"]
    assert "land.ideal.A11" in named and not [key for key in named if key.startswith("siting.")]


@pytest.mark.parametrize("column", ["source", "clause"])
def test_no_english_sentence_stays_in_a_chinese_report(column):
    for standard in Standards().values():
        text = origin(getattr(standard, column), Style("zh"))
        assert not WORD.search(text), (standard.key, text)


def test_every_named_source_is_one_of_the_standards_or_results():
    used = {
        part for standard in Standards().values() for part in f"{standard.source}; {standard.clause}".split("; ")
    }
    results = {
        "plan",
        "user",
        "local",
        "synthetic",
        "same material",
        "temperatures and distance",
        "flows and quality",
        "sector profiles",
        "IAPWS-IF97",
        "ideal gas",
        "handbook practice",
        "GB/T 37243-2019",
    }
    results |= {part for row in resources.table("knowledge", "patterns.csv") for part in row["source"].split("; ")}
    results |= {"MEE and NBS grid factor", "sum of the projects"}
    results |= {part for row in resources.table("knowledge", "outcomes.csv") for part in row["source"].split("; ")}
    tags = resources.table(
        "knowledge", "osm_exclusions.csv"
    )  # a tag found on the map, and the rule for its surroundings
    results |= {f"{row['key']}={row['value']}" for row in tags} | {row["source"] for row in tags}
    named = {row["key"].removeprefix("sources.") for row in resources.table("i18n", "sources.csv")}
    assert named <= used | results
