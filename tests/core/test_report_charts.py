"""Charts of curves, chord diagrams, legends: complete, inside their frame, true to their numbers, in both languages."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import svg_checks
from hypothesis import given, settings
from hypothesis import strategies as st

from parkloop import resources
from parkloop.analysis.report import potential
from parkloop.analysis.report.charts import WIDE, Series, bar_chart, histogram
from parkloop.analysis.report.chord import between, chord, parties, spaced
from parkloop.analysis.report.lettering import Key, legend, text_width, wrapped
from parkloop.analysis.report.lines import Line, Mark, Span, line_chart
from parkloop.analysis.report.numbers import Style
from parkloop.analysis.report.parts import Section
from parkloop.analysis.report.sankey import Flow, merge_small, room_for, sankey
from parkloop.analysis.targets.composites import composites
from parkloop.analysis.targets.pinch import Streams, composite, target

SHADES = ["#1b9e77", "#d95f02", "#7570b3"]
# The four streams of Kemp (2007), Pinch Analysis and Process Integration, 2nd ed., section 2.3: at 10 K hot 20 kW, cold 60 kW,
# pinch 90/80 C.
KEMP = Streams(
    *(np.array(v, float) for v in ([20, 170, 80, 150], [135, 60, 140, 30], [230, 330, 240, 180])),
    np.array([False, True, False, True]),
    np.full(4, 5.0),
)


def heat_tables(estimated: str = "") -> dict[str, pd.DataFrame]:
    """Tables of heat targets of Kemp's streams."""
    found = target(KEMP)
    row = {
        "target_id": "park", "scope": "park", "enterprise_id": "", "streams": 4, "heating_kw": 470.0, "cooling_kw": 510.0,
        "own_heating_kw": 100.0, "own_cooling_kw": 140.0, "levels_heating_kw": 30.0, "levels_cooling_kw": 70.0,
        "direct_heating_kw": found.hot_kw, "direct_cooling_kw": found.cold_kw, "saving_kw": 470.0 - found.hot_kw,
        "pinch_hot_c": 90.0, "pinch_cold_c": 80.0, "estimated": estimated,
    }  # fmt: skip
    firm = {**row, "target_id": "E1", "scope": "firm", "enterprise_id": "E1", "levels_heating_kw": np.nan}
    curves = {
        "hot": composite(KEMP, True),
        "cold": composite(KEMP, False, found.cold_kw),
        "grand": (found.passed_kw, found.shifted_c),
    }
    points = [
        {"point_id": f"{name}-{n:05d}", "curve": name, "heat_kw": kw, "temperature_c": c}
        for name, pair in curves.items()
        for n, (kw, c) in enumerate(zip(*pair, strict=True))
    ]
    return {"heat_targets": pd.DataFrame([firm, row]), "heat_curves": pd.DataFrame(points)}


def water_tables() -> dict[str, pd.DataFrame]:
    """Two demands of 10 t/d, at most 0 and 50 mg/L of COD; a discharge of 10 t/d with 100 mg/L: fresh water 15 t/d."""
    streams = pd.DataFrame(
        {
            "direction": ["demand", "demand", "discharge"], "flow_t_d": [10.0, 10.0, 10.0], "cod_mg_l": [0.0, 50.0, 100.0],
            "ss_mg_l": np.nan, "tds_mg_l": np.nan, "nh3n_mg_l": np.nan,
        }
    )  # fmt: skip
    found = composites(streams)
    assert found is not None
    row = {
        "target_id": "park", "scope": "park", "enterprise_id": "", "demand_t_d": 20.0, "discharge_t_d": 10.0,
        "own_fresh_t_d": 20.0, "own_waste_t_d": 10.0, "reuse_fresh_t_d": 15.0, "reuse_waste_t_d": 5.0, "treat_fresh_t_d": 12.0,
        "treat_waste_t_d": 2.0, "treated_t_d": 9.0, "saving_t_d": 8.0, "contaminant": "cod_mg_l", "pinch_mg_l": 100.0,
        "estimated": "",
    }  # fmt: skip
    points = [
        {"point_id": f"{name}-{n}", "curve": name, "contaminant": found.contaminant, "flow_t_d": x, "load_kg_d": y}
        for name, curve in (("demand", found.demand), ("source", found.source))
        for n, (x, y) in enumerate(curve.tolist())
    ]
    return {"water_targets": pd.DataFrame([row]), "water_curves": pd.DataFrame(points)}


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_composites_of_heat_tell_the_published_targets_and_the_pinch(lang: str) -> None:
    block = potential.heat(Section("x", "", ""), heat_tables(), Style(lang), {})
    svgs = [str(chart.svg) for chart in block.charts]
    assert len(svgs) == 3
    for svg in svgs:
        svg_checks.check(svg)
    words = svg_checks.texts(svgs[0])
    t = Style(lang).t
    for key, kw in (("heat.heating", "20"), ("heat.cooling", "60"), ("heat.recovered", "450")):
        assert f"{t(key)}: {kw}" in words
    assert t("heat.pinch", hot="90", cold="80") in words
    assert (
        t("heat.hot") in words and t("heat.cold") in words and t("heat.kw") in words and t("heat.celsius") in words
    )
    grand = svg_checks.texts(svgs[1])
    assert (
        t("heat.pinch.shifted", at="85") in grand
        and t("heat.top", amount=Style(lang).quantity(20.0, "kW")) in grand
    )
    assert any("57" not in lead and "450" in lead.replace("\u00a0", " ") for lead in block.lead)


