"""Demand: design years, vacant land, coincidence of peaks, and figures that cannot be."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import CRS, frame, shuffled, small_park

from parkloop import resources
from parkloop.analysis import networks
from parkloop.analysis.park.estimates import fill, profiles
from parkloop.analysis.park.estimates.streams import DAYS
from parkloop.analysis.park.model import Park
from parkloop.analysis.scenario import Scenario, Siting
from parkloop.analysis.siting import run
from parkloop.analysis.siting.demand import HORIZONS, PEAKS, UTILITIES, Demand, demand
from parkloop.analysis.siting.demand.hours import patterns
from parkloop.analysis.standards import Standards, listening
from parkloop.analysis.steps import Progress, StepResult

pytestmark = pytest.mark.again  # plain numerics, the same on any version

MONTHS = [f"m{month:02d}_pct" for month in range(1, 13)]
FIRMS = ["E1", "E2", "E3", "E4", "E5"]


def ask(park: Park, links: StepResult | None = None, **choices: Any) -> Demand:
    return demand(park, links, Siting(**choices), Standards())


def keys(found: Demand) -> list[str]:
    return [finding.key for finding in found.findings]


def profile(name: str, **more: Any) -> dict[str, Any]:
    return {"profile_id": name, "hours_a": 3000, "shifts": 1, "peak_to_mean": 1.5, "peak_hour": 10, **more}


def cold(number: int, firm: str, duty: float | None, **more: Any) -> dict[str, Any]:
    row = {"stream_id": f"H{number}", "enterprise_id": firm, "kind": "cold", "t_supply_c": 60, "t_target_c": 130}
    return {**row, "duty_kw": duty, **more}


def parcels(**planned: str) -> pd.DataFrame:
    """The parcels of the small park, vacant those named, with their planned sectors."""
    table = small_park()["parcels"].copy()
    for name, sector in planned.items():
        table.loc[table["parcel_id"] == name, ["land_use", "building_status"]] = "vacant", "unbuilt"
        table.loc[table["parcel_id"] == name, "planned_sector"] = sector
    return table


def settling(**layers: Any) -> Park:
    """The small park with P6 to be settled by chemical works."""
    return small_park(parcels=parcels(P6="C26"), **layers)


# typical days


def test_a_day_of_a_pattern_lies_in_its_shifts_and_peaks_at_its_hour() -> None:
    table = patterns(small_park(profiles=[profile("A"), profile("B", shifts=2, hours_a=4800, peak_hour=23)]))
    one, two = table.loc[["A", "B"]].to_numpy().reshape(2, 12, 24)
    assert np.flatnonzero(one[0]).tolist() == list(range(6, 14))
    assert one[0].argmax() == 10 and two[0].argmax() == 23
    assert (two[0] > 0).sum() == 16
    steps = np.abs(np.diff(one[0, 6:14]))
    assert steps == pytest.approx(steps[0])


def test_hours_a_year_win_over_shifts_that_are_too_few() -> None:
    table = patterns(small_park(profiles=[profile("A", hours_a=8760, shifts=1)]))
    assert (table.to_numpy() > 0).all()


PROFILES = st.lists(
    st.fixed_dictionaries(
        {
            "hours_a": st.floats(0, 8784),
            "shifts": st.integers(1, 4),
            "peak_to_mean": st.floats(1, 20),
            "peak_hour": st.integers(0, 23),
            "months": st.lists(st.floats(0, 100), min_size=12, max_size=12),
        }
    ),
    min_size=1,
    max_size=12,
)


@given(made=PROFILES)
@settings(max_examples=30, deadline=None)
def test_mean_peak_and_months_are_those_of_the_profile(made: list[dict[str, Any]]) -> None:
    rows = [
        profile(
            f"{n:02d}",
            **{k: v for k, v in row.items() if k != "months"},
            **dict(zip(MONTHS, row["months"], strict=True)),
        )
        for n, row in enumerate(made)
    ]
    loads = patterns(Park({"profiles": frame("profiles", rows)}, CRS, CRS)).to_numpy().reshape(-1, 12, 24)
    for row, load in zip(made, loads, strict=True):
        assert load.max() == 1 and load.min() >= 0
        total, peak = sum(row["months"]), row["peak_to_mean"]
        share = np.array(row["months"]) / total if total > 0 else np.full(12, 1 / 12)
        worked = max(8 * min(row["shifts"], 3), round(row["hours_a"] / DAYS))
        assert (load.max(axis=0) > 0).sum() <= worked <= 24
        if 12 * share.max() <= peak:
            assert load.sum(axis=1) / load.sum() == pytest.approx(share)
            if peak / (12 * share.max()) <= worked:  # else one hour of the day would not do
                assert load.sum() / worked / 12 == pytest.approx(1 / peak)


# coincidence


def test_peaks_at_other_hours_do_not_add() -> None:
    kinds = [profile("day", peak_hour=6), profile("night", peak_hour=18)]
    rows = [cold(1, "E4", 100, profile_id="day"), cold(2, "E5", 100, profile_id="night")]
    found = ask(small_park(profiles=kinds, heat_streams=rows))
    assert found.amount["heat"].sum() == pytest.approx(300)  # each at 1.5 times its mean
    assert found.coincidence["heat"] == pytest.approx(0.5)
    assert found.peak("heat") == pytest.approx(150)
    same = ask(small_park(profiles=kinds, heat_streams=[{**row, "profile_id": "day"} for row in rows]))
    assert same.coincidence["heat"] == pytest.approx(1)


def test_peaks_in_other_months_do_not_add() -> None:
    season = dict.fromkeys(MONTHS, 0.0)
    kinds = [
        profile("winter", shifts=3, hours_a=8000, peak_to_mean=2, **(season | dict.fromkeys(MONTHS[:6], 100 / 6))),
        profile("summer", shifts=3, hours_a=8000, peak_to_mean=2, **(season | dict.fromkeys(MONTHS[6:], 100 / 6))),
    ]
    rows = [cold(1, "E4", 100, profile_id="winter"), cold(2, "E5", 50, profile_id="summer")]
    found = ask(small_park(profiles=kinds, heat_streams=rows))
    assert found.peak("heat") == pytest.approx(200) and found.amount["heat"].sum() == pytest.approx(300)


def test_one_firms_peak_is_that_of_its_loads_together() -> None:
    kinds = [profile("day", peak_hour=6), profile("night", peak_hour=18)]
    rows = [cold(1, "E4", 100, profile_id="day"), cold(2, "E4", 80, profile_id="night"), cold(3, "E4", 10)]
    found = ask(small_park(profiles=kinds, heat_streams=rows))
    assert found.amount.loc["E4", "heat"] == pytest.approx(150 + 10)
    assert found.coincidence["heat"] == 1


def test_many_loads_without_profile_come_to_the_standards_share() -> None:
    rows = [cold(n, firm, 100) for n, firm in enumerate(FIRMS)]
    found = ask(small_park(heat_streams=rows))
    d = Standards().value("siting.heat.diversity")
    assert found.coincidence["heat"] == pytest.approx(d + (1 - d) / 5)
    assert found.coincidence_of("heat", np.array([0, 3])) == pytest.approx(d + (1 - d) / 2)
    mask = found.places.index.isin(["E2", "E3"])
    assert found.coincidence_of("heat", mask) == pytest.approx(d + (1 - d) / 2)
    other = demand(small_park(heat_streams=rows), None, Siting(), Standards({"siting.heat.diversity": 0.6}))
    assert other.coincidence["heat"] == pytest.approx(0.6 + 0.4 / 5)


def test_means_and_totals_coincide() -> None:
    found = ask(small_park())
    assert {found.coincidence[u] for u in UTILITIES if u not in PEAKS} == {1.0}
    assert found.coincidence_of("heat", np.array([], int)) == 1


def test_a_group_may_be_asked_for_a_part_of_its_demand() -> None:
    kinds = [profile("day", peak_hour=6), profile("night", peak_hour=18)]
    rows = [cold(1, "E4", 100, profile_id="day"), cold(2, "E5", 100, profile_id="night")]
    found = ask(small_park(profiles=kinds, heat_streams=rows))
    who = found.places.index.get_indexer(["E4", "E5"])
    assert found.coincidence_of("heat", who, np.array([150.0, 50.0])) == pytest.approx(0.75)
    assert found.peak("heat", who, np.array([150.0, 50.0])) == pytest.approx(150)


LOADS = st.lists(
    st.tuples(st.sampled_from(FIRMS), st.floats(0, 1e5), st.sampled_from(["", "A", "B", "C", "lost"])), max_size=12
)


@cache
def base() -> Park:
    return settling()  # with land to settle, which tests may leave out


def busy(loads: list[tuple[str, float, str]], hours: tuple[int, int, int], peak: float) -> Park:
    kinds = [profile(name, peak_hour=at, peak_to_mean=peak) for name, at in zip("ABC", hours, strict=True)]
    kinds[2] |= {"shifts": 3, "hours_a": 8000}
    heat = [cold(n, firm, size, profile_id=name) for n, (firm, size, name) in enumerate(loads)]
    gas = [
        {
            "energy_id": f"G{n}",
            "enterprise_id": firm,
            "carrier": "natural_gas",
            "energy_gj_a": size,
            "profile_id": name,
        }
        for n, (firm, size, name) in enumerate(loads)
    ]
    made = {"profiles": kinds, "heat_streams": heat, "energy_use": gas}
    return Park({**base().frames, **{name: frame(name, rows) for name, rows in made.items() if rows}}, CRS, CRS)


@given(
    loads=LOADS, hours=st.tuples(*[st.integers(0, 23)] * 3), peak=st.floats(1, 8),
    groups=st.lists(st.integers(0, 1), min_size=5, max_size=5),
)  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_coincidence_is_a_share_and_parts_need_at_least_as_much_as_the_whole(
    loads: list[tuple[str, float, str]], hours: tuple[int, int, int], peak: float, groups: list[int]
) -> None:
    park = busy(loads, hours, peak)
    found, mixed = ask(park, settle="none"), ask(shuffled(park), settle="none")
    pd.testing.assert_frame_equal(found.amount, mixed.amount)
    side = np.array(groups)
    for utility in PEAKS:
        size = found.amount[utility].to_numpy()
        assert 0 < found.coincidence[utility] <= 1
        assert found.coincidence[utility] == mixed.coincidence[utility]
        for one in range(len(size)):
            assert found.coincidence_of(utility, np.array([one])) == pytest.approx(1)
            assert found.peak(utility, np.array([one])) == pytest.approx(size[one])
        whole = found.peak(utility)
        assert size.max() * (1 - 1e-9) <= whole <= size.sum() * (1 + 1e-9)
        parts = [found.peak(utility, side == number) for number in (0, 1)]
        assert whole <= sum(parts) * (1 + 1e-9)


@given(
    loads=LOADS, received=st.lists(st.tuples(st.sampled_from(FIRMS), st.floats(0, 1e5)), max_size=5), peak=st.floats(1, 8)
)  # fmt: skip
@settings(max_examples=8, deadline=None)
def test_a_link_lowers_a_demand_by_no_more_than_its_flow(
    loads: list[tuple[str, float, str]], received: list[tuple[str, float]], peak: float
) -> None:
    park = busy(loads, (6, 14, 20), peak)
    links = pd.DataFrame(received, columns=["to_enterprise_id", "heat_kw"]).assign(kind="heat", status="new")
    links = links.assign(from_enterprise_id="E1", flow_t_d=0.0, material="", quantity_t_a=0.0)
    before = ask(park, settle="none").amount["heat"]
    after = ask(park, StepResult(tables={"links": links}, figures={}, headline=("", {})), settle="none").amount[
        "heat"
    ]
    flow = links["heat_kw"].astype(float).groupby(links["to_enterprise_id"]).sum().reindex(before.index).fillna(0.0)
    assert (after <= before).all() and (after >= 0).all()
    assert (before - after <= flow * (1 + 1e-9) + 1e-6).all()
    ended = StepResult(tables={"links": links.assign(status="ended")}, figures={}, headline=("", {}))
    pd.testing.assert_series_equal(ask(park, ended, settle="none").amount["heat"], before)


# peaks of what is not measured


def test_an_estimated_duty_is_a_mean_and_takes_its_sectors_peak() -> None:
    given_kw = ask(small_park(heat_streams=[cold(1, "E4", 100)])).amount.loc["E4", "heat"]
    guessed_kw = ask(small_park(heat_streams=[cold(1, "E4", 100, estimated="duty_kw")])).amount.loc["E4", "heat"]
    assert given_kw == pytest.approx(100)
    assert guessed_kw == pytest.approx(100 * profiles()["peak_to_mean"]["C22"])


def test_bought_heat_without_a_peak_takes_hours_and_a_peak_factor() -> None:
    row = {"energy_id": "B", "enterprise_id": "E2", "carrier": "heat", "energy_gj_a": 36_000}
    rules = Standards()
    mean_kw = 10_000_000 / rules.value("siting.heat.bought_hours_a")
    plain = ask(small_park(energy_use=[row])).amount.loc["E2", "heat"]
    assert plain == pytest.approx(mean_kw * rules.value("siting.heat.peak_factor"))
    shaped = ask(small_park(energy_use=[{**row, "profile_id": "A"}], profiles=[profile("A")]))
    assert shaped.amount.loc["E2", "heat"] == pytest.approx(10_000_000 / 3000 * 1.5)


# design years


def growth(number: int, horizon: str, **more: Any) -> dict[str, Any]:
    return {"growth_id": f"G{number}", "parcel_id": "P6", "horizon": horizon, "heat_kw": 1000, **more}


def test_years_are_those_of_the_rows_else_usual() -> None:
    rules = Standards()
    usual = {h: 2024 + int(rules.value(f"siting.design_years_{h}")) for h in ("near", "long")}
    assert ask(small_park()).year_of == {"today": 2024, **usual}
    rows = [growth(1, "near", design_year=2027), growth(2, "near", design_year=2028), growth(3, "long")]
    assert ask(small_park(growth=rows)).year_of == {"today": 2024, "near": 2028, "long": usual["long"]}
    late = ask(small_park(growth=[growth(1, "near", design_year=2050)])).year_of
    assert late["near"] == 2050 and late["long"] == 2050
    again = ask(small_park(growth=[growth(1, "near", design_year=2050)])).year_of
    assert again == late


def test_a_park_without_base_year_counts_from_its_first_design_year() -> None:
    park = small_park(growth=[growth(1, "near", design_year=2030), growth(2, "long", design_year=2040)])
    park = park.replace(park=park["park"].assign(base_year=pd.NA))
    assert ask(park).year_of == {"today": 2030, "near": 2030, "long": 2040}


def test_each_horizon_has_its_own_demand_and_all_consumers_one_index() -> None:
    park = small_park(growth=[growth(1, "near"), growth(2, "long", heat_kw=500, estimated="heat_kw")])
    found = ask(park, horizon="near")
    assert found.places.index.tolist() == [*FIRMS, "growth G1", "growth G2"]
    assert found.places["parcel_id"].tolist() == [*[""] * 5, "P6", "P6"]
    total = {horizon: found.amount_of[horizon]["heat"].sum() for horizon in HORIZONS}
    assert total == {"today": 6500, "near": 7500, "long": 8000}
    pd.testing.assert_frame_equal(found.amount, found.amount_of["near"])
    assert found.guessed.loc["growth G2", "heat"] == 0  # asks nothing yet
    assert ask(park, horizon="long").guessed.loc["growth G2", "heat"] == 1


SIZES = st.floats(0, 5000)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "horizon": st.sampled_from(["near", "long"]),
            "heat_kw": SIZES,
            "water_t_d": SIZES,
            "wastewater_t_d": SIZES,
        }
    ),
    max_size=4,
)


@given(rows=ROWS, settle=st.sampled_from(["none", "near", "long"]), water=st.lists(SIZES, min_size=3, max_size=3))
@settings(max_examples=12, deadline=None)
def test_a_later_horizon_never_asks_less(rows: list[dict[str, Any]], settle: str, water: list[float]) -> None:
    streams = [
        {"stream_id": "W1", "enterprise_id": "E5", "direction": "discharge", "flow_t_d": water[0]},
        {"stream_id": "W2", "enterprise_id": "E4", "direction": "demand", "flow_t_d": water[1], "cod_mg_l": 100},
        {"stream_id": "W3", "enterprise_id": "E3", "direction": "demand", "flow_t_d": water[2], "cod_mg_l": 5},
    ]
    made = {"water_streams": frame("water_streams", streams)}
    if rows:
        made["growth"] = frame(
            "growth", [{"growth_id": f"G{n}", "parcel_id": "P1", **row} for n, row in enumerate(rows)]
        )
    park = Park({**base().frames, **made}, CRS, CRS)
    found = ask(park, settle=settle)
    before, among = None, found.amount_of
    for horizon in HORIZONS:
        assert list(among[horizon].columns) == list(UTILITIES) and among[horizon].index.equals(found.places.index)
        assert (among[horizon] >= 0).all().all()
        assert before is None or (among[horizon] >= before).all().all()
        reclaimed, effluent = among[horizon]["reclaimed"].sum(), among[horizon]["wastewater"].sum()
        assert reclaimed <= Standards().value("siting.reclaimed.recovery") * effluent + 1e-6
        before = among[horizon]
    assert ((found.guessed >= 0) & (found.guessed <= 1)).all().all()


# vacant land


def test_vacant_land_asks_what_a_firm_of_its_sector_would() -> None:
    """A firm of the same output, of which nothing else is known, is estimated to ask the same, but for the gas of its boiler."""
    found = ask(settling(), horizon="long", settle_pct=100)
    typical = profiles().loc["C26"]
    output = 30_000 * typical["plot_ratio"] * typical["output_cny_m2_a"]
    firm = {"enterprise_id": "N", "name": "New", "sector": "C26", "output_cur_a": output}
    layers = {
        "material_flows": None,
        "heat_streams": None,
        "water_streams": None,
        "exchanges": None,
        "occupancy": None,
    }
    alone = small_park(enterprises=[{**firm, "geometry": small_park()["parcels"].geometry[5].centroid}], **layers)
    rest = ask(fill(alone)[0]).amount.loc["N"]
    land = found.amount.loc["land P6"]
    assert rest[["heat", "water", "reclaimed", "solid_waste", "hazardous_waste"]].min() >= 0 and rest["heat"] > 0
    assert land["heat"] == pytest.approx(rest["heat"])
    assert land["water"] + land["reclaimed"] == pytest.approx(rest["water"] + rest["reclaimed"])
    for utility in ("wastewater", "solid_waste", "hazardous_waste"):
        assert land[utility] == pytest.approx(rest[utility])
    assert land["gas"] == pytest.approx(rest["gas"])  # chemical works buy their heat: no boiler
    assert land["waste_gas"] == 0
    asked = land[land > 0].index
    assert (found.guessed.loc["land P6", asked] == 1).all() and len(asked) >= 5


def test_heat_of_vacant_land_needs_no_boiler_gas() -> None:
    found = ask(small_park(parcels=parcels(P6="C15")), horizon="long")  # drinks: gas boilers, no furnaces
    assert found.amount.loc["land P6", "heat"] > 0 and found.amount.loc["land P6", "gas"] == 0


def test_vacant_land_counts_from_its_term_on_and_by_its_share() -> None:
    park = settling()
    heat = {
        settle: [ask(park, settle=settle).amount_of[h]["heat"].get("land P6", 0.0) for h in HORIZONS]
        for settle in ("none", "near", "long")
    }
    assert heat["none"] == [0, 0, 0]
    assert heat["near"][0] == 0 and heat["near"][1] == heat["near"][2] > 0
    assert heat["long"][:2] == [0, 0] and heat["long"][2] == heat["near"][2]
    half = ask(park, horizon="long", settle_pct=35).amount.loc["land P6", "heat"]
    assert half == pytest.approx(heat["long"][2] / 2)
    assert ask(park, horizon="long", settle_pct=0).amount["heat"].sum() == 6500
    assert "siting.land_settled" in keys(ask(park, horizon="long"))
    assert not keys(ask(park))  # near: not settled yet, nothing to tell


def test_land_that_growth_tells_of_or_a_firm_uses_is_not_counted_twice() -> None:
    assert "land P6" not in ask(settling(growth=[growth(1, "long")]), horizon="long").amount.index
    # a row without figures tells nothing
    assert "land P6" in ask(settling(growth=[growth(1, "long", heat_kw=None)]), horizon="long").amount.index
    used = frame("occupancy", [{"enterprise_id": "E1", "parcel_id": "P6", "share": 0.5}])
    assert "land P6" not in ask(settling(occupancy=used), horizon="long").amount.index
    homes = parcels(P6="C26").assign(planned_use="residential")
    assert "land P6" not in ask(small_park(parcels=homes), horizon="long").amount.index


def test_land_that_a_works_takes_asks_less() -> None:
    found = ask(settling(growth=[growth(1, "near", parcel_id="P5")]), horizon="long")
    less = found.without({"P6": 7500.0, "P5": 7500.0, "P1": 1.0})
    assert less.amount.loc["land P6", "heat"] == pytest.approx(0.75 * found.amount.loc["land P6", "heat"])
    assert less.amount.loc["growth G1", "heat"] == 1000  # the planner's figure stands
    pd.testing.assert_frame_equal(less.amount.loc[FIRMS], found.amount.loc[FIRMS])
    pd.testing.assert_frame_equal(less.amount_of["today"], found.amount_of["today"])
    none = found.without({"P6": 40_000.0})
    assert (none.amount.loc["land P6"] == 0).all()
    assert (found.places["area_m2"] > 0).tolist() == [False] * 6 + [True]


def test_service_names_the_parcel_and_networks_reach_it() -> None:
    park = settling()
    scenario = Scenario(
        siting=Siting(horizon="long", utilities=["heat"], sensitivity_pct=0, alternatives=0, front_points=0)
    )
    sited = run(park, scenario, {}, Progress())
    service = sited.tables["site_service"].set_index("parcel_id")
    row = service.loc["P6"]
    assert (row["enterprise_id"], row["growth_id"], row["estimated"]) == ("", "", "demand")
    assert row["demand"] == pytest.approx(ask(park, horizon="long").amount.loc["land P6", "heat"])
    laid = networks.run(park, scenario, {"siting": sited}, Progress())
    nodes = laid.tables["network_nodes"]["enterprise_id"]
    assert any("land P6" in name.split(";") for name in nodes)
    assert "networks.no_place" not in {finding.key for finding in laid.findings}


# bad input


def told(park: Park, key: str, **choices: Any) -> Demand:
    """The demand of a park, of which ``key`` must tell, in both languages."""
    found = ask(park, **choices)
    matching = [finding for finding in found.findings if finding.key == key]
    assert matching, keys(found)
    for finding in matching:
        for lang in resources.LANGUAGES:
            assert finding.text(lang) and finding.remedy(lang) and "{" not in finding.text(lang)
    return found


def test_growth_of_an_unknown_parcel_stands_in_the_middle() -> None:
    found = told(small_park(growth=[growth(1, "near", parcel_id="P99")]), "siting.growth_parcel")
    assert found.places.loc["growth G1", "parcel_id"] == ""
    assert small_park()["park"].geometry[0].contains(found.places.geometry["growth G1"])
    assert found.amount.loc["growth G1", "heat"] == 1000
    told(small_park(growth=[growth(1, "near", parcel_id="")]), "siting.growth_unplaced")


def test_growth_of_no_known_term_is_not_counted() -> None:
    found = told(small_park(growth=[growth(1, "soon")]), "siting.growth_horizon")
    assert "growth G1" not in found.places.index


@pytest.mark.parametrize(
    ("layer", "column", "utility"),
    [
        ("growth", "heat_kw", "heat"),
        ("heat_streams", "duty_kw", "heat"),
        ("water_streams", "flow_t_d", "wastewater"),
    ],
)
def test_less_than_nothing_counts_as_nothing(layer: str, column: str, utility: str) -> None:
    park = small_park(growth=[growth(1, "near")])
    table = park[layer].copy()
    table[column] = -table[column]
    found = told(park.replace(**{layer: table}), "siting.negative")
    assert (found.amount >= 0).all().all()
    assert found.amount[utility].sum() < ask(park).amount[utility].sum()


def test_a_profile_that_is_not_there_is_none() -> None:
    found = told(small_park(heat_streams=[cold(1, "E4", 100, profile_id="X")]), "siting.profile_unknown")
    assert found.amount.loc["E4", "heat"] == 100


def test_months_that_do_not_add_up_are_told_and_scaled() -> None:
    month = dict.fromkeys(MONTHS, 0.0) | {"m01_pct": 20.0, "m07_pct": 40.0}
    rows = [cold(1, "E4", 100, profile_id="A")]
    found = told(small_park(profiles=[profile("A", **month)], heat_streams=rows), "check.months_sum")
    scaled = {name: value / 0.6 for name, value in month.items()}
    same = ask(small_park(profiles=[profile("A", **scaled)], heat_streams=rows))
    assert found.loads["heat"].pattern == pytest.approx(same.loads["heat"].pattern)
    idle = ask(small_park(profiles=[profile("A", **month)]))
    assert "check.months_sum" not in keys(idle)  # a profile that no load uses changes nothing


def test_a_firm_without_a_place_is_named() -> None:
    park = small_park(occupancy=None)
    firms = park["enterprises"].copy()
    firms.loc[firms["enterprise_id"] == "E4", "geometry"] = None
    found = told(park.replace(enterprises=firms), "siting.no_place")
    assert "E4" not in found.amount.index and found.amount["heat"].sum() == 1500


def test_land_of_an_unknown_sector_is_named_not_guessed() -> None:
    found = told(small_park(parcels=parcels(P6="Z99")), "siting.land_sector", horizon="long")
    assert "land P6" not in found.amount.index
    told(small_park(), "siting.land_no_sector", horizon="long")


def test_a_design_year_before_the_base_year_is_not_used() -> None:
    found = told(small_park(growth=[growth(1, "near", design_year=2010)]), "siting.growth_past")
    assert found.year_of["near"] == 2024 + Standards().value("siting.design_years_near")
    assert found.amount.loc["growth G1", "heat"] == 1000


def test_two_rows_of_one_parcel_and_term_both_count_and_are_told() -> None:
    found = told(small_park(growth=[growth(1, "near"), growth(2, "near")]), "siting.growth_twice")
    assert found.amount["heat"].sum() == 8500
    assert "siting.growth_twice" not in keys(ask(small_park(growth=[growth(1, "near"), growth(2, "long")])))


def test_nothing_at_all_asks_nothing() -> None:
    layers = ("enterprises", "occupancy", "heat_streams", "water_streams", "material_flows", "exchanges", "parcels")
    found = ask(small_park(**dict.fromkeys(layers)))
    assert found.places.empty and found.amount.empty and found.guessed.empty
    assert set(found.coincidence.values()) == {1.0}


def test_row_order_changes_nothing() -> None:
    park = settling(
        growth=[growth(1, "near"), growth(2, "long")],
        profiles=[profile("A"), profile("B", peak_hour=20)],
        heat_streams=[cold(n, firm, 100.0 + n, profile_id="AB"[n % 2]) for n, firm in enumerate(FIRMS * 2)],
    )
    one, other = ask(park, horizon="long"), ask(shuffled(park), horizon="long")
    pd.testing.assert_frame_equal(pd.DataFrame(one.places), pd.DataFrame(other.places))
    pd.testing.assert_frame_equal(one.amount, other.amount)
    pd.testing.assert_frame_equal(one.guessed, other.guessed)
    assert one.coincidence == other.coincidence and one.findings == other.findings


def test_every_number_of_demand_is_read() -> None:
    mine = re.compile(
        r"siting\.(design_years_|(heat|gas)\.(diversity|peak_factor)|heat\.(bought_hours_a|highest_c|lowest_c)"
        r"|gas\.(hours_a|heat_value)|reclaimed\.(cod|tds|recovery))"
    )
    with listening() as heard:
        ask(small_park())
    assert heard >= {key for key in Standards() if mine.match(key)}
