"""Indicators, scores, control standards and asleep land: worked by hand on the small park."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import box, frame, shuffled, small_park

from parkloop import resources
from parkloop.analysis import intensity
from parkloop.analysis.errors import InputError
from parkloop.analysis.intensity import score, weights
from parkloop.analysis.scenario import Intensity, Scenario
from parkloop.analysis.steps import Progress


def run(park=None, **choices):
    return default() if park is None and not choices else fresh(park, **choices)


@cache
def default():
    return fresh()


def fresh(park=None, **choices):
    return intensity.run(park or small_park(), Scenario(intensity=Intensity(**choices)), {}, Progress())


def table(result, name):
    frame = result.tables[name]
    return frame.set_index(frame.columns[0])


def changed(layer, key, **columns):
    """The small park with some cells of one row replaced."""
    park = small_park()
    rows = park[layer].copy()
    for column, value in columns.items():
        rows.loc[rows[rows.columns[0]] == key, column] = value
    return park.replace(**{layer: rows})


def test_indicators_by_hand():
    park = table(run(), "intensity_park")["value"]
    assert park["A11"] == pytest.approx(100 * 15 / 18)  # 15 ha supplied of 18 ha ready or supplied
    assert park["A12"] == park["A21"] == 100
    # counted floor 16,000 + 32,000 + 4,500 + 24,000 + 28,800 on 15 ha
    assert park["A31"] == park["A33"] == pytest.approx(105_300 / 150_000)
    # footprints 8,000 + 16,000 + 4,000 + 12,000 + 9,200; with 1,500 m2 of structures and yards on each of five
    assert park["A32"] == pytest.approx(100 * 49_200 / 150_000)
    assert park["A34"] == pytest.approx(100 * (49_200 + 7_500) / 150_000)
    assert park["B11"] == pytest.approx(840e6 / 15)
    assert park["B12"] == pytest.approx(1_035e6 / 15)
    assert park["B13"] == pytest.approx(78e6 / 15)
    assert park["C11"] == 0 and park["C21"] == park["C22"] == 100
    assert park[["A22", "B14", "B15", "C12"]].isna().all()


def test_weights_are_rescaled_and_said_so():
    result = run()
    rows = table(result, "intensity_park")
    assert rows["weight"].sum() == pytest.approx(1)
    assert rows.loc["A21", "weight"] == pytest.approx(0.5 / 3)  # alone in A2 where A22 is left out
    assert rows.loc["B11", "weight"] == pytest.approx(0.3 / 3)
    assert rows.loc["C11", "weight"] == pytest.approx(0.2 / 2)
    assert rows.loc[["A22", "C12", "B15"], "note"].tolist() == ["no_data", "no_data", "other_type"]
    assert [f.key for f in result.findings] == ["intensity.left_out", "intensity.no_supply_dates"]
    assert "高新技术产业用地率、闲置土地处置率" in result.findings[0].text("zh")
    total = (rows["weight"] * rows["score"]).sum()
    assert result.figures["score"].value == pytest.approx(total)
    assert result.headline == ("intensity.headline", {"score": f"{total:.1f}", "asleep": "5.6"})


def test_ideal_is_the_larger_of_minimum_and_percentile_unless_given():
    rows = table(run(), "intensity_park")
    ratios = [16_000, 32_000, 4_500, 24_000, 28_800]
    assert rows.loc["A33", "ideal"] == pytest.approx(np.percentile(ratios, 80) / 30_000)
    assert rows.loc["A33", "ideal_basis"] == "percentile" and rows.loc["A33", "confidence"] == "l"
    # minima by sector: C30 0.7, C26 0.6, C22 0.8, C14 1.0 (2008 table); at the lowest percentile the standard is larger
    rows = table(run(ideal_percentile=0), "intensity_park")
    assert rows.loc["A33", "ideal"] == pytest.approx((0.7 + 0.6 + 0.8 + 1.0) / 4)
    assert rows.loc["A34", ["ideal", "ideal_basis"]].tolist() == [40, "standard"]
    rows = table(run(ideal={"A31": 1.404, "A22": 30}), "intensity_park")
    assert rows.loc["A31", ["score", "ideal_basis"]].tolist() == [pytest.approx(50), "user"]
    assert rows.loc["A22", "weight"] == 0  # an ideal value does not stand in for missing data


def test_city_and_industry_type():
    rows = table(run(changed("park", "small", park_type="city_industry", population=3_000)), "intensity_park")
    assert rows.loc["B15", "value"] == pytest.approx(3_000 / 15)
    assert rows.loc["B15", "note"] == "no_ideal" and rows.loc["A21", "note"] == "other_type"
    assert rows.loc["B14", "value"] == pytest.approx(78e6 / 15)


def test_checks_by_hand():
    checks = table(run(), "intensity_checks")
    row = checks.loc["P3/plot_ratio_min"]  # chemistry: 0.6 of the 2008 table, 4,500 m2 counted on 30,000
    assert (row["value"], row["limit_value"], row["met"], row["superseded"]) == (0.15, 0.6, False, True)
    assert row["shortfall"] == pytest.approx(0.45)
    assert row["add_m2"] == pytest.approx(0.6 * 30_000 - 4_500)
    assert row["release_m2"] == pytest.approx(30_000 - 4_500 / 0.6)
    assert "[2008] 24" in row["source"] and row["edition"] == "2008" and row["confidence"] == "m"
    row = checks.loc["P3/building_coefficient_min"]  # 40 % of the 2023 edition
    assert (row["limit_value"], row["edition"], row["superseded"]) == (40, "2023", False)
    assert row["release_m2"] == pytest.approx(30_000 - 5_500 / 0.4)
    assert "P3/green_max" not in checks.index  # the 2023 edition has no green ratio among its normative indicators
    assert checks.loc["P3/office_land_max", "reduce_m2"] == pytest.approx(3_000 - 2_100)
    assert checks.loc["P5/office_floor_max", "reduce_m2"] == pytest.approx(4_800 - 0.15 * 28_800)
    assert bool(checks.loc["P4/plot_ratio_min", "met"])  # exactly 0.8 for paper
    assert not checks["parcel_id"].isin(["P1", "P6"]).any()  # no manufacturing; not built
    met = table(run(), "intensity_parcels")["standard_met"]
    assert met.tolist() == ["unchecked", "met", "not_met", "met", "not_met", "unchecked"]


def test_editions_and_overrides():
    old = table(run(edition="2008"), "intensity_checks")
    assert old.loc["P5/building_coefficient_min", "limit_value"] == 30
    assert old.loc["P3/green_max", "reduce_m2"] == pytest.approx(7_500 - 6_000)
    assert "P5/office_floor_max" not in old.index and not old["superseded"].any()
    assert len(run(edition="none").tables["intensity_checks"]) == 0
    cars = changed("enterprises", "E3", sector="C36")
    row = table(run(cars), "intensity_checks").loc["P3/plot_ratio_min"]
    assert (row["limit_value"], row["edition"]) == (0.8, "2023")
    own = Scenario(standards={"land.plot_ratio_min_2008.C26": 0.1})
    row = table(intensity.run(small_park(), own, {}, Progress()), "intensity_checks").loc["P3/plot_ratio_min"]
    assert bool(row["met"]) and row["source"] == "user"


def test_limits_of_the_plan():
    park = changed("parcels", "P5", plot_ratio_min=0.5, plot_ratio_max=0.9, building_density_max_pct=30.0)
    checks = table(run(park, edition="none"), "intensity_checks")
    assert checks["met"].to_dict() == {
        "P5/density_plan_max": False,
        "P5/plot_ratio_plan_max": False,
        "P5/plot_ratio_plan_min": True,
    }
    assert checks.loc["P5/plot_ratio_plan_max", "reduce_m2"] == pytest.approx(28_800 - 27_000)
    park = changed("parcels", "P1", height_max_m=8.0)
    row = table(run(park), "intensity_checks").loc["P1/height_plan_max"]
    assert (row["value"], row["shortfall"], row["remedy"]) == (10, 2, "reduce_height")


def test_asleep_land_with_reason_and_rank():
    rows = table(run(), "intensity_parcels")
    assert rows["asleep"].tolist() == ["none", "none", "under_used", "none", "under_used", "vacant"]
    assert rows.loc["P3", ["asleep_m2", "reason"]].tolist() == [pytest.approx(22_500), "plot_ratio_low"]
    assert rows.loc["P5", "asleep_m2"] == pytest.approx(30_000 - 10_700 / 0.4)
    assert rows["asleep_rank"].tolist() == [0, 0, 2, 0, 3, 1]
    idle = table(run(changed("parcels", "P2", building_status="idle")), "intensity_parcels").loc["P2"]
    assert (idle["asleep"], idle["asleep_m2"], idle["reason"]) == ("idle", 30_000, "declared_idle")
    # found idle, yet never supplied
    ready = table(run(changed("parcels", "P2", building_status="idle", supply_status="ready")), "intensity_parcels")
    assert ready.loc["P2", ["asleep", "reason"]].tolist() == ["vacant", "not_supplied"]
    site = changed("parcels", "P6", building_status="under_construction", supply_status="supplied")
    assert table(run(site), "intensity_parcels").loc["P6", "asleep"] == "none"
    wrong = table(run(changed("parcels", "P2", planned_use="green")), "intensity_parcels").loc["P2"]
    assert (wrong["asleep"], wrong["reason"]) == ("wrong_use", "against_plan")
    alike = table(run(changed("parcels", "P2", planned_use="warehouse")), "intensity_parcels").loc["P2"]
    assert alike["asleep"] == "none"
    part = table(run(changed("occupancy", "E2", share=0.4)), "intensity_parcels").loc["P2"]
    assert (part["asleep_m2"], part["reason"], part["used_pct"]) == (pytest.approx(18_000), "no_user", 40)


def test_covered_ground_cannot_be_released():
    limit = [{"limit_id": "L1", "indicator": "plot_ratio_min", "sector": "C30", "value": 2.0}]
    result = run(small_park(land_limits=limit))
    # 32,000 m2 counted keep 2.0 on 16,000 m2, but buildings, structures and yards cover 17,500 of the 30,000
    assert table(result, "intensity_checks").loc["P2/plot_ratio_min", "release_m2"] == pytest.approx(14_000)
    row = table(result, "intensity_parcels").loc["P2"]
    assert (row["asleep_m2"], row["reason"]) == (pytest.approx(12_500), "plot_ratio_low")


def test_firm_on_two_parcels_is_spread_by_area():
    use = small_park()["occupancy"]
    more = pd.concat([use, pd.DataFrame([{"enterprise_id": "E1", "parcel_id": "P6", "share": 0.5}])])
    rows = table(run(small_park(occupancy=more)), "intensity_parcels")
    assert rows.loc["P1", "investment_cur_ha"] * 3 == pytest.approx(300e6 * 2 / 3)
    assert rows.loc["P6", "investment_cur_ha"] * 3 == pytest.approx(300e6 / 3)


def test_estimates_are_carried():
    rows = table(run(), "intensity_parcels")
    assert "plot_ratio" in rows.loc["P4", "estimated"].split(";") and "score" in rows.loc["P4", "estimated"].split(
        ";"
    )
    assert rows.loc["P2", "estimated"] == ""
    park = table(run(), "intensity_park")
    assert park.loc["A33", "estimated_share"] == pytest.approx(24_000 / 105_300)
    firms = table(run(changed("enterprises", "E4", estimated="investment_cur;staff")), "intensity_park")
    assert firms.loc["B11", "estimated_share"] == pytest.approx(210 / 840)


def test_bad_input_gives_findings_and_no_nan():
    park = changed("enterprises", "E4", investment_cur=-5.0)
    result = run(park)
    assert next((f.key, f.id, f.column) for f in result.findings) == (
        "intensity.out_of_range",
        "E4",
        "investment_cur",
    )
    rows = table(result, "intensity_park")
    assert rows.loc["B11", ["value", "note"]].tolist() == [pytest.approx(630e6 / 15), "partial"]
    use = frame(
        "occupancy",
        [{"enterprise_id": "E1", "parcel_id": "P1", "share": 1.0}, {"enterprise_id": "E9", "parcel_id": "P8"}],
    )
    found = {f.key: f for f in run(small_park(occupancy=use)).findings}
    assert {"intensity.occupancy_dangling", "intensity.firm_without_land"} <= set(found)
    assert found["intensity.firm_without_land"].values["count"] == 4
    flat = changed("parcels", "P2", geometry=box(220, 0, 220, 0))
    result = run(flat)
    assert "intensity.no_area" in {f.key for f in result.findings}
    row = table(result, "intensity_parcels").loc["P2"]
    assert (
        row["area_m2"] == 0 and np.isnan(row["plot_ratio"]) and np.isnan(row["score"]) and row["score_class"] == ""
    )
    for figure in result.figures.values():
        assert figure.value is None or np.isfinite(figure.value)


def test_park_with_parcels_only():
    result = run(small_park(buildings=None, enterprises=None, occupancy=None, exchanges=None, roads=None))
    assert result.figures["investment"].value is None
    assert table(result, "intensity_park").loc["B11", "note"] == "no_data"
    assert result.figures["score"].value is not None


@pytest.mark.parametrize(
    ("choices", "key"),
    [
        ({"weight_status": 0, "weight_benefit": 0, "weight_management": 0}, "intensity.no_weight"),
        ({"ideal": {"Z9": 1.0}}, "intensity.unknown_indicator"),
        ({"ideal": {"A31": 0.0}}, "intensity.bad_ideal"),
        ({"ideal": {"C11": 100.0}}, "intensity.bad_ideal"),
        ({"ideal": {"A11": 500.0}}, "intensity.bad_ideal"),
        ({"class_limits": (40, 60, 80)}, "intensity.bad_classes"),
    ],
)
def test_unusable_choices(choices, key):
    with pytest.raises(InputError) as error:
        run(**choices)
    finding = error.value.findings[0]
    assert finding.key == key and finding.text("en") and finding.remedy("zh")


def test_row_order_does_not_matter():
    one, two = run(), run(shuffled(small_park()))
    assert one.headline == two.headline and one.figures == two.figures
    for name, rows in one.tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(rows), pd.DataFrame(two.tables[name]))


def test_splitting_a_parcel_keeps_the_totals():
    park = small_park()
    rows = park["parcels"]
    two = pd.concat([rows[rows["parcel_id"] == "P2"]] * 2)
    two = two.assign(
        parcel_id=["P2a", "P2b"],
        geometry=[box(220, 0, 330, 150), box(330, 0, 420, 150)],
        structure_m2=300,
        open_yard_m2=450,
    )
    use = park["occupancy"]
    shares = [{"enterprise_id": "E2", "parcel_id": p, "share": 1.0} for p in ("P2a", "P2b")]
    split = park.replace(
        parcels=pd.concat([rows[rows["parcel_id"] != "P2"], two]),
        occupancy=pd.concat([use[use["parcel_id"] != "P2"], pd.DataFrame(shares)]),
    )
    codes = ["A11", "A12", "A21", "A31", "A32", "A33", "A34", "B11", "B12", "B13"]
    before, after = (table(run(p), "intensity_park").loc[codes, "value"] for p in (park, split))
    assert after.to_numpy(float) == pytest.approx(before.to_numpy(float), rel=1e-9)


def test_texts_and_codes_exist():
    result = run()
    for lang in ("en", "zh"):
        assert resources.text(result.headline[0], lang, **result.headline[1])
        for name in result.figures:
            assert resources.text(f"intensity.figure.{name}", lang)
    for name, rows in result.tables.items():
        for column, row in resources.columns(name).items():
            if row["codes"] and row["codes"] != "sectors":
                assert set(rows[column]) - {""} <= set(resources.codes(row["codes"])), column


@settings(max_examples=60, deadline=None)
@given(
    present=st.lists(st.booleans(), min_size=8, max_size=8),
    goals=st.tuples(*[st.floats(0, 10)] * 3),
    points=st.lists(st.floats(0, 100), min_size=8, max_size=8),
)
def test_score_stays_in_range_and_rises(present, goals, points):
    codes = ["A11", "A31", "A32", "B11", "B12", "C11", "C21", "C22"]
    there = np.array([present])
    even = weights.Weights(
        {**dict.fromkeys(codes, 1.0), **{c[:2]: 1.0 for c in codes}, **dict(zip("ABC", goals, strict=True))}, {}, {}
    )
    weight = weights.spread(there, codes, *even.of(codes))
    scores = np.where(there, [points], np.nan)
    total = score.total_score(scores, weight)
    assert weight.sum() == pytest.approx(1) or weight.sum() == 0
    assert np.isnan(total[0]) == (weight.sum() == 0)
    better = score.total_score(np.minimum(scores + 5, 100), weight)
    assert np.isnan(total[0]) or 0 <= total[0] <= better[0] + 1e-9 <= 100 + 1e-9


def test_ratio_score_by_hand():
    assert score.ratio_score(np.array([0.6, 1.2, 2.0]), 1.2).tolist() == [50, 100, 100]
    assert score.ratio_score(np.array([0.0, 20.0]), 0.0, falling=True).tolist() == [100, 80]
    assert score.ratio_score(np.array([20.0]), 10.0, falling=True)[0] == pytest.approx(100 * 80 / 90)
    assert np.isnan(score.ratio_score(np.array([1.0]), 0.0)).all()
