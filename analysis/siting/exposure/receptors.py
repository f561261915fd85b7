"""Who could be exposed: sensitive areas, and people of a population raster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from ...park.model import Park, estimated
from ...standards import Standards
from . import population


@dataclass(frozen=True)
class Receptors:
    """Receptors, sensitive areas first.

    Parameters
    ----------
    area_id, name, kind
        (n,) text; id and name of raster cells are empty.
    people
        (n,) persons.
    shape
        (n,) polygons or points in the park's CRS.
    x, y
        (n,) an inner point of each.
    guessed
        (n,) True where the number of people is an estimate.
    cell
        (n,) True for people of the raster outside of housing that is drawn.
    """

    area_id: np.ndarray
    name: np.ndarray
    kind: np.ndarray
    people: np.ndarray
    shape: np.ndarray
    x: np.ndarray
    y: np.ndarray
    guessed: np.ndarray
    cell: np.ndarray

    def __len__(self) -> int:
        return len(self.people)


def receptors(park: Park, around: Iterable[shapely.Geometry], standards: Standards) -> Receptors:
    """The receptors of a park that places ``around`` could reach.

    People of a sensitive area whose number is not given are taken from its area and kind. With a population raster
    those of housing are the people of the raster inside it, whatever number is given, and only those outside become
    receptors of their own: nobody counts twice.

    Raises
    ------
    InputError
        The population raster cannot be used (see ``population.read``).
    """
    areas = park["sensitive_areas"]
    areas = areas[areas.geometry.notna() & ~areas.geometry.is_empty]
    shapes = np.asarray(areas.geometry, dtype=object)
    kind = areas["kind"].to_numpy(object)
    density = np.array([standards.value(f"siting.people_ha.{k}") for k in kind], float)
    given = areas["population"].to_numpy(float)
    unknown = ~np.isfinite(given)
    people = np.where(unknown, density * shapely.area(shapes) / 1e4, given)
    guessed = unknown | estimated(areas, "population").to_numpy()
    crowd = _crowd(park, around, standards)
    if crowd is not None and len(crowd.persons):
        people, crowd = _housed(crowd, shapes, kind == "residential", people)
        guessed = guessed | (kind == "residential")
    elif crowd is not None:
        people = np.where(kind == "residential", 0.0, people)
    middle = shapely.point_on_surface(shapes) if len(shapes) else shapes
    cells = 0 if crowd is None else len(crowd.persons)
    blank = np.full(cells, "", object)
    extra = crowd if crowd is not None else population.Crowd(*np.zeros((3, 0)))
    return Receptors(
        area_id=np.r_[areas["area_id"].to_numpy(object), blank],
        name=np.r_[areas["name"].to_numpy(object), blank],
        kind=np.r_[kind, np.full(cells, "residential", object)],
        people=np.r_[people, extra.persons],
        shape=np.r_[shapes, extra.points()],
        x=np.r_[shapely.get_x(middle), extra.x],
        y=np.r_[shapely.get_y(middle), extra.y],
        guessed=np.r_[guessed, np.ones(cells, bool)],
        cell=np.r_[np.zeros(len(areas), bool), np.ones(cells, bool)],
    )


def _crowd(park: Park, around: Iterable[shapely.Geometry], standards: Standards) -> population.Crowd | None:
    raster = population.path_of(park)
    places = [place for place in around if place is not None and not place.is_empty]
    if raster is None or not places:
        return None
    reach = standards.value("siting.exposure.reach_m")
    return population.read(raster, gpd.GeoSeries(places, crs=park.crs), reach)


def _housed(
    crowd: population.Crowd, shapes: np.ndarray, housing: np.ndarray, people: np.ndarray
) -> tuple[np.ndarray, population.Crowd]:
    """People of housing areas from the crowd inside them, and the crowd outside."""
    homes = np.flatnonzero(housing)
    people = np.where(housing, 0.0, people)
    if not len(homes):
        return people, crowd
    cell, home = shapely.STRtree(shapes[homes]).query(crowd.points(), predicate="within")
    order = np.lexsort((home, cell))
    cell, first = np.unique(cell[order], return_index=True)  # where areas overlap people belong to the first
    inside = homes[home[order][first]]
    people = people + np.bincount(inside, weights=crowd.persons[cell], minlength=len(shapes))
    out = np.ones(len(crowd.persons), bool)
    out[cell] = False
    return people, population.Crowd(crowd.x[out], crowd.y[out], crowd.persons[out])
