"""How the benefit of each proposed link splits between its two firms, and what each firm earns in all.

A link saves what its giver pays today to be rid of the thing (G) and what its taker pays today to buy (T), less
treatment, transport and the yearly share of the investment. The taker bears these costs, so one price settles the split:

    giver earns  G + price q            taker earns  T - cost - price q

Split by standalone cost each side keeps the same share of what it pays today: giver_benefit = benefit G / (G + T)
(proportional allocation; Tijs and Driessen 1986, Management Science 32(8)). Where a side pays nothing or earns today,
that rule would leave it with nothing or a loss: both get one half, the Shapley value of two players. Links of closed
loops are split by ``loops``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..errors import Finding
from ..park.model import estimated
from ..tables import result_table
from . import loops
from .costs import Costs
from .places import Places

if TYPE_CHECKING:
    from . import Case, Part

PER = {"material": "t", "heat": "GJ", "water": "t"}  # what a price is for
KINDS = ("material", "heat", "water")


def giver_share(giver_cur: np.ndarray, taker_cur: np.ndarray, rule: str = "standalone") -> np.ndarray:
    """(n,) share of the giver in the benefit, from what both sides pay today; one half where a side pays nothing.

    Examples
    --------
    >>> import numpy as np
    >>> giver_share(np.array([100.0, -20.0]), np.array([300.0, 500.0])).tolist()
    [0.25, 0.5]
    """
    both = (giver_cur > 0) & (taker_cur > 0) & (rule == "standalone")
    return np.where(both, giver_cur / np.where(both, giver_cur + taker_cur, 1.0), 0.5)


def of_parts(parts: Sequence[Part], case: Case, cancelled: Callable[[], bool]) -> list[Finding]:
    """Split the benefit of every proposed row of the parts; findings where a loop was too large to look at whole.

    Raises
    ------
    Cancelled
    """
    matched = [part for part in parts if part.problem is not None]
    kinds = [loops.kind(part.problem, part.x, part.ends) for part in matched if part.problem is not None]
    found, findings = loops.shares(kinds, case.scenario.seed, case.park.currency, cancelled)
    for part, share in zip(matched, found, strict=True):
        new = [row for row in part.rows if "link_id" not in row]
        split(new, [share.get(row.get("number", -1)) for row in new], case.choices.split, case.costs)
    return findings


def split(rows: list[dict[str, Any]], share: list[float | None], rule: str, costs: Costs) -> None:
    """Add to each proposed row what it costs, what both sides earn, the price and the rule.

    Parameters
    ----------
    share
        Share of the giver by the game of a closed loop, None for links outside of any.
    rule
        ``standalone`` or ``halves`` for these.
    """
    if not rows:
        return
    table = pd.DataFrame(rows)
    giver, taker = (table[f"{side}_today_cur_a"].to_numpy(float) for side in ("giver", "taker"))
    looped = np.array([one is not None for one in share])
    part = np.where(looped, [one or 0.0 for one in share], giver_share(giver, taker, rule))
    benefit = table["benefit_cur_a"].to_numpy(float)
    gains = benefit * part
    amount = quantity(table, costs)
    price = (gains - giver) / amount
    alone = (giver > 0) & (taker > 0) & (rule == "standalone")
    named = np.where(looped, "shapley", np.where(alone, "standalone", "halves"))
    for k, row in enumerate(rows):
        row |= {
            "cost_cur_a": giver[k] + taker[k] - benefit[k],
            "giver_benefit_cur_a": gains[k],
            "taker_benefit_cur_a": benefit[k] - gains[k],
            "price_cur_unit": price[k],
            "price_unit": f"{costs.currency}/{PER[row['kind']]}",
            "split_rule": str(named[k]),
        }


def quantity(table: pd.DataFrame, costs: Costs) -> np.ndarray:
    """(n,) what a price is paid for, a year: t of material, GJ of heat, t of water."""
    water = table["flow_t_d"] * costs.value("days")
    amount = table["quantity_t_a"].where(
        table["kind"] == "material", table["useful_gj_a"].where(table["kind"] == "heat", water)
    )
    return amount.to_numpy(float)


def firm_benefits(links: pd.DataFrame, places: Places, costs: Costs) -> pd.DataFrame:
    """Table ``firm_benefits``: what each firm of the proposed links earns, pays, receives and invests.

    Parameters
    ----------
    links
        The table of links with the columns of ``split``.
    """
    new = links[links["status"] == "proposed"]
    paid = (new["price_cur_unit"] * quantity(new, costs)).to_numpy(float)
    guess = estimated(new, "benefit_cur_a").to_numpy()
    benefit = np.r_[new["giver_benefit_cur_a"].to_numpy(float), new["taker_benefit_cur_a"].to_numpy(float)]
    both = np.r_[-paid, paid]  # what each side pays
    kind = np.tile(new["kind"].to_numpy(), 2)
    every = pd.DataFrame(
        {
            "enterprise_id": np.r_[new["from_enterprise_id"].to_numpy(), new["to_enterprise_id"].to_numpy()],
            "links": 1,
            "benefit_cur_a": benefit,
            **{f"{name}_cur_a": np.where(kind == name, benefit, 0.0) for name in KINDS},
            "pays_cur_a": np.maximum(both, 0.0),
            "receives_cur_a": np.maximum(-both, 0.0),
            "investment_cur": np.r_[np.zeros(len(new)), new["investment_cur"].to_numpy(float)],
            "guess": np.tile(guess, 2),
        }
    )
    firms = every.groupby("enterprise_id").sum().reset_index()
    saving = firms["benefit_cur_a"] + firms["investment_cur"] * costs.capital_1_a
    pays = (firms["investment_cur"] > 0) & (saving > 0)
    firms["payback_a"] = np.where(pays, firms["investment_cur"] / saving.where(pays, 1.0), np.nan)
    money = ";".join([*(f"{kind}_cur_a" for kind in KINDS), "benefit_cur_a", "pays_cur_a", "receives_cur_a"])
    firms["estimated"] = np.where(firms["guess"] > 0, money, "")
    points: gpd.GeoSeries = places.points.reindex(firms["enterprise_id"])
    return result_table("firm_benefits", firms.drop(columns="guess"), points, places.points.crs)
