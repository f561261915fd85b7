"""What both sides of the questionnaire agree on: its sheets, their columns and rows, and how codes are shown."""

from __future__ import annotations

import re

from parkloop import resources

from .. import schema
from ..checks.rows import meant, nearest
from ..osm import names

# the tables that firms and the committee know; what is drawn (buildings, roads, ...) comes from the map.
# Firms, parcels and profiles stand before the tables that refer to them.
SHEETS = (
    "park",
    "enterprises",
    "parcels",
    "profiles",
    "occupancy",
    "material_flows",
    "exchanges",
    "heat_streams",
    "water_streams",
    "energy_use",
    "emissions",
    "growth",
    "facilities",
    "wind",
)
GUIDE, LISTS = "guide", "_lists"
NAMES_ROW, HEAD_ROW, OTHER_ROW, UNIT_ROW, FIRST_ROW = 1, 2, 3, 4, 5
HIDDEN = frozenset(
    {"terrain", "population_raster", "sector_confidence", "synthetic"}
)  # for machines, not for firms
# points may be given by numbers, in degrees; a planner can still draw or move them on the map
PLACE = tuple(
    schema.Column(
        name=name,
        type="float",
        unit="deg",
        required=False,
        default="",
        minimum=low,
        maximum=high,
        codes="",
        refers="",
        aliases=aliases,
        label={lang: resources.text(f"questionnaire.{name}", lang) for lang in resources.LANGUAGES},
        meaning={lang: resources.text(f"questionnaire.{name}_meaning", lang) for lang in resources.LANGUAGES},
    )
    for name, low, high, aliases in (
        ("longitude", -180.0, 180.0, ("lon", "x")),
        ("latitude", -90.0, 90.0, ("lat", "y")),
    )
)


def columns(layer: str) -> dict[str, schema.Column]:
    """The columns of a sheet by name, in order: those of the schema, then the place of what is a point."""
    wanted = {name: column for name, column in schema.layers()[layer].columns.items() if name not in HIDDEN}
    if schema.layers()[layer].geometry == "Point":
        wanted |= {column.name: column for column in PLACE}
    return wanted


def title(layer: str, lang: str) -> str:
    """Name of a layer's sheet: the layer itself in English, its label in Chinese."""
    return layer if lang == "en" else schema.layers()[layer].label[lang]


def shown(column: schema.Column, code: str, lang: str) -> str:
    """How a code is shown: by its label, a sector with its code in front; by the code where the label is not unique."""
    row = resources.codes(column.codes).get(code)
    if row is None:
        return code
    if column.codes == "sectors":
        return f"{code} {row[f'label_{lang}']}"
    label = row[f"label_{lang}"]
    return label if meant(column, label) == code else code


def code_of(column: schema.Column, cell: str) -> str | None:
    """The code that a cell names by code, label or alias in any language, or by a code with its label behind it.

    A class of GB/T 4754 (``C2614``, ``2614``) names its division.
    """
    words = cell.split()
    found = meant(column, cell) or (meant(column, words[0]) if words else None)
    match = re.fullmatch(r"([A-Za-z]?)(\d{2})\d{0,2}", words[0]) if words and column.codes == "sectors" else None
    if found or not match:
        return found
    return next((c for c in schema.codes(column) if c[1:] == match[2] and match[1].upper() in ("", c[0])), None)


def likely(column: schema.Column, cell: str) -> list[str]:
    """Codes that a cell may mean; a sector also by the words that names of firms are read by."""
    guess = names.sector(cell) if column.codes == "sectors" else None
    return [guess.code] if guess else nearest(column, cell)
