"""A park from an OpenStreetMap extract."""

from __future__ import annotations

from pathlib import Path

from ...errors import Finding
from ...steps import Progress
from ..model import Park


def import_osm(
    extract: Path,
    boundary: Path | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    dem: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Park, list[Finding]]:
    """Derive a park from a map extract.

    The map knows neither cadastre nor figures of firms: parcels are land use cut by roads, firms are what bears a
    name on works land, figures are typical of their sector and floor area. All that is assumed stands in
    ``estimated`` of its row. Formulae and limits: ``docs/methods/osm.md``.

    Parameters
    ----------
    extract
        An ``.osm.pbf`` file.
    boundary
        A file with the park's polygons in any CRS; without it the park is all industrial land of the extract (in
        ``bbox``) with the commercial, utility and vacant land close to it.
    bbox
        West, south, east, north in degrees.
    dem
        A height raster in any CRS.
    progress
        Where progress is reported.

    Returns
    -------
    park
        In the metric CRS of its place, complete layers, sorted by key; the same for the same input.
    findings
        What was left out or is doubtful.

    Raises
    ------
    InputError
        A file cannot be read or is of another kind or place, or there is no industrial land.
    """
    from .build import build

    return build(
        Path(extract),
        None if boundary is None else Path(boundary),
        bbox,
        None if dem is None else Path(dem),
        progress or Progress(),
    )
