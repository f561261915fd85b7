"""What a planner asks of groups: a method, a number, groups that hang together; and how they compare with chance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from small_park import box, point, small_park

from parkloop.analysis import clusters
from parkloop.analysis.clusters import beside, communities, methods, pieces, significance
from parkloop.analysis.clusters.agreement import adjusted_rand, likest, ordered
from parkloop.analysis.errors import InputError
from parkloop.analysis.scenario import Clusters, Scenario
from parkloop.analysis.steps import Progress

TRIANGLES = np.array([[0, 1], [0, 2], [1, 2], [3, 4], [3, 5], [4, 5], [2, 3]])
KITE = np.ones(len(TRIANGLES))


def run(park, **choices):
    choices = {"repeats": 4, "random_graphs": 4, **choices}
    return clusters.run(park, Scenario(clusters=Clusters(**choices)), {}, Progress())


def keys(result):
    return [finding.key for finding in result.findings]


def planted(groups=6, size=10, inside=0.6, between=0.03, seed=0):
    """Ties, weights and groups of a planted partition."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(groups), size)
    a, b = np.triu_indices(len(truth), 1)
    tie = rng.random(len(a)) < np.where(truth[a] == truth[b], inside, between)
    return np.c_[a[tie], b[tie]], rng.uniform(0.5, 1, tie.sum()), truth


@st.composite
def graphs(draw):
    n = draw(st.integers(2, 14))
    pairs = np.array(np.triu_indices(n, 1)).T
    kept = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)).filter(any))
    edges = pairs[np.array(kept)]
    weight = np.array(draw(st.lists(st.floats(0.01, 1), min_size=len(edges), max_size=len(edges))))
    group = np.array(draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)))
    return n, edges, weight, group


def rows_of_firms(xy, sector="C26"):
    return [
        {"enterprise_id": f"E{i:02d}", "name": f"F{i}", "sector": sector, "geometry": point(x, y)}
        for i, (x, y) in enumerate(xy)
    ]


def bare(**layers):
    empty = dict.fromkeys(("occupancy", "exchanges", "material_flows", "heat_streams", "water_streams"))
    return small_park(**{**empty, **layers})


def test_modularity_by_hand():
    group = np.array([0, 0, 0, 1, 1, 1])
    # 6 of 7 ties inside; 7 of 14 ends in either
    assert pieces.modularity(TRIANGLES, KITE, group) == pytest.approx(6 / 7 - 0.5)
    assert pieces.modularity(TRIANGLES, KITE, group, 2) == pytest.approx(6 / 7 - 1)
    assert pieces.modularity(TRIANGLES, KITE, np.zeros(6, int)) == pytest.approx(0)


def test_split_and_merged_by_hand():
    group = np.zeros(6, int)
    apart = pieces.split(6, group, np.array([[0, 1], [1, 2], [3, 4], [4, 5]]))
    assert ordered(apart).tolist() == [0, 0, 0, 1, 1, 1]
    # singles grow to the triangles; joining those would lower modularity
    assert ordered(pieces.merged(TRIANGLES, KITE, np.arange(6))).tolist() == [0, 0, 0, 1, 1, 1]
    assert pieces.merged(TRIANGLES, KITE, np.arange(6), count=1).tolist() == [0] * 6
    # only 0 and 1 touch: nothing else may be joined
    assert pieces.merged(TRIANGLES, KITE, np.arange(6), touching=np.array([[0, 1]])).tolist() == [0, 0, 2, 3, 4, 5]


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_merging_without_a_number_never_lowers_modularity(graph):
    _, edges, weight, group = graph
    after = pieces.merged(edges, weight, group)
    assert pieces.modularity(edges, weight, after) >= pieces.modularity(edges, weight, group) - 1e-9
    # groups are only joined, never cut
    assert all(len(set(after[group == k])) == 1 for k in set(group))


