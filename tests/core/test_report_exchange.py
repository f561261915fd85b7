"""The sections on links and clusters: losers are told, today stands beside the plan, cards tell of each cluster."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import report_results
import svg_checks

from parkloop import resources
from parkloop.analysis.report import symbology, write_page
from parkloop.analysis.report.exchange import links, told_below
from parkloop.analysis.report.flows import flow_figures
from parkloop.analysis.report.grouping import clusters
from parkloop.analysis.report.numbers import Style
from parkloop.analysis.report.parts import Section
from parkloop.analysis.report.summary import sentences
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.steps import Figure

NAMES = {
    "enterprises": {"E1": "Steel works", "E2": "Cement works", "E3": "Dairy"},
    "cluster_areas": {"C01": "Steel – cement"},
}


def link(name: str, giver: str, taker: str, **more: object) -> dict[str, object]:
    row = {
        "link_id": name, "kind": "material", "status": "proposed", "from_enterprise_id": giver, "to_enterprise_id": taker,
        "material": "steel_slag", "quantity_t_a": 900.0, "heat_kw": np.nan, "flow_t_d": np.nan, "benefit_cur_a": 50_000.0,
        "payback_a": 2.0, "chain_kind": "circular", "giver_benefit_cur_a": 20_000.0, "taker_benefit_cur_a": 30_000.0,
        "price_cur_unit": 22.2, "price_unit": "CNY/t", "split_rule": "standalone", "estimated": "",
    }  # fmt: skip
    return {**row, **more}


def tables() -> dict[str, pd.DataFrame]:
    rows = [
        link("P-1", "E1", "E2"),
        link("P-2", "E2", "E3", chain_kind="vertical", giver_benefit_cur_a=-5_000.0),
        link("E-1", "E3", "E1", status="existing", chain_kind="horizontal", benefit_cur_a=np.nan),
        link("E-2", "E1", "E3", status="ended", chain_kind="", benefit_cur_a=np.nan, quantity_t_a=4_000.0),
    ]
    firm = ["E1", "E2", "E3"]
    return {
        "links": pd.DataFrame(rows),
        "firm_benefits": pd.DataFrame(
            {"enterprise_id": firm, "links": [2, 2, 1], "benefit_cur_a": [90_000.0, 40_000.0, -7_000.0], "estimated": ""}
        ),
        "chain_loops": pd.DataFrame(
            {
                "loop_id": ["L1"], "status": ["proposed"], "firms": [3], "enterprise_ids": ["E1;E2;E3"], "link_ids": ["P-1;P-2;E-1"],
                "kinds": ["material;heat"], "smallest_t_a": [900.0], "benefit_cur_a": [100_000.0], "estimated": "",
            }
        ),
        "chain_proposals": pd.DataFrame(
            {
                "proposal_id": ["1-1", "2-1"], "rank": [1, 2], "sector": ["C30", "C26"], "sector_worth_cur_a": [8e6, 2e6],
                "kind": "material", "quantity_t_a": [700.0, 5.0], "firms": [2, 1], "worth_cur_a": [8e6, 2e6],
                "reason_en": ["2 firms leave slag", "x"], "reason_zh": ["2家企业有钢渣", "x"], "confidence": "m", "estimated": "",
            }
        ),
        "firm_loss": pd.DataFrame(
            {
                "enterprise_id": firm, "links": [2, 2, 1], "partners": [2, 2, 1], "benefit_cur_a": [9e4, 9e4, 5e4],
                "loss_cur_a": [8e4, 6e4, 0.0], "loss_share_pct": [80.0, 60.0, 0.0], "basis": "whole", "estimated": "",
            }
        ),
        "water_supply": pd.DataFrame(
            {
                "supply_id": ["W1-fresh", "W1-rain"], "stream_id": "W1", "enterprise_id": "E1", "source_kind": ["fresh", "rain"],
                "status": "proposed", "flow_t_d": [80.0, 20.0], "share_pct": [80.0, 20.0], "keeps": "alone", "estimated": "",
            }
        ),
    }  # fmt: skip


FIGURES = {
    "links": Figure(2.0),
    "use_rate_today": Figure(10.0, "%"),
    "use_rate": Figure(35.0, "%", 0.4),
    "fresh_today_m3_a": Figure(3e6, "m3/a"),
    "fresh_planned_m3_a": Figure(2.5e6, "m3/a"),
    "pressure_kw": Figure(0.0, "kW"),
    "chain_projects": Figure(7.0),
}


def section(lang: str, found: dict[str, pd.DataFrame] | None = None) -> Section:
    made = Section("step-links", "", "", numbers=FIGURES)
    links(made, tables() if found is None else found, Style(lang), NAMES)
    return made


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_every_part_stands_in_both_languages_with_charts_that_stay_inside(lang: str) -> None:
    made = section(lang)
    t = Style(lang).t
    titles = [block.title for block in made.blocks]
    for key in ("chains", "indicators", "benefits", "proposals", "losses", "water"):
        assert t(f"{key}.title") in titles
    for chart in [*made.charts, *(chart for block in made.blocks for chart in block.charts)]:
        svg_checks.check(str(chart.svg))
        assert chart.title in (svg := html.unescape(str(chart.svg))) and 'class="axis' in svg
    by = {block.title: block for block in made.blocks}
    reason = by[t("proposals.title")].tables[0]
    assert {"en": "2 firms leave slag", "zh": "2家企业有钢渣"}[lang] in [cell.text for cell in reason.rows[0]]
    assert t("proposals.reason") in [label for label, _ in reason.heads]
    loop = by[t("chains.title")].tables[0]
    assert "Steel works → Cement works → Dairy → Steel works" in [cell.text for cell in loop.rows[0]]


def test_a_firm_that_would_lose_is_said_before_the_chart_and_marked_in_the_table() -> None:
    block = next(b for b in section("en").blocks if b.warn)
    assert "Dairy" in block.warn[0] and "1 would lose" in block.warn[0]
    shown = next(t for t in block.tables if t.name == "firm_benefits")
    bad = [cell.text for row in shown.rows for cell in row if cell.bad]
    assert bad == ["−7"]
    assert "#b2182b" in str(block.charts[0].svg)
    split = next(t for t in block.tables if t.name == "links")
    assert [cell.text for row in split.rows for cell in row if cell.bad] == ["−5"]
    assert any(cell.text == "22.2 CNY/t" for row in split.rows for cell in row)
    calm = tables()
    calm["firm_benefits"] = calm["firm_benefits"].iloc[:2]
    assert not any(b.warn for b in section("en", calm).blocks)


def test_the_first_sentences_tell_how_many_firms_would_lose() -> None:
    park = report_results.fake_park(3)
    told = " ".join(sentences(park, {}, tables(), Style("en")))
    assert "; 1 of their firms would be worse off than today." in told
    assert "worse off" not in " ".join(sentences(park, {}, {"links": tables()["links"]}, Style("en")))


def test_indicators_set_today_beside_the_plan_and_leave_out_what_is_nothing() -> None:
    block = next(b for b in section("en").blocks if b.title == Style("en").t("indicators.title"))
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in block.tables[0].rows}
    assert rows["By-product use rate inside the park"] == ["10", "35", "+25", "%", "40"]
    assert rows["Fresh water"][:4] == ["3,000,000", "2,500,000", "−500,000", "m³/a"]
    assert ["", "7", "", "", ""] in rows.values()  # known of the plan alone
    assert len(rows) == 3  # no power from pressure
    assert told_below(FIGURES) == set(FIGURES) - {"links"}


@pytest.mark.parametrize("missing", sorted(tables()))
def test_a_missing_or_empty_table_leaves_its_part_out(missing: str) -> None:
    for without in (
        {k: v for k, v in tables().items() if k != missing},
        {**tables(), missing: tables()[missing].iloc[:0]},
    ):
        assert len(section("en", without).blocks) < len(section("en").blocks) or missing in {
            "links",
            "chain_loops",
            "firm_benefits",
        }
        assert missing not in {t.name for b in section("en", without).blocks for t in b.tables}


def test_links_that_end_are_of_today_and_not_of_the_plan() -> None:
    park = report_results.fake_park(4)
    (figure,) = flow_figures(park, tables()["links"], Style("en"), NAMES)
    assert figure.today_total.startswith("4,900") and figure.planned_total.startswith("2,700")
    assert [when for when, _ in figure.circles] == ["Today", "Planned"]
    for _, svg in figure.circles:
        svg_checks.check(str(svg))
        assert str(svg).count('class="arc"') == 3  # one circle for both


def test_links_are_as_wide_as_what_they_carry_whatever_the_kind() -> None:
    look = symbology.looks()["links"]
    frame = pd.DataFrame(
        {
            "quantity_t_a": [20_000.0, np.nan, np.nan, 5_000.0],
            "heat_kw": [np.nan, 10_000.0, np.nan, np.nan],
            "flow_t_d": [np.nan, np.nan, 2_000.0, np.nan],
        }
    )
    wide = symbology.sizes(look, frame)
    assert wide[:3] == pytest.approx([look.size_max_mm] * 3)
    assert wide[3] == pytest.approx(look.size_mm + 0.5 * (look.size_max_mm - look.size_mm))  # the root of a quarter
    told = symbology.size_legend(look, frame, Style("en"))
    assert [label.replace("\u00a0", " ") for label, _ in told] == [
        "500 t/a · 250 kW · 50 t/d",
        "2,000 t/a · 1,000 kW · 200 t/d",
        "10,000 t/a · 5,000 kW · 1,000 t/d",
    ]
    assert [mm for _, mm in told] == sorted(mm for _, mm in told)
    only = symbology.size_legend(look, frame.assign(heat_kw=np.nan, flow_t_d=np.nan), Style("zh"))
    assert only[0][0].replace("\u00a0", " ") == "500 t/a"
    assert symbology.size_legend(look, frame.iloc[:0], Style("en")) == []


def profile_tables() -> dict[str, pd.DataFrame]:
    return {
        "cluster_areas": pd.DataFrame({"cluster_id": ["C01", "C02"], "name_en": ["A", "B"], "name_zh": ["甲", "乙"], "firms": [2, 1], "internal_weight_share": [0.8, 0.3], "stability": [0.9, 0.4]}),
        "cluster_profiles": pd.DataFrame({
            "cluster_id": ["C01", "C02"], "name_en": ["Steel – cement", "Food"], "name_zh": ["钢铁—水泥", "食品"],
            "chain_en": ["Steel – cement", "milk"], "chain_zh": ["钢铁—水泥", "乳"], "firms": [2, 1], "land_m2": [120_000.0, np.nan],
            "output_cur_a": [5e8, np.nan], "material_today_t_a": [400.0, 0.0], "material_proposed_t_a": [900.0, 0.0],
            "heat_today_kw": [0.0, 0.0], "heat_proposed_kw": [0.0, 0.0], "water_today_t_d": [0.0, 0.0], "water_proposed_t_d": [0.0, 0.0],
            "benefit_cur_a": [1.2e6, np.nan], "internal_weight_share": [0.8, 0.3], "stability": [0.9, 0.4], "p_value": [0.01, 0.6],
            "flows_en": ["slag", ""], "flows_zh": ["钢渣", ""], "core_firms": ["E1", ""], "bridges": ["E1;E2;E3;E4;E5", ""], "estimated": ["material_today_t_a", ""],
        }),
        "cluster_methods": pd.DataFrame({"method": ["leiden", "spectral"], "chosen": [True, False], "groups": [2, 3], "modularity": [0.4, 0.3], "internal_weight_share": [0.7, 0.6], "agreement": [1.0, 0.62], "distance_m": [500.0, 700.0], "estimated": ""}),
    }  # fmt: skip


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_a_card_tells_of_each_cluster_and_the_methods_are_compared(lang: str) -> None:
    made = Section("step-clusters", "", "")
    clusters(made, profile_tables(), Style(lang), NAMES)
    first, second = made.profiles
    style = Style(lang)
    told = dict(first.lines)
    assert first.name == {"en": "Steel – cement", "zh": "钢铁—水泥"}[lang]
    assert first.colour == symbology.palette("cluster")["1"][0] and second.colour != first.colour
    assert style.t("clusters.card.chain") not in told  # the name says it
    assert (
        told[style.t("clusters.card.material")].startswith("≈ ")
        and "1,300" in told[style.t("clusters.card.material")]
    )
    assert (
        told[style.t("clusters.card.core")] == "Steel works" and "Dairy" in told[style.t("clusters.card.bridges")]
    )
    assert "1" in told[style.t("clusters.card.bridges")][-8:]  # one more than is named
    assert told[style.t("clusters.card.significance")] == style.t("clusters.more_than_chance", p="0.010")
    assert dict(second.lines)[style.t("clusters.card.significance")] == style.t("clusters.chance", p="0.60")
    assert style.t("clusters.card.heat") not in told
    assert "0.62" in made.blocks[0].lead[0] and style.code("cluster_method", "spectral") in made.blocks[0].lead[0]
    for chart in made.charts:
        svg_checks.check(str(chart.svg))


def test_cards_fall_back_to_what_there_is() -> None:
    found = profile_tables()
    members = pd.DataFrame(
        {"enterprise_id": ["E2", "E1"], "cluster_id": "C01", "role": "core", "strength": [0.5, 1.0]}
    )
    made = Section("step-clusters", "", "")
    clusters(made, {"cluster_areas": found["cluster_areas"], "cluster_members": members}, Style("en"), NAMES)
    told = dict(made.profiles[0].lines)
    assert told["Core firms"] == "Steel works, Cement works" and made.blocks == []
    many = pd.concat(
        [found["cluster_profiles"].assign(cluster_id=f"C{i:02d}", firms=i) for i in range(10)], ignore_index=True
    )
    made = Section("step-clusters", "", "")
    clusters(made, {"cluster_profiles": many}, Style("en"), {})
    assert len(made.profiles) == 12 and "20" in made.profile_note


def test_a_page_with_all_parts_holds_them(tmp_path: Path) -> None:
    park = report_results.fake_park(24)
    results = report_results.fake_results(park)
    results["links"].tables.update({k: v for k, v in tables().items() if k != "links"})
    results["clusters"].tables.update({k: v for k, v in profile_tables().items() if k != "cluster_areas"})
    document = report_results.fake_document(park, results)
    for lang in resources.LANGUAGES:
        write_page(tmp_path / f"{lang}.html", park, Scenario(), results, document, lang, date(2026, 1, 5))
        text = (tmp_path / f"{lang}.html").read_text(encoding="utf-8")
        for part in ('class="profile"', 'class="warn"', 'class="num bad"', 'class="ribbon"', 'class="chart"'):
            assert part in text, (lang, part)
        assert "nan" not in re.sub(r"<script.*?</script>", "", text, flags=re.S).lower().split()
