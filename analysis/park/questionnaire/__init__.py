"""The Excel questionnaire: written from the schema, filled in by firms and the committee, read back cell by cell."""

from .merge import read_book, taken
from .template import write_template

__all__ = ["read_book", "taken", "write_template"]