@settings(max_examples=12, deadline=None)
@given(graphs(), st.sampled_from(["leiden", "spectral", "agglomerative"]), st.integers(0, 2**31))
def test_groups_that_must_hang_together_do(graph, method, seed):
    n, edges, weight, _ = graph
    line = np.c_[np.arange(n - 1), np.arange(1, n)]  # firms along a street
    rule = communities.Rule(method, touching=line)
    found = communities.group(n, edges, weight, seed, 0.3, None, rule).membership
    for k in set(found):
        own = np.flatnonzero(found == k)
        assert own.max() - own.min() == len(own) - 1


@pytest.mark.parametrize("method", ["leiden", "spectral", "agglomerative"])
def test_each_method_finds_planted_groups_and_a_given_number(method):
    edges, weight, truth = planted()
    free = communities.group(60, edges, weight, 0, 0.3, None, communities.Rule(method)).membership
    assert adjusted_rand(free, truth) > 0.75
    for count in (2, 3, 9):
        found = communities.group(60, edges, weight, 0, 0.3, None, communities.Rule(method, count)).membership
        assert (np.bincount(found) > 1).sum() == count


def test_other_methods_take_graphs_in_parts_and_nodes_without_ties():
    clique = np.array(np.triu_indices(5, 1)).T
    edges = np.r_[clique, clique + 5]
    for found in (
        methods.spectral(11, edges, np.ones(20), None, 0),
        methods.agglomerative(11, edges, np.ones(20), None, None),
    ):
        assert found.tolist() == [0] * 5 + [1] * 5 + [2]


def test_average_linkage_by_hand():
    edges, weight = np.array([[0, 1], [1, 2], [2, 3]]), np.array([0.9, 0.1, 0.8])
    # merges 0-1, 2-3, all; modularity 0, .0556 (0-1), .4444 (both), 0
    assert methods.agglomerative(4, edges, weight, None, None).tolist() == [0, 0, 1, 1]
    assert methods.agglomerative(4, edges, weight, 1, None).tolist() == [0, 0, 0, 0]
    # only the middle two lie beside each other
    assert methods.agglomerative(4, edges, weight, 1, np.array([[1, 2]])).tolist() == [1, 0, 0, 2]
    assert methods.agglomerative(4, edges, weight, None, np.array([[0, 1], [1, 2]])).tolist() == [0, 0, 1, 2]


def test_likest_by_hand():
    base, other = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    # {0,1,2} and {0,1}: 2 of 3; {3,4} and {2,3,4}: 2 of 3
    assert likest(base, other) == pytest.approx([2 / 3, 2 / 3])


def test_planted_groups_are_more_than_chance_and_random_ties_are_not():
    edges, weight, _ = planted()
    groups = communities.find(60, edges, weight, 0, 4, 0.3)
    test = significance.compare(60, edges, weight, groups.membership, groups.resolution, groups.found.draw, 0, 20)
    assert test.p_value == pytest.approx(1 / 21) and test.z > 10
    assert test.group_p == pytest.approx(np.full(6, 1 / 21)) and (test.group_z > 3).all()
    told = []
    for seed in range(8):
        edges, weight, _ = planted(inside=0.15, between=0.15, seed=seed)
        groups = communities.find(60, edges, weight, seed, 2, 0.3)
        test = significance.compare(
            60, edges, weight, groups.membership, groups.resolution, groups.found.draw, seed, 20
        )
        told.append(test.p_value)
    assert np.mean(np.array(told) > 0.05) >= 0.75 and np.median(told) > 0.2


def test_internal_share_by_hand():
    share, heavy = significance.internal(TRIANGLES, KITE, np.array([0, 0, 0, 1, 1, 1]))
    assert share == pytest.approx([6 / 7, 6 / 7]) and heavy == pytest.approx([0.5, 0.5])


def test_no_random_graphs_no_verdict():
    test = significance.compare(6, TRIANGLES, KITE, np.array([0, 0, 0, 1, 1, 1]), 1.0, lambda e, w, s: w, 0, 0)
    assert np.isnan(test.p_value) and np.isnan(test.group_p).all()


def test_bootstrap_weights_are_exponential_and_repeat():
    drawn = communities.exponential(20_000, 3, 1)
    assert drawn.mean() == pytest.approx(1, abs=0.03) and drawn.std() == pytest.approx(1, abs=0.03)
    assert (drawn == communities.exponential(20_000, 3, 1)).all()
    assert (drawn != communities.exponential(20_000, 3, 2)).any()


