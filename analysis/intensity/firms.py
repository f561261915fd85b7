"""Who uses the land: firms and their figures brought to the land they occupy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..energy import carbon_t_gj
from ..errors import Finding
from ..park.model import Park, estimated
from ..standards import Standards
from .measure import finding, usable

MONEY = ("investment_cur", "output_cur_a", "tax_cur_a")
FIGURES = ("staff", *MONEY, "energy_tce_a", "water_t_a", "co2_t_a", "air_t_a")
AIR = ("so2", "nox", "pm", "voc")


def figures(park: Park, standards: Standards, findings: list[Finding]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each firm employs, invests, makes, uses and emits a year, and which share (0..1) of it is estimated.

    Returns
    -------
    (DataFrame, DataFrame)
        Row by row with ``park["enterprises"]``: ``staff``, ``investment_cur``, ``output_cur_a``, ``tax_cur_a``;
        ``energy_tce_a`` (all carriers by lower heating value), ``water_t_a`` (fresh and other water drawn), ``co2_t_a``
        (of the energy used), ``air_t_a`` (sulphur dioxide, nitrogen oxides, particles and organic compounds). NaN
        where the park's data name none.
    """
    firms = park["enterprises"]
    value = pd.DataFrame(index=firms.index)
    soft = pd.DataFrame(index=firms.index)
    for column in ("staff", *MONEY):
        value[column] = usable(firms, "enterprises", column, findings)
        soft[column] = estimated(firms, column).to_numpy(float)
    energy, water, air = park["energy_use"], park["water_streams"], park["emissions"]
    used = usable(energy, "energy_use", "energy_gj_a", findings)
    carbon = energy["carrier"].map({c: carbon_t_gj(park, standards, c) for c in energy["carrier"].unique()})
    drawn = water["direction"].to_numpy() == "demand"
    emitted = air["pollutant"].isin(AIR).to_numpy()
    sums = {
        "energy_tce_a": (energy, "energy_gj_a", used / standards.value("energy.coal_equivalent")),
        "water_t_a": (
            water,
            "flow_t_d",
            np.where(drawn, usable(water, "water_streams", "flow_t_d", findings), np.nan)
            * standards.value("outcomes.days"),
        ),
        "co2_t_a": (energy, "energy_gj_a", used * carbon.to_numpy(float)),
        "air_t_a": (
            air,
            "amount_t_a",
            np.where(emitted, usable(air, "emissions", "amount_t_a", findings), np.nan),
        ),
    }
    names = pd.Index(firms["enterprise_id"])
    for column, (rows, source, amount) in sums.items():
        value[column], soft[column] = _sum(rows, source, amount, names)
    return value, soft


