"""What serves the park today and what is planned: facilities, pipes, exchanges, growth, the planner's own sites."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely import affinity

from ..estimates import profiles
from ..model import Park
from ..roadgraph import RoadGraph

SOURCE = "synthetic"
# giver, taker, material: links that such parks usually have already
TODAY = (
    ("D44", "C30", "fly_ash"), ("D44", "C30", "desulphurisation_gypsum"), ("C36", "C42", "waste_plastic"),
    ("C33", "C31", "scrap_steel"), ("C36", "C31", "scrap_steel"), ("C15", "C13", "spent_grain"), ("C21", "C20", "wood_waste"),
    ("C14", "C13", "food_waste"), ("C23", "C22", "waste_paper"), ("C38", "C32", "scrap_aluminium"), ("C31", "C30", "bf_slag"),
    ("C29", "C42", "waste_plastic"),
)  # fmt: skip


def facilities(park: Park, spots: dict[str, shapely.Point]) -> gpd.GeoDataFrame:
    """The ``facilities`` layer: works of the parcels in ``spots`` (D44, D46, gas, water), sized from today's demand."""
    use, water = park["energy_use"], park["water_streams"]
    heat = use.loc[use["carrier"] == "heat", "peak_kw"].sum()
    gas_m3_h = use.loc[use["carrier"] == "natural_gas", "peak_kw"].sum() / 10.0  # about 10 kWh a m3
    flow = water.groupby("direction")["flow_t_d"].sum()
    plan = (
        ("F01", "热电厂供热首站", "heat", "D44", heat, 0.75, 0.7),
        ("F02", "澜河污水处理厂", "wastewater", "D46", flow.get("discharge", 0.0), 0.9, 0.65),
        ("F03", "天然气调压站", "gas", "gas", gas_m3_h, 0.8, 0.75),
        ("F04", "园区给水加压站", "water", "water", flow.get("demand", 0.0), 1.1, 0.8),
    )
    rows = []
    for key, name, utility, place, demand, part, load in plan:
        if place not in spots or demand <= 0:
            continue
        capacity = float(f"{demand * part:.2g}")
        row = {"facility_id": key, "name": name, "utility": utility, "capacity": capacity, "geometry": spots[place]}
        rows.append(row | {"spare_capacity": round(capacity * (1 - load)), "status": "working", "keep": True})
    return gpd.GeoDataFrame(rows, geometry="geometry").assign(source=SOURCE)


