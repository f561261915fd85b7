"""Whatever is wrong with the input: exit code 2, one clear sentence with a remedy in each language, nothing written.

The commands are called in this process; what they print is judged as a person sees it.
"""

from __future__ import annotations

import os
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import Result
from small_park import CRS, small_park
from typer.testing import CliRunner

from parkloop.analysis.cli import app, demo_park

CHINESE = re.compile("[\u4e00-\u9fff]")
Frames = dict[str, Any]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in; the commands' handlers of signals are taken back."""
    monkeypatch.chdir(tmp_path)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield tmp_path
    for number, handler in before.items():
        signal.signal(number, handler)


def parkloop(*words: object, lang: str = "en") -> Result:
    return CliRunner().invoke(
        app, [*map(str, words), "--lang", lang], env={"PARKLOOP_LANG": lang, "COLUMNS": "500"}
    )


def everything(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(*words: object, folder: Path, says: str | tuple[str, ...] = ()) -> str:
    """The English words of a command that must end with 2 in both languages, say ``says``, and write nothing."""
    before = everything(folder)
    told = {}
    for lang in ("en", "zh"):
        done = parkloop(*words, lang=lang)
        assert done.exit_code == 2, (done.exit_code, done.output, done.exception)
        told[lang] = done.stderr or done.output
        assert "Traceback" not in told[lang] and "{" not in told[lang]
        assert everything(folder) == before
    assert CHINESE.search(told["zh"])
    for word in (says,) if isinstance(says, str) else says:
        assert word in told["en"] and word in told["zh"], (word, told)
    for line in told["en"].splitlines():
        # a sentence that says what and where, and one that says how to mend it
        assert len(re.findall(r"[.:;?] ?(?=[A-Z]|$)", line)) >= 2, line
    return told["en"]


@cache
def frames() -> Frames:
    return dict(small_park().frames)


BARE = ("park", "parcels", "enterprises", "occupancy", "roads")


def park_file(path: Path, **layers: Any) -> Path:
    """The bare layers of the small park with raw frames in place of some, or beside them (None leaves one out)."""
    for name, frame in {**{name: frames()[name] for name in BARE}, **layers}.items():
        if frame is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a layer without CRS is written on purpose
                pyogrio.write_dataframe(frame, path, layer=name, append=path.exists())
    return path


def with_cell(layer: str, row: int, column: str, value: Any) -> Frames:
    frame = frames()[layer].copy()
    frame[column] = frame[column].astype(object) if isinstance(value, str) else frame[column]
    frame.loc[row, column] = value
    return {layer: frame}


def points_for_land() -> Frames:
    land = frames()["parcels"]
    return {"parcels": land.set_geometry(land.centroid)}


def without_crs(layer: str) -> Frames:
    return {layer: frames()[layer].set_crs(None, allow_override=True)}


# ---- the park's content

FAULTS: dict[str, tuple[Callable[[], Frames], tuple[str, ...]]] = {
    "missing layer": (lambda: {"roads": None}, ("roads",)),
    "empty layer": (lambda: {"parcels": frames()["parcels"].iloc[:0]}, ("parcels",)),
    "wrong geometry": (points_for_land, ("parcels", "P1", "Point")),
    "negative quantity": (
        lambda: with_cell("material_flows", 0, "quantity_t_a", -5.0),
        ("M1", "quantity_t_a", "-5"),
    ),
    "infinite quantity": (lambda: with_cell("enterprises", 0, "staff", np.inf), ("E1", "staff")),
    "quantity as text": (lambda: with_cell("material_flows", 0, "quantity_t_a", "ca. 40 t"), ("M1", "ca. 40 t")),
    "needed value missing": (lambda: with_cell("material_flows", 1, "material", None), ("M2", "material")),
    "missing CRS": (lambda: without_crs("roads"), ("roads",)),
    "missing CRS of the land": (lambda: without_crs("parcels"), ("parcels",)),
    "unknown code": (lambda: with_cell("parcels", 2, "land_use", "工业x"), ("P3", "land_use", "工业x")),
    "unknown firm": (lambda: with_cell("heat_streams", 0, "enterprise_id", "E99"), ("H1", "E99", "enterprises")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_park_is_told_by_run_and_by_check(place: Path, fault: str) -> None:
    change, words = FAULTS[fault]
    park = park_file(place / "park.gpkg", **change())
    before = everything(place)
    by_run, by_check = parkloop("run", park, "-o", "out"), parkloop("check", park, lang="zh")
    assert by_run.exit_code == by_check.exit_code == 2, (by_run.output, by_run.exception)
    assert everything(place) == before
    assert "Traceback" not in by_run.output + by_check.output
    for word in words:
        assert word in by_run.stderr and word in by_check.output, word
    assert CHINESE.search(by_check.output) and not CHINESE.search(by_run.stderr.replace("工业", ""))
    errors = by_run.stderr.splitlines()
    assert len(errors) == by_check.output.count("错误 "), "both commands tell the same"
    assert all(len(re.findall(r"[.:;?] ?(?=[A-Z]|$)", line)) >= 2 for line in errors), (
        "what and where, then a remedy"
    )


def test_heights_and_curves_are_no_fault(place: Path) -> None:
    land = frames()["parcels"]
    park = park_file(place / "park.gpkg", parcels=land.set_geometry(shapely.force_3d(land.geometry, 12.5), crs=CRS))
    done = parkloop("check", park)
    assert done.exit_code == 0 and "parcels" in done.output and "(Z)" in done.output
    assert parkloop("run", park, "-o", "out", "--steps", "intensity").exit_code == 0


# ---- files and folders


@pytest.mark.parametrize("command", ["run", "check"])
def test_paths_that_are_no_park(place: Path, command: str) -> None:
    (place / "empty").mkdir()
    (place / "book.gpkg").write_bytes(b"PK\x03\x04 a workbook with another name")
    (place / "cut.gpkg").write_bytes(demo_park().read_bytes()[:9000])
    (place / "notes.txt").write_text("a note")
    for name in ("nowhere.gpkg", "empty", "book.gpkg", "cut.gpkg", "notes.txt", "pg:parks/one"):
        done = parkloop(command, name)
        assert done.exit_code == 2, name
        assert "Traceback" not in done.output and name.rpartition("/")[0] in done.output
    for name, word in (("nowhere.gpkg", "nowhere.gpkg"), ("cut.gpkg", "cut.gpkg"), ("empty", "parcels")):
        refused("run", name, folder=place, says=word)


def test_places_that_cannot_be_written(place: Path) -> None:
    (place / "file").write_text("x")
    park = demo_park()
    for out in ("/proc/parkloop/out", place / "file" / "out"):
        refused("run", park, "-o", out, folder=place, says=str(out))
    for command in (
        ("synth", "-o", "/proc/park.gpkg", "--enterprises", 5),
        ("template", "-o", "/proc/book.xlsx"),
        ("synth", "-o", "park.shp", "--enterprises", 5),
        ("template", "-o", "book.csv"),
        ("check", park, "--mend", "nowhere/mended.gpkg"),
    ):
        refused(*command, folder=place)


def test_what_exists_is_not_replaced(place: Path) -> None:
    (place / "out").mkdir()
    (place / "out" / "mine.txt").write_text("keep")
    (place / "park.gpkg").write_text("keep")
    (place / "book.xlsx").write_text("keep")
    refused("run", demo_park(), "-o", "out", folder=place, says="out")
    refused("demo", "-o", "out", folder=place, says="out")
    refused("synth", "-o", "park.gpkg", folder=place, says=("park.gpkg", "--overwrite"))
    refused("template", "-o", "book.xlsx", folder=place, says=("book.xlsx", "--overwrite"))
    refused("check", demo_park(), "--mend", "park.gpkg", folder=place, says="park.gpkg")


@pytest.mark.skipif(os.name == "nt", reason="the names are not allowed there")
def test_chinese_names_spaces_and_brackets_in_paths(place: Path) -> None:
    home = place / "某 园区 [一期] 100%"
    home.mkdir()
    park = park_file(home / "现状 数据.gpkg")
    done = parkloop("run", park, "-o", home / "结果 一", "--steps", "intensity", lang="zh")
    assert done.exit_code == 0, done.output
    assert str(home / "结果 一" / "report.zh.html") in done.output.replace("\n", "")
    assert parkloop("template", "-o", home / "调查 表.xlsx", "--park", park, lang="zh").exit_code == 0
    assert parkloop("import", "xlsx", home / "调查 表.xlsx", "--into", park, lang="zh").exit_code == 0
    assert parkloop("run", park, "--steps", "intensity").exit_code == 0, "the folder here gets a name of its own"
    refused("run", home / "没有.gpkg", folder=place, says="没有.gpkg")


# ---- words of the command line and the scenario


@pytest.mark.parametrize("steps", ["sitting", "intensity,sitting", "", ",", " "])
def test_steps_that_do_not_exist(place: Path, steps: str) -> None:
    refused("run", demo_park(), "-o", "out", "--steps", steps, folder=place, says="intensity")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("name = ", "s.toml"),
        ("[siting]\nhorizont = 'near'", "siting.horizont"),
        ("[siting]\nhorizon = 'soon'", "siting.horizon"),
        ("[links]\nheat_distance_km = 99", "links.heat_distance_km"),
        ("[links]\nheat_distance_km = nan", "links.heat_distance_km"),
        ("seed = 'one'", "seed"),
        ("[standards]\n'no.such' = 1.0", "no.such"),
        ("[standards]\n'co2.grid' = nan", "s.toml"),
    ],
)
def test_scenarios(place: Path, content: str, word: str) -> None:
    (place / "s.toml").write_text(content, encoding="utf-8")
    refused("run", demo_park(), "-o", "out", "--scenario", "s.toml", folder=place, says=word)


def test_scenarios_that_cannot_be_read(place: Path) -> None:
    (place / "gbk.toml").write_bytes("name = '方案'".encode("gb18030"))
    (place / "folder").mkdir()
    for name in ("none.toml", "gbk.toml", "folder"):
        refused("run", demo_park(), "-o", "out", "--scenario", name, folder=place, says=name)


def test_folders_that_are_no_run(place: Path) -> None:
    (place / "old").mkdir()
    (place / "old" / "results.json").write_text("[1, 2")
    for name in ("old", "none"):
        refused("run", demo_park(), "-o", "out", "--reuse", name, folder=place, says=name)
        refused("compare", name, name, folder=place, says=name)


# ---- imports


def test_a_map_extract_that_is_none(place: Path) -> None:
    (place / "no.osm.pbf").write_bytes(b"hello")
    for words in (
        ("none.osm.pbf",),
        ("no.osm.pbf",),
        ("no.osm.pbf", "--bbox", "9,47,8,48"),
        ("no.osm.pbf", "--bbox", "nine"),
        ("no.osm.pbf", "--boundary", "none.geojson"),
    ):
        refused("import", "osm", *words, "-o", "park.gpkg", folder=place)


def test_layers_that_cannot_be_used(place: Path) -> None:
    (place / "a.shp").write_bytes(b"hello")
    (place / "a.xyz").write_bytes(b"hello")
    for name in ("none.shp", "a.shp", "a.xyz"):
        refused("import", "layers", name, "-o", "park.gpkg", folder=place, says=name)
    assert not list(place.glob("*.toml")), "no mapping is left behind"


def test_books_that_cannot_be_used(place: Path) -> None:
    park = park_file(place / "park.gpkg")
    (place / "no.xlsx").write_bytes(b"hello")
    empty = openpyxl.Workbook()
    empty.save(place / "empty.xlsx")
    for name in ("no.xlsx", "empty.xlsx"):
        refused("import", "xlsx", name, "--into", park, folder=place, says=name)


def test_answers_that_together_make_an_unusable_park_are_not_taken(place: Path) -> None:
    park = park_file(place / "park.gpkg", heat_streams=frames()["heat_streams"])
    assert parkloop("template", "-o", "book.xlsx", "--park", park).exit_code == 0
    book = openpyxl.load_workbook(place / "book.xlsx")
    sheet = book["heat_streams"]
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(5, heads.index("t_target_c") + 1).value = 400  # the hot stream H1 would warm up
    book.save(place / "book.xlsx")
    refused("import", "xlsx", "book.xlsx", "--into", park, folder=place, says="H1")


def test_a_table_alone_is_no_layer_of_land(place: Path) -> None:
    folder = place / "park"
    folder.mkdir()
    for name in ("park", "enterprises", "roads"):
        gpd.GeoDataFrame(frames()[name]).to_file(folder / f"{name}.geojson")
    pd.DataFrame(frames()["parcels"].drop(columns="geometry")).to_csv(folder / "parcels.csv", index=False)
    refused("run", folder, "-o", "out", folder=place, says="parcels")
