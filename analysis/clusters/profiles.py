"""A profile of each group: who is in it, what they exchange inside, what that is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from parkloop import resources

from ..park.model import Park, estimated
from . import flows, naming

LEADING = 3  # exchanges named
# unit in names, unit, and its number for one of ``flows``
UNITS = {"material": ("t_a", "t/a", 1.0), "heat": ("kw", "kW", 1.0), "water": ("t_d", "t/d", 1 / flows.DAYS_A)}


def inside(park: Park, exchanges: pd.DataFrame, number: np.ndarray) -> pd.DataFrame:
    """Exchanges of which both firms are of one group.

    Parameters
    ----------
    exchanges
        Columns as in ``flows.existing``.
    number
        (n,) group of each firm, -1 without one.

    Returns
    -------
    DataFrame
        The same with ``group``, ``strength`` (among all exchanges of the park), ``from_sector``, ``to_sector``.
    """
    sector = park["enterprises"]["sector"].to_numpy()
    one, two = exchanges["one"].to_numpy(int), exchanges["two"].to_numpy(int)
    table = exchanges.assign(
        strength=flows.strength_of(exchanges), group=number[one], from_sector=sector[one], to_sector=sector[two]
    )
    table = table[(number[one] == number[two]) & (number[one] >= 0)]
    return table.sort_values(["group", "one", "two", "kind", "material", "quantity"], kind="stable").reset_index(
        drop=True
    )


def firms(park: Park, number: np.ndarray, count: int) -> pd.DataFrame:
    """Of each group (count rows): ``staff``, ``output_cur_a`` (NaN where no firm tells), ``land_m2``, ``estimated`` (lists)."""
    table = park["enterprises"]
    index = pd.Index(table["enterprise_id"])
    found = {}
    guessed: list[list[str]] = [[] for _ in range(count)]
    for column in ("staff", "output_cur_a"):
        found[column] = _sums(number, table[column].to_numpy(float), count)
        for group in np.unique(number[estimated(table, column).to_numpy() & (number >= 0)]):
            guessed[group].append(column)
    area = park["parcels"].set_index("parcel_id").geometry
    use = park["occupancy"]
    use = use[use["parcel_id"].isin(area.index) & use["enterprise_id"].isin(index)]
    group = number[index.get_indexer(use["enterprise_id"])]
    held = use["share"].to_numpy(float) * shapely.area(area.reindex(use["parcel_id"]).to_numpy())
    found["land_m2"] = np.nan_to_num(_sums(group, held, count))
    return pd.DataFrame({**found, "estimated": guessed})


def amounts(table: pd.DataFrame, count: int, shared_out: bool) -> pd.DataFrame:
    """What each group (count rows) exchanges inside, today and proposed: material t/a, heat kW, water t/d, benefit a year.

    Parameters
    ----------
    table
        ``inside``.
    shared_out
        Whether quantities of possible exchanges are shared out among takers (links have run); else they stay empty.
    """
    found = {}
    for kind, (unit, _, factor) in UNITS.items():
        for real, word in ((True, "today"), (False, "proposed")):
            rows = table[(table["kind"] == kind) & (table["existing"] == real)]
            total = np.nan_to_num(
                _sums(rows["group"].to_numpy(int), factor * rows["quantity"].to_numpy(float), count)
            )
            found[f"{kind}_{word}_{unit}"] = total if real or shared_out else np.full(count, np.nan)
    found["benefit_cur_a"] = _sums(table["group"].to_numpy(int), table["benefit_cur_a"].to_numpy(float), count)
    return pd.DataFrame(found)


def guesses(table: pd.DataFrame, count: int) -> list[list[str]]:
    """Of each group the columns of ``amounts`` that rest on estimates."""
    found: list[list[str]] = [[] for _ in range(count)]
    for kind, (unit, _, _) in UNITS.items():
        for real, word in ((True, "today"), (False, "proposed")):
            rows = table[(table["kind"] == kind) & (table["existing"] == real) & table["guess"].astype(bool)]
            for group in rows["group"].unique():
                found[int(group)].append(f"{kind}_{word}_{unit}")
    for group in table["group"][table["guess"].astype(bool) & table["benefit_cur_a"].notna()].unique():
        found[int(group)].append("benefit_cur_a")
    return found


def leading(park: Park, table: pd.DataFrame, count: int, lang: str) -> list[str]:
    """The strongest exchanges of each group in words: what, who gives, who takes, how much."""
    firms = park["enterprises"]
    called = firms["name"].where(firms["name"] != "", firms["enterprise_id"]).to_numpy()
    order = ["group", "strength", "one", "two", "kind", "material"]
    best = table.assign(strength=table["strength"].round(9)).sort_values(
        order, ascending=[True, False, *[True] * 4]
    )
    best = best.groupby("group").head(LEADING)
    found: list[list[str]] = [[] for _ in range(count)]
    columns = (best[name] for name in ("group", "kind", "material", "one", "two", "quantity", "existing"))
    for group, kind, material, one, two, quantity, existing in zip(*columns, strict=True):
        _, unit, factor = UNITS[kind]
        found[group].append(
            resources.text(
                "clusters.flow.existing" if existing else "clusters.flow.possible",
                lang,
                what=naming.carried(kind, material, lang),
                giver=called[one],
                taker=called[two],
                amount=f"{factor * quantity:,.0f}",
                unit=resources.unit(unit, lang),
            )
        )
    comma = resources.text("clusters.flow.comma", lang)
    return [comma.join(words) for words in found]


def chains(table: pd.DataFrame, count: int) -> list[list[naming.Link]]:
    """Leading chain of each group (``naming.chain``)."""
    return [naming.chain(table[table["group"] == group]) for group in range(count)]


def listed(ids: np.ndarray, number: np.ndarray, strength: np.ndarray, which: np.ndarray, count: int) -> list[str]:
    """Ids (n,) of each group's firms among ``which`` (n,), the strongest first, separated by semicolons."""
    order = np.lexsort((ids, -np.round(strength, 9)))
    return [";".join(ids[order[(which & (number == group))[order]]]) for group in range(count)]


def _sums(group: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """Sum of the known values of each group (count,), NaN where it has none."""
    use = (group >= 0) & ~np.isnan(value)
    some = np.bincount(group[use], minlength=count)
    return np.where(some > 0, np.bincount(group[use], weights=value[use], minlength=count), np.nan)