def pipes(park: Park, graph: RoadGraph, works: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """The ``pipes`` layer: heat and sewers that run along roads today, from the works to some of their users."""
    firms = park.enterprise_points()
    use, water = park["energy_use"], park["water_streams"]
    users = {
        "heat": use.loc[use["carrier"] == "heat"].sort_values("peak_kw", ascending=False)["enterprise_id"].tolist(),
        "wastewater": water[water["direction"] == "discharge"]
        .sort_values("flow_t_d", ascending=False)["enterprise_id"]
        .tolist(),
    }
    sizes = {"heat": (300.0, "steel"), "wastewater": (500.0, "concrete")}
    beside = {"heat": (3.0, 3.0), "wastewater": (-3.0, -3.0)}  # each on its side of the road, still in one piece
    position = {tuple(sorted(edge)): number for number, edge in enumerate(graph.edges.tolist())}
    rows = []
    for utility, who in users.items():
        source = works[works["utility"] == utility]
        if source.empty or not who:
            continue
        served = who[: max(2, round(0.35 * len(who)))]
        start = graph.nearest(gpd.GeoSeries(source.geometry.iloc[:1]))[0]
        ends = graph.nearest(firms.reindex(served).dropna())[0]
        before = dijkstra(graph.matrix, directed=False, indices=int(start[0]), return_predecessors=True)[1]
        load: dict[int, int] = {}
        for node in ends.tolist():
            while before[node] >= 0:
                edge = position[tuple(sorted((int(before[node]), node)))]
                load[edge] = load.get(edge, 0) + 1
                node = int(before[node])
        dn, made_of = sizes[utility]
        for edge in sorted(load):
            bore = dn if load[edge] > max(2, len(served) / 3) else dn - (100 if utility == "heat" else 200)
            rows.append(
                {
                    "utility": utility,
                    "dn_mm": bore,
                    "material": made_of,
                    "geometry": affinity.translate(graph.lines[edge], *beside[utility]),
                }
            )
    if not rows:
        return gpd.GeoDataFrame({"pipe_id": []}, geometry=[])
    table = gpd.GeoDataFrame(rows, geometry="geometry")
    table["pipe_id"] = [f"L{number + 1:04d}" for number in range(len(table))]
    return table.assign(source=SOURCE)


def exchanges(park: Park, rng: np.random.Generator) -> pd.DataFrame:
    """The ``exchanges`` layer: a few material links between neighbours, and steam from the power station."""
    flows, firms = park["material_flows"], park["enterprises"]
    points = park.enterprise_points()
    sector = firms.set_index("enterprise_id")["sector"]
    rows = []
    for giver, taker, material in TODAY:
        some = flows[flows["material"] == material].assign(sector=flows["enterprise_id"].map(sector))
        out = some[(some["direction"] == "out") & (some["sector"] == giver)]
        into = some[(some["direction"] == "in") & (some["sector"] == taker)]
        if out.empty or into.empty or rng.random() < 0.25:
            continue
        a, b = points.reindex(out["enterprise_id"]), points.reindex(into["enterprise_id"])
        away = np.hypot(a.x.to_numpy()[:, None] - b.x.to_numpy(), a.y.to_numpy()[:, None] - b.y.to_numpy())
        # each giver knows its nearest taker, a taker has one giver of a kind; about one pair in three trades
        taken: set[int] = set()
        for i in range(len(out)):
            j = int(np.argmin(away[i]))
            if j in taken or (taken and rng.random() < 0.65):
                continue
            taken.add(j)
            most = min(out["quantity_t_a"].iloc[i], into["quantity_t_a"].iloc[j]) * rng.uniform(0.4, 0.8)
            row = {
                "from_enterprise_id": out["enterprise_id"].iloc[i],
                "to_enterprise_id": into["enterprise_id"].iloc[j],
            }
            rows.append(row | {"kind": "material", "material": material, "quantity_t_a": float(f"{most:.2g}")})
    station = firms.loc[firms["sector"] == "D44", "enterprise_id"]
    if len(station):
        use = (
            park["energy_use"]
            .query("carrier == 'heat'")
            .sort_values(["peak_kw", "energy_id"], ascending=False)
            .head(4)
        )
        hours = profiles()["hours_a"].reindex(use["enterprise_id"].map(sector)).to_numpy()
        for firm, mean_kw in zip(use["enterprise_id"], use["energy_gj_a"] * 1e6 / 3600 / hours, strict=True):
            rows.append(
                {
                    "from_enterprise_id": station.iloc[0],
                    "to_enterprise_id": firm,
                    "kind": "heat",
                    "material": "",
                    "heat_kw": float(round(mean_kw * 0.8)),
                }
            )
    table = pd.DataFrame(
        rows, columns=["from_enterprise_id", "to_enterprise_id", "kind", "material", "quantity_t_a", "heat_kw"]
    )
    table["exchange_id"] = [f"S{number + 1:03d}" for number in range(len(table))]
    return table.assign(source=SOURCE)


def steam_sold(park: Park, links: pd.DataFrame) -> pd.DataFrame:
    """``heat_streams`` with the steam that the power station sells today as a hot stream of its own (1.0 MPa, 280 C)."""
    sold = links[links["kind"] == "heat"].groupby("from_enterprise_id")["heat_kw"].sum()
    rows = pd.DataFrame(
        {
            "stream_id": sold.index + "-steam",
            "enterprise_id": sold.index,
            "kind": "hot",
            "t_supply_c": 280.0,
            "t_target_c": 180.0,
            "duty_kw": sold.to_numpy(),
            "medium": "steam",
            "steam_pressure_mpa": 1.0,
            "hours_a": 8000.0,
            "profile_id": "P4",
            "source": SOURCE,
        }
    )
    return pd.concat([park["heat_streams"], rows], ignore_index=True) if len(rows) else park["heat_streams"]


def growth(parcels: gpd.GeoDataFrame, base_year: int, rng: np.random.Generator) -> pd.DataFrame:
    """The ``growth`` layer: what land that waits will ask for, at the rates of its planned sector."""
    waiting = parcels[
        parcels["building_status"].isin(["unbuilt", "idle", "under_construction"])
        & (parcels["planned_use"] == "industrial")
    ]
    typical = profiles().reindex(waiting["planned_sector"]).set_index(waiting.index)
    floor = waiting.area * typical["plot_ratio"] * rng.uniform(0.7, 1.0, len(waiting))
    soon = (waiting["building_status"] == "under_construction") | (rng.random(len(waiting)) < 0.45)
    peak_kw = 1e6 / 3600 / typical["hours_a"] * typical["peak_to_mean"] * floor
    heat = peak_kw * typical["heat_gj_m2_a"]
    gas = peak_kw * typical["furnace_gj_m2_a"] / 10.0
    water = floor * typical["water_m3_m2_a"] / 365
    output = floor * typical["output_cny_m2_a"] * 1e-6
    table = pd.DataFrame({"parcel_id": waiting["parcel_id"], "sector": waiting["planned_sector"]})
    table["horizon"] = np.where(soon, "near", "long")
    table["design_year"] = np.where(soon, base_year + 5, base_year + 10)
    table = table.assign(heat_kw=heat.round(0), gas_m3_h=gas.round(0), water_t_d=water.round(0))
    table["wastewater_t_d"] = (water * typical["return_share"]).round(0)
    table["solid_waste_t_a"] = (output * 1.5).round(0)
    table["hazardous_waste_t_a"] = (output * 0.25).round(1)
    table["growth_id"] = "G-" + table["parcel_id"]
    return table.assign(source=SOURCE)


def candidate_sites(parcels: gpd.GeoDataFrame, barred: shapely.Geometry, height: np.ndarray) -> gpd.GeoDataFrame:
    """The ``candidate_sites`` layer: a few pieces of waiting land that a planner would point at."""
    waiting = parcels[(parcels["land_use"] == "vacant") | parcels["building_status"].isin(["unbuilt", "idle"])]
    waiting = waiting[~waiting.intersects(barred) & (waiting["land_use"] != "green")]
    low = waiting.assign(height=height[waiting.index]).sort_values(["height", "parcel_id"])
    large = waiting.assign(size=waiting.area).sort_values(["size", "parcel_id"], ascending=[False, True])
    chosen: list[tuple[str, str, str]] = []
    for name, utility, order in (
        ("低地污水厂备选", "wastewater", low), ("再生水厂备选", "reclaimed", low), ("综合能源站备选", "heat", large),
        ("固废综合利用中心备选", "solid_waste", large), ("危险废物中心备选", "hazardous_waste", large), ("预留设施用地", "", large),
    ):  # fmt: skip
        rest = [key for key in order["parcel_id"] if key not in {taken for *_, taken in chosen}]
        if rest:
            chosen.append((name, utility, rest[0]))
    shapes = parcels.set_index("parcel_id").geometry
    rows = [
        {
            "site_id": f"K{number + 1:02d}",
            "name": name,
            "utility": utility,
            "geometry": shapely.buffer(shapes[key], -3.0, join_style="mitre"),
        }
        for number, (name, utility, key) in enumerate(chosen)
    ]
    table = gpd.GeoDataFrame(rows, columns=["site_id", "name", "utility", "geometry"], geometry="geometry")
    return table.assign(source=SOURCE)
