"""The provider and its algorithms: names, help, engine messages, outputs, layers on the map."""

import csv
import json
import re
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingOutputVectorLayer,
    QgsProject,
    QgsSettings,
)

IDS = [
    "checkdata", "checkengine", "circularlinks", "clusters", "fullanalysis", "importosm", "landintensity",
    "layoutreport", "routenetworks", "sitefacilities",
]  # fmt: skip
STEPS = ["circularlinks", "clusters", "fullanalysis", "landintensity", "routenetworks", "sitefacilities"]
ROOT = Path(__file__).resolve().parents[2]


def algorithm(name):
    return QgsApplication.processingRegistry().createAlgorithmById("parkloop:" + name)


def run(name, feedback, **parameters):
    import processing

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return processing.run("parkloop:" + name, parameters, context=context, feedback=feedback), context


def test_ids_are_stable(provider):
    assert sorted(a.name() for a in provider.algorithms()) == IDS
    assert not provider.icon().isNull()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", IDS)
def test_every_text_is_there_in_each_language(provider, language, name):
    QgsSettings().setValue("parkloop/language", language)
    made = algorithm(name)
    texts = [made.displayName(), made.shortHelpString(), made.group()]
    for definition in made.parameterDefinitions():
        texts += [definition.description(), definition.help()]
    texts += [output.description() for output in made.outputDefinitions()]
    assert all(texts)
    if language == "zh":
        assert [text for text in texts if not any("\u4e00" <= sign <= "\u9fff" for sign in text)] == []


