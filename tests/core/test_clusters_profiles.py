"""What groups are called, and what is told of each: chains, exchanges inside, core firms, bridges."""

import numpy as np
import pandas as pd
import pytest
from small_park import box, small_park

from parkloop import resources
from parkloop.analysis import clusters
from parkloop.analysis.clusters import naming
from parkloop.analysis.clusters.members import members
from parkloop.analysis.scenario import Clusters, Scenario
from parkloop.analysis.steps import Progress, StepResult


def exchanged(*rows):
    columns = ["from_sector", "to_sector", "kind", "material", "strength"]
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows], columns=columns)


def links(*rows):
    """Links of the step ``links``: kind, status, giver, taker, material, quantity, benefit."""
    column = {"material": "quantity_t_a", "heat": "heat_kw", "water": "flow_t_d"}
    table = [
        {
            "link_id": f"L{i}",
            "kind": kind,
            "status": status,
            "from_enterprise_id": giver,
            "to_enterprise_id": taker,
            "material": material,
            "quantity_t_a": np.nan,
            "heat_kw": np.nan,
            "flow_t_d": np.nan,
            column[kind]: quantity,
            "benefit_cur_a": benefit,
            "estimated": estimated,
        }
        for i, (kind, status, giver, taker, material, quantity, benefit, estimated) in enumerate(rows)
    ]
    return {"links": StepResult({"links": pd.DataFrame(table)})}


def run(park, results=None, **choices):
    choices = {"repeats": 4, "random_graphs": 4, **choices}
    return clusters.run(park, Scenario(clusters=Clusters(**choices)), results or {}, Progress()).tables


@pytest.fixture(scope="module")
def pairs_of_firms():
    """E1 and E2 exchange, so do E3, E4 and E5; only exchanges count."""
    plan = links(
        ("material", "existing", "E1", "E2", "fly_ash", 20_000.0, 100_000.0, ""),
        ("material", "proposed", "E1", "E2", "desulphurisation_gypsum", 8_000.0, 40_000.0, "quantity_t_a"),
        ("heat", "proposed", "E4", "E5", "", 1_500.0, 70_000.0, ""),
        ("water", "proposed", "E5", "E4", "", 600.0, np.nan, ""),
        ("water", "proposed", "E3", "E4", "", 90.0, 5_000.0, ""),
    )
    return run(
        small_park(),
        plan,
        weight_actual=1,
        weight_possible=1,
        weight_sector=0,
        weight_distance=0,
        weight_utilities=0,
    )


def test_chain_starts_with_the_strongest_and_leads_on():
    found = naming.chain(
        exchanged(
            ("C31", "C30", "material", "steel_slag", 0.5),
            ("C31", "C30", "material", "bf_slag", 0.7),
            ("D44", "C31", "heat", "", 0.6),
            ("C30", "E47", "material", "cement", 0.2),
            ("C30", "C31", "heat", "", 0.9),
            ("C31", "C31", "material", "scrap_steel", 5.0),
            ("", "C30", "material", "fly_ash", 5.0),
        )
    )
    # the pair 1.2; back to the same pair does not lead on; 0.6 before 0.2; inside a sector and unknown sectors do not count
    assert found == [
        naming.Link("D44", "C31", "heat", ""),
        naming.Link("C31", "C30", "material", "bf_slag"),
    ]
    assert naming.chain(exchanged()) == []


def test_chain_in_words():
    steel = [naming.Link("C31", "C30", "material", "bf_slag"), naming.Link("C30", "D44", "heat", "")]
    assert naming.spelled(steel, "en") == "Steel – building materials – power and heat (blast-furnace slag, heat)"
    assert naming.spelled(steel, "zh") == "钢铁—建材—电力热力（高炉矿渣、热）"
    assert naming.spelled([], "en") == ""
    one = naming.names(["A (x)", "A (x)", ""], [{"C31": 3}, {"C31": 2}, {"C31": 3, "C30": 2}], "en")
    assert one == ["A (x) (1)", "A (x) (2)", "Steel; building materials"]


