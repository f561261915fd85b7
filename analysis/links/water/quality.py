"""Quality of water: what streams hold or ask for, what treatment makes of it, what fresh and other supply hold.

Arrays of quality are (n, 4) in mg/L in the order of ``CONTAMINANTS``. NaN is unknown and meets no limit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import Finding
from ...park.estimates.profiles import CONTAMINANTS as CONTAMINANTS
from ..costs import Costs

LEVELS = ("none", "bio", "membrane")
WORKS = ("bio", "membrane")  # what central works make of effluent: reclaimed water, and the same through a membrane


def sound(streams: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """A copy of the water streams that can be used, and findings.

    Named and left out: no flow, a negative flow, a negative concentration. Named and kept: demands without any limit.
    """
    table = streams.copy()
    findings = []
    flow = table["flow_t_d"]
    for key, bad in (("links.no_flow", ~np.isfinite(flow) & ~(flow < 0)), ("links.negative_flow", flow < 0)):
        for name in table["stream_id"][bad]:
            findings.append(Finding(key, "warning", "water_streams", str(name), "flow_t_d"))
    quality = table[list(CONTAMINANTS)]
    below = quality.lt(0) | np.isinf(quality)
    for column in CONTAMINANTS:
        for name in table["stream_id"][below[column]]:
            findings.append(Finding("links.negative_quality", "warning", "water_streams", str(name), column))
    usable = np.isfinite(flow) & (flow >= 0) & ~below.any(axis=1)
    demand = (table["direction"] == "demand") & (flow > 0)
    for name in table["stream_id"][usable & demand & quality.isna().all(axis=1)]:
        findings.append(Finding("links.no_limits", "info", "water_streams", str(name), "cod_mg_l"))
    return table[usable].reset_index(drop=True), findings


def too_strict(table: pd.DataFrame, fresh: np.ndarray) -> list[Finding]:
    """Demands of sound streams that ask for cleaner water than ``fresh`` (4,), one finding for each such limit."""
    mine = table[(table["direction"] == "demand") & (table["flow_t_d"] > 0)]
    found = []
    for clean, column in zip(fresh.tolist(), CONTAMINANTS, strict=True):
        for name, limit in mine.loc[mine[column] < clean, ["stream_id", column]].itertuples(index=False):
            values = {"limit": float(limit), "fresh": clean}
            found.append(Finding("links.cleaner_than_fresh", "warning", "water_streams", str(name), column, values))
    return found


def fresh_quality(costs: Costs) -> np.ndarray:
    """(4,) fresh water as the scenario has it, clean where it says nothing."""
    return np.array([costs.value(f"fresh_{name}") for name in ("cod", "ss", "tds", "nh3n")])


def treated(quality: np.ndarray, level: str, costs: Costs) -> np.ndarray:
    """Quality (n, 4) in mg/L after a treatment level; unknown stays unknown where the level does not govern it.

    Biological treatment and filtration bring COD, SS and NH3-N to class 1A of GB 18918-2002 and leave dissolved solids; it
    takes wastewater up to its inlet limit of COD only (unknown or stronger: not treatable, infinite).
    """
    if level == "none":
        return quality
    number = costs.value
    cod, ss, tds, nh3n = quality.T
    treatable = cod <= number("bio_cod_inlet")

    def at_most(values: np.ndarray, limit: float) -> np.ndarray:
        return np.fmin(values, limit)

    if level == "bio":
        out = np.c_[
            at_most(cod, number("bio_cod")), at_most(ss, number("bio_ss")), tds, at_most(nh3n, number("bio_nh3n"))
        ]
    else:
        salts = tds * number("membrane_tds_passed")
        out = np.c_[
            at_most(cod, number("membrane_cod")),
            at_most(ss, number("membrane_ss")),
            salts,
            at_most(nh3n, number("membrane_nh3n")),
        ]
    return np.where(treatable[:, None], out, np.inf)


def level_costs(costs: Costs) -> dict[str, tuple[float, float, float]]:
    """By level: cost a tonne of inlet, investment a (t/d) of inlet, share that leaves as usable water."""
    bio = (costs.money("bio_cost"), costs.money("bio_investment"), costs.value("bio_recovery"))
    share = costs.value("membrane_recovery")
    return {
        "none": (0.0, 0.0, 1.0),
        "bio": bio,
        "membrane": (
            bio[0] + bio[2] * costs.money("membrane_cost"),
            bio[1] + bio[2] * costs.money("membrane_investment"),
            bio[2] * share,
        ),
    }


def admitted(quality: np.ndarray, level: str, costs: Costs) -> np.ndarray:
    """(n,) whether central works may make reclaimed water of a level (``WORKS``) of a discharge: not too salty, as far as known.

    The works bring everything else to class 1A. Dissolved solids pass through them, so they must not exceed the grade; behind
    the membrane only what is saltier than ``links.works_tds`` stays out.
    """
    grade = costs.standards.value("siting.reclaimed.tds_mg_l")
    most = grade if level == "bio" else max(costs.value("works_tds"), grade)
    return ~(quality[:, CONTAMINANTS.index("tds_mg_l")] > most)


def reclaimed_quality(level: str, costs: Costs) -> np.ndarray:
    """(4,) reclaimed water of central works: the grade they keep, or behind their membrane what the saltiest inflow leaves."""
    grade = costs.standards.value
    salt = grade("siting.reclaimed.tds_mg_l")
    made = np.array([grade("siting.reclaimed.cod_mg_l"), costs.value("bio_ss"), salt, costs.value("bio_nh3n")])
    if level == "bio":
        return made
    made[CONTAMINANTS.index("tds_mg_l")] = max(costs.value("works_tds"), salt)
    return treated(made[None], level, costs)[0]


def works_recovery(level: str, costs: Costs) -> float:
    """Share of the effluent that leaves central works as reclaimed water."""
    share = costs.standards.value("siting.reclaimed.recovery")
    return share if level == "bio" else share * costs.value("membrane_recovery")


def meets(clean: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """(n,) whether qualities keep every limit (n, 4) that is set."""
    return np.asarray((np.isnan(limit) | (clean <= limit)).all(axis=1))


def known(clean: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """(n,) whether every contaminant that is limited is known, so that the mean of a mixture is."""
    return np.asarray((np.isnan(limit) | np.isfinite(clean)).all(axis=1))
