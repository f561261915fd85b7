"""The page's section on land use: what a reviewer looks for is there, in both languages, and nothing is empty."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import report_results
import shapely

from parkloop import resources
from parkloop.analysis.report import write_page
from parkloop.analysis.report.charts import WIDE, Series, bar_chart, histogram
from parkloop.analysis.report.land import intensity
from parkloop.analysis.report.numbers import Style
from parkloop.analysis.report.parts import Section
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.steps import Figure, StepResult

STANDARD_2008 = "Control indicators for industrial project land, land and resources document [2008] 24"


def land_tables() -> dict[str, pd.DataFrame]:
    """Three parcels, two sectors, two zones: small enough to know every number on the page."""
    parcels = gpd.GeoDataFrame(
        {
            "parcel_id": ["P1", "P2", "P3"],
            "zone": ["North", "South", "South"],
            "land_use": ["industrial", "industrial", "vacant"],
            "sector": ["C26", "C36", ""],
            "area_m2": [20_000.0, 30_000.0, 10_000.0],
            "plot_ratio": [0.4, 1.1, 0.0],
            "score": [55.0, 91.0, np.nan],
            "score_class": ["medium", "high", ""],
            "class_limits": ["40–60", "80–100", ""],
            "rank": [2, 1, 0],
            "rank_from": [2, 1, 0],
            "rank_to": [5, 3, 0],
            "standard_met": ["not_met", "met", "unchecked"],
            "asleep": ["under_used", "none", "vacant"],
            "asleep_m2": [6_667.0, 0.0, 10_000.0],
            "reason": ["plot_ratio_low", "", "supplied_unbuilt"],
            "asleep_rank": [2, 0, 1],
            "enterprises": ["E000", "E001", ""],
            "estimated": ["plot_ratio;score", "", ""],
        },
        geometry=[shapely.box(0, 0, 200, 100), shapely.box(200, 0, 500, 100), shapely.box(500, 0, 600, 100)],
        crs=report_results.CRS,
    )
    checks = pd.DataFrame(
        {
            "check_id": ["P1/plot_ratio_min", "P2/plot_ratio_min"],
            "parcel_id": ["P1", "P2"],
            "indicator": ["plot_ratio_min"] * 2,
            "value": [0.4, 1.1],
            "limit_value": [0.6, 0.7],
            "unit": ["1", "1"],
            "met": [False, True],
            "shortfall": [0.2, 0.0],
            "remedy": ["add_floor", "none"],
            "add_m2": [4_000.0, 0.0],
            "add_cur": [0.0, 0.0],
            "reduce_m2": [0.0, 0.0],
            "release_m2": [6_667.0, 0.0],
            "superseded": [True, True],
            "source": [STANDARD_2008] * 2,
            "edition": ["2008"] * 2,
            "clause": ["plot ratio table by sector"] * 2,
            "confidence": ["m", "m"],
        }
    )
    park = pd.DataFrame(
        {
            "indicator": ["A33", "B11", "C12"],
            "value": [0.75, 2.0e7, np.nan],
            "unit": ["1", "currency/ha", "%"],
            "ideal": [1.0, 4.0e7, np.nan],
            "ideal_basis": ["standard", "percentile", ""],
            "score": [75.0, 50.0, np.nan],
            "weight": [0.6, 0.4, 0.0],
            "estimated_share": [0.25, 0.0, 0.0],
            "source": [STANDARD_2008, "ParkLoop assumption", ""],
            "confidence": ["m", "l", ""],
            "note": ["", "", "no_data"],
            "estimated": ["value;score", "", ""],
        }
    )
    groups = [
        ("sector", "C26", 2.0, "F", 55.0, "1", 100.0, 55.0),
        ("sector", "C36", 3.0, "F", 91.0, "1", 100.0, 91.0),
        ("sector", "C26", 2.0, "A33", 0.4, "1", 1.0, 40.0),
        ("sector", "C36", 3.0, "A33", 1.1, "1", 1.0, 100.0),
        ("zone", "North", 2.0, "F", 55.0, "1", 100.0, 55.0),
        ("zone", "South", 4.0, "F", 91.0, "1", 100.0, 91.0),
    ]
    names = ["group_kind", "group_name", "area_ha", "indicator", "value", "unit", "ideal", "score"]
    potential = pd.DataFrame(
        {
            "potential_id": ["expansion/A11", "intensity/A33", "intensity/B11", "managerial/expired"],
            "potential": ["expansion", "intensity", "intensity", "managerial"],
            "indicator": ["A11", "A33", "B11", "C12"],
            "value": [90.0, 0.75, 2.0e7, 12.5],
            "ideal": [100.0, 1.0, 4.0e7, np.nan],
            "ideal_basis": ["natural", "standard", "percentile", ""],
            "area_ha": [1.0, 1.25, 2.5, 0.3],
            "counted": [True, True, False, True],
            "note": [""] * 4,
        }
    )
    weights = pd.DataFrame(
        {
            "code": ["A", "A3", "A33", "B"],
            "parent": ["", "A", "A3", ""],
            "weight": [0.6, 0.5, 0.25, 0.4],
            "basis": ["ahp", "default", "user", "ahp"],
            "consistency_ratio": [0.05, np.nan, np.nan, 0.05],
        }
    )
    firms = pd.DataFrame(
        {
            "enterprise_id": ["E000", "E001", "E002"],
            "sector": ["C26", "C36", "D44"],
            "land_m2": [20_000.0, 30_000.0, 5_000.0],
            "energy_tce_ha": [120.0, 80.0, 900.0],
            "score": [55.0, 91.0, np.nan],
            "rank": pd.array([2, 1, 0], dtype="Int64"),
            "rank_from": pd.array([1, 1, 0], dtype="Int64"),
            "rank_to": pd.array([2, 2, 0], dtype="Int64"),
        }
    )
    return {
        "intensity_parcels": parcels,
        "intensity_checks": checks,
        "intensity_park": park,
        "intensity_groups": pd.DataFrame(groups, columns=names),
        "intensity_potential": potential,
        "intensity_weights": weights,
        "intensity_enterprises": firms,
    }


FIGURES = {
    "score": Figure(65.0, "1"),
    "supply_pace": Figure(0.5, "ha/a"),
    "supply_years": Figure(2.0, "a"),
    "supply_years_all": Figure(5.1, "a"),
}


def _section(lang: str, tables: dict[str, pd.DataFrame]) -> Section:
    section = Section("step-intensity", "t", "h", numbers=FIGURES)
    intensity(section, tables, Style(lang), {"enterprises": {"E000": "First works"}})
    return section


def _rows(section: Section, name: str) -> list[list[str]]:
    return [
        [cell.text for cell in row]
        for block in section.blocks
        for table in block.tables
        if table.name == name
        for row in table.rows
    ]


def _row(section: Section, name: str, first: str) -> list[str]:
    return next(row for row in _rows(section, name) if row[0] == first)


def test_indicators_stand_with_ideal_weight_source_and_what_is_left_out_with_the_reason() -> None:
    section = _section("en", land_tables())
    row = _row(section, "intensity_park", "A33 Industrial plot ratio")
    assert row[1:6] == ["0.750", "", "1", "75", "0.600"]
    assert "Minimum of the standard" in row and "medium" in row
    assert _row(section, "intensity_park", "C12 Disposal rate of idle land")[-1] == "No data"
    (profile,) = section.blocks[0].charts
    assert "≈ 0.750 / 1" in profile.svg and "20,000 / 40,000 thousand CNY/ha" in profile.svg
    assert section.blocks[0].tables[0].note == resources.text("report.land.confirm", "en")
    assert section.blocks[0].tables[0].rows[0][1].guessed  # the value rests on estimates


def test_weights_show_their_product_and_the_consistency_ratio() -> None:
    row = _row(_section("en", land_tables()), "intensity_weights", "A33 Industrial plot ratio")
    assert row[1:3] == ["0.250", "0.0750"]  # 0.6 x 0.5 x 0.25
    assert _row(_section("en", land_tables()), "intensity_weights", "A Land-use status")[-1] == "0.0500"
    without = land_tables()
    without["intensity_weights"]["consistency_ratio"] = np.nan
    table = next(t for t in _section("en", without).blocks[0].tables if t.name == "intensity_weights")
    assert table.note == resources.text("report.land.weights.not_judged", "en") and len(table.heads) == 4


def test_limits_tell_the_distance_what_mends_it_and_an_old_edition() -> None:
    (row,) = _rows(_section("en", land_tables()), "intensity_checks")
    assert row[0] == "P1" and row[2:4] == ["0.400", "0.600"] and row[5] == "0.200"
    mend = next(cell for cell in row if "release" in cell)
    assert mend.replace("\u00a0", " ").endswith("add 4,000 m² or release 6,670 m²")
    assert any(cell.endswith("(superseded edition)") for cell in row) and row[-1] == "medium"
    (chinese,) = _rows(_section("zh", land_tables()), "intensity_checks")
    assert any("旧版，已被替代" in cell for cell in chinese) and any(
        "国土资发〔2008〕24号" in cell for cell in chinese
    )


def test_the_worst_miss_comes_first_and_long_lists_are_cut_and_folded() -> None:
    tables = land_tables()
    one = tables["intensity_checks"].iloc[:1]
    many = pd.concat([one] * 300, ignore_index=True)
    many["parcel_id"] = [f"P{i:03d}" for i in range(300)]
    many["shortfall"] = np.linspace(0.01, 0.5, 300)
    tables["intensity_checks"] = many
    table = next(t for b in _section("en", tables).blocks for t in b.tables if t.name == "intensity_checks")
    assert table.rows[0][0].text == "P299" and len(table.rows) == 200 and table.total == 300 and table.folded


def test_potentials_say_what_they_rest_on_and_which_count() -> None:
    section = _section("en", land_tables())
    rows = _rows(section, "intensity_potential")
    assert [row[0] for row in rows] == ["Expansion potential", *["Intensity potential"] * 2, "Managerial potential"]
    assert [row[-1] for row in rows] == ["yes", "yes", "no", "yes"]
    assert rows[3][1] == "Land whose right of use has run out" and rows[3][2] == ""
    block = next(b for b in section.blocks if any(t.name == "intensity_potential" for t in b.tables))
    assert "2 years" in block.lead[1] and "5.10 years" in block.lead[1]
    assert "only the smallest counts" in block.lead[0]
    assert ">1.25</text>" in block.charts[0].svg and ">2.5</text>" not in block.charts[0].svg


def test_ranks_have_intervals_and_firms_without_a_score_come_last() -> None:
    section = _section("en", land_tables())
    ranked = next(b for b in section.blocks if b.title == "Parcels by score and rank").tables[0]
    assert [[c.text for c in row[:3]] for row in ranked.rows] == [["1", "1–3", "P2"], ["2", "2–5", "P1"]]
    firms = _rows(section, "intensity_enterprises")
    assert [row[:3] for row in firms] == [["1", "1–2", "E001"], ["2", "1–2", "First works"], ["", "", "E002"]]


def test_sectors_and_zones_are_compared_with_area_ideal_and_minimum() -> None:
    section = _section("en", land_tables())
    block = next(b for b in section.blocks if b.choices)
    (sector, charts), (zone, others) = block.choices
    assert (sector, zone) == ("Sector", "Zone")
    assert [label for label, _ in charts] == ["Total score", "A33 Industrial plot ratio"] and len(others) == 1
    assert "park 65" in charts[0][1].svg  # 0.6 x 75 + 0.4 x 50
    ratio = charts[1][1].svg
    assert "minimum of the standard" in ratio and "ideal" in ratio and "3 ha" in ratio.replace("\u00a0", " ")
    assert [row[:3] for row in _rows(section, "intensity_groups")][:2] == [
        ["C36 Manufacture of automobiles", "3", "91"],
        ["C26 Raw chemical materials and chemical products", "2", "55"],
    ]


def test_scores_spread_in_the_colours_of_classes_with_their_limits() -> None:
    section = _section("en", land_tables())
    (chart,) = next(b for b in section.blocks if b.title == "Parcels by score and rank").charts
    assert chart.svg.count('class="limit"') == 2 and ">40</text>" in chart.svg and ">80</text>" in chart.svg
    assert "55–60" in chart.svg and "90–95" in chart.svg
    assert chart.note == resources.text("report.chart.score.unscored", "en", count="1")


def test_nothing_empty_is_drawn_where_tables_say_nothing() -> None:
    tables = {name: frame.iloc[:0] for name, frame in land_tables().items()}
    assert _section("en", tables).blocks == []
    assert _section("zh", {}).blocks == []
    unscored = land_tables()["intensity_parcels"].assign(score=np.nan, score_class="", asleep="none", asleep_m2=0.0)
    assert _section("en", {"intensity_parcels": unscored}).blocks == []


def test_histogram_and_bars_keep_their_texts_inside_the_drawing() -> None:
    assert histogram([0, 5, 10], [Series("a", "#111111", [0.0, 0.0])], "x", "y", "t") == ""
    drawn = histogram([0, 50, 100], [Series("a", "#111111", [1.0, 3.0])], "ha", "score", "t", [(60.0, "60")])
    tall = [float(h) for h in re.findall(r'class="key" x="[^"]*" width="[^"]*" y="[^"]*" height="([\d.]+)"', drawn)]
    assert len(tall) == 2 and tall[1] == pytest.approx(3 * tall[0], rel=0.01)
    bars = bar_chart(
        ["a", "b"], [Series("s", "#111111", [10.0, 95.0])], "v", "c", "t", limit=(100.0, "a long word for a limit"),
        width=WIDE, beside=(["1 of 2", "3 of 4"], "of"), marks=([None, 50.0], "least"),
    )  # fmt: skip
    assert 'text-anchor="end"' in bars and bars.count('class="least"') == 2  # one in the legend
    assert bars.index('class="limit"') < bars.index('class="value"')  # numbers stand in front of the line


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_the_page_holds_the_section_without_a_blank_or_a_code(tmp_path: Path, lang: str) -> None:
    park = report_results.fake_park(24)
    results = {"intensity": StepResult(land_tables(), FIGURES)}
    document = report_results.fake_document(park, results)
    write_page(tmp_path / "p.html", park, Scenario(), results, document, lang, date(2026, 1, 5))
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    section = text[text.index('id="step-intensity"') : text.index('id="doubts"')]
    assert section.count("<details") == 2 and section.count("data-panel=") == 3
    panels = re.findall(r'data-panel="([^"]+)"', section)
    assert len(set(panels)) == 3 and all(f'id="{panel}"' in section for panel in panels)
    words = html.unescape(re.sub(r"<[^>]+>", "\n", section))
    for raw in ("nan", "plot_ratio_min", "add_floor", "supplied_unbuilt", "rank_interval", "limit_source", "None"):
        assert raw not in words.split(), raw
    assert resources.text(f"report.scenario.{Scenario().name}", lang) in text
