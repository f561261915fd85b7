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
from .screening.suitability import scores, suitability, wind_index

NO_WAY_M = 1e6
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
            marks = ["demand", "peak"] if guessed else []
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
                    "peak": rounded(site.peak),
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
    wind = wind_index(rules.access(), persons, rules.park, rules.standards)
    for outcome in outcomes:
        screening = outcome.screening
        score = scores(screening, rules, _ways(outcome), persons, wind)
        fit = suitability(score, rules.choices)
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
                if outcome.study.regrets is not None:
                    row["regret_cur_a"] = None if status == "chosen" else _known(outcome.study.regrets[place], 0)
                row |= {f"score_{name}": _known(float(part[place]), 3) for name, part in score.items()}
            else:
                row |= {
                    "rule": verdict.rule,
                    "measured": verdict.measured,
                    "limit_value": verdict.limit,
                    "unit": verdict.unit,
                    "also_failed": ";".join(screening.also.get(int(land), ())),
                    "source": verdict.source,
                    "edition": verdict.edition,
                    "confidence": verdict.confidence,
                }
            rows.append(row)
    return frame_of(rows, "site_candidates", crs)


def _ways(outcome: Outcome) -> np.ndarray:
    """(candidates,) sum of demand x way of each candidate; a way that does not exist counts as very long."""
    task, lands = outcome.task, outcome.screening.lands
    way = task.demand @ np.where(np.isfinite(task.distance_m), task.distance_m, NO_WAY_M)
    return np.asarray(way[lands] + float(task.demand.sum()) * task.source_m[lands])


def service(outcomes: list[Outcome], demand: Demand, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """The table ``site_service``: a line from each consumer to each site that serves him."""
    rows = []
    names, places = demand.places.index.tolist(), demand.places
    firm, growth, parcel = (places[column].tolist() for column in ("enterprise_id", "growth_id", "parcel_id"))
    x, y = places.geometry.x.to_numpy(), places.geometry.y.to_numpy()
    for outcome in outcomes:
        task, choice = outcome.task, outcome.choice
        matrix = choice.share.tocoo()
        ends = [site.shape.representative_point() for site in choice.sites]
        guessed = demand.guessed[outcome.utility].to_numpy() > 0
        for i, k, share in sorted(zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True)):
            site = choice.sites[k]
            consumer = int(task.consumers[i])
            start, end = (float(x[consumer]), float(y[consumer])), (ends[k].x, ends[k].y)
            if np.hypot(end[0] - start[0], end[1] - start[1]) < 0.01:
                end = (end[0] + 0.1, end[1])  # a line needs a length
            way = float(task.distance_m[i, site.land])
            rows.append(
                {
                    "service_id": f"{outcome.site_ids[k]}:{names[consumer]}",
                    "utility": outcome.utility,
                    "site_id": outcome.site_ids[k],
                    "enterprise_id": firm[consumer],
                    "growth_id": growth[consumer],
                    "parcel_id": parcel[consumer],
                    "demand": rounded(share * task.demand[i]),
                    "unit": UNIT[outcome.utility],
                    "share": round(share, 6),
                    "distance_m": round(way, 1),
                    "lift_m": round(float(choice.lift_m[i, k]), 2),
                    "estimated": "demand" if guessed[consumer] else "",
                    "geometry": shapely.LineString([start, end]),
                }
            )
    return frame_of(rows, "site_service", crs)


def rounded(value: float) -> float:
    """A quantity without the noise of the last digits."""
    return float(f"{value:.9g}")


def _known(value: float, digits: int) -> float | None:
    return round(value, digits) if np.isfinite(value) else None
