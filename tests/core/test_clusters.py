"""Groups of firms: planted groups found, row order without effect, areas without overlap, bad input named."""

import numpy as np
import pandas as pd
import pytest
from small_park import box, point, shuffled, small_park

from parkloop import resources
from parkloop.analysis import clusters
from parkloop.analysis.clusters import communities, flows, graph
from parkloop.analysis.clusters.agreement import adjusted_rand, overlap
from parkloop.analysis.clusters.members import members
from parkloop.analysis.errors import InputError
from parkloop.analysis.scenario import Clusters, Scenario
from parkloop.analysis.steps import Progress, StepResult


def run(park=None, results=None, **choices):
    choices = {"repeats": 6, **choices}
    return clusters.run(park or small_park(), Scenario(clusters=Clusters(**choices)), results or {}, Progress())


def keys(result):
    return [f.key for f in result.findings]


def two_chains():
    """Eight firms on eight parcels: odd ones exchange among themselves, so do even ones; places alternate."""
    place = [box(220 * i, 0, 220 * i + 200, 150) for i in range(8)]
    firms = [
        {"enterprise_id": f"E{i}", "name": f"F{i}", "sector": ("C26", "C22")[i % 2], "geometry": place[i].centroid}
        for i in range(8)
    ]
    pairs = [(a, b) for a in range(8) for b in range(a + 1, 8) if a % 2 == b % 2]
    return small_park(
        parcels=[{"parcel_id": f"P{i}", "land_use": "industrial", "geometry": place[i]} for i in range(8)],
        enterprises=firms,
        occupancy=[{"enterprise_id": f"E{i}", "parcel_id": f"P{i}"} for i in range(8)],
        exchanges=[
            {
                "exchange_id": f"X{a}{b}",
                "from_enterprise_id": f"E{a}",
                "to_enterprise_id": f"E{b}",
                "kind": "material",
                "material": "fly_ash",
                "quantity_t_a": 1_000,
            }
            for a, b in pairs
        ],
        material_flows=None,
        heat_streams=None,
        water_streams=None,
    )


def test_two_planted_groups_are_found():
    result = run(two_chains())
    found = result.tables["cluster_members"].groupby("cluster_id")["enterprise_id"].agg(list)
    assert found.to_dict() == {"C01": ["E0", "E2", "E4", "E6"], "C02": ["E1", "E3", "E5", "E7"]}
    assert result.headline == ("clusters.headline", {"count": 2})
    assert result.figures["stability"].value > 0.75
    areas = result.tables["cluster_areas"]
    assert areas["sectors"].tolist() == ["C26", "C22"]
    assert areas["name_en"].tolist() == [
        "Chemicals",
        "Paper",
    ]
    assert areas["name_zh"].tolist() == ["化工组团", "造纸组团"]


def test_large_planted_groups_in_noise():
    rng = np.random.default_rng(5)
    truth = np.arange(120) // 20
    a, b = np.triu_indices(120, 1)
    tie = rng.random(len(a)) < np.where(truth[a] == truth[b], 0.5, 0.02)
    edges, weight = np.c_[a[tie], b[tie]], rng.uniform(0.5, 1.5, tie.sum())
    groups = communities.find(120, edges, weight, seed=1, repeats=6, shake=0.3)
    assert adjusted_rand(groups.membership, truth) == 1
    assert groups.agreement > 0.95 and groups.firmness.min() > 0.9 and np.median(groups.stability) > 0.9


def test_row_order_does_not_matter():
    for park in (small_park(), two_chains()):
        one, two = run(park), run(shuffled(park))
        assert one.headline == two.headline and one.figures == two.figures
        for name, rows in one.tables.items():
            pd.testing.assert_frame_equal(pd.DataFrame(rows), pd.DataFrame(two.tables[name]))


