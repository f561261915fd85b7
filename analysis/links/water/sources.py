"""Supply that no single firm gives: reclaimed water of central works, rain, sea or brackish water.

Each is offered to a demand at what it costs the park, with its quality, where fresh water would cost more. What reclaimed water
takes is effluent that no firm reuses. Where works stand and how large they are built is decided in the siting step: here
they stand at the existing works, else in the middle of the park.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from ...errors import Finding
from ...park.model import Park
from ...scenario import Links
from ..costs import Costs
from ..places import Places
from .quality import CONTAMINANTS, WORKS, known, meets, reclaimed_quality, works_recovery
from .rain import harvests

SIZES_T_D = tuple(500.0 * 4**k for k in range(7))  # sizes of new works at which their cost is touched by a line


@dataclass(frozen=True)
class Offers:
    """Offers of supply to demands, and what they share.

    Parameters
    ----------
    rows
        A row an offer: take (row of the demand), kind (reclaimed, rain, sea), level (treatment), node (what it draws on),
        gain_cur_t_d and cost_cur_t_d (a year for each t/d delivered), investment_cur_t_d (not that of works), upper_t_d, effluent (t drawn for each t delivered),
        size (t through works for each t delivered), and the four concentrations.
    most
        Greatest flow (t/d, by ``size``) of each node that has a limit.
    today
        Part of that which existing works deliver today: capacity less spare capacity, all of it where that is not known.
    charge_cur_a
        What the new works cost a year whatever they deliver.
    """

    rows: pd.DataFrame
    most: dict[str, float]
    today: dict[str, float]
    charge_cur_a: float = 0.0


def variants(table: pd.DataFrame, park: Park, places: Places, costs: Costs, choices: Links) -> list[Offers]:
    """The offers without new works, and with new works on each of their cost's lines.

    Investment grows with a power of size below one (``siting.reclaimed``). Each line touches that curve at one size and lies above it
    elsewhere, so a plan on the best line never costs less than told. Works beyond the wastewater there is are left out.
    """
    plain = _fixed(table, park, places, costs, choices)
    if not choices.reclaimed:
        return [plain]
    flow = table["left_t_d"][table["direction"] == "discharge"].sum()
    found = [plain]
    site = works_site(park)
    for size in SIZES_T_D:
        charge, slope = works_line(size, costs)
        more = _reclaimed(table, places, costs, choices, site, "new", slope)
        if len(more):
            found.append(Offers(_joined([plain.rows, more]), plain.most, plain.today, charge))
        if size >= flow:
            break
    return found


def works_line(size_t_d: float, costs: Costs) -> tuple[float, float]:
    """Yearly cost of new works near a size: what is fixed, and what each t/d adds, running them not included."""
    number = costs.standards.value
    exponent = number("siting.reclaimed.exponent")
    built = size_t_d * number("siting.reclaimed.design_factor")
    invest = (
        costs.money("siting.reclaimed.reference_investment")
        * (built / number("siting.reclaimed.reference_size")) ** exponent
    )
    yearly = invest * (costs.capital_1_a + number("siting.reclaimed.upkeep_share"))
    return (1 - exponent) * yearly, exponent * yearly / size_t_d


def works_site(park: Park) -> shapely.Point | None:
    """Where reclaimed water comes from: existing works for it, else the wastewater works, else the middle of the park."""
    works = park["facilities"]
    works = works[(works["status"] == "working") & works.geometry.notna() & ~works.geometry.is_empty]
    for utility in ("reclaimed", "wastewater"):
        mine = works[works["utility"] == utility]
        if len(mine):
            return mine.sort_values(["capacity", "facility_id"], ascending=[False, True]).geometry.iloc[0].centroid
    outline = park["park"].geometry.iloc[0] if len(park["park"]) else None
    return None if outline is None or outline.is_empty else outline.centroid


def _fixed(table: pd.DataFrame, park: Park, places: Places, costs: Costs, choices: Links) -> Offers:
    """Offers whose price does not depend on new works: existing works, rain, sea."""
    parts, most, today = [], {}, {}
    works = park["facilities"]
    works = works[(works["utility"] == "reclaimed") & (works["status"] == "working") & works["keep"]]
    works = works[works["capacity"] > 0].sort_values("facility_id") if choices.reclaimed else works.iloc[:0]
    spare = works["spare_capacity"].fillna(0.0).to_numpy(float)
    for k, (name, shape) in enumerate(zip(works["facility_id"], works.geometry, strict=True)):
        site = works_site(park) if shape is None or shape.is_empty else shape.centroid
        parts.append(_reclaimed(table, places, costs, choices, site, name, 0.0))
        most[name] = float(works["capacity"].to_numpy(float)[k])
        today[name] = max(most[name] - float(spare[k]), 0.0)
    rain, tanks = _rain(table, park, costs, choices)
    return Offers(_joined([*parts, rain, _sea(table, costs, choices)]), most | tanks, today)


def _reclaimed(
    table: pd.DataFrame,
    places: Places,
    costs: Costs,
    choices: Links,
    site: shapely.Point | None,
    node: str,
    slope_cur_t_d: float,
) -> pd.DataFrame:
    """Offers of one works at what running it, its capital (``slope_cur_t_d``) and the pipe cost."""
    firm = table["firm"].to_numpy()
    detour, days = costs.value("detour"), costs.value("days")
    away = np.zeros(len(places.points)) if site is None else places.points.distance(site).to_numpy() * detour
    away = np.where(firm >= 0, away[firm] if len(away) else 0.0, np.inf)
    pipe = away * costs.money("siting.reclaimed.connection_per_unit_m_a")
    run = costs.money("siting.reclaimed.operation_per_unit_a")
    invest = costs.money("membrane_investment") * costs.annuity
    parts = []
    for level in WORKS if choices.treat_water else WORKS[:1]:
        size = works_recovery("bio", costs) / works_recovery(level, costs)
        cost = size * (run + slope_cur_t_d)
        if level == "membrane":
            cost += size * (days * costs.money("membrane_cost") + invest)
        quality = reclaimed_quality(level, costs)
        draw = 1 / works_recovery(level, costs)
        parts.append(
            _offers(table, costs, choices, "reclaimed", level, node, cost + pipe, quality, effluent=draw, size=size)
        )
    return _joined(parts)


def _rain(table: pd.DataFrame, park: Park, costs: Costs, choices: Links) -> tuple[pd.DataFrame, dict[str, float]]:
    """Each firm's harvest for its own demands, in pieces that need ever larger tanks."""
    quality = np.array([costs.value(f"rain_{name}") for name in ("cod", "ss", "tds", "nh3n")])
    parts, most = [], {}
    found = harvests(park, choices, costs)
    numbers = found[["most_t_d", "cost_cur_t_d", "investment_cur_t_d"]].to_numpy(float).tolist()
    for firm, piece, (top, cost, tank) in zip(found["enterprise_id"], found["piece"], numbers, strict=True):
        node = f"rain:{firm}:{piece}"
        own = np.where(table["enterprise_id"] == firm, cost, np.inf)
        offered = _offers(table, costs, choices, "rain", "none", node, own, quality, most=top, tank=tank)
        if len(offered):
            parts.append(offered)
            most[node] = top
    return _joined(parts), most


