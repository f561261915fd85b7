"""Texts, errors, scenario, standards and the run folder."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import parkloop
from parkloop import resources
from parkloop.analysis import runfolder
from parkloop.analysis.errors import Finding, InputError
from parkloop.analysis.park import schema
from parkloop.analysis.scenario import read_scenario
from parkloop.analysis.standards import Standards
from parkloop.resources import toml


def placeholders(text: str) -> set[str]:
    """Names in braces; Chinese counts money in ten thousands where English counts in millions."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return {name.removesuffix("_zh").removesuffix("_en").replace("wan", "million") for name in names}


@pytest.mark.parametrize("room", sorted(path.stem for path in (resources.ROOT / "i18n").glob("*.csv")))
def test_every_text_exists_in_both_languages_with_the_same_placeholders(room):
    rows = resources.table("i18n", f"{room}.csv")
    for row in rows:
        assert row["en"] and row["zh"], row["key"]
        assert placeholders(row["en"]) == placeholders(row["zh"]), row["key"]
        assert None not in row, f"{row['key']}: a comma without quotes"
    assert len({row["key"] for row in rows}) == len(rows)


def test_no_text_key_stands_twice():
    seen: dict[str, str] = {}
    for path in (resources.ROOT / "i18n").glob("*.csv"):
        for row in resources.table("i18n", path.name):
            assert seen.setdefault(row["key"], path.name) == path.name, row["key"]


@pytest.mark.parametrize("layer", list(schema.layers()))
def test_schema_is_whole(layer):
    found = schema.layers()[layer]
    assert set(found.key) <= set(found.columns)
    for column in found.columns.values():
        assert column.type in schema.DTYPES, column.name
        assert all(column.label.values()) and all(column.meaning.values()), column.name
        if column.codes:
            assert resources.codes(column.codes), column.name
        if column.refers:
            assert column.refers in schema.layers() or column.refers == "materials", column.name


@pytest.mark.parametrize("table", sorted(p.stem for p in (resources.ROOT / "schema" / "results").glob("*.csv")))
def test_result_schema_is_whole(table):
    rows = resources.columns(table)
    for name, row in rows.items():
        assert None not in row, name
        assert row["type"] in schema.DTYPES, name
        assert row["label_en"] and row["label_zh"] and row["meaning_en"] and row["meaning_zh"], name
        if row["codes"]:
            assert resources.codes(row["codes"]), name


def test_standards_say_where_they_come_from():
    for standard in Standards().values():
        assert standard.source, standard.key
        assert standard.confidence in {"h", "m", "l"}, standard.key


def test_overridden_standard_is_the_users():
    key = next(iter(Standards()))
    found = Standards({key: 42.0})[key]
    assert (found.value, found.source) == (42.0, "user")
    with pytest.raises(InputError, match="does not exist"):
        Standards({"no.such": 1.0})


def test_finding_speaks_both_languages():
    finding = Finding("roads.none", layer="roads")
    assert finding.text("en") != finding.text("zh")
    assert finding.as_dict("zh")["remedy"]


def test_scenario_round_trip(tmp_path: Path):
    data = {"name": "二期", "seed": 7, "networks": {"bridge_factor": 2.5}}
    path = tmp_path / "s.toml"
    path.write_text(toml.dump(data), encoding="utf-8")
    scenario = read_scenario(path)
    assert (scenario.name, scenario.seed, scenario.networks.bridge_factor) == ("二期", 7, 2.5)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("name = ", "TOML"),
        ("nonsense = 1", "nonsense"),
        ("[networks]\nbridge_factor = -1", "networks.bridge_factor"),
        ("seed = 'x'", "seed"),
        ("[standards]\n'no.such' = 1.0", "no.such"),
    ],
)
def test_bad_scenario_is_one_clear_sentence(tmp_path: Path, content, word):
    path = tmp_path / "s.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=word.replace(".", r"\.")):
        read_scenario(path)


def test_missing_scenario_is_the_inputs_fault(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_scenario(tmp_path / "none.toml")


plain = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x7f")),
    ),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.text(string.ascii_letters, min_size=1),
        st.one_of(plain, st.dictionaries(st.text(string.ascii_letters, min_size=1), plain)),
    )
)
def test_toml_written_is_toml_read(data):
    import tomllib

    assert tomllib.loads(toml.dump(data)) == data


def test_new_folder_appears_whole_or_not_at_all(tmp_path: Path):
    out = tmp_path / "run"
    with runfolder.new_folder(out) as part:
        (part / "a").write_text("x")
        assert not out.exists()
    assert (out / "a").read_text() == "x"
    other = tmp_path / "other"
    with pytest.raises(RuntimeError), runfolder.new_folder(other) as part:
        (part / "a").write_text("x")
        raise RuntimeError("fails half way")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_an_existing_run_is_never_replaced(tmp_path: Path):
    (tmp_path / "keep").write_text("x")
    with pytest.raises(InputError, match="not empty"), runfolder.new_folder(tmp_path):
        pass
    assert (tmp_path / "keep").exists()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path):
    blocker = tmp_path / "file"
    blocker.write_text("x")
    with pytest.raises(InputError, match="Nothing can be written"), runfolder.new_folder(blocker / "run"):
        pass


def test_version_is_written_once():
    text = (resources.ROOT.parent / "metadata.txt").read_text(encoding="utf-8")
    assert f"version={parkloop.version()}" in text


def test_nothing_in_the_core_imports_qgis():
    for path in (resources.ROOT.parent / "analysis").rglob("*.py"):
        assert "import qgis" not in path.read_text(encoding="utf-8") and "from qgis" not in path.read_text(
            encoding="utf-8"
        ), path
