"""The result tables of siting, from choices to frames."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from .choice import Choice, Site, Task
from .choice.phases import Phase
from .choice.study import Study
from .demand import UNIT, Demand
from .frames import frame_of
from .screening import Rules, Screening

MONEY = ["cost_cur_a", "works_cur_a", "land_cur_a", "operation_cur_a", "way_cur_a", "losses_cur_a", "co2_t_a"]


@dataclass(frozen=True)
class Outcome:
    """What one utility came to; ``site_ids`` in the order of ``choice.sites``, ``lands`` the names of its candidates."""

    utility: str
    task: Task
    screening: Screening
    choice: Choice
    study: Study
    phases: list[Phase]
    site_ids: list[str]
    lands: list[str]
    guessed: float


def sites(outcomes: list[Outcome], rules: Rules, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """The table ``sites``."""
    rows = []
    for outcome in outcomes:
        for site_id, site in zip(outcome.site_ids, outcome.choice.sites, strict=True):
            land = rules.lands.iloc[site.land]
            guessed = outcome.guessed > 0
            own = bool(land["guessed"]) and land["use_for"] == outcome.utility
            marks = ["demand"] if guessed else []
            # what is built is sized for the demand, and costs accordingly
            marks += ["capacity"] if own or (guessed and site.extra > 0) else []
            marks += ["investment_cur"] if guessed and site.investment > 0 else []
            marks += MONEY if guessed else []
            rows.append(
                {
                    "site_id": site_id,
                    "name": land["name"],
                    "utility": outcome.utility,
                    "status": site.status,
                    "facility_id": land["facility_id"],
                    "land_id": rules.lands.index[site.land],
                    "origin": land["origin"],
                    "capacity": rounded(site.capacity),
                    "added": rounded(site.extra),
                    "unit": UNIT[outcome.utility],
                    "demand": rounded(site.demand),
                    "served": site.served,
                    "investment_cur": round(site.investment),
                    "cost_cur_a": round(site.cost_a),
                    "works_cur_a": round(site.works_a),
                    "land_cur_a": round(site.land_a),
                    "operation_cur_a": round(site.operation_a),
                    "way_cur_a": round(site.carriage_a),
                    "losses_cur_a": round(site.losses_a),
                    "co2_t_a": round(site.co2_t, 3),
                    "area_m2": round(site.shape.area, 1),
                    "elevation_m": _known(site.elevation_m, 2),
                    "exposed": round(site.exposure, 1),
                    "people_m": _known(people_m(site, rules), 1),
                    "estimated": ";".join(marks),
                    "geometry": site.shape,
                }
            )
    return frame_of(rows, "sites", crs)


def people_m(site: Site, rules: Rules) -> float:
    """Distance in m from a site to the nearest people; inf where there are none."""
    return float(shapely.distance(rules.people, site.shape).min(initial=np.inf))


def candidates(outcomes: list[Outcome], rules: Rules, persons: np.ndarray, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """The table ``site_candidates``: every candidate of every utility with its status."""
    rows = []
    ground, lands = rules.ground, rules.lands
    shapes = np.asarray(lands.geometry)
    area, free = shapely.area(shapes), ground.left_m2[:, -1] if len(lands) else np.empty(0)
    for outcome in outcomes:
        screening = outcome.screening
        fit = suitability(outcome, rules, persons)
        chosen = {site.land for site in outcome.choice.sites}
        for place, land in enumerate(screening.lands):
            verdict = screening.verdict.get(int(land))
            status = "chosen" if land in chosen else "rejected" if verdict is not None else "eligible"
            sizes = screening.sizes[screening.fits[place]]
            row = {
                "candidate_id": f"{outcome.utility}:{lands.index[land]}",
                "utility": outcome.utility,
                "land_id": lands.index[land],
                "name": lands["name"].iloc[land],
                "origin": lands["origin"].iloc[land],
                "status": status,
                "largest": float(sizes.max()) if len(sizes) else None,
                "area_m2": round(float(area[land]), 1),
                "free_m2": round(float(free[land]), 1),
                "elevation_m": _known(float(ground.lowest_m[land]), 2),
                "slope_pct": _known(float(ground.slope_pct[land]), 2),
                "road_m": _known(float(ground.road_m[land]), 1),
                "geometry": shapes[land],
            }
            if verdict is None or status == "chosen":
                row["suitability"] = round(float(fit[place]), 3)
            else:
                row |= {
                    "rule": verdict.rule,
                    "measured": verdict.measured,
                    "limit_value": verdict.limit,
                    "unit": verdict.unit,
                    "source": verdict.source,
                    "edition": verdict.edition,
                    "confidence": verdict.confidence,
                }
            rows.append(row)
    return frame_of(rows, "site_candidates", crs)


def suitability(outcome: Outcome, rules: Rules, persons: np.ndarray) -> np.ndarray:
    """(candidates,) weighted mean, 0 to 1, of short ways, gentle slope, road access and low exposure.

    Ways and people are measured against the best and the worst of the candidates that are not rejected.
    """
    choices, ground, lands = rules.choices, rules.ground, outcome.screening.lands
    usable = np.array([int(land) not in outcome.screening.verdict for land in lands], bool)
    way = outcome.task.demand @ np.where(np.isfinite(outcome.task.distance_m), outcome.task.distance_m, 1e6)
    way = way[lands] + float(outcome.task.demand.sum()) * outcome.task.source_m[lands]
    best = way[usable].min(initial=np.inf)
    near = (
        np.divide(best, way, out=np.ones(len(lands)), where=way > 0) if np.isfinite(best) else np.ones(len(lands))
    )
    slope = ground.slope_pct[lands] / rules.standards.value("siting.slope_max_pct")
    gentle = np.where(np.isfinite(slope), 1 - slope, 0.5)
    road = 1 - ground.road_m[lands] / rules.standards.value("siting.road_max_m")
    most = persons[lands][usable].max(initial=0.0)
    calm = 1 - persons[lands] / most if most > 0 else np.ones(len(lands))
    parts = np.clip(np.c_[near, gentle, np.where(np.isfinite(road), road, 0.0), calm], 0.0, 1.0)
    weight = np.array([choices.weight_near, choices.weight_gentle, choices.weight_road, choices.weight_exposure])
    return parts @ weight / max(float(weight.sum()), 1e-12)


def service(outcomes: list[Outcome], demand: Demand, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """The table ``site_service``: a line from each consumer to each site that serves him."""
    rows = []
    for outcome in outcomes:
        task, choice = outcome.task, outcome.choice
        matrix = choice.share.tocoo()
        for i, k, share in sorted(zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True)):
            site = choice.sites[k]
            consumer = task.consumers[i]
            place = demand.places.iloc[consumer]
            start, end = place.geometry, site.shape.representative_point()
            if start.distance(end) < 0.01:
                # a line needs a length
                end = shapely.Point(end.x + 0.1, end.y)
            way = float(task.distance_m[i, site.land])
            rows.append(
                {
                    "service_id": f"{outcome.site_ids[k]}:{demand.places.index[consumer]}",
                    "utility": outcome.utility,
                    "site_id": outcome.site_ids[k],
                    "enterprise_id": place["enterprise_id"],
                    "growth_id": place["growth_id"],
                    "parcel_id": place["parcel_id"],
                    "demand": rounded(share * task.demand[i]),
                    "unit": UNIT[outcome.utility],
                    "share": round(share, 6),
                    "distance_m": round(way, 1),
                    "lift_m": round(float(choice.lift_m[i, k]), 2),
                    "estimated": "demand" if demand.guessed[outcome.utility].iloc[consumer] > 0 else "",
                    "geometry": shapely.LineString([start, end]),
                }
            )
    return frame_of(rows, "site_service", crs)


def rounded(value: float) -> float:
    """A quantity without the noise of the last digits."""
    return float(f"{value:.9g}")


def _known(value: float, digits: int) -> float | None:
    return round(value, digits) if np.isfinite(value) else None
