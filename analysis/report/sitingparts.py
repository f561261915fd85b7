"""What the parts of the section on facilities have in common: order and names of utilities, sites and pieces of land."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd

from . import symbology
from .charts import Series
from .describe import Names, records
from .landparts import Tables
from .numbers import Style, empty, plain
from .symbology import colour

TOP = 16  # bars of a chart


def ordered(frame: pd.DataFrame) -> list[str]:
    """The utilities of a table in the order of their colours."""
    present = set(frame["utility"].astype(str))
    known = list(symbology.palette("utility"))
    return [u for u in known if u in present] + sorted(present - set(known))


def by_utility(frame: pd.DataFrame, *then: str) -> pd.DataFrame:
    """Rows by utility, in the order of their colours, then by the columns ``then`` that exist."""
    place = {u: k for k, u in enumerate(ordered(frame))}
    keys = [name for name in then if name in frame]
    sorted_frame = frame.sort_values(keys, kind="stable") if keys else frame
    return sorted_frame.sort_values("utility", key=lambda u: u.astype(str).map(place), kind="stable")


def site_name(row: Mapping[str, object], style: Style, names: Names) -> str:
    """The utility and the place of a site; a place may hold works of several utilities."""
    key = str(row["site_id"])
    name, utility = names.get("sites", {}).get(key, ""), style.code("utility", str(row["utility"]))
    if name.startswith(utility):
        return name
    return style.t("siting.site", utility=utility, place=name or key)


def site_label(row: Mapping[str, object], names: Names) -> str:
    """The place of a site where its utility is told already."""
    key = str(row["site_id"])
    return names.get("sites", {}).get(key, key)


def land_names(tables: Tables) -> dict[str, str]:
    """Names of pieces of land by id."""
    found: dict[str, str] = {}
    for table in ("site_candidates", "sites"):
        frame = tables.get(table)
        if frame is not None and {"land_id", "name"} <= set(frame.columns):
            pairs = zip(frame["land_id"].astype(str), frame["name"], strict=True)
            found |= {land: str(name) for land, name in pairs if land and not empty(name)}
    return found


def places(text: object, lands: Mapping[str, str], style: Style) -> str:
    """Pieces of land, with a capacity or without (``P1 5,000 t/d; P2 800 t/d``), by their names."""
    found = []
    for part in "" if empty(text) else str(text).split(";"):
        land, _, rest = part.strip().partition(" ")
        size, _, unit = rest.rpartition(" ")
        called = lands.get(land, land)
        found.append(f"{called} {size} {style.unit(unit).label}" if size else f"{called} {rest}".strip())
    return style.t("comma").join(part for part in found if part)


def with_places(frame: pd.DataFrame, columns: Sequence[str], tables: Tables, style: Style) -> pd.DataFrame:
    """``frame`` with names in place of ids of land in ``columns``, and what to pin as a scenario writes it."""
    lands = land_names(tables)
    told = {name: [places(v, lands, style) for v in frame[name]] for name in columns if name in frame}
    if "pins" in frame:
        told["pins"] = [
            "" if empty(v) else ", ".join(f'"{part.strip()}"' for part in str(v).split(";")) for v in frame["pins"]
        ]
    return frame.assign(**told)


def one_series(frame: pd.DataFrame, values: Sequence[float | None], label: str) -> Series:
    """A series in the colours of the utilities of the rows (n)."""
    shades = [colour("utility", str(u)) for u in frame["utility"]]
    return Series(label, shades[0] if shades else "", values, shades)


def labels(frame: pd.DataFrame, style: Style, names: Names) -> list[str]:
    """Utility and place of the site of every row (n)."""
    return [site_name(row, style, names) for row in records(frame)]


def said(code: str, style: Style) -> str:
    """The name of a utility within a sentence: in lower case, but for what is written in capitals."""
    label = style.code("utility", code)
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def percent(value: float) -> str:
    """A percentage with two significant digits and no superfluous zeros."""
    return plain(float(f"{value:.2g}"))


def sentences(parts: Iterable[str], style: Style) -> str:
    """Sentences one after the other."""
    return (" " if style.lang == "en" else "").join(parts)


def number(value: object) -> float | None:
    """A number of a table; None where it is missing."""
    return None if empty(value) else float(value)  # type: ignore[arg-type]


def yes(values: pd.Series) -> pd.Series:
    """Truth (n,) of a column that may hold missing values, which count as false."""
    return pd.Series([not empty(v) and bool(v) for v in values], values.index, dtype=bool)


def listed(items: Sequence[str], most: int, style: Style, more: Callable[[int], str]) -> str:
    """The first ``most`` items, the rest counted."""
    text = style.t("comma").join(items[:most])
    return text + more(len(items) - most) if len(items) > most else text
