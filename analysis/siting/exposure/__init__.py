"""Exposure: what the wind carries from a works to the people around it, and how far works keep from them."""

from .assess import assess
from .rule import NUISANCE, exposure, persons
from .sources import sources_of

__all__ = ["NUISANCE", "assess", "exposure", "persons", "sources_of"]
