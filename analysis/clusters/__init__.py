"""Clusters: which firms belong together by what they exchange, what they are and where they are."""

from .step import run

__all__ = ["run"]
