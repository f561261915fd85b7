"""Do the figures of a row, and rows of one kind, agree with each other?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...errors import Finding
from ...standards import Standards
from .. import schema
from ..model import Park
from .base import Cells, each

# layer, column that must not be more, than this column
ORDERED = (
    ("parcels", "plot_ratio_min", "plot_ratio_max"),
    ("parcels", "supply_date", "expiry_date"),
    ("facilities", "spare_capacity", "capacity"),
    ("enterprises", "value_added_cur_a", "output_cur_a"),
    ("enterprises", "tax_cur_a", "output_cur_a"),
    ("buildings", "tall_storeys", "storeys"),
)
MONTHS = [f"m{month:02d}_pct" for month in range(1, 13)]
GROUND = ["structure_m2", "open_yard_m2", "green_m2", "office_living_land_m2"]


def temperatures(park: Park) -> list[Finding]:
    """Hot streams that warm up and cold ones that cool down."""
    streams = park["heat_streams"]
    fall = streams["t_supply_c"] - streams["t_target_c"]
    wrong = ((streams["kind"] == "hot") & (fall < 0)) | ((streams["kind"] == "cold") & (fall > 0))
    bad = streams[wrong]
    about: dict[str, Cells] = {
        "kind": bad["kind"].to_numpy(),
        "supply": bad["t_supply_c"].to_numpy(),
        "target": bad["t_target_c"].to_numpy(),
    }
    return each(
        "check.temperatures_crossed", "error", "heat_streams", bad["stream_id"].to_numpy(), "t_target_c", about
    )


def shares(park: Park) -> list[Finding]:
    """Parcels that are used to more than their whole area."""
    total = park["occupancy"].groupby("parcel_id")["share"].sum()
    over = total[total > 1 + Standards().value("check.sum_tolerance") / 100]
    about: dict[str, Cells] = {"sum_pct": (100 * over).round(1).to_numpy()}
    return each("check.shares_over", "warning", "occupancy", over.index.to_numpy(), "share", about)


def months(park: Park) -> list[Finding]:
    """Profiles whose months do not add to a year."""
    profiles = park["profiles"]
    total = profiles[MONTHS].sum(axis=1)
    off = (total - 100).abs() > Standards().value("check.sum_tolerance")
    about: dict[str, Cells] = {"sum_pct": total[off].round(2).to_numpy()}
    return each("check.months_sum", "warning", "profiles", profiles["profile_id"][off].to_numpy(), "m01_pct", about)


def wind(park: Park) -> Iterator[Finding]:
    """Seasons whose winds add to more than 100 %; what is missing is calm, and told."""
    total = park["wind"].groupby("season")["frequency_pct"].sum()
    slack = Standards().value("check.sum_tolerance")
    for key, severity, off in (
        ("check.wind_over", "warning", total[total > 100 + slack]),
        ("check.wind_calm", "info", total[total < 100 - slack]),
    ):
        about: dict[str, Cells] = {"sum_pct": off.round(1).to_numpy()}
        yield from each(key, severity, "wind", off.index.to_numpy(), "frequency_pct", about)  # type: ignore[arg-type]


def order(park: Park) -> Iterator[Finding]:
    """Pairs of columns of which the first cannot be more than the second."""
    for name, less, more in ORDERED:
        frame = park[name]
        wrong = (frame[less] > frame[more]).fillna(False).to_numpy(bool)
        bad = frame[wrong]
        if bad.empty:
            continue
        cells = [
            bad[column].map(lambda v: f"{v:%Y-%m-%d}" if hasattr(v, "year") else f"{v:g}")
            for column in (less, more)
        ]
        about: dict[str, Cells] = {
            "value": cells[0].to_numpy(),
            "limit": cells[1].to_numpy(),
            "other": [more] * len(bad),
        }
        yield from each("check.order", "warning", name, bad[schema.layers()[name].key[0]].to_numpy(), less, about)


def ground(park: Park) -> list[Finding]:
    """Parcels of which yards, structures, green and office land take more than there is."""
    land = park["parcels"]
    used = land[GROUND].sum(axis=1)
    over = used > land.area * (1 + Standards().value("check.area_difference"))
    about: dict[str, Cells] = {
        "used_m2": used[over].round().to_numpy(),
        "drawn": land.area[over].round().to_numpy(),
    }
    return each(
        "check.ground_over", "warning", "parcels", land["parcel_id"][over].to_numpy(), "open_yard_m2", about
    )


def storeys(park: Park) -> Iterator[Finding]:
    """Buildings whose height, storeys, floor area and footprint cannot all be true."""
    built = park["buildings"]
    low, high = (Standards().value(f"check.storey_height_{end}") for end in ("min", "max"))
    storey_m = built["height_m"] / built["storeys"]
    odd = (storey_m < low) | (storey_m > high)
    about: dict[str, Cells] = {
        "height_m": built["height_m"][odd].to_numpy(),
        "storeys": built["storeys"][odd].to_numpy(),
        "storey_m": storey_m[odd].round(1).to_numpy(),
    }
    yield from each(
        "check.storey_height", "warning", "buildings", built["building_id"][odd].to_numpy(), "height_m", about
    )
    likely_m2 = built.area * built["storeys"]
    over = built["floor_area_m2"] > likely_m2 * Standards().value("check.floor_area_excess")
    about = {"value": built["floor_area_m2"][over].round().to_numpy(), "limit": likely_m2[over].round().to_numpy()}
    yield from each(
        "check.floor_area", "warning", "buildings", built["building_id"][over].to_numpy(), "floor_area_m2", about
    )


def estimated(park: Park) -> Iterator[Finding]:
    """Names in ``estimated`` that are no column of the layer."""
    for name, layer in schema.layers().items():
        frame = park[name]
        marked = frame[frame["estimated"] != ""]
        if marked.empty:
            continue
        names = marked["estimated"].str.split(";").explode().str.strip()
        lost = names[(names != "") & ~names.isin(frame.columns)]
        ids = frame[layer.key[0]].reindex(lost.index)
        yield from each(
            "check.estimated_unknown", "warning", name, ids.to_numpy(), "estimated", {"value": lost.to_numpy()}
        )


def same_name(park: Park) -> list[Finding]:
    """Firms that bear the name of another one: variants of one firm would count twice."""
    firms = park["enterprises"].sort_values(["name", "enterprise_id"])
    again = (firms["name"] != "") & firms.duplicated("name")
    first = firms.drop_duplicates("name").set_index("name")["enterprise_id"]
    bad = firms[again]
    about: dict[str, Cells] = {"name": bad["name"].to_numpy(), "other": first.reindex(bad["name"]).to_numpy()}
    return each("check.same_name", "warning", "enterprises", bad["enterprise_id"].to_numpy(), "name", about)


def steam(park: Park) -> list[Finding]:
    """Steam without a pressure: its temperature alone does not say what it can serve."""
    streams = park["heat_streams"]
    bad = (streams["medium"] == "steam") & np.isnan(streams["steam_pressure_mpa"])
    return each(
        "check.steam_pressure", "info", "heat_streams", streams["stream_id"][bad].to_numpy(), "steam_pressure_mpa"
    )
