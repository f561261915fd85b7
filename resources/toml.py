"""Write TOML; the standard library only reads it, and QGIS's Python 3.9 not even that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def dump(data: Mapping[str, Any]) -> str:
    """TOML of nested dicts of numbers, texts, booleans and lists; None is left out.

    Examples
    --------
    >>> print(dump({"name": "base", "siting": {"pinned": ["S1"]}}))
    name = "base"
    <BLANKLINE>
    [siting]
    pinned = ["S1"]
    <BLANKLINE>
    """
    return "\n".join(_lines(data, "")) + "\n"


def _lines(data: Mapping[str, Any], path: str) -> list[str]:
    lines = [
        f"{_key(key)} = {_value(item)}"
        for key, item in data.items()
        if item is not None and not isinstance(item, Mapping) and not _is_tables(item)
    ]
    for key, item in data.items():
        name = f"{path}.{_key(key)}" if path else _key(key)
        if isinstance(item, Mapping):
            lines += ["", f"[{name}]", *_lines(item, name)]
        elif _is_tables(item):
            for part in item:
                lines += ["", f"[[{name}]]", *_lines(part, name)]
    return lines


def _is_tables(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and all(isinstance(part, Mapping) for part in item)


def _key(key: str) -> str:
    return (
        key
        if key.replace("_", "").replace("-", "").isalnum() and key.isascii()
        else json.dumps(key, ensure_ascii=False)
    )


def _value(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(_value(part) for part in item) + "]"
    if isinstance(item, Mapping):
        return (
            "{ "
            + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in item.items() if part is not None)
            + " }"
        )
    # a JSON string is a TOML basic string, and repr of a float is a TOML float
    return json.dumps(item, ensure_ascii=False) if isinstance(item, str) else repr(item)