def test_short_names_are_of_known_sectors_and_differ():
    known = resources.codes("sectors")
    for lang in resources.LANGUAGES:
        short = {k: v for k, v in resources.texts(lang).items() if k.startswith("clusters.sector.")}
        assert {key.removeprefix("clusters.sector.") for key in short} == set(known)
        assert len(set(short.values())) == len(short)


def test_profile_by_hand(pairs_of_firms):
    table = pairs_of_firms["cluster_profiles"].set_index("cluster_id")
    assert table["firms"].tolist() == [3, 2]
    ash, rest = table.loc["C02"], table.loc["C01"]
    assert (ash["staff"], ash["output_cur_a"]) == (120 + 200, 240e6 + 180e6)
    assert ash["land_m2"] == pytest.approx(2 * 200 * 150)
    assert (ash["material_today_t_a"], ash["material_proposed_t_a"]) == (20_000, 8_000)
    assert (ash["heat_proposed_kw"], ash["water_proposed_t_d"], ash["benefit_cur_a"]) == (0, 0, 140_000)
    assert (rest["heat_proposed_kw"], rest["benefit_cur_a"]) == (1_500, 75_000)
    assert rest["water_proposed_t_d"] == pytest.approx(690)
    assert (
        ash["estimated"] == "internal_weight_share;material_proposed_t_a;benefit_cur_a" and rest["estimated"] == ""
    )
    assert ash["chain_en"] == "Power and heat – building materials (coal fly ash)" == ash["name_en"]
    assert ash["flows_en"].startswith("coal fly ash: Power and heat to Cement, 20,000 t/a; ")
    assert ash["flows_en"].endswith("8,000 t/a (possible)")
    assert ash["core_firms"] == "E1;E2" and ash["bridges"] == ""


def test_areas_and_profiles_agree(pairs_of_firms):
    areas, profiles = (
        pairs_of_firms[name].set_index("cluster_id") for name in ("cluster_areas", "cluster_profiles")
    )
    for column in ("name_en", "name_zh", "chain_zh", "firms", "sectors", "stability", "p_value"):
        pd.testing.assert_series_equal(pd.Series(areas[column]), profiles[column])


def test_possible_exchanges_are_not_added_up_before_links_have_run():
    table = run(small_park())["cluster_profiles"]
    assert table["material_proposed_t_a"].isna().all() and table["benefit_cur_a"].isna().all()
    assert table["material_today_t_a"].sum() == 20_000


def test_firm_figures_that_are_estimates_are_marked():
    firms = small_park()["enterprises"].copy()
    firms["estimated"] = np.where(firms["enterprise_id"] == "E1", "staff", "")
    table = run(small_park(enterprises=firms), count=1)["cluster_profiles"]
    assert table["estimated"].str.contains("staff").tolist() == [True]


def test_bridge_names_its_second_group():
    # two triangles and a firm of the first that is as tied to the second, less to a firm alone
    pairs = pd.DataFrame(
        {
            "low": [0, 0, 1, 3, 3, 4, 2, 2],
            "high": [1, 2, 2, 4, 5, 5, 3, 6],
            "weight": [1.0, 0.3, 0.3, 1.0, 1.0, 1.0, 0.6, 0.2],
        }
    )
    found = members(pairs, np.array([1, 1, 1, 0, 0, 0, 2]), Clusters())
    assert found.loc[2, "role"] == "bridge" and found["second"].tolist() == [-1, -1, 0, 1, -1, -1, 1]
    share = np.array([0.6, 0.6, 0.2]) / 1.4
    assert found.loc[2, "participation"] == pytest.approx(1 - (share**2).sum())
    assert found.loc[0, "participation"] == pytest.approx(0)


def test_members_show_the_group_a_firm_bridges_to(pairs_of_firms):
    members = pairs_of_firms["cluster_members"].set_index("enterprise_id")
    assert members["second_cluster_id"].tolist() == [""] * 5
    assert members["participation"].tolist() == pytest.approx([0] * 5)


def test_area_of_a_pair_is_its_land(pairs_of_firms):
    area = pairs_of_firms["cluster_areas"].set_index("cluster_id").loc["C02", "geometry"]
    assert area.intersection(box(0, 0, 420, 150)).area / area.area > 0.99