def idle_choices(choices: Links) -> list[Finding]:
    """A finding for each choice that says how much or how dear a source is that the scenario does not open."""
    rain, sea = choices.rain_mm_a is None, choices.sea_tds_mg_l is None
    idle = {
        ("rain_months", "rain_mm_a"): rain and bool(choices.rain_months),
        ("rain_paved", "rain_mm_a"): rain and choices.rain_paved,
        ("sea_price_cur_t", "sea_tds_mg_l"): sea and choices.sea_price_cur_t is not None,
    }
    return [
        Finding("links.idle_choice", "warning", "scenario", "", f"links.{name}", {"needs": f"links.{needs}"})
        for (name, needs), found in idle.items()
        if found
    ]


def _sea(table: pd.DataFrame, costs: Costs, choices: Links) -> pd.DataFrame:
    """Sea or brackish water as it comes, and without its salt."""
    if choices.sea_tds_mg_l is None:
        return _joined([])
    days, salt = costs.value("days"), choices.sea_tds_mg_l
    raw = np.array([costs.value("sea_cod"), costs.value("sea_ss"), salt, costs.value("sea_nh3n")])
    price = costs.money("sea_cost") if choices.sea_price_cur_t is None else choices.sea_price_cur_t
    pure = np.fmin(
        [costs.value("membrane_cod"), costs.value("membrane_ss"), np.inf, costs.value("membrane_nh3n")], raw
    )
    pure[CONTAMINANTS.index("tds_mg_l")] = salt * costs.value("desalination_tds_passed")
    share = costs.value("desalination_recovery")
    parts = []
    for level, cost, quality in (
        ("none", price, raw),
        ("desalination", price / share + costs.money("desalination_cost"), pure),
    ):
        parts.append(_offers(table, costs, choices, "sea", level, "sea", np.full(len(table), days * cost), quality))
    return _joined(parts)


def _offers(
    table: pd.DataFrame,
    costs: Costs,
    choices: Links,
    kind: str,
    level: str,
    node: str,
    cost_cur_t_d: np.ndarray,
    quality: np.ndarray,
    *,
    most: float = np.inf,
    effluent: float = 0.0,
    size: float = 1.0,
    tank: float = 0.0,
) -> pd.DataFrame:
    """Offers of one water to all demands it is good and cheap enough for; ``cost_cur_t_d`` (n,) by row of ``table``."""
    limits = table[list(CONTAMINANTS)].to_numpy()
    gain = costs.value("days") * costs.money("water_price") - cost_cur_t_d
    clean = np.broadcast_to(quality, limits.shape)
    good = known(clean, limits) if choices.mixing else meets(clean, limits)
    left = table["left_t_d"].to_numpy()
    ours = (table["direction"] == "demand").to_numpy() & (left > 0) & (table["firm"] >= 0).to_numpy()
    take = np.flatnonzero(ours & good & ~np.isnan(limits).all(axis=1) & (gain > 0))
    return pd.DataFrame(
        {
            "take": take,
            "kind": kind,
            "level": level,
            "node": node,
            "gain_cur_t_d": gain[take],
            "cost_cur_t_d": cost_cur_t_d[take],
            "investment_cur_t_d": tank,
            "upper_t_d": np.minimum(left[take], most),
            "effluent": effluent,
            "size": size,
        }
        | dict(zip(CONTAMINANTS, quality.tolist(), strict=True))
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Offers one under another; none at all has the columns, too."""
    some = [part for part in parts if len(part)]
    if some:
        return pd.concat(some, ignore_index=True)
    texts = ("kind", "level", "node")
    numbers = ("gain_cur_t_d", "cost_cur_t_d", "investment_cur_t_d", "upper_t_d", "effluent", "size", *CONTAMINANTS)
    empty = {"take": np.zeros(0, int)} | {name: np.zeros(0, object) for name in texts}
    return pd.DataFrame(empty | {name: np.zeros(0) for name in numbers})
