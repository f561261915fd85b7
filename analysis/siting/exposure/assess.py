"""The exposure around chosen sites, as tables: one front door for the step."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...errors import Finding
from ...park.model import Park
from ...scenario import Siting
from ...standards import Standards
from . import drawn, keeping, near, rose
from .receptors import receptors
from .rule import pairs
from .works import Works, site_of, weather_of


def assess(
    sites: Sequence[Works], park: Park, choices: Siting, standards: Standards
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """The tables ``wind_rose``, ``site_exposure``, ``plume_contours`` and ``site_protection``, and findings.

    Parameters
    ----------
    sites
        (utility, site_id, ground plan, capacity in the utility's unit) each.

    Raises
    ------
    InputError
        The population raster cannot be used.
    """
    weather = weather_of(park, choices, standards)
    built = [
        site_of(works, park, choices, standards, weather)
        for works in sorted(sites, key=lambda works: str(works[1]))
        if works[2] is not None and not works[2].is_empty
    ]
    shapes = [site.shape for site in built]
    who = receptors(park, shapes, standards)
    reached = pairs(shapes, who, weather.roses.of("summer", "year"), standards)
    tables = {
        "wind_rose": rose.table(park, weather.roses),
        "site_exposure": near.table(built, who, reached, weather, standards),
        "plume_contours": drawn.table(built, park, weather, standards),
        "site_protection": keeping.table(built, park, who, weather, standards),
    }
    told = [*weather.roses.findings, *rose.borrowed(weather.roses)]
    told += drawn.findings(built, tables["plume_contours"], standards)
    return tables, [*told, *keeping.findings(tables["site_protection"])]
