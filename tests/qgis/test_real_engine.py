"""The real engine under Processing, on the embedded demo park: cancelling it, and the faults it finds."""

import os
import sqlite3
import time
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProject,
    QgsVectorLayer,
)

ROOT = Path(__file__).resolve().parents[2]
# taken before the tests hide it from each other
ENGINE = Path(os.environ.get("PARKLOOP_ENGINE") or ROOT / ".venv" / "bin" / "python")
DEMO = ROOT / "test_data" / "demo.gpkg"

pytestmark = pytest.mark.skipif(not DEMO.exists(), reason="the embedded demo park is not there")


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    if not ENGINE.is_file():
        pytest.skip(f"no engine at {ENGINE}")
    monkeypatch.setenv("PARKLOOP_ENGINE", str(ENGINE))


def children_of(folder):
    """Processes that work in a folder or below it."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                place = (process / "cwd").readlink()
            except OSError:
                continue
            if str(place).startswith(str(folder)):
                found.append(process.name)
    return found


@pytest.mark.parametrize("when", [0.0, 20.0])
def test_a_cancelled_run_is_gone_within_two_seconds_and_leaves_nothing(provider, feedback, tmp_path, when):
    moment = []

    def cancel(fraction):
        if fraction >= when and not moment:
            assert children_of(tmp_path)
            moment.append(time.monotonic())
            feedback.cancel()

    feedback.progressChanged.connect(cancel)
    made = QgsApplication.processingRegistry().createAlgorithmById("parkloop:fullanalysis")
    context = QgsProcessingContext()
    found, _ = made.run({"PARK": str(DEMO), "OUTPUT": str(tmp_path / "out"), "LOAD": False}, context, feedback)
    assert moment and time.monotonic() - moment[0] < 2.0
    assert found == {}
    assert children_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_layers_of_a_project_give_the_same_as_the_file(provider, feedback, tmp_path):
    import processing

    from parkloop.plugin import results

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())

    def run(name, **inputs):
        processing.run(
            "parkloop:landintensity",
            {"OUTPUT": str(tmp_path / name), "LOAD": False, **inputs},
            context=context,
            feedback=feedback,
        )
        base = sqlite3.connect(str(tmp_path / name / "results.gpkg"))
        try:
            return base.execute("select * from intensity_park order by 1").fetchall()
        finally:
            base.close()

    parcels = QgsVectorLayer(f"{DEMO}|layername=parcels", "parcels", "ogr")
    from_file = run("file", PARK=str(DEMO))
    assert from_file and run("layers", PARK=str(DEMO), PARCELS=parcels) == from_file
    added = results.add(QgsProject.instance(), tmp_path / "file", ("intensity_parcels",))
    layer = added["intensity_parcels"]
    assert layer.renderer().type() == "categorizedSymbol"
    labels = [entry.label() for entry in layer.renderer().legendSymbolItems()]
    assert labels == ["High (80–100)", "Good (60–80)", "Medium (40–60)", "Low (0–40)"]
    styles = layer.styleManager()
    assert styles.currentStyle() == "Land-use intensity"
    assert {"Land asleep", "Control standards", "Plot ratio", "CO2 per hectare"} < set(styles.styles())
    styles.setCurrentStyle("Investment intensity")
    assert layer.renderer().type() == "graduatedSymbol" and len(layer.renderer().ranges()) == 5
    assert layer.renderer().ranges()[0].label().endswith("CNY/ha")
    assert layer.attributeAlias(layer.fields().indexOf("plot_ratio")) == "Plot ratio"
    assert layer.crs().isValid() and layer.featureCount() == parcels.featureCount()
    del added, layer
    QgsProject.instance().clear()
    half = parcels.materialize(QgsFeatureRequest().setFilterExpression("fid % 2 = 0"))
    # an exception that crosses C++ keeps this frame alive until after QGIS has gone, and a file's layer must not be
    del parcels
    with pytest.raises(QgsProcessingException, match="which layer parcels does not have"):
        run("half", PARK=str(DEMO), PARCELS=half)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "layers"]
