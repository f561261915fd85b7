"""A real QGIS without a window, in pytest-qgis's profile; ``parkloop`` is this checkout, whatever its folder is called."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = tempfile.TemporaryDirectory(prefix="parkloop-tests-")
(Path(PLUGINS.name) / "parkloop").symlink_to(ROOT, target_is_directory=True)
sys.path[:0] = [PLUGINS.name, str(Path(__file__).parent)]
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


@pytest.fixture()
def open_dock(qgis_app, qgis_iface):
    """Makes docks, and takes them away at the end."""
    from qgis.core import QgsProject

    from parkloop.plugin.dock.panel import Dock

    made = []

    def make():
        made.append(Dock(qgis_iface))
        made[-1].resize(380, 900)
        made[-1].show()
        return made[-1]

    QgsProject.instance().clear()
    yield make
    for dock in made:
        dock.remove()
    QgsProject.instance().clear()


@pytest.fixture()
def park(tmp_path):
    """A copy of the demo park with a place of its own."""
    from waiting import DEMO

    folder = tmp_path / "parks"
    folder.mkdir()
    for terrain in DEMO.parent.glob("demo*.tif"):
        shutil.copy(terrain, folder)
    return Path(shutil.copy(DEMO, folder / "here.gpkg"))


@pytest.fixture(scope="module")
def made_run(tmp_path_factory):
    """A small park and one run of it by the real engine, for all tests that show results."""
    from waiting import ENGINE

    folder = tmp_path_factory.mktemp("made")
    small = folder / "small.gpkg"
    for words in (
        ["synth", "-o", str(small), "--enterprises", "12"],
        ["run", str(small), "-o", str(folder / "small-runs" / "run-1"), "--steps", "links,clusters,siting"],
    ):
        subprocess.run([str(ENGINE), "-I", "-m", "parkloop", *words, "--quiet"], check=True, cwd=str(folder))
    return folder


@pytest.fixture()
def with_run(fake, open_dock, made_run, tmp_path):
    """A dock that shows the run of a copy of the small park; checked by the fake engine."""
    from qgis.core import QgsProject
    from waiting import settle

    fake()
    folder = Path(shutil.copytree(str(made_run), str(tmp_path / "made")))
    dock = open_dock()
    dock.open_park(str(folder / "small.gpkg"))
    settle(dock)
    from parkloop.plugin import results

    dock.session.take(folder / "small-runs" / "run-1", dock.session.digest())
    results.add(QgsProject.instance(), dock.session.run, ("sites",))
    return dock


@pytest.fixture()
def real_engine(with_run, monkeypatch):
    """The dock with the run, and from here on with the real engine."""
    from waiting import ENGINE, settle

    monkeypatch.setenv("PARKLOOP_ENGINE", str(ENGINE))
    with_run.engine.say()
    with_run._ask_choices()
    settle(with_run)
    return with_run