def test_texts_have_the_same_placeholders():
    with (ROOT / "resources" / "i18n" / "plugin.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert row["en"] and row["zh"], row["key"]
        assert set(re.findall(r"{\w+}", row["en"])) == set(re.findall(r"{\w+}", row["zh"])), row["key"]


@pytest.mark.parametrize("name", IDS)
def test_without_an_engine_one_sentence_says_how_to_set_it_up(provider, monkeypatch, name, tmp_path):
    from parkloop.plugin.engine import discover

    monkeypatch.setattr(discover, "home", lambda: tmp_path)
    monkeypatch.setattr(discover, "PLUGIN_FOLDER", tmp_path)
    made = algorithm(name)
    able, message = made.canExecute()
    fine, sentence = made.checkParameterValues({"PARK": "x.gpkg", "OUTPUT": "out"}, QgsProcessingContext())
    if name in ("checkengine", "layoutreport"):
        assert able
        return
    assert not able and not fine and message == sentence
    assert "parkloop:checkengine" in message and "\n" not in message


@pytest.mark.parametrize("name", STEPS)
def test_a_step_runs_and_gives_its_layers(provider, fake, feedback, name, tmp_path):
    notes = fake()
    park = tmp_path / "park.gpkg"
    park.write_bytes(b"")
    found, _ = run(name, feedback, PARK=str(park), OUTPUT=str(tmp_path / "out"))
    assert Path(found["OUTPUT"]) == tmp_path / "out" and Path(found["REPORT"]).name == "report.en.html"
    words = json.loads((notes / "words.json").read_text())
    made = algorithm(name)
    assert ("--steps" in words) is (name != "fullanalysis")
    declared = {o.name() for o in made.outputDefinitions() if isinstance(o, QgsProcessingOutputVectorLayer)}
    present = {"INTENSITY_PARCELS", "INTENSITY_PARK", "LINKS", "SITES"}
    assert {key for key in found if key.isupper()} - {"OUTPUT", "REPORT"} == declared & present
    for key in declared & present:
        assert found[key] == f"{tmp_path / 'out' / 'results.gpkg'}|layername={key.lower()}"
    assert feedback.fractions == sorted(feedback.fractions) and feedback.fractions[-1] == 100
    assert "62.4 of 100" in feedback.said and "Doubtful. Look." in feedback.said


def test_an_empty_output_is_a_temporary_folder(provider, fake, feedback, tmp_path):
    fake()
    (tmp_path / "park.gpkg").write_bytes(b"")
    found, _ = run("landintensity", feedback, PARK=str(tmp_path / "park.gpkg"), OUTPUT="TEMPORARY_OUTPUT")
    assert (Path(found["OUTPUT"]) / "results.gpkg").exists()
    assert "TEMPORARY" not in found["OUTPUT"]


def test_the_fault_of_the_input_is_a_sentence_not_a_traceback(provider, fake, feedback, tmp_path):
    fake("input")
    (tmp_path / "park.gpkg").write_bytes(b"")
    with pytest.raises(QgsProcessingException) as caught:
        run("fullanalysis", feedback, PARK=str(tmp_path / "park.gpkg"), OUTPUT=str(tmp_path / "out"))
    assert "The layer parcels is empty. Draw one." in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_cancel_in_processing_leaves_nothing(provider, fake, feedback, tmp_path):
    notes = fake("slow")
    (tmp_path / "park.gpkg").write_bytes(b"")
    feedback.progressChanged.connect(lambda fraction: feedback.cancel())
    made = algorithm("fullanalysis")
    found, _ = made.run(
        {"PARK": str(tmp_path / "park.gpkg"), "OUTPUT": str(tmp_path / "out")}, QgsProcessingContext(), feedback
    )
    assert (notes / "heard").exists() and found == {}
    assert not (tmp_path / "out").exists() and list(tmp_path.glob(".parkloop*")) == []


def test_layers_come_to_the_map_grouped_in_order_with_one_step_on(provider, fake, feedback, qtbot, tmp_path):
    fake()
    (tmp_path / "park.gpkg").write_bytes(b"")
    _, context = run("fullanalysis", feedback, PARK=str(tmp_path / "park.gpkg"), OUTPUT=str(tmp_path / "my run"))
    from processing.gui.Postprocessing import handleAlgorithmResults

    project = QgsProject.instance()
    waiting = context.layersToLoadOnCompletion()
    assert len(waiting) == 4
    handleAlgorithmResults(algorithm("fullanalysis"), context, feedback, parameters={})
    group = project.layerTreeRoot().findGroup("ParkLoop / my run")
    names = [node.layer().source().split("layername=")[1] for node in group.children()]
    assert names == ["links", "sites", "intensity_parcels", "intensity_park"]
    assert [node.layer().name() for node in group.children()][1] != ""
    on = [node.layer().source().split("layername=")[1] for node in group.children() if node.itemVisibilityChecked()]
    assert on == ["sites"]
    assert len(project.layerTreeRoot().findLayers()) == 4
    project.clear()


def test_results_can_be_added_without_processing(qgis_app, results_file, tmp_path):
    from parkloop.plugin import results

    run_folder = tmp_path / "run-1"
    run_folder.mkdir()
    results_file.rename(run_folder / "results.gpkg")
    project = QgsProject.instance()
    added = results.add(project, run_folder, ("links",))
    assert list(added) == ["links", "sites", "intensity_parcels", "intensity_park"]
    group = project.layerTreeRoot().findGroup("ParkLoop / run-1")
    assert [node.itemVisibilityChecked() for node in group.children()] == [True, False, False, False]
    project.clear()


def test_nothing_is_loaded_where_the_user_does_not_want_it(provider, fake, feedback, tmp_path):
    fake()
    (tmp_path / "park.gpkg").write_bytes(b"")
    _, context = run(
        "landintensity", feedback, PARK=str(tmp_path / "park.gpkg"), OUTPUT=str(tmp_path / "o"), LOAD=False
    )
    assert context.layersToLoadOnCompletion() == {}


def test_checkdata_gives_a_table_of_findings(provider, fake, feedback, tmp_path):
    fake()
    (tmp_path / "park.gpkg").write_bytes(b"")
    found, _ = run("checkdata", feedback, PARK=str(tmp_path / "park.gpkg"), OUTPUT="TEMPORARY_OUTPUT")
    assert (found["ERRORS"], found["WARNINGS"]) == (1, 1)
    rows = [feature.attributes() for feature in found["OUTPUT"].getFeatures()]
    assert rows[0] == ["error", "parcels", "P1", "land_use", "T1.", "R1.", "check.x"]
    assert len(rows) == 2


def test_importosm_places_the_park_and_its_terrain(provider, fake, feedback, layer_of, tmp_path):
    notes = fake()
    extract = tmp_path / "x.osm.pbf"
    extract.write_bytes(b"")
    boundary = layer_of("Polygon?crs=EPSG:4326", [("Polygon((9 47, 9 48, 10 48, 9 47))",)])
    target = tmp_path / "new" / "park.gpkg"
    found, _ = run(
        "importosm",
        feedback,
        EXTRACT=str(extract),
        BOUNDARY=boundary,
        EXTENT="9,10,47,48 [EPSG:4326]",
        OUTPUT=str(target),
    )
    assert found["OUTPUT"] == str(target)
    assert sorted(p.name for p in target.parent.iterdir()) == ["park.gpkg", "park_terrain.tif"]
    words = json.loads((notes / "words.json").read_text())
    assert words[:3] == ["import", "osm", str(extract)]
    assert words[words.index("--bbox") + 1] == "9.0000000,47.0000000,10.0000000,48.0000000"
    assert words[words.index("--boundary") + 1].endswith("boundary.gpkg")


def test_checkengine_verifies_chooses_and_explains(provider, fake, feedback, monkeypatch, tmp_path):
    from parkloop.plugin.engine import discover

    fake()
    found, _ = run("checkengine", feedback, ACTION=0)
    assert found["ENGINE"].endswith("fake_engine.py") and found["VERSION"]
    chosen = discover.find()
    monkeypatch.delenv("PARKLOOP_ENGINE")
    found, _ = run("checkengine", feedback, ACTION=2, PYTHON=str(chosen))
    assert discover.find() == chosen == Path(found["ENGINE"])
    discover.remember("")
    with pytest.raises(QgsProcessingException, match="does not exist"):
        run("checkengine", feedback, ACTION=2, PYTHON=str(tmp_path / "absent"))
    with pytest.raises(QgsProcessingException, match="mirror or folder is missing"):
        run("checkengine", feedback, ACTION=1, SOURCE=2)
    with pytest.raises(QgsProcessingException, match="does not exist"):
        run("checkengine", feedback, ACTION=1, SOURCE=2, PLACE=str(tmp_path / "absent"))


def test_no_algorithm_blocks_the_map(provider):
    for name in IDS:
        if name == "layoutreport":  # a print layout belongs to the main thread
            continue
        assert not algorithm(name).flags() & QgsProcessingAlgorithm.Flag.FlagNoThreading


def test_the_menu_goes_when_the_plugin_goes(qgis_app, qgis_iface, qgis_processing):
    from parkloop.plugin.main import ParkLoopPlugin

    added, removed = [], []
    qgis_iface.addPluginToMenu = lambda menu, action: added.append((menu, action))
    qgis_iface.removePluginMenu = lambda menu, action: removed.append((menu, action))
    plugin = ParkLoopPlugin(qgis_iface)
    plugin.initGui()
    assert QgsApplication.processingRegistry().providerById("parkloop") is not None
    plugin.unload()
    assert added and removed == added
    assert QgsApplication.processingRegistry().providerById("parkloop") is None


def test_choices_of_land_use_reach_the_engine(provider, fake, feedback, tmp_path):
    notes = fake()
    park = tmp_path / "park.gpkg"
    park.write_bytes(b"")
    made = algorithm("landintensity")
    assert not made.parameterDefinition("LAND_LIMITS").flags() & made.parameterDefinition("LOAD").Flag.FlagAdvanced
    given = {"PARK": str(park), "OUTPUT": str(tmp_path / "out")}
    run("landintensity", feedback, **given)
    assert "--scenario" not in json.loads((notes / "words.json").read_text())
    given |= {"WEIGHTING": 1, "CLASSES": 1, "JUDGEMENTS": "A/B＝3；A/C=5; B/C = 2", "RANDOM_WEIGHTINGS": 200}
    given["OUTPUT"] = str(tmp_path / "other")
    run("landintensity", feedback, **given)
    words = json.loads((notes / "words.json").read_text())
    written = (notes / "scenario.toml").read_text()
    assert "--scenario" in words
    assert written == (
        '\n[intensity]\nweighting = "ahp"\nclasses = "natural_breaks"\nrandom_weightings = 200\n\n'
        '[intensity.judgements]\n"A/B" = 3.0\n"A/C" = 5.0\n"B/C" = 2.0\n'
    )
    fine, message = made.checkParameterValues({**given, "SCENARIO": str(park)}, QgsProcessingContext())
    assert not fine and "scenario file" in message


def test_choices_of_siting_reach_the_engine(provider, fake, feedback, tmp_path):
    notes = fake()
    park = tmp_path / "park.gpkg"
    park.write_bytes(b"")
    given = {"PARK": str(park), "OUTPUT": str(tmp_path / "out")}
    run("sitefacilities", feedback, **given)
    assert "--scenario" not in json.loads((notes / "words.json").read_text())
    given |= {
        "REDUNDANT": [2],
        "HORIZON": 2,
        "PIN": "heat:P1； K03",
        "RADIUS_M": "wastewater＝5000",
        "FRONT_POINTS": 0,
    }
    given["OUTPUT"] = str(tmp_path / "other")
    run("sitefacilities", feedback, **given)
    assert (notes / "scenario.toml").read_text(encoding="utf-8") == (
        '\n[siting]\nredundant = ["water"]\nhorizon = "long"\npin = ["heat:P1", "K03"]\nfront_points = 0\n\n'
        "[siting.radius_m]\nwastewater = 5000.0\n"
    )
    made = algorithm("sitefacilities")
    fine, message = made.checkParameterValues({**given, "SCENARIO": str(park)}, QgsProcessingContext())
    assert not fine and "[siting]" in message
    outputs = {output.name() for output in made.outputDefinitions()}
    assert {"SITE_FRONT", "SERVICE_AREAS", "WIND_ROSE"} <= outputs
    whole = algorithm("fullanalysis")
    assert outputs <= {output.name() for output in whole.outputDefinitions()}
