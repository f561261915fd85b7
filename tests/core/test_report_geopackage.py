"""The GeoPackage of results: complete, in the user's CRS, the same each time, and styled in a real QGIS."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pyogrio
import pytest
import report_results

from parkloop.analysis.report import qml, write_results_gpkg
from parkloop.analysis.report.numbers import Style
from parkloop.analysis.report.symbology import class_index, classes, looks, palette, sizes

QGIS_PYTHON = Path("/usr/bin/python3")
HAS_QGIS = (
    QGIS_PYTHON.exists()
    and subprocess.run([QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True).returncode == 0
)

# What a QGIS user meets: styles, labels, aliases and tips, and a map that is not blank.
SCRIPT = """
import json, os, sys
from qgis.core import *
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
app = QgsApplication([], False); app.initQgis()
path, names = sys.argv[1], sys.argv[2].split(",")
told, drawn = {}, []
for name in names:
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    message, loaded = layer.loadDefaultStyle()
    fields = layer.fields()
    feature = next(layer.getFeatures())
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(feature)
    labels = layer.labeling().settings() if layer.isSpatial() and layer.labelsEnabled() else None
    expression = QgsExpression(labels.fieldName) if labels else None
    told[name] = {
        "valid": layer.isValid(), "loaded": loaded,
        "renderer": layer.renderer().type() if layer.isSpatial() else "",
        "aliases": {f.name(): f.alias() for f in fields},
        "tip": QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context),
        "label": expression.evaluate(context) if expression else "",
        "broken": (expression.hasParserError() or expression.hasEvalError()) if expression else False,
        "styles": layer.listStylesInDatabase()[0] if layer.isSpatial() else 0,
    }
    if layer.isSpatial():
        drawn.append(layer)
    if name == "links":
        line = layer.renderer().symbols(QgsRenderContext())[0].symbolLayer(0)
        width = QgsExpression(line.dataDefinedProperties().property(QgsSymbolLayer.PropertyStrokeWidth).expressionString())
        told[name]["widths"] = {}
        for feature in layer.getFeatures():
            context.setFeature(feature)
            told[name]["widths"][feature["link_id"]] = width.evaluate(context)
settings = QgsMapSettings()
settings.setLayers(drawn); settings.setDestinationCrs(drawn[0].crs()); settings.setBackgroundColor(QColor("white"))
extent = QgsRectangle(); extent.setMinimal()
for layer in drawn:
    extent.combineExtentWith(layer.extent())
