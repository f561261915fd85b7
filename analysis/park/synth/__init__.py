"""A believable park of any size from a seed.

Nothing describes a real place: names are invented, ``park.synthetic`` is true and every row has the source
``synthetic``. The same number of firms and seed give the same park.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely import affinity

from parkloop import resources

from ...steps import Progress
from .. import roadgraph
from ..model import Park, complete
from . import buildings, firms, ground, land, limits, roads, surroundings, uses, utilities

__all__ = ["synthesise"]

CRS = "EPSG:4549"
SOURCE = "synthetic"


def synthesise(enterprises: int, seed: int, folder: Path, progress: Progress | None = None) -> Park:
    """Generate a park.

    Parameters
    ----------
    enterprises
        Number of firms, 5 or more. Time and size grow in proportion.
    seed
        Any whole number from 0.
    folder
        Existing folder in which the terrain raster ``terrain.tif`` is written; ``Park.terrain`` points there.
    progress
        Told how far the work is.

    Raises
    ------
    ValueError
        Fewer than 5 enterprises or a negative seed.
    """
    if enterprises < 5 or seed < 0:
        raise ValueError(f"a park needs at least 5 enterprises and a seed from 0 (got {enterprises}, {seed})")
    tell = progress or Progress()
    stream = _streams(seed)
    groups = uses.groups(enterprises, next(stream))
    wanted = uses.parcels_needed(groups)

    tell(0.0, "synth.progress.land")
    place_rng, use_rng = next(stream), next(stream)
    needed = sum(group.parcels for group in groups)
    while True:  # flood land and odd shapes may leave a small park without enough land for its firms
        site = _site(wanted, place_rng)
        shapes = site.land.shapes
        middle = shapely.get_coordinates(shapely.centroid(shapes))
        height = site.heights.at(middle)
        flooded = shapely.area(shapely.intersection(shapes, site.river.flood)) / shapely.area(shapes)
        use = uses.land_uses(shapes, height, flooded, use_rng)
        if (use == "industrial").sum() >= needed:
            break
        wanted = int(np.ceil(1.2 * wanted))
    tell(0.25, "synth.progress.uses")
    kinds = uses.sectors(enterprises, next(stream))
    occupancy, use = uses.settle(shapes, use, groups, kinds, next(stream))
    leader = _leaders(occupancy, kinds, len(shapes))
    share = np.bincount(occupancy["parcel"], weights=occupancy["share"], minlength=len(shapes))
    parcels = uses.parcel_table(shapes, use, leader, share, next(stream))
    tell(0.4, "synth.progress.buildings")
    houses = buildings.place(shapes, parcels, leader, next(stream))
    parcels = pd.concat([parcels, buildings.ground_cover(shapes, houses, leader, next(stream))], axis=1)
    parcels["parcel_id"] = [f"P{number + 1:04d}" for number in range(len(shapes))]
    parcels["zone"] = _zones(middle)
    parcels["name"] = parcels["zone"] + "-" + parcels["parcel_id"]
    parcels = gpd.GeoDataFrame(parcels.assign(source=SOURCE), geometry=shapes, crs=CRS)

    tell(0.6, "synth.progress.firms")
    floor = np.bincount(houses["parcel"], weights=houses["floor_area_m2"], minlength=len(shapes))
    of_firm = np.bincount(
        occupancy["firm"], weights=occupancy["share"] * floor[occupancy["parcel"]], minlength=enterprises
    )
    table = firms.figures(kinds, np.maximum(of_firm, 400.0), next(stream))
    flows = firms.flows(table, next(stream))
    use_rows = pd.DataFrame(
        {
            "enterprise_id": table["enterprise_id"].to_numpy()[occupancy["firm"]],
            "parcel_id": parcels["parcel_id"].to_numpy()[occupancy["parcel"]],
            "share": occupancy["share"],
            "source": SOURCE,
        }
    )
    frames: dict[str, pd.DataFrame] = {
        "park": _park(site, parcels, table, houses, seed),
        "parcels": parcels.drop(columns="used_share"),
        "buildings": _buildings(houses),
        "enterprises": gpd.GeoDataFrame(table, geometry=_doors(occupancy, shapes, enterprises), crs=CRS),
        "occupancy": use_rows,
        **flows,
        "roads": site.roads.assign(source=SOURCE).set_crs(CRS),
        "wind": surroundings.wind(next(stream)),
        "land_limits": limits.land_limits(),
    }
    park = _park_of(frames)
    tell(0.8, "synth.progress.surroundings")
    frames |= _around(park, site, parcels, use, height, next(stream))
    terrain = folder / "terrain.tif"
    site.heights.write(terrain, CRS)
    tell(1.0)
    done = _park_of(frames)
    return Park(done.frames, done.crs, done.source_crs, terrain)


def _streams(seed: int) -> Iterator[np.random.Generator]:
    """Independent generators, so that a change in one part of a park leaves the draws of the others alone."""
    number = 0
    while True:
        yield np.random.default_rng([seed, number])
        number += 1


class _Site:
    """Roads, river, parcels and heights of a place large enough."""

    def __init__(self, wanted: int, blocks: int, rng: np.random.Generator) -> None:
        frame = ground.Frame.draw(rng)
        grid = roads.plan(blocks, rng)
        lines = roads.open_blocks(roads.lines(grid, frame, rng), rng)
        reach = float(max(-grid.x[0], grid.x[-1])) + 2500
        self.river = ground.river(frame, rng, grid.y[grid.river_row], grid.y[grid.river_row + 1], reach)
        corners = np.array([(x, y) for x in grid.x[[0, -1]] for y in grid.y[[0, -1]]])
        region = shapely.MultiPoint(frame(corners)).convex_hull.buffer(400)
        whole = roads.stretches(lines, self.river, region)
        bounds = region.bounds
        self.rail = surroundings.railway(bounds, self.river, rng)
        taken = shapely.union_all([self.river.water.buffer(22), self.rail.buffer(25)])
        found = land.blocks(whole, taken)
        start = frame(np.array([[0.0, grid.y[grid.river_row + 1] + rng.uniform(-150, 700)]]))[0]
        divided = land.divide(found, wanted, (float(start[0]), float(start[1])), rng)
        self.enough = divided is not None
        if divided is None:
            return
        self.land = divided
        self.boundary = _boundary(divided.shapes)
        self.roads = _near(whole, self.boundary)
        bounds = self.boundary.bounds
        self.rail = surroundings.railway(bounds, self.river, rng)
        self.power = surroundings.power_line(bounds, rng)
        self.hill = surroundings.hill_place(bounds, self.river)
        around = (bounds[0] - 1200, bounds[1] - 1200, bounds[2] + 1200, bounds[3] + 1200)
        self.heights = ground.heights(
            self.river.middle, tuple(np.floor(np.array(around) / 30) * 30), self.hill, rng
        )


def _site(wanted: int, rng: np.random.Generator) -> _Site:
    blocks = int(wanted / 5 * 1.6) + 4
    while True:
        found = _Site(wanted, blocks, rng)
        if found.enough:
            return found
        blocks = int(blocks * 1.4)


def _boundary(shapes: np.ndarray) -> shapely.Polygon:
    """The park's outline: its parcels with the roads, and the river, between them."""
    whole = shapely.union_all(shapes)
    for reach in (75, 130, 200, 320, 500, 800):
        hull = shapely.buffer(shapely.buffer(whole, reach, quad_segs=8), 30 - reach, quad_segs=8)
        if shapely.get_num_geometries(hull) == 1:
            break
    else:
        hull = shapely.convex_hull(whole).buffer(30)
    outline = shapely.Polygon(shapely.get_parts(hull)[0].exterior)
    return shapely.set_precision(shapely.simplify(outline, 8.0), 0.01)