def test_the_tinted_area_is_the_heat_that_passes_from_hot_to_cold() -> None:
    """Both composites carry the same heat where they lie above one another, so the area is bounded by them alone."""
    found = target(KEMP)
    hot, cold = np.c_[composite(KEMP, True)], np.c_[composite(KEMP, False, found.cold_kw)]
    area = potential._between(hot, cold)
    assert area[:, 0].min() == pytest.approx(60.0) and area[:, 0].max() == pytest.approx(510.0)
    assert len(potential._between(hot, cold + np.array([1000.0, 0.0]))) == 0


def test_targets_of_the_park_are_told_by_the_way_of_recovery() -> None:
    block = potential.heat(Section("x", "", ""), heat_tables("heating_kw;direct_heating_kw"), Style("en"), {})
    table = next(t for t in block.tables if t.name == "heat_targets" and not t.folded)
    assert [row[1].text for row in table.rows] == ["470", "100", "30", "20"]
    assert [row[3].text for row in table.rows] == ["0", "370", "440", "450"]
    assert [row[1].guessed for row in table.rows] == [True, False, False, True]
    assert next(t for t in block.tables if t.folded).total == 1


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_composites_of_water_tell_fresh_reused_and_waste_water(lang: str) -> None:
    block = potential.water(Section("x", "", ""), water_tables(), Style(lang), {})
    svg = str(block.charts[0].svg)
    svg_checks.check(svg)
    words, t = svg_checks.texts(svg), Style(lang).t
    for key, amount in (("water.fresh", "15"), ("water.reused", "5"), ("water.waste", "5")):
        assert f"{t(key)}: {amount}" in words
    assert Style(lang).quantity(100.0, "mg/L") in words.replace("100 mg/L", "100\u00a0mg/L")
    assert Style(lang).code("contaminant", "cod_mg_l") in words


def test_a_threshold_problem_has_no_pinch_to_mark_and_an_empty_park_no_chart() -> None:
    tables = heat_tables()
    tables["heat_targets"][["pinch_hot_c", "pinch_cold_c"]] = np.nan
    svg = str(potential.heat(Section("x", "", ""), tables, Style("en"), {}).charts[0].svg)
    svg_checks.check(svg)
    assert "pinch" not in svg
    empty = {name: frame.iloc[:0] for name, frame in tables.items()}
    assert not potential.heat(Section("x", "", ""), empty, Style("en"), {})
    assert not potential.water(Section("x", "", ""), {}, Style("en"), {})


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 3))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=9), min_size=1, max_size=3),
    st.tuples(numbers, numbers),
)
def test_curves_and_labels_stay_inside_whatever_the_numbers(curves, mark) -> None:
    lines = [Line(f"curve {i}", "#333333", np.array(points)) for i, points in enumerate(curves)]
    every = np.concatenate([line.points for line in lines])
    inside = (
        float(np.clip(mark[0], 0.0, max(every[:, 0].max(), 0.0))),
        float(np.clip(mark[1], every[:, 1].min(), every[:, 1].max())),
    )
    spans = [Span("a span", "#2171b5", 0.0, max(float(every[:, 0].max()), 0.0))]
    svg = line_chart(lines, "x (kW)", "y (°C)", "t", spans, [Mark("夹点 50/40 °C", *inside)])
    svg_checks.check(str(svg))


def test_a_curve_of_many_points_is_thinned() -> None:
    x = np.linspace(0.0, 1000.0, 20_000)
    svg = str(line_chart([Line("fine", "#333333", np.c_[x, np.sin(x / 100.0)])], "x", "y", "t"))
    svg_checks.check(svg)
    assert len(svg) < 20_000


sectors = st.sampled_from(
    [f"Manufacture of sector {i} and further products" for i in range(14)] + ["食品制造业", "化工"]
)
flows = st.lists(st.tuples(sectors, sectors, st.floats(0.01, 1e6)), min_size=1, max_size=25)


