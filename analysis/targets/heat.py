"""Heat targets of a park: of its firms alone, through shared levels, and joined directly.

All streams count at the same time with their mean duty while running, and no pipe is too long: no design can do
better, real ones do less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import Finding, InputError
from ..links.heat import raised, sound
from ..park.model import Park
from ..scenario import Scenario
from .pinch import Streams, Target, composite, target
from .plain import plain
from .site import Level, Site, site

LEVELS = (("steam_high",) * 2, ("steam_medium",) * 2, ("steam_low",) * 2, ("water_supply", "water_return"))


@dataclass(frozen=True)
class HeatTargets:
    """What ``targets`` finds.

    Parameters
    ----------
    table
        A row a group, the whole park (group ``""``) last: streams, today_hot_kw and today_cold_kw (nothing recovered), then
        hot and cold utility with each firm on its own (``firms_``), through shared levels (``levels_``) and joined directly
        (``direct_``), and the first pinch of the latter as the hot and the cold streams see it (NaN where there is none).
    levels
        A row a level of the whole park: level, raised_kw, used_kw, outside_kw.
    curves
        By group: corner points (kW, C) of the composites ``hot``, ``cold`` and of the ``grand`` composite (shifted).
    firms
        A row a firm on its own, by enterprise_id: streams, today_hot_kw, today_cold_kw, hot_kw, cold_kw, and its first pinch.
    """

    approach_k: float
    table: pd.DataFrame
    levels: pd.DataFrame
    curves: dict[str, dict[str, list[list[float]]]]
    findings: list[Finding] = field(default_factory=list)
    firms: pd.DataFrame = field(default_factory=pd.DataFrame)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; empty where there is no number."""
        rows = [plain(row) for row in self.table.to_dict("records")]
        for row in rows:
            row["curves"] = self.curves[str(row["group"])]
        return {
            "kind": "heat",
            "approach_k": self.approach_k,
            "park": rows[-1],
            "groups": rows[:-1],
            "levels": [plain(row) for row in self.levels.to_dict("records")],
        }


def levels_of(text: str | None, scenario: Scenario) -> list[Level]:
    """The shared levels from the hottest down: those of ``250,180,95/70``, else those of the standards.

    Raises
    ------
    InputError
        Where a part is no temperature, or water would come back hotter than it went out.
    """
    number = scenario.thresholds().value
    if text is None:
        found = [Level(*(number(f"targets.{name}") for name in pair)) for pair in LEVELS]
    else:
        found = [_level(part) for part in text.split(",") if part.strip()]
    return sorted(found, key=lambda level: (-level.return_c, -level.supply_c))


def _level(text: str) -> Level:
    try:
        ends = [float(part) for part in text.split("/")]
    except ValueError:
        ends = []
    if not 1 <= len(ends) <= 2 or not all(-200 <= end <= 2500 for end in ends) or ends[0] < ends[-1]:
        raise InputError.of("targets.bad_level", column="--levels", text=text.strip())
    return Level(ends[0], ends[-1])


def streams_of(table: pd.DataFrame, approach_k: float) -> Streams:
    """Streams of a layer with half of the approach on each side."""
    return Streams(
        table["t_supply_c"].to_numpy(float),
        table["t_target_c"].to_numpy(float),
        table["duty_kw"].to_numpy(float),
        (table["kind"] == "hot").to_numpy(),
        np.full(len(table), approach_k / 2),
    )


