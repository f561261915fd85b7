"""The laid networks as result tables."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from parkloop import resources

from ..steps import Answer
from .lay import UNIT, Network


def pipes_table(laid: list[Network], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """``network_pipes``: one row a stretch of pipe, drawn from the site outwards."""
    parts = []
    for network in laid:
        graph, edge = network.graph, network.edge
        lines = [
            line if forward else line.reverse()
            for line, forward in zip(graph.lines[edge], graph.edges[edge, 0] == network.parent, strict=True)
        ]
        parts.append(
            gpd.GeoDataFrame(
                {
                    "utility": network.utility,
                    "site_id": network.site,
                    "dn_mm": network.dn_mm,
                    "lanes": network.lanes,
                    "length_m": graph.length_m[edge],
                    "flow": network.flow,
                    "unit": UNIT[network.utility],
                    "velocity_m_s": network.velocity_m_s,
                    "loss_pa_m": network.friction_pa_m,
                    "slope": network.slope,
                    "cover_start_m": network.cover_end_m
                    if network.utility == "wastewater"
                    else network.cover_start_m,
                    "cover_end_m": network.cover_start_m
                    if network.utility == "wastewater"
                    else network.cover_end_m,
                    "lift_m": network.lift_m,
                    "investment_cur": network.cost_cur,
                    "road_id": graph.road_id[edge],
                    "estimated": "flow;investment_cur" if network.estimated else "",
                },
                geometry=lines,
                crs=crs,
            )
        )
    return _with_key(parts, "network_pipes", "pipe_id", "P", crs)


def nodes_table(laid: list[Network], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """``network_nodes``: the source, the consumers and the lift stations of each network."""
    parts = []
    for network in laid:
        lifted = dict(zip(network.node.tolist(), network.lift_m.tolist(), strict=True))
        rows = []
        for v, ground, kpa in zip(network.tree_nodes.tolist(), network.ground_m, network.node_kpa, strict=True):
            firms = ";".join(network.consumers.get(v, []))
            kind = (
                "source" if v == network.tree_nodes[0] else "consumer" if firms else "lift" if lifted.get(v) else ""
            )
            if kind:
                rows.append((network.utility, network.site, kind, firms, ground, kpa, *network.graph.points[v]))
        frame = pd.DataFrame(
            rows, columns=["utility", "site_id", "kind", "enterprise_id", "elevation_m", "pressure_kpa", "x", "y"]
        )
        frame["estimated"] = "pressure_kpa" if network.estimated else ""
        parts.append(
            gpd.GeoDataFrame(
                frame.drop(columns=["x", "y"]), geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs=crs
            )
        )
    return _with_key(parts, "network_nodes", "node_id", "N", crs)


def _with_key(
    parts: list[gpd.GeoDataFrame], table: str, key: str, letter: str, crs: pyproj.CRS
) -> gpd.GeoDataFrame:
    names = list(resources.columns(table))
    if not parts:
        blank = {
            name: pd.Series(dtype="object" if row["type"] == "text" else "float64")
            for name, row in resources.columns(table).items()
        }
        return gpd.GeoDataFrame(blank, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    frame = pd.concat(parts, ignore_index=True)
    width = len(str(len(frame)))
    frame.insert(0, key, [f"{letter}{i + 1:0{width}d}" for i in range(len(frame))])
    return gpd.GeoDataFrame(frame[[*names, "geometry"]], geometry="geometry", crs=crs)


def answers(laid: list[Network], currency: str) -> list[Answer]:
    """One answer a network: the sized cost of its tree beside the bound of the relaxed problem."""
    found = []
    for network in laid:
        cost = float(network.cost_cur.sum())
        gap = max(0.0, (cost - network.bound_cur) / max(1.0, cost)) if np.isfinite(network.bound_cur) else None
        status = "optimal" if gap is not None and gap <= 1e-6 else "certified"
        name = f"{network.utility}.{network.site}"
        found.append(Answer(name, cost, network.bound_cur, gap, status, network.seconds, currency))
    return found
