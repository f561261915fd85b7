"""A drawn park of two works on both sides of a road, and what an import refuses."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from osm_drawing import Drawing

from parkloop.analysis.errors import Cancelled, InputError
from parkloop.analysis.park.model import Park
from parkloop.analysis.park.osm import import_osm
from parkloop.analysis.steps import Progress


def draw() -> Drawing:
    """600 m x 300 m of industrial land with a pond, cut by a road from south to north at x = 400."""
    d = Drawing()
    outer = d.box(0, 0, 600, 300)
    pond = d.box(100, 100, 150, 150)
    d.relation([(outer, "outer"), (pond, "inner")], type="multipolygon", landuse="industrial")
    d.box(100, 100, 150, 150, natural="water")
    d.line((400, -500), (400, 800), highway="secondary", width="10", name="工业大道")
    d.line((0, 200), (390, 200), highway="service")
    d.line((-500, 400), (1000, 400), highway="tertiary", bridge="yes")
    d.box(20, 20, 80, 80, building="industrial", name="苏州华昌化工有限公司")
    d.box(200, 20, 260, 80, building="yes", name="华昌化工一厂", **{"building:levels": "3"})
    d.box(200, 220, 220, 240, building="yes", height="14")
    d.box(450, 20, 550, 120, building="warehouse", name="顺达物流")
    d.box(450, 200, 480, 230, building="yes", name="消防站")
    d.point((500, 250), name="苏州公交车站", highway="bus_stop")
    d.point((520, 250), name="江南精密机械有限公司")
    d.point((300, 150), name="苏州", place="city")
    d.box(700, 0, 900, 200, landuse="residential")
    d.box(720, 20, 730, 30, building="house")
    d.box(620, 0, 690, 90, landuse="brownfield")
    d.box(1000, 0, 1100, 100, man_made="wastewater_plant", name="城南污水处理厂")
    d.line((-300, 350), (900, 350), power="line", voltage="220000")
    d.line((-300, 370), (900, 370), man_made="pipeline", substance="gas", diameter="300 mm")
    d.line((-300, -100), (900, -100), waterway="stream", width="4")
    d.line((-300, -150), (900, -150), railway="rail")
    return d


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Park:
    return import_osm(draw().save(tmp_path_factory.mktemp("osm") / "drawn.osm"))[0]


def test_land_is_cut_by_the_public_road_only(park: Park) -> None:
    """395 x 300 m less the pond of 50 x 50 m, and 195 x 300 m; the service road cuts nothing."""
    works = park["parcels"].set_index("parcel_id")
    assert list(works.index) == ["r5000-1", "r5000-2", "w1013-1"]
    # coordinates in degrees are rounded and the metre of the grid is not that of the drawing
    assert works.area.to_numpy() == pytest.approx([395 * 300 - 2500, 195 * 300, 70 * 90], rel=0.005)
    assert works.loc["w1013-1", ["land_use", "supply_status", "building_status"]].tolist() == [
        "vacant",
        "supplied",
        "idle",
    ]
    assert set(park["parcels"]["tenure"]) == {"granted"}
    assert park["parcels"]["estimated"].str.contains("tenure").all()


def test_place_is_china(park: Park) -> None:
    assert park.crs.to_epsg() == 4549  # CGCS2000, central meridian 120 E
    assert park.currency == "CNY"
    assert park.info["name"] == "苏州"
    assert int(park.info["base_year"]) == 2022


def test_variants_merge_and_others_are_left_out(park: Park) -> None:
    firms = park["enterprises"].set_index("name")
    assert sorted(firms.index) == sorted(["苏州华昌化工有限公司", "江南精密机械有限公司", "顺达物流"])
    assert firms["sector"].to_dict() == {
        "苏州华昌化工有限公司": "C26",
        "江南精密机械有限公司": "C34",
        "顺达物流": "G59",
    }
    assert (firms["sector_confidence"] > 0.5).all()
    use = park["occupancy"].set_index(["enterprise_id", "parcel_id"])["share"]
    chemical = firms.loc["苏州华昌化工有限公司", "enterprise_id"]
    # two of its buildings of 60 x 60 m on the parcel, beside one of 20 x 20 m
    assert use[chemical, "r5000-1"] == pytest.approx(7200 / 7600, abs=0.01)


def test_storeys_are_tagged_measured_or_assumed(park: Park) -> None:
    houses = park["buildings"].set_index("building_id")
    assert houses.loc["w1007", "storeys"] == 3
    assert "storeys" not in houses.loc["w1007", "estimated"]
    # 14 m on industrial land: two halls of 7 m
    assert houses.loc["w1008", "storeys"] == 2
    assert houses.loc["w1006", "storeys"] == 1
    assert "storeys" in houses.loc["w1006", "estimated"]


def test_roads_have_class_and_width(park: Park) -> None:
    roads = park["roads"].set_index("road_id")
    assert roads.loc["w1003", ["road_class", "width_m", "estimated"]].tolist() == ["secondary", 10.0, ""]
    assert roads.loc["w1004", ["road_class", "width_m", "estimated"]].tolist() == ["service", 5.0, "width_m"]
    assert bool(roads.loc["w1005", "bridge"])


def test_exclusions_have_their_corridors(park: Park) -> None:
    """Half widths in m: 220 kV line 15, gas pipe 5, stream 6 and half of 4, railway 10."""
    zones = park["exclusions"].set_index("kind")
    zones = zones[~zones.index.duplicated(keep="last")]
    study = park["park"].geometry.iloc[0].buffer(900)
    for kind, half in {"power_line": 15, "pipeline": 5, "surface_water": 8, "railway": 10}.items():
        part = park["exclusions"].query("kind == @kind").geometry.union_all().intersection(study)
        west, _, east, _ = part.bounds
        if kind != "surface_water":
            assert part.area / (east - west) == pytest.approx(2 * half, rel=0.03), kind
    stream = park["exclusions"].query("exclusion_id == 'w1017'").geometry.iloc[0]
    assert stream.area / (stream.bounds[2] - stream.bounds[0]) == pytest.approx(16, rel=0.03)
    assert park["pipes"][["utility", "dn_mm"]].iloc[0].tolist() == ["gas", 300.0]


def test_sensitive_areas_and_facilities(park: Park) -> None:
    homes = park["sensitive_areas"].query("kind == 'residential'")
    assert homes["area_id"].tolist() == ["w1011"]
    assert homes["population"].iloc[0] == 5  # 100 m2 on two storeys: two dwellings of 130 m2
    works = park["facilities"]
    assert works[["name", "utility"]].to_numpy().tolist() == [["城南污水处理厂", "wastewater"]]
    assert works["capacity"].iloc[0] == 6700  # 10 000 m2 x 0.67 t/d for each m2


def test_figures_are_filled(park: Park) -> None:
    assert (park["enterprises"]["output_cur_a"] > 0).all()
    assert park["enterprises"]["estimated"].str.contains("output_cur_a").all()
    assert len(park["material_flows"]) > 0


def test_lone_works_gets_a_yard(tmp_path: Path) -> None:
    """Without any land use a factory building still makes a parcel: 100 x 50 m with 15 m around it."""
    d = Drawing()
    d.box(0, 0, 100, 50, building="factory", name="Acme Steel Ltd")
    d.line((-50, -40), (300, -40), highway="residential")
    park, _ = import_osm(d.save(tmp_path / "lone.osm"))
    assert park["parcels"].area.sum() == pytest.approx(130 * 80, rel=0.01)
    assert "land_use" in park["parcels"]["estimated"].iloc[0]
    assert park["enterprises"][["name", "sector"]].iloc[0].tolist() == ["Acme Steel Ltd", "C31"]


def test_overlapping_land_is_shared_out(tmp_path: Path) -> None:
    d = Drawing()
    d.box(0, 0, 200, 200, landuse="industrial")
    d.box(50, 50, 100, 100, landuse="industrial", name="Inner works")
    d.box(150, 0, 300, 200, landuse="commercial")
    park, _ = import_osm(d.save(tmp_path / "overlap.osm"))
    shapes = np.asarray(park["parcels"].geometry)
    assert shapely.area(shapes).sum() == pytest.approx(300 * 200, rel=0.005)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), abs=1e-6)


def test_slivers_are_counted(tmp_path: Path) -> None:
    d = Drawing()
    d.box(0, 0, 200, 200, landuse="industrial")
    d.line((-100, 196), (300, 196), highway="residential")
    park, findings = import_osm(d.save(tmp_path / "sliver.osm"))
    assert len(park["parcels"]) == 1
    assert [f.values["count"] for f in findings if f.key == "osm.slivers"] == [1]


def test_no_name_no_firm(tmp_path: Path) -> None:
    d = Drawing()
    d.box(0, 0, 200, 200, landuse="industrial")
    d.box(10, 10, 90, 90, building="industrial")
    d.box(100, 10, 150, 90, building="yes", name="Hall 4")
    park, findings = import_osm(d.save(tmp_path / "nameless.osm"))
    assert len(park["enterprises"]) == 0
    assert len(park["parcels"]) == 1
    assert "osm.no_firms" in [f.key for f in findings]


def test_units_of_a_works_are_no_firms(tmp_path: Path) -> None:
    """On land that bears a firm's name only what shows itself as another firm is one."""
    d = Drawing((9.0, 50.0))
    d.box(0, 0, 800, 800, landuse="industrial", name="Acme Steel AG")
    d.box(10, 10, 90, 90, building="industrial", name="Rolling mill 2")
    d.box(110, 10, 190, 90, building="industrial", name="Alpha Line")
    d.box(210, 10, 290, 90, building="yes", name="Acme Research Center")
    d.box(310, 10, 390, 90, building="industrial", name="Borg Gases", website="https://borg.example")
    d.box(410, 10, 490, 90, building="industrial", name="Corvin GmbH")
    park, _ = import_osm(d.save(tmp_path / "works.osm"))
    assert sorted(park["enterprises"]["name"]) == ["Acme Steel AG", "Borg Gases", "Corvin GmbH"]
    share = park["occupancy"].set_index("enterprise_id")["share"]
    assert share.sum() == pytest.approx(1, abs=0.001)
    assert share.max() == pytest.approx(0.6, abs=0.01)  # three of five halls


