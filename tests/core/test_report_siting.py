"""The section on facilities: what is found stands first, every chart is whole, nothing is asked of a table that is not there."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import report_results
import report_siting
import shapely
import svg_checks
from hypothesis import given, settings
from hypothesis import strategies as st
from test_report_geopackage import HAS_QGIS, QGIS_PYTHON, SCRIPT

from parkloop import resources
from parkloop.analysis.park.model import Park
from parkloop.analysis.report import (
    drawing,
    qml,
    sitingair,
    sitingland,
    sitingparts,
    sitingplans,
    sitingtime,
    symbology,
    write_page,
    write_results_gpkg,
)
from parkloop.analysis.report.front import Front, Point, fronts, radii
from parkloop.analysis.report.lettering import Key
from parkloop.analysis.report.numbers import Style
from parkloop.analysis.report.parts import Block, Chart, Section
from parkloop.analysis.report.phasing import Stages, phasing
from parkloop.analysis.report.siting import siting
from parkloop.analysis.report.tornado import Effect, Torn, tornado
from parkloop.analysis.report.windrose import Wind, direction, roses
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.siting.service_areas import areas
from parkloop.analysis.steps import StepResult

PARK = report_results.fake_park(40)
NAMES = {"sites": {"S-heat": "Heat works", "S-gas": "Gas works", "heat-2": "Second heat works"}}


def made() -> dict[str, pd.DataFrame]:
    """Tables of every part; heat has a second, smaller works."""
    found = report_results.fake_results(PARK)["siting"].tables
    second = found["sites"][found["sites"]["utility"] == "heat"].assign(
        site_id="heat-2", capacity=20_000.0, demand=16_000.0
    )
    found["sites"] = pd.concat([found["sites"], second], ignore_index=True)
    return report_siting.siting_tables(found)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return made()


def section(lang: str, tables: dict[str, pd.DataFrame]) -> Section:
    found = Section("step-siting", "t", "h")
    siting(found, tables, Style(lang), NAMES)
    return found


def block(found: Section, key: str, lang: str = "en") -> Block:
    title = resources.text(f"report.{key}", lang)
    return next(one for one in found.blocks if one.title == title)


def spaces(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_every_chart_is_whole_and_every_part_has_finding_figure_or_table_and_method(lang, tables) -> None:
    found = section(lang, tables)
    assert len(found.blocks) == 12 and len(found.profiles) == 8
    charts = found.charts + [chart for one in found.blocks for chart in one.charts]
    assert len(charts) == 13
    for chart in charts:
        svg_checks.check(str(chart.svg))
        assert chart.title
    for one in found.blocks:
        assert one.lead and one.method and one.tables, one.title
    words = " ".join([found.lead, *(t for b in found.blocks for t in [*b.lead, b.method])])
    assert ("。" in words) == (lang == "zh")
    assert "report." not in words and "{" not in words and "nan" not in words.split()


def test_the_lead_says_what_is_built_what_it_costs_what_fails_and_whether_it_stands(tables) -> None:
    lead = spaces(section("en", tables).lead)
    new = int((tables["sites"]["status"] == "new").sum())
    assert f"{new} works are to be built" in lead
    works = 100 * tables["sites"]["works_cur_a"].sum() / tables["sites"]["cost_cur_a"].sum()
    assert f"Together they cost 5.50 million CNY/a: works {works:.0f}%, land" in lead
    assert "No plan is further than 0.01% from the best possible." in lead
    assert "the failure of Heat works hurts most" in lead and "demand for heat" in lead
    same = int(tables["site_sensitivity"]["same_sites"].sum())
    assert f"stay the same in {same} of 64 cases" in lead
    assert "One works only and so no stand-by: gas," in lead


def test_a_card_tells_sites_use_cost_and_how_sure_they_are(tables) -> None:
    heat = section("en", tables).profiles[0]
    told = {label: spaces(text) for label, text in heat.lines}
    assert heat.name == "Heat" and heat.colour == symbology.colour("utility", "heat")
    assert told["Sites"] == "Heat works (extended, 42,000 kW), Second heat works (extended, 20,000 kW)"
    assert told["Distance to best"] == "at most 0.01%"
    assert re.fullmatch(r"\d+% still served without Heat works", told["If one fails"])
    gas = dict(section("en", tables).profiles[1].lines)
    assert gas["If one fails"] == "one works only, no stand-by"


def test_shares_of_the_annual_cost_fill_the_bar_and_the_total_stands_beside(tables) -> None:
    (chart,) = block(section("en", tables), "siting.costs").charts
    svg = str(chart.svg)
    by_row: dict[str, float] = {}
    for y, width in re.findall(r'<rect x="[\d.]+" y="([\d.]+)" width="([\d.]+)" height="16"', svg):
        by_row[y] = by_row.get(y, 0.0) + float(width)
    assert len(by_row) == len(tables["sites"])
    assert max(by_row.values()) - min(by_row.values()) < 2.5  # every site's parts come to the whole
    assert f"{tables['sites']['cost_cur_a'].iloc[0] / 1000:g}" in spaces(svg)


def test_the_front_shows_each_plan_marks_the_chosen_one_and_tells_what_to_pin(tables) -> None:
    found = block(section("en", tables), "siting.front")
    svg = str(found.charts[0].svg)
    shown = tables["site_front"][tables["site_front"]["utility"] != "gas"]
    assert svg.count("<circle") == len(shown) + 4  # the legend has a dot, a ring and two sizes
    for utility in set(shown["utility"]):
        assert svg.count(f'fill="{symbology.colour("utility", utility)}" stroke=') == 1
    assert "gas" in found.lead[0].split("alike for: ")[1]
    table = found.tables[0]
    pins = [row[-1].text for row in table.rows]
    assert pins[0].startswith('"heat:') and "[siting] pin" in table.note
    assert any(cell.guessed for row in table.rows for cell in row)


def test_next_best_sets_show_what_changes_and_the_regret(tables) -> None:
    found = block(section("en", tables), "siting.alternatives")
    svg = str(found.charts[0].svg)
    assert " → " in svg_checks.texts(svg) and svg.count("+") >= 8
    second = tables["site_alternatives"].query("rank == 1 and utility == 'heat'").iloc[0]
    row = next(r for r in found.tables[0].rows if r[0].text == "Heat" and r[1].text == "1")
    lands = sitingparts.land_names(tables)
    assert [c.text for c in row[2:4]] == [lands[second["without"]], lands[second["instead"]]]


def test_a_change_that_moves_sites_is_marked_and_told(tables) -> None:
    found = block(section("en", tables), "siting.sensitivity")
    moved = int((~tables["site_sensitivity"]["same_sites"]).sum())
    svg = str(found.charts[0].svg)
    assert svg.count(' fill="#1d2733"><title>') == moved
    assert f"best in {moved} of 64 cases" in found.lead[0] and "52 thousand CNY/a" in spaces(found.lead[0])
    still = {**tables, "site_sensitivity": tables["site_sensitivity"].assign(same_sites=True)}
    calm = block(section("en", still), "siting.sensitivity")
    assert "same in all 64 cases" in calm.lead[0] and "other sites" not in str(calm.charts[0].svg)


def test_stages_outages_and_distances_say_what_falls_short(tables) -> None:
    found = section("en", tables)
    stages = tables["site_phases"]
    first = stages.loc[stages["horizon"] == "today", "investment_cur"].sum() / stages["investment_cur"].sum()
    assert f"({round(100 * first)}%)" in block(found, "siting.phases").lead[0]
    short = int((tables["site_outages"]["served_pct"] < 100).sum())
    assert f"In {short} of 9 cases" in block(found, "siting.outages").lead[0]
    reach = block(found, "siting.reach").lead[0]
    assert "heat 5, water supply 5" in reach and "not enough" not in reach and "enough for: gas." in reach
    missed = tables["site_protection"][~tables["site_protection"]["kept"]]["site_id"].nunique()
    assert len(block(found, "siting.protection").warn) == missed


def test_the_wind_tells_the_least_frequent_direction_of_summer(tables) -> None:
    found = block(section("en", tables), "siting.wind")
    rose = tables["wind_rose"].query("season == 'summer'")
    least = rose.loc[rose["frequency_pct"].idxmin(), "direction_deg"]
    name = direction(float(least), resources.text("report.siting.compass", "en").split(" "))
    assert f"least from {name} " in found.lead[0]
    svg = str(found.charts[0].svg)
    assert svg.count('class="key" d=') == 5 * 16 and svg.count('class="least"') == 2  # one in the legend
    assert "calm 6%" in svg and "mean 2." in svg and "m/s" in svg
    table = found.tables[0]
    assert table.folded and len(table.rows) == 16 and len(table.heads) == 11


def test_a_season_that_does_not_add_up_is_named_and_not_drawn(tables) -> None:
    rose = tables["wind_rose"].assign(used=lambda f: f["season"] != "summer")
    found = block(section("en", {**tables, "wind_rose": rose}), "siting.wind")
    assert found.warn == [resources.text("report.siting.wind.unused", "en", seasons="Summer")]
    assert str(found.charts[0].svg).count('class="key" d=') == 4 * 16 and found.lead[0].startswith("Whole year")
    nothing = block_or_none(section("en", {**tables, "wind_rose": rose.assign(used=False)}), "siting.wind")
    assert nothing is None


def block_or_none(found: Section, key: str) -> Block | None:
    title = resources.text(f"report.{key}", "en")
    return next((one for one in found.blocks if one.title == title), None)


def test_an_even_rose_recommends_no_side(tables) -> None:
    rose = tables["wind_rose"].assign(frequency_pct=5.8, speed_m_s=np.nan)
    found = block(section("en", {**tables, "wind_rose": rose}), "siting.wind")
    assert "no side of people is better" in found.lead[0]
    svg = str(found.charts[0].svg)
    assert 'class="least"' not in svg and "speed not known" in svg and "mean" not in svg
    svg_checks.check(svg)


def test_rejected_land_is_told_by_rule_and_by_what_it_lacks(tables) -> None:
    found = block(section("en", tables), "siting.land")
    nearest = found.tables[1]
    assert [h for h, _ in nearest.heads][-3:] == ["Off by", "Also fails", "Source"]
    assert spaces(nearest.rows[0][6].text) == "70 m" and "Too steep" in nearest.rows[0][7].text
    others = found.tables[2]
    regret = [float(row[1].sort or row[2].sort) for row in others.rows if row[0].text == "Heat"]
    assert regret == sorted(regret)


PART = {
    "site_front": sitingplans.front, "site_alternatives": sitingplans.alternatives, "site_phases": sitingtime.phases,
    "site_sensitivity": sitingplans.sensitivity, "site_outages": sitingtime.outages, "site_reach": sitingtime.reach,
    "wind_rose": sitingair.wind, "site_exposure": sitingair.exposure, "site_protection": sitingair.protection,
    "plume_contours": sitingair.plumes, "site_candidates": sitingland.candidates,
}  # fmt: skip
EVERY = list(PART)


def test_a_table_that_is_missing_or_empty_leaves_its_part_out(tables) -> None:
    for name in EVERY:
        some = {"sites": tables["sites"], name: tables[name]}
        assert len(section("en", some).blocks) == 2, name  # the costs of the sites, and its own
        assert len(section("en", {**some, name: tables[name].iloc[:0]}).blocks) == 1


def test_without_any_table_there_is_nothing_and_old_sites_are_still_told() -> None:
    nothing = section("zh", {})
    assert not nothing.blocks and not nothing.charts and not nothing.tables and not nothing.lead
    old = report_results.fake_results(PARK)["siting"].tables
    found = section("en", old)
    assert found.charts and found.tables and "works are to be built" in found.lead
    assert [one.title for one in found.blocks] == [resources.text("report.siting.land", "en")]


@pytest.mark.parametrize("name", [*EVERY, "sites"])
def test_any_column_or_value_may_be_missing(tables, name) -> None:
    frame, required = tables[name], {c for c, row in schema_of(name).items() if row["required"] == "yes"}
    for k, column in enumerate(c for c in frame.columns if c not in {"geometry", "utility", "site_id"}):
        broken = [frame.drop(columns=column)]
        broken += [] if column in required else [blanked(frame, column, True), blanked(frame, column, False)]
        for left in broken:
            style, some = Style(resources.LANGUAGES[k % 2]), {"sites": tables["sites"], name: left}
            found = Section("s", "t", "h")
            for chart in (
                PART[name](found, some, style, NAMES).charts if name in PART else drawn_by(found, some, style)
            ):
                svg_checks.check(str(chart.svg))


def drawn_by(found: Section, some: dict[str, pd.DataFrame], style: Style) -> list[Chart]:
    siting(found, some, style, NAMES)
    return found.charts


def schema_of(name: str) -> dict[str, dict[str, str]]:
    known = (resources.ROOT / "schema" / "results" / f"{name}.csv").exists()
    return resources.columns(name) if known else {}


def blanked(frame: pd.DataFrame, column: str, every: bool) -> pd.DataFrame:
    """``frame`` with nothing in every row, or in every second row, of a column."""
    out = frame.copy()
    values = out[column].astype(object)
    values[np.arange(len(values)) % (1 if every else 2) == 0] = None
    numbers = pd.api.types.is_numeric_dtype(frame[column]) and not pd.api.types.is_bool_dtype(frame[column])
    out[column] = pd.to_numeric(values) if numbers else values
    return out


sizes = st.floats(0.0, 1e9, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(sizes, sizes, st.one_of(st.none(), sizes)), min_size=1, max_size=30))
def test_plans_and_their_numbers_stay_inside_the_drawing(rows) -> None:
    points = [Point(i + 1, x, y, s, i == 0, "a plan") for i, (x, y, s) in enumerate(rows)]
    svg = str(fronts([Front("供热", "#d7301f", "费用", "人数", points)], "t", [Key("chosen", "#333333", "dot")]))
    svg_checks.check(svg)
    assert svg.count("<circle") == len(rows) + 1
    labels = [n.text for n in svg_checks.parsed(svg).iter("text") if n.get("class") == "mark-label"]
    assert sorted(labels[1:], key=int) == [str(i + 1) for i in range(len(rows))]
    known = [r for r, p in zip(radii(points), points, strict=True) if p.size is not None]
    by_size = [p.size for p in points if p.size is not None]
    assert all(a <= b + 1e-9 for a, b in zip(np.array(known)[np.argsort(by_size)], np.sort(known), strict=True))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 359.9), min_size=1, max_size=36, unique=True),
    st.floats(0.1, 30),
    st.booleans(),
)
def test_roses_of_any_directions_stay_inside(bearings, share, marked) -> None:
    bearing = np.array(bearings)
    wind = Wind(
        "Summer",
        bearing,
        np.full(len(bearing), share),
        np.full(len(bearing), 2.5),
        5.0,
        [0] if marked else [],
        ["foot"],
    )
    compass = resources.text("report.siting.compass", "zh").split(" ")
    words = {"title": "t", "unknown": "u", "marked": "m", "calm": "c"}
    svg = str(roses([wind], [(2.0, "slow", "#deebf7"), (np.inf, "fast", "#08519c")], compass, words))
    svg_checks.check(svg)
    assert svg.count('class="key" d=') == len(bearing)
    assert "fast" in svg and "slow" not in svg


def test_bearings_have_names_only_where_they_are_those_of_the_compass() -> None:
    compass = resources.text("report.siting.compass", "en").split(" ")
    assert len(compass) == 16 == len(resources.text("report.siting.compass", "zh").split(" "))
    assert [direction(b, compass) for b in (0.0, 22.5, 337.5, 360.0, 10.0)] == ["N", "NNE", "NNW", "N", "10°"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-90, 300), st.floats(-90, 300), st.booleans()), min_size=1, max_size=6))
def test_tornados_stay_inside_whatever_the_effects(rows) -> None:
    pairs = [(Effect(a, False, "less"), Effect(b, moved, "more")) for a, b, moved in rows]
    one = Torn("Heat", "#d7301f", [f"Price of pipes and haulage {i}" for i in range(len(rows))], pairs)
    svg = str(tornado([one, one], "x (%)", "t", ("−20%", "+20%", "moved"), ("#a3adb8", "#0f6b63")))
    svg_checks.check(svg)
    assert svg.count("<title>less") == 2 * len(rows)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=4))
def test_stages_stay_inside_whatever_the_numbers(rows) -> None:
    capacity, demand = (list(v) for v in zip(*rows, strict=True))
    years = [2025.0 + 5 * i for i in range(len(rows))]
    one = Stages("Heat", "#d7301f", "kW", years, [f"{y:g} Long term" for y in years], capacity, capacity, demand)
    svg = phasing([one], "Year", "Capacity", "t", ("capacity", "demand"))
    svg_checks.check(str(svg))


def test_contours_are_drawn_one_period_at_a_time_the_highest_on_top(tables) -> None:
    frame = tables["plume_contours"]
    looks = symbology.looks()
    worst, annual = looks["plume_contours"], looks["plume_annual"]
    legend = symbology.classes(worst, frame, Style("en"))
    assert [one.label for one in legend] == ["1–5%", "5–10%", "10–25%", "≥ 25%"]
    assert [one.label for one in symbology.classes(annual, frame, Style("zh"))] == ["1–5%", "5–10%", "≥ 10%"]
    place = symbology.class_index(worst, pd.DataFrame({"share_pct": [1.0, 5.0, 10.0, 25.0, 30.0]}), legend)
    assert place.tolist() == [0, 1, 2, 3, 3]
    assert legend[0].high < 5.0  # in QGIS a value on a limit takes the first class that holds it
    drawn = {one.look.layer: one.frame for one in drawing_of(tables).layers}
    for layer, period in (("plume_contours", "worst_hour"), ("plume_annual", "annual"), ("plume_summer", "summer")):
        assert set(drawn[layer]["period"]) == {period}
        assert drawn[layer]["share_pct"].is_monotonic_increasing


def drawing_of(tables: dict[str, pd.DataFrame]) -> drawing.Drawing:
    return drawing.drawing(PARK, tables)


def test_the_style_of_contours_asks_qgis_for_one_period_in_rising_order(tables) -> None:
    look = symbology.looks()["plume_annual"]
    text = qml.document(look, tables["plume_contours"], Style("en"), {})
    renderer = next(ElementTree.fromstring(text).iter("renderer-v2"))
    assert renderer.get("type") == "graduatedSymbol"
    assert renderer.get("attr") == 'if("period"=\'annual\',"share_pct",NULL)'
    ranges = [(float(r.get("lower")), float(r.get("upper"))) for r in renderer.iter("range")]
    assert [low for low, _ in ranges] == [1.0, 5.0, 10.0] and all(np.isfinite(ranges).ravel())
    (clause,) = renderer.iter("orderByClause")
    assert clause.text == '"share_pct"' and clause.get("asc") == "1"


def test_outer_rings_turn_left_and_holes_right_so_that_overlaps_fill_as_one() -> None:
    frame = gpd.GeoDataFrame(
        {"parcel_id": ["a"]},
        geometry=[shapely.box(0, 0, 90, 90).difference(shapely.box(30, 30, 60, 60))],
        crs=PARK.crs,
    )
    rings = drawing.drawing({"parcels": frame}, {}).rings[0]
    points = [np.cumsum(np.array(ring).reshape(-1, 2), axis=0) for ring in rings]
    area = [float(np.sum(p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1])) for p in points]
    assert len(area) == 2 and area[0] > 0 > area[1]


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_the_page_tells_it_all_without_a_code_or_a_blank(tmp_path: Path, lang: str, tables) -> None:
    results = {"siting": StepResult(tables, {})}
    document = report_results.fake_document(PARK, results)
    write_page(tmp_path / "p.html", PARK, Scenario(), results, document, lang, date(2026, 1, 5))
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    part = text[text.index('id="step-siting"') : text.index('id="doubts"')]
    words = html.unescape(re.sub(r"<[^>]+>", "\n", part)).split()
    raw = {
        "nan",
        "None",
        "True",
        "False",
        "too_steep;low_ground",
        "worst_hour",
        "isc3_rural",
        "works_price",
        "cost_cur_a",
        "h2s",
    }
    assert not raw & set(words)
    assert not [w for w in words if w.startswith("report.")]
    assert ("≥ 25%" in text) and resources.text("report.table.plume_annual", lang) in text
    assert len(part) < 400_000


def test_the_file_holds_styles_of_contours_and_candidates_with_tips(tmp_path: Path, tables) -> None:
    results = {"siting": StepResult({k: tables[k] for k in ("plume_contours", "site_candidates", "sites")}, {})}
    write_results_gpkg(tmp_path / "r.gpkg", results, PARK.crs, PARK.source_crs, "en", PARK)
    styles = gpd.read_file(tmp_path / "r.gpkg", layer="layer_styles")
    mine = styles[styles["f_table_name"] == "plume_contours"]
    assert {"en", "zh", "plume_annual en", "plume_summer zh"} <= set(mine["styleName"])
    assert list(mine.loc[mine["useAsDefault"].astype(bool), "styleName"]) == ["en"]
    tip = next(ElementTree.fromstring(mine["styleQML"].iloc[0]).iter("mapTip")).text
    assert "adds at least" in tip and '"share_pct"' in tip
    of_land = styles.loc[styles["f_table_name"] == "site_candidates", "styleQML"].iloc[0]
    assert "also_failed" in next(ElementTree.fromstring(of_land).iter("mapTip")).text
    assert "Too steep, Not on low ground" in of_land  # the list of codes in words


def served() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Park]:
    """Two works of heat with ten firms each, one firm served by both, one growth on a vacant parcel."""
    people = PARK["enterprises"].set_index("enterprise_id").geometry
    works = {"heat-1": list(people.index[:10]), "heat-2": list(people.index[9:20])}
    rows = [
        {
            "service_id": f"{site}:{firm}", "utility": "heat", "site_id": site, "enterprise_id": firm, "growth_id": "",
            "demand": 10.0 + k, "unit": "kW", "estimated": "demand" if site == "heat-2" else "",
            "geometry": shapely.LineString([people[firm], shapely.Point(0, 0)]),
        }
        for site, firms in works.items() for k, firm in enumerate(firms)
    ]  # fmt: skip
    land = PARK["parcels"].set_index("parcel_id").geometry
    growth = pd.DataFrame({"growth_id": ["G1"], "parcel_id": ["P030"], "horizon": ["near"]})
    rows.append({**rows[0], "service_id": "heat-1:G1", "enterprise_id": "", "growth_id": "G1", "demand": 5.0})
    rows[-1]["geometry"] = shapely.LineString([land["P030"].centroid, shapely.Point(0, 0)])
    sites = gpd.GeoDataFrame(
        {"site_id": list(works), "utility": "heat"}, geometry=[land["P001"], land["P015"]], crs=PARK.crs
    )
    return sites, gpd.GeoDataFrame(rows, crs=PARK.crs), PARK.replace(growth=growth)


def test_service_areas_hold_the_land_of_those_served_without_overlap() -> None:
    sites, service, park = served()
    found = areas(sites, service, park)
    assert list(found["area_id"]) == ["heat-1", "heat-2"] and list(found["served"]) == [11, 11]
    assert list(found["estimated"]) == ["", "demand"]
    one, two = found.geometry
    assert one.is_valid and two.is_valid and one.intersection(two).area < 1.0
    land = park["parcels"].set_index("parcel_id").geometry
    used = park["occupancy"].set_index("enterprise_id")["parcel_id"]
    mine = shapely.union_all([land[used[f]] for f in service["enterprise_id"][:9]] + [land["P030"]])
    assert mine.difference(one.buffer(6.0)).area < 1.0  # corners are rounded
    # a firm of two works belongs to the one that serves most of it: here the first
    assert land[used[service["enterprise_id"][9]]].intersection(one).area > 20_000.0
    assert one.contains(
        shapely.Point(land["P000"].bounds[2] + 5.0, land["P000"].centroid.y)
    )  # closed over the road


def test_service_areas_do_not_depend_on_the_order_of_rows_and_stand_without_any() -> None:
    sites, service, park = served()
    mixed = areas(sites[::-1], service.sample(frac=1.0, random_state=4), park)
    pd.testing.assert_frame_equal(pd.DataFrame(areas(sites, service, park)), pd.DataFrame(mixed))
    assert areas(sites, service.iloc[:0], park).empty and areas(sites.iloc[:0], service, park).empty
    bare = Park({"parcels": park["parcels"]}, park.crs, park.source_crs)  # no parcel is known to be used
    circles = areas(sites, service, bare)
    assert 0 < circles.area.max() < 25 * np.pi * 31.0**2


def test_people_of_a_raster_are_called_by_direction_and_distance(tables) -> None:
    some = {**tables, "site_exposure": tables["site_exposure"].assign(name="", area_id="raster:SW:1000")}
    table = next(t for t in block(section("zh", some), "siting.exposure", "zh").tables)
    assert {spaces(row[2].text) for row in table.rows} == {"西南方向1,000 m以内人口"}


@pytest.mark.skipif(not HAS_QGIS, reason="no QGIS here to load the styles in")
def test_qgis_draws_contours_areas_and_candidates_with_tips_that_read(tmp_path: Path, tables) -> None:
    sites, service, park = served()
    layers = {k: tables[k] for k in ("plume_contours", "site_candidates")}
    layers |= {"sites": tables["sites"], "service_areas": areas(sites, service, park)}
    write_results_gpkg(
        tmp_path / "r.gpkg", {"siting": StepResult(layers, {})}, PARK.crs, PARK.source_crs, "en", PARK
    )
    script = tmp_path / "look.py"
    script.write_text(SCRIPT, encoding="utf-8")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PROJ", "GDAL"))}
    done = subprocess.run(
        [QGIS_PYTHON, script, tmp_path / "r.gpkg", ",".join(layers)], capture_output=True, timeout=120,
        env={**clean, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    told = json.loads(done.stdout.decode("utf-8").splitlines()[-1])
    assert told.pop("colours") > 20
    for name, layer in told.items():
        assert layer["valid"] and layer["loaded"] and not layer["broken"] and "[%" not in layer["tip"], name
    assert told["plume_contours"]["renderer"] == "graduatedSymbol" and told["plume_contours"]["styles"] == 6
    assert "of the limit of" in told["plume_contours"]["tip"] and "µg/m³" in told["plume_contours"]["tip"]
    assert told["service_areas"]["tip"].count("served by") == 1 and "heat-1" in told["service_areas"]["label"]
    assert "thousand CNY/a (works" in told["sites"]["tip"]
