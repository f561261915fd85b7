"""Chains of industry: what kind each link is, where loops close, whom to invite, who must not leave, how tied the park is."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from parkloop import resources

from ...errors import Finding
from ...park.model import Park
from ...scenario import Scenario
from ...steps import Figure, Progress
from ...tables import result_table
from ..costs import Costs
from ..places import Places
from .figures import chain_figures
from .kinds import chain_kinds
from .loops import closed_loops
from .loss import Plan, firm_losses
from .loss import plan as plan
from .proposals import proposals


@dataclass(frozen=True)
class Chains:
    """The table ``links`` with ``chain_kind``, the tables of chains, figures and findings."""

    links: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def chains(
    park: Park,
    scenario: Scenario,
    places: Places,
    costs: Costs,
    links: gpd.GeoDataFrame,
    unmatched: pd.DataFrame,
    plans: list[Plan],
    progress: Progress,
) -> Chains:
    """All that is told of the chains that a set of links makes.

    Parameters
    ----------
    links, unmatched
        Result tables ``links`` (its ``chain_kind`` is filled in here) and ``unmatched_flows``.
    plans
        The problem and solution behind the proposed links, one for each kind.

    Raises
    ------
    Cancelled
    """
    choices = scenario.links
    loop_firms = int(costs.standards.value("chains.loop_firms"))
    links = links.assign(chain_kind=chain_kinds(links, park, loop_firms))
    known = links["from_enterprise_id"].isin(places.points.index) & links["to_enterprise_id"].isin(
        places.points.index
    )
    kept = links[links["status"] != "ended"].reset_index(drop=True)
    between = known & (links["from_enterprise_id"] != links["to_enterprise_id"])
    placed = links[between & (links["status"] != "ended")].reset_index(drop=True)
    progress(0.05, "links.progress.loops")
    loops, lines, findings = closed_loops(placed, places, costs.value("days"), choices.loops)
    progress(0.2, "links.progress.proposals")
    invited = proposals(kept, unmatched, park, places, costs, choices)
    progress(0.6, "links.progress.losses")
    lost = firm_losses(
        placed,
        plans,
        places.points.index,
        choices.loss_firms,
        choices.gap,
        scenario.time_limit_s,
        progress.cancelled,
    )
    points = places.points.reindex([row["enterprise_id"] for row in lost])
    tables = {
        "chain_loops": result_table("chain_loops", _columns(loops, "chain_loops"), lines, park.crs),
        "chain_proposals": result_table("chain_proposals", _columns(invited, "chain_proposals")),
        "firm_loss": result_table("firm_loss", _columns(lost, "firm_loss"), list(points), park.crs),
    }
    return Chains(links, tables, chain_figures(links, park), findings)


def _columns(rows: list[dict], name: str) -> dict[str, list]:
    return {column: [row.get(column) for row in rows] for column in resources.columns(name)}
