"""What of a planner's files becomes which layer and column: the content of the mapping file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parkloop.resources import toml

from ...errors import Finding, InputError
from ...invalid import input_error
from .. import schema
from ..write import beside


class ColumnMap(BaseModel):
    """Where a column of the schema comes from.

    ``unit`` is an alias of ``resources/knowledge/units.csv`` (亩, ha, 万元); empty is the schema's own unit.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    source: str = Field("", alias="from")
    unit: str = ""
    confidence: float = Field(1.0, ge=0, le=1)
    codes: dict[str, str] = Field(default_factory=dict)


class SourceMap(BaseModel):
    """What one layer of one file, or one sheet of a workbook, becomes.

    ``target`` is a layer of the schema, empty where the source is left out. ``crs`` is what the coordinates are in;
    ``crs_from`` says whether the file stated it (``file``) or it was guessed (``guess``). ``constants`` are schema columns with
    one value for every row. ``join_on`` names the schema column by which a table without shapes joins the layer's shapes. ``x``
    and ``y`` are the columns of a table that hold the coordinates of its points. With ``only_filled`` rows that lack a required
    value are left out: a list of firms, read a second time for its parcel numbers, has none for some. In ``occupancy`` the
    column ``share`` may stand in a unit of area; it is then divided by the area of the parcels.
    """

    model_config = ConfigDict(extra="forbid")

    file: str
    layer: str = ""
    target: str = ""
    confidence: float = Field(1.0, ge=0, le=1)
    encoding: str = ""
    crs: str = ""
    crs_from: str = ""
    swap_axes: bool = False
    join_on: str = ""
    x: str = ""
    y: str = ""
    only_filled: bool = False
    constants: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, ColumnMap] = Field(default_factory=dict)


class Mapping(BaseModel):
    """The whole mapping: the park's own facts and one entry a source."""

    model_config = ConfigDict(extra="forbid")

    park: dict[str, str | float | int] = Field(default_factory=dict)
    source: list[SourceMap] = Field(default_factory=list)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        It cannot be read, is not TOML, or names a layer or column that the schema does not have.
    """
    try:
        found = Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError.of("layers.mapping_unreadable", layer=str(path), reason=error.strerror or "") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError.of("layers.mapping_not_toml", layer=str(path), reason=str(error)) from None
    except ValidationError as error:
        raise input_error(error, Mapping, path) from None
    wrong = []
    for source in found.source:
        if source.target and source.target not in schema.layers():
            wrong.append(Finding("layers.unknown_target", layer=path.name, id=source.file, column=source.target))
            continue
        known = schema.layers()[source.target].columns if source.target else {}
        for name in [*source.columns, *source.constants]:
            if name not in known:
                wrong.append(Finding("layers.unknown_column", layer=source.target, id=source.file, column=name))
    if wrong:
        raise InputError(*wrong)
    return found


def write_mapping(mapping: Mapping, path: Path) -> None:
    """Write a mapping file; what is empty is left out."""
    content = mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    try:
        with beside(path) as part:
            part.write_text(toml.dump(content), encoding="utf-8")
    except OSError as error:
        raise InputError.of("run.out_unwritable", layer=str(path), reason=error.strerror or "") from None
