"""Tie tables to shapes and rows to each other: by key, by a key written otherwise (001 and 1), or by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd
import shapely

from ...errors import Finding
from .. import convert, schema
from ..raw import Raw
from .mapping import SourceMap

SIDE = "_only_filled"  # marks rows read from a list of another layer, by the place of what they were read from
AREA = "_area_m2"  # area that a firm uses, to be made a share
ROW = "_row"  # the row of occupancy that a parcel of several stood in
MARKS = (SIDE, AREA, ROW)  # columns that no layer has, taken out at the end
LEGAL = re.compile(
    r"(股份|集团)?(有限责任公司|有限公司|公司|集团)$|\b(co\.?,? ?ltd\.?|ltd\.?|inc\.?|llc|gmbh|ag|corp\.?)$"
)
PARTS = re.compile(r"[、,，;；/|+\s]+|和|及")


def loose(word: str) -> str:
    """A key without what people write otherwise: width, case, blanks, leading zeros, brackets."""
    text = re.sub(r"[\s()\[\]【】〔〕]+", "", unicodedata.normalize("NFKC", word)).lower()
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def firm_name(word: str) -> str:
    """A firm's name without legal form."""
    text = unicodedata.normalize("NFKC", word).lower().strip()
    return loose(LEGAL.sub("", text).strip(" ,") or text)


class Names:
    """Rows of a layer by what they may be called; only what means one row counts."""

    def __init__(self, frame: pd.DataFrame, key: str) -> None:
        keys = convert.strings(frame[key]) if key in frame else pd.Series(dtype=object)
        self.keys = set(keys.dropna())
        names = list(convert.strings(frame["name"])) if "name" in frame else [None] * len(frame)
        pairs = [(k, n) for k, n in zip(keys, names, strict=False) if k]
        self._ways = [
            _single((loose(k), k) for k, _ in pairs),
            _single((n, k) for k, n in pairs if n),
            _single((firm_name(n), k) for k, n in pairs if n),
        ]

    def find(self, word: str | None) -> str | None:
        """The key that a word means; None where it means none."""
        if not isinstance(word, str) or word in self.keys:
            return word if isinstance(word, str) else None
        tries = (loose(word), word, firm_name(word))
        return next((way[t] for way, t in zip(self._ways, tries, strict=True) if t in way), None)


