"""Measures of two real places beside geopandas.overlay and momepy, and what must not change them."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from real_places import PARKS, imported
from shapely import affinity
from small_park import small_park

from parkloop.analysis import intensity
from parkloop.analysis.intensity import measure
from parkloop.analysis.park.model import Park, complete
from parkloop.analysis.scenario import Intensity, Scenario
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress

EXACT = 1e-9
needs_places = pytest.mark.skipif(not PARKS.exists(), reason="the shared map extracts are not here")


def run(park):
    return intensity.run(park, Scenario(intensity=Intensity(random_weightings=50)), {}, Progress())


def whole_storeys(park):
    """The park with whole numbers of storeys and no tall ones, so that floor area is storeys x footprint."""
    houses = park["buildings"]
    storeys = np.ceil(houses["storeys"].fillna(1.0))
    return park.replace(
        buildings=houses.assign(storeys=storeys, tall_storeys=0, height_m=np.nan, floor_area_m2=np.nan)
    )


@needs_places
@pytest.mark.parametrize("place", ["schaan", "krems"])
def test_coverage_and_plot_ratio_are_those_of_overlay_and_momepy(place):
    momepy = pytest.importorskip("momepy", reason="momepy is not installed")
    park = whole_storeys(imported(place)[0])
    land = measure.measure(park, Standards(), [])
    pieces = gpd.overlay(park["buildings"], park["parcels"][["parcel_id", "geometry"]], keep_geom_type=True)
    area = park["parcels"].set_index("parcel_id").area
    key, names = pieces["parcel_id"], park["parcels"]["parcel_id"]

    overlay = (pieces.area.groupby(key).sum().reindex(names, fill_value=0.0) / area.reindex(names)).to_numpy()
    own = (land["footprint_m2"] / land["area_m2"]).to_numpy()
    np.testing.assert_allclose(own, overlay, rtol=EXACT, atol=1e-12)
    assert (own > 0).sum() >= 20

    # a storey height of 1 makes momepy's height / storey height the number of storeys
    floor = momepy.floor_area(pieces.area, pieces["storeys"], 1.0)
    with warnings.catch_warnings():  # that it would be quicker with numba
        warnings.simplefilter("ignore", UserWarning)
        cover = momepy.describe_agg(pieces.area, key)["sum"].reindex(names, fill_value=0.0)
        ratio = momepy.describe_agg(floor, key)["sum"].reindex(names, fill_value=0.0)
    np.testing.assert_allclose(own, (cover / area.reindex(names)).to_numpy(), rtol=EXACT, atol=1e-12)
    np.testing.assert_allclose(
        (land["floor_area_m2"] / land["area_m2"]).to_numpy(),
        (ratio / area.reindex(names)).to_numpy(),
        rtol=EXACT,
        atol=1e-12,
    )


@needs_places
def test_the_sum_over_parcels_is_the_total():
    park = imported("schaan")[0]
    land = measure.measure(park, Standards(), [])
    ground = shapely.union_all(np.array(park["parcels"].geometry))
    built = shapely.area(shapely.intersection(np.array(park["buildings"].geometry), ground)).sum()
    assert land["footprint_m2"].sum() == pytest.approx(built, rel=EXACT)
    assert land["area_m2"].sum() == pytest.approx(shapely.area(ground), rel=EXACT)


def moved(park, change):
    """The park with every shape changed."""
    frames = {}
    for name, frame in park.frames.items():
        if isinstance(frame, gpd.GeoDataFrame):
            frame = frame.set_geometry([None if g is None else change(g) for g in frame.geometry])
        frames[name] = complete(frame, name)
    return Park(frames, park.crs, park.source_crs)


def scores(park):
    result = run(park)
    parcels = result.tables["intensity_parcels"]
    columns = ["plot_ratio", "building_coefficient_pct", "investment_cur_ha", "score", "asleep_m2", "rank"]
    return parcels.set_index("parcel_id")[columns].astype(float), result.figures["score"].value


BASE = scores(small_park())


@settings(max_examples=12, deadline=None)
@given(st.floats(-5e4, 5e4), st.floats(-5e4, 5e4), st.floats(0, 360))
def test_moving_and_turning_the_park_changes_nothing(east, north, turn):
    def change(shape):
        return affinity.translate(affinity.rotate(shape, turn, origin=(500_300, 3_500_150)), east, north)

    found, total = scores(moved(small_park(), change))
    pd.testing.assert_frame_equal(found, BASE[0], rtol=1e-6, atol=1e-4)
    assert total == pytest.approx(BASE[1], rel=1e-6)


def test_a_neighbouring_metric_crs_changes_areas_by_its_scale_alone():
    park = small_park()
    frames = {
        name: complete(frame.to_crs(4548) if isinstance(frame, gpd.GeoDataFrame) else frame, name)
        for name, frame in park.frames.items()
    }  # the zone to the west: metres are up to 0.1 % longer there
    other = Park(frames, frames["parcels"].crs, park.source_crs)
    found, total = scores(other)
    assert found["plot_ratio"].to_numpy() == pytest.approx(BASE[0]["plot_ratio"].to_numpy(), rel=5e-3, nan_ok=True)
    assert found["building_coefficient_pct"].dropna().to_numpy() == pytest.approx(
        BASE[0]["building_coefficient_pct"].dropna().to_numpy(), rel=5e-3
    )
    assert total == pytest.approx(BASE[1], rel=5e-3)


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(["investment_cur", "output_cur_a", "tax_cur_a"]),
    st.sampled_from(["E2", "E3", "E4", "E5"]),
    st.floats(1.0, 3.0),
)
def test_a_better_figure_never_lowers_the_parcel_s_score_against_given_ideals(column, firm, factor):
    ideal = {"A31": 1.5, "A32": 60.0, "A33": 1.5, "A34": 60.0, "B11": 90e6, "B12": 120e6, "B13": 9e6}
    choices = Scenario(intensity=Intensity(ideal=ideal, random_weightings=0))

    def score_of(park):
        table = intensity.run(park, choices, {}, Progress()).tables["intensity_parcels"].set_index("parcel_id")
        return table["score"]

    firms = small_park()["enterprises"]
    rich = firms.assign(**{column: firms[column].where(firms["enterprise_id"] != firm, firms[column] * factor)})
    before, after = score_of(small_park()), score_of(small_park().replace(enterprises=rich))
    assert (after.dropna() >= before.dropna() - 1e-9).all()
    assert after.between(0, 100).sum() == after.notna().sum()


@settings(max_examples=12, deadline=None)
@given(st.floats(5, 195))
def test_splitting_a_parcel_anywhere_keeps_the_park_s_indicators(cut):
    park = small_park()
    parcels = park["parcels"]
    whole = parcels[parcels["parcel_id"] == "P2"]
    west, south, east, north = whole.total_bounds
    part = cut / 200
    halves = pd.concat([whole, whole]).assign(
        parcel_id=["P2a", "P2b"],
        geometry=[shapely.box(west, south, west + cut, north), shapely.box(west + cut, south, east, north)],
        structure_m2=[600 * part, 600 * (1 - part)],
        open_yard_m2=[900 * part, 900 * (1 - part)],
    )
    use = park["occupancy"]
    shares = pd.DataFrame([{"enterprise_id": "E2", "parcel_id": p, "share": 1.0} for p in ("P2a", "P2b")])
    split = park.replace(
        parcels=pd.concat([parcels[parcels["parcel_id"] != "P2"], halves]),
        occupancy=pd.concat([use[use["parcel_id"] != "P2"], shares]),
    )
    codes = ["A11", "A12", "A21", "A31", "A32", "A33", "A34", "B11", "B12", "B13", "C11"]
    before, after = (
        run(p).tables["intensity_park"].set_index("indicator").loc[codes, "value"] for p in (park, split)
    )
    assert after.to_numpy(float) == pytest.approx(before.to_numpy(float), rel=EXACT)


@pytest.mark.parametrize(
    ("layer", "key", "cells", "found"),
    [
        ("parcels", "P2", {"geometry": shapely.box(1, 1, 1, 1)}, "intensity.no_area"),
        ("buildings", "B2", {"geometry": shapely.box(9, 9, 20, 20)}, "intensity.building_outside"),
        ("buildings", "B2", {"storeys": 0.0}, "intensity.out_of_range"),
        ("buildings", "B2", {"storeys": 999.0}, "intensity.out_of_range"),
        ("buildings", "B1", {"height_m": -3.0}, "intensity.out_of_range"),
        ("enterprises", "E4", {"investment_cur": -1.0}, "intensity.out_of_range"),
        ("enterprises", "E4", {"tax_cur_a": float("inf")}, "intensity.out_of_range"),
        ("parcels", "P3", {"green_m2": -1.0}, "intensity.out_of_range"),
    ],
)
def test_what_cannot_be_is_told_and_leaves_no_nan_in_a_result(layer, key, cells, found):
    park = small_park()
    rows = park[layer].copy()
    for column, value in cells.items():
        rows.loc[rows[rows.columns[0]] == key, column] = value
    result = run(park.replace(**{layer: rows}))
    told = next(f for f in result.findings if f.key == found)
    assert told.layer == layer and told.id == key
    for lang in ("en", "zh"):
        assert "{" not in told.text(lang) + told.remedy(lang)
    assert all(f.value is None or np.isfinite(f.value) for f in result.figures.values())
    for name, table in result.tables.items():
        numbers = table.drop(columns="geometry", errors="ignore").select_dtypes("number").astype(float)
        assert not np.isinf(numbers.to_numpy()).any(), name
    whole = result.tables["intensity_park"]
    assert (whole["value"].notna() | (whole["note"] != "")).all()
    assert whole["weight"].sum() == pytest.approx(1)
