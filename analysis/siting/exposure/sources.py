"""What a central works gives off to the air, from its utility and size. All of it is estimated, most of it assumed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...standards import Standards
from .plume import KELVIN, Stack
from .protection import worst

SECONDS_H = 3600.0
POLLUTANTS = ("so2", "nox", "pm", "voc", "nh3", "h2s", "hcl")
CHRONIC = ("pm",)  # limits set by long exposure: class III of GB/T 39499


@dataclass(frozen=True)
class Source:
    """One pollutant of one works.

    Parameters
    ----------
    emission_g_s
        At full load.
    height_m
        Of the stack's mouth, or of an area source.
    stack
        None for an area source over the whole site.
    hours_a
        Hours of full load a year.
    source, edition, confidence
        Of the figures behind it, the lowest confidence.
    """

    utility: str
    pollutant: str
    emission_g_s: float
    height_m: float
    stack: Stack | None
    hours_a: float
    source: str
    edition: str
    confidence: str

    @property
    def share_of_year(self) -> float:
        return self.hours_a / 8760.0


class _Rates:
    """Reads standards of one works and remembers their sources."""

    def __init__(self, standards: Standards, utility: str) -> None:
        self.standards, self.utility = standards, utility

    def __call__(self, name: str) -> float:
        return self.standards.value(f"siting.{self.utility}.{name}")

    def has(self, name: str) -> bool:
        return f"siting.{self.utility}.{name}" in self.standards

    def source(
        self, pollutant: str, emission_g_s: float, stack: Stack | None, height_m: float, names: Iterable[str]
    ) -> Source:
        """A source whose figures are those of the standards ``names``."""
        said = [self.standards[f"siting.{self.utility}.{name}"] for name in names]
        return Source(
            self.utility,
            pollutant,
            emission_g_s,
            height_m,
            stack,
            self("hours_a"),
            "; ".join(dict.fromkeys(one.source for one in said)),
            "; ".join(dict.fromkeys(one.edition for one in said if one.edition)),
            worst([one.confidence for one in said]),
        )


def sources_of(
    utility: str,
    capacity: float,
    standards: Standards,
    fuel: str = "gas",
    solid_waste_kind: str = "sorting",
    emissions: pd.DataFrame | None = None,
) -> list[Source]:
    """The sources of a works of some capacity in the utility's unit; none where it gives nothing off.

    Parameters
    ----------
    fuel
        Of heat works: ``gas`` or ``coal``.
    solid_waste_kind
        ``sorting``, ``incinerator`` or ``landfill``.
    emissions
        The layer ``emissions`` of the park, for what its waste gas carries.
    """
    if not np.isfinite(capacity) or capacity <= 0:
        return []
    rates = _Rates(standards, utility)
    found: list[Source] = []
    if utility == "heat":
        found = _heat(capacity, rates, fuel)
    elif utility == "wastewater":
        found = _wastewater(capacity, rates)
    elif utility == "hazardous_waste":
        found = _incinerator(capacity, rates, "") + _fugitive(capacity, rates, "", ("voc",))
    elif utility == "solid_waste":
        burnt = _incinerator(capacity, rates, "incinerator_") if solid_waste_kind == "incinerator" else []
        found = burnt + _fugitive(capacity, rates, f"{solid_waste_kind}_", ("pm", "nh3", "h2s"))
    elif utility == "waste_gas":
        found = _waste_gas(capacity, rates, emissions)
    return [source for source in found if source.emission_g_s > 0]


def _stack(rates: _Rates, height_m: float, gas_m3_h: float, exit_c: float) -> Stack:
    """A stack whose gas leaves at the usual speed; ``gas_m3_h`` at 0 C."""
    speed = rates.standards.value("siting.stack.speed_m_s")
    flow = gas_m3_h / SECONDS_H * (exit_c + KELVIN) / KELVIN
    return Stack(height_m, float(np.sqrt(4 * flow / (np.pi * speed))), exit_c, speed)


def _step(rates: _Rates, name: str, size: float, steps: int, limit: str) -> str:
    """The standard of the first step that ``size`` lies below, else of the last."""
    below = (k for k in range(1, steps) if size < rates(f"{name}_{k}_{limit}"))
    return f"{name}_{next(below, steps)}_m"


def _heat(capacity_kw: float, rates: _Rates, fuel: str) -> list[Source]:
    gas_m3_h = capacity_kw * rates(f"{fuel}_flue_m3_kwh")
    tall = _step(rates, "coal_stack", capacity_kw, 6, "below_kw") if fuel == "coal" else "gas_stack_m"
    stack = _stack(rates, rates(tall), gas_m3_h, rates(f"{fuel}_exit_c"))
    found = []
    for pollutant in ("so2", "nox", "pm"):
        limit = f"{fuel}_{pollutant}_mg_m3"
        emission = gas_m3_h * rates(limit) / 1e3 / SECONDS_H
        found.append(
            rates.source(
                pollutant, emission, stack, stack.height_m, (limit, tall, f"{fuel}_flue_m3_kwh", "hours_a")
            )
        )
    return found


def _incinerator(capacity_t_a: float, rates: _Rates, kind: str) -> list[Source]:
    rate_t_h = capacity_t_a / rates("hours_a")
    gas_m3_h = rate_t_h * rates(f"{kind}flue_m3_t")
    steps, limit = (2, "below_t_d") if kind else (4, "below_kg_h")
    size = rate_t_h * 24 if kind else rate_t_h * 1e3
    tall = _step(rates, f"{kind}stack", size, steps, limit)
    stack = _stack(rates, rates(tall), gas_m3_h, rates(f"{kind}exit_c"))
    return [
        rates.source(
            pollutant,
            gas_m3_h * rates(f"{kind}{pollutant}_mg_m3") / 1e3 / SECONDS_H,
            stack,
            stack.height_m,
            (f"{kind}{pollutant}_mg_m3", tall, f"{kind}flue_m3_t", "hours_a"),
        )
        for pollutant in ("so2", "nox", "pm", "hcl")
    ]


def _fugitive(capacity_t_a: float, rates: _Rates, kind: str, pollutants: tuple[str, ...]) -> list[Source]:
    rate_t_h = capacity_t_a / rates("hours_a")
    return [
        rates.source(
            pollutant,
            rate_t_h * rates(name) * 1e3 / SECONDS_H,
            None,
            rates("release_m"),
            (name, "release_m", "hours_a"),
        )
        for pollutant in pollutants
        if rates.has(name := f"{kind}{pollutant}_kg_t")
    ]


def _wastewater(capacity_t_d: float, rates: _Rates) -> list[Source]:
    bod_g_s = capacity_t_d * rates("bod_removed_mg_l") / 86400
    return [
        rates.source(
            pollutant,
            bod_g_s * rates(f"{pollutant}_g_g"),
            None,
            rates("release_m"),
            (f"{pollutant}_g_g", "bod_removed_mg_l", "release_m"),
        )
        for pollutant in ("nh3", "h2s")
    ]


def _waste_gas(capacity_m3_h: float, rates: _Rates, emissions: pd.DataFrame | None) -> list[Source]:
    stack = _stack(rates, rates("stack_m"), capacity_m3_h, rates("exit_c"))
    raw = _raw_mg_m3(emissions, rates("hours_a"))
    names: dict[str, tuple[str, ...]] = {p: (f"{p}_removed", "stack_m", "hours_a") for p in raw}
    if not raw:
        raw, names = (
            {"voc": rates("voc_raw_mg_m3")},
            {"voc": ("voc_removed", "voc_raw_mg_m3", "stack_m", "hours_a")},
        )
    return [
        rates.source(
            pollutant,
            capacity_m3_h * mg_m3 * (1 - rates(f"{pollutant}_removed")) / 1e3 / SECONDS_H,
            stack,
            stack.height_m,
            names[pollutant],
        )
        for pollutant, mg_m3 in raw.items()
    ]


def _raw_mg_m3(emissions: pd.DataFrame | None, hours_a: float) -> dict[str, float]:
    """What the park's waste gas carries before treatment: all that firms emit over the flow of their gas."""
    if emissions is None or emissions.empty:
        return {}
    known = emissions[np.isfinite(emissions["gas_m3_h"].to_numpy(float)) & (emissions["gas_m3_h"] > 0)]
    # rows of several pollutants describe one gas
    flow = float(known.groupby(["enterprise_id", "source_type"])["gas_m3_h"].max().sum())
    tonnes = known.groupby("pollutant")["amount_t_a"].sum()
    return {
        pollutant: float(tonnes[pollutant]) * 1e9 / hours_a / flow
        for pollutant in ("so2", "nox", "pm", "voc")
        if tonnes.get(pollutant, 0.0) > 0
    }