def test_weight_is_the_mean_of_its_parts():
    result = run(weight_actual=2, weight_possible=1, weight_sector=1, weight_distance=0, weight_utilities=0)
    row = result.tables["relevance"].set_index("relevance_id").loc["E1--E2"]
    # the median of the material quantities is the exchange's own 20,000 or a possible one; strength q / (q + median)
    quantities = [20_000, 30_000, 8_000]  # today; fly ash and gypsum that could go from power to cement
    median = np.median(quantities)
    assert row["actual"] == pytest.approx(20_000 / (20_000 + median))
    parts = [30_000 / (30_000 + median), 8_000 / (8_000 + median)]
    assert row["possible"] == pytest.approx(1 - np.prod([1 - p for p in parts]))
    assert row["weight"] == pytest.approx((2 * row["actual"] + row["possible"] + row["sector"]) / 4)
    assert row["closeness"] == pytest.approx(np.exp(-row["distance_m"] / 500))


def test_possible_heat_and_water_keep_their_limits():
    park = small_park(material_flows=None)
    places = park.enterprise_points()
    xy = np.c_[places.x, places.y]
    found = flows.possible(park, xy, neighbours=8, approach_k=10)
    pairs = set(zip(found["one"], found["two"], found["kind"], strict=True))
    # 180 C serves 130 C and 85 C; E5 discharges 300 mg/L, too much for 100 and 60; E4's own discharge is no exchange
    assert pairs == {(0, 3, "heat"), (0, 4, "heat")}
    assert found.set_index("two").loc[3, "quantity"] == 5_000
    assert len(flows.possible(park, xy, neighbours=8, approach_k=60)) == 1


def test_proposed_links_take_the_place_of_possible_flows():
    links = pd.DataFrame(
        {
            "link_id": ["L1", "L2"],
            "kind": ["water", "material"],
            "status": ["proposed", "existing"],
            "from_enterprise_id": ["E3", "E1"],
            "to_enterprise_id": ["E4", "E2"],
            "quantity_t_a": [np.nan, 20_000.0],
            "heat_kw": np.nan,
            "flow_t_d": [100.0, np.nan],
            "material": ["", "fly_ash"],
            "benefit_cur_a": [5_000.0, np.nan],
            "estimated": ["flow_t_d", ""],
        }
    )
    rows = run(results={"links": StepResult({"links": links})}).tables["relevance"].set_index("relevance_id")
    assert rows.loc["E3--E4", "possible"] == pytest.approx(0.5) and rows.loc["E3--E4", "estimated"] == "weight"
    assert rows.loc["E1--E2", "possible"] == 0 and rows.loc["E1--E2", "actual"] == pytest.approx(0.5)


def test_areas_hold_their_parcels_and_do_not_overlap():
    park = two_chains()
    areas = run(park).tables["cluster_areas"].geometry
    assert areas.iloc[0].intersection(areas.iloc[1]).area == pytest.approx(0, abs=1e-6)
    land = park["parcels"].geometry
    for number in (0, 1):
        own = land[number::2].union_all()
        assert areas.iloc[number].intersection(own).area > 0.99 * own.area  # but for rounded corners
    assert areas.is_valid.all()


def test_area_closes_over_the_road_between_its_parcels():
    result = run(weight_sector=0, weight_possible=0, weight_actual=1, weight_distance=0, weight_utilities=0)
    areas = result.tables["cluster_areas"]
    assert areas["firms"].tolist() == [2]
    assert areas.geometry.iloc[0].geom_type == "Polygon"  # P1 and P2 with the road between
    assert 60_000 < areas["area_m2"].iloc[0] < 63_000
    alone = result.tables["cluster_members"].set_index("enterprise_id")
    assert alone["role"].tolist() == ["core", "core", "single", "single", "single"]
    assert alone.loc["E3", "cluster_id"] == "" and np.isnan(alone.loc["E3", "inside_share"])


def test_roles_by_hand():
    pairs = pd.DataFrame({"low": [0, 0, 1, 2], "high": [1, 2, 2, 3], "weight": [1.0, 1.0, 0.2, 2.0]})
    found = members(pairs, np.array([0, 0, 0, 1]), Clusters())
    assert found["inside"].tolist() == pytest.approx([2.0, 1.2, 1.2, 0.0])
    assert found["role"].tolist() == ["core", "member", "bridge", "single"]  # firm 2: 2.0 of 3.2 leads outside