def test_same_ties_and_seed_same_groups():
    edges, weight, _ = planted(inside=0.3, between=0.1)
    one, two = (communities.find(60, edges, weight, 5, 3, 0.3) for _ in range(2))
    assert (one.membership == two.membership).all() and (one.stability == two.stability).all()


def test_land_beside_each_other_by_hand():
    park = small_park()
    shapes = beside.land(park, park.enterprise_points().reindex(park["enterprises"]["enterprise_id"]))
    # firms on P1..P5, streets of 20 m between; P1 and P5 meet over the corner: 20 * sqrt(2) m
    assert beside.touching(shapes, 20.5).tolist() == [[0, 1], [0, 3], [1, 2], [1, 4], [3, 4]]
    assert [0, 4] in beside.touching(shapes, 29).tolist()
    assert beside.touching(shapes, 10).tolist() == []


def test_contiguous_groups_on_the_map():
    # two rows of four far apart; each firm exchanges with its opposite
    xy = [(100 * i, 600 * j) for j in (0, 1) for i in range(4)]
    exchanges = [
        {
            "exchange_id": f"X{i}",
            "from_enterprise_id": f"E{i:02d}",
            "to_enterprise_id": f"E{i + 4:02d}",
            "kind": "material",
            "material": "fly_ash",
            "quantity_t_a": 1_000,
        }
        for i in range(4)
    ]
    park = bare(enterprises=rows_of_firms(xy), exchanges=exchanges, parcels=None)
    free, bound = run(park, gap_m=50), run(park, gap_m=50, contiguous=True)
    shapes = beside.land(park, park.enterprise_points())
    pairs = beside.touching(shapes, 50)
    ids = bound.tables["cluster_members"]["cluster_id"].to_numpy()
    parts = connected_components(coo_matrix((np.ones(len(pairs)), pairs.T), (8, 8)), directed=False)[1]
    for k in set(ids) - {""}:
        assert len(set(parts[ids == k])) == 1
    chosen = {
        name: result.tables["cluster_methods"].set_index("method")["chosen"]
        for name, result in (("f", free), ("b", bound))
    }
    assert chosen["f"]["leiden"] and chosen["b"]["contiguous"] and chosen["b"].sum() == 1


def test_firms_that_touch_nobody_are_named():
    xy = [(0, 0), (90, 0), (180, 0), (2_000, 0)]
    rows = rows_of_firms(xy)
    rows.append({"enterprise_id": "E99", "name": "nowhere", "sector": "C26", "geometry": None})
    result = run(bare(enterprises=rows, parcels=None), contiguous=True)
    named = {finding.key: finding.id for finding in result.findings}
    assert named["clusters.contiguous_no_place"] == "E99" and named["clusters.contiguous_alone"] == "E03"
    members = result.tables["cluster_members"].set_index("enterprise_id")
    assert members.loc[["E03", "E99"], "cluster_id"].tolist() == ["", ""]
    assert "40 m" in next(f for f in result.findings if f.key == "clusters.contiguous_alone").text("en")


def test_a_number_beyond_the_firms_is_refused():
    with pytest.raises(InputError) as error:
        run(small_park(), count=3)
    found = error.value.findings[0]
    assert found.key == "clusters.count_too_large" and found.column == "clusters.count"
    assert "at most 2" in found.text("en") and found.remedy("zh")


def test_a_number_that_ties_do_not_make_is_told():
    xy = [(0, 0), (60, 0), (9_000, 0), (9_060, 0)]
    result = run(bare(enterprises=rows_of_firms(xy), parcels=None), contiguous=True, count=1)
    assert "clusters.count_unmet" in keys(result)
    assert next(f for f in result.findings if f.key == "clusters.count_unmet").values == {"count": 1, "found": 2}


