"""Water targets of a park: fresh water and wastewater with reuse as it is, and with treatment for reuse.

Demands and discharges are as surveyed (flows and qualities stand); discharges mix in a demand. Treatment is that of links, and
that of central works. Fresh water is clean unless the scenario says otherwise, distance is no hindrance: no design can do
better, real ones do less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import Finding, InputError
from ..links.costs import Costs
from ..links.water.quality import fresh_quality, sound, too_strict
from ..links.water.target import least_fresh
from ..park.model import Park
from ..scenario import Scenario
from .composites import Composites, composites
from .plain import plain


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
    findings += too_strict(table, fresh_quality(costs))
    firm = table["enterprise_id"].to_numpy()
    member = np.full(len(table), "") if group is None else table["enterprise_id"].map(group).to_numpy()
    alone = {
        name: least_fresh(mine, costs, False, cancelled) for name, mine in table.groupby("enterprise_id", sort=True)
    }
    demand = table["direction"] == "demand"
    rows = []
    for name in [*sorted(set(member) - {""}), ""]:
        mine = table[member == name] if name else table
        firms = [alone[one] for one in np.unique(mine["enterprise_id"])]
        as_is, cleaned = (least_fresh(mine, costs, treat, cancelled) for treat in (False, True))
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
    return WaterTargets(
        pd.DataFrame(rows), findings, each.reset_index(), composites(table, fresh_quality(costs).tolist())
    )
