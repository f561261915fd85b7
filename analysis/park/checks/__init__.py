"""Checks of a park, one small function each.

``REQUIRED`` find what a step could not live with and are made whenever a park is read; ``ADVISED`` find what is doubtful
and are made by ``parkloop check``. Each takes a park and gives findings. Checks of the files themselves are in
``structure`` and ``rows``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...errors import Finding
from ..model import Park
from . import amounts, balances, keys, places, shapes

Check = Callable[[Park], Iterable[Finding]]

REQUIRED: tuple[Check, ...] = (keys.dangling, shapes.invalid, places.elsewhere, amounts.temperatures)
ADVISED: tuple[Check, ...] = (
    shapes.multipart,
    shapes.overlaps,
    shapes.twice,
    shapes.slivers,
    shapes.recorded_area,
    places.outside,
    places.placeless,
    places.buildings_on_no_parcel,
    places.loose_roads,
    places.heights,
    amounts.shares,
    amounts.months,
    amounts.wind,
    amounts.order,
    amounts.ground,
    amounts.storeys,
    amounts.estimated,
    amounts.same_name,
    amounts.steam,
    balances.materials,
    balances.water,
    balances.exchanged,
    balances.unquantified,
    balances.hazardous,
)


def require(park: Park) -> list[Finding]:
    """Findings of the checks that every reading makes."""
    return [finding for check in REQUIRED for finding in check(park)]


def advise(park: Park) -> list[Finding]:
    """Findings of the checks that only ``parkloop check`` makes, on the rows that have sound geometry."""
    usable = shapes.sound(park)
    return [finding for check in ADVISED for finding in check(usable)]
