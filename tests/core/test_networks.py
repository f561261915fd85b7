"""Networks: routes along roads, sizes by the rules, gravity sewers, and what the step says of bad input."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from small_park import CRS, box, line, shuffled, small_park

from parkloop import resources
from parkloop.analysis import networks
from parkloop.analysis.networks import catalogue, pressure, sewers
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.solvers import steiner
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress, StepResult

STANDARDS = Standards()


def sited(demands: dict[str, dict[str, float]]) -> dict[str, StepResult]:
    """A siting result: each utility's works stands on P6 and serves firms with the demands given."""
    rows = [
        {
            "service_id": f"{u}-{firm}",
            "utility": u,
            "site_id": f"S-{u}",
            "enterprise_id": firm,
            "demand": amount,
            "estimated": "",
        }
        for u, served in demands.items()
        for firm, amount in served.items()
    ]
    sites = gpd.GeoDataFrame(
        {"site_id": [f"S-{u}" for u in demands], "utility": list(demands)},
        geometry=[box(460, 190, 500, 230)] * len(demands),
        crs=CRS,
    )
    service = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=[None] * len(rows), crs=CRS)
    return {"siting": StepResult(tables={"sites": sites, "site_service": service})}


EVERYTHING = {
    "heat": {"E4": 5000.0, "E5": 1500.0},
    "gas": {"E2": 800.0, "E3": 300.0},
    "water": {"E4": 3000.0, "E1": 2000.0, "E5": 900.0},
    "wastewater": {"E4": 2500.0, "E5": 800.0, "E3": 300.0},
}


def test_every_served_firm_is_reached_by_one_tree_per_site():
    result = networks.run(small_park(), Scenario(), sited(EVERYTHING), Progress())
    pipes, nodes = result.tables["network_pipes"], result.tables["network_nodes"]
    assert list(pipes.columns) == [*resources.columns("network_pipes"), "geometry"]
    assert list(nodes.columns) == [*resources.columns("network_nodes"), "geometry"]
    for utility, served in EVERYTHING.items():
        mine = nodes[nodes["utility"] == utility]
        assert set(";".join(mine["enterprise_id"]).strip(";").split(";")) == set(served)
        assert (mine["kind"] == "source").sum() == 1
        merged = pipes[pipes["utility"] == utility].geometry.union_all()
        assert all(merged.distance(shape) < 1e-6 for shape in mine.geometry)
    assert (pipes["investment_cur"] > 0).all()
    assert pipes["length_m"].to_numpy() == pytest.approx(pipes.geometry.length.to_numpy())


def test_flow_at_the_works_is_the_sum_of_the_demands():
    result = networks.run(small_park(), Scenario(), sited({"heat": EVERYTHING["heat"]}), Progress())
    pipes = result.tables["network_pipes"]
    assert pipes["flow"].max() == pytest.approx(6500.0)


def test_rows_in_any_order_give_the_same_networks():
    first = networks.run(small_park(), Scenario(), sited(EVERYTHING), Progress())
    second = networks.run(shuffled(small_park()), Scenario(), sited(EVERYTHING), Progress())
    for table in first.tables:
        pd.testing.assert_frame_equal(pd.DataFrame(first.tables[table]), pd.DataFrame(second.tables[table]))


def test_bounds_lie_below_the_costs():
    result = networks.run(small_park(), Scenario(), sited(EVERYTHING), Progress())
    assert len(result.answers) == 4
    for answer in result.answers:
        assert answer.bound <= answer.objective * (1 + 1e-9)
        assert answer.gap == pytest.approx((answer.objective - answer.bound) / answer.objective)


def test_no_siting_result_is_said_not_raised():
    result = networks.run(small_park(), Scenario(), {}, Progress())
    assert [finding.key for finding in result.findings] == ["networks.nothing_served"]
    assert len(result.tables["network_pipes"]) == 0


def test_missing_terrain_is_said():
    result = networks.run(small_park(), Scenario(), sited(EVERYTHING), Progress())
    assert "networks.no_terrain" in {finding.key for finding in result.findings}


