"""A real QGIS without a window, in pytest-qgis's profile; ``parkloop`` is this checkout, whatever its folder is called."""

import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = tempfile.TemporaryDirectory(prefix="parkloop-tests-")
(Path(PLUGINS.name) / "parkloop").symlink_to(ROOT, target_is_directory=True)
sys.path.insert(0, PLUGINS.name)
FAKE = ROOT / "tests" / "qgis" / "fake_engine.py"


@pytest.fixture()
def provider(qgis_app, qgis_processing):
    """The provider, registered."""
    from qgis.core import QgsApplication

    from parkloop.plugin.main import ParkLoopPlugin

    plugin = ParkLoopPlugin(None)
    plugin.initProcessing()
    yield QgsApplication.processingRegistry().providerById("parkloop")
    plugin.unload()


@pytest.fixture(autouse=True)
def clean_settings(qgis_app, monkeypatch):
    """No test sees the settings of another, nor the engine that the caller chose."""
    from qgis.core import QgsSettings

    monkeypatch.delenv("PARKLOOP_ENGINE", raising=False)
    for name in ("parkloop/engine", "parkloop/language"):
        QgsSettings().remove(name)
    yield
    for name in ("parkloop/engine", "parkloop/language"):
        QgsSettings().remove(name)


@pytest.fixture()
def layer_of(qgis_app):
    """Makes a memory layer from a URI and rows of (WKT, attributes...)."""
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    def make(uri, rows, name="layer"):
        layer = QgsVectorLayer(uri, name, "memory")
        assert layer.isValid()
        features = []
        for wkt, *values in rows:
            feature = QgsFeature(layer.fields())
            feature.setAttributes(values)
            if wkt:
                feature.setGeometry(QgsGeometry.fromWkt(wkt))
            features.append(feature)
        assert layer.dataProvider().addFeatures(features)[0]
        layer.updateExtents()
        return layer

    return make


@pytest.fixture()
def geopackage(qgis_app, tmp_path):
    """Writes layers into a GeoPackage: ``geopackage(name, table=layer, ...)``."""
    from qgis.core import QgsProject, QgsVectorFileWriter

    def write(name, **layers):
        path = tmp_path / name
        for table, layer in layers.items():
            options = QgsVectorFileWriter.SaveVectorOptions()
            options.driverName, options.layerName = "GPKG", table
            actions = QgsVectorFileWriter.ActionOnExistingFile
            options.actionOnExistingFile = (
                actions.CreateOrOverwriteLayer if path.exists() else actions.CreateOrOverwriteFile
            )
            code, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(
                layer, str(path), QgsProject.instance().transformContext(), options
            )
            assert code == 0, message
        return path

    return write


@pytest.fixture()
def results_file(layer_of, geopackage):
    """Results as a run writes them, with one row a table."""
    square = "Polygon((0 0, 0 10, 10 10, 10 0, 0 0))"
    return geopackage(
        "made.gpkg",
        intensity_parcels=layer_of(
            "Polygon?crs=EPSG:4549&field=parcel_id:string&field=score:double", [(square, "P1", 62.4)]
        ),
        intensity_park=layer_of("NoGeometry?field=indicator:string&field=value:double", [("", "score", 62.4)]),
        links=layer_of("LineString?crs=EPSG:4549&field=link_id:string", [("LineString(0 0, 5 5)", "L1")]),
        sites=layer_of("Polygon?crs=EPSG:4549&field=site_id:string", [(square, "S1")]),
    )


@pytest.fixture()
def fake(monkeypatch, tmp_path, results_file):
    """Makes the fake engine the engine, in a mode; returns the folder of its notes."""
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("FAKE_NOTES", str(notes))
    monkeypatch.setenv("FAKE_RESULT", str(results_file))
    monkeypatch.setenv("PARKLOOP_ENGINE", str(FAKE))

    def choose(mode="good"):
        monkeypatch.setenv("FAKE_ENGINE", mode)
        return notes

    return choose


@pytest.fixture()
def feedback(qgis_app):
    """A feedback that keeps what it is told."""
    from qgis.core import QgsProcessingFeedback

    class Feedback(QgsProcessingFeedback):
        def __init__(self):
            super().__init__(False)
            self.said = []
            self.fractions = []
            self.progressChanged.connect(self.fractions.append)

        def pushInfo(self, text):
            self.said.append(text)

        pushWarning = pushDebugInfo = pushConsoleInfo = setProgressText = pushInfo

        def reportError(self, text, fatalError=False):
            self.said.append(text)

    return Feedback()