settings.setExtent(extent); settings.setOutputSize(QSize(300, 300))
job = QgsMapRendererSequentialJob(settings); job.start(); job.waitForFinished()
image = job.renderedImage()
told["colours"] = len({image.pixel(x, y) for x in range(0, 300, 3) for y in range(0, 300, 3)})
print(json.dumps(told), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gpkg") / "results.gpkg"
    park = report_results.fake_park(24)
    write_results_gpkg(path, report_results.fake_results(park), park.crs, park.source_crs, "zh", park)
    return path


def test_every_table_is_there_in_the_users_crs(written: Path) -> None:
    park = report_results.fake_park(24)
    layers = {name for name, _ in pyogrio.list_layers(written)}
    for result in report_results.fake_results(park).values():
        for name, frame in result.tables.items():
            assert name in layers
            back = pyogrio.read_dataframe(written, layer=name)
            assert len(back) == len(frame)
            assert list(back.columns.drop("geometry", errors="ignore")) == [c for c in frame if c != "geometry"]
            if "geometry" in frame:
                assert back.crs == park.source_crs
                again = back.to_crs(park.crs).geometry.centroid
                assert again.distance(frame.geometry.centroid, align=False).max() < 0.01


def test_same_results_give_the_same_file(tmp_path: Path) -> None:
    park = report_results.fake_park(24)
    for name in ("a.gpkg", "b.gpkg"):
        write_results_gpkg(
            tmp_path / name, report_results.fake_results(park), park.crs, park.source_crs, "en", park
        )
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_each_layer_has_a_style_a_language_and_one_default(written: Path) -> None:
    styles = pyogrio.read_dataframe(written, layer="layer_styles")
    tables = {name for name, _ in pyogrio.list_layers(written)} - {"layer_styles"}
    assert set(styles["f_table_name"]) == tables
    for _, own in styles.groupby("f_table_name"):
        assert {"en", "zh"} <= set(own["styleName"])
        assert list(own.loc[own["useAsDefault"].astype(bool), "styleName"]) == ["zh"]
    for text in styles["styleQML"]:
        assert ElementTree.fromstring(text).tag == "qgis"


def test_styles_carry_markup_in_names_as_text() -> None:
    park = report_results.fake_park(24)
    frame = report_results.fake_results(park)["clusters"].tables["cluster_areas"].copy()
    frame["cluster_id"] = report_results.EVIL
    text = qml.document(looks()["cluster_areas"], frame, Style("en"), {})
    values = [c.get("value") for c in ElementTree.fromstring(text).iter("category")]
    assert values == [report_results.EVIL]


def test_classes_cover_codes_ranges_and_sizes() -> None:
    park = report_results.fake_park(24)
    results = report_results.fake_results(park)
    land = results["intensity"].tables["intensity_parcels"]
    look = looks()["intensity_parcels"]
    legend = classes(look, land, Style("en"))
    place = class_index(look, land, legend)
    for named, position in zip(land["score_class"], place, strict=True):
        assert (legend[position].value if position >= 0 else "") == named  # no class, no colour
    assert next(one.label for one in legend) == "Good (60–100)"
    pipes = results["networks"].tables["network_pipes"]
    look = looks()["network_pipes"]
    assert {c.colour for c in classes(look, pipes, Style("zh"))} <= {c for c, _ in palette("utility").values()}
    width = dict(zip(pipes["dn_mm"], sizes(look, pipes), strict=True))
    assert width[100.0] < width[300.0] < width[600.0] <= look.size_max_mm


def test_views_by_quantiles_hold_every_row_and_say_round_limits() -> None:
    look = looks()["investment_cur_ha"]
    for amounts in ([1.23456e6 * k for k in range(1, 100)], [5.0e6] * 9, [0.0, 7.7777e7], [None, None]):
        land = pd.DataFrame({"investment_cur_ha": pd.Series([*amounts, None], dtype=float)})
        legend = classes(look, land, Style("zh"))
        drawn = [
            sum(c.low <= amount <= c.high for c in legend) >= 1 for amount in land["investment_cur_ha"].dropna()
        ]
        assert all(drawn)
        assert class_index(look, land, legend).tolist()[-1] == -1
    legend = classes(look, pd.DataFrame({"investment_cur_ha": [1.23456e6 * k for k in range(1, 100)]}), Style("zh"))
    assert len(legend) == 5 and legend[1].label == "2,540–4,960\u00a0万元/hm²"
    assert len({c.colour for c in legend}) == 5


@pytest.mark.skipif(not HAS_QGIS, reason="no QGIS here to load the styles in")
def test_qgis_loads_styles_aliases_labels_and_tips(written: Path, tmp_path: Path) -> None:
    script = tmp_path / "look.py"
    script.write_text(SCRIPT, encoding="utf-8")
    names = [name for name, _ in pyogrio.list_layers(written) if name != "layer_styles"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PROJ", "GDAL"))}
    done = subprocess.run(
        [QGIS_PYTHON, script, written, ",".join(names)],
        capture_output=True, timeout=120, env={**clean, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    told = json.loads(done.stdout.decode("utf-8").splitlines()[-1])
    assert told.pop("colours") > 20  # layers are drawn, in many colours
    for name, layer in told.items():
        assert layer["valid"] and layer["loaded"] and not layer["broken"], name
        if layer["renderer"]:
            assert layer["styles"] >= 2, name
            assert layer["tip"] and "[%" not in layer["tip"], name
    links = report_results.fake_results(report_results.fake_park(24))["links"].tables["links"]
    wide = dict(zip(links["link_id"], sizes(looks()["links"], links), strict=True))
    assert told["links"]["widths"] == pytest.approx(wide)  # as on the page: tonnes, kW and t/d alike
    assert told["network_pipes"]["renderer"] == "categorizedSymbol"
    assert told["intensity_parcels"]["renderer"] == "categorizedSymbol"
    assert told["network_pipes"]["aliases"]["dn_mm"] == "公称直径 (mm)"
    assert "供热" in told["network_pipes"]["tip"] or "燃气" in told["network_pipes"]["tip"]
    assert told["sites"]["label"].split("\n")[1] == "5,200 m³/h"


def test_a_link_that_ends_is_grey_and_dashed_whatever_it_carries() -> None:
    rows = pd.DataFrame({"kind": ["heat", "heat", "water"], "status": ["existing", "ended", "proposed"]})
    found = classes(looks()["links"], rows, Style("en"))
    assert [(one.label, one.colour, one.dashed) for one in found] == [
        ("Heat · Existing", "#d7301f", False),
        ("Heat · Ended", "#8c8c8c", True),
        ("Water · Proposed", "#2171b5", True),
    ]
