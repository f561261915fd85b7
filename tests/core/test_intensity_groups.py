"""Zones, sectors, enterprises, potentials, years of supply and local limits: worked by hand on the small park."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from small_park import small_park

from parkloop.analysis import intensity
from parkloop.analysis.scenario import Intensity, Scenario
from parkloop.analysis.steps import Progress


def run(park=None, **choices):
    return intensity.run(park or small_park(), Scenario(intensity=Intensity(**choices)), {}, Progress())


@cache
def default():
    return run()


def rows(result, name):
    table = result.tables[name]
    return table.set_index(table.columns[0])


def changed(layer, cells):
    """The small park with some columns of a layer replaced."""
    return small_park().replace(**{layer: small_park()[layer].assign(**cells)})


def test_a_zone_is_the_sum_of_its_parcels():
    found = rows(default(), "intensity_groups")
    # south: counted floor 16,000 + 32,000 + 4,500 on 9 ha; investment of E1, E2, E3
    assert found.loc["zone/south/A33", "value"] == pytest.approx(52_500 / 90_000)
    assert found.loc["zone/south/A34", "value"] == pytest.approx(100 * (28_000 + 4_500) / 90_000)
    assert found.loc["zone/south/B11", "value"] == pytest.approx(510e6 / 9)
    assert found.loc["zone/north/A11", "value"] == pytest.approx(100 * 6 / 9)  # P6 is ready, not supplied
    assert found.loc["zone/north/A11", "area_ha"] == pytest.approx(9)
    assert found.loc["zone/south/B15", ["note", "weight"]].tolist() == ["other_type", 0]


def test_ideal_values_and_weights_of_groups_are_those_of_the_park():
    found, park = default().tables["intensity_groups"], rows(default(), "intensity_park")
    zones = found[(found["group_kind"] == "zone") & (found["indicator"] == "A33")]
    assert zones["ideal"].tolist() == [park.loc["A33", "ideal"]] * 2
    for _, group in found[found["indicator"] != "F"].groupby(["group_kind", "group_name"]):
        assert group["weight"].sum() == pytest.approx(1)
        total = found.loc[(found["group_id"] == f"{group['group_kind'].iloc[0]}/{group['group_name'].iloc[0]}/F")]
        assert float((group["weight"] * group["score"]).sum()) == pytest.approx(float(total["value"].iloc[0]))


def test_two_sectors_on_one_parcel_share_its_land_and_buildings():
    use = [
        {"enterprise_id": "E1", "parcel_id": "P1", "share": 1.0},
        {"enterprise_id": "E2", "parcel_id": "P2", "share": 0.25},
        {"enterprise_id": "E3", "parcel_id": "P2", "share": 0.75},
    ]
    found = rows(run(small_park(occupancy=use)), "intensity_groups")
    assert found.loc["sector/C30/A33", "area_ha"] == pytest.approx(0.75)
    assert found.loc["sector/C30/A33", "value"] == pytest.approx(32_000 / 30_000)
    assert found.loc["sector/C30/B11", "value"] == pytest.approx(150e6 / 0.75)
    # chemistry: its part of P2, and P3, where no firm is recorded and the plan says chemistry
    assert found.loc["sector/C26/A33", "value"] == pytest.approx((0.75 * 32_000 + 4_500) / (22_500 + 30_000))
    assert found.loc["sector/C26/B11", "note"] == "partial"
    firms = rows(run(small_park(occupancy=use)), "intensity_enterprises")
    assert firms.loc["E2", ["land_m2", "counted_floor_m2"]].tolist() == pytest.approx([7_500, 8_000])
    assert firms.loc["E3", "investment_cur_ha"] == pytest.approx(60e6 / 2.25)
    assert (
        firms.loc["E4", "land_m2"] == 0 and np.isnan(firms.loc["E4", "plot_ratio"]) and firms.loc["E4", "rank"] == 0
    )


def test_an_enterprise_by_hand():
    energy = [
        {"energy_id": "N1", "enterprise_id": "E5", "carrier": "natural_gas", "energy_gj_a": 29_307.0},
        {"energy_id": "N2", "enterprise_id": "E5", "carrier": "electricity", "energy_gj_a": 3_600.0},
    ]
    air = [
        {"emission_id": "A1", "enterprise_id": "E5", "pollutant": "nox", "amount_t_a": 5.0},
        {
            "emission_id": "A2",
            "enterprise_id": "E5",
            "pollutant": "voc",
            "amount_t_a": 1.0,
            "estimated": "amount_t_a",
        },
        {"emission_id": "A3", "enterprise_id": "E5", "pollutant": "cod", "amount_t_a": 9.0},
    ]
    water = [{"stream_id": "W1", "enterprise_id": "E5", "direction": "demand", "flow_t_d": 300.0}]
    result = run(small_park(energy_use=energy, emissions=air, water_streams=water))
    firm = rows(result, "intensity_enterprises").loc["E5"]
    assert firm["plot_ratio"] == pytest.approx(28_800 / 30_000)
    assert firm["building_coefficient_pct"] == pytest.approx(100 * 10_700 / 30_000)
    assert firm["energy_tce_ha"] == pytest.approx((29_307 + 3_600) / 29.307 / 3)
    assert firm["water_t_ha"] == pytest.approx(300 * 365 / 3)
    assert firm["air_t_ha"] == pytest.approx(6 / 3)  # COD goes with the water
    # 15.3 tC/TJ x 0.99 x 44/12 of natural gas; 0.5306 t/MWh of the grid in 2023
    assert firm["co2_t_ha"] == pytest.approx((29_307 * 0.05554 + 1_000 * 0.5306) / 3)
    assert "air_t_ha" in firm["estimated"].split(";") and "co2_t_ha" not in firm["estimated"].split(";")
    parcel = rows(result, "intensity_parcels")
    assert parcel.loc["P5", "energy_tce_ha"] == pytest.approx(firm["energy_tce_ha"])
    assert np.isnan(parcel.loc["P1", "energy_tce_ha"])


def test_potentials_by_hand():
    dates = pd.to_datetime(["2024-05-01", "2020-01-01", "2019-12-31", "2010-01-01", "2010-01-01", None])
    park = changed("parcels", {"supply_date": dates})
    status = park["parcels"]["building_status"].mask(park["parcels"]["parcel_id"] == "P2", "idle")
    expiry = pd.Series(pd.NaT, index=status.index).mask(
        park["parcels"]["parcel_id"] == "P4", pd.Timestamp("2024-12-31")
    )
    park = park.replace(
        parcels=park["parcels"].assign(building_status=status, expiry_date=expiry.astype("datetime64[ns]"))
    )
    ideal = {"A33": 1.0, "A34": 50.0, "B11": 100e6, "B12": 100e6, "A21": 100.0}
    result = run(park, ideal=ideal)
    found = rows(result, "intensity_potential")
    works_ha = 9  # P1, P3, P5: P4 has run out and counts as managerial potential
    assert found.loc["expansion/A11", "area_ha"] == pytest.approx(3)
    assert found.loc["structural/A21", "area_ha"] == pytest.approx(0)
    ratio = (16_000 + 4_500 + 24_000 + 28_800) / 120_000
    assert found.loc["intensity/A33", "area_ha"] == pytest.approx((1 - ratio) * works_ha)
    coefficient = 100 * (8_000 + 4_000 + 12_000 + 9_200 + 6_000) / 120_000
    assert found.loc["intensity/A34", "area_ha"] == pytest.approx((1 - coefficient / 50) * works_ha)
    assert found.loc["intensity/B11", "area_ha"] == pytest.approx((1 - 690e6 / 12 / 100e6) * works_ha)
    assert found.loc["managerial/idle", "area_ha"] == pytest.approx(3)
    assert found.loc["managerial/expired", "area_ha"] == pytest.approx(3)
    counted = found[found["counted"].astype(bool)]
    least = found[found["potential"] == "intensity"]["area_ha"].min()
    assert counted[counted["potential"] == "intensity"]["area_ha"].tolist() == [least]
    figures = result.figures
    assert figures["potential_managerial"].value == pytest.approx(6)
    # P1 and P2 (6 ha) were supplied in 2020-2024, the five years up to the base year 2024
    assert figures["supply_pace"].value == pytest.approx(6 / 5)
    assert figures["supply_years"].value == pytest.approx(3 / 1.2)
    assert figures["supply_years_all"].value == pytest.approx(counted["area_ha"].sum() / 1.2)


def test_land_that_has_been_dealt_with_is_no_managerial_potential():
    idle = {"P1": ("idle", "done"), "P2": ("idle", "pending")}
    park = small_park()
    names = park["parcels"]["parcel_id"]
    cells = {
        "building_status": names.map(lambda p: idle.get(p, ("built", ""))[0]),
        "disposal": names.map(lambda p: idle.get(p, ("", "done"))[1]),
        "expiry_date": pd.Timestamp("2020-01-01"),
    }
    found = rows(run(changed("parcels", cells)), "intensity_potential")
    assert found.loc[["managerial/idle", "managerial/expired"], "area_ha"].tolist() == pytest.approx([3, 0])


def test_no_hectare_is_won_twice():
    expired = pd.Timestamp("2020-12-31")
    park = changed("parcels", {"expiry_date": expired, "supply_date": pd.Timestamp("2021-01-01")})
    result = run(park, ideal={"A33": 5.0, "A34": 100.0, "B11": 1e9, "B12": 1e9})
    found = result.tables["intensity_potential"]
    total = found.loc[found["counted"].astype(bool), "area_ha"].sum()
    assert total <= park["parcels"].area.sum() / 10_000 + 1e-9


def test_what_cannot_be_said_is_no_zero():
    city = small_park().replace(park=small_park()["park"].assign(park_type="city_industry"))
    assert run(city).figures["potential_structural"].value is None
    bare = run(small_park(buildings=None))
    assert "intensity.no_buildings" in {f.key for f in bare.findings}
    park = rows(bare, "intensity_park")
    assert park.loc[["A31", "A32", "A33", "A34"], "note"].tolist() == ["no_data"] * 4
    assert bare.tables["intensity_parcels"]["plot_ratio"].isna().all()
    assert "plot_ratio_min" not in set(bare.tables["intensity_checks"]["indicator"])


def test_a_parcel_names_the_indicators_it_lacks():
    use = small_park()["occupancy"]
    result = run(small_park(occupancy=use[use["parcel_id"] != "P2"]))
    parcels = rows(result, "intensity_parcels")
    assert parcels.loc["P2", "left_out"] == "B11;B12;B13;C11" and parcels.loc["P1", "left_out"] == ""
    assert parcels.loc["P2", "rank_to"] > parcels.loc["P2", "rank_from"]


def test_years_of_supply_need_dates_and_a_pace():
    assert default().figures["supply_years"].value is None
    assert "intensity.no_supply_dates" in {f.key for f in default().findings}
    part = changed("parcels", {"supply_date": pd.to_datetime(["2024-01-01", *[None] * 5])})
    told = next(f for f in run(part).findings if f.key == "intensity.few_supply_dates")
    assert (told.values["count"], told.values["all"]) == (4, 5)
    old = run(changed("parcels", {"supply_date": pd.Timestamp("2001-01-01")}))
    assert old.figures["supply_pace"].value == 0 and old.figures["supply_years"].value is None


def test_disposal_of_idle_and_expired_land():
    park = changed("parcels", {"building_status": "idle", "supply_status": "supplied", "disposal": "pending"})
    park["parcels"].loc[0, "disposal"] = "done"
    assert rows(run(park), "intensity_park").loc["C12", "value"] == pytest.approx(100 / 6)
    assert rows(default(), "intensity_park").loc["C12", "note"] == "no_data"
    # idle land, and no word of its disposal
    silent = changed("parcels", {"building_status": "idle", "supply_status": "supplied"})
    assert rows(run(silent), "intensity_park").loc["C12", ["note", "weight"]].tolist() == ["no_data", 0]


LIMITS = [
    {
        "limit_id": "L1",
        "indicator": "plot_ratio_min",
        "value": 0.9,
        "document": "City rule",
        "edition": "2024",
        "clause": "3",
    },
    {"limit_id": "L2", "indicator": "plot_ratio_min", "sector": "C26", "value": 1.1, "document": "City rule"},
    {
        "limit_id": "L3",
        "indicator": "plot_ratio_min",
        "grade_from": 1,
        "grade_to": 5,
        "value": 1.5,
        "document": "City rule",
    },
    {"limit_id": "L4", "indicator": "investment_min", "value": 45e6, "document": "City rule", "confidence": "h"},
    {"limit_id": "L5", "indicator": "plot_ratio_max", "value": 1.0, "document": "City rule"},
]


def test_local_limits_take_the_place_of_national_ones():
    checks = rows(run(small_park(land_limits=LIMITS)), "intensity_checks")
    assert checks.loc["P2/plot_ratio_min", ["limit_value", "source", "edition", "clause"]].tolist() == [
        0.9,
        "City rule",
        "2024",
        "3",
    ]
    assert (
        checks.loc["P3/plot_ratio_min", "limit_value"] == 1.1 and not checks.loc["P3/plot_ratio_min", "superseded"]
    )
    assert checks.loc["P1/plot_ratio_min", "limit_value"] == 0.9  # power and heat: no national limit
    row = checks.loc["P5/investment_min"]  # 120 million on 3 ha: 40 million a hectare
    assert (row["value"], row["met"], row["remedy"], row["unit"]) == (
        40e6,
        False,
        "raise_investment",
        "currency/ha",
    )
    assert row["add_cur"] == pytest.approx(15e6) and row["add_m2"] == 0
    assert row["release_m2"] == pytest.approx(30_000 - 120e6 / 45e6 * 10_000)
    assert checks.loc["P2/plot_ratio_max", "reduce_m2"] == pytest.approx(2_000)
    assert checks.loc["P2/building_coefficient_min", "source"] != "City rule"


def test_a_land_grade_counts_before_all_and_after_a_sector():
    park = changed("parcels", {"land_grade": 3}).replace(land_limits=small_park(land_limits=LIMITS)["land_limits"])
    checks = rows(run(park), "intensity_checks")
    assert checks.loc["P2/plot_ratio_min", "limit_value"] == 1.5
    assert checks.loc["P3/plot_ratio_min", "limit_value"] == 1.1
    whole = small_park(land_limits=LIMITS)
    whole = whole.replace(park=whole["park"].assign(land_grade=5))
    assert rows(run(whole), "intensity_checks").loc["P2/plot_ratio_min", "limit_value"] == 1.5


def test_of_two_limits_that_say_as_much_the_stricter_counts_and_is_told():
    twice = [*LIMITS, {"limit_id": "L9", "indicator": "plot_ratio_min", "sector": "C26", "value": 0.5}]
    result = run(small_park(land_limits=twice))
    assert rows(result, "intensity_checks").loc["P3/plot_ratio_min", "limit_value"] == 1.1
    clash = next(f for f in result.findings if f.key == "intensity.limits_clash")
    assert clash.layer == "land_limits" and clash.values["count"] == 1


def test_limits_without_an_edition_and_as_ideal_values():
    result = run(small_park(land_limits=LIMITS), edition="none", ideal_percentile=0)
    checks = result.tables["intensity_checks"]
    assert set(checks["indicator"]) == {"plot_ratio_min", "plot_ratio_max", "investment_min"}
    ideal = rows(result, "intensity_park").loc["B11"]
    assert (ideal["ideal"], ideal["ideal_basis"], ideal["source"], ideal["confidence"]) == (
        45e6,
        "standard",
        "City rule",
        "h",
    )


def test_a_limit_of_zero_forbids_or_lifts():
    none = [
        {"limit_id": "L1", "indicator": "green_max", "value": 0.0},
        {"limit_id": "L2", "indicator": "plot_ratio_min", "sector": "C26", "value": 0.0},
    ]
    checks = rows(run(small_park(land_limits=none)), "intensity_checks")
    assert checks.loc["P2/green_max", ["limit_value", "met", "reduce_m2"]].tolist() == [0, False, 1_500]
    assert "P3/plot_ratio_min" not in checks.index and "P2/plot_ratio_min" in checks.index


def test_limits_that_cannot_hold_are_told():
    wrong = [
        {"limit_id": "L1", "indicator": "plot_ratio_min", "grade_from": 9, "grade_to": 3, "value": 9.0},
        {"limit_id": "L2", "indicator": "plot_ratio_min", "value": -1.0},
    ]
    result = run(
        changed("parcels", {"land_grade": 5}).replace(land_limits=small_park(land_limits=wrong)["land_limits"])
    )
    assert rows(result, "intensity_checks").loc["P2/plot_ratio_min", "limit_value"] == 0.7
    told = {f.key: f for f in result.findings if f.layer == "land_limits"}
    assert told["intensity.limits_grades"].id == "L1" and told["intensity.out_of_range"].id == "L2"
    for lang in ("en", "zh"):
        assert "{" not in told["intensity.limits_grades"].text(lang) + told["intensity.limits_grades"].remedy(lang)


def test_money_in_ten_thousands_is_doubted():
    result = run(small_park(land_limits=[{"limit_id": "L1", "indicator": "investment_min", "value": 3_750.0}]))
    told = next(f for f in result.findings if f.key == "intensity.limits_small")
    assert (told.layer, told.id, told.column) == ("land_limits", "L1", "value")
    assert "intensity.limits_small" not in {f.key for f in run(small_park(land_limits=LIMITS)).findings}


def test_ranks_hold_their_place_in_the_interval():
    for name in ("intensity_parcels", "intensity_enterprises"):
        table = default().tables[name]
        assert ((table["rank_from"] <= table["rank"]) & (table["rank"] <= table["rank_to"])).all()
        scored = table["score"].notna()
        assert (table["rank"] > 0).tolist() == scored.tolist()
        best = table.sort_values("score", ascending=False)["rank"].tolist()
        assert best[: scored.sum()] == sorted(best[: scored.sum()])


def test_natural_breaks_are_a_choice():
    many = run(classes="natural_breaks").tables["intensity_parcels"]
    assert many["score_class"].isin(["high", "good", "medium", "low", ""]).all()
    one = small_park(buildings=None, occupancy=None)
    found = run(one, classes="natural_breaks")
    assert "intensity.too_few_for_breaks" in {f.key for f in found.findings}
