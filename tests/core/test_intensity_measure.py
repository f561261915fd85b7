"""Measuring land and buildings: worked by hand on the small park, exact in sum, bad input named."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import box, small_park

from parkloop.analysis.errors import InputError
from parkloop.analysis.intensity import measure
from parkloop.analysis.standards import Standards


def measured(park):
    findings = []
    land = measure.measure(park, Standards(), findings)
    return land.set_index(park["parcels"]["parcel_id"]), findings


def keys(findings):
    return {f.key for f in findings}


def building(name="B", shape=None, **columns):
    return {"building_id": name, "use": "production", "geometry": shape or box(20, 20, 120, 120), **columns}


def test_floor_area_by_hand():
    land, findings = measured(small_park())
    assert findings == []
    assert land["area_m2"].tolist() == [30_000] * 6
    # P1: 80 x 100 m, one storey of more than 8 m: floor 8,000, counted twice (control indicators, plot ratio)
    assert land.loc["P1", ["floor_area_m2", "counted_floor_m2"]].tolist() == [8_000, 16_000]
    # P2: 160 x 100 m, two storeys; P3: recorded 4,500 before storeys times footprint (4,000)
    assert land.loc["P2", "counted_floor_m2"] == 32_000
    assert land.loc["P3", "counted_floor_m2"] == 4_500
    # P4: 120 x 100 m, 9 m high: one storey (typical 6 m), taller than 8 m, counted twice, an estimate
    assert land.loc["P4", ["floor_area_m2", "counted_floor_m2", "estimated_floor_m2"]].tolist() == [
        12_000,
        24_000,
        24_000,
    ]
    # P5: three storeys of 8,000 m2 and offices of four storeys of 1,200 m2
    assert land.loc["P5", ["counted_floor_m2", "office_floor_m2", "buildings"]].tolist() == [28_800, 4_800, 2]


def test_unknown_building_takes_the_typical_storeys_and_is_flagged():
    land, _ = measured(small_park(buildings=[building(use="office")]))
    assert land.loc["P1", ["counted_floor_m2", "estimated_floor_m2"]].tolist() == [30_000, 30_000]  # 3 storeys


def test_recorded_floor_with_some_tall_storeys():
    # 4 storeys of 2,500 m2 each, one of them tall: 10,000 + 2,500
    land, _ = measured(small_park(buildings=[building(floor_area_m2=10_000, storeys=4, tall_storeys=1)]))
    assert land.loc["P1", "counted_floor_m2"] == pytest.approx(12_500)


def test_recorded_floor_tells_the_storeys_that_are_not_recorded():
    # 20,000 m2 on 10,000: two storeys of 4.5 m in 9 m, none of them tall
    land, _ = measured(small_park(buildings=[building(floor_area_m2=20_000, height_m=9.0)]))
    assert land.loc["P1", ["counted_floor_m2", "estimated_floor_m2"]].tolist() == [20_000, 0]
    # of four storeys one is tall
    land, _ = measured(small_park(buildings=[building(floor_area_m2=40_000, tall_storeys=1)]))
    assert land.loc["P1", "counted_floor_m2"] == pytest.approx(50_000)
    # one storey of 9 m: counted twice, on the strength of storeys that nobody recorded
    land, _ = measured(small_park(buildings=[building(floor_area_m2=10_000, height_m=9.0)]))
    assert land.loc["P1", ["counted_floor_m2", "estimated_floor_m2"]].tolist() == [20_000, 20_000]


def test_building_across_a_line_is_shared_by_area():
    parcels = [
        {"parcel_id": "L", "land_use": "industrial", "geometry": box(0, 0, 100, 100)},
        {"parcel_id": "R", "land_use": "industrial", "geometry": box(100, 0, 200, 100)},
    ]
    land, findings = measured(
        small_park(parcels=parcels, occupancy=None, buildings=[building(shape=box(70, 10, 110, 60), storeys=2)])
    )
    assert land["footprint_m2"].tolist() == [1_500, 500]
    assert land["counted_floor_m2"].tolist() == [3_000, 1_000]
    assert findings == []


def test_building_outside_counts_for_none_and_is_told():
    land, findings = measured(small_park(buildings=[building(shape=box(-50, 20, 50, 120), storeys=1)]))
    assert land.loc["P1", "footprint_m2"] == pytest.approx(5_000)
    assert keys(findings) == {"intensity.building_outside"}
    assert "5,000 m²" in findings[0].text("en") and "B" in findings[0].text("zh")


def test_overlapping_parcels_count_land_once():
    parcels = [
        {"parcel_id": "A", "land_use": "industrial", "geometry": box(0, 0, 100, 100)},
        {"parcel_id": "B", "land_use": "industrial", "geometry": box(90, 0, 200, 100)},
    ]
    land, findings = measured(
        small_park(parcels=parcels, occupancy=None, buildings=[building(shape=box(80, 0, 120, 100), storeys=1)])
    )
    assert land["area_m2"].tolist() == [10_000, 10_000]
    assert land["footprint_m2"].tolist() == [2_000, 2_000]
    assert keys(findings) == {"intensity.overlap"}


@pytest.mark.parametrize(
    ("column", "value"),
    [("storeys", 0), ("storeys", 999), ("height_m", -3), ("floor_area_m2", -1), ("tall_storeys", -2)],
)
def test_impossible_building_is_treated_as_missing_and_told(column, value):
    land, findings = measured(small_park(buildings=[building(**{column: value})]))
    assert keys(findings) == {"intensity.out_of_range"}
    assert (findings[0].layer, findings[0].id, findings[0].column) == ("buildings", "B", column)
    assert np.isfinite(land.drop(columns="height_m").to_numpy(float)).all()
    assert land["height_m"].isna().all()
    assert land.loc["P1", "counted_floor_m2"] == 10_000


def test_more_tall_storeys_than_storeys():
    land, findings = measured(small_park(buildings=[building(storeys=2, tall_storeys=5)]))
    assert keys(findings) == {"intensity.too_many_tall"}
    assert land.loc["P1", "counted_floor_m2"] == 40_000


def test_broken_and_empty_shapes():
    bow = shapely.Polygon([(500_000, 3_500_000), (500_100, 3_500_100), (500_100, 3_500_000), (500_000, 3_500_100)])
    line = shapely.LineString([(500_000, 3_500_000), (500_100, 3_500_000)])
    rows = [building("bow", bow), building("line", line), building("none") | {"geometry": None}]
    land, findings = measured(small_park(buildings=rows))
    assert land["footprint_m2"].sum() == 0
    assert keys(findings) == {"intensity.broken_building", "intensity.building_no_area"}
    with pytest.raises(InputError) as error:
        measured(
            small_park(parcels=[{"parcel_id": "X", "land_use": "industrial", "geometry": bow}], occupancy=None)
        )
    assert (error.value.findings[0].key, error.value.findings[0].id) == ("intensity.broken_shape", "X")
    with pytest.raises(InputError, match="no parcel"):
        measured(small_park(parcels=None))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), tilt=st.floats(0, 360))
def test_sum_over_parcels_is_the_truth(seed, tilt):
    """Shares agree with geopandas.overlay and add up to the footprint, whatever the direction of the grid."""
    rng = np.random.default_rng(seed)
    x, y = (a.ravel() for a in np.meshgrid(np.arange(4), np.arange(3)))
    land = shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100)
    corner, side = rng.uniform(0, [360, 260], (30, 2)), rng.uniform(1, 40, (30, 2))
    works = shapely.box(*corner.T, *(corner + side).T)
    turned = gpd.GeoSeries([*land, *works]).rotate(tilt, origin=(0, 0)).to_numpy()
    land, works = turned[: len(land)], turned[len(land) :]
    shares = measure.share(works, land)
    got = np.bincount(shares.parcel, weights=shares.area_m2, minlength=len(land))
    truth = shapely.area(shapely.intersection(land[:, None], works)).sum(axis=1)
    assert got == pytest.approx(truth, rel=1e-9, abs=1e-9)
    assert got.sum() == pytest.approx(shapely.area(works).sum(), rel=1e-9)


def test_shares_agree_with_overlay():
    rng = np.random.default_rng(3)
    x, y = (a.ravel() for a in np.meshgrid(np.arange(6), np.arange(6)))
    parcels = gpd.GeoDataFrame({"p": range(36)}, geometry=shapely.box(50 * x, 50 * y, 50 * x + 50, 50 * y + 50))
    corner = rng.uniform(0, 280, (200, 2))
    works = gpd.GeoDataFrame({"b": range(200)}, geometry=shapely.box(*corner.T, *(corner + 15).T))
    cut = gpd.overlay(works, parcels, how="intersection")
    truth = cut.area.groupby(cut["p"]).sum()
    shares = measure.share(works.geometry.to_numpy(), parcels.geometry.to_numpy())
    got = pd.Series(shares.area_m2).groupby(shares.parcel).sum()
    assert got.to_numpy() == pytest.approx(truth.to_numpy(), rel=1e-9)


def test_pieces_and_slivers_are_told_and_still_count():
    park = small_park()
    parcels = park["parcels"]
    two = shapely.MultiPolygon([box(0, 0, 200, 70), box(0, 80, 200, 150)])
    thin = box(200, 0, 200.4, 150)
    shapes = [
        two if n == "P1" else thin if n == "P6" else g
        for n, g in zip(parcels["parcel_id"], parcels.geometry, strict=True)
    ]
    land, findings = measured(park.replace(parcels=parcels.set_geometry(shapes)))
    told = {f.key: f for f in findings}
    assert told["intensity.multipart"].id == "P1" and told["intensity.sliver"].id == "P6"
    assert land.loc["P1", "area_m2"] == pytest.approx(200 * 140) and land.loc["P6", "area_m2"] == pytest.approx(60)
    # the building of 80 x 100 m crosses the gap of 10 m: that part lies on no parcel
    assert land.loc["P1", "footprint_m2"] == pytest.approx(80 * 90)


def test_touching_parcels_are_no_overlap():
    park = small_park(
        parcels=[
            {"parcel_id": n, "land_use": "industrial", "geometry": box(x, 0, x + 0.1 * 7, 50)}
            for n, x in (("P1", 0.0), ("P2", 0.7), ("P3", 1.4))
        ]
    )
    _, findings = measured(park)
    assert "intensity.overlap" not in keys(findings)
