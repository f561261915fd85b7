"""A works with the plumes of all that it releases, and the weather in which they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from ...park.model import Park
from ...scenario import Siting
from ...standards import Standard, Standards
from . import means, rose
from .dispersion import CLASSES
from .plume import Air, rise
from .sources import Source, sources_of

Works = tuple[str, str, shapely.Geometry, float]  # utility, site_id, shape, capacity in the utility's unit
PERIODS = ("worst_hour", "annual", "summer")


@dataclass(frozen=True)
class Weather:
    """What plumes are drawn with."""

    roses: rose.Roses
    scheme: str
    shares: Mapping[str, float]
    stability: str
    least_m_s: float
    air: Air

    def rose_of(self, period: str) -> rose.Rose:
        """The rose of a period; where it is not known that of the other, else an even one."""
        return self.roses.of("summer", "year") if period == "summer" else self.roses.of("year", "summer")


@dataclass(frozen=True)
class Plume:
    """The fields of all pollutants that a site releases in one way, for 1 g/s of each."""

    shape: shapely.Geometry
    release: means.Release
    sources: list[Source]
    weather: Weather

    @property
    def is_area(self) -> bool:
        return self.release.stack is None

    @cached_property
    def _pieces(self) -> tuple[np.ndarray, float]:
        if self.is_area:
            return means.pieces_of(self.shape)
        middle = self.shape.representative_point()
        return np.array([[middle.x, middle.y]]), 0.0

    @cached_property
    def polars(self) -> dict[str, means.Polar]:
        """Means of the year and of summer at full load."""
        w = self.weather
        return {
            period: means.mean(w.rose_of(period), self.release, w.scheme, w.shares, w.least_m_s, w.air)
            for period in PERIODS[1:]
        }

    @cached_property
    def worst(self) -> np.ndarray:
        return means.worst_hour(self.release, self.weather.scheme, self.weather.air, self.shape.area)

    @property
    def inset_m(self) -> float:
        """Radius of the disc of the source's own ground; 0 for a stack."""
        return float(np.sqrt(self.shape.area / np.pi)) if self.is_area else 0.0

    @property
    def ground(self) -> shapely.Geometry:
        return self.shape if self.is_area else self.shape.representative_point()

    def mean_at(self, period: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        origins, near = self._pieces
        return means.field(self.polars[period], origins, near, x, y)

    def highest(self, period: str) -> float:
        """Highest concentration for 1 g/s outside the source's own ground."""
        if period == "worst_hour":
            return float(self.worst[self.inset_m <= means.RADII_M].max())
        if not self.is_area or self.shape.area == 0:
            return float(self.polars[period].value.max())
        edge = shapely.get_coordinates(shapely.segmentize(self.shape.boundary, np.sqrt(self.shape.area) / 4))
        return float(self.mean_at(period, edge[:, 0], edge[:, 1]).max())

    @property
    def rise_m(self) -> float:
        """Rise in neutral air at the mean wind of the year."""
        if self.release.stack is None:
            return 0.0
        speed = max(self.weather.rose_of("annual").mean_m_s, self.weather.least_m_s)
        return float(rise(self.weather.scheme, "D", self.release.stack, np.array([speed]), self.weather.air)[0])


@dataclass(frozen=True)
class Site:
    """A chosen works with its plumes."""

    utility: str
    site_id: str
    shape: shapely.Geometry
    plumes: list[Plume]

    @property
    def sources(self) -> list[Source]:
        return [source for plume in self.plumes for source in plume.sources]


def weather_of(park: Park, choices: Siting, standards: Standards) -> Weather:
    """Wind, stability and air of a park."""
    if choices.stability == "mixed":
        shares = {c: standards.value(f"siting.plume.class_{c.lower()}_pct") for c in CLASSES}
        whole = sum(shares.values())
        shares = {c: share / whole for c, share in shares.items()} if whole > 0 else {"D": 1.0}
    else:
        shares = {"D": 1.0}
    return Weather(
        rose.read(park, standards),
        choices.dispersion,
        shares,
        choices.stability,
        standards.value("siting.wind.least_m_s"),
        Air(standards.value("siting.plume.air_c"), standards.value("siting.plume.air_hpa")),
    )


def site_of(works: Works, park: Park, choices: Siting, standards: Standards, weather: Weather) -> Site:
    utility, site_id, shape, capacity = works
    sources = sources_of(
        utility, capacity, standards, choices.heat_fuel, choices.solid_waste_kind, park["emissions"]
    )
    ways: dict[means.Release, list[Source]] = {}
    for source in sources:
        ways.setdefault(means.Release(source.height_m, source.stack), []).append(source)
    plumes = [Plume(shape, release, mine, weather) for release, mine in ways.items()]
    return Site(utility, str(site_id), shape, plumes)


def limit_of(standards: Standards, pollutant: str, period: str) -> Standard:
    """The limit in air for a period; means of summer are held against that of the year."""
    return standards[f"siting.air.{pollutant}_{'hour' if period == 'worst_hour' else 'year'}_ug_m3"]


def load(source: Source, period: str) -> float:
    """Emission in g/s in the mean of a period: full load in the worst hour."""
    return source.emission_g_s * (1.0 if period == "worst_hour" else source.share_of_year)


def digits(value: np.ndarray) -> np.ndarray:
    """Numbers without the noise of the last digits (six that count)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where((value != 0) & np.isfinite(value), np.floor(np.log10(np.abs(value))), 0.0)
    scale = 10.0 ** (5 - power)
    return np.round(value * scale) / scale


def joined(*names: str) -> str:
    """Sources or editions in a row, each once."""
    return "; ".join(dict.fromkeys(part for name in names for part in name.split("; ") if part))
