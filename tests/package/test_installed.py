"""The installed plugin in an empty profile, run with no window: exit codes, layers, sentences."""

import re
import sqlite3
from contextlib import closing

import pytest

from .conftest import ROOT

IDS = {
    "importosm", "checkdata", "landintensity", "circularlinks", "clusters", "sitefacilities", "routenetworks",
    "fullanalysis", "layoutreport", "checkengine",
}  # fmt: skip


def tables(path):
    with closing(sqlite3.connect(str(path))) as base:
        return {name for (name,) in base.execute("select table_name from gpkg_contents")}


def results(answer):
    """The results that qgis_process prints."""
    part = answer.stdout.split("Results\n----------------")[1]
    return dict(line.split(":\t", 1) for line in part.splitlines() if ":\t" in line)


def test_the_provider_is_there_without_an_engine(qgis_process):
    answer = qgis_process("list", engine=None)
    assert answer.returncode == 0
    assert "Traceback" not in answer.stderr
    assert set(re.findall(r"parkloop:(\w+)", answer.stdout)) == IDS


@pytest.mark.parametrize("name", ["fullanalysis", "checkengine"])
def test_without_an_engine_one_sentence_says_what_to_do(qgis_process, tmp_path, name):
    given = ["--ACTION=0"] if name == "checkengine" else ["--PARK=x.gpkg", f"--OUTPUT={tmp_path / 'out'}"]
    answer = qgis_process("run", "parkloop:" + name, *given, engine=None)
    assert answer.returncode != 0
    assert "not set up yet" in answer.stderr and "Traceback" not in answer.stderr
    assert not (tmp_path / "out").exists()


def test_the_engine_is_verified(qgis_process):
    answer = qgis_process("run", "parkloop:checkengine", "--ACTION=0")
    assert answer.returncode == 0, answer.stderr
    assert (
        results(answer)["VERSION"]
        == (
            next(line for line in (ROOT / "metadata.txt").read_text().splitlines() if line.startswith("version="))[
                8:
            ]
        )
    )


def test_a_step_runs_on_the_small_park(qgis_process, small_park_file, tmp_path):
    answer = qgis_process(
        "run", "parkloop:landintensity", f"--PARK={small_park_file}", f"--OUTPUT={tmp_path / 'out'}"
    )
    assert answer.returncode == 0, answer.stderr
    found = results(answer)
    assert found["INTENSITY_PARCELS"] == f"{tmp_path / 'out' / 'results.gpkg'}|layername=intensity_parcels"
    assert {"intensity_parcels", "intensity_checks", "intensity_park"} <= tables(tmp_path / "out" / "results.gpkg")
    assert (tmp_path / "out" / "report.en.html").stat().st_size > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_data_are_checked(qgis_process, small_park_file, tmp_path):
    target = tmp_path / "findings.gpkg"
    answer = qgis_process("run", "parkloop:checkdata", f"--PARK={small_park_file}", f"--OUTPUT={target}")
    assert answer.returncode == 0, answer.stderr
    assert results(answer)["ERRORS"] == "0"
    with closing(sqlite3.connect(str(target))) as base:
        assert base.execute("select count(*) from findings where severity='error'").fetchone() == (0,)


def test_a_bad_park_is_a_sentence(qgis_process, tmp_path):
    bad = tmp_path / "bad.gpkg"
    bad.write_text("no GeoPackage")
    answer = qgis_process("run", "parkloop:fullanalysis", f"--PARK={bad}", f"--OUTPUT={tmp_path / 'out'}")
    assert answer.returncode != 0
    assert "bad.gpkg" in answer.stderr and "Traceback" not in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.gpkg"]


def test_the_whole_analysis_writes_every_layer(qgis_process, tmp_path):
    demo = ROOT / "test_data" / "demo.gpkg"
    if not demo.exists():
        pytest.skip("the embedded demo park is not there")
    answer = qgis_process("run", "parkloop:fullanalysis", f"--PARK={demo}", f"--OUTPUT={tmp_path / 'out'}")
    assert answer.returncode == 0, answer.stderr
    help_text = qgis_process("help", "parkloop:fullanalysis").stdout
    declared = {name.lower() for name in re.findall(r"^(\w+): <outputVector>", help_text, re.MULTILINE)}
    written = tables(tmp_path / "out" / "results.gpkg") - {"layer_styles"}
    assert declared == written
    assert {name.upper() for name in written} <= set(results(answer))
