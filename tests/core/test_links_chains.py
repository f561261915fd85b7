"""Chains: kinds of links, closed loops, sectors to invite, what a firm's leaving costs, figures of the network."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from small_park import shuffled, small_park

from parkloop import resources
from parkloop.analysis import links
from parkloop.analysis.links import catalogue
from parkloop.analysis.links.chains import kinds, loss, network, sectors
from parkloop.analysis.links.chains.figures import chain_figures
from parkloop.analysis.links.chains.loops import elementary_loops
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.solvers import fixed_charge
from parkloop.analysis.standards import Standards
from parkloop.analysis.steps import Progress
from parkloop.analysis.tables import result_table

LOOP_FIRMS = 3
WHOLE = {"loops": 20, "newcomers": 100, "loss_firms": 10}


@pytest.fixture(scope="module")
def whole_result():
    return run(small_park(), **WHOLE)


def run(park, **choices):
    exact = {"gap": 1e-6, "loops": 0, "newcomers": 0, "loss_firms": 0} | choices
    return links.run(park, Scenario(links=Links(**exact)), {}, Progress())


def flow(name, firm, material, direction, quantity, role="", **more):
    role = role or ("waste" if direction == "out" else "raw_material")
    base = {"flow_id": name, "enterprise_id": firm, "material": material, "direction": direction, "role": role}
    return base | {"quantity_t_a": quantity} | more


def only(flows, **layers):
    return small_park(material_flows=flows, exchanges=None, heat_streams=None, water_streams=None, **layers)


def value(key):
    return Standards().value(key if key.startswith("chains.") else f"links.{key}")


def annuity(rate=0.08, years=15):
    return rate / (1 - (1 + rate) ** -years) + value("maintenance")


def table(*rows):
    """The table ``links`` from rows of a few columns."""
    blank = {"status": "proposed", "kind": "material", "hazardous": False}
    wanted = resources.columns("links")
    full = [
        dict.fromkeys(wanted) | blank | {"link_id": f"L{n:03d}", "chain_kind": ""} | row
        for n, row in enumerate(rows)
    ]
    return result_table("links", {name: [row[name] for row in full] for name in wanted})


def link(one, two, material="", replaces="", **more):
    return {"from_enterprise_id": one, "to_enterprise_id": two, "material": material, "replaces": replaces} | more


# kinds of chain


SMALL = small_park()


def kind_of(park, *rows):
    return kinds.chain_kinds(table(*rows), park, LOOP_FIRMS).tolist()


def test_a_residue_used_by_another_industry_is_horizontal_and_a_recovered_one_circular():
    park = small_park()
    # E1 power plant, E2 cement, E3 chemicals, E4 paper, E5 food
    assert kind_of(park, link("E1", "E2", "fly_ash", "cement")) == ["horizontal"]
    assert kind_of(park, link("E5", "E4", "waste_paper", "pulp")) == ["circular"]
    assert kind_of(park, link("E5", "E1", "waste_paper", "coal")) == ["horizontal"]  # burnt, it does not return
    assert kind_of(park, link("E4", "E2", "lime_mud", "limestone")) == ["horizontal"]


def test_products_and_what_is_no_residue_lengthen_a_chain_unless_burnt():
    park = small_park(
        material_flows=[
            flow("A", "E3", "sulphur", "out", 100, "by_product"),
            flow("B", "E1", "fly_ash", "out", 100, "product"),
        ]
    )
    assert kind_of(park, link("E3", "E4", "sulphur", "sulphur", from_flow_id="A")) == ["vertical"]
    assert kind_of(park, link("E1", "E2", "fly_ash", "fly_ash", from_flow_id="B")) == ["vertical"]
    assert kind_of(park, link("E3", "E2", "coal_tar", "fuel_oil")) == ["horizontal"]
    assert kind_of(park, link("E3", "E2", "coal_tar", "organic_chemicals")) == ["vertical"]


def test_firms_of_one_division_are_one_chain():
    firms = small_park()["enterprises"].assign(sector=["D44", "C3021", "C3011", "C22", "C14"])
    assert kind_of(small_park(enterprises=firms), link("E2", "E3", "kiln_dust", "limestone")) == ["vertical"]
    unknown = firms.assign(sector="")
    assert kind_of(small_park(enterprises=unknown), link("E2", "E3", "kiln_dust", "limestone")) == ["horizontal"]


def test_short_loops_of_materials_are_circular_and_long_ones_are_not():
    ash = ("fly_ash", "cement")
    two = [link("E1", "E2", *ash), link("E2", "E1", *ash)]
    assert kind_of(small_park(), *two) == ["circular", "circular"]
    heat = [link("E1", "E2", *ash), link("E2", "E1", kind="heat", from_flow_id="H")]
    assert kind_of(small_park(), *heat) == ["horizontal", "circular"]
    four = [link(a, b, *ash) for a, b in (("E1", "E2"), ("E2", "E3"), ("E3", "E4"), ("E4", "E1"))]
    assert kind_of(small_park(), *four) == ["horizontal"] * 4
    assert kinds.on_loop(table(*four), 4).all()


def test_waste_heat_and_water_are_circular_and_steam_of_a_power_plant_is_not():
    streams = [
        {
            "stream_id": name,
            "enterprise_id": "E1",
            "kind": "hot",
            "t_supply_c": 180,
            "t_target_c": 90,
            "duty_kw": 900,
        }
        | {"medium": medium}
        for name, medium in (("S", "steam"), ("F", "flue_gas"))
    ]
    park = small_park(heat_streams=streams)
    rows = [link("E1", "E4", kind="heat", from_flow_id=name) for name in ("S", "F", "")]
    assert kind_of(park, *rows) == ["horizontal", "circular", "horizontal"]
    assert kind_of(park, link("E4", "E1", kind="water"), link("E4", "E5", kind="heat")) == ["circular"] * 2


firm_names = st.sampled_from(["E1", "E2", "E3", "E4", "E5", "", "gone"])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.builds(
            link,
            firm_names,
            firm_names,
            st.sampled_from(["fly_ash", "scrap_steel", "sulphur", "", "unheard_of"]),
            st.sampled_from(["cement", "steel", "", "fly_ash"]),
            kind=st.sampled_from(["material", "heat", "water"]),
        ),
        max_size=12,
    )
)
def test_the_rule_names_every_link_and_does_not_look_at_their_order(rows):
    park = SMALL
    found = kind_of(park, *rows) if rows else []
    assert set(found) <= {"horizontal", "vertical", "circular"}
    assert found[::-1] == (kind_of(park, *rows[::-1]) if rows else [])


def test_recovered_materials_are_known_materials():
    known = set(catalogue.materials().index)
    for material, returns in kinds.recovered().items():
        assert {material} | returns <= known, material
        assert kinds.is_residue(material), material


# closed loops


def loops_by_hand(arcs, longest):
    """Every elementary loop, by trying all orders of all sets of vertices."""
    nodes = sorted({v for arc in arcs for v in arc})
    found = []
    for size in range(2, longest + 1):
        for some in itertools.combinations(nodes, size):
            for rest in itertools.permutations(some[1:]):
                way = (some[0], *rest)
                if all((way[k], way[(k + 1) % size]) in arcs for k in range(size)):
                    found.append(way)
    return sorted(found, key=lambda way: (len(way), way))


arcs_of_six = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=22)


@settings(max_examples=80, deadline=None)
@given(arcs_of_six, st.integers(2, 6))
def test_all_elementary_loops_up_to_a_length_are_found_once(arcs, longest):
    found, others = elementary_loops(arcs, longest, most=10_000)
    assert found == loops_by_hand(arcs, longest)
    assert not others


def test_a_cut_search_ends_with_a_whole_length_and_says_so():
    everybody = [(a, b) for a in range(8) for b in range(8) if a != b]
    found, others = elementary_loops(everybody, 6, most=30)
    assert others
    assert len(found) == 28 + 112  # pairs, and triangles either way round
    short, others = elementary_loops(everybody, 6, steps=50)
    assert others
    assert len(short) < 28


def loop_park(estimated=""):
    """E1 gives ash to E2, which gives scrap to E1."""
    flows = [
        flow("A", "E1", "bottom_ash", "out", 3000, disposal_cur_t=80.0),
        flow("B", "E2", "sand", "in", 3000, price_cur_t=120.0),
        flow("C", "E2", "scrap_steel", "out", 2000, price_cur_t=100.0),
        flow("D", "E1", "scrap_steel", "in", 1000, price_cur_t=2000.0),
    ]
    return only([row | {"estimated": estimated} for row in flows])


def test_a_loop_tells_its_firms_links_least_flow_and_benefit():
    result = run(loop_park(), loops=10)
    loops, found = result.tables["chain_loops"], result.tables["links"]
    assert len(loops) == 1
    row = loops.iloc[0]
    assert row["enterprise_ids"] == "E1;E2"
    assert row["firms"] == 2
    assert set(row["link_ids"].split(";")) == set(found["link_id"])
    assert row["kinds"] == "material"
    assert row["smallest_t_a"] == pytest.approx(found["quantity_t_a"].min())
    assert row["benefit_cur_a"] == pytest.approx(found["benefit_cur_a"].sum())
    assert row["status"] == "proposed"
    assert row.geometry.is_closed
    assert set(found["chain_kind"]) == {"circular"}
    assert run(loop_park()).tables["chain_loops"].empty


def test_more_loops_than_listed_are_a_finding():
    flows = [
        flow(f"{way}{k}", f"E{k}", "scrap_steel", way, 1000 * k, price_cur_t=price)
        for k in range(1, 6)
        for way, price in (("out", 100.0), ("in", 2000.0))
    ]
    exchanges = [
        {"exchange_id": f"X{a}{b}", "from_enterprise_id": f"E{a}", "to_enterprise_id": f"E{b}", "kind": "material"}
        | {"material": "scrap_steel", "quantity_t_a": 10.0}
        for a in range(1, 6)
        for b in range(1, 6)
        if a != b
    ]
    park = small_park(material_flows=flows, exchanges=exchanges, heat_streams=None, water_streams=None)
    result = run(park, loops=5, material=False)
    assert [f.key for f in result.findings if f.key.startswith("chains")] == ["chains.loops_cut"]
    loops = result.tables["chain_loops"]
    assert len(loops) == 5
    assert set(loops["firms"]) == {2}
    assert set(loops["status"]) == {"existing"}
    for lang in ("en", "zh"):
        finding = next(f for f in result.findings if f.key == "chains.loops_cut")
        assert "5" in finding.text(lang)
        assert "links.loops" in finding.remedy(lang)


# the park as a network


def test_cycling_index_of_cone_spring_is_as_published():
    # Cone Spring (Tilly 1968, Ecological Monographs 38, 169-197; flows as in Ulanowicz and Norden 1990), kcal/m2/a: plants,
    # bacteria, detritus feeders, carnivores, detritus. Published index: 0.0919 (Jorgensen et al. 2007, A New Ecology)
    flow = np.zeros((5, 5))
    for one, two, amount in (
        (0, 4, 8881), (4, 1, 5205), (4, 2, 2309), (1, 2, 75), (1, 4, 1600), (2, 3, 370), (2, 4, 200), (3, 4, 167),
    ):  # fmt: skip
        flow[one, two] = amount
    through = flow.sum(axis=0) + np.array([11184, 0, 0, 0, 635])
    assert through.sum() == 30626
    assert network.cycling_index(flow, through) == pytest.approx(0.0919, abs=5e-5)


def test_cycling_index_by_hand():
    # A has 100 from outside and 20 back from B, gives 50 to B: a sixth of what passes either comes round again
    flow = np.array([[0.0, 50.0], [20.0, 0.0]])
    assert network.cycling_index(flow, np.array([120.0, 50.0])) == pytest.approx(1 / 6)
    assert network.cycling_index(np.array([[0.0, 50.0], [0.0, 0.0]]), np.array([100.0, 50.0])) == 0.0
    assert network.cycling_index(np.array([[0.0, 9.0], [9.0, 0.0]]), np.array([9.0, 9.0])) == 1.0
    assert network.cycling_index(np.zeros((2, 2)), np.zeros(2)) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1e5), min_size=4, max_size=4), min_size=4, max_size=4),
    st.lists(st.floats(0, 1e5), min_size=4, max_size=4),
)
def test_cycling_index_agrees_with_the_whole_inverse_and_stays_in_bounds(rows, outside):
    flow = np.array(rows)
    np.fill_diagonal(flow, 0.0)
    through = np.maximum(flow.sum(axis=0), flow.sum(axis=1)) + np.array(outside) + 1.0
    index = network.cycling_index(flow, through)
    assert 0.0 <= index < 1.0
    visits = np.diag(np.linalg.inv(np.eye(4) - flow / through[:, None]))
    assert index == pytest.approx(float(through @ ((visits - 1) / visits)) / through.sum(), abs=1e-9)


def test_linkage_counts_pairs_of_firms_once():
    park = small_park()
    rows = table(link("E1", "E2"), link("E2", "E1"), link("E1", "E2"), link("E3", "E4"))
    per_firm, connectance = network.linkage(rows, park)
    assert per_firm == pytest.approx(2 / 5)
    assert connectance == pytest.approx(2 * 2 / (5 * 4))


def test_figures_of_the_small_park_by_hand():
    park = small_park()
    today = table(
        link("E1", "E2", "fly_ash", "fly_ash", quantity_t_a=20_000.0, pattern="direct", status="existing"),
        link(
            "E1", "E2", "desulphurisation_gypsum", "desulphurisation_gypsum", quantity_t_a=8_000.0, pattern="direct"
        ),
        link("E4", "E2", "lime_mud", "limestone", quantity_t_a=100.0, status="ended"),
    )
    told = chain_figures(today, park)
    # 30,000 t of ash and 8,000 t of gypsum go in
    assert told["inside_share"].value == pytest.approx(100 * 28 / 38)
    assert told["inside_share_today"].value == pytest.approx(100 * 20.1 / 38)
    # of 1,035 M of output E1 and E2 make 420, E4 300
    assert told["relatedness"].value == pytest.approx(100 * 420 / 1035)
    assert told["relatedness_today"].value == pytest.approx(100 * 720 / 1035)
    assert told["linkage"].value == pytest.approx(1 / 5)
    assert told["connectance_today"].value == pytest.approx(100 * 2 / 10)
    assert told["chain_projects"].value == 1
    assert told["cycling"].value == 0.0
    assert told["productivity"].value is None  # no value added in the small park
    info = park["park"].assign(value_added_cur_a=76e6)
    rich = chain_figures(today, small_park(park=info))
    assert rich["productivity"].value == pytest.approx(76e6 / 10_000)
    assert rich["productivity"].unit == "CNY/t"


def test_figures_of_a_park_without_flows_are_empty():
    told = chain_figures(table(), small_park(material_flows=None))
    assert told["inside_share"].value is None
    assert told["cycling"].value is None
    assert told["relatedness"].value == 0.0


# what is lost where a firm leaves


def problem(gain, upper, give, take, held, needed, fixed=None):
    """One column a link from the givers to the takers; firms are numbered givers first."""
    n, givers = len(gain), len(held)
    rows = np.zeros((givers + len(needed), n))
    rows[give, np.arange(n)] = 1.0
    rows[givers + np.array(take), np.arange(n)] = 1.0
    made = fixed_charge.Problem(
        gain=np.array(gain, float),
        upper=np.array(upper, float),
        link=np.arange(n),
        fixed=np.zeros(n) if fixed is None else np.array(fixed, float),
        lot=np.zeros(n),
        most=np.array(upper, float),
        rows=csr_array(rows),
        limit=np.r_[held, needed].astype(float),
    )
    return made, np.c_[give, givers + np.array(take)]


def best(made):
    return fixed_charge.solve(made, "", "", 1e-9, 30.0, lambda: False)[0]


def test_loss_is_what_cannot_be_placed_elsewhere():
    # giver 0 holds 100; taker 1 pays 10 a unit, taker 2 pays 6, each takes all of it
    made, ends = problem([10, 6], [100, 100], [0, 0], [0, 1], [100], [100, 100])
    plan = loss.plan(made, best(made), ends)
    assert loss.loss_without(plan, 1, 1e-9, 30, lambda: False) == (pytest.approx(400.0), True)
    assert loss.loss_without(plan, 0, 1e-9, 30, lambda: False) == (pytest.approx(1000.0), True)
    assert loss.loss_without(plan, 2, 1e-9, 30, lambda: False) == (0.0, True)


def test_what_a_firm_has_of_its_own_is_neither_lost_nor_found():
    # taker 1 could have 50 of its own at a gain of 2: gone with it, and no comfort for the link that is lost
    made, ends = problem([10, 2], [100, 50], [0, 1], [0, 0], [100, 50], [100])
    ends[:] = [[0, 2], [2, 2]]
    plan = loss.plan(made, best(made), ends)
    assert loss.loss_without(plan, 2, 1e-9, 30, lambda: False) == (pytest.approx(1000.0), True)


@st.composite
def markets(draw):
    givers, takers = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    pairs = [(g, t) for g in range(givers) for t in range(takers)]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=10, unique=True))
    held = draw(st.lists(st.integers(1, 50), min_size=givers, max_size=givers))
    needed = draw(st.lists(st.integers(1, 50), min_size=takers, max_size=takers))
    give, take = [g for g, _ in chosen], [t for _, t in chosen]
    upper = [min(held[g], needed[t]) for g, t in chosen]
    gain = draw(st.lists(st.integers(1, 20), min_size=len(chosen), max_size=len(chosen)))
    fixed = draw(st.lists(st.integers(0, 60), min_size=len(chosen), max_size=len(chosen)))
    return problem(gain, upper, give, take, held, needed, fixed)


@settings(max_examples=25, deadline=None)
@given(markets(), st.integers(0, 7))
def test_loss_is_the_difference_of_the_optima_and_never_more_than_the_links_bring(market, firm):
    made, ends = market
    x = best(made)
    plan = loss.plan(made, x, ends)
    lost, whole = loss.loss_without(plan, firm, 1e-9, 30, lambda: False)
    assert whole
    closed = (ends == firm).any(axis=1)
    benefit = float(made.gain[closed] @ x[closed] - made.fixed[np.flatnonzero(closed & (x > 0))].sum())
    assert -1e-6 <= lost <= benefit + 1e-6
    shut = replace(made, gain=np.where(closed, -1.0, made.gain))
    without = fixed_charge.value(made, np.where(closed, 0.0, best(shut)))
    assert lost == pytest.approx(fixed_charge.value(made, x) - without, abs=1e-2 + 2e-3 * benefit)


@settings(max_examples=15, deadline=None)
@given(markets(), st.integers(0, 7))
def test_planning_only_what_comes_free_bounds_the_loss_from_above(market, firm):
    made, ends = market
    plan = loss.plan(made, best(made), ends)
    exact = loss.loss_without(plan, firm, 1e-9, 30, lambda: False)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loss, "WHOLE", 0)
        bound = loss.loss_without(plan, firm, 1e-9, 30, lambda: False)[0]
    assert bound >= exact - 1e-2 - 2e-3 * abs(exact)


def two_takers():
    return only(
        [
            flow("A", "E1", "bottom_ash", "out", 3000, disposal_cur_t=80.0),
            flow("B", "E2", "sand", "in", 3000, price_cur_t=120.0),
            flow("C", "E3", "sand", "in", 3000, price_cur_t=100.0),
        ],
        enterprises=small_park()["enterprises"].assign(sector=["D44", "C30", "C30", "C22", "C14"]),
    )


def test_loss_of_a_firm_is_what_a_run_without_it_brings_less():
    whole = run(two_takers(), loss_firms=10)
    lost = whole.tables["firm_loss"].set_index("enterprise_id")
    total = whole.figures["benefit_cur_a"].value
    for firm in lost.index:
        without = run(two_takers(), exclude_enterprises=[firm]).figures["benefit_cur_a"].value
        assert lost.at[firm, "loss_cur_a"] == pytest.approx(total - without, rel=2e-3)
    assert lost.at["E2", "loss_cur_a"] < lost.at["E2", "benefit_cur_a"]
    assert lost.at["E1", "loss_share_pct"] == pytest.approx(100.0)
    assert lost.at["E2", "hit_enterprise_id"] == "E1"
    assert lost.at["E2", "hit_benefit_cur_a"] == pytest.approx(lost.at["E2", "benefit_cur_a"])
    assert set(lost["basis"]) == {"whole"}
    bounded = run(two_takers(), loss_firms=1).tables["firm_loss"].set_index("enterprise_id")
    assert bounded["basis"].to_dict() == {"E1": "whole", "E2": "sum"}
    assert bounded.at["E2", "loss_cur_a"] == bounded.at["E2", "benefit_cur_a"]


def test_loss_of_the_small_park_keeps_its_bounds_and_counts_links_of_today_whole(whole_result):
    result = whole_result
    lost, found = result.tables["firm_loss"], result.tables["links"]
    assert (lost["loss_cur_a"] >= 0).all()
    assert (lost["loss_cur_a"] <= lost["benefit_cur_a"] + 1e-6).all()
    for row in lost.itertuples():
        mine = found[
            (found["from_enterprise_id"] == row.enterprise_id) | (found["to_enterprise_id"] == row.enterprise_id)
        ]
        assert row.links == len(mine)
        assert row.benefit_cur_a == pytest.approx(mine["benefit_cur_a"].clip(lower=0).sum())


# sectors to invite


def invited(park, **choices):
    return run(park, newcomers=100, **choices).tables["chain_proposals"]


def test_worth_of_a_by_product_without_taker_is_reckoned_as_for_a_link():
    park = only([flow("A", "E1", "bottom_ash", "out", 1000, disposal_cur_t=80.0)])
    rows = invited(park)
    row = rows[(rows["sector"] == "C30") & (rows["replaces"] == "cement")].iloc[0]
    pattern = catalogue.patterns().set_index("pattern").loc["bottom_ash>cement"]
    price = catalogue.materials().at["cement", "price_cny_t"] + value("market_distance") * value("transport")
    distance = np.median(links.locate(park, Standards())[0].distance_m[np.triu_indices(5, 1)])
    haul = value("handling") + value("transport") * distance / 1000
    gain = pattern["ratio"] * price + 80.0 - pattern["cost_cny_t"] - haul
    fixed = value("material_investment") * annuity()
    assert row["worth_cur_a"] == pytest.approx(1000 * gain - fixed, abs=0.01)
    assert row["quantity_t_a"] == pytest.approx(1000)
    assert not rows["sector"].str[0].isin(["A", "B", "E"]).any()  # E47 could, but builds where its sites are
    assert row["firms"] == 1
    assert row["firms_here"] == 1
    assert "worth_cur_a" in row["estimated"]
    assert "1,000" in row["reason_en"]
    assert "1,000" in row["reason_zh"]


def test_a_newcomer_takes_no_more_than_it_needs():
    park = only([flow("A", "E5", "waste_paper", "out", 1e6, price_cur_t=0.0)])
    rows = invited(park, newcomer_output_mcny=10.0)
    paper = rows[(rows["sector"] == "C22") & (rows["material"] == "waste_paper")]
    need = sectors.takes().set_index(["sector", "material"])["t_per_mcny"]
    direct = paper[paper["replaces"] == "waste_paper"].iloc[0]
    assert direct["quantity_t_a"] == pytest.approx(10 * need["C22", "waste_paper"])
    assert direct["output_cur_a"] == pytest.approx(10e6)
    assert "quantity_t_a" in direct["estimated"]
    half = invited(park, newcomer_output_mcny=5.0)
    assert half.loc[half["sector"] == "C22", "worth_cur_a"].sum() < paper["worth_cur_a"].sum()


def test_what_several_firms_buy_and_what_leaves_the_park_is_worth_the_haulage_spared():
    park = only(
        [
            flow("A", "E1", "paint", "in", 300),
            flow("B", "E2", "paint", "in", 200),
            flow("C", "E4", "paper", "out", 50_000, "product"),
            flow("D", "E5", "cement", "in", 900),
        ]
    )
    rows = invited(park)
    distance = np.median(links.locate(park, Standards())[0].distance_m[np.triu_indices(5, 1)])
    spared = (value("market_distance") - distance / 1000) * value("transport")
    supply = rows[rows["way"] == "supply"]
    assert supply[["sector", "material", "firms", "quantity_t_a"]].values.tolist() == [["C26", "paint", 2, 500.0]]
    assert supply["worth_cur_a"].iloc[0] == pytest.approx(500 * spared, abs=0.01)
    extend = rows[(rows["way"] == "extend") & (rows["sector"] == "C23")].iloc[0]
    need = sectors.takes().set_index(["sector", "material"])["t_per_mcny"]["C23", "paper"]
    assert extend["quantity_t_a"] == pytest.approx(min(50_000, 500 * need))
    assert "C22" not in set(rows.loc[rows["material"] == "paper", "sector"])


def test_waste_heat_and_waste_water_invite_those_who_can_use_them():
    hot = [
        {"stream_id": "H", "enterprise_id": "E1", "kind": "hot", "t_supply_c": 400.0, "t_target_c": 200.0}
        | {"duty_kw": 9000.0, "hours_a": 8000.0}
    ]
    clean = [
        {"stream_id": "W", "enterprise_id": "E4", "direction": "discharge", "flow_t_d": 900.0, "cod_mg_l": 5.0}
        | {"ss_mg_l": 1.0, "tds_mg_l": 100.0, "nh3n_mg_l": 0.1}
    ]
    park = small_park(material_flows=None, exchanges=None, heat_streams=hot, water_streams=clean)
    rows = invited(park)
    heat, water = rows[rows["kind"] == "heat"], rows[rows["kind"] == "water"]
    assert len(heat)
    assert (heat["heat_kw"] <= 9000.0).all()
    assert len(water)
    assert (water["flow_t_d"] <= 900.0 + 1e-6).all()
    assert set(water["treatment"]) == {"none"}
    cool = [hot[0] | {"t_supply_c": 35.0, "t_target_c": 30.0}]
    assert invited(small_park(material_flows=None, exchanges=None, heat_streams=cool, water_streams=None)).empty


def test_sectors_are_ranked_by_what_they_are_worth_and_cut_to_the_number_asked_for(whole_result):
    rows = whole_result.tables["chain_proposals"]
    whole = rows.drop_duplicates("sector").sort_values("rank")
    assert whole["rank"].tolist() == list(range(1, len(whole) + 1))
    assert whole["sector_worth_cur_a"].is_monotonic_decreasing
    summed = rows.groupby("sector")["worth_cur_a"].sum()
    assert summed.reindex(whole["sector"]).to_numpy() == pytest.approx(whole["sector_worth_cur_a"].to_numpy())
    assert (rows["worth_cur_a"] > 0).all()
    assert not set(rows["sector"].str[0]) & {"A", "B"}  # no park invites a farm or a mine
    few = run(small_park(), newcomers=2).tables["chain_proposals"]
    assert set(few["sector"]) == set(whole["sector"].head(2))


def test_a_firm_kept_out_of_links_is_offered_to_no_newcomer():
    park = only([flow("A", "E1", "bottom_ash", "out", 1000, disposal_cur_t=80.0)])
    assert len(invited(park))
    assert invited(park, exclude_enterprises=["E1"]).empty


# the whole


def test_tables_do_not_depend_on_the_order_of_rows(whole_result):
    one, two = whole_result, run(shuffled(small_park()), **WHOLE)
    for name in ("chain_loops", "chain_proposals", "firm_loss"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(one.tables[name]), pd.DataFrame(two.tables[name]), rtol=1e-9, check_exact=False
        )
    assert one.tables["links"]["chain_kind"].tolist() == two.tables["links"]["chain_kind"].tolist()


def test_estimates_stay_marked():
    sure, guessed = (
        run(loop_park(guess), loops=5, newcomers=5, loss_firms=5) for guess in ("", "quantity_t_a;price_cur_t")
    )
    for name in ("chain_loops", "firm_loss"):
        assert set(sure.tables[name]["estimated"]) == {""}, name
        assert "" not in set(guessed.tables[name]["estimated"]), name
    assert sure.figures["inside_share"].estimated_share == 0.0
    assert guessed.figures["inside_share"].estimated_share == 1.0
    assert guessed.figures["cycling"].estimated_share == 1.0
    rest = guessed.tables["chain_proposals"]
    assert rest.loc[rest["way"] == "take", "estimated"].str.contains("quantity_t_a").all()


def test_a_park_without_firms_has_no_chains():
    park = small_park(
        enterprises=None, occupancy=None, material_flows=None, exchanges=None, heat_streams=None, water_streams=None
    )
    result = run(park, loops=10, newcomers=10, loss_firms=10)
    assert all(result.tables[name].empty for name in ("chain_loops", "chain_proposals", "firm_loss"))
    assert result.figures["linkage"].value is None