def _single(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for word, key in pairs:
        found.setdefault(word, set()).add(key)
    return {word: next(iter(keys)) for word, keys in found.items() if len(keys) == 1}


def join(raw: Raw, entry: SourceMap, table: pd.DataFrame) -> None:
    """Add a table's columns to the layer's shapes by key or name; rows that find no shape, or find it again, are told."""
    base = raw.frames.get(entry.target)
    key = schema.layers()[entry.target].key[0]
    if base is None or entry.join_on not in table or not {key, entry.join_on} & set(base):
        raw.findings.append(Finding("layers.join_nothing", layer=entry.target, id=entry.file, column=entry.join_on))
        return
    where = {"layer": entry.target, "id": entry.file, "column": entry.join_on}
    names = Names(base, key)
    words = convert.strings(table[entry.join_on])
    found = words.map(names.find).where(words.notna(), None).astype(object)
    lost = words[words.notna() & found.isna()]
    if len(lost):
        values = {"count": len(lost), "first": lost.iloc[0]}
        raw.findings.append(Finding("layers.join_lost", "warning", **where, values=values))
    other = words[found.notna() & (found != words)]
    if len(other) and entry.join_on == key:
        values = {"count": len(other), "first": other.iloc[0], "ours": found[other.index[0]]}
        raw.findings.append(Finding("layers.joined_loosely", "info", **where, values=values))
    twice = found[found.notna() & found.duplicated()]
    if len(twice):
        values = {"count": len(twice), "first": twice.iloc[0]}
        raw.findings.append(Finding("layers.join_twice", "warning", **where, values=values))
    side = table.drop(columns=["source", key, entry.join_on], errors="ignore").assign(_key=found)
    side = side[side["_key"].notna()].drop_duplicates("_key").set_index("_key")
    extra = side.reindex(convert.strings(base[key]).to_numpy())
    for name in extra.columns:
        old = base[name] if name in base else np.full(len(base), None)
        base[name] = np.where(extra[name].notna(), extra[name], old)


def resolve(raw: Raw) -> None:
    """References of every layer to keys that are there; those that mean nothing are one finding a column."""
    names: dict[str, Names] = {}
    _several(raw)
    for layer in [name for name in schema.layers() if name in raw.frames]:
        for column in schema.layers()[layer].columns.values():
            frame = raw.frames[layer]
            if not column.refers or column.name not in frame or column.refers not in raw.frames:
                continue
            if column.refers not in names:
                names[column.refers] = Names(raw.frames[column.refers], schema.layers()[column.refers].key[0])
            words = convert.strings(frame[column.name])
            found = words.map(names[column.refers].find).astype(object)
            frame[column.name] = found.where(found.notna(), words)
            _tell(raw, layer, column, words, found)


def _tell(raw: Raw, layer: str, column: schema.Column, words: pd.Series, found: pd.Series) -> None:
    frame = raw.frames[layer]
    where = {"layer": layer, "column": column.name}
    other = words[found.notna() & (found != words)]
    if len(other):
        values = {
            "count": len(other),
            "first": other.iloc[0],
            "ours": found[other.index[0]],
            "target": column.refers,
        }
        raw.findings.append(Finding("layers.reference_loose", "info", **where, values=values))
    lost = words[words.notna() & found.isna()]
    if not len(lost):
        return
    rows = frame.loc[lost.index]
    files = ", ".join(dict.fromkeys(map(str, rows["source"]))) if "source" in rows else ""
    values = {"count": len(lost), "first": ", ".join(sorted(set(lost))[:5]), "target": column.refers, "file": files}
    firms = raw.frames.get("enterprises", pd.DataFrame())
    known = {"enterprise_id", "name"} <= set(firms)
    called = (
        dict(zip(*(convert.strings(firms[c]) for c in ("enterprise_id", "name")), strict=True)) if known else {}
    )
    ids = [row for row in convert.strings(rows[schema.layers()[layer].key[0]])[:5] if row]
    id = ", ".join(dict.fromkeys(f"{row} ({called[row]})" if called.get(row) else row for row in ids))
    # who holds a parcel need not be one of the park's firms
    owner = column.refers == "enterprises" and SIDE in frame and (frame.loc[lost.index, SIDE] == "parcels").all()
    if owner:
        raw.findings.append(Finding("layers.owner_unknown", "warning", **where, values=values))
    else:
        raw.findings.append(Finding("layers.dangling", "error", **where, id=id, values=values))
    raw.frames[layer] = frame.drop(index=lost.index)


def _several(raw: Raw) -> None:
    """A cell with several parcels (D1、D2) as a row each."""
    frame, land = raw.frames.get("occupancy"), raw.frames.get("parcels")
    if frame is None or land is None or "parcel_id" not in frame or "parcel_id" not in land:
        return
    names = Names(land, "parcel_id")
    words = convert.strings(frame["parcel_id"])

    def parts(word: str | None) -> list[str | None]:
        if word is None or names.find(word):
            return [word]
        return [part for part in PARTS.split(word) if part] or [word]

    rows = frame.assign(parcel_id=words.map(parts), **{ROW: range(len(frame))})
    raw.frames["occupancy"] = rows.explode("parcel_id", ignore_index=True)


def shares(raw: Raw) -> None:
    """Shares of parcels from the areas that firms use, or in equal parts where several firms stand on one without any."""
    use, land = raw.frames.get("occupancy"), raw.frames.get("parcels")
    keyed = use is not None and land is not None and {"parcel_id", "enterprise_id", ROW} <= set(use)
    if use is None or land is None or use.empty or not keyed:
        return
    use = use.drop_duplicates(["enterprise_id", "parcel_id"]) if SIDE in use and use[SIDE].notna().all() else use
    raw.frames["occupancy"] = use = use.reset_index(drop=True)
    given = pd.to_numeric(use["share"], errors="coerce") if "share" in use else pd.Series(np.nan, use.index)
    asked = use[AREA] if AREA in use else pd.Series(np.nan, use.index)
    size = _sizes(land).reindex(convert.strings(use["parcel_id"]).to_numpy()).to_numpy()
    total = pd.Series(size).groupby(use[ROW].to_numpy()).transform("sum").to_numpy()
    part = np.divide(asked.to_numpy("float64"), total, out=np.full(len(use), np.nan), where=total > 0)
    over = part > 1.0
    if over.any():
        worst = int(np.nanargmax(part))
        values = {
            "count": int(over.sum()),
            "parcel": str(use["parcel_id"].iloc[worst]),
            "pct": round(100 * part[worst]),
        }
        raw.findings.append(
            Finding(
                "layers.share_over", "warning", "occupancy", str(use["enterprise_id"].iloc[worst]), "share", values
            )
        )
    derived = given.isna().to_numpy() & ~np.isnan(part)
    told = use["share"].astype(object) if "share" in use else pd.Series(None, use.index, dtype=object)
    told[derived] = np.minimum(part, 1.0)[derived]
    blank = told.map(lambda cell: cell is None or cell != cell or cell == "")
    count = use.groupby("parcel_id")["enterprise_id"].transform("count").to_numpy()
    guess = blank.to_numpy() & (count > 1) & (use[SIDE].notna().to_numpy() if SIDE in use else False)
    told[guess] = 1.0 / count[guess]
    if guess.any():
        values = {"count": int(guess.sum())}
        raw.findings.append(Finding("layers.share_guessed", "warning", "occupancy", column="share", values=values))
        marks = use["estimated"] if "estimated" in use else pd.Series("", use.index)
        use["estimated"] = np.where(guess, "share", marks.fillna(""))
    use["share"] = told


def _sizes(land: pd.DataFrame) -> pd.Series:
    """Area of each parcel in m2: as drawn, in an equal-area projection where the layer is in degrees."""
    shapes = getattr(land, "geometry", None)
    if shapes is None or getattr(land, "crs", None) is None:
        return pd.Series(dtype="float64")
    metric = shapes.to_crs("ESRI:54034") if land.crs.is_geographic else shapes
    size = pd.Series(shapely.area(np.asarray(metric)), convert.strings(land["parcel_id"]))
    return size[~size.index.duplicated()]