def test_terrain_with_voids_is_used(drawn: Path, tmp_path: Path) -> None:
    path = tmp_path / "dem.tif"
    height = np.full((30, 30), 12, "int16")
    height[10:, :] = -32768
    profile = {
        "driver": "GTiff",
        "dtype": "int16",
        "count": 1,
        "crs": "EPSG:4326",
        "height": 30,
        "width": 30,
        "nodata": -32768,
    }
    with rasterio.open(path, "w", transform=Affine(0.001, 0, 120.59, 0, -0.001, 31.312), **profile) as out:
        out.write(height, 1)
    park, findings = import_osm(drawn, dem=path)
    assert park.terrain == path
    assert {"terrain.voids", "terrain.coarse"} <= {f.key for f in findings}


# --- what is refused -------------------------------------------------------------------------------------------


def refused(*args: object, **kwargs: object) -> str:
    with pytest.raises(InputError) as caught:
        import_osm(*args, **kwargs)  # type: ignore[arg-type]
    (finding,) = caught.value.findings
    for lang in ("en", "zh"):
        assert finding.text(lang) and finding.remedy(lang)
    return finding.key


def test_bad_extracts(tmp_path: Path) -> None:
    text, cut = tmp_path / "notes.osm.pbf", tmp_path / "cut.osm"
    text.write_text("no map")
    cut.write_text(draw().save(tmp_path / "whole.osm").read_text(encoding="utf-8")[:4000], encoding="utf-8")
    empty = Drawing().save(tmp_path / "empty.osm")
    town = Drawing()
    town.box(0, 0, 100, 100, landuse="residential")
    assert refused(tmp_path / "absent.osm.pbf") == "osm.missing"
    assert refused(tmp_path) == "osm.missing"
    assert refused(text) == "osm.not_osm"
    assert refused(cut) == "osm.broken"
    assert refused(empty) == "osm.empty"
    assert refused(town.save(tmp_path / "town.osm")) == "osm.no_works"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw().save(tmp_path_factory.mktemp("osm") / "drawn.osm")


