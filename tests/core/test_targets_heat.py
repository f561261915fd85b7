"""Heat targets: worked examples, balances, shared levels, faults of the input.

Worked examples: Linnhoff, B. and Flower, J. R. (1978) and the four-stream example of Kemp, I. C. (2007), Pinch Analysis and
Process Integration, 2nd ed., section 2.3 (hot 20 kW, cold 60 kW, pinch 85 C shifted at an approach of 10 K).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import small_park
from typer.testing import CliRunner

from parkloop.analysis.cli import app
from parkloop.analysis.errors import InputError
from parkloop.analysis.park.write import write_park
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.targets import heat
from parkloop.analysis.targets.pinch import Streams, composite, target
from parkloop.analysis.targets.site import Level, site

pytestmark = pytest.mark.again  # plain numerics, the same on any version

BENCH = Path(__file__).resolve().parents[3] / "shared" / "bench" / "pinch"


def streams(
    *rows: tuple[float, float, float], share_k: float = 5.0, hot: tuple[bool, ...] | None = None
) -> Streams:
    """Streams from (supply, target, duty); hot where they cool down."""
    supply, end, duty = np.array(rows, float).reshape(-1, 3).T
    return Streams(supply, end, duty, supply > end if hot is None else np.array(hot), np.full(len(supply), share_k))


KEMP = streams((20, 135, 230), (170, 60, 330), (80, 140, 240), (150, 30, 180))


def test_four_streams_of_kemp():
    found = target(KEMP)
    assert (found.hot_kw, found.cold_kw) == pytest.approx((20, 60))
    assert found.pinch_c == pytest.approx([85])
    # the problem table of the book: heat passed at 165, 145, 140, 85, 55 and 25 C
    assert found.shifted_c == pytest.approx([165, 145, 140, 85, 55, 25])
    assert found.passed_kw == pytest.approx([20, 80, 82.5, 0, 75, 60])


def test_composites_stand_as_near_as_the_approach_allows():
    found = target(KEMP)
    hot_kw, hot_c = composite(KEMP, True)
    cold_kw, cold_c = composite(KEMP, False, found.cold_kw)
    assert hot_kw[-1] == pytest.approx(510) and cold_kw[-1] == pytest.approx(530)
    both = np.linspace(60, 510, 2001)
    between = np.interp(both, hot_kw, hot_c) - np.interp(both, cold_kw, cold_c)
    assert between.min() == pytest.approx(10, abs=0.2) and between.min() >= 10 - 1e-9


def test_own_share_of_each_stream():
    # gas with 20 K of its own and water with 5 K meet at 25 K: 125..45 of the gas serve 20..100 C of the water
    one = Streams(
        *(np.array(v, float) for v in ([125, 20], [45, 100], [800, 800])),
        np.array([True, False]),
        np.array([20.0, 5.0]),
    )
    assert target(one).hot_kw == 0 and target(one).cold_kw == 0
    worse = Streams(one.supply_c, one.target_c, one.duty_kw, one.hot, np.array([21.0, 5.0]))
    assert target(worse).hot_kw == pytest.approx(10) and target(worse).cold_kw == pytest.approx(10)


@pytest.mark.parametrize(("steam", "hot"), [(110.0, 0.0), (109.9, 500.0)])
def test_latent_heat_flows_at_the_approach_and_not_below(steam, hot):
    pair = streams((steam, steam, 500), (100, 100, 500), hot=(True, False))
    found = target(pair)
    assert (found.hot_kw, found.cold_kw) == (hot, hot)


def test_latent_stream_makes_a_pinch_within_its_level():
    # 1000 kW of boiling at 100 C meet a hot stream that holds 600 kW above 110 C and 400 kW below
    found = target(streams((170, 70, 1000), (100, 100, 1000), hot=(True, False)))
    assert (found.hot_kw, found.cold_kw) == pytest.approx((400, 400))
    assert found.pinch_c == pytest.approx([105])


def test_threshold_problems_need_one_utility_and_have_no_pinch():
    cooled = target(streams((200, 150, 500), (20, 60, 100)))
    assert (cooled.hot_kw, cooled.cold_kw) == (0.0, 400.0) and len(cooled.pinch_c) == 0
    heated = target(streams((200, 150, 500), (20, 60, 900)))
    assert (heated.hot_kw, heated.cold_kw) == pytest.approx((400.0, 0.0)) and len(heated.pinch_c) == 0
    only = target(streams((20, 140, 2400)))
    assert (only.hot_kw, only.cold_kw) == (2400.0, 0.0)


def test_no_streams_no_utility():
    none = target(streams())
    assert (none.hot_kw, none.cold_kw, len(none.pinch_c)) == (0.0, 0.0, 0)


some = st.lists(
    st.tuples(st.integers(-40, 400), st.integers(-40, 400), st.integers(1, 5000), st.booleans()),
    min_size=1,
    max_size=12,
)


def made(rows: list[tuple[int, int, int, bool]], share_k: float = 5.0) -> Streams:
    """Streams of any kind: the boolean decides where the two temperatures are equal."""
    supply, end, duty, kind = (np.array(part) for part in zip(*rows, strict=True))
    return Streams(
        supply * 1.0, end * 1.0, duty * 1.0, (supply > end) | ((supply == end) & kind), np.full(len(duty), share_k)
    )


def joined(one: Streams, two: Streams) -> Streams:
    """The streams of both."""
    return Streams(*(np.r_[getattr(one, name), getattr(two, name)] for name in one.__dataclass_fields__))


@settings(max_examples=150, deadline=None)
@given(some, some)
def test_balance_closes_and_joining_never_costs(one, two):
    a, b = made(one), made(two)
    both = target(joined(a, b))
    for found, group in ((target(a), a), (target(b), b), (both, joined(a, b))):
        assert found.hot_kw >= 0 and found.cold_kw >= 0 and found.passed_kw.min() >= 0
        assert found.hot_kw + group.signed_kw.sum() == pytest.approx(found.cold_kw, abs=1e-6 * group.moved_kw)
        assert found.hot_kw <= group.duty_kw[~group.hot].sum() * (1 + 1e-9)
    tolerance = 1e-7 * joined(a, b).moved_kw
    assert both.hot_kw <= target(a).hot_kw + target(b).hot_kw + tolerance


@settings(max_examples=60, deadline=None)
@given(some, st.randoms(use_true_random=False))
def test_neither_order_nor_cutting_of_streams_matters(rows, chance):
    whole = target(made(rows))
    mixed = list(rows)
    chance.shuffle(mixed)
    cut = [piece for a, b, q, k in mixed for piece in ((a, b, q, k),) * 2]
    half = made(cut)
    half = Streams(half.supply_c, half.target_c, half.duty_kw / 2, half.hot, half.share_k)
    assert target(half).hot_kw == pytest.approx(whole.hot_kw, abs=1e-6 * half.moved_kw)


@settings(max_examples=60, deadline=None)
@given(some)
def test_pockets_are_heat_that_no_utility_sees(rows):
    """A stream pair that fits exactly changes no utility: hot at 500 C beside cold that it serves at 480 C."""
    group = made(rows)
    pair = streams((500, 500, 777), (480, 480, 777), hot=(True, False))
    assert target(joined(group, pair)).hot_kw == pytest.approx(target(group).hot_kw, abs=1e-6 * group.moved_kw)


LEVELS = (Level(250.0, 250.0), Level(180.0, 180.0), Level(95.0, 70.0))


def test_two_firms_through_steam():
    """Surplus of 300..200 C, need of 100..150 C: steam of 180 C is raised to 180 + 5 and used at 180 - 5."""
    giver, taker = streams((300, 200, 1000)), streams((100, 150, 600))
    found = site((giver, taker), LEVELS, 5.0)
    assert (found.hot_kw, found.cold_kw) == pytest.approx((0, 400), abs=1e-6)
    assert found.raised_kw[0].sum() == pytest.approx(600) and found.used_kw[1].sum() == pytest.approx(600)
    # without a level between the two nothing passes
    apart = site((giver, taker), (Level(60.0, 60.0),), 5.0)
    assert (apart.hot_kw, apart.cold_kw) == pytest.approx((600, 1000))


def test_hot_water_is_used_along_its_whole_fall():
    """Water of 95/70 C warms 60..80 C by all its heat (90..65 C shifted against 65..85): 25 of its 25 K above 65 C."""
    giver, taker = streams((200, 120, 1000)), streams((60, 80, 500))
    found = site((giver, taker), (Level(95.0, 70.0),), 5.0)
    assert (found.hot_kw, found.used_kw[1, 0]) == pytest.approx((0, 500))
    # to 90 C, shifted 95 C, it cannot go: above 90 C shifted its own fire is needed, a sixth of the rise
    hotter = site((giver, streams((60, 90, 600))), (Level(95.0, 70.0),), 5.0)
    assert hotter.direct_kw[1] == pytest.approx(100)


def test_heat_from_outside_comes_from_the_coldest_level_that_serves():
    found = site((streams((20, 60, 100)), streams((100, 150, 200)), streams((300, 350, 50))), LEVELS, 5.0)
    assert found.boiler_kw == pytest.approx([0, 200, 100], abs=1e-6) and found.direct_kw == pytest.approx(
        [0, 0, 50], abs=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(some, min_size=2, max_size=4))
def test_levels_lie_between_firms_apart_and_all_joined(parts):
    groups = [made(rows) for rows in parts]
    whole = groups[0]
    for group in groups[1:]:
        whole = joined(whole, group)
    found = site(groups, LEVELS, 5.0)
    tolerance = 1e-6 * whole.moved_kw
    assert target(whole).hot_kw - tolerance <= found.hot_kw <= sum(target(one).hot_kw for one in groups) + tolerance
    assert found.hot_kw + whole.signed_kw.sum() == pytest.approx(found.cold_kw, abs=tolerance)
    assert found.direct_kw.sum() + found.boiler_kw.sum() == pytest.approx(found.hot_kw, abs=tolerance)
    # what is used was raised or fired; each group's own balance closes with cooling that is not negative
    assert found.used_kw.sum() == pytest.approx(found.raised_kw.sum() + found.boiler_kw.sum(), abs=tolerance)
    own = found.direct_kw + (found.used_kw - found.raised_kw).sum(axis=1)
    assert (own + [one.signed_kw.sum() for one in groups] >= -tolerance).all()


def test_small_park_by_hand():
    """One surplus of 180..90 C (100 kW/K) and needs of 60..130 C and 20..85 C, 6500 kW together; approach 10 K.

    Joined: above 135 C shifted the surplus holds 4000 kW, all needs are met and 2500 kW are left.
    """
    found = heat.targets(small_park(), None, 10.0, heat.levels_of(None, Scenario()))
    row = found.table.iloc[-1]
    assert row["direct_hot_kw"] == 0 and row["direct_cold_kw"] == pytest.approx(2500)
    assert (row["firms_hot_kw"], row["firms_cold_kw"]) == (6500, 9000)
    assert np.isnan(row["pinch_hot_c"]) and not found.findings
    assert row["direct_hot_kw"] <= row["levels_hot_kw"] <= row["firms_hot_kw"]
    # steam of 151.8 C can be raised from 180..156.8 C only, 23.2 K of 100 kW/K; the rest of the way is hot water
    assert found.levels["raised_kw"].sum() == pytest.approx(6500 - row["levels_hot_kw"])


def test_streams_that_run_the_wrong_way_or_have_no_duty_are_named():
    rows = [
        {
            "stream_id": "H1",
            "enterprise_id": "E1",
            "kind": "hot",
            "t_supply_c": 90,
            "t_target_c": 180,
            "duty_kw": 100,
        },
        {
            "stream_id": "H2",
            "enterprise_id": "E2",
            "kind": "cold",
            "t_supply_c": 20,
            "t_target_c": 60,
            "duty_kw": 0,
        },
        {
            "stream_id": "H3",
            "enterprise_id": "E2",
            "kind": "cold",
            "t_supply_c": 20,
            "t_target_c": 60,
            "duty_kw": 50,
        },
    ]
    found = heat.targets(small_park(heat_streams=rows), None, 10.0, [])
    assert {(f.id, f.key) for f in found.findings} == {("H1", "links.temperatures_cross"), ("H2", "links.no_duty")}
    assert found.table["direct_hot_kw"].iloc[-1] == 50
    with pytest.raises(InputError) as caught:
        heat.targets(small_park(heat_streams=rows[:2]), None, 10.0, [])
    assert {f.id for f in caught.value.findings} == {"H1", "H2"}
    with pytest.raises(InputError, match="heat_streams"):
        heat.targets(small_park(heat_streams=None), None, 10.0, [])


@pytest.mark.parametrize("text", ["steam", "70/95", "1/2/3", "9999"])
def test_levels_that_are_none_are_named(text):
    with pytest.raises(InputError) as caught:
        heat.levels_of(text, Scenario())
    assert text in str(caught.value)


def test_command_tells_the_same_in_tables_and_json(tmp_path):
    place = tmp_path / "park.gpkg"
    write_park(small_park(), place)
    done = CliRunner().invoke(app, ["targets", "heat", str(place), "--by", "firm", "--approach", "10", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["park"]["direct_cold_kw"] == pytest.approx(2500) and told["approach_k"] == 10
    assert [row["group"] for row in told["groups"]] == ["E1", "E4", "E5"]
    assert told["groups"][0]["curves"]["hot"] == [[0, 90], [9000, 180]]
    shown = CliRunner().invoke(app, ["targets", "heat", str(place)], env={"COLUMNS": "120", "PARKLOOP_LANG": "zh"})
    assert shown.exit_code == 0 and "全园区" in shown.stdout and "2,500" in shown.stdout
    wrong = CliRunner().invoke(app, ["targets", "heat", str(place), "--levels", "70/95"])
    assert wrong.exit_code == 2


CASES = sorted(path for path in BENCH.glob("*.csv") if path.stem != "targets")


@pytest.mark.skipif(not CASES, reason="shared/bench/pinch is not here")
def test_published_cases():
    from benchmarks.pinch import case

    rows = [case(path) for path in CASES]
    assert len(rows) == len(pd.read_csv(BENCH / "targets.csv"))
    assert [row["instance"] for row in rows if row["met"] is not True] == []


def test_benchmark_names_what_is_wrong_in_a_file(tmp_path):
    from benchmarks.pinch import case

    place = tmp_path / "bad.csv"
    head = "zone,stream,t_supply_c,t_target_c,heat_kw,dt_cont_k\n"
    place.write_text(head + "A,S1,100,50,0,5\nA,S2,,50,10,5\nA,S3,80,80,10,5\nA,S4,80,20,10,-1\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        case(place)
    assert {(f.id, f.key) for f in caught.value.findings} == {
        ("S1", "links.no_duty"),
        ("S2", "links.no_temperature"),
        ("S3", "targets.level_without_kind"),
        ("S4", "targets.bad_approach"),
    }
    place.write_text("zone,stream,t_supply_c\nA,S1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="t_target_c"):
        case(place)
    place.write_text(head.strip() + ",kind\nA,S1,120,120,10,5,hot\nA,S2,20,60,10,5,cold\n", encoding="utf-8")
    assert case(place)["hot_utility_kw"] == 0
