"""A park from a map extract: choose its land, derive each layer, fill the figures."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from ...errors import Finding, InputError
from ...standards import Standards
from ...steps import Progress
from .. import terrain
from ..model import Park, complete, working_crs
from . import buildings, facilities, features, firms, land, place, read, roads

Box = tuple[float, float, float, float]
_WIDER = 0.03  # degrees read around a box or boundary, about the study margin and a road's length


def build(
    extract: Path, boundary: Path | None, bbox: Box | None, dem: Path | None, progress: Progress
) -> tuple[Park, list[Finding]]:
    """See ``import_osm``."""
    standards = Standards()
    progress(0.0, "osm.progress.read")
    limit = place.boundary(boundary) if boundary else None
    if bbox is not None:
        limit = place.box(bbox) if limit is None else limit.intersection(place.box(bbox))
    outside = "osm.boundary_elsewhere" if boundary else "osm.bbox_outside"
    source = read.read(extract, _around(limit), outside)
    found = list(source.findings)
    if limit is not None:
        # a limit far wider than the extract has its middle elsewhere, and no metric CRS holds all of it
        limit = limit.intersection(shapely.box(*source.bounds))
        if limit.is_empty:
            raise InputError.of(outside, file=extract.name)

    progress(0.2, "osm.progress.land")
    centre = _centre(source, limit, standards, extract)
    crs = working_crs(*centre)
    source = source.to_crs(crs)
    here = None if limit is None else gpd.GeoSeries([limit], crs=4326).to_crs(crs).iloc[0]
    parcels, more = _parcels(source, here, bool(boundary), standards, extract)
    found += more
    drawn = boundary is not None
    shape = here if drawn and here is not None else land.outline(parcels, standards)
    study = shapely.convex_hull(shape).buffer(standards.value("osm.study_margin_m"))
    source = source.near(study)
    if dem is not None:
        found += terrain.findings(dem, parcels.geometry.representative_point(), "parcels")

    progress(0.4, "osm.progress.features")
    footprint = buildings.footprints(source)
    works = shapely.union_all(np.asarray(parcels.geometry))
    excluded, more = features.exclusions(source, study)
    found += more
    sensitive = features.sensitive_areas(source, footprint, works, study, standards)
    house = buildings.buildings(footprint, parcels, shape, standards)
    works_here = facilities.facilities(source, study, standards)

    progress(0.6, "osm.progress.firms")
    firm, occupancy = firms.enterprises(source, parcels, footprint, standards)
    if not len(firm):
        found.append(Finding("osm.no_firms", "warning", "enterprises"))
    road = roads.roads(source, study)
    if not len(road):
        found.append(Finding("osm.no_roads", "warning", "roads"))
    frames: dict[str, pd.DataFrame] = {
        "park": place.park_row(source, parcels, shape, drawn, extract.name.split(".")[0], centre),
        "parcels": _status(parcels, footprint, crs),
        "buildings": house,
        "enterprises": firm.drop(columns=["firm"], errors="ignore"),
        "occupancy": occupancy,
        "roads": road,
        "exclusions": excluded,
        "sensitive_areas": sensitive,
        "facilities": works_here,
        "pipes": features.pipes(source, study),
    }
    # an empty layer stays absent: nothing on the map is not the same as nothing there
    done = {name: complete(frame, name) for name, frame in frames.items() if len(frame)}
    park = Park(done, crs, crs, None if dem is None else Path(dem), str(extract))

    progress(0.8, "osm.progress.figures")
    park, more = _fill(park)
    progress(1.0, "osm.progress.done")
    return park, found + more


def _around(limit: shapely.Geometry | None) -> Box | None:
    if limit is None or limit.is_empty:
        return None
    west, south, east, north = limit.bounds
    wide = _WIDER / max(np.cos(np.radians((south + north) / 2)), 0.2)
    return west - wide, south - _WIDER, east + wide, north + _WIDER


def _centre(
    source: read.Extract, limit: shapely.Geometry | None, standards: Standards, file: Path
) -> tuple[float, float]:
    """Longitude and latitude of the park's middle: of its limit, else of its industrial land."""
    if limit is not None:
        middle = limit.centroid
        return middle.x, middle.y
    rule = read.match(source.areas, "osm_land")
    core = source.areas[rule["role"] == "core"]
    shapes = core if len(core) else source.areas
    if not len(shapes):
        raise InputError.of("osm.no_works", file=file.name)
    west, south, east, north = shapes.total_bounds
    return round((west + east) / 2, 6), round((south + north) / 2, 6)


def _parcels(
    source: read.Extract, here: shapely.Geometry | None, drawn: bool, standards: Standards, file: Path
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Parcels of all works land in the limit, or of the industrial land and its support without one."""
    every = land.works_land(source, standards)
    if here is not None:
        every = every[every.intersects(here)]
    chosen = every if drawn else land.choose(every, standards)
    if not (chosen["role"] == "core").any() and not (drawn and len(chosen)):
        raise InputError.of("osm.no_works", file=file.name)
    parcels, found = land.parcels(chosen, here, source, standards)
    if not len(parcels):
        raise InputError.of("osm.no_works", file=file.name)
    return parcels, found


def _status(parcels: gpd.GeoDataFrame, footprint: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Parcels with status and tenure, which the map does not know and which are marked so."""
    on = buildings.parcel_of(footprint.geometry.representative_point(), parcels)
    empty = np.bincount(on[on >= 0], minlength=len(parcels)) == 0
    bare = (
        empty
        & parcels["land_use"].isin(["industrial", "warehouse", "commercial"])
        & (parcels["building_status"] == "built")
    )
    # works land without any building is a yard or unbuilt: only a yard is sure to be used, so say unbuilt and mark it
    status = parcels["building_status"].mask(bare, "unbuilt")
    china = crs.to_epsg() is not None and 4513 <= int(crs.to_epsg() or 0) <= 4554
    lone = np.where(parcels["lone"], ";land_use;geometry", ";geometry")
    return parcels.assign(
        building_status=status,
        tenure="granted" if china else "private",
        estimated=["supply_status;building_status;tenure" + more for more in lone],
    ).drop(columns=["land_osm", "role", "lone", "single"])


def _fill(park: Park) -> tuple[Park, list[Finding]]:
    """Sector-typical figures for what the map cannot know."""
    if importlib.util.find_spec("parkloop.analysis.park.estimates") is None:
        return park, []
    from ..estimates import fill

    return fill(park)