def _near(whole: gpd.GeoDataFrame, boundary: shapely.Polygon) -> gpd.GeoDataFrame:
    """Roads in the park and to 350 m beyond, still in one network, numbered anew."""
    some = whole[shapely.intersects(np.asarray(whole.geometry), boundary.buffer(350))]
    some = some[roads.connected(np.asarray(some.geometry))].reset_index(drop=True)
    some["road_id"] = [f"R{number + 1:04d}" for number in range(len(some))]
    return some


def _leaders(occupancy: pd.DataFrame, kinds: list[str], parcels: int) -> np.ndarray:
    """Sector of the firm with the largest share of each parcel; empty where there is none."""
    best = occupancy.sort_values(["parcel", "share", "firm"]).drop_duplicates("parcel", keep="last")
    out = np.full(parcels, "", object)
    out[best["parcel"]] = [kinds[firm] for firm in best["firm"]]
    return out


def _doors(occupancy: pd.DataFrame, shapes: np.ndarray, count: int) -> np.ndarray:
    """A point for each firm on its largest parcel; firms that share one stand apart."""
    points = np.full(count, None, object)
    part = occupancy.assign(size=occupancy["share"] * shapely.area(shapes)[occupancy["parcel"]])
    part["turn"] = part.groupby("parcel").cumcount()
    best = part.sort_values(["firm", "size", "parcel"]).drop_duplicates("firm", keep="last")
    for firm, parcel, turn in best[["firm", "parcel", "turn"]].itertuples(index=False):
        middle = shapely.point_on_surface(shapes[parcel])
        other = affinity.translate(middle, 18.0 * turn, 7.0 * turn)
        points[firm] = other if shapes[parcel].contains(other) else middle
    return shapely.set_precision(points, 0.01)


