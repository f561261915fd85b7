"""The road graph: cut at junctions, joined within drawing tolerance, distances along roads."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import CRS, line, point, small_park

from parkloop.analysis.errors import InputError
from parkloop.analysis.park import roadgraph


def graph(*roads, **marks):
    rows = [
        {"road_id": f"R{i}", "geometry": shape, **{k: v[i] for k, v in marks.items()}}
        for i, shape in enumerate(roads)
    ]
    return roadgraph.build(small_park(roads=rows))


def places(*xy):
    return gpd.GeoSeries([point(x, y) for x, y in xy], crs=CRS)


def test_crossing_roads_are_cut_at_the_crossing():
    found = graph(line((0, 0), (100, 0)), line((50, -50), (50, 50)))
    assert len(found.nodes) == 5
    assert sorted(found.length_m) == pytest.approx([50, 50, 50, 50])


def test_a_bridge_crosses_without_a_junction():
    found = graph(line((0, 0), (100, 0)), line((50, -50), (50, 50)), bridge=[False, True])
    assert len(found.nodes) == 4
    assert len(np.unique(found.component)) == 2


def test_a_bridge_joins_the_road_it_ends_on():
    found = graph(line((0, 0), (100, 0)), line((50, 0), (50, 50)), bridge=[False, True])
    assert len(np.unique(found.component)) == 1


def test_ends_within_the_tolerance_are_one_junction():
    found = graph(line((0, 0), (100, 0)), line((100.3, 0.1), (200, 0)))
    assert len(found.nodes) == 3
    found = graph(line((0, 0), (100, 0)), line((101.0, 0), (200, 0)))
    assert len(found.nodes) == 4


def test_distance_by_hand():
    found = graph(line((0, 0), (100, 0)), line((50, -50), (50, 50)), line((100, 0), (100, 80)))
    away = found.distances(places((0, 5), (50, 60), (101, 80)))
    # 5 m to the road, 50 along, 50 up, 10 beyond
    assert away[0, 1] == pytest.approx(5 + 50 + 50 + 10)
    assert away[0, 2] == pytest.approx(5 + 100 + 80 + 1)


def test_places_at_one_junction_are_their_straight_distance_apart():
    found = graph(line((0, 0), (100, 0)))
    assert found.distances(places((0, 3), (0, 7)))[0, 1] == pytest.approx(4.0)


def test_beyond_the_limit_is_infinite():
    found = graph(line((0, 0), (1000, 0)), line((1000, 0), (1000, 500)))
    assert np.isinf(found.distances(places((0, 1)), places((1000, 500)), limit_m=700)[0, 0])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_distance_is_a_metric_no_shorter_than_straight(seed):
    rng = np.random.default_rng(seed)
    roads = [line(*rng.uniform(0, 500, (2, 2)).tolist()) for _ in range(8)] + [
        line((0, 0), (500, 500)),
        line((0, 500), (500, 0)),
    ]
    found = graph(*roads)
    at = places(*rng.uniform(0, 500, (5, 2)).tolist())
    away = found.distances(at)
    straight = np.hypot(at.x.to_numpy()[:, None] - at.x.to_numpy(), at.y.to_numpy()[:, None] - at.y.to_numpy())
    assert (away >= straight - 1e-6).all()
    assert away == pytest.approx(away.T)


def test_graph_does_not_depend_on_the_order_of_rows():
    roads = [line((0, 0), (100, 0)), line((50, -50), (50, 50)), line((100, 0), (100, 80))]
    first = graph(*roads)
    rows = [{"road_id": f"R{i}", "geometry": roads[i]} for i in (2, 0, 1)]
    second = roadgraph.build(small_park(roads=rows))
    assert np.array_equal(first.nodes, second.nodes)
    assert np.array_equal(first.edges, second.edges)


def test_no_roads_is_the_inputs_fault():
    with pytest.raises(InputError, match="no road line"):
        roadgraph.build(small_park(roads=None))