def test_a_firm_far_from_every_corridor_is_named():
    roads = [{"road_id": "R1", "road_class": "local", "width_m": 10, "geometry": line((900, 160), (2000, 160))}]
    result = networks.run(small_park(roads=roads), Scenario(), sited({"heat": EVERYTHING["heat"]}), Progress())
    far = {finding.id for finding in result.findings if finding.key == "networks.far_from_road"}
    assert {"E4", "E5"} <= far


def test_a_demand_no_pipe_carries_is_laid_in_parallel_and_said():
    result = networks.run(small_park(), Scenario(), sited({"heat": {"E4": 2e6}}), Progress())
    assert "networks.parallel_pipes" in {finding.key for finding in result.findings}
    assert result.tables["network_pipes"]["lanes"].max() > 1


def test_heat_capacity_by_hand():
    """CJJ/T 34: at 70 Pa/m and K 0.5 mm DN200 (d 0.2101 m) carries G = sqrt(R rho d^5.25 / (6.88e-3 K^0.25)) t/h."""
    family = pressure.heat(STANDARDS)
    k = list(family.sizes.dn_mm).index(200)
    t_h = np.sqrt(70 * 965 * 0.2101**5.25 / (6.88e-3 * 0.0005**0.25))
    kw = t_h / 3.6 * 4.19 * 50 / 1.05
    assert family.capacity[k] == pytest.approx(kw, rel=1e-9)
    assert family.loss(np.array([kw]), np.array([k]))[0] == pytest.approx(70.0)


def test_water_sizes_by_economic_velocity():
    """0.9 m/s in DN200: 0.9 * pi/4 * 0.2^2 * 3600 = 101.8 m3/h."""
    family = pressure.water(STANDARDS)
    k = list(family.sizes.dn_mm).index(200)
    assert family.capacity[k] == pytest.approx(0.9 * np.pi / 4 * 0.04 * 3600)
    assert family.sizes.dn_mm[family.size_for(np.array([101.7, 101.9]))].tolist() == [200, 250]


def test_hazen_williams_by_hand():
    """h = 10.67 q^1.852 / (C^1.852 d^4.87) m/m for 100 m3/h in DN200, C 130."""
    family = pressure.water(STANDARDS)
    k = list(family.sizes.dn_mm).index(200)
    head = 10.67 * (100 / 3600) ** 1.852 / (130**1.852 * 0.2**4.87)
    assert family.loss(np.array([100.0]), np.array([k]))[0] == pytest.approx(head * 9806.65)


@pytest.mark.parametrize(("dn", "one_in"), [(0.2, 222), (0.3, 382), (0.5, 755)])
def test_full_bore_slope_for_self_cleansing(dn, one_in):
    """Full-bore slope for 0.7 m/s at n 0.013: published values 1:222, 1:382, 1:755."""
    slope = (0.7 * 0.013 / (dn / 4) ** (2 / 3)) ** 2
    assert 1 / slope == pytest.approx(one_in, rel=0.01)
    area, radius = sewers.wetted(dn, 1.0)
    assert area == pytest.approx(np.pi / 4 * dn**2)
    assert radius == pytest.approx(dn / 4)
    assert sewers.manning_flow(dn, 1.0, slope, 0.013) == pytest.approx(0.7 * np.pi / 4 * dn**2)


def chain(ground, flow_m3_h, length=100.0):
    """Design sewers along a straight street whose node 0 is the works."""
    n = len(ground)
    edges = np.c_[np.arange(n - 1), np.arange(1, n)]
    order, parent, up = steiner.root_tree(n, edges, np.arange(n - 1), 0)
    need = np.zeros(n)
    need[-1] = flow_m3_h / 3600
    flow = steiner.accumulate(order, parent, need)
    rule = sewers.rules(STANDARDS)
    return sewers.design(
        order, parent, up, np.full(n - 1, length), np.ones(n - 1), np.array(ground, float), flow, rule
    ), rule


def test_sewer_follows_ground_that_falls_enough():
    plan, rule = chain([10, 11, 12, 13], 100)
    assert plan.slope[1:] == pytest.approx(0.01)
    assert plan.cover_start_m[1:] == pytest.approx(rule.cover_min_m)
    assert not plan.lift_m.any()


