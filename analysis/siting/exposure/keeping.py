"""The table ``site_protection``: how far a works should keep from people, and whether it does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ...errors import Finding
from ...park.model import Park
from ...standards import Standards
from ...tables import result_table
from ..shapes import people_of
from .protection import Protection, combined, protection, worst
from .receptors import Receptors
from .sources import CHRONIC, Source
from .works import Site, Weather, digits, joined, limit_of


def table(sites: list[Site], park: Park, who: Receptors, weather: Weather, standards: Standards) -> pd.DataFrame:
    wind = weather.rose_of("annual")
    homes = np.r_[people_of(park), who.shape[who.cell]]
    rows = []
    for site in sites:
        fugitive = [source for source in site.sources if source.stack is None]
        kept = [(source, _of_source(site, source, wind.mean_m_s, standards)) for source in fugitive]
        keep_m = combined(distance.rounded_m for _, distance in kept)
        people_m = float(shapely.distance(homes, site.shape).min()) if len(homes) else np.inf
        for source, distance in kept:
            limit = limit_of(standards, source.pollutant, "worst_hour")
            rows.append(
                {
                    "protection_id": f"{site.site_id}:{source.pollutant}",
                    "utility": site.utility,
                    "site_id": site.site_id,
                    "pollutant": source.pollutant,
                    "qc_kg_h": float(digits(np.array([distance.qc_kg_h]))[0]),
                    "cm_mg_m3": distance.cm_mg_m3,
                    "area_m2": round(distance.area_m2, 1),
                    "wind_m_s": round(distance.wind_m_s, 2),
                    "class": distance.source_class,
                    "distance_m": round(distance.distance_m, 1),
                    "rounded_m": distance.rounded_m,
                    "site_m": keep_m,
                    "people_m": round(people_m, 1) if np.isfinite(people_m) else np.nan,
                    "kept": people_m >= keep_m,
                    "source": joined(distance.source, limit.source, source.source),
                    "edition": joined(distance.edition, limit.edition, source.edition),
                    "confidence": worst([distance.confidence, limit.confidence, source.confidence]),
                    "estimated": "qc_kg_h;distance_m;rounded_m;site_m" + (";wind_m_s" if wind.guessed else ""),
                }
            )
    columns = {name: [row[name] for row in rows] for name in resources.columns("site_protection")}
    return result_table("site_protection", columns)


def _of_source(site: Site, source: Source, wind_m_s: float, standards: Standards) -> Protection:
    limit_mg_m3 = limit_of(standards, source.pollutant, "worst_hour").value / 1e3
    kind = "III" if source.pollutant in CHRONIC else "II"
    return protection(source.emission_g_s * 3.6, limit_mg_m3, site.shape.area, wind_m_s, kind)


def findings(table: pd.DataFrame) -> list[Finding]:
    """Sites nearer to people than GB/T 39499 asks, one finding each."""
    near = table[~table["kept"].astype(bool)].drop_duplicates("site_id")
    return [
        Finding(
            "siting.within_protection",
            "warning",
            "sites",
            str(row["site_id"]),
            "people_m",
            {"measured": f"{row['people_m']:.0f}", "limit": f"{row['site_m']:.0f}"},
        )
        for _, row in near.iterrows()
    ]
