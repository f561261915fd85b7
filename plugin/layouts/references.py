"""The index of sources: where the park's data come from, and every standard whose figures the run used."""

from ...resources import text, texts
from ..results import title
from ..texts import language, tr
from .quantities import NONE

ASSUMPTION = "ParkLoop assumption"
ORDER = ("land", "links", "siting", "networks", "energy", "outcomes", "estimates", "osm", "currency")
STEP = {"land": "intensity", "links": "links", "siting": "siting", "networks": "networks", "energy": "outcomes"}


def data_rows(data):
    """Each origin of the park's data with the layers it gave and the number of their rows."""
    grouped = {}
    for layer, origin, count in data.origins():
        origin = tr("layout.origin_synthetic") if origin == "synthetic" else origin
        grouped.setdefault(origin or tr("layout.unstated"), []).append((title(layer), count))
    comma = "、" if language() == "zh" else ", "
    return [
        (origin, comma.join(name for name, _ in parts), f"{sum(count for _, count in parts):,}")
        for origin, parts in sorted(grouped.items())
    ]


def standard_rows(data):
    """Source, edition, clauses, what for, confidence and how many values; what stands in a standard first."""
    grouped = {}
    for value in data.document["sources"]:
        theme = value["key"].split(".")[0]
        if _used(data, value, theme):
            source, edition = value["source"], value["edition"]
            if source == ASSUMPTION:
                edition = ""
            grouped.setdefault((source, edition), []).append((theme, value))
    words, comma = texts(language()), "、" if language() == "zh" else ", "
    rows = []
    for (source, edition), values in grouped.items():
        themes = sorted({theme for theme, _ in values}, key=ORDER.index)
        clauses = sorted({value["clause"] for _, value in values} - {""})
        levels = sorted({value["confidence"] for _, value in values}, key="hml".index)
        assumed = source == ASSUMPTION
        row = (
            cited(source),
            edition or NONE,
            "; ".join(cited(clause) for clause in clauses) if clauses and not assumed else NONE,
            comma.join(words["plugin.layout.theme." + theme] for theme in themes),
            comma.join(words["plugin.layout.confidence." + level] for level in levels),
            f"{len(values):,}",
        )
        rows.append(((assumed, ORDER.index(themes[0]), source, edition), row))
    return [row for _, row in sorted(rows)]


def cited(name):
    """What a source or a clause is called in the user's language; as it stands where no name is known for it."""
    if name == ASSUMPTION:
        return text("report.source.assumption", language())
    known = texts(language())
    return ("；" if language() == "zh" else "; ").join(
        known.get("sources." + part, part) for part in (name or "").split("; ")
    )


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