def _zones(middle: np.ndarray) -> np.ndarray:
    """Names of the parts of the park: quarters around its middle."""
    away = middle - np.median(middle, axis=0)
    east, north = away[:, 0] > 0, away[:, 1] > 0
    return np.where(north, np.where(east, "东北片区", "西北片区"), np.where(east, "东南片区", "西南片区"))


def _buildings(houses: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    out = houses.drop(columns="parcel").set_crs(CRS)
    out["building_id"] = [f"B{number + 1:05d}" for number in range(len(out))]
    return out.assign(source=SOURCE)


def _park(
    site: _Site, parcels: gpd.GeoDataFrame, table: pd.DataFrame, houses: gpd.GeoDataFrame, seed: int
) -> gpd.GeoDataFrame:
    """The one row of the ``park`` layer."""
    living = houses["use"].isin(["residential", "living"])
    residents = float(round((houses["floor_area_m2"][living] / 32).sum(), -1))
    row = {
        "park_id": f"SYN-{len(table)}-{seed}",
        "name": resources.text("synth.park_name", "zh", enterprises=len(table), seed=seed),
        "level": "provincial" if len(table) < 400 else "national",
        "park_type": "industry_led",
        "base_year": uses.BASE_YEAR,
        "currency": "CNY",
        "value_added_cur_a": float(table["value_added_cur_a"].sum()),
        "population": residents,
        "land_grade": 9,
        "synthetic": True,
        "source": SOURCE,
    }
    return gpd.GeoDataFrame([row], geometry=[site.boundary], crs=CRS)


def _park_of(frames: dict[str, pd.DataFrame]) -> Park:
    crs = pyproj.CRS.from_user_input(CRS)
    return Park({name: complete(frame, name) for name, frame in frames.items()}, crs, crs)


def _around(
    park: Park,
    site: _Site,
    parcels: gpd.GeoDataFrame,
    use: np.ndarray,
    height: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """The layers that need the park: what serves it, what surrounds it, what is planned."""
    spots = {}
    for name in ("D44", "D46"):
        home = np.flatnonzero(use == f"utility:{name}")
        if len(home):
            spots[name] = shapely.set_precision(shapely.point_on_surface(site.land.shapes[home[0]]), 0.01)
    small = np.flatnonzero(use == "utility")
    for name, place in zip(("gas", "water"), small, strict=False):
        spots[name] = shapely.set_precision(shapely.point_on_surface(site.land.shapes[place]), 0.01)
    works = utilities.facilities(park, spots)
    barred = surroundings.exclusions(site.boundary, site.river, site.rail, site.power, site.hill, rng)
    closed = shapely.union_all(np.asarray(barred.geometry))
    homes = parcels[parcels["land_use"].isin(["residential", "public"])]
    sensitive = surroundings.sensitive_areas(site.boundary, closed, homes, rng)
    links = utilities.exchanges(park, rng)
    out: dict[str, pd.DataFrame] = {
        "heat_streams": utilities.steam_sold(park, links),
        "facilities": works.set_crs(CRS),
        "pipes": utilities.pipes(park, roadgraph.build(park), works.set_crs(CRS), rng).set_crs(CRS),
        "exchanges": links,
        "growth": utilities.growth(parcels, uses.BASE_YEAR, rng),
        "exclusions": barred.set_crs(CRS),
        "sensitive_areas": sensitive.set_crs(CRS),
        "candidate_sites": utilities.candidate_sites(parcels, closed, height).set_crs(CRS),
    }
    return {name: frame for name, frame in out.items() if len(frame)}
