"""What a mapping does not give yet, and which step wants it."""

from ...resources import columns, layers, table, text
from ..texts import language, tr

SIGNS = {"must": "✕", "should": "○"}


def lacking(mapping):
    """Lines of rich text, a step each: the layers and columns it wants of which no source gives one."""
    given = {}
    for entry in mapping["source"]:
        if entry["target"]:
            given.setdefault(entry["target"], set()).update(entry["columns"], entry["constants"])
    given.setdefault("park", set()).update(
        mapping.get("park", {})
    )  # drawn around the parcels where no source gives it
    found = {}
    for row in table("schema", "lists", "needs.csv"):
        wanted = [name for name in row["columns"].split("|") if name]
        if row["layer"] in given and (not wanted or given[row["layer"]] & set(wanted)):
            continue
        # of a layer that is not there at all no columns are named
        words = _words(row["layer"], wanted if row["layer"] in given else [])
        wants = found.setdefault(row["step"], {})
        if wants.get(words) != "must":
            wants[words] = row["weight"]
    lines = [
        f"<b>{text(step + '.title', language())}</b>: "
        + "; ".join(f"{SIGNS[weight]}\u00a0{words}" for words, weight in wants.items())
        for step, wants in found.items()
    ]
    head = tr("dock.mapping_missing" if lines else "dock.mapping_complete")
    return "<br>".join([head, *lines])


def _words(layer, wanted):
    label = "label_" + language()
    names = " / ".join(columns(layer)[name][label] for name in wanted)
    return layers()[layer][label] + (f" ({names})" if names else "")
