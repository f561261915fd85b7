"""Water targets of a park: fresh water and wastewater with reuse as it is, and with treatment for reuse.

Demands and discharges are as surveyed (flows and qualities stand); discharges mix in a demand. Fresh water counts as
clean, distance is no hindrance: no design can do better, real ones do less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import Finding, InputError
from ..links.costs import Costs
from ..links.water import CONTAMINANTS, LEVELS, level_costs, sound, treated
from ..park.model import Park
from ..scenario import Scenario
from .composites import Composites, composites
from .heat import plain
from .reuse import Reuse, Supply, reuse


@dataclass(frozen=True)
class WaterTargets:
    """A row a group in ``table``, the whole park (group ``""``) last, all in t/d.

    Columns: group, demand_t_d, discharge_t_d; fresh and waste with each firm on its own (``firms_``), reuse among all of
    the group (``reuse_``), and with treatment (``treat_``, with treated_t_d, the inlet of treatment).

    ``firms`` is a row a firm on its own, by enterprise_id: demand_t_d, discharge_t_d, fresh_t_d, waste_t_d.
    """

    table: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    firms: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: Composites | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; empty where there is no number."""
        rows = [plain(row) for row in self.table.to_dict("records")]
        curves = None if self.curves is None else self.curves.as_dict()
        return {"kind": "water", "park": {**rows[-1], "curves": curves}, "groups": rows[:-1]}


def targets(
    park: Park, scenario: Scenario, group: pd.Series | None, cancelled: Callable[[], bool] = lambda: False
) -> WaterTargets:
    """Water targets of each group of firms and of the whole park; each proven by a linear programme.

    Parameters
    ----------
    group
        Name of the group of each firm (by enterprise_id), or None for the whole park only.

    Raises
    ------
    InputError
        The park has no demand for water that can be used.
    Cancelled
    """
    table, findings = sound(park["water_streams"])
    table = table[table["flow_t_d"] > 0]
    if not (table["direction"] == "demand").any():
        raise InputError(
            *(
                [f for f in findings if f.severity != "info"]
                or [Finding("targets.no_water", "error", "water_streams")]
            )
        )
    table = table.sort_values(["enterprise_id", "stream_id"], ignore_index=True)
    costs = Costs.of(park, scenario)
    firm = table["enterprise_id"].to_numpy()
    member = np.full(len(table), "") if group is None else table["enterprise_id"].map(group).to_numpy()
    alone = {name: _least(mine, costs, 1, cancelled) for name, mine in table.groupby("enterprise_id", sort=True)}
    demand = table["direction"] == "demand"
    rows = []
    for name in [*sorted(set(member) - {""}), ""]:
        mine = table[member == name] if name else table
        firms = [alone[one] for one in np.unique(mine["enterprise_id"])]
        as_is, cleaned = (_least(mine, costs, ways, cancelled) for ways in (1, len(LEVELS)))
        taken = mine["direction"] == "demand"
        rows.append(
            {
                "group": name,
                "demand_t_d": float(mine["flow_t_d"][taken].sum()),
                "discharge_t_d": float(mine["flow_t_d"][~taken].sum()),
                "firms_fresh_t_d": sum(one.fresh or 0.0 for one in firms),
                "firms_waste_t_d": sum(one.waste or 0.0 for one in firms),
                "reuse_fresh_t_d": as_is.fresh,
                "reuse_waste_t_d": as_is.waste,
                "treat_fresh_t_d": cleaned.fresh,
                "treat_waste_t_d": cleaned.waste,
                "treated_t_d": cleaned.treated,
            }
        )
    each = pd.DataFrame(
        {
            "demand_t_d": table["flow_t_d"].where(demand, 0.0).groupby(firm).sum(),
            "discharge_t_d": table["flow_t_d"].where(~demand, 0.0).groupby(firm).sum(),
            "fresh_t_d": {name: one.fresh for name, one in alone.items()},
            "waste_t_d": {name: one.waste for name, one in alone.items()},
        }
    ).rename_axis("enterprise_id")
    return WaterTargets(pd.DataFrame(rows), findings, each.reset_index(), composites(table))


def _least(table: pd.DataFrame, costs: Costs, ways: int, cancelled: Callable[[], bool]) -> Reuse:
    """The target of some streams under the first ``ways`` ways of treatment; streams of one quality count as one."""
    demand = table["direction"] == "demand"
    (flow, quality), (sink, limit) = _merged(table[~demand]), _merged(table[demand])
    names = LEVELS[:ways]
    supply = Supply(
        flow,
        np.stack([treated(quality, name, costs) for name in names]),
        np.array([level_costs(costs)[name][2] for name in names]),
    )
    # fresh water is clean, so there is always a plan
    return reuse(supply, sink, limit, np.zeros(len(CONTAMINANTS)), cancelled)


def _merged(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Flow (n,) and quality (n, 4) of each quality that occurs."""
    quality = table[list(CONTAMINANTS)].to_numpy(float)
    _, first, place = np.unique(np.nan_to_num(quality, nan=-1.0), axis=0, return_index=True, return_inverse=True)
    return np.bincount(place.ravel(), table["flow_t_d"].to_numpy(float), len(first)), quality[first]
