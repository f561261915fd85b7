"""Sector-typical estimates: the tables are plausible, gaps are filled and flagged, given values stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import box, small_park

from parkloop import resources
from parkloop.analysis.park.estimates import fill, flows, profiles, streams
from parkloop.analysis.park.model import Park
from parkloop.analysis.standards import Standards

STREAMS = ("material_flows", "heat_streams", "water_streams", "energy_use", "emissions")
SECTORS = sorted(resources.codes("sectors"))
MADE_FROM_LAND = ("B06", "B08", "B09", "B10")  # mines have no inputs


def bare_park(**layers: object) -> Park:
    """The small park without any flow."""
    return small_park(**{**dict.fromkeys((*STREAMS, "wind", "exchanges")), **layers})


def one_firm(sector: str, licences: str = "", **figures: float) -> Park:
    """A park in which firm E1 of ``sector`` has parcel P1 (200 m x 150 m) with one hall of 100 m x 60 m, 2 storeys."""
    firm = {"enterprise_id": "E1", "name": "firm", "sector": sector, "licences": licences, **figures}
    hall = {"building_id": "B1", "storeys": 2, "use": "production", "geometry": box(50, 40, 150, 100)}
    return bare_park(
        enterprises=[firm], buildings=[hall], occupancy=[{"enterprise_id": "E1", "parcel_id": "P1", "share": 1.0}]
    )


def test_every_sector_of_the_list_has_a_profile() -> None:
    assert sorted(profiles().index) == SECTORS


def test_all_profile_figures_are_numbers_in_range() -> None:
    table = profiles()
    for name in ("value_added_share", "tax_share", "office_share", "return_share"):
        assert table[name].between(0, 1).all(), name
    assert (table["tax_share"] < table["value_added_share"]).all()
    assert table["hours_a"].between(2000, 8760).all()
    assert table["hazard"].isin(list(resources.codes("hazard"))).all()
    carriers = set(resources.codes("carrier")) | {""}
    assert set(table["boiler_fuel"]) | set(table["furnace_fuel"]) <= carriers
    assert (table["furnace_gj_m2_a"].eq(0) | table["furnace_fuel"].ne("")).all()
    assert (table["heat_gj_m2_a"].eq(0) | table["boiler_fuel"].ne("")).all()


@pytest.mark.parametrize("sector", [code for code in SECTORS if code[0] == "C"])
def test_manufacturing_output_per_hectare_is_of_the_known_order(sector: str) -> None:
    """Development zones reach 3,000 to 20,000 x10^4 CNY/ha; tobacco is taxed far above that."""
    typical = profiles().loc[sector]
    output_wan_per_ha = typical["output_cny_m2_a"] * typical["plot_ratio"]  # CNY/m2 = 10^4 CNY/ha
    assert 3000 <= output_wan_per_ha <= (40_000 if sector == "C16" else 20_000)
    energy_gj = typical["electricity_kwh_m2_a"] * 0.0036 + typical["heat_gj_m2_a"] + typical["furnace_gj_m2_a"]
    assert 0.01 <= energy_gj / 29.3076 / typical["output_cny_m2_a"] * 1e4 <= 1.5  # tce per 10^4 CNY


@pytest.mark.parametrize("sector", SECTORS)
def test_typical_flows_close_and_their_value_fits_the_output(sector: str) -> None:
    table = flows()[flows()["sector"] == sector]
    tonnes = table.groupby("direction")["t_per_mcny"].sum()
    if sector not in MADE_FROM_LAND and tonnes.get("in", 0.0) > 0:
        assert tonnes["in"] >= tonnes.get("out", 0.0)
    worth = table["t_per_mcny"] * table["price_cny_t"].fillna(0.0) / 1e6
    bought, sold = worth[table["direction"] == "in"].sum(), worth[table["direction"] == "out"].sum()
    assert bought <= 1.02 - profiles().at[sector, "value_added_share"]
    assert sold <= 1.02
    if sector[0] == "C" and sector != "C43":
        assert sold >= 0.8


def test_flows_name_known_materials_once_and_hazardous_waste_has_its_code() -> None:
    table = flows()
    assert set(table["material"]) <= set(resources.codes("materials"))
    assert set(table["role"]) <= set(resources.codes("flow_role"))
    assert not table.duplicated(["sector", "material", "direction"]).any()
    assert (table.loc[table["hazardous"], "waste_code"] != "").all()
    assert table.loc[table["hazardous"] & (table["direction"] == "out"), "role"].eq("waste").all()


def test_figures_follow_the_floor_area() -> None:
    """Hall 100 m x 60 m x 2 storeys = 12,000 m2; C36: 13 staff per 1000 m2, 5,200 and 11,000 CNY/m2, 23 % and 5 %."""
    park, _ = fill(one_firm("C36"))
    firm = park["enterprises"].iloc[0]
    assert firm["staff"] == pytest.approx(156)
    assert firm["investment_cur"] == pytest.approx(62_400_000)
    assert firm["output_cur_a"] == pytest.approx(132_000_000)
    assert firm["value_added_cur_a"] == pytest.approx(30_360_000)
    assert firm["tax_cur_a"] == pytest.approx(6_600_000)
    assert set(firm["estimated"].split(";")) == {
        "staff", "investment_cur", "output_cur_a", "value_added_cur_a", "tax_cur_a",
    }  # fmt: skip


def test_given_figures_stay_and_only_the_rest_is_flagged() -> None:
    park, _ = fill(one_firm("C36", output_cur_a=1e8, staff=7))
    firm = park["enterprises"].iloc[0]
    assert (firm["output_cur_a"], firm["staff"]) == (1e8, 7)
    assert firm["tax_cur_a"] == pytest.approx(5e6)
    assert set(firm["estimated"].split(";")) == {"investment_cur", "value_added_cur_a", "tax_cur_a"}


def test_money_is_in_the_currency_of_the_park() -> None:
    given_park = one_firm("C36")
    swiss = given_park.replace(park=given_park["park"].assign(currency="CHF"))
    rate = Standards().value("currency.CHF")
    yuan, franc = fill(given_park)[0], fill(swiss)[0]
    assert franc["enterprises"]["output_cur_a"].iloc[0] * rate == pytest.approx(132_000_000)
    one, other = yuan["material_flows"], franc["material_flows"]
    np.testing.assert_allclose(one["quantity_t_a"], other["quantity_t_a"])
    np.testing.assert_allclose(one["price_cur_t"], other["price_cur_t"] * rate)


def test_firms_that_share_a_parcel_share_its_floor() -> None:
    park = one_firm("C36")
    two = pd.concat([park["enterprises"], park["enterprises"].assign(enterprise_id="E2", name="other")])
    use = [
        {"enterprise_id": "E1", "parcel_id": "P1", "share": 0.75},
        {"enterprise_id": "E2", "parcel_id": "P1", "share": 0.25},
    ]
    filled, _ = fill(park.replace(enterprises=two, occupancy=pd.DataFrame(use)))
    assert filled["enterprises"]["output_cur_a"].tolist() == pytest.approx([99e6, 33e6])


def test_a_parcel_without_buildings_takes_the_usual_plot_ratio() -> None:
    """3 ha x 0.9 (C36) = 27,000 m2."""
    park, _ = fill(one_firm("C36").replace(buildings=small_park(buildings=None)["buildings"]))
    assert park["enterprises"]["output_cur_a"].iloc[0] == pytest.approx(27_000 * 11_000)


def test_storeys_come_from_floor_area_then_height_then_sector() -> None:
    halls = [
        {"building_id": "B1", "use": "production", "geometry": box(10, 10, 60, 50)},
        {"building_id": "B2", "use": "production", "floor_area_m2": 6000, "geometry": box(70, 10, 120, 50)},
        {"building_id": "B3", "use": "office", "height_m": 18.5, "geometry": box(130, 10, 180, 50)},
        {"building_id": "B4", "use": "office", "geometry": box(130, 60, 180, 100)},
        {"building_id": "B5", "use": "production", "storeys": 4, "geometry": box(10, 60, 60, 100)},
    ]
    given_park = one_firm("C39")
    park, _ = fill(given_park.replace(buildings=small_park(buildings=halls)["buildings"]))
    built = park["buildings"].set_index("building_id")
    assert built["storeys"].to_dict() == {"B1": 3.0, "B2": 3.0, "B3": 5.0, "B4": 4.0, "B5": 4.0}
    assert built["estimated"].to_dict() == {
        "B1": "storeys",
        "B2": "storeys",
        "B3": "storeys",
        "B4": "storeys",
        "B5": "",
    }


def test_layers_that_a_firm_has_stay_as_they_are() -> None:
    given_park = small_park()
    park, _ = fill(given_park)
    for layer in STREAMS:
        before, after = given_park[layer], park[layer]
        kept = after[after["source"] != "estimate: sector profile"].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, before)
        new = after[after["source"] == "estimate: sector profile"]
        assert not set(new["enterprise_id"]) & set(before["enterprise_id"])
        assert (new["estimated"] != "").all()


def test_filling_twice_changes_nothing_and_the_order_of_rows_does_not_matter() -> None:
    once, _ = fill(bare_park())
    twice, again = fill(once)
    mixed = bare_park()
    shuffled = Park(
        {name: frame.sample(frac=1, random_state=3) for name, frame in mixed.frames.items()},
        mixed.crs,
        mixed.source_crs,
    )
    other, _ = fill(shuffled.replace(**shuffled.frames))
    assert [finding.key for finding in again] == []
    for layer in once.frames:
        pd.testing.assert_frame_equal(once[layer], twice[layer])
        pd.testing.assert_frame_equal(once[layer], other[layer])


def test_no_wind_gives_an_even_rose_and_a_warning() -> None:
    park, findings = fill(bare_park())
    rose = park["wind"]
    assert rose["frequency_pct"].sum() == pytest.approx(100)
    assert rose["direction_deg"].tolist() == [22.5 * k for k in range(16)]
    warned = [finding for finding in findings if finding.key == "estimates.uniform_wind"]
    assert [finding.severity for finding in warned] == ["warning"]


def test_what_cannot_be_estimated_is_said_and_stays_empty() -> None:
    firms = [
        {"enterprise_id": "E1", "name": "landless", "sector": "C36"},
        {"enterprise_id": "E2", "name": "unknown", "sector": "Z99", "output_cur_a": 1e6},
    ]
    park, findings = fill(bare_park(enterprises=firms, occupancy=None, buildings=None))
    assert park["enterprises"]["staff"].isna().all()
    assert all(park[layer].empty for layer in STREAMS)
    warned = {(finding.key, finding.id) for finding in findings if finding.severity == "warning" and finding.id}
    assert warned == {("estimates.no_basis", "E1"), ("estimates.no_sector", "E2")}


def test_every_finding_speaks_both_languages() -> None:
    firms = [
        {"enterprise_id": "E1", "name": "a", "sector": "C36"},
        {"enterprise_id": "E2", "name": "b", "sector": "Z99"},
    ]
    found = fill(bare_park(enterprises=firms, occupancy=None))[1] + fill(bare_park())[1]
    assert {finding.key for finding in found} == {
        "estimates.no_basis", "estimates.no_sector", "estimates.uniform_wind", "estimates.filled",
    }  # fmt: skip
    for finding in found:
        assert finding.text("en") != finding.text("zh")
        assert finding.remedy("en") and finding.remedy("zh")


def test_hazardous_inputs_need_the_licence() -> None:
    without, _ = fill(one_firm("C42"))
    with_one, _ = fill(one_firm("C42", licences="HW08"))
    taken = with_one["material_flows"].query("direction == 'in' and hazardous")
    assert without["material_flows"].query("direction == 'in' and hazardous").empty
    assert taken["material"].tolist() == ["waste_oil"]


def test_steam_has_the_pressure_of_its_saturation_temperature() -> None:
    """C22 heats to 160 C; steam 15 K hotter condenses at 175 C: 0.892 MPa absolute (steam tables), 0.791 MPa gauge."""
    park, _ = fill(one_firm("C22"))
    cold = park["heat_streams"].query("kind == 'cold' and t_target_c == 160").iloc[0]
    assert cold["medium"] == "steam"
    assert cold["steam_pressure_mpa"] == pytest.approx(0.791, rel=0.01)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SECTORS), st.floats(1e4, 1e11))
def test_heat_water_and_emissions_agree_with_energy_and_demand(sector: str, output_cny: float) -> None:
    rules = Standards()
    base = pd.DataFrame({"sector": [sector], "output_cny": [output_cny], "licences": [""]}, index=["E1"])
    use = streams.energy(base, rules)
    duties = streams.heat(base, rules)
    gj = duties.assign(gj=duties["duty_kw"] * duties["hours_a"] * 0.0036).groupby("kind")["gj"].sum()
    supplied = use.loc[use["carrier"] != "electricity", "energy_gj_a"].sum()
    assert gj.get("cold", 0.0) <= supplied * (1 + 1e-9)
    assert gj.get("hot", 0.0) <= use["energy_gj_a"].sum() * 0.7
    hot = duties[duties["kind"] == "hot"]
    assert (hot["t_supply_c"] > hot["t_target_c"]).all()
    assert (use["peak_kw"] * profiles().at[sector, "hours_a"] * 0.0036 >= use["energy_gj_a"] * (1 - 1e-9)).all()
    water = streams.water(base).groupby("direction")["flow_t_d"].sum()
    assert water["discharge"] < water["demand"]
    smoke = streams.emissions(base, rules)
    assert (smoke["amount_t_a"] > 0).all()
    burnt = use["carrier"].isin(streams.FUELS).any()
    assert burnt == bool((smoke["pollutant"] == "nox").any())
