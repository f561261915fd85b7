"""Figures of demand that cannot be, and how each is counted. Files are checked when they are read; parks made in memory are not."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...errors import Finding
from ...park import schema
from ...park.checks import amounts
from ...park.checks.base import Cells, each
from ...park.model import Park
from .growth import COLUMNS, counted

FLOWS = {
    "heat_streams": ("duty_kw",),
    "energy_use": ("energy_gj_a", "peak_kw"),
    "water_streams": ("flow_t_d",),
    "material_flows": ("quantity_t_a",),
    "emissions": ("gas_m3_h",),
    "growth": tuple(COLUMNS.values()),
}
LOADS = ("heat_streams", "energy_use")  # whose profiles say when peaks arise


def doubtful(park: Park) -> list[Finding]:
    """Negative figures, profiles that do not exist or whose months do not add up, growth out of place or time."""
    return [*_negative(park), *_profiles(park), *_growth(park)]


def _negative(park: Park) -> Iterator[Finding]:
    for name, columns in FLOWS.items():
        layer, rows = schema.layers()[name], park[name]
        for column in columns:
            bad = rows[rows[column] < 0]
            unit = [layer.columns[column].unit] * len(bad)
            about: dict[str, Cells] = {"value": bad[column].to_numpy(), "unit": unit}
            yield from each("siting.negative", "warning", name, bad[layer.key[0]].to_numpy(), column, about)


def _profiles(park: Park) -> Iterator[Finding]:
    known = park["profiles"]["profile_id"]
    used: set[str] = set()
    for name in LOADS:
        rows = park[name]
        used |= set(rows["profile_id"])
        bad = rows[(rows["profile_id"] != "") & ~rows["profile_id"].isin(known)]
        ids = bad[schema.layers()[name].key[0]].to_numpy()
        about: dict[str, Cells] = {"value": bad["profile_id"].to_numpy()}
        yield from each("siting.profile_unknown", "warning", name, ids, "profile_id", about)
    yield from (finding for finding in amounts.months(park) if finding.id in used)


def _growth(park: Park) -> Iterator[Finding]:
    rows = park["growth"]
    odd = rows[~rows.index.isin(counted(park).index)]
    about: dict[str, Cells] = {"value": odd["horizon"].to_numpy()}
    yield from each("siting.growth_horizon", "warning", "growth", odd["growth_id"].to_numpy(), "horizon", about)
    rows = counted(park)
    lost = rows[~rows["parcel_id"].isin(park["parcels"]["parcel_id"])]
    blank, wrong = lost[lost["parcel_id"] == ""], lost[lost["parcel_id"] != ""]
    yield from each("siting.growth_unplaced", "info", "growth", blank["growth_id"].to_numpy(), "parcel_id")
    about = {"value": wrong["parcel_id"].to_numpy()}
    yield from each("siting.growth_parcel", "warning", "growth", wrong["growth_id"].to_numpy(), "parcel_id", about)
    base = park.info["base_year"] if len(park["park"]) else pd.NA
    if pd.notna(base):
        past = rows[(rows["design_year"] < base).fillna(False).astype(bool)]
        about = {"year": past["design_year"].to_numpy(int), "base": [int(base)] * len(past)}
        yield from each(
            "siting.growth_past", "warning", "growth", past["growth_id"].to_numpy(), "design_year", about
        )
    number = rows[rows["parcel_id"] != ""].groupby(["parcel_id", "horizon"]).size()
    number = number[number > 1]
    about = {"count": number.to_numpy()}
    parcels = number.index.get_level_values("parcel_id").to_numpy()
    yield from each("siting.growth_twice", "warning", "growth", parcels, "parcel_id", about)