def _sum(rows: pd.DataFrame, source: str, amount: np.ndarray, names: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Sum of an amount by firm (NaN without any), and the share of it that is estimated."""
    firm = names.get_indexer(pd.Index(rows["enterprise_id"]))
    known = (firm >= 0) & ~np.isnan(amount)
    guess = known & estimated(rows, source).to_numpy(bool)
    n = len(names)
    total = np.bincount(firm[known], weights=amount[known], minlength=n)
    soft = np.bincount(firm[guess], weights=amount[guess], minlength=n)
    some = np.bincount(firm[known], minlength=n) > 0
    return np.where(some, total, np.nan), np.divide(soft, total, out=np.zeros(n), where=total > 0)


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
    total = np.bincount(table["parcel"], weights=table["share"], minlength=len(parcels))
    over = total > 1 + 1e-6
    if over.any():
        findings.append(finding("shares_over_one", "occupancy", parcels["parcel_id"][over], "share"))
    table["share"] = table["share"] / np.maximum(total, 1.0)[table["parcel"]]
    table["used_m2"] = table["share"] * area_m2[table["parcel"]]
    whole = np.bincount(table["firm"], weights=table["used_m2"], minlength=len(firms))[table["firm"]]
    table["part"] = np.divide(table["used_m2"], whole, out=np.zeros(len(table)), where=whole > 0)
    placed = np.bincount(table["firm"], weights=table["part"], minlength=len(firms)) > 0
    if not placed.all():
        findings.append(finding("firm_without_land", "enterprises", firms["enterprise_id"][~placed]))
    return table


def pieces(
    park: Park, land: pd.DataFrame, table: pd.DataFrame, value: pd.DataFrame, soft: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The park's land cut by parcel and firm: what every sum over parcels, firms, zones or sectors is made of.

    Parameters
    ----------
    land
        Measures of each parcel.
    table
        What ``occupants`` gives.
    value, soft
        What ``figures`` gives.

    Returns
    -------
    (DataFrame, DataFrame)
        A row for each firm on each parcel, then for each parcel the rest without a firm (``firm`` -1, left out where
        nothing rests). ``parcel``, ``firm``, ``share`` of the parcel; ``sector``: the firm's, or of land without any firm
        the planned one; each figure's part on this land, NaN where not reported. Beside it the share (0..1) of each
        figure that is estimated.
    """
    firms, parcels = park["enterprises"], park["parcels"]
    n = len(parcels)
    used = np.bincount(table["parcel"], weights=table["share"], minlength=n)
    rest = np.flatnonzero(used < 1 - 1e-9)
    firm, part = table["firm"].to_numpy(int), table["part"].to_numpy()
    planned = parcels["planned_sector"].where(used == 0, "").to_numpy(object)
    found = pd.DataFrame(
        {
            "parcel": np.r_[table["parcel"].to_numpy(int), rest],
            "firm": np.r_[firm, np.full(len(rest), -1)],
            "share": np.r_[table["share"].to_numpy(), 1 - used[rest]],
            "sector": np.r_[firms["sector"].to_numpy(object)[firm], planned[rest]],
        }
    )
    doubt = pd.DataFrame(index=found.index)
    blank = np.full(len(rest), np.nan)
    for column in FIGURES:
        found[column] = np.r_[part * value[column].to_numpy()[firm], blank]
        doubt[column] = np.r_[soft[column].to_numpy()[firm], np.zeros(len(rest))]
    high_tech = firms["high_tech"].to_numpy(bool)[firm]
    found["high_tech_m2"] = np.r_[np.where(high_tech, table["used_m2"], 0.0), np.zeros(len(rest))]
    doubt["high_tech_m2"] = 0.0
    return found, doubt


def on_parcels(park: Park, piece: pd.DataFrame, soft: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of the firms, added up by parcel.

    Parameters
    ----------
    piece, soft
        What ``pieces`` gives.

    Returns
    -------
    (DataFrame, DataFrame)
        Row by row with ``park["parcels"]``: the values (``FIGURES``: NaN where no firm on the parcel reports it;
        ``used_share``, NaN where no firm is recorded; ``sector`` of the firm that uses most, else the planned one;
        ``enterprises``, ids joined by ``;``), and for each figure the part of its value that rests on estimates or,
        where larger, the part of the used land whose firms do not report it (0..1).
    """
    firms, parcels = park["enterprises"], park["parcels"]
    n = len(parcels)
    here = piece[piece["firm"] >= 0]
    firm, parcel, share = here["firm"].to_numpy(), here["parcel"].to_numpy(), here["share"].to_numpy()
    used = np.bincount(parcel, weights=share, minlength=n)
    values = pd.DataFrame(index=parcels.index)
    doubt = pd.DataFrame(index=parcels.index)
    for column in FIGURES:
        amount = here[column].to_numpy()
        known = ~np.isnan(amount)
        guess = soft[column].to_numpy()[here.index]
        total = np.bincount(parcel[known], weights=amount[known], minlength=n)
        loose = np.bincount(parcel[known], weights=(guess * amount)[known], minlength=n)
        reports = np.bincount(parcel[known], minlength=n) > 0
        values[column] = np.where(reports, total, np.nan)
        part = np.divide(loose, total, out=np.zeros(n), where=total > 0)
        silent = np.bincount(parcel[~known], weights=share[~known], minlength=n)
        silent = np.divide(silent, used, out=np.zeros(n), where=used > 0)
        doubt[column] = np.where(reports, np.maximum(part, silent), 0.0)
    values["used_share"] = np.where(used > 0, np.minimum(used, 1.0), np.nan)

    order = np.lexsort((firm, -share, parcel))
    first = order[np.unique(parcel[order], return_index=True)[1]]
    sector = np.full(n, "", dtype=object)
    sector[parcel[first]] = firms["sector"].to_numpy()[firm[first]]
    values["sector"] = np.where(sector == "", parcels["planned_sector"], sector)
    names: list[list[str]] = [[] for _ in range(n)]
    for name, place in zip(firms["enterprise_id"].to_numpy()[firm].tolist(), parcel.tolist(), strict=True):
        names[place].append(name)
    values["enterprises"] = [";".join(each) for each in names]
    return values, doubt
