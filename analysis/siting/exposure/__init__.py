"""Exposure: what the wind carries from a works to the people around it, and how far works keep from them."""

from .rule import NUISANCE, exposure, persons

__all__ = ["NUISANCE", "exposure", "persons"]
