"""What each parcel is used for, and which firm sits where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from ..estimates import profiles

BASE_YEAR = 2025
# The sectors of a mixed park: how often, and in which quarter they tend to gather.
SECTORS: dict[str, tuple[float, int]] = {
    "C26": (7, 0), "C30": (6, 1), "C36": (7, 2), "C39": (6, 3), "C33": (8, 2), "C14": (5, 4), "C29": (7, 0),
    "C38": (7, 3), "C34": (7, 2), "C42": (3, 1), "C22": (3, 4), "C17": (5, 4), "C31": (3, 1), "C35": (6, 2),
    "C27": (4, 0), "C13": (4, 4), "C20": (2, 1), "C32": (3, 1), "C21": (3, 4), "C15": (2, 4), "C28": (2, 0),
    "C40": (2, 3), "C18": (3, 4), "C23": (2, 3), "C37": (2, 2), "C24": (2, 3), "C19": (1, 4), "C43": (1, 2),
    "G59": (3, 3), "M73": (1, 3), "C25": (1, 0), "C41": (1, 3),
}  # fmt: skip
LARGE = ("C25", "C26", "C31", "C32", "C30", "C36", "C22", "C28", "C17")  # sectors that ask for large parcels
FEW = {"commercial": 0.02, "residential": 0.02, "public": 0.015, "utility": 0.025, "green": 0.03}


@dataclass(frozen=True)
class Group:
    """Firms that take land together: ``firms`` of them on ``parcels`` parcels (one of the two numbers is 1)."""

    firms: int
    parcels: int


def groups(enterprises: int, rng: np.random.Generator) -> list[Group]:
    """How firms share land: most have a parcel of their own, some share one, a few have two."""
    out: list[Group] = []
    left = enterprises
    while left:
        draw = rng.random()
        firms = min(left, 3 if draw < 0.02 else 2 if draw < 0.09 else 1)
        out.append(Group(firms, 2 if firms == 1 and draw > 0.95 else 1))
        left -= firms
    return out


def parcels_needed(found: list[Group]) -> int:
    """Parcels for these firms, for other uses and for land that waits."""
    return int(np.ceil(sum(group.parcels for group in found) / (1 - sum(FEW.values()) - 0.22))) + 4


def land_uses(shapes: np.ndarray, height: np.ndarray, flooded: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Use of each parcel: ``industrial`` where nothing else is needed.

    Parameters
    ----------
    height
        Mean height of each parcel, m.
    flooded
        Share of each parcel that is flood land.
    """
    n = len(shapes)
    use = np.full(n, "industrial", object)
    spot = shapely.get_coordinates(shapely.centroid(shapes))
    area = shapely.area(shapes)
    use[flooded > 0.55] = "green"
    west, _, east, north = shapely.total_bounds(shapes)
    gate = np.array([(west + east) / 2 + 0.3 * (east - west) * rng.choice([-1, 1]), north])
    near = np.argsort(np.hypot(*(spot - gate).T) + 3 * np.sqrt(area), kind="stable")
    near = near[use[near] == "industrial"]
    at = 0
    for name in ("commercial", "public", "residential"):
        count = max(1, round(FEW[name] * n))
        use[near[at : at + count]] = name
        at += count
    # utilities: the wastewater works low and downstream, the others anywhere small
    free = np.flatnonzero((use == "industrial") & (flooded < 0.05))
    low = free[np.argsort(height[free] + 30.0 * (area[free] < 12_000), kind="stable")]
    use[low[0]] = "utility:D46"
    free = np.flatnonzero((use == "industrial") & (flooded < 0.05))
    middle = spot.mean(0)
    heart = free[np.argsort(np.hypot(*(spot[free] - middle).T) + 800.0 * (area[free] < 25_000), kind="stable")]
    use[heart[0]] = "utility:D44"
    small = free[np.argsort(area[free] + rng.uniform(0, 8000, len(free)), kind="stable")]
    small = small[use[small] == "industrial"]
    use[small[: max(2, round(FEW["utility"] * n) - 1)]] = "utility"
    return use


