"""Taking answers into a park: rows matched by key, values replaced, estimates that were confirmed no longer marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from ...errors import Finding
from .. import checks, schema
from ..model import Park
from . import sheets
from .answers import Answers, Record, read_answers
from .template import with_place

Key = tuple[str, ...]


def read_book(path: str | Path, park: Park) -> tuple[Park, list[Finding]]:
    """Take over a filled-in questionnaire.

    Rows are matched by key (firms by name too, where the id is empty), others are new. A cell that is empty leaves the
    value as it is. A value given is no longer an estimate: its column leaves ``estimated`` where the value changed, or
    where the sheet's own cell of estimated columns does not name it.

    Parameters
    ----------
    path
        A workbook made by ``write_template``; headings in either language or the schema's names are understood.
    park
        The park to take it into; it is not changed.

    Returns
    -------
    park, findings
        The new park, and a warning for each cell or row that was not taken, by sheet and cell (``enterprises!F12``);
        errors where the answers together make something that no step could use.

    Raises
    ------
    InputError
        The workbook cannot be read, or has no sheet that is known.
    """
    sheets_read, findings = read_answers(Path(path))
    for answers in sheets_read:
        park = _take(answers, park)
        findings += answers.findings
    return park, findings + checks.require(park)


def taken(before: Park, after: Park) -> int:
    """How many cells of ``after`` are not as they were ``before``; marks of estimates do not count."""
    count = 0
    for layer in sheets.SHEETS:
        key = list(schema.layers()[layer].key)
        old, new = (_cells(park[layer], key) for park in (before, after))
        old, new = old.reindex(new.index), new.reindex(columns=old.columns)
        count += int(((old != new) & ~(old.isna() & new.isna())).to_numpy().sum())
    return count


def _cells(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    plain = pd.DataFrame(frame.drop(columns=["estimated", "geometry"], errors="ignore")).astype(object)
    return plain.where(plain.notna(), None).replace("", None).set_index(key)


def _take(answers: Answers, park: Park) -> Park:
    """The park with the rows of one sheet taken in."""
    layer = schema.layers()[answers.layer]
    frame = with_place(park[answers.layer], answers.layer)
    known: dict[Key, Record] = {
        tuple(record[part] for part in layer.key): {str(name): value for name, value in record.items()}
        for record in frame.to_dict("records")
    }
    if _keyless(answers, known):
        key_column = next(part for part in layer.key if part not in answers.letters)
        heads = {f"head_{lang}": text for lang, text in layer.columns[key_column].label.items()}
        values = {"sheet": answers.title, "count": len(answers.rows), **heads}
        answers.findings = [
            Finding("questionnaire.key_column", "warning", answers.layer, column=key_column, values=values)
        ]
        return park
    taken: set[Key] = set()
    moved: set[Key] = set()
    firms = _by_name(park)
    for row, given in answers.rows.items():
        _refer(answers, row, given, park, firms)
        key = _identify(answers, row, given, known, firms)
        if key is None:
            continue
        id = " / ".join(key)
        if key in taken:
            answers.reject("key_twice", row, layer.key[-1], id, value=id)
        elif key in known:
            if _differs(known[key].get("longitude"), given.get("longitude")) or _differs(
                known[key].get("latitude"), given.get("latitude")
            ):
                moved.add(key)
            _update(known[key], given)
        elif _is_whole(answers, row, given, id):
            known[key] = given
            moved.add(key)
        taken.add(key)
    if not taken:
        return park
    return park.replace(**{answers.layer: _layer(known, moved, park, answers.layer)})


def _by_name(park: Park) -> dict[str, str]:
    """Enterprise ids by name, where only one firm bears it."""
    firms = park["enterprises"]
    single = firms[~firms["name"].duplicated(keep=False) & (firms["name"] != "")]
    return dict(zip(single["name"], single["enterprise_id"], strict=True))


def _refer(answers: Answers, row: int, given: Record, park: Park, firms: dict[str, str]) -> None:
    """Turn names of firms into their ids; take out what refers to nothing."""
    for column in schema.layers()[answers.layer].columns.values():
        cell = given.get(column.name)
        if not column.refers or cell is None:
            continue
        if cell in _keys(park, column.refers):
            continue
        if column.refers == "enterprises" and cell in firms:
            given[column.name] = firms[cell]
        else:
            answers.reject("dangling", row, column.name, value=cell, target=_title(answers, column.refers))
            del given[column.name]


def _title(answers: Answers, layer: str) -> str:
    """How the sheet of a layer is called in this book."""
    return sheets.title(layer, "zh" if answers.title == sheets.title(answers.layer, "zh") else "en")


def _keys(park: Park, layer: str) -> pd.Index:
    return pd.Index(park[layer][schema.layers()[layer].key[0]])


def _identify(
    answers: Answers, row: int, given: Record, known: dict[Key, Record], firms: dict[str, str]
) -> Key | None:
    """The key of a row: as given, by a firm's name, or made of firm and row, so that a second reading finds it again."""
    layer = answers.layer
    parts = schema.layers()[layer].key
    if layer == "park" and len(known) == 1:
        given["park_id"] = next(iter(known))[0]  # there is only one
    elif layer == "enterprises" and "enterprise_id" not in given and given.get("name") in firms:
        given["enterprise_id"] = firms[given["name"]]
    elif len(parts) == 1 and parts[0] not in given and layer != "parcels":
        given[parts[0]] = _made(layer, row, given)
    lacking = [part for part in parts if part not in given]
    if lacking:
        answers.reject("key_missing", row, lacking[0])
        return None
    return tuple(given[part] for part in parts)


