"""The report page: sound in a browser, complete, harmless whatever the names, and small."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import report_results

from parkloop import resources
from parkloop.analysis.report import drawing, write_page
from parkloop.analysis.report.charts import Series, bar_chart, ticks
from parkloop.analysis.report.lettering import shorten, text_width
from parkloop.analysis.report.mapdata import map_data
from parkloop.analysis.report.numbers import Style, plain, significant, whole
from parkloop.analysis.report.sankey import Flow, merge_small, sankey
from parkloop.analysis.report.summary import sentences
from parkloop.analysis.scenario import Scenario
from parkloop.analysis.steps import StepResult

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    park = report_results.fake_park(24)
    results = report_results.fake_results(park)
    document = report_results.fake_document(park, results)
    found = {}
    for lang in resources.LANGUAGES:
        found[lang] = folder / f"report.{lang}.html"
        write_page(found[lang], park, Scenario(), results, document, lang, date(2026, 1, 5))
    return found


def test_numbers_have_three_significant_digits() -> None:
    assert significant(1234567.0) == "1,230,000"
    assert significant(0.045678) == "0.0457"
    assert significant(99.96) == "100"
    assert significant(-12.345) == "\u221212.3"
    assert significant(250.0) == "250"
    assert significant(float("nan")) == ""
    assert whole(12345.4) == "12,345"
    assert plain(0.05) == "0.05"


def test_money_is_in_ten_thousands_in_chinese_and_named_in_english() -> None:
    zh, en = Style("zh"), Style("en", "CHF")
    assert zh.quantity(1_650_000.0, "currency") == "165万元"
    assert zh.quantity(1_650_000.0, "currency/a") == "165万元/年"
    assert en.quantity(1_650_000.0, "currency", big=True) == "1.65\u00a0million CHF"
    assert en.unit("currency/ha").label == "thousand CHF/ha"
    assert zh.quantity(12.5, "currency/t") == "12.5元/t"  # prices are not scaled
    assert en.unit("m3/h").label == "m³/h"
    assert zh.quantity(None, "kW") == ""


def test_chart_ticks_are_round_and_cover_the_values() -> None:
    assert ticks(0.0, 87.0) == [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    marks = ticks(-3.0, 7.0)
    assert marks[0] <= -3.0 and marks[-1] >= 7.0


def test_chart_says_its_axes_and_leaves_out_nothing_to_show() -> None:
    svg = bar_chart(["A & B"], [Series("s", "#000000", [2.0])], "Area (ha)", "Kind", "t")
    assert "Area (ha)" in svg and "Kind" in svg and "A &amp; B" in svg
    assert bar_chart(["A"], [Series("s", "#000000", [0.0])], "x", "y", "t") == ""
    assert bar_chart([], [], "x", "y", "t") == ""


def test_long_labels_are_cut_to_their_room() -> None:
    short = shorten("江南第二化工新材料有限公司", 60.0)
    assert short.endswith("…") and text_width(short) <= 60.0
    assert shorten("short", 60.0) == "short"


def test_sankey_conserves_what_flows_when_small_ones_are_merged() -> None:
    flows = [Flow(f"g{i}", f"w{i % 4}", f"t{i % 6}", float(i + 1), "#123456") for i in range(20)]
    merged = merge_small(flows, 3, "rest")
    assert sum(f.value for f in merged) == pytest.approx(sum(f.value for f in flows))
    assert len({f.giver for f in merged}) == 4  # the three largest and the rest
    svg = str(sankey(merged, "t/a", ("a", "b", "c"), "title", 210.0))
    # Each ribbon's width is its value: both halves add up to the whole height.
    widths = [float(w) for w in re.findall(r'stroke-width="([\d.]+)"', svg)]
    assert sum(widths) == pytest.approx(2 * 230.0, rel=0.03)


def test_map_tells_every_feature_of_every_layer() -> None:
    park = report_results.fake_park(24)
    results = report_results.fake_results(park)
    tables = {name: frame for result in results.values() for name, frame in result.tables.items()}
    data = map_data(park, tables, Style("en"), {}, {})
    layers = {layer["id"]: layer for layer in data["layers"]}
    for name in ("parcels", "buildings", "roads", "enterprises"):
        assert len(layers[name]["rows"]) == len(park[name])
    for name in ("links", "sites", "site_candidates", "network_pipes", "cluster_areas", "exclusion_zones"):
        assert len(layers[name]["rows"]) == len(tables[name])
    for layer in layers.values():
        for row in layer["rows"]:
            assert 0 <= row[0] < len(data["shapes"]) and 0 <= row[1] < len(layer["classes"])
            assert all(0 <= place < len(data["texts"]) for place in (row[3], row[4], *row[6]))
    # Shapes are differences from the origin in decimetres: the first parcel is 200 m by 140 m.
    ring = data["shapes"][layers["parcels"]["rows"][0][0]][0]
    steps = list(zip(ring[2::2], ring[3::2], strict=True))
    assert sorted({abs(v) for pair in steps for v in pair if v}) == [1400, 2000]


def test_map_of_a_large_park_leaves_out_the_small_things_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    park = report_results.fake_park(24)
    tables = {k: v for r in report_results.fake_results(park).values() for k, v in r.tables.items()}
    monkeypatch.setattr(drawing, "BRIEF_FROM", 10)
    monkeypatch.setattr(drawing, "DROP_FROM", 10)
    data = map_data(park, tables, Style("en"), {}, {})
    layers = {layer["id"]: layer for layer in data["layers"]}
    assert "site_service" not in layers and "Service of the facilities" in data["left_out"]
    assert layers["site_candidates"]["fields"] == [] and layers["site_candidates"]["rows"]
    assert layers["sites"]["fields"] and layers["parcels"]["fields"]


def test_page_has_every_section_in_both_languages(pages: dict[str, Path]) -> None:
    for lang, path in pages.items():
        text = path.read_text(encoding="utf-8")
        steps = ("intensity", "links", "clusters", "siting", "networks", "outcomes")
        for anchor in (
            "found",
            "map-section",
            "flows",
            "money",
            "doubts",
            "sources",
            *(f"step-{s}" for s in steps),
        ):
            assert f'id="{anchor}"' in text, (lang, anchor)
        assert text.count('class="card"') == 6
        assert resources.text("report.synthetic", lang) in text
        assert resources.text("report.confidence.m", lang) in text
        assert "GB 50282" in text and "≈" in text
        assert "nan" not in re.sub(r"<script.*?</script>", "", text, flags=re.S).lower().split()
    assert "万元" in pages["zh"].read_text(encoding="utf-8")


def test_names_cannot_become_markup(pages: dict[str, Path]) -> None:
    for path in pages.values():
        text = path.read_text(encoding="utf-8")
        assert "<script>document.title" not in text
        assert "&lt;script&gt;document.title" in text
        blocks = re.findall(r'<script type="application/json" id="map-data">(.*?)</script>', text, flags=re.S)
        assert len(blocks) == 1
        assert any(report_results.EVIL in told for told in json.loads(blocks[0])["texts"])


def test_page_asks_no_host_for_anything(pages: dict[str, Path]) -> None:
    for path in pages.values():
        text = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in html.unescape(text)
        assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", text)
        assert "@import" not in text and "url(" not in text


def test_page_stands_without_some_steps(tmp_path: Path) -> None:
    park = report_results.fake_park(24)
    results = {"links": StepResult(headline=("", {})), "layout": report_results.fake_results(park)["outcomes"]}
    document = report_results.fake_document(park, results)
    write_page(tmp_path / "part.html", park, Scenario(), results, document, "en", date(2026, 1, 5))
    text = (tmp_path / "part.html").read_text(encoding="utf-8")
    assert 'id="step-layout"' in text and 'id="flows"' not in text


def test_texts_exist_in_both_languages() -> None:
    for row in resources.table("i18n", "report.csv"):
        assert row["en"].strip() and row["zh"].strip(), row["key"]
        places = [set(re.findall(r"\{(\w+)\}", row[lang])) for lang in ("en", "zh")]
        same = places[0] == places[1] or row["key"] == "report.tip.cluster_areas"
        assert same, row["key"]


CLICKS = """
setTimeout(() => {
  const canvas = document.querySelector("#map canvas"), box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};
  const at = { pointerId: 1, bubbles: true, clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  for (const kind of ["pointerdown", "pointerup"]) canvas.dispatchEvent(new PointerEvent(kind, at));
  const table = document.querySelector("#step-siting table.data");
  const head = [...table.tHead.rows[0].cells].findIndex((cell) => cell.classList.contains("num"));
  table.tHead.rows[0].cells[head].querySelector("[role=button]").click();
  table.dataset.first = table.tBodies[0].rows[0].cells[head].dataset.sort;
  const field = table.closest("figure").querySelector("input[type=search]");
  field.value = "heat"; field.dispatchEvent(new Event("input"));
  table.dataset.left = [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
}, 200);
"""


def _open(page: Path, profile: Path, place: str = "") -> tuple[str, str]:
    """The page's document after its scripts ran, and the browser's log."""
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", f"--user-data-dir={profile}", "--enable-logging=stderr",
            "--v=0", "--window-size=1400,1000", "--virtual-time-budget=3000", "--dump-dom", page.as_uri() + place,
        ],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open the page in")
def test_clicks_tell_features_and_sort_and_filter_tables(pages: dict[str, Path], tmp_path: Path) -> None:
    text = pages["en"].read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)  # or the clicks' script is refused
    (tmp_path / "clicked.html").write_text(text.replace("</body>", f"<script>{CLICKS}</script></body>"), "utf-8")
    dom, _ = _open(tmp_path / "clicked.html", tmp_path / "profile")
    assert 'data-errors="0"' in dom
    told = re.search(r'class="told-tip">([^<]+)<', dom)
    assert told is not None and told[1].endswith(".")
    assert 'data-first="90000.0"' in dom  # the largest capacity first
    assert 'data-left="1"' in dom


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open the page in")
@pytest.mark.parametrize("lang", resources.LANGUAGES)
def test_browser_draws_map_and_flows_without_an_error(pages: dict[str, Path], tmp_path: Path, lang: str) -> None:
    dom, log = _open(pages[lang], tmp_path / "profile")
    root = re.search(r"<html[^>]*>", dom)
    assert root is not None
    assert 'data-errors="0"' in root[0] and 'data-ready="yes"' in root[0]
    assert "CONSOLE" not in log, log
    assert "http://" not in re.sub(r"http://www\.w3\.org/\S*", "", dom) and "https://" not in dom
    drawn = re.search(r'id="map"[^>]*data-drawn="(\d+)"', dom)
    assert drawn is not None and int(drawn[1]) > 50
    assert dom.count('class="flow"') > 10 and dom.count("<rect") > 30
    assert "legend-entry" in dom
    assert "<title>broken" not in dom


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open the page in")
def test_of_a_crowd_of_links_the_widest_are_drawn_and_the_legend_says_so(tmp_path: Path) -> None:
    park = report_results.fake_park(24)
    results = report_results.fake_results(park)
    links = results["links"].tables["links"]
    many = pd.concat([links.assign(link_id=links["link_id"] + f"-{k}") for k in range(20)], ignore_index=True)
    results["links"].tables["links"] = many
    document = report_results.fake_document(park, results)
    write_page(tmp_path / "crowd.html", park, Scenario(), results, document, "en", date(2026, 1, 5))
    dom, _ = _open(tmp_path / "crowd.html", tmp_path / "profile", "#theme=links")
    assert 'data-errors="0"' in dom
    assert re.search(r'<div class="legend-note"[^>]*>The 300 widest of 480 in view', dom)
    widths = [float(w) for w in re.findall(r'<line[^>]*stroke-width="([\d.]+)"[^>]*data-px', dom)]
    assert len(widths) >= 3 and widths[:3] == sorted(widths[:3]) and len(set(widths[:3])) == 3


def test_first_sentences_tell_works_from_everything_and_new_from_kept() -> None:
    """What the works cost and what everything costs are told apart, or a reader takes one for the other."""
    sites = pd.DataFrame({"status": ["new", "existing"], "investment_cur": [2e6, 0.0]})
    pipes = pd.DataFrame({"length_m": [1500.0], "investment_cur": [1e6]})
    row = {"outcome_id": "investment", "today": 0.0, "planned": 4e6, "difference": 4e6, "unit": "CNY"}
    tables = {"sites": sites, "network_pipes": pipes, "outcomes": pd.DataFrame([row])}
    (english,) = sentences(report_results.fake_park(3), {}, tables, Style("en"))
    assert "1 new or extended" in english and "1 kept" in english
    assert "3 million CNY (4 million CNY with the links)" in english.replace("\u00a0", " ")
    (chinese,) = sentences(report_results.fake_park(3), {}, tables, Style("zh"))
    assert "投资300万元（连同循环链接共400万元）" in chinese