def test_sewer_on_flat_ground_deepens_by_the_least_slope():
    plan, rule = chain([10, 10, 10, 10], 50)
    k = plan.size[1]
    assert plan.slope[1:] == pytest.approx(rule.slope_min[k])
    assert plan.invert_end_m[1] == pytest.approx(
        10 - rule.cover_min_m - rule.sizes.inner_m[k] - 300 * rule.slope_min[k]
    )


def test_sewer_against_the_ground_is_lifted():
    plan, rule = chain([30, 20, 10, 0], 50)
    assert plan.pumped[1:].all()
    assert (plan.lift_m[1:] >= 10).all()
    assert (plan.cover_end_m[1:] <= rule.cover_max_m).all()


def test_sewer_never_narrows_and_never_rises():
    rng = np.random.default_rng(3)
    for _ in range(20):
        plan, rule = chain(np.cumsum(rng.normal(0.3, 0.8, 12)), float(rng.uniform(5, 400)))
        gravity = ~plan.pumped[1:]
        assert (plan.invert_start_m[1:][gravity] > plan.invert_end_m[1:][gravity]).all()
        assert (plan.cover_start_m[1:] >= rule.cover_min_m - 1e-9).all()
        assert (plan.cover_end_m[1:] >= rule.cover_min_m - 1e-9).all()
        assert (plan.cover_end_m[1:][gravity] <= rule.cover_max_m + 1e-9).all()
        # from the far end to the works the size does not fall, except behind a pumping main
        sizes = plan.size[1:][::-1]
        assert all(
            b >= a
            for a, b, pa, pb in zip(
                sizes, sizes[1:], plan.pumped[1:][::-1], plan.pumped[1:][::-1][1:], strict=False
            )
            if not pa and not pb
        )


def test_velocity_at_partial_fill():
    """At half fill the velocity of a full pipe is reached (hydraulic radius d/4 in both)."""
    q_half = sewers.manning_flow(0.5, 0.5, 0.004, 0.013)
    full = (0.5 / 4) ** (2 / 3) * 0.004**0.5 / 0.013
    assert sewers.velocity_at(float(q_half), 0.5, 0.004, 0.013) == pytest.approx(full, rel=1e-6)


def test_catalogue_grows_in_size_and_price():
    for family in ("heat_water", "water", "gas", "sewer", "rising", "duct"):
        sizes = catalogue.pipes(family)
        assert (np.diff(sizes.inner_m) > 0).all()
        assert (np.diff(sizes.price_cny_m) >= 0).all()


def test_growth_without_a_firm_is_connected_where_it_is_expected():
    results = sited({"heat": {"E4": 1000.0}})
    service = results["siting"].tables["site_service"]
    extra = {
        "utility": "heat",
        "site_id": "S-heat",
        "enterprise_id": "",
        "growth_id": "G1",
        "demand": 700.0,
        "estimated": "",
    }
    shape = line((100, 150), (480, 210))
    results["siting"].tables["site_service"] = pd.concat(
        [service.assign(growth_id=""), gpd.GeoDataFrame([{**extra, "service_id": "x"}], geometry=[shape], crs=CRS)],
        ignore_index=True,
    )
    found = networks.run(small_park(), Scenario(), results, Progress())
    assert found.tables["network_pipes"]["flow"].max() == pytest.approx(1700.0)
    assert "G1" in set(found.tables["network_nodes"]["enterprise_id"])
    assert "networks.no_place" not in {finding.key for finding in found.findings}


def test_a_forbidden_class_is_not_used():
    plain = networks.run(small_park(), Scenario(), sited({"heat": EVERYTHING["heat"]}), Progress())
    used = set(plain.tables["network_pipes"]["road_id"]) - {""}
    park = small_park()
    roads = park["roads"].copy()
    assert used
    roads.loc[roads["road_id"].isin(used), "tunnel"] = True
    other = networks.run(park.replace(roads=roads), Scenario(), sited({"heat": EVERYTHING["heat"]}), Progress())
    assert not used & set(other.tables["network_pipes"]["road_id"])
