"""The catalogue of pipes: nominal diameters with inner diameter, price, material and pressure class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from parkloop import resources


@dataclass(frozen=True)
class Pipes:
    """The sizes of one family, from small to large.

    ``inner_m`` and ``price_cny_m`` are arrays along ``dn_mm``; ``price_cny_m`` is for a laid metre in an ordinary street.
    """

    family: str
    dn_mm: np.ndarray
    inner_m: np.ndarray
    price_cny_m: np.ndarray
    material: str
    pressure_class: str


@cache
def pipes(family: str) -> Pipes:
    """The sizes of a family of ``resources/knowledge/pipes.csv``."""
    rows = sorted(
        (row for row in resources.table("knowledge", "pipes.csv") if row["family"] == family),
        key=lambda row: float(row["dn_mm"]),
    )
    return Pipes(
        family=family,
        dn_mm=np.array([float(row["dn_mm"]) for row in rows]),
        inner_m=np.array([float(row["inner_mm"]) for row in rows]) / 1000,
        price_cny_m=np.array([float(row["price_cny_m"]) for row in rows]),
        material=rows[0]["material"],
        pressure_class=rows[0]["pressure_class"],
    )