@pytest.mark.parametrize(
    ("bbox", "key"),
    [
        ((9.5, 47.1, 9.6, 47.2), "osm.bbox_outside"),
        ((120.7, 31.3, 120.6, 31.4), "osm.bbox_wrong"),
        ((31.2, 120.5, 31.4, 120.7), "osm.bbox_wrong"),
        ((500_000.0, 3_400_000.0, 510_000.0, 3_500_000.0), "osm.bbox_wrong"),
        ((float("nan"), 31.0, 121.0, 32.0), "osm.bbox_wrong"),
        ((120.6075, 31.301, 120.608, 31.3015), "osm.no_works"),
    ],
)
def test_bad_boxes(drawn: Path, bbox: tuple[float, float, float, float], key: str) -> None:
    assert refused(drawn, bbox=bbox) == key


@pytest.mark.filterwarnings("ignore:.crs. was not provided:UserWarning")
def test_bad_boundaries(drawn: Path, tmp_path: Path) -> None:
    def file(name: str, *shapes: shapely.Geometry, crs: str | int | None = 4326) -> Path:
        gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=list(shapes), crs=crs).to_file(tmp_path / name)
        return tmp_path / name

    here = shapely.box(120.6, 31.3, 120.606, 31.303)
    text = tmp_path / "text.gpkg"
    text.write_text("no boundary")
    assert refused(drawn, boundary=text) == "osm.boundary_unreadable"
    assert refused(drawn, boundary=tmp_path / "absent.shp") == "osm.boundary_unreadable"
    assert refused(drawn, boundary=file("line.gpkg", here.boundary)) == "osm.boundary_no_polygons"
    assert refused(drawn, boundary=file("no_crs.shp", here, crs=None)) == "osm.boundary_no_crs"
    metres = shapely.box(500_000, 3_400_000, 501_000, 3_401_000)
    assert refused(drawn, boundary=file("degrees.shp", metres, crs=4326)) == "osm.boundary_not_degrees"
    assert refused(drawn, boundary=file("far.gpkg", shapely.box(9, 47, 9.1, 47.1))) == "osm.boundary_elsewhere"
    # degrees under a metric CRS lie in the sea at the origin of that CRS
    assert refused(drawn, boundary=file("metric.gpkg", here, crs=4549)) == "osm.boundary_elsewhere"
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    assert refused(drawn, boundary=tmp_path / "table.csv") == "osm.boundary_no_polygons"


def test_terrain_of_another_place(drawn: Path, tmp_path: Path) -> None:
    path = tmp_path / "dem.tif"
    profile = {
        "driver": "GTiff",
        "dtype": "int16",
        "count": 1,
        "crs": "EPSG:4326",
        "height": 9,
        "width": 9,
        "nodata": -32768,
    }
    with rasterio.open(path, "w", transform=Affine(0.001, 0, 9.0, 0, -0.001, 47.0), **profile) as out:
        out.write(np.zeros((9, 9), "int16"), 1)
    assert refused(drawn, dem=path) == "terrain.elsewhere"


def test_cancelled(drawn: Path) -> None:
    with pytest.raises(Cancelled):
        import_osm(drawn, progress=Progress(cancelled=lambda: True))