def test_a_group_that_nothing_ties_has_no_internal_share():
    # two pairs of neighbours; only the first exchanges anything, by an estimate
    heat = {"from_enterprise_id": "E00", "to_enterprise_id": "E01", "kind": "heat", "heat_kw": 5.0}
    exchanges = [{"exchange_id": "X", **heat, "estimated": "heat_kw"}]
    park = bare(enterprises=rows_of_firms([(0, 0), (30, 0), (900, 0), (930, 0)]), parcels=None, exchanges=exchanges)
    weights = dict.fromkeys((f"weight_{part}" for part in ("possible", "sector", "distance", "utilities")), 0)
    tables = run(park, contiguous=True, count=2, **weights).tables
    areas, members = tables["cluster_areas"], tables["cluster_members"]
    assert areas["firms"].tolist() == [2, 2]
    assert areas["internal_weight_share"].tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert areas["estimated"].tolist() == ["internal_weight_share", ""]
    assert (members["estimated"] != "").tolist() == [True, True, False, False]


def test_nothing_ties_the_firms():
    result = run(
        bare(enterprises=rows_of_firms([(0, 0), (50, 0)])), weight_actual=1, weight_possible=0, weight_sector=0,
        weight_distance=0, weight_utilities=0,
    )  # fmt: skip
    assert keys(result) == ["clusters.no_ties"] and result.headline[0] == "clusters.headline.none"
    assert len(result.tables["cluster_methods"]) == 0


def test_negative_weight_is_named(tmp_path):
    from parkloop.analysis.scenario import read_scenario

    path = tmp_path / "s.toml"
    path.write_text("[clusters]\nweight_actual = -1\ncount = 0\nmethod = 'kmeans'\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_scenario(path)
    assert {finding.column for finding in error.value.findings} == {
        "clusters.weight_actual",
        "clusters.count",
        "clusters.method",
    }


def test_too_many_firms_for_all_pairs(monkeypatch):
    monkeypatch.setattr("parkloop.analysis.clusters.compare.MOST_FIRMS", 4)
    with pytest.raises(InputError) as error:
        run(small_park(), method="agglomerative")
    assert error.value.findings[0].key == "clusters.too_many"
    result = run(small_park())
    assert set(result.tables["cluster_methods"]["method"]) == {"leiden", "contiguous"}
    assert "clusters.not_compared" in keys(result)


def test_a_park_without_structure_is_told_so():
    # every firm is as close to every other: no groups but by chance
    ring = [(np.cos(a) * 100, np.sin(a) * 100) for a in np.linspace(0, 2 * np.pi, 9)[:-1]]
    result = run(
        bare(enterprises=rows_of_firms(ring), parcels=None, roads=None), random_graphs=20, weight_distance=0
    )
    assert result.headline[0] in ("clusters.headline.chance", "clusters.headline.none")
    assert ("clusters.chance" in keys(result)) == (result.headline[0] == "clusters.headline.chance")


def test_methods_are_measured_alike():
    result = run(small_park())
    table = result.tables["cluster_methods"].set_index("method")
    assert set(table.index) == {"leiden", "spectral", "agglomerative", "contiguous"}
    assert table.loc["leiden", "agreement"] == 1 and table.loc["leiden", "chosen"]
    assert table.loc["leiden", "modularity"] == pytest.approx(result.figures["modularity"].value)
    assert (table["internal_weight_share"].between(0, 1)).all()


def test_mean_distance_inside_groups_by_hand():
    xy = [(0, 0), (30, 40), (1_000, 0), (1_000, 100)]
    exchanges = [
        {
            "exchange_id": f"X{a}",
            "from_enterprise_id": f"E0{a}",
            "to_enterprise_id": f"E0{a + 1}",
            "kind": "heat",
            "heat_kw": 10,
        }
        for a in (0, 2)
    ]
    result = run(bare(enterprises=rows_of_firms(xy), exchanges=exchanges, parcels=None), weight_sector=0)
    table = result.tables["cluster_methods"].set_index("method")
    assert table.loc["leiden", "distance_m"] == pytest.approx((50 + 100) / 2)


def test_box_and_point_firms_have_land():
    park = small_park(
        enterprises=[{"enterprise_id": "E1", "name": "a", "sector": "C26", "geometry": point(900, 900)}]
    )
    shapes = beside.land(park, park.enterprise_points())
    assert shapes[0].equals(box(0, 0, 200, 150))
    assert isinstance(pd.Series(shapes), pd.Series)
