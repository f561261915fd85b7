"""A small park and a run of siting made by hand: three parcels in a row, a facility, a site of the planner's."""

import json
import shutil

CRS = "crs=EPSG:4549"
X, Y = 500000.0, 3480000.0
UTILITIES = ("heat", "wastewater")


def square(x, y, side=200.0):
    x, y = X + x, Y + y
    return f"Polygon(({x} {y}, {x} {y + side}, {x + side} {y + side}, {x + side} {y}, {x} {y}))"


def fields(names):
    """The part of the address of a memory layer that says its columns: ``name`` or ``name:type``."""
    return "".join(f"&field={name if ':' in name else name + ':string'}" for name in names.split())


def make_park(layer_of, geopackage, name="park.gpkg", with_sites=True):
    """P1, P2, P3 side by side, F1 inside P1, K01 inside P2."""
    layers = {
        "park": layer_of(f"Polygon?{CRS}{fields('park_id name')}", [(square(-100, -100, 1000), "A", "Park")]),
        "parcels": layer_of(
            f"Polygon?{CRS}{fields('parcel_id name land_use')}",
            [(square(at * 200, 0), f"P{at + 1}", f"Plot {at + 1}", "industrial") for at in range(3)],
        ),
        "facilities": layer_of(
            f"Point?{CRS}{fields('facility_id name utility capacity:double')}",
            [(f"Point({X + 100} {Y + 100})", "F1", "Boiler", "heat", 900.0)],
        ),
        "enterprises": layer_of(
            f"Point?{CRS}{fields('enterprise_id name')}", [(f"Point({X + 20} {Y + 20})", "E1", "Works")]
        ),
    }
    if with_sites:
        layers["candidate_sites"] = layer_of(
            f"Polygon?{CRS}{fields('site_id name utility source estimated')}",
            [(square(250, 50, 60), "K01", "Corner", "heat", "plan", None)],
        )
    return geopackage(name, **layers)


