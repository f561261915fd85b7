"""The three places of the shared map extracts: what an import must find there."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from real_places import PARKS, PLACES, imported

from parkloop.analysis.park import schema
from parkloop.analysis.park.osm import import_osm
from parkloop.analysis.park.osm.names import fold

HERE = Path(__file__).resolve().parent

pytestmark = pytest.mark.skipif(not PARKS.is_dir(), reason=f"no map extracts in {PARKS}")


def hand_list(place: str) -> list[dict[str, str]]:
    with (HERE / "data" / f"{place}_firms.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("place", PLACES)
def test_firms_against_the_list_made_by_hand(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Variants of one firm count once; a second row for it is as wrong as a bus stop."""
    rows = hand_list(place)
    of = {fold(name): row for row in rows for name in (row["name"], *row["variants"].split("|")) if name}
    wanted = {row["name"] for row in rows if row["is_industrial_firm"] == "yes"}
    right: set[str] = set()
    wrong: list[str] = []
    for name in imported(place)[0]["enterprises"]["name"]:
        row = of.get(fold(name))
        if row is not None and row["is_industrial_firm"] == "unsure":
            continue
        if row is not None and row["name"] in wanted - right:
            right.add(row["name"])
        else:
            wrong.append(name)
    precision, recall = len(right) / (len(right) + len(wrong)), len(right) / len(wanted)
    with capsys.disabled():
        print(f"\n{place}: {len(right)} of {len(wanted)} firms found, {len(wrong)} wrong: "
              f"precision {precision:.2f}, recall {recall:.2f}; missing {sorted(wanted - right)}; wrong {wrong}")  # fmt: skip
    assert precision >= 0.9
    assert recall >= 0.8


def test_schaan_has_its_parcels_and_buildings() -> None:
    park, _ = imported("schaan")
    industrial = park["parcels"].query("land_use == 'industrial'")
    on = gpd.sjoin(
        park["buildings"].set_geometry(park["buildings"].representative_point())[["building_id", "geometry"]],
        industrial[["parcel_id", "geometry"]],
    )
    assert len(industrial) >= 30
    assert on["building_id"].nunique() >= 300
    assert park.crs.to_epsg() == 2056
    assert park.currency == "CHF"
    assert int(park.info["base_year"]) == 2021


@pytest.mark.parametrize("place", PLACES)
def test_parcels_are_clean(place: str) -> None:
    park, _ = imported(place)
    shapes = np.asarray(park["parcels"].geometry)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = one < other
    assert shapely.area(shapely.intersection(shapes[one[pair]], shapes[other[pair]])).max(initial=0.0) < 1e-6
    assert shapely.is_valid(shapes).all()
    assert (shapely.area(shapes) >= 200).all()
    outline = park["park"].geometry.iloc[0]
    assert shapely.area(shapely.difference(shapes, outline)).sum() < 1.0
    # no parcel spreads over a public road: the middle of each lies off the parcels
    roads = park["roads"].query("road_class in ['primary', 'secondary', 'trunk'] and not bridge and not tunnel")
    along = shapely.length(shapely.intersection(np.asarray(roads.geometry), shapely.union_all(shapes))).sum()
    assert along < 0.01 * roads.length.sum()


@pytest.mark.parametrize("place", PLACES)
def test_layers_keep_the_schema(place: str) -> None:
    park, _ = imported(place)
    for name, frame in park.frames.items():
        layer = schema.layers()[name]
        keys = list(layer.key)
        assert not frame.duplicated(keys).any(), name
        for column in layer.columns.values():
            given = frame[column.name]
            if column.required:
                assert (given.astype(str) != "").all(), (name, column.name)
            if column.codes and column.type == "text":
                assert set(given[given != ""]) <= set(schema.codes(column)), (name, column.name)
            if column.minimum is not None and column.type in ("float", "int"):
                assert (given.dropna() >= column.minimum).all(), (name, column.name)
            if column.refers:
                assert set(given[given != ""]) <= set(park[column.refers][schema.layers()[column.refers].key[0]])
        if layer.geometry:
            assert set(frame.geometry.geom_type.str.removeprefix("Multi")) <= {layer.geometry}, name
            assert frame.geometry.is_valid.all(), name
    assert len(park["exclusions"]) > 0
    assert park["enterprises"]["estimated"].str.contains("sector").all()
    use = park["occupancy"].groupby("parcel_id")["share"].sum()
    assert (use <= 1 + 1e-9).all()
    assert set(park["enterprises"]["enterprise_id"]) == set(park["occupancy"]["enterprise_id"])


@pytest.mark.parametrize(("place", "lowest"), [("schaan", 1), ("krems", 1), ("lauf", 2)])
def test_wastewater_works_are_found(place: str, lowest: int) -> None:
    works = imported(place)[0]["facilities"].query("utility == 'wastewater'")
    assert len(works) >= lowest
    assert (works["capacity"] > 0).all()
    assert works["estimated"].str.contains("capacity").all()


def test_same_input_same_output() -> None:
    first, findings = imported("krems")
    again, repeated = import_osm(PARKS / "krems_2013.osm.pbf")
    assert findings == repeated
    assert list(first.frames) == list(again.frames)
    for name, frame in first.frames.items():
        other = again.frames[name]
        if isinstance(frame, gpd.GeoDataFrame):
            assert (
                shapely.to_wkb(np.asarray(frame.geometry)) == shapely.to_wkb(np.asarray(other.geometry))
            ).all(), name
            frame, other = frame.drop(columns="geometry"), other.drop(columns="geometry")
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(other), check_exact=True)


def test_a_boundary_cuts_the_park(tmp_path: Path) -> None:
    box = shapely.box(15.62, 48.395, 15.65, 48.405)
    path = tmp_path / "boundary.geojson"
    gpd.GeoSeries([box], crs=4326).to_crs(3857).to_file(path.with_suffix(".gpkg"))
    park, _ = import_osm(PARKS / "krems_2013.osm.pbf", boundary=path.with_suffix(".gpkg"))
    inside = gpd.GeoSeries([box], crs=4326).to_crs(3857).to_crs(park.crs).iloc[0].buffer(0.1)
    assert park["parcels"].within(inside).all()
    assert "geometry" not in park.info["estimated"]
    assert len(park["roads"]) > 0


def test_a_box_limits_the_park() -> None:
    park, _ = import_osm(PARKS / "lauf_2020.osm.pbf", bbox=(11.28, 49.50, 11.31, 49.51))
    west, south, east, north = park["parcels"].to_crs(4326).total_bounds
    assert west > 11.279 and south > 49.499 and east < 11.311 and north < 49.511
    assert len(park["enterprises"]) > 5