@settings(max_examples=25, deadline=None)
@given(flows)
def test_chords_hold_all_that_flows_and_their_labels_do_not_touch(found) -> None:
    every = [Flow(a, "", b, v, "") for a, b, v in found]
    merged = between(every, 8, "Others")
    assert sum(f.value for f in merged) == pytest.approx(sum(v for _, _, v in found))
    circle = parties(merged, SHADES, "Others")
    assert len(circle) <= 9
    assert sum(p.gives for p in circle) == pytest.approx(sum(p.takes for p in circle))
    svg = str(chord(merged, circle, "t", "t/a", lambda a, b: f"gives {a}, takes {b}"))
    svg_checks.check(svg)
    assert svg.count('class="ribbon"') == len(merged) and svg.count('class="arc"') == len(circle)
    places = []
    for text in svg_checks.parsed(svg).iter("text"):
        lines = [(float(n.get("x", 0)), float(n.get("y", 0))) for n in text.iter("tspan")]
        places.append((lines[0][0] > 0, lines[0][1], lines[-1][1]))
    for side in (True, False):
        ends = sorted((top, bottom) for right, top, bottom in places if right == side)
        assert all(b[0] - a[1] >= 11.0 for a, b in pairwise(ends))


def test_chords_of_today_stand_on_the_circle_of_the_plan() -> None:
    plan = [Flow("A", "", "B", 30.0, ""), Flow("C", "", "A", 10.0, "")]
    circle = parties(plan, SHADES, "Others")
    today = str(chord(plan[:1], circle, "t", "t/a", lambda a, b: ""))
    svg_checks.check(today)
    assert today.count('class="arc"') == 3 and today.count('class="ribbon"') == 1
    assert chord([], circle, "t", "t/a", lambda a, b: "") == ""


@given(st.lists(st.tuples(st.floats(-200, 200), st.floats(5, 50)), min_size=1, max_size=12))
def test_spaced_boxes_keep_their_order_and_never_overlap(boxes) -> None:
    boxes = sorted(boxes)
    wanted, tall = [b[0] for b in boxes], [b[1] for b in boxes]
    found = spaced(wanted, tall)
    for i in range(len(found) - 1):
        assert found[i + 1] - found[i] >= (tall[i] + tall[i + 1]) / 2 - 1e-6
    if all(b - a >= (s + t) / 2 for a, b, s, t in zip(wanted, wanted[1:], tall, tall[1:], strict=False)):
        assert found == pytest.approx(wanted)


def test_words_wrap_into_the_lines_they_are_given() -> None:
    name = "Computers, communication and other electronic equipment"
    lines = wrapped(name, 150.0, 11.5, 3)
    assert " ".join(lines) == name and len(lines) == 3 and all(text_width(line, 11.5) <= 150.0 for line in lines)
    assert wrapped(name, 150.0, 11.5, 1)[0].endswith("…")
    assert (
        "".join(wrapped("计算机、通信和其他电子设备制造业", 100.0, 11.5, 3)) == "计算机、通信和其他电子设备制造业"
    )


def test_a_legend_takes_as_many_rows_as_it_needs() -> None:
    keys = [Key(f"A rather long entry of a legend, number {i}", "#333333") for i in range(9)]
    svg, deep = legend(keys, 640.0)
    rows = {float(y) for y in re.findall(r'<text class="axis" x="\d+" y="(\d+)"', svg)}
    assert len(rows) > 2 and deep >= max(rows)
    assert legend([], 640.0) == ("", 0.0)


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_bars_and_histograms_stay_inside(lang: str) -> None:
    label = {"en": "Production and supply of electric power and heat", "zh": "电力、热力生产和供应业"}[lang]
    several = [Series(f"{label} {i}", "#333333", [float(i + 1), 5.0]) for i in range(6)]
    for svg in (
        bar_chart([label, "B"], several, "v", "c", "t", stacked=True, width=WIDE),
        bar_chart([label, "B"], several, "v", "c", "t"),
        histogram([0.0, 10.0, 20.0], several, "v", "e", "t"),
    ):
        svg_checks.check(str(svg))


@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_names_beside_a_sankey_stay_inside_and_are_told_whole(lang: str) -> None:
    sector = "sectors"
    labels = [row[f"label_{lang}"] for row in resources.codes(sector).values()][:14]
    given_to = [Flow(a, f"{a[:20]} waste", b, 10.0 + i, "#123456") for i, (a, b) in enumerate(pairwise(labels))]
    merged = merge_small(given_to, 8, "Others")
    svg = str(
        sankey(merged, "t/a", ("gives", "what", "takes"), "t", sum(f.value for f in merged), room_for(merged))
    )
    svg_checks.check(svg)
    for flow in merged:
        assert flow.giver.split(",")[0][:12] in svg
