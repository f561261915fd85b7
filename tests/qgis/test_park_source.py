"""Layers of a project become a park: selection, filter, memory layers, other names of columns."""

import sqlite3

import pytest
from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProject, QgsVectorLayer

BOX = "Polygon(({0} 0, {0} 10, {1} 10, {1} 0, {0} 0))"


def rows(path, sql):
    base = sqlite3.connect(str(path))
    try:
        return base.execute(sql).fetchall()
    finally:
        base.close()


@pytest.fixture()
def parcels(layer_of):
    return layer_of(
        "Polygon?crs=EPSG:4549&field=dkbh:string&field=land_use:string&field=other:int",
        [
            (BOX.format(0, 10), "P1", "industrial", 1),
            (BOX.format(10, 20), "P2", "green", 2),
            (BOX.format(20, 30), "P3", "road", 3),
        ],
        "my parcels",
    )


def seen(provider, feedback, tmp_path, name="out", **inputs):
    """The park that the engine was given by the algorithm."""
    import processing

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    found = processing.run(
        "parkloop:landintensity", {"OUTPUT": str(tmp_path / name), **inputs}, context=context, feedback=feedback
    )
    return f"{found['OUTPUT']}/park_seen.gpkg"


def test_columns_are_matched_by_name_alias_and_known_other_name(provider, fake, feedback, parcels, tmp_path):
    fake()
    park = seen(provider, feedback, tmp_path, PARCELS=parcels)
    assert rows(park, "select parcel_id, land_use from parcels order by 1") == [
        ("P1", "industrial"),
        ("P2", "green"),
        ("P3", "road"),
    ]
    assert "other" not in {row[1] for row in rows(park, "pragma table_info(parcels)")}
    assert any("dkbh is read as parcel_id" in line for line in feedback.said)


def test_only_the_selection_is_used(provider, fake, feedback, parcels, tmp_path, qgis_app):
    from qgis.core import QgsProcessingFeatureSourceDefinition

    fake()
    parcels.selectByExpression("dkbh='P2'")
    QgsProject.instance().addMapLayer(parcels)
    source = QgsProcessingFeatureSourceDefinition(parcels.id(), True)
    park = seen(provider, feedback, tmp_path, PARCELS=source)
    assert rows(park, "select parcel_id from parcels") == [("P2",)]
    QgsProject.instance().clear()


def test_a_filter_is_respected_and_a_table_has_no_geometry(
    provider, fake, feedback, parcels, layer_of, geopackage, tmp_path
):
    fake()
    file = geopackage("mine.gpkg", land=parcels)
    land = QgsVectorLayer(f"{file}|layername=land|subset=\"land_use\" <> 'green'", "land", "ogr")
    assert land.featureCount() == 2
    occupancy = layer_of(
        "NoGeometry?field=enterprise_id:string&field=parcel_id:string&field=share:double", [("", "E1", "P1", 0.5)]
    )
    park = seen(provider, feedback, tmp_path, PARCELS=land, OCCUPANCY=occupancy)
    assert rows(park, "select parcel_id from parcels order by 1") == [("P1",), ("P3",)]
    assert rows(park, "select enterprise_id, share from occupancy") == [("E1", 0.5)]
    kinds = dict(rows(park, "select table_name, data_type from gpkg_contents"))
    assert kinds == {"parcels": "features", "occupancy": "attributes"}


def test_layers_replace_those_of_the_file_and_the_file_stays(
    provider, fake, feedback, parcels, layer_of, geopackage, tmp_path
):
    fake()
    park = geopackage(
        "park.gpkg",
        park=layer_of(
            "Polygon?crs=EPSG:4549&field=park_id:string&field=terrain:string",
            [(BOX.format(0, 30), "K", "heights/dem.tif")],
        ),
        parcels=layer_of("Polygon?crs=EPSG:4549&field=parcel_id:string", [(BOX.format(0, 30), "old")]),
        roads=layer_of("LineString?crs=EPSG:4549&field=road_id:string", [("LineString(0 0, 9 9)", "R1")]),
    )
    before = park.read_bytes()
    given = seen(provider, feedback, tmp_path, PARK=str(park), PARCELS=parcels)
    assert rows(given, "select parcel_id from parcels order by 1") == [("P1",), ("P2",), ("P3",)]
    assert rows(given, "select road_id from roads") == [("R1",)]
    assert rows(given, "select terrain from park") == [(str(tmp_path / "heights" / "dem.tif"),)]
    assert park.read_bytes() == before
    assert rows(given, "pragma integrity_check") == [("ok",)]
    alone = seen(provider, feedback, tmp_path, "alone", PARK=str(park))
    assert rows(alone, "select parcel_id from parcels") == [("old",)]


def test_bad_input_is_a_sentence(provider, fake, feedback, parcels, layer_of, tmp_path):
    fake()
    with pytest.raises(QgsProcessingException, match="No park was given"):
        seen(provider, feedback, tmp_path)
    stranger = layer_of("Polygon?crs=EPSG:4549&field=colour:string", [(BOX.format(0, 1), "red")], "stranger")
    with pytest.raises(QgsProcessingException, match="stranger has no column"):
        seen(provider, feedback, tmp_path, PARCELS=stranger)
    broken = tmp_path / "broken.gpkg"
    broken.write_text("not a database at all, but long enough to be taken for one" * 20)
    with pytest.raises(QgsProcessingException, match="cannot be read as a GeoPackage"):
        seen(provider, feedback, tmp_path, PARK=str(broken), PARCELS=parcels)
    assert not (tmp_path / "out").exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".parkloop")] == []


def test_geometry_that_is_not_valid_reaches_the_engine_which_knows_the_remedy(
    provider, fake, feedback, layer_of, tmp_path
):
    fake()
    bow = "Polygon((0 0, 10 10, 10 0, 0 10, 0 0))"
    layer = layer_of("Polygon?crs=EPSG:4549&field=parcel_id:string", [(bow, "P1"), ("", "P2")])
    park = seen(provider, feedback, tmp_path, PARCELS=layer)
    assert rows(park, "select parcel_id from parcels order by 1") == [("P1",), ("P2",)]
