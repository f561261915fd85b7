"""The wind rose by season: how often, from where and how fast the wind blows.

Between the directions of a rose frequencies are interpolated around the circle as a density (percent a degree), each direction
standing for half the gap to its neighbours, so that the density adds up to the frequencies whatever the directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from parkloop import resources

from ...errors import Finding
from ...park.model import Park, estimated
from ...standards import Standards
from ...tables import result_table

EVEN_DIRECTIONS = 16
ROUNDING_PCT = 1e-6  # what a sum of floats may be off
SEASONS = ("spring", "summer", "autumn", "winter")


@dataclass(frozen=True)
class Rose:
    """A wind rose.

    Parameters
    ----------
    bearing_deg
        (n,) where the wind comes from, sorted, all different, 0 to 360.
    frequency_pct, speed_m_s
        (n,) share of the hours and mean speed at 10 m.
    calm_pct
        Share of the hours that is left to calms.
    guessed
        True where no speed is known, or there is no rose at all.
    """

    bearing_deg: np.ndarray
    frequency_pct: np.ndarray
    speed_m_s: np.ndarray
    calm_pct: float
    guessed: bool = False

    @property
    def width_deg(self) -> np.ndarray:
        """(n,) degrees for which each direction stands; together 360."""
        gap = np.diff(np.r_[self.bearing_deg, self.bearing_deg[0] + 360])
        return (gap + np.roll(gap, 1)) / 2

    @property
    def density(self) -> np.ndarray:
        """(n,) percent of the hours a degree."""
        return self.frequency_pct / self.width_deg

    def around(self, value: np.ndarray, bearing_deg: np.ndarray) -> np.ndarray:
        """Values of the directions (n,), interpolated at any bearings around the circle."""
        ends = np.r_[self.bearing_deg[-1] - 360, self.bearing_deg, self.bearing_deg[0] + 360]
        return np.interp(np.asarray(bearing_deg) % 360, ends, np.r_[value[-1], value, value[0]])

    def frequency_at(self, bearing_deg: np.ndarray) -> np.ndarray:
        """Percent of the hours with wind from about ``bearing_deg``, in the mean width of a direction of the rose."""
        return self.around(self.density, bearing_deg) * 360 / len(self.bearing_deg)

    def relative_at(self, bearing_deg: np.ndarray) -> np.ndarray:
        """Frequency relative to an even rose, whose mean around the circle is 1."""
        return self.around(self.density, bearing_deg) * 360 / self.frequency_pct.sum()

    @property
    def mean_m_s(self) -> float:
        """Mean speed over all hours; calms count as no wind."""
        hours = self.frequency_pct.sum() + self.calm_pct
        return float(self.frequency_pct @ self.speed_m_s / hours)


@dataclass(frozen=True)
class Roses:
    """The usable roses of a park by season, and what is wrong with the others."""

    by_season: Mapping[str, Rose]
    even: Rose
    findings: list[Finding]

    def of(self, *seasons: str) -> Rose:
        """The first usable of ``seasons``, else an even rose."""
        return next((self.by_season[season] for season in seasons if season in self.by_season), self.even)

    def known(self, season: str) -> bool:
        return season in self.by_season


def read(park: Park, standards: Standards) -> Roses:
    """The roses of a park. A season whose frequencies do not add up is not used, and named with its total."""
    wind, default = park["wind"], standards.value("siting.wind.speed_m_s")
    even = _even(default)
    if wind.empty:
        return Roses({}, even, [Finding("siting.no_wind", "info", "wind")])
    found, findings = {}, []
    for season, rows in wind.groupby("season"):
        if sums(rows, standards):
            found[str(season)] = _rose(rows, default)
            continue
        values = {**_named("season", str(season)), "total": f"{float(rows['frequency_pct'].sum()):.1f}"}
        findings.append(
            Finding("siting.wind_sum", "warning", "wind", str(rows["wind_id"].iloc[0]), "frequency_pct", values)
        )
    if "year" not in found and (whole := _year(found)) is not None:
        found["year"] = whole
    return Roses(found, even, findings)


def _year(found: Mapping[str, Rose]) -> Rose | None:
    """The mean of the four seasons where all are known, by the same directions."""
    four = [found[season] for season in SEASONS if season in found]
    if len(four) < len(SEASONS) or any(not np.array_equal(four[0].bearing_deg, one.bearing_deg) for one in four):
        return None
    frequency = np.mean([one.frequency_pct for one in four], axis=0)
    run = np.mean([one.frequency_pct * one.speed_m_s for one in four], axis=0)
    speed = np.divide(run, frequency, out=four[0].speed_m_s.copy(), where=frequency > 0)
    calm, guessed = float(np.mean([one.calm_pct for one in four])), any(one.guessed for one in four)
    return Rose(four[0].bearing_deg, frequency, speed, calm, guessed)


def borrowed(roses: Roses) -> list[Finding]:
    """What is told where only one of summer and year is known, and stands for the other."""
    known = [season for season in ("summer", "year") if roses.known(season)]
    if len(known) != 1:
        return []
    lacks = "year" if known == ["summer"] else "summer"
    values = {**_named("season", lacks), **_named("other", known[0])}
    return [Finding("siting.rose_borrowed", "info", "wind", values=values)]


def _named(name: str, season: str) -> dict[str, str]:
    """A season by code and in both languages."""
    label = resources.codes("season").get(season, {"label_en": season, "label_zh": season})
    return {name: season, f"{name}_en": label["label_en"].lower(), f"{name}_zh": label["label_zh"]}


def sums(rows: pd.DataFrame, standards: Standards) -> bool:
    """True where the frequencies of a season are whole, none below 0 or twice, and add up to 100 with its calms."""
    frequency, direction = rows["frequency_pct"].to_numpy(float), rows["direction_deg"].to_numpy(float)
    least, most = standards.value("siting.wind.sum_least_pct"), standards.value("siting.wind.sum_most_pct")
    return bool(
        np.isfinite(frequency).all()
        and np.isfinite(direction).all()
        and (frequency >= 0).all()
        and len(np.unique(direction % 360)) == len(direction)
        and least - ROUNDING_PCT <= frequency.sum() <= most + ROUNDING_PCT
    )


def table(park: Park, roses: Roses) -> pd.DataFrame:
    """The result table ``wind_rose``: every row of the layer with a direction, and whether its season is used."""
    wind = park["wind"]
    wind = wind[np.isfinite(wind["direction_deg"].to_numpy(float))]
    season = wind["season"].astype(str)
    fast = _fast(wind["speed_m_s"].to_numpy(float))
    frequency = wind["frequency_pct"].to_numpy(float)
    bearing = wind["direction_deg"].to_numpy(float) % 360
    filled = [_filled(roses, s, d) for s, d in zip(season, bearing, strict=True)]
    marks = [
        ";".join(name for name in ("frequency_pct", "speed_m_s") if flags[name]) for flags in _marks(wind, fast)
    ]
    return result_table(
        "wind_rose",
        {
            "rose_id": season + ":" + wind["wind_id"].astype(str),
            "season": season,
            "direction_deg": bearing,
            "frequency_pct": np.where(np.isfinite(frequency), frequency, np.nan),
            "speed_m_s": np.where(fast, wind["speed_m_s"].to_numpy(float), filled),
            "calm_pct": [roses.by_season[s].calm_pct if roses.known(s) else np.nan for s in season],
            "used": [roses.known(s) for s in season],
            "source": wind["source"].to_numpy(),
            "estimated": marks,
        },
    )


def _marks(wind: pd.DataFrame, fast: np.ndarray) -> list[dict[str, bool]]:
    frequency, speed = estimated(wind, "frequency_pct"), estimated(wind, "speed_m_s") | ~fast
    return [{"frequency_pct": bool(f), "speed_m_s": bool(s)} for f, s in zip(frequency, speed, strict=True)]


def _filled(roses: Roses, season: str, bearing_deg: float) -> float:
    """The speed used where a row gives none."""
    rose = roses.of(season)
    return float(rose.around(rose.speed_m_s, np.array([bearing_deg]))[0])


def _fast(speed: np.ndarray) -> np.ndarray:
    return np.isfinite(speed) & (speed > 0)


def _even(speed_m_s: float) -> Rose:
    bearing = np.arange(EVEN_DIRECTIONS) * 360.0 / EVEN_DIRECTIONS
    return Rose(
        bearing, np.full(EVEN_DIRECTIONS, 100 / EVEN_DIRECTIONS), np.full(EVEN_DIRECTIONS, speed_m_s), 0.0, True
    )


def _rose(rows: pd.DataFrame, default: float) -> Rose:
    direction = rows["direction_deg"].to_numpy(float) % 360
    order = np.argsort(direction, kind="stable")
    frequency, speed = rows["frequency_pct"].to_numpy(float)[order], rows["speed_m_s"].to_numpy(float)[order]
    fast = _fast(speed)
    weight = frequency[fast]
    # a direction without a speed blows like the others
    typical = float(np.average(speed[fast], weights=weight)) if weight.sum() > 0 else default
    return Rose(
        direction[order],
        frequency,
        np.where(fast, speed, typical),
        max(100.0 - float(frequency.sum()), 0.0),
        not weight.sum() > 0,
    )
