"""The knowledge: every division has every class of entry, figures are plausible, codes have their form, all has a source."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import frame, small_park

from parkloop import resources
from parkloop.analysis.links import catalogue, material
from parkloop.analysis.links.costs import Costs
from parkloop.analysis.links.places import locate
from parkloop.analysis.park.checks import advise
from parkloop.analysis.park.estimates import byproducts, fill, flows, profiles, streams
from parkloop.analysis.park.estimates.profiles import CONTAMINANTS, heat_uses, water_limits, water_uses
from parkloop.analysis.scenario import Links, Scenario
from parkloop.analysis.standards import Standards

DIVISIONS = [f"C{number}" for number in range(13, 44)] + ["D44", "D45", "D46"]
NO_MATERIAL_PRODUCT = {"C43", "D44", "D46"}  # a service, power and heat, water
FILES = (
    "patterns", "materials", "sector_flows", "sector_profiles", "sector_heat", "sector_water", "water_grades",
    "by_product_ratios", "hazard_exemptions",
)  # fmt: skip
CODE = re.compile(
    r"(\d{2} \d{2} \d{2}\*?"  # European List of Waste
    r"|S\d{2}|\d{3}-\d{3}-S\d{2}"  # 固体废物分类与代码目录 2024: category, code
    r"|HW\d{2}|\d{3}-\d{3}-\d{2})"  # 国家危险废物名录: class, code
)
CATEGORIES = {f"S{n:02d}" for n in (*range(1, 8), *range(9, 18), 59, *range(60, 100))}
FUEL = {
    "coal",
    "coke",
    "fuel_oil",
    "diesel",
    "lpg",
    "natural_gas",
    "biomass_fuel",
    "petroleum_coke",
    "biogas",
    "rdf",
}


def rows(name: str) -> list[dict[str, str]]:
    return resources.table("knowledge", f"{name}.csv")


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_its_cells_a_source_and_a_confidence(name: str) -> None:
    for row in rows(name):
        assert None not in row and None not in row.values(), row
        assert row["source"].strip(), row
        assert row["confidence"] in {"h", "m", "l"}, row
        for cell in row:
            if cell.endswith("_en"):
                assert bool(row[cell]) == bool(row[cell[:-3] + "_zh"]), row


@pytest.mark.parametrize("division", DIVISIONS)
def test_every_division_has_every_class_of_entry(division: str) -> None:
    table = flows()[flows()["sector"] == division]
    kinds = set(table["direction"] + ":" + table["role"])
    wanted = {"in:raw_material", "out:product", "out:by_product", "out:waste"}
    assert kinds >= wanted - ({"out:product"} if division in NO_MATERIAL_PRODUCT else set())
    heat = heat_uses()[heat_uses()["division"] == division]
    assert set(heat["kind"]) == {"hot", "cold"}
    water = water_uses()[water_uses()["division"] == division]
    assert set(water["direction"]) == {"demand", "discharge"}
    patterns = catalogue.patterns()[catalogue.patterns()["pattern"] != "direct"]
    given_off = set(table.loc[(table["direction"] == "out") & (table["role"] != "product"), "material"])
    gives = patterns[patterns["from_material"].isin(given_off)]
    assert any(not allowed or division in allowed for allowed in gives["from_sectors"])


def test_whatever_a_division_is_rid_of_has_somewhere_to_go() -> None:
    """Carbon dioxide and ethanol are sold as they are; pharmaceutical waste is burnt."""
    table = flows()[(flows()["direction"] == "out") & flows()["role"].isin(["by_product", "waste"])]
    patterns = catalogue.patterns()[catalogue.patterns()["pattern"] != "direct"]
    givers = patterns.groupby("from_material")["from_sectors"].agg(list)
    stuck = {
        row.material
        for row in table.itertuples()
        if not any(not allowed or row.sector in allowed for allowed in givers.get(row.material, []))
    }
    assert stuck == {"carbon_dioxide", "ethanol", "medical_waste"}


def test_there_are_more_than_250_written_patterns_of_known_materials() -> None:
    table = pd.DataFrame(rows("patterns"))
    assert len(table) >= 500 and table["pattern_id"].is_unique
    known = resources.codes("materials")
    assert set(table["from_material"]) | set(table["to_material"]) <= set(known)
    assert (table["from_material"] != table["to_material"]).all()
    assert set(table["treatment"]) <= set(resources.codes("treatment"))
    sectors = set(resources.codes("sectors"))
    for row in table.itertuples():
        assert row.pattern_id.split(":")[0] == f"{row.from_material}>{row.pattern_id.split('>')[1].split(':')[0]}"
        assert {code for cell in (row.from_sectors, row.to_sectors) for code in cell.split(";") if code} <= sectors
        assert not row.ewc or CODE.fullmatch(row.ewc)
        # who does it, then what is ours; every part of a source has a name in Chinese or is one in any language
        *cited, ours = row.source.split("; ")
        assert cited and ours == "ratio and cost ParkLoop assumption" and row.practice, row.pattern_id
        for part in cited:
            plain = re.fullmatch(r"(BREF|GB|GB/T|HJ|HJ/T|JG/T|NY/T|IEA) [-A-Z0-9 a-z]+", part)
            assert plain or f"sources.{part}" in resources.texts("zh"), part


def test_ratios_are_plausible_by_what_they_rest_on() -> None:
    """By mass at most 1.5; by heating value at most that of hydrogen over a weak fuel gas; by content at most 4."""
    table = pd.DataFrame(rows("patterns"))
    ratio = pd.to_numeric(table["ratio"])
    assert (ratio > 0).all()
    assert set(table["basis"]) == {"mass", "energy", "content"}
    most = table["basis"].map({"mass": 1.5, "energy": 2.5, "content": 4.0})
    assert (ratio <= most).all(), table.loc[ratio > most, "pattern_id"].tolist()
    assert set(table.loc[table["basis"] == "energy", "to_material"]) <= FUEL | {"hydrogen"}
    assert (pd.to_numeric(table["treatment_cost_cny_t"]) >= 0).all()
    assert pd.to_numeric(table["min_purity_pct"]).between(0, 100).all()


def test_two_patterns_of_a_pair_serve_different_divisions_or_needs() -> None:
    table = catalogue.patterns()
    for _, same in table[table["pattern"] != "direct"].groupby(["from_material", "to_material"]):
        for a, b in zip(same.to_dict("records"), same.to_dict("records")[1:], strict=False):
            apart = not (a["to_sectors"] & b["to_sectors"]) or not (a["from_sectors"] & b["from_sectors"])
            assert apart or a["min_purity_pct"] != b["min_purity_pct"], (a["pattern"], b["pattern"])


def test_waste_codes_have_the_form_of_their_catalogue() -> None:
    table = catalogue.materials()
    for code, row in table.iterrows():
        held = [part for part in str(row["waste_codes"]).split(";") if part]
        assert all(CODE.fullmatch(part) for part in held), code
        assert {part for part in held if part[0] == "S"} <= CATEGORIES, code
        if row["hazardous"]:
            assert held and held[0].startswith("HW"), code
            classes = {part for part in held if part.startswith("HW")}
            exact = [part for part in held if re.fullmatch(r"\d{3}-\d{3}-\d{2}", part)]
            assert {catalogue.hazard_class(part) for part in exact} <= classes, code


def test_solid_wastes_name_their_category_and_the_list_of_wastes() -> None:
    """What leaves a division as by-product or waste and is no gas and no chemical that is sold has GB code and EWC."""
    given_off = flows()[(flows()["direction"] == "out") & flows()["role"].isin(["by_product", "waste"])]
    sold = {"energy", "chemical", "gas", "petroleum", "food", "nonferrous"}
    known = catalogue.materials().loc[sorted(set(given_off["material"]))]
    for code, row in known[~known["family"].isin(sold)].iterrows():
        held = str(row["waste_codes"]).split(";")
        national = [part for part in held if part.startswith(("S", "HW"))]
        assert national, code
        # the rest that fits nowhere has no code of its own
        assert any(re.match(r"\d{2} \d{2}", part) for part in held) or code == "general_waste", code


def test_shares_of_heat_and_water_add_up() -> None:
    heat = heat_uses()
    assert set(heat["basis"]) == {"process_heat", "furnace_fuel", "electricity_and_heat"}
    cold = heat[(heat["kind"] == "cold") & (heat["basis"] == "process_heat")].groupby("division")["share"].sum()
    needy = profiles().index[profiles()["heat_gj_m2_a"] > 0]
    np.testing.assert_allclose(cold.reindex(needy), 1.0)
    hot = heat[heat["kind"] == "hot"].groupby(["division", "basis"])["share"].sum()
    assert (hot < 0.7).all() and (heat["share"] > 0).all()
    falls = heat["t_supply_c"] > heat["t_target_c"]
    assert (falls == (heat["kind"] == "hot")).all()
    assert heat["t_supply_c"].between(-200, 1700).all()
    assert not heat.duplicated(["division", "code"]).any()
    assert set(heat["division"]) == set(profiles().index) == set(water_uses()["division"])
    assert set(heat.loc[heat["kind"] == "hot", "medium"]) <= set(resources.codes("medium"))
    fired = heat[heat["basis"] == "furnace_fuel"]["division"]
    assert (profiles().loc[fired, "furnace_gj_m2_a"] > 0).all()
    np.testing.assert_allclose(water_uses().groupby(["division", "direction"])["share"].sum(), 1.0)
    assert not water_uses().duplicated(["division", "code"]).any()


def test_grades_of_water_are_those_of_the_standard() -> None:
    """GB/T 19923-2005, table 1: COD 60 and NH3-N 10 mg/L of recirculating cooling; SS 30 of washing; TDS 1000 of all."""
    limits = water_limits()
    assert limits.loc["recirculating_cooling", ["cod_mg_l", "tds_mg_l", "nh3n_mg_l"]].tolist() == [60, 1000, 10]
    assert limits.loc["washing", "ss_mg_l"] == limits.loc["once_through_cooling", "ss_mg_l"] == 30
    assert set(water_uses().loc[water_uses()["direction"] == "demand", "use"]) == set(limits.index)
    discharged = water_uses()[water_uses()["direction"] == "discharge"]
    assert (discharged[list(CONTAMINANTS)] > 0).all().all()
    # every use has some limit, else no reused water is offered to it
    assert limits.notna().any(axis=1).all()
    for row in rows("water_grades"):
        if row["source"] == "GB/T 19923":
            assert "2024" in row["note_en"] and "2024" in row["note_zh"]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(DIVISIONS), st.floats(1e5, 1e10))
def test_streams_of_a_division_add_up_to_its_profile(sector: str, output_cny: float) -> None:
    rules = Standards()
    base = pd.DataFrame({"sector": [sector], "output_cny": [output_cny], "licences": [""]}, index=["E1"])
    typical = profiles().loc[sector]
    floor = output_cny / typical["output_cny_m2_a"]
    heat = streams.heat(base, rules).assign(gj=lambda t: t["duty_kw"] * t["hours_a"] * 0.0036)
    cold = heat.loc[heat["kind"] == "cold", "gj"].sum()
    made_up = (
        0.02 * typical["furnace_gj_m2_a"] if sector == "D44" else 0.0
    )  # boiler make-up water of the power station
    assert cold == pytest.approx(floor * (typical["heat_gj_m2_a"] + made_up), rel=1e-9)
    water = streams.water(base).groupby("direction")["flow_t_d"].sum()
    demand = floor * typical["water_m3_m2_a"] / 365
    assert water["demand"] == pytest.approx(demand, rel=1e-9)
    assert water["discharge"] == pytest.approx(demand * typical["return_share"], rel=1e-9)


def test_heat_of_a_steelworks_by_hand() -> None:
    """10^6 CNY of C31 = 76.92 m2: 17 GJ/m2 of furnace fuel, 6 % of it in flue gas of 950 C, over 7,600 h: 2.868 kW."""
    base = pd.DataFrame({"sector": ["C31"], "output_cny": [1e6], "licences": [""]}, index=["E1"])
    heat = streams.heat(base, Standards()).set_index("stream_id")
    reheating = heat.loc["E1-reheating"]
    assert (reheating["kind"], reheating["t_supply_c"], reheating["medium"]) == ("hot", 950, "flue_gas")
    assert reheating["duty_kw"] == pytest.approx(1e6 / 13_000 * 17 * 0.06 / 7600 * 1e6 / 3600)
    assert reheating["duty_kw"] == pytest.approx(2.868, abs=1e-3)


# ---------------------------------------------------------------- by-products


def flow(
    name: str, material_code: str, direction: str, role: str, quantity: float | None, firm: str = "E1"
) -> dict:
    keys = {"flow_id": name, "enterprise_id": firm, "material": material_code, "direction": direction}
    return keys | {"role": role, "quantity_t_a": quantity}


def test_documented_ratios_are_whole() -> None:
    table = byproducts.ratios()
    known = set(resources.codes("materials"))
    assert set(table["reference"]) | set(table["by_product"]) <= known
    assert {code for code in table["needs"] if code} <= known
    assert (table["low"] > 0).all() and table["t_per_t"].between(table["low"], table["high"]).all()
    assert not table.duplicated(["reference", "direction", "by_product", "needs"]).any()
    assert set(table["direction"]) == {"in", "out"}


@pytest.mark.parametrize(
    ("reference", "direction", "other", "tonnes"),
    [
        ("pig_iron", "out", "bf_slag", 0.3),  # BREF IS 2013: 150 to 350 kg a tonne of hot metal
        ("phosphoric_acid", "out", "phosphogypsum", 3.5),  # 4.8 t a tonne of P2O5 x 0.724 t P2O5 a tonne of H3PO4
        ("alumina", "out", "red_mud", 1.2),
        ("sugar_cane", "in", "bagasse", 0.28),
        ("ethanol", "out", "vinasse", 12.0),
        ("steel", "out", "steel_slag", 0.12),
        ("calcium_carbide", "in", "carbide_slag", 1.16),  # Ca(OH)2 / CaC2 = 74.1 / 64.1
    ],
)
def test_a_missing_by_product_is_estimated_and_flagged(
    reference: str, direction: str, other: str, tonnes: float
) -> None:
    needs = [
        row["needs"]
        for row in rows("by_product_ratios")
        if (row["reference"], row["by_product"]) == (reference, other)
    ]
    given_flows = [flow("A", reference, direction, "product" if direction == "out" else "raw_material", 1000.0)]
    given_flows += [flow(f"N{k}", code, "in", "raw_material", 10.0) for k, code in enumerate(needs) if code]
    table = frame("material_flows", [*given_flows, flow("B", other, "out", "waste", None)])
    done, told = byproducts.filled(table)
    row = done.set_index("flow_id").loc["B"]
    assert row["quantity_t_a"] == pytest.approx(1000 * tonnes)
    assert row["estimated"] == "quantity_t_a"
    assert [entry.flow_id for entry in told] == ["B"]
    assert table["quantity_t_a"].isna().sum() == 1  # the frame given stays as it is


def test_survey_figures_are_never_overridden_and_unknown_ones_stay_empty() -> None:
    table = frame(
        "material_flows",
        [
            flow("A", "pig_iron", "out", "product", 1000.0),
            flow("B", "bf_slag", "out", "by_product", 7.0),
            flow("C", "bf_slag", "out", "waste", None),  # the firm has told its slag
            flow("D", "red_mud", "out", "waste", None),  # no alumina
            flow("E", "bf_slag", "out", "waste", None, "E2"),  # another firm
            flow("F", "copper", "out", "product", 100.0, "E3"),
            flow("G", "copper_slag", "out", "waste", None, "E3"),  # from scrap: no concentrate taken in
        ],
    )
    done, told = byproducts.filled(table)
    pd.testing.assert_frame_equal(done, table)
    assert told == []


def test_flows_of_one_by_product_share_the_estimate() -> None:
    pair = [flow(name, "bf_slag", "out", "waste", None) for name in ("B", "C")]
    done, _ = byproducts.filled(frame("material_flows", [flow("A", "pig_iron", "out", "product", 1000.0), *pair]))
    assert done.set_index("flow_id")["quantity_t_a"].to_dict() == {"A": 1000.0, "B": 150.0, "C": 150.0}


def test_links_use_the_estimate_and_say_so() -> None:
    park = small_park(
        material_flows=[
            flow("A", "pig_iron", "out", "product", 100_000.0),
            flow("B", "bf_slag", "out", "by_product", None),
            flow("C", "clinker", "in", "raw_material", 50_000.0, "E2"),
        ],
        exchanges=None,
    )
    places, _ = locate(park, Standards())
    table, findings = material.flows(park, places, Links())
    assert table.set_index("flow_id").at["B", "quantity_t_a"] == pytest.approx(30_000)
    assert [(f.key, f.id) for f in findings] == [("links.quantity_estimated", "B")]
    for lang in ("en", "zh"):
        assert "30,000" in findings[0].text(lang) and "0.3" in findings[0].text(lang) and findings[0].remedy(lang)
    assert "links.no_quantity" not in {f.key for f in advise(park)}
    filled_park, _ = fill(park)
    assert filled_park["material_flows"].set_index("flow_id").at["B", "quantity_t_a"] == pytest.approx(30_000)


def test_check_tells_of_flows_without_a_quantity() -> None:
    park = small_park(material_flows=[flow("A", "fly_ash", "out", "by_product", None)], exchanges=None)
    assert [(f.key, f.id) for f in advise(park) if f.layer == "material_flows"] == [("links.no_quantity", "A")]


# ---------------------------------------------------------------- hazardous waste


def test_the_exemption_list_is_whole() -> None:
    known = catalogue.patterns().set_index("pattern")
    table = rows("hazard_exemptions")
    assert len({row["entry"] for row in table}) == len(table)
    for row in table:
        assert row["step"] in {"utilisation", "disposal", "transport", "all"}, row["entry"]
        assert row["proof"] in {"pattern", "stated", "none"}, row["entry"]
        assert all(re.fullmatch(r"\d{3}-\d{3}-\d{2}", code) for code in row["waste_codes"].split(";") if code)
        materials = {code for code in row["materials"].split(";") if code}
        if row["proof"] == "pattern":
            assert row["to_sectors"] and row["waste_codes"] and materials
            for pattern in row["patterns"].split(";"):
                assert known.at[pattern, "from_material"] in materials
                assert known.at[pattern, "to_sectors"] & set(row["to_sectors"].split(";"))
            for code in materials:
                listed = catalogue.waste_codes(str(catalogue.materials().at[code, "waste_codes"]))
                assert listed & set(row["waste_codes"].split(";")), code
        elif row["proof"] == "none":
            assert not row["patterns"]


@pytest.mark.parametrize(
    ("licences", "code", "waste", "pattern", "sector", "right"),
    [
        ("", "900-006-09", "oily_chips", "oily_chips>scrap_steel", "C31", "EX-oily-chips"),
        ("", "HW09", "oily_chips", "oily_chips>scrap_steel", "C31", "EX-oily-chips"),  # a class: the material tells
        ("HW09", "900-006-09", "oily_chips", "oily_chips>scrap_steel", "C31", "HW09"),  # a licence goes first
        ("", "900-006-09", "oily_chips", "oily_chips>scrap_steel", "C33", ""),  # no smelter
        ("", "900-006-09", "oily_chips", "direct", "C31", ""),  # not pressed
        ("", "900-249-08", "oily_chips", "oily_chips>scrap_steel", "C31", ""),  # a code the entry does not name
        ("", "321-026-48", "aluminium_dross", "aluminium_dross>aluminium", "C32", "EX-dross"),
        ("", "321-026-48", "aluminium_dross", "aluminium_dross>refractory", "C30", ""),  # no metal recovered
        ("", "772-002-18", "incineration_fly_ash", "incineration_fly_ash>clay", "C30", "EX-fly-ash-kiln"),
        ("", "900-300-34", "spent_acid", "spent_acid>coagulant", "C26", ""),  # only corrosive? nobody has said so
        ("EX-acid", "900-300-34", "spent_acid", "spent_acid>coagulant", "C26", "EX-acid"),
        ("EX-point-to-point", "398-004-22", "spent_etchant", "spent_etchant>copper", "C32", "EX-point-to-point"),
        ("", "900-052-31", "lead_batteries", "lead_batteries>zinc_lead", "C32", ""),  # exempt on the road only
    ],
)
def test_who_may_receive_hazardous_waste(
    licences: str, code: str, waste: str, pattern: str, sector: str, right: str
) -> None:
    assert catalogue.permit(licences, code, waste, pattern, sector) == right


def test_a_link_by_exemption_names_its_entry_and_conditions() -> None:
    firms = small_park()["enterprises"].copy()
    firms.loc[firms["enterprise_id"] == "E2", "sector"] = "C31"
    firms.loc[firms["enterprise_id"] == "E3", "sector"] = "C33"
    park = small_park(
        enterprises=firms,
        material_flows=[
            flow("A", "oily_chips", "out", "waste", 2000.0, "E3") | {"waste_code": "900-006-09", "hazardous": True},
            flow("B", "scrap_steel", "in", "raw_material", 50_000.0, "E2"),
        ],
        exchanges=None,
    )
    places, _ = locate(park, Standards())
    table, _ = material.flows(park, places, Links())
    pairs = material.candidates(table, places, Costs.of(park, Scenario()), Links())
    chosen = material.select(pairs)
    assert chosen[["pattern", "permit"]].to_numpy().tolist() == [["oily_chips>scrap_steel", "EX-oily-chips"]]
    found = material.exempt(table, chosen, np.array([2000.0]))
    assert [(f.key, f.id) for f in found] == [("links.exempt", "A")]
    assert "Pressed" in found[0].text("en") and "压榨" in found[0].text("zh")
    assert all("EX-oily-chips" in found[0].text(lang) and found[0].remedy(lang) for lang in ("en", "zh"))
    assert material.exempt(table, chosen, np.array([0.0])) == []


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("flyash", "fly_ash"),
        ("steel scrap", "scrap_steel"),
        ("粉煤灰渣", "fly_ash"),
        ("sulfuric acid 98%", "sulphuric_acid"),
    ],
)
def test_an_unknown_material_brings_up_its_nearest(word: str, code: str) -> None:
    table = small_park(material_flows=[flow("A", word, "out", "waste", 10.0)], exchanges=None)
    places, _ = locate(table, Standards())
    _, findings = material.flows(table, places, Links())
    assert [(f.key, f.id, f.column) for f in findings] == [("links.unknown_material", "A", "material")]
    assert findings[0].remedy("en").index(f"{code} (") > 0 and f"{code}（" not in findings[0].remedy("en")
    assert f"{code} ({resources.codes('materials')[code]['label_zh']})" in findings[0].remedy("zh")


def test_a_word_like_no_material_says_so() -> None:
    assert catalogue.near_materials("unobtainium", "en") == "none is close"
    assert catalogue.near_materials("unobtainium", "zh") == "无"


def test_names_of_materials_point_to_one_material() -> None:
    """Codes and labels are unique; aliases may repeat only what another material's label does not say."""
    table = resources.codes("materials")
    for column in ("label_en", "label_zh"):
        names = [row[column].lower() for row in table.values()]
        assert len(names) == len(set(names))


def test_every_file_of_the_knowledge_is_described() -> None:
    page = (Path(resources.ROOT).parent / "docs" / "methods" / "knowledge.md").read_text(encoding="utf-8")
    assert all(f"{name}.csv" in page for name in FILES)
