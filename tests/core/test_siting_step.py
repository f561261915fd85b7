"""The siting step on the small park: sites, services, rejections with value, limit and source, and bad input."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from small_park import CRS, EAST, NORTH, box, frame, line, point, shuffled, small_park

from parkloop import resources
from parkloop.analysis.errors import Cancelled, InputError
from parkloop.analysis.park.model import Park
from parkloop.analysis.scenario import Scenario, Siting
from parkloop.analysis.siting import run
from parkloop.analysis.steps import Progress, StepResult

TABLES = ("sites", "site_candidates", "site_service", "exclusion_zones", "protection_zones")


PLAN_ALONE = {"front_points": 0, "alternatives": 0, "sensitivity_pct": 0.0}  # what is asked beside it takes longer


def siting(park: Park, **choices: Any) -> StepResult:
    return run(park, Scenario(siting=Siting(**{**PLAN_ALONE, **choices})), {}, Progress())


def keys(result: StepResult) -> set[str]:
    return {finding.key for finding in result.findings}


def facility(**more: Any) -> dict[str, Any]:
    return {"facility_id": "F1", "utility": "wastewater", "capacity": 6000, "geometry": point(540, 250), **more}


def test_every_table_is_as_its_schema_says() -> None:
    result = siting(
        small_park(exclusions=[{"exclusion_id": "X", "kind": "flood", "geometry": box(600, 0, 700, 60)}])
    )
    for name in TABLES:
        table = result.tables[name]
        assert list(table.columns) == [*resources.columns(name), "geometry"]
        key = table.columns[0]
        assert table[key].is_unique
        assert table[key].tolist() == sorted(table[key])
        assert isinstance(table, gpd.GeoDataFrame) and table.crs == CRS
        for column, row in resources.columns(name).items():
            if row["codes"]:
                assert set(table[column]) <= {"", *resources.codes(row["codes"])}
    for lang in resources.LANGUAGES:
        assert resources.text(result.headline[0], lang, **result.headline[1])
        for figure in result.figures:
            assert resources.text(f"siting.figure.{figure}", lang)
        for finding in result.findings:
            assert finding.text(lang) and finding.remedy(lang)


def test_whoever_asks_is_served_within_capacity() -> None:
    result = siting(small_park())
    sites, service = result.tables["sites"].set_index("site_id"), result.tables["site_service"]
    served = service.groupby("site_id")["demand"].sum()
    pd.testing.assert_series_equal(served, sites["demand"], check_names=False)
    assert (sites["demand"] <= sites["capacity"]).all()
    # H2 5,000 + H3 1,500 kW; W1 800 + W4 2,500 t/d
    assert sites.loc["heat-1", "demand"] == 6500
    assert sites.loc["wastewater-1", "demand"] == 3300
    # 70 % of 3,300 t/d effluent; the demand of 5,000 t/d would take it all
    assert sites.loc["reclaimed-1", "demand"] == pytest.approx(2310)
    assert sites.loc["water-1", "demand"] == pytest.approx(5000 - 2310)
    assert (service.geometry.geom_type == "LineString").all()
    for answer in result.answers:
        assert answer.gap is not None and answer.gap <= 1e-3


def test_sites_lie_on_free_land_and_apart() -> None:
    park = small_park()
    sites = siting(park).tables["sites"]
    shapes = np.asarray(sites.geometry)
    land = park["parcels"].set_index("parcel_id").geometry["P6"].buffer(0.01)
    assert all(land.contains(shape) for shape in shapes)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    assert not len(one) and not len(other)


def test_no_site_touches_an_exclusion() -> None:
    river = [{"exclusion_id": "X1", "kind": "surface_water", "basis": "river", "geometry": box(440, 260, 640, 320)}]
    result = siting(small_park(exclusions=river))
    sites, zones = result.tables["sites"], result.tables["exclusion_zones"]
    assert len(sites) and len(zones) == 1
    assert sites.distance(zones.geometry.iloc[0]).min() > 0.4


def test_exclusion_over_all_land_says_which_rule_and_what_would_free() -> None:
    flood = [
        {"exclusion_id": "X1", "kind": "flood", "basis": "Flood map 2020", "geometry": box(440, 170, 640, 318)}
    ]
    result = siting(small_park(exclusions=flood))
    assert result.tables["sites"].empty
    row = result.tables["site_candidates"].set_index("candidate_id").loc["wastewater:P6"]
    assert (row["status"], row["rule"], row["unit"], row["source"]) == ("rejected", "flood", "m2", "Flood map 2020")
    assert row["measured"] == pytest.approx(200 * 1.5, abs=1)  # a strip of 2 m less the clearance
    found = next(f for f in result.findings if f.key == "siting.no_site" and f.id == "wastewater")
    assert "P6" in found.text("en") and "Flood area" in found.text("en")
    assert "洪泛区" in found.text("zh")


def test_protection_distance_is_measured_and_cited() -> None:
    """Housing 60 m east of P6: every point within 150 m of it is lost to wastewater, which needs 6,000 m2."""
    homes = [{"area_id": "S1", "kind": "residential", "population": 500, "geometry": box(700, 100, 900, 400)}]
    result = siting(small_park(sensitive_areas=homes))
    site = result.tables["sites"].set_index("utility").loc["wastewater"]
    assert site["people_m"] >= 150
    near = siting(small_park(sensitive_areas=[{**homes[0], "geometry": box(430, 325, 650, 400)}]))
    row = near.tables["site_candidates"].set_index("candidate_id").loc["wastewater:P6"]
    assert (row["rule"], row["limit_value"], row["source"]) == ("protection_distance", 150.0, "GB 50318-2017")
    assert row["measured"] < 150
    assert row["confidence"] == "h"


def test_hazardous_waste_is_screened_by_the_historic_distance_only_if_wanted() -> None:
    flows = [
        {
            "flow_id": "M1",
            "enterprise_id": "E3",
            "material": "spent_solvent",
            "direction": "out",
            "role": "waste",
            "quantity_t_a": 800,
            "hazardous": True,
        }
    ]
    homes = [{"area_id": "S1", "kind": "residential", "geometry": box(1000, 0, 1100, 100)}]
    park = small_park(material_flows=flows, sensitive_areas=homes)
    row = siting(park).tables["site_candidates"].set_index("candidate_id").loc["hazardous_waste:P6"]
    assert (row["rule"], row["limit_value"], row["source"]) == (
        "protection_distance",
        800.0,
        "GB 18597-2001 (withdrawn)",
    )
    sites = siting(park, hazardous_screening=False).tables["sites"]
    assert "hazardous_waste" in set(sites["utility"])


def test_existing_works_with_room_are_kept() -> None:
    result = siting(small_park(facilities=[facility()]))
    site = result.tables["sites"].set_index("utility").loc["wastewater"]
    assert (site["status"], site["facility_id"], site["investment_cur"]) == ("existing", "F1", 0)
    assert site["capacity"] == 6000


def test_existing_works_too_small_are_joined_by_another() -> None:
    result = siting(small_park(facilities=[facility(capacity=2000)]), single_source=False)
    sites = result.tables["sites"][result.tables["sites"]["utility"] == "wastewater"]
    assert sorted(sites["status"]) == ["existing", "new"]
    assert (sites["demand"] * 1.1 <= sites["capacity"] * (1 + 1e-6)).all()


def test_works_inside_an_exclusion_are_kept_only_if_accepted() -> None:
    zone = [{"exclusion_id": "X1", "kind": "flood", "geometry": box(300, 150, 660, 330)}]
    park = small_park(facilities=[facility()], exclusions=zone)
    assert "wastewater" not in set(siting(park).tables["sites"]["utility"])
    row = siting(park).tables["site_candidates"].set_index("candidate_id").loc["wastewater:F1"]
    assert (row["status"], row["rule"]) == ("rejected", "flood")
    kept = siting(park, accept=["F1"])
    assert "wastewater" in set(kept.tables["sites"]["utility"])
    assert "siting.kept_partly_excluded" in keys(kept)


def test_works_on_land_zoned_for_another_use_are_kept_and_told() -> None:
    land = small_park()["parcels"].copy()
    land.loc[land["parcel_id"] == "P6", "planned_use"] = "green"
    result = siting(small_park(parcels=land, facilities=[facility()]))
    assert set(result.tables["sites"].query("utility == 'wastewater'")["status"]) == {"existing"}
    row = result.tables["site_candidates"].set_index("candidate_id").loc["heat:P6"]
    assert (row["status"], row["rule"], row["source"]) == ("rejected", "zoning", "plan")
    told = siting(small_park(parcels=land, facilities=[facility(geometry=point(500, 250))]))
    found = [f for f in told.findings if f.key == "siting.kept_against"]
    assert [f.id for f in found] == ["F1"]
    assert "Zoned for another use" in found[0].text("en") and "规划用途不符" in found[0].text("zh")


def test_unknown_capacity_is_not_counted() -> None:
    result = siting(small_park(facilities=[facility(capacity=None)]))
    assert "siting.capacity_unknown" in keys(result)
    assert set(result.tables["sites"].query("utility == 'wastewater'")["status"]) == {"new"}


def test_two_sites_at_one_place_count_once() -> None:
    result = siting(small_park(facilities=[facility(), facility(facility_id="F2")]))
    assert "siting.same_place" in keys(result)
    assert (result.tables["sites"]["utility"] == "wastewater").sum() == 1


def test_demand_above_all_capacity() -> None:
    wide = [{"stream_id": "W1", "enterprise_id": "E5", "direction": "discharge", "flow_t_d": 60_000}]
    result = siting(small_park(water_streams=wide), utilities=["wastewater"])
    found = keys(result)
    assert found & {"siting.no_site", "siting.no_reach", "siting.unserved"}


def test_pin_forbid_and_unknown_place() -> None:
    own = [{"site_id": "OWN", "name": "East end", "geometry": box(560, 0, 640, 150)}]
    park = small_park(candidate_sites=own)
    assert set(siting(park, forbid=["P6"]).tables["sites"]["land_id"]) == {"OWN"}
    pinned = siting(park, pin=["wastewater:OWN"]).tables["sites"].set_index("utility")
    assert pinned.loc["wastewater", "land_id"] == "OWN"
    assert "siting.unknown_place" in keys(siting(park, pin=["NOWHERE"]))
    assert "siting.pin_rejected" in keys(siting(park, pin=["P6"], forbid=["P6"]))


def test_island_in_the_roads_changes_nothing_but_the_way() -> None:
    roads = small_park()["roads"]
    island = frame("roads", [{"road_id": "ISLAND", "geometry": line((300, 60), (330, 60))}])
    result = siting(small_park(roads=pd.concat([roads, island])))
    assert np.isfinite(result.tables["site_service"]["distance_m"]).all()


def test_wind_rose_that_does_not_add_up_is_named_and_left_out() -> None:
    homes = [{"area_id": "S1", "kind": "residential", "population": 100, "geometry": box(1400, 0, 1500, 100)}]
    rose = [
        {"wind_id": f"N{d}", "season": "summer", "direction_deg": d, "frequency_pct": 40} for d in (0, 90, 180, 270)
    ]
    result = siting(small_park(wind=rose, sensitive_areas=homes))
    assert "siting.wind_sum" in keys(result)
    plain = siting(small_park(sensitive_areas=homes))
    pd.testing.assert_frame_equal(pd.DataFrame(result.tables["sites"]), pd.DataFrame(plain.tables["sites"]))


def test_growth_is_counted_by_horizon() -> None:
    rows = [{"growth_id": "G1", "parcel_id": "P6", "horizon": "near", "heat_kw": 1000}]
    park = small_park(growth=rows)
    assert siting(park).tables["sites"].set_index("utility").loc["heat", "demand"] == 7500
    assert siting(park, horizon="today").tables["sites"].set_index("utility").loc["heat", "demand"] == 6500


def test_no_roads_is_the_inputs_fault() -> None:
    with pytest.raises(InputError):
        siting(small_park(roads=None))


def test_cancelled() -> None:
    with pytest.raises(Cancelled):
        run(small_park(), Scenario(), {}, Progress(cancelled=lambda: True))


def test_row_order_changes_nothing() -> None:
    homes = [{"area_id": "S1", "kind": "residential", "population": 500, "geometry": box(700, 100, 900, 400)}]
    park = small_park(facilities=[facility(capacity=1500)], sensitive_areas=homes)
    one, other = siting(park), siting(shuffled(park))
    for name in TABLES:
        pd.testing.assert_frame_equal(pd.DataFrame(one.tables[name]), pd.DataFrame(other.tables[name]))


def test_wastewater_lies_on_low_ground(tmp_path: Any) -> None:
    """Land that falls to the west: P6 in the east is too high, the planner's site in the west is taken."""
    column = np.arange(-400, 1100, 10.0)
    path = tmp_path / "height.tif"
    height = np.tile(100 + 0.02 * column, (90, 1)).astype("float32")
    transform = rasterio.Affine(10, 0, EAST - 400, 0, -10, NORTH + 600)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=len(column),
        height=90,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=transform,
    ) as file:
        file.write(height, 1)
    low = small_park(
        candidate_sites=[{"site_id": "WEST", "geometry": box(-200, 0, -30, 330)}],
        park=[{"park_id": "small", "name": "Small", "currency": "CNY", "geometry": box(-300, -20, 660, 340)}],
    )
    raised = Park(low.frames, low.crs, low.source_crs, path)
    result = siting(raised)
    site = result.tables["sites"].set_index("utility").loc["wastewater"]
    firms = 100 + 0.02 * np.array([100.0, 320.0])  # E4 and E5 discharge
    assert site["land_id"] == "WEST"
    assert site["elevation_m"] < np.percentile(firms, 20)
    row = result.tables["site_candidates"].set_index("candidate_id").loc["wastewater:P6"]
    assert (row["status"], row["rule"]) == ("rejected", "low_ground")
    relaxed = siting(Park(small_park().frames, CRS, CRS, path), low_ground_pct=100)
    assert "wastewater" in set(relaxed.tables["sites"]["utility"])
