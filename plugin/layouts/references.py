"""The index of sources: where the park's data come from, and every standard whose figures the run used."""

from ...resources import text, texts
from ..results import title
from ..texts import language, tr
from .quantities import NONE

ASSUMPTION = "ParkLoop assumption"
ORDER = ("land", "links", "siting", "networks", "energy", "outcomes", "estimates", "osm", "currency")
STEP = {"land": "intensity", "links": "links", "siting": "siting", "networks": "networks", "energy": "outcomes"}


def data_rows(data):
    """Layer, origin and number of rows of the park's data."""
    return [(title(layer), origin or tr("layout.unstated"), f"{count:,}") for layer, origin, count in data.origins()]


def standard_rows(data):
    """Source, edition, clauses, what for, how many values and confidence; what stands in a standard first."""
    grouped = {}
    for value in data.document["sources"]:
        theme = value["key"].split(".")[0]
        if _used(data, value, theme):
            source, edition = value["source"], value["edition"]
            if source == ASSUMPTION:
                edition = ""
            grouped.setdefault((source, edition), []).append((theme, value))
    words = texts(language())
    rows = []
    for (source, edition), values in grouped.items():
        themes = sorted({theme for theme, _ in values}, key=ORDER.index)
        clauses = sorted({value["clause"] for _, value in values} - {""})
        levels = sorted({value["confidence"] for _, value in values}, key="hml".index)
        assumed = source == ASSUMPTION
        row = (
            text("report.source.assumption", language()) if assumed else source,
            edition or NONE,
            "; ".join(clauses) if clauses and not assumed else NONE,
            ", ".join(words["plugin.layout.theme." + theme] for theme in themes),
            f"{len(values):,}",
            ", ".join(words["plugin.layout.confidence." + level] for level in levels),
        )
        rows.append(((assumed, ORDER.index(themes[0]), source, edition), row))
    return [row for _, row in sorted(rows)]


def attribution(data):
    """What the makers of the data ask to be said on every sheet; empty where none do."""
    return tr("layout.osm") if data.from_openstreetmap() else ""


def _used(data, value, theme):
    if theme not in ORDER:
        return False
    if theme == "osm":
        return data.from_openstreetmap()
    if theme == "currency":
        return value["key"] == "currency." + data.currency
    if theme == "estimates":
        return any(row.get("estimated") for layer in data.layers for row in data.rows(layer))
    return STEP.get(theme, "outcomes") in data.steps
