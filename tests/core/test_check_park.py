"""Checks across rows and layers, each on a fault that is put into the small park; and what is mended on request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_park import CRS, EAST, NORTH, box, frame, line, point, shuffled, small_park

from parkloop import resources
from parkloop.analysis.errors import Finding, InputError
from parkloop.analysis.park import checks, schema
from parkloop.analysis.park.checks import amounts, balances, keys, places, shapes
from parkloop.analysis.park.checks.base import LIMIT, each
from parkloop.analysis.park.mend import mend_park
from parkloop.analysis.park.model import Park
from parkloop.analysis.park.read import check_park, read_park
from parkloop.analysis.park.write import write_frames


def changed(layer: str, row: int, **cells: Any) -> Park:
    """The small park with some cells of one row changed."""
    table = small_park()[layer].copy()
    for column, value in cells.items():
        table.loc[row, column] = value
    return small_park(**{layer: table})


def only(findings: Any) -> Finding:
    (finding,) = list(findings)
    for lang in ("en", "zh"):
        assert finding.text(lang) and finding.remedy(lang)
    return finding


def where(finding: Finding) -> tuple[str, str, str, str, str]:
    return finding.key, finding.severity, finding.layer, finding.id, finding.column


# ---- the sound park


def test_the_small_park_has_no_error_and_the_order_of_rows_does_not_matter() -> None:
    assert checks.require(small_park()) == []
    told = checks.advise(small_park())
    assert told == checks.advise(shuffled(small_park()))
    assert all(f.severity != "error" for f in told)


def test_every_text_of_the_checks_exists_in_both_languages() -> None:
    for room in ("check", "park", "questionnaire"):
        rows = {row["key"]: row for row in resources.table("i18n", f"{room}.csv")}
        for row in rows.values():
            assert row["en"] and row["zh"]
        assert [k for k in rows if k.endswith(".remedy")], room
        for key in rows:
            if key.endswith(".remedy"):
                assert key.removesuffix(".remedy") in rows


def test_many_findings_of_one_kind_are_counted() -> None:
    told = each("check.geometry_missing", "error", "parcels", [f"P{i:04d}" for i in range(1000)][::-1])
    assert len(told) == LIMIT + 1 and told[0].id == "P0000"
    assert told[-1].key == "check.more" and told[-1].values["count"] == 1000 - LIMIT
    assert "950" in told[-1].text("zh")


# ---- references


@pytest.mark.parametrize(
    ("layer", "column"),
    [(n, c.name) for n in ("occupancy", "material_flows", "exchanges", "heat_streams", "water_streams")
     for c in schema.layers()[n].columns.values() if c.refers],
)  # fmt: skip
def test_dangling_references(layer: str, column: str) -> None:
    finding = only(keys.dangling(changed(layer, 0, **{column: "nobody"})))
    assert finding.key == "check.dangling" and finding.layer == layer and finding.column == column
    assert "nobody" in finding.text("zh")


# ---- geometry and places


def test_self_crossing_outline_is_an_error() -> None:
    bow = shapely.Polygon([(EAST, NORTH), (EAST + 10, NORTH + 10), (EAST + 10, NORTH), (EAST, NORTH + 10)])
    finding = only(shapes.invalid(changed("buildings", 0, geometry=bow)))
    assert where(finding) == ("check.geometry_invalid", "error", "buildings", "B1", "geometry")
    assert (finding.values["x"], finding.values["y"]) == (EAST + 5, NORTH + 5)


def test_overlapping_parcels_with_their_area() -> None:
    finding = only(shapes.overlaps(changed("parcels", 1, geometry=box(190, 0, 420, 150))))
    assert where(finding) == ("check.overlap", "warning", "parcels", "P1", "geometry")
    assert finding.values["other"] == "P2" and finding.values["area_m2"] == 10 * 150
    assert finding.values["share_pct"] == 5.0  # of P1's 200 m x 150 m


def test_parcel_within_a_parcel_overlaps_and_neighbours_do_not() -> None:
    inside = only(shapes.overlaps(changed("parcels", 1, geometry=box(50, 50, 60, 60))))
    assert inside.values["area_m2"] == 100 and inside.values["share_pct"] == 100
    assert shapes.overlaps(changed("parcels", 1, geometry=box(200, 0, 420, 150))) == []
    assert shapes.overlaps(changed("parcels", 1, geometry=box(199.95, 0, 420, 150))) == [], "drawing tolerance"


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(5, 30), st.integers(5, 30)), max_size=8)
)
def test_overlaps_are_those_of_every_pair(corners: list[tuple[int, int, int, int]]) -> None:
    rows = [
        {"parcel_id": f"Q{i}", "land_use": "industrial", "geometry": box(x, y, x + w, y + h)}
        for i, (x, y, w, h) in enumerate(corners)
    ]
    if not rows:
        return
    land = frame("parcels", rows)
    shape = land.geometry.to_numpy()
    expected = {
        (land["parcel_id"][i], land["parcel_id"][j]): round(shape[i].intersection(shape[j]).area, 1)
        for i in range(len(land))
        for j in range(i + 1, len(land))
        if shape[i].intersection(shape[j]).area > 1
    }
    found = shapes.overlaps(Park({"parcels": land}, CRS, CRS))
    assert {(f.id, f.values["other"]): f.values["area_m2"] for f in found} == expected


def test_drawn_twice_sliver_and_recorded_area() -> None:
    assert only(shapes.twice(changed("buildings", 1, geometry=box(20, 20, 100, 120)))).values == {"other": "B1"}
    sliver = only(shapes.slivers(changed("parcels", 0, geometry=box(0, 0, 200, 0.4))))
    assert sliver.id == "P1" and sliver.values["width_m"] == pytest.approx(0.4, abs=0.01)
    assert shapes.recorded_area(changed("parcels", 0, area_m2=30_000 * 1.04)) == []
    mu = only(shapes.recorded_area(changed("parcels", 0, area_m2=45.0)))  # 45 mu are 30 000 m2
    assert mu.id == "P1" and mu.values["share_pct"] == pytest.approx(-99.85, abs=0.06)


def test_places() -> None:
    works = [
        {"facility_id": "F1", "utility": "heat", "geometry": point(80_000, 0)},
        {"facility_id": "F2", "utility": "heat", "geometry": point(0, 0)},
    ]
    far = only(places.elsewhere(small_park(facilities=works)))
    assert where(far) == ("check.row_elsewhere", "error", "facilities", "F1", "geometry") and far.values["km"] == 80
    stray_parcel = only(places.elsewhere(changed("parcels", 0, geometry=box(1e9, 0, 1e9 + 10, 10))))
    assert where(stray_parcel) == ("check.row_elsewhere", "error", "parcels", "P1", "geometry")
    out = places.outside(changed("enterprises", 0, geometry=point(5000, 0)))
    assert where(only(out)) == ("check.outside_park", "warning", "enterprises", "E1", "geometry")
    firms = small_park()["enterprises"].copy()
    firms.loc[[0, 1], "geometry"] = None
    use = small_park()["occupancy"].query("enterprise_id not in ('E1', 'E3')")
    told = list(places.placeless(small_park(enterprises=firms, occupancy=use)))
    assert [(f.key, f.id) for f in told] == [
        ("check.firm_without_place", "E1"),
        ("check.firms_without_parcel", ""),
    ]
    assert told[1].values == {"count": 1, "total": 5}
    stray = only(places.buildings_on_no_parcel(changed("buildings", 0, geometry=box(205, 0, 215, 10))))
    assert stray.values == {"count": 1, "total": 6}


def test_loose_road() -> None:
    roads = [*small_park()["roads"].to_dict("records"), {"road_id": "R9", "geometry": line((20, 20), (60, 20))}]
    finding = only(places.loose_roads(small_park(roads=roads)))
    assert (
        where(finding) == ("check.road_loose", "warning", "roads", "R9", "geometry")
        and finding.values["length_m"] == 40
    )
    assert list(places.loose_roads(small_park())) == []


# ---- amounts


@pytest.mark.parametrize(("kind", "supply", "target"), [("hot", 60, 90), ("cold", 90, 60)])
def test_temperatures_that_cross_their_kind(kind: str, supply: float, target: float) -> None:
    park = changed("heat_streams", 0, kind=kind, t_supply_c=supply, t_target_c=target)
    assert where(only(amounts.temperatures(park))) == (
        "check.temperatures_crossed", "error", "heat_streams", "H1", "t_target_c",
    )  # fmt: skip


def test_condensing_steam_keeps_its_temperature() -> None:
    assert amounts.temperatures(changed("heat_streams", 0, t_supply_c=180, t_target_c=180)) == []


def test_shares_over_one_per_parcel() -> None:
    use = [*small_park()["occupancy"].to_dict("records"), {"enterprise_id": "E1", "parcel_id": "P2", "share": 0.25}]
    finding = only(amounts.shares(small_park(occupancy=use)))
    assert finding.id == "P2" and finding.values["sum_pct"] == 125


def test_months_and_winds_that_do_not_add_up() -> None:
    even = {"profile_id": "even"}
    summer = {"profile_id": "summer", **{f"m{m:02d}_pct": 20.0 if 5 <= m <= 8 else 0.0 for m in range(1, 13)}}
    finding = only(amounts.months(small_park(profiles=[even, summer])))
    assert finding.id == "summer" and finding.values["sum_pct"] == 80
    rose = [
        {"wind_id": f"{season}{i}", "season": season, "direction_deg": 90.0 * i, "frequency_pct": share}
        for season, share in (("summer", 26.0), ("winter", 25.0), ("year", 20.0))
        for i in range(4)
    ]
    told = list(amounts.wind(small_park(wind=rose)))
    assert [(f.key, f.id, f.values["sum_pct"]) for f in told] == [
        ("check.wind_over", "summer", 104),
        ("check.wind_calm", "year", 80),
    ]


@pytest.mark.parametrize(
    ("layer", "cells", "column"),
    [
        ("parcels", {"plot_ratio_min": 2.0, "plot_ratio_max": 1.0}, "plot_ratio_min"),
        (
            "parcels",
            {"supply_date": pd.Timestamp("2020-01-01"), "expiry_date": pd.Timestamp("2010-01-01")},
            "supply_date",
        ),
        ("enterprises", {"tax_cur_a": 9e9}, "tax_cur_a"),
        ("buildings", {"storeys": 1.0, "tall_storeys": 2}, "tall_storeys"),
    ],
)
def test_pairs_in_the_wrong_order(layer: str, cells: dict[str, Any], column: str) -> None:
    finding = only(amounts.order(changed(layer, 0, **cells)))
    assert (finding.key, finding.layer, finding.column) == ("check.order", layer, column)


def test_buildings_that_cannot_be() -> None:
    # B1 is 80 m x 100 m: 8 000 m2 a storey
    low = only(amounts.storeys(changed("buildings", 0, height_m=10.0, storeys=20.0)))
    assert low.key == "check.storey_height" and low.values["storey_m"] == 0.5
    big = only(amounts.storeys(changed("buildings", 0, storeys=1.0, floor_area_m2=10_000.0)))
    assert big.key == "check.floor_area" and big.values["limit"] == 8000
    assert list(amounts.storeys(changed("buildings", 0, storeys=1.0, floor_area_m2=9_000.0))) == []
    ground = only(amounts.ground(changed("parcels", 0, open_yard_m2=40_000.0)))
    assert ground.id == "P1" and ground.values["drawn"] == 30_000


def test_marks_of_estimates_and_firms_of_one_name() -> None:
    finding = only(amounts.estimated(changed("enterprises", 0, estimated="staff; staf")))
    assert finding.values["value"] == "staf"
    assert only(amounts.same_name(changed("enterprises", 1, name="Power and heat"))).values["other"] == "E1"


# ---- balances, by hand


def test_material_balance_of_a_firm() -> None:
    # the cement works takes 38 000 t/a; 41 800 is the most that passes (110 %)
    def park(out: float) -> Park:
        row = {
            "flow_id": "M9",
            "enterprise_id": "E2",
            "material": "fly_ash",
            "direction": "out",
            "quantity_t_a": out,
        }
        return small_park(material_flows=[*small_park()["material_flows"].to_dict("records"), row])

    over = only(balances.materials(park(41_801)))
    assert where(over)[:4] == ("check.balance_over", "warning", "enterprises", "E2")
    assert (over.values["inputs"], over.values["outputs"]) == (38_000, 41_801)
    assert list(balances.materials(park(41_800))) == []
    assert only(balances.materials(park(18_999))).key == "check.balance_under"


def test_water_balance_of_a_firm() -> None:
    # the paper mill takes 3 000 t/d; 3 150 t/d is the most that passes (105 %)
    streams = small_park()["water_streams"]
    row = streams.index[streams["stream_id"] == "W4"][0]
    assert balances.water(changed("water_streams", row, flow_t_d=3150.0)) == []
    finding = only(balances.water(changed("water_streams", row, flow_t_d=3151.0)))
    assert finding.id == "E4" and finding.key == "check.water_over"


def test_exchanges_and_hazardous_flows() -> None:
    over = only(balances.exchanged(changed("exchanges", 0, quantity_t_a=41_000.0)))  # 40 000 t/a of ash are made
    assert over.key == "check.exchange_over" and over.id == "E1" and over.values["made"] == 40_000
    assert only(balances.exchanged(changed("exchanges", 0, to_enterprise_id="E1"))).key == "check.exchange_own"
    assert only(balances.exchanged(changed("exchanges", 0, quantity_t_a=np.nan))).key == "check.exchange_amount"
    waste = only(balances.hazardous(changed("material_flows", 0, hazardous=True)))
    assert where(waste) == ("check.waste_code", "warning", "material_flows", "M1", "waste_code")
    assert balances.hazardous(changed("material_flows", 0, hazardous=True, waste_code="HW18")) == []


# ---- mending


def test_mending_is_listed_and_leaves_the_original(tmp_path: Path) -> None:
    park = small_park()
    land = park["parcels"].copy()
    land["area_m2"] = [None, None, 30_000, None, None, None]
    land.loc[0, "land_use"] = "工业用地"
    # a bow tie: two triangles of 50 m x 100 m / 2
    land.loc[1, "geometry"] = shapely.Polygon(
        [(EAST + 220, NORTH), (EAST + 320, NORTH + 100), (EAST + 320, NORTH), (EAST + 220, NORTH + 100)]
    )
    land.loc[2, "geometry"] = shapely.MultiPolygon([box(440, 0, 640, 100), box(440, 110, 640, 160)])
    land.loc[3, "geometry"] = shapely.force_3d(land.loc[3, "geometry"], 5.0)
    firms = pd.concat([park["enterprises"], park["enterprises"].iloc[[4]]])
    source, out = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    for name, table in {**park.frames, "parcels": land, "enterprises": firms}.items():
        pyogrio.write_dataframe(table, source, layer=name, append=source.exists())
    before = source.read_bytes()
    with pytest.raises(InputError):
        read_park(source)
    told = mend_park(source, out)
    assert source.read_bytes() == before
    assert {(f.key, f.layer, f.id) for f in told} == {
        ("check.mended_code", "parcels", "P1"),
        ("check.mended_copy", "enterprises", "E5"),
        ("check.mended_outline", "parcels", "P2"),
        ("check.mended_parts", "parcels", "P2"),
        ("check.mended_parts", "parcels", "P3"),
        ("check.mended_heights", "parcels", ""),
    }
    for finding in told:
        assert finding.text("en") and finding.text("zh") and finding.remedy("zh")
    mended = read_park(out)
    area = mended["parcels"].set_index("parcel_id").geometry.area.round()
    assert area[["P2", "P2-2", "P3", "P3-2"]].tolist() == [2500, 2500, 20_000, 10_000]
    recorded = mended["parcels"].set_index("parcel_id")["area_m2"]
    assert recorded[["P3", "P3-2"]].tolist() == [20_000, 10_000], "shared out by drawn area"
    use = mended["occupancy"].query("enterprise_id == 'E3'")
    assert use["parcel_id"].tolist() == ["P3", "P3-2"], "the firm still uses all of its land"
    assert len(mended["enterprises"]) == 5


def test_mending_a_sound_park_changes_nothing(tmp_path: Path) -> None:
    write_frames(small_park().frames, tmp_path / "a.gpkg", CRS)
    assert mend_park(tmp_path / "a.gpkg", tmp_path / "b.gpkg") == []
    same = check_park(tmp_path / "b.gpkg")
    assert same == check_park(tmp_path / "a.gpkg")


def test_mending_never_drops_a_layer_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "park"
    folder.mkdir()
    (folder / "parcels.geojson").write_text("{broken")
    with pytest.raises(InputError):
        mend_park(folder, tmp_path / "b.gpkg")
    assert not (tmp_path / "b.gpkg").exists()