def targets(
    park: Park,
    group: pd.Series | None,
    approach_k: float,
    levels: Sequence[Level],
    cancelled: Callable[[], bool] = lambda: False,
) -> HeatTargets:
    """Heat targets of each group of firms and of the whole park.

    Parameters
    ----------
    group
        Name of the group of each firm (by enterprise_id), or None for the whole park only.
    approach_k
        Smallest temperature difference in one exchanger; heat that passes a level goes through two.

    Raises
    ------
    InputError
        The park has no heat stream that can be used.
    Cancelled
    """
    table, findings = sound(park["heat_streams"])
    table = table[~raised(park, table)].reset_index(drop=True)
    if not len(table):
        raise InputError(*(findings or [Finding("targets.no_heat", "error", "heat_streams")]))
    table = table.sort_values(["enterprise_id", "stream_id"], ignore_index=True)
    streams = streams_of(table, approach_k)
    firm = table["enterprise_id"].to_numpy()
    member = np.full(len(table), "") if group is None else table["enterprise_id"].map(group).to_numpy()
    own = {one: streams.of(np.flatnonzero(firm == one)) for one in np.unique(firm)}
    found = {one: target(mine) for one, mine in own.items()}
    rows, curves = [], {}
    whole: Site | None = None
    for name in [*sorted(set(member) - {""}), ""]:
        inside = np.flatnonzero(member == name) if name else np.arange(len(table))
        mine, firms = streams.of(inside), np.unique(firm[inside])
        direct, alone = target(mine), [found[one] for one in firms]
        whole = (
            site([own[one] for one in firms], levels, approach_k / 2, cancelled)
            if levels and len(firms) > 1
            else None
        )
        rows.append({"group": name, **_row(mine, alone, whole, direct, approach_k)})
        curves[str(name)] = _curves(mine, direct)
    each = pd.DataFrame([{"enterprise_id": one, **_alone(own[one], found[one], approach_k)} for one in own])
    return HeatTargets(approach_k, pd.DataFrame(rows), _levels(levels, whole), curves, findings, each)


def _alone(mine: Streams, found: Target, approach_k: float) -> dict[str, Any]:
    return {**_today(mine), "hot_kw": found.hot_kw, "cold_kw": found.cold_kw, **_pinch(found, approach_k)}


def _today(mine: Streams) -> dict[str, Any]:
    return {
        "streams": len(mine),
        "today_hot_kw": float(mine.duty_kw[~mine.hot].sum()),
        "today_cold_kw": float(mine.duty_kw[mine.hot].sum()),
    }


def _pinch(found: Target, approach_k: float) -> dict[str, Any]:
    pinch = float(found.pinch_c[0]) if len(found.pinch_c) else np.nan
    return {"pinch_hot_c": pinch + approach_k / 2, "pinch_cold_c": pinch - approach_k / 2}


def _row(
    mine: Streams, alone: list[Target], through: Site | None, direct: Target, approach_k: float
) -> dict[str, Any]:
    firms_hot, firms_cold = sum(one.hot_kw for one in alone), sum(one.cold_kw for one in alone)
    return {
        **_today(mine),
        "firms_hot_kw": firms_hot,
        "firms_cold_kw": firms_cold,
        "levels_hot_kw": firms_hot if through is None else through.hot_kw,
        "levels_cold_kw": firms_cold if through is None else through.cold_kw,
        "direct_hot_kw": direct.hot_kw,
        "direct_cold_kw": direct.cold_kw,
        **_pinch(direct, approach_k),
    }


def _levels(levels: Sequence[Level], through: Site | None) -> pd.DataFrame:
    rows = []
    for i, level in enumerate(levels if through is not None else ()):
        assert through is not None
        name = f"{level.supply_c:g} °C" if level.latent else f"{level.supply_c:g}/{level.return_c:g} °C"
        rows.append(
            {
                "level": name,
                "raised_kw": float(through.raised_kw[:, i].sum()),
                "used_kw": float(through.used_kw[:, i].sum()),
                "outside_kw": float(through.boiler_kw[i]),
            }
        )
    return pd.DataFrame(rows, columns=["level", "raised_kw", "used_kw", "outside_kw"])


def _curves(streams: Streams, found: Target) -> dict[str, list[list[float]]]:
    """Corner points for charts."""
    pairs = {
        "hot": composite(streams, True),
        "cold": composite(streams, False, found.cold_kw),
        "grand": (found.passed_kw, found.shifted_c),
    }
    return {name: np.c_[pair].round(6).tolist() for name, pair in pairs.items()}