def test_firm_without_a_place():
    firms = small_park()["enterprises"].copy()
    firms.loc[firms["enterprise_id"] == "E2", "geometry"] = None
    use = small_park()["occupancy"]
    result = run(small_park(enterprises=firms, occupancy=use[use["enterprise_id"] != "E2"]))
    assert keys(result)[0] == "clusters.no_place"
    assert result.findings[0].id == "E2" and "E2" in result.findings[0].text("zh")
    row = result.tables["cluster_members"].set_index("enterprise_id").loc["E2"]
    assert row["geometry"] is None and row["cluster_id"] != ""  # its exchange with E1 still tells where it belongs
    ties = result.tables["relevance"].set_index("relevance_id").loc["E1--E2"]
    assert np.isnan(ties["distance_m"]) and ties["closeness"] == 0


@pytest.mark.parametrize(
    "rows", [None, [{"enterprise_id": "E1", "name": "A", "sector": "C26", "geometry": point(9, 9)}]]
)
def test_too_few_firms(rows):
    result = run(small_park(enterprises=rows, occupancy=None, exchanges=None))
    assert result.headline == ("clusters.headline.none", {}) and keys(result) == ["clusters.few_firms"]
    assert len(result.tables["cluster_areas"]) == 0
    assert len(result.tables["cluster_members"]) == (1 if rows else 0)
    assert result.figures["inside"].value is None


def test_no_roads_no_exchanges():
    result = run(small_park(roads=None, exchanges=None, material_flows=None, heat_streams=None, water_streams=None))
    assert keys(result)[0] == "clusters.no_roads"
    row = result.tables["relevance"].set_index("relevance_id").loc["E1--E2"]
    assert row["distance_m"] == pytest.approx(220)


def test_bad_exchanges_are_named():
    rows = [
        {
            "exchange_id": "X1",
            "from_enterprise_id": "E1",
            "to_enterprise_id": "E8",
            "kind": "material",
            "quantity_t_a": 5,
        },
        {"exchange_id": "X2", "from_enterprise_id": "E1", "to_enterprise_id": "E2", "kind": "heat"},
    ]
    result = run(small_park(exchanges=rows))
    named = {f.key: f.id for f in result.findings}
    assert named["clusters.unknown_firm"] == "X1" and named["clusters.bad_quantity"] == "X2"
    assert next(f.column for f in result.findings if f.key == "clusters.bad_quantity") == "heat_kw"


def test_all_weights_zero():
    names = ("actual", "possible", "sector", "distance", "utilities")
    with pytest.raises(InputError) as error:
        run(**{f"weight_{name}": 0 for name in names})
    assert error.value.findings[0].key == "clusters.no_weight" and error.value.findings[0].remedy("zh")


def test_graph_stays_sparse():
    rng = np.random.default_rng(0)
    firms = [
        {
            "enterprise_id": f"E{i:03d}",
            "name": "x",
            "sector": f"C{13 + i % 4}",
            "geometry": point(*rng.uniform(0, 600, 2)),
        }
        for i in range(300)
    ]
    park = small_park(
        enterprises=firms,
        occupancy=None,
        exchanges=None,
        material_flows=None,
        heat_streams=None,
        water_streams=None,
    )
    pairs = graph.relevance(park, Clusters(), None, []).pairs
    assert len(pairs) <= 300 * 8
    assert (pairs["low"] < pairs["high"]).all() and pairs["weight"].between(0, 1).all()


def test_agreement_by_hand():
    assert adjusted_rand(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])) == pytest.approx(-0.5)
    # company of node 0 is {1, 2}, then {1, 3}: one in common of three
    assert overlap(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0]))[0] == pytest.approx(1 / 3)


def test_texts_and_codes_exist():
    result = run()
    for lang in ("en", "zh"):
        for word in ("", ".fair", ".unstable"):
            assert resources.text(f"clusters.headline{word}", lang, count=2)
        assert all(resources.text(f"clusters.figure.{name}", lang) for name in result.figures)
    assert set(result.tables["cluster_members"]["role"]) <= set(resources.codes("cluster_role"))
