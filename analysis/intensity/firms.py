"""Who uses the land: firms and their figures brought to the parcels they occupy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import Finding
from ..park.model import Park, estimated
from .measure import finding, usable

FIGURES = ("staff", "investment_cur", "output_cur_a", "tax_cur_a")


def occupants(park: Park, area_m2: np.ndarray, findings: list[Finding]) -> pd.DataFrame:
    """The usable rows of the occupancy.

    Parameters
    ----------
    area_m2
        Area of each parcel (p,), row by row with ``park["parcels"]``.

    Returns
    -------
    DataFrame
        ``firm`` and ``parcel`` (row numbers), ``share`` (of the parcel, 0..1), ``used_m2``, and ``part``: the part of
        the firm's figures that stands on the parcel, its used area over that of all its parcels. Sorted by firm, parcel.
    """
    use, firms, parcels = park["occupancy"], park["enterprises"], park["parcels"]
    firm = pd.Index(firms["enterprise_id"]).get_indexer(use["enterprise_id"])
    parcel = pd.Index(parcels["parcel_id"]).get_indexer(use["parcel_id"])
    for missing, column in ((firm < 0, "enterprise_id"), (parcel < 0, "parcel_id")):
        if missing.any():
            findings.append(finding("occupancy_dangling", "occupancy", use[column][missing].unique(), column))
    share = usable(use, "occupancy", "share", findings)
    keep = (firm >= 0) & (parcel >= 0) & (share > 0)
    table = pd.DataFrame({"firm": firm[keep], "parcel": parcel[keep], "share": share[keep]})
    table = table.groupby(["firm", "parcel"])["share"].sum().reset_index()
    table["used_m2"] = table["share"] * area_m2[table["parcel"]]
    whole = np.bincount(table["firm"], weights=table["used_m2"], minlength=len(firms))[table["firm"]]
    table["part"] = np.divide(table["used_m2"], whole, out=np.zeros(len(table)), where=whole > 0)

    total = np.bincount(table["parcel"], weights=table["share"], minlength=len(parcels))
    over = total > 1 + 1e-6
    if over.any():
        findings.append(finding("shares_over_one", "occupancy", parcels["parcel_id"][over], "share"))
    placed = np.bincount(table["firm"], weights=table["part"], minlength=len(firms)) > 0
    if not placed.all():
        findings.append(finding("firm_without_land", "enterprises", firms["enterprise_id"][~placed]))
    return table


def on_parcels(park: Park, table: pd.DataFrame, findings: list[Finding]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of the firms, added up by parcel.

    Parameters
    ----------
    table
        What ``occupants`` gives.

    Returns
    -------
    (DataFrame, DataFrame)
        Row by row with ``park["parcels"]``: the values (``staff``, ``investment_cur``, ``output_cur_a``,
        ``tax_cur_a``: NaN where no firm on the parcel reports it; ``used_share``, NaN where no firm is recorded; ``high_tech_m2``; ``sector`` of the firm that uses most, else the planned one; ``enterprises``, ids
        joined by ``;``), and for each figure the part of its value that rests on estimates or, where larger, the part
        of the used land whose firms do not report it (0..1).
    """
    firms, parcels = park["enterprises"], park["parcels"]
    n = len(parcels)
    firm, parcel, part = table["firm"].to_numpy(), table["parcel"].to_numpy(), table["part"].to_numpy()
    used = np.bincount(parcel, weights=table["share"], minlength=n)
    values = pd.DataFrame(index=parcels.index)
    doubt = pd.DataFrame(index=parcels.index)
    for column in FIGURES:
        amount = usable(firms, "enterprises", column, findings)[firm]
        known = ~np.isnan(amount)
        guess = estimated(firms, column).to_numpy()[firm]
        total = np.bincount(parcel[known], weights=(part * amount)[known], minlength=n)
        soft = np.bincount(parcel[known & guess], weights=(part * amount)[known & guess], minlength=n)
        reports = np.bincount(parcel[known], minlength=n) > 0
        values[column] = np.where(reports, total, np.nan)
        share = np.divide(soft, total, out=np.zeros(n), where=total > 0)
        silent = np.bincount(parcel[~known], weights=table["share"][~known], minlength=n)
        silent = np.divide(silent, used, out=np.zeros(n), where=used > 0)
        doubt[column] = np.where(reports, np.maximum(share, silent), 0.0)
    values["used_share"] = np.where(used > 0, np.minimum(used, 1.0), np.nan)
    high_tech = firms["high_tech"].to_numpy(bool)[firm]
    values["high_tech_m2"] = np.bincount(parcel[high_tech], weights=table["used_m2"][high_tech], minlength=n)

    order = np.lexsort((firm, -table["share"].to_numpy(), parcel))
    first = order[np.unique(parcel[order], return_index=True)[1]]
    sector = np.full(n, "", dtype=object)
    sector[parcel[first]] = firms["sector"].to_numpy()[firm[first]]
    values["sector"] = np.where(sector == "", parcels["planned_sector"], sector)
    names = pd.Series(firms["enterprise_id"].to_numpy()[firm], index=parcel).groupby(level=0).agg(";".join)
    values["enterprises"] = names.reindex(range(n)).fillna("").to_numpy()
    return values, doubt
