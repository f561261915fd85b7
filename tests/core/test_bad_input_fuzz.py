"""Parks broken at random are told in sentences, and strange but valid ones run to a page without an empty chart.

Each example damages a few cells, shapes or layers of the small park, writes it, and reads it as the commands do.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_park import CRS, box, line, small_park

from parkloop import resources
from parkloop.analysis import pipeline, runfolder
from parkloop.analysis.errors import Finding, InputError
from parkloop.analysis.park import checks, schema
from parkloop.analysis.park.raw import load
from parkloop.analysis.park.read import check_park, examine, read_park
from parkloop.analysis.park.terrain import heights
from parkloop.analysis.scenario import Scenario

Frames = dict[str, Any]
SMALL: Frames = dict(small_park().frames)
EVIL = "<script>alert(1)</script></script><img src=x onerror=alert(2)>\"'{{ 7*7 }} {x} [red] %s \\\n2"
FEW = ("park", "parcels", "enterprises", "occupancy", "roads", "heat_streams")
CELLS = [
    -5.0,
    np.nan,
    np.inf,
    1e308,
    0.0,
    "",
    " ",
    "ca. 40 t",
    "1,5",
    EVIL,
    "P1",
    "p1",
    "很长" * 3000,
    "\x01\x1b[31m",
    None,
]
SHAPES = [
    None, shapely.Polygon(), shapely.Point(1, 1), line((0, 0), (0, 0)), box(0, 0, 1e-4, 1e-4), box(1e9, 1e9, 1e9 + 5, 1e9 + 5),
    shapely.Polygon([(500_000, 3_500_000), (500_200, 3_500_150), (500_200, 3_500_000), (500_000, 3_500_150)]),
    shapely.GeometryCollection([box(0, 0, 50, 50), shapely.Point(1, 1)]), shapely.force_3d(box(0, 0, 50, 50), 7.0),
    line((0, 160), (640, 161)), shapely.MultiPolygon([box(0, 0, 80, 80), box(90, 90, 120, 120)]),
]  # fmt: skip
SYSTEMS = [None, 4326, 3857, 3031, 32601]


def write(path: Path, frames: Frames) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a layer without CRS is written on purpose
        for name, frame in frames.items():
            pyogrio.write_dataframe(frame, path, layer=name, append=path.exists())
    return path


def damaged(frames: Frames, data: st.DataObject) -> None:
    """Do one thing to one layer."""
    name = data.draw(st.sampled_from(sorted(frames)))
    frame = frames[name].copy()
    what = data.draw(st.sampled_from(["cell", "column", "rows", "twice", "drop", "shape", "crs", "shuffle"]))
    placed = isinstance(frame, gpd.GeoDataFrame)
    column = data.draw(st.sampled_from([c for c in frame.columns if c != "geometry"]))
    row = data.draw(st.integers(0, max(len(frame) - 1, 0)))
    if what == "drop":
        del frames[name]
        return
    if what == "cell" and len(frame):
        frame[column] = frame[column].astype("object").map(lambda v: None if pd.isna(v) else str(v))
        value = data.draw(st.sampled_from(CELLS))
        frame.loc[frame.index[row], column] = value if value is None else str(value)
    elif what == "column":
        frame = frame.drop(columns=column)
    elif what == "rows":
        frame = frame.iloc[: data.draw(st.integers(0, 1))]
    elif what == "twice":
        frame = pd.concat([frame, frame.iloc[:2]], ignore_index=True)
    elif what == "shuffle":
        frame = frame.iloc[::-1]
    elif what == "shape" and placed and len(frame):
        shapes = list(frame.geometry)
        shapes[row] = data.draw(st.sampled_from(SHAPES))
        frame = frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))
    elif what == "crs" and placed:
        frame = frame.set_crs(data.draw(st.sampled_from(SYSTEMS)), allow_override=True)
    frames[name] = frame


def told(finding: Finding) -> None:
    for lang in resources.LANGUAGES:
        text, remedy = finding.text(lang), finding.remedy(lang)
        assert text and remedy and "Traceback" not in text + remedy
        assert not re.search(r"\bnan\b|<NA>|Error\b", text.replace(EVIL, "")), text


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_damaged_park_is_read_or_refused_in_sentences(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    frames = {name: SMALL[name] for name in FEW}
    for _ in range(data.draw(st.integers(1, 3))):
        if frames:
            damaged(frames, data)
    path = write(tmp_path_factory.mktemp("fuzz") / "park.gpkg", frames or {"notes": pd.DataFrame({"a": [1]})})
    park, found = examine(load(path))
    refused = any(finding.severity == "error" for finding in found)
    assert park is not None or refused
    for finding in [*found, *([] if park is None else checks.advise(park))]:
        told(finding)
    if park is None or refused:
        return
    for name in park:
        numbers = park[name].select_dtypes("number")
        assert not np.isinf(numbers.to_numpy(float, na_value=np.nan)).any(), name
        assert not schema.layers()[name].geometry or park[name].crs == park.crs


def test_a_line_of_which_one_coordinate_is_no_number_is_told(tmp_path: Path) -> None:
    """The bounds of a shape leave NaN out, so they do not tell."""
    roads = SMALL["roads"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = [shapely.LineString([(500_000, 3_500_000), (np.nan, 3_500_000), (500_100, 3_500_000)])]
    broken = roads.set_geometry(gpd.GeoSeries([*shapes, *roads.geometry[1:]], roads.index, crs=CRS))
    path = write(tmp_path / "park.gpkg", {**SMALL, "roads": broken})
    errors = [f for f in check_park(path) if f.severity == "error"]
    assert [(f.key, f.layer, f.id) for f in errors] == [("check.geometry_not_finite", "roads", "R1")]


def without(*layers: str) -> Frames:
    return {name: frame for name, frame in SMALL.items() if name not in layers}


def excluded() -> Frames:
    row = {"exclusion_id": ["X"], "kind": ["other"]}
    return {**SMALL, "exclusions": gpd.GeoDataFrame(row, geometry=[box(-900, -900, 900, 900)], crs=CRS)}


def named() -> Frames:
    frames = {name: frame.assign(name=EVIL) if "name" in frame else frame for name, frame in SMALL.items()}
    return {**frames, "park": frames["park"].drop(columns="base_year")}


def one_firm() -> Frames:
    kept = {name: SMALL[name] for name in ("park", "roads")}
    return {**kept, **{name: SMALL[name].iloc[:1] for name in ("parcels", "enterprises", "occupancy")}}


def nothing_built() -> Frames:
    bare = without("buildings", "occupancy", "material_flows", "exchanges", "heat_streams", "water_streams")
    return {**bare, "parcels": SMALL["parcels"].assign(building_status="unbuilt")}


STRANGE: dict[str, Callable[[], Frames]] = {
    "names as code": named, "one firm": one_firm, "nothing built": nothing_built, "no site left": excluded,
}  # fmt: skip


@pytest.mark.parametrize("case", STRANGE)
def test_a_strange_park_runs_to_a_page(tmp_path: Path, case: str) -> None:
    run = pipeline.run(read_park(write(tmp_path / "park.gpkg", STRANGE[case]())), Scenario())
    folder = tmp_path / "out"
    folder.mkdir()
    runfolder.write(run, folder, "en")
    document = json.loads(
        (folder / runfolder.DOCUMENT).read_text(encoding="utf-8"),
        parse_constant=lambda word: pytest.fail(f"{word} in the results"),
    )
    assert all(step["headline"]["en"] and step["headline"]["zh"] for step in document["steps"].values())
    for lang in resources.LANGUAGES:
        page = (folder / f"report.{lang}.html").read_text(encoding="utf-8")
        assert "<script>alert" not in page and "<img src=x" not in page
        assert case != "names as code" or "&lt;img" in page
        for chart in re.findall(r'<svg class="(?:chart|sankey)".*?</svg>', page, re.S):
            assert re.search("<(rect|path|polyline|circle)", chart)
        assert ">nan<" not in page and ">None<" not in page


def test_what_a_killed_run_left_is_cleared_and_a_living_one_is_not(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    own = runfolder.temporary(tmp_path / "out")
    stem = own.name.rpartition("-")[0]
    left, living = tmp_path / f"{stem}-{dead.pid}", tmp_path / f"{stem}-1"
    for folder in (left, living):
        folder.mkdir()
    with runfolder.new_folder(tmp_path / "out") as part:
        assert part == own and living.exists()
        assert left.exists() == (sys.platform == "win32")


def test_a_run_that_was_overtaken_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused, runfolder.new_folder(tmp_path / "out"):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "results.json").write_text("of another run")
    assert refused.value.findings[0].key == "run.out_exists"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_raster_over_a_part_of_the_park_has_no_height_elsewhere(tmp_path: Path) -> None:
    import rasterio

    park = small_park()
    x0, y0, _, _ = park["parcels"].total_bounds
    path = tmp_path / "west.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs=park.crs.to_wkt(),
        transform=rasterio.Affine(10, 0, x0, 0, -10, y0 + 200),
    ) as raster:  # fmt: skip
        raster.write(np.full((1, 20, 20), 12.0, "float32"))
    half = type(park)(park.frames, park.crs, park.source_crs, path)
    places = gpd.GeoSeries(gpd.points_from_xy([x0 + 50, x0 + 5000], [y0 + 50, y0 + 50]), crs=park.crs)
    assert heights(half, places[:1]) == pytest.approx([12.0])
    assert np.isnan(heights(half, places[1:])).all()
    away = type(park)(small_park(parcels=park["parcels"].assign(geometry=park["parcels"].translate(9e4))).frames,
                      park.crs, park.source_crs, path)  # fmt: skip
    with pytest.raises(InputError, match=r"west\.tif"):
        heights(away, places[1:])