def _keyless(answers: Answers, known: dict[Key, Record]) -> bool:
    """True for a sheet whose key column is gone, so that rows the park has already would come in a second time.

    Firms may be known by name; rows that an earlier reading made are known by the keys it made.
    """
    parts = schema.layers()[answers.layer].key
    lacking = [part for part in parts if part not in answers.letters]
    if not answers.rows or not lacking or answers.layer == "park":
        return False
    if answers.layer == "enterprises":
        return "name" not in answers.letters
    if len(parts) > 1 or answers.layer == "parcels":
        return True
    made = {(_made(answers.layer, row, given),) for row, given in answers.rows.items()}
    return bool(known) and not made & set(known)


def _made(layer: str, row: int, given: Record) -> str:
    """The key of a row without any: of firm and row."""
    return f"{given.get('enterprise_id') or given.get('from_enterprise_id') or layer}-{layer}-{row}"


def _differs(before: Any, after: Any) -> bool:
    """Whether a cell says something new; a workbook keeps 15 digits of a number."""
    if after is None:
        return False
    if before is None or before is pd.NaT or before is pd.NA or before != before:
        return True
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) > 1e-12 * abs(before)
    return bool(before != after)


def _update(record: Record, given: Record) -> None:
    changed = {name for name, value in given.items() if name != "estimated" and _differs(record.get(name), value)}
    flags = str(given.get("estimated", record["estimated"])).split(";")
    sure = changed if "estimated" in given else set(given)
    record.update({name: given[name] for name in changed})
    record["estimated"] = ";".join(flag.strip() for flag in flags if flag.strip() and flag.strip() not in sure)


def _is_whole(answers: Answers, row: int, given: Record, id: str) -> bool:
    """Whether a new row has what is required, and a place on the map where its layer is drawn."""
    layer = schema.layers()[answers.layer]
    lacking = [c.name for c in layer.columns.values() if c.required and c.name not in given]
    if lacking:
        answers.reject("row_incomplete", row, lacking[0], id, value=id)
    elif layer.geometry not in ("", "Point"):
        answers.reject("row_not_drawn", row, layer.key[0], id, value=id)
    elif layer.geometry and answers.layer != "enterprises" and not {"longitude", "latitude"} <= set(given):
        answers.reject("place_missing", row, "longitude", id, value=id)
    else:
        return True
    return False


def _layer(known: dict[Key, Record], moved: set[Key], park: Park, name: str) -> pd.DataFrame:
    """The records as a layer; points that were given or moved by their degrees stand there."""
    table = pd.DataFrame(list(known.values()))
    if not schema.layers()[name].geometry:
        return table
    shapes = gpd.GeoSeries([record.get("geometry") for record in known.values()], crs=park.crs)
    if moved and {"longitude", "latitude"} <= set(table):
        new = table.index[[key in moved for key in known]]
        new = new[table.loc[new, ["longitude", "latitude"]].notna().all(axis=1)]
        degrees = shapely.points(table.loc[new, ["longitude", "latitude"]].to_numpy("float64"))
        shapes[new] = gpd.GeoSeries(degrees, index=new, crs=4326).to_crs(park.crs)
    table = table.drop(columns=["geometry", "longitude", "latitude"], errors="ignore")
    return gpd.GeoDataFrame(table, geometry=shapes, crs=park.crs)