def sectors(enterprises: int, rng: np.random.Generator) -> list[str]:
    """Sector of each firm: first one of every common sector, then by frequency; with power, water, waste firms."""
    fixed = ["D44", "D46"] if enterprises >= 8 else ["D44"]
    fixed += ["N77"] if enterprises >= 40 else []
    names = list(SECTORS)
    chosen = fixed + names[: max(0, min(18, enterprises - len(fixed)))]
    weight = np.array([SECTORS[name][0] for name in names], float)
    extra = max(0, enterprises - len(chosen))
    return (chosen + list(rng.choice(names, extra, p=weight / weight.sum())))[:enterprises]


def settle(
    shapes: np.ndarray, use: np.ndarray, found: list[Group], kinds: list[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    """Put firms on parcels.

    Returns
    -------
    (occupancy, use)
        firm number, parcel number, share; and the uses with industrial parcels that got no firm as ``free``.
    """
    spot = shapely.get_coordinates(shapely.centroid(shapes))
    area = shapely.area(shapes)
    rows: list[tuple[int, int, float]] = []
    special = {"D44": "utility:D44", "D46": "utility:D46"}
    firms = list(range(len(kinds)))
    for firm in list(firms):
        home = np.flatnonzero(use == special.get(kinds[firm], "-"))
        if len(home):
            rows.append((firm, int(home[0]), 1.0))
            firms.remove(firm)
    pool = np.flatnonzero(use == "industrial")
    turn = rng.uniform(0, 2 * np.pi)
    away = spot[pool] - spot[pool].mean(0)
    quarter = ((np.arctan2(away[:, 1], away[:, 0]) + turn) / (2 * np.pi / 5) % 5).astype(int)
    vacant = use == "industrial"
    touching = _neighbours(shapes)
    rest = list(found)
    rng.shuffle(firms)
    # firms that ask for much land choose first
    order = sorted(firms, key=lambda firm: kinds[firm] not in LARGE)
    while order:
        firm = order.pop(0)
        group = rest.pop() if rest else Group(1, 1)
        wish = SECTORS.get(kinds[firm], (1, 1))[1]
        free = vacant[pool]
        if not free.any():
            raise AssertionError("more firms than parcels")  # parcels_needed promises enough
        big = kinds[firm] in LARGE
        score = (quarter != wish) * 1.0 + rng.uniform(0, 1.3, len(pool)) - 0.35 * big * np.log(area[pool] / 30_000)
        parcel = int(pool[np.argmin(np.where(free, score, np.inf))])
        vacant[parcel] = False
        together = [firm, *order[len(order) - group.firms + 1 :]] if group.firms > 1 else [firm]
        if group.firms > 1:
            del order[len(order) - group.firms + 1 :]
        parts = np.round(rng.dirichlet(np.full(len(together), 6.0)), 2)
        parts[0] = round(1 - parts[1:].sum(), 2)
        rows += [(member, parcel, float(part)) for member, part in zip(together, parts, strict=True)]
        beside = [other for other in touching.get(parcel, []) if vacant[other]]
        if group.parcels == 2 and beside:
            vacant[beside[0]] = False
            rows.append((firm, beside[0], 1.0))
    use = use.copy()
    use[vacant] = "free"
    return pd.DataFrame(rows, columns=["firm", "parcel", "share"]), use


def _neighbours(shapes: np.ndarray) -> dict[int, list[int]]:
    a, b = shapely.STRtree(shapes).query(shapes, predicate="touches")
    out: dict[int, list[int]] = {}
    for one, other in sorted(zip(a.tolist(), b.tolist(), strict=True)):
        out.setdefault(one, []).append(other)
    return out


def planned_sector(count: int, rng: np.random.Generator) -> np.ndarray:
    """Sectors foreseen for land that waits: those that newcomers of such parks have."""
    names = ["C39", "C38", "C35", "C36", "C27", "C34", "C29", "C14", "C42"]
    return rng.choice(names, count, p=np.array([5, 5, 4, 4, 3, 3, 2, 2, 1]) / 29)


def parcel_table(
    shapes: np.ndarray, use: np.ndarray, leader: np.ndarray, share_used: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """The ``parcels`` layer without ground cover.

    Parameters
    ----------
    use
        As ``settle`` gives them.
    leader
        Sector of the largest firm on each parcel, empty where there is none.
    share_used
        Sum of the shares of firms.
    """
    n = len(shapes)
    free = use == "free"
    fate = rng.choice(
        ["ready", "not_ready", "unbuilt", "under_construction", "idle", "empty_works"],
        n,
        p=[0.3, 0.08, 0.16, 0.1, 0.22, 0.14],
    )
    code = np.array([name.split(":")[0] for name in use], object)
    land_use = np.where(free, np.where(np.isin(fate, ["ready", "not_ready"]), "vacant", "industrial"), code)
    land_use = np.where(leader == "G59", "warehouse", land_use)
    table = pd.DataFrame({"land_use": land_use})
    table["planned_use"] = np.where(free, "industrial", land_use)
    table["planned_sector"] = np.where(
        free | (land_use == "industrial"), np.where(leader != "", leader, planned_sector(n, rng)), ""
    )
    # some land is used otherwise than planned
    astray = (leader != "") & (rng.random(n) < 0.05) & (land_use == "industrial")
    table.loc[astray, "planned_use"] = rng.choice(["commercial", "warehouse", "green"], int(astray.sum()))
    green = land_use == "green"
    table["supply_status"] = np.where(
        free & (fate == "ready"), "ready", np.where(free & (fate == "not_ready") | green, "not_ready", "supplied")
    )
    supplied = table["supply_status"] == "supplied"
    built = np.where(
        free,
        np.where(fate == "empty_works", "built", np.where(supplied, fate, "unbuilt")),
        np.where(green, "unbuilt", "built"),
    )
    table["building_status"] = built
    year = rng.integers(2004, 2022, n)
    year = np.where(np.isin(built, ["under_construction"]), rng.integers(2023, 2025, n), year)
    year = np.where(np.isin(built, ["unbuilt", "idle"]), rng.integers(2014, 2023, n), year)
    start = pd.to_datetime(
        pd.DataFrame({"year": year, "month": rng.integers(1, 13, n), "day": rng.integers(1, 28, n)})
    )
    term = np.where(
        (rng.random(n) < 0.22) & (year < 2018),
        rng.choice([10, 15, 20], n),
        np.where(land_use == "residential", 70, np.where(land_use == "commercial", 40, 50)),
    )
    end = pd.to_datetime(pd.DataFrame({"year": year + term, "month": start.dt.month, "day": start.dt.day}))
    table["supply_date"] = start.where(supplied)
    table["expiry_date"] = end.where(supplied & ~np.isin(land_use, ["utility", "public"]))
    settle = supplied & ((built == "idle") | (table["expiry_date"].dt.year <= BASE_YEAR))
    table["disposal"] = np.where(settle, np.where(year % 3 == 0, "done", "pending"), "")
    paid = ~np.isin(land_use, ["utility", "public", "green"])
    leased = paid & (rng.random(n) < 0.06)
    table["tenure"] = np.where(~supplied, "", np.where(leased, "leased", np.where(paid, "granted", "allocated")))
    agreed = rng.random(n) < 0.08
    table["obtained_by"] = np.where(
        ~supplied, "", np.where(paid, np.where(agreed, "agreement", "bid"), "allocation")
    )
    table["land_grade"] = 9
    table["area_m2"] = np.round(shapely.area(shapes) * (1 + 0.004 * rng.standard_normal(n)), 0)
    ratio = profiles()["plot_ratio"].reindex(table["planned_sector"]).to_numpy()
    industrial = np.isin(table["planned_use"], ["industrial", "warehouse"])
    table["plot_ratio_min"] = np.where(
        industrial, np.round(np.clip(0.75 * np.nan_to_num(ratio, nan=0.9), 0.5, 1.2), 1), np.nan
    )
    table["plot_ratio_max"] = np.where(
        industrial, np.round(np.clip(2.2 * np.nan_to_num(ratio, nan=0.9), 1.5, 3.0), 1), np.nan
    )
    table["building_density_max_pct"] = np.where(industrial, 60.0, np.nan)
    table["height_max_m"] = np.where(industrial, rng.choice([24.0, 30.0, 45.0], n), np.nan)
    table.loc[leader == "D44", "height_max_m"] = np.nan
    table["used_share"] = share_used
    return table
