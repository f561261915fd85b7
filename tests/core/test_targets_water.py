"""Water targets: worked examples, the closed form beside the linear programme, limits kept, faults of the input.

Published: Polley, G. T. and Polley, H. L. (2000), Design better water networks, Chemical Engineering Progress 96(2), 47-52 (fresh water
70 t/h, wastewater 50 t/h); Wang, Y. P. and Smith, R. (1994), Chemical Engineering Science 49(7), 981-1006, refinery with steam
stripping, hydrodesulphurisation and desalting, three contaminants (105.6 t/h).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import small_park
from typer.testing import CliRunner

from parkloop.analysis.cli import app
from parkloop.analysis.errors import InputError
from parkloop.analysis.park.write import write_park
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.targets import reuse as target_reuse
from parkloop.analysis.targets import water
from parkloop.analysis.targets.cascade import cascade
from parkloop.analysis.targets.operations import Operations, least_fresh
from parkloop.analysis.targets.reuse import Supply, reuse

pytestmark = pytest.mark.again  # plain numerics, the same on any version

BENCH = Path(__file__).resolve().parents[3] / "shared" / "bench" / "water"
NAN = float("nan")


def numbers(*values: float) -> np.ndarray:
    return np.array(values, float)


def test_polley_and_polley():
    found = cascade(
        numbers(50, 100, 70, 60), numbers(50, 100, 150, 250), numbers(50, 100, 80, 70), numbers(20, 50, 100, 200)
    )
    assert (found.fresh, found.waste, found.pinch) == pytest.approx((70, 50, 150))


SOURCES_AND_SINKS = {
    # sources: flow, concentration; sinks: flow, limit; fresh, wastewater
    # Sorin, M. and Bedard, S. (1999), Process Safety and Environmental Protection 77(B5), 305-308 (t/h, ppm)
    "sorin_bedard": (
        [(120, 100), (80, 140), (140, 180), (80, 230), (195, 250)],
        [(120, 0), (80, 50), (80, 50), (140, 140), (80, 170), (195, 240)],
        200.0,
        120.0,
    ),
    # Wang, Y. P. and Smith, R. (1995), Chemical Engineering Research and Design 73(A8), 889-904, speciality chemicals (t/h, ppm)
    "speciality_chemicals": (
        [(20, 1000), (50, 700), (40, 100), (10, 10), (5, 100)],
        [(80, 100), (50, 200), (10, 0), (10, 0), (15, 10)],
        90.64,
        50.64,
    ),
}


@pytest.mark.parametrize("name", SOURCES_AND_SINKS)
def test_published_sources_and_sinks(name):
    sources, sinks, fresh, waste = SOURCES_AND_SINKS[name]
    (source, quality), (sink, limit) = (np.array(rows, float).T for rows in (sources, sinks))
    found = cascade(source, quality, sink, limit)
    assert (found.fresh, found.waste) == pytest.approx((fresh, waste), abs=0.005)
    assert single(source, quality, sink, limit).fresh == pytest.approx(found.fresh, rel=1e-6)


OPERATIONS = {
    # load in kg/h, highest concentrations at inlet and outlet in ppm; fresh t/h
    # Wang and Smith 1994, four operations
    "wang_smith_four": ([(2, 0, 100), (5, 50, 100), (30, 50, 800), (4, 400, 800)], 90.0),
    # Bagajewicz, M. and Savelski, M. (2001), Chemical Engineering Research and Design 79(A5), 600-610, ten operations
    "ten_operations": (
        [
            (2, 25, 80), (2.88, 25, 90), (4, 25, 200), (3, 50, 100), (30, 50, 800),
            (5, 400, 800), (2, 200, 600), (1, 0, 100), (20, 50, 300), (6.5, 150, 300),
        ],
        166.2667,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_published_operations(name):
    rows, fresh = OPERATIONS[name]
    load, inlet, outlet = (column[:, None] for column in np.array(rows, float).T)
    found = least_fresh(Operations(1000 * load, inlet, outlet), np.zeros(1))
    assert found.fresh == pytest.approx(fresh, rel=1e-6) and found.gap < 1e-9


def test_two_contaminants_of_wang_and_smith():
    """Two operations of 40 and 35 t/h, contaminants A and B: 54 t/h (Wang and Smith 1994)."""
    inlet, outlet = np.array([[0, 25], [80, 30.0]]), np.array([[100, 75], [240, 90.0]])
    found = least_fresh(Operations(numbers(40, 35)[:, None] * (outlet - inlet), inlet, outlet), np.zeros(2))
    assert found.fresh == pytest.approx(54.0, abs=0.005) and found.gap < 1e-6


def test_regeneration_with_recycling_of_wang_and_smith():
    """The four operations with regeneration to 5 ppm: 20 t/h fresh water, 73.7 t/h through regeneration."""
    load, inlet, outlet = (np.array(part, float) for part in zip(*OPERATIONS["wang_smith_four"][0], strict=True))
    flow = 1000 * load / (outlet - inlet)
    made = np.stack([outlet, np.minimum(outlet, 5)])[:, :, None]
    found = reuse(Supply(flow, made, np.ones(2)), flow, inlet[:, None], np.zeros(1))
    assert found.fresh == pytest.approx(20, rel=1e-6) and found.treated == pytest.approx(7000 / 95, rel=1e-6)


def test_amount_alone_may_hold_the_fresh_water():
    found = cascade(numbers(4), numbers(1), numbers(10), numbers(1))
    assert (found.fresh, found.waste, found.pinch) == (6, 0, np.inf)
    assert cascade(numbers(12), numbers(1), numbers(10), numbers(1)).fresh == 0


def test_fresh_water_that_is_no_cleaner_than_it_is():
    # 10 t/h at most 20 ppm from fresh water of 10 ppm and waste of 60 ppm: a fifth may be waste
    assert cascade(numbers(10), numbers(60), numbers(10), numbers(20), 10.0).fresh == pytest.approx(8)
    # exactly as clean as asked: all of it; dirtier: no amount is enough
    assert cascade(numbers(10), numbers(60), numbers(10), numbers(20), 20.0).fresh == pytest.approx(10)
    assert cascade(numbers(10), numbers(60), numbers(10), numbers(20), 21.0).fresh is None


def single(source, quality, sink, limit, clean=0.0):
    """The same by the linear programme."""
    one = Supply(source, quality[None, :, None], np.ones(1))
    return reuse(one, sink, limit[:, None], numbers(clean))


side = st.lists(st.tuples(st.integers(1, 200), st.integers(0, 500)), min_size=1, max_size=7)


@settings(max_examples=120, deadline=None)
@given(side, side, st.integers(0, 30))
def test_closed_form_is_the_optimum_of_the_linear_programme(sources, sinks, clean):
    source, quality = np.array(sources, float).T
    sink, limit = np.array(sinks, float).T
    quick, proven = cascade(source, quality, sink, limit, clean), single(source, quality, sink, limit, clean)
    assert (quick.fresh is None) == (proven.fresh is None)
    if quick.fresh is not None:
        tolerance = 1e-5 * sink.sum()
        assert quick.fresh == pytest.approx(proven.fresh, abs=tolerance)
        assert quick.waste == pytest.approx(proven.waste, abs=tolerance)
        assert quick.fresh + source.sum() == pytest.approx(quick.waste + sink.sum(), abs=tolerance)


several = st.lists(
    st.tuples(st.integers(1, 200), st.integers(0, 300), st.one_of(st.none(), st.integers(0, 300))),
    min_size=1,
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(several, several)
def test_no_demand_gets_water_above_its_limit(sources, sinks):
    (source, dirt), (sink, limit) = (
        (np.array([row[0] for row in rows], float), np.array([row[1:] for row in rows], float))
        for rows in (sources, sinks)
    )
    clean = np.where(np.isnan(dirt), NAN, dirt / 10)
    found = reuse(Supply(source, np.stack([dirt, clean]), numbers(1.0, 0.7)), sink, limit, np.zeros(2))
    tolerance = 1e-6 * sink.sum()
    assert found.fresh is not None and 0 <= found.fresh <= sink.sum() + tolerance
    assert found.taken.sum(axis=(0, 1)) + found.clean == pytest.approx(sink, abs=tolerance)
    drawn = (found.taken / numbers(1.0, 0.7)[:, None, None]).sum(axis=(0, 2))
    assert (drawn <= source + tolerance).all()
    assert found.fresh + source.sum() == pytest.approx(found.waste + sink.sum(), abs=tolerance)
    quality = np.stack([dirt, clean])
    for d in range(len(sink)):
        for c in np.flatnonzero(~np.isnan(limit[d])):
            used = found.taken[:, :, d] > 0
            assert not np.isnan(quality[..., c][used]).any()
            load = (found.taken[:, :, d][used] * quality[..., c][used]).sum()
            assert load <= limit[d, c] * sink[d] + tolerance * 300
    plain = reuse(Supply(source, dirt[None], np.ones(1)), sink, limit, np.zeros(2))
    assert found.fresh <= plain.fresh + tolerance


def test_two_contaminants_by_hand():
    """Waste with 100 and 10 mg/L, demand of 10 t/d at most 50 and 2: the second allows a fifth, the first a half."""
    found = reuse(
        Supply(numbers(10), numbers(100, 10).reshape(1, 1, 2), np.ones(1)),
        numbers(10),
        numbers(50, 2)[None],
        np.zeros(2),
    )
    assert found.fresh == pytest.approx(8)


def test_regeneration_by_hand():
    """10 t/h at most 10 ppm, waste of 100 ppm, cleaned to 5 ppm: x raw and 10 - x cleaned, 100 x + 5 (10 - x) = 100."""
    supply = Supply(numbers(10), numbers(100, 5).reshape(2, 1, 1), np.ones(2))
    found = reuse(supply, numbers(10), numbers(10)[None], np.zeros(1))
    assert (found.fresh, found.treated) == pytest.approx((0, 10 - 50 / 95), abs=1e-6)
    assert single(numbers(10), numbers(100), numbers(10), numbers(10)).fresh == pytest.approx(9)
    # a tenth lost in treatment comes as fresh water, and cleaned water has room for none raw
    lossy = reuse(Supply(supply.flow, supply.quality, numbers(1, 0.9)), numbers(10), numbers(10)[None], np.zeros(1))
    assert 0 < lossy.fresh < 1 and lossy.waste == pytest.approx(lossy.fresh)


def test_unknown_quality_meets_no_limit_and_no_limits_take_fresh_water_only():
    unknown = Supply(numbers(10), np.array([[[NAN, 5.0]]]), np.ones(1))
    assert reuse(unknown, numbers(10), np.array([[50.0, NAN]]), np.zeros(2)).fresh == 10
    assert reuse(unknown, numbers(10), np.array([[NAN, 50.0]]), np.zeros(2)).fresh == 0
    assert reuse(unknown, numbers(10), np.array([[NAN, NAN]]), np.zeros(2)).fresh == 10


def refinery() -> Operations:
    flow = numbers(45, 34, 56)
    inlet = np.array([[0, 0, 0], [20, 300, 45], [120, 20, 200.0]])
    outlet = np.array([[15, 400, 35], [120, 12500, 180], [220, 45, 9500.0]])
    return Operations(flow[:, None] * (outlet - inlet), inlet, outlet)


def test_three_contaminants_of_wang_and_smith():
    found = least_fresh(refinery(), np.zeros(3))
    assert found.fresh == pytest.approx(105.6, abs=0.05) and found.gap < 1e-6


@settings(max_examples=25, deadline=None)
@given(several, several, st.integers(0, 20))
def test_columns_added_by_price_give_the_optimum_of_all_of_them(sources, sinks, clean):
    (source, dirt), (sink, limit) = (
        (np.array([row[0] for row in rows], float), np.array([row[1:] for row in rows], float))
        for rows in (sources, sinks)
    )
    supply = Supply(source, np.stack([dirt, dirt / 10]), numbers(1.0, 0.7))
    fresh = numbers(clean, 0)
    every = reuse(supply, sink, limit, fresh)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target_reuse, "ALL", 0)
        patch.setattr(target_reuse, "EACH", 1)
        few = reuse(supply, sink, limit, fresh)
    assert (few.fresh is None) == (every.fresh is None)
    if few.fresh is not None:
        assert few.fresh == pytest.approx(every.fresh, abs=1e-6 * sink.sum())
        assert few.treated == pytest.approx(every.treated, abs=1e-4 * sink.sum())


def test_operations_beyond_the_cleanliness_of_fresh_water():
    assert least_fresh(refinery(), numbers(0, 0, 1)) is None


def operations(rows: list[tuple[int, int, int]]) -> Operations:
    load, inlet, rise = (np.array(part, float)[:, None] for part in zip(*rows, strict=True))
    return Operations(load * 100, inlet, inlet + rise)


task = st.tuples(st.integers(1, 50), st.integers(0, 300), st.integers(10, 400))


@settings(max_examples=40, deadline=None)
@given(st.lists(task, min_size=1, max_size=5))
def test_one_contaminant_is_exact_from_both_sides(rows):
    found = least_fresh(operations(rows), np.zeros(1))
    assert found.fresh == pytest.approx(found.bound, rel=1e-5) and found.gap < 1e-5


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(task, task), min_size=1, max_size=4))
def test_bound_lies_below_a_plan_that_is_no_worse_than_no_reuse(rows):
    one, two = (operations([pair[k] for pair in rows]) for k in (0, 1))
    both = Operations(*(np.c_[getattr(one, name), getattr(two, name)] for name in one.__dataclass_fields__))
    found = least_fresh(both, np.zeros(2), nodes=12)
    apart = (both.load / both.outlet).max(axis=1).sum()
    assert 0 < found.bound <= found.fresh <= apart * (1 + 1e-6)
    assert found.gap == pytest.approx((found.fresh - found.bound) / found.fresh)
    assert found.bound >= max(least_fresh(each, np.zeros(1)).bound for each in (one, two)) * (1 - 1e-6)


def test_branch_and_bound_closes_the_gap():
    """Two operations of two contaminants: all 3200 g/h of the second leave at most at 150 ppm, so 21.33 t/h is the least.

    It is enough: the first takes 10 t/h and leaves 100 and 20 ppm; all of it goes on to the second, with 11.33 t/h of
    fresh water, and enters at 46.9 and 9.4 ppm (limits 50 and 20), leaves at 140.6 and 150 (limits 150 and 150).
    """
    pair = Operations(
        np.array([[1000, 200], [2000, 3000.0]]), np.array([[0, 0], [50, 20.0]]), np.array([[100, 50], [150, 150.0]])
    )
    found = least_fresh(pair, np.zeros(2))
    assert found.fresh == pytest.approx(3200 / 150, abs=0.01)
    assert found.gap < 2e-4


def test_small_park_firms_apart_and_all():
    park = small_park()
    rows = water.targets(park, Scenario(), None).table.iloc[-1]
    streams = park["water_streams"]
    demand = streams[streams["direction"] == "demand"]["flow_t_d"].sum()
    assert rows["demand_t_d"] == demand
    assert rows["treat_fresh_t_d"] <= rows["reuse_fresh_t_d"] <= rows["firms_fresh_t_d"] <= demand
    for way in ("firms", "reuse", "treat"):
        balance = rows[f"{way}_fresh_t_d"] + rows["discharge_t_d"] - demand
        assert rows[f"{way}_waste_t_d"] == pytest.approx(balance, abs=1e-4)


def test_park_without_demand_and_streams_without_flow_are_named():
    with pytest.raises(InputError, match="water_streams"):
        water.targets(small_park(water_streams=None), Scenario(), None)
    rows = [
        {"stream_id": "W1", "enterprise_id": "E1", "direction": "demand", "flow_t_d": 100, "cod_mg_l": 50},
        {"stream_id": "W2", "enterprise_id": "E2", "direction": "discharge", "cod_mg_l": 50},
    ]
    found = water.targets(small_park(water_streams=rows), Scenario(), None)
    assert [(f.id, f.key) for f in found.findings] == [("W2", "links.no_flow")]
    assert found.table["reuse_fresh_t_d"].iloc[-1] == pytest.approx(100)


def test_command_by_firm_and_cluster(tmp_path):
    place = tmp_path / "park.gpkg"
    write_park(small_park(), place)
    for by in ("firm", "cluster"):
        done = CliRunner().invoke(app, ["targets", "water", str(place), "--by", by, "--json"])
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert told["by"] == by
        assert sum(row["demand_t_d"] for row in told["groups"]) == pytest.approx(told["park"]["demand_t_d"])
    shown = CliRunner().invoke(app, ["targets", "water", str(place)], env={"COLUMNS": "100"})
    assert shown.exit_code == 0 and "Fresh water, reuse (t/d)" in shown.stdout


CASES = sorted(BENCH.glob("*.json"))


@pytest.mark.skipif(not CASES, reason="shared/bench/water is not here")
def test_published_cases():
    from benchmarks.water import case

    assert [row["instance"] for row in map(case, CASES) if row["met"] is not True] == []


def test_benchmark_reads_several_contaminants_and_names_faults(tmp_path):
    from benchmarks.water import case

    place = tmp_path / "case.json"

    def written(content: object) -> Path:
        place.write_text(json.dumps(content), encoding="utf-8")
        return place

    sinks = [{"flow_t_h": 10, "c_max_ppm": {"a": 50, "b": 2}}]
    sources = [{"flow_t_h": 10, "c_ppm": {"b": 10, "a": 100}}]
    assert case(written({"sinks": sinks, "sources": sources}))["fresh_water_t_h"] == pytest.approx(8)
    made = {"c_out_ppm": [5], "recovery": 1}
    one = {
        "sinks": [{"flow_t_h": 10, "c_max_ppm": [10]}],
        "sources": [{"flow_t_h": 10, "c_ppm": 100}],
        "regeneration": made,
    }
    assert case(written(one))["regenerated_fresh_water_t_h"] == pytest.approx(0, abs=1e-6)
    task = {"load_kg_h": 2, "c_in_max_ppm": 5, "c_out_max_ppm": 100}
    told = case(written({"operations": [task], "regeneration": {"c_out_ppm": 5}}))
    assert told["fresh_water_t_h"] == pytest.approx(20) and told["regenerated_fresh_water_t_h"] == pytest.approx(0)
    assert told["regenerated_t_h"] == pytest.approx(2000 / 95)
    for content, said in (
        ({"sinks": [{"flow_t_h": -1, "c_max_ppm": 1}]}, "flow_t_h"),
        ({"sinks": [{"flow_t_h": 1}]}, "c_max_ppm"),
        ({"operations": [{"load_kg_h": 1, "c_in_max_ppm": 50, "c_out_max_ppm": 50}]}, "outlet"),
        ({"sinks": [{"flow_t_h": 1, "c_max_ppm": 1}], "fresh_water_ppm": 2}, "fresh_water_ppm"),
        ({"name": "nothing"}, "operations"),
        ({"sinks": [{"flow": 1, "c_max_ppm": 1}]}, "flow_t_h"),
        ({"sinks": [{"flow_t_h": 1, "c_max_ppm": float("nan")}]}, "c_max_ppm"),
        ({"sinks": [{"flow_t_h": 1, "c_max_ppm": 1}], "regeneration": {"c_out_ppm": 1, "recovery": 0}}, "recovery"),
    ):
        with pytest.raises(InputError, match=said):
            case(written(content))
    place.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"case\.json"):
        case(place)
