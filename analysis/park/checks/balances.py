"""Does what goes into a firm come out of it, and is what is exchanged there to be exchanged?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...errors import Finding
from ...standards import Standards
from ..estimates.byproducts import filled
from ..model import Park
from .base import Cells, each


def materials(park: Park) -> Iterator[Finding]:
    """Firms whose recorded outputs outweigh their inputs, or leave most of them unexplained (t/a)."""
    flows = park["material_flows"]
    total = _both(flows, "direction", "quantity_t_a", "in", "out")
    ratio = total["out"] / total["in"]
    for key, severity, off in (
        ("check.balance_over", "warning", total[ratio > Standards().value("check.balance_excess")]),
        ("check.balance_under", "info", total[ratio < Standards().value("check.balance_shortfall")]),
    ):
        yield from each(key, severity, "enterprises", off.index.to_numpy(), "quantity_t_a", _pair(off, "in", "out"))  # type: ignore[arg-type]


def water(park: Park) -> list[Finding]:
    """Firms that discharge more water than they take (t/d)."""
    total = _both(park["water_streams"], "direction", "flow_t_d", "demand", "discharge")
    over = total[total["discharge"] > total["demand"] * Standards().value("check.water_excess")]
    about = _pair(over, "demand", "discharge")
    return each("check.water_over", "warning", "enterprises", over.index.to_numpy(), "flow_t_d", about)


def _both(frame: pd.DataFrame, kind: str, amount: str, one: str, other: str) -> pd.DataFrame:
    """Sums by firm of the two kinds, for the firms that record both."""
    total = frame.pivot_table(index="enterprise_id", columns=kind, values=amount, aggfunc="sum")
    return total.reindex(columns=[one, other]).dropna().query(f"`{one}` > 0")


def _pair(total: pd.DataFrame, one: str, other: str) -> dict[str, Cells]:
    return {"inputs": total[one].round(1).to_numpy(), "outputs": total[other].round(1).to_numpy()}


def exchanged(park: Park) -> Iterator[Finding]:
    """Exchanges of a firm with itself, without their amount, or of more than the giver has."""
    links = park["exchanges"]
    ids = links["exchange_id"]
    own = links["from_enterprise_id"] == links["to_enterprise_id"]
    yield from each("check.exchange_own", "warning", "exchanges", ids[own].to_numpy(), "to_enterprise_id")
    amount = links["heat_kw"].where(links["kind"] == "heat", links["quantity_t_a"])
    yield from each("check.exchange_amount", "warning", "exchanges", ids[amount.isna()].to_numpy(), "quantity_t_a")
    solid = links[links["kind"] == "material"]
    yield from each(
        "check.exchange_material",
        "warning",
        "exchanges",
        solid["exchange_id"][solid["material"] == ""].to_numpy(),
        "material",
    )
    flows = park["material_flows"]
    made = (
        flows[flows["direction"] == "out"].groupby(["enterprise_id", "material"])["quantity_t_a"].sum(min_count=1)
    )
    given = solid.groupby(["from_enterprise_id", "material"])["quantity_t_a"].sum()
    given.index.names = made.index.names = ["enterprise_id", "material"]
    both = pd.DataFrame({"given": given, "made": made}).dropna()
    over = both[both["given"] > both["made"] * (1 + Standards().value("check.sum_tolerance") / 100)]
    about: dict[str, Cells] = {
        "material": over.index.get_level_values(1).to_numpy(),
        "given": over["given"].to_numpy(),
        "made": over["made"].to_numpy(),
    }
    firms = over.index.get_level_values(0).to_numpy()
    yield from each("check.exchange_over", "warning", "enterprises", firms, "quantity_t_a", about)


def unquantified(park: Park) -> list[Finding]:
    """Material flows without a quantity, for which no documented ratio to the firm's product helps out."""
    flows, _ = filled(park["material_flows"])
    bare = flows["flow_id"][flows["quantity_t_a"].isna()]
    return each("links.no_quantity", "warning", "material_flows", bare.to_numpy(), "quantity_t_a")


def hazardous(park: Park) -> list[Finding]:
    """Hazardous waste without its code: it can go only to a firm licensed for the code."""
    flows = park["material_flows"]
    bare = flows["hazardous"] & (flows["direction"] == "out") & (flows["waste_code"] == "")
    return each("check.waste_code", "warning", "material_flows", flows["flow_id"][bare].to_numpy(), "waste_code")
