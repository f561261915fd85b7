"""The choice of sites and sizes for one utility, and every question asked about it.

``model`` what there is to choose from, ``plan`` from a solver's plan to sites, ``first`` the plan itself; then
``outages`` one site out, ``front`` cost against exposure and CO2, ``alternatives`` the next best, ``sensitivity``
demand and prices moved, ``phases`` what is built when.
"""

from .first import Choice, choose
from .model import Task
from .plan import Site

__all__ = ["Choice", "Site", "Task", "choose"]
