"""Capacitated facility location with several sizes a site, split or single source.

Choose sites, a size for each, and who is served by which, at least cost (``milp`` has the model). A small model goes to HiGHS as it
stands. Any other is bounded by a Lagrangian relaxation (``relaxation``, from knapsacks and the choice of options), plans are
found by a search over sets of sites that the relaxation bounds (``sets``, ``plans``), and HiGHS closes what reduced costs leave.
"""

from __future__ import annotations

from .model import Plan, Problem
from .solve import locate

__all__ = ["Plan", "Problem", "locate"]