def make_run(layer_of, geopackage, folder, tables=True):
    """A run with two sites; ``tables`` are those of fronts, alternatives and the like."""
    spots = (
        ("P1", "vacant", 0, 200),
        ("P2", "idle", 200, 200),
        ("P3", "vacant", 400, 200),
        ("K01", "own", 250, 60),
    )
    candidates = [
        (
            square(at, 50 if key == "K01" else 0, side),
            *(f"{utility}:{key}", utility, key, None, origin),
            *(
                ("rejected", "too_steep", 12.5, 8.0, "%")
                if (utility, key) == ("heat", "P3")
                else ("chosen" if key == "P1" else "eligible", None, None, None, None)
            ),
        )
        for utility in UTILITIES
        for key, origin, at, side in spots
    ]
    layers = {
        "sites": layer_of(
            f"Polygon?{CRS}{fields('site_id name utility land_id status capacity:double unit investment_cur:double estimated')}",
            [
                (square(10, 10, 50), "heat-1", None, "heat", "P1", "new", 900.0, "kW", 2e6, None),
                (square(70, 10, 50), "wastewater-1", None, "wastewater", "P1", "new", 500.0, "t/d", 9e6, None),
            ],
        ),
        "site_candidates": layer_of(
            f"Polygon?{CRS}{fields('candidate_id utility land_id name origin status rule measured:double limit_value:double unit')}",
            candidates,
        ),
    }
    if tables:
        layers.update(_tables(layer_of))
    file = geopackage("made.gpkg", **layers)
    folder.mkdir(parents=True)
    shutil.move(str(file), str(folder / "results.gpkg"))
    figure = {"value": 2.0, "unit": "", "estimated_share": 0.0, "label": {"en": "Sites", "zh": "场址数量"}}
    siting = {"pin": [], "forbid": [], "most_sites_of": {}}
    document = {
        "park": {
            "name": "Park",
            "crs": "EPSG:4549",
            "working_crs": "EPSG:4549",
            "currency": "CNY",
            "synthetic": False,
        },
        "scenario": {"name": "base", "seed": 1, "time_limit_s": None, "standards": {}, "siting": siting},
        "defaults": {"name": "base", "seed": 1, "time_limit_s": None, "standards": {}, "siting": siting},
        "steps": {
            "siting": {
                "headline": {"en": "heat: 1 of 1 sited", "zh": "供热：1类中1类已选址"},
                "figures": {"sites": figure},
                "answers": [],
                "findings": [],
                "tables": {name: layer.featureCount() for name, layer in layers.items()},
            }
        },
        "sources": [],
    }
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def _tables(layer_of):
    front = fields(
        "point_id utility number:integer sites pins count:integer cost_cur_a:double exposed:double co2_t_a:double goal chosen:integer"
    )
    others = fields(
        "alternative_id utility rank:integer sites pins without instead count:integer cost_cur_a:double exposed:double "
        "co2_t_a:double regret_cur_a:double regret_pct:double"
    )
    return {
        "site_front": layer_of(
            f"NoGeometry?{front[1:]}",
            [
                ("", "heat-1", "heat", 1, "P1 900 kW", "heat:P1", 1, 1.0e6, 300.0, 90.0, "cost", 1),
                ("", "heat-2", "heat", 2, "P2 900 kW", "heat:P2", 1, 1.2e6, 120.0, 95.0, "exposure", 0),
                (
                    "",
                    "heat-3",
                    "heat",
                    3,
                    "P2 500 kW; P3 400 kW",
                    "heat:P2;heat:P3",
                    2,
                    1.9e6,
                    10.0,
                    99.0,
                    "exposure",
                    0,
                ),
            ],
        ),
        "site_alternatives": layer_of(
            f"NoGeometry?{others[1:]}",
            [
                ("", "heat-0", "heat", 0, "P1 900 kW", "P1", None, None, 1, 1.0e6, 300.0, 90.0, 0.0, 0.0),
                (
                    "",
                    "heat-a",
                    "heat",
                    1,
                    "K01 900 kW",
                    "heat:K01",
                    "P1",
                    "K01",
                    1,
                    1.05e6,
                    290.0,
                    91.0,
                    4.9e4,
                    4.7,
                ),
                (
                    "",
                    "wastewater-0",
                    "wastewater",
                    0,
                    "P1 500 t/d",
                    "wastewater:P1",
                    None,
                    None,
                    1,
                    2e6,
                    0.0,
                    5.0,
                    0.0,
                    0.0,
                ),
            ],
        ),
        "site_sensitivity": layer_of(
            f"NoGeometry?{fields('change_id utility factor change_pct:double same_sites:integer sites')[1:]}",
            [("", "heat-demand+20", "heat", "demand", 20.0, 0, "P2 900 kW")],
        ),
        "site_phases": layer_of(
            f"NoGeometry?{fields('phase_id utility site_id horizon year:integer added:double unit')[1:]}",
            [("", "heat-1/near", "heat", "heat-1", "near", 2028, 900.0, "kW")],
        ),
        "site_outages": layer_of(
            f"NoGeometry?{fields('outage_id utility site_id served_pct:double lost:double unit firms:integer')[1:]}",
            [("", "heat-1", "heat", "heat-1", 0.0, 900.0, "kW", 1)],
        ),
        "wind_rose": layer_of(
            f"NoGeometry?{fields('rose_id season direction_deg:double frequency_pct:double calm_pct:double used:integer')[1:]}",
            [
                ("", f"{season}-{at}", season, at * 45.0, 5.0 + at, calm, 1)
                for season, calm in (("year", 32.0), ("summer", 30.0))
                for at in range(8)
            ],
        ),
        "service_areas": layer_of(
            f"Polygon?{CRS}{fields('area_id utility site_id served:integer demand:double unit')}",
            [(square(0, 0, 600), "heat-1", "heat", "heat-1", 1, 900.0, "kW")],
        ),
        "plume_contours": layer_of(
            f"Polygon?{CRS}{fields('contour_id utility site_id pollutant period highest_ug_m3:double limit_ug_m3:double')}",
            [
                (square(-50, -50, 400), "a", "heat", "heat-1", "nox", "worst_hour", 50.0, 250.0),
                (square(-50, -50, 300), "b", "heat", "heat-1", "nox", "annual", 2.0, 50.0),
            ],
        ),
    }
