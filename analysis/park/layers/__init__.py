"""A planner's own layers and tables as a park: match, convert, and say what is still missing.

``propose`` looks at the files and proposes a mapping, which stands in a small TOML file that the planner can mend;
``complete`` matches the columns of sources that the planner gave another layer; ``headings`` says what can be assigned;
``build`` makes the park that the mapping describes.
"""

from .build import build
from .mapping import Mapping, SourceMap, read_mapping, write_mapping
from .propose import complete, headings, propose

__all__ = ["Mapping", "SourceMap", "build", "complete", "headings", "propose", "read_mapping", "write_mapping"]
