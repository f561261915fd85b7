"""By-products whose quantity is missing, by the documented tonnes a tonne of what the firm makes or takes in."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from parkloop import resources

from .firms import mark


class Filled(NamedTuple):
    """A flow whose quantity was estimated, and what the sentence about it needs."""

    flow_id: str
    values: dict[str, Any]


@cache
def ratios() -> pd.DataFrame:
    """Documented ratios: reference material and its direction, by_product, t_per_t, low, high, needs, note, source.

    ``needs`` is an input without which the firm works in another way (steel from scrap has dust with zinc). Best known
    first: rows that need an input, then by confidence.
    """
    table = pd.DataFrame(resources.table("knowledge", "by_product_ratios.csv"))
    for name in ("t_per_t", "low", "high"):
        table[name] = table[name].astype("float64")
    best = pd.DataFrame(
        {"plain": table["needs"] == "", "confidence": table["confidence"].map({"h": 0, "m": 1, "l": 2})}
    )
    return table.loc[best.sort_values(["plain", "confidence"], kind="stable").index].reset_index(drop=True)


def filled(flows: pd.DataFrame) -> tuple[pd.DataFrame, list[Filled]]:
    """``material_flows`` with missing quantities of by-products and wastes estimated, and which were.

    Quantity = t a tonne x what the firm gives out or takes in of the reference material, all its flows together; several
    flows without a quantity of the same by-product share it evenly. A firm that names some quantity of the by-product
    has told what there is of it: nothing is added. The columns are named in ``estimated``. The frame given stays as it
    is.
    """
    out = flows.copy()
    gap = flows["quantity_t_a"].isna() & (flows["direction"] == "out") & (flows["role"] != "product")
    if not gap.any():
        return out, []
    known = flows[flows["quantity_t_a"] > 0]
    amount = known.groupby(["enterprise_id", "direction", "material"])["quantity_t_a"].sum()
    takes = pd.MultiIndex.from_frame(flows.loc[flows["direction"] == "in", ["enterprise_id", "material"]])
    told = pd.MultiIndex.from_frame(known.loc[known["direction"] == "out", ["enterprise_id", "material"]])
    asked = flows[gap & ~pd.MultiIndex.from_frame(flows[["enterprise_id", "material"]]).isin(told)]
    pairs = asked[["flow_id", "enterprise_id", "material"]].merge(
        ratios(), left_on="material", right_on="by_product"
    )
    of = pd.MultiIndex.from_frame(pairs[["enterprise_id", "direction", "reference"]])
    pairs["reference_t_a"] = amount.reindex(of).to_numpy()
    way = pd.MultiIndex.from_frame(pairs[["enterprise_id", "needs"]]).isin(takes)
    pairs = pairs[pairs["reference_t_a"].notna() & (way | (pairs["needs"] == ""))].drop_duplicates("flow_id")
    number = pairs.groupby(["enterprise_id", "material"])["flow_id"].transform("count")
    tonnes = pd.Series((pairs["t_per_t"] * pairs["reference_t_a"] / number).to_numpy(), pairs["flow_id"].to_numpy())
    rows = out["flow_id"].isin(tonnes.index) & gap
    out.loc[rows, "quantity_t_a"] = out.loc[rows, "flow_id"].map(tonnes)
    mark(out, "quantity_t_a", rows)
    return out, [_told(row) for row in pairs.assign(tonnes=tonnes.to_numpy()).sort_values("flow_id").itertuples()]


def _told(row: Any) -> Filled:
    labels = resources.codes("materials")
    values: dict[str, Any] = {"tonnes": float(np.round(row.tonnes, 1)), "ratio": row.t_per_t}
    for lang in resources.LANGUAGES:
        values[f"material_{lang}"] = labels[row.by_product][f"label_{lang}"]
        values[f"reference_{lang}"] = labels[row.reference][f"label_{lang}"]
    return Filled(row.flow_id, values)
