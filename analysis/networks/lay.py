"""One network: routed, sized and priced from one site to the firms it serves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import Finding
from ..solvers import reduction, steiner
from ..standards import Standards
from ..steps import Progress
from . import pressure, routing, sewers
from .corridors import Corridors

UNIT = {
    "heat": "kW",
    "gas": "m3/h",
    "water": "m3/h",
    "reclaimed": "m3/h",
    "wastewater": "m3/h",
    "waste_gas": "m3/h",
}


@dataclass
class Network:
    """A laid network; arrays have one entry a pipe, in the order of ``node`` (the end away from the site).

    ``edge`` numbers the corridors' edges, ``flow`` is the design flow in ``UNIT[utility]``, ``friction_pa_m`` is the loss
    (pressure networks), ``slope`` and covers belong to sewers (NaN elsewhere), ``cost_cur`` is the investment. ``node_value``
    is by node of ``tree_nodes``: free head or pressure in kPa, NaN for sewers.
    """

    utility: str
    site: str
    graph: Corridors
    node: np.ndarray
    parent: np.ndarray
    edge: np.ndarray
    flow: np.ndarray
    dn_mm: np.ndarray
    lanes: np.ndarray
    velocity_m_s: np.ndarray
    friction_pa_m: np.ndarray
    slope: np.ndarray
    cover_start_m: np.ndarray
    cover_end_m: np.ndarray
    lift_m: np.ndarray
    cost_cur: np.ndarray
    tree_nodes: np.ndarray
    ground_m: np.ndarray
    node_kpa: np.ndarray
    consumers: dict[int, list[str]]
    estimated: bool
    bound_cur: float
    seconds: float
    findings: list[Finding] = field(default_factory=list)


def network(
    utility: str,
    site: str,
    served: pd.DataFrame,
    graph: Corridors,
    ground_m: np.ndarray,
    standards: Standards,
    rate: float,
    progress: Progress,
) -> Network:
    """Lay the network of one utility from one site.

    Parameters
    ----------
    served
        Rows of ``site_service``: consumer (firm or growth), demand in the unit of the utility (kW, m3/h, t/d).
    ground_m
        (n,) height of the ground at the nodes of ``graph``.
    rate
        CNY for one unit of the park's currency.
    """
    begun = time.perf_counter()
    served = served.sort_values("consumer")
    need = np.zeros(len(graph.points))
    consumers: dict[int, list[str]] = {}
    for name, amount in zip(served["consumer"], _design_flow(utility, served["demand"], standards), strict=True):
        node = graph.node_of[name]
        need[node] += amount
        consumers.setdefault(node, []).append(name)
    root = graph.node_of[site]
    terminals = np.array(sorted(consumers), int)
    terminals = terminals[terminals != root]
    need[root] = 0.0
    lay = _gravity if utility == "wastewater" else _pressure
    found = lay(utility, site, graph, root, terminals, need, ground_m, standards, rate, progress)
    found.consumers = consumers
    marks = served["estimated"] if "estimated" in served else pd.Series("", index=served.index)
    found.estimated = bool((marks.astype(str) != "").any())
    found.seconds = time.perf_counter() - begun
    return found


def _design_flow(utility: str, demand: pd.Series, standards: Standards) -> np.ndarray:
    """Peak flow in ``UNIT`` of the demands that siting states (daily means for water)."""
    value = demand.to_numpy(float)
    if utility in ("water", "reclaimed"):
        return value / 24 * standards.value("networks.water_peak_factor")
    if utility == "wastewater":
        return value / 24 * standards.value("networks.sewer_peak_factor")
    return value


def _pressure(
    utility: str, site: str, graph: Corridors, root: int, terminals: np.ndarray, need: np.ndarray,
    ground_m: np.ndarray, standards: Standards, rate: float, progress: Progress,
) -> Network:  # fmt: skip
    family = {"heat": pressure.heat, "gas": pressure.gas, "waste_gas": pressure.duct}.get(utility, pressure.water)(
        standards
    )
    n, edges = len(graph.points), graph.edges
    weight = graph.length_m * graph.factor
    small = reduction.contract(n, edges, weight, np.r_[root, terminals])
    arguments = (n, small.edges, small.cost)
    trees = routing.candidate_trees(*arguments, root, terminals, progress.cancelled)
    progress(0.3)
    costs = [routing.sized_cost(*arguments, tree, root, need, family.price_cny_m) for tree in trees]
    tree = trees[int(np.argmin(costs))]
    tree = routing.reroute(*arguments, tree, root, terminals, need, family.price_cny_m, progress.cancelled)
    progress(0.8)
    low = routing.bound(*arguments, root, terminals, need, family.price_cny_m, family.capacity, progress.cancelled)
    order, parent, up = steiner.root_tree(n, edges, small.expand(tree), root)
    flow = steiner.accumulate(order, parent, need)
    node = order[1:]
    edge, flow = up[node], flow[node]
    size, lanes = family.size_for(flow), family.lanes_for(flow)
    findings = []
    if utility == "gas":
        size, reached = _enlarge_gas(order, parent, up, flow, size, graph, family, standards)
        if not reached:
            findings.append(Finding("networks.gas_pressure", "warning", id=site, values={"utility": utility}))
    if (lanes > 1).any():
        findings.append(Finding("networks.parallel_pipes", "warning", id=site,
                                values={"utility": utility, "count": int((lanes > 1).sum())}))  # fmt: skip
    each = flow / lanes
    friction = family.loss(each, size)
    cost = weight[edge] * family.sizes.price_cny_m[size] * lanes / rate
    node_kpa = _pressures(utility, order, parent, up, friction, each, size, graph, ground_m, family, standards)
    nothing = np.full(len(node), np.nan)
    return Network(
        utility, site, graph, node, parent[node], edge, flow, family.sizes.dn_mm[size], lanes, family.velocity(each, size),
        friction, nothing, nothing, nothing, np.zeros(len(node)), cost, order, ground_m[order], node_kpa, {}, False,
        low / rate, 0.0, findings,
    )  # fmt: skip


def _pressures(
    utility: str, order: np.ndarray, parent: np.ndarray, up: np.ndarray, friction: np.ndarray, flow: np.ndarray,
    size: np.ndarray, graph: Corridors, ground_m: np.ndarray, family: pressure.Family, standards: Standards,
) -> np.ndarray:  # fmt: skip
    """Pressure at each node of ``order`` in kPa.

    Gas: gauge pressure from the regulator on. Water: free head, where the source just gives the least free head at the
    worst node. Heat and waste gas: what is lost between the site and the node (both pipes for heat).
    """
    n = len(parent)
    lost = np.zeros(n)
    if utility == "gas":
        source = (standards.value("networks.gas_source_pressure") + pressure.ATMOSPHERE_MPA) * 1000
        fall = pressure.gas_square_drop_kpa2_m(flow, family.sizes.inner_m[size], standards)
        square = np.full(n, source**2)
        for i, v in enumerate(order[1:]):
            square[v] = square[parent[v]] - fall[i] * graph.length_m[up[v]]
        return np.sqrt(np.maximum(square[order], 0.0)) - pressure.ATMOSPHERE_MPA * 1000
    for i, v in enumerate(order[1:]):
        lost[v] = lost[parent[v]] + friction[i] * graph.length_m[up[v]] / 1000
    if utility in ("water", "reclaimed"):
        weight = 9.80665  # kPa a metre of water
        head = (ground_m[order] + standards.value("networks.water_pressure_min")) * weight + lost[order]
        return float(head.max()) - lost[order] - ground_m[order] * weight
    return lost[order] * (2 if utility == "heat" else 1)


def _enlarge_gas(
    order: np.ndarray, parent: np.ndarray, up: np.ndarray, flow: np.ndarray, size: np.ndarray,
    graph: Corridors, family: pressure.Family, standards: Standards,
) -> tuple[np.ndarray, bool]:  # fmt: skip
    """Enlarge the pipes that lose most until every node keeps the least pressure; False where no size is left."""
    size = size.copy()
    lowest = (standards.value("networks.gas_pressure_min") + pressure.ATMOSPHERE_MPA) * 1000
    source = (standards.value("networks.gas_source_pressure") + pressure.ATMOSPHERE_MPA) * 1000
    place = {int(v): i for i, v in enumerate(order[1:])}
    square = np.full(len(parent), source**2)
    for _ in range(len(size) * len(family.capacity)):
        fall = pressure.gas_square_drop_kpa2_m(flow, family.sizes.inner_m[size], standards)
        for i, v in enumerate(order[1:]):
            square[v] = square[parent[v]] - fall[i] * graph.length_m[up[v]]
        worst = int(order[np.argmin(square[order])])
        if square[worst] >= lowest**2:
            return size, True
        path = []
        while worst in place:
            path.append(place[worst])
            worst = int(parent[worst])
        room = [i for i in path if size[i] < len(family.capacity) - 1]
        if not room:
            return size, False
        size[max(room, key=lambda i: (fall[i] * graph.length_m[up[order[1:][i]]], -i))] += 1
    return size, False


def _gravity(
    utility: str, site: str, graph: Corridors, root: int, terminals: np.ndarray, need: np.ndarray,
    ground_m: np.ndarray, standards: Standards, rate: float, progress: Progress,
) -> Network:  # fmt: skip
    rule = sewers.rules(standards)
    n, edges = len(graph.points), graph.edges
    weight = graph.length_m * graph.factor
    # sewers dislike ground that rises or falls away from the works: its height counts as extra length in the route
    climb = np.abs(ground_m[edges[:, 0]] - ground_m[edges[:, 1]])
    candidates = {}
    for extra in (0.0, 20.0, 60.0):
        small = reduction.contract(n, edges, weight + extra * climb, np.r_[root, terminals])
        for tree in routing.candidate_trees(n, small.edges, small.cost, root, terminals, progress.cancelled):
            whole = small.expand(tree)
            candidates[whole.tobytes()] = whole
    progress(0.4)
    best = None
    for tree in candidates.values():
        progress.check()
        order, parent, up = steiner.root_tree(n, edges, tree, root)
        flow = steiner.accumulate(order, parent, need)
        plan = sewers.design(order, parent, up, graph.length_m, graph.factor, ground_m, flow / 3600, rule)
        cost = float(plan.cost_cny.sum())
        if best is None or cost < best[0] * (1 - 1e-9):
            best = (cost, order, parent, up, flow, plan)
    assert best is not None
    _, order, parent, up, flow, plan = best
    progress(0.8)
    steepest = sewers.manning_flow(rule.sizes.inner_m, rule.fill, rule.slope_max, rule.manning_n) * 3600

    # a pumped stretch pays its lift station too, however long it is
    pumped_cny_m = float(rule.rising.price_cny_m[0]) + rule.lift_cny / float(weight.max())

    def price(q: np.ndarray) -> np.ndarray:
        k = np.minimum(np.searchsorted(steepest, np.asarray(q) * (1 - 1e-12)), len(steepest) - 1)
        cheapest = np.minimum(rule.sizes.price_cny_m[k], pumped_cny_m)
        return np.where(np.asarray(q) > 0, cheapest, 0.0)

    small = reduction.contract(n, edges, weight, np.r_[root, terminals])
    low = routing.bound(n, small.edges, small.cost, root, terminals, need, price, steepest, progress.cancelled)
    node = order[1:]
    velocity = np.array([_sewer_velocity(plan, v, flow[v], rule) for v in node])
    dn = np.where(plan.pumped[node], rule.rising.dn_mm[np.minimum(plan.size[node], len(rule.rising.dn_mm) - 1)],
                  rule.sizes.dn_mm[plan.size[node]])  # fmt: skip
    findings = []
    if not plan.carries[node].all():
        findings.append(Finding("networks.no_size", "warning", id=site, values={"utility": utility}))
    nothing = np.full(len(node), np.nan)
    return Network(
        utility, site, graph, node, parent[node], up[node], flow[node], dn, np.ones(len(node), int), velocity, nothing,
        plan.slope[node], plan.cover_start_m[node], plan.cover_end_m[node], plan.lift_m[node], plan.cost_cny[node] / rate,
        order, ground_m[order], np.full(len(order), np.nan), {}, False, low / rate, 0.0, findings,
    )  # fmt: skip


def _sewer_velocity(plan: sewers.SewerDesign, v: int, flow_m3_h: float, rule: sewers.SewerRules) -> float:
    if plan.pumped[v]:
        return float(flow_m3_h / 3600 / (np.pi / 4 * rule.rising.inner_m[plan.size[v]] ** 2))
    return sewers.velocity_at(
        flow_m3_h / 3600, float(rule.sizes.inner_m[plan.size[v]]), float(plan.slope[v]), rule.manning_n
    )
