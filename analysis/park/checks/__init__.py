"""Checks of a park, one small function each; ``require`` are those a step could not live with."""

from __future__ import annotations

from ...errors import Finding
from ..model import Park
from . import keys


def require(park: Park) -> list[Finding]:
    """Findings of the checks that every reading makes."""
    return [finding for check in (keys.dangling,) for finding in check(park)]


def advise(park: Park) -> list[Finding]:
    """Findings of the checks that only ``parkloop check`` makes."""
    return []
